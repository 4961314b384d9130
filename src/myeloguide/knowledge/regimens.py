"""Regimens and other options: their agents, and how to recognise one from any of its spellings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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


_SIGNS = re.compile(r"\s*[+/,;&]\s*")
_WORDS = re.compile(r"\s+(?:and|plus|with)\s+", re.IGNORECASE)


def _tight(text: str) -> str:
    return "".join(text.split()).casefold()


def _claims(agents: Iterable[Agent], key: Callable[[str], str]) -> Counter[str]:
    return Counter(form for agent in agents for form in {key(short) for short in agent.abbreviations})


def _short_forms(agents: Sequence[Agent]) -> dict[str, str]:
    """Return the short forms that stand for one agent only, in its own case: `R`, `Bor`; `d` is a steroid, `D` is open."""
    folded, exact = _claims(agents, str.casefold), _claims(agents, str)
    return {
        short: agent.agent
        for agent in agents
        for short in agent.abbreviations
        if folded[short.casefold()] == 1 or (agent.steroid and exact[short] == 1)
    }


def _prefixes(agents: Sequence[Agent]) -> dict[str, str]:
    """Return the short forms that stand for one agent before a known regimen, where no steroid can stand: `D-Vd`."""
    active = [agent for agent in agents if not agent.steroid]
    exact = _claims(active, str)
    return {short: agent.agent for agent in active for short in agent.abbreviations if exact[short] == 1}


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
        self._as_listed = {
            _tight(spelling) for item in self._regimens.values() for spelling in (item.name, *item.printed, *item.synonyms)
        }
        self._letters = {
            spelling for item in self._regimens.values() for spelling in (item.regimen, *item.printed, *item.synonyms)
        }
        self._short = _short_forms(tuple(agents.values()))
        self._prefixes = _prefixes(tuple(agents.values()))
        self._of_agents: dict[frozenset[str], str | None] = {}
        self._by_agents = {
            (frozenset(regimen.agents), regimen.steroid is not None): regimen.regimen
            for regimen in reversed(list(self._regimens.values()))
            if regimen.agents and not regimen.one_of
        }
        self._by_choice = {
            agent: item.regimen for item in self._regimens.values() if not item.agents for group in item.one_of for agent in group
        }

    def _known(self, text: str, spellings: Mapping[str, str]) -> str | None:
        """Look a text up as a whole; one with signs only as it is listed: `R + E + V` is not Rev, `V + R + d` is VRd."""
        parts = _SIGNS.split(text.strip())
        joined = "".join(parts)
        letters = all(len(part) == 1 for part in parts) and joined in self._letters and spellings is self._spellings
        if len(parts) > 1 and not letters and _tight(text) not in self._as_listed:
            return None
        return resolve(text, spellings)

    def regimen(self, text: str) -> str | None:
        """Return the regimen id that a spelling stands for, or None."""
        known = self._known(text, self._spellings)
        if known:
            return known
        agents = self.agents(text)
        return self.of_agents(agents) if agents else None

    def of_agents(self, agents: Iterable[str]) -> str | None:
        """Return the regimen made of exactly these agents.

        Steroids do not tell combinations apart, but a single agent is a doublet only when its steroid is named.
        """
        given = frozenset(agents)
        if given not in self._of_agents:
            self._of_agents[given] = self._made_of(given)
        return self._of_agents[given]

    def _made_of(self, given: frozenset[str]) -> str | None:
        active = frozenset(agent for agent in given if not self._agents[agent].steroid)
        with_steroid = len(active) < len(given)
        if len(active) == 1 and (choice := self._by_choice.get(next(iter(active)))):
            return choice
        found = self._by_agents.get((active, with_steroid))
        if found is None and len(active) > 1:
            found = self._by_agents.get((active, not with_steroid))
        return found

    def agents(self, text: str) -> list[str] | None:
        """Return the agents that a combination names, steroids included, or None when a part is not understood."""
        whole = self._part(text.strip(), alone=True)
        parts = self._parts(text)
        if whole is not None or len(parts) < 2:
            return whole
        found: list[str] = []
        for part in parts:
            members = self._part(part, alone=False)
            if members is None:
                return None
            found += [agent for agent in members if agent not in found]
        return found or None

    def _parts(self, text: str) -> list[str]:
        """Split a combination at signs, and at `and`, `plus`, `with` unless they are part of a name."""
        parts: list[str] = []
        for part in filter(None, _SIGNS.split(text.strip())):
            known = resolve(part, self._agent_spellings) or resolve(part, self._spellings)
            parts += [part] if known else filter(None, _WORDS.split(f" {part} ".replace("  ", " ")))
        return [part.strip() for part in parts]

    def _part(self, part: str, *, alone: bool) -> list[str] | None:
        agent = self._known(part, self._agent_spellings)
        if agent:
            return [agent]
        regimen = self._known(part, self._spellings)
        if regimen:
            return self._given_in(regimen)
        short = None if alone else self._short.get(part)
        if short:
            return [short]
        return self._prefixed(part)

    def _prefixed(self, part: str) -> list[str] | None:
        """Read `Dara-Vd` or `D-Vd`: an agent, then a known regimen."""
        head, hyphen, tail = part.partition("-")
        regimen = resolve(tail, self._spellings) if hyphen else None
        agent = resolve(head, self._agent_spellings) or self._prefixes.get(head)
        return [agent, *self._given_in(regimen)] if regimen and agent else None

    def _given_in(self, name: str) -> list[str]:
        regimen = self._regimens[name]
        return [*regimen.agents, *([regimen.steroid] if regimen.steroid else [])]

    @property
    def spellings(self) -> Mapping[str, str]:
        """Every folded spelling with its regimen id."""
        return self._spellings
