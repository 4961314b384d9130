"""What a condition means, as plainly as it can be said: strong Kleene logic over one patient.

The walk is held to this. Nothing here is fast, shared with the walk, or clever. None is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Not

Span = tuple[float | None, float | None]
"""The least and the most a number can be, both included; None is unbounded."""

Value = bool | str | float | Span | dict[str, bool | None]
Patient = Mapping[str, Value]
"""Each fact with its value; a fact that is absent is unknown, and so is an absent member of a set fact."""


def truth(node: object, patient: Patient) -> bool | None:
    """Return whether a condition holds for a patient."""
    match node:
        case Constant(value=value):
            return value
        case Holds(fact=fact, member=""):
            return _yes_or_no(patient.get(fact))
        case Holds(fact=fact, member=member):
            return _members(patient.get(fact)).get(member)
        case Is(fact=fact, value=value):
            return None if fact not in patient else patient[fact] == value
        case Compare(fact=fact, operator=operator, number=number):
            least, most = _span(patient.get(fact))
            return compared(least, most, operator, number)
        case Not(child=child):
            below = truth(child, patient)
            return None if below is None else not below
        case All(children=children):
            values = [truth(child, patient) for child in children]
            return False if False in values else None if None in values else True
        case Any(children=children):
            values = [truth(child, patient) for child in children]
            return True if True in values else None if None in values else False
        case Named(child=child):
            return truth(child, patient)
        case _:
            raise TypeError(f"{node!r} is no condition")


def compared(least: float, most: float, operator: str, number: float) -> bool | None:
    """Return whether every number from `least` to `most` compares so (True), none does (False), or some do (None)."""
    match operator:
        case "<":
            always, never = most < number, least >= number
        case "<=":
            always, never = most <= number, least > number
        case ">":
            always, never = least > number, most <= number
        case ">=":
            always, never = least >= number, most < number
        case "==":
            always, never = least == number == most, number < least or number > most
        case "!=":
            always, never = number < least or number > most, least == number == most
        case _:
            raise ValueError(f"{operator} is no comparison")
    return True if always else False if never else None


def _yes_or_no(value: Value | None) -> bool | None:
    assert value is None or isinstance(value, bool)
    return value


def _members(value: Value | None) -> dict[str, bool | None]:
    assert value is None or isinstance(value, dict)
    return value or {}


def _span(value: Value | None) -> tuple[float, float]:
    least, most = value if isinstance(value, tuple) else (value, value)
    assert not isinstance(least, (bool, str, dict))
    assert not isinstance(most, (bool, str, dict))
    return -inf if least is None else least, inf if most is None else most
