"""Trials and cohorts as data: one file each, read strictly, every number with its lines in the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NoReturn

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, model_validator

from myeloguide.criteria.nodes import All, Node
from myeloguide.criteria.syntax import ConditionError, Scope, parse
from myeloguide.errors import InputError, Problem, suggestion
from myeloguide.guideline.loading import scope_of
from myeloguide.guideline.phrases import Phrasebook
from myeloguide.knowledge.reading import Document, Place, Strict, check, read, refuse_twins, wrong_value
from myeloguide.knowledge.source import LineRanges
from myeloguide.knowledge.vocabulary import Vocabulary, vocabulary

DATA = Path(__file__).parent / "data"

Endpoint = Literal[
    "PFS", "PFS2", "OS", "TTP", "DOR", "time to best response", "ORR", "CR", "sCR", "MRD-negative", "resistance reverted",
]  # fmt: skip
"""What is measured: survival and durations in months, rates in percent."""

TIMES: tuple[Endpoint, ...] = ("PFS", "PFS2", "OS", "TTP", "DOR", "time to best response")

Word = Literal["NR", "NE"]


def _value(value: Any) -> Any:
    if isinstance(value, bool) or not (isinstance(value, (int, float)) or value in ("NR", "NE") or _is_span(value)):
        raise wrong_value(f'"{value}" is no value', "write a number, a span such as 8-10, NR (not reached) or NE (not estimable)")
    return str(value) if isinstance(value, str) else value


def _is_span(value: object) -> bool:
    first, _, last = value.partition("-") if isinstance(value, str) else ("", "", "")
    try:
        return float(first) < float(last)
    except ValueError:
        return False


Value = Annotated[float | str, BeforeValidator(_value)]
"""A median or rate; a span such as `8-10`; `NR` not reached; `NE` not estimable."""


class Registry(Strict):
    """The number under which a trial is registered, and where that was read."""

    known_as: ClassVar[str] = "registry entry"

    number: str
    lines: LineRanges = ()
    publication: str | None = None
    verified: StrictBool = True


class Arm(Strict):
    """What the patients of an arm were given: an option of the guideline, or something said in words."""

    known_as: ClassVar[str] = "arm"

    arm: str
    text: str | None = Field(default=None, alias="is")
    n: StrictInt | None = None
    also: tuple[str, ...] = ()
    """Further options of the guideline for which the arm speaks."""


class Size(Strict):
    """How many patients a trial or cohort has, as printed."""

    known_as: ClassVar[str] = "number of patients"

    n: StrictInt
    lines: LineRanges


class Criterion(Strict):
    """Whom a trial admitted; without `when` no fact of a patient can tell."""

    known_as: ClassVar[str] = "criterion"

    says: str
    when: str | None = None
    lines: LineRanges = ()
    publication: str | None = None


class Composition(Strict):
    """A part of a trial's patients, as printed."""

    known_as: ClassVar[str] = "part of the patients"

    says: str
    when: str | None = None
    n: StrictInt | None = None
    share: float | None = None
    operator: Literal["=", ">"] = "="
    lines: LineRanges


class Population(Strict):
    """Patients of a trial of whom a result is given; without `when` and not `whole`, a part that no fact of a patient tells."""

    known_as: ClassVar[str] = "population"

    population: str
    title: str
    when: str | None = None
    whole: StrictBool = False
    """The whole trial, or all who were given one dose: any patient admitted might have been one of them."""
    n: StrictInt | None = None

    @model_validator(mode="after")
    def _is_whole_or_a_part(self) -> Population:
        if self.whole and self.when is not None:
            raise wrong_value("the whole of a trial has no condition of its own", "write it under `eligibility:`")
        return self


class Result(Strict):
    """One reported result: a data cut, a population and an endpoint; of a comparison, or of one arm."""

    known_as: ClassVar[str] = "result"

    cut: str = ""
    phase: str | None = None
    """Where this cut is said to be of another phase than the trial."""
    population: str = "all"
    endpoint: Endpoint
    at_months: float | None = None
    option: str
    comparator: str | None = None
    contrast: str | None = None
    """What a ratio compares when it is not two arms: parts of the same patients."""
    n_option: StrictInt | None = None
    n_comparator: StrictInt | None = None
    value_option: Value | None = None
    value_comparator: Value | None = None
    counted: Literal["patients"] | None = Field(default=None, alias="unit")
    difference: float | None = None
    hr: float | None = None
    """The interval is of the ratio where there is one, else of `value_option`."""
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float | None = None
    p: float | None = None
    p_operator: Literal["=", "<"] | None = None
    followup_months: float | None = None
    reference: StrictInt | None = None
    called: Literal["benefit", "trend", "not significant", "no benefit", "similar", "worse"] | None = None
    """How the source's words judge it."""
    lines: LineRanges = ()
    publication: str | None = None
    verified: StrictBool = True
    as_printed: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Result:
        if (self.ci_low is None) != (self.ci_high is None):
            raise wrong_value("an interval has two ends", "give `ci_low:` and `ci_high:`")
        if (self.p is None) != (self.p_operator is None):
            raise wrong_value("a p value has an operator", "give `p:` and `p_operator:` (= or <)")
        if self.ci_level is not None and self.ci_low is None:
            raise wrong_value("a level without an interval", "give the interval, or leave the level out")
        if not self.lines and self.publication is None:
            raise wrong_value("names no place", "give `lines: [first, last]` or `publication:`")
        return self

    @property
    def unit(self) -> str:
        """Months, percent, or a number of patients."""
        if self.counted is not None:
            return self.counted
        return "months" if self.endpoint in TIMES and self.at_months is None else "percent"

    @property
    def measured(self) -> str:
        """The endpoint, with its time where it has one."""
        if self.at_months is None:
            return self.endpoint
        return f"{self.endpoint} at {self.at_months:g} months"


class Toxicity(Strict):
    """A toxicity with its grade and frequency, as far as printed."""

    known_as: ClassVar[str] = "toxicity"

    event: str
    grade: str | None = None
    population: str = "all"
    option: str
    frequency: float | None = None
    said: str | None = None
    reference: StrictInt | None = None
    lines: LineRanges
    as_printed: str | None = None


class Statement(Strict):
    """What the source says of a trial without a figure, in our words."""

    known_as: ClassVar[str] = "statement"

    says: str
    lines: LineRanges


class Elsewhere(Strict):
    """A figure that stands otherwise in another publication: the printed one is kept."""

    known_as: ClassVar[str] = "figure elsewhere"

    of: str
    printed: str
    elsewhere: str
    lines: LineRanges
    publication: str
    verified: StrictBool


class SaidOf(Strict):
    """One of several things that the source says of the same property of a trial."""

    known_as: ClassVar[str] = "property"

    of: str
    is_: str = Field(alias="is")
    lines: LineRanges


class TrialFile(Strict):
    """A trial or cohort with everything that the source reports of it."""

    known_as: ClassVar[str] = "trial"

    trial: str
    title: str
    named: StrictBool = True
    """Whether the source names it."""
    registry: Registry | None = None
    references: tuple[StrictInt, ...] = ()
    phase: str | None = None
    randomised: StrictBool | None = None
    frontline: StrictBool = False
    design: str
    arms: tuple[Arm, ...]
    patients: Size | None = None
    lines: LineRanges
    eligibility: tuple[Criterion, ...] = ()
    composition: tuple[Composition, ...] = ()
    populations: Annotated[tuple[Population, ...], Field(min_length=1)]
    results: tuple[Result, ...] = ()
    toxicities: tuple[Toxicity, ...] = ()
    statements: tuple[Statement, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    said: tuple[SaidOf, ...] = ()

    @property
    def reported(self) -> tuple[Result | Toxicity, ...]:
        """Every result and toxicity."""
        return (*self.results, *self.toxicities)

    def population(self, name: str) -> Population:
        """Return a population by its name."""
        return next(item for item in self.populations if item.population == name)


class Citation(Strict):
    """Lines on which a reference number is printed, and for what."""

    known_as: ClassVar[str] = "citation"

    of: str
    lines: LineRanges


class Reference(Strict):
    """A number of the source's reference list, which is not in the text: where it is cited, and what is probably behind it."""

    known_as: ClassVar[str] = "reference"

    reference: StrictInt
    cited: tuple[Citation, ...]
    publication: str | None = None
    verified: StrictBool = False


class ReferenceFile(Strict):
    """The numbers of the reference list."""

    last: StrictInt
    references: tuple[Reference, ...]


class KnownFinding(Strict):
    """A finding that is explained: by what, and by which erratum of the pack."""

    known_as: ClassVar[str] = "known finding"

    finding: str
    because: str
    erratum: str | None = None


class KnownFile(Strict):
    """The findings of the checks that are explained."""

    known: tuple[KnownFinding, ...]


class Feature(Strict):
    """What narrows a trial's patients down to one."""

    known_as: ClassVar[str] = "feature"

    feature: str
    when: str
    first: StrictBool = False


class FeatureFile(Strict):
    """What narrows a trial's patients down to one."""

    features: tuple[Feature, ...]


class NoResult(Strict):
    """A number of the source that is no result, and what it is."""

    known_as: ClassVar[str] = "number"

    line: StrictInt
    figure: str
    because: str


class ExceptionFile(Strict):
    """The numbers of the source that are no results."""

    numbers: tuple[NoResult, ...]


@dataclass(frozen=True, eq=False)
class Trial:
    """A trial with its conditions read."""

    file: TrialFile
    document: Document
    admits: tuple[tuple[Criterion, Node | None], ...]
    narrows: Mapping[str, Node | None]
    """The condition of each population."""
    parts: tuple[tuple[Composition, Node | None], ...]

    @property
    def name(self) -> str:
        """The trial's name."""
        return self.file.trial

    def arms_for(self, option: str) -> tuple[str, ...]:
        """Return the arms that speak for an option of the guideline."""
        return tuple(arm.arm for arm in self.file.arms if option in (arm.arm, *arm.also))

    def met_by_all(self, population: str) -> frozenset[Node]:
        """Return the conditions that every patient of a population meets, and what they are joined from by `and`."""
        met = [node for node in (self.narrows[population], *(node for _, node in self.admits)) if node is not None]
        return frozenset(part for node in met for part in (node, *(node.children if isinstance(node, All) else ())))


@dataclass(frozen=True, eq=False)
class Evidence:
    """Every trial, and every number of the reference list."""

    trials: tuple[Trial, ...]
    references: Mapping[int, Reference]
    last_reference: int
    known: tuple[KnownFinding, ...]
    exceptions: tuple[NoResult, ...]
    features: tuple[tuple[Feature, Node], ...]
    vocabulary: Vocabulary
    phrases: Phrasebook

    @property
    def results(self) -> Iterator[tuple[Trial, Result]]:
        """Every result with its trial."""
        for trial in self.trials:
            for result in trial.file.results:
                yield trial, result

    def trial(self, word: str) -> Trial | None:
        """Return a trial by its name, however its letters are set."""
        folded = _fold(word)
        return next((trial for trial in self.trials if _fold(trial.name) == folded), None)


def _fold(word: str) -> str:
    return "".join(sign for sign in word.casefold() if sign.isalnum())


def read_evidence(folder: Path, words: Vocabulary) -> Evidence:
    """Read every trial of a folder; a fault is an error with file, line and remedy."""
    scope = scope_of(words, {}, ())
    trials = tuple(
        _read_trial(path, words, scope) for path in sorted(folder.glob("*.yaml"), key=lambda path: path.name.casefold())
    )
    seen: dict[str, str] = {}
    for trial in trials:
        other = seen.setdefault(_fold(trial.name), trial.document.name)
        if other != trial.document.name:
            trial.document.fail(("trial",), f"the trial {trial.name} stands in {other} too", "keep one file a trial")
    beside = folder.parent
    references = _read_references(beside / "references.yaml", trials)
    known = check(read(beside / "known.yaml", name="known.yaml"), KnownFile).known
    exceptions = check(read(beside / "no-results.yaml", name="no-results.yaml"), ExceptionFile).numbers
    document = read(beside / "features.yaml", name="features.yaml")
    features = tuple(
        (item, _node(document, ("features", at), item.when, scope))
        for at, item in enumerate(check(document, FeatureFile).features)
    )
    numbered = {item.reference: item for item in references.references}
    return Evidence(trials, numbered, references.last, known, exceptions, features, words, Phrasebook(words, {}, ()))


def _read_references(path: Path, trials: tuple[Trial, ...]) -> ReferenceFile:
    document = read(path, name=path.name)
    refuse_twins(document, ("references",), "reference", "reference")
    found = check(document, ReferenceFile)
    numbers = {item.reference for item in found.references if item.cited}
    for trial in trials:
        for position, number in enumerate(trial.file.references):
            if number not in range(1, found.last + 1):
                trial.document.fail(("references", position), f"there is no reference {number}", f"they end at {found.last}")
        for position, result in enumerate(trial.file.results):
            if result.reference is not None and result.reference not in numbers:
                trial.document.fail(("results", position, "reference"), f"reference {result.reference} is cited nowhere")
    return found


def _read_trial(path: Path, words: Vocabulary, scope: Scope) -> Trial:
    document = read(path, name=path.name)
    refuse_twins(document, ("arms",), "arm", "arm")
    refuse_twins(document, ("populations",), "population", "population")
    file = check(document, TrialFile)
    _check_arms(document, file, words)
    _check_populations(document, file)
    return Trial(
        file,
        document,
        tuple((item, _when(document, ("eligibility", at), item.when, scope)) for at, item in enumerate(file.eligibility)),
        {item.population: _when(document, ("populations", at), item.when, scope) for at, item in enumerate(file.populations)},
        tuple((item, _when(document, ("composition", at), item.when, scope)) for at, item in enumerate(file.composition)),
    )


def _when(document: Document, place: Place, text: str | None, scope: Scope) -> Node | None:
    return None if text is None else _node(document, place, text, scope)


def _node(document: Document, place: Place, text: str, scope: Scope) -> Node:
    try:
        return parse(text, scope)
    except ConditionError as error:
        document.fail((*place, "when"), f"condition `{text}`, column {error.column}: {error.what}", error.remedy)


def _check_arms(document: Document, file: TrialFile, words: Vocabulary) -> None:
    arms = [item.arm for item in file.arms]
    for at, arm in enumerate(file.arms):
        if arm.text is None and arm.arm not in words.regimens:
            document.fail(("arms", at), f"there is no option {arm.arm}", "say what it is with `is:`, or name an option")
        for option in arm.also:
            if option not in words.regimens:
                _stranger(document, ("arms", at, "also"), "option", option, list(words.regimens))
    for at, result in enumerate(file.results):
        for key, name in (("option", result.option), ("comparator", result.comparator)):
            if name is not None and name not in arms:
                _stranger(document, ("results", at, key), "arm", name, arms)
    for at, toxicity in enumerate(file.toxicities):
        if toxicity.option not in arms:
            _stranger(document, ("toxicities", at, "option"), "arm", toxicity.option, arms)


def _check_populations(document: Document, file: TrialFile) -> None:
    known = [item.population for item in file.populations]
    seen: dict[tuple[Any, ...], int] = {}
    places = [("results", at) for at in range(len(file.results))] + [("toxicities", at) for at in range(len(file.toxicities))]
    for place, record in zip(places, file.reported, strict=True):
        if record.population not in known:
            _stranger(document, (*place, "population"), "population", record.population, known)
    for at, result in enumerate(file.results):
        identity = (result.cut, result.population, result.measured, result.option, result.comparator, result.contrast)
        if (first := seen.setdefault(identity, at)) != at:
            line = document.where(("results", first)).rpartition(":")[2]
            document.fail(("results", at), f"this result stands twice (first on line {line})", "keep one, with both places")


def _stranger(document: Document, place: Place, kind: str, name: str, known: list[str]) -> NoReturn:
    document.fail(place, f"there is no {kind} {name} here", suggestion(name, known))


@cache
def load_evidence() -> Evidence:
    """Return the evidence that the program ships with."""
    return read_evidence(DATA, vocabulary())


def trial_of(evidence: Evidence, word: str) -> Trial:
    """Return a trial by its name, or say which was likely meant."""
    found = evidence.trial(word)
    if found is None:
        names = [trial.name for trial in evidence.trials]
        raise InputError(Problem("evidence", f"there is no trial {word}", suggestion(word, names)))
    return found
