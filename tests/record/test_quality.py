"""The quality report: every kind of finding with an example and a near miss; no row is lost, and order decides nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.errors import InputError
from myeloguide.knowledge.reading import read
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events
from myeloguide.record.quality import ASIDE, KEPT, KINDS, Examined, Settings, as_json, summary
from myeloguide.record.supportive import DATA as SUPPORTIVE
from myeloguide.record.supportive import given_for
from myeloguide.record.tables import check_report_path, patients_of, read_tables, write_report

TODAY = dt.date(2024, 6, 1)
Source = dict[str, dict[str, list[Any]]]


def examined(source: Source, **how: Any) -> Examined:
    frames = {name: pl.DataFrame(columns) for name, columns in source.items()}
    return read_tables(frames).examine(today=TODAY, settings=Settings(**how))


def kinds(source: Source, **how: Any) -> dict[str, list[Any]]:
    """Return the rows of each kind of finding."""
    found: dict[str, list[Any]] = {}
    for _, row, _, kind, _, _ in examined(source, **how).report.findings.iter_rows():
        found.setdefault(kind, []).append(row)
    return found


def patients(**columns: list[Any]) -> Source:
    size = max(map(len, columns.values()))
    return {"patients": {"patient_id": ["A"] * size, **columns}}


def treatments(**columns: list[Any]) -> Source:
    size = max(map(len, columns.values()))
    return {"treatments": {"patient_id": ["A"] * size, "agent": ["lenalidomide"] * size, **columns}}


def procedures(**columns: list[Any]) -> Source:
    size = max(map(len, columns.values()), default=0)
    return {"procedures": {"patient_id": ["A"] * size, "kind": ["autologous_transplant"] * size, **columns}}


def measurements(**columns: list[Any]) -> Source:
    size = max(map(len, columns.values()))
    days = [f"2020-{number + 1:02}-01" for number in range(size)]
    table = {
        "patient_id": ["A"] * size,
        "test": ["creatinine"] * size,
        "value": ["1"] * size,
        "unit": ["mg/dL"] * size,
        "date": days,
    }
    return {"measurements": {**table, **columns}}


def findings(**columns: list[Any]) -> Source:
    size = max(map(len, columns.values()))
    return {
        "findings": {
            "patient_id": ["A"] * size,
            "date": ["2020-01-01"] * size,
            "kind": ["ecog"] * size,
            "value": ["1"] * size,
            **columns,
        }
    }


def responses(**columns: list[Any]) -> Source:
    size = max(map(len, columns.values()))
    return {"responses": {"patient_id": ["A"] * size, "category": ["PR"] * size, "date": ["2020-01-01"] * size, **columns}}


def lines(**columns: list[Any]) -> Source:
    size = max(map(len, columns.values()))
    return {"lines": {"patient_id": ["A"] * size, "regimen": ["Rd"] * size, **columns}}


EXAMPLES: list[tuple[str, Source, list[Any], Source]] = [
    # kind, an example, the rows it names, a near miss
    ("no_patient", patients(patient_id=["A", ""]), [2], patients(patient_id=["A", "NA"])),
    ("conflicting_patient", patients(sex=["f", "m"]), [1, 2], patients(sex=["f", "f"])),
    ("impossible_date", treatments(start=["2021-02-29"]), [1], treatments(start=["2020-02-29"])),
    ("stop_before_start", treatments(start=["2021-03-01"], stop=["2021-02"]), [1], treatments(start=["2021-03-01"], stop=["2021-03"])),
    (
        "before_birth",
        patients(birth_date=["1950-05"]) | procedures(date=["1950-04-30"]),
        [1],
        patients(birth_date=["1950-05"]) | procedures(date=["1950-05-01"]),
    ),
    (
        "contradictory_dates",
        patients(birth_date=["1950"], diagnosis_date=["1949-12-31"]),
        [1],
        patients(birth_date=["1950"], diagnosis_date=["1950"]),
    ),
    ("in_the_future", responses(date=["2024-06-02"]), [1], responses(date=["2024-06"])),
    (
        "after_as_of",
        patients(as_of=["2020-03-01"]) | responses(date=["2020-03-02"]),
        [1],
        patients(as_of=["2020-03-01"]) | responses(date=["2020-03"]),
    ),
    (
        "stop_after_as_of",
        patients(as_of=["2020-03-01"]) | treatments(start=["2020"], stop=["2020-03-02"]),
        [1],
        patients(as_of=["2020-03-01"]) | treatments(start=["2020"], stop=["2020-03-01"]),
    ),
    (
        "after_death",
        patients(death_date=["2020-03-01"]) | responses(date=["2020-03-02"]),
        [1],
        patients(death_date=["2020-03-01"]) | responses(date=["2020-03-01"]),
    ),
    (
        "ongoing_with_stop",
        patients(as_of=["2021"]) | treatments(start=["2020"], stop=["2020-06"], stop_reason=["ongoing"]),
        [1],
        patients(as_of=["2021"]) | treatments(start=["2020"], stop=["2021-06"], stop_reason=["ongoing"]),
    ),
    ("no_agent", treatments(agent=[None]), [1], treatments(agent=["len"])),
    ("unknown_agent", treatments(agent=["lenalidomib", "Rd"]), [1, 2], treatments(agent=["Revlimid", "dexamethasone"])),
    ("no_test", measurements(test=[""]), [1], measurements(test=["crea"])),
    ("unknown_test", measurements(test=["platelets"]), [1], measurements(test=["Creatinine"])),
    ("no_unit", measurements(unit=[None]), [1], measurements(unit=["MG / DL"])),
    ("unknown_unit", measurements(unit=["mol/L"]), [1], measurements(unit=["mmol/L"])),
    ("unknown_operator", measurements(operator=["about"]), [1], measurements(operator=["<"])),
    ("contradictory_operator", measurements(operator=[">"], value=["<1"]), [1], measurements(operator=["<="], value=["<1"])),
    ("ambiguous_number", measurements(value=["1,200"]), [1], measurements(value=["1,20"])),
    ("not_a_number", measurements(value=["trace"]), [1], measurements(value=["1e0"])),
    ("no_value", measurements(value=[""]), [1], measurements(value=["0"])),
    ("impossible_value", measurements(value=["-1"]), [1], measurements(value=["0"])),
    (
        "impossible_value",
        measurements(test=["serum_m_protein"], unit=["g/dL"], value=["26"]),
        [1],
        measurements(test=["serum_m_protein"], unit=["g/dL"], value=["25"]),
    ),
    (
        "impossible_value",
        measurements(test=["marrow_plasma_cells"], unit=["%"], value=["101"]),
        [1],
        measurements(test=["marrow_plasma_cells"], unit=["%"], value=["100"]),
    ),
    ("no_kind", procedures(kind=[None]), [1], procedures(kind=["asct"])),
    ("no_category", responses(category=[None]), [1], responses(category=["scr"])),
    ("unknown_category", responses(category=["nCR"]), [1], responses(category=["partial response"])),
    ("duplicate", measurements(date=["2020-01-01"] * 2), [2], measurements(date=["2020-01-01", "2020-01-02"])),
    ("duplicate", patients(sex=["f", "f"]), [2], patients(sex=["f", "f"], patient_id=["A", "B"])),
    ("duplicate", treatments(start=["2020"] * 2), [2], treatments(start=[None] * 2)),
    ("supportive", treatments(agent=["Zoledronic acid"]), [1], treatments(agent=["lenalidomide"])),
    (
        "completeness_withdrawn",
        patients(complete_from=["2010"]) | treatments(agent=["mystery"]) | procedures(),
        [1],
        patients(complete_from=["2010"]) | treatments(agent=["lenalidomide"]) | procedures(),
    ),
    ("jump_tenfold", measurements(value=["1", "9.5", "1"]), [2], measurements(value=["1", "6", "1"])),
    ("jump_tenfold", measurements(value=["1", "1.1", "0.1"]), [3], measurements(value=["1", "1.1", "0.2"])),
    (
        "jump_tenfold",
        measurements(test=["flc_kappa"] * 3, value=["10", "100", "10"]),
        [2],
        measurements(test=["flc_kappa"] * 3, value=["100", "10", "9"]),  # as treatment does it
    ),
    (
        "jump_thousandfold",
        measurements(test=["flc_kappa"] * 2, value=["100", "0.1"]),
        [2],
        measurements(test=["flc_kappa"] * 2, value=["100", "<0.1"]),
    ),
    (
        "near_duplicate",
        treatments(start=["2020-01-01", "2020-01-03"]),
        [2],
        treatments(start=["2020-01-01", "2020-01-05"]),
    ),
    ("near_duplicate", procedures(date=["2020-01-01", "2020-01-04"]), [2], procedures(date=["2020-01-01", "2020-01-05"])),
    (
        "two_values_a_day",
        measurements(date=["2020-01-01"] * 2, value=["1", "1.1"]),
        [2],
        measurements(date=["2020-01"] * 2, value=["1", "1.1"]),
    ),
    ("two_responses_a_day", responses(category=["PR", "VGPR"]), [2], responses(category=["PR", "VGPR"], date=["2020-01"] * 2)),
    (
        "overlap",
        treatments(start=["2020-01-01", "2020-03-01"], stop=["2020-03-02", "2020-06-01"]),
        [2],
        treatments(start=["2020-01-01", "2020-03-01"], stop=["2020-03-01", "2020-06-01"]),
    ),
    (
        "overlap",
        treatments(start=["2020-01-01", "2020-03-01"], stop_reason=["ongoing", None]),
        [2],
        treatments(start=["2020-01-01", "2020-03-01"], stop_reason=["ongoing", None], agent=["lenalidomide", "bortezomib"]),
    ),
    ("gap", responses(date=["2020-01-01", "2021-01-01"]), [2], responses(date=["2020-01-01", "2020-12-31"])),
    (
        "gap",
        responses(date=["2020-01-01", "2022-01-01"]) | treatments(start=["2020-01-01"], stop=["2020-02-01"]),
        [2],
        responses(date=["2020-01-01", "2022-01-01"]) | treatments(start=["2020-01-01"], stop=["2021-02-01"]),
    ),
    ("no_patient_row", responses(category=["PR"]), [None], patients(patient_id=["A"]) | responses(category=["PR"])),
    ("no_complete_from", patients(complete_from=[None]), [1], patients(complete_from=["2020"])),
    ("no_diagnosis_date", patients(diagnosis_date=[None]), [1], patients(diagnosis_date=["2020"])),
    ("no_treatments", patients(sex=["f"]), [1], patients(sex=["f"]) | treatments(start=["2020"])),
    ("no_measurements", patients(sex=["f"]), [1], patients(sex=["f"]) | measurements(value=["1"])),
    ("no_start", treatments(stop=["2020"]), [1], treatments(start=["2020"])),
    ("no_stop", treatments(start=["2020"]), [1], treatments(start=["2020"], stop_reason=["ongoing"])),
    ("no_date", responses(date=[None]), [1], responses(date=["2020"])),
    ("unread_dose", treatments(dose=["25 mg"]), [1], treatments(dose=["25"])),
    ("unread_line", treatments(line=["1.5"]), [1], treatments(line=["1"])),
    ("unread_clinical", responses(clinical=["perhaps"]), [1], responses(clinical=["no"])),
    ("unknown_regimen", lines(regimen=["Rdd"]), [1], lines(regimen=["lenalidomide + dexamethasone"])),
    ("line_twice", lines(line=[1, 1], regimen=["Rd", "Kd"]), [1, 2], lines(line=[1, 2])),
    ("no_line", lines(line=[1, None]), [2], lines(line=[None, None], start=["2020", "2021"])),
    ("lines_withdrawn", lines(line=[1, 2], start=["2020", "2021-13"]), [1], lines(line=[1, 2], start=["2020", "2021-12"])),
    ("unknown_progression_kind", lines(progression_kind=["slow"]), [1], lines(progression_kind=["Clinical"])),
    ("unread_maintenance", lines(maintenance=["perhaps"]), [1], lines(maintenance=["yes"])),
    ("unknown_intent", treatments(intent=["salvage"]), [1], treatments(intent=["Maintenance"])),
    ("unknown_stop_reason", treatments(stop_reason=["holiday"]), [1], treatments(stop_reason=["Toxicity"])),
    ("unknown_procedure", procedures(kind=["vertebroplasty"]), [1], procedures(kind=["radiation"])),
    ("unknown_finding", findings(kind=["neuropathy"]), [1], findings(kind=["Bone lesion"])),
]  # fmt: skip

SET_ASIDE = set(list(KINDS)[: list(KINDS).index("duplicate") + 1])


@pytest.mark.parametrize(("kind", "example", "rows", "near_miss"), EXAMPLES, ids=[item[0] for item in EXAMPLES])
def test_every_finding_with_an_example_and_a_near_miss(kind: str, example: Source, rows: list[Any], near_miss: Source) -> None:
    assert kinds(example).get(kind) == rows
    assert kind not in kinds(near_miss)
    found = examined(example).report.findings.filter(pl.col("kind") == kind)
    assert set(found["done"].to_list()) == {ASIDE if kind in SET_ASIDE else KEPT}
    assert found["what"].null_count() == 0


def test_every_kind_has_its_example() -> None:
    assert {kind for kind, *_ in EXAMPLES} == set(KINDS)


def test_a_treatment_set_aside_takes_its_patient_out_of_the_complete_ones() -> None:
    source = patients(patient_id=["A", "B"], complete_from=["2010", "2010"]) | treatments(agent=["mystery", "lenalidomide"])
    source |= procedures()
    source["treatments"]["patient_id"] = ["A", "B"]
    one, two = patients_of(examined(source))
    assert one.person.complete_from is None
    assert two.person.complete_from is not None
    later = patients(complete_from=["2010"], as_of=["2020"]) | treatments(start=["2021"]) | procedures()
    assert next(patients_of(examined(later))).person.complete_from is not None


def test_a_supportive_drug_takes_nobody_out_of_the_complete_ones() -> None:
    source = patients(complete_from=["2010"]) | treatments(agent=["aciclovir", "lenalidomide"]) | procedures()
    (found,) = patients_of(examined(source))
    assert [item.agent for item in found.treatments] == ["lenalidomide"]
    assert found.person.complete_from is not None


def test_no_supportive_drug_is_one_against_myeloma() -> None:
    words = vocabulary()
    for item in read(SUPPORTIVE, name=SUPPORTIVE.name).data["purposes"]:
        assert [drug for drug in item["drugs"] if words.agent(drug) or words.regimen(drug)] == []
        assert {given_for(drug) for drug in item["drugs"]} == {item["purpose"]}
    assert not any(given_for(agent) for agent in words.agents)


def test_a_patient_all_of_whose_rows_are_set_aside_is_still_there() -> None:
    assert [item.person.patient_id for item in patients_of(examined(measurements(unit=["foo"])))] == ["A"]


def test_the_likely_name_is_said() -> None:
    found = examined(treatments(agent=["lenalidomid3", "VRd"])).report.findings.filter(pl.col("kind") == "unknown_agent")
    first, second = found["what"].to_list()
    assert "lenalidomide" in first
    assert "it is the regimen VRd: write one row for each agent, bortezomib, lenalidomide" in second


def test_settings_are_what_they_say() -> None:
    far = responses(date=["2020-01-01", "2020-07-01"])
    assert "gap" not in kinds(far)
    assert kinds(far, gap_days=90)["gap"] == [2]
    twins = procedures(date=["2020-01-01", "2020-01-10"])
    assert kinds(twins, near_days=10)["near_duplicate"] == [2]


def test_values_that_jump_are_kept_as_they_are() -> None:
    (one,) = patients_of(examined(measurements(value=["1", "10", "1"])))
    assert [item.value.exact for item in one.measurements] == [1, 10, 1]


DATES = st.sampled_from(
    ["2020-01-01", "2020-01-02", "2020-03", "2021", "2022-05-05", "2020-02-30", "x", "1900-01-01", "2030", None]
)
IDS = st.sampled_from(["A", "B", "C", "", None])


def rows_of(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, list[Any]]]:
    row = st.fixed_dictionaries({"patient_id": IDS, **columns})
    return st.lists(row, min_size=1, max_size=12).map(lambda rows: {name: [one[name] for one in rows] for name in rows[0]})


WORDS = st.sampled_from(["lenalidomide", "Revlimid", "dexamethasone", "bortezomib", "asct", "PR", "VGPR", "foo", "", None])
SOURCES = st.fixed_dictionaries(
    {
        "patients": rows_of(birth_date=DATES, diagnosis_date=DATES, complete_from=DATES, as_of=DATES, death_date=DATES),
        "treatments": rows_of(agent=WORDS, start=DATES, stop=DATES, dose=WORDS, intent=WORDS, stop_reason=WORDS),
        "procedures": rows_of(kind=WORDS, date=DATES),
        "measurements": rows_of(
            test=st.sampled_from(["ldh", "creatinine", "foo", None]),
            value=st.sampled_from(["1", "<2", "10", "1000", "1,200", "3,2", "trace", "-1", "", None]),
            operator=st.sampled_from(["<", ">", "?", None]),
            unit=st.sampled_from(["U/L", "mg/dL", "umol/L", "foo", None]),
            date=DATES,
        ),
        "findings": rows_of(kind=WORDS, value=WORDS, date=DATES),
        "responses": rows_of(category=WORDS, date=DATES, clinical=WORDS),
        "lines": rows_of(line=st.sampled_from(["1", "x", None]), regimen=WORDS, start=DATES),
    }
)


def framed(source: Source) -> dict[str, pl.DataFrame]:
    return {name: pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)) for name, columns in source.items()}


def used_rows(found: Examined) -> dict[str, list[int]]:
    used: dict[str, list[int]] = {name: [] for name in ("treatments", "procedures", "measurements", "findings", "responses")}
    for one in patients_of(found):
        for name, rows in used.items():
            rows += [item.row for item in getattr(one, name)]
    assert found.lines is not None
    return {**used, "patients": found.persons["row"].drop_nulls().to_list(), "lines": found.lines["row"].to_list()}


@given(SOURCES)
@settings(max_examples=40, deadline=None)
def test_every_row_is_used_or_set_aside_and_none_both(source: Source) -> None:
    found = read_tables(framed(source)).examine(today=TODAY)
    aside = found.report.findings.filter(pl.col("done") == ASIDE)
    for name, rows in used_rows(found).items():
        out = aside.filter(pl.col("table") == name)["row"].to_list()
        assert sorted(rows + out) == list(range(1, len(source[name]["patient_id"]) + 1))
        assert len(out) == len(set(out))
        counted = found.report.tables.filter(pl.col("table") == name).row(0)
        assert counted[1:] == (len(rows) + len(out), len(rows), len(out))


def without_rows(one: Events) -> Events:
    def bare(items: Any) -> Any:
        return tuple(replace(item, row=0) for item in items)

    return Events(
        one.person, *(bare(getattr(one, name)) for name in ("treatments", "procedures", "measurements", "findings", "responses"))
    )


@given(SOURCES, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_dated_rows_decides_nothing(source: Source, chance: Any) -> None:
    shuffled: dict[str, pl.DataFrame] = {}
    dated = {}
    for name, frame in framed(source).items():
        when = {"treatments": "start", "patients": "patient_id", "lines": "patient_id"}.get(name, "date")
        dated[name] = frame.filter(pl.col(when).is_not_null())
        order = list(range(dated[name].height))
        chance.shuffle(order)
        shuffled[name] = dated[name][order]
    one, other = (read_tables(tables).examine(today=TODAY) for tables in (dated, shuffled))
    assert [without_rows(item) for item in patients_of(one)] == [without_rows(item) for item in patients_of(other)]

    def counts(found: Examined) -> list[Any]:
        shown = found.report.counts().select("kind", "table", "done", "count")
        return shown.sort("kind", "table").rows()

    assert counts(one) == counts(other)


def test_the_summary_names_rows_and_nobody() -> None:
    found = examined(measurements(patient_id=["Mrs Secret"] * 2, unit=["furlong", "mg/dL"])).report
    said = "\n".join(summary(found)) + str(as_json(found))
    assert "measurements: 2 rows, 1 used, 1 set aside" in said
    assert "[unknown_unit]; rows 1" in said
    assert "Secret" not in said
    assert "furlong" not in said


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_full_report_is_written(suffix: str, tmp_path: Path) -> None:
    found = examined(measurements(unit=["foo", "mg/dL"])).report
    path = tmp_path / f"report{suffix}"
    check_report_path(path, tmp_path)
    write_report(found.findings, path)
    read = pl.read_csv(path) if suffix == ".csv" else pl.read_parquet(path)
    assert read.height == found.findings.height
    assert read.columns == ["table", "row", "patient_id", "kind", "done", "what"]
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_a_report_is_not_written_over_a_table(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "patients.csv", "name of a record table"),
        (tmp_path / "report.txt", "neither .parquet nor .csv"),
        (tmp_path / "nowhere" / "report.csv", "no such folder"),
    ):
        with pytest.raises(InputError, match=said):
            check_report_path(path, tmp_path)


def test_a_duplicate_names_the_row_that_is_used() -> None:
    found = examined(treatments(start=["2020-01-01", "2021-01-01", "2020-01-01", "2020-01-01"])).report.findings
    said = found.filter(pl.col("kind").cast(pl.String) == "duplicate").select("row", "what").rows()
    assert said == [(3, "says the same as row 1"), (4, "says the same as row 1")]
