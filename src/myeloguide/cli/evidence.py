"""The commands of `myeloguide evidence`."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Annotated

import typer

from myeloguide.cli.frame import App, Format, PackOption, emit, path_of, text_width

_POPULATION = "Whose results: all, one-prior-line, lenalidomide-refractory ..."
_PUBLISHED = "With hazard ratios of the same comparisons that are published elsewhere."
_PICTURE = "Draw it: .svg, for page and phone."

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


@app.command("forest")
def evidence_forest(
    option: Annotated[str | None, typer.Argument(help="An option, such as DVd.")] = None,
    against: Annotated[str | None, typer.Option(metavar="OPTION", help="Only its comparisons with this one.")] = None,
    population: Annotated[str | None, typer.Option(metavar="POPULATION", help=_POPULATION)] = None,
    published: Annotated[bool, typer.Option("--published", help=_PUBLISHED)] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", parser=path_of, help=_PICTURE)] = None,
) -> None:
    """Show every comparison of an option or of a population as a forest plot: hazard ratio, interval, n, place."""
    gc.enable()
    from myeloguide.drawing import forest as drawing
    from myeloguide.evidence.choice import load_published, option_named
    from myeloguide.evidence.forest import forest, render
    from myeloguide.evidence.trials import load_evidence
    from myeloguide.output import aside, refuse_output

    if output is not None:
        refuse_output(output, (".svg",), "FOREST.svg")
    evidence = load_evidence()
    options = [None if word is None else option_named(evidence, word) for word in (option, against)]
    plot = forest(evidence, options[0], options[1], population, load_published() if published else ())
    if output is not None:
        with aside(output) as made:
            made.write_text(drawing.draw(plot), encoding="utf-8")
    else:
        emit(render(plot, text_width()))


@app.command("network")
def evidence_network(
    population: Annotated[str, typer.Option(metavar="POPULATION", help=_POPULATION)] = "all",
    endpoint: Annotated[str, typer.Option(help="PFS, OS, TTP or PFS2.")] = "PFS",
    published: Annotated[bool, typer.Option("--published", help=_PUBLISHED)] = False,
    pack: PackOption = "imwg-2021",
    graph: Annotated[Path | None, typer.Option("-o", "--output", parser=path_of, help=_PICTURE)] = None,
    league: Annotated[
        Path | None, typer.Option("--league", parser=path_of, help="Draw the league table: .svg, for page and phone.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How the answer is printed.")] = Format.text,
) -> None:
    """Combine the trials of a population: hazard ratios of every pair, P-scores, what cannot be told, what cannot be compared."""
    gc.enable()
    from myeloguide.drawing.network import draw_league, draw_network
    from myeloguide.evidence.combined import combined, plain
    from myeloguide.evidence.network_text import render
    from myeloguide.evidence.trials import load_evidence
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.output import aside, refuse_output

    pictures = [(path, draw) for path, draw in ((graph, draw_network), (league, draw_league)) if path is not None]
    for path, _ in pictures:
        refuse_output(path, (".svg",), "NETWORK.svg")
    found = combined(load_evidence(), load_pack(pack), population, endpoint, published=published)
    for path, draw in pictures:
        with aside(path) as made:
            made.write_text(draw(found), encoding="utf-8")
    if output is Format.json:
        emit(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n")
    else:
        emit(render(found, text_width()))
