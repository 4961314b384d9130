"""A pack as an overlay: a folder whose files say only what differs from the pack that it lies over.

`pack.yaml` names that pack under `overlay_of` and gives what is its own. Every other file has the shape that it has in a whole
pack: a record with the name of one below replaces it, any other is added, and `drop:` takes away. A list's file
adds items to its tiers, and drops options from them. What is merged is read as strictly as a whole pack, and a fault is told
with the file and line that it stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from myeloguide.errors import suggestion
from myeloguide.guideline.prepared import PACKS
from myeloguide.knowledge.reading import Document, Place, read

KEY = "overlay_of"
_ITS_OWN = ("pack", "version", "title")

_REPLACED_BY_NAME = {
    "rulings": "ruling", "conditions": "condition", "silences": "silence", "since": "id", "errata": "erratum",
    "accepted": "finding", "cross_references": "list",
}  # fmt: skip
"""Lists of records with a name of their own: the same name replaces."""
_ADDED = {"cautions": "code", "notes": "code", "held_back": "code", "advised_against": "code"}
"""Lists of records whose codes several may share: they are added, and dropped by code."""


def layers(folder: Path) -> tuple[Path, ...]:
    """Return the folders that make a pack, the lowest first: of a whole pack, its own alone."""
    found = [folder]
    while True:
        document = _own(found[0], "pack.yaml")
        named = document.data.get(KEY) if isinstance(document.data, Mapping) else None
        if named is None:
            return tuple(found)
        shipped = sorted(path.parent.name for path in PACKS.glob("*/pack.yaml"))
        below = PACKS / str(named) if named in shipped else found[0] / str(named)
        if not (below / "pack.yaml").is_file():
            remedy = suggestion(str(named), shipped) or "name a pack, or its folder from here"
            document.fail((KEY,), f"there is no pack {named}", remedy)
        if below.resolve() in [known.resolve() for known in found]:
            document.fail((KEY,), f"{named} lies over itself", "name another pack")
        found.insert(0, below)


def pack_files(folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the files that make a pack, by name, those of the layer above last; cases are no part of what a pack says."""
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            name = path.relative_to(folder).as_posix()
            if not name.startswith("cases/"):
                yield name, path


def document_of(folders: Sequence[Path], name: str) -> Document:
    """Return a file of a pack; of an overlay, the file below with the overlay's changes."""
    *below, folder = folders
    if not below:
        return _own(folder, name)
    base = document_of(below, name)
    return _merge(base, _own(folder, name)) if (folder / name).is_file() else base


def _own(folder: Path, name: str) -> Document:
    return read(folder / name, name=f"{folder.name}/{name}")


def _merge(base: Document, over: Document) -> Document:
    if not isinstance(over.data, Mapping):
        over.fail((), "an overlay's file is written as `key: value` lines")
    missing = [key for key in _ITS_OWN if KEY in over.data and key not in over.data]
    if missing:
        over.fail((KEY,), f"an overlay is a pack of its own, and has no `{missing[0]}:`", "give pack, version and title")
    merged = _Merged(base, over)
    merged.take(base, (), ())
    drop = over.data.get("drop", {})
    if not isinstance(drop, Mapping) or not all(isinstance(names, list) for names in drop.values()):
        over.fail(("drop",), "drop is written as lists by kind", "such as `drop: {cautions: [toxicity]}`")
    for key, names in drop.items():
        kinds = {**_REPLACED_BY_NAME, **_ADDED, "tiers": "tier"}
        if key not in kinds or key not in base.data:
            over.fail(
                ("drop", key), f"nothing is called {key} here", suggestion(key, [kind for kind in kinds if kind in base.data])
            )
        merged.without(key, kinds[key], names)
    for key, value in over.data.items():
        if key in ("drop", KEY):
            continue
        if key in _REPLACED_BY_NAME:
            merged.replace(key, _REPLACED_BY_NAME[key])
        elif key in _ADDED or key == "notice":
            merged.add(key)
        elif key == "tiers":
            merged.tiers()
        else:
            merged.data[key] = value
            merged.take(over, (key,), (key,))
    return Document(base.name, merged.data, merged.lines)


class _Merged:
    """A document being made of two, with where each value stands."""

    def __init__(self, base: Document, over: Document) -> None:
        self.base = base
        self.over = over
        self.data: dict[str, Any] = dict(base.data)
        self.lines: dict[Place, int | str] = {}

    def take(self, document: Document, at: Place, to: Place) -> None:
        """Note where what stands at a place of a document stands, now at another place."""
        for place in document.lines:
            if place[: len(at)] == at:
                self.lines[(*to, *place[len(at) :])] = document.where(place)

    def set(self, key: str, records: Iterable[tuple[Document, Place]]) -> None:
        """Put records, each from its place in a document, under a key."""
        for place in [place for place in self.lines if place[:1] == (key,) and len(place) > 1]:
            del self.lines[place]
        chosen = list(records)
        self.data[key] = [document.at(place) for document, place in chosen]
        for position, (document, place) in enumerate(chosen):
            self.take(document, place, (key, position))

    def origins(self, key: str) -> list[tuple[Document, Place]]:
        here = Document(self.base.name, dict(self.data), dict(self.lines))
        return [(here, (key, position)) for position in range(len(self.data.get(key, ())))]

    def own(self, key: str) -> list[tuple[Document, Place]]:
        value = self.over.data[key]
        if not isinstance(value, list):
            self.over.fail((key,), f"{key} is a list", "write one record after a dash")
        for position, record in enumerate(value):
            if key != "notice" and not isinstance(record, Mapping):
                self.over.fail((key, position), f"a record of {key} is written as `key: value` lines")
        return [(self.over, (key, position)) for position in range(len(value))]

    def without(self, key: str, name: str, names: list[Any]) -> None:
        known = [_named(record, name) for record in self.data[key]]
        for position, dropped in enumerate(names):
            if dropped not in known:
                self.over.fail(("drop", key, position), f"there is no {dropped} to drop", suggestion(str(dropped), known))
        self.set(
            key, [(document, place) for document, place in self.origins(key) if _named(document.at(place), name) not in names]
        )

    def replace(self, key: str, name: str) -> None:
        own = {_named(document.at(place), name): (document, place) for document, place in self.own(key)}
        kept = []
        for document, place in self.origins(key):
            kept.append(own.pop(_named(document.at(place), name), (document, place)))
        self.set(key, [*kept, *own.values()])

    def add(self, key: str) -> None:
        self.set(key, [*self.origins(key), *self.own(key)])

    def tiers(self) -> None:
        """Drop options from tiers, add items to them, and add tiers."""
        if not isinstance(self.over.data["tiers"], list):
            self.over.fail(("tiers",), "tiers is a list", "write one tier after a dash")
        tiers = [dict(tier) for tier in self.data["tiers"]]
        known = [str(tier.get("tier")) for tier in tiers]
        for position, changed in enumerate(self.over.data["tiers"]):
            place: Place = ("tiers", position)
            if not isinstance(changed, Mapping) or "tier" not in changed:
                self.over.fail(place, "a tier without its name", "write `tier:`")
            if str(changed["tier"]) not in known:
                if "title" not in changed:
                    self.over.fail(
                        (*place, "tier"), f"there is no tier {changed['tier']}", suggestion(str(changed["tier"]), known)
                    )
                tiers.append(dict(changed))
                self.take(self.over, place, ("tiers", len(tiers) - 1))
                continue
            number = known.index(str(changed["tier"]))
            self.tier(tiers[number], number, changed, place)
        self.data["tiers"] = tiers

    def tier(self, tier: dict[str, Any], number: int, changed: Mapping[str, Any], place: Place) -> None:
        dropped = changed.get("drop", [])
        for key in ("drop", "items"):
            if not isinstance(changed.get(key, []), list):
                self.over.fail((*place, key), f"{key} is a list", "write one after a dash, or in brackets")
        listed = [option for item in tier["items"] for option in item.get("options", ())]
        for position, option in enumerate(dropped):
            if option not in listed:
                self.over.fail(
                    (*place, "drop", position), f"the tier {changed['tier']} does not hold {option}", suggestion(option, listed)
                )
        here = Document(self.base.name, dict(self.data), dict(self.lines))
        items: list[Any] = []
        for place_of_item in [place for place in self.lines if place[:3] == ("tiers", number, "items") and len(place) > 3]:
            del self.lines[place_of_item]
        for position, item in enumerate(tier["items"]):
            left = [option for option in item.get("options", ()) if option not in dropped]
            if left or not item.get("options"):
                self.take(here, ("tiers", number, "items", position), ("tiers", number, "items", len(items)))
                items.append({**item, "options": left} if "options" in item else item)
        for position, item in enumerate(changed.get("items", ())):
            self.take(self.over, (*place, "items", position), ("tiers", number, "items", len(items)))
            items.append(item)
        for key, value in changed.items():
            if key not in ("tier", "drop", "items"):
                tier[key] = value
                self.take(self.over, (*place, key), ("tiers", number, key))
        tier["items"] = items


def _named(record: Any, name: str) -> str:
    return str(record.get(name)) if isinstance(record, Mapping) else ""
