"""Conditions in English, and the tree of a condition with the walk's values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Node, Not, Operator, children
from myeloguide.criteria.walk import Program

_COMPARED: dict[Operator, str] = {
    "==": "exactly {}", "!=": "not {}", "<": "below {}", "<=": "at most {}", ">": "more than {}", ">=": "at least {}",
}  # fmt: skip
_OPPOSITE: dict[Operator, Operator] = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Phrases(Protocol):
    """How facts and named conditions are said; the guideline's side provides it."""

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
            said = [_bracketed(child, phrases, true=true, within_all=together) for child in nodes]
            return (" and " if together else " or ").join(said)


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
