"""What is drawn says what the record says, and what it does not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from myeloguide.drawing.chart import Chart
from myeloguide.drawing.of_file import of_file
from myeloguide.drawing.of_record import of_record
from myeloguide.history.definitions import IMWG_2011
from myeloguide.history.story import tell
from myeloguide.knowledge.reading import parse
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, Measurement, Person, Procedure, ResponseRecorded, Treatment
from myeloguide.record.patient_file import read_patient
from myeloguide.record.ranges import Range
from myeloguide.record.time import When, parse_when
from tests.drawing.stories import chart_of, day, long_story

PERSON = Person("1", diagnosis_date=day(-10), complete_from=day(-10), as_of=day(1200))
DRUGS = tuple(
    Treatment(agent, day(start), day(stop), row=row, intent=intent)  # type: ignore[arg-type]
    for row, (agent, start, stop, intent) in enumerate(
        [("bortezomib", 0, 120, "induction"), ("lenalidomide", 0, 120, "induction"), ("dexamethasone", 0, 120, "induction"),
         ("lenalidomide", 240, 1000, "maintenance")], 1,
    )
)  # fmt: skip
STORY = Events(
    PERSON,
    DRUGS,
    (Procedure("autologous_transplant", day(150)),),
    tuple(Measurement("serum_m_protein", day(number), Range.exactly(value)) for number, value in ((-5, 4.0), (60, 0.3), (995, 1.5))),
    (),
    (ResponseRecorded("VGPR", day(60)), ResponseRecorded("VGPR", day(120)), ResponseRecorded("CR", day(180)),
     ResponseRecorded("VGPR", day(300)), ResponseRecorded("PD", day(995), True), ResponseRecorded("PD", day(1030), True)),
)  # fmt: skip


def told(events: Events = STORY) -> Chart:
    chart = chart_of(events)
    assert chart is not None
    return chart


def test_a_line_has_its_drugs_phases_transplant_progression_and_refractoriness() -> None:
    chart = told()
    (line,) = chart.groups
    assert line.heading == "Line 1: VRd, autologous transplant, maintenance; best response VGPR"
    assert [lane.name for lane in line.lanes] == ["bortezomib", "lenalidomide", "dexamethasone"]
    assert [phase.name for phase in line.phases] == ["induction", "maintenance"]
    assert line.progression is not None
    assert line.progression.name == f"progression {day(995)} (clinical)"
    assert {lane.name: lane.refractory for lane in line.lanes} == {"bortezomib": "", "lenalidomide": "yes", "dexamethasone": ""}
    assert f"autologous transplant {day(150)}" in [event.name for event in chart.events]
    assert chart.facts[0] == "1 line of therapy"
    assert chart.facts[1] == "Refractory to lenalidomide"
    assert "refractory to lenalidomide" in chart.words


def test_a_response_that_a_lower_one_follows_is_not_confirmed() -> None:
    found = [(item.category, item.confirmed) for item in told().responses]
    assert found == [("VGPR", True), ("VGPR", True), ("CR", False), ("VGPR", True), ("PD", True), ("PD", True)]


def test_a_steroid_alone_is_named_though_it_is_no_line() -> None:
    steroid = Treatment("dexamethasone", day(0), day(9), row=1)
    assert chart_of(Events(PERSON, (steroid,))) is None
    chart = told(Events(PERSON, (steroid,), procedures=(Procedure("radiotherapy", day(4), row=1),)))
    assert "Not drawn, for a steroid alone is no line of therapy: dexamethasone." in chart.notes


def test_a_record_taken_as_complete_says_so() -> None:
    unknown = replace(STORY, person=replace(PERSON, complete_from=None))
    last = day(1200).last
    assert last is not None
    answer = tell(unknown, vocabulary(), last, assume_complete=True)
    chart = of_record(unknown, answer, vocabulary(), last, assume_complete=True)
    assert chart is not None
    assert chart.recorded_from is None
    assert chart.facts[0] == "1 line of therapy"
    assert chart.facts[-1] == "Record taken as complete, as asked"


def test_a_progression_of_some_year_is_drawn_as_that_year() -> None:
    chart = told(replace(STORY, responses=(ResponseRecorded("PR", day(60)), ResponseRecorded("PD", parse_when("2010")))))
    progression = chart.groups[0].progression
    assert progression is not None
    assert progression.when == parse_when("2010")
    assert progression.name == "progression 2010 (kind unknown)"


def test_what_is_not_recorded_is_said() -> None:
    unknown = replace(STORY, person=replace(PERSON, complete_from=None), responses=())
    chart = told(unknown)
    assert chart.recorded_from == day(-10).first
    assert chart.facts[-1] == "Whether the record is complete is unknown"
    assert chart.facts[0] == "At least 1 line of therapy"
    later = told(replace(STORY, person=replace(PERSON, complete_from=day(30))))
    assert later.facts[-1] == f"Record complete only from {day(30)}: what came before is unknown"
    assert told().recorded_from is None
    assert "No values of a marker are recorded." in told(replace(STORY, measurements=())).notes
    undated = replace(STORY, treatments=(*DRUGS, Treatment("selinexor", None, row=9)))
    assert any(note.startswith("Not drawn, for want of a date: selinexor") for note in told(undated).notes)


def test_a_partial_date_is_an_interval_and_an_unknown_stop_is_open() -> None:
    drugs = (
        Treatment("bortezomib", parse_when("2008-02"), parse_when("2008"), row=1),
        Treatment("lenalidomide", day(0), None, row=2),
        Treatment("daratumumab", day(0), None, ongoing=True, stop_reason="ongoing", row=3),
    )
    lanes = {lane.agent: lane.bars[0] for lane in told(replace(STORY, treatments=drugs)).groups[0].lanes}
    assert lanes["bortezomib"].start == parse_when("2008-02")
    assert lanes["bortezomib"].says == "bortezomib from 2008-02 to 2008"
    assert lanes["lenalidomide"].stop.first == day(0).first
    assert lanes["lenalidomide"].says.endswith("stop unknown")
    assert lanes["daratumumab"].ongoing
    assert lanes["daratumumab"].says.endswith("ongoing")


def values(test: str, *numbers: float) -> tuple[Measurement, ...]:
    return tuple(Measurement(test, day(30 * place), Range.exactly(number)) for place, number in enumerate(numbers))


@pytest.mark.parametrize(
    ("measurements", "drawn"),
    [
        (values("serum_m_protein", 3, 1) + values("flc_kappa", 90, 3), ["Serum M-protein"]),
        (values("serum_m_protein", 3) + values("urine_m_protein_24h", 900, 100), ["Serum M-protein", "Urine M-protein"]),
        (values("serum_m_protein", 0.3) + values("urine_m_protein_24h", 900, 100), ["Urine M-protein"]),
        (values("serum_m_protein", 0.3) + values("flc_kappa", 1) + values("flc_lambda", 80, 9), ["Free light chain lambda"]),
        (values("serum_m_protein", 0.3) + values("marrow_plasma_cells", 60, 5), ["Marrow plasma cells"]),
        (values("serum_m_protein", 0.3, 0.4), ["Serum M-protein"]),
        (values("creatinine", 1), []),
    ],
)
def test_the_marker_drawn_is_the_one_that_is_measurable(measurements: tuple[Measurement, ...], drawn: list[str]) -> None:
    assert [curve.name for curve in told(replace(STORY, measurements=measurements)).curves] == drawn


def test_a_far_outlier_does_not_flatten_the_curve() -> None:
    (curve,) = told(replace(STORY, measurements=values("serum_m_protein", *([3, 2, 1, 0.5] * 10), 3000))).curves
    assert curve.top == 3
    assert max(item.value.least or 0 for item in curve.values) == 3000


def test_many_procedures_of_a_kind_are_one_series() -> None:
    many = tuple(Procedure("radiotherapy", day(number)) for number in range(30))
    names = [event.name for event in told(replace(STORY, procedures=many)).events]
    assert f"radiotherapy, 30 times, {day(0)} to {day(29)}" in names
    assert len(names) == 2


def test_nothing_recorded_is_nothing_drawn() -> None:
    assert chart_of(Events(Person("1", diagnosis_date=day(0))), date(2020, 1, 1)) is None
    only_later = Events(Person("1"), (Treatment("lenalidomide", day(900), row=1),))
    assert chart_of(only_later, START_OF_ALL) is None


START_OF_ALL = date(2008, 1, 7)


def test_an_as_of_that_nobody_wrote_does_not_stretch_the_picture() -> None:
    chart = told(replace(STORY, person=replace(PERSON, as_of=None)))
    assert chart.last == day(1030).first


def test_long_story_has_every_line() -> None:
    chart = told(long_story())
    assert [group.number for group in chart.groups] == list(range(1, 9))
    assert all(group.progression is not None for group in chart.groups)


# --- patient files ---


def of(text: str) -> Chart:
    patient = read_patient(parse(text, "patient.yaml"), vocabulary(), date(2021, 6, 1), date(2021, 6, 1))
    chart = of_file(patient, vocabulary(), IMWG_2011)
    assert chart is not None
    return chart


def test_a_patient_file_is_drawn() -> None:
    chart = of(
        """
patient: A
history:
  complete: true
  lines:
  - phases:
    - {intent: induction, regimen: VRd, start: 2018-01-08, stop: 2018-05-21}
    - {intent: maintenance, agents: [lenalidomide], start: 2018-10, stop: 2021-05-03}
    transplant: 2018-06-29
    best_response: VGPR
    progression: {date: 2021-05-03, kind: biochemical, on: [lenalidomide]}
"""
    )
    (line,) = chart.groups
    assert line.heading == "Line 1: VRd, autologous transplant, maintenance; best response VGPR"
    assert line.progression is not None
    assert line.progression.name == "progression 2021-05-03 (biochemical)"
    lanes = {lane.agent: lane for lane in line.lanes}
    assert lanes["lenalidomide"].refractory == "yes"
    assert lanes["lenalidomide"].bars[1].start == parse_when("2018-10")
    assert lanes["dexamethasone"].bars[0].stop == When.on(date(2018, 5, 21))
    assert chart.dated


def test_lines_without_dates_are_drawn_in_their_order() -> None:
    chart = of("history:\n  lines:\n  - {regimen: VRd}\n  - {regimen: DKd, progression: true}\n")
    assert not chart.dated
    first, second = (group.lanes[0].bars[0] for group in chart.groups)
    assert first.stop.last is not None
    assert second.start.first is not None
    assert first.stop.last <= second.start.first + timedelta(days=1)
    assert "No date is recorded: the order is drawn, not the time." in chart.notes
    assert chart.groups[1].heading.endswith("progression on an unknown date (kind unknown)")
    assert chart.groups[0].lanes[0].bars[0].says == "bortezomib, dates unknown"
    assert "20" not in chart.words.replace("as of 2021-06-01", "")
