"""Record tables to lines, responses, refractoriness and facts, patient by patient, each written as Parquet with its proof.

Lines given win; where the lines counted from the other tables differ, both sides are written to `disagreements`.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from myeloguide.cohort.columns import unpack_bits
from myeloguide.cohort.pool import in_order
from myeloguide.cohort.progress import progress
from myeloguide.errors import InputError, Problem
from myeloguide.history.closure import close, planes_of_all
from myeloguide.history.frailty import Scored
from myeloguide.history.lines import LineFound
from myeloguide.history.refractoriness import by_agent, decisive
from myeloguide.history.rule_sets import rule_set
from myeloguide.history.signs import clinical_criteria
from myeloguide.history.story import Told, tell
from myeloguide.knowledge.vocabulary import Vocabulary, vocabulary
from myeloguide.output import refuse_parent, writing
from myeloguide.record.fact_sheet import FactSheet
from myeloguide.record.quality import Examined, Report, refuse_nothing_used
from myeloguide.record.sources import reason
from myeloguide.record.tables import parts_of, patients_of, read_tables
from myeloguide.record.time import When

Row = dict[str, Any]
BATCH = 1_000
"""Patients told before their rows are written."""


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """What a derivation did: patients told, rows written by table, and the report on what came in."""

    patients: int
    rows: dict[str, int]
    report: Report
    undated: int
    """Patients without an `as_of` of their own, told as of the day given."""
    differing: int
    """Patients whose lines given differ from those counted from the other tables."""


def derive_tables(
    source: Path,
    output: Path,
    today: date,
    *,
    as_of: date | None = None,
    rules: str = "imwg-2015",
    relapse: str = "imwg-2016",
    workers: int = 1,
    shown: bool = False,
) -> Derivation:
    """Tell every patient of some record tables and write what follows to a folder: a table each of `TABLES`.

    A patient is told as of the day in the patients table, else as of the day given, else as of today. `relapse` is the version
    of the signs that make a relapse clinical. With several `workers` the parts of a large cohort are told in processes of
    their own; a script that asks for them stands under `if __name__ == "__main__"`.
    """
    rule_set(rules)
    clinical_criteria(relapse)
    _refuse(output, source)
    examined = read_tables(source).examine(today=today)
    refuse_nothing_used(examined.report, source)
    counts = dict.fromkeys(TABLES, 0)
    undated = differing = 0
    try:
        with (
            writing(output),
            tempfile.TemporaryDirectory(dir=output.absolute().parent, prefix=".myeloguide-") as folder,
            progress(len(examined.patients), shown=shown) as advance,
        ):
            work = _Work(Path(folder), rules, relapse, as_of or today)
            parts = enumerate(parts_of(examined, BATCH))
            for done in in_order(work, parts, min(workers, -(-len(examined.patients) // BATCH))):
                counts = {name: number + done.rows[name] for name, number in counts.items()}
                undated += done.undated
                differing += done.differing
                advance(done.patients)
            for name in TABLES:
                pl.scan_parquet(Path(folder) / f"{name}-*.parquet").sink_parquet(Path(folder) / f"{name}.parquet")
            output.mkdir(exist_ok=True)
            for name in TABLES:
                (Path(folder) / f"{name}.parquet").replace(output / f"{name}.parquet")
    except pl.exceptions.PolarsError as error:
        raise InputError(Problem(str(output), f"cannot be written: {reason(error)}")) from None
    return Derivation(len(examined.patients), counts, examined.report, undated, differing)


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    patients: int
    rows: dict[str, int]
    undated: int
    differing: int


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """Tells the patients of one part after another, in whatever process, and writes their rows aside."""

    folder: Path
    rules: str
    relapse: str
    day: date
    """The day of the decision, where the tables give none."""

    def __call__(self, part: tuple[int, Examined]) -> _Done:
        gc.disable()  # a part makes many objects that last until its end; looking through them again and again is in vain
        try:
            return self._tell(*part)
        finally:
            gc.enable()

    def _tell(self, number: int, examined: Examined) -> _Done:
        words, types, count = vocabulary(), _types(), rule_set(self.rules)
        rows: dict[str, list[Row]] = {name: [] for name in _ROWS}
        sheets: dict[str, FactSheet] = {}
        undated = differing = 0
        for events in patients_of(examined):
            day = events.person.as_of.last if events.person.as_of is not None else None
            undated += day is None
            found = tell(events, words, day or self.day, count, relapse=self.relapse)
            for name, make in _ROWS.items():
                rows[name] += make(found, words)
            sheets[found.patient_id] = found.derived.facts
            differing += bool(found.differing)
        frames = {name: pl.DataFrame(made, schema=types[name]) for name, made in rows.items()}
        frames["facts"] = fact_table(sheets, words)
        for name, frame in frames.items():
            frame.write_parquet(self.folder / f"{name}-{number:05}.parquet", compression="lz4")  # soon read again
        return _Done(len(sheets), {name: frame.height for name, frame in frames.items()}, undated, differing)


def _refuse(output: Path, source: Path) -> None:
    """Refuse a folder in which the tables cannot be put, or whose own tables they would replace."""
    refuse_parent(output)
    with writing(output):
        if output.exists() and not output.is_dir():
            raise InputError(Problem(str(output), "is a file", "name a folder"))
        if output.is_dir() and source.is_dir() and output.samefile(source):
            raise InputError(Problem(str(output), "holds the tables that are read", "name another folder"))


def _types() -> dict[str, dict[str, Any]]:
    text, whole, truth = pl.String, pl.Int32, pl.Boolean
    number = pl.Float64
    lines = ("regimen", "agents", "start", "stop", "transplant_date", "best_response", "progression_date", "progression_kind")
    return {
        "lines": {"patient_id": text, "line": whole}
        | dict.fromkeys((*lines, "end_reason", "began"), text)
        | {"maintenance": truth, "assumed": truth, "given": truth},
        "responses": {"patient_id": text, "date": text, "line": whole, "category": text, "confirmed": text}
        | {"recorded": truth, "because": text, "not_measured": text, "mrd_negative": truth},
        "relapses": {"patient_id": text, "line": whole, "date": text, "kind": text, "kind_recorded": truth, "criteria": text}
        | dict.fromkeys(("because", "signs", "absent_signs", "unknown_signs", "assumed_absent", "seen"), text)
        | {"significant": truth, "significant_because": text, "timing": text, "days_since_last_dose": number}
        | {"treatment_free_days": number, "months_from_transplant": number, "best_response": text}
        | {"from_response": truth, "from_complete_response": truth},
        "refractoriness": {"patient_id": text, "agent": text, "exposed": truth, "refractory": truth, "line": whole}
        | {"reason": text, "last_dose": text, "progression_date": text, "days": number, "assumed": truth}
        | {"rule": text, "first_dose": text, "days_given": number, "dose": text, "response": text, "lines": text, "proof": text},
        "states": {"patient_id": text, "state": text, "member": text, "value": truth, "because": text, "lines": text}
        | {"rule": text},
        "scores": {"patient_id": text, "score": text, "least": whole, "most": whole, "category": text, "frail": truth}
        | {"missing": text, "because": text, "unverified": text, "built_in": text},
        "disagreements": {"patient_id": text, "line": whole, "about": text, "given": text, "derived": text},
    }


def _line_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    kinds = {relapse.line: relapse.kind for relapse in told.derived.relapses}
    counted: Sequence[LineFound | None] = [None] * len(told.derived.courses) if told.lines_given else told.lines.lines
    for line, course in zip(counted, told.derived.courses, strict=True):
        reasons = dict.fromkeys(stretch.reason for stretch in course.stretches if stretch.reason)
        yield {
            "patient_id": told.patient_id,
            "line": course.number,
            "regimen": next(iter(course.regimens), None),
            "agents": "+".join(course.agents),
            "start": _day(course.start),
            "stop": _day(course.stop),
            "maintenance": course.maintenance,
            "transplant_date": _day(course.transplant),
            "best_response": course.best_response,
            "progression_date": _day(course.progression),
            "progression_kind": kinds.get(course.number),
            "end_reason": "; ".join(reasons) or None,
            "began": line.began if line else None,
            "assumed": line.assumed if line else None,
            "given": line is None,
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
            "mrd_negative": item.visit.mrd_negative,
        }


def _relapse_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    for item in told.derived.relapses:
        assert item.signs is not None
        signs = item.signs.signs
        yield {
            "patient_id": told.patient_id,
            "line": item.line,
            "date": _day(item.date),
            "kind": item.kind,
            "kind_recorded": item.signs.as_recorded is not None,
            "criteria": item.signs.version,
            "because": _joined(item.signs.because),
            "signs": _joined(sign.text for sign in signs if sign.value),
            "absent_signs": _joined(sign.text for sign in signs if sign.value is False),
            "unknown_signs": _joined(sign.text for sign in signs if sign.value is None),
            "assumed_absent": _joined(sign.sign for sign in signs if sign.assumed),
            "seen": _joined(dict.fromkeys(sign.seen for sign in signs)),
            "significant": item.signs.significant,
            "significant_because": item.signs.significant_text,
            "timing": item.timing,
            "days_since_last_dose": item.since_last_dose.exact,
            "treatment_free_days": item.treatment_free.exact,
            "months_from_transplant": item.months_from_transplant.exact,
            "best_response": item.best_response,
            "from_response": item.from_response,
            "from_complete_response": item.from_complete_response,
        }


def _refractory_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    refractory_to = told.derived.facts.members("refractory_to")
    said = {proof.member: proof.text for proof in told.derived.proofs if proof.fact == "refractory_to"}
    for agent, found in by_agent(told.derived.findings).items():
        finding = decisive(found)
        yield {
            "patient_id": told.patient_id,
            "agent": agent,
            "exposed": True,
            "refractory": refractory_to.has(agent),
            "line": finding.line,
            "reason": said.get(agent, finding.reason),
            "last_dose": _day(finding.last_dose),
            "progression_date": _day(finding.progression),
            "days": finding.days.exact,
            "assumed": finding.assumed,
            "rule": finding.rule,
            "first_dose": _day(finding.first_dose),
            "days_given": finding.given.exact,
            "dose": finding.dose,
            "response": finding.response,
            "lines": _joined(dict.fromkeys(str(one.line) for one in found)),
            "proof": _joined(dict.fromkeys(one.reason for one in found)),
        }


def _state_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    for proof in told.derived.states:
        yield {
            "patient_id": told.patient_id,
            "state": proof.fact,
            "member": proof.member or None,
            "value": proof.value,
            "because": proof.text,
            "lines": _joined(map(str, proof.lines)),
            "rule": proof.rule,
        }


def _score_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    for found in told.scores:
        yield {"patient_id": told.patient_id, **_score(found)}


@lru_cache(maxsize=256)  # patients of whom nothing but the age is recorded share their scores
def _score(found: Scored) -> Row:
    return {
        "score": found.score.score,
        "least": found.points[0],
        "most": found.points[1],
        "category": found.category,
        "frail": found.frail,
        "missing": _joined(found.missing),
        "because": "; ".join(item.text for item in found.items),
        "unverified": _joined(item.item for item in found.score.items if item.seen == "unverified"),
        "built_in": found.score.built_in,
    }


def _joined(texts: Iterable[str]) -> str | None:
    return "; ".join(texts) or None


def fact_table(sheets: Mapping[str, FactSheet], words: Vocabulary) -> pl.DataFrame:
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


def _disagreement_rows(told: Told, words: Vocabulary) -> Iterator[Row]:
    for item in told.differing:
        yield {"patient_id": told.patient_id, "line": item.line, "about": item.about, "given": item.first, "derived": item.second}


_ROWS: dict[str, Callable[[Told, Vocabulary], Iterator[Row]]] = {
    "lines": _line_rows,
    "responses": _response_rows,
    "relapses": _relapse_rows,
    "refractoriness": _refractory_rows,
    "states": _state_rows,
    "scores": _score_rows,
    "disagreements": _disagreement_rows,
}
TABLES = (*_ROWS, "facts")
"""What is written."""


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
