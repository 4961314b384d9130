"""One patient's recorded events told in order: lines, responses and progression, and the facts that follow, with proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from myeloguide.history.course import LineCourse, lay_out
from myeloguide.history.definitions import IMWG_2011, Definitions
from myeloguide.history.differences import Difference, differences
from myeloguide.history.facts import NOTHING_GIVEN, Derived, PersonFound, derive_from, shows_a_gap
from myeloguide.history.frailty import Scored, age_on, scored
from myeloguide.history.judged import Judged, judge, progression_days, shows_progression
from myeloguide.history.lines import IMWG_2015, LinesFound
from myeloguide.history.proof import Proof
from myeloguide.history.recorded import course_of
from myeloguide.history.relapse import Kind, Signs
from myeloguide.history.response import Panel, panels
from myeloguide.history.rule_sets import RULE_SETS, Counting
from myeloguide.history.signs import Recorded, clinical_criteria, significant, signs_at
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events, Treatment
from myeloguide.record.fact_sheet import FactSheet, Members
from myeloguide.record.frozen import frozen
from myeloguide.record.patient_file import History
from myeloguide.record.patient_file import Line as LineGiven
from myeloguide.record.ranges import ANY_NUMBER, Range
from myeloguide.record.time import UNKNOWN, When

_MOST_READINGS = 6
"""Lines and progressions are told again until they agree; more often than this they never did."""


@frozen(eq=False)
class Told:
    """What one patient's record says: lines, the responses in them, scores, and what follows with its proofs.

    Where lines were given, `derived` follows from those; `lines` are the ones counted, and `differing` says where they differ.
    """

    patient_id: str
    lines: LinesFound
    responses: tuple[Judged, ...]
    derived: Derived
    scores: tuple[Scored, ...] = ()
    differing: tuple[Difference, ...] = ()
    lines_given: bool = False


def tell(
    events: Events,
    vocabulary: Vocabulary,
    as_of: date,
    count: Counting = RULE_SETS[IMWG_2015.name],
    definitions: Definitions = IMWG_2011,
    *,
    given: FactSheet = NOTHING_GIVEN,
    assume_complete: bool = False,
    relapse: str = "imwg-2016",
) -> Told:
    """Tell one patient's history up to a day; what was recorded later is not known then. Lines and facts given win.

    `relapse` is the version of the signs that make a relapse clinical.
    """
    events = _known_on(events, as_of)
    complete = assume_complete or events.person.complete
    reading = _read(events, vocabulary, count, definitions, as_of, complete=complete, latest=False)
    begun = [line.start for line in reading.lines.lines]
    if not all(when.first == when.last for when in (*_dates(events), *begun)):
        other = _read(events, vocabulary, count, definitions, as_of, complete=complete, latest=True)
        reading = _agreed(reading, other, events)
    lines, visits, judged, courses = reading.lines, reading.visits, reading.judged, reading.courses
    if lines.undated_procedures:
        courses = [replace(course, no_transplant=False) for course in courses]
    person = events.person
    age = age_on(person, as_of)
    told_age = given.number("age")
    scores = scored(age if told_age == ANY_NUMBER else told_age, events.findings, as_of)

    def derived_from(courses: Sequence[LineCourse], *, complete: bool) -> Derived:
        signs = _signs(events, courses, judged, visits, relapse, vocabulary, complete=complete)
        found = PersonFound(age, scores)
        return derive_from(
            courses, vocabulary, definitions, given=given, complete=complete, as_of=as_of, person=found, signs=signs
        )

    if events.lines is not None:
        kept = lay_out(History.model_construct(lines=events.lines), vocabulary, definitions, as_of)
        derived = derived_from(kept, complete=complete)
        differing = tuple(differences(kept, courses, vocabulary, stated_only=True)) if comparable(events) else ()
        return Told(person.patient_id, lines, tuple(judged), derived, scores, differing, lines_given=True)
    derived = derived_from(courses, complete=complete and lines.certain)
    if not lines.certain:
        derived = _open_order(derived, lines, complete=complete)
    complete = complete and not shows_a_gap(given, courses, vocabulary)
    derived = _with_all_received(derived, events, lines, vocabulary, complete=complete)
    return Told(person.patient_id, lines, tuple(judged), derived, scores)


def comparable(events: Events) -> bool:
    """Whether lines given can be compared with lines counted: only treatments and transplants make any."""
    return bool(events.treatments) or any(item.kind == "autologous_transplant" for item in events.procedures)


@frozen(eq=False)
class _Reading:
    """What is read of a record whose partly known dates stand for their first days, or for their last."""

    lines: LinesFound
    visits: list[Panel]
    judged: list[Judged]
    courses: list[LineCourse]


def _read(
    events: Events,
    vocabulary: Vocabulary,
    count: Counting,
    definitions: Definitions,
    as_of: date,
    *,
    complete: bool,
    latest: bool,
) -> _Reading:
    """Count lines and judge the visits in them, again and again until progressions and lines agree."""
    visits = panels(events.measurements, events.findings, latest=latest)
    lines = without = count(events, vocabulary, ())
    judged = judge(events, lines, visits, latest=latest)
    for _ in range(_MOST_READINGS):
        before_it, progressions = lines, progression_days(judged)
        lines = count(events, vocabulary, progressions) if progressions else without
        if [line.start for line in lines.lines] == [line.start for line in before_it.lines]:
            break  # the same visits stand in the same lines
        judged = judge(events, lines, visits, latest=latest)
    else:
        lines = _never_agreed(before_it, lines)
    placed = all(when.first and when.last for when in _dates(events))
    courses = [
        course_of(events, lines.lines, number, judged, vocabulary, definitions, as_of, complete=complete, placed=placed)
        for number in range(len(lines.lines))
    ]
    return _Reading(lines, visits, judged, courses)


def _dates(events: Events) -> list[When]:
    """Return the dates of values, findings and responses."""
    return [item.date for items in (events.measurements, events.findings, events.responses) for item in items]


def _agreed(one: _Reading, other: _Reading, events: Events) -> _Reading:
    """Return what two readings of the dates agree on; a progression that both see lies between the two days.

    Where they count other lines, their number is open, and nothing is said of a course but what was given.
    """
    exact = {when.day for when in _dates(events)}
    seen = {(item.line, item.visit.day, item.visit.category, item.confirmed) for item in other.judged}
    judged = [
        item
        for item in one.judged
        if item.visit.day in exact and (item.line, item.visit.day, item.visit.category, item.confirmed) in seen
    ]
    if [line.start for line in one.lines.lines] == [line.start for line in other.lines.lines]:
        return replace(one, judged=judged, courses=list(map(_agreed_course, one.courses, other.courses)))
    nothing = [
        replace(course, progression=None, no_progression=False, progression_free=None, best_response=None, complete_response=None)
        for course in one.courses
    ]
    return replace(one, lines=_never_agreed(other.lines, one.lines), judged=[], courses=nothing)


def _agreed_course(one: LineCourse, other: LineCourse) -> LineCourse:
    progression = None
    if one.progression is not None and other.progression is not None:
        progression = one.progression.spanning(other.progression)
    free = None
    if one.progression_free is not None and other.progression_free is not None:
        free = min(one.progression_free, other.progression_free)
    return replace(
        one,
        progression=progression,
        no_progression=one.no_progression and other.no_progression,
        progression_free=free,
        only_stable=one.only_stable or other.only_stable,
        best_response=one.best_response if one.best_response == other.best_response else None,
        complete_response=one.complete_response if one.complete_response == other.complete_response else None,
    )


def _never_agreed(one: LinesFound, other: LinesFound) -> LinesFound:
    """Leave open which lines there were, where each reading of the progressions asks for the other one."""
    least, most = sorted((len(one.lines), len(other.lines)))
    return replace(other, between=(min(least, other.between[0]), max(most, other.between[1], least + 1)))


def _known_on(events: Events, as_of: date) -> Events:
    def known(when: When | None) -> bool:
        return when is None or when.first is None or when.first <= as_of

    def so_far(line: LineGiven) -> LineGiven:
        changed: dict[str, object] = {}
        if line.progressed is not None and not known(line.progressed.date):
            changed["progression"] = None
        if not known(line.transplanted):
            changed["transplant"] = None
        if not known(line.stop):  # how it ended and what it reached by its end were not known yet
            changed |= {"stop": UNKNOWN, "stop_reason": "ongoing", "best_response": None, "maintenance": None}
        return line.model_copy(update=changed) if changed else line

    def going_on(item: Treatment) -> Treatment:
        return item if known(item.stop) else replace(item, stop=None, ongoing=True, stop_reason=None)

    person = events.person
    return Events(
        replace(
            person,
            as_of=When.on(as_of),  # what is ongoing goes on until then
            last_seen=person.last_seen if known(person.last_seen) else None,
            death_date=person.death_date if known(person.death_date) else None,
        ),
        treatments=tuple([going_on(item) for item in events.treatments if known(item.start)]),
        procedures=tuple([item for item in events.procedures if known(item.date)]),
        measurements=tuple([item for item in events.measurements if known(item.date)]),
        findings=tuple([item for item in events.findings if known(item.date)]),
        responses=tuple([item for item in events.responses if known(item.date)]),
        lines=None if events.lines is None else tuple([so_far(line) for line in events.lines if known(line.begun)]),
    )


def _signs(
    events: Events,
    courses: Sequence[LineCourse],
    judged: Sequence[Judged],
    visits: Sequence[Panel],
    relapse: str,
    vocabulary: Vocabulary,
    *,
    complete: bool,
) -> dict[int, Signs]:
    """Return what tells the kind of every progression, by line."""
    progressed = [course for course in courses if course.progression is not None]
    if not progressed:
        return {}
    version = clinical_criteria(relapse)
    drugs = [item for item in events.treatments if not vocabulary.agents[item.agent].steroid]
    recorded = Recorded.of(events, drugs, complete=complete)
    found = {}
    for course in progressed:
        assert course.progression is not None
        later = next((other for other in courses if other.number > course.number), None)
        rises, text = significant(visits, course.progression, later.start.last if later is not None else None)
        day = course.progression.first
        shown = next((item for item in judged if item.visit.day == day and shows_progression(item)), None)
        stopped = any(stretch.reason == "progression" for stretch in course.stretches)
        found[course.number] = Signs(
            version.version,
            signs_at(course.progression, course.start.first, recorded, version),
            rises,
            text,
            shown.visit.because if shown else ("stopped for progression" if stopped else "as recorded with the line",),
            course.progression_kind or _kind_recorded(events, course.progression),
        )
    return found


def _kind_recorded(events: Events, progression: When) -> Kind | None:
    """Return the kind that somebody recorded with a progression."""
    same_day = [item for item in events.responses if item.category == "PD" and item.date.first == progression.first]
    said = {item.clinical for item in same_day if item.clinical is not None}
    return None if len(said) != 1 else "clinical" if True in said else "biochemical"


def _open_order(derived: Derived, lines: LinesFound, *, complete: bool) -> Derived:
    """Take back what hangs on the order of lines where the record leaves it open."""
    values = dict(derived.facts.values)
    for name in ("line1_agents", "months_transplant_to_progression", "months_lenalidomide_stop_to_progression"):
        values.pop(name, None)
    least, most = lines.between
    bounded = complete and not lines.undated and not lines.undated_procedures
    values["prior_lines"] = Range(least, most if bounded else None)
    remarks = [
        f"{what} without a date (rows {', '.join(map(str, rows))}) could not be placed"
        for what, rows in (("treatments", lines.undated), ("transplants or CAR-T infusions", lines.undated_procedures))
        if rows
    ]
    if lines.brief:
        remarks.append(f"line {' and '.join(map(str, lines.brief))} was stopped so soon that it may count for none")
    if least != most and not remarks:
        remarks.append(f"the record leaves open whether there were {least} or {most} lines")
    return replace(derived, facts=replace(derived.facts, values=values), remarks=(*derived.remarks, *remarks))


def _with_all_received(derived: Derived, events: Events, lines: LinesFound, vocabulary: Vocabulary, *, complete: bool) -> Derived:
    """Tell what was received whatever the order of lines, also where no line holds it; regimens may have held that."""
    given = dict.fromkeys(item.agent for item in events.treatments if not vocabulary.agents[item.agent].steroid)
    held = {agent for line in lines.lines for agent in line.agents}
    apart = [agent for agent in given if agent not in held]
    infusions = [when for line in lines.lines for when in line.infusions]
    if not apart and not infusions and lines.certain:
        return derived
    values = dict(derived.facts.values)
    proofs = [Proof("exposed_to", agent, True, "given, in no line") for agent in apart]
    remarks = [f"the CAR-T product infused on {when} is not recorded" for when in infusions]
    placed = complete and not lines.undated_procedures
    everything_named = placed and all(line.agents_known for line in lines.lines)
    values["exposed_to"] = Members(frozenset(given), complete=everything_named)
    if everything_named and not derived.facts.members("exposed_to").complete:
        proofs.append(Proof("exposed_to", "", None, "the record is complete and names no other agent"))
    untransplanted = all(course.transplant is None and not course.conditioned for course in derived.courses)
    if placed and untransplanted and "prior_transplant" not in values:
        values["prior_transplant"] = False
        proofs.append(Proof("prior_transplant", "", False, "no transplant in any line of a complete record"))
    if apart:
        values.pop("line1_agents", None)
        values["regimens_given"] = replace(derived.facts.members("regimens_given"), complete=False)
        names = ", ".join(vocabulary.agents[agent].name for agent in apart)
        remarks.append(f"{names}: given, but in none of the lines by {lines.rules}")
    return replace(
        derived,
        facts=replace(derived.facts, values=values),
        proofs=(*derived.proofs, *proofs),
        remarks=(*derived.remarks, *remarks),
    )
