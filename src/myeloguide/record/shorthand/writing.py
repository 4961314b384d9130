"""A patient file written as shorthand, statement by statement; what the notation has no word for is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.fact_sheet import FactSheet
from myeloguide.record.patient_file import Course, History, Line, PatientFile, Phase, Progression
from myeloguide.record.ranges import Range, counted
from myeloguide.record.time import When

_PLAIN_LABEL = re.compile(r"[^\s;|][^;|\n\r]*(?<=\S)")
_LISTS = (
    ("exposed_to", "exposed", "exposed only", "not exposed"),
    ("line1_agents", "in line 1", "in line 1 only", "not in line 1"),
    ("regimens_given", "given", "given only", "not given"),
    ("refractory_to", "refractory", "", "not refractory"),
    ("unavailable_agents", "", "no access", ""),
    ("contraindicated_agents", "", "contraindicated", ""),
)
"""Facts that are lists, with the words ahead of what is known to be in them, of the whole list, of what is not."""
_MARKS = (
    ("prior_transplant", "prior ASCT", "no prior ASCT"),
    ("maintenance_after_transplant", "maintenance after ASCT", "no maintenance after ASCT"),
    ("transplant_eligible", "transplant eligible", "transplant ineligible"),
    ("primary_refractory", "primary refractory", "not primary refractory"),
    ("t_11_14", "t(11;14)+", "t(11;14)-"),
    ("bcl2_high", "BCL2 high", "BCL2 not high"),
)
_STOPS = {
    "ongoing": "ongoing", "progression": "stopped for progression", "toxicity": "stopped for toxicity", "completed": "completed",
    "planned": "stopped as planned", "intolerance": "stopped for intolerance", "choice": "stopped for patient choice",
    "death": "stopped for death", "other": "stopped for other reason",
}  # fmt: skip
SCORE_ITEMS = {"ecog": "ECOG", "charlson": "Charlson"}
"""Findings from which frailty is scored, as a note writes them."""
_INTENTS = {"maintenance": "maint", "consolidation": "consol", "conditioning": "conditioning"}


@dataclass(frozen=True, slots=True)
class Written:
    """A patient as shorthand: its statements, and what they leave out."""

    statements: tuple[str, ...]
    left_out: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.statements)


def write(
    patient: PatientFile,
    vocabulary: Vocabulary,
    reasons: Mapping[tuple[str, str], str] | None = None,
    findings: Mapping[str, str] | None = None,
) -> Written:
    """Write a patient file as shorthand; `reasons` are those told for members of lists, `findings` of the day itself."""
    return _Writer(patient, vocabulary, reasons or {}, findings or {}).written()


class _Writer:
    def __init__(
        self,
        patient: PatientFile,
        vocabulary: Vocabulary,
        reasons: Mapping[tuple[str, str], str],
        findings: Mapping[str, str],
    ) -> None:
        self.patient = patient
        self.vocabulary = vocabulary
        self.reasons = reasons
        self.findings = findings
        self.left_out: list[str] = []

    def written(self) -> Written:
        statements = [*self.head(), *self.person(self.patient.facts), *self.history(self.patient.history)]
        statements += [*self.facts(self.patient.facts), *self.tail(self.patient.history)]
        return Written(tuple(statements), tuple(self.left_out))

    def head(self) -> Iterator[str]:
        label = self.patient.patient
        if label is not None:
            if _PLAIN_LABEL.fullmatch(label):
                yield f"patient: {label}"
            else:
                self.left_out.append("patient: the label holds signs that a note cannot")
        given = self.patient.document.data if self.patient.document is not None else {}
        if isinstance(given, Mapping) and given.get("as_of") is not None:
            yield f"as of {given['as_of']}"

    def person(self, facts: FactSheet) -> Iterator[str]:
        age, fitness, frail = facts.number("age"), facts.values.get("fitness"), facts.values.get("frail")
        said = [] if age == Range() else [f"age {_bounded(age)}" if age.exact is None else f"{_exact(age.exact)}y"]
        if fitness is not None:
            said.append(str(fitness))
        elif frail is not None:
            said.append("frail" if frail else "not frail")
        said += [f"{SCORE_ITEMS[kind]} {value}" for kind, value in self.findings.items()]
        if said:
            yield ", ".join(said)

    def facts(self, facts: FactSheet) -> Iterator[str]:
        lines = facts.number("prior_lines")
        if lines != Range():
            yield counted(_bounded(lines), "prior line")
        for name, least, whole, none in _LISTS:
            yield from self.members(name, facts, least, whole, none)
        months = facts.number("months_lenalidomide_stop_to_progression")
        if months != Range():
            yield f"{_bounded(months)}mo since lenalidomide stop"
        months = facts.number("months_transplant_to_progression")
        if months != Range():
            yield f"prior ASCT {_bounded(months)}mo before PD"
        for name, yes, no in _MARKS:
            value = facts.values.get(name)
            if value is not None and not (name == "prior_transplant" and value is True and months != Range()):
                yield yes if value else no

    def members(self, name: str, facts: FactSheet, least: str, whole: str, none: str) -> Iterator[str]:
        known = facts.members(name)
        fact = self.vocabulary.facts[name]
        yes = sorted(known.yes)
        if name == "regimens_given":
            yes += ["+".join(sorted(agents)) for agents in facts.other_regimens]
        if fact.none_unless_named and set(yes) | known.no == known.no and not yes:
            if known.complete and whole:
                yield f"{whole}: none"
            return
        complete = known.complete and bool(whole)
        if yes or (complete and not fact.none_unless_named):
            listed = ", ".join(self.member(name, member) for member in yes) or "none"
            yield f"{whole if complete else least}: {listed}"
        if known.no and not known.complete:
            if name == "refractory_to" and known.no >= set(self.vocabulary.active_agents) - known.yes and not known.yes:
                yield "refractory: none"
            else:
                yield f"{none}: {', '.join(self.member(name, member) for member in sorted(known.no))}"

    def member(self, name: str, member: str) -> str:
        said = self.agent(member) if self.vocabulary.facts[name].kind == "agents" else member
        reason = self.reasons.get((name, member))
        return f"{said} ({reason})" if reason else said

    def agent(self, name: str) -> str:
        return self.vocabulary.agents[name].name

    # --- history ---

    def history(self, history: History) -> Iterator[str]:
        lines = history.lines or ()
        numbered = any(line.line is not None or not _begins(line) for line in lines)
        for number, line in enumerate(lines, 1):
            named = f"line {line.line or number}"
            yield (f"{named}: " if numbered else "") + self.line(line, named)
        self.left_out += [f"history.{name}: shorthand has lines of therapy only" for name in history.tables]

    def tail(self, history: History) -> Iterator[str]:
        if history.complete is not None:
            yield "complete record" if history.complete else "incomplete record"
        if history.diagnosis_date.known:
            yield f"diagnosed {history.diagnosis_date}"
        if history.complete_from.known:
            yield f"record from {history.complete_from}"
        for ruling, value in self.patient.rulings.items():
            yield f"{ruling}={value}"

    def line(self, line: Line, named: str) -> str:
        parts = self.phases(line, named) if line.phases else [self.only(line, named)]
        return " > ".join([*parts[:-1], ", ".join([parts[-1], *self.ending(line)])])

    def only(self, line: Line, named: str) -> str:
        said = self.course(line, named, dates=True)
        if line.transplant:
            said += f", ASCT{'' if line.transplant is True else f' {line.transplant}'}"
        return said

    def phases(self, line: Line, named: str) -> list[str]:
        """Return the parts of a line, its transplant after what comes before one."""
        self.check_whole(line, named)
        parts = [self.phase(phase, f"{named}, phase {number}") for number, phase in enumerate(line.phases, 1)]
        if line.transplant:
            after = [place for place, phase in enumerate(line.phases) if phase.intent not in ("consolidation", "maintenance")]
            said = "ASCT" if line.transplant is True else f"ASCT {line.transplant}"
            parts.insert(after[-1] + 1 if after else 0, said)
        return parts

    def check_whole(self, line: Line, named: str) -> None:
        """Say what is told of a line as a whole beside its phases: there is no word for it."""
        held = {key for key in ("cycles", "months", "doses", "stop_reason", "regimen", "agents") if getattr(line, key)}
        held |= {key for key in ("start", "stop") if getattr(line, key).known}
        self.left_out += [f"{named}: {key} of the whole line, beside its phases" for key in sorted(held)]

    def phase(self, phase: Phase, named: str) -> str:
        if phase.intent is None:
            self.left_out.append(f"{named}: it has no intent, and is written as induction")
        said = self.course(phase, named)
        return f"{said} {_INTENTS.get(phase.intent or '', 'induction')}{self.times(phase)}"

    def course(self, course: Course, named: str, *, dates: bool = False) -> str:
        """Return what was given, with doses; `dates` adds how often, how long and when."""
        if course.regimen is not None:
            known = self.vocabulary.regimen(course.regimen)
            members = course.given_agents(self.vocabulary) or ()
            said = known or "+".join(map(self.agent, members))
            if known is not None and course.agents:
                added = [agent for agent in course.agents if agent not in self.members_of(known)]
                if added:
                    said = "+".join(map(self.agent, members))
        else:
            said = "+".join(map(self.agent, course.agents or ())) or "unknown"
        if course.doses:
            said += f" ({', '.join(f'{self.agent(agent)} {_dose(dose)}' for agent, dose in course.doses.items())})"
            strange = [
                agent
                for agent, dose in course.doses.items()
                if not re.match(r"\d", _dose(dose)) or re.search("[(),;]", _dose(dose))
            ]
            self.left_out += [f"{named}: the dose of {agent}" for agent in strange]
        return said + (self.times(course) if dates else "")

    def members_of(self, regimen: str) -> tuple[str, ...]:
        found = self.vocabulary.regimens[regimen]
        return (*found.agents, *((found.steroid,) if found.steroid else ()))

    def times(self, course: Course) -> str:
        said = ""
        if course.cycles is not None:
            said += f" x{_exact(course.cycles)}"
        if course.start.known or course.stop.known:
            said += f" {_span(course.start, course.stop)}"
        if course.months is not None:
            said += f" {_exact(course.months)}mo"
        if course.best_response is not None and isinstance(course, Phase):
            said += f", response {course.best_response}"
        if course.stop_reason is not None:
            said += f", {_STOPS[course.stop_reason]}"
        return said

    def ending(self, line: Line) -> Iterator[str]:
        if line.transplant is False:
            yield "no ASCT"
        if line.maintenance is not None:
            yield "maintenance given" if line.maintenance else "no maintenance"
        if line.best_response is not None:
            yield f"best response {line.best_response}"
        if line.progression is False:
            yield "no PD"
        elif line.progressed is not None:
            yield self.progression(line.progressed)

    def progression(self, progression: Progression) -> str:
        on = self.vocabulary.active(progression.on) or progression.on  # steroids decide nothing
        said = "PD" + (f" {progression.date}" if progression.date.known else "")
        said += f" {progression.kind}" if progression.kind else ""
        return said + (f" on {', '.join(map(self.agent, on))}" if on else "")


def _begins(line: Line) -> bool:
    """Whether a line begins with a treatment, so that it needs no number to be told from the one before."""
    return any(phase.intent not in ("consolidation", "maintenance") for phase in line.phases or (Phase(),))


def _exact(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def _bounded(number: Range) -> str:
    if number.exact is not None:
        return _exact(number.exact)
    if number.least is None or number.most is None:
        return f"≥{_exact(number.least)}" if number.most is None and number.least is not None else f"≤{_exact(number.most or 0)}"
    return f"{_exact(number.least)}-{_exact(number.most)}"


def _dose(dose: float | str) -> str:
    return dose.strip() if isinstance(dose, str) else f"{_exact(dose)} mg"


def _span(start: When, stop: When) -> str:
    if not stop.known:
        return f"from {start}"
    return f"{start}–{stop}" if start.known else f"until {stop}"
