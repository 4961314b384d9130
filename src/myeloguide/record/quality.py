"""The quality of record tables on entry: what is wrong with which row, and what was done about it.

A row is either used or set aside, and one set aside is always named in the report; nothing is corrected in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from myeloguide.errors import InputError, Problem
from myeloguide.record.convert import SPAN, first_day, flags_of, key_of, last_day
from myeloguide.record.ranges import counted
from myeloguide.record.schema import EVENTS, TABLES
from myeloguide.record.time import When
from myeloguide.record.units import Units

ASIDE, KEPT = "set aside", "kept"

KINDS: Mapping[str, str] = {
    "no_patient": "patient_id is empty",
    "conflicting_patient": "a patient stands in the table patients more than once, not alike",
    "impossible_date": "a date that cannot be read (it is written 2021-03-15) or does not exist",
    "stop_before_start": "a stop before its start",
    "before_birth": "a record before the patient's birth",
    "contradictory_dates": "dates of a patient that exclude each other",
    "in_the_future": "a date after today",
    "after_as_of": "a record later than as_of, which a decision then cannot know",
    "no_agent": "agent is empty",
    "supportive": "a drug given beside the treatment of myeloma, which belongs to no line",
    "unknown_agent": "an agent that is not known",
    "unknown_test": "a test that is not read",
    "no_test": "test is empty",
    "no_unit": "unit is empty",
    "unknown_unit": "a unit in which the test is not read",
    "unknown_operator": "an operator that is not known",
    "contradictory_operator": "an operator against the one in the value",
    "ambiguous_number": "a comma or point that may group digits or begin decimals",
    "not_a_number": "a value that is not a number",
    "no_value": "value is empty",
    "impossible_value": "a value that cannot be: negative, not finite, or beyond its bound",
    "no_kind": "kind is empty",
    "no_category": "category is empty",
    "unknown_category": "a response category that is not known",
    "unknown_regimen": "a regimen that is not known",
    "line_twice": "two lines of a patient with the same number",
    "no_line": "a line without a number, though the patient's others have one",
    "lines_withdrawn": "another line of the patient was set aside, so none of the lines given is used",
    "duplicate": "the same record as another row; the first is used",
    "completeness_withdrawn": "a treatment or procedure was set aside, or their table is missing: the record may lack some",
    "after_death": "a record after the patient's death",
    "stop_after_as_of": "a stop later than as_of",
    "ongoing_with_stop": "said to be ongoing, but with a stop before as_of",
    "jump_tenfold": "about ten times the patient's neighbouring value, or a tenth of it",
    "jump_thousandfold": "about a thousand times the patient's neighbouring value, or a thousandth of it",
    "near_duplicate": "almost the same record as another row",
    "two_values_a_day": "another value of the same test on the same day",
    "two_responses_a_day": "another response category on the same day",
    "overlap": "the same agent over overlapping periods",
    "gap": "a long time without any record",
    "no_patient_row": "the patient has no usable row in the table patients",
    "no_complete_from": "complete_from is not known: what is not recorded is unknown",
    "no_diagnosis_date": "the diagnosis date is not known",
    "no_treatments": "no treatment is recorded",
    "no_measurements": "no measurement is recorded",
    "no_start": "the start of a treatment is not known",
    "no_stop": "the stop of a treatment is not known, and it is not said to be ongoing",
    "no_date": "a record without a date",
    "unread_dose": "a dose that is not a number; left out",
    "unread_line": "a line that is not a whole number; left out",
    "unread_clinical": "clinical is neither true nor false; left out",
    "unread_maintenance": "maintenance is neither true nor false; left out",
    "unknown_intent": "an intent that is not known; left out",
    "unknown_stop_reason": "a reason to stop that is not used",
    "unknown_progression_kind": "a kind of progression that is not known; left out",
    "unknown_procedure": "a kind of procedure that is not used",
    "unknown_finding": "a kind of finding that is not used",
}
"""Every kind of finding, worst first, in words."""

_HARMLESS = ("duplicate", "after_as_of", "supportive")
_DATED = {"treatments": "start"}
_CONTENT: Mapping[str, tuple[str, ...]] = {
    "treatments": ("agent", "stop", "ongoing", "dose", "dose_unit", "regimen", "line", "intent", "stop_reason"),
    "procedures": ("kind",),
    "measurements": ("test", "least", "most"),
    "findings": ("kind", "value"),
    "responses": ("category", "clinical"),
}
_UNDATED = 2**30 - 1
_FOREVER = 4_000_000
_PERSON_DATES = tuple(column.name for column in TABLES["patients"] if column.holds == "date")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the report calls a gap (days without a record), a near duplicate (days apart), and a jump (as a share of ten)."""

    gap_days: int = 365
    near_days: int = 3
    jump_tolerance: float = 0.25
    alike: float = 2.0


@dataclass(frozen=True, slots=True)
class Report:
    """The findings: `table, row, patient_id, kind, done, what`; and of each table its rows, used and set aside."""

    findings: pl.DataFrame
    tables: pl.DataFrame
    remarks: tuple[str, ...] = ()

    def counts(self) -> pl.DataFrame:
        """Return how often each kind was found in each table, with the first rows, worst first."""
        order = {kind: number for number, kind in enumerate(KINDS)}
        return (
            self.findings.group_by("kind", "table", "done")
            .agg(count=pl.len().cast(pl.Int64), rows=pl.col("row").drop_nulls().sort().head(5))
            .with_columns(
                pl.col("kind", "table", "done").cast(pl.String),
                order=pl.col("kind").cast(pl.String).replace_strict(order, return_dtype=pl.Int32),
            )
            .sort(pl.col("done") != ASIDE, "order", "table")
            .drop("order")
        )

    @property
    def used(self) -> int:
        """Rows that are used, in all tables."""
        return int(self.tables["used"].sum())

    @property
    def set_aside(self) -> int:
        """Rows that are set aside, in all tables."""
        return int(self.tables["set_aside"].sum())

    @property
    def unlisted(self) -> int:
        """Patients who have records but no row in the table of patients, where there is that table."""
        listed = "patients" in self.tables["table"]
        return self.findings.filter(pl.col("kind").cast(pl.String) == "no_patient_row").height if listed else 0


@dataclass(slots=True)
class Examined:
    """The used rows of record tables, sorted by patient and date; `patient` is the position in `patients`."""

    patients: pl.Series
    persons: pl.DataFrame
    events: dict[str, pl.DataFrame]
    lines: pl.DataFrame | None
    report: Report


@dataclass(slots=True)
class _Findings:
    parts: list[pl.DataFrame] = field(default_factory=list)

    def add(self, table: str, kind: str, done: str, rows: pl.DataFrame, what: pl.Expr | str | None = None) -> None:
        """Report rows (columns `row`, `patient`), with what is said of each."""
        if not rows.height:
            return
        said = pl.lit(KINDS[kind] if what is None else what) if not isinstance(what, pl.Expr) else what
        row = pl.col("row").cast(pl.UInt32) if "row" in rows.columns else pl.lit(None, pl.UInt32)
        self.parts.append(
            rows.rechunk().select(
                table=pl.lit(table, pl.Enum(list(TABLES))),
                row=row,
                patient=pl.col("patient"),
                kind=pl.lit(kind, pl.Enum(list(KINDS))),
                done=pl.lit(done, pl.Enum([ASIDE, KEPT])),
                what=said.cast(pl.String),
            )
        )

    def all(self, patients: pl.Series) -> pl.DataFrame:
        if not self.parts:
            return pl.DataFrame(
                schema={
                    "table": pl.Enum(list(TABLES)),
                    "row": pl.UInt32,
                    "patient_id": pl.String,
                    "kind": pl.Enum(list(KINDS)),
                    "done": pl.Enum([ASIDE, KEPT]),
                    "what": pl.String,
                }
            )
        found = pl.concat(self.parts)
        named = (
            patients.gather(found["patient"].fill_null(0)) if len(patients) else pl.Series([None] * found.height, dtype=pl.String)
        )
        return found.with_columns(patient_id=pl.when(pl.col("patient").is_not_null()).then(named)).select(
            "table", "row", "patient_id", "kind", "done", "what"
        )


def examine(
    tables: Mapping[str, pl.DataFrame], units: Units, settings: Settings, today: date | None, remarks: Sequence[str] = ()
) -> Examined:
    """Look through converted tables and return the rows that are used, with the report on all of them."""
    return _Examination(dict(tables), units, settings, today).run(tuple(remarks))


class _Examination:
    def __init__(self, tables: dict[str, pl.DataFrame], units: Units, settings: Settings, today: date | None) -> None:
        self.units = units
        self.settings = settings
        self.today = None if today is None else today.toordinal()
        self.found = _Findings()
        self.heights = {name: frame.height for name, frame in tables.items()}
        self.aside = dict.fromkeys(tables, 0)
        self.incomplete: list[pl.Series] = []
        self.withdrawn = pl.Series(dtype=pl.UInt32)
        self.broken: list[pl.Series] = []
        """Patients of whom a line was set aside."""
        # Tables mostly come sorted by patient: a name is looked up once for each run of its rows.
        runs = {name: frame["patient_id"].rle().struct.unnest() for name, frame in tables.items()}
        ids = [run.get_column("value").unique() for run in runs.values()]
        self.patients = pl.concat(ids).unique().drop_nulls().sort().alias("patient_id")
        index = pl.DataFrame({"value": self.patients}).with_row_index("patient")
        self.tables: dict[str, pl.DataFrame] = {}
        for name, run in runs.items():
            places = run.join(index, on="value", how="left", maintain_order="left")["patient"]
            rows = np.repeat(np.arange(run.height, dtype=np.uint32), run["len"].to_numpy())
            # One table at a time holds its names beside its numbers.
            self.tables[name] = tables.pop(name).drop("patient_id").with_columns(patient=places.gather(pl.Series(rows)))

    def run(self, remarks: tuple[str, ...]) -> Examined:
        persons = self.persons()
        events = {name: self.records(name, self.tables.pop(name), persons) for name in EVENTS if name in self.tables}
        lines = self.tables.pop("lines", None)
        if lines is not None:
            lines = self.lines(lines, persons)
        persons = self.completeness(persons)
        self.look_through(events)
        self.absent(persons, events)
        used = {name: frame.height for name, frame in events.items()}
        if lines is not None:
            used["lines"] = lines.height
        if "patients" in self.heights:
            used["patients"] = int(persons["row"].is_not_null().sum())
        counted = pl.DataFrame(
            [(name, height, used[name], self.aside[name]) for name, height in self.heights.items()],
            schema={"table": pl.String, "rows": pl.Int64, "used": pl.Int64, "set_aside": pl.Int64},
            orient="row",
        )
        lost = counted.filter(pl.col("rows") != pl.col("used") + pl.col("set_aside"))
        if lost.height:
            raise AssertionError(f"rows are lost in {lost['table'].to_list()}")
        report = Report(self.found.all(self.patients), counted, remarks)
        return Examined(self.patients, persons, events, lines, report)

    # Setting aside

    def set_aside(self, name: str, frame: pl.DataFrame, wrong: pl.Expr, kind: str, what: pl.Expr | None = None) -> pl.DataFrame:
        """Set rows aside for a reason and return the others."""
        mask = frame.select(wrong.fill_null(value=False).alias("wrong"))["wrong"]
        if not mask.any():
            return frame
        rows = frame.filter(mask)
        self.found.add(name, kind, ASIDE, rows, what)
        self.aside[name] += rows.height
        if name in ("treatments", "procedures") and kind not in _HARMLESS:
            self.incomplete.append(rows["patient"])
        if name == "lines" and kind not in _HARMLESS:
            self.broken.append(rows["patient"])
        return frame.filter(~mask)

    def duplicates(self, name: str, frame: pl.DataFrame, same: pl.Expr, content: tuple[str, ...]) -> pl.DataFrame:
        """Set aside the rows that say the same as one before them, which is named."""
        mask = frame.select(same.alias("same"))["same"]
        if not mask.any():
            return frame
        frame = frame.with_columns(first=pl.col("row").min().over(*content))
        return self.set_aside(name, frame, pl.lit(mask), "duplicate", pl.format("says the same as row {}", pl.col("first"))).drop(
            "first"
        )

    def unreadable(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        for kind in frame["aside"].drop_nulls().unique().sort().to_list():
            frame = self.set_aside(name, frame, pl.col("aside") == kind, kind, pl.col("what"))
        return frame.drop("aside", "what")

    def flagged(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        flags = list(flags_of(frame))
        for flag in flags:
            self.keep(name, frame, pl.col(flag).is_not_null(), flag.removeprefix("flag_"), pl.col(flag))
        return frame.drop(flags)

    def keep(self, name: str, frame: pl.DataFrame, wrong: pl.Expr, kind: str, what: pl.Expr | None = None) -> None:
        """Report rows that are kept as they are."""
        self.found.add(name, kind, KEPT, frame.filter(wrong.fill_null(value=False)), what)

    # Persons

    def persons(self) -> pl.DataFrame:
        """Return one row a patient, in the order of `patients`; what is not known is null."""
        everybody = pl.DataFrame({"patient": pl.Series(range(len(self.patients)), dtype=pl.UInt32)})
        frame = self.tables.pop("patients", None)
        if frame is None:
            nothing = {name: pl.lit(None, pl.Int64) for name in _PERSON_DATES}
            return everybody.with_columns(row=pl.lit(None, pl.UInt32), sex=pl.lit(None, pl.String), **nothing)
        frame = self.unreadable("patients", frame)
        content = ("patient", "sex", *_PERSON_DATES)
        frame = frame.sort("patient", "row")
        frame = self.duplicates("patients", frame, pl.struct(content).is_first_distinct().not_(), content)
        frame = self.set_aside("patients", frame, pl.col("patient").is_duplicated(), "conflicting_patient")
        for early, late in (
            ("birth_date", "diagnosis_date"),
            ("birth_date", "last_seen"),
            ("birth_date", "death_date"),
            ("diagnosis_date", "death_date"),
        ):
            wrong = last_day(pl.col(late)) < first_day(pl.col(early))
            said = pl.format(f"{late} {{}} is before {early} {{}}", _day(pl.col(late)), _day(pl.col(early)))
            frame = self.set_aside("patients", frame, wrong, "contradictory_dates", said)
        if self.today is not None:
            for name in _PERSON_DATES:
                said = pl.format(f"{name} {{}} is after today", _day(pl.col(name)))
                frame = self.set_aside("patients", frame, first_day(pl.col(name)) > self.today, "in_the_future", said)
        frame = self.flagged("patients", frame)
        self.keep(
            "patients",
            frame,
            first_day(pl.col("last_seen")) > last_day(pl.col("death_date")),
            "after_death",
            pl.lit("last_seen is after death_date"),
        )
        return everybody.join(frame, on="patient", how="left", maintain_order="left")

    def completeness(self, persons: pl.DataFrame) -> pl.DataFrame:
        """Take nobody's record as complete of whom a treatment or procedure was set aside: what it was is not known.

        Where the table of treatments or of procedures is missing, and no lines are given, a file is missing rather than every
        drug or transplant, and nobody's record is complete.
        """
        if "lines" not in self.heights and not {"treatments", "procedures"} <= {*self.heights}:
            self.incomplete.append(persons["patient"])
        if not self.incomplete:
            return persons
        touched = pl.concat(self.incomplete).drop_nulls().unique()
        withdrawn = pl.col("patient").is_in(touched.implode()) & pl.col("complete_from").is_not_null()
        self.keep("patients", persons, withdrawn, "completeness_withdrawn")
        self.withdrawn = persons.filter(withdrawn)["patient"]
        return persons.with_columns(complete_from=pl.when(withdrawn.not_()).then(pl.col("complete_from")))

    # Records

    def records(self, name: str, frame: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of a table that are used, sorted by patient and date, undated ones last in their order."""
        frame = self.unreadable(name, frame)
        when = _DATED.get(name, "date")
        ends = ("stop",) if name == "treatments" else ()
        if ends:
            said = pl.format("stop {} is before start {}", _day(pl.col("stop")), _day(pl.col("start")))
            frame = self.set_aside(name, frame, last_day(pl.col("stop")) < first_day(pl.col("start")), "stop_before_start", said)
        for column in (when, *ends):
            frame = self.outside(name, frame, column, persons)
        frame = self.sorted(name, frame, when)
        content = (when, *_CONTENT[name])
        same = pl.col("patient") == pl.col("patient").shift(1)
        for column in content:
            same = same & pl.col(column).eq_missing(pl.col(column).shift(1))
        same = same & pl.col(when).is_not_null()  # without a date, two equal rows may be two events
        frame = self.duplicates(name, frame, same, ("patient", *content))
        frame = self.flagged(name, frame)
        self.keep(name, frame, pl.col(when).is_null(), "no_start" if ends else "no_date")
        return frame

    def lines(self, frame: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
        """Return the lines that are used, in their order: all that were given of a patient, or none."""
        frame = self.unreadable("lines", frame)
        content = ("patient", *(column.name for column in TABLES["lines"] if column.name != "patient_id"))
        frame = self.duplicates("lines", frame, pl.struct(content).is_first_distinct().not_(), content)
        for late, kind in (
            ("stop", "stop_before_start"),
            ("transplant_date", "contradictory_dates"),
            ("progression_date", "contradictory_dates"),
        ):
            said = pl.format(f"{late} {{}} is before start {{}}", _day(pl.col(late)), _day(pl.col("start")))
            frame = self.set_aside("lines", frame, last_day(pl.col(late)) < first_day(pl.col("start")), kind, said)
        frame = self.outside("lines", frame, "start", persons)
        frame = self.set_aside("lines", frame, pl.struct("patient", "line").is_duplicated() & pl.col("line").is_not_null(),
                               "line_twice")  # fmt: skip
        frame = self.set_aside("lines", frame, pl.col("line").is_null() & pl.col("line").count().over("patient").gt(0), "no_line")
        if self.broken:
            touched = pl.concat(self.broken).drop_nulls().unique()
            frame = self.set_aside("lines", frame, pl.col("patient").is_in(touched.implode()), "lines_withdrawn")
        return self.flagged("lines", frame).sort("patient", "line", "start", "row", nulls_last=True)

    def outside(self, name: str, frame: pl.DataFrame, column: str, persons: pl.DataFrame) -> pl.DataFrame:
        """Hold a date against the patient's birth, death and as_of, and against today."""
        day = pl.col(column)
        if self.today is not None:
            said = pl.format(f"{column} {{}} is after today", _day(day))
            frame = self.set_aside(name, frame, first_day(day) > self.today, "in_the_future", said)
        for other, kind in (("birth_date", "before_birth"), ("as_of", "after_as_of"), ("death_date", "after_death")):
            if persons[other].null_count() == persons.height:
                continue
            limit = pl.lit(persons[other].gather(frame["patient"]))
            if kind == "before_birth":
                said = pl.format(f"{column} {{}} is before the birth", _day(day))
                frame = self.set_aside(name, frame, last_day(day) < first_day(limit), kind, said)
                continue
            held = frame.with_columns(limit=limit)
            late = first_day(day) > last_day(pl.col("limit"))
            said = pl.format(f"{column} {{}} is after {other} {{}}", _day(day), _day(pl.col("limit")))
            if kind == "after_as_of" and column == "stop":
                early = pl.col("ongoing") & (last_day(day) < first_day(pl.col("limit")))
                self.keep(name, held, early, "ongoing_with_stop", pl.format("ongoing, but with the stop {}", _day(day)))
            if kind == "after_as_of" and column != "stop":
                frame = self.set_aside(name, held, late, kind, said).drop("limit")
            else:
                self.keep(name, held, late, "stop_after_as_of" if kind == "after_as_of" else kind, said)
        return frame

    def sorted(self, name: str, frame: pl.DataFrame, when: str) -> pl.DataFrame:
        # Patient and date in one number sort twice as fast. Equal dates are ordered by what the rows say, so that
        # the order of the rows in the table decides nothing; it does only where there is no date.
        order = pl.col("patient").cast(pl.Int64) * (_UNDATED + 1) + pl.col(when).fill_null(_UNDATED)
        dated = pl.col(when).is_not_null()
        some_undated = frame[when].null_count() > 0
        content = [pl.when(dated).then(pl.col(column)) if some_undated else pl.col(column) for column in _CONTENT[name]]
        return frame.sort(order, *content, "row", nulls_last=True)

    # What is kept and flagged

    def look_through(self, events: Mapping[str, pl.DataFrame]) -> None:
        if "treatments" in events:
            self.treatments(events["treatments"])
        if "procedures" in events:
            self.procedures(events["procedures"])
        if "measurements" in events:
            self.two_a_day("measurements", events["measurements"], "test", ("least", "most"), "two_values_a_day")
            self.jumps(events["measurements"])
        if "responses" in events:
            self.two_a_day("responses", events["responses"], None, ("category",), "two_responses_a_day")
        self.gaps(events)

    def treatments(self, frame: pl.DataFrame) -> None:
        self.keep("treatments", frame, pl.col("stop").is_null() & pl.col("ongoing").not_(), "no_stop")
        frame = frame.filter(pl.col("start").is_not_null()).sort("patient", "agent", "start", "stop", "row", nulls_last=True)
        start, stop = pl.col("start"), pl.col("stop")
        ends = pl.when(stop.is_not_null()).then(first_day(stop)).when(pl.col("ongoing")).then(_FOREVER).otherwise(last_day(start))
        new = pl.struct("patient", "agent").rle_id().cast(pl.Int64)
        frame = frame.with_columns(ends=ends, group=new)

        def so_far(day: pl.Expr) -> pl.Expr:
            """Return the latest day in the rows of the same patient and agent that come before."""
            above = pl.col("group") * 2**23
            latest = (above + day).cum_max().shift(1) - above
            return pl.when(latest >= 0).then(latest)

        def previous(name: str) -> pl.Expr:
            return pl.when(pl.col("group") == pl.col("group").shift(1)).then(pl.col(name).shift(1))

        frame = frame.with_columns(
            ended=so_far(pl.col("ends")),
            began=so_far(last_day(start)),
            start_before=previous("start"),
            stop_before=previous("stop"),
            row_before=previous("row"),
        )
        near = self.settings.near_days
        exact = (start % SPAN == 0) & (pl.col("start_before") % SPAN == 0)
        near_start = (first_day(start) - first_day(pl.col("start_before"))) <= near
        stops = (first_day(stop) - first_day(pl.col("stop_before"))).abs() <= near
        twin = (exact & near_start & stops.fill_null(value=True)).fill_null(value=False)
        beside = pl.format("{} of row {} starts within " + str(near) + " days of it", pl.col("agent"), pl.col("row_before"))
        self.keep("treatments", frame, twin, "near_duplicate", beside)
        over = (last_day(start) < pl.col("ended")) & (pl.col("began") <= pl.max_horizontal(pl.col("ends"), first_day(start)))
        said = pl.format("{} from {} overlaps an earlier row of it", pl.col("agent"), _day(start))
        self.keep("treatments", frame, over & ~twin, "overlap", said)

    def procedures(self, frame: pl.DataFrame) -> None:
        frame = frame.filter(pl.col("date").is_not_null()).sort("patient", "kind", "date", "row")
        same = (pl.col("patient") == pl.col("patient").shift(1)) & (pl.col("kind") == pl.col("kind").shift(1))
        before = pl.when(same).then(pl.col("date").shift(1))
        near = (first_day(pl.col("date")) - first_day(before)) <= self.settings.near_days
        near = near & (pl.col("date") % SPAN == 0) & (before % SPAN == 0)
        frame = frame.with_columns(near=near, row_before=pl.col("row").shift(1))
        said = pl.format(
            "{} of row {} is at most " + str(self.settings.near_days) + " days away", pl.col("kind"), pl.col("row_before")
        )
        self.keep("procedures", frame, pl.col("near"), "near_duplicate", said)

    def two_a_day(self, name: str, frame: pl.DataFrame, of: str | None, said: tuple[str, ...], kind: str) -> None:
        keys = ("patient", "date", *((of,) if of else ()))
        same = pl.col("date") % SPAN == 0
        for key in keys:
            same = same & (pl.col(key) == pl.col(key).shift(1))
        differ = pl.any_horizontal(pl.col(column).ne_missing(pl.col(column).shift(1)) for column in said)
        rows = frame.with_columns(hit=same & differ, row_before=pl.col("row").shift(1))
        what = pl.format("row {} says otherwise of the same day, {}", pl.col("row_before"), _day(pl.col("date")))
        self.keep(name, rows, pl.col("hit"), kind, what)

    def jumps(self, frame: pl.DataFrame) -> None:
        """Flag values about ten or a thousand times a neighbouring one, or a share of it, as a wrong unit makes them.

        A test that treatment can change tenfold is flagged for ten only where the values on both sides agree. The way
        back from a value that was flagged is not flagged again.
        """
        frame = frame.filter(pl.col("date").is_not_null() & (pl.col("least") == pl.col("most")) & (pl.col("least") > 0))
        order = pl.col("patient").cast(pl.Int64) * 64 + pl.col("test").to_physical()
        frame = frame.select("row", "patient", "test", "date", "least", group=order).sort("group", "date", "least", "row")
        if not frame.height:
            return
        steady = [name for name, test in self.units.tests.items() if test.steady]
        tolerance, group = self.settings.jump_tolerance, pl.col("group")
        level = pl.col("least").log(10)

        def neighbour(by: int) -> pl.Expr:
            return pl.when(group == group.shift(by)).then(level.shift(by))

        def about(difference: pl.Expr, power: int) -> pl.Expr:
            return ((difference.abs() - power).abs() <= pl.lit(1 + tolerance).log(10)).fill_null(value=False)

        def alike(one: pl.Expr, other: pl.Expr) -> pl.Expr:
            return ((one - other).abs() <= pl.lit(self.settings.alike).log(10)).fill_null(value=False)

        before, earlier, after = neighbour(1), neighbour(2), neighbour(-1)
        rise = level - before
        marked = frame.with_columns(
            ten=about(rise, 1),
            thousand=about(rise, 3),
            spike=alike(before, after),
            back=alike(level, earlier) & (about(before - earlier, 1) | about(before - earlier, 3)),
            steady=pl.col("test").cast(pl.String).is_in(steady),
            last=pl.when(group == group.shift(1)).then(pl.col("least").shift(1)),
        ).filter(pl.col("ten") | pl.col("thousand"))
        said = pl.format("{} {} after {}", pl.col("test").cast(pl.String), _rounded("least"), _rounded("last"))
        hit = pl.col("back").not_()
        self.keep("measurements", marked, pl.col("ten") & hit & (pl.col("steady") | pl.col("spike")), "jump_tenfold", said)
        self.keep("measurements", marked, pl.col("thousand") & hit, "jump_thousandfold", said)

    def gaps(self, events: Mapping[str, pl.DataFrame]) -> None:
        """Flag the first record after a long time in which there is none; a treatment covers the days it is given on."""
        parts = []
        keys = ("patient", "begins", "until")
        for name, frame in events.items():
            if name == "treatments":
                start, stop = pl.coalesce("start", "stop"), pl.coalesce("stop", "start")
                until = pl.when(pl.col("stop").is_null() & pl.col("ongoing")).then(_FOREVER).otherwise(last_day(stop))
            else:
                start, until = pl.col("date"), last_day(pl.col("date"))
            parts.append(
                frame.lazy()
                .select("row", "patient", begins=first_day(start).cast(pl.Int32), until=until.cast(pl.Int32),
                        table=pl.lit(name, pl.Enum(list(TABLES))))
                .filter(pl.col("begins").is_not_null())
                .filter(pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(1)) for key in keys))
            )  # fmt: skip
        if not parts:
            return
        every = pl.concat(parts).collect()
        order = pl.col("patient").cast(pl.Int64) * (2**22) + pl.col("begins")
        every = every.sort(order, "table", "row")
        # The running end of a patient's records: the patient's number in front keeps the ends of others out of it.
        running = (pl.col("patient").cast(pl.Int64) * (2**23) + pl.col("until")).cum_max().shift(1)
        same = pl.col("patient") == pl.col("patient").shift(1)
        days = pl.col("begins") - (running - pl.col("patient").cast(pl.Int64) * (2**23))
        long = every.with_columns(days=pl.when(same).then(days)).filter(pl.col("days") > self.settings.gap_days)
        for name in events:
            said = pl.format("{} days without any record before it", pl.col("days"))
            self.keep(name, long, pl.col("table") == name, "gap", said)

    def absent(self, persons: pl.DataFrame, events: Mapping[str, pl.DataFrame]) -> None:
        def without(table: str) -> pl.Expr:
            frame = events.get(table)
            if frame is None or not frame.height:
                return pl.lit(value=True)
            seen = pl.Series([False]).new_from_index(0, persons.height).scatter(frame["patient"].unique(), values=True)
            return pl.lit(~seen)

        unlisted = pl.col("row").is_null()
        self.keep("patients", persons, unlisted, "no_patient_row")
        unknown = pl.col("complete_from").is_null() & pl.col("patient").is_in(self.withdrawn.implode()).not_()
        self.keep("patients", persons, unknown, "no_complete_from")
        self.keep("patients", persons, pl.col("diagnosis_date").is_null(), "no_diagnosis_date")
        self.keep("patients", persons, without("treatments"), "no_treatments")
        self.keep("patients", persons, without("measurements"), "no_measurements")


def _day(key: pl.Expr) -> pl.Expr:
    """Return keys as dates in words; an interval is named by its first day, shortened to the month or the year."""
    ordinal = When.on(date(1970, 1, 1))
    day = (first_day(key) - key_of(ordinal) // SPAN).cast(pl.Int32).cast(pl.Date).cast(pl.String)
    span = key % SPAN
    return pl.when(span == 0).then(day).when(span < 31).then(day.str.slice(0, 7)).otherwise(day.str.slice(0, 4))


def _rounded(name: str) -> pl.Expr:
    return pl.col(name).round_sig_figs(4).cast(pl.String)


def refuse_nothing_used(report: Report, source: object) -> None:
    """Raise InputError where no row can be used: then there is no input, whatever is asked of it."""
    if not report.used:
        raise InputError(Problem(str(source), "no row of it can be used", "`myeloguide history check` says why"))


def summary(report: Report) -> Iterator[str]:
    """Yield the lines of the report's summary: counts and row numbers, nothing of any patient."""
    for table, rows, used, aside in report.tables.iter_rows():
        yield f"{table}: {counted(f'{rows:,}', 'row')}, {used:,} used" + (f", {aside:,} set aside" if aside else "")
    yield f"all: {counted(f'{report.used:,}', 'row')} used, {report.set_aside:,} set aside"
    yield from (f"remark: {remark}" for remark in report.remarks)
    done = ""
    for kind, table, what, count, rows in report.counts().iter_rows():
        if what != done:
            done = what
            yield ""
            yield {ASIDE: "Set aside", KEPT: "Kept and flagged"}[what]
        examples = f"; rows {', '.join(map(str, rows))}{' ...' if count > len(rows) else ''}" if rows else ""
        yield f"  {count:>9,}  {table}: {KINDS[kind]} [{kind}]{examples}"


def as_json(report: Report) -> dict[str, object]:
    """Return the summary as plain data: counts and row numbers, nothing of any patient."""
    return {
        "tables": report.tables.to_dicts(),
        "findings": report.counts().select("kind", "table", "done", "count", "rows").to_dicts(),
        "remarks": list(report.remarks),
    }
