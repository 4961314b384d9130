"""Every patient that can be described, as formulas: two Booleans a fact, known true and known false, closed.

A solver finds a patient for whom a formula holds, as the facts of a patient file, or proves that there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import z3

from myeloguide.criteria.walk import walk
from myeloguide.guideline.pack import Pack, pack_planes
from myeloguide.guideline.questions import bounds_of
from myeloguide.guideline.reach import View
from myeloguide.history.closure import KNOWN, Planes, close, planes_of
from myeloguide.knowledge.facts import Fact, Key
from myeloguide.record.fact_sheet import FactSheet

Formula = Any


class Space:
    """Every patient that can be described, as formulas, with the walk of a pack over them; `others` only add their thresholds."""

    def __init__(self, pack: Pack, *others: Pack) -> None:
        self.pack = pack
        self.none, self.every = z3.BoolVal(False), z3.BoolVal(True)
        wanted = dict.fromkeys(key for each in (pack, *others) for key in each.program.keys if not isinstance(key[1], str))
        keys = [*planes_of(FactSheet(), pack.vocabulary, wanted)]
        keys += [(ruling, value) for ruling, values in pack.switches.items() for value in values]
        self.given: Planes = {key: (z3.Bool(f"yes {key}"), z3.Bool(f"no {key}")) for key in keys}
        self.bounds = bounds_of(keys)
        self.declared = [(key, yes.decl().ast, no.decl().ast) for key, (yes, no) in self.given.items()]
        self.unknown = dict(self.suppositions())
        self.nothing = {z3.Not(self.given[key][side]): order for (key, side), order in self.unknown.items()}
        self.solver = z3.Solver()
        self.solver.add(*self.possible())
        self.planes = dict(self.given)
        for conflict in close(self.planes, pack.vocabulary, self.none, lambda plane: True):
            self.solver.add(z3.Not(conflict.plane))
        fixed = pack_planes(pack, {}, self.every, self.none)
        self.planes |= {key: planes for key, planes in fixed.items() if key[0] in pack.vocabulary.facts}
        self.true, self.false = walk(pack.program, self.planes.__getitem__, self.none, self.every)
        self.view = View(self.true, self.false, self.every, self.planes)

    def walk(self, pack: Pack) -> tuple[list[Formula], list[Formula]]:
        """Walk a pack over the same patients, its rulings as it reads them."""
        planes = self.obtainable() | pack_planes(pack, {}, self.every, self.none)
        return walk(pack.program, planes.__getitem__, self.none, self.every)

    def obtainable(self) -> Planes:
        """Return the planes with no agent that the pack itself gives to nobody."""
        agents = [("unavailable_agents", agent) for agent in self.pack.header.not_obtainable]
        return self.planes | {key: self.given[key] for key in agents}

    def possible(self) -> Iterator[Formula]:
        """Yield what holds of facts however they are known; of a list any part may be."""
        for yes, no in self.given.values():
            yield z3.Not(z3.And(yes, no))
        for name, fact in self.pack.vocabulary.facts.items():
            if fact.is_number:
                yield from self.of_number(fact)
            elif fact.kind == "category":
                yield from self.one_of((name, value) for value in fact.values)
            elif fact.none_unless_named:
                yield from (
                    self.given[name, member][1] == z3.Not(self.given[name, member][0])
                    for member in self.pack.vocabulary.members(fact)
                )
        for ruling, values in self.pack.switches.items():
            pairs = [self.given[ruling, value] for value in values]
            yield z3.PbEq([(yes, 1) for yes, _ in pairs], 1)
            yield from (no == z3.Not(yes) for yes, no in pairs)

    def one_of(self, keys: Iterable[Key]) -> Iterator[Formula]:
        pairs = [self.given[key] for key in keys]
        known = z3.Or([yes for yes, _ in pairs])
        yield z3.PbLe([(yes, 1) for yes, _ in pairs], 1)
        yield from (no == z3.And(known, z3.Not(yes)) for yes, no in pairs)

    def of_number(self, fact: Fact) -> Iterator[Formula]:
        bounds = self.bounds.get(fact.fact, [])
        for lower, upper in pairwise(bounds):
            yield z3.Implies(self.given[upper][0], self.given[lower][0])
            yield z3.Implies(self.given[lower][1], self.given[upper][1])
        says_known = [key for key in (*bounds, (fact.fact, KNOWN)) if key in self.given and _of_any(fact, key)]
        decided = z3.Or([plane for key in bounds if key not in says_known for plane in self.given[key]])
        for key in says_known:  # which a number can be although no threshold is decided
            yes, no = self.given[key]
            yield z3.Not(no)
            yield z3.Implies(decided, yes)
            yield yes == self.given[says_known[0]][0]

    def suppositions(self) -> Iterator[tuple[tuple[Key, int], int]]:
        """Yield which planes are empty of a patient of whom nothing is known, with the order in which that is given up."""
        facts = self.pack.vocabulary.facts
        for fact, member in self.given:
            if fact not in facts:
                if member == self.pack.switches[fact][1]:
                    yield ((fact, member), 0), 9  # another reading of a ruling only where nothing else will do
            else:
                given_list = facts[fact].is_set
                yield ((fact, member), 0), 5 if facts[fact].none_unless_named else 4 if given_list else 1
                if not facts[fact].none_unless_named:
                    yield ((fact, member), 1), 3 if given_list else 2

    # --- patients ---

    def find(self, *formulas: Formula, smallest: bool = True) -> Planes | None:
        """Return the facts of a patient for whom everything holds, or None; `smallest` leaves unknown what can be.

        Everything is first supposed unknown and every ruling as it is read; of what the solver says cannot be so, one
        supposition is given up after another.
        """
        self.solver.push()
        self.solver.add(*formulas)
        supposed = list(self.nothing) if smallest else []
        while (answer := self.solver.check(*supposed)) == z3.unsat and supposed:
            core = self.solver.unsat_core()
            if not len(core):
                break
            given_up = min(core, key=lambda item: self.nothing[item])
            supposed.remove(given_up)
        planes = self.read(self.solver.model()) if answer == z3.sat else None
        self.solver.pop()
        return planes

    def fewest(self, formula: Formula) -> Planes | None:
        """Return the facts of a patient for whom a formula holds, none of whom less is known, or None."""
        planes = self.find(formula)
        while planes is not None:
            known = sum(planes[key][side] for key, side in self.unknown)
            counted = [(self.given[key][side], 1) for key, side in self.unknown]
            less = self.find(formula, z3.PbLe(counted, known - 1), smallest=False) if known else None
            if less is None:
                break
            planes = less
        return planes

    def read(self, model: z3.ModelRef) -> Planes:
        """Return the facts of a model, by the solver's own functions: its Python objects take ten times as long."""
        context, true = model.ctx.ref(), self.every.as_ast().value

        def holds(declared: Any) -> int:
            value = z3.Z3_model_get_const_interp(context, model.model, declared)
            return int(value is not None and value.value == true)

        return {key: (holds(yes), holds(no)) for key, yes, no in self.declared}

    def cannot(self, *formulas: Formula) -> bool:
        """Whether no patient satisfies everything."""
        self.solver.push()
        self.solver.add(*formulas)
        answer = self.solver.check()
        self.solver.pop()
        return bool(answer == z3.unsat)

    def facts(self, planes: Planes) -> tuple[dict[str, Any], dict[str, str]]:
        """Return given planes as the facts of a patient file, and the switches of rulings."""
        facts: dict[str, Any] = {}
        value: Any
        for name, fact in self.pack.vocabulary.facts.items():
            if fact.is_number:
                value = self.number(fact, planes)
            elif fact.kind == "category":
                value = next((item for item in fact.values if planes[name, item][0]), None)
            elif fact.is_set:
                members = self.pack.vocabulary.members(fact)
                yes = [member for member in members if planes[name, member][0]]
                no = [member for member in members if planes[name, member][1]]
                whole = fact.at_least is not None and len(yes) + len(no) == len(members)
                value = yes if whole or (yes and fact.at_least is None) else None
                if yes and fact.at_least is not None and not whole:
                    facts[fact.at_least] = yes
                if fact.complement and no and not whole:
                    facts[fact.complement] = no
            else:
                yes_or_no = planes[name, ""]
                value = bool(yes_or_no[0]) if any(yes_or_no) else None
            if value is not None:
                facts[name] = value
        switched = {ruling: values[1] for ruling, values in self.pack.switches.items() if planes[ruling, values[1]][0]}
        return facts, switched

    def number(self, fact: Fact, planes: Planes) -> Any:
        """Return a number, or a range, that passes exactly the thresholds that the planes say it passes."""
        bounds = self.bounds.get(fact.fact, [])
        step = 1.0 if fact.kind == "integer" else 0.5
        least = max((key[1][1] + (step if key[1][0] == ">" else 0) for key in bounds if planes[key][0]), default=None)
        most = min((key[1][1] - (step if key[1][0] == ">=" else 0) for key in bounds if planes[key][1]), default=None)
        if least is None and most is None:
            known = planes.get((fact.fact, KNOWN), (0, 0))
            return {"at_least": _short(fact.least or 0)} if known[0] else None
        if all(any(planes[key]) for key in bounds):
            return _short(most if most is not None else least or 0)
        return {name: _short(value) for name, value in (("at_least", least), ("at_most", most)) if value is not None}


def _of_any(fact: Fact, key: Key) -> bool:
    """Whether a threshold says of a number no more than that it is known."""
    return bool(key[1] == KNOWN) or (key[1][0] == ">=" and key[1][1] <= (fact.least or 0))


def _short(number: float) -> float | int:
    return int(number) if number == int(number) else number
