"""A line counted from recorded treatments, laid out in time: what was given, how it was answered, when it progressed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from myeloguide.history.course import MAINTENANCE, RANKS, LineCourse, Stretch
from myeloguide.history.definitions import Definitions
from myeloguide.history.judged import (
    Judged,
    best_response,
    complete_response,
    free_of_progression,
    only_stable,
    shows_progression,
    without_progression,
)
from myeloguide.history.lines import LineFound, PhaseFound, cell_products
from myeloguide.history.response import Category
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events, Treatment
from myeloguide.record.time import UNKNOWN, When, before, days_between

_OTHER_REASONS = ("toxicity", "intolerance", "completed", "planned", "choice")


def course_of(
    events: Events,
    lines: Sequence[LineFound],
    position: int,
    judged: Sequence[Judged],
    vocabulary: Vocabulary,
    definitions: Definitions,
    as_of: date,
    *,
    complete: bool,
    placed: bool,
) -> LineCourse:
    """Lay a line out in time; `placed` says that no value, finding or response is without a date."""
    line = lines[position]
    seen_until = _seen_until(events, as_of)
    until = lines[position + 1].start.last if position + 1 < len(lines) else seen_until
    rows = {row: phase.intent for phase in line.phases for row in phase.rows}
    given = sorted(_given(events, lines, position, rows), key=_place)
    once = cell_products(vocabulary)
    cells = line.infusions or any(agent in once for agent in line.agents)
    stretches = tuple(_stretch(item, rows[item.row], given, definitions, until or as_of, seen_until, once) for item in given)
    own = [item for item in judged if item.line == line.number]
    progression = next((When.on(item.visit.day) for item in own if shows_progression(item)), None)
    stops = [item.stop or UNKNOWN for item in given if item.stop_reason == "progression"]
    if stops:
        stopped = max((stop for stop in stops if stop.known), key=lambda when: when.last or date.max, default=UNKNOWN)
        # What was stopped for progression shows that it was known by then, whatever was measured later.
        if progression is None or before(stopped, progression):
            progression = _known_by(stopped, line.start, own, until or as_of)
    best = best_response(own, line.start, definitions.evaluable_days)
    if best == "SD" and not any(item.recorded for item in own) and _may_keep(events, lines[:position], judged, definitions):
        best = None
    induction = [phase for phase in line.phases if phase.intent in ("induction", "consolidation")]
    named = [
        (phase, vocabulary.recogniser.of_agents((*phase.agents, *_steroids(events, phase, vocabulary)))) for phase in induction
    ]
    maintained = [phase for phase in line.phases if phase.intent == "maintenance"]
    last = [stretch.last_dose for stretch in stretches]
    since = events.person.complete_from
    whole = placed and (complete or (since is not None and before(line.start, since) is False))
    # A line that another followed for no reason written down may have ended with a progression that nobody wrote down.
    explained = position + 1 == len(lines) or all(item.stop_reason in _OTHER_REASONS for item in given)
    return LineCourse(
        number=line.number,
        start=line.start,
        stop=max(last, key=lambda when: when.last or date.max, default=UNKNOWN),
        stretches=stretches,
        agents_known=line.agents_known,
        regimens=tuple(dict.fromkeys(name for _, name in named if name)),
        unnamed_regimens=tuple(dict.fromkeys(frozenset(phase.agents) for phase, name in named if not name)),
        best_response=best if whole else responded(best, definitions),
        transplant=line.transplants[-1] if line.transplants else None,
        no_transplant=not line.transplants,
        conditioned=not cells and any(phase.intent == "conditioning" for phase in line.phases),
        maintenance=bool(maintained),
        maintenance_assumed=any(phase.assumed for phase in maintained) or not maintained,
        progression=progression,
        no_progression=complete and placed and progression is None and explained and without_progression(own, until or as_of),
        progressed_on=frozenset(),
        complete_response=complete_response(own),
        progression_free=free_of_progression(own) if progression is None else None,
        only_stable=only_stable(own),
    )


def _given(events: Events, lines: Sequence[LineFound], position: int, rows: Collection[int]) -> Iterator[Treatment]:
    """Yield the drugs of a line with what falls into it, where they were given on from the line before or into the next."""
    begun = lines[position].start
    earlier = _rows(lines[position - 1]) if position else ()
    later = _rows(lines[position + 1]) if position + 1 < len(lines) else ()
    for item in events.treatments:
        if item.row in rows:
            changed: dict[str, Any] = {}
            if item.row in earlier and before(item.start or UNKNOWN, begun):
                changed["start"] = begun
            if item.row in later:
                changed |= {"stop": lines[position + 1].start, "ongoing": False, "stop_reason": None}
            yield replace(item, **changed) if changed else item


def _may_keep(events: Events, earlier: Sequence[LineFound], judged: Sequence[Judged], definitions: Definitions) -> bool:
    """Whether stable disease may be a response kept from an earlier line: one was reached, or not looked for, and nothing shows
    progression since, confirmed or not.
    """
    for line in reversed(earlier):
        own, rows = [item for item in judged if item.line == line.number], _rows(line)
        if any(item.visit.category == "PD" for item in own):
            return False
        if any(item.row in rows and item.stop_reason == "progression" for item in events.treatments):
            return False
        if best_response(own, line.start, definitions.evaluable_days) != "SD":
            return True
    return False


def _place(item: Treatment) -> tuple[date, int]:
    return (item.start and item.start.first) or date.min, item.row


def _rows(line: LineFound) -> list[int]:
    return [row for phase in line.phases for row in phase.rows]


def _seen_until(events: Events, as_of: date) -> date:
    """Return the day until which the last line can be followed."""
    died = events.person.death_date
    return as_of if died is None or died.last is None else min(as_of, died.last)


def _known_by(stopped: When, start: When, judged: Sequence[Judged], until: date) -> When:
    """Return when a progression came that a treatment was stopped for: after the last visit that did not show it yet.

    A stop without a date came before the line was over, and any visit may have come after the progression.
    """
    by = stopped.last or until
    clean = [item.visit.day for item in judged if item.visit.category not in ("NE", "PD") and item.visit.day < by]
    since = max(clean) + timedelta(days=1) if clean and stopped.last else start.first
    return When(since, by) if since is not None and since <= by else stopped


def _steroids(events: Events, phase: PhaseFound, vocabulary: Vocabulary) -> list[str]:
    """Return the steroids given in a phase; they decide nothing, but tell Rd from lenalidomide alone."""
    found = []
    for item in events.treatments:
        if vocabulary.agents[item.agent].steroid and item.start is not None:
            ended = phase.stop is not None and before(phase.stop, item.start)
            over = item.stop is not None and before(item.stop, phase.start)
            if not ended and not over:
                found.append(item.agent)
    return list(dict.fromkeys(found))


def responded(response: Category | None, definitions: Definitions) -> Category | None:
    """Return a response, not the lack of one: of a line not recorded as a whole, a better one may be missing."""
    return None if response in definitions.nonresponse else response


def _stretch(
    item: Treatment,
    intent: str,
    given: Sequence[Treatment],
    definitions: Definitions,
    until: date,
    seen_until: date,
    once: Collection[str],
) -> Stretch:
    start = item.start or UNKNOWN
    last = When.on(max(seen_until, (start.first or seen_until))) if item.ongoing else item.stop
    reason = "ongoing" if item.ongoing else item.stop_reason
    if item.agent in once and (item.ongoing or last is None or not last.known):
        last, reason = start, None if item.ongoing else reason  # cells are given on one day
    if last is None or not last.known:
        last = When(start.first, max(until, start.first or until))
    dose = None if item.dose is None else f"{item.dose:g} {item.dose_unit or 'mg'}"
    full = definitions.full_dose_mg.get(item.agent)
    alone = RANKS[intent] == MAINTENANCE and not any(other.agent != item.agent and other.intent == item.intent for other in given)
    low = item.dose < full if item.dose is not None and full is not None else alone
    return Stretch(
        agents=(item.agent,),
        rank=RANKS[intent],
        first_dose=start,
        last_dose=last,
        least_days=int(max(days_between(start, last).least or 0, 0)),
        response=None,
        reason=reason,
        doses={item.agent: dose} if dose else {},
        low_dose=frozenset({item.agent}) if low else frozenset(),
    )
