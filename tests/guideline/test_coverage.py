"""Every line of the source is in exactly one class, by entries that name it; the command shows it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from myeloguide.errors import InputError
from myeloguide.guideline.coverage import (
    CLASSES,
    Coverage,
    Entry,
    check_copy,
    entries_of,
    plain,
    read_coverage,
    render,
    render_line,
)
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import load_pack
from tests.test_cli import call

LAST = 1076

SECTIONS = {
    "Introduction": (21, 0, 15, 0, 42),
    "One prior line": (7, 4, 7, 0, 24),
    "First relapse, lenalidomide-refractory": (101, 40, 0, 1, 158),
    "Recommendations: first relapse, lenalidomide-refractory": (7, 0, 0, 0, 9),
    "First relapse, not lenalidomide-refractory": (49, 7, 0, 0, 64),
    "Recommendations: first relapse, not lenalidomide-refractory": (6, 0, 0, 0, 8),
    "First relapse after frontline daratumumab": (17, 7, 3, 0, 33),
    "Salvage transplant": (25, 9, 0, 0, 42),
    "Two or more prior lines": (38, 5, 3, 0, 54),
    "Additional options": (25, 3, 1, 0, 33),
    "Investigational options": (8, 2, 2, 0, 12),
    "BCMA-targeted therapies, and venetoclax": (48, 20, 4, 1, 81),
    "Recommendations: two or more prior lines": (13, 0, 0, 0, 17),
}
"""Lines of each class, counted when every line was read; a line that changes its class changes a number here."""

NAMED = {
    "against": 25, "caution": 404, "condition": 69, "cross-reference": 7, "list": 91, "note": 78, "ruling": 283, "silence": 39,
}  # fmt: skip
"""On how many lines an entry of each kind is named, each entry counted."""

TRIALS: dict[str | None, int] = {
    "SWOG0777": 4, "REP": 4, None: 1, "ENDEAVOR": 2, "CASTOR": 8, "OPTIMISMM": 2, "CANDOR": 4, "IKEMA": 2,
    "EQUULEUS": 6, "MM-014": 6, "EMN011": 8, "IPd": 1, "POLLUX": 3, "EloRd v Rd": 1, "BOSTON": 1,
    "ALCYONE": 6, "MAIA": 1, "Myeloma X": 4, "Rd v Rd with second transplant": 5, "ELOQUENT-3": 1,
    "PCd": 2, "STORM": 3, "O-12-M1": 2, "DREAMM-2": 4, "bb2121, phase 1": 8, "KarMMa": 4,
    "LEGEND-2": 1, "CARTITUDE-1": 3,
}  # fmt: skip
"""Lines of evidence by the trial that they describe."""


@pytest.fixture(scope="module")
def coverage(pack: Pack) -> Coverage:
    return read_coverage(pack)


@pytest.fixture(scope="module")
def entries(pack: Pack) -> tuple[Entry, ...]:
    return entries_of(pack)


@pytest.fixture(scope="module")
def written(coverage: Coverage) -> dict[str, Any]:
    done: dict[str, Any] = json.loads(json.dumps(plain(coverage)))
    return done


def test_every_line_is_in_exactly_one_class(coverage: Coverage, pack: Pack, written: dict[str, Any]) -> None:
    assert pack.header.source_lines == LAST
    assert [(line.first, line.last) for line in coverage.lines] == [(number, number) for number in range(1, LAST + 1)]
    assert [number for run in written["lines"] for number in range(run["first"], run["last"] + 1)] == list(range(1, LAST + 1))
    assert {run["class"] for run in written["lines"]} == set(CLASSES)
    assert sum(coverage.by_class().values()) == LAST


def test_each_section_has_the_lines_that_were_read_so(coverage: Coverage) -> None:
    assert {name: tuple(count[kind] for kind in CLASSES) for name, count in coverage.by_section().items()} == SECTIONS
    assert [sum(column) for column in zip(*SECTIONS.values(), strict=True)] == [coverage.by_class()[kind] for kind in CLASSES]


def test_as_many_entries_are_named_as_were_found(coverage: Coverage) -> None:
    assert Counter(name.partition(":")[0] for line in coverage.lines for name in line.entries) == NAMED


def test_evidence_is_that_of_the_trials_that_were_read_there(coverage: Coverage) -> None:
    assert Counter(line.trial for line in coverage.lines if line.kind == "evidence") == TRIALS


def test_what_cannot_be_computed_says_why(coverage: Coverage) -> None:
    assert {line.first: bool(line.why) for line in coverage.lines if line.kind == "not-computable"} == {163: True, 1009: True}


def test_a_line_is_encoded_by_entries_that_name_it_and_one_of_them_says_it(
    coverage: Coverage, entries: tuple[Entry, ...]
) -> None:
    for line in coverage.lines:
        naming = [one for one in entries if line.first in one.lines and set(one.names) & set(line.entries)]
        assert {name for one in naming for name in one.names} >= set(line.entries)
        assert any(one.kind != "ruling" for one in naming) == (line.kind == "encoded"), line


def test_every_entry_of_the_pack_stands_on_lines_of_its_own(coverage: Coverage, entries: tuple[Entry, ...], pack: Pack) -> None:
    assert {entry.names[0] for entry in entries if entry.kind == "ruling"} == {
        f"ruling:{name}" for name, ruling in pack.rulings.items() if ruling.source is not None
    }
    for entry in entries:
        assert any(
            coverage.line(number).kind == "encoded"
            for number in entry.lines
            if set(entry.names) & set(coverage.line(number).entries)
        )
        if entry.kind in ("item", "caution", "against"):
            assert {coverage.line(number).kind for number in entry.lines} <= {"encoded", "evidence", "blank"}


def test_every_option_of_the_boxes_is_encoded_where_it_is_printed(coverage: Coverage, pack: Pack) -> None:
    """Held against the made-ready pack, whose places were read on another way."""
    for row in pack.rows:
        place = row.listed.source
        assert place is not None
        named = {
            name for first, last in place.ranges for number in range(first, last + 1) for name in coverage.line(number).entries
        }
        assert f"list:{row.list}/{row.tier}" in named


@pytest.mark.parametrize("erratum", ["candor-patients", "mm-014-range", "bellini-heading", "kpd-dpd-grades"])
def test_an_erratum_is_shown_on_its_lines_and_leaves_their_class(erratum: str, coverage: Coverage) -> None:
    on = {line.first: line.kind for line in coverage.lines if erratum in line.errata}
    due: dict[str, dict[int, str]] = {
        "candor-patients": {283: "encoded"},
        "mm-014-range": {357: "evidence", 359: "evidence"},
        "kpd-dpd-grades": dict.fromkeys((431, 1059, 1065), "encoded"),
    }
    assert on == due[erratum] if erratum in due else on[893] == "context"


def test_the_text_is_legible_at_80_columns(coverage: Coverage) -> None:
    text = render(coverage)
    assert max(map(len, text.splitlines())) <= 80
    assert "imwg-2021 1.2.1: 1076 lines of the source, each in exactly one class" in text
    assert "# encoded           365   33.9%    73.1%" in text
    assert "  L421  # # # # # # #   # # # # # #     # # # # # # # + + # # # + #" in text
    assert "L1009       not-computable: research on other targets" in text
    rows = [line[8:].ljust(60) for line in text.split("Map")[1].split("\n\n")[0].splitlines()[1:]]
    marks = "".join(rows)[:LAST]
    assert Counter(marks) == {mark: coverage.by_class()[kind] for mark, kind in zip("#+.? ", CLASSES, strict=True)}


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (425, "L425 (Recommendations: first relapse, lenalidomide-refractory), of the passage L425-427\n"
              "L425        encoded: list:first-relapse-lenalidomide-refractory/preferred,\n            ruling:B6\n"),
        (426, "L426 (Recommendations: first relapse, lenalidomide-refractory)\nblank: no text\n"),
        (357, "L357 (First relapse, lenalidomide-refractory), of the passage L349-359\nL357        evidence: MM-014 (errata: mm-014-range)\n"),
        (355, "L355 (First relapse, lenalidomide-refractory), of the passage L349-359\nL355        evidence: MM-014\n"),
        (1, "L1 (Introduction), of the passage L1-29\nL1          context\n"),
    ],
)  # fmt: skip
def test_one_line(number: int, shown: str, coverage: Coverage) -> None:
    assert render_line(coverage, number) == shown


def copy_of_the_source(coverage: Coverage) -> list[str]:
    return ["" if line.kind == "blank" else "text" for line in coverage.lines]


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("break_", ["\n", "\r\n"])
def test_a_copy_of_the_source_is_held_against_the_classes(end: str, break_: str, coverage: Coverage, tmp_path: Path) -> None:
    path = tmp_path / "source.txt"
    path.write_bytes((break_.join([*copy_of_the_source(coverage)[:-1], " "]) + end).encode())
    assert check_copy(coverage, path) == f"{path}: 1076 lines; its 577 blank lines are those classed blank"


def test_another_text_is_told_from_the_source(coverage: Coverage, tmp_path: Path) -> None:
    path = tmp_path / "source.txt"
    lines = copy_of_the_source(coverage)
    for changed, said in (
        (lines[1:], f"{path}: has 1075 lines, the source of imwg-2021 has 1076 (it is another text)"),
        (
            [*lines[:424], "", "text", *lines[426:]],
            f"{path}:425: is classed encoded, but is blank\n{path}:426: is classed blank, but is not blank",
        ),
    ):
        path.write_text("\n".join(changed) + "\n", encoding="utf-8")
        with pytest.raises(InputError) as caught:
            check_copy(coverage, path)
        assert str(caught.value) == said


def test_the_command(coverage: Coverage, written: dict[str, Any], tmp_path: Path) -> None:
    done = call(["guideline", "coverage"])
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, render(coverage), b"")
    assert json.loads(call(["guideline", "coverage", "imwg-2021", "--format", "json"]).stdout) == written
    done = call(["guideline", "coverage", "--format", "json", "--line", "425"])
    assert json.loads(done.stdout)["lines"] == [
        {
            "first": 425,
            "last": 425,
            "class": "encoded",
            "entries": ["list:first-relapse-lenalidomide-refractory/preferred", "ruling:B6"],
            "why": None,
            "trial": None,
            "errata": [],
        }
    ]
    path = tmp_path / "source.txt"
    path.write_text("\n".join(copy_of_the_source(coverage)) + "\n", encoding="utf-8")
    done = call(["guideline", "coverage", "--source", path, "--line", "426"])
    assert done.stdout.decode().splitlines()[0] == f"{path}: 1076 lines; its 577 blank lines are those classed blank"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--line", "0"], "line 0: the source of imwg-2021 has lines 1 to 1076"),
        (["--line", "1077"], "line 1077: the source of imwg-2021 has lines 1 to 1076"),
        (["imwg-2022"], "imwg-2022: there is no such pack (did you mean imwg-2021?)"),
        (["--source", "none.txt"], "none.txt: there is no such file"),
        (["--source", "."], ".: this is a folder (name a file)"),
    ],
)
def test_wrong_arguments(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = call(["guideline", "coverage", *arguments], folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"myeloguide: {said}\n")


# --- overlays ---


def test_an_overlay_is_told_by_the_pack_below_without_what_it_drops() -> None:
    below, above = (read_coverage(load_pack(name)) for name in ("imwg-2021", "imwg-2021-published"))
    dropped = {name for one, other in zip(below.lines, above.lines, strict=True) for name in {*one.entries} - {*other.entries}}
    assert dropped == {"list:first-relapse-not-lenalidomide-refractory/mentioned", "ruling:C1"}
    assert [line.kind for line in above.lines] == [line.kind for line in below.lines]


def test_a_line_of_which_an_overlay_drops_everything_is_not_computable(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text('overlay_of: imwg-2021\npack: without\ntitle: without\nversion: "1"\n', encoding="utf-8")
    (tmp_path / "notes.yaml").write_text("drop: {notes: [class-switch]}\n", encoding="utf-8")
    line = read_coverage(load_pack(str(tmp_path))).line(147)
    assert (line.kind, line.entries) == ("not-computable", ())
    assert line.why == "without drops what imwg-2021 says of it"
