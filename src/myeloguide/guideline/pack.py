"""A pack made ready: lists, rows, what stands against them, cautions, notes, silences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from myeloguide.criteria.nodes import Node
from myeloguide.criteria.walk import Program
from myeloguide.guideline.answer import CautionShown, Reason, SinceShown, Via
from myeloguide.guideline.answer import Place as SourcePlace
from myeloguide.guideline.declared import Header, Ruling, Since, SinceFile, Strength
from myeloguide.guideline.phrases import Phrasebook
from myeloguide.history.closure import Planes
from myeloguide.knowledge.facts import Key
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.time import parse_when


@dataclass(slots=True)
class Condition:
    """A condition of a pack and the place of its value in a walk."""

    node: Node
    place: int = -1


@dataclass(frozen=True, eq=False)
class Block:
    """A reason that holds, or would hold, an option back or argue against it."""

    condition: Condition
    said: tuple[Reason, ...]


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
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
    met: Reason | None
    unmet: tuple[Block, ...]
    listed: Reason
    held_back: Condition
    held_reasons: tuple[Block, ...]
    against: Condition
    against_reasons: tuple[Block, ...]
    cautions: tuple[Remark, ...]
    offered: Condition
    rulings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class ListNote:
    """A note and the lists beside which it stands (none: always)."""

    lists: tuple[str, ...]
    remark: Remark


@dataclass(frozen=True, eq=False)
class Pointer:
    """A cross-reference to a list that does not answer."""

    list: str
    condition: Condition
    said: Reason


@dataclass(frozen=True, eq=False)
class Gap:
    """A declared silence, ready to show."""

    lists: tuple[str, ...]
    outside: bool
    condition: Condition | None
    said: Reason


@dataclass(frozen=True, eq=False)
class News:
    """A fact newer than the source: the first day on which it can be known, and how it is shown for each option."""

    known_from: date
    known_to_source: bool
    shown: Mapping[str, SinceShown]
    harm: CautionShown | None

    @classmethod
    def of(cls, item: Since, ruling: str) -> News:
        """Make a fact since publication ready to show."""
        dated = item.date or item.seen
        shown = {
            option: SinceShown(
                option, item.applies_to, item.text, dated, item.source, item.kind, item.strength,
                item.known_to_source, item.verified,
            )
            for option in item.options
        }  # fmt: skip
        harm = CautionShown(item.id, item.text, "strong", True, "since", ruling, f"{item.source}, {dated}")
        # A partial date of the event hides it until it surely happened; what has no date was known when it was read.
        known_from = parse_when(item.date).last if item.date else parse_when(item.seen).first
        return cls(known_from or date.max, item.known_to_source, shown, harm if item.caution else None)


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
    program: Program
    phrases: Phrasebook
    entries: dict[str, dict[str, str]]
    """A short hash of each entry by group and name (`guideline/entries.py`)."""

    @property
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

    @property
    def deciding_thresholds(self) -> tuple[Key, ...]:
        """The thresholds of numbers on which a list or a status hangs, without those that only a remark asks for."""
        deciding = self.program.part(*(item.applies.place for item in self.lists), *(row.offered.place for row in self.rows))
        return tuple(key for key in deciding.keys if not isinstance(key[1], str))


def pack_planes(pack: Pack, switched: Mapping[str, str], every: Any, none: Any) -> Planes:
    """Return what a pack itself decides, as facts: the switches of rulings, and agents that nobody can be given."""
    planes: Planes = {("unavailable_agents", agent): (every, none) for agent in pack.header.not_obtainable}
    for ruling, (default, other) in pack.switches.items():
        is_other = switched.get(ruling, default) == other
        planes[ruling, other] = (every, none) if is_other else (none, every)
        planes[ruling, default] = (none, every) if is_other else (every, none)
    return planes
