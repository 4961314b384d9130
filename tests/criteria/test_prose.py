"""Conditions in English: said without ambiguity, and explained with the values they have."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Node, Not, Operator, children
from myeloguide.criteria.prose import Explained, Quantifier, explain, leaves, say
from myeloguide.criteria.walk import compile_conditions, walk
from tests.criteria.generate import conditions, every_part, patients
from tests.criteria.naive import Patient, truth
from tests.criteria.test_walk import leaf_value


class PhraseBook:
    """A small book of phrases. `usable` has its own words, other named conditions are said by their content."""

    def fact(self, fact: str, member: str, *, true: bool) -> str:
        said = f"{fact.replace('_', ' ')} {member}".rstrip()
        return said if true else f"no {said}"

    def number(self, fact: str, comparison: str) -> str:
        return f"{fact.replace('_', ' ')} {comparison}"

    def several(self, how: Quantifier, members: tuple[str, ...]) -> str:
        return f"<{how}: {', '.join(members)}>"

    def named(self, name: str, arguments: tuple[str, ...], *, true: bool) -> str | None:
        if name != "usable":
            return None
        said = f"{' and '.join(arguments)} can be used"
        return said if true else said.replace("can", "cannot")


BOOK = PhraseBook()
A, B, C, D = Holds("frail"), Holds("given", "KRd"), Is("fitness", "fit"), Compare("age", ">", 75)


# What is said


@pytest.mark.parametrize(
    ("node", "said", "opposite"),
    [
        (Constant(True), "always", "never"),
        (Constant(False), "never", "always"),
        (A, "frail", "no frail"),
        (B, "given KRd", "no given KRd"),
        (C, "fitness fit", "no fitness fit"),
        (Compare("age", "==", 75), "age exactly 75", "age not 75"),
        (Compare("age", "!=", 75), "age not 75", "age exactly 75"),
        (Compare("age", "<", 75), "age below 75", "age at least 75"),
        (Compare("age", "<=", 75), "age at most 75", "age more than 75"),
        (Compare("age", ">", 75), "age more than 75", "age at most 75"),
        (Compare("age", ">=", 75), "age at least 75", "age below 75"),
        (Compare("prior_lines", ">=", 2.0, whole=True), "prior lines at least 2", "prior lines below 2"),
        (Compare("months", "<", 6.5), "months below 6.5", "months at least 6.5"),
        (Compare("months", ">", 0), "months more than 0", "months at most 0"),
        (Not(A), "no frail", "frail"),
        (Not(Not(A)), "frail", "no frail"),
        (Named("usable", A, ("KRd",)), "KRd can be used", "KRd cannot be used"),
        (Named("usable", A, ("KRd", "VMP")), "KRd and VMP can be used", "KRd and VMP cannot be used"),
        (Not(Named("usable", A, ("KRd",))), "KRd cannot be used", "KRd can be used"),
        (Named("old", D), "age more than 75", "age at most 75"),
        (All((A,)), "frail", "no frail"),
        (Any((A,)), "frail", "no frail"),
    ],
    ids=repr,
)
def test_a_condition_and_its_opposite(node: Node, said: str, opposite: str) -> None:
    assert say(node, BOOK) == said
    assert say(node, BOOK, true=False) == opposite


@pytest.mark.parametrize(
    ("node", "said", "opposite"),
    [
        (All((A, B)), "frail and given KRd", "no frail or no given KRd"),
        (Any((A, B)), "frail or given KRd", "no frail and no given KRd"),
        (All((A, B, C)), "frail and given KRd and fitness fit", "no frail or no given KRd or no fitness fit"),
        # brackets where `and` and `or` meet, and nowhere else
        (All((A, Any((B, C)))), "frail and (given KRd or fitness fit)", "no frail or (no given KRd and no fitness fit)"),
        (Any((All((A, B)), C)), "(frail and given KRd) or fitness fit", "(no frail or no given KRd) and no fitness fit"),
        (All((A, All((B, C)))), "frail and given KRd and fitness fit", "no frail or no given KRd or no fitness fit"),
        (Any((A, Any((B, C)))), "frail or given KRd or fitness fit", "no frail and no given KRd and no fitness fit"),
        (
            All((A, Any((B, All((C, D)))))),
            "frail and (given KRd or (fitness fit and age more than 75))",
            "no frail or (no given KRd and (no fitness fit or age at most 75))",
        ),
        # the negation stands at the facts
        (Not(All((A, B))), "no frail or no given KRd", "frail and given KRd"),
        (Not(Any((A, Not(B)))), "no frail and given KRd", "frail or no given KRd"),
        (All((A, Not(All((B, C))))), "frail and (no given KRd or no fitness fit)", "no frail or (given KRd and fitness fit)"),
        (All((A, Not(Any((B, C))))), "frail and no given KRd and no fitness fit", "no frail or given KRd or fitness fit"),
        (Any((A, Not(All((B, C))))), "frail or no given KRd or no fitness fit", "no frail and given KRd and fitness fit"),
        (Any((A, Not(Any((B, C))))), "frail or (no given KRd and no fitness fit)", "no frail and (given KRd or fitness fit)"),
        (
            All((A, Not(Not(Any((B, D)))))),
            "frail and (given KRd or age more than 75)",
            "no frail or (no given KRd and age at most 75)",
        ),
        # a named condition without words of its own is said by its content, and bracketed like it
        (
            All((A, Named("old", Any((B, D))))),
            "frail and (given KRd or age more than 75)",
            "no frail or (no given KRd and age at most 75)",
        ),
        (
            Any((A, Named("old", Any((B, D))))),
            "frail or given KRd or age more than 75",
            "no frail and no given KRd and age at most 75",
        ),
        (
            Any((A, Not(Named("old", Any((B, D)))))),
            "frail or (no given KRd and age at most 75)",
            "no frail and (given KRd or age more than 75)",
        ),
        # with words of its own it is one phrase
        (Any((A, Named("usable", All((B, C)), ("VMP",)))), "frail or VMP can be used", "no frail and VMP cannot be used"),
        (All((A, Not(Named("usable", All((B, C)), ("VMP",))))), "frail and VMP cannot be used", "no frail or VMP can be used"),
    ],
    ids=repr,
)
def test_joined_conditions(node: Node, said: str, opposite: str) -> None:
    assert say(node, BOOK) == said
    assert say(node, BOOK, true=False) == opposite


GIVEN, USABLE = ([Holds("given", name) for name in "XYZ"], [Named("usable", A, (name,)) for name in "XY"])


@pytest.mark.parametrize(
    ("node", "said", "opposite"),
    [
        (All(tuple(GIVEN)), "given <each: X, Y, Z>", "no given <not all: X, Y, Z>"),
        (Any(tuple(GIVEN)), "given <one: X, Y, Z>", "given <none: X, Y, Z>"),
        (All(tuple(map(Not, USABLE))), "<none: X, Y> can be used", "<one: X, Y> can be used"),
        (Any(tuple(map(Not, USABLE))), "<not all: X, Y> cannot be used", "<each: X, Y> can be used"),
        # beside others, where the first of them stands
        (All((GIVEN[0], A, GIVEN[1])), "given <each: X, Y> and frail", "no given <not all: X, Y> or no frail"),
        (All((GIVEN[0], Any((A, *USABLE)))), "given X and (frail or <one: X, Y> can be used)", "no given X or (no frail and <none: X, Y> can be used)"),
        # what is denied and what is not are two things, and one member twice is one
        (All((GIVEN[0], Not(GIVEN[1]))), "given X and no given Y", "no given X or given Y"),
        (All((GIVEN[0], GIVEN[0])), "given X and given X", "no given X or no given X"),
    ],
    ids=repr,
)  # fmt: skip
def test_the_same_of_several_members_is_said_at_once(node: Node, said: str, opposite: str) -> None:
    assert say(node, BOOK) == said
    assert say(node, BOOK, true=False) == opposite


# What is said, read back

COMPARED: dict[str, Operator] = {
    "exactly": "==", "not": "!=", "below": "<", "at most": "<=", "more than": ">", "at least": ">=",
}  # fmt: skip
PHRASE = re.compile(r"\[[^\]]*\]|\(|\)|and|or|always|never|\s+")


class Marked:
    """A book whose phrases can be read back: each stands in square brackets."""

    def __init__(self) -> None:
        self.meant: dict[str, Node] = {}

    def mark(self, node: Node, *, true: bool = True) -> str:
        said = f"[{len(self.meant)}]"
        self.meant[said] = node if true else Not(node)
        return said

    def fact(self, fact: str, member: str, *, true: bool) -> str:
        how, _, members = member.rpartition(":")
        if how:
            one = [Holds(fact, name) for name in members.split("|")]
            return self.mark(All(tuple(one)) if how in ("each", "not all") else Any(tuple(one)), true=how in ("each", "one"))
        return self.mark(Is(fact, member) if fact in ("fitness", "set") else Holds(fact, member), true=true)

    def several(self, how: Quantifier, members: tuple[str, ...]) -> str:
        return f"{how}:{'|'.join(members)}"

    def number(self, fact: str, comparison: str) -> str:
        words, number = comparison.rsplit(" ", 1)
        return self.mark(Compare(fact, COMPARED[words], float(number)))

    def named(self, name: str, arguments: tuple[str, ...], *, true: bool) -> str | None:
        return None

    def read(self, text: str) -> Node:
        words = [word for word in PHRASE.findall(text) if word.strip()]
        assert "".join(words) == text.replace(" ", "")
        node = self.joined(words)
        assert words == []
        return node

    def joined(self, words: list[str]) -> Node:
        parts, joints = [self.part(words)], set()
        while words and words[0] in ("and", "or"):
            joints.add(words.pop(0))
            parts.append(self.part(words))
        assert len(joints) < 2, "`and` and `or` are mixed without brackets"
        return Any(tuple(parts)) if joints == {"or"} else All(tuple(parts))

    def part(self, words: list[str]) -> Node:
        word = words.pop(0)
        if word in ("always", "never"):
            return Constant(word == "always")
        if word != "(":
            return self.meant[word]
        inner = self.joined(words)
        assert words.pop(0) == ")"
        return inner


@settings(max_examples=300)
@given(conditions(fewest=1), patients())
def test_the_english_means_what_the_condition_means(condition: Node, patient: Patient) -> None:
    book = Marked()
    assert truth(book.read(say(condition, book)), patient) == truth(condition, patient)


@settings(max_examples=200)
@given(conditions(fewest=1), patients())
def test_the_english_of_the_opposite_means_the_opposite(condition: Node, patient: Patient) -> None:
    book = Marked()
    assert truth(book.read(say(condition, book, true=False)), patient) == truth(Not(condition), patient)


@settings(max_examples=100)
@given(conditions(fewest=1))
def test_a_double_negation_is_not_heard(condition: Node) -> None:
    assert say(Not(condition), BOOK) == say(condition, BOOK, true=False)
    assert say(Not(Not(condition)), BOOK) == say(condition, BOOK)


def test_mixed_joints_are_found_when_read_back() -> None:
    book = Marked()
    first, second, third = (book.mark(node) for node in (A, B, C))
    with pytest.raises(AssertionError, match="mixed without brackets"):
        book.read(f"{first} and {second} or {third}")


# What is explained


def values_of(condition: Node, patient: Patient) -> Explained:
    """Explain a condition for one patient with the walk's values."""
    program = compile_conditions([condition])

    def leaf_planes(key: tuple[str, object]) -> tuple[int, int]:
        value = leaf_value(key, patient)
        return int(value is True), int(value is False)

    true, false = walk(program, leaf_planes, 0, 1)
    return explain(condition, program, lambda place: True if true[place] else False if false[place] else None, BOOK)


def heading(node: Node) -> str:
    """Return the words that stand above the parts of a node in its explanation."""
    if isinstance(node, Not) and children(node.child):
        return "not"
    return "all of" if isinstance(node, All) else "at least one of" if isinstance(node, Any) else say(node, BOOK)


def shown(node: Node) -> Node:
    """Return the node that is explained: a named condition that would only repeat its one part is left out."""
    while isinstance(node, Named) and heading(node) == heading(node.child):
        node = node.child
    return node


def shown_below(node: Node) -> tuple[Node, ...]:
    """Return the nodes that stand below a node in its explanation."""
    if isinstance(node, Not) and not children(node.child):
        return ()
    if isinstance(node, Named) and isinstance(node.child, All):
        return children(node.child)
    return children(node)


def check_explained(explained: Explained, node: Node, patient: Patient) -> None:
    assert explained.text == heading(node)
    assert explained.value is truth(node, patient)
    below = shown_below(shown(node))
    assert len(explained.parts) == len(below)
    for part, child in zip(explained.parts, below, strict=True):
        check_explained(part, child, patient)


@settings(max_examples=300)
@given(conditions(), patients())
def test_every_part_is_explained_with_its_value(condition: Node, patient: Patient) -> None:
    check_explained(values_of(condition, patient), condition, patient)


def the_leaves(explained: Explained) -> list[Node]:
    own = [] if explained.leaf is None else [explained.leaf]
    return own + [leaf for part in explained.parts for leaf in the_leaves(part)]


@settings(max_examples=100)
@given(conditions(fewest=1), patients())
def test_every_leaf_is_explained_in_its_place(condition: Node, patient: Patient) -> None:
    assert the_leaves(values_of(condition, patient)) == list(leaves(condition))


@settings(max_examples=100)
@given(conditions(fewest=1))
def test_leaves_are_the_parts_without_parts(condition: Node) -> None:
    assert list(leaves(condition)) == [part for part in every_part(condition) if not children(part)]


def test_leaves_come_as_often_as_they_stand_there() -> None:
    assert list(leaves(Any((All((A, B)), Not(A), Named("old", D))))) == [A, B, A, D]


YES, NO, OPEN = True, False, None


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (A, Explained("frail", YES, (), A)),
        (Not(A), Explained("no frail", NO, (), A)),
        (Not(Not(A)), Explained("not", YES, (Explained("no frail", NO, (), A),))),
        (B, Explained("given KRd", OPEN, (), B)),
        (Not(B), Explained("no given KRd", OPEN, (), B)),
        (C, Explained("fitness fit", NO, (), C)),
        (D, Explained("age more than 75", OPEN, (), D)),
        (Not(D), Explained("age at most 75", OPEN, (), D)),
        (Constant(True), Explained("always", YES, (), Constant(True))),
        (All(()), Explained("all of", YES)),
        (Any(()), Explained("at least one of", NO)),
        (All((A, C)), Explained("all of", NO, (Explained("frail", YES, (), A), Explained("fitness fit", NO, (), C)))),
        (
            Any((B, C)),
            Explained("at least one of", OPEN, (Explained("given KRd", OPEN, (), B), Explained("fitness fit", NO, (), C))),
        ),
        (Not(Any((C,))), Explained("not", YES, (Explained("at least one of", NO, (Explained("fitness fit", NO, (), C),)),))),
        # a named condition is a heading over its parts, unless it would only repeat its one part
        (
            Named("usable", All((A, C)), ("KRd",)),
            Explained("KRd can be used", NO, (Explained("frail", YES, (), A), Explained("fitness fit", NO, (), C))),
        ),
        (
            Named("usable", Any((A, C)), ("KRd",)),
            Explained(
                "KRd can be used",
                YES,
                (Explained("at least one of", YES, (Explained("frail", YES, (), A), Explained("fitness fit", NO, (), C))),),
            ),
        ),
        (Named("old", D), Explained("age more than 75", OPEN, (), D)),
        (Named("older", Named("old", Not(D))), Explained("age at most 75", OPEN, (), D)),
        (
            Not(Named("usable", A, ("KRd",))),
            Explained("not", NO, (Explained("KRd can be used", YES, (Explained("frail", YES, (), A),)),)),
        ),
    ],
    ids=repr,
)
def test_explanations(node: Node, wanted: Explained) -> None:
    assert values_of(node, {"frail": True, "fitness": "frail", "age": (70, 80)}) == wanted


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (All(()), "always"),
        (Any(()), "never"),
        (Not(All(())), "never"),
        (All((A, Any(()))), "frail and never"),
        (Compare("platelets", ">=", 1_000_000), "platelets at least 1000000"),
        (Compare("platelets", ">=", 1_234_567), "platelets at least 1234567"),
        (Compare("months", ">", 36.00001), "months more than 36.00001"),
    ],
    ids=repr,
)
def test_nothing_is_lost_in_english(node: Node, said: str) -> None:
    assert say(node, BOOK) == said


def test_empty_words_are_no_words() -> None:
    class Silent(PhraseBook):
        def named(self, name: str, arguments: tuple[str, ...], *, true: bool) -> str | None:
            return ""

    assert say(All((A, Named("old", Any((B, C))))), Silent()) == "frail and (given KRd or fitness fit)"
