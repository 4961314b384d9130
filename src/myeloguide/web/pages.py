"""The page of one patient: entering, the answer, why an option stands where it does; and the pages beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import UploadFile

from myeloguide import __version__
from myeloguide.errors import InputError
from myeloguide.evidence.match import with_evidence
from myeloguide.guideline.answer import plain
from myeloguide.guideline.consultation import Consultation
from myeloguide.guideline.pack import Pack
from myeloguide.record.schema import TABLES
from myeloguide.sheet import html, markdown
from myeloguide.sheet.content import Sheet, chart_of, sheet_of
from myeloguide.web import shelf, view
from myeloguide.web.api import Guideline, pack_of
from myeloguide.web.entry import Entry
from myeloguide.web.guard import LARGEST, problems
from myeloguide.web.opening import opened

router = APIRouter(include_in_schema=False)
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_MOST_FIELDS = 600
PLAN = "My plan"


def _page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    template = _TEMPLATES.get_template(name)
    return HTMLResponse(template.render(version=__version__, **values), status)


async def entered(request: Request) -> Entry:
    """Read the fields of the page; a file that was chosen takes the place of what was entered."""
    async with request.form(max_files=len(TABLES), max_fields=_MOST_FIELDS, max_part_size=LARGEST) as form:
        fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        chosen = [item for item in form.getlist("file") if isinstance(item, UploadFile) and item.filename]
        files = [(item.filename or "", await item.read()) for item in chosen]
    if files:
        fields = [(name, value) for name, value in fields if name not in ("note", "record")]
        fields.append(("record", opened(files)))
    entry = Entry.of(fields)
    usual = {name: readings[0] for name, readings in pack_of(request).switches.items()}
    # The page sends every ruling's reading; only one that is not the usual one is a switch.
    return replace(entry, rulings={name: value for name, value in entry.rulings.items() if usual.get(name) != value})


Entered = Annotated[Entry, Depends(entered)]


def _is_part(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


@router.get("/")
async def first(pack: Guideline) -> Response:
    """Show the page without a patient."""
    return _page("page.html", **_shown(pack, Entry()))


@router.post("/")
async def answered(request: Request, entry: Entered, pack: Guideline) -> Response:
    """Answer what was entered: the whole page, or the parts of it that change."""
    shown = _shown(pack, entry)
    if not _is_part(request):
        return _page("page.html", **shown)
    return _page("parts.html", again=bool(request.headers.get("x-entry-again")), **shown)


@router.post("/why/{option}")
async def why(option: str, entry: Entered, pack: Guideline) -> Response:
    """Show why an option stands as it does, and the smallest changes that would move it."""
    try:
        consultation = _consultation(pack, entry)
        explained = consultation.explanation(option, "the option")
    except InputError as error:
        return _page("problems.html", problems=problems(error))
    return _page("why.html", **view.why(consultation, explained))


@router.post("/agents")
async def agents(entry: Entered, pack: Guideline) -> Response:
    """Show the fields of every agent, which the page unfolds only where they are wanted."""
    return _page("agents.html", form=view.form(pack, replace(entry, has_agents=True)))


@router.post("/close")
async def closed(pack: Guideline) -> Response:
    """Show the page without a patient again."""
    return _page("page.html", **_shown(pack, Entry()))


@router.post("/sheet")
async def sheet(entry: Entered, pack: Guideline) -> Response:
    """Return the sheet for the board, a document of its own that runs nothing and fetches nothing."""
    made = html.write(_sheet(pack, entry))
    return HTMLResponse(made, headers={"content-security-policy": f"{html.POLICY}; frame-ancestors 'none'"})


@router.post("/sheet.md")
async def sheet_as_markdown(entry: Entered, pack: Guideline) -> Response:
    """Return the sheet as Markdown, to be saved by the user."""
    return _file(markdown.write(_sheet(pack, entry)), "text/markdown", "sheet.md")


def _sheet(pack: Pack, entry: Entry) -> Sheet:
    consultation = _consultation(pack, entry)
    found = with_evidence(consultation.answer(entry.plan or None, PLAN), consultation.known.facts)
    return sheet_of(found, pack, chart_of(consultation))


@router.post("/answer.json")
async def answer_as_json(entry: Entered, pack: Guideline) -> Response:
    """Return the answer as the contract's JSON, to be saved by the user."""
    found = _consultation(pack, entry).answer(entry.plan or None, PLAN)
    return _file(json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n", "application/json", "answer.json")


@router.post("/save")
async def save(entry: Entered, pack: Guideline) -> Response:
    """Return what was entered as a patient file, to be saved by the user."""
    entry.document(pack.vocabulary)
    return _file(entry.saved(pack.vocabulary), "application/json", "patient.json")


def _file(content: str, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _group(request: Request) -> str:
    return request.url.path.split("/")[1]


Group = Annotated[str, Depends(_group)]


@router.get("/guideline/")
@router.get("/evidence/")
async def index(group: Group, pack: Guideline) -> Response:
    """Show the index of the guideline or of the evidence."""
    pages = shelf.shelf(pack)[group]
    return _page("text.html", pack=pack, here=group, page=next(pages[name] for name in shelf.INDEX if name in pages))


@router.get("/guideline/{name}.svg")
@router.get("/evidence/{name}.svg")
async def picture(request: Request, group: Group, name: str, pack: Guideline) -> Response:
    """Show a picture of the guideline or of the evidence."""
    found = shelf.picture(pack, group, name)
    if found is None:
        return not_found(request)
    # A picture brings its own look, and nothing else.
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return Response(found, media_type="image/svg+xml", headers={"content-security-policy": policy})


@router.get("/guideline/{name}")
@router.get("/evidence/{name}")
async def page(request: Request, group: Group, name: str, pack: Guideline) -> Response:
    """Show a page of the guideline or of the evidence."""
    found = shelf.shelf(pack)[group].get(name)
    return not_found(request) if found is None else _page("text.html", pack=pack, here=group, page=found)


@router.get("/search")
async def search(pack: Guideline, q: str = "") -> Response:
    """Show where the guideline and the evidence speak of something."""
    return _page("search.html", pack=pack, q=q[:200], found=shelf.search(pack, q[:200]))


def unusable(request: Request, error: InputError) -> Response:
    """Say what of the input cannot be used, and what would be right."""
    return _page("unusable.html", 422, pack=pack_of(request), problems=problems(error))


def not_found(request: Request) -> Response:
    """Say that there is no such page."""
    return _page("missing.html", 404, pack=pack_of(request))


def warm(pack: Pack) -> None:
    """Answer an example, so that the first user need not wait for what is made once."""
    _, note = view.EXAMPLES[0]
    _page("page.html", **_shown(pack, Entry(note=note)))


def _consultation(pack: Pack, entry: Entry) -> Consultation:
    return Consultation(pack, entry.document(pack.vocabulary), date.today(), assume_complete=entry.complete)


def _shown(pack: Pack, entry: Entry) -> dict[str, Any]:
    """Return everything that the page shows of what was entered."""
    shown: dict[str, Any] = {
        "pack": pack, "entry": entry, "form": view.form(pack, entry), "problems": [], "answer": None, "understood": None,
        "examples": view.EXAMPLES, "today": date.today().isoformat(), "largest": LARGEST,
    }  # fmt: skip
    if entry.is_empty:
        return shown
    try:
        consultation = _consultation(pack, entry)
    except InputError as error:
        return shown | {"problems": problems(error)}
    plan_problems: list[dict[str, str]] = []
    try:
        answer = consultation.answer(entry.plan or None, PLAN)
    except InputError as error:  # a plan that is not read yet takes no answer away
        answer, plan_problems = consultation.answer(), problems(error)
    return shown | view.answer(consultation, answer) | {"plan_problems": plan_problems}
