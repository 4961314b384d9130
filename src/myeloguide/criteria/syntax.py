"""Conditions as text: a whitelisted subset of Python's expressions, read into nodes.

prior_lines == 1 and refractory_to(lenalidomide) and not frail
fitness in (fit, intermediate)      24 <= months < 36
any(refractory_to(a) for a in proteasome_inhibitor if a != agent)
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NoReturn

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Node, Not, Operator
from myeloguide.errors import suggestion

Kind = Literal["boolean", "integer", "number", "category", "set"]


class ConditionError(ValueError):
    """A condition's text is wrong: what, at which column (from 1), and what would be right."""

    def __init__(self, what: str, column: int, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.column = column
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class FactType:
    """What can be asked of a fact: its kind, its values (category), or its possible members (set)."""

    kind: Kind
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """A named condition: its parameters and its text, or its ready node when it has none."""

    text: str
    parameters: tuple[str, ...] = ()


@dataclass
class Scope:
    """What a condition may name."""

    facts: Mapping[str, FactType]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Mapping[str, Callable[[str], tuple[str, ...] | None]] = field(default_factory=dict)
    """Functions from a name to a group: `agents_of(KRd)`."""
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    _expanded: dict[tuple[str, tuple[str, ...]], Node] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    @cached_property
    def members(self) -> frozenset[str]:
        """Every member of every list fact."""
        return frozenset(value for fact in self.facts.values() if fact.kind == "set" for value in fact.values)

    def names(self) -> list[str]:
        """Return every name that a condition can begin with."""
        return [*self.facts, *self.definitions]


_SINGLE_EQUALS = re.compile(r"(?<![=!<>])=(?!=)")
_OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_MIRRORED: dict[Operator, Operator] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def parse(text: str, scope: Scope, variables: Mapping[str, str] | None = None) -> Node:
    """Read a condition; `variables` are names that stand for members, such as the agent of a rule."""
    flat = " ".join(text.split())
    if not flat:
        raise ConditionError("the condition is empty", 1)
    if "#" in flat:
        raise ConditionError("a condition holds no comment", flat.index("#") + 1, "write it outside")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(flat, mode="eval")
        return _Reader(scope, dict(variables or {}), flat).condition(tree.body)
    except (RecursionError, MemoryError):
        raise ConditionError("the condition is nested too deep", 1) from None
    except SyntaxError as error:
        remedy = "equality is written ==" if _SINGLE_EQUALS.search(flat) else ""
        column = error.offset if error.offset and error.msg != "unexpected EOF while parsing" else len(flat) + 1
        raise ConditionError("this is no condition", min(column, len(flat) + 1), remedy) from None
    except ConditionError:
        raise
    except ValueError:
        raise ConditionError("this is no condition", 1) from None


def constant_parts(text: str, scope: Scope, bindings: Collection[Mapping[str, str]]) -> Iterator[str]:
    """Yield the outermost parts of a condition (joined by `and`, `or`, `not`) that no binding of its names makes differ."""

    def visit(part: ast.expr) -> Iterator[str]:
        said = ast.unparse(part)
        values = {parse(said, scope, names) for names in bindings}
        if len(values) == 1 and isinstance(next(iter(values)), Constant):
            yield said
            return
        below = part.values if isinstance(part, ast.BoolOp) else [part.operand] if isinstance(part, ast.UnaryOp) else []
        for each in below:
            yield from visit(each)

    if bindings:
        yield from visit(ast.parse(" ".join(text.split()), mode="eval").body)


def expand(name: str, arguments: tuple[str, ...], scope: Scope) -> Node:
    """Return the node of a named condition for its arguments."""
    key = (name, arguments)
    if key not in scope._expanded:
        if name in scope._open:
            raise ConditionError(f"{name} is defined by itself: {' -> '.join([*scope._open, name])}", 1)
        definition = scope.definitions[name]
        scope._open.append(name)
        try:
            child = parse(definition.text, scope, dict(zip(definition.parameters, arguments, strict=True)))
        except ConditionError as error:
            raise ConditionError(f"in {name}: {error.what}", error.column, error.remedy) from None
        finally:
            scope._open.pop()
        scope._expanded[key] = child if isinstance(child, Constant) else Named(name, child, arguments)
    return scope._expanded[key]


class _Reader:
    def __init__(self, scope: Scope, variables: dict[str, str], text: str) -> None:
        self.scope = scope
        self.variables = variables
        self.text = text

    def fail(self, node: ast.AST, what: str, remedy: str = "") -> NoReturn:
        before = self.text.encode()[: getattr(node, "col_offset", 0)]
        raise ConditionError(what, len(before.decode(errors="ignore")) + 1, remedy)

    def condition(self, node: ast.expr) -> Node:
        match node:
            case ast.BoolOp(op=op, values=values):
                return _join(All if isinstance(op, ast.And) else Any, [self.condition(value) for value in values])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _negate(self.condition(operand))
            case ast.Compare():
                return self.comparison(node)
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self.call(node, name, arguments)
            case ast.Constant(value=bool() as value):
                return Constant(value)
            case _:
                self.fail(node, f"`{ast.unparse(node)}` is not something a condition can say")

    def name(self, node: ast.expr, name: str) -> Node:
        if name in self.scope.definitions:
            return self.defined(node, name, [])
        fact = self.fact(node, name)
        if fact.kind != "boolean":
            self.fail(node, f"{name} alone is neither true nor false", _USAGE[fact.kind].format(name=name))
        return Holds(name)

    def call(self, node: ast.Call, name: str, arguments: list[ast.expr]) -> Node:
        if name in ("any", "all"):
            return self.quantifier(node, name, arguments)
        if name in self.scope.definitions:
            return self.defined(node, name, arguments)
        fact = self.fact(node, name)
        if fact.kind != "set" or len(arguments) != 1:
            self.fail(node, f"{name} takes no `( )` like this", _USAGE[fact.kind].format(name=name))
        member = self.member(arguments[0])
        if member not in fact.values:
            self.fail(arguments[0], f'{name} knows no "{member}"', suggestion(member, fact.values))
        return Holds(name, member)

    def defined(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> Node:
        wanted = self.scope.definitions[name].parameters
        if len(arguments) != len(wanted):
            form = f"{name}({', '.join(wanted)})" if wanted else name
            self.fail(node, f"{name} is given {len(arguments)} names and takes {len(wanted)}", f"write {form}")
        return expand(name, tuple(self.member(argument) for argument in arguments), self.scope)

    def fact(self, node: ast.AST, name: str) -> FactType:
        if name not in self.scope.facts:
            self.fail(node, f"no fact or condition is called {name}", suggestion(name, self.scope.names()))
        return self.scope.facts[name]

    def member(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return self.variables.get(name, name)
            case ast.Constant(value=str() as name):
                return name
            case _:
                self.fail(node, f"`{ast.unparse(node)}` is no name", 'a name with a hyphen is quoted: "D-VMP"')

    def quantifier(self, node: ast.Call, name: str, arguments: list[ast.expr]) -> Node:
        match arguments:
            case [ast.GeneratorExp(elt=said, generators=[ast.comprehension(target=ast.Name(id=variable), is_async=0) as over])]:
                pass
            case _:
                self.fail(node, f"{name}( ) needs a `for`", f"{name}(condition(a) for a in group)")
        children = []
        for member in self.group(over.iter):
            inner = _Reader(self.scope, {**self.variables, variable: member}, self.text)
            passed = [inner.filter(test) for test in over.ifs]  # every one is read, so that a fault in any shows
            if all(passed):
                children.append(inner.condition(said))
        if not children:
            self.read_for_nothing(said, over.ifs, variable)
        return _join(Any if name == "any" else All, children)

    def read_for_nothing(self, said: ast.expr, filters: list[ast.expr], variable: str) -> None:
        """Read what stands over an empty group too, with some member of each list fact, so that a fault shows."""
        faults: list[ConditionError] = []
        examples = {fact.values[0] for fact in self.scope.facts.values() if fact.kind == "set" and fact.values}
        for member in sorted(examples):
            inner = _Reader(self.scope, {**self.variables, variable: member}, self.text)
            try:
                for test in filters:
                    inner.filter(test)
                inner.condition(said)
            except ConditionError as fault:
                faults.append(fault)
        if faults and len(faults) == len(examples):
            raise faults[0]

    def filter(self, node: ast.expr) -> bool:
        """Decide a filter of a group, which compares names and asks nothing of the patient."""
        decided = self.condition(node)
        if not isinstance(decided, Constant):
            self.fail(node, f"`{ast.unparse(node)}` asks something of the patient", "a filter only compares names")
        return decided.value

    def known_name(self, node: ast.expr) -> str:
        """Read a name that another is compared with; it must be a member of some fact."""
        name = self.member(node)
        if name not in self.scope.members:
            self.fail(node, f'nothing is called "{name}"', suggestion(name, self.scope.members))
        return name

    def group(self, node: ast.expr) -> tuple[str, ...]:
        match node:
            case ast.Name(id=name) if name in self.scope.groups:
                return self.scope.groups[name]
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return tuple(self.known_name(element) for element in elements)
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in self.scope.parts:
                whole = self.member(argument)
                found = self.scope.parts[name](whole)
                if found is None:
                    self.fail(argument, f'{name} knows no "{whole}"')
                return found
            case _:
                known = [*self.scope.groups, *self.scope.parts]
                self.fail(node, f"`{ast.unparse(node)}` is no group", suggestion(ast.unparse(node), known))

    def comparison(self, node: ast.Compare) -> Node:
        parts = [node.left, *node.comparators]
        return _join(
            All,
            [self.pair(left, operator, right) for left, operator, right in zip(parts[:-1], node.ops, parts[1:], strict=True)],
        )

    def pair(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Node:
        if isinstance(operator, (ast.In, ast.NotIn)):
            return self.membership(left, right, opposite=isinstance(operator, ast.NotIn))
        if type(operator) not in _OPERATORS:
            self.fail(right, "a condition compares by == != < <= > >= in")
        sign = _OPERATORS[type(operator)]
        if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            left, right, sign = right, left, _MIRRORED[sign]
        if not isinstance(left, ast.Name):
            self.fail(left, f"`{ast.unparse(left)}` cannot be compared", "compare a fact with a value")
        if left.id in self.variables:
            if sign not in ("==", "!="):
                self.fail(left, f"{left.id} is a name and can only be == or != to another")
            return Constant((self.variables[left.id] == self.known_name(right)) == (sign == "=="))
        return self.value(left, self.fact(left, left.id), sign, right)

    def value(self, left: ast.Name, fact: FactType, sign: Operator, right: ast.expr) -> Node:
        if fact.kind == "category":
            if sign not in ("==", "!="):
                self.fail(left, f"{left.id} has no order", f"write {left.id} == {next(iter(fact.values), 'value')}")
            said = Is(left.id, self.category(fact, right))
            return said if sign == "==" else Not(said)
        if fact.kind not in ("integer", "number"):
            self.fail(left, f"{left.id} is no number", _USAGE[fact.kind].format(name=left.id))
        match right:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                pass
            case _:
                self.fail(right, f"{left.id} is compared with a number, not with `{ast.unparse(right)}`")
        try:
            limit = float(number)
        except OverflowError:
            limit = math.inf
        if not math.isfinite(limit):
            self.fail(right, f"{left.id} is compared with a number that is too large")
        try:
            return Compare(left.id, sign, limit, whole=fact.kind == "integer")
        except ValueError as error:
            self.fail(right, str(error))

    def category(self, fact: FactType, node: ast.expr) -> str:
        value = self.member(node)
        if value not in fact.values:
            self.fail(node, f'"{value}" is not one of its values', suggestion(value, fact.values))
        return value

    def membership(self, left: ast.expr, right: ast.expr, *, opposite: bool) -> Node:
        if not isinstance(left, ast.Name):
            self.fail(left, f"`{ast.unparse(left)}` cannot be in a group")
        if left.id in self.variables:
            return Constant((self.variables[left.id] in self.group(right)) != opposite)
        fact = self.fact(left, left.id)
        if fact.kind != "category" or not isinstance(right, (ast.Tuple, ast.List)):
            self.fail(left, f"{left.id} cannot be in a group", _USAGE[fact.kind].format(name=left.id))
        said = _join(Any, [Is(left.id, self.category(fact, element)) for element in right.elts])
        return _negate(said) if opposite else said


_USAGE = {
    "boolean": "write {name} or not {name}",
    "integer": "write {name} >= 2",
    "number": "write {name} > 75",
    "category": "write {name} == value",
    "set": "write {name}(member)",
}


def _negate(node: Node) -> Node:
    return Constant(not node.value) if isinstance(node, Constant) else Not(node)


def _join(kind: type[All] | type[Any], nodes: list[Node]) -> Node:
    """Join nodes, dropping constants that change nothing and repeated ones."""
    decides = kind is Any
    if Constant(decides) in nodes:
        return Constant(decides)
    kept = tuple(dict.fromkeys(node for node in nodes if not isinstance(node, Constant)))
    if not kept:
        return Constant(not decides)
    return kept[0] if len(kept) == 1 else kind(kept)
