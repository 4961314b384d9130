"""Lines of therapy by OHDSI's myeloma episodes, for records that carry no intent and no progression.

A second named rule set, written from the published description (ETL-LambdaBuilder, `docs/MM_treatment_Episodes.md`): drugs
make regimens, regimens make lines. Rule numbers in the comments are those of that page. Where the page leaves something open,
a line goes on through its transplant, melphalan begun just before it conditions it, and cyclophosphamide begun alone just before
CAR-T cells prepares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from operator import itemgetter
from typing import Literal

from myeloguide.history.lines import (
    ALLOGENEIC,
    AUTOLOGOUS,
    INFUSION,
    Ends,
    LineFound,
    LinesFound,
    PhaseFound,
    PhaseName,
    cell_products,
    counted,
    dated,
    days_of,
    end_of,
    ended,
    readings,
)
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events, Procedure, Treatment
from myeloguide.record.frozen import frozen
from myeloguide.record.time import When

_LISTED = frozenset(
    {
        "belantamab_mafodotin",
        "bortezomib",
        "carfilzomib",
        "cisplatin",
        "cyclophosphamide",
        "daratumumab",
        "doxorubicin",
        "elotuzumab",
        "elranatamab",
        "etoposide",
        "isatuximab",
        "ixazomib",
        "lenalidomide",
        "melflufen",
        "melphalan",
        "pegylated_liposomal_doxorubicin",
        "pomalidomide",
        "selinexor",
        "talquetamab",
        "teclistamab",
        "thalidomide",
        "venetoclax",
        "vincristine",
    }
)
"""The drugs of appendix 1."""


@frozen()
class EpisodeRules:
    """Numbers of the rule set, in days, and its drugs."""

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
    drugs: frozenset[str] = _LISTED


OHDSI = EpisodeRules()
TRANSPLANT = "stem cell transplant"
CELLS = "CAR-T cells"
Span = tuple[Treatment, date, date]


@frozen()
class _Era:
    agent: str
    start: date
    end: date


@frozen(eq=False)
class Regimen:
    """Drugs given together, from the first day to the last; a transplant and CAR-T cells are one of their own each.

    `prepares` is the day of the transplant or the cells that a drug conditions.
    """

    agents: frozenset[str]
    start: date
    end: date
    kind: Literal["drugs", "conditioning", "transplant", "cells"] = "drugs"
    maintenance: bool = False
    prepares: date | None = None
    procedure: Procedure | None = None

    @property
    def is_transplant(self) -> bool:
        """Whether it is a transplant."""
        return self.kind == "transplant"


def count_episodes(
    events: Events, vocabulary: Vocabulary, rules: EpisodeRules = OHDSI, progressions: Sequence[date] = ()
) -> LinesFound:
    """Count a patient's lines; progression plays no part in this rule set."""
    del progressions
    active = [item for item in events.treatments if not vocabulary.agents[item.agent].steroid]
    procedures = counted(events, active, vocabulary, rules.together)

    def told(late: bool, ends: Ends) -> tuple[LineFound, ...]:
        return _lines(events, active, procedures, vocabulary, rules, ends, late=late)

    return readings(rules.name, active, procedures, told, ("next", "first", "last"), events.person.diagnosis_date)


def _lines(
    events: Events,
    active: Sequence[Treatment],
    procedures: Sequence[Procedure],
    vocabulary: Vocabulary,
    rules: EpisodeRules,
    ends: Ends,
    *,
    late: bool,
) -> tuple[LineFound, ...]:
    days = sorted(((days_of(item.date, latest=late), item) for item in procedures if dated(item.date)), key=lambda pair: pair[0])
    spans = _spans(events, active, [day for day, _ in days], rules, ends, late=late)
    products = cell_products(vocabulary)
    cells = [Regimen(frozenset({item.agent}), start, start, "cells") for item, start, _ in spans if item.agent in products]
    cells += [Regimen(frozenset({CELLS}), day, day, "cells", procedure=item) for day, item in days if item.kind == INFUSION]
    transplants = [(day, item) for day, item in days if item.kind != INFUSION]
    listed = [span for span in spans if span[0].agent in rules.drugs]
    conditioning, rest = _conditioning(listed, [day for day, _ in transplants], [item.start for item in cells], rules)
    found = [*_regimens(_eras(rest, rules), rules), *conditioning, *cells, *_transplants(transplants, rules)]
    found.sort(key=lambda regimen: (regimen.start, regimen.kind != "conditioning", regimen.is_transplant, sorted(regimen.agents)))
    grouped = _merged(list(_grouped(list(_marked(found, rules)), rules)), rules)
    return tuple(_line(number, group, active, spans, vocabulary) for number, group in enumerate(grouped, start=1))


def _spans(
    events: Events, active: Sequence[Treatment], days: Sequence[date], rules: EpisodeRules, ends: Ends, *, late: bool
) -> list[Span]:
    """Return what was given when, from the diagnosis on (rule 1)."""
    last = _last_day(events, active)
    diagnosis = events.person.diagnosis_date
    first = days_of(diagnosis, latest=late) if dated(diagnosis) else date.min
    starts = [(item, days_of(item.start, latest=late)) for item in active if dated(item.start)]
    begun: list[tuple[date, date | None]] = [*((day, None) for day in days), *((start, ended(item)) for item, start in starts)]
    begun.sort(key=itemgetter(0))
    spans = [(item, start, max(start, end_of(item, start, begun, rules.together, ends) or last)) for item, start in starts]
    return [(item, max(start, first), end) for item, start, end in spans if end >= first]


def _last_day(events: Events, active: Sequence[Treatment]) -> date:
    known = [events.person.as_of, events.person.last_seen, events.person.death_date]
    days = [when.last for when in known if when is not None and when.last is not None]
    days += [day for item in active for when in (item.start, item.stop) if when is not None and (day := when.last) is not None]
    return max(days, default=date.max - timedelta(days=1000))


# --- regimens ---


def _eras(spans: Iterable[Span], rules: EpisodeRules) -> list[_Era]:
    """Join the periods of a drug that are no further apart than a discontinuation."""
    by_agent: dict[str, list[tuple[date, date]]] = {}
    for item, start, end in spans:
        by_agent.setdefault(item.agent, []).append((start, end))
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


def _conditioning(
    spans: Sequence[Span], transplants: Sequence[date], cells: Sequence[date], rules: EpisodeRules
) -> tuple[list[Regimen], Sequence[Span]]:
    """Return what was given to prepare transplants and CAR-T cells (rules 10.1 and 10.3), and the rest."""
    if not transplants and not cells:
        return [], spans
    found: dict[date, Regimen] = {}
    rest = []
    for span in sorted(spans, key=lambda span: span[1]):
        item, start, _ = span
        day = _prepared(span, spans, transplants, cells, rules)
        if day is None:
            rest.append(span)
        elif day not in found:
            found[day] = Regimen(frozenset({item.agent}), start, day, "conditioning", prepares=day)
    return list(found.values()), rest


def _prepared(
    span: Span, spans: Sequence[Span], transplants: Sequence[date], cells: Sequence[date], rules: EpisodeRules
) -> date | None:
    """Return the transplant that melphalan prepares, or the cells that cyclophosphamide does, with no drug begun beside it."""
    item, start, _ = span
    if item.agent == "melphalan":
        return next((day for day in transplants if 0 <= (day - start).days <= rules.conditioning), None)
    if item.agent != "cyclophosphamide":
        return None
    day = next((day for day in cells if 0 < (day - start).days <= rules.conditioning), None)
    beside = day is not None and any(other.agent != item.agent and start <= began < day for other, began, _ in spans)
    return None if beside else day


def _transplants(days: Sequence[tuple[date, Procedure]], rules: EpisodeRules) -> Iterator[Regimen]:
    """Yield transplants; of two within 180 days only the first (rule 7)."""
    last: date | None = None
    for day, item in days:
        if last is None or day - last > timedelta(days=rules.tandem):
            yield Regimen(frozenset({TRANSPLANT}), day, day, "transplant", procedure=item)
            last = day


def _marked(found: Sequence[Regimen], rules: EpisodeRules) -> Iterator[Regimen]:
    """Mark maintenance, which is of drugs (rule 9)."""
    transplant: date | None = None
    before: Regimen | None = None
    for regimen in found:
        if regimen.is_transplant:
            transplant = regimen.start
        if regimen.kind in ("transplant", "conditioning"):
            yield regimen
            continue
        maintains = (
            regimen.kind == "drugs"
            and len(regimen.agents) == 1
            and (
                (transplant is not None and regimen.start - transplant <= timedelta(days=rules.after_transplant))
                or (before is not None and _maintains(regimen, before, rules))
            )
        )
        before = replace(regimen, maintenance=True) if maintains else regimen
        yield before


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
    for regimen in found:
        if group and not _goes_on(group, regimen, rules, first=first):
            yield group
            group, first = [], False
        group.append(regimen)
    if group:
        yield group


def _goes_on(group: Sequence[Regimen], regimen: Regimen, rules: EpisodeRules, *, first: bool) -> bool:
    transplants = [item.start for item in group if item.is_transplant]
    infused = any(item.kind == "cells" for item in group)
    if regimen.is_transplant:
        return not transplants and not infused
    if regimen.kind == "cells":
        return any(item.prepares == regimen.start for item in group)  # rule 10.3
    if regimen.kind == "conditioning":
        assert regimen.prepares is not None
        if regimen.agents != {"melphalan"} or infused:
            return False
        return not transplants or regimen.prepares - transplants[-1] <= timedelta(days=rules.tandem)
    if regimen.maintenance:
        return True
    before = next((item for item in reversed(group) if item.kind in ("drugs", "cells")), None)
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
    spans: Sequence[Span],
    vocabulary: Vocabulary,
) -> LineFound:
    order = {item.agent: place for place, item in enumerate(treatments)}
    phases = []
    for regimen in group:
        if regimen.procedure is not None:
            continue
        conditions = regimen.kind == "conditioning"
        intent: PhaseName = "maintenance" if regimen.maintenance else "conditioning" if conditions else "induction"
        rows = tuple(
            item.row
            for item, start, end in spans
            if item.agent in regimen.agents and start <= regimen.end and end >= regimen.start
        )
        agents = tuple(sorted(regimen.agents, key=lambda agent: order.get(agent, 0)))
        phases.append(PhaseFound(intent, agents, When.on(regimen.start), When.on(regimen.end), assumed=True, rows=rows))
    induction = next((phase.agents for phase in phases if phase.intent == "induction"), None)
    days = {
        kind: tuple(When.on(item.start) for item in group if _is_of(item, kind)) for kind in (AUTOLOGOUS, ALLOGENEIC, INFUSION)
    }
    name = vocabulary.recogniser.of_agents(induction) if induction else None
    began = "by OHDSI's myeloma episodes"
    return LineFound(number, tuple(phases), days[AUTOLOGOUS], began, name, days[ALLOGENEIC], days[INFUSION])


def _is_of(regimen: Regimen, kind: str) -> bool:
    return regimen.procedure is not None and regimen.procedure.kind == kind
