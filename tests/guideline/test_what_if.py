"""What would change an answer, against answering again with the facts changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.errors import InputError
from myeloguide.guideline.answer import Answer
from myeloguide.guideline.assess import assess, prepare
from myeloguide.guideline.consultation import Consultation
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import load_pack
from myeloguide.guideline.what_if import HANDS, Change, WhatIf, difference, hanging
from myeloguide.history.closure import close, planes_of
from myeloguide.knowledge.reading import Document
from myeloguide.record.fact_sheet import FactSheet, read_changes, with_fact
from myeloguide.record.shorthand import read_note
from myeloguide.record.shorthand.changes import as_changes
from tests.conftest import TODAY
from tests.patients import sheet_of, switches, whole_patients

OPTIONS = ("PVd", "DRd", "KRd", "IPd", "VCd", "EloPd", "salvage-ASCT", "venetoclax-based", "Kd", "IsaPd", "SVd")


def changed(sheet: FactSheet, rulings: dict[str, str], change: Change) -> tuple[FactSheet, dict[str, str]]:
    """Make a change by hand."""
    if change.hand == "ruling":
        return sheet, {**rulings, change.fact: change.value}
    value = change.value
    if isinstance(value, dict):
        least, most = value.get("at_least"), value.get("at_most")
        more, below = value.get("more_than"), value.get("below")
        low = least if least is not None else more + 0.1 if more is not None else None
        high = most if most is not None else below - 0.1 if below is not None else None
        value = low if high is None else high if low is None else (low + high) / 2
    return with_fact(sheet, change.fact, value, load_pack().vocabulary, "test"), rulings


def is_offered(sheet: FactSheet, rulings: dict[str, str], option: str) -> bool | None:
    """Whether an option is offered somewhere; None when the facts contradict each other."""
    try:
        answer = assess(load_pack(), sheet, TODAY, rulings)
    except InputError:
        return None
    return any(row.option == option and row.status == "offered" for row in answer.options)


@settings(max_examples=40)
@given(whole_patients(), switches, st.sampled_from(OPTIONS))
def test_a_set_of_changes_does_what_it_says_and_none_of_it_can_be_spared(
    whole: dict[str, Any], rulings: dict[str, str], option: str
) -> None:
    sheet = sheet_of(whole)
    found = WhatIf(load_pack(), sheet, rulings).would_change(option)
    assert found.offered is is_offered(sheet, rulings, option)
    for item in found.sets[:12]:
        assert item.hand == max((change.hand for change in item.changes), key=HANDS.index)
        for left_out in (None, *item.changes) if len(item.changes) > 1 else (None,):
            after, after_rulings = sheet, rulings
            for change in item.changes:
                if change is not left_out:
                    after, after_rulings = changed(after, after_rulings, change)
            if left_out is None:
                assert is_offered(after, after_rulings, option) is not found.offered
            else:
                assert is_offered(after, after_rulings, option) in (found.offered, None)


PLAIN = ("prior_transplant", "maintenance_after_transplant", "transplant_eligible", "t_11_14", "bcl2_high")
OF_AGENTS = ("exposed_to", "refractory_to", "line1_agents", "unavailable_agents", "contraindicated_agents")
SOME_AGENTS = ("bortezomib", "carfilzomib", "lenalidomide", "pomalidomide", "daratumumab", "isatuximab", "venetoclax")


@settings(max_examples=25)
@given(whole_patients(), st.sampled_from(OPTIONS))
def test_no_single_change_is_overlooked(whole: dict[str, Any], option: str) -> None:
    sheet = sheet_of(whole)
    found = WhatIf(load_pack(), sheet, {}).would_change(option)
    single = {(item.changes[0].fact, item.changes[0].value) for item in found.sets
              if len(item.changes) == 1 and isinstance(item.changes[0].value, bool)}  # fmt: skip
    words = load_pack().vocabulary
    expected = set()
    names = [*PLAIN, *(f"{fact}.{agent}" for fact, agent in product(OF_AGENTS, SOME_AGENTS))]
    for name, value in product(names, (True, False)):
        after = is_offered(with_fact(sheet, name, value, words, "test"), {}, option)
        if after is (not found.offered):
            expected.add((name, value))
    assert {item for item in single if item[0] in names} == expected


def test_what_a_person_can_do_stands_first(pack: Pack) -> None:
    sheet = sheet_of({"prior_lines": 1, "exposed_to": ["lenalidomide"], "refractory_to": ["lenalidomide"],
                      "line1_agents": ["lenalidomide"], "fitness": "fit", "age": 60, "unavailable_agents": ["pomalidomide"]})  # fmt: skip
    found = WhatIf(pack, sheet, {}).would_change("PVd")
    assert not found.offered
    first = found.sets[0]
    assert (first.hand, [change.how for change in first.changes]) == ("obtain", ["obtain pomalidomide"])


def test_a_test_to_run_is_told_from_what_is_fixed(pack: Pack) -> None:
    facts = {"prior_lines": 2, "exposed_to": ["lenalidomide"], "refractory_to": ["lenalidomide"], "fitness": "fit", "age": 60}
    unknown = WhatIf(pack, sheet_of(facts), {}).would_change("venetoclax-based")
    assert {(item.hand, item.changes[0].how) for item in unknown.sets} == {
        ("test", "test the myeloma cells for t(11;14)"),
        ("test", "test the myeloma cells for BCL-2 expression"),
    }
    known = WhatIf(pack, sheet_of({**facts, "t_11_14": False, "bcl2_high": False}), {}).would_change("venetoclax-based")
    assert {item.hand for item in known.sets} == {"fixed"}


def test_a_threshold_of_remarks_only_splits_no_stretch(pack: Pack) -> None:
    sheet = sheet_of({"prior_lines": 1, "exposed_to": ["bortezomib"], "refractory_to": []})
    found = WhatIf(pack, sheet, {}).would_change("IsaPd")
    assert [[change.text for change in item.changes] for item in found.sets] == [["at least 2 prior lines of therapy"]]


def test_numbers_are_told_as_stretches(pack: Pack) -> None:
    sheet = sheet_of({"prior_lines": 1, "exposed_to": ["bortezomib", "melphalan"], "refractory_to": [], "not_refractory_to": ["bortezomib", "melphalan"],
                      "line1_agents": ["bortezomib", "melphalan"], "transplant_eligible": True, "prior_transplant": True,
                      "months_transplant_to_progression": 20, "maintenance_after_transplant": True})  # fmt: skip
    found = WhatIf(pack, sheet, {}).would_change("salvage-ASCT")
    texts = {" and ".join(change.text for change in item.changes) for item in found.sets}
    assert "at least 36 months from transplant to progression" in texts
    assert "at least 24 and below 36 months from transplant to progression and no maintenance after the transplant" in texts


def test_the_answer_hangs_on_the_rulings_whose_other_reading_moves_a_row(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    facts = {"prior_lines": 1, "exposed_to": ["bortezomib"], "not_refractory_to": ["bortezomib"], "refractory_to": [],
             "line1_agents": ["bortezomib"], "unavailable_agents": ["daratumumab", "isatuximab"], "fitness": "fit", "age": 60}  # fmt: skip
    sheet = sheet_of(facts)
    default = answer_for(**facts)
    found = {item.ruling: {row.option for row in item.rows} for item in WhatIf(pack, sheet, {}).hangs_on()}
    expected = {}
    for ruling, (_, other) in pack.switches.items():
        moved = difference(default, answer_for(rulings={ruling: other}, **facts))
        if moved.rows:
            expected[ruling] = {row.option for row in moved.rows}
    assert found == expected
    assert set(found) == {"C2"}


@settings(max_examples=40)
@given(whole_patients())
def test_hanging_rulings_are_those_that_answering_again_finds(whole: dict[str, Any]) -> None:
    pack = load_pack()
    sheet = sheet_of(whole)
    default = assess(pack, sheet, TODAY)
    found = {item.ruling: {(row.list, row.tier, row.option, row.was, row.would_be) for row in item.rows}
             for item in WhatIf(pack, sheet, {}).hangs_on()}  # fmt: skip
    expected = {}
    for ruling, (_, other) in pack.switches.items():
        rows = difference(default, assess(pack, sheet, TODAY, {ruling: other})).rows
        if any(row.was != row.would_be for row in rows):
            expected[ruling] = {
                (row.list, row.tier, row.option, row.was, row.would_be) for row in rows if row.was != row.would_be
            }
    assert found == expected


LOW_DOSE = {
    "as_of": "2021-06-01",
    "history": {
        "complete": True,
        "lines": [{"line": 1, "phases": [
            {"intent": "induction", "regimen": "VRd", "start": "2018-01", "stop": "2018-06"},
            {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2018-07", "doses": {"lenalidomide": 10}},
        ], "best_response": "CR", "progression": {"date": "2021-05-03", "on": ["lenalidomide"]}}],
    },
}  # fmt: skip


def test_a_ruling_behind_a_derived_fact_is_found_too(pack: Pack) -> None:
    document = Document("patient", LOW_DOSE, {})
    known, _, used = prepare(pack, document, None, TODAY)
    found = hanging(pack, known, used, lambda other: prepare(pack, document, None, TODAY, other)[0])
    assert "A2" in {item.ruling for item in found}


def test_a_what_if_wins_over_what_the_history_says(pack: Pack) -> None:
    document = Document("patient", LOW_DOSE, {})
    known, patient, used = prepare(pack, document, None, TODAY, what_if=["refractory_to.lenalidomide=false"])
    answer = assess(pack, known, patient.as_of, used)
    assert {item.list for item in answer.lists if item.applies} == {
        "first-relapse-not-lenalidomide-refractory", "salvage-transplant",
    }  # fmt: skip
    assert not [proof for proof in answer.proofs if (proof.fact, proof.member) == ("refractory_to", "lenalidomide")]
    before = assess(pack, *(prepare(pack, document, None, TODAY)[0], patient.as_of, used))
    moved = difference(before, answer)
    assert {item.list: (item.was, item.would_be) for item in moved.lists} == {
        "first-relapse-lenalidomide-refractory": (True, False),
        "first-relapse-not-lenalidomide-refractory": (False, True),
    }
    assert ("DRd", None, "offered") in {(row.option, row.was, row.would_be) for row in moved.rows}


def test_a_derived_fact_can_be_supposed_unknown(pack: Pack) -> None:
    known, _, _ = prepare(pack, Document("patient", LOW_DOSE, {}), None, TODAY, what_if=["refractory_to.lenalidomide=unknown"])
    assert known.facts.members("refractory_to").has("lenalidomide") is None


TOLD: dict[str, Any] = {"history": {"complete": True, "lines": [
    {"regimen": "VRd", "start": "2018-01", "stop": "2018-06", "transplant": "2018-07", "maintenance": False, "best_response": "VGPR",
     "progression": "2020-01"},
    {"regimen": "DVd", "start": "2020-02", "stop": "2021-05", "best_response": "PR", "progression": {"date": "2021-05", "on": ["daratumumab"]}},
]}}  # fmt: skip


@pytest.mark.parametrize(("supposed", "said"), [
    ("prior_lines=1", ["not refractory to lenalidomide", "that line1_agents is complete", "17 to 19 months from transplant to progression"]),
    ("exposed_to.lenalidomide=false", ["34 to 36 months from the last lenalidomide dose to this progression"]),
    ("exposed_to.lenalidomide=unknown", ["lenalidomide in line 1", "VRd"]),
    ("prior_lines=2", []),
    ("age=70", []),
])  # fmt: skip
def test_what_a_supposition_takes_from_the_history_is_said(supposed: str, said: list[str], pack: Pack) -> None:
    known, _, _ = prepare(pack, Document("patient", TOLD, {}), None, TODAY, what_if=[supposed])
    remarks = [remark for remark in known.derived.remarks if remark.startswith("with what is supposed, this is no longer known")]
    assert bool(remarks) is bool(said)
    assert all(text in remarks[0] for text in said)


def test_what_two_derived_facts_imply_can_be_supposed_unknown(pack: Pack) -> None:
    known, _, _ = prepare(pack, Document("patient", TOLD, {}), None, TODAY, what_if=["exposed_to.lenalidomide=unknown"])
    planes = planes_of(known.facts, pack.vocabulary, ())
    close(planes, pack.vocabulary)
    assert planes["exposed_to", "lenalidomide"] == (0, 0)
    assert planes["exposed_to", "daratumumab"] == (1, 0)


@pytest.mark.parametrize(("text", "message"), [
    ("t_11_14", '--what-if: "t_11_14" is no change of a fact (write t_11_14=true, prior_lines=2 or refractory_to.lenalidomide=false)'),
    ("t_11_41=true", "--what-if: there is no fact t_11_41 (did you mean t_11_14?)"),
    ("prior_lines=two", '--what-if: prior_lines is "two" (write a number of lines)'),
    ("age=200", "--what-if: age is 200.0 (it lies between 0 and 130)"),
    ("fitness=good", '--what-if: fitness is "good" (write fit, intermediate or frail, or leave it out if unknown)'),
    ("refractory_to=lenalidomide", "--what-if: refractory_to is asked member by member (write refractory_to.lenalidomide=true)"),
    ("frail.x=true", "--what-if: frail has no members (write frail=true)"),
    ("refractory_to.lenalidomde=true", '--what-if: there is no agent "lenalidomde" (did you mean lenalidomide or thalidomide or pomalidomide?)'),
    ("refractory_to.dexamethasone=true", "--what-if: dexamethasone decides nothing (name an agent that is no steroid, or a regimen with an id)"),
    ("unavailable_agents.daratumumab=unknown", "--what-if: unavailable_agents is none unless named (write true or false)"),
    ("refractory_to.lenalidomide=2", "--what-if: refractory_to.lenalidomide is 2.0 (write true, false or unknown)"),
])  # fmt: skip
def test_wrong_changes_are_told(text: str, message: str, pack: Pack) -> None:
    with pytest.raises(InputError) as caught:
        for name, value in read_changes([text], "--what-if"):
            with_fact(FactSheet(), name, value, pack.vocabulary, "--what-if")
    assert [str(problem) for problem in caught.value.problems] == [message]


def test_making_one_member_of_a_complete_list_unknown_keeps_the_others(pack: Pack) -> None:
    sheet = sheet_of({"exposed_to": ["lenalidomide", "bortezomib"]})
    members = with_fact(sheet, "exposed_to.lenalidomide", None, pack.vocabulary, "test").members("exposed_to")
    assert [members.has(agent) for agent in ("lenalidomide", "bortezomib", "daratumumab")] == [None, True, False]


def test_what_can_be_found_out_is_looked_for_before_what_is_fixed(pack: Pack) -> None:
    sheet = sheet_of({"prior_lines": 1})
    found = WhatIf(pack, sheet, {}).would_change("Kd")
    first = {change.fact for change in found.sets[0].changes}
    assert found.sets[0].hand == "find_out"
    assert first >= {"refractory_to.lenalidomide"}


def test_naming_one_unavailable_agent_says_nothing_of_the_others(pack: Pack) -> None:
    members = with_fact(FactSheet(), "unavailable_agents.pomalidomide", True, pack.vocabulary, "test").members(
        "unavailable_agents"
    )
    assert [members.has(agent) for agent in ("pomalidomide", "daratumumab")] == [True, False]


# --- suppositions in shorthand ---


@pytest.mark.parametrize(("text", "changes"), [
    ("t(11;14)+", ["t_11_14=true"]),
    ("frail", ["fitness=frail"]),
    ("no access: dara, isa", ["unavailable_agents.daratumumab=true", "unavailable_agents.isatuximab=true"]),
    ("not refractory: R", ["refractory_to.lenalidomide=false"]),
    ("never lenalidomide", ["exposed_to.lenalidomide=false"]),
    ("3 prior lines; t(11;14)-", ["prior_lines=3", "t_11_14=false"]),
    ("refractory_to.lenalidomide=unknown", ["refractory_to.lenalidomide=unknown"]),
    ("t_11_14", ["t_11_14"]),
])  # fmt: skip
def test_a_piece_of_shorthand_is_supposed_as_the_facts_that_it_tells(text: str, changes: list[str], pack: Pack) -> None:
    assert list(as_changes([text], pack.vocabulary, "--what-if")) == changes


@pytest.mark.parametrize(("text", "message"), [
    ("VRd x4 > ASCT", '--what-if: "VRd x4 > ASCT" tells what is no fact: the record'),
    ("frail; complete record", '--what-if: "frail; complete record" tells what is no fact: the record'),
    ("t(11;14) unknown", '--what-if: "t(11;14) unknown" tells what is no fact: t(11;14) unknown'),
    ("≥2 prior lines", '--what-if: "≥2 prior lines" tells no single number'),
    ("all drugs available", '--what-if: "all drugs available" names nothing that could be supposed'),
    ("nonsense", '--what-if, column 1: "nonsense" is not understood'),
])  # fmt: skip
def test_what_is_no_fact_is_not_supposed(text: str, message: str, pack: Pack) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        list(as_changes([text], pack.vocabulary, "--what-if"))


def test_shorthand_and_the_name_of_a_fact_are_the_same_supposition(pack: Pack) -> None:
    note = read_note("68y fit; 2 prior lines; exposed: V, R, K; refractory: R", pack.vocabulary)
    one, other = (Consultation(pack, note, TODAY, what_if=[text]).answer() for text in ("t(11;14)+", "t_11_14=true"))
    assert one.supposed == other.supposed
    assert [row.status for row in one.options] == [row.status for row in other.options]
