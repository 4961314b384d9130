"""The pages of the guideline: as the pack is now, every entry on them, every link leading somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from myeloguide.guideline.coverage import entries_of
from myeloguide.guideline.loading import read_audit
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.witnesses import replay
from myeloguide.handbook.content import LABELS, Handbook
from myeloguide.handbook.pages import INDEX, pages
from tests.kept_cases import load
from tests.test_cli import call

DOCS = Path(__file__).parents[2] / "docs" / "guideline"


@pytest.fixture(scope="module")
def book(pack: Pack) -> Handbook:
    return Handbook(pack)


@pytest.fixture(scope="module")
def made(book: Handbook) -> dict[str, str]:
    return pages(book)


def plain(text: str) -> str:
    """Return the words of a page without its links and marks."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def test_the_pages_of_the_docs_are_as_written_now(made: dict[str, str]) -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in DOCS.iterdir()}
    assert set(kept) == set(made), "write them again: make guideline"
    for name, text in made.items():
        assert kept[name] == text, f"{name} is not as the pack is now: make guideline"


def test_the_command_writes_them(made: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "pages"
    done = call(["guideline", "pages", "-o", folder])
    assert (done.returncode, done.stderr) == (0, b"")
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == made
    (tmp_path / "file").write_text("")
    done = call(["guideline", "pages", "-o", tmp_path / "file"])
    assert done.returncode == 2
    assert b"cannot be written" in done.stderr


def test_every_link_leads_to_an_anchor(made: dict[str, str]) -> None:
    anchors = {name: re.findall(r'<a id="([^"]+)"></a>', text) for name, text in made.items()}
    for name, found in anchors.items():
        assert len(found) == len(set(found)), f"{name}: an anchor stands twice"
    links = [(name, link) for name, text in made.items() for link in re.findall(r"\]\(([^)]+)\)", text)]
    assert len(links) > 1000
    for name, link in links:
        page, _, anchor = link.partition("#")
        assert (page or name) in made, (name, link)
        assert not anchor or anchor in anchors[page or name], (name, link)


def test_every_row_stands_on_the_page_of_its_list_with_its_grade(made: dict[str, str], pack: Pack) -> None:
    for row in pack.rows:
        page = plain(made[f"{row.list}.md"])
        grade = (row.grade or "") if row.grade_when is None else f"{row.grade} if autologous transplant before"
        assert re.search(
            rf"\| {re.escape(row.tier_title)} \| {re.escape(grade)} \| (.*, )?{re.escape(row.option)}(,.*)? \|", page
        ), (
            row.list,
            row.tier,
            row.option,
        )
        assert row.option in plain(made["options.md"])


def test_every_statement_of_the_pack_stands_on_some_page(made: dict[str, str], book: Handbook, pack: Pack) -> None:
    """Cautions of a list that can never be shown there are left out; each is shown somewhere."""
    text = plain("\n".join(made.values())).casefold()
    shown = [remark.said for row in pack.rows for remark in row.cautions if book.cautions[remark.rule - 1].options]
    shown += [block.said[0] for row in pack.rows for block in row.against_reasons]
    shown += [note.remark.said for note in pack.notes] + [gap.said for gap in pack.silences]
    shown += [pointer.said for pointer in pack.pointers]
    for reason in shown:
        assert reason.text.casefold() in text, reason.text
        assert str(reason.source or "").casefold() in text
    for ruling in pack.rulings.values():
        for part in (ruling.title, ruling.reading, *ruling.other_readings):
            assert part in plain(made["rulings.md"])
        if ruling.switch:
            assert f"{ruling.ruling}={ruling.switch.other.value}" in made["rulings.md"]
    for one in book.errata:
        assert one.problem in made["findings.md"]
    for accepted in read_audit(pack).accepted:
        assert accepted.finding in made["findings.md"]


def test_what_is_shown_to_a_patient_stands_on_the_page_of_the_list(book: Handbook, pack: Pack) -> None:
    """Nothing is left out of a list's page that a patient of that list is shown, by every witness of the audit."""
    said: dict[tuple[str, str], set[str]] = {}
    for chapter in book.chapters:
        for tier in chapter.tiers:
            for stand in (*tier.stands, *tier.untried):
                texts = said.setdefault((chapter.list.id, stand.row.option), set())
                texts |= {one.text for one in stand.said}
    everywhere = {rule.code for rule in book.everywhere}
    compared = 0
    for case in load("witnesses.yaml"):
        answer = replay(pack, case["facts"], case["rulings"]).answer()
        applying = {item.list for item in answer.lists if item.applies} if not case["rulings"] else set()
        for row in (row for row in answer.options if row.list in applying):
            lists = {row.list, *(via.list for via in (row.via, *row.also_via) if via is not None)}
            for caution in row.cautions:
                if (
                    caution.holds
                    and caution.kind != "since"
                    and (caution.code not in everywhere or row.option.startswith("BCMA"))
                ):
                    assert any(caution.text in said.get((name, row.option), ()) for name in lists), (
                        row.list,
                        row.option,
                        caution,
                    )
                    compared += 1
    assert compared > 1000


def test_every_line_of_text_and_every_entry_is_accounted_for(made: dict[str, str], book: Handbook, pack: Pack) -> None:
    page = made["coverage.md"]
    assert [int(first) for first in re.findall(r'<a id="L(\d+)"></a>', page)] == [one.first for one in book.coverage.passages]
    linked = set(re.findall(r"\[([a-z-]+:[^\]]+)\]", page))
    for entry in entries_of(pack):
        assert set(entry.names) & linked, entry.names
    for passage in book.coverage.passages:
        assert f"| {passage.kind} |" in next(line for line in page.splitlines() if f'<a id="L{passage.first}"></a>' in line)
        assert (passage.why or passage.trial or "") in page


def test_the_index_shows_the_flow_chart_and_every_list(made: dict[str, str], pack: Pack) -> None:
    for name in (*(f"{item.id}.md" for item in pack.lists), "flow.svg", "flow-narrow.svg", "rulings.md", "coverage.md"):
        assert name in made[INDEX]
    for line in pack.header.notice:
        assert line in made[INDEX]


def test_every_word_of_ours_on_the_pages_is_in_the_glossary(pack: Pack) -> None:
    glossary = (DOCS.parents[1] / "GLOSSARY.md").read_text(encoding="utf-8").casefold()
    words = {label.casefold().removeprefix("strong ") for label in LABELS.values()} | {
        "silence", "ruling", "erratum", "pack", "passage", "entry", "flow chart", "tier", "option", "list", "condition", "basis",
        "held back", "depends", "offered", "fallback", "mentioned", "untried", "usable", "principle", "via", "overlay",
    }  # fmt: skip
    for word in words:
        assert re.search(rf"\b{re.escape(word)}\b", glossary), word


def test_an_overlay_has_pages_too() -> None:
    from myeloguide.guideline.prepared import load_pack

    made = pages(Handbook(load_pack("imwg-2021-published")))
    assert "P1" in made["rulings.md"]
    assert "Secondary. The published version was not read" in made[INDEX]
