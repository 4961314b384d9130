"""The commands of `myeloguide cohort`."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from myeloguide.cli.frame import App, PackOption, RulingOption, TableFormat, path_of, switches_of
from myeloguide.errors import InputError, Problem

app = App(
    name="cohort", help="The same for a table of patients.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@app.command("assess")
def cohort_assess(
    facts: Annotated[Path, typer.Argument(parser=path_of, help="A table of facts, one row a patient: .parquet or .csv.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", parser=path_of, help="Where the options go, one row each: .parquet or .csv.")
    ],
    ruling: RulingOption = None,
    pack: PackOption = "imwg-2021",
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no summary.")] = False,
) -> None:
    """Answer for every patient of a table. Rows that cannot be used go to OUTPUT.rejected.csv with the reason.

    Exit status: 0 also when rows were set aside, 2 when no row can be used.
    """
    gc.enable()
    from myeloguide.cohort.run import assess_table
    from myeloguide.guideline.prepared import load_pack

    guideline = load_pack(pack)
    summary = assess_table(guideline, facts, output, switches_of(ruling), show_progress=not quiet and sys.stderr.isatty())
    if not quiet:
        typer.echo(str(summary), err=True)
    if summary.rejected and not summary.patients:
        raise InputError(Problem(str(facts), "no row of it can be used", f"{summary.rejected_file} says why"))


@app.command("simulate")
def cohort_simulate(
    output: Annotated[
        Path, typer.Option("-o", "--output", parser=path_of, metavar="FOLDER", help="A new folder for the tables.")
    ],
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
