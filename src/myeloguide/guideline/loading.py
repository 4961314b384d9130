"""Reads a pack from its folder; every fault is an error with file, line and remedy."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel

from myeloguide.criteria.nodes import All, Constant, Node, Not, children
from myeloguide.criteria.nodes import Any as AnyOf
from myeloguide.criteria.prose import say
from myeloguide.criteria.syntax import ConditionError, Definition, FactType, Scope, constant_parts, expand, parse
from myeloguide.criteria.walk import compile_conditions
from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.guideline import declared
from myeloguide.guideline import pack_files as files
from myeloguide.guideline.answer import Place as SourcePlace
from myeloguide.guideline.answer import Reason, Via
from myeloguide.guideline.entries import Entries, entries_of, hashes
from myeloguide.guideline.overlay import document_of, layers, pack_files
from myeloguide.guideline.pack import (
    Block,
    Condition,
    Criterion,
    Gap,
    ListNote,
    News,
    OptionList,
    Pack,
    Pointer,
    Remark,
    Row,
    happened_on,
)
from myeloguide.guideline.phrases import Phrasebook
from myeloguide.knowledge.reading import Document, Place, check, refuse_twins
from myeloguide.knowledge.source import Source
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.time import When

FileModel = TypeVar("FileModel", bound=BaseModel)


def read_pack(folder: Path, words: Vocabulary) -> Pack:
    """Read a pack from its folder; every fault is an error with file, line and remedy."""
    return _Builder(folder, words).build()


def parts_without_effect(pack: Pack) -> Iterator[tuple[str, str]]:
    """Yield what stands in a condition and is the same for everything that the condition stands on, with where it stands."""
    builder = _Builder(pack.folder, pack.vocabulary)
    builder.build()
    for (_, place), (document, text, bound) in builder.bound.items():
        written: Any = document.data
        for step in place[:2]:
            written = written[step]
        coded = isinstance(written, Mapping) and "code" in written
        where = f"{written['code']} ({int(place[1]) + 1})" if coded else " ".join(map(str, place))
        for part in constant_parts(text, builder.scope, [dict(names) for names in bound]):
            yield f"{Path(document.name).name} {where}", part


def scope_of(words: Vocabulary, rulings: Mapping[str, declared.Ruling], named: Iterable[declared.NamedCondition]) -> Scope:
    """Return what the conditions of a pack may name."""
    facts: dict[str, FactType] = {}
    for name, fact in words.facts.items():
        kind = "set" if fact.is_set else fact.kind
        facts[name] = FactType(kind, words.members(fact) if fact.is_set else fact.values)  # type: ignore[arg-type]
    for name, ruling in rulings.items():
        if ruling.switch is not None:
            facts[name] = FactType("category", (ruling.switch.default.value, ruling.switch.other.value))

    def agents_of(option: str) -> tuple[str, ...] | None:
        regimen = words.regimens.get(option)
        return regimen.agents if regimen else None

    definitions = {item.name: Definition(item.text, item.parameters) for item in named}
    return Scope(facts, words.class_members, {"agents_of": agents_of}, definitions)


def read_errata(pack: Pack) -> tuple[files.Erratum, ...]:
    """Read the errors and contradictions of a pack's source; an answer does not need them."""
    document = document_of(layers(pack.folder), "errata.yaml")
    found = check(document, files.ErratumFile).errata
    refuse_twins(document, ("errata",), "erratum", "erratum")
    refuse_lines(document, pack.header.source_lines)
    return found


def read_against(pack: Pack) -> files.AgainstFile:
    """Read what stands against options, as it is written."""
    return _read_again(pack, "against.yaml", files.AgainstFile)[1]


def read_cautions(pack: Pack) -> tuple[files.Caution, ...]:
    """Read the cautions and remarks, as they are written."""
    return _read_again(pack, "cautions.yaml", files.CautionFile)[1].cautions


def read_audit(pack: Pack) -> files.AuditFile:
    """Read what the audit holds a pack to; an answer does not need it."""
    document, found = _read_again(pack, "audit.yaml", files.AuditFile)
    refuse_twins(document, ("accepted",), "finding", "finding")
    numbers = [name for name, fact in pack.vocabulary.facts.items() if fact.is_number]
    for position, item in enumerate(found.boundaries):
        if item.fact not in numbers:
            document.fail(("boundaries", position, "fact"), f"there is no number {item.fact}", suggestion(item.fact, numbers))
    for position, reading in enumerate(found.readings):
        if reading.ruling not in pack.switches:
            remedy = suggestion(reading.ruling, pack.switches)
            document.fail(("readings", position, "ruling"), f"{reading.ruling} has no switch", remedy)
    return found


def _read_again(pack: Pack, name: str, model: type[FileModel]) -> tuple[Document, FileModel]:
    document = document_of(layers(pack.folder), name)
    grades = tuple(meaning.grade for meaning in pack.header.grades)
    return document, check(document, model, declared.Names(pack.vocabulary, pack.header.lists, grades, tuple(pack.rulings)))


def pack_hash(folder: Path) -> str:
    """Return the SHA-256 over the names and contents of a pack's files."""
    digest = hashlib.sha256()
    for name, path in pack_files(layers(folder)):
        digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return f"sha256:{digest.hexdigest()}"


def read_entries(pack: Pack) -> Entries:
    """Read the entries of a pack from its files again; an answer needs their hashes only."""
    documents = {name: document_of(layers(pack.folder), name) for name in _read_for_answers(pack.header)}
    return _entries(pack.folder, documents, pack.vocabulary)


def _read_for_answers(header: declared.Header) -> Iterator[str]:
    yield from (f"{name}.yaml" for name in ("pack", "conditions", "against", "cautions", "notes", "silences", "rulings", "since"))
    yield from (f"lists/{name}.yaml" for name in header.lists)


def _entries(folder: Path, documents: Mapping[str, Document], words: Vocabulary) -> Entries:
    others = {name: path.read_bytes() for name, path in pack_files(layers(folder)) if name not in documents}
    return entries_of({name: document.data for name, document in documents.items()}, others, words)


_KINDS = {"rulings": "ruling", "conditions": "condition", "since": "id", "silences": "silence"}
"""Files whose records have a name of their own, with the key that holds it."""


class _Builder:
    def __init__(self, folder: Path, words: Vocabulary) -> None:
        self.folder = folder
        self.folders = layers(folder)
        self.words = words
        self.documents: dict[str, Document] = {}
        self.names = declared.Names(words)
        self.conditions: list[Condition] = []
        self.held: dict[str, tuple[Node, tuple[Block, ...]]] = {}
        self.remarks: dict[tuple[Place, tuple[str, ...]], Remark | None] = {}
        self.read_conditions: dict[tuple[str, tuple[tuple[str, str], ...]], Node] = {}
        self.bound: dict[tuple[str, Place], tuple[Document, str, set[tuple[tuple[str, str], ...]]]] = {}
        """Where each condition stands, its text, and everything that its names were bound to."""

    def document(self, name: str) -> Document:
        if name not in self.documents:
            self.documents[name] = document_of(self.folders, name)
        return self.documents[name]

    def file(self, name: str, model: type[FileModel]) -> FileModel:
        return check(self.document(name), model, self.names)

    def build(self) -> Pack:
        header = self.file("pack.yaml", declared.Header)
        self.sections = header.sections
        self.refuse_strangers(header)
        refuse_twins(self.document("pack.yaml"), ("lists",), "list", "list")
        refuse_twins(self.document("pack.yaml"), ("grades",), "grade", "grade")
        grades = tuple(meaning.grade for meaning in header.grades)
        self.names = declared.Names(self.words, header.lists, grades)
        rulings = {item.ruling: item for item in self.file("rulings.yaml", files.RulingFile).rulings}
        self.names = declared.Names(self.words, header.lists, grades, tuple(rulings))
        if header.grades_ruling is not None and header.grades_ruling not in rulings:
            what = f"there is no ruling {header.grades_ruling}"
            self.document("pack.yaml").fail(("grades_ruling",), what, suggestion(header.grades_ruling, rulings))
        conditions = self.file("conditions.yaml", files.ConditionFile).conditions
        newer = self.file("since.yaml", declared.SinceFile)
        for name, kind in _KINDS.items():
            refuse_twins(self.document(f"{name}.yaml"), (name,), kind, kind)
        named = (*conditions, *newer.conditions)
        self.scope = scope_of(self.words, rulings, named)
        self.phrases = Phrasebook(self.words, rulings, named)
        self.check_named("conditions.yaml", conditions)
        self.check_named("since.yaml", newer.conditions, {item.name for item in conditions})
        self.against = self.file("against.yaml", files.AgainstFile)
        self.cautions = self.file("cautions.yaml", files.CautionFile).cautions
        self.check_rules()
        self.bound.clear()
        self.list_files = {name: self.list_file(name) for name in header.lists}
        lists = tuple(self.option_list(name, content) for name, content in self.list_files.items())
        notes = self.file("notes.yaml", files.NoteFile)
        pack = Pack(
            header=header,
            folder=self.folder,
            hash=pack_hash(self.folder),
            vocabulary=self.words,
            lists=lists,
            notes=tuple(self.list_notes(notes)),
            pointers=tuple(self.pointers(notes)),
            silences=tuple(self.gaps(self.file("silences.yaml", files.SilenceFile))),
            rulings=rulings,
            newer=newer,
            newer_guidelines=tuple(
                (item, self.happened(newer, ("guidelines", position))) for position, item in enumerate(newer.guidelines)
            ),
            news=(news := tuple(self.news(newer, {row.option for item in lists for row in item.rows}))),
            program=compile_conditions(condition.node for condition in self.conditions),
            populations=compile_conditions(each.condition.node for item in news for each in item.criteria),
            phrases=self.phrases,
            entries=hashes(_entries(self.folder, self.documents, self.words)),
        )
        for condition in self.conditions:
            condition.place = pack.program.place(condition.node)
        for each in (each for item in pack.news for each in item.criteria):
            each.condition.place = pack.populations.place(each.condition.node)
        for document in self.documents.values():
            refuse_lines(document, header.source_lines)
        return pack

    def refuse_strangers(self, header: declared.Header) -> None:
        """Refuse a file that no pack has, which would else be left out without a word, and a steroid that nobody is given."""
        known = [*_read_for_answers(header), "audit.yaml", "coverage.yaml", "errata.yaml"]
        for folder in self.folders:
            for name, path in pack_files([folder]):
                if name not in known:
                    raise InputError(Problem(str(path), "is no file of a pack", suggestion(name, known)))
        for position, agent in enumerate(header.not_obtainable):
            if self.words.agents[agent].steroid:
                what = f"{agent} is a steroid, which decides nothing"
                self.document("pack.yaml").fail(("not_obtainable", position), what, "leave it out")

    def place(self, source: Source | None) -> SourcePlace | None:
        """Return a place in the source with the section that its lines stand in."""
        if source is None or not source.lines:
            return None if source is None else SourcePlace(publication=source.publication)
        first, *more = source.lines
        section = next((item.section for item in self.sections if _within(first[0], item.source)), None)
        return SourcePlace(source.section or section, source.item, first, tuple(more), source.publication)

    def reason(
        self, code: str, text: str, kind: declared.Kind, rulings: tuple[str, ...] = (), source: Source | None = None
    ) -> Reason:
        return Reason(code, text, kind, rulings[0] if rulings else None, self.place(source), rulings)

    # --- names and conditions ---

    def check_named(self, file: str, named: Sequence[declared.NamedCondition], taken: Container[str] = ()) -> None:
        """Read every named condition once, with some name for each parameter, so that a fault shows at its line."""
        example = {"agent": self.words.active_agents[0], "option": next(iter(self.words.regimens))}
        for position, item in enumerate(named):
            if item.name in self.scope.facts or item.name in taken:
                what = f"{item.name} is a {'fact' if item.name in self.scope.facts else 'condition of conditions.yaml'}"
                self.document(file).fail(("conditions", position), what, "give the condition another name")
            arguments = tuple(example.get(parameter, example["agent"]) for parameter in item.parameters)
            try:
                expand(item.name, arguments, self.scope)
            except ConditionError as error:
                self.fault(self.document(file), ("conditions", position, "is"), item.text, error)

    def check_rules(self) -> None:
        """Read the conditions of every rule once, so that one which stands on no row of this pack is checked too."""
        agent = self.words.active_agents[0]
        example = {"agent": agent, "other": agent, "option": next(iter(self.words.regimens))}
        for name, key in (("against", "held_back"), ("against", "advised_against"), ("cautions", "cautions")):
            document = self.document(f"{name}.yaml")
            for position, rule in enumerate(document.data[key]):
                for clause in ("when", "unless", "strong_unless"):
                    if rule.get(clause) is not None:
                        self.node(document, (key, position, clause), rule[clause], example)

    def fault(self, document: Document, place: Place, text: str, error: ConditionError) -> NoReturn:
        shown = " ".join(text.split())
        document.fail(place, f"condition `{shown}`, column {error.column}: {error.what}", error.remedy)

    def node(self, document: Document, place: Place, text: str | None, variables: Mapping[str, str] | None = None) -> Node:
        if text is None:
            return Constant(True)
        bound = tuple((name, value) for name, value in (variables or {}).items() if name in text)
        self.bound.setdefault((document.name, place), (document, text, set()))[2].add(bound)
        if (text, bound) not in self.read_conditions:
            try:
                self.read_conditions[text, bound] = parse(text, self.scope, dict(bound))
            except ConditionError as error:
                self.fault(document, place, text, error)
        return self.read_conditions[text, bound]

    def condition(self, node: Node) -> Condition:
        condition = Condition(node)
        self.conditions.append(condition)
        return condition

    # --- lists and rows ---

    def list_file(self, name: str) -> files.ListFile:
        content = self.file(f"lists/{name}.yaml", files.ListFile)
        refuse_twins(self.document(f"lists/{name}.yaml"), ("tiers",), "tier", "tier")
        if content.list != name:
            self.document(f"lists/{name}.yaml").fail(("list",), f"this file holds the list {content.list}", f"write {name}")
        return content

    def option_list(self, name: str, content: files.ListFile) -> OptionList:
        document = self.document(f"lists/{name}.yaml")
        applies = self.condition(self.node(document, ("applies",), content.applies))
        rows: list[Row] = []
        seen: set[tuple[str, str, str | None]] = set()
        for tier_number, tier in enumerate(content.tiers):
            for item_number, item in enumerate(tier.items):
                place: Place = ("tiers", tier_number, "items", item_number)
                printed: Iterable[tuple[str, tuple[Via, ...]]] = [(option, ()) for option in item.options]
                if item.untried:
                    printed = self.untried(document, place, item)
                for option, via in printed:
                    identity = (tier.tier, option, item.grade)
                    if identity in seen:
                        what = f"{option} stands twice in the tier {tier.tier} with the same grade"
                        document.fail((*place, "options"), what, "keep one")
                    seen.add(identity)
                    rows.append(self.row(document, place, content, tier, item, option, via, applies.node))
        why = say(applies.node, self.phrases)
        return OptionList(
            name,
            content.title,
            applies,
            why,
            content.advice,
            content.rulings,
            self.place(content.source),
            tuple(rows),
        )

    def untried(self, document: Document, place: Place, item: files.Item) -> Iterator[tuple[str, tuple[Via, ...]]]:
        """Yield the options of the tiers named, each once, with every place where it is printed."""
        found: dict[str, list[Via]] = {}
        for name, tiers in (item.untried or {}).items():
            known = {tier.tier: tier for tier in self.list_files[name].tiers}
            for tier_name in tiers:
                if tier_name not in known:
                    what = f"the list {name} has no tier {tier_name}"
                    document.fail((*place, "untried", name), what, suggestion(tier_name, known))
                for source_item in known[tier_name].items:
                    for option in source_item.options:
                        found.setdefault(option, []).append(Via(name, tier_name, source_item.grade))
        for option, vias in found.items():
            yield option, tuple(vias)

    def carried(self, item: files.Item, option: str, via: Sequence[Via]) -> tuple[Node, files.Item | None]:
        """Return the condition that an untried option brings along from where it is printed."""
        if not via or option in item.drops_condition_of:
            return Constant(True), None
        first = via[0]
        document = self.document(f"lists/{first.list}.yaml")
        for tier_number, tier in enumerate(self.list_files[first.list].tiers):
            for item_number, source_item in enumerate(tier.items):
                if tier.tier == first.tier and option in source_item.options and source_item.when is not None:
                    place: Place = ("tiers", tier_number, "items", item_number, "when")
                    return self.node(document, place, source_item.when), source_item
        return Constant(True), None

    def row(
        self,
        document: Document,
        place: Place,
        content: files.ListFile,
        tier: files.Tier,
        item: files.Item,
        option: str,
        via: tuple[Via, ...],
        applies: Node,
    ) -> Row:
        own = self.node(document, (*place, "when"), item.when, {"option": option})
        carried, carried_item = self.carried(item, option, via)
        both = [node for node in (own, carried) if node != Constant(True)]
        condition = All(tuple(both)) if len(both) > 1 else both[0] if both else Constant(True)
        grade_when = None
        if item.grade_when is not None:
            grade_when = self.condition(self.node(document, (*place, "grade_when"), item.grade_when))
        regimen = self.words.regimens[option]
        held, held_reasons = self.held_back(option)
        against, against_reasons = self.argued_against(option, content.list)
        rulings = (*content.rulings, *item.rulings, *(carried_item.rulings if carried_item else ()))
        return Row(
            list=content.list,
            tier=tier.tier,
            tier_title=tier.title,
            recommends=tier.recommends,
            option=option,
            name=regimen.name,
            agents=tuple(agent for component in regimen.components for agent in component),
            grade=item.grade,
            grade_when=grade_when,
            basis=item.basis,
            via=via,
            condition=self.condition(condition),
            met=tuple(self.met(document, place, item, option)),
            unmet=tuple(self.unmet(((own, item), (carried, carried_item)))),
            listed=self.listed(content, tier, item),
            held_back=self.condition(held),
            held_reasons=held_reasons,
            against=self.condition(against),
            against_reasons=against_reasons,
            cautions=tuple(self.cautions_on(option, content.list)),
            offered=self.condition(All((applies, Not(held), Not(against), condition))),
            rulings=tuple(dict.fromkeys(rulings)),
        )

    def listed(self, content: files.ListFile, tier: files.Tier, item: files.Item) -> Reason:
        basis = f", based on {item.basis}" if item.basis else ""
        text = f"{content.title}: {tier.title.lower()}{basis}"
        return self.reason("listed", text, "source", (), item.source)

    def met(self, document: Document, place: Place, item: files.Item, option: str) -> Iterator[Block]:
        """Yield what is said when the condition of a row is met, each with the cause of which it is said."""
        for position, cause in enumerate(item.met):
            node = self.node(document, (*place, "met", position, "when"), cause.when, {"option": option})
            yield Block(self.condition(node), (self.of_item(item, "condition-met", cause.says),))

    def of_item(self, item: files.Item, code: str, text: str) -> Reason:
        return self.reason(code, text, "ruling" if item.rulings else "source", item.rulings, item.source)

    def unmet(self, conditions: Iterable[tuple[Node, files.Item | None]]) -> Iterator[Block]:
        """Yield each condition of a row with what is said when it is not met."""
        for node, item in conditions:
            if item is not None and item.unmet is not None:
                yield Block(self.condition(node), (self.of_item(item, "condition", item.unmet),))

    # --- what stands against an option ---

    def held_back(self, option: str) -> tuple[Node, tuple[Block, ...]]:
        """An option is held back when no agent that can serve as one of its components is free of every rule."""
        if option not in self.held:
            self.held[option] = self.hold_back(option)
        return self.held[option]

    def hold_back(self, option: str) -> tuple[Node, tuple[Block, ...]]:
        blocked: list[Node] = []
        blocks: list[Block] = []
        for component in self.words.regimens[option].components:
            each: list[Node] = []
            for agent in component:
                found = list(self.agent_blocks(option, agent))
                blocks += found
                each.append(_one(AnyOf, [block.condition.node for block in found]))
            blocked.append(_one(All, each))
        return _one(AnyOf, blocked), tuple(blocks)

    def agent_blocks(self, option: str, agent: str) -> Iterator[Block]:
        document = self.document("against.yaml")
        for position, rule in enumerate(self.against.held_back):
            if any(exempt.option == option and agent in (exempt.agents or (agent,)) for exempt in rule.exceptions):
                continue
            place: Place = ("held_back", position, "when")
            node = self.node(document, place, rule.when, {"agent": agent, "option": option})
            said = [self.said(rule, agent=agent, option=option)]
            said += [
                self.reason(rule.code, support.text, "source", rule.rulings, support.source)
                for support in rule.supports
                if agent in support.agents
            ]
            yield Block(self.condition(node), tuple(said))

    def argued_against(self, option: str, in_list: str) -> tuple[Node, tuple[Block, ...]]:
        document = self.document("against.yaml")
        blocks = []
        for position, rule in enumerate(self.against.advised_against):
            for agent in self.stands_on(rule, option, in_list):
                variables = {"option": option, **({"agent": agent} if agent else {})}
                node = self.node(document, ("advised_against", position, "when"), rule.when, variables)
                blocks.append(Block(self.condition(node), (self.said(rule, agent=agent or "", option=option),)))
        return _one(AnyOf, [block.condition.node for block in blocks]), tuple(blocks)

    def stands_on(self, rule: files.OnOptions, option: str, in_list: str) -> Iterator[str | None]:
        """Yield each agent through which a statement stands on an option, or None when it names the option itself."""
        if rule.lists and in_list not in rule.lists:
            return
        if rule.options is None or option in rule.options:
            yield None
        for agent in self.words.regimens[option].agents:
            if rule.agents is None or agent in rule.agents:
                yield agent

    def cautions_on(self, option: str, in_list: str) -> Iterator[Remark]:
        document = self.document("cautions.yaml")
        for position, rule in enumerate(self.cautions):
            for agent in self.stands_on(rule, option, in_list):
                for other in self.others(rule, agent):
                    names = {"option": option, "agent": agent, "other": other}
                    variables = {name: value for name, value in names.items() if value is not None}
                    remark = self.remark(document, ("cautions", position), rule, variables)
                    if remark is not None:
                        yield remark

    def others(self, rule: files.Caution, agent: str | None) -> Sequence[str | None]:
        if rule.others is None or agent is None:
            return [None]
        drug_class = self.words.agents[agent].drug_class
        return [name for name in self.words.class_members[drug_class] if name != agent]

    def remark(
        self, document: Document, place: Place, rule: files.Caution | files.Note, variables: Mapping[str, str]
    ) -> Remark | None:
        key = (place, tuple(variables.values()))
        if key not in self.remarks:
            self.remarks[key] = self.make_remark(document, place, rule, variables)
        return self.remarks[key]

    def make_remark(
        self, document: Document, place: Place, rule: files.Caution | files.Note, variables: Mapping[str, str]
    ) -> Remark | None:
        """Return a caution or note for one binding of its names, or None where it can never be shown."""
        key = "when" if rule.unless is None else "unless"
        node = self.node(document, (*place, key), rule.when if rule.unless is None else rule.unless, variables)
        if node == Constant(key == "unless"):
            return None
        condition = None if isinstance(node, Constant) else self.condition(node)
        said = self.said(rule, **variables)
        number = int(place[-1]) + 1
        if isinstance(rule, files.Note):
            return Remark(number, condition, key == "unless", said, "note")
        strong = None
        if rule.strong_unless is not None:
            strong = self.condition(self.node(document, (*place, "strong_unless"), rule.strong_unless, variables))
        return Remark(number, condition, key == "unless", said, rule.strength, strong)

    def said(self, rule: files.Statement, **names: str) -> Reason:
        shown = {key: self.words.agents[name].name if name in self.words.agents else name for key, name in names.items()}
        return self.reason(rule.code, rule.text.format(**shown), rule.kind, rule.rulings, rule.source)

    # --- what is newer than the source ---

    def news(self, newer: declared.SinceFile, listed: Container[str]) -> Iterator[News]:
        document = self.document("since.yaml")
        for position, item in enumerate(newer.since):
            place: Place = ("since", position)
            about = item.options[0]
            if not item.known_to_source and about in listed:
                document.fail((*place, "known_to_source"), f"{about} stands in a list of the pack", "write true")
            if item.agents and self.words.regimens[about].agents:
                document.fail((*place, "agents"), f"{about} says its agents itself", "leave them out")
            criteria = () if item.population is None else tuple(self.criteria(document, (*place, "population"), item.population))
            yield News.of(item, newer.ruling, self.happened(newer, place), self.words, criteria)

    def happened(self, newer: declared.SinceFile, place: Place) -> When:
        key, position = place
        item = (newer.guidelines if key == "guidelines" else newer.since)[int(position)]
        found = happened_on(item.date, item.seen, newer.after)
        if found is None:
            what = f"{item.date or 'it'} is not between {newer.after} (`after`) and {item.seen} (`seen`)"
            self.document("since.yaml").fail((*place, "date" if item.date else "seen"), what, "correct one of the three")
        return found

    def criteria(self, document: Document, place: Place, text: str) -> Iterator[Criterion]:
        """Yield what must hold together of a patient in a population."""
        for node in _together(self.node(document, place, text)):
            yield Criterion.of(Condition(node), say(node, self.phrases), say(node, self.phrases, true=False))

    # --- notes and silences ---

    def list_notes(self, content: files.NoteFile) -> Iterator[ListNote]:
        for position, note in enumerate(content.notes):
            remark = self.remark(self.document("notes.yaml"), ("notes", position), note, {})
            if remark is not None:
                yield ListNote(note.lists, remark)

    def pointers(self, content: files.NoteFile) -> Iterator[Pointer]:
        for position, item in enumerate(content.cross_references):
            node = self.node(self.document("notes.yaml"), ("cross_references", position, "when"), item.when)
            said = self.reason("cross-reference", item.text, item.kind, item.rulings, item.source)
            yield Pointer(item.list, self.condition(node), said)

    def gaps(self, content: files.SilenceFile) -> Iterator[Gap]:
        for position, item in enumerate(content.silences):
            condition = None
            if item.when is not None:
                node = self.node(self.document("silences.yaml"), ("silences", position, "when"), item.when)
                condition = self.condition(node)
            kind: declared.Kind = "ruling" if item.rulings else "source"
            yield Gap(item.lists, item.outside, condition, self.reason(item.silence, item.text, kind, item.rulings, item.source))


def refuse_lines(document: Document, last: int) -> None:
    """Refuse a place beyond the end of the source."""
    for place in document.lines:
        if place and place[-1] == "lines" and max(_numbers(document.at(place)), default=0) > last:
            document.fail(place, f"the source has {last} lines", "give lines that exist")


def _together(node: Node) -> Iterator[Node]:
    if isinstance(node, All):
        for part in children(node):
            yield from _together(part)
    else:
        yield node


def _within(line: int, source: Source) -> bool:
    return any(first <= line <= last for first, last in source.lines)


def _one(kind: type[All] | type[AnyOf], nodes: Sequence[Node]) -> Node:
    decides = kind is AnyOf
    if Constant(decides) in nodes:
        return Constant(decides)
    kept = tuple(dict.fromkeys(node for node in nodes if not isinstance(node, Constant)))
    return Constant(not decides) if not kept else kept[0] if len(kept) == 1 else kind(kept)


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int):
        yield value
