"""The answer's JSON holds to the shipped schema and to the names of the contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from myeloguide.guideline.answer import Answer, plain
from myeloguide.guideline.schema import answer_schema, shipped_schema
from tests.guideline.test_cases import identified
from tests.kept_cases import load

CONTRACT = {
    "program", "pack", "pack_version", "pack_hash", "patient", "as_of", "facts", "lists", "options", "outside", "nothing_offered",
    "cross_references", "notes", "since", "missing", "rulings",
}  # fmt: skip
ROW = {"option", "list", "tier", "grade", "via", "status", "needs", "reasons", "cautions"}


def test_the_shipped_schema_is_the_one_of_the_code() -> None:
    assert shipped_schema() == answer_schema()


@pytest.mark.parametrize("case", load("facts.yaml"), ids=identified)
def test_answers_hold_to_the_schema(case: dict[str, Any], answer_for: Callable[..., Answer]) -> None:
    written = json.loads(json.dumps(plain(answer_for(**case["facts"]))))
    Draft202012Validator(json.loads(shipped_schema())).validate(written)
    assert set(written) >= CONTRACT
    for row in written["options"]:
        assert set(row) >= ROW
        for reason in row["reasons"]:
            assert set(reason) >= {"code", "text", "kind", "ruling", "source"}
            if reason["source"]:
                assert set(reason["source"]) >= {"section", "item", "lines"}
                assert len(reason["source"]["lines"]) == 2


def test_the_facts_of_an_answer_can_be_given_back(answer_for: Callable[..., Answer]) -> None:
    """The facts that an answer reports, given as facts, lead to the same answer."""
    for case in load("facts.yaml"):
        answer = answer_for(**case["facts"])
        again = answer_for(**answer.facts)
        known = [row for row in answer.options if row.status != "depends"]
        assert [row.status for row in again.options if row.status != "depends"] == [row.status for row in known]
