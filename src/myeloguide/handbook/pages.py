"""The guideline as Markdown pages that link to each other; every entry has an anchor that stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from myeloguide.criteria.syntax import Scope, expand
from myeloguide.guideline.answer import Place, Reason
from myeloguide.guideline.audit_text import PROVED
from myeloguide.guideline.declared import NamedCondition, Ruling
from myeloguide.guideline.loading import read_audit, scope_of
from myeloguide.guideline.pack_files import HoldsBack
from myeloguide.handbook.content import LABELS, Chapter, Handbook, Said, Stand, Tier, Words, alike, sentence, standing
from myeloguide.handbook.flow_svg import PAGE, PHONE, draw_flow
from myeloguide.knowledge.source import LineRange, Source

INDEX = "README.md"
OTHER_PAGES = {
    "rules.md": "What holds for every option",
    "options.md": "Options from A to Z",
    "conditions.md": "Conditions with a name",
    "rulings.md": "Rulings: how the source is read",
    "findings.md": "What the source leaves open, and its errors",
    "coverage.md": "Every line of the source",
    "newer.md": "Newer than this guideline",
}
_CLASSES = {
    "encoded": "said by an entry of the pack",
    "evidence": "a trial or its results",
    "context": "background, or a heading",
    "not-computable": "cannot be an entry",
}


def pages(book: Handbook) -> dict[str, str]:
    """Return every page by its name, the flow chart included."""
    return _Pages(book).all()


def anchor_of(tier: Tier, stand: Stand) -> str:
    """Return the anchor at which an option stands on the page of its list."""
    return f"{tier.id}-untried" if stand.row.via else stand.anchor


class _Pages:
    def __init__(self, book: Handbook) -> None:
        self.book = book
        self.pack = book.pack
        self.titles = {item.id: item.title for item in book.pack.lists}

    def all(self) -> dict[str, str]:
        made: dict[str, Iterable[str]] = {INDEX: self.index()}
        made |= {f"{chapter.list.id}.md": self.chapter(chapter) for chapter in self.book.chapters}
        bodies = (self.rules, self.options, self.conditions, self.rulings, self.findings, self.coverage, self.newer)
        for (name, title), body in zip(OTHER_PAGES.items(), bodies, strict=True):
            made[name] = [f"# {title}", "", f"[The guideline]({INDEX})", "", *body()]
        header = self.pack.header
        foot = f"*Generated from the pack `{header.pack}` {header.version} by `myeloguide guideline pages`; do not edit.*"
        written = {name: "\n".join([*lines, "", "---", "", foot]) + "\n" for name, lines in made.items()}
        return {**written, "flow.svg": draw_flow(self.book, PAGE), "flow-narrow.svg": draw_flow(self.book, PHONE)}

    # --- links ---

    def lines(self, ranges: Sequence[LineRange]) -> str:
        """Link lines of the source to what the pack makes of them."""
        shown = []
        for first, last in ranges:
            name = f"L{first}" if first == last else f"L{first}-{last}"
            passage = self.book.passage_at(first)
            shown.append(f"[{name}](coverage.md#L{passage.first})" if passage else name)
        return ", ".join(shown)

    def place(self, place: Place | Source | None) -> str:
        if place is None:
            return ""
        ranges = place.lines if isinstance(place, Source) else place.ranges
        return self.lines(ranges) if ranges else place.publication or ""

    def ruling(self, name: str) -> str:
        return f"[{name}](rulings.md#{name})"

    def by(self, reason: Reason) -> str:
        """Say who says it, and where."""
        rulings = ", ".join(map(self.ruling, reason.rulings))
        who = {
            "source": rulings and f"see {rulings}",
            "ruling": f"our reading {rulings}",
            "principle": f"our principle {rulings}",
        }
        parts = [who[reason.kind], self.place(reason.source)]
        if reason.kind == "source":
            parts.reverse()
        return f" ({'; '.join(part for part in parts if part)})" if any(parts) else ""

    def conditions_of(self, words: Words) -> str:
        said = words.text
        for switch, then in words.switched:
            ruling = switch.partition("=")[0]
            said += f" (with `{switch}`, see {self.ruling(ruling)}: {then})"
        return said

    def said(self, said: Said, anchor: str = "") -> str:
        """Write a statement as an item of a list."""
        mark = f'<a id="{anchor}"></a>' if anchor else ""
        when = f" {'unless' if said.unless else 'if'} {self.conditions_of(said.when)}" if said.when else ""
        text = sentence(said.text)
        if said.strong_unless is not None:
            text += f" Strong unless {self.conditions_of(said.strong_unless)}."
        return f"- {mark}**{said.label}**{when}: {text}{self.by(said.reason)}"

    # --- the index ---

    def index(self) -> Iterator[str]:
        header = self.pack.header
        yield f"# {header.title}"
        yield from ("", f"The recommendations of {header.citation}.", "")
        yield f"Told from the pack `{header.pack}` {header.version} in the order of the source, in words of our own. Each"
        yield "statement names its lines in the source (`L425`); what is our reading or our principle is marked as such."
        yield "The command `myeloguide source L425 --file SOURCE` shows the place to whoever has the text."
        yield ""
        yield from (f"- {line}" for line in header.notice)
        yield from ("", "How what is said is called:", "")
        yield from (f"- **{label}**: {meaning}." for label, meaning in _LABELS.items())
        yield from ("", "## The way to a list", "")
        yield "<picture>"
        yield '<source media="(max-width: 700px)" srcset="flow-narrow.svg">'
        yield '<img src="flow.svg" alt="Flow chart: the questions that lead to each list; the table below says the same">'
        yield "</picture>"
        yield from ("", "## The lists", "", "| list | applies when | options by tier |", "|---|---|---|")
        for chapter in self.book.chapters:
            tiers = "; ".join(f"*{tier.title.lower()}*: {self.options_in(tier)}" for tier in chapter.tiers if tier.recommends)
            yield f"| [{chapter.list.title}]({chapter.list.id}.md) | {self.conditions_of(chapter.applies)} | {tiers} |"
        yield from ("", "## Whatever the list", "")
        yield from (self.said(note, f"note-{note.reason.code}") for note in self.book.general_notes)
        yield from ("", "## What the source leaves open", "")
        yield from (self.said(gap, f"silence-{gap.reason.code}") for gap in self.book.general_silences)
        yield from ("", "## Grades", "", "| grade | usually read as |", "|---|---|")
        yield from (f"| {grade.grade} | {grade.means} |" for grade in header.grades)
        ruling = f" (our reading {self.ruling(header.grades_ruling)})" if header.grades_ruling else ""
        yield from ("", f"{header.grades_note}{ruling}", "", "## Further pages", "")
        yield from (f"- [{title}]({name})" for name, title in OTHER_PAGES.items())

    def options_in(self, tier: Tier) -> str:
        own = [f"{stand.row.option}{f' ({stand.grade})' if stand.grade else ''}" for stand in tier.stands]
        untried = [f"first-relapse options not tried so far ({', '.join(stand.row.option for stand in tier.untried)})"]
        return ", ".join([*own, *(untried if tier.untried else [])])

    # --- a list ---

    def chapter(self, chapter: Chapter) -> Iterator[str]:
        item = chapter.list
        names = list(self.titles)
        at = names.index(item.id)
        steps = [f"[The guideline]({INDEX})"]
        steps += [f"before: [{self.titles[names[at - 1]]}]({names[at - 1]}.md)"] if at else []
        steps += [f"next: [{self.titles[names[at + 1]]}]({names[at + 1]}.md)"] if at + 1 < len(names) else []
        yield from (f"# {item.title}", "", " · ".join(steps), "")
        yield f"**Applies when** {self.conditions_of(chapter.applies)} ({self.place(item.source)})."
        if item.advice:
            yield from ("", item.advice)
        rulings = [
            f"{self.ruling(name)} {self.pack.rulings[name].title[0].lower()}{self.pack.rulings[name].title[1:]}"
            for name in item.rulings
        ]
        yield from ("", f"How the source is read here: {'; '.join(rulings)}.") if rulings else ()
        yield from ("", "| tier | grade | options | only if |", "|---|---|---|---|")
        for tier in chapter.tiers:
            for stands in alike(tier):
                only = " and ".join(words.text for words in stands[0].conditions)
                options = ", ".join(f"[{stand.row.option}](#{anchor_of(tier, stand)})" for stand in stands)
                yield f"| {tier.title} | {stands[0].grade} | {options} | {only} |"
        for tier in chapter.tiers:
            yield from self.tier(tier)
        yield from self.section(
            "What the source says of this list", (self.said(one, f"note-{one.reason.code}") for one in chapter.notes)
        )
        yield from self.section(
            "Where the source is silent", (self.said(one, f"silence-{one.reason.code}") for one in chapter.silences)
        )
        yield from self.section("Shown beside other lists", (self.said(one, "pointed-to") for one in chapter.pointers))
        trials = (f"- {trial} ({self.lines(ranges)})" for trial, ranges in chapter.trials)
        yield from self.section("Passages that are evidence and nothing else", trials)
        errata = (f"- [{one.erratum}](findings.md#{one.erratum}): {one.problem}" for one in chapter.errata)
        yield from self.section("Errors and contradictions in these sections", errata)

    def section(self, title: str, items: Iterable[str]) -> Iterator[str]:
        lines = list(items)
        if lines:
            yield from ("", f"## {title}", "", *lines)

    def tier(self, tier: Tier) -> Iterator[str]:
        bases = dict.fromkeys(stand.row.basis for stand in tier.stands if stand.row.basis)
        yield from ("", f'## <a id="{tier.id}"></a>{tier.title}')
        if bases:
            yield from ("", f"Printed basis of what is graded here: {', '.join(bases)}.")
        for stand in tier.stands:
            yield from self.stand(stand)
        if tier.untried:
            yield from self.untried(tier)

    def stand(self, stand: Stand) -> Iterator[str]:
        row = stand.row
        yield from ("", f'### <a id="{stand.anchor}"></a>{row.option}', "")
        head = [row.name, f"grade {stand.grade}" if stand.grade else "no grade printed", self.place(row.listed.source)]
        yield " · ".join(part for part in head if part)
        if stand.rulings:
            yield f"· see {', '.join(map(self.ruling, stand.rulings))}"
        yield ""
        for words in stand.conditions:
            yield f"- **Only if** {self.conditions_of(words)}."
        yield from map(self.said, stand.said)
        yield from self.since(stand)

    def since(self, stand: Stand) -> Iterator[str]:
        for item in stand.newer:
            yield f"- **Newer than the source**: {sentence(item.text)} ({item.source}, {item.date or f'seen {item.seen}'})"

    def untried(self, tier: Tier) -> Iterator[str]:
        """Write the options that come from the first-relapse lists as one table, with what is said of them here only."""
        rulings = list(dict.fromkeys(name for stand in tier.untried for name in stand.rulings))
        place = self.place(tier.untried[0].row.listed.source)
        yield from ("", f'### <a id="{tier.id}-untried"></a>First-relapse options not tried so far', "")
        yield f"no grade printed here · {place} · see {', '.join(map(self.ruling, rulings))}"
        yield from ("", "| option | only if | printed at first relapse |", "|---|---|---|")
        for stand in tier.untried:
            only = " and ".join(words.text for words in stand.conditions)
            printed = ", ".join(
                f"[{via.tier}{f', {via.grade}' if via.grade else ''}]({via.list}.md#{via.tier}-{stand.row.option})"
                for via in stand.row.via
            )
            yield f"| {stand.row.option} | {only} | {printed} |"
        more = [(stand, said) for stand in tier.untried for said in stand.said]
        if more:
            yield from ("", "What is said of them where they are printed holds here too; in this list there is also:", "")
            yield from (self.said(said).replace("- **", f"- {stand.row.option}: **", 1) for stand, said in more)

    # --- what holds everywhere ---

    def rules(self) -> Iterator[str]:
        yield "No option of a list that applies is dropped: each has exactly one status, the first that holds."
        yield from ("", "| status | when |", "|---|---|")
        yield from (f"| {status} | {when} |" for status, when in _STATUSES)
        yield from ("", "## What holds an option back", "", "Asked of each agent of an option; steroids decide nothing.", "")
        for rule in self.book.against.held_back:
            yield from self.holds_back(rule)
        yield from ("", "## What is said wherever it applies", "")
        for code in dict.fromkeys(rule.code for rule in self.book.everywhere):
            for number, one in enumerate(rule for rule in self.book.everywhere if rule.code == code):
                anchor = "" if number else f'<a id="{code}"></a>'
                label = LABELS[getattr(one, "strength", "against")]
                said = f"{self.switched(one.when or '')}: {sentence(self.book.rule_text(one))}"
                yield f"- {anchor}**{label}**{said} ({self.kind(one.kind, one.rulings, one.source)})"

    def switched(self, when: str) -> str:
        """Say with which switch of a ruling a rule stands there at all."""
        other = [f"{name}={values[1]}" for name, values in self.pack.switches.items() if f"{name} == {values[1]}" in when]
        return f" (only with `{'`, `'.join(other)}`)" if other else ""

    def kind(self, kind: str, rulings: Sequence[str], source: Source | None) -> str:
        who = {"source": "", "ruling": "our reading ", "principle": "our principle "}[kind]
        return "; ".join(part for part in (who + ", ".join(map(self.ruling, rulings)), self.place(source)) if part)

    def holds_back(self, rule: HoldsBack) -> Iterator[str]:
        text = rule.text.format(agent="an agent of it", option="the option")
        yield f'- <a id="{rule.code}"></a>**Held back**: {sentence(text)} ({self.kind(rule.kind, rule.rulings, rule.source)})'
        for support in rule.supports:
            agents = ", ".join(map(self.pack.phrases.name, support.agents))
            yield f"  - For {agents}, {support.text} ({self.place(support.source)})."
        for one in rule.exceptions:
            agents = ", ".join(map(self.pack.phrases.name, one.agents or ()))
            yield f"  - Not asked of {one.option}{f' for {agents}' if agents else ' at all'} ({self.place(one.source)})."

    def options(self) -> Iterator[str]:
        yield from ("| option | what it is | printed also as | where it stands |", "|---|---|---|---|")
        for option in sorted({row.option for row in self.pack.rows}, key=str.casefold):
            regimen = self.pack.vocabulary.regimens[option]
            spelled = ", ".join(name for name in regimen.printed if name != option)
            places = "; ".join(
                f"[{chapter.list.title}]({chapter.list.id}.md#{anchor_of(tier, stand)}), {standing(tier, stand)}"
                for chapter, tier, stand in self.book.stands(option)
            )
            yield f'| <a id="{option}"></a>{option} | {regimen.name} | {spelled} | {places} |'

    # --- conditions and rulings ---

    def conditions(self) -> Iterator[str]:
        yield "Written once, and named in lists, cautions and notes. A condition is true, false or unknown; what is unknown is"
        yield "never taken for false."
        scope = scope_of(self.pack.vocabulary, self.pack.rulings, self.pack.phrases.conditions.values())
        for item in self.pack.phrases.conditions.values():
            says = item.says.format(**dict.fromkeys(item.parameters, "an agent"))
            yield from ("", f'## <a id="{item.name}"></a>{sentence(says).removesuffix(".")}', "")
            yield f"`{item.condition}` ({self.kind('source', item.rulings, item.source)})"
            yield ""
            for about, text in self.meaning(item, scope):
                yield f"- {about}{text}"

    def meaning(self, item: NamedCondition, scope: Scope) -> Iterator[tuple[str, str]]:
        """Yield what a condition says, for each kind of agents or options of which it says the same."""
        if not item.parameters:
            yield "", self.conditions_of(self.book.words(expand(item.name, (), scope).child))  # type: ignore[union-attr]
            return
        parameter = item.parameters[0]
        options = dict.fromkeys(row.option for row in self.pack.rows if row.agents)
        found: dict[str, list[tuple[str, str]]] = {}
        for member in self.pack.vocabulary.active_agents if parameter == "agent" else options:
            text = self.conditions_of(self.book.words(expand(item.name, (member,), scope).child))  # type: ignore[union-attr]
            name = self.pack.phrases.name(member)
            found.setdefault(text.replace(name, f"the {parameter}"), []).append((name, text))
        usual = max(found, key=lambda text: len(found[text]))
        if len(found) > 4:  # every member has words of its own: one stands for all
            name, text = next(iter(found.values()))[0]
            yield f"such as for {name}: ", text
            return
        for group in (group for text, group in found.items() if text != usual):
            for name, text in group:
                yield f"for {name}: ", text
        yield "for any other: " if len(found) > 1 else "", usual

    def rulings(self) -> Iterator[str]:
        yield "The source leaves some things open. Each decision is a ruling: the lines it reads, the reading used, the others."
        yield "One with a switch can be read the other way: `myeloguide assess patient.yaml --ruling C1=both`."
        yield from ("", "| ruling | about | switch |", "|---|---|---|")
        for ruling in self.pack.rulings.values():
            switch = f"`{ruling.ruling}={ruling.switch.other.value}`" if ruling.switch else ""
            yield f"| {self.ruling(ruling.ruling)} | {ruling.title} | {switch} |"
        for ruling in self.pack.rulings.values():
            yield from self.one_ruling(ruling)

    def one_ruling(self, ruling: Ruling) -> Iterator[str]:
        yield from ("", f'## <a id="{ruling.ruling}"></a>{ruling.ruling}. {ruling.title}', "")
        place = self.place(ruling.source) or "not from the source"
        yield f"{'Our principle' if ruling.kind == 'principle' else 'Our reading'} ({place})."
        yield from ("", ruling.reading)
        if ruling.other_readings:
            yield from ("", "Not used:", "", *(f"- {reading}" for reading in ruling.other_readings))
        if ruling.switch:
            default, other = ruling.switch.default, ruling.switch.other
            yield from ("", "| switch | means |", "|---|---|")
            yield f"| `{ruling.ruling}={default.value}` (as used) | {default.means} |"
            yield f"| `{ruling.ruling}={other.value}` | {other.means} |"
        used = [self.used(name) for name in self.book.uses(ruling.ruling)]
        if used:
            yield from ("", f"Bears on {'; '.join(used)}.")

    def used(self, name: str) -> str:
        page, _, anchor = name.partition("#")
        title = self.titles[page]
        return f"[{title}: {anchor.partition('-')[2]}]({page}.md#{anchor})" if anchor else f"[{title}]({page}.md)"

    # --- findings, coverage, news ---

    def findings(self) -> Iterator[str]:
        yield from ("## Silences", "", "What the source does not cover, declared and said where it meets a patient.", "")
        for gap in self.pack.silences:
            page = f"{gap.lists[0]}.md" if gap.lists else INDEX
            yield f"- [{gap.said.code}]({page}#silence-{gap.said.code}): {gap.said.text}{self.by(gap.said)}"
        yield from ("", "## Errors and contradictions of the source", "", "Kept as printed, and flagged.")
        for one in self.book.errata:
            yield from ("", f'### <a id="{one.erratum}"></a>{one.erratum}', "")
            yield f"Printed: \u201c{one.printed}\u201d ({self.place(one.source)}). {one.problem}"
            yield from (f"{one.known}",) if one.known else ()
            yield from ("", "*Not verified by the paper itself.*") if not one.verified else ()
        audit = read_audit(self.pack)
        yield from ("", "## What the audit proves", "")
        yield "By a solver, over every patient that can be described (`myeloguide guideline audit`):"
        yield from ("", *(f"- {text}" for text in PROVED.values()))
        yield from ("", "## What the audit finds and the pack keeps", "", "| finding | why it stays |", "|---|---|")
        yield from (f"| {one.finding} | {one.why} |" for one in audit.accepted)

    def coverage(self) -> Iterator[str]:
        coverage, counts = self.book.coverage, self.book.coverage.by_class()
        text = len(coverage.lines) - counts["blank"]
        yield f"The source has {len(coverage.lines)} lines, {text} of them with text. Each is in exactly one class:"
        yield from ("", "| class | means | lines |", "|---|---|---|")
        yield from (f"| {kind} | {means} | {counts[kind]} |" for kind, means in _CLASSES.items())
        section = None
        targets = self.targets()
        for passage in coverage.passages:
            if coverage.section(passage.first) != section:
                section = coverage.section(passage.first)
                yield from ("", f"## {section}", "", "| lines | class | said by |", "|---|---|---|")
            entries = ", ".join(f"[{name}]({targets[name]})" if name in targets else name for name in passage.entries)
            said = entries or passage.why or passage.trial or ""
            errata = "; ".join(f"[{name}](findings.md#{name})" for name in passage.errata)
            lines = f"L{passage.first}" + (f"-{passage.last}" if passage.last != passage.first else "")
            yield f'| <a id="L{passage.first}"></a>{lines} | {passage.kind} | {said}{f" (erratum: {errata})" if errata else ""} |'

    def targets(self) -> dict[str, str]:
        """Return where each entry of the pack stands on the pages."""
        found: dict[str, str] = {}
        for chapter in self.book.chapters:
            page = f"{chapter.list.id}.md"
            found[f"list:{chapter.list.id}"] = page
            found.setdefault(f"cross-reference:{chapter.list.id}", f"{page}#pointed-to")
            found |= {f"note:{one.reason.code}": f"{page}#note-{one.reason.code}" for one in chapter.notes} | found
            found |= {f"silence:{one.reason.code}": f"{page}#silence-{one.reason.code}" for one in chapter.silences} | found
            for tier in chapter.tiers:
                found[f"list:{chapter.list.id}/{tier.id}"] = f"{page}#{tier.id}"
                for stand in (*tier.stands, *tier.untried):
                    for said in stand.said:
                        group = "against" if said.label == LABELS["against"] else "caution"
                        for on in ("", f"/{stand.row.option}", *(f"/{agent}" for agent in stand.row.agents)):
                            found.setdefault(f"{group}:{said.reason.code}{on}", f"{page}#{anchor_of(tier, stand)}")
        found |= {f"note:{one.reason.code}": f"{INDEX}#note-{one.reason.code}" for one in self.book.general_notes}
        found |= {f"silence:{one.reason.code}": f"{INDEX}#silence-{one.reason.code}" for one in self.book.general_silences}
        found |= {f"against:{rule.code}": f"rules.md#{rule.code}" for rule in self.book.against.held_back}
        found |= {f"ruling:{name}": f"rulings.md#{name}" for name in self.pack.rulings}
        found |= {f"condition:{name}": f"conditions.md#{name}" for name in self.pack.phrases.conditions}
        return found

    def newer(self) -> Iterator[str]:
        yield "What is newer than the source. It never changes a list."
        yield from ("", "| option | what | in whom | read on |", "|---|---|---|---|")
        for item in self.pack.newer.since:
            options = ", ".join(item.options)
            dated = item.date or f"date not stated, seen {item.seen}"
            read_on = f"{item.source} ({item.strength}{'' if item.verified else ', unverified'}); {dated}"
            yield f"| {options} | {sentence(item.text)} | {item.applies_to} | {read_on} |"
        yield from (
            "",
            "## Newer guidelines",
            "",
            "Named so that nobody takes the source for the newest word; none is encoded.",
            "",
        )
        yield from (f"- {item.name}: {item.citation}. {item.note}" for item in self.pack.newer.guidelines)


_LABELS = {
    LABELS["against"]: "what the source, or a principle of ours, advises against",
    f"{LABELS['strong']}, {LABELS['caution'].lower()}": "what speaks against it without ruling it out",
    LABELS["note"]: "a condition of the text that a patient may not meet, or a remark on a list",
    LABELS["remark"]: "what else the source says of it, in favour or of what is not known",
    "Silence": "what the source does not say",
}
_STATUSES = (
    ("held back", "an agent of it cannot be obtained, is contraindicated, or is one to which the disease is refractory"),
    ("advised against", "the source, or a principle of ours marked as such, argues against it for this patient"),
    ("condition not met", "the list names it under a condition that is false for this patient"),
    ("depends", "something unknown decides"),
    ("offered", "none of these"),
)
