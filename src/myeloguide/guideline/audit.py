"""What can be proved of a pack, over every patient that can be described: the same walk, over solver formulas.

A patient is two Booleans a fact, known true and known false, closed by the contract's closure. A solver proves that no
patient breaks a rule, or shows one who does, with as few known facts as it can leave. Every patient shown is answered
by `assess` again, and the two must agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import combinations, pairwise, product
from operator import and_, or_
from typing import Any

import yaml
import z3

from myeloguide.criteria.nodes import All, Constant
from myeloguide.criteria.nodes import Any as AnyOf
from myeloguide.criteria.prose import leaves, say
from myeloguide.criteria.walk import walk
from myeloguide.errors import InputError
from myeloguide.guideline.answer import STATUSES, Status
from myeloguide.guideline.assess import Assessment, status_of
from myeloguide.guideline.loading import read_against, read_audit, read_cautions
from myeloguide.guideline.pack import Condition, OptionList, Pack, Remark, Row, pack_planes
from myeloguide.guideline.pack_files import AuditFile, Boundary
from myeloguide.guideline.questions import bounds_of
from myeloguide.guideline.what_if import WhatIf
from myeloguide.history.closure import KNOWN, Planes, close, planes_of
from myeloguide.history.facts import known_facts
from myeloguide.knowledge.facts import Fact, Key
from myeloguide.knowledge.reading import Document
from myeloguide.record.fact_sheet import FactSheet, read_facts
from myeloguide.record.patient_file import read_patient

Formula = Any
_ANY_DAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """A patient whom the solver found: facts as in a patient file, switches of rulings, and what the patient shows."""

    facts: dict[str, Any]
    rulings: dict[str, str]
    shows: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A rule that the pack breaks: which check, for what, in words, and the smallest patient found for whom it does."""

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


def audit(pack: Pack, *, smallest: bool = False) -> Audit:
    """Prove or refute every check for a pack; `smallest` finds a small patient for everything reached, not for findings alone."""
    return _Audit(pack, smallest=smallest).run()


class Space:
    """Every patient that can be described, as formulas, with the walk of a pack over them; `others` only add their thresholds."""

    def __init__(self, pack: Pack, *others: Pack) -> None:
        self.pack = pack
        self.none, self.every = z3.BoolVal(False), z3.BoolVal(True)
        wanted = dict.fromkeys(key for each in (pack, *others) for key in each.program.keys if not isinstance(key[1], str))
        keys = [*planes_of(FactSheet(), pack.vocabulary, wanted)]
        keys += [(ruling, value) for ruling, values in pack.switches.items() for value in values]
        self.given: Planes = {key: (z3.Bool(f"yes {key}"), z3.Bool(f"no {key}")) for key in keys}
        self.bounds = bounds_of(keys)
        self.nothing = dict(self.unknown())
        self.solver = z3.Solver()
        self.solver.add(*self.possible())
        self.planes = dict(self.given)
        for conflict in close(self.planes, pack.vocabulary, self.none, lambda plane: True):
            self.solver.add(z3.Not(conflict.plane))
        fixed = pack_planes(pack, {}, self.every, self.none)
        self.planes |= {key: planes for key, planes in fixed.items() if key[0] in pack.vocabulary.facts}
        self.true, self.false = walk(pack.program, self.planes.__getitem__, self.none, self.every)

    def walk(self, pack: Pack) -> tuple[list[Formula], list[Formula]]:
        """Walk a pack over the same patients, its rulings as it reads them."""
        planes = self.obtainable() | pack_planes(pack, {}, self.every, self.none)
        return walk(pack.program, planes.__getitem__, self.none, self.every)

    def obtainable(self) -> Planes:
        """Return the planes with no agent that the pack itself gives to nobody."""
        agents = [("unavailable_agents", agent) for agent in self.pack.header.not_obtainable]
        return self.planes | {key: self.given[key] for key in agents}

    def possible(self) -> Iterator[Formula]:
        """Yield what holds of facts as they can be given in a patient file."""
        for yes, no in self.given.values():
            yield z3.Not(z3.And(yes, no))
        for name, fact in self.pack.vocabulary.facts.items():
            if fact.is_number:
                yield from self.of_number(fact)
            elif fact.kind == "category":
                yield from self.one_of((name, value) for value in fact.values)
            elif fact.is_set:
                yield from self.of_list(name, fact)
        for ruling, values in self.pack.switches.items():
            pairs = [self.given[ruling, value] for value in values]
            yield z3.PbEq([(yes, 1) for yes, _ in pairs], 1)
            yield from (no == z3.Not(yes) for yes, no in pairs)

    def one_of(self, keys: Iterable[Key]) -> Iterator[Formula]:
        pairs = [self.given[key] for key in keys]
        known = z3.Or([yes for yes, _ in pairs])
        yield z3.PbLe([(yes, 1) for yes, _ in pairs], 1)
        yield from (no == z3.And(known, z3.Not(yes)) for yes, no in pairs)

    def of_list(self, name: str, fact: Fact) -> Iterator[Formula]:
        pairs = [self.given[name, member] for member in self.pack.vocabulary.members(fact)]
        if fact.none_unless_named:
            yield from (no == z3.Not(yes) for yes, no in pairs)

    def of_number(self, fact: Fact) -> Iterator[Formula]:
        bounds = self.bounds.get(fact.fact, [])
        real = [key for key in bounds if not (key[1][0] == ">=" and key[1][1] <= (fact.least or 0))]
        for lower, upper in pairwise(bounds):
            yield z3.Implies(self.given[upper][0], self.given[lower][0])
            yield z3.Implies(self.given[lower][1], self.given[upper][1])
        known = z3.Or([plane for key in real for plane in self.given[key]])
        for key in bounds:
            if key not in real:
                yield self.given[key][0] == known
                yield z3.Not(self.given[key][1])
        if (fact.fact, KNOWN) in self.given:
            yes, no = self.given[fact.fact, KNOWN]
            yield yes == known
            yield z3.Not(no)

    def unknown(self) -> Iterator[tuple[Formula, int]]:
        """Yield the suppositions of a patient of whom nothing is known, with the order in which they are given up."""
        facts = self.pack.vocabulary.facts
        for (fact, member), (yes, no) in self.given.items():
            if fact not in facts:
                if member == self.pack.switches[fact][1]:
                    yield z3.Not(yes), 9  # another reading of a ruling only where nothing else will do
            else:
                given_list = facts[fact].is_set
                yield z3.Not(yes), 5 if facts[fact].none_unless_named else 4 if given_list else 1
                if not facts[fact].none_unless_named:
                    yield z3.Not(no), 3 if given_list else 2

    # --- patients ---

    def find(self, *formulas: Formula, smallest: bool = True) -> Planes | None:
        """Return the facts of a patient for whom everything holds, or None; `smallest` leaves unknown what can be.

        Everything is first supposed unknown and every ruling as it is read; of what the solver says cannot be so, one
        supposition is given up after another.
        """
        self.solver.push()
        self.solver.add(*formulas)
        supposed = list(self.nothing) if smallest else []
        while (answer := self.solver.check(*supposed)) == z3.unsat and supposed:
            core = self.solver.unsat_core()
            if not len(core):
                break
            given_up = min(core, key=lambda item: self.nothing[item])
            supposed.remove(given_up)
        planes = None
        if answer == z3.sat:
            model = self.solver.model()
            planes = {key: (int(z3.is_true(model[yes])), int(z3.is_true(model[no]))) for key, (yes, no) in self.given.items()}
        self.solver.pop()
        return planes

    def cannot(self, *formulas: Formula) -> bool:
        """Whether no patient satisfies everything."""
        self.solver.push()
        self.solver.add(*formulas)
        answer = self.solver.check()
        self.solver.pop()
        return bool(answer == z3.unsat)

    def decided(self, *conditions: Condition) -> Formula:
        """Say that conditions are known, one way or the other."""
        return z3.And([z3.Or(self.true[item.place], self.false[item.place]) for item in conditions])

    def facts(self, planes: Planes) -> tuple[dict[str, Any], dict[str, str]]:
        """Return given planes as the facts of a patient file, and the switches of rulings."""
        facts: dict[str, Any] = {}
        for name, fact in self.pack.vocabulary.facts.items():
            if fact.is_number:
                value = self.number(fact, planes)
            elif fact.kind == "category":
                value = next((item for item in fact.values if planes[name, item][0]), None)
            elif fact.is_set:
                value = None
                members = self.pack.vocabulary.members(fact)
                yes = [member for member in members if planes[name, member][0]]
                no = [member for member in members if planes[name, member][1]]
                whole = fact.at_least is not None and len(yes) + len(no) == len(members)
                if yes or whole:
                    facts[name if whole or fact.at_least is None else fact.at_least] = yes
                if fact.complement and no and not whole:
                    facts[fact.complement] = no
            else:
                yes_or_no = planes[name, ""]
                value = bool(yes_or_no[0]) if any(yes_or_no) else None
            if value is not None:
                facts[name] = value
        switched = {ruling: values[1] for ruling, values in self.pack.switches.items() if planes[ruling, values[1]][0]}
        return facts, switched

    def number(self, fact: Fact, planes: Planes) -> Any:
        """Return a number, or a range, that passes exactly the thresholds that the planes say it passes."""
        bounds = self.bounds.get(fact.fact, [])
        step = 1.0 if fact.kind == "integer" else 0.5
        least = max((key[1][1] + (step if key[1][0] == ">" else 0) for key in bounds if planes[key][0]), default=None)
        most = min((key[1][1] - (step if key[1][0] == ">=" else 0) for key in bounds if planes[key][1]), default=None)
        if least is None and most is None:
            return None
        if all(any(planes[key]) for key in bounds):
            return _short(most if most is not None else least or 0)
        return {name: _short(value) for name, value in (("at_least", least), ("at_most", most)) if value is not None}


def _short(number: float) -> float | int:
    return int(number) if number == int(number) else number


class _Audit:
    def __init__(self, pack: Pack, *, smallest: bool) -> None:
        self.pack = pack
        self.smallest = smallest
        self.declared: AuditFile = read_audit(pack)
        self.space = Space(pack)
        self.found: list[Finding] = []
        self.proved: dict[str, int] = {}
        self.witnesses: list[Witness] = []
        self.list_of = {item.id: item for item in pack.lists}

    def run(self) -> Audit:
        self.answered()
        self.exclusive()
        self.offers_or_is_silent()
        self.refractory()
        self.nothing_known()
        self.grades()
        self.dead()
        self.reach()
        self.conditions()
        self.switches()
        self.boundaries()
        self.days()
        accepted = {item.finding: item for item in self.declared.accepted}
        known = {finding.finding for finding in self.found}
        return Audit(
            tuple(finding for finding in self.found if finding.finding not in accepted),
            tuple((finding, accepted[finding.finding].why) for finding in self.found if finding.finding in accepted),
            tuple(name for name in accepted if name not in known),
            self.proved,
            tuple(self.witnesses),
        )

    # --- rules that no patient may break ---

    def count(self, check: str, number: int = 1) -> None:
        self.proved[check] = self.proved.get(check, 0) + number

    def forbid(self, check: str, rules: Iterable[tuple[str, str, Sequence[Formula]]], *always: Formula) -> None:
        """Prove that no patient satisfies all formulas of any rule (name, text, formulas), or record each that one does."""
        waiting = [(name, text, z3.And([*formulas])) for name, text, formulas in rules]
        self.count(check, len(waiting))
        while waiting and not self.space.cannot(z3.Or([formula for _, _, formula in waiting]), *always):
            half = waiting
            while len(half) > 1:
                first = half[: len(half) // 2]
                half = (
                    first if not self.space.cannot(z3.Or([formula for _, _, formula in first]), *always) else half[len(first) :]
                )
            name, text, formula = half[0]
            planes = self.space.find(formula, *always)
            assert planes is not None
            self.found.append(Finding(f"{check}: {name}", text, self.witness(planes)))
            self.count(check, -1)
            waiting = [rule for rule in waiting if rule[0] != name]

    def answered(self) -> None:
        lists = [self.list_of[name] for name in self.declared.exclusive]
        outside = [gap.condition for gap in self.pack.silences if gap.outside and gap.condition is not None]
        conditions = [*(item.applies for item in lists), *outside]
        nobody = [self.space.decided(*conditions), *(self.space.false[condition.place] for condition in conditions)]
        self.forbid("unanswered", [("patient", "no list applies, and no silence says why", nobody)])

    def exclusive(self) -> None:
        def both(*names: str) -> list[Formula]:
            return [self.space.true[self.list_of[name].applies.place] for name in names]

        text = "two lists that exclude each other both apply"
        pairs = combinations(self.declared.exclusive, 2)
        self.forbid("both answer", [(f"{one} and {other}", text, both(one, other)) for one, other in pairs])

    def offers_or_is_silent(self) -> None:
        view, rules = View(self.space.true, self.space.false, self.space.every), []
        for item in self.pack.lists:
            gaps = [gap for gap in self.pack.silences if item.id in gap.lists]
            silent = view.any(view.every if gap.condition is None else view.true[gap.condition.place] for gap in gaps)
            closed = view.all(view.blocked(row) for row in item.rows if row.recommends)
            text = "the list applies, offers nothing, and no silence says so"
            rules.append((item.id, text, [view.true[item.applies.place], closed, view.no(silent)]))
        self.forbid("nothing offered", rules)

    def refractory(self) -> None:
        exempt = {
            (exception.option, agent)
            for rule in read_against(self.pack).held_back
            for exception in rule.exceptions
            for agent in exception.agents or self.pack.vocabulary.regimens[exception.option].agents
        }
        rules = []
        for row, fact in product(self.pack.rows, ("refractory_to", "unavailable_agents", "contraindicated_agents")):
            for component in self.pack.vocabulary.regimens[row.option].components:
                if fact == "refractory_to" and any((row.option, agent) in exempt for agent in component):
                    continue
                against = [self.space.planes[fact, agent][0] for agent in component]
                text = f"offered although {' and '.join(self.pack.phrases.fact(fact, agent, true=True) for agent in component)}"
                name = f"{row_name(row)}, {fact}.{'|'.join(component)}"
                rules.append((name, text, [self.space.true[row.offered.place], *against]))
        as_read = [self.space.given[ruling, values[0]][0] for ruling, values in self.pack.switches.items()]
        self.forbid("offered against", rules, *as_read)

    def nothing_known(self) -> None:
        asked = {name for name, fact in self.pack.vocabulary.facts.items() if not fact.none_unless_named}
        unknown = [z3.Not(plane) for key, pair in self.space.given.items() if key[0] in asked for plane in pair]
        text = "offered to a patient of whom nothing is known"
        rules = [(row_name(row), text, [self.space.true[row.offered.place]]) for row in self.pack.rows]
        self.forbid("offered on nothing known", rules, *unknown)

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

    # --- what some patient must reach ---

    def reach(self) -> None:
        """Find a patient for everything that can be shown, each shown again by `assess`; what none reaches is a finding."""
        space = self.space
        waiting = targets(self.pack, View(space.true, space.false, space.every))
        ruled = self.ruled_rows()
        while waiting:
            name, formula = next(iter(waiting.items()))
            planes = space.find(formula, smallest=self.smallest)
            if planes is None:
                self.found.append(Finding(f"unreachable: {name}", "no patient reaches it"))
                del waiting[name]
                continue
            witness = self.witness(planes)
            assessment = self.replay(witness)
            reached = [name for name, plane in targets(self.pack, View(assessment.true, assessment.false, 1)).items() if plane]
            if name not in reached:
                raise AssertionError(f"{name}: the solver and assess differ for {witness.facts} {witness.rulings}")
            shows = tuple(name for name in reached if name in waiting)
            for shown in shows:
                del waiting[shown]
            self.count("reached", len(shows))
            self.witnesses.append(Witness(witness.facts, witness.rulings, shows))
            ruled -= set(assessment.answer().rulings)
        for ruling in sorted(ruled):
            self.found.append(Finding(f"unreachable: ruling {ruling}", "no witness's answer rests on it"))

    def ruled_rows(self) -> set[str]:
        """The rulings that conditions, reasons and remarks name; those of history and of the errata stand elsewhere."""
        named = {ruling for item in self.pack.lists for ruling in item.rulings}
        for row in self.pack.rows:
            named.update(row.rulings, *(remark.said.rulings for remark in row.cautions))
            named.update(*(said.rulings for block in (*row.held_reasons, *row.against_reasons) for said in block.said))
        named.update(*(note.remark.said.rulings for note in self.pack.notes))
        return named & set(self.pack.rulings)

    def conditions(self) -> None:
        """No condition that is more than a constant is always true or always false."""
        space = self.space
        true, false = space.true, space.false
        if self.pack.header.not_obtainable:  # what a formulary decides is no fault of a condition
            true, false = walk(self.pack.program, space.obtainable().__getitem__, space.none, space.every)
        seen = ([0] * len(space.true), [0] * len(space.true))
        for witness in self.witnesses:
            assessment = self.replay(witness)
            for planes, walked in zip(seen, (assessment.true, assessment.false), strict=True):
                planes[:] = map(or_, planes, walked)
        for place, node in enumerate(self.pack.program.nodes):
            if any(isinstance(leaf, Constant) or leaf in (All(()), AnyOf(())) for leaf in leaves(node)):
                continue  # says so itself
            for reached, planes, always in ((seen[0], true, "false"), (seen[1], false, "true")):
                if reached[place] or not space.cannot(planes[place]):
                    self.count("can be true and false")
                else:
                    self.found.append(Finding(f"always {always}: {say(node, self.pack.phrases)}", "for every patient"))

    def switches(self) -> None:
        asked = {key[0] for key in self.pack.program.keys}
        moved: set[str] = set()
        for witness in self.witnesses:
            sheet = self.replay(witness).known.facts
            moved |= {item.ruling for item in WhatIf(self.pack, sheet, witness.rulings).hangs_on()}
        for ruling, values in self.pack.switches.items():
            switch = self.pack.rulings[ruling].switch
            assert switch is not None
            if ruling in moved or (ruling not in asked and (switch.default.sets or switch.other.sets)):
                self.count("switches that change something")
                continue
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
        for witness in self.witnesses:
            statuses = []
            for value in (item.at - 0.25, item.at, item.at + 0.25):
                shown = Witness({**witness.facts, item.fact: value}, witness.rulings, ())
                try:
                    assessment = self.replay(shown)
                except InputError:
                    break
                statuses.append((assessment.true, assessment.false))
            if len(statuses) == 3 and statuses[0] != statuses[2]:
                like = statuses[0] if item.like == "below" else statuses[2]
                if statuses[1] != like:
                    self.found.append(Finding(f"boundary: {name}", f"{item.at:g} is not answered as {item.like}", witness))
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
                patient = read_patient(Document("audit", data, {}), self.pack.vocabulary, None, _ANY_DAY)
                found = known_facts(patient, self.pack.vocabulary).facts.members("refractory_to").has(agent)
                if found is not refractory:
                    text = f"progression {day} days after the last dose: refractory is {found}, by {item.ruling} {refractory}"
                    self.found.append(Finding(f"days: {item.at}", text))
                else:
                    self.count("boundaries")

    # --- patients ---

    def witness(self, planes: Planes) -> Witness:
        return Witness(*self.space.facts(planes), ())

    def replay(self, witness: Witness) -> Assessment:
        return replay(self.pack, witness.facts, witness.rulings)


class View:
    """A walk's planes, of one patient or of all as formulas, with what can be asked of them."""

    def __init__(self, true: Sequence[Any], false: Sequence[Any], every: Any) -> None:
        self.true = true
        self.false = false
        self.every = every

    def no(self, plane: Any) -> Any:
        """Say that something does not hold."""
        return self.every ^ plane

    def all(self, planes: Iterable[Any]) -> Any:
        """Say that everything holds."""
        return reduce(and_, planes, self.every)

    def any(self, planes: Iterable[Any]) -> Any:
        """Say that something holds."""
        return reduce(or_, planes, self.no(self.every))

    def blocked(self, row: Row) -> Any:
        """Say that a row has one of the three statuses that are not offered, whatever else is known."""
        return self.true[row.held_back.place] | self.true[row.against.place] | self.false[row.condition.place]

    def status(self, status: Status, row: Row, item: OptionList) -> Any:
        """Say that a row is listed and has a status: the first that holds."""
        steps = {
            "held_back": self.true[row.held_back.place],
            "advised_against": self.true[row.against.place],
            "condition_not_met": self.false[row.condition.place],
            "offered": self.true[row.offered.place],
            "depends": self.every,
        }
        listed = self.no(self.false[item.applies.place])
        for name, plane in steps.items():
            if name == status:
                return listed & plane
            listed = listed & self.no(plane)
        raise ValueError(status)


def targets(pack: Pack, view: View) -> dict[str, Any]:
    """Return everything that some patient must reach, by name, with the plane of those who do.

    Rows in each status; each rule of cautions and notes shown, and not shown if it has a condition; each reason that
    blocks an option, wherever it stands; lists, cross-references, silences.
    """
    found: dict[str, Any] = {}

    def reach(name: str, plane: Any) -> None:
        found[name] = found[name] | plane if name in found else plane

    lists = {item.id: item for item in pack.lists}
    for item in pack.lists:
        reach(f"applies: {item.id}", view.true[item.applies.place])
        for row in item.rows:
            components = pack.vocabulary.regimens[row.option].components
            closed = any(set(component) <= set(pack.header.not_obtainable) for component in components)
            for name, plane in _row_targets(view, item, row, closed=closed):
                reach(name, plane)
    for note in pack.notes:
        beside = view.any(view.true[lists[name].applies.place] for name in note.lists) if note.lists else view.every
        for name, plane in _remark_targets(view, "note", note.remark, beside):
            reach(name, plane)
    for pointer in pack.pointers:
        reach(f"cross-reference: {pointer.list}", view.true[pointer.condition.place])
    for gap in pack.silences:
        holds = view.every if gap.condition is None else view.true[gap.condition.place]
        for name in gap.lists:
            blocked = view.all(view.blocked(row) for row in lists[name].rows if row.recommends)
            reach(f"silence {gap.said.code}: {name}", view.true[lists[name].applies.place] & blocked & holds)
        if not gap.lists and gap.condition is not None:
            reach(f"silence {gap.said.code}", holds)
    return found


def row_name(row: Row) -> str:
    """Name a row: `list/tier/option grade`."""
    return f"{row.list}/{row.tier}/{row.option}{f' {row.grade}' if row.grade else ''}"


def _row_targets(view: View, item: OptionList, row: Row, *, closed: bool) -> Iterator[tuple[str, Any]]:
    """Yield what a row must reach; one that the pack itself closes to everybody is held back and no more."""
    name = row_name(row)
    for status in STATUSES:
        if status == "held_back" if closed else _can_have(row, status):
            yield f"{status}: {name}", view.status(status, row, item)
    if row.grade_when is not None and not closed:
        offered = view.true[row.offered.place]
        yield f"graded: {name}", offered & view.true[row.grade_when.place]
        yield f"not graded: {name}", offered & view.false[row.grade_when.place]
    shown = listed = view.no(view.false[item.applies.place])
    if row.against.node != Constant(True) and not closed:
        shown = view.status("offered", row, item) | view.status("depends", row, item)
    for remark in row.cautions:
        yield from _remark_targets(view, "caution", remark, shown)
        if remark.strong_unless is not None:
            plain = view.true[remark.strong_unless.place]
            yield f"{_remark_name('caution', remark)}, strong", shown & view.no(plain)
            yield f"{_remark_name('caution', remark)}, not strong", shown & plain
    for block in (*row.held_reasons, *row.against_reasons):
        if not isinstance(block.condition.node, Constant):
            yield f"blocks {row.option}: {block.said[0].text}", listed & view.true[block.condition.place]


def _remark_name(kind: str, remark: Remark) -> str:
    strength = "" if remark.strength == kind else f", {remark.strength}"
    return f"{kind} {remark.said.code} ({remark.rule}{strength})"


def _remark_targets(view: View, kind: str, remark: Remark, beside: Any) -> Iterator[tuple[str, Any]]:
    name = _remark_name(kind, remark)
    if remark.condition is None:
        yield name, beside
        return
    holds, fails = view.true[remark.condition.place], view.false[remark.condition.place]
    if remark.shown_unless:
        holds, fails = fails, holds
    yield name, beside & holds
    yield f"{name}, not shown", beside & fails


def _can_have(row: Row, status: Status) -> bool:
    """Whether a row's conditions leave a status open at all, as they are written."""
    always_against = row.against.node == Constant(True)
    return {
        "held_back": row.held_back.node != Constant(False),
        "advised_against": row.against.node != Constant(False),
        "condition_not_met": row.condition.node != Constant(True) and not always_against,
        "depends": not always_against,
        "offered": not always_against,
    }[status]


def statuses(pack: Pack, assessment: Assessment) -> dict[str, dict[str, list[str]]]:
    """Return the rows of every list that applies or may apply, by list and status."""
    found: dict[str, dict[str, list[str]]] = {}
    for item in pack.lists:
        if assessment.value(item.applies) is not False:
            by_status = found.setdefault(item.id, {})
            for row in item.rows:
                status = status_of(row, assessment.true, assessment.false)
                by_status.setdefault(status, []).append(row_name(row).partition("/")[2])
    return found


def said(pack: Pack, assessment: Assessment) -> dict[str, list[str]]:
    """Return what is said because a condition holds: each statement by name, with the options or lists it stands on."""
    found: dict[str, dict[str, None]] = {}
    view = View(assessment.true, assessment.false, 1)
    applies = {item.id: assessment.value(item.applies) for item in pack.lists}
    for item in pack.lists:
        for row in item.rows if applies[item.id] is not False else ():
            if row.grade_when is not None and assessment.value(row.grade_when):
                found.setdefault(f"grade {row.grade}", {})[row.option] = None
            for remark in row.cautions:
                strong = remark.strong_unless is not None and not assessment.value(remark.strong_unless)
                if assessment.shown(remark) and (strong or remark.condition is not None):
                    found.setdefault(f"{_remark_name('caution', remark)}{', strong' * strong}", {})[row.option] = None
        if applies[item.id] and view.all(view.blocked(row) for row in item.rows if row.recommends):
            gap = assessment.silence_of(item.id)
            found.setdefault(f"silence {gap.said.code if gap else ''}", {})[item.id] = None
    for note in pack.notes:
        if note.remark.condition is not None and assessment.shown(note.remark):
            beside = dict.fromkeys(name for name in note.lists if applies[name])
            if beside or not note.lists:
                found[_remark_name("note", note.remark)] = beside
    found |= {f"cross-reference {item.list}": {} for item in pack.pointers if assessment.value(item.condition)}
    found |= {f"silence {gap.said.code}": {} for gap in assessment.gaps() if not gap.lists}
    return {name: list(where) for name, where in found.items()}


def replay(pack: Pack, facts: Mapping[str, Any], rulings: Mapping[str, str]) -> Assessment:
    """Return the assessment of a witness."""
    sheet = read_facts(Document("witness", {"facts": facts}, {}), ("facts",), facts, pack.vocabulary)
    return Assessment(pack, sheet, _ANY_DAY, rulings)


def witness_cases(pack: Pack, witnesses: Iterable[Witness]) -> str:
    """Return the witnesses as cases, in YAML: facts, what each shows, the status of every row, what is said on a condition."""
    cases = []
    for number, witness in enumerate(witnesses, start=1):
        assessment = replay(pack, witness.facts, witness.rulings)
        case = {
            "id": f"witness-{number:03}",
            "facts": witness.facts,
            "rulings": witness.rulings,
            "shows": list(witness.shows),
            "expect": statuses(pack, assessment),
            "says": said(pack, assessment),
        }
        cases.append(yaml.dump(case, sort_keys=False, width=130, default_flow_style=None))
    head = (
        "# Patients whom the audit's solver found, each reaching what it `shows`.\n"
        "# Written by `myeloguide guideline audit --witnesses FILE`.\n"
    )
    return head + "---\n".join(cases)
