"""The measurable disease of one patient: laboratory values that stand for a response category, or for progression.

The bands lie well inside the limits of the IMWG response criteria (Kumar et al., Lancet Oncol 2016;17:e328), so that a value says
one category only, whatever the jitter of a visit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from myeloguide.cohort.simulation.draws import Draws

SERUM, URINE, KAPPA, LAMBDA, MARROW = (
    "serum_m_protein",
    "urine_m_protein_24h",
    "flc_kappa",
    "flc_lambda",
    "marrow_plasma_cells",
)
CREATININE, CALCIUM, HAEMOGLOBIN = "creatinine", "calcium", "haemoglobin"
UNITS = {
    SERUM: "g/dL",
    URINE: "mg/24 h",
    KAPPA: "mg/L",
    LAMBDA: "mg/L",
    MARROW: "%",
    CREATININE: "mg/dL",
    CALCIUM: "mg/dL",
    HAEMOGLOBIN: "g/dL",
}

Value = tuple[str, float]
"""A test and its value in the unit of `UNITS`."""

JITTER = 0.02
DEEP = ("VGPR", "CR", "sCR")
COMPLETE = ("CR", "sCR")
UNCHANGED = (0.93, 1.0)


@dataclass(frozen=True, slots=True)
class Kind:
    """What one marker of disease may do: bands of each category, as a share of the baseline or as a value.

    `rise` is the least absolute rise of a progression, with margin; `floor` the least baseline by which a new line is measured.
    """

    places: int
    shares: dict[str, tuple[float, float]]
    values: dict[str, tuple[float, float]]
    rise: float
    rise_from_high: float
    high: float
    floor: tuple[float, float]
    ceiling: float


KINDS = {
    SERUM: Kind(
        2,
        {"SD": UNCHANGED, "MR": (0.58, 0.70), "PR": (0.15, 0.42), "VGPR": (0.02, 0.07)},
        {"CR": (0, 0)},
        0.65,
        1.25,
        5.0,
        (1.3, 2.4),
        9.0,
    ),
    URINE: Kind(
        0,
        {"SD": UNCHANGED, "MR": (0.26, 0.39)},
        {"PR": (118, 178), "VGPR": (20, 80), "CR": (0, 0)},
        260,
        260,
        1e9,
        (1000, 1800),
        14_000,
    ),
    # Of light chains: the difference of involved and uninvolved, mg/L.
    KAPPA: Kind(1, {"SD": UNCHANGED, "PR": (0.18, 0.40)}, {"CR": (0, 0)}, 135, 135, 1e9, (320, 700), 25_000),
    MARROW: Kind(0, {"SD": (0.96, 1.0), "PR": (0.22, 0.38)}, {"CR": (1, 3)}, 13, 13, 1e9, (36, 60), 90),
}
BASELINES = {
    SERUM: (3.3, 0.45, 1.5, 8.0),
    URINE: (2200, 0.6, 1000, 9000),
    KAPPA: (1300, 0.8, 350, 9000),
    MARROW: (50, 0.3, 36, 85),
}
"""Median, spread of the logarithm, least and most at diagnosis."""

MARKERS = {
    "serum": (SERUM,),
    "serum_and_urine": (SERUM, URINE),
    "urine": (URINE,),
    "light_chain": (KAPPA,),
    "non_secretory": (MARROW,),
}


@dataclass(slots=True)
class Marker:
    """One marker of one patient over time: the baseline of the present line, lowest and last value.

    `levels` holds for each category the level and how far above it the next value lies.
    """

    kind: Kind
    places: int
    baseline: float = 0.0
    levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    lowest: float = 0.0
    last: float = 0.0

    def begin(self, value: float) -> float:
        """Take a value as the baseline of a new line."""
        self.baseline = self.lowest = self.last = round(float(value), self.places)
        self.levels = {}
        return self.last

    def at(self, category: str, draws: Draws) -> float:
        """Return a value in the band of a category; the level of a category stays the same throughout a line."""
        category = "CR" if category == "sCR" else category
        found = self.levels.get(category)
        if found is None:
            band = self.kind.values.get(category)
            low, high = band or (self.baseline * share for share in self.kind.shares[category])
            level = draws.uniform(low, high)
            found = level, (high - level) * 0.6
        level, above = found
        # The value falls within its band from visit to visit, towards the level.
        self.levels[category] = level, above * 0.6
        return self._next((level + above) * (1 + JITTER * (2 * draws.share() - 1)))

    def set(self, value: float) -> float:
        """Take a value as it is."""
        return self._next(value)

    def _next(self, value: float) -> float:
        self.last = value = round(value, self.places)
        self.lowest = min(self.lowest, value)
        return value

    def required(self) -> float:
        """Return the lowest value that is a progression with margin."""
        rise = self.kind.rise if self.lowest < self.kind.high - 0.3 else self.kind.rise_from_high
        return self.lowest + max(0.32 * self.lowest, rise)

    @property
    def can_progress(self) -> bool:
        """Whether a progression by this marker stays below what is ever seen."""
        return self.required() * 1.35 < self.kind.ceiling

    def progress(self, draws: Draws) -> float:
        """Return a value that is a progression."""
        return self._next(min(max(self.required(), self.last) * draws.uniform(1.02, 1.25), self.kind.ceiling * 1.08))

    def renewed(self, draws: Draws) -> float:
        """Return the baseline of the next line: no less than now, and measurable."""
        value = min(self.last * draws.uniform(1.0, 1.12), self.kind.ceiling * 1.1)
        return value if value >= self.kind.floor[0] else draws.uniform(*self.kind.floor)


class Disease:
    """The markers, light chains and blood counts of one patient, in step."""

    def __init__(self, how: str, *, kappa: bool, draws: Draws) -> None:
        self.how = how
        self.markers = [Marker(KINDS[test], KINDS[test].places) for test in MARKERS[how]]
        self.tests = MARKERS[how]
        self.involved, self.uninvolved = (KAPPA, LAMBDA) if kappa else (LAMBDA, KAPPA)
        self.low_chain = round(draws.uniform(5, 11), 1)
        self.haemoglobin = draws.uniform(10.2, 13.2)
        self.calcium = draws.uniform(8.7, 9.9)
        self.creatinine = draws.uniform(0.65, 1.25) if draws.chance(0.85) else draws.uniform(1.5, 2.6)
        self.draws = draws

    @property
    def by_marrow(self) -> bool:
        """Whether the marrow alone shows the disease."""
        return self.how == "non_secretory"

    @property
    def has_depths(self) -> bool:
        """Whether MR and VGPR are defined: they are for M-protein only."""
        return self.tests[0] in (SERUM, URINE)

    @property
    def can_progress(self) -> bool:
        """Whether the laboratory can show a progression."""
        return all(marker.can_progress for marker in self.markers)

    def measurable(self) -> bool:
        """Whether a new line would be measured from the present values."""
        return all(marker.last >= marker.kind.floor[0] for marker in self.markers)

    def diagnosis(self) -> list[Value]:
        """Return the values at diagnosis, the first baseline."""
        for marker, test in zip(self.markers, self.tests, strict=True):
            median, spread, least, most = BASELINES[test]
            value = median * 2.718281828 ** self.draws.normal(0, spread)
            marker.begin(min(max(value, least), most))
        marrow = [] if self.by_marrow else [(MARROW, float(self.draws.days(12, 80)))]
        return [*self._shown(), *self._absent(), *marrow, *self._light_chains("baseline"), *self.chemistry()]

    def begin_line(self, *, renewed: bool) -> list[Value]:
        """Return the values on the day a new line begins, before its first dose: its baseline."""
        for marker in self.markers:
            marker.begin(marker.renewed(self.draws) if renewed else marker.last)
        return [*self._shown(), *self._absent(), *self._light_chains("baseline"), *self.chemistry()]

    def at(self, category: str) -> list[Value]:
        """Return the values of a visit at which this category is shown."""
        for marker in self.markers:
            marker.at(category, self.draws)
        accompany = category in COMPLETE and self.how != "light_chain"
        return [*self._shown(), *(self._light_chains(category) if accompany else ())]

    def unchanged(self) -> list[Value]:
        """Return the last values once more."""
        return self._shown()

    def progress(self) -> list[Value]:
        """Return the values of a visit that shows progression in every marker."""
        for marker in self.markers:
            marker.progress(self.draws)
        return self._shown()

    def set(self, value: float) -> list[Value]:
        """Return a visit with this very value of the first marker."""
        self.markers[0].set(value)
        return self._shown()

    def chemistry(self, *, worse: bool = False) -> list[Value]:
        """Return haemoglobin, calcium and creatinine: steady, or as in a clinical progression."""
        draw = self.draws.uniform
        haemoglobin = self.haemoglobin + draw(-0.4, 0.4) - (3.0 if worse else 0)
        calcium = draw(11.8, 13.5) if worse else self.calcium + draw(-0.2, 0.2)
        return [
            (HAEMOGLOBIN, round(haemoglobin, 1)),
            (CALCIUM, round(calcium, 1)),
            (CREATININE, round(self.creatinine * draw(0.96, 1.04), 2)),
        ]

    def _shown(self) -> list[Value]:
        if self.how == "serum":
            return [(SERUM, self.markers[0].last), (URINE, 0.0)]
        shown: list[Value] = []
        for marker, test in zip(self.markers, self.tests, strict=True):
            if test == KAPPA:
                # Of a complete response the ratio is normal: the difference is near nothing, on either side.
                shown += self._light_chains("sCR") if marker.last == 0 else self._pair(marker.last)
            else:
                shown.append((test, marker.last))
        if self.how == "urine":
            shown.append((SERUM, 0.0))
        return shown

    def _absent(self) -> list[Value]:
        """Return what shows at a baseline that M-protein cannot be measured."""
        return [(SERUM, 0.0), (URINE, 0.0)] if not self.has_depths else []

    def _pair(self, difference: float) -> list[Value]:
        return [(self.involved, round(self.low_chain + difference, 1)), (self.uninvolved, self.low_chain)]

    def _light_chains(self, category: str) -> list[Value]:
        """Return both light chains where they only accompany: raised, abnormal in CR, normal in sCR."""
        if self.how == "light_chain" and category != "sCR":
            return []
        if category == "sCR" or self.by_marrow:
            kappa = self.draws.uniform(8, 15)
            return [(KAPPA, round(kappa, 1)), (LAMBDA, round(kappa / self.draws.uniform(0.5, 1.3), 1))]
        return self._pair(round(self.draws.uniform(18, 35) if category == "CR" else self.draws.uniform(30, 80), 1))
