"""Which results stand beside an option for a patient, how far they are, and whether the trial would have admitted the patient."""

from __future__ import annotations

from typing import Any

import pytest

from myeloguide.evidence.match import PatientEvidence
from myeloguide.evidence.trials import Evidence, load_evidence
from myeloguide.guideline.answer import ResultShown
from myeloguide.guideline.pack import Pack
from myeloguide.knowledge.reading import Document
from myeloguide.record.fact_sheet import read_facts


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


def results(evidence: Evidence, pack: Pack, option: str, **facts: Any) -> tuple[ResultShown, ...]:
    sheet = read_facts(Document("facts", {"facts": facts}, {}), ("facts",), facts, pack.vocabulary)
    return PatientEvidence(evidence, sheet).of_option(option).results


FIRST_REFRACTORY = {"prior_lines": 1, "exposed_to": ["lenalidomide", "bortezomib"], "refractory_to": ["lenalidomide"]}
LATER = {"prior_lines": 3, "exposed_to": ["lenalidomide", "bortezomib", "daratumumab"], "refractory_to": ["lenalidomide"]}


def test_the_most_specific_population_comes_first(evidence: Evidence, pack: Pack) -> None:
    found = results(evidence, pack, "PVd", **FIRST_REFRACTORY)
    assert [item.population for item in found] == [
        "one-prior-line-lenalidomide-refractory", "lenalidomide-refractory", "one-prior-line", "all",
    ]  # fmt: skip
    assert found[0].text == "PFS 17.8 v 9.5 months (PVd v Vd), p = 0.03"
    assert found[0].distance == "one prior line, lenalidomide-refractory; this patient's own group, as far as is known"
    assert found[0].source.lines == (269, 273)
    wholly = results(evidence, pack, "PVd", **FIRST_REFRACTORY, t_11_14=False, bcl2_high=False)
    assert wholly[0].distance == "one prior line, lenalidomide-refractory; this patient's own group"
    assert found[1].distance == "lenalidomide-refractory, 1-3 prior lines; not only patients with: one prior line"


def test_the_distance_is_said_in_words(evidence: Evidence, pack: Pack) -> None:
    found = {item.population: item for item in results(evidence, pack, "DKd", **LATER) if item.endpoint == "PFS"}
    assert found["all"].distance == (
        "all patients, 1-3 prior lines; 33% lenalidomide-refractory; not only patients with: two or more prior lines"
    )
    assert found["two-or-more-prior-lines"].distance == (
        "two or more prior lines; not only patients with: lenalidomide-refractory (33% in the whole trial)"
    )
    assert "not-lenalidomide-refractory" not in found
    assert "one-prior-line" not in found


def test_a_population_of_which_the_patient_may_be_comes_after_those_of_which_he_is(evidence: Evidence, pack: Pack) -> None:
    found = results(evidence, pack, "VenVd", **LATER)
    unknown = [item.belongs for item in found]
    assert unknown == sorted(unknown, key=lambda value: value is None)
    assert {item.population for item in found if item.belongs is None} == {"t-11-14", "bcl2-high", "t-11-14-or-bcl2-high"}
    known = results(evidence, pack, "VenVd", **LATER, t_11_14=True, bcl2_high=False)
    assert (known[0].population, known[0].belongs) == ("t-11-14", True)
    assert "bcl2-high" not in {item.population for item in known}


def test_arms_of_comparison_speak_for_an_option_last(evidence: Evidence, pack: Pack) -> None:
    found = results(evidence, pack, "Kd", **FIRST_REFRACTORY)
    comparators = [item.comparator == "Kd" for item in found]
    assert comparators == sorted(comparators)
    assert {item.trial for item in found} == {"ENDEAVOR", "CANDOR", "IKEMA"}


def test_frontline_trials_do_not_speak_at_relapse(evidence: Evidence, pack: Pack) -> None:
    assert {item.trial for item in results(evidence, pack, "DRd", prior_lines=1)} == {"POLLUX"}


def test_an_arm_speaks_for_the_wider_option_that_it_names(evidence: Evidence, pack: Pack) -> None:
    assert {item.trial for item in results(evidence, pack, "venetoclax-based", **LATER)} == {"BELLINI"}
    assert {item.trial for item in results(evidence, pack, "Pano+PI", **LATER)} == {"PANORAMA 1", "PANORAMA 2"}


@pytest.mark.parametrize(
    ("option", "facts", "admitted", "says"),
    [
        ("PVd", FIRST_REFRACTORY, True, "meets every criterion that the source states"),
        ("PVd", {"prior_lines": 4, "exposed_to": ["lenalidomide"]}, False, "would not have been admitted; required: one to three prior lines"),
        ("PVd", {"prior_lines": 4, "exposed_to": ["bortezomib"]}, False, "would not have been admitted; required: one to three prior lines; lenalidomide before"),
        ("PVd", {"prior_lines": 2}, None, "admission unknown; required: lenalidomide before"),
        ("Kd", {"prior_lines": 2, "exposed_to": ["bortezomib"], "refractory_to": ["bortezomib"]}, False, "would not have been admitted; required: after bortezomib only if not refractory to it"),
        ("KRd", {"prior_lines": 1, "refractory_to": ["lenalidomide"]}, False, "would not have been admitted; required: not lenalidomide-refractory"),
        ("EloVd", {"prior_lines": 1}, None, "admission unknown; the source states no criteria"),
        ("melflufen-dex", {"prior_lines": 3, "exposed_to": ["lenalidomide", "bortezomib"]}, None, "admission unknown; required: refractory to the last line"),
        ("melflufen-dex", {"prior_lines": 1, "exposed_to": ["lenalidomide", "bortezomib"]}, False, "would not have been admitted; required: two or more prior lines"),
        ("salvage-ASCT", {"prior_lines": 1, "prior_transplant": True, "months_transplant_to_progression": 11}, True, "meets every criterion that the source states"),
    ],
)  # fmt: skip
def test_admission(evidence: Evidence, pack: Pack, option: str, facts: dict[str, Any], admitted: bool | None, says: str) -> None:
    first = results(evidence, pack, option, **facts)[0]
    assert (first.admitted, first.admission) == (admitted, says)


def test_a_trial_that_would_not_have_admitted_comes_after_one_that_would(evidence: Evidence, pack: Pack) -> None:
    """Eleven months after a transplant Myeloma X would not have admitted; the trial without that limit comes first."""
    found = results(evidence, pack, "salvage-ASCT", prior_lines=1, prior_transplant=True, months_transplant_to_progression=11)
    assert [item.trial for item in found] == ["ReLApsE", "ReLApsE", "Myeloma X", "Myeloma X"]
    assert found[-1].admission == "would not have been admitted; required: at least 12 months after the earlier transplant"


def test_what_follows_from_a_population_is_not_asked_of_it(evidence: Evidence, pack: Pack) -> None:
    """Three prior therapies are two or more; whoever is refractory to five agents is so to lenalidomide and to three classes."""
    five = ["bortezomib", "carfilzomib", "lenalidomide", "pomalidomide", "daratumumab"]
    penta = {"prior_lines": 4, "exposed_to": [*five, "melphalan"], "refractory_to": five}
    (first, *_) = results(evidence, pack, "BCMA-CAR-T", **penta)
    assert (first.trial, first.distance) == (
        "KarMMa",
        "all patients treated, at least three prior therapies with all three classes; 84% triple-class refractory; "
        "not only patients with: penta-refractory",
    )
    (first, *_) = results(evidence, pack, "Sd", **penta)
    assert (first.population, first.admitted) == ("penta-refractory", True)
    assert first.distance.endswith("; not only patients with: two or more prior lines")


def test_a_cohort_of_others_would_not_have_admitted(evidence: Evidence, pack: Pack) -> None:
    """Vd as first used was given on progression on lenalidomide; for another patient it comes last of what speaks for Vd."""
    found = [
        item
        for item in results(evidence, pack, "Vd", prior_lines=1, not_refractory_to=["lenalidomide"])
        if item.comparator != "Vd"
    ]
    assert [(item.trial, item.admission) for item in found] == [
        ("Vd, first used", "would not have been admitted; required: progression on frontline lenalidomide")
    ]


def test_doses_of_one_trial_stand_together(evidence: Evidence, pack: Pack) -> None:
    found = results(evidence, pack, "BCMA-ADC", **LATER)
    assert {item.belongs for item in found} == {True}


def test_nothing_known_admits_nobody_and_excludes_nobody(evidence: Evidence, pack: Pack) -> None:
    sheet = read_facts(Document("facts", {"facts": {}}, {}), ("facts",), {}, pack.vocabulary)
    patient = PatientEvidence(evidence, sheet)
    assert {patient.admission(trial).admitted for trial in evidence.trials} == {None}
    for row in pack.rows:
        for result in patient.of_option(row.option).results:
            assert result.belongs is True or result.belongs is None


def test_every_option_of_the_pack_has_its_results_or_none_in_the_source(evidence: Evidence, pack: Pack) -> None:
    sheet = read_facts(Document("facts", {"facts": LATER}, {}), ("facts",), LATER, pack.vocabulary)
    patient = PatientEvidence(evidence, sheet)
    without = {row.option for row in pack.rows if not patient.of_option(row.option).results}
    assert without == {"clinical-trial", "VCd", "VMP", "VTd", "VDT-PACE", "BCMA-bispecific"}
