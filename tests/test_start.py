"""A cold start stays light: what `assess` imports, and which way imports go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "after-lenalidomide-maintenance.yaml"

OURS = {
    "myeloguide", "myeloguide.__main__", "myeloguide.cli", "myeloguide.cli.frame", "myeloguide.errors", "myeloguide.grouping", "myeloguide.text",
    "myeloguide.criteria", "myeloguide.criteria.nodes", "myeloguide.criteria.prose",
    "myeloguide.criteria.walk", "myeloguide.guideline", "myeloguide.guideline.answer", "myeloguide.guideline.assess", "myeloguide.guideline.consultation",
    "myeloguide.guideline.declared", "myeloguide.guideline.pack", "myeloguide.guideline.prepared", "myeloguide.guideline.phrases", "myeloguide.guideline.what_if", "myeloguide.guideline.questions",
    "myeloguide.history", "myeloguide.history.closure", "myeloguide.history.course", "myeloguide.history.definitions",
    "myeloguide.history.facts", "myeloguide.history.kleene", "myeloguide.history.proof", "myeloguide.history.refractoriness",
    "myeloguide.history.relapse", "myeloguide.knowledge",
    "myeloguide.knowledge.agents", "myeloguide.knowledge.facts", "myeloguide.knowledge.names", "myeloguide.knowledge.reading",
    "myeloguide.knowledge.regimens", "myeloguide.knowledge.source", "myeloguide.knowledge.vocabulary", "myeloguide.record",
    "myeloguide.record.fact_sheet", "myeloguide.record.frozen", "myeloguide.record.patient_file", "myeloguide.record.ranges", "myeloguide.record.shorthand", "myeloguide.record.time",
}  # fmt: skip

THEIRS = {
    "annotated_doc",
    "annotated_types",
    "cython_runtime",
    "pydantic",
    "pydantic_core",
    "shellingham",
    "typer",
    "typing_extensions",
    "typing_inspection",
    "yaml",
}


def imported(arguments: list[str]) -> set[str]:
    start = f"import sys; sys.argv = {['myeloguide', *arguments]!r}"
    run = "from myeloguide.__main__ import main\ntry:\n    main()\nexcept SystemExit:\n    pass"
    code = f"{start}\n{run}\nsys.stderr.write(' '.join(sys.modules))"
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(2):  # the first start keeps the pack ready for the second
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=settings)
    return set(done.stderr.split())


def test_a_cold_assess_imports_these_modules_and_no_others() -> None:
    modules = imported(["assess", str(EXAMPLE)])
    assert {name for name in modules if name.split(".")[0] == "myeloguide"} == OURS
    assert foreign(modules) - THEIRS == set()


def test_a_terminal_costs_rich_and_nothing_else() -> None:
    modules = imported(["assess", str(EXAMPLE), "--color"])
    assert {name for name in modules if name.split(".")[0] == "myeloguide"} == OURS | {"myeloguide.terminal"}
    assert foreign(modules) - THEIRS == {"rich"}


def foreign(modules: set[str]) -> set[str]:
    """Return the packages that are neither ours nor Python's."""
    others = {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names) - {"myeloguide"}
    return {name for name in others if not name.startswith(("_", "sitecustomize", "distutils"))}


def test_a_cold_start_with_shorthand_adds_its_grammar_and_nothing_heavy() -> None:
    modules = imported(["assess", "68y; VRd x4 > R maint, PD on R; complete record"])
    ours = {name for name in modules if name.split(".")[0] == "myeloguide"}
    assert {name for name in ours - OURS if not name.startswith("myeloguide.record.shorthand")} == set()
    others = {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names) - {"myeloguide"}
    others = {name for name in others if not name.startswith(("_", "sitecustomize", "distutils"))}
    assert others - THEIRS == {"lark"}


def test_a_note_from_which_frailty_is_scored_adds_the_scores_and_nothing_heavy() -> None:
    modules = imported(["assess", "82y, ECOG 2; VRd x4 > R maint, PD on R; complete record"])
    ours = {name for name in modules if name.split(".")[0] == "myeloguide" and not name.startswith("myeloguide.record.shorthand")}
    assert ours - OURS == {"myeloguide.history.frailty", "myeloguide.record.events"}
    assert foreign(modules) - THEIRS == {"lark"}


def test_imports_go_one_way() -> None:
    done = subprocess.run([sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
                          capture_output=True, text=True, cwd=EXAMPLE.parents[1], check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Contracts: 3 kept, 0 broken" in done.stdout
