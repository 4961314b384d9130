"""A line of therapy as a note tells it, piece by piece; then as the patient file writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from myeloguide.errors import Spot
from myeloguide.knowledge.reading import Place
from myeloguide.knowledge.vocabulary import Vocabulary

Fail = Callable[..., NoReturn]


@dataclass(slots=True, eq=False)
class Phase:
    """A treatment between two `>`, or an autologous transplant."""

    spot: Spot
    kind: Literal["course", "transplant"] = "course"
    regimen: str | None = None
    agents: list[str] = field(default_factory=list)
    told_unknown: bool = False
    intent: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    doses: dict[str, Any] = field(default_factory=dict)
    response: tuple[str, str | None] | None = None
    """The response, and of what it is told: the phase, the line, or as it stands."""
    dates: list[str] = field(default_factory=list)
    """Of a transplant, or of the two of a tandem."""
    tandem: bool = False
    implied: bool = False
    """Begun without a `>`."""
    places: dict[str, Spot] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether it says what was given, if only that this is unknown."""
        return self.regimen is not None or bool(self.agents) or self.told_unknown

    def given(self, vocabulary: Vocabulary) -> list[str]:
        """Return the agents given, steroids included."""
        if self.regimen is None:
            return self.agents
        regimen = vocabulary.regimens[self.regimen]
        return [*regimen.agents, *([regimen.steroid] if regimen.steroid else [])]

    def written(self) -> dict[str, Any]:
        """Return the keys of the patient file."""
        made: dict[str, Any] = {}
        if self.regimen is not None:
            made["regimen"] = self.regimen
        elif self.agents:
            made["agents"] = list(self.agents)
        return made | self.values | ({"doses": self.doses} if self.doses else {})


@dataclass(slots=True, eq=False)
class Line:
    """A line while its pieces are read; `fail` raises the error for a place."""

    spot: Spot
    fail: Fail
    number: int | None = None
    phases: list[Phase] = field(default_factory=list)
    open_phase: Phase | None = None
    progression: dict[str, Any] | None = None
    progressed: bool | None = None
    pending_kind: tuple[str, Spot] | None = None
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Place, Spot] = field(default_factory=dict)
    about: Literal["course", "progression", "transplant", "relapse", "prior", "allogeneic"] = "course"
    """What a date after this is about."""
    allo: list[str] = field(default_factory=list)
    on_spot: Spot | None = None
    after_list: bool = False
    """Whether a list stands before in the same part, to which a name can belong."""
    own_line: bool = False
    """Whether a transplant alone is told to be a line of its own."""
    arrows: int = -1

    # --- what it is about ---

    @property
    def courses(self) -> list[Phase]:
        """The treatments, transplants left out."""
        return [phase for phase in self.phases if phase.kind == "course"]

    @property
    def has_course(self) -> bool:
        return any(phase.named for phase in self.courses) or any(phase.kind == "transplant" for phase in self.phases)

    @property
    def is_treatment(self) -> bool:
        """Whether it tells a treatment; a transplant whose months to the progression are told is a fact, not a line."""
        return self.has_course and not (self.about == "prior" and not any(phase.named for phase in self.courses))

    @property
    def tells_progression(self) -> bool:
        return self.progressed is not None

    @property
    def dated_progression(self) -> bool:
        return bool(self.progression and ("date" in self.progression or "kind" in self.progression)) or self.progressed is False

    def agents(self, vocabulary: Vocabulary) -> list[str]:
        """Return the agents of all phases."""
        return list(dict.fromkeys(agent for phase in self.phases for agent in phase.given(vocabulary)))

    # --- pieces ---

    def begin_part(self, spot: Spot) -> None:
        self.arrows += 1
        self.open_phase = None
        self.after_list = False
        if self.about != "prior":
            self.about = "course"
        self.spot = self.spot if self.phases else spot

    def course(self, spot: Spot) -> Phase:
        """Return the phase that a treatment named here belongs to: the one begun before its name, or a new one."""
        phase = self.open_phase
        if phase is None or phase.kind == "transplant" or phase.named:
            phase = self._new(Phase(spot, implied=phase is not None))
        phase.spot, self.about = spot, "course"
        return phase

    def _new(self, phase: Phase) -> Phase:
        self.phases.append(phase)
        self.open_phase = phase
        return phase

    def _current(self, spot: Spot) -> Phase:
        """Return the phase that a number or a date here is about; before any name, one that still has none."""
        if self.open_phase is None:
            return self._new(Phase(spot))
        return self.open_phase

    def tell(self, key: str, value: Any, spot: Spot) -> Phase:
        phase = self._current(spot)
        if phase.kind == "transplant":
            self.fail(spot, "stands with a transplant, which has a date only", "write > before the treatment that it belongs to")
        if phase.values.get(key, value) != value:
            self.fail(spot, f"{key.replace('_', ' ')} is told twice for one treatment", "keep one, or write > between treatments")
        if key != "dose":
            phase.values[key] = value
            phase.places[key] = spot
        return phase

    def intent(self, intent: str, spot: Spot) -> None:
        phase = self._current(spot)
        if phase.kind == "transplant" or (phase.named and phase.intent not in (None, intent)):
            phase = self._new(Phase(spot, implied=True))
        if phase.intent not in (None, intent):
            self.fail(spot, f"this is told to be {phase.intent} already", "write > between treatments")
        phase.intent = intent

    def response(self, category: str, spot: Spot, of: str | None) -> None:
        if category == "PD":
            of = of or "line"
        phase = self._current(spot)
        if of == "line":
            self._line_value("best_response", category, spot)
        elif phase.response is not None and phase.response[0] != category:
            self.fail(spot, "a second response for one treatment", "keep the best")
        else:
            phase.response = (category, of)
            phase.places["best_response"] = spot

    def _line_value(self, key: str, value: Any, spot: Spot) -> None:
        if self.values.get(key, value) != value:
            self.fail(spot, f"{key.replace('_', ' ')} is told twice for one line", "keep one")
        self.values[key] = value
        self.places[key,] = spot

    def date(self, start: str | None, stop: str | None, spot: Spot, *, open_end: bool) -> None:
        if self.about == "relapse":
            self.progress(spot)
        if self.about in ("progression", "transplant", "prior", "allogeneic"):
            self._point(start, spot, single=stop is None and not open_end)
            return
        for key, value in (("start", start), ("stop", stop)):
            if value is not None:
                phase = self._current(spot)
                if key in phase.values and phase.values[key] != value:
                    remedy = "write a range as 2018-01–2018-05, and PD before the date of a progression"
                    self.fail(spot, "a second date for one treatment", remedy)
                self.tell(key, value, spot)

    def _point(self, day: str | None, spot: Spot, *, single: bool) -> None:
        """Take a date of something that happens on one day."""
        if day is None or not single:
            self.fail(spot, "stands where one day is expected", "write 2021-03-15, 2021-03 or 2021")
        if self.about == "prior":
            self.fail(spot, "the date of a transplant stands in its line", f"write VRd > ASCT {day}")
        elif self.about == "allogeneic":
            self.allo[-1] += f" {day}"
        elif self.about == "transplant":
            phase = self.phases[-1]
            if len(phase.dates) > (1 if phase.tandem else 0):
                self.fail(spot, "a second date for one transplant", "write tandem ASCT 2021-03, 2021-08")
            phase.dates.append(day)
            phase.places["date"] = spot
        else:
            assert self.progression is not None
            if self.progression.get("date", day) != day:
                self.fail(spot, "a second date for one progression", "a range is written 2018-01–2018-05 after its treatment")
            self.progression["date"] = day
            self.places["progression", "date"] = spot

    def progress(self, spot: Spot) -> None:
        if self.progressed is not None:
            self.fail(spot, "a second progression in one line", "write ; before the next line")
        self.progressed, self.progression, self.about = True, {}, "progression"
        self.places["progression",] = spot
        if self.pending_kind is not None:
            self.progression["kind"], self.pending_kind = self.pending_kind[0], None

    def forget_progression(self) -> None:
        """Leave the progression, which was given to the line before."""
        self.progressed, self.progression, self.about = None, None, "course"
        self.places = {place: spot for place, spot in self.places.items() if place[0] != "progression"}

    def relapse(self, spot: Spot) -> None:
        self.about = "relapse"

    def no_progression(self, spot: Spot) -> None:
        if self.progressed:
            self.fail(spot, "a progression is told for this line", "keep one of the two")
        self.progressed = False
        self.places["progression",] = spot

    def kind(self, kind: str, spot: Spot) -> None:
        if self.about == "relapse":
            self.progress(spot)
        if self.progression is None:
            self.pending_kind = (kind, spot)
        elif self.progression.get("kind", kind) != kind:
            self.fail(spot, "is told to be biochemical and clinical", "keep one")
        else:
            self.progression["kind"] = kind

    def on(self, spot: Spot) -> None:
        if self.about == "relapse":
            self.progress(spot)
        if self.progression is None:
            self.fail(
                spot, "says on what, but not that the disease progressed", "write PD on R; for a treatment going on, R ongoing"
            )
        self.on_spot = spot

    def progressed_on(self, agents: Iterable[str], spot: Spot) -> None:
        assert self.progression is not None
        self.progression["on"] = list(dict.fromkeys([*self.progression.get("on", ()), *agents]))
        self.places["progression", "on"] = spot

    def agents_on(self, intent: str | None, vocabulary: Vocabulary) -> list[str]:
        """Return the agents of the phase with this intent, or of the last one."""
        held = [phase for phase in self.courses if intent is None or phase.intent == intent]
        return held[-1].given(vocabulary) if held else []

    def stopped(self, when: str | None, reason: str | None, spot: Spot, agents: set[str], vocabulary: Vocabulary) -> None:
        if agents:
            held = [phase for phase in self.courses if agents == set(vocabulary.active(phase.given(vocabulary)))]
            if not held:
                self.fail(spot, "stops something else than a treatment of this line", "write the stop after its treatment")
            self.open_phase = held[-1]
        for key, value in (("stop", when), ("stop_reason", reason)):
            if value is not None:
                self.tell(key, value, spot)

    def transplant(self, spot: Spot, *, again: bool = False, tandem: bool = False) -> None:
        implied = self.open_phase is not None
        self.own_line = self.own_line or again
        if self.open_phase is not None and self.open_phase.kind == "course" and not self.open_phase.named:
            self.fail(spot, "what stands before it has no treatment", "write a transplant with its date after it: ASCT 2021-03")
        self._new(Phase(spot, "transplant", tandem=tandem, implied=implied))
        self.about = "transplant"

    def allogeneic(self, spot: Spot, said: str) -> None:
        if not self.phases:
            self.fail(spot, "an allogeneic transplant alone is no line here", "write what was given, then > alloSCT")
        self.allo.append(said)
        self.about = "allogeneic"

    def no_transplant(self, spot: Spot) -> None:
        self._line_value("transplant", False, spot)

    def maintenance(self, given: bool, spot: Spot) -> None:
        self._line_value("maintenance", given, spot)

    def prior_transplant(self, spot: Spot) -> None:
        self.about = "prior"

    def months_before(self, spot: Spot) -> None:
        """Take the months to a progression, which make a transplant without other treatment a fact."""
        if self.about == "transplant" and not self.courses:
            self.about = "prior"
        elif self.about not in ("transplant", "prior"):
            self.fail(spot, "does not say before which progression what happened", "write ASCT 30mo before PD")

    # --- the whole ---

    def refuse_loose(self) -> None:
        """Refuse what belongs to a treatment where there is none."""
        for phase in self.phases:
            if phase.kind == "course":
                self.fail(
                    phase.spot, "belongs to a treatment, but none stands with it", "write the treatment before it: R maint 34mo"
                )
        if self.pending_kind is not None:
            self.fail(self.pending_kind[1], "belongs to a progression", "write PD biochemical")

    def take(self, other: Line) -> None:
        """Add the progression of a statement that has no treatment of its own."""
        spot = next(iter(other.places.values()), other.spot)
        if self.progressed is not None:
            self.fail(spot, "the line before has its progression already", "write the treatment on which this one came")
        self.progressed, self.progression = other.progressed, other.progression
        self.places |= {place: where for place, where in other.places.items() if place[0] == "progression"}

    def finish(self, vocabulary: Vocabulary, *, labelled: bool, first: bool) -> None:
        """Find out what each phase was for, and refuse what can be read in two ways."""
        if self.pending_kind is not None:
            self.fail(self.pending_kind[1], "belongs to a progression", "write PD biochemical")
        for phase in self.courses:
            if not phase.named and phase.intent is None:
                self.fail(
                    phase.spot, "belongs to a treatment, but none stands with it", "write the treatment before it: R maint 34mo"
                )
        self._refuse_alone(labelled=labelled, first=first)
        for place, phase in enumerate(self.phases):
            if phase.kind == "course" and phase.intent is None:
                phase.intent = self._purpose(place, phase, vocabulary)

    def _refuse_alone(self, *, labelled: bool, first: bool) -> None:
        spot = self.phases[0].spot
        before = "write what came before it: VRd > ASCT, or unknown > ASCT" if first else "write > before it instead of ;"
        if not self.courses and not (labelled or self.own_line):
            own = "" if first else ", or salvage ASCT if it is a line of its own"
            self.fail(spot, "a transplant alone can belong to the line before, or be a line of its own", before + own)
        later = all(phase.intent in ("maintenance", "consolidation") for phase in self.courses)
        if later and self.courses == self.phases and not labelled:
            before = before.replace("> ASCT", "> R maint")
            self.fail(
                spot, f"{self.courses[0].intent} alone is no line", f"{before}; if it is a line of its own, leave the word out"
            )

    def _purpose(self, place: int, phase: Phase, vocabulary: Vocabulary) -> str | None:
        """Return what a phase was for where only one reading is left, None where the line has but this one."""
        others = [other for other in self.phases if other is not phase]
        earlier = [other for other in self.phases[:place] if other.kind == "course"]
        transplanted = any(other.kind == "transplant" for other in self.phases[:place])
        if any(other.kind == "transplant" for other in self.phases[place + 1 :]):
            with_it = self.phases[place + 1].implied and len(self.phases) == 2
            return None if with_it else "induction"
        if not earlier and not transplanted:
            return "induction" if others else None
        agents = set(vocabulary.active(phase.given(vocabulary)))
        before = {agent for other in earlier for agent in other.given(vocabulary)}
        cycles = phase.values.get("cycles")
        if len(agents) == 1 and cycles is None and (transplanted or agents <= before):
            return "maintenance"
        if (
            transplanted
            and cycles is not None
            and any(set(vocabulary.active(other.given(vocabulary))) == agents for other in earlier)
        ):
            return "consolidation"
        name = phase.regimen or "+".join(phase.agents) or "this"
        remedy = f"write {name} consol or {name} maint; if it is a new line, write ; before it"
        what = "it is not said what this was for"
        if phase.implied:
            what, remedy = "a second treatment stands in the same place", f"join agents with +; else {remedy}"
        self.fail(phase.spot, what, remedy)

    def written(self, not_used: list[str]) -> tuple[dict[str, Any], dict[Place, Spot]]:
        """Return the line as the patient file writes it, with the place of each key; tell what it cannot hold."""
        made: dict[str, Any] = {} if self.number is None else {"line": self.number}
        not_used += [f"{said} (allogeneic: the line has no place for it)" for said in self.allo]
        places = dict(self.places)
        last = self.phases[-1]
        for phase in self.phases:
            if phase.response is not None:
                category, of = phase.response
                if of == "phase" or (phase is not last and phase.kind == "course"):
                    phase.values["best_response"] = category
                elif self.values.setdefault("best_response", category) != category:
                    self.fail(phase.places["best_response"], "a second response for the whole line", "write best response VGPR")
        alone = len(self.courses) == 1 and self.courses[0].intent is None
        if alone:
            made |= self.courses[0].written()
            places |= {(key,): spot for key, spot in self.courses[0].places.items()}
        elif self.courses:
            made["phases"] = [{"intent": phase.intent, **phase.written()} for phase in self.courses]
            for number, phase in enumerate(self.courses):
                places["phases", number] = phase.spot
                places |= {("phases", number, key): spot for key, spot in phase.places.items()}
        dates = [(day, phase) for phase in self.phases if phase.kind == "transplant" for day in (phase.dates or (None,))]
        if dates:
            if self.values.get("transplant") is False:
                self.fail(self.places["transplant",], "a transplant is told for this line", "keep one of the two")
            self._transplants([day for day, _ in dates], not_used)
            made["transplant"] = dates[-1][0] or True
            places["transplant",] = dates[-1][1].places.get("date", dates[-1][1].spot)
        made |= self.values
        if self.progressed is not None:
            made["progression"] = self.progression or self.progressed
        return made, places

    def _transplants(self, days: list[str | None], not_used: list[str]) -> None:
        tandem = [phase for phase in self.phases if phase.tandem]
        for phase in tandem:
            if len(phase.dates) == 1:
                self.fail(
                    phase.spot,
                    "the date can be that of the first or the second transplant",
                    "write both: tandem ASCT 2021-03, 2021-08",
                )
            if not phase.dates:
                not_used.append("tandem (a line keeps its last transplant only)")
        if len(days) > 1 and None in days:
            bare = next(phase for phase in self.phases if phase.kind == "transplant" and not phase.dates)
            self.fail(bare.spot, "one of several transplants has no date", "date all of them, or write tandem ASCT")
        not_used += [f"ASCT {day} (a line keeps its last transplant only)" for day in days[:-1]]
