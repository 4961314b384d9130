"""Which features every patient of a population has: those that its conditions state, and those that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from myeloguide.criteria.nodes import All, Compare, Holds, Node, Not
from myeloguide.criteria.walk import Program, compile_conditions, walk
from myeloguide.evidence.trials import Evidence
from myeloguide.history.closure import close, planes_of
from myeloguide.record.fact_sheet import FactSheet, Members, Value
from myeloguide.record.ranges import Range


@cache
def held_by_all(evidence: Evidence) -> Mapping[tuple[str, str], frozenset[Node]]:
    """Return, by trial and population, the features that every patient of it has."""
    return {
        (trial.name, population): _held(evidence, trial.met_by_all(population))
        for trial in evidence.trials
        for population in trial.narrows
    }


@cache
def implied(evidence: Evidence) -> Mapping[Node, frozenset[Node]]:
    """Return, by feature, the other features that follow from it: whoever is penta-refractory is lenalidomide-refractory."""
    return {node: _held(evidence, frozenset({node})) - {node} for _, node in evidence.features}


def _held(evidence: Evidence, met: frozenset[Node]) -> frozenset[Node]:
    """Return the features that hold for whoever meets these conditions, of whom nothing else is known."""
    program = _features(evidence)
    wanted = (key for key in program.keys if not isinstance(key[1], str))
    planes = planes_of(_known_of(met), evidence.vocabulary, wanted)
    close(planes, evidence.vocabulary)
    true, _ = walk(program, planes.__getitem__, 0, 1)

    def holds(node: Node) -> bool:
        return node in met or bool(true[program.place(node)]) or (isinstance(node, All) and all(map(holds, node.children)))

    return frozenset(node for _, node in evidence.features if holds(node))


@cache
def _features(evidence: Evidence) -> Program:
    return compile_conditions(node for _, node in evidence.features)


def _known_of(met: Iterable[Node]) -> FactSheet:
    """Return the facts of whoever meets these conditions; what `or` leaves open is not among them."""
    values: dict[str, Value] = {}
    yes, no = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    pending = list(met)
    while pending:
        match pending.pop():
            case All(children):
                pending += children
            case Holds(fact, ""):
                values[fact] = True
            case Not(Holds(fact, "")):
                values[fact] = False
            case Holds(fact, member):
                yes[fact].add(member)
            case Not(Holds(fact, member)):
                no[fact].add(member)
            case Compare(fact) as compared:
                known = values.get(fact)
                values[fact] = _range(compared).within(known if isinstance(known, Range) else Range()) or Range()
            case _:
                pass
    values |= {fact: Members(frozenset(yes[fact]), frozenset(no[fact])) for fact in {*yes, *no}}
    return FactSheet(values)


def _range(compared: Compare) -> Range:
    """Return a comparison as a range; an open end counts as closed, so that less follows, never more."""
    number = compared.number
    step = 1 if compared.whole else 0
    match compared.operator:
        case "==":
            return Range.exactly(number)
        case ">=":
            return Range(number, None)
        case ">":
            return Range(number + step, None)
        case "<=":
            return Range(None, number)
        case "<":
            return Range(None, number - step)
        case _:
            return Range()
