"""The pack `imwg-2021` holds to the contract's names and to the rulings' switches; its documentation is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from myeloguide.criteria.prose import say
from myeloguide.criteria.syntax import parse
from myeloguide.guideline.answer import Answer
from myeloguide.guideline.loading import read_errata, scope_of
from myeloguide.guideline.pack import Pack

DOCS = Path(__file__).parents[2] / "docs"

TIERS = {
    "first-relapse-lenalidomide-refractory": ["preferred", "second", "other", "fallback", "mentioned"],
    "first-relapse-not-lenalidomide-refractory": ["preferred", "second", "fallback", "mentioned"],
    "first-relapse-after-daratumumab-without-lenalidomide": ["advice"],
    "first-relapse-after-daratumumab-with-lenalidomide": ["reasonable", "alternative"],
    "salvage-transplant": ["consider"],
    "two-or-more-lines": ["preferred", "second", "fallback", "other", "investigational"],
}

SWITCHES = {
    "A2": "full-dose",
    "A3": "refractory",
    "C1": "both",
    "C2": "any",
    "C4": "off",
    "C5b": "caution",
    "C6": "regimen",
    "C8": "offer",
}


def test_lists_and_tiers_are_those_of_the_contract(pack: Pack) -> None:
    assert {item.id: list(dict.fromkeys(row.tier for row in item.rows)) for item in pack.lists} == TIERS


def test_switches_are_those_of_the_contract(pack: Pack) -> None:
    assert {ruling: values[1] for ruling, values in pack.switches.items()} == SWITCHES


def test_every_ruling_of_the_pack_is_complete(pack: Pack) -> None:
    wanted = [
        *(f"A{n}" for n in range(1, 12)),
        *(f"B{n}" for n in range(1, 7)),
        *(f"C{n}" for n in range(1, 20)),
        "C5b",
        "D1",
        "D2",
        "D3",
        "E1",
        "E2",
        "E3",
    ]
    assert sorted(pack.rulings) == sorted(wanted)


def test_rows_identify_themselves(pack: Pack) -> None:
    rows = [(row.list, row.tier, row.option, row.grade) for row in pack.rows]
    assert len(rows) == len(set(rows))
    twice = {
        option for option in ("DKd", "DPd", "KPd") if sum(row[0] == "two-or-more-lines" and row[2] == option for row in rows) == 2
    }
    assert twice == {"DKd", "DPd", "KPd"}


@pytest.mark.parametrize(
    ("ruling", "facts", "option", "before", "after"),
    [
        (
            "C1",
            {"prior_lines": 1, "exposed_to": ["bortezomib"], "not_refractory_to": ["bortezomib"]},
            "KRd",
            "condition_not_met",
            "offered",
        ),
        (
            "C2",
            {
                "prior_lines": 1,
                "exposed_to": ["lenalidomide"],
                "refractory_to": ["lenalidomide"],
                "unavailable_agents": ["carfilzomib"],
            },
            "Vd",
            "condition_not_met",
            "offered",
        ),
        ("C4", {"prior_lines": 2, "exposed_to": ["bortezomib"], "refractory_to": ["bortezomib"]}, "PVd", "held_back", "offered"),
        (
            "C5b",
            {"prior_lines": 2, "exposed_to": ["isatuximab"], "refractory_to": ["isatuximab"]},
            "DVd",
            "advised_against",
            "offered",
        ),
        (
            "C6",
            {
                "prior_lines": 2,
                "exposed_to": ["daratumumab", "bortezomib"],
                "not_refractory_to": ["daratumumab", "bortezomib"],
                "regimens_given": [],
            },
            "DVd",
            "condition_not_met",
            "offered",
        ),
        (
            "C8",
            {
                "prior_lines": 1,
                "age": 60,
                "fitness": "intermediate",
                "exposed_to": ["daratumumab"],
                "refractory_to": ["daratumumab"],
            },
            "Rd",
            "condition_not_met",
            "offered",
        ),
    ],
)
def test_each_switch_turns(
    ruling: str, facts: dict[str, Any], option: str, before: str, after: str, answer_for: Callable[..., Answer]
) -> None:
    for rulings, status in (({}, before), ({ruling: SWITCHES[ruling]}, after)):
        answer = answer_for(rulings=rulings, **facts)
        row = next(row for row in answer.options if row.option == option and row.tier != "mentioned")
        assert row.status == status
    assert ruling in answer.rulings
    assert answer.switched == {ruling: SWITCHES[ruling]}


def test_refractoriness_still_counts_as_not_usable_when_it_holds_nothing_back(answer_for: Callable[..., Answer]) -> None:
    """C4 off: nothing is held back, but C1 still finds DRd not usable when the disease is refractory to daratumumab."""
    facts = {"prior_lines": 1, "exposed_to": ["bortezomib", "isatuximab"], "refractory_to": ["isatuximab"]}
    answer = answer_for(rulings={"C4": "off"}, **facts)
    assert answer.status_of("first-relapse-not-lenalidomide-refractory", "preferred", "KRd") == "offered"


def test_carT_is_held_back_only_when_both_products_are(answer_for: Callable[..., Answer]) -> None:
    for unavailable, status in (
        (["idecabtagene_vicleucel"], "depends"),
        (["idecabtagene_vicleucel", "ciltacabtagene_autoleucel"], "held_back"),
    ):
        answer = answer_for(prior_lines=3, unavailable_agents=unavailable)
        assert answer.status_of("two-or-more-lines", "investigational", "BCMA-CAR-T") == status


def test_panobinostat_needs_a_proteasome_inhibitor_that_can_be_had(answer_for: Callable[..., Answer]) -> None:
    known = {"prior_lines": 3, "exposed_to": ["bortezomib"], "refractory_to": ["bortezomib"]}
    inhibitors = ["bortezomib", "carfilzomib", "ixazomib"]
    for unavailable, status in ((inhibitors[:2], "offered"), (inhibitors, "held_back")):
        answer = answer_for(unavailable_agents=unavailable, **known)
        assert answer.status_of("two-or-more-lines", "other", "Pano+PI") == status


def test_cross_references_after_frontline_daratumumab(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(prior_lines=1, exposed_to=["daratumumab", "lenalidomide", "bortezomib"],
                        refractory_to=["daratumumab", "lenalidomide", "bortezomib"])  # fmt: skip
    assert {item.list for item in answer.cross_references} == {"first-relapse-lenalidomide-refractory", "two-or-more-lines"}
    assert "triple-class-refractory-after-one-line" in {note.code for note in answer.notes}


def test_later_transplant_is_said_not_to_be_covered(answer_for: Callable[..., Answer]) -> None:
    assert "transplant-at-later-relapse" in {note.code for note in answer_for(prior_lines=2).notes}


def test_every_condition_can_be_said_in_english(pack: Pack) -> None:
    for row in pack.rows:
        for condition in (row.condition, row.held_back, row.against, row.offered):
            for true in (True, False):
                assert "{" not in say(condition.node, pack.phrases, true=true)


def test_the_examples_of_the_pack_format_are_conditions(pack: Pack) -> None:
    text = (DOCS / "pack-format.md").read_text(encoding="utf-8")
    block = text.split("```")[1]
    examples = [part for line in block.strip().splitlines() for part in re.split(r"\s{4,}", line)]
    assert len(examples) >= 6
    scope = scope_of(pack.vocabulary, pack.rulings, pack.phrases.conditions.values())
    for example in examples:
        parse(example, scope, {"agent": "bortezomib", "option": "PVd"})


def test_every_file_of_the_pack_is_documented(pack: Pack) -> None:
    text = (DOCS / "pack-format.md").read_text(encoding="utf-8")
    files = [path.relative_to(pack.folder).as_posix() for path in pack.folder.rglob("*.yaml")]
    for name in (name for name in files if not name.startswith("cases/")):
        assert f"`{name if '/' not in name else 'lists/<list>.yaml'}`" in text


def test_errata_are_read_as_strictly_as_the_rest(pack: Pack) -> None:
    errata = read_errata(pack)
    assert {"candor-patients", "candor-same-interval-twice"} <= {erratum.erratum for erratum in errata}
    assert all(erratum.source.lines for erratum in errata)


BORTEZOMIB_LENALIDOMIDE = ["bortezomib", "lenalidomide"]
THREE_CLASSES = ["bortezomib", "lenalidomide", "daratumumab"]


@pytest.mark.parametrize(
    ("option", "facts", "shown"),
    [
        ("melflufen-dex", {"prior_lines": 2, "exposed_to": BORTEZOMIB_LENALIDOMIDE}, False),
        ("melflufen-dex", {"prior_lines": 2, "exposed_to": ["carfilzomib", "lenalidomide"]}, True),
        ("BCMA-ADC", {"prior_lines": 3, "exposed_to": THREE_CLASSES, "refractory_to": THREE_CLASSES}, False),
        ("BCMA-ADC", {"prior_lines": 3, "exposed_to": THREE_CLASSES, "refractory_to": BORTEZOMIB_LENALIDOMIDE}, True),
        ("BCMA-CAR-T", {"prior_lines": 3, "exposed_to": THREE_CLASSES}, False),
        ("BCMA-CAR-T", {"prior_lines": 2, "exposed_to": THREE_CLASSES}, True),
        ("BCMA-CAR-T", {"prior_lines": 3, "exposed_to": BORTEZOMIB_LENALIDOMIDE}, True),
        *((option, {"prior_lines": 3, "exposed_to": ["lenalidomide"]}, False) for option in ("Kd", "DKd", "IsaKd", "PVd")),
        *((option, {"prior_lines": 4, "exposed_to": ["lenalidomide"]}, True) for option in ("Kd", "DKd", "IsaKd", "PVd")),
        ("KPd", {"prior_lines": 2}, True),
        ("KPd", {"prior_lines": 1}, False),
        ("IPd", {"prior_lines": 2, "exposed_to": ["lenalidomide"], "refractory_to": ["lenalidomide"]}, False),
        ("IPd", {"prior_lines": 2, "exposed_to": ["lenalidomide"], "not_refractory_to": ["lenalidomide"]}, True),
    ],
)
def test_outside_the_therapy_that_was_studied(
    option: str, facts: dict[str, Any], shown: bool, answer_for: Callable[..., Answer]
) -> None:
    rows = [row for row in answer_for(**facts).options if row.option == option]
    assert rows
    for row in rows:
        assert [c.strength for c in row.cautions if c.code == "outside-studied-therapy"] == ["note"] * shown


def test_what_the_text_says_for_an_option_stands_beside_what_it_says_against_it(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(prior_lines=1, exposed_to=BORTEZOMIB_LENALIDOMIDE, not_refractory_to=BORTEZOMIB_LENALIDOMIDE)
    for option, against in (("SVd", "less-after-pi"), ("DKd", "trend-only"), ("IsaKd", "trend-only")):
        for row in (row for row in answer.options if row.option == option):
            assert {"in-favour", against} <= {caution.code for caution in row.cautions}


def test_what_is_said_of_an_option_stands_alone(pack: Pack) -> None:
    texts = {remark.said.text for row in pack.rows for remark in row.cautions}
    assert not [text for text in texts if text.startswith(("also ", "and ", "but "))]


def test_what_pvd_stands_for_bears_on_pvd_alone(pack: Pack) -> None:
    assert {row.option for row in pack.rows if "C16" in row.rulings} == {"PVd"}
