"""The answer for a terminal: what an expert looks for first stands first, and colour only repeats what words and signs say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from myeloguide.grouping import (
    ASKED,
    MARK,
    STATUS,
    at_first_relapse,
    by_blocker,
    by_tier,
    first_question,
    list_open,
    list_title,
    matched,
    needs,
    newer_guidelines,
    news,
    offered_so_far,
    patient_label,
    patient_line,
    place_of,
    reference,
    tier_title,
    warnings,
    weighing_cautions,
)
from myeloguide.guideline.answer import Answer, ListAnswer, NoteShown, OptionAnswer, SinceShown
from myeloguide.guideline.pack import Pack
from myeloguide.text import Page

NARROWEST = 60
_BEFORE_THE_OPTION = 5
_BEFORE_THE_TEXT = 7
_LEAST_TEXT = 42
_CAUTION = "yellow"
_STRENGTH = {"strong": "bold red", "caution": _CAUTION, "note": "cyan", "remark": "dim"}
_PLACE = "dim"
_HEADING = "bold"
_OPTION = "bold green"
_OPEN = "bold cyan"
_NEEDS = "cyan"
_BLOCKED = "red"


_TRAILING = re.compile(r" +(?=(?:\x1b\[[0-9;]*m| )*$)", re.MULTILINE)
"""Spaces that only fill a line, whatever the style that ends there."""


def console_for(stream: TextIO, width: int, colour: bool | None = None) -> Console:
    """Return what sets an answer for a terminal; NO_COLOR, FORCE_COLOR and TERM are obeyed where no `colour` is asked for."""
    kind: dict[str, Any] = {} if colour is None else {"force_terminal": True, "no_color": not colour}
    if colour and os.environ.get("TERM") in (None, "dumb", "unknown"):
        kind["color_system"] = "standard"
    return Console(file=stream, width=max(width, NARROWEST), height=25, highlight=False, **kind)  # else "dumb" means 80 columns


def render(answer: Answer, pack: Pack, console: Console) -> str:
    """Return an answer as it is sent to a terminal."""
    with console.capture() as captured:
        show(answer, pack, console)
    return _TRAILING.sub("", captured.get())


def show(answer: Answer, pack: Pack, console: Console) -> None:
    """Print an answer."""
    for part in _Page(answer, pack, console.width).parts():
        console.print(part)


class _Page:
    def __init__(self, answer: Answer, pack: Pack, width: int) -> None:
        self.answer = answer
        self.pack = pack
        self.width = width

    def parts(self) -> Iterator[RenderableType]:
        answer = self.answer
        yield from self.patient()
        yield from self.glance()
        plain = Page(answer, self.pack, self.width)
        for lines in (list(plain.plan()), list(plain.difference())):
            yield from self.as_told(lines)
        for item in answer.lists:
            if item.applies is not False:
                yield from self.option_list(item)
        yield from self.section("What to find out, most decisive first", self.questions())
        yield from self.section("Newer than this guideline", self.news(), "it never changes the lists")
        yield from self.section("Remarks", self.remarks())
        yield from self.section("What the answer rests on", self.basis())
        yield Text()
        yield Text(" ".join(answer.notice), style=_PLACE)

    def section(self, title: str, parts: Iterable[RenderableType], beside: str = "") -> Iterator[RenderableType]:
        """Yield a heading and what stands below it, where there is anything."""
        found = list(parts)
        if found:
            yield Text()
            yield Text.assemble((title, _HEADING), (f" ({beside})" if beside else "", _PLACE))
            yield Text("-" * min(self.width, len(title)), style=_PLACE)
            yield from found

    def as_told(self, lines: Sequence[str]) -> Iterator[RenderableType]:
        """Yield lines of the plain text, their heading set as one."""
        for number, line in enumerate(lines):
            yield Text(line, style=_HEADING if number == 1 else "")

    # --- the patient ---

    def patient(self) -> Iterator[RenderableType]:
        answer = self.answer
        line = Text.assemble((f"{patient_label(answer)}: ", _HEADING), patient_line(answer.facts, self.pack))
        line.highlight_regex(r"(?<=; )refractory to [^;]+", _HEADING)
        yield line
        yield Text(f"As of {answer.as_of}; {answer.title} (pack {answer.pack} {answer.pack_version})", style=_PLACE)
        for text in (*warnings(answer), *(f"Note: {remark}." for remark in answer.remarks)):
            yield _set("! ", (text, _CAUTION), style=_CAUTION)

    def glance(self) -> Iterator[RenderableType]:
        """Yield what is offered, in a line a list, and the first question."""
        yield Text()
        for title, said in offered_so_far(self.answer, self.pack):
            yield _set("=> ", (title, _HEADING), said, style=_OPTION)
        question = first_question(self.answer)
        if question:
            yield _set("?  ", ("To find out first: ", _OPEN), question, style=_OPEN)

    # --- lists ---

    def option_list(self, item: ListAnswer) -> Iterator[RenderableType]:
        rows = [row for row in self.answer.options if row.list == item.list]
        yield from self.section(item.title, self.of_list(item, rows))

    def of_list(self, item: ListAnswer, rows: Sequence[OptionAnswer]) -> Iterator[RenderableType]:
        place = (_bracketed(str(item.source or "")), _PLACE)
        if item.applies:
            yield Text.assemble("Applies: ", item.why, place)
        else:
            yield Text.assemble(("? Applies perhaps: ", _OPEN), "it depends on whether ", item.why, place)
        shown = [row for row in rows if row.status in ("offered", "depends") and not list_open(row)]
        for tier in dict.fromkeys(row.tier for row in shown):
            yield from self.tier([row for row in shown if row.tier == tier])
        for nothing in self.answer.nothing_offered:
            if nothing.list == item.list:
                yield Text.assemble(("Nothing is offered here. ", "bold"), nothing.why)
        waiting = [row for row in rows if row.status == "depends" and list_open(row)]
        if waiting:
            yield _set("? ", "Depends: ", "; ".join(by_tier(waiting, self.pack)), style=_OPEN)
        yield from self.blocked(rows)

    def tier(self, rows: Sequence[OptionAnswer]) -> Iterator[RenderableType]:
        """Yield a tier, what is offered before what is open; where the names leave too little room, what is said stands below."""
        yield Text()
        yield Text(tier_title(rows[0], self.pack), style=_HEADING)
        longest = max(len(row.option) for row in rows)
        beside = self.width - longest - _BEFORE_THE_TEXT >= _LEAST_TEXT
        table = _grid(_BEFORE_THE_OPTION, longest if beside else None)
        for row in sorted(rows, key=lambda row: row.status != "offered"):
            sign, style = ("*", _OPTION) if row.status == "offered" else ("?", _OPEN)
            head = Text.assemble((f" {sign} ", style), f"{row.grade or '--'}")
            if beside:
                table.add_row(head, Text(row.option, style), Group(*self.said_of(row)))
            else:
                table.add_row(head, Group(Text(row.option, style), *self.said_of(row)))
        yield table

    def said_of(self, row: OptionAnswer) -> Iterator[RenderableType]:
        """Yield what decides about an option: its agents, why it is offered, the cautions that weigh most; of an open one what it
        depends on, and strong cautions.
        """
        via = (f" (at first relapse: {at_first_relapse(row)})" if row.via else "", _PLACE)
        open_ = row.status == "depends"
        yield Text.assemble((f"depends on: {needs(row, self.pack)}", _NEEDS), via) if open_ else Text.assemble(row.name, via)
        for reason in row.reasons:
            if reason.code == "condition-met":
                yield Text.assemble(reason.text, (_bracketed(reference(reason)), _PLACE))
        weighing, more = weighing_cautions(row)
        for caution in weighing:
            style = _STRENGTH[caution.strength]
            yield _set(f"{MARK[caution.strength]} ", (caution.text, style), (_bracketed(reference(caution)), _PLACE), style=style)
        if more and not open_:
            yield Text(f"and {more} more: --explain {row.option}", style=_PLACE)

    def blocked(self, rows: Sequence[OptionAnswer]) -> Iterator[RenderableType]:
        found = by_blocker(rows)
        if found:
            yield Text()
            yield Text("Listed, but not for this patient", style=_HEADING)
        for (status, text, place), options in found.items():
            why = [(text, _BLOCKED)] if status == "held_back" else [(STATUS[status], _BLOCKED), f", {text}"]
            yield _set("- ", *why, ": ", (", ".join(options), "bold"), (_bracketed(place), _PLACE), indent=1)

    # --- around the lists ---

    def questions(self) -> Iterator[RenderableType]:
        for number, item in enumerate(self.answer.missing[:ASKED], 1):
            mentioned = "" if item.decides_recommended else ", only mentioned"
            style = _OPEN if number == 1 else ""
            yield _set(f"{number} ", (item.question, style), (f" [decides {item.decides}{mentioned}]", _PLACE), style=style)
        if len(self.answer.missing) > ASKED:
            yield Text(f"and {len(self.answer.missing) - ASKED} more", style=_PLACE)
        for offered, said in ((True, "Offered whatever is found out"), (False, "Open, yet offered in no case")):
            options = ", ".join(item.option for item in self.answer.certain if item.offered is offered)
            if options:
                yield Text.assemble((f"{said}: ", _HEADING), options)

    def news(self) -> Iterator[RenderableType]:
        found = news(self.answer)
        if found.listed:
            yield Text("On options offered here", style=_HEADING)
        for item in found.listed:
            yield _set("- ", (item.option, "bold"), f": {item.text}", (_bracketed(place_of(item)), _PLACE))
        if found.more:
            yield Text(f"and {found.more} more on options not offered: --format json", style=_PLACE)
        if found.own and found.listed:
            yield Text()
        if found.own:
            yield Text("In no list for this patient", style=_HEADING)
        for items in found.own.values():
            yield from self.own(items)
        if found.own or found.listed:
            yield Text()
        for text in (*found.folded(self.answer.as_of), *newer_guidelines(self.answer)):
            yield Text(text)

    def own(self, items: Sequence[SinceShown]) -> Iterator[RenderableType]:
        yield _set("- ", (items[0].option, "bold"), f": {items[0].name}")
        for text in items[0].on_agents:
            yield _set("! ", (text, _CAUTION), style=_CAUTION, indent=2)
        for item in items:
            line = Text.assemble(
                item.text, f" For: {item.applies_to}", (matched(item), "bold"), (_bracketed(place_of(item)), _PLACE)
            )
            yield Padding(line, (0, 0, 0, 2))

    def remarks(self) -> Iterator[RenderableType]:
        for note in self.answer.notes:
            yield self.note(note)
        for pointer in self.answer.cross_references:
            yield self.note(pointer, f"See also the list: {list_title(pointer.list, self.pack)}. ")

    def note(self, note: NoteShown, before: str = "") -> RenderableType:
        return _set("- ", before, note.text, (_bracketed(reference(note)), _PLACE))

    def basis(self) -> Iterator[RenderableType]:
        answer = self.answer
        for item in answer.hangs_on or ():
            options = ", ".join(dict.fromkeys(row.option for row in item.rows))
            title = self.pack.rulings[item.ruling].title
            yield _set("- ", f"Hangs on ruling {item.ruling} ({title}): read as {item.other}, other statuses for {options}")
        if answer.rulings:
            yield _set("- ", f"Rulings used: {', '.join(answer.rulings)}")
        if answer.grades:
            read = "; ".join(f"{item.grade} {item.means}" for item in answer.grades)
            yield _set("- ", f"Grades: {read}. {answer.grades_note}")
        yield _set("- ", "Signs: * offered; ? open; !! strong caution; ! caution; - a condition that the text adds")


def _bracketed(place: str) -> str:
    return f" [{place}]" if place else ""


def _set(sign: str, *parts: str | tuple[str, str], style: str = "", indent: int = 0) -> RenderableType:
    """Return a text that begins with a sign; what wraps is set below the text."""
    table = _grid(len(sign))
    table.add_row(Text(sign, style), Text.assemble(*parts))
    return Padding(table, (0, 0, 0, indent))


def _grid(*widths: int | None) -> Table:
    """Return columns of these widths and one that takes the rest."""
    table = Table.grid(padding=(0, 1) if len(widths) > 1 else 0)
    for width in widths:
        if width is not None:
            table.add_column(width=width, no_wrap=True)
    table.add_column(ratio=1)
    return table
