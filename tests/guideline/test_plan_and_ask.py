"""Where a planned treatment stands; and the questions, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from myeloguide.errors import InputError
from myeloguide.guideline.answer import Plan
from myeloguide.guideline.ask import Interview
from myeloguide.guideline.assess import Assessment, prepare
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.plan import REASON_SYSTEM, stand
from myeloguide.knowledge.reading import Document
from tests.conftest import TODAY
from tests.patients import sheet_of

REFRACTORY: dict[str, Any] = {
    "prior_lines": 1, "age": 60, "fitness": "fit", "exposed_to": ["lenalidomide", "bortezomib"], "line1_agents": ["lenalidomide", "bortezomib"],
    "refractory_to": ["lenalidomide"], "not_refractory_to": ["bortezomib"], "transplant_eligible": False, "t_11_14": False, "bcl2_high": False,
}  # fmt: skip


def planned(pack: Pack, word: str, **facts: Any) -> Plan:
    assessment = Assessment(pack, sheet_of({**REFRACTORY, **facts}), TODAY)
    return stand(pack, assessment.answer(), assessment.planes, word)


@pytest.mark.parametrize(("word", "standing", "grades"), [
    ("PVd", "first", ["1A"]),
    ("Dara-Pom-Dex", "offered", ["1C"]),
    ("DPd", "offered", ["1C"]),
    ("SVd", "mentioned", [None]),
    ("IPd", "condition_not_met", ["1C"]),
    ("PanoVd", "advised_against", [None]),
    ("DRd", "other_list", ["1A", None]),
    ("ixazomib + thalidomide", "not_in_guideline", []),
])  # fmt: skip
def test_where_a_plan_stands(word: str, standing: str, grades: list[str | None], pack: Pack) -> None:
    plan = planned(pack, word)
    assert plan.standing == standing
    assert [row.grade for row in plan.rows] == grades


def test_what_stands_before_a_plan(pack: Pack) -> None:
    assert [item.option for item in planned(pack, "DPd").before] == ["PVd", "DKd", "IsaKd", "DVd", "Kd"]
    assert planned(pack, "PVd").before == ()
    assert planned(pack, "PVd").reason_codes == ()
    assert {"PVd", "DPd"} <= {item.option for item in planned(pack, "IPd").before}


def test_a_plan_that_is_held_back_or_open(pack: Pack) -> None:
    held = planned(pack, "PVd", unavailable_agents=["pomalidomide"])
    assert held.standing == "held_back"
    assert held.rows[0].reasons == ("pomalidomide cannot be obtained",)
    open_ = planned(pack, "IPd", fitness=None)
    assert (open_.standing, open_.reason_codes[0].code) == ("depends", "need-more-info")


def test_a_plan_that_is_only_mentioned_says_so_though_a_fact_decides(pack: Pack) -> None:
    plan = planned(pack, "VenVd", t_11_14=None, bcl2_high=None)
    assert ([row.status for row in plan.rows], plan.standing) == (["depends"], "mentioned")
    assert plan.text == "mentioned, not recommended; whether even that holds for this patient depends on what is not known yet"
    assert plan.reason_codes[0].code == "need-more-info"
    assert planned(pack, "VenVd", t_11_14=True).text == "mentioned, not recommended"
    assert planned(pack, "VenVd").standing == "advised_against"


def test_a_plan_outside_the_guideline_is_held_against_the_patient(pack: Pack) -> None:
    plan = planned(pack, "lenalidomide + ixazomib + elotuzumab", unavailable_agents=["elotuzumab"])
    assert plan.standing == "not_in_guideline"
    assert plan.on_agents == ("refractory to lenalidomide", "elotuzumab cannot be obtained")


def test_a_deviation_is_coded_as_cds_hooks_codes_it(pack: Pack) -> None:
    plan = planned(pack, "DPd")
    assert plan.reason_system == REASON_SYSTEM == "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
    codes = [item.code for item in plan.reason_codes]
    assert {"patient-contraindication", "patient-refuses", "service-not-available", "too-costly-uncovered"} <= set(codes)
    assert all(item.display for item in plan.reason_codes)
    assert len(set(codes)) == len(codes)


def test_a_plan_that_is_no_treatment_is_told(pack: Pack) -> None:
    with pytest.raises(InputError, match=r"--plan: there is no regimen DPxd \(did you mean"):
        planned(pack, "DPxd")


# --- questions ---


def interview(pack: Pack, facts: dict[str, Any]) -> Interview:
    document = Document("patient", {"facts": facts, "as_of": "2026-11-01"}, {})

    def assess_with(changes: Sequence[str]) -> Assessment:
        known, patient, used = prepare(pack, document, None, TODAY, what_if=changes)
        return Assessment(pack, known, patient.as_of, used)

    return Interview(assess_with)


def asked(talk: Interview, replies: Sequence[str], otherwise: str = "?") -> list[str]:
    """Reply in turn, then always the same; return what was asked."""
    questions: list[str] = []
    rest = iter(replies)
    while (question := talk.question()) is not None:
        assert len(questions) < 200
        questions.append(question.fact)
        talk.reply(question, next(rest, otherwise))
    return questions


OPEN = {name: value for name, value in REFRACTORY.items() if name not in ("refractory_to", "t_11_14", "bcl2_high")}


def test_the_most_decisive_is_asked_first_and_nothing_that_no_longer_matters(pack: Pack) -> None:
    assert asked(interview(pack, OPEN), ["n"]) == ["refractory_to.lenalidomide"]
    assert asked(interview(pack, OPEN), ["y", "no", "N"]) == ["refractory_to.lenalidomide", "t_11_14", "bcl2_high"]
    assert asked(interview(pack, OPEN), ["y", "yes"]) == ["refractory_to.lenalidomide", "t_11_14"]


def test_when_nothing_is_left_to_ask_no_answer_changes_the_offered_rows(pack: Pack) -> None:
    talk = interview(pack, OPEN)
    asked(talk, ["n"])
    assert talk.assessment.answer().missing == ()


def test_do_not_know_is_an_answer_and_is_not_asked_again(pack: Pack) -> None:
    talk = interview(pack, {"prior_lines": 2})
    questions = asked(talk, [])
    assert len(set(questions)) == len(questions) > 5
    assert talk.learned == []


def test_a_question_whose_answer_only_the_unknown_could_use_is_not_asked(pack: Pack) -> None:
    """Lenalidomide-refractory or not stays open, so no list can answer; the marker matters to none of them."""
    assert asked(interview(pack, OPEN), ["?"]) == ["refractory_to.lenalidomide"]


def test_numbers_and_words_are_taken_and_what_is_no_answer_is_told(pack: Pack) -> None:
    talk = interview(pack, {})
    first = talk.question()
    assert first is not None
    assert first.fact == "prior_lines"
    for wrong in ("maybe", "-1", "1.5", "900", ""):
        with pytest.raises(InputError):
            talk.reply(first, wrong)
    assert talk.learned == []
    talk.reply(first, "2")
    assert talk.assessment.value(pack.lists[-1].applies) is True


def test_a_transplant_is_asked_for_before_what_followed_it(pack: Pack) -> None:
    facts = {**REFRACTORY, "transplant_eligible": True}
    assert asked(interview(pack, facts), ["n"]) == ["prior_transplant"]
    questions = asked(interview(pack, facts), ["y", "30", "n"])
    assert questions == ["prior_transplant", "months_transplant_to_progression", "maintenance_after_transplant"]
    assert asked(interview(pack, facts), ["?"]) == ["prior_transplant"]


def test_a_wrong_number_is_told_as_the_answer_it_is(pack: Pack) -> None:
    talk = interview(pack, {})
    question = talk.question()
    assert question is not None
    with pytest.raises(InputError, match=r"^your answer: prior_lines is "):
        talk.reply(question, "900")


@pytest.mark.parametrize("word", ["", "  ", "dexamethasone"])
def test_what_is_no_treatment_is_no_plan(word: str, pack: Pack) -> None:
    with pytest.raises(InputError, match="--plan"):
        planned(pack, word)


def test_a_transplant_never_stands_before_a_drug(pack: Pack) -> None:
    plan = planned(pack, "SVd", transplant_eligible=True, prior_transplant=False)
    assert "salvage-ASCT" not in {item.option for item in plan.before}
