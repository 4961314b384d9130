"""What follows from known facts, and what contradicts itself: the contract's closure, once, for every carrier.

It works on planes (see `criteria.walk`): one patient, a cohort, a solver's formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any as Plane

from myeloguide.knowledge.facts import Key
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.fact_sheet import FactSheet, Members
from myeloguide.record.ranges import Range

Planes = dict[Key, tuple[Plane, Plane]]

KNOWN = "known"
"""Member under which it stands whether a number is known at all."""

ANY_LINE: Key = ("prior_lines", (">=", 1.0))
LATER_LINE: Key = ("prior_lines", (">=", 2.0))
OFF_LENALIDOMIDE: Key = ("months_lenalidomide_stop_to_progression", (">", 0.0))
TRANSPLANT: Key = ("prior_transplant", "")
TRANSPLANT_MONTHS: Key = ("months_transplant_to_progression", KNOWN)
THRESHOLDS: tuple[Key, ...] = (ANY_LINE, LATER_LINE, OFF_LENALIDOMIDE, TRANSPLANT_MONTHS)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Facts that exclude each other: which fact, by which rule, and for whom (a plane)."""

    key: Key
    rule: str
    plane: Plane

    def text(self) -> str:
        """Say the contradiction to a person."""
        fact, member = self.key
        return RULES[self.rule].format(agent=member, fact=fact)


RULES = {
    "given": "{fact} is given both ways for {agent}",
    "fitness": "frail and fitness contradict each other",
    "transplant": "months or maintenance after a transplant are given, but prior_transplant is false",
    "untreated": "prior_lines is 0, but {agent} was received",
    "untreated-transplant": "prior_lines is 0, but there was a transplant",
    "refractory": "the disease is refractory to {agent}, but {agent} was not received",
    "line 1": "{agent} is in line1_agents, but it was not received",
    "regimen": "{agent} is part of a regimen given, but it was not received",
    "one line": "prior_lines is 1, but exposed_to and line1_agents differ by {agent}",
    "not received": "{agent} was not received, but something that holds it was",
    "later line": "prior_lines is less than 2, but an agent was received after line 1",
    "lenalidomide": "months_lenalidomide_stop_to_progression is 0 (progression on lenalidomide), but the disease is "
    "given as not refractory to lenalidomide",
}  # fmt: skip


def planes_of(sheet: FactSheet, vocabulary: Vocabulary, thresholds: Iterable[Key], every: int = 1) -> Planes:
    """Return one patient's facts as planes of Python integers; `thresholds` are the comparisons wanted of numbers."""
    planes: Planes = {}
    yes, no, unknown = (every, 0), (0, every), (0, 0)
    for name, fact in vocabulary.facts.items():
        value = sheet.values.get(name)
        if fact.is_set:
            known = value if isinstance(value, Members) else Members(complete=fact.none_unless_named)
            closed = known.complete
            for member in vocabulary.members(fact):
                in_yes, in_no = member in known.yes, member in known.no or (closed and member not in known.yes)
                planes[name, member] = (every if in_yes else 0, every if in_no else 0)
        elif fact.kind == "boolean":
            planes[name, ""] = unknown if value is None else yes if value else no
        elif fact.kind == "category":
            for choice in fact.values:
                planes[name, choice] = unknown if value is None else yes if value == choice else no
    for regimen in sheet.other_regimens:
        for agent in regimen:
            received = ("exposed_to", agent)
            planes[received] = (every, planes[received][1])
    for key in (*THRESHOLDS, *thresholds):
        if key not in planes:
            planes[key] = _compared(sheet.number(key[0]), key[1], every)
    return planes


def _compared(number: Range, bound: Plane, every: int) -> tuple[int, int]:
    if bound == KNOWN:
        return (every, 0) if number != Range() else (0, 0)
    operator, limit = bound
    decided = number.reaches(limit) if operator == ">=" else number.exceeds(limit)
    return (0, 0) if decided is None else (every, 0) if decided else (0, every)


def close(
    planes: Planes, vocabulary: Vocabulary, none: Plane = 0, occurs: Callable[[Plane], bool] = bool
) -> list[Conflict]:
    """Add to `planes` whatever follows from them, and return the contradictions; `occurs` says a plane is not empty."""
    return _Closure(planes, vocabulary, none, occurs).run()


class _Closure:
    def __init__(
        self, planes: Planes, vocabulary: Vocabulary, none: Plane, occurs: Callable[[Plane], bool]
    ) -> None:
        self.planes = planes
        self.vocabulary = vocabulary
        self.agents = vocabulary.active_agents
        self.none = none
        self.occurs = occurs
        self.conflicts: list[Conflict] = []

    def run(self) -> list[Conflict]:
        for key, (true, false) in self.planes.items():
            self.clash(key, "given", true & false)
        self.fitness()
        self.transplant()
        self.received()
        self.lines()
        self.not_received()
        self.order_of_lines()
        return self.conflicts

    def true(self, fact: str, member: Plane = "") -> Plane:
        return self.planes[fact, member][0]

    def false(self, fact: str, member: Plane = "") -> Plane:
        return self.planes[fact, member][1]

    def clash(self, key: Key, rule: str, plane: Plane) -> None:
        if self.occurs(plane):
            self.conflicts.append(Conflict(key, rule, plane))

    def learn(self, key: Key, rule: str, true: Plane, false: Plane) -> None:
        """Record that a fact is true or false in these worlds, noting where the opposite is known."""
        known_true, known_false = self.planes[key]
        self.clash(key, rule, (true & known_false) | (false & known_true))
        self.planes[key] = (known_true | true, known_false | false)

    def fitness(self) -> None:
        """Frailty and the level of fitness are one scale: frail is its lowest level."""
        frail, fit, intermediate, level = ("frail", ""), ("fitness", "fit"), ("fitness", "intermediate"), ("fitness", "frail")
        stronger = self.planes[fit][0] | self.planes[intermediate][0]
        self.learn(frail, "fitness", self.planes[level][0], stronger | self.planes[level][1])
        is_frail, not_frail = self.planes[frail]
        self.learn(level, "fitness", is_frail, not_frail)
        self.learn(fit, "fitness", self.none, is_frail)
        self.learn(intermediate, "fitness", self.none, is_frail)

    def transplant(self) -> None:
        after = self.true("maintenance_after_transplant") | self.false("maintenance_after_transplant")
        self.learn(TRANSPLANT, "transplant", self.planes[TRANSPLANT_MONTHS][0] | after, self.none)
        self.clash(TRANSPLANT, "untreated-transplant", self.planes[TRANSPLANT][0] & self.planes[ANY_LINE][1])

    def received(self) -> None:
        """What the disease is refractory to, what was in line 1 and what is part of a regimen given was received."""
        for agent in self.agents:
            received = ("exposed_to", agent)
            self.learn(received, "refractory", self.true("refractory_to", agent), self.none)
            self.learn(received, "line 1", self.true("line1_agents", agent), self.none)
        for name, regimen in self.vocabulary.regimens.items():
            given = self.true("regimens_given", name)
            for agent in regimen.agents:
                self.learn(("exposed_to", agent), "regimen", given, self.none)

    def lines(self) -> None:
        """Relate what was received to line 1 and to the number of lines."""
        self.learn(ANY_LINE, "untreated", self.planes[LATER_LINE][0], self.none)
        untreated = self.planes[ANY_LINE][1]
        for agent in self.agents:
            self.learn(("exposed_to", agent), "untreated", self.none, untreated)
        anything = reduce(or_, (self.true("exposed_to", agent) for agent in self.agents))
        self.learn(ANY_LINE, "untreated", anything & ~untreated if isinstance(untreated, int) else anything, self.none)
        single = self.planes[LATER_LINE][1]
        later = self.none
        for agent in self.agents:
            received, first = ("exposed_to", agent), ("line1_agents", agent)
            later = later | (self.planes[received][0] & self.planes[first][1])
            self.learn(first, "one line", single & self.planes[received][0], self.none)
            self.learn(received, "one line", self.none, single & self.planes[first][1])
        self.learn(LATER_LINE, "later line", later, self.none)

    def not_received(self) -> None:
        for agent in self.agents:
            absent = self.false("exposed_to", agent)
            self.learn(("refractory_to", agent), "not received", self.none, absent)
            self.learn(("line1_agents", agent), "not received", self.none, absent)
        off = self.planes[OFF_LENALIDOMIDE]
        self.clash(OFF_LENALIDOMIDE, "lenalidomide", off[1] & self.false("refractory_to", "lenalidomide"))
        for name, regimen in self.vocabulary.regimens.items():
            for component in regimen.components:
                absent = reduce(lambda a, b: a & b, (self.false("exposed_to", agent) for agent in component))
                self.learn(("regimens_given", name), "not received", self.none, absent)

    def order_of_lines(self) -> None:
        """A count that reaches a number reaches the smaller ones; one that stays below it stays below the larger."""
        bounds = sorted({key[1][1] for key in self.planes if key[0] == "prior_lines" and key[1] != KNOWN})
        keys: list[Key] = [("prior_lines", (">=", bound)) for bound in bounds]
        for lower, upper in zip(keys[:-1], keys[1:], strict=True):
            self.learn(upper, "given", self.none, self.planes[lower][1])
        for lower, upper in zip(keys[-2::-1], keys[:0:-1], strict=True):
            self.learn(lower, "given", self.planes[upper][0], self.none)
