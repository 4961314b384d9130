"""Mutants of a pack's data: every file of it with one thing wrong, made the same way from any pack."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myeloguide.knowledge.reading import Place, read
from myeloguide.knowledge.vocabulary import Vocabulary

CONDITIONS = ("applies", "is", "when", "unless", "strong_unless", "grade_when")
"""Keys whose value is a condition, in whatever file."""
NAMED_BY = ("condition", "code", "silence", "ruling", "tier", "option", "list")
"""Keys that tell which record of a file it is, the first that there is."""
STRENGTHS = {"strong": "note", "note": "strong", "caution": "remark", "remark": "caution"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file of a pack with one thing wrong: of which kind, where, what, and the whole data of the file."""

    kind: str
    file: str
    where: str
    what: str
    data: Any

    @property
    def name(self) -> str:
        """Name the mutant; no two have the same name."""
        return f"{self.file}, {self.where}: {self.what}"


def mutants(folder: Path, words: Vocabulary) -> list[Mutant]:
    """Return every mutant of a pack, in the order of its files."""
    lists = sorted(path.relative_to(folder).as_posix() for path in (folder / "lists").glob("*.yaml"))
    files = ["conditions.yaml", *lists, "against.yaml", "cautions.yaml", "notes.yaml", "silences.yaml", "rulings.yaml"]
    grades = [item["grade"] for item in read(folder / "pack.yaml").data["grades"]]
    found: dict[str, Mutant] = {}
    for file in files:
        for mutant in _File(file, read(folder / file).data, words, grades).mutants():
            found.setdefault(mutant.name, mutant)
    return list(found.values())


def conditions_of(data: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every condition in a file's data, with its place."""
    for step, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        if step in CONDITIONS and isinstance(value, str):
            yield (*place, step), value
        else:
            yield from conditions_of(value, (*place, step))


class _File:
    def __init__(self, file: str, data: Any, words: Vocabulary, grades: Sequence[str]) -> None:
        self.file = file
        self.data = data
        self.words = words
        self.grades = grades

    def mutants(self) -> Iterator[Mutant]:
        for place, text in conditions_of(self.data):
            yield from self.of_condition(place, text)
        if self.file.startswith("lists/"):
            yield from self.of_tiers()
        for key in ("cautions", "notes", "held_back", "advised_against", "silences", "cross_references"):
            for number in range(len(self.data.get(key, []))):
                yield from self.of_statement(key, number)
        for number, ruling in enumerate(self.data.get("rulings", []) if self.file == "rulings.yaml" else []):
            if "switch" in ruling:
                switch = {"default": ruling["switch"]["other"], "other": ruling["switch"]["default"]}
                yield self.changed("a switch turned", ("rulings", number, "switch"), switch, "its readings change places")

    # --- making one ---

    def changed(self, kind: str, place: Place, value: Any, what: str) -> Mutant:
        """Return the file with a value in place of another; None takes it away."""
        data = copy.deepcopy(self.data)
        *steps, last = place
        parent = data
        for step in steps:
            parent = parent[step]
        if value is None:
            del parent[last]
        else:
            parent[last] = value
        return Mutant(kind, self.file, self.where(place), what, data)

    def where(self, place: Place) -> str:
        """Name a place by the records that it stands in."""
        names, value = [], self.data
        for step in place:
            value = value[step]
            if isinstance(step, int):
                name = "" if not isinstance(value, dict) else next((str(value[key]) for key in NAMED_BY if key in value), "")
                names.append(f"{step + 1} {name}".rstrip() if not name or name in ("caution",) else f"{name} ({step + 1})")
            elif step in CONDITIONS:
                names.append(step)
        return ", ".join(names) or str(place[0])

    # --- conditions ---

    def of_condition(self, place: Place, text: str) -> Iterator[Mutant]:
        tree = ast.parse(" ".join(text.split()), mode="eval").body
        seen = {ast.unparse(tree)}
        for kind, changed in (("a condition negated", _opposite(tree)), *self.variants(tree)):
            written = ast.unparse(ast.fix_missing_locations(changed))
            if written not in seen:
                seen.add(written)
                yield self.changed(kind, place, written, f"`{ast.unparse(tree)}` becomes `{written}`")
        if place[-1] not in ("applies", "is") and place[0] != "cross_references":
            record = dict(self.at(place[:-1]))
            for key in (place[-1], *(("met", "unmet") if place[0] == "tiers" and place[-1] == "when" else ())):
                record.pop(key, None)
            yield self.changed("a condition taken away", place[:-1], record, f"without `{place[-1]}: {ast.unparse(tree)}`")

    def at(self, place: Place) -> Any:
        value = self.data
        for step in place:
            value = value[step]
        return value

    def variants(self, node: ast.AST) -> Iterator[tuple[str, Any]]:
        """Yield a condition with one thing in it changed, wherever it stands."""
        yield from self.of_node(node)
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                for kind, changed in self.variants(value):
                    yield kind, _with(node, field, changed)
            elif isinstance(value, list):
                for number, item in enumerate(value):
                    for kind, changed in self.variants(item):
                        yield kind, _with(node, field, [*value[:number], changed, *value[number + 1 :]])

    def of_node(self, node: ast.AST) -> Iterator[tuple[str, Any]]:
        match node:
            case ast.BoolOp(op, values):
                for number in range(len(values)):
                    rest = values[:number] + values[number + 1 :]
                    yield "a part of a condition dropped", rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
                yield "and and or swapped", ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            case ast.UnaryOp(ast.Not(), operand):
                yield "a condition negated", operand
            case ast.Tuple(elements) if len(elements) > 1:
                for number in range(len(elements)):
                    rest = elements[:number] + elements[number + 1 :]
                    yield "a part of a condition dropped", ast.Tuple(rest, ast.Load())
            case ast.Compare(_, operators, right):
                for number, operator in enumerate(operators):
                    is_number = isinstance(right[number], ast.Constant) and isinstance(right[number].value, int | float)  # type: ignore[attr-defined]
                    for other in _TURNED[type(operator)] if is_number else (_DENIED[type(operator)],):
                        yield "a comparison turned", _with(node, "ops", [*operators[:number], other(), *operators[number + 1 :]])
            case ast.Constant(int() | float() as number) if not isinstance(number, bool):
                for moved in (number - 1, number + 1):
                    yield "a threshold moved", ast.Constant(moved)
            case ast.Name("any" | "all" as name):
                yield "and and or swapped", ast.Name("all" if name == "any" else "any", ast.Load())
            case ast.Name(name) | ast.Constant(str() as name):
                other_name = self.substitute(name)
                if other_name is not None:
                    plain = other_name.isidentifier()
                    yield "a name replaced", ast.Name(other_name, ast.Load()) if plain else ast.Constant(other_name)

    def substitute(self, name: str) -> str | None:
        """Return an agent of the same class, or another class, regimen or level of fitness."""
        words = self.words
        if name in words.agents:
            same = [agent for agent in words.class_members[words.agents[name].drug_class] if agent in words.active_agents]
            return _next(name, same if len(same) > 1 else words.active_agents)
        classes = [group for group, members in words.class_members.items() if len(members) > 1]
        groups: list[Sequence[str]] = [classes, list(words.regimens)]
        groups += [fact.values for fact in words.facts.values() if fact.kind == "category"]
        return next((_next(name, group) for group in groups if name in group), None)

    # --- lists ---

    def of_tiers(self) -> Iterator[Mutant]:
        tiers = self.data["tiers"]
        for number, tier in enumerate(tiers):
            place: Place = ("tiers", number)
            flipped = {**tier, "recommends": not tier.get("recommends", True)}
            yield self.changed("recommends flipped", place, flipped, f"recommends: {flipped['recommends']}")
            if number + 1 < len(tiers):
                swapped = [*tiers[:number], tiers[number + 1], tier, *tiers[number + 2 :]]
                what = f"{tier['tier']} and {tiers[number + 1]['tier']} change places"
                yield self.changed("two tiers swapped", ("tiers",), swapped, what)
            for item_number, item in enumerate(tier["items"]):
                yield from self.of_grade((*place, "items", item_number), item)
                yield from self.of_options(number, item_number, item)
                yield from self.of_untried((*place, "items", item_number), item)

    def of_grade(self, place: Place, item: Mapping[str, Any]) -> Iterator[Mutant]:
        where = ", ".join(item.get("options", ["untried"]))
        if "grade" in item:
            other = _next(item["grade"], self.grades)
            yield self.changed("a grade changed", place, {**item, "grade": other}, f"{where}: {item['grade']} becomes {other}")
            bare = {key: value for key, value in item.items() if key not in ("grade", "grade_when")}
            yield self.changed("a grade dropped", place, bare, f"{where}: no grade")
        else:
            given = {**item, "grade": self.grades[0]}
            yield self.changed("a grade invented", place, given, f"{where}: {self.grades[0]}")

    def of_options(self, number: int, item_number: int, item: Mapping[str, Any]) -> Iterator[Mutant]:
        tiers = self.data["tiers"]
        for option in item.get("options", []):
            less = self.without(number, item_number, option)
            left = [tier for tier in less if tier["items"]]
            yield self.changed("an option dropped", ("tiers",), left, f"{option} dropped from {tiers[number]['tier']}")
            other = number + 1 if number + 1 < len(tiers) else number - 1
            if other >= 0:
                less[other]["items"].append({**item, "options": [option]})
                what = f"{option} moved from {tiers[number]['tier']} to {tiers[other]['tier']}"
                left = [tier for tier in less if tier["items"]]
                yield self.changed("an option moved to the next tier", ("tiers",), left, what)

    def without(self, number: int, item_number: int, option: str) -> list[Any]:
        tiers: list[Any] = copy.deepcopy(self.data["tiers"])
        item = tiers[number]["items"][item_number]
        item["options"].remove(option)
        if not item["options"]:
            del tiers[number]["items"][item_number]
        return tiers

    def of_untried(self, place: Place, item: Mapping[str, Any]) -> Iterator[Mutant]:
        for name, tiers in item.get("untried", {}).items():
            for tier in tiers:
                left = [other for other in tiers if other != tier]
                untried = {**item["untried"], name: left}
                yield self.changed("untried narrowed", (*place, "untried"), untried, f"untried without {name}/{tier}")
            untried = {other: kept for other, kept in item["untried"].items() if other != name}
            yield self.changed("untried narrowed", (*place, "untried"), untried, f"untried without {name}")
        if "drops_condition_of" in item:
            yield self.changed("untried narrowed", (*place, "drops_condition_of"), None, "a condition is carried along")

    # --- statements ---

    def of_statement(self, key: str, number: int) -> Iterator[Mutant]:
        record = self.data[key][number]
        kind = key.removesuffix("s").replace("_", " ")
        names = {"held back": "a rule that holds back", "advised against": "an argument against"}
        kind = names.get(kind, f"a {kind.replace('cross reference', 'cross-reference')}")
        yield self.changed(f"{kind} dropped", (key, number), None, "dropped")
        for position in range(len(record.get("except", []))):
            option = record["except"][position]["option"]
            yield self.changed("an exception dropped", (key, number, "except", position), None, f"without the exception {option}")
        if key == "cautions":
            strength = record.get("strength", "caution")
            other = STRENGTHS[strength]
            yield self.changed("a strength changed", (key, number), {**record, "strength": other}, f"{strength} becomes {other}")


_TURNED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.GtE: (ast.Gt,),
    ast.Gt: (ast.GtE,),
    ast.LtE: (ast.Lt,),
    ast.Lt: (ast.LtE,),
    ast.Eq: (ast.GtE, ast.LtE),
    ast.NotEq: (ast.Eq,),
}
_DENIED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.GtE: ast.Lt, ast.Lt: ast.GtE,
    ast.Gt: ast.LtE, ast.LtE: ast.Gt,
}  # fmt: skip


def _opposite(tree: ast.expr) -> ast.expr:
    return tree.operand if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not) else ast.UnaryOp(ast.Not(), tree)


def _with(node: ast.AST, field: str, value: Any) -> ast.AST:
    changed = copy.copy(node)
    setattr(changed, field, value)
    return changed


def _next(name: str, names: Sequence[str]) -> str:
    return names[(list(names).index(name) + 1) % len(names)]
