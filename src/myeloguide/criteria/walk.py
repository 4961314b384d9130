"""The one walk: every node of a condition gets a pair of planes, known true and known false.

A plane is anything with `&` and `|`: a Python integer whose bits are worlds, a NumPy array whose bits are
patients, a solver's formula. Where neither plane is set the value is unknown (strong Kleene logic).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any as Plane

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Node, Not

Key = tuple[str, Plane]
Planes = tuple[Plane, Plane]
Leaves = Callable[[Key], Planes]
"""Gives a leaf's planes: by `(fact, member or value)`, or by `(fact, (">=" or ">", number))`."""

_ALL, _ANY, _NOT = range(3)


@dataclass(frozen=True)
class Program:
    """Conditions made ready to walk: what is looked up, then steps, each from places before it."""

    nodes: tuple[Node, ...]
    """The distinct nodes, children before parents."""
    at: tuple[int, ...]
    """Where the value of each of them stands in the walk's result: at a key, or behind the keys at a step."""
    keys: tuple[Key, ...]
    steps: tuple[tuple[int, tuple[int, ...]], ...]
    _parts: dict[tuple[int, ...], Program] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """The places of the nodes that stand below no other."""
        below = {place for _, places in self.steps for place in places}
        return tuple(dict.fromkeys(place for place in self.at if place not in below))

    @cached_property
    def places(self) -> dict[Node, int]:
        """Where the value of each node stands in the walk's result."""
        return dict(zip(self.nodes, self.at, strict=True))

    @cached_property
    def node_at(self) -> dict[int, Node]:
        """A node whose value stands at each place."""
        return dict(zip(self.at, self.nodes, strict=True))

    def place(self, node: Node) -> int:
        """Return where the value of a node stands in the walk's result."""
        return self.places[node]

    def part(self, *places: int) -> Program:
        """Return the program of the nodes at some places and what is below them; `at` ends with the place of the last."""
        if places not in self._parts:
            self._parts[places] = compile_conditions(self.node_at[place] for place in places)
        return self._parts[places]


def compile_conditions(conditions: Iterable[Node]) -> Program:
    """Order the distinct nodes of many conditions so that one pass gives every value."""
    places: dict[Node, int] = {}
    keys: dict[Key, int] = {}  # until all are known, a key stands at a negative place
    steps: list[tuple[int, tuple[int, ...]]] = []
    seen: dict[int, int] = {}  # by identity, for comparing whole trees again and again is slow

    def key(fact: str, member: Plane) -> int:
        return keys.setdefault((fact, member), ~len(keys))

    def step(kind: int, *below: int) -> int:
        steps.append((kind, below))
        return len(steps) - 1

    def visit(node: Node) -> int:
        place = seen.get(id(node))
        if place is None:
            place = places.get(node)
            if place is None:
                place = places[node] = made(node)
            seen[id(node)] = place
        return place

    def made(node: Node) -> int:
        match node:
            case Constant(value):
                return step(_ALL if value else _ANY)
            case Holds(fact, member) | Is(fact, member):
                return key(fact, member)
            case Compare(fact, "==" | "!=" as operator):
                reaches, exceeds = key(fact, node.reaches), key(fact, node.exceeds)
                return step(_ALL, reaches, step(_NOT, exceeds)) if operator == "==" else step(_ANY, step(_NOT, reaches), exceeds)
            case Compare(fact, operator):
                bound = key(fact, node.reaches if operator in (">=", "<") else node.exceeds)
                return bound if operator in (">=", ">") else step(_NOT, bound)
            case Not(child):
                return step(_NOT, visit(child))
            case Named(_, child):
                return visit(child)
            case All(below):
                return step(_ALL, *map(visit, below))
            case Any(below):
                return step(_ANY, *map(visit, below))

    def settled(of: Iterable[int]) -> tuple[int, ...]:
        return tuple(~place if place < 0 else place + len(keys) for place in of)

    kept = tuple(conditions)
    for condition in kept:
        visit(condition)
    at = settled(places.values())
    return Program(tuple(places), at, tuple(keys), tuple((kind, settled(below)) for kind, below in steps))


def walk(program: Program, leaves: Leaves, none: Plane, every: Plane) -> tuple[list[Plane], list[Plane]]:
    """Return, place by place, the plane of known true and the plane of known false.

    `none` and `every` are the empty and the full plane of the carrier.
    """
    known = [leaves(key) for key in program.keys]
    true: list[Plane] = [t for t, _ in known]
    false: list[Plane] = [f for _, f in known]
    for kind, below in program.steps:
        if kind == _ALL:
            t, f = every, none
            for place in below:
                t, f = t & true[place], f | false[place]
        elif kind == _ANY:
            t, f = none, every
            for place in below:
                t, f = t | true[place], f & false[place]
        else:
            t, f = false[below[0]], true[below[0]]
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
        if place < len(program.keys):
            found[program.keys[place]] = None
        else:
            pending += reversed(program.steps[place - len(program.keys)][1])
    return list(found)
