"""From the text of a note to its pieces: the grammar, and what is said where a note does not follow it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from myeloguide.errors import InputError, Problem, Spot, suggestion

LONGEST = 20_000
"""Signs of a note; a longer one is no note."""
WORDS = (
    "refractory", "not refractory", "exposed", "not exposed", "received", "no access", "contraindicated", "unavailable",
    "maintenance", "consolidation", "induction", "conditioning", "transplant eligible", "transplant ineligible", "prior lines",
    "complete record", "best response", "progression", "newly diagnosed", "stopped", "toxicity", "completed", "ongoing", "frail",
    "fit", "intermediate", "biochemical", "clinical", "as of", "diagnosed", "cycles", "months", "ASCT", "relapse",
)  # fmt: skip
"""Words of the notation that a misspelt one may have been meant to be."""
_EXPECTED = {
    "NAME": "the name of an agent or a regimen",
    "DATE": "a date, such as 2021-03",
    "_SEP": "`;`",
    "_ARROW": "`>`",
    "_COLON": "`:`",
    "TRANSPLANT": "ASCT",
    "REASON": "a reason, such as completed or toxicity, the detail in parentheses: stopped for toxicity (rash)",
    "INTENT": "maint",
}
_REMEDIES = {
    "(": "close it: `(…)`",
    ")": "open it: `(…)`",
    "~": "write a whole number, or the dates",
    "≈": "write a whole number, or the dates",
    "%": "put what is only a remark in parentheses",
    '"': "write `patient: NAME` for a label",
}
CLASS_REMEDY = "name the agents, such as refractory: R, V, D: each counts on its own, and a class does not say which"


_BETWEEN = ("_SEP", "_ARROW", "LABEL")
_JOINTS = ("_COMMA", "_AND", "_WITH", "JOIN")
_TRANSPLANTS = ("TRANSPLANT", "TANDEM", "CONDITIONING")


class _Joints:
    """Tells what a comma, an `and` or a sign joins: names go on with a list or a treatment, all else only stands beside."""

    always_accept = (*_JOINTS[:3],)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        tokens = list(stream)
        for place, token in enumerate(tokens):
            before = tokens[place - 1] if place else None
            after = tokens[place + 1] if place + 1 < len(tokens) else None
            if token.type in _JOINTS or (token.type == "UNTIL" and token == "-"):
                kind = _joint(before, token, after)
                if kind is not None:
                    yield token.update(type=kind)
            else:
                yield token


def _joint(before: Token | None, token: Token, after: Token | None) -> str | None:
    """Return what a joint is between its neighbours, None where it joins nothing."""
    sign = token.type in ("JOIN", "UNTIL")
    if before is None or after is None or before.type in _BETWEEN or after.type in (*_BETWEEN, *_JOINTS):
        return token.type if sign else None
    if sign:
        beside = after.type in _TRANSPLANTS or (before.type in _TRANSPLANTS and after.type == "NAME")
        return "_COMMA" if beside else token.type
    if token.type == "_WITH" and before.type == "INTENT":
        return "_WITH"
    return "_AND" if after.type == "NAME" else "_COMMA"


@cache
def grammar() -> Lark:
    """Return the parser, kept ready beside the modules as Python keeps those."""
    folder = Path(__file__).parent
    kept = folder / "__pycache__" / f"grammar.{sys.implementation.cache_tag}.lark"
    cache_there = not sys.dont_write_bytecode and _can_hold(kept)
    return Lark(
        (folder / "grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="basic",
        g_regex_flags=re.IGNORECASE,
        propagate_positions=True,
        maybe_placeholders=False,
        postlex=_Joints(),
        cache=str(kept) if cache_there else False,
    )


def _can_hold(kept: Path) -> bool:
    try:
        kept.parent.mkdir(exist_ok=True)
    except OSError:
        return False
    return True


def nothing_said(name: str) -> InputError:
    """Return the error for a note that tells nothing of a patient."""
    return InputError(Problem(name, "says nothing", "write a note, such as 68y fit; VRd x4 > ASCT 2021-03 > R maint, PD on R"))


def parse(text: str, name: str) -> Tree[Token]:
    """Return the statements of a note; InputError says where it is no shorthand, and what was likely meant."""
    if not text.strip(" \t\r\n;|."):
        raise nothing_said(name)
    if len(text) > LONGEST:
        raise InputError(Problem(name, f"is longer than {LONGEST:,} signs", "write a patient file"))
    try:
        return grammar().parse(text)
    except UnexpectedInput as error:
        raise InputError(_problem(error, text, name)) from None


def _problem(error: UnexpectedInput, text: str, name: str) -> Problem:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        token = error.token
        first, last = token.start_pos or 0, token.end_pos or 0
        first += len(str(token)) - len(str(token).lstrip())
    elif isinstance(error, UnexpectedCharacters):
        first = error.pos_in_stream or 0
        while first < len(text) and text[first].isspace():
            first += 1
        match = re.compile(r"[\w.,%]+").match(text, first)
        last = match.end() if match else first + 1
    else:
        first, last = len(text.rstrip()), len(text.rstrip()) + 1
    misspelt = re.search(r"[^\W\d_][\w -]*$", text[:first]) if text[first:last] == ":" else None
    if misspelt is not None:
        said = misspelt.group().strip()
        remedy = suggestion(said, WORDS) or "a list begins with a word such as refractory: or no access:"
        return Problem(Spot.of(name, text, misspelt.start(), first), f'"{said}:" is not understood', remedy)
    said = text[first:last].strip()
    what = f'"{said}" is not expected here' if said else "the note ends here, but something is missing"
    return Problem(Spot.of(name, text, first, last), what, _remedy(error, said))


def _remedy(error: UnexpectedInput, said: str) -> str:
    if said in _REMEDIES:
        return _REMEDIES[said]
    if not said:
        return "write what comes next, or leave the last sign out"
    expected: Any = getattr(error, "accepts", None) or getattr(error, "expected", None) or ()
    if isinstance(error, UnexpectedToken) and error.token.type == "CLASS":
        return CLASS_REMEDY
    if isinstance(error, UnexpectedToken):
        wanted = [words for terminal, words in _EXPECTED.items() if terminal in expected]
        if 0 < len(wanted) <= 3:
            return f"here stands {' or '.join(wanted)}"
    if said[:1].isdigit():
        return "write what the number counts: 68y, x4, 34mo, 2 prior lines, or a date as 2021-03"
    return suggestion(said, WORDS) or "put what is only a remark in parentheses"
