"""The evidence as a table holds to the contract, in CSV and in Parquet."""

from __future__ import annotations

import csv
from pathlib import Path

import polars
import pytest

from myeloguide.errors import InputError
from myeloguide.evidence.table import COLUMNS, export
from myeloguide.evidence.trials import load_evidence
from tests.test_cli import call

CONTRACT = [
    "trial",
    "nct",
    "phase",
    "reference",
    "data_cut",
    "population",
    "endpoint",
    "option",
    "comparator",
    "n_option",
    "n_comparator",
    "value_option",
    "value_comparator",
    "unit",
    "hr",
    "ci_low",
    "ci_high",
    "ci_level",
    "p",
    "p_operator",
    "followup_months",
    "source_first_line",
    "source_last_line",
    "as_printed",
    "note",
]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_of_the_contract_come_first(tmp_path: Path) -> None:
    assert list(COLUMNS[: len(CONTRACT)]) == CONTRACT
    assert call(["evidence", "export", "-o", tmp_path / "r.csv"]).returncode == 0
    assert list(read(tmp_path / "r.csv")[0]) == list(COLUMNS)


def test_a_row_is_one_result(tmp_path: Path) -> None:
    export(load_evidence(), tmp_path / "r.csv")
    rows = read(tmp_path / "r.csv")
    key = ("trial", "data_cut", "population", "endpoint", "option", "comparator")
    assert len({tuple(row[name] for name in key) for row in rows}) == len(rows) == 136
    (castor,) = [row for row in rows if row["trial"] == "CASTOR" and row["data_cut"] == "first report"]
    shown = {name: value for name, value in castor.items() if value}
    assert shown == {
        "trial": "CASTOR", "nct": "NCT02136134", "phase": "3", "reference": "20", "data_cut": "first report", "population": "all",
        "endpoint": "PFS", "option": "DVd", "comparator": "Vd", "value_option": "NR", "value_comparator": "7.2", "unit": "months",
        "hr": "0.39", "source_first_line": "203", "source_last_line": "205", "verified": "True", "nct_verified": "True",
        "called": "benefit",
    }  # fmt: skip


def test_every_row_names_its_lines_or_a_publication(tmp_path: Path) -> None:
    export(load_evidence(), tmp_path / "r.csv")
    for row in read(tmp_path / "r.csv"):
        assert bool(row["source_first_line"]) != bool(row["publication"])


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    export(load_evidence(), tmp_path / "r.csv")
    export(load_evidence(), tmp_path / "r.parquet")
    table = polars.read_parquet(tmp_path / "r.parquet")
    assert table.columns == list(COLUMNS)
    assert table.schema["hr"] == polars.Float64
    assert table.schema["n_option"] == polars.Int64
    assert table.schema["value_option"] == polars.String
    again = [{name: "" if value is None else str(value) for name, value in row.items()} for row in table.to_dicts()]
    assert again == read(tmp_path / "r.csv")


@pytest.mark.parametrize(("name", "says"), [("r.txt", "neither .csv nor .parquet"), ("none/r.csv", "there is no such folder")])
def test_an_output_that_cannot_be_is_refused(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        export(load_evidence(), tmp_path / name)
    assert not list(tmp_path.iterdir())
