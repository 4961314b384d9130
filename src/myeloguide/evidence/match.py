"""The results of an option by their nearness to a patient, and whether each trial would have admitted the patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from myeloguide.criteria.nodes import Node
from myeloguide.criteria.walk import Program, compile_conditions, walk
from myeloguide.evidence.holding import held_by_all, implied
from myeloguide.evidence.table import EvidenceRow, of_result
from myeloguide.evidence.trials import Criterion, Evidence, Result, Trial, load_evidence
from myeloguide.evidence.words import in_words, toxicity_in_words
from myeloguide.guideline.answer import Answer, OptionEvidence, Place, ResultShown, ToxicityShown
from myeloguide.history.closure import close, planes_of
from myeloguide.knowledge.source import LineRanges
from myeloguide.record.fact_sheet import FactSheet

_ENDPOINTS = ("PFS", "TTP", "OS")
"""What comes first of equally near results: the endpoint by which the source compares."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a trial would have admitted a patient (None: unknown), and in words by which criteria not, or which are open."""

    admitted: bool | None
    text: str


def evidence_beside(evidence: Evidence, answer: Answer, facts: FactSheet) -> tuple[OptionEvidence, ...]:
    """Return the results beside each option of an answer, the nearest to the patient first."""
    patient = PatientEvidence(evidence, facts)
    return tuple(patient.of_option(option) for option in dict.fromkeys(row.option for row in answer.options))


def with_evidence(answer: Answer, facts: FactSheet) -> Answer:
    """Return an answer with the evidence of the source beside its options; `facts` are those that it was given for."""
    return replace(answer, evidence=evidence_beside(load_evidence(), answer, facts))


class PatientEvidence:
    """The evidence as it stands to one patient: every condition of every trial, walked once."""

    def __init__(self, evidence: Evidence, facts: FactSheet) -> None:
        self.evidence = evidence
        program = _program(evidence)
        wanted = (key for key in program.keys if not isinstance(key[1], str))
        planes = planes_of(facts, evidence.vocabulary, wanted)
        close(planes, evidence.vocabulary)  # what contradicts itself was refused when the patient was answered
        true, false = walk(program, planes.__getitem__, 0, 1)
        self.values = {node: True if true[place] else False if false[place] else None for node, place in program.places.items()}
        self.admissions: dict[str, Admission] = {}
        self.held_in: dict[tuple[str, str], dict[Node, tuple[str, bool]]] = {}
        self.shared: dict[tuple[str, str], tuple[int, int, int]] = {}

    @cached_property
    def features(self) -> dict[Node, tuple[str, bool]]:
        """The features that the patient has, each with its name and whether it comes first."""
        return {node: (item.feature, item.first) for item, node in self.evidence.features if self.values[node]}

    def of_option(self, option: str) -> OptionEvidence:
        """Return the results of an option, the nearest first, and its toxicities."""
        found = sorted(self.found(option), key=self.nearness)
        shown = tuple(self.shown(item.trial, item.result, item.belongs) for item in found)
        return OptionEvidence(option, shown, tuple(self.toxicities(option)))

    def nearest(self, option: str) -> ResultShown | None:
        """Return the result of an option that is nearest to the patient."""
        found = min(self.found(option), key=self.nearness, default=None)
        return None if found is None else self.shown(found.trial, found.result, found.belongs)

    def found(self, option: str) -> Iterator[_Found]:
        """Yield the results that speak for an option, but for those of populations that are not the patient's."""
        for trial, result, is_control, use in _speaking(self.evidence, option):
            belongs = self.belongs(trial, result)
            if belongs is not False:
                yield _Found(trial, result, belongs, is_control, use)

    def belongs(self, trial: Trial, result: Result) -> bool | None:
        """Whether the patient is one of the population of a result; the whole of a trial counts as holding everybody."""
        if trial.file.population(result.population).whole:
            return True
        node = trial.narrows[result.population]
        return None if node is None else self.values[node]

    def nearness(self, found: _Found) -> tuple[float, ...]:
        """Return what results are ordered by, the nearest first."""
        admitted = self.admission(found.trial).admitted
        shared = self.shares(found.trial, found.result)
        return (found.is_control, found.belongs is None, admitted is False, *shared, admitted is None, *found.use)

    def shares(self, trial: Trial, result: Result) -> tuple[int, int, int]:
        """Return how much every patient of the population shares with this one: what comes first, which, how many."""
        population = trial.name, result.population
        if population not in self.shared:
            held = self.held(trial, result)
            rank = min((rank for rank, node in enumerate(self.features) if node in held), default=len(self.features))
            self.shared[population] = (-sum(first for _, first in held.values()), rank, -len(held))
        return self.shared[population]

    def held(self, trial: Trial, result: Result) -> dict[Node, tuple[str, bool]]:
        """Return the features of the patient that every patient of the population has."""
        population = trial.name, result.population
        if population not in self.held_in:
            held = held_by_all(self.evidence)[population]
            self.held_in[population] = {node: feature for node, feature in self.features.items() if node in held}
        return self.held_in[population]

    def distance(self, trial: Trial, result: Result, belongs: bool | None) -> str:
        """Say how far the population of a result is from the patient."""
        population = trial.file.population(result.population)
        held = self.held(trial, result)
        beyond = {node: name for node, (name, first) in self.features.items() if first and node not in held}
        follows = {node for other in beyond for node in implied(self.evidence)[other]}
        said = []
        for part, node in trial.parts:
            if node in beyond and part.share is not None:
                often = f"{'more than ' if part.operator == '>' else ''}{part.share:g}%"
                if population.whole:
                    said.append(f"{often} {beyond.pop(node)}")
                else:
                    beyond[node] += f" ({often} in the whole trial)"
        beyond = {node: name for node, name in beyond.items() if node not in follows}
        if belongs is None:
            said.append("whether the patient is one of them is unknown")
        elif beyond:
            said.append(f"not only patients with: {', '.join(beyond.values())}")
        elif not said and held:
            is_open = any(item.first and self.values[node] is None for item, node in self.evidence.features)
            said.append(f"this patient's own group{', as far as is known' if is_open else ''}")
        return "; ".join([population.title, *said])

    def admission(self, trial: Trial) -> Admission:
        """Say whether a trial would have admitted the patient, by the criteria that the source states."""
        if trial.name not in self.admissions:
            self.admissions[trial.name] = self._admission(trial)
        return self.admissions[trial.name]

    def _admission(self, trial: Trial) -> Admission:
        values = [(item, None if node is None else self.values[node]) for item, node in trial.admits]
        against = tuple(item for item, value in values if value is False)
        unknown = tuple(item for item, value in values if value is None)
        if against:
            return Admission(False, f"would not have been admitted; required: {_named(against)}")
        if unknown:
            return Admission(None, f"admission unknown; required: {_named(unknown)}")
        if not values:
            return Admission(None, "admission unknown; the source states no criteria")
        return Admission(True, "meets every criterion that the source states")

    def shown(self, trial: Trial, result: Result, belongs: bool | None) -> ResultShown:
        row: EvidenceRow = of_result(trial, result)
        admission = self.admission(trial)
        return ResultShown(
            trial=row.trial, nct=row.nct, nct_verified=row.nct_verified, phase=row.phase, reference=row.reference,
            data_cut=row.data_cut, population=row.population, endpoint=row.endpoint, option=row.option, comparator=row.comparator,
            n_option=row.n_option, n_comparator=row.n_comparator, value_option=row.value_option,
            value_comparator=row.value_comparator, unit=result.unit, hr=row.hr, ci_low=row.ci_low, ci_high=row.ci_high,
            ci_level=row.ci_level, p=row.p, p_operator=row.p_operator, followup_months=row.followup_months,
            source=_source(result.lines, result.publication), as_printed=row.as_printed, note=row.note, text=in_words(result),
            belongs=belongs, distance=self.distance(trial, result, belongs), admitted=admission.admitted,
            admission=admission.text,
        )  # fmt: skip

    def toxicities(self, option: str) -> Iterator[ToxicityShown]:
        for trial in self.evidence.trials:
            for toxicity in trial.file.toxicities:
                if toxicity.option in trial.arms_for(option):
                    yield ToxicityShown(trial.name, toxicity_in_words(trial, toxicity), _source(toxicity.lines, None))


def _source(lines: LineRanges, publication: str | None) -> Place:
    return Place(lines=lines[0], more_lines=lines[1:]) if lines else Place(publication=publication)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A result that speaks for an option, and whether the patient is one of its population."""

    trial: Trial
    result: Result
    belongs: bool | None
    is_control: bool
    use: tuple[float, ...]


@lru_cache(maxsize=256)
def _speaking(evidence: Evidence, option: str) -> tuple[tuple[Trial, Result, bool, tuple[float, ...]], ...]:
    """Return the results at relapse in which an option, or what speaks for it, was an arm; is it the control; their use."""
    found = []
    for trial, result in evidence.results:
        arms = trial.arms_for(option)
        if not trial.file.frontline and {result.option, result.comparator} & set(arms):
            found.append((trial, result, result.comparator in arms, _use(result)))
    return tuple(found)


def _use(result: Result) -> tuple[float, ...]:
    """Return what equally near results are ordered by, whoever the patient is: the most telling first."""
    return (
        result.contrast is not None,
        result.hr is None and result.value_option in (None, "NE") and result.difference is None,
        _ENDPOINTS.index(result.endpoint) if result.endpoint in _ENDPOINTS else len(_ENDPOINTS),
        result.at_months is not None,
        result.comparator is None,
        result.ci_low is None and result.p is None,
        -(result.followup_months or 0),
    )


@lru_cache(maxsize=4)
def _program(evidence: Evidence) -> Program:
    return compile_conditions(dict.fromkeys(_conditions(evidence)))


def _conditions(evidence: Evidence) -> Iterator[Node]:
    for trial in evidence.trials:
        yield from (node for _, node in (*trial.admits, *trial.parts) if node is not None)
        yield from (node for node in trial.narrows.values() if node is not None)
    yield from (node for _, node in evidence.features)


def _named(criteria: Iterable[Criterion]) -> str:
    return "; ".join(item.says for item in criteria)
