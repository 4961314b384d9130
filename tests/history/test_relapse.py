"""Relapse in time: on therapy or after it, from what response, how soon; and what follows of the disease."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from myeloguide.history.course import lay_out
from myeloguide.history.definitions import IMWG_2011
from myeloguide.history.facts import derive, known_facts
from myeloguide.history.proof import Proof
from myeloguide.history.relapse import Relapse, relapses
from myeloguide.history.story import Told
from myeloguide.knowledge.reading import parse
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import FindingRecorded, Measurement, Person, ResponseRecorded, Treatment
from myeloguide.record.patient_file import read_patient
from myeloguide.record.ranges import Range
from myeloguide.record.time import When, parse_when
from tests.history.test_story import START, day, drugs, serum, told

TODAY = date(2026, 11, 22)


def patient(text: str) -> Any:
    return read_patient(parse(text, "patient.yaml"), vocabulary(), None, TODAY)


def relapse_of(lines: str) -> Relapse:
    """Return the last progression of lines as a clinician writes them."""
    history = patient(f"as_of: 2024-01-01\nhistory:\n  complete: true\n  lines:\n{lines}").history
    courses = lay_out(history, vocabulary(), IMWG_2011, date(2024, 1, 1))
    return relapses(courses, IMWG_2011, {})[-1]


def state(answer: Told, name: str, member: str = "") -> Proof:
    return next(proof for proof in answer.derived.states if (proof.fact, proof.member) == (name, member))


def states_of(lines: str, *, complete: str = "true", as_of: str = "2024-01-01") -> dict[str, bool | float | None]:
    history = patient(f"as_of: {as_of}\nhistory:\n  complete: {complete}\n  lines:\n{lines}").history
    derived = derive(history, vocabulary(), IMWG_2011, date.fromisoformat(as_of))
    return {f"{proof.fact} {proof.member}".strip(): proof.value for proof in derived.states}


@pytest.mark.parametrize(("stop", "progression", "timing", "days"), [
    ("2020-06-30", "2020-06-30", "on therapy", Range.exactly(0)),
    ("2020-06-30", "2020-07-01", "within 60 days", Range.exactly(1)),
    ("2020-06-30", "2020-08-29", "within 60 days", Range.exactly(60)),
    ("2020-06-30", "2020-08-30", "later", Range.exactly(61)),
    ("2020-06", "2020-08-30", "later", Range(61, 90)),
    ("2020-06-30", "2020-08", None, Range(32, 62)),
    ("2020-06", "2020-07", "within 60 days", Range(1, 60)),
    ("2020-06", "2020-06", None, Range(0, 29)),
])  # fmt: skip
def test_progression_on_therapy_within_sixty_days_or_later(stop: str, progression: str, timing: str | None, days: Range) -> None:
    found = relapse_of(
        f"  - {{regimen: Vd, start: 2020-01-01, stop: {stop}, progression: {progression}, stop_reason: completed}}"
    )
    assert (found.timing, found.since_last_dose) == (timing, days)


def test_the_last_drug_of_a_line_counts_and_what_was_begun_after_it_does_not() -> None:
    line = (
        "  - {regimen: VRd, start: 2020-01-01, stop: 2021-01-10, best_response: CR, progression: {date: 2021-01-05, kind: clinical},\n"
        "     phases: [{agents: [bortezomib], start: 2020-01-01, stop: 2020-06-01, intent: induction},\n"
        "              {agents: [lenalidomide], start: 2020-01-01, stop: 2021-01-01, intent: maintenance}]}"
    )
    found = relapse_of(line)
    assert (found.timing, found.since_last_dose, found.kind) == ("within 60 days", Range.exactly(4), "clinical")
    assert (found.from_response, found.from_complete_response) == (True, True)


@pytest.mark.parametrize(("response", "answered", "complete"), [
    ("sCR", True, True), ("CR", True, True), ("VGPR", True, False), ("MR", True, False), ("SD", False, False), ("PD", False, False),
    ("NE", None, None), (None, None, None),
])  # fmt: skip
def test_from_what_response(response: str | None, answered: bool | None, complete: bool | None) -> None:
    said = f", best_response: {response}" if response else ""
    found = relapse_of(f"  - {{regimen: Vd, start: 2020-01-01, stop: 2020-06-30, progression: 2021-01-01{said}}}")
    assert (found.from_response, found.from_complete_response) == (answered, complete)


def test_treatment_free_interval_and_months_from_the_transplant() -> None:
    lines = (
        "  - {regimen: VRd, start: 2018-01-01, stop: 2018-05-01, transplant: 2018-07-15, progression: 2020-01-15}\n"
        "  - {regimen: DKd, start: 2020-02-01, stop: 2020-12-01, progression: 2021-07-15}"
    )
    courses = lay_out(patient(f"history:\n  lines:\n{lines}").history, vocabulary(), IMWG_2011, date(2024, 1, 1))
    first, second = relapses(courses, IMWG_2011, {})
    assert (first.treatment_free, first.months_from_transplant) == (Range.exactly(641), Range.exactly(18))
    assert (second.treatment_free, second.months_from_transplant) == (Range(), Range.exactly(36))


# --- what was measured ---

RISE = serum((-5, 4), (28, 2), (56, 1), (84, 0.3), (112, 0.3), (400, 0.3), (800, 0.3), (990, 0.9), (1018, 1.2))
CALM = [("calcium", 990, 9.0), ("creatinine", -5, 1.0), ("creatinine", 990, 1.1), ("haemoglobin", -5, 11.0),
        ("haemoglobin", 990, 12.0)]  # fmt: skip


def laboratory(*values: tuple[str, int, float]) -> tuple[Measurement, ...]:
    return tuple(Measurement(test, day(on), Range.exactly(value), 100 + row) for row, (test, on, value) in enumerate(values))


def test_a_relapse_with_everything_measured_is_biochemical_with_its_proof() -> None:
    (found,) = told(values=(*RISE, *laboratory(*CALM))).derived.relapses
    assert (found.date, found.kind, found.timing) == (day(990), "biochemical", "on therapy")
    assert found.signs is not None
    assert found.signs.version == "imwg-2016"
    assert found.signs.because == ("serum M-protein 0.9 g/dL, from a lowest of 0.3",)
    assert found.signs.significant is None
    assert found.best_response == "VGPR"
    assert found.from_complete_response is False
    assert found.months_from_transplant.exact == pytest.approx(27.6, abs=0.2)


def test_the_version_is_chosen_and_named() -> None:
    values = (*RISE, *laboratory(*CALM[1:], ("calcium", 990, 11.2)))
    assert told(values=values).derived.relapses[0].kind == "clinical"
    (other,) = told(values=values, relapse="treatment-at-relapse").derived.relapses
    assert other.signs is not None
    assert (other.kind, other.signs.version) == ("biochemical", "treatment-at-relapse")


def test_without_values_the_kind_is_unknown_and_the_signs_are_named() -> None:
    (found,) = told(values=RISE, person=Person("1")).derived.relapses
    assert found.kind is None
    assert found.signs is not None
    assert [item.sign for item in found.signs.signs if item.value is None] == [item.sign for item in found.signs.signs]


def test_the_kind_that_somebody_recorded_stands() -> None:
    lesion = (FindingRecorded("bone_lesion", day(990), "new"),)
    for clinical, kind in ((True, "clinical"), (False, "biochemical"), (None, "clinical")):
        responses = (ResponseRecorded("VGPR", day(100), row=1), ResponseRecorded("PD", day(990), clinical, row=2))
        (found,) = told(responses=responses, findings=lesion).derived.relapses
        assert found.kind == kind
        assert found.signs is not None
        assert found.signs.as_recorded == (kind if clinical is not None else None)


def test_the_kind_of_a_line_given_beside_tables_stands_and_what_was_measured_is_told() -> None:
    text = """
as_of: 2022-01-01
history:
  complete: true
  lines:
  - {regimen: Vd, start: 2020-01-01, stop: 2020-06-30, best_response: PR, progression: {date: 2021-01-01, kind: biochemical}}
  measurements:
  - {date: 2021-01-03, test: calcium, value: 12, unit: mg/dL}
"""
    (found,) = known_facts(patient(text), vocabulary()).derived.relapses
    assert found.signs is not None
    assert (found.kind, found.signs.as_recorded, found.timing) == ("biochemical", "biochemical", "later")
    assert [item.sign for item in found.signs.signs if item.value] == ["calcium"]
    (found,) = known_facts(patient(text.replace(", kind: biochemical", "")), vocabulary()).derived.relapses
    assert found.kind == "clinical"


@pytest.mark.parametrize(("values", "complete"), [
    (RISE, False),  # an M-protein was always seen
    (serum((-5, 4), (56, 0), (84, 0), (990, 0.9), (1018, 1.2)), None),  # none was seen, and nothing more was looked for
    (serum((990, 0.9), (1018, 1.2)), None),
])  # fmt: skip
def test_relapse_from_complete_response_only_where_it_was_looked_for(values: Any, complete: bool | None) -> None:
    found = told(values=values).derived.relapses
    assert [item.from_complete_response for item in found] == ([complete] if len(values) > 2 else [])


def test_relapse_from_a_confirmed_complete_response() -> None:
    negative = tuple(FindingRecorded("immunofixation", day(on), "negative", row) for row, on in enumerate((56, 84), 1))
    values = (
        *serum((-5, 4), (56, 0), (84, 0), (990, 0.9), (1018, 1.2)),
        *laboratory(*(("marrow_plasma_cells", on, 2) for on in (56, 84))),
    )
    assert told(values=values, findings=negative).derived.relapses[0].from_complete_response is True
    # One that nothing confirmed is neither had nor excluded.
    values = (*serum((-5, 4), (56, 0), (990, 0.9), (1018, 1.2)), *laboratory(("marrow_plasma_cells", 56, 2)))
    assert told(values=values, findings=negative[:1]).derived.relapses[0].from_complete_response is None


# --- states of the disease ---


@pytest.mark.parametrize(("lines", "value"), [
    ("  - {regimen: VRd, start: 2020-01-01, progression: 2021-07-01}", True),
    ("  - {regimen: VRd, start: 2020-01-01, transplant: false, progression: 2021-07-02}", False),
    ("  - {regimen: VRd, start: 2020-01-01, progression: 2021-07-02}", None),  # a transplant is not excluded
    ("  - {regimen: VRd, start: 2020-01-01, transplant: 2020-07-02, progression: 2021-07-02}", True),
    ("  - {regimen: VRd, start: 2020-01-01, transplant: 2020-07-01, progression: 2021-07-02}", False),
    ("  - {regimen: VRd, start: 2020-01, transplant: false, progression: 2021-07-15}", None),
    ("  - {regimen: VRd, start: 2020-01-01, transplant: false, progression: false}", False),
    ("  - {regimen: VRd, start: 2022-12-01, transplant: false, progression: false}", None),  # it may still come
    ("  - {regimen: VRd, start: 2020-01-01, transplant: false, progression: false, stop: 2020-04-01}\n"
     "  - {regimen: DRd, start: 2020-04-02, progression: 2021-06-01}", True),
    ("  - {regimen: VRd, start: 2020-01-01, transplant: false}\n"
     "  - {regimen: DRd, start: 2022-04-02, progression: 2023-06-01}", None),
])  # fmt: skip
def test_functional_high_risk(lines: str, value: bool | None) -> None:
    assert states_of(lines)["functional_high_risk"] is value


def test_functional_high_risk_needs_every_line_and_carries_that_there_is_no_consensus() -> None:
    line = "  - {regimen: VRd, start: 2020-01-01, progression: 2020-07-01}"
    assert states_of(line, complete="false")["functional_high_risk"] is None
    proof = state(told(values=RISE), "functional_high_risk")
    assert proof.value is False
    assert proof.rule.endswith("no consensus")
    assert proof.text == "treatment began 2018-01-10, transplant 2018-06-09, first progression 2020-09-26"


@pytest.mark.parametrize(("lines", "rr", "primary"), [
    ("  - {regimen: VRd, start: 2020-01-01, stop: 2021-01-01, best_response: PR, progression: 2021-01-20}", True, False),
    ("  - {regimen: VRd, start: 2020-01-01, stop: 2021-01-01, best_response: PR, progression: 2021-09-20}", False, False),
    ("  - {regimen: VRd, start: 2020-01-01, stop: 2021-01-01, best_response: SD, progression: 2021-01-20}", False, True),
    ("  - {regimen: VRd, start: 2020-01-01, stop: 2021-01-01, progression: 2021-01-20}", None, None),
    ("  - {regimen: VRd, start: 2020-01-01, stop: 2020-06-01, best_response: PR, progression: 2021-09-20}\n"
     "  - {regimen: KPd, start: 2021-10-01, stop: 2022-01-01, best_response: SD}", True, False),
    ("  - {regimen: VRd, start: 2020-01-01, stop: 2020-06-01, best_response: SD}\n"
     "  - {regimen: KPd, start: 2021-10-01, stop: 2022-01-01, best_response: MR, progression: 2022-01-05}", True, False),
])  # fmt: skip
def test_relapsed_and_refractory_and_primary_refractory(lines: str, rr: bool | None, primary: bool | None) -> None:
    found = states_of(lines)
    assert (found["relapsed_and_refractory"], found["primary_refractory"]) == (rr, primary)


@pytest.mark.parametrize("complete", [True, False])
def test_of_a_record_that_may_lack_the_last_line_relapsed_and_refractory_is_never_denied(complete: bool) -> None:
    responded = "  - {regimen: VRd, start: 2020-01-01, stop: 2020-06-01, best_response: PR, progression: "
    found = {
        on: states_of(f"{responded}{on}}}", complete=str(complete).lower())["relapsed_and_refractory"]
        for on in ("2020-06-10", "2021-06-10")
    }
    assert found == {"2020-06-10": True, "2021-06-10": False if complete else None}


LINES = (
    "  - {regimen: VRd, start: 2018-01-01, stop: 2019-01-01, best_response: PR, progression: 2019-01-10}\n"
    "  - {regimen: KPd, start: 2019-02-01, stop: 2020-01-01, best_response: PR, progression: 2020-01-10}\n"
    "  - {regimen: DVd, start: 2020-02-01, stop: 2021-01-01, best_response: PR, progression: 2021-01-10}"
)


def test_triple_class_and_penta_exposed_and_refractory() -> None:
    found = states_of(LINES)
    assert found["triple_class_exposed"] is True
    assert found["triple_class_refractory"] is True
    assert found["penta_exposed"] is True
    assert found["penta_refractory"] is True
    assert found["class_refractory proteasome_inhibitor"] is True
    later = LINES.replace("2021-01-10", "2021-07-10")  # long after the last daratumumab
    found = states_of(later)
    assert (found["triple_class_exposed"], found["triple_class_refractory"]) == (True, False)
    assert (found["penta_exposed"], found["penta_refractory"]) == (True, False)
    assert (found["class_exposed anti_cd38_antibody"], found["class_refractory anti_cd38_antibody"]) == (True, False)


def test_classes_are_unknown_where_the_record_is_not_complete() -> None:
    two = "\n".join(LINES.split("\n")[:2])
    found = states_of(two, complete="false")
    assert (found["class_exposed anti_cd38_antibody"], found["class_refractory anti_cd38_antibody"]) == (None, None)
    assert (found["triple_class_exposed"], found["penta_refractory"]) == (None, None)
    found = states_of(two)
    assert (found["class_exposed anti_cd38_antibody"], found["class_refractory anti_cd38_antibody"]) == (False, False)
    assert (found["triple_class_exposed"], found["penta_refractory"]) == (False, False)


def test_the_proof_of_a_class_names_the_agents() -> None:
    history = patient(f"as_of: 2024-01-01\nhistory:\n  complete: true\n  lines:\n{LINES}").history
    proofs = {
        (proof.fact, proof.member): proof.text for proof in derive(history, vocabulary(), IMWG_2011, date(2024, 1, 1)).states
    }
    assert proofs["class_refractory", "proteasome_inhibitor"] == "bortezomib, carfilzomib"
    assert proofs["triple_class_exposed", ""] == "proteasome_inhibitor, immunomodulatory_agent, anti_cd38_antibody"


def test_a_finding_of_refractoriness_holds_the_whole_proof() -> None:
    treatments = (
        *drugs(("bortezomib", 0, 120), ("lenalidomide", 0, 120), dose=25.0),
        Treatment("lenalidomide", day(240), day(960), dose=10.0, row=3),
    )
    answer = told(treatments, RISE)
    found = next(item for item in answer.derived.findings if item.agent == "lenalidomide")
    assert (found.refractory, found.rule, found.response) == (True, "progression within 60 days", "VGPR")
    assert (found.first_dose, found.last_dose, found.given.exact, found.dose) == (day(0), day(960), 960, "10 mg")
    assert (found.progression, found.days.exact) == (day(990), 30)
    other = next(item for item in answer.derived.findings if item.agent == "bortezomib")
    assert (other.refractory, other.rule, other.days.exact) == (False, "progression later", 870)


def test_what_came_later_is_not_known_and_what_was_not_followed_may_have_come() -> None:
    followed = told(values=RISE, as_of=START + timedelta(days=850))
    assert followed.derived.relapses == ()
    assert state(followed, "functional_high_risk").value is False
    for last in (450, 700):  # 18 months are not over; nobody looked for a long time
        assert state(told(values=RISE, as_of=START + timedelta(days=last)), "functional_high_risk").value is None


def test_a_month_of_progression_stays_an_interval() -> None:
    found = relapse_of("  - {regimen: Vd, start: 2020-01-01, stop: 2020-06-30, progression: 2021-03}")
    assert found.date == parse_when("2021-03")
    assert found.date != When.on(date(2021, 3, 1))
