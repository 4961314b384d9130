"""Numbers and days as they stand in a note."""

from __future__ import annotations

import re
from typing import Any

from myeloguide.record.time import parse_when

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDS = {
    "no": 0,
    "one": 1,
    "first": 1,
    "two": 2,
    "second": 2,
    "three": 3,
    "third": 3,
    "four": 4,
    "fourth": 4,
    "five": 5,
    "fifth": 5,
    "six": 6,
}
_LEAST, _MOST = ("≥", ">=", "at least"), ("≤", "<=", "at most", "up to")


def _value(text: str) -> float | int:
    number = float(text.replace(",", "."))
    return int(number) if number == int(number) else number


def number_of(text: str) -> float | int:
    """Return the number in a text such as `34,5 mo`."""
    found = _NUMBER.search(text)
    assert found is not None
    return _value(found.group())


def bounded(text: str) -> Any:
    """Return the number in a text, or the range; None where it says more or less than a number."""
    numbers = [_value(found) for found in _NUMBER.findall(re.sub(r"\b1?1\s?;\s?14\b", "", text))]
    if len(numbers) > 1:
        return {"at_least": numbers[0], "at_most": numbers[1]}
    if any(sign in text for sign in _LEAST):
        return {"at_least": numbers[0]}
    if any(sign in text for sign in _MOST):
        return {"at_most": numbers[0]}
    return None if re.search(r"[<>]", text) else numbers[0]


def count_of(text: str) -> Any:
    """Return a number of lines, or the range that a text tells: more than 2 lines are at least 3."""
    text = text.casefold()
    numbers = [int(found) for found in re.findall(r"\d+", text)]
    if not numbers:
        return next((number for word, number in _WORDS.items() if re.search(rf"\b{word}\b", text)), None)
    if len(numbers) > 1:
        return {"at_least": min(numbers), "at_most": max(numbers)}
    if "+" in text or any(sign in text for sign in _LEAST):
        return {"at_least": numbers[0]}
    if any(sign in text for sign in _MOST):
        return {"at_most": numbers[0]}
    if ">" in text:
        return {"at_least": numbers[0] + 1}
    if "<" in text:
        return {"at_most": numbers[0] - 1} if numbers[0] else None
    return numbers[0]


def ordinal(text: str) -> int | None:
    """Return the number that a text such as `2nd relapse`, `line 2` or `second` tells."""
    found = re.search(r"\d+", text)
    return int(found.group()) if found else next((number for word, number in _WORDS.items() if word in text.casefold()), None)


def read_date(text: str) -> str:
    """Return a day or a part of one as ISO 8601; ValueError, with the remedy after a bar, where it is none."""
    return str(parse_when(_iso(text.strip())))


def _iso(text: str) -> str:
    if found := re.fullmatch(r"(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?", text):
        return "-".join((found[1], *(part.zfill(2) for part in found.groups()[1:] if part)))
    if found := re.fullmatch(r"(\d{1,2})[./](\d{4})", text):
        return f"{found[2]}-{found[1].zfill(2)}"
    if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):
        return f"{found[3]}-{found[2].zfill(2)}-{found[1].zfill(2)}"
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        one, other, year = int(found[1]), int(found[2]), found[3]
        if one <= 12 and other <= 12 and one != other:
            raise ValueError(f'"{text}" can be two days|write {year}-{other:02}-{one:02} or {year}-{one:02}-{other:02}')
        month, day = (other, one) if one > 12 or one == other else (one, other)
        return f"{year}-{month:02}-{day:02}"
    if found := re.fullmatch(r"(?:(\d{1,2})\.?\s+)?([a-z]+)\.?\s+(\d{4})", text, re.IGNORECASE):
        month = _MONTHS.index(found[2][:3].casefold()) + 1
        return f"{found[3]}-{month:02}" + (f"-{found[1].zfill(2)}" if found[1] else "")
    return text
