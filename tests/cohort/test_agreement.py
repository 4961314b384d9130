"""The table gives the same statuses as one patient at a time, for any patients and switches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.cohort.columns import lay_out
from myeloguide.cohort.run import Cohort, assess_table
from myeloguide.guideline.assess import assess
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import load_pack
from tests.conftest import TODAY
from tests.kept_cases import load
from tests.patients import patients, sheet_of, switches


def as_row(facts: dict[str, Any], patient: str) -> dict[str, Any]:
    """Write a patient's facts as one row of a table."""
    vocabulary = load_pack().vocabulary
    sheet = sheet_of(facts)
    row: dict[str, Any] = {"patient_id": patient}
    for name, fact in vocabulary.facts.items():
        if fact.is_set:
            known = sheet.members(name)
            for member in vocabulary.members(fact):
                suffix = vocabulary.regimens[member].column if fact.kind == "regimens" else member
                row[f"{fact.column}{suffix}"] = known.has(member)
        elif fact.is_number:
            row[name] = sheet.number(name).exact
        else:
            row[name] = sheet.values.get(name)
    return row


def as_table(people: list[dict[str, Any]]) -> pl.DataFrame:
    rows = [as_row(facts, f"P{number}") for number, facts in enumerate(people)]
    return pl.DataFrame(rows, infer_schema_length=None)


def one_by_one(people: list[dict[str, Any]], rulings: dict[str, str]) -> list[tuple[Any, ...]]:
    return [
        (f"P{number}", row.list, row.tier, row.option, row.grade, row.status)
        for number, facts in enumerate(people)
        for row in assess(load_pack(), sheet_of(facts), TODAY, rulings).options
    ]


@settings(max_examples=40)
@given(st.lists(patients, min_size=1, max_size=70), switches)
def test_table_and_patient_agree(people: list[dict[str, Any]], rulings: dict[str, str]) -> None:
    table = as_table(people)
    cohort = Cohort(load_pack(), lay_out(table.columns, load_pack().vocabulary, "table"), rulings)
    answered, rejected = cohort.options(table)
    assert (rejected.first < 0).all(), rejected.reasons
    assert answered.rows() == one_by_one(people, rulings)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_every_case_through_a_file(suffix: str, chunk: int, tmp_path: Path, pack: Pack) -> None:
    people = [case["facts"] for case in load("facts.yaml")]
    facts, output = tmp_path / f"facts.{suffix}", tmp_path / f"options.{suffix}"
    table = as_table(people)
    if suffix == "parquet":
        table.write_parquet(facts)
    else:
        table.write_csv(facts)
    summary = assess_table(pack, facts, output, chunk=chunk)
    assert summary.patients == len(people)
    written = pl.read_parquet(output) if suffix == "parquet" else pl.read_csv(output)
    assert [tuple(row) for row in written.rows()] == one_by_one(people, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"facts.{suffix}", f"options.{suffix}"]
