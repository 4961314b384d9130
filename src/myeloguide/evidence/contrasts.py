"""One comparison of one trial as a logarithm and its standard error, and how they follow from what is printed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import NormalDist

_NORMAL = NormalDist()
SHOWN_LEVEL = 95.0
"""The level, in percent, at which every interval is shown, whatever level was printed."""


class Derived(StrEnum):
    """What a standard error was made from."""

    interval = "interval"
    interval_level_assumed = "interval, its level not printed and taken as 95%"
    p = "p value"
    p_limit = "p value at its printed limit"


@dataclass(frozen=True, slots=True)
class Contrast:
    """The logarithm of the ratio of `treatment` to `comparator` in one trial and population, with its standard error."""

    study: str
    treatment: str
    comparator: str
    log_ratio: float
    error: float
    population: str = "all"
    endpoint: str = "PFS"
    n: int | None = None
    level: float | None = None
    derived: Derived = Derived.interval
    place: str = ""

    @property
    def ratio(self) -> float:
        return math.exp(self.log_ratio)

    def interval(self, level: float = SHOWN_LEVEL) -> tuple[float, float]:
        """Return the limits at a level, in percent."""
        reach = quantile(level) * self.error
        return math.exp(self.log_ratio - reach), math.exp(self.log_ratio + reach)

    def turned(self) -> Contrast:
        """Return the same comparison seen from the comparator."""
        return replace(self, treatment=self.comparator, comparator=self.treatment, log_ratio=-self.log_ratio)


class NotComparable(ValueError):
    """A printed result from which no standard error follows; the message says why."""


def error_from_interval(low: float, high: float, level: float) -> float:
    """Return the standard error of a logarithm whose interval at a level, in percent, was printed as a ratio."""
    if not 0 < low < high:
        raise NotComparable(f"{low:g} to {high:g} is no interval of a ratio")
    return math.log(high / low) / (2 * quantile(level))


def error_from_p(ratio: float, p: float) -> float:
    """Return the standard error of a logarithm from its two-sided p value (Cochrane Handbook 5.1, 7.7.7.2 and 7.7.7.3)."""
    if not 0 < p < 1:
        raise NotComparable(f"p {p:g} is no p value")
    if ratio <= 0 or math.isclose(ratio, 1):
        raise NotComparable(f"no standard error follows from p beside a ratio of {ratio:g}")
    return abs(math.log(ratio)) / -_NORMAL.inv_cdf(p / 2)


def standard_error(
    ratio: float | None,
    interval: tuple[float, float] | None = None,
    level: float | None = None,
    p: float | None = None,
    p_operator: str = "=",
) -> tuple[float, Derived]:
    """Return the standard error of the logarithm of a printed ratio, and what it was made from; an interval before a p value.

    "P<0.0001" is taken at its limit: the error is then at most as large, never smaller than the trial's own.
    """
    if ratio is None:
        raise NotComparable("no ratio is printed")
    if ratio <= 0:
        raise NotComparable(f"{ratio:g} is no ratio")
    if interval is not None:
        error = error_from_interval(*interval, SHOWN_LEVEL if level is None else level)
        return error, Derived.interval_level_assumed if level is None else Derived.interval
    if p is None:
        raise NotComparable("neither an interval nor a p value is printed")
    if p_operator in ("<", "<=", "≤"):
        return error_from_p(ratio, p), Derived.p_limit
    if p_operator != "=":
        raise NotComparable(f"no standard error follows from p {p_operator} {p:g}")
    return error_from_p(ratio, p), Derived.p


def quantile(level: float) -> float:
    """Return how many standard errors an interval of a level, in percent, reaches to either side."""
    if not 0 < level < 100:
        raise NotComparable(f"{level:g}% is no level of an interval")
    return _NORMAL.inv_cdf(0.5 + level / 200)


def share_below(score: float) -> float:
    """Return the share of a normal distribution below a number of standard errors."""
    return _NORMAL.cdf(score)
