"""The answer as plain, well-set text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from myeloguide.criteria.nodes import Compare, Holds, Is, Node
from myeloguide.criteria.prose import Explained
from myeloguide.grouping import (
    ASKED,
    MARK,
    STATUS,
    at_first_relapse,
    best_result,
    blocked,
    bracketed,
    by_tier,
    first_question,
    list_open,
    list_title,
    matched,
    moves,
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
)
from myeloguide.guideline.answer import Answer, CautionShown, OptionAnswer, Reason
from myeloguide.guideline.assess import Assessment
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.what_if import HANDS, ChangeSet, Explanation, Hand, WouldChange
from myeloguide.history.proof import Proof

_VALUE = {True: "yes", False: "no", None: "unknown"}


def render(answer: Answer, pack: Pack, width: int = 88) -> str:
    """Return the whole answer."""
    return "\n".join(Page(answer, pack, width).lines()) + "\n"


class Page:
    """The answer as lines of a width."""

    def __init__(self, answer: Answer, pack: Pack, width: int) -> None:
        self.answer = answer
        self.pack = pack
        self.width = max(width, 60)

    def lines(self) -> Iterator[str]:
        answer = self.answer
        yield from self.wrap(f"{answer.title} (pack {answer.pack} {answer.pack_version}), as of {answer.as_of}", "  ", "")
        yield ""
        yield from self.understood()
        yield from self.patient()
        yield from self.warnings()
        yield from self.plan()
        yield from self.difference()
        yield from self.summary()
        for item in answer.lists:
            if item.applies is not False:
                yield from self.option_list(item.list, item.title, item.applies, item.why, str(item.source))
        yield from self.questions()
        yield from self.general_notes()
        yield from self.since()
        yield from self.close()

    def wrap(self, text: str, indent: str, first: str | None = None) -> list[str]:
        initial = indent if first is None else first
        return textwrap.wrap(
            text, self.width, initial_indent=initial, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
        )

    def heading(self, text: str) -> Iterator[str]:
        yield ""
        yield from self.wrap(text, "")
        yield "-" * min(len(text), self.width)

    def understood(self) -> Iterator[str]:
        """Yield what a note was read as, so that it can be held against the note."""
        read = list(understood(self.answer))
        if read:
            yield "Understood:"
            for statement in read:
                yield from self.wrap(statement, "    ", "  ")
            yield ""

    def patient(self) -> Iterator[str]:
        yield from self.wrap(f"{patient_label(self.answer)}: {patient_line(self.answer.facts, self.pack)}", "  ", "")

    def warnings(self) -> Iterator[str]:
        for text in (*warnings(self.answer), *(f"Note: {remark}." for remark in self.answer.remarks)):
            yield from self.wrap(text, "  ", "")

    def plan(self) -> Iterator[str]:
        """Yield where a planned treatment stands, what stands before it, and the codes by which a deviation is recorded."""
        plan = self.answer.plan
        if plan is None:
            return
        yield from self.heading(f"Planned: {plan.plan}" + (f" ({plan.option})" if plan.option not in (None, plan.plan) else ""))
        yield from self.wrap(f"{plan.text[0].upper()}{plan.text[1:]}.", "  ", "")
        for row in plan.rows:
            place = (
                f"{list_title(row.list, self.pack)}; {tier_title(row, self.pack).lower()}{f', {row.grade}' if row.grade else ''}"
            )
            status = f": {STATUS[row.status]}" if row.status else ""
            yield from self.wrap(f"{place}{status}: {'; '.join(row.reasons)}" if row.reasons else place + status, "    ", "  ")
        for text in plan.on_agents:
            yield from self.wrap(f"For this patient: {text}", "    ", "  ")
        for name in dict.fromkeys(item.list for item in plan.before):
            rows = [item for item in plan.before if item.list == name]
            label = "Before it" if plan.standing == "offered" else "Offered instead"
            yield from self.wrap(f"{label} ({list_title(name, self.pack)}): {'; '.join(by_tier(rows, self.pack))}", "    ", "  ")
        if plan.reason_codes:
            codes = ", ".join(item.code for item in plan.reason_codes)
            yield from self.wrap(f"To record why: {codes} [HL7 CDS Hooks 3.0 ballot, non-adherence reason codes]", "    ", "  ")

    def difference(self) -> Iterator[str]:
        """Yield what a what-if or a switched ruling changes."""
        difference = self.answer.difference
        if difference is None:
            return
        yield from self.heading("What this changes")
        if not difference.lists and not difference.rows:
            yield "Nothing: every list and every option stands as before."
        applies = {True: "applies", False: "does not apply", None: "is open"}
        for item in difference.lists:
            title = list_title(item.list, self.pack)
            yield from self.wrap(f"{title}: {applies[item.would_be]} (was: {applies[item.was]})", "  ", "- ")
        for said, rows in moves(difference).items():
            for name in dict.fromkeys(row.list for row in rows):
                tiers = "; ".join(by_tier([row for row in rows if row.list == name], self.pack))
                yield from self.wrap(f"{list_title(name, self.pack)}; {said}: {tiers}", "  ", "- ")

    def summary(self) -> Iterator[str]:
        """Yield what is offered, in a line a list, and the first question."""
        yield ""
        yield from self.offered_so_far()
        question = first_question(self.answer)
        if question:
            yield from self.wrap(f"To find out first: {question.question}", "     ", "?  ")
            yield from self.wrap(so_far(question), "     ")

    def offered_so_far(self) -> Iterator[str]:
        for title, said in offered_so_far(self.answer, self.pack):
            yield from self.wrap(f"{title}{said}", "     ", "=> ")

    # --- lists ---

    def option_list(self, name: str, title: str, applies: bool | None, why: str, source: str) -> Iterator[str]:
        rows = [row for row in self.answer.options if row.list == name]
        yield from self.heading(title)
        said = "Applies" if applies else "Applies perhaps: it depends on whether"
        yield from self.wrap(f"{said}: {why} ({source})." if applies else f"{said} {why} ({source}).", "  ", "")
        yield from self.offered(rows)
        yield from self.nothing(name)
        yield from self.folded(rows)
        yield from self.list_notes(name)

    def list_notes(self, name: str) -> Iterator[str]:
        notes = [note for note in self.answer.notes if note.list == name]
        if notes:
            yield ""
            yield "  Remarks on this list"
        for note in notes:
            yield from self.wrap(f"{note.text}{_reference(note)}", "      ", "    ")

    def offered(self, rows: Sequence[OptionAnswer]) -> Iterator[str]:
        tier = None
        for row in rows:
            if row.status in ("offered", "depends") and (row.status == "offered" or not list_open(row)):
                if row.tier != tier:
                    tier = row.tier
                    yield ""
                    yield f"  {tier_title(row, self.pack)}"
                yield from self.row(row)
        unknown = [row for row in rows if row.status == "depends" and list_open(row)]
        if unknown:
            yield ""
            yield from self.wrap("Depends: " + "; ".join(by_tier(unknown, self.pack)), "    ", "  ")

    def row(self, row: OptionAnswer) -> Iterator[str]:
        via = f"; at first relapse: {at_first_relapse(row)}" if row.via else ""
        status = f"depends on {needs(row, self.pack)}; " if row.status == "depends" else ""
        head = f"    {row.grade or '--':<3} {row.option:<16} "
        yield from self.wrap(f"{status}{row.name}{via}", " " * len(head), head)
        for reason in row.reasons:
            if reason.code == "condition-met":
                yield from self.wrap(f"{reason.text}{_reference(reason)}", " " * 10, " " * 8)
        yield from self.best_result(row.option)
        for caution in row.cautions:
            if caution.strength != "remark" and caution.holds:
                yield from self.caution(caution)

    def best_result(self, option: str) -> Iterator[str]:
        """Yield the result nearest to the patient, where the evidence was asked for."""
        found = best_result(self.answer, option)
        if found is not None:
            text, place, near = found
            yield from self.wrap(f"{text}{bracketed(place)}{near}", " " * 11, " " * 8 + "ev ")

    def caution(self, caution: CautionShown) -> Iterator[str]:
        first = f"        {MARK[caution.strength]:<2} "
        yield from self.wrap(f"{caution.text}{_reference(caution)}", " " * 11, first)

    def nothing(self, name: str) -> Iterator[str]:
        for item in self.answer.nothing_offered:
            if item.list == name:
                yield ""
                yield from self.wrap(f"Nothing is offered here. {item.why}", "  ", "  ")

    def folded(self, rows: Sequence[OptionAnswer]) -> Iterator[str]:
        """Yield what is listed but not possible, folded by what blocks it."""
        by_reason = blocked(rows)
        if by_reason:
            yield ""
            yield "  Listed, but not for this patient"
        for (status, text, place), options in by_reason.items():
            yield from self.wrap(f"{STATUS[status]}, {text}{bracketed(place)}: {', '.join(options)}", "      ", "    ")

    # --- around the lists ---

    def questions(self) -> Iterator[str]:
        if self.answer.missing:
            yield from self.heading("What to find out, most decisive first")
            for item in self.answer.missing[:ASKED]:
                mentioned = "" if item.decides_recommended else ", only mentioned"
                yield from self.wrap(f"{item.question} (decides {item.decides}{mentioned})", "  ", "- ")
                yield from self.wrap(so_far(item), "  ")
            if len(self.answer.missing) > ASKED:
                yield f"  and {len(self.answer.missing) - ASKED} more"

        always = [item.option for item in self.answer.certain if item.offered]
        never = [item.option for item in self.answer.certain if not item.offered]
        if always or never:
            yield ""
        for options, said in ((always, "Offered whatever is found out"), (never, "Open, yet offered in no case")):
            if options:
                yield from self.wrap(f"{said}: {', '.join(options)}", "  ", "")

    def general_notes(self) -> Iterator[str]:
        notes = [note for note in self.answer.notes if note.list is None]
        if notes or self.answer.cross_references:
            yield from self.heading("Also")
        for note in notes:
            yield from self.wrap(f"{note.text}{_reference(note)}", "  ", "- ")
        for pointer in self.answer.cross_references:
            title = next(item.title for item in self.pack.lists if item.id == pointer.list)
            yield from self.wrap(f"See also the list: {title}. {pointer.text}{_reference(pointer)}", "  ", "- ")

    def since(self) -> Iterator[str]:
        answer = self.answer
        if not answer.since and not answer.newer_guidelines:
            return
        yield from self.heading("Newer than this guideline (it never changes the lists)")
        found = news(answer)
        for item in found.listed:
            yield from self.wrap(f"{item.option}: {item.text} ({place_of(item)})", "  ", "- ")
        if found.more:
            yield f"  and {found.more} more on options not offered: --format json"
        if found.own:
            yield ""
            yield "In no list for this patient"
        for items in found.own.values():
            yield from self.wrap(f"{items[0].option}: {items[0].name}", "  ", "- ")
            for text in items[0].on_agents:
                yield from self.wrap(f"{MARK['caution']:<2} {text}", "     ", "  ")
            for item in items:
                yield from self.wrap(f"{item.text} For: {item.applies_to}{matched(item)} ({place_of(item)})", "    ", "  ")
        for text in (*found.folded(answer.as_of), *newer_guidelines(answer)):
            yield from self.wrap(text, "  ", "")

    def close(self) -> Iterator[str]:
        yield ""
        for item in self.answer.hangs_on or ():
            options = ", ".join(dict.fromkeys(row.option for row in item.rows))
            yield from self.wrap(f"Hangs on ruling {item.ruling}: read as {item.other}, other statuses for {options}.", "  ", "")
        if self.answer.grades:
            read = "; ".join(f"{item.grade} {item.means}" for item in self.answer.grades)
            ruling = f" [our reading {self.pack.header.grades_ruling}]" if self.pack.header.grades_ruling else ""
            yield from self.wrap(f"Grades: {read}. {self.answer.grades_note}{ruling}", "  ", "")
        if self.answer.rulings:
            yield from self.wrap(f"Rulings used: {', '.join(self.answer.rulings)}.", "  ", "")
        for line in self.answer.notice:
            yield from self.wrap(line, "  ", "")


def _reference(said: Any) -> str:
    return bracketed(reference(said))


# --- questions -----------------------------------------------------------------------------------------------------


def render_offered(assessment: Assessment, width: int = 88) -> str:
    """Return what is offered so far, in a line a list."""
    return "\n".join(Page(assessment.answer(), assessment.pack, width).offered_so_far()) + "\n"


def render_end(assessment: Assessment, learned: Sequence[str], *, asked_all: bool, width: int = 88) -> str:
    """Return why the questions end, and what was learned, as it would stand in a patient file."""
    page = Page(assessment.answer(), assessment.pack, width)
    if not asked_all:
        lines = page.wrap("Stopped. The set of offered options can still change.", "")
    elif page.answer.missing:
        lines = page.wrap(
            "No further question: without what is not known, no other answer can change the set of offered options.", ""
        )
    else:
        lines = page.wrap("No further question: the set of offered options can no longer change.", "")
    if learned:
        lines += ["", "Learned, as options of `myeloguide assess`:", *(f"  --what-if {text}" for text in learned)]
    return "\n".join(["", *lines]) + "\n"


# --- why -----------------------------------------------------------------------------------------------------------


def render_why(assessment: Assessment, answer: Answer, explained: Explanation, width: int = 88) -> str:
    """Return why an option has its status wherever it stands: the tree of its conditions with values and proof."""
    pack, option = assessment.pack, explained.option
    proofs = {(proof.fact, proof.member): proof for proof in answer.proofs}
    blocks: list[str] = []
    if answer.supposed:
        blocks.append(f"Supposed, not recorded: {'; '.join(answer.supposed)}.")
    for item in pack.lists:
        for row in item.rows:
            if row.option != option:
                continue
            via = row.via[0] if row.via else None
            standing = (row.list, row.tier, option, via)
            standing_row = next(
                (item for item in answer.options if (item.list, item.tier, item.option, item.via) == standing), None
            )
            status = STATUS[standing_row.status] if standing_row else "its list does not apply"
            grade = f", {row.grade}" if row.grade else ""
            lines = [f"{option} in: {item.title}; {row.tier_title.lower()}{grade}: {status}"]
            lines += _printed("source", row.listed)
            lines += _tree("the list applies", assessment.explain(item.applies), proofs)
            if standing_row:
                lines += _tree("its condition", assessment.explain(row.condition), proofs)
                lines += _tree("held back", assessment.explain(row.held_back), proofs)
                lines += _tree("advised against", assessment.explain(row.against), proofs)
                for reason in standing_row.reasons:
                    lines += _printed("reason", reason) if reason is not row.listed else []
                for caution in standing_row.cautions:
                    held = "" if caution.holds else " (whether this applies is unknown)"
                    lines.append(f"  {caution.strength}: {caution.text}{held}{_reference(caution)}")
            blocks.append("\n".join(_folded(lines, width)))
    blocks.append("\n".join(_folded(_would_change(explained.would_change), width)))
    return "\n\n".join(blocks) + "\n"


_HANDS: dict[Hand, str] = {
    "obtain": "In your hands",
    "test": "A test would show",
    "find_out": "To find out",
    "ruling": "By another reading (a ruling)",
    "fixed": "Only if it were so that",
}
_SHOWN = 6


def _would_change(found: WouldChange) -> list[str]:
    """Return what would make an option offered, or remove it, the feasible changes first."""
    verb = "What would remove it" if found.offered else "What would make it offered"
    if not found.sets:
        return [f"{verb}: no change of up to {found.tried} facts together"]
    lines = [f"{verb} (the smallest changes of facts)"]
    for hand, said in _HANDS.items():
        sets = [item for item in found.sets if item.hand == hand]
        for item in sets[:_SHOWN]:
            lines.append(f"  {_needed(item)}")
        if len(sets) > _SHOWN:
            lines.append(f"  {said}: and {len(sets) - _SHOWN} more (--format json)")
    return lines


def _needed(changes: ChangeSet) -> str:
    """Return what must change together, what nobody can do apart from what a person can do."""
    parts: list[str] = []
    for hand in reversed(HANDS):
        own = [change for change in changes.changes if change.hand == hand]
        if own:
            label = f"And {_HANDS[hand][0].lower()}{_HANDS[hand][1:]}" if parts else _HANDS[hand]
            texts = (change.how if hand == "obtain" and change.how else change.text for change in own)
            parts.append(f"{label}: {' and '.join(texts)}")
    return ". ".join(parts)


def _printed(label: str, said: Reason) -> list[str]:
    where = f" [{said.source}]" if said.source else ""
    rulings = f" (ruling {', '.join(said.rulings)})" if said.rulings else ""
    return [f"  {label}: {said.text}{rulings}{where}"]


def _tree(label: str, explained: Explained, proofs: dict[tuple[str, str], Proof]) -> list[str]:
    lines = [f"  {label}: {_VALUE[explained.value]}"]
    if explained.leaf is not None or explained.parts:
        lines += _branch(explained, proofs, 2)
    return lines


def _branch(explained: Explained, proofs: dict[tuple[str, str], Proof], depth: int) -> list[str]:
    proof = _proof(explained.leaf, proofs)
    lines = [f"{'  ' * depth}{_VALUE[explained.value]:<8}{explained.text}{proof}"]
    for part in explained.parts:
        lines += _branch(part, proofs, depth + 1)
    return lines


def _proof(leaf: Node | None, proofs: dict[tuple[str, str], Proof]) -> str:
    match leaf:
        case Holds(fact, member):
            proof = proofs.get((fact, member)) or proofs.get((fact, ""))
        case Compare(fact) | Is(fact):
            proof = proofs.get((fact, ""))
        case _:
            proof = None
    return f" -- {proof.text}" if proof else ""


def _folded(lines: Iterable[str], width: int) -> Iterator[str]:
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        yield from textwrap.wrap(
            line, max(width, 60), subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True
        ) or [""]
