"""A line of therapy laid out in time: each agent's first and last dose, transplant, maintenance, progression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor

from myeloguide.history.definitions import Definitions
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.patient_file import Course, History, Line, Phase
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When, days_between

SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class Exposure:
    """One agent within one line. `later_days` is the least time that its line went on after it."""

    agent: str
    first_dose: When
    last_dose: When
    until_progression: bool
    low_dose: bool
    dose: str | None
    best_response: str | None
    later_days: int


@dataclass(frozen=True, slots=True)
class LineCourse:
    """A line laid out in time. `agents_known` is false where a part of it names no drug."""

    number: int
    start: When
    stop: When
    exposures: tuple[Exposure, ...]
    agents_known: bool
    regimens: tuple[str, ...]
    unnamed_regimens: tuple[frozenset[str], ...]
    best_response: str | None
    transplant: When | None
    no_transplant: bool
    days_after_transplant: int
    maintenance: bool | None
    maintenance_assumed: bool
    progression: When | None
    no_progression: bool
    progression_kind: str | None
    progressed_on: frozenset[str]
    end_reason: str | None

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents given in this line, steroids left out."""
        return tuple(exposure.agent for exposure in self.exposures)

    def days_to_progression(self, exposure: Exposure) -> Range:
        """Return the days from an agent's last dose to this line's progression."""
        assert self.progression is not None
        days = days_between(exposure.last_dose, self.progression)
        if self.progressed_late:
            days = days.within(Range(float(exposure.later_days), None)) or days
        return days

    @property
    def progressed_late(self) -> bool:
        """Whether the progression came with or after the last phase, so that every phase passed before it."""
        return bool(self.progressed_on) or self.end_reason == "progression"


def lay_out(history: History, vocabulary: Vocabulary, definitions: Definitions, as_of: date) -> list[LineCourse]:
    """Lay out the lines of a history in their order, bounded by the lines after them and by `as_of`."""
    lines = list(history.lines or ())
    if all(line.line is not None for line in lines):
        lines.sort(key=lambda line: line.line or 0)
    courses: list[LineCourse] = []
    following = When(None, as_of)
    for position in range(len(lines) - 1, -1, -1):
        number = lines[position].line or position + 1
        course = _Layout(lines[position], number, vocabulary, definitions, following).course()
        following = When(None, course.start.last or following.last)
        courses.insert(0, course)
    return courses


class _Layout:
    def __init__(self, line: Line, number: int, vocabulary: Vocabulary, definitions: Definitions, until: When) -> None:
        self.line = line
        self.number = number
        self.vocabulary = vocabulary
        self.definitions = definitions
        self.until = until
        self.phases: Sequence[Course] = self._phases()

    def _phases(self) -> Sequence[Course]:
        """Return the line's phases; without any, the line itself is its one phase."""
        if not self.line.phases:
            return [self.line]
        named = {agent for phase in self.line.phases for agent in phase.given_agents(self.vocabulary) or ()}
        rest = [agent for agent in self.line.given_agents(self.vocabulary) or () if agent not in named]
        if not self.vocabulary.active(rest):
            return self.line.phases
        unplaced = Phase.model_construct(agents=tuple(rest), start=self.line.start, stop=UNKNOWN)
        return [unplaced, *self.line.phases]

    def course(self) -> LineCourse:
        line = self.line
        progressed = line.progressed
        progression = None
        if progressed is not None:
            progression = self._bounded(progressed.date, When(line.start.first, None))
        elif line.stop_reason == "progression" or self.phases[-1].stop_reason == "progression":
            progression = self._bounded(self._stop(len(self.phases) - 1), UNKNOWN)
        maintenance, assumed = self._maintenance()
        regimens, unnamed = self._regimens()
        return LineCourse(
            number=self.number,
            start=self._start(0),
            stop=self._stop(len(self.phases) - 1),
            exposures=tuple(self._exposures()),
            agents_known=all(phase.given_agents(self.vocabulary) for phase in self.phases),
            regimens=regimens,
            unnamed_regimens=unnamed,
            best_response=line.best_response,
            transplant=line.transplanted,
            no_transplant=line.transplant is False,
            days_after_transplant=self._days_after_transplant(),
            maintenance=maintenance,
            maintenance_assumed=assumed,
            progression=progression,
            no_progression=line.progression is False,
            progression_kind=progressed.kind if progressed else None,
            progressed_on=frozenset(self.vocabulary.active(progressed.on)) if progressed else frozenset(),
            end_reason=self._end_reason(),
        )

    def _end_reason(self) -> str | None:
        return self.line.stop_reason or self.phases[-1].stop_reason

    def _bounded(self, when: When, other: When) -> When:
        """Narrow a date by what came before the next line and by another interval, as far as they agree."""
        narrowed = when.within(other) or when
        return narrowed.within(self.until) or narrowed

    def _start(self, position: int) -> When:
        phase = self.phases[position]
        if phase.start.known:
            return phase.start
        if position == 0 and self.line.start.known:
            return self.line.start
        earlier = self.phases[position - 1].stop if position else UNKNOWN
        return When(earlier.first or self.line.start.first, self._stop_as_given(position).last)

    def _stop_as_given(self, position: int) -> When:
        phase = self.phases[position]
        if phase.stop.known:
            return phase.stop
        return self.line.stop if position == len(self.phases) - 1 else UNKNOWN

    def _stop(self, position: int) -> When:
        """Return when a phase ended: as given, from its length, or at the latest when the next one began."""
        given = self._stop_as_given(position)
        if given.known:
            return given
        phase = self.phases[position]
        start = phase.start if phase.start.known or position else self.line.start
        latest = min(
            (day for later in self.phases[position + 1 :] for day in (later.start.last, later.stop.last) if day),
            default=self.line.stop.last,
        )
        first = start.first
        last = latest
        if phase.months is not None and start.known:
            tolerance = self.definitions.month_tolerance
            first = start.first and start.first + timedelta(days=floor(SHORTEST_MONTH * max(phase.months - tolerance, 0)))
            longest = start.last and start.last + timedelta(days=31 * (floor(phase.months + tolerance) + 1))
            last = min((day for day in (longest, latest) if day), default=None)
        if first and last and first > last:
            first = None
        return When(first, last)

    def _least_days(self, position: int) -> int:
        """Return the least number of days that a phase lasted."""
        phase = self.phases[position]
        days = days_between(phase.start, phase.stop).least or 0
        if phase.months is not None:
            days = max(days, SHORTEST_MONTH * (phase.months - self.definitions.month_tolerance))
        return max(0, floor(days))

    def _exposures(self) -> list[Exposure]:
        found: list[Exposure] = []
        given = [self.vocabulary.active(phase.given_agents(self.vocabulary) or ()) for phase in self.phases]
        for agent in dict.fromkeys(agent for agents in given for agent in agents):
            positions = [position for position, agents in enumerate(given) if agent in agents]
            first, last = positions[0], positions[-1]
            phase = self.phases[last]
            ongoing = phase.stop_reason in ("ongoing", "progression") or (
                last == len(self.phases) - 1 and self.line.stop_reason in ("ongoing", "progression")
            )
            found.append(
                Exposure(
                    agent=agent,
                    first_dose=self._start(first),
                    last_dose=self._stop(last),
                    until_progression=ongoing,
                    low_dose=all(self._low_dose(agent, self.phases[position]) for position in positions),
                    dose=self._dose(agent, phase),
                    best_response=phase.best_response if len(positions) == 1 else None,
                    later_days=sum(self._least_days(later) for later in range(last + 1, len(self.phases))),
                )
            )
        return found

    def _dose(self, agent: str, phase: Course) -> str | None:
        """Return the dose last given, as recorded; a bare number is milligrams."""
        dose = phase.doses.get(agent, self.line.doses.get(agent))
        return f"{dose:g} mg" if isinstance(dose, (int, float)) else dose

    def _low_dose(self, agent: str, phase: Course) -> bool:
        """Whether an agent was given below its full dose; maintenance with it alone is, unless its dose says otherwise."""
        full = self.definitions.full_dose_mg.get(agent)
        dose = phase.doses.get(agent, self.line.doses.get(agent))
        if isinstance(dose, (int, float)) and full is not None:
            return dose < full
        alone = len(self.vocabulary.active(phase.given_agents(self.vocabulary) or ())) == 1
        return isinstance(phase, Phase) and phase.intent == "maintenance" and alone

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
        if intents and None not in intents:
            return False, True
        return None, False

    def _days_after_transplant(self) -> int:
        """Return the least time on treatment after the transplant: the phases of maintenance and consolidation."""
        if self.line.transplanted is None:
            return 0
        after = [
            position
            for position, phase in enumerate(self.phases)
            if isinstance(phase, Phase) and phase.intent in ("maintenance", "consolidation")
        ]
        return sum(self._least_days(position) for position in after)
