"""Two rule sets for lines over the same records: where lines, refractoriness, facts and the options offered differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from myeloguide.cohort.columns import lay_out
from myeloguide.cohort.derive import BATCH, fact_table
from myeloguide.cohort.progress import progress
from myeloguide.cohort.run import Cohort
from myeloguide.errors import InputError, Problem
from myeloguide.guideline.pack import Pack
from myeloguide.history.differences import differences
from myeloguide.history.rule_sets import RULE_SETS, rule_set
from myeloguide.history.story import tell
from myeloguide.record.events import Events
from myeloguide.record.fact_sheet import FactSheet
from myeloguide.record.patient_file import read_switches
from myeloguide.record.quality import Report, refuse_nothing_used
from myeloguide.record.tables import patients_of, read_tables

KINDS: Mapping[str, str] = {
    "number of lines": "another number of lines",
    "line": "a line that only one of the two has",
    "start": "a line that begins on another day",
    "regimen": "another regimen of a line",
    "best response": "another best response to a line",
    "progression": "another progression of a line",
    "refractory": "refractoriness to an agent known otherwise",
    "fact": "another fact on which a decision is made",
    "option": "another option offered",
}
"""Every kind of difference, in words."""

SCHEMA = {
    "patient_id": pl.String,
    "about": pl.String,
    "line": pl.Int32,
    "item": pl.String,
    "first": pl.String,
    "second": pl.String,
}
_ROW = ("list", "tier", "option", "grade")
_MOST_OPTIONS = 15


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """How many patients have a kind of difference, and how many differences of it there are."""

    about: str
    text: str
    patients: int
    differences: int


@dataclass(frozen=True, slots=True, eq=False)
class OptionCount:
    """An option where it stands, and to how many patients only one of the two rule sets has it offered."""

    option: str
    only_first: int
    only_second: int


@dataclass(frozen=True, slots=True, eq=False)
class RulesCompared:
    """What differs between two rule sets, counted. Nothing in it is of any one patient."""

    first: str
    second: str
    pack: str
    patients: int
    alike: int
    same_options: int
    """Patients to whom both offer the same, whatever else differs."""
    more_lines: tuple[int, int]
    """Patients for whom the first, and for whom the second, counts more lines."""
    not_answered: int
    """Patients whose facts by one of the two contradict each other."""
    kinds: tuple[Count, ...]
    options: tuple[OptionCount, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RulesComparison:
    """The counts, and every difference: patient, what it is about, its line or item, what the two say."""

    counted: RulesCompared
    rows: pl.DataFrame
    report: Report
    """What was read of the tables, and what was set aside."""


def compare_rules(
    source: Path,
    pack: Pack,
    rules: Sequence[str],
    today: date,
    *,
    as_of: date | None = None,
    switched: Mapping[str, str] | None = None,
    shown: bool = False,
) -> RulesComparison:
    """Tell every patient of some record tables by two rule sets. Lines given are left aside; both count for themselves."""
    names = tuple(rules) or tuple(RULE_SETS)
    if len(names) != 2 or names[0] == names[1]:
        raise InputError(Problem("--rules", f"{len(set(names))} rule sets are named", "name two that differ"))
    counts = [rule_set(name) for name in names]
    switches = read_switches(switched or {}, pack.switches, "--ruling")
    columns = fact_table({}, pack.vocabulary).columns
    cohort = Cohort(pack, lay_out(columns, pack.vocabulary, str(source)), switches)
    examined = read_tables(source).examine(today=today)
    refuse_nothing_used(examined.report, source)
    parts = [pl.DataFrame(schema=SCHEMA)]
    not_answered = 0
    with progress(len(examined.patients), shown=shown) as advance:
        patients = patients_of(examined)
        while some := list(islice(patients, BATCH)):
            facts: tuple[dict[str, FactSheet], dict[str, FactSheet]] = ({}, {})
            rows: list[tuple[Any, ...]] = []
            for events in some:
                told = [tell(_uncounted(events), pack.vocabulary, _day(events, as_of or today), count) for count in counts]
                for side, found in zip(facts, told, strict=True):
                    side[found.patient_id] = found.derived.facts
                for item in differences(told[0].derived.courses, told[1].derived.courses, pack.vocabulary):
                    rows.append((told[0].patient_id, item.about, item.line, None, item.first, item.second))
                advance(1)
            frames = [fact_table(side, pack.vocabulary) for side in facts]
            parts += [pl.DataFrame(rows, schema=SCHEMA, orient="row"), *_facts(*frames)]
            answered = [cohort.options(frame) for frame in frames]
            not_answered += int(np.logical_or(*(rejects.first >= 0 for _, rejects in answered)).sum())
            parts.append(_options(*(options for options, _ in answered)))
    order = pl.Enum(list(KINDS))
    found_rows = pl.concat(parts).sort("patient_id", pl.col("about").cast(order), "line", "item", nulls_last=True)
    counted = _counted(found_rows, (names[0], names[1]), f"{pack.header.pack} {pack.header.version}", len(examined.patients))
    return RulesComparison(replace(counted, not_answered=not_answered), found_rows, examined.report)


def _uncounted(events: Events) -> Events:
    return replace(events, lines=None)


def _day(events: Events, otherwise: date) -> date:
    return (events.person.as_of.last if events.person.as_of is not None else None) or otherwise


def _facts(first: pl.DataFrame, second: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the facts, column by column, that two tables of the same patients say differently; empty is unknown."""
    for name in first.columns[1:]:
        differ = first[name].ne_missing(second[name])
        if differ.any():
            yield (
                pl.DataFrame({"patient_id": first["patient_id"], "first": first[name], "second": second[name]})
                .filter(differ)
                .select(
                    "patient_id",
                    about=pl.lit("refractory" if name.startswith("refractory_to_") else "fact"),
                    line=pl.lit(None, pl.Int32),
                    item=pl.lit(name),
                    first=pl.col("first").cast(pl.String),
                    second=pl.col("second").cast(pl.String),
                )
            )


def _options(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are offered by one side only, with the status on both; empty where the list does not apply."""
    sides = [
        frame.select("patient_id", *(pl.col(name).cast(pl.String) for name in (*_ROW, "status"))) for frame in (first, second)
    ]
    both = sides[0].join(sides[1], on=["patient_id", *_ROW], how="full", coalesce=True, nulls_equal=True)
    offered = [pl.col(name).eq_missing(pl.lit("offered")) for name in ("status", "status_right")]
    return both.filter(offered[0] != offered[1]).select(
        "patient_id",
        about=pl.lit("option"),
        line=pl.lit(None, pl.Int32),
        item=pl.concat_str(_ROW, separator="/", ignore_nulls=True),
        first=pl.col("status"),
        second=pl.col("status_right"),
    )


def _counted(rows: pl.DataFrame, names: tuple[str, str], pack: str, patients: int) -> RulesCompared:
    by_kind: dict[str, tuple[int, int]] = {
        about: (people, number)
        for about, people, number in rows.group_by("about").agg(pl.col("patient_id").n_unique(), number=pl.len()).iter_rows()
    }
    number = rows.filter(pl.col("about") == "number of lines").select(pl.col("first", "second").cast(pl.Int32))
    options = (
        rows.filter(pl.col("about") == "option")
        .group_by("item")
        .agg(first=(pl.col("first") == "offered").sum(), second=(pl.col("second") == "offered").sum())
        .sort(pl.col("first") + pl.col("second"), "item", descending=[True, False])
    )
    return RulesCompared(
        *names,
        pack=pack,
        patients=patients,
        alike=patients - rows["patient_id"].n_unique(),
        same_options=patients - by_kind.get("option", (0, 0))[0],
        more_lines=(
            number.filter(pl.col("first") > pl.col("second")).height,
            number.filter(pl.col("first") < pl.col("second")).height,
        ),
        not_answered=0,
        kinds=tuple(Count(about, text, *by_kind.get(about, (0, 0))) for about, text in KINDS.items()),
        options=tuple(OptionCount(*row) for row in options.iter_rows()),
    )


def summary(found: RulesCompared) -> Iterator[str]:
    """Yield the lines of the summary: counts, nothing of any patient."""
    yield f"Lines counted by {found.first} and by {found.second}; options by {found.pack}."
    differ, options = found.patients - found.alike, found.patients - found.same_options
    said = f"{found.alike:,} told alike, {differ:,} otherwise, {options:,} of them with other options"
    yield f"{found.patients:,} patients: {said}."
    if found.not_answered:
        yield f"{found.not_answered:,} patients have facts that contradict each other, and no options."
    yield ""
    yield f"{'patients':>9}  {'differences':>11}"
    for kind in found.kinds:
        more = ""
        if kind.about == "number of lines" and kind.patients:
            more = f" (more by {found.first}: {found.more_lines[0]:,}, more by {found.second}: {found.more_lines[1]:,})"
        yield f"{kind.patients:>9,}  {kind.differences:>11,}  {kind.text}{more}"
    if found.options:
        yield ""
        yield f"Offered by one only: patients by {found.first}, by {found.second}"
        for option in found.options[:_MOST_OPTIONS]:
            yield f"{option.only_first:>9,}  {option.only_second:>11,}  {option.option}"
        if len(found.options) > _MOST_OPTIONS:
            yield f"and {len(found.options) - _MOST_OPTIONS} more"
