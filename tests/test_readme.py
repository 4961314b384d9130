"""The README says what is true: its answer is the one that prints, its commands exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.test_cli import EXAMPLE, call

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 40


def test_the_answer_shown_is_the_one_that_prints() -> None:
    shown = README.split("```")[1].strip("\n").splitlines()
    printed = call(["assess", EXAMPLE]).stdout.decode().splitlines()
    place = 0
    for line in shown:
        if line != "...":
            assert line in printed[place:], line
            place = printed.index(line, place) + 1


def test_links_lead_somewhere() -> None:
    for path in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / path).exists(), path


def test_the_commands_of_the_readme_exist() -> None:
    for target in re.findall(r"^    make (\w+)", README, flags=re.MULTILINE):
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)
    for command in (["assess", "--help"], ["cohort", "assess", "--help"], ["schema"]):
        assert call(command).returncode == 0


def test_ci_calls_the_test_command_of_the_readme() -> None:
    assert "make test" in README
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), flags=re.MULTILINE)
