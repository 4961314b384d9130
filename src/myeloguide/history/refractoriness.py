"""Refractoriness per agent: no response on it, or progression on it or within 60 days of its last dose (ruling A1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from myeloguide.history.course import Exposure, LineCourse
from myeloguide.history.definitions import Definitions
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When, before, days_between

ANY_TIME = Range()


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether the disease is refractory to an agent by one line, with the dates that say so."""

    agent: str
    refractory: bool | None
    line: int
    reason: str
    last_dose: When = UNKNOWN
    progression: When = UNKNOWN
    days: Range = ANY_TIME
    on_therapy: bool = False
    assumed: bool = False


def _dosed(exposure: Exposure) -> str:
    return f" at {exposure.dose}" if exposure.dose else ""


def findings(courses: Sequence[LineCourse], definitions: Definitions) -> list[Finding]:
    """Return what every line says about every agent given in it."""
    return [
        finding
        for course in courses
        for exposure in course.exposures
        for finding in _by_line(course, exposure, courses, definitions)
    ]


def refractory(found: Iterable[Finding]) -> Finding | None:
    """Return the finding that decides: one that proves it, else one that leaves it open, else one that excludes it."""
    ranked = {True: 0, None: 1, False: 2}
    return min(found, key=lambda finding: (ranked[finding.refractory], -finding.line), default=None)


def _by_line(course: LineCourse, exposure: Exposure, courses: Sequence[LineCourse], definitions: Definitions) -> list[Finding]:
    if definitions.refractory_dose == "full" and exposure.low_dose:
        reason = f"given in line {course.number} at a low dose only, which does not count by the reading chosen (A2)"
        return [Finding(exposure.agent, False, course.number, reason, exposure.last_dose)]
    found = [_by_response(course, exposure, definitions), _by_progression(course, exposure, definitions)]
    if course.progression is None:
        found += [
            _by_later_progression(course, exposure, later, definitions)
            for later in courses
            if later.number > course.number and later.progression is not None and later.progression.known
        ]
    return [finding for finding in found if finding is not None]


def _by_response(course: LineCourse, exposure: Exposure, definitions: Definitions) -> Finding | None:
    response = exposure.best_response or course.best_response
    if response not in definitions.nonresponse:
        return None
    reason = f"best response to line {course.number} was {response}, less than minimal response"
    return Finding(exposure.agent, True, course.number, reason, exposure.last_dose, on_therapy=True)


def _by_progression(course: LineCourse, exposure: Exposure, definitions: Definitions) -> Finding:
    number, agent = course.number, exposure.agent
    if course.progression is None:
        if course.no_progression:
            return _excluded(course, exposure, f"line {number} ended without progression")
        return Finding(agent, None, number, f"no progression is recorded for line {number}", exposure.last_dose)
    when = course.progression
    if agent in course.progressed_on:
        reason = f"progression {_dated(when)}on {agent}{_dosed(exposure)} (line {number})"
        return Finding(agent, True, number, reason, exposure.last_dose, when, Range.exactly(0), on_therapy=True)
    if before(when, exposure.first_dose):
        return _excluded(course, exposure, f"begun after the progression of line {number}", when)
    if exposure.until_progression:
        reason = f"still given{_dosed(exposure)} at progression {_dated(when)}(line {number})"
        return Finding(agent, True, number, reason, exposure.last_dose, when, Range.exactly(0), on_therapy=True)
    return _by_days(course, exposure, when, course.days_to_progression(exposure), definitions)


def _by_days(course: LineCourse, exposure: Exposure, when: When, days: Range, definitions: Definitions) -> Finding:
    limit = definitions.refractory_days
    on_therapy = days.exceeds(0) is False
    beyond = days.exceeds(limit)
    if on_therapy:
        reason = f"progression {_dated(when)}on it{_dosed(exposure)}, last dose {exposure.last_dose} (line {course.number})"
    elif beyond is None:
        reason = (
            f"progression {_dated(when)}came {_days(days)} after the last dose, {exposure.last_dose}: "
            f"the dates cannot tell whether that is within {limit} days (line {course.number})"
        )
    else:
        side = "more than" if beyond else "within"
        reason = (
            f"progression {_dated(when)}came {_days(days)} after the last dose, {exposure.last_dose}: "
            f"{side} {limit} days (line {course.number})"
        )
    if beyond:
        return _excluded(course, exposure, reason, when, days)
    value = None if beyond is None else True
    return Finding(exposure.agent, value, course.number, reason, exposure.last_dose, when, days, on_therapy)


def _excluded(course: LineCourse, exposure: Exposure, reason: str, when: When = UNKNOWN, days: Range = ANY_TIME) -> Finding:
    """Return that a line does not make the disease refractory; where no response is recorded, that is an assumption."""
    assumed = (exposure.best_response or course.best_response) is None
    if assumed:
        reason += "; response not recorded, taken as minimal response or better"
    return Finding(exposure.agent, False, course.number, reason, exposure.last_dose, when, days, assumed=assumed)


def _by_later_progression(course: LineCourse, exposure: Exposure, later: LineCourse, definitions: Definitions) -> Finding | None:
    """Read a progression of a later line that may still fall within 60 days of this agent's last dose."""
    assert later.progression is not None
    days = days_between(exposure.last_dose, later.progression)
    beyond = days.exceeds(definitions.refractory_days)
    starts = days_between(exposure.last_dose, later.start).exceeds(definitions.refractory_days)
    if beyond or starts or not exposure.last_dose.known:
        return None
    value = None if beyond is None else True
    certainty = "within" if value else "perhaps within"
    reason = (
        f"last dose {exposure.last_dose} (line {course.number}), progression {_dated(later.progression)}in line "
        f"{later.number}: {certainty} {definitions.refractory_days} days"
    )
    return Finding(exposure.agent, value, course.number, reason, exposure.last_dose, later.progression, days)


def _dated(when: When) -> str:
    return f"{when} " if when.known else ""


def _days(days: Range) -> str:
    return f"{days} days" if days != Range() else "an unknown time"
