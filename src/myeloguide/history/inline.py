"""Facts from the record tables inside a patient file: told as a registry's patient is, lines given compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from myeloguide.history.definitions import Definitions
from myeloguide.history.differences import Difference
from myeloguide.history.facts import Derived, Disagreement
from myeloguide.history.lines import LineFound
from myeloguide.history.story import Told, comparable, tell
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events
from myeloguide.record.inline import read_inline
from myeloguide.record.patient_file import PatientFile


def derive_inline(
    patient: PatientFile, vocabulary: Vocabulary, definitions: Definitions, *, assume_complete: bool = False
) -> tuple[Derived, tuple[Disagreement, ...]]:
    """Derive facts from a patient file's record tables; lines given beside them win, and what differs is returned."""
    _, told = tell_inline(patient, vocabulary, definitions, assume_complete=assume_complete)
    return told.derived, tuple(map(_disagreement, told.differing))


def tell_inline(
    patient: PatientFile, vocabulary: Vocabulary, definitions: Definitions, *, assume_complete: bool = False
) -> tuple[Events, Told]:
    """Return the events of a patient file's record tables, and what they tell."""
    events, remarks = read_inline(patient)
    events = replace(events, lines=patient.history.lines)
    complete = patient.history.is_complete or assume_complete
    told = tell(events, vocabulary, patient.as_of, definitions=definitions, given=patient.facts, assume_complete=complete)
    remarks = (*_counted(told, events, patient.history.tables), *told.derived.remarks, *remarks)
    return events, replace(told, derived=replace(told.derived, remarks=remarks))


def _counted(told: Told, events: Events, tables: tuple[str, ...]) -> Iterator[str]:
    """Say how each line was counted, or that the lines given are used, and what the tables beside them are used for."""
    if told.lines_given and comparable(events):
        yield "facts are derived from the lines given; the record tables are compared with them"
    elif told.lines_given:
        beside = [f"history.{name}" for name in tables if name != "findings"]  # a finding says nothing of a line
        if beside:
            use = f"{' and '.join(beside)} can only tell the kind of a relapse"
            yield f"facts are derived from the lines given; no treatments stand beside them to be compared, and {use}"
    else:
        for line in told.lines.lines:
            yield f"line {line.number} by {told.lines.rules}, from {line.start}: {_phases(line)}; it began as {line.began}"


def _phases(line: LineFound) -> str:
    parts = [f"{phase.intent} {'+'.join(phase.agents)}{' (assumed)' if phase.assumed else ''}" for phase in line.phases]
    return ", ".join([*parts, *(f"transplant {when}" for when in line.transplants)])


def _disagreement(found: Difference) -> Disagreement:
    about = found.about if found.line is None else f"line {found.line}, {found.about}"
    given, derived = found.first or "no such line", found.second or "no such line"
    text = f"{about}: given as {given}, the record tables say {derived}; the lines given are used"
    return Disagreement("history.lines", given, derived, text)
