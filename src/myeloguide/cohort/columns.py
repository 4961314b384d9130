"""A table of facts as planes: each fact's column becomes bits of known true and known false, one bit a patient."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import numpy as np
import polars as pl
from numpy.typing import NDArray

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.history.closure import KNOWN, THRESHOLDS, Planes
from myeloguide.knowledge.facts import Fact, Key
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.sources import no_column

Plane = NDArray[np.uint64]
"""One bit a patient, packed in little-endian order, padded to whole words."""

Mask = NDArray[np.bool_]

IDENTITY = ("patient_id", "decision")
ANSWERED = ("list", "tier", "option", "grade", "status")
"""Columns that the answer adds."""
_ALIKE = 0.88
_LEFT_OUT = 3
"""Signs that a misspelt name may lack, as refractory_lenalidomide lacks `to_`."""
_MISSING = ("", "na", "n/a", "nan", "null", "none")
_YES = {"true", "yes", "1", "1.0", "t", "y"}
_NO = {"false", "no", "0", "0.0", "f", "n"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds which fact; `extra` columns pass through, `warnings` name those that look misspelt."""

    members: dict[str, tuple[str, str]]
    scalars: tuple[str, ...]
    identity: tuple[str, ...]
    extra: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def lay_out(columns: Sequence[str], vocabulary: Vocabulary, where: str) -> Layout:
    """Assign every column of a table to a fact, to the patient's identity, or to what passes through."""
    if "patient_id" not in columns:
        raise InputError(no_column(where, "patient_id", columns))
    for name in ANSWERED:
        if name in columns:
            raise InputError(Problem(where, f"the column {name} has the name of a column of the answer", "rename it"))
    known: dict[str, tuple[str, str]] = {}
    for name, fact in vocabulary.facts.items():
        for member in vocabulary.members(fact) if fact.is_set else ():
            known[f"{fact.column}{_as_column(member, fact, vocabulary)}"] = (name, member)
    scalars = tuple(name for name, fact in vocabulary.facts.items() if not fact.is_set and name in columns)
    named_lists = {**vocabulary.complements, **vocabulary.partial}
    lists = [name for name in columns if name in named_lists or (name in vocabulary.facts and name not in scalars)]
    if lists:
        prefix = vocabulary.facts[named_lists.get(lists[0], lists[0])].column
        what = f"the column {lists[0]} is a list; in a table it is one yes-or-no column for each member"
        raise InputError(Problem(where, what, f"write {prefix}lenalidomide, {prefix}... with true, false or nothing"))
    members = {name: known[name] for name in columns if name in known}
    identity = tuple(name for name in IDENTITY if name in columns)
    extra = tuple(name for name in columns if name not in members and name not in scalars and name not in identity)
    twice = [name for name in extra if re.search(r"_duplicated_\d+\Z", name)]
    if twice:
        name = re.sub(r"_duplicated_\d+\Z", "", twice[0])
        raise InputError(Problem(where, f"the column {name} stands twice", "keep one"))
    prefixes = tuple(fact.column for fact in vocabulary.facts.values() if fact.column)
    names = [*vocabulary.facts, *known, *IDENTITY]
    warnings = [
        f'the column "{name}" is not a known fact and passes through' + (f"; {hint}" if (hint := suggestion(name, names)) else "")
        for name in extra
        if name.startswith(prefixes) or _looks_like_a_fact(name, names)
    ]
    return Layout(members, scalars, identity, extra, tuple(warnings))


def _looks_like_a_fact(name: str, known: Iterable[str]) -> bool:
    folded = name.strip().casefold()
    near = (other for other in known if abs(len(other) - len(folded)) <= _LEFT_OUT)
    return any(SequenceMatcher(None, folded, other).ratio() > _ALIKE for other in near)


def refuse_types(schema: Mapping[str, pl.DataType], layout: Layout, vocabulary: Vocabulary, where: str) -> None:
    """Refuse a table in which a column of a fact, or of the identity, is of a type that cannot hold it."""
    for name in layout.identity:
        if schema[name].is_nested() or schema[name] == pl.Binary:
            raise InputError(Problem(where, f"the column {name} holds {schema[name]}", "it is a text or a number"))
    for name in (*layout.members, *layout.scalars):
        fact = vocabulary.facts[layout.members[name][0] if name in layout.members else name]
        type_ = schema[name]
        text = type_ in (pl.String, pl.Null, pl.Categorical) or type_ == pl.Enum
        fits = (
            text
            or (type_.is_numeric() and fact.kind != "category")
            or (type_ == pl.Boolean and fact.kind not in ("category", "integer", "number"))
        )
        if not fits:
            wanted = {"category": "words", "integer": "whole numbers", "number": "numbers"}.get(
                fact.kind, "true, false or nothing"
            )
            raise InputError(Problem(where, f"the column {name} holds {type_}", f"it holds {wanted}"))


def _as_column(member: str, fact: Fact, vocabulary: Vocabulary) -> str:
    return vocabulary.regimens[member].column if fact.kind == "regimens" else member


@dataclass(slots=True)
class Rejects:
    """Rows that cannot be used: for each the first reason found, as an index into `reasons` (-1: none)."""

    size: int
    first: NDArray[np.int32] = field(init=False)
    reasons: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first = np.full(self.size, -1, dtype=np.int32)

    def add(self, rows: Mask, reason: str) -> None:
        """Set rows aside for a reason, unless they already were."""
        new = rows & (self.first < 0)
        if new.any():
            self.first[new] = len(self.reasons)
            self.reasons.append(reason)


def pack_bits(mask: Mask) -> Plane:
    """Pack one boolean a patient into a plane."""
    packed = np.packbits(mask, bitorder="little")
    words = np.zeros(-(-len(mask) // 64) * 8, dtype=np.uint8)
    words[: len(packed)] = packed
    return words.view(np.uint64)


def unpack_bits(plane: Plane, size: int) -> NDArray[np.uint8]:
    """Return a plane as 0 or 1 for each patient."""
    return np.unpackbits(plane.view(np.uint8), count=size, bitorder="little")


def planes_of_table(
    table: pl.DataFrame, layout: Layout, vocabulary: Vocabulary, thresholds: Iterable[Key], rejects: Rejects
) -> tuple[Planes, Plane, Plane]:
    """Return the planes of a table's facts with the empty and the full plane; wrong values go to `rejects`."""
    size = table.height
    none: Plane = np.zeros(-(-size // 64), dtype=np.uint64)
    every: Plane = ~none
    planes: Planes = {}
    for name, fact in vocabulary.facts.items():
        members = vocabulary.members(fact) if fact.is_set else fact.values or ("",)
        unknown = (none, every) if fact.none_unless_named else (none, none)
        planes.update(((name, member), unknown) for member in members if not fact.is_number)
    plain = [name for name in layout.scalars if vocabulary.facts[name].kind == "boolean"]
    for column, (yes, no) in _booleans(table, [*layout.members, *plain], rejects, none).items():
        key = layout.members.get(column, (column, ""))
        planes[key] = (yes, ~yes if vocabulary.facts[key[0]].none_unless_named else no)
    numbers: dict[str, NDArray[np.float64]] = {}
    for name in layout.scalars:
        fact = vocabulary.facts[name]
        if fact.is_number:
            numbers[name] = _number(table[name], fact, rejects)
        elif fact.kind == "category":
            planes.update(_category(table[name], fact, rejects, none))
    for key in (*THRESHOLDS, *thresholds):
        planes[key] = _compared(numbers.get(key[0]), key, none)
    return planes, none, every


def _packed(mask: Mask, none: Plane) -> Plane:
    return pack_bits(mask) if mask.any() else none


def _booleans(table: pl.DataFrame, columns: Sequence[str], rejects: Rejects, none: Plane) -> dict[str, tuple[Plane, Plane]]:
    """Return the planes of each yes-or-no column."""
    schema = table.schema
    plain = [name for name in columns if schema[name] == pl.Boolean]
    gaps = [name for name in plain if table[name].null_count()]
    filled = {series.name: series for series in table.select(pl.col(gaps).fill_null(value=False))}
    known = {series.name: series for series in table.select(pl.col(gaps).is_not_null())}
    found = {}
    for name in columns:
        if schema[name] != pl.Boolean:
            yes, no = _spelt_boolean(table[name], rejects)
            found[name] = _packed(yes, none), _packed(no, none)
            continue
        plane = _packed(filled.get(name, table[name]).to_numpy(), none)
        found[name] = (plane, pack_bits(known[name].to_numpy()) & ~plane if name in known else ~plane)
    return found


def _spelt_boolean(series: pl.Series, rejects: Rejects) -> tuple[Mask, Mask]:
    words = series.cast(pl.String).str.strip_chars().str.to_lowercase()
    yes, no = (words.is_in(list(spelt)).fill_null(value=False).to_numpy() for spelt in (_YES, _NO))
    _reject_words(series, words, yes | no, rejects, "write true, false or nothing")
    return yes, no


def _reject_words(series: pl.Series, words: pl.Series, understood: Mask, rejects: Rejects, remedy: str) -> None:
    wrong = ~understood & words.is_not_null().to_numpy() & ~words.is_in(list(_MISSING)).fill_null(value=False).to_numpy()
    for word in words.filter(pl.Series(wrong)).unique().sort().head(20) if wrong.any() else ():
        rejects.add(wrong & (words == word).fill_null(value=False).to_numpy(), f'{series.name} is "{word}" ({remedy})')
    if wrong.any():
        rejects.add(wrong, f"{series.name} is not understood ({remedy})")


def _category(series: pl.Series, fact: Fact, rejects: Rejects, none: Plane) -> Planes:
    words = series.cast(pl.String)
    if not words.is_in([*fact.values, None], nulls_equal=True).all():
        words = words.str.strip_chars().str.to_lowercase()
    chosen = {choice: (words == choice).fill_null(value=False).to_numpy() for choice in fact.values}
    known = np.logical_or.reduce(list(chosen.values()))
    _reject_words(series, words, known, rejects, f"write {', '.join(fact.values)} or nothing")
    planes: Planes = {}
    for choice, mask in chosen.items():
        other = known & ~mask
        planes[fact.fact, choice] = _packed(mask, none), _packed(other, none)
    return planes


def _number(series: pl.Series, fact: Fact, rejects: Rejects) -> NDArray[np.float64]:
    """Return a column of numbers with NaN where the value is unknown."""
    given = series
    if not series.dtype.is_numeric():
        stripped = series.cast(pl.String).str.strip_chars()
        given = stripped.set(stripped.str.to_lowercase().is_in(list(_MISSING)).fill_null(value=False), None)
    numbers = given.cast(pl.Float64, strict=False)
    wrong = numbers.is_null().to_numpy() & given.is_not_null().to_numpy()
    what = f"{fact.fact} is not a number of {fact.unit} (write {'2' if fact.kind == 'integer' else '34.5'} or nothing)"
    rejects.add(wrong | numbers.is_nan().fill_null(value=False).to_numpy(), what)
    values = numbers.fill_null(float("nan")).to_numpy()
    assert fact.least is not None
    assert fact.most is not None
    outside = (values < fact.least) | (values > fact.most)
    rejects.add(outside, f"{fact.fact} lies outside {fact.least:g} to {fact.most:g}")
    if fact.kind == "integer":
        with np.errstate(invalid="ignore"):
            rejects.add(np.isfinite(values) & (values != np.floor(values)), f"{fact.fact} is not a whole number")
    return np.asarray(values, dtype=np.float64)


def _compared(values: NDArray[np.float64] | None, key: Key, none: Plane) -> tuple[Plane, Plane]:
    if values is None:
        return none, none
    if key[1] == KNOWN:
        return pack_bits(~np.isnan(values)), none
    operator, limit = key[1]
    reached = values >= limit if operator == ">=" else values > limit
    missed = values < limit if operator == ">=" else values <= limit
    return pack_bits(reached), pack_bits(missed)
