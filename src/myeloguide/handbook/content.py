"""What a pack says, woven together in the order of its source: each list with its tiers, options and everything said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from myeloguide.criteria.nodes import All, Constant, Holds, Is, Node, Not, children
from myeloguide.criteria.nodes import Any as AnyOf
from myeloguide.criteria.prose import say
from myeloguide.guideline.answer import Reason
from myeloguide.guideline.coverage import Coverage, Covered, read_coverage
from myeloguide.guideline.declared import Since
from myeloguide.guideline.loading import read_against, read_cautions, read_errata
from myeloguide.guideline.overlay import layers
from myeloguide.guideline.pack import Condition, Gap, OptionList, Pack, Pointer, Remark, Row
from myeloguide.guideline.pack_files import Caution, Erratum, OnOptions
from myeloguide.guideline.prepared import load_pack
from myeloguide.handbook.known import Known

LABELS = {"strong": "Strong caution", "caution": "Caution", "note": "Note", "remark": "Remark", "against": "Advised against"}
"""What a statement is called, the gravest first: a note is a condition of the text that a patient may not meet."""


@dataclass(frozen=True, slots=True)
class Words:
    """A condition in English as the rulings are read, and as it is when one of them is switched."""

    text: str
    switched: tuple[tuple[str, str], ...] = ()
    """A switch, such as `C2=any`, and the condition then."""


@dataclass(frozen=True, slots=True)
class Said:
    """A statement on an option, a list or a patient."""

    label: str
    when: Words | None
    unless: bool
    text: str
    reason: Reason
    strong_unless: Words | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """An option where it stands: in a tier of a list."""

    row: Row
    grade: str
    conditions: tuple[Words, ...]
    rulings: tuple[str, ...]
    said: tuple[Said, ...]
    newer: tuple[Since, ...]

    @property
    def anchor(self) -> str:
        """The name of its place on the page of the list."""
        return f"{self.row.tier}-{self.row.option}"


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of a list; options that come from other lists, because they were not tried, stand apart."""

    id: str
    title: str
    recommends: bool
    stands: tuple[Stand, ...]
    untried: tuple[Stand, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A list with everything that belongs to it."""

    list: OptionList
    applies: Words
    tiers: tuple[Tier, ...]
    notes: tuple[Said, ...]
    silences: tuple[Said, ...]
    pointers: tuple[Said, ...]
    errata: tuple[Erratum, ...]
    trials: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    """Passages of its sections that are evidence and nothing else, by trial."""


class Handbook:
    """A pack to be read."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    @cached_property
    def coverage(self) -> Coverage:
        """What is made of every line of the source; of an overlay, by the pack that it lies over."""
        whole, *over = layers(self.pack.folder)
        return read_coverage(load_pack(str(whole)) if over else self.pack)

    @cached_property
    def errata(self) -> tuple[Erratum, ...]:
        """The errors and contradictions of the source."""
        return read_errata(self.pack)

    @cached_property
    def cautions(self) -> tuple[Caution, ...]:
        """The cautions as they are written."""
        return read_cautions(self.pack)

    @cached_property
    def against(self) -> Any:
        """What stands against options, as it is written."""
        return read_against(self.pack)

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """The lists in the order of the source."""
        return tuple(map(self._chapter, self.pack.lists))

    @cached_property
    def general_notes(self) -> tuple[Said, ...]:
        """Notes that stand beside no list."""
        return tuple(self.remark(note.remark) for note in self.pack.notes if not note.lists)

    @cached_property
    def general_silences(self) -> tuple[Said, ...]:
        """Silences that belong to no list."""
        return tuple(self._gap(gap) for gap in self.pack.silences if not gap.lists)

    @cached_property
    def everywhere(self) -> tuple[OnOptions, ...]:
        """Rules that a page says once, and not of every option that they stand on."""
        return tuple(rule for rule in (*self.against.advised_against, *self.cautions) if _everywhere(rule))

    def stands(self, option: str) -> Iterator[tuple[Chapter, Tier, Stand]]:
        """Yield an option everywhere it stands."""
        for chapter in self.chapters:
            for tier in chapter.tiers:
                for stand in (*tier.stands, *tier.untried):
                    if stand.row.option == option:
                        yield chapter, tier, stand

    def words(self, node: Node) -> Words:
        """Say a condition as the rulings are read, and as it is with one switched."""
        switches = self.pack.switches
        usual = {name: values[0] for name, values in switches.items()}
        text = say(_read(node, usual, switches), self.pack.phrases)
        named = [name for name in switches if name in set(_switches_in(node, switches))]
        other = {name: say(_read(node, {**usual, name: switches[name][1]}, switches), self.pack.phrases) for name in named}
        return Words(text, tuple((f"{name}={switches[name][1]}", said) for name, said in other.items() if said != text))

    # --- lists ---

    @cached_property
    def _known(self) -> dict[str, Known]:
        """What is known of every patient to whom a list applies."""
        found = {item.id: Known(self.pack.switches) for item in self.pack.lists}
        for item in self.pack.lists:
            found[item.id].assume(item.applies.node)
        return found

    def _chapter(self, item: OptionList) -> Chapter:
        sections = list(self._sections(item))
        known = self._known[item.id]
        return Chapter(
            list=item,
            applies=self.words(item.applies.node),
            tiers=tuple(self._tiers(item, known)),
            notes=tuple(self.remark(note.remark, known) for note in self.pack.notes if item.id in note.lists),
            silences=tuple(self._gap(gap, known) for gap in self.pack.silences if item.id in gap.lists),
            pointers=tuple(self._pointer(one) for one in self.pack.pointers if one.list == item.id),
            errata=tuple(one for one in self.errata if any(_meet(one.source.lines, ranges) for ranges in sections)),
            trials=tuple(self._trials(sections)),
        )

    def _sections(self, item: OptionList) -> Iterator[tuple[tuple[int, int], ...]]:
        """Yield the lines of the sections of the source that belong to a list: those it names, and what follows on them."""
        belongs = False
        for section in self.pack.header.sections:
            named = [one.id for one in self.pack.lists if one.source and _meet(section.source.lines, one.source.ranges)]
            belongs = item.id in named or (belongs and not named)
            if belongs:
                yield section.source.lines

    def _trials(self, sections: Iterable[tuple[tuple[int, int], ...]]) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
        inside = [one for ranges in sections for one in ranges]
        found: dict[str, list[tuple[int, int]]] = {}
        for passage in self.coverage.passages:
            if passage.trial is not None and _meet([(passage.first, passage.last)], inside):
                found.setdefault(passage.trial, []).append((passage.first, passage.last))
        yield from ((trial, tuple(ranges)) for trial, ranges in found.items())

    def _tiers(self, item: OptionList, known: Known) -> Iterator[Tier]:
        for tier in dict.fromkeys(row.tier for row in item.rows):
            rows = [row for row in item.rows if row.tier == tier]
            stands = [self._stand(item, row, known) for row in rows]
            own = tuple(stand for stand in stands if not stand.row.via)
            untried = tuple(stand for stand in stands if stand.row.via)
            yield Tier(tier, rows[0].tier_title, rows[0].recommends, own, untried)

    def _stand(self, item: OptionList, row: Row, known: Known) -> Stand:
        grade = row.grade or ""
        if row.grade_when is not None:
            grade += f" if {self.words(row.grade_when.node).text}"
        said = [
            *self._against(row, known),
            *(self.remark(one, known) for one in self._own_remarks(row) if _can_be_shown(one, known)),
        ]
        order = list(LABELS.values())
        said.sort(key=lambda one: -1 if one.label == LABELS["against"] else order.index(one.label))
        newer = tuple(one for one in self.pack.newer.since if one.caution and row.option in one.options)
        conditions = tuple(self.words(block.condition.node) for block in row.unmet)
        rulings = tuple(name for name in row.rulings if name not in item.rulings)
        return Stand(row, grade, conditions, rulings, tuple(said), newer)

    def _against(self, row: Row, known: Known) -> Iterator[Said]:
        general = {rule.code for rule in self.everywhere}
        for block in row.against_reasons:
            reason = block.said[0]
            if reason.code not in general and known.holds(block.condition.node) is not False:
                yield Said(LABELS["against"], self._when(block.condition, known), False, reason.text, reason)

    def _own_remarks(self, row: Row) -> Iterator[Remark]:
        """Yield what is said of an option; of an untried one, only what is not said of it where it is printed."""
        printed = {
            remark.rule
            for other in self.pack.rows
            for via in row.via
            if (other.list, other.tier, other.option) == (via.list, via.tier, row.option)
            for remark in other.cautions
            if _can_be_shown(remark, self._known[other.list])
        }
        for remark in row.cautions:
            if not _everywhere(self.cautions[remark.rule - 1]) and remark.rule not in printed:
                yield remark

    # --- statements ---

    def remark(self, remark: Remark, known: Known | None = None) -> Said:
        """Return a caution or note with its condition in words, where it is not known to be shown."""
        when, strong = self._when(remark.condition, known), self._when(remark.strong_unless, known)
        return Said(LABELS[remark.strength], when, remark.shown_unless, remark.said.text, remark.said, strong)

    def _when(self, condition: Condition | None, known: Known | None = None) -> Words | None:
        if condition is None or condition.node == Constant(True) or (known and known.holds(condition.node) is not None):
            return None
        words = self.words(condition.node)
        return replace(words, switched=tuple((switch, then) for switch, then in words.switched if then != "never"))

    def _gap(self, gap: Gap, known: Known | None = None) -> Said:
        return Said("Silence", self._when(gap.condition, known), False, gap.said.text, gap.said)

    def _pointer(self, pointer: Pointer) -> Said:
        return Said("Pointed to", self._when(pointer.condition), False, pointer.said.text, pointer.said)

    def rule_text(self, rule: OnOptions) -> str:
        """Return the text of a rule that stands on many options, with what it stands on in words."""
        agents = " or ".join(map(self.pack.phrases.name, rule.agents or ())) or "the agent"
        return rule.text.format(agent=agents, option="the option", other="another agent")

    # --- how things hang together ---

    def uses(self, ruling: str) -> Iterator[str]:
        """Yield the lists, and options in them, on which a ruling bears by name."""
        for chapter in self.chapters:
            if ruling in chapter.list.rulings:
                yield chapter.list.id
            for tier in chapter.tiers:
                for stand in tier.stands:
                    if ruling in stand.rulings:
                        yield f"{chapter.list.id}#{stand.anchor}"

    def passage_at(self, number: int) -> Covered | None:
        """Return the passage of the source that holds a line."""
        return next((one for one in self.coverage.passages if one.first <= number <= one.last), None)


def alike(tier: Tier) -> list[list[Stand]]:
    """Put together the options of a tier with the same grade and conditions, in their order."""
    groups: dict[object, list[Stand]] = {}
    for stand in (*tier.stands, *tier.untried):
        against = tuple(said.text for said in stand.said if said.label == LABELS["against"] and said.when is None)
        groups.setdefault((stand.grade, tuple(words.text for words in stand.conditions), against), []).append(stand)
    return list(groups.values())


def standing(tier: Tier, stand: Stand) -> str:
    """Say in which tier an option stands, and with which grade."""
    return ("if not tried so far" if stand.row.via else tier.title.lower()) + (f" ({stand.grade})" if stand.grade else "")


def _can_be_shown(remark: Remark, known: Known) -> bool:
    holds = None if remark.condition is None else known.holds(remark.condition.node)
    return holds is None or holds != remark.shown_unless


def sentence(text: str) -> str:
    """Write a statement as a sentence."""
    head = text[:1].upper() if text[1:2].isalpha() or text[1:2] == " " else text[:1]  # not the t of t(11;14)
    return head + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _everywhere(rule: OnOptions) -> bool:
    return rule.options is None or rule.agents is None or (rule.kind == "principle" and not rule.options)


def _meet(ranges: Iterable[tuple[int, int]], others: Iterable[tuple[int, int]]) -> bool:
    others = list(others)
    return any(first <= last_other and first_other <= last for first, last in ranges for first_other, last_other in others)


def _switches_in(node: Node, switches: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the switches of rulings that stand in a condition as it is said, not inside a named one."""
    if isinstance(node, Is | Holds) and node.fact in switches:
        yield node.fact
    if isinstance(node, All | AnyOf | Not):
        for child in children(node):
            yield from _switches_in(child, switches)


def _read(node: Node, chosen: Mapping[str, str], switches: Mapping[str, tuple[str, ...]]) -> Node:
    """Return a condition with the rulings read in one way, and what that decides left out."""
    match node:
        case Is(fact, member) | Holds(fact, member) if fact in switches:
            return Constant(chosen[fact] == member)
        case Not(child):
            inner = _read(child, chosen, switches)
            return Constant(not inner.value) if isinstance(inner, Constant) else Not(inner)
        case All(nodes) | AnyOf(nodes):
            decides = isinstance(node, AnyOf)
            parts = [_read(child, chosen, switches) for child in nodes]
            if Constant(decides) in parts:
                return Constant(decides)
            kind = type(node)
            parts = [one for part in parts for one in (part.children if isinstance(part, kind) else (part,))]
            kept = tuple(part for part in parts if not isinstance(part, Constant) and not _absorbed(part, parts))
            return Constant(not decides) if not kept else kept[0] if len(kept) == 1 else kind(kept)
        case _:
            return node


def _absorbed(part: Node, beside: Iterable[Node]) -> bool:
    """Whether a part says nothing more beside another: `a` or (`a` and `b`) is `a`."""
    return isinstance(part, All | AnyOf) and any(child in beside for child in part.children)
