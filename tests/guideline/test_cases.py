"""Every case that is kept with the pack gets exactly its expected answer."""

from __future__ import annotations

from typing import Any

import pytest

from myeloguide.guideline.pack import Pack
from tests.kept_cases import CHECKS, check_edge, check_facts, check_history, load


def identified(case: dict[str, Any]) -> str:
    return str(case["id"])


@pytest.mark.parametrize("case", load("facts.yaml"), ids=identified)
def test_facts(case: dict[str, Any], pack: Pack) -> None:
    check_facts(pack, case)


@pytest.mark.parametrize("case", load("histories.yaml"), ids=identified)
def test_histories(case: dict[str, Any], pack: Pack) -> None:
    check_history(pack, case)


@pytest.mark.parametrize("case", load("edges.yaml"), ids=identified)
def test_edges(case: dict[str, Any], pack: Pack) -> None:
    check_edge(pack, case)


def test_case_ids_are_unique() -> None:
    ids = [identified(case) for name in CHECKS for case in load(name)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("case", [*load("histories.yaml"), *load("edges.yaml")], ids=identified)
def test_every_case_is_reasoned(case: dict[str, Any]) -> None:
    assert len(case["because"]) > 60
