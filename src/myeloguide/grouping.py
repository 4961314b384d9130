"""What people read of an answer, in groups: what stands first, what blocks what, what is newer. Every rendering uses these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from myeloguide.guideline.answer import (
    STATUSES,
    Answer,
    Before,
    CautionShown,
    Difference,
    Missing,
    MovedRow,
    OptionAnswer,
    PlannedRow,
    Reason,
    SinceShown,
    Status,
)
from myeloguide.guideline.pack import Pack
from myeloguide.knowledge.facts import Fact
from myeloguide.record.ranges import counted, number_in_words

MARK = {"strong": "!!", "caution": "!", "note": "-", "remark": "+"}
"""The sign of a caution by its strength."""
ASKED = 8
"""So many questions are shown."""

Blocked = tuple[Status, str, str]
"""A status, what blocks an option, and who says it where."""

InTier = OptionAnswer | MovedRow | Before
"""What names an option where it stands."""

STATUS = {
    "held_back": "held back",
    "advised_against": "advised against",
    "condition_not_met": "condition not met",
    "depends": "depends",
    "offered": "offered",
}


def warnings(answer: Answer) -> Iterator[str]:
    """Yield what must be known before an answer is read: what was supposed, assumed, switched, contradicted."""
    if answer.supposed:
        yield f"Supposed, not recorded: {'; '.join(answer.supposed)}."
    for disagreement in answer.disagreements:
        yield f"Disagreement: {disagreement.text}."
    if answer.assumed_complete:
        yield "The record was taken as complete because you said so (--assume-complete)."
    for ruling, value in answer.switched.items():
        yield f"Ruling {ruling} is switched to: {value}."
    assumed = dict.fromkeys(
        f"response of line {', '.join(map(str, proof.lines))} not recorded, taken as minimal response or better"
        if proof.fact == "refractory_to"
        else proof.text
        for proof in answer.proofs
        if proof.assumed
    )
    for text in assumed:
        yield f"Assumed: {text}."


def moves(difference: Difference) -> dict[str, list[MovedRow]]:
    """Return the rows that move, by what happens to them."""
    found: dict[str, list[MovedRow]] = {
        "now offered": [], "no longer offered": [], "no longer offered, its list does not apply": [],
        "no longer certain to be offered, it depends": [], "now depends": [], "not offered, for another reason": [],
    }  # fmt: skip
    for row in difference.rows:
        if row.would_be == "offered":
            found["now offered"].append(row)
        elif row.was == "offered" and row.would_be == "depends":
            found["no longer certain to be offered, it depends"].append(row)
        elif row.was == "offered" and row.would_be is None:
            found["no longer offered, its list does not apply"].append(row)
        elif row.was == "offered":
            found["no longer offered"].append(row)
        elif row.would_be == "depends":
            found["now depends"].append(row)
        elif row.was and row.would_be:
            found["not offered, for another reason"].append(row)
    return found


def offered_so_far(answer: Answer, pack: Pack) -> Iterator[tuple[str, str]]:
    """Yield what each list offers, as its title and what follows it; and why no list applies, when none does."""
    if answer.outside:
        yield answer.outside, ""
    for item in answer.lists:
        rows = [row for row in answer.options if row.list == item.list and row.recommended]
        offered = [row for row in rows if row.status == "offered"]
        waiting = sum(row.status == "depends" for row in rows)
        if item.applies is not False and rows:
            said = "; ".join(by_tier(offered, pack)) or ("nothing yet" if waiting else "nothing")
            verb = "depends" if waiting == 1 else "depend"
            more = f" ({waiting}{' more' if offered else ''} {verb} on what is unknown)" if waiting else ""
            yield item.title, f": {said}{more}"


def first_question(answer: Answer) -> Missing | None:
    """Return the most decisive question, where it decides something that is recommended."""
    return answer.missing[0] if answer.missing and answer.missing[0].decides_recommended else None


def so_far(item: Missing) -> str:
    """Say what the history tells of an unknown fact, "" where it tells nothing."""
    return f"So far: {item.so_far}" if item.so_far else ""


def weighing_cautions(row: OptionAnswer) -> tuple[list[CautionShown], int]:
    """Return the cautions that weigh most and how many more hold: strong and newer ones, else the first of an offered option."""
    held = [caution for caution in row.cautions if caution.holds and caution.strength != "remark"]
    strong = [caution for caution in held if caution.strength == "strong" or caution.kind == "since"]
    chosen = strong if strong or row.status == "depends" else held[:1]
    return chosen, len(held) - len(chosen)


def blockers(row: OptionAnswer) -> tuple[Reason, ...]:
    """Return what stands against an option that is not possible; of a refractory disease the fact, not what supports it."""
    if row.status in ("offered", "depends"):
        return ()
    return tuple(reason for reason in row.reasons if not (reason.code == "refractory" and reason.kind == "source"))


def blocked(rows: Iterable[OptionAnswer]) -> dict[Blocked, list[str]]:
    """Return the options that are not possible, each once, by all that blocks it."""
    found: dict[Blocked, Counter[str]] = {}
    for row in rows:
        reasons = blockers(row)
        if reasons:
            text = " and ".join(dict.fromkeys(reason.text for reason in reasons))
            found.setdefault((row.status, text, reference(reasons[0])), Counter())[row.option] += 1
    twice = {1: "", 2: " (twice)"}
    return {
        key: [f"{option}{twice.get(times, f' ({times} times)')}" for option, times in options.items()]
        for key, options in found.items()
    }


def by_blocker(rows: Iterable[OptionAnswer]) -> dict[Blocked, list[str]]:
    """Return the options that are not possible by each thing that blocks them: one that two things block stands twice."""
    found: dict[Blocked, dict[str, None]] = {}
    for row in rows:
        for reason in blockers(row):
            found.setdefault((row.status, reason.text, reference(reason)), {})[row.option] = None
    first = sorted(found.items(), key=lambda item: STATUSES.index(item[0][0]))
    return {key: list(options) for key, options in first}


# --- what is newer than the source ---


@dataclass(frozen=True, slots=True)
class News:
    """What is newer than the source, in the order in which it concerns the patient."""

    listed: tuple[SinceShown, ...]
    """On options that are offered; what is a caution on one of them stands there."""
    own: dict[str, tuple[SinceShown, ...]]
    """By option, on those that stand in no list of this patient: first those tested or approved in patients like this."""
    not_for: tuple[SinceShown, ...]
    """The same, where this patient is not in the population."""
    perhaps_later: tuple[SinceShown, ...]
    """What may have come after the day of the decision."""
    more: int
    """How many more there are, on options that a list holds and does not offer."""

    def folded(self, as_of: str) -> Iterator[str]:
        """Yield in a line each what is only named."""
        if self.not_for:
            named = "; ".join(f"{_named(item)}: {', '.join(_unmet(item))}" for item in self.not_for)
            yield f"Not for patients like this: {named}."
        if self.perhaps_later:
            options = Counter(item.option for item in self.perhaps_later)
            named = ", ".join(option if times == 1 else f"{option} ({times})" for option, times in options.items())
            yield f"Perhaps only after {as_of}, for their dates are partial or not stated: {named} (--format json)."


_NEAREST = ("matches", "unknown", "not_stated", "does_not_match")


def _shown_news(answer: Answer) -> list[SinceShown]:
    """Return what is newer than the source on what is offered, and on what is in no list of this patient and may concern them."""
    offered = {row.option for row in answer.options if row.status == "offered"}
    found = [item for item in answer.since if (item.option in offered if item.listed else item.population != "does_not_match")]
    return sorted(found, key=lambda item: (not item.listed, item.option))


def news(answer: Answer) -> News:
    """Group what is newer than the source by how far it concerns the patient."""
    shown = [item for item in _shown_news(answer) if not item.perhaps_later]
    own = sorted((item for item in shown if not item.listed), key=_nearness)
    later = tuple(item for item in answer.since if item.perhaps_later)
    not_for = tuple(item for item in answer.since if not item.listed and not item.perhaps_later and item not in shown)
    return News(
        tuple(item for item in shown if item.listed and not item.caution),
        {option: tuple(item for item in own if item.option == option) for option in dict.fromkeys(item.option for item in own)},
        not_for,
        later,
        len(answer.since) - len(shown) - len(later) - len(not_for),
    )


def _nearness(item: SinceShown) -> tuple[int, int]:
    return len(item.on_agents) and 1, _NEAREST.index(item.population)


def newer_guidelines(answer: Answer) -> Iterator[str]:
    """Yield the newer guidelines in a line, where there are any."""
    if answer.newer_guidelines:
        named = "; ".join(f"{item.name} ({item.citation})" for item in answer.newer_guidelines)
        yield f"Newer guidelines, named and not encoded: {named}."


def place_of(item: SinceShown) -> str:
    """Return where something newer was read, how much that page is worth, and when it happened."""
    strength = () if item.strength in item.source else (item.strength,)
    when = item.date if item.dated else f"undated, read {item.seen}"
    return ", ".join((item.source, *strength, when, *(() if item.verified else ("unverified",))))


def matched(item: SinceShown) -> str:
    """Return how a patient stands to the population of something newer, as it follows the population."""
    match item.population:
        case "matches":
            return "; fits this patient"
        case "unknown":
            return f"; open here: {', '.join(each.text for each in item.criteria if each.met is None)}"
        case "does_not_match":
            return f"; not here: {', '.join(_unmet(item))}"
        case _:
            return ""


def _unmet(item: SinceShown) -> list[str]:
    return [each.text for each in item.criteria if each.met is False]


def _named(item: SinceShown) -> str:
    trial, colon, _ = item.text.partition(":")
    return f"{item.option} ({trial if item.kind == 'trial' and colon else f'{item.kind}, {item.source}'})"


# --- the evidence ---


def best_result(answer: Answer, option: str) -> tuple[str, str, str] | None:
    """Return the result of an option that is nearest to the patient, its place, and how near; None where nobody asked for it."""
    results = next((item.results for item in answer.evidence or () if item.option == option), None)
    if results is None:
        return None
    if not results:
        return "no result in the source", "", ""
    best = results[0]
    more = f"; {len(results) - 1} more" if len(results) > 1 else ""
    return f"{best.trial}: {best.text}", str(best.source), f"; in: {best.distance}; {best.admission}{more}"


# --- who says it ---


def reference(said: Any) -> str:
    """Return who says it and where: the source's lines, a ruling of ours, a principle of ours, or something newer."""
    place = str(said.source) if said.source else ""
    if said.kind == "since":
        return f"newer than the source: {place}"
    who = {"source": "", "ruling": f"our reading {said.ruling}", "principle": f"our principle {said.ruling}"}[said.kind]
    return ", ".join(part for part in (who, place) if part)


def bracketed(reference: str) -> str:
    """Return a reference as it stands behind a text."""
    return f" [{reference}]" if reference else ""


def at_first_relapse(row: OptionAnswer) -> str:
    """Return how an option that was not tried is printed for a first relapse: `other, 1C`."""
    printed = (f"{item.tier}, {item.grade}" if item.grade else item.tier for item in (row.via, *row.also_via) if item)
    return " / ".join(dict.fromkeys(printed))


def needs(row: OptionAnswer, pack: Pack) -> str:
    """Return the facts that decide whether an option is offered, the agents of a fact together."""
    members: dict[str, list[str]] = {}
    for name in row.needs:
        fact, _, member = name.partition(".")
        members.setdefault(fact, []).extend([pack.phrases.name(member)] if member else [])
    return "; ".join(_fact_name(pack.vocabulary.facts[fact], agents) for fact, agents in members.items())


def _fact_name(fact: Fact, agents: Sequence[str]) -> str:
    if fact.is_number:
        return fact.label
    text = fact.says if agents or fact.kind == "boolean" else fact.label or fact.fact
    return text.format(member=", ".join(agents), value="")


def list_title(name: str | None, pack: Pack) -> str:
    """Return the title of a list."""
    return next(item.title for item in pack.lists if item.id == name)


def tier_title(row: InTier | PlannedRow, pack: Pack) -> str:
    """Return the title of the tier that a row stands in."""
    return next(item.tier_title for item in pack.rows if (item.list, item.tier) == (row.list, row.tier))


def by_tier(rows: Sequence[InTier], pack: Pack) -> Iterator[str]:
    """Yield the options of each tier with their grades."""
    for tier in dict.fromkeys(row.tier for row in rows):
        named = [row.option + (f" ({row.grade})" if row.grade else "") for row in rows if row.tier == tier]
        yield f"{tier_title(next(row for row in rows if row.tier == tier), pack).lower()}: {', '.join(named)}"


def list_open(row: OptionAnswer) -> bool:
    """Whether it is open that the list applies, so that its open options are only named."""
    return any(reason.code == "list-open" for reason in row.reasons)


def understood(answer: Answer) -> Iterator[str]:
    """Yield what a note was read as, so that it can be held against the note."""
    if answer.understood is not None:
        yield from map(_printable, answer.understood.statements)
        if answer.understood.not_used:
            yield _printable(f"Not used: {'; '.join(answer.understood.not_used)}")


def _printable(text: str) -> str:
    """Leave out what would command a terminal."""
    return "".join(sign for sign in text if sign.isprintable())


def patient_label(answer: Answer) -> str:
    """Return how a patient is called, without signs that a screen would obey."""
    return _printable(answer.patient or "Patient")


def patient_line(facts: dict[str, Any], pack: Pack) -> str:
    """Return the known facts of a patient in one line."""
    return "; ".join(_said_facts(facts, pack)) or "nothing is known"


def _said_facts(facts: dict[str, Any], pack: Pack) -> Iterator[str]:
    if facts["age"] is not None:
        yield f"{number_in_words(facts['age'])} years"
    if facts["fitness"] is not None:
        yield facts["fitness"]
    elif facts["frail"] is not None:
        yield "frail" if facts["frail"] else "not frail"
    lines = facts["prior_lines"]
    if lines is not None:
        yield counted(number_in_words(lines), "prior line")
    names = pack.phrases.name
    received = facts["exposed_to"]
    if received is not None:
        yield "received " + (", ".join(map(names, received)) or "nothing")
    elif facts.get("exposed_to_at_least"):
        yield "received at least " + ", ".join(map(names, facts["exposed_to_at_least"]))
    if facts["regimens_given"]:
        yield "regimens given (in no order): " + ", ".join(facts["regimens_given"])
    elif facts.get("regimens_given_at_least"):
        yield "regimens given at least: " + ", ".join(facts["regimens_given_at_least"])
    if facts["refractory_to"]:
        yield "refractory to " + ", ".join(map(names, facts["refractory_to"]))
    known = {*facts["refractory_to"], *facts["not_refractory_to"]}
    open_ = [agent for agent in received or facts.get("exposed_to_at_least") or () if agent not in known]
    if open_:
        yield "unknown whether refractory to " + ", ".join(map(names, open_))
    yield from _said_rest(facts, pack)


def _said_rest(facts: dict[str, Any], pack: Pack) -> Iterator[str]:
    words = pack.vocabulary.facts
    since = facts["months_lenalidomide_stop_to_progression"]
    if since not in (None, 0):
        yield f"progression {counted(number_in_words(since), 'month')} after lenalidomide"
    months = facts["months_transplant_to_progression"]
    if months is not None:
        yield f"progression {counted(number_in_words(months), 'month')} after transplant"
    for name in ("prior_transplant", "maintenance_after_transplant", "transplant_eligible", "t_11_14", "bcl2_high"):
        if facts[name] is not None and not (name == "prior_transplant" and months is not None):
            yield words[name].says if facts[name] else words[name].denies
    for name, said in (("unavailable_agents", "cannot be obtained"), ("contraindicated_agents", "contraindicated")):
        if facts[name]:
            yield f"{', '.join(map(pack.phrases.name, facts[name]))} {said}"
