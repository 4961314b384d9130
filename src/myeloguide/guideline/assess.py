"""From known facts to the answer: one walk, then every option of every list that applies or may apply."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from myeloguide import __version__
from myeloguide.criteria.prose import Explained, explain
from myeloguide.criteria.walk import open_keys, walk
from myeloguide.errors import InputError, Problem
from myeloguide.guideline.answer import (
    Answer,
    CautionShown,
    Certain,
    GradeRead,
    GuidelineShown,
    ListAnswer,
    Missing,
    NearOption,
    NoteShown,
    NothingOffered,
    OptionAnswer,
    Reason,
    SinceShown,
    Status,
)
from myeloguide.guideline.answer import Criterion as CriterionShown
from myeloguide.guideline.pack import Condition, Criterion, Gap, OptionList, Pack, Remark, Row, came_after, pack_planes
from myeloguide.guideline.questions import DEPENDENTS, Name, Questions, name_of
from myeloguide.history.closure import ANY_LINE, LATER_LINE, Planes, close, planes_of
from myeloguide.history.definitions import Definitions
from myeloguide.history.facts import KnownFacts, known_facts, refuse_contradictions
from myeloguide.knowledge.reading import Document
from myeloguide.record.fact_sheet import FactSheet, Members, read_changes, with_fact
from myeloguide.record.patient_file import PatientFile, read_patient, read_switches
from myeloguide.record.ranges import Range


def definitions_of(pack: Pack, switched: Mapping[str, str]) -> Definitions:
    """Return the definitions that history is read by under these switches of rulings."""
    chosen: dict[str, Any] = {}
    for ruling in pack.rulings.values():
        if ruling.switch is not None:
            other = switched.get(ruling.ruling) == ruling.switch.other.value
            chosen |= (ruling.switch.other if other else ruling.switch.default).sets
    return Definitions(**chosen)


def prepare(
    pack: Pack,
    document: Document,
    as_of: date | None,
    today: date,
    switched: Mapping[str, str] | None = None,
    *,
    assume_complete: bool = False,
    what_if: Iterable[str] = (),
) -> tuple[KnownFacts, PatientFile, dict[str, str]]:
    """Read a patient file and derive what is known; return also the file and the switches of rulings in force.

    `as_of` stands where the file gives no date; `switched` wins over the switches of the file; a fact changed by
    `what_if` (`fact=value`) wins over the same fact given or derived.
    """
    patient = read_patient(document, pack.vocabulary, as_of, today)
    switches = read_switches(patient.rulings, pack.switches, document.where(("rulings",)))
    switches |= read_switches(switched or {}, pack.switches, "--ruling")
    return known_of(pack, patient, switches, assume_complete=assume_complete, what_if=what_if), patient, switches


def known_of(
    pack: Pack,
    patient: PatientFile,
    switches: Mapping[str, str],
    *,
    assume_complete: bool = False,
    what_if: Iterable[str] = (),
) -> KnownFacts:
    """Derive what is known of a patient whose file was read, under these switches of rulings."""
    changes = read_changes(what_if, "--what-if")
    given = patient.facts
    for name, value in changes:
        given = with_fact(given, name, value, pack.vocabulary, "--what-if")
    changed = replace(patient, facts=given)
    if changes:
        refuse_contradictions(patient, pack.vocabulary)
        refuse_contradictions(changed, pack.vocabulary, "--what-if")
    known = known_facts(changed, pack.vocabulary, definitions_of(pack, switches), assume_complete=assume_complete)
    if changes:
        recorded = known_facts(patient, pack.vocabulary, definitions_of(pack, switches), assume_complete=assume_complete)
        known = _supposed(known, changes, given, pack)
        told = {name.partition(".")[0] for name, _ in changes} | {item.fact for item in known.disagreements}
        dropped = list(_dropped(recorded.facts, known.facts, told, pack))
        if dropped:
            remark = f"with what is supposed, this is no longer known from the history: {'; '.join(dropped)}"
            known = replace(known, derived=replace(known.derived, remarks=(*known.derived.remarks, remark)))
    return known


def _supposed(known: KnownFacts, changes: Iterable[tuple[str, Any]], given: FactSheet, pack: Pack) -> KnownFacts:
    """Return what is known where some facts are only supposed: they disagree with nobody, and no proof of theirs stands."""
    names = {name for name, _ in changes}
    facts = {name.partition(".")[0] for name in names}
    sheet = known.facts
    for name, value in changes:
        if value is None:
            sheet = _made_unknown(sheet, name, given, pack)
    proofs = tuple(item for item in known.derived.proofs if written((item.fact, item.member)) not in names)
    disagreements = tuple(item for item in known.disagreements if item.fact not in facts)
    return replace(known, facts=sheet, derived=replace(known.derived, proofs=proofs), disagreements=disagreements)


def _dropped(before: FactSheet, after: FactSheet, told: Container[str], pack: Pack) -> Iterator[str]:
    """Yield what is known in one sheet and not in another, but for facts of which that is told elsewhere."""
    phrases = pack.phrases
    for name, value in before.values.items():
        now = after.values.get(name)
        if name in told or now == value:
            continue
        if isinstance(value, Members):
            kept = after.members(name)
            known = [*((member, True) for member in sorted(value.yes)), *((member, False) for member in sorted(value.no))]
            yield from (phrases.fact(name, member, true=yes) for member, yes in known if kept.has(member) is not yes)
            if value.complete and not kept.complete:
                yield f"that {name} is complete"
        elif not isinstance(value, Range):
            yield phrases.fact(name, value if isinstance(value, str) else "", true=value is not False)
        elif value.within(after.number(name)) != after.number(name):
            yield phrases.number(name, str(value))


def _made_unknown(sheet: FactSheet, name: str, given: FactSheet, pack: Pack) -> FactSheet:
    """Return a sheet without one fact, and without the derived facts that would leave it only one value."""
    sheet = with_fact(sheet, name, None, pack.vocabulary, "--what-if")
    if pack.vocabulary.facts[name.partition(".")[0]].is_number:
        return sheet
    derived = [key for key in sheet.values if key not in given.values and key != name.partition(".")[0]]
    kept = replace(sheet, values={key: value for key, value in sheet.values.items() if key not in derived})
    most = _choices(kept, name, pack)
    for key in derived:
        with_it = replace(kept, values={**kept.values, key: sheet.values[key]})
        if _choices(with_it, name, pack) == most:
            kept = with_it
    return kept


def _choices(sheet: FactSheet, name: str, pack: Pack) -> int:
    """Return how many values of a yes-or-no fact go with a sheet."""
    possible = 0
    for value in (True, False) if pack.vocabulary.facts[name.partition(".")[0]].kind != "category" else ():
        trial = with_fact(sheet, name, value, pack.vocabulary, "--what-if")
        possible += not close(planes_of(trial, pack.vocabulary, ()), pack.vocabulary)
    return possible


def assess_document(
    pack: Pack,
    document: Document,
    today: date,
    switched: Mapping[str, str] | None = None,
    *,
    assume_complete: bool = False,
) -> Answer:
    """Answer for a patient file."""
    known, patient, switches = prepare(pack, document, None, today, switched, assume_complete=assume_complete)
    return assess(pack, known, patient.as_of, switches, patient.patient)


def assess(
    pack: Pack,
    known: KnownFacts | FactSheet,
    as_of: date,
    switched: Mapping[str, str] | None = None,
    patient: str | None = None,
) -> Answer:
    """Answer for known facts."""
    return Assessment(pack, known, as_of, switched, patient).answer()


def own_planes(pack: Pack, switched: Mapping[str, str], sheet: FactSheet) -> Planes:
    """Return what a pack itself decides for one patient; an agent outside a formulary may be obtained all the same."""
    obtained = sheet.members("unavailable_agents").no
    return {key: planes for key, planes in pack_planes(pack, switched, 1, 0).items() if key[1] not in obtained}


def status_of(row: Row, true: Sequence[int], false: Sequence[int], world: int = 1) -> Status:
    """Return the first status of a row that holds in a world, one bit of the walk's planes; its list applies or may apply."""
    if true[row.held_back.place] & world:
        return "held_back"
    if true[row.against.place] & world:
        return "advised_against"
    if false[row.condition.place] & world:
        return "condition_not_met"
    return "offered" if true[row.offered.place] & world else "depends"


class Assessment:
    """One patient against one pack: the walk's values, read row by row."""

    def __init__(
        self,
        pack: Pack,
        known: KnownFacts | FactSheet,
        as_of: date,
        switched: Mapping[str, str] | None = None,
        patient: str | None = None,
    ) -> None:
        self.pack = pack
        self.known = KnownFacts(known) if isinstance(known, FactSheet) else known
        self.as_of = as_of
        self.switched = dict(switched or {})
        self.patient = patient
        wanted = (key for key in (*pack.program.keys, *pack.populations.keys) if not isinstance(key[1], str))
        self.planes = planes_of(self.known.facts, pack.vocabulary, wanted)
        self.planes |= own_planes(pack, self.switched, self.known.facts)
        conflicts = close(self.planes, pack.vocabulary)
        if conflicts:
            texts = dict.fromkeys(conflict.text() for conflict in conflicts)
            raise InputError(Problem("facts", text, "correct one of the two") for text in texts)
        self.true, self.false = walk(pack.program, self.planes.__getitem__, 0, 1)
        self.populations = walk(pack.populations, self.planes.__getitem__, 0, 1)
        self.news = [(news, later) for news in pack.news if (later := came_after(news.happened, as_of)) is not True]
        self.harm = [(news, later) for news, later in self.news if news.harm]
        self.touched: set[str] = set()
        self.decided_by: list[tuple[tuple[str, ...], bool]] = []
        self.questions = Questions(pack, self.planes)

    def value(self, condition: Condition) -> bool | None:
        """Return what the walk says of a condition."""
        place = condition.place
        return True if self.true[place] else False if self.false[place] else None

    # --- the answer ---

    def answer(self) -> Answer:
        pack = self.pack
        applying = [(item, self.value(item.applies)) for item in pack.lists]
        options = tuple(row for item, applies in applying if applies is not False for row in self.rows(item, applies))
        outside = None
        if all(applies is False for _, applies in applying):
            outside = next((self.tell(gap.said).text for gap in self.gaps() if gap.outside), "No list of the source applies.")
        grades = self.grades(options)
        notes = tuple(self.notes({item.id for item, applies in applying if applies}))
        pointers = tuple(self.pointers())
        nothing = tuple(self.nothing_offered(applying, options))
        missing = self.missing()
        return Answer(
            program=__version__,
            pack=pack.header.pack,
            pack_version=pack.header.version,
            pack_hash=pack.hash,
            patient=self.patient,
            as_of=self.as_of.isoformat(),
            facts=facts_used(self.planes, self.known.facts, pack),
            lists=tuple(self.list_answer(item, applies) for item, applies in applying),
            options=options,
            outside=outside,
            nothing_offered=nothing,
            cross_references=pointers,
            notes=notes,
            since=tuple(self.since(options)),
            missing=missing,
            rulings=self.rulings_touched(),
            title=pack.header.title,
            can_change=bool(missing),
            switched=self.switched,
            disagreements=self.known.disagreements,
            proofs=self.known.derived.proofs,
            assumed_complete=self.known.assume_complete,
            remarks=self.known.derived.remarks,
            notice=pack.header.notice,
            grades=grades,
            grades_note=pack.header.grades_note if grades else "",
            not_obtainable=pack.header.not_obtainable,
            certain=tuple(self.certain(applying, options)),
            unrounded=unrounded(self.known.facts),
            newer_guidelines=tuple(self.newer_guidelines()),
            entries=pack.entries,
        )

    def tell(self, said: Reason) -> Reason:
        """Note the rulings behind something that is shown."""
        self.touched.update(said.rulings)
        return said

    def rulings_touched(self) -> tuple[str, ...]:
        self.touched.update(proof.rule for proof in self.known.derived.proofs)
        self.touched.update(self.switched)
        return tuple(name for name in self.pack.rulings if name in self.touched)

    def list_answer(self, item: OptionList, applies: bool | None) -> ListAnswer:
        return ListAnswer(item.id, applies, item.title, item.why, item.advice if applies else None, item.source)

    # --- rows ---

    def rows(self, item: OptionList, applies: bool | None) -> Iterator[OptionAnswer]:
        self.touched.update(item.rulings)
        for row in item.rows:
            yield self.option(item, row)

    def option(self, item: OptionList, row: Row) -> OptionAnswer:
        status = status_of(row, self.true, self.false)
        needs: tuple[str, ...] = ()
        if status == "depends":
            needs = tuple(map(written, self.questions.deciding(row.offered.place)))
            self.decided_by.append((needs, row.recommends))
        self.touched.update(row.rulings)
        return OptionAnswer(
            option=row.option,
            list=row.list,
            tier=row.tier,
            grade=self.grade(row),
            via=row.via[0] if row.via else None,
            status=status,
            needs=needs,
            reasons=tuple(self.reasons(item, row, status)),
            cautions=(*self.cautions(row), *self.later_harm(row.option)),
            name=row.name,
            agents=row.agents,
            basis=row.basis,
            recommended=row.recommends,
            also_via=row.via[1:],
        )

    def grade(self, row: Row) -> str | None:
        return row.grade if row.grade_when is None or self.value(row.grade_when) else None

    def reasons(self, item: OptionList, row: Row, status: Status) -> Iterator[Reason]:
        """Yield what decides the status."""
        if status == "offered":
            yield row.listed
            for block in row.met:
                if self.value(block.condition):
                    yield from map(self.tell, block.said)
        elif status in ("held_back", "advised_against"):
            blocks = row.held_reasons if status == "held_back" else row.against_reasons
            for block in blocks:
                if self.value(block.condition):
                    for said in block.said:
                        yield self.tell(said)
        elif status == "condition_not_met":
            for block in row.unmet:
                if self.value(block.condition) is False:
                    yield from map(self.tell, block.said)
        else:
            yield from self.open_reasons(item, row)

    def open_reasons(self, item: OptionList, row: Row) -> Iterator[Reason]:
        """Yield what is open: the list, the condition, or something that may stand against the option."""
        if self.value(item.applies) is None:
            yield Reason("list-open", f"whether this list applies is open: {item.why}", "source", None, item.source)
        if self.value(row.condition) is None:
            text = f"open: {self.pack.said(row.condition)}"
            yield replace(row.listed, code="condition-open", text=text, rulings=row.rulings)
        for block in (*row.held_reasons, *row.against_reasons):
            if self.value(block.condition) is None:
                said = self.tell(block.said[0])
                yield replace(said, code=f"{said.code}-open", text=f"open: {self.pack.said(block.condition)}")

    def cautions(self, row: Row) -> Iterator[CautionShown]:
        for remark in row.cautions:
            holds = self.shown(remark)
            if holds is not False:
                strong = remark.strong_unless is not None and not self.value(remark.strong_unless)
                self.tell(remark.said)
                yield remark.caution(holds, strong=strong)

    def shown(self, remark: Remark) -> bool | None:
        """Whether a remark is to be shown; one with `unless` is shown unless its condition is known to be true."""
        if remark.condition is None:
            return True
        value = self.value(remark.condition)
        return not value if remark.shown_unless else value

    # --- around the rows ---

    def grades(self, options: Sequence[OptionAnswer]) -> tuple[GradeRead, ...]:
        """Return how the grades of the options shown are read."""
        printed = {option.grade for option in options}
        header = self.pack.header
        found = tuple(GradeRead(item.grade, item.means) for item in header.grades if item.grade in printed)
        if found and header.grades_ruling is not None:
            self.touched.add(header.grades_ruling)
        return found

    def gaps(self) -> Iterator[Gap]:
        for gap in self.pack.silences:
            if gap.condition is not None and self.value(gap.condition):
                yield gap

    def notes(self, applying: set[str]) -> Iterator[NoteShown]:
        for note in self.pack.notes:
            lists = [name for name in note.lists if name in applying]
            if (lists or not note.lists) and self.shown(note.remark):
                yield shown_note(self.tell(note.remark.said), lists[0] if lists else None)
        for gap in self.gaps():
            if not gap.lists and not gap.outside:
                yield shown_note(self.tell(gap.said), None)

    def pointers(self) -> Iterator[NoteShown]:
        for pointer in self.pack.pointers:
            if self.value(pointer.condition):
                yield shown_note(self.tell(pointer.said), pointer.list)

    def nothing_offered(
        self, applying: Iterable[tuple[OptionList, bool | None]], options: Sequence[OptionAnswer]
    ) -> Iterator[NothingOffered]:
        """Yield each list that applies and offers nothing that it recommends, now or after more is known."""
        for item, applies in applying:
            rows = [row for row in options if row.list == item.id and row.recommended]
            if not applies or any(row.status in ("offered", "depends") for row in rows):
                continue
            gap = self.silence_of(item.id)
            said = self.tell(gap.said) if gap else Reason("", "No option of this list can be offered.", "ruling", None, None)
            fewest = min((len(row.reasons) for row in rows), default=0)
            near = [
                NearOption(row.option, row.tier, row.status, tuple(reason.text for reason in row.reasons))
                for row in rows
                if len(row.reasons) == fewest
            ]
            yield NothingOffered(item.id, said.text, said.code or None, said.source, tuple(near))

    def silence_of(self, name: str) -> Gap | None:
        for gap in self.pack.silences:
            if name in gap.lists and (gap.condition is None or self.value(gap.condition)):
                return gap
        return None

    def since(self, options: Sequence[OptionAnswer]) -> Iterator[SinceShown]:
        """Yield what is newer than the source on the options shown, and on those that it does not know, or not so early."""
        present = {row.option for row in options}
        for news, later in self.news if options else ():
            about = next((option for option in news.shown if option in present or news.stands_alone), None)
            if about is not None:
                criteria = tuple(self.criterion(item) for item in news.criteria)
                against = tuple(on_agents(self.pack, self.planes, news.shown[about].agents))
                yield news.matched(about, about in present, criteria, against, later is None)

    def criterion(self, item: Criterion) -> CriterionShown:
        """Return a criterion of a population as it stands for this patient."""
        place = item.condition.place
        true, false = self.populations
        if true[place] or false[place]:
            return item.shown[bool(true[place])]
        open_ = open_keys(self.pack.populations.part(place), self.planes.__getitem__)
        return item.open(tuple(dict.fromkeys(written(name_of(key, self.pack.vocabulary)) for key in open_)))

    def newer_guidelines(self) -> Iterator[GuidelineShown]:
        for item, published in self.pack.newer_guidelines:
            if came_after(published, self.as_of) is not True:
                yield GuidelineShown(item.name, item.citation, item.date, item.note)

    def later_harm(self, option: str) -> Iterator[CautionShown]:
        """Yield later harm and withdrawals, which stand among an option's own cautions (C9)."""
        for news, later in self.harm:
            if option in news.shown:
                self.touched.add(self.pack.newer.ruling)
                yield news.harm[later is None]

    def missing(self) -> tuple[Missing, ...]:
        return self.ranked(self.decided_by)

    def still_to_ask(self, not_known: frozenset[Name]) -> tuple[Missing, ...]:
        """Return the questions, most decisive first, that can still make a row offered when some have no answer."""
        questions = Questions(self.pack, self.planes, not_known)
        waiting = [
            row
            for item in self.pack.lists
            if self.value(item.applies) is not False
            for row in item.rows
            if status_of(row, self.true, self.false) == "depends"
        ]
        return self.ranked((map(written, questions.deciding(row.offered.place)), row.recommends) for row in waiting)

    def ranked(self, decided: Iterable[tuple[Iterable[str], bool]]) -> tuple[Missing, ...]:
        """Return the unknown facts that decide rows: by how many they decide, those recommended first, then as the rows stand."""
        decided_by: dict[str, list[bool]] = {}
        order = {fact: place for place, fact in enumerate(self.pack.vocabulary.facts)}
        for names, recommends in decided:
            for name in sorted(names, key=lambda name: (order[name.partition(".")[0]], name)):
                decided_by.setdefault(name, []).append(recommends)
        so_far = {written((proof.fact, proof.member)): proof.text for proof in self.known.derived.proofs if proof.value is None}
        found = [Missing(name, len(rows), self.question(name), sum(rows), so_far.get(name)) for name, rows in decided_by.items()]
        return tuple(sorted(found, key=lambda item: (-item.decides_recommended, -item.decides, item.fact in DEPENDENTS)))

    def question(self, name: str) -> str:
        fact, _, member = name.partition(".")
        return self.pack.vocabulary.facts[fact].asks.format(member=self.pack.phrases.name(member))

    def certain(self, applying: Iterable[tuple[OptionList, bool | None]], options: Sequence[OptionAnswer]) -> Iterator[Certain]:
        """Yield what is certain although something is open: what is offered in every completion, or in none though open."""
        if all(shown.status != "depends" for shown in options):
            return
        rows = [row for item, applies in applying if applies is not False for row in item.rows]
        standing: dict[str, list[tuple[Row, OptionAnswer]]] = {}
        for row, shown in zip(rows, options, strict=True):
            if row.recommends:
                standing.setdefault(row.option, []).append((row, shown))
        list_applies = {item.id: item.applies.place for item in self.pack.lists}
        for option, found in standing.items():
            waiting = [(row, shown) for row, shown in found if shown.status == "depends"]
            certain: bool | None = None
            if any(shown.status == "offered" for _, shown in found):
                certain = True
            elif waiting and (
                not any(shown.needs for _, shown in waiting)
                or self.questions.certain(tuple(dict.fromkeys(list_applies[row.list] for row, _ in waiting)))
            ):
                certain = self.questions.certain(tuple(row.offered.place for row, _ in waiting))
            if certain is not None:
                yield Certain(option, certain, f"{option} is offered in {'every' if certain else 'no'} case")

    # --- why ---

    def explain(self, condition: Condition) -> Explained:
        """Return the tree of a condition with its values."""

        def value_of(place: int) -> bool | None:
            return True if self.true[place] else False if self.false[place] else None

        return explain(condition.node, self.pack.program, value_of, self.pack.phrases)


def on_agents(pack: Pack, planes: Planes, agents: Iterable[str]) -> Iterator[str]:
    """Yield what stands against agents in a patient, or may."""
    for agent in agents:
        for fact in ("refractory_to", "unavailable_agents", "contraindicated_agents"):
            if planes[fact, agent][0]:
                yield pack.phrases.fact(fact, agent, true=True)
        if planes["exposed_to", agent][0] and planes["refractory_to", agent] == (0, 0):
            yield f"unknown whether {pack.phrases.fact('refractory_to', agent, true=True)}"


def written(name: Name) -> str:
    """Return the name of an unknown fact as it is written: `fact` or `fact.member`."""
    fact, member = name
    return f"{fact}.{member}" if member else fact


def shown_note(said: Reason, in_list: str | None) -> NoteShown:
    """Return something said as a note of the answer."""
    return NoteShown(said.code, in_list, said.text, said.kind, said.ruling, said.source)


def facts_used(planes: Planes, sheet: FactSheet, pack: Pack) -> dict[str, Any]:
    """Return the facts that the answer rests on, with what follows from them; unknown ones are None.

    A list that is not known to be complete is None; what is known of it stands under `<fact>_at_least` and, as far as
    it was given, under its complement.
    """
    used: dict[str, Any] = {}
    for name, fact in pack.vocabulary.facts.items():
        if fact.none_unless_named:  # as given: what the pack itself gives to nobody is no fact of the patient
            named = sheet.members(name).yes
            used[name] = [member for member in pack.vocabulary.members(fact) if member in named]
        elif fact.is_set:
            known = [(member, planes[name, member]) for member in pack.vocabulary.members(fact)]
            yes = [member for member, (true, _) in known if true]
            no = [member for member, (_, false) in known if false]
            given_no = sheet.members(name).no
            denied = [member for member in no if member in given_no] if given_no else []
            complete = len(yes) + len(no) == len(known)
            if fact.at_least is not None:
                used[name] = yes if complete else None
                if yes and not complete:
                    used[fact.at_least] = yes
                if fact.complement and denied and not complete:
                    used[fact.complement] = denied
            else:
                used[name] = yes
                used[fact.complement or f"not_{name}"] = no
        elif fact.is_number:
            used[name] = _number_used(_narrowed(name, sheet.number(name), planes))
        elif fact.kind == "category":
            used[name] = next((value for value in fact.values if planes[name, value][0]), None)
        else:
            true, false = planes[name, ""]
            used[name] = True if true else False if false else None
    return used


def _narrowed(name: str, number: Range, planes: Planes) -> Range:
    if name != "prior_lines" or number.exact is not None:
        return number
    least = 2.0 if planes[LATER_LINE][0] else 1.0 if planes[ANY_LINE][0] else None
    return number.within(Range(least, None)) or number


def _number_used(number: Range) -> Any:
    if number.exact is not None:
        return _plain_number(number.exact)
    if number == Range():
        return None
    bounds = {"at_least": number.least, "at_most": number.most}
    return {key: _plain_number(bound) for key, bound in bounds.items() if bound is not None}


def unrounded(sheet: FactSheet) -> dict[str, Any]:
    """Return the numbers that `facts_used` rounds, in full."""
    numbers = {name: value for name, value in sheet.values.items() if isinstance(value, Range)}
    return {
        name: {key: bound for key, bound in (("at_least", number.least), ("at_most", number.most)) if bound is not None}
        for name, number in numbers.items()
        if any(bound is not None and bound != _plain_number(bound) for bound in (number.least, number.most))
    }


def _plain_number(number: float) -> float:
    return int(number) if number == int(number) else round(number, 4)
