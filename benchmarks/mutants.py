"""Break a pack's data in one place after another and see what notices; writes the figures to docs/mutants.md."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutations import Mutant, mutants
from benchmarks.outcomes import Apart, Telling
from myeloguide.errors import InputError
from myeloguide.guideline.audit import audit
from myeloguide.guideline.coverage import read_coverage
from myeloguide.guideline.loading import read_pack
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS, load_pack
from myeloguide.knowledge.vocabulary import vocabulary
from tests.kept_cases import CHECKS, load

REPORT = Path(__file__).parents[1] / "docs" / "mutants.md"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: who noticed it, or that nobody can, or the patient who could."""

    mutant: Mutant
    by: str
    why: str
    telling: Telling | None = None


class Judge:
    """Holds mutants of a pack against everything that may notice them, the cheapest first."""

    def __init__(self, folder: Path, audits: bool = True) -> None:
        self.pack = load_pack()
        self.folder = folder / DEFAULT_PACK
        shutil.copytree(self.pack.folder, self.folder, ignore=shutil.ignore_patterns("cases"))
        self.apart = Apart(read_pack(self.folder, vocabulary()))
        self.cases = {file: load(file) for file in CHECKS}
        self.audits = audits

    def judge(self, mutant: Mutant) -> Verdict:
        path = self.folder / mutant.file
        whole = path.read_bytes()
        path.write_text(json.dumps(mutant.data), encoding="utf-8")
        try:
            return Verdict(mutant, *self.verdict())
        finally:
            path.write_bytes(whole)

    def verdict(self) -> tuple[str, str, Telling | None]:
        try:
            pack = read_pack(self.folder, vocabulary())
        except InputError as error:
            return "reader", error.problems[0].what, None
        case = self.case(pack)
        if case:
            return "case", case, None
        try:
            read_coverage(pack)
        except InputError as error:
            return "coverage", error.problems[0].what, None
        if self.audits:
            found = audit(pack)
            if found.findings or found.not_found:
                return "audit", next(iter((*(finding.finding for finding in found.findings), *found.not_found))), None
        telling = self.apart.telling(pack)
        return ("nobody", "", telling) if telling else ("equivalent", "", None)

    def case(self, pack: Pack) -> str | None:
        """Return the first kept case that is answered otherwise than it says."""
        for file, check in CHECKS.items():
            for case in self.cases[file]:
                try:
                    check(pack, case)
                except (AssertionError, InputError):
                    return str(case["id"])
        return None


_judge: Judge


def _begin(folder: str, audits: bool) -> None:
    global _judge
    _judge = Judge(Path(folder) / str(os.getpid()), audits)


def _verdict(mutant: Mutant) -> Verdict:
    return _judge.judge(mutant)


def verdicts(made: Iterable[Mutant], audits: bool = True) -> list[Verdict]:
    """Return the verdict on every mutant, in order, worked out in a process for each core."""
    with tempfile.TemporaryDirectory() as folder:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(mp_context=spawn, initializer=_begin, initargs=(folder, audits)) as pool:
            return list(pool.map(_verdict, made, chunksize=4))
