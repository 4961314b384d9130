"""Answers a kept answer again, and says what changed and which entries did it.

A kept answer holds the facts that it rests on, so the guideline's half is reproducible from it alone: the facts are read
back, today's pack answers, and the two answers are compared part by part. The history's half (records to facts) needs the
patient file again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from myeloguide.errors import InputError, Problem
from myeloguide.guideline.answer import SCHEMA, Answer, OptionAnswer, Reason, plain
from myeloguide.guideline.assess import Assessment, prepare
from myeloguide.guideline.entries import SWITCH, UNTRIED, VOCABULARY, flat
from myeloguide.guideline.loading import read_entries
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.plan import stand
from myeloguide.guideline.prepared import load_pack
from myeloguide.guideline.what_if import WhatIf, by_history_read, hanging
from myeloguide.history.facts import Derived, KnownFacts
from myeloguide.knowledge.reading import Document
from myeloguide.record.fact_sheet import FactSheet, Value, read_facts
from myeloguide.record.patient_file import read_switches
from myeloguide.record.ranges import Range

_WRITE_ONE = "write one by `myeloguide assess FILE --format json`"


# --- from the record back to an answer -----------------------------------------------------------------------------


def read_answer(document: Document) -> Answer:
    """Read a kept answer; what is none, or one of another schema, is refused."""
    data = document.data
    if not isinstance(data, Mapping) or not {"schema", "pack", "facts", "options"} <= set(data):
        document.fail((), "this is no answer of myeloguide", _WRITE_ONE)
    if data["schema"] != SCHEMA:
        document.fail(("schema",), f"this answer has the schema {str(data['schema'])[:40]}", f"this program reads {SCHEMA}")
    try:
        answer = TypeAdapter(Answer).validate_python(data)
        date.fromisoformat(answer.as_of)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:5]
        raise InputError(
            Problem(document.where(tuple(fault["loc"])), f"{_named(fault['loc'])} is not as an answer holds it")
            for fault in found
        ) from None
    except ValueError:
        document.fail(("as_of",), "as_of is no date", "an answer writes it as 2021-03-15")
    if not re.fullmatch(r"[\w.-]{1,80}", answer.pack):
        document.fail(("pack",), "pack is no name of a pack", "an answer writes it as imwg-2021")
    if not answer.entries:
        document.fail((), "this answer does not say which entries of the pack it rests on", _WRITE_ONE)
    return answer


def _named(place: Iterable[str | int]) -> str:
    return ".".join(map(str, place)) or "it"


def pack_of(document: Document) -> Pack:
    """Load the pack that an answer names."""
    name = read_answer(document).pack
    try:
        return load_pack(name)
    except InputError:
        problem = f"the answer was made with the pack {name}, which the program does not ship with"
        raise InputError(Problem(document.where(("pack",)), problem, "give the pack's folder: --pack FOLDER")) from None


def answer_again(document: Document, kept: Answer, pack: Pack) -> Answer:
    """Answer from the facts that a kept answer holds, by a pack of today."""
    switched = read_switches(kept.switched, pack.switches, document.where(("switched",)))
    derived = Derived(proofs=kept.proofs, remarks=kept.remarks)
    known = KnownFacts(facts_of(document, kept, pack), derived, kept.disagreements, kept.assumed_complete)
    try:
        assessment = Assessment(pack, known, date.fromisoformat(kept.as_of), switched, kept.patient)
        return _asked_again(kept, assessment)
    except InputError as error:  # what was answered once contradicted nothing
        remedy = "the record was changed after it was written, or is damaged"
        raise InputError(Problem(document.where(("facts",)), problem.what, remedy) for problem in error.problems) from None


def _asked_again(kept: Answer, assessment: Assessment) -> Answer:
    """Answer, with what else was asked when the record was made: the rulings it hangs on, the plan.

    Whether the answer hangs on a ruling by way of the history cannot be seen without it; what the record says of that stands.
    """
    pack, now = assessment.pack, assessment.answer()
    if kept.hangs_on is not None:
        by_conditions = {item.ruling: item for item in WhatIf(pack, assessment.known.facts, assessment.switched).hangs_on()}
        by_history = {item.ruling: item for item in kept.hangs_on if item.ruling in by_history_read(pack)}
        found = {**by_conditions, **by_history}
        now = replace(now, hangs_on=tuple(found[ruling] for ruling in pack.switches if ruling in found))
    if kept.plan is not None:
        now = replace(now, plan=stand(pack, now, assessment.planes, kept.plan.plan))
    return replace(now, supposed=kept.supposed)


def facts_of(document: Document, kept: Answer, pack: Pack) -> FactSheet:
    """Return the facts of a kept answer; `assess.facts_used` wrote them."""
    written = {**kept.facts, **kept.unrounded}
    values: dict[str, Value] = dict(read_facts(document, ("facts",), written, pack.vocabulary).values)
    for name, value in values.items():
        if isinstance(value, Range) and isinstance(written[name], Mapping):
            values[name] = Range(written[name].get("at_least"), value.most)  # a bound not written is none
    return FactSheet(values)


# --- the two answers compared --------------------------------------------------------------------------------------

Part = Literal[
    "title", "fact", "list", "option", "outside", "nothing offered", "cross-reference", "note", "since", "question", "rulings",
    "proof", "disagreement", "remarks", "notice", "certain", "plan", "hangs on", "grades", "newer guidelines",
]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What stood in a field of the answer, and what stands there now."""

    field: str
    then: Any
    now: Any


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """A part of the answer that differs, the entries that did it, and the facts that did (where they were derived again)."""

    part: Part
    name: str
    how: Literal["changed", "added", "gone"]
    changes: tuple[Change, ...]
    entries: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An entry of the pack that changed, and the parts of this answer that stand on it."""

    entry: str
    how: Literal["changed", "added", "gone"]
    carries: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What an answer was made by."""

    program: str
    pack: str
    pack_version: str
    pack_hash: str

    @classmethod
    def of(cls, answer: Answer) -> Made:
        """Return what made an answer."""
        return cls(answer.program, answer.pack, answer.pack_version, answer.pack_hash)


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """Whether a kept answer is still given, and if not, what changed and by what."""

    same: bool
    says: tuple[str, ...]
    then: Made
    now: Made
    as_of: str
    facts_from: Literal["record", "patient file"]
    differences: tuple[Difference, ...]
    entries: tuple[Entry, ...]
    schema: str = field(default="verification-1")


def verify(document: Document, pack: Pack, today: date, patient: Document | None = None) -> Verification:
    """Answer a kept answer again, from its own facts or from the patient file given again, and compare."""
    kept = read_answer(document)
    now = answer_again(document, kept, pack)
    by_entries = differences(kept, now)
    found = by_entries
    if patient is not None:
        now = _answer_from_file(kept, pack, patient, today)
        found = differences(kept, now)
    causes = _Causes(kept, now, pack)
    told = tuple(_explained(found, by_entries, causes))
    entries = tuple(Entry(name, how, causes.carried(name)) for name, how in causes.changed.items())
    facts_from: Literal["record", "patient file"] = "record" if patient is None else "patient file"
    before, after = Made.of(kept), Made.of(now)
    says = tuple(_verdict(before, after, told, entries, facts_from))
    return Verification(not told, says, before, after, kept.as_of, facts_from, told, entries)


def _answer_from_file(kept: Answer, pack: Pack, patient: Document, today: date) -> Answer:
    """Answer from a patient file as at the time of the record."""
    as_of = date.fromisoformat(kept.as_of)
    known, file, switches = prepare(
        pack, patient, as_of, max(as_of, today), kept.switched, assume_complete=kept.assumed_complete
    )  # fmt: skip
    if file.patient != kept.patient:
        patient.fail(("patient",), "this file is of another patient than the record", "give the file that was answered")
    if file.as_of != as_of:
        patient.fail(("as_of",), "this file has another as_of than the record", "give the file that was answered")
    now = _asked_again(kept, Assessment(pack, known, as_of, switches, file.patient))
    if kept.hangs_on is None:
        return now

    def reread(other: Mapping[str, str]) -> KnownFacts:
        return prepare(pack, patient, as_of, max(as_of, today), {**switches, **other}, assume_complete=kept.assumed_complete)[0]

    return replace(now, hangs_on=hanging(pack, known, switches, reread))


Pair = tuple[Any, Any]


def _pairs(then: Sequence[Any], now: Sequence[Any], *keys: Callable[[Any], Any]) -> list[Pair]:
    """Pair what stood then with what stands now, by the first key that fits; the rest has no partner."""
    left, right = list(then), list(now)
    found: list[Pair] = []
    for key in keys:
        for one in list(left):
            other = next((item for item in right if key(item) == key(one)), None)
            if other is not None:
                left.remove(one)
                right.remove(other)
                found.append((one, other))
    places = {id(item): place for place, item in enumerate(then)}
    stood = sorted([*found, *((one, None) for one in left)], key=lambda pair: places[id(pair[0])])
    return [*stood, *((None, other) for other in right)]


def _compared(part: Part, name: str, head: str, then: Any, now: Any, leave_out: Iterable[str] = ()) -> Iterator[Difference]:
    """Yield what differs between two records of an answer; of one that is new or gone, `head` says enough."""
    if then is None or now is None:
        value = plain(getattr(now if then is None else then, head))
        change = Change(head, None, value) if then is None else Change(head, value, None)
        yield Difference(part, name, "added" if then is None else "gone", (change,))
        return
    pairs = [
        Change(item.name, plain(getattr(then, item.name)), plain(getattr(now, item.name)))
        for item in fields(then)
        if item.name not in leave_out
    ]
    changes = tuple(change for change in pairs if change.then != change.now)
    if changes:
        yield Difference(part, name, "changed", changes)


def _grades_read_otherwise(then: Answer, now: Answer) -> Iterator[Difference]:
    """Yield that grades are read in another way; which grades are printed is said of the options."""
    before = {item.grade: item.means for item in then.grades}
    means = [Change(item.grade, before[item.grade], item.means) for item in now.grades if item.grade in before]
    notes = [Change("grades_note", then.grades_note, now.grades_note)] if means else []
    changes = tuple(change for change in (*means, *notes) if change.then != change.now)
    if changes:
        yield Difference("grades", "", "changed", changes)


def differences(then: Answer, now: Answer) -> list[tuple[Difference, Pair]]:
    """Return what differs between two answers, each with the two records it was found in."""
    found: list[tuple[Difference, Pair]] = []

    def compare(
        part: Part, attribute: str, head: str, name: Callable[[Any], str], *keys: Callable[[Any], Any], leave_out: str = ""
    ) -> None:
        for pair in _pairs(getattr(then, attribute), getattr(now, attribute), *keys):
            one = pair[0] if pair[1] is None else pair[1]
            found.extend((item, pair) for item in _compared(part, name(one), head, *pair, leave_out.split()))

    def compare_whole(part: Part, attribute: str) -> None:
        change = Change(attribute, plain(getattr(then, attribute)), plain(getattr(now, attribute)))
        if change.then != change.now:
            found.append((Difference(part, "", "changed", (change,)), (None, None)))

    compare_whole("title", "title")
    for name in dict.fromkeys([*then.facts, *now.facts]):
        change = Change(name, plain(then.facts.get(name)), plain(now.facts.get(name)))
        if _as_known(change.then) != _as_known(change.now):
            found.append((Difference("fact", name, "changed", (change,)), (None, None)))
    compare("list", "lists", "applies", lambda item: item.list, lambda item: item.list)
    for pair in _pairs(_tiers(then), _tiers(now), lambda item: item.list):
        if None not in pair and _known_to_both(*pair):
            found.append((Difference("list", pair[1].list, "changed", (Change("tiers", *(list(x.tiers) for x in pair)),)), pair))
    compare(
        "option", "options", "status", row_name,
        lambda row: (row.list, row.option, row.tier, row.grade, row.via is None),
        lambda row: (row.list, row.option, row.tier, row.via is None),
        lambda row: (row.list, row.option),
    )  # fmt: skip
    compare_whole("outside", "outside")
    compare("nothing offered", "nothing_offered", "why", lambda item: item.list, lambda item: item.list)
    compare("cross-reference", "cross_references", "text", lambda item: item.list, lambda item: item.list)
    compare("note", "notes", "text", lambda item: item.code, lambda item: (item.code, item.list), lambda item: item.code)
    compare(
        "since", "since", "text", lambda item: item.option,
        lambda item: (item.option, item.text), lambda item: (item.option, item.date, item.source),
    )  # fmt: skip
    compare_whole("newer guidelines", "newer_guidelines")
    compare("question", "missing", "question", lambda item: item.fact, lambda item: item.fact)
    compare_whole("rulings", "rulings")
    compare("disagreement", "disagreements", "text", lambda item: item.fact, lambda item: item.fact)
    compare(
        "proof", "proofs", "text", lambda item: f"{item.fact}.{item.member}".rstrip("."), lambda item: (item.fact, item.member)
    )
    compare("certain", "certain", "text", lambda item: item.option, lambda item: item.option)
    compare_whole("hangs on", "hangs_on")
    compare_whole("plan", "plan")
    compare_whole("remarks", "remarks")
    compare_whole("notice", "notice")
    found.extend((item, (None, None)) for item in _grades_read_otherwise(then, now))
    return found


def _as_known(value: Any) -> Any:
    """Return a fact as it is compared: the order of a list's members means nothing."""
    return sorted(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else value


@dataclass(frozen=True, slots=True, eq=False)
class _Tiers:
    list: str
    tiers: tuple[str, ...]


def _tiers(answer: Answer) -> list[_Tiers]:
    lists = dict.fromkeys(row.list for row in answer.options)
    return [_Tiers(name, tuple(dict.fromkeys(row.tier for row in answer.options if row.list == name))) for name in lists]


def _known_to_both(then: _Tiers, now: _Tiers) -> bool:
    """Whether the tiers that both have stand in another order; a tier that came or went shows in its options."""
    both = set(then.tiers) & set(now.tiers)
    return [tier for tier in then.tiers if tier in both] != [tier for tier in now.tiers if tier in both]


def row_name(row: OptionAnswer) -> str:
    """Return how a row of the answer is named: list, tier and option, and the grade where it has one."""
    return f"{row.list}/{row.tier}/{row.option}" + (f" ({row.grade})" if row.grade else "")


# --- which entries did it ------------------------------------------------------------------------------------------

_CONDITIONS = ("when", "unless", "strong_unless", "is", "applies", "grade_when", "population")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Causes:
    """The entries that changed between two answers, and what of an answer stands on which entry.

    What an entry names is read from today's files. That is enough for entries that were named then and are not now: the
    entry that named them changed itself.
    """

    def __init__(self, then: Answer, now: Answer, pack: Pack) -> None:
        before, after = flat(then.entries), flat(now.entries)
        self.then, self.now = then, now
        self.changed: dict[str, Literal["changed", "added", "gone"]] = {}
        for name in dict.fromkeys([*before, *after]):
            if before.get(name) != after.get(name):
                self.changed[name] = "added" if name not in before else "gone" if name not in after else "changed"
        self.known = {**before, **after}
        self.agents_of = {name: regimen.agents for name, regimen in pack.vocabulary.regimens.items()}
        self.contents: dict[str, Any] = flat(read_entries(pack)) if self.changed else {}

    def names(self, entry: str) -> Iterator[str]:
        """Yield what may be entries that an entry's conditions name."""
        content = self.contents.get(entry)
        for record in content if isinstance(content, list) else ():
            for key in _CONDITIONS:
                for word in _WORD.findall(record.get(key) or "") if isinstance(record, Mapping) else ():
                    yield f"condition:{word}"
                    yield f"ruling:{word}/{SWITCH}"

    def behind(self, roots: Iterable[str]) -> tuple[str, ...]:
        """Return the changed entries among these, those that they name, directly or by others, and the vocabulary."""
        seen: dict[str, None] = {}
        pending = [*roots, *(f"vocabulary:{part}" for part in VOCABULARY)]
        while pending:
            entry = pending.pop()
            if entry in self.known and entry not in seen:
                seen[entry] = None
                pending += self.names(entry)
        return tuple(entry for entry in self.changed if entry in seen)

    # --- what a part of the answer stands on ---

    def of(self, difference: Difference, pair: Pair) -> tuple[str, ...]:
        """Return the changed entries that a difference comes from."""
        records = [record for record in pair if record is not None]
        roots: set[str] = set()
        match difference.part:
            case "option":
                # Of a row that came or went everything may be the cause; else what stands behind the fields that differ.
                for change in difference.changes if difference.how == "changed" else [Change("", None, None)]:
                    roots |= self.of_row(change.field, *pair)
            case "list":
                roots = {f"list:{difference.name}", "pack:lists", "pack:sections"}
            case "note":
                roots = {f"note:{difference.name}", f"silence:{difference.name}", "pack:sections"}
                roots |= {f"list:{record.list}" for record in records if record.list}
            case "cross-reference":
                roots = {f"cross-reference:{difference.name}", "pack:sections"}
            case "outside":
                roots = {name for name in self.known if name.startswith("silence:")}
                roots |= {name for name in self.known if name.startswith("list:") and "/" not in name}
            case "nothing offered":
                roots = {name for name in self.known if name.startswith("silence:")} | {f"list:{difference.name}"}
                for row in (*self.then.options, *self.now.options):
                    roots |= self.of_row("status", row, None) if row.list == difference.name else set()
            case "since":
                roots = self.of_news(difference.name) | {"pack:since.after"}
            case "newer guidelines":
                roots = {"pack:since.guidelines", "pack:since.after"}
            case "question":
                for rows in (self.then.options, self.now.options):
                    for row in rows:
                        roots |= self.of_row("status", row, None) if difference.name in row.needs else set()
            case "certain":
                for row in (*self.then.options, *self.now.options):
                    roots |= self.of_row("status", row, None) if row.option == difference.name else set()
            case "rulings" | "hangs on" | "plan":
                roots = {name for name in self.changed if self.carried(name)}
            case "title" | "notice" as part:
                roots = {f"pack:{part}"}
            case "grades":
                roots = {"pack:grades", "pack:grades_note"}
        return self.behind(roots)

    def of_news(self, option: str) -> set[str]:
        """Return what is newer on an option, and what made an option come or go beside which it is shown."""
        roots = {name for name in self.known if name.startswith("since:") and self.tells_of(name, option)}
        beside = {option, *(name for entry in roots for record in self.contents.get(entry, ()) for name in record["options"])}
        rows = [{row.option: row for row in answer.options} for answer in (self.then, self.now)]
        for name in beside & (rows[0].keys() ^ rows[1].keys()):
            roots |= self.of_row("", *(side[name] for side in rows if name in side))
        return roots

    def tells_of(self, entry: str, option: str) -> bool:
        """Whether a fact since publication is on an option; one that is gone may have been."""
        content = self.contents.get(entry)
        return content is None or any(option in record["options"] for record in content)

    def of_row(self, changed_field: str, *rows: OptionAnswer | None) -> set[str]:
        """Return what a field of a row stands on; of no field in particular, what makes the row and its status."""
        present = [row for row in rows if row is not None]
        roots: set[str] = set()
        for row in present:
            roots |= {f"list:{row.list}/{row.tier}", f"list:{row.list}/{row.tier}/{row.option}"}
            for via in (row.via, *row.also_via) if row.via else ():
                roots |= {f"list:{row.list}/{row.tier}/{UNTRIED}", f"list:{via.list}/{via.tier}/{row.option}"}
        if changed_field in ("grade", "basis", "tier", "via", "also_via", "recommended", "name", "agents"):
            return roots
        if changed_field == "cautions":
            cautions = [tuple((caution.code, plain(caution)) for caution in row.cautions) for row in present]
            return {name for code in _differing(cautions) for name in self.caution_entries(code, present[0].option)} | {
                "pack:sections"
            }
        roots |= {f"list:{row.list}" for row in present} | {"pack:sections", "pack:not_obtainable"}
        reasons = [tuple((reason.code.removesuffix("-open"), plain(reason)) for reason in row.reasons) for row in present]
        codes = _differing(reasons) if changed_field == "reasons" else {code for row in reasons for code, _ in row}
        return roots | {f"against:{code}" for code in codes}

    def caution_entries(self, code: str, option: str) -> Iterator[str]:
        """Yield the entries that a caution on an option can come from."""
        for name in (option, "all", *self.agents_of.get(option, ())):
            yield f"caution:{code}/{name}"
        yield f"since:{code}"

    # --- what of the answer stands on an entry ---

    def carried(self, entry: str) -> tuple[str, ...]:
        """Return the parts of the two answers that stand on a changed entry, or cite it."""
        return tuple(self.carrying.get(entry, ()))

    @cached_property
    def carrying(self) -> dict[str, dict[str, None]]:
        """The parts of the two answers that stand on each changed entry."""
        found: dict[str, dict[str, None]] = {}
        for answer in (self.then, self.now) if self.changed else ():
            for part, roots in self.parts(answer):
                for entry in self.behind(roots):
                    found.setdefault(entry, {})[part] = None
        return found

    def parts(self, answer: Answer) -> Iterator[tuple[str, set[str]]]:
        """Yield each part of an answer with the entries that it shows or cites."""
        for item in answer.lists:
            yield item.list, {f"list:{item.list}"}
        for row in answer.options:
            yield (
                f"{row.list}/{row.tier}/{row.option}",
                self.of_row("", row) | self.of_row("cautions", row) | {f"ruling:{name}" for name in _cited(row)},
            )
        for note in (*answer.notes, *answer.cross_references):
            code = note.code if note.code != "cross-reference" else note.list
            yield f"note {code}", {f"note:{code}", f"silence:{code}", f"cross-reference:{code}", f"ruling:{note.ruling}"}
        for news in answer.since:
            yield (
                f"since {news.option}",
                {name for name in self.contents if name.startswith("since:") and self.tells_of(name, news.option)},
            )
        yield "title", {"pack:title"}
        yield "notice", {"pack:notice"}


def _differing(sides: Sequence[Sequence[tuple[str, Any]]]) -> set[str]:
    """Return the codes of what is not the same on both sides; of one side alone, all."""
    if len(sides) == 1:
        return {code for code, _ in sides[0]}
    one, other = sides
    return {code for code, said in one if (code, said) not in other} | {code for code, said in other if (code, said) not in one}


def _cited(row: OptionAnswer) -> set[str]:
    said: list[Any] = [*row.reasons, *row.cautions]
    rulings = {name for item in said if isinstance(item, Reason) for name in item.rulings}
    return rulings | {item.ruling for item in said if item.ruling}


def _explained(
    found: Sequence[tuple[Difference, Pair]], by_entries: Sequence[tuple[Difference, Pair]], causes: _Causes
) -> Iterator[Difference]:
    """Yield each difference with its causes: entries where the record's own facts show it too, else the facts that changed."""
    of_entries = {(item.part, item.name) for item, _ in by_entries}
    facts = tuple(item.name for item, _ in found if item.part == "fact")
    for item, pair in found:
        if found is by_entries or (item.part, item.name) in of_entries:
            yield replace(item, entries=causes.of(item, pair))
        else:
            yield item if item.part in _HISTORY else replace(item, facts=facts)


def _verdict(then: Made, now: Made, found: Sequence[Difference], entries: Sequence[Entry], facts_from: str) -> Iterator[str]:
    """Say in a few sentences what came out."""
    if found:
        counts = Counter(item.part for item in found)
        yield "The answer differs in " + ", ".join(_counted(part, number) for part, number in counts.items()) + "."
    else:
        yield "The answer is the same."
    if then.pack != now.pack:
        yield f"Another pack answered: {then.pack} then, {now.pack} now."
    if then.program != now.program:
        yield f"The program is another: {then.program} then, {now.program} now."
    of_pack = [item for item in entries if not item.entry.startswith("vocabulary:")]
    if then.pack_hash == now.pack_hash:
        yield "The pack is the same."
        if of_pack:
            yield "The record names other entries than its pack has: it was changed after it was written."
    elif not of_pack:
        yield "The pack's files differ in comments or layout only."
    else:
        touching = sum(bool(item.carries) for item in of_pack)
        number = len(of_pack)
        said = "none of which touches this patient" if not touching else f"{touching} of which this answer stands on"
        yield f"The pack changed in {number} {'entry' if number == 1 else 'entries'}, {said}."
    words = [item.entry.partition(":")[2] for item in entries if item.entry.startswith("vocabulary:")]
    if words:
        yield f"The program's vocabulary changed in its {', '.join(words)}."
    if facts_from == "patient file" and any(item.part == "fact" for item in found):
        yield "The patient file leads to other facts than those of the record."
    open_ = [item for item in found if not item.entries and not item.facts]
    if facts_from == "patient file":
        open_ = [item for item in open_ if item.part not in _HISTORY]
    if not open_:
        return
    if then.program != now.program:
        yield "What no entry accounts for, the program did."
    elif then.pack != now.pack:
        yield "What no entry accounts for, the other pack brings with it."
    elif then.pack_hash == now.pack_hash:
        yield (
            "Program and pack are those that made the record: so the record was changed after it was written, or the program "
            "was changed without a new version."
        )
    else:
        yield (
            "Not every difference comes from an entry that changed: the record was changed after it was written, or the "
            "program was changed without a new version."
        )


_HISTORY = ("fact", "proof", "disagreement", "remarks")
"""Parts that come from the history's half."""


_PARTS: dict[Part, tuple[str, str]] = {
    "nothing offered": ("list that offers nothing", "lists that offer nothing"),
    "since": ("fact since publication", "facts since publication"),
    "certain": ("statement of what is certain", "statements of what is certain"),
}
_WHOLE: tuple[Part, ...] = ("title", "grades", "outside", "rulings", "remarks", "notice", "plan", "hangs on", "newer guidelines")


def _counted(part: Part, number: int) -> str:
    """Say how many differences of a part there are; of a part that is one whole, its name says enough."""
    if part in _WHOLE:
        return "the rulings it hangs on" if part == "hangs on" else f"the {part}"
    one, several = _PARTS.get(part, (part, f"{part}s"))
    return f"{number} {one if number == 1 else several}"
