"""Record tables to facts: a simulated cohort's known truth comes back, and nothing of it wrong."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from myeloguide.cohort.derive import Derivation, derive_tables
from myeloguide.errors import InputError
from myeloguide.history.story import rule_set, tell
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
