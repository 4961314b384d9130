"""The JSON API answers as the command line does, and says what is wrong with what it cannot use."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient

from myeloguide.guideline.answer import plain
from myeloguide.guideline.consultation import Consultation
from myeloguide.guideline.prepared import load_pack
from myeloguide.guideline.schema import shipped_schema
from myeloguide.knowledge.reading import Document, parse
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.patient_schema import patient_file_schema

ROOT = Path(__file__).parents[2]
FACTS = {"facts": {"prior_lines": 1, "exposed_to": ["bortezomib", "lenalidomide"], "refractory_to": ["lenalidomide"]}}


def example() -> dict[str, Any]:
    return dict(parse((ROOT / "examples/after-lenalidomide-maintenance.yaml").read_text(), "example").data)


@pytest.mark.parametrize("patient", [FACTS, example(), {}, {"facts": {"prior_lines": 3}, "rulings": {"C1": "both"}}])
def test_a_patient_file_is_answered_as_the_command_line_answers_it(served: TestClient, patient: dict[str, Any]) -> None:
    said = served.post("/api/assess", json=patient)
    assert said.status_code == 200
    direct = Consultation(load_pack("imwg-2021"), Document("body", patient, {}), date.today()).answer()
    assert said.json() == json.loads(json.dumps(plain(direct)))
    jsonschema.validate(said.json(), json.loads(shipped_schema()))


@pytest.mark.parametrize(
    ("patient", "where", "what", "remedy"),
    [
        ({"facts": {"prior_line": 1}}, "body:1", "there is no fact prior_line", "did you mean prior_lines?"),
        (
            {"facts": {"refractory_to": ["lenalidomid"]}},
            "body:1",
            'there is no agent "lenalidomid"',
            "did you mean lenalidomide",
        ),
        ({"facts": {"age": -1}}, "body:1", "age is -1", "it lies between 0 and 130"),
        ({"fact": {}}, "body:1", "unknown key fact in a patient file", "did you mean facts?"),
        ({"rulings": {"C1": "neither"}}, "body:1", 'ruling C1 has no reading "neither"', "write C1="),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    served: TestClient, patient: dict[str, Any], where: str, what: str, remedy: str
) -> None:
    said = served.post("/api/assess", json=patient)
    assert (said.status_code, said.headers["content-type"]) == (422, "application/problem+json")
    first = said.json()["problems"][0]
    assert (first["where"], first["what"]) == (where, what)
    assert first["remedy"].startswith(remedy)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "is no JSON object"),
        (b"[]", "is no JSON object"),
        (b'"text"', "is no JSON object"),
        (b"{facts: {}}", "is no JSON"),
        (b'{"facts": {"age": NaN}}', "NaN is not a number"),
        (b'{"facts": {}, "facts": {}}', "the key facts stands twice"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"{" * 5000, ""),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "nested"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(served: TestClient, body: bytes, what: str) -> None:
    said = served.post("/api/assess", content=body, headers={"content-type": "application/json"})
    assert said.status_code == 422
    assert any(what in item["what"] for item in said.json()["problems"])


def test_what_is_not_json_is_not_read(served: TestClient) -> None:
    said = served.post("/api/assess", content="facts: {}", headers={"content-type": "application/yaml"})
    assert (said.status_code, said.json()["problems"][0]["remedy"]) == (415, "send JSON")


def test_a_fact_supposed_says_what_differs(served: TestClient) -> None:
    said = served.post("/api/what-if", json={"patient": FACTS, "what_if": ["refractory_to.lenalidomide=false"]}).json()
    assert said["supposed"] == ["refractory_to.lenalidomide=false"]
    moved = {item["list"]: (item["was"], item["would_be"]) for item in said["difference"]["lists"]}
    assert moved["first-relapse-not-lenalidomide-refractory"] == (False, True)


def test_an_option_is_explained_and_a_plan_is_placed(served: TestClient) -> None:
    explained = served.post("/api/what-if", json={"patient": example(), "option": "KRd"}).json()
    assert (explained["option"], explained["would_change"]["offered"]) == ("KRd", False)
    planned = served.post("/api/what-if", json={"patient": example(), "plan": "DPd"}).json()
    assert planned["plan"]["option"] == "DPd"
    assert served.post("/api/what-if", json={"patient": FACTS, "option": "DPd", "plan": "DPd"}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"patient": None},
        {"patient": []},
        {"patient": FACTS, "what_if": "x"},
        {"patient": FACTS, "what_if": [1]},
        {"patient": FACTS, "what_if": ["nofact=1"]},
        {"patient": FACTS, "option": "XYZ"},
        {"patient": FACTS, "plans": "DPd"},
    ],
)
def test_a_wrong_question_is_refused(served: TestClient, body: dict[str, Any]) -> None:
    said = served.post("/api/what-if", json=body)
    assert said.status_code == 422
    assert said.json()["problems"][0]["what"]


def test_the_evidence_stands_beside_the_options(served: TestClient) -> None:
    said = served.post("/api/evidence", json=example()).json()["evidence"]
    nearest = {item["option"]: item["results"][0] for item in said if item["results"]}
    assert (nearest["PVd"]["trial"], nearest["PVd"]["value_option"]) == ("OPTIMISMM", "17.8")


def test_questions_end_when_nothing_can_change(served: TestClient) -> None:
    first = served.post("/api/ask", json=FACTS).json()["question"]
    assert first["decides"] > 0
    assert first["choices"]
    assert served.post("/api/ask", json={"facts": {"prior_lines": 0}}).json() == {"question": None}


def test_the_guideline_is_told_whole(served: TestClient) -> None:
    said = served.get("/api/guideline").json()
    pack = load_pack("imwg-2021")
    told = {(item["list"], row["option"], row["tier"], row["grade"]) for item in said["lists"] for row in item["options"]}
    assert told == {(row.list, row.option, row.tier, row.grade) for row in pack.rows}
    assert {item["ruling"] for item in said["rulings"]} == set(pack.rulings)


def test_schema_and_version(served: TestClient) -> None:
    assert served.get("/api/schema").text == shipped_schema()
    assert served.get("/api/version").json()["pack_hash"] == load_pack("imwg-2021").hash


def test_the_description_is_whole_and_holds_the_patient_file(served: TestClient) -> None:
    described = served.get("/api/openapi.json").json()
    assert set(described["paths"]) == {
        "/api/assess", "/api/what-if", "/api/ask", "/api/evidence", "/api/guideline", "/api/schema", "/api/version",
    }  # fmt: skip
    assert set(described["components"]["schemas"]["PatientFile"]["properties"]) == {
        "patient", "as_of", "facts", "history", "rulings",
    }  # fmt: skip


@pytest.mark.parametrize("patient", [FACTS, example(), {}])
def test_the_schema_of_the_patient_file_lets_patient_files_through(patient: dict[str, Any]) -> None:
    jsonschema.validate(patient, patient_file_schema(vocabulary()))


@pytest.mark.parametrize(
    "patient", [{"fact": {}}, {"facts": {"age": "old"}}, {"as_of": "May"}, {"history": {"lines": [{"line": 0}]}}]
)
def test_the_schema_of_the_patient_file_holds_wrong_ones_back(patient: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(patient, patient_file_schema(vocabulary()))
