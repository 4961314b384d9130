"""The answer as plain, well-set text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from myeloguide.criteria.nodes import Compare, Holds, Is, Node
from myeloguide.criteria.prose import Explained
from myeloguide.guideline.answer import Answer, Before, CautionShown, MovedRow, OptionAnswer, PlannedRow, Reason
from myeloguide.guideline.assess import Assessment
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.what_if import HANDS, ChangeSet, Explanation, Hand, WouldChange
from myeloguide.history.proof import Proof
from myeloguide.record.ranges import number_in_words

InTier = OptionAnswer | MovedRow | Before
"""What names an option where it stands."""

_STATUS = {
    "held_back": "held back",
    "advised_against": "advised against",
    "condition_not_met": "condition not met",
    "depends": "depends",
    "offered": "offered",
}
_MARK = {"strong": "!!", "caution": "!", "note": "-", "remark": "+"}
_VALUE = {True: "yes", False: "no", None: "unknown"}


def render(answer: Answer, pack: Pack, width: int = 88) -> str:
    """Return the whole answer."""
    return "\n".join(_Page(answer, pack, width).lines()) + "\n"


def _printable(text: str) -> str:
    """Leave out what would command a terminal."""
    return "".join(sign for sign in text if sign.isprintable())


class _Page:
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
        read = self.answer.understood
        if read is None:
            return
        yield "Understood:"
        for statement in read.statements:
            yield from self.wrap(_printable(statement), "    ", "  ")
        if read.not_used:
            yield from self.wrap(_printable(f"Not used: {'; '.join(read.not_used)}"), "    ", "  ")
        yield ""

    def patient(self) -> Iterator[str]:
        label = _printable(self.answer.patient or "Patient")
        yield from self.wrap(f"{label}: {patient_line(self.answer.facts, self.pack)}", "  ", "")

    def warnings(self) -> Iterator[str]:
        if self.answer.supposed:
            yield from self.wrap(f"Supposed, not recorded: {'; '.join(self.answer.supposed)}.", "  ", "")
        for disagreement in self.answer.disagreements:
            yield from self.wrap(f"Disagreement: {disagreement.text}.", "  ", "")
        if self.answer.assumed_complete:
            yield from self.wrap("The record was taken as complete because you said so (--assume-complete).", "  ", "")
        for ruling, value in self.answer.switched.items():
            yield from self.wrap(f"Ruling {ruling} is switched to: {value}.", "  ", "")
        assumed = dict.fromkeys(
            f"response of line {', '.join(map(str, proof.lines))} not recorded, taken as minimal response or better"
            if proof.fact == "refractory_to"
            else proof.text
            for proof in self.answer.proofs
            if proof.assumed
        )
        for text in assumed:
            yield from self.wrap(f"Assumed: {text}.", "  ", "")
        for remark in self.answer.remarks:
            yield from self.wrap(f"Note: {remark}.", "  ", "")

    def plan(self) -> Iterator[str]:
        """Yield where a planned treatment stands, what stands before it, and the codes by which a deviation is recorded."""
        plan = self.answer.plan
        if plan is None:
            return
        yield from self.heading(f"Planned: {plan.plan}" + (f" ({plan.option})" if plan.option not in (None, plan.plan) else ""))
        yield from self.wrap(f"{plan.text[0].upper()}{plan.text[1:]}.", "  ", "")
        for row in plan.rows:
            place = f"{self.list_title(row.list)}; {self.tier_title(row).lower()}{f', {row.grade}' if row.grade else ''}"
            status = f": {_STATUS[row.status]}" if row.status else ""
            yield from self.wrap(f"{place}{status}: {'; '.join(row.reasons)}" if row.reasons else place + status, "    ", "  ")
        for text in plan.on_agents:
            yield from self.wrap(f"For this patient: {text}", "    ", "  ")
        for name in dict.fromkeys(item.list for item in plan.before):
            rows = [item for item in plan.before if item.list == name]
            label = "Before it" if plan.standing == "offered" else "Offered instead"
            yield from self.wrap(f"{label} ({self.list_title(name)}): {'; '.join(self.by_tier(rows))}", "    ", "  ")
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
            title = self.list_title(item.list)
            yield from self.wrap(f"{title}: {applies[item.would_be]} (was: {applies[item.was]})", "  ", "- ")
        moves: dict[str, list[MovedRow]] = {
            "now offered": [], "no longer offered": [], "no longer offered, its list does not apply": [],
            "no longer certain to be offered, it depends": [], "now depends": [], "not offered, for another reason": [],
        }  # fmt: skip
        for row in difference.rows:
            if row.would_be == "offered":
                moves["now offered"].append(row)
            elif row.was == "offered" and row.would_be == "depends":
                moves["no longer certain to be offered, it depends"].append(row)
            elif row.was == "offered" and row.would_be is None:
                moves["no longer offered, its list does not apply"].append(row)
            elif row.was == "offered":
                moves["no longer offered"].append(row)
            elif row.would_be == "depends":
                moves["now depends"].append(row)
            elif row.was and row.would_be:
                moves["not offered, for another reason"].append(row)
        for said, rows in moves.items():
            for name in dict.fromkeys(row.list for row in rows):
                tiers = "; ".join(self.by_tier([row for row in rows if row.list == name]))
                yield from self.wrap(f"{self.list_title(name)}; {said}: {tiers}", "  ", "- ")

    def list_title(self, name: str) -> str:
        return next(item.title for item in self.pack.lists if item.id == name)

    def summary(self) -> Iterator[str]:
        """Yield what is offered, in a line a list, and the first question."""
        yield ""
        yield from self.offered_so_far()
        if self.answer.missing and self.answer.missing[0].decides_recommended:
            yield from self.wrap(f"To find out first: {self.answer.missing[0].question}", "     ", "?  ")

    def offered_so_far(self) -> Iterator[str]:
        if self.answer.outside:
            yield from self.wrap(self.answer.outside, "     ", "=> ")
        for item in self.answer.lists:
            rows = [row for row in self.answer.options if row.list == item.list and row.recommended]
            offered = [row for row in rows if row.status == "offered"]
            waiting = sum(row.status == "depends" for row in rows)
            if item.applies is not False and rows:
                said = "; ".join(self.by_tier(offered)) or ("nothing yet" if waiting else "nothing")
                verb = "depends" if waiting == 1 else "depend"
                more = f" ({waiting}{' more' if offered else ''} {verb} on what is unknown)" if waiting else ""
                yield from self.wrap(f"{item.title}: {said}{more}", "     ", "=> ")

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
            if row.status in ("offered", "depends") and (row.status == "offered" or not self.answer_unknown(row)):
                if row.tier != tier:
                    tier = row.tier
                    yield ""
                    yield f"  {self.tier_title(row)}"
                yield from self.row(row)
        unknown = [row for row in rows if row.status == "depends" and self.answer_unknown(row)]
        if unknown:
            yield ""
            yield from self.wrap("Depends: " + "; ".join(self.by_tier(unknown)), "    ", "  ")

    def answer_unknown(self, row: OptionAnswer) -> bool:
        """Whether the list itself is open, so that its open options are only named."""
        return any(reason.code == "list-open" for reason in row.reasons)

    def by_tier(self, rows: Sequence[InTier]) -> Iterator[str]:
        for tier in dict.fromkeys(row.tier for row in rows):
            named = [row.option + (f" ({row.grade})" if row.grade else "") for row in rows if row.tier == tier]
            yield f"{self.tier_title(next(row for row in rows if row.tier == tier)).lower()}: {', '.join(named)}"

    def tier_title(self, row: InTier | PlannedRow) -> str:
        return next(item.tier_title for item in self.pack.rows if (item.list, item.tier) == (row.list, row.tier))

    def row(self, row: OptionAnswer) -> Iterator[str]:
        via = ""
        if row.via is not None:
            printed = [f"{item.tier}, {item.grade}" for item in (row.via, *row.also_via)]
            via = f"; at first relapse: {' / '.join(printed)}"
        status = "" if row.status == "offered" else "depends on " + ", ".join(map(self.fact_name, row.needs)) + "; "
        head = f"    {row.grade or '--':<3} {row.option:<16} "
        yield from self.wrap(f"{status}{row.name}{via}", " " * len(head), head)
        for reason in row.reasons:
            if reason.code == "condition-met":
                yield from self.wrap(f"{reason.text}{_reference(reason)}", " " * 10, " " * 8)
        for caution in row.cautions:
            if caution.strength != "remark" and caution.holds:
                yield from self.caution(caution)

    def caution(self, caution: CautionShown) -> Iterator[str]:
        first = f"        {_MARK[caution.strength]:<2} "
        yield from self.wrap(f"{caution.text}{_reference(caution)}", " " * 11, first)

    def fact_name(self, name: str) -> str:
        fact, _, member = name.partition(".")
        declared = self.pack.vocabulary.facts[fact]
        if declared.is_number:
            return declared.label
        return (declared.says if member or declared.kind == "boolean" else declared.label or fact).format(
            member=self.pack.phrases.name(member), value=""
        )

    def nothing(self, name: str) -> Iterator[str]:
        for item in self.answer.nothing_offered:
            if item.list == name:
                yield ""
                yield from self.wrap(f"Nothing is offered here. {item.why}", "  ", "  ")

    def folded(self, rows: Sequence[OptionAnswer]) -> Iterator[str]:
        """Yield what is listed but not possible, folded by what blocks it."""
        by_reason: dict[tuple[str, str, str], list[str]] = {}
        for row in rows:
            if row.status in ("held_back", "advised_against", "condition_not_met"):
                decisive = [reason for reason in row.reasons if not (reason.code == "refractory" and reason.kind == "source")]
                text = " and ".join(dict.fromkeys(reason.text for reason in decisive))
                reference = _reference(decisive[0])
                by_reason.setdefault((row.status, text, reference), []).append(row.option)
        if by_reason:
            yield ""
            yield "  Listed, but not for this patient"
        for (status, text, reference), options in by_reason.items():
            named = ", ".join(dict.fromkeys(options))
            yield from self.wrap(f"{_STATUS[status]}, {text}{reference}: {named}", "      ", "    ")

    # --- around the lists ---

    def questions(self) -> Iterator[str]:
        if self.answer.missing:
            yield from self.heading("What to find out, most decisive first")
            for item in self.answer.missing[:8]:
                mentioned = "" if item.decides_recommended else ", only mentioned"
                yield from self.wrap(f"{item.question} (decides {item.decides}{mentioned})", "  ", "- ")
            if len(self.answer.missing) > 8:
                yield f"  and {len(self.answer.missing) - 8} more"

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
        if self.answer.since:
            yield from self.heading("Newer than this guideline (it never changes the lists)")
            shown = {row.option for row in self.answer.options if row.status == "offered"}
            news = [item for item in self.answer.since if item.option in shown or not item.known_to_source]
            for item in sorted(news, key=lambda item: (not item.known_to_source, item.option)):
                unverified = "" if item.verified else ", unverified"
                yield from self.wrap(f"{item.option}: {item.text} ({item.source}, {item.date}{unverified})", "  ", "- ")
            if len(news) < len(self.answer.since):
                yield f"  and {len(self.answer.since) - len(news)} more on options not offered: --format json"

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
    """Return who says it and where: the source's lines, a ruling of ours, a principle of ours, or something newer."""
    place = str(said.source) if said.source else ""
    if said.kind == "since":
        return f" [newer than the source: {place}]"
    who = {"source": "", "ruling": f"our reading {said.ruling}", "principle": f"our principle {said.ruling}"}[said.kind]
    parts = [part for part in (who, place) if part]
    return f" [{', '.join(parts)}]" if parts else ""


def patient_line(facts: dict[str, Any], pack: Pack) -> str:
    """Return the known facts of a patient in one line."""
    return "; ".join(_said_facts(facts, pack)) or "nothing is known"


def _said_facts(facts: dict[str, Any], pack: Pack) -> Iterator[str]:
    if facts["age"] is not None:
        yield f"{number_in_words(facts['age'])} years"
    if facts["fitness"] is not None:
        yield facts["fitness"]
    elif facts["frail"] is not None:
        yield "frail" if facts["frail"] else "not frail"
    lines = facts["prior_lines"]
    if lines is not None:
        yield f"{number_in_words(lines)} prior line{'' if lines == 1 else 's' if isinstance(lines, int) else '(s)'}"
    names = pack.phrases.name
    received = facts["exposed_to"]
    if received is not None:
        yield "received " + (", ".join(map(names, received)) or "nothing")
    elif facts.get("exposed_to_at_least"):
        yield "received at least " + ", ".join(map(names, facts["exposed_to_at_least"]))
    if facts["regimens_given"]:
        yield "regimens given (in no order): " + ", ".join(facts["regimens_given"])
    elif facts.get("regimens_given_at_least"):
        yield "regimens given at least: " + ", ".join(facts["regimens_given_at_least"])
    if facts["refractory_to"]:
        yield "refractory to " + ", ".join(map(names, facts["refractory_to"]))
    known = {*facts["refractory_to"], *facts["not_refractory_to"]}
    open_ = [agent for agent in received or facts.get("exposed_to_at_least") or () if agent not in known]
    if open_:
        yield "unknown whether refractory to " + ", ".join(map(names, open_))
    yield from _said_rest(facts, pack)


def _said_rest(facts: dict[str, Any], pack: Pack) -> Iterator[str]:
    words = pack.vocabulary.facts
    since = facts["months_lenalidomide_stop_to_progression"]
    if since not in (None, 0):
        yield f"progression {number_in_words(since)} months after lenalidomide"
    months = facts["months_transplant_to_progression"]
    if months is not None:
        yield f"progression {number_in_words(months)} months after transplant"
    for name in ("prior_transplant", "maintenance_after_transplant", "transplant_eligible", "t_11_14", "bcl2_high"):
        if facts[name] is not None and not (name == "prior_transplant" and months is not None):
            yield words[name].says if facts[name] else words[name].denies
    for name, said in (("unavailable_agents", "cannot be obtained"), ("contraindicated_agents", "contraindicated")):
        if facts[name]:
            yield f"{', '.join(map(pack.phrases.name, facts[name]))} {said}"


# --- questions -----------------------------------------------------------------------------------------------------


def render_offered(assessment: Assessment, width: int = 88) -> str:
    """Return what is offered so far, in a line a list."""
    return "\n".join(_Page(assessment.answer(), assessment.pack, width).offered_so_far()) + "\n"


def render_end(assessment: Assessment, learned: Sequence[str], *, asked_all: bool, width: int = 88) -> str:
    """Return why the questions end, and what was learned, as it would stand in a patient file."""
    page = _Page(assessment.answer(), assessment.pack, width)
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
            status = _STATUS[standing_row.status] if standing_row else "its list does not apply"
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
