"""Time as intervals of whole days: `2021-03` is any day from 1 to 31 March 2021."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from myeloguide.record.ranges import Range

_TIME = r"(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_PARTIAL = re.compile(rf"(?P<year>[0-9]{{4}})(?:-(?P<month>[0-9]{{2}})(?:-(?P<day>[0-9]{{2}}){_TIME})?)?\Z")


@dataclass(frozen=True, slots=True)
class When:
    """A day known as an interval: `first` and `last` possible day; None is unbounded."""

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError(f"{self.first} is after {self.last}")

    @classmethod
    def on(cls, day: date) -> When:
        """Return the interval that holds one day."""
        return cls(day, day)

    @property
    def day(self) -> date | None:
        """The day, when it is known exactly."""
        return self.first if self.first is not None and self.first == self.last else None

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return self.first is not None or self.last is not None

    def within(self, other: When) -> When | None:
        """Return what both intervals allow, or None when they exclude each other."""
        first = max((day for day in (self.first, other.first) if day), default=None)
        last = min((day for day in (self.last, other.last) if day), default=None)
        return None if first and last and first > last else When(first, last)

    def spanning(self, other: When) -> When:
        """Return the interval from the first day of either to the last day of either."""
        first = None if self.first is None or other.first is None else min(self.first, other.first)
        last = None if self.last is None or other.last is None else max(self.last, other.last)
        return When(first, last)

    def __str__(self) -> str:
        first, last = self.first, self.last
        if first is None or last is None:
            if first is None and last is None:
                return "unknown date"
            return f"{first} or later" if last is None else f"{last} or earlier"
        if first == last:
            return first.isoformat()
        whole_months = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
        if whole_months and (first.year, first.month) == (last.year, last.month):
            return f"{first:%Y-%m}"
        if whole_months and first.year == last.year and (first.month, last.month) == (1, 12):
            return f"{first:%Y}"
        return f"{first} to {last}"


UNKNOWN = When()


def parse_when(text: str) -> When:
    """Read `2021-03-15`, `2021-03` or `2021`; ValueError says what is wrong."""
    match = _PARTIAL.match(text.strip())
    if match is None:
        raise ValueError(f'"{text[:40]}" is no date')
    year, month, day = (int(part) if part else None for part in match.group("year", "month", "day"))
    assert year is not None
    if not 1900 <= year <= 2200:
        raise ValueError(f'"{text[:40]}" is no date: the year {year} is impossible')
    try:
        first = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        raise ValueError(f'"{text[:40]}" is no date of the calendar') from None
    last_month = month or 12
    last = date(year, last_month, day or monthrange(year, last_month)[1])
    return When(first, last)


def before(earlier: When, later: When) -> bool | None:
    """Whether one day comes before another, None when the intervals cannot tell."""
    if earlier.last and later.first and earlier.last < later.first:
        return True
    return False if earlier.first and later.last and earlier.first >= later.last else None


def days_between(start: When, end: When) -> Range:
    """Return the days from `start` to `end` (negative when it comes before)."""
    least = (end.first - start.last).days if end.first and start.last else None
    most = (end.last - start.first).days if end.last and start.first else None
    return Range(least, most)


def months_between(start: When, end: When) -> Range:
    """Return the calendar months from `start` to `end` (ruling A9): whole months, then a share of the running one."""
    least = calendar_months(start.last, end.first) if end.first and start.last else None
    if start.day and end.day:
        return Range(least, least)
    most = calendar_months(start.first, end.last) if end.last and start.first else None
    return Range(least, most)


def calendar_months(start: date, end: date) -> float:
    """Return the calendar months between two days; end-of-month days clip (31 January + 1 month is 28 February)."""
    if end < start:
        return -calendar_months(end, start)
    whole = (end.year - start.year) * 12 + end.month - start.month
    reached = _add_months(start, whole)
    if reached > end:
        whole -= 1
        reached = _add_months(start, whole)
    running = (_add_months(start, whole + 1) - reached).days
    return whole + (end - reached).days / running


def _add_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if day.day <= _SHORTEST_MONTH:
        return date(year, month + 1, day.day)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


_SHORTEST_MONTH = 28
