"""Lines of therapy by OHDSI's myeloma episodes, for records that carry no intent and no progression.

A second named rule set, written from the published description (ETL-LambdaBuilder, `docs/MM_treatment_Episodes.md`): drugs
make regimens, regimens make lines. Rule numbers in the comments are those of that page. Where the page leaves something open,
a line goes on through its transplant, and melphalan given alone just before it conditions it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from myeloguide.history.lines import LineFound, LinesFound, PhaseFound, PhaseName, days_of, readings
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events, Treatment
from myeloguide.record.time import When


@dataclass(frozen=True, slots=True)
class EpisodeRules:
    """Numbers of the rule set, in days."""

    name: str = "ohdsi-mm-episodes"
    publication: str = "OHDSI ETL-LambdaBuilder, MM_treatment_Episodes"
    together: int = 30
    discontinued: int = 90
    stopped_together: int = 30
    tandem: int = 180
    maintenance_within: int = 180
    maintenance_longer_than: int = 60
    before_longer_than: int = 30
    after_transplant: int = 365
    added_within: int = 90
    lenalidomide_within: int = 60
    conditioning: int = 30
    maintenance_agents: frozenset[str] = frozenset({"bortezomib", "lenalidomide", "thalidomide", "ixazomib"})
    imids: frozenset[str] = frozenset({"lenalidomide", "pomalidomide", "thalidomide"})
    inhibitors: frozenset[str] = frozenset({"bortezomib", "carfilzomib", "ixazomib"})
    before_transplant: tuple[frozenset[str], ...] = (
        frozenset({"bortezomib", "lenalidomide"}),
        frozenset({"carfilzomib", "lenalidomide"}),
        frozenset({"bortezomib", "thalidomide"}),
    )


OHDSI = EpisodeRules()
_CELLS = frozenset({"idecabtagene_vicleucel", "ciltacabtagene_autoleucel"})
TRANSPLANT = "stem cell transplant"


@dataclass(frozen=True, slots=True)
class _Era:
    agent: str
    start: date
    end: date


@dataclass(frozen=True, slots=True, eq=False)
class Regimen:
    """Drugs given together, from the first day to the last; a transplant is one of its own."""

    agents: frozenset[str]
    start: date
    end: date
    maintenance: bool = False

    @property
    def is_transplant(self) -> bool:
        """Whether it is a transplant."""
        return TRANSPLANT in self.agents


def count_episodes(
    events: Events, vocabulary: Vocabulary, rules: EpisodeRules = OHDSI, progressions: Sequence[date] = ()
) -> LinesFound:
    """Count a patient's lines; progression plays no part in this rule set."""
    del progressions
    active = [item for item in events.treatments if not vocabulary.agents[item.agent].steroid]
    dates = [date for item in active for date in (item.start, item.stop)] + [item.date for item in events.procedures]
    return readings(rules.name, active, lambda latest: _lines(events, active, vocabulary, rules, latest=latest), dates)


def _lines(
    events: Events, active: Sequence[Treatment], vocabulary: Vocabulary, rules: EpisodeRules, *, latest: bool
) -> tuple[LineFound, ...]:
    last = _last_day(events, active)
    spans = [(item, days_of(item.start, latest=latest), _end(item, last, latest=latest)) for item in active if _dated(item.start)]
    transplants = sorted(
        days_of(item.date, latest=latest) for item in events.procedures if "transplant" in item.kind and _dated(item.date)
    )
    found = list(_regimens(_eras(spans, rules), rules))
    found += [
        Regimen(frozenset({item.agent}), start, start) for item, start, _ in spans if item.agent in _CELLS
    ]  # rule 6: the day of the infusion
    found += _transplants(transplants, rules)
    found.sort(key=lambda regimen: (regimen.start, regimen.is_transplant, sorted(regimen.agents)))
    marked = list(_marked(found, rules))
    grouped = _merged(list(_grouped(marked, rules)), rules)
    return tuple(
        _line(number, group, [item for item, _, _ in spans], spans, vocabulary) for number, group in enumerate(grouped, start=1)
    )


def _dated(when: When | None) -> bool:
    return when is not None and when.known


def _last_day(events: Events, active: Sequence[Treatment]) -> date:
    known = [events.person.as_of, events.person.last_seen, events.person.death_date]
    days = [when.last for when in known if when is not None and when.last is not None]
    days += [day for item in active for when in (item.start, item.stop) if when is not None and (day := when.last) is not None]
    return max(days, default=date.max - timedelta(days=1000))


def _end(item: Treatment, last: date, *, latest: bool) -> date:
    if item.stop is not None and item.stop.known and not item.ongoing:
        return days_of(item.stop, latest=latest)
    return max(last, days_of(item.start, latest=latest)) if item.ongoing else days_of(item.start, latest=latest)


# --- regimens ---


def _eras(spans: Iterable[tuple[Treatment, date, date]], rules: EpisodeRules) -> list[_Era]:
    """Join the periods of a drug that are no further apart than a discontinuation."""
    by_agent: dict[str, list[tuple[date, date]]] = {}
    for item, start, end in spans:
        if item.agent not in _CELLS:
            by_agent.setdefault(item.agent, []).append((start, max(start, end)))
    eras = []
    for agent, periods in by_agent.items():
        periods.sort()
        start, end = periods[0]
        for later, stop in periods[1:]:
            if later - end > timedelta(days=rules.discontinued):
                eras.append(_Era(agent, start, end))
                start = later
            end = max(end, stop)
        eras.append(_Era(agent, start, end))
    return sorted(eras, key=lambda era: (era.start, era.agent))


def _regimens(eras: Sequence[_Era], rules: EpisodeRules) -> Iterator[Regimen]:
    """Yield regimens one after the other (rules 1 to 5)."""
    day = min((era.start for era in eras), default=None)
    together, stopped = timedelta(days=rules.together), timedelta(days=rules.stopped_together)
    while day is not None:
        running = [era for era in eras if era.start <= day + together and era.end >= day]
        agents = frozenset(era.agent for era in running)
        stops = sorted(era.end for era in running)
        end = max(stop for stop in stops if stop <= stops[0] + stopped)
        added = min((era.start for era in eras if era.start > day + together and era.agent not in agents), default=None)
        if added is not None and added <= end:
            end = added - timedelta(days=1)
        yield Regimen(agents, day, end)
        after = end + timedelta(days=1)
        if any(era.start <= after <= era.end for era in eras):
            day = after
        else:
            day = min((era.start for era in eras if era.start > end), default=None)


def _transplants(days: Sequence[date], rules: EpisodeRules) -> Iterator[Regimen]:
    """Yield transplants; of two within 180 days only the first (rule 7)."""
    last: date | None = None
    for day in days:
        if last is None or day - last > timedelta(days=rules.tandem):
            yield Regimen(frozenset({TRANSPLANT}), day, day)
            last = day


def _marked(found: Sequence[Regimen], rules: EpisodeRules) -> Iterator[Regimen]:
    """Mark maintenance (rule 9)."""
    transplant: date | None = None
    before: Regimen | None = None
    for regimen in found:
        if regimen.is_transplant:
            transplant = regimen.start
            yield regimen
            continue
        maintains = len(regimen.agents) == 1 and (
            (transplant is not None and regimen.start - transplant <= timedelta(days=rules.after_transplant))
            or (before is not None and _maintains(regimen, before, rules))
        )
        yield Regimen(regimen.agents, regimen.start, regimen.end, maintains)
        before = regimen


def _maintains(regimen: Regimen, before: Regimen, rules: EpisodeRules) -> bool:
    (agent,) = regimen.agents
    usual = agent in rules.maintenance_agents or (agent == "daratumumab" and agent in before.agents)
    return (
        usual
        and len(before.agents) > 1
        and (before.end - before.start).days > rules.before_longer_than
        and (regimen.end - regimen.start).days > rules.maintenance_longer_than
        and (regimen.start - before.end).days <= rules.maintenance_within
    )


# --- lines ---


def _grouped(found: Sequence[Regimen], rules: EpisodeRules) -> Iterator[list[Regimen]]:
    """Yield the regimens of each line (rule 10, but for the last merging)."""
    group: list[Regimen] = []
    first = True
    for number, regimen in enumerate(found):
        after = found[number + 1] if number + 1 < len(found) else None
        if group and not _goes_on(group, regimen, after, rules, first=first):
            yield group
            group, first = [], False
        group.append(regimen)
    if group:
        yield group


def _goes_on(group: Sequence[Regimen], regimen: Regimen, after: Regimen | None, rules: EpisodeRules, *, first: bool) -> bool:
    transplanted = any(item.is_transplant for item in group)
    if regimen.is_transplant:
        return not transplanted
    if regimen.maintenance:
        return True
    soon = timedelta(days=rules.conditioning)
    if regimen.agents == {"melphalan"} and after is not None and after.is_transplant and after.start - regimen.start <= soon:
        return not transplanted
    before = next((item for item in reversed(group) if not item.is_transplant), None)
    if before is None:
        return False
    new = regimen.agents - before.agents
    since = (regimen.start - before.start).days
    added = (
        bool(new) and before.agents <= regimen.agents and new <= rules.imids | rules.inhibitors and since <= rules.added_within
    )
    if added and not any(new & kind and before.agents & kind for kind in (rules.imids, rules.inhibitors)):
        return True  # rule 10.5
    held = frozenset(agent for item in group for agent in item.agents)
    in_time = (regimen.start - group[0].start).days <= rules.lenalidomide_within
    return first and new == {"lenalidomide"} and "cyclophosphamide" in held and in_time  # rule 10.6


def _merged(groups: list[list[Regimen]], rules: EpisodeRules) -> list[list[Regimen]]:
    """Join a line of certain inductions with the line after it that holds the transplant (rule 10.7)."""
    found: list[list[Regimen]] = []
    for group in groups:
        before = found[-1] if found else []
        agents = frozenset(agent for item in before for agent in item.agents)
        starts = any(pair <= agents for pair in rules.before_transplant) and TRANSPLANT not in agents
        if starts and any(item.is_transplant for item in group):
            found[-1] = [*before, *group]
        else:
            found.append(group)
    return found


def _line(
    number: int,
    group: Sequence[Regimen],
    treatments: Sequence[Treatment],
    spans: Sequence[tuple[Treatment, date, date]],
    vocabulary: Vocabulary,
) -> LineFound:
    order = {item.agent: place for place, item in enumerate(treatments)}
    phases = []
    for position, regimen in enumerate(group):
        if regimen.is_transplant:
            continue
        later = group[position + 1] if position + 1 < len(group) else None
        conditions = regimen.agents == {"melphalan"} and later is not None and later.is_transplant
        intent: PhaseName = "maintenance" if regimen.maintenance else "conditioning" if conditions else "induction"
        rows = tuple(
            item.row
            for item, start, end in spans
            if item.agent in regimen.agents and start <= regimen.end and end >= regimen.start
        )
        agents = tuple(sorted(regimen.agents, key=lambda agent: order.get(agent, 0)))
        phases.append(PhaseFound(intent, agents, When.on(regimen.start), When.on(regimen.end), assumed=True, rows=rows))
    induction = next((phase.agents for phase in phases if phase.intent == "induction"), None)
    transplants = tuple(When.on(item.start) for item in group if item.is_transplant)
    name = vocabulary.recogniser.of_agents(induction) if induction else None
    return LineFound(number, tuple(phases), transplants, "by OHDSI's myeloma episodes", name)
