"""Response to a line of therapy by the IMWG criteria: at each visit, confirmed, and best.

A visit is what was measured within a few days. Its category is the highest whose every requirement is known to hold: what
was not measured lowers a response to the next category that can be shown, as the criteria ask. Percentages count from the
baseline of the line, progression from the lowest value since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, timedelta
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import StrictBool, StrictFloat

from myeloguide.history.kleene import all_of, negated
from myeloguide.knowledge.reading import Strict, check, read
from myeloguide.record.events import FindingRecorded, Measurement
from myeloguide.record.frozen import frozen
from myeloguide.record.ranges import Range, shown
from myeloguide.record.time import When

Category = Literal["NE", "SD", "MR", "PR", "VGPR", "CR", "sCR", "PD"]
ORDER: tuple[Category, ...] = ("NE", "SD", "MR", "PR", "VGPR", "CR", "sCR", "PD")
"""From not evaluable up to stringent complete response; progression outranks all (the published truth table's order)."""
_RANK = {category: rank for rank, category in enumerate(ORDER)}
RESPONSES: tuple[Category, ...] = ("MR", "PR", "VGPR", "CR", "sCR")

VISIT_DAYS = 7
"""Values so many days apart belong to one visit: our own reading, in no publication."""
BASELINE_DAYS = 90
"""A baseline is no older than this at the start of the line: our own reading, in no publication."""

Part = tuple[str, bool | None]
"""Something a category asks for, and whether it holds (None: not measured)."""
Shown = tuple[bool | None, tuple[str, ...]]
"""Whether a category is shown, with what shows it or what is missing."""


class Threshold(Strict):
    """A number of the criteria, and whether it was read in a named publication."""

    known_as: ClassVar[str] = "threshold"

    value: StrictFloat
    verified: StrictBool

    @cached_property
    def shown(self) -> str:
        """The number as it is written."""
        return f"{self.value:g}"


class Convention(Strict):
    """Whether something is asked for, and whether that was read in a named publication."""

    holds: StrictBool
    verified: StrictBool


class _Measurable(Strict):
    serum: Threshold
    urine: Threshold
    involved_flc: Threshold
    marrow: Threshold


class _Complete(Strict):
    marrow_below: Threshold
    normal_ratio_by_light_chains: Convention


class _VeryGood(Strict):
    serum_down: Threshold
    urine_below: Threshold
    dflc_down: Threshold


class _Partial(Strict):
    serum_down: Threshold
    urine_down: Threshold
    urine_below: Threshold
    dflc_down: Threshold
    marrow_down: Threshold
    plasmacytoma_down: Threshold


class _Minimal(Strict):
    serum_down: Threshold
    urine_down: Threshold


class _Mrd(Strict):
    below: Threshold


class _Progression(Strict):
    rise: Threshold
    serum_at_least: Threshold
    serum_at_least_from_high: Threshold
    high_nadir: Threshold
    urine_at_least: Threshold
    dflc_more_than: Threshold
    marrow_at_least: Threshold
    circulating_rise: Threshold
    circulating_at_least: Threshold
    plasmacytoma_rise: Threshold


class Criteria(Strict):
    """One version of the response criteria."""

    known_as: ClassVar[str] = "version of the criteria"

    version: str
    publication: str
    measurable: _Measurable
    ratio_low: Threshold
    ratio_high: Threshold
    complete: _Complete
    very_good: _VeryGood
    partial: _Partial
    minimal: _Minimal
    progression: _Progression
    mrd: _Mrd


class _CriteriaFile(Strict):
    versions: tuple[Criteria, ...]


@cache
def criteria(version: str = "imwg-2016") -> Criteria:
    """Return a version of the response criteria."""
    document = read(Path(__file__).parent / "data" / "response.yaml", name="response.yaml")
    return next(item for item in check(document, _CriteriaFile).versions if item.version == version)


@frozen()
class Panel:
    """What is known at a visit: g/dL, mg/24 h, mg/dL, per cent, cells per microlitre; residual disease as a share of cells; cm.

    Immunofixation is True where negative; None is not measured.
    """

    day: date
    serum: Range | None = None
    urine: Range | None = None
    kappa: Range | None = None
    lambda_: Range | None = None
    marrow: Range | None = None
    circulating: Range | None = None
    residual: Range | None = None
    size: Range | None = None
    serum_fixation_negative: bool | None = None
    urine_fixation_negative: bool | None = None
    clonal_cells: bool | None = None
    plasmacytoma: str | None = None
    """none, present, halved, grown or new"""
    bone_lesion: str | None = None
    """none, stable or new"""
    rows: tuple[int, ...] = ()


@frozen(eq=False)
class Visit:
    """The response at a visit as it stands alone: category, what shows it, whether imaging alone shows progression.

    `complete` says whether it was a complete response, None where that was not looked for; `mrd_negative` whether no residual
    disease was found at the sensitivity that counts.
    """

    day: date
    category: Category
    because: tuple[str, ...]
    by_imaging: bool = False
    not_measured: tuple[str, ...] = ()
    complete: bool | None = None
    mrd_negative: bool | None = None


# --- visits from values ---

_TESTS = {
    "serum_m_protein": "serum", "urine_m_protein_24h": "urine", "flc_kappa": "kappa", "flc_lambda": "lambda_",
    "marrow_plasma_cells": "marrow", "circulating_plasma_cells": "circulating", "mrd": "residual", "plasmacytoma_size": "size",
}  # fmt: skip
_VISIT = timedelta(days=VISIT_DAYS)
_NEGATIVE = {"negative": True, "positive": False}


def panels(measurements: Iterable[Measurement], findings: Iterable[FindingRecorded], *, latest: bool = False) -> list[Panel]:
    """Gather values and findings into visits. A date known in part is read as its first day, or as its latest.

    What has no date, or one without a beginning or an end, cannot be placed and is left out; so are the sizes of several
    plasmacytomas, of which nothing tells one from the other.
    """
    events: list[tuple[date, str, Any, int]] = []
    for item in measurements:
        name = _TESTS.get(item.test)
        if name is not None and (day := _day_of(item.date, latest=latest)):
            events.append((day, name, item.value, item.row))
    for finding in findings:
        if day := _day_of(finding.date, latest=latest):
            events += ((day, name, value, finding.row) for name, value in _found(finding))
    sized = [day for day, name, _, _ in events if name == "size"]
    if len(set(sized)) < len(sized):
        events = [event for event in events if event[1] != "size"]
    events.sort(key=itemgetter(0))
    visits: list[Panel] = []
    first = until = date.min
    known: dict[str, Any] = {}
    rows: dict[int, None] = {}
    for day, name, value, row in events:
        if day > until or name in known:
            if known:
                visits.append(Panel(first, **known, rows=tuple(rows)))
            first, until, known, rows = day, day + _VISIT, {}, {}
        known[name] = value
        rows[row] = None
    if known:
        visits.append(Panel(first, **known, rows=tuple(rows)))
    return visits


def _day_of(when: When, *, latest: bool) -> date | None:
    return None if when.first is None or when.last is None else when.last if latest else when.first


def _found(finding: FindingRecorded) -> Iterator[tuple[str, Any]]:
    value = finding.value.strip().casefold()
    if finding.kind == "immunofixation" and value in _NEGATIVE:
        yield "serum_fixation_negative", _NEGATIVE[value]
        yield "urine_fixation_negative", _NEGATIVE[value]
    elif finding.kind in ("immunofixation_serum", "immunofixation_urine") and value in _NEGATIVE:
        yield f"{finding.kind.rpartition('_')[2]}_fixation_negative", _NEGATIVE[value]
    elif finding.kind in ("clonal_cells", "marrow_clonal_cells") and value in ("absent", "present"):
        yield "clonal_cells", value == "present"
    elif finding.kind in ("plasmacytoma", "bone_lesion"):
        yield finding.kind, value


# --- the category of a visit ---


class Line:
    """The visits of one line, judged one after the other against its baseline and the lowest values so far.

    `serum`, `urine`, `flc` and `marrow` say whether the baseline is measurable by it, None where it was not measured: light
    chains count only where M-protein is known to be too low, marrow only where light chains are, too.
    """

    def __init__(self, start: date, before: Sequence[Panel], version: Criteria | None = None) -> None:
        self.criteria = version or criteria()
        self.baseline = _baseline(start, before)
        self.lowest: dict[str, float] = {}
        base, measurable = self.baseline, self.criteria.measurable
        self.kappa_involved = None if base.kappa is None or base.lambda_ is None else _middle(base.kappa) >= _middle(base.lambda_)
        self.track(self.baseline)
        self.serum = _reaches(base.serum, measurable.serum.value)
        self.urine = _reaches(base.urine, measurable.urine.value)
        self.flc = self._involved(base)
        self.marrow = _reaches(base.marrow, measurable.marrow.value)
        self.by_light_chains = self.serum is False and self.urine is False and self.flc is True
        self.by_marrow = self.serum is False and self.urine is False and self.flc is False
        self.not_followed = () if self.serum or self.urine else self._not_followed()
        self.had_plasmacytoma = base.plasmacytoma not in (None, "none") or _detected(base.size)

    def _involved(self, panel: Panel) -> bool | None:
        """Whether light chains are measurable: the involved one high enough, with an abnormal ratio."""
        normal = self.normal_ratio(panel)
        if panel.kappa is None or panel.lambda_ is None or normal is None:
            return None
        high = max(_middle(panel.kappa), _middle(panel.lambda_))
        return not normal and high >= self.criteria.measurable.involved_flc.value

    def normal_ratio(self, panel: Panel) -> bool | None:
        """Whether the ratio of kappa to lambda is normal."""
        return None if panel.kappa is None or panel.lambda_ is None else normal_ratio(panel.kappa, panel.lambda_, self.criteria)

    def difference(self, panel: Panel, number: Callable[[Range], float] | None = None) -> float | None:
        """Return involved minus uninvolved light chain in mg/dL; the involved one is that of the baseline."""
        if self.kappa_involved is None or panel.kappa is None or panel.lambda_ is None:
            return None
        of = number or _middle
        difference = of(panel.kappa) - of(panel.lambda_)
        return difference if self.kappa_involved else -difference

    def track(self, panel: Panel) -> None:
        """Remember the lowest value of each kind."""
        lowest = self.lowest
        for name, value in (
            ("serum", panel.serum), ("urine", panel.urine), ("marrow", panel.marrow), ("circulating", panel.circulating),
            ("size", panel.size),
        ):  # fmt: skip
            if value is not None:
                number = _middle(value)
                if name not in lowest or number < lowest[name]:
                    lowest[name] = number
        difference = self.difference(panel)
        if difference is not None:
            lowest["dflc"] = min(difference, lowest.get("dflc", difference))

    def visit(self, panel: Panel) -> Visit:
        """Judge a visit, and remember its values for those after it."""
        progression = self.progression(panel)
        if progression:
            texts = tuple(text for text, _ in progression)
            imaging = any(by_imaging for _, by_imaging in progression)
            made = Visit(panel.day, "PD", texts, imaging, complete=False, mrd_negative=mrd_negative(panel, self.criteria))
        else:
            made = self.response(panel)
        self.track(panel)
        return made

    def response(self, panel: Panel) -> Visit:
        missing: tuple[str, ...] = ()
        mrd = mrd_negative(panel, self.criteria)
        holds, because = self.complete(panel)
        is_complete = False if holds is None and (_detected(panel.serum) or _detected(panel.urine)) else holds
        if holds:
            reached: Category = "sCR" if self.stringent(panel) else "CR"
            return Visit(panel.day, reached, because, False, (), is_complete, mrd)
        if holds is None:
            missing += _lacking("CR", because)
        for category, shows in _BELOW_CR:
            holds, because = shows(self, panel)
            if holds:
                return Visit(panel.day, category, because, False, missing, is_complete, mrd)
            if holds is None:
                missing += _lacking(category, because)
        if holds is False and (unseen := self.not_looked_at(panel)):
            holds, missing = None, missing + _lacking("SD", unseen)
        return Visit(panel.day, "SD" if holds is False else "NE", (), False, missing, is_complete, mrd)

    # Each returns whether the category is shown (None: something is not measured), with what shows it or what is missing.

    def stringent(self, panel: Panel) -> bool:
        return self.normal_ratio(panel) is True and panel.clonal_cells is False

    def complete(self, panel: Panel) -> Shown:
        if panel.serum_fixation_negative is False or panel.urine_fixation_negative is False:
            return False, ()
        below = self.criteria.complete.marrow_below
        parts = [
            ("serum immunofixation negative", panel.serum_fixation_negative),
            ("urine immunofixation negative", panel.urine_fixation_negative),
            (f"marrow plasma cells below {below.shown} %", None if panel.marrow is None else _below(panel.marrow, below.value)),
            ("no plasmacytoma", self.no_plasmacytoma(panel)),
        ]
        if self.by_light_chains and self.criteria.complete.normal_ratio_by_light_chains.holds:
            parts.append(("light-chain ratio normal", self.normal_ratio(panel)))
        shown = _all(parts)
        measurable = self.criteria.measurable
        if shown[0] and (_reaches(panel.serum, measurable.serum.value) or _reaches(panel.urine, measurable.urine.value)):
            return False, ()  # M-protein that can be measured is no complete response, whatever immunofixation says
        return shown

    def serum_counts(self, panel: Panel) -> bool:
        """Whether serum M-protein is followed: measurable at the baseline, or not measured then and found now beside urine."""
        unseen = self.serum is None and self.urine and panel.serum is not None and not _undetected(panel.serum)
        return bool(self.serum or unseen)

    def urine_came_to_light(self, panel: Panel) -> bool:
        """Whether urine M-protein that nobody measured at the baseline is too much for a response now."""
        limit = self.criteria.partial.urine_below.value
        return self.urine is None and self.serum is True and panel.urine is not None and not _below(panel.urine, limit)

    def not_looked_at(self, panel: Panel) -> tuple[str, ...]:
        """Return the M-protein that is followed but was not measured at a visit: it may have progressed."""
        followed = (("serum M-protein", self.serum, panel.serum), ("urine M-protein", self.urine, panel.urine))
        return tuple(name for name, measurable, value in followed if measurable and value is None)

    def no_plasmacytoma(self, panel: Panel) -> bool | None:
        if panel.plasmacytoma is not None:
            return panel.plasmacytoma == "none"
        if panel.size is not None:
            return negated(panel.size.exceeds(0))
        # One that was never seen is not looked for again; one that was there has to be shown gone.
        return None if self.had_plasmacytoma else True

    def very_good(self, panel: Panel) -> Shown:
        limits = self.criteria.very_good
        parts: list[Part] = []
        if self.serum or self.urine:
            fixed = panel.serum_fixation_negative is False or panel.urine_fixation_negative is False
            no_urine = _undetected(panel.urine) or (panel.urine is None and not self.urine)
            if fixed and _undetected(panel.serum) and no_urine:
                parts.append(("seen by immunofixation only", True))
            else:
                if self.serum_counts(panel):
                    parts.append(self.down("serum", "serum M-protein", panel, limits.serum_down))
                if self.urine or panel.urine is not None:
                    below = None if panel.urine is None else _below(panel.urine, limits.urine_below.value)
                    parts.append((f"urine M-protein below {limits.urine_below.shown} mg/24 h", below))
        elif self.by_light_chains:
            parts.append(self.dflc_down(panel, limits.dflc_down))
        elif not self.by_marrow:
            return None, self.not_followed
        else:  # not defined where only the marrow is followed
            return False, ()
        return _all([*parts, *self.plasmacytoma_halved(panel)])

    def partial(self, panel: Panel) -> Shown:
        limits = self.criteria.partial
        parts: list[Part] = []
        if self.serum_counts(panel):
            parts.append(self.down("serum", "serum M-protein", panel, limits.serum_down))
        if self.urine or (self.serum and panel.urine is not None):
            below = None if panel.urine is None else _below(panel.urine, limits.urine_below.value)
            text, down = self.down("urine", "urine M-protein", panel, limits.urine_down)
            parts.append((f"{text} or below {limits.urine_below.shown} mg/24 h", _or(below, down)))
        if not parts:
            if self.by_light_chains:
                parts.append(self.dflc_down(panel, limits.dflc_down))
            elif self.by_marrow and self.marrow:
                parts.append(self.down("marrow", "marrow plasma cells", panel, limits.marrow_down))
            else:
                return None, self.not_followed
        return _all([*parts, *self.plasmacytoma_halved(panel)])

    def minimal(self, panel: Panel) -> Shown:
        limits = self.criteria.minimal
        parts: list[Part] = []
        if self.serum_counts(panel):
            parts.append(self.down("serum", "serum M-protein", panel, limits.serum_down))
        if self.urine or self.urine_came_to_light(panel):
            parts.append(self.down("urine", "urine M-protein", panel, limits.urine_down))
        if not parts:  # minimal response is defined by M-protein; what is followed otherwise is stable below partial response
            return (False, ()) if self.partial(panel)[0] is False else (None, self.not_followed)
        return _all([*parts, *self.plasmacytoma_halved(panel)])

    def _not_followed(self) -> tuple[str, ...]:
        """Say what the baseline lacks, or that nothing in it is measurable."""
        base = self.baseline
        values = {"serum M-protein": base.serum, "urine M-protein": base.urine, "light chains": base.kappa}
        lacking = tuple(f"{name} at the baseline" for name, value in values.items() if value is None)
        return lacking or ("nothing is measurable",)

    def plasmacytoma_halved(self, panel: Panel) -> tuple[Part, ...]:
        if not self.had_plasmacytoma:
            return ()
        told, first = panel.plasmacytoma, None if self.baseline.size is None else self.baseline.size.exact
        halved = None if told is None else told in ("none", "halved")
        if told is None and panel.size is not None and first is not None:
            halved = _at_most(panel.size, first * (1 - self.criteria.partial.plasmacytoma_down.value / 100))
        return (("plasmacytomas at least halved", halved),)

    def down(self, name: str, title: str, panel: Panel, limit: Threshold) -> Part:
        """Whether a value fell by at least so many per cent from its baseline."""
        base: Range | None = getattr(self.baseline, name)
        value: Range | None = getattr(panel, name)
        fell = None
        if base is not None and value is not None and (exact := base.exact):
            fell = _at_most(value, exact * (1 - limit.value / 100))
        return f"{title} down {limit.shown} %", fell

    def dflc_down(self, panel: Panel, limit: Threshold) -> Part:
        base, now = self.difference(self.baseline), self.difference(panel)
        known = base is not None and now is not None and base > 0
        fell = round(now, 9) <= round(base * (1 - limit.value / 100), 9) if known else None  # type: ignore[operator, arg-type]
        return f"light-chain difference down {limit.shown} %", fell

    # --- progression ---

    def progression(self, panel: Panel) -> list[tuple[str, bool]]:
        """Return what shows progression, and whether it is imaging. A value "<1" has not risen to 1."""
        limits, lowest = self.criteria.progression, self.lowest
        found: list[tuple[str, bool]] = []
        if panel.serum is not None and "serum" in lowest:
            high = lowest["serum"] >= limits.high_nadir.value
            least = limits.serum_at_least_from_high if high else limits.serum_at_least
            found += self.rise("serum", panel.serum, least, "serum M-protein", " g/dL")
        if panel.urine is not None:
            found += self.rise("urine", panel.urine, limits.urine_at_least, "urine M-protein", " mg/24 h")
        if self.serum is False and self.urine is False:
            difference = self.difference(panel, _at_least)
            if difference is not None and "dflc" in lowest:
                rise = round(difference - lowest["dflc"], 9)
                if rise > limits.dflc_more_than.value and rise >= max(lowest["dflc"], 0) * limits.rise.value / 100:
                    text = f"light-chain difference {_short(difference)} mg/dL, from a lowest of {_short(lowest['dflc'])}"
                    found.append((text, False))
            if self.flc is False:
                if panel.marrow is not None:
                    found += self.rise("marrow", panel.marrow, limits.marrow_at_least, "marrow plasma cells", " %", imaging=True)
                if self.marrow is False:
                    self.circulating(panel, found)
        if panel.size is not None and "size" in lowest:
            now, low = _at_least(panel.size), lowest["size"]
            if now > low and now >= round(low * (1 + limits.plasmacytoma_rise.value / 100), 9):
                found.append((f"plasmacytoma {_short(now)} cm, from a lowest of {_short(low)}", True))
        if panel.plasmacytoma in ("new", "grown"):
            found.append((f"plasmacytoma {panel.plasmacytoma}", True))
        if panel.bone_lesion == "new":
            found.append(("a new bone lesion", True))
        return found

    def rise(
        self, name: str, value: Range, least: Threshold, title: str, unit: str, *, imaging: bool = False
    ) -> tuple[tuple[str, bool], ...]:
        """Return how far a value rose from its lowest, if that is progression."""
        now, low = value.least or 0.0, self.lowest.get(name)
        if low is None or now <= low or not self.risen(now, low, least.value):
            return ()
        return ((f"{title} {_short(now)}{unit}, from a lowest of {_short(low)}", imaging),)

    def circulating(self, panel: Panel, found: list[tuple[str, bool]]) -> None:
        limits, low = self.criteria.progression, self.lowest.get("circulating")
        if panel.circulating is None or low is None:
            return
        now = _at_least(panel.circulating)
        if (
            now >= limits.circulating_at_least.value
            and now > low
            and now >= round(low * (1 + limits.circulating_rise.value / 100), 9)
        ):
            found.append((f"circulating plasma cells {_short(now)}/uL, from a lowest of {_short(low)}", False))

    def risen(self, now: float, lowest: float, least: float) -> bool:
        """Whether a value rose from its lowest by the percentage and by the absolute amount."""
        rise = round(now - lowest, 9)
        return rise >= least and rise >= round(lowest * self.criteria.progression.rise.value / 100, 9)


_BELOW_CR: tuple[tuple[Category, Callable[[Line, Panel], Shown]], ...] = (
    ("VGPR", Line.very_good), ("PR", Line.partial), ("MR", Line.minimal),
)  # fmt: skip


def normal_ratio(kappa: Range, lambda_: Range, limits: Criteria) -> bool | None:
    """Whether the ratio of kappa to lambda is normal; one below its limit of detection may tell, none of both does not."""
    if kappa.most == lambda_.most == 0:
        return None
    not_high = lambda_.surpasses(kappa, factor=1 / limits.ratio_high.value)
    return all_of((not_high, kappa.surpasses(lambda_, factor=limits.ratio_low.value)))


def mrd_negative(panel: Panel, version: Criteria) -> bool | None:
    """Whether less residual disease is there than counts; a bare 0 does not say how sensitive the test was."""
    if panel.residual is None or panel.residual.exact == 0:
        return None
    return _below(panel.residual, version.mrd.below.value)


def _baseline(start: date, before: Sequence[Panel]) -> Panel:
    """Return the last value of each kind at or before the start of a line, if it is not too old."""
    known: dict[str, Any] = {}
    oldest = start - timedelta(days=BASELINE_DAYS)
    for panel in before:
        if oldest <= panel.day <= start:
            known |= {name: value for name in _VALUES if (value := getattr(panel, name)) is not None}
    return Panel(start, **known)


_VALUES = tuple(item.name for item in fields(Panel) if item.name not in ("day", "rows"))


@lru_cache(maxsize=1024)
def _lacking(category: Category, texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{category}: {text}" for text in texts)


def _all(parts: Sequence[Part]) -> Shown:
    values = [value for _, value in parts]
    if False in values:
        return False, ()
    if None in values:
        return None, tuple([text for text, value in parts if value is None])
    return True, tuple([text for text, _ in parts])


def _or(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else None if one is None or other is None else False


def _reaches(value: Range | None, limit: float) -> bool | None:
    below = None if value is None else _below(value, limit)
    return None if below is None else not below


def _below(value: Range, limit: float) -> bool | None:
    reached = value.reaches(limit)
    if reached is None and not value.least and value.most is not None and value.most <= limit:
        return True  # "<100" is below 100
    return None if reached is None else not reached


def _at_most(value: Range, limit: float) -> bool | None:
    exact = value.exact
    if exact is not None:
        return exact <= limit or round(exact, 9) <= round(limit, 9)
    exceeded = value.exceeds(limit)
    return None if exceeded is None else not exceeded


def _undetected(value: Range | None) -> bool:
    return value is not None and not value.least and value.most is not None


def _detected(value: Range | None) -> bool:
    return value is not None and value.exceeds(0) is True


def _at_least(value: Range) -> float:
    return value.least or 0.0


def _middle(value: Range) -> float:
    """Return a number for comparing: the value, or the limit below or above which it lies."""
    return value.most if value.most is not None else value.least or 0.0


def _short(number: float) -> str:
    return shown(round(number, 2))


# --- confirmation ---


def confirmed(visits: Sequence[Visit], new_therapy: date | None = None, *, died_of_progression: bool = False) -> list[Category]:
    """Return the confirmed response at each visit, in order; visits after new therapy confirm no response.

    A response is confirmed by the next evaluable visit, at the lower of the two; one that is not counts as stable disease.
    Progression shown by imaging needs no confirmation; progression by serum or urine needs progression again, or death of it.
    A confirmed category holds until a higher one, or progression, is confirmed (the truth table of admiralonco).
    """
    evaluable: list[Visit | None] = []  # the next evaluable visit after each
    after: Visit | None = None
    for visit in reversed(visits):
        evaluable.append(after)
        after = visit if visit.category != "NE" else after
    found: list[Category] = []
    last: Category = "NE"
    for visit, after in zip(visits, reversed(evaluable), strict=True):
        in_time = after is not None and (new_therapy is None or after.day <= new_therapy)
        category = _confirmed(visit, after, in_time=in_time, died=died_of_progression)
        if _RANK[category] > _RANK[last]:
            last = category
        found.append(last)
    return found


def _confirmed(visit: Visit, after: Visit | None, *, in_time: bool, died: bool) -> Category:
    if visit.category == "PD":  # progression is confirmed after the next therapy has begun, too
        return "PD" if visit.by_imaging or (after.category == "PD" if after is not None else died) else "NE"
    if visit.category in RESPONSES:
        if after is None or not in_time or after.category not in RESPONSES:
            return "SD"
        return min(visit.category, after.category, key=_RANK.__getitem__)
    return visit.category


def best(categories: Iterable[Category]) -> Category:
    """Return the best confirmed response of a line, progression aside."""
    reached = [category for category in categories if category != "PD"]
    return max(reached, key=_RANK.__getitem__, default="NE")
