"""The mutants of the pack's data are noticed as docs/mutants.md says, and the page is about the pack as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.mutants import REPORT, Judge, fingerprint, reason
from benchmarks.mutations import Mutant, mutants

from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS
from myeloguide.knowledge.vocabulary import vocabulary

MADE = mutants(PACKS / DEFAULT_PACK, vocabulary())
KINDS = list(dict.fromkeys(mutant.kind for mutant in MADE))
PAGE = REPORT.read_text(encoding="utf-8")


def is_equivalent(mutant: Mutant) -> bool:
    return f"\n- {mutant.name}. " in PAGE


def of_kind(kind: str) -> Mutant:
    """Return the mutant in the middle of its kind, of those that can be noticed."""
    found = [mutant for mutant in MADE if mutant.kind == kind and not is_equivalent(mutant)]
    return found[len(found) // 2]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(tmp_path_factory.mktemp("mutants"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutant_of_each_kind_is_noticed(kind: str, judge: Judge) -> None:
    assert judge.judge(of_kind(kind)).by in ("reader", "case", "audit")


def test_a_whole_pack_is_noticed_by_nobody(judge: Judge) -> None:
    assert judge.apart.telling(judge.whole) is None
    for check, case in judge.cases:
        check(judge.whole, case)


def test_the_solver_tells_a_mutant_apart_and_proves_another_equivalent(judge: Judge, tmp_path: Path) -> None:
    telling = judge.telling(of_kind("a threshold moved"))
    assert telling is not None
    assert telling.differs
    assert judge.telling(next(filter(is_equivalent, MADE))) is None


def test_the_page_is_about_the_pack_as_it_is() -> None:
    assert f"`{fingerprint(MADE)}`" in PAGE, "conditions, options or grades have changed: run make mutants"
    assert f"| all | {len(MADE)} |" in PAGE
    assert "## Survived" not in PAGE


def test_every_equivalent_mutant_has_a_reason() -> None:
    assert [mutant.name for mutant in MADE if is_equivalent(mutant) and reason(mutant) == "no reason given"] == []


def test_no_two_mutants_have_one_name() -> None:
    assert len({mutant.name for mutant in MADE}) == len(MADE) > 1000
