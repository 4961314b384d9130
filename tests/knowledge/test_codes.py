"""Codes carry their verification status, and a trap is never read as the agent."""

from __future__ import annotations

import pytest

from myeloguide.knowledge.codes import agent_of, codes, codes_of
from myeloguide.knowledge.vocabulary import vocabulary


@pytest.mark.parametrize(
    ("system", "code", "agent"),
    [
        ("RxNorm", "358258", "bortezomib"),
        ("RxNorm", "356733", "bortezomib"),
        ("RxNorm", "342369", "lenalidomide"),
        ("RxNorm", "1721947", "daratumumab"),
        ("ATC", "L01XG01", "bortezomib"),
        ("RxNorm", "1723735", "ixazomib"),
        ("RxNorm", "0", None),
    ],
)
def test_a_code_stands_for_an_agent(system: str, code: str, agent: str | None) -> None:
    assert agent_of(system, code) == agent


def test_a_trap_is_never_read_as_its_agent() -> None:
    traps = [code for code in codes() if code.kind == "trap" and code.agent]
    assert traps
    for trap in traps:
        assert agent_of(trap.system, trap.code) != trap.agent


def test_every_agent_of_the_guideline_has_codes_with_their_status() -> None:
    systems = {code.system for code in codes()}
    assert {"RxNorm", "ATC", "OMOP"} <= systems
    for agent in (
        "bortezomib",
        "carfilzomib",
        "lenalidomide",
        "pomalidomide",
        "daratumumab",
        "isatuximab",
        "elotuzumab",
        "selinexor",
    ):
        found = list(codes_of(agent))
        assert {"RxNorm", "ATC", "OMOP"} <= {code.system for code in found if code.usable}, agent
    assert all(code.status and code.origin for code in codes())


def test_no_usable_code_stands_for_two_agents() -> None:
    owners: dict[tuple[str, str], set[str]] = {}
    for code in codes():
        if code.usable and code.agent and code.kind == "drug":
            owners.setdefault((code.system, code.code), set()).add(code.agent)
    assert all(len(agents) == 1 for agents in owners.values())
    assert len(vocabulary().agents) == 38
