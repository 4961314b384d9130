"""The facts of a patient as they were given: read by their declarations, checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Any

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.knowledge.facts import Fact
from myeloguide.knowledge.reading import Document, Place
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.frozen import frozen
from myeloguide.record.ranges import ANY_NUMBER, Range


@frozen()
class Members:
    """What is known of a list fact: its members, what is known not to be one, and whether the list is complete."""

    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    complete: bool = False

    def has(self, member: str) -> bool | None:
        """Whether `member` belongs, None when unknown."""
        if member in self.yes:
            return True
        return False if self.complete or member in self.no else None


Value = bool | str | Range | Members
_NO_MEMBER_KNOWN = Members()


@frozen()
class FactSheet:
    """Known facts by name; a fact that is not there is unknown. `other_regimens` are regimens given without an id."""

    values: Mapping[str, Value] = field(default_factory=dict)
    other_regimens: tuple[frozenset[str], ...] = ()
    not_used: tuple[str, ...] = ()
    """What was given and understood, but decides nothing."""

    def members(self, fact: str) -> Members:
        """Return what is known of a list fact."""
        value = self.values.get(fact)
        return value if isinstance(value, Members) else _NO_MEMBER_KNOWN

    def number(self, fact: str) -> Range:
        """Return what is known of a number."""
        value = self.values.get(fact)
        return value if isinstance(value, Range) else ANY_NUMBER


_FACTS_ARE_LISTED = "docs/patient-file.md lists the facts"


def with_fact(sheet: FactSheet, name: str, value: Any, vocabulary: Vocabulary, where: str) -> FactSheet:
    """Return a sheet with one fact (`fact` or `fact.member`) changed; None makes it unknown. `where` names the input."""
    word, dot, member_word = name.partition(".")
    fact = vocabulary.facts.get(word)
    if fact is None:
        raise InputError(Problem(where, f"there is no fact {word}", suggestion(word, vocabulary.facts) or _FACTS_ARE_LISTED))
    if fact.is_set != bool(dot):
        remedy = (
            f"write {word}.{_example(fact)}=true"
            if fact.is_set
            else f"write {word}={'true' if fact.kind == 'boolean' else '...'}"
        )
        raise InputError(Problem(where, f"{word} {'is asked member by member' if fact.is_set else 'has no members'}", remedy))
    document = Document(where, {word: value}, {})
    if not fact.is_set:
        changed = read_facts(document, (), {word: value}, vocabulary).values
        kept = {key: known for key, known in sheet.values.items() if key != word}
        return replace(sheet, values={**kept, **changed})
    reader = _Reader(document, (), vocabulary)
    resolve = reader.agent if fact.kind == "agents" else reader.regimen
    member = resolve((word,), member_word)
    if member is None and not reader.problems:
        reader.fault((word,), f"{member_word} decides nothing", "name an agent that is no steroid, or a regimen with an id")
    if value is not None and not isinstance(value, bool):
        reader.fault((word,), f"{name} is {_shown(value)}", "write true, false or unknown")
    reader.finish()
    assert member is not None
    known = sheet.members(word)
    if value is None and fact.none_unless_named:
        raise InputError(Problem(where, f"{word} is none unless named", "write true or false"))
    no, complete = known.no, known.complete or fact.none_unless_named
    if value is None and complete:  # all others are still known not to be members
        no, complete = frozenset(vocabulary.members(fact)) - known.yes, False
    yes = known.yes | {member} if value else known.yes - {member}
    no = no | {member} if value is False else no - {member}
    return replace(sheet, values={**sheet.values, word: Members(yes, no, complete)})


def read_changes(texts: Iterable[str], where: str) -> list[tuple[str, Any]]:
    """Read changes of facts, `fact=value` or `fact.member=value`; the value `unknown` is None."""
    found: list[tuple[str, Any]] = []
    for text in texts:
        name, equals, word = (part.strip() for part in text.partition("="))
        if not name or not equals or not word:
            remedy = "write t_11_14=true, prior_lines=2 or refractory_to.lenalidomide=false"
            raise InputError(Problem(where, f'"{text}" is no change of a fact', remedy))
        if name in (known for known, _ in found):
            raise InputError(Problem(where, f"{name} is changed twice", "keep one"))
        found.append((name, _word_value(word)))
    return found


def _word_value(word: str) -> Any:
    constants = {"true": True, "yes": True, "false": False, "no": False, "unknown": None}
    if word.casefold() in constants:
        return constants[word.casefold()]
    try:
        return float(word)
    except ValueError:
        return word


def read_facts(document: Document, place: Place, given: Any, vocabulary: Vocabulary) -> FactSheet:
    """Read the `facts:` of a patient file; every wrong value is reported with its line."""
    if given is None:
        return FactSheet()
    if not isinstance(given, Mapping):
        document.fail(place, "facts are written as `fact: value` lines")
    reader = _Reader(document, place, vocabulary)
    for name, value in given.items():
        if value is not None:
            reader.read(name, value)
    for name, fact in vocabulary.partial.items():
        if given.get(name) is not None and given.get(fact) is not None:
            reader.fault((name,), f"{name} stands beside {fact}, which is the complete list", "keep one of the two")
    reader.finish()
    return FactSheet(reader.values, tuple(reader.other_regimens), tuple(reader.not_used))


class _Reader:
    def __init__(self, document: Document, place: Place, vocabulary: Vocabulary) -> None:
        self.document = document
        self.place = place
        self.vocabulary = vocabulary
        self.values: dict[str, Value] = {}
        self.other_regimens: list[frozenset[str]] = []
        self.not_used: list[str] = []
        self.problems: list[Problem] = []

    def fault(self, place: Iterable[str | int], what: str, remedy: str = "") -> None:
        self.problems.append(Problem(self.document.where((*self.place, *place)), what, remedy))

    def finish(self) -> None:
        if self.problems:
            raise InputError(self.problems)

    def read(self, name: str, value: Any) -> None:
        words = self.vocabulary
        fact = words.facts.get(words.complements.get(name) or words.partial.get(name) or name)
        if fact is None:
            known = [*words.facts, *words.complements, *words.partial]
            self.fault((name,), f"there is no fact {name}", suggestion(name, known) or _FACTS_ARE_LISTED)
        elif fact.is_set:
            self.read_set(fact, name, value)
        elif fact.is_number:
            self.read_number(fact, value)
        elif fact.kind == "category":
            self.read_category(fact, value)
        else:
            self.read_boolean(fact, value)

    def read_boolean(self, fact: Fact, value: Any) -> None:
        said = {"yes": True, "no": False}.get(value.casefold()) if isinstance(value, str) else value
        if isinstance(said, bool):
            self.values[fact.fact] = said
        else:
            self.fault((fact.fact,), f"{fact.fact} is {_shown(value)}", "write true or false, or leave it out if unknown")

    def read_category(self, fact: Fact, value: Any) -> None:
        word = value.strip().casefold() if isinstance(value, str) else None
        if word in fact.values:
            self.values[fact.fact] = word
        else:
            remedy = f"write {', '.join(fact.values[:-1])} or {fact.values[-1]}, or leave it out if unknown"
            self.fault((fact.fact,), f"{fact.fact} is {_shown(value)}", remedy)

    def read_number(self, fact: Fact, value: Any) -> None:
        if not isinstance(value, Mapping):
            number = self.number(fact, (fact.fact,), value)
            if number is not None:
                self.values[fact.fact] = Range.exactly(number)
            return
        unknown = [key for key in value if key not in ("at_least", "at_most")]
        if unknown or not value:
            self.fault((fact.fact, *unknown[:1]), f"{fact.fact} is no range", "a range is {at_least: 2, at_most: 4}")
            return
        bounds = {key: self.number(fact, (fact.fact, key), bound) for key, bound in value.items()}
        if None not in bounds.values():
            try:
                self.values[fact.fact] = Range(bounds.get("at_least", fact.least), bounds.get("at_most"))
            except ValueError as error:
                self.fault((fact.fact,), f"{fact.fact} is no range: {error}")

    def number(self, fact: Fact, place: tuple[str, ...], value: Any) -> float | None:
        whole = fact.kind == "integer"
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        assert fact.least is not None
        assert fact.most is not None
        if number is None or number != number:  # noqa: PLR0124 (not a number; math.isnan refuses a large whole one)
            self.fault(place, f"{fact.fact} is {_shown(value)}", f"write a number of {fact.unit}")
        elif whole and number != int(number):
            self.fault(place, f"{fact.fact} is {_shown(number)}", "write a whole number")
        elif not fact.least <= number <= fact.most:
            self.fault(place, f"{fact.fact} is {_shown(number)}", f"it lies between {fact.least:g} and {fact.most:g}")
        else:
            return float(number)
        return None

    def read_set(self, fact: Fact, name: str, value: Any) -> None:
        if not isinstance(value, list):
            self.fault((name,), f"{name} is {_shown(value)}", f"write a list, such as [{_example(fact)}]")
            return
        resolve: Callable[[tuple[str | int, ...], str], str | None] = self.agent if fact.kind == "agents" else self.regimen
        found = set()
        for position, word in enumerate(value):
            if not isinstance(word, str):
                self.fault((name, position), f"{name} holds {_shown(word)}", f"write names, such as {_example(fact)}")
                continue
            member = resolve((name, position), word)
            if member is not None:
                found.add(member)
        known = self.values.get(fact.fact)
        members = known if isinstance(known, Members) else Members()
        if name == fact.complement:
            self.values[fact.fact] = Members(members.yes, members.no | found, members.complete)
        else:
            complete = members.complete or (fact.complete and name == fact.fact)
            self.values[fact.fact] = Members(members.yes | found, members.no, complete)

    def agent(self, place: tuple[str | int, ...], word: str) -> str | None:
        """Return the agent meant; a steroid is understood and left out, for it decides nothing."""
        agent = self.vocabulary.agent(word)
        if agent is None:
            self.fault(place, f"there is no agent {_shown(word)}", self.vocabulary.near_agent(word) or "write its generic name")
            return None
        if not self.vocabulary.agents[agent].steroid:
            return agent
        if place[0] in ("unavailable_agents", "contraindicated_agents"):
            self.not_used.append(f"{place[0]} names {agent}; steroids decide nothing here, and it was not used")
        return None

    def regimen(self, place: tuple[str | int, ...], word: str) -> str | None:
        regimen = self.vocabulary.regimen(word)
        if regimen is None:
            agents = self.vocabulary.recogniser.agents(word)
            if agents is None:
                remedy = self.vocabulary.near_regimen(word) or "write its agents, such as bortezomib+lenalidomide"
                self.fault(place, f"there is no regimen {_shown(word)}", remedy)
            else:
                self.other_regimens.append(frozenset(self.vocabulary.active(agents)))
        return regimen


def _example(fact: Fact) -> str:
    return "lenalidomide" if fact.kind == "agents" else "VRd"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f'"{text[:60]}"' if isinstance(value, str) else text[:60]
