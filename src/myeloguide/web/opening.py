"""Files that were dropped on the page, as one patient file: a patient file itself, or record tables of one patient."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import PurePath
from typing import Any

from myeloguide.errors import InputError, Problem
from myeloguide.history.frailty import age_on
from myeloguide.knowledge.reading import decode, parse
from myeloguide.record.events import Person
from myeloguide.record.schema import EVENTS, TABLES
from myeloguide.record.time import parse_when

Row = Mapping[str, str]
_TABULAR = (".csv", ".parquet")
_OF_HISTORY = ("diagnosis_date", "complete_from")
_OF_LINE = {"transplant_date": "transplant", "end_reason": "stop_reason"}


def opened(files: Sequence[tuple[str, bytes]]) -> str:
    """Return what was dropped as the JSON text of a patient file; InputError says which file cannot be used."""
    suffixes = [PurePath(name).suffix.casefold() for name, _ in files]
    if len(files) == 1 and suffixes[0] not in _TABULAR:
        name, content = files[0]
        return json.dumps(parse(decode(content, name), name).data, ensure_ascii=False)
    for (name, _), suffix in zip(files, suffixes, strict=True):
        if suffix not in _TABULAR or PurePath(name).stem not in TABLES:
            raise InputError(
                Problem(name, "is no record table", f"open one patient file, or {', '.join(TABLES)} as .csv or .parquet")
            )
    return json.dumps(_of_tables({PurePath(name).stem: _rows(name, content) for name, content in files}), ensure_ascii=False)


def _rows(name: str, content: bytes) -> list[Row]:
    """Return the rows of a table, each without its empty cells."""
    import polars as pl

    try:
        made = (
            pl.read_parquet(io.BytesIO(content))
            if name.casefold().endswith(".parquet")
            else pl.read_csv(io.BytesIO(content), infer_schema=False)
        )
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise InputError(Problem(name, f"cannot be read: {str(error).splitlines()[0]}", "save it anew")) from None
    texts = made.with_columns(pl.all().cast(pl.String, strict=False)).to_dicts()
    return [{key: value for key, value in row.items() if value not in (None, "")} for row in texts]


def _of_tables(tables: Mapping[str, list[Row]]) -> dict[str, Any]:
    """Put the tables of one patient into a patient file."""
    patients = list(dict.fromkeys(row.get("patient_id", "") for rows in tables.values() for row in rows))
    if len(patients) != 1 or not patients[0]:
        what = f"hold {len(patients)} patients" if any(patients) else "hold no patient_id"
        raise InputError(Problem("the tables", what, "keep the rows of one patient; `myeloguide history derive` tells many"))
    person = dict(next(iter(tables.get("patients", [])), {}))
    history: dict[str, Any] = {name: person[name] for name in _OF_HISTORY if name in person}
    for name in EVENTS:
        if tables.get(name):
            history[name] = [{key: value for key, value in row.items() if key != "patient_id"} for row in tables[name]]
    if tables.get("lines"):
        history["lines"] = [_line(row) for row in tables["lines"]]
    made: dict[str, Any] = {"patient": patients[0], "history": history}
    if "as_of" in person:
        made["as_of"] = person["as_of"]
    if "birth_date" in person:
        age = _age(person["birth_date"], made.get("as_of"))
        made |= {"facts": {"age": age}} if age is not None else {}
    return made


def _line(row: Row) -> dict[str, Any]:
    line: dict[str, Any] = {_OF_LINE.get(key, key): value for key, value in row.items() if key not in ("patient_id", "line")}
    progressed = {"date": line.pop("progression_date", None), "kind": line.pop("progression_kind", None)}
    if any(progressed.values()):
        line["progression"] = {key: value for key, value in progressed.items() if value}
    if "agents" in line:
        line["agents"] = line["agents"].split("+")
    if "maintenance" in line:
        line["maintenance"] = line["maintenance"].casefold() in ("true", "yes", "1")
    if row.get("line", "").isdigit():
        line["line"] = int(row["line"])
    return line


def _age(born: str, as_of: str | None) -> Any:
    """Return the age on the day of the decision: a number, a range, or None where the dates do not say."""
    try:
        day = parse_when(as_of).last if as_of else date.today()
        age = age_on(Person("", birth_date=parse_when(born)), day or date.today())
    except ValueError:
        return None
    if age is None:
        return None
    return age.exact if age.exact is not None else {"at_least": age.least, "at_most": age.most}
