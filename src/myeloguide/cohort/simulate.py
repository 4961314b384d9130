"""A synthetic cohort with known truth: recorded stories as our tables, and beside them what is true of each."""

from __future__ import annotations

import gc
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl

from myeloguide import __version__
from myeloguide.cohort.pool import in_order
from myeloguide.cohort.progress import progress
from myeloguide.cohort.simulation.noise import NOISE, Disturbed, LogRow, check_rates
from myeloguide.cohort.simulation.records import RECORDS, TRUTH, Rows, fact_frame, frame, recorded, true_of
from myeloguide.cohort.simulation.story import model, story
from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.output import refuse_parent, writing
from myeloguide.record.sources import reason

CHUNK = 2_000
"""Patients made at a time by one process; what is written does not depend on it."""
ROW_GROUP = 262_144
MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Cohort:
    """What is simulated. The same cohort is the same bytes, on however many processes."""

    patients: int
    seed: int
    noise: Mapping[str, float]
    edge: float = 0.0
    responses: bool = True
    form: Literal["parquet", "csv"] = "parquet"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written."""

    patients: int
    rows: int
    folder: Path

    def __str__(self) -> str:
        said = f"{self.patients:,} patients, {self.rows:,} rows of records written to {self.folder}"
        return f"{said}; the truth is in {self.folder / 'truth'}"


def read_noise(given: list[str]) -> dict[str, float]:
    """Read `NAME=RATE`, each a kind of noise and a share from 0 to 1."""
    rates: list[tuple[str, float]] = []
    for text in given:
        name, equals, rate = (part.strip() for part in text.partition("="))
        if not equals:
            raise InputError(Problem("--noise", f'"{text}" has no rate', "write --noise missing_stop=0.1"))
        if name not in NOISE:
            raise InputError(Problem("--noise", f'there is no noise "{name}"', suggestion(name, NOISE)))
        if name in dict(rates):
            raise InputError(Problem("--noise", f"{name} is given twice", "keep one"))
        rates.append((name, _share("--noise", f"{name}={rate}", rate)))
    return check_rates(rates)


def _share(where: str, said: str, text: object) -> float:
    try:
        share = float(str(text))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError(Problem(where, f'"{said}" is no share', "give a number from 0 to 1"))
    return share


def simulate(
    cohort: Cohort, folder: Path, *, workers: int | None = None, chunk: int = CHUNK, show_progress: bool = False
) -> Summary:
    """Write the tables of a simulated cohort to a new or empty folder, and the truth to `truth` in it."""
    _refuse(cohort, folder, workers)
    workers = min(workers or os.cpu_count() or 1, -(-cohort.patients // chunk))
    parts = [(start, min(start + chunk, cohort.patients + 1)) for start in range(1, cohort.patients + 1, chunk)]
    try:
        with writing(folder), tempfile.TemporaryDirectory(dir=folder.absolute().parent, prefix=".myeloguide-") as aside:
            made, spool = Path(aside) / "made", Path(aside) / "parts"
            for place in (made / "truth", spool):
                place.mkdir(parents=True)
            with progress(cohort.patients, shown=show_progress) as advance:
                rows = 0
                for done, written in in_order(partial(write_part, cohort, spool), parts, workers):
                    advance(done)
                    rows += written
            _join(cohort, spool, made)
            shutil.rmtree(spool)
            _describe(cohort, made)
            if folder.exists():
                folder.rmdir()
            made.replace(folder)
    except pl.exceptions.PolarsError as error:
        raise InputError(Problem(str(folder), f"cannot be written: {reason(error)}")) from None
    return Summary(cohort.patients, rows, folder)


def _refuse(cohort: Cohort, folder: Path, workers: int | None) -> None:
    if not 1 <= cohort.patients <= MOST:
        raise InputError(Problem("--patients", f"{cohort.patients:,} cannot be simulated", f"give a number from 1 to {MOST:,}"))
    if cohort.seed < 0:
        raise InputError(Problem("--seed", f"{cohort.seed} is negative", "give 0 or more"))
    _share("--edge", str(cohort.edge), cohort.edge)
    if workers is not None and workers < 1:
        raise InputError(Problem("--workers", f"{workers} processes do nothing", "give 1 or more"))
    refuse_parent(folder)
    with writing(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(Problem(str(folder), "exists and is not an empty folder", "name a new one"))


class _Table:
    """Rows of one table as they come, with the patient of each."""

    __slots__ = ("patients", "rows")

    def __init__(self) -> None:
        self.patients: list[int] = []
        self.rows: Rows = []

    def add(self, patient: int, rows: Rows) -> None:
        self.patients += [patient] * len(rows)
        self.rows += rows


def write_part(cohort: Cohort, spool: Path, part: tuple[int, int]) -> tuple[int, int]:
    """Simulate the patients from a number up to, not including, another; return patients and rows of records written."""
    frames = make(cohort, *part)
    for name, table in frames.items():
        path = spool / name.replace("/", ".") / f"{part[0]:08d}"
        path.parent.mkdir(exist_ok=True)
        if cohort.form == "csv":
            with path.open("wb") as file:
                table.write_csv(file, include_header=False)
        else:
            table.write_parquet(path, compression="lz4")
    return part[1] - part[0], sum(table.height for name, table in frames.items() if name in RECORDS)


def make(cohort: Cohort, first: int, beyond: int) -> dict[str, pl.DataFrame]:
    """Return the tables of patients from a number up to, not including, another: `treatments`, `truth/lines` ..."""
    records = {name: _Table() for name in RECORDS}
    truths = {name: _Table() for name in TRUTH}
    facts = []
    drawn_from = model()
    gc.disable()  # rows by the hundred thousand, none of them in a cycle
    try:
        for number in range(first, beyond):
            told = story(cohort.seed, number, cohort.edge, drawn_from)
            tables = recorded(told, responses=cohort.responses)
            if cohort.noise:
                disturbed = Disturbed(told, tables, cohort.noise, cohort.seed, drawn_from.given.noise)
                tables = disturbed.tables()
                log: list[LogRow] = disturbed.log
                truths["noise"].add(number, [row[1:] for row in log])
            for name, rows in tables.items():
                records[name].add(number, rows)
            true, known = true_of(told)
            for name, rows in true.items():
                truths[name].add(number, rows)
            facts.append((known, told.t_11_14))
    finally:
        gc.enable()
    frames = {name: frame(RECORDS[name], table.patients, table.rows) for name, table in records.items()}
    frames |= {f"truth/{name}": frame(TRUTH[name], table.patients, table.rows) for name, table in truths.items()}
    frames["truth/facts"] = fact_frame(range(first, beyond), facts)
    return frames


def _join(cohort: Cohort, spool: Path, made: Path) -> None:
    """Put the parts of each table together, without ever holding one whole."""
    for name in [*RECORDS, *(f"truth/{name}" for name in (*TRUTH, "facts"))]:
        parts = sorted((spool / name.replace("/", ".")).iterdir())
        path = made / f"{name}.{cohort.form}"
        if cohort.form == "parquet":
            # Row groups of a fixed size, so that a file does not show from which parts it was made.
            scanned = pl.scan_parquet([str(part) for part in parts], glob=False)
            scanned.sink_parquet(path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)
            continue
        header = ["patient_id", *_columns(name)]
        with path.open("wb") as file:
            file.write((",".join(header) + "\n").encode())
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, file)


def _columns(name: str) -> list[str]:
    if name == "truth/facts":
        return fact_frame([], []).columns[1:]
    return list(TRUTH[name.removeprefix("truth/")] if name.startswith("truth/") else RECORDS[name])


def _describe(cohort: Cohort, made: Path) -> None:
    """Write what was simulated, so that it can be simulated again."""
    said = {
        "program": __version__,
        "patients": cohort.patients,
        "seed": cohort.seed,
        "noise": dict(cohort.noise),
        "edge": cohort.edge,
        "responses": cohort.responses,
    }
    (made / "truth" / "simulation.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
