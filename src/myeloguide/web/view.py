"""What the page shows, as plain data for its templates."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from math import log
from typing import Any

from myeloguide.criteria.nodes import Compare, Constant, Holds, Is
from myeloguide.criteria.prose import Explained
from myeloguide.drawing.page import PHONE
from myeloguide.drawing.svg import draw
from myeloguide.evidence.match import PatientEvidence
from myeloguide.evidence.trials import load_evidence
from myeloguide.grouping import (
    STATUS,
    at_first_relapse,
    by_blocker,
    list_title,
    matched,
    needs,
    newer_guidelines,
    news,
    patient_line,
    place_of,
    reference,
    so_far,
    tier_title,
    understood,
    warnings,
)
from myeloguide.guideline.answer import Answer, CautionShown, ListAnswer, Missing, OptionAnswer, ResultShown
from myeloguide.guideline.consultation import Consultation
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.what_if import Explanation
from myeloguide.knowledge.facts import Fact
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.sheet.content import chart_of
from myeloguide.web.entry import FACT, RULING, Entry
from myeloguide.web.shelf import forest_of

EXAMPLES = (
    (
        "Progression on lenalidomide maintenance",
        "68y fit; VRd x4 > ASCT 2021-03 > R maint 34mo, PD on R; t(11;14)-; complete record",
    ),
    (
        "After two lines",
        "74y intermediate; VRd x6 > R maint 24mo, PD on R; DKd 18mo, PD on D, K; no access: isatuximab; complete record",
    ),
    ("Only what is refractory", "2 prior lines; refractory: R, V"),
)

_CLASSES = {
    "proteasome_inhibitor": "PI", "immunomodulatory_agent": "IMiD", "cereblon_modulator": "CELMoD", "anti_cd38_antibody": "CD38",
    "anti_slamf7_antibody": "SLAMF7", "histone_deacetylase_inhibitor": "HDACi", "sine": "SINE", "bcl2_inhibitor": "BCL-2",
    "alkylator": "alkylator", "steroid": "steroid",
}  # fmt: skip
"""Marks of the classes of agents, as they are abbreviated in the field."""
_COMMON = 12
"""Agents whose access is asked at once; of the others it is asked with the rest of the agents."""


# --- the form ---


def form(pack: Pack, entry: Entry) -> dict[str, Any]:
    """Return the fields of the form with what was entered in them."""
    words = pack.vocabulary
    said = entry.facts
    plain: list[dict[str, Any]] = []
    for name, fact in words.facts.items():
        if fact.is_set:
            continue
        field: dict[str, Any] = {"name": FACT + name, "label": _label(fact), "value": said.get(name, ""), "asks": fact.asks}
        if fact.is_number:
            field |= {"kind": "number", "unit": fact.unit, "least": fact.least, "most": fact.most}
        else:
            values = [(value, value) for value in fact.values] if fact.values else [("true", "yes"), ("false", "no")]
            field |= {"kind": "choice", "values": [*values, ("", "don't know")]}
        plain.append(field)
    common, rare = words.active_agents[:_COMMON], words.active_agents[_COMMON:]
    return {"fields": plain, "columns": _COLUMNS.values(),
            "agents": [_agent_row(words, agent, said) for agent in words.active_agents] if entry.has_agents else [],
            "withheld": _withheld(words, common, said), "withheld_rare": _withheld(words, rare, said) if entry.has_agents else [],
            "options": list(dict.fromkeys(row.option for row in pack.rows))}  # fmt: skip


_COLUMNS = {"exposed_to": "received", "refractory_to": "refractory", "line1_agents": "in line 1"}
_WITHHELD = {"unavailable_agents": "No access", "contraindicated_agents": "Contraindicated"}


def _agent_row(words: Vocabulary, agent: str, said: Mapping[str, str]) -> dict[str, Any]:
    cells = [
        {"name": f"{FACT}{name}.{agent}", "title": title, "value": said.get(f"{name}.{agent}", "")}
        for name, title in _COLUMNS.items()
    ]
    return {"name": words.agents[agent].name, "mark": mark(words, agent), "cells": cells}


def _withheld(words: Vocabulary, agents: Iterable[str], said: Mapping[str, str]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the agents that may be out of reach, or not right for the patient, each as a switch."""
    return [
        (title, [{"name": f"{FACT}{name}.{agent}", "agent": words.agents[agent].name, "on": said.get(f"{name}.{agent}") == "true"}
                 for agent in agents])
        for name, title in _WITHHELD.items()
    ]  # fmt: skip


def _label(fact: Fact) -> str:
    return fact.label or fact.says.format(value="", member="").strip() or fact.fact.replace("_", " ")


def mark(words: Vocabulary, agent: str) -> str:
    """Return the abbreviation of an agent's class."""
    return next((_CLASSES[name] for name in words.classes_of(agent) if name in _CLASSES), "")


# --- the answer ---


def answer(consultation: Consultation, found: Answer) -> dict[str, Any]:
    """Return the answer as the page shows it."""
    pack = consultation.pack
    newer, beside = news(found), PatientEvidence(load_evidence(), consultation.known.facts)
    return {
        "answer": found,
        "understood": "; ".join(understood(found)),
        "patient": patient_line(found.facts, pack),
        "label": found.patient or "",
        "story": story(consultation),
        "lists": [_list(found, pack, item, beside) for item in found.lists if item.applies is not False],
        "questions": [_question(pack, item) for item in found.missing],
        "always": [item.option for item in found.certain if item.offered],
        "never": [item.option for item in found.certain if not item.offered],
        "general": [note for note in found.notes if note.list is None],
        "pointers": [(list_title(item.list, pack), item) for item in found.cross_references],
        "switches": [_switch(pack, consultation, name) for name in pack.switches],
        "hangs": {item.ruling: list(dict.fromkeys(row.option for row in item.rows)) for item in found.hangs_on or ()},
        "warnings": [*warnings(found), *(f"{remark[0].upper()}{remark[1:]}." for remark in found.remarks)],
        "newer": [(item.option, item.text, place_of(item), item.applies_to + matched(item)) for item in newer.listed],
        "own": [
            (option, [(item.text, place_of(item), item.applies_to + matched(item)) for item in items])
            for option, items in newer.own.items()
        ],
        "folded_news": [*newer.folded(found.as_of), *newer_guidelines(found)],
    }


def story(consultation: Consultation) -> str | None:
    """Return the story drawn as the address of a picture, None where there is none to draw."""
    chart = chart_of(consultation)
    return None if chart is None else "data:image/svg+xml;base64," + b64encode(draw(chart, (PHONE,)).encode()).decode()


def _list(found: Answer, pack: Pack, item: ListAnswer, beside: PatientEvidence) -> dict[str, Any]:
    rows = [row for row in found.options if row.list == item.list]
    tiers: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.status in ("offered", "depends"):
            tiers.setdefault(tier_title(row, pack), []).append(_row(pack, row, beside.nearest(row.option)))
    folded = [(options, STATUS[status], text, where) for (status, text, where), options in by_blocker(rows).items()]
    return {
        "id": item.list, "title": item.title, "applies": item.applies, "why": item.why, "advice": item.advice,
        "source": str(item.source or ""), "tiers": tiers, "folded": folded,
        "nothing": next((gone.why for gone in found.nothing_offered if gone.list == item.list), None),
        "notes": [note for note in found.notes if note.list == item.list],
    }  # fmt: skip


def _row(pack: Pack, row: OptionAnswer, nearest: ResultShown | None) -> dict[str, Any]:
    words = pack.vocabulary
    return {
        "option": row.option,
        "grade": row.grade,
        "status": row.status,
        "agents": [(words.agents[agent].name, mark(words, agent)) for agent in row.agents],
        "via": at_first_relapse(row),
        "needs": needs(row, pack),
        "met": [(reason.text, reference(reason)) for reason in row.reasons if reason.code == "condition-met"],
        "cautions": [_caution(item) for item in row.cautions if item.strength != "remark" and item.holds],
        "best": None if nearest is None else _best(nearest),
    }


_LEAST, _MOST = 0.1, 3.0
"""The hazard ratios between which an interval is drawn small."""


def _best(result: ResultShown) -> dict[str, Any]:
    """Return the one result nearest to the patient, with where its hazard ratio and interval lie on a small scale (0 to 100)."""

    def at(ratio: float) -> float:
        share = log(min(max(ratio, _LEAST), _MOST) / _LEAST) / log(_MOST / _LEAST)
        return round(share * 100, 1)

    drawn = None
    if result.hr is not None:
        low, high = result.ci_low, result.ci_high
        drawn = {"hr": at(result.hr), "low": None if low is None else at(low), "high": None if high is None else at(high),
                 "one": at(1)}  # fmt: skip
    medians = [value for value in (result.value_option, result.value_comparator) if value is not None]
    return {
        "trial": result.trial, "endpoint": result.endpoint, "values": " v ".join(medians), "unit": result.unit if medians else "",
        "hr": result.hr, "drawn": drawn, "said": result.text.partition("), ")[2],
        "distance": result.distance, "text": result.text, "place": str(result.source), "admission": result.admission,
        "comparator": result.comparator,
    }  # fmt: skip


def _caution(item: CautionShown) -> dict[str, str]:
    return {"text": item.text, "strength": item.strength, "reference": reference(item)}


def _question(pack: Pack, item: Missing) -> dict[str, Any]:
    fact = pack.vocabulary.facts[item.fact.partition(".")[0]]
    values: list[tuple[str, str]] = []
    if not fact.is_number:
        values = [(value, value) for value in fact.values] or [("true", "yes"), ("false", "no")]
    return {
        "fact": FACT + item.fact, "text": item.question, "decides": item.decides, "mentioned": not item.decides_recommended,
        "values": values, "unit": fact.unit, "least": fact.least, "most": fact.most, "so_far": so_far(item),
    }  # fmt: skip


def _switch(pack: Pack, consultation: Consultation, name: str) -> dict[str, Any]:
    ruling = pack.rulings[name]
    assert ruling.switch is not None
    chosen = consultation.switches.get(name, ruling.switch.default.value)
    readings = [(item.value, item.value == chosen) for item in (ruling.switch.default, ruling.switch.other)]
    return {"ruling": name, "field": RULING + name, "title": ruling.title, "reading": ruling.reading, "readings": readings}


# --- why ---

_HANDS = {
    "obtain": "In your hands", "test": "A test would show", "find_out": "To find out", "ruling": "By another reading (a ruling)",
    "fixed": "Only if it were so that",
}  # fmt: skip
_MOST_SETS = 6


def why(consultation: Consultation, explained: Explanation) -> dict[str, Any]:
    """Return why an option stands as it does wherever it is listed, and what would move it."""
    pack = consultation.pack
    proofs = {(proof.fact, proof.member): proof.text for proof in consultation.known.derived.proofs}
    rows = []
    for row in explained.rows:
        parts = [("the list applies", row.applies), ("its condition", row.condition), ("held back", row.held_back),
                 ("advised against", row.advised_against)]  # fmt: skip
        trees = [_tree(label, tree, proofs) for label, tree in parts if row.status is not None or label == "the list applies"]
        status = "its list does not apply" if row.status is None else STATUS[row.status]
        rows.append({"list": list_title(row.list, pack), "tier": row.tier, "grade": row.grade, "status": status, "trees": trees})
    patient = PatientEvidence(load_evidence(), consultation.known.facts)
    beside = patient.of_option(explained.option)
    change = explained.would_change
    sets = [(_HANDS[item.hand], " and ".join(part.text for part in item.changes)) for item in change.sets]
    return {
        "option": explained.option, "rows": rows, "offered": change.offered, "sets": sets[:_MOST_SETS],
        "more": max(len(sets) - _MOST_SETS, 0), "tried": change.tried, "results": beside.results, "toxicities": beside.toxicities,
        "forest": forest_of(explained.option), "rulings": _rulings_behind(consultation, explained.option),
    }  # fmt: skip


def _rulings_behind(consultation: Consultation, option: str) -> list[dict[str, Any]]:
    """Return the rulings with another reading by which an option, or a list that holds it, is read."""
    pack = consultation.pack
    lists = {item.id: item.rulings for item in pack.lists}
    named = {name for row in pack.rows if row.option == option for name in (*row.rulings, *lists[row.list])}
    return [_switch(pack, consultation, name) for name in pack.switches if name in named]


def _tree(label: str, tree: Explained, proofs: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Return a tree of conditions with its values; the top is named by what it decides."""
    return {"label": label, "value": tree.value, "proof": "", "parts": list(_parts([tree], proofs)) if _says(tree) else []}


def _says(tree: Explained) -> bool:
    return bool(tree.parts) or not isinstance(tree.leaf, Constant | None)


def _parts(trees: Iterable[Explained], proofs: Mapping[tuple[str, str], str]) -> Iterator[dict[str, Any]]:
    for tree in trees:
        leaf, proof = tree.leaf, ""
        if isinstance(leaf, Holds):
            proof = proofs.get((leaf.fact, leaf.member)) or proofs.get((leaf.fact, ""), "")
        elif isinstance(leaf, (Compare, Is)):
            proof = proofs.get((leaf.fact, ""), "")
        yield {"label": tree.text, "value": tree.value, "proof": proof, "parts": list(_parts(tree.parts, proofs))}
