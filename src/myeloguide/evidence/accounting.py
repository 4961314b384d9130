"""Is every figure of the source in a result? Held against a copy of the source, which the program does not ship."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from myeloguide.evidence.trials import Evidence, Result, Toxicity, TrialFile
from myeloguide.evidence.words import places_of
from myeloguide.knowledge.reading import decode, read_bytes
from myeloguide.knowledge.source import LineRanges

_NUMBER = r"\d+(?:\.\d+)?"
_FIGURE = re.compile(rf"(?<![\w.,)\-–‒]){_NUMBER}(?:\s?[-–‒]+\s?{_NUMBER})?(?![\w/])")
_WORDS = re.compile(r"\b(one\s+fourth|(?:two|four)\s+months)\b", re.IGNORECASE)
"""Figures written as words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands free in the source: no citation, which hangs on the word or sign before it."""

    text: str
    line: int


def figures(source: str) -> Iterator[Figure]:
    """Yield every free-standing number of the source with its physical line."""
    starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    for found in sorted([*_FIGURE.finditer(source), *_WORDS.finditer(source)], key=lambda match: match.start()):
        yield Figure(" ".join(found.group().split()), bisect_right(starts, found.start()))


def unaccounted(evidence: Evidence, source: str) -> tuple[Figure, ...]:
    """Return the figures of the source that stand neither in a trial's data on their line nor among the exceptions."""
    held = held_numbers(evidence)
    excepted = {(item.line, item.figure) for item in evidence.exceptions}
    return tuple(
        figure
        for figure in figures(source)
        if (figure.line, figure.text) not in excepted and not _numbers(figure.text) <= held.get(figure.line, set())
    )


def held_numbers(evidence: Evidence) -> dict[int, set[float]]:
    """Return the numbers of the trials' data by the lines of the source that they name."""
    held: dict[int, set[float]] = {}
    for trial in evidence.trials:
        for number, lines in _held(trial.file):
            for first, last in lines:
                for line in range(first, last + 1):
                    held.setdefault(line, set()).add(number)
    return held


_IN_WORDS = {"one fourth": 25.0, "two months": 2.0, "four months": 4.0}


def _numbers(text: str) -> set[float]:
    if text.casefold() in _IN_WORDS:
        return {_IN_WORDS[text.casefold()]}
    return {float(number) for number in re.findall(_NUMBER, text)}


def _held(file: TrialFile) -> Iterator[tuple[float, LineRanges]]:
    """Yield every number of a trial's data with the lines that it may stand on."""
    for result in file.results:
        written: Iterable[object] = (
            result.at_months, result.n_option, result.n_comparator, result.value_option, result.value_comparator,
            result.difference, result.hr, result.ci_low, result.ci_high, result.ci_level, result.p, result.followup_months,
            result.as_printed, result.contrast, file.population(result.population).n,
        )  # fmt: skip
        yield from _each(written, result.lines)
    for toxicity in file.toxicities:
        yield from _each((toxicity.frequency, toxicity.grade), toxicity.lines)
    for part in file.composition:
        yield from _each((part.n, part.share), part.lines)
    for criterion in file.eligibility:
        yield from _each((criterion.says,), criterion.lines)
    for statement in file.statements:
        yield from _each((statement.says,), statement.lines)
    for property_ in file.said:
        yield from _each((property_.is_,), property_.lines)
    if file.patients is not None:
        yield from _each((file.patients.n,), file.patients.lines)
    written = (*(arm.n for arm in file.arms), file.design, *(item.title for item in file.populations), file.phase)
    yield from _each(written, file.lines)


def _each(written: Iterable[object], lines: LineRanges) -> Iterator[tuple[float, LineRanges]]:
    for value in written:
        if isinstance(value, str):
            yield from ((float(number), lines) for number in re.findall(_NUMBER, value))
        elif isinstance(value, (int, float)):
            yield float(value), lines


def misplaced(evidence: Evidence, source: str) -> tuple[str, ...]:
    """Return the figures of results and toxicities that do not stand on the lines they name, and citations likewise.

    Numbers of patients and follow-up may stand elsewhere on the lines of their trial.
    """
    lines = source.splitlines()
    found: list[str] = []
    for trial in evidence.trials:
        around = _on(lines, trial.file.lines)
        for item in trial.file.reported:
            there = _on(lines, item.lines)
            wrong = [number for number in _measured(item) if number not in there]
            wrong += [number for number in _context(item) if number not in around]
            found += [f"{trial.name} {places_of(item.lines)}: {number:g}" for number in wrong]
    for reference in evidence.references.values():
        found += [
            f"reference {reference.reference} {places_of(((first, last),))}"
            for cited in reference.cited
            for first, last in cited.lines
            if not any(_cites(line, reference.reference) for line in lines[first - 1 : last])
        ]
    return tuple(found)


def _measured(item: Result | Toxicity) -> Iterator[float]:
    if isinstance(item, Toxicity):
        given: Iterable[object] = (item.frequency,)
    else:
        given = (
            item.value_option, item.value_comparator, item.difference, item.hr, item.ci_low, item.ci_high, item.p,
        )  # fmt: skip
    return (number for number, _ in _each(given, ()))


def _context(item: Result | Toxicity) -> Iterator[float]:
    given = () if isinstance(item, Toxicity) else (item.n_option, item.n_comparator, item.followup_months)
    return (number for number, _ in _each(given, ()))


def _on(lines: list[str], ranges: LineRanges) -> set[float]:
    text = " ".join(line for first, last in ranges for line in lines[first - 1 : last])
    words = {number for word, number in _IN_WORDS.items() if word in " ".join(text.casefold().split())}
    return words | {float(number) for number in re.findall(_NUMBER, text)}


def _cites(line: str, number: int) -> bool:
    spans = re.findall(r"(?<![\d ])(\d+)-(\d+)", line)
    return bool(re.search(rf"(?<![\d ]){number}(?!\d)", line)) or any(int(low) < number <= int(high) for low, high in spans)


def hold_against(evidence: Evidence, path: Path) -> tuple[str, ...]:
    """Hold the results against a copy of the source; return what is left out and what stands on other lines."""
    source = decode(read_bytes(path), str(path))
    left = tuple(f"L{figure.line}: {figure.text} stands in no result" for figure in unaccounted(evidence, source))
    return left + tuple(f"{text} does not stand there" for text in misplaced(evidence, source))
