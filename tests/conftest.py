"""What all tests share: the shipped pack, and short ways to a patient's answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from myeloguide.guideline.answer import Answer
from myeloguide.guideline.assess import assess, assess_document
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import load_pack
from myeloguide.knowledge.reading import Document
from myeloguide.record.fact_sheet import read_facts

pytest.register_assert_rewrite("tests.kept_cases")
settings.register_profile("shared", deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
settings.load_profile("shared")

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack()


@pytest.fixture(scope="session")
def answer_for(pack: Pack) -> Callable[..., Answer]:
    """Answer for facts given as keywords."""

    def answer(rulings: dict[str, str] | None = None, as_of: date = TODAY, **facts: Any) -> Answer:
        document = Document("facts", {"facts": facts}, {})
        return assess(pack, read_facts(document, ("facts",), facts, pack.vocabulary), as_of, rulings)

    return answer


@pytest.fixture(scope="session")
def answer_file(pack: Pack) -> Callable[..., Answer]:
    """Answer for a patient file given as data."""

    def answer(data: dict[str, Any], *, assume_complete: bool = False) -> Answer:
        return assess_document(pack, Document("patient", data, {}), TODAY, assume_complete=assume_complete)

    return answer
