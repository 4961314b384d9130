"""The packs that the program ships with, kept ready to use beside their files, as Python keeps compiled modules.

Reading and checking a pack's YAML takes a fifth of a second; a pack made ready is read back in a tenth of that. What is
kept is used only if every file of the program and of its data is the one that it was made from, and only for packs of
the program itself: a pickle is as trusted as the program's own modules beside it, one in a stranger's folder is not.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import pydantic

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.guideline.pack import Pack

PROGRAM = Path(__file__).parents[1]
PACKS = Path(__file__).parent / "packs"
DEFAULT_PACK = "imwg-2021"


@cache
def load_pack(name: str = DEFAULT_PACK) -> Pack:
    """Load a pack that the program ships with, or one in a folder given by path."""
    if name in _shipped():
        return _ready(PACKS / name)
    folder = Path(name)
    if not (folder / "pack.yaml").is_file():
        if folder.is_dir():
            raise InputError(Problem(name, "this folder holds no pack.yaml", "name the folder of a pack"))
        remedy = suggestion(name, _shipped()) or "name a pack or its folder"
        raise InputError(Problem(name, "there is no such pack", remedy))
    return _read(folder)


def _shipped() -> list[str]:
    return sorted(path.name for path in PACKS.iterdir() if (path / "pack.yaml").is_file())


def _read(folder: Path) -> Pack:
    from myeloguide.guideline.loading import read_pack
    from myeloguide.knowledge.vocabulary import vocabulary

    return read_pack(folder, vocabulary())


def _ready(folder: Path) -> Pack:
    kept = PACKS / "__pycache__" / f"{folder.name}.{sys.implementation.cache_tag}.pickle"
    made_from = fingerprint()
    with suppress(Exception):  # what cannot be read back for whatever reason is made anew
        content = kept.read_bytes()
        if content.startswith(made_from):
            found: Pack = pickle.loads(content[len(made_from) :])
            return found
    pack = _read(folder)
    if not sys.dont_write_bytecode:
        pack.prepare()
        with suppress(OSError):
            _keep(kept, made_from + pickle.dumps(pack, pickle.HIGHEST_PROTOCOL))
    return pack


def _keep(kept: Path, content: bytes) -> None:
    kept.parent.mkdir(exist_ok=True)
    descriptor, aside = tempfile.mkstemp(dir=kept.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(aside).chmod(0o644)
        Path(aside).replace(kept)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def fingerprint(program: Path = PROGRAM) -> bytes:
    """Return the SHA-256 over every module and data file of the program, and the versions it runs on.

    The evidence and the cases are left out: no pack is made from them.
    """
    digest = hashlib.sha256(f"{sys.version} {pydantic.VERSION}".encode())
    pending = [str(program)]
    for folder in pending:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda item: item.name):
                if entry.name.endswith((".py", ".yaml")):
                    with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 (thirty times a start: pathlib is slow)
                        digest.update(f"\0{entry.path}\0".encode() + file.read())
                elif entry.is_dir() and entry.name not in ("__pycache__", "cases", "evidence"):
                    pending.append(entry.path)
    return digest.digest()
