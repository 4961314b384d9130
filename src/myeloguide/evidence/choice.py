"""Which results speak of a population: one contrast a trial, and what is left out, with the reason."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from myeloguide.criteria.nodes import All, Node
from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.evidence.checks import off_centre
from myeloguide.evidence.contrasts import Contrast, Derived, NotComparable, standard_error
from myeloguide.evidence.holding import held_by_all
from myeloguide.evidence.trials import Evidence, Result, Trial
from myeloguide.knowledge.reading import Strict, check, read

_PUBLISHED = Path(__file__).parent / "published.yaml"
_WORDS = {
    "lenalidomide-refractory": "lenalidomide-refractory disease",
    "not-lenalidomide-refractory": "disease not lenalidomide-refractory",
    "one-prior-line-lenalidomide-refractory": "one prior line, lenalidomide-refractory disease",
    "lenalidomide-exposed": "lenalidomide received before",
    "prior-proteasome-inhibitor": "a proteasome inhibitor received before",
    "prior-bortezomib": "bortezomib received before",
    "prior-imid": "an immunomodulatory agent received before",
    "t-11-14": "t(11;14)",
    "bcl2-high": "high BCL-2 expression",
    "t-11-14-or-bcl2-high": "t(11;14) or high BCL-2 expression",
}
IN_WORDS = {
    "PFS": "progression-free survival",
    "OS": "overall survival",
    "TTP": "time to progression",
    "PFS2": "progression-free survival on the next line",
}
"""What a hazard ratio can be of, in words."""


class Published(Result):
    """A hazard ratio of a trial that is printed elsewhere, not in the source."""

    known_as: ClassVar[str] = "published result"

    trial: str


class PublishedFile(Strict):
    """Results printed elsewhere."""

    results: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A result that is not combined, and why."""

    trial: str
    result: Result
    why: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A result that is combined, as a contrast, and whom it is of."""

    contrast: Contrast
    result: Result
    patients: str


@dataclass(frozen=True)
class Choice:
    """The results of a population and an endpoint, one for each comparison of a trial."""

    population: str
    endpoint: str
    chosen: tuple[Chosen, ...]
    left_out: tuple[LeftOut, ...]
    published: bool
    """Whether results printed elsewhere were to be used, too."""

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        return tuple(one.contrast for one in self.chosen)

    @property
    def patients(self) -> dict[str, str]:
        """Whom each trial's result is of, in words."""
        return {one.contrast.study: one.patients for one in self.chosen}

    @property
    def unverified(self) -> tuple[str, ...]:
        """Trials whose result was not seen where it was published."""
        return tuple(sorted({one.contrast.study for one in self.chosen if not one.result.verified}))

    @property
    def off_centre(self) -> tuple[str, ...]:
        """Trials whose printed ratio is not the middle of its interval."""
        return tuple(sorted({one.contrast.study for one in self.chosen if off_centre(one.result) is not None}))


@cache
def load_published() -> tuple[Published, ...]:
    """Return the results printed elsewhere that the program ships with."""
    return check(read(_PUBLISHED, name=_PUBLISHED.name), PublishedFile).results


def populations(evidence: Evidence) -> tuple[str, ...]:
    """Return the populations of which some trial reports a comparison, those of most trials first."""
    trials: dict[str, set[str]] = {}
    for name, trial, result in comparisons(evidence):
        if trial is not None and not trial.file.frontline:
            trials.setdefault(result.population, set()).add(name)
    return tuple(sorted(trials, key=lambda population: (population != "all", -len(trials[population]), population)))


def choose(evidence: Evidence, population: str = "all", endpoint: str = "PFS", published: Sequence[Published] = ()) -> Choice:
    """Choose for every comparison of a trial the result that speaks of a population.

    A trial's whole population counts where the trial admitted nobody else. An interval counts before a p value, the source
    before what is published elsewhere, a longer follow-up before a shorter one.
    """
    check_population(evidence, population)
    if endpoint not in IN_WORDS:
        raise InputError(Problem("--endpoint", f"there is no hazard ratio of {endpoint}", f"one of {', '.join(IN_WORDS)}"))
    means = {trial.narrows[population] for trial in evidence.trials if population in trial.narrows} - {None}
    speaking: dict[tuple[str, str, str], list[tuple[Trial | None, Result]]] = {}
    for name, trial, result in comparisons(evidence, published):
        if trial is not None and trial.file.frontline:
            continue
        if result.endpoint == endpoint and (
            result.population == population or (trial is not None and _admits_only(evidence, trial, result, means))
        ):
            speaking.setdefault((name, result.option, result.comparator or ""), []).append((trial, result))

    chosen, left_out = [], []
    for (name, _, _), found in sorted(speaking.items(), key=lambda item: item[0]):
        usable = []
        for trial, result in found:
            try:
                usable.append(Chosen(_contrast(name, trial, result), result, patients_of(trial, result)))
            except NotComparable as error:
                left_out.append(LeftOut(name, result, str(error)))
        usable.sort(key=lambda one: _rank(one.result))
        chosen += usable[-1:]
        left_out += [LeftOut(name, one.result, "another result of the same comparison is used") for one in usable[:-1]]
    return Choice(population, endpoint, tuple(chosen), tuple(left_out), bool(published))


def check_population(evidence: Evidence, population: str) -> None:
    """Refuse a population of which no trial reports a comparison."""
    known = populations(evidence)
    if population not in known:
        raise InputError(
            Problem("--population", f"no trial compares {population}", suggestion(population, known) or ", ".join(known))
        )


def option_named(evidence: Evidence, word: str) -> str:
    """Return an option or another arm by any of its spellings."""
    arms = {arm for _, _, result in comparisons(evidence, load_published()) for arm in (result.option, result.comparator or "")}
    known = {arm.casefold(): arm for arm in arms}
    found = evidence.vocabulary.regimen(word) or known.get(word.casefold())
    if found is None:
        raise InputError(
            Problem("an option", f"there is no option {word}", suggestion(word, [*evidence.vocabulary.regimens, *arms]))
        )
    return found


def of_population(population: str) -> str:
    """Return a population in words."""
    return "all patients of each trial" if population == "all" else _WORDS.get(population, population.replace("-", " "))


def place_of(result: Result) -> str:
    """Return where a result is printed, in short."""
    spans = [f"L{first}-{last}" if last > first else f"L{first}" for first, last in result.lines]
    return ", ".join(spans) or (result.publication or "")


def comparisons(evidence: Evidence, published: Sequence[Published] = ()) -> Iterator[tuple[str, Trial | None, Result]]:
    """Yield every comparison of arms in time to an event, with its trial; then those published elsewhere."""
    for trial, result in evidence.results:
        if result.comparator is not None and result.endpoint in IN_WORDS:
            yield trial.name, trial, result
    for item in published:
        yield item.trial, evidence.trial(item.trial), item


def _admits_only(evidence: Evidence, trial: Trial, result: Result, means: Iterable[Node | None]) -> bool:
    """Say whether the result is of all patients of a trial, and each of them meets one of these conditions."""
    if not any(item.population == result.population for item in trial.file.populations if item.whole):
        return False
    held = held_by_all(evidence)[trial.name, result.population]
    return any({*(node.children if isinstance(node, All) else (node,))} <= {*held} for node in means)


def _rank(result: Result) -> tuple[bool, bool, float]:
    return result.ci_low is not None, bool(result.lines), result.followup_months or 0.0


def _contrast(name: str, trial: Trial | None, result: Result) -> Contrast:
    assert result.comparator is not None
    interval = None if result.ci_low is None or result.ci_high is None else (result.ci_low, result.ci_high)
    error, derived = standard_error(result.hr, interval, result.ci_level, result.p, result.p_operator or "=")
    assert result.hr is not None
    return Contrast(
        name, result.option, result.comparator, math.log(result.hr), error,
        result.population, result.endpoint, size_of(trial, result), result.ci_level, derived, place_of(result),
    )  # fmt: skip


def size_of(trial: Trial | None, result: Result) -> int | None:
    """Return how many patients a comparison is of, as far as printed."""
    if result.n_option is not None and result.n_comparator is not None:
        return result.n_option + result.n_comparator
    if trial is None or result.population not in trial.narrows:
        return None
    population = trial.file.population(result.population)
    whole = trial.file.patients.n if population.whole and trial.file.patients else None
    return population.n or whole


def patients_of(trial: Trial | None, result: Result) -> str:
    """Return whom a result is of, in words."""
    if trial is not None and result.population in trial.narrows:
        return trial.file.population(result.population).title
    return result.population


def from_p(contrast: Contrast) -> bool:
    """Say whether a contrast's standard error was made from a p value."""
    return contrast.derived in (Derived.p, Derived.p_limit)
