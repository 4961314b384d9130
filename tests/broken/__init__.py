"""Broken data files, one mistake each: a text that is replaced in a copy of the shipped files, and the message it must give."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

from myeloguide.errors import InputError
from myeloguide.knowledge.reading import Strict, check, read

HERE = Path(__file__).parent


class Broken(Strict):
    """One mistake. In `message`, `{line}` is the line of the changed text, or of the text `line_of`.

    `{first}` is the line of `first_of`, where what stands twice stood first. `means` is the name that a misspelt one must be
    taken for.
    """

    known_as: ClassVar[str] = "broken case"

    file: str
    find: str
    replace: str
    message: str
    line_of: str | None = None
    first_of: str | None = None
    means: str | None = None

    def break_copy(self, shipped: Path, copy: Path) -> str:
        """Copy the shipped files with the mistake in them; return the message that is due."""
        shutil.copytree(shipped, copy)
        path = copy / self.file
        whole = path.read_text(encoding="utf-8")
        assert whole.count(self.find) == 1, f"{self.file} holds {self.find!r} {whole.count(self.find)} times"
        broken = whole.replace(self.find, self.replace)
        path.write_text(broken, encoding="utf-8")
        at = whole.index(self.find) if self.line_of is None else self.only(self.line_of, broken)
        assert "{line}" in self.message, "every message names a line"
        due = self.message.replace("{line}", str(broken.count("\n", 0, at) + 1))
        if self.first_of is not None:
            due = due.replace("{first}", str(broken.count("\n", 0, self.only(self.first_of, broken)) + 1))
        return due

    def only(self, text: str, broken: str) -> int:
        """Return where a text stands that must stand once."""
        assert broken.count(text) == 1, f"{self.file} holds {text!r} {broken.count(text)} times"
        return broken.index(text)

    def judge(self, error: InputError, due: str) -> None:
        """One mistake, one problem: in its own file, with its line, and with the likely name for a misspelt one."""
        assert str(error) == due
        (problem,) = error.problems
        assert problem.where.rpartition(":")[0].endswith(self.file)
        if self.means is not None:
            assert f"did you mean {self.means}" in problem.remedy


def broken(folder: str) -> dict[str, Broken]:
    """Read every broken case of a folder, by name."""
    return {path.stem: check(read(path), Broken) for path in sorted((HERE / folder).glob("*.yaml"))}
