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
    """Some agents over one period, by day numbers or dates; no stop: going on; `?`: not recorded."""
    begun = parse_when(on(start) if isinstance(start, int) else start)
    ended = None if stop in (None, "?") else parse_when(on(stop) if isinstance(stop, int) else str(stop))
    return [Treatment(agent, begun, ended, ongoing=stop is None, **more) for agent in agents.split("+")]


def found(
    *treatments: list[Treatment],
    transplants: tuple[int | str, ...] = (),
    progressions: tuple[int, ...] = (),
    others: tuple[Procedure, ...] = (),
) -> LinesFound:
    flat = [item for group in treatments for item in group]
    rows = tuple(Treatment(**{**{name: getattr(item, name) for name in Treatment.__dataclass_fields__}, "row": number})
                 for number, item in enumerate(flat, start=1))  # fmt: skip
    procedures = tuple(
        Procedure("autologous_transplant", parse_when(on(day) if isinstance(day, int) else day)) for day in transplants
    )
    days = [DAY + timedelta(days=day) for day in progressions]
    return count_lines(Events(Person("1"), rows, (*procedures, *others)), vocabulary(), IMWG_2015, days)


def procedure(kind: str, day: int | None) -> Procedure:
    return Procedure(kind, None if day is None else parse_when(on(day)), row=5)


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
    assert told(lines) == [[("induction", "lenalidomide")], [("induction", "bortezomib+lenalidomide")]]
    assert lines.lines[1].began == "bortezomib added or substituted, not known to be planned"
    assert (lines.lines[1].regimen, lines.lines[1].start) == ("VRd", parse_when(on(90)))


@pytest.mark.parametrize(("stop", "regimen"), [(120, "V-mono"), (121, "VRd"), (None, "VRd"), ("?", "V-mono")])
def test_a_drug_given_on_for_certain_is_part_of_the_line_that_another_began(stop: Any, regimen: str) -> None:
    """An overlap of a month is a record's; an end that is not recorded tells nothing."""
    lines = found(drug("lenalidomide", 0, stop), drug("bortezomib", 90, 300))
    assert lines.lines[1].regimen == regimen


def test_a_drug_substituted_while_another_goes_on_did_not_follow_the_end_of_all() -> None:
    lines = found(drug("bortezomib", 0, 90, stop_reason="toxicity"), drug("lenalidomide", 0, 300), drug("ixazomib", 100, 300))
    assert [line.regimen for line in lines.lines] == ["VRd", "IRd"]
    assert lines.lines[1].began == "ixazomib added or substituted, not known to be planned"


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


@pytest.mark.parametrize(("progression", "lines"), [(200, 2), (None, 1)])
def test_a_transplant_after_progression_is_no_planned_tandem(progression: int | None, lines: int) -> None:
    progressions = () if progression is None else (progression,)
    counted = found(drug("bortezomib+lenalidomide", 0, 120), transplants=(150, 270), progressions=progressions)
    assert len(counted.lines) == lines


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


@pytest.mark.parametrize(("reason", "lines"), [("progression", 2), ("toxicity", 1), (None, 1)])
def test_a_drug_stopped_for_progression_and_given_again_is_a_new_line(reason: str | None, lines: int) -> None:
    again = found(drug("lenalidomide", 0, 300, stop_reason=reason), drug("lenalidomide", 380, 700))
    assert len(again.lines) == lines
    transplanted = found(drug("bortezomib+lenalidomide", 0, 120, stop_reason=reason), transplants=(150,))
    assert len(transplanted.lines) == lines
    if lines == 2:
        assert again.lines[1].began == "lenalidomide after progression"


def test_what_is_stopped_for_progression_after_the_next_line_began_ends_no_second_one() -> None:
    given_ = drug("lenalidomide", 0, 310, stop_reason="progression"), drug("daratumumab", 300), drug("pomalidomide", 315)
    assert told(found(*given_)) == [[("induction", "lenalidomide")], [("induction", "daratumumab+pomalidomide")]]


def test_a_record_may_begin_with_consolidation_or_maintenance() -> None:
    for intent in ("consolidation", "maintenance"):
        lines = found(drug("lenalidomide", 0, 400, intent=intent))
        assert (told(lines), lines.lines[0].regimen) == ([[(intent, "lenalidomide")]], None)
    again = found(drug("bortezomib", 0, 100), drug("lenalidomide", 200, 300, intent="maintenance"), progressions=(150,))
    assert told(again)[1] == [("induction", "lenalidomide")]


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


VRD = drug("bortezomib+lenalidomide", 0, 120)


@pytest.mark.parametrize("again", [601, 660, 1000])
@pytest.mark.parametrize("first", ["maintenance", None])
def test_maintenance_at_another_dose_or_after_a_pause_is_no_new_line(first: Any, again: int) -> None:
    lines = found(
        VRD,
        drug("lenalidomide", 240, 600, dose=10.0, intent=first),
        drug("lenalidomide", again, 1400, dose=5.0),
        transplants=(150,),
    )
    assert told(lines) == [[("induction", "bortezomib+lenalidomide"), ("maintenance", "lenalidomide")]]
    assert lines.certain
    assert lines.lines[0].assumed
    progressed = found(
        VRD,
        drug("lenalidomide", 240, 600, intent=first),
        drug("lenalidomide", again, 1400),
        transplants=(150,),
        progressions=(600,),
    )
    assert len(progressed.lines) == 2


def test_another_drug_in_maintenance_that_nobody_wrote_down_as_planned_is_a_new_line() -> None:
    lines = found(VRD, drug("lenalidomide", 240, 600), drug("ixazomib", 601, 900), transplants=(150,))
    assert [line.agents for line in lines.lines] == [("bortezomib", "lenalidomide"), ("ixazomib",)]


def test_a_drug_given_again_long_after_the_transplant_is_neither_consolidation_nor_maintenance() -> None:
    assert told(found(VRD, drug("bortezomib+lenalidomide", 240, 300), transplants=(150,)))[0][-1][0] == "consolidation"
    assert len(found(VRD, drug("bortezomib+lenalidomide", 1000, 1200), transplants=(150,)).lines) == 2
    assert len(found(VRD, drug("lenalidomide", 400, 1200), transplants=(150,)).lines) == 2


def test_an_induction_after_all_drugs_were_stopped_is_a_new_line() -> None:
    lines = found(
        drug("bortezomib+cyclophosphamide", 0, 120, intent="induction"),
        drug("daratumumab+lenalidomide", 1300, 1700, intent="induction"),
        progressions=(1700,),
    )
    assert [line.agents for line in lines.lines] == [("bortezomib", "cyclophosphamide"), ("daratumumab", "lenalidomide")]
    assert lines.lines[1].began == "daratumumab, lenalidomide after all drugs of the line before were stopped"


@pytest.mark.parametrize(("day", "lines"), [(30, 1), (31, 2), (90, 2)])
def test_a_drug_added_to_an_induction_is_not_planned_because_it_is_called_induction(day: int, lines: int) -> None:
    """The definition's own example, with the intent recorded."""
    assert len(found(drug("lenalidomide", 0, intent="induction"), drug("bortezomib", day, intent="induction")).lines) == lines


def test_an_induction_after_transplant_or_maintenance_is_a_new_line() -> None:
    first = drug("bortezomib+lenalidomide", 0, 120, intent="induction")
    again = drug("bortezomib+lenalidomide", 300, 400, intent="induction")
    assert len(found(first, again, transplants=(150,)).lines) == 2
    assert len(found(first, drug("lenalidomide", 130, 290, intent="maintenance"), again).lines) == 2
    paused = found(first, again)
    assert (len(paused.lines), paused.lines[0].assumed) == (1, True)
    changed = found(first, drug("bortezomib+lenalidomide", 121, 200, intent="induction"))
    assert (len(changed.lines), changed.lines[0].assumed) == (1, False)


@pytest.mark.parametrize(("day", "lines"), [(201, 2), (230, 2), (231, 3)])
def test_a_treatment_for_relapse_that_is_recorded_again_goes_on(day: int, lines: int) -> None:
    relapse = drug("daratumumab", 150, 200, intent="relapse")
    assert len(found(VRD, relapse, drug("daratumumab", day, 400, intent="relapse")).lines) == lines
    other = found(VRD, relapse, drug("carfilzomib", 201, 400, intent="relapse"))
    assert len(other.lines) == 3


@pytest.mark.parametrize("kind", ["autologous_transplant", "allogeneic_transplant"])
def test_a_further_transplant_of_either_kind_is_a_new_line(kind: str) -> None:
    def after(day: int) -> LinesFound:
        return found(VRD, transplants=(150,), others=(procedure(kind, day),))

    assert len(after(330).lines) == 1
    lines = after(331).lines
    assert len(lines) == 2
    assert [len(lines[1].transplants), len(lines[1].allogeneic)] == [
        int(kind == "autologous_transplant"),
        int(kind != "autologous_transplant"),
    ]
    assert not lines[1].agents_known


def test_cells_whose_product_no_treatment_names_are_a_line_of_unknown_drugs() -> None:
    lines = found(VRD, others=(procedure("car_t_infusion", 900),))
    assert [line.agents for line in lines.lines] == [("bortezomib", "lenalidomide"), ()]
    assert lines.lines[1].began == "CAR-T cells after all drugs of the line before were stopped"
    assert lines.lines[1].start == parse_when(on(900))
    assert [line.agents_known for line in lines.lines] == [True, False]
    after = found(VRD, others=(procedure("car_t_infusion", 900),), transplants=(2000,))
    assert [len(line.transplants) for line in after.lines] == [0, 0, 1]


@pytest.mark.parametrize(("day", "lines"), [(900, 2), (930, 2), (931, 3)])
def test_cells_that_a_treatment_names_are_counted_once(day: int, lines: int) -> None:
    product = drug("idecabtagene_vicleucel", 900, "?")
    assert len(found(VRD, product, others=(procedure("car_t_infusion", day),)).lines) == lines
    assert len(found(VRD, product, others=(procedure("car_t_infusion", None),)).lines) == 2


def test_what_conditions_cells_is_of_their_line() -> None:
    conditioning = drug("cyclophosphamide", 895, 897, intent="conditioning")
    named = found(VRD, conditioning, drug("idecabtagene_vicleucel", 900, 900))
    assert told(named)[1] == [("induction", "idecabtagene_vicleucel"), ("conditioning", "cyclophosphamide")]
    unnamed = found(VRD, conditioning, others=(procedure("car_t_infusion", 900),))
    assert told(unnamed)[1] == [("conditioning", "cyclophosphamide")]


def test_what_bridges_to_cells_or_makes_room_for_them_is_no_part_of_their_regimen() -> None:
    lines = found(
        VRD, drug("pomalidomide", 875, 890), drug("cyclophosphamide", 895, 897), drug("idecabtagene_vicleucel", 900, "?")
    )
    conditioning = ("conditioning", "pomalidomide+cyclophosphamide")
    assert told(lines)[1] == [("induction", "idecabtagene_vicleucel"), conditioning]
    assert (lines.lines[1].regimen, lines.lines[1].start, lines.lines[1].assumed) == ("BCMA-CAR-T", parse_when(on(875)), True)


@pytest.mark.parametrize(("stop", "harvest", "transplant", "lines"), [
    (145, 152, None, 1),
    (147, 200, None, 1),
    (148, 200, None, 2),  # eight days of it are more than a mobilisation
    (145, 201, None, 2),
    (145, None, 200, 1),
    ("?", 152, None, 2),
])  # fmt: skip
def test_cyclophosphamide_before_a_harvest_is_no_new_line(
    stop: Any, harvest: int | None, transplant: int | None, lines: int
) -> None:
    procedures = (procedure("stem_cell_harvest", harvest),) if harvest is not None else ()
    counted = found(
        drug("bortezomib+thalidomide", 0, 120), drug("cyclophosphamide", 140, stop), others=procedures,
        transplants=() if transplant is None else (transplant,),
    )  # fmt: skip
    assert len(counted.lines) == lines
    assert counted.lines[0].regimen == "VTd"


@pytest.mark.parametrize(("harvest", "between"), [(152, (1, 2)), (210, (2, 2))])
def test_cyclophosphamide_without_its_end_before_a_harvest_leaves_the_lines_open(harvest: int, between: tuple[int, int]) -> None:
    treatments = drug("bortezomib+thalidomide", 0, 120), drug("cyclophosphamide", 140, "?")
    assert found(*treatments, others=(procedure("stem_cell_harvest", harvest),)).between == between


def test_a_transplant_without_a_date_leaves_the_lines_open() -> None:
    lines = found(VRD, others=(procedure("autologous_transplant", None),))
    assert (lines.undated_procedures, lines.certain) == ((5,), False)
    assert found(VRD, others=(procedure("radiotherapy", None),)).certain


def test_a_record_that_begins_with_a_transplant_has_no_regimen_running_for_ever() -> None:
    assert len(found(drug("bortezomib+lenalidomide", 1000, 1100), transplants=(0,)).lines) == 2


def test_an_end_that_is_not_recorded_leaves_the_lines_open_where_it_matters() -> None:
    """Stopped at once, or going on until the transplant."""
    late = found(drug("bortezomib+cyclophosphamide", 0, "?"), transplants=(1500,))
    assert (late.between, late.certain) == ((1, 2), False)
    soon = found(drug("bortezomib+cyclophosphamide", 0, "?"), transplants=(180,))
    assert (soon.between, soon.certain) == ((1, 1), True)
    followed = found(drug("bortezomib+cyclophosphamide", 0, "?"), drug("daratumumab+lenalidomide", 1500, "?"))
    assert (followed.between, followed.certain) == ((2, 2), True)


def test_partial_ends_are_read_at_both() -> None:
    assert found(drug("bortezomib+thalidomide", 0, "2018"), drug("lenalidomide", "2018-12-01")).between == (1, 2)
    assert found(drug("bortezomib+thalidomide", 0, "2018-10"), drug("lenalidomide", "2018-12-01")).certain


@pytest.mark.parametrize(("stop", "between"), [(200, (1, 2)), (219, (1, 2)), (220, (2, 2))])
def test_a_line_stopped_sooner_than_a_cycle_may_count_for_none(stop: int, between: tuple[int, int]) -> None:
    lines = found(VRD, drug("daratumumab", 200, stop))
    assert (lines.between, len(lines.lines)) == (between, 2)
    assert lines.brief == ((2,) if between == (1, 2) else ())


def test_a_brief_line_may_be_a_pause_of_the_line_around_it() -> None:
    lines = found(VRD, drug("daratumumab", 130, 130), drug("bortezomib+lenalidomide", 170, 300))
    assert (len(lines.lines), lines.between) == (3, (1, 3))


@pytest.mark.parametrize("end", [None, "?"])
def test_a_line_that_is_not_known_to_be_over_is_not_brief(end: Any) -> None:
    assert found(VRD, drug("daratumumab", 200, end)).certain
    assert found(VRD, drug("ciltacabtagene_autoleucel", 200, 200)).certain


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
