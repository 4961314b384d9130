"""What every picture is drawn on: one SVG file, wide for a page or screen and narrow for a phone; nothing runs or is fetched."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining

from myeloguide.drawing.chart import printable
from myeloguide.drawing.layout import broken

PAGE, PHONE = 900, 360
"""The widths drawn for, in pixels."""
_PADDING = 10
_BOLD = 1.12
"""How much broader bold letters are."""
FONT = 'Arial, "Liberation Sans", Helvetica, "DejaVu Sans", sans-serif'
# Hundredths of the size, for ASCII from the space on: a broad face (DejaVu Sans), so that no usual one is broader.
_ADVANCES = (
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
    61, 79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
)  # fmt: skip
_BROADEST = 1.1

Looks = Mapping[str, tuple[str, str]]
"""Names of looks, each with its style on light and on dark ground."""

LOOKS: Looks = {
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


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture drawn for one width."""

    width: float
    height: float
    drawn: ET.Element


class Paper:
    """A sheet that is filled from the top; lengths in pixels, heights of rows in lines."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.inner = width - 2 * _PADDING
        self.size = 13.0 if width > 500 else 11.5
        self.line = self.size * 1.42
        self.top = 0.0
        self._group = tag(None, "g", transform=f"translate({_PADDING} {_PADDING})")

    def skip(self, lines: float) -> None:
        """Go on further below."""
        self.top += lines * self.line

    def lines(self, text: str, width: float, *, bold: bool = False) -> list[str]:
        """Break a text into lines that fit a width."""
        return broken(printable(text), width, lambda part: self.measure(part, bold=bold))

    def measure(self, text: str, *, bold: bool = False) -> float:
        """Return a width that a text does not exceed."""
        return text_width(text, self.size * (_BOLD if bold else 1))

    def put(self, x: float, text: str, look: str = "text", level: int = 0, anchor: str = "start") -> None:
        """Set a line of text, `level` lines below the top."""
        self.at(x, self.top + level * self.line + self.size * 1.05, text, look, anchor)

    def at(self, x: float, y: float, text: str, look: str = "text", anchor: str = "start") -> None:
        """Set a text with its foot at a height."""
        tag(self._group, "text", class_=look, x=x, y=y, text_anchor=anchor).text = printable(text)

    def wrapped(self, text: str, look: str = "text") -> None:
        """Set a text over the whole width, in as many lines as it needs."""
        for line in self.lines(text, self.inner, bold=look == "strong"):
            self.put(0, line, look)
            self.skip(1)

    def band(self, heading: str) -> None:
        """Set a heading on a band over the whole width."""
        lines = self.lines(heading, self.inner, bold=True)
        self.box("head", -4, self.top, self.inner + 8, len(lines) * self.line + 3)
        self.top += 1.5
        for line in lines:
            self.put(0, line, "strong")
            self.skip(1)
        self.skip(0.35)

    def box(self, look: str, x: float, y: float, width: float, height: float) -> ET.Element:
        """Draw a rectangle."""
        return tag(self._group, "rect", class_=look, x=x, y=y, width=width, height=height)

    def path(self, look: str, d: str) -> ET.Element:
        """Draw a path."""
        return tag(self._group, "path", class_=look, d=d)

    def lowest(self, drawn: ET.Element) -> None:
        """Put something drawn behind everything else."""
        self._group.remove(drawn)
        self._group.insert(0, drawn)

    def sheet(self) -> Sheet:
        """Return what was drawn, on its ground."""
        height = self.top + 2 * _PADDING
        whole = tag(None, "g", font_size=self.size)
        tag(whole, "rect", class_="ground", width=self.width, height=height)
        whole.append(self._group)
        return Sheet(self.width, height, whole)


def document(name: str, title: str, words: str, sheets: Sequence[Sheet], looks: Looks, defs: Iterable[ET.Element] = ()) -> str:
    """Return one SVG document that shows the first sheet and, on a narrow upright screen, the second."""
    return written(picture(name, title, words, sheets, looks, defs))


def written(root: ET.Element) -> str:
    """Return a picture as the text of a file."""
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def picture(
    name: str, title: str, words: str, sheets: Sequence[Sheet], looks: Looks, defs: Iterable[ET.Element] = ()
) -> ET.Element:
    """Return the same as an element, to stand inside another document."""
    page = sheets[0]
    box = f"0 0 {page.width} {number(page.height)}"
    root = tag(None, "svg", xmlns="http://www.w3.org/2000/svg", viewBox=box, width=page.width, height=number(page.height))
    root.set("preserveAspectRatio", "xMidYMin meet")
    root.set("class", name)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-words")
    tag(root, "title", id=f"{name}-title").text = title
    tag(root, "desc", id=f"{name}-words").text = words
    tag(root, "style").text = _style(name, sheets, looks)
    if patterns := list(defs):
        tag(root, "defs").extend(patterns)
    for place, sheet in enumerate(sheets):
        sheet.drawn.set("class", f"sheet-{place}")
        if place:
            sheet.drawn.set("display", "none")
            sheet.drawn.set("transform", f"scale({page.width / sheet.width:.4f})")
        root.append(sheet.drawn)
    ET.indent(root, " ")
    return root


def _style(name: str, sheets: Sequence[Sheet], looks: Looks) -> str:
    light = [f".{name} text{{font-family:{FONT};stroke:none}}"]
    light += [f".{name} .{look}{{{style}}}" for look, (style, _) in looks.items()]
    dark = [f".{name} .{look}{{{style}}}" for look, (_, style) in looks.items()]
    on_screen = f"svg.{name}{{width:100%;max-width:1300px;height:auto}}"
    light += [f"@media screen{{{on_screen}}}@media print{{svg.{name}{{max-width:100%;max-height:98vh}}}}"]
    light += [f"@media screen and (prefers-color-scheme:dark){{{''.join(dark)}}}"]
    if len(sheets) > 1:
        narrow = sheets[1]
        tall = f"svg.{name}{{width:100%;max-width:none;height:calc(100vw*{narrow.height / narrow.width:.4f})}}"
        shown = f"{tall}.{name} .sheet-0{{display:none}}.{name} .sheet-1{{display:inline}}"
        light += [f"@media screen and (max-width:{PHONE * 5 // 3}px) and (max-aspect-ratio:3/4){{{shown}}}"]
    return "\n".join(light)


def text_width(text: str, size: float) -> float:
    """Return a width that a text set in a usual sans-serif face does not exceed."""
    signs = (ord(sign) - 32 for sign in text if not combining(sign))
    return sum(_ADVANCES[sign] / 100 if 0 <= sign < len(_ADVANCES) else _BROADEST for sign in signs) * size


def number(value: float) -> str:
    """Return a length to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def tag(parent: ET.Element | None, name: str, **attributes: object) -> ET.Element:
    """Make an element, inside `parent` where there is one; `_` in an attribute is `-`, and `class_` is `class`."""
    given = {
        key.rstrip("_").replace("_", "-"): number(value) if isinstance(value, float) else str(value)
        for key, value in attributes.items()
    }
    return ET.Element(name, given) if parent is None else ET.SubElement(parent, name, given)
