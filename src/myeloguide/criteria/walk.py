"""The one walk: every node of a condition gets a pair of planes, known true and known false.

A plane is anything with `&` and `|`: a Python integer whose bits are worlds, a NumPy array whose bits are
patients, a solver's formula. Where neither plane is set the value is unknown (strong Kleene logic).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any as Plane

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Node, Not, children

Key = tuple[str, Plane]
Planes = tuple[Plane, Plane]
Leaves = Callable[[Key], Planes]
"""Gives a leaf's planes: by `(fact, member or value)`, or by `(fact, (">=" or ">", number))`."""

_CONSTANT, _LEAF, _SWAP, _ALL, _ANY, _SAME, _BETWEEN = range(7)


@dataclass(frozen=True)
class Program:
    """Conditions made ready to walk: distinct nodes, children before parents."""

    nodes: tuple[Node, ...]
    steps: tuple[tuple[int, Plane], ...]
    keys: tuple[Key, ...]
    _parts: dict[tuple[int, ...], Program] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """The nodes that stand below no other."""
        below = {place for kind, below in self.steps for place in _below(kind, below)}
        return tuple(place for place in range(len(self.steps)) if place not in below)

    @cached_property
    def places(self) -> dict[Node, int]:
        """Where the value of each node stands in the walk's result."""
        return {node: place for place, node in enumerate(self.nodes)}

    def place(self, node: Node) -> int:
        """Return where the value of a node stands in the walk's result."""
        return self.places[node]

    def part(self, *places: int) -> Program:
        """Return the program of some of the nodes and what is below them; of one node, the node stands last."""
        if places not in self._parts:
            self._parts[places] = compile_conditions(self.nodes[place] for place in places)
        return self._parts[places]


def _below(kind: int, below: Plane) -> Sequence[int]:
    if kind in (_ALL, _ANY):
        places: Sequence[int] = below
        return places
    return (below[0],) if kind == _SAME else ()


def compile_conditions(conditions: Iterable[Node]) -> Program:
    """Order the distinct nodes of many conditions so that one pass gives every value."""
    places: dict[Node, int] = {}
    keys: dict[Key, int] = {}
    steps: list[tuple[int, Plane]] = []

    seen: dict[int, int] = {}  # by identity, for comparing whole trees again and again is slow

    def visit(node: Node) -> int:
        place = seen.get(id(node))
        if place is None:
            place = places.get(node, -1)
            if place < 0:
                step = _step(node, [visit(child) for child in children(node)], keys)
                place = places[node] = len(steps)
                steps.append(step)
            seen[id(node)] = place
        return place

    kept = tuple(conditions)
    for condition in kept:
        visit(condition)
    return Program(tuple(places), tuple(steps), tuple(keys))


def _step(node: Node, below: Sequence[int], keys: dict[Key, int]) -> tuple[int, Plane]:
    def key(fact: str, member: Plane) -> int:
        return keys.setdefault((fact, member), len(keys))

    match node:
        case Constant(value):
            return _CONSTANT, value
        case Holds(fact, member) | Is(fact, member):
            return _LEAF, key(fact, member)
        case Compare(fact, operator):
            if operator in ("==", "!="):
                return _BETWEEN, (key(fact, node.reaches), key(fact, node.exceeds), operator == "!=")
            bound = node.reaches if operator in (">=", "<") else node.exceeds
            return _LEAF if operator in (">=", ">") else _SWAP, key(fact, bound)
        case Not():
            return _SAME, (below[0], True)
        case Named():
            return _SAME, (below[0], False)
        case All():
            return _ALL, below
        case Any():
            return _ANY, below


def walk(program: Program, leaves: Leaves, none: Plane, every: Plane) -> tuple[list[Plane], list[Plane]]:
    """Return, node by node, the plane of known true and the plane of known false.

    `none` and `every` are the empty and the full plane of the carrier.
    """
    known = [leaves(key) for key in program.keys]
    true: list[Plane] = []
    false: list[Plane] = []
    for kind, below in program.steps:
        if kind == _ALL:
            t, f = every, none
            for place in below:
                t, f = t & true[place], f | false[place]
        elif kind == _ANY:
            t, f = none, every
            for place in below:
                t, f = t | true[place], f & false[place]
        elif kind == _LEAF:
            t, f = known[below]
        elif kind == _SWAP:
            f, t = known[below]
        elif kind == _SAME:
            place, opposite = below
            t, f = (false[place], true[place]) if opposite else (true[place], false[place])
        elif kind == _BETWEEN:
            reaches, exceeds, opposite = below
            t, f = known[reaches][0] & known[exceeds][1], known[reaches][1] | known[exceeds][0]
            t, f = (f, t) if opposite else (t, f)
        else:
            t, f = (every, none) if below else (none, every)
        true.append(t)
        false.append(f)
    return true, false


def open_keys(program: Program, leaves: Leaves) -> list[Key]:
    """Return the unknown leaves below conditions that are themselves unknown, in reading order: no others can decide.

    The conditions are the nodes of the program that stand below no other; each plane holds one world.
    """
    true, false = walk(program, leaves, 0, 1)
    found: dict[Key, None] = {}
    seen: set[int] = set()
    pending = list(reversed(program.tops))
    while pending:
        place = pending.pop()
        if place in seen or true[place] or false[place]:
            continue
        seen.add(place)
        kind, below = program.steps[place]
        if kind in (_LEAF, _SWAP):
            found[program.keys[below]] = None
        elif kind == _BETWEEN:
            found.update({program.keys[key]: None for key in below[:2] if leaves(program.keys[key]) == (0, 0)})
        else:
            pending += reversed(_below(kind, below))
    return list(found)
