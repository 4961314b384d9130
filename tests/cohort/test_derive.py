"""Record tables to facts: a simulated cohort's known truth comes back, and nothing of it wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from myeloguide.cohort import derive
from myeloguide.cohort.derive import Derivation, derive_tables
from myeloguide.errors import InputError
from myeloguide.history.rule_sets import rule_set
from myeloguide.history.story import tell
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, Person, Treatment
from myeloguide.record.time import parse_when

TODAY = date(2026, 11, 22)
FACTS = ("prior_lines", "prior_transplant", "maintenance_after_transplant", "primary_refractory")
MONTHS = ("months_transplant_to_progression", "months_lenalidomide_stop_to_progression")


def simulated(folder: Path, *more: str) -> Path:
    command = [
        sys.executable,
        "-m",
        "myeloguide",
        "cohort",
        "simulate",
        "-o",
        str(folder),
        "--patients",
        "250",
        "--seed",
        "7",
        *more,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulated(tmp_path_factory.mktemp("cohort") / "clean")


@pytest.fixture(scope="module")
def derived(clean: Path) -> tuple[Path, Derivation]:
    output = clean.parent / "derived"
    return output, derive_tables(clean, output, TODAY)


def both(clean: Path, output: Path, table: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    return pl.read_parquet(clean / "truth" / f"{table}.parquet"), pl.read_parquet(output / f"{table}.parquet")


def test_lines_come_back_exactly(clean: Path, derived: tuple[Path, Derivation]) -> None:
    truth, found = both(clean, derived[0], "lines")
    assert found.height == truth.height
    columns = ["patient_id", "line", "regimen", "start", "transplant_date", "maintenance", "progression_date"]
    plain = [frame.select(columns).sort("patient_id", "line").rows() for frame in (truth, found)]
    agents = [[set(text.split("+")) for text in frame.sort("patient_id", "line")["agents"]] for frame in (truth, found)]
    assert plain[0] == plain[1]
    assert agents[0] == agents[1]


def test_facts_come_back_and_none_is_wrong(clean: Path, derived: tuple[Path, Derivation]) -> None:
    truth, found = both(clean, derived[0], "facts")
    pairs = list(zip(truth.sort("patient_id").iter_rows(named=True), found.sort("patient_id").iter_rows(named=True), strict=True))
    for known, ours in pairs:
        for name in FACTS[:3]:
            assert ours[name] == known[name], (known["patient_id"], name)
        assert ours["primary_refractory"] in (known["primary_refractory"], None)
        for name in MONTHS:
            assert (ours[name] is None) == (known[name] is None)
            assert ours[name] is None or ours[name] == pytest.approx(known[name], abs=0.06)
        for name in known:
            # The truth counts a maintenance as a regimen given; here it is a phase of one.
            if name.startswith(("exposed_to_", "line1_", "given_")) and not name.endswith("_mono"):
                assert ours[name] == known[name], (known["patient_id"], name)


def test_parts_told_in_several_processes_are_the_same(
    clean: Path, derived: tuple[Path, Derivation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive, "BATCH", 100)
    found = derive_tables(clean, tmp_path / "parts", TODAY, workers=2)
    assert (found.patients, found.rows) == (derived[1].patients, derived[1].rows)
    for table in derive.TABLES:
        assert pl.read_parquet(tmp_path / "parts" / f"{table}.parquet").equals(pl.read_parquet(derived[0] / f"{table}.parquet"))


def test_refractoriness_comes_back_and_is_unknown_rather_than_wrong(clean: Path, derived: tuple[Path, Derivation]) -> None:
    truth, found = both(clean, derived[0], "refractoriness")
    joined = truth.join(found, on=["patient_id", "agent"], suffix="_found")
    assert joined.height == truth.height == found.height
    wrong = joined.filter(pl.col("refractory_found").is_not_null() & (pl.col("refractory") != pl.col("refractory_found")))
    unknown = joined.filter(pl.col("refractory_found").is_null())
    assert wrong.height == 0
    assert unknown.height <= 0.03 * joined.height
    assert not unknown["refractory"].any()  # every refractoriness there is was found
    assert joined["reason_found"].null_count() == 0


def test_every_table_is_written_with_its_columns_and_a_proof(derived: tuple[Path, Derivation]) -> None:
    tables = {path.stem: pl.read_parquet(path) for path in derived[0].glob("*.parquet")}
    assert set(tables) == {"lines", "responses", "relapses", "refractoriness", "states", "scores", "disagreements", "facts"}
    assert {name: frame.height for name, frame in tables.items()} == derived[1].rows
    contract = ["patient_id", "agent", "exposed", "refractory", "line", "reason", "last_dose", "progression_date", "days"]
    assert tables["refractoriness"].columns[: len(contract)] == contract
    assert tables["refractoriness"].filter(pl.col("rule").is_null() | pl.col("proof").is_null()).height == 0
    assert tables["states"]["because"].null_count() == 0
    assert tables["scores"].filter(pl.col("frail").is_null() & pl.col("missing").is_null()).height == 0
    assert set(tables["scores"]["built_in"]) == {"newly diagnosed patients"}
    assert set(tables["relapses"]["criteria"]) == {"imwg-2016"}
    assert set(tables["relapses"]["seen"]) == {"secondary"}


@pytest.mark.parametrize("recorded", [True, False])
def test_the_kind_of_every_relapse_comes_back_and_without_categories_none_is_wrong(
    recorded: bool, clean: Path, tmp_path: Path
) -> None:
    source = tmp_path / "cohort"
    shutil.copytree(clean, source)
    if not recorded:  # the categories tell the kind; without them it is found in values and findings
        (source / "responses.parquet").unlink()
    derive_tables(source, tmp_path / "out", TODAY)
    truth, found = both(clean, tmp_path / "out", "lines")
    truth = truth.filter(pl.col("progression_date").is_not_null())
    joined = truth.join(found, on=["patient_id", "progression_date"], suffix="_found")
    assert joined.height == truth.height
    told = joined.filter(pl.col("progression_kind_found").is_not_null())
    assert (told["progression_kind"] == told["progression_kind_found"]).all()
    assert told.height >= (1 if recorded else 0.99) * joined.height
    assert {"biochemical", "clinical"} == set(told["progression_kind"])


def test_the_other_version_of_the_signs_is_chosen_and_named(
    clean: Path, derived: tuple[Path, Derivation], tmp_path: Path
) -> None:
    source = tmp_path / "cohort"
    shutil.copytree(clean, source)
    (source / "responses.parquet").unlink()
    kinds = {}
    for version in ("imwg-2016", "treatment-at-relapse"):
        command = [sys.executable, "-m", "myeloguide", "history", "derive", str(source), "-o", str(tmp_path / version)]
        done = subprocess.run([*command, "--relapse", version], check=True, capture_output=True, text=True)
        assert f"relapse by {version}" in done.stderr
        found = pl.read_parquet(tmp_path / version / "relapses.parquet")
        assert set(found["criteria"]) == {version}
        kinds[version] = found["kind"].to_list()
    assert kinds["imwg-2016"] != kinds["treatment-at-relapse"]


def test_timing_agrees_with_refractoriness_and_the_truth(clean: Path, derived: tuple[Path, Derivation]) -> None:
    """A progression on therapy or soon after it makes the disease refractory to a drug of its line; a later one to none."""
    relapses = pl.read_parquet(derived[0] / "relapses.parquet")
    by_line = pl.read_parquet(clean / "truth" / "refractoriness_by_line.parquet")
    failed = by_line.filter(pl.col("days").is_not_null()).group_by("patient_id", "line").agg(soon=(pl.col("days") <= 60).any())
    joined = relapses.join(failed, on=["patient_id", "line"]).filter(pl.col("timing").is_not_null())
    assert joined.height > 100
    assert (joined["soon"] == (joined["timing"] != "later")).all()


def test_missing_stops_and_a_truncated_record_leave_facts_unknown_but_none_wrong(tmp_path: Path) -> None:
    for noise in ("missing_stop", "left_truncation"):
        cohort = simulated(tmp_path / noise, "--noise", f"{noise}=0.3")
        derive_tables(cohort, tmp_path / f"{noise}-derived", TODAY)
        truth, found = both(cohort, tmp_path / f"{noise}-derived", "facts")
        rows = zip(truth.sort("patient_id").iter_rows(named=True), found.sort("patient_id").iter_rows(named=True), strict=True)
        unknown = 0
        for known, ours in rows:
            for name in ("prior_lines", "prior_transplant", *(name for name in known if name.startswith("refractory_to_"))):
                agent = name.removeprefix("refractory_to_")
                if agent == name or known[f"exposed_to_{agent}"]:
                    assert ours[name] in (known[name], None), (noise, known["patient_id"], name)
                    unknown += ours[name] is None
        assert unknown > 0
        open_ = pl.col("refractory").is_null() & pl.col("rule").is_in(["progression later", "no progression"])
        rows_open = pl.read_parquet(tmp_path / f"{noise}-derived" / "refractoriness.parquet").filter(open_)
        assert rows_open["reason"].str.contains("not known to have every line").all()
        assert rows_open.height or noise == "missing_stop"


def test_what_is_derived_can_be_assessed(derived: tuple[Path, Derivation], tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "myeloguide",
        "cohort",
        "assess",
        str(derived[0] / "facts.parquet"),
        "-o",
        str(tmp_path / "options.parquet"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "250 patients answered" in done.stderr


@pytest.mark.parametrize(("more", "message"), [
    ({"rules": "imwg"}, "--rules: there is no rule set imwg (known here: imwg-2015, ohdsi-mm-episodes)"),
    ({"relapse": "imwg"}, "--relapse: there is no version imwg of the signs (known here: imwg-2016, treatment-at-relapse)"),
    ({"output": "no/such/folder"}, "there is no such folder (make it first)"),
])  # fmt: skip
def test_wrong_calls_are_told(more: dict[str, Any], message: str, clean: Path, tmp_path: Path) -> None:
    output = tmp_path / more.pop("output", "out")
    with pytest.raises(InputError) as caught:
        derive_tables(clean, output, TODAY, **more)
    assert message in str(caught.value)
    assert not output.exists()


def test_lines_given_win_and_disagreements_are_written_with_both_sides(clean: Path, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    for file in clean.glob("*.parquet"):
        (folder / file.name).symlink_to(file)
    truth = pl.read_parquet(clean / "truth" / "lines.parquet").sort("patient_id", "line")
    truth.write_parquet(folder / "lines.parquet")
    alike = derive_tables(folder, tmp_path / "alike", TODAY)
    assert (alike.differing, alike.rows["disagreements"]) == (0, 0)
    facts = [pl.read_parquet(tmp_path / "alike" / "facts.parquet"), pl.read_parquet(clean / "truth" / "facts.parquet")]
    assert facts[0].sort("patient_id")["prior_lines"].equals(facts[1].sort("patient_id")["prior_lines"])

    two = truth.filter(pl.len().over("patient_id") == 2)["patient_id"].unique(maintain_order=True)
    one, other = two[0], two[1]
    changed = truth.filter((pl.col("patient_id") != one) | (pl.col("line") != 2)).with_columns(
        regimen=pl.when((pl.col("patient_id") == other) & (pl.col("line") == 1)).then(pl.lit("KPd")).otherwise("regimen"),
        agents=pl.when((pl.col("patient_id") == other) & (pl.col("line") == 1)).then(None).otherwise("agents"),
    )
    changed.write_parquet(folder / "lines.parquet")
    found = derive_tables(folder, tmp_path / "changed", TODAY)
    assert found.differing == 2
    rows = pl.read_parquet(tmp_path / "changed" / "disagreements.parquet")
    missing, regimen = rows.filter(pl.col("patient_id") == one), rows.filter(pl.col("patient_id") == other)
    second = truth.filter((pl.col("patient_id") == one) & (pl.col("line") == 2)).row(0, named=True)
    assert missing.select("line", "about", "given", "derived").rows() == [
        (None, "number of lines", "1", "2"),
        (2, "line", None, f"{second['regimen']} from {second['start']}"),
    ]
    first = truth.filter((pl.col("patient_id") == other) & (pl.col("line") == 1))["regimen"][0]
    assert regimen.select("line", "about", "given", "derived").rows() == [(1, "regimen", "KPd", first)]
    kept = pl.read_parquet(tmp_path / "changed" / "lines.parquet").filter(pl.col("patient_id") == other)
    assert (kept["regimen"][0], kept["given"].all()) == ("KPd", True)


@pytest.mark.parametrize(("rules", "said"), [
    ("imwg-2015,maintainance=90", 'imwg-2015 has no number "maintainance" (did you mean maintenance?)'),
    ("imwg-2015,maintenance=soon", 'maintenance is "soon" (write days: maintenance=180)'),
    ("imwg-2015,name=ours", 'imwg-2015 has no number "name"'),
])  # fmt: skip
def test_a_number_of_a_rule_set_that_cannot_be_changed_is_told(rules: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        rule_set(rules)
    assert said in str(caught.value)


def test_a_changed_number_changes_what_is_counted() -> None:
    treatments = [
        Treatment("bortezomib", parse_when("2020-01-01"), parse_when("2020-03-01"), row=1),
        Treatment("thalidomide", parse_when("2020-01-01"), parse_when("2020-03-01"), row=2),
        Treatment("lenalidomide", parse_when("2020-06-01"), ongoing=True, row=3),
    ]
    events = Events(Person("1"), tuple(treatments))
    for rules in ("imwg-2015,maintenance=91", "ohdsi-mm-episodes,maintenance_within=91"):
        told = tell(events, vocabulary(), TODAY, rule_set(rules)).lines
        assert (told.rules, len(told.lines)) == (rules, 2)
    assert len(tell(events, vocabulary(), TODAY, rule_set("imwg-2015,maintenance=92")).lines.lines) == 1
    assert len(tell(events, vocabulary(), TODAY, rule_set("ohdsi-mm-episodes,maintenance_within=92")).lines.lines) == 1
