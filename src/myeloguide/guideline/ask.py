"""One question at a time, the most decisive first, until the set of offered rows can no longer change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from myeloguide.errors import InputError, Problem
from myeloguide.guideline.answer import Missing
from myeloguide.guideline.assess import Assessment, written
from myeloguide.guideline.questions import DEPENDENTS, Name
from myeloguide.knowledge.facts import Fact

DO_NOT_KNOW = ("?", "don't know", "dont know", "do not know", "unknown", "dk")
_YES = ("y", "yes", "true")
_NO = ("n", "no", "false")


class Interview:
    """The questions of one patient. `assess` answers for the patient with facts changed, each `fact=value`."""

    def __init__(self, assess: Callable[[Sequence[str]], Assessment]) -> None:
        self.assess = assess
        self.learned: list[str] = []
        self.not_known: frozenset[Name] = frozenset()
        self.assessment = assess(())

    def question(self) -> Missing | None:
        """Return the next question, or None when no answer can make another row offered.

        What exists only where something else is true (months since a transplant) is asked after that, and not where that
        is not known.
        """
        for question in self.assessment.still_to_ask(self.not_known):
            parent = DEPENDENTS.get(question.fact)
            if parent is None or self.assessment.planes[parent] != (0, 0):
                return question
            if parent not in self.not_known:
                return replace(question, fact=written(parent), question=self.assessment.question(written(parent)))
        return None

    def reply(self, question: Missing, said: str) -> None:
        """Take an answer; one that is not understood, or contradicts what is known, is an input error and changes nothing."""
        word = " ".join(said.casefold().split())
        fact, _, member = question.fact.partition(".")
        if word in DO_NOT_KNOW:
            self.not_known |= {(fact, member)}
            return
        learned = [*self.learned, f"{question.fact}={self.value(self.assessment.pack.vocabulary.facts[fact], word)}"]
        try:
            self.assessment = self.assess(learned)
        except InputError as error:
            raise InputError(Problem("your answer", problem.what, problem.remedy) for problem in error.problems) from None
        self.learned = learned

    def value(self, fact: Fact, word: str) -> str:
        """Return an answer as the value of a fact."""
        if fact.kind in ("boolean", "agents", "regimens"):
            if word not in (*_YES, *_NO):
                raise InputError(Problem("your answer", f'"{word}" is not understood', f"answer {choices(fact)}"))
            return "true" if word in _YES else "false"
        return word


def choices(fact: Fact) -> str:
    """Return how a question is answered."""
    if fact.kind == "category":
        return f"{', '.join(fact.values)} or ?"
    return f"a number of {fact.unit}, or ?" if fact.is_number else "y, n or ?"
