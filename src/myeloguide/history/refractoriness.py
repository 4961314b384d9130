"""Refractoriness per agent: no response on it, or progression on it or within 60 days of its last dose (ruling A1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from myeloguide.history.course import LineCourse, Stretch
from myeloguide.history.definitions import Definitions
from myeloguide.history.kleene import all_of, any_of
from myeloguide.history.proof import Proof
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.fact_sheet import FactSheet, Members
from myeloguide.record.frozen import frozen
from myeloguide.record.ranges import ANY_NUMBER, Range, counted
from myeloguide.record.time import UNKNOWN, When, before, days_between

NOT_NEGATIVE = Range(0, None)


@frozen(eq=False)
class Finding:
    """Whether the disease is refractory to an agent by one line, with the dates that say so.

    `on_it` says that a progression came while the agent was given, `rule` which part of the definition decided.
    """

    agent: str
    refractory: bool | None
    line: int
    reason: str
    last_dose: When = UNKNOWN
    progression: When = UNKNOWN
    days: Range = ANY_NUMBER
    on_it: bool = False
    assumed: bool = False
    first_dose: When = UNKNOWN
    dose: str | None = None
    response: str | None = None
    rule: str = ""

    @property
    def given(self) -> Range:
        """The days from the first dose to the last."""
        return days_between(self.first_dose, self.last_dose).within(NOT_NEGATIVE) or ANY_NUMBER


def findings(courses: Sequence[LineCourse], definitions: Definitions) -> list[Finding]:
    """Return what every line says about every agent given in it."""
    return [
        finding
        for course in courses
        for agent in course.agents
        for finding in _Reading(course, agent, courses, definitions).findings()
    ]


def by_agent(found: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Return the findings on each agent, in order."""
    grouped: dict[str, list[Finding]] = {}
    for finding in found:
        grouped.setdefault(finding.agent, []).append(finding)
    return grouped


def decisive(found: Sequence[Finding]) -> Finding:
    """Return the finding that decides: one that proves it, else one that leaves it open, else one that excludes it."""
    return min(found, key=_order)


def _order(finding: Finding) -> tuple[int, int]:
    return (0 if finding.refractory else 1 if finding.refractory is None else 2), -finding.line


# --- classes ---

PROTEASOME_INHIBITOR, IMMUNOMODULATORY, ANTI_CD38 = "proteasome_inhibitor", "immunomodulatory_agent", "anti_cd38_antibody"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "triple_class": (PROTEASOME_INHIBITOR, IMMUNOMODULATORY, ANTI_CD38),
    "penta": ("bortezomib", "carfilzomib", "lenalidomide", "pomalidomide", ANTI_CD38),
}
"""Agents and classes that are counted together: all of them, and of a class at least one agent (ruling A10)."""


def class_states(sheet: FactSheet, vocabulary: Vocabulary) -> tuple[Proof, ...]:
    """Return exposure and refractoriness, two different things, by class and by group of classes, each three-valued.

    A class of which no agent is known to have been received is told only where it is part of a group.
    """
    return _class_states(sheet.members("exposed_to"), sheet.members("refractory_to"), vocabulary)


@lru_cache(maxsize=8192)  # many patients of a registry share what they received
def _class_states(exposed: Members, failed: Members, vocabulary: Vocabulary) -> tuple[Proof, ...]:
    found: list[Proof] = []

    def refractory_to(agent: str) -> bool | None:
        return False if exposed.has(agent) is False else failed.has(agent)

    given = (name for agent in sorted(exposed.yes) for name in vocabulary.classes_of(agent))
    classes = dict.fromkeys((*GROUPS["triple_class"], *given))
    for what, has in (("exposed", exposed.has), ("refractory", refractory_to)):
        told: dict[str, bool | None] = {}
        for name in classes:
            members = {agent: has(agent) for agent in vocabulary.class_members[name]}
            told[name] = value = any_of(members.values())
            found.append(Proof(f"class_{what}", name, value, _which(members, value), rule="A10"))
        for group, parts in GROUPS.items():
            members = {part: told[part] if part in told else has(part) for part in parts}
            value = all_of(members.values())
            found.append(Proof(f"{group}_{what}", "", value, _which(members, value), rule="A10"))
    return tuple(found)


def _which(members: Mapping[str, bool | None], value: bool | None) -> str:
    """Say which members make it so: those that it is true of, not true of, or unknown of."""
    words = {True: "", False: "not ", None: "unknown of "}[value]
    return words + ", ".join(name for name, told in members.items() if told is value)


def _since(days: Range) -> str:
    """Say how long after something another came, where it may have come before it too."""
    least, most = days.least, days.most
    if least is not None and least >= 0:
        return f"{counted(str(days), 'day')} after"
    if most is None:
        return "an unknown time after, or before,"
    after = f"{counted(f'{most:g}', 'day')} after"
    return f"at most {after}, or before," if least is None else f"between {counted(f'{-least:g}', 'day')} before and {after}"


class _Reading:
    """What one line says about one agent."""

    def __init__(self, course: LineCourse, agent: str, courses: Sequence[LineCourse], definitions: Definitions) -> None:
        self.course = course
        self.agent = agent
        self.courses = courses
        self.definitions = definitions
        self.given = course.holding(agent)
        self.last: Stretch = course.last_of(agent)
        self.first_dose = self.given[0].first_dose
        self.dosed = f" at {self.last.doses[agent]}" if agent in self.last.doses else ""
        self.response = course.response_to(agent)

    def findings(self) -> Iterator[Finding]:
        full_only = self.definitions.refractory_dose == "full"
        if self.response == "SD" and self.cut_short():
            so_far = "still in its first cycle" if self.last.reason == "ongoing" else f"stopped for {self.last.reason} in it"
            reason = f"best response SD, but {so_far} (line {self.course.number})"
            yield self.found(None, "too brief to tell", reason)
        elif self.response in self.definitions.nonresponse and not (full_only and self.always_low()):
            yield self.found(
                True, "no response", f"best response {self.response}, less than minimal response (line {self.course.number})"
            )
        if full_only and self.agent in self.last.low_dose:
            reason = f"given{self.dosed or ' at a low dose'} at the end of line {self.course.number}: does not count as read (A2)"
            yield self.excluded("dose not counted", reason)
            return
        yield self.by_progression()
        if self.course.progression is None:
            yield from self.by_later_lines()

    def cut_short(self) -> bool:
        """Whether the agent was stopped for toxicity too soon to have failed, or is still in its first cycle."""
        limit = self.definitions.evaluable_days
        brief = days_between(self.first_dose, self.last.last_dose).reaches(limit - 1) is False
        return brief and self.last.reason in ("toxicity", "intolerance", "ongoing")

    def always_low(self) -> bool:
        return all(self.agent in stretch.low_dose for stretch in self.given)

    def found(
        self,
        value: bool | None,
        rule: str,
        reason: str,
        when: When = UNKNOWN,
        days: Range = ANY_NUMBER,
        *,
        on_it: bool = False,
        assumed: bool = False,
    ) -> Finding:
        return Finding(
            self.agent,
            value,
            self.course.number,
            reason,
            self.last.last_dose,
            when,
            days,
            on_it,
            assumed,
            first_dose=self.first_dose,
            dose=self.last.doses.get(self.agent),
            response=self.response,
            rule=rule,
        )

    def excluded(self, rule: str, reason: str, when: When = UNKNOWN, days: Range = ANY_NUMBER) -> Finding:
        """Return that the line does not make the disease refractory; where no response is recorded, that is an assumption."""
        if self.response is not None:
            return self.found(False, rule, reason, when, days)
        if self.course.only_stable:
            reason += "; only stable disease was seen, too little of it to say that there was no response"
            return self.found(None, "response not known", reason, when, days)
        reason += "; response not recorded, taken as minimal response or better"
        return self.found(False, rule, reason, when, days, assumed=True)

    def by_progression(self) -> Finding:
        course, number, when = self.course, self.course.number, self.course.progression
        stopped_for_it = next((stretch for stretch in self.given if stretch.reason == "progression"), None)
        if when is None:
            if stopped_for_it is not None:
                return self.stopped(stopped_for_it)
            if course.no_progression:
                goes_on = any(stretch.reason == "ongoing" for stretch in course.stretches)
                ended = "is without progression so far" if goes_on else "ended without progression"
                return self.excluded("no progression", f"line {number} {ended}")
            limit, last = self.definitions.refractory_days, self.last.last_dose
            free = UNKNOWN if course.progression_free is None else When.on(course.progression_free)
            if days_between(last, free).reaches(limit):
                reason = f"no progression up to {free}, {limit} days or more after the last dose, {last} (line {number})"
                return self.excluded("no progression", reason)
            return self.found(None, "progression not recorded", f"no progression is recorded for line {number}")
        dated = f"{when} " if when.known else ""
        if self.agent in course.progressed_on:
            reason = f"progression {dated}on {self.agent}{self.dosed} (line {number})"
            return self.found(True, "progression on therapy", reason, when, on_it=True)
        if before(when, self.given[0].first_dose):
            return self.found(None, "begun after progression", f"begun after the progression of line {number}", when)
        days = course.days_to_progression(self.agent)
        still_given = self.last.reason in ("progression", "ongoing") and days.exceeds(0) is not True
        if still_given:
            reason = f"still given{self.dosed} at progression {dated}(line {number})"
            return self.found(True, "progression on therapy", reason, when, on_it=True)
        found = self.by_days(when, dated, days)
        # One progression is dated for a line; a drug stopped for another before it was stopped for progression all the same.
        return found if found.refractory or stopped_for_it is None else self.stopped(stopped_for_it)

    def stopped(self, stretch: Stretch) -> Finding:
        reason = f"stopped for progression{self.dosed}, last dose {stretch.last_dose} (line {self.course.number})"
        return self.found(True, "progression on therapy", reason, on_it=True)

    def by_days(self, when: When, dated: str, days: Range) -> Finding:
        number, limit, last = self.course.number, self.definitions.refractory_days, self.last.last_dose
        if days.exceeds(0) is False:
            reason = f"progression {dated}on it{self.dosed}, last dose {last} (line {number})"
            return self.found(True, "progression on therapy", reason, when, days, on_it=True)
        beyond = days.exceeds(limit)
        reason = f"progression {dated}came {_since(days)} the last dose, {last}: "
        if beyond:
            return self.excluded("progression later", f"{reason}more than {limit} days (line {number})", when, days)
        if beyond is None:
            reason += f"the dates cannot tell whether that is within {limit} days (line {number})"
            return self.found(None, "dates leave it open", reason, when, days)
        return self.found(True, f"progression within {limit} days", f"{reason}within {limit} days (line {number})", when, days)

    def by_later_lines(self) -> Iterator[Finding]:
        """Read progressions of later lines that may still fall within 60 days of this agent's last dose."""
        limit, last = self.definitions.refractory_days, self.last.last_dose
        for later in self.courses:
            if later.number <= self.course.number or later.no_progression or not last.known:
                continue
            if days_between(last, later.start).exceeds(limit):
                continue
            when = later.progression or UNKNOWN
            begun_after = before(when, self.first_dose)
            if begun_after:
                continue
            days = days_between(last, when)
            beyond = days.exceeds(limit)
            if beyond is False and begun_after is None:
                beyond = None
            if not beyond:
                certainty = "perhaps within" if beyond is None else "within"
                reason = (
                    f"last dose {last} (line {self.course.number}), progression {when} in line {later.number}: "
                    f"{certainty} {limit} days"
                )
                rule = "dates leave it open" if beyond is None else f"progression within {limit} days"
                yield self.found(None if beyond is None else True, rule, reason, when, days)
