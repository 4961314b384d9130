"""What a forest plot shows, in words and numbers: results of trials as ratios on a logarithmic axis."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from myeloguide.errors import InputError, Problem
from myeloguide.evidence.choice import (
    IN_WORDS,
    Published,
    check_population,
    comparisons,
    of_population,
    patients_of,
    place_of,
    size_of,
)
from myeloguide.evidence.contrasts import SHOWN_LEVEL, NotComparable, quantile, standard_error
from myeloguide.evidence.trials import Evidence, Result, Trial
from myeloguide.evidence.words import fraction, p_in_words, span, values_in_words


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One result: whose, of whom, how large; without a ratio it is told in words alone."""

    study: str
    comparison: str
    patients: str
    numbers: str
    says: str
    source: str
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    from_p: bool = False


@dataclass(frozen=True, slots=True)
class Forest:
    """Results under headings, with what lies to the left and to the right of no difference."""

    name: str
    title: str
    groups: tuple[tuple[str, tuple[ForestRow, ...]], ...]
    left: str
    right: str
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[ForestRow, ...]:
        return tuple(row for _, rows in self.groups for row in rows)

    @property
    def words(self) -> str:
        """The whole plot for those who cannot see it."""
        told = [f"{row.study}, {row.comparison}, {row.patients}: {row.says}" for row in self.rows]
        return ". ".join([self.title, *told])


def forest(
    evidence: Evidence,
    option: str | None = None,
    comparator: str | None = None,
    population: str | None = None,
    published: Sequence[Published] = (),
) -> Forest:
    """Return the forest plot of an option, of a comparison or of a population: every comparison of arms that is printed."""
    if population is not None:
        check_population(evidence, population)
    groups: dict[str, list[ForestRow]] = {endpoint: [] for endpoint in IN_WORDS}
    pairs: set[tuple[str, str]] = set()
    for name, trial, result in comparisons(evidence, published):
        arms = (result.option, result.comparator or "")
        speaking = [set(arms).intersection([of, *(trial.arms_for(of) if trial else ())]) for of in (option, comparator) if of]
        if not all(speaking):
            continue
        if population is None or population == result.population:
            groups[result.endpoint].append(_row(name, trial, result))
            pairs.add(arms)
    if not pairs:
        raise InputError(
            Problem(
                "evidence forest", "the source compares nothing of that kind", "`myeloguide evidence show` lists what it reports"
            )
        )
    shown = tuple((IN_WORDS[endpoint].capitalize(), tuple(rows)) for endpoint, rows in groups.items() if rows)
    name = "-".join(filter(None, ("forest", option, comparator, population))).replace("+", "-").lower()
    left, right = _sides(pairs)
    where = "the source and published elsewhere" if published else "the source"
    whom = f", {of_population(population)}" if population else ""
    title = f"{' v '.join(filter(None, (option, comparator))) or 'Comparisons'} in the trials of {where}{whom}"
    return Forest(name, title, shown, left, right, tuple(_notes(shown)))


def _sides(pairs: set[tuple[str, str]]) -> tuple[str, str]:
    firsts, seconds = {first for first, _ in pairs}, {second for _, second in pairs}
    left = next(iter(firsts)) if len(firsts) == 1 else "the option named first"
    right = next(iter(seconds)) if len(seconds) == 1 else "the comparator" if len(firsts) == 1 else "the other"
    return f"favours {left}", f"favours {right}"


def _row(name: str, trial: Trial | None, result: Result) -> ForestRow:
    whom = patients_of(trial, result)
    new = "newly diagnosed" if trial is not None and trial.file.frontline and "newly" not in whom else ""
    patients = "; ".join(filter(None, (whom, new, result.cut)))
    sizes = (result.n_option, result.n_comparator)
    total = size_of(trial, result)
    numbers = f"{sizes[0]}/{sizes[1]}" if None not in sizes else str(total or "")
    source = place_of(result) if result.verified else f"{place_of(result)} (unverified)"
    pair = f"{result.option} v {result.comparator}"
    ratio, interval, from_p, says = _result(result)
    return ForestRow(name, pair, patients, numbers, says, source, ratio, interval, from_p)


def _result(result: Result) -> tuple[float | None, tuple[float, float] | None, bool, str]:
    """Return the ratio, its interval at 95%, whether that was made from p, and what is printed in words."""
    if result.hr is None:
        medians = values_in_words(result)
        says = [f"median {medians}" if medians else "", p_in_words(result), "no ratio printed"]
        return None, None, False, ", ".join(filter(None, says))
    ratio = fraction(result.hr)
    printed = None if result.ci_low is None or result.ci_high is None else (result.ci_low, result.ci_high)
    try:
        error, _ = standard_error(result.hr, printed, result.ci_level, result.p, result.p_operator or "=")
    except NotComparable:
        return result.hr, None, False, f"{ratio}, no interval printed"
    reach = quantile(SHOWN_LEVEL) * error
    limits = (result.hr * math.exp(-reach), result.hr * math.exp(reach))
    if printed is None:
        return result.hr, limits, True, f"{ratio} ({limits[0]:.2f}-{limits[1]:.2f}, from {p_in_words(result)})"
    if result.ci_level in (None, SHOWN_LEVEL):
        return result.hr, printed, False, f"{ratio} ({span(result)})"
    level = f"{span(result)} at {result.ci_level:g}%"
    return result.hr, limits, False, f"{ratio} ({limits[0]:.2f}-{limits[1]:.2f}; printed {level})"


def _notes(groups: Sequence[tuple[str, tuple[ForestRow, ...]]]) -> Iterator[str]:
    rows = [row for _, of_group in groups for row in of_group]
    if any(row.ratio is not None for row in rows):
        yield "Hazard ratio on a logarithmic axis; the line across a square is its 95% interval."
    if any(row.from_p for row in rows):
        yield "Dashed: the interval was made from the p value, taken as two-sided (Cochrane Handbook 5.1, 7.7.7.3)."
    if any(row.ratio is not None and row.interval is None for row in rows):
        yield "Open square: neither an interval nor a p value is printed."
    yield "n: patients as printed, option/comparator or both arms; empty where the source prints none. L: lines of the source."


def render(plot: Forest, width: int = 88) -> str:
    """Return the same as plain text."""
    lines = textwrap.wrap(plot.title, width)
    for heading, rows in plot.groups:
        lines += ["", heading]
        for row in rows:
            size = f", n {row.numbers}" if row.numbers else ""
            says = f"{row.study}: {row.comparison}, {row.patients}{size}: {row.says} [{row.source}]"
            lines += textwrap.wrap(says, width, initial_indent="- ", subsequent_indent="  ")
    lines += ["", f"Below 1 {plot.left}, above 1 {plot.right}."] if plot.groups else []
    return "\n".join(lines) + "\n"
