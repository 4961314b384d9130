"""The six visits of docs/visits.md: each story, in shorthand, is answered with what was written down before the product was opened."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from myeloguide.guideline.answer import Answer
from myeloguide.guideline.assess import assess_document
from myeloguide.guideline.prepared import load_pack
from myeloguide.knowledge.reading import parse
from myeloguide.record.shorthand import read_note

PACK = load_pack("imwg-2021")
DAY = date(2026, 11, 22)
NOTES = {
    case["case"]: case["note"]
    for case in parse((Path(__file__).parent / "cases" / "shorthand.yaml").read_text(encoding="utf-8"), "shorthand.yaml").data[
        "right"
    ]
    if case["case"].startswith("visit-")
}
REFRACTORY = "first-relapse-lenalidomide-refractory"
NOT_REFRACTORY = "first-relapse-not-lenalidomide-refractory"
SALVAGE = "salvage-transplant"
LATER = "two-or-more-lines"


def answer(number: int, added: str = "") -> Answer:
    (note,) = (note for name, note in NOTES.items() if name.startswith(f"visit-{number}-"))
    return assess_document(PACK, read_note(note + added, PACK.vocabulary), DAY)


def standing(found: Answer, of: str) -> dict[str, dict[str, Any]]:
    """Return the recommended options of a list by status: tier, option and grade."""
    rows: dict[str, dict[str, Any]] = {}
    for row in found.options:
        if row.list == of and row.recommended:
            rows.setdefault(row.status, {}).setdefault(row.tier, {})[row.option] = row.grade
    return rows


def offered(found: Answer, of: str) -> dict[str, Any]:
    return standing(found, of).get("offered", {})


def cautioned(found: Answer, of: str, option: str) -> set[str]:
    return {
        caution.code
        for row in found.options
        if (row.list, row.option) == (of, option)
        for caution in row.cautions
        if caution.holds
    }


def names(tiers: dict[str, Any]) -> set[str]:
    return {option for tier in tiers.values() for option in tier}


def applying(found: Answer) -> dict[str, bool | None]:
    return {item.list: item.applies for item in found.lists if item.applies is not False}


def test_there_are_six_visits_and_the_document_tells_each() -> None:
    told = (Path(__file__).parents[1] / "docs" / "visits.md").read_text(encoding="utf-8")
    assert len(NOTES) == 6
    assert all(note in told for note in NOTES.values())


def test_progression_on_lenalidomide_maintenance() -> None:
    found = answer(1)
    assert applying(found) == {REFRACTORY: True, SALVAGE: True}
    assert offered(found, REFRACTORY) == {
        "preferred": {"PVd": "1A", "DKd": "1A", "IsaKd": "1A"},
        "second": {"DVd": "1B", "Kd": "1B"},
        "other": {"KPd": "1C", "DPd": "1C"},
    }
    assert names(standing(found, REFRACTORY)["condition_not_met"]) == {"IPd", "VCd", "Vd", "VMP"}
    assert names(standing(found, SALVAGE)["advised_against"]) == {"salvage-ASCT"}


def test_first_relapse_long_after_a_fixed_course_of_lenalidomide() -> None:
    found = answer(2)
    assert applying(found) == {NOT_REFRACTORY: True, SALVAGE: True}
    assert offered(found, NOT_REFRACTORY) == {
        "preferred": {"KRd": "1A"},
        "second": {"Kd": "1B", "IsaKd": "1B", "IRd": "1B", "EloRd": "1B"},
    }
    assert names(standing(found, NOT_REFRACTORY)["held_back"]) == {"DRd", "DVd", "DKd"}
    assert names(standing(found, NOT_REFRACTORY)["condition_not_met"]) == {"Rd", "Vd", "VCd", "VTd", "VMP"}
    assert list(offered(found, SALVAGE).values()) == [{"salvage-ASCT": "2A"}]


def test_frail_and_82_after_vmp() -> None:
    found = answer(3)
    assert applying(found) == {NOT_REFRACTORY: True, SALVAGE: True}
    assert offered(found, NOT_REFRACTORY) == {"preferred": {"DRd": "1A"}, "second": {"IRd": "1B", "EloRd": "1B"}}
    assert names(standing(found, NOT_REFRACTORY)["held_back"]) == {"KRd", "Kd", "DKd", "IsaKd", "DVd", "Vd", "VCd", "VTd", "VMP"}
    assert names(standing(found, NOT_REFRACTORY)["condition_not_met"]) == {"Rd"}
    assert names(standing(found, SALVAGE)["condition_not_met"]) == {"salvage-ASCT"}


def test_the_end_of_vmp_is_not_taken_for_its_start() -> None:
    found = answer(3)
    assert found.facts["refractory_to"] == []


def test_progression_on_frontline_daratumumab_and_lenalidomide() -> None:
    found = answer(4)
    (frontline,) = set(applying(found)) - {SALVAGE}
    assert offered(found, frontline) == {
        "reasonable": dict.fromkeys(("Kd", "VCd", "PVd", "VMP", "KPd")),
        "alternative": dict.fromkeys(("EloVd", "SVd", "IPd")),
    }
    assert "no-benefit-after-imids" in cautioned(found, frontline, "EloVd")
    assert {"in-favour", "small-early-trials"} <= cautioned(found, frontline, "KPd")
    assert names(standing(found, SALVAGE)["condition_not_met"]) == {"salvage-ASCT"}


def test_three_lines_and_drugs_that_cannot_be_had() -> None:
    found = answer(5)
    assert applying(found) == {LATER: True}
    assert {name: set(options) for name, options in offered(found, LATER).items()} == {
        "preferred": {"clinical-trial", "PVd"},
        "fallback": {"PCd", "Pd"},
        "other": {"Pano+PI", "VDT-PACE"},
        "investigational": {"melflufen-dex", "BCMA-ADC", "BCMA-bispecific"},
    }
    assert names(standing(found, LATER)["depends"]) == {"venetoclax-based"}
    assert "weaker-after-stronger" in cautioned(found, LATER, "PVd")
    assert names(standing(found, LATER)["condition_not_met"]) == {"IPd"}
    assert {"DKd", "IsaKd", "IsaPd", "DPd", "EloPd", "KPd", "Sd", "BCMA-CAR-T"} <= names(standing(found, LATER)["held_back"])
    assert {item.fact for item in found.missing} == {"t_11_14", "bcl2_high"}
    assert found.missing[0].fact == "t_11_14"


def test_half_a_letter() -> None:
    found = answer(6)
    assert applying(found) == {REFRACTORY: None, NOT_REFRACTORY: None, SALVAGE: True}
    assert not any(row.status == "offered" for row in found.options)
    assert found.missing[0].fact == "refractory_to.lenalidomide"
    assert found.missing[0].so_far == (
        "progression 2022-11 came between 60 days before and 333 days after the last dose, 2022: "
        "the dates cannot tell whether that is within 60 days (line 1)"
    )
    assert {item.option for item in found.certain if item.offered} == {"DKd", "IsaKd", "DVd", "Kd"}
    assert names(standing(found, SALVAGE)["advised_against"]) == {"salvage-ASCT"}
