"""What a table may hold, what is set aside, and what is refused whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from myeloguide.cohort.run import Summary, assess_table
from myeloguide.errors import InputError
from myeloguide.guideline.pack import Pack


def run(
    pack: Pack, folder: Path, columns: dict[str, Any], name: str = "facts.parquet"
) -> tuple[Summary, pl.DataFrame, list[dict[str, str]]]:
    facts = folder / name
    table = pl.DataFrame(columns, strict=False)
    if name.endswith(".csv"):
        table.write_csv(facts)
    else:
        table.write_parquet(facts)
    summary = assess_table(pack, facts, folder / "options.parquet")
    rejected = folder / "options.rejected.csv"
    aside = pl.read_csv(rejected, infer_schema=False).to_dicts() if rejected.exists() else []
    return summary, pl.read_parquet(folder / "options.parquet"), aside


def test_wrong_rows_are_set_aside_with_the_reason(pack: Pack, tmp_path: Path) -> None:
    summary, options, aside = run(
        pack,
        tmp_path,
        {
            "patient_id": ["good", "old", "negative", "half", "both", "untreated", "transplant", None, "first", "lenalidomide"],
            "prior_lines": [1, 1, -1, 1.5, 1, 0, 1, 1, 1, 1],
            "age": [70, 131, 70, 70, 70, 70, 70, 70, 70, 70],
            "exposed_to_bortezomib": [True, True, True, True, False, True, True, True, True, True],
            "refractory_to_bortezomib": [False, False, False, False, True, False, False, False, False, False],
            "line1_bortezomib": [True, True, True, True, False, None, True, True, False, True],
            "exposed_to_lenalidomide": [None] * 9 + [True],
            "refractory_to_lenalidomide": [None] * 9 + [False],
            "months_lenalidomide_stop_to_progression": [None] * 9 + [0.0],
            "prior_transplant": [False, False, False, False, False, False, False, False, False, False],
            "months_transplant_to_progression": [None, None, None, None, None, None, 20.0, None, None, None],
        },
    )
    assert summary.patients == 1
    assert summary.rejected == 9
    assert set(options["patient_id"]) == {"good"}
    reasons = {row["patient_id"]: row["reason"] for row in aside}
    assert reasons == {
        "old": "age lies outside 0 to 130",
        "negative": "prior_lines lies outside 0 to 40",
        "half": "prior_lines is not a whole number",
        "both": "the disease is refractory to bortezomib, but bortezomib was not received",
        "untreated": "prior_lines is 0, but bortezomib was received",
        "transplant": "months or maintenance after a transplant are given, but prior_transplant is false",
        None: "patient_id is missing",
        "first": "prior_lines is 1, but exposed_to and line1_agents differ by bortezomib",
        "lenalidomide": "months_lenalidomide_stop_to_progression is 0 (progression on lenalidomide), but the disease is "
        "given as not refractory to lenalidomide",
    }  # fmt: skip
    assert [row["row"] for row in aside] == [str(number) for number in range(2, 11)]


def test_words_and_numbers_of_a_csv(pack: Pack, tmp_path: Path) -> None:
    summary, _, aside = run(
        pack,
        tmp_path,
        {
            "patient_id": ["a", "b", "c", "d", "e"],
            "prior_lines": ["1", "2.0", "", "two", "1"],
            "fitness": ["Fit", " frail ", "", "fit", "strong"],
            "exposed_to_lenalidomide": ["yes", "1", "", "TRUE", "perhaps"],
        },
        "facts.csv",
    )
    assert summary.patients == 3
    assert {row["patient_id"]: row["reason"] for row in aside} == {
        "d": "prior_lines is not a number of lines (write 2 or nothing)",
        "e": 'exposed_to_lenalidomide is "perhaps" (write true, false or nothing)',
    }


def test_other_columns_pass_through_and_decisions_are_told_apart(pack: Pack, tmp_path: Path) -> None:
    summary, options, aside = run(
        pack,
        tmp_path,
        {
            "patient_id": ["a", "a", "b", "b"],
            "decision": [1, 2, 1, 1],
            "prior_lines": [1, 2, 1, 1],
            "centre": ["x", "y", "z", "z"],
        },
    )
    assert options.columns == ["patient_id", "decision", "centre", "list", "tier", "option", "grade", "status"]
    assert set(options.select("patient_id", "decision", "centre").rows()) == {("a", 1, "x"), ("a", 2, "y")}
    assert summary.rejected == 2
    assert all("more than once" in row["reason"] for row in aside)


def test_a_misspelt_fact_is_named(pack: Pack, tmp_path: Path) -> None:
    summary, options, _ = run(pack, tmp_path, {"patient_id": ["a"], "prior_lines": [1], "exposed_to_lenalidomid": [True]})
    assert "exposed_to_lenalidomid" in options.columns
    assert "did you mean exposed_to_lenalidomide" in str(summary)


def test_absent_availability_means_none(pack: Pack, tmp_path: Path) -> None:
    _, options, _ = run(
        pack,
        tmp_path,
        {
            "patient_id": ["a", "b"],
            "prior_lines": [2, 2],
            "unavailable_cisplatin": [None, True],
        },
    )
    statuses = {row["patient_id"]: row["status"] for row in options.filter(pl.col("option") == "VDT-PACE").to_dicts()}
    assert statuses == {"a": "offered", "b": "held_back"}


def test_an_earlier_list_of_rejects_does_not_stay(pack: Pack, tmp_path: Path) -> None:
    run(pack, tmp_path, {"patient_id": ["a"], "prior_lines": [-1]})
    assert (tmp_path / "options.rejected.csv").exists()
    run(pack, tmp_path, {"patient_id": ["a"], "prior_lines": [1]})
    assert not (tmp_path / "options.rejected.csv").exists()


def test_an_empty_table_gives_an_empty_table(pack: Pack, tmp_path: Path) -> None:
    summary, options, _ = run(
        pack, tmp_path, {"patient_id": pl.Series([], dtype=pl.String), "prior_lines": pl.Series([], dtype=pl.Int64)}
    )
    assert summary.patients == 0
    assert options.columns[-5:] == ["list", "tier", "option", "grade", "status"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("facts.parquet", b"noise" * 100, "cannot be read as parquet"),
        ("facts.csv", b"\xff\xfe\x00\x01\x02" * 50, "facts.csv"),
        ("facts.csv", b"", "facts.csv: is empty"),
        ("facts.csv", b"name,age\na,1\n", "there is no column patient_id"),
        ("facts.csv", b"patient_id,exposed_to\na,bortezomib\n", "the column exposed_to is a list"),
        ("facts.xlsx", b"x", "neither .parquet nor .csv"),
    ],
)
def test_a_table_that_cannot_be_used_leaves_nothing_behind(
    name: str, content: bytes, said: str, pack: Pack, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        assess_table(pack, tmp_path / name, tmp_path / "options.parquet")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_outputs_that_cannot_be_written(pack: Pack, tmp_path: Path) -> None:
    facts = tmp_path / "facts.parquet"
    pl.DataFrame({"patient_id": ["a"]}).write_parquet(facts)
    for output, said in (
        (facts, "is the table of facts itself"),
        (tmp_path / "no" / "o.parquet", "no such folder"),
        (tmp_path / "o.txt", "neither"),
    ):
        with pytest.raises(InputError, match=said):
            assess_table(pack, facts, output)
    assert pl.read_parquet(facts).height == 1


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"patient_id": ["a"], "age": [True]}, "the column age holds Boolean (it holds numbers)"),
        ({"patient_id": ["a"], "age": [date(1970, 3, 1)]}, "the column age holds Date (it holds numbers)"),
        ({"patient_id": [["a"]]}, "the column patient_id holds List(String)"),
        ({"patient_id": ["a"], "tier": ["x"]}, "the column tier has the name of a column of the answer (rename it)"),
        ({"patient_id": ["a"], "exposed_to_bortezomib": [b"1"]}, "the column exposed_to_bortezomib holds Binary"),
    ],
)
def test_columns_of_a_type_that_cannot_hold_the_fact(columns: dict[str, Any], said: str, pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        run(pack, tmp_path, columns)
    assert said in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["facts.parquet"]


def test_a_column_that_stands_twice_is_refused(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "facts.csv").write_text("patient_id,prior_lines,prior_lines\na,1,2\n")
    with pytest.raises(InputError, match="the column prior_lines stands twice"):
        assess_table(pack, tmp_path / "facts.csv", tmp_path / "options.csv")


def test_a_fact_with_a_space_or_in_capitals_is_named(pack: Pack, tmp_path: Path) -> None:
    for name in (" prior_lines", "Prior_Lines", "prior_line"):
        summary, _, _ = run(pack, tmp_path, {"patient_id": ["a"], name: [1]})
        assert "did you mean prior_lines" in str(summary)


@pytest.mark.parametrize("name", ["refractory_lenalidomide", "exposed_lenalidomide", "refractory_to_lenalidomid"])
def test_a_column_of_an_agent_without_its_whole_name_is_named(name: str, pack: Pack, tmp_path: Path) -> None:
    summary, _, _ = run(pack, tmp_path, {"patient_id": ["a"], "prior_lines": [1], name: [True], "lenalidomide_dose": [25]})
    (warning,) = summary.warnings
    assert f'the column "{name}" is not a known fact and passes through; did you mean' in warning


def test_the_table_of_facts_is_never_taken_for_the_list_of_rejects(pack: Pack, tmp_path: Path) -> None:
    facts = tmp_path / "a.rejected.csv"
    facts.write_text("patient_id,prior_lines\na,1\n")
    with pytest.raises(InputError, match="is the table of facts itself"):
        assess_table(pack, facts, tmp_path / "a.parquet")
    assert facts.exists()


def test_missing_values_as_other_programs_write_them(pack: Pack, tmp_path: Path) -> None:
    columns = {
        "patient_id": ["a", "b"],
        "prior_lines": ["NA", "1"],
        "prior_transplant": ["NA", "true"],
        "fitness": ["fit", "NaN"],
    }
    summary, _, aside = run(pack, tmp_path, columns, "facts.csv")
    assert (summary.patients, aside) == (2, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_of_facts_separated_by_semicolons(encoding: str, pack: Pack, tmp_path: Path) -> None:
    facts = tmp_path / "facts.csv"
    facts.write_bytes("patient_id;prior_lines;ward\r\na;1;Süd, 2\r\nb;2;\r\n".encode(encoding))
    summary = assess_table(pack, facts, tmp_path / "options.csv")
    assert (summary.patients, summary.rejected) == (2, 0)
    assert pl.read_csv(tmp_path / "options.csv")["ward"].unique().drop_nulls().to_list() == ["Süd, 2"]
