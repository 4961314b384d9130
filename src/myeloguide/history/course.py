"""A line of therapy laid out in time: its phases with first and last dose, transplant, maintenance, progression."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date, timedelta
from functools import reduce
from math import floor
from typing import Literal

from myeloguide.history.definitions import Definitions
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.frozen import frozen
from myeloguide.record.patient_file import RESPONSES, Course, History, Line, Phase
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When, before, days_between

SHORTEST_MONTH, LONGEST_MONTH = 28, 31
UNPLACED = -1
COMPLETE = ("CR", "sCR")
"""Complete response or better."""
RANKS: dict[str | None, int] = {None: 0, "induction": 0, "conditioning": 1, "consolidation": 2, "maintenance": 3}
"""The planned order of phases. Phases of one rank may run side by side."""
MAINTENANCE = RANKS["maintenance"]
_MILLIGRAMS = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*mg\b", re.IGNORECASE)


@frozen(eq=False)
class Stretch:
    """A phase laid out in time: its agents (steroids left out), first and last dose, least length, how it ended."""

    agents: tuple[str, ...]
    rank: int
    first_dose: When
    last_dose: When
    least_days: int
    response: str | None
    reason: str | None
    doses: dict[str, str]
    low_dose: frozenset[str]


@frozen(eq=False)
class LineCourse:
    """A line laid out in time. `agents_known` is false where a part of it names no drug."""

    number: int
    start: When
    stop: When
    stretches: tuple[Stretch, ...]
    agents_known: bool
    regimens: tuple[str, ...]
    unnamed_regimens: tuple[frozenset[str], ...]
    best_response: str | None
    transplant: When | None
    no_transplant: bool
    conditioned: bool
    maintenance: bool | None
    maintenance_assumed: bool
    progression: When | None
    no_progression: bool
    progressed_on: frozenset[str]
    progression_kind: Literal["biochemical", "clinical"] | None = None
    complete_response: bool | None = None
    """Whether complete response or better was confirmed before any progression."""
    progression_free: date | None = None
    """A day up to which there was no progression, of a line in which none is known."""
    only_stable: bool = False
    """Whether what was seen of it is stable disease, and no response at all."""
    agents: tuple[str, ...] = field(init=False)
    """The agents given in this line."""
    _held: dict[str, list[Stretch]] = field(init=False)

    def __post_init__(self) -> None:
        held: dict[str, list[Stretch]] = {}
        for stretch in self.stretches:
            for agent in dict.fromkeys(stretch.agents):
                held.setdefault(agent, []).append(stretch)
        object.__setattr__(self, "_held", held)
        object.__setattr__(self, "agents", tuple(held))

    def holding(self, agent: str) -> list[Stretch]:
        """Return the phases with an agent, in order."""
        return self._held.get(agent, [])

    def last_of(self, agent: str) -> Stretch:
        """Return the phase with an agent's last dose: the last in order, unless one before it ended later for certain."""
        return reduce(lambda one, other: one if before(other.last_dose, one.last_dose) else other, self.holding(agent))

    def response_to(self, agent: str) -> str | None:
        """Return the best response on an agent: of its own phases where recorded, else of the line.

        Stable disease on maintenance is a response kept, not a failure to respond, and says nothing.
        """
        own = [
            stretch.response
            for stretch in self.holding(agent)
            if stretch.response is not None and (stretch.rank < RANKS["maintenance"] or stretch.response == "PD")
        ]
        return min(own, key=RESPONSES.index) if own else self.best_response

    def days_to_progression(self, agent: str) -> Range:
        """Return the days from an agent's last dose to this line's progression."""
        assert self.progression is not None
        last = self.last_of(agent)
        days = days_between(last.last_dose, self.progression)
        if last.rank == UNPLACED or not self.progressed_at_the_end:
            return days
        return days.within(Range(float(self.least_days_after(last.rank)), None)) or days

    @property
    def progressed_at_the_end(self) -> bool:
        """Whether the progression came on a phase of the last rank, so that every earlier one had passed before it."""
        last = max([stretch.rank for stretch in self.stretches], default=UNPLACED)
        return any(
            stretch.reason in ("progression", "ongoing") or not self.progressed_on.isdisjoint(stretch.agents)
            for stretch in self.stretches
            if stretch.rank == last
        )

    def least_days_after(self, rank: int) -> int:
        """Return the least time that the line went on after phases of a rank; phases side by side count once."""
        later = {stretch.rank for stretch in self.stretches if stretch.rank > rank}
        return sum(max(stretch.least_days for stretch in self.stretches if stretch.rank == other) for other in later)


def lay_out(history: History, vocabulary: Vocabulary, definitions: Definitions, as_of: date) -> list[LineCourse]:
    """Lay out the lines of a history in their order, bounded by the lines after them and by `as_of`."""
    lines = list(history.lines or ())
    if all(line.line is not None for line in lines):
        lines.sort(key=lambda line: line.line or 0)
    courses: list[LineCourse] = []
    until = When(None, as_of)
    for position in range(len(lines) - 1, -1, -1):
        number = lines[position].line or position + 1
        course = _Layout(lines[position], number, vocabulary, definitions, until).course()
        until = When(None, course.start.last or until.last)
        courses.insert(0, course)
    return courses


class _Layout:
    def __init__(self, line: Line, number: int, vocabulary: Vocabulary, definitions: Definitions, until: When) -> None:
        self.line = line
        self.number = number
        self.vocabulary = vocabulary
        self.definitions = definitions
        self.until = until
        self.phases = self._in_order(line.phases) if line.phases else [line]
        self.ranks = [_rank(phase) for phase in self.phases]
        self.agents = [tuple(vocabulary.active(phase.given_agents(vocabulary) or ())) for phase in self.phases]
        self.unplaced = self._place_the_rest()

    def _in_order(self, phases: Sequence[Phase]) -> list[Course]:
        """Order phases by their dates where every one has a start, else by their intent, else as they are listed."""
        if all(phase.start.first for phase in phases):
            return sorted(phases, key=lambda phase: phase.start.first or date.min)
        return sorted(phases, key=_rank)

    def _place_the_rest(self) -> tuple[str, ...]:
        """Give the agents that only the line names to its one induction without drugs; return those without a place."""
        progressed = self.line.progressed
        named = [agent for agents in self.agents for agent in agents]
        whole = [*(self.line.given_agents(self.vocabulary) or ()), *(progressed.on if progressed else ())]
        rest = tuple(agent for agent in dict.fromkeys(self.vocabulary.active(whole)) if agent not in named)
        bare = [place for place, agents in enumerate(self.agents) if not agents and self.ranks[place] == 0]
        if rest and len(bare) == 1:
            self.agents[bare[0]] = rest
            return ()
        return rest

    def course(self) -> LineCourse:
        line, progressed = self.line, self.line.progressed
        maintenance, assumed = self._maintenance()
        regimens, unnamed = self._regimens()
        return LineCourse(
            number=self.number,
            start=self._start(0),
            stop=self._stop(len(self.phases) - 1),
            stretches=self._stretches(),
            agents_known=all(self.agents),
            regimens=regimens,
            unnamed_regimens=unnamed,
            best_response=_told(line.best_response),
            transplant=line.transplanted,
            no_transplant=line.transplant is False,
            conditioned=1 in self.ranks,
            maintenance=maintenance,
            maintenance_assumed=assumed,
            progression=self._progression(),
            no_progression=line.progression is False,
            progressed_on=frozenset(self.vocabulary.active(progressed.on)) if progressed else frozenset(),
            progression_kind=progressed.kind if progressed else None,
            complete_response=self._complete_response(),
        )

    def _complete_response(self) -> bool | None:
        """Whether complete response or better is told of the line or a phase; of the whole line, whether it is not."""
        whole = _told(self.line.best_response)
        told = (whole, *(_told(phase.best_response) for phase in self.line.phases))
        return True if any(response in COMPLETE for response in told) else None if whole is None else False

    def _progression(self) -> When | None:
        """Return when the line progressed: as recorded, or when treatment was stopped for it."""
        line = self.line
        if line.progressed is not None:
            recorded = line.progressed.date
            return _narrowed(_narrowed(recorded, When(line.start.first, None)), self.until)
        if line.stop_reason == "progression":
            return _narrowed(line.stop if line.stop.known else self._stop(len(self.phases) - 1), self.until)
        if self.phases[-1].stop_reason == "progression":
            return _narrowed(self._stop(len(self.phases) - 1), self.until)
        return None

    # --- time ---

    def _start(self, place: int) -> When:
        phase = self.phases[place]
        if phase.start.known:
            return phase.start
        if place == 0 and self.line.start.known:
            return self.line.start
        earlier = [other.start.first for other, rank in self._others(place) if rank < self.ranks[place] and other.start.first]
        return _span(max(earlier, default=self.line.start.first), phase.stop.last)

    def _others(self, place: int) -> Iterable[tuple[Course, int]]:
        return ((phase, rank) for other, (phase, rank) in enumerate(zip(self.phases, self.ranks, strict=True)) if other != place)

    def _stop(self, place: int) -> When:
        """Return when a phase ended: as given, with the line, from its length, or at the latest when a later one began."""
        phase, rank = self.phases[place], self.ranks[place]
        if phase.stop.known:
            return phase.stop
        if self._given_once(place):
            return self._start(place)
        others = list(self._others(place))
        if self.line.stop.known and not any(other >= rank for _, other in others):
            return self.line.stop
        start = phase.start if phase.start.known or place else self.line.start
        first = start.first
        ends = [other.start.last for other, later in others if later > rank]
        ends += [self.line.stop.last, self.until.last]
        if getattr(phase, "intent", None) == "induction" and self.line.transplanted and not before(self.line.transplanted, start):
            ends.append(self.line.transplanted.last)  # what is given to reach the transplant ends before it
        if phase.months is not None and start.known:
            tolerance = self.definitions.month_tolerance
            least = timedelta(days=floor(SHORTEST_MONTH * max(phase.months - tolerance, 0)))
            most = timedelta(days=LONGEST_MONTH * (floor(phase.months + tolerance) + 1))
            first = start.first and start.first + least
            ends.append(start.last and start.last + most)
        return _span(first, min((day for day in ends if day), default=None))

    def _given_once(self, place: int) -> bool:
        """Whether a phase is an infusion of CAR-T cells, whose one day is the last, too."""
        agents = self.agents[place]
        known = self.phases[place].start.known or (place == 0 and self.line.start.known)
        return known and bool(agents) and all(agent in self.vocabulary.class_members["bcma_car_t"] for agent in agents)

    def _least_days(self, phase: Course) -> int:
        """Return the least number of days that a phase lasted."""
        days = days_between(phase.start, phase.stop).least or 0
        if phase.months is not None:
            days = max(days, SHORTEST_MONTH * (phase.months - self.definitions.month_tolerance))
        return max(0, floor(days))

    # --- what was given ---

    def _stretches(self) -> tuple[Stretch, ...]:
        last = max(self.ranks)
        found = [
            Stretch(
                agents=agents,
                rank=rank,
                first_dose=self._start(place),
                last_dose=self._stop(place),
                least_days=self._least_days(phase),
                response=_told(phase.best_response) if isinstance(phase, Phase) else None,
                reason=self._reason(place, last),
                doses=self._doses(agents, phase),
                low_dose=frozenset(agent for agent in agents if self._low_dose(agent, agents, phase)),
            )
            for place, (phase, rank, agents) in enumerate(zip(self.phases, self.ranks, self.agents, strict=True))
        ]
        if self.unplaced:
            sometime = _span(self.line.start.first, min(day for day in (self.line.stop.last, self.until.last) if day))
            doses = self._doses(self.unplaced, self.line)
            found.insert(0, Stretch(self.unplaced, UNPLACED, sometime, sometime, 0, None, None, doses, frozenset()))
        return tuple(found)

    def _reason(self, place: int, last: int) -> str | None:
        reason = self.phases[place].stop_reason or (self.line.stop_reason if self.ranks[place] == last else None)
        return None if reason == "ongoing" and self._given_once(place) else reason

    def _doses(self, agents: Iterable[str], phase: Course) -> dict[str, str]:
        """Return the doses as recorded; a bare number is milligrams."""
        doses = {agent: phase.doses.get(agent, self.line.doses.get(agent)) for agent in agents}
        return {agent: f"{dose:g} mg" if isinstance(dose, (int, float)) else dose for agent, dose in doses.items() if dose}

    def _low_dose(self, agent: str, agents: Sequence[str], phase: Course) -> bool:
        """Whether an agent was given below its full dose; maintenance with it alone is, unless its dose says otherwise."""
        full = self.definitions.full_dose_mg.get(agent)
        dose = _MILLIGRAMS.match(self._doses([agent], phase).get(agent, ""))
        if dose is not None and full is not None:
            return float(dose.group(1)) < full
        return _rank(phase) == RANKS["maintenance"] and len(agents) == 1

    def _regimens(self) -> tuple[tuple[str, ...], tuple[frozenset[str], ...]]:
        """Return the regimens of the line: its own and those of its induction and consolidation."""
        courses: list[Course] = [self.line] if self.line.regimen or self.line.agents else []
        courses += [phase for phase in self.line.phases if phase.intent not in ("maintenance", "conditioning")]
        named: list[str] = []
        unnamed: list[frozenset[str]] = []
        for course in courses:
            regimen = course.regimen_id(self.vocabulary)
            agents = course.given_agents(self.vocabulary)
            if regimen is not None:
                named.append(regimen)
            elif agents:
                unnamed.append(frozenset(self.vocabulary.active(agents)))
        return tuple(dict.fromkeys(named)), tuple(dict.fromkeys(unnamed))

    def _maintenance(self) -> tuple[bool | None, bool]:
        """Return whether maintenance followed in this line, and whether that was concluded rather than written."""
        if self.line.maintenance is not None:
            return self.line.maintenance, False
        intents = [phase.intent for phase in self.line.phases]
        if "maintenance" in intents:
            return True, False
        if intents and None not in intents and not self.unplaced:
            return False, True
        return None, False


def _rank(phase: Course) -> int:
    return RANKS[phase.intent] if isinstance(phase, Phase) else 0


def _told(response: str | None) -> str | None:
    """A response that could not be evaluated is none."""
    return None if response == "NE" else response


def _narrowed(when: When, other: When) -> When:
    return when.within(other) or when


def _span(first: date | None, last: date | None) -> When:
    """Return an interval, or an unknown one where its ends exclude each other."""
    return UNKNOWN if first and last and first > last else When(first, last)
