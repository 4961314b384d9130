"""What is true of a story: lines, responses, refractoriness and facts, as it was told.

Refractory (Rajkumar et al., Blood 2011;117:4691): no response (less than MR) on a therapy, or progression on it or within 60 days
after its last dose; agent by agent, a failure in any line counts.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from myeloguide.cohort.simulation.story import EPOCH, Line, Story
from myeloguide.knowledge.vocabulary import vocabulary

DAYS_AFTER_LAST_DOSE = 60


@dataclass(slots=True)
class Failure:
    """What one line says of one agent; `last_dose` is None while it goes on."""

    agent: str
    line: int
    refractory: bool
    reason: str | None
    last_dose: int | None
    progression: int | None
    days: int | None


@dataclass(slots=True)
class Facts:
    """The facts of a patient at `as_of`; what is not recorded anywhere is left out."""

    prior_lines: int
    age: int
    exposed: dict[str, None]
    refractory: set[str]
    line1: dict[str, None]
    regimens: set[str]
    months_lenalidomide: float | None
    transplant: bool
    months_transplant: float | None
    maintenance: bool | None
    primary_refractory: bool | None


def agents_of(line: Line) -> dict[str, None]:
    """Return the agents of a line, each once, in the order given; steroids left out."""
    known = vocabulary().agents
    return {given.agent: None for given in line.given if not known[given.agent].steroid}


def failures(line: Line) -> list[Failure]:
    """Return for every agent of a line whether the disease proved refractory to it there."""
    found = []
    for agent in agents_of(line):
        stops = [given.stop for given in line.given if given.agent == agent]
        doses = [stop for stop in stops if stop is not None]
        last_dose = max(doses) if len(doses) == len(stops) else None
        days = None
        if line.progression is not None and last_dose is not None:
            days = max(line.progression - last_dose, 0)
        reason = None
        if days is not None and days <= DAYS_AFTER_LAST_DOSE:
            reason = "progression_on_therapy" if days == 0 else "progression_within_60_days"
        elif line.best in ("SD", "PD"):
            reason = "no_response"
        found.append(Failure(agent, line.number, reason is not None, reason, last_dose, line.progression, days))
    return found


def of_agents(found: list[Failure]) -> list[Failure]:
    """Return one row an agent: the last line in which the disease was refractory to it, else the last with it."""
    chosen: dict[str, Failure] = {}
    for failure in found:
        before = chosen.get(failure.agent)
        if before is None or failure.refractory or not before.refractory:
            chosen[failure.agent] = failure
    return list(chosen.values())


def calendar_months(first: int, last: int) -> float:
    """Return whole calendar months and the rest as a share of the running month; a day past a month's end is its last."""
    start, end = date.fromordinal(first + EPOCH), date.fromordinal(last + EPOCH)

    def after(months: int) -> date:
        year, month = divmod(start.month - 1 + months, 12)
        year, month = start.year + year, month + 1
        return date(year, month, min(start.day, monthrange(year, month)[1]))

    months = (end.year - start.year) * 12 + end.month - start.month
    if after(months) > end:
        months -= 1
    return months + (end - after(months)).days / (after(months + 1) - after(months)).days


def completed_years(birth: int, day: int) -> int:
    """Return the age in completed years."""
    born, then = date.fromordinal(birth + EPOCH), date.fromordinal(day + EPOCH)
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def facts(story: Story, found: list[Failure]) -> Facts:
    """Return the facts at `as_of`."""
    lines = story.lines
    last = lines[-1] if lines else None
    transplanted = next((line for line in reversed(lines) if line.transplant is not None), None)
    followed = transplanted.progression if transplanted else None
    return Facts(
        prior_lines=len(lines),
        age=completed_years(story.birth, story.as_of),
        exposed={agent: None for line in lines for agent in agents_of(line)},
        refractory={failure.agent for failure in found if failure.refractory},
        line1=agents_of(lines[0]) if lines else {},
        regimens={regimen for line in lines for regimen in line.regimens},
        months_lenalidomide=_since_lenalidomide(lines, last.progression if last else None),
        transplant=transplanted is not None,
        months_transplant=_months(transplanted.transplant, followed) if transplanted else None,
        maintenance=transplanted.maintenance if transplanted else None,
        primary_refractory=all(line.best in ("SD", "PD") for line in lines) if lines else None,
    )


def _months(first: int | None, last: int | None) -> float | None:
    return None if first is None or last is None else calendar_months(first, last)


def _since_lenalidomide(lines: list[Line], progression: int | None) -> float | None:
    stops = [given.stop for line in lines for given in line.given if given.agent == "lenalidomide"]
    if progression is None or not stops:
        return None
    last_dose = max(stop for stop in stops if stop is not None)
    return calendar_months(last_dose, progression) if progression > last_dose else 0.0
