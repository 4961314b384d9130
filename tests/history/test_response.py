"""Response by the IMWG criteria: the category of a visit, and which responses are confirmed."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myeloguide.history.response import ORDER, RESPONSES, Category, Line, Panel, Visit, best, confirmed, criteria, panels
from myeloguide.record.events import FindingRecorded, Measurement
from myeloguide.record.ranges import Range
from myeloguide.record.time import When, parse_when

START = date(2020, 1, 1)
DATA = Path(__file__).parents[1] / "data" / "imwg_sdtm"


def panel(day: int, **values: Any) -> Panel:
    made: dict[str, Any] = {name: Range.exactly(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
            for name, value in values.items()}  # fmt: skip
    return Panel(START + timedelta(days=day), **made)


def categories(baseline: dict[str, Any], *visits: dict[str, Any]) -> list[str]:
    line = Line(START, [panel(-1, **baseline)])
    return [line.visit(panel(28 * number, **values)).category for number, values in enumerate(visits, start=1)]


NEGATIVE = {"serum_fixation_negative": True, "urine_fixation_negative": True, "marrow": 2}


@pytest.mark.parametrize(("baseline", "visit", "category"), [
    ({"serum": 4}, {"serum": 3.01}, "SD"),
    ({"serum": 4}, {"serum": 3.0}, "MR"),
    ({"serum": 4}, {"serum": 2.01}, "MR"),
    ({"serum": 4}, {"serum": 2.0}, "PR"),
    ({"serum": 4}, {"serum": 0.41}, "PR"),
    ({"serum": 4}, {"serum": 0.4}, "VGPR"),
    ({"serum": 4}, {"serum": 0, **NEGATIVE}, "CR"),
    ({"serum": 4}, {"serum": 0, **NEGATIVE, "kappa": 1, "lambda_": 1, "clonal_cells": False}, "sCR"),
    ({"serum": 4}, {"serum": 0, **NEGATIVE, "kappa": 5, "lambda_": 1, "clonal_cells": False}, "CR"),
    ({"serum": 4}, {"serum": 0, **NEGATIVE, "marrow": 5}, "VGPR"),
    ({"serum": 4}, {"serum": 1.5, **NEGATIVE}, "PR"),
    ({"serum": 4, "urine": 1000}, {"serum": 0, "urine": 200, **NEGATIVE}, "MR"),
    ({"serum": 4}, {"serum": 0, "serum_fixation_negative": True, "urine_fixation_negative": True}, "VGPR"),
    ({"serum": 4}, {"serum": 0, "serum_fixation_negative": False}, "VGPR"),
    ({"serum": 4, "urine": 1000}, {"serum": 0.3, "urine": 99}, "VGPR"),
    ({"serum": 4, "urine": 1000}, {"serum": 0.3, "urine": 100}, "PR"),
    ({"serum": 4, "urine": 1000}, {"serum": 2.0, "urine": 199}, "PR"),
    ({"serum": 4, "urine": 1000}, {"serum": 2.0, "urine": 200}, "MR"),
    ({"serum": 4, "urine": 3000}, {"serum": 2.0, "urine": 300}, "PR"),
    ({"serum": 4, "urine": 3000}, {"serum": 2.0, "urine": 1501}, "SD"),
    ({"serum": 4, "urine": 3000}, {"serum": 2.0}, "NE"),
    ({"urine": 1000}, {"urine": 500}, "MR"),
    ({"urine": 1000}, {"urine": 501}, "SD"),
    ({"serum": 0, "urine": 0, "kappa": 40, "lambda_": 1}, {"kappa": 20, "lambda_": 1}, "PR"),
    ({"serum": 0, "urine": 0, "kappa": 40, "lambda_": 1}, {"kappa": 21, "lambda_": 1}, "SD"),
    ({"serum": 0, "urine": 0, "kappa": 40, "lambda_": 1}, {"kappa": 4.9, "lambda_": 1}, "VGPR"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "marrow": 40}, {"marrow": 20}, "PR"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "marrow": 40}, {"marrow": 21}, "SD"),
    ({"serum": 4, "size": 4}, {"serum": 1}, "NE"),
    ({"serum": 4, "size": 4}, {"serum": 1, "size": 2}, "PR"),
    ({"serum": 4, "size": 4}, {"serum": 1, "size": 2.1}, "SD"),
    ({"serum": 4, "size": 4}, {"serum": 0, **NEGATIVE, "size": 1}, "VGPR"),
    ({"serum": 4, "size": 4}, {"serum": 0, **NEGATIVE, "size": 0}, "CR"),
    ({"serum": 4, "size": 4}, {"serum": 0, **NEGATIVE, "size": Range(0, 1)}, "VGPR"),
    ({"serum": 4, "plasmacytoma": "present"}, {"serum": 1}, "NE"),
    ({"serum": 4, "plasmacytoma": "present"}, {"serum": 1, "plasmacytoma": "halved"}, "PR"),
    ({"serum": 4, "plasmacytoma": "present"}, {"serum": 0, **NEGATIVE, "plasmacytoma": "present"}, "SD"),
    ({"serum": 4, "plasmacytoma": "present"}, {"serum": 0, **NEGATIVE, "plasmacytoma": "halved"}, "VGPR"),
    ({"serum": 4, "plasmacytoma": "present"}, {"serum": 0.3}, "NE"),
    ({"serum": 4}, {"serum": 0.3, "urine": 900}, "NE"),
    ({"serum": 4}, {"serum": 0.3, "urine": 190}, "PR"),
    ({"serum": 4}, {"serum": 0, "serum_fixation_negative": False, "urine": 900}, "NE"),
    ({"serum": 4, "urine": 3000}, {"urine": 1600}, "NE"),
    ({"serum": 4, "urine": 3000}, {"serum": 3.5}, "NE"),
    ({"serum": 4, "urine": 190}, {"serum": 3.5}, "SD"),
    ({"urine": 1000}, {"urine": 50, "serum": 4}, "NE"),
    ({"urine": 1000}, {"urine": 50, "serum": 0.3}, "NE"),
    ({"urine": 1000}, {"urine": 50, "serum": Range(0, 0.1)}, "VGPR"),
    ({"urine": 1000, "serum": 0.6}, {"urine": 50, "serum": 0.6}, "VGPR"),
    ({"serum": 4, "urine": 190}, {"serum": 0.3, "urine": 150}, "PR"),
    ({"serum": 4, "urine": 190}, {"serum": 0.3}, "VGPR"),
    ({"kappa": 40, "lambda_": 1}, {"kappa": 20, "lambda_": 1}, "NE"),
    ({"serum": 0, "kappa": 40, "lambda_": 1}, {"kappa": 20, "lambda_": 1}, "NE"),
    ({"serum": 0, "urine": 0, "marrow": 40}, {"marrow": 20}, "NE"),
    ({"serum": 0, "urine": 0, "kappa": 40, "lambda_": 1}, {"kappa": 2.5, "lambda_": 1, **NEGATIVE}, "VGPR"),
    ({"serum": 0, "urine": 0, "kappa": 40, "lambda_": 1}, {"kappa": 1, "lambda_": 1, **NEGATIVE}, "CR"),
    ({"serum": 0.8}, {"serum": 0.1}, "NE"),
    ({}, {"serum": 1}, "NE"),
])  # fmt: skip
def test_the_category_of_a_visit(baseline: dict[str, Any], visit: dict[str, Any], category: str) -> None:
    assert categories(baseline, visit) == [category]


@pytest.mark.parametrize(("baseline", "visits", "last"), [
    ({"serum": 4}, [{"serum": 1}, {"serum": 1.5}], "PD"),
    ({"serum": 4}, [{"serum": 1}, {"serum": 1.49}], "PR"),
    ({"serum": 4}, [{"serum": 2.4}, {"serum": 2.99}], "MR"),
    ({"serum": 4}, [{"serum": 2.4}, {"serum": 3.0}], "PD"),
    ({"serum": 8}, [{"serum": 5}, {"serum": 6.24}], "SD"),
    ({"serum": 8}, [{"serum": 5}, {"serum": 6.25}], "PD"),
    ({"serum": 8}, [{"serum": 4.9}, {"serum": 6.125}], "PD"),
    ({"urine": 1000}, [{"urine": 100}, {"urine": 300}], "PD"),
    ({"urine": 1000}, [{"urine": 100}, {"urine": 299}], "MR"),
    ({"serum": 0, "urine": 0, "kappa": 40, "lambda_": 1}, [{"kappa": 11, "lambda_": 1}, {"kappa": 21.1, "lambda_": 1}], "PD"),
    ({"serum": 0, "urine": 0, "kappa": 40, "lambda_": 1}, [{"kappa": 11, "lambda_": 1}, {"kappa": 21, "lambda_": 1}], "SD"),
    ({"serum": 0, "urine": 0, "kappa": 50, "lambda_": 0}, [{"kappa": 6.1, "lambda_": 0}, {"kappa": 16.1, "lambda_": 0}], "PR"),
    ({"serum": 4, "kappa": 40, "lambda_": 1}, [{"serum": 1, "kappa": 11, "lambda_": 1}, {"serum": 1, "kappa": 40, "lambda_": 1}], "PR"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "marrow": 40}, [{"marrow": 20}, {"marrow": 30}], "PD"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "marrow": 40}, [{"marrow": 20}, {"marrow": 29}], "SD"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "marrow": 10, "circulating": 500}, [{"circulating": 140}, {"circulating": 210}], "PD"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "marrow": 10, "circulating": 500}, [{"circulating": 140}, {"circulating": 209}], "NE"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "marrow": 10, "circulating": 500}, [{"circulating": 100}, {"circulating": 199}], "NE"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "marrow": 10, "circulating": 500}, [{"circulating": 100}, {"circulating": 200}], "PD"),
    ({"circulating": 500, "serum": 4}, [{"serum": 1, "circulating": 100}, {"serum": 1, "circulating": 600}], "PR"),
    ({"serum": 0, "urine": 0, "kappa": 1, "lambda_": 1, "circulating": 500, "marrow": 40}, [{"marrow": 20, "circulating": 100}, {"marrow": 20, "circulating": 600}], "PR"),
    ({"serum": 4}, [{"serum": 1}, {"serum": 1, "bone_lesion": "new"}], "PD"),
    ({"serum": 4}, [{"serum": 1}, {"serum": 1, "plasmacytoma": "grown"}], "PD"),
    ({"serum": 4, "size": 4}, [{"serum": 1, "size": 2}, {"serum": 1, "size": 3}], "PD"),
    ({"serum": 4, "size": 4}, [{"serum": 1, "size": 1.2}, {"serum": 1, "size": 1.79}], "PR"),
    ({"serum": 4, "size": 4}, [{"serum": 1, "size": 0}, {"serum": 1, "size": 1}], "PD"),
])  # fmt: skip
def test_progression_counts_from_the_lowest_value(baseline: dict[str, Any], visits: list[dict[str, Any]], last: str) -> None:
    assert categories(baseline, *visits)[-1] == last


def test_what_shows_a_category_and_what_is_missing_is_said() -> None:
    line = Line(START, [panel(-1, serum=4, urine=1000)])
    visit = line.visit(panel(28, serum=0.3, urine=50))
    assert visit.because == ("serum M-protein down 90 %", "urine M-protein below 100 mg/24 h")
    assert any("serum immunofixation negative" in text for text in visit.not_measured)
    risen = line.visit(panel(56, serum=2, urine=50))
    assert (risen.category, risen.because) == ("PD", ("serum M-protein 2 g/dL, from a lowest of 0.3",))


def test_a_light_chain_below_its_limit_tells_the_ratio_where_the_other_is_high() -> None:
    below = {"lambda_": Range(0, 0.1)}
    line = Line(START, [panel(-1, serum=0, urine=0, kappa=40, **below)])
    assert line.by_light_chains
    assert line.visit(panel(28, kappa=20, **below)).category == "PR"
    assert [line.normal_ratio(panel(28, kappa=value, **below)) for value in (0.165, 0.166, 0.01)] == [None, False, None]
    assert line.normal_ratio(panel(28, kappa=0, lambda_=0)) is None
    assert line.normal_ratio(panel(28, kappa=1, lambda_=0)) is False


@pytest.mark.parametrize(("value", "measurable"), [
    (Range(0, 1), False), (Range(0, 2), None), (Range(1, None), True), (Range.exactly(0.99), False), (Range.exactly(1), True),
])  # fmt: skip
def test_a_baseline_below_a_high_limit_may_be_measurable(value: Range, measurable: bool | None) -> None:
    assert Line(START, [Panel(START, serum=value)]).serum is measurable


@pytest.mark.parametrize(("kappa", "normal"), [(0.259, False), (0.26, True), (1.65, True), (1.651, False)])
def test_the_normal_ratio_includes_its_limits(kappa: float, normal: bool) -> None:
    assert Line(START, []).normal_ratio(panel(0, kappa=kappa, lambda_=1)) is normal


def test_a_value_below_its_limit_is_a_range() -> None:
    line = Line(START, [panel(-1, serum=4)])
    assert line.visit(Panel(START + timedelta(days=30), serum=Range(None, 0.1))).category == "VGPR"
    assert line.visit(Panel(START + timedelta(days=40), serum=Range(0, 0.1), serum_fixation_negative=False)).category == "VGPR"
    assert line.visit(Panel(START + timedelta(days=60), serum=Range(None, 1))).category == "PR"


@pytest.mark.parametrize(("residual", "negative"), [
    (Range(0, 1e-5), True),
    (Range(0, 1e-6), True),
    (Range(0, 1e-4), None),  # not sensitive enough to tell
    (Range.exactly(9e-6), True),
    (Range.exactly(1e-5), False),
    (Range(1e-5, None), False),
    (Range.exactly(0), None),  # of unknown sensitivity
    (None, None),
])  # fmt: skip
def test_residual_disease_counts_at_a_sensitivity_of_one_in_a_hundred_thousand(
    residual: Range | None, negative: bool | None
) -> None:
    values = {"residual": residual} if residual is not None else {}
    for others in ({"serum": 0, **NEGATIVE}, {"serum": 2.0}, {"serum": 6}):
        line = Line(START, [panel(-1, serum=4)])
        assert line.visit(panel(28, **others, **values)).mrd_negative is negative


def test_complete_response_is_known_to_be_absent_only_where_it_was_looked_for() -> None:
    def complete(**values: Any) -> bool | None:
        return Line(START, [panel(-1, serum=4)]).visit(panel(28, **values)).complete

    assert complete(serum=0, **NEGATIVE) is True
    assert complete(serum=0) is None
    assert complete(serum=0.5) is False  # a protein that is seen fixes
    assert complete(serum=0, serum_fixation_negative=False) is False
    assert complete(serum=6) is False


def test_a_baseline_too_old_is_none() -> None:
    assert Line(START, [panel(-200, serum=4)]).visit(panel(28, serum=1)).category == "NE"


def test_visits_gather_what_was_measured_within_a_week() -> None:
    def value(test: str, day: str, number: float, row: int) -> Measurement:
        return Measurement(test, parse_when(day), Range.exactly(number), row)

    found = panels(
        [value("serum_m_protein", "2020-02-01", 3, 1), value("flc_kappa", "2020-02-04", 20, 2), value("serum_m_protein", "2020-02-06", 2, 3),
         value("creatinine", "2020-02-01", 1, 4), value("urine_m_protein_24h", "2020-02", 300, 5)],
        [FindingRecorded("immunofixation", parse_when("2020-02-02"), "Negative", 6), FindingRecorded("plasmacytoma", When(), "new", 7)],
    )  # fmt: skip
    assert [(item.day, item.rows) for item in found] == [(date(2020, 2, 1), (1, 5, 6, 2)), (date(2020, 2, 6), (3,))]
    assert found[0].serum_fixation_negative is True
    assert found[0].serum == Range.exactly(3)
    assert found[0].urine == Range.exactly(300)  # of February, read as its first day


@pytest.mark.parametrize(("days", "used"), [((1, 40), True), ((1, 1, 40), False)])
def test_sizes_of_several_plasmacytomas_cannot_be_told_apart(days: tuple[int, ...], used: bool) -> None:
    sizes = [
        Measurement("plasmacytoma_size", When.on(START + timedelta(days=day)), Range.exactly(size), row)
        for row, (day, size) in enumerate(zip(days, (3, 1, 4), strict=False), 1)
    ]
    assert bool(panels(sizes, ())) is used


def test_a_date_known_in_part_is_read_as_its_first_day_or_as_its_last() -> None:
    month = [Measurement("serum_m_protein", parse_when("2020-02"), Range.exactly(3), 1)]
    assert [item.day for item in panels(month, [])] == [date(2020, 2, 1)]
    assert [item.day for item in panels(month, [], latest=True)] == [date(2020, 2, 29)]
    since = [Measurement("serum_m_protein", When(date(2020, 2, 1), None), Range.exactly(3), 1)]
    assert panels(since, []) == []


def test_every_threshold_carries_whether_it_was_verified() -> None:
    version = criteria()
    assert version.version == "imwg-2016"
    assert version.partial.serum_down.verified
    assert not version.ratio_low.verified


# --- confirmation: every row of the published truth table ---


def visits(*given: str, imaging: bool = False, step: int = 28) -> list[Visit]:
    return [Visit(START + timedelta(days=step * number), category, (), by_imaging=imaging and category == "PD")  # type: ignore[arg-type]
            for number, category in enumerate(given)]  # fmt: skip


TABLE = [
    *((one, other, min(one, other, key=ORDER.index)) for one, other in product(RESPONSES, RESPONSES)),
    *((one, other, "SD") for one, other in product(RESPONSES, ("SD", "PD"))),
    *(("SD", other, "SD") for other in ORDER if other != "NE"),
    *(("NE", other, "NE") for other in ORDER if other != "NE"),
    ("PD", "PD", "PD"),
    *(("PD", other, "NE") for other in ORDER if other not in ("PD", "NE")),
]


@pytest.mark.parametrize(("one", "other", "expected"), TABLE)
def test_the_truth_table(one: Category, other: Category, expected: str) -> None:
    assert confirmed(visits(one, other))[0] == expected


@pytest.mark.parametrize("one", RESPONSES)
def test_a_response_that_nothing_follows_is_stable_disease(one: Category) -> None:
    assert confirmed(visits(one)) == ["SD"]
    assert confirmed(visits(one, "NE")) == ["SD", "SD"]


def test_visits_that_cannot_be_evaluated_are_skipped() -> None:
    assert confirmed(visits("CR", "NE", "NE", "CR"))[:3] == ["CR", "CR", "CR"]


def test_progression_by_imaging_or_before_death_of_it_needs_no_second_visit() -> None:
    assert confirmed(visits("PD", imaging=True)) == ["PD"]
    assert confirmed(visits("PD")) == ["NE"]
    assert confirmed(visits("PD"), died_of_progression=True) == ["PD"]


def test_a_confirmed_category_holds_until_a_higher_one() -> None:
    assert confirmed(visits("VGPR", "VGPR", "PR", "PR", "CR", "CR", "PR")) == ["VGPR", "VGPR", "VGPR", "VGPR", "CR", "CR", "CR"]


def test_visits_after_new_therapy_confirm_nothing() -> None:
    given = visits("CR", "CR")
    assert confirmed(given, given[1].day) == ["CR", "CR"]
    assert confirmed(given, given[1].day - timedelta(days=1))[0] == "SD"


def test_the_best_response_leaves_progression_aside() -> None:
    assert best(["SD", "PR", "VGPR", "PD"]) == "VGPR"
    assert best([]) == "NE"


@given(st.lists(st.sampled_from(ORDER), max_size=8))
def test_confirmation_never_says_more_than_two_visits_show(given: list[Category]) -> None:
    found = confirmed(visits(*given))
    ranks = [ORDER.index(item) for item in found]
    assert ranks == sorted(ranks)
    for number, category in enumerate(found):
        if category in RESPONSES:
            higher = [item for item in given[: number + 1] if ORDER.index(item) >= ORDER.index(category) and item != "PD"]
            assert higher


# --- published data: 65 responses of 23 synthetic subjects (CDISC SDTM, pharmaverse) ---


def subjects() -> dict[str, list[dict[str, str]]]:
    extra: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    with (DATA / "supprs_onco_imwg.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            extra[row["USUBJID"], row["IDVARVAL"]][row["QNAM"]] = row["QVAL"]
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (DATA / "rs_onco_imwg.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["RSTESTCD"] == "OVRLRESP":
                found[row["USUBJID"]].append({**row, **extra[row["USUBJID"], row["RSSEQ"]]})
    return found


def published(rows: list[dict[str, Any]]) -> list[str]:
    """The derivation that the package publishes, step by step as its vignette describes it; independent of ours."""
    rank = {"NE": 1, "SD": 2, "MR": 3, "PR": 4, "VGPR": 5, "CR": 6, "sCR": 7, "PD": 8}
    name = {value: key for key, value in rank.items()}
    evaluable = [row for row in rows if row["category"] != "NE"]
    for row, after in zip(evaluable, [*evaluable[1:], None], strict=True):
        usable = after is not None and (row["new"] is None or after["day"] <= row["new"])
        if row["category"] == "PD":
            proved = row["imaging"] or row["death"] or (after is not None and after["category"] == "PD")
            row["confirmed"] = "PD" if proved else "NE"
        elif row["category"] == "SD" or after is None or not usable or after["category"] in ("PD",):
            row["confirmed"] = "SD"
        else:
            row["confirmed"] = name[min(rank[row["category"]], rank[after["category"]])]
    highest, found = 0, []
    for row in rows:
        highest = max(highest, rank[row.get("confirmed", "NE")])
        found.append(name[highest])
    return found


def test_the_published_subjects_are_confirmed_as_published() -> None:
    known = subjects()
    assert (len(known), sum(map(len, known.values()))) == (23, 65)
    for rows in known.values():
        rows.sort(key=lambda row: (parse_when(row["RSDTC"]).last or START, int(row["RSSEQ"])))
        new = next((parse_when(row["NACTDT"]).day for row in rows if row.get("NACTDT")), None)
        plain: list[dict[str, Any]] = [{"category": row["RSSTRESC"], "day": parse_when(row["RSDTC"]).last, "new": new, "imaging": row.get("PDIFL") == "Y",
                  "death": row.get("DTHPDFL") == "Y"} for row in rows]  # fmt: skip
        ours = [Visit(row["day"], row["category"], (), by_imaging=row["imaging"]) for row in plain]
        died = any(row["death"] for row in plain)
        assert confirmed(ours, new, died_of_progression=died) == published(plain), rows[0]["USUBJID"]


_SERUM, _URINE = st.floats(0, 9).map(lambda value: round(value, 2)), st.floats(0, 4000).map(round)


@given(
    st.tuples(st.floats(1, 9), st.floats(200, 4000)), st.lists(st.tuples(_SERUM, _URINE), min_size=1, max_size=5),
    st.sampled_from(["serum", "urine"]),
)  # fmt: skip
def test_half_a_visit_says_nothing_that_the_whole_one_contradicts(
    baseline: tuple[float, float], values: list[tuple[float, float]], measured: str
) -> None:
    before = {"serum": baseline[0], "urine": baseline[1]}
    whole = [{"serum": serum, "urine": urine} for serum, urine in values]
    half = [*whole[:-1], {name: value for name, value in whole[-1].items() if name == measured}]
    said, known = categories(before, *half)[-1], categories(before, *whole)[-1]
    assert said in (known, "NE")
