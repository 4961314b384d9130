"""The guideline and the evidence as pages: what the documentation is made of, set for the browser, and searched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import unescape

from markdown_it import MarkdownIt

from myeloguide.drawing.shipped import SHIPPED
from myeloguide.evidence import pages as evidence_pages
from myeloguide.evidence.trials import load_evidence
from myeloguide.guideline.pack import Pack
from myeloguide.handbook import pages as handbook_pages
from myeloguide.handbook.content import Handbook
from myeloguide.handbook.flow_svg import draw_flow

_ANCHOR = re.compile(r"&lt;a id=&quot;([\w .+-]+)&quot;&gt;&lt;/a&gt;")
_LINK = re.compile(r'href="(?:\.\./(\w+)/)?(\w[\w.+-]*)\.md(#[^"]*)?"')
_TAG = re.compile(r"<[^>]+>")
_PICTURE = re.compile(r"[a-z0-9-]+")
_HEADED = re.compile(r"(?=<h[1-4]>)")
INDEX = ("README", "index")
_MOST = 60


@dataclass(frozen=True, slots=True)
class Page:
    """A page as HTML, with its title."""

    title: str
    content: str


@dataclass(frozen=True, slots=True)
class Found:
    """A place that holds what was searched: its address, heading, and the words around."""

    address: str
    title: str
    words: str


@cache
def shelf(pack: Pack) -> Mapping[str, Mapping[str, Page]]:
    """Return the pages of the guideline and of the evidence, by their names; made once."""
    guideline = {name: text for name, text in handbook_pages.pages(Handbook(pack)).items() if name.endswith(".md")}
    evidence = evidence_pages.pages(load_evidence(), pack)
    return {
        "guideline": {name.removesuffix(".md"): _page(text) for name, text in guideline.items()},
        "evidence": {name.removesuffix(".md"): _page(text) for name, text in evidence.items()} | {"pictures": _pictures()},
    }


def _page(text: str) -> Page:
    made = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    made = _ANCHOR.sub(r'<a id="\1"></a>', made)
    made = _LINK.sub(_address, made)
    title = unescape(_TAG.sub("", made.partition("</h1>")[0])).strip()
    made = made.replace("<table>", '<div class="scroll" role="region" aria-label="table" tabindex="0"><table>')
    return Page(title, made.replace("</table>", "</table></div>"))


def _address(link: re.Match[str]) -> str:
    folder, name, place = link.groups()
    page = "./" if name in INDEX else name
    return f'href="{f"/{folder}/" if folder else ""}{page}{place or ""}"'


def _pictures() -> Page:
    """Return a page of every picture of the evidence that ships."""
    groups = {"forest": "Forest plots", "network": "Networks", "league": "League tables"}
    parts = ["<h1>The evidence drawn</h1>"]
    for kind, heading in groups.items():
        parts.append(f"<h2>{heading}</h2><ul>")
        for path in sorted(SHIPPED.glob(f"{kind}-*.svg")):
            name = path.stem.removeprefix(f"{kind}-").replace("-", " ")
            parts.append(f'<li><a href="{path.name}">{name}</a></li>')
        parts.append("</ul>")
    return Page("The evidence drawn", "".join(parts))


def picture(pack: Pack, group: str, name: str) -> str | None:
    """Return a picture that belongs to the pages, None where there is none of this name."""
    if group == "guideline" and name in ("flow", "flow-narrow"):
        return _flow(pack, narrow=name == "flow-narrow")
    path = SHIPPED / f"{name}.svg"
    return path.read_text(encoding="utf-8") if group == "evidence" and _PICTURE.fullmatch(name) and path.is_file() else None


def forest_of(option: str) -> str | None:
    """Return the address of an option's forest plot, None where no trial of it is drawn."""
    name = f"forest-{re.sub('[^a-z0-9]+', '-', option.casefold()).strip('-')}.svg"
    return f"/evidence/{name}" if (SHIPPED / name).is_file() else None


@cache
def _flow(pack: Pack, *, narrow: bool) -> str:
    return draw_flow(Handbook(pack), *((360,) if narrow else ()))


def search(pack: Pack, words: str) -> list[Found]:
    """Return the places whose text holds every word, those with it in the heading first."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    found = [item for item in _sections(pack) if all(word in item[1].casefold() for word in wanted)]
    found.sort(key=lambda item: not all(word in item[0].title.casefold() for word in wanted))
    return [Found(place.address, place.title, _around(text, wanted[0])) for place, text in found[:_MOST]]


@cache
def _sections(pack: Pack) -> list[tuple[Found, str]]:
    return list(_each_section(pack))


def _each_section(pack: Pack) -> Iterator[tuple[Found, str]]:
    for group, pages in shelf(pack).items():
        for name, page in pages.items():
            for part in _HEADED.split(page.content):
                anchor = re.search(r'<a id="([^"]+)"', part)
                heading = re.match(r"<h[1-4]>(.*?)</h[1-4]>", part, re.DOTALL)
                title = unescape(_TAG.sub("", heading.group(1))).strip() if heading else page.title
                address = f"/{group}/{'' if name in INDEX else name}{f'#{anchor.group(1)}' if anchor else ''}"
                text = unescape(_TAG.sub(" ", part))
                shown = title if title == page.title else f"{page.title}: {title}"
                yield Found(address, shown, ""), " ".join(text.split())


def _around(text: str, word: str) -> str:
    place = text.casefold().find(word)
    start = max(place - 60, 0)
    cut = text[start : place + 140]
    return f"{'… ' if start else ''}{cut}{' …' if place + 140 < len(text) else ''}"
