"""The records of a pack's files, as they are written; `docs/pack-format.md` explains them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt, ValidationInfo, model_validator

from myeloguide.errors import suggestion
from myeloguide.history.definitions import SETTABLE
from myeloguide.knowledge.reading import Strict, placeholders, wrong_name, wrong_value
from myeloguide.knowledge.source import Source
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.time import parse_when

Kind = Literal["source", "ruling", "principle"]
"""Who says it: the source prints it, a ruling reads it so, or a principle of this product adds it."""

Strength = Literal["strong", "caution", "note", "remark"]


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a pack's files are looked up in."""

    vocabulary: Vocabulary
    lists: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    rulings: tuple[str, ...] = ()


def _known(kind: str, among: str) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        names: Names = info.context  # type: ignore[assignment]
        known: Iterable[str] = {
            "option": names.vocabulary.regimens,
            "agent": names.vocabulary.agents,
            "list": names.lists,
            "grade": names.grades,
            "ruling": names.rulings,
        }[among]
        if value not in known:
            raise wrong_name(kind, value, known)
        return value

    return AfterValidator(check)


OptionName = Annotated[str, _known("option", "option")]
AgentName = Annotated[str, _known("agent", "agent")]
ListName = Annotated[str, _known("list", "list")]
GradeName = Annotated[str, _known("grade", "grade")]
RulingName = Annotated[str, _known("ruling", "ruling")]


def _everything(value: Any) -> Any:
    return None if value == "all" else value


class GradeMeaning(Strict):
    """A printed grade and how it is usually read."""

    known_as: ClassVar[str] = "grade"

    grade: str
    means: str


class Section(Strict):
    """A section of the source by its lines."""

    known_as: ClassVar[str] = "section"

    section: str
    source: Source


class Header(Strict):
    """The pack file: identity, lists in order, grades, notice."""

    known_as: ClassVar[str] = "pack"

    pack: str
    version: str
    title: str
    subject: str
    citation: str
    written: str
    published: str
    source_lines: StrictInt
    abbreviations: Mapping[str, str] = Field(default_factory=dict)
    grades: tuple[GradeMeaning, ...]
    grades_note: str
    sections: tuple[Section, ...]
    lists: tuple[str, ...]
    notice: tuple[str, ...]


class NamedCondition(Strict):
    """A condition under a name: `refractory(agent)` with its text and its English."""

    known_as: ClassVar[str] = "condition"

    condition: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\([a-z]+(, [a-z]+)*\))?$")]
    text: str = Field(alias="is")
    says: str
    denies: str
    rulings: tuple[RulingName, ...] = ()
    source: Source

    @model_validator(mode="after")
    def _says_its_parameters(self) -> NamedCondition:
        for text in (self.says, self.denies):
            placeholders(text, self.parameters, self.condition)
        return self

    @property
    def name(self) -> str:
        """The name without parameters."""
        return self.condition.partition("(")[0]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters in order."""
        inside = self.condition.partition("(")[2].rstrip(")")
        return tuple(part.strip() for part in inside.split(",")) if inside else ()


class ConditionFile(Strict):
    """The file of named conditions."""

    conditions: tuple[NamedCondition, ...]


class Item(Strict):
    """Options of a tier that share grade, basis, condition and place in the source."""

    known_as: ClassVar[str] = "item"

    options: tuple[OptionName, ...] = ()
    untried: Mapping[ListName, tuple[str, ...]] | None = None
    drops_condition_of: tuple[OptionName, ...] = ()
    when: str | None = None
    met: str | None = None
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


class Reading(Strict):
    """One reading of a switchable ruling; `sets` names the definitions of history that it changes."""

    known_as: ClassVar[str] = "reading"

    value: str
    means: str
    sets: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sets_what_there_is(self) -> Reading:
        for name, value in self.sets.items():
            if name not in SETTABLE:
                raise wrong_value(f"no definition of history is called {name}", suggestion(name, SETTABLE))
            if value not in SETTABLE[name]:
                raise wrong_value(f'{name} cannot be "{value}"', suggestion(value, SETTABLE[name]))
        return self


class Switch(Strict):
    """The two readings of a ruling between which a user may switch."""

    known_as: ClassVar[str] = "switch"

    default: Reading
    other: Reading

    @model_validator(mode="after")
    def _differ(self) -> Switch:
        if self.default.value == self.other.value:
            raise wrong_value(f"both readings are called {self.other.value}", "give them two names")
        return self


def _no_source(value: Any) -> Any:
    return None if value == "none" else value


class Ruling(Strict):
    """How the source is read where it leaves something open."""

    known_as: ClassVar[str] = "ruling"

    ruling: str
    title: str
    source: Annotated[Source | None, BeforeValidator(_no_source)]
    reading: str
    other_readings: tuple[str, ...]
    kind: Literal["ruling", "principle"]
    switch: Switch | None = None


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


class NewerGuideline(Strict):
    """A newer guideline, named and not encoded."""

    known_as: ClassVar[str] = "guideline"

    name: str
    citation: str
    note: str


def _day(value: str) -> str:
    try:
        parse_when(value)
    except ValueError as error:
        raise wrong_value(str(error), "write 2021-03-15, 2021-03 or 2021") from None
    return value


Day = Annotated[str, AfterValidator(_day)]


class Since(Strict):
    """A dated fact newer than the source."""

    known_as: ClassVar[str] = "fact since publication"

    id: str
    options: Annotated[tuple[OptionName, ...], Field(min_length=1)]
    agents: tuple[AgentName, ...] = ()
    known_to_source: StrictBool
    kind: Literal["trial", "approval", "withdrawal", "harm"]
    applies_to: str
    text: str
    date: Day | None = None
    seen: Day
    strength: str
    source: str
    caution: StrictBool = False
    verified: StrictBool


class SinceFile(Strict):
    """The file of what is newer than the source."""

    ruling: RulingName
    guidelines: tuple[NewerGuideline, ...]
    since: tuple[Since, ...]
