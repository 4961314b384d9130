"""The records of a pack's files that are made into rows, cautions, notes and silences; `docs/pack-format.md` explains them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, model_validator

from myeloguide.guideline.declared import (
    AgentName,
    GradeName,
    Kind,
    ListName,
    NamedCondition,
    OptionName,
    Ruling,
    RulingName,
    Strength,
)
from myeloguide.knowledge.reading import Strict, placeholders, wrong_value
from myeloguide.knowledge.source import LineRange, LineRanges, Source


def _everything(value: Any) -> Any:
    return None if value == "all" else value


def _one_cause(value: Any) -> Any:
    return ({"says": value},) if isinstance(value, str) else value


class ConditionFile(Strict):
    """The file of named conditions."""

    conditions: tuple[NamedCondition, ...]


class Cause(Strict):
    """What is said when an item's condition is met; one of several is said when its own condition is true."""

    known_as: ClassVar[str] = "cause"

    when: str | None = None
    says: str


class Item(Strict):
    """Options of a tier that share grade, basis, condition and place in the source."""

    known_as: ClassVar[str] = "item"

    options: tuple[OptionName, ...] = ()
    untried: Mapping[ListName, tuple[str, ...]] | None = None
    drops_condition_of: tuple[OptionName, ...] = ()
    when: str | None = None
    met: Annotated[tuple[Cause, ...], BeforeValidator(_one_cause)] = ()
    unmet: str | None = None
    grade: GradeName | None = None
    grade_when: str | None = None
    basis: str | None = None
    rulings: tuple[RulingName, ...] = ()
    source: Source

    @model_validator(mode="after")
    def _is_whole(self) -> Item:
        if bool(self.options) == bool(self.untried):
            raise wrong_value("an item has either options or untried")
        if (self.when is None) != (self.unmet is None):
            raise wrong_value("a condition and what is said when it is not met go together", "give `when:` and `unmet:`")
        if self.grade_when is not None and self.grade is None:
            raise wrong_value("grade_when without a grade")
        return self


class Tier(Strict):
    """A tier of a list; one that does not recommend only reports what the source mentions."""

    known_as: ClassVar[str] = "tier"

    tier: str
    title: str
    recommends: StrictBool = True
    items: Annotated[tuple[Item, ...], Field(min_length=1)]


class ListFile(Strict):
    """A list of options for one kind of patient."""

    known_as: ClassVar[str] = "list"

    list: ListName
    title: str
    applies: str
    advice: str | None = None
    rulings: tuple[RulingName, ...] = ()
    source: Source
    tiers: tuple[Tier, ...]


class Statement(Strict):
    """Something said about a patient, a list or an option, by the source, a ruling or a principle."""

    known_as: ClassVar[str] = "statement"

    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    when: str | None = None
    text: str
    kind: Kind
    rulings: tuple[RulingName, ...] = ()
    source: Source | None = None

    def fills_in(self) -> tuple[str, ...]:
        """Return the names that the text can have filled in."""
        return ()

    @model_validator(mode="after")
    def _has_a_source(self) -> Statement:
        placeholders(self.text, self.fills_in(), f"text of {self.code}")
        if self.kind == "source" and (self.source is None or not self.source.lines):
            raise wrong_value(
                f"{self.code} is said to be the source's, but names no lines", "give `source: {lines: [first, last]}`"
            )
        if self.kind != "source" and not self.rulings:
            raise wrong_value(f"{self.code} is a {self.kind}, but names no ruling", "give `rulings: [id]`")
        return self


class Exemption(Strict):
    """An option to which a rule does not apply, wholly or for some of its agents."""

    known_as: ClassVar[str] = "exception"

    option: OptionName
    agents: tuple[AgentName, ...] | None = None
    source: Source


class Support(Strict):
    """What the source itself says for a rule, for some agents."""

    known_as: ClassVar[str] = "support"

    agents: tuple[AgentName, ...]
    text: str
    source: Source


class HoldsBack(Statement):
    """A rule asked of each agent of an option."""

    known_as: ClassVar[str] = "rule that holds back"

    supports: tuple[Support, ...] = ()

    def fills_in(self) -> tuple[str, ...]:
        """Return the names that the text can have filled in."""
        return "agent", "option"

    exceptions: tuple[Exemption, ...] = Field(default=(), alias="except")


class OnOptions(Statement):
    """A statement on options: chosen by id, by agent, by list. Without any choice it would stand on none."""

    options: Annotated[tuple[OptionName, ...] | None, BeforeValidator(_everything)] = ()
    agents: Annotated[tuple[AgentName, ...] | None, BeforeValidator(_everything)] = ()
    lists: tuple[ListName, ...] = ()
    others: Literal["same_class"] | None = None

    def fills_in(self) -> tuple[str, ...]:
        """Return the names that the text can have filled in."""
        agent = ("agent",) if self.agents != () and self.options == () else ()
        return ("option", *agent, *(("other",) if self.others and agent else ()))

    @model_validator(mode="after")
    def _chooses(self) -> OnOptions:
        if self.options == () and self.agents == ():
            raise wrong_value(f"{self.code} stands on no option", "give `options:` or `agents:`")
        return self


class Against(OnOptions):
    """What argues against an option."""

    known_as: ClassVar[str] = "argument against"


class AgainstFile(Strict):
    """The file of what stands against options."""

    held_back: tuple[HoldsBack, ...]
    advised_against: tuple[Against, ...]


Conditional = TypeVar("Conditional", "Caution", "Note")


def _one_condition(said: Conditional) -> Conditional:
    if said.when is not None and said.unless is not None:
        raise wrong_value(f"{said.code} has both `when` and `unless`", "keep one")
    return said


class Caution(OnOptions):
    """A caution or remark on options."""

    known_as: ClassVar[str] = "caution"

    unless: str | None = None
    strength: Strength = "caution"
    strong_unless: str | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> Caution:
        return _one_condition(self)


class CautionFile(Strict):
    """The file of cautions."""

    cautions: tuple[Caution, ...]


class Note(Statement):
    """A remark on the patient, or on lists."""

    known_as: ClassVar[str] = "note"

    lists: tuple[ListName, ...] = ()
    unless: str | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> Note:
        return _one_condition(self)


class CrossReference(Strict):
    """A list that does not answer, but that a ruling points to."""

    known_as: ClassVar[str] = "cross-reference"

    list: ListName
    when: str
    text: str
    kind: Kind
    rulings: tuple[RulingName, ...]
    source: Source


class NoteFile(Strict):
    """The file of notes and cross-references."""

    notes: tuple[Note, ...]
    cross_references: tuple[CrossReference, ...]


class Silence(Strict):
    """What the source does not cover."""

    known_as: ClassVar[str] = "silence"

    silence: str
    outside: StrictBool = False
    lists: tuple[ListName, ...] = ()
    when: str | None = None
    text: str
    rulings: tuple[RulingName, ...] = ()
    source: Source

    @model_validator(mode="after")
    def _plain_text(self) -> Silence:
        placeholders(self.text, (), f"text of {self.silence}")
        return self


class SilenceFile(Strict):
    """The file of silences."""

    silences: tuple[Silence, ...]


class RulingFile(Strict):
    """The file of rulings."""

    rulings: tuple[Ruling, ...]


class Erratum(Strict):
    """An error or contradiction of the source, kept as printed."""

    known_as: ClassVar[str] = "erratum"

    erratum: str
    source: Source
    printed: str
    problem: str
    known: str | None = None
    verified: StrictBool


class ErratumFile(Strict):
    """The file of errata."""

    errata: tuple[Erratum, ...]


class Blank(Strict):
    """The lines of the source without text: those between lines of text, and ranges named."""

    known_as: ClassVar[str] = "record of blank lines"

    text_every: Annotated[StrictInt, Field(ge=1)] = 1
    lines: LineRanges = ()


class Passage(Strict):
    """A first and a last line of text of the source, and the class of the text from one to the other."""

    known_as: ClassVar[str] = "passage"

    lines: Annotated[LineRanges, Field(min_length=1, max_length=1)]
    kind: Literal["encoded", "evidence", "context", "not-computable"] = Field(alias="class")
    by: tuple[str, ...] = ()
    why: str | None = None
    trial: str | None = None

    @property
    def range(self) -> LineRange:
        """The first and the last line."""
        return self.lines[0]

    @model_validator(mode="after")
    def _says_what_its_class_asks(self) -> Passage:
        if (self.kind == "encoded") != bool(self.by):
            raise wrong_value(
                "a passage is encoded by entries of the pack, and no other class is", "give `by: [entry]` to encoded"
            )
        if (self.kind == "not-computable") != bool(self.why):
            raise wrong_value("a passage that is not computable says why, and no other does", "give `why:` to not-computable")
        if self.trial is not None and self.kind != "evidence":
            raise wrong_value(f"a trial on a passage that is {self.kind}", "`trial:` stands on evidence")
        return self


class CoverageFile(Strict):
    """The file that classes every line of the source."""

    blank: Blank = Blank()
    passages: Annotated[tuple[Passage, ...], Field(min_length=1)]


class Boundary(Strict):
    """A number at which a condition turns, and on which side it lies itself."""

    known_as: ClassVar[str] = "boundary"

    fact: str
    at: StrictFloat
    like: Literal["below", "above"]
    ruling: RulingName


class Days(Strict):
    """The last day on which progression after the last dose still is refractory."""

    known_as: ClassVar[str] = "boundary in days"

    at: StrictInt
    ruling: RulingName


class Reading(Strict):
    """A history that is read differently by the two readings of a switchable ruling."""

    known_as: ClassVar[str] = "history read in two ways"

    ruling: RulingName
    history: dict[str, Any]


class Accepted(Strict):
    """A finding that the pack declares, with the reason why it stays."""

    known_as: ClassVar[str] = "accepted finding"

    finding: str
    why: str


class AuditFile(Strict):
    """The file of the audit."""

    known_as: ClassVar[str] = "audit"

    exclusive: tuple[ListName, ...]
    boundaries: tuple[Boundary, ...] = ()
    days: tuple[Days, ...] = ()
    readings: tuple[Reading, ...] = ()
    accepted: tuple[Accepted, ...] = ()
