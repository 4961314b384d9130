"""Units of laboratory tests: every accepted spelling, and the factor to the standard unit of record/events.py."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, StrictBool

from myeloguide.errors import suggestion
from myeloguide.knowledge.names import fold, index
from myeloguide.knowledge.reading import Document, Strict, check, read, refuse_twins
from myeloguide.knowledge.source import Source
from myeloguide.record.events import UNITS

DATA = Path(__file__).parent / "data" / "units.yaml"

_DROPPED = re.compile(r"[\s()\[\]{}.]+")
_DAY = re.compile(r"/(?:24h(?:ou)?rs?|24hours?|24h|24|1d|days?|d)\Z")
_GREEK = str.maketrans({"β": "beta", "Β": "beta", "κ": "kappa", "λ": "lambda", "Λ": "lambda"})


class Unit(Strict):
    """A unit of a test; a value in it times `multiply`, divided by `divide`, is in the standard unit."""

    known_as: ClassVar[str] = "unit"

    unit: str
    multiply: Annotated[float, Field(gt=0)] = 1
    divide: Annotated[float, Field(gt=0)] = 1
    spellings: tuple[str, ...] = ()
    source: Source

    def standard(self, value: float) -> float:
        """Return a value of this unit in the standard unit of its test."""
        return value * self.multiply / self.divide


class TestUnits(Strict):
    """A laboratory test with the units in which it is recorded."""

    known_as: ClassVar[str] = "test"
    __test__: ClassVar[bool] = False

    test: str
    synonyms: tuple[str, ...] = ()
    steady: StrictBool = False
    most: float | None = None
    units: Annotated[tuple[Unit, ...], Field(min_length=1)]


class UnitFile(Strict):
    """The file of units."""

    known_as: ClassVar[str] = "file of units"

    tests: tuple[TestUnits, ...]


def fold_unit(unit: str) -> str:
    """Return the key under which a unit is looked up: `mg/24 h`, `MG/day` and `mg/(24.h)` are one, `µ`, `μ` and `u` too."""
    folded = unicodedata.normalize("NFKC", unit).casefold().replace("μ", "u").replace("mcg", "ug")
    return _DAY.sub("/24h", _DROPPED.sub("", folded))


class Units:
    """The tests that are read, by every spelling, and their units."""

    def __init__(self, tests: tuple[TestUnits, ...]) -> None:
        self.tests: Mapping[str, TestUnits] = {test.test: test for test in tests}
        self._names = index((spelling.translate(_GREEK), test.test) for test in tests for spelling in (test.test, *test.synonyms))
        self._units = {
            test.test: {fold_unit(spelling): unit for unit in test.units for spelling in (unit.unit, *unit.spellings)}
            for test in tests
        }

    def test(self, word: str) -> str | None:
        """Return the name of a test from any of its spellings, or None."""
        return self._names.get(fold(word.translate(_GREEK)))

    def near_test(self, word: str) -> str:
        """Say which test a misspelt word was probably meant to be."""
        return suggestion(word, self.tests)

    def unit(self, test: str, word: str) -> Unit | None:
        """Return the unit of a test from any of its spellings, or None."""
        return self._units[test].get(fold_unit(word))

    def accepted(self, test: str) -> str:
        """Say which units a test is read in."""
        return f"{test} is read in {' or '.join(unit.unit for unit in self.tests[test].units)}"


def load(path: Path = DATA) -> Units:
    """Read a file of units; every test of the schema must be in it, its standard unit with the factor 1."""
    document = read(path, name=path.name)
    tests = check(document, UnitFile).tests
    refuse_twins(document, ("tests",), "test", "test")
    _check_tests(document, tests)
    missing = [name for name in UNITS if name not in {test.test for test in tests}]
    if missing:
        document.fail(("tests",), f"the test {missing[0]} is missing", "give its units")
    return Units(tests)


def _check_tests(document: Document, tests: tuple[TestUnits, ...]) -> None:
    names: dict[str, str] = {}
    for position, test in enumerate(tests):
        if test.test not in UNITS:
            document.fail(("tests", position, "test"), f'there is no test "{test.test}"', suggestion(test.test, UNITS))
        for spelling in (test.test, *test.synonyms):
            owner = names.setdefault(fold(spelling.translate(_GREEK)), test.test)
            if owner != test.test:
                what = f'the spelling "{spelling}" belongs to {owner} and to {test.test}'
                document.fail(("tests", position), what, "a spelling stands for one test")
        spelt: dict[str, str] = {}
        for number, unit in enumerate(test.units):
            place = ("tests", position, "units", number)
            if unit.unit == UNITS[test.test] and unit.multiply != unit.divide:
                document.fail(place, f"{unit.unit} is the standard unit of {test.test}", "its factor is 1")
            for spelling in (unit.unit, *unit.spellings):
                owner = spelt.setdefault(fold_unit(spelling), unit.unit)
                if owner != unit.unit:
                    what = f'the spelling "{spelling}" belongs to {owner} and to {unit.unit}'
                    document.fail(place, what, "a spelling stands for one unit")
        if fold_unit(UNITS[test.test]) not in spelt:
            document.fail(("tests", position, "units"), f"{test.test} lacks its standard unit", f"add {UNITS[test.test]}")


@cache
def units() -> Units:
    """Return the units that the program ships with."""
    return load()
