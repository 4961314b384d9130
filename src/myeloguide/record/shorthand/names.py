"""What a word of the shorthand names: agents by any spelling and by the field's letters, regimens, combinations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from myeloguide.errors import suggestion
from myeloguide.knowledge.names import resolve
from myeloguide.knowledge.vocabulary import Vocabulary

LETTERS = {
    "V": "bortezomib",
    "K": "carfilzomib",
    "I": "ixazomib",
    "T": "thalidomide",
    "R": "lenalidomide",
    "P": "pomalidomide",
    "D": "daratumumab",
    "E": "elotuzumab",
    "M": "melphalan",
    "C": "cyclophosphamide",
    "S": "selinexor",
    "X": "selinexor",
}
"""The agent that a letter stands for in the names of myeloma regimens; any other single letter is refused."""
SHARED = ("V", "P", "E", "M")
"""Letters that other agents claim, too: where the note names one of those, the letter says nothing."""
_JOINED = re.compile(r"\s*[+/&]\s*|\s+")
_CLASSES = "name its agents, such as R, V, D: which of them decides, and the class does not say"


class NotNamed(Exception):
    """A word that names nothing, or more than one thing: what is wrong, the remedy, and which part of the text it is."""

    def __init__(self, what: str, remedy: str = "", part: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy, self.part = what, remedy, part


class Names:
    """Looks up the names of a note."""

    def __init__(self, vocabulary: Vocabulary, words: Iterable[str] = ()) -> None:
        self.vocabulary = vocabulary
        self.words = tuple(words)
        """Words of the notation, among which a misspelt one may belong."""

    def course(self, text: str) -> tuple[str | None, list[str]]:
        """Return what was given: the id of a regimen where the words are one of its names, else the agents."""
        words = self.vocabulary
        agent = self._agent(text)
        if agent is not None:
            return None, [agent]
        joined = re.search(r"[+/&]", text) is not None
        regimen = None if joined else resolve(text, words.recogniser.spellings)
        agents = None if regimen else self._combination(text)
        if regimen is None and agents is None:
            regimen = words.regimen(text)
            if regimen is None:
                raise self._unknown(text)
        return regimen, agents or []

    def agents(self, text: str, *, every: bool = False) -> list[str]:
        """Return the agents that a member of a list names: one agent, or a regimen for all of its agents.

        `every` takes each agent of a choice: where CAR-T cannot be obtained, neither product can.
        """
        regimen, agents = self.course(text)
        if regimen is None:
            return agents
        found = self.vocabulary.regimens[regimen]
        if every and found.one_of:
            return [*found.agents, *(agent for group in found.one_of for agent in group)]
        if not found.agents:
            raise NotNamed(f'"{text}" names no agents', "name them, such as ide-cel or R, V")
        return list(found.agents)

    def regimen(self, text: str) -> str:
        """Return the id of a regimen, or the agents of one that has none, joined as the patient file writes them."""
        regimen, agents = self.course(text)
        return regimen or "+".join(agents)

    def _agent(self, text: str) -> str | None:
        if len(text) > 1:
            return self.vocabulary.agent(text) or self._short.get(text)
        if text == "d":
            return "dexamethasone"
        found = LETTERS.get(text.upper())
        if found is None:
            claimed = ", ".join(sorted(self._claims(text.upper())))
            raise NotNamed(f'"{text}" can mean {claimed}' if claimed else f'"{text}" is no agent', "write the name")
        return found

    @cached_property
    def _short(self) -> dict[str, str]:
        """Short forms of two letters that stand for one agent only, such as `Cy` and `Bu`."""
        found: dict[str, list[str]] = {}
        for name, agent in self.vocabulary.agents.items():
            for short in agent.abbreviations:
                found.setdefault(short, []).append(name)
        return {short: names[0] for short, names in found.items() if len(short) > 1 and len(names) == 1}

    def _claims(self, letter: str) -> list[str]:
        return [agent.name for agent in self.vocabulary.agents.values() if letter in agent.abbreviations]

    def _combination(self, text: str) -> list[str] | None:
        """Read agents joined by signs or spaces, an agent before a regimen, or a regimen's name made of its letters."""
        recogniser = self.vocabulary.recogniser
        found = recogniser.agents(text)
        if found is not None:
            return found
        parts = _JOINED.split(text)
        if len(parts) == 1:
            return self._spelled(text)
        members: list[str] = []
        for part in parts:
            named = [part] if part in self.vocabulary.agents else self._part(part)
            if named is None:
                return None
            members += [agent for agent in named if agent not in members]
        return members

    def _part(self, part: str) -> list[str] | None:
        agent = self._agent(part)
        if agent is not None:
            return [agent]
        return self.vocabulary.recogniser.agents(part) or self._spelled(part)

    def _spelled(self, text: str) -> list[str] | None:
        """Read `DaraKRd` or `DKRd`: letters and short forms, one of them longer than a letter or `d` at the end.

        Capitals alone are more often something else (CKD, DVT).
        """
        shorts = {letter: agent for letter, agent in LETTERS.items() if letter not in SHARED[1:]} | self._short
        shorts["d"] = "dexamethasone"
        rest, plain = text.replace("-", ""), "-" not in text
        found: list[str] = []
        while rest:
            short = next((rest[:size] for size in range(min(6, len(rest)), 0, -1) if rest[:size] in shorts), None)
            if short is None or shorts[short] in found or (short == "d" and rest != "d"):
                return None
            plain = plain and len(short) == 1 and short != "d"
            found.append(shorts[short])
            rest = rest[len(short) :]
        return None if plain or len(found) < 2 else found

    def _unknown(self, text: str) -> NotNamed:
        """Say which word of a text names nothing, and what was likely meant."""
        words = self.vocabulary
        parts = [part for part in _JOINED.split(text) if part]
        part = next((part for part in parts if not self._known(part)), text)
        if re.fullmatch(r"(?:[A-Z]{2,4})", part) and all(letter in LETTERS for letter in part):
            spelled = "+".join(part)
            return NotNamed(f'"{part}" is no regimen that is known', f"join its agents, {spelled}, if that is meant", part)
        near = (words.near_agent(part), words.near_regimen(part), suggestion(part, self.words))
        remedy = next((text for text in near if text), "name an agent or a regimen, or put what is only a remark in parentheses")
        return NotNamed(f'"{part}" is not understood', remedy, part)

    def _known(self, part: str) -> bool:
        try:
            return self._part(part) is not None or self.vocabulary.regimen(part) is not None
        except NotNamed:
            return False

    def also_meant(self, letter: str, named: Sequence[str]) -> list[str]:
        """Return the other agents among those named that the letter can mean."""
        claims = [name for name, agent in self.vocabulary.agents.items() if letter in agent.abbreviations]
        return [name for name in claims if name in named and name != LETTERS[letter]]
