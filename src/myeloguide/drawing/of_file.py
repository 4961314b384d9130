"""The chart of a patient file, from its lines of therapy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from myeloguide.drawing.chart import Bar, Chart, Event
from myeloguide.drawing.lines import SAID_COMPLETE, Drawing, bar_of, days_of, record_said
from myeloguide.history.course import LineCourse
from myeloguide.history.definitions import Definitions
from myeloguide.history.facts import derive
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.patient_file import Line, PatientFile
from myeloguide.record.time import When

_SLOT = timedelta(days=100)


def of_file(
    patient: PatientFile, vocabulary: Vocabulary, definitions: Definitions, *, assume_complete: bool = False
) -> Chart | None:
    """Return what is to be drawn of a patient file, or None when it holds no lines."""
    history = patient.history
    derived = derive(history, vocabulary, definitions, patient.as_of, given=patient.facts, assume_complete=assume_complete)
    if not derived.courses:
        return None
    kinds = {
        line.line or place: line.progressed.kind
        for place, line in enumerate(history.lines or (), start=1)
        if line.progressed is not None
    }
    dated = any(when.known for when in _recorded_dates(history.lines or ()))
    shown = derived if dated else replace(derived, courses=tuple(_in_order(derived.courses, patient.as_of)))
    written = sorted(history.lines or (), key=lambda line: line.line or 0)
    steroids = list(_file_steroids(shown.courses, written, vocabulary))
    drawing = Drawing(shown, vocabulary, (), steroids, lambda course: kinds.get(course.number))
    marks = [
        Event("transplant", course.transplant, f"autologous transplant {course.transplant}")
        for course in shown.courses
        if dated and course.transplant is not None and course.transplant.known
    ]
    if history.diagnosis_date.known:
        marks.insert(0, Event("diagnosis", history.diagnosis_date, f"diagnosis {history.diagnosis_date}"))
    days = days_of([*drawing.dates(), *(item.when for item in marks)])
    last = patient.as_of if dated else max(days)
    complete = history.is_complete or assume_complete
    begins = history.complete_from.first or min([*days, last])
    said = record_said(complete, history.diagnosis_date, history.complete_from, assumed=assume_complete)
    if history.complete and not assume_complete:
        said = SAID_COMPLETE
    undated = () if dated else ("No date is recorded: the order is drawn, not the time.",)
    return drawing.chart(
        patient.patient,
        patient.as_of,
        said,
        first=min([*days, last]),
        last=last,
        recorded_from=None if complete else begins,
        events=marks,
        notes=(*undated, *derived.remarks),
        dated=dated,
    )


def _recorded_dates(lines: Iterable[Line]) -> Iterator[When]:
    for line in lines:
        yield from (item for course in (line, *line.phases) for item in (course.start, course.stop))
        if isinstance(line.transplant, When):
            yield line.transplant
        if line.progressed is not None:
            yield line.progressed.date


def _in_order(courses: Sequence[LineCourse], as_of: date) -> Iterator[LineCourse]:
    """Return lines without any date side by side, each somewhere in a place of its own."""
    first = as_of - _SLOT * len(courses)
    for place, course in enumerate(courses):
        start = first + _SLOT * place
        slot = When(start, start + _SLOT)
        stretches = tuple(replace(item, first_dose=slot, last_dose=slot) for item in course.stretches)
        yield replace(course, start=slot, stop=slot, stretches=stretches)


def _file_steroids(
    courses: Sequence[LineCourse], lines: Sequence[Line], vocabulary: Vocabulary
) -> Iterator[tuple[int, str, Bar]]:
    """Yield the steroids of each line, from the first to the last dose of the drugs that they were given with."""
    for course, line in zip(courses, lines, strict=True):
        for part in line.phases or (line,):
            given = part.given_agents(vocabulary) or ()
            active = set(vocabulary.active(given))
            beside = next((item for item in course.stretches if set(item.agents) == active), course.stretches[-1])
            for agent in given:
                if vocabulary.agents[agent].steroid:
                    name = vocabulary.agents[agent].name
                    yield (
                        course.number,
                        agent,
                        bar_of(name, beside.first_dose, beside.last_dose, beside.reason == "ongoing", None),
                    )
