"""Frailty by published scores: each item's points from what was recorded, with bounds where an item is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import StrictFloat, StrictInt, model_validator

from myeloguide.knowledge.reading import Strict, check, read, wrong_value
from myeloguide.record.events import FindingRecorded, Person
from myeloguide.record.frozen import frozen
from myeloguide.record.ranges import Range

RECENT_DAYS = 180
"""An item counts as it was last recorded, so many days before the decision at most."""

_NUMBER = r"([0-9]+)(?:\.0+)?"
_WRITTEN = re.compile(rf"(?P<sign><=|>=|<|>|≤|≥)?\s*{_NUMBER}(?:\s*[-–]\s*{_NUMBER})?\Z")


class _Step(Strict):
    at_least: StrictFloat | None = None
    at_most: StrictFloat | None = None
    points: StrictInt


class Item(Strict):
    """An item of a score: what values it can have, and the points of each step, 0 elsewhere."""

    known_as: ClassVar[str] = "item"

    item: str
    label: str
    most: StrictFloat
    steps: tuple[_Step, ...]
    seen: Literal["read", "secondary", "unverified"]

    @model_validator(mode="after")
    def _is_monotone(self) -> Item:
        points = [self.points(number) for number in range(int(self.most) + 1)]
        if points not in (sorted(points), sorted(points, reverse=True)):
            raise wrong_value(f"{self.item}: the points go up and down again")
        return self

    def points(self, value: float) -> int:
        """Return the points of a value."""
        return max(
            (
                step.points for step in self.steps
                if (step.at_least is None or value >= step.at_least) and (step.at_most is None or value <= step.at_most)
            ),
            default=0,
        )  # fmt: skip

    def between(self, value: Range | None) -> tuple[int, int]:
        """Return the fewest and the most points that a value allows."""
        known = Range() if value is None else value
        ends = (self.points(known.least or 0), self.points(self.most if known.most is None else known.most))
        return min(ends), max(ends)


class FrailtyScore(Strict):
    """A score: its items, and the least points of each category above the lowest."""

    known_as: ClassVar[str] = "score"

    score: str
    publication: str
    built_in: str
    lowest: str
    categories: Mapping[str, StrictInt]
    items: tuple[Item, ...]

    def category(self, points: int) -> str:
        """Return the category of a number of points."""
        reached = [name for name, least in self.categories.items() if points >= least]
        return max(reached, key=lambda name: self.categories[name], default=self.lowest)


class _ScoreFile(Strict):
    scores: tuple[FrailtyScore, ...]


@cache
def frailty_scores() -> tuple[FrailtyScore, ...]:
    """Return the scores, as published."""
    return check(read(Path(__file__).parent / "data" / "frailty.yaml", name="frailty.yaml"), _ScoreFile).scores


@frozen(eq=False)
class ItemFound:
    """An item as it was recorded, None where it was not, with the points that this allows and where it comes from."""

    item: str
    value: Range | None
    points: tuple[int, int]
    text: str


@frozen(eq=False)
class Scored:
    """A score of one patient: fewest and most points, category and frailty where these decide, and what is missing."""

    score: FrailtyScore
    items: tuple[ItemFound, ...]
    points: tuple[int, int] = field(init=False)
    """The fewest and the most points."""

    def __post_init__(self) -> None:
        points = sum(item.points[0] for item in self.items), sum(item.points[1] for item in self.items)
        object.__setattr__(self, "points", points)

    @property
    def category(self) -> str | None:
        """The category, where the points that are known decide it."""
        least, most = map(self.score.category, self.points)
        return least if least == most else None

    @property
    def frail(self) -> bool | None:
        """Whether the patient is frail, where the points that are known decide it."""
        least, most = self.points
        limit = self.score.categories["frail"]
        return True if least >= limit else False if most < limit else None

    @property
    def missing(self) -> tuple[str, ...]:
        """The items that are not known."""
        return tuple(item.item for item in self.items if item.value is None)

    def text(self) -> str:
        """Say the points in words."""
        least, most = self.points
        points = f"{least}" if least == most else f"{least} to {most}"
        said = "; ".join(item.text for item in self.items)
        return f"{self.score.score}: {points} points ({said}); built in {self.score.built_in}"


def age_on(person: Person, day: date) -> Range | None:
    """Return the completed years of age on a day, a range where the birth date is partial."""
    born = person.birth_date
    if born is None or born.first is None or born.last is None:
        return None
    youngest, oldest = (_years(birth, day) for birth in (born.last, born.first))
    return Range(youngest, oldest) if youngest >= 0 else None


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def scored(age: Range | None, findings: Iterable[FindingRecorded], as_of: date) -> tuple[Scored, ...]:
    """Return every score on a day, from the age and the items recorded last."""
    kinds = _kinds()
    last: dict[str, list[FindingRecorded]] = {}
    for finding in findings:
        day = finding.date.last
        if finding.kind not in kinds or day is None or day > as_of:
            continue
        held = last.setdefault(finding.kind, [])
        if held and held[0].date.last != day:
            assert held[0].date.last is not None
            if held[0].date.last > day:
                continue
            held.clear()
        held.append(finding)
    if not last:
        return _by_age(age)
    return tuple(
        Scored(score, tuple(_found(item, age, last.get(item.item, ()), as_of) for item in score.items))
        for score in frailty_scores()
    )


@lru_cache(maxsize=256)
def _by_age(age: Range | None) -> tuple[Scored, ...]:
    """Return the scores of a patient of whom no other item is recorded."""
    return tuple(Scored(score, tuple(_found(item, age, (), date.max) for item in score.items)) for score in frailty_scores())


@cache
def _kinds() -> frozenset[str]:
    return frozenset(item.item for score in frailty_scores() for item in score.items) - {"age"}


def _found(item: Item, age: Range | None, findings: Sequence[FindingRecorded], as_of: date) -> ItemFound:
    value, text = age, "age unknown" if age is None else f"age {age}"
    if item.item != "age":
        value, text = _recorded(item, findings, as_of)
    return ItemFound(item.item, value, item.between(value), text)


def _recorded(item: Item, findings: Sequence[FindingRecorded], as_of: date) -> tuple[Range | None, str]:
    """Return an item as it was recorded on its last day; two values of that day make a range."""
    if not findings:
        return None, f"{item.label} not recorded"
    when = findings[0].date
    oldest = min(finding.date.first or when.last or as_of for finding in findings)
    if (as_of - oldest).days > RECENT_DAYS:
        return None, f"{item.label} last recorded {when}, too long ago"
    values = [read_number(finding.value) for finding in findings]
    known = [value for value in values if value is not None and (value.most or value.least or 0) <= item.most]
    if len(known) < len(values):
        return None, f'{item.label} "{findings[0].value}" on {when} cannot be read'
    most = [value.most for value in known]
    hull = Range(min(value.least or 0 for value in known), None if None in most else max(end for end in most if end is not None))
    return hull, f"{item.label} {hull} on {when}"


def read_number(text: str) -> Range | None:
    """Read `2`, `0-1`, `>=2`, `<2` as whole numbers or a range; None where it is none."""
    match = _WRITTEN.match(text.strip())
    if match is None:
        return None
    sign, number, other = match.group("sign"), float(match.group(2)), match.group(3)
    if other is not None:
        return Range(number, float(other)) if sign is None and number <= float(other) else None
    if sign in (">=", "≥"):
        return Range(number, None)
    if sign == ">":
        return Range(number + 1, None)
    if sign in ("<=", "≤"):
        return Range(0, number)
    if sign == "<":
        return Range(0, number - 1) if number >= 1 else None
    return Range.exactly(number)
