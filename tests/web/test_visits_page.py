"""The six visits of docs/visits.md on the page: each note as it was entered, answered as in the terminal, with its story drawn."""

from __future__ import annotations

import html
import re

import pytest
from fastapi.testclient import TestClient

from myeloguide.grouping import first_question, offered_so_far, so_far, understood
from tests.test_visits import NOTES, PACK, answer


def _shown(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("number", range(1, 7))
def test_the_page_takes_the_note_of_a_visit(number: int, served: TestClient) -> None:
    (note,) = (note for name, note in NOTES.items() if name.startswith(f"visit-{number}-"))
    page = served.post("/", data={"note": note})
    assert page.status_code == 200
    assert "<svg" in page.text
    text, found = _shown(page.text), answer(number)
    for said in understood(found):
        assert said in text
    for title, _ in offered_so_far(found, PACK):
        assert title in text
    for row in found.options:
        if row.status == "offered":
            assert row.option in text
    question = first_question(found)
    assert question is None or question.question in text
    assert question is None or so_far(question) in text
