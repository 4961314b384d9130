"""The JSON API: a patient file in, the contract's JSON out. What is sent is read as the command line reads a file."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from myeloguide import __version__
from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.evidence.match import with_evidence
from myeloguide.guideline.answer import SCHEMA, plain
from myeloguide.guideline.ask import Interview, choices
from myeloguide.guideline.assess import Assessment
from myeloguide.guideline.consultation import Consultation
from myeloguide.guideline.pack import Pack, Row
from myeloguide.guideline.schema import shipped_schema
from myeloguide.knowledge.reading import Document, decode, parse

API_VERSION = "1"
PARTS = "#/components/schemas/"
_PATIENT = {"$ref": f"{PARTS}PatientFile"}


class FaultFound(BaseModel):
    """One thing wrong with what was sent."""

    where: str
    what: str
    remedy: str


class Refusal(BaseModel):
    """A problem document (RFC 9457) that names everything wrong with what was sent."""

    type: str
    title: str
    status: int
    problems: list[FaultFound]


_PROBLEM = {"application/problem+json": {"schema": Refusal.model_json_schema()}}
_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"description": "Not for this host", "content": _PROBLEM},
    403: {"description": "Sent by another site", "content": _PROBLEM},
    413: {"description": "Too much was sent", "content": _PROBLEM},
    415: {"description": "Not JSON", "content": _PROBLEM},
    422: {"description": "The input cannot be used: what is wrong, where, and what would be right", "content": _PROBLEM},
}

router = APIRouter(prefix="/api", responses=_REFUSED)


def pack_of(request: Request) -> Pack:
    """Return the guideline that is served."""
    pack: Pack = request.app.state.pack
    return pack


async def sent(request: Request) -> Document:
    """Read the body of a request as one strict JSON document."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise NotJson
    text = decode(await request.body(), "body")
    if text.lstrip()[:1] != "{":
        raise InputError(Problem("body", "is no JSON object", "send a patient file as JSON"))
    document = parse(text, "body")
    try:
        json.loads(text)
    except ValueError as error:
        raise InputError(Problem("body", f"is no JSON: {error}", "send JSON")) from None
    return document


class NotJson(Exception):
    """What was sent is not declared to be JSON."""


def _json(value: Any) -> Response:
    """Return frozen data as JSON; plain lists and dicts of it need not be made first."""
    return Response(orjson.dumps(value), media_type="application/json")


Sent = Annotated[Document, Depends(sent)]
Guideline = Annotated[Pack, Depends(pack_of)]


def _body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


_EXAMPLE = {"facts": {"prior_lines": 1, "exposed_to": ["bortezomib", "lenalidomide"], "refractory_to": ["lenalidomide"]}}


_ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer", "content": {"application/json": {"schema": {"$ref": f"{PARTS}Answer"}}}}
}


@router.post("/assess", responses=_ANSWERED, openapi_extra=_body(_PATIENT, _EXAMPLE), summary="The answer for one patient")
async def assess(document: Sent, pack: Guideline) -> Response:
    """Answer a patient file: every option of the guideline with its status and reasons, as the contract's JSON."""
    return _json(Consultation(pack, document, date.today()).answer())


_WHAT_IF = {
    "type": "object",
    "additionalProperties": False,
    "required": ["patient"],
    "properties": {
        "patient": _PATIENT,
        "what_if": {"type": ["array", "null"], "items": {"type": "string"}, "description": "fact=value or shorthand"},
        "option": {"type": ["string", "null"], "description": "Explain this option, and what would move it."},
        "plan": {"type": ["string", "null"], "description": "Say where this treatment stands."},
        "assume_complete": {"type": ["boolean", "null"]},
    },
}


@router.post(
    "/what-if",
    openapi_extra=_body(_WHAT_IF, {"patient": _EXAMPLE, "what_if": ["t_11_14=true"], "option": "DPd"}),
    summary="The answer with facts changed, a plan's standing, or why an option stands as it does",
)
async def what_if(document: Sent, pack: Guideline) -> Response:
    """Answer with facts supposed (what differs stands under `difference`), or explain one option."""
    asked = _fields(document, {"patient": dict, "what_if": list, "option": str, "plan": str, "assume_complete": bool})
    if asked.get("option") is not None and asked.get("plan") is not None:
        document.fail(("plan",), "option and plan are two questions", "ask one of the two")
    changes = asked.get("what_if") or []
    if not all(isinstance(item, str) for item in changes):
        document.fail(("what_if",), "holds something else than text", 'write ["t_11_14=true"]')
    consultation = Consultation(
        pack,
        part(document, "patient"),
        date.today(),
        what_if=changes,
        assume_complete=asked.get("assume_complete") or False,
    )
    if asked.get("option") is not None:
        return _json(consultation.explanation(asked["option"], "option"))
    return _json(consultation.answer(asked.get("plan"), "plan"))


@router.post("/ask", openapi_extra=_body(_PATIENT, _EXAMPLE), summary="The one question that still matters")
async def ask(document: Sent, pack: Guideline) -> Response:
    """Return the most decisive question (null: the set of offered options can no longer change), and how it is answered."""

    def assess_with(changes: Any) -> Assessment:
        return Consultation(pack, document, date.today(), what_if=changes).assessment

    question = Interview(assess_with).question()
    if question is None:
        return _json({"question": None})
    fact = pack.vocabulary.facts[question.fact.partition(".")[0]]
    return _json({"question": {**plain(question), "choices": choices(fact)}})


_RESULTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The results", "content": {"application/json": {"schema": {"type": "object"}}}}
}


@router.post("/evidence", responses=_RESULTS, openapi_extra=_body(_PATIENT, _EXAMPLE), summary="The evidence beside each option")
async def evidence(document: Sent, pack: Guideline) -> Response:
    """Return the results beside each option of a patient's lists, the nearest to the patient first."""
    consultation = Consultation(pack, document, date.today())
    found = with_evidence(consultation.assessment.answer(), consultation.known.facts)
    return _json({"evidence": found.evidence})


@router.get("/guideline", summary="The guideline as data: lists, tiers, options, conditions in words, rulings")
async def guideline(pack: Guideline) -> Response:
    """Return every list with its options, grades, conditions and places in the source."""
    return _json(guideline_as_data(pack))


_SCHEMA: dict[int | str, dict[str, Any]] = {
    200: {"description": "A JSON Schema", "content": {"application/schema+json": {"schema": {"type": "object"}}}}
}


@router.get("/schema", response_class=Response, responses=_SCHEMA, summary="The JSON Schema of the answer")
async def schema() -> Response:
    """Return the JSON Schema that `assess` answers by."""
    return Response(shipped_schema(), media_type="application/schema+json")


@router.get("/version", summary="Program, guideline and versions")
async def version(pack: Guideline) -> dict[str, str]:
    """Return which program and which guideline answers."""
    return {"program": __version__, "api": API_VERSION, "pack": pack.header.pack, "pack_version": pack.header.version,
            "pack_hash": pack.hash, "answer_schema": SCHEMA}  # fmt: skip


def guideline_as_data(pack: Pack) -> dict[str, Any]:
    """Return the lists of a pack with their options, conditions in words and places in the source, and its rulings."""

    def row_of(row: Row) -> dict[str, Any]:
        return {
            "option": row.option, "tier": row.tier, "grade": row.grade, "via": plain(row.via), "name": row.name,
            "agents": row.agents, "recommended": row.recommends, "condition": pack.said(row.condition),
            "source": plain(row.listed.source),
        }  # fmt: skip

    lists = [
        {"list": item.id, "title": item.title, "applies": item.why, "source": plain(item.source), "rulings": item.rulings,
         "options": [row_of(row) for row in item.rows]}
        for item in pack.lists
    ]  # fmt: skip
    rulings = [
        {"ruling": name, "title": item.title, "kind": item.kind, "reading": item.reading, "switch": pack.switches.get(name, ())}
        for name, item in pack.rulings.items()
    ]
    return {"pack": pack.header.pack, "pack_version": pack.header.version, "title": pack.header.title, "lists": lists,
            "rulings": rulings}  # fmt: skip


def part(document: Document, key: str) -> Document:
    """Return a part of a document as a document of its own, with its places."""
    lines = {place[1:]: line for place, line in document.lines.items() if place[:1] == (key,)}
    return Document(document.name, document.data[key], lines)


def _fields(document: Document, known: dict[str, type]) -> dict[str, Any]:
    data = document.data
    for name, value in data.items():
        if name not in known:
            document.fail((name,), f"unknown key {name}", suggestion(name, known))
        if value is not None and not isinstance(value, known[name]):
            words = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
            document.fail((name,), f"{name} is not {words[known[name]]}", "correct it")
    if data.get("patient") is None:
        document.fail((), "names no patient", 'write {"patient": {"facts": {...}}}')
    return dict(data)
