"""What a pack declares and a running program keeps: its identity, rulings, named conditions and news, as written in its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

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


@dataclass(frozen=True, slots=True, eq=False)
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
    source_hash: str | None = None
    """The SHA-256 of the text that the lines are those of, whatever its line ends and the blanks at the end of lines."""
    abbreviations: Mapping[str, str] = Field(default_factory=dict)
    grades: tuple[GradeMeaning, ...]
    grades_note: str
    grades_ruling: str | None = None
    """The ruling by which the grades are read as they are."""
    sections: tuple[Section, ...]
    lists: tuple[str, ...]
    notice: tuple[str, ...]
    not_obtainable: tuple[AgentName, ...] = ()
    """Agents that no patient of this pack can be given, such as those outside a formulary."""


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


def _day(value: str) -> str:
    try:
        parse_when(value)
    except ValueError as error:
        raise wrong_value(str(error), "write 2021-03-15, 2021-03 or 2021") from None
    return value


Day = Annotated[str, AfterValidator(_day)]


class NewerGuideline(Strict):
    """A newer guideline, named and not encoded."""

    known_as: ClassVar[str] = "guideline"

    name: str
    citation: str
    date: Day | None = None
    seen: Day
    note: str


NOT_STATED = "not stated"


class Since(Strict):
    """A dated fact newer than the source. The first of `options` is the one it is about, the others stand beside it."""

    known_as: ClassVar[str] = "fact since publication"

    id: str
    options: Annotated[tuple[OptionName, ...], Field(min_length=1)]
    agents: tuple[AgentName, ...] = ()
    """Its agents, where the option alone leaves them open."""
    known_to_source: StrictBool
    earlier_than_source: StrictBool = False
    """Tested or approved in patients whom the source does not name it for."""
    kind: Literal["trial", "approval", "withdrawal", "harm"]
    applies_to: str
    population: str | None = None
    """The same as a condition, as far as it is stated."""
    text: str
    date: Day | None = None
    seen: Day
    strength: str
    source: str
    caution: StrictBool = False
    verified: StrictBool

    @model_validator(mode="after")
    def _population_is_stated(self) -> Since:
        if self.population is not None and self.applies_to.startswith(NOT_STATED):
            raise wrong_value(
                f"{self.id} has a population, though applies_to says that none is stated", "say it in applies_to, or leave it out"
            )
        return self


class SinceFile(Strict):
    """The file of what is newer than the source."""

    ruling: RulingName
    after: Day
    """The source was written by then: nothing in the file is older than the last day of it."""
    guidelines: tuple[NewerGuideline, ...]
    conditions: tuple[NamedCondition, ...] = ()
    """Named conditions that only populations ask for."""
    since: tuple[Since, ...]
