"""The node kinds of a condition. A node that would be wrong cannot be built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
LARGEST = 1e300
"""No number of a condition is larger."""
OPERATORS: tuple[Operator, ...] = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Constant:
    """A condition that is always true or always false."""

    value: bool

    def __post_init__(self) -> None:
        if not isinstance(self.value, bool):
            raise TypeError("a constant is True or False")


@dataclass(frozen=True)
class Holds:
    """A yes-or-no fact, or that a list fact has a member: `refractory_to(lenalidomide)`."""

    fact: str
    member: str = ""

    def __post_init__(self) -> None:
        _need_name(self.fact)
        if not isinstance(self.member, str):
            raise TypeError("a member is named by text")


@dataclass(frozen=True)
class Is:
    """A fact of several values has this one: `fitness == fit`."""

    fact: str
    value: str

    def __post_init__(self) -> None:
        _need_name(self.fact)
        _need_name(self.value)


@dataclass(frozen=True)
class Compare:
    """A number against a fixed one: `age > 75`. A whole number is compared by `>=` on whole numbers."""

    fact: str
    operator: Operator
    number: float
    whole: bool = False

    def __post_init__(self) -> None:
        _need_name(self.fact)
        if self.operator not in OPERATORS:
            raise ValueError(f"{self.operator} is no comparison")
        if isinstance(self.number, bool) or not isinstance(self.number, (int, float)) or not abs(self.number) < LARGEST:
            raise TypeError(f"{self.fact} is compared with a number, not with {self.number!r}")
        if self.whole and self.number != int(self.number):
            raise ValueError(f"{self.fact} is a whole number and cannot be compared with {self.number}")

    @property
    def reaches(self) -> tuple[str, float]:
        """The threshold from which on the number is at least the fixed one."""
        return (">=", self.number)

    @property
    def exceeds(self) -> tuple[str, float]:
        """The threshold from which on the number is more than the fixed one."""
        return (">=", self.number + 1) if self.whole else (">", self.number)


@dataclass(frozen=True)
class Not:
    """The opposite."""

    child: Node

    def __post_init__(self) -> None:
        _need_nodes((self.child,))


@dataclass(frozen=True)
class All:
    """Every one of them; of none, true."""

    children: tuple[Node, ...]

    def __post_init__(self) -> None:
        _need_nodes(self.children)


@dataclass(frozen=True)
class Any:
    """At least one of them; of none, false."""

    children: tuple[Node, ...]

    def __post_init__(self) -> None:
        _need_nodes(self.children)


@dataclass(frozen=True)
class Named:
    """A condition under the name by which it is reused: `usable(carfilzomib)`."""

    name: str
    child: Node
    arguments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _need_name(self.name)
        _need_nodes((self.child,))
        if not isinstance(self.arguments, tuple) or not all(isinstance(name, str) for name in self.arguments):
            raise TypeError("the arguments of a named condition are names")


Node = Constant | Holds | Is | Compare | Not | All | Any | Named
KINDS: tuple[type, ...] = (Constant, Holds, Is, Compare, Not, All, Any, Named)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below this one."""
    match node:
        case All(below) | Any(below):
            return below
        case Not(child) | Named(_, child):
            return (child,)
        case _:
            return ()


def _need_name(name: object) -> None:
    if not isinstance(name, str) or not name:
        raise TypeError("a fact, value or condition is named by text")


def _need_nodes(nodes: object) -> None:
    if not isinstance(nodes, tuple) or not all(isinstance(node, KINDS) for node in nodes):
        raise TypeError("a condition is made of conditions")
