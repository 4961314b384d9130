"""The response at every visit of every line, from what somebody recorded and from what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from myeloguide.history.course import COMPLETE
from myeloguide.history.lines import LinesFound
from myeloguide.history.response import VISIT_DAYS, Category, Line, Panel, Visit, best, confirmed, criteria, mrd_negative
from myeloguide.record.events import Events
from myeloguide.record.frozen import frozen
from myeloguide.record.time import When


@frozen(eq=False)
class Judged:
    """A visit in its line, with the confirmed response at it; `recorded` where somebody wrote the category."""

    line: int
    visit: Visit
    confirmed: Category
    recorded: bool


def judge(events: Events, lines: LinesFound, visits: Sequence[Panel], *, latest: bool) -> list[Judged]:
    """Judge the visits of every line: by what was measured until somebody recorded a category in it, then by those.

    After that a visit at which nobody recorded a category counts by what was measured only where that shows progression, or
    leaves no better category open.
    """
    found: list[Judged] = []
    starts = [line.start.last if latest else line.start.first for line in lines.lines]
    residual = [panel for panel in visits if panel.residual is not None]
    for number, line in enumerate(lines.lines):
        start, until = starts[number], starts[number + 1] if number + 1 < len(starts) else None
        if start is None:
            continue
        recorded = []
        for item in events.responses:
            day = item.date.last if latest else item.date.first
            if day is not None and start < day and (until is None or day <= until):
                category: Category = item.category  # type: ignore[assignment]
                mrd = _mrd_near(day, residual)
                recorded.append(Visit(day, category, ("as recorded",), by_imaging=bool(item.clinical), mrd_negative=mrd))
        seen = [(visit, False) for visit in _measured(start, until, visits)]
        if recorded:
            recorded.sort(key=lambda visit: visit.day)
            seen = [*((visit, True) for visit in recorded), *(item for item in seen if _counts(item[0], recorded))]
            seen.sort(key=lambda item: item[0].day)
        last = seen[-1][0].category if seen else None
        died = events.person.death_date is not None and number == len(starts) - 1 and last == "PD"
        categories = confirmed([visit for visit, _ in seen], until, died_of_progression=died)
        found += [
            Judged(line.number, visit, category, by_somebody)
            for (visit, by_somebody), category in zip(seen, categories, strict=True)
        ]
    return found


def _counts(visit: Visit, recorded: Sequence[Visit]) -> bool:
    """Whether what was measured at a visit counts beside the categories recorded in its line."""
    if visit.day < recorded[0].day:
        return True
    if any(abs((visit.day - item.day).days) <= VISIT_DAYS for item in recorded):
        return False
    return visit.category == "PD" or (visit.category != "NE" and not visit.not_measured)


def _mrd_near(day: date, residual: Sequence[Panel]) -> bool | None:
    """Return what the residual disease measured within the days of a visit says."""
    if not residual:
        return None
    near = [panel for panel in residual if abs((panel.day - day).days) <= VISIT_DAYS]
    nearest = min(near, key=lambda panel: abs((panel.day - day).days), default=None)
    return None if nearest is None else mrd_negative(nearest, criteria())


def _measured(start: date, until: date | None, visits: Sequence[Panel]) -> list[Visit]:
    line = Line(start, [panel for panel in visits if panel.day <= start])
    return [line.visit(panel) for panel in visits if panel.day > start and (until is None or panel.day <= until)]


def progression_days(judged: Sequence[Judged]) -> list[date]:
    """Return the day of each line's progression: of the first visit from which on it is confirmed."""
    found: dict[int, date] = {}
    for item in judged:
        if shows_progression(item):
            found.setdefault(item.line, item.visit.day)
    return list(found.values())


def shows_progression(item: Judged) -> bool:
    """Whether a visit shows progression: a recorded category is taken at its word, what was measured needs its confirmation."""
    return item.visit.category == "PD" and (item.confirmed == "PD" or item.recorded)


def best_response(judged: Sequence[Judged], start: When, evaluable_days: int) -> Category | None:
    """Return the best response of a line; None where it cannot be told whether there was any.

    Stable disease seen only before a line had lasted so many days, its first included, is too early to be the lack of one,
    unless progression followed.
    """
    response = _best_response(judged, start.first)
    if response != "SD" or start.last is None or any(map(shows_progression, judged)):
        return response
    last = max((item.visit.day for item in judged if item.visit.category == "SD"), default=start.last)
    return None if (last - start.last).days + 1 < evaluable_days else response


def _best_response(judged: Sequence[Judged], start: date | None) -> Category | None:
    response = best(item.confirmed for item in judged)
    seen = [item.visit.category for item in judged if item.visit.category not in ("NE", "PD")]
    if response not in ("NE", "SD"):
        return response
    recorded = [item.visit.category for item in judged if item.recorded and item.visit.category not in ("NE", "PD")]
    if any(item.recorded for item in judged):  # a response that somebody wrote stands, though nothing confirms it
        return best(recorded) if recorded else _from_the_first(judged, start)
    # A response that nothing confirmed is none, but proves no failure to respond; nor does a single visit.
    return "SD" if len(seen) > 1 and set(seen) == {"SD"} else None if seen else _from_the_first(judged, start)


def _from_the_first(judged: Sequence[Judged], start: date | None) -> Category | None:
    """Return progression, where the first visits of a line show it and came before a response can have been missed."""
    evaluable = [item for item in judged if item.visit.category != "NE"]
    soon = bool(evaluable) and start is not None and (evaluable[0].visit.day - start).days <= _FOLLOWED
    return "PD" if soon and any(map(shows_progression, evaluable)) else None


def only_stable(judged: Sequence[Judged]) -> bool:
    """Whether stable disease was seen in a line and no response, not even one that nothing confirmed."""
    return {item.visit.category for item in judged if item.visit.category not in ("NE", "PD")} == {"SD"}


def complete_response(judged: Sequence[Judged]) -> bool | None:
    """Whether complete response was confirmed; none was reached only where every visit before progression shows that."""
    before_it = [item for item in judged if item.visit.category not in ("NE", "PD")]
    if any(item.confirmed in COMPLETE for item in before_it):
        return True
    none = (item.visit.category not in COMPLETE if item.recorded else item.visit.complete is False for item in before_it)
    return False if before_it and all(none) else None


_FOLLOWED = 100
"""A line is followed from its start, and to its end, when a visit is so many days away at most."""


def without_progression(judged: Sequence[Judged], until: date) -> bool:
    """Whether a line of a complete record was followed to its end, and no visit shows progression, confirmed or not."""
    seen = [item.visit for item in judged if item.visit.category != "NE"]
    return bool(seen) and (until - seen[-1].day).days <= _FOLLOWED and all(visit.category != "PD" for visit in seen)


def free_of_progression(judged: Sequence[Judged]) -> date | None:
    """Return the last visit that showed no progression, of a line in which none is known."""
    return max((item.visit.day for item in judged if item.visit.category not in ("NE", "PD")), default=None)
