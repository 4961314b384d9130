"""The definitions that history is read by; each can be set by a ruling of a pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from myeloguide.record.frozen import frozen


@frozen()
class Definitions:
    """Numbers and readings behind derived facts.

    `refractory_days`: days after the last dose within which progression counts (Rajkumar et al., Blood 2011;117:4691).
    `refractory_dose`: whether progression on any dose counts, or on a full dose only (ruling A2).
    `full_dose_mg`: the full daily dose where the source names one (lenalidomide 25 mg, L141).
    `nonresponse`: best responses that are less than minimal response. `evaluable_days`: a drug stopped for toxicity
    sooner, before the shortest usual cycle was over, cannot be said to have failed by stable disease (*unverified*).
    `month_tolerance`: how far a duration told in whole months may be off, in months.
    `early_relapse_months`, `early_after_transplant_months`: a progression so soon after the start of treatment, or after a
    frontline transplant, makes a high functional risk. There is no consensus on it. The last day of a limit is within it.
    """

    refractory_days: int = 60
    refractory_dose: Literal["any", "full"] = "any"
    full_dose_mg: Mapping[str, float] = field(default_factory=lambda: {"lenalidomide": 25.0})
    nonresponse: frozenset[str] = frozenset({"SD", "PD"})
    evaluable_days: int = 21
    month_tolerance: float = 1.0
    early_relapse_months: float = 18
    early_after_transplant_months: float = 12


IMWG_2011 = Definitions()

SETTABLE = {"refractory_dose": ("any", "full")}
"""What a ruling can set, with the values it can take."""
