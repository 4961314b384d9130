"""Codes of agents and regimens, each with where it was seen and how far it can be trusted. Read only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Literal

from pydantic import model_validator

from myeloguide.errors import suggestion
from myeloguide.knowledge.reading import Strict, check, read, wrong_value
from myeloguide.knowledge.vocabulary import DATA, Vocabulary, vocabulary

Status = Literal["seen", "seen-weak", "unverified", "missing", "wrong-in-the-wild"]
"""How far a code can be trusted; `missing`: the system has none that was found."""

TRAP = "trap"
"""Kind of a code that is met in records but must never be read as this agent."""


class Code(Strict):
    """A code of an agent or of a regimen in a coding system, with its verification status."""

    known_as: ClassVar[str] = "code"

    agent: str | None = None
    regimen: str | None = None
    system: str
    vocabulary: str | None = None
    code: str
    display: str
    kind: str
    status: Status
    origin: str

    @model_validator(mode="after")
    def _of_one_thing(self) -> Code:
        if (self.agent is None) == (self.regimen is None):
            raise wrong_value("a code belongs to an agent or to a regimen")
        if (self.code == "") != (self.status == "missing"):
            raise wrong_value(
                f"the code of {self.agent or self.regimen} is empty", "an empty code has the status missing, and only it"
            )
        return self

    @property
    def usable(self) -> bool:
        """Whether the code may be read as this agent or regimen."""
        return bool(self.code) and self.kind != TRAP and self.status != "wrong-in-the-wild"


class CodeFile(Strict):
    """The file of codes."""

    known_as: ClassVar[str] = "file of codes"

    codes: tuple[Code, ...]


@cache
def codes() -> tuple[Code, ...]:
    """Return every code that the program ships with."""
    return load(vocabulary())


def load(words: Vocabulary) -> tuple[Code, ...]:
    """Read the file of codes, checking every name in it."""
    document = read(DATA / "codes.yaml", name="codes.yaml")
    found = check(document, CodeFile).codes
    for position, code in enumerate(found):
        for name, known in ((code.agent, words.agents), (code.regimen, words.regimens)):
            if name is not None and name not in known:
                document.fail(("codes", position), f'there is no agent or regimen "{name}"', suggestion(name, known))
    return found


def codes_of(name: str) -> Iterator[Code]:
    """Yield the codes of an agent or regimen, traps included."""
    return (code for code in codes() if name in (code.agent, code.regimen))


def agent_of(system: str, code: str) -> str | None:
    """Return the agent that a code stands for, the most direct kind of code first, or None."""
    found = [item for item in codes() if item.agent and (item.system, item.code) == (system, code) and item.usable]
    return min(found, key=lambda item: item.kind != "drug").agent if found else None
