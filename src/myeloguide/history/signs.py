"""Signs of clinical relapse, in two published versions, and what makes a biochemical relapse significant.

Every statement is three-valued: what was not looked for, or cannot be told from the dates, is unknown (None).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import StrictBool, StrictFloat, model_validator

from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.history.kleene import all_of, any_of, negated
from myeloguide.history.relapse import Seen, SignFound
from myeloguide.history.response import BASELINE_DAYS, Panel, criteria, normal_ratio
from myeloguide.knowledge.reading import Strict, check, read, wrong_value
from myeloguide.record.events import UNITS, Events, Treatment
from myeloguide.record.frozen import frozen
from myeloguide.record.ranges import Range
from myeloguide.record.time import UNKNOWN, When, before, days_between, months_between

T = TypeVar("T")

NEAR_DAYS = 30
"""A value or finding so many days from a relapse tells its kind, and a drug stopped so many days before may lower haemoglobin."""


class Sign(Strict):
    """A sign of clinical relapse: the words of a finding, or the value of a test and its change within the line."""

    known_as: ClassVar[str] = "sign"

    sign: str
    finding: str | None = None
    shown_by: tuple[str, ...] = ()
    left_open_by: tuple[str, ...] = ()
    excluded_by: tuple[str, ...] = ()
    test: str | None = None
    above: StrictFloat | None = None
    at_least: StrictFloat | None = None
    below: StrictFloat | None = None
    rise: StrictFloat | None = None
    rise_to: StrictFloat | None = None
    rise_per_cent: StrictFloat | None = None
    fall: StrictFloat | None = None
    not_from_therapy: StrictBool = False
    reading: str = ""
    seen: Seen

    @model_validator(mode="after")
    def _says_something(self) -> Sign:
        if self.finding is None and self.test is None:
            raise wrong_value(f"{self.sign} names neither a finding nor a test")
        if self.test is not None and self.test not in UNITS:
            raise wrong_value(f'{self.sign}: there is no test "{self.test}"', suggestion(self.test, UNITS))
        return self

    @cached_property
    def absent(self) -> SignFound:
        """What is said of it where a complete record does not name it."""
        return SignFound(self.sign, False, f"no {self.sign.replace('_', ' ')} recorded", self.seen, assumed=True)

    @cached_property
    def not_recorded(self) -> SignFound:
        """What is said of it where a record does not name it."""
        return SignFound(self.sign, None, f"{self.sign.replace('_', ' ')} not recorded", self.seen)

    @cached_property
    def changes(self) -> bool:
        """Whether it is, or may be, a change within the line."""
        return any(limit is not None for limit in (self.rise, self.rise_to, self.rise_per_cent, self.fall))

    @cached_property
    def limits(self) -> str:
        """Say the limits of the test in words."""
        unit = UNITS[self.test] if self.test else ""
        said = [
            f"{words} {limit:g} {unit}"
            for words, limit in (
                ("above", self.above),
                ("at least", self.at_least),
                ("below", self.below),
                ("down", self.fall),
                ("risen to", self.rise_to),
            )
            if limit is not None
        ]
        risen = [f"{limit:g} {unit}" for limit, unit in ((self.rise_per_cent, "%"), (self.rise, unit)) if limit is not None]
        return " or ".join((*said, *([f"up {' and '.join(risen)}"] if risen else [])))


class ClinicalCriteria(Strict):
    """One published version of the signs that make a relapse clinical."""

    known_as: ClassVar[str] = "version of the signs"

    version: str
    publication: str
    signs: tuple[Sign, ...]


class _Rise(Strict):
    value: StrictFloat
    or_per_cent: StrictFloat = 0.0
    reading: str = ""
    seen: Seen


class _Doubling(Strict):
    factor: StrictFloat
    months_apart: StrictFloat
    from_at_least: StrictFloat
    reading: str = ""
    seen: Seen


class SignificantCriteria(Strict):
    """What makes a biochemical relapse significant."""

    known_as: ClassVar[str] = "criteria of a significant relapse"

    publication: str
    doubling: _Doubling
    serum_rise: _Rise
    urine_rise: _Rise
    flc_rise: _Rise


class _RelapseFile(Strict):
    versions: tuple[ClinicalCriteria, ...]
    significant: SignificantCriteria


@cache
def _file() -> _RelapseFile:
    return check(read(Path(__file__).parent / "data" / "relapse.yaml", name="relapse.yaml"), _RelapseFile)


@cache
def clinical_criteria(version: str = "imwg-2016") -> ClinicalCriteria:
    """Return a version of the signs of clinical relapse; InputError names those that there are."""
    versions = {item.version: item for item in _file().versions}
    if version not in versions:
        raise InputError(Problem("--relapse", f"there is no version {version} of the signs", suggestion(version, versions)))
    return versions[version]


@cache
def significant_criteria() -> SignificantCriteria:
    """Return what makes a biochemical relapse significant."""
    return _file().significant


# --- what was recorded around a relapse ---

Timed = tuple[date, date, T]
"""First and last possible day of a record, with what it says."""


@frozen(eq=False)
class Recorded:
    """What tells the kind of a relapse: values by test, words by finding, drugs; `complete`: what is not recorded is not."""

    values: Mapping[str, Sequence[Timed[Range]]]
    words: Mapping[str, Sequence[Timed[str]]]
    drugs: Sequence[Treatment]
    complete: bool

    @classmethod
    def of(cls, events: Events, drugs: Sequence[Treatment], *, complete: bool) -> Recorded:
        """Gather what any version looks at; a record without a date may be of any day."""
        tests, findings = _looked_at()
        values: dict[str, list[Timed[Range]]] = {}
        words: dict[str, list[Timed[str]]] = {}
        for measurement in events.measurements:
            if measurement.test in tests:
                when = measurement.date
                values.setdefault(measurement.test, []).append((when.first or date.min, when.last or date.max, measurement.value))
        for finding in events.findings:
            if finding.kind in findings:
                when, word = finding.date, finding.value.strip().casefold()
                words.setdefault(finding.kind, []).append((when.first or date.min, when.last or date.max, word))
        return cls(values, words, drugs, complete)

    def untreated(self, when: Timed[Range]) -> bool | None:
        """Whether no drug was given on a day or shortly before it; only a complete record can say so."""
        day = When(when[0], when[1])
        for item in self.drugs:
            started = item.start if item.start is not None else UNKNOWN
            stopped = item.stop if item.stop is not None and not item.ongoing else UNKNOWN
            after = stopped.known and days_between(stopped, day).exceeds(NEAR_DAYS)
            if not after and not before(day, started):
                return None
        return True if self.complete else None


@cache
def _looked_at() -> tuple[frozenset[str], frozenset[str]]:
    signs = [sign for version in _file().versions for sign in version.signs]
    return frozenset(sign.test for sign in signs if sign.test), frozenset(sign.finding for sign in signs if sign.finding)


# --- the signs ---


def signs_at(relapse: When, start: date | None, recorded: Recorded, version: ClinicalCriteria) -> tuple[SignFound, ...]:
    """Return every sign of a version at a relapse of a line that began on a day."""
    if relapse.first is None or relapse.last is None:
        return tuple(SignFound(sign.sign, None, "the progression has no date", sign.seen) for sign in version.signs)
    near = timedelta(days=NEAR_DAYS)
    around = _Around(
        relapse.first - near,
        relapse.last + near,
        relapse.last - near,
        relapse.first + near,
        None if start is None else start - timedelta(days=BASELINE_DAYS),
    )
    return tuple(_sign(sign, around, recorded) for sign in version.signs)


@frozen()
class _Around:
    """The days near a relapse, possibly and for certain, and the day from which values belong to its line."""

    first: date
    last: date
    certain_first: date
    certain_last: date
    since: date | None

    def certain(self, record: Timed[Any]) -> bool:
        return record[0] >= self.certain_first and record[1] <= self.certain_last


Verdict = tuple[bool | None, str, Timed[Any]]
"""What one record says of a sign, with a remark."""


def _sign(sign: Sign, around: _Around, recorded: Recorded) -> SignFound:
    verdicts: list[Verdict] = []
    if sign.finding in recorded.words:
        verdicts += _by_finding(sign, around, recorded)
    if sign.test in recorded.values:
        by_test = _by_test(sign, around, recorded)
        if any(value is not None for value, _, _ in by_test):  # a size tells what the word leaves open
            verdicts = [verdict for verdict in verdicts if verdict[0] is not None]
        verdicts += by_test
    for wanted in (True, None, False):
        for value, remark, record in verdicts:
            if value is wanted:
                return SignFound(sign.sign, value, _text(sign, record) + remark, sign.seen)
    return sign.absent if recorded.complete and sign.finding is not None else sign.not_recorded


def _text(sign: Sign, record: Timed[Any]) -> str:
    first, last, said = record
    when = When(None if first == date.min else first, None if last == date.max else last)
    if isinstance(said, str):
        return f"{(sign.finding or '').replace('_', ' ')} {said} on {when}"
    assert sign.test is not None
    return f"{sign.test.replace('_', ' ')} {said} {UNITS[sign.test]} on {when} (limit: {sign.limits})"


def _by_finding(sign: Sign, around: _Around, recorded: Recorded) -> list[Verdict]:
    found: list[Verdict] = []
    assert sign.finding is not None
    for record in recorded.words[sign.finding]:
        if record[1] >= around.first and record[0] <= around.last:
            if record[2] in sign.excluded_by:
                found += [(False, "", record)] if around.certain(record) else []
            else:
                found.append((True if record[2] in sign.shown_by and around.certain(record) else None, "", record))
    return found


def _by_test(sign: Sign, around: _Around, recorded: Recorded) -> list[Verdict]:
    assert sign.test is not None
    found: list[Verdict] = []
    values = recorded.values[sign.test]
    for record in values:
        if record[1] < around.first or record[0] > around.last:
            continue
        shows, remark = _shows(sign, record, values, around.since), ""
        if shows and sign.not_from_therapy and not recorded.untreated(record):
            shows, remark = None, "; whether therapy lowered it is not known"
        if around.certain(record):
            found.append((shows, remark, record))
        elif shows is not False:
            found.append((None, remark, record))
    return found


def _shows(sign: Sign, now: Timed[Range], values: Iterable[Timed[Range]], since: date | None) -> bool | None:
    """Whether a value shows a sign: by itself, or by its change from any earlier value in the line."""
    value = now[2]
    found: list[bool | None] = []
    if sign.above is not None:
        found.append(value.exceeds(sign.above))
    if sign.at_least is not None:
        found.append(value.reaches(sign.at_least))
    if sign.below is not None:
        found.append(negated(value.reaches(sign.below)))
    if sign.changes:
        found.append(_changed(sign, now, values, since))
    return any_of(found)


def _changed(sign: Sign, now: Timed[Range], values: Iterable[Timed[Range]], since: date | None) -> bool | None:
    """Whether a value differs enough from the lowest (or highest) before it, which is from any before it."""
    decided: bool | None = None
    open_ = since is None
    for other in values:
        if other is now or since is None or other[1] < since or other[0] > now[1]:
            continue
        certain = other[0] >= since and other[1] <= now[0]
        changed = _changed_from(sign, now[2], other[2])
        if certain and changed:
            return True
        if changed is not False:
            open_ = True
        elif certain:
            decided = False
    return None if open_ else decided


def _changed_from(sign: Sign, now: Range, base: Range) -> bool | None:
    found: list[bool | None] = []
    if sign.fall is not None:
        found.append(base.surpasses(now, sign.fall))
    if sign.rise_to is not None:
        found.append(all_of((now.reaches(sign.rise_to), negated(base.reaches(sign.rise_to)))))
    if sign.rise is not None or sign.rise_per_cent is not None:  # an amount and a percentage go together
        factor = 1 + (sign.rise_per_cent or 0) / 100
        found.append(all_of((now.surpasses(base, sign.rise or 0), now.surpasses(base, factor=factor))))
    return any_of(found)


# --- significant biochemical relapse ---


def significant(panels: Sequence[Panel], relapse: When, until: date | None) -> tuple[bool | None, str]:
    """Return whether a relapse is significant: by two consecutive measurements, the later between relapse and new therapy."""
    if relapse.first is None:
        return None, "the progression has no date"
    missing: list[str] = []
    unknown: tuple[str, Panel, Panel] | None = None
    for name, (holds, rises) in _RISES.items():
        before: Panel | None = None
        compared = False
        for panel in panels:
            if until is not None and panel.day > until:
                break
            if not holds(panel):
                continue
            if before is not None and panel.day >= relapse.first:
                compared = True
                risen = rises(before, panel)
                if risen:
                    return True, _rise_text(name, before, panel)
                if risen is None and unknown is None:
                    unknown = (name, before, panel)
            before = panel
        if not compared:
            missing.append(name)
    if unknown is not None:
        return None, _rise_text(*unknown)
    if missing:
        return None, f"no two consecutive measurements of {' and of '.join(missing)}"
    return False, "no two consecutive measurements rose so much"


def _serum(one: Panel, other: Panel) -> bool | None:
    assert one.serum is not None
    assert other.serum is not None
    limits = significant_criteria()
    risen = other.serum.surpasses(one.serum, limits.serum_rise.value)
    doubling = limits.doubling
    doubled = all_of((one.serum.reaches(doubling.from_at_least), other.serum.surpasses(one.serum, factor=doubling.factor)))
    if doubled is not False and months_between(When.on(one.day), When.on(other.day)).exceeds(doubling.months_apart):
        doubled = False
    return any_of((risen, doubled))


def _urine(one: Panel, other: Panel) -> bool | None:
    assert one.urine is not None
    assert other.urine is not None
    return other.urine.surpasses(one.urine, significant_criteria().urine_rise.value)


def _light_chains(one: Panel, other: Panel) -> bool | None:
    """Whether the involved chain, the higher one at the later measurement, rose with an abnormal ratio."""
    assert one.kappa is not None
    assert one.lambda_ is not None
    assert other.kappa is not None
    assert other.lambda_ is not None
    kappa, lambda_ = (_chain(*pair) for pair in ((one.kappa, other.kappa), (one.lambda_, other.lambda_)))
    if kappa is False and lambda_ is False:
        return False
    kappa_involved = other.kappa.surpasses(other.lambda_)
    risen = kappa if kappa_involved or kappa is lambda_ else lambda_ if kappa_involved is False else None
    return all_of((risen, negated(normal_ratio(other.kappa, other.lambda_, criteria()))))


def _chain(earlier: Range, later: Range) -> bool | None:
    limit = significant_criteria().flc_rise
    return all_of((later.surpasses(earlier, limit.value), later.surpasses(earlier, factor=1 + limit.or_per_cent / 100)))


def _rise_text(name: str, one: Panel, other: Panel) -> str:
    def said(panel: Panel) -> str:
        if name == "light chains":
            return f"kappa {panel.kappa} and lambda {panel.lambda_} mg/dL"
        return f"{panel.serum} g/dL" if name == "serum M-protein" else f"{panel.urine} mg/24 h"

    return f"{name} from {said(one)} on {one.day} to {said(other)} on {other.day}"


_RISES: dict[str, tuple[Callable[[Panel], bool], Callable[[Panel, Panel], bool | None]]] = {
    "serum M-protein": (lambda panel: panel.serum is not None, _serum),
    "urine M-protein": (lambda panel: panel.urine is not None, _urine),
    "light chains": (lambda panel: panel.kappa is not None and panel.lambda_ is not None, _light_chains),
}
