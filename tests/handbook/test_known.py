"""What follows from a condition that holds is true of every patient for whom it holds."""

from __future__ import annotations

from hypothesis import given, settings

from myeloguide.criteria.nodes import All, Any, Compare, Holds, Is, Node, Not
from myeloguide.handbook.known import Known, ranges
from tests.criteria.generate import conditions, patients
from tests.criteria.naive import Patient, truth

LEN, DARA = Holds("refractory_to", "lenalidomide"), Holds("refractory_to", "daratumumab")
LINES: list[Node] = [Compare("prior_lines", "==", 1, whole=True), Compare("prior_lines", ">=", 2, whole=True)]


@settings(max_examples=400)
@given(conditions(fewest=1), conditions(fewest=1), patients())
def test_what_follows_holds_for_every_patient(condition: Node, other: Node, patient: Patient) -> None:
    value = truth(condition, patient)
    if value is None:
        return
    known = Known({})
    known.assume(condition, true=value)
    assert known.holds(condition) is value
    follows, holds = known.holds(other), truth(other, patient)
    if follows is not None and holds is not None:
        assert follows is holds, (condition, value, other)


def test_a_part_follows_from_the_whole() -> None:
    known = Known({})
    known.assume(All((LEN, Not(DARA))))
    assert (known.holds(LEN), known.holds(DARA), known.holds(Holds("exposed_to", "lenalidomide"))) == (True, False, True)
    assert known.holds(Any((DARA, Holds("frail")))) is None
    one_left = Known({})
    one_left.assume(DARA, true=False)
    one_left.assume(Any((DARA, LEN)))
    assert one_left.holds(LEN) is True


def test_numbers_are_narrowed() -> None:
    known = Known({})
    known.assume(LINES[0])
    assert known.numbers == {"prior_lines": (1, 1)}
    assert [known.holds(node) for node in (LINES[1], Compare("prior_lines", "<=", 3, whole=True))] == [False, True]


def test_switches_are_read_as_they_are() -> None:
    known = Known({"C2": ("all", "any")})
    assert (known.holds(Is("C2", "all")), known.holds(Is("C2", "any"))) == (True, False)


def test_ranges_lie_between_what_conditions_tell_apart() -> None:
    assert ranges(LINES, "prior_lines", 0) == [(0, 0), (1, 1), (2, float("inf"))]
