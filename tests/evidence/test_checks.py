"""The checks find what is known to be wrong in the source, by the figures alone, and nothing where nothing is wrong."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from myeloguide.evidence.checks import Checked, check_evidence
from myeloguide.evidence.trials import DATA, load_evidence, read_evidence
from myeloguide.guideline.loading import read_errata
from myeloguide.guideline.pack import Pack
from myeloguide.knowledge.vocabulary import vocabulary


@pytest.fixture(scope="module")
def checked(pack: Pack) -> Checked:
    return check_evidence(load_evidence(), pack)


RULED = {
    "CANDOR: 446 printed, the registry gives 466": "CANDOR/elsewhere/patients",
    "CANDOR: 0.61 (0.45-0.84) for two populations": "CANDOR/same-numbers/prior-proteasome-inhibitor and two-or-more-prior-lines",
    "CANDOR: called a trend": "CANDOR/called/PFS/prior-proteasome-inhibitor",
    "CANDOR: cited as 25": "reference 25/cited-for-two",
    "OPTIMISMM: 278 and 270": "OPTIMISMM/elsewhere/patients of the arms PVd and Vd",
    "OPTIMISMM: follow-up 16 and 16.4": "OPTIMISMM/said-twice/follow-up",
    "EQUULEUS: 102 or 103 patients": "EQUULEUS/said-twice/patients",
    "EQUULEUS: phase 1b or 2": "EQUULEUS/said-twice/phase",
    "Myeloma X: 12 or 18 months": "Myeloma X/elsewhere/months after the earlier transplant, at least",
    "5.6 months of whom": "MAMMOTH/elsewhere/patients with a median overall survival of 5.6 months",
    "KPd: 1C and 1B": "KPd/grade/phase 2",
    "DPd: 1C and 1B": "DPd/grade/phase 2",
    "IPd cited as 3": "reference 3/cited-for-two",
    "32 cited nowhere": "reference 32/never-cited",
    "DRd cited as 12": "reference 12/cited-for-two",
    "STORM cited as 46": "reference 46/cited-for-two",
    "EMN011 of two groups": "EMN011/said-twice/study group",
    "BOSTON under way and reported": "BOSTON/said-twice/state",
    "BELLINI under way and reported": "BELLINI/said-twice/state",
    "MM-014: range for interval": "MM-014/print/PFS at 9 months/lenalidomide-refractory",
    "EloVd: no benefit after IMiDs, yet listed": "EloVd v Vd/listed/PFS/prior-imid/EloVd",
    "KarMMa: 33.%": "KarMMa/print/CR/all",
    "cells x 106, L955": "bb2121, phase 1/print/PFS/over-150-million-cells",
    "cells x 106, L975": "KarMMa/print/PFS/all",
}
"""What `rulings.md` F lists and figures can show, and the finding that shows it."""


@pytest.mark.parametrize("finding", RULED.values(), ids=RULED)
def test_the_errors_known_of_the_source_come_out_by_themselves(checked: Checked, finding: str) -> None:
    assert finding in {item.finding for item in checked.findings}


def test_what_comes_out_beyond_them(checked: Checked) -> None:
    assert {item.finding for item in checked.findings} - set(RULED.values()) == {
        "CASTOR/middle/PFS/one-prior-line/update, 19.4 months",
        "CASTOR/elsewhere/PFS after one prior line at 19.4 months of follow-up",
        "CANDOR/print/PFS/not-lenalidomide-refractory",
        "IPd/whole-patients/ORR/all",
        "DKd/grade/phase 3",
        "BELLINI/listed/OS/all/venetoclax-based",
        "PANORAMA 1/listed/OS/all/Pano+PI",
        "IsaKd/grade/phase 3",
    }


def test_every_finding_is_explained_and_every_explanation_needed(checked: Checked) -> None:
    assert checked.new == ()
    assert checked.not_found == ()


def test_every_check_looks_at_something(checked: Checked) -> None:
    assert min(checked.looked_at.values()) >= 4, checked.looked_at


def test_findings_name_their_errata(checked: Checked, pack: Pack) -> None:
    errata = {item.erratum for item in read_errata(pack)}
    named = {item.erratum for item in checked.findings if item.erratum is not None}
    assert named <= errata
    # what is left speaks of words, headings and approvals, which no figure shows
    assert errata - named == {
        "selinexor-approval", "vdt-pace-two-names", "bellini-heading", "published-version-pvd-svd",
    }  # fmt: skip


def test_both_places_are_shown(checked: Checked) -> None:
    for item in checked.findings:
        if (
            item.check in ("same numbers", "said twice", "elsewhere", "listed", "grade", "citation")
            and "never-cited" not in item.finding
        ):
            assert len(item.places) >= 2, item
    twice = next(item for item in checked.findings if item.check == "same numbers")
    assert twice.places == ("L541-547", "L751-757")


@pytest.mark.parametrize(
    ("file", "old", "new", "check"),
    [
        ("endeavor", "hr: 0.857", "hr: 1.857", "interval"),
        ("mm-014", "ci_low: 76.5", "ci_low: 87.5", "interval"),
        ("pollux", "ci_high: 0.55", "ci_high: 0.65", "middle"),
        ("alcyone", "p: 0.0003", "p: 0.03", "p"),
        ("bellini", "p: 0.003", "p: 0.0003", "p"),
        ("pollux", "ci_high: 0.55\n", "ci_high: 0.95\n", "p"),
        ("candor", "value_option: NR", "value_option: 5.8", "direction"),
        ("aspire", "difference: 11.4", "difference: 12.4", "direction"),
        ("ikema", "called: trend", "called: benefit", "called"),
        ("relapse", "  p: 0.34\n", "  called: benefit\n  p: 0.34\n", "called"),
        ("storm", "value_option: 26", "value_option: 27.5", "whole patients"),
        ("ikema", "hr: 0.59\n  ci_low: 0.31\n  ci_high: 1.12", "hr: 0.56\n  ci_low: 0.31\n  ci_high: 1.04", "same numbers"),
        ("ikema", "prior_lines >= 2, n: 167", "prior_lines >= 2, n: 367", "size"),
        ("ikema", "{arm: Kd, n: 123}", "{arm: Kd, n: 132}", "size"),
        ("optimismm", "called: benefit", "called: no benefit", "listed"),
        ("mm-014", "n: 84, share: 75", "n: 48, share: 75", "share"),
    ],
)
def test_a_slip_is_found(pack: Pack, tmp_path: Path, file: str, old: str, new: str, check: str) -> None:
    """A figure changed so that it no longer goes with the others is found by the check that is for it."""
    shutil.copytree(DATA.parent, tmp_path / "evidence", ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    path = tmp_path / "evidence" / "data" / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = check_evidence(read_evidence(path.parent, vocabulary()), pack)
    assert check in {re.sub("difference", "direction", item.check) for item in found.new}
