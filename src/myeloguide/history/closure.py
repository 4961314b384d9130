"""What follows from known facts, and what contradicts itself: the contract's closure, once, for every carrier.

It works on planes (see `criteria.walk`): one patient, a cohort, a solver's formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache, reduce
from itertools import pairwise
from operator import and_
from typing import Any as Plane

from myeloguide.knowledge.facts import Key
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.fact_sheet import FactSheet, Members
from myeloguide.record.frozen import frozen
from myeloguide.record.ranges import ANY_NUMBER, Range

Planes = dict[Key, tuple[Plane, Plane]]

KNOWN = "known"
"""Member under which it stands whether a number is known at all."""

ANY_LINE: Key = ("prior_lines", (">=", 1.0))
LATER_LINE: Key = ("prior_lines", (">=", 2.0))
OFF_LENALIDOMIDE: Key = ("months_lenalidomide_stop_to_progression", (">", 0.0))
TRANSPLANT: Key = ("prior_transplant", "")
TRANSPLANT_MONTHS: Key = ("months_transplant_to_progression", KNOWN)
THRESHOLDS: tuple[Key, ...] = (ANY_LINE, LATER_LINE, OFF_LENALIDOMIDE, TRANSPLANT_MONTHS)


@frozen(eq=False)
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
    "lenalidomide": "months_lenalidomide_stop_to_progression is 0 (progression on lenalidomide), but the disease is "
    "given as not refractory to lenalidomide",
}  # fmt: skip


def planes_of(sheet: FactSheet, vocabulary: Vocabulary, thresholds: Iterable[Key], every: int = 1) -> Planes:
    """Return one patient's facts as planes of Python integers; `thresholds` are the comparisons wanted of numbers."""
    yes, no = (every, 0), (0, every)
    planes: Planes = dict(_unknown(vocabulary))
    for name, value in sheet.values.items():
        fact = vocabulary.facts[name]
        if isinstance(value, Members):
            if value.complete:
                planes.update(_none_of(vocabulary, name, every))
            planes.update(((name, member), no) for member in value.no)
            planes.update(((name, member), (every, planes[name, member][1] if member in value.no else 0)) for member in value.yes)
        elif fact.kind == "category":
            planes.update(((name, choice), yes if choice == value else no) for choice in fact.values)
        elif fact.kind == "boolean":
            planes[name, ""] = yes if value else no
    for name, fact in vocabulary.facts.items():
        if fact.none_unless_named and name not in sheet.values:
            planes.update(_none_of(vocabulary, name, every))
    for regimen in sheet.other_regimens:
        for agent in regimen:
            planes["exposed_to", agent] = (every, planes["exposed_to", agent][1])
    for key in (*THRESHOLDS, *thresholds):
        planes[key] = _compared(sheet.number(key[0]), key[1], every)
    return planes


def planes_of_all(sheets: Iterable[FactSheet], vocabulary: Vocabulary) -> Planes:
    """Return the facts of many patients as planes of Python integers, one bit each; the planes of `planes_of`, side by side.

    Of numbers there is only what the closure compares.
    """
    unknown = _unknown(vocabulary)
    true, false = dict.fromkeys((*unknown, *THRESHOLDS), 0), dict.fromkeys((*unknown, *THRESHOLDS), 0)
    complete = {name: 0 for name, fact in vocabulary.facts.items() if fact.is_set}
    to_be_named = [name for name, fact in vocabulary.facts.items() if fact.none_unless_named]
    for place, sheet in enumerate(sheets):
        bit = 1 << place
        for name, value in sheet.values.items():
            if isinstance(value, Members):
                if value.complete:
                    complete[name] |= bit
                for member in value.yes:
                    true[name, member] |= bit
                for member in value.no:
                    false[name, member] |= bit
            elif isinstance(value, str):
                for choice in vocabulary.facts[name].values:
                    planes = true if choice == value else false
                    planes[name, choice] |= bit
            elif isinstance(value, bool):
                planes = true if value else false
                planes[name, ""] |= bit
        for regimen in sheet.other_regimens:
            for agent in regimen:
                true["exposed_to", agent] |= bit
        for key in THRESHOLDS:
            reached, missed = _compared(sheet.number(key[0]), key[1], bit)
            true[key] |= reached
            false[key] |= missed
        for name in to_be_named:
            if name not in sheet.values:
                complete[name] |= bit
    for name, whole in complete.items():
        for member in vocabulary.members(vocabulary.facts[name]) if whole else ():
            false[name, member] |= whole & ~true[name, member]
    return {key: (plane, false[key]) for key, plane in true.items()}


@cache
def _unknown(vocabulary: Vocabulary) -> Planes:
    """Return the planes of a patient of whom nothing is known, numbers left out."""
    planes: Planes = {}
    for name, fact in vocabulary.facts.items():
        members = vocabulary.members(fact) if fact.is_set else fact.values or ("",)
        if not fact.is_number:
            planes.update(((name, member), (0, 0)) for member in members)
    return planes


@cache
def _none_of(vocabulary: Vocabulary, name: str, every: int) -> Planes:
    """Return the planes of an empty complete list."""
    return {(name, member): (0, every) for member in vocabulary.members(vocabulary.facts[name])}


def _compared(number: Range, bound: Plane, every: int) -> tuple[int, int]:
    if bound == KNOWN:
        return (every, 0) if number != ANY_NUMBER else (0, 0)
    operator, limit = bound
    decided = number.reaches(limit) if operator == ">=" else number.exceeds(limit)
    return (0, 0) if decided is None else (every, 0) if decided else (0, every)


def close(
    planes: Planes,
    vocabulary: Vocabulary,
    none: Plane = 0,
    occurs: Callable[[Plane], bool] = bool,
    related: Related | None = None,
) -> list[Conflict]:
    """Add to `planes` whatever follows from them, and return the contradictions; `occurs` says a plane is not empty.

    `related` leaves out agents and regimens of which nothing new is assumed since the planes were last closed.
    """
    return _Closure(planes, related or everything(vocabulary), none, occurs).run()


class _Closure:
    def __init__(self, planes: Planes, related: Related, none: Plane, occurs: Callable[[Plane], bool]) -> None:
        self.planes = planes
        self.keys = related
        self.none = none
        self.occurs = occurs
        self.conflicts: list[Conflict] = []

    def run(self) -> list[Conflict]:
        none = self.none
        for key, (true, false) in self.planes.items():
            if true is not none and false is not none:
                self.clash(key, "given", true & false)
        self.fitness()
        self.transplant()
        self.received()
        self.lines()
        self.not_received()
        self.order_of_lines()
        return self.conflicts

    def clash(self, key: Key, rule: str, plane: Plane) -> None:
        if self.occurs(plane):
            self.conflicts.append(Conflict(key, rule, plane))

    def true(self, key: Key, rule: str, plane: Plane) -> None:
        """Record that a fact is true in these worlds, noting where it is known to be false."""
        if plane is not self.none:
            known_true, known_false = self.planes[key]
            if known_false is not self.none:
                self.clash(key, rule, plane & known_false)
            if known_true is not plane:
                self.planes[key] = (known_true | plane, known_false)

    def false(self, key: Key, rule: str, plane: Plane) -> None:
        """Record that a fact is false in these worlds, noting where it is known to be true."""
        if plane is not self.none:
            known_true, known_false = self.planes[key]
            if known_true is not self.none:
                self.clash(key, rule, plane & known_true)
            if known_false is not plane:
                self.planes[key] = (known_true, known_false | plane)

    def fitness(self) -> None:
        """Frailty and the level of fitness are one scale: frail is its lowest level."""
        planes = self.planes
        frail, level = ("frail", ""), ("fitness", "frail")
        fit, intermediate = ("fitness", "fit"), ("fitness", "intermediate")
        self.true(frail, "fitness", planes[level][0])
        self.false(frail, "fitness", planes[fit][0] | planes[intermediate][0] | planes[level][1])
        is_frail, not_frail = planes[frail]
        self.true(level, "fitness", is_frail)
        self.false(level, "fitness", not_frail)
        self.false(fit, "fitness", is_frail)
        self.false(intermediate, "fitness", is_frail)

    def transplant(self) -> None:
        """Months or maintenance after a transplant are known only where there was one."""
        yes, no = self.planes["maintenance_after_transplant", ""]
        self.true(TRANSPLANT, "transplant", self.planes[TRANSPLANT_MONTHS][0] | yes | no)
        self.clash(TRANSPLANT, "untreated-transplant", self.planes[TRANSPLANT][0] & self.planes[ANY_LINE][1])

    def received(self) -> None:
        """What the disease is refractory to, what was in line 1 and what is part of a regimen given was received."""
        planes = self.planes
        for received, refractory, first in self.keys.agents:
            self.true(received, "refractory", planes[refractory][0])
            self.true(received, "line 1", planes[first][0])
        for given, agents, _ in self.keys.regimens:
            plane = planes[given][0]
            if plane is not self.none:
                for received in agents:
                    self.true(received, "regimen", plane)

    def lines(self) -> None:
        """Relate what was received to line 1 and to the number of lines."""
        planes, none = self.planes, self.none
        self.true(ANY_LINE, "given", planes[LATER_LINE][0])
        untreated, single = planes[ANY_LINE][1], planes[LATER_LINE][1]
        anything = later = none
        for received, _, first in self.keys.agents:
            self.false(received, "untreated", untreated)
            was_given, not_first = planes[received][0], planes[first][1]
            if was_given is not none:
                anything = anything | was_given
                later = later | (was_given & not_first)
                self.true(first, "one line", single & was_given)
            if not_first is not none:
                self.false(received, "one line", single & not_first)
        # What contradicts these two was noted agent by agent above.
        planes[ANY_LINE] = (planes[ANY_LINE][0] | anything, untreated)
        planes[LATER_LINE] = (planes[LATER_LINE][0] | later, single)

    def not_received(self) -> None:
        """What was not received is nothing that the disease is refractory to, not in line 1, and in no regimen given."""
        planes, none = self.planes, self.none
        for received, refractory, first in self.keys.agents:
            absent = planes[received][1]
            self.false(refractory, "not received", absent)
            self.false(first, "not received", absent)
        on_lenalidomide = planes[OFF_LENALIDOMIDE][1]
        self.clash(OFF_LENALIDOMIDE, "lenalidomide", on_lenalidomide & planes["refractory_to", "lenalidomide"][1])
        for given, agents, choices in self.keys.regimens:
            absent = none
            for received in agents:
                absent = absent | planes[received][1]
            for group in choices:
                absent = absent | reduce(and_, (planes[received][1] for received in group))
            self.false(given, "not received", absent)

    def order_of_lines(self) -> None:
        """A count that reaches a number reaches the smaller ones; one that stays below it stays below the larger."""
        bounds = sorted({bound[1] for fact, bound in self.planes if fact == "prior_lines"})
        keys: list[Key] = [("prior_lines", (">=", bound)) for bound in bounds]
        for lower, upper in pairwise(keys):
            self.false(upper, "given", self.planes[lower][1])
        for upper, lower in pairwise(reversed(keys)):
            self.true(lower, "given", self.planes[upper][0])


@frozen(eq=False)
class Related:
    """The keys that the closure relates: each agent's and each regimen's."""

    agents: tuple[tuple[Key, Key, Key], ...]
    regimens: tuple[tuple[Key, tuple[Key, ...], tuple[tuple[Key, ...], ...]], ...]


@cache
def everything(vocabulary: Vocabulary) -> Related:
    """Return the keys of every agent and regimen."""

    def received(agents: Iterable[str]) -> tuple[Key, ...]:
        return tuple(("exposed_to", agent) for agent in agents)

    agents = tuple((("exposed_to", name), ("refractory_to", name), ("line1_agents", name)) for name in vocabulary.active_agents)
    regimens = tuple(
        (("regimens_given", name), received(regimen.agents), tuple(map(received, regimen.one_of)))
        for name, regimen in vocabulary.regimens.items()
    )
    return Related(agents, regimens)


@lru_cache(maxsize=4096)
def related_to(vocabulary: Vocabulary, agents: frozenset[str], regimens: frozenset[str]) -> Related:
    """Return the keys of these agents and regimens, and of the agents of these regimens."""
    every = everything(vocabulary)
    chosen = tuple(item for item in every.regimens if item[0][1] in regimens)
    received = {key[1] for _, required, choices in chosen for key in (*required, *(one for group in choices for one in group))}
    return Related(tuple(item for item in every.agents if item[0][1] in agents or item[0][1] in received), chosen)
