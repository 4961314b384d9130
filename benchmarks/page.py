"""The page and the API as served: sizes and times over loopback, and an edit as a browser sees it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS
from myeloguide.knowledge.reading import parse_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

RATE, SECONDS, CALLERS = 100, 20, 16
NOTE = "68y fit; VRd x4 > ASCT 2021-03 > R maint 34mo, PD on R; t(11;14)-"
JSON = {"Content-Type": "application/json"}


def page() -> dict[str, str]:
    """Return the figures of the page and of the API."""
    with _served() as port:
        return {**_first(port), **_loaded(port), **_in_browser(port)}


@contextmanager
def _served() -> Iterator[int]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    command = [sys.executable, "-m", "myeloguide", "serve", "--port", str(port), "--no-browser", "--workers", str(os.cpu_count())]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def _asked(connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None) -> bytes:
    connection.request(method, path, body, JSON if body is not None else {})
    said = connection.getresponse()
    content = said.read()
    assert said.status == 200, (path, said.status)
    return content


def _first(port: int) -> dict[str, str]:
    parts = ("/", "/static/app.css", "/static/htmx.min.js", "/static/app.js", "/static/favicon.svg")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    size = sum(len(_asked(connection, "GET", path)) for path in parts)
    times = []
    for _ in range(30):
        start = time.perf_counter()
        for path in parts:
            _asked(connection, "GET", path)
        times.append((time.perf_counter() - start) * 1000)
    return {
        "first page, everything it fetches, kB": f"{size / 1000:.0f}",
        "first page, everything it fetches, one after the other, ms": _spread(times),
    }


def _patients() -> list[str]:
    path = PACKS / DEFAULT_PACK / "cases" / "facts.yaml"
    documents = parse_all(path.read_text(encoding="utf-8"), path.name)
    decided = [item for item in documents if not {"unknown", "nothing"} & set(str(item.data["id"]).split("-"))]
    return [json.dumps({"facts": document.data["facts"]}) for document in decided]


def _loaded(port: int) -> dict[str, str]:
    """Send so many requests a second at fixed times, whatever the answers take, and measure each from its time on."""
    patients, begun = _patients(), time.perf_counter() + 0.5
    total = RATE * SECONDS

    def call(caller: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        found = []
        for number in range(caller, total, CALLERS):
            due = begun + number / RATE
            time.sleep(max(due - time.perf_counter(), 0))
            _asked(connection, "POST", "/api/assess", patients[number % len(patients)])
            found.append((time.perf_counter() - due) * 1000)
        return found

    with ThreadPoolExecutor(CALLERS) as pool:
        times = sorted(each for found in pool.map(call, range(CALLERS)) for each in found)
    return {
        f"`POST /api/assess`, decided cases, at {RATE} a second for {SECONDS} s, median, ms": f"{statistics.median(times):.1f}",
        "the same, 99th percentile, ms": f"{times[int(len(times) * 0.99)]:.1f}",
    }


def _in_browser(port: int) -> dict[str, str]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return {"an edit in Chromium, from the key to the changed page, ms": "no Chromium here"}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page()
        within = shown.context.new_cdp_session(shown)
        loaded = []
        for _ in range(11):
            within.send("Network.clearBrowserCache")
            shown.goto(f"http://127.0.0.1:{port}/")
            loaded.append(shown.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        del loaded[0]  # the browser's own start
        complete, much_open = (_edits(shown, note) for note in (f"{NOTE}; complete record", NOTE))
        browser.close()
    return {
        "first page in a running Chromium, its cache emptied, until it is loaded, ms": _spread(loaded),
        "an edit in Chromium, from the key to the changed page, ms": complete,
        "the same, of a patient of whom most is open, ms": much_open,
    }


def _edits(shown: Page, note: str) -> str:
    shown.fill("#note", note)
    shown.wait_for_selector(".option")
    return _spread([shown.evaluate(_EDIT, f"{60 + number % 20}y fit; {note.partition('; ')[2]}") for number in range(30)])


_EDIT = """text => new Promise(done => {
  const note = document.getElementById("note"), start = performance.now();
  const seen = new MutationObserver(() => {
    if (document.querySelector(".who h1").textContent.includes(text.slice(0, 2) + " years")) {
      seen.disconnect();
      requestAnimationFrame(() => done(performance.now() - start));
    }
  });
  seen.observe(document.getElementById("answer"), {childList: true, subtree: true, characterData: true});
  note.value = text;
  note.dispatchEvent(new Event("input", {bubbles: true}));
})"""


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.3g} ({min(times):.3g} to {max(times):.3g})"


if __name__ == "__main__":
    for what, measured in page().items():
        print(f"{what}: {measured}")
