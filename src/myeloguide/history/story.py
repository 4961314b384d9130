"""One patient's recorded events told in order: lines, responses and progression, and the facts that follow, with proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.history.course import COMPLETE, MAINTENANCE, RANKS, LineCourse, Stretch, lay_out
from myeloguide.history.definitions import IMWG_2011, Definitions
from myeloguide.history.differences import Difference, differences
from myeloguide.history.episodes import OHDSI, count_episodes
from myeloguide.history.facts import NOTHING_GIVEN, Derived, PersonFound, derive_from, shows_a_gap
from myeloguide.history.frailty import Scored, age_on, scored
from myeloguide.history.lines import IMWG_2015, LineFound, LinesFound, PhaseFound, count_lines
from myeloguide.history.proof import Proof
from myeloguide.history.relapse import Kind, Signs
from myeloguide.history.response import VISIT_DAYS, Category, Line, Panel, Visit, best, confirmed, criteria, mrd_negative, panels
from myeloguide.history.signs import Recorded, clinical_criteria, significant, signs_at
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events, Treatment
from myeloguide.record.fact_sheet import FactSheet, Members
from myeloguide.record.patient_file import History
from myeloguide.record.patient_file import Line as LineGiven
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When, before, days_between

_MOST_READINGS = 6
"""Lines and progressions are told again until they agree; more often than this they never did."""


Counting = Callable[[Events, Vocabulary, Sequence[date]], LinesFound]

_PARAMETERS: dict[str, tuple[Callable[..., LinesFound], Any]] = {
    IMWG_2015.name: (count_lines, IMWG_2015),
    OHDSI.name: (count_episodes, OHDSI),
}


def _counting(count: Callable[..., LinesFound], rules: Any) -> Counting:
    return lambda events, vocabulary, progressions: count(events, vocabulary, rules, progressions)


RULE_SETS: dict[str, Counting] = {name: _counting(*known) for name, known in _PARAMETERS.items()}
"""The rule sets for lines, by name."""


def rule_set(text: str) -> Counting:
    """Return a rule set by name, with numbers of it changed: `imwg-2015`, or `imwg-2015,maintenance=120,tandem=90`."""
    name, *changes = (part.strip() for part in text.split(","))
    if name not in _PARAMETERS:
        raise InputError(Problem("--rules", f"there is no rule set {name}", suggestion(name, RULE_SETS)))
    count, rules = _PARAMETERS[name]
    numbers = [item.name for item in fields(rules) if isinstance(getattr(rules, item.name), int)]
    changed: dict[str, Any] = {"name": text}
    for change in changes:
        number, _, days = (part.strip() for part in change.partition("="))
        if number not in numbers:
            hint = suggestion(number, numbers) or f"its numbers are {', '.join(numbers)}"
            raise InputError(Problem("--rules", f'{name} has no number "{number}"', hint))
        if not days.isascii() or not days.isdigit() or len(days) > 4:
            raise InputError(Problem("--rules", f'{number} is "{days}"', f"write days: {number}={getattr(rules, number)}"))
        changed[number] = int(days)
    return _counting(count, replace(rules, **changed))


_OTHER_REASONS = ("toxicity", "intolerance", "completed", "planned", "choice")
_FOLLOWED = 100
"""A line is followed to its end when its last visit is so many days before it at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A visit in its line, with the confirmed response at it; `recorded` where somebody wrote the category."""

    line: int
    visit: Visit
    confirmed: Category
    recorded: bool


@dataclass(frozen=True, slots=True, eq=False)
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
    begun = (line.start for line in reading.lines.lines)
    if any(when.first != when.last for when in (*_dates(events), *begun)):
        other = _read(events, vocabulary, count, definitions, as_of, complete=complete, latest=True)
        reading = _agreed(reading, other, events)
    lines, visits, judged, courses = reading.lines, reading.visits, reading.judged, reading.courses
    if lines.undated_procedures:
        courses = [replace(course, no_transplant=False) for course in courses]
    person = events.person
    age = age_on(person, as_of)
    told_age = given.number("age")
    scores = scored(age if told_age == Range() else told_age, events.findings, as_of)

    def derived_from(courses: Sequence[LineCourse], *, complete: bool) -> Derived:
        signs = _signs(events, courses, judged, visits, relapse, vocabulary, complete=complete)
        found = PersonFound(age, scores)
        return derive_from(
            courses, vocabulary, definitions, given=given, complete=complete, as_of=as_of, person=found, signs=signs
        )

    if events.lines is not None:
        kept = lay_out(History.model_construct(lines=events.lines), vocabulary, definitions, as_of)
        derived = derived_from(kept, complete=complete)
        comparable = events.treatments or any(item.kind == "autologous_transplant" for item in events.procedures)
        differing = tuple(differences(kept, courses, vocabulary, stated_only=True)) if comparable else ()
        return Told(person.patient_id, lines, tuple(judged), derived, scores, differing, lines_given=True)
    derived = derived_from(courses, complete=complete and lines.certain)
    if not lines.certain:
        derived = _open_order(derived, lines, complete=complete)
    complete = complete and not shows_a_gap(given, courses, vocabulary)
    derived = _with_all_received(derived, events, lines, vocabulary, complete=complete)
    return Told(person.patient_id, lines, tuple(judged), derived, scores)


@dataclass(frozen=True, slots=True, eq=False)
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
    judged = _judge(events, lines, visits, latest=latest)
    for _ in range(_MOST_READINGS):
        before_it, progressions = lines, _progressions(judged)
        lines = count(events, vocabulary, progressions) if progressions else without
        if [line.start for line in lines.lines] == [line.start for line in before_it.lines]:
            break  # the same visits stand in the same lines
        judged = _judge(events, lines, visits, latest=latest)
    else:
        lines = _never_agreed(before_it, lines)
    placed = not any(when.first is None or when.last is None for when in _dates(events))
    courses = [
        _course(events, lines.lines, number, judged, vocabulary, definitions, as_of, complete=complete, placed=placed)
        for number in range(len(lines.lines))
    ]
    return _Reading(lines, visits, judged, courses)


def _dates(events: Events) -> Iterator[When]:
    """Yield the dates of values, findings and responses."""
    for items in (events.measurements, events.findings, events.responses):
        for item in items:
            yield item.date


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
        late = line.progressed is not None and not known(line.progressed.date)
        return line.model_copy(update={"progression": None}) if late else line

    return replace(
        events,
        person=replace(events.person, as_of=When.on(as_of)),  # what is ongoing goes on until then
        treatments=tuple(item for item in events.treatments if known(item.start)),
        procedures=tuple(item for item in events.procedures if known(item.date)),
        measurements=tuple(item for item in events.measurements if known(item.date)),
        findings=tuple(item for item in events.findings if known(item.date)),
        responses=tuple(item for item in events.responses if known(item.date)),
        lines=None if events.lines is None else tuple(so_far(line) for line in events.lines if known(line.begun)),
    )


# --- response, line by line ---


def _judge(events: Events, lines: LinesFound, visits: Sequence[Panel], *, latest: bool) -> list[Judged]:
    """Judge the visits of every line: by what was measured until somebody recorded a category in it, then by those.

    After that a visit at which nobody recorded a category counts by what was measured only where that shows progression, or
    leaves no better category open.
    """
    found: list[Judged] = []
    starts = [line.start.last if latest else line.start.first for line in lines.lines]
    residual = [panel for panel in visits if panel.residual is not None]
    for number, line in enumerate(lines.lines):
        start, until = starts[number], starts[number + 1] if number + 1 < len(starts) else None
        if start is None:
            continue
        recorded = []
        for item in events.responses:
            day = item.date.last if latest else item.date.first
            if day is not None and start < day and (until is None or day <= until):
                category: Category = item.category  # type: ignore[assignment]
                mrd = _mrd_near(day, residual)
                recorded.append(Visit(day, category, ("as recorded",), by_imaging=bool(item.clinical), mrd_negative=mrd))
        recorded.sort(key=lambda visit: visit.day)
        seen = [(visit, True) for visit in recorded]
        seen += [(visit, False) for visit in _measured(start, until, visits) if _counts(visit, recorded)]
        seen.sort(key=lambda item: item[0].day)
        last = seen[-1][0].category if seen else None
        died = events.person.death_date is not None and number == len(starts) - 1 and last == "PD"
        categories = confirmed([visit for visit, _ in seen], until, died_of_progression=died)
        found += [
            Judged(line.number, visit, category, by_somebody)
            for (visit, by_somebody), category in zip(seen, categories, strict=True)
        ]
    return found


def _counts(visit: Visit, recorded: Sequence[Visit]) -> bool:
    """Whether what was measured at a visit counts beside the categories recorded in its line."""
    if not recorded or visit.day < recorded[0].day:
        return True
    if any(abs((visit.day - item.day).days) <= VISIT_DAYS for item in recorded):
        return False
    return visit.category == "PD" or (visit.category != "NE" and not visit.not_measured)


def _mrd_near(day: date, residual: Sequence[Panel]) -> bool | None:
    """Return what the residual disease measured within the days of a visit says."""
    if not residual:
        return None
    near = [panel for panel in residual if abs((panel.day - day).days) <= VISIT_DAYS]
    nearest = min(near, key=lambda panel: abs((panel.day - day).days), default=None)
    return None if nearest is None else mrd_negative(nearest, criteria())


def _measured(start: date, until: date | None, visits: Sequence[Panel]) -> list[Visit]:
    line = Line(start, [panel for panel in visits if panel.day <= start])
    return [line.visit(panel) for panel in visits if panel.day > start and (until is None or panel.day <= until)]


def _progressions(judged: Sequence[Judged]) -> list[date]:
    """Return the day of each line's progression: of the first visit from which on it is confirmed."""
    found: dict[int, date] = {}
    for item in judged:
        if _shows_progression(item):
            found.setdefault(item.line, item.visit.day)
    return list(found.values())


def _shows_progression(item: Judged) -> bool:
    # A category that somebody recorded is taken at its word; what was measured needs its confirmation.
    return item.visit.category == "PD" and (item.confirmed == "PD" or item.recorded)


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
        shown = next((item for item in judged if item.visit.day == day and _shows_progression(item)), None)
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


# --- lines laid out in time ---


def _course(
    events: Events,
    lines: Sequence[LineFound],
    position: int,
    judged: Sequence[Judged],
    vocabulary: Vocabulary,
    definitions: Definitions,
    as_of: date,
    *,
    complete: bool,
    placed: bool,
) -> LineCourse:
    """Lay a line out in time; `placed` says that no value, finding or response is without a date."""
    line = lines[position]
    until = lines[position + 1].start.last if position + 1 < len(lines) else _seen_until(events, as_of)
    rows = {row: phase.intent for phase in line.phases for row in phase.rows}
    given = sorted(
        (item for item in events.treatments if item.row in rows),
        key=lambda item: ((item.start and item.start.first) or date.min, item.row),
    )
    stretches = tuple(_stretch(item, rows[item.row], given, definitions, until or as_of, as_of) for item in given)
    own = [item for item in judged if item.line == line.number]
    progression = next((When.on(item.visit.day) for item in own if _shows_progression(item)), None)
    stops = [item.stop or UNKNOWN for item in given if item.stop_reason == "progression"]
    if stops:
        stopped = max((stop for stop in stops if stop.known), key=lambda when: when.last or date.max, default=UNKNOWN)
        # What was stopped for progression shows that it was known by then, whatever was measured later.
        if progression is None or before(stopped, progression):
            progression = _known_by(stopped, line.start, own)
    induction = [phase for phase in line.phases if phase.intent in ("induction", "consolidation")]
    named = [
        (phase, vocabulary.recogniser.of_agents((*phase.agents, *_steroids(events, phase, vocabulary)))) for phase in induction
    ]
    maintained = [phase for phase in line.phases if phase.intent == "maintenance"]
    last = [stretch.last_dose for stretch in stretches]
    since = events.person.complete_from
    whole = placed and (complete or (since is not None and before(line.start, since) is False))
    # A line that another followed for no reason written down may have ended with a progression that nobody wrote down.
    explained = position + 1 == len(lines) or all(item.stop_reason in _OTHER_REASONS for item in given)
    return LineCourse(
        number=line.number,
        start=line.start,
        stop=max(last, key=lambda when: when.last or date.max, default=UNKNOWN),
        stretches=stretches,
        agents_known=line.agents_known,
        regimens=tuple(dict.fromkeys(name for _, name in named if name)),
        unnamed_regimens=tuple(dict.fromkeys(frozenset(phase.agents) for phase, name in named if not name)),
        best_response=_best(own) if whole else _responded(_best(own), definitions),
        transplant=line.transplants[-1] if line.transplants else None,
        no_transplant=not line.transplants,
        conditioned=any(phase.intent == "conditioning" for phase in line.phases),
        maintenance=bool(maintained),
        maintenance_assumed=any(phase.assumed for phase in maintained) or not maintained,
        progression=progression,
        no_progression=complete and placed and progression is None and explained and _without_progression(own, until or as_of),
        progressed_on=frozenset(),
        complete_response=_complete_response(own),
        progression_free=_free_of_progression(own) if progression is None else None,
    )


def _seen_until(events: Events, as_of: date) -> date:
    """Return the day until which the last line can be followed."""
    died = events.person.death_date
    return as_of if died is None or died.last is None else min(as_of, died.last)


def _known_by(stopped: When, start: When, judged: Sequence[Judged]) -> When:
    """Return when a progression came that a treatment was stopped for: after the last visit that did not show it yet."""
    if stopped.last is None:
        return stopped
    clean = [item.visit.day for item in judged if item.visit.category not in ("NE", "PD") and item.visit.day < stopped.last]
    since = max(clean) + timedelta(days=1) if clean else start.first
    return When(since, stopped.last) if since is not None and since <= stopped.last else stopped


def _free_of_progression(judged: Sequence[Judged]) -> date | None:
    """Return the last visit that showed no progression, of a line in which none is known."""
    return max((item.visit.day for item in judged if item.visit.category not in ("NE", "PD")), default=None)


def _steroids(events: Events, phase: PhaseFound, vocabulary: Vocabulary) -> list[str]:
    """Return the steroids given in a phase; they decide nothing, but tell Rd from lenalidomide alone."""
    found = []
    for item in events.treatments:
        if vocabulary.agents[item.agent].steroid and item.start is not None:
            ended = phase.stop is not None and before(phase.stop, item.start)
            over = item.stop is not None and before(item.stop, phase.start)
            if not ended and not over:
                found.append(item.agent)
    return list(dict.fromkeys(found))


def _without_progression(judged: Sequence[Judged], until: date) -> bool:
    """Whether a line of a complete record was followed to its end, and no visit shows progression, confirmed or not."""
    seen = [item.visit for item in judged if item.visit.category != "NE"]
    return bool(seen) and (until - seen[-1].day).days <= _FOLLOWED and all(visit.category != "PD" for visit in seen)


def _best(judged: Sequence[Judged]) -> Category | None:
    """Return the best response of a line; None where it cannot be told whether there was any."""
    response = best(item.confirmed for item in judged)
    seen = [item.visit.category for item in judged if item.visit.category not in ("NE", "PD")]
    if response not in ("NE", "SD"):
        return response
    recorded = [item.visit.category for item in judged if item.recorded and item.visit.category not in ("NE", "PD")]
    if any(item.recorded for item in judged):  # a response that somebody wrote stands, though nothing confirms it
        return best(recorded) if recorded else None
    # A response that nothing confirmed is none, but proves no failure to respond; nor does a single visit.
    return "SD" if len(seen) > 1 and set(seen) == {"SD"} else None


def _complete_response(judged: Sequence[Judged]) -> bool | None:
    """Whether complete response was confirmed; none was reached only where every visit before progression shows that."""
    before_it = [item for item in judged if item.visit.category not in ("NE", "PD")]
    if any(item.confirmed in COMPLETE for item in before_it):
        return True
    if judged and judged[0].recorded:
        return False if before_it and all(item.visit.category not in COMPLETE for item in before_it) else None
    return False if before_it and all(item.visit.complete is False for item in before_it) else None


def _responded(response: Category | None, definitions: Definitions) -> Category | None:
    """Return a response, not the lack of one: of a line not recorded as a whole, a better one may be missing."""
    return None if response in definitions.nonresponse else response


def _stretch(
    item: Treatment, intent: str, given: Sequence[Treatment], definitions: Definitions, until: date, as_of: date
) -> Stretch:
    start = item.start or UNKNOWN
    last = When.on(as_of) if item.ongoing else item.stop
    if last is None or not last.known:
        last = When(start.first, max(until, start.first or until))
    dose = None if item.dose is None else f"{item.dose:g} {item.dose_unit or 'mg'}"
    full = definitions.full_dose_mg.get(item.agent)
    alone = RANKS[intent] == MAINTENANCE and not any(other.agent != item.agent and other.intent == item.intent for other in given)
    low = item.dose < full if item.dose is not None and full is not None else alone
    return Stretch(
        agents=(item.agent,),
        rank=RANKS[intent],
        first_dose=start,
        last_dose=last,
        least_days=int(max(days_between(start, last).least or 0, 0)),
        response=None,
        reason="ongoing" if item.ongoing else item.stop_reason,
        doses={item.agent: dose} if dose else {},
        low_dose=frozenset({item.agent}) if low else frozenset(),
    )


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
