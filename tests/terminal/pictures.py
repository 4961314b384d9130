"""The pictures of the terminal in `docs/terminal`: `python -m tests.terminal.pictures` makes them again."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from myeloguide.guideline.answer import Answer
from myeloguide.guideline.prepared import load_pack
from myeloguide.guideline.verify import read_answer
from myeloguide.knowledge.reading import Document
from myeloguide.terminal import render

FOLDER = Path(__file__).parents[2] / "docs" / "terminal"
PATIENTS = ("first-relapse", "heavily-pretreated", "unknowns")
WIDTHS = (60, 80, 120)
# Dark signs on white, each at least 4.5 to 1 against it.
THEME = TerminalTheme(
    (255, 255, 255),
    (30, 30, 30),
    [(30, 30, 30), (176, 0, 32), (0, 110, 40), (138, 90, 0), (0, 70, 170), (130, 30, 130), (0, 105, 120), (90, 90, 90)],
)
SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<rect fill="#ffffff" width="{width}" height="{height}"/>
<g transform="translate({terminal_x}, 12)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@cache
def answer_of(patient: str) -> Answer:
    """Return the answer that the command gives."""
    command = [sys.executable, "-m", "myeloguide", "assess", str(FOLDER / f"{patient}.yaml"), "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=True)
    return read_answer(Document(patient, json.loads(done.stdout), {}))


def sent(patient: str, width: int, *, colour: bool, styles: bool = True) -> str:
    """Return what is sent to a terminal of a width; without `styles` to one that knows none."""
    console = Console(
        file=StringIO(), width=width, force_terminal=True, color_system="standard" if styles else None, no_color=not colour,
        highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    return render(answer_of(patient), load_pack(), console)


def pictures() -> Iterator[tuple[str, str]]:
    """Yield each picture's file name and content."""
    for patient in PATIENTS:
        for width in WIDTHS:
            yield f"{patient}-{width}.txt", sent(patient, width, colour=False, styles=False)
            for colour, name in ((True, "colour"), (False, "no-colour")):
                yield f"{patient}-{width}-{name}.svg", drawn(sent(patient, width, colour=colour), width)


def drawn(text: str, width: int) -> str:
    console = Console(file=StringIO(), width=width, record=True, highlight=False, legacy_windows=False, _environ={})
    console.print(Text.from_ansi(text.rstrip("\n")))
    picture = console.export_svg(theme=THEME, code_format=SVG, unique_id="answer")
    return re.sub(r' clip-path="[^"]*"', "", picture)  # nothing is longer than its line


if __name__ == "__main__":
    for made, content in pictures():
        (FOLDER / made).write_text(content, encoding="utf-8")
