"""A network of trials and its league table as SVG, for page and phone."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from myeloguide.drawing.chart import printable
from myeloguide.drawing.page import LOOKS, PAGE, PHONE, Paper, Sheet, document, number
from myeloguide.evidence.combined import Combined, effects, league
from myeloguide.evidence.network import Network
from myeloguide.evidence.network_text import shown, title


def draw_network(found: Combined, name: str = "network", widths: Sequence[int] = (PAGE, PHONE)) -> str:
    """Return which trials compared which options, one graph for each part that hangs together."""
    told = [
        f"{one.study} compared {one.treatment} with {one.comparator}" for network in found.networks for one in network.contrasts
    ]
    words = ". ".join([title(found), *told, *filter(None, [found.apart]), *found.remarks])
    return document(name, title(found), printable(words), [_graphs(found, width) for width in widths], LOOKS)


def draw_league(found: Combined, name: str = "league", widths: Sequence[int] = (PAGE, PHONE)) -> str:
    """Return every comparison of each part: a triangle on a page, a list on a phone."""
    told = [f"{one.treatment} v {one.comparator} {shown(one)}" for network in found.networks for one in league(network)]
    words = ". ".join([title(found), *told, *filter(None, [found.apart]), *found.remarks])
    return document(name, title(found), printable(words), [_leagues(found, width) for width in widths], LOOKS)


# --- the graph ---


@dataclass(frozen=True, slots=True)
class _Label:
    """A text around a point."""

    x: float
    y: float
    width: float
    height: float
    text: str

    def meets(self, other: _Label) -> bool:
        across = abs(self.x - other.x) < (self.width + other.width) / 2 + 4
        return across and abs(self.y - other.y) < (self.height + other.height) / 2 + 3


_SHAPES = (1.25, 1.1, 0.95, 0.8, 0.7)
"""How much wider than high a graph is tried."""


@dataclass(frozen=True, slots=True)
class _Graph:
    options: tuple[_Label, ...]
    trials: tuple[_Label, ...]
    lines: tuple[tuple[tuple[tuple[float, float], ...], int], ...]
    """The corners of each line, with the number of trials."""

    @property
    def crowded(self) -> bool:
        labels = self.options + self.trials
        return any(one.meets(other) for place, one in enumerate(labels) for other in labels[:place])

    @property
    def wide(self) -> float:
        left, _, right, _ = self.box
        return right - left

    @property
    def box(self) -> tuple[float, float, float, float]:
        labels = self.options + self.trials
        left, right = min(one.x - one.width / 2 for one in labels), max(one.x + one.width / 2 for one in labels)
        return left, min(one.y - one.height / 2 for one in labels), right, max(one.y + one.height / 2 for one in labels)


def _graphs(found: Combined, width: int) -> Sheet:
    paper = Paper(width)
    paper.wrapped(title(found), "strong")
    paper.skip(0.5)
    gap = paper.line * 1.6
    x = tall = 0.0
    for network in found.networks:
        graph = _graph(network, paper)
        left, top, right, bottom = graph.box
        if x and x + right - left > paper.inner:
            paper.top += tall + gap
            x = tall = 0.0
        _put(paper, graph, x - left, paper.top - top)
        x += right - left + gap * 2
        tall = max(tall, bottom - top)
    paper.top += tall + paper.line
    paper.wrapped("Each line is a comparison, named by its trials. P-score: 1 is best of its part, 0 is worst.", "soft")
    paper.skip(0.3)
    for network in found.networks:
        scores = (network.random or network.common).scores()
        paper.wrapped("P-scores: " + ", ".join(f"{option} {score:.2f}" for option, score in scores.items()))
    return _end(paper, found)


def _graph(network: Network, paper: Paper) -> _Graph:
    """Lay out a part from the option with most comparisons outwards, as tight as its labels allow; else as an outline."""
    tree = _tree(network)
    for reach in range(3, 40):
        for wide in _SHAPES:
            graph = _around(network, tree, paper, reach, wide)
            if not graph.crowded and graph.wide <= paper.inner:
                return graph
    return _outline(network, tree, paper)


def _tree(network: Network) -> dict[str, list[str]]:
    """Return each option with those reached through it first, beginning with the option of most comparisons."""
    near: dict[str, dict[str, None]] = defaultdict(dict)
    for one in network.contrasts:
        near[one.treatment][one.comparator] = near[one.comparator][one.treatment] = None
    root = max(network.options, key=lambda option: (len(near[option]), option))
    tree: dict[str, list[str]] = {root: []}
    for option in (order := [root]):
        for further in near[option]:
            if further not in tree:
                tree[further] = []
                tree[option].append(further)
                order.append(further)
    return tree


def _around(network: Network, tree: dict[str, list[str]], paper: Paper, reach: int, wide: float) -> _Graph:
    out = reach * paper.size * 0.5
    places = dict(_places(tree, next(iter(tree)), 0, 0.0, math.tau))
    options = {
        option: _Label(
            out * depth * wide * math.sin(angle), -out * depth / wide * math.cos(angle),
            paper.measure(option, bold=True) + paper.size, paper.line * 1.15, option,
        )
        for option, (depth, angle) in places.items()
    }  # fmt: skip
    lines, names = [], []
    for pair, studies in _compared(network).items():
        ends = [options[option] for option in sorted(pair)]
        lines.append((tuple((end.x, end.y) for end in ends), len(studies)))
        text, x, y = ", ".join(studies), sum(end.x for end in ends) / 2, sum(end.y for end in ends) / 2
        names.append(_Label(x, y, paper.measure(text) + 6, paper.line * 0.95, text))
    return _Graph(tuple(options.values()), tuple(names), tuple(lines))


def _outline(network: Network, tree: dict[str, list[str]], paper: Paper) -> _Graph:
    """Lay out a part as an outline, each option below the one it was compared with; what closes a loop is only named."""
    depth = dict.fromkeys(tree, 0)
    above = {further: option for option, below in tree.items() for further in below}
    order = list(_downwards(tree, next(iter(tree))))
    for option in order[1:]:
        depth[option] = depth[above[option]] + 1
    step, tall = paper.size * 2, paper.line * 1.5
    options, names, lines = {}, [], []
    compared = _compared(network)
    for row, option in enumerate(order):
        wide = paper.measure(option, bold=True) + paper.size
        left, y = depth[option] * step, row * tall
        options[option] = _Label(left + wide / 2, y, wide, paper.line * 1.15, option)
        says = [", ".join(compared.pop(frozenset((option, above[option]))))] if option in above else []
        for pair in [pair for pair in compared if option in pair and pair <= {*order[:row], option}]:
            (other,) = pair - {option}
            says.append(f"{', '.join(compared.pop(pair))} (with {other})")
        if says:
            text = "; ".join(says)
            width = paper.measure(text)
            names.append(_Label(left + wide + 8 + width / 2, y, width, paper.line * 0.95, text))
        if option in above:
            x = depth[above[option]] * step + paper.size * 0.6
            lines.append((((x, options[above[option]].y), (x, y), (left, y)), 1))
    return _Graph(tuple(options.values()), tuple(names), tuple(lines))


def _downwards(tree: dict[str, list[str]], option: str) -> Iterator[str]:
    yield option
    for further in tree[option]:
        yield from _downwards(tree, further)


def _compared(network: Network) -> dict[frozenset[str], list[str]]:
    trials: dict[frozenset[str], list[str]] = defaultdict(list)
    for one in network.contrasts:
        trials[frozenset((one.treatment, one.comparator))].append(one.study)
    return trials


def _places(
    tree: dict[str, list[str]], option: str, depth: int, first: float, last: float
) -> Iterator[tuple[str, tuple[int, float]]]:
    """Yield how far out and at which angle each option stands; a branch with more ends gets more of the circle."""
    yield option, (depth, (first + last) / 2)
    below = tree[option]
    total = sum(_ends(tree, further) for further in below)
    for further in below:
        until = first + (last - first) * _ends(tree, further) / total
        yield from _places(tree, further, depth + 1, first, until)
        first, total = until, total - _ends(tree, further)


def _ends(tree: dict[str, list[str]], option: str) -> int:
    return sum(_ends(tree, further) for further in tree[option]) or 1


def _put(paper: Paper, graph: _Graph, right: float, down: float) -> None:
    for corners, trials in graph.lines:
        d = "M" + "L".join(f"{number(x + right)} {number(y + down)}" for x, y in corners)
        paper.path("curve", d).set("style", f"stroke-width:{0.6 + 0.8 * trials:g}")
    for labels, box, look in ((graph.trials, "ground", "text"), (graph.options, "head", "strong")):
        for one in labels:
            paper.box(box, one.x + right - one.width / 2, one.y + down - one.height / 2, one.width, one.height)
            paper.at(one.x + right, one.y + down + paper.size * 0.35, one.text, look, anchor="middle")


# --- the league ---


def _leagues(found: Combined, width: int) -> Sheet:
    paper = Paper(width)
    paper.wrapped(title(found), "strong")
    if found.networks:
        paper.wrapped("Hazard ratio (95% interval); bold where the interval does not include 1.", "soft")
    paper.skip(0.4)
    for network in found.networks:
        wide = max(paper.measure(text, bold=True) for text in ("0.00-0.00", *network.options)) + paper.size
        if wide * len(network.options) <= paper.inner:
            _triangle(paper, network, min(paper.inner / len(network.options), max(wide, paper.size * 9)))
        else:
            _list(paper, network)
        paper.skip(0.7)
    return _end(paper, found)


def _triangle(paper: Paper, network: Network, wide: float) -> None:
    model = network.random or network.common
    order = list(model.scores())
    tall = paper.line * 2.2
    for row, option in enumerate(order):
        paper.box("head", row * wide, paper.top, wide, tall)
        paper.at(row * wide + wide / 2, paper.top + tall / 2 + paper.size * 0.35, option, "strong", anchor="middle")
        for column in range(row):
            one = model.estimate(order[column], option)
            low, high = one.interval()
            look = "text" if low <= 1 <= high else "strong"
            middle = column * wide + wide / 2
            paper.box("frame", column * wide, paper.top, wide, tall)
            paper.at(middle, paper.top + paper.line, f"{one.ratio:.2f}", look, anchor="middle")
            paper.at(middle, paper.top + paper.line * 1.9, f"{low:.2f}-{high:.2f}", look, anchor="middle")
        paper.top += tall
    paper.skip(0.3)
    says = "Each cell: the option on top of its column against that at the end of its row; below 1 favours the former"
    paper.wrapped(f"{says} ({effects(network)}).", "soft")


def _list(paper: Paper, network: Network) -> None:
    first = ""
    for one in league(network):
        low, high = one.interval()
        if one.treatment != first:
            first = one.treatment
            paper.band(f"{first} against")
        look = "text" if low <= 1 <= high else "strong"
        paper.put(0, one.comparator, look)
        paper.put(paper.inner, shown(one), look, anchor="end")
        paper.skip(1.1)
    paper.skip(0.3)
    paper.wrapped(f"Below 1 favours the option of the heading ({effects(network)}).", "soft")


def _end(paper: Paper, found: Combined) -> Sheet:
    paper.skip(0.4)
    if found.apart:
        paper.wrapped(found.apart, "strong")
    for remark in found.remarks:
        paper.wrapped(remark, "soft")
    return paper.sheet()
