"""Clinical or biochemical: every sign of both published versions at its edge, and the significant relapse."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from myeloguide.errors import InputError
from myeloguide.history.frailty import frailty_scores
from myeloguide.history.relapse import Signs
from myeloguide.history.response import Panel
from myeloguide.history.signs import Recorded, clinical_criteria, significant, significant_criteria, signs_at
from myeloguide.record.events import Events, FindingRecorded, Measurement, Person, Treatment
from myeloguide.record.ranges import Range
from myeloguide.record.schema import FINDINGS
from myeloguide.record.time import UNKNOWN, When, parse_when

START = date(2020, 1, 1)
RELAPSE = 400
"""The day of the relapse, counted from the start of the line."""
IMWG, REVIEW = "imwg-2016", "treatment-at-relapse"
BORTEZOMIB = Treatment("bortezomib", When.on(START), When.on(START + timedelta(days=200)))


def day(number: int) -> date:
    return START + timedelta(days=number)


def when(on: int | str) -> When:
    return parse_when(on) if isinstance(on, str) else When.on(day(on))


def recorded(
    *records: tuple[str, int | str, Any], drugs: tuple[Treatment, ...] = (BORTEZOMIB,), complete: bool = True
) -> Recorded:
    values, words = [], []
    for name, on, value in records:
        if isinstance(value, str):
            words.append(FindingRecorded(name, when(on), value))
        else:
            values.append(Measurement(name, when(on), value if isinstance(value, Range) else Range.exactly(value)))
    return Recorded.of(Events(Person("1"), measurements=tuple(values), findings=tuple(words)), drugs, complete=complete)


def sign(version: str, name: str, *records: tuple[str, int | str, Any], relapse: When | None = None, **more: Any) -> bool | None:
    found = signs_at(relapse or When.on(day(RELAPSE)), START, recorded(*records, **more), clinical_criteria(version))
    return next(item.value for item in found if item.sign == name)


@pytest.mark.parametrize(("name", "records", "imwg", "review"), [
    ("calcium", [("calcium", RELAPSE, 11.0)], False, False),
    ("calcium", [("calcium", RELAPSE, 11.01)], True, False),
    ("calcium", [("calcium", RELAPSE, 11.49)], True, False),
    ("calcium", [("calcium", RELAPSE, 11.5)], True, True),
    ("calcium", [("calcium", RELAPSE, Range(11.2, None))], True, None),
    ("calcium", [], None, None),
    ("haemoglobin", [("haemoglobin", 0, 13.0), ("haemoglobin", RELAPSE, 11.0)], True, True),
    ("haemoglobin", [("haemoglobin", 0, 13.0), ("haemoglobin", RELAPSE, 11.01)], False, False),
    ("haemoglobin", [("haemoglobin", 0, 11.0), ("haemoglobin", RELAPSE, 10.0)], False, False),
    ("haemoglobin", [("haemoglobin", 0, 11.0), ("haemoglobin", RELAPSE, 9.99)], False, True),
    ("haemoglobin", [("haemoglobin", 0, 10.5), ("haemoglobin", 200, 13.2), ("haemoglobin", RELAPSE, 11.2)], True, True),
    ("haemoglobin", [("haemoglobin", RELAPSE, 11.2)], None, None),
    ("haemoglobin", [("haemoglobin", -91, 14.0), ("haemoglobin", RELAPSE, 11.0)], None, None),
    ("haemoglobin", [("haemoglobin", -90, 14.0), ("haemoglobin", RELAPSE, 11.0)], True, True),
    ("haemoglobin", [("haemoglobin", 0, Range(None, 12)), ("haemoglobin", RELAPSE, 11.0)], False, False),
    ("haemoglobin", [("haemoglobin", 0, Range(12, None)), ("haemoglobin", RELAPSE, 11.0)], None, None),
    ("creatinine", [("creatinine", 0, 0.9), ("creatinine", RELAPSE, 2.9)], True, True),
    ("creatinine", [("creatinine", 0, 0.9), ("creatinine", RELAPSE, 2.89)], False, True),
    ("creatinine", [("creatinine", 0, 0.9), ("creatinine", RELAPSE, 2.0)], False, True),
    ("creatinine", [("creatinine", 0, 0.9), ("creatinine", RELAPSE, 1.99)], False, False),
    ("creatinine", [("creatinine", 0, 2.4), ("creatinine", RELAPSE, 2.4)], False, False),
    ("creatinine", [("creatinine", 0, 2.4), ("creatinine", RELAPSE, 4.4)], True, True),
    ("creatinine", [("creatinine", 0, 3.0), ("creatinine", 200, 1.0), ("creatinine", RELAPSE, 3.0)], True, True),
    ("creatinine", [("creatinine", RELAPSE, 3.0)], None, None),
    ("growth", [("plasmacytoma", RELAPSE, "grown")], None, True),
    ("growth", [("plasmacytoma", RELAPSE, "halved")], False, False),
    ("growth", [("plasmacytoma_size", 0, 2.0), ("plasmacytoma_size", RELAPSE, 3.0)], True, True),
    ("growth", [("plasmacytoma_size", 0, 2.0), ("plasmacytoma_size", RELAPSE, 2.99)], False, False),
    ("growth", [("plasmacytoma_size", 0, 1.9), ("plasmacytoma_size", RELAPSE, 2.89)], False, True),
    ("growth", [("plasmacytoma_size", 0, 4.0), ("plasmacytoma_size", RELAPSE, 5.9)], False, False),
    ("growth", [("plasmacytoma_size", 0, 1.0), ("plasmacytoma_size", RELAPSE, 1.6), ("plasmacytoma", RELAPSE, "grown")], False, True),
    ("bone_lesion", [("bone_lesion", RELAPSE, "new")], True, True),
    ("bone_lesion", [("bone_lesion", RELAPSE, "stable")], False, False),
    ("bone_lesion", [("bone_lesion", RELAPSE, "Osteoporotic fracture")], False, False),
    ("bone_lesion", [("bone_lesion", RELAPSE, "seen")], None, None),
    ("plasmacytoma", [("plasmacytoma", RELAPSE, "new")], True, True),
    ("plasmacytoma", [("plasmacytoma", RELAPSE, "grown")], False, False),
    ("hyperviscosity", [("hyperviscosity", RELAPSE, "present")], True, True),
    ("hyperviscosity", [("hyperviscosity", RELAPSE, "no")], False, False),
])  # fmt: skip
def test_each_sign_at_its_edge(name: str, records: list[Any], imwg: bool | None, review: bool | None) -> None:
    assert sign(IMWG, name, *records) is imwg
    assert sign(REVIEW, name, *records) is review


@pytest.mark.parametrize(
    ("on", "value"), [(RELAPSE - 30, True), (RELAPSE + 30, True), (RELAPSE - 31, None), (RELAPSE + 31, None)]
)
def test_only_what_lies_near_a_relapse_tells_its_kind(on: int, value: bool | None) -> None:
    assert sign(IMWG, "calcium", ("calcium", on, 13.0)) is value


def test_partial_dates_tell_only_what_they_can() -> None:
    assert sign(IMWG, "calcium", ("calcium", "2021-02", 13.0)) is True  # the relapse is on 2021-02-04
    assert sign(IMWG, "calcium", ("calcium", "2021", 13.0)) is None
    assert sign(IMWG, "calcium", ("calcium", RELAPSE, 9.0), ("calcium", "2021", 13.0)) is None
    assert sign(IMWG, "calcium", ("calcium", RELAPSE, 9.0), ("calcium", "2021", 9.0)) is False
    assert sign(IMWG, "calcium", ("calcium", RELAPSE, 13.0), relapse=UNKNOWN) is None
    assert sign(IMWG, "calcium", ("calcium", 366, 13.0), relapse=parse_when("2021-01")) is True
    assert sign(IMWG, "calcium", ("calcium", 365, 13.0), relapse=parse_when("2021-01")) is None
    assert sign(IMWG, "haemoglobin", ("haemoglobin", "2020", 13.0), ("haemoglobin", RELAPSE, 11.0)) is True
    assert sign(IMWG, "haemoglobin", ("haemoglobin", "2021", 13.0), ("haemoglobin", RELAPSE, 11.0)) is None


def test_a_record_without_a_date_leaves_open_what_it_may_have_shown() -> None:
    def undated(name: str, word: str) -> bool | None:
        events = Events(
            Person("1"),
            measurements=(Measurement("calcium", UNKNOWN, Range.exactly(13.0)),),
            findings=(FindingRecorded("bone_lesion", UNKNOWN, word),),
        )
        found = signs_at(When.on(day(RELAPSE)), START, Recorded.of(events, (), complete=True), clinical_criteria(IMWG))
        (one,) = (item for item in found if item.sign == name)
        assert one.value is False or "unknown date" in one.text
        return one.value

    assert undated("bone_lesion", "new") is None
    assert undated("bone_lesion", "stable") is False
    assert undated("calcium", "new") is None


@pytest.mark.parametrize(("stop", "complete", "value"), [
    (RELAPSE - 31, True, True),
    (RELAPSE - 30, True, None),
    (RELAPSE + 5, True, None),
    (None, True, None),
    (RELAPSE - 31, False, None),
])  # fmt: skip
def test_a_fall_of_haemoglobin_that_therapy_may_have_caused_is_left_open(
    stop: int | None, complete: bool, value: bool | None
) -> None:
    drug = Treatment("bortezomib", When.on(START), None if stop is None else When.on(day(stop)))
    records = (("haemoglobin", 0, 13.0), ("haemoglobin", RELAPSE, 10.5))
    assert sign(IMWG, "haemoglobin", *records, drugs=(drug,), complete=complete) is value
    assert sign(REVIEW, "haemoglobin", *records, drugs=(drug,), complete=complete) is True


def test_a_drug_begun_later_did_not_lower_haemoglobin() -> None:
    later = Treatment("carfilzomib", When.on(day(RELAPSE + 1)))
    assert sign(IMWG, "haemoglobin", ("haemoglobin", 0, 13.0), ("haemoglobin", RELAPSE, 10.5), drugs=(BORTEZOMIB, later)) is True


NORMAL = [
    ("calcium", RELAPSE, 9.5), ("creatinine", 0, 1.0), ("creatinine", RELAPSE, 1.0), ("haemoglobin", 0, 12.0),
    ("haemoglobin", RELAPSE, 12.0),
]  # fmt: skip
LOOKED_FOR = [("bone_lesion", RELAPSE, "stable"), ("plasmacytoma", RELAPSE, "none"), ("hyperviscosity", RELAPSE, "absent")]


def kind(version: str, *records: Any, complete: bool = False) -> str | None:
    found = signs_at(When.on(day(RELAPSE)), START, recorded(*records, complete=complete), clinical_criteria(version))
    return Signs(version, found).kind


@pytest.mark.parametrize("version", [IMWG, REVIEW])
def test_biochemical_means_that_every_sign_was_looked_for(version: str) -> None:
    assert kind(version, *NORMAL, *LOOKED_FOR) == "biochemical"
    for left_out in ("calcium", "bone_lesion", "plasmacytoma", "hyperviscosity", "haemoglobin", "creatinine"):
        assert kind(version, *(record for record in (*NORMAL, *LOOKED_FOR) if record[0] != left_out)) is None
    assert kind(version, *NORMAL, *LOOKED_FOR, ("bone_lesion", RELAPSE, "new")) == "clinical"
    assert kind(version, ("calcium", RELAPSE, 12.0)) == "clinical"
    assert kind(version) is None


def test_in_a_complete_record_a_finding_that_is_not_there_was_not_found_but_a_value_is_unknown() -> None:
    assert kind(IMWG, *NORMAL, complete=True) == "biochemical"
    assert kind(IMWG, *NORMAL[1:], complete=True) is None
    found = signs_at(When.on(day(RELAPSE)), START, recorded(*NORMAL), clinical_criteria(IMWG))
    assert [item.sign for item in found if item.assumed] == ["bone_lesion", "plasmacytoma", "growth", "hyperviscosity"]
    shown = next(item for item in found if item.sign == "calcium")
    assert shown.text == "calcium 9.5 mg/dL on 2021-02-04 (limit: above 11 mg/dL)"


def test_every_finding_that_is_looked_at_is_a_kind_that_the_tables_know() -> None:
    looked_at = {sign.finding for version in (IMWG, REVIEW) for sign in clinical_criteria(version).signs if sign.finding}
    looked_at |= {item.item for score in frailty_scores() for item in score.items} - {"age"}
    assert looked_at <= set(FINDINGS.values())


def test_the_two_versions_say_where_they_were_seen() -> None:
    assert {item.seen for item in clinical_criteria(IMWG).signs} == {"secondary"}
    assert {item.seen for item in clinical_criteria(REVIEW).signs} == {"read"}
    with pytest.raises(InputError, match=r"no version imwg.* \(known here: imwg-2016, treatment-at-relapse\)"):
        clinical_criteria("imwg")


# --- significant ---


def panel(on: int, **values: float | Range) -> Panel:
    known: dict[str, Any] = {name: value if isinstance(value, Range) else Range.exactly(value) for name, value in values.items()}
    return Panel(day(on), **known)


def rise(name: str, *values: tuple[int, float | Range], until: int | None = None, **other: float) -> bool | None:
    """Whether a course of one value is significant, where the other two were measured and stayed."""
    others = {"serum": 0.0, "urine": 0.0, "kappa": 1.0, "lambda_": 1.0, **other}
    others.pop(name)
    panels = [panel(on, **{name: value}, **others) for on, value in values]
    return significant(panels, When.on(day(RELAPSE)), None if until is None else day(until))[0]


@pytest.mark.parametrize(("name", "values", "value"), [
    ("serum", [(390, 0.5), (420, 1.0)], True),
    ("serum", [(390, 0.5), (420, 0.99)], False),
    ("serum", [(390, 0.49), (420, 0.99)], False),
    ("serum", [(390, 0.0), (420, 0.99)], False),
    ("serum", [(345, 0.5), (404, 1.0)], True),  # 11 December to 8 February: less than two months
    ("serum", [(345, 0.5), (407, 1.0)], True),  # 11 December to 11 February: two months
    ("serum", [(345, 0.5), (408, 1.0)], False),
    ("serum", [(300, 2.0), (450, 3.0)], True),
    ("serum", [(300, 2.0), (450, 2.99)], False),
    ("serum", [(390, 0.6), (399, 1.2), (420, 1.3)], False),  # the rise was before the relapse
    ("serum", [(390, 0.6), (405, 0.9), (420, 1.3)], False),
    ("serum", [(390, Range(0, 0.5)), (420, 1.0)], None),
    ("urine", [(390, 100), (420, 600)], True),
    ("urine", [(390, 100), (420, 599)], False),
    ("kappa", [(390, 10), (420, 30)], True),
    ("kappa", [(390, 10), (420, 29.9)], False),
    ("kappa", [(390, 100), (420, 125)], True),
    ("kappa", [(390, 100), (420, 124.9)], False),
    ("lambda_", [(390, 10), (420, 30)], True),
])  # fmt: skip
def test_significant_at_the_edge(name: str, values: list[tuple[int, float]], value: bool | None) -> None:
    assert rise(name, *values) is value


def test_a_rise_of_light_chains_counts_with_an_abnormal_ratio_only() -> None:
    assert rise("kappa", (390, 10), (420, 33), lambda_=20) is False  # 1.65, still normal
    assert rise("kappa", (390, 10), (420, 33.1), lambda_=20) is True


def test_a_rise_after_new_therapy_began_does_not_count() -> None:
    assert rise("serum", (390, 0.5), (405, 0.6), (450, 2.0), until=449) is False
    assert rise("serum", (390, 0.5), (405, 0.6), (450, 2.0), until=450) is True


def test_without_two_measurements_of_each_it_is_unknown_and_said_so() -> None:
    serum = [panel(on, serum=1.0) for on in (390, 420)]
    assert significant(serum, When.on(day(RELAPSE)), None) == (
        None,
        "no two consecutive measurements of urine M-protein and of light chains",
    )
    value, text = significant([panel(390, serum=1), panel(420, serum=2)], When.on(day(RELAPSE)), None)
    assert (value, text) == (True, "serum M-protein from 1 g/dL on 2021-01-25 to 2 g/dL on 2021-02-24")
    assert significant(serum, UNKNOWN, None) == (None, "the progression has no date")
    assert "review" in significant_criteria().publication
