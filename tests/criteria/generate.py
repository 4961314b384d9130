"""Random conditions of every kind, and random patients of whom much is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hypothesis import strategies as st

from myeloguide.criteria.nodes import OPERATORS, All, Any, Compare, Constant, Holds, Is, Named, Node, Not, children
from tests.criteria.naive import Patient, Span, Value

PLAIN = ("frail", "prior_transplant")
CATEGORIES = {"fitness": ("fit", "intermediate", "unfit"), "set": ("A1", "A2")}
SETS = {"refractory_to": ("lenalidomide", "bortezomib", "carfilzomib"), "regimens_given": ("KRd", "D-VMP")}
WHOLES = ("prior_lines", "transplants")
REALS = ("age", "months")
WHOLE_NUMBERS = (0, 1, 2, 3, 4)
REAL_NUMBERS = (0, 0.5, 6, 6.25, 36)
"""Few numbers, so that patients often lie exactly on a threshold."""


def leaf_conditions() -> st.SearchStrategy[Node]:
    """Return conditions without parts."""
    member = st.sampled_from([(fact, member) for fact, members in SETS.items() for member in members])
    choice = st.sampled_from([(fact, value) for fact, values in CATEGORIES.items() for value in values])
    operator = st.sampled_from(OPERATORS)
    return st.one_of(
        st.builds(Constant, st.booleans()),
        st.builds(Holds, st.sampled_from(PLAIN)),
        member.map(lambda pair: Holds(*pair)),
        choice.map(lambda pair: Is(*pair)),
        st.builds(Compare, st.sampled_from(WHOLES), operator, st.sampled_from(WHOLE_NUMBERS), st.just(True)),
        st.builds(Compare, st.sampled_from(REALS), operator, st.sampled_from(REAL_NUMBERS), st.just(False)),
    )


def conditions(*, fewest: int = 0) -> st.SearchStrategy[Node]:
    """Return conditions of every kind; `all` and `any` are of at least `fewest` parts."""

    def above(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(inner, min_size=fewest, max_size=4).map(tuple)
        arguments = st.sampled_from([(), ("lenalidomide",), ("KRd", "D-VMP")])
        return st.one_of(
            st.builds(Not, inner),
            st.builds(All, several),
            st.builds(Any, several),
            st.builds(Named, st.sampled_from(["usable", "triple_class"]), inner, arguments),
        )

    return st.recursive(leaf_conditions(), above, max_leaves=12)


def random_patient(random: Random) -> Patient:
    """Return a patient of whom each fact is known, unknown, or known as a range."""
    patient: dict[str, Value] = {}
    for fact in PLAIN:
        if random.random() < 0.7:
            patient[fact] = random.choice([True, False])
    for fact, values in CATEGORIES.items():
        if random.random() < 0.7:
            patient[fact] = random.choice(values)
    for fact, members in SETS.items():
        if random.random() < 0.9:
            patient[fact] = {member: random.choice([True, False, None]) for member in members if random.random() < 0.9}
    for facts, numbers in ((WHOLES, WHOLE_NUMBERS), (REALS, REAL_NUMBERS)):
        for fact in facts:
            least, most = sorted((random.choice(numbers), random.choice(numbers)))
            known: list[Value] = [least, (least, most), (least, None), (None, most), (None, None)]
            if random.random() < 0.8:
                patient[fact] = random.choice(known)
    return patient


def better_known(patient: Patient, random: Random) -> Patient:
    """Return the same patient when some of the unknown has become known, and some ranges narrower."""
    news = random_patient(random)
    later: dict[str, Value] = {**news, **patient}
    for fact, old in patient.items():
        new = news.get(fact)
        if isinstance(old, dict):
            fresh = new if isinstance(new, dict) else {}
            later[fact] = {**old, **{member: value for member, value in fresh.items() if old.get(member) is None}}
        elif isinstance(old, tuple):
            later[fact] = _narrowed(old, WHOLE_NUMBERS if fact in WHOLES else REAL_NUMBERS, random)
    return later


def _narrowed(span: Span, numbers: tuple[float, ...], random: Random) -> Value:
    least, most = span
    inside = [number for number in numbers if (least is None or number >= least) and (most is None or number <= most)]
    first, second = sorted((random.choice(inside), random.choice(inside)))
    narrower: list[Value] = [span, first, (first, second), (least, second), (first, most)]
    return random.choice(narrower)


def randoms() -> st.SearchStrategy[Random]:
    """Return sources of chance that Hypothesis can shrink."""
    return st.randoms(use_true_random=False)


def patients() -> st.SearchStrategy[Patient]:
    """Return patients of whom much is unknown."""
    return randoms().map(random_patient)


def crowds(fewest: int, most: int) -> st.SearchStrategy[list[Patient]]:
    """Return many patients at once: too many to be drawn fact by fact."""

    def crowd(seed: int, size: int) -> list[Patient]:
        random = Random(seed)
        return [random_patient(random) for _ in range(size)]

    return st.builds(crowd, st.integers(0, 2**32), st.integers(fewest, most))


def every_part(node: Node) -> Iterator[Node]:
    """Yield a condition and everything it is made of, each as often as it stands there."""
    yield node
    for child in children(node):
        yield from every_part(child)
