"""Every path that a user takes, in a real browser: by mouse and by keyboard, light and dark, on a phone and a desk."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="the extra `web` is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from myeloguide.guideline.prepared import load_pack  # noqa: E402
from myeloguide.web.app import create_app  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None and os.environ.get("CI"):
    pytest.fail("Chromium is missing: .ci/run installs it", pytrace=False)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)")

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "page"
NOTE = "68y fit; VRd x4 > ASCT 2021-03 > R maint 34mo, PD on R; t(11;14)-; complete record"
SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desk": (1440, 900)}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    config = uvicorn.Config(create_app(load_pack("imwg-2021")), host="127.0.0.1", port=port, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(5)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    yield from _opened(browser, address, SIZES["desk"], "light")


def _opened(browser: Browser, address: str, size: tuple[int, int], scheme: Any) -> Iterator[Page]:
    """Open the page; at the end nothing may have gone to the console, and nothing to another address."""
    opened = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    said: list[str] = []
    elsewhere: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on(
        "request", lambda request: elsewhere.append(request.url) if not request.url.startswith((address, "data:")) else None
    )
    opened.goto(address)
    yield opened
    opened.close()
    assert said == []
    assert elsewhere == []


def typed(page: Page, note: str) -> None:
    page.fill("#note", note)
    page.wait_for_selector(".option")
    until(page, "!document.querySelector('.htmx-request')")


def until(page: Page, said: str, arg: Any = None) -> None:
    """Wait until something holds; the page's policy lets no text be evaluated in it, so it is asked from outside."""
    for _ in range(200):
        if page.evaluate(said, arg):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never held: {said}")


def offered(page: Page) -> list[str]:
    return page.locator(".option.offered .name").all_inner_texts()


# --- what a user does ---


def test_a_note_is_read_back_and_answered(page: Page) -> None:
    typed(page, NOTE)
    assert "68" in page.inner_text("#understood")
    assert page.inner_text(".list h2 >> nth=0") == "First relapse, disease refractory to lenalidomide"
    assert offered(page)[:3] == ["PVd", "DKd", "IsaKd"]
    assert page.locator("#story img").count() == 1


def test_an_error_is_shown_where_it_is_and_the_old_answer_is_marked(page: Page) -> None:
    typed(page, NOTE)
    page.fill("#note", NOTE.replace("VRd", "VRdx"))
    page.wait_for_selector("#understood [role=alert]")
    assert "VRdx" in page.inner_text("#understood [role=alert]")
    assert "not up to date" in page.inner_text("#stale")
    page.fill("#note", NOTE)
    page.wait_for_selector("#understood [role=alert]", state="detached")
    assert page.inner_text("#stale") == ""
    assert offered(page)[:1] == ["PVd"]


def test_an_example_is_one_click_away(page: Page) -> None:
    page.click("[data-note] >> nth=0")
    page.wait_for_selector(".option")
    assert page.input_value("#note")


def test_a_question_is_answered_in_place_and_stands_in_the_form(page: Page) -> None:
    typed(page, "1 prior line; received: V, R; refractory: R")
    first = page.locator(".question").first.inner_text()
    page.locator(".question .button").first.click()
    until(page, "text => document.querySelector('.question')?.innerText !== text", first)
    chosen = page.eval_on_selector_all(
        "#facts select, #facts input[type=radio]:checked", "fields => fields.map(field => field.value).filter(Boolean)"
    )
    assert len(chosen) == 1


def test_access_is_switched(page: Page) -> None:
    typed(page, NOTE)
    before = offered(page)
    page.click("label[for='fact.unavailable_agents.carfilzomib']")
    until(page, "!document.querySelector('.option.offered')?.parentElement.innerText.includes('DKd')")
    assert "DKd" in before
    assert "DKd" not in offered(page)
    page.click("label[for='fact.unavailable_agents.carfilzomib']")
    until(page, "document.body.innerText.includes('IsaKd')")
    page.wait_for_timeout(200)
    assert offered(page) == before


def test_agents_are_asked_one_by_one_where_they_are_wanted(page: Page) -> None:
    typed(page, "2 prior lines")
    assert page.locator("[name='fact.refractory_to.bortezomib']").count() == 0
    page.click(".agents > summary")
    page.select_option("[name='fact.refractory_to.bortezomib']", "true")
    until(page, "document.querySelector('.who').innerText.includes('refractory to bortezomib')")
    page.click("label[for='fact.contraindicated_agents.cisplatin']")
    until(page, "document.querySelector('#understood').innerText.includes('cisplatin')")
    page.locator(".question .button[value^='fact.']").first.click()
    until(page, "!document.querySelector('.htmx-request')")
    assert page.input_value("[name='fact.refractory_to.bortezomib']") == "true"


def test_a_question_that_wants_a_number_leads_to_its_field(page: Page) -> None:
    typed(page, "fit; 1 prior line; received: V, R; refractory: R; prior transplant")
    page.click("#form > summary")  # folded away
    page.locator("#more-questions > summary").click()
    page.locator("#answer label[for^='fact.']").first.click()
    assert page.evaluate("document.activeElement.type") == "number"
    page.keyboard.type("50")
    until(page, "document.querySelector('.who').innerText.includes('50')")


def test_a_reason_is_opened_and_stays_open(page: Page) -> None:
    typed(page, NOTE)
    page.click(".option summary >> nth=0")
    page.wait_for_selector(".because .tree")
    assert "refractory to lenalidomide" in page.inner_text(".because >> nth=0")
    page.fill("#note", NOTE + "; transplant eligible")
    until(page, "document.querySelector('.who').innerText.includes('eligible')")
    assert page.locator(".option details").first.evaluate("found => found.open")
    assert page.locator(".because .tree").count() > 0


def test_a_ruling_is_read_otherwise(page: Page) -> None:
    typed(page, NOTE)
    page.click("#rulings > summary")
    page.locator("#rulings .choice label").nth(1).click()
    until(page, "document.querySelector('.result').innerText.includes('is switched to')")


def test_a_ruling_is_read_otherwise_where_it_is_the_reason(page: Page) -> None:
    typed(page, NOTE)
    page.click(".option summary >> nth=0")
    other = page.locator(".because .button").first
    said = other.inner_text()
    other.click()
    until(page, "document.querySelector('.result').innerText.includes('is switched to')")
    until(page, "text => document.querySelector('.because .button').innerText !== text", said)
    switched = page.locator("#rulings input:checked").evaluate_all("fields => fields.map(field => field.value)")
    page.locator(".because .button").first.click()
    until(page, "!document.querySelector('.result').innerText.includes('is switched to')")
    assert page.locator("#rulings input:checked").evaluate_all("fields => fields.map(field => field.value)") != switched


def test_a_file_is_opened_closed_and_saved(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#file", str(ROOT / "examples/after-lenalidomide-maintenance.yaml"))
    page.wait_for_selector(".option")
    assert "Example 1" in page.inner_text(".who")
    with page.expect_download() as found:
        page.click("text=Save the patient")
    saved = tmp_path / "patient.json"
    found.value.save_as(saved)
    assert json.loads(saved.read_text())["patient"] == "Example 1"
    page.click("text=Close it")
    page.wait_for_selector(".empty")


def test_the_sheet_opens_for_printing(page: Page) -> None:
    typed(page, NOTE)
    with page.context.expect_page() as found:
        page.click("text=Sheet for the board")
    found.value.wait_for_selector("main")
    assert "PVd" in found.value.inner_text("main")


def test_a_plan_is_placed(page: Page) -> None:
    typed(page, NOTE)
    page.fill("#plan", "DPd")
    page.wait_for_selector("#plan-standing")
    assert "DPd" in page.inner_text("#plan-standing")


def test_a_plan_that_is_not_read_yet_takes_no_answer_away(page: Page) -> None:
    typed(page, NOTE)
    page.fill("#plan", "DP")
    page.wait_for_selector("#plan-problem")
    assert "My plan" in page.inner_text("#plan-problem")
    assert page.inner_text("#stale") == ""
    assert offered(page)[:1] == ["PVd"]


def test_files_that_are_too_large_are_not_sent(page: Page) -> None:
    typed(page, NOTE)
    page.set_input_files("#file", {"name": "large.json", "mimeType": "application/json", "buffer": b" " * 2_000_001})
    page.wait_for_selector("#too-large")
    assert offered(page)[:1] == ["PVd"]


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.type("1 prior line; received: V, R; refractory: R")
    page.wait_for_selector(".option")
    reached: set[str] = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        place = page.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.innerText")
        if place == "note":  # once around
            break
        reached.add(place)
    names = {"file", "as-of", "fact.age", "plan"}
    assert names <= reached
    assert any(str(place).startswith(("PVd", "fact.refractory")) or place == "set" for place in reached)
    page.focus(".option summary >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_selector(".because .tree")


def test_without_scripts_the_page_answers_too(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.fill("#note", NOTE)
    page.get_by_role("button", name="Answer", exact=True).click()
    page.wait_for_selector(".option")
    assert offered(page)[:1] == ["PVd"]
    context.close()


def test_nothing_of_the_patient_is_in_the_address(page: Page) -> None:
    typed(page, NOTE)
    assert page.url.rstrip("/").count("/") == 2
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_an_edit_changes_the_page_at_once_and_keeps_the_place(page: Page) -> None:
    typed(page, NOTE)
    page.evaluate("window.scrollTo(0, 100)")
    page.fill("#note", NOTE.replace("68y", "71y"))
    until(page, "document.querySelector('.who').innerText.includes('71')")
    assert page.evaluate("window.scrollY") == 100
    assert page.evaluate("document.activeElement.id") == "note"


# --- what it looks like ---

OVERLAP = """() => {
  const shown = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.data.trim() || !node.parentElement.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    if (node.parentElement.closest('.unseen, .skip, textarea, select, option')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) shown.push([box, node.data.trim().slice(0, 30), node]);
  }
  const found = [];
  for (let i = 0; i < shown.length; i++) for (let j = i + 1; j < shown.length; j++) {
    const [a, said, one] = shown[i], [b, other, two] = shown[j];
    if (one === two) continue;
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1.5 && high > Math.min(a.height, b.height) * 0.35) found.push([said, other]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", ["empty", "answer", "error"])
def test_pages_are_accessible_and_nothing_overlaps(browser: Browser, address: str, size: str, scheme: str, state: str) -> None:
    pages = _opened(browser, address, SIZES[size], scheme)
    page = next(pages)
    if state == "answer":
        typed(page, NOTE)
    elif state == "error":
        page.fill("#note", "68y fit; VRdx")
        page.wait_for_selector("#understood [role=alert]")
    violations = axe.Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert violations.violations_count == 0, violations.generate_report()
    assert page.evaluate(OVERLAP) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    if os.environ.get("MYELOGUIDE_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        height = min(page.evaluate("document.documentElement.scrollHeight"), 2400) if size != "desk" else SIZES[size][1]
        page.screenshot(
            path=PICTURES / f"{state}-{size}-{scheme}.jpg", type="jpeg", quality=80, full_page=True,
            clip={"x": 0, "y": 0, "width": SIZES[size][0], "height": height},
        )  # fmt: skip
    next(pages, None)


@pytest.mark.parametrize("path", ["guideline/", "guideline/two-or-more-lines", "guideline/rulings", "evidence/", "evidence/candor",
                                  "evidence/pictures", "search?q=frail", "nowhere"])  # fmt: skip
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_pages_beside_it_are_accessible(browser: Browser, address: str, size: str, path: str) -> None:
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address + path)
    violations = axe.Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert violations.violations_count == 0, violations.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    page.close()


def test_long_names_and_forty_options_do_not_break_it(browser: Browser, address: str) -> None:
    pages = _opened(browser, address, SIZES["phone"], "light")
    page = next(pages)
    long = {"patient": "Donaudampfschifffahrtsgesellschaft" * 8, "facts": {"age": 60}}
    page.set_input_files("#file", {"name": "long.json", "mimeType": "application/json", "buffer": json.dumps(long).encode()})
    page.wait_for_selector(".option")
    assert page.locator(".option").count() >= 40
    assert page.evaluate(OVERLAP) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]
    next(pages, None)
