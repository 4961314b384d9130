"""The guideline in the terminal: all its lists, one list, an option wherever it stands, or a ruling."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.guideline.answer import Reason
from myeloguide.guideline.declared import Ruling
from myeloguide.handbook.content import Chapter, Handbook, Said, Stand, Words, sentence, standing


def show(book: Handbook, name: str | None, width: int = 80) -> str:
    """Return the lists, or the list, option or ruling of a name, as text of at most so many columns."""
    return "\n".join(_Page(book, width).of(name)).lstrip("\n") + "\n"


class _Page:
    def __init__(self, book: Handbook, width: int) -> None:
        self.book = book
        self.pack = book.pack
        self.width = max(width, 40)

    def of(self, name: str | None) -> Iterator[str]:
        if name is None:
            return self.lists()
        chapters = {chapter.list.id: chapter for chapter in self.book.chapters}
        rulings = {ruling.casefold(): ruling for ruling in self.pack.rulings}
        option = self.pack.vocabulary.regimen(name)
        if name in self.pack.rulings:
            return self.ruling(self.pack.rulings[name])
        if name.casefold() in chapters:
            return self.chapter(chapters[name.casefold()])
        if option is not None and any(row.option == option for row in self.pack.rows):
            return self.option(option)
        if name.casefold() in rulings:
            return self.ruling(self.pack.rulings[rulings[name.casefold()]])
        what = f"no list, option or ruling is called {name}" if option is None else f"{option} stands in no list"
        options = dict.fromkeys(row.option for row in self.pack.rows)
        near = suggestion(name, [*chapters, *self.pack.rulings, *options])
        raise InputError(Problem("guideline show", what, near or "`myeloguide guideline show` names every list and option"))

    # --- setting ---

    def wrap(self, text: str, first: str = "", indent: str | None = None) -> list[str]:
        more = " " * len(first) if indent is None else indent
        return textwrap.wrap(
            text, self.width, initial_indent=first, subsequent_indent=more, break_on_hyphens=False, break_long_words=False
        )

    def heading(self, text: str, sign: str = "-") -> Iterator[str]:
        lines = self.wrap(text)
        yield from ("", *lines, sign * max(map(len, lines)))

    def by(self, reason: Reason) -> str:
        """Say who says it, and where."""
        rulings = ", ".join(reason.rulings)
        who = {"source": "", "ruling": f"our reading {rulings}", "principle": f"our principle {rulings}"}[reason.kind]
        said = ", ".join(part for part in (who, str(reason.source or "")) if part)
        return f" [{said}]" if said else ""

    def words(self, words: Words) -> str:
        return words.text + "".join(f" (with {switch}: {then})" for switch, then in words.switched)

    def said(self, said: Said, indent: int) -> list[str]:
        when = f" {'unless' if said.unless else 'if'} {self.words(said.when)}" if said.when else ""
        text = sentence(said.text)
        if said.strong_unless is not None:
            text += f" Strong unless {self.words(said.strong_unless)}."
        return self.wrap(f"{said.label}{when}: {text}{self.by(said.reason)}", " " * indent + "- ")

    def section(self, title: str, said: Iterable[Said]) -> Iterator[str]:
        items = list(said)
        if items:
            yield from self.heading(title)
        for one in items:
            yield from self.said(one, 0)

    # --- what is shown ---

    def lists(self) -> Iterator[str]:
        header = self.pack.header
        yield from self.wrap(f"{header.title} (pack {header.pack} {header.version})")
        for chapter in self.book.chapters:
            yield from self.heading(chapter.list.title)
            yield from self.wrap(f"{chapter.list.id}: applies if {self.words(chapter.applies)} [{chapter.list.source}]")
            for tier in chapter.tiers:
                named = [stand.row.option + (f" ({stand.grade})" if stand.grade else "") for stand in tier.stands]
                if tier.untried:
                    named.append(f"if not tried so far: {', '.join(stand.row.option for stand in tier.untried)}")
                yield from self.wrap(f"{tier.title}: {', '.join(named)}", "  ", "      ")
        yield ""
        yield from self.wrap("One of them: myeloguide guideline show LIST, OPTION or RULING (such as PVd, C2).")

    def chapter(self, chapter: Chapter) -> Iterator[str]:
        item = chapter.list
        yield from self.heading(item.title, "=")
        yield from self.wrap(f"Applies if {self.words(chapter.applies)} [{item.source}].")
        if item.rulings:
            yield from self.wrap(f"Read by rulings {', '.join(item.rulings)}.")
        if item.advice:
            yield from self.wrap(item.advice)
        for tier in chapter.tiers:
            yield from self.heading(tier.title)
            for stand in tier.stands:
                yield from self.stand(stand)
            if tier.untried:
                yield from self.untried(tier.untried)
        yield from self.section("What the source says of this list", chapter.notes)
        yield from self.section("Where the source is silent", chapter.silences)
        yield from self.section("Shown beside other lists", chapter.pointers)

    def stand(self, stand: Stand) -> Iterator[str]:
        row = stand.row
        basis = f"; {row.basis}" if row.basis else ""
        rulings = f"; rulings {', '.join(stand.rulings)}" if stand.rulings else ""
        place = f" [{row.listed.source}{basis}{rulings}]"
        yield from self.wrap(f"{row.grade or '--':3}{row.option}: {row.name}{place}", indent="   ")
        if row.grade_when is not None:
            yield from self.wrap(f"Grade {stand.grade}, else none.", "   ")
        for words in stand.conditions:
            yield from self.wrap(f"Only if {self.words(words)}.", "   ")
        for said in stand.said:
            yield from self.said(said, 3)
        for item in stand.newer:
            dated = item.date or f"seen {item.seen}"
            yield from self.wrap(f"Newer than the source: {sentence(item.text)} [{item.source}, {dated}]", "   - ")

    def untried(self, stands: Sequence[Stand]) -> Iterator[str]:
        """Yield options that come from the first-relapse lists, with what is said of them in this list only."""
        yield from self.wrap("First-relapse options not tried so far, with the grade printed there:")
        for stand in stands:
            printed = ", ".join(dict.fromkeys(f"{via.tier}{f' {via.grade}' if via.grade else ''}" for via in stand.row.via))
            yield from self.wrap(
                f"{stand.row.option}: {printed}; only if {' and '.join(map(self.words, stand.conditions))}", "   "
            )
            for said in stand.said:
                yield from self.said(said, 6)

    def option(self, option: str) -> Iterator[str]:
        regimen = self.pack.vocabulary.regimens[option]
        yield from self.heading(f"{option}: {regimen.name}", "=")
        spelled = [name for name in regimen.printed if name != option]
        if spelled:
            yield from self.wrap(f"Printed also as {', '.join(spelled)}.")
        for chapter, tier, stand in self.book.stands(option):
            yield from self.heading(f"{chapter.list.title}: {standing(tier, stand)}")
            yield from self.untried([stand]) if stand.row.via else self.stand(stand)

    def ruling(self, ruling: Ruling) -> Iterator[str]:
        yield from self.heading(f"{ruling.ruling}. {ruling.title}", "=")
        lines = (
            ", ".join(f"L{first}" if first == last else f"L{first}-{last}" for first, last in ruling.source.lines)
            if ruling.source
            else ""
        )
        kind = "Our principle" if ruling.kind == "principle" else "Our reading"
        yield from self.wrap(f"{kind} [{lines or 'not from the source'}]: {ruling.reading}")
        if ruling.other_readings:
            yield from ("", "Not used:")
            for reading in ruling.other_readings:
                yield from self.wrap(reading, "- ")
        if ruling.switch is not None:
            yield ""
            default, other = ruling.switch.default, ruling.switch.other
            yield from self.wrap(f"As used, {ruling.ruling}={default.value}: {sentence(default.means)}")
            yield from self.wrap(f"Switched by --ruling {ruling.ruling}={other.value}: {sentence(other.means)}")
        used = dict.fromkeys(name.partition("#")[0] for name in self.book.uses(ruling.ruling))
        for name in used:
            inside = [
                one.partition("#")[2].partition("-")[2] for one in self.book.uses(ruling.ruling) if one.startswith(f"{name}#")
            ]
            yield from ("",) if name == next(iter(used)) else ()
            yield from self.wrap(f"Bears on {name}{': ' + ', '.join(inside) if inside else ''}")
