"""The answer for a terminal: what an expert looks for first stands first, and colour only repeats what words and signs say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from myeloguide.grouping import (
    ASKED,
    MARK,
    STATUS,
    at_first_relapse,
    best_result,
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
    so_far,
    tier_title,
    understood,
    warnings,
    weighing_cautions,
)
from myeloguide.guideline.answer import Answer, ListAnswer, Missing, OptionAnswer, SinceShown
from myeloguide.guideline.pack import Pack
from myeloguide.text import Page

NARROWEST = 60
_BEFORE_THE_OPTION = 6
_LEAST_TEXT = 49
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
    console.print(Text("\n").join(_Page(answer, pack, console).lines()), soft_wrap=True)


Part = str | tuple[str, str] | Text
"""Words, or words with a style."""


class _Page:
    def __init__(self, answer: Answer, pack: Pack, console: Console) -> None:
        self.answer = answer
        self.pack = pack
        self.console = console

    def lines(self) -> Iterator[Text]:
        answer = self.answer
        yield from self.patient()
        yield from self.glance()
        plain = Page(answer, self.pack, self.console.width)
        for told in (list(plain.plan()), list(plain.difference())):
            for number, line in enumerate(told):
                yield Text(line, style=_HEADING if number == 1 else "")
        for item in answer.lists:
            if item.applies is not False:
                yield from self.section(item.title, self.option_list(item))
        yield from self.section("What to find out, most decisive first", self.questions())
        yield from self.section("Newer than this guideline", self.news(), "it never changes the lists")
        yield from self.section("Remarks", self.remarks())
        yield from self.section("What the answer rests on", self.basis())
        yield Text()
        yield from self.set("", (" ".join(answer.notice), _PLACE))

    def set(self, sign: str | Text, *parts: Part, style: str = "") -> Iterator[Text]:
        """Yield the lines of a text that begins with a sign; what wraps is set below the text."""
        first = sign if isinstance(sign, Text) else Text(sign, style)
        text = Text.assemble(*parts)
        for number, line in enumerate(text.wrap(self.console, self.console.width - first.cell_len)):
            yield Text.assemble(Text(" " * first.cell_len) if number else first, line)

    def recorded(self, indent: str, item: Missing) -> Iterator[Text]:
        """Yield what the history tells of an unknown fact."""
        if item.so_far:
            yield from self.set(indent, (so_far(item), _PLACE))

    def section(self, title: str, lines: Iterable[Text], beside: str = "") -> Iterator[Text]:
        """Yield a heading and what stands below it, where there is anything."""
        found = list(lines)
        if found:
            yield Text()
            yield from self.set("", (title, _HEADING), (f" ({beside})" if beside else "", _PLACE))
            yield Text("-" * min(self.console.width, len(title)), style=_PLACE)
            yield from found

    # --- the patient ---

    def patient(self) -> Iterator[Text]:
        answer = self.answer
        for text in understood(answer):
            yield from self.set(Text("understood  ", _PLACE), text)
        line = Text.assemble((f"{patient_label(answer)}: ", _HEADING), patient_line(answer.facts, self.pack))
        line.highlight_regex(r"(?<=; )refractory to [^;]+", _HEADING)
        yield from self.set("", line)
        yield from self.set("", (f"As of {answer.as_of}; {answer.title} (pack {answer.pack} {answer.pack_version})", _PLACE))
        for text in (*warnings(answer), *(f"Note: {remark}." for remark in answer.remarks)):
            yield from self.set("! ", (text, _CAUTION), style=_CAUTION)

    def glance(self) -> Iterator[Text]:
        """Yield what is offered, in a line a list, and the first question."""
        yield Text()
        for title, said in offered_so_far(self.answer, self.pack):
            yield from self.set("=> ", (title, _HEADING), said, style=_OPTION)
        question = first_question(self.answer)
        if question:
            yield from self.set("?  ", ("To find out first: ", _OPEN), question.question, style=_OPEN)
            yield from self.recorded("   ", question)

    # --- lists ---

    def option_list(self, item: ListAnswer) -> Iterator[Text]:
        rows = [row for row in self.answer.options if row.list == item.list]
        place = _place(str(item.source or ""))
        if item.applies:
            yield from self.set("", "Applies: ", item.why, place)
        else:
            yield from self.set("", ("? Applies perhaps: ", _OPEN), "it depends on whether ", item.why, place)
        shown = [row for row in rows if row.status in ("offered", "depends") and not list_open(row)]
        for tier in dict.fromkeys(row.tier for row in shown):
            yield from self.tier([row for row in shown if row.tier == tier])
        for nothing in self.answer.nothing_offered:
            if nothing.list == item.list:
                yield from self.set("", ("Nothing is offered here. ", _HEADING), nothing.why)
        waiting = [row for row in rows if row.status == "depends" and list_open(row)]
        if waiting:
            yield from self.set("? ", "Depends: ", "; ".join(by_tier(waiting, self.pack)), style=_OPEN)
        yield from self.blocked(rows)

    def tier(self, rows: Sequence[OptionAnswer]) -> Iterator[Text]:
        """Yield a tier, what is offered before what is open; where the names leave too little room, what is said stands below."""
        yield Text()
        yield Text(tier_title(rows[0], self.pack), style=_HEADING)
        longest = max(len(row.option) for row in rows)
        beside = self.console.width - longest >= _LEAST_TEXT
        for row in sorted(rows, key=lambda row: row.status != "offered"):
            sign, style = ("*", _OPTION) if row.status == "offered" else ("?", _OPEN)
            head = Text.assemble((f" {sign} ", style), f"{row.grade or '--'} ", (f"{row.option:<{longest}}", style), " ")
            if not beside:
                yield head
                head = Text(" " * _BEFORE_THE_OPTION)
            for said in self.said_of(row, head.cell_len):
                yield Text.assemble(head, said[head.cell_len :])
                head = Text(" " * head.cell_len)

    def said_of(self, row: OptionAnswer, indent: int) -> Iterator[Text]:
        """Yield what decides about an option, indented: its agents, why it is offered, the cautions that weigh most; of an open
        one what it depends on, and strong cautions.
        """
        blank = " " * indent
        via = (f" (at first relapse: {at_first_relapse(row)})" if row.via else "", _PLACE)
        open_ = row.status == "depends"
        said: Part = (f"depends on: {needs(row, self.pack)}", _NEEDS) if open_ else row.name
        yield from self.set(blank, said, via)
        for reason in row.reasons:
            if reason.code == "condition-met":
                yield from self.set(blank, reason.text, _place(reference(reason)))
        found = None if open_ else best_result(self.answer, row.option)
        if found is not None:
            yield from self.set(Text.assemble(blank, ("ev ", _PLACE)), found[0], _place(found[1]), found[2])
        weighing, more = weighing_cautions(row)
        for caution in weighing:
            style = _STRENGTH[caution.strength]
            sign = Text.assemble(blank, (f"{MARK[caution.strength]} ", style))
            yield from self.set(sign, (caution.text, style), _place(reference(caution)))
        if more and not open_:
            yield from self.set(blank, (f"and {more} more: --explain {row.option}", _PLACE))

    def blocked(self, rows: Sequence[OptionAnswer]) -> Iterator[Text]:
        found = by_blocker(rows)
        if found:
            yield Text()
            yield Text("Listed, but not for this patient", style=_HEADING)
        for (status, text, place), options in found.items():
            why: list[Part] = [(text, _BLOCKED)] if status == "held_back" else [(STATUS[status], _BLOCKED), f", {text}"]
            yield from self.set(" - ", *why, ": ", (", ".join(options), "bold"), _place(place))

    # --- around the lists ---

    def questions(self) -> Iterator[Text]:
        for number, item in enumerate(self.answer.missing[:ASKED], 1):
            mentioned = "" if item.decides_recommended else ", only mentioned"
            style = _OPEN if number == 1 else ""
            yield from self.set(f"{number} ", (item.question, style), _place(f"decides {item.decides}{mentioned}"), style=style)
            yield from self.recorded("  ", item)
        if len(self.answer.missing) > ASKED:
            yield Text(f"and {len(self.answer.missing) - ASKED} more", style=_PLACE)
        for offered, said in ((True, "Offered whatever is found out"), (False, "Open, yet offered in no case")):
            options = ", ".join(item.option for item in self.answer.certain if item.offered is offered)
            if options:
                yield from self.set("", (f"{said}: ", _HEADING), options)

    def news(self) -> Iterator[Text]:
        found = news(self.answer)
        if found.listed:
            yield Text("On options offered here", style=_HEADING)
        for item in found.listed:
            yield from self.set("- ", (item.option, "bold"), f": {item.text}", _place(place_of(item)))
        if found.more:
            yield Text(f"and {found.more} more on options not offered: --format json", style=_PLACE)
        if found.own and (found.listed or found.more):
            yield Text()
        if found.own:
            yield Text("In no list for this patient", style=_HEADING)
        for items in found.own.values():
            yield from self.own(items)
        if found.own or found.listed or found.more:
            yield Text()
        for text in (*found.folded(self.answer.as_of), *newer_guidelines(self.answer)):
            yield from self.set("", text)

    def own(self, items: Sequence[SinceShown]) -> Iterator[Text]:
        yield from self.set("- ", (items[0].option, "bold"), f": {items[0].name}")
        for text in items[0].on_agents:
            yield from self.set("  ! ", (text, _CAUTION), style=_CAUTION)
        for item in items:
            yield from self.set("  ", item.text, f" For: {item.applies_to}", *_matched(item), _place(place_of(item)))

    def remarks(self) -> Iterator[Text]:
        for note in self.answer.notes:
            yield from self.set("- ", note.text, _place(reference(note)))
        for pointer in self.answer.cross_references:
            title = list_title(pointer.list, self.pack)
            yield from self.set("- ", f"See also the list: {title}. {pointer.text}", _place(reference(pointer)))

    def basis(self) -> Iterator[Text]:
        answer = self.answer
        for item in answer.hangs_on or ():
            options = ", ".join(dict.fromkeys(row.option for row in item.rows))
            title = self.pack.rulings[item.ruling].title
            text = f"read as {item.other}, other statuses for {options}"
            yield from self.set("- ", f"Hangs on ruling {item.ruling} ({title}): {text}")
        if answer.rulings:
            yield from self.set("- ", f"Rulings used: {', '.join(answer.rulings)}")
        if answer.grades:
            read = "; ".join(f"{item.grade} {item.means}" for item in answer.grades)
            ruling = self.pack.header.grades_ruling
            yield from self.set("- ", f"Grades: {read}. {answer.grades_note}", _place(f"our reading {ruling}" if ruling else ""))
        yield from self.set("- ", "Signs: * offered; ? open; !! strong caution; ! caution; - a condition that the text adds")


def _matched(item: SinceShown) -> tuple[Part, ...]:
    said = matched(item)
    return (said[:2], (said[2:], "bold"))


def _place(place: str) -> tuple[str, str]:
    return (f" [{place}]" if place else "", _PLACE)
