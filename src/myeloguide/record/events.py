"""Recorded events of one patient, in one schema whatever they came from; dates are intervals, values in standard units.

`row` is the line of the record in its table (from 1, headings not counted), so that a proof can name it.
"""

from __future__ import annotations

from typing import Literal

from myeloguide.record.frozen import frozen
from myeloguide.record.patient_file import Line
from myeloguide.record.ranges import Range
from myeloguide.record.time import When, before

Intent = Literal["induction", "consolidation", "maintenance", "conditioning", "relapse"]

UNITS = {
    "serum_m_protein": "g/dL",
    "urine_m_protein_24h": "mg/24h",
    "flc_kappa": "mg/dL",
    "flc_lambda": "mg/dL",
    "marrow_plasma_cells": "%",
    "creatinine": "mg/dL",
    "calcium": "mg/dL",
    "haemoglobin": "g/dL",
    "albumin": "g/dL",
    "beta2_microglobulin": "mg/L",
    "ldh": "U/L",
    "circulating_plasma_cells": "/uL",
    "mrd": "fraction",
    "plasmacytoma_size": "cm",
}
"""The standard unit of each laboratory test."""


@frozen()
class Person:
    """What the patients table says of a patient; every date may be unknown."""

    patient_id: str
    birth_date: When | None = None
    sex: str | None = None
    diagnosis_date: When | None = None
    complete_from: When | None = None
    as_of: When | None = None
    last_seen: When | None = None
    death_date: When | None = None

    @property
    def complete(self) -> bool:
        """Whether what is not recorded did not happen: recorded from the diagnosis on."""
        begun, diagnosed = self.complete_from, self.diagnosis_date
        return begun is not None and diagnosed is not None and before(diagnosed, begun) is False


@frozen()
class Treatment:
    """An agent over a period. `stop` None is unknown, unless it is `ongoing`."""

    agent: str
    start: When | None
    stop: When | None = None
    ongoing: bool = False
    dose: float | None = None
    dose_unit: str | None = None
    regimen: str | None = None
    line: int | None = None
    intent: Intent | None = None
    stop_reason: str | None = None
    row: int = 0


@frozen()
class Procedure:
    """A procedure: autologous or allogeneic transplant, harvest, CAR-T infusion, radiotherapy."""

    kind: str
    date: When | None
    row: int = 0


@frozen()
class Measurement:
    """A laboratory value in the standard unit of its test; one below a limit is a range: "<0.1" is at most 0.1."""

    test: str
    date: When
    value: Range
    row: int = 0


@frozen()
class FindingRecorded:
    """A finding with its word or number: immunofixation, plasmacytoma, bone lesion, hyperviscosity, cytogenetics, ECOG."""

    kind: str
    date: When
    value: str
    row: int = 0


@frozen()
class ResponseRecorded:
    """A response category as somebody recorded it: sCR, CR, VGPR, PR, MR, SD, PD or NE."""

    category: str
    date: When
    clinical: bool | None = None
    row: int = 0


@frozen()
class Events:
    """Everything recorded of one patient; `lines` as somebody counted them, None where nobody did."""

    person: Person
    treatments: tuple[Treatment, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    findings: tuple[FindingRecorded, ...] = ()
    responses: tuple[ResponseRecorded, ...] = ()
    lines: tuple[Line, ...] | None = None
