"""Record tables that stand inside a patient file, read by the same converters as the tables of a registry.

What sets a row of a registry aside is an error here: one patient's file can be corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

import polars as pl

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.knowledge.reading import Document, Place
from myeloguide.record.events import Events
from myeloguide.record.patient_file import PatientFile
from myeloguide.record.quality import ASIDE
from myeloguide.record.schema import TABLES
from myeloguide.record.tables import patients_of, read_tables
from myeloguide.record.time import When

_PATIENT = "patient"
_FIELDS = {
    "agent": ("no_agent", "unknown_agent"), "test": ("no_test", "unknown_test"), "unit": ("no_unit", "unknown_unit"),
    "operator": ("unknown_operator", "contradictory_operator"), "dose": ("unread_dose",), "line": ("unread_line",),
    "value": ("no_value", "not_a_number", "ambiguous_number", "impossible_value"), "stop": ("stop_before_start",),
    "kind": ("no_kind", "unknown_procedure", "unknown_finding"), "category": ("no_category", "unknown_category"),
    "clinical": ("unread_clinical",), "intent": ("unknown_intent",), "stop_reason": ("unknown_stop_reason",),
}  # fmt: skip
"""The field in which each kind of finding lies; of a date it is the first word of what is said."""
_FIELD_OF = {kind: name for name, kinds in _FIELDS.items() for kind in kinds}
_REFUSED = frozenset(
    {"unread_dose", "unread_line", "unread_clinical", "unknown_intent", "unknown_stop_reason", "stop_after_as_of"}
)
"""Findings that leave a row in use in a registry, and are errors in a file that one person wrote."""
_TOLD_ASIDE = frozenset({"duplicate", "supportive"})


def read_inline(patient: PatientFile) -> tuple[Events, tuple[str, ...]]:
    """Return the events of a patient file's record tables, and remarks on what is odd in them.

    InputError says which row and field cannot be used.
    """
    document = patient.document or Document(_PATIENT, None, {})
    day, read = _READ.get(document, (None, None))
    if read is None or day != patient.as_of:
        read = _read(patient, document)
        _READ[document] = patient.as_of, read
    return read


_READ: WeakKeyDictionary[Document, tuple[date, tuple[Events, tuple[str, ...]]]] = WeakKeyDictionary()
"""What was read of a document, for as long as somebody holds it: one answer tells a history under every ruling."""


def _read(patient: PatientFile, document: Document) -> tuple[Events, tuple[str, ...]]:
    names = patient.history.tables
    problems = [problem for name in names for problem in _misshapen(document, name, getattr(patient.history, name))]
    if problems:
        raise InputError(problems)
    frames = {name: _frame(name, getattr(patient.history, name)) for name in names}
    frames["patients"] = _frame("patients", [_person(patient)])
    examined = read_tables(frames).examine()
    remarks = []
    for table, row, _, kind, done, what in examined.report.findings.iter_rows():
        if table == "patients":
            continue
        place = _place(table, row, kind, what)
        if kind in _REFUSED or (done == ASIDE and kind not in _TOLD_ASIDE):
            problems.append(Problem(document.where(place), f"{table}, {_named(place, what)}"))
        else:
            used = "; the row is not used" if done == ASIDE else ""
            remarks.append(f"{table}, row {row}: {what}{used}")
    if problems:
        raise InputError(sorted(problems, key=lambda problem: _line(problem.where)))
    (events,) = patients_of(examined)
    return events, tuple(remarks)


def _line(where: str) -> int:
    """Return the line of `file:line`, 0 where there is none."""
    line = where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _misshapen(document: Document, name: str, rows: tuple[dict[str, Any], ...]) -> Iterator[Problem]:
    """Yield the keys that a table does not have, and values that are neither words nor numbers."""
    known = [column.name for column in TABLES[name] if column.name != "patient_id"]
    for number, row in enumerate(rows):
        for key, value in row.items():
            where = document.where(("history", name, number, key))
            if key not in known:
                yield Problem(where, f"unknown key {key} in {name}", suggestion(str(key), known))
            elif isinstance(value, (dict, list)):
                yield Problem(where, f"{name}, {key}: is of a kind that cannot stand here", "write one word or number")


def _frame(name: str, rows: tuple[dict[str, Any], ...] | list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows as a table of texts, as a CSV file would give them."""
    made: list[dict[str, str | None]] = [
        {"patient_id": _PATIENT, **{key: _text(value) for key, value in row.items()}} for row in rows
    ]
    return pl.DataFrame(made, schema=dict.fromkeys((column.name for column in TABLES[name]), pl.String))


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _person(patient: PatientFile) -> dict[str, Any]:
    history = patient.history
    whole = history.is_complete
    return {
        "as_of": patient.as_of,
        "diagnosis_date": _date(history.diagnosis_date),
        "complete_from": _date(history.complete_from) if whole else None,
    }


def _date(when: When) -> str | None:
    return str(when) if when.known else None


def _place(table: str, row: int, kind: str, what: str) -> Place:
    field = _FIELD_OF.get(kind) or what.split(maxsplit=1)[0].rstrip(":")
    known = [column.name for column in TABLES[table]]
    return ("history", table, row - 1, *((field,) if field in known else ()))


def _named(place: Place, what: str) -> str:
    """Say what is wrong with the field in front, where what is said does not begin with it."""
    field = str(place[-1])
    return what if isinstance(place[-1], int) or what.startswith(field) else f"{field}: {what}"
