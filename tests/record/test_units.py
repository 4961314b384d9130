"""Units of laboratory tests: every accepted unit, its factor, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myeloguide.errors import InputError
from myeloguide.record.events import UNITS
from myeloguide.record.units import DATA, Unit, fold_unit, load, units

EVERY = [(name, unit) for name, test in units().tests.items() for unit in test.units]


def test_every_test_of_the_schema_has_units_and_its_standard_unit_changes_nothing() -> None:
    assert set(units().tests) == set(UNITS)
    for test, standard in UNITS.items():
        unit = units().unit(test, standard)
        assert unit is not None
        assert unit.standard(1.7) == 1.7


@pytest.mark.parametrize(
    ("test", "unit", "value", "standard"),
    [
        ("serum_m_protein", "g/L", 30, 3.0),
        ("serum_m_protein", "mg/dL", 3000, 3.0),
        ("serum_m_protein", "mg/L", 30000, 3.0),
        ("urine_m_protein_24h", "g/24h", 0.2, 200),
        ("flc_kappa", "mg/L", 100, 10),
        ("flc_kappa", "g/L", 0.1, 10),
        ("flc_lambda", "ug/mL", 100, 10),
        ("flc_lambda", "g/L", 0.1, 10),
        ("marrow_plasma_cells", "fraction", 0.3, 30),
        ("creatinine", "umol/L", 177, 2.002),
        ("creatinine", "mmol/L", 0.177, 2.002),
        ("creatinine", "mg/L", 20, 2),
        ("calcium", "mmol/L", 2.875, 11.52),
        ("calcium", "mg/L", 115, 11.5),
        ("haemoglobin", "g/L", 100, 10),
        ("haemoglobin", "mmol/L", 6.2058, 10),
        ("albumin", "g/L", 35, 3.5),
        ("beta2_microglobulin", "mg/dL", 0.55, 5.5),
        ("beta2_microglobulin", "ug/L", 5500, 5.5),
        ("ldh", "ukat/L", 4, 240),
        ("circulating_plasma_cells", "10^9/L", 0.2, 200),
        ("mrd", "%", 0.001, 1e-5),
        ("mrd", "per million", 10, 1e-5),
        ("mrd", "10^-5", 1, 1e-5),
        ("plasmacytoma_size", "mm", 15, 1.5),
    ],
)
def test_known_conversions(test: str, unit: str, value: float, standard: float) -> None:
    found = units().unit(test, unit)
    assert found is not None
    assert found.standard(value) == pytest.approx(standard, rel=1e-3)


def test_every_unit_but_the_standard_ones_is_converted_above() -> None:
    marks = test_known_conversions.pytestmark  # type: ignore[attr-defined]
    tried = {(test, fold_unit(unit)) for test, unit, *_ in marks[0].args[1]}
    for test, unit in EVERY:
        spelt = {(test, fold_unit(spelling)) for spelling in (unit.unit, *unit.spellings)}
        assert unit.unit == UNITS[test] or spelt & tried


@given(st.sampled_from(EVERY), st.floats(1e-6, 1e6))
def test_there_and_back(which: tuple[str, Unit], value: float) -> None:
    _, unit = which
    assert unit.standard(value) * unit.divide / unit.multiply == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("spelling", ["µmol/L", "μmol/l", "umol/L", " UMOL / L ", "micromol/L"])
def test_micro_signs_case_and_spaces_are_folded(spelling: str) -> None:
    found = units().unit("creatinine", spelling)
    assert found is not None
    assert found.unit == "umol/L"


@pytest.mark.parametrize(
    "spelling", ["mg/24h", "mg/24 h", "mg/day", "mg/d", "mg/(24.h)", "MG/24 HOURS", "mg/24 hr", "mg/{24h}", "mg/24"]
)
def test_a_day_is_twenty_four_hours(spelling: str) -> None:
    found = units().unit("urine_m_protein_24h", spelling)
    assert found is not None
    assert found.unit == "mg/24h"


@pytest.mark.parametrize(
    ("test", "unit"),
    [
        ("urine_m_protein_24h", "mg/L"),
        ("urine_m_protein_24h", "mg/h"),
        ("creatinine", "mol/L"),
        ("beta2_microglobulin", "nmol/L"),
        ("albumin", "umol/L"),
        ("ldh", "mg/dL"),
        ("serum_m_protein", "g"),
        ("haemoglobin", ""),
    ],
)
def test_other_units_are_not_guessed(test: str, unit: str) -> None:
    assert units().unit(test, unit) is None


@pytest.mark.parametrize(
    ("word", "test"),
    [
        ("Hb", "haemoglobin"),
        ("hemoglobin", "haemoglobin"),
        ("β2-microglobulin", "beta2_microglobulin"),
        ("M-spike", "serum_m_protein"),
        ("Free Kappa", "flc_kappa"),
        ("κ free light chain", "flc_kappa"),
        ("platelets", None),
    ],
)
def test_tests_by_their_spellings(word: str, test: str | None) -> None:
    assert units().test(word) == test


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- test: ldh", "- test: ldhh", 'there is no test "ldhh"'),
        ("- test: ldh", "- test: albumin", "stands twice"),
        ("[hemoglobin, Hb, Hgb]", "[hemoglobin, Alb]", "belongs to"),
        ("divide: 1000, spellings: [ng/mL]", "divide: 0", "divide"),
        ("spellings: [IU/L, units/L]", "spellings: [ukat/L]", "belongs to U/L and to ukat/L"),
        ("- {unit: U/L,", "- {unit: U/L, multiply: 2,", "is the standard unit"),
        ("- {unit: U/L, spellings: [IU/L, units/L], source: {publication: SI prefixes}}", "", "lacks its standard unit"),
        ("steady: true", "stedy: true", "unknown key stedy"),
    ],
)
def test_a_wrong_file_of_units_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = DATA.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "units.yaml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load(broken)


def test_a_test_left_out_is_missed(tmp_path: Path) -> None:
    text = DATA.read_text(encoding="utf-8")
    broken = tmp_path / "units.yaml"
    broken.write_text(text[: text.index("- test: ldh")], encoding="utf-8")
    with pytest.raises(InputError, match="the test ldh is missing"):
        load(broken)
