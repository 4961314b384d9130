"""A forest plot as SVG: one row a result in columns on a page, one block a result on a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from myeloguide.drawing.chart import printable
from myeloguide.drawing.page import LOOKS, PAGE, PHONE, Paper, Sheet, document, number
from myeloguide.evidence.forest import Forest, ForestRow

_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_ENDS = (0.04, 5.0)
"""An interval that goes on beyond is cut there, with an arrow."""
_COLUMNS = {"study": 140, "patients": 205, "numbers": 75, "plot": 215, "says": 150, "source": 95}
"""Widths on a page of the usual width, in pixels."""


def draw(forest: Forest, widths: Sequence[int] = (PAGE, PHONE)) -> str:
    """Return a forest plot as one SVG document."""
    sheets = [_page(forest, width) if width > 500 else _phone(forest, width) for width in widths]
    return document(forest.name, printable(forest.title), printable(forest.words), sheets, LOOKS)


class _Axis:
    """A logarithmic axis between two places of a sheet."""

    def __init__(self, forest: Forest, left: float, right: float) -> None:
        drawn = [row for row in forest.rows if row.ratio is not None]
        ends = [limit for row in drawn for limit in (row.interval or (row.ratio, row.ratio)) if limit is not None]
        # A little beyond the outermost limit, and far enough past no difference for the words there.
        low = max(_ENDS[0], min([0.5, *ends]) * 0.9)
        high = min(_ENDS[1], max([2.0, *ends]) * 1.1)
        self.left, self.right = left, right
        self._low, self._step = math.log(low), (right - left) / math.log(high / low)
        self.ticks = [tick for tick in _TICKS if low <= tick <= high]

    def x(self, ratio: float) -> float:
        return min(max(self.left + (math.log(ratio) - self._low) * self._step, self.left), self.right)


def _page(forest: Forest, width: int) -> Sheet:
    paper = Paper(width)
    scale = paper.inner / sum(_COLUMNS.values())
    places, x = {}, 0.0
    for name, wide in _COLUMNS.items():
        places[name] = (x, wide * scale)
        x += wide * scale
    gap = paper.size * 0.9
    axis = _Axis(forest, places["plot"][0] + gap, places["plot"][0] + places["plot"][1] - gap * 1.5)
    paper.wrapped(forest.title, "strong")
    paper.skip(0.3)
    heads = {
        "study": "Trial",
        "patients": "Patients",
        "numbers": "n",
        "plot": "",
        "says": "Hazard ratio (95%)",
        "source": "Source",
    }
    for name, head in heads.items():
        paper.put(places[name][0], head, "soft")
    paper.skip(1.3)
    start = paper.top
    for heading, rows in forest.groups:
        if heading:
            paper.band(heading)
        for row in rows:
            texts = {
                "study": [(line, "strong") for line in paper.lines(row.study, places["study"][1] - gap, bold=True)]
                + [(line, "text") for line in paper.lines(row.comparison, places["study"][1] - gap)],
                **{
                    name: [(line, "text") for line in paper.lines(getattr(row, name), places[name][1] - gap)]
                    for name in ("patients", "numbers", "says", "source")
                },
            }
            tall = max(len(lines) for lines in texts.values())
            for name, lines in texts.items():
                for level, (line, look) in enumerate(lines):
                    paper.put(places[name][0], line, look, level)
            _mark(paper, axis, row, paper.top + paper.line * 0.55)
            paper.skip(tall + 0.45)
    _axis(paper, axis, forest, start, columns=True)
    return _noted(paper, forest)


def _phone(forest: Forest, width: int) -> Sheet:
    paper = Paper(width)
    axis = _Axis(forest, paper.size * 0.6, paper.inner - paper.size * 0.6)
    paper.wrapped(forest.title, "strong")
    paper.wrapped("Hazard ratio (95% interval)", "soft")
    paper.skip(0.3)
    start = paper.top
    for heading, rows in forest.groups:
        if heading:
            paper.band(heading)
        for row in rows:
            paper.wrapped(f"{row.study}: {row.comparison}", "strong")
            paper.wrapped("; ".join(filter(None, (row.patients, row.numbers and f"n {row.numbers}"))))
            paper.wrapped(" · ".join(filter(None, (row.says, row.source))))
            if row.ratio is not None:
                for tick in axis.ticks:
                    look = "frame" if tick == 1 else "grid"
                    paper.path(look, f"M{number(axis.x(tick))} {number(paper.top)}v{number(paper.line)}")
                _mark(paper, axis, row, paper.top + paper.line * 0.5)
                paper.skip(1)
            paper.skip(0.5)
    _axis(paper, axis, forest, start, columns=False)
    return _noted(paper, forest)


def _mark(paper: Paper, axis: _Axis, row: ForestRow, y: float) -> None:
    if row.ratio is None:
        return
    x, half = axis.x(row.ratio), paper.size * 0.33
    if row.interval is not None:
        low, high = row.interval
        made = paper.path("curve", f"M{number(axis.x(low))} {number(y)}H{number(axis.x(high))}")
        if row.from_p:
            made.set("stroke-dasharray", "4 3")
        for limit, beyond, way in ((low, low < _ENDS[0], 1), (high, high > _ENDS[1], -1)):
            end, reach = axis.x(limit), half * 1.2
            if beyond:
                tip = f"M{number(end + way * reach)} {number(y - reach)}l{number(-way * reach)} {number(reach)}"
                tip += f"l{number(way * reach)} {number(reach)}"
                paper.path("curve", tip)
            else:
                paper.path("curve", f"M{number(end)} {number(y - half)}v{number(2 * half)}")
    look = "dot" if row.interval is not None else "ring"
    paper.box(look, x - half, y - half, 2 * half, 2 * half)


def _axis(paper: Paper, axis: _Axis, forest: Forest, start: float, *, columns: bool) -> None:
    """Draw the axis below the rows, its lines behind them, and in words what lies on either side of no difference."""
    if not any(row.ratio is not None for row in forest.rows):
        return
    bottom = paper.top
    paper.path("curve", f"M{number(axis.left)} {number(bottom)}H{number(axis.right)}")
    for tick in axis.ticks:
        x = axis.x(tick)
        paper.path("curve", f"M{number(x)} {number(bottom)}v4")
        if columns:
            line = paper.path("frame" if tick == 1 else "grid", f"M{number(x)} {number(start)}V{number(bottom)}")
            paper.lowest(line)
    paper.skip(0.35)
    for tick in axis.ticks:
        paper.put(axis.x(tick), f"{tick:g}", "soft", anchor="middle")
    paper.skip(1.15)
    if columns:
        middle, gap = axis.x(1), paper.size * 0.5
        paper.put(middle - gap, f"← {forest.left}", anchor="end")
        paper.put(middle + gap, f"{forest.right} →")
        paper.skip(1.4)
    else:
        paper.put(0, f"← {forest.left}")
        paper.put(paper.inner, f"{forest.right} →", level=1, anchor="end")
        paper.skip(2.4)


def _noted(paper: Paper, forest: Forest) -> Sheet:
    for note in forest.notes:
        paper.wrapped(note, "soft")
    return paper.sheet()
