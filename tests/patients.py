"""Random patients whose known facts do not contradict each other, as the facts of a patient file."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from myeloguide.guideline.prepared import load_pack
from myeloguide.history.closure import close, planes_of
from myeloguide.knowledge.reading import Document
from myeloguide.record.fact_sheet import FactSheet, read_facts

AGENTS = (
    "bortezomib", "carfilzomib", "ixazomib", "thalidomide", "lenalidomide", "pomalidomide", "daratumumab", "isatuximab",
    "elotuzumab", "panobinostat", "selinexor", "venetoclax", "melphalan", "cyclophosphamide", "melflufen",
    "belantamab_mafodotin", "idecabtagene_vicleucel", "ciltacabtagene_autoleucel",
)  # fmt: skip
REGIMENS = ("VRd", "Rd", "DRd", "D-VMP", "Vd", "VCd", "Kd", "KRd", "DVd", "PVd", "IPd", "IsaPd", "DPd", "VTd", "Sd", "VDT-PACE")
SWITCHES = {"A3": "refractory", "C1": "both", "C2": "any", "C4": "off", "C5b": "caution", "C6": "regimen", "C8": "offer"}

agents = st.lists(st.sampled_from(AGENTS), unique=True, max_size=6)
switches = st.lists(st.sampled_from(sorted(SWITCHES)), unique=True, max_size=2).map(
    lambda chosen: {name: SWITCHES[name] for name in chosen}
)


def sheet_of(facts: dict[str, Any]) -> FactSheet:
    return read_facts(Document("facts", {"facts": facts}, {}), ("facts",), facts, load_pack().vocabulary)


def is_consistent(facts: dict[str, Any]) -> bool:
    vocabulary = load_pack().vocabulary
    return not close(planes_of(sheet_of(facts), vocabulary, ()), vocabulary)


@st.composite
def whole_patients(draw: st.DrawFn) -> dict[str, Any]:
    """A patient of whom everything is known."""
    lines = draw(st.sampled_from([0, 1, 1, 1, 2, 3, 5]))
    exposed = draw(agents.filter(bool)) if lines else []
    line1 = exposed if lines == 1 else [agent for agent in exposed if draw(st.booleans())]
    refractory = [agent for agent in exposed if draw(st.booleans())]
    vocabulary = load_pack().vocabulary
    possible = [name for name in REGIMENS if set(vocabulary.regimens[name].agents) <= set(exposed)]
    transplant = bool(lines) and draw(st.booleans())
    facts: dict[str, Any] = {
        "prior_lines": lines,
        "age": draw(st.sampled_from([50, 70, 74, 75, 75.5, 76, 85])),
        "fitness": draw(st.sampled_from(["fit", "intermediate", "frail"])),
        "exposed_to": exposed,
        "refractory_to": refractory,
        "not_refractory_to": [agent for agent in exposed if agent not in refractory],
        "line1_agents": line1,
        "regimens_given": [name for name in possible if draw(st.booleans())],
        "prior_transplant": transplant,
        "transplant_eligible": draw(st.booleans()),
        "t_11_14": draw(st.booleans()),
        "bcl2_high": draw(st.booleans()),
        "primary_refractory": draw(st.booleans()),
        "unavailable_agents": draw(st.lists(st.sampled_from(AGENTS), unique=True, max_size=4)),
        "contraindicated_agents": draw(st.lists(st.sampled_from(AGENTS), unique=True, max_size=2)),
    }
    if transplant:
        facts["months_transplant_to_progression"] = draw(st.sampled_from([6, 23.9, 24, 30, 35.9, 36, 60]))
        facts["maintenance_after_transplant"] = draw(st.booleans())
    if "lenalidomide" in exposed:
        months = [0, 1.5] if "lenalidomide" in refractory else [2.5, 6, 6.1, 30]
        facts["months_lenalidomide_stop_to_progression"] = draw(st.sampled_from(months))
    return facts


LISTED = ("unavailable_agents", "contraindicated_agents")


@st.composite
def partly_known(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """The same patient with some facts unknown. Availability stays, for there absent means none."""
    known = {name: value for name, value in whole.items() if name in LISTED or draw(st.booleans())}
    for name in ("refractory_to", "not_refractory_to"):
        if name in known:
            known[name] = [agent for agent in known[name] if draw(st.booleans())]
    if "exposed_to" not in known and draw(st.booleans()):
        unseen = [agent for agent in AGENTS if agent not in whole["exposed_to"]]
        known["not_exposed_to"] = [agent for agent in unseen if draw(st.booleans())]
    return known


patients = whole_patients().flatmap(partly_known)
growing = whole_patients().flatmap(lambda whole: st.tuples(partly_known(whole), st.just(whole)))
"""A patient known in part, and the same patient known wholly."""
