"""Three-valued logic on single statements: true, false, unknown (None)."""

from __future__ import annotations

from collections.abc import Iterable


def any_of(values: Iterable[bool | None]) -> bool | None:
    """Whether one of some statements holds; of no statement nothing is known."""
    found: bool | None = None
    unknown = False
    for value in values:
        if value:
            return True
        unknown = unknown or value is None
        found = False
    return None if unknown else found


def all_of(values: Iterable[bool | None]) -> bool | None:
    """Whether every one of some statements holds."""
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def negated(value: bool | None) -> bool | None:
    """Whether a statement does not hold."""
    return None if value is None else not value
