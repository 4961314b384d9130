"""A number known as a range answers what every number of the range would answer, and else nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myeloguide.record.ranges import Range, counted

NUMBERS = [half / 2 for half in range(-4, 20)]
LIMITS = NUMBERS[2:-2]
"""Every half; an open range goes on beyond every limit."""


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    least, most = sorted((draw(st.integers(0, 7)), draw(st.integers(0, 7))))
    return draw(st.sampled_from([Range(least, most), Range(least, None), Range(None, most), Range()]))


def members(known: Range) -> list[float]:
    """Return the numbers of NUMBERS that a range allows."""
    least = -99 if known.least is None else known.least
    most = 99 if known.most is None else known.most
    return [number for number in NUMBERS if least <= number <= most]


def agreed(answers: Sequence[bool]) -> bool | None:
    """Return the answer that all give, or None."""
    return answers[0] if len(set(answers)) == 1 else None


@pytest.mark.parametrize(("least", "most", "message"), [(2, 1, "2 is more than 1"), (0.5, -0.5, "0.5 is more than -0.5")])
def test_a_range_is_not_empty(least: float, most: float, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        Range(least, most)
    assert str(raised.value) == message


def test_a_range_does_not_change_and_is_equal_by_value() -> None:
    known = Range(1, 2)
    with pytest.raises(FrozenInstanceError):
        known.least = 0  # type: ignore[misc]
    assert known == Range(1.0, 2.0)
    assert hash(known) == hash(Range(1.0, 2.0))
    assert known != Range(1, 3)
    assert known != Range(1)


@pytest.mark.parametrize(
    ("known", "exact"),
    [
        (Range.exactly(6.5), 6.5),
        (Range.exactly(0), 0),
        (Range(0, 0), 0),
        (Range(1, 2), None),
        (Range(1), None),
        (Range(None, 1), None),
        (Range(), None),
    ],
)
def test_exact(known: Range, exact: float | None) -> None:
    assert known.exact == exact


@given(st.floats(allow_nan=False))
def test_a_number_known_exactly_is_decided_everywhere(number: float) -> None:
    known = Range.exactly(number)
    assert known.exact == number
    assert known.reaches(number) is True
    assert known.exceeds(number) is False


@given(ranges(), st.sampled_from(LIMITS))
def test_comparisons_are_what_all_members_agree_on(known: Range, number: float) -> None:
    assert known.reaches(number) is agreed([member >= number for member in members(known)])
    assert known.exceeds(number) is agreed([member > number for member in members(known)])


@pytest.mark.parametrize(
    ("known", "reaches", "exceeds"),
    [
        (Range(34, None), None, None),
        (Range(36, None), True, None),
        (Range(37, None), True, True),
        (Range(None, 35), False, False),
        (Range(None, 36), None, False),
        (Range(None, 37), None, None),
        (Range(36, 36), True, False),
        (Range(), None, None),
    ],
)
def test_the_limit_of_36(known: Range, reaches: bool | None, exceeds: bool | None) -> None:
    assert known.reaches(36) is reaches
    assert known.exceeds(36) is exceeds


@given(ranges(), ranges())
def test_within_allows_what_both_allow(known: Range, other: Range) -> None:
    both = known.within(other)
    assert both == other.within(known)
    assert ([] if both is None else members(both)) == [number for number in members(known) if number in members(other)]


@given(ranges())
def test_within_the_unknown_or_itself_a_range_stays(known: Range) -> None:
    assert known.within(Range()) == known
    assert known.within(known) == known


@given(ranges(), ranges(), st.sampled_from(LIMITS))
def test_a_narrower_range_never_takes_back_an_answer(known: Range, news: Range, number: float) -> None:
    narrower = known.within(news)
    if narrower is not None:
        assert known.reaches(number) in (None, narrower.reaches(number))
        assert known.exceeds(number) in (None, narrower.exceeds(number))


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (Range(), "unknown"),
        (Range(36), "at least 36"),
        (Range(None, 36), "at most 36"),
        (Range(34, 36), "34 to 36"),
        (Range(34.5, 36), "34.5 to 36"),
        (Range.exactly(36), "36"),
        (Range.exactly(36.0), "36"),
        (Range.exactly(6.5), "6.5"),
        (Range.exactly(0), "0"),
        (Range(0, 10), "0 to 10"),
        (Range.exactly(6 + 1 / 31), "6.03"),
        (Range(-2, -1), "-2 to -1"),
    ],
)
def test_text(known: Range, text: str) -> None:
    assert str(known) == text


@given(st.integers(0, 60), st.integers(28, 31), st.data())
def test_a_number_of_months_is_not_shown_on_the_other_side_of_a_whole_one(whole: int, running: int, data: st.DataObject) -> None:
    """Who reads `36` takes 36 for reached and not exceeded: 35 months and 30 days of 31 must not be shown so."""
    months = Range.exactly(whole + data.draw(st.integers(0, running - 1)) / running)
    shown = Range.exactly(float(str(months)))
    for limit in range(62):
        assert shown.reaches(limit) is months.reaches(limit)
        assert shown.exceeds(limit) is months.exceeds(limit)


@given(st.floats(-99, 99), st.floats(0, 99))
def test_a_range_is_shown_no_narrower_than_it_is(least: float, length: float) -> None:
    assert float(str(Range(least)).removeprefix("at least ")) <= least
    assert float(str(Range(None, least)).removeprefix("at most ")) >= least
    known = Range(least, least + length)
    if known.exact is None:
        first, last = map(float, str(known).split(" to "))
        assert first <= least
        assert last >= least + length


def test_a_little_less_than_nothing_is_not_nothing() -> None:
    assert str(Range.exactly(-0.04)) == "-0.04"


@pytest.mark.parametrize("ends", [(nan, 3), (3, nan), (nan, nan), (nan, None)])
def test_what_is_no_number_is_no_end(ends: tuple[float | None, float | None]) -> None:
    with pytest.raises(ValueError):
        Range(*ends)


@pytest.mark.parametrize("number", [35.996, -0.004])
def test_a_number_close_to_a_whole_one_is_not_shown_as_whole(number: float) -> None:
    assert float(str(Range.exactly(number))) != round(number)


@pytest.mark.parametrize("known", [Range.exactly(inf), Range(inf), Range(None, inf)], ids=repr)
def test_every_range_can_be_shown(known: Range) -> None:
    assert str(known)


@pytest.mark.parametrize(
    "said", ["1 line", "at least 1 line", "≥1 line", "2 lines", "0 lines", "1.5 lines", "0 to 1 lines", "at most 11 lines"]
)
def test_one_is_said_in_the_singular(said: str) -> None:
    assert counted(said.rpartition(" ")[0], "line") == said
