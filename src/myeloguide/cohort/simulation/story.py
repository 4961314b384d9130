"""The story of one simulated patient: what happened, told forward in time, and so known.

Nothing here is derived from records. A line begins because the story begins one; a response is reached because its values are
drawn to show it; a progression has a day, and the last doses lie where the story puts them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise

from myeloguide.cohort.simulation.disease import COMPLETE, DEEP, MARROW, SERUM, Disease, Value
from myeloguide.cohort.simulation.draws import Chooser, Draws
from myeloguide.cohort.simulation.parameters import Dose, Parameters, RegimenShare, parameters
from myeloguide.knowledge.vocabulary import vocabulary

EPOCH = date(1970, 1, 1).toordinal()
ONGOING = "ongoing"
ORDER = ("PD", "SD", "MR", "PR", "VGPR", "CR", "sCR")
"""Response categories, worst first."""
_RANK = {category: rank for rank, category in enumerate(ORDER)}


def day_of(year: float) -> int:
    """Return the first day of a year as days since 1970."""
    return date(int(year), 1, 1).toordinal() - EPOCH


@dataclass(slots=True)
class Given:
    """An agent given over a period; days since 1970, `stop` None while it goes on."""

    agent: str
    start: int
    stop: int | None
    dose: float
    unit: str
    regimen: str | None
    intent: str
    stop_reason: str


@dataclass(slots=True)
class Visit:
    """A visit after the baseline of a line: what its own values show, and what is confirmed by the next."""

    day: int
    category: str
    confirmed: str


@dataclass(slots=True)
class Line:
    """A line of therapy as it was."""

    number: int
    regimens: list[str]
    given: list[Given]
    start: int
    stop: int | None
    best: str
    end_reason: str
    transplant: int | None = None
    maintenance: bool = False
    progression: int | None = None
    kind: str | None = None
    visits: list[Visit] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    """One patient: records as they would be kept without fault, and the truth behind them."""

    number: int
    male: bool
    birth: int
    diagnosis: int
    disease: str
    as_of: int = 0
    last_seen: int = 0
    death: int | None = None
    t_11_14: bool | None = None
    edge: str | None = None
    lines: list[Line] = field(default_factory=list)
    procedures: list[tuple[str, int]] = field(default_factory=list)
    measurements: list[tuple[int, str, float]] = field(default_factory=list)
    findings: list[tuple[int, str, str]] = field(default_factory=list)
    responses: list[tuple[int, str, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ValueEdge:
    """A first line on a limit of the criteria, in serum M-protein (g/dL).

    Its baseline, the level of its response, values that follow without being a progression, and the first that is one.
    """

    baseline: float
    category: str
    level: float
    after: tuple[float, ...] = ()
    progression: float | None = None


DAY_EDGES = {"day_30": 30, "day_59": 59, "day_60": 60, "day_61": 61}
VALUE_EDGES = {
    "rise_of_25_percent": ValueEdge(7.0, "PR", 3.0, (), 3.75),
    "rise_of_the_minimum": ValueEdge(4.0, "PR", 1.0, (), 1.5),
    "rise_below_25_percent": ValueEdge(8.0, "PR", 3.0, (3.72, 3.72), 4.5),
    "rise_below_the_minimum": ValueEdge(4.0, "PR", 1.0, (1.4, 1.4), 2.0),
    "fall_of_25_percent": ValueEdge(4.0, "MR", 3.0),
    "fall_of_50_percent": ValueEdge(4.0, "PR", 2.0),
    "fall_of_90_percent": ValueEdge(5.0, "VGPR", 0.5),
}
EDGES = (*DAY_EDGES, *VALUE_EDGES)


class Model:
    """The parameters made ready to draw from."""

    def __init__(self, given: Parameters) -> None:
        self.given = given
        self.disease = Chooser(given.disease.shares)
        self.lines = Chooser(given.lines_reached.shares)
        self.responses = {kind: Chooser(getattr(given.responses, kind).shares) for kind in type(given.responses).model_fields}
        self.endings = Chooser(given.endings.shares)
        self.progressions = Chooser({key: share for key, share in given.endings.shares.items() if key != "change"})
        self.last_endings = Chooser(given.last_endings.shares)
        self.regimens: dict[str, tuple[RegimenShare, ...]] = {
            kind: getattr(given.regimens, kind).regimens for kind in type(given.regimens).model_fields
        }
        self.doses: dict[str, Dose] = {dose.agent: dose for dose in given.doses.agents}
        self.last_day = day_of(given.people.last_year.value)

    def months(self, number: int) -> float:
        """Return the median months until progression in a line."""
        numbers = self.given.months_to_progression.numbers
        return numbers[("first", "second", "third", "later")[min(number, 4) - 1]]


@cache
def model() -> Model:
    """Return the model of the parameters that the program ships with."""
    return Model(parameters())


@cache
def _agents(regimen: str, choice: int) -> tuple[tuple[str, ...], str | None]:
    """Return the agents of a regimen, one of those it leaves open, and its steroid."""
    found = vocabulary().regimens[regimen]
    open_ones = tuple(group[choice % len(group)] for group in found.one_of)
    return (*found.agents, *open_ones), found.steroid


@dataclass(slots=True)
class _Phase:
    intent: str
    regimen: str | None
    agents: tuple[str, ...]
    steroid: str | None
    start: int
    stop: int


@dataclass(slots=True)
class _Plan:
    """A line before its end is known: its phases; the last is `open` when it goes on until something ends it."""

    kind: str
    best: str
    phases: list[_Phase]
    is_open: bool
    once: bool = False
    transplant: int | None = None
    harvest: int | None = None

    @property
    def last(self) -> _Phase:
        return self.phases[-1]


@dataclass(slots=True)
class _End:
    """How a line ends: the last dose, the progression, the day the record ends in the line, and why therapy stopped."""

    reason: str
    stop: int | None
    progression: int | None = None
    until: int | None = None
    death: int | None = None
    lost: bool = False


def story(seed: int, number: int, edge_share: float = 0.0, drawn_from: Model | None = None) -> Story:
    """Return the story of one patient; it depends on the seed and the patient's number alone."""
    return _Teller(drawn_from or model(), Draws(seed, number, 0), number, edge_share).told()


class _Teller:
    def __init__(self, drawn_from: Model, draws: Draws, number: int, edge_share: float) -> None:
        self.model, self.draws = drawn_from, draws
        people = drawn_from.given.people
        self.edge = draws.one_of(EDGES) if draws.chance(edge_share) else None
        how = drawn_from.disease.choose(draws)
        if self.edge in VALUE_EDGES:
            how = "serum"
        diagnosis = draws.days(day_of(people.diagnosis_years.low), day_of(people.diagnosis_years.high + 1) - 1)
        age = draws.normal(people.age_median.value, people.age_spread.value)
        self.age = min(max(age, people.age_range.low), people.age_range.high)
        self.story = Story(
            number,
            male=draws.chance(people.male.value),
            birth=diagnosis - int(self.age * 365.25),
            diagnosis=diagnosis,
            disease=how,
            edge=self.edge,
        )
        self.disease = Disease(how, kappa=draws.chance(people.kappa.value), draws=draws)
        self.eligible = self.age <= people.transplant_up_to_age.value
        self.renewed = True
        self.ready = diagnosis
        """The first day on which a further line may begin, or a decision be taken."""

    # The whole story

    def told(self) -> Story:
        self._diagnose()
        lines = int(self.model.lines.choose(self.draws))
        last = self.model.last_endings.choose(self.draws)
        if self.edge is not None:
            lines, last = max(lines, 1), "relapse"
        story = self.story
        for number in range(1, lines + 1):
            if not self._line(number, last if number == lines else None) or story.as_of:
                break
        if not story.as_of:
            story.as_of = self.ready + self.draws.days(1, 20)
        story.last_seen = story.last_seen or story.as_of
        return story

    def _diagnose(self) -> None:
        story, draws, people = self.story, self.draws, self.model.given.people
        day = story.diagnosis
        values = self.disease.diagnosis()
        edge = VALUE_EDGES.get(self.edge or "")
        if edge is not None:
            self.disease.markers[0].begin(edge.baseline)
            values = [(test, edge.baseline if test == SERUM else value) for test, value in values]
        self._measure(day, values)
        present = "negative" if self.disease.by_marrow else "positive"
        self._immunofixation(day, present)
        story.t_11_14 = None
        carried = draws.chance(people.t_11_14.value)
        if draws.chance(people.t_11_14_tested.value):
            story.t_11_14 = carried
            story.findings.append((day, "t(11;14)", "present" if carried else "absent"))

    def _line(self, number: int, last: str | None) -> bool:
        """Tell one line; False when it would begin too late to be told."""
        draws, first = self.draws, self.model.given.first_line
        if number == 1:
            start = self.story.diagnosis + draws.days(first.days_from_diagnosis.low, first.days_from_diagnosis.high)
        elif not self.renewed or self.disease.measurable():
            start = self.ready + draws.days(3, 28)
        else:  # a relapse too small to be measured is watched until it is not
            start = self.ready + draws.days(30, 90)
        plan = self._plan(number, start)
        if plan is None:
            return False
        end = self._within_horizon(number, plan, self._end(number, plan, last))
        if end is None:
            return False
        self._record(number, plan, end)
        return True

    # What is planned

    def _plan(self, number: int, start: int) -> _Plan | None:
        draws, first = self.draws, self.model.given.first_line
        edge = VALUE_EDGES.get(self.edge or "") if number == 1 else None
        kind = {1: "no_transplant", 2: "second"}.get(number, "later")
        transplanted = any(kind == "autologous_transplant" for kind, _ in self.story.procedures)
        young = self.eligible and start - self.story.diagnosis < 6 * 365
        with_transplant = False
        if young and not transplanted and (number > 1 or self.edge is None):
            share = {1: first.transplant_if_eligible.value, 2: first.deferred_transplant_in_line_2.value}.get(number, 0.0)
            with_transplant = draws.chance(share)
        if with_transplant and number == 1:
            kind = "transplant"
        row = self._regimen(kind, start)
        if row is None:
            return None
        best = edge.category if edge else self._best(kind, number)
        agents, steroid = _agents(row.regimen, int(draws.share() * 2))
        intent = "induction" if number == 1 else "relapse"
        phase = _Phase(intent, row.regimen, agents, steroid, start, start + row.weeks * 7)
        if row.plan == "single":
            phase.stop = start
            return _Plan(kind, best, [phase], is_open=False, once=True)
        if best in ("SD", "PD") or (best == "MR" and with_transplant):  # too little to go on as planned
            return _Plan(kind, best, [phase], is_open=True)
        if with_transplant:
            return self._with_transplant(number, _Plan(kind, best, [phase], is_open=False))
        plan = _Plan(kind, best, [phase], is_open=row.plan == "continuous")
        if row.plan == "fixed" and number == 1 and draws.chance(first.maintenance_otherwise.value):
            self._maintain(plan, phase.stop + draws.days(14, 35))
        return plan

    def _with_transplant(self, number: int, plan: _Plan) -> _Plan:
        draws, first, induction = self.draws, self.model.given.first_line, plan.phases[0]
        induction.stop = induction.start + draws.days(100, 150)
        conditioning = induction.stop + draws.days(35, 50)
        plan.transplant = conditioning + 1
        plan.harvest = induction.stop + draws.days(12, 25)
        plan.phases.append(_Phase("conditioning", None, ("melphalan",), None, conditioning, conditioning))
        after = plan.transplant + draws.days(85, 110)
        if draws.chance(first.consolidation.value):
            again = _Phase("consolidation", induction.regimen, induction.agents, induction.steroid, after, after + 55)
            plan.phases.append(again)
            after = again.stop + draws.days(14, 35)
        if draws.chance(first.maintenance_after_transplant.value):
            self._maintain(plan, after)
        return plan

    def _maintain(self, plan: _Plan, start: int) -> None:
        row = self._regimen("maintenance", start)
        if row is not None:
            agents, steroid = _agents(row.regimen, 0)
            plan.phases.append(_Phase("maintenance", row.regimen, agents, steroid, start, start))
            plan.is_open = True

    def _regimen(self, kind: str, start: int) -> RegimenShare | None:
        """Choose a regimen of the year that brings a new agent, and one to which the disease is not known to be refractory."""
        year = date.fromordinal(start + EPOCH).year
        before = {given.agent for given in self.story.lines[-1].given} if self.story.lines and kind != "maintenance" else set()
        failed = {given.agent for line in self.story.lines if line.progression for given in line.given}
        weights: dict[RegimenShare, float] = {}
        for row in self.model.regimens[kind]:
            agents = _agents(row.regimen, 0)[0]
            new = kind == "maintenance" or not set(agents) <= before
            if row.first_year <= year <= row.last_year and new:
                # Clinicians avoid what has failed: a regimen without any new agent is seldom chosen.
                weights[row] = row.share * (0.02 if set(agents) <= failed else 1.0)
        return Chooser(weights).choose(self.draws) if weights else None

    def _best(self, kind: str, number: int) -> str:
        best: str = self.model.responses[kind].choose(self.draws)
        if (number == 1 and self.edge in DAY_EDGES) or not self.renewed:
            best = "PR" if ORDER.index(best) < ORDER.index("PR") else best
        if best in ("MR", "VGPR") and not self.disease.has_depths:
            return "PR"
        return best

    # How it ends

    def _end(self, number: int, plan: _Plan, last: str | None) -> _End:
        draws = self.draws
        if plan.best == "PD":
            day = plan.last.start + self._interval(0)
            return _End("completed", plan.last.stop, day) if plan.once else _End("progression", day + draws.days(0, 12), day)
        if plan.best == "SD":
            return self._end_without_response(number, plan, last)
        ending = self._ending(number, plan, last)
        if plan.once or not plan.is_open:
            return self._end_of_planned(plan, ending)
        time = self._time(number, plan)
        stop = plan.last.start + time
        if ending in ("on_therapy", "death_after_progression"):
            return _End("progression", stop + draws.days(0, 13), stop)
        if ending == "ongoing":
            return _End(ONGOING, None, until=stop)
        if ending == "death":
            return _End("death", stop - draws.days(1, 10), until=stop, death=stop)
        reason = "toxicity" if ending == "change" else draws.one_of(("completed", "toxicity", "choice"))
        return self._end_off_therapy(ending, reason, stop)

    def _ending(self, number: int, plan: _Plan, last: str | None) -> str:
        if number == 1 and self.edge in DAY_EDGES:
            return self.edge
        if number == 1 and self.edge in VALUE_EDGES:
            return "on_therapy"
        if last is None:
            ending = self.model.endings.choose(self.draws)
            # A line begun without progression is measured only from values that are high enough.
            return "later" if ending == "change" and not self._may_change(plan) else ending
        if last == "relapse" or (last == "death" and self.draws.chance(0.6)):
            self.dies = last == "death"
            return self.model.progressions.choose(self.draws)
        return last

    dies = False

    def _may_change(self, plan: _Plan) -> bool:
        """Whether a response leaves enough disease to measure the next line from."""
        low = {"MR": 0.56, "PR": 0.14}.get(plan.best)
        if low is None or plan.kind == "transplant":
            return False
        # The last value is the baseline of this line, or not much below it.
        return self.disease.tests == (SERUM,) and self.disease.markers[0].last * low >= self.disease.markers[0].kind.floor[0]

    def _end_without_response(self, number: int, plan: _Plan, last: str | None) -> _End:
        draws, start = self.draws, plan.last.start
        least = 3 * self._interval(0) + 5
        if last is None and not plan.once and draws.chance(self.model.given.stable_disease_changed.value):
            stop = start + least + draws.days(0, 60)
            return _End("other", stop)
        if plan.once:
            return _End("completed", plan.last.stop, start + least)
        day = start + int(min(max(least, draws.waiting(self.model.months(number) * 30.4 * 0.5)), 400))
        return _End("progression", day + draws.days(0, 12), day)

    def _end_of_planned(self, plan: _Plan, ending: str) -> _End:
        """End a line that stops by itself: a fixed number of cycles, one infusion, a transplant without maintenance."""
        draws, stop = self.draws, plan.last.stop
        span = stop - plan.phases[0].start
        early = self._least() + 30
        if ending in ("on_therapy", "change", "death", "ongoing") and plan.transplant is None and span > early + 30:
            stop = plan.last.start + draws.days(early, span - 1)
            if ending == "on_therapy":
                return _End("progression", stop + draws.days(0, 13), stop)
            if ending == "ongoing":
                return _End(ONGOING, None, until=stop)
            if ending == "death":
                return _End("death", stop - draws.days(1, 10), until=stop, death=stop)
            return _End("toxicity", stop)
        if ending in ("ongoing", "death"):
            ending = "off_therapy"
        short = plan.once or plan.transplant is not None
        if ending in ("on_therapy", "change") or (short and ending in ("within_60_days", "within_6_months")):
            ending = "later"
        return self._end_off_therapy(ending, "completed", stop)

    def _end_off_therapy(self, ending: str, reason: str, stop: int) -> _End:
        """Stop therapy for another reason than progression; the progression, if any, comes after."""
        draws = self.draws
        if ending in DAY_EDGES:
            return _End(reason, stop, stop + DAY_EDGES[ending])
        if ending == "within_60_days":
            return _End(reason, stop, stop + draws.days(5, 48))
        if ending == "within_6_months":
            return _End(reason, stop, stop + draws.days(72, 165))
        if ending == "later":
            return _End(reason, stop, stop + int(min(220 + draws.waiting(300), 2200)))
        if ending in ("off_therapy", "lost"):
            until = stop + draws.days(100, 700)
            return _End(reason, stop, until=until, lost=ending == "lost")
        return _End(reason, stop)

    def _interval(self, passed: int, *, off_therapy: bool = False) -> int:
        visits = self.model.given.visits
        if self.disease.by_marrow:
            return int(visits.interval_marrow.value)
        if off_therapy:
            return int(visits.interval_off_therapy.value)
        return int(visits.interval.value if passed < 8 else visits.interval_later.value)

    def _least(self) -> int:
        """Return the days within which a response is reached and confirmed."""
        return 5 * self._interval(0) + 10

    def _time(self, number: int, plan: _Plan) -> int:
        """Return the days of the open phase until it ends."""
        if plan.phases[-1].intent == "maintenance":
            months, least = self.model.given.months_to_progression.numbers["maintenance"], 100
        else:
            months, least = self.model.months(number), self._least()
        if number == 1 and self.edge is not None:
            return self._least() + self.draws.days(60, 400)
        factor = self.model.given.months_by_response.numbers[plan.best]
        return int(min(max(least, self.draws.waiting(months * 30.4 * factor)), 3000)) + self.draws.days(0, 20)

    def _within_horizon(self, number: int, plan: _Plan, end: _End) -> _End | None:
        """Keep a line from running past the last day: it is then still going on, or off therapy, or not told at all."""
        day = max(end.progression or 0, end.until or 0, end.stop or 0)
        last_day = self.model.last_day
        if day + 45 <= last_day or end.reason == "other" or plan.best in ("SD", "PD") or (number == 1 and self.edge):
            beyond = day + 45 > last_day and number > 1 and self.renewed
            return None if beyond else end
        cut = last_day - self.draws.days(0, 60)
        if plan.is_open and plan.last.start + self._least() <= cut and (end.stop is None or cut <= end.stop):
            return _End(ONGOING, None, until=cut)
        if number > 1 and self.renewed and (end.stop is None or end.stop + 100 > cut):
            return None
        if end.stop is not None and end.death is None and end.reason != "progression":
            return _End(end.reason, end.stop, until=max(cut, end.stop + 100), lost=end.lost)
        return end

    # What is recorded

    def _record(self, number: int, plan: _Plan, end: _End) -> None:
        """Give the treatment, hold the visits, and go on to the day on which the next line may begin."""
        draws, story, start = self.draws, self.story, plan.phases[0].start
        if end.stop is not None and not plan.once:
            self._cut(plan, end.stop)
        line = Line(
            number,
            regimens=list(dict.fromkeys(phase.regimen for phase in plan.phases if phase.regimen is not None)),
            given=self._treatments(plan, end),
            start=start,
            stop=end.stop,
            best=plan.best,
            end_reason=end.reason,
            transplant=plan.transplant,
            maintenance=any(phase.intent == "maintenance" for phase in plan.phases),
            progression=end.progression,
        )
        story.lines.append(line)
        if plan.harvest is not None and plan.transplant is not None:
            story.procedures += [("stem_cell_harvest", plan.harvest), ("autologous_transplant", plan.transplant)]
        if plan.once and plan.last.agents[0].endswith("leucel"):
            story.procedures.append(("car_t_infusion", start))
        if number > 1:
            self._measure(start, self.disease.begin_line(renewed=self.renewed))
        # Off therapy for another reason than progression, with none after: the next line begins within weeks.
        until = end.progression or end.until or (end.stop or start) + draws.days(10, 20)
        days = self._visit_days(plan, end, until)
        self._visits(line, plan, days)
        self.renewed = end.progression is not None
        self.ready = until
        if end.progression is not None:
            self._progression(line, end.progression)
        self._close(end)

    def _cut(self, plan: _Plan, stop: int) -> None:
        if plan.is_open or stop < plan.last.stop:
            plan.last.stop = stop

    def _treatments(self, plan: _Plan, end: _End) -> list[Given]:
        given: list[Given] = []
        for phase in plan.phases:
            is_last = phase is plan.last
            stop = end.stop if is_last and not plan.once else phase.stop
            reason = "completed" if not is_last or plan.once else end.reason
            dropped, dropped_on = self._dropped(plan, phase, end)
            for agent in (*phase.agents, *([phase.steroid] if phase.steroid else ())):
                dose = self.model.doses[agent]
                amounts = {"maintenance": dose.maintenance, "conditioning": dose.conditioning}.get(phase.intent, ())
                amount = self.draws.one_of(amounts) if amounts else dose.dose
                early = agent == dropped
                given.append(
                    Given(
                        agent,
                        phase.start,
                        dropped_on if early else stop,
                        amount,
                        dose.unit,
                        phase.regimen,
                        phase.intent,
                        "toxicity" if early else reason,
                    )
                )
        return given

    def _dropped(self, plan: _Plan, phase: _Phase, end: _End) -> tuple[str | None, int | None]:
        """Choose an agent stopped early for toxicity, long before anything else ends the line."""
        last = end.stop or end.until or phase.stop
        if phase is not plan.last or len(phase.agents) < 2 or plan.best in ("SD", "PD") or last - phase.start < 230:
            return None, None
        if not self.draws.chance(self.model.given.agent_stopped_for_toxicity.value):
            return None, None
        return self.draws.one_of(phase.agents), phase.start + self.draws.days(60, last - phase.start - 110)

    def _visit_days(self, plan: _Plan, end: _End, until: int) -> list[int]:
        """Return the days of visits after the baseline and before the progression, or to the end of the record."""
        jitter, days = self.model.given.visits.jitter.value, list[int]()
        day = plan.phases[0].start
        stop = end.stop if end.stop is not None else until
        margin = 20 if end.progression is not None else 4
        while True:
            day += self._interval(len(days), off_therapy=day > stop) + self.draws.days(-jitter, jitter)
            if day > until - margin:
                return days
            days.append(day)

    def _visits(self, line: Line, plan: _Plan, days: list[int]) -> None:
        edge = VALUE_EDGES.get(self.edge or "") if line.number == 1 else None
        categories = self._categories(line.best, plan, days) if edge is None else [edge.category] * len(days)
        marrow_done = False
        for position, (day, category) in enumerate(zip(days, categories, strict=True)):
            if edge is None:
                values = self._drifted(category, last=position == len(days) - 1 and line.progression is not None)
            else:
                before_end = len(days) - position
                values = self.disease.set(edge.after[-before_end] if before_end <= len(edge.after) else edge.level)
            self._measure(day, values)
            if position % 3 == 2:
                self._measure(day, self.disease.chemistry())
            if category in DEEP:
                self._immunofixation(day, "negative" if category in COMPLETE else "positive")
            if category in COMPLETE and not marrow_done:
                marrow_done = True
                if not self.disease.by_marrow:
                    self._measure(day, [(MARROW, float(self.draws.days(1, 4)))])
                self.story.findings.append((day, "marrow_clonal_cells", "absent" if category == "sCR" else "present"))
            self.story.responses.append((day, category, False))
            line.visits.append(Visit(day, category, category))
        confirm(line.visits)

    def _drifted(self, category: str, *, last: bool) -> list[Value]:
        """Return a visit's values; just before a progression they may have begun to rise, not enough to count."""
        if last and category in ("PR", "VGPR") and self.disease.tests == (SERUM,) and self.draws.chance(0.4):
            marker = self.disease.markers[0]
            return self.disease.set(min(marker.last * 1.08, marker.last + 0.2))
        return self.disease.at(category)

    def _categories(self, best: str, plan: _Plan, days: list[int]) -> list[str]:
        """Return the category of each visit: deepening by steps, the best one shown at least twice."""
        if not days:
            return []
        ladder = [best]
        if best in ("VGPR", "CR", "sCR"):
            ladder = ["PR", "VGPR", best] if best in COMPLETE and self.disease.has_depths else ["PR", best]
        elif best in ("PR", "MR") and self.disease.has_depths and self.draws.chance(0.35):
            ladder = ["MR" if best == "PR" else "SD", best]
        latest = max(len(days) - 2, 0)
        ladder = ladder[-(latest + 1) :]
        after_transplant = plan.transplant is not None and best in DEEP and self.draws.chance(0.7)
        steps: list[int] = [0]
        for place in range(1, len(ladder)):
            step = steps[-1] + 1 + int(self.draws.waiting(0.8))
            if after_transplant and place == len(ladder) - 1:
                step = max(step, sum(day < (plan.transplant or 0) + 50 for day in days))
            steps.append(min(step, latest - (len(ladder) - 1 - place)))
        found: list[str] = []
        for position in range(len(days)):
            reached = sum(step <= position for step in steps)
            found.append(ladder[reached - 1])
        return found

    def _progression(self, line: Line, day: int) -> None:
        """Show the progression and confirm it before any new therapy."""
        story, draws = self.story, self.draws
        by_values = self.disease.can_progress
        clinical = not by_values or draws.chance(self.model.given.clinical_progression.value)
        edge = VALUE_EDGES.get(self.edge or "") if line.number == 1 else None
        if edge is not None and edge.progression is not None:
            clinical = False
            values = self.disease.set(edge.progression)
        else:
            values = self.disease.progress() if by_values else self.disease.unchanged()
        line.kind = "clinical" if clinical else "biochemical"
        self._measure(day, [*values, *self.disease.chemistry(worse=clinical and draws.chance(0.5))])
        if clinical:
            story.findings.append((day, draws.one_of(("bone_lesion", "bone_lesion", "plasmacytoma")), "new"))
        story.responses.append((day, "PD", clinical))
        line.visits.append(Visit(day, "PD", "PD"))
        self.ready = day + draws.days(14, 28)
        if by_values:
            self._measure(self.ready, self.disease.progress())
            story.responses.append((self.ready, "PD", clinical))
            line.visits.append(Visit(self.ready, "PD", "PD"))

    def _close(self, end: _End) -> None:
        """End the record where the story of the patient ends in this line."""
        story, draws = self.story, self.draws
        if end.until is not None:
            story.as_of = end.until
            if end.death is not None:
                story.death = story.last_seen = end.death
                story.as_of = self._later(end.death + draws.days(30, 500), end.death)
            elif end.lost:
                story.last_seen = end.until
                story.as_of = self._later(end.until + draws.days(200, 900), end.until)
        elif self.dies:
            story.death = story.last_seen = self.ready + draws.days(10, 250)
            story.as_of = self._later(story.death + draws.days(30, 500), story.death)

    def _later(self, day: int, least: int) -> int:
        """Return a day of decision after a patient was last seen, not beyond the last day."""
        return max(min(day, self.model.last_day), least)

    def _measure(self, day: int, values: Iterable[Value]) -> None:
        measurements = self.story.measurements
        for test, value in values:
            measurements.append((day, test, value))

    def _immunofixation(self, day: int, value: str) -> None:
        self.story.findings.append((day, "immunofixation_serum", value))
        self.story.findings.append((day, "immunofixation_urine", value))


def confirm(visits: list[Visit]) -> None:
    """Note what each visit confirms together with the next, never less than what is confirmed already."""
    confirmed = "SD"
    for visit, following in pairwise(visits):
        if _RANK[confirmed] < _RANK[visit.category] and _RANK[confirmed] < _RANK[following.category]:
            confirmed = min(visit.category, following.category, key=_RANK.__getitem__)
        visit.confirmed = confirmed
    if visits:
        visits[-1].confirmed = confirmed
