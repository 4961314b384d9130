"""Every figure of the source stands in a result on its line, and every figure of a result on the lines it names.

The source is not shipped; these tests run where a copy of it lies beside the repository.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from myeloguide.evidence.accounting import figures, hold_against, misplaced, unaccounted
from myeloguide.evidence.trials import load_evidence

SOURCE = Path(__file__).parents[3] / "shared" / "guideline" / "000_b26e4a5f368c32be.txt"

needs_source = pytest.mark.skipif(not SOURCE.is_file(), reason="the source is not shipped and no copy lies beside the repository")


@needs_source
def test_no_figure_of_the_source_is_left_out_and_none_stands_elsewhere() -> None:
    assert hold_against(load_evidence(), SOURCE) == ()


@needs_source
def test_every_exception_is_needed() -> None:
    evidence = load_evidence()
    source = SOURCE.read_text(encoding="utf-8")
    without = unaccounted(replace(evidence, exceptions=()), source)
    assert {(item.line, item.text) for item in without} == {(item.line, item.figure) for item in evidence.exceptions}


@needs_source
def test_a_result_left_out_is_noticed() -> None:
    """Without the file of any one trial that reports figures, some figure is unaccounted for."""
    evidence = load_evidence()
    source = SOURCE.read_text(encoding="utf-8")
    for trial in evidence.trials:
        if any(result.hr is not None or result.value_option is not None for result in trial.file.results):
            rest = tuple(item for item in evidence.trials if item is not trial)
            assert unaccounted(replace(evidence, trials=rest), source), trial.name


def test_figures_are_numbers_that_stand_free() -> None:
    text = "PFS was 16.7 versus 7.1 months (HR 0.31, 95% CI 0.24-0.39, P<0.0001).21\n\nIn the phase 3 trial,20 one fourth\n"
    found = [(figure.text, figure.line) for figure in figures(text)]
    assert found == [
        ("16.7", 1), ("7.1", 1), ("0.31", 1), ("95", 1), ("0.24-0.39", 1), ("0.0001", 1), ("3", 3), ("one fourth", 3),
    ]  # fmt: skip


def test_figures_that_the_text_does_not_hold_are_told() -> None:
    evidence = load_evidence()
    castor = next(trial for trial in evidence.trials if trial.name == "CASTOR")
    told = misplaced(replace(evidence, trials=(castor,), references={}), "\n" * 600)
    assert "CASTOR L203-205: 0.39" in told
    assert "CASTOR L213-223: 60" in told
