"""The patient file: label, date, facts, history and switches of rulings, checked on entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, InstanceOf, StrictBool, StrictInt, ValidationInfo, model_validator

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.knowledge.reading import Document, Place, Strict, check, wrong_name, wrong_value
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.fact_sheet import FactSheet, read_facts
from myeloguide.record.time import UNKNOWN, When, before, days_between, parse_when

LONG_AFTER = 60
"""Days after the last dose beyond which a progression is not on the agent."""
RESPONSES = ("sCR", "CR", "VGPR", "PR", "MR", "SD", "PD", "NE")
TABLES = ("treatments", "procedures", "measurements", "findings", "responses")
"""Record tables that a history may hold inline beside its lines."""


def _when(value: Any) -> Any:
    if isinstance(value, When):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise wrong_value("is no date", "write 2021-03-15, 2021-03 or 2021")
    try:
        return parse_when(value)
    except ValueError as error:
        raise wrong_value(str(error), "write 2021-03-15, 2021-03 or 2021") from None


def _transplant(value: Any) -> Any:
    return value if isinstance(value, bool) else _when(value)


def _agent(value: Any, info: ValidationInfo) -> str:
    vocabulary: Vocabulary = info.context  # type: ignore[assignment]
    agent = vocabulary.agent(value) if isinstance(value, str) else None
    if agent is None:
        error = wrong_name("agent", value, ())
        error.context["hint"] = vocabulary.near_agent(str(value))  # type: ignore[index]
        raise error
    return agent


def _agents(value: Any, info: ValidationInfo) -> Any:
    """Read a list of agents, or one text that joins them."""
    if isinstance(value, str):
        vocabulary: Vocabulary = info.context  # type: ignore[assignment]
        found = vocabulary.recogniser.agents(value)
        return found if found else [value]
    return value


def _response(value: Any) -> Any:
    for category in RESPONSES:
        if isinstance(value, str) and value.strip().casefold() == category.casefold():
            return category
    raise wrong_value(f'"{value}" is no response', f"write one of {', '.join(RESPONSES)}")


Moment = Annotated[InstanceOf[When], BeforeValidator(_when)]
AgentName = Annotated[str, BeforeValidator(_agent)]
AgentNames = Annotated[tuple[AgentName, ...], BeforeValidator(_agents)]
Response = Annotated[str, BeforeValidator(_response)]
Months = Annotated[float, Field(ge=0, le=600)]
StopReason = Literal["ongoing", "progression", "toxicity", "completed", "planned", "intolerance", "choice", "death", "other"]

ProgressionKind = Literal["biochemical", "clinical"]


class Progression(Strict):
    """Progression that ended a line: when, of what kind, and on which agents."""

    known_as: ClassVar[str] = "progression"

    date: Moment = UNKNOWN
    kind: ProgressionKind | None = None
    on: AgentNames = ()


class Course(Strict):
    """A stretch of treatment: what was given, from when to when, and how it ended."""

    known_as: ClassVar[str] = "phase"

    regimen: str | None = None
    agents: AgentNames | None = None
    start: Moment = UNKNOWN
    stop: Moment = UNKNOWN
    cycles: Annotated[float, Field(ge=0, le=400)] | None = None
    months: Months | None = None
    doses: Mapping[AgentName, float | str] = Field(default_factory=dict)
    best_response: Response | None = None
    stop_reason: StopReason | None = None

    @model_validator(mode="after")
    def _in_order(self, info: ValidationInfo) -> Course:
        if before(self.stop, self.start):
            raise wrong_value(f"stop {self.stop} is before start {self.start}")
        if self.regimen is not None:
            self.given_agents(info.context)  # type: ignore[arg-type]
        return self

    def regimen_id(self, vocabulary: Vocabulary) -> str | None:
        """Return the regimen by name or, where none is named, by its agents."""
        if self.regimen is not None:
            return vocabulary.regimen(self.regimen)
        return vocabulary.recogniser.of_agents(self.agents) if self.agents else None

    def given_agents(self, vocabulary: Vocabulary) -> tuple[str, ...] | None:
        """Return the agents named and those of the regimen, steroids included, or None when neither is known."""
        named = list(self.agents or ())
        if self.regimen is not None:
            members = self._members(vocabulary)
            named += [agent for agent in members if agent not in named]
        return tuple(named) if named else None

    def _members(self, vocabulary: Vocabulary) -> list[str]:
        assert self.regimen is not None
        known = vocabulary.regimen(self.regimen)
        if known is not None:
            regimen = vocabulary.regimens[known]
            return [*regimen.agents, *([regimen.steroid] if regimen.steroid else [])]
        members = vocabulary.recogniser.agents(self.regimen)
        if members is None:
            error = wrong_name("regimen", self.regimen, ())
            error.context["hint"] = vocabulary.near_regimen(self.regimen)  # type: ignore[index]
            raise error
        return members


class Phase(Course):
    """A planned part of a line."""

    intent: Literal["induction", "conditioning", "consolidation", "maintenance"] | None = None


class Line(Course):
    """A line of therapy as a clinician knows it; every key is optional."""

    known_as: ClassVar[str] = "line"

    line: Annotated[StrictInt, Field(ge=1, le=40)] | None = None
    phases: tuple[Phase, ...] = ()
    transplant: Annotated[bool | InstanceOf[When], BeforeValidator(_transplant)] | None = None
    maintenance: StrictBool | None = None
    progression: Progression | StrictBool | None = None

    @model_validator(mode="before")
    @classmethod
    def _progression_date_alone(cls, data: Any) -> Any:
        """Read `progression: 2021-03` as its date."""
        given = data.get("progression") if isinstance(data, Mapping) else None
        if given is None or isinstance(given, (bool, Mapping, Progression)):
            return data
        return {**data, "progression": {"date": given}}

    @property
    def progressed(self) -> Progression | None:
        """The progression, if one is recorded."""
        if self.progression is True:
            return Progression()
        return self.progression or None

    @property
    def begun(self) -> When:
        """When the line began: as given, or with its first phase that has a start; one without may have come before it."""
        starts = [course.start for course in (self, *self.phases) if course.start.first]
        begun = min(starts, key=lambda start: start.first or date.max, default=self.start)
        open_before = not self.start.first and bool(self.phases) and not self.phases[0].start.first
        return When(None, begun.last) if open_before else begun

    @property
    def transplanted(self) -> When | None:
        """When the line's autologous transplant was, if there was one."""
        if isinstance(self.transplant, When):
            return self.transplant
        return UNKNOWN if self.transplant else None


class History(Strict):
    """What was recorded of a patient's treatment."""

    known_as: ClassVar[str] = "history"

    complete: StrictBool | None = None
    complete_from: Moment = UNKNOWN
    diagnosis_date: Moment = UNKNOWN
    lines: tuple[Line, ...] | None = None
    treatments: tuple[dict[str, Any], ...] = ()
    procedures: tuple[dict[str, Any], ...] = ()
    measurements: tuple[dict[str, Any], ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    responses: tuple[dict[str, Any], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether what is not recorded did not happen: said so, or recorded from the diagnosis on."""
        if self.complete is not None:
            return self.complete
        known = self.complete_from.last is not None and self.diagnosis_date.first is not None
        return known and before(self.diagnosis_date, self.complete_from) is False

    @property
    def tables(self) -> tuple[str, ...]:
        """The record tables that it holds beside or instead of lines."""
        return tuple(name for name in TABLES if getattr(self, name))


class _File(Strict):
    known_as: ClassVar[str] = "patient file"

    patient: str | StrictInt | None = None
    as_of: Moment = UNKNOWN
    facts: Any = None
    history: History | None = None
    rulings: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PatientFile:
    """A patient as given: label, decision date, facts, history, switches."""

    patient: str | None
    as_of: date
    facts: FactSheet
    history: History
    rulings: Mapping[str, str] = field(default_factory=dict)
    document: Document | None = None


def read_patient(document: Document, vocabulary: Vocabulary, as_of: date | None, today: date) -> PatientFile:
    """Check a document as a patient file; without an `as_of` of its own the one given counts, else today."""
    problems: list[Problem] = []
    file: _File | None = None
    sheet = FactSheet()
    try:
        file = check(document, _File, vocabulary)
    except InputError as error:
        problems += error.problems
    if isinstance(document.data, Mapping):
        try:
            sheet = read_facts(document, ("facts",), document.data.get("facts"), vocabulary)
        except InputError as error:
            problems += error.problems
    if problems or file is None:
        raise InputError(problems)
    decided = file.as_of.last or as_of or today
    history = file.history or History()
    problems = [*_too_late(document, history, decided), *_out_of_order(document, history, vocabulary)]
    if (file.as_of.first or decided) > today:
        problems.insert(0, Problem(document.where(("as_of",)), f"as_of {decided} is after today, {today}"))
    if problems:
        raise InputError(problems)
    label = None if file.patient is None else str(file.patient)
    return PatientFile(label, min(decided, today), sheet, history, dict(file.rulings or {}), document)


def _moments(history: History) -> Iterator[tuple[Place, When]]:
    """Yield every date of a history with its place in the file."""
    top: Place = ("history",)
    yield (*top, "complete_from"), history.complete_from
    yield (*top, "diagnosis_date"), history.diagnosis_date
    for number, line in enumerate(history.lines or ()):
        place: Place = (*top, "lines", number)
        courses: list[tuple[Place, Course]] = [(place, line)]
        courses += [((*place, "phases", position), phase) for position, phase in enumerate(line.phases)]
        for where, course in courses:
            yield (*where, "start"), course.start
            yield (*where, "stop"), course.stop
        if isinstance(line.transplant, When):
            yield (*place, "transplant"), line.transplant
        if line.progressed:
            yield (*place, "progression", "date"), line.progressed.date


def _too_late(document: Document, history: History, as_of: date) -> Iterator[Problem]:
    for place, when in _moments(history):
        if when.first and when.first > as_of:
            yield Problem(
                document.where(place),
                f"{place[-1]} {when} is after as_of, {as_of}",
                "a decision knows only what came before it",
            )


def _out_of_order(document: Document, history: History, vocabulary: Vocabulary) -> Iterator[Problem]:
    lines = history.lines or ()
    seen: dict[int, int] = {}
    for position, line in enumerate(lines):
        place: Place = ("history", "lines", position)
        if line.line is not None:
            if line.line in seen:
                yield Problem(document.where((*place, "line")), f"line {line.line} is given twice", "number lines 1, 2, 3")
            seen[line.line] = position
        yield from (
            Problem(document.where((*place, *key)), what, remedy) for key, what, remedy in _contradictions(line, vocabulary)
        )
    unnumbered = [position for position, line in enumerate(lines) if line.line is None]
    if seen and unnumbered:
        where = document.where(("history", "lines", unnumbered[0]))
        yield Problem(where, "this line has no number, though others have", "number every line, or none")
    ordered = sorted(lines, key=lambda line: line.line or 0) if len(seen) == len(lines) else list(lines)
    for earlier, later in pairwise(ordered):
        place = ("history", "lines", lines.index(later))
        if before(later.begun, earlier.begun):
            what = f"this line starts {later.begun}, before the line given ahead of it ({earlier.begun})"
            yield Problem(document.where((*place, "start")), what, "give lines in their order")
        if earlier.progressed and before(later.begun, earlier.progressed.date):
            what = f"this line starts {later.begun}, before the progression of the line ahead of it ({earlier.progressed.date})"
            yield Problem(document.where((*place, "start")), what, "a progression belongs to the line on which it came")


def _contradictions(line: Line, vocabulary: Vocabulary) -> Iterator[tuple[Place, str, str]]:
    """Yield what in a line cannot be true together: where in the line, what, and what would be right."""
    progressed, phases = line.progressed, line.phases
    if progressed and before(progressed.date, line.begun):
        yield ("progression",), f"progression {progressed.date} is before the start of its line, {line.begun}", ""
    if isinstance(line.transplant, When) and before(line.transplant, line.begun):
        yield ("transplant",), f"transplant {line.transplant} is before the start of its line, {line.begun}", ""
    stopped_for_it = line.stop_reason == "progression" or any(phase.stop_reason == "progression" for phase in phases)
    if line.progression is False and stopped_for_it:
        yield ("progression",), "progression is false, but treatment was stopped for progression", "correct one of the two"
    intents = {phase.intent for phase in phases}
    if line.maintenance is False and "maintenance" in intents:
        yield ("maintenance",), "maintenance is false, but a phase of maintenance is recorded", "correct one of the two"
    if line.transplant is False and "conditioning" in intents:
        yield ("transplant",), "transplant is false, but a phase of conditioning is recorded", "correct one of the two"
    if progressed:
        for agent in progressed.on:
            courses = [course for course in phases or (line,) if agent in (course.given_agents(vocabulary) or ())]
            stops = [course.stop if course.stop.known else line.stop for course in courses]
            if stops and all(days_between(stop, progressed.date).exceeds(LONG_AFTER) for stop in stops):
                what = f"progression {progressed.date} is said to be on {agent}, which was stopped long before"
                yield ("progression",), what, "correct the dates, or leave the agent out of `on`"
    named = {agent for course in (line, *phases) for agent in course.given_agents(vocabulary) or ()}
    said = [("doses", agent) for course in (line, *phases) for agent in course.doses]
    said += [("progression", agent) for agent in (progressed.on if progressed else ())]
    for key, agent in said:
        if named and agent not in named:
            yield (key,), f"{key} names {agent}, but the line does not", f"add {agent} to the line, or correct it"


def read_switches(given: Mapping[str, str], known: Mapping[str, tuple[str, ...]], where: str) -> dict[str, str]:
    """Check switches of rulings against those that a pack has."""
    problems = []
    for ruling, value in given.items():
        if ruling not in known:
            problems.append(Problem(where, f"ruling {ruling} has no switch", suggestion(ruling, known)))
        elif value not in known[ruling]:
            remedy = f"write {ruling}={' or '.join(known[ruling])}"
            problems.append(Problem(where, f'ruling {ruling} has no reading "{value}"', remedy))
    if problems:
        raise InputError(problems)
    return dict(given)
