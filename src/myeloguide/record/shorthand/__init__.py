"""The shorthand: a patient as a haematologist notes it, read into a patient file and written from one."""

from __future__ import annotations

from dataclasses import dataclass, field
from collections.abc import Mapping

from myeloguide.knowledge.reading import Document
from myeloguide.knowledge.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Note(Document):
    """The patient file that a note stands for. A reason told for a contraindication is kept beside it, as a remark."""

    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict)
    not_used: tuple[str, ...] = ()


def read_note(text: str, vocabulary: Vocabulary, name: str = "shorthand") -> Note:
    """Read a note; InputError shows the place and says what was likely meant."""
    from myeloguide.record.shorthand.building import build
    from myeloguide.record.shorthand.reading import parse

    built = build(parse(text, name), text, name, vocabulary)
    return Note(name, built.data, built.places, built.reasons, tuple(dict.fromkeys(built.not_used)))
