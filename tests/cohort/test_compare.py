"""Two rule sets over the same records: where they differ, down to the options offered."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from myeloguide.cohort.compare import KINDS, compare_rules
from myeloguide.cohort.derive import derive_tables
from myeloguide.cohort.run import assess_table
from myeloguide.errors import InputError
from myeloguide.guideline.pack import Pack
from tests.cohort.test_derive import simulated

TODAY = date(2026, 11, 22)
RULES = ("imwg-2015", "ohdsi-mm-episodes")


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Patient A: a drug is dropped, which is a new line by OHDSI's rules only. Patient B: one regimen, told alike."""
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "patients.csv").write_text(
        "patient_id,as_of,diagnosis_date,complete_from\nA,2021-06-01,2020-01-01,2020-01-01\nB,2021-06-01,2020-01-01,2020-01-01\n"
    )
    (folder / "treatments.csv").write_text(
        "patient_id,agent,start,stop\nA,bortezomib,2020-01-01,2020-04-10\nA,lenalidomide,2020-01-01,2021-02-04\n"
        "A,cyclophosphamide,2020-01-01,2021-02-04\nB,bortezomib,2020-01-01,2020-06-01\nB,lenalidomide,2020-01-01,2020-06-01\n"
    )
    (folder / "procedures.csv").write_text("patient_id,kind\n")
    return folder


def test_each_difference_is_a_row_with_both_sides(records: Path, pack: Pack) -> None:
    found = compare_rules(records, pack, RULES, TODAY)
    counted = found.counted
    assert (counted.first, counted.second, counted.patients, counted.alike, counted.more_lines) == (*RULES, 2, 1, (0, 1))
    assert set(found.rows["patient_id"]) == {"A"}
    rows = {(row["about"], row["item"]): (row["first"], row["second"]) for row in found.rows.to_dicts()}
    assert rows["number of lines", None] == ("1", "2")
    assert rows["fact", "prior_lines"] == ("1", "2")
    assert rows["line", None] == (None, "REP from 2020-04-11")
    assert rows["option", "two-or-more-lines/investigational/BCMA-ADC"] == (None, "offered")
    offered = [sides for (about, _), sides in rows.items() if about == "option"]
    assert all((one == "offered") != (other == "offered") for one, other in offered)


def test_a_rule_set_does_not_differ_from_itself(records: Path, pack: Pack) -> None:
    found = compare_rules(records, pack, ("imwg-2015", "imwg-2015,together=30"), TODAY)
    assert (found.counted.alike, found.rows.height, found.counted.same_options) == (2, 0, 2)
    changed = compare_rules(records, pack, ("ohdsi-mm-episodes", "ohdsi-mm-episodes,stopped_together=400"), TODAY)
    assert changed.counted.more_lines == (1, 0)


def test_facts_and_options_are_those_of_derive_and_assess(pack: Pack, tmp_path: Path) -> None:
    folder = simulated(tmp_path / "cohort")
    found = compare_rules(folder, pack, (), TODAY)
    sides, offered = [], []
    for name in RULES:
        derive_tables(folder, tmp_path / name, TODAY, rules=name)
        sides.append(pl.read_parquet(tmp_path / name / "facts.parquet").sort("patient_id"))
        assess_table(pack, tmp_path / name / "facts.parquet", tmp_path / f"{name}.parquet")
        options = pl.read_parquet(tmp_path / f"{name}.parquet").filter(pl.col("status") == "offered").cast(pl.String)
        offered.append(set(options.select("patient_id", "list", "tier", "option", "grade").rows()))
    told = set(found.rows.filter(pl.col("about").is_in(["fact", "refractory"])).select("patient_id", "item").rows())
    columns = sides[0].columns[1:]
    assert told == {
        (one["patient_id"], name)
        for one, other in zip(sides[0].to_dicts(), sides[1].to_dicts(), strict=True)
        for name in columns
        if one[name] != other[name]
    }
    rows = found.rows.filter(pl.col("about") == "option").select("patient_id", "item").rows()
    assert sorted(rows) == sorted((patient, "/".join(part for part in row if part)) for patient, *row in offered[0] ^ offered[1])
    assert [kind.about for kind in found.counted.kinds] == list(KINDS)
    assert found.counted.patients - found.counted.same_options == len({patient for patient, _ in rows}) > 0


def test_the_command_prints_a_summary_and_writes_the_rows(records: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "myeloguide", "history", "compare", str(records), "-o", str(tmp_path / "rows.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "2 patients: 1 told alike, 1 otherwise, 1 of them with other options." in done.stdout
    assert "1            1  another number of lines (more by imwg-2015: 0, more by ohdsi-mm-episodes: 1)" in done.stdout
    assert pl.read_csv(tmp_path / "rows.csv").columns == ["patient_id", "about", "line", "item", "first", "second"]
    found = json.loads(subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=True).stdout)
    assert (found["patients"], found["kinds"][0]["text"], found["kinds"][0]["patients"]) == (2, "another number of lines", 1)


@pytest.mark.parametrize("rules", [("imwg-2015",), ("imwg-2015", "imwg-2015"), (*RULES, "imwg-2015,tandem=90")])
def test_two_rule_sets_are_compared(rules: tuple[str, ...], records: Path, pack: Pack) -> None:
    with pytest.raises(InputError, match="name two that differ"):
        compare_rules(records, pack, rules, TODAY)


def test_rows_set_aside_and_files_not_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "treatments.csv").write_text("patient_id,agent,start\nA,lenalidomide,2020-01-01\nB,nothing,2020-01-01\n")
    (tmp_path / "responses.xlsx").write_bytes(b"PK")
    command = [sys.executable, "-m", "myeloguide", "history", "compare", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == [
        'remark: "responses.xlsx" is not read; save it as responses.csv or responses.parquet',
        "1 row set aside, see `myeloguide history check`",
    ]
    (tmp_path / "treatments.csv").write_text("patient_id,agent,start\nB,nothing,2020-01-01\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no row of it can be used" in done.stderr


def test_ids_that_are_written_otherwise_are_told(tmp_path: Path) -> None:
    (tmp_path / "treatments.csv").write_text("patient_id,agent,start\n1,lenalidomide,2020-01-01\n")
    command = [sys.executable, "-m", "myeloguide", "history", "compare", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == ""
    (tmp_path / "patients.csv").write_text("patient_id,diagnosis_date\n001,2020-01-01\n")
    (tmp_path / "procedures.csv").write_text("patient_id,kind\n")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "1 patient with records but no row in the table patients: are ids written alike, 17 or 017?\n"
