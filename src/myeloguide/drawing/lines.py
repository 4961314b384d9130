"""Lines of therapy to draw: heading, phases, a lane for each drug, progression, refractoriness; whatever they came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from myeloguide.drawing.chart import Assessed, Bar, Chart, Curve, Event, Group, Lane, Span
from myeloguide.history.course import RANKS, UNPLACED, LineCourse, Stretch
from myeloguide.history.facts import Derived
from myeloguide.history.lines import LineFound
from myeloguide.history.refractoriness import Finding
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When

_PHASES = {rank: name for name, rank in RANKS.items() if name} | {UNPLACED: "at some time"}
_FEW = 3


def bar_of(name: str, start: When, stop: When, ongoing: bool, reason: str | None) -> Bar:
    """Return a period of a drug, told in words."""
    began = f"from {start}" if start.known else "from an unknown day"
    if ongoing:
        ended = "ongoing"
    elif not stop.known or (stop.day is None and stop.first == start.first):
        ended = "stop unknown"
    else:
        ended = f"to {stop}"
    why = f", stopped for {reason}" if reason and not ongoing else ""
    return Bar(start, stop, ongoing, f"{name} {began}, {ended}{why}" if ongoing else f"{name} {began} {ended}{why}")


class Drawing:
    """Lines laid out in time, as they are to be drawn; `kind` says of what kind a line's progression was, if anybody wrote it."""

    def __init__(
        self,
        derived: Derived,
        vocabulary: Vocabulary,
        lines: Sequence[LineFound],
        steroids: Sequence[tuple[int, str, Bar]],
        kind: Callable[[LineCourse], str | None],
    ) -> None:
        self.derived = derived
        self.vocabulary = vocabulary
        self.lines = {line.number: line for line in lines}
        self.steroids = steroids
        self.kind = kind

    def name(self, agent: str) -> str:
        return self.vocabulary.agents[agent].name

    def dates(self) -> Iterator[When]:
        for course in self.derived.courses:
            for stretch in course.stretches:
                yield stretch.first_dose
                if stretch.last_dose.first is not None and not _open(stretch):
                    yield stretch.last_dose
            if course.progression is not None:
                yield course.progression
        yield from (bar.start for _, _, bar in self.steroids)

    def chart(
        self,
        label: str | None,
        as_of: date,
        record: str,
        *,
        first: date,
        last: date,
        recorded_from: date | None,
        events: Iterable[Event] = (),
        responses: Iterable[Assessed] = (),
        response_title: str = "",
        curves: tuple[Curve, ...] = (),
        notes: Iterable[str] = (),
        dated: bool = True,
    ) -> Chart:
        groups = tuple(self.group(course, dated=dated) for course in self.derived.courses)
        classes = [lane.drug_class for group in groups for lane in group.lanes]
        return Chart(
            title=f"{f'Patient {label}' if label else 'Patient'}, as of {as_of}",
            facts=(*self.facts(), record),
            first=first,
            last=max(first, last),
            recorded_from=recorded_from,
            dated=dated,
            groups=groups,
            events=tuple(sorted(events, key=lambda event: place_of(event.when))),
            responses=tuple(sorted(responses, key=lambda item: place_of(item.when))),
            response_title=response_title,
            curves=curves,
            classes={name: self.vocabulary.classes[name].name for name in dict.fromkeys(classes)},
            notes=tuple(dict.fromkeys(_sentence(note) for note in notes if note)),
        )

    def facts(self) -> Iterator[str]:
        sheet = self.derived.facts
        number = sheet.number("prior_lines")
        one = 1 in (number.exact, number.least if number.most is None else None)
        yield _sentence(f"{number} line{'' if one else 's'} of therapy" if number != Range() else "number of lines unknown")
        status = sheet.members("refractory_to")
        received = dict.fromkeys(agent for course in self.derived.courses for agent in course.agents)
        refractory = [self.name(agent) for agent in received if status.has(agent)]
        unknown = [self.name(agent) for agent in received if status.has(agent) is None]
        said = [f"Refractory to {', '.join(refractory)}"] if refractory else []
        said += [f"{'not known for' if refractory else 'Refractoriness not known for'} {', '.join(unknown)}"] if unknown else []
        if received:
            yield "; ".join(said) or "Refractory to none of the drugs received"

    def group(self, course: LineCourse, *, dated: bool) -> Group:
        found = {finding.agent: finding for finding in self.derived.findings if finding.line == course.number}
        for finding in self.derived.findings:
            if finding.line == course.number and finding.refractory:
                found[finding.agent] = finding
        steroids = [(agent, bar) for number, agent, bar in self.steroids if number == course.number]
        lanes = [self.lane(agent, course, found.get(agent)) for agent in course.agents]
        for agent in dict.fromkeys(agent for agent, _ in steroids):
            bars = tuple(bar for other, bar in steroids if other == agent)
            lanes.append(Lane(agent, self.name(agent), "steroid", bars))
        if not dated:
            lanes = [
                replace(lane, bars=tuple(replace(bar, says=f"{lane.name}, dates unknown") for bar in lane.bars)) for lane in lanes
            ]
        heading, progression = self.heading(course), self.progression(course)
        drawn = dated and course.progression is not None and course.progression.first is not None
        refractory = [lane.name for lane in lanes if lane.refractory == "yes"]
        said = [heading, *(bar.says for lane in lanes for bar in lane.bars[:_FEW]), progression]
        said += [f"refractory to {', '.join(refractory)}"] if refractory else []
        return Group(
            number=course.number,
            heading=heading if drawn else f"{heading}; {progression}",
            says="; ".join(said),
            start=course.start,
            lanes=tuple(lanes),
            phases=tuple(self.phases(course)),
            progression=Event("progression", course.progression or UNKNOWN, progression) if drawn else None,
        )

    def lane(self, agent: str, course: LineCourse, finding: Finding | None) -> Lane:
        bars = []
        for stretch in course.holding(agent):
            dose = f" {stretch.doses[agent]}" if agent in stretch.doses else ""
            ongoing = stretch.reason == "ongoing"
            bars.append(bar_of(self.name(agent) + dose, stretch.first_dose, stretch.last_dose, ongoing, stretch.reason))
        refractory, when = "", UNKNOWN
        if finding is not None and finding.refractory:
            refractory, when = "yes", finding.progression
        elif finding is not None and self.derived.facts.members("refractory_to").has(agent) is None:
            refractory = "unknown"
        drug_class = self.vocabulary.classes_of(agent)[-1]
        return Lane(agent, self.name(agent), drug_class, tuple(bars), refractory, when)

    def phases(self, course: LineCourse) -> Iterator[Span]:
        """Yield the phases of a line that has more than its one treatment."""
        ranks = sorted({stretch.rank for stretch in course.stretches})
        if ranks in ([RANKS["induction"]], [UNPLACED], []):
            return
        line = self.lines.get(course.number)
        assumed = {phase.intent for phase in line.phases if phase.assumed} if line else set()
        for rank in ranks:
            parts = [stretch for stretch in course.stretches if stretch.rank == rank]
            start = min((item.first_dose for item in parts), key=place_of)
            stop = max((item.last_dose for item in parts), key=lambda when: when.last or date.max)
            yield Span(_PHASES[rank] + (" (assumed)" if _PHASES[rank] in assumed else ""), start, stop)

    def heading(self, course: LineCourse) -> str:
        treatment = [*course.regimens, *("+".join(map(self.name, sorted(agents))) for agents in course.unnamed_regimens)]
        line = self.lines.get(course.number)
        transplants = list(line.transplants) if line else [course.transplant] if course.transplant is not None else []
        if not treatment:
            treatment = ["+".join(map(self.name, course.agents))] if course.agents else [] if transplants else ["drugs not named"]
        said = [", then ".join(treatment)] if treatment else []
        if transplants:
            said.append(f"{'tandem ' if len(transplants) > 1 else ''}autologous transplant")
        if course.maintenance:
            said.append("maintenance")
        return f"Line {course.number}: {', '.join(said)}; best response {course.best_response or 'unknown'}"

    def progression(self, course: LineCourse) -> str:
        if course.progression is None:
            return "no progression" if course.no_progression else "no progression recorded"
        kind = self.kind(course)
        when = "on an unknown date" if course.progression.first is None else str(course.progression)
        return f"progression {when} ({kind or 'kind unknown'})"


def _open(stretch: Stretch) -> bool:
    """Whether nothing is known of when a stretch ended."""
    return stretch.last_dose.day is None and stretch.last_dose.first == stretch.first_dose.first


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


SAID_COMPLETE = "Record said to be complete"
"""What is said of a record where a patient file says that it is complete."""


def record_said(complete: bool, diagnosis: When | None, complete_from: When | None, *, assumed: bool) -> str:
    """Say how far the record is complete."""
    if assumed:
        return "Record taken as complete, as asked"
    if complete:
        return "Record complete from the diagnosis on" + (f", {diagnosis}" if diagnosis and diagnosis.known else "")
    if complete_from is not None and complete_from.known:
        return f"Record complete only from {complete_from}: what came before is unknown"
    return "Whether the record is complete is unknown"


def place_of(when: When) -> date:
    """Return the day by which dates are put in order."""
    return when.first or when.last or date.min


def days_of(dates: Iterable[When]) -> list[date]:
    """Return every end of these intervals that is known."""
    return [day for when in dates for day in (when.first, when.last) if day is not None]
