"""Files that are written: refused where none can be, written aside, then put in their place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from myeloguide.errors import InputError, Problem


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system refuses while an output is written into an error that names the output."""
    try:
        yield
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be written: {error.strerror or error}")) from None


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to. When all is written it takes the place of `path`; on an error it is removed.

    If nothing was written there, what stood in its place is removed.
    """
    beside = _beside(path)
    with writing(path):
        try:
            yield beside
            if beside.exists():
                beside.replace(path)
            else:
                path.unlink(missing_ok=True)
        finally:
            beside.unlink(missing_ok=True)


def refuse_output(path: Path, suffixes: Sequence[str] = (), example: str = "") -> None:
    """Refuse a path at which no file can be put, before the work is done."""
    if suffixes and path.suffix not in suffixes:
        wrong = f"is neither {' nor '.join(suffixes)}" if len(suffixes) > 1 else f"is no {suffixes[0]}"
        raise InputError(Problem(str(path), wrong, f"name it {example}"))
    refuse_parent(path)
    with writing(path):
        # A pipe or a device would not be written to, but replaced.
        if path.exists() and not path.is_file():
            what = "this is a folder" if path.is_dir() else "this is a pipe or a device"
            raise InputError(Problem(str(path), what, "name a file"))
        _beside(path).touch()
        _beside(path).unlink()


def refuse_parent(path: Path) -> None:
    """Refuse a path in a folder that is not there."""
    with writing(path):
        if not path.absolute().parent.is_dir():
            raise InputError(Problem(str(path.parent), "there is no such folder", "make it first"))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")
