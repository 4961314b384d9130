"""The closure against the contract's sentences, written out as plainly as possible."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.guideline.prepared import load_pack
from myeloguide.history.closure import ANY_LINE, LATER_LINE, OFF_LENALIDOMIDE, Planes, close, planes_of
from tests.patients import AGENTS, REGIMENS, sheet_of

VOCABULARY = load_pack().vocabulary
COMPOSED = {name: VOCABULARY.regimens[name].agents for name in REGIMENS}


@st.composite
def any_facts(draw: st.DrawFn) -> dict[str, Any]:
    """Facts without any care for whether they contradict each other."""
    few = st.lists(st.sampled_from(AGENTS[:7]), unique=True, max_size=3)
    optional = {
        "prior_lines": st.sampled_from([0, 1, 2, 3, {"at_least": 1}, {"at_least": 0, "at_most": 1}, {"at_least": 2}]),
        "fitness": st.sampled_from(["fit", "intermediate", "frail"]),
        "frail": st.booleans(),
        "exposed_to": few,
        "not_exposed_to": few,
        "refractory_to": few,
        "not_refractory_to": few,
        "line1_agents": few,
        "regimens_given": st.lists(st.sampled_from(REGIMENS), unique=True, max_size=2),
        "prior_transplant": st.booleans(),
        "months_transplant_to_progression": st.sampled_from([6, 40]),
        "maintenance_after_transplant": st.booleans(),
        "months_lenalidomide_stop_to_progression": st.sampled_from([0, 3]),
    }
    return draw(st.fixed_dictionaries({}, optional=optional))


def naive(planes: Planes) -> tuple[dict[Any, bool | None], bool]:
    """Apply the contract's sentences until nothing new follows; say also whether they contradict each other."""
    known: dict[Any, set[bool]] = {
        key: {value for value, set_ in ((True, true), (False, false)) if set_} for key, (true, false) in planes.items()
    }
    while True:
        before = {key: set(values) for key, values in known.items()}
        for agent in VOCABULARY.active_agents:
            received, refractory, first = ("exposed_to", agent), ("refractory_to", agent), ("line1_agents", agent)
            for cause in (refractory, first):
                implies(known, [(cause, True)], (received, True))
            implies(known, [(ANY_LINE, False)], (received, False))
            implies(known, [(LATER_LINE, False), (received, True)], (first, True))
            implies(known, [(received, True), (first, False)], (LATER_LINE, True))
            implies(known, [(LATER_LINE, False), (first, False)], (received, False))
        for name, regimen in VOCABULARY.regimens.items():
            for agent in regimen.agents:
                implies(known, [(("regimens_given", name), True)], (("exposed_to", agent), True))
            for choices in regimen.one_of:
                implies(known, [(("exposed_to", agent), False) for agent in choices], (("regimens_given", name), False))
        implies(known, [(LATER_LINE, True)], (ANY_LINE, True))
        frail = ("frail", "")
        for level, value in (("fit", False), ("intermediate", False), ("frail", True)):
            implies(known, [(("fitness", level), True)], (frail, value))
        implies(known, [(frail, False)], (("fitness", "frail"), False))
        implies(known, [(("fitness", "frail"), False)], (frail, False))
        implies(known, [(frail, True)], (("fitness", "frail"), True))
        transplant = ("prior_transplant", "")
        if True in known["months_transplant_to_progression", "known"] or known["maintenance_after_transplant", ""]:
            known[transplant].add(True)
        if known == before:
            break
    contradictory = any(values == {True, False} for values in known.values())
    contradictory |= known[ANY_LINE] == {False} and True in known[transplant]
    contradictory |= False in known[OFF_LENALIDOMIDE] and False in known["refractory_to", "lenalidomide"]
    return {key: next(iter(values)) if len(values) == 1 else None for key, values in known.items()}, contradictory


def implies(known: dict[Any, set[bool]], premises: list[tuple[Any, bool]], conclusion: tuple[Any, bool]) -> None:
    """Conclude; and where one premise is open and the rest hold, conclude it from the conclusion's opposite."""
    key, value = conclusion
    if all(truth in known[name] for name, truth in premises):
        known[key].add(value)
    for open_name, open_truth in premises:
        others = [premise for premise in premises if premise != (open_name, open_truth)]
        if (not value) in known[key] and all(truth in known[name] for name, truth in others):
            known[open_name].add(not open_truth)


@settings(max_examples=400)
@given(any_facts())
def test_the_closure_says_what_the_contract_says(facts: dict[str, Any]) -> None:
    planes = planes_of(sheet_of(facts), VOCABULARY, ())
    expected, contradictory = naive(planes)
    conflicts = close(planes, VOCABULARY)
    assert bool(conflicts) == contradictory, [conflict.text() for conflict in conflicts]
    if not contradictory:
        derived = {key: True if true else False if false else None for key, (true, false) in planes.items()}
        assert derived == expected


@settings(max_examples=200)
@given(any_facts())
def test_a_second_pass_adds_nothing(facts: dict[str, Any]) -> None:
    planes = planes_of(sheet_of(facts), VOCABULARY, ())
    if not close(planes, VOCABULARY):
        once = dict(planes)
        assert not close(planes, VOCABULARY)
        assert planes == once


@settings(max_examples=100)
@given(st.lists(any_facts(), min_size=2, max_size=40))
def test_many_worlds_at_once_are_closed_like_each_alone(patients: list[dict[str, Any]]) -> None:
    alone = [planes_of(sheet_of(facts), VOCABULARY, ()) for facts in patients]
    together = {key: (bits(alone, key, 0), bits(alone, key, 1)) for key in alone[0]}
    clashes = 0
    for conflict in close(together, VOCABULARY):
        clashes |= conflict.plane
    for number, planes in enumerate(alone):
        assert bool(close(planes, VOCABULARY)) == bool(clashes >> number & 1)
        if not clashes >> number & 1:
            assert planes == {key: (true >> number & 1, false >> number & 1) for key, (true, false) in together.items()}


def bits(patients: list[Planes], key: Any, side: int) -> int:
    return sum(planes[key][side] << number for number, planes in enumerate(patients))


def test_nothing_else_is_inferred() -> None:
    """A transplant does not mean melphalan; steroids are ignored; several regimens may belong to one line."""
    planes = planes_of(sheet_of({"prior_transplant": True}), VOCABULARY, ())
    assert not close(planes, VOCABULARY)
    assert planes["exposed_to", "melphalan"] == (0, 0)
    facts = {
        "prior_lines": 1,
        "exposed_to": ["bortezomib", "dexamethasone"],
        "line1_agents": ["bortezomib"],
        "regimens_given": ["Vd"],
    }
    assert not close(planes_of(sheet_of(facts), VOCABULARY, ()), VOCABULARY)
    several = {"prior_lines": 1, "regimens_given": ["Vd", "VCd", "Rd"]}
    assert not close(planes_of(sheet_of(several), VOCABULARY, ()), VOCABULARY)
