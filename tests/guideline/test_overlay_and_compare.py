"""A pack as a small overlay over another; two packs side by side."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from myeloguide.errors import InputError
from myeloguide.guideline.assess import assess, facts_used
from myeloguide.guideline.audit import audit
from myeloguide.guideline.compare import compare
from myeloguide.guideline.loading import read_pack
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import PACKS, load_pack
from myeloguide.guideline.reach import row_name
from myeloguide.guideline.what_if import WhatIf
from myeloguide.guideline.witnesses import replay
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.fact_sheet import with_fact
from tests.conftest import TODAY
from tests.patients import sheet_of

HOSPITAL = Path(__file__).parents[2] / "examples" / "our-hospital"
HEAD = "overlay_of: imwg-2021\npack: mine\nversion: '1'\ntitle: Mine\n"
NOT_REFRACTORY: dict[str, Any] = {
    "prior_lines": 1, "age": 60, "fitness": "fit", "exposed_to": ["bortezomib"], "line1_agents": ["bortezomib"], "refractory_to": [],
    "not_refractory_to": ["bortezomib"], "transplant_eligible": False, "t_11_14": False, "bcl2_high": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def published() -> Pack:
    return load_pack("imwg-2021-published")


def made(folder: Path, **files: str) -> Pack:
    for name, text in {"pack": HEAD, **files}.items():
        path = folder / "mine" / f"{name.replace('__', '/').replace('_', '-') if '__' in name else name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_pack(folder / "mine", vocabulary())


def offered(pack: Pack, facts: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    rows = assess(pack, sheet_of(facts), TODAY).options
    return [(row.tier, row.option, row.grade) for row in rows if row.status == "offered"]


def test_an_overlay_that_says_nothing_is_the_pack_below(tmp_path: Path, pack: Pack) -> None:
    mine = made(tmp_path)
    assert [row_name(row) for row in mine.rows] == [row_name(row) for row in pack.rows]
    assert offered(mine, NOT_REFRACTORY) == offered(pack, NOT_REFRACTORY)
    assert mine.hash != pack.hash
    assert mine.header.title == "Mine"
    assert mine.header.notice == pack.header.notice


def test_the_published_version_differs_where_it_is_said_to(pack: Pack, published: Pack) -> None:
    here, there = offered(pack, NOT_REFRACTORY), offered(published, NOT_REFRACTORY)
    assert set(there) - set(here) == {("preferred", "KRd", "1A"), ("second", "PVd", "1B"), ("second", "SVd", "1B")}
    assert set(here) - set(there) == {("mentioned", "SVd", None)}
    row = next(row for row in assess(published, sheet_of(NOT_REFRACTORY), TODAY).options if row.option == "PVd")
    assert {caution.code for caution in row.cautions} >= {"secondary"}
    assert any("Secondary." in line for line in published.header.notice)


def test_what_is_secondary_says_so_in_every_list(published: Pack) -> None:
    """SVd comes to the list for later lines by way of the box that the accepted manuscript prints without it (C6)."""
    later = assess(
        published, sheet_of({"prior_lines": 2, "exposed_to": ["bortezomib"], "not_refractory_to": ["bortezomib"]}), TODAY
    )
    (row,) = [row for row in later.options if row.option == "SVd"]
    assert (row.list, row.tier, row.status) == ("two-or-more-lines", "preferred", "offered")
    assert "secondary" in {caution.code for caution in row.cautions}
    assert "P1" in later.rulings


def test_a_formulary_holds_back_and_counts_as_not_obtainable(pack: Pack) -> None:
    hospital = load_pack(str(HOSPITAL))
    facts = {**NOT_REFRACTORY, "prior_lines": 3, "unavailable_agents": ["daratumumab", "carfilzomib"]}
    assert ("fallback", "Pd", None) in offered(hospital, facts)  # elotuzumab, too, cannot be obtained there
    assert ("fallback", "Pd", None) not in offered(pack, facts)
    answer = assess(hospital, sheet_of(NOT_REFRACTORY), TODAY)
    row = next(row for row in answer.options if row.option == "EloRd")
    assert (row.status, row.reasons[0].text) == ("held_back", "elotuzumab cannot be obtained")
    found = WhatIf(hospital, sheet_of(NOT_REFRACTORY), {}).would_change("EloRd")
    assert [change.how for change in found.sets[0].changes] == ["obtain elotuzumab"]


@pytest.mark.parametrize("name", ["imwg-2021-published", str(HOSPITAL)])
def test_the_audit_finds_nothing_in_an_overlay_beyond_what_is_declared(name: str) -> None:
    assert [finding.finding for finding in audit(load_pack(name)).findings] == []


def test_records_are_replaced_added_and_dropped(tmp_path: Path, pack: Pack) -> None:
    mine = made(
        tmp_path,
        cautions="drop: {cautions: [given-before]}\ncautions:\n- {code: local, options: [DRd], text: ask the pharmacy, kind: ruling, rulings: [L1]}\n",
        rulings="rulings:\n- {ruling: L1, title: Local, source: none, reading: Ours., other_readings: [], kind: ruling}\n",
        silences="silences:\n- {silence: sequence, when: prior_lines >= 1, text: Nothing on sequences here., source: {lines: [31, 35]}}\n",
        lists__salvage_transplant="list: salvage-transplant\ntiers:\n- {tier: consider, title: Perhaps}\n",
    )  # fmt: skip
    codes = {remark.said.code for row in mine.rows for remark in row.cautions}
    assert "given-before" not in codes
    assert "local" in codes
    assert "given-before" in {remark.said.code for row in pack.rows for remark in row.cautions}
    assert [gap.said.text for gap in mine.silences if gap.said.code == "sequence"] == ["Nothing on sequences here."]
    assert len(mine.silences) == len(pack.silences)
    assert {row.tier_title for row in mine.rows if row.list == "salvage-transplant"} == {"Perhaps"}
    assert list(mine.rulings) == [*pack.rulings, "L1"]


def test_an_overlay_may_lie_over_another(tmp_path: Path) -> None:
    shutil.copytree(HOSPITAL, tmp_path / "hospital")
    folder = tmp_path / "ward"
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        "overlay_of: ../hospital\npack: ward\nversion: '1'\ntitle: Ward 3\nnot_obtainable: [selinexor]\n", encoding="utf-8"
    )
    ward = read_pack(folder, vocabulary())
    assert ward.header.not_obtainable == ("selinexor",)
    assert any("formulary" in line for line in ward.header.notice)


@pytest.mark.parametrize(("files", "message"), [
    ({"pack": HEAD.replace("imwg-2021", "imwg-2012")}, "mine/pack.yaml:1: there is no pack imwg-2012 (did you mean imwg-2021?)"),
    ({"pack": HEAD.replace("imwg-2021", ".")}, "mine/pack.yaml:1: . lies over itself (name another pack)"),
    ({"pack": HEAD + "not_obtainable: [elotuzumb]\n"}, 'mine/pack.yaml:5: there is no agent "elotuzumb" (did you mean elotuzumab?)'),
    ({"pack": "overlay_of: imwg-2021\nnot_obtainable: [daratumumab]\n"},
     "mine/pack.yaml:1: an overlay is a pack of its own, and has no `pack:` (give pack, version and title)"),
    ({"pack": HEAD + "not_obtainable: [dexamethasone]\n"},
     "mine/pack.yaml:5: dexamethasone is a steroid, which decides nothing (leave it out)"),
    ({"rulings": "rulings:\n- a\n"}, "mine/rulings.yaml:2: a record of rulings is written as `key: value` lines"),
    ({"rulings": "rulings:\n- ruling: [a]\n"}, "mine/rulings.yaml:2: "),
    ({"lists__salvage_transplant": "list: salvage-transplant\ntiers: 3\n"}, "mine/lists/salvage-transplant.yaml:2: tiers is a list"),
    ({"lists__salvage_transplant": "list: salvage-transplant\ntiers:\n- {tier: consider, items: 3}\n"},
     "mine/lists/salvage-transplant.yaml:3: items is a list"),
    ({"lists__salvage_transplant": "list: salvage-transplant\ntiers:\n- {tier: consider, drop: SVd}\n"},
     "mine/lists/salvage-transplant.yaml:3: drop is a list"),
    ({"pack": HEAD + "titel: x\n"}, "mine/pack.yaml:5: unknown key titel in a pack (did you mean title?)"),
    ({"cautions": "drop: {cautions: [given-bifore]}\n"}, "mine/cautions.yaml:1: there is no given-bifore to drop (did you mean given-before?)"),
    ({"cautions": "drop: {caution: [x]}\n"}, "mine/cautions.yaml:1: nothing is called caution here (did you mean cautions?)"),
    ({"cautions": "cautions: given-before\n"}, "mine/cautions.yaml:1: cautions is a list (write one record after a dash)"),
    ({"lists__salvage_transplant": "list: salvage-transplant\ntiers:\n- tier: considr\n"},
     "mine/lists/salvage-transplant.yaml:3: there is no tier considr (did you mean consider?)"),
    ({"lists__salvage_transplant": "list: salvage-transplant\ntiers:\n- {tier: consider, drop: [PVd]}\n"},
     "mine/lists/salvage-transplant.yaml:3: the tier consider does not hold PVd"),
    ({"lists__salvage_transplant": "list: salvage-transplant\ntiers:\n- tier: consider\n  items:\n  - {options: [PVd], grade: 9Z, source: {lines: [1, 1]}}\n"},
     'mine/lists/salvage-transplant.yaml:5: there is no grade "9Z"'),
])  # fmt: skip
def test_a_mistake_is_told_with_the_overlays_file_and_line(files: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        made(tmp_path, **files)
    assert str(caught.value.problems[0]).startswith(message)


def test_a_file_that_no_pack_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cautionz.yaml: is no file of a pack \(did you mean cautions.yaml"):
        made(tmp_path, cautionz="cautions: []\n")


def test_an_agent_outside_the_formulary_that_is_obtained_all_the_same_is_offered() -> None:
    hospital = load_pack(str(HOSPITAL))
    sheet = with_fact(sheet_of(NOT_REFRACTORY), "unavailable_agents.elotuzumab", False, hospital.vocabulary, "test")
    assert "offered" in {row.status for row in assess(hospital, sheet, TODAY).options if row.option == "EloRd"}


def test_a_mistake_below_is_told_with_the_file_below(tmp_path: Path) -> None:
    """Dropping a ruling leaves its users without it; the fault is told where they stand."""
    with pytest.raises(InputError) as caught:
        made(tmp_path, rulings="drop: {rulings: [C19]}\n")
    assert str(caught.value.problems[0]).startswith("imwg-2021/cautions.yaml:")


# --- compare ---


def test_a_pack_does_not_differ_from_itself(pack: Pack) -> None:
    found = compare(pack, pack)
    assert (found.added, found.removed, found.moved, found.changed, found.kinds) == ((), (), (), (), ())


def test_what_the_published_version_changes(pack: Pack, published: Pack) -> None:
    found = compare(pack, published)
    assert "list:first-relapse-not-lenalidomide-refractory/second/PVd" in found.added
    assert [(item.option, item.was, item.is_) for item in found.moved] == [("SVd", "mentioned", "second")]
    assert "ruling:C1/switch" in found.changed
    rows = {row for kind in found.kinds for row in kind.only_second}
    assert rows == {
        "first-relapse-not-lenalidomide-refractory/preferred/KRd 1A", "first-relapse-not-lenalidomide-refractory/second/PVd 1B",
        "first-relapse-not-lenalidomide-refractory/second/SVd 1B", "two-or-more-lines/preferred/SVd",
    }  # fmt: skip
    assert {row for kind in found.kinds for row in kind.only_first} == {"first-relapse-not-lenalidomide-refractory/mentioned/SVd"}


def test_every_kind_of_patient_is_answered_so_by_both(pack: Pack, published: Pack) -> None:
    for kind in compare(pack, published).kinds:
        rows = [
            {row_name(row) for row in each.rows if replay(each, kind.patient.facts, {}).value(row.offered)}
            for each in (pack, published)
        ]
        assert rows[0] - rows[1] == set(kind.only_first)
        assert rows[1] - rows[0] == set(kind.only_second)


def test_a_patient_is_described_by_what_is_known_after_the_closure(pack: Pack, published: Pack) -> None:
    for kind in compare(pack, published).kinds:
        known = replay(pack, kind.patient.facts, {})
        assert kind.patient.facts.get("prior_lines") == facts_used(known.planes, known.known.facts, pack)["prior_lines"]


def test_a_moved_threshold_shows_as_the_patients_it_touches(tmp_path: Path, pack: Pack) -> None:
    mine = made(
        tmp_path, conditions="conditions:\n- condition: frail_or_over_75\n  is: frail or age > 70\n  says: frail or over 70\n  denies: neither frail nor over 70\n  rulings: [C8]\n  source: {lines: [609, 613]}\n"
    )  # fmt: skip
    found = compare(pack, mine)
    assert found.changed[-1] == "condition:frail_or_over_75" or "condition:frail_or_over_75" in found.changed
    ages = [kind.patient.facts.get("age") for kind in found.kinds]
    assert any(isinstance(age, (int, float)) and 70 < age <= 75 for age in ages) or any(isinstance(age, dict) for age in ages)


def test_the_command_compares_and_says_so_when_nothing_differs() -> None:
    command = [sys.executable, "-m", "myeloguide", "guideline", "compare", "imwg-2021"]
    same = subprocess.run([*command, "imwg-2021"], capture_output=True, text=True, check=False)
    assert same.returncode == 0, same.stderr
    assert "No entry differs." in same.stdout
    other = subprocess.run([*command, "imwg-2021-published"], capture_output=True, text=True, check=False).stdout
    assert "SVd in first-relapse-not-lenalidomide-refractory: mentioned, now second" in other
    assert max(map(len, other.splitlines())) <= 88


def test_two_states_of_one_pack_are_told_apart_by_their_folders(tmp_path: Path, pack: Pack) -> None:
    shutil.copytree(PACKS / "imwg-2021", tmp_path / "edited")
    file = tmp_path / "edited" / "lists" / "two-or-more-lines.yaml"
    file.write_text(file.read_text().replace("[IsaPd, DKd]", "[IsaPd]"))
    found = compare(pack, load_pack(str(tmp_path / "edited")), ("imwg-2021", "edited"))
    version = pack.header.version
    assert (found.first, found.second) == (f"imwg-2021 {version} (imwg-2021)", f"imwg-2021 {version} (edited)")
    assert found.removed == ("list:two-or-more-lines/preferred/DKd",)
