"""History's classes of agents and the pack's conditions on them say the same of every patient."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from myeloguide.criteria.syntax import parse
from myeloguide.guideline.loading import scope_of
from myeloguide.guideline.prepared import load_pack
from myeloguide.history.closure import close, planes_of
from myeloguide.history.refractoriness import class_states
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
    sheet = sheet_of(facts)
    planes = planes_of(sheet, words, ())
    close(planes, words)
    told = {
        agent: True if true else False if false else None
        for (fact, agent), (true, false) in planes.items()
        if fact == "refractory_to"
    }
    states = {(proof.fact, proof.member): proof.value for proof in class_states(sheet, words)}
    scope = scope_of(words, pack.rulings, pack.phrases.conditions.values())
    for state, condition in CONDITIONS.items():
        assert states[state] is truth(parse(condition, scope), {"refractory_to": told, "A3": "not-refractory"}), state
