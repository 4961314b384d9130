"""Random numbers of one patient: a stream of its own, so that no patient depends on how many others there are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item")
_NORMAL = NormalDist()
_BLOCK = 128


def generator(seed: int, *key: int) -> np.random.Generator:
    """Return the stream of a seed and a key, such as a patient's number and a kind of noise."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


class Draws:
    """Draws from one stream."""

    __slots__ = ("share",)

    def __init__(self, seed: int, *key: int) -> None:
        self.share = _numbers(generator(seed, *key)).__next__
        """Return the next number in [0, 1)."""

    def chance(self, share: float) -> bool:
        """Return true with this probability."""
        return self.share() < share

    def uniform(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.share()

    def days(self, low: float, high: float) -> int:
        """Return a whole number from low to high, both possible."""
        return int(low) + int(self.share() * (int(high) - int(low) + 1))

    def normal(self, mean: float, deviation: float) -> float:
        """Return a normally distributed number."""
        return mean + deviation * _NORMAL.inv_cdf(min(max(self.share(), 1e-12), 1 - 1e-12))

    def waiting(self, median: float) -> float:
        """Return an exponentially distributed time with this median."""
        return -math.log(1 - self.share()) * median / math.log(2)

    def one_of(self, items: Sequence[Item]) -> Item:
        """Return one of the items, each as likely."""
        return items[int(self.share() * len(items))]


def _numbers(source: np.random.Generator) -> Iterator[float]:
    while True:
        yield from source.random(_BLOCK).tolist()


class Chooser(Generic[Item]):
    """Chooses among items by their weights."""

    __slots__ = ("bounds", "items")

    def __init__(self, weights: Mapping[Item, float]) -> None:
        self.items = list(weights)
        total = sum(weights.values())
        self.bounds = [bound / total for bound in accumulate(weights.values())]

    def choose(self, draws: Draws) -> Item:
        """Return one item."""
        share = draws.share()
        for item, bound in zip(self.items, self.bounds, strict=True):
            if share < bound:
                return item
        return self.items[-1]
