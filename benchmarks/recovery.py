"""What of a simulated cohort's truth is derived from its records, with each kind of noise; writes docs/recovery.md."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from myeloguide.cohort.derive import derive_tables
from myeloguide.cohort.simulate import Cohort, simulate
from myeloguide.cohort.simulation.noise import NOISE

REPORT = Path(__file__).parents[1] / "docs" / "recovery.md"
PATIENTS = 1_000
SEED = 2021
RATE = 0.3
TODAY = date(2026, 11, 22)
MONTHS = ("months_transplant_to_progression", "months_lenalidomide_stop_to_progression")
NEAR = 0.06
"""Months that differ by less are the same: the truth rounds."""
FACTS = {
    "prior lines": ("prior_lines",),
    "agents received": ("exposed_to_",),
    "refractory": ("refractory_to_",),
    "transplant, maintenance": ("prior_transplant", "maintenance_after_transplant"),
    "months": MONTHS,
    "primary refractory": ("primary_refractory",),
}
HEAD = f"""\
# What comes back

Written by `make recovery` (`benchmarks/recovery.py`): {PATIENTS:,} simulated patients (seed {SEED}) each time, whose truth
the simulator keeps beside the records ([simulation.md](simulation.md)); rule set `imwg-2015`; each noise at the rate {RATE:g}.

Of every hundred values: *unknown* where the derivation says that it cannot tell, **wrong** where it says something else than
the truth. The rest is right. Refractoriness is counted for agents that were received. The starts of lines are compared where
the number of lines is said to be known; a start that is known less exactly counts as unknown.

What is wrong is wrong because the record says it, and nothing in the record tells: rows are lost from a record that says it is
complete (`lost_records`), or every visit of a progression is (`missing_progression`); another day is recorded
(`shifted_dates`); the best response recorded is lost, and what else was recorded stands (`missing_response`). With dates known
in part a progression can rarely be placed in the wrong line, where neither their first nor their last days show it.

"""


def compared(truth: Path, output: Path) -> Iterator[tuple[str, int, int, int]]:
    """Yield what is compared: its name, values in all, unknown, wrong."""
    ours, known = (pl.read_parquet(folder / "facts.parquet").sort("patient_id") for folder in (output, truth))
    known = known.join(ours.select("patient_id"), on="patient_id", how="semi")
    for name, starts in FACTS.items():
        columns = [column for column in known.columns if column.startswith(starts)]
        counts = [_counted(column, known, ours) for column in columns]
        yield name, sum(all_ for all_, _, _ in counts), sum(open_ for _, open_, _ in counts), sum(wrong for _, _, wrong in counts)
    on = ["patient_id", "line"]
    lines, told = (
        pl.read_parquet(folder / "lines.parquet").with_columns(pl.col("line").cast(pl.Int64)) for folder in (truth, output)
    )
    certain = ours.filter(pl.col("prior_lines").is_not_null()).select("patient_id")
    pairs = lines.join(told, on=on, how="full", coalesce=True, suffix="_ours").join(
        certain.with_columns(certain=True), on="patient_id", how="left"
    )
    start, ours_start = pl.col("start").fill_null(""), pl.col("start_ours").fill_null("-")
    open_ = pl.col("certain").is_null() | (start.str.starts_with(ours_start) & (start != ours_start))
    yield "starts of lines", pairs.height, pairs.filter(open_).height, pairs.filter(~open_ & (start != ours_start)).height
    best = pairs.filter(pl.col("best_response").is_in(["sCR", "CR", "VGPR", "PR", "MR"]))
    not_told = best.filter(pl.col("certain").is_null() | pl.col("best_response_ours").is_null()).height
    differs = best.filter(pl.col("certain") & (pl.col("best_response") != pl.col("best_response_ours"))).height
    yield "best response of a line (MR or better)", best.height, not_told, differs


def _counted(column: str, known: pl.DataFrame, ours: pl.DataFrame) -> tuple[int, int, int]:
    pair = pl.DataFrame({"known": known[column], "ours": ours[column]})
    if column.startswith("refractory_to_"):
        pair = pair.filter(known[column.replace("refractory_to_", "exposed_to_")].fill_null(value=False))
    if column in MONTHS:
        differs = (pl.col("known") - pl.col("ours")).abs() > NEAR
        wrong = pair.filter(pl.col("ours").is_not_null() & (pl.col("known").is_null() | differs)).height
    else:
        wrong = pair.filter(pl.col("ours").is_not_null() & pl.col("known").ne_missing(pl.col("ours"))).height
    return pair.height, pair.filter(pl.col("ours").is_null() & pl.col("known").is_not_null()).height, wrong


def run(folder: Path, noise: Mapping[str, float], edge: float = 0.0) -> dict[str, tuple[int, int, int]]:
    """Simulate, derive and compare."""
    simulate(Cohort(PATIENTS, SEED, noise, edge=edge), folder / "cohort")
    derive_tables(folder / "cohort", folder / "derived", TODAY)
    return {name: counts for name, *counts in compared(folder / "cohort" / "truth", folder / "derived")}  # type: ignore[misc]


def main() -> None:
    wanted: dict[str, tuple[dict[str, float], float]] = {"none": ({}, 0.0), "none, cases on the limits": ({}, 1.0)} | {
        name: ({name: RATE}, 0.0) for name in NOISE
    }
    lines: list[str] = []
    for title, (noise, edge) in wanted.items():
        with tempfile.TemporaryDirectory() as folder:
            found = run(Path(folder), noise, edge)
        if not lines:
            lines += [f"| noise | {' | '.join(found)} |", f"|---|{'---|' * len(found)}"]
        lines.append(f"| {title} | {' | '.join(_cell(*counts) for counts in found.values())} |")
        print(lines[-1], flush=True)
    REPORT.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def _cell(whole: int, unknown: int, wrong: int) -> str:
    parts = [f"{_share(unknown, whole)} unknown" if unknown else "", f"**{_share(wrong, whole)} wrong**" if wrong else ""]
    return ", ".join(filter(None, parts)) or "all right"


def _share(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.1f}" if share >= 0.1 else f"{share:.2f}"


if __name__ == "__main__":
    main()
