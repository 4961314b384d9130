"""Conditions in English, and the tree of a condition with the walk's values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Node, Not, Operator, children
from myeloguide.criteria.walk import Program

_COMPARED: dict[Operator, str] = {
    "==": "exactly {}", "!=": "not {}", "<": "below {}", "<=": "at most {}", ">": "more than {}", ">=": "at least {}",
}  # fmt: skip
_OPPOSITE: dict[Operator, Operator] = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}

Quantifier = Literal["each", "one", "none", "not all"]
_QUANTIFIERS: dict[tuple[bool, bool], Quantifier] = {
    (True, True): "each", (True, False): "one", (False, True): "none", (False, False): "not all",
}  # fmt: skip


class Phrases(Protocol):
    """How facts and named conditions are said; the guideline's side provides it."""

    def several(self, how: Quantifier, members: tuple[str, ...]) -> str:
        """Write several members of which the same is said as one member."""

    def fact(self, fact: str, member: str, *, true: bool) -> str:
        """Say that a fact holds, or does not."""

    def number(self, fact: str, comparison: str) -> str:
        """Say a comparison of a number."""

    def named(self, name: str, arguments: tuple[str, ...], *, true: bool) -> str | None:
        """Say a named condition, or None when its content is to be said."""


def say(node: Node, phrases: Phrases, *, true: bool = True) -> str:
    """Return a condition, or its opposite, as an English phrase."""
    match node:
        case Constant(value):
            return "always" if value == true else "never"
        case Holds(fact, member) | Is(fact, member):
            return phrases.fact(fact, member, true=true)
        case Compare(fact, operator, number):
            sign = operator if true else _OPPOSITE[operator]
            return phrases.number(fact, _COMPARED[sign].format(_number(number)))
        case Not(child):
            return say(child, phrases, true=not true)
        case Named(name, child, arguments):
            return phrases.named(name, arguments, true=true) or say(child, phrases, true=true)
        case All(()) | Any(()):
            return "always" if isinstance(node, All) == true else "never"
        case All(nodes) | Any(nodes):
            together = isinstance(node, All) == true
            groups = _groups(nodes, phrases, true=true, together=together)
            said = [
                group if isinstance(group, str) else _bracketed(group, phrases, true=true, within_all=together)
                for group in groups
            ]
            return (" and " if together else " or ").join(said)


def _groups(nodes: tuple[Node, ...], phrases: Phrases, *, true: bool, together: bool) -> list[Node | str]:
    """Say at once what is the same of several members, where the first of them stands; the other nodes stay as they are."""
    groups: dict[Hashable, list[Node]] = {}
    members: dict[Hashable, tuple[str, ...]] = {}
    for place, node in enumerate(nodes):
        about = _about(node, phrases, true=true)
        key: Hashable = about[:3] if about else place
        groups.setdefault(key, []).append(node)
        if about:
            members[key] = tuple(dict.fromkeys((*members.get(key, ()), about[3])))
    found: list[Node | str] = []
    for key, group in groups.items():
        same = members.get(key, ())
        found += [_at_once(group[0], same, phrases, true=true, together=together)] if len(same) > 1 else group
    return found


def _about(node: Node, phrases: Phrases, *, true: bool) -> tuple[type, str, bool, str] | None:
    """Return what is said, whether it holds, and the member of which it is said."""
    match node:
        case Not(child):
            return _about(child, phrases, true=not true)
        case Named(name, _, (member,)) if phrases.named(name, (member,), true=true):
            return (Named, name, true, member)
        case Holds(fact, member) if member:
            return (Holds, fact, true, member)
        case _:
            return None


def _at_once(node: Node, members: tuple[str, ...], phrases: Phrases, *, true: bool, together: bool) -> str:
    """Say of several members what a node says of one of them."""
    match node:
        case Not(child):
            return _at_once(child, members, phrases, true=not true, together=together)
        case Named(name):
            how = _QUANTIFIERS[true, together]
            return phrases.named(name, (phrases.several(how, members),), true=how != "not all") or ""
        case Holds(fact):
            how = _QUANTIFIERS[true, together]
            return phrases.fact(fact, phrases.several(how, members), true=how != "not all")
        case _:
            raise TypeError(f"{node} has no member")


def _number(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def _bracketed(node: Node, phrases: Phrases, *, true: bool, within_all: bool) -> str:
    text = say(node, phrases, true=true)
    joined = _joins_all(node, phrases, true=true)
    return text if joined is None or joined == within_all else f"({text})"


def _joins_all(node: Node, phrases: Phrases, *, true: bool) -> bool | None:
    """Whether a phrase is joined by `and` (True), by `or` (False) or by neither (None)."""
    match node:
        case All(()) | Any(()):
            return None
        case All():
            return true
        case Any():
            return not true
        case Not(child):
            return _joins_all(child, phrases, true=not true)
        case Named(name, child, arguments) if not phrases.named(name, arguments, true=true):
            return _joins_all(child, phrases, true=true)
        case Named(name, _, arguments):
            own = phrases.named(name, arguments, true=true) or ""
            return True if " and " in own else False if " or " in own else None
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Explained:
    """A condition in words with its value (None is unknown) and what it is made of."""

    text: str
    value: bool | None
    parts: tuple[Explained, ...] = ()
    leaf: Node | None = None


def explain(node: Node, program: Program, value_of: Callable[[int], bool | None], phrases: Phrases) -> Explained:
    """Return the tree of a condition with the values that the walk gave its nodes."""
    value = value_of(program.place(node))
    below = children(node)
    parts = tuple(explain(child, program, value_of, phrases) for child in below)
    match node:
        case All():
            return Explained("all of", value, parts)
        case Any():
            return Explained("at least one of", value, parts)
        case Not(child) if not children(child):
            return Explained(say(node, phrases), value, (), child)
        case Not():
            return Explained("not", value, parts)
        case Named():
            text = say(node, phrases)
            if parts[0].text == text:
                return parts[0]
            return Explained(text, value, parts[0].parts if isinstance(below[0], All) else parts)
        case _:
            return Explained(say(node, phrases), value, (), node)


def leaves(node: Node) -> Iterator[Node]:
    """Yield the leaves of a condition, each as often as it stands there."""
    below = children(node)
    if not below:
        yield node
    for child in below:
        yield from leaves(child)
