"""The pictures of the evidence that are made once and shipped: `python -m myeloguide.drawing.shipped` makes them anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from myeloguide.drawing import forest as drawing
from myeloguide.drawing.network import draw_league, draw_network
from myeloguide.evidence.choice import comparisons, populations
from myeloguide.evidence.combined import combined, plain
from myeloguide.evidence.forest import forest
from myeloguide.evidence.ranks import POPULATIONS
from myeloguide.evidence.trials import load_evidence
from myeloguide.guideline.prepared import load_pack

SHIPPED = Path(__file__).parents[1] / "evidence" / "drawn"


def pictures() -> Iterator[tuple[str, str]]:
    """Yield each file with its name: forest plots of options, comparisons and populations; networks and leagues."""
    evidence, pack = load_evidence(), load_pack()
    pairs = dict.fromkeys((result.option, result.comparator or "") for _, _, result in comparisons(evidence))
    options = dict.fromkeys(option for pair in pairs for option in pair if option in evidence.vocabulary.regimens)
    for plot in (
        *(forest(evidence, option) for option in options),
        *(forest(evidence, *pair) for pair in pairs),
        *(forest(evidence, population=population) for population in populations(evidence)),
    ):
        yield f"{plot.name}.svg", drawing.draw(plot)
    for population in POPULATIONS:
        for published in (False, True):
            found = combined(evidence, pack, population, published=published)
            name = f"{population}-published" if published else population
            yield f"network-{name}.svg", draw_network(found, f"network-{name}")
            yield f"league-{name}.svg", draw_league(found, f"league-{name}")
            yield f"network-{name}.json", json.dumps(plain(found), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Make every picture anew, and remove those of which there is no more need."""
    SHIPPED.mkdir(exist_ok=True)
    made = dict(pictures())
    for name, content in made.items():
        (SHIPPED / name).write_text(content, encoding="utf-8")
    for path in SHIPPED.iterdir():
        if path.name not in made:
            path.unlink()


if __name__ == "__main__":
    main()
