"""Facts of many patients to options: one walk a chunk, one row an option, written as a stream."""

from __future__ import annotations

import csv
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from myeloguide.cohort.columns import ANSWERED, Layout, Plane, Rejects, lay_out, planes_of_table, refuse_types, unpack_bits
from myeloguide.cohort.progress import progress
from myeloguide.criteria.walk import walk
from myeloguide.errors import InputError, Problem
from myeloguide.guideline.answer import STATUSES
from myeloguide.guideline.pack import Pack, Row, pack_planes
from myeloguide.history.closure import close
from myeloguide.output import aside, refuse_output
from myeloguide.record.patient_file import read_switches
from myeloguide.record.ranges import counted
from myeloguide.record.sources import reason, scan_csv, unreadable

CHUNK = 524_288
ABSENT = 8
Item = TypeVar("Item")
Result = TypeVar("Result")
# The bits below spell these numbers.
assert STATUSES == ("held_back", "advised_against", "condition_not_met", "depends", "offered")


_TWICE = "the patient stands in the table more than once (tell decisions apart by a column `decision`)"


@dataclass(slots=True)
class Summary:
    """What a run did."""

    patients: int = 0
    rows: int = 0
    rejected: int = 0
    rejected_file: Path | None = None
    warnings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = f"{counted(f'{self.patients:,}', 'patient')} answered, {counted(f'{self.rows:,}', 'option row')} written"
        if self.rejected:
            said += f"; {counted(f'{self.rejected:,}', 'row')} set aside, see {self.rejected_file}"
        return "\n".join([*(f"warning: {warning}" for warning in self.warnings), said])


def assess_table(
    pack: Pack,
    facts: Path,
    output: Path,
    switched: Mapping[str, str] | None = None,
    *,
    show_progress: bool = False,
    chunk: int = CHUNK,
) -> Summary:
    """Answer for every row of a table of facts and write one row an option; rows that cannot be used are set aside."""
    switches = read_switches(switched or {}, pack.switches, "--ruling")
    refuse_output(output, (".parquet", ".csv"), "OPTIONS.parquet")
    refuse_output(_rejects_of(output))
    for written in (output, _rejects_of(output)):
        if written.exists() and facts.exists() and written.samefile(facts):
            raise InputError(Problem(str(written), "is the table of facts itself", "name another output"))
    with _opened(facts, output.parent) as table:
        return _Run(pack, table, facts, output, switches, chunk).run(show_progress=show_progress)


def _rejects_of(output: Path) -> Path:
    """Return where the rows set aside go."""
    return output.with_name(f"{output.stem}.rejected.csv")


@contextmanager
def _opened(facts: Path, scratch: Path) -> Iterator[pl.LazyFrame]:
    """Open a table for reading in slices; CSV is first rewritten as Parquet beside the output, and removed after."""
    if facts.is_dir():
        raise InputError(Problem(str(facts), "this is a folder", "name a table of facts, .parquet or .csv"))
    if not facts.is_file():
        raise InputError(Problem(str(facts), "there is no such file", "name a table of facts, .parquet or .csv"))
    if facts.suffix.casefold() == ".parquet":
        yield _readable(facts, lambda: pl.scan_parquet(facts))
        return
    if facts.suffix.casefold() != ".csv":
        raise InputError(Problem(str(facts), "is neither .parquet nor .csv", "name a table of facts, .parquet or .csv"))
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".myeloguide-") as folder:
        rewritten = Path(folder) / "facts.parquet"

        def rewrite() -> pl.LazyFrame:
            try:
                scan_csv(facts).sink_parquet(rewritten)
            except pl.exceptions.PolarsError as error:
                if "(os error" in str(error):  # the table is well, the disk is not
                    raise InputError(Problem(str(scratch), f"cannot be written to: {reason(error)}")) from None
                raise
            return pl.scan_parquet(rewritten)

        yield _readable(facts, rewrite)


def _readable(facts: Path, scan: Callable[[], pl.LazyFrame]) -> pl.LazyFrame:
    try:
        table = scan()
        table.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(unreadable(str(facts), facts.suffix.casefold()[1:], error)) from None
    return table


class _Run:
    def __init__(
        self, pack: Pack, table: pl.LazyFrame, facts: Path, output: Path, switches: Mapping[str, str], chunk: int
    ) -> None:
        self.table = table
        self.output = output
        schema = table.collect_schema()
        self.layout = lay_out(schema.names(), pack.vocabulary, str(facts))
        refuse_types(schema, self.layout, pack.vocabulary, str(facts))
        self.cohort = Cohort(pack, self.layout, switches)
        self.height = int(table.select(pl.len()).collect().item())
        self.chunk = chunk
        self.summary = Summary(warnings=list(self.layout.warnings))
        self.rejects_path = _rejects_of(output)
        self.twice = self._twice()

    def _twice(self) -> pl.Series | None:
        """Return which rows share patient and decision with another, or None when no rows do."""
        identity = self.table.select(self.layout.identity).collect()
        return None if identity.n_unique() == identity.height else identity.is_duplicated()

    def run(self, *, show_progress: bool) -> Summary:
        try:
            with aside(self.rejects_path) as set_aside, aside(self.output) as made:
                with set_aside.open("w", newline="", encoding="utf-8") as rejects:
                    writer = csv.writer(rejects)
                    writer.writerow(["row", *self.layout.identity, "reason"])
                    with progress(self.height, shown=show_progress) as advance:
                        self.write(made, self.chunks(writer, advance))
                if self.summary.rejected:
                    self.summary.rejected_file = self.rejects_path
                else:
                    set_aside.unlink()
        except pl.exceptions.PolarsError as error:
            raise InputError(Problem(str(self.output), f"cannot be written from this table: {reason(error)}")) from None
        return self.summary

    def chunks(self, rejects: Any, advance: Callable[[int], None]) -> Iterator[pl.DataFrame]:
        for start, table, answered, rejected in ahead(self.answered, range(0, self.height, self.chunk)):
            for position in np.flatnonzero(rejected.first >= 0):
                row = int(position)
                identity = [table[name][row] for name in self.layout.identity]
                rejects.writerow([start + row + 1, *identity, rejected.reasons[int(rejected.first[row])]])
            set_aside = int((rejected.first >= 0).sum())
            self.summary.patients += table.height - set_aside
            self.summary.rejected += set_aside
            self.summary.rows += answered.height
            advance(table.height)
            yield answered

    def answered(self, start: int) -> tuple[int, pl.DataFrame, pl.DataFrame, Rejects]:
        table = self.table.slice(start, self.chunk).collect().rechunk()
        twice = None if self.twice is None else self.twice.slice(start, self.chunk)
        return start, table, *self.cohort.options(table, twice)

    def write(self, path: Path, chunks: Iterator[pl.DataFrame]) -> None:
        if self.output.suffix == ".csv":
            with path.open("wb") as file:
                empty = self.cohort.empty(self.table)
                file.write(empty.write_csv().encode())
                for answered in chunks:
                    answered.write_csv(file, include_header=False)
            return
        from polars.io.plugins import register_io_source

        def source(columns: Any, predicate: Any, limit: Any, batch: Any) -> Iterator[pl.DataFrame]:
            yield from chunks

        stream = register_io_source(source, schema=self.cohort.empty(self.table).schema)
        stream.sink_parquet(path, compression="zstd", compression_level=1)


class Cohort:
    """A pack made ready for tables of one layout."""

    def __init__(self, pack: Pack, layout: Layout, switches: Mapping[str, str]) -> None:
        self.pack = pack
        self.layout = layout
        self.switches = switches
        self.rows: list[Row] = list(pack.rows)
        self.applies = {item.id: item.applies.place for item in pack.lists}
        self.thresholds = [key for key in pack.program.keys if not isinstance(key[1], str)]
        self.shown = {
            "list": _Category([row.list for row in self.rows]),
            "tier": _Category([row.tier for row in self.rows]),
            "option": _Category([row.option for row in self.rows]),
            "grade": _Category([row.grade for row in self.rows]),
        }
        self.status_type = pl.Enum(STATUSES)

    def values(self, table: pl.DataFrame, rejects: Rejects) -> tuple[list[Plane], list[Plane]]:
        """Return the walk's planes for a table of facts; contradictory rows go to `rejects`."""
        vocabulary = self.pack.vocabulary
        planes, none, every = planes_of_table(table, self.layout, vocabulary, self.thresholds, rejects)
        planes |= pack_planes(self.pack, self.switches, every, none)
        for conflict in close(planes, vocabulary, none, lambda plane: bool(plane.any())):
            rejects.add(unpack_bits(conflict.plane, table.height).astype(np.bool_), conflict.text())
        return walk(self.pack.program, planes.__getitem__, none, every)

    def statuses(self, true: list[Plane], false: list[Plane], size: int) -> NDArray[np.uint8]:
        """Return the status of every row for every patient (columns); from `ABSENT` on where its list does not apply."""
        codes = np.empty((len(self.rows), size), dtype=np.uint8)
        absent = {name: unpack_bits(false[place], size) << 3 for name, place in self.applies.items()}
        for number, row in enumerate(self.rows):
            held = true[row.held_back.place]
            against = true[row.against.place] & ~held
            unmet = false[row.condition.place] & ~held & ~against
            offered = true[row.offered.place]
            depends = ~(held | against | unmet | offered)
            code = np.bitwise_or(unpack_bits(against | depends, size), absent[row.list], out=codes[number])
            for plane, shift in ((unmet | depends, 1), (offered, 2)):
                bits = unpack_bits(plane, size)
                code |= np.left_shift(bits, shift, out=bits)
        return codes

    def options(self, table: pl.DataFrame, twice: pl.Series | None = None) -> tuple[pl.DataFrame, Rejects]:
        """Return one row an option for the patients of a table, and the rows set aside."""
        size = table.height
        rejects = Rejects(size)
        rejects.add(table["patient_id"].is_null().to_numpy(), "patient_id is missing")
        if twice is not None:
            rejects.add(
                twice.to_numpy(), "the patient stands in the table more than once (tell decisions apart by a column `decision`)"
            )
        true, false = self.values(table, rejects)
        codes = self.statuses(true, false, size)
        codes[:, rejects.first >= 0] = ABSENT
        shown = np.ascontiguousarray((codes < ABSENT).T)
        status = np.ascontiguousarray(codes.T)[shown]
        patient = np.repeat(np.arange(size, dtype=np.uint32), shown.sum(axis=1))
        row = np.broadcast_to(np.arange(len(self.rows), dtype=np.uint8), shown.shape)[shown]
        return self.frame(table, patient, row, status, true, size), rejects

    def frame(
        self,
        table: pl.DataFrame,
        patient: NDArray[np.uint32],
        row: NDArray[np.uint8],
        status: NDArray[np.uint8],
        true: list[Plane],
        size: int,
    ) -> pl.DataFrame:
        columns = {name: category.column(row) for name, category in self.shown.items()}
        grade = self.shown["grade"].codes[row]
        for number, item in enumerate(self.rows):
            if item.grade_when is not None:
                ungraded = ~unpack_bits(true[item.grade_when.place], size).view(np.bool_)
                grade[(row == number) & ungraded[patient]] = self.shown["grade"].none
        columns["grade"] = self.shown["grade"].series(grade)
        columns["status"] = pl.Series(status).cat.to(self.status_type)
        taken = table.select(pl.col(*self.layout.identity, *self.layout.extra).gather(pl.Series(patient)))
        return taken.with_columns(**{name: columns[name] for name in ANSWERED})

    def empty(self, table: pl.LazyFrame) -> pl.DataFrame:
        """Return the output without any row."""
        return self.options(table.head(0).collect())[0]


class _Category:
    """A column whose value depends on the row of the pack alone."""

    def __init__(self, values: list[str | None]) -> None:
        self.names = list(dict.fromkeys(value for value in values if value is not None))
        self.none = len(self.names)
        self.codes = np.array([self.none if value is None else self.names.index(value) for value in values], dtype=np.uint8)
        self.type = pl.Enum(self.names)

    def column(self, row: NDArray[np.uint8]) -> pl.Series:
        return self.series(self.codes[row])

    def series(self, codes: NDArray[np.uint8]) -> pl.Series:
        made = pl.Series(codes)
        if self.none in self.codes or (codes == self.none).any():
            made = made.set(made == self.none, None)
        return made.cat.to(self.type)


def ahead(function: Callable[[Item], Result], items: Iterable[Item], workers: int = 2) -> Iterator[Result]:
    """Yield the results in order while the next ones are worked out in threads, no more than `workers` in advance."""
    with ThreadPoolExecutor(workers) as pool:
        pending: deque[Future[Result]] = deque()
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) >= workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
