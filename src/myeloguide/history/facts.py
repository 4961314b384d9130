"""From a history to facts with their proof, joined with the facts given: those win, and a disagreement is reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from myeloguide.errors import InputError, Problem
from myeloguide.history.closure import close, planes_of
from myeloguide.history.course import LONGEST_MONTH, MAINTENANCE, LineCourse, lay_out
from myeloguide.history.definitions import IMWG_2011, Definitions
from myeloguide.history.kleene import any_of
from myeloguide.history.proof import Proof
from myeloguide.history.refractoriness import Finding, by_agent, class_states, decisive, findings
from myeloguide.history.relapse import Relapse, Signs, course_states, relapses
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.fact_sheet import FactSheet, Members, Value
from myeloguide.record.frozen import frozen
from myeloguide.record.patient_file import History, PatientFile
from myeloguide.record.ranges import ANY_NUMBER, Range, counted
from myeloguide.record.shorthand import Note
from myeloguide.record.time import UNKNOWN, When, before, days_between, months_between

if TYPE_CHECKING:
    from myeloguide.history.frailty import Scored

_LENALIDOMIDE_MONTHS = "months_lenalidomide_stop_to_progression"
_TRANSPLANT_MONTHS = "months_transplant_to_progression"
_CONSOLIDATION = 2
SIMPLIFIED = "simplified"
"""The frailty score from which the fact `frail` is derived (ruling A8)."""


@frozen(eq=False)
class Disagreement:
    """A fact, or a line, given that the history contradicts; the one given is used."""

    fact: str
    given: str
    derived: str
    text: str


@frozen(eq=False)
class Derived:
    """What a history says: facts, the proof of each, and what each line says about each agent.

    `states` are what is said of classes of agents and of the disease, beside the facts: value and proof in one.
    """

    facts: FactSheet = field(default_factory=FactSheet)
    proofs: tuple[Proof, ...] = ()
    findings: tuple[Finding, ...] = ()
    courses: tuple[LineCourse, ...] = ()
    remarks: tuple[str, ...] = ()
    relapses: tuple[Relapse, ...] = ()
    states: tuple[Proof, ...] = ()


@frozen(eq=False)
class PersonFound:
    """What is known of a patient beside the lines: age in completed years, scores."""

    age: Range | None = None
    scores: tuple[Scored, ...] = ()


PERHAPS_MORE = (
    "it is not said that the record is complete, so a drug or a line that it does not name was perhaps given; "
    'if all is told, say so: "complete record" in a note, `complete: true` in a history'
)


@frozen(eq=False)
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
    differing: Iterable[Disagreement] = ()
    if patient.history.tables:
        from myeloguide.history.inline import derive_inline  # reads tables, which a cold start does without

        derived, differing = derive_inline(patient, vocabulary, definitions, assume_complete=assume_complete)
    else:
        derived = derive(
            patient.history, vocabulary, definitions, patient.as_of, given=patient.facts, assume_complete=assume_complete
        )
    if isinstance(patient.document, Note) and patient.document.findings:
        derived = _with_frailty(derived, patient, patient.document.findings)
    facts, disagreements = _join(patient.facts, derived, vocabulary)
    remarks = (*derived.remarks, *patient.facts.not_used)
    silent = patient.history.complete is None and not patient.history.is_complete and not assume_complete
    if patient.history.lines and silent and not facts.members("exposed_to").complete:
        remarks = (*remarks, PERHAPS_MORE)
    derived = replace(derived, remarks=remarks)
    return KnownFacts(facts, derived, (*disagreements, *differing), assume_complete)


def _with_frailty(derived: Derived, patient: PatientFile, findings: Mapping[str, str]) -> Derived:
    """Add frailty as the findings of a note tell it, or what is open in it; they are those of the day of the decision."""
    from myeloguide.history.frailty import scored  # reads the scores, which a start without findings does not need
    from myeloguide.record.events import FindingRecorded

    given = patient.facts.number("age")
    age = None if given == ANY_NUMBER else given
    rows = [FindingRecorded(kind, When.on(patient.as_of), value) for kind, value in findings.items()]
    found = next(found for found in scored(age, rows, patient.as_of) if found.score.score == SIMPLIFIED)
    said = {True: "frail", False: "not frail", None: "frailty is left open"}[found.frail]
    points = found.text().removeprefix(f"{SIMPLIFIED}: ")
    derived = replace(derived, remarks=(*derived.remarks, f"{said} by the {SIMPLIFIED} frailty score: {points}"))
    proof = _frailty(found)
    if proof is None:
        return derived
    facts = replace(derived.facts, values={**derived.facts.values, "frail": proof.value is True})
    return replace(derived, facts=facts, proofs=(*derived.proofs, proof))


def _frailty(found: Scored) -> Proof | None:
    """Return whether the patient is frail, where a score decides it."""
    return None if found.frail is None else Proof("frail", "", found.frail, found.text(), rule="A8")


def refuse_contradictions(patient: PatientFile, vocabulary: Vocabulary, supposed: str = "") -> None:
    """Raise an input error when the facts given contradict each other; it names the file, or where some are `supposed`."""
    conflicts = close(planes_of(patient.facts, vocabulary, ()), vocabulary)
    if not conflicts:
        return
    document = patient.document
    problems = []
    for text in dict.fromkeys(conflict.text() for conflict in conflicts):
        where = supposed or (document.where(("facts",)) if document else "")
        problems.append(Problem(where, text, "correct one of the two, or leave it out if unknown"))
    raise InputError(problems[:5])


NOTHING_GIVEN = FactSheet()


def derive(
    history: History,
    vocabulary: Vocabulary,
    definitions: Definitions,
    as_of: date,
    *,
    given: FactSheet = NOTHING_GIVEN,
    assume_complete: bool = False,
) -> Derived:
    """Derive facts from a history's lines; facts given can confirm that every line is recorded, or show that one is not."""
    if history.lines is None:
        return Derived()
    courses = lay_out(history, vocabulary, definitions, as_of)
    complete = history.is_complete or assume_complete
    return derive_from(courses, vocabulary, definitions, given=given, complete=complete, as_of=as_of)


def derive_from(
    courses: Sequence[LineCourse],
    vocabulary: Vocabulary,
    definitions: Definitions,
    *,
    given: FactSheet = NOTHING_GIVEN,
    complete: bool = False,
    as_of: date | None = None,
    person: PersonFound | None = None,
    signs: Mapping[int, Signs] = MappingProxyType({}),
) -> Derived:
    """Derive facts from lines laid out in time; `complete` says that what is not among them did not happen.

    `signs` tell the kind of relapse by line, `person` what is known of the patient beside the lines.
    """
    complete = complete and not shows_a_gap(given, courses, vocabulary)
    told = _Telling(courses, definitions, given.number("prior_lines"), complete=complete)
    told.tell()
    if person is not None:
        told.person(person)
    facts = FactSheet(told.values, told.other_regimens)
    states = class_states(facts, vocabulary) if courses or complete else ()
    course = course_states(courses, told.findings, definitions, as_of, every_line=told.every_line)
    return Derived(
        facts,
        tuple(told.proofs),
        told.findings,
        tuple(courses),
        relapses=relapses(courses, definitions, signs),
        states=(*states, *told.without_response(), *course),
    )


def shows_a_gap(given: FactSheet, courses: Sequence[LineCourse], vocabulary: Vocabulary) -> bool:
    """Whether the facts given hold something received that the history lacks: then it is not complete."""
    received = set(given.members("exposed_to").yes | given.members("refractory_to").yes | given.members("line1_agents").yes)
    for regimen in given.members("regimens_given").yes:
        received.update(vocabulary.regimens[regimen].agents)
    if not received.issubset(agent for course in courses for agent in course.agents):
        return True
    transplanted = given.values.get("prior_transplant") is True
    return transplanted and not any(course.transplant is not None or course.conditioned for course in courses)


class _Telling:
    """One patient's lines, told in order, becoming facts."""

    def __init__(self, courses: Sequence[LineCourse], definitions: Definitions, count: Range, *, complete: bool) -> None:
        self.courses = courses
        self.definitions = definitions
        numbered = [course.number for course in courses] == list(range(1, len(courses) + 1))
        self.says_complete = complete and numbered
        self.complete = self.says_complete and count.within(Range.exactly(len(courses))) is not None
        """Whether what is not recorded did not happen."""
        self.every_line = numbered and (self.complete or count.exact == len(courses))
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
        value: bool | float | None,
        text: str,
        lines: Iterable[int] = (),
        *,
        rule: str = "",
        assumed: bool = False,
    ) -> None:
        self.proofs.append(Proof(fact, member, value, text, tuple(lines), rule, assumed))

    def person(self, person: PersonFound) -> None:
        """Tell the age, and frailty where the score that the guideline's ruling names (A8) decides it."""
        if person.age is not None:
            self.values["age"] = person.age
            self.prove("age", "", person.age.exact, f"{person.age} completed years on the day of the decision")
        simplified = next((found for found in person.scores if found.score.score == SIMPLIFIED), None)
        proof = None if simplified is None else _frailty(simplified)
        if proof is not None:
            self.values["frail"] = proof.value is True
            self.proofs.append(proof)

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
            if self.complete and first.agents_known:
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
        for agent, found in by_agent(self.findings).items():
            finding = decisive(found)
            value, reason = finding.refractory, finding.reason
            if value is False and not self.every_line:
                value = None
                reason += "; but the record is not known to have every line"
            if value is not None:
                (yes if value else no).add(agent)
            self.prove("refractory_to", agent, value, reason, [finding.line], rule="A1", assumed=finding.assumed)
        self.refractory_to = frozenset(yes)
        self.values["refractory_to"] = Members(self.refractory_to, frozenset(no))
        self.response()

    def response(self) -> None:
        """Tell whether any therapy so far reached minimal response (primary refractory disease never did)."""
        best = [course.best_response for course in self.courses]
        responses = [
            (stretch.response, course.number) for course in self.courses for stretch in course.stretches if stretch.rank < 3
        ]
        responses += [(course.best_response, course.number) for course in self.courses]
        poor = {*self.definitions.nonresponse, None}
        reached = next(((response, number) for response, number in responses if response not in poor), None)
        if reached is not None:
            self.values["primary_refractory"] = False
            self.prove("primary_refractory", "", False, f"{reached[0]} in line {reached[1]}", [reached[1]], rule="A6")
        elif best and self.every_line and all(response in self.definitions.nonresponse for response in best):
            self.values["primary_refractory"] = True
            text = f"best response {', '.join(str(response) for response in best)}, less than minimal response in every line"
            self.prove("primary_refractory", "", True, text, [course.number for course in self.courses], rule="A6")

    def without_response(self) -> Iterator[Proof]:
        """Yield whether the disease is primary refractory, unknown where a line's response is."""
        if self.courses:
            text = "whether any line reached minimal response is not known"
            unknown = Proof("primary_refractory", "", None, text, rule="A6")
            yield next((proof for proof in self.proofs if proof.fact == unknown.fact), unknown)

    def since_lenalidomide(self) -> None:
        """Tell the months from the last lenalidomide dose to the present progression, which ended the last line."""
        held = [course for course in self.courses if "lenalidomide" in course.agents]
        if not (held and self.every_line) or self.courses[-1].progression is None:
            return
        course, present = held[-1], self.courses[-1].progression
        on_it = any(
            finding.on_it and (finding.agent, finding.line) == ("lenalidomide", course.number) for finding in self.findings
        )
        if on_it and course is self.courses[-1]:
            self.values[_LENALIDOMIDE_MONTHS] = Range.exactly(0)
            self.prove(_LENALIDOMIDE_MONTHS, "", 0, "progression on lenalidomide", [course.number], rule="A3")
            return
        last_dose = course.last_of("lenalidomide").last_dose
        months = months_between(last_dose, present)
        if months == ANY_NUMBER:
            return
        months = Range(max(months.least or 0, 0), None if months.most is None else max(months.most, 0))
        if months.exact == 0 and "lenalidomide" not in self.refractory_to:
            return  # progression on a dose that does not count (A2)
        self.values[_LENALIDOMIDE_MONTHS] = months
        text = f"last dose {last_dose}, progression {present}: {counted(str(months), 'month')}"
        self.prove(_LENALIDOMIDE_MONTHS, "", months.exact, text, [course.number], rule="A3")

    def transplant(self) -> None:
        held = [course for course in self.courses if course.transplant is not None]
        if not held:
            if any(course.conditioned for course in self.courses):
                self.prove("prior_transplant", "", None, "conditioning is recorded, but no transplant")
            elif self.complete or (self.every_line and all(course.no_transplant for course in self.courses)):
                self.values["prior_transplant"] = False
                self.prove("prior_transplant", "", False, "no transplant in any line of a complete record")
            return
        course = held[-1]
        assert course.transplant is not None
        self.values["prior_transplant"] = True
        dated = f" on {course.transplant}" if course.transplant.known else ""
        self.prove("prior_transplant", "", True, f"autologous transplant{dated} in line {course.number}", [course.number])
        if self.every_line:
            self.since_transplant(course, course.transplant)
            self.maintenance(course)

    def since_transplant(self, course: LineCourse, transplant: When) -> None:
        progression = course.progression
        if progression is None:
            return
        months = months_between(transplant, progression)
        least = course.least_days_after(_CONSOLIDATION) / LONGEST_MONTH if course.progressed_at_the_end else 0
        months = months.within(Range(least, None)) or months
        if months.most is not None and months.most < 0:
            return
        months = Range(max(months.least or 0, 0), months.most)
        if months == Range(0, None):
            return
        self.values[_TRANSPLANT_MONTHS] = months
        text = f"transplant {transplant}, progression {progression}: {counted(str(months), 'month')}"
        self.prove(_TRANSPLANT_MONTHS, "", months.exact, text, [course.number], rule="D2")

    def maintenance(self, course: LineCourse) -> None:
        value, concluded = course.maintenance, course.maintenance_assumed
        if value and (after := _maintained_after(course)) is not True:
            value, concluded = after, True
        if value is False and concluded and not self.complete:
            value = None
        if value is None:
            stopped_before = course.transplant is not None and days_between(course.stop, course.transplant).least
            ended = stopped_before is not None and stopped_before >= 0 and course.stop.known
            if not (self.complete and ended and course.agents_known):
                return
            value, concluded = False, True
        self.values["maintenance_after_transplant"] = value
        text = "maintenance recorded" if value else "no maintenance among what is recorded"
        text = f"{text} in line {course.number}"
        self.prove("maintenance_after_transplant", "", value, text, [course.number], assumed=not value and concluded)


def _maintained_after(course: LineCourse) -> bool | None:
    """Whether a line's maintenance was given after its transplant, unless the dates say that it came before."""
    transplant = course.transplant or UNKNOWN
    after: list[bool | None] = []
    for stretch in course.stretches:
        if stretch.rank == MAINTENANCE:
            ended = before(stretch.last_dose, transplant)
            after.append(None if ended is None and before(stretch.first_dose, transplant) else not ended)
    return any_of(after) if after else True


def _listed(numbers: Sequence[int]) -> str:
    return " and ".join(map(str, numbers))


def _join(given: FactSheet, derived: Derived, vocabulary: Vocabulary) -> tuple[FactSheet, list[Disagreement]]:
    """Join facts given and derived. Derived ones that cannot be true beside those given are left out and reported."""
    values: dict[str, Value] = dict(given.values)
    disagreements: list[Disagreement] = []
    for name in _ORDER:
        value = derived.facts.values.get(name)
        if value is not None:
            values[name], differs = _joined(name, given.values.get(name), value)
            disagreements += differs
    planes = planes_of(FactSheet(values, (*given.other_regimens, *derived.facts.other_regimens)), vocabulary, ())
    if close(planes, vocabulary):
        return _joined_one_by_one(given, derived, vocabulary)
    # What contradicts nothing together contradicts nothing one by one.
    if planes["exposed_to", "lenalidomide"][1] and _LENALIDOMIDE_MONTHS not in given.values:
        values.pop(_LENALIDOMIDE_MONTHS, None)
    return FactSheet(values, (*given.other_regimens, *derived.facts.other_regimens)), disagreements


def _joined_one_by_one(given: FactSheet, derived: Derived, vocabulary: Vocabulary) -> tuple[FactSheet, list[Disagreement]]:
    """Join what contradicts itself as a whole: fact by fact, in `_ORDER`, as far as each can be true beside those before it."""
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
            fitting, left_out = _what_fits(name, joined, values, given, vocabulary)
            disagreements.append(left_out)
            if fitting is None:
                continue
            joined, trial = fitting, FactSheet({**values, name: fitting}, given.other_regimens)
        values[name], sheet = joined, trial
    if _not_received("lenalidomide", sheet, vocabulary) and _LENALIDOMIDE_MONTHS not in given.values:
        sheet = FactSheet(
            {name: value for name, value in sheet.values.items() if name != _LENALIDOMIDE_MONTHS}, given.other_regimens
        )
    other = (*given.other_regimens, *derived.facts.other_regimens)
    whole = FactSheet(dict(sheet.values), other)
    if not close(planes_of(whole, vocabulary, ()), vocabulary):
        return whole, disagreements
    named = "; ".join("+".join(sorted(agents)) for agents in derived.facts.other_regimens)
    text = f"regimens_given: the history says {named}, which cannot be true beside the facts given; it is left out"
    return sheet, [*disagreements, Disagreement("regimens_given", "", named, text)]


def _not_received(agent: str, sheet: FactSheet, vocabulary: Vocabulary) -> bool:
    planes = planes_of(sheet, vocabulary, ())
    close(planes, vocabulary)
    return bool(planes["exposed_to", agent][1])


def _what_fits(
    name: str, joined: Value, values: dict[str, Value], given: FactSheet, vocabulary: Vocabulary
) -> tuple[Value | None, Disagreement]:
    """Keep of a derived list the members that can be true beside the facts given; of another fact, nothing."""
    if not isinstance(joined, Members):
        return None, _against(name, joined)
    before = values.get(name)
    kept = before if isinstance(before, Members) else Members()
    left: list[str] = []
    for side, members in (("yes", joined.yes - kept.yes), ("no", joined.no - kept.no)):
        for member in sorted(members):
            wider = replace(kept, **{side: getattr(kept, side) | {member}})
            if close(planes_of(FactSheet({**values, name: wider}, given.other_regimens), vocabulary, ()), vocabulary):
                left.append(member)
            else:
                kept = wider
    return kept, _against(name, Members(frozenset(left)))


_ORDER = (
    "exposed_to", "refractory_to", "prior_transplant", "prior_lines", "line1_agents", "regimens_given",
    _LENALIDOMIDE_MONTHS, _TRANSPLANT_MONTHS, "maintenance_after_transplant", "primary_refractory", "age", "frail",
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
    yes = given.yes if given.complete else derived.yes - given.no
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
