"""A chart for the terminal: lines of coloured text as wide as it is, with block and box signs, or plain ASCII."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text as Line

from myeloguide.drawing.chart import Chart, printable
from myeloguide.drawing.layout import Layout, Medium, Panel, Row, Strip, lay_out

NARROWEST = 40
_CURVE_LINES = 6


@dataclass(frozen=True, slots=True)
class _Signs:
    given: str
    possible: str
    ongoing: str
    unrecorded: str
    rule: str
    up: str
    across: str
    marks: dict[str, str]
    eighths: str


_UNICODE = _Signs(
    "█", "░", "▶", "╱", "─", "│", "┆",
    {
        "diagnosis": "▮", "transplant": "◆", "procedure": "■", "death": "✝", "seen": "○",
        "progression": "▼", "progression-unconfirmed": "▽",
        "response": "●", "response-unconfirmed": "○", "not-evaluable": "·",
        "value": "•", "value-sometime": "◇", "below": "▽", "above": "△", "beyond": "▲",
        "refractory-yes": "R", "refractory-unknown": "?", "possible": "░", "ongoing": "▶", "unrecorded": "╱",
    },
    " ▁▂▃▄▅▆▇█",
)  # fmt: skip
_ASCII = _Signs(
    "=", ".", ">", "/", "-", "|", ":",
    {
        "diagnosis": "D", "transplant": "T", "procedure": "P", "death": "+", "seen": "o",
        "progression": "V", "progression-unconfirmed": "v",
        "response": "*", "response-unconfirmed": "o", "not-evaluable": ".",
        "value": "*", "value-sometime": "x", "below": "v", "above": "^", "beyond": "^",
        "refractory-yes": "R", "refractory-unknown": "?", "possible": ".", "ongoing": ">", "unrecorded": "/",
    },
    "  ..::###",
)  # fmt: skip
_COLOURS = {
    "proteasome_inhibitor": "blue",
    "immunomodulatory_agent": "yellow",
    "monoclonal_antibody": "green",
    "alkylator": "magenta",
    "steroid": "bright_black",
    "bcma_targeted": "cyan",
}
_BAD, _SOFT, _STRONG, _PLAIN = "red", "dim", "bold", ""


def draw(chart: Chart, width: int, *, ascii_only: bool = False) -> list[Line]:
    """Return a chart as lines of text, none wider than `width` (40 at least)."""
    signs = _ASCII if ascii_only else _UNICODE
    medium = Medium(
        width=max(width, NARROWEST) - 1, measure=cell_len, bold=1, space=1, mark=1, beside=2, margin=3, fine=1.0, names=0.3
    )  # fmt: skip
    layout = lay_out(chart, medium)
    return [line for row in layout.rows for line in _Drawing(layout, row, signs).lines()]


class _Drawing:
    """A row as cells, one list of (sign, style) for each line of text."""

    def __init__(self, layout: Layout, row: Row, signs: _Signs) -> None:
        self.layout = layout
        self.row = row
        self.signs = signs
        self.width = int(layout.medium.width) + 1
        height = _CURVE_LINES if row.look == "curve" else row.levels
        self.cells = [[(" ", _PLAIN) for _ in range(self.width)] for _ in range(height)]

    def lines(self) -> Iterable[Line]:
        row = self.row
        if row.kind in ("lane", "panel", "events") and self.layout.unrecorded > self.layout.left:
            for level in range(len(self.cells)):
                self.fill(level, self.layout.left, self.layout.unrecorded - 1, self.signs.unrecorded, _SOFT)
        if row.kind == "line":
            self.rule(len(self.cells) - 1)
        for level, label in enumerate(row.label):
            self.write(level, 1 if row.kind == "lane" else 0, label, _PLAIN if row.kind == "lane" else _STRONG)
        for strip in row.strips:
            self.strip(strip)
        for text in row.texts:
            self.write(text.level, text.x, text.text, _STYLES.get(row.kind, _PLAIN))
        for mark in row.marks:
            self.mark(mark.kind, mark.x0, mark.x1, mark.level)
        if row.panel is not None:
            self.panel(row.panel)
        return [_line(cells, ascii_only=self.signs is _ASCII) for cells in self.cells]

    def put(self, level: int, x: float, sign: str, style: str) -> None:
        place = int(x)
        if 0 <= place < self.width:
            self.cells[level][place] = (sign, style)

    def fill(self, level: int, x0: float, x1: float, sign: str, style: str) -> None:
        for place in range(int(x0), int(x1) + 1):
            self.put(level, place, sign, style)

    def write(self, level: int, x: float, text: str, style: str) -> None:
        place = int(x)
        for sign in printable(text):
            wide = cell_len(sign)
            if not wide:
                continue
            self.put(level, place, sign, style)
            if wide == 2:
                self.put(level, place + 1, "", style)
            place += wide

    def rule(self, level: int) -> None:
        """Draw a rule behind the last line of a heading, from its end to the edge."""
        text = self.row.texts[-1]
        self.fill(level, text.width + 1, self.width - 1, self.signs.rule, _SOFT)

    def strip(self, strip: Strip) -> None:
        level, style = strip.level, _COLOURS.get(self.row.look, _PLAIN)
        if self.row.kind == "phases":
            self.fill(level, strip.x0, strip.x1, self.signs.rule, _SOFT)
            return
        for line in range(len(self.cells)):
            self.fill(line, strip.x0, strip.x1, self.signs.possible, style)
            if strip.sure is not None:
                self.fill(line, *strip.sure, self.signs.given, style)
        if strip.ongoing:
            self.put(level, strip.x1 + 1, self.signs.ongoing, style)

    def mark(self, kind: str, x0: float, x1: float, level: int) -> None:
        group, _, name = kind.partition("-")
        bad = group in ("progression", "refractory")
        if group == "class":
            self.put(level, x0, self.signs.given, _COLOURS.get(name, _PLAIN))
        elif sign := self.signs.marks.get(kind):
            if x1 - x0 > 2:
                self.fill(level, x0, x1, self.signs.rule, _BAD if bad else _SOFT)
            self.put(level, (x0 + x1) / 2, sign, f"bold {_BAD}" if bad else _PLAIN)

    # --- panels ---

    def panel(self, panel: Panel) -> None:
        height = len(self.cells)

        def level(y: float) -> int:
            return min(max(height - 1 - int(y * height), 0), height - 1)

        left, right = int(self.layout.left), int(self.layout.right)
        for y, name in panel.ticks:
            self.write(level(y), left - 1 - cell_len(name), name, _SOFT)
        for place in range(height):
            self.put(place, left, self.signs.up, _SOFT)
        for x0, x1 in self.layout.progressions:
            for x in {int(x0), int(x1)}:
                for place in range(height):
                    self.put(place, max(x, left), self.signs.across, _BAD)
        if self.row.look == "curve":
            self.area(panel, left, right)
        for dot in panel.dots:
            if self.row.look != "curve" or dot.kind != "value":
                bad = dot.kind.startswith("progression")
                if dot.x1 - dot.x0 > 2:
                    self.fill(level(dot.y), dot.x0, dot.x1, self.signs.rule, _SOFT)
                self.put(level(dot.y), dot.x, self.signs.marks[dot.kind], _BAD if bad else _PLAIN)

    def area(self, panel: Panel, left: int, right: int) -> None:
        """Fill the columns below the curve: measured ones by the highest value, those between two joined ones in between."""
        heights: dict[int, float] = {}
        for one, other in panel.joined:
            first, second = panel.dots[one], panel.dots[other]
            for place in range(int(first.x) + 1, int(second.x)):
                share = (place + 0.5 - first.x) / (second.x - first.x)
                heights[place] = max(heights.get(place, 0.0), first.y + share * (second.y - first.y))
        measured: dict[int, float] = {}
        for dot in panel.dots:
            measured[int(dot.x)] = max(measured.get(int(dot.x), 0.0), dot.y)
        lines = len(self.cells)
        for place, y in (heights | measured).items():
            if not left <= place <= right:
                continue
            eighths = max(round(y * lines * 8), 1)
            for line in range(lines):
                part = min(max(eighths - line * 8, 0), 8)
                if part:
                    self.put(lines - 1 - line, place, self.signs.eighths[part], _PLAIN)


_STYLES = {"title": _STRONG, "line": _STRONG, "heading": _STRONG, "axis": _SOFT, "bands": _SOFT, "note": _SOFT, "phases": _PLAIN}


def _line(cells: Sequence[tuple[str, str]], *, ascii_only: bool) -> Line:
    line = Line(no_wrap=True, end="")
    for style, run in groupby(cells, key=lambda cell: cell[1]):
        text = "".join(sign for sign, _ in run)
        line.append(text.encode("ascii", "replace").decode() if ascii_only else text, Style.parse(style) if style else None)
    line.rstrip()
    return line
