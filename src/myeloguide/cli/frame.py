"""What the commands share: how they are made, their options, how they read and print."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from myeloguide.errors import NO_SUCH_FILE, InputError, Problem, cut_short

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.models import CommandFunctionType

    from myeloguide.knowledge.reading import Document


class _Command(TyperCommand):
    """A command that refuses an option given twice where only one of the values would count."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for option, times in Counter(order).items():
            counts_once = isinstance(option, TyperOption) and not option.multiple
            if times > 1 and counts_once and (option.secondary_opts or not getattr(option, "is_flag", False)):
                raise InputError(Problem(option.opts[-1], "is given twice", "keep one"))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except EOFError:  # of a module imported now; Typer would only say "Aborted!"
            cut_short()


class App(typer.Typer):
    """A group of commands of this program."""

    def command(self, name: str | None = None, **more: Any) -> Callable[[CommandFunctionType], CommandFunctionType]:
        return super().command(name, cls=_Command, **more)


PLAIN_WIDTH = 88


PATIENT_FILES = (".yaml", ".yml", ".json")


class Format(StrEnum):
    """How a report is printed."""

    text = "text"
    json = "json"


class AnswerFormat(StrEnum):
    """How the answer for one patient is printed; as a sheet, it is Markdown or HTML."""

    text = "text"
    json = "json"
    md = "md"
    html = "html"


class TableFormat(StrEnum):
    """How tables are written."""

    parquet = "parquet"
    csv = "csv"


def path_of(text: str) -> Path:
    """Read a path; an empty one, as an unset variable of a shell gives it, would be the folder that one stands in."""
    if not text.strip():
        raise InputError(Problem("a path", "is empty", "name a file or a folder"))
    return Path(text)


PatientArgument = Annotated[
    str, typer.Argument(metavar="PATIENT", help="A patient file (YAML or JSON; `-` is standard input), or shorthand in quotes.")
]


PackOption = Annotated[str, typer.Option("--pack", help="The guideline: its name, or the folder of a pack.")]


RulingOption = Annotated[
    list[str] | None, typer.Option("--ruling", metavar="ID=READING", help="Switch a ruling, such as C1=both. Repeatable.")
]


def read_document(file: str) -> Document:
    """Read a file, or standard input where it is named `-`."""
    from myeloguide.knowledge.reading import DEFAULT_LIMIT, decode, parse, read

    if file != "-":
        return read(Path(file))
    if sys.stdin is None:
        raise InputError(Problem("standard input", "is closed", "name a file"))
    content = sys.stdin.buffer.read(DEFAULT_LIMIT + 1)
    if len(content) > DEFAULT_LIMIT:
        raise InputError(Problem("standard input", f"is larger than {DEFAULT_LIMIT:,} bytes", "no patient file is that large"))
    return parse(decode(content, "standard input"), "standard input")


def is_file(given: str) -> bool:
    """Whether what was given names a file; all else is shorthand."""
    return given == "-" or given.endswith(PATIENT_FILES) or "/" in given or os.sep in given or _exists(given)


def _exists(given: str) -> bool:
    try:
        return bool(given.strip()) and Path(given).exists()
    except (OSError, ValueError):  # too long a name, or one that no file can have
        return False


def read_given(given: str) -> Document:
    """Read a patient: a file, standard input, or shorthand. An error says which of them it was taken for."""
    if is_file(given):
        try:
            return read_document(given)
        except InputError as error:
            raise InputError(_with_slash(problem, given) for problem in error.problems) from None
    if given.lstrip().startswith("{"):
        raise InputError(Problem("the patient", "is JSON in the call itself", "write it to a file, or pipe it in: assess -"))
    from myeloguide.knowledge.vocabulary import vocabulary
    from myeloguide.record.shorthand import read_note

    try:
        return read_note(given, vocabulary())
    except InputError as error:
        if " " in given.strip() or not given.strip():
            raise
        taken = "it was taken for shorthand, for there is no such file"
        raise InputError(replace(problem, what=f"{problem.what}; {taken}") for problem in error.problems) from None


def _with_slash(problem: Problem, given: str) -> Problem:
    if problem.what != NO_SUCH_FILE or given.endswith(PATIENT_FILES):
        return problem
    remedy = "it was taken for a file, for it holds a slash; in shorthand write 2021-03 for a date, + between agents"
    return Problem(problem.where, problem.what, remedy)


def day_of(text: str | None) -> date | None:
    """Read the day of the decision."""
    from myeloguide.record.time import parse_when

    if text is None:
        return None
    try:
        day = parse_when(text).last
    except ValueError as error:
        raise InputError(Problem("--as-of", str(error), "write 2021-03-15")) from None
    return day


def switches_of(given: list[str] | None) -> dict[str, str]:
    """Read switches of rulings, `ID=READING`."""
    switched: dict[str, str] = {}
    for text in given or []:
        ruling, equals, value = text.partition("=")
        if not equals:
            raise InputError(Problem("--ruling", f'"{text}" is no switch', "write --ruling C1=both"))
        if ruling.strip() in switched:
            raise InputError(Problem("--ruling", f"{ruling.strip()} is switched twice", "keep one"))
        switched[ruling.strip()] = value.strip()
    return switched


def text_width() -> int:
    """Return COLUMNS where it is set, else the width of the terminal, else what fits a page."""
    return shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns


def for_terminal() -> bool:
    """Whether standard output is a terminal, or FORCE_COLOR asks to print as for one."""
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout is not None and sys.stdout.isatty())


def emit(text: str, path: Path | None = None) -> None:
    """Print an answer, or write it to a file."""
    if path is not None:
        from myeloguide.output import aside

        with aside(path) as made:
            made.write_text(text, encoding="utf-8")
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has seen enough; leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
