"""Nodes cannot be built wrong, do not change, and are equal by what they say."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from math import inf, nan
from typing import Any as Anything
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myeloguide.criteria.nodes import (
    KINDS,
    OPERATORS,
    All,
    Any,
    Compare,
    Constant,
    Holds,
    Is,
    Named,
    Node,
    Not,
    Operator,
    children,
)
from tests.criteria.generate import conditions

A, B = Holds("frail"), Is("fitness", "fit")

WRONG = [
    (Constant, (1,), TypeError, "a constant is True or False"),
    (Constant, (None,), TypeError, "a constant is True or False"),
    (Constant, ("True",), TypeError, "a constant is True or False"),
    (Holds, ("",), TypeError, "a fact, value or condition is named by text"),
    (Holds, (None,), TypeError, "a fact, value or condition is named by text"),
    (Holds, (7, "KRd"), TypeError, "a fact, value or condition is named by text"),
    (Holds, ("refractory_to", None), TypeError, "a member is named by text"),
    (Holds, ("refractory_to", ("KRd",)), TypeError, "a member is named by text"),
    (Is, ("", "fit"), TypeError, "a fact, value or condition is named by text"),
    (Is, ("fitness", ""), TypeError, "a fact, value or condition is named by text"),
    (Is, ("fitness", 1), TypeError, "a fact, value or condition is named by text"),
    (Compare, ("", "<", 1), TypeError, "a fact, value or condition is named by text"),
    (Compare, ("age", "=", 75), ValueError, "= is no comparison"),
    (Compare, ("age", "=>", 75), ValueError, "=> is no comparison"),
    (Compare, ("age", "in", 75), ValueError, "in is no comparison"),
    (Compare, ("age", None, 75), ValueError, "None is no comparison"),
    (Compare, ("lines", ">", 1.5, True), ValueError, "lines is a whole number and cannot be compared with 1.5"),
    (Compare, ("lines", "==", -0.5, True), ValueError, "lines is a whole number and cannot be compared with -0.5"),
    (Compare, ("age", ">", "75"), TypeError, "age is compared with a number, not with '75'"),
    (Compare, ("age", ">", None), TypeError, "age is compared with a number, not with None"),
    (Compare, ("age", ">", True), TypeError, "age is compared with a number, not with True"),
    (Compare, ("age", ">", nan), TypeError, "age is compared with a number, not with nan"),
    (Compare, ("age", ">", -inf), TypeError, "age is compared with a number, not with -inf"),
    (Compare, ("lines", ">", inf, True), TypeError, "lines is compared with a number, not with inf"),
    (Not, (True,), TypeError, "a condition is made of conditions"),
    (Not, (None,), TypeError, "a condition is made of conditions"),
    (Not, ("frail",), TypeError, "a condition is made of conditions"),
    (Not, ((A,),), TypeError, "a condition is made of conditions"),
    (Not, (Holds,), TypeError, "a condition is made of conditions"),
    (All, (A,), TypeError, "a condition is made of conditions"),
    (All, ([A, B],), TypeError, "a condition is made of conditions"),
    (All, ((A, True),), TypeError, "a condition is made of conditions"),
    (All, ((A, (B,)),), TypeError, "a condition is made of conditions"),
    (Any, (None,), TypeError, "a condition is made of conditions"),
    (Any, ({A},), TypeError, "a condition is made of conditions"),
    (Any, ((A, None),), TypeError, "a condition is made of conditions"),
    (Named, ("", A), TypeError, "a fact, value or condition is named by text"),
    (Named, (A, A), TypeError, "a fact, value or condition is named by text"),
    (Named, ("usable", "KRd"), TypeError, "a condition is made of conditions"),
    (Named, ("usable", A, ["KRd"]), TypeError, "the arguments of a named condition are names"),
    (Named, ("usable", A, "KRd"), TypeError, "the arguments of a named condition are names"),
    (Named, ("usable", A, (7,)), TypeError, "the arguments of a named condition are names"),
]


@pytest.mark.parametrize(("kind", "arguments", "error", "message"), WRONG, ids=repr)
def test_a_wrong_node_cannot_be_built(
    kind: type[Anything], arguments: tuple[Anything, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        kind(*arguments)
    assert str(raised.value) == message


def test_a_number_too_large_for_a_node_is_refused_like_any_other() -> None:
    with pytest.raises((TypeError, ValueError)):
        Compare("age", ">", 10**400)


def test_every_kind_is_tried_wrong() -> None:
    assert {case[0] for case in WRONG} == set(KINDS)


def test_operators_are_those_of_the_type() -> None:
    assert get_args(Operator) == OPERATORS


def test_kinds_are_those_of_the_type() -> None:
    assert get_args(Node) == KINDS


@pytest.mark.parametrize("number", [2, 2.0, 0, -1])
def test_a_whole_fact_is_compared_with_whole_numbers(number: float) -> None:
    assert Compare("lines", ">", number, whole=True).number == number


@pytest.mark.parametrize(
    ("whole", "reaches", "exceeds"),
    [(True, (">=", 2), (">=", 3)), (False, (">=", 2), (">", 2))],
    ids=["whole", "real"],
)
def test_thresholds(whole: bool, reaches: tuple[str, float], exceeds: tuple[str, float]) -> None:
    node = Compare("lines", "==", 2, whole)
    assert (node.reaches, node.exceeds) == (reaches, exceeds)


ONE_OF_EACH: list[Node] = [
    Constant(True),
    Holds("refractory_to", "KRd"),
    Is("fitness", "fit"),
    Compare("age", ">", 75),
    Not(A),
    All((A, B)),
    Any((A, B)),
    Named("usable", A, ("KRd",)),
]


@pytest.mark.parametrize("node", ONE_OF_EACH, ids=repr)
def test_a_node_does_not_change(node: Node) -> None:
    for field in fields(node):
        kept = getattr(node, field.name)
        with pytest.raises(FrozenInstanceError):
            setattr(node, field.name, kept)
        with pytest.raises(FrozenInstanceError):
            delattr(node, field.name)


@pytest.mark.parametrize("node", ONE_OF_EACH, ids=repr)
def test_a_node_takes_no_other_attribute(node: Node) -> None:
    with pytest.raises((AttributeError, TypeError)):
        node.note = "x"  # type: ignore[union-attr]


def test_one_of_each_is_one_of_each() -> None:
    assert [type(node) for node in ONE_OF_EACH] == list(KINDS)


def rebuilt(node: Node) -> Node:
    """Build the same condition anew, down to its leaves."""
    arguments = {field.name: getattr(node, field.name) for field in fields(node)}
    if isinstance(node, (All, Any)):
        arguments["children"] = tuple(rebuilt(child) for child in node.children)
    elif isinstance(node, (Not, Named)):
        arguments["child"] = rebuilt(node.child)
    return type(node)(**arguments)


@given(conditions())
def test_nodes_are_equal_by_value(condition: Node) -> None:
    again = rebuilt(condition)
    assert again == condition
    assert hash(again) == hash(condition)
    assert len({condition, again}) == 1


@pytest.mark.parametrize(
    ("node", "other"),
    [
        (Constant(True), Constant(False)),
        (Holds("fitness", "fit"), Is("fitness", "fit")),
        (Holds("refractory_to", "KRd"), Holds("refractory_to", "VMP")),
        (Holds("refractory_to"), Holds("exposed_to")),
        (Is("fitness", "fit"), Is("fitness", "frail")),
        (Compare("age", ">", 75), Compare("age", ">=", 75)),
        (Compare("age", ">", 75), Compare("age", ">", 74)),
        (Compare("age", ">", 75), Compare("months", ">", 75)),
        (Compare("age", ">", 75, whole=True), Compare("age", ">", 75)),
        (Not(A), A),
        (Not(A), Not(B)),
        (All((A, B)), Any((A, B))),
        (All((A, B)), All((B, A))),
        (All((A,)), A),
        (All(()), Constant(True)),
        (Named("usable", A), A),
        (Named("usable", A), Named("frail", A)),
        (Named("usable", A), Named("usable", B)),
        (Named("usable", A, ("KRd",)), Named("usable", A, ("VMP",))),
    ],
    ids=repr,
)
def test_nodes_that_say_something_else_differ(node: Node, other: Node) -> None:
    assert node != other
    assert len({node, other}) == 2


@pytest.mark.parametrize(
    ("node", "below"),
    [
        (Constant(True), ()),
        (A, ()),
        (B, ()),
        (Compare("age", ">", 75), ()),
        (Not(A), (A,)),
        (All((A, B)), (A, B)),
        (Any((B, A)), (B, A)),
        (All(()), ()),
        (Named("usable", A, ("KRd",)), (A,)),
    ],
    ids=repr,
)
def test_children(node: Node, below: tuple[Node, ...]) -> None:
    assert children(node) == below


@given(st.permutations([A, B, Not(A), Any((A, B))]))
def test_children_keep_their_order(nodes: list[Node]) -> None:
    assert children(All(tuple(nodes))) == tuple(nodes)
