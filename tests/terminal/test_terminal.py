"""The answer for a terminal: nothing is dropped, nothing is wider than asked, colour is never the only carrier."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from rich.cells import cell_len
from rich.console import Console

from myeloguide.grouping import blockers, by_blocker, weighing_cautions
from myeloguide.guideline.answer import Answer
from myeloguide.guideline.assess import assess
from myeloguide.guideline.prepared import load_pack
from myeloguide.terminal import render
from tests.conftest import TODAY
from tests.patients import patients, sheet_of
from tests.terminal.pictures import FOLDER, PATIENTS, WIDTHS, answer_of, pictures, sent
from tests.test_cli import EXAMPLE, call

ANSI = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|9[0-7])(?:;[0-9;]*)?m")


def test_the_pictures_are_those_of_today() -> None:
    made = dict(pictures())
    for name, content in made.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == content, (
            f"{name}: make it again by python -m tests.terminal.pictures"
        )
    kept = {path.name for path in FOLDER.iterdir() if path.suffix in (".txt", ".svg")}
    assert kept == set(made)


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(patient: str, width: int) -> None:
    assert max(cell_len(line) for line in sent(patient, width, colour=False, styles=False).splitlines()) <= width


@pytest.mark.parametrize("patient", PATIENTS)
def test_colour_is_never_the_only_carrier(patient: str) -> None:
    coloured, without, plain = (
        sent(patient, 80, colour=True), sent(patient, 80, colour=False), sent(patient, 80, colour=False, styles=False),
    )  # fmt: skip
    assert COLOUR.search(coloured)
    assert not COLOUR.search(without)
    assert "\x1b" not in plain
    assert ANSI.sub("", coloured) == ANSI.sub("", without) == plain


def words(text: str) -> str:
    return " ".join(text.split())


def shown(answer: Answer, width: int = 200) -> str:
    console = Console(width=width, force_terminal=True, color_system=None, highlight=False, _environ={})
    return words(render(answer, load_pack(), console))


@settings(max_examples=40)
@given(patients)
def test_nothing_is_dropped(facts: dict[str, Any]) -> None:
    """Every option, every strong caution, every block, question, remark and fact on an option in no list is there."""
    answer = assess(load_pack(), sheet_of(facts), TODAY)
    text = shown(answer, 4000)
    for row in answer.options:
        assert re.search(rf"(?<![\w-]){re.escape(row.option)}(?![\w-])", text), row.option
        if row.status in ("offered", "depends") and not any(reason.code == "list-open" for reason in row.reasons):
            assert all(words(item.text) in text for item in row.cautions if item.holds and item.strength == "strong")
        assert all(words(reason.text) in text for reason in blockers(row))
    assert all(note.text in text for note in answer.notes)
    assert all(item.question in text for item in answer.missing[:8])
    assert all(words(item.text) in text for item in answer.since if not item.listed and item.population != "does_not_match")
    assert all(line in text for line in answer.notice)


def test_what_is_offered_stands_first_in_its_tier() -> None:
    text = (FOLDER / "unknowns-120.txt").read_text(encoding="utf-8")
    tier = text[text.index("\nOther, approved") : text.index("\nInvestigational")]
    assert [line[1] for line in tier.splitlines() if line[:3] in (" * ", " ? ")] == ["*", "?", "?"]


def test_options_fold_by_each_thing_that_blocks_them() -> None:
    answer = answer_of("heavily-pretreated")
    rows = [row for row in answer.options if row.list == "two-or-more-lines"]
    folded = {text: options for (_, text, _), options in by_blocker(rows).items()}
    assert folded["the disease is refractory to pomalidomide"][:2] == ["PVd", "KPd"]
    assert "KPd" in folded["the disease is refractory to carfilzomib"]
    assert folded["panobinostat is contraindicated"] == ["Pano+PI"]
    blocked = {row.option for row in rows if row.status not in ("offered", "depends")}
    assert {option for options in folded.values() for option in options} == blocked


def test_an_untried_option_says_what_it_is_at_first_relapse() -> None:
    text = words((FOLDER / "unknowns-120.txt").read_text(encoding="utf-8"))
    assert "(at first relapse: other, 1C)" in text
    assert "(at first relapse: preferred, 1A / second, 1B)" in text


def test_of_the_cautions_every_strong_one_is_shown_or_else_the_first(answer_for: Callable[..., Answer]) -> None:
    rows = {(row.tier, row.option): row for row in answer_for(prior_lines=3, t_11_14=True).options}
    chosen, more = weighing_cautions(rows["investigational", "venetoclax-based"])
    assert {caution.strength for caution in chosen} == {"strong"}
    assert len(chosen) > 1
    assert more
    chosen, _ = weighing_cautions(rows["investigational", "BCMA-bispecific"])
    assert len(chosen) == 1


# --- which output gets what ---


def told(*arguments: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    command = [sys.executable, "-m", "myeloguide", "assess", str(EXAMPLE), *arguments]
    done = subprocess.run(command, capture_output=True, check=True, env=kept | environment)
    return done.stdout.decode()


def on_a_terminal(**environment: str) -> str:
    """Return what is sent to a terminal."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "myeloguide", "assess", str(EXAMPLE)]
    child = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=kept | {"TERM": "xterm-256color", **environment})
    os.close(theirs)
    received = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        received += part
    os.close(ours)
    assert child.wait() == 0
    return received.decode().replace("\r\n", "\n")


def test_a_pipe_stays_plain() -> None:
    text = told()
    assert "\x1b" not in text
    assert text == told("--no-color") == told(NO_COLOR="1") == call(["assess", str(EXAMPLE)]).stdout.decode()
    assert text.startswith("IMWG recommendations")


def test_a_file_stays_plain(tmp_path: Path) -> None:
    told("-o", str(tmp_path / "answer.txt"), FORCE_COLOR="1")
    assert (tmp_path / "answer.txt").read_text(encoding="utf-8") == told()


def test_a_terminal_gets_colour_unless_it_is_not_wanted() -> None:
    coloured = on_a_terminal()
    assert COLOUR.search(coloured)
    assert coloured.startswith("\x1b[1mExample 1: ")
    without = on_a_terminal(NO_COLOR="1")
    assert not COLOUR.search(without)
    dumb = on_a_terminal(TERM="dumb")
    assert "\x1b" not in dumb
    assert ANSI.sub("", coloured) == ANSI.sub("", without) == dumb


def test_colour_can_be_asked_for() -> None:
    assert COLOUR.search(told(FORCE_COLOR="1"))
    assert COLOUR.search(told("--color", NO_COLOR="1", TERM="dumb"))
    assert not COLOUR.search(told("--no-color", FORCE_COLOR="1"))


@pytest.mark.parametrize("width", [20, 60, 200])
def test_a_terminal_narrower_than_sixty_columns_gets_sixty(width: int) -> None:
    text = ANSI.sub("", on_a_terminal(COLUMNS=str(width)))
    longest = max(cell_len(line) for line in text.splitlines())
    assert longest <= max(width, 60)
    assert longest > 50
