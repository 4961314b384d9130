"""`evidence forest` and `evidence network` as they are called."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from myeloguide.errors import InputError
from myeloguide.evidence.network import Chi
from tests.test_cli import call


def test_a_forest_plot_is_written(tmp_path: Path) -> None:
    done = call(["evidence", "forest", "--population", "lenalidomide-refractory", "-o", tmp_path / "forest.svg"])
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert ET.parse(tmp_path / "forest.svg").getroot().get("class") == "forest-lenalidomide-refractory"


def test_a_forest_in_words() -> None:
    text = call(["evidence", "forest", "Dara-Kd", "--against", "Kd", "--population", "one-prior-line"]).stdout.decode()
    assert "- CANDOR: DKd v Kd, one prior line: 0.68 (0.40-1.14) [L539-543]" in text
    assert "Below 1 favours DKd, above 1 favours Kd." in text


def test_a_network_as_json_with_its_pictures(tmp_path: Path) -> None:
    graph, league = tmp_path / "network.svg", tmp_path / "league.svg"
    done = call(["evidence", "network", "--published", "-o", graph, "--league", league, "--format", "json"])
    answer = json.loads(done.stdout)
    assert [len(part["options"]) for part in answer["parts"]] == [7, 6, 4]
    (pair,) = (one for one in answer["parts"][0]["common"]["league"] if (one["option"], one["comparator"]) == ("DKd", "Vd"))
    assert pair["hr"] == pytest.approx(0.59 * 0.53, abs=1e-6)
    assert {ET.parse(path).getroot().get("class") for path in (graph, league)} == {"network", "league"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["forest", "DVdd"], "did you mean"),
        (["forest", "DVd", "--against", "Kd"], "the source compares nothing of that kind"),
        (["forest", "DVd", "--population", "one-line"], "no trial compares one-line"),
        (["forest", "DVd", "-o", "forest.png"], "is no .svg"),
        (["network", "--population", "lenalidomide"], "did you mean lenalidomide-exposed"),
        (["network", "--endpoint", "ORR"], "one of PFS, OS, TTP, PFS2"),
        (["network", "-o", "there/is/none.svg"], "no such folder"),
    ],
)
def test_wrong_calls(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = call(["evidence", *arguments], folder=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr.decode()
    assert not list(tmp_path.iterdir())


def test_without_scipy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(
        InputError, match=r"SciPy, which is not installed .in the folder of the source: pip install '\.\[evidence\]'"
    ):
        _ = Chi(1.0, 1).p
    assert Chi(0.0, 0).p is None
