"""Lines of therapy from recorded treatments, by the IMWG's counting (Rajkumar, Richardson, San Miguel, Blood 2015;126:921).

A line is a planned sequence: induction, transplant, consolidation, maintenance. A new one begins when a drug is added or
substituted unplanned, when a new regimen follows after all drugs were stopped, or with a further transplant that is no planned
tandem; the same drugs at another dose or after a pause are no new one. A recorded consolidation, maintenance or conditioning says
that it was planned; a recorded induction begins a plan. Where the intent is not recorded, what is usual is assumed and marked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import reduce
from operator import itemgetter
from typing import Literal

from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events, Procedure, Treatment
from myeloguide.record.frozen import frozen
from myeloguide.record.time import UNKNOWN, When, before, days_between

PhaseName = Literal["induction", "conditioning", "consolidation", "maintenance"]
Ends = Literal["first", "next", "last"]
"""How an end that is not recorded is read: the first day; with what was begun together, else before what came next; going on."""
AUTOLOGOUS, ALLOGENEIC, INFUSION = "autologous_transplant", "allogeneic_transplant", "car_t_infusion"
HARVEST = "stem_cell_harvest"
_DAY = itemgetter(0)
_LATER: dict[str | None, PhaseName] = {"consolidation": "consolidation", "maintenance": "maintenance"}
MOBILISING, MOBILISING_DAYS = "cyclophosphamide", 7
"""Given alone and so briefly, it may mobilise stem cells."""


@frozen()
class LineRules:
    """Numbers behind the counting of lines, in days.

    `together`: drugs begun so many days apart make one regimen. `maintenance`: a single drug of `maintenance_agents` (or of
    `if_in_induction`, when it was) begun so soon after transplant or induction counts as planned maintenance. `tandem`: a
    second transplant so soon after the first is planned. `to_transplant`: a first transplant so soon after the last drug of the
    line belongs to it. `conditioning`: melphalan so close to a transplant conditions it. `mobilisation`: cyclophosphamide given
    alone and briefly, so soon before a harvest or transplant, mobilises its cells. `cycle`: the shortest usual cycle; of a
    line that was stopped sooner the record does not say whether it had a complete one (*unverified*).
    """

    name: str
    publication: str
    together: int = 30
    maintenance: int = 180
    tandem: int = 180
    to_transplant: int = 180
    conditioning: int = 14
    mobilisation: int = 60
    cycle: int = 21
    maintenance_agents: tuple[str, ...] = ("bortezomib", "lenalidomide", "thalidomide", "ixazomib")
    if_in_induction: tuple[str, ...] = ("daratumumab",)


IMWG_2015 = LineRules("imwg-2015", "Rajkumar, Richardson, San Miguel, Blood 2015;126:921")


@frozen(eq=False)
class PhaseFound:
    """A phase of a line: its agents (steroids left out), from the first start to the last stop, and the rows it comes from."""

    intent: PhaseName
    agents: tuple[str, ...]
    start: When
    stop: When | None
    assumed: bool = False
    rows: tuple[int, ...] = ()


@frozen(eq=False)
class LineFound:
    """A line as it was counted: phases, autologous transplants, why it began, and what was assumed."""

    number: int
    phases: tuple[PhaseFound, ...]
    transplants: tuple[When, ...]
    began: str
    regimen: str | None = None
    allogeneic: tuple[When, ...] = ()
    infusions: tuple[When, ...] = ()
    """Infusions of CAR-T cells whose product no treatment names."""
    agents: tuple[str, ...] = field(init=False)
    start: When = field(init=False)
    """When it began: with the first of its drugs and transplants."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "agents", tuple(dict.fromkeys([agent for phase in self.phases for agent in phase.agents])))
        starts = [*[phase.start for phase in self.phases], *self.transplants, *self.allogeneic, *self.infusions]
        firsts, lasts = [when.first for when in starts if when.first], [when.last for when in starts if when.last]
        object.__setattr__(self, "start", When(min(firsts, default=None), min(lasts, default=None)))

    @property
    def agents_known(self) -> bool:
        """Whether what was given in it is recorded."""
        return bool(self.phases) and not self.infusions

    @property
    def assumed(self) -> bool:
        """Whether an intent was assumed anywhere in it."""
        return any(phase.assumed for phase in self.phases)


@frozen(eq=False)
class LinesFound:
    """The lines of a patient by one rule set. `between` are the least and the most lines where the record leaves them open."""

    rules: str
    lines: tuple[LineFound, ...]
    between: tuple[int, int]
    undated: tuple[int, ...] = ()
    """Rows of treatments without any date, which could not be placed."""
    undated_procedures: tuple[int, ...] = ()
    """Rows of transplants and CAR-T infusions without any date."""
    brief: tuple[int, ...] = ()
    """Lines that were stopped before a cycle can have been complete, and may count for none."""

    @property
    def certain(self) -> bool:
        """Whether every reading that the record allows gives the same lines."""
        return self.between[0] == self.between[1] and not self.undated and not self.undated_procedures


@dataclass(slots=True)
class _Open:
    """A line being told."""

    phases: list[PhaseFound] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    began: str = ""

    @property
    def begun(self) -> bool:
        return bool(self.phases or self.procedures)

    def dates(self, kind: str) -> tuple[When, ...]:
        return tuple(item.date for item in self.procedures if item.kind == kind and item.date is not None)


@frozen()
class _Given:
    """A drug or a procedure on a day of one reading of the dates."""

    day: date
    treatment: Treatment | None
    procedure: Procedure | None

    @property
    def is_transplant(self) -> bool:
        return self.procedure is not None and self.procedure.kind != INFUSION

    @property
    def intent(self) -> str | None:
        return self.treatment.intent if self.treatment is not None else None


def count_lines(
    events: Events, vocabulary: Vocabulary, rules: LineRules = IMWG_2015, progressions: Sequence[date] = ()
) -> LinesFound:
    """Count a patient's lines; `progressions` are the days of progression, which end what could be one planned sequence.

    Partial dates are read at their earliest and at their latest, an end that is not recorded in three ways; where these give
    different lines, the number is a range.
    """
    active = [item for item in events.treatments if not vocabulary.agents[item.agent].steroid]
    procedures = counted(events, active, vocabulary, rules.together)
    days, once = sorted(progressions), cell_products(vocabulary)

    collected = [item.date for item in events.procedures if item.kind in (HARVEST, AUTOLOGOUS) and dated(item.date)]

    def told(late: bool, ends: Ends, treatments: Sequence[Treatment] = active) -> tuple[LineFound, ...]:
        telling = _Telling(rules, vocabulary, days, once, ends, [days_of(when, latest=late) for when in collected])
        return telling.tell(_in_order(treatments, procedures, once, rules, late=late))

    found = readings(rules.name, active, procedures, told, ("last", "next", "first"))
    brief = [line for line in found.lines if _is_brief(line, once, rules)]
    if not brief:
        return found
    rows = {row for line in brief for phase in line.phases for row in phase.rows}
    without = told(False, "last", [item for item in active if item.row not in rows])
    least, most = found.between
    between = (min(least, len(without)), max(most, len(without)))
    return replace(found, between=between, brief=tuple(line.number for line in brief))


def counted(events: Events, active: Sequence[Treatment], vocabulary: Vocabulary, days: int) -> list[Procedure]:
    """Return the procedures that lines are told by: transplants, and infusions of CAR-T cells that no treatment names.

    A CAR-T product that may have begun within so many days of an infusion is what was infused.
    """
    found = [item for item in events.procedures if item.kind in (AUTOLOGOUS, ALLOGENEIC, INFUSION)]
    if all(item.kind != INFUSION for item in found):
        return found
    once = cell_products(vocabulary)
    cells = [item for item in active if item.agent in once]
    return [item for item in found if item.kind != INFUSION or not any(_may_be(treatment, item, days) for treatment in cells)]


def cell_products(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the agents that are CAR-T cells, given once."""
    return vocabulary.class_members["bcma_car_t"]


def _may_be(treatment: Treatment, infusion: Procedure, days: int) -> bool:
    if treatment.start is None or infusion.date is None:
        return True
    apart = days_between(treatment.start, infusion.date)
    after = apart.most is None or apart.most >= -days
    return after and (apart.least is None or apart.least <= days)


def readings(
    rules: str,
    active: Sequence[Treatment],
    procedures: Sequence[Procedure],
    told: Callable[[bool, Ends], tuple[LineFound, ...]],
    ends: tuple[Ends, ...],
    also: When | None = None,
) -> LinesFound:
    """Tell the lines by each reading of dates and ends; where these differ, their number is open.

    Partial dates are read at their earliest and at their latest; of `ends` the first is the one shown. `also` is another date
    that the lines are told by.
    """
    dates = [*(item.start for item in active), *(item.date for item in procedures), also]
    starts = (False, True) if any(when is not None and when.first != when.last for when in dates) else (False,)
    if not any(_open_end(item) for item in active):
        ends = ends[:1]
    found = [told(late, end) for end in ends for late in starts]
    least, most = min(map(len, found)), max(map(len, found))
    if least == most and any(_held(lines) != _held(found[0]) for lines in found[1:]):
        most += 1  # the same number by chance, but not the same lines
    undated = tuple(item.row for item in active if item.start is None or not item.start.known)
    unplaced = tuple(item.row for item in procedures if item.date is None or not item.date.known)
    return LinesFound(rules, found[0], (least, most), undated, unplaced)


def _open_end(item: Treatment) -> bool:
    return not item.ongoing and (item.stop is None or item.stop.day is None)


def _held(lines: Sequence[LineFound]) -> list[tuple[object, ...]]:
    return [(line.agents, line.transplants, line.allogeneic, line.infusions) for line in lines]


def _is_brief(line: LineFound, once: Collection[str], rules: LineRules) -> bool:
    """Whether a line of drugs was stopped, for certain, sooner than a cycle lasts; `once` are those given once."""
    if line.transplants or line.allogeneic or line.infusions or any(agent in once for agent in line.agents):
        return False
    stops = [phase.stop.last for phase in line.phases if phase.stop is not None and phase.stop.last is not None]
    start = line.start.first
    return len(stops) == len(line.phases) and start is not None and (max(stops) - start).days + 1 < rules.cycle


def _in_order(
    treatments: Sequence[Treatment], procedures: Sequence[Procedure], cells: Collection[str], rules: LineRules, *, late: bool
) -> list[_Given]:
    """Return drugs and procedures by one reading of their dates; what conditions a transplant or cells stands after them."""
    given = [_Given(days_of(item.date, latest=late), None, item) for item in procedures if dated(item.date)]
    drugs = [_Given(days_of(item.start, latest=late), item, None) for item in treatments if dated(item.start)]
    prepared = [item.day for item in given]
    prepared += [item.day for item in drugs if item.treatment is not None and item.treatment.agent in cells]
    given += [_beside(item, prepared, rules.conditioning) for item in drugs] if prepared else drugs
    return sorted(given, key=_place)


def _beside(item: _Given, prepared: Sequence[date], days: int) -> _Given:
    """Place a drug that conditions a transplant, or cells, on the day of those."""
    assert item.treatment is not None
    if item.intent != "conditioning" and (item.intent is not None or item.treatment.agent != "melphalan"):
        return item
    return next((replace(item, day=day) for day in prepared if abs((day - item.day).days) <= days), item)


def _place(item: _Given) -> tuple[date, bool, bool, str]:
    return item.day, not item.is_transplant, item.intent == "conditioning", item.treatment.agent if item.treatment else ""


def dated(when: When | None) -> bool:
    """Whether anything is known of a date."""
    return when is not None and when.known


def days_of(when: When | None, *, latest: bool) -> date:
    """Return the earliest, or the latest, day that a date can be."""
    assert when is not None
    first, last = when.first or when.last, when.last or when.first
    assert first is not None
    assert last is not None
    return last if latest else first


def end_of(item: Treatment, start: date, begun: Sequence[tuple[date, date | None]], together: int, ends: Ends) -> date | None:
    """Return the last day of a drug in one reading, None where it is going on.

    `begun` are the days on which any was begun, in order, each with the end recorded; `together` are the days that make one
    regimen.
    """
    if item.ongoing:
        return None
    if item.stop is not None and item.stop.known:
        return item.stop.first or start if ends == "first" else item.stop.last
    if ends != "next":
        return start if ends == "first" else None
    span = timedelta(days=together)
    near, later = bisect_left(begun, start - span, key=_DAY), bisect_right(begun, start + span, key=_DAY)
    beside = max((end for _, end in begun[near:later] if end is not None and end >= start), default=None)
    if beside is not None:
        return beside
    return begun[later][0] - timedelta(days=1) if later < len(begun) else None


def ended(item: Treatment) -> date | None:
    """Return the last day that a drug can have been given, where its end is recorded."""
    return None if item.ongoing or item.stop is None else item.stop.last


class _Telling:
    def __init__(
        self,
        rules: LineRules,
        vocabulary: Vocabulary,
        progressions: Sequence[date],
        once: Collection[str],
        ends: Ends,
        collected: Sequence[date],
    ) -> None:
        self.rules = rules
        self.vocabulary = vocabulary
        self.progressions = progressions
        self.once = once
        self.reading = ends
        self.collected = collected
        self.begun: list[tuple[date, date | None]] = []
        self.lines: list[_Open] = []
        self.open(date.max, "")

    def open(self, day: date, why: str, *, for_relapse: bool = False) -> None:
        self.line = _Open(began=why)
        self.first_day = self.regimen_day = day
        self.for_relapse = for_relapse
        self.transplanted: list[date] = []
        self.ends: dict[str, date | None] = {}
        """The last day of each drug of the line, and of CAR-T cells; None is still going on."""
        self.treated: list[Treatment] = []
        self.failed: list[date] = []
        """The days on which drugs of the line were stopped for progression."""
        self.cut_short = False
        """Whether a drug of the line was stopped because it failed or was not tolerated."""

    def begin(self, day: date, why: str, *, for_relapse: bool = False) -> None:
        self.open(day, why, for_relapse=for_relapse)
        self.lines.append(self.line)

    def tell(self, given: Sequence[_Given]) -> tuple[LineFound, ...]:
        """Tell the lines: transplants, and drugs in groups that were begun together."""
        if self.reading == "next":
            self.begun = [(item.day, ended(item.treatment) if item.treatment else None) for item in given]
        group: list[_Given] = []
        for item in given:
            if group and not self.together(group, item):
                self.drugs(group)
                group = []
            if item.is_transplant:
                self.transplant(item)
            else:
                group.append(item)
        if group:
            self.drugs(group)
        return tuple(self.found(number, line) for number, line in enumerate(self.lines, start=1))

    def together(self, group: Sequence[_Given], item: _Given) -> bool:
        """Whether a drug was begun with a group: soon after its first, with the same intent, and no progression between."""
        first = group[0]
        if item.is_transplant or item.intent != first.intent:
            return False
        if (item.day - first.day).days > self.rules.together:
            return False
        return not any(first.day < progression <= item.day for progression in self.progressions)

    def found(self, number: int, line: _Open) -> LineFound:
        induction = next((phase.agents for phase in line.phases if phase.intent == "induction"), None)
        regimen = self.vocabulary.recogniser.of_agents(induction) if induction else None
        if not line.procedures:
            return LineFound(number, tuple(line.phases), (), line.began, regimen)
        dates = [line.dates(kind) for kind in (AUTOLOGOUS, ALLOGENEIC, INFUSION)]
        return LineFound(number, tuple(line.phases), dates[0], line.began, regimen, dates[1], dates[2])

    # --- transplants ---

    def transplant(self, item: _Given) -> None:
        assert item.procedure is not None
        if not self.line.begun:
            self.begin(item.day, "the first treatment recorded")
        elif self.progressed_since(item.day):
            self.begin(item.day, "a transplant after progression")
        elif self.transplanted:
            if item.day - self.transplanted[-1] > timedelta(days=self.rules.tandem):
                self.begin(item.day, "a further transplant, not a planned tandem")
        elif self.idle(item.day) > self.rules.to_transplant:
            self.begin(item.day, f"a transplant more than {self.rules.to_transplant} days after the last drug")
        self.line.procedures.append(item.procedure)
        self.transplanted.append(item.day)

    # --- drugs ---

    def drugs(self, group: Sequence[_Given]) -> None:
        treatments = [item.treatment for item in group if item.treatment is not None]
        infusions = [item.procedure for item in group if item.procedure is not None]
        day = group[0].day
        intent: PhaseName | None = None
        assumed = False
        if self.line.begun and not infusions:
            intent, assumed = self.intent(treatments, day)
        cells = [item.day for item in group if item.treatment is None or item.treatment.agent in self.once]
        if intent is None:
            why = self.reason(treatments, infusions, day) if self.line.begun else "the first treatment recorded"
            later = None if self.line.begun else _LATER.get(group[0].intent)  # a record may begin after the induction
            kept = [] if cells or not self.treated else self.given_on(treatments)
            self.begin(day, why, for_relapse=group[0].intent == "relapse")
            treatments += kept
            intent, assumed = later or "induction", False
        before_cells = [
            item.treatment
            for item in group
            if cells and item.treatment is not None and item.treatment.agent not in self.once and item.day <= cells[0]
        ]
        for treatment in treatments:
            if treatment not in before_cells:
                self.add(intent, treatment, day, assumed=assumed)
        for treatment in before_cells:  # what bridges to the cells, or makes room for them
            self.add("conditioning", treatment, day, assumed=True)
        for infusion in infusions:
            self.line.procedures.append(infusion)
            self.ends[INFUSION] = day

    def intent(self, group: Sequence[Treatment], day: date) -> tuple[PhaseName | None, bool]:
        """Return the phase of the line that a group belongs to and whether that is assumed; None begins a new line."""
        given = group[0].intent
        agents = {treatment.agent for treatment in group}
        progressed = self.progressed_since(day)
        begun_with_it = day - self.regimen_day <= timedelta(days=self.rules.together)
        if given == "relapse":
            goes_on = self.for_relapse and not progressed and (begun_with_it or self.given_again(agents, day))
            return (self.current if goes_on else None), False
        if given == "induction" and not progressed:
            goes_on = self.inducing and (begun_with_it or agents <= self.held)
            return ("induction" if goes_on else None), not begun_with_it and self.idle(day) > self.rules.together
        if given is not None and not progressed:
            return given, False
        if agents == {"melphalan"} and self.conditions(day):
            return "conditioning", True
        if not progressed and agents == {MOBILISING} and self.mobilises(group, day):
            return "conditioning", True
        if progressed:
            return None, False
        if begun_with_it:
            return self.current, False  # begun with the running regimen, but recorded with an intent of its own
        if len(agents) == 1 and self.may_maintain(*agents) and self.idle_or_transplanted(day) <= self.rules.maintenance:
            return "maintenance", True
        return self.given_as_before(agents, day), True

    def given_as_before(self, agents: set[str], day: date) -> PhaseName | None:
        """Return the phase that goes on with drugs given again, at another dose or after a pause."""
        transplant = self.transplanted[-1] if self.transplanted else date.min
        if transplant < self.regimen_day and agents <= self.running:
            return self.current
        if self.maintained or not agents <= self.held:
            return None
        if not self.transplanted:
            return "induction"
        return "consolidation" if day - transplant <= timedelta(days=self.rules.maintenance) else None

    def given_again(self, agents: set[str], day: date) -> bool:
        """Whether drugs of the line are recorded again without a pause that a relapse would leave."""
        return agents <= self.held and self.idle(day) <= self.rules.together

    @property
    def held(self) -> set[str]:
        return {agent for phase in self.line.phases for agent in phase.agents}

    @property
    def running(self) -> set[str]:
        """The drugs of the phase that was begun last."""
        phases = [phase.agents for phase in self.line.phases if phase.intent != "conditioning"]
        return set(phases[-1]) if phases else set()

    @property
    def current(self) -> PhaseName:
        return self.line.phases[-1].intent if self.line.phases else "induction"

    @property
    def inducing(self) -> bool:
        """Whether nothing that follows an induction was given yet in the line."""
        return not self.transplanted and self.current == "induction"

    def conditions(self, day: date) -> bool:
        return any(abs((known - day).days) <= self.rules.conditioning for known in self.transplanted)

    def mobilises(self, group: Sequence[Treatment], day: date) -> bool:
        ends = [end_of(item, day, self.begun, self.rules.together, self.reading) for item in group]
        brief = all(end is not None and (end - day).days <= MOBILISING_DAYS for end in ends)
        return brief and self.inducing and any(0 <= (known - day).days <= self.rules.mobilisation for known in self.collected)

    def given_on(self, begun: Sequence[Treatment]) -> list[Treatment]:
        """Return the drugs of the line that for certain were given before, and long after, others were begun."""
        agents = {item.agent for item in begun}
        days = reduce(When.spanning, (item.start or UNKNOWN for item in begun))
        return [
            item
            for item in self.treated
            if item.agent not in agents
            and item.agent not in self.once
            and before(item.start or UNKNOWN, days)
            and (item.ongoing or days_between(days, item.stop or UNKNOWN).exceeds(self.rules.together))
        ]

    @property
    def maintained(self) -> bool:
        return any(phase.intent == "maintenance" for phase in self.line.phases)

    def may_maintain(self, agent: str) -> bool:
        """Whether a drug given alone is one that usually maintains, after a transplant or after a regimen brought to its end."""
        induction = {name for phase in self.line.phases if phase.intent == "induction" for name in phase.agents}
        usual = agent in self.rules.maintenance_agents or (agent in self.rules.if_in_induction and agent in induction)
        ended = not self.ongoing(agent) and len(induction) > 1 and not self.cut_short
        return usual and not self.maintained and (bool(self.transplanted) or ended)

    def ongoing(self, but: str) -> bool:
        """Whether another drug of the line was still given, or may have been."""
        return any(end is None for agent, end in self.ends.items() if agent != but)

    def idle(self, day: date) -> int:
        """Return the days since the last drug of the line, 0 where one is going on."""
        ends = list(self.ends.values())
        if not ends or any(end is None for end in ends):
            return 0
        return max((day - max(end for end in ends if end is not None)).days, 0)

    def idle_or_transplanted(self, day: date) -> int:
        return (day - self.transplanted[-1]).days if self.transplanted else self.idle(day)

    def progressed_since(self, day: date) -> bool:
        """Whether there was progression after the line began and before this day."""
        return any(self.first_day < progression <= day for progression in (*self.progressions, *self.failed))

    def reason(self, group: Sequence[Treatment], infusions: Sequence[Procedure], day: date) -> str:
        names = [self.vocabulary.agents[treatment.agent].name for treatment in group]
        name = ", ".join((*names, "CAR-T cells") if infusions else names)
        if self.progressed_since(day):
            return f"{name} after progression"
        if any(end is None or end > day for end in self.ends.values()):
            return f"{name} added or substituted, not known to be planned"
        return f"{name} after all drugs of the line before were stopped"

    def add(self, intent: PhaseName, treatment: Treatment, day: date, *, assumed: bool = False) -> None:
        stop = None if treatment.ongoing else treatment.stop
        last = self.line.phases[-1] if self.line.phases else None
        if last is not None and last.intent == intent:
            ends = None if last.stop is None or stop is None else max(last.stop, stop, key=lambda when: when.last or date.max)
            agents = last.agents if treatment.agent in last.agents else (*last.agents, treatment.agent)
            rows = (*last.rows, treatment.row)
            self.line.phases[-1] = PhaseFound(intent, agents, last.start, ends, last.assumed or assumed, rows)
        else:
            assert treatment.start is not None
            self.line.phases.append(PhaseFound(intent, (treatment.agent,), treatment.start, stop, assumed, (treatment.row,)))
            if intent != "conditioning":
                self.regimen_day = day
        self.treated.append(treatment)
        self.cut_short = self.cut_short or treatment.stop_reason in ("progression", "toxicity", "intolerance")
        together = self.rules.together
        end = day if treatment.agent in self.once else end_of(treatment, day, self.begun, together, self.reading)
        if treatment.stop_reason == "progression" and end is not None:
            self.failed.append(end)
        known = self.ends.get(treatment.agent)
        self.ends[treatment.agent] = end if end is None or known is None else max(end, known)
