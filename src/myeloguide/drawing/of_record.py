"""The chart of a patient told from record tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from myeloguide.drawing.chart import Assessed, Bar, Chart, Curve, Event, Value
from myeloguide.drawing.lines import SAID_COMPLETE, Drawing, bar_of, days_of, place_of, record_said
from myeloguide.history.course import LineCourse
from myeloguide.history.judged import Judged
from myeloguide.history.response import ORDER, Criteria, criteria
from myeloguide.history.story import Told
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import UNITS, Events, Measurement, ResponseRecorded
from myeloguide.record.time import When

_ONE_SERIES = 60
"""Procedures of a kind so many days apart are shown as one series."""
_FEW = 3
_OUTLIER = 8
"""A value so many times as high as nearly all others is drawn above the scale."""

_EVENTS = {
    "autologous_transplant": "autologous transplant",
    "allogeneic_transplant": "allogeneic transplant",
    "stem_cell_harvest": "stem cell harvest",
    "car_t_infusion": "CAR-T infusion",
}
_TRANSPLANTS = ("autologous_transplant", "allogeneic_transplant")
_MARKERS = {
    "serum_m_protein": "Serum M-protein",
    "urine_m_protein_24h": "Urine M-protein",
    "flc_kappa": "Free light chain kappa",
    "flc_lambda": "Free light chain lambda",
    "marrow_plasma_cells": "Marrow plasma cells",
}


def of_record(
    events: Events,
    told: Told,
    vocabulary: Vocabulary,
    as_of: date,
    *,
    assume_complete: bool = False,
    said_complete: bool = False,
) -> Chart | None:
    """Return what is to be drawn of a patient told from record tables, or None when nothing is recorded up to `as_of`.

    `said_complete`: whoever wrote the record said that it is.
    Steroids alone are no line of therapy, and responses lie in one: without a line there is nothing to draw of either.
    """
    person = events.person
    values = [item for item in events.measurements if _known_by(item.date, as_of)]
    marks = list(_record_events(events, as_of))
    steroids = list(_steroids(events, told.derived.courses, vocabulary, as_of))
    notes = [*_undated(events, vocabulary), *told.derived.remarks]
    if not values:
        notes.insert(0, "No values of a marker are recorded.")
    if not told.derived.courses and steroids:
        names = dict.fromkeys(vocabulary.agents[agent].name for _, agent, _ in steroids)
        notes.append(f"Not drawn, for a steroid alone is no line of therapy: {', '.join(names)}.")
    in_no_line = [] if told.lines.lines else [item for item in events.responses if _known_by(item.date, as_of)]
    if in_no_line:
        said = ", ".join(f"{item.category} {item.date}" for item in in_no_line)
        notes.append(f"Not drawn, for no line is recorded in which they could lie: responses {said}.")
    if not (told.derived.courses or values or told.responses or len(marks) > 1):
        return None
    progressed = {item.date.first: item for item in events.responses if item.category == "PD"}
    shown = replace(told.derived, courses=tuple(_as_recorded(course, progressed) for course in told.derived.courses))
    drawing = Drawing(shown, vocabulary, told.lines.lines, steroids, lambda course: _kind(course, progressed))
    responses = _assessed(told.responses, events)
    recorded_from = person.complete_from.first if person.complete_from and person.complete_from.first else None
    days = days_of(
        [*drawing.dates(), *(item.when for item in marks), *(item.when for item in responses), *(item.date for item in values)]
    )
    last = as_of if person.as_of is not None else min(max(days, default=as_of), as_of)
    complete = person.complete or said_complete or assume_complete
    record = record_said(complete, person.diagnosis_date, person.complete_from, assumed=assume_complete)
    if said_complete and not assume_complete:
        record = SAID_COMPLETE
    return drawing.chart(
        person.patient_id,
        as_of,
        record,
        first=min([*days, last]),
        last=last,
        recorded_from=None if complete else recorded_from or min([*days, last]),
        events=marks,
        responses=responses,
        response_title=_response_title(told.responses),
        curves=_curves(values),
        notes=notes,
    )


def _known_by(when: When | None, as_of: date) -> bool:
    return when is None or when.first is None or when.first <= as_of


def _steroids(
    events: Events, courses: Sequence[LineCourse], vocabulary: Vocabulary, as_of: date
) -> Iterator[tuple[int, str, Bar]]:
    """Yield the steroids with the line that each belongs to: the one with the drug that was begun nearest in time."""
    begun = [(stretch.first_dose, place) for place, course in enumerate(courses) for stretch in course.stretches]
    known = [(when.first, place) for when, place in begun if when.first is not None]
    for item in events.treatments:
        if not vocabulary.agents[item.agent].steroid or item.start is None or not _known_by(item.start, as_of):
            continue
        start = item.start.first or item.start.last
        if start is None:
            continue
        place = min(((abs((day - start).days), place) for day, place in known), default=(0, 0))[1]
        until = courses[place + 1].start.last if place + 1 < len(courses) else None
        stop = When.on(as_of) if item.ongoing else item.stop or When(item.start.first, max(until or as_of, start))
        name = vocabulary.agents[item.agent].name
        number = courses[place].number if courses else 0
        yield number, item.agent, bar_of(name, item.start, stop, item.ongoing, item.stop_reason)


def _as_recorded(course: LineCourse, progressed: Mapping[date | None, ResponseRecorded]) -> LineCourse:
    """Return a line with the date of its progression as somebody wrote it: perhaps a month, or a year."""
    if course.progression is None or course.progression.first not in progressed:
        return course
    return replace(course, progression=progressed[course.progression.first].date)


def _kind(course: LineCourse, progressed: Mapping[date | None, ResponseRecorded]) -> str | None:
    """Return the kind of a progression, where somebody wrote it."""
    written = None if course.progression is None else progressed.get(course.progression.first)
    if written is None or written.clinical is None:
        return None
    return "clinical" if written.clinical else "biochemical"


def _record_events(events: Events, as_of: date) -> Iterator[Event]:
    person = events.person
    if person.diagnosis_date is not None and person.diagnosis_date.known:
        yield Event("diagnosis", person.diagnosis_date, f"diagnosis {person.diagnosis_date}")
    dated = [item for item in events.procedures if item.date is not None and item.date.known and _known_by(item.date, as_of)]
    for kind, items in groupby(sorted(dated, key=lambda item: item.kind), key=lambda item: item.kind):
        name = _EVENTS.get(kind, kind.replace("_", " "))
        shown = "transplant" if kind in _TRANSPLANTS else "procedure"
        for series in _series([item.date for item in items if item.date is not None]):
            if len(series) > _FEW:
                yield Event(shown, series[0], f"{name}, {len(series)} times, {series[0]} to {series[-1]}")
            else:
                yield from (Event(shown, when, f"{name} {when}") for when in series)
    if person.death_date is not None and person.death_date.known and _known_by(person.death_date, as_of):
        yield Event("death", person.death_date, f"death {person.death_date}")
    elif person.last_seen is not None and person.last_seen.last is not None and person.last_seen.last < as_of:
        yield Event("seen", person.last_seen, f"last seen {person.last_seen}")


def _series(dates: Iterable[When]) -> Iterator[list[When]]:
    found: list[When] = []
    for when in sorted(dates, key=place_of):
        if found and (place_of(when) - place_of(found[-1])).days > _ONE_SERIES:
            yield found
            found = []
        found.append(when)
    if found:
        yield found


def _undated(events: Events, vocabulary: Vocabulary) -> Iterator[str]:
    drugs = [vocabulary.agents[item.agent].name for item in events.treatments if item.start is None or not item.start.known]
    procedures = [item.kind.replace("_", " ") for item in events.procedures if item.date is None or not item.date.known]
    values = [item for item in events.measurements if not item.date.known and item.test in _MARKERS]
    if drugs or procedures:
        yield f"Not drawn, for want of a date: {', '.join(dict.fromkeys([*drugs, *procedures]))}."
    if values:
        yield f"Not drawn, for want of a date: {len(values)} values."


# --- responses and values ---


def _assessed(judged: Iterable[Judged], events: Events) -> list[Assessed]:
    dates = {(item.date.first, item.category): item.date for item in events.responses}
    found = []
    for item in judged:
        category, when = item.visit.category, When.on(item.visit.day)
        if item.recorded:  # its date may be an interval
            when = dates.get((item.visit.day, category), when)
        confirmed = _confirmed(item)
        found.append(Assessed(when, category, confirmed, f"{when}: {category}{_SAID[confirmed]}{_because(item)}"))
    return found


_SAID = {True: ", confirmed", False: ", unconfirmed", None: ""}


def _because(item: Judged) -> str:
    return "" if item.recorded or not item.visit.because else f" ({'; '.join(item.visit.because)})"


def _confirmed(item: Judged) -> bool | None:
    """Whether the response at a visit is confirmed; what is confirmed only grows, up to progression."""
    category = item.visit.category
    if category in ("NE", "SD"):
        return None
    if item.confirmed == "PD":
        return category == "PD"
    return ORDER.index(item.confirmed) >= ORDER.index(category)


def _response_title(judged: Sequence[Judged]) -> str:
    recorded = {item.recorded for item in judged}
    if recorded == {True}:
        return "Response, as recorded"
    return "Response by the IMWG criteria, from the values" if recorded == {False} else "Response, as recorded or from the values"


def _curves(measurements: Sequence[Measurement]) -> tuple[Curve, ...]:
    """Return the markers that show the disease: M-protein where it is measurable, else light chains, else marrow."""
    by_test: dict[str, list[Value]] = {}
    for item in measurements:
        if item.test in _MARKERS and item.date.known:
            by_test.setdefault(item.test, []).append(Value(item.date, item.value))
    chosen = _measurable(by_test, criteria()) or sorted(by_test, key=lambda test: -len(by_test[test]))[:1]
    return tuple(
        Curve(_MARKERS[test], UNITS[test], tuple(sorted(values, key=lambda value: place_of(value.when))), _top(values))
        for test in chosen
        for values in [by_test[test]]
    )


def _measurable(by_test: Mapping[str, Sequence[Value]], version: Criteria) -> list[str]:
    limits = version.measurable

    def highest(test: str) -> float:
        return max((value.value.least or 0.0 for value in by_test.get(test, ())), default=0.0)

    m_protein = {"serum_m_protein": limits.serum, "urine_m_protein_24h": limits.urine}
    found = [test for test, limit in m_protein.items() if highest(test) >= limit.value]
    if found:
        return found
    chain = max(("flc_kappa", "flc_lambda"), key=highest)
    if highest(chain) >= limits.involved_flc.value:
        return [chain]
    return ["marrow_plasma_cells"] if highest("marrow_plasma_cells") >= limits.marrow.value else []


def _top(values: Sequence[Value]) -> float:
    """Return the highest value to be drawn to scale: far outliers, as a wrong unit makes them, would flatten all others."""
    ends = (value.value.least if value.value.most is None else value.value.most for value in values)
    numbers = sorted(end for end in ends if end)
    if not numbers:
        return 1.0
    most = numbers[(len(numbers) - 1) * 95 // 100] * _OUTLIER
    return max(number for number in numbers if number <= most)
