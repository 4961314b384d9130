"""A pack made ready: lists, rows, what stands against them, cautions, notes, silences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from myeloguide.criteria.nodes import Node
from myeloguide.criteria.prose import say
from myeloguide.criteria.walk import Program, compile_conditions
from myeloguide.guideline.answer import CautionShown, Population, Reason, SinceShown, Via
from myeloguide.guideline.answer import Criterion as CriterionShown
from myeloguide.guideline.answer import Place as SourcePlace
from myeloguide.guideline.declared import Header, NewerGuideline, Ruling, Since, SinceFile, Strength
from myeloguide.guideline.phrases import Phrasebook
from myeloguide.history.closure import Planes
from myeloguide.knowledge.facts import Key
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.frozen import frozen
from myeloguide.record.time import When, parse_when


@dataclass(slots=True)
class Condition:
    """A condition of a pack and the place of its value in a walk."""

    node: Node
    place: int = -1


@frozen(eq=False)
class Block:
    """A reason that holds, or would hold, an option back or argue against it."""

    condition: Condition
    said: tuple[Reason, ...]


@frozen(eq=False)
class Remark:
    """A caution or note: shown when its condition is true, or (`shown_unless`) unless it is true."""

    rule: int
    """Which rule of its file made it, counted from 1."""
    condition: Condition | None
    shown_unless: bool
    said: Reason
    strength: Strength = "caution"
    strong_unless: Condition | None = None
    _made: dict[tuple[bool | None, bool], CautionShown] = field(default_factory=dict, init=False, repr=False)

    def caution(self, holds: bool | None, *, strong: bool) -> CautionShown:
        """Return the remark as a caution on an option, made once."""
        made = self._made.get((holds, strong))
        if made is None:
            said = self.said
            strength: Strength = "strong" if strong else self.strength
            made = CautionShown(said.code, said.text, strength, holds, said.kind, said.ruling, said.source)
            self._made[holds, strong] = made
        return made


@frozen(eq=False)
class Row:
    """An option in a tier of a list, with everything that decides its status."""

    list: str
    tier: str
    tier_title: str
    recommends: bool
    option: str
    name: str
    agents: tuple[str, ...]
    grade: str | None
    grade_when: Condition | None
    basis: str | None
    via: tuple[Via, ...]
    condition: Condition
    met: tuple[Block, ...]
    unmet: tuple[Block, ...]
    listed: Reason
    held_back: Condition
    held_reasons: tuple[Block, ...]
    against: Condition
    against_reasons: tuple[Block, ...]
    cautions: tuple[Remark, ...]
    offered: Condition
    rulings: tuple[str, ...]


@frozen(eq=False)
class OptionList:
    """A list of a pack with its rows in order."""

    id: str
    title: str
    applies: Condition
    why: str
    advice: str | None
    rulings: tuple[str, ...]
    source: SourcePlace | None
    rows: tuple[Row, ...]


@frozen(eq=False)
class ListNote:
    """A note and the lists beside which it stands (none: always)."""

    lists: tuple[str, ...]
    remark: Remark


@frozen(eq=False)
class Pointer:
    """A cross-reference to a list that does not answer."""

    list: str
    condition: Condition
    said: Reason


@frozen(eq=False)
class Gap:
    """A declared silence, ready to show."""

    lists: tuple[str, ...]
    outside: bool
    condition: Condition | None
    said: Reason


@frozen(eq=False)
class Criterion:
    """A criterion of a population, and how it is shown of a patient who meets it and of one who does not."""

    condition: Condition
    shown: Mapping[bool, CriterionShown]
    _open: dict[tuple[str, ...], CriterionShown] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, condition: Condition, says: str, denies: str) -> Criterion:
        """Make a criterion ready to show."""
        return cls(condition, {True: CriterionShown(says, True, ()), False: CriterionShown(denies, False, ())})

    def open(self, needs: tuple[str, ...]) -> CriterionShown:
        """Return the criterion of a patient of whom it is not known, made once."""
        return self._open.setdefault(needs, CriterionShown(self.shown[True].text, None, needs))


@frozen(eq=False)
class News:
    """A fact newer than the source: when it happened, as far as that is known, in whom, and how it is shown."""

    happened: When
    stands_alone: bool
    """Whether it is shown although its option stands in no list of the patient."""
    criteria: tuple[Criterion, ...]
    shown: Mapping[str, SinceShown]
    harm: Mapping[bool, CautionShown]
    """As a caution on its options, by whether it may have come after the day of the decision; none for other news."""
    _made: dict[tuple[Any, ...], SinceShown] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, item: Since, ruling: str, happened: When, words: Vocabulary, criteria: tuple[Criterion, ...]) -> News:
        """Make a fact since publication ready to show."""
        shown = {
            option: SinceShown(
                option, item.applies_to, item.text, item.date or item.seen, item.source, item.kind, item.strength,
                item.known_to_source, item.verified, item.id, item.options, words.regimens[option].name,
                (item.agents if option == item.options[0] else ()) or words.regimens[option].agents,
                caution=item.caution, dated=item.date is not None, seen=item.seen,
            )
            for option in item.options
        }  # fmt: skip
        alone = item.earlier_than_source or not item.known_to_source
        return cls(happened, alone, criteria, shown, dict(_as_caution(item, ruling)) if item.caution else {})

    def matched(
        self, option: str, listed: bool, criteria: tuple[CriterionShown, ...], on_agents: tuple[str, ...], perhaps_later: bool
    ) -> SinceShown:
        """Return it as shown to patients of whom the same is known of all that it asks for, made once."""
        key = (option, listed, criteria, on_agents, perhaps_later)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = replace(
                self.shown[option], listed=listed, population=_population(criteria), criteria=criteria, on_agents=on_agents,
                perhaps_later=perhaps_later,
            )  # fmt: skip
        return made

    @property
    def first(self) -> str:
        """The option that it is about."""
        return next(iter(self.shown))


def _population(criteria: Sequence[CriterionShown]) -> Population:
    """Return whether a patient is in a population: by strong Kleene logic, over its criteria."""
    if not criteria:
        return "not_stated"
    if any(item.met is False for item in criteria):
        return "does_not_match"
    return "matches" if all(item.met for item in criteria) else "unknown"


def _as_caution(item: Since, ruling: str) -> Iterator[tuple[bool, CautionShown]]:
    """Yield it as a strong caution; an approval, which answers a withdrawal, as a note below it."""
    strength: Strength = "note" if item.kind == "approval" else "strong"
    dated = item.date or f"undated, read {item.seen}"
    for perhaps_later in (False, True):
        source = f"{item.source}, {dated}{', perhaps after the day of the decision' if perhaps_later else ''}"
        yield perhaps_later, CautionShown(item.id, item.text, strength, True, "since", ruling, source)


def happened_on(dated: str | None, seen: str, after: str) -> When | None:
    """Return when something happened: after the source was written, before it was read, on its date as far as that is stated.

    None where the three exclude each other.
    """
    on: When | None = parse_when(dated) if dated else When()
    for bound in (When(parse_when(after).last, None), When(None, parse_when(seen).last)):
        on = on and on.within(bound)
    # A page read in a month counts as read on its first day: nothing says that it was not there before.
    return on and (on.within(When(None, parse_when(seen).first)) or on)


def came_after(happened: When, day: date) -> bool | None:
    """Whether something surely came after a day; None where its date leaves that open."""
    if happened.first is not None and happened.first > day:
        return True
    return False if happened.last is not None and happened.last <= day else None


@dataclass(frozen=True, eq=False)
class Pack:
    """A guideline as data, checked and compiled."""

    header: Header
    folder: Path
    hash: str
    vocabulary: Vocabulary
    lists: tuple[OptionList, ...]
    notes: tuple[ListNote, ...]
    pointers: tuple[Pointer, ...]
    silences: tuple[Gap, ...]
    rulings: Mapping[str, Ruling]
    newer: SinceFile
    news: tuple[News, ...]
    newer_guidelines: tuple[tuple[NewerGuideline, When], ...]
    program: Program
    populations: Program
    """The conditions of what is newer than the source; apart, so that nothing there can reach a status."""
    phrases: Phrasebook
    entries: dict[str, dict[str, str]]
    """A short hash of each entry by group and name (`guideline/entries.py`)."""

    @cached_property
    def switches(self) -> dict[str, tuple[str, ...]]:
        """The readings of each switchable ruling, the default first."""
        return {
            name: (ruling.switch.default.value, ruling.switch.other.value)
            for name, ruling in self.rulings.items()
            if ruling.switch is not None
        }

    @property
    def rows(self) -> Iterator[Row]:
        """Every row of every list, in order."""
        for option_list in self.lists:
            yield from option_list.rows

    def said(self, condition: Condition) -> str:
        """Return a condition in words."""
        if condition.place not in self._said:
            self._said[condition.place] = say(condition.node, self.phrases)
        return self._said[condition.place]

    @cached_property
    def _said(self) -> dict[int, str]:
        return {}

    @cached_property
    def standing(self) -> tuple[int, ...]:
        """The places in a walk of the conditions that decide whether a list applies and how a row stands."""
        rows = ((row.held_back, row.against, row.condition, row.offered) for row in self.rows)
        return tuple(
            dict.fromkeys([item.applies.place for item in self.lists] + [part.place for parts in rows for part in parts])
        )

    @cached_property
    def thresholds(self) -> tuple[Key, ...]:
        """The comparisons of numbers that any condition asks for."""
        return tuple(key for key in (*self.program.keys, *self.populations.keys) if not isinstance(key[1], str))

    @cached_property
    def deciding_thresholds(self) -> tuple[Key, ...]:
        """The thresholds of numbers on which a list or a status hangs, without those that only a remark asks for."""
        deciding = compile_conditions([*(item.applies.node for item in self.lists), *(row.offered.node for row in self.rows)])
        return tuple(key for key in deciding.keys if not isinstance(key[1], str))

    def prepare(self) -> None:
        """Make ready what is otherwise made when first asked for."""
        _ = self.switches, self.thresholds, self.deciding_thresholds
        self.vocabulary.prepare()


def pack_planes(pack: Pack, switched: Mapping[str, str], every: Any, none: Any) -> Planes:
    """Return what a pack itself decides, as facts: the switches of rulings, and agents that nobody can be given."""
    planes: Planes = {("unavailable_agents", agent): (every, none) for agent in pack.header.not_obtainable}
    for ruling, (default, other) in pack.switches.items():
        is_other = switched.get(ruling, default) == other
        planes[ruling, other] = (every, none) if is_other else (none, every)
        planes[ruling, default] = (none, every) if is_other else (every, none)
    return planes
