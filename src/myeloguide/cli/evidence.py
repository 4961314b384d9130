"""The commands of `myeloguide evidence`."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Annotated

import typer

from myeloguide.cli.frame import App, Format, PackOption, emit, path_of, text_width

app = App(name="evidence", help="The results of the source.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.command("export")
def evidence_export(
    output: Annotated[Path, typer.Option("-o", "--output", parser=path_of, help="Where the table goes: .csv or .parquet.")],
) -> None:
    """Write every result as a table: one row a trial, data cut, population, endpoint and comparison (or arm)."""
    gc.enable()
    from myeloguide.evidence.table import export
    from myeloguide.evidence.trials import load_evidence

    typer.echo(f"{export(load_evidence(), output):,} results written to {output}", err=True)


@app.command("check")
def evidence_check(
    pack: PackOption = "imwg-2021",
    source: Annotated[
        Path | None, typer.Option(parser=path_of, help="Your own copy of the source: is every figure of it in a result?")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How the findings are printed.")] = Format.text,
) -> None:
    """Hold the printed figures against each other. Exit status 1: a finding that nothing explains, or a figure left out."""
    gc.enable()
    from myeloguide.evidence.accounting import hold_against
    from myeloguide.evidence.checks import check_evidence
    from myeloguide.evidence.trials import load_evidence
    from myeloguide.guideline.prepared import load_pack

    evidence = load_evidence()
    found = check_evidence(evidence, load_pack(pack))
    left_out = hold_against(evidence, source) if source is not None else ()
    if output is Format.json:
        from myeloguide.guideline.answer import plain

        emit(json.dumps({**plain(found), "left_out": list(left_out)}, ensure_ascii=False, indent=1) + "\n")
    else:
        from myeloguide.evidence.text import render_findings

        emit(render_findings(found, left_out if source is not None else None, text_width()))
    if found.new or found.not_found or left_out:
        raise typer.Exit(1)


@app.command("show")
def evidence_show(
    name: Annotated[str, typer.Argument(help="An option, such as DVd, or a trial, such as CASTOR.", metavar="OPTION|TRIAL")],
    output: Annotated[Format, typer.Option("--format", help="How the results are printed.")] = Format.text,
) -> None:
    """Show the results of an option or of a trial, with their places in the source."""
    gc.enable()
    from myeloguide.evidence.text import as_data, render_trials, trials_named
    from myeloguide.evidence.trials import load_evidence

    evidence = load_evidence()
    option, trials = trials_named(evidence, name)
    if output is Format.json:
        emit(json.dumps(as_data(trials, option), ensure_ascii=False, indent=1) + "\n")
    else:
        emit(render_trials(evidence, trials, option, text_width()))
