"""Record tables to lines, responses, refractoriness and facts, patient by patient, each written as Parquet with its proof."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from myeloguide.cohort.columns import unpack_bits
from myeloguide.cohort.progress import progress
from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.history.closure import close, planes_of_all
from myeloguide.history.refractoriness import refractory
from myeloguide.history.story import RULE_SETS, Told, tell
from myeloguide.knowledge.vocabulary import Vocabulary, vocabulary
from myeloguide.record.fact_sheet import FactSheet
from myeloguide.record.quality import Report
from myeloguide.record.tables import patients_of, read_tables
from myeloguide.record.time import When

Row = dict[str, Any]
BATCH = 5_000
"""Patients told before their rows are written."""


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """What a derivation did: patients told, rows written by table, and the report on what came in."""

    patients: int
    rows: dict[str, int]
    report: Report
    undated: int
    """Patients without an `as_of` of their own, told as of the day given."""


def derive_tables(
    source: Path, output: Path, today: date, *, as_of: date | None = None, rules: str = "imwg-2015", shown: bool = False
) -> Derivation:
    """Tell every patient of some record tables and write `lines`, `responses`, `refractoriness` and `facts` to a folder.

    A patient is told as of the day in the patients table, else as of the day given, else as of today.
    """
    if rules not in RULE_SETS:
        raise InputError(Problem("--rules", f"there is no rule set {rules}", suggestion(rules, RULE_SETS)))
    if output.exists() and not output.is_dir():
        raise InputError(Problem(str(output), "is a file", "name a folder"))
    if not output.parent.is_dir():
        raise InputError(Problem(str(output.parent), "there is no such folder", "make it first"))
    words = vocabulary()
    examined = read_tables(source).examine(today=today)
    tables = {"lines": _line_rows, "responses": _response_rows, "refractoriness": _refractory_rows}
    schemas = _schemas()
    counts = dict.fromkeys((*tables, "facts"), 0)
    told = undated = 0
    try:
        with (
            tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as folder,
            progress(len(examined.patients), shown=shown) as advance,
        ):
            patients = patients_of(examined)
            for number in range(len(examined.patients) // BATCH + 1):
                rows: dict[str, list[Row]] = {name: [] for name in tables}
                sheets: dict[str, FactSheet] = {}
                for events in islice(patients, BATCH):
                    day = events.person.as_of.last if events.person.as_of is not None else None
                    undated += day is None
                    found = tell(events, words, day or as_of or today, RULE_SETS[rules])
                    for name, make in tables.items():
                        rows[name] += make(found, words)
                    sheets[found.patient_id] = found.derived.facts
                    told += 1
                    advance(1)
                frames = {name: pl.DataFrame(made, schema=schemas[name]) for name, made in rows.items()}
                for name, frame in {**frames, "facts": _fact_table(sheets, words)}.items():
                    counts[name] += frame.height
                    frame.write_parquet(Path(folder) / f"{name}-{number:05}.parquet")
            output.mkdir(exist_ok=True)
            for name in counts:
                whole = Path(folder) / f"{name}.parquet"
                pl.scan_parquet(Path(folder) / f"{name}-*.parquet").sink_parquet(whole)
                whole.replace(output / whole.name)
    except OSError as error:
        raise InputError(Problem(str(output), f"cannot be written: {error.strerror or error}")) from None
    return Derivation(told, counts, examined.report, undated)


def _schemas() -> dict[str, dict[str, Any]]:
    text, whole, truth = pl.String, pl.Int32, pl.Boolean
    lines = ("regimen", "agents", "start", "stop", "transplant_date", "best_response", "progression_date", "end_reason", "began")
    return {
        "lines": {"patient_id": text, "line": whole} | dict.fromkeys(lines, text) | {"maintenance": truth, "assumed": truth},
        "responses": {"patient_id": text, "date": text, "line": whole, "category": text, "confirmed": text}
        | {"recorded": truth, "because": text, "not_measured": text},
        "refractoriness": {"patient_id": text, "agent": text, "exposed": truth, "refractory": truth, "line": whole}
        | {"reason": text, "last_dose": text, "progression_date": text, "days": pl.Float64, "assumed": truth},
    }


def _line_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    for line, course in zip(told.lines.lines, told.derived.courses, strict=True):
        reasons = dict.fromkeys(stretch.reason for stretch in course.stretches if stretch.reason)
        yield {
            "patient_id": told.patient_id,
            "line": line.number,
            "regimen": next(iter(course.regimens), None),
            "agents": "+".join(course.agents),
            "start": _day(course.start),
            "stop": _day(course.stop),
            "maintenance": course.maintenance,
            "transplant_date": _day(course.transplant),
            "best_response": course.best_response,
            "progression_date": _day(course.progression),
            "end_reason": "; ".join(reasons) or None,
            "began": line.began,
            "assumed": line.assumed,
        }


def _response_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    for item in told.responses:
        yield {
            "patient_id": told.patient_id,
            "date": item.visit.day.isoformat(),
            "line": item.line,
            "category": item.visit.category,
            "confirmed": item.confirmed,
            "recorded": item.recorded,
            "because": "; ".join(item.visit.because) or None,
            "not_measured": "; ".join(item.visit.not_measured) or None,
        }


def _refractory_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    for agent in dict.fromkeys(finding.agent for finding in told.derived.findings):
        decisive = refractory(finding for finding in told.derived.findings if finding.agent == agent)
        assert decisive is not None
        yield {
            "patient_id": told.patient_id,
            "agent": agent,
            "exposed": True,
            "refractory": told.derived.facts.members("refractory_to").has(agent),
            "line": decisive.line,
            "reason": decisive.reason,
            "last_dose": _day(decisive.last_dose),
            "progression_date": _day(decisive.progression),
            "days": decisive.days.exact,
            "assumed": decisive.assumed,
        }


def _fact_table(sheets: Mapping[str, FactSheet], words: Vocabulary) -> pl.DataFrame:
    """Return the facts of many patients, by their ids, with what follows from them; what is open is null."""
    size = len(sheets)
    planes = planes_of_all(sheets.values(), words)
    close(planes, words)

    def bits(plane: int) -> NDArray[np.bool_]:
        return unpack_bits(np.frombuffer(plane.to_bytes(-(-size // 8), "little"), np.uint8), size).view(np.bool_)

    def known(true: int, false: int) -> pl.Series:
        truth = pl.Series(bits(true), dtype=pl.Boolean)
        return truth if true | false == (1 << size) - 1 else truth.set(pl.Series(~bits(true | false)), None)

    nothing = pl.Series([None] * size, dtype=pl.Boolean)
    columns: dict[str, pl.Series] = {"patient_id": pl.Series(list(sheets), dtype=pl.String)}
    for name, column, member in _columns(words):
        fact = words.facts[name]
        if fact.is_number:
            numbers = pl.Series([sheet.number(name).exact for sheet in sheets.values()], dtype=pl.Float64)
            columns[column] = numbers.cast(pl.Int32) if fact.kind == "integer" else numbers
        elif fact.kind == "category":
            columns[column] = pl.Series([None] * size, dtype=pl.String)
            for value in fact.values:
                columns[column] = columns[column].set(pl.Series(bits(planes[name, value][0])), value)
        elif fact.none_unless_named or planes[name, member] == (0, 0):
            columns[column] = nothing  # nothing that is recorded says what can be obtained or may be given
        else:
            columns[column] = known(*planes[name, member])
    return pl.DataFrame(columns)


def _columns(words: Vocabulary) -> Iterator[tuple[str, str, str]]:
    """Yield the columns of the table of facts: fact, column and member."""
    for name, fact in words.facts.items():
        if fact.is_set:
            for member in words.members(fact):
                yield name, f"{fact.column}{words.regimens[member].column if fact.kind == 'regimens' else member}", member
        else:
            yield name, name, ""


def _day(when: When | None) -> str | None:
    """Return a date as it is known, or nothing: `2021-03-15`, `2021-03`."""
    return None if when is None or when.first is None or when.last is None else str(when)
