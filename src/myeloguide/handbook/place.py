"""Places in the source, shown from its owner's own file: the pack holds where a thing stands, never the text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.guideline.coverage import entries_of
from myeloguide.handbook.content import Handbook, standing
from myeloguide.knowledge.reading import decode, read_bytes
from myeloguide.knowledge.source import LineRange

CONTEXT = 3
"""Lines of text that are shown before and after a place."""
_LINES = re.compile(r"L?(\d+)(?:\s*[-\u2013]\s*L?(\d+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spot:
    """Something that stands in the source, with its lines."""

    title: str
    lines: tuple[LineRange, ...]


def spots(book: Handbook, name: str) -> list[Spot]:
    """Return where lines, an option, a list, a ruling or another entry of a pack stand in its source."""
    if numbers := _LINES.fullmatch(name.strip()):
        first, last = int(numbers[1]), int(numbers[2] or numbers[1])
        return [Spot(name.strip().upper(), (_within(book, first, last),))]
    option = book.pack.vocabulary.regimen(name)
    found = [] if name in book.pack.rulings or option is None else list(_of_option(book, option))
    if found:
        return found
    entries: dict[str, set[int]] = {}
    for entry in entries_of(book.pack):
        for known in entry.names:
            entries.setdefault(known, set()).update(entry.lines)
    entries |= {
        f"erratum:{one.erratum}": {line for span in one.source.lines for line in range(span[0], span[1] + 1)}
        for one in book.errata
    }
    short = {known.partition(":")[2]: known for known in reversed(entries)}
    key = name if name in entries else short.get(name) or short.get(name.upper(), "")
    if key in entries:
        return [Spot(key, tuple(_ranges(entries[key])))]
    what = f"nothing in {book.pack.header.pack} is called {name}"
    near = suggestion(name, [*short, *(row.option for row in book.pack.rows)])
    raise InputError(Problem("source", what, near or "name lines (L425-427), an option (PVd), a list, a ruling (C2) or an entry"))


def read_source(book: Handbook, path: Path) -> tuple[list[str], str]:
    """Read the owner's file and say whether it is the text that the pack names lines of; refuse one whose lines are others."""
    header = book.pack.header
    text = decode(read_bytes(path), str(path)).replace("\r\n", "\n")
    lines = text.rstrip().split("\n")
    if header.source_hash is not None and fingerprint(text) == header.source_hash:
        return lines, f"{path}: the text that {header.pack} was made from."
    said = f"it is another edition, and its lines are not those that {header.pack} names"
    end = max(line.first for line in book.coverage.lines if line.kind != "blank")
    if len(lines) != end:
        raise InputError(Problem(str(path), f"ends with line {len(lines)}, the source with line {end}", said))
    for line, held in zip(book.coverage.lines, lines, strict=False):
        if (line.kind == "blank") == bool(held.strip()):
            blank = "blank" if line.kind == "blank" else "not blank"
            what = f"is {'not ' if line.kind == 'blank' else ''}blank, in the source it is {blank}"
            raise InputError(Problem(f"{path}:{line.first}", what, said))
    alike = f"not letter for letter the text that {header.pack} was made from, but with text on the same lines"
    return lines, f"{path}: {alike}. Check what you see."


def fingerprint(text: str) -> str:
    """Return the SHA-256 of a text, whatever its line ends and the blanks at the end of lines."""
    kept = "\n".join(line.rstrip() for line in text.splitlines()).rstrip()
    return f"sha256:{hashlib.sha256(kept.encode()).hexdigest()}"


def show_places(book: Handbook, found: Sequence[Spot], lines: Sequence[str], context: int = CONTEXT) -> str:
    """Return the lines of each place, marked, with some lines of text around them."""
    return "\n".join(line for spot in found for line in _shown(book, spot, lines, context)).lstrip("\n") + "\n"


def _shown(book: Handbook, spot: Spot, lines: Sequence[str], context: int) -> Iterator[str]:
    yield from ("", spot.title, "-" * len(spot.title))
    for number, (first, last) in enumerate(spot.lines):
        yield from ("",) if number else ()
        yield f"L{first}{f'-{last}' if last != first else ''} ({book.coverage.section(first)})"
        text = [place for place in range(1, len(lines) + 1) if lines[place - 1].strip()]
        before = [place for place in text if place < first][-context:] if context else []
        after = [place for place in text if place > last][:context]
        for place in (*before, *(one for one in text if first <= one <= last), *after):
            yield f"{'>' if first <= place <= last else ' '} {place:>4}  {lines[place - 1].strip()}"


def _of_option(book: Handbook, option: str) -> Iterator[Spot]:
    """Yield where an option is listed, and what is said of it, each place once."""
    seen: set[tuple[LineRange, ...]] = set()
    for chapter, tier, stand in book.stands(option):
        said = [(f"{option} in {chapter.list.title}: {standing(tier, stand)}", stand.row.listed.source)]
        said += [(f"{option}: {one.label.lower()}, {one.text}", one.reason.source) for one in stand.said]
        for title, place in said:
            if place is not None and place.ranges and place.ranges not in seen:
                seen.add(place.ranges)
                yield Spot(title, place.ranges)


def _within(book: Handbook, first: int, last: int) -> LineRange:
    end = book.pack.header.source_lines
    if not 1 <= first <= last <= end:
        raise InputError(Problem(f"L{first}-{last}", f"the source of {book.pack.header.pack} has lines 1 to {end}"))
    return first, last


def _ranges(numbers: Iterable[int]) -> Iterator[LineRange]:
    """Yield ranges of lines that follow each other."""
    ordered = sorted(numbers)
    first = last = ordered[0]
    for number in ordered[1:]:
        if number > last + 1:
            yield first, last
            first = number
        last = number
    yield first, last
