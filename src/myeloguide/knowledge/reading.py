"""The one strict reader of every YAML and JSON file: data with its lines, checked against a model.

YAML is read by the 1.2 core schema (`off` and `2021-03-01` are text), without aliases, tags or duplicate keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, ClassVar, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from myeloguide.errors import NO_SUCH_FILE, InputError, Problem, suggestion

Place = tuple[str | int, ...]
"""Where a value stands in a document: keys and positions from the top."""

MAX_DEPTH = 40
DEFAULT_LIMIT = 2_000_000
"""Largest file that is read, in bytes, unless the caller says otherwise."""

_Loader = getattr(yaml, "CLoader", yaml.Loader)
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Document:
    """Plain data read from a file, with the line on which each value starts."""

    name: str
    data: Any
    lines: Mapping[Place, int | str]
    """The line of each value; where a document is made of several files, `file:line`."""

    def where(self, place: Place = ()) -> str:
        """Return `file:line` of a value, or of the nearest enclosing one that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        line = self.lines.get(place)
        return line if isinstance(line, str) else f"{self.name}:{line}" if line else self.name

    def at(self, place: Place) -> Any:
        """Return the value at a place."""
        value = self.data
        for step in place:
            value = value[step]
        return value

    def fail(self, place: Place, what: str, remedy: str = "") -> NoReturn:
        """Raise the error that a value of this document is wrong."""
        raise InputError(Problem(self.where(place), what, remedy))


class Strict(BaseModel):
    """A record of a data file: frozen, no key that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    known_as: ClassVar[str] = "record"

    @model_validator(mode="before")
    @classmethod
    def _only_declared_keys(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise PydanticCustomError("not_a_mapping", "{kind} is written as `key: value` lines", {"kind": _a(cls.known_as)})
        known = _keys_of(cls)
        for key in data:
            if key not in known:
                hint = suggestion(str(key), known)
                raise PydanticCustomError("unknown_key", "unknown key {key}", {"key": key, "kind": cls.known_as, "hint": hint})
        return data


@cache
def _keys_of(model: type[BaseModel]) -> dict[str, None]:
    return dict.fromkeys(field.alias or name for name, field in model.model_fields.items())


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}"


Model = TypeVar("Model", bound=BaseModel)


def wrong_name(kind: str, word: object, known: Iterable[str]) -> PydanticCustomError:
    """Return the error for a name that nothing is called by, with the likely one."""
    return PydanticCustomError(
        "wrong_name",
        "there is no {kind} {word}",
        {"kind": kind, "word": f'"{word}"', "hint": suggestion(str(word), known)},
    )


def wrong_value(what: str, hint: str = "") -> PydanticCustomError:
    """Return the error for a value that cannot stand where it stands."""
    return PydanticCustomError("wrong_value", "{what}", {"what": what, "hint": hint})


def placeholders(text: str, allowed: Iterable[str], where: str) -> None:
    """Refuse a text that asks to fill in something else than the names allowed."""
    known = list(allowed)
    try:
        asked = [f"{name}{how or ''}{style or ''}" for _, name, style, how in Formatter().parse(text) if name is not None]
    except ValueError:
        raise wrong_value(f'{where}: a brace is left open in "{text[:60]}"', "write {{ and }} for braces themselves") from None
    for name in asked:
        if name not in known:
            hint = suggestion(name, known) or "no name can be filled in here"
            raise wrong_value(f"{where}: nothing is called {{{name}}} here", hint)


def refuse_twins(document: Document, place: Place, key: str, kind: str) -> None:
    """Refuse a list of records in which two have the same name under `key`."""
    seen: dict[str, int] = {}
    for position, record in enumerate(document.at(place)):
        name = record[key] if isinstance(record, Mapping) else record
        if name in seen:
            first = document.where((*place, seen[name])).rpartition(":")[2]
            document.fail((*place, position), f"the {kind} {name} stands twice (first on line {first})", "keep one")
        seen[name] = position


def read_bytes(path: Path, *, limit: int = DEFAULT_LIMIT) -> bytes:
    """Read a file whole, refusing one that is missing, a folder or too large."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        raise InputError(Problem(str(path), NO_SUCH_FILE)) from None
    except IsADirectoryError:
        raise InputError(Problem(str(path), "this is a folder", "name a file")) from None
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror or error}")) from None
    if len(content) > limit:
        raise InputError(Problem(str(path), f"is larger than {limit:,} bytes", "no file of this kind is that large"))
    return content


def decode(content: bytes, name: str) -> str:
    """Decode UTF-8 text, refusing anything else."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(Problem(f"{name}:{line}", "is not UTF-8 text", "save it as UTF-8")) from None
    return text


def read(path: Path, *, limit: int = DEFAULT_LIMIT, name: str | None = None) -> Document:
    """Read the one document of a YAML or JSON file."""
    name = name or str(path)
    return parse(decode(read_bytes(path, limit=limit), name), name)


def parse(text: str, name: str) -> Document:
    """Read YAML or JSON text that holds exactly one document."""
    documents = parse_all(text, name)
    if len(documents) > 1:
        documents[1].fail((), "a second document begins here", "one document a file")
    if not documents or documents[0].data is None:
        raise InputError(Problem(name, "the file is empty"))
    return documents[0]


def parse_all(text: str, name: str) -> list[Document]:
    """Read every document of YAML text (JSON text is one document)."""
    if text.lstrip()[:1] in ("{", "["):
        found = _read_json(text, name)
        if found is not None:
            return [found]
    try:
        return _Composer(text, name).documents()
    except yaml.YAMLError as error:
        raise InputError(_syntax_problem(error, name)) from None


def _read_json(text: str, name: str) -> Document | None:
    """Read JSON text; None where it is none. Lines are found by reading it as YAML, where that is possible."""

    def refuse(constant: str) -> NoReturn:
        raise InputError(Problem(name, f"{constant} is not a number"))

    def finite(number: str) -> float:
        if float(number) in (float("inf"), float("-inf")):
            raise InputError(Problem(name, f"{number[:20]} is too large a number"))
        return float(number)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise InputError(Problem(name, f"the key {key} stands twice", "keep one"))
            found[key] = value
        return found

    composed: list[Document] = []
    fault: InputError | None = None
    try:
        composed = _Composer(text.replace("\t", " "), name).documents()
    except InputError as error:
        fault = error
    except yaml.YAMLError:
        pass
    try:
        data = json.loads(text, parse_constant=refuse, parse_float=finite, object_pairs_hook=once)
    except InputError as error:
        raise fault or error from None
    except RecursionError:
        raise fault or InputError(_too_deep(name)) from None
    except ValueError:
        return None
    if _depth(data) > MAX_DEPTH:
        raise fault or InputError(_too_deep(name))
    if "\\u" in text and not _is_text(data):
        raise InputError(Problem(name, "holds half a character (a lone surrogate)", "write the character itself"))
    return Document(name, data, composed[0].lines if len(composed) == 1 else {})


def _too_deep(name: str) -> Problem:
    return Problem(name, f"is nested more than {MAX_DEPTH} deep")


def _depth(data: Any) -> int:
    deepest, pending = 0, [(data, 0)]
    while pending:
        value, depth = pending.pop()
        deepest = max(deepest, depth)
        below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        pending += [(item, depth + 1) for item in below]
    return deepest


def _is_text(data: Any) -> bool:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _syntax_problem(error: yaml.YAMLError, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{name}:{mark.line + 1}" if mark else name
    detail = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    return Problem(where, f"is neither YAML nor JSON: {detail}", "check indentation, colons and quotes near this line")


class _Composer:
    """Builds plain data and lines from the parser's events, without recursion into aliases."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.events: Iterator[Any] = iter(_Loader(text).get_event, None)
        self.lines: dict[Place, int] = {}

    def documents(self) -> list[Document]:
        found = []
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.lines = {}
                data = self.value(next(self.events), ())
                found.append(Document(self.name, data, self.lines))
        return found

    def fail(self, event: Any, what: str, remedy: str = "") -> NoReturn:
        raise InputError(Problem(f"{self.name}:{event.start_mark.line + 1}", what, remedy))

    def value(self, event: Any, place: Place) -> Any:
        if len(place) > MAX_DEPTH:
            self.fail(event, _too_deep("").what)
        if event.anchor is not None or type(event) is yaml.AliasEvent:
            self.fail(event, "anchors and aliases (& and *) are not read", "write the value out")
        if event.tag not in (None, "!"):
            self.fail(event, f"the tag {event.tag} is not read", "leave it out")
        if place not in self.lines:
            self.lines[place] = event.start_mark.line + 1
        if type(event) is yaml.ScalarEvent:
            return self.scalar(event)
        return self.sequence(place) if type(event) is yaml.SequenceStartEvent else self.mapping(place)

    def scalar(self, event: Any) -> Any:
        text = event.value
        if event.style in ("'", '"', "|", ">"):
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if len(text) <= 400:
            if _INTEGER.match(text):
                return int(text)
            if _FLOAT.match(text):
                return self.finite(event, float(text))
        return text

    def finite(self, event: Any, number: float) -> float:
        if number in (float("inf"), float("-inf")):
            self.fail(event, f"{event.value} is too large a number")
        return number

    def sequence(self, place: Place) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*place, len(items))))
        return items

    def mapping(self, place: Place) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag not in (None, "!"):
                self.fail(event, "a key must be a plain word, without anchor or tag", "write `key: value`")
            key, line = event.value, event.start_mark.line + 1  # type: ignore[union-attr]
            if key in items:
                self.fail(event, f"the key {key} stands twice (first on line {self.lines[(*place, key)]})", "keep one")
            self.lines[(*place, key)] = line
            items[key] = self.value(next(self.events), (*place, key))
        return items


_TYPE_TAGS = {"bool", "str", "int", "float"}
_SPELLING = {
    "code": "small letters, digits and -, such as given-before",
    "condition": "small letters, digits and _, such as frail_or_over_75 or usable(agent)",
}
_SAYS = {
    "missing": "{key} is missing",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "union": "is of a kind that cannot stand here",
    "too_long": "has too many values",
    "too_short": "has too few values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be `key: value` lines",
    "frozen_set_type": "must be a list",
    "none_required": "must be left empty",
}


def check(document: Document, model: type[Model], names: object = None) -> Model:
    """Check a document against a model; `names` is what its names are looked up in."""
    try:
        return model.model_validate(document.data, context=names)
    except ValidationError as error:
        found: list[dict[str, Any]] = [dict(fault) for fault in error.errors(include_url=False)]
        # A list is also called too short when its only item is wrong; that says nothing more.
        deeper = [fault["loc"] for fault in found if fault["type"] != "too_short"]
        for fault in found:  # a value that may be of several types is told once, at its place
            if fault["loc"] and fault["loc"][-1] in _TYPE_TAGS:
                fault["loc"], fault["type"] = fault["loc"][:-1], "union"
        told = [fault["loc"] for fault in found if fault["type"] != "union"]
        unions = {fault["loc"]: fault for fault in found if fault["type"] == "union"}
        found = [fault for fault in found if fault["type"] != "union"]
        found += [fault for loc, fault in unions.items() if not any(place[: len(loc)] == loc for place in told)]
        kept = [
            fault
            for fault in found
            if fault["type"] != "too_short" or not any(place[: len(fault["loc"])] == fault["loc"] for place in deeper)
        ]
        raise InputError(_problem(document, fault) for fault in kept) from None


def _problem(document: Document, found: dict[str, Any]) -> Problem:
    place: Place = tuple(found["loc"])
    context = found.get("ctx", {})
    if found["type"] == "unknown_key":
        where, what = document.where((*place, context["key"])), f"unknown key {context['key']}"
        return Problem(where, f"{what} in {_a(context['kind'])}", context["hint"])
    where = document.where(place)
    if found["type"] == "missing":
        return Problem(where, _SAYS["missing"].format(key=place[-1]), f"add `{place[-1]}:`")
    # A wrong name, and a record that is wrong as a whole, say themselves what they are.
    whole = found["type"] == "wrong_value" and (not place or isinstance(place[-1], int))
    says_itself = found["type"] == "wrong_name" or whole
    label = next((f"{part}: " for part in reversed(place) if not says_itself and isinstance(part, str)), "")
    if found["type"] == "literal_error":
        allowed = re.findall(r"'([^']+)'", context["expected"])
        return Problem(where, f'{label}"{found["input"]}" is not one of its values', suggestion(str(found["input"]), allowed))
    if found["type"] == "string_pattern_mismatch":
        what = f'{label}"{found["input"]}" is not spelt as it must be'
        return Problem(where, what, _SPELLING.get(str(place[-1]), ""))
    if found["type"].endswith("_type") and found["input"] is None:
        return Problem(where, f"{label.removesuffix(': ') or 'it'} is empty", "give its value")
    what = _SAYS.get(found["type"], found["msg"])
    for bound, word in (("ge", "at least"), ("le", "at most")):
        if bound in context and "than_equal" in found["type"]:
            what = f"must be {word} {context[bound]:g}"
    is_number = found["type"] == "string_type" and type(found["input"]) in (int, float)
    hint = f'put it in quotes: "{found["input"]}"' if is_number else context.get("hint", "")
    return Problem(where, f"{label}{what}", hint)
