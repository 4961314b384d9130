"""Every mistake in a pack's files is told with its file, its line and the remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from myeloguide.errors import InputError
from myeloguide.guideline.coverage import read_coverage
from myeloguide.guideline.loading import pack_hash, read_audit, read_errata, read_pack
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS, load_pack
from myeloguide.knowledge.vocabulary import vocabulary
from tests.broken import broken

SHIPPED = PACKS / DEFAULT_PACK
CASES = broken("pack")


@pytest.mark.parametrize("name", CASES)
def test_one_mistake_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    due = CASES[name].break_copy(SHIPPED, tmp_path / DEFAULT_PACK)
    with pytest.raises(InputError) as caught:
        pack = read_pack(tmp_path / DEFAULT_PACK, vocabulary())
        read_errata(pack)
        read_coverage(pack)
        read_audit(pack)
    CASES[name].judge(caught.value, due)


def test_every_file_has_a_broken_case() -> None:
    files = {path.name for path in SHIPPED.glob("*.yaml")}
    assert {case.file for case in CASES.values() if "/" not in case.file} == files


def test_a_copy_without_a_mistake_is_read(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / DEFAULT_PACK)
    assert read_pack(tmp_path / DEFAULT_PACK, vocabulary()).hash == load_pack().hash


def test_a_mistake_changes_the_hash(tmp_path: Path) -> None:
    CASES["grade-unknown"].break_copy(SHIPPED, tmp_path / DEFAULT_PACK)
    assert pack_hash(tmp_path / DEFAULT_PACK) != load_pack().hash


@pytest.mark.parametrize("file", ["since.yaml", "lists/salvage-transplant.yaml"])
def test_a_missing_file_is_named(file: str, tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / DEFAULT_PACK)
    (tmp_path / DEFAULT_PACK / file).unlink()
    with pytest.raises(InputError) as caught:
        read_errata(read_pack(tmp_path / DEFAULT_PACK, vocabulary()))
    assert str(caught.value) == f"{tmp_path / DEFAULT_PACK / file}: there is no such file"


def test_an_unknown_pack_gets_the_likely_one() -> None:
    with pytest.raises(InputError) as caught:
        load_pack("imwg-2012")
    assert str(caught.value) == "imwg-2012: there is no such pack (did you mean imwg-2021?)"


def test_a_folder_that_is_no_pack_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_pack(str(tmp_path))
    assert str(caught.value) == f"{tmp_path}: this folder holds no pack.yaml (name the folder of a pack)"
