"""The sheet as Markdown, which reads as plain text, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from myeloguide.drawing.chart import printable
from myeloguide.sheet.content import Block, Bullets, Choice, Line, Options, Run, Sheet, Story, ToFill

_ACTIVE = re.compile(r"[\\`*_\[\]<>&|~@#$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""What means something inside a line of Markdown, in the dialects of the usual readers."""


def write(sheet: Sheet) -> str:
    """Return the sheet as Markdown."""
    parts = [f"# {_text(sheet.patient)}", _text(sheet.guideline), _text(sheet.facts)]
    for section in sheet.sections:
        parts += [f"## {_text(section.title)}", *(text for block in section.blocks for text in _block(block))]
    parts += ["---", *map(_text, (sheet.notice, sheet.versions))]
    return "\n\n".join(parts) + "\n"


def _text(text: str) -> str:
    return _ACTIVE.sub(r"\\\g<0>", printable(text))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Bullets(lines):
            yield "\n".join(f"- {_line(line)}" for line in lines)
        case Options(tiers):
            rows = ["| | grade | option | agents; reason and cautions |", "|---|---|---|---|"]
            for tier in tiers:
                rows += [_choice(_text(tier.title) if place == 0 else "", choice) for place, choice in enumerate(tier.choices)]
            yield "\n".join(rows)
        case Story(chart):
            told = (*chart.facts, *(event.name for event in chart.events), *(group.says for group in chart.groups), *chart.notes)
            yield "\n".join(f"- {_text(text)}" for text in told)
        case ToFill(labels):
            yield "\n".join(f"- {_text(label)}: ..." for label in labels)
        case line:
            yield _line(line)


def _choice(tier: str, choice: Choice) -> str:
    depends = [f"**depends on** {_text(choice.depends)}"] if choice.depends else []
    said = "; ".join([_text(choice.name), *depends, *map(_line, choice.said)])
    return f"| {tier} | {choice.grade} | **{_text(choice.option)}** | {said} |"


def _line(line: Line) -> str:
    return "".join(map(_run, line))


def _run(run: Run) -> str:
    text = _text(run.text)
    if run.look == "place":
        return f" ({text})"
    if run.look in ("strong", "alarm"):
        return f"**{text.strip()}**{' ' if text.endswith(' ') else ''}"
    return text
