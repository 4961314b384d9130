"""The pages of the documentation on the evidence, made from the data: `python -m myeloguide.evidence.pages docs/evidence`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from myeloguide.evidence.checks import Finding, check_evidence
from myeloguide.evidence.text import part_in_words, registered
from myeloguide.evidence.trials import Evidence, Result, Trial, load_evidence
from myeloguide.evidence.words import p_in_words, places_of, ratio_in_words, toxicity_in_words, values_in_words
from myeloguide.guideline.declared import Since
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import load_pack
from myeloguide.output import aside

_MADE = "Made from the data of the program by `python -m myeloguide.evidence.pages docs/evidence`; not edited by hand."
_READ = (
    "L: lines of the source. NR not reached, NE not estimable. HR: hazard ratio, below 1 in favour of the arm named first. "
    "What the source does not print is left empty."
)


def pages(evidence: Evidence, pack: Pack) -> dict[str, str]:
    """Return every page by its file name: one a trial, and the index."""
    findings = check_evidence(evidence, pack).findings
    made = {page_of(trial): _page(evidence, trial, findings, pack.newer.since) for trial in evidence.trials}
    return {"index.md": _index(evidence, pack), **made}


def page_of(trial: Trial) -> str:
    """Return the name of a trial's page, which is that of its file."""
    return f"{Path(trial.document.name).stem}.md"


def _index(evidence: Evidence, pack: Pack) -> str:
    results = list(evidence.results)
    lines = [
        "# The evidence of the source",
        "",
        f"Every result that the source of `{pack.header.pack}` reports ({pack.header.citation}): "
        f"{len(results)} results of {len(evidence.trials)} trials and cohorts, "
        f"{sum(result.hr is not None for _, result in results)} hazard ratios, "
        f"{sum(result.ci_low is not None for _, result in results)} intervals, "
        f"{sum(result.p is not None for _, result in results)} p values, each with its lines. "
        "Figures are kept as printed; what does not go together is shown by `myeloguide evidence check`.",
        "",
        "The reference list is not in the text of the source: the publications behind its numbers are, but for a few, from "
        "memory and marked *not verified*, as are registry numbers that were seen on no page. What a trial admitted is told "
        "as far as the source states it.",
        "",
        _MADE,
        "",
        "| trial | what | phase | arms | results | in the source |",
        "|---|---|---|---|---|---|",
    ]
    for trial in evidence.trials:
        file = trial.file
        arms = " v ".join(arm.arm for arm in file.arms)
        name = f"[{trial.name}]({page_of(trial)})"
        lines.append(_row(name, file.title, file.phase or "", arms, str(len(file.results)), places_of(file.lines)))
    return "\n".join(lines) + "\n"


def _page(evidence: Evidence, trial: Trial, findings: Iterable[Finding], newer: Iterable[Since]) -> str:
    file = trial.file
    lines = [f"# {trial.name}", "", f"{file.title}{'' if file.named else ' (the source does not name the trial)'}.", ""]
    lines += ["| | |", "|---|---|"]
    lines += [_row(*pair) for pair in _identity(evidence, trial)]
    lines += _section("Admitted", _admitted(trial), "The source states no criteria.")
    lines += _section(
        "Of the patients", (f"{part_in_words(trial, at)} {_at(item.lines)}" for at, (item, _) in enumerate(trial.parts))
    )
    lines += _results(trial)
    lines += _section("Toxicity", (f"{toxicity_in_words(trial, item)} {_at(item.lines)}" for item in file.toxicities))
    lines += _section("Also said", (f"{item.says} {_at(item.lines)}" for item in file.statements))
    own = (item for item in findings if item.finding.startswith(f"{trial.name}/"))
    lines += _section("What does not go together", map(_finding, own))
    newer = tuple(newer)
    here = [item for item in newer if item.text.startswith((f"{trial.name} ", f"{trial.name}:", f"{trial.name},"))]
    lines += _section("What came later of this trial", map(_later, here))
    options = {option for arm in file.arms[:1] for option in (arm.arm, *arm.also)}
    others = (item for item in newer if item not in here and not options.isdisjoint(item.options))
    lines += _section(f"What came later of {' and '.join(sorted(options))}", map(_later, others))
    return "\n".join([*lines, "", _READ, "", _MADE]) + "\n"


def _identity(evidence: Evidence, trial: Trial) -> Iterator[tuple[str, str]]:
    file = trial.file
    if file.registry is not None:
        seen = places_of(file.registry.lines, file.registry.publication)
        yield "Registry", f"{registered(file.registry)} [{seen}]"
    if file.phase is not None:
        yield "Phase", file.phase
    yield "Design", file.design
    yield "Arms", "; ".join(f"{arm.text or arm.arm}{f' (n {arm.n})' if arm.n else ''}" for arm in file.arms)
    if file.patients is not None:
        yield "Patients", f"{file.patients.n} {_at(file.patients.lines)}"
    yield "In the source", places_of(file.lines)
    for number in file.references:
        reference = evidence.references.get(number)
        behind = reference.publication if reference and reference.publication else "publication not known"
        checked = "" if reference and (reference.verified or reference.publication is None) else ", not verified"
        yield f"Reference {number}", behind + checked


def _admitted(trial: Trial) -> Iterator[str]:
    for item, node in trial.admits:
        yield f"{item.says}{'' if node is not None else ' (no fact of a patient tells)'} {_at(item.lines)}"


def _results(trial: Trial) -> list[str]:
    if not trial.file.results:
        return _section("Results", (), "The source reports none.")
    head = ["population", "endpoint", "arms", "n", "values", "ratio", "p", "follow-up", "called", "place"]
    lines = ["", "## Results", "", _row(*head), "|" + "---|" * len(head)]
    notes = []
    for result in trial.file.results:
        mark = ""
        said = [f"printed: {result.as_printed}"] if result.as_printed else []
        said += [result.note] if result.note else []
        if said:
            notes.append("; ".join(said))
            mark = f" ({len(notes)})"
        lines.append(_row(*_cells(trial, result, mark)))
    if notes:
        lines += ["", *(f"({number}) {text}  " for number, text in enumerate(notes, 1))]
    return lines


def _cells(trial: Trial, result: Result, mark: str) -> tuple[str, ...]:
    population = trial.file.population(result.population)
    n = " and ".join(str(number) for number in (result.n_option, result.n_comparator) if number is not None)
    arms = result.option + (f" v {result.comparator}" if result.comparator else "")
    values = values_in_words(result)
    difference = f"difference {result.difference:g} months" if result.difference is not None else ""
    reference = f", ref. {result.reference}" if result.reference else ""
    return (
        "; ".join(filter(None, [population.title, result.cut])),
        "; ".join(filter(None, [result.measured, result.contrast or ""])) + mark,
        arms,
        n or (str(population.n) if population.n else ""),
        "; ".join(filter(None, [values, difference])),
        ratio_in_words(result),
        p_in_words(result),
        f"{result.followup_months:g} months" if result.followup_months is not None else "",
        result.called or "",
        places_of(result.lines, result.publication) + reference,
    )


def _section(title: str, items: Iterable[str], otherwise: str = "") -> list[str]:
    found = [f"- {text}" for text in items]
    if not found and not otherwise:
        return []
    return ["", f"## {title}", "", *(found or [otherwise])]


def _finding(item: Finding) -> str:
    erratum = f" (erratum `{item.erratum}`)" if item.erratum else ""
    because = f": {item.because}{erratum}" if item.because else ""
    return f"{item.text} [{'; '.join(item.places)}]{because}"


def _later(item: Since) -> str:
    seen = "" if item.verified else ", not verified"
    return f"{item.text} [{item.source}; {item.date or f'seen {item.seen}'}{seen}]"


def _at(lines: tuple[tuple[int, int], ...]) -> str:
    return f"[{places_of(lines)}]" if lines else ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def write_pages(folder: Path) -> None:
    """Write every page anew, and remove pages of trials that are no more."""
    made = pages(load_evidence(), load_pack())
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        with aside(folder / name) as path:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
