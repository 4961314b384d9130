"""What an answer can show, by name: as planes of those to whom it is shown, and as one answer shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from myeloguide.criteria.nodes import Constant
from myeloguide.guideline.answer import STATUSES, Answer, OptionAnswer, Status
from myeloguide.guideline.assess import Assessment
from myeloguide.guideline.pack import Block, Gap, OptionList, Pack, Remark, Row
from myeloguide.knowledge.facts import Key


class View:
    """A walk's planes and the facts it ran on, of one patient or of all as formulas, with what can be asked of them."""

    def __init__(self, true: Sequence[Any], false: Sequence[Any], every: Any, planes: Mapping[Key, tuple[Any, Any]]) -> None:
        self.true = true
        self.false = false
        self.every = every
        self.planes = planes

    @classmethod
    def of(cls, assessment: Assessment) -> View:
        """Return the planes of one patient."""
        return cls(assessment.true, assessment.false, 1, assessment.planes)

    def no(self, plane: Any) -> Any:
        """Say that something does not hold."""
        return self.every ^ plane

    def all(self, planes: Iterable[Any]) -> Any:
        """Say that everything holds."""
        return reduce(and_, planes, self.every)

    def any(self, planes: Iterable[Any]) -> Any:
        """Say that something holds."""
        return reduce(or_, planes, self.no(self.every))

    def blocked(self, row: Row) -> Any:
        """Say that a row has one of the three statuses that are not offered, whatever else is known."""
        return self.true[row.held_back.place] | self.true[row.against.place] | self.false[row.condition.place]

    def offers_nothing(self, item: OptionList) -> Any:
        """Say that a list applies and nothing that it recommends is offered, or can be."""
        return self.true[item.applies.place] & self.all(self.blocked(row) for row in item.rows if row.recommends)

    def holds(self, gap: Gap) -> Any:
        """Say that the condition of a silence holds; one without speaks wherever its lists offer nothing, and else never."""
        if gap.condition is None:
            return self.every if gap.lists else self.no(self.every)
        return self.true[gap.condition.place]

    def status(self, status: Status, row: Row, item: OptionList) -> Any:
        """Say that a row is listed and has a status: the first that holds."""
        steps = {
            "held_back": self.true[row.held_back.place],
            "advised_against": self.true[row.against.place],
            "condition_not_met": self.false[row.condition.place],
            "offered": self.true[row.offered.place],
            "depends": self.every,
        }
        listed = self.no(self.false[item.applies.place])
        for name, plane in steps.items():
            if name == status:
                return listed & plane
            listed = listed & self.no(plane)
        raise ValueError(status)


# --- for whom ---


def targets(pack: Pack, view: View) -> dict[str, Any]:
    """Return everything that some patient must reach, by name, with the plane of those who do.

    Rows in each status, with each reason for it; each rule of cautions and notes shown, and not shown if it has a
    condition; lists, cross-references, silences.
    """
    found: dict[str, Any] = {}
    for name, plane in _targets(pack, view):
        found[name] = found[name] | plane if name in found else plane
    return found


def _targets(pack: Pack, view: View) -> Iterator[tuple[str, Any]]:
    lists = {item.id: item for item in pack.lists}
    for item in pack.lists:
        yield f"applies: {item.id}", view.true[item.applies.place]
        for row in item.rows:
            yield from _row_targets(view, item, row, closed=_closed(pack, row))
    for note in pack.notes:
        beside = view.any(view.true[lists[name].applies.place] for name in note.lists) if note.lists else view.every
        yield from _remark_targets(view, "note", note.remark, beside)
    for pointer in pack.pointers:
        yield f"cross-reference: {pointer.list}", view.true[pointer.condition.place]
    outside = view.all(view.false[item.applies.place] for item in pack.lists)
    not_yet = {item.id: view.offers_nothing(item) for item in pack.lists}
    for gap in pack.silences:  # the first that holds is said
        for name in gap.lists:
            yield f"silence {gap.said.code}: {name}", not_yet[name] & view.holds(gap)
            not_yet[name] = not_yet[name] & view.no(view.holds(gap))
        if gap.outside:
            yield f"silence {gap.said.code}", outside & view.holds(gap)
            outside = outside & view.no(view.holds(gap))
        elif not gap.lists:
            yield f"silence {gap.said.code}", view.holds(gap)


def _row_targets(view: View, item: OptionList, row: Row, *, closed: bool) -> Iterator[tuple[str, Any]]:
    """Yield what a row must reach; one that the pack itself closes to everybody is held back and no more."""
    name = row_name(row)
    status = {name: view.status(name, row, item) for name in STATUSES}
    yield from ((f"{each}: {name}", status[each]) for each in STATUSES if _can_have(row, each, closed=closed))
    yield from _block_targets(row, row.held_reasons, status["held_back"], view.true)
    if not closed:
        yield from _block_targets(row, row.against_reasons, status["advised_against"], view.true)
        if _can_have(row, "condition_not_met", closed=closed):
            yield from _block_targets(row, row.unmet, status["condition_not_met"], view.false)
    for block in row.met if not closed else ():
        if block.condition.node != Constant(True):
            said = status["offered"] & view.true[block.condition.place]
            yield from ((f"met {name}: {reason.text}", said) for reason in block.said)
    if row.grade_when is not None and not closed:
        yield f"graded: {name}", status["offered"] & view.true[row.grade_when.place]
        yield f"not graded: {name}", status["offered"] & view.no(view.true[row.grade_when.place])
    beside = view.no(view.false[item.applies.place])
    if _can_have(row, "offered", closed=closed):
        beside = status["offered"] | status["depends"]
    for remark in row.cautions:
        yield from _remark_targets(view, "caution", remark, beside)


def _block_targets(row: Row, blocks: Iterable[Block], beside: Any, holds: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    for block in blocks:
        yield from ((f"blocks {row.option}: {said.text}", beside & holds[block.condition.place]) for said in block.said)


def _remark_targets(view: View, kind: str, remark: Remark, beside: Any) -> Iterator[tuple[str, Any]]:
    name = remark_name(kind, remark)
    shown = view.every
    if remark.condition is not None:
        true, false = view.true[remark.condition.place], view.false[remark.condition.place]
        shown = view.no(true) if remark.shown_unless else true
        says_open = kind == "caution" and not remark.shown_unless  # shown as open where the condition is unknown
        yield f"{name}, not shown", beside & (false if says_open else view.no(shown))
    if remark.strong_unless is None:
        yield name, beside & shown
    else:
        plain = view.true[remark.strong_unless.place]
        yield f"{name}, strong", beside & shown & view.no(plain)
        yield f"{name}, not strong", beside & shown & plain


def _can_have(row: Row, status: Status, *, closed: bool) -> bool:
    """Whether a row's conditions leave a status open at all, as they are written."""
    always_against = row.against.node == Constant(True)
    if closed:
        return status == "held_back"
    return {
        "held_back": row.held_back.node != Constant(False),
        "advised_against": row.against.node != Constant(False),
        "condition_not_met": row.condition.node != Constant(True) and not always_against,
        "depends": not always_against,
        "offered": not always_against,
    }[status]


def _closed(pack: Pack, row: Row) -> bool:
    """Whether the pack itself gives an option to nobody."""
    components = pack.vocabulary.regimens[row.option].components
    return any(set(component) <= set(pack.header.not_obtainable) for component in components)


# --- in one answer ---


def shown(pack: Pack, answer: Answer) -> set[str]:
    """Return what an answer shows, by the names of `targets`, read from nothing but the answer."""
    return set(_shown(pack, answer))


def _shown(pack: Pack, answer: Answer) -> Iterator[str]:
    applies = {item.list: item.applies for item in answer.lists}
    options = iter(answer.options)
    for item in pack.lists:
        if applies[item.id]:
            yield f"applies: {item.id}"
        for row in item.rows if applies[item.id] is not False else ():
            yield from _row_shown(row, next(options), closed=_closed(pack, row))
    notes = {(note.code, note.text) for note in answer.notes}
    for note in pack.notes:
        if not note.lists or any(applies[name] for name in note.lists):
            is_shown = (note.remark.said.code, note.remark.said.text) in notes
            yield remark_name("note", note.remark) + ", not shown" * (not is_shown)
    yield from (f"cross-reference: {note.list}" for note in answer.cross_references)
    yield from (f"silence {item.silence}: {item.list}" for item in answer.nothing_offered)
    for gap in pack.silences:
        if answer.outside == gap.said.text if gap.outside else (gap.said.code, gap.said.text) in notes:
            yield f"silence {gap.said.code}"


def _row_shown(row: Row, option: OptionAnswer, *, closed: bool) -> Iterator[str]:
    name = row_name(row)
    yield f"{option.status}: {name}"
    if option.status in ("held_back", "advised_against", "condition_not_met"):
        yield from (f"blocks {row.option}: {reason.text}" for reason in option.reasons)
    elif option.status == "offered":
        by_cause = {reason.text for block in row.met if block.condition.node != Constant(True) for reason in block.said}
        yield from (f"met {name}: {reason.text}" for reason in option.reasons if reason.text in by_cause)
    if row.grade_when is not None and option.status == "offered":
        yield f"graded: {name}" if option.grade else f"not graded: {name}"
    if option.status not in ("offered", "depends") and _can_have(row, "offered", closed=closed):
        return
    cautions = {(caution.code, caution.text): caution for caution in option.cautions}
    for remark in row.cautions:
        caution = cautions.get((remark.said.code, remark.said.text))
        if caution is None:
            yield f"{remark_name('caution', remark)}, not shown"
        elif caution.holds:
            strength = "" if remark.strong_unless is None else ", strong" if caution.strength == "strong" else ", not strong"
            yield f"{remark_name('caution', remark)}{strength}"


# --- names ---


def row_name(row: Row) -> str:
    """Name a row: `list/tier/option grade`."""
    return f"{row.list}/{row.tier}/{row.option}{f' {row.grade}' if row.grade else ''}"


def remark_name(kind: str, remark: Remark) -> str:
    """Name the rule of a caution or note: its code, its number in the file, its strength."""
    strength = "" if remark.strength == kind else f", {remark.strength}"
    return f"{kind} {remark.said.code} ({remark.rule}{strength})"
