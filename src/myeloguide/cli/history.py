"""The commands of `myeloguide history`."""

from __future__ import annotations

import gc
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from myeloguide.cli.frame import (
    PATIENT_FILES,
    App,
    Format,
    PackOption,
    RulingOption,
    day_of,
    emit,
    is_file,
    path_of,
    read_given,
    switches_of,
    text_width,
)
from myeloguide.errors import InputError, Problem
from myeloguide.record.ranges import counted

if TYPE_CHECKING:
    from myeloguide.record.quality import Report

app = App(name="history", help="Recorded events as tables.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


_RULES = "How lines are counted: imwg-2015 or ohdsi-mm-episodes, with numbers changed as in imwg-2015,maintenance=120."


@app.command("check")
def history_check(
    folder: Annotated[Path, typer.Argument(parser=path_of, help="A folder of record tables (Parquet or CSV), or a DuckDB file.")],
    report: Annotated[
        Path | None,
        typer.Option("-o", "--output", parser=path_of, help="Where every finding goes, one row each: .parquet or .csv."),
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
        emit(json.dumps(as_json(found), ensure_ascii=False, indent=1) + "\n")
    else:
        emit("\n".join(summary(found)) + "\n")
        if report is None and found.findings.height:
            emit("\nEvery finding, with what stands there and what was likely meant: -o REPORT.csv\n")
    if not found.used:
        raise InputError(Problem(str(folder), "no row of it can be used", "the report says why"))


@app.command("derive")
def history_derive(
    folder: Annotated[Path, typer.Argument(parser=path_of, help="A folder of record tables (Parquet or CSV), or a DuckDB file.")],
    output: Annotated[Path, typer.Option("-o", "--output", parser=path_of, help="The folder for the tables that are written.")],
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
    day, processes = day_of(as_of), workers or os.cpu_count() or 1
    found = derive_tables(folder, output, date.today(), as_of=day, rules=rules, relapse=relapse, workers=processes, shown=shown)
    if not quiet:
        written = ", ".join(f"{number:,} {name}" for name, number in found.rows.items())
        typer.echo(f"{counted(f'{found.patients:,}', 'patient')} told by {rules}, relapse by {relapse}: {written}", err=True)
        _tell_what_was_left(found.report)
        if found.differing:
            what = "with lines given that differ from those counted, see disagreements"
            typer.echo(f"{counted(f'{found.differing:,}', 'patient')} {what}", err=True)
        if found.undated:
            told = f"without as_of, told as of {day or date.today()}"
            typer.echo(f"{counted(f'{found.undated:,}', 'patient')} {told}", err=True)


def _tell_what_was_left(report: Report) -> None:
    """Say on standard error what of the tables was not read, how many rows were set aside, and who stands in no table."""
    for remark in report.remarks:
        typer.echo(f"remark: {remark}", err=True)
    if report.set_aside:
        typer.echo(f"{counted(f'{report.set_aside:,}', 'row')} set aside, see `myeloguide history check`", err=True)
    if report.unlisted:
        what = "with records but no row in the table patients: are ids written alike, 17 or 017?"
        typer.echo(f"{counted(f'{report.unlisted:,}', 'patient')} {what}", err=True)


@app.command("compare")
def history_compare(
    folder: Annotated[Path, typer.Argument(parser=path_of, help="A folder of record tables (Parquet or CSV), or a DuckDB file.")],
    rules: Annotated[list[str] | None, typer.Option(help=f"{_RULES} Give two; else these two are compared.")] = None,
    table: Annotated[
        Path | None,
        typer.Option("-o", "--output", parser=path_of, help="Where every difference goes, one row each: .parquet or .csv."),
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
    day, shown = day_of(as_of), sys.stderr.isatty()
    found = compare_rules(
        folder, load_pack(pack), rules or (), date.today(), as_of=day, switched=switches_of(ruling), shown=shown
    )
    _tell_what_was_left(found.report)
    if table is not None:
        write_report(found.rows, table)
    if output is Format.json:
        from myeloguide.guideline.answer import plain

        emit(json.dumps(plain(found.counted), ensure_ascii=False, indent=1) + "\n")
    else:
        emit("\n".join(summary(found.counted)) + "\n")


@app.command("show")
def history_show(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(help="A folder of record tables, a DuckDB file, a patient file (`-`: standard input), or shorthand.")
    ],
    patient: Annotated[str | None, typer.Option(metavar="ID", help="The patient, where the tables hold several.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", parser=path_of, help="Draw it as a picture, too: .svg.")
    ] = None,
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

    from myeloguide.drawing import page, svg, terminal
    from myeloguide.drawing.reading import read_chart
    from myeloguide.output import aside, refuse_output

    if output is not None:
        refuse_output(output, (".svg",), "STORY.svg")
    document = read_given(source) if source == "-" or Path(source).suffix in PATIENT_FILES or not is_file(source) else None
    chart = read_chart(
        document or Path(source), patient, date.today(), as_of=day_of(as_of), rules=rules, assume_complete=assume_complete
    )
    if output is not None:
        with aside(output) as made:
            made.write_text(svg.draw(chart, (pixels,) if pixels else (page.PAGE, page.PHONE)), encoding="utf-8")
    columns = width or text_width()
    console = Console(width=columns, highlight=False, emoji=False, markup=False)
    for line in terminal.draw(chart, columns, ascii_only=plain or not str(context.obj).startswith("utf")):
        console.print(line, soft_wrap=True)
