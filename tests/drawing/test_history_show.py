"""`history show` as it is called: picture and text, and what is wrong said in a line."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "after-lenalidomide-maintenance.yaml"
TABLES = {
    "patients": "patient_id,diagnosis_date,complete_from,as_of\nAnna-01,2020-01-01,2020-01-01,2021-06-01\nBert-77,,,\n",
    "treatments": "patient_id,agent,start,stop,stop_reason\nAnna-01,Velcade,2020-02-01,2020-10-01,\nAnna-01,lenalidomide,2020-02,,ongoing\n",
    "measurements": "patient_id,date,test,value,unit\nAnna-01,2020-01-15,serum_m_protein,31,g/L\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def show(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "myeloguide", "history", "show", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8", env={**os.environ, **settings})


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_patient_of_tables_is_printed_and_drawn(folder: Path) -> None:
    picture = folder / "story.svg"
    picture.write_text("an older one")
    done = show(folder, "--patient", "Anna-01", "-o", picture, "--width", "70")
    assert done.returncode == 0, done.stderr
    assert "bortezomib" in done.stdout
    assert "▶" in done.stdout
    assert "Serum M-protein, g/dL" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 70
    assert "lenalidomide" in "".join(ET.parse(picture).getroot().itertext())
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_patient_file_is_drawn(tmp_path: Path) -> None:
    done = show(EXAMPLE, "-o", tmp_path / "story.svg")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Patient Example 1, as of 2021-06-01")
    assert "autologous transplant 2018-06-29" in (tmp_path / "story.svg").read_text()


def test_ascii_where_the_terminal_reads_nothing_else() -> None:
    assert not show(EXAMPLE).stdout.isascii()
    assert show(EXAMPLE, "--ascii").stdout.isascii()
    assert show(EXAMPLE, PYTHONIOENCODING="latin-1").stdout.isascii()


def test_a_wrong_patient(folder: Path) -> None:
    near = refused(show(folder, "--patient", "Anna-1"))
    assert "there is no patient Anna-1 (did you mean Anna-01?)" in near
    far = refused(show(folder, "--patient", "zzz"))
    none = refused(show(folder))
    assert "the tables hold 2 patients (name one: --patient ID)" in none
    assert not any(patient in text for patient in ("Anna-01", "Bert-77") for text in (far, none))
    assert "leave it out" in refused(show(EXAMPLE, "--patient", "zzz"))


def test_nothing_to_draw(folder: Path, tmp_path: Path) -> None:
    assert "nothing that can be drawn is recorded of patient Bert-77" in refused(show(folder, "--patient", "Bert-77"))
    (tmp_path / "empty.yaml").write_text("facts: {age: 60}\n")
    assert "holds nothing that can be drawn (a story needs a line" in refused(show(tmp_path / "empty.yaml"))


@pytest.mark.parametrize(
    "table", ["treatments: [{agent: dexamethasone, start: 2020-01-01}]", "responses: [{date: 2020-01-01, category: PR}]"]
)
def test_steroids_alone_or_responses_alone_are_no_story(table: str, tmp_path: Path) -> None:
    file = tmp_path / "patient.yaml"
    file.write_text(f"history: {{{table}}}\n")
    assert "a story needs a line, a drug that is no steroid" in refused(show(file))


def test_a_response_in_no_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "patient.yaml"
    value = "{date: 2021-02-01, test: serum_m_protein, value: 2, unit: g/dL}"
    file.write_text(f"history: {{measurements: [{value}], responses: [{{date: 2020-01-01, category: PR}}]}}\n")
    assert (
        "Not drawn, for no line is recorded in which they could lie: responses PR 2020-01-01."
        in show(file, "--width", "120").stdout
    )


def test_a_picture_that_cannot_be_written(folder: Path) -> None:
    assert "is no .svg" in refused(show(folder, "--patient", "Anna-01", "-o", folder / "story.png"))
    assert "there is no such folder" in refused(show(folder, "--patient", "Anna-01", "-o", folder / "none" / "story.svg"))
    assert "no rule set imwg" in refused(show(folder, "--patient", "Anna-01", "--rules", "imwg"))


def test_records_inside_a_patient_file_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "records.yaml").write_text(
        "patient: Anna-01\nas_of: 2021-06-01\nhistory:\n  diagnosis_date: 2020-01-01\n  complete_from: 2020-01-01\n"
        "  treatments:\n  - {agent: bortezomib, start: 2020-02-01, stop: 2020-10-01}\n"
        "  responses:\n  - {date: 2020-06-01, category: VGPR}\n"
    )
    done = show(tmp_path / "records.yaml")
    assert done.stdout.startswith("Patient Anna-01, as of 2021-06-01"), done.stderr
    assert "VGPR │" in done.stdout
    assert " bortezomib  " in done.stdout


def test_records_said_to_be_complete_are_drawn_so(tmp_path: Path) -> None:
    for said, words in (("true", "Record said to be complete"), ("false", "Whether the record is complete is unknown")):
        (tmp_path / "records.yaml").write_text(
            f"as_of: 2021-06-01\nhistory:\n  complete: {said}\n"
            "  treatments:\n  - {agent: bortezomib, start: 2020-02-01, stop: 2020-10-01}\n"
        )
        assert words in show(tmp_path / "records.yaml").stdout
