"""The command line: `myeloguide assess FILE`, `myeloguide cohort assess FACTS -o OPTIONS`."""

from __future__ import annotations

import gc
import io
import json
import os
import shutil
import signal
import sys
from collections import Counter
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from myeloguide import __version__
from myeloguide.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from typer.models import CommandFunctionType

    from myeloguide.guideline.pack import Pack
    from myeloguide.history.facts import KnownFacts
    from myeloguide.record.patient_file import PatientFile


class _Command(TyperCommand):
    """A command that refuses an option given twice where only one of the values would count."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for option, times in Counter(order).items():
            counts_once = isinstance(option, TyperOption) and not option.multiple
            if times > 1 and counts_once and (option.secondary_opts or not getattr(option, "is_flag", False)):
                raise InputError(Problem(option.opts[-1], "is given twice", "keep one"))
        return super().parse_args(ctx, args)


class _App(typer.Typer):
    def command(self, name: str | None = None, **more: Any) -> Callable[[CommandFunctionType], CommandFunctionType]:
        return super().command(name, cls=_Command, **more)


app = _App(
    name="myeloguide",
    help="The IMWG 2021 recommendations for relapsed/refractory multiple myeloma, computable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cohort_app = _App(help="The same for a table of patients.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(cohort_app, name="cohort")
guideline_app = _App(help="The guideline as data.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(guideline_app, name="guideline")
history_app = _App(help="Recorded events as tables.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(history_app, name="history")

PLAIN_WIDTH = 88
PATIENT_FILES = (".yaml", ".yml", ".json")


class Format(StrEnum):
    """How an answer is printed."""

    text = "text"
    json = "json"


class TableFormat(StrEnum):
    """How tables are written."""

    parquet = "parquet"
    csv = "csv"


def _path(text: str) -> Path:
    """Read a path; an empty one, as an unset variable of a shell gives it, would be the folder that one stands in."""
    if not text.strip():
        raise InputError(Problem("a path", "is empty", "name a file or a folder"))
    return Path(text)


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
    explain: Annotated[
        str | None, typer.Option(help="Show one option's conditions, and what would change its status.", metavar="OPTION")
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", help="Answer with a fact changed, and say what differs. Repeatable.", metavar="FACT=VALUE"),
    ] = None,
    plan: Annotated[
        str | None, typer.Option(help="Say where a planned treatment stands, such as DPd.", metavar="TREATMENT")
    ] = None,
    ruling: RulingOption = None,
    as_of: Annotated[str | None, typer.Option(help="The day of the decision, if the file gives none.", metavar="DATE")] = None,
    assume_complete: Annotated[bool, typer.Option("--assume-complete", help="Take the history as complete.")] = False,
    pack: PackOption = "imwg-2021",
) -> None:
    """Answer for one patient: every option of the guideline, with its status and the reason for it."""
    from dataclasses import replace

    from myeloguide.guideline.assess import Assessment, known_of, prepare
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.guideline.what_if import difference, explanation, hanging

    if explain is not None and plan is not None:
        raise InputError(Problem("--explain and --plan", "are two questions", "ask one of the two"))
    guideline = load_pack(pack)
    document, day, today, switched = _document(file), _day(as_of), date.today(), _switches(ruling)

    def read(switched: Mapping[str, str], changes: Sequence[str]) -> tuple[KnownFacts, PatientFile, dict[str, str]]:
        return prepare(guideline, document, day, today, switched, assume_complete=assume_complete, what_if=changes)

    changes = what_if or ()
    known, patient, switches = read(switched, changes)
    assessment = Assessment(guideline, known, patient.as_of, switches, patient.patient)

    def read_otherwise(other: Mapping[str, str]) -> KnownFacts:
        return known_of(guideline, patient, {**switches, **other}, assume_complete=assume_complete, what_if=changes)

    hangs_on = hanging(guideline, known, switches, read_otherwise)
    answer = replace(assessment.answer(), hangs_on=hangs_on, supposed=tuple(changes))
    if changes or switched:
        known_before, _, switches_before = read({}, ())
        before = Assessment(guideline, known_before, patient.as_of, switches_before).answer()
        answer = replace(answer, difference=difference(before, answer))
    if plan is not None:
        from myeloguide.guideline.plan import stand

        answer = replace(answer, plan=stand(guideline, answer, assessment.planes, plan))
    explained = None
    if explain is not None:

        def replay(more: Sequence[str], other: Mapping[str, str]) -> KnownFacts:
            kept = [text for text in changes if text.partition("=")[0] not in {item.partition("=")[0] for item in more}]
            return read(other, [*kept, *more])[0]

        explained = explanation(assessment, _option(guideline, explain), replay)
    if output is Format.json:
        from myeloguide.guideline.answer import plain

        _print(json.dumps(plain(explained or answer), ensure_ascii=False, indent=1) + "\n")
        return
    from myeloguide.text import render, render_why

    _print(render_why(assessment, answer, explained, _width()) if explained else render(answer, guideline, _width()))


@app.command()
def ask(
    file: Annotated[str, typer.Argument(help="A patient file (YAML or JSON).")],
    ruling: RulingOption = None,
    as_of: Annotated[str | None, typer.Option(help="The day of the decision, if the file gives none.", metavar="DATE")] = None,
    assume_complete: Annotated[bool, typer.Option("--assume-complete", help="Take the history as complete.")] = False,
    pack: PackOption = "imwg-2021",
) -> None:
    """Ask for what is unknown, one question at a time, the most decisive first. `?` is "don't know"; `q` stops."""
    from myeloguide.guideline.ask import Interview, choices
    from myeloguide.guideline.assess import Assessment, prepare
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.text import render_end, render_offered

    if file == "-":
        raise InputError(Problem("ask", "reads the answers from standard input", "name a patient file"))
    guideline = load_pack(pack)
    document, day, today, switched = _document(file), _day(as_of), date.today(), _switches(ruling)

    def assess_with(changes: Sequence[str]) -> Assessment:
        known, patient, switches = prepare(
            guideline, document, day, today, switched, assume_complete=assume_complete, what_if=changes
        )
        return Assessment(guideline, known, patient.as_of, switches, patient.patient)

    interview = Interview(assess_with)
    _print(render_offered(interview.assessment, _width()))
    while (question := interview.question()) is not None:
        fact = guideline.vocabulary.facts[question.fact.partition(".")[0]]
        _print(f"\n{question.question} (decides {question.decides})\n  {choices(fact)}: ")
        said = sys.stdin.readline() if sys.stdin is not None else ""
        if not said or said.strip().casefold() in ("q", "quit"):
            _print("\n")
            break
        if not sys.stdin.isatty():
            _print(said if said.endswith("\n") else said + "\n")
        try:
            interview.reply(question, said)
        except InputError as error:
            _print("".join(f"  {problem}\n" for problem in error.problems))
        else:
            _print(render_offered(interview.assessment, _width()))
    _print(render_end(interview.assessment, interview.learned, asked_all=question is None, width=_width()))


def _option(guideline: Pack, word: str) -> str:
    option = guideline.vocabulary.regimen(word)
    if option is None or option not in {row.option for row in guideline.rows}:
        remedy = guideline.vocabulary.near_regimen(word) or "name an option of the guideline, such as DPd"
        raise InputError(Problem("--explain", f"the guideline has no option {word}", remedy))
    return option


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
    from myeloguide.guideline.verify import pack_of
    from myeloguide.guideline.verify import verify as answer_again
    from myeloguide.guideline.verify_text import render

    if file == patient == "-":
        raise InputError(Problem("standard input", "cannot be both the answer and the patient file", "name a file"))
    kept = _document(file)
    guideline = load_pack(pack) if pack is not None else pack_of(kept)
    found = answer_again(kept, guideline, date.today(), None if patient is None else _document(patient))
    _print(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n" if output is Format.json else render(found, _width()))
    raise typer.Exit(0 if found.same else 1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the answer."""
    from myeloguide.guideline.schema import shipped_schema

    _print(shipped_schema())


@cohort_app.command("assess")
def cohort_assess(
    facts: Annotated[Path, typer.Argument(parser=_path, help="A table of facts, one row a patient: .parquet or .csv.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", parser=_path, help="Where the options go, one row each: .parquet or .csv.")
    ],
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


@cohort_app.command("simulate")
def cohort_simulate(
    output: Annotated[Path, typer.Option("-o", "--output", parser=_path, metavar="FOLDER", help="A new folder for the tables.")],
    patients: Annotated[int, typer.Option(help="How many patients.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    noise: Annotated[
        list[str] | None, typer.Option(metavar="NAME=RATE", help="Make records faulty, such as missing_stop=0.1. Repeatable.")
    ] = None,
    edge: Annotated[float, typer.Option(help="Share of patients on a limit of the definitions (day 60, exactly 25% ...).")] = 0.0,
    responses: Annotated[bool, typer.Option(help="Write the investigators' responses.")] = True,
    form: Annotated[TableFormat, typer.Option("--format", help="How the tables are written.")] = TableFormat.parquet,
    workers: Annotated[int | None, typer.Option(help="Processes; else one for each core.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no summary.")] = False,
) -> None:
    """Write a synthetic cohort: recorded stories as tables, and in `truth` what is true of each."""
    gc.enable()
    from myeloguide.cohort.simulate import Cohort, read_noise, simulate

    cohort = Cohort(patients, seed, read_noise(noise or []), edge, responses, form.value)
    summary = simulate(cohort, output, workers=workers, show_progress=not quiet and sys.stderr.isatty())
    if not quiet:
        typer.echo(str(summary), err=True)


@guideline_app.command("audit")
def guideline_audit(
    pack: Annotated[str, typer.Argument(help="The guideline: its name, or the folder of a pack.")] = "imwg-2021",
    output: Annotated[Format, typer.Option("--format", help="How the findings are printed.")] = Format.text,
    witnesses: Annotated[
        Path | None,
        typer.Option("--witnesses", parser=_path, help="Write the patients who reach every option and caution, as cases (YAML)."),
    ] = None,
) -> None:
    """Prove what holds for every patient, or show a smallest patient for whom it does not. Exit status 1: a new finding."""
    gc.enable()
    auditing = _with_solver("guideline audit", "audit")
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.output import aside, refuse_output

    guideline = load_pack(pack)
    if witnesses is not None:
        refuse_output(witnesses)
    found = auditing.audit(guideline, smallest=witnesses is not None)
    if witnesses is not None:
        from myeloguide.guideline.witnesses import witness_cases

        with aside(witnesses) as made:
            made.write_text(witness_cases(guideline, found.witnesses), encoding="utf-8")
    if output is Format.json:
        from myeloguide.guideline.answer import plain

        _print(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n")
    else:
        from myeloguide.guideline.audit_text import render_audit

        _print(render_audit(guideline, found, _width()))
    if found.findings or found.not_found:
        raise typer.Exit(1)


@guideline_app.command("compare")
def guideline_compare(
    first: Annotated[str, typer.Argument(help="A guideline: its name, or the folder of a pack.")],
    second: Annotated[str, typer.Argument(help="The guideline to compare it with.")],
    output: Annotated[Format, typer.Option("--format", help="How the comparison is printed.")] = Format.text,
) -> None:
    """Say which entries of two guidelines differ, and for which patients the offered options do."""
    gc.enable()
    compare = _with_solver("guideline compare", "compare").compare
    from myeloguide.guideline.prepared import load_pack

    packs = load_pack(first), load_pack(second)
    found = compare(*packs)
    if output is Format.json:
        from myeloguide.guideline.answer import plain

        _print(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n")
        return
    from myeloguide.guideline.audit_text import render_comparison

    _print(render_comparison(*packs, found, _width()))


def _with_solver(command: str, module: str) -> Any:
    """Return a module of the guideline that needs the solver."""
    from importlib import import_module

    try:
        return import_module(f"myeloguide.guideline.{module}")
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
        what = "needs the solver z3, which is not installed"
        raise InputError(Problem(command, what, "install myeloguide[audit]")) from None


@guideline_app.command("coverage")
def guideline_coverage(
    pack: Annotated[str, typer.Argument(help="The guideline: its name, or the folder of a pack.")] = "imwg-2021",
    output: Annotated[Format, typer.Option("--format", help="How the coverage is printed.")] = Format.text,
    line: Annotated[int | None, typer.Option(help="Show what one line of the source is.", metavar="NUMBER")] = None,
    source: Annotated[Path | None, typer.Option(parser=_path, help="Your own copy of the source, to be held against it.")] = None,
) -> None:
    """Show what the guideline as data makes of every line of its source."""
    from myeloguide.guideline.coverage import check_copy, plain, read_coverage, render, render_line
    from myeloguide.guideline.prepared import load_pack

    coverage = read_coverage(load_pack(pack))
    checked = f"{check_copy(coverage, source)}\n\n" if source is not None else ""
    if output is Format.json:
        _print(json.dumps(plain(coverage, line), ensure_ascii=False, indent=1) + "\n")
    else:
        _print(checked + (render(coverage) if line is None else render_line(coverage, line)))


@history_app.command("check")
def history_check(
    folder: Annotated[Path, typer.Argument(parser=_path, help="A folder of record tables (Parquet or CSV), or a DuckDB file.")],
    report: Annotated[
        Path | None,
        typer.Option("-o", "--output", parser=_path, help="Where every finding goes, one row each: .parquet or .csv."),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How the summary is printed.")] = Format.text,
) -> None:
    """Read record tables and say what is wrong with them: which rows are set aside, which are kept and flagged.

    Exit status: 0 also when rows were set aside, 2 when nothing is usable.
    """
    gc.enable()
    from myeloguide.record.quality import as_json, summary
    from myeloguide.record.tables import check_report_path, read_tables, write_report

    if report is not None:
        check_report_path(report, folder)
    found = read_tables(folder).examine(today=date.today()).report
    if report is not None:
        write_report(found.findings, report)
    if output is Format.json:
        _print(json.dumps(as_json(found), ensure_ascii=False, indent=1) + "\n")
    else:
        _print("\n".join(summary(found)) + "\n")
    if not found.used:
        raise InputError(Problem(str(folder), "no row of it can be used", "the report says why"))


_RULES = "How lines are counted: imwg-2015 or ohdsi-mm-episodes, with numbers changed as in imwg-2015,maintenance=120."


@history_app.command("derive")
def history_derive(
    folder: Annotated[Path, typer.Argument(parser=_path, help="A folder of record tables (Parquet or CSV), or a DuckDB file.")],
    output: Annotated[Path, typer.Option("-o", "--output", parser=_path, help="The folder for the tables that are written.")],
    rules: Annotated[str, typer.Option(help=_RULES)] = "imwg-2015",
    relapse: Annotated[str, typer.Option(help="What makes a relapse clinical: imwg-2016 or treatment-at-relapse.")] = "imwg-2016",
    as_of: Annotated[
        str | None, typer.Option(help="The day of the decision, where the tables give none.", metavar="DATE")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; else one for each core.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no summary.")] = False,
) -> None:
    """Derive lines, responses, relapses, refractoriness, scores and facts from recorded events, each with its proof."""
    gc.enable()
    from myeloguide.cohort.derive import derive_tables

    shown = not quiet and sys.stderr.isatty()
    day, processes = _day(as_of), workers or os.cpu_count() or 1
    found = derive_tables(folder, output, date.today(), as_of=day, rules=rules, relapse=relapse, workers=processes, shown=shown)
    if not quiet:
        written = ", ".join(f"{number:,} {name}" for name, number in found.rows.items())
        typer.echo(f"{found.patients:,} patients told by {rules}, relapse by {relapse}: {written}", err=True)
        if found.report.set_aside:
            typer.echo(f"{found.report.set_aside:,} rows set aside, see `myeloguide history check`", err=True)
        if found.differing:
            what = "patients have lines given that differ from those counted, see disagreements"
            typer.echo(f"{found.differing:,} {what}", err=True)
        if found.undated:
            typer.echo(f"{found.undated:,} patients have no as_of and were told as of {day or date.today()}", err=True)


@history_app.command("compare")
def history_compare(
    folder: Annotated[Path, typer.Argument(parser=_path, help="A folder of record tables (Parquet or CSV), or a DuckDB file.")],
    rules: Annotated[list[str] | None, typer.Option(help=f"{_RULES} Give two; else these two are compared.")] = None,
    table: Annotated[
        Path | None,
        typer.Option("-o", "--output", parser=_path, help="Where every difference goes, one row each: .parquet or .csv."),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="The day of the decision, where the tables give none.", metavar="DATE")
    ] = None,
    pack: PackOption = "imwg-2021",
    ruling: RulingOption = None,
    output: Annotated[Format, typer.Option("--format", help="How the summary is printed.")] = Format.text,
) -> None:
    """Count lines by two rule sets, and say where lines, refractoriness, facts and the options offered differ."""
    gc.enable()
    from myeloguide.cohort.compare import compare_rules, summary
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.record.tables import check_report_path, write_report

    if table is not None:
        check_report_path(table, folder)
    day, shown = _day(as_of), sys.stderr.isatty()
    found = compare_rules(folder, load_pack(pack), rules or (), date.today(), as_of=day, switched=_switches(ruling), shown=shown)
    if table is not None:
        write_report(found.rows, table)
    if output is Format.json:
        from myeloguide.guideline.answer import plain

        _print(json.dumps(plain(found.counted), ensure_ascii=False, indent=1) + "\n")
    else:
        _print("\n".join(summary(found.counted)) + "\n")


@history_app.command("show")
def history_show(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(help="A folder of record tables, a DuckDB file, or a patient file (`-`: standard input).")
    ],
    patient: Annotated[str | None, typer.Option(metavar="ID", help="The patient, where the tables hold several.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", parser=_path, help="Draw it as a picture, too: .svg.")] = None,
    rules: Annotated[str, typer.Option(help="How lines are counted in tables: imwg-2015 or ohdsi-mm-episodes.")] = "imwg-2015",
    as_of: Annotated[str | None, typer.Option(help="The day of the decision, if nothing gives one.", metavar="DATE")] = None,
    assume_complete: Annotated[bool, typer.Option("--assume-complete", help="Take the record as complete.")] = False,
    width: Annotated[int | None, typer.Option(min=40, max=400, help="Columns of text; else those of the terminal.")] = None,
    pixels: Annotated[
        int | None, typer.Option(min=320, max=4000, help="Draw the picture for this width alone, not for page and phone.")
    ] = None,
    plain: Annotated[bool, typer.Option("--ascii", help="Letters and signs of ASCII only.")] = False,
) -> None:
    """Draw a patient's story: drugs by line, transplant, M-protein, responses, progression, refractoriness."""
    gc.enable()
    from rich.console import Console

    from myeloguide.drawing import svg, terminal
    from myeloguide.drawing.reading import read_chart
    from myeloguide.output import aside, refuse_output

    if output is not None:
        refuse_output(output, (".svg",), "STORY.svg")
    document = _document(source) if source == "-" or Path(source).suffix in PATIENT_FILES else None
    chart = read_chart(
        document or Path(source), patient, date.today(), as_of=_day(as_of), rules=rules, assume_complete=assume_complete
    )
    if output is not None:
        with aside(output) as made:
            made.write_text(svg.draw(chart, (pixels,) if pixels else (svg.PAGE, svg.PHONE)), encoding="utf-8")
    columns = width or _width()
    console = Console(width=columns, highlight=False, emoji=False, markup=False)
    for line in terminal.draw(chart, columns, ascii_only=plain or not str(context.obj).startswith("utf")):
        console.print(line, soft_wrap=True)


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
    switched: dict[str, str] = {}
    for text in given or []:
        ruling, equals, value = text.partition("=")
        if not equals:
            raise InputError(Problem("--ruling", f'"{text}" is no switch', "write --ruling C1=both"))
        if ruling.strip() in switched:
            raise InputError(Problem("--ruling", f"{ruling.strip()} is switched twice", "keep one"))
        switched[ruling.strip()] = value.strip()
    return switched


def _width() -> int:
    """Return COLUMNS where it is set, else the width of the terminal, else what fits a page."""
    return shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has seen enough; leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
        # Says where the program is at fault, and nothing of the patient.
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "unknown"
        sys.stderr.write(f"myeloguide: a fault of the program ({type(error).__name__} in {where}); please report it\n")
        sys.exit(1)
