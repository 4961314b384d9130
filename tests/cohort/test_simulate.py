"""A simulated cohort: the same seed gives the same bytes, and its truth follows from its records by the definitions."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from myeloguide.cohort.simulate import Cohort, make, read_noise, simulate
from myeloguide.cohort.simulation.noise import NOISE
from myeloguide.cohort.simulation.parameters import Sourced, load, parameters
from myeloguide.cohort.simulation.records import RECORDS, TRUTH
from myeloguide.cohort.simulation.story import DAY_EDGES, EDGES, VALUE_EDGES
from myeloguide.cohort.simulation.truth import calendar_months
from myeloguide.errors import InputError
from myeloguide.knowledge.reading import Strict
from myeloguide.knowledge.vocabulary import vocabulary
from tests.test_cli import call

COLUMNS = {
    "patients": "patient_id birth_date sex diagnosis_date complete_from as_of last_seen death_date",
    "treatments": "patient_id agent start stop dose dose_unit regimen line intent stop_reason",
    "procedures": "patient_id kind date",
    "measurements": "patient_id date test operator value unit",
    "findings": "patient_id date kind value",
    "responses": "patient_id date category clinical",
    "truth/lines": "patient_id line regimen agents start stop maintenance transplant_date best_response progression_date progression_kind end_reason",
    "truth/refractoriness": "patient_id agent exposed refractory line reason last_dose progression_date days",
}
ORDER = ["PD", "SD", "MR", "PR", "VGPR", "CR", "sCR"]
PLAIN = Cohort(patients=0, seed=7, noise={})

Tables = dict[str, pl.DataFrame]
Row = dict[str, Any]


@cache
def tables(patients: int = 600, seed: int = 7, edge: float = 0.0, noise: tuple[tuple[str, float], ...] = ()) -> Tables:
    return make(Cohort(patients, seed, dict(noise), edge), 1, patients + 1)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@cache
def by_patient(patients: int, seed: int, edge: float) -> dict[str, dict[str, list[Row]]]:
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for name, table in tables(patients, seed, edge).items():
        if name == "truth/facts":
            continue
        dates = [
            column
            for column in table.columns
            if column in ("date", "start", "stop", "as_of", "last_seen", "last_dose") or column.endswith("_date")
        ]
        for row in table.iter_rows(named=True):
            for column in dates:
                row[column] = None if row[column] is None else day(row[column])
            found[row["patient_id"]][name].append(row)
    return found


# The same seed, the same bytes


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_same_seed_gives_the_same_bytes_however_it_is_cut(tmp_path: Path, form: Any) -> None:
    cohort = replace(PLAIN, patients=60, form=form, noise={"partial_dates": 0.1, "lost_records": 0.1}, edge=0.2)
    written = []
    for number, (chunk, workers) in enumerate(((60, 1), (7, 1), (25, 2))):
        simulate(cohort, tmp_path / str(number), chunk=chunk, workers=workers)
        written.append(contents(tmp_path / str(number)))
    assert written[0] == written[1] == written[2]
    simulate(replace(cohort, seed=8), tmp_path / "other")
    assert contents(tmp_path / "other")[f"treatments.{form}"] != written[0][f"treatments.{form}"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_patient_does_not_depend_on_how_many_others_there_are() -> None:
    few, many = make(PLAIN, 5, 6), make(PLAIN, 1, 20)
    for name, table in few.items():
        assert table.equals(many[name].filter(pl.col("patient_id") == "S0000005")), name


# The tables of the contract


def test_the_tables_have_the_columns_and_types_of_the_contract(tmp_path: Path) -> None:
    simulate(replace(PLAIN, patients=30), tmp_path / "cohort")
    for name, columns in COLUMNS.items():
        table = pl.read_parquet(tmp_path / "cohort" / f"{name}.parquet")
        assert table.columns == columns.split()
        for column, kind in table.schema.items():
            expected: Any = {
                "dose": pl.Float64, "value": pl.Float64, "line": pl.Int64, "days": pl.Int64, "clinical": pl.Boolean,
                "maintenance": pl.Boolean, "exposed": pl.Boolean, "refractory": pl.Boolean,
            }.get(column, pl.String)  # fmt: skip
            if (name, column) == ("findings", "value"):
                expected = pl.String
            assert kind == expected, (name, column)
    facts = pl.read_parquet(tmp_path / "cohort" / "truth" / "facts.parquet")
    known = vocabulary()
    for agent in known.active_agents:
        assert {f"exposed_to_{agent}", f"refractory_to_{agent}", f"line1_{agent}"} <= set(facts.columns)
    said = json.loads((tmp_path / "cohort" / "truth" / "simulation.json").read_text())
    assert said["seed"] == 7
    assert said["patients"] == 30


def test_responses_are_left_out_on_request() -> None:
    made = make(replace(PLAIN, responses=False), 1, 20)
    assert made["responses"].height == 0
    assert made["truth/responses"].height > 0


# The truth follows from the records by the definitions


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_dates_are_in_order_and_doses_positive(edge: float) -> None:
    for patient, found in by_patient(600, 7, edge).items():
        (person,) = found["patients"]
        assert person["birth_date"] < person["diagnosis_date"] < person["as_of"], patient
        assert person["death_date"] is None or person["death_date"] <= person["as_of"]
        for table in ("treatments", "procedures", "measurements", "findings", "responses"):
            for row in found[table]:
                for column in ("date", "start", "stop"):
                    if row.get(column) is not None:
                        assert person["diagnosis_date"] <= row[column] <= (person["death_date"] or person["as_of"]), (
                            patient,
                            row,
                        )
        for row in found["treatments"]:
            assert row["dose"] > 0
            assert row["stop"] is None or row["start"] <= row["stop"]
            assert (row["stop"] is None) == (row["stop_reason"] == "ongoing")


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_lines_are_numbered_and_follow_one_another(edge: float) -> None:
    for patient, found in by_patient(600, 7, edge).items():
        lines = found["truth/lines"]
        assert [line["line"] for line in lines] == list(range(1, len(lines) + 1))
        for line, following in pairwise(lines):
            assert line["stop"] < following["start"], patient
            assert (line["progression_date"] or 0) < following["start"], patient
            assert not set(following["agents"].split("+")) <= set(line["agents"].split("+")), patient
            ends_without = line["progression_date"] is None
            assert not ends_without or line["end_reason"] in ("toxicity", "other"), patient
        for row in found["treatments"]:
            holding = [line for line in lines if line["start"] <= row["start"] <= (line["stop"] or math.inf)]
            assert len(holding) == 1, patient
            assert row["agent"] in ("dexamethasone", "prednisone") or row["agent"] in holding[0]["agents"].split("+")


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_an_agent_is_refractory_when_its_line_failed_it(edge: float) -> None:
    reasons: Counter[str | None] = Counter()
    for patient, found in by_patient(600, 7, edge).items():
        treatments: dict[tuple[int, str], list[Row]] = defaultdict(list)
        lines = {line["line"]: line for line in found["truth/lines"]}
        for row in found["treatments"]:
            number = max(number for number, line in lines.items() if line["start"] <= row["start"])
            treatments[number, row["agent"]].append(row)
        for row in found["truth/refractoriness_by_line"]:
            line = lines[row["line"]]
            stops = [given["stop"] for given in treatments[row["line"], row["agent"]]]
            assert stops, patient
            progression, last = line["progression_date"], None if None in stops else max(stops)
            within = progression is not None and last is not None and progression <= last + 60
            assert row["refractory"] == (within or line["best_response"] in ("SD", "PD")), (patient, row)
            assert row["last_dose"] == last
            assert row["exposed"]
            assert (row["reason"] is not None) == row["refractory"]
            reasons[row["reason"]] += 1
        refractory = {row["agent"] for row in found["truth/refractoriness_by_line"] if row["refractory"]}
        assert refractory == {row["agent"] for row in found["truth/refractoriness"] if row["refractory"]}
    assert set(reasons) == {"progression_on_therapy", "progression_within_60_days", "no_response", None}


def test_no_progression_can_be_laid_to_the_line_before_it() -> None:
    """Nothing is left open: no line is left without progression within 60 days of the next one's."""
    for patient, found in by_patient(600, 7, 0.0).items():
        for line, following in pairwise(found["truth/lines"]):
            if line["progression_date"] is None and following["progression_date"] is not None:
                assert following["progression_date"] > line["stop"] + 60, patient
        last = found["truth/lines"][-1:]
        for line in last:
            watched = found["patients"][0]["last_seen"] - (line["stop"] or 0)
            assert line["progression_date"] or line["stop"] is None or line["end_reason"] == "death" or watched > 60, patient


class Values:
    """What is measured and found on each day of one patient."""

    def __init__(self, found: dict[str, list[Row]]) -> None:
        self.on: dict[int, dict[str, Any]] = defaultdict(dict)
        for row in found["measurements"]:
            self.on[row["date"]][row["test"]] = row["value"]
        for row in found["findings"]:
            self.on[row["date"]][row["kind"]] = row["value"]

    def baseline(self, start: int) -> dict[str, Any]:
        return self.on[max(known for known in self.on if known <= start and "serum_m_protein" in self.on[known])]


def difference(values: dict[str, Any]) -> float | None:
    if "flc_kappa" not in values:
        return None
    return round(abs(float(values["flc_kappa"]) - float(values["flc_lambda"])), 6)


def measured_by(baseline: dict[str, Any]) -> list[str]:
    """Say which values count: M-protein where measurable, else light chains, else marrow."""
    protein = [
        test for test, least in (("serum_m_protein", 1.0), ("urine_m_protein_24h", 200)) if baseline[test] >= least
    ]  # fmt: skip
    ratio = baseline["flc_kappa"] / baseline["flc_lambda"]
    chains = max(baseline["flc_kappa"], baseline["flc_lambda"]) >= 100 and not 0.26 <= ratio <= 1.65
    return protein or (["difference"] if chains else ["marrow_plasma_cells"])


RISES = {"serum_m_protein": 0.5, "urine_m_protein_24h": 200, "difference": 100.000001, "marrow_plasma_cells": 10}


def progressed(test: str, value: float, lowest: float) -> bool:
    least = 1.0 if test == "serum_m_protein" and lowest >= 5 else RISES[test]
    rise = round(value - lowest, 6)
    return rise >= round(0.25 * lowest, 6) and rise >= least


def fallen(test: str, value: float, baseline: float) -> str:
    """Return the category that one value alone would give, complete response left to the findings."""
    fall = round((baseline - value) / baseline, 6)
    if test == "serum_m_protein":
        return "VGPR" if fall >= 0.9 else "PR" if fall >= 0.5 else "MR" if fall >= 0.25 else "SD"
    if test == "urine_m_protein_24h":
        return "VGPR" if value < 100 else "PR" if fall >= 0.9 or value < 200 else "MR" if fall >= 0.5 else "SD"
    return "PR" if fall >= 0.5 else "SD"


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_every_visit_shows_its_category_by_the_criteria(edge: float) -> None:
    seen: Counter[str] = Counter()
    for patient, found in by_patient(600, 7, edge).items():
        values = Values(found)
        for line in found["truth/lines"]:
            baseline = values.baseline(line["start"])
            baseline["difference"] = difference(baseline)
            tests = measured_by(baseline)
            if tests == ["marrow_plasma_cells"]:
                assert baseline["marrow_plasma_cells"] >= 30
            lowest = {test: baseline[test] for test in tests}
            marrow: float | None = None
            clonal: str | None = None
            for visit in (row for row in found["truth/responses"] if row["line"] == line["line"]):
                today = values.on[visit["date"]]
                today["difference"] = difference(today)
                marrow = today.get("marrow_plasma_cells", marrow)
                clonal = today.get("marrow_clonal_cells", clonal)
                category = min((fallen(test, today[test], baseline[test]) for test in tests), key=ORDER.index)
                negative = today.get("immunofixation_serum") == today.get("immunofixation_urine") == "negative"
                if negative and marrow is not None and marrow < 5:
                    ratio = today["flc_kappa"] / today["flc_lambda"]
                    category = "sCR" if 0.26 <= ratio <= 1.65 and clonal == "absent" else "CR"
                lesion = today.get("bone_lesion") == "new" or today.get("plasmacytoma") == "new"
                if lesion or any(progressed(test, today[test], lowest[test]) for test in tests):
                    category = "PD"
                assert visit["category"] == category, (patient, line["line"], visit, today, baseline)
                lowest = {test: min(lowest[test], today[test]) for test in tests}
                seen[category] += 1
    assert set(seen) == set(ORDER)


def test_the_best_response_is_confirmed_and_the_first_progression_is_the_date() -> None:
    for patient, found in by_patient(600, 7, 0.0).items():
        for line in found["truth/lines"]:
            visits = [row for row in found["truth/responses"] if row["line"] == line["line"]]
            before = [row["category"] for row in visits if row["category"] != "PD"]
            confirmed = [min(pair, key=ORDER.index) for pair in pairwise(before)]
            fallback = "SD" if before else "PD"
            assert line["best_response"] == max([*confirmed, fallback], key=ORDER.index), patient
            worse = [row["date"] for row in visits if row["category"] == "PD"]
            assert line["progression_date"] == (worse[0] if worse else None), patient
            lesion = [row for row in found["findings"] if row["date"] == line["progression_date"] and row["value"] == "new"]
            assert line["progression_kind"] == (None if not worse else "clinical" if lesion else "biochemical"), patient
            assert lesion or len(worse) in (0, 2), patient


def test_the_facts_agree_with_lines_and_refractoriness() -> None:
    made = tables()
    facts = {row["patient_id"]: row for row in made["truth/facts"].iter_rows(named=True)}
    for patient, found in by_patient(600, 7, 0.0).items():
        fact, lines = facts[patient], found["truth/lines"]
        assert fact["prior_lines"] == len(lines)
        for agent in vocabulary().active_agents:
            assert fact[f"exposed_to_{agent}"] == any(agent in line["agents"].split("+") for line in lines)
            assert fact[f"line1_{agent}"] == (bool(lines) and agent in lines[0]["agents"].split("+"))
            assert fact[f"refractory_to_{agent}"] == any(
                row["refractory"] for row in found["truth/refractoriness"] if row["agent"] == agent
            )
        transplants = [line for line in lines if line["transplant_date"] is not None]
        assert fact["prior_transplant"] == bool(transplants)
        if transplants:
            later = transplants[-1]["progression_date"]
            months = fact["months_transplant_to_progression"]
            assert (months is None) == (later is None)
            if months is not None:
                assert abs(months - (later - transplants[-1]["transplant_date"]) / 30.44) < 0.2
        months = fact["months_lenalidomide_stop_to_progression"]
        if months is not None:
            assert lines[-1]["progression_date"] is not None
            assert fact["exposed_to_lenalidomide"]
            if months == 0:
                assert fact["refractory_to_lenalidomide"]


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2020-01-31", "2020-02-29", 1.0),
        ("2020-01-15", "2020-02-14", 30 / 31),
        ("2019-11-30", "2020-05-30", 6.0),
        ("2019-11-30", "2020-05-31", 6 + 1 / 31),
        ("2021-03-01", "2021-03-01", 0.0),
    ],
)
def test_months_are_calendar_months(first: str, last: str, months: float) -> None:
    epoch = date(1970, 1, 1).toordinal()
    assert calendar_months(day(first) - epoch, day(last) - epoch) == pytest.approx(months)


# Cases on the limits


def test_edges_lie_exactly_on_the_limits() -> None:
    made = tables(600, 7, 1.0)
    edges = dict(made["truth/patients"].select("patient_id", "edge").iter_rows())
    assert set(edges.values()) == set(EDGES)
    for patient, found in by_patient(600, 7, 1.0).items():
        edge, first = edges[patient], found["truth/lines"][0]
        serum = [row["value"] for row in found["measurements"] if row["test"] == "serum_m_protein"]
        if edge in DAY_EDGES:
            assert first["progression_date"] - first["stop"] == DAY_EDGES[edge]
            for row in found["truth/refractoriness_by_line"]:
                if row["line"] == 1 and row["last_dose"] == first["stop"]:
                    assert row["days"] == DAY_EDGES[edge]
                    assert row["refractory"] == (DAY_EDGES[edge] <= 60)
        else:
            values = VALUE_EDGES[edge]
            assert serum[:2] == [values.baseline, values.level]
            assert set(values.after) <= set(serum)
            assert values.progression is None or values.progression in serum


# Noise does what it says, and only that


@pytest.mark.parametrize("kind", NOISE)
def test_noise_leaves_the_truth_and_says_what_it_did(kind: str) -> None:
    clean, noisy = tables(200), make(Cohort(200, 7, {kind: 0.3}), 1, 201)
    log = noisy["truth/noise"]
    assert set(log["noise"]) == {kind}
    for name, table in clean.items():
        if name.startswith("truth/") and name != "truth/noise":
            assert table.equals(noisy[name]), name
    for name in (name for name in clean if not name.startswith("truth/")):
        said = {(row["patient_id"], row["row"]): row for row in log.filter(pl.col("table") == name).iter_rows(named=True)}
        if name not in set(log["table"]):
            assert clean[name].equals(noisy[name]), name
        expected = []
        for patient, rows in clean[name].partition_by("patient_id", as_dict=True, maintain_order=True).items():
            changes = list(log.filter((pl.col("table") == name) & (pl.col("patient_id") == patient[0])).iter_rows(named=True))
            expected += disturbed(rows.rows(named=True), changes)
        assert len(said) <= log.height
        assert expected == [{key: _text(value) for key, value in row.items()} for row in noisy[name].iter_rows(named=True)], name


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def disturbed(rows: list[Row], changes: list[Row]) -> list[Row]:
    """Make the faults that the log tells of."""
    found = []
    for place, row in enumerate(rows):
        said = [change for change in changes if change["row"] in (place, None)]
        written: Row = {key: _text(value) for key, value in row.items()}
        for change in said:
            if change["column"] is not None:
                assert written[change["column"]] == change["before"]
                written[change["column"]] = change["after"]
        times = 0 if any(change["after"] is None and change["column"] is None for change in said) else 1
        times += any(change["noise"] == "duplicates" for change in said)
        found += [written] * times
    return found


def test_each_kind_of_noise_touches_its_own_rows() -> None:
    where = {kind: make(Cohort(150, 7, {kind: 0.3}), 1, 151)["truth/noise"] for kind in NOISE}
    touched = {kind: set(log.select("table", "column").unique().iter_rows()) for kind, log in where.items()}
    assert touched["missing_stop"] == {("treatments", "stop")}
    assert touched["missing_response"] == {("responses", None)}
    assert touched["missing_progression"] <= {("measurements", None), ("findings", None), ("responses", None)}
    assert touched["wrong_unit"] == {("measurements", "value")}
    assert touched["other_unit"] == {("measurements", "value"), ("measurements", "unit")}
    assert ("patients", "complete_from") in touched["left_truncation"]
    assert {column for _, column in touched["shifted_dates"]} == {"date", "start", "stop"}
    assert {column for _, column in touched["partial_dates"]} == {"date", "start", "stop"}
    for kind in ("missing_stop", "other_unit", "duplicates", "lost_records"):
        assert where[kind].height > 0
    stops = tables(150)["treatments"]["stop"].drop_nulls().len()
    assert abs(where["missing_stop"].height / stops - 0.3) < 0.05
    shifts = where["shifted_dates"].select(
        (pl.col("after").str.to_date() - pl.col("before").str.to_date()).dt.total_days().abs()
    ).to_series()  # fmt: skip
    assert shifts.min() == 1
    assert shifts.max() == 14


def test_kinds_of_noise_do_not_move_each_other() -> None:
    both = make(Cohort(100, 7, {"lost_records": 0.2, "missing_stop": 0.3}), 1, 101)["truth/noise"]
    one = make(Cohort(100, 7, {"missing_stop": 0.3}), 1, 101)["truth/noise"]
    hit = set(both.filter(pl.col("noise") == "missing_stop").select("patient_id", "row").iter_rows())
    lost = set(
        both.filter((pl.col("noise") == "lost_records") & (pl.col("table") == "treatments"))
        .select("patient_id", "row")
        .iter_rows()
    )
    assert hit == set(one.select("patient_id", "row").iter_rows()) - lost


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("missing_stops=0.1", 'there is no noise "missing_stops" (did you mean missing_stop'),
        ("missing_stop", "write --noise missing_stop=0.1"),
        ("missing_stop=2", "give a number from 0 to 1"),
        ("missing_stop=many", "give a number from 0 to 1"),
    ],
)
def test_a_wrong_noise_is_refused(given: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_noise([given])
    assert said in str(caught.value)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(InputError, match="not an empty folder"):
        simulate(replace(PLAIN, patients=1), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# As it is called


def test_the_command_writes_a_cohort_whose_facts_can_be_assessed(tmp_path: Path) -> None:
    done = call(
        ["cohort", "simulate", "-o", tmp_path / "cohort", "--patients", "40", "--noise", "missing_stop=0.2", "--no-responses"]
    )
    assert done.returncode == 0, done.stderr
    assert b"40 patients" in done.stderr
    answered = call(["cohort", "assess", tmp_path / "cohort" / "truth" / "facts.parquet", "-o", tmp_path / "options.parquet"])
    assert b"40 patients answered" in answered.stderr
    assert not (tmp_path / "options.rejected.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--patients", "0"], "--patients: 0 cannot be simulated"),
        (["--seed", "-1"], "--seed: -1 is negative"),
        (["--edge", "1.5"], '--edge: "1.5" is no share'),
        (["--noise", "fog=0.1"], '--noise: there is no noise "fog"'),
    ],
)
def test_wrong_input_is_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = call(["cohort", "simulate", "-o", tmp_path / "cohort", *arguments])
    assert (done.returncode, said in done.stderr.decode()) == (2, True), done.stderr
    assert not list(tmp_path.iterdir())


def test_the_docs_name_every_kind_of_noise_and_every_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text(encoding="utf-8")
    for name in (*NOISE, *RECORDS, *TRUTH, "facts"):
        assert f"`{name}`" in text, name


def test_no_value_stands_twice_and_dates_run_on() -> None:
    made = tables()
    for name, key in (("measurements", ["date", "test"]), ("findings", ["date", "kind"]), ("responses", ["date"])):
        assert not made[name].select("patient_id", *key).is_duplicated().any(), name
        in_order = pl.col("date") >= pl.col("date").shift(1).over("patient_id")
        assert made[name].select(in_order.all()).item(), name


# Shares


def test_shares_come_out_near_the_parameters() -> None:
    made, given = tables(5000, 11), parameters()
    people, lines = made["patients"], made["truth/lines"]
    assert abs((people["sex"] == "male").mean() - given.people.male.value) < 0.03  # type: ignore[operator]
    disease = dict(made["truth/patients"]["disease"].value_counts(normalize=True).iter_rows())
    for kind, share in given.disease.shares.items():
        assert abs(disease[kind] - share) < 0.03
    reached = made["truth/facts"]["prior_lines"]
    for least, share in ((1, 0.95), (2, 0.61), (3, 0.38)):
        # Some later lines would begin after the last year and are not told.
        assert -0.13 < (reached >= least).mean() - share < 0.03  # type: ignore[operator]
    first = lines.filter(pl.col("line") == 1)
    assert 0.3 < first["transplant_date"].is_not_null().mean() < 0.55  # type: ignore[operator]
    deep = first["best_response"].is_in(["VGPR", "CR", "sCR"]).mean()
    assert 0.45 < deep < 0.72  # type: ignore[operator]
    later = lines.filter(pl.col("line") >= 3)["best_response"].is_in(["VGPR", "CR", "sCR"]).mean()
    assert later < deep - 0.25  # type: ignore[operator]
    clinical = (lines["progression_kind"].drop_nulls() == "clinical").mean()
    assert 0.25 < clinical < 0.4  # type: ignore[operator]
    doses = made["treatments"].filter((pl.col("intent") == "maintenance") & (pl.col("agent") == "lenalidomide"))["dose"]
    assert set(doses) == {5, 10, 15}


# The parameters


def test_every_parameter_has_its_source() -> None:
    def entries(item: object) -> list[Strict]:
        if isinstance(item, Sourced):
            return [item]
        if not isinstance(item, Strict):
            return []
        return [found for name in type(item).model_fields for found in entries(getattr(item, name))]

    found = entries(parameters())
    assert len(found) > 30
    assert all(entry.unverified or entry.publication for entry in found)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{value: 0.59, publication:", "{value: 0.59, publicaton:", "unknown key publicaton"),
        ("age_median: {value: 66, publication: \"Kyle et al., Mayo Clin Proc 2003;78:21\"}", "age_median: {value: 66}", "has no source"),
        ("{regimen: VTd,", "{regimen: VTx,", 'there is no regimen "VTx"'),
        ("non_secretory: 0.03", "non_secretory: 0.3", "the shares add up to"),
        ("agent: ixazomib", "agent: ixazomab", 'there is no agent "ixazomab"'),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    from myeloguide.cohort.simulation.parameters import FILE

    text = FILE.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "simulation.yaml"
    broken.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(broken)
    assert said in str(caught.value)
    assert "simulation.yaml:" in str(caught.value)
