"""The program as it is called: answers, wrong input, exit status, nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import myeloguide

EXAMPLES = Path(__file__).parents[1] / "examples"
EXAMPLE = EXAMPLES / "after-lenalidomide-maintenance.yaml"


PROGRAM = [sys.executable, "-m", "myeloguide"]


def call(
    arguments: Sequence[str | Path], given: bytes | None = None, folder: Path | None = None, **settings: str
) -> subprocess.CompletedProcess[bytes]:
    surroundings = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | settings
    return subprocess.run(  # noqa: PLW1510
        [*PROGRAM, *map(str, arguments)], input=given, capture_output=True, cwd=folder, timeout=120, env=surroundings
    )


def assess(text: str | bytes, *more: str) -> subprocess.CompletedProcess[bytes]:
    return call(["assess", "-", *more], text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_are_answered(example: Path) -> None:
    done = call(["assess", example])
    assert done.returncode == 0, done.stderr
    assert b"Rulings used" in done.stdout
    assert max(map(len, done.stdout.decode().splitlines())) <= 88


def test_json_is_one_object() -> None:
    done = call(["assess", EXAMPLE, "--format", "json"])
    answer = json.loads(done.stdout)
    assert (answer["pack"], answer["patient"]) == ("imwg-2021", "Example 1")
    assert answer["lists"][0] | {"applies": True} == answer["lists"][0]


def test_the_reason_for_one_option() -> None:
    done = call(["assess", EXAMPLE, "--explain", "Pom-Vd"])
    text = " ".join(done.stdout.decode().split())
    assert "PVd in: First relapse, disease refractory to lenalidomide; preferred, 1A: offered" in text
    assert "progression 2021-05-03 on lenalidomide (line 1)" in text
    assert "L425-427" in text


def test_switching_a_ruling_changes_the_answer() -> None:
    facts = "facts: {prior_lines: 1, exposed_to: [bortezomib], not_refractory_to: [bortezomib], line1_agents: [bortezomib]}"

    def krd(*more: str) -> str:
        options = json.loads(assess(facts, "--format", "json", *more).stdout)["options"]
        return next(str(row["status"]) for row in options if row["option"] == "KRd")

    assert krd() == "condition_not_met"
    assert krd("--ruling", "C1=both") == "offered"


def test_a_file_in_json_with_tabs() -> None:
    done = assess('{\n\t"facts": {\n\t\t"prior_lines": 2\n\t}\n}\n', "--format", "json")
    assert json.loads(done.stdout)["facts"]["prior_lines"] == 2


def test_the_date_is_today_unless_given() -> None:
    given = json.loads(assess("facts: {prior_lines: 1}", "--as-of", "2021-05-01", "--format", "json").stdout)
    assert given["as_of"] == "2021-05-01"
    own = json.loads(assess("as_of: 2020-12-01\nfacts: {prior_lines: 1}", "--as-of", "2021-05-01", "--format", "json").stdout)
    assert own["as_of"] == "2020-12-01"


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"

WRONG: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "standard input: the file is empty"),
    "only a comment": ("# nothing\n", "the file is empty"),
    "no mapping": ("just words", "is written as `key: value` lines"),
    "no yaml": ("facts: {age: 70\nhistory: [", "standard input:2: is neither YAML nor JSON"),
    "binary": (b"\x00\x01\x02\xff" * 20, "is not UTF-8 text"),
    "laughs": (LAUGHS, "anchors and aliases (& and *) are not read"),
    "deep": ("[" * 3000, "is nested more than 40 deep"),
    "tag": ("facts: !!python/object:os.system {}", "is not read"),
    "twice": ("facts: {age: 70}\nfacts: {age: 71}", "standard input:2: the key facts stands twice (first on line 1)"),
    "unknown key": ("fact: {age: 70}", "standard input:1: unknown key fact in a patient file (did you mean facts?)"),
    "unknown fact": ("facts:\n  prior_line: 1", "standard input:2: there is no fact prior_line (did you mean prior_lines?)"),
    "wrong type": ("facts:\n  age: old", 'standard input:2: age is "old" (write a number of years)'),
    "impossible age": ("facts: {age: 150}", "age is 150 (it lies between 0 and 130)"),
    "a number beyond all bounds": ('{"facts": {"age": 1' + "0" * 400 + "}}", "(it lies between 0 and 130)"),
    "negative": ("facts: {prior_lines: -1}", "prior_lines is -1"),
    "half a line": ("facts: {prior_lines: 1.5}", "prior_lines is 1.5 (write a whole number)"),
    "true as number": ("facts: {age: true}", "age is True (write a number of years)"),
    "number as truth": ("facts: {frail: 1}", "frail is 1 (write true or false, or leave it out if unknown)"),
    "unknown level": ("facts: {fitness: strong}", 'fitness is "strong" (write fit, intermediate or frail, or leave it out if unknown)'),
    "unknown agent": (
        "facts:\n  exposed_to:\n  - bortezomib\n  - lenalidomid",
        'standard input:4: there is no agent "lenalidomid" (did you mean lenalidomide',
    ),
    "unknown regimen": ("facts: {regimens_given: [VRdd]}", 'there is no regimen "VRdd" (did you mean VRd'),
    "no list": ("facts: {exposed_to: bortezomib}", 'exposed_to is "bortezomib" (write a list, such as [lenalidomide])'),
    "complete and not complete": (
        "facts:\n  exposed_to: [bortezomib]\n  exposed_to_at_least: [lenalidomide]",
        "standard input:3: exposed_to_at_least stands beside exposed_to, which is the complete list (keep one of the two)",
    ),
    "both ways": (
        "facts: {refractory_to: [bortezomib], not_refractory_to: [bortezomib]}",
        "refractory_to is given both ways for bortezomib",
    ),
    "not exposed": ("facts: {exposed_to: [lenalidomide], refractory_to: [bortezomib]}", "refractory to bortezomib, but bortezomib was not received"),
    "known not exposed": ("facts: {not_exposed_to: [bortezomib], refractory_to: [bortezomib]}", "bortezomib was not received"),
    "untreated": ("facts: {prior_lines: 0, exposed_to: [bortezomib]}", "prior_lines is 0, but bortezomib was received"),
    "untreated transplant": ("facts: {prior_lines: 0, prior_transplant: true}", "prior_lines is 0, but there was a transplant"),
    "line 1": ("facts: {prior_lines: 1, exposed_to: [bortezomib, lenalidomide], line1_agents: [bortezomib]}", "differ by lenalidomide"),
    "no transplant": ("facts: {prior_transplant: false, maintenance_after_transplant: true}", "but prior_transplant is false"),
    "zero months": (
        "facts: {months_lenalidomide_stop_to_progression: 0, not_refractory_to: [lenalidomide]}",
        "given as not refractory to lenalidomide",
    ),
    "frail and fit": ("facts: {frail: true, fitness: fit}", "frail and fitness contradict each other"),
    "after as_of": (
        "as_of: 2020-01-01\nhistory:\n  lines:\n  - {regimen: Rd, start: 2020-02}",
        "standard input:4: start 2020-02 is after as_of, 2020-01-01",
    ),
    "future": ("as_of: 2190-01-01\nfacts: {age: 70}", "as_of 2190-01-01 is after today"),
    "no date": ("history: {lines: [{start: 2020-13}]}", '"2020-13" is no date of the calendar (write 2021-03-15, 2021-03 or 2021)'),
    "30 February": ("history: {lines: [{start: 2020-02-30}]}", "is no date of the calendar"),
    "stop before start": ("history: {lines: [{regimen: Rd, start: 2020-03, stop: 2020-01}]}", "stop 2020-01 is before start 2020-03"),
    "lines out of order": (
        "history:\n  lines:\n  - {regimen: Rd, start: 2020}\n  - {regimen: Kd, start: 2018}",
        "this line starts 2018, before the line given ahead of it (2020)",
    ),
    "line twice": ("history:\n  lines:\n  - {line: 1, regimen: Rd}\n  - {line: 1, regimen: Kd}", "standard input:4: line 1 is given twice"),
    "regimen in a line": ("history:\n  lines:\n  - {regimen: KRdd}", 'standard input:3: there is no regimen "KRdd" (did you mean KRd'),
    "agent in a phase": ("history: {lines: [{phases: [{agents: [melfalan]}]}]}", 'there is no agent "melfalan" (did you mean melphalan'),
    "response": ("history: {lines: [{best_response: good}]}", '"good" is no response (write one of sCR, CR'),
    "intent": ("history: {lines: [{phases: [{intent: maintainance}]}]}", 'intent: "maintainance" is not one of its values (did you mean maintenance?)'),
    "on an agent not given": (
        "history: {lines: [{regimen: VCd, progression: {on: [lenalidomide]}}]}",
        "progression names lenalidomide, but the line does not",
    ),
    "on an agent stopped long before": (
        "history: {lines: [{regimen: Rd, stop: 2016-05, progression: {date: 2020-05, on: [lenalidomide]}}]}",
        "is said to be on lenalidomide, which was stopped long before",
    ),
    "dose of an agent not given": ("history: {lines: [{regimen: Vd, doses: {lenalidomide: 10}}]}", "doses names lenalidomide, but the line does not"),
    "maintenance both ways": (
        "history: {lines: [{maintenance: false, phases: [{intent: maintenance, agents: [lenalidomide]}]}]}",
        "maintenance is false, but a phase of maintenance is recorded",
    ),
    "conditioning without transplant": (
        "history: {lines: [{transplant: false, phases: [{intent: conditioning, agents: [melphalan]}]}]}",
        "transplant is false, but a phase of conditioning is recorded",
    ),
    "stopped for no progression": (
        "history: {lines: [{regimen: Vd, progression: false, stop_reason: progression}]}",
        "progression is false, but treatment was stopped for progression",
    ),
    "progression before the phases": (
        "history: {lines: [{phases: [{regimen: VCd, start: 2018}], progression: 2012}]}",
        "progression 2012 is before the start of its line, 2018",
    ),
    "progression after the next line": (
        "history: {lines: [{regimen: Vd, start: 2018, progression: 2023}, {regimen: Rd, start: 2020}]}",
        "this line starts 2020, before the progression of the line ahead of it (2023)",
    ),
    "some lines numbered": ("history: {lines: [{line: 1, regimen: Vd}, {regimen: Rd}]}", "this line has no number, though others have"),
    "ruling": ("rulings: {C9: both}", "ruling C9 has no switch"),
    "reading": ("rulings: {C1: all}", 'ruling C1 has no reading "all" (write C1=single or both)'),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_refused_with_a_clear_message(name: str) -> None:
    text, said = WRONG[name]
    done = assess(text)
    assert done.returncode == 2
    assert done.stdout == b""
    message = done.stderr.decode()
    assert said in message
    assert "Traceback" not in message
    assert len(message.splitlines()) <= 21


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["assess", "no-such-file.yaml"], "no-such-file.yaml: there is no such file"),
        (["assess", "."], "this is a folder"),
        (["assess", EXAMPLE, "--ruling", "C1"], '"C1" is no switch (write --ruling C1=both)'),
        (["assess", EXAMPLE, "--ruling", "C2=both"], 'ruling C2 has no reading "both" (write C2=all or any)'),
        (["assess", EXAMPLE, "--explain", "PVx"], "the guideline has no option PVx (did you mean"),
        (["assess", EXAMPLE, "--pack", "imwg-2022"], "there is no such pack (did you mean imwg-2021?)"),
        (["assess", EXAMPLE, "--as-of", "soon"], '"soon" is no date'),
        (["cohort", "assess", "none.parquet", "-o", "out.parquet"], "none.parquet: there is no such file"),
    ],
)
def test_wrong_arguments(arguments: list[str | Path], said: str, tmp_path: Path) -> None:
    done = call(arguments, folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


def test_a_hundred_megabytes_of_noise(tmp_path: Path) -> None:
    noise = tmp_path / "noise.yaml"
    with noise.open("wb") as file:
        for _ in range(100):
            file.write(b"x: [" * 262_144)
    done = call(["assess", noise])
    assert done.returncode == 2
    assert b"is larger than 2,000,000 bytes" in done.stderr


def test_an_unknown_command_is_a_usage_error() -> None:
    assert call(["asses"]).returncode == 2


def test_version_and_schema() -> None:
    assert call(["--version"]).stdout.startswith(b"myeloguide 0.")
    assert json.loads(call(["schema"]).stdout)["$id"] == "urn:myeloguide:answer-1"


def test_output_that_cannot_be_written() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "myeloguide", "assess", str(EXAMPLE)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert b"the output cannot be written" in done.stderr


def test_columns_set_the_width_of_what_is_piped() -> None:
    def widest(columns: str) -> int:
        return max(map(len, call(["assess", EXAMPLE], COLUMNS=columns).stdout.decode().splitlines()))

    assert 88 < widest("120") <= 120
    assert 60 < widest("70") <= 70
    assert widest("wide") <= 88
    assert widest("0") <= 88


def test_what_a_person_can_do_stands_apart_from_what_nobody_can() -> None:
    more = ["--what-if", "unavailable_agents.daratumumab=true"]
    text = " ".join(call(["assess", EXAMPLE, "--explain", "DRd", *more]).stdout.decode().split())
    assert ". And in your hands: obtain daratumumab" in text
    assert "obtain daratumumab and" not in text


# --- what if, plan, ask ---


def test_a_what_if_shows_the_answer_and_the_difference() -> None:
    text = " ".join(call(["assess", EXAMPLE, "--what-if", "unavailable_agents.pomalidomide=true"]).stdout.decode().split())
    assert (
        "First relapse, disease refractory to lenalidomide; no longer offered: preferred: PVd (1A); other: KPd (1C), DPd (1C)"
        in text
    )
    answer = json.loads(call(["assess", EXAMPLE, "--ruling", "C4=off", "--format", "json"]).stdout)
    assert answer["difference"] is not None
    assert json.loads(call(["assess", EXAMPLE, "--format", "json"]).stdout)["difference"] is None


def test_wrong_what_ifs_and_plans_are_told() -> None:
    done = call(["assess", EXAMPLE, "--what-if", "t_11_41=true"])
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"myeloguide: --what-if: there is no fact t_11_41 (did you mean t_11_14?)\n"
    done = call(["assess", EXAMPLE, "--plan", "nonsense"])
    assert (done.returncode, done.stdout) == (2, b"")
    done = call(["assess", EXAMPLE, "--what-if", "prior_transplant=false"])
    assert done.returncode in (0, 2)
    assert b"Traceback" not in done.stderr


def test_a_plan_is_placed() -> None:
    text = " ".join(call(["assess", EXAMPLE, "--plan", "Dara-Pom-Dex"]).stdout.decode().split())
    assert "Offered; the guideline puts other options before it." in text
    assert "To record why: patient-contraindication" in text


def test_what_would_change_an_option_stands_with_its_reasons() -> None:
    text = " ".join(call(["assess", EXAMPLE, "--explain", "DRd"]).stdout.decode().split())
    assert "What would make it offered (the smallest changes of facts)" in text
    assert "Only if it were so that: not refractory to lenalidomide" in text
    told = json.loads(call(["assess", EXAMPLE, "--explain", "DRd", "--format", "json"]).stdout)
    written = [[change["written"] for change in item["changes"]] for item in told["would_change"]["sets"]]
    assert ["refractory_to.lenalidomide=false"] in written
    for changes in written:  # each does what it says when it is tried
        flags = [part for text in changes for part in ("--what-if" if text[0].islower() else "--ruling", text)]
        answer = json.loads(call(["assess", EXAMPLE, *flags, "--format", "json"]).stdout)
        assert any(row["option"] == "DRd" and row["status"] == "offered" for row in answer["options"])


def test_what_is_supposed_is_said_and_two_questions_at_once_are_refused() -> None:
    text = " ".join(call(["assess", EXAMPLE, "--what-if", "fitness=frail"]).stdout.decode().split())
    assert "Supposed, not recorded: fitness=frail." in text
    assert json.loads(call(["assess", EXAMPLE, "--what-if", "fitness=frail", "--format", "json"]).stdout)["supposed"] == [
        "fitness=frail"
    ]
    assert call(["assess", EXAMPLE, "--explain", "PVd", "--plan", "PVd"]).returncode == 2
    done = call(["assess", EXAMPLE, "--what-if", "age=80", "--what-if", "age=60"])
    assert (done.returncode, done.stderr) == (2, b"myeloguide: --what-if: age is changed twice (keep one)\n")


def test_a_derived_fact_supposed_unknown_is_asked_for() -> None:
    answer = json.loads(call(["assess", EXAMPLE, "--what-if", "refractory_to.lenalidomide=unknown", "--format", "json"]).stdout)
    assert answer["missing"][0]["fact"] == "refractory_to.lenalidomide"


OPEN_QUESTION = b"""
as_of: 2026-11-01
facts: {prior_lines: 1, age: 70, fitness: fit, exposed_to: [lenalidomide], line1_agents: [lenalidomide], transplant_eligible: false}
"""


def test_questions_are_asked_until_nothing_can_change(tmp_path: Path) -> None:
    file = tmp_path / "patient.yaml"
    file.write_bytes(OPEN_QUESTION)
    done = call(["ask", file], b"perhaps\nn\n")
    text = " ".join(done.stdout.decode().split())
    assert done.returncode == 0, done.stderr
    assert '"perhaps" is not understood (answer y, n or ?)' in text
    assert "No further question: the set of offered options can no longer change." in text
    assert "--what-if refractory_to.lenalidomide=false" in text
    assert "Stopped." in call(["ask", file], b"").stdout.decode()
    assert call(["ask", "-"], b"").returncode == 2


NOTE = "68y fit; VRd x4 > ASCT 2018-06 > R maint, PD 2021-05 on R; CI: carfilzomib (EF 35%); LVEF 60 %; as of 2021-06; complete record"


def test_shorthand_is_answered_and_printed_back() -> None:
    done = call(["assess", NOTE])
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.decode().split())
    assert (
        "Understood: as of 2021-06 68y, fit VRd induction x4 > ASCT 2018-06 > lenalidomide maint, PD 2021-05 on lenalidomide"
        in text
    )
    assert "contraindicated: carfilzomib (EF 35%)" in text
    assert "Not used: LVEF 60 %" in text
    answer = json.loads(call(["assess", NOTE, "--format", "json"]).stdout)
    assert "contraindicated: carfilzomib (EF 35%)" in answer["understood"]["statements"]
    assert answer["understood"]["not_used"] == ["LVEF 60 %"]
    assert answer["lists"][0]["applies"] is True
    assert json.loads(call(["assess", EXAMPLE, "--format", "json"]).stdout)["understood"] is None


def test_shorthand_stands_wherever_a_patient_file_does(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_bytes(call(["assess", NOTE, "--format", "json"]).stdout)
    assert call(["verify", kept, "--patient", NOTE]).returncode == 0
    assert call(["history", "show", NOTE]).returncode == 0
    assert b"lenalidomide" in call(["ask", NOTE], b"q\n").stdout


def test_shorthand_and_patient_file_are_written_from_each_other(tmp_path: Path) -> None:
    file = tmp_path / "patient.yaml"
    done = call(["shorthand", NOTE])
    file.write_bytes(done.stdout)
    assert b"# carfilzomib, contraindicated_agents: EF 35%\n# not used: LVEF 60 %\nas_of: 2021-06\n" in done.stdout
    written = call(["shorthand", file]).stdout.decode()
    assert written.startswith("as of 2021-06; 68y, fit; VRd induction x4 > ASCT 2018-06 > lenalidomide maint, PD 2021-05")
    again = call(["assess", written.strip(), "--format", "json"]).stdout
    assert json.loads(again)["options"] == json.loads(call(["assess", file, "--format", "json"]).stdout)["options"]


def test_what_shorthand_cannot_hold_is_said(tmp_path: Path) -> None:
    file = tmp_path / "patient.yaml"
    file.write_text("history:\n  measurements:\n  - {date: 2020-01-01, test: creatinine, value: 1, unit: mg/dL}\n")
    done = call(["shorthand", file])
    assert (done.returncode, done.stdout) == (0, b"\n")
    assert b"left out: history.measurements: shorthand has lines of therapy only" in done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("68y; VRx x4", 'shorthand, column 6: "VRx" is not understood (did you mean VRd?)\n    68y; VRx x4\n         ^^^\n'),
        ("patient.txt", "it was taken for shorthand, for there is no such file"),
        ("68 y/o", "it was taken for a file, for it holds a slash"),
        ("none.yaml", "none.yaml: there is no such file"),
        ("", "shorthand: says nothing"),
    ],
)
def test_an_error_says_what_a_patient_was_taken_for(given: str, said: str) -> None:
    done = call(["assess", given])
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_an_existing_file_is_a_file_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "VRd").write_text("facts: {prior_lines: 1}")
    assert json.loads(call(["assess", "VRd", "--format", "json"], folder=tmp_path).stdout)["understood"] is None


@pytest.mark.parametrize("module", ["cli/frame", "guideline/prepared"])
def test_a_compiled_file_that_is_cut_short_is_said_to_be(tmp_path: Path, module: str) -> None:
    source = Path(myeloguide.__file__).parent
    shutil.copytree(source, tmp_path / "myeloguide", ignore=shutil.ignore_patterns("__pycache__", "static", "drawn"))
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "myeloguide", "assess", "68y"]
    settings["PYTHONPATH"] = str(tmp_path)
    assert subprocess.run(command, env=settings, capture_output=True, check=False).returncode == 0
    folder, _, name = module.partition("/")
    (compiled,) = (tmp_path / "myeloguide" / folder / "__pycache__").glob(f"{name}.*.pyc")
    os.truncate(compiled, 20)
    done = subprocess.run(command, env=settings, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert (
        done.stderr == b"myeloguide: a compiled file of Python is cut short (remove the folders __pycache__, or install again)\n"
    )
