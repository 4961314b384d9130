"""From recorded events to lines, responses, progression and facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myeloguide.history.episodes import OHDSI
from myeloguide.history.lines import IMWG_2015
from myeloguide.history.rule_sets import RULE_SETS
from myeloguide.history.story import Told, tell
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, Measurement, Person, Procedure, ResponseRecorded, Treatment
from myeloguide.record.patient_file import Line
from myeloguide.record.ranges import Range
from myeloguide.record.time import When, parse_when

START = date(2018, 1, 10)
LATER = date(2023, 1, 1)


def day(number: int) -> When:
    return When.on(START + timedelta(days=number))


def serum(*values: tuple[int, float]) -> tuple[Measurement, ...]:
    return tuple(
        Measurement("serum_m_protein", day(number), Range.exactly(value), row) for row, (number, value) in enumerate(values, 1)
    )


def drugs(*given_: tuple[str, int, int | None], **more: Any) -> tuple[Treatment, ...]:
    return tuple(
        Treatment(agent, day(start), None if stop is None else day(stop), ongoing=stop is None, row=row, **more)
        for row, (agent, start, stop) in enumerate(given_, 1)
    )


def replace_stop(treatments: tuple[Treatment, ...], number: int) -> tuple[Treatment, ...]:
    """All of these stopped for progression on a day."""
    return tuple(replace(item, stop=day(number), ongoing=False, stop_reason="progression") for item in treatments)


COMPLETE = Person("1", diagnosis_date=day(-10), complete_from=day(-10))
FIRST = (("bortezomib", 0, 120), ("lenalidomide", 0, 120), ("lenalidomide", 240, 1000))


def told(
    treatments: tuple[Treatment, ...] = drugs(*FIRST), values: tuple[Measurement, ...] = (), *, as_of: date = LATER,
    person: Person = COMPLETE, **more: Any,
) -> Told:  # fmt: skip
    procedures = more.pop("procedures", (Procedure("autologous_transplant", day(150)),))
    count = RULE_SETS[more.pop("rules", IMWG_2015.name)]
    relapse = more.pop("relapse", "imwg-2016")
    return tell(Events(person, treatments, procedures, values, **more), vocabulary(), as_of, count, relapse=relapse)


def of(answer: Told, fact: str, member: str = "") -> Any:
    value = answer.derived.facts.values.get(fact)
    return answer.derived.facts.members(fact).has(member) if member else value


COURSE = serum((-5, 4), (28, 2), (56, 1), (84, 0.3), (112, 0.3), (400, 0.3), (800, 0.3), (990, 0.9), (1018, 1.2))


def test_a_whole_first_line_with_progression_on_maintenance() -> None:
    answer = told(values=COURSE)
    assert [(line.regimen, len(line.phases)) for line in answer.lines.lines] == [("VRd", 2)]
    assert [item.confirmed for item in answer.responses] == ["PR", "PR", "VGPR", "VGPR", "VGPR", "VGPR", "PD", "PD"]
    assert of(answer, "prior_lines") == Range.exactly(1)
    assert of(answer, "refractory_to", "lenalidomide") is True
    assert of(answer, "refractory_to", "bortezomib") is False
    assert of(answer, "maintenance_after_transplant") is True
    months = of(answer, "months_transplant_to_progression")
    assert months.exact == pytest.approx(27.6, abs=0.2)
    proof = next(item for item in answer.derived.proofs if (item.fact, item.member) == ("refractory_to", "lenalidomide"))
    assert "progression 2020-09-26" in proof.text


def test_a_rise_that_nothing_confirms_is_no_progression() -> None:
    answer = told(values=COURSE[:-1])
    assert answer.responses[-1].confirmed != "PD"
    assert of(answer, "refractory_to", "lenalidomide") is None


@pytest.mark.parametrize(("stop", "refractory"), [(930, True), (929, False)])
def test_day_sixty_and_day_sixty_one(stop: int, refractory: bool) -> None:
    treatments = drugs(*FIRST[:2], ("lenalidomide", 240, stop))
    assert of(told(treatments, COURSE), "refractory_to", "lenalidomide") is refractory


def test_progression_ends_the_line_and_the_same_drug_after_it_is_another() -> None:
    treatments = drugs(*FIRST[:2], ("lenalidomide", 1100, 1300))
    answer = told(treatments, COURSE)
    assert [line.agents for line in answer.lines.lines] == [("bortezomib", "lenalidomide"), ("lenalidomide",)]


def test_responses_that_somebody_recorded_are_taken_at_their_word() -> None:
    responses = (ResponseRecorded("VGPR", day(100), row=1), ResponseRecorded("PD", day(990), row=2))
    answer = told(responses=responses)
    assert of(answer, "refractory_to", "lenalidomide") is True
    assert all(item.recorded for item in answer.responses)


@pytest.mark.parametrize(("on", "value", "negative"), [
    (107, Range(0, 1e-5), True), (93, Range(0, 1e-6), True), (108, Range(0, 1e-5), None), (100, Range.exactly(2e-5), False),
    (100, Range(0, 1e-4), None),
])  # fmt: skip
def test_residual_disease_within_a_week_of_a_recorded_response_is_told_with_it(
    on: int, value: Range, negative: bool | None
) -> None:
    answer = told(values=(Measurement("mrd", day(on), value),), responses=(ResponseRecorded("CR", day(100), row=1),))
    (judged,) = (item for item in answer.responses if item.recorded)
    assert judged.visit.mrd_negative is negative


def test_stable_disease_at_several_visits_is_no_response() -> None:
    answer = told(drugs(("bortezomib", 0, 100)), serum((-5, 4), (28, 3.9), (56, 3.8), (84, 3.9)), procedures=())
    assert of(answer, "refractory_to", "bortezomib") is True
    single = told(drugs(("bortezomib", 0, 100)), serum((-5, 4), (28, 3.9)), procedures=())
    assert of(single, "refractory_to", "bortezomib") is None


@pytest.mark.parametrize("by_values", [True, False])
@pytest.mark.parametrize(("last", "refractory"), [(19, None), (20, True)])
def test_stable_disease_in_the_first_cycle_is_no_failure_yet(last: int, refractory: bool | None, by_values: bool) -> None:
    values = serum((-5, 4), (8, 4), (last, 4)) if by_values else ()
    recorded = () if by_values else (ResponseRecorded("SD", day(8), row=1), ResponseRecorded("SD", day(last), row=2))
    for treatments in (drugs(("lenalidomide", 0, None)), drugs(("lenalidomide", 0, 100))):
        now = START + timedelta(days=last if treatments[0].ongoing else 100)
        answer = told(treatments, values, procedures=(), responses=recorded, as_of=now)
        assert of(answer, "refractory_to", "lenalidomide") is refractory
        assert of(answer, "primary_refractory") is refractory


@pytest.mark.parametrize(("value", "refractory"), [(3.9, None), (2.9, False)])
def test_stable_disease_seen_once_is_never_taken_for_a_response(value: float, refractory: bool | None) -> None:
    answer = told(drugs(("bortezomib", 0, 100)), serum((-5, 4), (170, value)), procedures=(), as_of=START + timedelta(days=180))
    assert of(answer, "refractory_to", "bortezomib") is refractory


@pytest.mark.parametrize(("first", "refractory"), [
    ((1.0, 1.0), None),  # a response that the second line kept
    ((3.9, 4.0), True),  # none to be kept
    ((1.0, 1.6), True),  # lost again, confirmed or not
])  # fmt: skip
def test_stable_disease_after_a_switch_may_be_a_response_kept(first: tuple[float, float], refractory: bool | None) -> None:
    treatments = (*drugs(("lenalidomide", 0, 100), stop_reason="toxicity"), *drugs(("carfilzomib", 110, None)))
    treatments = (treatments[0], replace(treatments[1], row=2))
    last = first[1]
    values = serum((-5, 4), (28, first[0]), (56, first[0]), (100, last), (140, last), (170, last), (200, last))
    answer = told(treatments, values, procedures=(), as_of=START + timedelta(days=210))
    assert of(answer, "refractory_to", "carfilzomib") is refractory
    assert of(answer, "primary_refractory") is (first[0] > 3)


def test_a_drug_begun_in_the_last_days_has_not_failed_by_stable_disease() -> None:
    treatments = drugs(("bortezomib", 0, None), ("lenalidomide", 25, None))
    answer = told(treatments, serum((-5, 4), (28, 4), (40, 4)), procedures=(), as_of=START + timedelta(days=42))
    assert of(answer, "refractory_to", "bortezomib") is True
    assert of(answer, "refractory_to", "lenalidomide") is None


def test_progression_after_stable_disease_in_the_first_days_is_primary_refractory() -> None:
    recorded = (ResponseRecorded("SD", day(8), row=1), ResponseRecorded("PD", day(16), row=2))
    answer = told(drugs(("lenalidomide", 0, None)), procedures=(), responses=recorded)
    assert of(answer, "primary_refractory") is True


@pytest.mark.parametrize(
    ("start", "stop", "maintained"), [(130, 300, False), (130, 330, True), (130, None, True), (340, 500, True)]
)
def test_maintenance_before_a_late_transplant_is_none_after_it(start: int, stop: int | None, maintained: bool) -> None:
    first = drugs(("bortezomib", 0, 120))
    then = tuple(replace(item, row=2) for item in drugs(("lenalidomide", start, stop), intent="maintenance"))
    answer = told((*first, *then), procedures=(Procedure("autologous_transplant", day(320)),))
    assert of(answer, "maintenance_after_transplant") is maintained


def test_a_line_that_goes_on_is_not_said_to_have_ended() -> None:
    values = serum((-5, 4), (28, 2), (56, 1), (84, 1))
    going_on, over = (
        told(drugs(("lenalidomide", 0, stop)), values, procedures=(), as_of=START + timedelta(days=100)) for stop in (None, 90)
    )
    assert going_on.derived.findings[0].reason == "line 1 is without progression so far"
    assert over.derived.findings[0].reason == "line 1 ended without progression"


def test_what_goes_on_ends_with_death() -> None:
    answer = told(drugs(("lenalidomide", 0, None)), procedures=(), person=replace(COMPLETE, death_date=day(200)))
    assert answer.derived.courses[0].stop == day(200)


def test_of_a_line_not_recorded_as_a_whole_a_better_response_may_be_missing() -> None:
    stable = drugs(("bortezomib", 0, 100)), serum((-5, 4), (28, 3.9), (56, 3.8), (84, 3.9))
    assert of(told(*stable, procedures=(), person=Person("1")), "refractory_to", "bortezomib") is None
    from_then_on = Person("1", diagnosis_date=day(-900), complete_from=day(0))
    assert of(told(*stable, procedures=(), person=from_then_on), "refractory_to", "bortezomib") is True
    begun_before = Person("1", diagnosis_date=day(-900), complete_from=day(1))
    assert of(told(*stable, procedures=(), person=begun_before), "refractory_to", "bortezomib") is None


def test_an_unconfirmed_response_proves_no_failure_to_respond() -> None:
    answer = told(drugs(("bortezomib", 0, 100)), serum((-5, 4), (28, 1.9)), procedures=())
    assert of(answer, "refractory_to", "bortezomib") is None


def test_without_a_complete_record_lines_are_at_least_so_many() -> None:
    answer = told(values=COURSE, person=Person("1"))
    assert of(answer, "prior_lines") == Range(1, None)
    assert of(answer, "line1_agents") is None
    assert of(answer, "exposed_to", "daratumumab") is None
    assert of(told(values=COURSE), "exposed_to", "daratumumab") is False


def test_what_came_after_the_decision_is_not_known() -> None:
    answer = told(values=COURSE, as_of=START + timedelta(days=500))
    assert of(answer, "refractory_to", "lenalidomide") is False
    assert len(answer.responses) == 5


def test_a_stop_and_a_death_after_the_decision_are_not_known() -> None:
    stopped = drugs(("lenalidomide", 0, 400), stop_reason="progression")
    early, late = (
        told(stopped, serum((-5, 4), (28, 2), (56, 1)), procedures=(), as_of=START + timedelta(days=number))
        for number in (399, 400)
    )
    assert (of(early, "refractory_to", "lenalidomide"), of(late, "refractory_to", "lenalidomide")) == (None, True)
    assert early.derived.courses[0].stop == day(399)
    died = replace(COMPLETE, death_date=day(300))
    values = serum((-5, 4), (28, 1), (56, 1), (240, 2))
    before, after = (
        told(drugs(("lenalidomide", 0, None)), values, procedures=(), person=died, as_of=START + timedelta(days=number))
        for number in (299, 300)
    )
    assert (of(before, "refractory_to", "lenalidomide"), of(after, "refractory_to", "lenalidomide")) == (None, True)


def test_of_a_line_given_nothing_is_known_that_came_after_the_decision() -> None:
    line = Line.model_validate(
        {"agents": ["lenalidomide"], "start": day(0), "stop": day(400), "stop_reason": "progression", "best_response": "SD",
         "transplant": day(380)}, context=vocabulary(),
    )  # fmt: skip
    answers = [told((), procedures=(), lines=(line,), as_of=START + timedelta(days=number)) for number in (370, 390, 400)]
    assert [of(answer, "refractory_to", "lenalidomide") for answer in answers] == [None, None, True]
    assert [of(answer, "prior_transplant") for answer in answers] == [False, True, True]


def test_dates_that_leave_the_order_open_leave_the_lines_open() -> None:
    treatments = (
        Treatment("bortezomib", parse_when("2018-01-10"), parse_when("2018-06-01"), row=1),
        Treatment("cyclophosphamide", parse_when("2018-02"), parse_when("2018-06-01"), row=2),
    )
    answer = told(treatments, procedures=())
    assert of(answer, "prior_lines") == Range(1, 2)
    assert of(answer, "line1_agents") is None
    assert answer.derived.remarks[-1] == "the record leaves open whether there were 1 or 2 lines"


@pytest.mark.parametrize(("reason", "refractory"), [("toxicity", False), (None, None)])
def test_a_line_that_another_followed_for_no_reason_written_down_is_left_open(
    reason: str | None, refractory: bool | None
) -> None:
    treatments = (
        *drugs(("bortezomib", 0, 100), stop_reason=reason),
        *(
            Treatment(item.agent, item.start, item.stop, ongoing=item.ongoing, row=9)
            for item in drugs(("daratumumab", 110, None))
        ),
    )
    answer = told(
        treatments,
        serum((-5, 4), (28, 1), (56, 1), (84, 1), (130, 0.9), (200, 0.8)),
        procedures=(),
        as_of=START + timedelta(days=220),
    )
    assert len(answer.lines.lines) == 2
    assert of(answer, "refractory_to", "bortezomib") is refractory


def test_of_two_periods_of_a_drug_the_one_that_ended_later_holds_its_last_dose() -> None:
    treatments = drugs(("bortezomib", 0, 300), ("bortezomib", 50, 80))
    answer = told(treatments, serum((-5, 4), (28, 1), (56, 1), (290, 1.6), (320, 2)), procedures=())
    assert of(answer, "refractory_to", "bortezomib") is True


def test_a_drug_stopped_for_progression_is_so_whatever_was_measured_later() -> None:
    values = serum((-5, 4), (28, 1), (56, 1), (240, 2), (268, 3))
    stopped = drugs(("bortezomib", 0, 100), stop_reason="progression")
    answer = told(stopped, values, procedures=())
    assert of(answer, "refractory_to", "bortezomib") is True
    assert answer.derived.courses[0].progression == When(day(57).first, day(100).first)  # after the last visit without it
    two = (*stopped, replace(drugs(("lenalidomide", 0, 20), stop_reason="progression")[0], row=2))
    assert of(told(two, (), procedures=()), "refractory_to", "lenalidomide") is True
    undated = told(
        drugs(("bortezomib", 0, None), stop_reason="progression"), values[:3], as_of=START + timedelta(days=300), procedures=()
    )
    assert undated.derived.courses[0].progression == When(day(0).first, day(300).first)
    later = told(drugs(("bortezomib", 0, 250), stop_reason="progression"), values, procedures=())
    assert later.derived.courses[0].progression == day(240)


@pytest.mark.parametrize("end", [{}, {"ongoing": True, "stop_reason": "ongoing"}, {"stop": day(600)}])
def test_cells_are_given_on_one_day(end: dict[str, Any]) -> None:
    treatments = (
        *drugs(("bortezomib", 0, 120), ("lenalidomide", 0, 400)),
        *(Treatment(agent, day(595), day(597), row=row) for row, agent in ((3, "cyclophosphamide"),)),
        Treatment("idecabtagene_vicleucel", day(600), row=4, **end),
    )
    recorded = tuple(ResponseRecorded(category, day(number)) for category, number in (("VGPR", 640), ("VGPR", 700), ("PD", 900)))
    answer = told(treatments, procedures=(), responses=recorded)
    assert of(answer, "refractory_to", "idecabtagene_vicleucel") is False
    last = answer.derived.courses[1].last_of("idecabtagene_vicleucel")
    assert (last.last_dose, last.reason) == (day(600), None)
    assert of(answer, "regimens_given", "BCMA-CAR-T") is True
    assert of(answer, "prior_transplant") is False  # what makes room for cells conditions no transplant


def test_a_drug_that_goes_on_belongs_to_both_lines_until_and_from_the_day_on_which_another_began() -> None:
    treatments = drugs(("lenalidomide", 0, None), ("daratumumab", 500, None))
    values = serum((-5, 4), (28, 2), (56, 1), (470, 1.8), (495, 2), (530, 1), (560, 0.9))
    answer = told(treatments, values, procedures=())
    assert [(course.regimens, course.stop) for course in answer.derived.courses] == [
        (("R-mono",), day(500)),
        (("DRd",), When.on(LATER)),
    ]
    assert answer.derived.courses[1].holding("lenalidomide")[0].first_dose == day(500)
    assert of(answer, "regimens_given", "Dara-mono") is False
    assert of(answer, "refractory_to", "lenalidomide") is True
    later = told(replace_stop(treatments, 700), (*values, *serum((690, 1.6), (720, 1.9))), procedures=())
    assert [relapse.line for relapse in later.derived.relapses] == [1, 2]  # a stop for progression is of the line it ended


def test_a_response_written_later_takes_back_nothing_measured_before_it() -> None:
    response = (ResponseRecorded("CR", day(1200), row=1),)
    answer = told(values=COURSE, responses=response)
    assert [item.recorded for item in answer.responses] == [False] * 8 + [True]
    assert answer.derived.courses[0].progression == day(990)
    before_all = told(values=COURSE, responses=(ResponseRecorded("PR", day(20), row=1),))
    assert [(item.visit.category, item.recorded) for item in before_all.responses] == [
        ("PR", True), ("PD", False), ("PD", False),
    ]  # fmt: skip


def test_readings_that_never_agree_leave_the_lines_open() -> None:
    """The second rise confirms the first only if both lie in one line; told so, the drug between begins another."""
    treatments = drugs(("bortezomib", 0, 27), ("cyclophosphamide", 0, 27), ("lenalidomide", 100, None))
    answer = told(treatments, serum((0, 1.0), (50, 1.6), (200, 2.5)), procedures=())
    assert of(answer, "prior_lines") == Range(1, 2)
    assert of(answer, "line1_agents") is None


def test_an_infusion_without_its_product_leaves_open_what_was_received() -> None:
    procedures = (Procedure("autologous_transplant", day(150)), Procedure("car_t_infusion", day(1200)))
    answer = told(procedures=procedures)
    assert of(answer, "prior_lines") == Range.exactly(2)
    assert of(answer, "exposed_to", "idecabtagene_vicleucel") is None
    assert of(answer, "exposed_to", "lenalidomide") is True
    assert of(answer, "line1_agents", "daratumumab") is False
    assert answer.derived.remarks == (f"the CAR-T product infused on {day(1200)} is not recorded",)
    product = drugs(*FIRST, ("idecabtagene_vicleucel", 1200, 1200))
    assert of(told(product, procedures=procedures), "exposed_to", "ciltacabtagene_autoleucel") is False


@pytest.mark.parametrize("rules", list(RULE_SETS))
def test_an_allogeneic_transplant_is_no_autologous_one(rules: str) -> None:
    procedures = (Procedure("allogeneic_transplant", day(1200)),)
    answer = told(drugs(("bortezomib", 0, 120), ("cyclophosphamide", 0, 120)), procedures=procedures, rules=rules)
    assert of(answer, "prior_transplant") is not True
    assert not any(line.transplants for line in answer.lines.lines)


def test_a_transplant_without_a_date_is_not_taken_for_none() -> None:
    answer = told(procedures=(Procedure("autologous_transplant", None, row=3),))
    assert of(answer, "prior_transplant") is None
    assert of(answer, "prior_lines") == Range(1, None)
    assert answer.derived.remarks == ("transplants or CAR-T infusions without a date (rows 3) could not be placed",)


def test_an_end_that_is_not_recorded_opens_the_lines_but_not_what_was_received() -> None:
    treatments = tuple(Treatment(agent, day(0), None, row=row) for row, agent in enumerate(("bortezomib", "melphalan"), 1))
    answer = told(treatments, procedures=(Procedure("autologous_transplant", day(1500)),))
    assert of(answer, "prior_lines") == Range(1, 2)
    assert of(answer, "line1_agents") is None
    assert of(answer, "exposed_to", "bortezomib") is True
    assert of(answer, "exposed_to", "daratumumab") is False
    assert of(answer, "prior_transplant") is True


def test_lines_that_are_open_leave_no_doubt_about_a_transplant() -> None:
    treatments = drugs(("bortezomib", 0, 120), ("cyclophosphamide", 0, 120), ("daratumumab", 300, 300))
    answer = told(treatments, procedures=())
    assert of(answer, "prior_lines") == Range(1, 2)
    assert of(answer, "prior_transplant") is False
    undated = (Procedure("car_t_infusion", None, row=3),)
    assert of(told(treatments, procedures=undated), "prior_transplant") is None
    conditioned = (*treatments, *drugs(("melphalan", 148, 148), intent="conditioning"))
    assert of(told(conditioned, procedures=()), "prior_transplant") is None


def test_a_treatment_without_a_date_was_received() -> None:
    answer = told((*drugs(*FIRST), Treatment("daratumumab", None, row=9)))
    assert of(answer, "exposed_to", "daratumumab") is True
    assert of(answer, "exposed_to", "carfilzomib") is False
    assert of(answer, "prior_lines") == Range(1, None)
    assert of(answer, "regimens_given", "VRd") is True
    assert of(answer, "regimens_given", "DVRd") is None


def test_a_line_stopped_within_days_is_said_to_be_open() -> None:
    answer = told(drugs(*FIRST[:2], ("daratumumab", 300, 300)), procedures=())
    assert of(answer, "prior_lines") == Range(1, 2)
    assert answer.derived.remarks == ("line 2 was stopped so soon that it may count for none",)


def test_drugs_that_a_rule_set_does_not_count_were_received() -> None:
    """OHDSI's page lists its drugs, and begins with the diagnosis."""
    treatments = drugs(("melphalan", -900, -800), ("bortezomib", 0, 120), ("panobinostat", 0, 120))
    answer = told(treatments, procedures=(), rules=OHDSI.name)
    assert [line.agents for line in answer.lines.lines] == [("bortezomib",)]
    assert of(answer, "prior_lines") == Range.exactly(1)
    assert of(answer, "exposed_to", "panobinostat") is of(answer, "exposed_to", "melphalan") is True
    assert of(answer, "exposed_to", "carfilzomib") is False
    assert of(answer, "line1_agents") is None
    assert of(answer, "regimens_given", "PanoVd") is None
    assert answer.derived.remarks == ("melphalan, panobinostat: given, but in none of the lines by ohdsi-mm-episodes",)


agents = st.sampled_from(["bortezomib", "lenalidomide", "daratumumab", "carfilzomib", "melphalan"])
periods = st.lists(st.tuples(agents, st.integers(0, 1500), st.integers(20, 400)), min_size=1, max_size=5)
values = st.lists(
    st.tuples(st.integers(-20, 1900), st.sampled_from([0, 0.2, 0.9, 1.5, 2.5, 4])), max_size=10, unique_by=lambda item: item[0]
)


def events_of(given_: list[tuple[str, int, int]], found: list[tuple[int, float]], shift: int = 0) -> Events:
    person = Person("1", diagnosis_date=day(-30 + shift), complete_from=day(-30 + shift))
    treatments = drugs(
        *((agent, start + shift, start + length + shift) for agent, start, length in sorted(given_, key=lambda item: item[1]))
    )
    return Events(person, treatments, (), serum(*((number + shift, value) for number, value in sorted(found))))


@given(periods, values, st.integers(-300, 300))
def test_shifting_every_date_changes_no_fact(
    given_: list[tuple[str, int, int]], found: list[tuple[int, float]], shift: int
) -> None:
    one = tell(events_of(given_, found), vocabulary(), START + timedelta(days=3000)).derived.facts
    other = tell(events_of(given_, found, shift), vocabulary(), START + timedelta(days=3000 + shift)).derived.facts
    for name, value in one.values.items():
        if not name.startswith("months"):  # calendar months differ in length
            assert other.values.get(name) == value, name


@given(periods, values)
def test_a_later_value_never_changes_an_earlier_line(given_: list[tuple[str, int, int]], found: list[tuple[int, float]]) -> None:
    before = tell(events_of(given_, found), vocabulary(), START + timedelta(days=3000)).lines.lines
    after = tell(events_of(given_, [*found, (2500, 9.0)]), vocabulary(), START + timedelta(days=3000)).lines.lines
    assert [line.agents for line in after[: len(before)]] == [line.agents for line in before]


def test_progression_from_the_first_visit_on_is_no_response() -> None:
    dead = (ResponseRecorded("PD", day(28), row=1), ResponseRecorded("PD", day(54), row=2))
    answer = told(drugs(("melphalan", 0, 28), ("thalidomide", 0, 28), stop_reason="progression"), responses=dead, procedures=())
    assert answer.derived.courses[0].best_response == "PD"
    assert of(answer, "primary_refractory") is True
    late = (ResponseRecorded("PD", day(700), row=1), ResponseRecorded("PD", day(730), row=2))
    answer = told(drugs(("melphalan", 0, 700), ("thalidomide", 0, 700)), responses=late, procedures=())
    assert of(answer, "primary_refractory") is None  # a response may have been missed in two years
