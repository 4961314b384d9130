"""The record tables: their columns, what each holds, and the closed lists of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from myeloguide.knowledge.names import fold
from myeloguide.record.events import Intent
from myeloguide.record.patient_file import RESPONSES, ProgressionKind, StopReason

Holds = Literal["id", "text", "date", "number", "integer", "value", "boolean"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a record table; without a `key` column its table means nothing."""

    name: str
    holds: Holds = "text"
    key: bool = False


def _columns(keys: str, **others: str) -> tuple[Column, ...]:
    columns = [Column("patient_id", "id", key=True)]
    columns += [Column(name, "value" if name == "value" else "text", key=True) for name in keys.split()]
    columns += [Column(name, holds) for holds, names in others.items() for name in names.split()]  # type: ignore[arg-type]
    return tuple(columns)


TABLES: Mapping[str, tuple[Column, ...]] = {
    "patients": _columns("", date="birth_date diagnosis_date complete_from as_of last_seen death_date", text="sex"),
    "treatments": _columns(
        "agent", date="start stop", number="dose", text="dose_unit regimen intent stop_reason", integer="line"
    ),
    "procedures": _columns("kind", date="date"),
    "measurements": _columns("test value", date="date", text="operator unit"),
    "findings": _columns("kind", date="date", text="value"),
    "responses": _columns("category", date="date", boolean="clinical"),
    "lines": _columns(
        "",
        integer="line",
        text="regimen agents best_response progression_kind end_reason",
        date="start stop transplant_date progression_date",
        boolean="maintenance",
    ),
}
"""The tables that are read, and the columns of each."""

EVENTS = ("treatments", "procedures", "measurements", "findings", "responses")
"""Tables whose rows become events."""


def _spelt(*names: str, **synonyms: str) -> dict[str, str]:
    found = {fold(name): name for name in names}
    for name, words in synonyms.items():
        found.update({fold(word): name for word in words.split("|")})
    return found


PROCEDURES = _spelt(
    "autologous_transplant",
    "allogeneic_transplant",
    "stem_cell_harvest",
    "car_t_infusion",
    "radiotherapy",
    autologous_transplant="autologous stem cell transplant|autologous stem cell transplantation|ASCT|auto-SCT|auto-HSCT|autoSCT",
    allogeneic_transplant="allogeneic stem cell transplant|allogeneic stem cell transplantation|allo-SCT|allo-HSCT|alloSCT",
    stem_cell_harvest="stem cell collection|leukapheresis for stem cells|harvest",
    car_t_infusion="CAR-T|CAR T cell infusion",
    radiotherapy="radiation|radiation therapy|RT",
)
"""Kinds of procedures by folded spelling."""

FINDINGS = _spelt(
    "immunofixation",
    "immunofixation_serum",
    "immunofixation_urine",
    "clonal_cells",
    "plasmacytoma",
    "bone_lesion",
    "hyperviscosity",
    "cytogenetics",
    "ecog",
    "charlson",
    "adl",
    "iadl",
    immunofixation="IFE|immunofixation electrophoresis",
    immunofixation_serum="serum immunofixation|serum IFE",
    immunofixation_urine="urine immunofixation|urine IFE",
    clonal_cells="marrow_clonal_cells|clonal plasma cells|clonal cells in marrow",
    plasmacytoma="plasmacytomas",
    bone_lesion="bone lesions|lytic lesion|lytic lesions",
    cytogenetics="FISH",
    hyperviscosity="hyperviscosity syndrome",
    ecog="ECOG performance status|ECOG PS",
    charlson="Charlson comorbidity index|Charlson index|CCI",
    adl="activities of daily living|Katz index|Katz ADL",
    iadl="instrumental activities of daily living|Lawton IADL|Lawton index",
)
"""Kinds of findings by folded spelling."""

INTENTS = _spelt(*get_args(Intent))
STOP_REASONS = _spelt(*get_args(StopReason))
PROGRESSIONS = _spelt(*get_args(ProgressionKind))
CATEGORIES = _spelt(
    *RESPONSES,
    sCR="stringent complete response",
    CR="complete response",
    VGPR="very good partial response",
    PR="partial response",
    MR="minimal response",
    SD="stable disease",
    PD="progressive disease",
    NE="not evaluable",
)
YES_NO = {
    **dict.fromkeys(("true", "yes", "1", "1.0", "t", "y"), True),
    **dict.fromkeys(("false", "no", "0", "0.0", "f", "n"), False),
}
MISSING = ("na", "n/a", "nan", "null", "none")
"""Words that stand for nothing in a column of dates, numbers or names; an empty cell does everywhere."""
