"""Every case that is kept with the pack gets exactly its expected answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from myeloguide.guideline.answer import Answer, OptionAnswer
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS
from myeloguide.knowledge.reading import parse_all

CASES = PACKS / DEFAULT_PACK / "cases"


def load(name: str) -> list[dict[str, Any]]:
    path = CASES / name
    return [document.data for document in parse_all(path.read_text(encoding="utf-8"), str(path))]


def identified(case: dict[str, Any]) -> str:
    return str(case["id"])


def applying(answer: Answer) -> dict[str, bool | None]:
    return {item.list: item.applies for item in answer.lists if item.applies is not False}


@pytest.mark.parametrize("case", load("facts.yaml"), ids=identified)
def test_facts(case: dict[str, Any], answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(**case["facts"])
    assert applying(answer) == case["lists"]
    given = [
        {"list": row.list, "tier": row.tier, "option": row.option, "grade": row.grade, "status": row.status}
        for row in answer.options
        if row.tier != "mentioned"
    ]
    assert given == case["expect"]


@pytest.mark.parametrize("case", load("histories.yaml"), ids=identified)
def test_histories(case: dict[str, Any], answer_file: Callable[..., Answer]) -> None:
    file = {key: case[key] for key in ("as_of", "facts", "history", "rulings") if key in case}
    answer = answer_file(file, assume_complete=case.get("assume_complete", False))
    for fact, value in case["derives"].items():
        assert in_any_order(answer.facts[fact]) == in_any_order(value), fact
    assert applying(answer) == case["lists"]
    assert sorted({item.fact for item in answer.disagreements}) == sorted(case.get("disagrees", []))
    assert answer.assumed_complete == case.get("assume_complete", False)
    assert set(case.get("notes", [])) <= {note.code for note in answer.notes}
    for expected in case["expect"]:
        check_row(the_row(answer, expected), expected)


def in_any_order(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def the_row(answer: Answer, expected: dict[str, Any]) -> OptionAnswer:
    found = [
        row
        for row in answer.options
        if (row.list, row.tier, row.option) == (expected["list"], expected["tier"], expected["option"])
        and row.grade == expected.get("grade", row.grade)
    ]
    assert len(found) == 1, expected
    return found[0]


def check_row(row: OptionAnswer, expected: dict[str, Any]) -> None:
    assert row.status == expected["status"]
    if "needs" in expected:
        assert list(row.needs) == expected["needs"]
    certain = {caution.code for caution in row.cautions if caution.holds}
    assert set(expected.get("cautions", [])) <= certain
    assert not set(expected.get("no_cautions", [])) & certain


def test_case_ids_are_unique() -> None:
    ids = [identified(case) for name in ("facts.yaml", "histories.yaml") for case in load(name)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("case", load("histories.yaml"), ids=identified)
def test_every_history_is_reasoned(case: dict[str, Any]) -> None:
    assert len(case["because"]) > 60
