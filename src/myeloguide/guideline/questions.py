"""Which unknown facts decide: exact over the consistent completions of what is known.

The unknown facts of a row's condition are enumerated as worlds, the bits of one Python integer, closed by the
contract's closure and walked once. A fact decides a row if two consistent worlds that differ in it alone differ in
whether the row is offered; two facts that can only change together (frail and fitness, the first line and what was
received when there was one line) decide together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from myeloguide.criteria.nodes import Compare, Holds, Is, Node, children
from myeloguide.criteria.walk import Program, compile_conditions, walk
from myeloguide.guideline.pack import Pack
from myeloguide.history.closure import KNOWN, LATER_LINE, Planes, close
from myeloguide.knowledge.facts import Key

Name = tuple[str, str]
"""A fact that can be asked for: fact and member, "" where it has none."""

_DEPENDENTS: dict[str, Key] = {
    "months_transplant_to_progression": ("prior_transplant", ""),
    "maintenance_after_transplant": ("prior_transplant", ""),
    "months_lenalidomide_stop_to_progression": ("exposed_to", "lenalidomide"),
}
"""Facts that exist only where another one is true."""


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """An unknown fact of a row with the values it can take, each as what it makes its keys."""

    name: Name
    values: tuple[tuple[tuple[Key, bool], ...], ...]


@lru_cache(maxsize=512)
def _program(node: Node) -> Program:
    return compile_conditions([node])


def deciding(node: Node, planes: Planes, pack: Pack) -> tuple[Name, ...]:
    """Return the unknown facts that decide a condition, in the order in which it asks for them."""
    program = _program(node)
    variables = _variables(_open_keys(program, node, planes), planes, pack)
    worlds = _Worlds(variables, planes, pack)
    true, _ = walk(program, worlds.planes.__getitem__, 0, worlds.every)
    return worlds.deciding(true[program.place(node)])


def _open_keys(program: Program, node: Node, planes: Planes) -> list[Key]:
    """Return the unknown leaves below nodes that are themselves unknown: the others decide nothing."""
    true, false = walk(program, planes.__getitem__, 0, 1)
    found: dict[Key, None] = {}
    seen: set[Node] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        place = program.place(current)
        if current in seen or true[place] or false[place]:
            continue
        seen.add(current)
        match current:
            case Holds(fact, member) | Is(fact, member):
                found[fact, member] = None
            case Compare(fact):
                found.update({key: None for key in ((fact, current.reaches), (fact, current.exceeds)) if key in planes})
            case _:
                pending += reversed(children(current))
    return [key for key in found if planes[key] == (0, 0)]


def _variables(unknown: Sequence[Key], planes: Planes, pack: Pack) -> list[Variable]:
    names = dict.fromkeys((fact, member if isinstance(member, str) else "") for fact, member in unknown)
    facts = pack.vocabulary.facts
    names = dict.fromkeys((fact, "" if facts[fact].kind == "category" else member) for fact, member in names)
    for fact, member in list(names):
        if fact in _DEPENDENTS and planes[_DEPENDENTS[fact]] == (0, 0):
            names.setdefault(_DEPENDENTS[fact])
        for partner in _partners((fact, member), planes):
            names.setdefault(partner)
    bounds: dict[str, set[Key]] = {}
    for key in planes:
        if not isinstance(key[1], str):
            bounds.setdefault(key[0], set()).add(key)
    return [Variable(name, tuple(_values(name, planes, pack, bounds.get(name[0], set())))) for name in names]


def _partners(name: Name, planes: Planes) -> Iterator[Name]:
    """Yield the facts that may have to change together with this one."""
    fact, member = name
    if fact == "fitness" and planes["frail", ""] == (0, 0):
        yield "frail", ""
    if fact == "frail" and any(planes["fitness", level] == (0, 0) for level in ("intermediate", "frail")):
        yield "fitness", ""
    for one, other in (("exposed_to", "line1_agents"), ("line1_agents", "exposed_to")):
        if fact == one and planes[other, member] == (0, 0) and not planes[LATER_LINE][0]:
            yield other, member


def _values(name: Name, planes: Planes, pack: Pack, bounds: Iterable[Key]) -> Iterator[tuple[tuple[Key, bool], ...]]:
    fact, member = name
    declared = pack.vocabulary.facts[fact]
    if declared.kind == "category":
        for choice in declared.values:
            if not planes[fact, choice][1]:
                yield tuple(((fact, value), value == choice) for value in declared.values)
    elif declared.is_number:
        yield from _number_values(fact, planes, sorted(bounds, key=_order))
    else:
        yield (((fact, member), True),)
        yield (((fact, member), False),)
    if fact in _DEPENDENTS and not planes[_DEPENDENTS[fact]][0]:
        yield ((_DEPENDENTS[fact], False),)


def _order(key: Key) -> tuple[float, bool]:
    operator, limit = key[1]
    return limit, operator == ">"


def _number_values(fact: str, planes: Planes, bounds: Sequence[Key]) -> Iterator[tuple[tuple[Key, bool], ...]]:
    """Yield the stretches between the thresholds that matter: below the first, between two, above the last."""
    for reached in range(len(bounds) + 1):
        value = tuple((key, position < reached) for position, key in enumerate(bounds))
        if any(planes[key][1 if true else 0] for key, true in value):
            continue
        dependent = _DEPENDENTS.get(fact)
        yield (*value, ((fact, KNOWN), True), (dependent, True)) if dependent else value


class _Worlds:
    """Every combination of values of some variables, each one bit of an integer."""

    def __init__(self, variables: Sequence[Variable], planes: Planes, pack: Pack) -> None:
        self.variables = [variable for variable in variables if variable.values]
        self.strides: list[int] = []
        size = 1
        for variable in self.variables:
            self.strides.append(size)
            size *= len(variable.values)
        self.size = size
        self.every = (1 << size) - 1
        self.planes: Planes = {key: (true * self.every, false * self.every) for key, (true, false) in planes.items()}
        for number, variable in enumerate(self.variables):
            for choice, value in enumerate(variable.values):
                chosen = self.where(number, choice)
                for key, holds in value:
                    true, false = self.planes.get(key, (0, 0))
                    self.planes[key] = (true | chosen, false) if holds else (true, false | chosen)
        impossible = 0
        for conflict in close(self.planes, pack.vocabulary):
            impossible |= conflict.plane
        self.possible = self.every & ~impossible

    def where(self, number: int, choice: int) -> int:
        """Return the worlds in which a variable has a value."""
        stride, count = self.strides[number], len(self.variables[number].values)
        block = ((1 << stride) - 1) << (stride * choice)
        period = stride * count
        return block * (self.every // ((1 << period) - 1))

    def moved(self, plane: int, number: int, choice: int) -> int:
        """Return, at the worlds where a variable has its first value, what holds where it has this one."""
        return (plane & self.where(number, choice)) >> (self.strides[number] * choice)

    def deciding(self, offered: int) -> tuple[Name, ...]:
        found = [number for number in range(len(self.variables)) if self.decides(offered, number)]
        for one in range(len(self.variables)):
            for other in range(one + 1, len(self.variables)):
                if (one not in found or other not in found) and self.decide_together(offered, one, other):
                    found += [number for number in (one, other) if number not in found]
        return tuple(self.variables[number].name for number in sorted(found))

    def decides(self, offered: int, number: int) -> bool:
        """Whether two possible worlds that differ in this variable alone differ in what is offered.

        Facts that exist only where this one is true come and go with it, and count as no difference.
        """
        yes, no = self.possible & offered, self.possible & ~offered
        for dependent in self.dependents(number):
            yes, no = self.somewhere(yes, dependent), self.somewhere(no, dependent)
        choices = range(len(self.variables[number].values))
        offered_at = [self.moved(yes, number, choice) for choice in choices]
        not_offered_at = [self.moved(no, number, choice) for choice in choices]
        return any(offered_at[one] & not_offered_at[other] for one in choices for other in choices if one != other)

    def dependents(self, number: int) -> list[int]:
        name = self.variables[number].name
        return [place for place, variable in enumerate(self.variables) if _DEPENDENTS.get(variable.name[0]) == name]

    def somewhere(self, plane: int, number: int) -> int:
        """Return, at the worlds where a variable has its first value, whether it holds for any of its values."""
        return reduce(or_, (self.moved(plane, number, choice) for choice in range(len(self.variables[number].values))))

    def decide_together(self, offered: int, one: int, other: int) -> bool:
        """Whether two variables decide by changing together where neither can change alone."""
        first, second = (range(len(self.variables[number].values)) for number in (one, other))
        cells = {
            (a, b): (
                self.moved(self.moved(self.possible, one, a), other, b),
                self.moved(self.moved(offered, one, a), other, b),
            )
            for a in first
            for b in second
        }
        for (a, b), (possible, here) in cells.items():
            for (c, d), (possible_too, there) in cells.items():
                if a != c and b != d:
                    apart = ~cells[a, d][0] & ~cells[c, b][0]
                    if possible & possible_too & (here ^ there) & apart:
                        return True
        return False
