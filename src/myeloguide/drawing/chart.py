"""What is drawn of one patient's story, in days and words: lines with their drugs, events, progressions, responses, values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby

from myeloguide.history.course import RANKS, UNPLACED, LineCourse, Stretch
from myeloguide.history.definitions import Definitions
from myeloguide.history.facts import Derived, derive
from myeloguide.history.lines import LineFound
from myeloguide.history.refractoriness import Finding
from myeloguide.history.response import ORDER, Category, Criteria, criteria
from myeloguide.history.story import Judged, Told
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import UNITS, Events, Measurement, ResponseRecorded
from myeloguide.record.patient_file import Line, PatientFile
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When

_SLOT = timedelta(days=100)
_ONE_SERIES = 60
"""Procedures of a kind so many days apart are shown as one series."""
_FEW = 3
_OUTLIER = 8
"""A value so many times as high as nearly all others is drawn above the scale."""

_PHASES = {rank: name for name, rank in RANKS.items() if name} | {UNPLACED: "at some time"}
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


@dataclass(frozen=True, slots=True)
class Bar:
    """A drug given from a day to a day; each may be an interval. `says` tells it in words."""

    start: When
    stop: When
    ongoing: bool
    says: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A drug of a line: its periods, whether the disease became refractory to it ("yes", "unknown" or ""), and when."""

    agent: str
    name: str
    drug_class: str
    bars: tuple[Bar, ...]
    refractory: str = ""
    refractory_at: When = UNKNOWN


@dataclass(frozen=True, slots=True)
class Span:
    """A phase of a line."""

    name: str
    start: When
    stop: When


@dataclass(frozen=True, slots=True)
class Event:
    """Something on a day: diagnosis, a procedure, progression, death."""

    kind: str
    when: When
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """A line of therapy: its heading, its phases, a lane for each drug, its progression; `says` tells it in words."""

    number: int
    heading: str
    says: str
    start: When
    lanes: tuple[Lane, ...]
    phases: tuple[Span, ...]
    progression: Event | None = None


@dataclass(frozen=True, slots=True)
class Assessed:
    """A response at a visit; `confirmed` None where the category needs no confirmation."""

    when: When
    category: Category
    confirmed: bool | None
    says: str


@dataclass(frozen=True, slots=True)
class Value:
    """A laboratory value in time."""

    when: When
    value: Range


@dataclass(frozen=True, slots=True)
class Curve:
    """The values of a marker; those higher than `top` are outliers, drawn above the scale."""

    name: str
    unit: str
    values: tuple[Value, ...]
    top: float


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn of a patient. `recorded_from` is None where the record is complete; without `dated` only the order is."""

    title: str
    facts: tuple[str, ...]
    first: date
    last: date
    recorded_from: date | None
    dated: bool
    groups: tuple[Group, ...]
    events: tuple[Event, ...]
    responses: tuple[Assessed, ...]
    response_title: str
    curves: tuple[Curve, ...]
    classes: Mapping[str, str]
    """The name of each class of drugs in it."""
    notes: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        """The story in words, for those who cannot see it."""
        told = [*self.facts, *(event.name for event in self.events), *(group.says for group in self.groups)]
        return " ".join(text if text.endswith(".") else f"{text}." for text in (*told, *self.notes))


# --- from record tables ---


def of_record(events: Events, told: Told, vocabulary: Vocabulary, as_of: date) -> Chart | None:
    """Return what is to be drawn of a patient told from record tables, or None when nothing is recorded up to `as_of`."""
    person = events.person
    values = [item for item in events.measurements if _known_by(item.date, as_of)]
    marks = list(_record_events(events, as_of))
    if not (told.derived.courses or values or told.responses or len(marks) > 1):
        return None
    steroids = list(_steroids(events, told.derived.courses, vocabulary, as_of))
    progressed = {item.date.first: item for item in events.responses if item.category == "PD"}
    shown = replace(told.derived, courses=tuple(_as_recorded(course, progressed) for course in told.derived.courses))
    drawing = _Drawing(shown, vocabulary, told.lines.lines, steroids, lambda course: _kind(course, progressed))
    responses = _assessed(told.responses, events)
    recorded_from = person.complete_from.first if person.complete_from and person.complete_from.first else None
    days = _days(
        [*drawing.dates(), *(item.when for item in marks), *(item.when for item in responses), *(item.date for item in values)]
    )
    last = as_of if person.as_of is not None else min(max(days, default=as_of), as_of)
    record = _record_said(person.complete, person.diagnosis_date, person.complete_from)
    undated = _undated(events, vocabulary)
    return drawing.chart(
        person.patient_id,
        as_of,
        record,
        first=min([*days, last]),
        last=last,
        recorded_from=None if person.complete else recorded_from or min([*days, last]),
        events=marks,
        responses=responses,
        response_title=_response_title(told.responses),
        curves=_curves(values),
        notes=(*(() if values else ("No values of a marker are recorded.",)), *undated, *told.derived.remarks),
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
        if not vocabulary.agents[item.agent].steroid or item.start is None or not known or not _known_by(item.start, as_of):
            continue
        start = item.start.first or item.start.last
        if start is None:
            continue
        place = min(known, key=lambda one: (abs((one[0] - start).days), one[1]))[1]
        until = courses[place + 1].start.last if place + 1 < len(courses) else None
        stop = When.on(as_of) if item.ongoing else item.stop or When(item.start.first, max(until or as_of, start))
        name = vocabulary.agents[item.agent].name
        yield courses[place].number, item.agent, _bar(name, item.start, stop, item.ongoing, item.stop_reason)


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
    for when in sorted(dates, key=_place):
        if found and (_place(when) - _place(found[-1])).days > _ONE_SERIES:
            yield found
            found = []
        found.append(when)
    if found:
        yield found


def _place(when: When) -> date:
    return when.first or when.last or date.min


def _days(dates: Iterable[When]) -> list[date]:
    return [day for when in dates for day in (when.first, when.last) if day is not None]


def _undated(events: Events, vocabulary: Vocabulary) -> Iterator[str]:
    drugs = [vocabulary.agents[item.agent].name for item in events.treatments if item.start is None or not item.start.known]
    procedures = [item.kind.replace("_", " ") for item in events.procedures if item.date is None or not item.date.known]
    values = [item for item in events.measurements if not item.date.known and item.test in _MARKERS]
    if drugs or procedures:
        yield f"Not drawn, for want of a date: {', '.join(dict.fromkeys([*drugs, *procedures]))}."
    if values:
        yield f"Not drawn, for want of a date: {len(values)} values."


def _record_said(complete: bool, diagnosis: When | None, complete_from: When | None) -> str:
    if complete:
        return "Record complete from the diagnosis on" + (f", {diagnosis}" if diagnosis and diagnosis.known else "")
    if complete_from is not None and complete_from.known:
        return f"Record complete only from {complete_from}: what came before is unknown"
    return "Whether the record is complete is unknown"


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
        Curve(_MARKERS[test], UNITS[test], tuple(sorted(values, key=lambda value: _place(value.when))), _top(values))
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


# --- from a patient file ---


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
    dated = any(when.known for when in _recorded_dates(derived.courses, history.lines or (), patient.as_of))
    shown = derived if dated else replace(derived, courses=tuple(_in_order(derived.courses, patient.as_of)))
    written = sorted(history.lines or (), key=lambda line: line.line or 0)
    steroids = list(_file_steroids(shown.courses, written, vocabulary))
    drawing = _Drawing(shown, vocabulary, (), steroids, lambda course: kinds.get(course.number))
    marks = [
        Event("transplant", course.transplant, f"autologous transplant {course.transplant}")
        for course in shown.courses
        if dated and course.transplant is not None and course.transplant.known
    ]
    if history.diagnosis_date.known:
        marks.insert(0, Event("diagnosis", history.diagnosis_date, f"diagnosis {history.diagnosis_date}"))
    days = _days([*drawing.dates(), *(item.when for item in marks)])
    last = patient.as_of if dated else max(days)
    complete = history.is_complete or assume_complete
    begins = history.complete_from.first or min([*days, last])
    said = _record_said(complete, history.diagnosis_date, history.complete_from)
    if history.complete or assume_complete:
        said = "Record said to be complete"
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


def _recorded_dates(courses: Iterable[LineCourse], lines: Iterable[Line], as_of: date) -> Iterator[When]:
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
                    yield course.number, agent, _bar(name, beside.first_dose, beside.last_dose, beside.reason == "ongoing", None)


# --- lines and lanes ---


def _bar(name: str, start: When, stop: When, ongoing: bool, reason: str | None) -> Bar:
    began = f"from {start}" if start.known else "from an unknown day"
    if ongoing:
        ended = "ongoing"
    elif not stop.known or (stop.day is None and stop.first == start.first):
        ended = "stop unknown"
    else:
        ended = f"to {stop}"
    why = f", stopped for {reason}" if reason and not ongoing else ""
    return Bar(start, stop, ongoing, f"{name} {began}, {ended}{why}" if ongoing else f"{name} {began} {ended}{why}")


class _Drawing:
    def __init__(
        self,
        derived: Derived,
        vocabulary: Vocabulary,
        lines: Sequence[LineFound],
        steroids: Sequence[tuple[int, str, Bar]],
        kind: Callable[[LineCourse], str | None],
    ) -> None:
        self.derived = derived
        self.vocabulary = vocabulary
        self.lines = {line.number: line for line in lines}
        self.steroids = steroids
        self.kind = kind

    def name(self, agent: str) -> str:
        return self.vocabulary.agents[agent].name

    def dates(self) -> Iterator[When]:
        for course in self.derived.courses:
            for stretch in course.stretches:
                yield stretch.first_dose
                if stretch.last_dose.first is not None and not _open(stretch):
                    yield stretch.last_dose
            if course.progression is not None:
                yield course.progression
        yield from (bar.start for _, _, bar in self.steroids)

    def chart(
        self,
        label: str | None,
        as_of: date,
        record: str,
        *,
        first: date,
        last: date,
        recorded_from: date | None,
        events: Iterable[Event] = (),
        responses: Iterable[Assessed] = (),
        response_title: str = "",
        curves: tuple[Curve, ...] = (),
        notes: Iterable[str] = (),
        dated: bool = True,
    ) -> Chart:
        groups = tuple(self.group(course, dated=dated) for course in self.derived.courses)
        classes = [lane.drug_class for group in groups for lane in group.lanes]
        return Chart(
            title=f"{f'Patient {label}' if label else 'Patient'}, as of {as_of}",
            facts=(*self.facts(), record),
            first=first,
            last=max(first, last),
            recorded_from=recorded_from,
            dated=dated,
            groups=groups,
            events=tuple(sorted(events, key=lambda event: _place(event.when))),
            responses=tuple(sorted(responses, key=lambda item: _place(item.when))),
            response_title=response_title,
            curves=curves,
            classes={name: self.vocabulary.classes[name].name for name in dict.fromkeys(classes)},
            notes=tuple(dict.fromkeys(_sentence(note) for note in notes if note)),
        )

    def facts(self) -> Iterator[str]:
        sheet = self.derived.facts
        number = sheet.number("prior_lines")
        one = 1 in (number.exact, number.least if number.most is None else None)
        yield _sentence(f"{number} line{'' if one else 's'} of therapy" if number != Range() else "number of lines unknown")
        status = sheet.members("refractory_to")
        received = dict.fromkeys(agent for course in self.derived.courses for agent in course.agents)
        refractory = [self.name(agent) for agent in received if status.has(agent)]
        unknown = [self.name(agent) for agent in received if status.has(agent) is None]
        said = [f"Refractory to {', '.join(refractory)}"] if refractory else []
        said += [f"{'not known for' if refractory else 'Refractoriness not known for'} {', '.join(unknown)}"] if unknown else []
        if received:
            yield "; ".join(said) or "Refractory to none of the drugs received"

    def group(self, course: LineCourse, *, dated: bool) -> Group:
        found = {finding.agent: finding for finding in self.derived.findings if finding.line == course.number}
        for finding in self.derived.findings:
            if finding.line == course.number and finding.refractory:
                found[finding.agent] = finding
        steroids = [(agent, bar) for number, agent, bar in self.steroids if number == course.number]
        lanes = [self.lane(agent, course, found.get(agent)) for agent in course.agents]
        for agent in dict.fromkeys(agent for agent, _ in steroids):
            bars = tuple(bar for other, bar in steroids if other == agent)
            lanes.append(Lane(agent, self.name(agent), "steroid", bars))
        if not dated:
            lanes = [
                replace(lane, bars=tuple(replace(bar, says=f"{lane.name}, dates unknown") for bar in lane.bars)) for lane in lanes
            ]
        heading, progression = self.heading(course), self.progression(course)
        drawn = dated and course.progression is not None and course.progression.first is not None
        refractory = [lane.name for lane in lanes if lane.refractory == "yes"]
        said = [heading, *(bar.says for lane in lanes for bar in lane.bars[:_FEW]), progression]
        said += [f"refractory to {', '.join(refractory)}"] if refractory else []
        return Group(
            number=course.number,
            heading=heading if drawn else f"{heading}; {progression}",
            says="; ".join(said),
            start=course.start,
            lanes=tuple(lanes),
            phases=tuple(self.phases(course)),
            progression=Event("progression", course.progression or UNKNOWN, progression) if drawn else None,
        )

    def lane(self, agent: str, course: LineCourse, finding: Finding | None) -> Lane:
        bars = []
        for stretch in course.holding(agent):
            dose = f" {stretch.doses[agent]}" if agent in stretch.doses else ""
            ongoing = stretch.reason == "ongoing"
            bars.append(_bar(self.name(agent) + dose, stretch.first_dose, stretch.last_dose, ongoing, stretch.reason))
        refractory, when = "", UNKNOWN
        if finding is not None and finding.refractory:
            refractory, when = "yes", finding.progression
        elif finding is not None and self.derived.facts.members("refractory_to").has(agent) is None:
            refractory = "unknown"
        drug_class = self.vocabulary.classes_of(agent)[-1]
        return Lane(agent, self.name(agent), drug_class, tuple(bars), refractory, when)

    def phases(self, course: LineCourse) -> Iterator[Span]:
        """Yield the phases of a line that has more than its one treatment."""
        ranks = sorted({stretch.rank for stretch in course.stretches})
        if ranks in ([RANKS["induction"]], [UNPLACED], []):
            return
        line = self.lines.get(course.number)
        assumed = {phase.intent for phase in line.phases if phase.assumed} if line else set()
        for rank in ranks:
            parts = [stretch for stretch in course.stretches if stretch.rank == rank]
            start = min((item.first_dose for item in parts), key=_place)
            stop = max((item.last_dose for item in parts), key=lambda when: when.last or date.max)
            yield Span(_PHASES[rank] + (" (assumed)" if _PHASES[rank] in assumed else ""), start, stop)

    def heading(self, course: LineCourse) -> str:
        treatment = [*course.regimens, *("+".join(map(self.name, sorted(agents))) for agents in course.unnamed_regimens)]
        line = self.lines.get(course.number)
        transplants = list(line.transplants) if line else [course.transplant] if course.transplant is not None else []
        if not treatment:
            treatment = ["+".join(map(self.name, course.agents))] if course.agents else [] if transplants else ["drugs not named"]
        said = [", then ".join(treatment)] if treatment else []
        if transplants:
            said.append(f"{'tandem ' if len(transplants) > 1 else ''}autologous transplant")
        if course.maintenance:
            said.append("maintenance")
        return f"Line {course.number}: {', '.join(said)}; best response {course.best_response or 'unknown'}"

    def progression(self, course: LineCourse) -> str:
        if course.progression is None:
            return "no progression" if course.no_progression else "no progression recorded"
        kind = self.kind(course)
        when = "on an unknown date" if course.progression.first is None else str(course.progression)
        return f"progression {when} ({kind or 'kind unknown'})"


def _open(stretch: Stretch) -> bool:
    """Whether nothing is known of when a stretch ended."""
    return stretch.last_dose.day is None and stretch.last_dose.first == stretch.first_dose.first


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def printable(text: str) -> str:
    """Return a text of the record with nothing in it that could steer a terminal or break a document."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
