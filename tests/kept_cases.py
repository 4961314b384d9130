"""What the cases kept with the pack say, held against answers: by the tests, and by `benchmarks/mutants.py`.

Each check raises an AssertionError where an answer differs from what a case expects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from myeloguide.guideline.answer import Answer, OptionAnswer
from myeloguide.guideline.assess import assess, assess_document
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS
from myeloguide.guideline.reach import shown
from myeloguide.guideline.witnesses import replay, said, statuses
from myeloguide.knowledge.reading import Document, parse_all
from myeloguide.record.fact_sheet import read_facts

CASES = PACKS / DEFAULT_PACK / "cases"
DAY = date(2026, 11, 22)
Case = Mapping[str, Any]


def load(name: str) -> list[dict[str, Any]]:
    path = CASES / name
    return [document.data for document in parse_all(path.read_text(encoding="utf-8"), str(path))]


def applying(answer: Answer) -> dict[str, bool | None]:
    return {item.list: item.applies for item in answer.lists if item.applies is not False}


def check_facts(pack: Pack, case: Case) -> None:
    sheet = read_facts(Document("facts", {"facts": case["facts"]}, {}), ("facts",), case["facts"], pack.vocabulary)
    answer = assess(pack, sheet, DAY)
    assert applying(answer) == case["lists"]
    given = [
        {"list": row.list, "tier": row.tier, "option": row.option, "grade": row.grade, "status": row.status}
        for row in answer.options
        if row.recommended
    ]
    assert given == case["expect"]


def check_history(pack: Pack, case: Case) -> None:
    file = {key: case[key] for key in ("as_of", "facts", "history", "rulings") if key in case}
    complete = case.get("assume_complete", False)
    answer = assess_document(pack, Document("patient", file, {}), DAY, assume_complete=complete)
    for fact, value in case.get("derives", {}).items():
        assert in_any_order(answer.facts[fact]) == in_any_order(value), fact
    assert applying(answer) == case["lists"]
    assert sorted({item.fact for item in answer.disagreements}) == sorted(case.get("disagrees", []))
    assert answer.assumed_complete == complete
    check_codes((note.code for note in answer.notes), case, "notes")
    for expected in case["expect"]:
        check_row(the_row(answer, expected), expected)


def check_edge(pack: Pack, case: Case) -> None:
    for each in case.get("each", [{}]):
        file = {"as_of": DAY.isoformat(), "facts": case.get("facts", {}) | each, "rulings": case.get("rulings", {})}
        answer = assess_document(pack, Document("patient", file, {}), DAY)
        assert {**applying(answer), **case.get("lists", {})} == applying(answer), each
        check_codes((note.code for note in answer.notes), case, "notes")
        check_codes((note.list for note in answer.cross_references if note.list), case, "cross_references")
        offers_nothing = {item.list: item.silence for item in answer.nothing_offered}
        assert {**offers_nothing, **case.get("nothing_offered", {})} == offers_nothing, each
        for expected in case.get("expect", []):
            check_row(the_row(answer, expected), expected)


def check_codes(shown: Iterable[str], expected: Case, key: str) -> None:
    """Check that what is expected under `key` is shown, and nothing of what is expected under `no_<key>`."""
    codes = set(shown)
    assert set(expected.get(key, [])) <= codes
    assert not set(expected.get(f"no_{key}", [])) & codes


def in_any_order(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def the_row(answer: Answer, expected: Case) -> OptionAnswer:
    found = [
        row
        for row in answer.options
        if (row.list, row.tier, row.option) == (expected["list"], expected["tier"], expected["option"])
        and row.grade == expected.get("grade", row.grade)
    ]
    assert len(found) == 1, expected
    return found[0]


def check_row(row: OptionAnswer, expected: Case) -> None:
    assert row.status == expected["status"]
    if "needs" in expected:
        assert list(row.needs) == expected["needs"]
    check_codes((name for reason in row.reasons for name in (reason.code, reason.text)), expected, "reasons")
    named = [(caution, name) for caution in row.cautions for name in (caution.code, caution.text)]
    check_codes((name for caution, name in named if caution.holds), expected, "cautions")
    check_codes((name for caution, name in named if caution.holds is None), expected, "open")
    check_codes((name for caution, name in named if caution.strength == "strong"), expected, "strong")


def check_witness(pack: Pack, case: Case) -> None:
    assessment = replay(pack, case["facts"], case["rulings"])
    assert statuses(pack, assessment) == case["expect"]
    assert said(pack, assessment) == case["says"]


def check_shown(pack: Pack, case: Case) -> None:
    """Hold a witness to what its whole answer shows."""
    missing = set(case["shows"]) - shown(pack, replay(pack, case["facts"], case["rulings"]).answer())
    assert sorted(missing) == []


CHECKS: dict[str, Callable[[Pack, Case], None]] = {
    "witnesses.yaml": check_witness,
    "facts.yaml": check_facts,
    "edges.yaml": check_edge,
    "histories.yaml": check_history,
}
"""The check of each file of cases, the cheapest first."""
