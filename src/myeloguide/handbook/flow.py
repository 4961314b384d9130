"""The way to the lists of a pack: questions in an order that follows from the lists' own conditions.

At each step that thing is asked on which most of the lists that are still open hang; what comes first in the conditions wins a
tie. A list that applies whatever else is asked stands beside the further questions. The order of the answers is that of the
lists they lead to.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from myeloguide.criteria.nodes import Compare, Constant, Holds, Is, Named, Node, children
from myeloguide.criteria.prose import say
from myeloguide.guideline.pack import Pack
from myeloguide.handbook.known import Known, ranges


@dataclass(frozen=True, slots=True)
class Branch:
    """An answer to a question, and where it leads."""

    answer: str
    step: Step


@dataclass(frozen=True, slots=True)
class Step:
    """A place on the way: the lists that apply from here on, what the source is silent on here, and the next question."""

    lists: tuple[str, ...] = ()
    silence: str | None = None
    question: str | None = None
    branches: tuple[Branch, ...] = ()

    @property
    def leaves(self) -> int:
        """How many ways lead on from here."""
        return sum(branch.step.leaves for branch in self.branches) or 1


def flow(pack: Pack) -> Step:
    """Return the way to the lists of a pack."""
    goals: dict[str, Node] = {item.id: item.applies.node for item in pack.lists}
    outside = {gap.said.text: gap.condition.node for gap in pack.silences if gap.outside and gap.condition is not None}
    return _Flow(pack, goals, outside).step(tuple(goals), Known(pack.switches))


class _Flow:
    def __init__(self, pack: Pack, goals: Mapping[str, Node], outside: Mapping[str, Node]) -> None:
        self.pack = pack
        self.goals = goals
        self.outside = outside
        self.parts = [part for node in (*goals.values(), *outside.values()) for part in _parts(node)]

    def step(self, open_: Sequence[str], known: Known) -> Step:
        held = {name: known.holds(self.goals[name]) for name in open_}
        apply = tuple(name for name in open_ if held[name])
        left = [name for name in open_ if held[name] is None]
        if not left:
            silence = next((text for text, node in self.outside.items() if known.holds(node)), None)
            return Step(apply, None if apply else silence)
        question, answers = self.ask(left, known)
        branches = [Branch(said, self.step(left, after)) for said, after in answers]
        branches.sort(key=lambda branch: self.first_list(branch.step))
        return Step(apply, None, question, tuple(branches))

    def first_list(self, step: Step) -> int:
        """Return the place in the source of the first list to which a step leads; what leads to none stands first."""
        order = list(self.goals)
        places = [order.index(name) for name in step.lists] + [self.first_list(branch.step) for branch in step.branches]
        return min(places, default=-1)

    def ask(self, left: Sequence[str], known: Known) -> tuple[str, list[tuple[str, Known]]]:
        """Return the question on which most lists hang, and what is known after each answer."""
        hanging: Counter[Node | str] = Counter()
        for name in left:
            asked = (part for part in _parts(self.goals[name]) if known.holds(part) is None)
            hanging.update(dict.fromkeys((part.fact if isinstance(part, Compare) else part for part in asked), 1))
        chosen = hanging.most_common(1)[0][0]
        if isinstance(chosen, str):
            return self.number(chosen, known)
        answers = []
        for said, true in (("yes", True), ("no", False)):
            after = known.copy()
            after.assume(chosen, true=true)
            answers.append((said, after))
        text = say(chosen, self.pack.phrases)
        return f"{text[0].upper()}{text[1:]}?", answers

    def number(self, fact: str, known: Known) -> tuple[str, list[tuple[str, Known]]]:
        declared = self.pack.vocabulary.facts[fact]
        answers = []
        for low, high in ranges(self.parts, fact, declared.least or 0):
            after = known.copy()
            after.numbers[fact] = (low, high)
            said = f"{low:g}" if low == high else f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}"
            answers.append((said, after))
        return f"How many {declared.label}?", answers


def _parts(node: Node) -> Iterator[Node]:
    """Yield what a condition asks, in its order; a named condition is one question."""
    if isinstance(node, Named | Holds | Is | Compare):
        yield node
    elif not isinstance(node, Constant):
        for child in children(node):
            yield from _parts(child)
