"""What is drawn of one patient's story, in days and words: lines with their drugs, events, progressions, responses, values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from myeloguide.history.response import Category
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When


@dataclass(frozen=True, slots=True)
class Bar:
    """A drug given from a day to a day; each may be an interval. `says` tells it in words."""

    start: When
    stop: When
    ongoing: bool
    says: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A drug of a line: its periods, whether the disease became refractory to it ("yes", "unknown" or ""), and when."""

    agent: str
    name: str
    drug_class: str
    bars: tuple[Bar, ...]
    refractory: str = ""
    refractory_at: When = UNKNOWN


@dataclass(frozen=True, slots=True)
class Span:
    """A phase of a line."""

    name: str
    start: When
    stop: When


@dataclass(frozen=True, slots=True)
class Event:
    """Something on a day: diagnosis, a procedure, progression, death."""

    kind: str
    when: When
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """A line of therapy: its heading, its phases, a lane for each drug, its progression; `says` tells it in words."""

    number: int
    heading: str
    says: str
    start: When
    lanes: tuple[Lane, ...]
    phases: tuple[Span, ...]
    progression: Event | None = None


@dataclass(frozen=True, slots=True)
class Assessed:
    """A response at a visit; `confirmed` None where the category needs no confirmation."""

    when: When
    category: Category
    confirmed: bool | None
    says: str


@dataclass(frozen=True, slots=True)
class Value:
    """A laboratory value in time."""

    when: When
    value: Range


@dataclass(frozen=True, slots=True)
class Curve:
    """The values of a marker; those higher than `top` are outliers, drawn above the scale."""

    name: str
    unit: str
    values: tuple[Value, ...]
    top: float


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn of a patient. `recorded_from` is None where the record is complete; without `dated` only the order is."""

    title: str
    facts: tuple[str, ...]
    first: date
    last: date
    recorded_from: date | None
    dated: bool
    groups: tuple[Group, ...]
    events: tuple[Event, ...]
    responses: tuple[Assessed, ...]
    response_title: str
    curves: tuple[Curve, ...]
    classes: Mapping[str, str]
    """The name of each class of drugs in it."""
    notes: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        """The story in words, for those who cannot see it."""
        told = [*self.facts, *(event.name for event in self.events), *(group.says for group in self.groups)]
        return " ".join(text if text.endswith(".") else f"{text}." for text in (*told, *self.notes))


def printable(text: str) -> str:
    """Return a text of the record with nothing in it that could steer a terminal or break a document."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
