"""Where a statement comes from: a place in a guideline's text, or a named publication."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, StrictBool, model_validator

from myeloguide.knowledge.reading import Strict, wrong_value

LineRange = tuple[int, int]
"""First and last physical line of the source, both counted, from 1."""


def _ranges(value: Any) -> Any:
    """Read `[425, 427]` and `[[95, 117], [381, 387]]` alike."""
    if isinstance(value, list) and len(value) == 2 and all(isinstance(number, int) for number in value):
        value = [value]
    ranges = isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(type(number) is int for number in pair) for pair in value
    )
    if not ranges:
        raise wrong_value("must be a first and a last line, such as [425, 427]")
    for first, last in value:
        if not 1 <= first <= last:
            raise wrong_value(f"[{first}, {last}] is no range of lines", "first line, then last, counted from 1")
    return tuple(map(tuple, value))


LineRanges = Annotated[tuple[LineRange, ...], BeforeValidator(_ranges)]


class Source(Strict):
    """A locator: section, item and physical lines of the source, or a publication. It holds no copied text."""

    known_as: ClassVar[str] = "source"

    section: str | None = None
    item: str | None = None
    lines: LineRanges = ()
    publication: str | None = None
    verified: StrictBool = True

    @model_validator(mode="after")
    def _names_a_place(self) -> Source:
        if not self.lines and self.publication is None:
            raise wrong_value("names no place", "give `lines: [first, last]` or `publication:`")
        return self
