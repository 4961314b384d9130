"""Record tables to lines, responses, refractoriness and facts, patient by patient, each written as Parquet with its proof."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from myeloguide.cohort.progress import progress
from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.history.closure import close, planes_of
from myeloguide.history.refractoriness import refractory
from myeloguide.history.story import RULE_SETS, Told, tell
from myeloguide.knowledge.vocabulary import Vocabulary, vocabulary
from myeloguide.output import refuse_parent, writing
from myeloguide.record.quality import Report
from myeloguide.record.sources import reason
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
    _refuse(output, source)
    words = vocabulary()
    examined = read_tables(source).examine(today=today)
    tables = {"lines": _line_rows, "responses": _response_rows, "refractoriness": _refractory_rows, "facts": _fact_rows}
    schemas = _schemas(words)
    counts = dict.fromkeys(tables, 0)
    told = undated = 0
    try:
        with (
            writing(output),
            tempfile.TemporaryDirectory(dir=output.absolute().parent, prefix=".myeloguide-") as folder,
            progress(len(examined.patients), shown=shown) as advance,
        ):
            patients = patients_of(examined)
            for number in range(len(examined.patients) // BATCH + 1):
                rows: dict[str, list[Row]] = {name: [] for name in tables}
                for events in islice(patients, BATCH):
                    day = events.person.as_of.last if events.person.as_of is not None else None
                    undated += day is None
                    found = tell(events, words, day or as_of or today, RULE_SETS[rules])
                    for name, make in tables.items():
                        rows[name] += make(found, words)
                    told += 1
                    advance(1)
                for name, made in rows.items():
                    counts[name] += len(made)
                    pl.DataFrame(made, schema=schemas[name]).write_parquet(Path(folder) / f"{name}-{number:05}.parquet")
            for name in tables:
                pl.scan_parquet(Path(folder) / f"{name}-*.parquet").sink_parquet(Path(folder) / f"{name}.parquet")
            output.mkdir(exist_ok=True)
            for name in tables:
                (Path(folder) / f"{name}.parquet").replace(output / f"{name}.parquet")
    except pl.exceptions.PolarsError as error:
        raise InputError(Problem(str(output), f"cannot be written: {reason(error)}")) from None
    return Derivation(told, counts, examined.report, undated)


def _refuse(output: Path, source: Path) -> None:
    """Refuse a folder in which the tables cannot be put, or whose own tables they would replace."""
    refuse_parent(output)
    with writing(output):
        if output.exists() and not output.is_dir():
            raise InputError(Problem(str(output), "is a file", "name a folder"))
        if output.is_dir() and source.is_dir() and output.samefile(source):
            raise InputError(Problem(str(output), "holds the tables that are read", "name another folder"))


def _schemas(words: Vocabulary) -> dict[str, dict[str, Any]]:
    text, whole, truth = pl.String, pl.Int32, pl.Boolean
    kinds: dict[str, Any] = {"number": pl.Float64, "integer": whole, "category": text}
    facts = {"patient_id": text} | {column: kinds.get(words.facts[name].kind, truth) for name, column, _ in _columns(words)}
    lines = ("regimen", "agents", "start", "stop", "transplant_date", "best_response", "progression_date", "end_reason", "began")
    return {
        "lines": {"patient_id": text, "line": whole} | dict.fromkeys(lines, text) | {"maintenance": truth, "assumed": truth},
        "responses": {"patient_id": text, "date": text, "line": whole, "category": text, "confirmed": text}
        | {"recorded": truth, "because": text, "not_measured": text},
        "refractoriness": {"patient_id": text, "agent": text, "exposed": truth, "refractory": truth, "line": whole}
        | {"reason": text, "last_dose": text, "progression_date": text, "days": pl.Float64, "assumed": truth},
        "facts": facts,
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


def _fact_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    sheet = told.derived.facts
    planes = planes_of(sheet, words, ())
    close(planes, words)
    row: Row = {"patient_id": told.patient_id}
    for name, column, member in _columns(words):
        fact = words.facts[name]
        if fact.is_number:
            exact = sheet.number(name).exact
            row[column] = None if exact is None else int(exact) if fact.kind == "integer" else exact
        elif fact.kind == "category":
            row[column] = next((value for value in fact.values if planes[name, value][0]), None)
        elif fact.none_unless_named:
            row[column] = None  # nothing that is recorded says what can be obtained or may be given
        else:
            true, false = planes[name, member]
            row[column] = True if true else False if false else None
    yield row


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
