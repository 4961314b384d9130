"""The trials of a population combined, as plain data: networks, league, ranks, what is left out and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from myeloguide.evidence.choice import Choice, Published, choose, from_p, load_published, place_of
from myeloguide.evidence.contrasts import SHOWN_LEVEL, Contrast
from myeloguide.evidence.network import Chi, Estimate, Model, Network, combine
from myeloguide.evidence.ranks import Disagreement, disagreements
from myeloguide.evidence.trials import Evidence
from myeloguide.guideline.pack import Pack


@dataclass(frozen=True)
class Combined:
    """What the trials of a population say together of an endpoint."""

    choice: Choice
    networks: tuple[Network, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def apart(self) -> str | None:
        """Say which options cannot be compared, where the trials do not connect them all."""
        if len(self.networks) < 2:
            return None
        parts = "; ".join(", ".join(network.options) for network in self.networks)
        return f"Options of different parts cannot be compared, no trial links them: {parts}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What must be known to read the numbers."""
        contrasts = [one for network in self.networks for one in network.contrasts]
        if not contrasts:
            return ("No result of these patients has a ratio with an interval or a p value: nothing can be combined.",)
        remarks = [
            "An indirect comparison holds only if the trials' patients are alike in all that changes the ratio; nobody was "
            "randomised between options of different trials.",
            "A P-score is the mean certainty of being better than another option of the same part: 1 is best, 0 is worst; it is "
            "no grade.",
        ]
        remarks += _missing(self.networks)
        if made := sorted({one.study for one in contrasts if from_p(one)}):
            remarks.append(
                f"Standard error made from the p value, taken as two-sided (Cochrane Handbook 5.1, 7.7.7.3): {', '.join(made)}. "
                "If the trial's p was one-sided its true interval is wider."
            )
        if rescaled := sorted({one.study for one in contrasts if one.level not in (None, SHOWN_LEVEL)}):
            remarks.append(f"Interval printed at another level, shown at 95%: {', '.join(rescaled)}.")
        if askew := self.choice.off_centre:
            remarks.append(f"The printed ratio is not the middle of its interval; ratio and width are kept: {', '.join(askew)}.")
        if unverified := self.choice.unverified:
            remarks.append(f"Input not seen where it was published: {', '.join(unverified)}.")
        return tuple(remarks)


def combined(
    evidence: Evidence, pack: Pack, population: str = "all", endpoint: str = "PFS", *, published: bool = False
) -> Combined:
    """Combine the results of the source for a population, with those published elsewhere where asked for."""
    elsewhere: Sequence[Published] = load_published() if published else ()
    choice = choose(evidence, population, endpoint, elsewhere)
    networks = combine(choice.contrasts)
    return Combined(choice, networks, disagreements(pack, evidence, choice, networks))


def league(network: Network) -> tuple[Estimate, ...]:
    """Return every comparison of a network, the option with the higher P-score first."""
    model = network.random or network.common
    return tuple(model.estimate(one, other) for one, other in combinations(model.scores(), 2))


def effects(network: Network) -> str:
    """Say by which model a network's league and ranks are told."""
    return "random effects" if network.random else "common effects"


def _missing(networks: Sequence[Network]) -> Iterator[str]:
    of: dict[str, list[Network]] = {}
    for network in networks:
        for missing in not_estimable(network):
            of.setdefault(missing, []).append(network)
    for missing, lacking in of.items():
        parts = "; ".join(", ".join(network.options) for network in lacking)
        yield f"{missing}." if len(lacking) == len(networks) else f"{missing}: {parts}."


def not_estimable(network: Network) -> tuple[str, ...]:
    """Say what these trials cannot tell, and why."""
    missing = []
    if not network.whole.df:
        missing.append("Heterogeneity (tau², I², Q) and random effects: not estimable, no two trials say the same ratio")
    if not network.between.df:
        missing.append("Inconsistency: not estimable, there is no loop of trials")
    if network.whole.df < 2:
        missing.append("Prediction intervals: not estimable, they need two degrees of freedom")
    return tuple(missing)


def plain(found: Combined) -> dict[str, Any]:
    """Return everything as one JSON object."""
    choice = found.choice
    return {
        "population": choice.population,
        "endpoint": choice.endpoint,
        "published_elsewhere": choice.published,
        "parts": [_network(network, choice) for network in found.networks],
        "cannot_be_compared": found.apart,
        "left_out": [
            {"trial": one.trial, "option": one.result.option, "comparator": one.result.comparator, "why": one.why,
             "place": place_of(one.result)}
            for one in choice.left_out
        ],
        "disagreements": [
            {**_estimate(one.estimate), "list": one.list_title, "lower_tier": one.lower_tier, "higher_tier": one.higher_tier,
             "sure": one.sure, "why": list(one.why)}
            for one in found.disagreements
        ],
        "remarks": list(found.remarks),
    }  # fmt: skip


def _network(network: Network, choice: Choice) -> dict[str, Any]:
    return {
        "options": list(network.options),
        "trials": [_contrast(one, choice) for one in network.contrasts],
        "common": _model(network.common, network.options),
        "random": network.random and _model(network.random, network.options),
        "predicted": [
            {"option": one.treatment, "comparator": one.comparator, "low": limits[0], "high": limits[1]}
            for one in league(network)
            if (limits := network.predicted(one.treatment, one.comparator))
        ]
        or None,
        "tau2": network.tau2,
        "i2": network.i2,
        "heterogeneity": _chi(network.within),
        "inconsistency": _chi(network.between),
        "direct_against_indirect": [
            {"direct": _estimate(one.direct), "indirect": _estimate(one.indirect), "p": one.difference.p}
            for one in network.splits
        ],
        "not_estimable": list(not_estimable(network)),
    }


def _model(model: Model, options: Sequence[str]) -> dict[str, Any]:
    pairs = [model.estimate(one, other) for one, other in combinations(model.scores(), 2)]
    return {
        "p_scores": {option: round(score, 6) for option, score in model.scores().items()},
        "league": [_estimate(pair) for pair in pairs],
    }


def _estimate(one: Estimate) -> dict[str, Any]:
    low, high = one.interval()
    numbers = {"hr": one.ratio, "ci_low": low, "ci_high": high, "p": one.p}
    return {"option": one.treatment, "comparator": one.comparator, **{name: round(number, 6) for name, number in numbers.items()}}


def _contrast(one: Contrast, choice: Choice) -> dict[str, Any]:
    low, high = one.interval()
    return {
        "trial": one.study,
        "option": one.treatment,
        "comparator": one.comparator,
        "hr": round(one.ratio, 6),
        "ci_low": round(low, 6),
        "ci_high": round(high, 6),
        "standard_error": round(one.error, 6),
        "from": one.derived.value,
        "n": one.n,
        "patients": choice.patients[one.study],
        "place": one.place,
        "verified": one.study not in choice.unverified,
    }


def _chi(chi: Chi) -> dict[str, Any] | None:
    return {"q": chi.q, "df": chi.df, "p": chi.p} if chi.df else None
