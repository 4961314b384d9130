"""The evidence as plain text: the results of an option or a trial, and what the checks found."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.evidence.checks import Checked, Finding
from myeloguide.evidence.table import of_result, of_toxicity
from myeloguide.evidence.trials import Evidence, Registry, Result, Toxicity, Trial
from myeloguide.evidence.words import p_in_words, places_of, ratio_in_words, toxicity_in_words, values_in_words


def trials_named(evidence: Evidence, word: str) -> tuple[str | None, tuple[Trial, ...]]:
    """Return the trial of a name, or an option and the trials with an arm of it; else say which was likely meant."""
    trial = evidence.trial(word)
    if trial is not None:
        return None, (trial,)
    option = evidence.vocabulary.regimen(word)
    if option is None:
        names = [*(item.name for item in evidence.trials), *evidence.vocabulary.regimens]
        remedy = suggestion(word, names) or "name an option, such as DVd, or a trial, such as CASTOR"
        raise InputError(Problem("evidence show", f'there is no option and no trial "{word}"', remedy))
    trials = tuple(item for item in evidence.trials if item.arms_for(option))
    if not trials:
        raise InputError(Problem("evidence show", f"the source reports no result of {option}"))
    return option, trials


def reported_of(trial: Trial, option: str | None) -> tuple[tuple[Result, ...], tuple[Toxicity, ...]]:
    """Return the results and toxicities of a trial, or those of an option in it."""
    arms = {arm.arm for arm in trial.file.arms} if option is None else set(trial.arms_for(option))
    results = tuple(item for item in trial.file.results if {item.option, item.comparator} & arms)
    return results, tuple(item for item in trial.file.toxicities if item.option in arms)


def as_data(trials: Iterable[Trial], option: str | None) -> list[dict[str, Any]]:
    """Return results and toxicities as rows of the table."""
    found: list[dict[str, Any]] = []
    for trial in trials:
        results, toxicities = reported_of(trial, option)
        found += [asdict(of_result(trial, item)) for item in results]
        found += [asdict(of_toxicity(trial, item)) for item in toxicities]
    return found


def render_trials(evidence: Evidence, trials: Iterable[Trial], option: str | None, width: int = 88) -> str:
    """Return the results of an option, or of a trial, with their places."""
    lines: list[str] = []
    if option is not None:
        lines += _wrap(f"{option}: {evidence.vocabulary.regimens[option].name}", width, "", "  ")
    for trial in trials:
        lines += ["", *_trial(trial, option, max(width, 60))] if lines else list(_trial(trial, option, max(width, 60)))
    lines += ["", *_wrap(_LEGEND, width, "", "")]
    return "\n".join(lines) + "\n"


_LEGEND = "L: lines of the source; NR not reached, NE not estimable; HR below 1 favours the arm named first."


def _trial(trial: Trial, option: str | None, width: int) -> Iterator[str]:
    file = trial.file
    known = "; ".join(filter(None, [registered(file.registry), f"phase {file.phase}" if file.phase else ""]))
    yield from _wrap(f"{trial.name}{f' ({known})' if known else ''}: {file.title} [{places_of(file.lines)}]", width, "", "  ")
    admits = "; ".join(f"{item.says} [{places_of(item.lines)}]" for item, _ in trial.admits) or "not stated in the source"
    yield from _wrap(f"Admitted: {admits}", width, "  ", "    ")
    parts = "; ".join(f"{part_in_words(trial, at)} [{places_of(part.lines)}]" for at, (part, _) in enumerate(trial.parts))
    if parts:
        yield from _wrap(f"Of the patients: {parts}", width, "  ", "    ")
    results, toxicities = reported_of(trial, option)
    group = None
    widths = max((len(item.measured) for item in results), default=0), max((len(_arms(item)) for item in results), default=0)
    for result in results:
        if (heading := _heading(trial, result)) != group:
            group = heading
            yield from _wrap(heading, width, "  - ", "    ")
        yield from _row(result, widths, width)
    for toxicity in toxicities:
        yield from _wrap(f"{toxicity_in_words(trial, toxicity)} [{places_of(toxicity.lines)}]", width, "  ! ", "    ")
    for said in file.statements:
        yield from _wrap(f"{said.says} [{places_of(said.lines)}]", width, "  . ", "    ")
    for other in file.elsewhere:
        text = (
            f"{other.of}: printed {other.printed} [{places_of(other.lines)}], elsewhere {other.elsewhere} ({other.publication})"
        )
        yield from _wrap(text + ("" if other.verified else ", not verified"), width, "  ? ", "    ")


def registered(registry: Registry | None) -> str:
    """Return a registry number, marked where it is not verified."""
    if registry is None:
        return ""
    return registry.number if registry.verified else f"{registry.number}, not verified"


def part_in_words(trial: Trial, at: int) -> str:
    """Say what part of a trial's patients is of a kind."""
    part = trial.parts[at][0]
    sign = "more than " if part.operator == ">" else ""
    share = f"{sign}{part.share:g}%" if part.share is not None else ""
    often = share if part.n is None else f"{part.n} ({share})" if share else str(part.n)
    return f"{often} {part.says}"


def _heading(trial: Trial, result: Result) -> str:
    population = trial.file.population(result.population)
    n = [number for number in (result.n_option, result.n_comparator) if number is not None]
    size = f"n {' and '.join(map(str, n))}" if n else f"n {population.n}" if population.n else ""
    followed = f"followed {result.followup_months:g} months" if result.followup_months is not None else ""
    return "; ".join(filter(None, [population.title, result.cut, size, followed]))


def _arms(result: Result) -> str:
    return result.option + (f" v {result.comparator}" if result.comparator else "")


def _row(result: Result, widths: tuple[int, int], width: int) -> Iterator[str]:
    values = values_in_words(result) or (f"{result.difference:g} months longer" if result.difference else "")
    figures = [values, ratio_in_words(result), p_in_words(result)]
    judged = f"called {result.called}" if result.called else ""
    shown = "; ".join(filter(None, [*figures, result.contrast or "", judged, result.note or ""])) or "no figures"
    where = places_of(result.lines, result.publication) + (f", ref. {result.reference}" if result.reference else "")
    head = f"    {result.measured:<{widths[0]}}  {_arms(result):<{widths[1]}}  "
    yield from _wrap(f"{shown} [{where}]", width, head, " " * len(head))


def _wrap(text: str, width: int, first: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


# --- what the checks found ------------------------------------------------------------------------------------------

_CHECKED = {
    "interval": "intervals contain the ratio or rate that they are of",
    "middle": "ratios are the middle of their interval, on the logarithmic scale",
    "p": "intervals and p values agree (two-sided, normal approximation)",
    "direction": "ratios and medians point the same way, differences are those of the medians",
    "called": "the words go with the interval or the p value",
    "whole patients": "percentages are whole numbers of patients",
    "print": "results without an odd print",
    "same numbers": "pairs of populations of a trial without the same ratio and interval",
    "size": "arms and subgroups within their trial",
    "share": "numbers of patients and percentages that are the same part",
    "said twice": "properties of which one thing is said",
    "elsewhere": "figures that stand the same elsewhere",
    "citation": "reference numbers cited, and for one thing",
    "listed": "results that do not speak against an option that the guideline recommends",
    "grade": "grades of an option by one basis",
}


def render_findings(checked: Checked, left_out: tuple[str, ...] | None, width: int = 88) -> str:
    """Return what the checks looked at and found; `left_out` is None where no copy of the source was given."""
    lines = ["What is printed was held against itself; nothing printed is altered.", ""]
    of_check = {name: [item for item in checked.findings if item.check == name] for name in checked.looked_at}
    for name, number in checked.looked_at.items():
        found = f", {len(of_check[name])} not so" if of_check[name] else ""
        lines += _wrap(f"{_CHECKED[name]}{found}", width, f"{number:>6}  ", " " * 8)
    if left_out is not None:
        lines += ["", f"Figures of the source that are left out or stand elsewhere: {len(left_out) or 'none'}"]
        lines += [f"- {text}" for text in left_out]
    lines += ["", f"New findings: {len(checked.new) or 'none'}"]
    for item in checked.new:
        lines += _finding(item, width)
    for name in checked.not_found:
        lines += _wrap(f"{name}: explained in known.yaml, but no longer found", width, "- ", "  ")
    known = [item for item in checked.findings if item.because is not None]
    lines += ["", f"Known findings: {len(known)}"]
    for item in known:
        lines += _finding(item, width)
    return "\n".join(lines) + "\n"


def _finding(item: Finding, width: int) -> Iterator[str]:
    yield from _wrap(f"{item.text} [{'; '.join(item.places)}]" if item.places else item.text, width, "- ", "  ")
    if item.because is not None:
        erratum = f" (erratum {item.erratum})" if item.erratum else ""
        yield from _wrap(f"{item.because}{erratum}", width, "  = ", "    ")
