"""The command line: `myeloguide assess FILE`, `myeloguide cohort assess FACTS -o OPTIONS`."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from myeloguide import __version__
from myeloguide.errors import InputError, Problem

app = typer.Typer(
    name="myeloguide",
    help="The IMWG 2021 recommendations for relapsed/refractory multiple myeloma, computable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cohort_app = typer.Typer(help="The same for a table of patients.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(cohort_app, name="cohort")

PLAIN_WIDTH = 88


class Format(StrEnum):
    """How an answer is printed."""

    text = "text"
    json = "json"


PackOption = Annotated[str, typer.Option("--pack", help="The guideline: its name, or the folder of a pack.")]
RulingOption = Annotated[
    list[str] | None, typer.Option("--ruling", metavar="ID=READING", help="Switch a ruling, such as C1=both. Repeatable.")
]


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"myeloguide {__version__}")
        raise typer.Exit


@app.command()
def assess(
    file: Annotated[str, typer.Argument(help="A patient file (YAML or JSON); `-` is standard input.")],
    output: Annotated[Format, typer.Option("--format", help="How the answer is printed.")] = Format.text,
    explain: Annotated[str | None, typer.Option(help="Show the tree of conditions of one option.", metavar="OPTION")] = None,
    ruling: RulingOption = None,
    as_of: Annotated[str | None, typer.Option(help="The day of the decision, if the file gives none.", metavar="DATE")] = None,
    assume_complete: Annotated[bool, typer.Option("--assume-complete", help="Take the history as complete.")] = False,
    pack: PackOption = "imwg-2021",
) -> None:
    """Answer for one patient: every option of the guideline, with its status and the reason for it."""
    from myeloguide.guideline.assess import Assessment, prepare
    from myeloguide.guideline.prepared import load_pack

    guideline = load_pack(pack)
    known, patient, switches = prepare(
        guideline, _document(file), _day(as_of), date.today(), _switches(ruling), assume_complete=assume_complete
    )
    assessment = Assessment(guideline, known, patient.as_of, switches, patient.patient)
    answer = assessment.answer()
    if output is Format.json:
        from myeloguide.guideline.answer import plain

        _print(json.dumps(plain(answer), ensure_ascii=False, indent=1) + "\n")
        return
    from myeloguide.text import render, render_why

    width = shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns if sys.stdout.isatty() else PLAIN_WIDTH
    if explain is None:
        _print(render(answer, guideline, width))
        return
    option = guideline.vocabulary.regimen(explain)
    if option is None or option not in {row.option for row in guideline.rows}:
        remedy = guideline.vocabulary.near_regimen(explain)
        raise InputError(Problem("--explain", f"the guideline has no option {explain}", remedy))
    _print(render_why(assessment, answer, option, width))


@app.command()
def verify(
    file: Annotated[str, typer.Argument(help="An answer kept as JSON (`assess --format json`); `-` is standard input.")],
    patient: Annotated[
        str | None, typer.Option(metavar="FILE", help="The patient file, to derive the facts from its history again.")
    ] = None,
    pack: Annotated[str | None, typer.Option("--pack", help="The guideline; else the one that the answer names.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How the report is printed.")] = Format.text,
) -> None:
    """Answer a kept answer again: is it still given, and if not, what changed and which entries of the pack did it?

    Exit status: 0 the same, 1 it differs, 2 the input cannot be used.
    """
    from myeloguide.guideline.answer import plain
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.guideline.verify import read_answer
    from myeloguide.guideline.verify import verify as answer_again
    from myeloguide.guideline.verify_text import render

    if file == patient == "-":
        raise InputError(Problem("standard input", "cannot be both the answer and the patient file", "name a file"))
    kept = _document(file)
    guideline = load_pack(pack or read_answer(kept).pack)
    found = answer_again(kept, guideline, date.today(), None if patient is None else _document(patient))
    _print(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n" if output is Format.json else render(found, PLAIN_WIDTH))
    raise typer.Exit(0 if found.same else 1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the answer."""
    from myeloguide.guideline.schema import shipped_schema

    _print(shipped_schema())


@cohort_app.command("assess")
def cohort_assess(
    facts: Annotated[Path, typer.Argument(help="A table of facts, one row a patient: .parquet or .csv.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the options go, one row each: .parquet or .csv.")],
    ruling: RulingOption = None,
    pack: PackOption = "imwg-2021",
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no summary.")] = False,
) -> None:
    """Answer for every patient of a table. Rows that cannot be used go to OUTPUT.rejected.csv with the reason."""
    gc.enable()
    from myeloguide.cohort.run import assess_table
    from myeloguide.guideline.prepared import load_pack

    guideline = load_pack(pack)
    summary = assess_table(guideline, facts, output, _switches(ruling), show_progress=not quiet and sys.stderr.isatty())
    if not quiet:
        typer.echo(str(summary), err=True)


def _document(file: str):  # type: ignore[no-untyped-def]
    from myeloguide.knowledge.reading import DEFAULT_LIMIT, decode, parse, read

    if file != "-":
        return read(Path(file))
    if sys.stdin is None:
        raise InputError(Problem("standard input", "is closed", "name a file"))
    content = sys.stdin.buffer.read(DEFAULT_LIMIT + 1)
    if len(content) > DEFAULT_LIMIT:
        raise InputError(Problem("standard input", f"is larger than {DEFAULT_LIMIT:,} bytes", "no patient file is that large"))
    return parse(decode(content, "standard input"), "standard input")


def _day(text: str | None) -> date | None:
    from myeloguide.record.time import parse_when

    if text is None:
        return None
    try:
        day = parse_when(text).last
    except ValueError as error:
        raise InputError(Problem("--as-of", str(error), "write 2021-03-15")) from None
    return day


def _switches(given: list[str] | None) -> dict[str, str]:
    switched = {}
    for text in given or []:
        ruling, equals, value = text.partition("=")
        if not equals:
            raise InputError(Problem("--ruling", f'"{text}" is no switch', "write --ruling C1=both"))
        switched[ruling.strip()] = value.strip()
    return switched


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _leave(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line. An error is a few lines on standard error, never a traceback."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, _leave)  # so that files being written aside are removed
    try:
        app()
    except InputError as error:
        for problem in error.problems[:20]:
            sys.stderr.write(f"myeloguide: {problem}\n")
        if len(error.problems) > 20:
            sys.stderr.write(f"myeloguide: and {len(error.problems) - 20} more\n")
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe has seen enough; leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        sys.stderr.write(f"myeloguide: the output cannot be written: {error.strerror or type(error).__name__}\n")
        os._exit(2)  # flushing again at exit would only fail again
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # Says where the program is at fault, and nothing of the patient.
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "unknown"
        sys.stderr.write(f"myeloguide: a fault of the program ({type(error).__name__} in {where}); please report it\n")
        sys.exit(1)
