"""The rule sets by which lines of therapy are counted, by name, with numbers that can be changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.history.episodes import OHDSI, count_episodes
from myeloguide.history.lines import IMWG_2015, LinesFound, count_lines
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.events import Events

Counting = Callable[[Events, Vocabulary, Sequence[date]], LinesFound]


_PARAMETERS: dict[str, tuple[Callable[..., LinesFound], Any]] = {
    IMWG_2015.name: (count_lines, IMWG_2015),
    OHDSI.name: (count_episodes, OHDSI),
}


def _counting(count: Callable[..., LinesFound], rules: Any) -> Counting:
    return lambda events, vocabulary, progressions: count(events, vocabulary, rules, progressions)


RULE_SETS: dict[str, Counting] = {name: _counting(*known) for name, known in _PARAMETERS.items()}
"""The rule sets for lines, by name."""


def rule_set(text: str) -> Counting:
    """Return a rule set by name, with numbers of it changed: `imwg-2015`, or `imwg-2015,maintenance=120,tandem=90`."""
    name, *changes = (part.strip() for part in text.split(","))
    if name not in _PARAMETERS:
        raise InputError(Problem("--rules", f"there is no rule set {name}", suggestion(name, RULE_SETS)))
    count, rules = _PARAMETERS[name]
    numbers = [item.name for item in fields(rules) if isinstance(getattr(rules, item.name), int)]
    changed: dict[str, Any] = {"name": text}
    for change in changes:
        number, _, days = (part.strip() for part in change.partition("="))
        if number not in numbers:
            hint = suggestion(number, numbers) or f"its numbers are {', '.join(numbers)}"
            raise InputError(Problem("--rules", f'{name} has no number "{number}"', hint))
        if not days.isascii() or not days.isdigit() or len(days) > 4:
            raise InputError(Problem("--rules", f'{number} is "{days}"', f"write days: {number}={getattr(rules, number)}"))
        changed[number] = int(days)
    return _counting(count, replace(rules, **changed))
