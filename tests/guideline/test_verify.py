"""A kept answer is answered again from itself alone; what changed is told with the entries that did it."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from myeloguide.errors import InputError
from myeloguide.guideline.answer import Answer, plain
from myeloguide.guideline.assess import assess
from myeloguide.guideline.loading import read_pack
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS, load_pack
from myeloguide.guideline.verify import Difference, Verification, answer_again, read_answer, verify
from myeloguide.guideline.verify_text import render
from myeloguide.knowledge.reading import Document, parse
from myeloguide.knowledge.vocabulary import vocabulary
from tests.conftest import TODAY
from tests.guideline.test_cases import identified
from tests.kept_cases import load
from tests.patients import patients, sheet_of, switches
from tests.test_cli import EXAMPLE, call

FIRST = "first-relapse-lenalidomide-refractory"
NOT_FIRST = "first-relapse-not-lenalidomide-refractory"
LATER = "two-or-more-lines"

REFRACTORY: dict[str, Any] = {
    "prior_lines": 1, "age": 68, "fitness": "fit", "exposed_to": ["lenalidomide", "bortezomib"], "line1_agents": ["lenalidomide", "bortezomib"],
    "refractory_to": ["lenalidomide"], "not_refractory_to": ["bortezomib"], "regimens_given": ["VRd"], "prior_transplant": False,
}  # fmt: skip


def kept(answer: Answer) -> Document:
    """Write an answer and read it back, as a file would be."""
    return parse(json.dumps(plain(answer), ensure_ascii=False), "answer.json")


def again(answer: Answer, pack: Pack) -> dict[str, Any]:
    document = kept(answer)
    made: dict[str, Any] = plain(answer_again(document, read_answer(document), pack))
    return made


# --- the same answer from the record alone ---


@pytest.mark.parametrize("case", load("facts.yaml"), ids=identified)
def test_every_case_of_facts_is_answered_the_same(case: dict[str, Any], pack: Pack, answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(**case["facts"])
    assert again(answer, pack) == plain(answer)
    assert verify(kept(answer), pack, TODAY).same


@pytest.mark.parametrize("case", load("histories.yaml"), ids=identified)
def test_every_case_of_histories_is_answered_the_same(
    case: dict[str, Any], pack: Pack, answer_file: Callable[..., Answer]
) -> None:
    file = {key: case[key] for key in ("as_of", "facts", "history", "rulings") if key in case}
    answer = answer_file(file, assume_complete=case.get("assume_complete", False))
    assert again(answer, pack) == plain(answer)
    from_file = verify(kept(answer), pack, TODAY, Document("patient", file, {}))
    assert (from_file.same, from_file.facts_from) == (True, "patient file")


@settings(max_examples=150)
@given(facts=patients, rulings=switches)
def test_random_patients_are_answered_the_same(facts: dict[str, Any], rulings: dict[str, str]) -> None:
    pack = load_pack()
    answer = assess(pack, sheet_of(facts), TODAY, rulings, "Someone")
    assert again(answer, pack) == plain(answer)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"prior_lines": {"at_least": 2}},
        {"prior_lines": 2, "months_transplant_to_progression": 35.99999},
        {"prior_lines": 2, "months_transplant_to_progression": {"at_most": 35.99999}, "maintenance_after_transplant": True},
        {"months_transplant_to_progression": {"at_least": 23.99999, "at_most": 36.00001}},
        {"regimens_given": ["daratumumab+bortezomib+thalidomide"], "exposed_to": ["daratumumab", "bortezomib", "thalidomide"]},
        {"regimens_given": ["daratumumab+bortezomib+thalidomide"]},
        {"refractory_to": ["pomalidomide"], "not_exposed_to": ["daratumumab"], "prior_lines": 3},
        {"line1_agents_at_least": ["bortezomib"], "not_line1_agents": ["lenalidomide"], "exposed_to_at_least": ["daratumumab"]},
        {"regimens_given_at_least": ["VRd"], "not_regimens_given": ["KRd"], "not_exposed_to": ["elotuzumab"]},
        {"frail": False, "line1_agents": ["bortezomib"], "unavailable_agents": ["carfilzomib"], "contraindicated_agents": []},
        {"months_lenalidomide_stop_to_progression": 0, "fitness": "intermediate", "age": 75.5},
    ],
)  # fmt: skip
def test_what_is_known_in_part_is_read_back_exactly(facts: dict[str, Any], pack: Pack, answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(**facts)
    assert again(answer, pack) == plain(answer)


def test_a_number_that_is_written_rounded_is_kept_in_full(answer_for: Callable[..., Answer]) -> None:
    answer = answer_for(months_transplant_to_progression=35.99999)
    assert answer.facts["months_transplant_to_progression"] == 36
    assert answer.unrounded == {"months_transplant_to_progression": {"at_least": 35.99999, "at_most": 35.99999}}
    assert answer_for(months_transplant_to_progression=34.5).unrounded == {}


# --- what changed, and which entries did it ---


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Pack]:
    """The shipped pack with texts replaced: (file, text, new text), each standing once."""

    def make(*edits: tuple[str, str, str]) -> Pack:
        folder = tmp_path / DEFAULT_PACK
        shutil.copytree(PACKS / DEFAULT_PACK, folder)
        for file, find, replace in edits:
            whole = (folder / file).read_text(encoding="utf-8")
            assert whole.count(find) == 1, (file, find, whole.count(find))
            (folder / file).write_text(whole.replace(find, replace), encoding="utf-8")
        return read_pack(folder, vocabulary())

    return make


def told(found: Verification) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(item.part, item.name): item.entries for item in found.differences}


def one(found: Verification, part: str, name: str) -> Difference:
    (item,) = [item for item in found.differences if (item.part, item.name) == (part, name)]
    return item


def changed_entries(found: Verification) -> dict[str, str]:
    return {item.entry: item.how for item in found.entries}


def test_a_swapped_grade(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    edit = (f"lists/{FIRST}.yaml", "grade: 1B", "grade: 1C")
    found = verify(kept(answer_for(**REFRACTORY)), changed(edit), TODAY)
    entries = {f"list:{FIRST}/second/{option}": "changed" for option in ("DVd", "Kd")}
    assert changed_entries(found) == entries
    assert told(found) == {
        ("option", f"{FIRST}/second/{option} (1C)"): (f"list:{FIRST}/second/{option}",) for option in ("DVd", "Kd")
    }
    (change,) = one(found, "option", f"{FIRST}/second/Kd (1C)").changes
    assert (change.field, change.then, change.now) == ("grade", "1B", "1C")
    assert "grade: 1B -> 1C" in render(found)
    assert found.says[1] == "The pack changed in 2 entries, 2 of which this answer stands on."


def test_a_grade_that_is_read_otherwise(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    edit = ("pack.yaml", 'grade: 1B, means: "strong recommendation', 'grade: 1B, means: "firm recommendation')
    found = verify(kept(answer_for(**REFRACTORY)), changed(edit), TODAY)
    assert told(found) == {("grades", ""): ("pack:grades",)}
    (change,) = found.differences[0].changes
    assert (change.field, change.now) == ("1B", "firm recommendation, moderate-quality evidence")
    assert found.says[0] == "The answer differs in the grades."


def test_a_dropped_option(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    found = verify(kept(answer_for(**REFRACTORY)), changed((f"lists/{FIRST}.yaml", "[PVd, DKd, IsaKd]", "[PVd, IsaKd]")), TODAY)
    assert changed_entries(found) == {f"list:{FIRST}/preferred/DKd": "gone"}
    row = one(found, "option", f"{FIRST}/preferred/DKd (1A)")
    assert (row.how, row.changes[0].then, row.changes[0].now) == ("gone", "offered", None)
    assert row.entries == (f"list:{FIRST}/preferred/DKd",)
    assert {part for part, _ in told(found)} == {"option", "since", "certain"}
    assert {item.entries for item in found.differences} == {row.entries}


def test_an_added_option(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    found = verify(kept(answer_for(**REFRACTORY)), changed((f"lists/{FIRST}.yaml", "[DVd, Kd]", "[DVd, Kd, PCd]")), TODAY)
    assert changed_entries(found) == {f"list:{FIRST}/second/PCd": "added"}
    assert one(found, "option", f"{FIRST}/second/PCd (1B)").how == "added"
    assert [(item.part, item.name) for item in found.differences if item.part != "option"] == [("certain", "PCd")]
    assert len(found.differences) == 2


def test_a_moved_threshold_in_a_named_condition(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    facts = {"prior_lines": 1, "prior_transplant": True, "months_transplant_to_progression": 40, "transplant_eligible": True,
             "maintenance_after_transplant": True, "exposed_to": ["bortezomib"], "line1_agents": ["bortezomib"]}  # fmt: skip
    found = verify(kept(answer_for(**facts)), changed(("conditions.yaml", ">= 36 or", ">= 48 or")), TODAY)
    assert changed_entries(found) == {"condition:enough_after_transplant": "changed"}
    row = one(found, "option", "salvage-transplant/consider/salvage-ASCT (2A)")
    fields = {change.field: (change.then, change.now) for change in row.changes}
    assert fields["status"] == ("offered", "advised_against")
    differing = {(item.part, item.name) for item in found.differences}
    assert differing <= {
        ("option", row.name),
        ("certain", "salvage-ASCT"),
        ("nothing offered", "salvage-transplant"),
        ("rulings", ""),
        ("list", "salvage-transplant"),
    }
    assert {item.entries for item in found.differences} == {("condition:enough_after_transplant",)}


def test_a_changed_condition_reaches_what_names_it_through_another(
    changed: Callable[..., Pack], answer_for: Callable[..., Answer]
) -> None:
    """`lenalidomide_refractory` is `refractory(lenalidomide)`: both first-relapse lists stand on `refractory`."""
    edit = ("conditions.yaml", "is: refractory_to(agent) or (agent", "is: (refractory_to(agent) and prior_lines >= 2) or (agent")
    found = verify(kept(answer_for(**REFRACTORY)), changed(edit), TODAY)
    assert changed_entries(found) == {"condition:refractory": "changed"}
    assert one(found, "list", FIRST).changes[0].field == "applies"
    assert {item.entries for item in found.differences} == {("condition:refractory",)}
    assert one(found, "option", f"{FIRST}/preferred/PVd (1A)").how == "gone"
    assert one(found, "option", f"{NOT_FIRST}/preferred/DRd (1A)").how == "added"


def test_a_changed_caution_text(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    edit = ("cautions.yaml", "text: not yet approved when the source was written (mid-2020)", "text: not approved yet")
    found = verify(kept(answer_for(**REFRACTORY)), changed(edit), TODAY)
    assert changed_entries(found) == {f"caution:not-approved/{option}": "changed" for option in ("DKd", "IsaKd")}
    assert told(found) == {
        ("option", f"{FIRST}/preferred/{option} (1A)"): (f"caution:not-approved/{option}",) for option in ("DKd", "IsaKd")
    }
    text = render(found)
    assert "cautions: - not yet approved when the source was written (mid-2020)" in text
    assert "cautions: + not approved yet" in text


def test_a_caution_of_an_agent_and_a_changed_strength(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    facts = REFRACTORY | {"prior_lines": 2, "exposed_to": ["lenalidomide", "carfilzomib"], "refractory_to": ["carfilzomib"],
                          "line1_agents": ["lenalidomide"], "not_refractory_to": [], "regimens_given": []}  # fmt: skip
    edit = (
        "cautions.yaml",
        'option != "VDT-PACE"\n  strength: strong\n  text: "{agent} after the disease became refractory to carfilzomib',
        'option != "VDT-PACE"\n  text: "{agent} after the disease became refractory to carfilzomib',
    )
    found = verify(kept(answer_for(**facts)), changed(edit), TODAY)
    assert changed_entries(found) == {f"caution:weaker-after-stronger/{agent}": "changed" for agent in ("bortezomib", "ixazomib")}
    row = one(found, "option", f"{LATER}/preferred/PVd")
    assert row.entries == ("caution:weaker-after-stronger/bortezomib",)
    assert "strength strong -> caution" in " ".join(render(found).split())
    bortezomib = {option.option for option in answer_for(**facts).options if "bortezomib" in option.agents}
    assert {item.name.split("/")[2].split(" ")[0] for item in found.differences} <= bortezomib | {"IPd", "IRd"}


def test_a_changed_ruling_text_changes_no_answer(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    edit = ("rulings.yaml", "title: Refractory to a low dose", "title: Low doses")
    found = verify(kept(answer_for(**REFRACTORY)), changed(edit), TODAY)
    assert found.same
    assert found.says == ("The answer is the same.", "The pack changed in 1 entry, none of which touches this patient.")
    assert changed_entries(found) == {"ruling:A2": "changed"}


def test_a_changed_ruling_names_the_rows_that_cite_it(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    pack = changed(("rulings.yaml", "- ruling: C7\n  title: ", "- ruling: C7\n  title: Of "))
    found = verify(kept(answer_for(**REFRACTORY)), pack, TODAY)
    assert found.same
    assert [(item.entry, item.carries) for item in found.entries] == [("ruling:C7", (f"{FIRST}/other/IPd",))]
    assert found.says[1] == "The pack changed in 1 entry, 1 of which this answer stands on."


def test_several_changes_are_kept_apart(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    """Each row names its own entry and no other, and what is not of this patient carries nothing."""
    pack = changed(
        (f"lists/{FIRST}.yaml", "grade: 1B", "grade: 1C"),
        ("cautions.yaml", "text: not yet approved when the source was written (mid-2020)", "text: not approved yet"),
        ("conditions.yaml", "denies: no progression more than 6 months after", "denies: no relapse more than 6 months after"),
        (f"lists/{LATER}.yaml", "options: [PCd, Pd]", "options: [Pd]"),
    )
    found = verify(kept(answer_for(**REFRACTORY)), pack, TODAY)
    assert told(found) == {
        **{("option", f"{FIRST}/second/{option} (1C)"): (f"list:{FIRST}/second/{option}",) for option in ("DVd", "Kd")},
        **{("option", f"{FIRST}/preferred/{option} (1A)"): (f"caution:not-approved/{option}",) for option in ("DKd", "IsaKd")},
    }
    carries = {item.entry: item.carries for item in found.entries}
    assert carries[f"list:{LATER}/fallback/PCd"] == ()
    assert carries["condition:off_lenalidomide_over_6_months"] == ()


def test_changed_notes_silences_news_and_titles(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    pack = changed(
        ("notes.yaml", "text: New combinations are costly;", "text: New combinations cost much;"),
        ("since.yaml", "CANDOR final analysis: DKd", "CANDOR, final: DKd"),
        ("pack.yaml", "title: IMWG recommendations for", "title: Recommendations for"),
        ("pack.yaml", "- The lists assume that treatment is indicated.", "- Treatment is indicated."),
        (f"lists/{FIRST}.yaml", "title: First relapse, disease refractory to lenalidomide", "title: First relapse"),
    )
    found = verify(kept(answer_for(**REFRACTORY)), pack, TODAY)
    names = told(found)
    assert names.pop(("note", "cost-and-access")) == ("note:cost-and-access",)
    assert names.pop(("since", "DKd")) == ("since:candor-final",)
    assert names.pop(("title", "")) == ("pack:title",)
    assert names.pop(("notice", "")) == ("pack:notice",)
    assert {part for part, _ in names} == {"list", "option"}
    assert set(names.values()) == {(f"list:{FIRST}",)}


def test_a_changed_default_of_a_switch(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    """The switch of a ruling changes an answer by the conditions that name it."""
    text = (PACKS / DEFAULT_PACK / "rulings.yaml").read_text(encoding="utf-8")
    block = text[text.index("- ruling: C1\n") :]
    block = block[: block.index("\n\n")]
    default, other = (line for line in block.splitlines() if line.lstrip().startswith(("default:", "other:")))
    swapped = "\n".join(
        other.replace("other:", "default:")
        if line == default
        else default.replace("default:", "other:")
        if line == other
        else line
        for line in block.splitlines()
    )
    facts = {"prior_lines": 1, "exposed_to": ["bortezomib"], "not_refractory_to": ["bortezomib"], "line1_agents": ["bortezomib"]}
    found = verify(kept(answer_for(**facts)), changed(("rulings.yaml", block, swapped)), TODAY)
    assert changed_entries(found) == {"ruling:C1/switch": "changed"}
    row = one(found, "option", f"{NOT_FIRST}/preferred/KRd (1A)")
    assert next(change for change in row.changes if change.field == "status").now == "offered"
    assert {item.entries for item in found.differences} == {("ruling:C1/switch",)}


def test_comments_and_layout_are_no_change(changed: Callable[..., Pack], answer_for: Callable[..., Answer]) -> None:
    pack = changed(("against.yaml", "held_back:\n", "# a comment\n\nheld_back:\n"))
    found = verify(kept(answer_for(**REFRACTORY)), pack, TODAY)
    assert found.says == ("The answer is the same.", "The pack's files differ in comments or layout only.")
    assert found.entries == ()


def test_another_program_is_named_as_the_cause(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    data = plain(answer_for(**REFRACTORY)) | {"program": "0.0.9"}
    same = verify(Document("answer", data, {}), pack, TODAY)
    assert same.says == ("The answer is the same.", "The program is another: 0.0.9 then, 0.1.0 now.", "The pack is the same.")
    data = copy.deepcopy(data)
    data["options"][0]["status"] = "depends"
    found = verify(Document("answer", data, {}), pack, TODAY)
    assert found.says[0] == "The answer differs in 1 option."
    assert found.says[-1] == "What no entry accounts for, the program did."


def test_every_entry_of_a_pack_is_in_the_answer(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    entries = answer_for(**REFRACTORY).entries
    assert entries is pack.entries
    assert {len(digits) for named in entries.values() for digits in named.values()} == {8}
    for row in pack.rows:
        named = entries[f"list:{row.list}"]
        assert f"{row.tier}/{'untried' if row.via else row.option}" in named
    assert set(entries["ruling"]) >= set(pack.rulings)
    assert entries["file"].keys() == {"audit.yaml", "coverage.yaml", "errata.yaml"}
    assert len(json.dumps(entries)) < 13_000


# --- the patient file given again ---


def test_facts_that_changed_are_named(pack: Pack, answer_file: Callable[..., Answer]) -> None:
    line = {"regimen": "VRd", "start": "2018-01-08", "stop": "2021-05-03", "progression": {"date": "2021-05-03"}}
    file = {"as_of": "2021-06-01", "history": {"complete": True, "lines": [line]}}
    answer = answer_file(file)
    later = copy.deepcopy(file)
    later["history"]["lines"][0]["stop"] = "2020-05-03"  # type: ignore[index]
    found = verify(kept(answer), pack, TODAY, Document("patient", later, {}))
    change = one(found, "fact", "refractory_to").changes[0]
    assert (set(change.then), change.now) == ({"bortezomib", "lenalidomide"}, [])
    row = one(found, "option", f"{FIRST}/preferred/DKd (1A)")
    assert row.how == "gone"
    assert "refractory_to" in row.facts
    assert row.entries == ()
    assert "The patient file leads to other facts than those of the record." in found.says
    assert "by fact refractory_to" in " ".join(render(found).split())


def test_a_file_of_another_patient_is_refused(pack: Pack, answer_file: Callable[..., Answer]) -> None:
    answer = answer_file({"patient": "One", "as_of": "2021-06-01"})
    for other, said in (
        ({"patient": "Two", "as_of": "2021-06-01"}, "patient: this file is of another patient than the record (give the file that was answered)"),
        ({"patient": "One", "as_of": "2021-06-02"}, "patient: this file has another as_of than the record (give the file that was answered)"),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            verify(kept(answer), pack, TODAY, Document("patient", other, {}))
        assert str(caught.value) == said


# --- records that are edited, damaged or none ---


def edited(answer: Answer, **facts: Any) -> Document:
    data = plain(answer)
    return parse(json.dumps(data | {"facts": data["facts"] | facts}), "answer.json")


def test_facts_changed_by_hand_show(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    record = edited(answer_for(**REFRACTORY), refractory_to=[], not_refractory_to=["lenalidomide", "bortezomib"])
    found = verify(record, pack, TODAY)
    assert not found.same
    assert one(found, "list", FIRST).changes[0].field == "applies"
    assert found.says[-1].startswith("Program and pack are those that made the record: so the record was changed")


def test_facts_changed_into_a_contradiction_are_refused(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    with pytest.raises(InputError) as caught:
        verify(edited(answer_for(**REFRACTORY), prior_lines=0), pack, TODAY)
    assert str(caught.value).splitlines()[0] == (
        "answer.json:1: prior_lines is 0, but bortezomib was received (the record was changed after it was written, or is damaged)"
    )


def test_a_status_changed_by_hand_shows(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    data = copy.deepcopy(plain(answer_for(**REFRACTORY)))
    data["options"][1]["status"] = "held_back"
    found = verify(Document("answer", data, {}), pack, TODAY)
    assert told(found) == {("option", f"{FIRST}/preferred/DKd (1A)"): ()}


def test_what_is_certain_changed_by_hand_shows(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    data = copy.deepcopy(plain(answer_for(**REFRACTORY)))
    data["certain"] = [item for item in data["certain"] if item["option"] != "PVd"]
    found = verify(Document("answer", data, {}), pack, TODAY)
    assert [(item.part, item.name, item.how) for item in found.differences] == [("certain", "PVd", "added")]


def test_what_an_answer_hangs_on_and_its_plan_are_answered_again(tmp_path: Path) -> None:
    data = json.loads(call(["assess", EXAMPLE, "--plan", "DPd", "--format", "json"]).stdout)
    assert data["hangs_on"] and data["plan"]["standing"] == "offered"
    data["hangs_on"], data["plan"]["standing"] = [], "not_in_guideline"
    (tmp_path / "edited.json").write_text(json.dumps(data), encoding="utf-8")
    by_history = ("--patient", EXAMPLE)  # the ruling changes what is derived from the history: not seen without it
    for patient, parts in (((), ["plan"]), (by_history, ["hangs on", "plan"])):
        done = call(["verify", tmp_path / "edited.json", *patient, "--format", "json"])
        assert [item["part"] for item in json.loads(done.stdout)["differences"]] == parts


def test_an_answer_of_a_pack_that_is_not_shipped(tmp_path: Path) -> None:
    """What the pack gives to nobody is no fact of the patient: under another pack it is obtainable again, and said why."""
    hospital = Path(EXAMPLE).parent / "our-hospital"
    answer = tmp_path / "answer.json"
    answer.write_bytes(call(["assess", EXAMPLE, "--pack", str(hospital), "--format", "json"]).stdout)
    assert json.loads(answer.read_text())["not_obtainable"] and not json.loads(answer.read_text())["facts"]["unavailable_agents"]
    refused = call(["verify", answer])
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert b"the answer was made with the pack our-hospital, which the program does not ship with" in refused.stderr
    assert b"give the pack's folder: --pack FOLDER" in refused.stderr
    assert call(["verify", answer, "--pack", str(hospital)]).returncode == 0
    other = json.loads(call(["verify", answer, "--pack", "imwg-2021", "--format", "json"]).stdout)
    assert "Another pack answered" in " ".join(other["says"])
    assert not [item for item in other["differences"] if item["part"] == "fact"]
    assert "pack:not_obtainable" in {entry for item in other["differences"] for entry in item["entries"]}


def test_entries_changed_by_hand_show(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    data = copy.deepcopy(plain(answer_for(**REFRACTORY)))
    data["entries"]["silence"]["newly-diagnosed"] = "00000000"
    found = verify(Document("answer", data, {}), pack, TODAY)
    assert found.says[-1] == "The record names other entries than its pack has: it was changed after it was written."


def _without(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


WRONG: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a list": (lambda _: [], "answer: this is no answer of myeloguide (write one by `myeloguide assess FILE --format json`)"),
    "a patient file": (lambda _: {"facts": {}}, "answer: this is no answer of myeloguide (write one by `myeloguide assess FILE --format json`)"),
    "another schema": (lambda data: data | {"schema": "answer-2"}, "answer: this answer has the schema answer-2 (this program reads answer-1)"),
    "no lists": (lambda data: _without(data, "lists"), "answer: lists is not as an answer holds it"),
    "a wrong status": (lambda data: data | {"options": [data["options"][0] | {"status": "x"}]}, "answer: options.0.status is not as an answer holds it"),
    "no date": (lambda data: data | {"as_of": "soon"}, "answer: as_of is no date (an answer writes it as 2021-03-15)"),
    "a path as pack": (lambda data: data | {"pack": "../x"}, "answer: pack is no name of a pack (an answer writes it as imwg-2021)"),
    "no entries": (lambda data: _without(data, "entries"), "answer: this answer does not say which entries of the pack it rests on (write one by `myeloguide assess FILE --format json`)"),
    "an unknown fact": (lambda data: data | {"facts": {"agee": 3}}, "answer: there is no fact agee (did you mean age?)"),
    "an unknown agent": (lambda data: data | {"facts": {"exposed_to_at_least": ["bortezomab"]}}, 'answer: there is no agent "bortezomab" (did you mean bortezomib or bortezomide?)'),
    "a number of text": (lambda data: data | {"unrounded": {"age": "old"}}, 'answer: age is "old" (write a number of years)'),
    "an unknown switch": (lambda data: data | {"switched": {"C1": "all"}}, 'answer: ruling C1 has no reading "all" (write C1=single or both)'),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_usable_answer_is_refused(name: str, pack: Pack, answer_for: Callable[..., Answer]) -> None:
    make, said = WRONG[name]
    with pytest.raises(InputError) as caught:
        verify(Document("answer", make(plain(answer_for(**REFRACTORY))), {}), pack, TODAY)
    assert str(caught.value) == said


ODD: list[Any] = [None, True, -1, 1e308, 10**400, "", "x", [], {}, [[1]], {"at_least": 2}, {"a": {"b": [None]}}, ["lenalidomide"]]


@pytest.mark.parametrize("field", sorted(item.name for item in fields(Answer)))
def test_a_damaged_field_is_refused_or_compared(field: str, pack: Pack, answer_for: Callable[..., Answer]) -> None:
    """Whatever stands in a field, and one level below, the record is refused with a message or compared; it never fails."""
    record = plain(answer_for(**REFRACTORY))
    below = record[field] if isinstance(record[field], dict) else {}
    damaged = [record | {field: odd} for odd in ODD]
    damaged += [record | {field: below | {key: odd}} for key in list(below)[:3] for odd in ODD]
    for data in damaged:
        try:
            found = verify(Document("answer", data, {}), pack, TODAY)
        except InputError as error:
            assert str(error).startswith("answer: ")
        else:
            assert json.dumps(plain(found))
            assert render(found)


# --- as it is called ---


def test_the_command(tmp_path: Path) -> None:
    made = call(["assess", EXAMPLE, "--format", "json"]).stdout
    done = call(["verify", "-", "--patient", EXAMPLE], made)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"The answer is the same.\nThe pack is the same.\n")
    data = json.loads(made)
    data["facts"]["prior_lines"] = 2
    (tmp_path / "edited.json").write_text(json.dumps(data), encoding="utf-8")
    differs = call(["verify", tmp_path / "edited.json"])
    assert differs.returncode == 1
    assert b"the record was changed" in b" ".join(differs.stdout.split())
    assert max(map(len, differs.stdout.decode().splitlines())) <= 120
    as_json = json.loads(call(["verify", tmp_path / "edited.json", "--format", "json"]).stdout)
    assert as_json["same"] is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "standard input: the file is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"{\"schema\": ", "is neither YAML nor JSON"),
        (b"facts: {age: 70}", "this is no answer of myeloguide"),
    ],
)  # fmt: skip
def test_wrong_input_is_refused(text: bytes, said: str) -> None:
    done: subprocess.CompletedProcess[bytes] = call(["verify", "-"], text)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_the_exit_status_stands_in_the_help() -> None:
    assert b"Exit status: 0 the same, 1 it differs, 2 the input cannot be used." in b" ".join(
        call(["verify", "--help"]).stdout.split()
    )


def test_a_record_of_the_future_is_read(pack: Pack, answer_for: Callable[..., Answer]) -> None:
    """The day of the record counts, not today's."""
    assert verify(kept(answer_for(**REFRACTORY, as_of=date(2026, 11, 1))), pack, date(2020, 1, 1)).same
