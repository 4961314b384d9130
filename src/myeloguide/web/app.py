"""The application: the page, the JSON API and what guards both. The pack is loaded once; nothing of a patient is kept."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from myeloguide.errors import InputError, Problem
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import load_pack
from myeloguide.guideline.schema import shipped_schema
from myeloguide.record.patient_schema import patient_file_schema
from myeloguide.web import api, pages
from myeloguide.web.guard import Guard, refusal

LOOPBACK = ("127.0.0.1", "localhost")
_STATIC = Path(__file__).parent / "static"


class _Files(StaticFiles):
    """The files of the package, which a browser may keep until the program changes."""

    def file_response(self, *given: Any, **more: Any) -> Response:
        response = super().file_response(*given, **more)
        response.headers["cache-control"] = "max-age=3600"
        return response


PACK, HOSTS = "MYELOGUIDE_PACK", "MYELOGUIDE_HOSTS"
"""Variables of the environment by which each process that serves is told the guideline and the host names."""


def from_environment() -> FastAPI:
    """Return the application as the command that serves it asked for it."""
    pack = load_pack(os.environ[PACK])
    pages.warm(pack)
    return create_app(pack, os.environ[HOSTS].split())


def create_app(pack: Pack, hosts: Iterable[str] = LOOPBACK) -> FastAPI:
    """Return the application that answers by a guideline, for requests to these host names."""
    app = FastAPI(
        title="myeloguide", version=api.API_VERSION, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        description="The IMWG 2021 recommendations for relapsed/refractory multiple myeloma, computable. It informs a clinician "
        "who checks every step; it never decides.",
    )  # fmt: skip
    app.state.pack = pack
    app.include_router(api.router)
    app.include_router(pages.router)
    app.mount("/static", _Files(directory=_STATIC), name="static")
    app.add_exception_handler(InputError, _unusable)
    app.add_exception_handler(api.NotJson, _not_json)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _not_here)
    app.add_middleware(Guard, hosts=tuple(hosts))

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=api.router.routes)
            patient = patient_file_schema(pack.vocabulary, api.PARTS)
            answer = json.loads(shipped_schema().replace("#/$defs/", api.PARTS))
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            for name, whole in (("PatientFile", patient), ("Answer", answer)):
                parts = whole.pop("$defs")
                assert not schemas.keys() & parts.keys()
                schemas |= {**parts, name: {key: value for key, value in whole.items() if not key.startswith("$")}}
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
    gc.collect()
    gc.freeze()  # the pack stays; collecting garbage need not look through it
    return app


async def _unusable(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    if request.url.path.startswith("/api/"):
        return refusal(422, "The input cannot be used", error)
    return pages.unusable(request, error)


async def _not_json(request: Request, error: Exception) -> Response:
    found = InputError(Problem("content-type", "is not application/json", "send JSON"))
    return refusal(415, "Not JSON", found)


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [Problem(".".join(map(str, item["loc"])), item["msg"]) for item in error.errors()]
    return refusal(422, "The input cannot be used", InputError(found))


async def _not_here(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith("/api/") or error.status_code != 404:
        response = refusal(error.status_code, str(error.detail), InputError(Problem("request", str(error.detail))))
        response.headers.update(error.headers or {})
        return response
    return pages.not_found(request)
