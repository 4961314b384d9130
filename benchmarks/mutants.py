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
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.kept_cases import CHECKS, check_shown, load

from benchmarks.mutations import Mutant, mutants
from benchmarks.outcomes import Apart, Telling
from myeloguide.errors import InputError
from myeloguide.guideline.audit import audit
from myeloguide.guideline.loading import read_pack
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS
from myeloguide.knowledge.reading import read
from myeloguide.knowledge.vocabulary import vocabulary

REPORT = Path(__file__).parents[1] / "docs" / "mutants.md"
REASONS = Path(__file__).parent / "equivalents.yaml"
COLUMNS = ("reader", "case", "equivalent", "audit", "survived")
HEAD = """\
# Do the tests bite?

Written by `make mutants` (`benchmarks/mutants.py`) for the mutants with the fingerprint `{fingerprint}`.
Every mutant is the pack `imwg-2021` with one thing wrong in its data. The strict reader refuses it, or a case kept with the
pack gets another answer. What passes both is given to the solver: where no patient that can be described, under any reading
of the rulings, is shown anything else (lists, status, reasons, grade, tier, cautions with their strength, notes,
cross-references, silences), the mutant is equivalent. Of the rest the audit has to say a finding that is not declared.
What is left has survived, and `make mutants` fails until the patient who tells the two apart is kept as a case.

Texts, places in the source, questions and what is newer than the source are not mutated. The fingerprint changes when a
condition, option, tier, grade or strength changes, not with a wording or a comment: a test asks for this page anew only then.
It does not change with the cases; whoever takes one away runs `make mutants` again.

| what is wrong | made | reader | case | equivalent | audit | survived |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: who noticed it (`by`) and how; "equivalent"; or "survived", with the patient who tells."""

    mutant: Mutant
    by: str
    why: str = ""


class Judge:
    """Holds mutants of a pack against everything that may notice them, the cheapest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / DEFAULT_PACK
        shutil.copytree(PACKS / DEFAULT_PACK, self.folder, ignore=shutil.ignore_patterns("cases"))
        self.whole = read_pack(self.folder, vocabulary())
        self.cases = [(check, case) for file, check in CHECKS.items() for case in load(file)]
        self.cases += [(check_shown, case) for case in load("witnesses.yaml")]

    @cached_property
    def apart(self) -> Apart:
        return Apart(self.whole)

    @contextmanager
    def planted(self, mutant: Mutant) -> Iterator[None]:
        """Have a mutant's file in place of the pack's own."""
        path = self.folder / mutant.file
        whole = path.read_bytes()
        path.write_text(json.dumps(mutant.data), encoding="utf-8")
        try:
            yield
        finally:
            path.write_bytes(whole)

    def telling(self, mutant: Mutant) -> Telling | None:
        """Return a patient whom a mutant answers differently; None is the proof that there is none."""
        with self.planted(mutant):
            return self.apart.telling(read_pack(self.folder, vocabulary()))

    def judge(self, mutant: Mutant) -> Verdict:
        with self.planted(mutant):
            try:
                pack = read_pack(self.folder, vocabulary())
            except InputError as error:
                return Verdict(mutant, "reader", str(error))
            for check, case in self.cases:
                try:
                    check(pack, case)
                except (AssertionError, InputError):
                    return Verdict(mutant, "case", str(case["id"]))
            telling = self.apart.telling(pack)  # takes a tenth of the time of an audit, and settles most of what is left
            if telling is None:
                return Verdict(mutant, "equivalent")
            found = audit(pack)
            if found.findings or found.not_found:
                return Verdict(mutant, "audit", "; ".join((*(item.finding for item in found.findings), *found.not_found)))
            shown = f"told apart by {telling.facts} {telling.rulings}: {telling.differs[0]}"
            return Verdict(mutant, "survived", shown)


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
    by_kind = Counter((verdict.mutant.kind, verdict.by) for verdict in found)
    total = Counter(verdict.by for verdict in found)
    kinds = Counter(mutant.kind for mutant in made)
    rows = [_figures(kind, number, [by_kind[kind, by] for by in COLUMNS]) for kind, number in kinds.items()]
    equivalent = [f"- {item.mutant.name}. *{reason(item.mutant)}*" for item in found if item.by == "equivalent"]
    survived = [f"- {item.mutant.name}. {item.why}" for item in found if item.by == "survived"]
    figures = "\n".join([*rows, _figures("all", len(made), [total[by] for by in COLUMNS])])
    text = HEAD.format(fingerprint=fingerprint(made)) + f"{figures}\n\n## Equivalent\n\n" + "\n".join(equivalent) + "\n"
    return text + ("\n## Survived\n\n" + "\n".join(survived) + "\n" if survived else "")


def _figures(kind: str, number: int, counts: Iterable[int]) -> str:
    return f"| {kind} | {number} | " + " | ".join(str(count or "") for count in counts) + " |"


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
