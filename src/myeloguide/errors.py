"""Errors that a person can act on: what is wrong, where, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST = 600
"""Signs of a fault or a remedy that are printed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: the place, the fault and the remedy."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        text = f"{place}{_short(self.what)}" + (f" ({_short(self.remedy)})" if self.remedy else "")
        # What an input holds may be quoted, but neither breaks the line nor commands the terminal.
        return "".join(sign if sign.isprintable() else " " for sign in text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


class InputError(Exception):
    """The input cannot be used; `problems` says why, most important first."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def fault_of(error: BaseException) -> str:
    """Say where the program itself is at fault, and nothing of the input."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "unknown"
    return f"a fault of the program ({type(error).__name__} in {where}); please report it"


def suggestion(word: str, known: Iterable[str], *, most: int = 3) -> str:
    """Say which known names `word` was probably meant to be, or which names there are when few."""
    from difflib import get_close_matches

    names: Sequence[str] = sorted(set(known))
    folded = {name.casefold(): name for name in reversed(names)}
    near = [folded[match] for match in get_close_matches(word.casefold(), folded, n=most, cutoff=0.66)]
    if near:
        return "did you mean " + " or ".join(near) + "?"
    if 0 < len(names) <= 12:
        return "known here: " + ", ".join(names)
    return ""
