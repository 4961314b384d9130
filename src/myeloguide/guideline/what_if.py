"""What would change an answer: each set of changed facts is a world, a bit in the same walk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from math import comb
from typing import Any, Literal

from myeloguide.criteria.prose import Explained
from myeloguide.criteria.walk import walk
from myeloguide.errors import InputError
from myeloguide.guideline.answer import Answer, Difference, HangsOn, MovedList, MovedRow, OptionAnswer, Status, Via
from myeloguide.guideline.assess import Assessment, own_planes, status_of
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.questions import bounds_of, number_values
from myeloguide.history.closure import Planes, close, planes_of
from myeloguide.history.facts import KnownFacts
from myeloguide.knowledge.facts import Fact, Key
from myeloguide.record.fact_sheet import FactSheet

MOST_TOGETHER = 3
"""No more facts than this are changed together; of those that can be found out or brought about, one more."""
MOST_SETS = 8_000
"""Nor are more sets of changes tried at once, which only happens where nearly nothing is known."""
MOST_REPLAYED = 12
"""So many sets are tried again on a recorded history, the most feasible ones."""

Hand = Literal["obtain", "test", "find_out", "ruling", "fixed"]
HANDS: tuple[Hand, ...] = ("obtain", "test", "find_out", "ruling", "fixed")
"""In whose hand a change lies: a drug can be obtained, a test run, an unknown fact found out, a ruling read otherwise; what is
known of the patient stays as it is."""

Replay = Callable[[Sequence[str], Mapping[str, str]], KnownFacts]
"""Reads a patient again with facts changed, each `fact=value`, and with switches of rulings."""

Walked = tuple[list[int], list[int]]
World = tuple[Sequence[int], Sequence[int], int]

_AGENT_FACTS = ("exposed_to", "refractory_to", "line1_agents")


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A fact (or the switch of a ruling) with another value. `how` says what a person does to bring it about, if anything."""

    fact: str
    value: Any
    text: str
    hand: Hand
    how: str | None
    written: str
    """As the command line takes it: `prior_lines=2`, `C2=any`."""


@dataclass(frozen=True, slots=True, eq=False)
class ChangeSet:
    """Changes that work only together, none of them to spare; `hand` is that of the least changeable."""

    changes: tuple[Change, ...]
    hand: Hand


@dataclass(frozen=True, slots=True, eq=False)
class WouldChange:
    """What would make an option offered, or remove it where it is offered: the smallest sets of changes, most feasible first.

    `tried` is the largest number of facts that was changed together.
    """

    option: str
    offered: bool
    sets: tuple[ChangeSet, ...]
    tried: int


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedRow:
    """A row with its status (None: its list does not apply) and the trees of its conditions with their values."""

    list: str
    tier: str
    grade: str | None
    via: Via | None
    status: Status | None
    applies: Explained
    condition: Explained
    held_back: Explained
    advised_against: Explained


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why an option stands as it does wherever it is listed, and what would change that."""

    option: str
    rows: tuple[ExplainedRow, ...]
    would_change: WouldChange


def explanation(assessment: Assessment, option: str, replay: Replay | None = None) -> Explanation:
    """Return why an option stands as it does, and what would change that; `replay` holds the changes against a history."""
    rows = []
    for item in assessment.pack.lists:
        listed = assessment.value(item.applies) is not False
        for row in item.rows:
            if row.option == option:
                status = status_of(row, assessment.true, assessment.false) if listed else None
                trees = (assessment.explain(part) for part in (item.applies, row.condition, row.held_back, row.against))
                rows.append(ExplainedRow(row.list, row.tier, row.grade, row.via[0] if row.via else None, status, *trees))
    found = WhatIf(assessment.pack, assessment.known.facts, assessment.switched).would_change(option)
    if replay is not None and assessment.known.derived.courses:
        found = replace(found, sets=tuple(_held_true(assessment, found, replay)))
    return Explanation(option, tuple(rows), found)


def _held_true(assessment: Assessment, found: WouldChange, replay: Replay) -> Iterator[ChangeSet]:
    """Yield the sets of changes that work when the history is read again with them, each without what it does not need.

    A fact derived from a history gives way to one that is supposed, which the planes of facts alone cannot know.
    """
    pack, tried = assessment.pack, dict[frozenset[str], bool]()

    def works(changes: Sequence[Change]) -> bool:
        key = frozenset(change.written for change in changes)
        if key not in tried:
            facts = [change.written for change in changes if change.hand != "ruling"]
            switched = {**assessment.switched, **{change.fact: change.value for change in changes if change.hand == "ruling"}}
            try:
                what_if = WhatIf(pack, replay(facts, switched).facts, switched)
                tried[key] = what_if.offers(found.option) is not found.offered
            except InputError:
                tried[key] = False
        return tried[key]

    shown: set[frozenset[str]] = set()
    for item in found.sets[:MOST_REPLAYED]:
        alone = [change for change in item.changes if len(item.changes) > 1 and works([change])]
        for changes in [[change] for change in alone] or ([list(item.changes)] if works(item.changes) else []):
            key = frozenset(change.written for change in changes)
            if key not in shown:
                shown.add(key)
                yield _together(changes)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    name: tuple[str, str]
    keys: tuple[tuple[Key, bool], ...]
    change: Change


class WhatIf:
    """One patient's facts as they were given, open to change."""

    def __init__(self, pack: Pack, sheet: FactSheet, switched: Mapping[str, str]) -> None:
        self.pack = pack
        self.given = planes_of(sheet, pack.vocabulary, pack.deciding_thresholds) | own_planes(pack, switched, sheet)
        self.known: Planes = dict(self.given)
        close(self.known, pack.vocabulary)
        self.bounds = bounds_of(self.given)

    def walked(self) -> Walked:
        """Return the planes of every condition for the facts as they are."""
        return walk(self.pack.program, lambda key: self.known.get(key, (0, 0)), 0, 1)

    # --- the smallest changes ---

    def would_change(self, option: str) -> WouldChange:
        """Return what would make an option offered in some list, or remove it where it is offered."""
        rows = [row for row in self.pack.rows if row.option == option]
        places = tuple(row.offered.place for row in rows)
        program = self.pack.program.part(*places)
        tops = [program.place(row.offered.node) for row in rows]
        true, _ = walk(program, lambda key: self.known.get(key, (0, 0)), 0, 1)
        offered = any(true[top] for top in tops)
        candidates = list(self.candidates(program.keys))
        open_ones = [number for number, item in enumerate(candidates) if item.change.hand in HANDS[:3]]
        found: list[tuple[int, ...]] = []
        tried = 0
        for pool, most in ((open_ones, MOST_TOGETHER + 1), (range(len(candidates)), MOST_TOGETHER)):
            for size in range(1, most + 1):
                if (size > 2 and found) or comb(len(pool), size) > MOST_SETS:
                    break
                tried = max(tried, size) if pool is not open_ones else tried
                sets = list(self.combined(candidates, pool, size, found))
                changed = self.planes(candidates, sets)
                impossible = 0
                for conflict in close(changed, self.pack.vocabulary):
                    impossible |= conflict.plane
                every = (1 << len(sets)) - 1
                true, _ = walk(program, lambda key, planes=changed: planes.get(key, (0, 0)), 0, every)  # type: ignore[misc]
                reached = 0
                for top in tops:
                    reached |= true[top]
                wanted = (every & ~reached if offered else reached) & ~impossible
                found += [chosen for number, chosen in enumerate(sets) if wanted >> number & 1]
        made = [_together([candidates[number].change for number in chosen]) for chosen in found]
        made.sort(key=lambda item: (HANDS.index(item.hand), len(item.changes)))
        return WouldChange(option, offered, tuple(made), tried)

    def offers(self, option: str) -> bool:
        """Whether an option is offered somewhere, the facts being as they are."""
        true, _ = self.walked()
        return any(true[row.offered.place] for row in self.pack.rows if row.option == option)

    def combined(
        self, candidates: Sequence[_Candidate], pool: Sequence[int], size: int, found: Sequence[tuple[int, ...]]
    ) -> Iterator[tuple[int, ...]]:
        """Yield the sets of so many changes of different facts that hold no set already found."""
        smaller = [frozenset(chosen) for chosen in found]
        alone = {number for chosen in found if len(chosen) == 1 for number in chosen}
        names = [candidate.name for candidate in candidates]
        for chosen in combinations((number for number in pool if number not in alone), size):
            # Values of one fact stand side by side.
            if all(names[one] != names[other] for one, other in pairwise(chosen)) and not any(
                less.issubset(chosen) for less in smaller
            ):
                yield chosen

    def planes(self, candidates: Sequence[_Candidate], sets: Sequence[tuple[int, ...]]) -> Planes:
        """Return the given facts in as many worlds as there are sets, each changed as its set says."""
        every = (1 << len(sets)) - 1
        where = [0] * len(candidates)
        for number, chosen in enumerate(sets):
            for candidate in chosen:
                where[candidate] |= 1 << number
        planes: Planes = {key: (true * every, false * every) for key, (true, false) in self.given.items()}
        changed: dict[Key, list[int]] = {}
        for item, plane in zip(candidates, where, strict=True):
            for key, holds in item.keys:
                values = changed.setdefault(key, [0, 0])
                values[0 if holds else 1] |= plane
        for key, (yes, no) in changed.items():
            true, false = planes.get(key, (0, 0))
            planes[key] = (true & ~no | yes, false & ~yes | no)
        return planes

    def candidates(self, keys: Iterable[Key]) -> Iterator[_Candidate]:
        """Yield every other value of the facts and switches that some conditions ask for."""
        facts = self.pack.vocabulary.facts
        names: dict[tuple[str, str], None] = {}
        for fact, member in keys:
            plain = fact not in facts or facts[fact].is_number or facts[fact].kind == "category"
            names[fact, "" if plain else member] = None
            if fact in _AGENT_FACTS:  # what is received, refractory and in line 1 may have to change together
                names.update({(other, member): None for other in _AGENT_FACTS})
            if fact in ("frail", "fitness"):
                names.update({("frail", ""): None, ("fitness", ""): None})
        for fact, member in names:
            if fact not in facts:
                yield from self.of_ruling(fact)
            elif facts[fact].is_number:
                yield from self.of_number(facts[fact])
            elif facts[fact].kind == "category":
                yield from self.of_category(facts[fact])
            else:
                yield from self.of_truth(facts[fact], member)

    def of_truth(self, fact: Fact, member: str) -> Iterator[_Candidate]:
        key = (fact.fact, member)
        name = f"{fact.fact}.{member}" if member else fact.fact
        for value, plane in ((True, 0), (False, 1)):
            if not self.known[key][plane]:
                text = self.pack.phrases.fact(fact.fact, member, true=value)
                yield _Candidate(
                    key, ((key, value),), self.change(fact, name, value, text, member, unknown=not any(self.known[key]))
                )

    def of_category(self, fact: Fact) -> Iterator[_Candidate]:
        unknown = not any(self.known[fact.fact, value][0] for value in fact.values)
        for value in fact.values:
            if not self.known[fact.fact, value][0]:
                keys = tuple(((fact.fact, other), other == value) for other in fact.values)
                text = self.pack.phrases.fact(fact.fact, value, true=True)
                yield _Candidate((fact.fact, ""), keys, self.change(fact, fact.fact, value, text, "", unknown=unknown))

    def of_number(self, fact: Fact) -> Iterator[_Candidate]:
        bounds = self.bounds.get(fact.fact, [])
        unknown = any(self.known[bound] == (0, 0) for bound in bounds)
        for reached, value in number_values(fact, bounds):
            if not all(self.known.get(key, (0, 0))[0 if holds else 1] for key, holds in value[: len(bounds)]):
                lower = bounds[reached - 1] if reached else None
                upper = bounds[reached] if reached < len(bounds) else None
                shown, said = _stretch(lower, upper, whole=fact.kind == "integer", least=fact.least or 0)
                text = self.pack.phrases.number(fact.fact, said)
                keys = value[: len(bounds) + 1]  # the number and that it is known; what must be true beside it is not supposed
                yield _Candidate((fact.fact, ""), keys, self.change(fact, fact.fact, shown, text, "", unknown=unknown))

    def of_ruling(self, ruling: str) -> Iterator[_Candidate]:
        for value in self.pack.switches[ruling]:
            if not self.known[ruling, value][0]:
                keys = tuple(((ruling, other), other == value) for other in self.pack.switches[ruling])
                text = self.pack.phrases.fact(ruling, value, true=True)
                yield _Candidate(
                    (ruling, ""), keys, Change(ruling, value, text, "ruling", f"--ruling {ruling}={value}", f"{ruling}={value}")
                )

    def change(self, fact: Fact, name: str, value: Any, text: str, member: str, *, unknown: bool) -> Change:
        said = self.pack.phrases.name(member)
        written = f"{name}={_as_written(value)}"
        if fact.changed_by and value is False and not unknown:
            return Change(name, value, text, "obtain", fact.changed_by.format(member=said), written)
        if not unknown:
            return Change(name, value, text, "fixed", None, written)
        if fact.found_by:
            return Change(name, value, text, "test", fact.found_by, written)
        return Change(name, value, text, "find_out", fact.asks.format(member=said), written)

    # --- rulings ---

    def hangs_on(self) -> Iterator[HangsOn]:
        """Yield each switch among the conditions whose other reading changes a list or a status, with the rows that change."""
        switches = [(ruling, other) for ruling, values in self.pack.switches.items() for other in values
                    if not self.known[ruling, other][0]]  # fmt: skip
        every = (1 << len(switches) + 1) - 1
        planes: Planes = {key: (true * every, false * every) for key, (true, false) in self.known.items()}
        for number, (ruling, other) in enumerate(switches, start=1):
            flipped = 1 << number
            for value in self.pack.switches[ruling]:
                true, false = planes[ruling, value]
                switched = (true | flipped, false & ~flipped) if value == other else (true & ~flipped, false | flipped)
                planes[ruling, value] = switched
        true, false = walk(self.pack.program, lambda key: planes.get(key, (0, 0)), 0, every)
        elsewhere = 0  # the worlds in which a list or a row stands otherwise than in the first
        for place in self.pack.standing:
            for plane in (true[place], false[place]):
                elsewhere |= every & ~plane if plane & 1 else plane
        for number, (ruling, other) in enumerate(switches, start=1):
            if not elsewhere >> number & 1:
                continue
            moved = tuple(_moved(self.pack, (true, false, 1), (true, false, 1 << number)))
            if moved:
                yield HangsOn(ruling, other, moved)


def _moved(pack: Pack, one: World, other: World) -> Iterator[MovedRow]:
    """Yield the rows that stand otherwise in another world: planes of true and of false, and the world's bit."""
    for item in pack.lists:
        for row in item.rows:
            was, is_ = (
                None if false[item.applies.place] & bit else status_of(row, true, false, bit) for true, false, bit in (one, other)
            )
            if was != is_:
                yield MovedRow(row.list, row.tier, row.option, row.grade, was, is_)


def by_history_read(pack: Pack) -> list[str]:
    """Return the rulings whose reading changes what is derived from a history."""
    switches = {name: ruling.switch for name, ruling in pack.rulings.items() if ruling.switch is not None}
    return [name for name, switch in switches.items() if switch.default.sets or switch.other.sets]


def hanging(
    pack: Pack, known: KnownFacts, switched: Mapping[str, str], rederived: Callable[[Mapping[str, str]], KnownFacts]
) -> tuple[HangsOn, ...]:
    """Return every ruling whose other reading moves a row; `rederived` reads the history again under other switches."""
    what_if = WhatIf(pack, known.facts, switched)
    found = list(what_if.hangs_on())
    for ruling in by_history_read(pack) if known.derived.courses else ():
        readings = pack.switches[ruling]
        other = next(value for value in readings if value != switched.get(ruling, readings[0]))
        again = WhatIf(pack, rederived({ruling: other}).facts, {**switched, ruling: other})
        moved = tuple(_moved(pack, (*what_if.walked(), 1), (*again.walked(), 1)))
        found = [item for item in found if item.ruling != ruling]
        found += [HangsOn(ruling, other, moved)] if moved else []
    order = list(pack.switches)
    return tuple(sorted(found, key=lambda item: order.index(item.ruling)))


def difference(before: Answer, after: Answer) -> Difference:
    """Return what stands otherwise in another answer."""
    applied = {item.list: item.applies for item in before.lists}
    lists = tuple(
        MovedList(item.list, applied[item.list], item.applies) for item in after.lists if item.applies is not applied[item.list]
    )
    was, is_ = ({_standing(row): row for row in answer.options} for answer in (before, after))
    rows = []
    for standing in dict.fromkeys((*is_, *was)):
        old, new = was.get(standing), is_.get(standing)
        row = new or old
        assert row is not None
        old_status, new_status = old.status if old else None, new.status if new else None
        if old_status != new_status or (old and new and old.grade != new.grade):
            rows.append(MovedRow(row.list, row.tier, row.option, row.grade, old_status, new_status))
    return Difference(lists, tuple(rows))


def _standing(row: OptionAnswer) -> tuple[str, str, str, str | None]:
    return row.list, row.tier, row.option, row.via.list if row.via else None


def _together(changes: Iterable[Change]) -> ChangeSet:
    ordered = tuple(sorted(changes, key=lambda change: HANDS.index(change.hand)))
    return ChangeSet(ordered, ordered[-1].hand)


def _stretch(lower: Key | None, upper: Key | None, *, whole: bool, least: float) -> tuple[Any, str]:
    """Return a stretch between two thresholds as a value for JSON and in words."""
    if whole:
        first = int(lower[1][1]) if lower else int(least)
        last = int(upper[1][1]) - 1 if upper else None
        if first == last:
            return first, f"exactly {first}"
        return ({"at_least": first}, f"at least {first}") if last is None else (
            {"at_least": first, "at_most": last}, f"{first} to {last}"
        )  # fmt: skip
    shown: dict[str, float] = {}
    said = []
    for bound, reached, missed in ((lower, ("at_least", "at least"), ("more_than", "more than")),
                                   (upper, ("below", "below"), ("at_most", "at most"))):  # fmt: skip
        if bound is not None:
            key, words = reached if bound[1][0] == ">=" else missed
            number = bound[1][1]
            shown[key] = int(number) if number == int(number) else number
            said.append(f"{words} {shown[key]}")
    return shown, " and ".join(said)


def _as_written(value: Any) -> str:
    """Return a value as the command line takes it; of a stretch, a number in it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        low = value.get("at_least", value["more_than"] + 1 if "more_than" in value else None)
        high = value.get("at_most", value["below"] - 1 if "below" in value else None)
        number = low if low is not None and (high is None or low <= high) else high
        if low is not None and high is not None and low > high:
            number = (value.get("at_least", value.get("more_than")) + value.get("at_most", value.get("below"))) / 2
        return str(number)
    return str(value)
