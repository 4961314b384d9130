"""Lines of therapy from recorded treatments, by the IMWG's counting (Rajkumar, Richardson, San Miguel, Blood 2015;126:921).

A line is a planned sequence: induction, transplant, consolidation, maintenance. A new one begins when a drug is added or
substituted unplanned, when a new regimen follows after all drugs were stopped, or with a further transplant that is no planned
tandem. Where the intent is not recorded, what is usual is assumed and marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events, Procedure, Treatment
from myeloguide.record.time import When

PhaseName = Literal["induction", "conditioning", "consolidation", "maintenance"]


@dataclass(frozen=True, slots=True)
class LineRules:
    """Numbers behind the counting of lines, in days.

    `together`: drugs begun so many days apart make one regimen. `maintenance`: a single drug of `maintenance_agents` (or of
    `if_in_induction`, when it was) begun so soon after transplant or induction counts as planned maintenance. `tandem`: a
    second transplant so soon after the first is planned. `to_transplant`: a first transplant so soon after the last drug of the
    line belongs to it. `conditioning`: melphalan so close to a transplant conditions it.
    """

    name: str
    publication: str
    together: int = 30
    maintenance: int = 180
    tandem: int = 180
    to_transplant: int = 180
    conditioning: int = 14
    maintenance_agents: tuple[str, ...] = ("bortezomib", "lenalidomide", "thalidomide", "ixazomib")
    if_in_induction: tuple[str, ...] = ("daratumumab",)


IMWG_2015 = LineRules("imwg-2015", "Rajkumar, Richardson, San Miguel, Blood 2015;126:921")


@dataclass(frozen=True, slots=True, eq=False)
class PhaseFound:
    """A phase of a line: its agents (steroids left out), from the first start to the last stop, and the rows it comes from."""

    intent: PhaseName
    agents: tuple[str, ...]
    start: When
    stop: When | None
    assumed: bool = False
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LineFound:
    """A line as it was counted: phases, transplants, why it began, and what was assumed."""

    number: int
    phases: tuple[PhaseFound, ...]
    transplants: tuple[When, ...]
    began: str
    regimen: str | None = None

    @property
    def agents(self) -> tuple[str, ...]:
        """Every agent of the line."""
        return tuple(dict.fromkeys(agent for phase in self.phases for agent in phase.agents))

    @property
    def start(self) -> When:
        """When it began."""
        starts = [phase.start for phase in self.phases] + list(self.transplants)
        return min(starts, key=lambda when: when.first or date.max)

    @property
    def assumed(self) -> bool:
        """Whether an intent was assumed anywhere in it."""
        return any(phase.assumed for phase in self.phases)


@dataclass(frozen=True, slots=True, eq=False)
class LinesFound:
    """The lines of a patient by one rule set. `between` are the least and the most lines where dates leave the order open."""

    rules: str
    lines: tuple[LineFound, ...]
    between: tuple[int, int]
    undated: tuple[int, ...] = ()
    """Rows of treatments without any date, which could not be placed."""

    @property
    def certain(self) -> bool:
        """Whether every order that the dates allow gives the same lines."""
        return self.between[0] == self.between[1] and not self.undated


@dataclass(slots=True)
class _Open:
    """A line being told."""

    phases: list[PhaseFound] = field(default_factory=list)
    transplants: list[When] = field(default_factory=list)
    began: str = ""


@dataclass(frozen=True, slots=True)
class _Given:
    """A drug or a transplant on a day of one reading of the dates."""

    day: date
    treatment: Treatment | None
    procedure: Procedure | None


def count_lines(
    events: Events, vocabulary: Vocabulary, rules: LineRules = IMWG_2015, progressions: Sequence[date] = ()
) -> LinesFound:
    """Count a patient's lines; `progressions` are the days of progression, which end what could be one planned sequence.

    Partial dates are read at their earliest and at their latest; where the two give different lines, the number is a range.
    """
    active = [item for item in events.treatments if not vocabulary.agents[item.agent].steroid]
    transplants = [item for item in events.procedures if item.kind == "autologous_transplant" and item.date is not None]

    def told(latest: bool) -> tuple[LineFound, ...]:
        return _Telling(rules, vocabulary, sorted(progressions)).tell(_in_order(active, transplants, rules, latest=latest))

    return readings(rules.name, active, told, [*(item.start for item in active), *(item.date for item in transplants)])


def readings(
    rules: str, active: Sequence[Treatment], told: Callable[[bool], tuple[LineFound, ...]], dates: Iterable[When | None]
) -> LinesFound:
    """Tell the lines with partial dates at their earliest, and at their latest; where the two differ, their number is open.

    `dates` are those that the lines are told by.
    """
    earliest = told(False)
    latest = earliest if all(when is None or when.first == when.last for when in dates) else told(True)
    numbers = [len(earliest), len(latest)]
    if [line.agents for line in earliest] != [line.agents for line in latest] and numbers[0] == numbers[1]:
        numbers[1] += 1  # the same number by chance, but not the same lines
    undated = tuple(item.row for item in active if item.start is None or not item.start.known)
    return LinesFound(rules, earliest, (min(numbers), max(numbers)), undated)


def _in_order(
    treatments: Sequence[Treatment], transplants: Sequence[Procedure], rules: LineRules, *, latest: bool
) -> list[_Given]:
    """Return drugs and transplants by one reading of their dates; melphalan that conditions a transplant stands after it."""
    days = [days_of(item.date, latest=latest) for item in transplants]
    given = [_Given(day, None, item) for day, item in zip(days, transplants, strict=True)]
    for item in treatments:
        if item.start is not None and item.start.known:
            day = days_of(item.start, latest=latest)
            if item.agent == "melphalan" and item.intent in (None, "conditioning"):
                day = next((known for known in days if abs((known - day).days) <= rules.conditioning), day)
            given.append(_Given(day, item, None))
    return sorted(given, key=lambda item: (item.day, item.procedure is None, item.treatment.agent if item.treatment else ""))


def days_of(when: When | None, *, latest: bool) -> date:
    """Return the earliest, or the latest, day that a date can be."""
    assert when is not None
    first, last = when.first or when.last, when.last or when.first
    assert first is not None
    assert last is not None
    return last if latest else first


class _Telling:
    def __init__(self, rules: LineRules, vocabulary: Vocabulary, progressions: Sequence[date]) -> None:
        self.rules = rules
        self.vocabulary = vocabulary
        self.progressions = progressions
        self.lines: list[_Open] = []
        self.line = _Open()
        self.ends: dict[str, date | None] = {}
        """The last day of each drug of the line; None is still going on, or unknown."""
        self.first_day = date.max
        self.regimen_day = date.max
        self.cut_short = False
        """Whether a drug of the line was stopped because it failed or was not tolerated."""

    def tell(self, given: Sequence[_Given]) -> tuple[LineFound, ...]:
        """Tell the lines: transplants, and drugs in groups that were begun together."""
        group: list[_Given] = []
        for item in given:
            if group and not self.together(group, item):
                self.drugs(group)
                group = []
            if item.procedure is not None:
                self.transplant(item)
            else:
                group.append(item)
        if group:
            self.drugs(group)
        if self.line.phases or self.line.transplants:
            self.lines.append(self.line)
        return tuple(self.found(number, line) for number, line in enumerate(self.lines, start=1))

    def together(self, group: Sequence[_Given], item: _Given) -> bool:
        """Whether a drug was begun with a group: soon after its first, with the same intent, and no progression between."""
        first = group[0]
        if item.treatment is None or first.treatment is None or item.treatment.intent != first.treatment.intent:
            return False
        between = any(first.day < progression <= item.day for progression in self.progressions)
        return item.day - first.day <= timedelta(days=self.rules.together) and not between

    def found(self, number: int, line: _Open) -> LineFound:
        induction = next((phase.agents for phase in line.phases if phase.intent == "induction"), None)
        regimen = self.vocabulary.recogniser.of_agents(induction) if induction else None
        return LineFound(number, tuple(line.phases), tuple(line.transplants), line.began, regimen)

    # --- transplants ---

    def transplant(self, item: _Given) -> None:
        assert item.procedure is not None
        assert item.procedure.date is not None
        if self.line.transplants:
            last = days_of(self.line.transplants[-1], latest=False)
            if item.day - last <= timedelta(days=self.rules.tandem):
                self.line.transplants.append(item.procedure.date)
                return
            self.begin(item.day, "a further transplant, not a planned tandem")
        elif self.line.phases and self.progressed_since(item.day):
            self.begin(item.day, "a transplant after progression")
        elif self.line.phases and self.idle(item.day) > self.rules.to_transplant:
            self.begin(item.day, f"a transplant more than {self.rules.to_transplant} days after the last drug")
        elif not self.line.phases:
            self.first_day = item.day
        self.line.transplants.append(item.procedure.date)

    # --- drugs ---

    def drugs(self, group: Sequence[_Given]) -> None:
        treatments = [item.treatment for item in group if item.treatment is not None]
        day = group[0].day
        if not self.line.phases and not self.line.transplants:
            self.begin(day, "the first treatment recorded")
            intent: PhaseName | None = "induction"
            assumed = False
        else:
            intent, assumed = self.intent(treatments, day)
        if intent is None:
            self.begin(day, self.reason(treatments, day))
            intent = "induction"
        for treatment in treatments:
            self.add(intent, treatment, day, assumed=assumed)

    def intent(self, group: Sequence[Treatment], day: date) -> tuple[PhaseName | None, bool]:
        """Return the phase of the line that a group belongs to and whether that is assumed; None begins a new line."""
        given = group[0].intent
        agents = {treatment.agent for treatment in group}
        if given == "relapse":
            return None, False
        if given is not None and not self.progressed_since(day):
            return given, False
        if agents == {"melphalan"} and self.conditions(day):
            return "conditioning", True
        if self.progressed_since(day):
            return None, False
        if day - self.regimen_day <= timedelta(days=self.rules.together):
            return self.current, False  # begun with the running regimen, but recorded with an intent of its own
        if len(agents) == 1 and self.may_maintain(*agents) and self.idle_or_transplanted(day) <= self.rules.maintenance:
            return "maintenance", True
        if agents <= self.held and not self.maintained:
            return ("consolidation" if self.line.transplants else "induction"), True
        return None, False

    @property
    def held(self) -> set[str]:
        return {agent for phase in self.line.phases for agent in phase.agents}

    @property
    def current(self) -> PhaseName:
        return self.line.phases[-1].intent if self.line.phases else "induction"

    def conditions(self, day: date) -> bool:
        return any(abs((days_of(when, latest=False) - day).days) <= self.rules.conditioning for when in self.line.transplants)

    @property
    def maintained(self) -> bool:
        return any(phase.intent == "maintenance" for phase in self.line.phases)

    def may_maintain(self, agent: str) -> bool:
        """Whether a drug given alone is one that usually maintains, after a transplant or after a regimen brought to its end."""
        induction = {name for phase in self.line.phases if phase.intent == "induction" for name in phase.agents}
        usual = agent in self.rules.maintenance_agents or (agent in self.rules.if_in_induction and agent in induction)
        ended = not self.ongoing(agent) and len(induction) > 1 and not self.cut_short
        return usual and not self.maintained and (bool(self.line.transplants) or ended)

    def ongoing(self, but: str) -> bool:
        """Whether another drug of the line was still given, or may have been."""
        return any(end is None for agent, end in self.ends.items() if agent != but)

    def idle(self, day: date) -> int:
        """Return the days since the last drug of the line, 0 where one is going on or its end is not known."""
        ends = list(self.ends.values())
        if not ends or any(end is None for end in ends):
            return 0
        return max((day - max(end for end in ends if end is not None)).days, 0)

    def idle_or_transplanted(self, day: date) -> int:
        if self.line.transplants:
            return (day - days_of(self.line.transplants[-1], latest=False)).days
        return self.idle(day)

    def progressed_since(self, day: date) -> bool:
        """Whether there was progression after the line began and before this day."""
        return any(self.first_day < progression <= day for progression in self.progressions)

    def reason(self, group: Sequence[Treatment], day: date) -> str:
        name = ", ".join(self.vocabulary.agents[treatment.agent].name for treatment in group)
        if self.progressed_since(day):
            return f"{name} after progression"
        if self.ongoing(""):
            return f"{name} added or substituted, not known to be planned"
        return f"{name} after all drugs of the line before were stopped"

    def begin(self, day: date, why: str) -> None:
        if self.line.phases or self.line.transplants:
            self.lines.append(self.line)
        self.line = _Open(began=why)
        self.ends = {}
        self.first_day = self.regimen_day = day
        self.cut_short = False

    def add(self, intent: PhaseName, treatment: Treatment, day: date, *, assumed: bool = False) -> None:
        stop = None if treatment.ongoing else treatment.stop
        last = self.line.phases[-1] if self.line.phases else None
        if last is not None and last.intent == intent:
            ends = None if last.stop is None or stop is None else max(last.stop, stop, key=lambda when: when.last or date.max)
            self.line.phases[-1] = replace(
                last,
                agents=tuple(dict.fromkeys((*last.agents, treatment.agent))),
                stop=ends,
                assumed=last.assumed or assumed,
                rows=(*last.rows, treatment.row),
            )
        else:
            assert treatment.start is not None
            rows = (treatment.row,)
            self.line.phases.append(PhaseFound(intent, (treatment.agent,), treatment.start, stop, assumed, rows))
            if intent != "conditioning":
                self.regimen_day = day
        self.cut_short = self.cut_short or treatment.stop_reason in ("progression", "toxicity", "intolerance")
        self.ends[treatment.agent] = None if stop is None else stop.last
