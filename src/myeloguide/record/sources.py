"""Opening record tables: a folder of Parquet or CSV files, a DuckDB file or connection, or data frames."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from myeloguide.errors import InputError, Problem, lacking, suggestion
from myeloguide.record.schema import EVENTS, TABLES, Column

SUFFIXES = (".parquet", ".csv")
DATABASES = (".duckdb", ".db", ".ddb")
_KNOWN = f"the tables are {', '.join(TABLES)}"
_FITS = {
    "id": "a text or a whole number",
    "text": "text",
    "date": "dates: 2021-03-15, 2021-03 or 2021",
    "number": "numbers",
    "value": "numbers, or texts such as <0.1",
    "integer": "whole numbers",
    "boolean": "true, false or nothing",
}


def open_tables(source: Any) -> tuple[dict[str, pl.LazyFrame], dict[str, str], list[str]]:
    """Open every record table of a source, checked for its columns and their types; where each is, and remarks, come beside.

    InputError says which table or column is wrong.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        opened = _database(path) if path.is_file() else _folder(path)
    elif isinstance(source, Mapping):
        opened = _frames(source)
    elif hasattr(source, "execute"):
        opened = _connection(source)
    else:
        what = f"{type(source).__name__} holds no tables that can be read"
        raise InputError(Problem("", what, "give a folder, a DuckDB file or connection, or data frames by table"))
    found, remarks = opened
    if not any(name in found for name in ("patients", *EVENTS, "lines")):
        raise InputError(Problem(_named(source), "holds none of the record tables", _KNOWN))
    frames = {}
    for name in TABLES:
        if name in found:
            where, frame = found[name]
            frames[name] = _checked(frame, name, where, remarks)
    if "lines" not in frames:
        if "treatments" not in frames:
            remarks.append("there is no table of treatments (nor of lines): what was given is unknown, and no record is complete")
        elif "patients" in frames and "procedures" not in frames:
            remarks.append(
                "there is no table of procedures (nor of lines): whether there was a transplant is unknown, and no record is "
                "complete; if nobody had one, give the table with its heading alone"
            )
    return frames, {name: where for name, (where, _) in found.items()}, remarks


def _named(source: Any) -> str:
    return str(source) if isinstance(source, (str, Path)) else "the source"


Opened = tuple[dict[str, tuple[str, pl.LazyFrame]], list[str]]


def _folder(path: Path) -> Opened:
    if not path.is_dir():
        raise InputError(Problem(str(path), "there is no such folder", "name a folder of tables, or a DuckDB file"))
    found: dict[str, tuple[str, pl.LazyFrame]] = {}
    remarks = []
    for file in sorted(path.iterdir()):
        name = file.stem.casefold()
        if not file.is_file():
            continue
        if file.suffix.casefold() not in SUFFIXES:
            if name in TABLES:
                remarks.append(f'"{file.name}" is not read; save it as {name}.csv or {name}.parquet')
            continue
        if name in found:
            raise InputError(Problem(str(path), f"the table {name} stands twice, as {_listed(path, name)}", "keep one"))
        if name in TABLES:
            found[name] = (str(file), scan_table(file))
        else:
            remarks.append(_not_a_table(file.stem))
    return found, remarks


def _listed(path: Path, name: str) -> str:
    files = [file.name for file in path.iterdir() if file.stem.casefold() == name and file.suffix.casefold() in SUFFIXES]
    return " and ".join(sorted(files))


def _not_a_table(name: str) -> str:
    hint = suggestion(name, TABLES)
    return f'"{name}" is no record table and is not read' + (f"; {hint}" if hint else "")


def scan_table(file: Path) -> pl.LazyFrame:
    """Open a table, .parquet or .csv, to be read when it is asked for; InputError says why it cannot be."""
    kind = file.suffix.casefold()[1:]
    return _readable(str(file), kind, lambda: pl.scan_parquet(file) if kind == "parquet" else scan_csv(file))


def scan_csv(file: Path) -> pl.LazyFrame:
    """Open a CSV file whose columns are all texts: what one holds is not guessed from its first rows."""
    refuse_other_formats(file)
    return pl.scan_csv(file, infer_schema=False, separator=_separator(file), row_index_name=None)


_OTHERS = (
    (b"PK\x03\x04", "is a workbook (Excel, LibreOffice), not CSV", "save its sheet as CSV, in UTF-8"),
    (b"\xd0\xcf\x11\xe0", "is a workbook (Excel), not CSV", "save its sheet as CSV, in UTF-8"),
    (b"PAR1", "is Parquet, not CSV", "let its name end in .parquet"),
    (b"\xff\xfe", "is in UTF-16", "save it as CSV in UTF-8"),
    (b"\xfe\xff", "is in UTF-16", "save it as CSV in UTF-8"),
)
"""How files begin that are no CSV in UTF-8, though their names say so."""


def refuse_other_formats(file: Path) -> None:
    """Raise InputError for a file that is no CSV, or one with marks of a program that wrote it."""
    with file.open("rb") as opened:
        head = opened.read(100_000)
    for begins, what, remedy in _OTHERS:
        if head.startswith(begins):
            raise InputError(Problem(str(file), what, remedy))
    if not head.strip():
        raise InputError(Problem(str(file), "is empty", "its first row names the columns"))
    if head[:4].lower() == b"sep=":
        raise InputError(Problem(f"{file}:1", "is no row of headings but a mark for Excel, sep=", "remove this line"))
    if b"\r" in head and b"\n" not in head:
        raise InputError(Problem(str(file), "has no line ends but carriage returns", "save it with the usual line ends"))


def _separator(file: Path) -> str:
    with file.open("rb") as opened:
        headings = opened.readline(100_000)
    return next((mark for mark in (";", "\t") if mark.encode() in headings and b"," not in headings), ",")


def _readable(where: str, kind: str, scan: Callable[[], pl.LazyFrame]) -> pl.LazyFrame:
    try:
        frame = scan()
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(unreadable(where, kind, error)) from None
    return frame


def unreadable(where: str, kind: str, error: Exception) -> Problem:
    """Return that a table cannot be read, and why."""
    if kind != "csv":
        return Problem(where, f"cannot be read as {kind}: {reason(error)}")
    remedy = "its first row names the columns, every other row has as many fields, in UTF-8"
    return _fault_in(Path(where)) or Problem(where, f"cannot be read as csv: {reason(error)}", remedy)


def _fault_in(file: Path) -> Problem | None:
    """Return what is wrong with a CSV file that could not be read, with its line, and without what stands there."""
    try:
        text = file.read_bytes()
    except OSError:
        return None
    try:
        lines = text.decode("utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        return Problem(f"{file}:{line}", "is not UTF-8", "save the file as UTF-8; in Excel: CSV UTF-8")
    rows = csv.reader(lines, delimiter=_separator(file), strict=True)
    begun, columns = 1, 0
    try:
        for row in rows:
            columns = columns or len(row)
            if len(row) > columns:
                what = f"has {len(row)} fields, but the first row names {columns} columns"
                return Problem(f"{file}:{begun}", what, "put a field that holds the separator in double quotes")
            begun = rows.line_num + 1
    except csv.Error:
        return Problem(f"{file}:{begun}", "has a double quote that is not closed, or that stands inside a field", "correct it")
    return None


def reason(error: Exception) -> str:
    """Return the first line of what a library says, without the content of a table that it quotes."""
    said = re.sub(r"`.*", "...", str(error), flags=re.DOTALL)
    return said.splitlines()[0][:200] if said else type(error).__name__


def _database(path: Path) -> Opened:
    if path.suffix in SUFFIXES:
        raise InputError(Problem(str(path), "this is one table", "name the folder that holds the tables"))
    if path.suffix not in DATABASES:
        raise InputError(Problem(str(path), "is neither a folder nor a DuckDB file", f"a DuckDB file ends in {DATABASES[0]}"))
    try:
        import duckdb
    except ModuleNotFoundError:
        raise lacking(str(path), "needs DuckDB", "duckdb") from None
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except (duckdb.Error, OSError) as error:
        raise InputError(Problem(str(path), f"cannot be read as a DuckDB file: {reason(error)}")) from None
    with closing(connection):
        return _connection(connection)


def _connection(connection: Any) -> Opened:
    """Read the tables of an open connection: anything whose `execute(sql)` answers DB-API rows or Arrow."""
    rows = connection.execute(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY table_name"
    ).fetchall()
    names = [str(row[0]) for row in rows]
    twice = next((name for name in TABLES if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(Problem("the database", f"the table {twice} stands in several schemas", "keep one"))
    found = {}
    for name in names:
        if name in TABLES:
            found[name] = (name, _answer(connection, name).lazy())
    return found, [_not_a_table(name) for name in names if name not in TABLES]


def _answer(connection: Any, name: str) -> pl.DataFrame:
    query = f'SELECT * FROM "{name}"'
    if hasattr(connection, "sql"):
        relation = connection.sql(query)
        try:
            return pl.DataFrame(relation.pl())
        except (AttributeError, ModuleNotFoundError):  # without pyarrow; some versions of DuckDB then say much at the exit
            return pl.DataFrame(relation)
    cursor = connection.execute(query)
    return pl.DataFrame(
        cursor.fetchall(), schema=[item[0] for item in cursor.description], orient="row", infer_schema_length=None
    )


def _frames(source: Mapping[str, Any]) -> Opened:
    found, remarks = {}, []
    for name, frame in source.items():
        if name in TABLES:
            found[name] = (name, _lazy(name, frame))
        else:
            remarks.append(_not_a_table(str(name)))
    return found, remarks


def _lazy(name: str, frame: Any) -> pl.LazyFrame:
    if isinstance(frame, pl.LazyFrame):
        return _readable(name, "a table", lambda: frame)
    if isinstance(frame, pl.DataFrame):
        return frame.lazy()
    if hasattr(frame, "__arrow_c_stream__"):
        return _readable(name, "Arrow", lambda: pl.DataFrame(frame).lazy())
    what = f"{type(frame).__name__} is no data frame that can be read"
    raise InputError(Problem(name, what, "give a Polars frame, or one that gives an Arrow stream (pandas 2.2 or newer)"))


def _checked(frame: pl.LazyFrame, name: str, where: str, remarks: list[str]) -> pl.LazyFrame:
    """Return a table with exactly its columns, the missing ones null; refuse one without its keys, or of wrong types."""
    schema = frame.collect_schema()
    columns = {column.name: column for column in TABLES[name]}
    twice = next((given for given in schema.names() if re.search(r"_duplicated_\d+\Z", given)), None)
    if twice is not None:
        raise InputError(Problem(where, f"the column {re.sub('_duplicated_.*', '', twice)} stands twice", "keep one"))
    for given in schema.names():
        plain = given.strip().casefold()
        if plain != given and plain in columns:
            if plain in frame.collect_schema():
                raise InputError(Problem(where, f"the column {plain} stands twice", "keep one"))
            frame = frame.rename({given: plain})
    schema = frame.collect_schema()
    problems = list(_problems(schema, columns, where))
    if problems:
        raise InputError(problems)
    for given in schema.names():
        if given not in columns:
            near = suggestion(given, columns)
            hint = f"; {near}" if near.startswith("did") else ""
            remarks.append(f'{name}: the column "{given}" is not read{hint}')
    return frame.select(
        [pl.col(given) if given in schema else pl.lit(None, pl.String).alias(given) for given in columns]
    ).with_row_index("row", offset=1)


def _problems(schema: pl.Schema, columns: Mapping[str, Column], where: str) -> Iterator[Problem]:
    for name, column in columns.items():
        if name not in schema:
            if column.key:
                yield no_column(where, name, schema.names())
        elif not _fits(schema[name], column):
            yield Problem(where, f"the column {name} holds {schema[name]}", f"it holds {_FITS[column.holds]}")


def no_column(where: str, name: str, columns: Sequence[str]) -> Problem:
    """Return that a table lacks a column. What stands in its first row may be a patient's: only a like name is said."""
    near = suggestion(name, columns)
    remedy = "name the columns in the first row"
    if near.startswith("did"):
        remedy = f"{near.replace('did you mean', 'is it', 1)} then name it {name}"
    return Problem(where, f"there is no column {name}", remedy)


def _fits(held: pl.DataType, column: Column) -> bool:
    if held in (pl.String, pl.Null, pl.Categorical) or held == pl.Enum:
        return True
    if column.holds == "date":
        return held == pl.Date or isinstance(held, pl.Datetime) or held.is_integer()
    if column.holds in ("number", "value", "integer"):
        return held.is_numeric()
    if column.holds == "boolean":
        return held == pl.Boolean or held.is_integer()
    if column.holds == "id":
        return held.is_integer()
    return held.is_integer() or held == pl.Boolean or held.is_float()  # an ECOG of 1 is a text as good as any
