"""A chart as SVG: one file, drawn wide for a page or screen and narrow for a phone; no script, no font, nothing fetched."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from unicodedata import combining

from myeloguide.drawing.chart import Chart, printable
from myeloguide.drawing.layout import Layout, Mark, Medium, Row, Strip, lay_out

PAGE, PHONE = 900, 360
"""The widths drawn for, in pixels."""
_PADDING = 10
FONT = 'Arial, "Liberation Sans", Helvetica, "DejaVu Sans", sans-serif'
# Hundredths of the size, for ASCII from the space on: a broad face (DejaVu Sans), so that no usual one is broader.
_ADVANCES = (
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
    61, 79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
)  # fmt: skip
_BROADEST = 1.1

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
_LOOKS = {
    "ground": ("fill:#ffffff", "fill:#14171a"),
    "text": ("fill:#1b1b1b", "fill:#ededed"),
    "soft": ("fill:#4d4d4d", "fill:#bdbdbd"),
    "strong": ("fill:#1b1b1b;font-weight:bold", "fill:#ffffff"),
    "head": ("fill:#e6ebf0", "fill:#28313a"),
    "band": ("fill:#f0f2f4", "fill:#1f242a"),
    "frame": ("fill:none;stroke:#8a8a8a", "stroke:#858585"),
    "grid": ("fill:none;stroke:#dcdcdc", "stroke:#353b41"),
    "curve": ("fill:none;stroke:#1b1b1b;stroke-width:1.4", "stroke:#ededed"),
    "dot": ("fill:#1b1b1b;stroke:#1b1b1b", "fill:#ededed;stroke:#ededed"),
    "ring": ("fill:#ffffff;stroke:#1b1b1b;stroke-width:1.2", "fill:#14171a;stroke:#ededed"),
    "bad": ("fill:#b3151f;stroke:#b3151f", "fill:#ff8a80;stroke:#ff8a80"),
    "bad-ring": ("fill:#ffffff;stroke:#b3151f;stroke-width:1.2", "fill:#14171a;stroke:#ff8a80"),
    "bad-line": ("fill:none;stroke:#b3151f;stroke-dasharray:4 3", "stroke:#ff8a80"),
    "on-bad": ("fill:#ffffff;font-weight:bold", "fill:#14171a"),
    "bad-text": ("fill:#b3151f;font-weight:bold", "fill:#ff8a80"),
    "veil": ("stroke:#b9b9b9;fill:none", "stroke:#4a5158"),
}


def draw(chart: Chart, widths: Sequence[int] = (PAGE, PHONE)) -> str:
    """Return a chart as one SVG document, drawn for the first width and, on a narrow upright screen, for the second."""
    sheets = [_Sheet(chart, width) for width in widths]
    page = sheets[0]
    box = f"0 0 {page.width} {_n(page.height)}"
    root = _tag(None, "svg", xmlns="http://www.w3.org/2000/svg", viewBox=box, width=page.width, height=_n(page.height))
    root.set("preserveAspectRatio", "xMidYMin meet")
    root.set("class", "story")
    root.set("role", "img")
    root.set("aria-labelledby", "story-title story-words")
    _tag(root, "title", id="story-title").text = printable(chart.title)
    _tag(root, "desc", id="story-words").text = printable(chart.words)
    _tag(root, "style").text = _style(chart, sheets)
    _patterns(_tag(root, "defs"), chart)
    for place, sheet in enumerate(sheets):
        group = sheet.drawn()
        group.set("class", f"sheet-{place}")
        if place:
            group.set("display", "none")
            group.set("transform", f"scale({page.width / sheet.width:.4f})")
        root.append(group)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def text_width(text: str, size: float) -> float:
    """Return a width that a text set in a usual sans-serif face does not exceed."""
    signs = (ord(sign) - 32 for sign in text if not combining(sign))
    return sum(_ADVANCES[sign] / 100 if 0 <= sign < len(_ADVANCES) else _BROADEST for sign in signs) * size


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _tag(parent: ET.Element | None, name: str, **attributes: object) -> ET.Element:
    given = {
        key.rstrip("_").replace("_", "-"): _n(value) if isinstance(value, float) else str(value)
        for key, value in attributes.items()
    }
    return ET.Element(name, given) if parent is None else ET.SubElement(parent, name, given)


def _style(chart: Chart, sheets: Sequence[_Sheet]) -> str:
    classes = {name: _CLASSES.get(name, _OTHER) for name in chart.classes}
    light = [f".story text{{font-family:{FONT};stroke:none}}"]
    light += [f".story .{name}{{{look}}}" for name, (look, _) in _LOOKS.items()]
    light += [f".story .c-{name}{{fill:{colour};stroke:{colour}}}" for name, (colour, _) in classes.items()]
    dark = [f".story .{name}{{{look}}}" for name, (_, look) in _LOOKS.items()]
    dark += [f".story .c-{name}{{fill:{colour};stroke:{colour}}}" for name, (_, colour) in classes.items()]
    light += [
        "@media screen{svg.story{width:100%;max-width:1300px;height:auto}}@media print{svg.story{max-width:100%;max-height:98vh}}"
    ]
    light += [f"@media screen and (prefers-color-scheme:dark){{{''.join(dark)}}}"]
    if len(sheets) > 1:
        narrow = sheets[1]
        tall = f"svg.story{{width:100%;max-width:none;height:calc(100vw*{narrow.height / narrow.width:.4f})}}"
        shown = f"{tall}.story .sheet-0{{display:none}}.story .sheet-1{{display:inline}}"
        light += [f"@media screen and (max-width:{PHONE * 5 // 3}px) and (max-aspect-ratio:3/4){{{shown}}}"]
    return "\n".join(light)


def _patterns(defs: ET.Element, chart: Chart) -> None:
    for name, look in [*((name, f"c-{name}") for name in chart.classes), ("perhaps", "frame"), ("veil", "veil")]:
        step = 4 if name != "veil" else 7
        pattern = _tag(defs, "pattern", id=f"story-{name}", width=step, height=step, patternUnits="userSpaceOnUse")
        pattern.set("patternTransform", "rotate(45)")
        _tag(pattern, "path", d=f"M0 0V{step}", stroke_width="2.2" if name != "veil" else "1", class_=look)


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
