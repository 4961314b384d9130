"""Numbers known exactly or as a range; comparisons that a range cannot decide are unknown (None)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, isinf
from typing import Any


@dataclass(frozen=True, slots=True)
class Range:
    """A number between `least` and `most`, both included; None is unbounded."""

    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        least, most = self.least, self.most
        if least != least or most != most:  # noqa: PLR0124 (only what is no number differs from itself; quicker than isnan)
            raise ValueError("an end of a range is not a number")
        if least is not None and most is not None and least > most:
            raise ValueError(f"{least:g} is more than {most:g}")

    @classmethod
    def exactly(cls, number: float) -> Range:
        """Return the range that holds one number."""
        return cls(number, number)

    @property
    def exact(self) -> float | None:
        """The number, when it is known exactly."""
        return self.least if self.least is not None and self.least == self.most else None

    def reaches(self, number: float) -> bool | None:
        """Whether the value is at least `number`."""
        if self.least is not None and self.least >= number:
            return True
        return False if self.most is not None and self.most < number else None

    def exceeds(self, number: float) -> bool | None:
        """Whether the value is more than `number`."""
        if self.least is not None and self.least > number:
            return True
        return False if self.most is not None and self.most <= number else None

    def within(self, other: Range) -> Range | None:
        """Return what both ranges allow, or None when they exclude each other."""
        least, most = self.least, self.most
        if least is None or (other.least is not None and other.least > least):
            least = other.least
        if most is None or (other.most is not None and other.most < most):
            most = other.most
        return None if least is not None and most is not None and least > most else Range(least, most)

    def surpasses(self, other: Range, least: float = 0, factor: float = 1) -> bool | None:
        """Whether the value is at least `least` more than `factor` times the other, which is not negative."""
        if self.least is not None and other.most is not None and round(self.least - other.most * factor, 9) >= least:
            return True
        known = self.most is not None and other.least is not None
        return False if known and round(self.most - other.least * factor, 9) < least else None  # type: ignore[operator]

    def __str__(self) -> str:
        exact = self.exact
        if exact is not None:
            return shown(exact)
        if self.least is None:
            return "unknown" if self.most is None else f"at most {_up(self.most)}"
        return f"at least {_down(self.least)}" if self.most is None else f"{_down(self.least)} to {_up(self.most)}"


ANY_NUMBER = Range()


@lru_cache(maxsize=4096)  # laboratory values repeat
def shown(number: float) -> str:
    """Return a number with one decimal, or as many as keep it from looking whole: 35.96 is not 36."""
    if isinf(number):
        return str(number)
    if number == int(number):
        return str(int(number))
    return next((text for places in range(1, 7) if float(text := f"{number:.{places}f}") != round(number)), repr(number))


def number_in_words(value: Any) -> str:
    """Return a number, or a range as facts are written (`{at_least: 2}`), as it is said."""
    return str(Range(value.get("at_least"), value.get("at_most"))) if isinstance(value, dict) else shown(value)


def counted(number: str, unit: str) -> str:
    """Return a number as said with its unit: 1 day, at least 1 day, 2 days, 0 to 1 days."""
    return (
        f"{number} {unit}"
        if number.removeprefix("at least ").removeprefix("at most ").lstrip("≥≤") == "1"
        else f"{number} {unit}s"
    )


def _down(number: float) -> str:
    return shown(number if isinf(number) else floor(number * 10) / 10)


def _up(number: float) -> str:
    return shown(number if isinf(number) else ceil(number * 10) / 10)
