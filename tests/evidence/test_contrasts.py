"""Standard errors from what is printed: intervals of any level, p values, and what gives none."""

from __future__ import annotations

import math

import pytest

from myeloguide.evidence.contrasts import Contrast, Derived, NotComparable, error_from_p, quantile, standard_error


def contrast(ratio: float, error: float) -> Contrast:
    return Contrast("T", "A", "B", math.log(ratio), error)


@pytest.mark.parametrize(("level", "reach"), [(90, 1.6449), (95, 1.9600), (95.4, 1.9954), (95.5, 2.0047), (99, 2.5758)])
def test_quantiles_of_levels(level: float, reach: float) -> None:
    # Tables of the normal distribution; 95.45% is two standard errors.
    assert quantile(level) == pytest.approx(reach, abs=5e-5)
    assert quantile(95.45) == pytest.approx(2, abs=5e-5)


def test_an_interval_of_any_level_gives_the_same_error() -> None:
    one = contrast(0.53, 0.2)
    for level in (90, 95, 95.4, 95.5, 99):
        error, derived = standard_error(0.53, one.interval(level), level)
        assert error == pytest.approx(0.2)
        assert derived is Derived.interval


def test_ikema_at_its_own_level() -> None:
    """The interval 0.32 to 0.89 was published at 99% and is repeated elsewhere as 95% (PMC9358349, table T1)."""
    error, _ = standard_error(0.53, (0.32, 0.89), 99)
    low, high = contrast(0.53, error).interval()
    assert (round(low, 2), round(high, 2)) == (0.36, 0.78)
    assert error < standard_error(0.53, (0.32, 0.89), 95)[0]


def test_a_level_that_is_not_printed_is_said_to_be_assumed() -> None:
    assert standard_error(0.5, (0.4, 0.625)) == (standard_error(0.5, (0.4, 0.625), 95)[0], Derived.interval_level_assumed)


@pytest.mark.parametrize(
    ("trial", "ratio", "interval", "p"),
    [
        ("BELLINI, t(11;14), L1025-1027", 0.10, (0.02, 0.46), 0.003),
        ("ALCYONE, L595-597", 0.60, (0.46, 0.80), 0.0003),
    ],
)
def test_an_error_from_p_is_the_one_from_the_interval(trial: str, ratio: float, interval: tuple[float, float], p: float) -> None:
    assert error_from_p(ratio, p) == pytest.approx(standard_error(ratio, interval, 95)[0], rel=0.06), trial


def test_altman_and_bland() -> None:
    """Altman and Bland, BMJ 2011;343:d2090, approximate the quantile: z = -0.862 + sqrt(0.743 - 2.404 ln p)."""
    for p in (0.0003, 0.001, 0.0027, 0.008, 0.03, 0.34):
        near = -0.862 + math.sqrt(0.743 - 2.404 * math.log(p))
        assert error_from_p(0.7, p) == pytest.approx(abs(math.log(0.7)) / near, rel=0.011)


def test_a_p_below_a_limit_gives_the_largest_error_it_allows() -> None:
    """OPTIMISMM, 0.61 with P<0.0001 (L257-261); the publication's interval is 0.49 to 0.77."""
    error, derived = standard_error(0.61, p=0.0001, p_operator="<")
    assert derived is Derived.p_limit
    assert error > standard_error(0.61, (0.49, 0.77), 95)[0]


def test_an_interval_counts_before_p() -> None:
    assert standard_error(0.42, (0.31, 0.58), 95, p=0.5)[1] is Derived.interval


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"ratio": None, "p": 0.0008}, "no ratio"),
        ({"ratio": 0.47}, "neither an interval nor a p value"),
        ({"ratio": 1.0, "p": 0.9}, "ratio of 1"),
        ({"ratio": 0.9, "p": 0.05, "p_operator": ">"}, "p > 0.05"),
        ({"ratio": 0.9, "p": 0.0}, "no p value"),
        ({"ratio": -0.5, "p": 0.1}, "no ratio"),
        ({"ratio": 0.9, "interval": (1.2, 0.8)}, "no interval"),
        ({"ratio": 0.9, "interval": (0.8, 1.2), "level": 100}, "no level"),
    ],
)
def test_what_gives_no_standard_error(given: dict[str, object], why: str) -> None:
    with pytest.raises(NotComparable, match=why):
        standard_error(**given)  # type: ignore[arg-type]
