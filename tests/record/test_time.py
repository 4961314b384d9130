"""Time as intervals of days; calendar months as whole months and a share of the running one."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import FrozenInstanceError
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When, before, calendar_months, days_between, months_between, parse_when

DAY = timedelta(days=1)
FIRST, LAST = date(1950, 1, 1), date(2100, 12, 31)

days = st.dates(FIRST, LAST)
near_month_ends = st.builds(
    lambda year, month, shift: date(year, month, 1) + shift * DAY,
    st.integers(1999, 2005),
    st.integers(1, 12),
    st.integers(-4, 3),
)
"""Where months differ in length: the last four days and the first four of every month, with and without a leap day."""

any_day = days | near_month_ends


@st.composite
def short_intervals(draw: st.DrawFn) -> When:
    """Return intervals of few days, close together, some without an end."""
    first = date(2020, 2, 25) + draw(st.integers(0, 9)) * DAY
    last = first + draw(st.integers(0, 5)) * DAY
    return draw(st.sampled_from([When(first, last), When(first, last), When(first, None), When(None, last), UNKNOWN]))


def days_of(when: When) -> list[date]:
    """Return the days of an interval, out to some that lie further off than any other interval reaches."""
    first = when.first or date(2020, 1, 1)
    last = when.last or date(2020, 5, 1)
    return [first + count * DAY for count in range((last - first).days + 1)]


# Partial dates


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021-03-15", date(2021, 3, 15), date(2021, 3, 15)),
        ("2021-03", date(2021, 3, 1), date(2021, 3, 31)),
        ("2021-04", date(2021, 4, 1), date(2021, 4, 30)),
        ("2021-02", date(2021, 2, 1), date(2021, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2100-02", date(2100, 2, 1), date(2100, 2, 28)),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("2021-12", date(2021, 12, 1), date(2021, 12, 31)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("  2021-03-15\n", date(2021, 3, 15), date(2021, 3, 15)),
        ("2021-03-15T10:30:00", date(2021, 3, 15), date(2021, 3, 15)),
        ("2021-03-15T10:30:00.123+01:00", date(2021, 3, 15), date(2021, 3, 15)),
        ("2021-03-15T23:59:59Z", date(2021, 3, 15), date(2021, 3, 15)),
        ("1900", date(1900, 1, 1), date(1900, 12, 31)),
        ("2200-12-31", date(2200, 12, 31), date(2200, 12, 31)),
    ],
)
def test_a_partial_date_is_every_day_it_can_be(text: str, first: date, last: date) -> None:
    assert parse_when(text) == When(first, last)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", '"" is no date'),
        ("soon", '"soon" is no date'),
        ("21", '"21" is no date'),
        ("2021-3", '"2021-3" is no date'),
        ("2021-3-15", '"2021-3-15" is no date'),
        ("2021/03/15", '"2021/03/15" is no date'),
        ("15.03.2021", '"15.03.2021" is no date'),
        ("03/2021", '"03/2021" is no date'),
        ("20210315", '"20210315" is no date'),
        ("2021-", '"2021-" is no date'),
        ("2021-03-", '"2021-03-" is no date'),
        ("2021-03-15 10:30", '"2021-03-15 10:30" is no date'),
        ("2021-03-15 or so", '"2021-03-15 or so" is no date'),
        ("about 2021", '"about 2021" is no date'),
        ("2021-03-15\n2021-03-16", '"2021-03-15\n2021-03-16" is no date'),
        ("2021-13", '"2021-13" is no date of the calendar'),
        ("2021-02-29", '"2021-02-29" is no date of the calendar'),
        ("2021-04-31", '"2021-04-31" is no date of the calendar'),
        ("2021-01-32", '"2021-01-32" is no date of the calendar'),
        ("0000", '"0000" is no date: the year 0 is impossible'),
        ("1899-12-31", '"1899-12-31" is no date: the year 1899 is impossible'),
        ("2201", '"2201" is no date: the year 2201 is impossible'),
        # of a long text its beginning is shown
        ("x" * 60, '"' + "x" * 40 + '" is no date'),
        ("2021-13-15T" + "0" * 60, '"2021-13-15T' + "0" * 29 + '" is no date'),
        ("1821-03-15T" + "0" * 60, '"1821-03-15T' + "0" * 29 + '" is no date'),
    ],
)
def test_what_is_no_date(text: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_when(text)
    assert str(raised.value) == message


@given(any_day)
def test_a_date_is_said_as_it_is_written(day: date) -> None:
    for text in (f"{day:%Y-%m-%d}", f"{day:%Y-%m}", f"{day:%Y}"):
        when = parse_when(text)
        assert str(when) == text
        assert parse_when(str(when)) == when
        assert when.first is not None
        assert when.last is not None
        assert when.first <= day <= when.last


@given(any_day)
def test_a_partial_date_holds_just_its_days(day: date) -> None:
    month, year = parse_when(f"{day:%Y-%m}"), parse_when(f"{day:%Y}")
    assert month.first is not None and month.last is not None
    assert year.first is not None and year.last is not None
    assert {(end.year, end.month) for end in (month.first, month.last)} == {(day.year, day.month)}
    assert (month.first - DAY).month != day.month != (month.last + DAY).month
    assert {end.year for end in (year.first, year.last)} == {day.year}
    assert (year.first - DAY).year != day.year != (year.last + DAY).year


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (UNKNOWN, "unknown date"),
        (When(date(2021, 3, 15)), "2021-03-15 or later"),
        (When(None, date(2021, 3, 15)), "2021-03-15 or earlier"),
        (When.on(date(2021, 3, 15)), "2021-03-15"),
        (When(date(2021, 3, 1), date(2021, 3, 31)), "2021-03"),
        (When(date(2021, 3, 1), date(2021, 3, 30)), "2021-03-01 to 2021-03-30"),
        (When(date(2021, 3, 2), date(2021, 3, 31)), "2021-03-02 to 2021-03-31"),
        (When(date(2021, 3, 1), date(2021, 4, 30)), "2021-03-01 to 2021-04-30"),
        (When(date(2021, 3, 1), date(2022, 3, 31)), "2021-03-01 to 2022-03-31"),
        (When(date(2021, 1, 1), date(2021, 12, 31)), "2021"),
        (When(date(2021, 1, 1), date(2022, 12, 31)), "2021-01-01 to 2022-12-31"),
        (When(date(2024, 2, 1), date(2024, 2, 28)), "2024-02-01 to 2024-02-28"),
        (When(date(2024, 2, 1), date(2024, 2, 29)), "2024-02"),
    ],
)
def test_an_interval_is_said_shortly(when: When, text: str) -> None:
    assert str(when) == text


# Intervals


def test_an_interval_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="2021-03-16 is after 2021-03-15"):
        When(date(2021, 3, 16), date(2021, 3, 15))


def test_an_interval_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        UNKNOWN.first = FIRST  # type: ignore[misc]


@pytest.mark.parametrize(
    ("when", "day", "known"),
    [
        (When.on(FIRST), FIRST, True),
        (When(FIRST, FIRST), FIRST, True),
        (When(FIRST, FIRST + DAY), None, True),
        (When(FIRST), None, True),
        (When(None, FIRST), None, True),
        (UNKNOWN, None, False),
    ],
)
def test_what_is_known_of_a_day(when: When, day: date | None, known: bool) -> None:
    assert when.day == day
    assert when.known is known


@given(short_intervals(), short_intervals())
def test_within_allows_what_both_allow(when: When, other: When) -> None:
    both = when.within(other)
    assert both == other.within(when)
    assert ([] if both is None else days_of(both)) == [day for day in days_of(when) if day in days_of(other)]


@given(short_intervals(), short_intervals())
def test_before_is_what_all_days_agree_on(earlier: When, later: When) -> None:
    answers = {one < other for one, other in product(days_of(earlier), days_of(later))}
    assert before(earlier, later) is (answers.pop() if len(answers) == 1 else None)


@given(short_intervals(), short_intervals())
def test_days_between_runs_from_the_least_to_the_most(start: When, end: When) -> None:
    counts = [(other - one).days for one, other in product(days_of(start), days_of(end))]
    known = days_between(start, end)
    assert known.least == (min(counts) if start.last and end.first else None)
    assert known.most == (max(counts) if start.first and end.last else None)


@given(short_intervals(), short_intervals())
def test_months_between_runs_from_the_least_to_the_most(start: When, end: When) -> None:
    counts = [calendar_months(one, other) for one, other in product(days_of(start), days_of(end))]
    known = months_between(start, end)
    assert known.least == (min(counts) if start.last and end.first else None)
    assert known.most == (max(counts) if start.first and end.last else None)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2021-03-15", "2021-09-15", Range.exactly(6)),
        ("2021-03", "2021-09-30", Range(6, 6 + 29 / 30)),
        ("2021-03", "2021-09-29", Range(5 + 29 / 30, 6 + 28 / 30)),
        ("2021-01-01", "2021", Range(0, 11 + 30 / 31)),
        ("2021", "2024", Range(24 + 1 / 31, 47 + 30 / 31)),
        ("2021", "2021", Range(-(11 + 30 / 31), 11 + 30 / 31)),
    ],
)
def test_months_between_partial_dates(start: str, end: str, months: Range) -> None:
    assert months_between(parse_when(start), parse_when(end)) == months


@given(any_day, any_day)
def test_between_known_days_all_is_exact(start: date, end: date) -> None:
    assert days_between(When.on(start), When.on(end)) == Range.exactly((end - start).days)
    assert months_between(When.on(start), When.on(end)) == Range.exactly(calendar_months(start, end))


# Calendar months


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        # whole months
        (date(2021, 3, 15), date(2021, 3, 15), 0),
        (date(2021, 3, 15), date(2021, 4, 15), 1),
        (date(2021, 3, 15), date(2021, 9, 15), 6),
        (date(2020, 3, 15), date(2023, 3, 15), 36),
        (date(2020, 12, 1), date(2021, 1, 1), 1),
        # a date past the end of a month is clipped to its last day
        (date(2021, 1, 31), date(2021, 2, 28), 1),
        (date(2024, 1, 31), date(2024, 2, 29), 1),
        (date(2021, 1, 30), date(2021, 2, 28), 1),
        (date(2021, 1, 29), date(2021, 2, 28), 1),
        (date(2021, 1, 28), date(2021, 2, 28), 1),
        (date(2021, 3, 31), date(2021, 4, 30), 1),
        (date(2021, 8, 31), date(2022, 2, 28), 6),
        (date(2020, 2, 29), date(2021, 2, 28), 12),
        (date(2020, 2, 29), date(2024, 2, 29), 48),
        (date(2021, 2, 28), date(2024, 2, 28), 36),
        # and counted on from the first day, not from the clipped one
        (date(2021, 1, 31), date(2021, 3, 31), 2),
        (date(2021, 1, 31), date(2021, 4, 30), 3),
        (date(2021, 1, 31), date(2021, 3, 28), 1 + 28 / 31),
        (date(2021, 1, 31), date(2021, 3, 1), 1 + 1 / 31),
        (date(2021, 1, 30), date(2021, 3, 1), 1 + 1 / 30),
        (date(2021, 2, 28), date(2021, 3, 31), 1 + 3 / 31),
        # the rest over the length of the running month
        (date(2021, 1, 15), date(2021, 1, 16), 1 / 31),
        (date(2021, 1, 15), date(2021, 2, 14), 30 / 31),
        (date(2021, 2, 15), date(2021, 3, 14), 27 / 28),
        (date(2024, 2, 15), date(2024, 3, 14), 28 / 29),
        (date(2021, 4, 15), date(2021, 5, 14), 29 / 30),
        (date(2021, 1, 31), date(2021, 2, 27), 27 / 28),
        (date(2024, 1, 31), date(2024, 2, 28), 28 / 29),
        (date(2021, 1, 1), date(2021, 7, 2), 6 + 1 / 31),
        (date(2021, 1, 1), date(2021, 6, 30), 5 + 29 / 30),
        (date(2020, 1, 10), date(2023, 1, 9), 35 + 30 / 31),
        (date(2020, 1, 10), date(2023, 1, 11), 36 + 1 / 31),
        # backwards
        (date(2021, 4, 15), date(2021, 3, 15), -1),
        (date(2021, 2, 28), date(2021, 1, 31), -1),
        (date(2021, 1, 16), date(2021, 1, 15), -1 / 31),
    ],
)
def test_calendar_months(start: date, end: date, months: float) -> None:
    assert calendar_months(start, end) == pytest.approx(months, abs=1e-12)


def clipped(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month when it has no such day."""
    first = day.replace(day=1)
    for _ in range(months):
        first = (first + 31 * DAY).replace(day=1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


@pytest.mark.parametrize(("year", "last"), [(2021, 28), (2024, 29), (2000, 29), (1900, 28)])
def test_31_january_and_a_month_is_the_last_of_february(year: int, last: int) -> None:
    start = date(year, 1, 31)
    assert calendar_months(start, date(year, 2, last)) == 1
    assert calendar_months(start, date(year, 2, last) - DAY) < 1
    assert calendar_months(start, date(year, 2, last) + DAY) > 1


@given(any_day, st.integers(0, 60))
def test_so_many_months_later_is_so_many_months(start: date, months: int) -> None:
    assert calendar_months(start, clipped(start, months)) == months


@given(any_day, st.integers(0, 40), st.integers(0, 30))
def test_days_after_a_whole_month_are_counted_by_the_running_month(start: date, months: int, extra: int) -> None:
    reached, following = clipped(start, months), clipped(start, months + 1)
    end = min(reached + extra * DAY, following - DAY)
    wanted = months + (end - reached).days / (following - reached).days
    assert calendar_months(start, end) == pytest.approx(wanted, abs=1e-12)


@given(any_day, any_day)
def test_backwards_is_the_opposite(start: date, end: date) -> None:
    assert calendar_months(end, start) == -calendar_months(start, end)


@given(any_day, any_day)
def test_the_sign_says_which_comes_first(start: date, end: date) -> None:
    months = calendar_months(start, end)
    assert (months > 0, months == 0, months < 0) == (start < end, start == end, start > end)


@settings(max_examples=500)
@given(near_month_ends, any_day, st.integers(1, 40))
def test_a_later_end_is_never_fewer_months(start: date, end: date, later: int) -> None:
    assert calendar_months(start, end) <= calendar_months(start, end + later * DAY)


@settings(max_examples=500)
@given(near_month_ends, any_day, st.integers(1, 40))
def test_a_later_start_is_never_more_months(start: date, end: date, later: int) -> None:
    assert calendar_months(start, end) >= calendar_months(start + later * DAY, end)


@pytest.mark.parametrize("year", [2021, 2024])
def test_months_are_monotone_day_by_day_around_february(year: int) -> None:
    spring = [date(year - 1, 12, 25) + count * DAY for count in range(100)]
    for start in spring:
        counts = [calendar_months(start, end) for end in spring]
        assert counts == sorted(counts)
        counts = [calendar_months(other, start) for other in spring]
        assert counts == sorted(counts, reverse=True)


@given(any_day, st.integers(0, 2000))
def test_a_day_is_between_a_31st_and_a_28th_of_a_month(start: date, count: int) -> None:
    end = start + count * DAY
    step = calendar_months(start, end + DAY) - calendar_months(start, end)
    assert 1 / 31 - 1e-9 <= step <= 1 / 28 + 1e-9


@pytest.mark.parametrize(
    ("start", "end", "reaches", "exceeds"),
    [
        ("2021-01-15", "2021-07-15", True, False),
        ("2021-01-15", "2021-07-16", True, True),
        ("2021-01-15", "2021-07-14", False, False),
        ("2021-01-15", "2021-07", None, None),
        ("2021-01-15", "2021-06", False, False),
        ("2021-01-15", "2021-08", True, True),
        ("2021-01", "2021-07-31", True, None),
        ("2021-01", "2021-07-01", None, False),
        ("2021", "2021", None, None),
    ],
)
def test_the_limit_of_6_months(start: str, end: str, reaches: bool | None, exceeds: bool | None) -> None:
    months = months_between(parse_when(start), parse_when(end))
    assert months.reaches(6) is reaches
    assert months.exceeds(6) is exceeds


def test_with_a_day_unknown_nothing_is_known() -> None:
    on = When.on(FIRST)
    assert months_between(UNKNOWN, on) == months_between(on, UNKNOWN) == Range()
    assert days_between(UNKNOWN, on) == days_between(on, UNKNOWN) == Range()
    assert before(UNKNOWN, on) is None
    assert before(on, UNKNOWN) is None


@pytest.mark.parametrize(
    "text",
    [
        "2021-00",
        "2021-03-00",
        "2021-00-15",
        "2021-00-00",
        "２０２１",
        "2021T10:30",
        "2021-03T10:30",
        "2021-03-15T",
        "2021-03-15T:::",
    ],
)
def test_what_only_looks_like_a_date(text: str) -> None:
    with pytest.raises(ValueError):
        parse_when(text)
