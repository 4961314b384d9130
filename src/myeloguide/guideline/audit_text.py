"""What an audit found, and what differs between two packs, as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from myeloguide.guideline.pack import Pack
from myeloguide.record.ranges import number_in_words

if TYPE_CHECKING:  # they need the solver
    from myeloguide.guideline.audit import Audit, Finding
    from myeloguide.guideline.compare import Comparison

PROVED = {
    "unanswered": "every relapsed patient gets an answer or a declared silence",
    "both answer": "lists that exclude each other never both apply (pairs)",
    "nothing offered": "a list that applies and offers nothing is a declared silence (lists)",
    "offered against": "nothing offered holds an agent that is refractory, unobtainable or contraindicated (agents of rows)",
    "offered on nothing known": "nothing is offered on nothing known (rows)",
    "reached": "reached by a patient: rows in each status with each reason, cautions, notes, silences",
    "can be true and false": "conditions that can be true, and can be false",
    "rulings": "rulings that some patient's answer rests on",
    "switches that change something": "switches of rulings that change something",
    "boundaries": "numbers and days at a boundary, answered as ruled",
}


def render_audit(pack: Pack, audit: Audit, width: int = 88) -> str:
    """Return what an audit proved and found."""
    header = pack.header
    lines = [f"Audit of {header.pack} {header.version}, over every patient that can be described", ""]
    for check, number in audit.proved.items():
        lines += textwrap.wrap(PROVED[check], width, initial_indent=f"{number:>6}  ", subsequent_indent=" " * 8)
    lines += [f"{len(audit.witnesses):>6}  patients found by the solver, each answered again by assess with the same result"]

    def told(finding: Finding, more: str = "") -> Iterator[str]:
        yield from textwrap.wrap(f"{finding.finding}: {finding.text}{more}", width, initial_indent="- ", subsequent_indent="  ")
        if finding.witness is not None:
            rulings = f"; rulings {finding.witness.rulings}" if finding.witness.rulings else ""
            text = f"patient: {finding.witness.facts}{rulings}"
            yield from textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="    ")

    lines += ["", f"Findings: {len(audit.findings) or 'none'}"]
    for finding in audit.findings:
        lines += told(finding)
    for name in audit.not_found:
        lines += textwrap.wrap(
            f"{name}: declared in audit.yaml, but no longer found", width, initial_indent="- ", subsequent_indent="  "
        )
    if audit.accepted:
        lines += ["", f"Declared, and kept: {len(audit.accepted)}"]
        for finding, why in audit.accepted:
            lines += told(finding, f". {why}")
    return "\n".join(lines) + "\n"


def render_comparison(first: Pack, second: Pack, found: Comparison, width: int = 88) -> str:
    """Return what differs between two packs."""
    lines = [f"{found.first} and {found.second}", ""]

    def told(text: str, first_indent: str = "- ", indent: str = "  ") -> None:
        lines.extend(textwrap.wrap(text, width, initial_indent=first_indent, subsequent_indent=indent, break_on_hyphens=False))

    for said, names in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        if names:
            lines.append(f"Entries {said}: {len(names)}")
            for name in names:
                told(name)
    if found.moved:
        lines.append(f"Options moved: {len(found.moved)}")
        for item in found.moved:
            told(f"{item.option} in {item.list}: {item.was}, now {item.is_}")
    if found.not_offered_to:
        told(f"Given to nobody by one of the two: {', '.join(found.not_offered_to)}", "")
    if not (found.added or found.removed or found.changed or found.moved):
        lines.append("No entry differs.")
    lines += ["", f"Kinds of patients whose offered options differ: {len(found.kinds) or 'none'}"]
    for number, kind in enumerate(found.kinds, start=1):
        told(f"{number}. {known_facts_line(second, kind.patient.facts)}", "", "   ")
        for pack, rows in ((found.first, kind.only_first), (found.second, kind.only_second)):
            if rows:
                told(f"only by {pack}: {', '.join(rows)}", "   ", "     ")
    return "\n".join(lines) + "\n"


def known_facts_line(pack: Pack, facts: Mapping[str, Any]) -> str:
    """Return the facts of a patient file in words."""
    said = []
    for name, value in facts.items():
        denied, partial = pack.vocabulary.complements.get(name), pack.vocabulary.partial.get(name)
        fact = pack.vocabulary.facts[denied or partial or name]
        if fact.is_set:
            shown = f"{'at least ' if partial else ''}{', '.join(map(pack.phrases.name, value)) or 'nothing'}"
            said.append((fact.denies if denied else fact.says).format(member=shown))
        elif fact.is_number:
            said.append(f"{fact.label} {number_in_words(value)}")
        elif fact.kind == "category":
            said.append(str(value))
        else:
            said.append(fact.says if value else fact.denies)
    return "; ".join(said) or "nothing is known"
