"""Every mistake in the vocabulary's files is told with its file, its line and the remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from myeloguide.errors import InputError
from myeloguide.knowledge.vocabulary import DATA, load, vocabulary
from tests.broken import broken

CASES = broken("vocabulary")


@pytest.mark.parametrize("name", CASES)
def test_one_mistake_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    due = CASES[name].break_copy(DATA, tmp_path / "data")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "data")
    CASES[name].judge(caught.value, due)


def test_every_file_has_a_broken_case() -> None:
    assert {case.file for case in CASES.values()} == {"agents.yaml", "regimens.yaml", "facts.yaml"}


def test_a_copy_without_a_mistake_is_read(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    assert load(tmp_path / "data").agents == vocabulary().agents


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    (tmp_path / "data" / "regimens.yaml").unlink()
    with pytest.raises(InputError) as caught:
        load(tmp_path / "data")
    assert str(caught.value) == f"{tmp_path / 'data' / 'regimens.yaml'}: there is no such file"
