"""Patients whom a solver found, answered again by `assess`, and kept as cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from myeloguide.guideline.assess import Assessment, status_of
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.reach import View, remark_name, row_name
from myeloguide.knowledge.reading import Document
from myeloguide.record.fact_sheet import read_facts

_ANY_DAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """A patient whom the solver found: facts as in a patient file, switches of rulings, and what the patient shows."""

    facts: dict[str, Any]
    rulings: dict[str, str]
    shows: tuple[str, ...] = ()


def replay(pack: Pack, facts: Mapping[str, Any], rulings: Mapping[str, str]) -> Assessment:
    """Return the assessment of a witness."""
    sheet = read_facts(Document("witness", {"facts": facts}, {}), ("facts",), facts, pack.vocabulary)
    return Assessment(pack, sheet, _ANY_DAY, rulings)


def statuses(pack: Pack, assessment: Assessment) -> dict[str, dict[str, list[str]]]:
    """Return the rows of every list that applies or may apply, by list and status."""
    found: dict[str, dict[str, list[str]]] = {}
    for item in pack.lists:
        if assessment.value(item.applies) is not False:
            by_status = found.setdefault(item.id, {})
            for row in item.rows:
                status = status_of(row, assessment.true, assessment.false)
                by_status.setdefault(status, []).append(row_name(row).partition("/")[2])
    return found


def said(pack: Pack, assessment: Assessment) -> dict[str, list[str]]:
    """Return what is said because a condition holds: each statement by name, with the options or lists it stands on."""
    found: dict[str, dict[str, None]] = {}
    view = View.of(assessment)
    applies = {item.id: assessment.value(item.applies) for item in pack.lists}
    for item in pack.lists:
        for row in item.rows if applies[item.id] is not False else ():
            if row.grade_when is not None and assessment.value(row.grade_when):
                found.setdefault(f"grade {row.grade}", {})[row.option] = None
            for remark in row.cautions:
                strong = remark.strong_unless is not None and not assessment.value(remark.strong_unless)
                if assessment.shown(remark) and (strong or remark.condition is not None):
                    found.setdefault(f"{remark_name('caution', remark)}{', strong' * strong}", {})[row.option] = None
        if view.offers_nothing(item):
            gap = assessment.silence_of(item.id)
            found.setdefault(f"silence {gap.said.code if gap else ''}", {})[item.id] = None
    for note in pack.notes:
        if note.remark.condition is not None and assessment.shown(note.remark):
            beside = dict.fromkeys(name for name in note.lists if applies[name])
            if beside or not note.lists:
                found[remark_name("note", note.remark)] = beside
    found |= {f"cross-reference {item.list}": {} for item in pack.pointers if assessment.value(item.condition)}
    found |= {f"silence {gap.said.code}": {} for gap in assessment.gaps() if not gap.lists}
    return {name: list(where) for name, where in found.items()}


def witness_cases(pack: Pack, witnesses: Iterable[Witness]) -> str:
    """Return the witnesses as cases, in YAML: facts, what each shows, the status of every row, what is said on a condition."""
    cases = []
    for number, witness in enumerate(witnesses, start=1):
        assessment = replay(pack, witness.facts, witness.rulings)
        case = {
            "id": f"witness-{number:03}",
            "facts": witness.facts,
            "rulings": witness.rulings,
            "shows": list(witness.shows),
            "expect": statuses(pack, assessment),
            "says": said(pack, assessment),
        }
        cases.append(yaml.dump(case, sort_keys=False, width=130, default_flow_style=None))
    head = (
        "# Patients whom the audit's solver found, each reaching what it `shows`.\n"
        "# Written by `myeloguide guideline audit --witnesses FILE`.\n"
    )
    return head + "---\n".join(cases)
