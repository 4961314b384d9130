"""Errors that a person can act on: what is wrong, where, and what would be right."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

LONGEST = 600
"""Signs of a fault or a remedy that are printed."""
NO_SUCH_FILE = "there is no such file"


class Spot(str):
    """A place in a short text, `name, column 12`, that can be shown with what is meant underlined."""

    __slots__ = ("first", "last", "text")
    text: str
    first: int
    last: int

    @classmethod
    def of(cls, name: str, text: str, first: int, last: int) -> Spot:
        """Return the place of `text[first:last]`."""
        line = text.count("\n", 0, first) + 1
        column = first - text.rfind("\n", 0, first)
        spot = cls(f"{name}, line {line}, column {column}" if "\n" in text.strip() else f"{name}, column {column}")
        spot.text, spot.first, spot.last = text, first, max(last, first + 1)
        return spot

    def shown(self, width: int = 76) -> str:
        """Return the line with a caret under every sign that is meant, cut to `width`."""
        begin = self.text.rfind("\n", 0, self.first) + 1
        line = "".join(sign if sign.isprintable() else " " for sign in self.text[begin:].split("\n")[0])
        first, last = self.first - begin, self.last - begin
        cut = max(0, first - width // 2) if len(line) > width else 0
        carets = "^" * max(1, min(last, cut + width, max(len(line), first + 1)) - first)
        return f"    {line[cut : cut + width].rstrip()}\n    {' ' * (first - cut)}{carets}"


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


def lacking(where: str, what: str, extra: str) -> InputError:
    """Return the error for something that an extra brings and that is not installed."""
    return InputError(Problem(where, f"{what}, which is not installed", f"in the folder of the source: pip install '.[{extra}]'"))


def cut_short() -> NoReturn:
    """Leave where a compiled file of Python ends too soon, as a full disk or a process that was killed leaves it."""
    sys.stderr.write("myeloguide: a compiled file of Python is cut short (remove the folders __pycache__, or install again)\n")
    sys.exit(2)


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
