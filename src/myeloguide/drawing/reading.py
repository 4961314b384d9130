"""From record tables, or a patient file, to the chart of one patient."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from myeloguide.drawing.chart import Chart
from myeloguide.drawing.of_file import of_file
from myeloguide.drawing.of_record import of_record
from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.history.definitions import IMWG_2011, Definitions
from myeloguide.history.rule_sets import RULE_SETS
from myeloguide.history.story import tell
from myeloguide.knowledge.reading import Document
from myeloguide.knowledge.vocabulary import Vocabulary, vocabulary
from myeloguide.record.patient_file import PatientFile, read_patient

_DRAWABLE = "a story needs a line, a drug that is no steroid, a dated procedure or a laboratory value"


def of_patient(
    patient: PatientFile, vocabulary: Vocabulary, definitions: Definitions, *, assume_complete: bool = False
) -> Chart | None:
    """Return what is to be drawn of a patient file, from its record tables or else its lines; None when it holds neither."""
    if not patient.history.tables:
        return of_file(patient, vocabulary, definitions, assume_complete=assume_complete)
    from myeloguide.history.inline import tell_inline

    events, told = tell_inline(patient, vocabulary, definitions, assume_complete=assume_complete)
    named = replace(events, person=replace(events.person, patient_id=patient.patient or ""))
    said = patient.history.complete is True
    return of_record(named, told, vocabulary, patient.as_of, assume_complete=assume_complete, said_complete=said)


def read_chart(
    source: Document | Path,
    patient_id: str | None,
    today: date,
    *,
    as_of: date | None = None,
    rules: str = "imwg-2015",
    assume_complete: bool = False,
) -> Chart:
    """Read one patient from a patient file or from record tables and tell what is to be drawn. InputError: nothing is."""
    words = vocabulary()
    if rules not in RULE_SETS:
        raise InputError(Problem("--rules", f"there is no rule set {rules}", suggestion(rules, RULE_SETS)))
    if isinstance(source, Document):
        patient = read_patient(source, words, as_of, today)
        if patient_id not in (None, patient.patient):
            raise InputError(Problem("--patient", "is not the patient of this file", "leave it out: a patient file holds one"))
        chart = of_patient(patient, words, IMWG_2011, assume_complete=assume_complete)
        if chart is None:
            raise InputError(Problem(source.name, "holds nothing that can be drawn", _DRAWABLE))
        return chart
    from myeloguide.record.tables import patient_of, read_tables

    events = patient_of(read_tables(source).examine(today=today), patient_id)
    stated = events.person.as_of.last if events.person.as_of is not None else None
    day = stated or as_of or today
    told = tell(events, words, day, RULE_SETS[rules], assume_complete=assume_complete)
    chart = of_record(events, told, words, day, assume_complete=assume_complete)
    if chart is None:
        what = f"nothing that can be drawn is recorded of patient {events.person.patient_id} up to {day}"
        raise InputError(Problem(str(source), what, _DRAWABLE))
    return chart
