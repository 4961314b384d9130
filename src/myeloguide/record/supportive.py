"""Drugs given beside the treatment of myeloma, not against it, by every spelling; they belong to no line of therapy."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

from myeloguide.knowledge.names import index, resolve
from myeloguide.knowledge.reading import Strict, check, read

DATA = Path(__file__).parent / "data" / "supportive.yaml"


class Purpose(Strict):
    """What some drugs are given for."""

    known_as: ClassVar[str] = "purpose"

    purpose: str
    drugs: tuple[str, ...]


class _File(Strict):
    purposes: tuple[Purpose, ...]


@cache
def _spellings() -> dict[str, str]:
    known = check(read(DATA, name=DATA.name), _File).purposes
    return index((drug, item.purpose) for item in known for drug in item.drugs)


def given_for(drug: str) -> str | None:
    """Return what a supportive drug is given for, None for any other word."""
    return resolve(drug, _spellings())
