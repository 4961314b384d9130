"""The vocabulary: every agent, class, regimen and fact by name, loaded once from the data beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path

from myeloguide.errors import suggestion
from myeloguide.knowledge.agents import Agent, AgentFile, DrugClass
from myeloguide.knowledge.facts import Fact, FactFile
from myeloguide.knowledge.names import fold, index, resolve
from myeloguide.knowledge.reading import Document, check, read
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


def _check_names(documents: Mapping[str, Document], agents: AgentFile, regimens: RegimenFile) -> None:
    classes = {item.drug_class for item in agents.classes}
    for position, agent in enumerate(agents.agents):
        if agent.drug_class not in classes:
            place = ("agents", position, "class")
            documents["agents"].fail(place, f'there is no class "{agent.drug_class}"', suggestion(agent.drug_class, classes))
    for position, item in enumerate(agents.classes):
        if item.within is not None and item.within not in classes:
            place = ("classes", position, "within")
            documents["agents"].fail(place, f'there is no class "{item.within}"', suggestion(item.within, classes))
    known = {agent.agent: agent for agent in agents.agents}
    for position, regimen in enumerate(regimens.regimens):
        for agent_name in (*regimen.agents, *(name for group in regimen.one_of for name in group)):
            if agent_name not in known:
                place = ("regimens", position, "agents")
                documents["regimens"].fail(place, f'there is no agent "{agent_name}"', suggestion(agent_name, known))
    _check_spellings(documents, agents, regimens)


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
