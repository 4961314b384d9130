"""A chart as SVG: one file, drawn wide for a page or screen and narrow for a phone; no script, no font, nothing fetched."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from myeloguide.drawing.chart import Chart, printable
from myeloguide.drawing.layout import Layout, Mark, Medium, Row, Strip, lay_out
from myeloguide.drawing.page import LOOKS, PAGE, PHONE, Sheet, picture, text_width, written
from myeloguide.drawing.page import number as _n
from myeloguide.drawing.page import tag as _tag

_PADDING = 10
# For light and for dark ground; each at least three times as light or dark as its ground, apart also for the colour-blind.
_CLASSES = {
    "proteasome_inhibitor": ("#0072b2", "#56b4e9"),
    "immunomodulatory_agent": ("#b85c00", "#e69f00"),
    "monoclonal_antibody": ("#00785a", "#2fc49b"),
    "alkylator": ("#9c3d7c", "#dd94bd"),
    "steroid": ("#6e6e6e", "#a8a8a8"),
    "bcma_targeted": ("#4b3fa0", "#a79cf0"),
}
_OTHER = ("#3d3d3d", "#e0e0d0")


def draw(chart: Chart, widths: Sequence[int] = (PAGE, PHONE)) -> str:
    """Return a chart as one SVG document, drawn for the first width and, on a narrow upright screen, for the second."""
    return written(drawn(chart, widths))


def drawn(chart: Chart, widths: Sequence[int] = (PAGE, PHONE)) -> ET.Element:
    """Return the same as an element, to stand inside another document."""
    sheets = [_Sheet(chart, width) for width in widths]
    pages = [Sheet(sheet.width, sheet.height, sheet.drawn()) for sheet in sheets]
    classes = {f"c-{name}": _CLASSES.get(name, _OTHER) for name in chart.classes}
    coloured = {name: (_coloured(light), _coloured(dark)) for name, (light, dark) in classes.items()}
    looks = {**LOOKS, **coloured}
    return picture("story", printable(chart.title or "The story"), printable(chart.words), pages, looks, _patterns(chart))


def _coloured(colour: str) -> str:
    return f"fill:{colour};stroke:{colour}"


def _patterns(chart: Chart) -> Iterator[ET.Element]:
    for name, look in [*((name, f"c-{name}") for name in chart.classes), ("perhaps", "frame"), ("veil", "veil")]:
        step = 4 if name != "veil" else 7
        pattern = _tag(None, "pattern", id=f"story-{name}", width=step, height=step, patternUnits="userSpaceOnUse")
        pattern.set("patternTransform", "rotate(45)")
        _tag(pattern, "path", d=f"M0 0V{step}", stroke_width="2.2" if name != "veil" else "1", class_=look)
        yield pattern


@dataclass(slots=True)
class _Heights:
    """Where a row stands, and its height."""

    top: float
    height: float


class _Sheet:
    """A chart drawn for one width."""

    def __init__(self, chart: Chart, width: int) -> None:
        self.width = width
        self.size = 13.0 if width > 500 else 11.0
        self.line = self.size * 1.42
        size = self.size
        medium = Medium(
            width=width - 2 * _PADDING,
            measure=lambda text: text_width(text, size),
            bold=1.12,
            space=size * 0.6,
            mark=size,
            beside=size * 0.3,
            margin=size * 2.2,
            fine=1.5,
            names=0.34,
        )
        self.layout: Layout = lay_out(chart, medium)
        self.tops: list[_Heights] = []
        top = 0.0
        for row in self.layout.rows:
            height = self.row_height(row)
            self.tops.append(_Heights(top, height))
            top += height
        self.height = top + 2 * _PADDING

    def row_height(self, row: Row) -> float:
        if row.kind == "gap":
            return self.line * 0.4
        if row.kind == "panel":
            return row.levels * self.line + self.line * 0.4
        return row.levels * self.line + {"title": self.line * 0.2, "line": self.line * 0.25}.get(row.kind, 0.0)

    def drawn(self) -> ET.Element:
        group = _tag(None, "g", font_size=self.size)
        _tag(group, "rect", class_="ground", width=self.width, height=self.height)
        inner = _tag(group, "g", transform=f"translate({_PADDING} {_PADDING})")
        self.behind(inner)
        for row, place in zip(self.layout.rows, self.tops, strict=True):
            if row.kind != "gap":
                _ROWS[row.kind](self, _tag(inner, "g"), row, place.top)
        return group

    def behind(self, group: ET.Element) -> None:
        """Draw what lies behind the rows: lines of therapy behind the panels, the grid, what was not recorded, progressions."""
        layout, placed = self.layout, list(zip(self.layout.rows, self.tops, strict=True))
        timed = [place for row, place in placed if row.kind in ("axis", "lane", "events", "panel", "phases")]
        panels = [place for row, place in placed if row.kind == "panel"]
        for place in panels:
            for x0, x1 in layout.bands[::2]:
                _tag(group, "rect", class_="band", x=x0, y=place.top, width=x1 - x0, height=place.height)
        across = layout.unrecorded - layout.left
        for row, place in placed:
            if across > 0 and row.kind in ("lane", "events", "panel", "phases"):
                _tag(group, "rect", fill="url(#story-veil)", x=layout.left, y=place.top, width=across, height=place.height)
        for x in layout.ticks:  # from below the names of the first axis to the top of the last one
            first, last = timed[0], timed[-1]
            bottom = last.top + (0 if panels else last.height)
            _tag(group, "path", class_="grid", d=f"M{_n(x)} {_n(first.top + first.height)}V{_n(bottom)}")
        for x0, x1 in layout.progressions:
            for place in panels:
                for x in dict.fromkeys((x0, x1)):
                    _tag(group, "path", class_="bad-line", d=f"M{_n(x)} {_n(place.top)}V{_n(place.top + place.height)}")

    # --- texts ---

    def text(
        self, group: ET.Element, x: float, top: float, text: str, look: str = "text", level: int = 0, **more: object
    ) -> None:
        made = _tag(group, "text", class_=look, x=x, y=top + level * self.line + self.size * 1.05, **more)
        made.text = printable(text)

    def texts(self, group: ET.Element, row: Row, top: float, look: str = "text") -> None:
        for text in row.texts:
            self.text(group, text.x, top, text.text, look, text.level)

    def title(self, group: ET.Element, row: Row, top: float) -> None:
        self.texts(group, row, top, "strong")

    def fact(self, group: ET.Element, row: Row, top: float) -> None:
        self.texts(group, row, top)

    def note(self, group: ET.Element, row: Row, top: float) -> None:
        self.texts(group, row, top, "soft")

    def line_of_therapy(self, group: ET.Element, row: Row, top: float) -> None:
        width, height = self.layout.medium.width + 8, row.levels * self.line + 3
        _tag(group, "rect", class_="head", x=-4, y=top, width=width, height=height, rx=2)
        self.texts(group, row, top + 1.5, "strong")

    def axis(self, group: ET.Element, row: Row, top: float) -> None:
        self.texts(group, row, top, "soft")

    def phases(self, group: ET.Element, row: Row, top: float) -> None:
        for strip in row.strips:
            y = top + strip.level * self.line + 3
            _tag(group, "path", class_="frame", d=f"M{_n(strip.x0)} {_n(y - 3)}v3H{_n(strip.x1)}v-3")
        for text in row.texts:
            self.text(group, text.x, top + 3, text.text, "soft", text.level)

    # --- lanes ---

    def lane(self, group: ET.Element, row: Row, top: float) -> None:
        for level, label in enumerate(row.label):
            self.text(group, self.layout.medium.space, top, label, level=level)
        middle = top + row.levels * self.line / 2
        for strip in row.strips:
            self.strip(group, strip, middle, row.look)
        for mark in row.marks:
            self.mark(group, mark, middle)

    def strip(self, group: ET.Element, strip: Strip, middle: float, look: str) -> None:
        thick = self.size * 0.72
        made = _tag(group, "g", class_=f"c-{look}")
        _tag(made, "title").text = printable(strip.says)
        y = middle - thick / 2
        if strip.sure is None or strip.sure != (strip.x0, strip.x1):
            shape = {"x": strip.x0, "y": y, "width": max(strip.x1 - strip.x0, 2.0), "height": thick}
            _tag(made, "rect", stroke_width="0.8", style=f"fill:url(#story-{look})", **shape)
        if strip.sure is not None:
            x0, x1 = strip.sure
            _tag(made, "rect", stroke="none", style="stroke:none", x=x0, y=y, width=max(x1 - x0, 1.5), height=thick)
        if strip.ongoing:
            x, half = strip.x1, thick * 0.75
            d = f"M{_n(x + 1)} {_n(middle - half)}L{_n(x + 1 + half)} {_n(middle)}L{_n(x + 1)} {_n(middle + half)}"
            _tag(made, "path", style="fill:none", stroke_width="2", d=d)

    # --- marks ---

    def events(self, group: ET.Element, row: Row, top: float) -> None:
        for label in row.label:
            self.text(group, 0, top, label, "strong")
        for mark in row.marks:
            self.mark(group, mark, top + (mark.level + 0.5) * self.line)
        self.texts(group, row, top)

    def bands(self, group: ET.Element, row: Row, top: float) -> None:
        self.text(group, 0, top, row.label[0], "strong")
        self.texts(group, row, top, "soft")

    def legend(self, group: ET.Element, row: Row, top: float) -> None:
        for mark in row.marks:
            self.mark(group, mark, top + (mark.level + 0.5) * self.line)
        self.texts(group, row, top, "soft")

    def mark(self, group: ET.Element, mark: Mark, y: float) -> None:
        """Draw a sign in the middle of its place; somewhere between two days it has whiskers to both."""
        size, x = self.size, mark.x
        made = _tag(group, "g")
        if mark.says:
            _tag(made, "title").text = printable(mark.says)
        if mark.x1 - mark.x0 > size * 1.8:
            ends = f"M{_n(mark.x0)} {_n(y - 3)}v6M{_n(mark.x0)} {_n(y)}H{_n(mark.x1)}M{_n(mark.x1)} {_n(y - 3)}v6"
            _tag(made, "path", class_="bad-line" if mark.kind == "progression" else "frame", d=ends)
        kind, _, name = mark.kind.partition("-")
        box = {"x": mark.x0, "y": y - size * 0.36, "width": size, "height": size * 0.72}
        if kind == "class":
            _tag(made, "rect", class_=f"c-{name}", **box)
        elif kind == "possible":
            _tag(made, "rect", style="fill:url(#story-perhaps)", class_="frame", **box)
        elif kind == "unrecorded":
            _tag(made, "rect", fill="url(#story-veil)", **box)
        elif kind == "ongoing":
            half = _n(size * 0.5)
            _tag(made, "path", class_="curve", d=f"M{_n(x - size / 4)} {_n(y - size / 2)}l{half} {half}l-{half} {half}")
        elif kind == "refractory":
            known = name == "yes"
            square = {"x": mark.x0, "y": y - size * 0.5, "width": size, "height": size, "rx": 2}
            _tag(made, "rect", class_="bad" if known else "bad-ring", **square)
            look = "on-bad" if known else "bad-text"
            self.text(made, x, y - size * 0.71, "R" if known else "?", look, font_size=size * 0.85, text_anchor="middle")
        else:
            self.sign(made, mark.kind, x, y, size * (0.14 if mark.kind == "not-evaluable" else 0.34))

    # --- panels ---

    def panel(self, group: ET.Element, row: Row, top: float) -> None:
        assert row.panel is not None
        layout, panel = self.layout, row.panel
        height = row.levels * self.line
        wide = layout.right - layout.left
        _tag(group, "rect", class_="frame", x=layout.left, y=top, width=wide, height=height + self.line * 0.4)
        base = top + self.line * 0.2 + height

        def place(y: float) -> float:
            return base - y * height

        for y, name in panel.ticks:
            _tag(group, "path", class_="grid", d=f"M{_n(layout.left)} {_n(place(y))}h{_n(wide)}")
            x = layout.left - layout.medium.space / 2
            self.text(group, x, place(y) - self.size * 0.7, name, "soft", text_anchor="end")
        for points in _paths(panel.joined):
            d = "L".join(f"{_n(panel.dots[point].x)} {_n(place(panel.dots[point].y))}" for point in points)
            _tag(group, "path", class_="curve", d=f"M{d}")
        small = len(panel.dots) > 150
        for dot in panel.dots:
            made = _tag(group, "g")
            _tag(made, "title").text = printable(dot.says)
            y = place(dot.y)
            if dot.x1 - dot.x0 > 3:
                ends = f"M{_n(dot.x0)} {_n(y - 3)}v6m0 -3H{_n(dot.x1)}m0 -3v6"
                _tag(made, "path", class_="frame", stroke_dasharray="2 2", d=ends)
            size = {"value": 1.4 if small else 2.6, "value-sometime": 2.6, "not-evaluable": 1.6}.get(dot.kind, 3.6)
            self.sign(made, dot.kind, dot.x, y, size)

    def sign(self, group: ET.Element, kind: str, x: float, y: float, size: float) -> None:
        look, points = _SIGNS[kind]
        if points:
            drawn = " ".join(f"{_n(x + right * size)},{_n(y + down * size)}" for right, down in points)
            _tag(group, "polygon", class_=look, points=drawn)
        else:
            _tag(group, "circle", class_=look, cx=x, cy=y, r=size)


def _paths(joined: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield runs of dots that follow each other."""
    path: list[int] = []
    for one, other in joined:
        if path and path[-1] == one:
            path.append(other)
        else:
            if path:
                yield path
            path = [one, other]
    if path:
        yield path


_DOWN = ((-1.2, -1), (1.2, -1), (0, 1.2))
_UP = ((-1.2, 1), (1.2, 1), (0, -1.2))
_CROSS = (
    (-0.35, -1.4), (0.35, -1.4), (0.35, -0.7), (1, -0.7), (1, 0), (0.35, 0), (0.35, 1.4), (-0.35, 1.4), (-0.35, 0), (-1, 0),
    (-1, -0.7), (-0.35, -0.7),
)  # fmt: skip
_SIGNS: dict[str, tuple[str, tuple[tuple[float, float], ...]]] = {
    "diagnosis": ("dot", ((-0.5, -1.4), (0.5, -1.4), (0.5, 1.4), (-0.5, 1.4))),
    "transplant": ("dot", ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0))),
    "procedure": ("dot", ((-1, -1), (1, -1), (1, 1), (-1, 1))),
    "death": ("dot", _CROSS),
    "seen": ("ring", ()),
    "progression": ("bad", _DOWN),
    "progression-unconfirmed": ("bad-ring", _DOWN),
    "response": ("dot", ()),
    "response-unconfirmed": ("ring", ()),
    "not-evaluable": ("dot", ()),
    "value": ("dot", ()),
    "value-sometime": ("ring", ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0))),
    "below": ("ring", _DOWN),
    "above": ("ring", _UP),
    "beyond": ("ring", _UP),
}
"""The look of each sign and, where it is no circle, its corners."""

_ROWS = {
    "title": _Sheet.title,
    "fact": _Sheet.fact,
    "note": _Sheet.note,
    "axis": _Sheet.axis,
    "line": _Sheet.line_of_therapy,
    "phases": _Sheet.phases,
    "lane": _Sheet.lane,
    "events": _Sheet.events,
    "heading": _Sheet.title,
    "bands": _Sheet.bands,
    "panel": _Sheet.panel,
    "legend": _Sheet.legend,
}
