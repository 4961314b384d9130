"""Frozen data classes that are quick to make: a patient's record becomes hundreds of small objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, eq: bool = True) -> Callable[[type[Class]], type[Class]]:
    """Make a data class that the type checker holds frozen, hashable by value, or with `eq=False` by identity.

    Nothing watches over it at run time: that would make each object take four times as long.
    """
    return dataclass(slots=True, eq=eq, unsafe_hash=eq)
