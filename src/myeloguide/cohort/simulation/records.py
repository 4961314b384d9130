"""A story as rows of the record tables and of the truth, and rows as frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from myeloguide.cohort.simulation.disease import UNITS
from myeloguide.cohort.simulation.story import Story
from myeloguide.cohort.simulation.truth import Facts, agents_of, facts, failures, of_agents
from myeloguide.knowledge.vocabulary import vocabulary

Rows = list[tuple[Any, ...]]
Columns = dict[str, str]
"""Columns of a table, the patient's left out, with their kind: date, text, number, whole, flag; a date is days since 1970."""

RECORDS: dict[str, Columns] = {
    "patients": {
        "birth_date": "date",
        "sex": "text",
        "diagnosis_date": "date",
        "complete_from": "date",
        "as_of": "date",
        "last_seen": "date",
        "death_date": "date",
    },
    "treatments": {
        "agent": "text",
        "start": "date",
        "stop": "date",
        "dose": "number",
        "dose_unit": "text",
        "regimen": "text",
        "line": "whole",
        "intent": "text",
        "stop_reason": "text",
    },
    "procedures": {"kind": "text", "date": "date"},
    "measurements": {"date": "date", "test": "text", "operator": "text", "value": "number", "unit": "text"},
    "findings": {"date": "date", "kind": "text", "value": "text"},
    "responses": {"date": "date", "category": "text", "clinical": "flag"},
}
TRUTH: dict[str, Columns] = {
    "patients": {"disease": "text", "edge": "text"},
    "lines": {
        "line": "whole",
        "regimen": "text",
        "agents": "text",
        "start": "date",
        "stop": "date",
        "maintenance": "flag",
        "transplant_date": "date",
        "best_response": "text",
        "progression_date": "date",
        "progression_kind": "text",
        "end_reason": "text",
    },
    "responses": {"date": "date", "line": "whole", "category": "text", "confirmed": "text"},
    "refractoriness": {
        "agent": "text",
        "exposed": "flag",
        "refractory": "flag",
        "line": "whole",
        "reason": "text",
        "last_dose": "date",
        "progression_date": "date",
        "days": "whole",
    },
    "noise": {"noise": "text", "table": "text", "row": "whole", "column": "text", "before": "text", "after": "text"},
}
TRUTH["refractoriness_by_line"] = TRUTH["refractoriness"]
DATES = {column for table in RECORDS.values() for column, kind in table.items() if kind == "date"}
TYPES: dict[str, Any] = {"date": pl.String, "text": pl.String, "number": pl.Float64, "whole": pl.Int64, "flag": pl.Boolean}


def recorded(story: Story, *, responses: bool = True) -> dict[str, Rows]:
    """Return a patient's rows of every record table, complete from the diagnosis."""
    last = (story.as_of, story.last_seen, story.death)
    sex = "male" if story.male else "female"
    return {
        "patients": [(story.birth, sex, story.diagnosis, story.diagnosis, *last)],
        "treatments": [
            (given.agent, given.start, given.stop, given.dose, given.unit, given.regimen, None, given.intent, given.stop_reason)
            for line in story.lines
            for given in line.given
        ],
        "procedures": list(story.procedures),
        "measurements": [(day, test, None, value, UNITS[test]) for day, test, value in story.measurements],
        "findings": list(story.findings),
        "responses": list(story.responses) if responses else [],
    }


def true_of(story: Story) -> tuple[dict[str, Rows], Facts]:
    """Return a patient's rows of every table of the truth, and the facts."""
    by_line = [failure for line in story.lines for failure in failures(line)]
    columns = ("agent", "refractory", "line", "reason", "last_dose", "progression", "days")

    def row(failure: Any) -> tuple[Any, ...]:
        agent, *rest = (getattr(failure, column) for column in columns)
        return (agent, True, *rest)

    rows: dict[str, Rows] = {
        "patients": [(story.disease, story.edge)],
        "lines": [
            (
                line.number,
                line.regimens[0],
                "+".join(agents_of(line)),
                line.start,
                line.stop,
                line.maintenance,
                line.transplant,
                line.best,
                line.progression,
                line.kind,
                line.end_reason,
            )
            for line in story.lines
        ],
        "responses": [(visit.day, line.number, visit.category, visit.confirmed) for line in story.lines for visit in line.visits],
        "refractoriness_by_line": [row(failure) for failure in by_line],
        "refractoriness": [row(failure) for failure in of_agents(by_line)],
    }
    return rows, facts(story, by_line)


def frame(columns: Columns, patients: Sequence[int], rows: Rows) -> pl.DataFrame:
    """Return rows as a frame; `patients` holds the patient's number of each row."""
    made = [identity(patients)]
    for position, (name, kind) in enumerate(columns.items()):
        values = [row[position] for row in rows]
        made.append(_dates(name, values) if kind == "date" else pl.Series(name, values, dtype=TYPES[kind]))
    return pl.DataFrame(made)


def identity(patients: Sequence[int]) -> pl.Series:
    """Return patients' numbers as their identifiers: `S0000042`."""
    text = pl.Series("patient_id", patients, dtype=pl.Int64).cast(pl.String)
    return ("S" + text.str.zfill(7)).alias("patient_id")


def _dates(name: str, values: list[Any]) -> pl.Series:
    """Return days as ISO 8601 text; what is text already is a partial date."""
    try:
        return pl.Series(name, values, dtype=pl.Int32).cast(pl.Date).cast(pl.String)
    except TypeError:
        pass
    partial = {position: value for position, value in enumerate(values) if type(value) is str}
    days = [None if position in partial else value for position, value in enumerate(values)]
    text = pl.Series(name, days, dtype=pl.Int32).cast(pl.Date).cast(pl.String)
    return text.scatter(list(partial), list(partial.values()))


def fact_frame(patients: Sequence[int], found: list[tuple[Facts, bool | None]]) -> pl.DataFrame:
    """Return the facts of patients as the columns of the contract, one row each; the flag is t(11;14).

    What neither records nor definitions settle stays null: an umbrella such as `venetoclax-based` as a regimen given.
    """
    known = vocabulary()
    scalars: dict[str, tuple[Any, list[Any]]] = {
        "prior_lines": (pl.Int64, [fact.prior_lines for fact, _ in found]),
        "age": (pl.Float64, [float(fact.age) for fact, _ in found]),
        "months_lenalidomide_stop_to_progression": (pl.Float64, [fact.months_lenalidomide for fact, _ in found]),
        "prior_transplant": (pl.Boolean, [fact.transplant for fact, _ in found]),
        "months_transplant_to_progression": (pl.Float64, [fact.months_transplant for fact, _ in found]),
        "maintenance_after_transplant": (pl.Boolean, [fact.maintenance for fact, _ in found]),
        "primary_refractory": (pl.Boolean, [fact.primary_refractory for fact, _ in found]),
        "t_11_14": (pl.Boolean, [flag for _, flag in found]),
    }
    made = [identity(patients), *(pl.Series(name, values, dtype=kind) for name, (kind, values) in scalars.items())]
    agents = known.active_agents
    for prefix, field in (("exposed_to_", "exposed"), ("refractory_to_", "refractory"), ("line1_", "line1")):
        made += _flags([prefix + agent for agent in agents], agents, [getattr(fact, field) for fact, _ in found])
    regimens = [regimen.regimen for regimen in known.regimens.values() if regimen.agents and not regimen.one_of]
    regimens = [name for name in regimens if name != "venetoclax-based"] + ["BCMA-CAR-T"]
    columns = [f"given_{known.regimens[name].column}" for name in regimens]
    made += _flags(columns, regimens, [fact.regimens for fact, _ in found])
    return pl.DataFrame(made)


def _flags(columns: list[str], members: Sequence[str], sets: list[Any]) -> list[pl.Series]:
    place = {member: position for position, member in enumerate(members)}
    flags = np.zeros((len(members), len(sets)), dtype=np.bool_)
    for patient, found in enumerate(sets):
        for member in found:
            flags[place[member], patient] = True
    return [pl.Series(column, flags[position]) for position, column in enumerate(columns)]
