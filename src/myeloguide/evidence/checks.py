"""Checks of the printed figures against each other; what is printed is shown, never altered."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from statistics import NormalDist

from myeloguide.evidence.table import written
from myeloguide.evidence.trials import Evidence, Result, Trial
from myeloguide.evidence.words import fraction, places_of, ratio_in_words, span
from myeloguide.guideline.pack import Pack

ASSUMED_LEVEL = 95.0
"""Level of an interval that is printed without one; a finding that rests on it says so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Two things printed that do not go together, each with its place."""

    finding: str
    """A lasting name: what it is of, and the check."""
    check: str
    text: str
    places: tuple[str, ...]
    because: str | None = None
    """What explains it, where that is known; None is a new finding."""
    erratum: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings, and the explained ones that no longer come out."""

    findings: tuple[Finding, ...]
    not_found: tuple[str, ...]
    looked_at: dict[str, int] = field(default_factory=dict)
    """How many things each check looked at."""

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that nothing explains."""
        return tuple(item for item in self.findings if item.because is None)


def check_evidence(evidence: Evidence, pack: Pack) -> Checked:
    """Hold the printed figures against each other, and the pack's grades against their basis."""
    looked: dict[str, int] = {}
    found: list[Finding] = []
    for name, run in CHECKS.items():
        each = list(run(evidence))
        looked[name] = len(each)
        found += [item for item in each if item is not None]
    for name, each in (("listed", list(listed(evidence, pack))), ("grade", list(grades(pack)))):
        looked[name] = len(each)
        found += [item for item in each if item is not None]
    known = {item.finding: item for item in evidence.known}
    shown = tuple(
        replace(item, because=known[item.finding].because, erratum=known[item.finding].erratum) if item.finding in known else item
        for item in found
    )
    return Checked(shown, tuple(sorted(set(known) - {item.finding for item in found})), looked)


# --- one result -----------------------------------------------------------------------------------------------------


def half_unit(value: float, digits: int = 2) -> float:
    """Return half a unit of the last digit printed; a trailing zero of two decimals counts as printed."""
    decimals = len(f"{value:.4f}".rstrip("0").partition(".")[2])
    return float(0.5 / 10 ** max(decimals, digits))


def contains(evidence: Evidence) -> Iterator[Finding | None]:
    """An interval contains the ratio, or the rate, that it is of."""
    for trial, result in evidence.results:
        value = result.hr if result.hr is not None else result.value_option
        if result.ci_low is not None and result.ci_high is not None and isinstance(value, (int, float)):
            held = result.ci_low <= value <= result.ci_high
            yield None if held else _of(trial, result, "interval", f"{fraction(value)} lies outside its interval {span(result)}")


def centred(evidence: Evidence) -> Iterator[Finding | None]:
    """A hazard ratio is the middle of its interval on the logarithmic scale, as far as rounding lets it be seen."""
    for trial, result in evidence.results:
        if result.hr is None or result.ci_low is None:
            continue
        middle = off_centre(result)
        text = f"the ratio {fraction(result.hr)} is not the middle of its interval {span(result)}, which is "
        yield None if middle is None else _of(trial, result, "middle", f"{text}{middle:.3f}")


def off_centre(result: Result) -> float | None:
    """Return the middle of an interval that does not have its ratio there, or None."""
    if result.hr is None or result.ci_low is None or result.ci_high is None:
        return None
    digits = 3 if len(f"{fraction(result.hr)}") > 4 else 2
    ends = [(end, half_unit(end, digits)) for end in (result.ci_low, result.ci_high)]
    low, high = (math.sqrt(math.prod(end + sign * unit for end, unit in ends)) for sign in (-1, 1))
    unit = half_unit(result.hr, digits)
    return None if low - unit <= result.hr <= high + unit else math.sqrt(result.ci_low * result.ci_high)


def p_agrees(evidence: Evidence) -> Iterator[Finding | None]:
    """An interval and a p value agree: two-sided, by the normal approximation, with room for rounding and for another test."""
    for trial, result in evidence.results:
        if result.hr is None or result.ci_low is None or result.ci_high is None or result.p is None:
            continue
        smallest, largest = p_from(result)
        held = smallest / 2 <= result.p <= largest * 2 if result.p_operator == "=" else smallest <= result.p
        text = f"the interval {span(result)} around {fraction(result.hr)} means p between {smallest:.2g} and {largest:.2g}"
        assumed = "" if result.ci_level is not None else f" (level {ASSUMED_LEVEL:g}% assumed)"
        yield None if held else _of(trial, result, "p", f"{text}{assumed}, printed is p {result.p_operator} {result.p:g}")


def p_from(result: Result) -> tuple[float, float]:
    """Return the smallest and largest two-sided p that a rounded ratio and its interval allow."""
    assert result.hr is not None and result.ci_low is not None and result.ci_high is not None
    normal = NormalDist()
    quantile = normal.inv_cdf(0.5 + (result.ci_level or ASSUMED_LEVEL) / 200)
    found = []
    for ratio in (result.hr - half_unit(result.hr), result.hr + half_unit(result.hr)):
        for sign in (-1, 1):
            low = max(result.ci_low + sign * half_unit(result.ci_low), 1e-9)
            high = result.ci_high - sign * half_unit(result.ci_high)
            error = math.log(high / low) / (2 * quantile)
            found.append(2 * (1 - normal.cdf(abs(math.log(ratio)) / error)))
    return min(found), max(found)


def direction(evidence: Evidence) -> Iterator[Finding | None]:
    """A ratio below 1 goes with the longer median, and a printed difference is that of the medians."""
    for trial, result in evidence.results:
        first, second = (_as_number(value) for value in (result.value_option, result.value_comparator))
        if first is None or second is None or result.unit != "months":
            continue
        medians = f"medians {written(result.value_option)} and {written(result.value_comparator)}"
        if result.hr is not None:
            held = (result.hr - 1) * (first - second) <= 0
            yield (
                None
                if held
                else _of(trial, result, "direction", f"the ratio {fraction(result.hr)} and the {medians} point two ways")
            )
        if result.difference is not None:
            held = abs(first - second - result.difference) < 0.051
            text = f"the difference {result.difference:g} is not that of the {medians}"
            yield None if held else _of(trial, result, "difference", text)


def _as_number(value: float | str | None) -> float | None:
    return math.inf if value == "NR" else value if isinstance(value, (int, float)) else None


def called(evidence: Evidence) -> Iterator[Finding | None]:
    """What the words call a result goes with its interval or p value."""
    for trial, result in evidence.results:
        significant = _significant(result)
        if result.called is None or significant is None:
            continue
        held = significant == (result.called == "benefit")
        shown = span(result) if result.ci_low is not None else f"p {result.p_operator} {result.p:g}"
        text = f"called {result.called}, though {shown} {'excludes' if significant else 'does not exclude'} no difference"
        yield None if held else _of(trial, result, "called", text)


def _significant(result: Result) -> bool | None:
    if result.hr is not None and result.ci_low is not None and result.ci_high is not None:
        return not result.ci_low <= 1 <= result.ci_high
    return None if result.p is None else result.p < 0.05


def whole_patients(evidence: Evidence) -> Iterator[Finding | None]:
    """A percentage of patients is a whole number of them."""
    for trial, result in evidence.results:
        value, n = result.value_option, result.n_option
        if result.unit == "percent" and result.at_months is None and n is not None and isinstance(value, (int, float)):
            digits = len(f"{value:g}".partition(".")[2])
            counts = [100 * count / n for count in (math.floor(value * n / 100), math.ceil(value * n / 100))]
            held = any(abs(share - value) <= 0.5 * 10**-digits + 1e-9 for share in counts)
            nearest = " or ".join(f"{share:.1f}%" for share in counts)
            text = f"{value:g}% is no whole number of {n} patients, which would be {nearest}"
            yield None if held else _of(trial, result, "whole-patients", text)


def odd_print(evidence: Evidence) -> Iterator[Finding | None]:
    """A number with a lost digit or sign, a power of ten without its exponent, an interval called a range."""
    signs = {"--": "a doubled hyphen", ".%": "a digit is missing", " x 106": "the exponent of 10^6 is printed as digits"}
    for trial, result in evidence.results:
        found = [why for sign, why in signs.items() if sign in (result.as_printed or "")]
        if "(range" in (result.as_printed or "") and result.ci_low is not None:
            found.append("one rate has an interval, no range")
        text = f"printed `{result.as_printed}`: {'; '.join(found)}"
        yield _of(trial, result, "print", text) if found else None


# --- several results ------------------------------------------------------------------------------------------------


def same_numbers(evidence: Evidence) -> Iterator[Finding | None]:
    """One ratio with one interval is not given for two populations of a trial."""
    for trial in evidence.trials:
        with_interval = [result for result in trial.file.results if result.hr is not None and result.ci_low is not None]
        for first, second in combinations(with_interval, 2):
            same = (first.hr, first.ci_low, first.ci_high) == (second.hr, second.ci_low, second.ci_high)
            names = f"{first.population} and {second.population}"
            text = f"{ratio_in_words(first)} is printed for two populations: {names}"
            places = (places_of(first.lines), places_of(second.lines))
            yield Finding(f"{trial.name}/same-numbers/{names}", "same numbers", f"{trial.name}: {text}", places) if same else None


def sizes(evidence: Evidence) -> Iterator[Finding | None]:
    """Arms and subgroups are not larger than their trial, and the arms together make it."""
    for trial in evidence.trials:
        file = trial.file
        arms = [arm.n for arm in file.arms if arm.n is not None]
        whole = file.patients.n if file.patients else sum(arms) if arms and len(arms) == len(file.arms) else None
        if whole is None:
            continue
        where = places_of(file.patients.lines if file.patients else file.lines)
        if file.patients is not None and len(arms) == len(file.arms) > 1:
            held = sum(arms) == whole
            text = f"{trial.name}: the arms ({' + '.join(map(str, arms))}) do not make {whole} patients"
            yield None if held else Finding(f"{trial.name}/size/arms", "size", text, (where,))
        parts = [(item.population, item.n, file.lines) for item in file.populations if item.n is not None]
        parts += [(item.says, item.n, item.lines) for item in file.composition if item.n is not None]
        parts += [
            (result.population, (result.n_option or 0) + (result.n_comparator or 0), result.lines) for result in file.results
        ]
        for name, number, lines in parts:
            if number:
                text = f"{trial.name}: {name} has {number} patients, the trial {whole}"
                larger = number > whole and not any(result.cut for result in file.results)
                yield Finding(f"{trial.name}/size/{name}", "size", text, (places_of(lines), where)) if larger else None


def shares(evidence: Evidence) -> Iterator[Finding | None]:
    """A number of patients and the percentage printed beside it are the same part of the trial."""
    for trial in evidence.trials:
        wholes = {arm.n for arm in trial.file.arms} | {trial.file.patients.n if trial.file.patients else None}
        for part in trial.file.composition:
            if part.n is None or part.share is None:
                continue
            held = any(whole and abs(100 * part.n / whole - part.share) <= 0.5 for whole in wholes)
            text = f"{trial.name}: {part.n} patients are not {part.share:g}% ({part.says})"
            yield None if held else Finding(f"{trial.name}/share/{part.says}", "share", text, (places_of(part.lines),))


def said_twice(evidence: Evidence) -> Iterator[Finding | None]:
    """The source says one thing of a property of a trial."""
    for trial in evidence.trials:
        for name in dict.fromkeys(item.of for item in trial.file.said):
            said = [item for item in trial.file.said if item.of == name]
            differ = len({item.is_ for item in said}) > 1
            text = f"{trial.name}: {name} is printed as {' and as '.join(item.is_ for item in said)}"
            places = tuple(places_of(item.lines) for item in said)
            yield Finding(f"{trial.name}/said-twice/{name}", "said twice", text, places) if differ else None


def elsewhere(evidence: Evidence) -> Iterator[Finding | None]:
    """A printed figure is the one of the registry or of the trial's own publication, where that is known."""
    for trial in evidence.trials:
        for item in trial.file.elsewhere:
            seen = "" if item.verified else ", not verified"
            text = f"{trial.name}: {item.of}: printed {item.printed}, elsewhere {item.elsewhere} ({item.publication}{seen})"
            places = (places_of(item.lines), item.publication)
            differ = item.printed != item.elsewhere
            yield Finding(f"{trial.name}/elsewhere/{item.of}", "elsewhere", text, places) if differ else None


def citations(evidence: Evidence) -> Iterator[Finding | None]:
    """One number of the reference list stands for one thing, and every number is cited."""
    trials = {trial.name for trial in evidence.trials}
    for number in range(1, evidence.last_reference + 1):
        reference = evidence.references.get(number)
        if reference is None or not reference.cited:
            name = next((trial.name for trial in evidence.trials if number in trial.file.references), None)
            meant = f"; it is probably that of {name}" if name else ""
            yield Finding(f"reference {number}/never-cited", "citation", f"reference {number} is cited nowhere{meant}", ())
            continue
        things = [cited for cited in reference.cited if cited.of in trials] or list(reference.cited)
        differ = len(things) > 1 or (len(reference.cited) > 1 and things != list(reference.cited))
        text = f"reference {number} is cited for {' and for '.join(cited.of for cited in reference.cited)}"
        places = tuple(places_of(cited.lines) for cited in reference.cited)
        about_trials = any(cited.of in trials for cited in reference.cited)
        yield Finding(f"reference {number}/cited-for-two", "citation", text, places) if differ and about_trials else None


def listed(evidence: Evidence, pack: Pack) -> Iterator[Finding | None]:
    """An option that the pack recommends is not one of which a result is called no benefit, or worse."""
    recommended = {row.option: row for row in reversed(list(pack.rows)) if row.recommends}
    for trial, result in evidence.results:
        arm = next(arm for arm in trial.file.arms if arm.arm == result.option)
        for option in (arm.arm, *arm.also):
            row = recommended.get(option)
            if result.called is None or row is None:
                continue
            text = f"called {result.called} for {option}, which stands in {row.list} ({row.tier_title.lower()}) all the same"
            shown = _of(trial, result, "listed", text)
            places = (*shown.places, str(row.listed.source))
            against = result.called in ("no benefit", "worse")
            yield Finding(f"{shown.finding}/{option}", "listed", shown.text, places) if against else None


def grades(pack: Pack) -> Iterator[Finding | None]:
    """An option has one grade for one basis."""
    rows = defaultdict(list)
    for row in pack.rows:
        if row.grade is not None and row.basis is not None and not row.via:
            phase = re.match(r"phase \d", row.basis)
            rows[row.option, phase[0] if phase else row.basis].append(row)
    for (option, basis), found in rows.items():
        differ = len({row.grade for row in found}) > 1
        text = f"{option}: {' and '.join(f'{row.grade} ({row.list})' for row in found)}, each based on {basis}"
        places = tuple(str(row.listed.source) for row in found)
        yield Finding(f"{option}/grade/{basis}", "grade", text, places) if differ else None


Check = Callable[[Evidence], Iterable["Finding | None"]]
CHECKS: dict[str, Check] = {
    "interval": contains,
    "middle": centred,
    "p": p_agrees,
    "direction": direction,
    "called": called,
    "whole patients": whole_patients,
    "print": odd_print,
    "same numbers": same_numbers,
    "size": sizes,
    "share": shares,
    "said twice": said_twice,
    "elsewhere": elsewhere,
    "citation": citations,
}


def _of(trial: Trial, result: Result, check: str, text: str) -> Finding:
    parts = (trial.name, check, result.measured, result.population, result.cut)
    name = "/".join(part for part in parts if part)
    said = f"{trial.name}, {trial.file.population(result.population).title}, {result.measured}: {text}"
    places = (places_of(result.lines),) if result.lines else (result.publication or "",)
    return Finding(name, check.replace("-", " "), said, places)
