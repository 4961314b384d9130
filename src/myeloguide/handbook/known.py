"""What follows from a condition that is taken to hold: which other conditions then hold, and which cannot."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Node, Not

_COMPARED = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_MEANS_RECEIVED = ("refractory_to", "line1_agents")


class Known:
    """Conditions known to hold or not, and numbers known to lie between two bounds. What does not follow is unknown (None)."""

    def __init__(self, switches: Mapping[str, tuple[str, ...]], numbers: Mapping[str, tuple[float, float]] | None = None) -> None:
        self.truth: dict[Node, bool] = {
            Is(name, value): number == 0 for name, values in switches.items() for number, value in enumerate(values)
        }
        self.numbers: dict[str, tuple[float, float]] = dict(numbers or {})

    def copy(self) -> Known:
        """Return a copy to which more can be added."""
        made = Known({}, self.numbers)
        made.truth = dict(self.truth)
        return made

    def holds(self, node: Node) -> bool | None:
        """Return whether a condition holds."""
        if node in self.truth:
            return self.truth[node]
        match node:
            case Constant(value):
                return value
            case Compare(fact, sign, number):
                low, high = self.numbers.get(fact, (-math.inf, math.inf))
                return _compare(low, high, sign, number)
            case Not(child):
                inner = self.holds(child)
                return None if inner is None else not inner
            case Named(_, child):
                return self.holds(child)
            case All(nodes) | Any(nodes):
                decides = isinstance(node, Any)
                values = [self.holds(child) for child in nodes]
                return decides if decides in values else None if None in values else not decides
            case _:
                return None

    def assume(self, node: Node, *, true: bool = True) -> None:
        """Take a condition to hold, or not to, with what follows from that for its parts."""
        self.truth[node] = true
        match node:
            case Not(child):
                self.assume(child, true=not true)
            case Named(_, child):
                self.assume(child, true=true)
            case All(nodes) | Any(nodes):
                values = [self.holds(child) for child in nodes]
                of_all = true == isinstance(node, All)
                if of_all or (values.count(None) == 1 and true not in values):  # only the last open part can make it so
                    for child, value in zip(nodes, values, strict=True):
                        if value is None:
                            self.assume(child, true=true)
            case Compare(fact, sign, number) if true:
                self._narrow(fact, sign, number, whole=node.whole)
            case Holds(fact, member) if true and fact in _MEANS_RECEIVED:
                self.truth[Holds("exposed_to", member)] = True

    def _narrow(self, fact: str, sign: str, number: float, *, whole: bool) -> None:
        low, high = self.numbers.get(fact, (-math.inf, math.inf))
        step = 1 if whole else 0
        if sign in ("==", ">=", ">"):
            low = max(low, number + (step if sign == ">" else 0))
        if sign in ("==", "<=", "<"):
            high = min(high, number - (step if sign == "<" else 0))
        self.numbers[fact] = (low, high)


def _compare(low: float, high: float, sign: str, number: float) -> bool | None:
    """Compare a number between two bounds with a fixed one."""
    ends = {_COMPARED[sign](low, number), _COMPARED[sign](high, number)}
    inside = sign in ("==", "!=") and low < number < high
    return ends.pop() if len(ends) == 1 and not inside else None


def ranges(nodes: Iterable[Node], fact: str, least: float) -> list[tuple[float, float]]:
    """Return the ranges of a whole number, from its least on, between which conditions tell."""
    cuts = {least}
    for node in nodes:
        if isinstance(node, Compare) and node.fact == fact:
            at = node.number
            cuts |= {"==": {at, at + 1}, "!=": {at, at + 1}, ">=": {at}, "<": {at}, ">": {at + 1}, "<=": {at + 1}}[node.operator]
    ordered = sorted(cut for cut in cuts if cut >= least)
    return [(first, after - 1) for first, after in zip(ordered, [*ordered[1:], math.inf], strict=True)]
