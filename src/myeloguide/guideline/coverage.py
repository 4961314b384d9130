"""What a pack makes of every line of its source: encoded, evidence, context, not computable or blank.

`coverage.yaml` classes the lines of text in passages and lists the blank ones; an answer does not need it. It is held to this:

- every line from 1 to the last is in exactly one class, and a passage begins and ends with text;
- every entry that a passage names is in the pack and itself names a line of text of that passage;
- every line of an encoded passage is named by an entry of `by` that says something; a ruling only reads;
- the other way round, every entry of the pack that names lines stands in `by` of a passage of those lines, and what stands
  on options (items, cautions, what argues against) names only lines that are encoded or evidence.

Errata are not classed: one is shown on its lines, whatever their class.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.guideline import declared
from myeloguide.guideline import pack_files as files
from myeloguide.guideline.loading import read_errata, refuse_lines
from myeloguide.guideline.overlay import document_of, layers
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import load_pack
from myeloguide.knowledge.reading import Document, check, decode, read_bytes
from myeloguide.knowledge.source import LineRange, Source

FileModel = TypeVar("FileModel", bound=BaseModel)

CLASSES = ("encoded", "evidence", "context", "not-computable", "blank")
_MARKS = dict(zip(CLASSES, "#+.? ", strict=True))
_ON_OPTIONS = ("item", "caution", "against")
_MAP_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the pack that names lines of the source, and the names by which a passage can name it."""

    kind: str
    names: tuple[str, ...]
    lines: frozenset[int]


@dataclass(frozen=True, slots=True)
class Covered:
    """Lines of the source of one class, from the first to the last, with the entries and errata that name one of them."""

    first: int
    last: int
    kind: str
    entries: tuple[str, ...] = ()
    why: str | None = None
    trial: str | None = None
    errata: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """The passages of text in order, and each line from 1 to the last on its own."""

    pack: str
    version: str
    sections: tuple[tuple[str, tuple[LineRange, ...]], ...]
    passages: tuple[Covered, ...]
    lines: tuple[Covered, ...]

    def line(self, number: int) -> Covered:
        """Return one line."""
        if not 1 <= number <= len(self.lines):
            raise InputError(Problem(f"line {number}", f"the source of {self.pack} has lines 1 to {len(self.lines)}"))
        return self.lines[number - 1]

    def section(self, number: int) -> str:
        """Return the section that a line stands in."""
        return next((name for name, ranges in self.sections if number in _numbers(ranges)), "")

    def by_section(self) -> dict[str, Counter[str]]:
        """Count the lines of each class, section by section."""
        return {name: Counter(self.line(number).kind for number in _numbers(ranges)) for name, ranges in self.sections}

    def by_class(self) -> Counter[str]:
        """Count the lines of each class."""
        return Counter(line.kind for line in self.lines)


def entries_of(pack: Pack) -> tuple[Entry, ...]:
    """Return every entry of a pack's files that names lines of the source, errata excepted."""
    found: list[Entry] = []

    def add(kind: str, names: Iterable[str], *sources: Source | None) -> None:
        lines = frozenset(_numbers(span for source in sources if source is not None for span in source.lines))
        if lines:
            found.append(Entry(kind, tuple(names), lines))

    def add_each(kind: str, rules: Iterable[files.OnOptions]) -> None:
        """Add rules by their code; where several have the same one, by code and what they stand on."""
        rules = tuple(rules)
        often = Counter(rule.code for rule in rules)
        for rule in rules:
            on = (*(rule.options or ()), *(rule.agents or ())) or ("all",)
            add(
                kind,
                [f"{kind}:{rule.code}/{one}" for one in on] if often[rule.code] > 1 else [f"{kind}:{rule.code}"],
                rule.source,
            )

    for name in pack.header.lists:
        content = _file(pack, f"lists/{name}.yaml", files.ListFile)
        add("list", [f"list:{name}"], content.source)
        for tier in content.tiers:
            for item in tier.items:
                add("item", [f"list:{name}/{tier.tier}"], item.source)
    against = _file(pack, "against.yaml", files.AgainstFile)
    for rule in against.held_back:
        more = (*(one.source for one in rule.supports), *(one.source for one in rule.exceptions))
        add("against", [f"against:{rule.code}"], rule.source, *more)
    add_each("against", against.advised_against)
    add_each("caution", _file(pack, "cautions.yaml", files.CautionFile).cautions)
    notes = _file(pack, "notes.yaml", files.NoteFile)
    for note in notes.notes:
        add("note", [f"note:{note.code}"], note.source)
    for pointer in notes.cross_references:
        add("cross-reference", [f"cross-reference:{pointer.list}"], pointer.source)
    for silence in _file(pack, "silences.yaml", files.SilenceFile).silences:
        add("silence", [f"silence:{silence.silence}"], silence.source)
    for condition in _file(pack, "conditions.yaml", files.ConditionFile).conditions:
        add("condition", [f"condition:{condition.name}"], condition.source)
    for ruling in pack.rulings.values():
        add("ruling", [f"ruling:{ruling.ruling}"], ruling.source)
    return tuple(found)


def read_coverage(pack: Pack) -> Coverage:
    """Read the coverage of a pack's source and hold it to the rules above; a fault is an error with file, line and remedy.

    An overlay without a `coverage.yaml` of its own is told by that of the pack below: without what it drops, with what it adds.
    """
    document = _document(pack, "coverage.yaml")
    content = check(document, files.CoverageFile)
    last = pack.header.source_lines
    refuse_lines(document, last)
    blank = {number for number in range(1, last + 1) if (number - 1) % content.blank.text_every}
    blank.update(_numbers(content.blank.lines))
    owner = _owners(document, content.passages, blank, last)
    told = _told_by(pack)
    named = _check_entries(document, content.passages, owner, entries_of(told))
    added: dict[str, set[int]] = {}
    if told is not pack:
        own = _by_name(entries_of(pack))
        added = {name: lines for name, lines in own.items() if name not in named}
        named = {name: own.get(name, set()) for name in named}
    wrong = [(erratum.erratum, set(_numbers(erratum.source.lines))) for erratum in read_errata(pack)]

    def covered(first: int, last: int, passage: files.Passage) -> Covered:
        held = {number for number in range(first, last + 1) if number not in blank}
        entries = tuple(name for name in passage.by if named[name] & held)
        entries += tuple(name for name, lines in added.items() if lines & held)
        errata = tuple(name for name, lines in wrong if lines & held)
        if passage.kind == "encoded" and not entries:
            why = f"{pack.header.pack} drops what {told.header.pack} says of it"
            return Covered(first, last, "not-computable", (), why, passage.trial, errata)
        return Covered(first, last, "encoded" if entries else passage.kind, entries, passage.why, passage.trial, errata)

    return Coverage(
        pack.header.pack,
        pack.header.version,
        tuple((item.section, item.source.lines) for item in pack.header.sections),
        tuple(covered(*passage.range, passage) for passage in content.passages),
        tuple(
            Covered(number, number, "blank") if number in blank else covered(number, number, content.passages[owner[number]])
            for number in range(1, last + 1)
        ),
    )


def check_copy(coverage: Coverage, path: Path) -> str:
    """Hold a user's own copy of the source against the classes: the same number of lines, blank where classed blank."""
    text = decode(read_bytes(path), str(path))
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != len(coverage.lines):
        what = f"has {len(lines)} lines, the source of {coverage.pack} has {len(coverage.lines)}"
        raise InputError(Problem(str(path), what, "it is another text"))
    wrong = [
        Problem(f"{path}:{line.first}", f"is classed {line.kind}, but is {'blank' if line.kind != 'blank' else 'not blank'}")
        for line, text in zip(coverage.lines, lines, strict=True)
        if (line.kind == "blank") == bool(text.strip())
    ]
    if wrong:
        raise InputError(wrong)
    return f"{path}: {len(lines)} lines; its {coverage.by_class()['blank']} blank lines are those classed blank"


# --- reading and checks ---


def _document(pack: Pack, name: str) -> Document:
    return document_of(layers(pack.folder), name)


def _told_by(pack: Pack) -> Pack:
    """Return the pack whose `coverage.yaml` tells this one: the uppermost layer that has one."""
    folder = next((layer for layer in reversed(layers(pack.folder)) if (layer / "coverage.yaml").is_file()), pack.folder)
    return pack if folder == pack.folder else load_pack(str(folder))


def _file(pack: Pack, name: str, model: type[FileModel]) -> FileModel:
    grades = tuple(meaning.grade for meaning in pack.header.grades)
    names = declared.Names(pack.vocabulary, pack.header.lists, grades, tuple(pack.rulings))
    return check(_document(pack, name), model, names)


def _numbers(ranges: Iterable[LineRange]) -> Iterator[int]:
    return chain.from_iterable(range(first, last + 1) for first, last in ranges)


def _owners(document: Document, passages: tuple[files.Passage, ...], blank: set[int], last: int) -> dict[int, int]:
    """Return the passage of every line of text; refuse a line that is in none or in two."""
    owner: dict[int, int] = {}
    reached = 0
    for position, passage in enumerate(passages):
        place = ("passages", position, "lines")
        for number in passage.range:
            if number in blank:
                document.fail(place, f"line {number} is blank", "begin and end a passage with a line of text")
        for number in _numbers([passage.range]):
            if number in owner:
                above = document.where(("passages", owner[number], "lines")).rpartition(":")[2]
                document.fail(place, f"line {number} is in two passages (first on line {above})", "keep it in one")
            if number not in blank:
                owner[number] = position
        if passage.range[0] < reached:
            document.fail(
                place, f"line {passage.range[0]} comes after line {reached}", "put the passages in the order of their lines"
            )
        reached = passage.range[1]
    for number in range(1, last + 1):
        if number not in owner and number not in blank:
            after = next((position for position, passage in enumerate(passages) if passage.range[0] > number), len(passages) - 1)
            document.fail(("passages", after), f"line {number} is in no passage", "give every line of text a class")
    return owner


def _check_entries(
    document: Document, passages: tuple[files.Passage, ...], owner: Mapping[int, int], entries: tuple[Entry, ...]
) -> dict[str, set[int]]:
    """Hold the names of the passages and the entries of the pack against each other; return the lines of every name."""
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        for name in entry.names:
            by_name.setdefault(name, []).append(entry)
    used: set[Entry] = set()
    for position, passage in enumerate(passages):
        text = {number for number in _numbers([passage.range]) if number in owner}
        shown, said = _lines([passage.range]), set[int]()
        for number, name in enumerate(passage.by):
            place = ("passages", position, "by", number)
            if name not in by_name:
                several = any(known.startswith(f"{name}/") for known in by_name)
                remedy = f"several have this code: write {name}/ and an option or agent" if several else suggestion(name, by_name)
                document.fail(place, f'the pack has no entry "{name}"', remedy)
            if name in passage.by[:number]:
                document.fail(place, f"{name} stands twice", "keep one")
            meant = [entry for entry in by_name[name] if entry.lines & text]
            if not meant:
                elsewhere = sorted(line for entry in by_name[name] for line in entry.lines if line in owner)
                document.fail(place, f"{name} names no line of {shown}", f"it names {_lines((line, line) for line in elsewhere)}")
            used.update(meant)
            said.update(line for entry in meant if entry.kind != "ruling" for line in entry.lines)
        if passage.kind == "encoded" and text - said:
            what = f"line {min(text - said)} is said by none of these entries"
            document.fail(("passages", position), what, "name the entry that says it, or give the line another class")
    for entry in entries:
        if entry not in used:
            what = f"no encoded passage names {entry.names[0]}"
            document.fail(
                ("passages",), what, f"it names {_lines((line, line) for line in sorted(entry.lines) if line in owner)}"
            )
        for line in sorted(entry.lines) if entry.kind in _ON_OPTIONS else ():
            if line in owner and passages[owner[line]].kind not in ("encoded", "evidence"):
                what = f"line {line} is {passages[owner[line]].kind}, but {entry.names[0]} rests on it"
                document.fail(("passages", owner[line], "class"), what, "write encoded or evidence")
    return _by_name(entries)


def _by_name(entries: Iterable[Entry]) -> dict[str, set[int]]:
    """Return the lines of every name."""
    found: dict[str, set[int]] = {}
    for entry in entries:
        for name in entry.names:
            found.setdefault(name, set()).update(entry.lines)
    return found


def _lines(ranges: Iterable[LineRange]) -> str:
    """Write lines shortly: `L1-5, L9`; a blank line between two lines does not part them."""
    joined: list[list[int]] = []
    for first, last in ranges:
        if joined and first <= joined[-1][1] + 2:
            joined[-1][1] = last
        else:
            joined.append([first, last])
    return ", ".join(f"L{first}" if first == last else f"L{first}-{last}" for first, last in joined)


# --- showing ---


def plain(coverage: Coverage, only: int | None = None) -> dict[str, Any]:
    """Return the coverage, or one line of it, as plain data; every line is in exactly one of `lines`."""
    shown = list(coverage.lines) if only is None else [coverage.line(only)]
    runs: list[Covered] = []
    for line in shown:
        if runs and replace(line, first=runs[-1].first) == replace(runs[-1], last=line.last):
            runs[-1] = replace(runs[-1], last=line.last)
        else:
            runs.append(line)
    head = {"pack": coverage.pack, "version": coverage.version}
    if only is None:
        sections = [
            {"section": name, "lines": ranges, "classes": {kind: count[kind] for kind in CLASSES}}
            for (name, ranges), count in zip(coverage.sections, coverage.by_section().values(), strict=True)
        ]
        counts = coverage.by_class()
        head |= {"source_lines": len(coverage.lines), "classes": {kind: counts[kind] for kind in CLASSES}, "sections": sections}  # type: ignore[dict-item]
    return head | {"lines": [_plain_line(run) for run in runs]}


def _plain_line(run: Covered) -> dict[str, Any]:
    return {
        "first": run.first, "last": run.last, "class": run.kind, "entries": run.entries, "why": run.why, "trial": run.trial,
        "errata": run.errata,
    }  # fmt: skip


def render(coverage: Coverage, width: int = 80) -> str:
    """Return counts by class and section, a map of the lines, and the passages with their entries."""
    return "\n".join(chain(_counts(coverage), _map(coverage), _passages(coverage, width))) + "\n"


def render_line(coverage: Coverage, number: int, width: int = 80) -> str:
    """Return what one line is."""
    line, title = coverage.line(number), f"L{number} ({coverage.section(number)})"
    if line.kind == "blank":
        return f"{title}\nblank: no text\n"
    passage = next(one for one in coverage.passages if one.first <= number <= one.last)
    shown = [f"{title}, of the passage {_lines([(passage.first, passage.last)])}", *_passage(line, width)]
    return "\n".join(shown) + "\n"


def _counts(coverage: Coverage) -> Iterator[str]:
    total, counts = len(coverage.lines), coverage.by_class()
    text = total - counts["blank"]
    yield f"{coverage.pack} {coverage.version}: {total} lines of the source, each in exactly one class"
    yield ""
    yield f"  {'':14}  lines  of all  of text"
    for kind in CLASSES:
        of_text = f"{counts[kind] / text:>8.1%}" if kind != "blank" else ""
        yield f"{_MARKS[kind]} {kind:14}  {counts[kind]:5}  {counts[kind] / total:6.1%} {of_text}".rstrip()
    yield ""
    yield f"{'section':37} {'lines':9}" + "".join(f"{name:>6}" for name in ("enc", "evid", "cont", "not", "blank"))
    for (name, ranges), count in zip(coverage.sections, coverage.by_section().values(), strict=True):
        title, *more = textwrap.wrap(name, 37, break_on_hyphens=False)
        yield f"{title:37} {_lines(ranges)[1:]:9}" + "".join(f"{count[kind]:6}" for kind in CLASSES)
        yield from (f"  {part}" for part in more)


def _map(coverage: Coverage) -> Iterator[str]:
    yield ""
    yield f"Map, one mark a line: {', '.join(f'{_MARKS[kind]} {kind}' for kind in CLASSES[:-1])}"
    for start in range(0, len(coverage.lines), _MAP_WIDTH):
        row = "".join(_MARKS[line.kind] for line in coverage.lines[start : start + _MAP_WIDTH])
        yield f"{f'L{start + 1}':>6}  {row}".rstrip()


def _passages(coverage: Coverage, width: int) -> Iterator[str]:
    section = None
    for passage in coverage.passages:
        if coverage.section(passage.first) != section:
            section = coverage.section(passage.first)
            yield from ("", section, "-" * len(section))
        yield from _passage(passage, width)


def _passage(passage: Covered, width: int) -> list[str]:
    said = ", ".join(passage.entries) or passage.why or passage.trial
    text = f"{passage.kind}: {said}" if said else passage.kind
    if passage.errata:
        text += f" (errata: {', '.join(passage.errata)})"
    place = f"{_lines([(passage.first, passage.last)]):11} "
    return textwrap.wrap(
        text, width, initial_indent=place, subsequent_indent=" " * 12, break_on_hyphens=False, break_long_words=False
    )
