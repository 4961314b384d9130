"""Relapse of a line: its kind by the signs found, when it came after the last dose, from what response, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from myeloguide.history.course import UNPLACED, LineCourse
from myeloguide.history.definitions import Definitions
from myeloguide.history.kleene import all_of, any_of, negated
from myeloguide.history.proof import Proof
from myeloguide.history.refractoriness import Finding
from myeloguide.record.frozen import frozen
from myeloguide.record.ranges import ANY_NUMBER, Range
from myeloguide.record.time import UNKNOWN, When, before, days_between, months_between

Kind = Literal["biochemical", "clinical"]
Seen = Literal["read", "secondary", "unverified"]
"""Where a row of criteria was seen: in the publication itself, on a page that quotes it, or nowhere yet."""


@frozen(eq=False)
class SignFound:
    """Whether a sign was there at a relapse, what shows it, and where its limit was seen; `assumed`: not recorded, so absent."""

    sign: str
    value: bool | None
    text: str
    seen: Seen
    assumed: bool = False


@frozen(eq=False)
class Signs:
    """What tells a relapse's kind: every sign by one version, and whether it was significant, with its proof."""

    version: str
    signs: tuple[SignFound, ...] = ()
    significant: bool | None = None
    significant_text: str = ""
    because: tuple[str, ...] = ()
    as_recorded: Kind | None = None

    @property
    def kind(self) -> Kind | None:
        """As recorded; else clinical where one sign was there, biochemical where every one was looked for and absent."""
        if self.as_recorded is not None:
            return self.as_recorded
        values = [found.value for found in self.signs]
        if True in values:
            return "clinical"
        return "biochemical" if values and None not in values else None


# --- relapse in time ---


@frozen(eq=False)
class Relapse:
    """The progression of one line: when, how long after the last dose, the transplant, and from what response.

    `treatment_free` are the days from the last dose of the line to the start of the next one.
    """

    line: int
    date: When
    kind: Kind | None
    timing: str | None
    since_last_dose: Range
    treatment_free: Range
    months_from_transplant: Range
    best_response: str | None
    from_response: bool | None
    from_complete_response: bool | None
    signs: Signs | None = None


def relapses(courses: Sequence[LineCourse], definitions: Definitions, signs: Mapping[int, Signs]) -> tuple[Relapse, ...]:
    """Return the progression of every line that has one."""
    found = []
    for position, course in enumerate(courses):
        if course.progression is None:
            continue
        seen = signs.get(course.number)
        timing, days = _timing(course, definitions)
        later = courses[position + 1] if position + 1 < len(courses) else None
        response = course.best_response
        found.append(
            Relapse(
                line=course.number,
                date=course.progression,
                kind=seen.kind if seen is not None else course.progression_kind,
                timing=timing,
                since_last_dose=days,
                treatment_free=ANY_NUMBER if later is None else _not_negative(days_between(_last_dose(course), later.start)),
                months_from_transplant=_since_transplant(courses[: position + 1], course.progression),
                best_response=response,
                from_response=None if response is None else response not in definitions.nonresponse,
                from_complete_response=course.complete_response,
                signs=seen,
            )
        )
    return tuple(found)


def _last_dose(course: LineCourse) -> When:
    """Return when the last drug of a line was given last."""
    placed = [stretch.last_dose for stretch in course.stretches if stretch.rank != UNPLACED]
    if not placed:
        return UNKNOWN
    firsts = [when.first for when in placed if when.first is not None]
    lasts = [when.last for when in placed]
    last = None if None in lasts else max(day for day in lasts if day is not None)
    return When(max(firsts, default=None), last)


def _timing(course: LineCourse, definitions: Definitions) -> tuple[str | None, Range]:
    """Return whether the progression came on therapy, within the limit after it, or later, and the days since the last dose."""
    assert course.progression is not None
    limit = definitions.refractory_days
    on: list[bool | None] = []
    soon: list[bool | None] = []
    days: list[Range] = []
    for agent in course.agents:
        given = course.holding(agent)
        if before(course.progression, given[0].first_dose):
            continue
        since = course.days_to_progression(agent)
        after = since.exceeds(0)
        still_given = given[-1].reason in ("progression", "ongoing") and not after
        if agent in course.progressed_on or still_given or after is False:
            return "on therapy", Range.exactly(0)
        days.append(since)
        on.append(negated(after))
        soon.append(negated(since.exceeds(limit)))
    least = _not_negative(_least(days))
    if any_of(on) is False and any_of(soon) is not None:
        return (f"within {limit} days" if any_of(soon) else "later"), least
    return None, least


def _least(ranges: Sequence[Range]) -> Range:
    leasts, mosts = [item.least for item in ranges], [item.most for item in ranges]
    least = None if not leasts or None in leasts else min(end for end in leasts if end is not None)
    return Range(least, min((end for end in mosts if end is not None), default=None))


def _not_negative(number: Range) -> Range:
    """Return a number that cannot be below nothing."""
    return Range(max(number.least or 0, 0), None if number.most is None else max(number.most, 0))


def _since_transplant(courses: Sequence[LineCourse], progression: When) -> Range:
    """Return the calendar months from the last transplant before a progression; unbounded where there was none."""
    held = [course.transplant for course in courses if course.transplant is not None]
    if not held:
        return ANY_NUMBER
    months = months_between(held[-1], progression)
    return ANY_NUMBER if months.most is not None and months.most < 0 else _not_negative(months)


# --- what the course of the disease says of the patient ---


def course_states(
    courses: Sequence[LineCourse], found: Sequence[Finding], definitions: Definitions, as_of: date | None, *, every_line: bool
) -> Iterator[Proof]:
    """Yield whether the disease is relapsed and refractory by its last line, and whether its functional risk is high."""
    if courses:
        yield _relapsed_and_refractory(courses, found, definitions, every_line=every_line)
        yield _functional_high_risk(courses, definitions, as_of, every_line=every_line)


def _relapsed_and_refractory(
    courses: Sequence[LineCourse], found: Sequence[Finding], definitions: Definitions, *, every_line: bool
) -> Proof:
    last = courses[-1]
    by_line = [finding for finding in found if finding.line == last.number]
    failed = any_of(finding.refractory for finding in by_line)
    reached = any_of(_responded(course, definitions) for course in courses)
    why = next((finding.reason for finding in by_line if finding.refractory is failed), f"line {last.number} names no drug")
    if not every_line:  # another line may have come after the last one recorded
        reached, failed = reached or None, failed or None
    value = all_of((failed, reached))
    said = {True: "minimal response or better before", False: "never minimal response before", None: "response before unknown"}
    text = f"{why}; {said[reached]}"
    if value is None and not every_line:
        text += "; the record is not known to have every line"
    return Proof("relapsed_and_refractory", "", value, text, (last.number,), rule="A1")


def _responded(course: LineCourse, definitions: Definitions) -> bool | None:
    """Whether minimal response or better was ever reached in a line."""
    said = [course.best_response, *(stretch.response for stretch in course.stretches if stretch.rank < 3)]
    reached = [None if response is None else response not in definitions.nonresponse for response in said]
    return True if True in reached else None if course.best_response is None else False


def _functional_high_risk(
    courses: Sequence[LineCourse], definitions: Definitions, as_of: date | None, *, every_line: bool
) -> Proof:
    """Read the relapse that came first; both limits include their last day, and progression without a response counts."""
    first, months, after_transplant = courses[0], definitions.early_relapse_months, definitions.early_after_transplant_months
    rule = f"within {months:g} months of starting treatment or {after_transplant:g} of a frontline transplant; no consensus"
    if not every_line:
        text = "not every line is known, so the start of treatment is not"
        return Proof("functional_high_risk", "", None, text, (first.number,), rule=rule)
    value = any_of(_came_within(first.start, course, months, courses, as_of) for course in courses)
    text = f"treatment began {first.start}"
    if first.transplant is not None:
        soon_after = any_of(_came_within(first.transplant, course, after_transplant, courses, as_of) for course in courses)
        value = any_of((value, soon_after))
        text += f", transplant {first.transplant}"
    elif not first.no_transplant:
        value = any_of((value, None))
    relapse = next((course.progression for course in courses if course.progression is not None), None)
    text += ", no progression recorded" if relapse is None else f", first progression {relapse}"
    return Proof("functional_high_risk", "", value, text, (first.number,), rule=rule)


def _came_within(since: When, course: LineCourse, limit: float, courses: Sequence[LineCourse], as_of: date | None) -> bool | None:
    """Whether the progression of a line came within so many months of a day."""
    if course.progression is not None:
        months = months_between(since, course.progression)
        return all_of((months.reaches(0), negated(months.exceeds(limit))))
    if course.no_progression and course is not courses[-1]:
        return False
    # What has not come once the time is over came too late; before, it may still come.
    until = When.on(as_of) if course.no_progression and as_of is not None else course.start
    return False if months_between(since, until).exceeds(limit) else None
