"""A registry's record tables: a simulated cohort thinned to some twenty events a patient, repeated up to any size."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from myeloguide.cohort.simulate import Cohort, simulate

COURSES = 20_000
"""Different courses; more patients than these repeat them under other ids, each copy some days later."""
MEASUREMENTS = 12.8
"""Measurements kept of a patient on average: with six treatments and one procedure, twenty events."""
WHOLE = 200
"""One patient in so many keeps every measurement (two hundred events); one in ten times as many has five thousand."""


def records(folder: Path, patients: int, seed: int = 1) -> int:
    """Write the tables of so many patients to a folder and return how many events they hold."""
    whole = folder.with_name(f"{folder.name}.courses")
    courses = min(patients, COURSES)
    simulate(Cohort(courses, seed, {}, responses=False), whole)
    tables = {name: pl.read_parquet(whole / f"{name}.parquet") for name in ("patients", "treatments", "procedures")}
    tables["measurements"] = _thinned(pl.read_parquet(whole / "measurements.parquet"), courses, seed)
    folder.mkdir()
    events = 0
    for name, table in tables.items():
        copies = pl.concat(_copies(table, patients, courses))
        copies.write_parquet(folder / f"{name}.parquet")
        events += copies.height if name != "patients" else 0
    return events


def _thinned(measurements: pl.DataFrame, courses: int, seed: int) -> pl.DataFrame:
    number = pl.col("patient_id").str.slice(1).cast(pl.Int64)
    keeps_all = number % WHOLE == 0
    wanted = measurements.filter(~keeps_all & (pl.col("test") == "serum_m_protein"))
    share = min(MEASUREMENTS * courses / wanted.height, 1.0)
    few = wanted.filter(pl.int_range(pl.len()).shuffle(seed) < share * wanted.height)
    all_of_some = measurements.filter(keeps_all)
    longest = [_daily(part) for part in measurements.filter(number % (10 * WHOLE) == 0).partition_by("patient_id")]
    return pl.concat([few, all_of_some, *longest]).sort("patient_id", "date", maintain_order=True)


def _daily(measurements: pl.DataFrame) -> pl.DataFrame:
    """Return one patient's values measured again on further days, up to five thousand rows."""
    dates = measurements["date"].str.to_date(strict=False).drop_nulls()
    day = dates.min()
    assert isinstance(day, date)
    row = measurements.filter(pl.col("test") == "serum_m_protein").head(1)
    missing = max(5_000 - 2 * measurements.height, 0)
    days = [(day + timedelta(days=number // 3)).isoformat() for number in range(missing)]
    return pl.concat([row] * missing).with_columns(date=pl.Series(days)) if missing and row.height else measurements.clear()


def _copies(table: pl.DataFrame, patients: int, courses: int) -> Iterable[pl.DataFrame]:
    number = pl.col("patient_id").str.slice(1).cast(pl.Int64)
    for copy in range(-(-patients // courses)):
        new = number + copy * courses
        yield table.filter(new <= patients).with_columns(patient_id=pl.format("S{}", new.cast(pl.String).str.zfill(8)))
