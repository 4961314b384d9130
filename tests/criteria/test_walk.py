"""The walk gives every node the value that the naive evaluator gives it, on every carrier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import product
from random import Random
from typing import Any as Anything

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.cohort.columns import pack_bits, unpack_bits
from myeloguide.criteria.nodes import KINDS, OPERATORS, All, Any, Compare, Constant, Holds, Is, Named, Node, Not, children
from myeloguide.criteria.walk import Key, Program, compile_conditions, walk
from myeloguide.record.ranges import Range
from tests.criteria.generate import better_known, conditions, crowds, every_part, patients, random_patient, randoms
from tests.criteria.naive import Patient, truth

A, B = Holds("a"), Holds("b")


def leaf_value(key: Key, patient: Patient) -> bool | None:
    """Answer what the walk asks of a leaf."""
    fact, asked = key
    known = patient.get(fact)
    if isinstance(asked, tuple):
        operator, bound = asked
        assert known is None or isinstance(known, (int, float, tuple))
        number = Range(*known) if isinstance(known, tuple) else Range(known, known)
        return number.reaches(bound) if operator == ">=" else number.exceeds(bound)
    if isinstance(known, dict):
        return known.get(asked)
    return known == asked if isinstance(known, str) else None if known is None else bool(known)


def as_bits(chosen: Sequence[bool]) -> int:
    return sum(1 << world for world, is_chosen in enumerate(chosen) if is_chosen)


def values_by_bits(program: Program, crowd: Sequence[Patient]) -> list[list[bool | None]]:
    """Walk with one bit of an integer for each patient; return each node's values, patient by patient."""

    def leaves(key: Key) -> tuple[int, int]:
        values = [leaf_value(key, patient) for patient in crowd]
        return as_bits([value is True for value in values]), as_bits([value is False for value in values])

    true, false = walk(program, leaves, 0, (1 << len(crowd)) - 1)
    return [[read(t >> world & 1, f >> world & 1) for world in range(len(crowd))] for t, f in zip(true, false, strict=True)]


def values_by_planes(program: Program, crowd: Sequence[Patient]) -> list[list[bool | None]]:
    """Walk with NumPy planes; return each node's values, patient by patient."""
    none = pack_bits(np.zeros(len(crowd), dtype=np.bool_))

    def leaves(key: Key) -> tuple[Anything, Anything]:
        values = [leaf_value(key, patient) for patient in crowd]
        return pack_bits(np.array([v is True for v in values])), pack_bits(np.array([v is False for v in values]))

    true, false = walk(program, leaves, none, ~none)
    shown = [(unpack_bits(t, len(crowd)), unpack_bits(f, len(crowd))) for t, f in zip(true, false, strict=True)]
    return [[read(int(t), int(f)) for t, f in zip(ts, fs, strict=True)] for ts, fs in shown]


def read(true: int, false: int) -> bool | None:
    assert not (true and false), "known true and known false at once"
    return True if true else False if false else None


@cache
def sampled_conditions() -> tuple[Node, ...]:
    """Return what the generator makes, the same every time."""
    made: list[Node] = []

    @settings(max_examples=400, derandomize=True, database=None)
    @given(conditions())
    def collect(condition: Node) -> None:
        made.append(condition)

    collect()
    return tuple(made)


# What the generator makes, and what the naive evaluator can read


def test_generator_makes_every_kind_of_node() -> None:
    made = {type(part) for condition in sampled_conditions() for part in every_part(condition)}
    assert made == set(KINDS)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "real"])
def test_generator_makes_every_comparison(whole: bool) -> None:
    parts = [part for condition in sampled_conditions() for part in every_part(condition)]
    assert {part.operator for part in parts if isinstance(part, Compare) and part.whole == whole} == set(OPERATORS)


def test_generator_makes_every_variety_of_a_kind() -> None:
    seen: Counter[str] = Counter()
    for condition in sampled_conditions():
        for part in every_part(condition):
            below = children(part)
            kind = type(part).__name__
            seen[f"{kind} of {min(len(below), 2)}"] += 1
            seen.update(f"{type(child).__name__} in {kind}" for child in below)
            if isinstance(part, Holds):
                seen["Holds member" if part.member else "Holds plain"] += 1
            if isinstance(part, Constant):
                seen[f"Constant {part.value}"] += 1
    wanted = {"Holds member", "Holds plain", "Constant True", "Constant False"}
    wanted |= {f"{kind} of {size}" for kind in ("All", "Any") for size in (0, 1, 2)}
    wanted |= {f"{child} in {kind}" for child in ("Not", "All", "Any", "Named") for kind in ("Not", "All", "Any", "Named")}
    assert not {variety for variety in wanted if seen[variety] < 2}


def test_generator_makes_conditions_of_every_value() -> None:
    random = Random(1)
    seen = {
        (type(part), truth(part, random_patient(random))) for condition in sampled_conditions() for part in every_part(condition)
    }
    assert seen == {(kind, value) for kind in KINDS for value in (True, False, None)} - {(Constant, None)}


def test_patients_are_unknown_exact_and_ranged() -> None:
    random = Random(1)
    crowd = [random_patient(random) for _ in range(200)]
    shapes = {
        "unknown" if number is None else tuple(end is None for end in number) if isinstance(number, tuple) else "exact"
        for number in (patient.get("months") for patient in crowd)
    }
    assert shapes == {"unknown", "exact", (False, False), (False, True), (True, False), (True, True)}
    members = {
        value.get("lenalidomide", "absent")
        for value in (patient.get("refractory_to") for patient in crowd)
        if isinstance(value, dict)
    }
    assert members == {True, False, None, "absent"}
    assert {patient.get("frail") for patient in crowd} == {True, False, None}
    assert {patient.get("fitness") for patient in crowd} == {"fit", "intermediate", "unfit", None}


@pytest.mark.parametrize(
    ("node", "patient", "value"),
    [
        (Constant(True), {}, True),
        (Constant(False), {}, False),
        (A, {"a": True}, True),
        (A, {}, None),
        (Holds("given", "KRd"), {"given": {"KRd": False}}, False),
        (Holds("given", "KRd"), {"given": {"VMP": True}}, None),
        (Is("fitness", "fit"), {"fitness": "frail"}, False),
        (Is("fitness", "fit"), {}, None),
        (Compare("months", ">", 6), {"months": 6.5}, True),
        (Compare("months", ">", 6), {"months": (6, 7)}, None),
        (Compare("months", ">", 6), {"months": (None, 6)}, False),
        (Not(A), {"a": True}, False),
        (Not(A), {}, None),
        (All(()), {}, True),
        (All((A, B)), {"a": False}, False),
        (All((A, B)), {"a": True}, None),
        (Any(()), {}, False),
        (Any((A, B)), {"a": True}, True),
        (Any((A, B)), {"a": False}, None),
        (Named("usable", A, ("x",)), {"a": True}, True),
    ],
    ids=repr,
)
def test_naive_evaluator_says_what_a_person_would(node: Node, patient: Patient, value: bool | None) -> None:
    assert truth(node, patient) is value


@pytest.mark.parametrize("kind", KINDS)
def test_naive_evaluator_reads_every_kind(kind: type) -> None:
    node = next(part for condition in sampled_conditions() for part in every_part(condition) if type(part) is kind)
    assert truth(node, random_patient(Random(0))) in (True, False, None)


def test_naive_evaluator_refuses_what_is_no_condition() -> None:
    with pytest.raises(TypeError, match="'frail' is no condition"):
        truth("frail", {})


# The walk against the naive evaluator


@settings(max_examples=400)
@given(conditions(), patients())
def test_one_patient_at_every_node(condition: Node, patient: Patient) -> None:
    program = compile_conditions([condition])
    values = values_by_bits(program, [patient])
    for part in every_part(condition):
        assert values[program.place(part)] == [truth(part, patient)]


@settings(max_examples=60)
@given(st.lists(conditions(), min_size=1, max_size=3), crowds(16, 200))
def test_many_patients_as_bits_of_one_integer(wanted: list[Node], crowd: list[Patient]) -> None:
    program = compile_conditions(wanted)
    values = values_by_bits(program, crowd)
    for node, place in program.places.items():
        assert values[place] == [truth(node, patient) for patient in crowd]


@settings(max_examples=60)
@given(st.lists(conditions(), min_size=1, max_size=3), crowds(1, 200).filter(lambda crowd: len(crowd) % 64))
def test_many_patients_as_numpy_planes(wanted: list[Node], crowd: list[Patient]) -> None:
    program = compile_conditions(wanted)
    values = values_by_planes(program, crowd)
    for node, place in program.places.items():
        assert values[place] == [truth(node, patient) for patient in crowd]


@pytest.mark.parametrize("size", [63, 64, 65, 128])
def test_numpy_planes_around_whole_words(size: int) -> None:
    random = Random(size)
    crowd = [random_patient(random) for _ in range(size)]
    program = compile_conditions(sampled_conditions()[:100])
    assert values_by_planes(program, crowd) == values_by_bits(program, crowd)


KLEENE: list[tuple[bool | None, ...]] = list(product([True, False, None], repeat=2))


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (All((A, B)), [True, False, None, False, False, False, None, False, None]),
        (Any((A, B)), [True, True, True, True, False, None, True, None, None]),
        (Not(A), [False, False, False, True, True, True, None, None, None]),
        (Not(All((A, B))), [False, True, None, True, True, True, None, True, None]),
        (All(()), [True] * 9),
        (Any(()), [False] * 9),
        (Named("both", All((A, B)), ("x",)), [True, False, None, False, False, False, None, False, None]),
    ],
    ids=repr,
)
def test_tables_of_kleene(node: Node, wanted: list[bool | None]) -> None:
    worlds: list[Patient] = [
        {fact: value for fact, value in zip("ab", pair, strict=True) if value is not None} for pair in KLEENE
    ]
    program = compile_conditions([node])
    assert values_by_bits(program, worlds)[program.place(node)] == wanted


@pytest.mark.parametrize(
    ("least", "most", "wanted"),
    [
        (2, 2, {"==": True, "!=": False, "<": False, "<=": True, ">": False, ">=": True}),
        (2, 3, {"==": None, "!=": None, "<": False, "<=": None, ">": None, ">=": True}),
        (1, 2, {"==": None, "!=": None, "<": None, "<=": True, ">": False, ">=": None}),
        (1, 3, {"==": None, "!=": None, "<": None, "<=": None, ">": None, ">=": None}),
        (3, None, {"==": False, "!=": True, "<": False, "<=": False, ">": True, ">=": True}),
        (2, None, {"==": None, "!=": None, "<": False, "<=": None, ">": None, ">=": True}),
        (None, 1, {"==": False, "!=": True, "<": True, "<=": True, ">": False, ">=": False}),
        (None, None, {"==": None, "!=": None, "<": None, "<=": None, ">": None, ">=": None}),
    ],
)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "real"])
def test_comparisons_of_a_range_with_two(
    least: float | None, most: float | None, wanted: dict[str, bool | None], whole: bool
) -> None:
    nodes = {operator: Compare("lines", operator, 2, whole) for operator in OPERATORS}
    program = compile_conditions(nodes.values())
    values = values_by_bits(program, [{"lines": (least, most)}])
    assert {operator: values[program.place(node)][0] for operator, node in nodes.items()} == wanted


def test_whole_numbers_are_asked_by_reaches_only() -> None:
    nodes = [Compare("lines", operator, 2, whole=True) for operator in OPERATORS]
    assert {key[1] for key in compile_conditions(nodes).keys} == {(">=", 2), (">=", 3)}


@settings(max_examples=200)
@given(conditions(), st.data())
def test_never_both_true_and_false(condition: Node, data: st.DataObject) -> None:
    """Leaves need only be consistent one by one: a patient may be said to be at least 5 and not at least 4."""
    every = (1 << 16) - 1
    program = compile_conditions([condition])
    asked: dict[Key, tuple[int, int]] = {}
    for key in program.keys:
        known, value = data.draw(st.integers(0, every)), data.draw(st.integers(0, every))
        asked[key] = known & value, known & ~value
    true, false = walk(program, asked.__getitem__, 0, every)
    for t, f in zip(true, false, strict=True):
        assert t & f == 0
        assert 0 <= t | f <= every


@settings(max_examples=250)
@given(conditions(), patients(), randoms())
def test_more_knowledge_never_flips_a_value(condition: Node, patient: Patient, random: Random) -> None:
    program = compile_conditions([condition])
    for before, after in values_by_bits(program, [patient, better_known(patient, random)]):
        assert before is None or after is before


def test_more_knowledge_does_decide_something() -> None:
    """The law above would be empty if nothing ever became known."""
    random = Random(3)
    program = compile_conditions(sampled_conditions())
    patient = random_patient(random)
    pairs = values_by_bits(program, [patient, better_known(patient, random)])
    assert {(None, True), (None, False), (True, True), (False, False)} <= {(before, after) for before, after in pairs}


@settings(max_examples=100)
@given(conditions(), crowds(65, 70))
def test_leaves_are_asked_once_and_not_written_to(condition: Node, crowd: list[Patient]) -> None:
    program = compile_conditions([condition])
    asked: Counter[Key] = Counter()
    none = pack_bits(np.zeros(len(crowd), dtype=np.bool_))
    none.flags.writeable = False
    every = ~none
    every.flags.writeable = False

    def leaves(key: Key) -> tuple[Anything, Anything]:
        asked[key] += 1
        values = [leaf_value(key, patient) for patient in crowd]
        planes = pack_bits(np.array([v is True for v in values])), pack_bits(np.array([v is False for v in values]))
        for plane in planes:
            plane.flags.writeable = False
        return planes

    walk(program, leaves, none, every)
    assert asked == Counter(program.keys)


# The order of the nodes


@settings(max_examples=100)
@given(st.lists(conditions(), max_size=4))
def test_children_stand_before_parents_and_each_node_once(wanted: list[Node]) -> None:
    program = compile_conditions(wanted)
    assert len(set(program.nodes)) == len(program.nodes)
    assert set(program.nodes) == {part for condition in wanted for part in every_part(condition)}
    seen: set[Node] = set()
    for node in program.nodes:
        assert seen.issuperset(children(node))
        seen.add(node)
    for place, (_, below) in enumerate(program.steps, len(program.keys)):
        assert all(0 <= one < place for one in below)


def test_a_condition_within_another_is_not_walked_twice() -> None:
    shared = All((A, Not(B)))
    program = compile_conditions([Any((shared, Named("both", shared))), shared])
    assert program.nodes == (A, B, Not(B), shared, Named("both", shared), Any((shared, Named("both", shared))))
    assert program.keys == (("a", ""), ("b", ""))
    assert len(program.steps) == 3
    assert program.place(Named("both", shared)) == program.place(shared)


def test_a_leaf_of_two_comparisons_is_asked_once() -> None:
    program = compile_conditions([Compare("months", "<", 36), Compare("months", ">=", 36), Compare("months", "==", 36)])
    assert program.keys == (("months", (">=", 36)), ("months", (">", 36)))


@pytest.mark.parametrize("absent", [Holds("c"), Not(A), All((A,))], ids=repr)
def test_a_node_that_was_not_compiled_has_no_place(absent: Node) -> None:
    program = compile_conditions([All((A, B))])
    with pytest.raises(KeyError):
        program.place(absent)


def test_no_conditions_give_no_values() -> None:
    nothing: dict[Key, tuple[int, int]] = {}
    assert walk(compile_conditions([]), nothing.__getitem__, 0, 1) == ([], [])
