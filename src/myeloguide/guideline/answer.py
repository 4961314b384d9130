"""The answer for one patient: plain frozen data, the shape of the contract's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from myeloguide.guideline.declared import Kind, Strength
from myeloguide.history.facts import Disagreement
from myeloguide.history.proof import Proof
from myeloguide.record.shorthand import Understood

Status = Literal["held_back", "advised_against", "condition_not_met", "depends", "offered"]
STATUSES: tuple[Status, ...] = ("held_back", "advised_against", "condition_not_met", "depends", "offered")

SCHEMA = "answer-1"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place in the source: section, item, first and last physical line, further ranges; or a publication."""

    section: str | None = None
    item: str | None = None
    lines: tuple[int, int] | None = None
    more_lines: tuple[tuple[int, int], ...] = ()
    publication: str | None = None

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Every range of lines."""
        return () if self.lines is None else (self.lines, *self.more_lines)

    def __str__(self) -> str:
        if self.lines is None:
            return self.publication or ""
        return ", ".join(f"L{first}" if first == last else f"L{first}-{last}" for first, last in self.ranges)


@dataclass(frozen=True, slots=True, eq=False)
class Reason:
    """Something said of a patient, a list or an option: in words, by whom, and where. `ruling` is the first of `rulings`."""

    code: str
    text: str
    kind: Kind
    ruling: str | None
    source: Place | None
    rulings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CautionShown:
    """A caution on an option. `holds` is None when an unknown fact decides whether it applies."""

    code: str
    text: str
    strength: Strength
    holds: bool | None
    kind: Literal["source", "ruling", "principle", "since"]
    ruling: str | None
    source: Place | str | None


@dataclass(frozen=True, slots=True, eq=False)
class Via:
    """Where an untried option is printed: list, tier and grade there."""

    list: str
    tier: str
    grade: str | None


@dataclass(frozen=True, slots=True, eq=False)
class OptionAnswer:
    """An option of a list that applies or may apply, with its one status."""

    option: str
    list: str
    tier: str
    grade: str | None
    via: Via | None
    status: Status
    needs: tuple[str, ...]
    reasons: tuple[Reason, ...]
    cautions: tuple[CautionShown, ...]
    name: str
    agents: tuple[str, ...]
    basis: str | None
    recommended: bool
    also_via: tuple[Via, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ListAnswer:
    """Whether a list applies (None: unknown), and its condition in words."""

    list: str
    applies: bool | None
    title: str
    why: str
    advice: str | None
    source: Place | None


@dataclass(frozen=True, slots=True, eq=False)
class NoteShown:
    """A remark on the patient (list None) or on a list."""

    code: str
    list: str | None
    text: str
    kind: Kind
    ruling: str | None
    source: Place | None


@dataclass(frozen=True, slots=True, eq=False)
class NearOption:
    """An option that is not offered, with what stands in its way."""

    option: str
    tier: str
    status: Status
    blocked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NothingOffered:
    """A list that applies and offers nothing: why, and the options nearest to being offered."""

    list: str
    why: str
    silence: str | None
    source: Place | None
    nearest: tuple[NearOption, ...]


Population = Literal["matches", "does_not_match", "unknown", "not_stated"]


@dataclass(frozen=True, slots=True, eq=False)
class Criterion:
    """A criterion of a population: as it holds of this patient (`met`), does not, or is open for want of the facts `needs`."""

    text: str
    met: bool | None
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SinceShown:
    """A dated fact newer than the source; it never changes the list.

    `date` is the day on which the page was read (`seen`) where the event itself has none (`dated` false). `listed` is whether
    the option stands in a list of this patient; what does not is shown in a block of its own. `agents` are those of the
    option, as far as it names them; `on_agents` is what stands against them in this patient.
    """

    option: str
    applies_to: str
    text: str
    date: str
    source: str
    kind: str
    strength: str
    known_to_source: bool
    verified: bool
    id: str = ""
    options: tuple[str, ...] = ()
    name: str = ""
    agents: tuple[str, ...] = ()
    listed: bool = True
    population: Population = "not_stated"
    criteria: tuple[Criterion, ...] = ()
    on_agents: tuple[str, ...] = ()
    caution: bool = False
    dated: bool = True
    seen: str = ""
    perhaps_later: bool = False
    """Its date, partial or not stated, leaves open whether it came after the day of the decision."""


@dataclass(frozen=True, slots=True, eq=False)
class GuidelineShown:
    """A newer guideline: named, not encoded."""

    name: str
    citation: str
    date: str | None
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """An unknown fact, the question that finds it out, how many rows it decides, and how many that are recommended.

    `so_far` is what the history says of it and why that leaves it open, None where it says nothing.
    """

    fact: str
    decides: int
    question: str
    decides_recommended: int = 0
    so_far: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Certain:
    """What holds whatever the unknown facts are: an option that is offered in every case, or in none though it seems open."""

    option: str
    offered: bool
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class HangsOn:
    """A ruling on which the answer hangs: its other reading, and the rows that would stand otherwise."""

    ruling: str
    other: str
    rows: tuple[MovedRow, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MovedRow:
    """A row that stands otherwise in another answer; None where its list does not apply."""

    list: str
    tier: str
    option: str
    grade: str | None
    was: Status | None
    would_be: Status | None


@dataclass(frozen=True, slots=True, eq=False)
class MovedList:
    """A list that applies otherwise in another answer."""

    list: str
    was: bool | None
    would_be: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """What stands otherwise than in the answer to the facts and rulings as they are."""

    lists: tuple[MovedList, ...]
    rows: tuple[MovedRow, ...]


Standing = Literal[
    "first", "offered", "mentioned", "depends", "condition_not_met", "advised_against", "held_back", "other_list",
    "not_in_guideline",
]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class PlannedRow:
    """A row in which the planned treatment stands, with what decides its status (None: its list does not apply)."""

    list: str
    tier: str
    grade: str | None
    status: Status | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """An option that is offered and stands before the planned treatment."""

    option: str
    list: str
    tier: str
    grade: str | None


@dataclass(frozen=True, slots=True, eq=False)
class ReasonCode:
    """A coded reason for not following a recommendation."""

    code: str
    display: str


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Where a planned treatment stands, what the guideline puts before it, and the codes by which a deviation is recorded."""

    plan: str
    option: str | None
    standing: Standing
    text: str
    rows: tuple[PlannedRow, ...]
    before: tuple[Before, ...]
    on_agents: tuple[str, ...]
    reason_codes: tuple[ReasonCode, ...]
    reason_system: str


@dataclass(frozen=True, slots=True, eq=False)
class ResultShown:
    """A result of a trial beside an option: in words and in figures, how near to the patient, and whether the trial admits."""

    trial: str
    nct: str | None
    nct_verified: bool | None
    phase: str | None
    reference: int | None
    data_cut: str | None
    population: str
    endpoint: str
    option: str
    comparator: str | None
    n_option: int | None
    n_comparator: int | None
    value_option: str | None
    value_comparator: str | None
    unit: str
    hr: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    p: float | None
    p_operator: str | None
    followup_months: float | None
    source: Place
    as_printed: str | None
    note: str | None
    text: str
    belongs: bool | None
    """Whether the patient is one of this population; None is unknown. A whole trial counts as holding every patient."""
    distance: str
    admitted: bool | None
    """Whether the trial would have admitted the patient, by the criteria that the source states; None is unknown."""
    admission: str


@dataclass(frozen=True, slots=True, eq=False)
class ToxicityShown:
    """A toxicity of an option in a trial, in words."""

    trial: str
    text: str
    source: Place


@dataclass(frozen=True, slots=True, eq=False)
class OptionEvidence:
    """The results that speak for or against an option, the nearest to the patient first."""

    option: str
    results: tuple[ResultShown, ...]
    toxicities: tuple[ToxicityShown, ...]


@dataclass(frozen=True, slots=True, eq=False)
class GradeRead:
    """A printed grade and how the pack reads it."""

    grade: str
    means: str


@dataclass(frozen=True, slots=True, eq=False)
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
    grades: tuple[GradeRead, ...] = ()
    """The grades of the options shown."""
    grades_note: str = ""
    """Who says so."""
    not_obtainable: tuple[str, ...] = ()
    """Agents that the pack gives to nobody, beside those that the patient's facts name."""
    certain: tuple[Certain, ...] = ()
    hangs_on: tuple[HangsOn, ...] | None = None
    """None where it was not asked for."""
    difference: Difference | None = None
    """To the answer without the what-if or the switches of the command line, where there are any."""
    plan: Plan | None = None
    supposed: tuple[str, ...] = ()
    """Facts that are only supposed, as the command line wrote them: this is no answer for the patient as recorded."""
    unrounded: dict[str, Any] = field(default_factory=dict)
    """Numbers that `facts` writes rounded, as they were used."""
    newer_guidelines: tuple[GuidelineShown, ...] = ()
    """Those that are not surely later than the day of the decision."""
    understood: Understood | None = None
    """What a patient told in shorthand was read as."""
    entries: dict[str, dict[str, str]] = field(default_factory=dict)
    """A short hash of each entry of the pack, by group and name: what tells a later reader which of them changed."""
    evidence: tuple[OptionEvidence, ...] | None = None
    """The results beside each option; None where they were not asked for."""

    def status_of(self, in_list: str, tier: str, option: str) -> Status | None:
        """Return the status of an option where it stands in a tier of a list."""
        for row in self.options:
            if (row.list, row.tier, row.option) == (in_list, tier, option):
                return row.status
        return None


def plain(value: Any) -> Any:
    """Return an answer, or a part of it, as dicts and lists for JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value
