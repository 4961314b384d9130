"""Commands called wrongly: what is wrong is said, exit status 2, nothing is written and nothing is left over."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import polars as pl
import pytest

from myeloguide.errors import LONGEST, Problem
from tests.test_cli import EXAMPLE, PROGRAM, call

LONG = "x" * 300


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a table of facts, record tables, a pipe, and tables that cannot be read."""
    (tmp_path / "facts.csv").write_text("patient_id,prior_lines\n1,1\n2,2\n")
    (tmp_path / "open-quote.csv").write_text('patient_id,prior_lines\n"Jane Doe,1\n')
    (tmp_path / "no-header.csv").write_text("Jane Doe,1\n")
    (tmp_path / "labelled.yaml").write_text("patient: {a: 1}\n")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "treatments.csv").write_text("patient_id,agent,start\np1,lenalidomide,2020-01-01\n")
    (tmp_path / "tables" / "responses.csv").write_text("patient_id,date,category\np1,2020-03-01,PR\n")
    (tmp_path / "untold").mkdir()
    (tmp_path / "untold" / "treatments.csv").write_text("patient_id,agent,start\np1,nothing,2020-01-01\n")
    os.mkfifo(tmp_path / "pipe.csv")
    return tmp_path


def standing(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["assess", EXAMPLE, "--plan", "PVd", "--plan", "DPd"], "--plan: is given twice (keep one)"),
        (["assess", EXAMPLE, "--pack", "a", "--pack", "b"], "--pack: is given twice"),
        (["assess", EXAMPLE, "--ruling", "C1=both", "--ruling", "C1=single"], "--ruling: C1 is switched twice (keep one)"),
        (["assess", EXAMPLE, "--explain", "zzz"], "no option zzz (name an option of the guideline"),
        (["assess", EXAMPLE, "--plan", "zzz"], "there is no regimen zzz (write a regimen, such as DPd, or its agents)"),
        (["assess", EXAMPLE, "--plan", "PVd\nmyeloguide: fine"], "there is no regimen PVd myeloguide: fine ("),
        (["assess", EXAMPLE, "--what-if", "nofact=1"], "--what-if: there is no fact nofact (docs/patient-file.md lists the facts)"),
        (["assess", EXAMPLE, "--what-if", "prior_lines=0", "--what-if", "prior_transplant=true"], "--what-if: prior_lines is 0, but there was a transplant"),
        (["assess", EXAMPLE, "--what-if", "C1=both"], "--what-if: C1 is a ruling, not a fact (switch it: --ruling C1=single or C1=both)"),
        (["assess", EXAMPLE, "--what-if", "ECOG 0"], '--what-if: "ECOG 0" tells what is no fact: a finding from which frailty is scored (suppose facts, such as t(11;14)+, frail'),
        (["assess", EXAMPLE, "--what-if", "b3"], "--what-if: B3 is a ruling, not a fact (it has one reading; myeloguide guideline show B3)"),
        (["assess", '{"facts": {"age": 68}}'], "the patient: is JSON in the call itself (write it to a file, or pipe it in: assess -)"),
        (["assess", "labelled.yaml"], "labelled.yaml:1: patient: is no label (write one text or number, such as A-17)"),
        (["assess", EXAMPLE, "--pack", LONG], "pack.yaml: cannot be used: File name too long"),
        (["cohort", "assess", "folder.csv", "-o", "o.csv"], "folder.csv: this is a folder (name a table of facts"),
        (["cohort", "assess", "open-quote.csv", "-o", "o.csv"], "open-quote.csv:2: has a double quote that is not closed"),
        (["cohort", "assess", "no-header.csv", "-o", "o.csv"], "there is no column patient_id (name the columns in the first row)"),
        (["cohort", "assess", "facts.csv", "-o", "pipe.csv"], "pipe.csv: this is a pipe or a device (name a file)"),
        (["cohort", "assess", "facts.csv", "-o", "folder.csv"], "folder.csv: this is a folder (name a file)"),
        (["cohort", "assess", "facts.csv", "-o", ""], "a path: is empty (name a file or a folder)"),
        (["cohort", "assess", "facts.csv", "-o", f"{LONG}.csv"], f"{LONG}.csv: cannot be written: File name too long"),
        (["cohort", "assess", "facts.csv", "-o", "/proc/o.csv"], "/proc/o.csv: cannot be written"),
        (["cohort", "assess", "facts.csv", "-o", "o.csv", "-o", "p.csv"], "--output: is given twice"),
        (["cohort", "simulate", "-o", "new", "--responses", "--no-responses"], "--responses: is given twice"),
        (["cohort", "simulate", "-o", "new", "--workers", "0"], "--workers: 0 processes do nothing (give 1 or more)"),
        (["cohort", "simulate", "-o", "new", "--noise", "missing_stop=0.1", "--noise", "missing_stop=0"], "missing_stop is given twice"),
        (["cohort", "simulate", "-o", LONG, "--patients", "1"], f"{LONG}: cannot be written: File name too long"),
        (["history", "check", ""], "a path: is empty"),
        (["history", "check", "tables", "-o", "folder.csv"], "folder.csv: this is a folder (name a file)"),
        (["history", "check", "tables", "-o", "pipe.csv"], "this is a pipe or a device"),
        (["history", "derive", "tables", "-o", "tables"], "tables: holds the tables that are read (name another folder)"),
        (["history", "derive", "tables", "-o", LONG], f"{LONG}: cannot be written: File name too long"),
        (["guideline", "audit", "--witnesses", "pipe.csv"], "this is a pipe or a device"),
        (["guideline", "audit", "--witnesses", "none/w.yaml"], "none: there is no such folder (make it first)"),
        (["guideline", "audit", "--witnesses", ""], "a path: is empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_touched(arguments: list[str | Path], said: str, place: Path) -> None:
    before = standing(place)
    done = call(arguments, folder=place)
    message = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in message
    assert "Traceback" not in message
    assert "Jane" not in message
    assert standing(place) == before


def test_a_flag_given_twice_is_given(place: Path) -> None:
    assert call(["cohort", "assess", "facts.csv", "-o", "o.csv", "--quiet", "--quiet"], folder=place).returncode == 0


def test_rows_set_aside_are_told_by_derive(place: Path) -> None:
    none = call(["history", "derive", "untold", "-o", "derived"], folder=place)
    assert (none.returncode, (place / "derived").exists()) == (2, False)
    assert b"untold: no row of it can be used (`myeloguide history check` says why)" in none.stderr
    with (place / "untold" / "treatments.csv").open("a") as table:
        table.write("p1,lenalidomide,2020-01-01\n")
    some = call(["history", "derive", "untold", "-o", "derived"], folder=place)
    assert some.returncode == 0
    assert b"1 row set aside, see `myeloguide history check`" in some.stderr


def test_a_table_of_which_no_row_can_be_used_is_no_input(place: Path) -> None:
    (place / "wrong.csv").write_text("patient_id,prior_lines\n1,-2\n")
    done = call(["cohort", "assess", "wrong.csv", "-o", "o.csv"], folder=place)
    assert done.returncode == 2
    assert b"wrong.csv: no row of it can be used (o.rejected.csv says why)" in done.stderr
    assert "prior_lines lies outside 0 to 40" in (place / "o.rejected.csv").read_text()


def test_a_problem_is_one_line_that_commands_no_terminal() -> None:
    text = str(Problem("file", "is \x1b[2J\nwrong" + "y" * 5000, "z" * 5000))
    assert text.isprintable()
    assert len(text) < 2 * LONGEST + 50


# --- a disk that is full, a reader that has gone, an interrupt ---


def limited(arguments: list[str], folder: Path, most: int, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """Call the program where no file can grow beyond so many bytes."""
    with (folder / "printed").open("wb") as printed:
        return subprocess.run(
            [*PROGRAM, *arguments], stdout=printed, stderr=subprocess.PIPE, cwd=folder, env=os.environ | settings, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        )  # fmt: skip


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_is_cut_short_is_no_answer(unbuffered: str, tmp_path: Path) -> None:
    done = limited(["assess", str(EXAMPLE)], tmp_path, 1000, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 2
    assert b"the output cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (["cohort", "assess", "facts.csv", "-o", "o.csv"], 300),
        (["cohort", "assess", "facts.csv", "-o", "o.csv"], 2000),
        (["cohort", "assess", "facts.csv", "-o", "o.parquet"], 2000),
        (["cohort", "simulate", "-o", "new", "--patients", "20"], 2000),
        (["cohort", "simulate", "-o", "new", "--patients", "20", "--format", "csv"], 2000),
        (["history", "derive", "tables", "-o", "derived"], 2000),
        (["history", "check", "untold", "-o", "report.csv"], 20),
    ],
)
def test_a_full_disk_leaves_nothing_behind(arguments: list[str], most: int, place: Path) -> None:
    (place / "printed").touch()
    before = set(standing(place))
    done = limited([*arguments, *([] if "check" in arguments else ["--quiet"])], place, most)
    assert done.returncode == 2, done.stderr
    assert b"cannot be written" in done.stderr
    assert b"facts.csv" not in done.stderr
    assert set(standing(place)) == before


@pytest.mark.parametrize(
    "arguments", [["assess", str(EXAMPLE), "--format", "json"], ["guideline", "coverage", "--format", "json"]]
)
def test_a_reader_that_has_seen_enough(arguments: list[str]) -> None:
    with subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "arguments", [["cohort", "simulate", "-o", "new", "--patients", "60000"], ["cohort", "assess", "many.csv", "-o", "o.csv"]]
)
def test_an_interrupt_leaves_nothing_behind(arguments: list[str], number: signal.Signals, tmp_path: Path) -> None:
    many = 3_000_000
    pl.DataFrame({"patient_id": range(many), "prior_lines": [2] * many}).write_csv(tmp_path / "many.csv")
    running = subprocess.Popen(
        [*PROGRAM, *arguments, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, start_new_session=True
    )
    while not [path for path in tmp_path.iterdir() if path.name.startswith(".")]:  # until something is being written
        assert running.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)  # between making a folder and noting that it is to be removed, Python has a moment that nobody can guard
    os.killpg(running.pid, number)  # as a terminal does: the program and the processes that it started
    _, said = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert b"Traceback" not in said or number is signal.SIGTERM
    assert [path.name for path in tmp_path.iterdir()] == ["many.csv"]
