"""Numbers known exactly or as a range; comparisons that a range cannot decide are unknown (None)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """A number between `least` and `most`, both included; None is unbounded."""

    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"{self.least:g} is more than {self.most:g}")

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
        least = max((x for x in (self.least, other.least) if x is not None), default=None)
        most = min((x for x in (self.most, other.most) if x is not None), default=None)
        return None if least is not None and most is not None and least > most else Range(least, most)

    def __str__(self) -> str:
        if self.exact is not None:
            return _short(self.exact)
        if self.least is None:
            return "unknown" if self.most is None else f"at most {_short(self.most)}"
        return f"at least {_short(self.least)}" if self.most is None else f"{_short(self.least)} to {_short(self.most)}"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
