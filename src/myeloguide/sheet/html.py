"""The sheet as one HTML document that fetches nothing and runs nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from importlib.resources import files

from myeloguide.drawing import svg
from myeloguide.drawing.chart import Chart
from myeloguide.sheet.content import Block, Bullets, Choice, Line, Options, Run, Section, Sheet, Story, ToFill

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser is told to refuse: everything but the styles that stand in the document."""
_TAGS = {"plain": "span", "strong": "strong", "alarm": "strong"}


def write(sheet: Sheet) -> str:
    """Return the sheet as an HTML document."""
    root = ET.Element("html", lang="en")
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    ET.SubElement(head, "title").text = sheet.title
    ET.SubElement(head, "style").text = _style(sheet)
    main = ET.SubElement(ET.SubElement(root, "body"), "main")
    header = ET.SubElement(main, "header")
    ET.SubElement(ET.SubElement(header, "h1"), "bdi").text = sheet.patient
    ET.SubElement(header, "p", {"class": "guideline"}).text = sheet.guideline
    ET.SubElement(header, "p").text = sheet.facts
    for section in sheet.sections:
        _section(main, section)
    footer = ET.SubElement(main, "footer")
    for text in (sheet.notice, sheet.versions):
        ET.SubElement(footer, "p").text = text
    return "<!doctype html>\n" + ET.tostring(root, encoding="unicode", method="html") + "\n"


def _style(sheet: Sheet) -> str:
    """Return the rules of style, the name of the sheet at the foot of every page among them."""
    rules = files("myeloguide.sheet").joinpath("sheet.css").read_text(encoding="utf-8")
    named = "".join(f"\\{ord(sign):x} " for sign in sheet.title)
    return f'{rules}@page {{ @bottom-left {{ content: "{named}" }} }}\n'


def _section(main: ET.Element, section: Section) -> None:
    made = ET.SubElement(main, "section", {"class": section.kind})
    ET.SubElement(made, "h2").text = section.title
    for block in section.blocks:
        _block(made, block)


def _block(parent: ET.Element, block: Block) -> None:
    match block:
        case Bullets(lines):
            bullets = ET.SubElement(parent, "ul")
            for line in lines:
                _line(ET.SubElement(bullets, "li"), line)
        case Options(tiers):
            table = ET.SubElement(parent, "table")
            for tier in tiers:
                body = ET.SubElement(table, "tbody")
                heading = ET.SubElement(ET.SubElement(body, "tr"), "th", scope="rowgroup", colspan="3")
                heading.text = tier.title
                for choice in tier.choices:
                    _choice(ET.SubElement(body, "tr"), choice)
        case Story(chart):
            parent.append(svg.drawn(_without_steroids(chart)))
        case ToFill(labels):
            for label in labels:
                ET.SubElement(parent, "p", {"class": "fill"}).text = label
        case line:
            _line(ET.SubElement(parent, "p"), line)


def _without_steroids(chart: Chart) -> Chart:
    """Return a story without its own heading and without the drugs that decide nothing."""
    groups = tuple(
        replace(group, lanes=tuple(lane for lane in group.lanes if lane.drug_class != "steroid") or group.lanes)
        for group in chart.groups
    )
    shown = {lane.drug_class for group in groups for lane in group.lanes}
    classes = {name: title for name, title in chart.classes.items() if name in shown}
    left_out = () if len(classes) == len(chart.classes) else ("Steroids are not drawn.",)
    return replace(chart, title="", facts=chart.facts[-1:], groups=groups, classes=classes, notes=(*chart.notes, *left_out))


def _choice(row: ET.Element, choice: Choice) -> None:
    ET.SubElement(row, "td").text = choice.grade
    ET.SubElement(row, "th", scope="row").text = choice.option
    said = ET.SubElement(row, "td")
    ET.SubElement(said, "span", {"class": "agents"}).text = choice.name
    if choice.depends:
        _line(ET.SubElement(said, "p"), (Run("Depends on: ", "strong"), Run(choice.depends)))
    for line in choice.said:
        _line(ET.SubElement(said, "p"), line)


def _line(parent: ET.Element, line: Line) -> None:
    for run in line:
        if run.look == "place":
            ET.SubElement(parent, "span").text = " "
            ET.SubElement(parent, "small").text = f"[{run.text}]"
        else:
            ET.SubElement(parent, _TAGS[run.look], {"class": "alarm"} if run.look == "alarm" else {}).text = run.text
