"""Where everything of a chart stands on a medium of some width: rows from top to bottom, places from left to right.

A medium is a page or a terminal; places are in its units, heights in lines of text. No two texts of a row overlap, and
everything lies inside the width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import floor, log10
from typing import Literal

from myeloguide.drawing.chart import Assessed, Bar, Chart, Curve, Event, Group, Lane
from myeloguide.record.time import UNKNOWN, When

Kind = Literal["title", "fact", "axis", "line", "phases", "lane", "events", "panel", "heading", "bands", "legend", "note", "gap"]
RESPONSE_ORDER = ("NE", "PD", "SD", "MR", "PR", "VGPR", "CR", "sCR")
_FEWEST_DAYS = 28
_UNBROKEN = 180
"""Values so many days apart are joined; what happened in a longer gap is not known."""
_PANEL_LINES = 6
_YEAR = 365.2425
_FEW_WEEKS = 70
_WEEK_STEPS = (1, 2, 4, 8)
_MONTH_STEPS = (1, 2, 3, 6)
_YEAR_STEPS = (1, 2, 5, 10, 20, 50)


@dataclass(frozen=True, slots=True)
class Medium:
    """What is drawn on: its width, how wide a text is, and so many times wider in bold, the least space between two texts,
    the width of a mark, the space between it and its name, the margin right of the last day, the smallest distance seen, and
    the share of the width for names."""

    width: float
    measure: Callable[[str], float]
    bold: float
    space: float
    mark: float
    beside: float
    margin: float
    fine: float
    names: float


@dataclass(frozen=True, slots=True)
class Text:
    """A text from `x` on, on a level (line) of its row."""

    x: float
    width: float
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Strip:
    """A period: drawn as certain from `sure[0]` to `sure[1]` (None: nowhere), as possible from `x0` to `x1`."""

    x0: float
    x1: float
    sure: tuple[float, float] | None
    ongoing: bool = False
    says: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign at a day, or somewhere between two."""

    kind: str
    x0: float
    x1: float
    level: int = 0
    says: str = ""

    @property
    def x(self) -> float:
        """Its middle."""
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True, slots=True)
class Dot:
    """A value or a response in a panel, `y` from 0 (bottom) to 1."""

    x0: float
    x1: float
    y: float
    kind: str
    says: str = ""

    @property
    def x(self) -> float:
        """Its middle."""
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True, slots=True)
class Panel:
    """Values over time: ticks of the scale, dots, and which dots follow so closely that they are joined."""

    ticks: tuple[tuple[float, str], ...]
    dots: tuple[Dot, ...]
    joined: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: what stands in it, and how many lines of text it is high."""

    kind: Kind
    levels: int = 1
    label: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()
    strips: tuple[Strip, ...] = ()
    marks: tuple[Mark, ...] = ()
    panel: Panel | None = None
    look: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A chart laid out: its rows, where time begins and ends, what lies before the record, progressions and lines."""

    medium: Medium
    rows: tuple[Row, ...]
    left: float
    right: float
    unrecorded: float
    """Up to here the record is not complete."""
    progressions: tuple[tuple[float, float], ...]
    bands: tuple[tuple[float, float], ...]
    ticks: tuple[float, ...]


def lay_out(chart: Chart, medium: Medium) -> Layout:
    """Lay a chart out on a medium."""
    return _Layout(chart, medium).layout()


class _Layout:
    def __init__(self, chart: Chart, medium: Medium) -> None:
        self.chart = chart
        self.medium = medium
        self.panels = [(f"{curve.name}, {curve.unit}", _curve_ticks(curve)) for curve in chart.curves]
        names = [lane.name for group in chart.groups for lane in group.lanes]
        names += ["Events", *(tick for _, ticks in self.panels for _, tick in ticks)]
        most = medium.width * medium.names
        self.left = min(max(map(medium.measure, names)), most) + 2 * medium.space
        self.right = medium.width - medium.margin
        self.first, self.last = _domain(chart)

    def x(self, day: date) -> float:
        """Return the place of a day; days outside the frame lie on its edge."""
        share = (day - self.first).days / (self.last - self.first).days
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def ends(self, when: When) -> tuple[float, float]:
        """Return the earliest and the latest place of a day; an unknown end is the edge of the frame."""
        return (self.x(when.first) if when.first else self.left), (self.x(when.last) if when.last else self.right)

    def layout(self) -> Layout:
        chart = self.chart
        rows = list(self.rows())
        unrecorded = self.left if chart.recorded_from is None else max(self.x(chart.recorded_from), self.left)
        starts = [self.ends(group.start)[0] for group in chart.groups]
        bands = list(zip(starts, [*starts[1:], self.right], strict=True)) if starts else []
        return Layout(
            self.medium,
            tuple(rows),
            self.left,
            self.right,
            unrecorded,
            tuple(self.ends(group.progression.when) for group in chart.groups if group.progression is not None),
            tuple(band for band in bands if band[0] < band[1]),
            tuple(self.x(day) for day, _ in self.tick_days()),
        )

    def rows(self) -> Iterator[Row]:
        chart = self.chart
        if chart.title:
            yield self.wrapped("title", chart.title)
        for fact in chart.facts:
            yield self.wrapped("fact", fact)
        if chart.dated:
            yield Row("gap")
            yield self.axis()
        if chart.events:
            yield self.events(("Events",), chart.events)
        for group in chart.groups:
            yield from self.group(group)
        if chart.responses or chart.curves:
            yield Row("gap")
        if len(chart.groups) > 1 and (chart.responses or chart.curves):
            yield self.bands()
        if chart.responses:
            yield self.wrapped("heading", chart.response_title)
            yield self.responses()
        for (title, ticks), curve in zip(self.panels, chart.curves, strict=True):
            beyond = [value.value for value in curve.values if (value.value.least or 0) > curve.top]
            more = f"; {len(beyond)} above the scale, up to {max(value.least or 0 for value in beyond):g}" if beyond else ""
            yield self.wrapped("heading", title + more)
            yield self.curve(curve, ticks)
        if chart.responses or chart.curves:
            yield self.axis()
        yield Row("gap")
        yield self.legend()
        for note in chart.notes:
            yield self.wrapped("note", note)

    # --- texts ---

    def wrapped(self, kind: Kind, text: str) -> Row:
        bold = kind in ("title", "line", "heading")
        measure = self.bold if bold else self.medium.measure
        lines = broken(text, self.medium.width, measure)
        return Row(kind, len(lines), texts=tuple(Text(0.0, measure(line), line, level) for level, line in enumerate(lines)))

    def bold(self, text: str) -> float:
        return self.medium.measure(text) * self.medium.bold

    # --- time ---

    def tick_days(self) -> list[tuple[date, str]]:
        """Return the days that the axis names: as many years, or months, as have room."""
        if not self.chart.dated:
            return []
        days = (self.last - self.first).days
        weeks, months, years = (
            next((step for step, length in steps if days / length <= self.room(name)), None)
            for name, steps in (
                ("2000-00-00", [(step, 7 * step) for step in _WEEK_STEPS]),
                ("2000-00", [(step, _YEAR / 12 * step) for step in _MONTH_STEPS]),
                ("2000", [(step, _YEAR * step) for step in _YEAR_STEPS]),
            )
        )
        if weeks is not None and days < _FEW_WEEKS:
            monday = self.first + timedelta(days=-self.first.weekday() % 7)
            found = [monday + timedelta(weeks=step) for step in range(0, (self.last - monday).days // 7 + 1, weeks)]
            return [(day, f"{day}") for day in found]
        if months is not None and days < 4 * _YEAR:
            return [(day, f"{day:%Y-%m}") for day in _months(self.first, self.last, months)]
        return [
            (date(year, 1, 1), str(year))
            for year in range(self.first.year + 1, self.last.year + 1)
            if year % (years or _YEAR_STEPS[-1]) == 0
        ]

    def room(self, name: str) -> int:
        """Return how many such names have room side by side."""
        return max(int((self.right - self.left) / (self.medium.measure(name) + 2 * self.medium.space)), 1)

    def axis(self) -> Row:
        """Return the axis: a name at each tick that has room for it."""
        measure = self.medium.measure
        texts: list[Text] = []
        marks = []
        for day, name in self.tick_days():
            width, x = measure(name), self.x(day)
            start = min(max(x - width / 2, 0.0), self.medium.width - width)
            marks.append(Mark("tick", x, x))
            if not texts or texts[-1].x + texts[-1].width + self.medium.space <= start:
                texts.append(Text(start, width, name))
        return Row("axis", texts=tuple(texts), marks=tuple(marks))

    # --- lines of therapy ---

    def group(self, group: Group) -> Iterator[Row]:
        yield Row("gap")
        yield self.wrapped("line", group.heading)
        if group.phases:
            yield self.phases(group)
        for lane in group.lanes:
            yield self.lane(lane)
        if group.progression is not None:
            yield self.events((), (group.progression,))

    def phases(self, group: Group) -> Row:
        """Return the phases, each named where it begins or, at the edge, where its name has room."""
        boxes, placed = [], []
        for phase in group.phases:
            (x0, _), (_, x1) = self.ends(phase.start), self.ends(phase.stop)
            width = self.medium.measure(phase.name)
            start = min(x0, self.medium.width - width)
            boxes.append((min(x0, start), max(x1, start + width)))
            placed.append(((x0, max(x0, x1)), (start, width, phase.name)))
        levels = _levels(boxes, self.medium.space)
        return Row(
            "phases",
            max(levels) + 1,
            texts=tuple(Text(*text, level) for (_, text), level in zip(placed, levels, strict=True)),
            strips=tuple(Strip(*ends, ends, level=level) for (ends, _), level in zip(placed, levels, strict=True)),
        )

    def lane(self, lane: Lane) -> Row:
        room = self.left - 2 * self.medium.space
        label = broken(lane.name, room, self.medium.measure)
        strips = _joined([self.strip(bar) for bar in lane.bars], self.medium.fine, lane.name)
        marks = []
        if lane.refractory:
            end = max((strip.x1 for strip in strips), default=self.left)
            reached = max(end, self.ends(lane.refractory_at)[0]) if lane.refractory_at is not UNKNOWN else end
            beside = reached + (self.medium.mark if any(strip.ongoing for strip in strips) else self.medium.fine)
            x = min(beside, self.medium.width - self.medium.mark)
            says = "refractory" if lane.refractory == "yes" else "refractoriness not known"
            marks.append(Mark(f"refractory-{lane.refractory}", x, x + self.medium.mark, says=f"{lane.name}: {says}"))
        return Row("lane", len(label), tuple(label), (), tuple(strips), tuple(marks), look=lane.drug_class)

    def strip(self, bar: Bar) -> Strip:
        (x0, sure0), (sure1, x1) = self.ends(bar.start), self.ends(bar.stop)
        x1 = max(x0, x1)
        least = self.medium.fine if bar.start.day and bar.stop.day else 0
        sure = (sure0, max(sure1, min(sure0 + least, self.right))) if sure0 <= sure1 else None
        return Strip(x0, max(x1, sure[1]) if sure else x1, sure, bar.ongoing, bar.says)

    # --- events ---

    def events(self, label: tuple[str, ...], events: Sequence[Event]) -> Row:
        """Return signs with their names beside them, each on the first line that has room."""
        medium = self.medium
        placed = []
        for event in events:
            x0, x1 = self.ends(event.when)
            half = medium.mark / 2
            x0, x1 = max(x0 - half, 0.0), min(x1 + half, medium.width)
            most = medium.width - (self.left if label else 2 * medium.mark + medium.beside)
            text = _cut(event.name, most, medium.measure)
            width = medium.measure(text)
            beside, ahead = x1 + medium.beside, x0 - medium.beside - width
            if beside + width <= medium.width:
                placed.append((event, x0, x1, beside, width, text, 0))
            elif ahead >= (self.left if label else 0):
                placed.append((event, x0, x1, ahead, width, text, 0))
            else:  # no room on either side: one line below
                placed.append((event, x0, x1, medium.width - width, width, text, 1))
        boxes = [(min(x0, x), max(x1, x + width)) for _, x0, x1, x, width, _, _ in placed]
        levels = _levels(boxes, medium.space, [below + 1 for *_, below in placed])
        texts, marks = [], []
        for (event, x0, x1, x, width, text, below), level in zip(placed, levels, strict=True):
            texts.append(Text(x, width, text, level + below))
            marks.append(Mark(event.kind, x0, x1, level, event.name))
        height = max(text.level for text in texts) + 1
        return Row("events", height, label, tuple(texts), marks=tuple(marks))

    def bands(self) -> Row:
        """Return the lines of therapy over the panels: their numbers where each begins."""
        boxes, texts = [], []
        for group in self.chart.groups:
            text = str(group.number)
            width = self.medium.measure(text)
            x = min(self.ends(group.start)[0], self.medium.width - width)
            boxes.append((x, x + width))
            texts.append((x, width, text))
        levels = _levels(boxes, self.medium.space / 2)
        placed = tuple(Text(*text, level) for text, level in zip(texts, levels, strict=True))
        return Row("bands", max(levels) + 1, ("Line",), placed)

    # --- panels ---

    def responses(self) -> Row:
        used = {item.category for item in self.chart.responses}
        order = [category for category in RESPONSE_ORDER if category in used]
        heights = {category: (place + 0.5) / len(order) for place, category in enumerate(order)}
        dots = _thinned([self.response(item, heights[item.category]) for item in self.chart.responses], self.medium.mark / 2)
        ticks = tuple((heights[category], category) for category in order)
        return Row("panel", len(order), panel=Panel(ticks, tuple(dots), ()), look="response")

    def response(self, item: Assessed, y: float) -> Dot:
        kind = {"PD": "progression", "NE": "not-evaluable"}.get(item.category, "response")
        if item.confirmed is False:
            kind += "-unconfirmed"
        return Dot(*self.ends(item.when), y, kind, item.says)

    def curve(self, curve: Curve, ticks: Sequence[tuple[float, str]]) -> Row:
        scale = _scale(curve.top)[0]
        dots, days = [], {}
        for value in curve.values:
            least, most = value.value.least, value.value.most
            kind, number = "value" if value.when.day else "value-sometime", least if least is not None else most
            if least is not None and least > curve.top:
                kind, number = "beyond", scale
            elif least is None or (least == 0 and most):
                kind, number = "below", most
            elif most is None:
                kind = "above"
            assert number is not None
            says = f"{value.when}: {_limit(least, most)} {curve.unit}"
            dots.append(Dot(*self.ends(value.when), min(number / scale, 1.0), kind, says))
            if value.when.day is not None:
                days[id(dots[-1])] = value.when.day
        kept = _thinned(dots, self.medium.fine)
        known = [(place, days[id(dot)]) for place, dot in enumerate(kept) if id(dot) in days]
        joined = tuple(
            (place, after) for (place, one), (after, other) in pairwise(known) if (other - one).days <= _UNBROKEN
        )  # fmt: skip
        return Row("panel", _PANEL_LINES, panel=Panel(tuple(ticks), tuple(kept), joined), look="curve")

    # --- legend ---

    def legend(self) -> Row:
        medium = self.medium
        x, level = 0.0, 0
        texts, marks = [], []
        for kind, text in _legend(self.chart):
            for place, line in enumerate(broken(text, medium.width - medium.mark - medium.space, medium.measure)):
                width = medium.measure(line)
                needed = medium.mark + medium.space + width
                if x and (place or x + needed > medium.width):
                    x, level = 0.0, level + 1
                if not place:
                    marks.append(Mark(kind, x, x + medium.mark, level))
                texts.append(Text(x + medium.mark + medium.space, width, line, level))
                x += needed + 2 * medium.space
        return Row("legend", level + 1, texts=tuple(texts), marks=tuple(marks))


def _legend(chart: Chart) -> Iterator[tuple[str, str]]:
    """Yield the signs that are used, with their meaning."""
    lanes = [lane for group in chart.groups for lane in group.lanes]
    bars = [bar for lane in lanes for bar in lane.bars]
    for name, title in chart.classes.items():
        drugs = dict.fromkeys(lane.name for lane in lanes if lane.drug_class == name)
        yield f"class-{name}", f"{title}: {', '.join(drugs)}"
    if any(not (bar.start.day and bar.stop.day) for bar in bars):
        yield "possible", "perhaps given: the date is not exactly known"
    if any(bar.ongoing for bar in bars):
        yield "ongoing", "ongoing"
    for kind, text in (("yes", "refractory"), ("unknown", "refractoriness not known")):
        if any(lane.refractory == kind for lane in lanes):
            yield f"refractory-{kind}", text
    if chart.recorded_from is not None:
        yield "unrecorded", "not recorded, or not completely"
    if any(item.confirmed is not False and item.category not in ("PD", "NE") for item in chart.responses):
        yield "response", "response, confirmed (SD needs no confirmation)" if _has(chart, "SD") else "response, confirmed"
    if _has(chart, "NE"):
        yield "not-evaluable", "not evaluable"
    unconfirmed = {item.category == "PD" for item in chart.responses if item.confirmed is False}
    if False in unconfirmed:
        yield "response-unconfirmed", "response, not confirmed"
    if True in unconfirmed:
        yield "progression-unconfirmed", "progression, not confirmed"
    if any(group.progression for group in chart.groups) or any(item.category == "PD" for item in chart.responses):
        yield "progression", "progression"
    values = [value.value for curve in chart.curves for value in curve.values]
    if any(value.least in (0, None) and value.most for value in values):
        yield "below", "below this limit"
    if any(value.when.day is None for curve in chart.curves for value in curve.values):
        yield "value-sometime", "on some day in between"
    if any(curve.top < (value.value.least or 0) for curve in chart.curves for value in curve.values):
        yield "beyond", "above the scale"


def _has(chart: Chart, category: str) -> bool:
    return any(item.category == category for item in chart.responses)


def _domain(chart: Chart) -> tuple[date, date]:
    """Return the first and the last day drawn; where the record's start is not known, some time before it."""
    first, last = chart.first, chart.last
    few = max(_FEWEST_DAYS - (last - first).days, 0)
    first, last = first - timedelta(days=few // 2), last + timedelta(days=few - few // 2)
    if chart.recorded_from is not None and chart.recorded_from <= chart.first:
        first -= timedelta(days=max((last - first).days // 25, 1))
    return first, last


def _months(first: date, last: date, step: int) -> Iterator[date]:
    month = first.year * 12 + first.month  # the month after the first day
    while (day := date(month // 12, month % 12 + 1, 1)) <= last:
        if month % step == 0:
            yield day
        month += 1


def broken(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break a text into lines at its spaces; a word longer than a line is cut."""
    lines: list[str] = []
    for word in text.split():
        if lines and measure(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(_cut(word, width, measure))
    return lines or [""]


def _cut(text: str, width: float, measure: Callable[[str], float]) -> str:
    """Return a text, or as much of it as has room, with an ellipsis."""
    if measure(text) <= width:
        return text
    kept = text
    while kept and measure(kept + "…") > width:
        kept = kept[:-1]
    return kept + "…"


def _levels(boxes: Sequence[tuple[float, float]], space: float, heights: Sequence[int] | None = None) -> list[int]:
    """Give every box the first level on which it overlaps none, with some space between."""
    taken: list[list[tuple[float, float]]] = []
    found = [0] * len(boxes)
    for place in sorted(range(len(boxes)), key=lambda place: boxes[place]):
        x0, x1 = boxes[place]
        height = heights[place] if heights else 1
        level = 0
        while any(
            x0 < end + space and start < x1 + space
            for other in taken[level : level + height]
            for start, end in other
        ):  # fmt: skip
            level += 1
        while len(taken) < level + height:
            taken.append([])
        for other in taken[level : level + height]:
            other.append((x0, x1))
        found[place] = level
    return found


def _joined(strips: Iterable[Strip], fine: float, name: str) -> list[Strip]:
    """Join periods with no gap between them that could be seen."""
    found: list[Strip] = []
    counts: list[int] = []
    for strip in sorted(strips, key=lambda strip: (strip.x0, strip.x1)):
        last = found[-1] if found else None
        if last and _exact(last) and _exact(strip) and strip.x0 <= last.x1 + fine:
            counts[-1] += 1
            ends = (last.x0, max(last.x1, strip.x1))
            says = f"{last.says}; {strip.says}" if counts[-1] <= 3 else f"{name}, {counts[-1]} periods"
            found[-1] = Strip(*ends, ends, last.ongoing or strip.ongoing, says)
        else:
            found.append(strip)
            counts.append(1)
    return found


def _exact(strip: Strip) -> bool:
    return strip.sure == (strip.x0, strip.x1)


def _thinned(dots: Sequence[Dot], fine: float) -> list[Dot]:
    """Leave out dots that others hide: of many at one place, the same twice; in between, all but the lowest and highest."""
    places: dict[tuple[int, int], list[Dot]] = {}
    for dot in dots:
        places.setdefault((floor(dot.x0 / fine), floor(dot.x1 / fine)), []).append(dot)
    kept = set()
    for here in places.values():
        seen: dict[tuple[str, float], Dot] = {}
        for dot in here:
            seen.setdefault((dot.kind, dot.y), dot)
        chosen = list(seen.values())
        if len(chosen) > 4:
            chosen = [chosen[0], min(chosen, key=lambda dot: dot.y), max(chosen, key=lambda dot: dot.y), chosen[-1]]
        kept |= {id(dot) for dot in chosen}
    return [dot for dot in dots if id(dot) in kept]


def _scale(most: float) -> tuple[float, float]:
    """Return the end of a scale from 0 that holds a value, and its step: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(most)) if most > 0 else 1.0
    step = next(power * factor for factor in (0.2, 0.5, 1, 2, 5) if power * factor * 5 >= most)
    count = next(number for number in range(1, 7) if step * number >= most * 0.999)
    return step * count, step


def _curve_ticks(curve: Curve) -> tuple[tuple[float, str], ...]:
    top, step = _scale(curve.top)
    count = round(top / step)
    every = 1 if count <= 3 else 2
    return tuple((number / count, f"{round(step * number, 6):g}") for number in range(0, count + 1, every))


def _limit(least: float | None, most: float | None) -> str:
    if least == most:
        return f"{least:g}"
    if most is None:
        return f"{least:g} or more"
    return f"below {most:g}" if not least else f"{least:g} to {most:g}"
