"""Frailty scores: every item at its cut-off, bounds where one is missing, and the fact that follows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from myeloguide.history.facts import KnownFacts, known_facts
from myeloguide.history.frailty import Scored, age_on, frailty_scores, read_number, scored
from myeloguide.history.story import tell
from myeloguide.knowledge.reading import parse
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, FindingRecorded, Person
from myeloguide.record.patient_file import read_patient
from myeloguide.record.ranges import Range
from myeloguide.record.time import When, parse_when

AS_OF = date(2024, 5, 1)
RECENT = When.on(date(2024, 4, 1))


def score(name: str, age: float | None = None, *, on: When = RECENT, **items: Any) -> Scored:
    findings = [FindingRecorded(kind, on, str(value), row) for row, (kind, value) in enumerate(items.items(), 1)]
    found = scored(None if age is None else Range.exactly(age), findings, AS_OF)
    return next(item for item in found if item.score.score == name)


@pytest.mark.parametrize(("age", "charlson", "ecog", "points"), [
    (75, 0, 0, 0), (76, 0, 0, 1), (80, 0, 0, 1), (81, 0, 0, 2),
    (70, 1, 0, 0), (70, 2, 0, 1),
    (70, 0, 1, 1), (70, 0, 2, 2), (70, 0, 4, 2),
    (81, 2, 2, 5),
])  # fmt: skip
def test_the_simplified_score_at_its_cut_offs(age: int, charlson: int, ecog: int, points: int) -> None:
    found = score("simplified", age, charlson=charlson, ecog=ecog)
    assert found.points == (points, points)
    assert found.frail is (points >= 2)
    assert found.category == ("frail" if points >= 2 else "not frail")
    assert found.missing == ()


@pytest.mark.parametrize(("age", "adl", "iadl", "charlson", "points", "category"), [
    (75, 5, 6, 1, 0, "fit"), (76, 5, 6, 1, 1, "intermediate"), (80, 6, 8, 0, 1, "intermediate"), (81, 6, 8, 0, 2, "frail"),
    (70, 4, 6, 0, 1, "intermediate"), (70, 5, 5, 0, 1, "intermediate"), (70, 4, 5, 0, 2, "frail"),
    (70, 5, 6, 2, 1, "intermediate"), (85, 0, 0, 9, 5, "frail"),
])  # fmt: skip
def test_the_imwg_score_at_its_cut_offs(age: int, adl: int, iadl: int, charlson: int, points: int, category: str) -> None:
    found = score("imwg", age, adl=adl, iadl=iadl, charlson=charlson)
    assert found.points == (points, points)
    assert found.category == category
    assert found.frail is (category == "frail")


@pytest.mark.parametrize(("age", "items", "points", "frail", "missing"), [
    (81, {}, (2, 5), True, ("charlson", "ecog")),
    (76, {}, (1, 4), None, ("charlson", "ecog")),
    (None, {}, (0, 5), None, ("age", "charlson", "ecog")),
    (None, {"ecog": 2}, (2, 5), True, ("age", "charlson")),
    (70, {"ecog": 0}, (0, 1), False, ("charlson",)),
    (70, {"ecog": 1}, (1, 2), None, ("charlson",)),
    (70, {"ecog": "0-1"}, (0, 2), None, ("charlson",)),
    (70, {"ecog": ">=2"}, (2, 3), True, ("charlson",)),
    (70, {"ecog": "<=1", "charlson": 0}, (0, 1), False, ()),
    (70, {"ecog": 9, "charlson": 0}, (0, 2), None, ("ecog",)),
    (70, {"ecog": "good", "charlson": 0}, (0, 2), None, ("ecog",)),
])  # fmt: skip
def test_bounds_decide_where_they_can_and_what_is_missing_is_named(
    age: int | None, items: dict[str, Any], points: tuple[int, int], frail: bool | None, missing: tuple[str, ...]
) -> None:
    found = score("simplified", age, **items)
    assert (found.points, found.frail, found.missing) == (points, frail, missing)


def test_between_fit_and_intermediate_only_the_bounds_are_known() -> None:
    found = score("imwg", 70, adl=6, iadl=8)
    assert (found.points, found.category, found.frail) == ((0, 1), None, False)


@pytest.mark.parametrize(("days", "known"), [(180, True), (181, False), (-1, False)])
def test_an_item_counts_for_half_a_year_and_not_before_it_was_recorded(days: int, known: bool) -> None:
    found = score("simplified", 70, on=When.on(AS_OF - timedelta(days=days)), ecog=2, charlson=0)
    assert (found.frail is True) is known


def test_the_last_record_counts_and_two_of_one_day_make_a_range() -> None:
    def found(*values: tuple[str, str]) -> Scored:
        findings = [FindingRecorded("ecog", parse_when(on), value, row) for row, (on, value) in enumerate(values)]
        return scored(Range.exactly(70), findings, AS_OF)[0]

    assert found(("2024-03-01", "3"), ("2024-04-01", "0")).points == (0, 1)
    assert found(("2024-04-01", "0"), ("2024-03-01", "3")).points == (0, 1)
    one, other = found(("2024-04-01", "0"), ("2024-04-01", "2")), found(("2024-04-01", "2"), ("2024-04-01", "0"))
    assert one.points == other.points == (0, 3)


@pytest.mark.parametrize(("text", "value"), [
    ("2", Range(2, 2)), ("2.0", Range(2, 2)), ("0-1", Range(0, 1)), ("0–1", Range(0, 1)), (">=2", Range(2, None)), ("> 1", Range(2, None)),
    ("<2", Range(0, 1)), ("≤ 1", Range(0, 1)), ("1.5", None), ("3-1", None), ("ECOG 1", None), ("<0", None), ("", None), ("-1", None),
])  # fmt: skip
def test_numbers_as_they_are_written(text: str, value: Range | None) -> None:
    assert read_number(text) == value


def test_age_in_completed_years() -> None:
    def age(born: str, on: date = AS_OF) -> Range | None:
        return age_on(Person("1", birth_date=parse_when(born)), on)

    assert age("1948-05-01") == Range.exactly(76)
    assert age("1948-05-02") == Range.exactly(75)
    assert age("1948") == Range(75, 76)
    assert age("2024-06-01") is None
    assert age_on(Person("1"), AS_OF) is None


def test_the_facts_age_and_frail_follow_from_the_simplified_score_alone() -> None:
    def facts(born: str | None, *findings: tuple[str, str]) -> Any:
        person = Person("1", birth_date=None if born is None else parse_when(born))
        rows = tuple(FindingRecorded(kind, RECENT, value) for kind, value in findings)
        return tell(Events(person, findings=rows), vocabulary(), AS_OF).derived

    found = facts("1940-01-01")
    assert (found.facts.values["age"], found.facts.values["frail"]) == (Range.exactly(84), True)
    proof = next(proof for proof in found.proofs if proof.fact == "frail")
    assert proof.rule == "A8"
    assert proof.text == (
        "simplified: 2 to 5 points (age 84; Charlson index not recorded; ECOG not recorded); built in newly diagnosed patients"
    )
    assert facts("1954-01-01", ("ecog", "0")).facts.values["frail"] is False
    assert "frail" not in facts("1954-01-01").facts.values
    assert "frail" not in facts("1954-01-01", ("adl", "0"), ("iadl", "0")).facts.values
    assert "age" not in facts(None).facts.values


def test_in_a_patient_file_the_age_given_counts() -> None:
    text = """
as_of: 2024-05-01
facts: {age: 70.5}
history:
  findings:
  - {date: 2024-04-01, kind: ECOG performance status, value: 2}
"""

    def known(text: str) -> KnownFacts:
        patient = read_patient(parse(text, "patient.yaml"), vocabulary(), None, date(2026, 11, 22))
        return known_facts(patient, vocabulary())

    found = known(text)
    assert found.facts.values["frail"] is True
    assert found.disagreements == ()
    found = known(text.replace("age: 70.5", "age: 70.5, frail: false"))
    assert found.facts.values["frail"] is False  # what is given wins, and the disagreement is said
    assert [item.fact for item in found.disagreements] == ["frail"]
    assert known(text.replace("70.5", "81").replace("value: 2", "value: 0")).facts.values["frail"] is True


def test_scores_say_in_whom_they_were_built_and_which_cut_offs_nobody_confirmed() -> None:
    assert {item.built_in for item in frailty_scores()} == {"newly diagnosed patients"}
    seen = {item.score: {step.seen for step in item.items} for item in frailty_scores()}
    assert seen == {"simplified": {"read"}, "imwg": {"unverified"}}
