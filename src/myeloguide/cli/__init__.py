"""The command line: `myeloguide assess FILE`, `myeloguide cohort assess FACTS -o OPTIONS`."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from myeloguide import __version__
from myeloguide.cli.frame import (
    AnswerFormat,
    App,
    Format,
    PackOption,
    PatientArgument,
    RulingOption,
    day_of,
    emit,
    for_terminal,
    path_of,
    read_document,
    read_given,
    switches_of,
    text_width,
)
from myeloguide.errors import InputError, Problem, Spot, fault_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from myeloguide.guideline.answer import Answer
    from myeloguide.guideline.consultation import Consultation
    from myeloguide.guideline.pack import Pack


class _Groups(TyperGroup):
    """Adds the groups of commands, each imported when it is asked for: a start for one patient does without them."""

    groups = ("cohort", "evidence", "guideline", "history")

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        names: dict[str, Any] = dict.fromkeys(self.groups)
        self.commands.update(names)  # for the help, and for what was likely meant

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.groups:
            return typer.main.get_command(import_module(f"myeloguide.cli.{cmd_name}").app)
        return super().get_command(ctx, cmd_name)


app = App(
    name="myeloguide",
    cls=_Groups,
    help="The IMWG 2021 recommendations for relapsed/refractory multiple myeloma, computable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"myeloguide {__version__}")
        raise typer.Exit


@app.command()
def assess(
    file: PatientArgument,
    output: Annotated[
        AnswerFormat, typer.Option("--format", help="How the answer is printed; md and html are a sheet for a tumour board.")
    ] = AnswerFormat.text,
    path: Annotated[
        Path | None, typer.Option("-o", "--output", parser=path_of, help="Write the answer to this file instead of printing it.")
    ] = None,
    explain: Annotated[
        str | None, typer.Option(help="Show one option's conditions, and what would change its status.", metavar="OPTION")
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", help="Answer with a fact changed, and say what differs. Repeatable.", metavar="FACT"),
    ] = None,
    plan: Annotated[
        str | None, typer.Option(help="Say where a planned treatment stands, such as DPd.", metavar="TREATMENT")
    ] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="Show the results of the trials beside each option.")] = False,
    ruling: RulingOption = None,
    as_of: Annotated[str | None, typer.Option(help="The day of the decision, if the file gives none.", metavar="DATE")] = None,
    assume_complete: Annotated[bool, typer.Option("--assume-complete", help="Take the history as complete.")] = False,
    colour: Annotated[
        bool | None, typer.Option("--color/--no-color", help="Print as on a terminal, in colour or without; else as fits.")
    ] = None,
    pack: PackOption = "imwg-2021",
) -> None:
    """Answer for one patient: every option of the guideline, with its status and the reason for it."""
    from myeloguide.guideline.consultation import Consultation
    from myeloguide.guideline.prepared import load_pack

    if explain is not None and plan is not None:
        raise InputError(Problem("--explain and --plan", "are two questions", "ask one of the two"))
    if explain is not None and output in (AnswerFormat.md, AnswerFormat.html):
        raise InputError(Problem("--explain", f"is not answered as {output}", "leave --format out, or write --format json"))
    if path is not None:
        from myeloguide.output import refuse_output

        refuse_output(path)
        if file != "-" and path.exists() and path.samefile(file):
            raise InputError(Problem(str(path), "is the patient file itself", "name another file"))
    if explain is not None and evidence:
        remedy = f"ask one of the two, or `myeloguide evidence show {explain}`"
        raise InputError(Problem("--explain and --evidence", "are two questions", remedy))
    guideline = load_pack(pack)
    patient = Consultation(
        guideline,
        read_given(file),
        date.today(),
        as_of=day_of(as_of),
        switched=switches_of(ruling),
        what_if=what_if or (),
        assume_complete=assume_complete,
    )
    answer = patient.answer(plan)
    if evidence:
        from myeloguide.evidence.match import with_evidence

        answer = with_evidence(answer, patient.known.facts)
    explained = None if explain is None else patient.explanation(explain)
    if output is AnswerFormat.json:
        from myeloguide.guideline.answer import plain

        told = json.dumps(plain(explained or answer), ensure_ascii=False, indent=1) + "\n"
    elif output is AnswerFormat.text and explained is not None:
        from myeloguide.text import render_why

        told = render_why(patient.assessment, answer, explained, text_width())
    elif output is AnswerFormat.text:
        told = _answer_text(answer, guideline, colour, to_file=path is not None)
    else:
        told = _sheet(output, answer, patient)
    emit(told, path)


def _answer_text(answer: Answer, guideline: Pack, colour: bool | None, *, to_file: bool) -> str:
    """Return the answer set for a terminal; for a pipe or a file, plain."""
    if colour or (not to_file and for_terminal()):
        from myeloguide import terminal

        return terminal.render(answer, guideline, terminal.console_for(sys.stdout, text_width(), colour))
    from myeloguide import text

    return text.render(answer, guideline, text_width())


def _sheet(output: AnswerFormat, answer: Answer, patient: Consultation) -> str:
    from myeloguide.sheet import html, markdown
    from myeloguide.sheet.content import chart_of, sheet_of

    sheet = sheet_of(answer, patient.pack, chart_of(patient))
    return html.write(sheet) if output is AnswerFormat.html else markdown.write(sheet)


@app.command()
def ask(
    file: PatientArgument,
    ruling: RulingOption = None,
    as_of: Annotated[str | None, typer.Option(help="The day of the decision, if the file gives none.", metavar="DATE")] = None,
    assume_complete: Annotated[bool, typer.Option("--assume-complete", help="Take the history as complete.")] = False,
    pack: PackOption = "imwg-2021",
) -> None:
    """Ask for what is unknown, one question at a time, the most decisive first. `?` is "don't know"; `q` stops."""
    from myeloguide.grouping import so_far
    from myeloguide.guideline.ask import Interview, choices
    from myeloguide.guideline.assess import Assessment, prepare
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.text import render_end, render_offered

    if file == "-":
        raise InputError(Problem("ask", "reads the answers from standard input", "name a patient file, or write shorthand"))
    guideline = load_pack(pack)
    document, day, today, switched = read_given(file), day_of(as_of), date.today(), switches_of(ruling)

    def assess_with(changes: Sequence[str]) -> Assessment:
        known, patient, switches = prepare(
            guideline, document, day, today, switched, assume_complete=assume_complete, what_if=changes
        )
        return Assessment(guideline, known, patient.as_of, switches, patient.patient)

    interview = Interview(assess_with)
    emit(render_offered(interview.assessment, text_width()))
    while (question := interview.question()) is not None:
        fact = guideline.vocabulary.facts[question.fact.partition(".")[0]]
        recorded = f"\n  {so_far(question)}" if question.so_far else ""
        emit(f"\n{question.question} (decides {question.decides}){recorded}\n  {choices(fact)}: ")
        said = sys.stdin.readline() if sys.stdin is not None else ""
        if not said or said.strip().casefold() in ("q", "quit"):
            emit("\n")
            break
        if not sys.stdin.isatty():
            emit(said if said.endswith("\n") else said + "\n")
        try:
            interview.reply(question, said)
        except InputError as error:
            emit("".join(f"  {problem}\n" for problem in error.problems))
        else:
            emit(render_offered(interview.assessment, text_width()))
    emit(render_end(interview.assessment, interview.learned, asked_all=question is None, width=text_width()))


@app.command()
def verify(
    file: Annotated[str, typer.Argument(help="An answer kept as JSON (`assess --format json`); `-` is standard input.")],
    patient: Annotated[
        str | None,
        typer.Option(metavar="PATIENT", help="The patient file, or shorthand, to derive the facts from its history again."),
    ] = None,
    pack: Annotated[str | None, typer.Option("--pack", help="The guideline; else the one that the answer names.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How the report is printed.")] = Format.text,
) -> None:
    """Answer a kept answer again: is it still given, and if not, what changed and which entries of the pack did it?

    Exit status: 0 the same, 1 it differs, 2 the input cannot be used.
    """
    from myeloguide.guideline.answer import plain
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.guideline.verify import pack_of
    from myeloguide.guideline.verify import verify as answer_again
    from myeloguide.guideline.verify_text import render

    if file == patient == "-":
        raise InputError(Problem("standard input", "cannot be both the answer and the patient file", "name a file"))
    kept = read_document(file)
    guideline = load_pack(pack) if pack is not None else pack_of(kept)
    found = answer_again(kept, guideline, date.today(), None if patient is None else read_given(patient))
    emit(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n" if output is Format.json else render(found, text_width()))
    raise typer.Exit(0 if found.same else 1)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 8765,
    browser: Annotated[bool, typer.Option(" /--no-browser", help="Do not open a browser.")] = True,
    host: Annotated[str, typer.Option(help="The address to listen on; other machines reach any but loopback.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    pack: PackOption = "imwg-2021",
) -> None:
    """Serve the page and the JSON API on this machine (extra `web`)."""
    from myeloguide.cli.serve import serve as run

    run(port, host, pack, workers, browser=browser)


@app.command()
def shorthand(
    given: PatientArgument,
) -> None:
    """Write a patient file as shorthand, or shorthand as the patient file that it stands for.

    What the other form cannot hold is said: on standard error, or as comments of the file.
    """
    from myeloguide.knowledge.vocabulary import vocabulary
    from myeloguide.record.patient_file import read_patient
    from myeloguide.record.shorthand import Note, as_patient_file
    from myeloguide.record.shorthand.writing import write

    document = read_given(given)
    patient = read_patient(document, vocabulary(), None, date.today())
    if isinstance(document, Note):
        emit(as_patient_file(document, vocabulary(), patient.as_of))
        return
    written = write(patient, vocabulary())
    emit(f"{written}\n")
    for text in written.left_out:
        sys.stderr.write(f"myeloguide: left out: {text}\n")


@app.command()
def source(
    name: Annotated[
        str, typer.Argument(help="Lines (L425, L425-427), an option (PVd), a list, a ruling (C2) or an entry of the pack.")
    ],
    file: Annotated[str, typer.Option("--file", metavar="SOURCE", help="Your own copy of the source as text.")],
    pack: PackOption = "imwg-2021",
) -> None:
    """Show a place of the source in your own copy of it; nothing of the text is kept."""
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.handbook.content import Handbook
    from myeloguide.handbook.place import read_source, show_places, spots

    book = Handbook(load_pack(pack))
    found = spots(book, name)
    lines, checked = read_source(book, path_of(file))
    emit(f"{checked}\n\n{show_places(book, found, lines)}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the answer."""
    from myeloguide.guideline.schema import shipped_schema

    emit(shipped_schema())


def _leave(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line. An error is a few lines on standard error, never a traceback."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    encoding = (sys.stdout.encoding or "utf-8").casefold()  # what the terminal reads, for what is drawn with other signs
    if isinstance(
        getattr(sys.stdout, "buffer", None), io.RawIOBase
    ):  # unbuffered, where Python loses what a full disk takes no more of
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(sys.stdout.buffer))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, _leave)  # so that files being written aside are removed
    try:
        app(obj=encoding)
    except InputError as error:
        for problem in error.problems[:20]:
            sys.stderr.write(f"myeloguide: {problem}\n")
            if isinstance(problem.where, Spot):
                sys.stderr.write(f"{problem.where.shown()}\n")
        if len(error.problems) > 20:
            sys.stderr.write(f"myeloguide: and {len(error.problems) - 20} more\n")
        sys.exit(2)
    except OSError as error:
        what = f"{error.filename}: cannot be used" if error.filename else "the output cannot be written"
        sys.stderr.write(f"myeloguide: {what}: {error.strerror or type(error).__name__}\n")
        os._exit(2)  # flushing again at exit would only fail again
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.stderr.write(f"myeloguide: {fault_of(error)}\n")
        sys.exit(1)
