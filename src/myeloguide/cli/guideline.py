"""The commands of `myeloguide guideline`."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from myeloguide.cli.frame import PLAIN_WIDTH, App, Format, PackOption, emit, path_of, text_width
from myeloguide.errors import lacking

app = App(name="guideline", help="The guideline as data.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def with_solver(command: str, module: str) -> Any:
    """Return a module of the guideline that needs the solver."""
    from importlib import import_module

    try:
        return import_module(f"myeloguide.guideline.{module}")
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
        raise lacking(command, "needs the solver z3", "audit") from None


@app.command("audit")
def guideline_audit(
    pack: Annotated[str, typer.Argument(help="The guideline: its name, or the folder of a pack.")] = "imwg-2021",
    output: Annotated[Format, typer.Option("--format", help="How the findings are printed.")] = Format.text,
    witnesses: Annotated[
        Path | None,
        typer.Option(
            "--witnesses", parser=path_of, help="Write the patients who reach every option and caution, as cases (YAML)."
        ),
    ] = None,
) -> None:
    """Prove what holds for every patient, or show a smallest patient for whom it does not. Exit status 1: a new finding."""
    gc.enable()
    auditing = with_solver("guideline audit", "audit")
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

        emit(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n")
    else:
        from myeloguide.guideline.audit_text import render_audit

        emit(render_audit(guideline, found, text_width()))
    if found.findings or found.not_found:
        raise typer.Exit(1)


@app.command("compare")
def guideline_compare(
    first: Annotated[str, typer.Argument(help="A guideline: its name, or the folder of a pack.")],
    second: Annotated[str, typer.Argument(help="The guideline to compare it with.")],
    output: Annotated[Format, typer.Option("--format", help="How the comparison is printed.")] = Format.text,
) -> None:
    """Say which entries of two guidelines differ, and for which patients the offered options do."""
    gc.enable()
    compare = with_solver("guideline compare", "compare").compare
    from myeloguide.guideline.prepared import load_pack

    packs = load_pack(first), load_pack(second)
    found = compare(*packs, (first, second))
    if output is Format.json:
        from myeloguide.guideline.answer import plain

        emit(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n")
        return
    from myeloguide.guideline.audit_text import render_comparison

    emit(render_comparison(*packs, found, text_width()))


@app.command("show")
def guideline_show(
    name: Annotated[str | None, typer.Argument(help="A list, an option or a ruling; without one, every list.")] = None,
    pack: PackOption = "imwg-2021",
) -> None:
    """Print the guideline: its lists, or one list, an option wherever it stands, a ruling with the readings not used."""
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.handbook.content import Handbook
    from myeloguide.handbook.terminal import show

    emit(show(Handbook(load_pack(pack)), name, min(text_width(), PLAIN_WIDTH)))


@app.command("pages")
def guideline_pages(
    folder: Annotated[Path, typer.Option("-o", "--output", parser=path_of, help="The folder of the pages.", metavar="FOLDER")],
    pack: PackOption = "imwg-2021",
) -> None:
    """Write the guideline as linked Markdown pages with a flow chart (SVG)."""
    from myeloguide.guideline.prepared import load_pack
    from myeloguide.handbook.content import Handbook
    from myeloguide.handbook.pages import pages
    from myeloguide.output import aside, refuse_output, writing

    made = pages(Handbook(load_pack(pack)))
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name in made:
        refuse_output(folder / name)
    for name, content in made.items():
        with aside(folder / name) as path:
            path.write_text(content, encoding="utf-8")
    emit(f"{folder}: {len(made)} files\n")


@app.command("coverage")
def guideline_coverage(
    pack: Annotated[str, typer.Argument(help="The guideline: its name, or the folder of a pack.")] = "imwg-2021",
    output: Annotated[Format, typer.Option("--format", help="How the coverage is printed.")] = Format.text,
    line: Annotated[int | None, typer.Option(help="Show what one line of the source is.", metavar="NUMBER")] = None,
    source: Annotated[
        Path | None, typer.Option(parser=path_of, help="Your own copy of the source, to be held against it.")
    ] = None,
) -> None:
    """Show what the guideline as data makes of every line of its source."""
    from myeloguide.guideline.coverage import check_copy, plain, read_coverage, render, render_line
    from myeloguide.guideline.prepared import load_pack

    coverage = read_coverage(load_pack(pack))
    checked = f"{check_copy(coverage, source)}\n\n" if source is not None else ""
    if output is Format.json:
        emit(json.dumps(plain(coverage, line), ensure_ascii=False, indent=1) + "\n")
    else:
        emit(checked + (render(coverage) if line is None else render_line(coverage, line)))
