"""Which unknown facts decide, against plain enumeration of the completions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.guideline.answer import Answer
from myeloguide.guideline.assess import assess, prepare
from myeloguide.guideline.prepared import load_pack
from myeloguide.knowledge.reading import Document
from tests.conftest import TODAY
from tests.patients import is_consistent, sheet_of, whole_patients


def offered(facts: dict[str, Any]) -> set[tuple[str, ...]]:
    answer = assess(load_pack(), sheet_of(facts), TODAY)
    return {(row.list, row.tier, row.option, str(row.grade)) for row in answer.options if row.status == "offered"}


MARKERS = ("t_11_14", "bcl2_high", "transplant_eligible")


@settings(max_examples=60)
@given(whole_patients(), st.sets(st.sampled_from(MARKERS), min_size=1), st.booleans())
def test_missing_facts_are_those_that_change_what_is_offered(
    whole: dict[str, Any], hidden: set[str], hide_refractory: bool
) -> None:
    """Hide some facts; enumerate their completions; a fact is missing exactly when two that differ in it alone differ."""
    refractory = [f"refractory_to.{agent}" for agent in whole["exposed_to"][:2]] if hide_refractory else []
    names = [*sorted(hidden), *refractory]
    known = {name: value for name, value in whole.items() if name not in hidden}
    if refractory:
        unsure = {name.partition(".")[2] for name in refractory}
        known.pop("months_lenalidomide_stop_to_progression", None)
        for name in ("refractory_to", "not_refractory_to"):
            known[name] = [agent for agent in known[name] if agent not in unsure]
    worlds = {}
    for values in product([False, True], repeat=len(names)):
        facts = {**known, "refractory_to": list(known["refractory_to"]), "not_refractory_to": list(known["not_refractory_to"])}
        for name, value in zip(names, values, strict=True):
            _, _, agent = name.partition(".")
            if agent:
                facts["refractory_to" if value else "not_refractory_to"].append(agent)
            else:
                facts[name] = value
        if is_consistent(facts):
            worlds[values] = offered(facts)
    decisive = {
        name
        for position, name in enumerate(names)
        for values, rows in worlds.items()
        if (flipped := (*values[:position], not values[position], *values[position + 1 :])) in worlds and worlds[flipped] != rows
    }
    answer = assess(load_pack(), sheet_of(known), TODAY)
    assert {item.fact for item in answer.missing if item.fact in names} == decisive
    check_certain(answer, list(worlds.values()))


def check_certain(answer: Answer, worlds: list[set[tuple[str, ...]]]) -> None:
    """What is said to be certain is what every completion offers, or none although it seems open."""
    recommended = {(row.list, row.tier, row.option) for row in load_pack().rows if row.recommends}
    offered = [{row[2] for row in world if row[:3] in recommended} for world in worlds]
    waiting = {row.option for row in answer.options if row.status == "depends" and row.recommended}
    if any(row.status == "depends" for row in answer.options):
        assert {item.option for item in answer.certain if item.offered} == set.intersection(*offered)
        assert {item.option for item in answer.certain if not item.offered} == waiting.difference(*offered)
    else:
        assert answer.certain == ()


def test_frail_and_fitness_decide_together(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(prior_lines=1, exposed_to=["lenalidomide"], refractory_to=["lenalidomide"], line1_agents=["lenalidomide"])
    needs = {row.option: set(row.needs) for row in answer.options if row.tier == "other"}
    assert needs["IPd"] == {"frail", "fitness"}
    assert needs["KPd"] == set()


def test_what_was_received_and_line_1_decide_together_after_one_line(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(prior_lines=1, refractory_to=["daratumumab"])
    needs = {row.option: set(row.needs) for row in answer.options if row.tier == "reasonable"}
    assert {"exposed_to.lenalidomide", "line1_agents.lenalidomide"} <= needs["Kd"]


def test_months_do_not_matter_without_a_transplant(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(prior_lines=1, transplant_eligible=True, prior_transplant=False, exposed_to=["bortezomib"],
                        not_refractory_to=["bortezomib"], line1_agents=["bortezomib"])  # fmt: skip
    assert answer.missing == ()


def test_a_transplant_unknown_asks_for_it_first(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(prior_lines=1, transplant_eligible=True, exposed_to=["bortezomib"], not_refractory_to=["bortezomib"],
                        line1_agents=["bortezomib"])  # fmt: skip
    row = next(row for row in answer.options if row.option == "salvage-ASCT")
    assert set(row.needs) == {"prior_transplant", "months_transplant_to_progression", "maintenance_after_transplant"}


@pytest.mark.parametrize(("months", "asked"), [(20, False), (24, True), (30, True), (36, False)])
def test_maintenance_is_asked_for_only_where_it_decides(months: float, asked: bool, answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(prior_lines=1, transplant_eligible=True, exposed_to=["bortezomib"], not_refractory_to=["bortezomib"],
                        line1_agents=["bortezomib"], months_transplant_to_progression=months)  # fmt: skip
    assert [item.fact for item in answer.missing] == (["maintenance_after_transplant"] if asked else [])


def test_everything_unknown_asks_for_the_lines_first(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for()
    assert answer.missing[0].fact == "prior_lines"
    assert answer.missing[0].question


def test_what_is_offered_in_every_case_is_said(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(prior_lines=1, age=70, fitness="fit", exposed_to=["lenalidomide", "bortezomib"], transplant_eligible=False,
                        line1_agents=["lenalidomide", "bortezomib"], not_refractory_to=["bortezomib"])  # fmt: skip
    assert {item.option: item.offered for item in answer.certain} == {
        "DKd": True, "IsaKd": True, "DVd": True, "Kd": True, "KRd": False,
    }  # fmt: skip
    assert next(item for item in answer.certain if item.option == "Kd").text == "Kd is offered in every case"


def test_of_a_patient_of_whom_nothing_is_known_nothing_is_certain(answer_for: Callable[..., Answer]) -> None:
    assert answer_for().certain == ()


HALF_DATED = {"as_of": "2024-03-01", "history": {"complete": True, "lines": [
    {"regimen": "Rd", "start": "2021", "stop": "2023", "best_response": "PR", "progression": "2023-09-15"},
]}}  # fmt: skip


def asked(*what_if: str) -> dict[str, str | None]:
    known, _, _ = prepare(load_pack(), Document("patient", HALF_DATED, {}), None, TODAY, what_if=what_if)
    return {item.fact: item.so_far for item in assess(load_pack(), known, TODAY).missing}


def test_below_a_question_stands_why_the_record_leaves_it_open() -> None:
    assert asked()["refractory_to.lenalidomide"] == (
        "progression 2023-09-15 came between 107 days before and 257 days after the last dose, 2023: "
        "the dates cannot tell whether that is within 60 days (line 1)"
    )
    assert asked()["fitness"] is None


def test_what_is_supposed_unknown_has_no_record() -> None:
    assert asked("refractory_to.lenalidomide=unknown")["refractory_to.lenalidomide"] is None
