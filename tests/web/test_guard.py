"""Who may ask, how much may be sent, and that nothing of a patient is told to anybody else."""

from __future__ import annotations

import random

import pytest
from fastapi.testclient import TestClient

from myeloguide.guideline.prepared import load_pack
from myeloguide.web import guard, pages
from myeloguide.web.app import create_app
from tests.web.conftest import HERE


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "localhost@evil.example"])
def test_another_host_is_refused(served: TestClient, host: str) -> None:
    assert served.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost:8765", "localhost"])
def test_loopback_is_served(served: TestClient, host: str) -> None:
    assert served.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/assess", "/save", "/sheet"])
def test_another_site_cannot_send(served: TestClient, path: str, headers: dict[str, str]) -> None:
    assert served.post(path, json={}, headers=headers).status_code == 403


def test_the_page_itself_can_send(served: TestClient) -> None:
    headers = {"origin": HERE, "sec-fetch-site": "same-origin"}
    assert served.post("/api/assess", json={}, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/static/app.css", "/api/version", "/nowhere", "/api/nowhere"])
def test_every_answer_carries_what_a_browser_must_know(served: TestClient, path: str) -> None:
    headers = served.get(path).headers
    for name, value in guard.HEADERS.items():
        assert headers[name] == value
    assert "'unsafe-inline'" not in headers["content-security-policy"]
    assert "set-cookie" not in headers


def test_what_holds_a_patient_is_kept_by_no_cache(served: TestClient) -> None:
    for path in ("/", "/save", "/sheet", "/answer.json", "/sheet.md"):
        assert served.post(path, data={"fact.prior_lines": "1"}).headers["cache-control"] == "no-store"


def test_the_page_holds_no_code_and_no_style_of_its_own(served: TestClient) -> None:
    text = served.post("/", data={"fact.prior_lines": "1", "fact.refractory_to.lenalidomide": "true"}).text
    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text
    assert "onclick" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text


@pytest.mark.parametrize(("path", "sent_as"), [("/", "application/x-www-form-urlencoded"), ("/api/assess", "application/json")])
def test_too_much_is_refused(served: TestClient, path: str, sent_as: str) -> None:
    content = b" " * (guard.LARGEST + 1)
    kind = {"content-type": sent_as}
    assert served.post(path, content=content, headers=kind).status_code == 413
    pieces = (b" " * 100_000 for _ in range(guard.LARGEST // 100_000 + 2))
    assert served.post(path, content=pieces, headers=kind).status_code == 413


def test_a_fault_of_the_program_tells_nothing_of_the_patient(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*given: object) -> None:
        raise RuntimeError("Mrs Secret")

    monkeypatch.setattr(pages, "_shown", broken)
    client = TestClient(create_app(load_pack("imwg-2021")), base_url=HERE, raise_server_exceptions=False)
    said = client.post("/", data={"note": "Mrs Secret"})
    out, err = capfd.readouterr()
    assert said.status_code == 500
    assert "RuntimeError" in err
    for text in (said.text, out, err):
        assert "Secret" not in text


def test_what_is_entered_is_shown_as_text(served: TestClient) -> None:
    record = '{"patient": "<script>alert(1)</script>", "facts": {"prior_lines": 1}}'
    text = served.post("/", data={"record": record}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_ten_thousand_malformed_inputs_are_each_answered_in_words(served: TestClient) -> None:
    draw = random.Random(7)
    pieces = ['{"facts":', '{"age":', "68y", "VRd", ">", ";", "PD on", "t(11;14)", "\x00", "é", '"', "{", "}", "[", "]", "-1", "1e999",
              "refractory:", "null", "history", ":", "\n", "2021-13", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
              "&", "%", "fact.", "*x", "!!python/object", "A" * 300]  # fmt: skip
    names = ["note", "record", "as_of", "plan", "set", "fact.age", "fact.refractory_to.lenalidomide", "fact.nothing", "ruling.C1",
             "ruling.ZZ", "fact.", "complete", "fact.exposed_to.", "fact.frail.lenalidomide"]  # fmt: skip
    for turn in range(10_000):
        text = "".join(draw.choice(pieces) for _ in range(draw.randrange(1, 8)))
        if turn % 2:
            fields = {draw.choice(names): text, draw.choice(names): draw.choice(pieces)}
            said = served.post(draw.choice(("/", "/why/DPd", "/save")), data=fields)
            assert said.status_code in (200, 422), (fields, said.status_code)
        else:
            path = draw.choice(("/api/assess", "/api/what-if", "/api/ask"))
            said = served.post(path, content=text.encode(), headers={"content-type": "application/json"})
            empty = text.strip() == "{}" and path != "/api/what-if"  # a patient of whom nothing is told
            assert said.status_code == (200 if empty else 422), text
            assert empty or said.json()["problems"][0]["what"]
