"""How facts, rulings and named conditions are said in English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from myeloguide.criteria.prose import Quantifier
from myeloguide.guideline.declared import NamedCondition, Ruling
from myeloguide.knowledge.vocabulary import Vocabulary


class Phrasebook:
    """The words of a pack, for `criteria.prose`."""

    def __init__(self, words: Vocabulary, rulings: Mapping[str, Ruling], named: Iterable[NamedCondition]) -> None:
        self._words = words
        self._rulings = rulings
        self.conditions = {item.name: item for item in named}

    def name(self, member: str) -> str:
        """Return how a clinician writes an agent or option."""
        agent = self._words.agents.get(member)
        return agent.name if agent else member

    def fact(self, fact: str, member: str, *, true: bool) -> str:
        """Say that a fact holds, or does not."""
        ruling = self._rulings.get(fact)
        if ruling is not None and ruling.switch is not None:
            default, other = ruling.switch.default, ruling.switch.other
            chosen = default if (member == default.value) == true else other
            return f"ruling {fact} read as: {chosen.means}"
        declared = self._words.facts[fact]
        return (declared.says if true else declared.denies).format(member=self.name(member), value=member)

    def several(self, how: Quantifier, members: tuple[str, ...]) -> str:
        """Write several members as one."""
        *some, last = map(self.name, members)
        joined = f"{', '.join(some)} {'or' if how == 'one' else 'and'} {last}"
        return {"each": "each of ", "one": "", "none": "none of ", "not all": "at least one of "}[how] + joined

    def number(self, fact: str, comparison: str) -> str:
        """Say a comparison of a number."""
        declared = self._words.facts[fact]
        if not declared.unit or declared.unit not in declared.label:
            return f"{declared.label} {comparison}"
        one = comparison.rsplit(maxsplit=1)[-1] == "1"
        return f"{comparison} {declared.label.replace(declared.unit, declared.unit.removesuffix('s')) if one else declared.label}"

    def named(self, name: str, arguments: tuple[str, ...], *, true: bool) -> str | None:
        """Say a named condition."""
        item = self.conditions[name]
        shown = dict(zip(item.parameters, map(self.name, arguments), strict=True))
        return (item.says if true else item.denies).format(**shown)
