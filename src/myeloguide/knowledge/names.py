"""Folding of names, so that spellings which differ only in case, spaces or dashes are one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_FOLDED_AWAY = re.compile(r"[\s\-_/+.,()‐-―−]+")


def fold(name: str) -> str:
    """Return the key under which a spelling is looked up: lower case without separators."""
    return _FOLDED_AWAY.sub("", name).casefold()


def index(spellings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map every folded spelling to its id; the first id that claims a spelling keeps it."""
    found: dict[str, str] = {}
    for spelling, name in spellings:
        found.setdefault(fold(spelling), name)
    return found


def resolve(word: str, spellings: Mapping[str, str]) -> str | None:
    """Return the id that a spelling stands for, or None."""
    return spellings.get(fold(word))
