"""Record tables in: every kind of source gives the same events; dates, numbers, words; errors for people."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.errors import InputError
from myeloguide.record.convert import key_of, when_of
from myeloguide.record.events import Events, Measurement
from myeloguide.record.ranges import Range
from myeloguide.record.tables import patients_of, read_tables
from myeloguide.record.time import When, parse_when

PATIENTS = {
    "patient_id": ["B", "A"],
    "birth_date": ["1950", "1948-03"],
    "sex": ["female", None],
    "diagnosis_date": ["2015-06-01", "2014"],
    "complete_from": ["2015", None],
}
TREATMENTS = {
    "patient_id": ["A", "B", "A", "A"],
    "agent": ["Revlimid", "carfilzomib", "Dexamethasone", "lenalidomide"],
    "start": ["2019-01-01", "2018-02", "2019-01-01", "2016"],
    "stop": [None, "2018-10-31", "2019-06-30", "2017-05"],
    "dose": ["25", "56.5", None, "10"],
    "dose_unit": ["mg", "mg/m2", None, "mg"],
    "regimen": ["KRd", None, None, None],
    "line": ["2", "1", None, "1"],
    "intent": [None, "Relapse", None, "maintenance"],
    "stop_reason": ["ongoing", "progression", None, "completed"],
}
PROCEDURES = {"patient_id": ["A"], "kind": ["ASCT"], "date": ["2015-09-09"]}
MEASUREMENTS = {
    "patient_id": ["A", "A", "B"],
    "date": ["2019-03-01", "2019-01-02", "2018-03"],
    "test": ["M-spike", "creatinine", "kappa"],
    "operator": [None, None, "<"],
    "value": ["3.5", "177", "0.1"],
    "unit": ["g/L", "µmol/L", "mg/dL"],
}
FINDINGS = {"patient_id": ["A"], "date": ["2019-03-01"], "kind": ["ECOG"], "value": ["1"]}
RESPONSES = {"patient_id": ["A", "A"], "date": ["2019-05", "2019-02-01"], "category": ["pd", "vgpr"], "clinical": ["true", None]}
SOURCE = {
    "patients": PATIENTS,
    "treatments": TREATMENTS,
    "procedures": PROCEDURES,
    "measurements": MEASUREMENTS,
    "findings": FINDINGS,
    "responses": RESPONSES,
}


def frames(source: dict[str, Any] = SOURCE) -> dict[str, pl.DataFrame]:
    return {name: pl.DataFrame(columns) for name, columns in source.items()}


def events(source: Any) -> list[Events]:
    return list(patients_of(read_tables(source)))


def measured(**columns: Any) -> tuple[Measurement, ...]:
    rows = max(len(values) for values in columns.values())
    table = {"patient_id": ["A"] * rows, "date": ["2020-01-01"] * rows, "test": ["ldh"] * rows, "unit": ["U/L"] * rows, **columns}
    found = events({"measurements": pl.DataFrame(table)})
    return tuple(sorted(found[0].measurements, key=lambda item: item.row))


def written(folder: Path, kind: str) -> Any:
    if kind in ("csv", "semicolons"):
        for name, frame in frames().items():
            frame.write_csv(folder / f"{name}.csv", separator=";" if kind == "semicolons" else ",")
    elif kind == "parquet":
        for name, frame in frames().items():
            frame.write_parquet(folder / f"{name}.parquet")
    elif kind == "typed parquet":
        for name, frame in frames().items():
            numbers: dict[str, dict[str, Any]] = {
                "treatments": {"dose": pl.Float64, "line": pl.Int32},
                "responses": {"clinical": pl.Boolean},
            }
            typed = frame.with_columns(
                (pl.col(column) == "true" if type_ == pl.Boolean else pl.col(column).cast(type_))
                for column, type_ in numbers.get(name, {}).items()
            )
            if name == "findings":
                typed = typed.with_columns(pl.col("value").cast(pl.Int8), pl.col("date").str.to_date())
            if name == "procedures":
                typed = typed.with_columns(pl.col("date").str.to_datetime("%Y-%m-%d"), pl.col("kind").cast(pl.Categorical))
            if name == "measurements":
                typed = typed.with_columns(pl.col("value").cast(pl.Decimal(8, 2)))
            typed.write_parquet(folder / f"{name}.parquet")
    else:
        connection = duckdb.connect(str(folder / "records.duckdb"))
        for name, frame in frames().items():
            held = frame.to_arrow()
            connection.register("held", held)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM held")
            connection.unregister("held")
        if kind == "connection":
            return connection
        connection.close()
        return folder / "records.duckdb"
    return folder


@pytest.mark.parametrize("kind", ["csv", "semicolons", "parquet", "typed parquet", "duckdb", "connection"])
def test_every_kind_of_source_gives_the_same_events(kind: str, tmp_path: Path) -> None:
    assert events(written(tmp_path, kind)) == events(frames())


def test_frames_by_the_arrow_interface_give_the_same_events() -> None:
    class Foreign:
        """What pandas offers, and no more."""

        def __init__(self, table: pa.Table) -> None:
            self.table = table

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return self.table.__arrow_c_stream__(requested_schema)

    assert events({name: frame.to_arrow() for name, frame in frames().items()}) == events(frames())
    assert events({name: Foreign(frame.to_arrow()) for name, frame in frames().items()}) == events(frames())
    assert events({name: frame.lazy() for name, frame in frames().items()}) == events(frames())


def test_the_events_are_those_of_the_tables() -> None:
    one, two = events(frames())
    assert (one.person.patient_id, two.person.patient_id) == ("A", "B")
    assert one.person.birth_date == parse_when("1948-03")
    assert two.person.complete_from == parse_when("2015")
    assert [(item.agent, item.row) for item in one.treatments] == [("lenalidomide", 4), ("dexamethasone", 3), ("lenalidomide", 1)]
    ongoing = one.treatments[2]
    assert (ongoing.ongoing, ongoing.dose, ongoing.line, ongoing.regimen) == (True, 25, 2, "KRd")
    assert two.treatments[0].intent == "relapse"
    assert two.treatments[0].start == parse_when("2018-02")
    assert [(item.test, item.value) for item in one.measurements] == [
        ("creatinine", Range.exactly(177 * 113.12 / 10000)),
        ("serum_m_protein", Range.exactly(0.35)),
    ]
    assert two.measurements[0].value == Range(0, 0.1)
    assert one.procedures[0].kind == "autologous_transplant"
    assert (one.findings[0].kind, one.findings[0].value) == ("ecog", "1")
    assert [(item.category, item.clinical) for item in one.responses] == [("VGPR", None), ("PD", True)]


def test_columns_other_than_the_keys_may_be_missing() -> None:
    found = events({"treatments": pl.DataFrame({"patient_id": [1], "agent": ["lenalidomide"]})})
    assert found[0].person.patient_id == "1"
    assert found[0].treatments[0].start is None


def test_records_without_a_date_keep_their_order() -> None:
    agents = ["pomalidomide", "bortezomib", "lenalidomide", "bortezomib"]
    found = events({"treatments": pl.DataFrame({"patient_id": ["A"] * 4, "agent": agents})})
    assert [item.agent for item in found[0].treatments] == agents


@pytest.mark.parametrize(
    ("value", "operator", "ends"),
    [
        ("5", None, (5, 5)),
        (" 5.5 ", None, (5.5, 5.5)),
        ("<0.1", None, (0, 0.1)),
        ("< 0,1", None, (0, 0.1)),
        ("≤ 3", None, (0, 3)),
        (">= 200", None, (200, None)),
        ("≥200", None, (200, None)),
        ("200", ">", (200, None)),
        ("<2", "<", (0, 2)),
        ("<2", "=", (0, 2)),
        ("= 2", None, (2, 2)),
        ("2", "lt", (0, 2)),
        ("1e3", None, (1000, 1000)),
        ("1 234,5", None, (1234.5, 1234.5)),
        ("1,234.5", None, (1234.5, 1234.5)),
        ("1.234,5", None, (1234.5, 1234.5)),
        ("1,234,567", None, (1234567, 1234567)),
        ("1 234 567", None, (1234567, 1234567)),
        ("0,125", None, (0.125, 0.125)),
        (".5", None, (0.5, 0.5)),
    ],
)
def test_values_as_they_are_written(value: str, operator: str | None, ends: tuple[float, float | None]) -> None:
    found = measured(value=[value], operator=[operator])
    assert [item.value for item in found] == [Range(*ends)]


@pytest.mark.parametrize(
    ("others", "read"),
    [([], None), (["300"], None), (["3.2"], 1200), (["3,2"], 1.2), (["3.2", "3,2"], None), (["1,234.5"], 1200), (["0,125"], 1.2)],
)
def test_a_comma_before_three_digits_is_settled_by_the_other_values_or_set_aside(others: list[str], read: float | None) -> None:
    found = measured(value=["1,200", *others])
    assert next((item.value.exact for item in found if item.row == 1), None) == read


def test_a_point_before_three_digits_among_decimal_commas_is_set_aside() -> None:
    assert [item.row for item in measured(value=["1.200", "3,2"])] == [2]
    assert [item.value.exact for item in measured(value=["1.200", "3.2"])] == [1.2, 3.2]


def test_more_than_a_bound_ends_at_it() -> None:
    found = measured(value=[">90"], test=["marrow_plasma_cells"], unit=["%"])
    assert found[0].value == Range(90, 100)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2021-03-15", "2021-03-15"),
        ("2021-03", "2021-03"),
        ("2021", "2021"),
        (" 2021-03 ", "2021-03"),
        ("2021-03-15T10:20:30Z", "2021-03-15"),
        ("2021-03-15 10:20", "2021-03-15"),
        ("NA", ""),
        ("", ""),
    ],
)
def test_dates_may_be_partial(text: str, read: str) -> None:
    found = events({"treatments": pl.DataFrame({"patient_id": ["A"], "agent": ["lenalidomide"], "start": [text]})})
    assert found[0].treatments[0].start == (parse_when(read) if read else None)


@pytest.mark.parametrize(
    "text", ["2021-02-30", "2021-13", "15.03.2021", "03/15/2021", "20210315", "2021-3-5", "soon", "0021-01-01"]
)
def test_impossible_dates_set_their_row_aside(text: str) -> None:
    found = events({"treatments": pl.DataFrame({"patient_id": ["A"], "agent": ["lenalidomide"], "start": [text]})})
    assert found[0].treatments == ()


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)), st.sampled_from(["day", "month", "year"]))
def test_a_key_stands_for_its_date(day: dt.date, precision: str) -> None:
    text = {"day": f"{day}", "month": f"{day:%Y-%m}", "year": f"{day:%Y}"}[precision]
    assert when_of(key_of(parse_when(text))) == parse_when(text)


@given(st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_typed_dates_and_written_ones_are_the_same(days: list[dt.date]) -> None:
    table = {"patient_id": ["A"] * len(days), "kind": ["radiotherapy"] * len(days), "date": days}
    typed = events({"procedures": pl.DataFrame(table)})
    text = events({"procedures": pl.DataFrame({**table, "date": [f"{day}" for day in days]})})
    moments = events(
        {"procedures": pl.DataFrame({**table, "date": [dt.datetime(day.year, day.month, day.day, 23, 59) for day in days]})}
    )
    assert typed == text == moments
    assert {item.date for item in typed[0].procedures} == {When.on(day) for day in days}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"treatments": {"patient_id": ["A"]}}, "treatments: there is no column agent"),
        (
            {"treatments": {"patientid": ["A"], "agent": ["x"]}},
            "there is no column patient_id .is it patientid. then name it patient_id",
        ),
        ({"patients": {"patient_id": [1.5]}}, "the column patient_id holds Float64"),
        ({"patients": {"patient_id": [[1]]}}, "the column patient_id holds List"),
        ({"procedures": {"patient_id": ["A"], "kind": ["x"], "date": [True]}}, "the column date holds Boolean"),
        ({"measurements": {"patient_id": ["A"], "test": ["x"], "value": [True]}}, "the column value holds Boolean"),
        ({"treatment": {"patient_id": ["A"]}}, "holds none of the record tables"),
        ({}, "holds none of the record tables"),
    ],
)
def test_tables_that_cannot_be_read_say_which_column(source: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_tables(frames(source))


def test_what_is_not_read_is_remarked_on_with_the_likely_name() -> None:
    source = {
        "treatments": {"patient_id": ["A"], "agent": ["lenalidomide"], "stopp": ["2020"], "ward": ["3"]},
        "response": {"x": [1]},
    }
    remarks = read_tables(frames(source)).remarks
    assert 'treatments: the column "stopp" is not read; did you mean stop?' in remarks
    assert any(remark.startswith('treatments: the column "ward" is not read') for remark in remarks)
    assert any(remark.startswith('"response" is no record table') and "responses" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("patients.csv", b"patient_id,patient_id\n1,2\n", "patient_id stands twice"),
        ("patients.csv", b"", "patients.csv: is empty"),
        ("patients.csv", b" \n", "patients.csv: is empty"),
        ("patients.parquet", b"no parquet", "cannot be read as parquet"),
        ("patients.csv", b"patient_id,sex\n1,2,3,4\n", "patients.csv:2: has 4 fields, but the first row names 2 columns"),
        ("patients.csv", b"patient_id;sex\n1;2\n1;2;3\n", "patients.csv:3: has 3 fields"),
        ("patients.csv", b'patient_id,sex\n1,2\n3,"4\n', "patients.csv:3: has a double quote that is not closed"),
        ("patients.csv", b"patient_id,sex\n1,m\n2,m\xe4nnlich\n", "patients.csv:3: is not UTF-8 .save the file as UTF-8"),
        ("patients.csv", "patient_id,sex\n1,2\n".encode("utf-16"), "patients.csv: is in UTF-16"),
        ("patients.csv", b"PK\x03\x04 a workbook", "patients.csv: is a workbook"),
        ("patients.csv", b"\xd0\xcf\x11\xe0 a workbook", "patients.csv: is a workbook"),
        ("patients.csv", b"PAR1 and so on PAR1", "patients.csv: is Parquet, not CSV"),
        ("patients.csv", b"sep=;\npatient_id;sex\n1;2\n", "patients.csv:1: is no row of headings"),
        ("patients.csv", b"patient_id,sex\r1,2\r", "patients.csv: has no line ends but carriage returns"),
        ("patients.csv", b"Patient_ID,patient_id\n1,2\n", "patient_id stands twice"),
    ],
)
def test_files_that_cannot_be_read(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_tables(tmp_path).examine()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Treatments.CSV", "Patient_ID, Agent ,START\nA,lenalidomide,2020-01-01\n"),
        ("treatments.csv", "\ufeffpatient_id;agent;start\r\nA;lenalidomide;2020-01-01\r\n"),
        ("treatments.csv", "start\tagent\tpatient_id\n2020-01-01\tlenalidomide\tA\n"),
    ],
)
def test_capitals_spaces_marks_and_separators_of_a_registry(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    (found,) = events(tmp_path)
    assert [(item.agent, str(item.start)) for item in found.treatments] == [("lenalidomide", "2020-01-01")]


@pytest.mark.parametrize(
    ("said", "read"), [("1,3", 1.3), ("16", 16), ("0,25", 0.25), ("1,300", None), ("1.200,5", 1200.5), ("16 mg", None)]
)
def test_a_dose_with_a_decimal_comma(said: str, read: float | None) -> None:
    (found,) = events({"treatments": pl.DataFrame({"patient_id": ["A"], "agent": ["bortezomib"], "dose": [said]})})
    assert found.treatments[0].dose == read


@pytest.mark.parametrize("kept", ["treatments.xlsx", None])
def test_without_treatments_and_lines_no_record_is_complete(kept: str | None, tmp_path: Path) -> None:
    person = "patient_id,diagnosis_date,complete_from\nA,2020-01-01,2020-01-01\n"
    (tmp_path / "patients.csv").write_text(person)
    if kept:
        (tmp_path / kept).write_bytes(b"PK")
    read = read_tables(tmp_path)
    assert ('"treatments.xlsx" is not read; save it as treatments.csv or treatments.parquet' in read.remarks) is bool(kept)
    assert any(remark.startswith("there is no table of treatments") for remark in read.remarks)
    (found,) = patients_of(read)
    assert not found.person.complete
    counts = read.examine().report.counts()
    assert "completeness_withdrawn" in counts["kind"].to_list()
    assert "no_complete_from" not in counts["kind"].to_list()
    (tmp_path / "lines.csv").write_text("patient_id,regimen\n")
    (found,) = patients_of(read_tables(tmp_path))
    assert found.person.complete


def test_without_procedures_no_record_is_complete_unless_the_table_is_there_and_empty(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text("patient_id,diagnosis_date,complete_from\nA,2020-01-01,2020-01-01\n")
    (tmp_path / "treatments.csv").write_text("patient_id,agent\n")
    read = read_tables(tmp_path)
    (found,) = patients_of(read)
    assert not found.person.complete
    assert any(remark.startswith("there is no table of procedures") for remark in read.remarks)
    (tmp_path / "procedures.csv").write_text("patient_id,kind\n")
    read = read_tables(tmp_path)
    (found,) = patients_of(read)
    assert found.person.complete
    assert not any(remark.startswith("there is no table") for remark in read.remarks)


def test_sources_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        read_tables(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds none of the record tables"):
        read_tables(tmp_path)
    (tmp_path / "records.duckdb").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="cannot be read as a DuckDB file"):
        read_tables(tmp_path / "records.duckdb")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="neither a folder nor a DuckDB file"):
        read_tables(tmp_path / "notes.txt")
    with pytest.raises(InputError, match="holds no tables"):
        read_tables(3)
    with pytest.raises(InputError, match="is no data frame"):
        read_tables({"patients": [1]})
    frames()["patients"].write_csv(tmp_path / "patients.csv")
    frames()["patients"].write_parquet(tmp_path / "patients.parquet")
    with pytest.raises(InputError, match="stands twice"):
        read_tables(tmp_path)


def test_an_injected_connection_needs_only_execute() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE procedures AS SELECT 'A' AS patient_id, 'ASCT' AS kind, DATE '2020-01-01' AS date")

    class Plain:
        """A DB-API connection."""

        def execute(self, query: str) -> Any:
            return connection.execute(query)

    assert events(Plain()) == events(connection)
    assert len(events(Plain())[0].procedures) == 1
