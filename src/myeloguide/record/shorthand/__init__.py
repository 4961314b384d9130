"""The shorthand: a patient as a haematologist notes it, read into a patient file and written from one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from myeloguide.knowledge.reading import Document
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.patient_file import PatientFile


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Note(Document):
    """The patient file that a note stands for, and what stands beside it.

    `reasons` are those told for contraindications. `findings` (ECOG, Charlson index) have no date of their own: they are
    those of the day of the decision.
    """

    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)
    not_used: tuple[str, ...] = ()


def read_note(text: str, vocabulary: Vocabulary, name: str = "shorthand") -> Note:
    """Read a note; InputError shows the place and says what was likely meant."""
    from myeloguide.record.shorthand.building import build
    from myeloguide.record.shorthand.reading import nothing_said, parse

    built = build(parse(text, name), text, name, vocabulary)
    if not built.data and not built.findings and not built.not_used:
        raise nothing_said(name)
    return Note(name, built.data, built.places, built.reasons, built.findings, tuple(dict.fromkeys(built.not_used)))


@dataclass(frozen=True, slots=True, eq=False)
class Understood:
    """What a note was read as, in shorthand again, statement by statement; and what of it decides nothing."""

    statements: tuple[str, ...]
    not_used: tuple[str, ...]


def understood_of(document: Document, patient: PatientFile, vocabulary: Vocabulary) -> Understood | None:
    """Return what was understood of a note, None where the patient was not told by one."""
    if not isinstance(document, Note):
        return None
    from myeloguide.record.shorthand.writing import write

    return Understood(write(patient, vocabulary, document.reasons, document.findings).statements, document.not_used)


def dated(note: Note, as_of: date) -> dict[str, Any]:
    """Return a note as the data of a patient file, its findings on the day of the decision."""
    data: dict[str, Any] = dict(note.data)
    if note.findings:
        rows = [{"date": as_of.isoformat(), "kind": kind, "value": value} for kind, value in note.findings.items()]
        data["history"] = {**(data.get("history") or {}), "findings": rows}
    return data


def as_patient_file(note: Note, vocabulary: Vocabulary, as_of: date) -> str:
    """Return a note as the text of a patient file; what that cannot hold stands there as a comment."""
    import yaml

    comments = [f"# {vocabulary.agents[agent].name}, {fact}: {reason}" for (fact, agent), reason in note.reasons.items()]
    comments += [f"# not used: {text}" for text in note.not_used]
    data = yaml.safe_dump(dated(note, as_of), sort_keys=False, allow_unicode=True, default_flow_style=False, width=120)
    return "".join(f"{line}\n" for line in comments) + data
