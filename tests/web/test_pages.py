"""What the page and the pages beside it say, without a browser."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="the extra `web` is not installed")

from fastapi.testclient import TestClient

NOTE = "68y fit; VRd x4 > ASCT 2021-03 > R maint 34mo, PD on R; t(11;14)-; complete record"


def test_what_is_found_is_written_as_on_its_page(served: TestClient) -> None:
    found = served.get("/search", params={"q": "bellini"}).text
    assert "BELLINI is called an ongoing trial" in found


def test_a_condition_that_can_not_hold_is_not_unfolded(served: TestClient) -> None:
    said = served.post("/why/clinical-trial", data={"note": "3 prior lines"}).text
    assert "held back" in said
    assert "never" not in said


def test_a_plan_that_cannot_be_read_is_said_beside_the_answer(served: TestClient) -> None:
    said = served.post("/", data={"note": NOTE, "plan": "Foo"}).text
    assert "My plan</b>: there is no regimen Foo" in said
    assert "DKd" in said
    assert "--plan" not in said


def test_a_note_is_saved_with_its_findings(served: TestClient) -> None:
    note = {"note": "82y, ECOG 2, Charlson 1; VRd x4, PD 2020-01; as of 2021-06-01; complete record"}
    saved = served.post("/save", data=note).json()
    assert saved["history"]["findings"] == [
        {"date": "2021-06-01", "kind": "ecog", "value": "2"},
        {"date": "2021-06-01", "kind": "charlson", "value": "1"},
    ]
    again = served.post("/api/assess", json=saved).json()
    assert again["facts"]["frail"] is True
    assert served.post("/answer.json", data=note).json()["facts"] == again["facts"]
