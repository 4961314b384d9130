"""The trials of a population combined, as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from myeloguide.evidence.choice import IN_WORDS, of_population, place_of
from myeloguide.evidence.combined import Combined, effects, league
from myeloguide.evidence.contrasts import Contrast
from myeloguide.evidence.network import Chi, Estimate, Network

MEANT = {
    "PFS": "progression-free survival",
    "OS": "overall survival",
    "TTP": "time to progression",
    "PFS2": "second progression-free survival",
}
"""Each endpoint in words."""


def render(found: Combined, width: int = 88) -> str:
    """Return networks, leagues, ranks, what is left out, and where the order disagrees with the tiers."""
    return "\n".join(_lines(found, width)) + "\n"


def shown(one: Estimate | Contrast) -> str:
    """Return a ratio with its interval."""
    low, high = one.interval()
    return f"{one.ratio:.2f} ({low:.2f}-{high:.2f})"


def title(found: Combined) -> str:
    """Say what was combined, of whom."""
    choice = found.choice
    where = "the source and published elsewhere" if choice.published else "the source"
    return f"Hazard ratios of {where} for {IN_WORDS[choice.endpoint]}, combined: {of_population(choice.population)}"


def _lines(found: Combined, width: int) -> Iterator[str]:
    yield from textwrap.wrap(title(found), width)
    for number, network in enumerate(found.networks, 1):
        head = f"Part {number}: " if len(found.networks) > 1 else ""
        yield ""
        yield from textwrap.wrap(f"{head}{', '.join(network.options)}", width, subsequent_indent="  ")
        yield from (f"  {line}".rstrip() for line in _network(found, network, width - 2))
    if found.apart:
        yield ""
        yield from textwrap.wrap(found.apart, width)
    if found.disagreements:
        yield ""
        yield "Where this order and the guideline's tiers disagree"
        for one in found.disagreements:
            says = (
                f"{one.list_title}: {one.estimate.treatment} ({one.lower_tier}) comes out above {one.estimate.comparator} "
                f"({one.higher_tier}), {shown(one.estimate)}. Why that may be:"
            )
            yield from textwrap.wrap(says, width, initial_indent="- ", subsequent_indent="  ")
            for why in one.why:
                yield from textwrap.wrap(why, width, initial_indent="    - ", subsequent_indent="      ")
    if found.choice.left_out:
        yield ""
        yield "Left out"
        for out in found.choice.left_out:
            compared = f"{out.trial}: {out.result.option} v {out.result.comparator}"
            yield from textwrap.wrap(
                f"{compared}, {out.why} [{place_of(out.result)}]", width, initial_indent="- ", subsequent_indent="  "
            )
    yield ""
    for remark in found.remarks:
        yield from textwrap.wrap(remark, width, initial_indent="- ", subsequent_indent="  ")


def _network(found: Combined, network: Network, width: int) -> Iterator[str]:
    for one in network.contrasts:
        marks = f", from its {one.derived}" if one.derived.startswith("p") else ""
        marks += ", unverified" if one.study in found.choice.unverified else ""
        size = f", n {one.n}" if one.n else ""
        says = f"{one.study}: {one.treatment} v {one.comparator} {shown(one)}{marks}{size} [{one.place}]"
        yield from textwrap.wrap(says, width, subsequent_indent="    ")
    yield ""
    if network.tau2 is not None and network.i2 is not None:
        yield f"tau² {network.tau2:.4f} (DerSimonian-Laird), I² {network.i2:.0%}, heterogeneity {_chi(network.within)}"
        yield f"inconsistency {_chi(network.between)}"
    for split in network.splits:
        pair = f"{split.direct.treatment} v {split.direct.comparator}"
        yield f"{pair}: direct {shown(split.direct)}, indirect {shown(split.indirect)}, p {split.difference.p:.2f}"
    model = network.random or network.common
    ranks = ", ".join(f"{option} {score:.2f}" for option, score in model.scores().items())
    yield from textwrap.wrap(f"P-scores: {ranks}", width, subsequent_indent="  ")
    league_of = f"League, {effects(network)}; below 1 favours the option named first:"
    yield from textwrap.wrap(league_of, width, subsequent_indent="  ")
    for told in league(network):
        line = f"  {told.treatment} v {told.comparator}"
        more = ""
        if network.random:
            more = f", common effects {shown(network.common.estimate(told.treatment, told.comparator))}"
        if predicted := network.predicted(told.treatment, told.comparator):
            more += f", predicted {predicted[0]:.2f}-{predicted[1]:.2f}"
        yield from textwrap.wrap(f"{line:<26} {shown(told)}{more}", width, subsequent_indent=" " * 29)


def _chi(chi: Chi) -> str:
    return f"Q {chi.q:.2f}, df {chi.df}, p {chi.p:.3f}" if chi.p is not None else "not estimable"
