"""From a history to facts with their proof, joined with the facts given: those win, and a disagreement is reported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from myeloguide.errors import InputError, Problem
from myeloguide.history.closure import close, planes_of
from myeloguide.history.course import LineCourse, lay_out
from myeloguide.history.definitions import IMWG_2011, Definitions
from myeloguide.history.proof import Proof
from myeloguide.history.refractoriness import Finding, findings, refractory
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.fact_sheet import FactSheet, Members, Value
from myeloguide.record.patient_file import History, PatientFile
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When, days_between, months_between

_LENALIDOMIDE_MONTHS = "months_lenalidomide_stop_to_progression"
_TRANSPLANT_MONTHS = "months_transplant_to_progression"
_DAYS_IN_LONGEST_MONTH = 31


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A fact given that the history contradicts; the one given is used."""

    fact: str
    given: str
    derived: str
    text: str


@dataclass(frozen=True, slots=True)
class Derived:
    """What a history says: facts, the proof of each, and what each line says about each agent."""

    facts: FactSheet = field(default_factory=FactSheet)
    proofs: tuple[Proof, ...] = ()
    findings: tuple[Finding, ...] = ()
    courses: tuple[LineCourse, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """The facts that a decision is made on, with proofs and disagreements."""

    facts: FactSheet
    derived: Derived = field(default_factory=Derived)
    disagreements: tuple[Disagreement, ...] = ()
    assume_complete: bool = False


def known_facts(
    patient: PatientFile,
    vocabulary: Vocabulary,
    definitions: Definitions = IMWG_2011,
    *,
    assume_complete: bool = False,
) -> KnownFacts:
    """Derive facts from a patient's history and join them with the facts given."""
    refuse_contradictions(patient, vocabulary)
    count = patient.facts.number("prior_lines").exact
    derived = derive(patient.history, vocabulary, definitions, patient.as_of, count=count, assume_complete=assume_complete)
    facts, disagreements = _join(patient.facts, derived, vocabulary)
    return KnownFacts(facts, derived, tuple(disagreements), assume_complete)


def refuse_contradictions(patient: PatientFile, vocabulary: Vocabulary) -> None:
    """Raise an input error when the facts given contradict each other."""
    conflicts = close(planes_of(patient.facts, vocabulary, ()), vocabulary)
    if not conflicts:
        return
    document = patient.document
    problems = []
    for text in dict.fromkeys(conflict.text() for conflict in conflicts):
        where = document.where(("facts",)) if document else ""
        problems.append(Problem(where, text, "correct one of the two, or leave it out if unknown"))
    raise InputError(problems[:5])


def derive(
    history: History,
    vocabulary: Vocabulary,
    definitions: Definitions,
    as_of: date,
    *,
    count: float | None = None,
    assume_complete: bool = False,
) -> Derived:
    """Derive facts from a history's lines; `count` is the number of prior lines given by the user, if any."""
    remarks = tuple(
        f"history.{name} is recorded, but facts are derived from history.lines only" for name in history.unread_tables
    )
    if history.lines is None:
        return Derived(remarks=remarks)
    courses = lay_out(history, vocabulary, definitions, as_of)
    told = _Telling(history, courses, vocabulary, definitions, count, history.is_complete or assume_complete)
    told.tell()
    return Derived(FactSheet(told.values, told.other_regimens), tuple(told.proofs), told.findings, tuple(courses), remarks)


class _Telling:
    """One patient's lines, told in order, becoming facts."""

    def __init__(
        self,
        history: History,
        courses: Sequence[LineCourse],
        vocabulary: Vocabulary,
        definitions: Definitions,
        count: float | None,
        complete: bool,
    ) -> None:
        self.courses = courses
        self.vocabulary = vocabulary
        self.definitions = definitions
        self.numbered = [course.number for course in courses] == list(range(1, len(courses) + 1))
        agrees = count is None or count == len(courses)
        self.says_complete = complete and self.numbered
        self.complete = complete and agrees and self.numbered
        """Whether what is not recorded did not happen."""
        self.every_line = self.numbered and (self.complete or count == len(courses))
        """Whether every line is recorded, if not everything in it."""
        self.findings = tuple(findings(courses, definitions))
        self.values: dict[str, Value] = {}
        self.proofs: list[Proof] = []
        self.refractory_to: frozenset[str] = frozenset()
        self.other_regimens: tuple[frozenset[str], ...] = ()

    def tell(self) -> None:
        self.count_lines()
        self.exposure()
        self.refractoriness()
        self.since_lenalidomide()
        self.transplant()

    def prove(
        self,
        fact: str,
        member: str,
        value: bool | float | str | None,
        text: str,
        lines: Iterable[int] = (),
        **more: object,
    ) -> None:
        rule = str(more.get("rule", ""))
        self.proofs.append(Proof(fact, member, value, text, tuple(lines), rule, bool(more.get("assumed", False))))

    def count_lines(self) -> None:
        number = max((course.number for course in self.courses), default=0)
        if self.every_line or self.says_complete:
            self.values["prior_lines"] = Range.exactly(number)
            text = f"{number} line{'' if number == 1 else 's'} recorded, and the record has every line"
        elif self.courses:
            self.values["prior_lines"] = Range(number, None)
            text = f"at least {number}: the record is not known to be complete"
        else:
            return
        self.prove("prior_lines", "", None, text, [course.number for course in self.courses], rule="A5")

    def exposure(self) -> None:
        received: dict[str, list[int]] = {}
        for course in self.courses:
            for agent in course.agents:
                received.setdefault(agent, []).append(course.number)
        everything_named = self.complete and all(course.agents_known for course in self.courses)
        self.values["exposed_to"] = Members(frozenset(received), complete=everything_named)
        if everything_named:
            every = [course.number for course in self.courses]
            self.prove("exposed_to", "", None, "the record is complete and names no other agent", every)
            self.prove("regimens_given", "", None, "the record is complete and names no other regimen", every)
        for agent, lines in received.items():
            self.prove("exposed_to", agent, True, f"given in line {_listed(lines)}", lines)
        if self.courses and self.courses[0].number == 1:
            first = self.courses[0]
            complete = self.every_line and first.agents_known
            if complete:
                self.values["line1_agents"] = Members(frozenset(first.agents), complete=True)
                self.prove("line1_agents", "", None, f"line 1 was {', '.join(first.agents)}", [1])
        given = [(name, course.number) for course in self.courses for name in course.regimens]
        self.values["regimens_given"] = Members(frozenset(name for name, _ in given), complete=everything_named)
        self.other_regimens = tuple(agents for course in self.courses for agents in course.unnamed_regimens)
        for name, line in given:
            self.prove("regimens_given", name, True, f"given in line {line}", [line])

    def refractoriness(self) -> None:
        yes: set[str] = set()
        no: set[str] = set()
        for agent in dict.fromkeys(finding.agent for finding in self.findings):
            decisive = refractory(finding for finding in self.findings if finding.agent == agent)
            assert decisive is not None
            value, reason = decisive.refractory, decisive.reason
            if value is False and not self.every_line:
                value = None
                reason += "; but the record is not known to have every line"
            if value is not None:
                (yes if value else no).add(agent)
            self.prove("refractory_to", agent, value, reason, [decisive.line], rule="A1", assumed=decisive.assumed)
        self.refractory_to = frozenset(yes)
        self.values["refractory_to"] = Members(self.refractory_to, frozenset(no))
        self.response()

    def response(self) -> None:
        """Tell whether any therapy so far reached minimal response (primary refractory disease never did)."""
        best = [course.best_response for course in self.courses]
        phases = [exposure.best_response for course in self.courses for exposure in course.exposures]
        poor = {*self.definitions.nonresponse, "NE", None}
        reached = next((course for course in self.courses if course.best_response not in poor), None)
        if reached is not None or any(response not in poor for response in phases):
            text = (
                f"{reached.best_response} to line {reached.number}" if reached else "a phase reached minimal response or better"
            )
            self.values["primary_refractory"] = False
            self.prove("primary_refractory", "", False, text, [reached.number] if reached else [], rule="A6")
        elif best and self.every_line and all(response in self.definitions.nonresponse for response in best):
            self.values["primary_refractory"] = True
            text = f"best response {', '.join(str(response) for response in best)}, less than minimal response in every line"
            self.prove("primary_refractory", "", True, text, [course.number for course in self.courses], rule="A6")

    def since_lenalidomide(self) -> None:
        """Tell the months from the last lenalidomide dose to the present progression, which ended the last line."""
        held = [course for course in self.courses if "lenalidomide" in course.agents]
        if not held or self.courses[-1].progression is None:
            return
        course, present = held[-1], self.courses[-1].progression
        exposure = next(item for item in course.exposures if item.agent == "lenalidomide")
        on_it = course is self.courses[-1] and any(
            finding.agent == "lenalidomide" and finding.line == course.number and finding.on_therapy
            and finding.progression.known == present.known and finding.refractory
            for finding in self.findings
        )  # fmt: skip
        if on_it:
            self.values[_LENALIDOMIDE_MONTHS] = Range.exactly(0)
            self.prove(_LENALIDOMIDE_MONTHS, "", 0, "progression on lenalidomide", [course.number], rule="A3")
            return
        months = months_between(exposure.last_dose, present)
        if months == Range():
            return
        months = Range(max(months.least or 0, 0), None if months.most is None else max(months.most, 0))
        if months.exact == 0 and "lenalidomide" not in self.refractory_to:
            return  # progression on a dose that does not count (A2)
        self.values[_LENALIDOMIDE_MONTHS] = months
        text = f"last dose {exposure.last_dose}, progression {present}: {months} months"
        self.prove(_LENALIDOMIDE_MONTHS, "", months.exact, text, [course.number], rule="A3")

    def transplant(self) -> None:
        held = [course for course in self.courses if course.transplant is not None]
        if not held:
            if self.complete or (self.every_line and all(course.no_transplant for course in self.courses)):
                self.values["prior_transplant"] = False
                self.prove("prior_transplant", "", False, "no transplant in any line of a complete record")
            return
        course = held[-1]
        assert course.transplant is not None
        self.values["prior_transplant"] = True
        dated = f" on {course.transplant}" if course.transplant.known else ""
        self.prove("prior_transplant", "", True, f"autologous transplant{dated} in line {course.number}", [course.number])
        self.since_transplant(course, course.transplant)
        self.maintenance(course)

    def since_transplant(self, course: LineCourse, transplant: When) -> None:
        followed = [later for later in self.courses if later.number >= course.number and later.progression is not None]
        if not followed or followed[0].number != course.number:
            return
        progression = followed[0].progression or UNKNOWN
        months = months_between(transplant, progression)
        least = course.days_after_transplant / _DAYS_IN_LONGEST_MONTH if course.progressed_late else 0
        months = months.within(Range(max(least, 0), None)) or months
        if months.most is not None and months.most < 0:
            return
        months = Range(max(months.least or 0, 0), months.most)
        if months == Range(0, None):
            return
        self.values[_TRANSPLANT_MONTHS] = months
        text = f"transplant {transplant}, progression {progression}: {months} months"
        self.prove(_TRANSPLANT_MONTHS, "", months.exact, text, [course.number], rule="D2")

    def maintenance(self, course: LineCourse) -> None:
        value, concluded = course.maintenance, course.maintenance_assumed
        if value is False and concluded and not self.complete:
            value = None
        if value is None:
            stopped_before = course.transplant is not None and days_between(course.stop, course.transplant).least
            if not (self.complete and stopped_before is not None and stopped_before >= 0 and course.stop.known):
                return
            value = False
        self.values["maintenance_after_transplant"] = value
        text = "maintenance recorded" if value else "no maintenance among what is recorded"
        self.prove("maintenance_after_transplant", "", value, f"{text} in line {course.number}", [course.number])


def _listed(numbers: Sequence[int]) -> str:
    return " and ".join(map(str, numbers))


def _join(given: FactSheet, derived: Derived, vocabulary: Vocabulary) -> tuple[FactSheet, list[Disagreement]]:
    """Join facts given and derived. Derived ones that cannot be true beside those given are left out and reported."""
    values: dict[str, Value] = dict(given.values)
    disagreements: list[Disagreement] = []
    sheet = given
    for name in _ORDER:
        value = derived.facts.values.get(name)
        if value is None:
            continue
        joined, differs = _joined(name, given.values.get(name), value)
        disagreements += differs
        trial = FactSheet({**values, name: joined}, given.other_regimens)
        if joined != values.get(name) and close(planes_of(trial, vocabulary, ()), vocabulary):
            disagreements.append(_against(name, value))
            continue
        values[name], sheet = joined, trial
    other = (*given.other_regimens, *derived.facts.other_regimens)
    whole = FactSheet(dict(sheet.values), other)
    return (sheet if close(planes_of(whole, vocabulary, ()), vocabulary) else whole), disagreements


_ORDER = (
    "exposed_to", "refractory_to", "prior_transplant", "prior_lines", "line1_agents", "regimens_given",
    _LENALIDOMIDE_MONTHS, _TRANSPLANT_MONTHS, "maintenance_after_transplant", "primary_refractory",
)  # fmt: skip
"""Derived facts by how directly the record shows them."""


def _joined(name: str, given: Value | None, derived: Value) -> tuple[Value, list[Disagreement]]:
    if isinstance(derived, Members) and (given is None or isinstance(given, Members)):
        return _joined_members(name, given or Members(), derived)
    if given is None:
        return derived, []
    if isinstance(given, Range) and isinstance(derived, Range):
        if given.exact is None or derived.within(given) is None:
            narrowed = given.within(derived)
            return (narrowed, []) if narrowed else (given, [_differs(name, given, derived)])
        return given, []
    return given, [] if given == derived else [_differs(name, given, derived)]


def _joined_members(name: str, given: Members, derived: Members) -> tuple[Members, list[Disagreement]]:
    yes = derived.yes - given.no - (frozenset() if not given.complete else derived.yes - given.yes)
    no = derived.no - given.yes
    differs = []
    if derived.yes - yes:
        differs.append(_members_differ(name, derived.yes - yes, "no", "yes"))
    missing = given.yes & derived.no if not derived.complete else given.yes - derived.yes
    if missing:
        differs.append(_members_differ(name, missing, "yes", "no"))
    complete = given.complete or (derived.complete and not missing)
    return Members(given.yes | yes, given.no | no, complete), differs


def _members_differ(name: str, members: Iterable[str], given: str, derived: str) -> Disagreement:
    named = ", ".join(sorted(members))
    text = f"{name}, {named}: the facts given say {given}, the history says {derived}; the facts given are used"
    return Disagreement(name, f"{named}: {given}", f"{named}: {derived}", text)


def _differs(name: str, given: Value, derived: Value) -> Disagreement:
    text = f"{name}: given as {_worded(given)}, the history says {_worded(derived)}; the fact given is used"
    return Disagreement(name, _worded(given), _worded(derived), text)


def _against(name: str, derived: Value) -> Disagreement:
    said = _worded(derived)
    text = f"{name}: the history says {said}, which cannot be true beside the facts given; it is left out"
    return Disagreement(name, "", said, text)


def _worded(value: Value) -> str:
    if isinstance(value, Members):
        return ", ".join(sorted(value.yes)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
