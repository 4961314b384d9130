"""The proof of a derived fact: what was concluded, from which records, by which rule."""

from __future__ import annotations

from myeloguide.record.frozen import frozen


@frozen(eq=False)
class Proof:
    """Why a fact has its value; `assumed` where the record left something open that was read in the usual way."""

    fact: str
    member: str
    value: bool | float | None
    text: str
    lines: tuple[int, ...] = ()
    rule: str = ""
    assumed: bool = False
