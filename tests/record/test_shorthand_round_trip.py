"""What is written as shorthand and read again tells the same: of random patients, and of every case kept with the pack."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.kept_cases import load
from tests.patients import AGENTS, REGIMENS, patients

from myeloguide.errors import InputError
from myeloguide.history.closure import close, planes_of
from myeloguide.history.facts import known_facts
from myeloguide.knowledge.reading import Document
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.fact_sheet import FactSheet, Members
from myeloguide.record.patient_file import PatientFile, read_patient
from myeloguide.record.shorthand import read_note, understood_of
from myeloguide.record.shorthand.writing import write

WORDS = vocabulary()
DAY = date(2026, 11, 22)


def patient_of(data: dict[str, Any]) -> PatientFile:
    return read_patient(Document("patient", data, {}), WORDS, None, DAY)


def read_again(patient: PatientFile) -> tuple[PatientFile, tuple[str, ...]]:
    written = write(patient, WORDS)
    if not written.statements:
        return patient_of({}), written.left_out
    note = read_note(str(written), WORDS)
    again = read_patient(note, WORDS, None, DAY)
    assert note.not_used == ()
    assert write(again, WORDS).statements == written.statements
    understood = understood_of(note, again, WORDS)
    assert understood is not None
    assert understood.statements == written.statements
    return again, written.left_out


def told(sheet: FactSheet) -> dict[str, Any]:
    """What a sheet says, once what follows from it is added; an empty list that is not complete says nothing."""
    planes = planes_of(sheet, WORDS, ())
    close(planes, WORDS)
    numbers = {name: sheet.number(name) for name, fact in WORDS.facts.items() if fact.is_number}
    others = {agents for agents in sheet.other_regimens if agents}
    complete = {name: value.complete for name, value in sheet.values.items() if isinstance(value, Members) and value.complete}
    complete = {name: whole for name, whole in complete.items() if not WORDS.facts[name].none_unless_named}
    return {"planes": planes, "numbers": numbers, "others": others, "complete": complete}


@given(patients)
def test_facts(facts: dict[str, Any]) -> None:
    patient = patient_of({"facts": facts})
    again, left_out = read_again(patient)
    assert left_out == ()
    assert told(again.facts) == told(patient.facts)


@pytest.mark.parametrize("name", ["facts.yaml", "histories.yaml", "edges.yaml"])
def test_every_case_kept_with_the_pack(name: str) -> None:
    for case in load(name):
        for each in case.get("each", [{}]):
            data: dict[str, Any] = {key: case[key] for key in ("as_of", "facts", "history", "rulings") if key in case}
            patient = patient_of({**data, "facts": data.get("facts", {}) | each})
            again, left_out = read_again(patient)
            if not left_out:
                assert told(known_facts(again, WORDS).facts) == told(known_facts(patient, WORDS).facts), case["id"]


days = st.dates(date(2012, 1, 1), date(2024, 12, 31))


@st.composite
def dates(draw: st.DrawFn, after: date, within: int = 700) -> tuple[str, date]:
    """A day after another one, known in full or in part."""
    day = draw(st.integers(0, within).map(lambda more: date.fromordinal(after.toordinal() + more)))
    return day.isoformat()[: draw(st.sampled_from([10, 7, 7]))], day


@st.composite
def courses(draw: st.DrawFn) -> dict[str, Any]:
    course: dict[str, Any] = {}
    if draw(st.booleans()):
        course["regimen"] = draw(
            st.sampled_from([*REGIMENS, "daratumumab+carfilzomib+thalidomide", "clinical-trial", "BCMA-CAR-T"])
        )
    elif draw(st.integers(0, 9)):
        course["agents"] = draw(
            st.lists(st.sampled_from([*AGENTS, "dexamethasone", "interferon_alfa"]), min_size=1, max_size=4, unique=True)
        )
    for key, values in (
        ("cycles", st.sampled_from([1, 4, 8, 12.5])),
        ("months", st.sampled_from([0, 3, 34.5, 120])),
        (
            "stop_reason",
            st.sampled_from(["ongoing", "progression", "toxicity", "completed", "planned", "intolerance", "choice", "other"]),
        ),
    ):
        if not draw(st.integers(0, 2)):
            course[key] = draw(values)
    if draw(st.integers(0, 3)) == 0 and course.get("agents"):
        course["doses"] = {course["agents"][0]: draw(st.sampled_from([10, 12.5, "25 mg", "200 mg/m2"]))}
    return course


@st.composite
def histories(draw: st.DrawFn) -> dict[str, Any]:
    day = date(2012, 1, 1)
    lines: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 4))):
        line: dict[str, Any] = {}
        phases = draw(st.integers(0, 3))
        told_parts: list[dict[str, Any]] = []
        for place in range(max(phases, 1)):
            part = draw(courses())
            if draw(st.booleans()):
                part["start"], day = draw(dates(day))
                if draw(st.booleans()):
                    part["stop"], day = draw(dates(date.fromordinal(day.toordinal() + 31)))
            if phases:
                part["intent"] = draw(st.sampled_from(["induction", "conditioning", "consolidation", "maintenance"]))
                if place + 1 < phases and draw(st.booleans()):
                    part["best_response"] = draw(st.sampled_from(["sCR", "CR", "VGPR", "PR", "MR", "SD", "PD", "NE"]))
            told_parts.append(part)
        line = {"phases": told_parts} if phases else told_parts[0]
        if draw(st.booleans()):
            line["line"] = number + 1
        if draw(st.booleans()):
            line["transplant"] = draw(st.sampled_from([True, False, draw(dates(day))[0]]))
        if draw(st.booleans()):
            line["best_response"] = draw(st.sampled_from(["sCR", "CR", "VGPR", "PR", "MR", "SD", "PD", "NE"]))
        if not draw(st.integers(0, 3)):
            line["maintenance"] = draw(st.booleans())
        if draw(st.booleans()):
            when, day = draw(dates(date.fromordinal(day.toordinal() + 31)))
            whole: dict[str, Any] = {"date": when, "kind": draw(st.sampled_from(["biochemical", "clinical"]))}
            given_agents = [agent for part in told_parts for agent in part.get("agents", [])]
            if given_agents:
                whole["on"] = given_agents[:2]
            line["progression"] = draw(st.sampled_from([True, False, {"date": when}, whole]))
        lines.append(line)
        day = date.fromordinal(day.toordinal() + 31)
    history: dict[str, Any] = {"lines": lines} if lines else {}
    if draw(st.booleans()):
        history["complete"] = draw(st.booleans())
    if draw(st.booleans()):
        history["diagnosis_date"] = "2012"
        history["complete_from"] = "2012-01-01"
    return history


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(histories())
def test_histories(history: dict[str, Any]) -> None:
    data = {"patient": "Case 7", "as_of": "2026-11-01", "history": history, "rulings": {"C1": "both"}}
    try:
        patient = patient_of(data)
        known = known_facts(patient, WORDS)
    except InputError:
        assume(False)
    again, left_out = read_again(patient)
    assert left_out == ()
    assert (again.patient, again.as_of, again.rulings) == (patient.patient, patient.as_of, patient.rulings)
    assert told(known_facts(again, WORDS).facts) == told(known.facts)
    assert len(again.history.lines or ()) == len(patient.history.lines or ())
