"""The trials as data: what is there, read strictly, and held against a second typing."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from myeloguide.errors import InputError
from myeloguide.evidence.accounting import held_numbers
from myeloguide.evidence.table import of_result, of_toxicity
from myeloguide.evidence.trials import DATA, Evidence, load_evidence, read_evidence
from myeloguide.knowledge.vocabulary import vocabulary

SECOND = Path(__file__).parents[1] / "data" / "second_typing" / "results.csv"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


def test_every_result_of_the_source_is_there(evidence: Evidence) -> None:
    results = [result for _, result in evidence.results]
    assert len(evidence.trials) == 44
    assert len(results) == 112
    assert sum(result.hr is not None for result in results) == 41  # 42 printed: CASTOR's 0.31 stands twice
    assert sum(result.hr is not None and result.ci_low is not None for result in results) == 24
    assert sum(result.hr is None and result.ci_low is not None for result in results) == 3  # rates with an interval
    assert sum(result.p is not None for result in results) == 24
    assert sum(result.value_option == "NR" for result in results) == 5
    assert sum(result.value_option == "NE" for result in results) == 1


def test_a_level_is_given_only_where_it_is_printed(evidence: Evidence) -> None:
    without = [(trial.name, result.measured) for trial, result in evidence.results if result.ci_low and not result.ci_level]
    assert without == [("MM-014", "PFS at 9 months")]


def test_what_is_from_memory_is_marked(evidence: Evidence) -> None:
    for trial in evidence.trials:
        registry = trial.file.registry
        if registry is not None and not registry.lines:
            assert registry.verified == (registry.publication != "from memory"), trial.name
    verified = {item.reference: item.publication or "" for item in evidence.references.values() if item.verified}
    assert list(verified) == [21, 25, 32]
    assert all("PMC" in publication or "doi" in publication for publication in verified.values())


def number(text: str) -> float | str | None:
    return float(text) if re.fullmatch(r"[\d.]+", text) else text or None


AROUND = ("number of patients", "share", "median number of prior lines", "difference", "improvement", "progressing during")
"""What the second typing has as rows of their own, and the data as sizes, parts, designs and differences."""

FIGURES = ("value_option", "value_comparator", "hr", "ci_low", "ci_high", "ci_level", "p", "p_operator")


def test_the_second_typing_has_the_same_figures(evidence: Evidence) -> None:
    """Typed by another person from the source alone; sizes and parts of a trial stand there as rows of their own."""
    own = [of_result(trial, result) for trial, result in evidence.results]
    own += [of_toxicity(trial, item) for trial in evidence.trials for item in trial.file.toxicities]
    waiting = [(row, tuple(number(str(getattr(row, name) or "")) for name in FIGURES)) for row in own]
    held = held_numbers(evidence)
    alone = []
    with SECOND.open(encoding="utf-8", newline="") as file:
        for typed in csv.DictReader(file):
            figures = tuple(number(typed[name]) for name in FIGURES)
            first, last = int(typed["source_first_line"]), int(typed["source_last_line"])
            around = any(kind in typed["endpoint"] for kind in AROUND)
            for item in () if around else waiting:
                row, ours = item
                here = (row.source_first_line or 0) <= last and first <= (row.source_last_line or 0)
                if ours == figures and here and row.option in (typed["option"], "mixed", "transplant"):
                    waiting.remove(item)
                    break
            else:
                there = {value for line in range(first, last + 1) for value in held.get(line, ())}
                missing = {value for value in figures if isinstance(value, float)} - there
                assert not missing, typed
                alone += [] if around else [f"{typed['trial']}: {typed['endpoint']}"]
    assert not [row for row, ours in waiting if any(value is not None for value in ours)]
    assert alone == ["CASTOR: PFS", "OPTIMISMM: OS"]  # printed a second time; a result of which nothing is printed


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("hr: 0.39", "hz: 0.39", 24, "unknown key hz in a result"),
        ("endpoint: PFS", "endpoint: PSF", 19, '"PSF" is not one of its values'),
        ("option: DVd\n  comparator", "option: DVD\n  comparator", 20, "there is no arm DVD here (did you mean DVd or Vd?)"),
        ("population: one-prior-line\n", "population: one-line\n", 57, "there is no population one-line here"),
        (
            "when: prior_lines >= 1",
            "when: prior_line >= 1",
            12,
            "no fact or condition is called prior_line (did you mean prior_lines?)",
        ),
        (
            'prior line", whole: true',
            'prior line", when: prior_lines >= 1, whole: true',
            14,
            "the whole of a trial has no condition of its own",
        ),
        ("value_option: NR", "value_option: none reached", 22, '"none reached" is no value'),
        ("  ci_high: 0.39\n", "", 28, "an interval has two ends"),
        ('  p_operator: "<"\n', "", 28, "a p value has an operator"),
        ("  lines: [203, 205]\n", "", 18, "names no place"),
        ("- {arm: DVd}", "- {arm: DVV}", 8, "there is no option DVV"),
        ("  reference: 20\n", "  reference: 70\n", 25, "reference 70 is cited nowhere"),
        ("references: [20, 21, 22]", "references: [20, 21, 99]", 4, "there is no reference 99"),
        ("trial: CASTOR", "trial: Candor", 1, "the trial Candor stands in candor.yaml too"),
        (
            "- cut: update, 19.4 months\n  population: one-prior-line",
            "- cut: first report",
            56,
            "this result stands twice (first on line 18)",
        ),
    ],
)
def test_a_mistake_is_an_error_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    shutil.copytree(DATA.parent, tmp_path / "evidence", ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    path = tmp_path / "evidence" / "data" / "castor.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_evidence(path.parent, vocabulary())
    assert f"castor.yaml:{line}: " in str(raised.value)
    assert says in str(raised.value)
