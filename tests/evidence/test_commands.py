"""The evidence on the command line: show, check, and beside the options of an answer; its pages in the documentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from myeloguide.evidence.pages import pages
from myeloguide.evidence.trials import load_evidence
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.schema import shipped_schema
from tests.test_cli import EXAMPLE, call

DOCS = Path(__file__).parents[2] / "docs" / "evidence"


def test_the_pages_are_those_of_the_data(pack: Pack) -> None:
    """To make them anew: `python -m myeloguide.evidence.pages docs/evidence`."""
    kept = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*")}
    assert kept == pages(load_evidence(), pack)


def test_show_prints_the_results_of_an_option_with_their_places() -> None:
    shown = call(["evidence", "show", "DVd"]).stdout.decode()
    assert shown.startswith("DVd: daratumumab, bortezomib, dexamethasone\n\nCASTOR (NCT02136134; phase 3): ")
    assert "16.7 v 7.1 months; HR 0.31 (95% CI 0.24-0.39); p < 0.0001;" in shown
    assert "not reached v 7.2 months; HR 0.39; called benefit [L203-205," in shown
    assert max(map(len, shown.splitlines())) <= 88


@pytest.mark.parametrize("word", ["Dara-Vd", "dvd", "castor"])
def test_show_knows_other_spellings(word: str) -> None:
    assert "CASTOR (NCT02136134" in call(["evidence", "show", word]).stdout.decode()


def test_show_as_json_gives_the_rows_of_the_table() -> None:
    rows = json.loads(call(["evidence", "show", "SVd", "--format", "json"]).stdout)
    assert [(row["trial"], row["hr"], row["ci_low"]) for row in rows] == [("BOSTON", 0.70, None), ("BOSTON", 0.78, 0.58)]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("CASTER", 'evidence show: there is no option and no trial "CASTER" (did you mean CASTOR'),
        (
            "xyzzy",
            'evidence show: there is no option and no trial "xyzzy" (name an option, such as DVd, or a trial, such as CASTOR)',
        ),
        ("VTd", "evidence show: the source reports no result of VTd"),
    ],
)
def test_show_says_what_it_does_not_know(word: str, says: str) -> None:
    done = call(["evidence", "show", word])
    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_check_tells_what_does_not_go_together() -> None:
    done = call(["evidence", "check"])
    assert done.returncode == 0
    told = " ".join(done.stdout.decode().split())
    assert "New findings: none" in told
    assert (
        "CANDOR: HR 0.61 (95% CI 0.45-0.84) is printed for two populations: prior-proteasome-inhibitor and "
        "two-or-more-prior-lines [L541-547; L751-757]" in told
    )


def test_check_says_which_figures_of_a_copy_are_left_out(tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_text("PFS was 99.9 months\n", encoding="utf-8")
    done = call(["evidence", "check", "--source", copy])
    assert done.returncode == 1
    assert "- L1: 99.9 stands in no result\n" in done.stdout.decode()


def test_an_answer_has_no_evidence_unless_it_is_asked_for() -> None:
    assert json.loads(call(["assess", EXAMPLE, "--format", "json"]).stdout)["evidence"] is None
    assert "OPTIMISMM" not in call(["assess", EXAMPLE]).stdout.decode()


def test_evidence_beside_the_options_as_json_holds_to_the_schema() -> None:
    answer = json.loads(call(["assess", EXAMPLE, "--format", "json", "--evidence"]).stdout)
    Draft202012Validator(json.loads(shipped_schema())).validate(answer)
    assert [item["option"] for item in answer["evidence"]] == list(dict.fromkeys(row["option"] for row in answer["options"]))
    first = answer["evidence"][0]["results"][0]
    assert (first["trial"], first["p"], first["source"]["lines"], first["admitted"]) == ("OPTIMISMM", 0.03, [269, 273], True)


def test_the_one_best_result_stands_in_the_row_of_an_option() -> None:
    shown = " ".join(call(["assess", EXAMPLE, "--evidence"]).stdout.decode().split())
    assert (
        "PVd pomalidomide, bortezomib, dexamethasone ev OPTIMISMM: PFS 17.8 v 9.5 months (PVd v Vd), p = 0.03 [L269-273]; in: "
        "one prior line, lenalidomide-refractory; this patient's own group, as far as is known; meets every criterion that the source states; 3 more"
    ) in shown
