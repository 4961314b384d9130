"""What a user entered on the page, as a patient file: a note in shorthand or a file, and the facts of the form beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from myeloguide.errors import InputError, Problem
from myeloguide.knowledge.facts import Fact
from myeloguide.knowledge.reading import Document, parse
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.fact_sheet import read_changes
from myeloguide.record.patient_file import read_patient
from myeloguide.record.shorthand import Note, dated, read_note

FACT = "fact."
RULING = "ruling."
FORM = "the form"
AGENT_FIELDS = ("exposed_to.", "refractory_to.", "line1_agents.")
"""Facts that the form asks of every agent, where they are unfolded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields of the page, as text. `record` is a patient file that was opened, as JSON; `facts` and `rulings` by name.

    `has_agents` says that the fields of agents, one by one, were there to be filled in.
    """

    note: str = ""
    record: str = ""
    as_of: str = ""
    plan: str = ""
    complete: bool = False
    has_agents: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    rulings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Iterable[tuple[str, str]]) -> Entry:
        """Read the fields of the form; `set` is the button of a question, `fact.t_11_14=true`, which wins."""
        plain: dict[str, str] = {}
        facts: dict[str, str] = {}
        rulings: dict[str, str] = {}
        wins: list[str] = []
        for name, value in fields:
            text = value.strip()
            if name == "set":
                wins.append(text)
            elif name.startswith(FACT):
                facts[name.removeprefix(FACT)] = text
            elif name.startswith(RULING):
                rulings[name.removeprefix(RULING)] = text
            else:
                plain[name] = value
        for text in wins:
            name, _, value = text.partition("=")
            group = rulings if name.startswith(RULING) else facts
            group[name.removeprefix(RULING).removeprefix(FACT)] = value
        return cls(
            note=plain.get("note", "").strip(),
            record=plain.get("record", "").strip(),
            as_of=plain.get("as_of", "").strip(),
            plan=plain.get("plan", "").strip(),
            complete=bool(plain.get("complete")),
            has_agents=any(name.startswith(AGENT_FIELDS) for name in facts),
            facts={name: value for name, value in facts.items() if value},
            rulings={name: value for name, value in rulings.items() if value},
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing of a patient was entered."""
        return not (self.note or self.record or self.facts)

    def document(self, vocabulary: Vocabulary) -> Document:
        """Return the patient file that the fields stand for; InputError says which field contradicts itself."""
        base = self._base(vocabulary)
        data: dict[str, Any] = dict(base.data) if isinstance(base.data, dict) else {}
        lines = dict(base.lines)
        facts = data.get("facts")
        merged: dict[str, Any] = dict(facts) if isinstance(facts, dict) else {}
        problems: list[Problem] = []
        for name, value in read_changes((f"{key}={word}" for key, word in self.facts.items()), FORM):
            place = f"{FORM}, {name}"
            try:
                written = _add(merged, name, value, vocabulary, place)
            except InputError as error:
                problems += error.problems
            else:
                lines["facts", written] = place
        if problems:
            raise InputError(problems)
        if merged:
            data["facts"] = merged
        if self.as_of:
            data["as_of"] = self.as_of
            lines["as_of",] = f"{FORM}, date of the decision"
        if self.rulings:
            data["rulings"] = {**(data.get("rulings") or {}), **self.rulings}
        if isinstance(base, Note):
            return replace(base, data=data, lines=lines)
        return Document(base.name, data, lines)

    def _base(self, vocabulary: Vocabulary) -> Document:
        if self.record and self.note:
            raise InputError(Problem("the note", "stands beside a file that was opened", "remove one of the two"))
        if self.record:
            return parse(self.record, "the file")
        if self.note:
            return read_note(self.note, vocabulary, "the note")
        return Document(FORM, {}, {})

    def saved(self, vocabulary: Vocabulary) -> str:
        """Return the patient file as JSON text, as it is saved."""
        document = self.document(vocabulary)
        data = document.data
        if isinstance(document, Note) and document.findings:
            data = dated(document, read_patient(document, vocabulary, None, date.today()).as_of)
        return json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n"


def _add(facts: dict[str, Any], name: str, value: Any, vocabulary: Vocabulary, place: str) -> str:
    """Add a fact of the form to those given elsewhere, and return under which name; saying it otherwise is an error."""
    word, dot, member = name.partition(".")
    fact = vocabulary.facts.get(word)
    if fact is None or fact.is_set != bool(dot):
        raise InputError(Problem(place, "is no fact", "reload the page"))
    if not fact.is_set:
        if facts.get(word) is not None and facts[word] != value:
            raise InputError(Problem(place, f"is {_said(value)} in the form and {_said(facts[word])} elsewhere", "keep one"))
        facts[word] = value
        return word
    if not isinstance(value, bool):
        raise InputError(Problem(place, f"is {_said(value)}", "choose yes, no or don't know"))
    return _add_member(facts, fact, member, place, held=value)


def _add_member(facts: dict[str, Any], fact: Fact, member: str, place: str, *, held: bool) -> str:
    given = facts.get(fact.fact)
    if isinstance(given, list) and (fact.complete or fact.none_unless_named):
        if held != (member in given) and fact.complete and not fact.none_unless_named:
            said = "holds it" if member in given else "does not hold it"
            raise InputError(Problem(place, f"the complete list given elsewhere {said}", "correct one of the two"))
        if held and member not in given:
            facts[fact.fact] = [*given, member]
        return fact.fact
    name = (fact.at_least or fact.fact) if held else (fact.complement or f"not_{fact.fact}")
    if not held and fact.none_unless_named:
        return fact.fact
    facts[name] = [*(facts.get(name) or []), member]
    return name


def _said(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, f"{value:g}" if isinstance(value, float) else str(value))
