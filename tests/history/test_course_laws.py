"""What must hold of every history: dates can be shifted, and a record that is lost never makes a statement true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.history.signs import clinical_criteria
from myeloguide.history.story import Told, tell
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, FindingRecorded, Measurement, Person, Procedure, Treatment
from myeloguide.record.ranges import Range
from myeloguide.record.time import When

START = date(2018, 1, 10)
AS_OF = 2600
CALENDAR_CYCLE = 10_227
"""Days of 28 years, after which the calendar repeats itself (until 2099)."""
VERSIONS = ["imwg-2016", "treatment-at-relapse"]

drug = st.tuples(
    st.sampled_from(["bortezomib", "lenalidomide", "daratumumab", "carfilzomib", "pomalidomide"]),
    st.integers(0, 1500), st.sampled_from([20, 90, 200, 400, None]), st.sampled_from([None, "progression", "toxicity"]),
)  # fmt: skip
value = st.one_of(
    st.tuples(st.just("serum_m_protein"), st.integers(-20, 1900), st.sampled_from([0.0, 0.2, 0.9, 1.5, 2.5, 4.0])),
    st.tuples(st.just("calcium"), st.integers(-20, 1900), st.sampled_from([9.0, 11.0, 11.4, 13.0])),
    st.tuples(st.just("haemoglobin"), st.integers(-20, 1900), st.sampled_from([8.0, 10.0, 12.0, 14.0])),
    st.tuples(st.just("creatinine"), st.integers(-20, 1900), st.sampled_from([0.8, 1.9, 2.0, 4.0])),
)
finding = st.one_of(
    st.tuples(st.just("hyperviscosity"), st.integers(-20, 1900), st.sampled_from(["present", "absent"])),
    st.tuples(st.just("ecog"), st.integers(2300, AS_OF), st.sampled_from(["0", "1", "2", ">=1"])),
    st.tuples(st.just("charlson"), st.integers(2300, AS_OF), st.sampled_from(["0", "2"])),
)
histories = st.fixed_dictionaries({
    "drugs": st.lists(drug, min_size=1, max_size=5),
    "transplants": st.lists(st.integers(60, 900), max_size=2),
    "values": st.lists(value, max_size=14, unique_by=lambda item: item[:2]),
    "findings": st.lists(finding, max_size=5, unique_by=lambda item: item[:2]),
    "born": st.one_of(st.none(), st.sampled_from([-29200, -29300, -25000])),
})  # fmt: skip


def day(number: int) -> When:
    return When.on(START + timedelta(days=number))


def events_of(history: dict[str, Any], shift: int = 0, *, complete: bool = True) -> Events:
    def at(number: int) -> When:
        return day(number + shift)

    known = at(-30) if complete else None
    born = None if history["born"] is None else at(history["born"])
    treatments = sorted(history["drugs"], key=lambda item: (item[1], item[0]))
    return Events(
        Person("1", birth_date=born, diagnosis_date=at(-30), complete_from=known),
        tuple(
            Treatment(agent, at(start), None if length is None else at(start + length), stop_reason=why, row=row)
            for row, (agent, start, length, why) in enumerate(treatments, 1)
        ),
        tuple(Procedure("autologous_transplant", at(on), row) for row, on in enumerate(sorted(history["transplants"]), 1)),
        tuple(
            Measurement(test, at(on), Range.exactly(number), row)
            for row, (test, on, number) in enumerate(sorted(history["values"], key=lambda item: item[1]), 1)
        ),
        tuple(
            FindingRecorded(kind, at(on), word, row)
            for row, (kind, on, word) in enumerate(sorted(history["findings"], key=lambda item: item[1]), 1)
        ),
    )


def told(events: Events, shift: int = 0, version: str = "imwg-2016") -> Told:
    return tell(events, vocabulary(), START + timedelta(days=AS_OF + shift), relapse=version)


def statements(answer: Told) -> Iterator[tuple[str, Any]]:
    """Yield everything that is true, false or unknown of a patient."""
    for proof in answer.derived.states:
        yield f"{proof.fact} {proof.member}", proof.value
    for score in answer.scores:
        yield f"frail by {score.score.score}", score.frail
    for relapse in answer.derived.relapses:
        name = f"relapse of line {relapse.line}"
        yield f"{name} from response", relapse.from_response
        yield f"{name} from complete response", relapse.from_complete_response
        assert relapse.signs is not None
        yield f"{name} significant", relapse.signs.significant
        yield f"{name} clinical", None if relapse.kind is None else relapse.kind == "clinical"
        for sign in relapse.signs.signs:
            yield f"{name} {sign.sign}", sign.value


@given(histories, st.sampled_from([-CALENDAR_CYCLE, CALENDAR_CYCLE]), st.sampled_from(VERSIONS))
def test_the_same_history_a_calendar_cycle_away_says_the_same(history: dict[str, Any], shift: int, version: str) -> None:
    one, other = told(events_of(history), 0, version), told(events_of(history, shift), shift, version)
    assert list(statements(one)) == list(statements(other))
    pairs = zip(one.derived.relapses, other.derived.relapses, strict=True)
    for before, after in pairs:
        assert (before.timing, before.since_last_dose, before.treatment_free, before.months_from_transplant) == (
            after.timing, after.since_last_dose, after.treatment_free, after.months_from_transplant,
        )  # fmt: skip
        assert after.date.first == (before.date.first and before.date.first + timedelta(days=shift))


@given(histories, st.integers(-400, 400))
def test_shifting_every_date_changes_nothing_that_is_counted_in_days(history: dict[str, Any], shift: int) -> None:
    def in_days(answer: Told) -> list[Any]:
        months = ("functional_high_risk", "significant", "frail by")
        found: list[Any] = [item for item in statements(answer) if not any(word in item[0] for word in months)]
        return found + [(item.timing, item.since_last_dose, item.treatment_free) for item in answer.derived.relapses]

    assert in_days(told(events_of(history))) == in_days(told(events_of(history, shift), shift))


LABORATORY = ("calcium", "haemoglobin", "creatinine")


@settings(max_examples=200)
@given(histories, st.data(), st.sampled_from(VERSIONS))
def test_a_lost_value_never_makes_a_statement_true(history: dict[str, Any], data: st.DataObject, version: str) -> None:
    """Values and findings that no response is read from; of a score's items, all records of one kind."""
    values = [("values", item) for item in history["values"] if item[0] in LABORATORY]
    findings = [("findings", item) for item in history["findings"]]
    if not values + findings:
        return
    table, lost = data.draw(st.sampled_from(values + findings))
    kept = [item for item in history[table] if item != lost and not (lost[0] in ("ecog", "charlson") and item[0] == lost[0])]
    before = dict(statements(told(events_of(history), 0, version)))
    after = dict(statements(told(events_of({**history, table: kept}), 0, version)))
    assert before.keys() == after.keys()
    assert not [name for name, found in after.items() if found and not before[name]]


@settings(max_examples=200)
@given(histories, st.data())
def test_a_lost_treatment_never_makes_a_patient_exposed_or_of_high_risk(history: dict[str, Any], data: st.DataObject) -> None:
    """A record that lost a treatment or a transplant is not complete any more, as the quality report has it."""
    table = data.draw(st.sampled_from(["drugs", "transplants"] if history["transplants"] else ["drugs"]))
    lost = data.draw(st.sampled_from(range(len(history[table]))))
    kept = [item for number, item in enumerate(history[table]) if number != lost]
    before = dict(statements(told(events_of(history))))
    after = dict(statements(told(events_of({**history, table: kept}, complete=False))))
    of_the_patient = [name for name in after if "exposed" in name or name.startswith(("functional_high_risk", "frail"))]
    assert not [name for name in of_the_patient if after[name] and not before.get(name)]


@pytest.mark.parametrize("version", VERSIONS)
def test_of_a_patient_of_whom_nothing_is_known_nothing_is_said(version: str) -> None:
    answer = told(Events(Person("1")), 0, version)
    assert not [name for name, found in statements(answer) if found is not None]
    assert clinical_criteria(version).version == version


@given(histories)
def test_order_inside_a_table_decides_nothing(history: dict[str, Any]) -> None:
    events = events_of(history)
    turned = replace(events, measurements=events.measurements[::-1], findings=events.findings[::-1])
    assert list(statements(told(events))) == list(statements(told(turned)))
