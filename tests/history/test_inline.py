"""Record tables inside a patient file: the same facts as from a folder of tables, with proof; errors name line and field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from myeloguide.cohort.derive import derive_tables
from myeloguide.errors import InputError
from myeloguide.guideline.answer import Answer
from myeloguide.guideline.assess import assess_document, prepare
from myeloguide.guideline.pack import Pack
from myeloguide.knowledge.reading import parse
from myeloguide.record.patient_file import TABLES

TODAY = date(2026, 11, 22)
RAW = """
patient: Raw
as_of: 2021-06-01
facts: {age: 68, fitness: fit, transplant_eligible: true}
history:
  complete: true
  treatments:
  - {agent: Velcade, start: 2018-01-08, stop: 2018-05-21}
  - {agent: lenalidomide, start: 2018-01-08, stop: 2018-05-21}
  - {agent: dexamethasone, start: 2018-01-08, stop: 2018-05-21}
  - {agent: lenalidomide, start: 2018-10-01, stop_reason: ongoing}
  procedures:
  - {kind: ASCT, date: 2018-06-29}
  measurements:
  - {date: 2018-01-02, test: serum_m_protein, value: 40, unit: g/L}
  - {date: 2018-03-02, test: serum_m_protein, value: 10, unit: g/L}
  - {date: 2018-05-02, test: serum_m_protein, value: 3, unit: g/L}
  - {date: 2018-09-02, test: serum_m_protein, value: "<1", unit: g/L}
  - {date: 2020-09-02, test: serum_m_protein, value: "3,0", unit: g/L}
  - {date: 2021-04-05, test: serum_m_protein, value: 9, unit: g/L}
  - {date: 2021-05-03, test: serum_m_protein, value: 12, unit: g/L}
"""


def answer(pack: Pack, text: str) -> Answer:
    return assess_document(pack, parse(text, "raw.yaml"), TODAY)


def test_a_file_of_raw_records_is_answered_with_proof(pack: Pack) -> None:
    found = answer(pack, RAW)
    assert {name: found.facts[name] for name in ("prior_lines", "refractory_to", "line1_agents", "regimens_given")} == {
        "prior_lines": 1, "refractory_to": ["lenalidomide"], "line1_agents": ["bortezomib", "lenalidomide"], "regimens_given": ["VRd"],
    }  # fmt: skip
    assert found.status_of("first-relapse-lenalidomide-refractory", "preferred", "DKd") == "offered"
    proof = next(item for item in found.proofs if (item.fact, item.member) == ("refractory_to", "lenalidomide"))
    assert "2021-04-05" in proof.text
    assert found.remarks[0] == (
        "line 1 by imwg-2015, from 2018-01-08: induction bortezomib+lenalidomide, maintenance lenalidomide (assumed), "
        "transplant 2018-06-29; it began as the first treatment recorded"
    )


def test_without_a_complete_record_what_is_not_seen_is_unknown(pack: Pack) -> None:
    found = answer(pack, RAW.replace("  complete: true\n", ""))
    assert found.facts["prior_lines"] == {"at_least": 1}
    assert found.facts["refractory_to"] == ["lenalidomide"]
    dated = RAW.replace("complete: true", "complete_from: 2018-01-02\n  diagnosis_date: 2018-01-02")
    assert answer(pack, dated).facts["prior_lines"] == 1


def test_a_fact_given_still_wins_and_is_reported(pack: Pack) -> None:
    found = answer(pack, RAW.replace("age: 68,", "age: 68, not_refractory_to: [lenalidomide],"))
    assert "lenalidomide" in found.facts["not_refractory_to"]
    assert [item.fact for item in found.disagreements] == [
        "refractory_to",
        "months_lenalidomide_stop_to_progression",
    ]


LINE = "  lines:\n  - {{regimen: {regimen}, start: {start}, transplant: 2018-06-29, best_response: {best}, progression: {progression}}}\n"


def with_line(**more: str) -> str:
    known = {"regimen": "VRd", "start": "2018-01", "best": "VGPR", "progression": "2021-04"} | more
    return RAW.replace("  treatments:", LINE.format(**known) + "  treatments:")


def test_lines_given_beside_the_records_that_agree_are_used_without_a_word(pack: Pack) -> None:
    found = answer(pack, with_line())
    assert found.disagreements == ()
    assert found.remarks == ("facts are derived from the lines given; the record tables are compared with them",)


@pytest.mark.parametrize(("more", "said"), [
    ({"regimen": "KRd"}, "line 1, regimen: given as KRd, the record tables say VRd; the lines given are used"),
    ({"start": "2018-02"}, "line 1, start: given as 2018-02, the record tables say 2018-01-08; the lines given are used"),
    ({"best": "PR"}, "line 1, best response: given as PR, the record tables say VGPR; the lines given are used"),
    ({"progression": "2021-05"}, "line 1, progression: given as 2021-05, the record tables say 2021-04-05; the lines given are used"),
    ({"progression": "false"}, "line 1, progression: given as none, the record tables say 2021-04-05; the lines given are used"),
])  # fmt: skip
def test_lines_given_win_and_what_differs_is_said_with_both_sides(more: dict[str, str], said: str, pack: Pack) -> None:
    found = answer(pack, with_line(**more))
    assert [item.text for item in found.disagreements] == [said]
    assert found.facts["regimens_given"] == [more.get("regimen", "VRd")]


def test_a_line_that_the_records_do_not_show_is_named(pack: Pack) -> None:
    second = "  - {regimen: Kd, start: 2021-05-20}\n  treatments:"
    found = answer(pack, with_line().replace("  treatments:", second))
    assert [item.text.partition(";")[0] for item in found.disagreements] == [
        "number of lines: given as 2, the record tables say 1",
        "line 2, line: given as Kd from 2021-05-20, the record tables say no such line",
    ]
    assert found.facts["prior_lines"] == 2


def test_lines_with_tables_that_cannot_be_compared_say_so(pack: Pack) -> None:
    text = "history: {complete: true, lines: [{regimen: VRd}], responses: [{date: 2020-01, category: PR}]}"
    assert answer(pack, text).remarks == (
        "facts are derived from the lines given; no treatments stand beside them to be compared, "
        "and history.responses can only tell the kind of a relapse",
    )


def test_findings_beside_lines_are_no_business_of_the_lines(pack: Pack) -> None:
    text = (
        "as_of: 2024-03-01\nfacts: {age: 82}\n"
        "history: {complete: true, lines: [{regimen: VRd}], findings: [{date: 2024-02-01, kind: ECOG, value: 2}]}"
    )
    found = answer(pack, text)
    assert found.remarks == ()
    assert found.facts["frail"] is True


def test_a_harvest_beside_lines_is_nothing_to_compare_them_with(pack: Pack) -> None:
    text = "history: {complete: true, lines: [{regimen: VRd}], procedures: [{date: 2020-01, kind: stem cell harvest}]}"
    (remark,) = answer(pack, text).remarks
    assert "no treatments stand beside them to be compared" in remark


@pytest.mark.parametrize(("table", "row", "said"), [
    ("treatments", "{agent: Velcadde}", 'treatments, agent: there is no agent "Velcadde" (did you mean Velcade?)'),
    ("treatments", "{start: 2018}", "treatments, agent is empty"),
    ("treatments", "{agent: VRd}", 'treatments, agent: there is no agent "VRd" (it is the regimen VRd: write one row for each agent, bortezomib, lenalidomide)'),
    ("treatments", "{agent: bortezomib, start: 2018-13-01}", 'treatments, start: "2018-13-01" is no date of the calendar'),
    ("treatments", "{agent: bortezomib, start: 2018, stop: 2017}", "treatments, stop 2017 is before start 2018"),
    ("treatments", "{agent: bortezomib, start: 2022}", "treatments, start 2022 is after as_of 2021-06-01"),
    ("treatments", "{agent: bortezomib, stop: 2022}", "treatments, stop 2022 is after as_of 2021-06-01"),
    ("treatments", "{agent: bortezomib, intent: maintainance}", 'treatments, intent: there is no intent "maintainance" (did you mean maintenance?)'),
    ("treatments", "{agent: bortezomib, dose: much}", 'treatments, dose "much" is not read'),
    ("treatments", "{agent: bortezomib, begin: 2018}", "unknown key begin in treatments"),
    ("measurements", "{test: ldh, value: [1], unit: U/L}", "measurements, value: is of a kind that cannot stand here (write one word or number)"),
    ("measurements", "{test: ldh, value: 1}", "measurements, unit: the unit is empty (ldh is read in U/L or ukat/L)"),
    ("measurements", "{test: ldh, value: high, unit: U/L}", 'measurements, value: the value "high" is not a number'),
    ("procedures", "{date: 2018}", "procedures, kind is empty"),
    ("findings", "{kind: plasmacytoma, date: 2018}", "findings, value is empty"),
    ("responses", "{category: good}", 'responses, category: there is no response "good" (known here: CR, MR, NE, PD, PR, SD, VGPR, sCR)'),
])  # fmt: skip
def test_what_cannot_be_used_is_an_error_with_line_and_field(table: str, row: str, said: str, pack: Pack) -> None:
    text = f"as_of: 2021-06-01\nhistory:\n  {table}:\n  - {row.replace(', ', chr(10) + '    , ')}\n"
    line = 4 + (row.count(", ", 0, row.find(_key_of(said, table))) if _key_of(said, table) in row else 0)
    with pytest.raises(InputError) as caught:
        prepare(pack, parse(text, "raw.yaml"), None, TODAY)
    assert str(caught.value).startswith(f"raw.yaml:{line}: {said}")


def _key_of(said: str, table: str) -> str:
    words = said.removeprefix("unknown key ").removeprefix(f"{table}, ").split()
    return words[0].rstrip(":") + ":"


def test_what_is_odd_is_used_and_remarked(pack: Pack) -> None:
    text = "history:\n  procedures:\n  - {kind: vertebroplasty, date: 2018}\n  treatments:\n  - {agent: bortezomib, start: 2018}\n  - {agent: bortezomib, start: 2018}\n"
    found = answer(pack, text)
    assert 'procedures, row 1: there is no kind of procedure that is used: "vertebroplasty"' in " ".join(found.remarks)
    assert "treatments, row 2: says the same as row 1; the row is not used" in found.remarks


def test_a_supportive_drug_in_a_file_is_remarked_and_in_no_line(pack: Pack) -> None:
    text = "history:\n  complete: true\n  treatments:\n  - {agent: bortezomib, start: 2018}\n  - {agent: Zometa, start: 2018}\n"
    found = answer(pack, text)
    said = 'treatments, row 2: "Zometa" is given beside the treatment of myeloma (bones); the row is not used'
    assert said in found.remarks
    assert found.facts["exposed_to"] == ["bortezomib"]


def test_a_file_says_what_a_folder_of_the_same_records_says(
    tmp_path: Path, answer_file: Callable[..., Answer], pack: Pack
) -> None:
    data: dict[str, Any] = parse(RAW, "raw.yaml").data
    folder = tmp_path / "records"
    folder.mkdir()
    for name in TABLES:
        if name in data["history"]:
            rows = [{"patient_id": "1", **{key: str(value) for key, value in row.items()}} for row in data["history"][name]]
            pl.DataFrame(rows, infer_schema_length=None).write_csv(folder / f"{name}.csv")
    (folder / "patients.csv").write_text("patient_id,as_of,diagnosis_date,complete_from\n1,2021-06-01,2018-01-02,2018-01-02\n")
    derive_tables(folder, tmp_path / "out", TODAY)
    (facts,) = pl.read_parquet(tmp_path / "out" / "facts.parquet").to_dicts()
    found = answer_file(data).facts
    assert facts["prior_lines"] == found["prior_lines"]
    assert facts["months_transplant_to_progression"] == pytest.approx(found["months_transplant_to_progression"], abs=1e-3)
    assert {name for name, value in facts.items() if value is True and name.startswith("refractory_to_")} == {
        f"refractory_to_{agent}" for agent in found["refractory_to"]
    }
