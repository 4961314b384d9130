"""The pictures of the evidence: as drawn now, nothing overlapping, nothing beyond the sheet, everything said."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import pytest

from myeloguide.drawing import forest as forest_drawing
from myeloguide.drawing import network as network_drawing
from myeloguide.drawing.page import PAGE, PHONE, text_width
from myeloguide.drawing.shipped import SHIPPED, pictures
from myeloguide.evidence.choice import choose, load_published
from myeloguide.evidence.combined import Combined
from myeloguide.evidence.contrasts import Contrast
from myeloguide.evidence.forest import Forest, ForestRow, forest
from myeloguide.evidence.network import combine
from myeloguide.evidence.trials import load_evidence

SVG = "{http://www.w3.org/2000/svg}"
PICTURES = dict(pictures())
DRAWN = {name: content for name, content in PICTURES.items() if name.endswith(".svg")}


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float
    what: str

    def meets(self, other: Box) -> bool:
        # Half a pixel of letters drawn broader than any usual face draws them is no overlap.
        return (
            min(self.right, other.right) - max(self.left, other.left) > 0.5
            and min(self.bottom, other.bottom) - max(self.top, other.top) > 0.5
        )


def texts(sheet: ET.Element) -> Iterator[Box]:
    size = float(sheet.get("font-size", ""))
    for text in sheet.iter(f"{SVG}text"):
        width = text_width(text.text or "", size * (1.12 if text.get("class") == "strong" else 1))
        x, y = float(text.get("x", "")), float(text.get("y", ""))
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor", "start")]
        yield Box(left, y - size * 0.78, left + width, y + size * 0.22, text.text or "")


def rectangles(sheet: ET.Element, *looks: str) -> Iterator[Box]:
    for rect in sheet.iter(f"{SVG}rect"):
        if rect.get("class") in looks:
            x, y, width, height = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
            yield Box(x, y, x + width, y + height, rect.get("class", ""))


def sheets(content: str) -> list[tuple[int, float, ET.Element]]:
    """The width, the height and the content of each sheet, lengths inside its padding."""
    found = []
    for sheet in ET.fromstring(content).findall(f"{SVG}g"):
        ground = sheet.find(f"{SVG}rect")
        assert ground is not None
        found.append((int(float(ground.get("width", ""))), float(ground.get("height", "")), sheet))
    return found


def check_nothing_overlaps(content: str) -> None:
    drawn = sheets(content)
    assert [width for width, _, _ in drawn] == [PAGE, PHONE]
    for width, height, sheet in drawn:
        words, marks = list(texts(sheet)), list(rectangles(sheet, "dot", "ring"))
        for box in (*words, *marks):
            assert box.left >= -10, (width, box)
            assert box.right <= width - 10, (width, box)
            assert box.top >= -10, (width, box)
            assert box.bottom <= height - 10, (width, box)
        for one, other in combinations([*words, *marks], 2):
            assert not one.meets(other), (width, one, other)


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_overlaps(name: str) -> None:
    check_nothing_overlaps(DRAWN[name])


def test_they_are_as_shipped() -> None:
    shipped = {path.name: path.read_text(encoding="utf-8") for path in SHIPPED.iterdir()}
    assert shipped.keys() == PICTURES.keys()
    wrong = [name for name, content in PICTURES.items() if shipped[name] != content]
    assert not wrong, "make them anew: python -m myeloguide.drawing.shipped"


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_runs_and_nothing_is_fetched(name: str) -> None:
    assert "script" not in DRAWN[name]
    assert set(re.findall(r"https?://[^\"' )]+", DRAWN[name])) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in DRAWN[name]


@pytest.mark.parametrize("name", DRAWN)
def test_both_sheets_and_the_words_for_those_who_cannot_see_say_the_same(name: str) -> None:
    """Every ratio of the page stands on the phone, too, and every ratio told stands on the page."""
    root = ET.fromstring(DRAWN[name])
    page, phone = (" ".join(text.text or "" for text in sheet.iter(f"{SVG}text")) for _, _, sheet in sheets(DRAWN[name]))
    assert set(re.findall(r"\d\.\d\d", page)) == set(re.findall(r"\d\.\d\d", phone))
    described = set(re.findall(r"\d\.\d\d\b", root.findtext(f"{SVG}desc") or ""))
    if not name.startswith("network"):  # a graph shows no ratio
        assert described <= set(re.findall(r"\d\.\d\d\b", page))


class TestForest:
    def test_every_comparison_of_an_option_is_shown(self) -> None:
        plot = forest(load_evidence(), "DVd")
        printed = [result for _, result in load_evidence().results if result.option == "DVd" and result.endpoint == "PFS"]
        assert len(plot.rows) == len(printed) == 4
        assert (plot.left, plot.right) == ("favours DVd", "favours Vd")
        assert [(row.says, row.source) for row in plot.rows if row.ratio == 0.22] == [("0.22 (0.13-0.33)", "L525-529")]

    def test_a_result_without_a_ratio_is_told_in_words(self) -> None:
        plot = forest(load_evidence(), "DVd", population="lenalidomide-refractory")
        (row,) = plot.rows
        assert (row.ratio, row.numbers, row.says) == (None, "60/81", "median 7.8 v 4.9 months, no ratio printed")
        assert "4.9 months" in forest_drawing.draw(plot)

    @pytest.mark.parametrize("population", ["all", "lenalidomide-refractory"])
    def test_results_published_elsewhere_name_their_publication(self, population: str) -> None:
        plot = forest(load_evidence(), population=population, published=load_published())
        check_nothing_overlaps(forest_drawing.draw(plot))
        elsewhere = {row.study: row for row in plot.rows if not row.source.startswith("L")}
        if population == "all":
            assert elsewhere["IKEMA"].says == "0.53 (0.36-0.78; printed 0.32-0.89 at 99%)"
        else:
            assert elsewhere["CANDOR"].source == "Mohyuddin et al. 2021, input of its network (unverified)"

    def test_an_interval_from_p_is_dashed_and_says_so(self) -> None:
        plot = forest(load_evidence(), "IsaPd")
        (row,) = plot.rows
        assert row.says == "0.596 (0.44-0.81, from p = 0.001)"
        assert row.from_p
        assert "stroke-dasharray" in forest_drawing.draw(plot)

    def test_the_axis_is_logarithmic_and_one_is_where_the_words_part(self) -> None:
        rows = tuple(row("T", ratio, (ratio / 1.2, ratio * 1.2)) for ratio in (0.25, 0.5, 1.0))
        _, _, sheet = sheets(forest_drawing.draw(Forest("forest-x", "x", (("", rows),), "favours A", "favours B")))[0]
        centres = [(box.left + box.right) / 2 for box in rectangles(sheet, "dot")]
        assert centres[1] - centres[0] == pytest.approx(centres[2] - centres[1], abs=0.2)
        words = {box.what: box for box in texts(sheet)}
        assert words["← favours A"].right < centres[2] < words["favours B →"].left

    def test_beyond_the_axis_there_is_an_arrow_and_nothing_leaves_the_sheet(self) -> None:
        rows = (row("wide", 0.2, (0.0001, 400.0)), row("far", 0.001, (0.0005, 0.002)))
        check_nothing_overlaps(forest_drawing.draw(Forest("forest-x", "x", (("", rows),), "favours A", "favours B")))

    def test_odd_text_is_escaped_and_long_text_wraps(self) -> None:
        odd = ForestRow("<b>&" * 9, "word " * 60, "word " * 60, "1/2", "0.50 (0.40-0.60)", "L1-2 " * 30, 0.5, (0.4, 0.6))
        drawn = forest_drawing.draw(Forest("forest-x", "word " * 60, (("h " * 200, (odd,)),), "favours A", "favours B"))
        check_nothing_overlaps(drawn)


def row(study: str, ratio: float, interval: tuple[float, float]) -> ForestRow:
    return ForestRow(study, "A v B", "all", "1/2", f"{ratio:.2f}", "L1", ratio, interval)


def made_up(*pairs: tuple[str, str]) -> Combined:
    contrasts = [Contrast(f"T{at}", one, other, math.log(0.7), 0.2) for at, (one, other) in enumerate(pairs)]
    choice = choose(load_evidence())
    return Combined(choice, combine(contrasts), ())


class TestNetwork:
    @pytest.mark.parametrize(
        "pairs",
        [
            [("A", "B")],
            [("A", "B"), ("B", "C"), ("C", "A")],
            [(f"option-{at}", "hub") for at in range(14)],
            [(f"option-{at}", f"option-{at + 1}") for at in range(12)],
            [(f"o{at}", f"o{other}") for at in range(6) for other in range(at)],
            [("a-very-long-name-of-an-option-indeed", "another-very-long-name-of-one")],
        ],
        ids=["pair", "loop", "star", "chain", "all pairs", "long"],
    )
    def test_any_shape_is_drawn_without_overlap(self, pairs: list[tuple[str, str]]) -> None:
        found = made_up(*pairs)
        for drawn in (network_drawing.draw_network(found), network_drawing.draw_league(found)):
            check_nothing_overlaps(drawn)
        for at in range(len(pairs)):
            for _, _, sheet in sheets(network_drawing.draw_network(found)):
                assert re.search(rf"\bT{at}\b", " ".join(box.what for box in texts(sheet)))

    def test_parts_that_cannot_be_compared_are_named(self) -> None:
        for name in ("network-all.svg", "league-all.svg"):
            for _, _, sheet in sheets(DRAWN[name]):
                words = " ".join(box.what for box in texts(sheet))
                assert "cannot be compared" in words
                assert "DKd, IsaKd, Kd" in words

    def test_nothing_to_combine_is_said(self) -> None:
        assert "nothing can be combined" in DRAWN["network-lenalidomide-refractory.svg"]
        assert json.loads(PICTURES["network-lenalidomide-refractory.json"])["parts"] == []
