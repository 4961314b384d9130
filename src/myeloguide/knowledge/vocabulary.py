"""The vocabulary: every agent, class, regimen and fact by name, loaded once from the data beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path

from myeloguide.errors import suggestion
from myeloguide.knowledge.agents import Agent, AgentFile, DrugClass
from myeloguide.knowledge.facts import Fact, FactFile
from myeloguide.knowledge.names import fold, index, resolve
from myeloguide.knowledge.reading import Document, Place, check, read, refuse_twins
from myeloguide.knowledge.regimens import Recogniser, Regimen, RegimenFile

DATA = Path(__file__).parent / "data"


class Vocabulary:
    """What can be named in a patient's record and in a pack."""

    def __init__(self, agents: AgentFile, regimens: RegimenFile, facts: FactFile) -> None:
        self.agents: Mapping[str, Agent] = {agent.agent: agent for agent in agents.agents}
        self.classes: Mapping[str, DrugClass] = {item.drug_class: item for item in agents.classes}
        self.regimens: Mapping[str, Regimen] = {regimen.regimen: regimen for regimen in regimens.regimens}
        self.facts: Mapping[str, Fact] = {fact.fact: fact for fact in facts.facts}
        self.complements: Mapping[str, str] = {fact.complement: fact.fact for fact in facts.facts if fact.complement is not None}
        self.partial: Mapping[str, str] = {fact.at_least: fact.fact for fact in facts.facts if fact.at_least is not None}
        """The facts behind the names of lists that are not complete, such as `exposed_to_at_least`."""
        self.active_agents = tuple(name for name, agent in self.agents.items() if not agent.steroid)
        """Agents without the steroids, which decide nothing."""
        self.regimen_names = tuple(self.regimens)

    @cached_property
    def agent_spellings(self) -> dict[str, str]:
        """Every folded spelling of an agent, single-letter short forms left out."""
        return index(
            (spelling, agent.agent)
            for agent in self.agents.values()
            for spelling in (
                agent.agent,
                agent.name,
                *agent.synonyms,
                *(short for short in agent.abbreviations if len(short) > 2),
            )
        )

    @cached_property
    def recogniser(self) -> Recogniser:
        """What recognises a regimen from its spelling."""
        return Recogniser(self.regimens.values(), self.agents, self.agent_spellings)

    @cached_property
    def class_members(self) -> dict[str, tuple[str, ...]]:
        """The agents of each class, those of narrower classes included."""
        members: dict[str, tuple[str, ...]] = {}
        for name in self.classes:
            members[name] = tuple(agent.agent for agent in self.agents.values() if name in self.classes_of(agent.agent))
        return members

    def prepare(self) -> None:
        """Make ready what is otherwise made when first asked for."""
        _ = self.agent_spellings, self.recogniser, self.class_members

    def classes_of(self, agent: str) -> tuple[str, ...]:
        """Return the class of an agent and the wider classes around it."""
        found: list[str] = []
        current: str | None = self.agents[agent].drug_class
        while current is not None and current not in found:
            found.append(current)
            current = self.classes[current].within
        return tuple(found)

    def agent(self, word: str) -> str | None:
        """Return the id of an agent from any of its spellings, or None."""
        return word if word in self.agents else resolve(word, self.agent_spellings)

    def regimen(self, word: str) -> str | None:
        """Return the id of a regimen from any of its spellings, or None."""
        return word if word in self.regimens else self.recogniser.regimen(word)

    def active(self, agents: Iterable[str]) -> list[str]:
        """Return these agents without the steroids."""
        return [agent for agent in agents if not self.agents[agent].steroid]

    def members(self, fact: Fact) -> tuple[str, ...]:
        """Return what can be a member of a list fact."""
        return self.active_agents if fact.kind == "agents" else self.regimen_names

    def near_agent(self, word: str) -> str:
        """Say which agent a misspelt word was probably meant to be."""
        spoken = [name for agent in self.agents.values() for name in (agent.name, *agent.synonyms)]
        return suggestion(word, spoken)

    def near_regimen(self, word: str) -> str:
        """Say which regimen a misspelt word was probably meant to be."""
        return suggestion(word, [name for item in self.regimens.values() for name in (item.regimen, *item.synonyms)])


def load(folder: Path = DATA) -> Vocabulary:
    """Read a vocabulary from its three files, checking every name in them against the others."""
    documents = {name: read(folder / f"{name}.yaml", name=f"{name}.yaml") for name in ("agents", "regimens", "facts")}
    agents = check(documents["agents"], AgentFile)
    regimens = check(documents["regimens"], RegimenFile)
    facts = check(documents["facts"], FactFile)
    _check_names(documents, agents, regimens)
    return Vocabulary(agents, regimens, facts)


_RECORDS = (
    ("agents", "classes", "class"),
    ("agents", "agents", "agent"),
    ("regimens", "regimens", "regimen"),
    ("facts", "facts", "fact"),
)


def _check_names(documents: Mapping[str, Document], agents: AgentFile, regimens: RegimenFile) -> None:
    for name, key, kind in _RECORDS:
        refuse_twins(documents[name], (key,), kind, kind)
    _check_classes(documents["agents"], agents)
    known = {agent.agent: agent for agent in agents.agents}
    document = documents["regimens"]
    for position, regimen in enumerate(regimens.regimens):
        places: list[tuple[Place, str]] = [(("agents", number), name) for number, name in enumerate(regimen.agents)]
        places += [
            (("one_of", group, number), name) for group, names in enumerate(regimen.one_of) for number, name in enumerate(names)
        ]
        for place, name in places:
            where: Place = ("regimens", position, *place)
            if name not in known:
                document.fail(where, f'there is no agent "{name}"', suggestion(name, known))
            if known[name].steroid:
                document.fail(where, f"{name} is a steroid", "write it as `steroid:`")
        steroids = [name for name, agent in known.items() if agent.steroid]
        if regimen.steroid is not None and regimen.steroid not in steroids:
            document.fail(
                ("regimens", position, "steroid"),
                f'there is no steroid "{regimen.steroid}"',
                suggestion(regimen.steroid, steroids),
            )
    _check_complements(documents["facts"])
    _check_spellings(documents, agents, regimens)


def _check_classes(document: Document, agents: AgentFile) -> None:
    classes = {item.drug_class: item for item in agents.classes}
    for position, agent in enumerate(agents.agents):
        if agent.drug_class not in classes:
            document.fail(
                ("agents", position, "class"), f'there is no class "{agent.drug_class}"', suggestion(agent.drug_class, classes)
            )
    for position, item in enumerate(agents.classes):
        place: Place = ("classes", position, "within")
        if item.within is not None and item.within not in classes:
            document.fail(place, f'there is no class "{item.within}"', suggestion(item.within, classes))
        around, seen = item.within, {item.drug_class}
        while around is not None:
            if around in seen:
                document.fail(place, f"the class {item.drug_class} lies within itself", "name a wider class, or none")
            seen.add(around)
            around = classes[around].within


def _check_complements(document: Document) -> None:
    names = [fact["fact"] for fact in document.data["facts"]]
    for position, fact in enumerate(document.data["facts"]):
        if fact.get("complement") in names:
            document.fail(
                ("facts", position, "complement"),
                f"the complement {fact['complement']} is a fact of its own",
                "give the complement another name",
            )


def _check_spellings(documents: Mapping[str, Document], agents: AgentFile, regimens: RegimenFile) -> None:
    for name, spelled in (
        ("agents", [(item.agent, (item.agent, item.name, *item.synonyms)) for item in agents.agents]),
        ("regimens", [(item.regimen, (item.regimen, *item.printed, *item.synonyms)) for item in regimens.regimens]),
    ):
        owners: dict[str, str] = {}
        for position, (owner, spellings) in enumerate(spelled):
            for spelling in spellings:
                other = owners.setdefault(fold(spelling), owner)
                if other != owner:
                    what = f'the spelling "{spelling}" belongs to {other} and to {owner}'
                    documents[name].fail((name, position), what, "a spelling stands for one thing")


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that the program ships with."""
    return load()
