"""What the audit proves of the pack, the patients it found, and that planted faults are found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from myeloguide.guideline.audit import Audit, audit
from myeloguide.guideline.loading import read_audit, read_pack
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS
from myeloguide.guideline.reach import View, shown, targets
from myeloguide.guideline.space import Space
from myeloguide.guideline.witnesses import replay
from myeloguide.history.closure import Planes
from myeloguide.knowledge.vocabulary import vocabulary
from tests.kept_cases import check_shown, check_witness, load

WITNESSES = load("witnesses.yaml")


@pytest.fixture(scope="module")
def found(pack: Pack) -> Audit:
    return audit(pack)


def test_there_is_no_finding_beyond_the_declared_ones(found: Audit, pack: Pack) -> None:
    assert [finding.finding for finding in found.findings] == []
    assert {finding.finding for finding, _ in found.accepted} == {item.finding for item in read_audit(pack).accepted}
    assert found.not_found == ()


def test_every_check_proved_something(found: Audit, pack: Pack) -> None:
    assert set(found.proved) == {
        "unanswered", "both answer", "nothing offered", "offered against", "offered on nothing known", "reached",
        "can be true and false", "switches that change something", "rulings", "boundaries",
    }  # fmt: skip
    assert found.proved["offered on nothing known"] == len(list(pack.rows))
    assert found.proved["nothing offered"] == len(pack.lists)
    assert found.proved["switches that change something"] == len(pack.switches)
    assert found.proved["reached"] > 500
    assert found.proved["rulings"] > 30


# --- the patients it found, kept as cases ---


@pytest.mark.parametrize("case", WITNESSES, ids=lambda case: str(case["id"]))
def test_a_witness_is_answered_as_kept_and_shows_what_it_should(case: dict[str, Any], pack: Pack) -> None:
    check_witness(pack, case)
    check_shown(pack, case)


def test_the_witnesses_reach_everything(pack: Pack, found: Audit) -> None:
    nobody = View.of(replay(pack, {}, {}))
    declared = {item.finding.removeprefix("unreachable: ") for item in read_audit(pack).accepted}
    reached = {name for case in WITNESSES for name in case["shows"]}
    assert set(targets(pack, nobody)) - declared == reached


def test_an_answer_shows_what_the_planes_say_of_its_patient(pack: Pack) -> None:
    for case in WITNESSES:
        patient = replay(pack, case["facts"], case["rulings"])
        assert shown(pack, patient.answer()) == {name for name, plane in targets(pack, View.of(patient)).items() if plane}


# --- it bites ---

LISTS = "lists/"
NOT_REFRACTORY = LISTS + "first-relapse-not-lenalidomide-refractory.yaml"
TWO_OR_MORE = LISTS + "two-or-more-lines.yaml"
AFTER_DVMP = LISTS + "first-relapse-after-daratumumab-without-lenalidomide.yaml"
FAULTS = {
    "a flipped condition": (
        NOT_REFRACTORY, "prior_lines == 1 and not lenalidomide_refractory", "prior_lines == 1 and lenalidomide_refractory",
        ["both answer: first-relapse-lenalidomide-refractory and first-relapse-not-lenalidomide-refractory", "unanswered: patient"],
    ),
    "two overlapping lists": (
        TWO_OR_MORE, "applies: prior_lines >= 2", "applies: prior_lines >= 1",
        ["both answer: first-relapse-lenalidomide-refractory and two-or-more-lines"],
    ),
    "patients between two lists": (
        TWO_OR_MORE, "applies: prior_lines >= 2", "applies: prior_lines >= 3", ["unanswered: patient"],
    ),
    "a dropped option": (
        TWO_OR_MORE, "options: [IsaPd, DKd]", "options: [DKd]", ["stands on no row: caution outside-studied-therapy"],
    ),
    "a list that offers nothing in silence": (
        "silences.yaml", "  when: held_back_agent(lenalidomide)\n", "  when: held_back_agent(carfilzomib)\n",
        ["nothing offered: first-relapse-after-daratumumab-without-lenalidomide"],
    ),
    "a list that offers nothing in silence where little is known": (
        "silences.yaml", "first-relapse-after-daratumumab-with-lenalidomide]\n",
        "first-relapse-after-daratumumab-with-lenalidomide]\n  when: exposed_to(carfilzomib) or not exposed_to(carfilzomib)\n",
        ["nothing offered: first-relapse-lenalidomide-refractory"],
    ),
    "a silence that is never said": (
        "silences.yaml", "- silence: sequence\n  when: prior_lines >= 1\n", "- silence: sequence\n", ["unreachable: silence sequence"],
    ),
    "a clause that can never matter": (
        "cautions.yaml", "when: refractory(carfilzomib) and", "when: refractory(carfilzomib) and agent != lenalidomide and",
        ["without effect: cautions.yaml weaker-after-stronger (2), agent != lenalidomide"],
    ),
    "a ruling on which nothing rests": (
        "cautions.yaml", "  rulings: [D3]\n", "  rulings: [D2]\n", ["unreachable: ruling D3"],
    ),
    "a switch of how histories are read, without effect": (
        "audit.yaml", "doses: {lenalidomide: 10}", "doses: {lenalidomide: 25}", ["switch without effect: A2"],
    ),
    "a dead caution": (
        "cautions.yaml", "when: regimens_given(option)", "when: regimens_given(option) and prior_lines == 0",
        ["unreachable: caution given-before"],
    ),
    "an unreachable tier": (
        LISTS + "salvage-transplant.yaml", "when: transplant_eligible", "when: transplant_eligible and prior_lines == 0",
        ["unreachable: offered: salvage-transplant/consider/salvage-ASCT"],
    ),
    "an unreachable option": (
        AFTER_DVMP, "when: krd_after_dvmp", "when: krd_after_dvmp and frail", ["unreachable: offered: first-relapse-after-daratumumab-without-lenalidomide/advice/KRd"],
    ),
    "a refractory agent that is offered": (
        "against.yaml", 'when: C4 == "on" and refractory(agent)', 'when: C4 == "on" and refractory(agent) and frail', ["offered against: first-relapse-lenalidomide-refractory/preferred/PVd 1A, refractory_to.pomalidomide"],
    ),
    "a boundary on the wrong side": (
        "conditions.yaml", "age > 75", "age >= 75", ["boundary: age 75"],
    ),
    "a switch without effect": (
        NOT_REFRACTORY, "C1 == both or not usable(daratumumab)", "not usable(daratumumab)", ["switch without effect: C1"],
    ),
    "the same basis with two grades": (
        TWO_OR_MORE, "  - options: [DPd, EloPd, KPd]\n    grade: 1B\n    basis: phase 2", "  - options: [EloPd]\n    grade: 1B\n    basis: phase 2\n    source: {lines: [1059, 1059]}\n  - options: [EloPd]\n    grade: 1A\n    basis: phase 2", ["grades differ: EloPd"],
    ),
    "offered to a patient of whom nothing is known": (
        TWO_OR_MORE, "applies: prior_lines >= 2", "applies: unavailable_agents(lenalidomide) or not unavailable_agents(lenalidomide)",
        ["offered on nothing known: two-or-more-lines/preferred/clinical-trial"],
    ),
}  # fmt: skip


def planted(folder: Path, file: str, old: str, new: str) -> Pack:
    copy = folder / DEFAULT_PACK
    shutil.copytree(PACKS / DEFAULT_PACK, copy)
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return read_pack(copy, vocabulary())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, tmp_path: Path) -> None:
    file, old, new, expected = FAULTS[fault]
    findings = [finding.finding for finding in audit(planted(tmp_path, file, old, new)).findings]
    assert findings
    for name in expected:
        assert any(finding.startswith(name) for finding in findings), findings


def test_the_patient_of_a_finding_is_small_and_breaks_the_rule(tmp_path: Path) -> None:
    file, old, new, _ = FAULTS["two overlapping lists"]
    pack = planted(tmp_path, file, old, new)
    finding = next(
        item for item in audit(pack).findings if item.finding.startswith("both answer: first-relapse-lenalidomide-refractory")
    )
    assert finding.witness is not None
    assert len(finding.witness.facts) <= 4
    answer = replay(pack, finding.witness.facts, finding.witness.rulings).answer()
    assert sum(item.applies is True for item in answer.lists if item.list != "salvage-transplant") > 1


def test_a_patient_known_in_part_breaks_a_rule_that_no_complete_list_does(tmp_path: Path) -> None:
    pack = planted(tmp_path, *FAULTS["a list that offers nothing in silence where little is known"][:3])
    finding = next(item for item in audit(pack).findings if item.finding.endswith("first-relapse-lenalidomide-refractory"))
    assert finding.witness is not None
    assert "exposed_to" not in finding.witness.facts
    answer = replay(pack, finding.witness.facts, finding.witness.rulings).answer()
    assert [item.silence for item in answer.nothing_offered] == [None]


# --- a patient who is not what the solver says ---


def test_a_witness_written_with_a_fact_wrong_is_caught(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Space.facts

    def wrong(space: Space, planes: Planes) -> tuple[dict[str, Any], dict[str, str]]:
        facts, rulings = right(space, planes)
        return {**facts, "frail": not facts.get("frail", False)}, rulings

    monkeypatch.setattr(Space, "facts", wrong)
    with pytest.raises(AssertionError, match="mean different patients"):
        audit(pack)


def test_a_witness_of_something_else_is_caught(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Space(pack).find()
    monkeypatch.setattr(Space, "find", lambda *_, **__: nobody)
    with pytest.raises(AssertionError, match="the solver and assess differ"):
        audit(pack)


def test_the_patient_of_a_finding_who_does_not_break_the_rule_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = planted(tmp_path, *FAULTS["two overlapping lists"][:3])
    nobody = Space(pack).find()
    monkeypatch.setattr(Space, "fewest", lambda *_: nobody)
    with pytest.raises(AssertionError, match="two lists that exclude each other both apply: the solver and assess differ"):
        audit(pack)


# --- as a command ---


def test_the_command_prints_what_is_proved_and_ends_well() -> None:
    done = subprocess.run([sys.executable, "-m", "myeloguide", "guideline", "audit"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Findings: none" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 88


def test_the_command_ends_with_1_where_there_is_a_finding(tmp_path: Path) -> None:
    planted(tmp_path, *FAULTS["patients between two lists"][:3])
    command = [sys.executable, "-m", "myeloguide", "guideline", "audit", str(tmp_path / DEFAULT_PACK), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["findings"][0]["finding"] == "unanswered: patient"
    assert told["findings"][0]["witness"]["facts"]
