"""Stories to draw: simulated patients, made-up ones, and a long one of eight lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from myeloguide.cohort.simulate import Cohort, read_noise, simulate
from myeloguide.drawing.chart import Chart
from myeloguide.drawing.of_record import of_record
from myeloguide.history.story import tell
from myeloguide.knowledge.vocabulary import vocabulary
from myeloguide.record.events import Events, Measurement, Person, Procedure, ResponseRecorded, Treatment
from myeloguide.record.ranges import Range
from myeloguide.record.tables import patients_of, read_tables
from myeloguide.record.time import When

START = date(2008, 1, 7)


def day(number: int) -> When:
    return When.on(START + timedelta(days=number))


def chart_of(events: Events, as_of: date | None = None) -> Chart | None:
    last = as_of or (events.person.as_of.last if events.person.as_of else None) or START + timedelta(days=6000)
    return of_record(events, tell(events, vocabulary(), last), vocabulary(), last)


@cache
def simulated(noise: tuple[str, ...] = (), patients: int = 12) -> tuple[Events, ...]:
    with TemporaryDirectory() as folder:
        simulate(Cohort(patients, 7, read_noise(list(noise)), 0.0, not noise, "parquet"), Path(folder) / "made", workers=1)
        return tuple(patients_of(read_tables(Path(folder) / "made")))


NOISY = ("partial_dates=0.3", "missing_stop=0.3", "left_truncation=0.4", "wrong_unit=0.05", "lost_records=0.1")

REGIMENS = (
    ("bortezomib", "lenalidomide", "dexamethasone"), ("carfilzomib", "dexamethasone"), ("daratumumab", "pomalidomide"),
    ("belantamab_mafodotin",), ("ciltacabtagene_autoleucel", "cyclophosphamide"), ("selinexor", "bortezomib", "dexamethasone"),
    ("venetoclax", "dexamethasone"), ("idecabtagene_vicleucel",),
)  # fmt: skip


def long_story() -> Events:
    """Eight lines in fifteen years, values every two weeks."""
    treatments, values, responses = [], [], []
    for number, agents in enumerate(REGIMENS):
        begin = 680 * number
        treatments += [Treatment(agent, day(begin), day(begin + 560), intent="relapse") for agent in agents]
        values += [
            Measurement("serum_m_protein", day(begin + step), Range.exactly(4.0 if step < 28 or step > 600 else 0.4))
            for step in range(0, 680, 14)
        ]
        categories = [("PR", 60), ("PR", 120), ("PD", 610), ("PD", 640)]
        responses += [ResponseRecorded(category, day(begin + step), False) for category, step in categories]
    rows = tuple(replace(item, row=row) for row, item in enumerate(treatments, 1))
    person = Person("long", diagnosis_date=day(-30), complete_from=day(-30), as_of=day(5475))
    procedures = (Procedure("autologous_transplant", day(180)),)
    return Events(person, rows, procedures, tuple(values), (), tuple(responses))


DAYS = st.integers(0, 5400)
AGENTS = st.sampled_from(list(vocabulary().agents))


@st.composite
def whens(draw: st.DrawFn, *, exact: bool) -> When:
    first = draw(DAYS)
    return day(first) if exact else When(day(first).first, day(first + draw(st.sampled_from([0, 0, 30, 364]))).last)


@st.composite
def stories(draw: st.DrawFn, *, exact: bool = False) -> Events:
    """Return any story: drugs, procedures, values, responses in any order, dates partial unless `exact`."""
    treatments = []
    for row in range(1, draw(st.integers(1, 14)) + 1):
        start = draw(whens(exact=exact))
        assert start.last is not None
        lasted = draw(st.none() | st.integers(0, 900))
        stop = None if lasted is None else When.on(start.last + timedelta(days=lasted))
        ongoing = stop is None and draw(st.booleans())
        treatments.append(Treatment(draw(AGENTS), start, stop, ongoing, row=row, stop_reason="ongoing" if ongoing else None))
    treatments.sort(key=lambda item: (item.start and item.start.first) or START)
    kinds = st.sampled_from(
        ["autologous_transplant", "stem_cell_harvest", "radiotherapy", "a procedure of a very long name " * 4]
    )
    procedures = [Procedure(kind, when) for kind, when in draw(st.lists(st.tuples(kinds, whens(exact=exact)), max_size=6))]
    numbers = st.floats(0, 60, allow_nan=False).map(lambda number: round(number, 2))
    values = [
        Measurement("serum_m_protein", when, value)
        for when, value in draw(
            st.lists(
                st.tuples(whens(exact=exact), numbers.map(Range.exactly) | numbers.map(lambda most: Range(0, most))), max_size=25
            )
        )
    ]
    categories = st.sampled_from(["CR", "VGPR", "PR", "MR", "SD", "PD", "NE"])
    responses = [
        ResponseRecorded(category, when, clinical)
        for category, when, clinical in draw(
            st.lists(st.tuples(categories, whens(exact=exact), st.sampled_from([None, True, False])), max_size=12)
        )
    ]
    complete = draw(st.sampled_from([None, day(0), day(900)]))
    person = Person("any", diagnosis_date=draw(st.sampled_from([None, day(0)])), complete_from=complete, as_of=day(6000))
    return Events(person, tuple(treatments), tuple(procedures), tuple(values), (), tuple(responses))
