"""The way to the lists: every patient whose way is known comes to the lists that assess answers by; and how it is drawn."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import pytest

from myeloguide.drawing.page import text_width
from myeloguide.guideline.answer import Answer
from myeloguide.guideline.pack import Pack
from myeloguide.handbook.content import Handbook
from myeloguide.handbook.flow import Step, flow
from myeloguide.handbook.flow_svg import PAGE, PHONE, draw_flow, wrap

NS = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def way(pack: Pack) -> Step:
    return flow(pack)


def ways(
    step: Step, before: tuple[tuple[str, str], ...] = (), lists: tuple[str, ...] = ()
) -> Iterator[tuple[dict[str, str], set[str], Step]]:
    """Yield every way to an end: the answers given, the lists met, the end."""
    lists = (*lists, *step.lists)
    if not step.branches:
        yield dict(before), set(lists), step
    for branch in step.branches:
        yield from ways(branch.step, (*before, (step.question or "", branch.answer)), lists)


def test_the_questions_and_where_they_lead(way: Step) -> None:
    lines, dara, len_, frontline = (
        "How many prior lines of therapy?",
        "Progressed on frontline daratumumab?",
        "Lenalidomide-refractory?",
        "Lenalidomide in line 1?",
    )
    salvage = "salvage-transplant"
    assert [(answers, lists) for answers, lists, _ in ways(way)] == [
        ({lines: "0"}, set()),
        ({lines: "1", dara: "no", len_: "yes"}, {salvage, "first-relapse-lenalidomide-refractory"}),
        ({lines: "1", dara: "no", len_: "no"}, {salvage, "first-relapse-not-lenalidomide-refractory"}),
        ({lines: "1", dara: "yes", frontline: "no"}, {salvage, "first-relapse-after-daratumumab-without-lenalidomide"}),
        ({lines: "1", dara: "yes", frontline: "yes"}, {salvage, "first-relapse-after-daratumumab-with-lenalidomide"}),
        ({lines: "2 or more"}, {"two-or-more-lines"}),
    ]


def test_assess_goes_the_same_ways(way: Step, answer_for: Callable[..., Answer]) -> None:
    """Patients with the answers of each way, made of facts, are answered by the lists at its end."""
    for answers, lists, end in ways(way):
        lines = int(answers["How many prior lines of therapy?"].split()[0])
        dara = answers.get("Progressed on frontline daratumumab?") == "yes"
        refractory = answers.get("Lenalidomide-refractory?") == "yes"
        len_in_1 = answers.get("Lenalidomide in line 1?") == "yes" or refractory
        agents = ["bortezomib"] + ["daratumumab"] * dara + ["lenalidomide"] * len_in_1
        facts = {"exposed_to": agents, "refractory_to": ["daratumumab"] * dara + ["lenalidomide"] * refractory}
        facts["not_refractory_to"] = [agent for agent in agents if agent not in facts["refractory_to"]]
        answer = answer_for(prior_lines=lines, line1_agents=agents, **facts) if lines else answer_for(prior_lines=0)
        assert {item.list for item in answer.lists if item.applies} == lists, answers
        assert (answer.outside is None) == (end.silence is None)


@pytest.fixture(scope="module", params=[PAGE, PHONE])
def sheet(request: pytest.FixtureRequest, pack: Pack) -> ET.Element:
    return ET.fromstring(draw_flow(Handbook(pack), request.param))


def rectangles(sheet: ET.Element, *looks: str) -> list[tuple[float, float, float, float]]:
    return [
        tuple(float(box.get(name, 0)) for name in ("x", "y", "width", "height"))  # type: ignore[misc]
        for box in sheet.iter(f"{NS}rect")
        if box.get("class") in looks
    ]


def extent(text: ET.Element) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a text in a broad face."""
    size, x, y = (float(text.get(name, 0)) for name in ("font-size", "x", "y"))
    wide = text_width(text.text or "", size * (1.12 if text.get("class") in ("bold", "asked", "graded") else 1))
    left = x - wide / 2 if text.get("text-anchor") == "middle" else x
    return left, y - size * 0.8, left + wide, y + size * 0.22


def test_text_stays_inside_its_box_and_the_sheet(sheet: ET.Element) -> None:
    width, height = (float(sheet.get(name, 0)) for name in ("width", "height"))
    boxes = rectangles(sheet, "card", "ask", "answer", "quiet", "grade")
    for text in sheet.iter(f"{NS}text"):
        left, top, right, bottom = extent(text)
        assert left >= 0 and top >= 0 and right <= width and bottom <= height, text.text
        around = [(x, y, w, h) for x, y, w, h in boxes if x <= (left + right) / 2 <= x + w and y <= (top + bottom) / 2 <= y + h]
        for x, y, w, h in around:
            assert x <= left and right <= x + w, text.text
            assert y <= top + 1 and bottom <= y + h + 1, text.text


def test_no_two_boxes_and_no_two_texts_overlap(sheet: ET.Element) -> None:
    boxes = rectangles(sheet, "card", "ask", "answer", "quiet")
    assert len(boxes) >= 15
    for number, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[number + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y, (x, y, x2, y2)
    texts = [(text.text, extent(text)) for text in sheet.iter(f"{NS}text")]
    for number, (said, (left, top, right, bottom)) in enumerate(texts):
        for other, (left2, top2, right2, bottom2) in texts[number + 1 :]:
            assert right <= left2 or right2 <= left or bottom <= top2 + 1 or bottom2 <= top + 1, (said, other)


def test_text_is_large_enough_to_read(sheet: ET.Element) -> None:
    assert min(float(text.get("font-size", 0)) for text in sheet.iter(f"{NS}text")) >= 11


def test_every_option_and_grade_is_drawn(sheet: ET.Element, pack: Pack) -> None:
    words = " ".join(text.text or "" for text in sheet.iter(f"{NS}text"))
    for row in pack.rows:
        assert row.option in words or row.name in words, row.option
    cards = [text.text for text in sheet.iter(f"{NS}text") if text.get("class") == "graded"]
    assert sorted(filter(None, cards)) == ["1A", "1A", "1A", "1A", "1B", "1B", "1B", "1C", "1C", "2A"]
    for item in pack.lists:
        assert str(item.source) in words


def test_it_is_told_in_words_too(sheet: ET.Element, pack: Pack) -> None:
    said = sheet.findtext(f"{NS}desc") or ""
    for item in pack.lists:
        assert item.title in said
    assert "How many prior lines of therapy? 1; Progressed on frontline daratumumab? no; Lenalidomide-refractory? yes" in said


def test_lines_are_broken_at_the_width() -> None:
    lines = wrap("none of daratumumab, isatuximab and carfilzomib is usable", 13, 150)
    assert " ".join(lines) == "none of daratumumab, isatuximab and carfilzomib is usable"
    assert len(lines) == 4
    assert all(text_width(line, 13) <= 150 for line in lines)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("look", "behind"),
    [
        ("text", "card"),
        ("bold", "head"),
        ("soft", "card"),
        ("soft", "head"),
        ("soft", "ground"),
        ("asked", "ask"),
        ("graded", "grade"),
        ("bold", "answer"),
    ],
)
@pytest.mark.parametrize("ground", [0, 1])
def test_contrast_on_light_and_dark_ground(look: str, behind: str, ground: int) -> None:
    from myeloguide.handbook.flow_svg import _LOOKS

    first, second = (re.findall("#[0-9a-f]{6}", _LOOKS[name][ground])[0] for name in (look, behind))
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
