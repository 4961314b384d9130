"""From the pieces of a note to the patient file that it stands for: every fact, line and date with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from lark import Token, Tree
from lark.exceptions import LarkError

from myeloguide.errors import InputError, Problem, Spot
from myeloguide.knowledge.reading import Place
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.shorthand.line import Line, Phase
from myeloguide.record.shorthand.names import LETTERS, SHARED, Names, NotNamed
from myeloguide.record.shorthand.numbers import bounded, count_of, number_of, ordinal, read_date
from myeloguide.record.shorthand.reading import CLASS_REMEDY, WORDS, grammar
from myeloguide.record.shorthand.writing import SCORE_ITEMS

Piece = Tree[Token] | Token

LISTS: dict[str, str] = {
    "refractory": "refractory_to", "refr": "refractory_to", "not refractory": "not_refractory_to",
    "non refractory": "not_refractory_to", "sensitive": "not_refractory_to", "exposed": "exposed_to_at_least",
    "received": "exposed_to_at_least", "exposed only": "exposed_to", "received only": "exposed_to",
    "not exposed": "not_exposed_to", "never exposed": "not_exposed_to", "naive": "not_exposed_to", "naïve": "not_exposed_to",
    "never received": "not_exposed_to", "never had": "not_exposed_to", "never given": "not_exposed_to", "never": "not_exposed_to",
    "no prior": "not_exposed_to", "no previous": "not_exposed_to", "not received": "not_exposed_to", "not had": "not_exposed_to",
    "in line 1": "line1_agents_at_least", "in line 1 only": "line1_agents", "not in line 1": "not_line1_agents",
    "given": "regimens_given_at_least", "given only": "regimens_given", "not given": "not_regimens_given",
    "no access": "unavailable_agents", "unavailable": "unavailable_agents", "not available": "unavailable_agents",
    "cannot get": "unavailable_agents", "cannot obtain": "unavailable_agents", "not obtainable": "unavailable_agents",
    "contraindicated": "contraindicated_agents", "contraindication": "contraindicated_agents",
    "contraindications": "contraindicated_agents", "ci": "contraindicated_agents", "c/i": "contraindicated_agents",
}  # fmt: skip
"""The fact that each word ahead of a list, or after it, tells."""
REASONED = ("unavailable_agents", "contraindicated_agents")
"""Lists whose members may have a reason in parentheses, which is kept."""
REASONS = (
    ("ongoing", r"ongoing|continu\w+|still on.*"),
    ("toxicity", r"tox\w*|side.effects?|adverse events?|aes?|.*neuropathy|pnp?|cytopenias?|infections?"),
    ("intolerance", r"intoleran\w+|not tolerated"),
    ("completed", r"completed?|finished"),
    ("planned", r"(?:as )?planned"),
    ("choice", r"(?:patient.*)?(?:choice|wish|preference)"),
    ("death", r"death|died"),
    ("other", r"other reason"),
    ("progression", r"pd|progress\w*|relapsed?"),
)
_INTENTS = {"ma": "maintenance", "con": "consolidation", "cond": "conditioning", "in": "induction"}
_UNCLEAR = {
    "unfit": ("is no level of fitness", "write intermediate or frail"),
    "pd": ("can be progression or pomalidomide-dexamethasone", "write PD for progression, Pd for the regimen"),
    "sd": ("can be stable disease or selinexor-dexamethasone", "write SD for the response, Sd for the regimen"),
    "ncr": ("is no response of the IMWG", "write VGPR, or CR where it was confirmed"),
    "pfs": ("is no length of a treatment", "write months and PD: R maint 34mo, PD on R"),
}
_DOSE = re.compile(r"(?P<agent>.+?)\s+(?P<amount>\d+(?:[.,]\d+)?)\s*(?P<unit>mg)?(?P<more>\S.*)?\Z", re.IGNORECASE)


@dataclass(slots=True)
class Built:
    """What a note says: a patient file's data, the place of each value, reasons told, findings, and what was not used."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Place, int | str] = field(default_factory=dict)
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)
    not_used: list[str] = field(default_factory=list)


def build(tree: Tree[Token], text: str, name: str, vocabulary: Vocabulary) -> Built:
    """Build the patient file that the pieces of a note stand for."""
    return _Builder(text, name, vocabulary).note(tree)


class _Builder:
    def __init__(self, text: str, name: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.name = name
        self.vocabulary = vocabulary
        self.names = Names(vocabulary, WORDS)
        self.built = Built()
        self.facts: dict[str, Any] = {}
        self.history: dict[str, Any] = {}
        self.lines: list[Line] = []
        self.letters: list[tuple[str, Spot, Line | None]] = []
        self.on: list[tuple[Line, Tree[Token]]] = []
        self.reasoned: list[tuple[str, str]] = []
        """The members of a list told last, of which a finding right after them is the reason."""

    # --- places and faults ---

    def spot(self, piece: Piece) -> Spot:
        if isinstance(piece, Token):
            first, last = piece.start_pos or 0, piece.end_pos or 0
        else:
            first, last = piece.meta.start_pos, piece.meta.end_pos
        said = self.text[first:last]
        return Spot.of(self.name, self.text, first + len(said) - len(said.lstrip()), first + len(said.rstrip()))

    def said(self, piece: Piece) -> str:
        spot = self.spot(piece)
        return " ".join(self.text[spot.first : spot.last].split())

    def fail(self, piece: Piece | Spot, what: str, remedy: str = "") -> NoReturn:
        raise InputError(Problem(piece if isinstance(piece, Spot) else self.spot(piece), what, remedy))

    def fact(self, name: str, value: Any, piece: Piece) -> None:
        if self.facts.get(name, value) != value:
            self.fail(piece, f"{name} is told twice, and not the same", "keep one")
        self.facts[name] = value
        self.built.places.setdefault(("facts", name), self.spot(piece))

    def members(self, name: str, members: Iterable[str], piece: Piece) -> None:
        listed: list[str] = self.facts.setdefault(name, [])
        for member in members:
            if member not in listed:
                self.built.places.setdefault(("facts", name, len(listed)), self.spot(piece))
                listed.append(member)
        self.built.places.setdefault(("facts", name), self.spot(piece))

    # --- the whole ---

    def note(self, tree: Tree[Token]) -> Built:
        for statement in tree.children:
            assert isinstance(statement, Tree)
            self.statement(statement)
        for line, piece in self.on:
            self.progressed_on(line, piece)
        self.check_letters()
        data, places = self.built.data, self.built.places
        if self.lines:
            self.history["lines"] = []
            for number, line in enumerate(self.lines):
                written, where = line.written(self.built.not_used)
                self.history["lines"].append(written)
                places[("history", "lines", number)] = line.spot
                places.update({("history", "lines", number, *place): spot for place, spot in where.items()})
        if self.facts:
            data["facts"] = self.facts
            spots = [spot for place, spot in places.items() if place[0] == "facts" and isinstance(spot, Spot)]
            first, last = min(spot.first for spot in spots), max(spot.last for spot in spots)
            places["facts",] = Spot.of(self.name, self.text, first, last)
        if self.history:
            data["history"] = self.history
        return self.built

    def check_letters(self) -> None:
        """Refuse letters that can mean another agent which the note names, too."""
        for letter, spot, line in self.letters:
            named = [agent for other in ([line] if line else self.lines) for agent in other.agents(self.vocabulary)]
            others = self.names.also_meant(letter, named)
            if others:
                meant = " or ".join(dict.fromkeys((LETTERS[letter], *others)))
                self.fail(spot, f'"{letter}" can mean {meant} here', "write the name")

    def statement(self, tree: Tree[Token]) -> None:
        parts = [part for part in tree.children if isinstance(part, Tree)]
        label = next((child for child in tree.children if isinstance(child, Token)), None)
        line = Line(self.spot(tree), self.fail)
        if label is not None:
            line.number = int(ordinal(label) or 0)
            line.places["line",] = self.spot(label)
        for part in parts:
            line.begin_part(self.spot(part))
            for piece in part.children:
                self.piece(piece, line)
        self.close(line, label)

    def close(self, line: Line, label: Token | None) -> None:
        """Keep a line, or add what has no treatment of its own to the line before."""
        if line.is_treatment:
            line.finish(self.vocabulary, labelled=label is not None, first=not self.lines)
            self.lines.append(line)
            return
        if label is not None:
            self.fail(label, "this line names no treatment", "name it, such as VRd x4, or write unknown")
        line.refuse_loose()
        if not line.tells_progression:
            return
        if self.lines:
            self.lines[-1].take(line)
            self.on = [(self.lines[-1] if owner is line else owner, piece) for owner, piece in self.on]
            return
        pieces = [piece for owner, piece in self.on if owner is line]
        self.on = [(owner, piece) for owner, piece in self.on if owner is not line]
        if not pieces or line.dated_progression:
            self.fail(
                line.spot, "no line of treatment stands before this", "write the treatment first: VRd x4 > R maint, PD on R"
            )
        for piece in pieces:
            for item, agents in self.listed_agents(piece):
                self.members("refractory_to", agents, item)

    # --- pieces ---

    def piece(self, piece: Piece, line: Line) -> None:
        assert isinstance(piece, Tree)
        reasoned, self.reasoned = self.reasoned, []
        if piece.data == "single":
            token = piece.children[0]
            assert isinstance(token, Token)
            if reasoned and token.type == "OTHER_FINDING":
                self.built.reasons |= dict.fromkeys(reasoned, self.said(token))
                return
            handler: Callable[[Token, Line], None] = getattr(self, f"on_{token.type.lower()}")
            handler(token, line)
        else:
            getattr(self, f"read_{piece.data}")(piece, line)

    def look_up(self, piece: Piece, find: Callable[[str], Any]) -> Any:
        try:
            return find(self.said(piece))
        except NotNamed as error:
            spot = self.spot(piece)
            if error.part:
                at = self.text.find(error.part, spot.first, spot.last)
                if at >= 0:
                    spot = Spot.of(self.name, self.text, at, at + len(error.part))
            self.fail(spot, error.what, error.remedy)

    def items(self, names: Tree[Token]) -> Iterator[tuple[Tree[Token], list[Token]]]:
        """Yield each combination that is named, with the remarks in parentheses after it."""
        for item in names.children:
            assert isinstance(item, Tree)
            combination, *notes = item.children
            assert isinstance(combination, Tree)
            yield combination, [note for note in notes if isinstance(note, Token)]

    def read_drugs(self, piece: Tree[Token], line: Line) -> None:
        names, *after = piece.children
        assert isinstance(names, Tree)
        if after:
            self.listed_fact(str(after[0]).strip(" -."), piece, names, line)
            return
        self.treatment(names, line)

    def read_intended(self, piece: Tree[Token], line: Line) -> None:
        """Read `maintenance R`: what is named belongs to the word before it."""
        intent, names = piece.children
        assert isinstance(intent, Token)
        assert isinstance(names, Tree)
        self.treatment(names, line).intent = intent_of(str(intent))

    def treatment(self, names: Tree[Token], line: Line) -> Phase:
        items = list(self.items(names))
        if len(items) > 1:
            remedy = "join the agents of one treatment with +, and write > or ; between treatments"
            self.fail(items[1][0], "a second treatment stands in the same place", remedy)
        ((combination, notes),) = items
        regimen, agents = self.look_up(combination, self.names.course)
        if line.after_list:
            self.fail(combination, "can be one more of the list before it, or a treatment", "write ; before a treatment")
        if line.tells_progression and not line.has_course:
            self.relapse_before(line)
        if line.progressed:
            self.fail(combination, "a treatment stands after the progression of its line", "write ; before the next line")
        course = line.course(self.spot(combination))
        course.regimen, course.agents = regimen, agents
        for note in notes:
            self.aside(note, line)
        return course

    def relapse_before(self, line: Line) -> None:
        """Give a progression that is told ahead of a treatment to the line before: `relapse 2018, KRd`."""
        if not self.lines:
            self.fail(
                line.spot, "a progression stands before the first treatment", "write it after the treatment on which it came"
            )
        self.lines[-1].take(line)
        self.on = [(self.lines[-1] if owner is line else owner, piece) for owner, piece in self.on]
        line.forget_progression()

    def aside(self, note: Token, line: Line) -> None:
        """Read what stands in parentheses after a treatment: its dates, doses and the like; anything else is a remark."""
        try:
            tree = grammar().parse(" " * ((note.start_pos or 0) + 1) + note[1:-1])
        except LarkError:
            tree = Tree("start", [])
        pieces = [piece for part in tree.find_data("part") for piece in part.children]
        if pieces and len(list(tree.find_data("statement"))) == 1 and all(_is_aside(piece) for piece in pieces):
            for piece in pieces:
                self.piece(piece, line)
        elif line.open_phase is not None:
            self.dose_note(note, line.open_phase)
        else:
            self.built.not_used.append(self.said(note))

    def dose_note(self, note: Token, course: Phase) -> None:
        """Read `(R 10 mg, d 20 mg)` as doses."""
        doses = {}
        for text in str(note)[1:-1].split(","):
            match = _DOSE.match(text.strip())
            try:
                agents = self.names.agents(match["agent"]) if match else []
            except NotNamed:
                agents = []
            if match is None or len(agents) != 1:
                self.built.not_used.append(str(note))
                return
            amount = number_of(match["amount"])
            bare = match["unit"] and not match["more"]
            doses[agents[0]] = amount if bare else f"{amount:g} {match['unit'] or ''}{match['more'] or ''}".replace("  ", " ")
        course.doses |= doses

    def read_listed(self, piece: Tree[Token], line: Line) -> None:
        key, *rest = piece.children
        names = next((child for child in rest if isinstance(child, Tree)), None)
        self.listed_fact(str(key), piece, names, line)

    def listed_fact(self, key: str, piece: Tree[Token], names: Tree[Token] | None, line: Line) -> None:
        line.after_list = True
        word = " ".join(key.casefold().replace("-", " ").split()).removeprefix("is ").removeprefix("are ").replace("non ", "not ")
        name = LISTS[word.rstrip(".")]
        if names is None:
            self.none_of(name, piece)
            return
        for combination, notes in self.items(names):
            found = (
                [self.look_up(combination, self.names.regimen)]
                if "regimens" in name
                else self.agents_of(combination, None, every=name in REASONED)
            )
            if len(found) > 1 and len(names.children) > 1 and name not in REASONED:
                remedy = "name its agents, or write ; before a treatment"
                self.fail(combination, "a combination stands in a list of agents", remedy)
            self.members(name, found, combination)
            cause = next((str(child) for child in piece.children if isinstance(child, Token) and child.type == "CAUSE"), None)
            self.reasoned = [(name, agent) for agent in found if name in REASONED and not notes]
            for reason in [note[1:-1] for note in notes] + ([_CAUSE.sub("", cause)] if cause else []):
                if name in REASONED:
                    self.built.reasons |= {(name, agent): " ".join(reason.split()) for agent in found}
                else:
                    self.built.not_used.append(f"({' '.join(reason.split())})")

    def none_of(self, name: str, piece: Tree[Token]) -> None:
        if name in ("exposed_to", "line1_agents", "regimens_given", *REASONED):
            self.members(name, (), piece)
        elif name == "refractory_to":
            self.members("not_refractory_to", self.vocabulary.active_agents, piece)
        else:
            self.fail(piece, "says nothing with none", "name the agents, or leave it out; `exposed only: none` says untreated")

    def agents_of(self, combination: Tree[Token], line: Line | None, *, every: bool = False) -> list[str]:
        said = self.said(combination)
        if said in ("d", "p"):
            other, own = ("daratumumab", "dara") if said == "d" else ("pomalidomide", "pom")
            self.fail(combination, f'"{said}" can mean a steroid or {other}', f"write {own}; steroids decide nothing here")
        agents: list[str] = self.look_up(combination, lambda text: self.names.agents(text, every=every))
        if said.upper() in SHARED:
            self.letters.append((said.upper(), self.spot(combination), line))
        return agents

    def listed_agents(self, piece: Tree[Token], line: Line | None = None) -> Iterator[tuple[Tree[Token], list[str]]]:
        for names in piece.find_data("names"):
            for combination, notes in self.items(names):
                self.built.not_used += map(str, notes)
                yield combination, self.agents_of(combination, line)

    def read_span(self, piece: Tree[Token], line: Line) -> None:
        tokens = [token for token in piece.children if isinstance(token, Token)]
        dates = [self.date(token) for token in tokens if token.type == "DATE"]
        ends = tokens[0].type == "UNTIL"
        start, stop = (None, dates[0]) if ends else (dates[0], dates[1] if len(dates) > 1 else None)
        line.date(start, stop, self.spot(piece), open_end=tokens[-1].type == "UNTIL")

    def date(self, token: Token) -> str:
        try:
            return read_date(str(token))
        except ValueError as error:
            what, _, remedy = str(error).partition("|")
            self.fail(token, what, remedy or "write 2021-03-15, 2021-03 or 2021")

    def read_dated(self, piece: Tree[Token], line: Line) -> None:
        what, when = (token for token in piece.children if isinstance(token, Token))
        word, day = str(what).casefold(), self.date(when)
        place: Place = ("as_of",)
        if word.startswith("as"):
            target = self.built.data
        else:
            target = self.history
            place = ("history", "diagnosis_date" if word.startswith("d") else "complete_from")
        if target.get(str(place[-1]), day) != day:
            self.fail(piece, "this date is told twice, and not the same", "keep one")
        target[str(place[-1])] = day
        self.built.places[place] = self.spot(piece)

    def read_since(self, piece: Tree[Token], line: Line) -> None:
        months = bounded(str(piece.children[0]))
        if months is None:
            self.fail(piece, "more or less than a number cannot be kept", "write ≥ or ≤, or the number itself")
        kinds = {child.type for child in piece.children if isinstance(child, Token)}
        if "TRANSPLANT" in kinds:
            if not (line.tells_progression or "TO_PROGRESSION" in kinds):
                remedy = "write ASCT 30mo before PD: the months to the progression that followed it count"
                self.fail(piece, "does not say when the disease progressed", remedy)
            self.fact("months_transplant_to_progression", months, piece)
            return
        agents = [agent for _, found in self.listed_agents(piece) for agent in found]
        if agents != ["lenalidomide"]:
            self.fail(
                piece,
                "months since the last dose are kept for lenalidomide only",
                "give the dates: Rd 2018-01–2020-05, PD 2021-01",
            )
        self.fact("months_lenalidomide_stop_to_progression", months, piece)

    def read_on(self, piece: Tree[Token], line: Line) -> None:
        line.on(self.spot(piece))
        self.on.append((line, piece))

    def progressed_on(self, line: Line, piece: Tree[Token]) -> None:
        """Name the agents on which a line progressed, once all that was given in it is known."""
        if next(piece.find_data("names"), None) is not None:
            agents = [agent for _, found in self.listed_agents(piece, line) for agent in found]
        else:
            word = piece.children[-1]
            intent = intent_of(str(word)) if isinstance(word, Token) and word.type == "INTENT" else None
            agents = line.agents_on(intent, self.vocabulary)
            if not agents:
                self.fail(piece, "does not say on which agents", "name them: PD on R")
        line.progressed_on(self.vocabulary.active(agents) or agents, self.spot(piece))

    def read_stop(self, piece: Tree[Token], line: Line) -> None:
        tokens = [token for token in piece.children if isinstance(token, Token)]
        agents = [agent for _, found in self.listed_agents(piece) for agent in found]
        when = next((self.date(token) for token in tokens if token.type == "DATE"), None)
        length = next((number_of(token) for token in tokens if token.type == "LENGTH"), None)
        why = next((token for token in tokens if token.type in ("REASON", "PROGRESSION", "CAUSE")), None)
        reason = None if why is None else reason_of(why)
        if why is not None and reason is None:
            self.fail(why, "is no reason that is known", "write toxicity, intolerance, progression, completed or choice")
        if length is not None:
            line.tell("months", length, self.spot(piece))
        if when is None and reason is None and length is None:
            self.fail(piece, "says neither when nor why", "write stopped 2021-05, or stopped for toxicity")
        self.built.not_used += [str(token) for token in tokens if token.type == "NOTE"]
        self.keep_detail(why, reason)
        line.stopped(when, reason, self.spot(piece), set(self.vocabulary.active(agents)), self.vocabulary)

    def read_finished(self, piece: Tree[Token], line: Line) -> None:
        """Keep a date after `completed` as the end: it is no start, as a date after a treatment otherwise is."""
        when = next(self.date(token) for token in piece.children if isinstance(token, Token) and token.type == "DATE")
        line.stopped(when, "completed", self.spot(piece), set(), self.vocabulary)

    def keep_detail(self, token: Token | None, reason: str | None) -> None:
        """Say that of a reason such as neuropathy only its kind is kept."""
        if token is not None and reason == "toxicity" and "tox" not in str(token).casefold():
            self.built.not_used.append(f"{_CAUSE.sub('', str(token))} (kept as {reason})")

    # --- single words of a line ---

    def on_years(self, token: Token, line: Line) -> None:
        years = number_of(str(token))
        if not line.has_course:
            self.fact("age", years, token)
            return
        if years > 25:
            self.fail(token, f"{self.said(token)} would be the length of the treatment before it", f"write age {years:g}")
        line.tell("months", years * 12, self.spot(token))

    def on_short_length(self, token: Token, line: Line) -> None:
        if not line.has_course:
            self.fail(token, f'"{self.said(token)}" can be an age, a sex or months', "write 68y or 34mo")
        line.tell("months", number_of(str(token)), self.spot(token))

    def on_length(self, token: Token, line: Line) -> None:
        line.tell("months", number_of(str(token)), self.spot(token))

    def on_cycles(self, token: Token, line: Line) -> None:
        line.tell("cycles", number_of(str(token)), self.spot(token))

    def on_dose(self, token: Token, line: Line) -> None:
        course = line.tell("dose", str(token), self.spot(token))
        agents = course.given(self.vocabulary)
        if len(agents) != 1:
            self.fail(token, "does not say of which agent this is the dose", "write it in parentheses: VRd (R 15 mg)")
        bare = re.fullmatch(r"[\d.,]+\s*mg", str(token), re.IGNORECASE)
        course.doses[agents[0]] = number_of(str(token)) if bare else str(token).replace(",", ".")

    def on_intent(self, token: Token, line: Line) -> None:
        word = str(token).casefold()
        if word.startswith("intens"):
            self.fail(token, "can be a consolidation or a conditioning", "write consol, or ASCT")
        line.intent(intent_of(word), self.spot(token))

    def on_response(self, token: Token, line: Line) -> None:
        words = str(token).casefold().replace(":", " ").replace("=", " ").split()
        spelled = {
            "stringent": "sCR",
            "complete": "CR",
            "very": "VGPR",
            "partial": "PR",
            "minimal": "MR",
            "stable": "SD",
            "scr": "sCR",
        }
        category = spelled.get(words[0]) or spelled.get(words[-1]) or words[-1].upper()
        best = words[0] == "best"
        line.response(category, self.spot(token), "line" if best else "phase" if words[0] == "response" else None)

    def on_reason(self, token: Token, line: Line) -> None:
        reason = reason_of(token)
        self.keep_detail(token, reason)
        line.tell("stop_reason", reason, self.spot(token))

    def on_kind(self, token: Token, line: Line) -> None:
        line.kind("biochemical" if str(token)[0] in "bB" else "clinical", self.spot(token))

    def on_progression(self, token: Token, line: Line) -> None:
        line.progress(self.spot(token))

    def on_until_progression(self, token: Token, line: Line) -> None:
        line.tell("stop_reason", "progression", self.spot(token))
        line.progress(self.spot(token))

    def on_no_progression(self, token: Token, line: Line) -> None:
        line.no_progression(self.spot(token))

    def on_transplant(self, token: Token, line: Line) -> None:
        line.transplant(self.spot(token), again=bool(re.match(r"salvage|second|2nd", str(token), re.IGNORECASE)))

    def on_tandem(self, token: Token, line: Line) -> None:
        line.transplant(self.spot(token), tandem=True)

    def on_conditioning(self, token: Token, line: Line) -> None:
        course = line.course(self.spot(token))
        course.agents, course.intent = ["melphalan"], "conditioning"
        dose = re.search(r"\d+", str(token))
        if dose:
            course.doses["melphalan"] = f"{dose.group()} mg/m2"

    def on_allogeneic(self, token: Token, line: Line) -> None:
        line.allogeneic(self.spot(token), self.said(token))

    def on_unknown_drugs(self, token: Token, line: Line) -> None:
        line.course(self.spot(token)).told_unknown = True

    def on_no_transplant(self, token: Token, line: Line) -> None:
        if line.has_course:
            line.no_transplant(self.spot(token))
        else:
            self.fact("prior_transplant", False, token)

    def on_maintenance(self, token: Token, line: Line) -> None:
        value = not re.match(r"no\b|without|w/o|.*\bno$", str(token), re.IGNORECASE)
        if line.has_course:
            line.maintenance(value, self.spot(token))
        else:
            self.fact("maintenance_after_transplant", value, token)

    # --- single words of the patient ---

    def on_age(self, token: Token, line: Line) -> None:
        years = bounded(str(token))
        if years is None:
            self.fail(token, "more or less than an age cannot be kept", "write ≥ or ≤, or the age itself")
        self.fact("age", years, token)

    def on_age_and_sex(self, token: Token, line: Line) -> None:
        if line.has_course:
            self.fail(token, f"{self.said(token)} after a treatment can be its length", "write 34mo, or age 63")
        self.fact("age", number_of(str(token)), token)
        self.built.not_used.append(f"{self.said(token)} (the sex)")

    def on_fitness(self, token: Token, line: Line) -> None:
        word = str(token).casefold()
        self.fact("fitness", "intermediate" if "interm" in word else "frail" if word.endswith("frail") else "fit", token)

    def on_not_frail(self, token: Token, line: Line) -> None:
        self.fact("frail", False, token)

    def on_prior_lines(self, token: Token, line: Line) -> None:
        number = count_of(str(token))
        if number is None:
            self.fail(token, "is no number of lines", "write 2 prior lines or ≥2 prior lines")
        self.fact("prior_lines", number, token)

    def on_nth_relapse(self, token: Token, line: Line) -> None:
        self.fact("prior_lines", ordinal(token), token)
        line.relapse(self.spot(token))

    def on_untreated(self, token: Token, line: Line) -> None:
        self.fact("prior_lines", 0, token)

    def on_eligible(self, token: Token, line: Line) -> None:
        self.fact("transplant_eligible", True, token)

    def on_not_eligible(self, token: Token, line: Line) -> None:
        self.fact("transplant_eligible", False, token)

    def on_prior_transplant(self, token: Token, line: Line) -> None:
        self.fact("prior_transplant", True, token)
        line.prior_transplant(self.spot(token))

    def on_months_before(self, token: Token, line: Line) -> None:
        months = bounded(str(token))
        if months is None:
            self.fail(token, "more or less than a number cannot be kept", "write ≥ or ≤, or the number itself")
        line.months_before(self.spot(token))
        self.fact("months_transplant_to_progression", months, token)

    def on_primary(self, token: Token, line: Line) -> None:
        self.fact("primary_refractory", True, token)

    def on_not_primary(self, token: Token, line: Line) -> None:
        self.fact("primary_refractory", False, token)

    def on_t_11_14(self, token: Token, line: Line) -> None:
        head, _, sign = str(token).casefold().rpartition("14")
        sign = sign.replace(")", "").strip(" :=")
        if sign in ("?", "unknown", "not known"):
            self.built.not_used.append(f"{token} (unknown, as if it were not told)")
            return
        denied = sign in ("-", "−", "–", "no", "absent", "not detected") or sign.startswith("neg")
        self.fact("t_11_14", not denied and not head.startswith("no"), token)

    def on_bcl2(self, token: Token, line: Line) -> None:
        word = " ".join(str(token).casefold().replace(":", " ").replace("=", " ").split())
        if word.endswith(("?", "unknown", "not known")):
            self.built.not_used.append(f"{token} (unknown, as if it were not told)")
        elif "high" in word:
            self.fact("bcl2_high", not re.search(r"\b(?:no|not)\b|high-$", word), token)
        elif "low" in word:
            self.fact("bcl2_high", False, token)
        else:
            self.fail(token, "does not say whether the expression is high", "write BCL2 high or BCL2 not high")

    def on_record(self, token: Token, line: Line) -> None:
        value = "incomplete" not in str(token).casefold()
        if self.history.setdefault("complete", value) is not value:
            self.fail(token, "the record is said to be complete and incomplete", "keep one")
        self.built.places["history", "complete"] = self.spot(token)

    def on_all_access(self, token: Token, line: Line) -> None:
        self.members("unavailable_agents", (), token)

    def on_no_contraindication(self, token: Token, line: Line) -> None:
        self.members("contraindicated_agents", (), token)

    def on_ruling(self, token: Token, line: Line) -> None:
        name, _, value = str(token).partition("=")
        name = name.split()[-1]
        name = name[0].upper() + name[1:].casefold()
        switched = self.built.data.setdefault("rulings", {})
        if switched.setdefault(name, value.strip()) != value.strip():
            self.fail(token, f"{name} is switched twice", "keep one")
        self.built.places["rulings",] = self.spot(token)

    def on_patient(self, token: Token, line: Line) -> None:
        label = str(token).partition(":")[2].strip()
        if self.built.data.setdefault("patient", label) != label:
            self.fail(token, "a second label of the patient", "keep one")

    def on_other_finding(self, token: Token, line: Line) -> None:
        said = self.said(token)
        score = re.match(r"(ecog)|charlson|cci\b", said, re.IGNORECASE)
        if score is not None:
            what = "the ECOG status lies between 0 and 5" if score[1] else "the Charlson index lies between 0 and 40"
            self.fail(token, f"{said} is no value of it: {what}", "correct it, or leave it out if unknown")
        self.built.not_used.append(said)

    def on_score_item(self, token: Token, line: Line) -> None:
        said = self.said(token)
        if line.has_course:
            self.built.not_used.append(f"{said} (beside a treatment, so perhaps of its time; if of today, write it after a `;`)")
            return
        kind = "ecog" if said.startswith("ECOG") else "charlson"
        value = re.sub(r"[^<>=≤≥\d–-]", "", said).lstrip("=")
        if self.built.findings.setdefault(kind, value) != value:
            self.fail(token, f"{SCORE_ITEMS[kind]} is told twice, and not the same", "keep one")

    def on_note(self, token: Token, line: Line) -> None:
        if line.has_course or line.progressed:
            self.aside(token, line)
        else:
            self.built.not_used.append(self.said(token))

    def on_remark(self, token: Token, line: Line) -> None:
        self.built.not_used.append(self.said(token))

    def on_class(self, token: Token, line: Line) -> None:
        self.fail(token, f'"{self.said(token)}" names no agents', CLASS_REMEDY)

    def on_unclear(self, token: Token, line: Line) -> None:
        what, remedy = _UNCLEAR.get(str(token).casefold(), ("can be autologous or allogeneic", "write ASCT or alloSCT"))
        self.fail(token, f'"{self.said(token)}" {what}', remedy)


_CAUSE = re.compile(r"(?:due to|because of|owing to)\s+", re.IGNORECASE)
_ASIDES = (
    "LENGTH", "SHORT_LENGTH", "CYCLES", "RESPONSE", "REASON", "PROGRESSION", "NO_PROGRESSION", "KIND", "INTENT", "DOSE",
    "UNTIL_PROGRESSION",
)  # fmt: skip


def _is_aside(piece: Piece) -> bool:
    """Whether a piece can stand in parentheses after a treatment."""
    if isinstance(piece, Token) or piece.data != "single":
        return isinstance(piece, Tree) and piece.data in ("span", "on", "stop")
    token = piece.children[0]
    return isinstance(token, Token) and token.type in _ASIDES


def intent_of(word: str) -> str:
    """Return what a phase is told to be for."""
    return next(intent for begins, intent in reversed(_INTENTS.items()) if word.casefold().startswith(begins))


def reason_of(token: Token) -> str | None:
    """Return the reason why treatment was stopped, as the patient file writes it."""
    word = " ".join(_CAUSE.sub("", str(token).casefold()).split())
    return next((reason for reason, pattern in REASONS if re.fullmatch(pattern, word)), None)
