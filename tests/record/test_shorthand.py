"""The shorthand: the notes kept in `cases/shorthand.yaml`, what the patient follows from them, and what is said of wrong ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from myeloguide.errors import InputError, Problem, Spot
from myeloguide.guideline.assess import assess_document
from myeloguide.guideline.prepared import load_pack
from myeloguide.knowledge.reading import parse
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.patient_file import read_patient
from myeloguide.record.shorthand import as_patient_file, dated, read_note, understood_of

CASES = Path(__file__).parents[1] / "cases" / "shorthand.yaml"
KEPT = parse(CASES.read_text(encoding="utf-8"), CASES.name).data
WORDS = vocabulary()
DAY = date(2026, 11, 22)


def named(case: dict[str, Any]) -> str:
    return str(case["case"])


def wrong_with(note: str) -> Problem:
    with pytest.raises(InputError) as caught:
        assess_document(load_pack(), read_note(note, WORDS), DAY)
    return caught.value.problems[0]


MANUAL = (CASES.parents[2] / "docs" / "shorthand.md").read_text(encoding="utf-8")
SHOWN = [line for block in MANUAL.split("```")[1::2] for line in block.strip().splitlines()]


@pytest.mark.parametrize("note", SHOWN)
def test_every_note_of_the_manual_is_understood(note: str) -> None:
    read = read_note(note, WORDS)
    assert read.not_used == (() if "tandem" not in note and "63F" not in note else read.not_used[:1])
    assert assess_document(load_pack(), read, DAY).facts


def test_there_are_enough_cases() -> None:
    assert len(KEPT["right"]) >= 40
    assert len(KEPT["wrong"]) >= 15
    names = [named(case) for case in (*KEPT["right"], *KEPT["wrong"])]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", KEPT["right"], ids=named)
def test_what_a_note_means(case: dict[str, Any]) -> None:
    note = read_note(case["note"], WORDS)
    assert note.data == case["means"]
    assert {agent: reason for (_, agent), reason in note.reasons.items()} == case.get("reasons", {})
    assert note.findings == case.get("findings", {})
    assert list(note.not_used) == case.get("not_used", [])
    answer = assess_document(load_pack(), note, DAY)
    for fact, value in case.get("derives", {}).items():
        assert answer.facts[fact] == value, fact


@pytest.mark.parametrize("case", KEPT["right"], ids=named)
def test_what_is_printed_back_means_the_same(case: dict[str, Any]) -> None:
    note = read_note(case["note"], WORDS)
    patient = read_patient(note, WORDS, None, DAY)
    understood = understood_of(note, patient, WORDS)
    assert understood is not None
    again = read_note("; ".join(understood.statements), WORDS)
    read = read_patient(again, WORDS, None, DAY)
    assert read.facts == patient.facts or (set(read.facts.values) - set(patient.facts.values)) == {"prior_transplant"}
    assert read.history == patient.history
    assert again.reasons == note.reasons
    assert again.findings == note.findings
    file = parse(as_patient_file(note, WORDS, patient.as_of), "file")
    assert file.data == dated(note, patient.as_of)
    assert note.findings or file.data == note.data


@pytest.mark.parametrize(
    ("note", "frail", "said"),
    [
        ("82y, ECOG 2, Charlson 2", True, "frail by the simplified frailty score: 5 points"),
        ("82y, ECOG 0-1", True, "Charlson index not recorded"),
        ("ECOG ≥2", True, "age unknown; Charlson index not recorded"),
        ("70y, ECOG 0, CCI 1", False, "not frail by the simplified frailty score: 0 points"),
        (
            "70y, ECOG 1",
            None,
            "frailty is left open by the simplified frailty score: 1 to 2 points (age 70; Charlson index not recorded",
        ),
        ("70y, ECOG 1; VRd x4, PD 2020-01; complete record", None, "Charlson index not recorded"),
        ("age 74-78; Charlson comorbidity index: 2; ECOG 0", None, "1 to 2 points"),
        ("82y", None, ""),
        ("70y, not frail, ECOG 2", False, "the fact given is used"),
        ("70y, fit, ECOG 2", False, "cannot be true beside the facts given"),
        ("82y; VRd x4, ECOG 2, PD 2020-01", None, ""),
    ],
)
def test_frailty_is_scored_from_what_a_note_tells(note: str, frail: bool | None, said: str) -> None:
    answer = assess_document(load_pack(), read_note(note, WORDS), DAY)
    assert answer.facts["frail"] is frail
    remarks = " ".join([*answer.remarks, *(item.text for item in answer.disagreements)])
    assert said in remarks
    if not said:
        assert "score" not in remarks


def test_a_note_with_findings_and_its_patient_file_are_answered_alike() -> None:
    note = read_note("70y; ECOG 1, Charlson 2; VRd x4, PD 2020-01; complete record", WORDS)
    file = parse(as_patient_file(note, WORDS, DAY), "file")
    assert file.data["history"]["findings"][0] == {"date": "2026-11-22", "kind": "ecog", "value": "1"}
    answers = [assess_document(load_pack(), document, DAY) for document in (note, file)]
    assert answers[0].facts == answers[1].facts
    assert answers[0].facts["frail"] is True
    stand = [[(row.option, row.list, row.status, row.needs) for row in answer.options] for answer in answers]
    assert stand[0] == stand[1]


@pytest.mark.parametrize("case", KEPT["wrong"], ids=named)
def test_what_is_said_of_a_wrong_note(case: dict[str, Any]) -> None:
    problem = wrong_with(case["note"])
    assert problem.what == case["what"]
    assert problem.remedy == case["remedy"]
    assert isinstance(problem.where, Spot)
    assert f"column {case['column']}" in problem.where
    first, last = problem.where.first, problem.where.last
    assert case["note"][first:last] == case["at"]
    line, carets = problem.where.shown().split("\n")
    shown = line[carets.index("^") : carets.rindex("^") + 1]
    assert shown.strip() == case["at"]


def test_a_note_of_several_lines_names_the_line() -> None:
    problem = wrong_with("68y\nVRx x4\nPD")
    assert str(problem.where) == "shorthand, line 2, column 1"
    assert isinstance(problem.where, Spot)
    assert problem.where.shown() == "    VRx x4\n    ^^^"


def test_a_long_note_is_cut_around_the_place() -> None:
    problem = wrong_with("68y; " * 40 + "VRx x4; " + "fit; " * 40)
    assert isinstance(problem.where, Spot)
    line, carets = problem.where.shown().split("\n")
    assert len(line) <= 80
    assert line[carets.index("^") : carets.rindex("^") + 1] == "VRx"


@pytest.mark.parametrize("note", ["", "  ", ";;", ",", "and", "x" * 20_001])
def test_nothing_is_no_patient(note: str) -> None:
    with pytest.raises(InputError, match=r"says nothing|longer than"):
        read_note(note, WORDS)
