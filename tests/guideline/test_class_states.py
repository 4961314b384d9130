"""History's classes of agents and the pack's conditions on them say the same of every patient."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from myeloguide.criteria.syntax import parse
from myeloguide.guideline.loading import scope_of
from myeloguide.guideline.prepared import load_pack
from myeloguide.history.closure import close, planes_of
from myeloguide.history.refractoriness import class_states
from myeloguide.record.fact_sheet import FactSheet, Members
from tests.criteria.naive import truth
from tests.patients import patients, sheet_of

CONDITIONS = {
    ("class_refractory", "proteasome_inhibitor"): "refractory_to_pi",
    ("class_refractory", "immunomodulatory_agent"): "refractory_to_imid",
    ("class_refractory", "anti_cd38_antibody"): "refractory_to_cd38",
    ("triple_class_refractory", ""): "triple_class_refractory",
    ("penta_refractory", ""): "penta_refractory",
}


@given(patients)
def test_the_same_classes_in_history_and_in_the_pack(facts: dict[str, Any]) -> None:
    """By the default reading of A3; its other reading is of the lists only."""
    pack = load_pack()
    words = pack.vocabulary
    planes = planes_of(sheet_of(facts), words, ())
    close(planes, words)

    def members(name: str) -> Members:
        found = {member: plane for (fact, member), plane in planes.items() if fact == name}
        yes, no = (frozenset(member for member, plane in found.items() if plane[side]) for side in (0, 1))
        return Members(yes, no)

    refractory_to = members("refractory_to")
    sheet = FactSheet({"exposed_to": members("exposed_to"), "refractory_to": refractory_to})
    states = {(proof.fact, proof.member): proof.value for proof in class_states(sheet, words)}
    told = {agent: refractory_to.has(agent) for agent in words.active_agents}
    scope = scope_of(words, pack.rulings, pack.phrases.conditions.values())
    for state, condition in CONDITIONS.items():
        assert states[state] is truth(parse(condition, scope), {"refractory_to": told, "A3": "not-refractory"}), state
