"""Whatever is written, the answer is a patient file or an error at a place: never a fault, never silence."""

from __future__ import annotations

from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st

from myeloguide.errors import InputError, Spot
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.patient_file import read_patient
from myeloguide.record.shorthand import read_note
from myeloguide.record.shorthand.writing import write

PIECES = (
    "68y", "age 70-75", "fit", "frail", "VRd", "Vd + dara", "R", "P", "E", "B", "d", "x4", "34mo", "34 m", "for 6 months", "2021-03",
    "2018-01–2018-05", "03/04/2021", "from 2020", "until 2021", "-", "ASCT", "tandem ASCT", "Mel200", "alloSCT", "maint", "consol", "PD",
    "pd", "on R", "on maintenance", "biochem", "no PD", "until PD", "VGPR", "best response", "CR", "stopped", "stopped for toxicity",
    "ongoing", "refractory:", "refractory", "len-refractory", "exposed only: none", "not exposed:", "no access:", "CI:", "(EF 35%)",
    "(R 10 mg)", "10 mg", "2 prior lines", "1st relapse", "L2:", "2.", "t(11;14)-", "t(11;14)", "BCL2 high", "BCL2", "triple-class refractory",
    "transplant eligible", "prior ASCT", "30mo before PD", "8mo since R stop", "as of 2021-06", "complete record", "C1=both", "unknown", ";",
    ";", ">", ">", ",", "and", "+", ":", "\n", "(", ")", "del(17p)", "patient: A", "note: anything", "salvage ASCT", "no ASCT", "no maint",
)  # fmt: skip


def check(text: str) -> None:
    words = vocabulary()
    try:
        note = read_note(text, words)
    except InputError as error:
        for problem in error.problems:
            assert problem.what
            if isinstance(problem.where, Spot):
                assert "^" in problem.where.shown()
                assert 0 <= problem.where.first <= len(text)
            else:
                assert problem.what == "says nothing" or len(text) > 20_000
        return
    assert note.data or note.not_used, text
    try:
        patient = read_patient(note, words, None, date(2026, 11, 22))
    except InputError as error:
        assert all(isinstance(problem.where, Spot) for problem in error.problems), [str(problem) for problem in error.problems]
        return
    written = write(patient, words, note.reasons)
    assert written.left_out == ()
    assert written.statements or note.not_used


@given(st.text())
@example("")
@example("x" * 30_000)
@example("(" * 3000)
@example("R," * 5000)
@example("\x00")
@example("١ prior lines")
@example("٣٤mo")
@example("R maint ²mo")
def test_any_text(text: str) -> None:
    check(text)


@example("and")
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))
def test_any_words_of_the_notation(text: str) -> None:
    check(text)
