"""What is newer than the source: dated, matched to the patient, and never reaching a list."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from myeloguide.grouping import weighing_cautions
from myeloguide.guideline.answer import Answer, CautionShown, OptionAnswer, SinceShown
from myeloguide.guideline.assess import assess
from myeloguide.guideline.loading import read_pack
from myeloguide.guideline.pack import Pack, came_after, happened_on
from myeloguide.guideline.prepared import DEFAULT_PACK, PACKS, load_pack
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.time import When, parse_when
from tests.conftest import TODAY
from tests.patients import patients, sheet_of, switches

Answering = Callable[..., Answer]
FIRST_RELAPSE = {
    "prior_lines": 1,
    "exposed_to": ["bortezomib", "lenalidomide"],
    "line1_agents": ["bortezomib", "lenalidomide"],
    "refractory_to": ["lenalidomide"],
    "not_refractory_to": ["bortezomib"],
}


def news(answer: Answer, name: str) -> SinceShown:
    (found,) = [item for item in answer.since if item.id == name]
    return found


@pytest.fixture(scope="module")
def without_news(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("packs") / DEFAULT_PACK
    shutil.copytree(PACKS / DEFAULT_PACK, folder)
    (folder / "since.yaml").write_text('ruling: C9\nafter: "2020-06"\nguidelines: []\nsince: []\n', encoding="utf-8")
    return read_pack(folder, vocabulary())


# --- it never changes the list ---


def standing(row: OptionAnswer) -> tuple[Any, ...]:
    kept = [caution for caution in row.cautions if caution.kind != "since"]
    return row.list, row.tier, row.option, row.grade, row.status, row.needs, [item.text for item in row.reasons], kept


@given(patients, switches)
def test_with_and_without_it_every_list_and_status_is_the_same(
    without_news: Pack, facts: dict[str, Any], switched: dict[str, str]
) -> None:
    sheet = sheet_of(facts)
    with_it, without = (assess(pack, sheet, TODAY, switched) for pack in (load_pack(), without_news))
    assert [(item.list, item.applies) for item in with_it.lists] == [(item.list, item.applies) for item in without.lists]
    assert [_comparable(row) for row in with_it.options] == [_comparable(row) for row in without.options]
    assert [(item.fact, item.decides) for item in with_it.missing] == [(item.fact, item.decides) for item in without.missing]
    assert [(item.option, item.offered) for item in with_it.certain] == [(item.option, item.offered) for item in without.certain]
    assert [item.list for item in with_it.nothing_offered] == [item.list for item in without.nothing_offered]
    assert [note.text for note in with_it.notes] == [note.text for note in without.notes]
    assert without.since == ()


def _comparable(row: OptionAnswer) -> tuple[Any, ...]:
    *rest, cautions = standing(row)
    return (*rest, [(caution.code, caution.text, caution.strength, caution.holds) for caution in cautions])


def test_the_law_would_be_broken_by_another_list(without_news: Pack, answer_for: Answering, tmp_path: Path) -> None:
    """The comparison sees what it is to see: with one option dropped from a list it no longer holds."""
    folder = tmp_path / DEFAULT_PACK
    shutil.copytree(without_news.folder, folder)
    path = folder / "lists" / "first-relapse-lenalidomide-refractory.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[PVd, DKd, IsaKd]", "[PVd, IsaKd]"), encoding="utf-8")
    other = assess(read_pack(folder, vocabulary()), sheet_of(FIRST_RELAPSE), TODAY)
    assert [_comparable(row) for row in other.options] != [_comparable(row) for row in answer_for(**FIRST_RELAPSE).options]


# --- matched to the patient ---


def test_a_population_is_matched_criterion_by_criterion(answer_for: Answering) -> None:
    answer = answer_for(**FIRST_RELAPSE)
    assert news(answer, "cartitude-4").population == "matches"
    assert news(answer, "dreamm-7").population == "matches"
    refused = news(answer, "bvd-us-approval")
    assert refused.population == "does_not_match"
    assert [item.text for item in refused.criteria if item.met is False] == ["below 2 prior lines of therapy"]
    karmma = news(answer, "karmma-3")
    assert {item.text for item in karmma.criteria if item.met is False} == {
        "below 2 prior lines of therapy",
        "never received an anti-CD38 antibody",
    }


@pytest.mark.parametrize(
    ("lines", "population"), [(1, "matches"), (2, "matches"), (3, "matches"), (4, "does_not_match")]
)  # fmt: skip
def test_a_number_of_lines_has_two_ends(lines: int, population: str, answer_for: Answering) -> None:
    assert news(answer_for(prior_lines=lines), "majestec-3").population == population


def test_what_is_not_known_is_named(answer_for: Answering) -> None:
    answer = answer_for(prior_lines=2, exposed_to=["bortezomib", "lenalidomide"])
    matched = news(answer, "cartitude-4")
    assert matched.population == "unknown"
    (open_,) = [item for item in matched.criteria if item.met is None]
    assert (open_.text, open_.needs) == ("refractory to lenalidomide", ("refractory_to.lenalidomide",))
    nothing_known = news(answer_for(prior_lines=2), "tec-dara-us-approval")
    assert nothing_known.population == "unknown"
    assert {name for item in nothing_known.criteria for name in item.needs} >= {
        "exposed_to.bortezomib",
        "exposed_to.lenalidomide",
    }


def test_one_criterion_that_fails_decides_though_another_is_open(answer_for: Answering) -> None:
    assert news(answer_for(prior_lines=5), "cartitude-4").population == "does_not_match"


def test_what_is_not_stated_is_not_guessed(answer_for: Answering, pack: Pack) -> None:
    answer = answer_for(**FIRST_RELAPSE)
    for item in answer.since:
        if item.applies_to.startswith("not stated"):
            assert (item.population, item.criteria) == ("not_stated", ())
    assert news(answer, "successor-2").population == "not_stated"
    assert any(not item.population and not item.applies_to.startswith("not stated") for item in pack.newer.since)


def test_a_population_is_in_facts_and_not_in_readings_of_the_source(answer_for: Answering) -> None:
    """Within six months of lenalidomide a ruling may read the disease as refractory to it; a trial knew no such ruling."""
    facts = {**FIRST_RELAPSE, "refractory_to": [], "not_refractory_to": ["lenalidomide", "bortezomib"],
             "months_lenalidomide_stop_to_progression": 4}  # fmt: skip
    answer = answer_for({"A3": "refractory"}, **facts)
    assert "first-relapse-lenalidomide-refractory" in {item.list for item in answer.lists if item.applies}
    assert news(answer, "cartitude-4").population == "does_not_match"


def test_what_stands_against_its_agents_is_said(answer_for: Answering) -> None:
    facts = {**FIRST_RELAPSE, "exposed_to": ["bortezomib", "lenalidomide", "carfilzomib"], "prior_lines": 2,
             "unavailable_agents": ["belantamab_mafodotin"], "contraindicated_agents": ["teclistamab"],
             "refractory_to": ["lenalidomide", "bortezomib"], "not_refractory_to": []}  # fmt: skip
    answer = answer_for(**facts)
    assert news(answer, "dreamm-7").on_agents == ("belantamab mafodotin cannot be obtained", "refractory to bortezomib")
    assert news(answer, "majestec-3").on_agents == ("teclistamab is contraindicated",)
    assert news(answer, "successor-2").on_agents == ("unknown whether refractory to carfilzomib",)
    assert news(answer, "dreamm-7").listed is False


def test_it_stands_in_a_block_of_its_own_where_no_list_holds_the_option(answer_for: Answering) -> None:
    first, later = answer_for(**FIRST_RELAPSE), answer_for(prior_lines=3)
    assert (news(first, "cartitude-4").option, news(first, "cartitude-4").listed) == ("BCMA-CAR-T", False)
    assert news(first, "cartitude-4").agents == ("ciltacabtagene_autoleucel",)
    assert (news(later, "cartitude-4").option, news(later, "cartitude-4").listed) == ("BCMA-CAR-T", True)
    for answer in (first, later):
        present = {row.option for row in answer.options}
        assert all(item.listed == (item.option in present) for item in answer.since)
        own = {item.option for item in answer.since if not item.known_to_source}
        assert own == {"BVd", "BPd", "Tec-Dara", "Tal-DP", "Tal-Dara", "MeziKd"}


def test_nobody_who_was_never_treated_is_shown_any(answer_for: Answering) -> None:
    assert answer_for(prior_lines=0).since == ()


# --- dated ---


def test_what_surely_came_later_is_hidden(answer_for: Answering) -> None:
    early = answer_for(prior_lines=2, as_of=date(2020, 6, 15))
    assert early.since == ()
    assert early.newer_guidelines == ()
    assert not [caution for row in early.options for caution in row.cautions if caution.kind == "since"]
    late = answer_for(prior_lines=2)
    assert [row.status for row in early.options] == [row.status for row in late.options]
    assert not any(item.perhaps_later for item in late.since)
    assert len(late.newer_guidelines) == 7


@pytest.mark.parametrize(
    ("day", "shown"), [(date(2024, 2, 22), False), (date(2024, 2, 23), True)]
)  # fmt: skip
def test_a_day_hides_what_came_the_next(day: date, shown: bool, answer_for: Answering) -> None:
    answer = answer_for(prior_lines=2, as_of=day)
    assert ("melflufen-us-withdrawal" in {item.id for item in answer.since}) == shown
    assert ("melflufen-us-withdrawal" in {caution.code for caution in cautions(answer, "melflufen-dex")}) == shown


def cautions(answer: Answer, option: str) -> list[CautionShown]:
    return [caution for row in answer.options if row.option == option for caution in row.cautions]


def test_a_partial_date_is_marked_where_it_may_be_later(answer_for: Answering) -> None:
    in_the_year = answer_for(prior_lines=2, as_of=date(2022, 5, 1))
    withdrawn = news(in_the_year, "belantamab-us-withdrawal")
    assert (withdrawn.date, withdrawn.perhaps_later) == ("2022", True)
    (said,) = [item for item in cautions(in_the_year, "BCMA-ADC") if item.code == "belantamab-us-withdrawal"]
    assert said.source == "US regulator, 2022, perhaps after the day of the decision"
    assert not news(answer_for(prior_lines=2, as_of=date(2022, 12, 31)), "belantamab-us-withdrawal").perhaps_later
    assert "belantamab-us-withdrawal" not in {item.id for item in answer_for(prior_lines=2, as_of=date(2021, 12, 31)).since}


def test_what_has_no_date_may_be_later_until_it_was_read(answer_for: Answering) -> None:
    before, after = (news(answer_for(prior_lines=2, as_of=day), "ocean") for day in (date(2026, 10, 31), date(2026, 11, 1)))
    assert (before.dated, before.date, before.perhaps_later) == (False, "2026-11", True)
    assert after.perhaps_later is False


@pytest.mark.parametrize(
    ("dated", "seen", "first", "last"),
    [
        ("2024", "2026-11", date(2024, 1, 1), date(2024, 12, 31)),
        ("2020", "2026-11", date(2020, 6, 30), date(2020, 12, 31)),
        (None, "2026-11", date(2020, 6, 30), date(2026, 11, 1)),
        ("2026", "2026-11", date(2026, 1, 1), date(2026, 11, 1)),
        ("2026-11-12", "2026-11", date(2026, 11, 12), date(2026, 11, 12)),
    ],
)
def test_when_it_happened(dated: str | None, seen: str, first: date, last: date) -> None:
    assert happened_on(dated, seen, "2020-06") == When(first, last)


@pytest.mark.parametrize(("dated", "seen"), [("2019", "2026-11"), ("2026-12", "2026-11"), (None, "2020-05")])
def test_when_it_cannot_have_happened(dated: str | None, seen: str) -> None:
    assert happened_on(dated, seen, "2020-06") is None


@pytest.mark.parametrize(("day", "later"), [("2020-12-31", True), ("2021-06-01", None), ("2021-12-31", False)])
def test_whether_it_came_after_a_day(day: str, later: bool | None) -> None:
    assert came_after(parse_when("2021"), date.fromisoformat(day)) is later


def test_every_entry_says_when_it_was_read_and_on_what_page(answer_for: Answering) -> None:
    for item in answer_for(prior_lines=2).since:
        assert item.seen == "2026-11"
        assert item.strength
        assert item.dated or item.date == item.seen


# --- harm stands among the option's own cautions ---


def test_an_approval_that_answers_a_withdrawal_is_a_note_directly_below_it(answer_for: Answering) -> None:
    answer = answer_for(prior_lines=4)
    (row,) = [row for row in answer.options if row.option == "BCMA-ADC"]
    newer = [(item.code, item.strength) for item in row.cautions if item.kind == "since"]
    assert newer == [
        ("dreamm-3", "strong"),
        ("belantamab-us-withdrawal", "strong"),
        ("belantamab-us-return", "note"),
        ("belantamab-eu-return", "note"),
    ]
    assert [item.code for item in weighing_cautions(row)[0] if item.kind == "since"] == [code for code, _ in newer]


def test_harm_and_withdrawal_are_cautions_of_their_options(answer_for: Answering, pack: Pack) -> None:
    answer = answer_for(prior_lines=2)
    shown = {(row.option, caution.code) for row in answer.options for caution in row.cautions if caution.kind == "since"}
    present = {row.option for row in answer.options}
    due = {(option, item.id) for item in pack.newer.since if item.caution for option in item.options if option in present}
    assert shown == due
    assert all(item.caution for item in pack.newer.since if item.kind in ("harm", "withdrawal"))


def test_the_file_says_all_that_is_handed_on(answer_for: Answering) -> None:
    """An answer repeats what the file says of an entry."""
    answer = answer_for(prior_lines=2)
    by_id = {item.id: item for item in load_pack().newer.since}
    for shown in answer.since:
        item = by_id[shown.id]
        assert (shown.text, shown.applies_to, shown.source, shown.strength, shown.kind, shown.options) == (
            item.text, item.applies_to, item.source, item.strength, item.kind, item.options,
        )  # fmt: skip
