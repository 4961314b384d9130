"""A registry of random patients with facts that do not contradict each other, as a table."""

from __future__ import annotations

import numpy as np
import polars as pl

SHARES = {
    "bortezomib": 0.8, "lenalidomide": 0.7, "daratumumab": 0.3, "melphalan": 0.5, "carfilzomib": 0.15, "pomalidomide": 0.15,
    "ixazomib": 0.05, "thalidomide": 0.2, "isatuximab": 0.04, "elotuzumab": 0.03, "panobinostat": 0.02, "selinexor": 0.02,
    "venetoclax": 0.02, "cyclophosphamide": 0.3, "doxorubicin": 0.03, "cisplatin": 0.02, "etoposide": 0.02, "melflufen": 0.01,
    "belantamab_mafodotin": 0.02, "idecabtagene_vicleucel": 0.01, "ciltacabtagene_autoleucel": 0.01,
}  # fmt: skip


def registry(patients: int, seed: int = 1) -> pl.DataFrame:
    """Return a table of facts: half of the patients at first relapse, a tenth of the values unknown."""
    random = np.random.default_rng(seed)
    lines = random.choice([0, 1, 2, 3, 4], patients, p=[0.02, 0.48, 0.25, 0.15, 0.10])
    columns: dict[str, pl.Series] = {
        "patient_id": pl.Series([f"P{number:08d}" for number in range(patients)]),
        "prior_lines": pl.Series(lines),
        "age": pl.Series(random.integers(40, 90, patients)),
        "fitness": pl.Series(random.choice(["fit", "intermediate", "frail"], patients)),
        "centre": pl.Series(random.choice(["north", "south"], patients)),
    }
    for agent, share in SHARES.items():
        exposed = (random.random(patients) < share) & (lines > 0)
        refractory = exposed & (random.random(patients) < 0.5)
        unknown = random.random(patients) < 0.1
        columns[f"exposed_to_{agent}"] = pl.Series(exposed)
        columns[f"refractory_to_{agent}"] = pl.Series(refractory).set(pl.Series(unknown), None)
        columns[f"line1_{agent}"] = pl.Series(np.where(lines <= 1, exposed, exposed & (random.random(patients) < 0.6)))
        columns[f"unavailable_{agent}"] = pl.Series(random.random(patients) < 0.02)
    transplant = (random.random(patients) < 0.4) & (lines > 0)
    months = np.where(transplant, random.integers(6, 80, patients).astype(float), np.nan)
    columns["prior_transplant"] = pl.Series(transplant)
    columns["months_transplant_to_progression"] = pl.Series(months).fill_nan(None)
    columns["transplant_eligible"] = pl.Series(random.random(patients) < 0.5)
    return pl.DataFrame(columns)
