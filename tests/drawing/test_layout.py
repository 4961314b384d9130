"""Laws of the layout: no two texts of a row overlap, everything lies inside, time goes from left to right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from myeloguide.drawing.chart import Chart
from myeloguide.drawing.layout import Layout, Medium, lay_out
from myeloguide.drawing.page import text_width
from myeloguide.record.events import Events
from myeloguide.record.time import When
from tests.drawing.stories import NOISY, chart_of, long_story, simulated, stories

TERMINAL = [Medium(width - 1, cell_len, 1, 1, 1, 2, 3, 1.0, 0.3) for width in (40, 80, 140)]
PAPER = [Medium(width, lambda text: text_width(text, 11), 1.12, 7, 11, 3, 24, 1.5, 0.34) for width in (340, 880)]
MEDIA = st.sampled_from([*TERMINAL, *PAPER])


def check(layout: Layout) -> None:
    medium = layout.medium
    wide = medium.width + 1e-6
    for row in layout.rows:
        for level in {text.level for text in row.texts}:
            texts = sorted((text.x, text.x + text.width, text.text) for text in row.texts if text.level == level)
            for (_, end, one), (start, _, other) in pairwise(texts):
                assert end <= start, (row.kind, one, other)
        for text in row.texts:
            assert -1e-6 <= text.x <= text.x + text.width <= wide, (row.kind, text)
            assert text.level < row.levels
        for label in row.label:
            assert medium.measure(label) <= layout.left
        for mark in row.marks:
            assert 0 <= mark.x0 <= mark.x1 <= wide
            own = [text for text in row.texts if text.level == mark.level]
            assert row.kind == "axis" or not any(text.x < mark.x < text.x + text.width for text in own), (row.kind, mark)
        for strip in row.strips:
            assert layout.left <= strip.x0 <= strip.x1 <= layout.right
            assert strip.sure is None or strip.x0 <= strip.sure[0] <= strip.sure[1] <= strip.x1
        for dot in row.panel.dots if row.panel else ():
            assert layout.left <= dot.x0 <= dot.x1 <= layout.right
            assert 0 <= dot.y <= 1


def drawn(events: Events) -> Chart:
    chart = chart_of(events)
    assert chart is not None
    return chart


@settings(max_examples=150, deadline=None)
@given(stories(), MEDIA)
def test_no_two_texts_overlap_and_all_is_inside(events: Events, medium: Medium) -> None:
    check(lay_out(drawn(events), medium))


@pytest.mark.parametrize("medium", [*TERMINAL, *PAPER], ids=lambda medium: str(medium.width))
@pytest.mark.parametrize("noise", [(), NOISY], ids=["clean", "noisy"])
def test_simulated_patients_fit(noise: tuple[str, ...], medium: Medium) -> None:
    for events in simulated(noise):
        chart = chart_of(events)
        if chart is not None:
            check(lay_out(chart, medium))


@pytest.mark.parametrize("medium", [*TERMINAL, *PAPER], ids=lambda medium: str(medium.width))
def test_eight_lines_in_fifteen_years_fit(medium: Medium) -> None:
    layout = lay_out(drawn(long_story()), medium)
    check(layout)
    assert sum(row.kind == "line" for row in layout.rows) == 8


@settings(max_examples=60, deadline=None)
@given(stories(exact=True), MEDIA)
def test_what_began_later_stands_further_right(events: Events, medium: Medium) -> None:
    chart = drawn(events)
    layout = lay_out(chart, medium)
    bars = [(bar.start.first, strip) for bar, strip in _bars(chart, layout)]
    for one, strip in bars:
        for other, later in bars:
            if one is not None and other is not None and one < other:
                assert strip.x0 <= later.x0


def _bars(chart: Chart, layout: Layout) -> list[tuple[Any, Any]]:
    """Return bars with their strips, of the lanes in which none were joined."""
    lanes = [lane for group in chart.groups for lane in group.lanes]
    rows = [row for row in layout.rows if row.kind == "lane"]
    pairs = zip(lanes, rows, strict=True)
    return [
        pair
        for lane, row in pairs
        if len(lane.bars) == len(row.strips)
        for pair in zip(sorted(lane.bars, key=lambda bar: (bar.start.first, bar.stop.last)), row.strips, strict=True)
    ]


def shifted(value: Any, by: timedelta) -> Any:
    """Return events with every date moved."""
    if isinstance(value, When):
        return When(value.first and value.first + by, value.last and value.last + by)
    if isinstance(value, date):
        return value + by
    if isinstance(value, tuple):
        return tuple(shifted(item, by) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{name: shifted(getattr(value, name), by) for name in value.__dataclass_fields__})
    return value


@settings(max_examples=60, deadline=None)
@given(stories(exact=True), MEDIA, st.integers(-3000, 3000))
def test_shifting_all_dates_shifts_nothing(events: Events, medium: Medium, days: int) -> None:
    by = timedelta(days=days)
    before, after = (lay_out(drawn(given_), medium) for given_ in (events, shifted(events, by)))
    for one, other in zip(before.rows, after.rows, strict=True):
        assert one.kind == other.kind
        if one.kind in ("lane", "phases", "panel"):
            assert [(strip.x0, strip.x1, strip.sure) for strip in one.strips] == [
                (strip.x0, strip.x1, strip.sure) for strip in other.strips
            ]
            if one.panel is not None and other.panel is not None:
                assert [(dot.x0, dot.y, dot.kind) for dot in one.panel.dots] == [
                    (dot.x0, dot.y, dot.kind) for dot in other.panel.dots
                ]
    assert before.bands == after.bands
    assert before.progressions == after.progressions


def test_axis_names_weeks_months_or_years() -> None:
    chart = drawn(long_story())
    for length, name in ((40, "2008-01-07"), (90, "2008-02"), (5000, "2010")):
        short = replace(chart, first=date(2008, 1, 1), last=date(2008, 1, 1) + timedelta(days=length), recorded_from=None)
        axis = next(row for row in lay_out(short, PAPER[1]).rows if row.kind == "axis")
        assert name in [text.text for text in axis.texts]
