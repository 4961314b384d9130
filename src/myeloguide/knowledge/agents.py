"""Agents and their classes."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, StrictBool

from myeloguide.knowledge.reading import Strict
from myeloguide.knowledge.source import Source


class DrugClass(Strict):
    """A class of agents, as the source names it; `within` is the wider class it belongs to."""

    known_as: ClassVar[str] = "class"

    drug_class: str = Field(alias="class")
    name: str
    abbreviations: tuple[str, ...] = ()
    within: str | None = None
    source: Source


class Agent(Strict):
    """A drug or cell product; a steroid is carried but decides nothing."""

    known_as: ClassVar[str] = "agent"

    agent: str
    name: str
    drug_class: str = Field(alias="class")
    target: str
    route: tuple[str, ...]
    steroid: StrictBool = False
    abbreviations: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    source: Source


class AgentFile(Strict):
    """The file of classes and agents."""

    known_as: ClassVar[str] = "file of agents"

    classes: tuple[DrugClass, ...]
    agents: tuple[Agent, ...]
