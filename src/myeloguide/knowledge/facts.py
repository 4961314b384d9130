"""The declaration of a fact: its type, unit, values, wording, question, definition and source."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import StrictBool, StrictFloat, model_validator

from myeloguide.knowledge.reading import Strict, placeholders, wrong_value
from myeloguide.knowledge.source import Source

FactKind = Literal["boolean", "integer", "number", "category", "agents", "regimens"]

Key = tuple[str, Any]
"""What a walk looks up: a fact with its member or value ("" for a plain yes or no), or with a threshold.

`("prior_transplant", "")`, `("refractory_to", "lenalidomide")`, `("fitness", "fit")`, `("age", (">", 75.0))`.
"""


class Fact(Strict):
    """A fact about a patient, declared once."""

    known_as: ClassVar[str] = "fact"

    fact: str
    kind: FactKind
    unit: str = ""
    label: str = ""
    values: tuple[str, ...] = ()
    least: StrictFloat | None = None
    most: StrictFloat | None = None
    says: str = ""
    denies: str = ""
    asks: str
    definition: str
    column: str | None = None
    complement: str | None = None
    complete: StrictBool = False
    none_unless_named: StrictBool = False
    changed_by: str | None = None
    """What a person can do so that it is no longer true: `obtain {member}`."""
    found_by: str | None = None
    """The test that finds it out, where there is one."""
    source: Source

    @model_validator(mode="after")
    def _is_whole(self) -> Fact:
        if self.is_number and not (self.label and self.least is not None and self.most is not None):
            raise wrong_value(f"{self.fact} is a number without a label and bounds", "give `label:`, `least:` and `most:`")
        if not self.is_number and not (self.says and self.denies):
            raise wrong_value(f"{self.fact} has no wording", "give `says:` and `denies:`")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise wrong_value(f"{self.fact}: least {self.least:g} is above most {self.most:g}")
        for name in ("says", "denies", "asks", "changed_by", "found_by"):
            placeholders(getattr(self, name) or "", ("member", "value"), name)
        if self.is_set != (self.column is not None):
            raise wrong_value(f"{self.fact}: `column:` goes with a list fact, and only with it")
        if (self.kind == "category") != bool(self.values):
            raise wrong_value(f"{self.fact}: `values:` go with the kind category, and only with it")
        return self

    @property
    def is_number(self) -> bool:
        """Whether values are numbers, known exactly or as a range."""
        return self.kind in ("integer", "number")

    @property
    def is_set(self) -> bool:
        """Whether values are lists of agents or regimens."""
        return self.kind in ("agents", "regimens")

    @property
    def at_least(self) -> str | None:
        """The name under which members are given of a list that else is complete."""
        return f"{self.fact}_at_least" if self.complete and not self.none_unless_named else None


class FactFile(Strict):
    """The file of facts."""

    known_as: ClassVar[str] = "file of facts"

    facts: tuple[Fact, ...]
