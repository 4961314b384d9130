"""The drawing in a terminal: within its width, with every name, in ASCII where nothing else is read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.drawing.terminal import draw
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, Procedure
from tests.drawing.stories import NOISY, chart_of, day, long_story, simulated, stories


def lines(events: Events, width: int, *, ascii_only: bool = False) -> list[str]:
    chart = chart_of(events)
    assert chart is not None
    return [line.plain for line in draw(chart, width, ascii_only=ascii_only)]


@settings(max_examples=80, deadline=None)
@given(stories(), st.integers(40, 200), st.booleans())
def test_no_line_is_wider_than_the_terminal(events: Events, width: int, ascii_only: bool) -> None:
    for line in draw(chart, width, ascii_only=ascii_only) if (chart := chart_of(events)) else ():
        assert line.cell_len <= width
        assert not ascii_only or line.plain.isascii()


@pytest.mark.parametrize("noise", [(), NOISY], ids=["clean", "noisy"])
def test_every_drug_and_line_is_named(noise: tuple[str, ...]) -> None:
    for events in simulated(noise):
        if chart_of(events) is None:
            continue
        text = "\n".join(lines(events, 80))
        for item in events.treatments:
            if item.start is not None and item.start.known and not vocabulary().agents[item.agent].steroid:
                assert vocabulary().agents[item.agent].name in text


def test_a_long_story_at_80_columns() -> None:
    drawn = lines(long_story(), 80)
    assert sum(line.startswith("Line ") and ":" in line for line in drawn) == 8
    lane = next(line for line in drawn if line.startswith(" carfilzomib"))
    assert "████" in lane
    assert "R" in lane
    assert lane.index("█") > next(line for line in drawn if line.startswith(" lenalidomide")).index("█")


def test_ascii_alone() -> None:
    drawn = lines(long_story(), 80, ascii_only=True)
    lane = next(line for line in drawn if line.startswith(" carfilzomib"))
    assert "====" in lane


def test_odd_text_steers_no_terminal() -> None:
    story = long_story()
    odd = "\x1b[2J\x07漢字\N{RIGHT-TO-LEFT OVERRIDE}"
    events = replace(story, person=replace(story.person, patient_id=odd), procedures=(Procedure(odd, day(10)),))
    for width in (40, 80):
        drawn = lines(events, width)
        assert not any(sign in line for line in drawn for sign in "\x1b\x07\N{RIGHT-TO-LEFT OVERRIDE}")
        assert "漢字" in drawn[0]
