"""Where two tellings of one patient's lines differ: lines given and lines derived, or lines by two rule sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from myeloguide.history.course import LineCourse
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.frozen import frozen
from myeloguide.record.time import When

Pair = tuple[LineCourse | None, LineCourse | None]
Said = When | str | None


@frozen(eq=False)
class Difference:
    """One thing that two tellings say differently, in words; `line` is its number in the first that has it."""

    about: str
    line: int | None
    first: str | None
    second: str | None


def differences(
    first: Sequence[LineCourse], second: Sequence[LineCourse], vocabulary: Vocabulary, *, stated_only: bool = False
) -> Iterator[Difference]:
    """Yield where two tellings differ in the number of lines, their start, regimen, best response and progression.

    With `stated_only`, what one of the two does not say is no difference.
    """
    if len(first) != len(second):
        yield Difference("number of lines", None, str(len(first)), str(len(second)))
    for one, other in _pairs(first, second):
        if one is None or other is None:
            known = one or other
            assert known is not None
            told = f"{_named(known, vocabulary)} from {known.start}"
            yield Difference("line", known.number, told if one else None, told if other else None)
            continue
        said: tuple[tuple[str, Said, Said], ...] = (
            ("start", _dated(one.start), _dated(other.start)),
            ("regimen", *_regimens(one, other, vocabulary, loosely=stated_only)),
            ("best response", one.best_response, other.best_response),
            ("progression", _progression(one), _progression(other)),
        )
        for about, here, there in said:
            if not _agree(here, there) and not (stated_only and (here is None or there is None)):
                yield Difference(about, one.number, _worded(here), _worded(there))


def _pairs(first: Sequence[LineCourse], second: Sequence[LineCourse]) -> Iterator[Pair]:
    """Pair lines by their place where there are as many of both, else those that may have begun on one day."""
    if len(first) == len(second):
        yield from zip(first, second, strict=True)
        return
    rest = list(second)
    for one in first:
        match = next((place for place, other in enumerate(rest) if one.start.within(other.start) is not None), None)
        if match is None:
            yield one, None
            continue
        yield from ((None, other) for other in rest[:match])
        yield one, rest[match]
        del rest[: match + 1]
    yield from ((None, other) for other in rest)


def _dated(when: When) -> When | None:
    return when if when.known else None


def _progression(course: LineCourse) -> Said:
    if course.progression is None:
        return "none" if course.no_progression else None
    return course.progression if course.progression.known else "yes"


def _regimens(one: LineCourse, other: LineCourse, vocabulary: Vocabulary, *, loosely: bool) -> tuple[str | None, str | None]:
    """Return the regimens of two lines by name; the same name where they are of the same agents.

    Loosely, a line of which only the agents are told is of the same regimen as one with these agents in all its phases.
    """
    names = _named(one, vocabulary), _named(other, vocabulary)
    sets = [{_first(course, vocabulary), *([frozenset(course.agents)] if loosely else [])} for course in (one, other)]
    return (names[0], names[0]) if sets[0] & sets[1] - {None, frozenset()} else names


def _first(course: LineCourse, vocabulary: Vocabulary) -> frozenset[str] | None:
    if course.regimens:
        return frozenset(vocabulary.regimens[course.regimens[0]].agents)
    return next(iter(course.unnamed_regimens), None)


def _named(course: LineCourse, vocabulary: Vocabulary) -> str | None:
    if course.regimens:
        return course.regimens[0]
    return "+".join(sorted(_first(course, vocabulary) or course.agents)) or None


def _agree(one: Said, other: Said) -> bool:
    if isinstance(one, When) and isinstance(other, When):
        return one.within(other) is not None
    if {type(one), type(other)} == {When, str}:
        return "none" not in (one, other)  # "yes", and when
    return one == other


def _worded(said: Said) -> str | None:
    return None if said is None else str(said)
