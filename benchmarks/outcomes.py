"""Everything that an answer shows of a pack, by name, and whether any patient can tell two packs apart by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import z3

from myeloguide.criteria.walk import compile_conditions, walk
from myeloguide.guideline.answer import STATUSES, Reason
from myeloguide.guideline.pack import Condition, Gap, OptionList, Pack, Remark, Row
from myeloguide.guideline.reach import View, row_name
from myeloguide.guideline.space import Space
from myeloguide.guideline.witnesses import replay


@dataclass(frozen=True, slots=True)
class Telling:
    """A patient who is answered differently by two packs, and by what."""

    facts: dict[str, Any]
    rulings: dict[str, str]
    differs: tuple[str, ...]


def outcomes(pack: Pack, view: View) -> dict[str, Any]:
    """Return what an answer can show, by name, each with the plane of the patients to whom it is shown."""
    found: dict[str, Any] = {}
    for name, plane in _outcomes(pack, view):
        found[name] = found[name] | plane if name in found else plane
    return found


def _outcomes(pack: Pack, view: View) -> Iterator[tuple[str, Any]]:
    lists = {item.id: item for item in pack.lists}
    for ruling, (default, _) in pack.switches.items():
        yield f"ruling {ruling} is read as {default}", view.every
    for item in pack.lists:
        yield f"applies: {item.id}", view.true[item.applies.place]
        yield f"does not apply: {item.id}", view.false[item.applies.place]
        for number, row in enumerate(item.rows):
            yield from ((f"row {number} {row_name(row)}: {name}", plane) for name, plane in _row(view, item, row))
    for note in pack.notes:
        beside = view.any(view.true[lists[name].applies.place] for name in note.lists) if note.lists else view.every
        yield f"note {_said(note.remark.said)}", beside & _shown(view, note.remark)[0]
    for pointer in pack.pointers:
        yield f"cross-reference {pointer.list}: {_said(pointer.said)}", view.true[pointer.condition.place]
    yield from _silences(pack, view)


def _row(view: View, item: OptionList, row: Row) -> Iterator[tuple[str, Any]]:
    listed = view.no(view.false[item.applies.place])
    yield f"recommended {row.recommends}, via {row.via}", listed
    status = {name: view.status(name, row, item) for name in STATUSES}
    yield from ((f"status {name}", plane) for name, plane in status.items())
    if row.grade is not None:
        yield f"grade {row.grade}", listed if row.grade_when is None else listed & view.true[row.grade_when.place]
    for block in row.met:
        yield from ((_said(said), status["offered"] & view.true[block.condition.place]) for said in block.said)
    yield "the condition is open", status["depends"] & _open(view, row.condition)
    for block in (*row.held_reasons, *row.against_reasons):
        yield f"open: {_said(block.said[0])}", status["depends"] & _open(view, block.condition)
    for block in row.held_reasons:
        yield from ((_said(said), status["held_back"] & view.true[block.condition.place]) for said in block.said)
    for block in row.against_reasons:
        yield from ((_said(said), status["advised_against"] & view.true[block.condition.place]) for said in block.said)
    for block in row.unmet:
        yield from ((_said(said), status["condition_not_met"] & view.false[block.condition.place]) for said in block.said)
    for remark in row.cautions:
        holds, open_ = _shown(view, remark)
        for how, plane in (("", listed & holds), (", open", listed & open_)):
            strong = view.no(view.every) if remark.strong_unless is None else view.no(view.true[remark.strong_unless.place])
            yield f"{_said(remark.said)}{how}, strong", plane & strong
            yield f"{_said(remark.said)}{how}, {remark.strength}", plane & view.no(strong)


def _open(view: View, condition: Condition) -> Any:
    return view.no(view.true[condition.place] | view.false[condition.place])


def _shown(view: View, remark: Remark) -> tuple[Any, Any]:
    """Return to whom a remark is shown as holding, and to whom as open."""
    nobody = view.no(view.every)
    if remark.condition is None:
        return view.every, nobody
    true = view.true[remark.condition.place]
    return (view.no(true), nobody) if remark.shown_unless else (true, _open(view, remark.condition))


def _silences(pack: Pack, view: View) -> Iterator[tuple[str, Any]]:
    def holds(gap: Gap) -> Any:
        return view.every if gap.condition is None else view.true[gap.condition.place]

    nothing_applies = view.all(view.false[item.applies.place] for item in pack.lists)
    not_yet = nothing_applies
    for gap in pack.silences:
        if gap.condition is not None and gap.outside:
            yield f"outside: {_said(gap.said)}", not_yet & holds(gap)
            not_yet = not_yet & view.no(holds(gap))
        elif gap.condition is not None and not gap.lists:
            yield f"silence {_said(gap.said)}", holds(gap)
    for item in pack.lists:
        blocked = view.all(view.blocked(row) for row in item.rows if row.recommends)
        not_yet = view.true[item.applies.place] & blocked
        yield f"nothing offered: {item.id}", not_yet
        for gap in pack.silences:
            if item.id in gap.lists:  # the first that holds is said
                yield f"nothing offered: {item.id}, {_said(gap.said)}", not_yet & holds(gap)
                not_yet = not_yet & view.no(holds(gap))


def _said(said: Reason) -> str:
    return f"{said.code}: {said.text} ({said.kind}, {said.ruling}, {said.source.lines if said.source else None})"


class Apart:
    """Tells other packs apart from one pack, over every patient that can be described."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.space = Space(pack)
        self.usual = outcomes(pack, self.space.view)

    def telling(self, other: Pack) -> Telling | None:
        """Return a small patient who is answered differently by the other pack; None is the proof that there is none."""
        space, usual = self.space, self.usual
        if any(key not in space.planes for key in other.program.keys):  # another threshold: patients on both sides of it
            space = Space(replace(self.pack, program=_both(self.pack, other)))
            usual = outcomes(self.pack, _view(space, self.pack))
        changed = outcomes(other, _view(space, other))
        differs = [
            usual.get(name, space.none) ^ changed.get(name, space.none)
            for name in {**usual, **changed}
            if name not in usual or name not in changed or not usual[name].eq(changed[name])
        ]
        if not differs or space.cannot(z3.Or(differs)):
            return None
        planes = space.find(z3.Or(differs))
        assert planes is not None
        facts, rulings = space.facts(planes)
        one, two = (_of_patient(pack, facts, rulings) for pack in (self.pack, other))
        differing = tuple(name for name in {**one, **two} if bool(one.get(name)) != bool(two.get(name)))
        assert differing, f"the solver and assess differ for {facts} {rulings}"
        return Telling(facts, rulings, differing)


def _both(one: Pack, other: Pack) -> Any:
    return compile_conditions([*one.program.nodes, *other.program.nodes])


def _view(space: Space, pack: Pack) -> View:
    return View(*walk(pack.program, space.planes.__getitem__, space.none, space.every), space.every, space.planes)


def _of_patient(pack: Pack, facts: dict[str, Any], rulings: dict[str, str]) -> dict[str, Any]:
    assessment = replay(pack, facts, rulings)
    return outcomes(pack, View.of(assessment))
