"""What stands before every request: who may ask, how much may be sent, and what a browser may do with the answer.

Nothing of a request is logged: it may hold a patient.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from myeloguide.errors import InputError, Problem, fault_of

LARGEST = 2_000_000
"""Largest body that is read, in bytes."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_KEPT_BY_NOBODY = {"cache-control": "no-store"}


class TooLarge(Exception):
    """A body is larger than what is read."""


class Guard:
    """Refuses requests from other sites, for other hosts and of too large a body; hides what went wrong inside."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why it is refused."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS if "cache-control" in headers else HEADERS | _KEPT_BY_NOBODY).items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send_guarded)
            return
        try:
            await self.app(scope, _limited(receive), send_guarded)
        except TooLarge:
            await _refusal(413, f"more than {LARGEST:,} bytes were sent", "no patient's file is that large")(
                scope, receive, send_guarded
            )
        except Exception as error:
            sys.stderr.write(f"myeloguide: {fault_of(error)}\n")
            if not started:
                await PlainTextResponse("A fault of the program; please report it.", 500)(scope, receive, send_guarded)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host.rpartition(":")[0] not in self.hosts and host not in self.hosts:
            return _refusal(400, "this address is not served here", "open the address that was printed at the start")
        if scope["method"] not in ("GET", "HEAD") and not _same_site(headers, host):
            return _refusal(403, "another site sent this", "send it from the page itself")
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > LARGEST:
            return _refusal(413, f"more than {LARGEST:,} bytes were sent", "no patient's file is that large")
        return None


def _same_site(headers: Headers, host: str) -> bool:
    """Whether a request comes from a page served here, or from no page at all."""
    origin = headers.get("origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return False
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST:
            raise TooLarge
        return message

    return receive_some


def problems(error: InputError) -> list[dict[str, str]]:
    """Return what is wrong with an input as data."""
    return [{"where": item.where, "what": item.what, "remedy": item.remedy} for item in error.problems]


def refusal(status: int, title: str, error: InputError) -> Response:
    """Return an error as RFC 9457 asks: a problem document, with each problem's place and remedy."""
    content = {"type": "about:blank", "title": title, "status": status, "problems": problems(error)}
    return JSONResponse(content, status, media_type="application/problem+json")


def _refusal(status: int, what: str, remedy: str) -> Response:
    return refusal(status, what, InputError(Problem("request", what, remedy)))
