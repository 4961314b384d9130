"""Nothing of an answer is dropped on its way to the sheet, nothing is said twice, and no text of a patient becomes markup."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.test_cli import assess, call

PATIENTS = sorted((Path(__file__).parent / "patients").glob("*.yaml"))
FIRST = next(path for path in PATIENTS if path.stem == "first-relapse")
STATUSES = {"held back": "held_back", "advised against": "advised_against", "condition not met": "condition_not_met"}
Row = tuple[str, str, str, str]
"""Title of the list, option, grade, status."""


class Tags(HTMLParser):
    """The elements and attributes of a document, as a browser finds them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def tree(text: str) -> ET.Element:
    closed = re.sub(r"<(meta[^>]*)>", r"<\1/>", text)
    return ET.fromstring(closed.removeprefix("<!doctype html>"))


def words(element: ET.Element | None) -> str:
    return "" if element is None else "".join(element.itertext())


def in_html(text: str, titles: set[str]) -> Iterator[Row]:
    for section in tree(text).iter("section"):
        title = words(section.find("h2"))
        if title in titles:
            for row in section.iter("tr"):
                cells = list(map(words, row))
                if len(cells) == 3:
                    yield title, cells[1], cells[0], "depends" if "Depends on: " in cells[2] else "offered"
            for line in (*section.findall("p"), *section.findall("ul/li")):
                yield from told(title, words(line))


def in_markdown(text: str, titles: set[str]) -> Iterator[Row]:
    title = ""
    for line in re.sub(r"\\(.)", r"\1", text).splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ")
        elif title in titles and line.startswith("| ") and "grade | option" not in line:
            _, grade, option, said = (cell.strip() for cell in line.strip("|").split(" | ", 3))
            yield title, option.strip("*"), grade, "depends" if "**depends on** " in said else "offered"
        elif title in titles:
            yield from told(title, line.removeprefix("- ").replace("**", ""))


def told(title: str, line: str) -> Iterator[Row]:
    """Read a line that only names options: open with their list, or not possible."""
    if line.startswith("Depends: "):
        for tier in line.removeprefix("Depends: ").split("; "):
            for name in tier.rpartition(": ")[2].split(", "):
                option, _, grade = name.partition(" ")
                yield title, option, grade.strip("()"), "depends"
    for said, status in STATUSES.items():
        if line.startswith(f"{said}, "):
            for name in line.rpartition(": ")[2].split(", "):
                option, _, times = name.partition(" ")
                yield from [(title, option, "", status)] * {"": 1, "(twice)": 2}[times]


def expected(answer: dict[str, Any]) -> Counter[Row]:
    titles = {item["list"]: item["title"] for item in answer["lists"]}
    graded = ("offered", "depends")
    return Counter(
        (titles[row["list"]], row["option"], (row["grade"] or "") if row["status"] in graded else "", row["status"])
        for row in answer["options"]
    )


@pytest.mark.parametrize("more", [[], ["--ruling", "C4=off"]], ids=["", "C4=off"])
@pytest.mark.parametrize("patient", PATIENTS, ids=lambda path: path.stem)
def test_every_option_stands_on_the_sheet_once_with_its_status(patient: Path, more: list[str]) -> None:
    answer = json.loads(call(["assess", patient, "--format", "json", *more]).stdout)
    titles = {item["title"] for item in answer["lists"]}
    assert bool(answer["options"]) != bool(answer["outside"])
    for output, read in (("html", in_html), ("md", in_markdown)):
        sheet = call(["assess", patient, "--format", output, *more]).stdout.decode()
        assert Counter(read(sheet, titles)) == expected(answer), output


@pytest.mark.parametrize("output", ["html", "md"])
def test_what_stands_beside_the_options(output: str) -> None:
    more = ["--plan", "DPd", "--what-if", "bcl2_high=true", "--ruling", "C1=both"]
    answer = json.loads(call(["assess", FIRST, "--format", "json", *more]).stdout)
    sheet = call(["assess", FIRST, "--format", output, *more]).stdout.decode()
    text = re.sub(r"\\(.)", r"\1", sheet) if output == "md" else words(tree(sheet))
    assert answer["pack_hash"][:19] in text
    assert f"pack {answer['pack']} {answer['pack_version']}" in text
    assert answer["as_of"] in text
    assert "Planned: DPd" in text
    assert "What this changes" in text
    assert "Supposed, not recorded: bcl2_high=true." in text
    assert "Ruling C1 is switched to: both." in text
    assert "Line 1: VRd, autologous transplant, maintenance; best response VGPR" in text
    assert all(note["text"] in text for note in answer["notes"])
    assert all(item["question"] in text for item in answer["missing"])
    assert all(", ".join(dict.fromkeys(row["option"] for row in item["rows"])) in text for item in answer["hangs_on"])
    assert all(line in text for line in answer["notice"])
    for item in answer["since"]:
        if item["listed"] and item["option"] in ("DKd", "SVd") and not item["perhaps_later"]:
            assert item["text"] in text
            assert item["date"] in text


LABELS = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><script>alert(1)</script>", "**A** | [x](http://y.z) `c`",
    "# A", "www.example.org me@example.org <https://example.org>", "A\nB\r\n\n# C\n- D", "\\* \\", "&amp; &lt;b&gt;", "שרה כהן", "\u202eevil\u202c",
    "\x1b[31mred", "李小龙 🙂", "N" * 400, "a" * 40 + " " + "b" * 400, "$\\alpha$ ~~x~~ _y_ ^z^", '"; } body { display: none } @import "x',
]  # fmt: skip


@pytest.mark.parametrize("label", LABELS, ids=range(len(LABELS)))
def test_a_label_is_text_whatever_it_holds(label: str) -> None:
    patient = json.dumps({"patient": label, "as_of": "2021-06-01", "facts": {"prior_lines": 1}})
    done = assess(patient, "--format", "html")
    assert done.returncode == 0, done.stderr
    sheet = done.stdout.decode()
    shown = "".join(sign for sign in label if sign.isprintable())
    assert words(tree(sheet).find("body/main/header/h1/bdi")) == shown
    found = Tags(sheet)
    assert not found.tags & {"script", "img", "a", "link", "iframe"}
    assert not {name for name in found.attributes if name.startswith("on")} | (found.attributes & {"src", "href"})
    style = words(tree(sheet).find("head/style"))
    named = re.search(r'@bottom-left { content: "((?:\\[0-9a-f]+ )*)" } }\n$', style)
    assert named
    assert "".join(chr(int(code, 16)) for code in named[1].replace("\\", "").split()).startswith(shown)
    assert not re.search(r"@import|url\(|display: none", style)

    markdown = assess(patient, "--format", "md").stdout.decode()
    tokens = MarkdownIt("gfm-like", {"linkify": False}).enable("strikethrough").parse(markdown)
    first = next(token for token in tokens if token.type == "inline")
    assert first.children
    assert {child.type for child in first.children} <= {"text", "text_special"}
    assert "".join(child.content for child in first.children) == shown.strip()
    assert [token.type for token in tokens].count("heading_open") == markdown.count("\n## ") + 1
    assert not [token for token in tokens if token.type == "html_block"]


def test_a_document_that_fetches_and_runs_nothing() -> None:
    sheet = call(["assess", FIRST, "--format", "html"]).stdout.decode()
    assert "default-src 'none'; style-src 'unsafe-inline'" in sheet
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", sheet)
    assert not re.search(r"<(script|img|link|iframe|object|embed|form|a)\b", sheet)


def test_a_sheet_goes_to_a_file(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    done = call(["assess", FIRST, "--format", "html", "-o", sheet])
    assert (done.returncode, done.stdout) == (0, b"")
    assert sheet.read_bytes() == call(["assess", FIRST, "--format", "html"]).stdout
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.html"]


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    patient = tmp_path / "patient.yaml"
    patient.write_bytes(FIRST.read_bytes())
    kept = {
        ("--explain", "PVd", "--format", "html"): "leave --format out",
        ("--format", "md", "-o", str(tmp_path / "none" / "a.md")): "there is no such folder",
        ("--format", "md", "-o", str(tmp_path)): "this is a folder",
        ("-o", str(patient)): "is the patient file itself",
    }
    for more, said in kept.items():
        done = call(["assess", patient, *more])
        assert (done.returncode, done.stdout) == (2, b"")
        assert said in done.stderr.decode()
    assert patient.read_bytes() == FIRST.read_bytes()
    assert list(tmp_path.iterdir()) == [patient]


@pytest.mark.parametrize("output", ["html", "md"])
def test_the_example_of_the_docs_is_as_made_now(output: str) -> None:
    root = Path(__file__).parents[2]
    kept = (root / "docs" / f"sheet-example.{output}").read_text(encoding="utf-8")
    example = root / "examples" / "after-lenalidomide-maintenance.yaml"
    made = call(["assess", example, "--plan", "DPd", "--format", output]).stdout.decode()
    of_pack = re.compile(r"sha256:[0-9a-f]{12}")
    assert of_pack.sub("", made) == of_pack.sub("", kept), "make it again, as docs/sheet.md says"
