"""Laws of the evidence beside a patient: more knowledge settles what was unknown and takes nothing back; statuses stay."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from myeloguide.evidence.holding import held_by_all
from myeloguide.evidence.match import PatientEvidence, evidence_beside
from myeloguide.evidence.trials import load_evidence
from myeloguide.guideline.assess import assess
from myeloguide.guideline.prepared import load_pack
from tests.conftest import TODAY
from tests.patients import growing, sheet_of, whole_patients


@settings(max_examples=60)
@given(growing)
def test_more_knowledge_takes_back_no_admission_and_no_belonging(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    evidence = load_evidence()
    before, after = (PatientEvidence(evidence, sheet_of(facts)) for facts in pair)
    for trial in evidence.trials:
        earlier = before.admission(trial).admitted
        assert earlier is None or earlier == after.admission(trial).admitted
        for result in trial.file.results:
            earlier = before.belongs(trial, result)
            assert earlier is None or earlier == after.belongs(trial, result)


@settings(max_examples=60)
@given(whole_patients())
def test_whoever_belongs_to_an_admitting_trial_has_what_its_population_holds(facts: dict[str, Any]) -> None:
    """What is said to follow from a population's conditions does hold of every patient who meets them."""
    evidence = load_evidence()
    patient = PatientEvidence(evidence, sheet_of(facts))
    for trial in evidence.trials:
        if patient.admission(trial).admitted or not trial.admits:
            for population, node in trial.narrows.items():
                if node is None or patient.values[node]:
                    assert all(patient.values[feature] for feature in held_by_all(evidence)[trial.name, population])


@settings(max_examples=40)
@given(whole_patients())
def test_every_result_of_an_option_stands_once_and_nearer_ones_before(facts: dict[str, Any]) -> None:
    evidence, sheet = load_evidence(), sheet_of(facts)
    answer = assess(load_pack(), sheet, TODAY)
    for item in evidence_beside(evidence, answer, sheet):
        shown = [(row.trial, row.data_cut, row.population, row.endpoint, row.option, row.comparator) for row in item.results]
        assert len(set(shown)) == len(shown)
        against = [row.admitted is False for row in item.results if row.comparator != item.option and row.belongs]
        assert against == sorted(against)
