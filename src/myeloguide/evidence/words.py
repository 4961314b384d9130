"""Results and toxicities in words."""

from __future__ import annotations

from collections.abc import Iterator

from myeloguide.evidence.table import written
from myeloguide.evidence.trials import Result, Toxicity, Trial
from myeloguide.knowledge.source import LineRanges

_VALUE = {"NR": "not reached", "NE": "not estimable"}


def in_words(result: Result) -> str:
    """Say a result in a line: `PFS 16.7 v 7.1 months (DVd v Vd), HR 0.31 (95% CI 0.24-0.39), p < 0.0001`."""
    return ", ".join(_said(result))


def _said(result: Result) -> Iterator[str]:
    arms = result.option if result.comparator is None else f"{result.option} v {result.comparator}"
    compared = f"{arms}; {result.contrast}" if result.contrast else arms
    yield f"{result.measured}{_values(result)} ({compared})"
    if result.difference is not None:
        yield f"difference {result.difference:g} months"
    if ratio := ratio_in_words(result):
        yield ratio
    if p := p_in_words(result):
        yield p
    if result.hr is None and result.value_option is None and result.difference is None and result.called is None:
        yield result.note or "no figures"
    if result.called is not None and result.hr is None and result.p is None:
        yield result.called


def _values(result: Result) -> str:
    shown = values_in_words(result)
    return f" {shown}" if shown else ""


def values_in_words(result: Result) -> str:
    """Say medians or rates with their unit, or nothing."""
    first, second = (
        _VALUE.get(text, text) for text in (written(v) or "" for v in (result.value_option, result.value_comparator))
    )
    if not first:
        return ""
    unit = "%" if result.unit == "percent" else f" {result.unit}"
    if {result.value_option, result.value_comparator} <= {*_VALUE, None}:
        unit = ""
    interval = "" if result.hr is not None or result.ci_low is None else f" ({_interval(result)})"
    return f"{first} v {second}{unit}" if second else f"{first}{unit}{interval}"


def ratio_in_words(result: Result) -> str:
    """Say a hazard ratio with its interval and level, or nothing."""
    if result.hr is None:
        return ""
    return f"HR {fraction(result.hr)}" + (f" ({_interval(result)})" if result.ci_low is not None else "")


def _interval(result: Result) -> str:
    level = f"{result.ci_level:g}% CI " if result.ci_level is not None else "interval, level not printed, "
    return f"{level}{span(result)}"


def span(result: Result) -> str:
    """Return the two ends of an interval."""
    return "" if result.ci_low is None or result.ci_high is None else f"{fraction(result.ci_low)}-{fraction(result.ci_high)}"


def fraction(value: float) -> str:
    """Return a ratio with two decimals at least, as ratios are printed; a whole number and a percentage as they are."""
    text = f"{value:g}"
    return text if value >= 10 or value == int(value) or len(text.partition(".")[2]) >= 2 else f"{value:.2f}"


def p_in_words(result: Result) -> str:
    """Say a p value, or nothing."""
    return "" if result.p is None else f"p {result.p_operator} {result.p:f}".rstrip("0")


def toxicity_in_words(trial: Trial, toxicity: Toxicity) -> str:
    """Say a toxicity with grade and frequency."""
    grade = f", grade {toxicity.grade}" if toxicity.grade else ""
    often = f"{toxicity.frequency:g}%" if toxicity.frequency is not None else toxicity.said or ""
    where = trial.file.population(toxicity.population)
    among = "" if where.whole else f" ({where.title})"
    return f"{toxicity.event}{grade}: {often}{among}"


def places_of(lines: LineRanges, publication: str | None = None) -> str:
    """Return the lines of the source, or the publication."""
    if not lines:
        return publication or ""
    return ", ".join(f"L{first}" if first == last else f"L{first}-{last}" for first, last in lines)
