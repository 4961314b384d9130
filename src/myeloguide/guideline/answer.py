"""The answer for one patient: plain frozen data, the shape of the contract's JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from myeloguide.guideline.pack_files import Kind, Strength
from myeloguide.history.facts import Disagreement
from myeloguide.history.proof import Proof
from myeloguide.knowledge.source import Source

Status = Literal["held_back", "advised_against", "condition_not_met", "depends", "offered"]
STATUSES: tuple[Status, ...] = ("held_back", "advised_against", "condition_not_met", "depends", "offered")

SCHEMA = "answer-1"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the source: section, item, physical lines; or a publication."""

    section: str | None = None
    item: str | None = None
    lines: tuple[tuple[int, int], ...] = ()
    publication: str | None = None

    @classmethod
    def of(cls, source: Source | None) -> Place | None:
        """Return the place that a source names."""
        return None if source is None else cls(source.section, source.item, source.lines, source.publication)


class Reason(NamedTuple):
    """Why an option has its status: who says it, and where."""

    code: str
    text: str
    kind: Kind
    ruling: str | None
    source: Place | None


class CautionShown(NamedTuple):
    """A caution on an option. `holds` is None when an unknown fact decides whether it applies."""

    code: str
    text: str
    strength: Strength
    holds: bool | None
    kind: Literal["source", "ruling", "principle", "since"]
    ruling: str | None
    source: Place | str | None


class ViaList(NamedTuple):
    """Where an untried option is printed."""

    list: str
    tier: str
    grade: str | None


class OptionAnswer(NamedTuple):
    """An option of a list that applies or may apply, with its one status."""

    option: str
    list: str
    tier: str
    grade: str | None
    via: ViaList | None
    status: Status
    needs: tuple[str, ...]
    reasons: tuple[Reason, ...]
    cautions: tuple[CautionShown, ...]
    name: str
    agents: tuple[str, ...]
    basis: str | None
    recommended: bool
    also_via: tuple[ViaList, ...] = ()


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """Whether a list applies (None: unknown), and its condition in words."""

    list: str
    applies: bool | None
    title: str
    why: str
    advice: str | None
    source: Place | None


@dataclass(frozen=True, slots=True)
class NoteShown:
    """A remark on the patient (list None) or on a list."""

    code: str
    list: str | None
    text: str
    kind: Kind
    ruling: str | None
    source: Place | None


@dataclass(frozen=True, slots=True)
class NearOption:
    """An option that is not offered, with what stands in its way."""

    option: str
    tier: str
    status: Status
    blocked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NothingOffered:
    """A list that applies and offers nothing: why, and the options nearest to being offered."""

    list: str
    why: str
    silence: str | None
    source: Place | None
    nearest: tuple[NearOption, ...]


@dataclass(frozen=True, slots=True)
class SinceShown:
    """A dated fact newer than the source; it never changes the list."""

    option: str
    applies_to: str
    text: str
    date: str
    source: str
    kind: str
    strength: str
    known_to_source: bool
    verified: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """An unknown fact, the question that finds it out, and how many rows it decides."""

    fact: str
    decides: int
    question: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that the guideline says for one patient, and what it was concluded from."""

    program: str
    pack: str
    pack_version: str
    pack_hash: str
    patient: str | None
    as_of: str
    facts: dict[str, Any]
    lists: tuple[ListAnswer, ...]
    options: tuple[OptionAnswer, ...]
    outside: str | None
    nothing_offered: tuple[NothingOffered, ...]
    cross_references: tuple[NoteShown, ...]
    notes: tuple[NoteShown, ...]
    since: tuple[SinceShown, ...]
    missing: tuple[Missing, ...]
    rulings: tuple[str, ...]
    schema: str = SCHEMA
    title: str = ""
    can_change: bool = False
    switched: dict[str, str] = field(default_factory=dict)
    disagreements: tuple[Disagreement, ...] = ()
    proofs: tuple[Proof, ...] = ()
    assumed_complete: bool = False
    remarks: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()

    def status_of(self, in_list: str, tier: str, option: str) -> Status | None:
        """Return the status of an option where it stands in a tier of a list."""
        for row in self.options:
            if (row.list, row.tier, row.option) == (in_list, tier, option):
                return row.status
        return None
