"""`myeloguide history check`: the summary, the full list, the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "myeloguide", "history", "check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def folder_of(tmp_path: Path) -> Path:
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "treatments.csv").write_text("patient_id,agent,start\nP1,Revlimid,2020\nP1,mystery,2021-02-30\n")
    return folder


def test_rows_set_aside_are_told_and_listed(tmp_path: Path) -> None:
    folder, report = folder_of(tmp_path), tmp_path / "report.csv"
    done = run(str(folder), "-o", str(report))
    assert (done.returncode, done.stderr) == (0, "")
    assert "all: 1 row used, 1 set aside" in done.stdout
    assert done.stdout.index("Set aside") < done.stdout.index("Kept and flagged")
    assert "P1" not in done.stdout
    aside = pl.read_csv(report).filter(pl.col("done") == "set aside")
    assert aside.select("table", "row", "patient_id", "kind").rows() == [("treatments", 2, "P1", "impossible_date")]


def test_the_summary_as_json(tmp_path: Path) -> None:
    done = run(str(folder_of(tmp_path)), "--format", "json")
    found = json.loads(done.stdout)
    assert found["tables"] == [{"table": "treatments", "rows": 2, "used": 1, "set_aside": 1}]
    assert found["findings"][0] == {
        "kind": "impossible_date",
        "table": "treatments",
        "done": "set aside",
        "count": 1,
        "rows": [2],
    }


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "treatments.csv").write_text("patient_id,agent\nP1,mystery\n")
    done = run(str(folder))
    assert done.returncode == 2
    assert "no row of it can be used" in done.stderr
    assert "[unknown_agent]" in done.stdout


def test_an_empty_folder_and_a_wrong_report_are_errors_of_a_line(tmp_path: Path) -> None:
    for arguments in ([str(tmp_path)], [str(folder_of(tmp_path)), "-o", "report.txt"], [str(tmp_path / "nowhere")]):
        done = run(*arguments)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr
