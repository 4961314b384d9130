"""Laws that hold for every pack and every patient."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from myeloguide.guideline.answer import STATUSES, Answer
from myeloguide.guideline.assess import assess
from myeloguide.guideline.prepared import PACKS, load_pack
from myeloguide.record.fact_sheet import FactSheet
from tests.conftest import TODAY
from tests.patients import growing, is_consistent, patients, sheet_of, switches, whole_patients

SHIPPED = sorted(path.parent.name for path in PACKS.glob("*/pack.yaml"))
NEGATIVE = {"held_back", "advised_against", "condition_not_met"}


def answer_to(facts: dict[str, Any], rulings: dict[str, str]) -> Answer:
    return assess(load_pack(), sheet_of(facts), TODAY, rulings)


def by_row(answer: Answer) -> dict[tuple[str, ...], str]:
    return {(row.list, row.tier, row.option, str(row.via)): row.status for row in answer.options}


@pytest.mark.parametrize("name", SHIPPED)
def test_empty_record_law(name: str) -> None:
    answer = assess(load_pack(name), FactSheet(), TODAY)
    assert answer.options
    assert "offered" not in {row.status for row in answer.options}


@settings(max_examples=300)
@given(growing, switches)
def test_more_knowledge_never_takes_back_an_answer(pair: tuple[dict[str, Any], dict[str, Any]], rulings: dict[str, str]) -> None:
    partly, whole = pair
    assert is_consistent(whole)
    before, after = answer_to(partly, rulings), answer_to(whole, rulings)
    lists = {item.list: item.applies for item in after.lists}
    for item in before.lists:
        assert item.applies is None or item.applies == lists[item.list]
    later = by_row(after)
    for row, status in by_row(before).items():
        if status == "offered":
            assert later[row] == "offered"
        elif status in NEGATIVE:
            assert later.get(row, "absent") != "offered"


@settings(max_examples=300)
@given(patients, switches)
def test_what_is_offered_under_a_condition_says_which_cause_is_true(facts: dict[str, Any], rulings: dict[str, str]) -> None:
    pack, answer = load_pack(), answer_to(facts, rulings)
    causes = {(row.list, row.tier, row.option, row.via): len(row.met) for row in pack.rows}
    for row in answer.options:
        count = causes[row.list, row.tier, row.option, tuple(via for via in (row.via, *row.also_via) if via)]
        told = [reason for reason in row.reasons if reason.code == "condition-met"]
        assert bool(told) == (row.status == "offered" and count > 0)


@pytest.mark.parametrize(("unavailable", "reading", "said"), [
    (["daratumumab"], "single", ["DRd cannot be used for this patient"]),
    ([], "both", ["DRd and KRd are both preferred, as C1 is read"]),
])  # fmt: skip
def test_krd_says_only_the_cause_that_is_true(unavailable: list[str], reading: str, said: list[str]) -> None:
    known = {"line1_agents": ["bortezomib"], "contraindicated_agents": [], "unavailable_agents": unavailable}
    facts = {"prior_lines": 1, "exposed_to": ["bortezomib"], "not_refractory_to": ["bortezomib"], **known}
    (krd,) = [row for row in answer_to(facts, {"C1": reading}).options if (row.option, row.tier) == ("KRd", "preferred")]
    assert krd.status == "offered"
    assert [reason.text for reason in krd.reasons if reason.code == "condition-met"] == said


@settings(max_examples=300)
@given(whole_patients(), switches)
def test_a_patient_known_wholly_gets_a_decided_answer(facts: dict[str, Any], rulings: dict[str, str]) -> None:
    answer = answer_to(facts, rulings)
    assert all(item.applies is not None for item in answer.lists)
    assert all(row.status in STATUSES and row.status != "depends" for row in answer.options)
    assert answer.missing == ()
    assert (answer.outside is not None) == (facts["prior_lines"] == 0)


@settings(max_examples=300)
@given(growing, switches)
def test_every_row_says_why(pair: tuple[dict[str, Any], dict[str, Any]], rulings: dict[str, str]) -> None:
    for facts in pair:
        for row in answer_to(facts, rulings).options:
            assert row.reasons
            for reason in row.reasons:
                assert reason.text
                assert reason.kind != "source" or (reason.source and reason.source.lines)
                assert reason.kind == "source" or reason.ruling


@settings(max_examples=200)
@given(whole_patients())
def test_nothing_offered_holds_an_agent_the_disease_is_refractory_to(facts: dict[str, Any]) -> None:
    excepted = {
        "VDT-PACE": set(facts["refractory_to"]),
        "REP": {"lenalidomide"},
        "Pano+PI": {"bortezomib", "carfilzomib", "ixazomib"},
    }
    vocabulary = load_pack().vocabulary
    for row in answer_to(facts, {}).options:
        if row.status == "offered":
            agents = set(vocabulary.regimens[row.option].agents) - excepted.get(row.option, set())
            assert not agents & set(facts["refractory_to"])
            assert not set(vocabulary.regimens[row.option].agents) & set(
                facts["unavailable_agents"] + facts["contraindicated_agents"]
            )


@settings(max_examples=200)
@given(whole_patients())
def test_a_list_that_offers_nothing_is_a_declared_silence(facts: dict[str, Any]) -> None:
    answer = answer_to(facts, {})
    for item in answer.nothing_offered:
        assert item.silence
        assert item.why
        assert item.nearest


@settings(max_examples=100)
@given(whole_patients())
def test_first_relapse_is_answered_by_exactly_one_drug_list(facts: dict[str, Any]) -> None:
    applying = {item.list for item in answer_to(facts, {}).lists if item.applies}
    drugs = {name for name in applying if name.startswith("first-relapse")}
    assert len(drugs) == (1 if facts["prior_lines"] == 1 else 0)
    assert ("two-or-more-lines" in applying) == (facts["prior_lines"] >= 2)
