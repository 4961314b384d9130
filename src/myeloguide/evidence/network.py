"""Network meta-analysis: contrasts of trials combined over what they were compared with (common and random effects).

The model is that of Lu and Ades in contrasts: generalised least squares, a trial of several arms with the covariance that its
shared arm makes. Heterogeneity by the generalised moments of DerSimonian and Laird (Jackson 2012), inconsistency by design
(Higgins 2012, Krahn 2013) and by comparison (Dias 2010, back-calculation), P-scores (Rücker and Schwarzer 2015). What the
trials cannot tell is None.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myeloguide.errors import InputError, Problem, lacking
from myeloguide.evidence.contrasts import SHOWN_LEVEL, Contrast, quantile, share_below

Matrix = NDArray[np.float64]
_CLOSED = 0.05
"""How far the contrasts of a trial of several arms may be from adding up, by rounding."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The combined logarithm of the ratio of `treatment` to `comparator`, with its standard error."""

    treatment: str
    comparator: str
    log_ratio: float
    error: float

    @property
    def ratio(self) -> float:
        return math.exp(self.log_ratio)

    def interval(self, level: float = SHOWN_LEVEL) -> tuple[float, float]:
        """Return the limits at a level, in percent."""
        reach = quantile(level) * self.error
        return math.exp(self.log_ratio - reach), math.exp(self.log_ratio + reach)

    @property
    def p(self) -> float:
        return 2 * share_below(-abs(self.log_ratio) / self.error)


@dataclass(frozen=True, slots=True)
class Chi:
    """A sum of squares, its degrees of freedom, and the chance of a larger one."""

    q: float
    df: int

    @property
    def p(self) -> float | None:
        if not self.df:
            return None
        return float(_distributions().chi2.sf(self.q, self.df))


@dataclass(frozen=True, slots=True)
class Split:
    """What trials say of one comparison directly, and what the rest of the network says of it."""

    direct: Estimate
    indirect: Estimate

    @property
    def difference(self) -> Estimate:
        log_ratio = self.direct.log_ratio - self.indirect.log_ratio
        return Estimate(
            self.direct.treatment, self.direct.comparator, log_ratio, math.hypot(self.direct.error, self.indirect.error)
        )


class Model:
    """The options of a network under common or random effects."""

    def __init__(self, options: Sequence[str], effects: Matrix, covariance: Matrix) -> None:
        self.options = tuple(options)
        self._place = {option: place for place, option in enumerate(self.options)}
        self._effects = effects
        self._covariance = covariance

    def estimate(self, treatment: str, comparator: str) -> Estimate:
        """Return the ratio of two different options."""
        one, other = self._place[treatment], self._place[comparator]
        variance = self._covariance[one, one] + self._covariance[other, other] - 2 * self._covariance[one, other]
        return Estimate(treatment, comparator, float(self._effects[one] - self._effects[other]), math.sqrt(float(variance)))

    def scores(self, *, small_is_good: bool = True) -> dict[str, float]:
        """Return the P-score of every option, best first: how sure it is, on average, that it is better than another."""
        sign = -1 if small_is_good else 1
        scores = {}
        for option in self.options:
            against = [self.estimate(option, other) for other in self.options if other != option]
            scores[option] = sum(share_below(sign * one.log_ratio / one.error) for one in against) / len(against)
        return dict(sorted(scores.items(), key=lambda scored: -scored[1]))


@dataclass(frozen=True)
class Network:
    """Trials that hang together, combined."""

    contrasts: tuple[Contrast, ...]
    options: tuple[str, ...]
    common: Model
    random: Model | None
    """None where no two trials say anything of the same ratio: heterogeneity is not estimable."""
    whole: Chi
    within: Chi
    """Of trials of the same design among themselves: heterogeneity."""
    between: Chi
    """Of designs among each other: inconsistency; no degrees of freedom without loops."""
    between_random: Chi | None
    tau2: float | None
    splits: tuple[Split, ...]

    @property
    def i2(self) -> float | None:
        if not self.whole.df:
            return None
        return max(0.0, 1 - self.whole.df / self.whole.q) if self.whole.q else 0.0

    def way(self, one: str, other: str) -> tuple[Contrast, ...]:
        """Return the contrasts on a shortest way from one option to another."""
        ways: dict[str, tuple[Contrast, ...]] = {one: ()}
        for option in (reached := [one]):
            for contrast in self.contrasts:
                ends = {contrast.treatment, contrast.comparator}
                for further in ends - {option} if option in ends else ():
                    if further not in ways:
                        ways[further] = (*ways[option], contrast)
                        reached.append(further)
        return ways[other]

    def predicted(self, treatment: str, comparator: str, level: float = SHOWN_LEVEL) -> tuple[float, float] | None:
        """Return where the ratio of a further trial is expected (Higgins 2009); None with fewer than two degrees of freedom."""
        if self.random is None or self.tau2 is None or self.whole.df < 2:
            return None
        mean = self.random.estimate(treatment, comparator)
        reach = float(_distributions().t.ppf(0.5 + level / 200, self.whole.df - 1)) * math.sqrt(mean.error**2 + self.tau2)
        return math.exp(mean.log_ratio - reach), math.exp(mean.log_ratio + reach)


def _distributions() -> Any:
    try:
        from scipy import stats
    except ModuleNotFoundError:
        raise lacking("a network", "trials that say the same ratio twice need SciPy", "evidence") from None
    return stats


def combine(contrasts: Iterable[Contrast]) -> tuple[Network, ...]:
    """Combine contrasts into one network for each set of options that trials connect, largest first."""
    studies: dict[str, list[Contrast]] = defaultdict(list)
    for contrast in contrasts:
        studies[contrast.study].append(contrast)
    read = [_Study(name, given) for name, given in sorted(studies.items())]
    networks = [_combined([study for study in read if study.arms[0] in part], part) for part in _parts(read)]
    return tuple(sorted(networks, key=lambda network: (-len(network.options), network.options)))


class _Study:
    """One trial: its arms, the contrasts of all of them with the first, and their covariance."""

    def __init__(self, name: str, given: Sequence[Contrast]) -> None:
        self.given = tuple(given)
        self.arms = tuple(sorted({arm for contrast in given for arm in (contrast.treatment, contrast.comparator)}))
        pairs = {(one.treatment, one.comparator): one for contrast in given for one in (contrast, contrast.turned())}
        first, others = self.arms[0], self.arms[1:]
        if len(given) != len(self.arms) * len(others) // 2 or len(pairs) != 2 * len(given):
            raise InputError(
                Problem(
                    name, "has not exactly one contrast for every pair of its arms", "give each pair once, or name parts apart"
                )
            )
        against = [pairs[arm, first] for arm in others]
        self.effects = np.array([one.log_ratio for one in against])
        squares = np.array([one.error**2 for one in against])
        self.covariance: Matrix = np.diag(squares)
        for i, j in combinations(range(len(others)), 2):
            both = pairs[others[i], others[j]]
            if abs(self.effects[i] - self.effects[j] - both.log_ratio) > _CLOSED:
                raise InputError(Problem(name, f"its ratios of {first}, {others[i]} and {others[j]} contradict each other"))
            self.covariance[i, j] = self.covariance[j, i] = (squares[i] + squares[j] - both.error**2) / 2
        if np.linalg.eigvalsh(self.covariance).min() <= 0:
            raise InputError(Problem(name, "the standard errors of its arms contradict each other"))

    @property
    def contrasts(self) -> Iterator[tuple[str, str]]:
        return ((arm, self.arms[0]) for arm in self.arms[1:])


def _parts(studies: Sequence[_Study]) -> list[frozenset[str]]:
    parts: list[frozenset[str]] = []
    for study in studies:
        touched = [part for part in parts if part & set(study.arms)]
        parts = [part for part in parts if part not in touched] + [frozenset(study.arms).union(*touched)]
    return parts


class _Fit:
    """Contrasts fitted by generalised least squares."""

    def __init__(self, design: Matrix, effects: Matrix, covariance: Matrix) -> None:
        weights = np.linalg.inv(covariance)
        self.covariance: Matrix = np.linalg.inv(design.T @ weights @ design).astype(np.float64)
        self.effects: Matrix = self.covariance @ design.T @ weights @ effects
        residual = effects - design @ self.effects
        self.chi = Chi(max(0.0, float(residual @ weights @ residual)), len(effects) - design.shape[1])
        self._left = weights - weights @ design @ self.covariance @ design.T @ weights

    def tau2(self, spread: Matrix) -> float | None:
        if not self.chi.df:
            return None
        return max(0.0, (self.chi.q - self.chi.df) / float(np.trace(self._left @ spread)))


def _combined(studies: Sequence[_Study], part: frozenset[str]) -> Network:
    options = tuple(sorted(part))
    effects = np.concatenate([study.effects for study in studies])
    covariance = _blocks([study.covariance for study in studies])
    # Between trials every arm varies alike, so that contrasts with the same arm share half of what they vary by.
    spread = _blocks([(np.eye(len(study.effects)) + 1) / 2 for study in studies])
    design = _design(studies, options)
    by_design = _by_design(studies)

    common = _Fit(design, effects, covariance)
    apart = _Fit(by_design, effects, covariance)
    tau2 = common.tau2(spread)
    random = None if tau2 is None else _Fit(design, effects, covariance + tau2 * spread)
    between = Chi(max(0.0, common.chi.q - apart.chi.q), common.chi.df - apart.chi.df)
    between_random = None
    tau2_within = apart.tau2(spread)
    if between.df and tau2_within is not None:
        spreading = covariance + tau2_within * spread
        whole, within = (_Fit(matrix, effects, spreading).chi.q for matrix in (design, by_design))
        between_random = Chi(max(0.0, whole - within), between.df)

    models = [None if fit is None else _model(options, fit) for fit in (common, random)]
    assert models[0] is not None
    contrasts = tuple(contrast for study in studies for contrast in study.given)
    splits = _splits(contrasts, models[1] or models[0], tau2 or 0.0) if between.df else ()
    return Network(contrasts, options, models[0], models[1], common.chi, apart.chi, between, between_random, tau2, tuple(splits))


def _blocks(squares: Sequence[Matrix]) -> Matrix:
    size = sum(len(square) for square in squares)
    whole = np.zeros((size, size))
    start = 0
    for square in squares:
        end = start + len(square)
        whole[start:end, start:end] = square
        start = end
    return whole


def _design(studies: Sequence[_Study], options: Sequence[str]) -> Matrix:
    """Return which options each contrast compares; the first option is what the others are measured from."""
    pairs = [pair for study in studies for pair in study.contrasts]
    return np.array([[(option == arm) - (option == first) for option in options[1:]] for arm, first in pairs], dtype=float)


def _by_design(studies: Sequence[_Study]) -> Matrix:
    """Return the same with effects of its own for every design, a set of arms."""
    own = list(dict.fromkeys((study.arms, arm) for study in studies for arm in study.arms[1:]))
    rows = [(study.arms, arm) for study in studies for arm in study.arms[1:]]
    return np.array([[float(row == column) for column in own] for row in rows])


def _model(options: Sequence[str], fit: _Fit) -> Model:
    effects = np.concatenate([[0.0], fit.effects])
    covariance = np.pad(fit.covariance, ((1, 0), (1, 0)))
    return Model(options, effects, covariance)


def _splits(contrasts: Sequence[Contrast], model: Model, tau2: float) -> Iterator[Split]:
    """Yield the comparisons of which trials and the rest of the network both say something."""
    pairs: dict[tuple[str, str], list[Contrast]] = defaultdict(list)
    for one in contrasts:
        seen = one if one.treatment < one.comparator else one.turned()
        pairs[seen.treatment, seen.comparator].append(seen)
    for (treatment, comparator), given in sorted(pairs.items()):
        weights = [1 / (one.error**2 + tau2) for one in given]
        mean = sum(weight * one.log_ratio for weight, one in zip(weights, given, strict=True)) / sum(weights)
        whole = model.estimate(treatment, comparator)
        left = 1 / whole.error**2 - sum(weights)
        if left * whole.error**2 > 1e-9:
            indirect = (whole.log_ratio / whole.error**2 - mean * sum(weights)) / left
            yield Split(
                Estimate(treatment, comparator, mean, sum(weights) ** -0.5),
                Estimate(treatment, comparator, indirect, left**-0.5),
            )
