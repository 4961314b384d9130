"""Faults as real records have them, each at a rate of its own and written down; the truth stays what it is.

Every kind draws from a stream of its own over the rows as they were without any fault, so that one kind does not move another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myeloguide.cohort.simulation.disease import (
    CALCIUM,
    CREATININE,
    HAEMOGLOBIN,
    KAPPA,
    LAMBDA,
    SERUM,
    URINE,
)
from myeloguide.cohort.simulation.draws import generator
from myeloguide.cohort.simulation.parameters import NoiseSizes
from myeloguide.cohort.simulation.records import DATES, RECORDS, Rows
from myeloguide.cohort.simulation.story import EPOCH, Story

NOISE: dict[str, str] = {
    "left_truncation": "share of patients whose records before some day are lost; a treatment that spans the day begins on it",
    "lost_records": "share of rows of every table but patients that are lost",
    "missing_progression": "share of progressions whose visits (values, findings, responses) are lost",
    "missing_response": "share of the investigators' responses that are lost",
    "missing_stop": "share of treatment stops that are left empty",
    "other_unit": "share of values written in another usual unit, with that unit",
    "wrong_unit": "share of values written in another usual unit, under the old unit",
    "shifted_dates": "share of rows whose dates are moved by some days",
    "partial_dates": "share of dates of which only the month, or the year, is left",
    "duplicates": "share of rows that stand twice",
}
OTHER_UNITS: dict[str, tuple[str, float]] = {
    SERUM: ("g/L", 10),
    URINE: ("g/24 h", 0.001),
    KAPPA: ("mg/dL", 0.1),
    LAMBDA: ("mg/dL", 0.1),
    CREATININE: ("umol/L", 88.42),
    CALCIUM: ("mmol/L", 0.2495),
    HAEMOGLOBIN: ("g/L", 10),
}

LogRow = tuple[int, str, str, int | None, str | None, str | None, str | None]
"""Patient, noise, table, row (its place among the patient's rows without noise, from 0), column, before, after."""


@dataclass(slots=True)
class _Row:
    """A row with its place among the patient's rows of the table."""

    place: int
    values: list[Any]


class Disturbed:
    """The records of one patient, made faulty; `log` says how."""

    def __init__(self, story: Story, tables: Mapping[str, Rows], rates: Mapping[str, float], seed: int, sizes: NoiseSizes):
        self.story, self.rates, self.seed, self.sizes = story, rates, seed, sizes
        self.rows = {
            name: [_Row(place, list(row)) for place, row in enumerate(rows)]
            for name, rows in tables.items()
            if name != "patients"
        }
        self.patient = list(tables["patients"][0])
        self.size = {name: len(rows) for name, rows in self.rows.items()}
        self.log: list[LogRow] = []
        for position, kind in enumerate(NOISE):
            if rates.get(kind):
                self.kind = kind
                self.stream = generator(seed, story.number, 1 + position)
                make: Callable[[float], None] = getattr(self, f"_{kind}")
                make(rates[kind])

    def tables(self) -> dict[str, Rows]:
        """Return the rows of every table as they are written."""
        written: dict[str, Rows] = {name: [tuple(row.values) for row in rows] for name, rows in self.rows.items()}
        written["patients"] = [tuple(self.patient)]
        return written

    def _note(self, table: str, row: _Row | None, column: str | None, before: Any, after: Any) -> None:
        place = None if row is None else row.place
        dated = column in DATES
        said, says = _said(before, dated=dated), _said(after, dated=dated)
        self.log.append((self.story.number, self.kind, table, place, column, said, says))

    def _shares(self, table: str, columns: int = 1) -> NDArray[np.float64]:
        return self.stream.random((self.size[table], columns))

    def _drop(self, table: str, lost: Callable[[_Row], bool]) -> None:
        kept = []
        for row in self.rows[table]:
            if lost(row):
                self._note(table, row, None, _key(table, row), None)
            else:
                kept.append(row)
        self.rows[table] = kept

    def _left_truncation(self, rate: float) -> None:
        chance, share, recorded = self.stream.random(3).tolist()
        story = self.story
        first = story.diagnosis + int((story.as_of - story.diagnosis) * (0.1 + 0.8 * share))
        if chance >= rate:
            return
        for table in ("procedures", "measurements", "findings", "responses"):
            at = _at(table, "date")
            self._drop(table, lambda row, at=at: row.values[at] < first)  # type: ignore[misc]
        start, stop = _at("treatments", "start"), _at("treatments", "stop")
        self._drop("treatments", lambda row: row.values[stop] is not None and row.values[stop] < first)
        for row in self.rows["treatments"]:
            if row.values[start] < first:
                self._change("treatments", row, "start", first)
        at = _at("patients", "complete_from")
        after = first if recorded < self.sizes.complete_from_recorded.value else None
        self._note("patients", None, "complete_from", self.patient[at], after)
        self.patient[at] = after

    def _change(self, table: str, row: _Row, column: str, after: Any) -> None:
        at = _at(table, column)
        self._note(table, row, column, row.values[at], after)
        row.values[at] = after

    def _lost_records(self, rate: float) -> None:
        for table in self.rows:
            lost = self._shares(table)[:, 0] < rate
            self._drop(table, lambda row, lost=lost: bool(lost[row.place]))  # type: ignore[misc]

    def _missing_progression(self, rate: float) -> None:
        chances = self.stream.random(8)
        for line in self.story.lines:
            if line.progression is None or chances[line.number - 1] >= rate:
                continue
            days = {visit.day for visit in line.visits if visit.category == "PD"}
            for table in ("measurements", "findings", "responses"):
                at = _at(table, "date")
                self._drop(table, lambda row, at=at, days=days: row.values[at] in days)  # type: ignore[misc]

    def _missing_response(self, rate: float) -> None:
        lost = self._shares("responses")[:, 0] < rate
        self._drop("responses", lambda row: bool(lost[row.place]))

    def _missing_stop(self, rate: float) -> None:
        hit, at = self._shares("treatments")[:, 0] < rate, _at("treatments", "stop")
        for row in self.rows["treatments"]:
            if hit[row.place] and row.values[at] is not None:
                self._change("treatments", row, "stop", None)

    def _other_unit(self, rate: float) -> None:
        self._units(rate, labelled=True)

    def _wrong_unit(self, rate: float) -> None:
        self._units(rate, labelled=False)

    def _units(self, rate: float, *, labelled: bool) -> None:
        hit = self._shares("measurements")[:, 0] < rate
        test, value, unit = (_at("measurements", column) for column in ("test", "value", "unit"))
        for row in self.rows["measurements"]:
            other = OTHER_UNITS.get(row.values[test])
            if not hit[row.place] or other is None or row.values[value] == 0 or row.values[unit] == other[0]:
                continue
            self._change("measurements", row, "value", float(f"{row.values[value] * other[1]:.6g}"))
            if labelled:
                self._change("measurements", row, "unit", other[0])

    def _shifted_dates(self, rate: float) -> None:
        for table in self.rows:
            shares = self._shares(table, 3)
            for row in self.rows[table]:
                chance, size, way = shares[row.place]
                if chance >= rate:
                    continue
                low, high = self.sizes.shift_days.low, self.sizes.shift_days.high
                days = (1 if way < 0.5 else -1) * int(low + size * (high - low + 1))
                for column in _dates(table):
                    before = row.values[_at(table, column)]
                    if before is not None:
                        self._change(table, row, column, before + days)

    def _partial_dates(self, rate: float) -> None:
        for table in self.rows:
            columns = _dates(table)
            shares = self._shares(table, 2 * len(columns))
            for row in self.rows[table]:
                for number, column in enumerate(columns):
                    chance, year = shares[row.place, 2 * number : 2 * number + 2]
                    before = row.values[_at(table, column)]
                    if chance < rate and before is not None:
                        length = 4 if year < self.sizes.year_alone.value else 7
                        self._change(table, row, column, _said(before, dated=True)[:length])  # type: ignore[index]

    def _duplicates(self, rate: float) -> None:
        for table, rows in self.rows.items():
            hit = self._shares(table)[:, 0] < rate
            written = []
            for row in rows:
                written.append(row)
                if hit[row.place]:
                    self._note(table, row, None, None, _key(table, row))
                    written.append(row)
            self.rows[table] = written


def _at(table: str, column: str) -> int:
    return list(RECORDS[table]).index(column)


def _dates(table: str) -> list[str]:
    return [column for column, kind in RECORDS[table].items() if kind == "date"]


def _said(value: Any, *, dated: bool) -> str | None:
    if dated and isinstance(value, int):
        return date.fromordinal(value + EPOCH).isoformat()
    return None if value is None else str(value)


def _key(table: str, row: _Row) -> str:
    """Name a row by its first date and what it is about: `2015-03-02 serum_m_protein`."""
    columns = RECORDS[table]
    day = next(position for position, kind in enumerate(columns.values()) if kind == "date")
    what = next(position for position, kind in enumerate(columns.values()) if kind == "text")
    return f"{_said(row.values[day], dated=True)} {row.values[what]}"


def check_rates(rates: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the rates by kind, in the order in which faults are made."""
    given = dict(rates)
    return {kind: given[kind] for kind in NOISE if given.get(kind)}
