"""Lines of therapy from recorded treatments: the worked examples of the definition, and their edges."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myeloguide.history.lines import IMWG_2015, LinesFound, count_lines
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, Person, Procedure, Treatment
from myeloguide.record.time import parse_when

DAY = date(2018, 1, 1)


def on(day: int) -> str:
    return (DAY + timedelta(days=day)).isoformat()


def drug(agents: str, start: int | str, stop: int | str | None = None, **more: Any) -> list[Treatment]:
    """Some agents over one period, by day numbers or dates; no stop: going on."""
    begun = parse_when(on(start) if isinstance(start, int) else start)
    ended = None if stop is None else parse_when(on(stop) if isinstance(stop, int) else stop)
    return [Treatment(agent, begun, ended, ongoing=stop is None, **more) for agent in agents.split("+")]


def found(
    *treatments: list[Treatment], transplants: tuple[int | str, ...] = (), progressions: tuple[int, ...] = ()
) -> LinesFound:
    flat = [item for group in treatments for item in group]
    rows = tuple(Treatment(**{**{name: getattr(item, name) for name in Treatment.__dataclass_fields__}, "row": number})
                 for number, item in enumerate(flat, start=1))  # fmt: skip
    procedures = tuple(
        Procedure("autologous_transplant", parse_when(on(day) if isinstance(day, int) else day)) for day in transplants
    )
    days = [DAY + timedelta(days=day) for day in progressions]
    return count_lines(Events(Person("1"), rows, procedures), vocabulary(), IMWG_2015, days)


def told(lines: LinesFound) -> list[list[tuple[str, str]]]:
    return [[(phase.intent, "+".join(phase.agents)) for phase in line.phases] for line in lines.lines]


def test_induction_transplant_and_maintenance_are_one_line() -> None:
    lines = found(drug("bortezomib+lenalidomide+dexamethasone", 0, 120), drug("melphalan", 148, 148), drug("lenalidomide", 240),
                  transplants=(150,))  # fmt: skip
    assert told(lines) == [
        [("induction", "bortezomib+lenalidomide"), ("conditioning", "melphalan"), ("maintenance", "lenalidomide")]
    ]
    assert lines.lines[0].regimen == "VRd"
    assert lines.lines[0].assumed
    assert lines.certain


def test_a_drug_added_for_an_inadequate_response_is_a_new_line() -> None:
    """The definition's own example: Rd, then bortezomib added."""
    lines = found(drug("lenalidomide+dexamethasone", 0), drug("bortezomib", 90))
    assert told(lines) == [[("induction", "lenalidomide")], [("induction", "bortezomib")]]
    assert lines.lines[1].began == "bortezomib added or substituted, not known to be planned"


def test_toxicity_then_another_regimen_and_a_transplant_is_line_2() -> None:
    """The definition's own example: Rd stopped for toxicity, then VCd and a planned transplant."""
    lines = found(
        drug("lenalidomide", 0, 60, stop_reason="toxicity"), drug("bortezomib+cyclophosphamide", 70, 160), transplants=(190,)
    )
    assert [line.agents for line in lines.lines] == [("lenalidomide",), ("bortezomib", "cyclophosphamide")]
    assert [len(line.transplants) for line in lines.lines] == [0, 1]


def test_lenalidomide_for_a_rising_paraprotein_after_transplant_is_a_new_line() -> None:
    """The definition's own example: not planned maintenance."""
    progressed = found(
        drug("bortezomib+lenalidomide", 0, 100), drug("lenalidomide", 310), transplants=(130,), progressions=(300,)
    )
    assert [line.agents for line in progressed.lines] == [("bortezomib", "lenalidomide"), ("lenalidomide",)]
    said = found(drug("bortezomib", 0, 100), drug("lenalidomide", 310, intent="relapse"), transplants=(130,))
    assert len(said.lines) == 2


@pytest.mark.parametrize(("day", "lines"), [(29, 1), (30, 1), (31, 2)])
def test_drugs_begun_within_thirty_days_make_one_regimen(day: int, lines: int) -> None:
    assert len(found(drug("bortezomib", 0, 200), drug("cyclophosphamide", day, 200)).lines) == lines


@pytest.mark.parametrize(("day", "lines"), [(179, 1), (180, 1), (181, 2)])
def test_maintenance_is_assumed_within_180_days_of_transplant(day: int, lines: int) -> None:
    assert len(found(drug("bortezomib+thalidomide", 0, 80), drug("lenalidomide", 100 + day), transplants=(100,)).lines) == lines


@pytest.mark.parametrize(("day", "lines"), [(179, 1), (180, 1), (181, 2)])
def test_a_second_transplant_within_180_days_is_a_planned_tandem(day: int, lines: int) -> None:
    assert len(found(drug("bortezomib", 0, 80), transplants=(100, 100 + day)).lines) == lines


def test_maintenance_without_a_transplant_needs_all_drugs_stopped() -> None:
    after = found(drug("bortezomib+melphalan", 0, 200), drug("lenalidomide", 260))
    assert told(after)[0][-1] == ("maintenance", "lenalidomide")
    beside = found(drug("bortezomib+melphalan", 0), drug("lenalidomide", 260))
    assert len(beside.lines) == 2


def test_daratumumab_alone_is_maintenance_only_if_it_was_in_the_induction() -> None:
    assert len(found(drug("daratumumab+bortezomib", 0, 120), drug("daratumumab", 200), transplants=(150,)).lines) == 1
    assert len(found(drug("bortezomib", 0, 120), drug("daratumumab", 200), transplants=(150,)).lines) == 2


@pytest.mark.parametrize(("day", "lines"), [(179, 1), (180, 1), (181, 2)])
def test_maintenance_is_assumed_within_180_days_of_induction(day: int, lines: int) -> None:
    assert len(found(drug("bortezomib+thalidomide", 0, 100), drug("lenalidomide", 100 + day)).lines) == lines


def test_a_dose_change_is_no_new_line() -> None:
    lines = found(drug("lenalidomide", 0, 100, dose=25.0), drug("lenalidomide", 101, 300, dose=10.0), drug("lenalidomide", 301))
    assert [line.agents for line in lines.lines] == [("lenalidomide",)]


def test_dropping_a_drug_or_giving_it_again_is_no_new_line() -> None:
    assert len(found(drug("bortezomib", 0, 60), drug("lenalidomide", 0)).lines) == 1
    assert len(found(drug("bortezomib+lenalidomide", 0, 60), drug("bortezomib+lenalidomide", 150)).lines) == 1


def test_the_same_drugs_after_progression_are_a_new_line() -> None:
    assert (
        len(found(drug("bortezomib+lenalidomide", 0, 60), drug("bortezomib+lenalidomide", 150), progressions=(140,)).lines) == 2
    )


def test_a_recorded_intent_decides() -> None:
    lines = found(drug("bortezomib", 0, 60, intent="induction"), drug("carfilzomib", 100, 160, intent="consolidation"))
    assert told(lines) == [[("induction", "bortezomib"), ("consolidation", "carfilzomib")]]
    assert not lines.lines[0].assumed


def test_steroids_count_for_nothing() -> None:
    assert len(found(drug("lenalidomide", 0), drug("dexamethasone", 200)).lines) == 1


def test_dates_that_leave_the_order_open_give_a_range() -> None:
    lines = found(drug("bortezomib", "2018-01-10", "2018-05-01"), drug("cyclophosphamide", "2018-02", "2018-05-01"))
    assert lines.between == (1, 2)
    assert not lines.certain
    assert found(drug("bortezomib", "2018-01", "2018-05"), drug("daratumumab", "2020", None)).between == (2, 2)


def test_a_treatment_without_any_date_is_named_and_not_placed() -> None:
    lines = count_lines(Events(Person("1"), (Treatment("bortezomib", None, row=7),)), vocabulary())
    assert (lines.lines, lines.undated, lines.certain) == ((), (7,), False)


agents = st.sampled_from(
    ["bortezomib", "lenalidomide", "daratumumab", "carfilzomib", "pomalidomide", "melphalan", "dexamethasone"]
)
periods = st.lists(st.tuples(agents, st.integers(0, 2000), st.integers(1, 400)), min_size=1, max_size=8)


@given(periods, st.lists(st.integers(0, 2000), max_size=2), st.lists(st.integers(0, 2000), max_size=3), st.integers(-4000, 4000))
def test_shifting_every_date_changes_no_line(
    given_: list[tuple[str, int, int]], transplants: list[int], progressions: list[int], shift: int
) -> None:
    def by(days: int) -> list[Any]:
        drugs = [drug(agent, start + days, start + length + days) for agent, start, length in given_]
        return told(
            found(
                *drugs,
                transplants=tuple(day + days for day in transplants),
                progressions=tuple(day + days for day in progressions),
            )
        )

    assert by(0) == by(shift)


@given(periods, st.randoms())
def test_the_order_of_records_does_not_matter(given_: list[tuple[str, int, int]], random: Any) -> None:
    drugs = [drug(agent, start, start + length) for agent, start, length in dict.fromkeys(given_)]
    shuffled = list(drugs)
    random.shuffle(shuffled)
    plain = [[(intent, sorted(agents.split("+"))) for intent, agents in line] for line in told(found(*drugs))]
    assert [[(intent, sorted(agents.split("+"))) for intent, agents in line] for line in told(found(*shuffled))] == plain


@given(periods, st.tuples(agents, st.integers(1, 400)))
def test_a_later_drug_never_changes_an_earlier_line(given_: list[tuple[str, int, int]], late: tuple[str, int]) -> None:
    drugs = [drug(agent, start, start + length) for agent, start, length in given_]
    before = told(found(*drugs))
    after = told(found(*drugs, drug(late[0], 3000, 3000 + late[1])))
    assert after[: len(before) - 1] == before[:-1]
