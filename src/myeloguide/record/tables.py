"""Record tables in: a folder of Parquet or CSV files, a DuckDB file, or data frames, as events of one patient after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import polars as pl

from myeloguide.errors import InputError, Problem
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.output import aside, refuse_output
from myeloguide.record.convert import convert, when_of
from myeloguide.record.events import (
    Events,
    FindingRecorded,
    Measurement,
    Person,
    Procedure,
    ResponseRecorded,
    Treatment,
)
from myeloguide.record.patient_file import Line, Progression
from myeloguide.record.quality import Examined, Settings, examine
from myeloguide.record.ranges import Range
from myeloguide.record.schema import EVENTS, TABLES
from myeloguide.record.sources import open_tables, reason, unreadable
from myeloguide.record.time import UNKNOWN, When
from myeloguide.record.units import units

BATCH = 5_000
"""Patients whose events are made at a time."""
_MOST_KEPT = 500_000
_ALIKE = 0.85
"""An id so much like the one asked for is named in the error."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Record tables opened but not yet read, each with the columns of the schema and `row`; remarks on what is not read."""

    frames: dict[str, pl.LazyFrame]
    remarks: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each table is: its file, or its name."""

    def examine(self, *, today: date | None = None, settings: Settings | None = None) -> Examined:
        """Read the tables: the rows that are used, and the report on every row. Dates after `today` are impossible."""
        words, laboratory = vocabulary(), units()
        read = {}
        for name, frame in self.frames.items():
            try:
                read[name] = convert(frame, name, words, laboratory).collect(engine="streaming")
            except (pl.exceptions.PolarsError, OSError) as error:
                where = self.places.get(name, name)
                raise InputError(unreadable(where, "csv" if where.casefold().endswith(".csv") else "a table", error)) from None
        return examine(read, laboratory, settings or Settings(), today, self.remarks)


def read_tables(source: Any) -> Tables:
    """Open record tables: a folder, a DuckDB file or connection, or data frames by the name of their table.

    InputError says which table or column is wrong. Nothing is read before it is asked for.
    """
    frames, places, remarks = open_tables(source)
    return Tables(frames, tuple(remarks), places)


def patient_of(examined: Examined, patient_id: str | None) -> Events:
    """Return the events of one patient; without an id, of the only one. InputError says when there is none, or not one only."""
    patients = examined.patients
    if patient_id is None and len(patients) != 1:
        what = f"the tables hold {len(patients):,} patients" if len(patients) else "the tables hold no patient"
        raise InputError(Problem("--patient", what, "name one: --patient ID" if len(patients) else ""))
    place = 0 if patient_id is None else patients.index_of(patient_id)
    if place is None:
        near = get_close_matches(patient_id or "", patients.to_list(), n=3, cutoff=_ALIKE)
        remedy = f"did you mean {' or '.join(near)}?" if near else ""
        raise InputError(Problem("--patient", f"there is no patient {patient_id}", remedy))
    return next(patients_of(examined, positions=range(place, place + 1)))


def patients_of(tables: Tables | Examined, *, batch: int = BATCH, positions: range | None = None) -> Iterator[Events]:
    """Yield the events of one patient after another, by patient_id, each kind by date, undated ones last in their order.

    `positions` are those of some patients in the order of their ids; all, if left out.
    """
    examined = tables.examine() if isinstance(tables, Tables) else tables
    patients, total = examined.patients, len(examined.patients)
    wanted = positions or range(total)
    found = {**examined.events, "lines": examined.lines}
    frames = {name: None if (frame := found.get(name)) is None else frame.rechunk() for name in (*EVENTS, "lines")}
    ends = {name: _ends(frame, total) for name, frame in frames.items()}
    maker = _Maker()
    for first in range(wanted.start, wanted.stop, batch):
        last = min(first + batch, wanted.stop)
        made: list[list[Any]] = []
        bounds: list[list[int]] = []
        for name, frame in frames.items():
            cut = ends[name]
            start, stop = cut[first], cut[last]
            made.append([] if frame is None else _MAKERS[name](maker, frame.slice(start, stop - start)))
            bounds.append([end - start for end in cut[first : last + 1]])
        persons = maker.persons(examined.persons.slice(first, last - first), patients.slice(first, last - first))
        for number, person in enumerate(persons):
            own: dict[str, Any] = {
                name: tuple(rows[cut[number] : cut[number + 1]]) for name, rows, cut in zip(frames, made, bounds, strict=True)
            }
            own["lines"] = own["lines"] or None
            yield Events(person, **own)


def parts_of(examined: Examined, size: int) -> Iterator[Examined]:
    """Yield the tables of so many patients after another, to be told apart from each other; without the report's findings."""
    report = replace(examined.report, findings=examined.report.findings.clear())
    frames = {name: frame.rechunk() for name, frame in {**examined.events, "lines": examined.lines}.items() if frame is not None}
    ends = {name: _ends(frame, len(examined.patients)) for name, frame in frames.items()}
    for first in range(0, max(len(examined.patients), 1), size):
        last = min(first + size, len(examined.patients))
        cut = {
            name: frame.slice(ends[name][first], ends[name][last] - ends[name][first]).with_columns(pl.col("patient") - first)
            for name, frame in frames.items()
        }
        lines = cut.pop("lines", None)
        persons = examined.persons.slice(first, last - first)
        yield Examined(examined.patients.slice(first, last - first), persons, cut, lines, report)


def _ends(frame: pl.DataFrame | None, total: int) -> list[int]:
    """Return where each patient's rows begin in a sorted table, and where the last ones end."""
    if frame is None:
        return [0] * (total + 1)
    return frame["patient"].search_sorted(pl.Series(range(total + 1), dtype=pl.UInt32)).to_list()


class _Whens(dict[int | None, When | None]):
    def __missing__(self, key: int | None) -> When | None:
        self[key] = made = None if key is None else when_of(key)
        return made


class _Ranges(dict[tuple[float | None, float | None], Range]):
    def __missing__(self, ends: tuple[float | None, float | None]) -> Range:
        self[ends] = made = Range(*ends)
        return made


class _Maker:
    """Makes the objects of a batch; equal dates and values are made once and shared."""

    def __init__(self) -> None:
        self.whens = _Whens()
        self.ranges = _Ranges()

    def dates(self, frame: pl.DataFrame, name: str) -> list[When | None]:
        whens = self.whens
        return [whens[key] for key in frame[name].to_list()]

    def known_dates(self, frame: pl.DataFrame) -> list[Any]:
        self.whens[None] = When()
        dates = self.dates(frame, "date")
        del self.whens[None]
        return dates

    def persons(self, frame: pl.DataFrame, patients: pl.Series) -> list[Person]:
        return list(
            map(
                Person,
                patients.to_list(),
                self.dates(frame, "birth_date"),
                frame["sex"].to_list(),
                *(self.dates(frame, name) for name in ("diagnosis_date", "complete_from", "as_of", "last_seen", "death_date")),
            )
        )

    def treatments(self, frame: pl.DataFrame) -> list[Treatment]:
        columns = ("ongoing", "dose", "dose_unit", "regimen", "line", "intent", "stop_reason", "row")
        return list(
            map(
                Treatment,
                frame["agent"].to_list(),
                self.dates(frame, "start"),
                self.dates(frame, "stop"),
                *(frame[name].to_list() for name in columns),
            )
        )

    def procedures(self, frame: pl.DataFrame) -> list[Procedure]:
        return list(map(Procedure, frame["kind"].to_list(), self.dates(frame, "date"), frame["row"].to_list()))

    def measurements(self, frame: pl.DataFrame) -> list[Measurement]:
        ranges = self.ranges
        if len(ranges) > _MOST_KEPT:
            ranges.clear()
        values = [ranges[ends] for ends in zip(frame["least"].to_list(), frame["most"].to_list(), strict=True)]
        return list(
            map(Measurement, frame["test"].cast(pl.String).to_list(), self.known_dates(frame), values, frame["row"].to_list())
        )

    def findings(self, frame: pl.DataFrame) -> list[FindingRecorded]:
        kinds, values, rows = (frame[name].to_list() for name in ("kind", "value", "row"))
        return list(map(FindingRecorded, kinds, self.known_dates(frame), values, rows))

    def responses(self, frame: pl.DataFrame) -> list[ResponseRecorded]:
        categories, clinical, rows = (frame[name].to_list() for name in ("category", "clinical", "row"))
        return list(map(ResponseRecorded, categories, self.known_dates(frame), clinical, rows))

    def lines(self, frame: pl.DataFrame) -> list[Line]:
        names = ("line", "regimen", "agents", "maintenance", "best_response", "progression_kind", "end_reason")
        columns = [frame[name].to_list() for name in names]
        dates = [self.dates(frame, name) for name in ("start", "stop", "transplant_date", "progression_date")]
        # What these columns hold was checked when they were converted.
        return [
            Line.model_construct(
                line=line,
                regimen=regimen,
                agents=tuple(agents.split("+")) if agents else None,
                maintenance=maintenance,
                best_response=best,
                stop_reason=reason,
                start=start or UNKNOWN,
                stop=stop or UNKNOWN,
                transplant=transplant,
                progression=Progression.model_construct(date=progressed or UNKNOWN, kind=kind) if progressed or kind else None,
            )
            for line, regimen, agents, maintenance, best, kind, reason, start, stop, transplant, progressed in zip(
                *columns, *dates, strict=True
            )
        ]


_MAKERS: dict[str, Callable[[_Maker, pl.DataFrame], list[Any]]] = {
    "treatments": _Maker.treatments,
    "procedures": _Maker.procedures,
    "measurements": _Maker.measurements,
    "findings": _Maker.findings,
    "responses": _Maker.responses,
    "lines": _Maker.lines,
}


def check_report_path(path: Path, source: Path) -> None:
    """Refuse a path to which no report can be written, or that is a table of the source itself."""
    refuse_output(path, (".parquet", ".csv"), "REPORT.csv")
    if path.stem in TABLES and path.parent.resolve() == source.resolve():
        raise InputError(Problem(str(path), "has the name of a record table", "name the report otherwise"))


def write_report(rows: pl.DataFrame, path: Path) -> None:
    """Write the rows of a report as .parquet or .csv: aside first, then in its place."""
    try:
        with aside(path) as made:
            if path.suffix == ".csv":
                rows.write_csv(made)
            else:
                rows.write_parquet(made)
    except pl.exceptions.PolarsError as error:
        raise InputError(Problem(str(path), f"cannot be written: {reason(error)}")) from None
