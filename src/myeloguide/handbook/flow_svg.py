"""The way to the lists drawn as SVG: wide for a page, narrow for a phone; no script, no font, nothing fetched.

Answers stand side by side where each way has room for a list, else below each other. Widths of text are taken from a broad
face, so that no usual one leaves its box.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from myeloguide.drawing.page import FONT, text_width
from myeloguide.handbook.content import Chapter, Handbook, Stand, Tier, alike, sentence
from myeloguide.handbook.flow import Step, flow
from myeloguide.handbook.known import Known

PAGE, PHONE = 900, 390
"""The widths drawn for, in pixels."""
_BOLD = 1.12
_LEAST = 196
"""The least width of a list, or of a column of its tiers."""
_GAP = 12
_PADDING = 12
_LOOKS = {
    "ground": ("fill:#ffffff", "fill:#14171a"),
    "text": ("fill:#1b1b1b", "fill:#ededed"),
    "bold": ("fill:#1b1b1b;font-weight:bold", "fill:#ffffff"),
    "soft": ("fill:#4d4d4d", "fill:#bdbdbd"),
    "card": ("fill:#ffffff;stroke:#8a949e", "fill:#1c2126;stroke:#77818b"),
    "head": ("fill:#dfe9f2;stroke:#8a949e", "fill:#26374a;stroke:#77818b"),
    "quiet": ("fill:none;stroke:#8a949e;stroke-dasharray:5 4", "stroke:#77818b"),
    "ask": ("fill:#1f4e79;stroke:#1f4e79", "fill:#9cc7ee;stroke:#9cc7ee"),
    "asked": ("fill:#ffffff;font-weight:bold", "fill:#10202f"),
    "way": ("fill:none;stroke:#5d6b78;stroke-width:1.6", "stroke:#9aa7b3"),
    "answer": ("fill:#ffffff;stroke:#5d6b78;stroke-width:1.2", "fill:#14171a;stroke:#9aa7b3"),
    "grade": ("fill:#e3f1e5;stroke:#3f7d4b", "fill:#1f3a26;stroke:#7fbf8c"),
    "graded": ("fill:#14491f;font-weight:bold", "fill:#d5f2da"),
    "rule": ("fill:none;stroke:#d3d8dd", "stroke:#3a4249"),
}


@dataclass(slots=True)
class _Line:
    """A line of a list: its text in one look, or a grade before it."""

    text: str
    look: str
    size: float
    indent: float = 0
    grade: str | None = None
    before: float = 0


@dataclass(slots=True)
class _Lines:
    """Lines of text that stand below each other."""

    lines: list[_Line] = field(default_factory=list)

    @property
    def height(self) -> float:
        return sum(_high(line) for line in self.lines)


def _high(line: _Line) -> float:
    return line.size * 1.38 + line.before


def draw_flow(book: Handbook, width: int = PAGE) -> str:
    """Return the flow chart of a pack as one SVG document of a width in pixels."""
    return _Sheet(book, width).document()


def wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines that do not exceed a width."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size * (_BOLD if bold else 1)) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _tag(parent: ET.Element, name: str, **attributes: object) -> ET.Element:
    given = {
        key.rstrip("_").replace("_", "-"): _n(value) if isinstance(value, float) else str(value)
        for key, value in attributes.items()
    }
    return ET.SubElement(parent, name, given)


class _Sheet:
    def __init__(self, book: Handbook, width: int) -> None:
        self.book = book
        self.width = width
        self.size = 13.0
        self.small = 11.5
        self.step_in = 30.0 if width >= PAGE else 16.0
        self.chapters = {chapter.list.id: chapter for chapter in book.chapters}
        self.ways = ET.Element("g")
        self.boxes = ET.Element("g")

    def document(self) -> str:
        header = self.book.pack.header
        step = flow(self.book.pack)
        top = self.paragraph(16, 16, self.width - 32, header.title, "bold", self.size + 3)
        top = self.paragraph(16, top + 2, self.width - 32, "The way to each list, and what it holds", "soft", self.size)
        bottom = self.step(step, 16, top + 12, self.width - 32)
        notes = [
            "What is not known leaves more than one way open. Grades as printed; where none stands, none is printed. Inside "
            "a tier and grade the order means nothing.",
            f"Source: {header.citation}. Drawn from the pack {header.pack} {header.version}. It informs; it does not decide.",
        ]
        for note in notes:
            bottom = self.paragraph(16, bottom + 8, self.width - 32, note, "soft", self.small)
        height = bottom + 16
        root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {self.width} {_n(height)}"})
        for name, value in (("width", self.width), ("height", _n(height)), ("class", "flow"), ("role", "img")):
            root.set(name, str(value))
        root.set("aria-labelledby", "flow-title flow-words")
        _tag(root, "title", id="flow-title").text = f"{header.title}: flow chart of the lists"
        _tag(root, "desc", id="flow-words").text = " ".join(in_words(step, self.chapters))
        _tag(root, "style").text = _style()
        _tag(root, "rect", class_="ground", width=self.width, height=float(height))
        root.extend((self.ways, self.boxes))
        ET.indent(root, " ")
        return ET.tostring(root, encoding="unicode") + "\n"

    def paragraph(self, x: float, y: float, width: float, text: str, look: str, size: float) -> float:
        for line in wrap(text, size, width, bold=look == "bold"):
            y += size * 1.38
            self.write(x, y - size * 0.32, line, look, size)
        return y

    def write(self, x: float, y: float, text: str, look: str, size: float, *, middle: bool = False) -> None:
        place = _tag(self.boxes, "text", class_=look, x=float(x), y=float(y), font_size=float(size))
        if middle:
            place.set("text-anchor", "middle")
        place.text = text

    def box(self, look: str, x: float, y: float, width: float, height: float, radius: float) -> None:
        _tag(self.boxes, "rect", class_=look, x=float(x), y=float(y), width=float(width), height=float(height), rx=float(radius))

    def way(self, path: str) -> None:
        _tag(self.ways, "path", class_="way", d=path)

    # --- steps ---

    def step(self, step: Step, x: float, y: float, width: float) -> float:
        """Draw a step and all that follows; return where it ends."""
        if step.question is None:
            return self.end(step, x, y, width)
        across = self.across(step, width)
        bottom = self.side_by_side(step, x, y, width) if across else self.below(step, x, y, width)
        for name in step.lists:
            bottom = self.answer("in addition, whichever applies", x + (0 if across else 14), bottom + 12) + 8
            inset = 0 if across else self.step_in
            bottom = self.card(self.chapters[name], x + inset, bottom, width - inset)
        return bottom

    def across(self, step: Step, width: float) -> bool:
        """Whether the ways that lead on have room side by side."""
        return width >= step.leaves * (_LEAST + _GAP) - _GAP

    def question(self, text: str, x: float, y: float, width: float, *, middle: bool) -> tuple[float, float]:
        """Draw a question; return its middle and where it ends."""
        lines = wrap(text, self.size, width - 2 * _PADDING, bold=True)
        wide = max(text_width(line, self.size * _BOLD) for line in lines) + 2 * _PADDING
        height = len(lines) * self.size * 1.38 + 14
        left = x + (width - wide) / 2 if middle else x
        self.box("ask", left, y, wide, height, 8)
        for number, line in enumerate(lines):
            self.write(left + wide / 2, y + 7 + (number + 0.74) * self.size * 1.38, line, "asked", self.size, middle=True)
        return left + wide / 2, y + height

    def answer(self, text: str, x: float, y: float, *, middle: bool = False) -> float:
        """Draw an answer; return where it ends."""
        wide, high = max(text_width(text, self.small * _BOLD) + 18, 34.0), self.small * 1.4 + 6
        left = x - wide / 2 if middle else x
        self.box("answer", left, y, wide, high, high / 2)
        self.write(left + wide / 2, y + high * 0.68, text, "bold", self.small, middle=True)
        return y + high

    def side_by_side(self, step: Step, x: float, y: float, width: float) -> float:
        middle, bottom = self.question(step.question or "", x, y, width, middle=True)
        share = (width + _GAP) / step.leaves
        rail, bottoms, middles, left = bottom + 12, [], [], x
        for branch in step.branches:
            wide = share * branch.step.leaves - _GAP
            centre = left + wide / 2
            end = self.answer(branch.answer, centre, rail + 10, middle=True)
            self.way(f"M{_n(centre)} {_n(rail)}V{_n(end + 12)}")
            bottoms.append(self.step(branch.step, left, end + 12, wide))
            middles.append(centre)
            left += wide + _GAP
        self.way(f"M{_n(middle)} {_n(bottom)}V{_n(rail)}M{_n(middles[0])} {_n(rail)}H{_n(middles[-1])}")
        return max(bottoms)

    def below(self, step: Step, x: float, y: float, width: float) -> float:
        _, bottom = self.question(step.question or "", x, y, width, middle=False)
        trunk, from_ = x + 5, bottom
        last = bottom
        for branch in step.branches:
            top = bottom + 12
            end = self.answer(branch.answer, x + 14, top)
            last = (top + end) / 2
            self.way(f"M{_n(trunk)} {_n(last)}H{_n(x + 14)}")
            inner = width - self.step_in
            if branch.step.question is not None and self.across(branch.step, inner):
                centre = x + self.step_in + inner / 2
                self.way(f"M{_n(x + 20)} {_n(last)}H{_n(centre)}V{_n(end + 8)}")
            else:
                self.way(f"M{_n(x + self.step_in + 6)} {_n(end)}V{_n(end + 8)}")
            bottom = self.step(branch.step, x + self.step_in, end + 8, inner)
        self.way(f"M{_n(trunk)} {_n(from_)}V{_n(last)}")
        return bottom

    def end(self, step: Step, x: float, y: float, width: float) -> float:
        for name in step.lists:
            y = self.card(self.chapters[name], x, y, width)
        if step.silence is not None:
            lines = wrap(step.silence, self.small, width - 2 * _PADDING)
            height = len(lines) * self.small * 1.38 + 16
            self.box("quiet", x, y, width, height, 6)
            self.paragraph(x + _PADDING, y + 7, width - 2 * _PADDING, step.silence, "soft", self.small)
            y += height
        return y

    # --- lists ---

    def card(self, chapter: Chapter, x: float, y: float, width: float) -> float:
        inner = width - 2 * _PADDING
        title = wrap(chapter.list.title, self.size, inner, bold=True)
        head = len(title) * self.size * 1.38 + self.small * 1.38 + 10
        advice = _Lines(list(self.paragraph_of(chapter.list.advice or "", inner, "soft")))
        columns = max(1, min(len(chapter.tiers), int((inner + 2 * _GAP) // (_LEAST + 2 * _GAP))))
        wide = (inner - (columns - 1) * 2 * _GAP) / columns
        tiers = [_Lines(list(self.tier_lines(tier, wide))) for tier in chapter.tiers]
        parts = _parted(tiers, columns)
        height = head + 8 + (advice.height + 4 if advice.lines else 0) + max(sum(t.height for t in part) for part in parts) + 8
        self.box("card", x, y, width, height, 6)
        rounded = f"M{_n(x)} {_n(y + head)}V{_n(y + 6)}a6 6 0 0 1 6 -6H{_n(x + width - 6)}a6 6 0 0 1 6 6V{_n(y + head)}Z"
        _tag(self.boxes, "path", class_="head", d=rounded)
        end = self.paragraph(x + _PADDING, y + 4, inner, chapter.list.title, "bold", self.size)
        self.paragraph(x + _PADDING, end, inner, str(chapter.list.source or ""), "soft", self.small)
        top = y + head + 8
        if advice.lines:
            top = self.lines(advice, x + _PADDING, top) + 4
        for number, part in enumerate(parts):
            left, below = x + _PADDING + number * (wide + 2 * _GAP), top
            if number:
                _tag(self.boxes, "path", class_="rule", d=f"M{_n(left - _GAP)} {_n(top)}V{_n(y + height - 10)}")
            for lines in part:
                below = self.lines(lines, left, below)
        return y + height

    def lines(self, block: _Lines, x: float, y: float) -> float:
        for line in block.lines:
            y += _high(line)
            base = y - line.size * 0.34
            if line.grade is not None:
                self.box("grade", x, y - line.size * 1.3, 28, line.size * 1.24, 4)
                self.write(x + 14, base - 0.5, line.grade, "graded", self.small, middle=True)
            self.write(x + line.indent, base, line.text, line.look, line.size)
        return y

    def paragraph_of(self, text: str, width: float, look: str, indent: float = 0, before: float = 0) -> Iterator[_Line]:
        for number, line in enumerate(wrap(text, self.small, width - indent)):
            yield _Line(line, look, self.small, indent, before=0 if number else before)

    def tier_lines(self, tier: Tier, width: float) -> Iterator[_Line]:
        for number, line in enumerate(wrap(tier.title, self.small, width, bold=True)):
            yield _Line(line, "bold" if tier.recommends else "soft", self.small, before=0 if number else 5)
        for stands in alike(tier):
            first = stands[0]
            grade = first.row.grade
            indent = 34.0 if grade else 10.0
            named = ", ".join(name_of(stand) for stand in stands)
            for number, line in enumerate(wrap(named, self.size, width - indent)):
                look = "text" if tier.recommends else "soft"
                yield _Line(line, look, self.size, indent, None if number else grade, before=0 if number else 3)
            for said in self.conditions(first):
                yield from self.paragraph_of(said, width, "soft", indent)

    def conditions(self, stand: Stand) -> Iterator[str]:
        if stand.conditions:
            yield f"if {' and '.join(words.text for words in stand.conditions)}"
        if stand.row.grade_when is not None:
            yield f"grade {stand.grade}"
        met = Known(self.book.pack.switches)
        met.assume(stand.row.condition.node)
        for block in stand.row.against_reasons:
            if block.said[0].code in self.on_options and met.holds(block.condition.node) is not False:
                when = self.book.words(block.condition.node).text
                yield "advised against" + (f" if {when}" if when != "always" else " here")

    @property
    def on_options(self) -> set[str]:
        """What argues against an option itself, not against an agent of it."""
        return {rule.code for rule in self.book.against.advised_against if rule.options}


def name_of(stand: Stand) -> str:
    """Return how an option is written: by its short name, or in words where it is no regimen."""
    return stand.row.name if stand.row.option.islower() and not stand.row.agents else stand.row.option


def _parted(blocks: Sequence[_Lines], columns: int) -> list[list[_Lines]]:
    """Part blocks, kept in order, into columns of which the highest is as low as it can be."""
    if columns == 1 or len(blocks) <= 1:
        return [list(blocks)]
    best: list[list[_Lines]] = []
    for first in range(1, len(blocks) - columns + 2):
        parts = [list(blocks[:first]), *_parted(blocks[first:], columns - 1)]
        if not best or _highest(parts) < _highest(best):
            best = parts
    return best


def _highest(parts: Iterable[Sequence[_Lines]]) -> float:
    return max(sum(block.height for block in part) for part in parts)


def in_words(step: Step, chapters: dict[str, Chapter], asked: str = "") -> Iterator[str]:
    """Tell the chart in words: what was answered, and the list it leads to."""
    for name in step.lists:
        yield f"{asked or 'Always'}: {sentence(chapters[name].list.title)}"
    if step.silence is not None:
        yield f"{asked}: {step.silence}"
    for branch in step.branches:
        before = f"{asked}; {step.question}" if asked else str(step.question)
        yield from in_words(branch.step, chapters, f"{before} {branch.answer}")


def _style() -> str:
    light = [f".flow text{{font-family:{FONT};stroke:none}}", *(f".flow .{name}{{{look}}}" for name, (look, _) in _LOOKS.items())]
    dark = "".join(f".flow .{name}{{{look}}}" for name, (_, look) in _LOOKS.items())
    return "\n".join(
        [
            *light,
            "@media screen{svg.flow{max-width:100%;height:auto}}",
            f"@media screen and (prefers-color-scheme:dark){{{dark}}}",
        ]
    )
