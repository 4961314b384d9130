"""What a pack's answers rest on, entry by entry: its name, and a short hash over its content.

An entry is what can change on its own: an option in a tier, a caution on an option, a named condition. Comments and layout
of a file are no content. `guideline/verify.py` says by these names which entries changed an answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from myeloguide.knowledge.vocabulary import Vocabulary

Entries = dict[str, dict[str, Any]]
"""Entries by group and name."""

HASH_DIGITS = 8
VOCABULARY = ("agents", "classes", "regimens", "facts")
"""Parts of the vocabulary; it comes with the program, so each is one entry."""
SWITCH = "switch"
UNTRIED = "untried"


def identified(group: str, name: str) -> str:
    """Return the id of an entry: `caution:toxicity/Kd`, `list:salvage-transplant/consider/salvage-ASCT`."""
    return f"{group}{'/' if ':' in group else ':'}{name}" if name else group


def flat(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return entries by id."""
    return {identified(group, name): content for group, named in entries.items() for name, content in named.items()}


def hashes(entries: Entries) -> dict[str, dict[str, str]]:
    """Return the short hash of every entry."""
    return {group: {name: _hash(content) for name, content in named.items()} for group, named in entries.items()}


def _hash(content: Any) -> str:
    written = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:HASH_DIGITS]


def entries_of(documents: Mapping[str, Any], others: Mapping[str, bytes], words: Vocabulary) -> Entries:
    """Return the entries of a pack's files and of the vocabulary that its names are looked up in.

    `documents` is the data of each file that answers are made from, `others` the bytes of the rest.
    """
    found: Entries = {}
    for file, data in documents.items():
        for group, name, content in _entries_in(file, data):
            found.setdefault(group, {}).setdefault(name, []).append(content)
    for file, content in others.items():
        found.setdefault("file", {})[file] = hashlib.sha256(content).hexdigest()
    for part in VOCABULARY:
        records: Mapping[str, BaseModel] = getattr(words, part)
        found.setdefault("vocabulary", {})[part] = {name: record.model_dump(mode="json") for name, record in records.items()}
    return found


def _entries_in(file: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield group, name and content of each entry of a file. Entries of the same name are one, in their order."""
    if file.startswith("lists/"):
        yield from _list_entries(data)
        return
    stem = file.removesuffix(".yaml")
    for key, value in data.items():
        split = _SPLIT.get((stem, key))
        if split is not None:
            for record in value or ():
                yield from split(record)
        else:
            yield "pack", key if stem == "pack" else f"{stem}.{key}", value


def _without(record: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


def _list_entries(data: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    group = f"list:{data['list']}"
    yield group, "", {**_without(data, "tiers"), "tiers": [tier["tier"] for tier in data["tiers"]]}
    for tier in data["tiers"]:
        yield group, tier["tier"], _without(tier, "items")
        for item in tier["items"]:
            for option in item.get("options") or (UNTRIED,):
                yield group, f"{tier['tier']}/{option}", _without(item, "options")


def _condition(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    yield "condition", record["condition"].partition("(")[0], record


def _caution(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield a caution once for each option or agent that it names: what stands on another option is another entry."""
    for key in ("options", "agents"):
        chosen = record.get(key) or ()
        for name in [chosen] if isinstance(chosen, str) else chosen:
            yield "caution", f"{record['code']}/{name}", _without(record, key)


def _ruling(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield the text of a ruling, which changes no answer, and its switch, which may."""
    yield "ruling", record["ruling"], _without(record, SWITCH)
    if record.get(SWITCH) is not None:
        yield "ruling", f"{record['ruling']}/{SWITCH}", record[SWITCH]


def _by(group: str, key: str) -> Callable[[Mapping[str, Any]], Iterable[tuple[str, str, Any]]]:
    return lambda record: [(group, record[key], record)]


_SPLIT: dict[tuple[str, str], Callable[[Mapping[str, Any]], Iterable[tuple[str, str, Any]]]] = {
    ("conditions", "conditions"): _condition,
    ("against", "held_back"): _by("against", "code"),
    ("against", "advised_against"): _by("against", "code"),
    ("cautions", "cautions"): _caution,
    ("notes", "notes"): _by("note", "code"),
    ("notes", "cross_references"): _by("cross-reference", "list"),
    ("silences", "silences"): _by("silence", "silence"),
    ("rulings", "rulings"): _ruling,
    ("since", "since"): _by("since", "id"),
    ("since", "conditions"): _condition,
}
"""Files and keys that hold records, with what makes entries of a record; any other key is an entry of the group `pack`."""
