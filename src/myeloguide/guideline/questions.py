"""Which unknown facts decide, and what holds whatever they are: exact over the consistent completions of what is known.

The unknown facts of a condition are enumerated as worlds, the bits of one Python integer, closed by the contract's
closure and walked once. A fact decides a row if two consistent worlds that differ in it alone differ in whether the row
is offered; two facts that can only change together (frail and fitness, the first line and what was received when there
was one line) decide together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from math import prod
from operator import or_

from myeloguide.criteria.walk import open_keys, walk
from myeloguide.guideline.pack import Pack
from myeloguide.history.closure import KNOWN, LATER_LINE, THRESHOLDS, Planes, Related, close, related_to
from myeloguide.knowledge.facts import Fact, Key
from myeloguide.knowledge.vocabulary import Vocabulary

Name = tuple[str, str]
"""A fact that can be asked for: fact and member, "" where it has none."""

MOST_WORLDS = 1 << 16
"""Beyond so many completions nothing is said to be certain; the questions of one row never come near."""

DEPENDENTS: dict[str, Key] = {
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


class Questions:
    """What the unknown facts of one patient decide; `planes` are the patient's, closed.

    Facts of which the answer is `not_known` to anybody stay unknown in every world.
    """

    def __init__(self, pack: Pack, planes: Planes, not_known: frozenset[Name] = frozenset()) -> None:
        self.pack = pack
        self.planes = planes
        self.not_known = not_known
        self.known_certain: dict[tuple[int, ...], bool | None] = {}
        self.worlds_of: dict[tuple[Name, ...], _Worlds] = {}

    @cached_property
    def bounds(self) -> dict[str, list[Key]]:
        """The comparisons that matter of each number, in order."""
        return bounds_of((*THRESHOLDS, *self.pack.deciding_thresholds))

    def deciding(self, place: int) -> tuple[Name, ...]:
        """Return the unknown facts that decide a condition, in the order in which it asks for them."""
        program = self.pack.program.part(place)
        worlds = self.worlds(self.variables(open_keys(program, self.planes.__getitem__)))
        true, _ = walk(program, worlds.planes.__getitem__, 0, worlds.every)
        return worlds.deciding(true[program.at[-1]])

    def certain(self, places: tuple[int, ...]) -> bool | None:
        """Return whether one of some conditions holds in every completion (True), none in any (False), or neither (None)."""
        if places not in self.known_certain:
            self.known_certain[places] = self._certain(places)
        return self.known_certain[places]

    def _certain(self, places: tuple[int, ...]) -> bool | None:
        program = self.pack.program.part(*places)
        variables = self.variables(open_keys(program, self.planes.__getitem__))
        if prod(len(variable.values) for variable in variables) > MOST_WORLDS:
            return None
        worlds = self.worlds(variables)
        true, _ = walk(program, worlds.planes.__getitem__, 0, worlds.every)
        nodes = self.pack.program.node_at
        holds = reduce(or_, (true[program.place(nodes[place])] for place in places)) & worlds.possible
        return False if not holds else True if holds == worlds.possible else None

    def worlds(self, variables: Sequence[Variable]) -> _Worlds:
        """Return the combinations of the values of some variables; conditions often ask for the same ones."""
        names = tuple(variable.name for variable in variables)
        if names not in self.worlds_of:
            self.worlds_of[names] = _Worlds(variables, self)
        return self.worlds_of[names]

    def variables(self, unknown: Sequence[Key]) -> list[Variable]:
        """Return the facts behind unknown keys, and those that come with them, with the values they can take."""
        planes, pack = self.planes, self.pack
        names = dict.fromkeys(name_of(key, pack.vocabulary) for key in unknown)
        for fact, member in list(names):
            if fact in DEPENDENTS and planes[DEPENDENTS[fact]] == (0, 0):
                names.setdefault(DEPENDENTS[fact])
            for partner in _partners((fact, member), planes):
                names.setdefault(partner)
        made = (Variable(name, tuple(_values(name, planes, pack, self.bounds.get(name[0], ())))) for name in names)
        return [variable for variable in made if variable.values and variable.name not in self.not_known]


def name_of(key: Key, vocabulary: Vocabulary) -> Name:
    """Return the fact that a leaf asks for, as it can be asked of a person."""
    fact, member = key
    whole = not isinstance(member, str) or vocabulary.facts[fact].kind == "category"
    return fact, "" if whole else member


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


def _linked(one: Name, other: Name) -> bool:
    """Whether the closure can relate two facts: two agents meet only in a regimen or in the number of lines."""
    if one[1] and other[1]:
        return one[1] == other[1] or "regimens_given" in (one[0], other[0])
    without_member = [fact for fact, member in (one, other) if not member]
    return len(without_member) == 2 or without_member[0] in ("prior_lines", "months_lenalidomide_stop_to_progression")


def _values(name: Name, planes: Planes, pack: Pack, bounds: Sequence[Key]) -> Iterator[tuple[tuple[Key, bool], ...]]:
    fact, member = name
    declared = pack.vocabulary.facts[fact]
    if declared.kind == "category":
        for choice in declared.values:
            if not planes[fact, choice][1]:
                yield tuple(((fact, value), value == choice) for value in declared.values)
    elif declared.is_number:
        for _, value in number_values(declared, bounds):
            if not any(planes[key][1 if true else 0] for key, true in value[: len(bounds)]):
                yield value
    else:
        yield (((fact, member), True),)
        yield (((fact, member), False),)
    if fact in DEPENDENTS and not planes[DEPENDENTS[fact]][0]:
        yield ((DEPENDENTS[fact], False),)


def _order(key: Key) -> tuple[float, bool]:
    operator, limit = key[1]
    return limit, operator == ">"


def bounds_of(keys: Iterable[Key]) -> dict[str, list[Key]]:
    """Return the comparisons of each number among some keys, each once, in order."""
    found: dict[str, list[Key]] = {}
    for key in dict.fromkeys(keys):
        if not isinstance(key[1], str):
            found.setdefault(key[0], []).append(key)
    return {fact: sorted(keys, key=_order) for fact, keys in found.items()}


def number_values(fact: Fact, bounds: Sequence[Key]) -> Iterator[tuple[int, tuple[tuple[Key, bool], ...]]]:
    """Yield the stretches between the thresholds that matter, each with the number of thresholds that it has passed."""
    assert fact.least is not None
    assert fact.most is not None
    for reached in range(len(bounds) + 1):
        operator, limit = bounds[reached][1] if reached < len(bounds) else (">", fact.most)
        empty = limit <= fact.least if operator == ">=" else limit < fact.least
        operator, limit = bounds[reached - 1][1] if reached else (">=", fact.least)
        if empty or (limit > fact.most if operator == ">=" else limit >= fact.most):
            continue
        value = tuple((key, position < reached) for position, key in enumerate(bounds))
        dependent = DEPENDENTS.get(fact.fact)
        yield reached, (*value, ((fact.fact, KNOWN), True), (dependent, True)) if dependent else value


class _Lifted(Planes):
    """The planes of one world as those of many, each when it is first asked for."""

    def __init__(self, base: Planes, every: int) -> None:
        self.base = base
        self.every = every

    def __missing__(self, key: Key) -> tuple[int, int]:
        true, false = self.base.get(key, (0, 0))
        lifted = self[key] = (true * self.every, false * self.every)
        return lifted


class _Worlds:
    """Every combination of values of some variables, each one bit of an integer."""

    def __init__(self, variables: Sequence[Variable], questions: Questions) -> None:
        self.variables = variables
        strides: list[int] = []
        self.size = 1
        for variable in variables:
            strides.append(self.size)
            self.size *= len(variable.values)
        self.every = (1 << self.size) - 1
        self.choices = [
            [(_where(stride, len(variable.values), choice, self.size), stride * choice) for choice in range(len(variable.values))]
            for stride, variable in zip(strides, variables, strict=True)
        ]
        """By variable and value: the worlds in which it has that value, and how far they lie from those with its first one."""
        self.planes = _Lifted(questions.planes, self.every)
        for number, variable in enumerate(variables):
            for choice, value in enumerate(variable.values):
                chosen, _ = self.choices[number][choice]
                for key, holds in value:
                    true, false = self.planes[key]
                    self.planes[key] = (true | chosen, false) if holds else (true, false | chosen)
        for key in questions.bounds.get("prior_lines", ()):
            _ = self.planes[key]  # the order of counts is closed over those that are there
        impossible = 0
        for conflict in close(self.planes, questions.pack.vocabulary, related=self.related(questions)):
            impossible |= conflict.plane
        self.possible = self.every & ~impossible

    def related(self, questions: Questions) -> Related:
        """Return what the closure has to look at: of all else nothing new is assumed."""
        names = [variable.name for variable in self.variables]
        agents = frozenset(member for fact, member in names if fact in ("exposed_to", "refractory_to", "line1_agents"))
        regimens = frozenset(member for fact, member in names if fact == "regimens_given")
        return related_to(questions.pack.vocabulary, agents, regimens)

    def moved(self, plane: int, number: int) -> list[int]:
        """Return, at the worlds where a variable has its first value, what holds where it has each one."""
        return [(plane & chosen) >> apart for chosen, apart in self.choices[number]]

    def deciding(self, offered: int) -> tuple[Name, ...]:
        """Return the variables that decide a plane."""
        found = [number for number in range(len(self.variables)) if self.decides(offered, number)]
        if self.possible == self.every:  # two facts that can change one after the other decide alone
            return tuple(self.variables[number].name for number in found)
        for one in range(len(self.variables)):
            for other in range(one + 1, len(self.variables)):
                if (one in found and other in found) or not _linked(self.variables[one].name, self.variables[other].name):
                    continue
                if self.decide_together(offered, one, other):
                    found += [number for number in (one, other) if number not in found]
        return tuple(self.variables[number].name for number in sorted(found))

    def decides(self, offered: int, number: int) -> bool:
        """Whether two possible worlds that differ in this variable alone differ in what is offered.

        Facts that exist only where this one is true come and go with it, and count as no difference.
        """
        yes, no = self.possible & offered, self.possible & ~offered
        for dependent in self.dependents(number):
            yes, no = self.somewhere(yes, dependent), self.somewhere(no, dependent)
        offered_at, not_offered_at = self.moved(yes, number), self.moved(no, number)
        return any(
            here & there
            for one, here in enumerate(offered_at)
            for other, there in enumerate(not_offered_at)
            if here and there and one != other
        )

    def dependents(self, number: int) -> list[int]:
        name = self.variables[number].name
        return [place for place, variable in enumerate(self.variables) if DEPENDENTS.get(variable.name[0]) == name]

    def somewhere(self, plane: int, number: int) -> int:
        """Return, at the worlds where a variable has its first value, whether it holds for any of its values."""
        return reduce(or_, self.moved(plane, number))

    def decide_together(self, offered: int, one: int, other: int) -> bool:
        """Whether two variables decide by changing together where neither can change alone."""
        possible_at = [self.moved(plane, other) for plane in self.moved(self.possible, one)]
        offered_at = [self.moved(plane, other) for plane in self.moved(offered, one)]
        cells = [(a, b) for a, row in enumerate(possible_at) for b, possible in enumerate(row) if possible]
        for place, (a, b) in enumerate(cells):
            for c, d in cells[place + 1 :]:
                if a != c and b != d:
                    both = possible_at[a][b] & possible_at[c][d] & ~possible_at[a][d] & ~possible_at[c][b]
                    if both & (offered_at[a][b] ^ offered_at[c][d]):
                        return True
        return False


@lru_cache(maxsize=4096)
def _where(stride: int, count: int, choice: int, size: int) -> int:
    """Return the worlds, of so many, in which a variable with this stride and number of values has one of them."""
    block = ((1 << stride) - 1) << (stride * choice)
    return block * (((1 << size) - 1) // ((1 << stride * count) - 1))
