"""`guideline show` in the terminal, and `source` from an owner's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from myeloguide.errors import InputError
from myeloguide.guideline.pack import Pack
from myeloguide.handbook.content import Handbook
from myeloguide.handbook.place import fingerprint, read_source, show_places, spots
from myeloguide.handbook.terminal import show
from tests.test_cli import call


@pytest.fixture(scope="module")
def book(pack: Pack) -> Handbook:
    return Handbook(pack)


def test_a_list_is_shown(book: Handbook) -> None:
    text = show(book, "first-relapse-lenalidomide-refractory")
    assert text.startswith("First relapse, disease refractory to lenalidomide\n====")
    text = " ".join(text.split())
    for part in (
        "1A PVd: pomalidomide, bortezomib, dexamethasone [L425-427; phase 3 trials]",
        "Only if frail.",
        "Only if none of daratumumab, isatuximab, carfilzomib and pomalidomide is usable",
        "(with C2=any: at least one of daratumumab",
        "- Advised against: Severe gut toxicity",
    ):
        assert part in text
    assert "lenalidomide; the source's own condition for lenalidomide again" not in text  # can never be shown in this list


def test_what_is_the_same_for_every_patient_of_a_list_has_no_condition_there(book: Handbook) -> None:
    refractory, not_refractory = (show(book, f"first-relapse-{name}lenalidomide-refractory") for name in ("", "not-"))
    assert "- Caution: Lenalidomide-refractory patients may gain less from Kd" in refractory
    assert "may gain less from Kd" not in not_refractory
    assert "exactly 1 prior line" not in not_refractory.split("Preferred")[1].split("Shown beside")[0]


def test_an_option_is_shown_everywhere_it_stands(book: Handbook, pack: Pack) -> None:
    text = show(book, "Dara-Kd")
    lists = {row.list for row in pack.rows if row.option == "DKd"}
    assert len(lists) == 3
    for item in pack.lists:
        assert (f"\n{item.title}: " in text) == (item.id in lists)


@pytest.mark.parametrize("name", ["C2", "c2"])
def test_a_ruling_is_shown_with_its_other_readings(name: str, book: Handbook) -> None:
    text = " ".join(show(book, name).split())
    assert "Not used: - The condition holds as soon as any one of the agents named is not usable." in text
    assert "Switched by --ruling C2=any" in text
    assert "Bears on two-or-more-lines: PCd, Pd" in text


@pytest.mark.parametrize("width", [80, 60])
def test_it_reads_at_its_width(width: int, book: Handbook, pack: Pack) -> None:
    for name in (None, "PVd", "salvage-ASCT", *(item.id for item in pack.lists), *pack.rulings):
        text = show(book, name, width)
        assert max(map(len, text.splitlines())) <= width, name
        assert "  \n" not in text and not text.startswith("\n")


def test_all_lists_are_named_without_a_name(book: Handbook, pack: Pack) -> None:
    done = call(["guideline", "show"])
    assert done.returncode == 0
    for row in pack.rows:
        assert row.list in done.stdout.decode()
        assert row.option in done.stdout.decode()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("C22", "no list, option or ruling is called C22 (did you mean C2 or C12?)"),
        ("DPf", "no list, option or ruling is called DPf (did you mean DPd?)"),
        ("two-or-more", "no list, option or ruling is called two-or-more (did you mean two-or-more-lines?)"),
        ("PAD", "PAD stands in no list (did you mean Pd or PVd or PCd?)"),
        ("zebra", "no list, option or ruling is called zebra (`myeloguide guideline show` names every list and option)"),
    ],
)
def test_a_wrong_name(name: str, said: str) -> None:
    done = call(["guideline", "show", name])
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"myeloguide: guideline show: {said}\n")


# The source, from a file of one's own: here a text of the same shape


@pytest.fixture(scope="module")
def lines(book: Handbook) -> list[str]:
    return ["" if line.kind == "blank" else f"text of line {line.first} " for line in book.coverage.lines]


@pytest.fixture
def file(lines: list[str], tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_lines_are_shown_with_those_around_them(file: Path) -> None:
    done = call(["source", "L425-427", "--file", file])
    assert done.returncode == 0
    assert done.stdout.decode().split("\n\n", 1)[1] == (
        "L425-427\n--------\nL425-427 (Recommendations: first relapse, lenalidomide-refractory)\n"
        "   419  text of line 419\n   421  text of line 421\n   423  text of line 423\n"
        ">  425  text of line 425\n>  427  text of line 427\n"
        "   429  text of line 429\n   431  text of line 431\n   433  text of line 433\n"
    )


@pytest.mark.parametrize(
    ("name", "marked"),
    [
        ("425", {425}),
        ("l425-L427", {425, 427}),
        ("A3", {437, 439, 441, 443}),
        ("ruling:A3", {437, 439, 441, 443}),
        ("class-switch", {147, 149}),
        ("note:class-switch", {147, 149}),
        ("list:two-or-more-lines/second", {1059, 1065}),
        ("caution:toxicity/selinexor", {843, 845, 847}),
        ("erratum:candor-patients", {283}),
        ("REP", {135, 137, 139, 141, 143, 145}),
    ],
)
def test_what_is_named_is_marked(name: str, marked: set[int], book: Handbook, lines: list[str]) -> None:
    text = show_places(book, spots(book, name), lines)
    assert {int(line.split()[1]) for line in text.splitlines() if line.startswith(">")} == marked


def test_an_option_is_shown_wherever_something_is_said_of_it(book: Handbook) -> None:
    found = {span for spot in spots(book, "PVd") for span in spot.lines}
    assert {(425, 427), (621, 625), (253, 263), (273, 275)} <= found


@pytest.mark.parametrize("name", ["L0", "L1077", "L30-20", "class-swich", "toxicty/Kd"])
def test_a_wrong_place(name: str, file: Path) -> None:
    done = call(["source", name, "--file", file])
    assert (done.returncode, done.stdout) == (2, b"")
    assert any(part in done.stderr.decode() for part in ("lines 1 to 1076", "did you mean class-switch?", "toxicity/"))


def test_the_right_text_is_told_by_its_hash(
    book: Handbook, pack: Pack, file: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pack.header.source_hash is not None
    assert "not letter for letter" in read_source(book, file)[1]
    monkeypatch.setattr(book, "pack", _with_hash(pack, fingerprint("\n".join(lines))))
    for text in ("\n".join(lines), "\r\n".join(lines) + "\r\n", "\n".join(line.rstrip() for line in lines)):
        file.write_bytes(text.encode())
        assert "the text that imwg-2021 was made from" in read_source(book, file)[1]
    file.write_text("\n".join(lines).replace("text of line 425", "text of line 4Z5"), encoding="utf-8")
    assert "not letter for letter" in read_source(book, file)[1]


def _with_hash(pack: Pack, known: str) -> Pack:
    from dataclasses import replace

    return replace(pack, header=pack.header.model_copy(update={"source_hash": known}))


def test_another_edition_is_refused(book: Handbook, file: Path, lines: list[str]) -> None:
    for changed, said in (
        (lines[1:], "ends with line 1074, the source with line 1075 (it is another edition"),
        (
            [*lines[:424], "", "text", *lines[426:]],
            "source.txt:425: is blank, in the source it is not blank (it is another edition",
        ),
    ):
        file.write_text("\n".join(changed), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_source(book, file)
        assert said in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = call(["source", "L425", "--file", tmp_path / "none.txt"])
    assert done.returncode == 2
    assert b"there is no such file" in done.stderr
