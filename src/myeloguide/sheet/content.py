"""What stands on the sheet, in the order in which a board reads it, whatever it is written in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from myeloguide.drawing.chart import Chart
from myeloguide.drawing.reading import of_patient
from myeloguide.grouping import (
    ASKED,
    STATUS,
    at_first_relapse,
    best_result,
    blocked,
    by_tier,
    list_open,
    list_title,
    matched,
    moves,
    needs,
    newer_guidelines,
    news,
    patient_label,
    patient_line,
    place_of,
    reference,
    so_far,
    tier_title,
    warnings,
)
from myeloguide.guideline.answer import Answer, CautionShown, Difference, ListAnswer, OptionAnswer, Plan, SinceShown
from myeloguide.guideline.assess import definitions_of
from myeloguide.guideline.consultation import Consultation
from myeloguide.guideline.pack import Pack

Look = Literal["plain", "strong", "place", "alarm"]


@dataclass(frozen=True, slots=True)
class Run:
    """Words set in one way: `place` says who says it and where, `alarm` is what must not be missed."""

    text: str
    look: Look = "plain"


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """Lines of a list."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """An option that is offered, or open: `depends` says on what; `said` holds the decisive reason and the cautions.

    Of an open option only the strong cautions are told.
    """

    grade: str
    option: str
    name: str
    depends: str
    said: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of a list."""

    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What is offered or open in a list."""

    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """The patient's story, drawn where pictures are and told where not."""

    chart: Chart


@dataclass(frozen=True, slots=True)
class ToFill:
    """Lines left for the board to write on."""

    labels: tuple[str, ...]


Block = Line | Bullets | Options | Story | ToFill


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the sheet; `kind` says how much room it is worth."""

    kind: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that stands on the sheet."""

    title: str
    patient: str
    guideline: str
    facts: str
    sections: tuple[Section, ...]
    notice: str
    versions: str


def chart_of(patient: Consultation) -> Chart | None:
    """Return what is to be drawn of a patient's story; None where there is none."""
    definitions = definitions_of(patient.pack, patient.switches)
    return of_patient(patient.patient, patient.pack.vocabulary, definitions, assume_complete=patient.assume_complete)


def sheet_of(answer: Answer, pack: Pack, chart: Chart | None) -> Sheet:
    """Return what stands on the sheet for an answer, with the story where there is one."""
    patient = patient_label(answer)
    return Sheet(
        title=f"{patient}, as of {answer.as_of}",
        patient=patient,
        guideline=f"{answer.title}: what they offer, as of {answer.as_of}",
        facts=patient_line(answer.facts, pack),
        sections=tuple(_Sections(answer, pack, chart).all()),
        versions=f"myeloguide {answer.program}, pack {answer.pack} {answer.pack_version} ({answer.pack_hash[:19]})",
        notice=" ".join(answer.notice),
    )


class _Sections:
    def __init__(self, answer: Answer, pack: Pack, chart: Chart | None) -> None:
        self.answer = answer
        self.pack = pack
        self.chart = chart

    def all(self) -> Iterator[Section]:
        answer = self.answer
        warned = tuple(_line(text) for text in warnings(answer))
        if warned:
            yield Section("warning", "Read first", (Bullets(warned),))
        if self.chart is not None:
            yield Section("story", "The story", (Story(self.chart),))
        if answer.plan is not None:
            yield Section("plan", f"Planned: {answer.plan.plan}", tuple(self.planned(answer.plan)))
        if answer.difference is not None:
            yield Section("difference", "What this changes", tuple(self.changed(answer.difference)))
        if answer.outside:
            yield Section("list", "No list of the guideline applies", (_line(answer.outside),))
        for item in answer.lists:
            if item.applies is not False:
                yield Section("list", item.title, tuple(self.option_list(item)))
        if answer.missing or answer.certain:
            yield Section("questions", "What to find out, most decisive first", tuple(self.questions()))
        if answer.since or answer.newer_guidelines:
            yield Section("news", "Newer than this guideline; it never changes the lists", tuple(self.news()))
        if answer.notes or answer.cross_references:
            yield Section("remarks", "Remarks", (Bullets(tuple(self.remarks())),))
        basis = tuple(self.basis())
        if basis:
            yield Section("basis", "What this answer rests on", (Bullets(basis),))
        yield Section("board", "The board", (ToFill(("Decision", "Why, where it differs", "Present", "Date, signature")),))

    # --- lists ---

    def option_list(self, item: ListAnswer) -> Iterator[Block]:
        rows = [row for row in self.answer.options if row.list == item.list]
        strong = "Applies" if item.applies else "Applies perhaps, depending on whether"
        yield _line(item.why, str(item.source or ""), f"{strong}: ")
        tiers = tuple(self.tiers([row for row in rows if row.status in ("offered", "depends") and not list_open(row)]))
        if tiers:
            yield Options(tiers)
        for nothing in self.answer.nothing_offered:
            if nothing.list == item.list:
                yield _line(nothing.why, strong="Nothing is offered here. ")
        waiting = [row for row in rows if row.status == "depends" and list_open(row)]
        if waiting:
            yield _line("; ".join(by_tier(waiting, self.pack)), strong="Depends: ")
        folded = tuple(
            (*_line(f", {text}", place, STATUS[status]), Run(f": {', '.join(options)}"))
            for (status, text, place), options in blocked(rows).items()
        )
        if folded:
            yield _line(strong="Listed, but not for this patient")
            yield Bullets(folded)

    def tiers(self, rows: Sequence[OptionAnswer]) -> Iterator[Tier]:
        for tier in dict.fromkeys(row.tier for row in rows):
            choices = [row for row in rows if row.tier == tier]
            yield Tier(tier_title(choices[0], self.pack), tuple(map(self.choice, choices)))

    def choice(self, row: OptionAnswer) -> Choice:
        depends = needs(row, self.pack) if row.status == "depends" else ""
        met = [_line(reason.text, reference(reason)) for reason in row.reasons if reason.code == "condition-met"]
        told = ("strong",) if depends else ("strong", "caution", "note")
        held = [
            _caution(caution)
            for caution in row.cautions
            if caution.holds and (caution.strength in told or caution.kind == "since")
        ]
        name = row.name + (f"; at first relapse: {at_first_relapse(row)}" if row.via else "")
        found = None if depends else best_result(self.answer, row.option)
        evidence = () if found is None else (_line(found[0] + found[2], found[1]),)
        return Choice(row.grade or "", row.option, name, depends, (*met, *evidence, *held))

    # --- a plan, a difference ---

    def planned(self, plan: Plan) -> Iterator[Block]:
        yield _line(f"{plan.text[0].upper()}{plan.text[1:]}.")
        lines = []
        for row in plan.rows:
            place = f"{list_title(row.list, self.pack)}; {tier_title(row, self.pack).lower()}"
            grade = f", {row.grade}" if row.grade else ""
            said = [STATUS[row.status]] if row.status else []
            why = ["; ".join(row.reasons)] if row.reasons and row.status not in ("offered", "depends") else []
            lines.append(_line(": ".join([place + grade, *said, *why])))
        lines += [_line(text) for text in plan.on_agents]
        for name in dict.fromkeys(item.list for item in plan.before):
            rows = [item for item in plan.before if item.list == name]
            label = "Before it" if plan.standing == "offered" else "Offered instead"
            title = list_title(name, self.pack)
            lines.append(_line("; ".join(by_tier(rows, self.pack)), strong=f"{label} ({title}): "))
        yield Bullets(tuple(lines))

    def changed(self, difference: Difference) -> Iterator[Block]:
        if not difference.lists and not difference.rows:
            yield _line("Nothing: every list and every option stands as before.")
            return
        applies = {True: "applies", False: "does not apply", None: "is open"}
        lines = [
            _line(f"{list_title(item.list, self.pack)}: {applies[item.would_be]} (was: {applies[item.was]})")
            for item in difference.lists
        ]
        for said, rows in moves(difference).items():
            for name in dict.fromkeys(row.list for row in rows):
                tiers = "; ".join(by_tier([row for row in rows if row.list == name], self.pack))
                lines.append(_line(f" ({list_title(name, self.pack)}): {tiers}", strong=f"{said[0].upper()}{said[1:]}"))
        yield Bullets(tuple(lines))

    # --- around the lists ---

    def questions(self) -> Iterator[Block]:
        lines = [
            _line(
                f"{item.question} {so_far(item)}".rstrip(),
                f"decides {item.decides}{'' if item.decides_recommended else ', only mentioned'}",
            )
            for item in self.answer.missing[:ASKED]
        ]
        more = len(self.answer.missing) - ASKED
        if more > 0:
            lines.append(_line(f"and {more} more, less decisive"))
        if lines:
            yield Bullets(tuple(lines))
        always = ", ".join(item.option for item in self.answer.certain if item.offered)
        never = ", ".join(item.option for item in self.answer.certain if not item.offered)
        if always:
            yield _line(always, strong="Offered whatever is found out: ")
        if never:
            yield _line(never, strong="Open, yet offered in no case: ")

    def news(self) -> Iterator[Block]:
        found = news(self.answer)
        if found.listed:
            yield _line(strong="On options offered here")
            yield Bullets(tuple(_line(f": {item.text}", place_of(item), item.option) for item in found.listed))
        if found.more:
            yield _line(f"And {found.more} more on options not offered.")
        if found.own:
            yield _line(strong="In no list for this patient")
            yield Bullets(tuple(line for items in found.own.values() for line in _own_news(items)))
        for text in (*found.folded(self.answer.as_of), *newer_guidelines(self.answer)):
            yield _line(text)

    def remarks(self) -> Iterator[Line]:
        for note in self.answer.notes:
            yield _line(note.text, reference(note))
        for pointer in self.answer.cross_references:
            title = list_title(pointer.list, self.pack)
            yield _line(f"{title}. {pointer.text}", reference(pointer), "See also the list: ")

    def basis(self) -> Iterator[Line]:
        answer = self.answer
        drawn = {note.casefold() for note in self.chart.notes} if self.chart else set()
        for remark in answer.remarks:
            if remark.casefold() not in drawn:
                yield _line(f"{remark}.", strong="Note: ")
        for item in answer.hangs_on or ():
            options = ", ".join(dict.fromkeys(row.option for row in item.rows))
            title = self.pack.rulings[item.ruling].title
            text = f" ({title}): read as {item.other}, other statuses for {options}"
            yield _line(text, strong=f"Hangs on ruling {item.ruling}")
        if answer.grades:
            grades = "; ".join(f"{item.grade} {item.means}" for item in answer.grades)
            ruling = self.pack.header.grades_ruling
            yield _line(f"{grades}. {answer.grades_note}", f"our reading {ruling}" if ruling else "", "Grades: ")
        if answer.rulings:
            yield _line(", ".join(answer.rulings), strong="Rulings used: ")


def _line(text: str = "", place: str = "", strong: str = "") -> Line:
    runs = (Run(strong, "strong"), Run(text), Run(place, "place"))
    return tuple(run for run in runs if run.text)


def _own_news(items: Sequence[SinceShown]) -> Iterator[Line]:
    """Yield what is newer on an option that no list of this patient holds; what stands against its agents with the first."""
    for place, item in enumerate(items):
        against = "".join(f" {text}." for text in item.on_agents) if place == 0 else ""
        yield _line(f": {item.text} For: {item.applies_to}{matched(item)}.{against}", place_of(item), item.option)


def _caution(caution: CautionShown) -> Line:
    line = _line(caution.text, reference(caution))
    return (Run("Strong caution: ", "alarm"), *line) if caution.strength == "strong" else line
