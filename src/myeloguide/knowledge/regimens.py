"""Regimens and other options: their agents, and how to recognise one from any of its spellings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import ClassVar

from myeloguide.knowledge.agents import Agent
from myeloguide.knowledge.names import fold, resolve
from myeloguide.knowledge.reading import Strict
from myeloguide.knowledge.source import Source


class Regimen(Strict):
    """A regimen or another option. `agents` leaves steroids out; `one_of` lists where one agent of several is meant."""

    known_as: ClassVar[str] = "regimen"

    regimen: str
    name: str
    agents: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    steroid: str | None = None
    printed: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    source: Source

    @cached_property
    def components(self) -> tuple[tuple[str, ...], ...]:
        """What has to be given: each component by the agents that can serve as it."""
        return (*((agent,) for agent in self.agents), *self.one_of)

    @property
    def column(self) -> str:
        """The regimen as part of a column name: hyphen and `+` become `_`."""
        return re.sub(r"[-+]", "_", self.regimen)


class RegimenFile(Strict):
    """The file of regimens."""

    known_as: ClassVar[str] = "file of regimens"

    regimens: tuple[Regimen, ...]


_SEPARATOR = re.compile(r"\s*(?:[+/,;&]|\band\b|\bplus\b|\bwith\b)\s*", re.IGNORECASE)


class Recogniser:
    """Recognises regimens by any spelling: a known one, agents joined by signs, or an agent before a known one."""

    def __init__(self, regimens: Iterable[Regimen], agents: Mapping[str, Agent], agent_spellings: Mapping[str, str]) -> None:
        self._regimens = {regimen.regimen: regimen for regimen in regimens}
        self._agents = agents
        self._agent_spellings = agent_spellings
        self._spellings = {
            fold(spelling): regimen.regimen
            for regimen in self._regimens.values()
            for spelling in (regimen.regimen, regimen.name, *regimen.printed, *regimen.synonyms)
        }
        self._short = {
            fold(short): agent.agent
            for agent in reversed(list(agents.values()))
            if not agent.steroid
            for short in agent.abbreviations
        }
        self._by_agents = {
            (frozenset(regimen.agents), regimen.steroid is not None): regimen.regimen
            for regimen in reversed(list(self._regimens.values()))
            if regimen.agents and not regimen.one_of
        }

    def regimen(self, text: str) -> str | None:
        """Return the regimen id that a spelling stands for, or None."""
        known = resolve(text, self._spellings)
        if known:
            return known
        agents = self.agents(text)
        return self.of_agents(agents) if agents else None

    def of_agents(self, agents: Iterable[str]) -> str | None:
        """Return the regimen made of exactly these agents.

        Steroids do not tell combinations apart, but a single agent is a doublet only when its steroid is named.
        """
        given = list(agents)
        active = frozenset(agent for agent in given if not self._agents[agent].steroid)
        with_steroid = len(active) < len(given)
        found = self._by_agents.get((active, with_steroid))
        if found is None and len(active) > 1:
            found = self._by_agents.get((active, not with_steroid))
        return found

    def agents(self, text: str) -> list[str] | None:
        """Return the agents that a combination names, steroids included, or None when a part is not understood."""
        parts = [part for part in _SEPARATOR.split(text.strip()) if part]
        found: list[str] = []
        for part in parts:
            members = self._part(part, alone=len(parts) == 1)
            if members is None:
                return None
            found += [agent for agent in members if agent not in found]
        return found or None

    def _part(self, part: str, *, alone: bool) -> list[str] | None:
        agent = resolve(part, self._agent_spellings)
        if agent:
            return [agent]
        regimen = resolve(part, self._spellings)
        if regimen:
            return self._given_in(regimen)
        short = None if alone else resolve(part, self._short)
        if short:
            return [short]
        return self._prefixed(part)

    def _prefixed(self, part: str) -> list[str] | None:
        """Read `Dara-Vd` or `D-Vd`: an agent, then a known regimen."""
        head, hyphen, tail = part.partition("-")
        regimen = resolve(tail, self._spellings) if hyphen else None
        agent = resolve(head, self._agent_spellings) or resolve(head, self._short)
        return [agent, *self._given_in(regimen)] if regimen and agent else None

    def _given_in(self, name: str) -> list[str]:
        regimen = self._regimens[name]
        return [*regimen.agents, *([regimen.steroid] if regimen.steroid else [])]

    @property
    def spellings(self) -> Mapping[str, str]:
        """Every folded spelling with its regimen id."""
        return self._spellings
