"""What the docs show to those who call the program from a script, run as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_cli import call

PAGE = (Path(__file__).parents[1] / "docs" / "scripts.md").read_text(encoding="utf-8")
RECORDS = "patient_id,agent,start,stop\nA,bortezomib,2020-01-01,2020-06-01\nA,nothing,2021-01-01,\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "RECORDS").mkdir()
    (tmp_path / "RECORDS" / "treatments.csv").write_text(RECORDS)
    (tmp_path / "patient.json").write_text('{"facts": {"prior_lines": 1}}')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_of_the_page(place: Path) -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, names)
    assert ("first-relapse-lenalidomide-refractory", "preferred", "DKd", "1A") in names["offered"]
    note = ["assess", "68y; VRd x4 > R maint, PD on R; complete record", "--ruling", "C1=both", "--format", "json"]
    printed = json.loads(call(note).stdout)
    assert json.loads(json.dumps(names["as_json"]))["options"] == printed["options"]
    assert names["same"].as_of == "2024-05-01"
    assert names["said"] == [
        ("patient 18", 'there is no agent "lenalidomde"', "did you mean lenalidomide or thalidomide or pomalidomide?")
    ]
    assert names["answer"].difference is not None
    assert names["answer"].plan is not None
    assert names["why"].option == "PVd"
    assert (names["summary"].patients, names["derived"].report.set_aside) == (1, 1)


def test_the_commands_of_the_page(place: Path) -> None:
    (block,) = re.findall(r"```\n(myeloguide .*?)```", PAGE, re.DOTALL)
    script = block.replace("myeloguide ", f"{sys.executable} -m myeloguide ")
    done = subprocess.run(["sh", "-e", "-c", script], capture_output=True, text=True, check=False, cwd=place)
    assert (done.returncode, done.stderr) == (0, "")
    assert (place / "OPTIONS.csv").read_text().startswith("patient_id,")
