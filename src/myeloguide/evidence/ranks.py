"""Where the order that a network gives disagrees with the tiers of the guideline, and why that may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from myeloguide.evidence.choice import Choice, from_p
from myeloguide.evidence.network import Estimate, Network
from myeloguide.evidence.trials import Evidence
from myeloguide.evidence.words import ratio_in_words, values_in_words
from myeloguide.guideline.pack import OptionList, Pack, Row

_ONE_LINE = (
    "first-relapse-lenalidomide-refractory",
    "first-relapse-not-lenalidomide-refractory",
)
_LATER = ("two-or-more-lines",)
_LISTS: Mapping[str, Sequence[str]] = {
    "all": (*_ONE_LINE, *_LATER),
    "one-prior-line": _ONE_LINE,
    "lenalidomide-refractory": (*_ONE_LINE[:1], *_LATER),
    "one-prior-line-lenalidomide-refractory": _ONE_LINE[:1],
    "not-lenalidomide-refractory": _ONE_LINE[1:],
    "two-or-more-prior-lines": _LATER,
}
"""The lists for patients of a population; of another population no list speaks."""
POPULATIONS = tuple(_LISTS)
_PATIENTS = {
    "first-relapse-lenalidomide-refractory": ("lenalidomide-refractory", "one-prior-line-lenalidomide-refractory"),
    "first-relapse-not-lenalidomide-refractory": ("not-lenalidomide-refractory",),
    "two-or-more-lines": ("two-or-more-prior-lines",),
}
"""The populations whose patients are nearest to those of a list."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An option that a network ranks above one of a higher tier."""

    list_title: str
    lower_tier: str
    higher_tier: str
    estimate: Estimate
    """Of the option of the lower tier against that of the higher one."""
    sure: bool
    """Whether the interval leaves no difference out."""
    why: tuple[str, ...]


def disagreements(pack: Pack, evidence: Evidence, choice: Choice, networks: Sequence[Network]) -> tuple[Disagreement, ...]:
    """Compare the order of every network with the tiers of the lists for such patients, the surest first."""
    lists = {found.id: found for found in pack.lists}
    found = [
        disagreement
        for name in _LISTS.get(choice.population, ())
        if name in lists
        for network in networks
        for disagreement in _of_list(lists[name], evidence, choice, network)
    ]
    return tuple(sorted(found, key=lambda one: (not one.sure, one.estimate.ratio)))


def _of_list(of: OptionList, evidence: Evidence, choice: Choice, network: Network) -> Iterator[Disagreement]:
    order = list(dict.fromkeys(row.tier for row in of.rows if row.recommends))
    best: dict[str, Row] = {}
    for row in of.rows:
        if row.recommends and row.option in network.options and not row.via:
            best.setdefault(row.option, row)
    for higher in best.values():
        for lower in best.values():
            if order.index(lower.tier) <= order.index(higher.tier):
                continue
            estimate = network.common.estimate(lower.option, higher.option)
            if estimate.ratio < 1:
                sure = estimate.interval()[1] < 1
                why = tuple(_why(of, evidence, choice, network, estimate))
                yield Disagreement(of.title, lower.tier_title, higher.tier_title, estimate, sure, why)


def _why(of: OptionList, evidence: Evidence, choice: Choice, network: Network, estimate: Estimate) -> Iterator[str]:
    if estimate.interval()[1] >= 1:
        yield "the interval includes no difference: the order may be chance"
    pair = {estimate.treatment, estimate.comparator}
    speaking = network.way(estimate.treatment, estimate.comparator)
    if len(speaking) > 1:
        yield "no trial compared the two directly; the way between them is of trials whose patients were not alike"
    yield "; ".join(f"{one.study}: {choice.patients[one.study]}" for one in speaking)
    if made := [one.study for one in speaking if from_p(one)]:
        yield f"standard error made from a p value: {', '.join(made)}"
    yield from _in_the_patients_of(of, evidence, choice, pair)
    yield f"the ratio is of {choice.endpoint} alone; a tier also weighs survival, harm, access and what went before"


def _in_the_patients_of(of: OptionList, evidence: Evidence, choice: Choice, pair: set[str]) -> Iterator[str]:
    """Tell what is printed of the patients whom the list is for, where the network is of others."""
    nearer = _PATIENTS.get(of.id, ())
    if choice.population in nearer:
        return
    for trial, result in evidence.results:
        if result.population in nearer and result.endpoint == choice.endpoint and result.option in pair and result.comparator:
            who = trial.file.population(result.population).title
            if says := ratio_in_words(result) or values_in_words(result):
                yield f"nearer to the list's patients the source prints for {result.option} ({trial.name}, {who}): {says}"
