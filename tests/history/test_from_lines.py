"""From lines to facts, beyond the cases kept with the pack."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.errors import InputError
from myeloguide.guideline.answer import Answer
from myeloguide.guideline.assess import assess_document
from myeloguide.guideline.prepared import load_pack
from myeloguide.knowledge.reading import Document
from tests.conftest import TODAY


def told(lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"history": {"complete": True, "lines": lines}, **more}


@pytest.mark.parametrize(("days", "refractory"), [(-30, True), (0, True), (59, True), (60, True), (61, False), (400, False)])
def test_sixty_days(days: int, refractory: bool, answer_file: Callable[..., Answer]) -> None:
    stop = date(2020, 2, 10)
    progression = (stop + timedelta(days=days)).isoformat()
    line = {"regimen": "Kd", "start": "2019-01-01", "stop": stop.isoformat(), "best_response": "PR", "progression": progression}
    facts = answer_file(told([line])).facts
    assert ("carfilzomib" in facts["refractory_to"]) == refractory
    assert ("carfilzomib" in facts["not_refractory_to"]) != refractory


@pytest.mark.parametrize(("intent", "progression", "refractory"), [
    ("induction", "2019-07", False),  # years after the transplant that it led to
    ("induction", "2017-06", None),  # within 60 days of it, perhaps
    ("consolidation", "2019-07", None),  # given after the transplant, until nobody knows when
])  # fmt: skip
def test_an_induction_ends_at_the_transplant(
    intent: str, progression: str, refractory: bool | None, answer_file: Callable[..., Answer]
) -> None:
    phase = {"intent": intent, "regimen": "VTd", "best_response": "VGPR"}
    facts = answer_file(told([{"phases": [phase], "transplant": "2017-05", "progression": progression}])).facts
    assert ("bortezomib" in facts.get("refractory_to_at_least", facts["refractory_to"] or [])) is (refractory is True)
    assert ("bortezomib" in facts["not_refractory_to"]) is (refractory is False)


@pytest.mark.parametrize("begun", ["", "2020-01", "2020-07"])
def test_an_undated_induction_may_have_come_before_the_transplant(begun: str, answer_file: Callable[..., Answer]) -> None:
    induction = {"intent": "induction", "regimen": "VRd", **({"start": begun} if begun else {})}
    maintenance = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2020-09"}
    patient = told([{"phases": [induction, maintenance], "transplant": "2020-06", "progression": "2023-02"}])
    if begun == "2020-07":
        with pytest.raises(InputError, match="before the start of its line"):
            answer_file(patient)
    else:
        assert answer_file(patient).facts["prior_transplant"] is True


@pytest.mark.parametrize(("stop", "said"), [
    ({"stop": "2022"}, "came between 60 days before and 333 days after the last dose, 2022"),
    ({"stop": "2022-11-29"}, "came between 28 days before and 1 day after the last dose, 2022-11-29"),
    ({}, "came an unknown time after, or before, the last dose"),
])  # fmt: skip
def test_a_last_dose_that_may_follow_the_progression_is_said_in_words(
    stop: dict[str, str], said: str, answer_file: Callable[..., Answer]
) -> None:
    line = {"agents": ["lenalidomide"], **stop, "stop_reason": "toxicity", "progression": "2022-11"}
    texts = [proof.text for proof in answer_file(told([line])).proofs]
    assert any(said in text for text in texts)
    assert not any(re.search(r"(?<![0-9])-[0-9]+ (to|days|months)", text) for text in texts)


def test_an_answer_says_how_a_record_is_called_complete(answer_file: Callable[..., Answer]) -> None:
    line = {"regimen": "Rd", "start": "2019-01", "stop": "2020-01", "progression": "2022-01"}
    assert any("complete: true" in remark for remark in answer_file({"history": {"lines": [line]}}).remarks)
    for said in ({"complete": True}, {"complete": False}):
        assert not any("complete: true" in remark for remark in answer_file({"history": {"lines": [line], **said}}).remarks)


def test_every_derived_fact_has_a_proof(answer_file: Callable[..., Answer]) -> None:
    line = {"regimen": "VRd", "start": "2019-01-01", "stop": "2020-01-01", "transplant": "2019-06-01", "best_response": "CR",
            "progression": {"date": "2020-01-01", "on": ["lenalidomide"]}}  # fmt: skip
    answer = answer_file(told([line]))
    proven = {(proof.fact, proof.member) for proof in answer.proofs}
    for agent in answer.facts["exposed_to"]:
        assert ("exposed_to", agent) in proven
        assert ("refractory_to", agent) in proven
    for fact in (
        "prior_lines",
        "prior_transplant",
        "months_transplant_to_progression",
        "months_lenalidomide_stop_to_progression",
    ):
        assert (fact, "") in proven
    assert all(proof.text for proof in answer.proofs)


def test_without_a_recorded_response_the_proof_says_what_was_assumed(answer_file: Callable[..., Answer]) -> None:
    line = {"regimen": "Vd", "start": "2019-01", "stop": "2019-08", "progression": "2021-01"}
    answer = answer_file(told([line]))
    proof = next(proof for proof in answer.proofs if (proof.fact, proof.member) == ("refractory_to", "bortezomib"))
    assert proof.value is False
    assert proof.assumed
    assert "response not recorded" in proof.text


def test_a_drug_begun_after_the_progression_stays_open(answer_file: Callable[..., Answer]) -> None:
    phases = [
        {"regimen": "Vd", "start": "2019-01-01", "stop": "2019-12-01"},
        {"agents": ["daratumumab"], "start": "2020-01-10", "stop": "2020-02-01"},
    ]
    line: dict[str, Any] = {"phases": phases, "best_response": "PR", "progression": {"date": "2019-12-20"}}
    facts = answer_file(told([line])).facts
    assert facts["refractory_to"] == ["bortezomib"]
    assert "daratumumab" not in facts["not_refractory_to"]


def test_progression_of_the_next_line_within_sixty_days(answer_file: Callable[..., Answer]) -> None:
    """Stopped for toxicity, next line begun at once, progression 40 days after the last dose of the first."""
    lines: list[dict[str, Any]] = [
        {
            "regimen": "Rd",
            "start": "2020-01-01",
            "stop": "2020-06-01",
            "stop_reason": "toxicity",
            "best_response": "PR",
            "progression": False,
        },
        {
            "regimen": "Vd",
            "start": "2020-06-05",
            "stop": "2020-07-11",
            "best_response": "MR",
            "progression": {"date": "2020-07-11"},
        },
    ]
    facts = answer_file(told(lines)).facts
    assert facts["refractory_to"] == ["bortezomib", "lenalidomide"]


@pytest.mark.parametrize(("stop", "refractory"), [
    ({}, False), ({"stop_reason": "ongoing"}, False), ({"stop": "2020-12-01"}, True),
])  # fmt: skip
def test_cells_are_given_on_one_day_unless_somebody_wrote_another(
    stop: dict[str, str], refractory: bool, answer_file: Callable[..., Answer]
) -> None:
    line = {"agents": ["ide-cel"], "start": "2020-05-06", "best_response": "VGPR", "progression": "2020-12-01", **stop}
    facts = answer_file(told([line])).facts
    assert ("idecabtagene_vicleucel" in facts["refractory_to"]) == refractory
    assert ("idecabtagene_vicleucel" in facts["not_refractory_to"]) != refractory


@pytest.mark.parametrize(("stop", "reason", "response", "refractory"), [
    ("2019-01-20", "toxicity", "SD", None),
    ("2019-01-21", "toxicity", "SD", True),
    ("2019-01-20", "choice", "SD", True),
    ("2019-01-20", "toxicity", "PD", True),
])  # fmt: skip
def test_a_drug_stopped_for_toxicity_before_a_cycle_was_over_has_not_failed_by_stable_disease(
    stop: str, reason: str, response: str, refractory: bool | None, answer_file: Callable[..., Answer]
) -> None:
    line = {"regimen": "Vd", "start": "2019-01-01", "stop": stop, "stop_reason": reason, "best_response": response}
    facts = answer_file(told([line])).facts
    held = {True: "bortezomib" in facts["refractory_to"], False: "bortezomib" in facts["not_refractory_to"]}
    assert next((value for value, holds in held.items() if holds), None) is refractory


def test_line_numbers_with_a_gap_are_not_a_complete_record(answer_file: Callable[..., Answer]) -> None:
    answer = answer_file(told([{"line": 1, "regimen": "Vd"}, {"line": 3, "regimen": "Kd"}]))
    assert answer.facts["prior_lines"] == {"at_least": 3}
    assert answer.facts["exposed_to"] is None


def test_a_line_without_drugs_leaves_exposure_open(answer_file: Callable[..., Answer]) -> None:
    answer = answer_file(told([{"line": 1}, {"line": 2, "regimen": "Kd"}]))
    assert answer.facts["prior_lines"] == 2
    assert answer.facts["exposed_to"] is None
    assert answer.facts["exposed_to_at_least"] == ["carfilzomib"]
    assert answer.facts["line1_agents"] is None


def test_a_record_from_the_diagnosis_on_is_complete(answer_file: Callable[..., Answer]) -> None:
    lines = [{"regimen": "Rd", "start": "2019", "best_response": "PR"}]
    for complete_from, complete in (("2018-03-01", True), ("2018-01", True), ("2018-04", False)):
        history = {"complete_from": complete_from, "diagnosis_date": "2018-03-01", "lines": lines}
        assert (answer_file({"history": history}).facts["prior_lines"] == 1) == complete


DAYS = st.integers(min_value=0, max_value=3000)


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    """Lines as regimen, start, stop and progression, in days from the first."""
    lines, day = [], 0
    for _ in range(draw(st.integers(1, 4))):
        start = day + draw(st.integers(1, 90))
        stop = start + draw(st.integers(30, 700))
        progression = stop + draw(st.sampled_from([-10, 0, 30, 60, 61, 200]))
        lines.append((draw(st.sampled_from(["VRd", "Kd", "DRd", "Pd", "IsaPd", "VCd"])), start, stop, progression))
        day = max(stop, progression)
    return lines


@settings(max_examples=150)
@given(courses(), st.integers(-4000, 1000))
def test_shifting_all_dates_changes_nothing_but_the_dates(lines: list[tuple[str, int, int, int]], shift: int) -> None:
    def facts(offset: int) -> tuple[Any, ...]:
        def on(day: int) -> str:
            return (date(2015, 1, 1) + timedelta(days=day + offset)).isoformat()

        history = [
            {"regimen": name, "start": on(start), "stop": on(stop), "best_response": "PR", "progression": on(progression)}
            for name, start, stop, progression in lines
        ]
        as_of = on(max(progression for *_, stop, progression in lines) + 400)
        answer = assess_document(load_pack(), Document("patient", told(history, as_of=as_of), {}), max(TODAY, date(2035, 1, 1)))
        kept = {name: value for name, value in answer.facts.items() if not name.startswith("months")}
        return kept, [
            (finding.fact, finding.member, finding.value) for finding in answer.proofs if not finding.fact.startswith("months")
        ]

    assert facts(0) == facts(shift)


@settings(max_examples=100)
@given(courses())
def test_a_later_line_never_changes_what_an_earlier_one_was(lines: list[tuple[str, int, int, int]]) -> None:
    def first_line(number: int) -> Any:
        def on(day: int) -> str:
            return (date(2010, 1, 1) + timedelta(days=day)).isoformat()

        history = [
            {"regimen": name, "start": on(start), "stop": on(stop), "best_response": "PR", "progression": on(progression)}
            for name, start, stop, progression in lines[:number]
        ]
        answer = assess_document(load_pack(), Document("patient", told(history), {}), TODAY)
        return answer.facts["line1_agents"], answer.facts["refractory_to"]

    agents, refractory = first_line(1)
    for number in range(2, len(lines) + 1):
        later_agents, later_refractory = first_line(number)
        assert later_agents == agents
        assert set(refractory) <= set(later_refractory)
