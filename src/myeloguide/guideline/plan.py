"""A planned treatment: where it stands in the answer, what the guideline puts before it, how a deviation is recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from myeloguide.errors import InputError, Problem
from myeloguide.guideline.answer import Answer, Before, OptionAnswer, Plan, PlannedRow, ReasonCode, Standing
from myeloguide.guideline.assess import on_agents
from myeloguide.guideline.pack import Pack
from myeloguide.history.closure import Planes

REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
"""HL7 CDS Hooks 3.0.0-ballot, trial use: why a recommendation is not followed. Codes and displays as printed there."""

_WHY = (
    ReasonCode("patient-contraindication", "Patient has contraindication to recommended action"),
    ReasonCode(
        "comorbidity-disability", "Patient has co-morbidity or disability that hinders them from completing recommended action"
    ),
    ReasonCode("risk-benefit-ratio", "Recipient assessment of risk/benefit ratio"),
    ReasonCode("prefers-alternative", "Patient prefers an alternative approach or treatment"),
    ReasonCode("patient-refuses", "Patient refuses/declines (no context given)*"),
    ReasonCode("service-not-available", "Treatment or service is not practically available"),
    ReasonCode("too-costly-uncovered", "Recommended action is too costly or not covered by insurance"),
    ReasonCode("does-not-align-latest-evidence", "Recommended action does not align with the latest evidence"),
    ReasonCode("expert-contradicts", "Advice from expert contradicts the recommended action"),
    ReasonCode("policy-contradicts", "Institutional policy/guideline contradicts the recommended action"),
    ReasonCode("action-unsuccessful", "Recommended action was previously unsuccessful"),
    ReasonCode("patient-ineligible", "Patient does not meet eligibility for recommended action"),
)
_NEED_MORE = ReasonCode(
    "need-more-info", "Could not address recommended action due to need for more information/pending results/pending consult"
)

_BEST_FIRST: tuple[Standing, ...] = (
    "first", "offered", "depends", "mentioned", "condition_not_met", "advised_against", "held_back",
)  # fmt: skip
_IF_AT_ALL = "; whether even that holds for this patient depends on what is not known yet"
_SAID: dict[Standing, str] = {
    "first": "offered, in the highest tier that offers anything here",
    "offered": "offered; the guideline puts other options before it",
    "mentioned": "mentioned, not recommended",
    "depends": "depends on what is not known yet",
    "condition_not_met": "listed under a condition that this patient does not meet",
    "advised_against": "advised against for this patient",
    "held_back": "held back for this patient",
    "other_list": "in the guideline, but in no list that applies to this patient",
    "not_in_guideline": "not in the guideline",
}


def stand(pack: Pack, answer: Answer, planes: Planes, word: str, where: str = "--plan") -> Plan:
    """Return where a planned treatment stands, written as an option, a regimen in any spelling, or its agents.

    `where` names the place of the word in an error.
    """
    words = pack.vocabulary
    if not word.strip():
        raise InputError(Problem(where, "names no treatment", "write a regimen, such as DPd, or its agents"))
    option = words.regimen(word)
    agents = words.regimens[option].agents if option else words.recogniser.agents(word)
    if agents is None:
        remedy = words.near_regimen(word) or "write a regimen, such as DPd, or its agents"
        raise InputError(Problem(where, f"there is no regimen {word}", remedy))
    if option is None and not words.active(agents):
        raise InputError(Problem(where, f"{word} is a steroid alone", "name the agents of the regimen"))
    rows = [row for row in answer.options if row.option == option]
    standing, best = _best(answer, rows)
    if not rows:
        standing = "other_list" if any(row.option == option for row in pack.rows) else "not_in_guideline"
    elsewhere = [row for row in pack.rows if row.option == option] if standing == "other_list" else []
    shown = [PlannedRow(row.list, row.tier, row.grade, row.status, tuple(reason.text for reason in row.reasons)) for row in rows]
    shown += [
        PlannedRow(row.list, row.tier, row.grade, None, (f"its list does not apply: {_title(pack, row.list)}",))
        for row in elsewhere
    ]
    open_ = best is not None and best.status == "depends"
    codes = (*([_NEED_MORE] if open_ else []), *_WHY)
    return Plan(
        plan=word,
        option=option,
        standing=standing,
        text=_SAID[standing] + (_IF_AT_ALL if standing == "mentioned" and open_ else ""),
        rows=tuple(shown),
        before=tuple(_before(answer, best, {row.list for row in rows})),
        on_agents=() if rows else tuple(on_agents(pack, planes, words.active(agents))),
        reason_codes=() if standing == "first" or not answer.options else tuple(codes),
        reason_system=REASON_SYSTEM,
    )


def _best(answer: Answer, rows: Sequence[OptionAnswer]) -> tuple[Standing, OptionAnswer | None]:
    found: list[tuple[Standing, OptionAnswer]] = []
    for row in rows:
        standing: Standing
        if row.status not in ("offered", "depends"):
            standing = row.status
        elif not row.recommended:
            standing = "mentioned"
        elif row.status == "depends":
            standing = "depends"
        else:
            standing = "offered" if any(_before(answer, row)) else "first"
        found.append((standing, row))
    return min(found, key=lambda item: _BEST_FIRST.index(item[0]), default=("not_in_guideline", None))


def _before(answer: Answer, best: OptionAnswer | None, lists: Collection[str] = ()) -> Iterator[Before]:
    """Yield what is offered in higher tiers of the plan's list; where it is not offered, in the lists that it stands in."""
    offered = [row for row in answer.options if row.status == "offered" and row.recommended]
    if best is not None and best.status == "offered" and best.recommended:
        tiers = list(dict.fromkeys(row.tier for row in answer.options if row.list == best.list))
        higher = tiers[: tiers.index(best.tier)]
        offered = [row for row in offered if row.list == best.list and row.tier in higher]
    elif lists:
        offered = [row for row in offered if row.list in lists]
    for row in offered:
        yield Before(row.option, row.list, row.tier, row.grade)


def _title(pack: Pack, name: str) -> str:
    return next(item.title for item in pack.lists if item.id == name)
