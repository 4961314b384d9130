"""Columns of record tables as read, converted in bulk: dates to intervals, values to standard units, words to ids.

A date is one whole number, its *key*: the ordinal of the first possible day times `SPAN` plus the days to the last.
Each converted row keeps `row`; `aside` names why it cannot be used, `what` says it; `flag_*` say what of it is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from myeloguide.errors import suggestion
from myeloguide.knowledge.names import fold
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.patient_file import RESPONSES
from myeloguide.record.schema import (
    CATEGORIES,
    FINDINGS,
    INTENTS,
    MISSING,
    PROCEDURES,
    PROGRESSIONS,
    STOP_REASONS,
    TABLES,
    YES_NO,
)
from myeloguide.record.supportive import given_for
from myeloguide.record.time import When, parse_when
from myeloguide.record.units import Unit, Units

SPAN = 1024
"""More than the days of a year, the longest interval that a written date can stand for."""
_EPOCH = date(1970, 1, 1).toordinal()
_YEARS = (1900, 2200)
_WITH_TIME = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"
_MOST_CACHED = 500_000
_SHOWN = 60

_SIGN = r"^[-+]?"
_PLAIN = _SIGN + r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?$"
_DECIMAL_COMMA = _SIGN + r"(?:(?:0|[0-9]{4,}),[0-9]+|[0-9]{1,3},(?:[0-9]{1,2}|[0-9]{4,})|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+)$"
_GROUPED_BY_COMMA = _SIGN + r"(?:[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,})$"
_GROUPED_BY_POINT = _SIGN + r"[0-9]{1,3}(?:\.[0-9]{3}){2,}$"
_COMMA_AND_THREE = _SIGN + r"[1-9][0-9]{0,2},[0-9]{3}$"
_POINT_AND_THREE = _SIGN + r"[1-9][0-9]{0,2}\.[0-9]{3}$"
_GROUPING_SPACE = "([0-9])[ \u00a0\u2009\u202f'’]([0-9]{3})"
_OPERATOR = r"^(<=|>=|<|>|=)"
_OPERATORS = {"<": "<", "<=": "<=", "=<": "<=", ">": ">", ">=": ">=", "=>": ">=", "=": "=", "==": "=", "lt": "<", "le": "<=",
              "gt": ">", "ge": ">=", "eq": "="}  # fmt: skip


def key_of(when: When) -> int:
    """Return a date as one number."""
    assert when.first is not None
    assert when.last is not None
    return when.first.toordinal() * SPAN + (when.last - when.first).days


def when_of(key: int) -> When:
    """Return the date that a key stands for."""
    first = key // SPAN
    return When(date.fromordinal(first), date.fromordinal(first + key % SPAN))


def first_day(key: pl.Expr) -> pl.Expr:
    """Return the ordinal of the first possible day of keys."""
    return key // SPAN


def last_day(key: pl.Expr) -> pl.Expr:
    """Return the ordinal of the last possible day of keys."""
    return key // SPAN + key % SPAN


def looked_up(column: pl.Expr, find: Callable[[Any], Any], type_: Any) -> pl.Expr:
    """Return a column with each distinct value replaced by what `find` says of it."""
    known: dict[Any, Any] = {}

    def replaced(series: pl.Series) -> pl.Series:
        if len(known) > _MOST_CACHED:
            known.clear()
        words = series.drop_nulls().unique()
        if not len(words):
            return pl.Series(series.name, [None], dtype=type_).new_from_index(0, len(series))
        given = words.to_list()
        found = []
        for word in given:
            if word not in known:
                known[word] = find(word)
            found.append(known[word])
        return series.replace_strict(words, pl.Series(found, dtype=type_), default=None, return_dtype=type_)

    return column.map_batches(replaced, return_dtype=type_, is_elementwise=True)


@dataclass(slots=True)
class _Conversion:
    """What becomes of a table: its columns, why rows are set aside, what of a row is kept but not used."""

    columns: dict[str, pl.Expr] = field(default_factory=dict)
    aside: list[tuple[pl.Expr, str, pl.Expr]] = field(default_factory=list)
    flags: list[tuple[pl.Expr, str, pl.Expr]] = field(default_factory=list)


def _shown(word: str) -> str:
    return f'"{word[:_SHOWN]}"'


def _text(name: str, held: pl.DataType, *, words_for_nothing: bool = True) -> pl.Expr:
    """Return a column as text, what is empty as null."""
    column = pl.col(name)
    if held.is_float():
        # A whole number in a column of fractions is written as one: an ECOG of 1, not 1.0.
        whole = column.cast(pl.Int64, strict=False)
        return (
            pl.when(column.is_nan())
            .then(None)
            .when(column == whole)
            .then(whole.cast(pl.String))
            .otherwise(column.cast(pl.String))
        )
    text = column.cast(pl.String).str.strip_chars()
    empty = text == ""
    if words_for_nothing:
        empty = empty | text.str.to_lowercase().is_in(list(MISSING))
    return pl.when(empty.not_()).then(text)


def convert(frame: pl.LazyFrame, name: str, vocabulary: Vocabulary, units: Units) -> pl.LazyFrame:
    """Return a table converted, with `row`, `patient_id`, its columns, `aside`, `what` and `flag_*`."""
    schema = frame.collect_schema()
    texts = {
        column.name: _text(column.name, schema[column.name], words_for_nothing=(name, column.name) != ("findings", "value"))
        for column in TABLES[name]
        if column.holds in ("id", "text", "date", "boolean") and not schema[column.name].is_temporal()
    }
    texts["patient_id"] = _text("patient_id", schema["patient_id"], words_for_nothing=False)
    if name == "findings":
        texts["value"] = _text("value", schema["value"], words_for_nothing=False)
    frame = frame.with_columns(**texts)
    made = _Conversion()
    made.columns["patient_id"] = pl.col("patient_id")
    made.aside.append((pl.col("patient_id").is_null(), "no_patient", pl.lit("patient_id is empty")))
    for column in TABLES[name]:
        if column.holds == "date":
            _date(made, column.name, schema[column.name])
    frame = _CONVERTERS[name](made, frame, schema, vocabulary, units)
    clean = list(made.columns)
    kind = pl.coalesce(*(pl.when(wrong).then(pl.lit(kind)) for wrong, kind, _ in made.aside))
    what = pl.coalesce(*(pl.when(wrong).then(said) for wrong, _, said in made.aside))
    flagged = {f"flag_{kind}": pl.when(wrong).then(said) for wrong, kind, said in made.flags}
    # The raw columns are still named as read while the clean ones are made beside them.
    beside = {f"clean_{column}": made.columns[column] for column in clean}
    return (
        frame.with_columns(**beside)
        .with_columns(aside=kind, what=what, **flagged)
        .select("row", *(pl.col(f"clean_{column}").alias(column) for column in clean), "aside", "what", *flagged)
    )


def _said(wrong: pl.Expr, words: str, *values: pl.Expr) -> pl.Expr:
    """Return what is said of the rows that are wrong; of the others nothing is put into words, which would take long."""
    return pl.format(words, *(pl.when(wrong).then(value) for value in values))


def _clean(name: str) -> pl.Expr:
    return pl.col(f"clean_{name}")


def _date(made: _Conversion, name: str, held: pl.DataType) -> None:
    if held == pl.Date or isinstance(held, pl.Datetime):
        day = pl.col(name).dt.date()
        possible = day.dt.year().is_between(*_YEARS)
        made.columns[name] = pl.when(possible).then((day.to_physical().cast(pl.Int64) + _EPOCH) * SPAN)
        said = _said(possible.not_(), f"{name} {{}} is no date: the year is impossible", day)
    else:
        text = pl.col(name)
        has_time = text.str.contains(":", literal=True)
        days = pl.when(has_time).then(text.str.replace(_WITH_TIME, "${1}")).otherwise(text)
        made.columns[name] = looked_up(days, _date_key, pl.Int64)
        said = looked_up(pl.when(_clean(name).is_null()).then(days), lambda word: f"{name}: {_date_fault(word)}", pl.String)
    made.aside.append((pl.col(name).is_not_null() & _clean(name).is_null(), "impossible_date", said))


def _date_key(word: str) -> int | None:
    try:
        return key_of(parse_when(word))
    except ValueError:
        return None


def _date_fault(word: str) -> str:
    try:
        parse_when(word)
    except ValueError as error:
        return str(error)
    return "is no date"


def _unknown_word(what: str, known: Mapping[str, Any] | tuple[str, ...]) -> Callable[[str], str]:
    def said(word: str) -> str:
        hint = suggestion(word, known)
        return f"there is no {what} {_shown(word)}" + (f" ({hint})" if hint else "")

    return said


def _word(
    made: _Conversion, name: str, spelt: Mapping[str, str], kind: str, what: str, *, keep: bool = True, aside: bool = False
) -> None:
    """Read a column against a closed list; another word is kept as it is, left out, or sets its row aside."""

    def find(word: str) -> str | None:
        return spelt.get(fold(word), word if keep else None)

    made.columns[name] = looked_up(pl.col(name), find, pl.String)
    known = tuple(dict.fromkeys(spelt.values()))
    wrong = pl.col(name).is_not_null() & _clean(name).is_in(list(known)).fill_null(value=False).not_()
    said = looked_up(pl.when(wrong).then(pl.col(name)), _unknown_word(what, known), pl.String)
    (made.aside if aside else made.flags).append((wrong, kind, said))


def _empty(made: _Conversion, name: str, kind: str) -> None:
    made.aside.append((pl.col(name).is_null(), kind, pl.lit(f"{name} is empty")))


def _number(made: _Conversion, name: str, held: pl.DataType, kind: str, type_: Any) -> None:
    """Read a column of optional numbers; one that cannot be read is left out and its row kept."""
    if held.is_numeric():
        given = written = pl.col(name).cast(pl.Float64).fill_nan(None)
    else:
        given = _text(name, held)
        plain = given.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        written = pl.when(given.str.contains(_DECIMAL_COMMA)).then(plain).otherwise(given)
    number = written.cast(pl.Float64, strict=False)
    usable = number.is_finite() & (number >= 0)
    if type_ == pl.Int64:
        usable = usable & (number == number.floor()) & (number < 1000)
    made.columns[name] = pl.when(usable).then(number).cast(type_, strict=False)
    wrong = given.is_not_null() & _clean(name).is_null()
    made.flags.append((wrong, kind, _said(wrong, f'{name} "{{}}" is not read', given)))


def _boolean(made: _Conversion, name: str, kind: str) -> None:
    made.columns[name] = looked_up(pl.col(name), lambda word: YES_NO.get(word.casefold()), pl.Boolean)
    wrong = pl.col(name).is_not_null() & _clean(name).is_null()
    said = _said(wrong, f'{name} "{{}}" is not read (write true, false or nothing)', pl.col(name))
    made.flags.append((wrong, kind, said))


def _patients(made: _Conversion, frame: pl.LazyFrame, schema: pl.Schema, vocabulary: Vocabulary, units: Units) -> pl.LazyFrame:
    made.columns["sex"] = pl.col("sex")
    return frame


def _treatments(made: _Conversion, frame: pl.LazyFrame, schema: pl.Schema, vocabulary: Vocabulary, units: Units) -> pl.LazyFrame:
    def unknown(word: str) -> str:
        regimen = vocabulary.regimen(word)
        hint = vocabulary.near_agent(word)
        if regimen is not None:
            members = ", ".join(vocabulary.regimens[regimen].agents)
            hint = f"it is the regimen {regimen}: write one row for each agent" + (f", {members}" if members else "")
        return f"there is no agent {_shown(word)}" + (f" ({hint})" if hint else "")

    def supportive(word: str) -> str | None:
        purpose = given_for(word)
        return purpose and f"{_shown(word)} is given beside the treatment of myeloma ({purpose})"

    made.columns["agent"] = looked_up(pl.col("agent"), vocabulary.agent, pl.String)
    _empty(made, "agent", "no_agent")
    wrong = pl.col("agent").is_not_null() & _clean("agent").is_null()
    beside = looked_up(pl.when(wrong).then(pl.col("agent")), supportive, pl.String)
    made.aside.append((beside.is_not_null(), "supportive", beside))
    made.aside.append((wrong, "unknown_agent", looked_up(pl.when(wrong).then(pl.col("agent")), unknown, pl.String)))
    _number(made, "dose", schema["dose"], "unread_dose", pl.Float64)
    made.columns["dose_unit"] = pl.col("dose_unit")
    made.columns["regimen"] = looked_up(pl.col("regimen"), lambda word: vocabulary.regimen(word) or word, pl.String)
    _number(made, "line", schema["line"], "unread_line", pl.Int64)
    _word(made, "intent", INTENTS, "unknown_intent", "intent", keep=False)
    _word(made, "stop_reason", STOP_REASONS, "unknown_stop_reason", "reason to stop")
    made.columns["ongoing"] = (_word_of("stop_reason", STOP_REASONS) == "ongoing").fill_null(value=False)
    return frame


def _word_of(name: str, spelt: Mapping[str, str]) -> pl.Expr:
    return looked_up(pl.col(name), lambda word: spelt.get(fold(word), word), pl.String)


def _procedures(made: _Conversion, frame: pl.LazyFrame, schema: pl.Schema, vocabulary: Vocabulary, units: Units) -> pl.LazyFrame:
    _empty(made, "kind", "no_kind")
    _word(made, "kind", PROCEDURES, "unknown_procedure", "kind of procedure that is used:")
    return frame


def _findings(made: _Conversion, frame: pl.LazyFrame, schema: pl.Schema, vocabulary: Vocabulary, units: Units) -> pl.LazyFrame:
    _empty(made, "kind", "no_kind")
    _empty(made, "value", "no_value")
    _word(made, "kind", FINDINGS, "unknown_finding", "kind of finding that is used:")
    made.columns["value"] = pl.col("value")
    return frame


def _responses(made: _Conversion, frame: pl.LazyFrame, schema: pl.Schema, vocabulary: Vocabulary, units: Units) -> pl.LazyFrame:
    _empty(made, "category", "no_category")
    _word(made, "category", CATEGORIES, "unknown_category", "response", keep=False, aside=True)
    _boolean(made, "clinical", "unread_clinical")
    return frame


def _lines(made: _Conversion, frame: pl.LazyFrame, schema: pl.Schema, vocabulary: Vocabulary, units: Units) -> pl.LazyFrame:
    def agents(word: str) -> str | None:
        return "+".join(found) if (found := vocabulary.recogniser.agents(word)) else None

    def unknown(what: str, near: Callable[[str], str]) -> Callable[[str], str]:
        return lambda word: f"there is no {what} {_shown(word)}" + (f" ({hint})" if (hint := near(word)) else "")

    _number(made, "line", schema["line"], "unread_line", pl.Int64)
    made.columns["regimen"] = looked_up(pl.col("regimen"), lambda word: vocabulary.regimen(word) or agents(word), pl.String)
    made.columns["agents"] = looked_up(pl.col("agents"), agents, pl.String)
    for name, what, near in (("regimen", "regimen", vocabulary.near_regimen), ("agents", "agent", vocabulary.near_agent)):
        wrong = pl.col(name).is_not_null() & _clean(name).is_null()
        said = looked_up(pl.when(wrong).then(pl.col(name)), unknown(what, near), pl.String)
        made.aside.append((wrong, f"unknown_{what}", said))
    _word(made, "progression_kind", PROGRESSIONS, "unknown_progression_kind", "kind of progression", keep=False)
    _word(made, "end_reason", STOP_REASONS, "unknown_stop_reason", "reason to stop", keep=False)
    _word(made, "best_response", CATEGORIES, "unknown_category", "response", keep=False)
    _boolean(made, "maintenance", "unread_maintenance")
    return frame


def _measurements(
    made: _Conversion, frame: pl.LazyFrame, schema: pl.Schema, vocabulary: Vocabulary, units: Units
) -> pl.LazyFrame:
    _empty(made, "test", "no_test")
    made.columns["test"] = looked_up(pl.col("test"), units.test, pl.Enum(list(units.tests)))
    wrong = pl.col("test").is_not_null() & _clean("test").is_null()

    def unknown_test(word: str) -> str:
        hint = units.near_test(word)
        return f"there is no test {_shown(word)}" + (f" ({hint})" if hint else "")

    made.aside.append((wrong, "unknown_test", looked_up(pl.when(wrong).then(pl.col("test")), unknown_test, pl.String)))
    frame = _values(made, frame, schema["value"])
    _units(made, units)
    number, operator = pl.col("number"), pl.col("compared")
    standard = number * pl.col("multiply") / pl.col("divide")
    below, above = operator.is_in(["<", "<="]), operator.is_in([">", ">="])
    most = looked_up(_clean("test").cast(pl.String), lambda test: units.tests[test].most, pl.Float64)
    made.columns["least"] = pl.when(below.fill_null(value=False)).then(0.0).otherwise(standard)
    made.columns["most"] = pl.when(above.fill_null(value=False)).then(most).otherwise(standard)
    too_much = (standard > most).fill_null(value=False)
    made.aside.append((number < 0, "impossible_value", _said(number < 0, "the value {} is negative", number)))
    impossible = too_much | standard.is_finite().not_()
    said = _said(impossible, "the value {} {} is impossible", number, pl.col("unit"))
    made.aside.append((impossible, "impossible_value", said))
    # The unit decides on the number, so what reads it comes first.
    beside = made.columns.pop("test")
    frame = frame.with_columns(clean_test=beside).with_columns(_unit_expressions(units))
    made.columns["test"] = _clean("test")
    return frame


def _units(made: _Conversion, units: Units) -> None:
    def unknown(key: str) -> str:
        test, _, word = key.partition("\x1f")
        return f"{_shown(word)} is no unit of this test ({units.accepted(test)})"

    known_test = _clean("test").is_not_null()
    missing = known_test & pl.col("unit").is_null()
    said = looked_up(
        pl.when(missing).then(_clean("test").cast(pl.String)),
        lambda test: f"the unit is empty ({units.accepted(test)})",
        pl.String,
    )
    made.aside.append((missing, "no_unit", said))
    wrong = known_test & pl.col("unit").is_not_null() & pl.col("multiply").is_null()
    key = pl.concat_str(_clean("test").cast(pl.String), pl.lit("\x1f"), pl.col("unit"))
    made.aside.append((wrong, "unknown_unit", looked_up(pl.when(wrong).then(key), unknown, pl.String)))


def _unit_expressions(units: Units) -> list[pl.Expr]:
    def of(key: str) -> Unit | None:
        test, _, word = key.partition("\x1f")
        return units.unit(test, word)

    key = pl.concat_str(_clean("test").cast(pl.String), pl.lit("\x1f"), pl.col("unit"))
    return [
        looked_up(key, lambda word: None if (unit := of(word)) is None else unit.multiply, pl.Float64).alias("multiply"),
        looked_up(key, lambda word: None if (unit := of(word)) is None else unit.divide, pl.Float64).alias("divide"),
    ]


def _values(made: _Conversion, frame: pl.LazyFrame, held: pl.DataType) -> pl.LazyFrame:
    """Read values and operators into `number` and `compared`."""
    said = pl.col("operator").str.to_lowercase().str.replace_many(["≤", "≥", " "], ["<=", ">=", ""])
    frame = frame.with_columns(operator_said=looked_up(said, _OPERATORS.get, pl.String))
    unread = pl.col("operator").is_not_null() & pl.col("operator_said").is_null()
    made.aside.append(
        (unread, "unknown_operator", _said(unread, 'there is no operator "{}" (write <, <=, > or >=)', pl.col("operator")))
    )
    if held.is_numeric():
        frame = frame.with_columns(
            number=pl.col("value").cast(pl.Float64).fill_nan(None), compared=pl.col("operator_said").replace("=", None)
        )
        made.aside.append((pl.col("number").is_null(), "no_value", pl.lit("value is empty")))
        return frame
    text = _text("value", held).str.replace_many(["≤", "≥", "−"], ["<=", ">=", "-"])
    frame = frame.with_columns(value=text).with_columns(operator_written=pl.col("value").str.extract(_OPERATOR))
    bare = pl.col("value").str.replace(_OPERATOR, "").str.strip_chars()
    for _ in range(2):  # 1 234 567 has a digit in common between two groups
        bare = bare.str.replace_all(_GROUPING_SPACE, "${1}${2}")
    frame = frame.with_columns(bare=bare)
    commas = _comma_means(frame)
    bare = pl.col("bare")
    grouped = bare.str.contains(_GROUPED_BY_COMMA)
    decimal = bare.str.contains(_DECIMAL_COMMA)
    by_point = bare.str.contains(_GROUPED_BY_POINT)
    unsettled = pl.lit(value=False)
    if commas == "groups":
        grouped = grouped | bare.str.contains(_COMMA_AND_THREE)
    elif commas == "decimals":
        decimal = decimal | bare.str.contains(_COMMA_AND_THREE)
        unsettled = bare.str.contains(_POINT_AND_THREE)
    else:
        unsettled = bare.str.contains(_COMMA_AND_THREE)
    numeral = (
        pl.when(unsettled)
        .then(None)
        .when(grouped)
        .then(bare.str.replace_all(",", "", literal=True))
        .when(decimal)
        .then(bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .when(by_point)
        .then(bare.str.replace_all(".", "", literal=True))
        .when(bare.str.contains(_PLAIN))
        .then(bare)
    )
    written, separate = pl.col("operator_written").replace("=", None), pl.col("operator_said").replace("=", None)
    frame = frame.with_columns(number=numeral.cast(pl.Float64, strict=False), compared=pl.coalesce(separate, written))
    made.aside.append((pl.col("value").is_null(), "no_value", pl.lit("value is empty")))
    ambiguous = 'in "{}" the comma or point before three digits may group them or begin decimals, and no other value settles it'
    made.aside.append((unsettled, "ambiguous_number", _said(unsettled, ambiguous, pl.col("value"))))
    unread = pl.col("number").is_null()
    made.aside.append((unread, "not_a_number", _said(unread, 'the value "{}" is not a number', _cut("value"))))
    differ = (written.str.slice(0, 1) != separate.str.slice(0, 1)).fill_null(value=False)
    said_both = _said(differ, "the operator {} contradicts the value {}", pl.col("operator"), _cut("value"))
    made.aside.append((differ, "contradictory_operator", said_both))
    return frame


def _cut(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, _SHOWN)


def _comma_means(frame: pl.LazyFrame) -> str | None:
    """Say what a comma means in a column of values, from those of its values that can be read in one way only."""
    bare = pl.col("bare")
    if not frame.select(bare.str.contains(",", literal=True).any()).collect(engine="streaming").item():
        return None
    seen = frame.select(
        decimals=bare.str.contains(_DECIMAL_COMMA).any() | bare.str.contains(_GROUPED_BY_POINT).any(),
        groups=bare.str.contains(_GROUPED_BY_COMMA).any()
        | (bare.str.contains(_PLAIN) & bare.str.contains(".", literal=True) & bare.str.contains(_POINT_AND_THREE).not_()).any(),
    ).collect(engine="streaming")
    decimals, groups = (bool(seen[name].item()) for name in ("decimals", "groups"))
    if decimals == groups:
        return None
    return "decimals" if decimals else "groups"


_CONVERTERS: Mapping[str, Callable[[_Conversion, pl.LazyFrame, pl.Schema, Vocabulary, Units], pl.LazyFrame]] = {
    "patients": _patients,
    "treatments": _treatments,
    "procedures": _procedures,
    "measurements": _measurements,
    "findings": _findings,
    "responses": _responses,
    "lines": _lines,
}
assert set(CATEGORIES.values()) == set(RESPONSES)


def flags_of(frame: pl.DataFrame) -> Iterator[str]:
    """Yield the columns that say what of a row is not used."""
    return (name for name in frame.columns if name.startswith("flag_"))
