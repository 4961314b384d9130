"""What came out of answering a kept answer again, as plain text."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from myeloguide.guideline.verify import Change, Difference, Entry, Made, Verification

SHOWN_ENTRIES = 40
_HASH = len("sha256:") + 16


def render(verification: Verification, width: int = 88) -> str:
    """Return the whole report."""
    return "\n".join(_folded(_lines(verification), max(width, 60))) + "\n"


def _folded(lines: Iterable[str], width: int) -> Iterator[str]:
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        yield from textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False) or [""]


def _lines(verification: Verification) -> Iterator[str]:
    yield from verification.says
    yield ""
    yield f"then: {_made(verification.then)}"
    yield f"now:  {_made(verification.now)}"
    source = "the record" if verification.facts_from == "record" else "the patient file, given again"
    yield f"as of {verification.as_of}; facts from {source}"
    part = None
    for difference in verification.differences:
        if difference.part != part:
            part = difference.part
            yield ""
            yield f"{part[0].upper()}{part[1:]}"
        yield from _difference(difference)
    if verification.entries:
        yield ""
        yield "Entries that changed"
    for entry in verification.entries[:SHOWN_ENTRIES]:
        yield from _entry(entry)
    if len(verification.entries) > SHOWN_ENTRIES:
        yield f"  and {len(verification.entries) - SHOWN_ENTRIES} more: --format json"


def _made(made: Made) -> str:
    return f"myeloguide {made.program}, pack {made.pack} {made.pack_version}, {made.pack_hash[:_HASH]}"


def _difference(difference: Difference) -> Iterator[str]:
    name = difference.name
    if name:
        how = "" if difference.how == "changed" else f": {difference.how}"
        yield f"  {name}{how}"
    for change in difference.changes:
        yield from _change(change, difference.how)
    causes = [*difference.entries, *(f"fact {name}" for name in difference.facts)]
    if causes:
        yield f"      by {', '.join(causes)}"


def _change(change: Change, how: str) -> Iterator[str]:
    if how != "changed":
        yield f"    {change.field}: {_value(change.now if how == 'added' else change.then)}"
    elif _are_said(change.then) and _are_said(change.now):
        yield from _said(change)
    else:
        yield f"    {change.field}: {_value(change.then)} -> {_value(change.now)}"


def _are_said(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) and "text" in item for item in value)


def _said(change: Change) -> Iterator[str]:
    """Yield what is said no longer, and what is said now; of what is worded the same, what else differs."""
    gone = [item for item in change.then if item not in change.now]
    new = [item for item in change.now if item not in change.then]
    for item in gone:
        same = next((other for other in new if (other.get("code"), other["text"]) == (item.get("code"), item["text"])), None)
        if same is None:
            yield f"    {change.field}: - {item['text']}"
            continue
        new.remove(same)
        differs = "; ".join(f"{key} {_value(item[key])} -> {_value(same[key])}" for key in item if item[key] != same[key])
        yield f"    {change.field}: {item['text']}: {differs}"
    for item in new:
        yield f"    {change.field}: + {item['text']}"
    if not gone and not new:
        yield f"    {change.field}: in another order"


def _value(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list() if all(isinstance(item, str) for item in value):
            return ", ".join(value) or "none"
        case {"lines": [first, last], "more_lines": more}:
            return "L" + ", ".join(f"{start}-{end}" for start, end in ((first, last), *more))
        case _:
            return json.dumps(value, ensure_ascii=False)


def _entry(entry: Entry) -> Iterator[str]:
    shown, rest = entry.carries[:6], len(entry.carries) - 6
    carries = ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
    yield f"  {entry.entry}: {entry.how}; " + (f"carries {carries}" if carries else "touches nothing of this answer")
