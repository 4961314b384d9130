"""Break a pack's data in one place after another and see what notices; writes the figures to docs/mutants.md."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.mutations import Mutant, mutants
from benchmarks.outcomes import Apart, Telling
from myeloguide.errors import InputError
from myeloguide.guideline.audit import audit
from myeloguide.guideline.coverage import read_coverage
from myeloguide.guideline.loading import read_pack
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS
from myeloguide.knowledge.reading import read
from myeloguide.knowledge.vocabulary import vocabulary
from tests.kept_cases import CHECKS, load

REPORT = Path(__file__).parents[1] / "docs" / "mutants.md"
REASONS = Path(__file__).parent / "equivalents.yaml"
NOTICED = ("reader", "case", "audit")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: who noticed it (`by`) and how; "equivalent"; or "survived", with a patient who can tell."""

    mutant: Mutant
    by: str
    why: str = ""
    telling: Telling | None = None


class Judge:
    """Holds mutants of a pack against everything that may notice them, the cheapest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / DEFAULT_PACK
        shutil.copytree(PACKS / DEFAULT_PACK, self.folder, ignore=shutil.ignore_patterns("cases"))
        self.whole = read_pack(self.folder, vocabulary())
        self.cases = [(check, case) for file, check in CHECKS.items() for case in load(file)]

    @cached_property
    def apart(self) -> Apart:
        return Apart(self.whole)

    def judge(self, mutant: Mutant) -> Verdict:
        path = self.folder / mutant.file
        whole = path.read_bytes()
        path.write_text(json.dumps(mutant.data), encoding="utf-8")
        try:
            return self.verdict(mutant)
        finally:
            path.write_bytes(whole)

    def verdict(self, mutant: Mutant) -> Verdict:
        try:
            pack = read_pack(self.folder, vocabulary())
        except InputError as error:
            return Verdict(mutant, "reader", str(error))
        for check, case in self.cases:
            try:
                check(pack, case)
            except (AssertionError, InputError):
                return Verdict(mutant, "case", str(case["id"]))
        try:
            read_coverage(pack)
        except InputError as error:
            return Verdict(mutant, "audit", str(error))
        found = audit(pack)
        if found.findings or found.not_found:
            return Verdict(mutant, "audit", "; ".join((*(item.finding for item in found.findings), *found.not_found)))
        telling = self.apart.telling(pack)
        if telling is None:
            return Verdict(mutant, "equivalent")
        return Verdict(mutant, "survived", "; ".join(telling.differs), telling)


_judges: list[Judge] = []


def _begin(folder: str) -> None:
    _judges.append(Judge(Path(folder) / str(os.getpid())))


def _verdict(mutant: Mutant) -> Verdict:
    return _judges[0].judge(mutant)


def verdicts(made: Iterable[Mutant]) -> Iterator[Verdict]:
    """Yield the verdict on every mutant, in order, worked out in a process for each core."""
    with tempfile.TemporaryDirectory() as folder:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(mp_context=spawn, initializer=_begin, initargs=(folder,)) as pool:
            yield from pool.map(_verdict, made)


# --- the report ---


def fingerprint(made: Iterable[Mutant]) -> str:
    """Return a short hash of what is mutated; it changes with a condition, option or grade, not with a text or a comment."""
    return hashlib.sha256("\n".join(mutant.name for mutant in made).encode()).hexdigest()[:12]


def reason(mutant: Mutant) -> str:
    """Return why a mutant is equivalent, in a person's words; that it is so, the solver has proved."""
    reasons = read(REASONS).data["equivalents"]
    return next((str(item["why"]) for item in reasons if all(part in mutant.name for part in item["names"])), "no reason given")


def report(found: Sequence[Verdict]) -> str:
    """Return docs/mutants.md."""
    made = [verdict.mutant for verdict in found]
    columns = (*NOTICED, "equivalent", "survived")
    count = Counter((verdict.mutant.kind, verdict.by) for verdict in found)
    rows = [
        f"| {kind} | {number} | " + " | ".join(str(count[kind, by] or "") for by in columns) + " |"
        for kind, number in Counter(mutant.kind for mutant in made).items()
    ]
    total = Counter(verdict.by for verdict in found)
    return "\n".join(
        [
            "# Do the tests bite?",
            "",
            f"Written by `make mutants` (`benchmarks/mutants.py`) for the mutants with the fingerprint `{fingerprint(made)}`.",
            "Every mutant is the pack `imwg-2021` with one thing wrong in its data. It is noticed by the strict reader, by a case",
            "kept with the pack, or by an audit finding that is not declared (or the table of coverage refuses it), in this order.",
            "What nothing notices is given to the solver: either no patient that can be described, under any reading of the",
            "rulings, is shown anything else (status, reason, grade, tier, caution with its strength, note, cross-reference,",
            "silence), and the mutant is equivalent; or it has survived, with the patient who tells the two apart.",
            "",
            "| what is wrong | made | reader | case | audit | equivalent | survived |",
            "|---|---|---|---|---|---|---|",
            *rows,
            f"| all | {len(made)} | " + " | ".join(str(total[by]) for by in columns) + " |",
            "",
            "## Equivalent",
            "",
            *(f"- {verdict.mutant.name}. {reason(verdict.mutant)}" for verdict in found if verdict.by == "equivalent"),
            "",
            *(["## Survived", ""] if total["survived"] else []),
            *(
                f"- {verdict.mutant.name}. Told apart by {verdict.telling.facts} {verdict.telling.rulings}: {verdict.why[:200]}"
                for verdict in found
                if verdict.telling is not None
            ),
        ]
    ).rstrip() + "\n"


def main() -> None:
    made = mutants(PACKS / DEFAULT_PACK, vocabulary())
    found = []
    for verdict in verdicts(made):
        found.append(verdict)
        if verdict.by == "survived" or len(found) % 100 == 0:
            print(f"{len(found)} of {len(made)}: {verdict.by} {verdict.mutant.name}"[:200], file=sys.stderr, flush=True)
    REPORT.write_text(report(found), encoding="utf-8")
    sys.exit(any(verdict.by == "survived" for verdict in found))


if __name__ == "__main__":
    main()
