"""What a forest plot shows, in words and numbers: results of trials as ratios on a logarithmic axis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One result: whose, of whom, how large; without a ratio it is told in words alone."""

    study: str
    comparison: str
    patients: str
    numbers: str
    says: str
    source: str
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    from_p: bool = False


@dataclass(frozen=True, slots=True)
class Forest:
    """Results under headings, with what lies to the left and to the right of no difference."""

    name: str
    title: str
    groups: tuple[tuple[str, tuple[ForestRow, ...]], ...]
    left: str
    right: str
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[ForestRow, ...]:
        return tuple(row for _, rows in self.groups for row in rows)

    @property
    def words(self) -> str:
        """The whole plot for those who cannot see it."""
        told = [f"{row.study}, {row.comparison}, {row.patients}: {row.says}" for row in self.rows]
        return ". ".join([self.title, *told])
