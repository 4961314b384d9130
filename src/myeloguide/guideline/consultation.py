"""One patient asked about: read once, then answered under every ruling, supposition and plan that is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from myeloguide.errors import InputError, Problem
from myeloguide.guideline.answer import Answer, HangsOn
from myeloguide.guideline.assess import Assessment, known_of, prepare
from myeloguide.guideline.pack import Pack
from myeloguide.guideline.what_if import Explanation, difference, explanation, hanging
from myeloguide.history.facts import KnownFacts
from myeloguide.knowledge.reading import Document
from myeloguide.record.patient_file import PatientFile
from myeloguide.record.shorthand import understood_of


class Consultation:
    """A patient file with the switches of rulings and the suppositions under which it is answered.

    A supposition is `fact=value` or a piece of shorthand that tells facts.

    `as_of` stands where the file gives no date; InputError says what of the file cannot be used.
    """

    def __init__(
        self,
        pack: Pack,
        document: Document,
        today: date,
        *,
        as_of: date | None = None,
        switched: Mapping[str, str] | None = None,
        what_if: Sequence[str] = (),
        assume_complete: bool = False,
    ) -> None:
        self.pack = pack
        self.document = document
        self.today = today
        self.as_of = as_of
        self.switched = dict(switched or {})
        self.what_if = _changes(what_if, pack)
        self.assume_complete = assume_complete
        self.known, self.patient, self.switches = self._read(self.switched, self.what_if)
        self.assessment = self._assessed(self.known, self.switches)

    def _read(self, switched: Mapping[str, str], changes: Sequence[str]) -> tuple[KnownFacts, PatientFile, dict[str, str]]:
        return prepare(
            self.pack,
            self.document,
            self.as_of,
            self.today,
            switched,
            assume_complete=self.assume_complete,
            what_if=changes,
        )

    def _assessed(self, known: KnownFacts, switches: Mapping[str, str]) -> Assessment:
        return Assessment(self.pack, known, self.patient.as_of, dict(switches), self.patient.patient)

    def answer(self, plan: str | None = None, where: str = "--plan") -> Answer:
        """Return the answer: what it hangs on, what suppositions and switches change, where a plan (in any spelling) stands.

        `where` names the place of the plan in an error.
        """
        understood = understood_of(self.document, self.patient, self.pack.vocabulary)
        found = replace(self.assessment.answer(), hangs_on=self._hangs_on(), supposed=self.what_if, understood=understood)
        if self.what_if or self.switched:
            known, _, switches = self._read({}, ())
            found = replace(found, difference=difference(self._assessed(known, switches).answer(), found))
        if plan is not None:
            from myeloguide.guideline.plan import stand

            found = replace(found, plan=stand(self.pack, found, self.assessment.planes, plan, where))
        return found

    def _hangs_on(self) -> tuple[HangsOn, ...]:
        def read_otherwise(other: Mapping[str, str]) -> KnownFacts:
            return known_of(
                self.pack,
                self.patient,
                {**self.switches, **other},
                assume_complete=self.assume_complete,
                what_if=self.what_if,
            )

        return hanging(self.pack, self.known, self.switches, read_otherwise)

    def explanation(self, word: str, where: str = "--explain") -> Explanation:
        """Return why an option, in any spelling, stands as it does, and the smallest changes that would move it.

        `where` names the place of the word in an error.
        """

        def replay(more: Sequence[str], other: Mapping[str, str]) -> KnownFacts:
            changed = {item.partition("=")[0] for item in more}
            kept = [text for text in self.what_if if text.partition("=")[0] not in changed]
            return self._read(other, [*kept, *more])[0]

        return explanation(self.assessment, option_of(self.pack, word, where), replay)


def _changes(what_if: Sequence[str], pack: Pack) -> tuple[str, ...]:
    """Return suppositions as `fact=value`."""
    if not what_if:
        return ()
    for text in what_if:
        name = text.partition("=")[0].strip().casefold()
        ruling = next((ruling for ruling in pack.rulings if ruling.casefold() == name), None)
        if ruling is not None:
            readings = " or ".join(f"{ruling}={value}" for value in pack.switches.get(ruling, ()))
            remedy = f"switch it: --ruling {readings}" if readings else f"it has one reading; myeloguide guideline show {ruling}"
            raise InputError(Problem("--what-if", f"{ruling} is a ruling, not a fact", remedy))
    from myeloguide.record.shorthand.changes import as_changes

    return tuple(as_changes(what_if, pack.vocabulary, "--what-if"))


def option_of(pack: Pack, word: str, where: str) -> str:
    """Return the option of a guideline that a word names."""
    option = pack.vocabulary.regimen(word)
    if option is None or option not in {row.option for row in pack.rows}:
        remedy = pack.vocabulary.near_regimen(word) or "name an option of the guideline, such as DPd"
        raise InputError(Problem(where, f"the guideline has no option {word}", remedy))
    return option
