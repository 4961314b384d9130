"""One patient's recorded events told in order: lines, responses and progression, and the facts that follow, with proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from myeloguide.history.course import MAINTENANCE, RANKS, LineCourse, Stretch
from myeloguide.history.definitions import IMWG_2011, Definitions
from myeloguide.history.episodes import OHDSI, count_episodes
from myeloguide.history.facts import Derived, derive_from
from myeloguide.history.lines import IMWG_2015, LineFound, LinesFound, PhaseFound, count_lines
from myeloguide.history.proof import Proof
from myeloguide.history.response import Category, Line, Panel, Visit, best, confirmed, panels
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events, Treatment
from myeloguide.record.fact_sheet import Members
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When, before, days_between

_MOST_READINGS = 6
"""Lines and progressions are told again until they agree; more often than this they never did."""


Counting = Callable[[Events, Vocabulary, Sequence[date]], LinesFound]

RULE_SETS: dict[str, Counting] = {
    IMWG_2015.name: lambda events, vocabulary, progressions: count_lines(events, vocabulary, IMWG_2015, progressions),
    OHDSI.name: lambda events, vocabulary, progressions: count_episodes(events, vocabulary, OHDSI, progressions),
}
"""The rule sets for lines, by name."""


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
    """What one patient's record says: lines, the responses in them, and the facts that follow with their proofs."""

    patient_id: str
    lines: LinesFound
    responses: tuple[Judged, ...]
    derived: Derived


def tell(
    events: Events,
    vocabulary: Vocabulary,
    as_of: date,
    count: Counting = RULE_SETS[IMWG_2015.name],
    definitions: Definitions = IMWG_2011,
    *,
    assume_complete: bool = False,
) -> Told:
    """Tell one patient's history up to a day; what was recorded later is not known then."""
    events = _known_on(events, as_of)
    visits = panels(events.measurements, events.findings)
    lines = count(events, vocabulary, ())
    judged = _judge(events, lines, visits)
    for _ in range(_MOST_READINGS):
        progressions = _progressions(judged)
        again = count(events, vocabulary, progressions) if progressions else lines
        same = [line.start for line in again.lines] == [line.start for line in lines.lines]
        lines, judged = again, judged if same else _judge(events, again, visits)
        if same:
            break
    person = events.person
    written = person.complete_from is not None and person.diagnosis_date is not None
    complete = assume_complete or (written and before(person.diagnosis_date, person.complete_from) is False)  # type: ignore[arg-type]
    courses = [
        _course(events, lines.lines, number, judged, vocabulary, definitions, as_of, complete=complete)
        for number in range(len(lines.lines))
    ]
    derived = derive_from(courses, vocabulary, definitions, complete=complete and lines.certain)
    if not lines.certain:
        derived = _open_order(derived, lines, complete=complete)
    derived = _with_all_received(derived, events, lines, vocabulary, complete=complete)
    return Told(person.patient_id, lines, tuple(judged), derived)


def _known_on(events: Events, as_of: date) -> Events:
    def known(when: When | None) -> bool:
        return when is None or when.first is None or when.first <= as_of

    return replace(
        events,
        treatments=tuple(item for item in events.treatments if known(item.start)),
        procedures=tuple(item for item in events.procedures if known(item.date)),
        measurements=tuple(item for item in events.measurements if known(item.date)),
        findings=tuple(item for item in events.findings if known(item.date)),
        responses=tuple(item for item in events.responses if known(item.date)),
    )


# --- response, line by line ---


def _judge(events: Events, lines: LinesFound, visits: Sequence[Panel]) -> list[Judged]:
    """Judge the visits of every line: by the categories that somebody recorded in it, else by what was measured."""
    found: list[Judged] = []
    starts = [line.start.first for line in lines.lines]
    for number, line in enumerate(lines.lines):
        start, until = starts[number], starts[number + 1] if number + 1 < len(starts) else None
        if start is None:
            continue
        recorded = [
            Visit(item.date.first, item.category, ("as recorded",), by_imaging=bool(item.clinical))  # type: ignore[arg-type]
            for item in events.responses
            if item.date.first is not None and start < item.date.first and (until is None or item.date.first <= until)
        ]
        seen = sorted(recorded, key=lambda visit: visit.day) if recorded else _measured(start, until, visits)
        died = events.person.death_date is not None and number == len(starts) - 1 and bool(seen) and seen[-1].category == "PD"
        categories = confirmed(seen, until, died_of_progression=died)
        found += [Judged(line.number, visit, category, bool(recorded)) for visit, category in zip(seen, categories, strict=True)]
    return found


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
) -> LineCourse:
    line = lines[position]
    until = lines[position + 1].start.last if position + 1 < len(lines) else as_of
    rows = {row: phase.intent for phase in line.phases for row in phase.rows}
    given = sorted(
        (item for item in events.treatments if item.row in rows),
        key=lambda item: ((item.start and item.start.first) or date.min, item.row),
    )
    stretches = tuple(_stretch(item, rows[item.row], given, definitions, until or as_of, as_of) for item in given)
    own = [item for item in judged if item.line == line.number]
    progression = next((When.on(item.visit.day) for item in own if _shows_progression(item)), None)
    if progression is None and any(item.stop_reason == "progression" for item in given):
        progression = max(
            (item.stop for item in given if item.stop_reason == "progression" and item.stop is not None),
            key=lambda when: when.last or date.max,
            default=UNKNOWN,
        )
    induction = [phase for phase in line.phases if phase.intent in ("induction", "consolidation")]
    named = [
        (phase, vocabulary.recogniser.of_agents((*phase.agents, *_steroids(events, phase, vocabulary)))) for phase in induction
    ]
    maintained = [phase for phase in line.phases if phase.intent == "maintenance"]
    last = [stretch.last_dose for stretch in stretches]
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
        best_response=_best(own),
        transplant=line.transplants[-1] if line.transplants else None,
        no_transplant=not line.transplants,
        conditioned=any(phase.intent == "conditioning" for phase in line.phases),
        maintenance=bool(maintained),
        maintenance_assumed=any(phase.assumed for phase in maintained) or not maintained,
        progression=progression,
        no_progression=complete and progression is None and explained and _without_progression(own, until or as_of),
        progressed_on=frozenset(),
    )


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
    if judged and judged[0].recorded:  # a response that somebody wrote stands, though nothing confirms it
        return best(seen) if seen else None
    # A response that nothing confirmed is none, but proves no failure to respond; nor does a single visit.
    return "SD" if len(seen) > 1 and set(seen) == {"SD"} else None


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
        remarks.append(f"the dates leave open whether there were {least} or {most} lines")
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
