"""The evidence as a table: one row a trial, data cut, population, endpoint and comparison (or arm)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from myeloguide.evidence.trials import Evidence, Result, Toxicity, Trial, Value
from myeloguide.output import aside, refuse_output


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A row of the table; what the source does not print is None."""

    trial: str
    nct: str | None
    phase: str | None
    reference: int | None
    data_cut: str | None
    population: str
    endpoint: str
    option: str
    comparator: str | None
    n_option: int | None = None
    n_comparator: int | None = None
    value_option: str | None = None
    value_comparator: str | None = None
    unit: str | None = None
    hr: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float | None = None
    p: float | None = None
    p_operator: str | None = None
    followup_months: float | None = None
    source_first_line: int | None = None
    source_last_line: int | None = None
    as_printed: str | None = None
    note: str | None = None
    publication: str | None = None
    verified: bool = True
    nct_verified: bool | None = None
    difference: float | None = None
    called: str | None = None
    grade: str | None = None


COLUMNS = tuple(item.name for item in fields(EvidenceRow))


def rows(evidence: Evidence) -> Iterator[EvidenceRow]:
    """Yield every result and toxicity of every trial."""
    for trial in evidence.trials:
        for result in trial.file.results:
            yield of_result(trial, result)
        for toxicity in trial.file.toxicities:
            yield of_toxicity(trial, toxicity)


def written(value: Value | None) -> str | None:
    """Return a value as text: a number without needless digits, or `NR`, `NE`, `8-10`."""
    return f"{value:g}" if isinstance(value, (int, float)) else value


def of_result(trial: Trial, result: Result) -> EvidenceRow:
    """Return a result as a row."""
    first, last = result.lines[0] if result.lines else (None, None)
    return EvidenceRow(
        trial.name,
        trial.file.registry.number if trial.file.registry else None,
        result.phase or trial.file.phase,
        result.reference or _only_reference(trial),
        result.cut or None,
        result.population,
        result.measured,
        result.option,
        result.comparator or result.contrast,
        result.n_option,
        result.n_comparator,
        written(result.value_option),
        written(result.value_comparator),
        result.unit,
        result.hr,
        result.ci_low,
        result.ci_high,
        result.ci_level,
        result.p,
        result.p_operator,
        result.followup_months,
        first,
        last,
        result.as_printed,
        result.note,
        result.publication,
        result.verified,
        trial.file.registry.verified if trial.file.registry else None,
        result.difference,
        result.called,
    )


def of_toxicity(trial: Trial, toxicity: Toxicity) -> EvidenceRow:
    """Return a toxicity as a row: what happened stands as the endpoint."""
    first, last = toxicity.lines[0]
    return EvidenceRow(
        trial.name,
        trial.file.registry.number if trial.file.registry else None,
        trial.file.phase,
        toxicity.reference or _only_reference(trial),
        None,
        toxicity.population,
        toxicity.event + (f", grade {toxicity.grade}" if toxicity.grade else ""),
        toxicity.option,
        None,
        trial.file.population(toxicity.population).n,
        value_option=written(toxicity.frequency),
        unit="percent" if toxicity.frequency is not None else None,
        source_first_line=first,
        source_last_line=last,
        as_printed=toxicity.as_printed,
        note=toxicity.said,
        nct_verified=trial.file.registry.verified if trial.file.registry else None,
        grade=toxicity.grade,
    )


def _only_reference(trial: Trial) -> int | None:
    """Return the reference of a trial that has one, for what is printed without."""
    return trial.file.references[0] if len(trial.file.references) == 1 else None


def export(evidence: Evidence, path: Path) -> int:
    """Write the table as CSV or Parquet and return how many rows it has."""
    refuse_output(path, (".csv", ".parquet"), "RESULTS.csv or RESULTS.parquet")
    found = list(rows(evidence))
    with aside(path) as made:
        if path.suffix == ".csv":
            with made.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(asdict(row) for row in found)
        else:
            _write_parquet(found, made)
    return len(found)


def _write_parquet(found: list[EvidenceRow], path: Path) -> None:
    import polars

    schema = {
        item.name: polars.Boolean
        if "bool" in str(item.type)
        else polars.Int64
        if "int" in str(item.type)
        else polars.Float64
        if "float" in str(item.type)
        else polars.String
        for item in fields(EvidenceRow)
    }
    polars.DataFrame([asdict(row) for row in found], schema=schema).write_parquet(path)
