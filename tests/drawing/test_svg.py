"""The picture: well-formed, holds every name, escapes odd text, asks the network for nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from myeloguide.cohort.simulate import Cohort, read_noise, simulate
from myeloguide.drawing.page import PAGE, PHONE, text_width
from myeloguide.drawing.reading import read_chart
from myeloguide.drawing.svg import draw
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, Procedure
from tests.drawing.stories import NOISY, chart_of, day, long_story, simulated

SVG = "{http://www.w3.org/2000/svg}"
ODD = "<b>&\"'\x1b[31m\x00\N{RIGHT-TO-LEFT OVERRIDE}]]>漢字"


def picture(events: Events, *widths: int) -> ET.Element:
    chart = chart_of(events)
    assert chart is not None
    return ET.fromstring(draw(chart, widths or (PAGE, PHONE)))


def words(element: ET.Element) -> str:
    return " ".join(text.text or "" for text in element.iter(f"{SVG}text"))


@pytest.mark.parametrize("noise", [(), NOISY], ids=["clean", "noisy"])
def test_every_drug_is_named_on_page_and_phone(noise: tuple[str, ...]) -> None:
    for events in simulated(noise):
        if chart_of(events) is None:
            continue
        root = picture(events)
        page, phone = root.findall(f"{SVG}g")
        placed = [item for item in events.treatments if item.start is not None and item.start.known]
        active = {item.agent for item in placed if not vocabulary().agents[item.agent].steroid}
        for agent in active:
            name = vocabulary().agents[agent].name
            assert name in words(page)
            assert all(part in words(phone) for part in name.split())


def test_it_is_told_to_those_who_cannot_see_it() -> None:
    root = picture(long_story())
    assert root.get("role") == "img"
    title, words_ = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert words_ is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {words_.get('id')}"
    assert "Line 8: BCMA-CAR-T" in (words_.text or "")


def test_odd_text_is_escaped() -> None:
    story = long_story()
    events = replace(story, person=replace(story.person, patient_id=ODD), procedures=(Procedure(ODD, day(100)),))
    chart = chart_of(events)
    assert chart is not None
    text = draw(chart)
    root = ET.fromstring(text)
    assert root.findall(f".//{SVG}b") == []
    assert "<b>&\"'" in words(root)
    assert not re.search("[\x00-\x08\x0b-\x1f\N{RIGHT-TO-LEFT OVERRIDE}]", text)


def test_nothing_runs_and_nothing_is_fetched() -> None:
    text = ET.tostring(picture(long_story()), encoding="unicode")
    assert "script" not in text
    assert set(re.findall(r"https?://[^\"' )]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r"url\(([^)]{7})", text)) <= {"#story-"}
    assert "@import" not in text
    assert "@font-face" not in text


def test_one_width_alone() -> None:
    root = picture(long_story(), 500)
    assert root.get("width") == "500"
    assert len(root.findall(f"{SVG}g")) == 1


def test_thousands_of_values_stay_small() -> None:
    story = long_story()
    many = tuple(replace(story.measurements[0], date=day(number)) for number in range(5000))
    chart = chart_of(replace(story, measurements=many))
    assert chart is not None
    assert len(draw(chart)) < 400_000


def test_the_same_story_gives_the_same_bytes() -> None:
    charts = [chart_of(long_story()) for _ in range(2)]
    assert charts[0] is not None
    assert charts[1] is not None
    assert draw(charts[0]) == draw(charts[1])


def test_text_is_measured_broadly() -> None:
    assert text_width("mmm", 10) > text_width("lll", 10) > 0
    assert text_width("漢", 10) >= 10


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_on_light_and_dark_ground() -> None:
    """WCAG 2: text 4.5 to 1, what is not text 3 to 1."""
    from myeloguide.drawing.page import LOOKS
    from myeloguide.drawing.svg import _CLASSES, _OTHER

    for ground in (0, 1):
        behind = [re.findall("#[0-9a-f]{6}", LOOKS[name][ground])[0] for name in ("ground", "head", "band")]
        needed = [(_CLASSES[name][ground], 3.0, behind[:1]) for name in _CLASSES] + [(_OTHER[ground], 3.0, behind[:1])]
        needed += [(re.findall("#[0-9a-f]{6}", LOOKS[name][ground])[0], 4.5, behind) for name in ("text", "soft", "strong")]
        needed += [(re.findall("#[0-9a-f]{6}", LOOKS["bad"][ground])[0], 3.0, behind)]
        for colour, least, grounds in needed:
            for other in grounds:
                light, dark = sorted((_luminance(colour), _luminance(other)), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= least, (colour, other)


def test_the_picture_of_the_docs_is_as_drawn_now(tmp_path: Path) -> None:
    noise = read_noise(["partial_dates=0.06", "missing_stop=0.1", "left_truncation=0.1"])
    simulate(Cohort(99, 1, noise, 0.0, True, "parquet"), tmp_path / "made", workers=1)
    chart = read_chart(tmp_path / "made", "S0000099", date(2026, 11, 22))
    kept = Path(__file__).parents[2] / "docs" / "story.svg"
    assert draw(chart) == kept.read_text(encoding="utf-8"), "draw it again, as docs/story.md says"
