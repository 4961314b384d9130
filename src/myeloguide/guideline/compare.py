"""Two packs side by side: entries added, removed, moved or changed, and the patients whose offered options differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import z3

from myeloguide.guideline.assess import Assessment, facts_used
from myeloguide.guideline.entries import flat
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.reach import row_name
from myeloguide.guideline.space import Space
from myeloguide.guideline.witnesses import Witness, replay


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """An option that stands in another tier of its list."""

    option: str
    list: str
    was: str
    is_: str


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of patient whose offered options differ: a smallest one, and the rows offered by one pack alone."""

    patient: Witness
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What differs between two packs."""

    first: str
    second: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[Moved, ...]
    changed: tuple[str, ...]
    kinds: tuple[Kind, ...]
    not_offered_to: tuple[str, ...]
    """Agents that one of the packs gives to nobody: what either offers then differs for every patient who would get them."""


def compare(first: Pack, second: Pack, named: tuple[str, str] = ("first", "second")) -> Comparison:
    """Compare two packs that speak of the same facts, each as it reads its own rulings.

    `named` tells two packs of the same name and version apart.
    """
    titles = [f"{pack.header.pack} {pack.header.version}" for pack in (first, second)]
    if titles[0] == titles[1]:
        titles = [f"{title} ({name})" for title, name in zip(titles, named, strict=True)]
    old, new = flat(first.entries), flat(second.entries)
    added = [name for name in new if name not in old]
    removed = [name for name in old if name not in new]
    moved = list(_moved(removed, added))
    gone = {f"list:{item.list}/{item.was}/{item.option}" for item in moved}
    come = {f"list:{item.list}/{item.is_}/{item.option}" for item in moved}
    return Comparison(
        first=titles[0],
        second=titles[1],
        added=tuple(name for name in added if name not in come),
        removed=tuple(name for name in removed if name not in gone),
        moved=tuple(moved),
        changed=tuple(name for name in new if name in old and new[name] != old[name]),
        kinds=tuple(_kinds(first, second)),
        not_offered_to=tuple(sorted({*first.header.not_obtainable} ^ {*second.header.not_obtainable})),
    )


def _moved(removed: list[str], added: list[str]) -> Iterator[Moved]:
    places: dict[tuple[str, str], str] = {}
    for name in removed:
        place = _place(name)
        if place is not None:
            places[place[0], place[2]] = place[1]
    for name in added:
        place = _place(name)
        if place is not None and (place[0], place[2]) in places:
            yield Moved(place[2], place[0], places[place[0], place[2]], place[1])


def _place(name: str) -> tuple[str, str, str] | None:
    """Return list, tier and option of the entry of an option, or None for another entry."""
    parts = name.removeprefix("list:").split("/")
    return (parts[0], parts[1], parts[2]) if name.startswith("list:") and len(parts) == 3 else None


def _kinds(first: Pack, second: Pack) -> Iterator[Kind]:
    """Yield patients until no row is left that one pack offers to somebody and the other does not."""
    space = Space(first, second)
    walks = [space.walk(pack) for pack in (first, second)]
    offered: list[dict[str, Any]] = [
        {row_name(row): true[row.offered.place] for row in pack.rows}
        for pack, (true, _) in zip((first, second), walks, strict=True)
    ]
    waiting: dict[tuple[int, str], Any] = {}
    for side in (0, 1):
        for name, plane in offered[side].items():
            waiting[side, name] = z3.And(plane, z3.Not(offered[1 - side].get(name, space.none)))
    while waiting:
        (side, name), formula = next(iter(waiting.items()))
        planes = space.find(formula)
        if planes is None:
            del waiting[side, name]
            continue
        facts, _ = space.facts(planes)
        answered = [replay(pack, facts, {}) for pack in (first, second)]
        if "prior_lines" in facts:  # what was received may leave only one number of a range
            facts["prior_lines"] = facts_used(answered[0].planes, answered[0].known.facts, first)["prior_lines"]
        here = [list(_offered(assessment)) for assessment in answered]
        only = [[row for row in here[one] if row not in here[1 - one]] for one in (0, 1)]
        if name not in only[side]:
            raise AssertionError(f"{name}: the solver and assess differ for {facts}")
        for one in (0, 1):
            for row in only[one]:
                waiting.pop((one, row), None)
        yield Kind(Witness(facts, {}), tuple(only[0]), tuple(only[1]))


def _offered(assessment: Assessment) -> Iterator[str]:
    return (row_name(row) for row in assessment.pack.rows if assessment.value(row.offered))
