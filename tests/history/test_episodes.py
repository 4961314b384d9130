"""Lines by OHDSI's myeloma episodes: each rule of the published description at its edge, and where it differs from the IMWG's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myeloguide.history.episodes import TRANSPLANT, count_episodes
from myeloguide.history.lines import LinesFound
from myeloguide.history.rule_sets import RULE_SETS
from myeloguide.history.story import tell
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, Person, Procedure, Treatment
from myeloguide.record.time import parse_when
from tests.history.test_lines import DAY, drug, on


def events_of(
    *treatments: list[Treatment], transplants: tuple[int, ...] = (), cells: tuple[int, ...] = (), diagnosis: Any = None
) -> Events:
    flat = [item for group in treatments for item in group]
    rows = tuple(
        Treatment(item.agent, item.start, item.stop, ongoing=item.ongoing, row=number) for number, item in enumerate(flat, 1)
    )
    procedures = tuple(Procedure("autologous_transplant", parse_when(on(day))) for day in transplants)
    procedures += tuple(Procedure("car_t_infusion", parse_when(on(day))) for day in cells)
    diagnosed = None if diagnosis is None else parse_when(diagnosis if isinstance(diagnosis, str) else on(diagnosis))
    return Events(Person("1", as_of=parse_when(on(4000)), diagnosis_date=diagnosed), rows, procedures)


def found(*treatments: list[Treatment], **more: Any) -> LinesFound:
    return count_episodes(events_of(*treatments, **more), vocabulary())


def told(lines: LinesFound) -> list[list[tuple[str, str]]]:
    return [[(phase.intent, "+".join(sorted(phase.agents))) for phase in line.phases] for line in lines.lines]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (29, ["bortezomib+cyclophosphamide"]),
        (30, ["bortezomib+cyclophosphamide"]),
        (31, ["bortezomib", "bortezomib+cyclophosphamide"]),
    ],
)
def test_drugs_within_thirty_days_of_its_start_are_one_regimen(day: int, expected: list[str]) -> None:
    lines = found(drug("bortezomib", 0, 200), drug("cyclophosphamide", day, 200))
    assert [agents for line in told(lines) for _, agents in line] == expected


@pytest.mark.parametrize(("gap", "lines"), [(89, 1), (90, 1), (91, 2)])
def test_a_drug_not_used_for_more_than_ninety_days_is_discontinued(gap: int, lines: int) -> None:
    assert (
        len(found(drug("bortezomib+cyclophosphamide", 0, 100), drug("bortezomib+cyclophosphamide", 100 + gap, 300)).lines)
        == lines
    )


@pytest.mark.parametrize(("later", "regimens"), [(29, 1), (30, 1), (31, 2)])
def test_drugs_stopped_within_thirty_days_of_each_other_end_together(later: int, regimens: int) -> None:
    lines = found(drug("bortezomib", 0, 100), drug("cyclophosphamide", 0, 100 + later))
    assert sum(len(line.phases) for line in lines.lines) == regimens


@pytest.mark.parametrize(("length", "intent"), [(61, "maintenance"), (60, "induction"), (59, "induction")])
def test_maintenance_lasts_more_than_sixty_days(length: int, intent: str) -> None:
    lines = found(drug("bortezomib+cyclophosphamide", 0, 100), drug("lenalidomide", 150, 150 + length))
    assert told(lines)[-1][-1] == (intent, "lenalidomide")


@pytest.mark.parametrize(("day", "lines"), [(279, 1), (280, 1), (281, 2)])
def test_maintenance_begins_within_180_days(day: int, lines: int) -> None:
    assert len(found(drug("bortezomib+cyclophosphamide", 0, 100), drug("lenalidomide", day, day + 200)).lines) == lines


@pytest.mark.parametrize(("length", "lines"), [(31, 1), (30, 2), (29, 2)])
def test_what_is_maintained_lasted_more_than_thirty_days(length: int, lines: int) -> None:
    assert len(found(drug("bortezomib+cyclophosphamide", 0, length), drug("lenalidomide", 100, 300)).lines) == lines


def test_daratumumab_maintains_only_what_held_it() -> None:
    assert len(found(drug("bortezomib+daratumumab", 0, 100), drug("daratumumab", 150, 300)).lines) == 1
    assert len(found(drug("bortezomib+cyclophosphamide", 0, 100), drug("daratumumab", 150, 300)).lines) == 2


@pytest.mark.parametrize(("day", "lines"), [(484, 1), (485, 1), (486, 2)])
def test_any_single_drug_within_a_year_of_transplant_maintains(day: int, lines: int) -> None:
    assert (
        len(found(drug("bortezomib+lenalidomide", 0, 90), drug("carfilzomib", day, day + 10), transplants=(120,)).lines) == lines
    )


@pytest.mark.parametrize(("day", "transplants"), [(299, 1), (300, 1), (301, 2)])
def test_of_two_transplants_within_180_days_only_the_first_counts(day: int, transplants: int) -> None:
    lines = found(drug("bortezomib+lenalidomide", 0, 90), transplants=(120, day))
    assert sum(len(line.transplants) for line in lines.lines) == transplants


@pytest.mark.parametrize(("day", "lines"), [(89, 1), (90, 1), (91, 2)])
def test_a_class_not_yet_given_may_be_added_within_ninety_days(day: int, lines: int) -> None:
    assert len(found(drug("bortezomib", 0, 300), drug("lenalidomide", day, 300)).lines) == lines


def test_a_second_drug_of_a_class_is_a_new_line() -> None:
    assert len(found(drug("bortezomib", 0, 300), drug("carfilzomib", 60, 300)).lines) == 2


@pytest.mark.parametrize(("day", "lines"), [(59, 1), (60, 1), (61, 2)])
def test_lenalidomide_may_join_cyclophosphamide_within_sixty_days(day: int, lines: int) -> None:
    assert len(found(drug("cyclophosphamide+thalidomide", 0, 300), drug("lenalidomide", day, 300)).lines) == lines


def test_an_induction_and_the_line_after_it_with_the_transplant_are_one() -> None:
    lines = found(drug("bortezomib+lenalidomide", 0, 90), drug("cyclophosphamide", 200, 210), transplants=(230,))
    assert len(lines.lines) == 1
    assert len(found(drug("bortezomib+doxorubicin", 0, 90), drug("cyclophosphamide", 200, 210), transplants=(230,)).lines) == 2


def test_induction_conditioning_transplant_and_maintenance_are_one_line() -> None:
    lines = found(
        drug("bortezomib+lenalidomide", 0, 100), drug("melphalan", 128, 128), drug("lenalidomide", 220, 900), transplants=(130,)
    )
    assert told(lines) == [
        [("induction", "bortezomib+lenalidomide"), ("conditioning", "melphalan"), ("maintenance", "lenalidomide")]
    ]
    assert len(lines.lines[0].transplants) == 1
    assert all(phase.assumed for phase in lines.lines[0].phases)


def test_a_cell_infusion_is_a_regimen_of_its_day() -> None:
    lines = found(drug("pomalidomide+daratumumab", 0, 100), drug("ciltacabtagene_autoleucel", 200, 200))
    assert [line.agents for line in lines.lines][-1] == ("ciltacabtagene_autoleucel",)


@pytest.mark.parametrize("again", [205, 225])
def test_conditioning_is_told_from_drugs_that_go_on_around_it(again: int) -> None:
    """Rule 10.1; bortezomib paused for no more than ninety days runs on over the transplant."""
    lines = found(
        drug("bortezomib+cyclophosphamide", 0, 120),
        drug("melphalan", 150, 150),
        drug("bortezomib", again, 400),
        transplants=(152,),
    )
    assert len(lines.lines) == 1
    assert ("conditioning", "melphalan") in told(lines)[0]
    assert lines.certain


@pytest.mark.parametrize(("day", "intent"), [(122, "conditioning"), (121, "induction")])
def test_melphalan_conditions_within_thirty_days(day: int, intent: str) -> None:
    lines = found(drug("bortezomib+cyclophosphamide", 0, 90), drug("melphalan", day, day), transplants=(152,))
    assert told(lines)[-1][-1] == (intent, "melphalan")


def test_what_conditions_a_later_transplant_is_no_maintenance() -> None:
    tandem = found(
        drug("bortezomib+cyclophosphamide", 0, 90),
        drug("melphalan", 148, 148),
        drug("melphalan", 298, 298),
        transplants=(150, 300),
    )
    assert len(tandem.lines) == 1
    further = found(
        drug("bortezomib+cyclophosphamide", 0, 90),
        drug("melphalan", 148, 148),
        drug("melphalan", 398, 399),
        transplants=(150, 400),
    )
    assert told(further)[1] == [("conditioning", "melphalan")]
    assert len(further.lines[1].transplants) == 1


def test_cells_within_a_year_of_transplant_are_no_maintenance() -> None:
    """Rule 9.3 is of drugs; rule 6 makes cells a regimen of their own."""
    lines = found(drug("bortezomib+cyclophosphamide", 0, 90), drug("idecabtagene_vicleucel", 300, 300), transplants=(120,))
    assert told(lines)[1] == [("induction", "idecabtagene_vicleucel")]


@pytest.mark.parametrize(("day", "lines"), [(370, 2), (369, 3)])
def test_cyclophosphamide_before_cells_is_of_their_line(day: int, lines: int) -> None:
    """Rule 10.3."""
    before, product = drug("bortezomib+lenalidomide", 0, 90), drug("idecabtagene_vicleucel", 400, 400)
    alone = found(before, drug("cyclophosphamide", day, day + 2), product)
    assert len(alone.lines) == lines
    assert told(alone)[-1][-1] == ("induction", "idecabtagene_vicleucel")
    with_another = found(before, drug("cyclophosphamide+bortezomib", day, day + 2), product)
    assert len(with_another.lines) == 3


def test_an_infusion_makes_a_regimen_where_no_drug_does() -> None:
    """Rule 6: the date of the drug is taken where there is one."""
    unnamed = found(drug("bortezomib+lenalidomide", 0, 90), drug("cyclophosphamide", 395, 397), cells=(400,))
    assert [len(line.infusions) for line in unnamed.lines] == [0, 1]
    assert told(unnamed)[1] == [("conditioning", "cyclophosphamide")]
    assert not unnamed.lines[1].agents_known
    named = found(drug("bortezomib+lenalidomide", 0, 90), drug("idecabtagene_vicleucel", 400, 400), cells=(402,))
    assert [len(line.infusions) for line in named.lines] == [0, 0]


def test_no_transplant_and_no_maintenance_joins_cells() -> None:
    lines = found(drug("idecabtagene_vicleucel", 0, 0), drug("lenalidomide", 100, 300), transplants=(600,))
    assert [line.agents for line in lines.lines] == [("idecabtagene_vicleucel",), ("lenalidomide",)]
    assert len(found(drug("idecabtagene_vicleucel", 0, 0), transplants=(600,)).lines) == 2


@pytest.mark.parametrize(("diagnosis", "lines"), [(None, 2), (-1, 1), (-900, 2)])
def test_the_first_regimen_begins_with_the_diagnosis(diagnosis: int | None, lines: int) -> None:
    """Rule 1."""
    told_ = found(drug("melphalan", -900, -800), drug("bortezomib+lenalidomide", 0, 90), diagnosis=diagnosis)
    assert len(told_.lines) == lines


def test_a_drug_that_goes_on_over_the_diagnosis_counts_from_it() -> None:
    lines = found(drug("melphalan", -900, 40), drug("bortezomib", 0, 90), diagnosis=-1)
    assert lines.lines[0].start == parse_when(on(-1))
    assert lines.lines[0].agents == ("melphalan", "bortezomib")


def test_a_diagnosis_known_in_part_leaves_the_lines_open() -> None:
    drugs = drug("melphalan", 10, 20), drug("bortezomib+lenalidomide", 400, 500)
    assert found(*drugs, diagnosis="2018").between == (1, 2)
    assert found(*drugs, diagnosis="2017").certain


def test_a_drug_that_the_page_does_not_list_makes_no_regimen() -> None:
    """Appendix 1."""
    lines = found(drug("bortezomib", 0, 300), drug("panobinostat", 100, 300))
    assert told(lines) == [[("induction", "bortezomib")]]


def test_an_end_that_is_not_recorded_leaves_the_lines_open() -> None:
    lines = found(drug("bortezomib+cyclophosphamide", 0, 100), drug("lenalidomide", 150, "?"))
    assert (lines.between, lines.certain) == ((1, 2), False)
    assert found(drug("bortezomib+cyclophosphamide", 0, 100), drug("lenalidomide", 331, "?")).certain


def test_a_combination_after_transplant_is_a_line_of_its_own() -> None:
    """The page says of drugs around a transplant only that one alone within a year maintains."""
    lines = found(drug("bortezomib+lenalidomide", 0, 120), drug("bortezomib+lenalidomide", 260, 320), transplants=(150,))
    assert len(lines.lines) == 2


def test_the_two_rule_sets_differ_where_a_drug_is_dropped() -> None:
    events = events_of(drug("bortezomib", 0, 100), drug("lenalidomide+cyclophosphamide", 0, 400))
    numbers = {
        name: len(tell(events, vocabulary(), DAY.replace(year=2030), count).lines.lines) for name, count in RULE_SETS.items()
    }
    assert numbers == {"imwg-2015": 1, "ohdsi-mm-episodes": 2}


agents = st.sampled_from(["bortezomib", "lenalidomide", "daratumumab", "carfilzomib", "melphalan", "ciltacabtagene_autoleucel"])
periods = st.lists(st.tuples(agents, st.integers(0, 1500), st.integers(1, 400)), min_size=1, max_size=7)


@given(periods, st.lists(st.integers(0, 1500), max_size=2), st.integers(-2000, 2000))
def test_shifting_every_date_changes_no_line(given_: list[tuple[str, int, int]], transplants: list[int], shift: int) -> None:
    def by(days: int) -> list[list[tuple[str, str]]]:
        drugs = [drug(agent, start + days, start + length + days) for agent, start, length in given_]
        return told(found(*drugs, transplants=tuple(day + days for day in transplants)))

    assert by(0) == by(shift)


@given(periods)
def test_every_drug_is_in_a_line_and_lines_stand_in_order(given_: list[tuple[str, int, int]]) -> None:
    lines = found(*(drug(agent, start, start + length) for agent, start, length in given_)).lines
    assert {agent for agent, _, _ in given_} == {agent for line in lines for agent in line.agents}
    starts = [line.start.first for line in lines]
    assert starts == sorted(starts)  # type: ignore[type-var]
    assert TRANSPLANT not in {agent for line in lines for agent in line.agents}
