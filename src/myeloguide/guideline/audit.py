"""What can be proved of a pack, over every patient that can be described: the same walk, over solver formulas.

A solver proves that no patient breaks a rule, or shows one who does, of whom no less can be known (`space.py`). Every
patient shown is answered by `assess`, and what the solver says of the patient must be what the answer shows (`reach.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product
from operator import or_
from typing import Any

import z3

from myeloguide.criteria.nodes import All, Constant
from myeloguide.criteria.nodes import Any as AnyOf
from myeloguide.criteria.prose import leaves, say
from myeloguide.criteria.walk import walk
from myeloguide.errors import InputError
from myeloguide.guideline.answer import Answer
from myeloguide.guideline.assess import Assessment, assess_document
from myeloguide.guideline.loading import parts_without_effect, read_against, read_audit, read_cautions
from myeloguide.guideline.pack import Pack, Row
from myeloguide.guideline.pack_files import AuditFile, Boundary
from myeloguide.guideline.reach import View, row_name, shown, targets
from myeloguide.guideline.space import Space
from myeloguide.guideline.what_if import WhatIf
from myeloguide.guideline.witnesses import Witness, replay
from myeloguide.history.closure import Planes, close
from myeloguide.history.facts import known_facts
from myeloguide.knowledge.reading import Document
from myeloguide.record.patient_file import read_patient

_TODAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A rule that the pack breaks: which check, for what, in words, and a smallest patient for whom it does."""

    finding: str
    text: str
    witness: Witness | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """What an audit found: new findings, those that the pack declares with their reason, and patients who reach everything."""

    findings: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, str], ...]
    not_found: tuple[str, ...]
    """Declared findings that no longer are any."""
    proved: Mapping[str, int]
    """How many statements each check proved."""
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What no patient may be answered: the plane of those who are, and whether an answer shows it."""

    name: str
    text: str
    broken: Any
    seen: Callable[[Answer], bool]


Check = Callable[[View], Iterable[Rule]]


def audit(pack: Pack, *, smallest: bool = False) -> Audit:
    """Prove or refute every check for a pack; `smallest` finds a small patient for everything reached, not for findings alone."""
    return _Audit(pack, smallest=smallest).run()


def answered_again(space: Space, planes: Planes) -> tuple[Witness, Assessment]:
    """Return a patient of the solver as facts, and as `assess` reads them; they must be the same patient."""
    pack = space.pack
    facts, rulings = space.facts(planes)
    meant = dict(planes)
    close(meant, pack.vocabulary)
    meant |= {("unavailable_agents", agent): (1, 0) for agent in pack.header.not_obtainable}
    assessment = replay(pack, facts, rulings)
    differs = [key for key, pair in meant.items() if assessment.planes[key] != pair]
    if differs:
        raise AssertionError(f"the solver and assess mean different patients by {facts} {rulings}: {differs}")
    return Witness(facts, rulings), assessment


class _Audit:
    def __init__(self, pack: Pack, *, smallest: bool) -> None:
        self.pack = pack
        self.smallest = smallest
        self.declared: AuditFile = read_audit(pack)
        self.space = Space(pack)
        self.found: list[Finding] = []
        self.proved: dict[str, int] = {}
        self.patients: list[tuple[Witness, Assessment]] = []
        self.rested_on: set[str] = set()
        self.list_of = {item.id: item for item in pack.lists}

    def run(self) -> Audit:
        self.forbid("unanswered", self.unanswered)
        self.forbid("both answer", self.both_answer)
        self.forbid("nothing offered", self.nothing_offered)
        self.forbid("offered against", self.offered_against)
        self.forbid("offered on nothing known", self.offered_on_nothing_known)
        self.grades()
        self.dead()
        self.parts()
        self.reach()
        self.conditions()
        self.switches()
        self.readings()
        self.rulings()
        self.boundaries()
        self.days()
        accepted = {item.finding: item for item in self.declared.accepted}
        known = {finding.finding for finding in self.found}
        return Audit(
            tuple(finding for finding in self.found if finding.finding not in accepted),
            tuple((finding, accepted[finding.finding].why) for finding in self.found if finding.finding in accepted),
            tuple(name for name in accepted if name not in known),
            self.proved,
            tuple(witness for witness, _ in self.patients),
        )

    def count(self, check: str, number: int = 1) -> None:
        self.proved[check] = self.proved.get(check, 0) + number

    # --- rules that no patient may break ---

    def forbid(self, name: str, check: Check) -> None:
        """Prove that no patient breaks any rule, or record each that one does, with that patient answered again."""
        waiting = list(check(self.space.view))
        self.count(name, len(waiting))
        while waiting and self.broken(waiting):
            half = waiting
            while len(half) > 1:
                first = half[: len(half) // 2]
                half = first if self.broken(first) else half[len(first) :]
            rule = half[0]
            planes = self.space.fewest(rule.broken)
            assert planes is not None
            self.found.append(Finding(f"{name}: {rule.name}", rule.text, self.witness(check, rule, planes)))
            self.count(name, -1)
            waiting = [other for other in waiting if other is not rule]

    def broken(self, rules: Iterable[Rule]) -> bool:
        return not self.space.cannot(z3.Or([rule.broken for rule in rules]))

    def witness(self, check: Check, rule: Rule, planes: Planes) -> Witness:
        """Return the patient for whom the solver says that a rule is broken; the answer must show it."""
        witness, assessment = answered_again(self.space, planes)
        here = next(each for each in check(View.of(assessment)) if each.name == rule.name)
        if not here.broken or not rule.seen(assessment.answer()):
            raise AssertionError(f"{rule.name}, {rule.text}: the solver and assess differ for {witness.facts} {witness.rulings}")
        return witness

    def unanswered(self, view: View) -> Iterator[Rule]:
        lists = [self.list_of[name].applies for name in self.declared.exclusive]
        outside = [gap.condition for gap in self.pack.silences if gap.outside and gap.condition is not None]
        nobody = view.all(view.false[condition.place] for condition in (*lists, *outside))

        def seen(answer: Answer) -> bool:
            applies = {item.list: item.applies for item in answer.lists}
            said = any(answer.outside == gap.said.text for gap in self.pack.silences if gap.outside)
            return not said and all(applies[name] is False for name in self.declared.exclusive)

        yield Rule("patient", "no list applies, and no silence says why", nobody, seen)

    def both_answer(self, view: View) -> Iterator[Rule]:
        for pair in combinations(self.declared.exclusive, 2):

            def seen(answer: Answer, pair: Sequence[str] = pair) -> bool:
                return all(item.applies for item in answer.lists if item.list in pair)

            both = view.all(view.true[self.list_of[name].applies.place] for name in pair)
            yield Rule(" and ".join(pair), "two lists that exclude each other both apply", both, seen)

    def nothing_offered(self, view: View) -> Iterator[Rule]:
        text = "the list applies, offers nothing, and no silence says so"
        for item in self.pack.lists:
            silent = view.any(view.holds(gap) for gap in self.pack.silences if item.id in gap.lists)

            def seen(answer: Answer, name: str = item.id) -> bool:
                return any(said.list == name and said.silence is None for said in answer.nothing_offered)

            yield Rule(item.id, text, view.offers_nothing(item) & view.no(silent), seen)

    def offered_against(self, view: View) -> Iterator[Rule]:
        exempt = {
            (exception.option, agent)
            for rule in read_against(self.pack).held_back
            for exception in rule.exceptions
            for agent in exception.agents or self.pack.vocabulary.regimens[exception.option].agents
        }
        as_read = view.all(view.planes[ruling, values[0]][0] for ruling, values in self.pack.switches.items())
        for row, fact in product(self.pack.rows, ("refractory_to", "unavailable_agents", "contraindicated_agents")):
            for component in self.pack.vocabulary.regimens[row.option].components:
                if fact == "refractory_to" and any((row.option, agent) in exempt for agent in component):
                    continue
                against = view.all(view.planes[fact, agent][0] for agent in component)
                text = f"offered although {' and '.join(self.pack.phrases.fact(fact, agent, true=True) for agent in component)}"

                def seen(answer: Answer, row: Row = row, fact: str = fact, agents: Sequence[str] = component) -> bool:
                    obtained = fact == "unavailable_agents" and self.pack.header.not_obtainable
                    return _offers(answer, row) and {*agents} <= {*answer.facts[fact], *(obtained or ())}

                name = f"{row_name(row)}, {fact}.{'|'.join(component)}"
                yield Rule(name, text, view.true[row.offered.place] & against & as_read, seen)

    def offered_on_nothing_known(self, view: View) -> Iterator[Rule]:
        asked = {name for name, fact in self.pack.vocabulary.facts.items() if not fact.none_unless_named}
        known = view.any(plane for key, pair in view.planes.items() if key[0] in asked for plane in pair)
        for row in self.pack.rows:

            def seen(answer: Answer, row: Row = row) -> bool:
                return _offers(answer, row) and not any(answer.facts[name] for name in asked)

            text = "offered to a patient of whom nothing is known"
            yield Rule(row_name(row), text, view.true[row.offered.place] & view.no(known), seen)

    # --- rules that are wrong as they are written ---

    def grades(self) -> None:
        seen: dict[tuple[str, str], dict[str, Row]] = {}
        for row in self.pack.rows:
            if row.basis and row.grade:
                seen.setdefault((row.option, row.basis.removesuffix(" trials")), {}).setdefault(row.grade, row)
        for (option, basis), by_grade in seen.items():
            if len(by_grade) > 1:
                where = " and ".join(f"{grade} in {row.list}/{row.tier}" for grade, row in by_grade.items())
                self.found.append(Finding(f"grades differ: {option}", f"{option}, on the same basis ({basis}): {where}"))

    def dead(self) -> None:
        """What is said of an option that stands in no list is said to nobody."""
        rows = {(row.option, row.list) for row in self.pack.rows}
        listed = {option for option, _ in rows}
        for kind, rules in (("caution", read_cautions(self.pack)), ("argument", read_against(self.pack).advised_against)):
            for number, rule in enumerate(rules, start=1):
                named = rule.options or ()
                for option in named:
                    if option not in listed or (rule.lists and not any((option, name) in rows for name in rule.lists)):
                        where = f"{kind} {rule.code} ({number})"
                        self.found.append(Finding(f"stands on no row: {where}, {option}", "the option is in none of its lists"))
                agents = self.pack.vocabulary.agents if rule.agents is None else rule.agents
                drugs = {agent for option, _ in rows for agent in self.pack.vocabulary.regimens[option].agents}
                self.found += [
                    Finding(f"stands on no row: {kind} {rule.code} ({number}), {agent}", "no option listed holds the agent")
                    for agent in agents if rule.agents and agent not in drugs
                ]  # fmt: skip

    def parts(self) -> None:
        """What is joined to a condition must make a difference somewhere."""
        for where, part in parts_without_effect(self.pack):
            text = "it has the same value for everything that the rule stands on"
            self.found.append(Finding(f"without effect: {where}, {part}", text))

    # --- what some patient must reach ---

    def reach(self) -> None:
        """Find a patient for everything that can be shown, and shown again by `assess`; what none reaches is a finding."""
        waiting = targets(self.pack, self.space.view)
        while waiting:
            name, formula = next(iter(waiting.items()))
            planes = self.space.find(formula, smallest=self.smallest)
            if planes is None:
                self.found.append(Finding(f"unreachable: {name}", "no patient reaches it"))
                del waiting[name]
                continue
            witness, assessment = answered_again(self.space, planes)
            answer = assessment.answer()
            reached = shown(self.pack, answer)
            if name not in reached:
                raise AssertionError(f"{name}: the solver and assess differ for {witness.facts} {witness.rulings}")
            shows = tuple(name for name in waiting if name in reached)
            for each in shows:
                del waiting[each]
            self.count("reached", len(shows))
            self.patients.append((Witness(witness.facts, witness.rulings, shows), assessment))
            self.rested_on.update(answer.rulings)

    def conditions(self) -> None:
        """No condition that is more than a constant is always true or always false."""
        space = self.space
        true, false = space.true, space.false
        if self.pack.header.not_obtainable:  # what a formulary decides is no fault of a condition
            true, false = walk(self.pack.program, space.obtainable().__getitem__, space.none, space.every)
        seen = ([0] * len(space.true), [0] * len(space.true))
        for _, assessment in self.patients:
            for planes, walked in zip(seen, (assessment.true, assessment.false), strict=True):
                planes[:] = map(or_, planes, walked)
        for node, place in self.pack.program.places.items():
            if any(isinstance(leaf, Constant) or leaf in (All(()), AnyOf(())) for leaf in leaves(node)):
                continue  # says so itself
            for reached, planes, always in ((seen[0], true, "false"), (seen[1], false, "true")):
                if reached[place] or not space.cannot(planes[place]):
                    self.count("can be true and false")
                else:
                    self.found.append(Finding(f"always {always}: {say(node, self.pack.phrases)}", "for every patient"))

    def switches(self) -> None:
        moved: set[str] = set()
        for _, patient in self.patients:
            moved |= {item.ruling for item in WhatIf(self.pack, patient.known.facts, patient.switched).hangs_on()}
        for ruling, values in self.pack.switches.items():
            switch = self.pack.rulings[ruling].switch
            assert switch is not None
            if ruling in moved:
                self.count("switches that change something")
            elif not (switch.default.sets or switch.other.sets):
                self.switch_moves_nothing(ruling, values)

    def switch_moves_nothing(self, ruling: str, values: Sequence[str]) -> None:
        flipped = dict(self.space.planes)
        flipped[ruling, values[0]], flipped[ruling, values[1]] = flipped[ruling, values[1]], flipped[ruling, values[0]]
        true, false = walk(self.pack.program, flipped.__getitem__, self.space.none, self.space.every)
        differs = [self.space.true[row.offered.place] ^ true[row.offered.place] for row in self.pack.rows]
        differs += [self.space.true[row.held_back.place] ^ true[row.held_back.place] for row in self.pack.rows]
        differs += [self.space.true[row.against.place] ^ true[row.against.place] for row in self.pack.rows]
        differs += [self.space.false[row.condition.place] ^ false[row.condition.place] for row in self.pack.rows]
        if self.space.cannot(z3.Or(differs)):
            self.found.append(Finding(f"switch without effect: {ruling}", "no patient's answer changes with it"))
        else:
            self.count("switches that change something")

    def readings(self) -> None:
        """A ruling that says how histories are read changes the answer of one, which the pack gives."""
        changed = set()
        for item in self.declared.readings:
            document = Document("audit", {"as_of": _TODAY.isoformat(), "history": item.history}, {})
            one, other = (
                assess_document(self.pack, document, _TODAY, {item.ruling: value}) for value in self.pack.switches[item.ruling]
            )
            if _rows(one) != _rows(other):
                changed.add(item.ruling)
                self.rested_on.update(one.rulings)
        for name, ruling in self.pack.rulings.items():
            if ruling.switch is not None and (ruling.switch.default.sets or ruling.switch.other.sets):
                if name in changed:
                    self.count("switches that change something")
                else:
                    text = "no history under `readings:` of audit.yaml is answered differently with it"
                    self.found.append(Finding(f"switch without effect: {name}", text))

    def rulings(self) -> None:
        """Every ruling is one that some patient's answer rests on."""
        for name in self.pack.rulings:
            if name in self.rested_on:
                self.count("rulings")
            else:
                self.found.append(Finding(f"unreachable: ruling {name}", "no patient's answer rests on it"))

    # --- boundaries ---

    def boundaries(self) -> None:
        """A number exactly at its boundary counts as ruled, and the boundary matters to somebody."""
        declared = {(item.fact, item.at): item for item in self.declared.boundaries}
        asked = {(key[0], key[1][1]) for key in self.pack.program.keys if not isinstance(key[1], str)}
        for fact, at in sorted(asked):
            if self.pack.vocabulary.facts[fact].kind != "integer" and (fact, at) not in declared:
                self.found.append(
                    Finding(
                        f"boundary not declared: {fact} {at:g}",
                        "a condition asks for it, and no ruling says on which side it lies",
                    )
                )
        for item in self.declared.boundaries:
            self.boundary(item)

    def boundary(self, item: Boundary) -> None:
        name = f"{item.fact} {item.at:g}"
        operator = ">=" if item.like == "above" else ">"
        asked = {key[1][0] for key in self.pack.program.keys if key[0] == item.fact and key[1][1] == item.at}
        if asked != {operator}:
            text = f"{item.ruling} reads {item.at:g} as {item.like} it; the conditions ask otherwise"
            self.found.append(Finding(f"boundary: {name}", text))
            return
        for witness, _ in self.patients:
            values = (item.at - 0.25, item.at, item.at + 0.25)
            around = [Witness({**witness.facts, item.fact: value}, witness.rulings) for value in values]
            try:
                found = [replay(self.pack, each.facts, each.rulings) for each in around]
            except InputError:
                continue
            below, at, above = ((assessment.true, assessment.false) for assessment in found)
            if below != above:
                if at != (below if item.like == "below" else above):
                    text = f"{item.at:g} is not answered as {item.like}"
                    self.found.append(Finding(f"boundary: {name}", text, around[1]))
                else:
                    self.count("boundaries")
                return
        self.found.append(Finding(f"boundary: {name}", "no patient's answer changes there"))

    def days(self) -> None:
        """Progression on the last day of the window is refractory, and on the day after it is not."""
        agent = self.pack.vocabulary.active_agents[0]
        for item in self.declared.days:
            for day, refractory in ((item.at, True), (item.at + 1, False)):
                progression = date.fromordinal(date(2020, 1, 31).toordinal() + day)
                data = {"as_of": "2025-01-01", "history": {"complete": True, "lines": [{
                    "line": 1, "agents": [agent], "start": "2019-01-01", "stop": "2020-01-31", "best_response": "PR",
                    "progression": {"date": progression.isoformat()},
                }]}}  # fmt: skip
                patient = read_patient(Document("audit", data, {}), self.pack.vocabulary, None, _TODAY)
                found = known_facts(patient, self.pack.vocabulary).facts.members("refractory_to").has(agent)
                if found is not refractory:
                    text = f"progression {day} days after the last dose: refractory is {found}, by {item.ruling} {refractory}"
                    self.found.append(Finding(f"days: {item.at}", text))
                else:
                    self.count("boundaries")


def _rows(answer: Answer) -> list[tuple[str, ...]]:
    return [(row.list, row.tier, row.option, row.status) for row in answer.options]


def _offers(answer: Answer, row: Row) -> bool:
    return any(
        option.status == "offered" and (option.list, option.tier, option.option) == (row.list, row.tier, row.option)
        for option in answer.options
    )
