"""A piece of shorthand as changes of facts, for what is only supposed: `t(11;14)+` is `t_11_14=true`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from myeloguide.errors import InputError, Problem
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.shorthand import read_note

_CHANGE = re.compile(r"\s*[A-Za-z_][A-Za-z0-9_]*(\.[^=]*)?\s*=")
_TOLD = {"history": "the record", "rulings": "how a ruling is read", "as_of": "the day of the decision", "patient": "a name"}
_FINDING = "a finding from which frailty is scored"
_NAMED = "suppose it of drugs by name, such as no access: dara, or write unavailable_agents.daratumumab=false"


def as_changes(texts: Iterable[str], vocabulary: Vocabulary, where: str) -> Iterator[str]:
    """Yield changes of facts, each `fact=value`: what is written so as it stands, a piece of shorthand by the facts it tells."""
    for text in texts:
        try:
            yield from [text] if _CHANGE.match(text) else list(_told(text, vocabulary, where))
        except InputError:
            if text.strip() not in vocabulary.facts:
                raise
            yield text  # a fact without its value: who reads the changes says how it is written


def _told(text: str, vocabulary: Vocabulary, where: str) -> Iterator[str]:
    note = read_note(text, vocabulary, where)
    told = {key: value for key, value in note.data.items() if key != "facts"}
    no_facts = [*(_TOLD.get(key, key) for key in told), *(_FINDING for _ in note.findings), *note.not_used]
    if no_facts:
        what = f'"{text}" tells what is no fact: {"; ".join(no_facts)}'
        raise InputError(Problem(where, what, "suppose facts, such as t(11;14)+, frail, no access: dara or t_11_14=unknown"))
    for name, value in note.data["facts"].items():
        yield from _changes(name, value, text, vocabulary, where)


def _changes(name: str, value: Any, text: str, vocabulary: Vocabulary, where: str) -> Iterator[str]:
    fact = vocabulary.complements.get(name) or vocabulary.partial.get(name) or name
    if isinstance(value, dict):
        raise InputError(Problem(where, f'"{text}" tells no single number', "suppose one, such as 2 prior lines"))
    if not isinstance(value, list):
        yield f"{fact}={str(value).lower() if isinstance(value, bool) else value}"
        return
    if not value or not all(isinstance(member, str) for member in value):
        raise InputError(Problem(where, f'"{text}" names nothing that could be supposed', _NAMED))
    yield from (f"{fact}.{member}={'false' if name in vocabulary.complements else 'true'}" for member in value)
