"""What simulated stories are drawn from: shares, times and doses, each with its publication or marked unverified."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, model_validator

from myeloguide.errors import suggestion
from myeloguide.knowledge.reading import Document, Strict, check, read, wrong_value
from myeloguide.knowledge.vocabulary import Vocabulary, vocabulary

FILE = Path(__file__).parents[1] / "data" / "simulation.yaml"

Share = Annotated[StrictFloat, Field(ge=0)]
Disease = Literal["serum", "serum_and_urine", "urine", "light_chain", "non_secretory"]
Category = Literal["sCR", "CR", "VGPR", "PR", "MR", "SD", "PD"]


class Sourced(Strict):
    """An entry with its publication, or marked unverified."""

    known_as: ClassVar[str] = "parameter"

    publication: str | None = None
    unverified: StrictBool = False

    @model_validator(mode="after")
    def _has_a_source(self) -> Sourced:
        if self.publication is None and not self.unverified:
            raise wrong_value("has no source", "give `publication:` or `unverified: true`")
        return self


class Number(Sourced):
    """One number."""

    value: StrictFloat


class Span(Sourced):
    """A lowest and a highest number."""

    low: StrictFloat
    high: StrictFloat

    @model_validator(mode="after")
    def _is_ordered(self) -> Span:
        if self.low > self.high:
            raise wrong_value(f"low {self.low:g} is above high {self.high:g}")
        return self


class Numbers(Sourced):
    """Numbers by name."""

    numbers: dict[str, StrictFloat]


class _Shares(Sourced):
    @model_validator(mode="after")
    def _add_up(self) -> _Shares:
        total = sum(getattr(self, "shares", {}).values())
        if abs(total - 1) > 1e-9:
            raise wrong_value(f"the shares add up to {total:g}", "make them add up to 1")
        return self


class DiseaseShares(_Shares):
    """How the disease is measured."""

    shares: dict[Disease, Share]


class LineShares(_Shares):
    """How many lines of therapy a patient reaches."""

    shares: dict[Literal["0", "1", "2", "3", "4", "5"], Share]


class ResponseShares(_Shares):
    """The best confirmed response of a line."""

    shares: dict[Category, Share]


class EndingShares(_Shares):
    """How a line ends that reached MR or better."""

    shares: dict[Literal["on_therapy", "within_60_days", "within_6_months", "later", "change"], Share]


class LastEndingShares(_Shares):
    """How the record of the last line ends."""

    shares: dict[Literal["relapse", "ongoing", "off_therapy", "death", "lost"], Share]


class RegimenShare(Strict):
    """A regimen with its weight, the years in which it may be begun, and how long it is meant to go on."""

    known_as: ClassVar[str] = "regimen"

    regimen: str
    share: Share
    first_year: StrictInt = Field(1900, alias="from")
    last_year: StrictInt = Field(2999, alias="until")
    plan: Literal["continuous", "fixed", "single"] = "continuous"
    weeks: StrictInt = 24


class RegimenShares(Sourced):
    """Regimens of one kind of line; their weights count among those of the year."""

    regimens: tuple[RegimenShare, ...]


class Dose(Strict):
    """The usual dose of an agent; what maintenance and conditioning are drawn from where they differ."""

    known_as: ClassVar[str] = "dose"

    agent: str
    dose: Annotated[StrictFloat, Field(gt=0)]
    unit: str
    maintenance: tuple[StrictFloat, ...] = ()
    conditioning: tuple[StrictFloat, ...] = ()


class Doses(Sourced):
    """Doses by agent."""

    agents: tuple[Dose, ...]


class People(Strict):
    """Who falls ill, and when."""

    diagnosis_years: Span
    last_year: Number
    male: Number
    age_median: Number
    age_spread: Number
    age_range: Span
    transplant_up_to_age: Number
    kappa: Number
    t_11_14: Number
    t_11_14_tested: Number


class FirstLine(Strict):
    """How the first line is made up."""

    transplant_if_eligible: Number
    consolidation: Number
    maintenance_after_transplant: Number
    maintenance_otherwise: Number
    days_from_diagnosis: Span
    deferred_transplant_in_line_2: Number


class Regimens(Strict):
    """Regimens by kind of line."""

    transplant: RegimenShares
    no_transplant: RegimenShares
    second: RegimenShares
    later: RegimenShares
    maintenance: RegimenShares


class Responses(Strict):
    """Best responses by kind of line."""

    transplant: ResponseShares
    no_transplant: ResponseShares
    second: ResponseShares
    later: ResponseShares


class Visits(Strict):
    """Days between visits."""

    interval: Number
    interval_later: Number
    interval_off_therapy: Number
    interval_marrow: Number
    jitter: Number


class NoiseSizes(Strict):
    """How large the faults are that noise makes."""

    shift_days: Span
    year_alone: Number
    complete_from_recorded: Number


class Parameters(Strict):
    """The file of parameters."""

    known_as: ClassVar[str] = "file of parameters"

    people: People
    disease: DiseaseShares
    lines_reached: LineShares
    first_line: FirstLine
    regimens: Regimens
    responses: Responses
    endings: EndingShares
    last_endings: LastEndingShares
    stable_disease_changed: Number
    clinical_progression: Number
    agent_stopped_for_toxicity: Number
    months_to_progression: Numbers
    months_by_response: Numbers
    visits: Visits
    doses: Doses
    noise: NoiseSizes


def load(path: Path = FILE) -> Parameters:
    """Read the parameters, checking every regimen and agent against the vocabulary."""
    document = read(path, name=path.name)
    parameters = check(document, Parameters)
    _check_names(document, parameters, vocabulary())
    return parameters


def _check_names(document: Document, parameters: Parameters, known: Vocabulary) -> None:
    for kind in Regimens.model_fields:
        rows: RegimenShares = getattr(parameters.regimens, kind)
        for position, row in enumerate(rows.regimens):
            if row.regimen not in known.regimens:
                place = ("regimens", kind, "regimens", position, "regimen")
                document.fail(place, f'there is no regimen "{row.regimen}"', known.near_regimen(row.regimen))
    for position, dose in enumerate(parameters.doses.agents):
        if dose.agent not in known.agents:
            document.fail(
                ("doses", "agents", position, "agent"), f'there is no agent "{dose.agent}"', suggestion(dose.agent, known.agents)
            )


@cache
def parameters() -> Parameters:
    """Return the parameters that the program ships with."""
    return load()
