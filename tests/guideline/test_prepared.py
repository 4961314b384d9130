"""A pack kept ready is the pack that its files hold, and is never used for other files."""

from __future__ import annotations

import json
import pickle
import shutil
from datetime import date
from pathlib import Path

import pytest

from myeloguide.guideline import prepared
from myeloguide.guideline.answer import plain
from myeloguide.guideline.assess import assess_document
from myeloguide.guideline.loading import read_pack
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS, PROGRAM, fingerprint, load_pack
from myeloguide.knowledge.reading import parse
from myeloguide.knowledge.vocabulary import vocabulary
from tests.kept_cases import load as load_cases


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of packs, copied, so that what is kept there can be spoilt."""
    shutil.copytree(PACKS / DEFAULT_PACK, tmp_path / DEFAULT_PACK)
    monkeypatch.setattr(prepared, "PACKS", tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    return tmp_path


def kept_in(shelf: Path) -> Path:
    (kept,) = (shelf / "__pycache__").iterdir()
    return kept


def load() -> Pack:
    return load_pack.__wrapped__()


def test_a_pack_read_back_answers_as_the_one_read_from_its_files(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from_files = load()
    assert kept_in(shelf).stat().st_size > 100_000
    monkeypatch.setattr(prepared, "_read", None)
    read_back = load()
    assert read_back is not from_files
    for case in load_cases("facts.yaml"):
        file = parse(json.dumps({"as_of": "2026-01-01", "facts": case["facts"]}), "case")
        answers = [plain(assess_document(pack, file, date(2026, 1, 1))) for pack in (from_files, read_back)]
        assert answers[0] == answers[1]


def test_what_was_made_from_other_files_is_not_used(shelf: Path) -> None:
    load()
    kept = kept_in(shelf)
    content = kept.read_bytes()
    stranger = pickle.dumps("not a pack")
    kept.write_bytes(bytes(32) + stranger)
    assert isinstance(load(), Pack)
    assert kept.read_bytes() == content


@pytest.mark.parametrize("length", [0, 10, 32, 5000])
def test_what_is_broken_is_made_anew(shelf: Path, length: int) -> None:
    load()
    kept = kept_in(shelf)
    content = kept.read_bytes()
    kept.write_bytes(content[:length])
    assert isinstance(load(), Pack)
    assert kept.read_bytes() == content


def test_nothing_is_kept_where_python_keeps_no_compiled_modules(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert isinstance(load(), Pack)
    assert not (shelf / "__pycache__").exists()


def test_a_folder_that_cannot_be_written_is_no_error(shelf: Path) -> None:
    (shelf / "__pycache__").write_text("a file where the folder would be", encoding="utf-8")
    assert isinstance(load(), Pack)


def test_a_pack_in_a_folder_of_the_user_is_read_from_its_files_alone(shelf: Path) -> None:
    load()
    (shelf / DEFAULT_PACK / "__pycache__").mkdir()
    shutil.copy(kept_in(shelf), shelf / DEFAULT_PACK / "__pycache__")
    assert load_pack.__wrapped__(str(shelf / DEFAULT_PACK)).folder == shelf / DEFAULT_PACK
    assert read_pack(shelf / DEFAULT_PACK, vocabulary()).hash == load().hash


def test_the_fingerprint_changes_with_any_module_or_data_file(tmp_path: Path) -> None:
    copy = tmp_path / "myeloguide"
    shutil.copytree(PROGRAM, copy, ignore=shutil.ignore_patterns("__pycache__"))
    seen = {fingerprint(copy)}
    assert fingerprint(copy) in seen
    for name in ("criteria/walk.py", "knowledge/data/agents.yaml", f"guideline/packs/{DEFAULT_PACK}/against.yaml"):
        (copy / name).write_text((copy / name).read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
        seen.add(fingerprint(copy))
    (copy / "guideline" / "new.py").write_text("", encoding="utf-8")
    seen.add(fingerprint(copy))
    assert len(seen) == 5


def test_evidence_and_cases_are_no_part_of_the_fingerprint(tmp_path: Path) -> None:
    copy = tmp_path / "myeloguide"
    shutil.copytree(PROGRAM, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = fingerprint(copy)
    (copy / "evidence" / "data" / "castor.yaml").write_text("", encoding="utf-8")
    (copy / "guideline" / "packs" / DEFAULT_PACK / "cases" / "facts.yaml").write_text("", encoding="utf-8")
    assert fingerprint(copy) == before
