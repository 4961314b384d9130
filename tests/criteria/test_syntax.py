"""Texts become nodes, or errors that say what is wrong, at which column, and what would be right."""

from __future__ import annotations

import builtins
import re
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myeloguide.criteria.nodes import All, Any, Compare, Constant, Holds, Is, Named, Node, Not
from myeloguide.criteria.syntax import ConditionError, Definition, FactType, Scope, expand, parse
from tests.criteria import generate
from tests.criteria.generate import conditions, patients
from tests.criteria.naive import Patient, truth

AGENTS = ("lenalidomide", "pomalidomide", "bortezomib", "carfilzomib", "daratumumab")
AGENTS_OF = {"KRd": ("carfilzomib", "lenalidomide"), "D-VMP": ("daratumumab", "bortezomib"), "observation": ()}


def scope() -> Scope:
    """Return a fresh scope with a fact of every kind, groups, parts and definitions."""
    return Scope(
        facts={
            "frail": FactType("boolean"),
            "prior_transplant": FactType("boolean"),
            "prior_lines": FactType("integer"),
            "age": FactType("number"),
            "months": FactType("number"),
            "fitness": FactType("category", ("fit", "intermediate", "unfit")),
            "refractory_to": FactType("set", AGENTS),
            "regimens_given": FactType("set", ("KRd", "D-VMP", "größe")),
        },
        groups={"proteasome_inhibitor": ("bortezomib", "carfilzomib"), "none_such": ()},
        parts={"agents_of": AGENTS_OF.get},
        definitions={
            "elderly": Definition("frail or age > 75"),
            "usable": Definition("not refractory_to(agent)", ("agent",)),
            "switched": Definition("refractory_to(old) and not refractory_to(new)", ("old", "new")),
            "fully_usable": Definition("all(usable(a) for a in agents_of(option)) and not elderly", ("option",)),
            "other_than_lenalidomide": Definition("agent != lenalidomide", ("agent",)),
            "only_if_bortezomib": Definition("agent == bortezomib and refractory_to(agent)", ("agent",)),
            "itself": Definition("frail or itself"),
            "hen": Definition("frail and egg"),
            "egg": Definition("not hen"),
            "again": Definition("again(agent)", ("agent",)),
            "misspelt": Definition("frail and prior_transplnt"),
            "of_misspelt": Definition("age > 75 or misspelt"),
            "unfinished": Definition("frail and )"),
            "blank": Definition("  "),
        },
    )


FRAIL, TRANSPLANT = Holds("frail"), Holds("prior_transplant")
BORTEZOMIB, CARFILZOMIB = Holds("refractory_to", "bortezomib"), Holds("refractory_to", "carfilzomib")
LENALIDOMIDE = Holds("refractory_to", "lenalidomide")


def lines(operator: str, number: float) -> Compare:
    return Compare("prior_lines", operator, number, whole=True)  # type: ignore[arg-type]


ELDERLY = Named("elderly", Any((FRAIL, Compare("age", ">", 75))))


def usable(agent: str) -> Named:
    return Named("usable", Not(Holds("refractory_to", agent)), (agent,))


# Texts that are conditions


RIGHT: list[tuple[str, Node]] = [
    # facts of every kind
    ("frail", FRAIL),
    ("not frail", Not(FRAIL)),
    ("not not frail", Not(Not(FRAIL))),
    ("True", Constant(True)),
    ("False", Constant(False)),
    ("refractory_to(bortezomib)", BORTEZOMIB),
    ("refractory_to('bortezomib')", BORTEZOMIB),
    ('regimens_given("D-VMP")', Holds("regimens_given", "D-VMP")),
    ("fitness == fit", Is("fitness", "fit")),
    ('fitness == "fit"', Is("fitness", "fit")),
    ("fitness != fit", Not(Is("fitness", "fit"))),
    ("'fit' == fitness", Is("fitness", "fit")),
    ("'fit' != fitness", Not(Is("fitness", "fit"))),
    # numbers, either side first
    ("prior_lines == 1", lines("==", 1)),
    ("prior_lines != 1", lines("!=", 1)),
    ("prior_lines < 1", lines("<", 1)),
    ("prior_lines <= 1", lines("<=", 1)),
    ("prior_lines > 1", lines(">", 1)),
    ("prior_lines >= 1", lines(">=", 1)),
    ("prior_lines >= 2.0", lines(">=", 2)),
    ("months > 6.5", Compare("months", ">", 6.5)),
    ("1 == prior_lines", lines("==", 1)),
    ("1 != prior_lines", lines("!=", 1)),
    ("1 < prior_lines", lines(">", 1)),
    ("1 <= prior_lines", lines(">=", 1)),
    ("1 > prior_lines", lines("<", 1)),
    ("1 >= prior_lines", lines("<=", 1)),
    # chains
    ("24 <= months < 36", All((Compare("months", ">=", 24), Compare("months", "<", 36)))),
    ("36 > months >= 24", All((Compare("months", "<", 36), Compare("months", ">=", 24)))),
    ("not 24 <= months < 36", Not(All((Compare("months", ">=", 24), Compare("months", "<", 36))))),
    ("1 <= prior_lines != 3", All((lines(">=", 1), lines("!=", 3)))),
    # and, or, not
    ("frail and prior_transplant", All((FRAIL, TRANSPLANT))),
    ("frail or prior_transplant", Any((FRAIL, TRANSPLANT))),
    ("prior_transplant and frail", All((TRANSPLANT, FRAIL))),
    ("not frail and prior_transplant", All((Not(FRAIL), TRANSPLANT))),
    ("not (frail and prior_transplant)", Not(All((FRAIL, TRANSPLANT)))),
    ("frail or prior_transplant and prior_lines == 1", Any((FRAIL, All((TRANSPLANT, lines("==", 1)))))),
    ("(frail or prior_transplant) and prior_lines == 1", All((Any((FRAIL, TRANSPLANT)), lines("==", 1)))),
    ("  frail\n  and\n\tprior_transplant\n", All((FRAIL, TRANSPLANT))),
    # in
    ("fitness in (fit, intermediate)", Any((Is("fitness", "fit"), Is("fitness", "intermediate")))),
    ("fitness in [fit, 'intermediate']", Any((Is("fitness", "fit"), Is("fitness", "intermediate")))),
    ("fitness not in (fit, intermediate)", Not(Any((Is("fitness", "fit"), Is("fitness", "intermediate"))))),
    ("fitness in (fit,)", Is("fitness", "fit")),
    ("fitness in (fit, fit)", Is("fitness", "fit")),
    ("fitness in ()", Constant(False)),
    ("fitness not in ()", Constant(True)),
    # any and all
    ("any(refractory_to(a) for a in proteasome_inhibitor)", Any((BORTEZOMIB, CARFILZOMIB))),
    ("all(refractory_to(a) for a in proteasome_inhibitor)", All((BORTEZOMIB, CARFILZOMIB))),
    ("any(refractory_to(a) for a in agents_of(KRd))", Any((CARFILZOMIB, LENALIDOMIDE))),
    ('all(usable(a) for a in agents_of("D-VMP"))', All((usable("daratumumab"), usable("bortezomib")))),
    ("any(refractory_to(a) for a in (bortezomib, 'lenalidomide'))", Any((BORTEZOMIB, LENALIDOMIDE))),
    ("any(refractory_to(a) for a in [bortezomib])", BORTEZOMIB),
    ("any(refractory_to(a) for a in none_such)", Constant(False)),
    ("all(refractory_to(a) for a in none_such)", Constant(True)),
    ("any(refractory_to(a) for a in agents_of(observation))", Constant(False)),
    ("any(refractory_to(a) for a in proteasome_inhibitor if a != bortezomib)", CARFILZOMIB),
    ("any(refractory_to(a) for a in proteasome_inhibitor if a == carfilzomib)", CARFILZOMIB),
    ("any(refractory_to(a) for a in proteasome_inhibitor if a in agents_of(KRd))", CARFILZOMIB),
    ("any(refractory_to(a) for a in agents_of(KRd) if a not in proteasome_inhibitor)", LENALIDOMIDE),
    ("any(refractory_to(a) for a in agents_of(KRd) if a != carfilzomib if a != lenalidomide)", Constant(False)),
    ("all(refractory_to(a) for a in agents_of(KRd) if a != carfilzomib and a != lenalidomide)", Constant(True)),
    ("any(frail for a in proteasome_inhibitor)", FRAIL),
    (
        "any(all(switched(a, b) for b in agents_of(KRd) if b != a) for a in proteasome_inhibitor if a == carfilzomib)",
        Named("switched", All((CARFILZOMIB, Not(LENALIDOMIDE))), ("carfilzomib", "lenalidomide")),
    ),
    # named conditions
    ("elderly", ELDERLY),
    ("elderly()", ELDERLY),
    ("not elderly", Not(ELDERLY)),
    ("usable(bortezomib)", usable("bortezomib")),
    ("usable('bortezomib') and usable(carfilzomib)", All((usable("bortezomib"), usable("carfilzomib")))),
    (
        "switched(lenalidomide, bortezomib)",
        Named("switched", All((LENALIDOMIDE, Not(BORTEZOMIB))), ("lenalidomide", "bortezomib")),
    ),
    (
        "fully_usable(KRd)",
        Named("fully_usable", All((All((usable("carfilzomib"), usable("lenalidomide"))), Not(ELDERLY))), ("KRd",)),
    ),
    # what is decided by names alone is decided when read
    ("other_than_lenalidomide(lenalidomide)", Constant(False)),
    ("other_than_lenalidomide(bortezomib)", Constant(True)),
    ("other_than_lenalidomide(lenalidomide) or frail", FRAIL),
    ("only_if_bortezomib(bortezomib)", Named("only_if_bortezomib", BORTEZOMIB, ("bortezomib",))),
    ("only_if_bortezomib(carfilzomib)", Constant(False)),
    ("True and frail", FRAIL),
    ("False and frail", Constant(False)),
    ("False or frail", FRAIL),
    ("frail or True", Constant(True)),
    ("not True", Constant(False)),
    ("not (frail and False)", Constant(True)),
    ("True and True", Constant(True)),
    ("False or False", Constant(False)),
    ("frail and frail", FRAIL),
    ("frail and prior_transplant and frail", All((FRAIL, TRANSPLANT))),
]


@pytest.mark.parametrize(("text", "node"), RIGHT)
def test_text_becomes_nodes(text: str, node: Node) -> None:
    assert parse(text, scope()) == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("agent == bortezomib", Constant(True)),
        ("agent != bortezomib", Constant(False)),
        ("agent == carfilzomib", Constant(False)),
        ("agent != carfilzomib", Constant(True)),
        ("'bortezomib' == agent", Constant(True)),
        ("agent == 'bortezomib'", Constant(True)),
        ("agent == other", Constant(False)),
        ("agent == agent", Constant(True)),
        ("agent in proteasome_inhibitor", Constant(True)),
        ("agent not in proteasome_inhibitor", Constant(False)),
        ("agent in (lenalidomide, carfilzomib)", Constant(False)),
        ("agent in (lenalidomide, agent)", Constant(True)),
        ("agent in agents_of(option)", Constant(False)),
        ("other in agents_of(option)", Constant(True)),
        ("refractory_to(agent)", BORTEZOMIB),
        ("usable(agent)", usable("bortezomib")),
        ("agent == bortezomib and frail", FRAIL),
        ("agent == carfilzomib and frail", Constant(False)),
        ("agent == carfilzomib or frail", FRAIL),
        ("agent == bortezomib or frail", Constant(True)),
        ("not (agent == bortezomib) or frail", FRAIL),
        ("any(refractory_to(agent) for agent in agents_of(option))", Any((CARFILZOMIB, LENALIDOMIDE))),
        ("all(refractory_to(a) for a in (agent, other))", All((BORTEZOMIB, LENALIDOMIDE))),
        ("any(refractory_to(a) for a in proteasome_inhibitor if a != agent)", CARFILZOMIB),
    ],
)
def test_variables_stand_for_members(text: str, node: Node) -> None:
    assert parse(text, scope(), {"agent": "bortezomib", "other": "lenalidomide", "option": "KRd"}) == node


def test_a_named_condition_does_not_see_the_variables_of_its_user() -> None:
    within = scope()
    within.definitions = {"bare": Definition("refractory_to(agent)")}
    with pytest.raises(ConditionError, match='refractory_to knows no "agent"'):
        parse("bare", within, {"agent": "bortezomib"})


def test_a_named_condition_is_one_node_wherever_it_stands() -> None:
    within = scope()
    first, second = parse("elderly", within), parse("not elderly", within)
    assert isinstance(second, Not)
    assert second.child is first
    assert expand("elderly", (), within) is first


def test_a_failed_definition_can_be_asked_for_again() -> None:
    within = scope()
    messages = []
    for _ in range(2):
        with pytest.raises(ConditionError) as raised:
            parse("hen", within)
        messages.append(raised.value.what)
    assert messages[0] == messages[1]
    assert parse("elderly", within) == ELDERLY


SPOKEN = Scope(
    facts={
        **{fact: FactType("boolean") for fact in generate.PLAIN},
        **{fact: FactType("category", values) for fact, values in generate.CATEGORIES.items()},
        **{fact: FactType("set", members) for fact, members in generate.SETS.items()},
        **{fact: FactType("integer") for fact in generate.WHOLES},
        **{fact: FactType("number") for fact in generate.REALS},
    }
)


def written(node: Node) -> str:
    """Write a condition as text; named conditions are written out."""
    match node:
        case Constant(value):
            return str(value)
        case Holds(fact, member):
            return f'{fact}("{member}")' if member else fact
        case Is(fact, value):
            return f"{fact} == {value}"
        case Compare(fact, operator, number):
            return f"{fact} {operator} {number}"
        case Not(child):
            return f"not ({written(child)})"
        case All(children):
            return " and ".join(f"({written(child)})" for child in children) or "True"
        case Any(children):
            return " or ".join(f"({written(child)})" for child in children) or "False"
        case Named(_, child):
            return f"({written(child)})"


@settings(max_examples=300)
@given(conditions(), patients())
def test_a_written_condition_read_back_means_the_same(condition: Node, patient: Patient) -> None:
    assert truth(parse(written(condition), SPOKEN), patient) == truth(condition, patient)


# Texts that are no conditions: what is said, at which column, and what would be right

NO_SYNTAX = "this is no condition"
HYPHEN = 'a name with a hyphen is quoted: "D-VMP"'
FOR = "any(condition(a) for a in group)"
DEEP = 20_000

WRONG = [
    # nothing, or no expression at all
    ("", "the condition is empty", 1, ""),
    (" \n\t ", "the condition is empty", 1, ""),
    ("import os", NO_SYNTAX, 1, ""),
    ("frail; frail", NO_SYNTAX, 6, ""),
    ("prior_lines = 1", NO_SYNTAX, 13, "equality is written =="),
    ("prior_lines => 1", NO_SYNTAX, 13, "equality is written =="),
    ("frail && elderly", NO_SYNTAX, 8, ""),
    ("frail AND elderly", NO_SYNTAX, 7, ""),
    ("frail and", NO_SYNTAX, 10, ""),
    ("frail)", "this is no condition", 6, ""),
    ("not (frail", "this is no condition", 5, ""),
    ("prior_lines == 1  # first relapse\nand not frail", "a condition holds no comment", 18, "write it outside"),
    ("# frail", "a condition holds no comment", 1, "write it outside"),
    # characters beyond ASCII
    ("age ≥ 75", "this is no condition", 5, ""),
    ("größe > 3", "no fact or condition is called größe", 1, ""),
    ("frail and größe", "no fact or condition is called größe", 11, ""),
    ("refractory_to('größe')", 'refractory_to knows no "größe"', 15, f"known here: {', '.join(sorted(AGENTS))}"),
    # names that are not declared
    ("frial", "no fact or condition is called frial", 1, "did you mean frail?"),
    ("frail and prior_line > 1", "no fact or condition is called prior_line", 11, "did you mean prior_lines?"),
    ("usabel(bortezomib)", "no fact or condition is called usabel", 1, "did you mean usable?"),
    ("xyzzy", "no fact or condition is called xyzzy", 1, ""),
    ("daratumumab in refractory_to", "no fact or condition is called daratumumab", 1, ""),
    ("fit == fit", "no fact or condition is called fit", 1, ""),
    ("a and any(refractory_to(a) for a in proteasome_inhibitor)", "no fact or condition is called a", 1, ""),
    # numbers
    ("age", "age alone is neither true nor false", 1, "write age > 75"),
    ("prior_lines", "prior_lines alone is neither true nor false", 1, "write prior_lines >= 2"),
    ("age(75)", "age takes no `( )` like this", 1, "write age > 75"),
    ("age > old", "age is compared with a number, not with `old`", 7, ""),
    ("age > '75'", "age is compared with a number, not with `'75'`", 7, ""),
    ("age > True", "age is compared with a number, not with `True`", 7, ""),
    ("age > 2j", "age is compared with a number, not with `2j`", 7, ""),
    ("age > months", "age is compared with a number, not with `months`", 7, ""),
    ("age > 70 + 5", "age is compared with a number, not with `70 + 5`", 7, ""),
    ("prior_lines == 1.5", "prior_lines is a whole number and cannot be compared with 1.5", 16, ""),
    ("1.5 < prior_lines", "prior_lines is a whole number and cannot be compared with 1.5", 1, ""),
    ("age in (75, 76)", "age cannot be in a group", 1, "write age > 75"),
    ("age + 1 in (75, 76)", "`age + 1` cannot be in a group", 1, ""),
    ("1 < 2", "`1` cannot be compared", 1, "compare a fact with a value"),
    ("age + 1 > 75", "`age + 1` cannot be compared", 1, "compare a fact with a value"),
    ("age is 75", "a condition compares by == != < <= > >= in", 8, ""),
    ("age > 1e400", "age is compared with a number that is too large", 7, ""),
    ("-1 < age", "`-1` cannot be compared", 1, "compare a fact with a value"),
    ("prior_lines > 1e400", "prior_lines is compared with a number that is too large", 15, ""),
    ("1" + "0" * 400 + " < age", "age is compared with a number that is too large", 1, ""),
    # facts of several values
    ("fitness", "fitness alone is neither true nor false", 1, "write fitness == value"),
    ("fitness < fit", "fitness has no order", 1, "write fitness == fit"),
    ("frail or 'fit' >= fitness", "fitness has no order", 19, "write fitness == fit"),
    ("fitness == fti", '"fti" is not one of its values', 12, "did you mean fit?"),
    ("fitness in (fit, old)", '"old" is not one of its values', 18, "known here: fit, intermediate, unfit"),
    ("fitness == 3", "`3` is no name", 12, HYPHEN),
    ("fitness in proteasome_inhibitor", "fitness cannot be in a group", 1, "write fitness == value"),
    ("fitness(fit)", "fitness takes no `( )` like this", 1, "write fitness == value"),
    # yes-or-no facts
    ("frail == True", "frail is no number", 1, "write frail or not frail"),
    ("frail()", "frail takes no `( )` like this", 1, "write frail or not frail"),
    ("frail in (fit,)", "frail cannot be in a group", 1, "write frail or not frail"),
    # list facts
    ("refractory_to", "refractory_to alone is neither true nor false", 1, "write refractory_to(member)"),
    ("refractory_to()", "refractory_to takes no `( )` like this", 1, "write refractory_to(member)"),
    ("refractory_to(bortezomib, KRd)", "refractory_to takes no `( )` like this", 1, "write refractory_to(member)"),
    ("refractory_to == bortezomib", "refractory_to is no number", 1, "write refractory_to(member)"),
    ("refractory_to(bortezomb)", 'refractory_to knows no "bortezomb"', 15, "did you mean bortezomib?"),
    ("regimens_given(D-VMP)", "`D - VMP` is no name", 16, HYPHEN),
    ("refractory_to(*proteasome_inhibitor)", "`*proteasome_inhibitor` is no name", 15, HYPHEN),
    ("refractory_to(a=bortezomib)", "`refractory_to(a=bortezomib)` is not something a condition can say", 1, ""),
    ("refractory_to(bortezomib) == True", "`refractory_to(bortezomib)` cannot be compared", 1, "compare a fact with a value"),
    # any and all
    ("any", "no fact or condition is called any", 1, ""),
    ("any(frail)", "any( ) needs a `for`", 1, FOR),
    ("frail and all(refractory_to)", "all( ) needs a `for`", 11, FOR.replace("any", "all")),
    ("any([refractory_to(a) for a in proteasome_inhibitor])", "any( ) needs a `for`", 1, FOR),
    ("any(switched(a, b) for a in none_such for b in none_such)", "any( ) needs a `for`", 1, FOR),
    ("any(refractory_to(a) for a, b in proteasome_inhibitor)", "any( ) needs a `for`", 1, FOR),
    (
        "any(refractory_to(a) for a in protease_inhibitor)",
        "`protease_inhibitor` is no group",
        31,
        "did you mean proteasome_inhibitor?",
    ),
    ("any(refractory_to(a) for a in agents_of(KR))", 'agents_of knows no "KR"', 41, ""),
    ("any(refractory_to(a) for a in 'KRd')", "`'KRd'` is no group", 31, "known here: agents_of, none_such, proteasome_inhibitor"),
    ("any(refractory_to(a) for a in (KRd, 3))", "`3` is no name", 37, HYPHEN),
    ("any(refractory_to(a) async for a in proteasome_inhibitor)", "any( ) needs a `for`", 1, FOR),
    ("any(refractory_to(a) for a in (bortezomb, KRd))", 'nothing is called "bortezomb"', 32, "did you mean bortezomib?"),
    (
        "any(refractory_to(a) for a in proteasome_inhibitor if a != bortezomb)",
        'nothing is called "bortezomb"',
        60,
        "did you mean bortezomib?",
    ),
    (
        "any(refractory_to(a) for a in proteasome_inhibitor if a in (KRd, bortezomb))",
        'nothing is called "bortezomb"',
        66,
        "did you mean bortezomib?",
    ),
    (
        "any(refractory_to(a) for a in proteasome_inhibitor if frail)",
        "`frail` asks something of the patient",
        55,
        "a filter only compares names",
    ),
    (
        "all(refractory_to(a) for a in proteasome_inhibitor if a != bortezomib if usable(a) or frail)",
        "`usable(a) or frail` asks something of the patient",
        74,
        "a filter only compares names",
    ),
    # named conditions
    ("usable", "usable is given 0 names and takes 1", 1, "write usable(agent)"),
    ("frail and switched(KRd)", "switched is given 1 names and takes 2", 11, "write switched(old, new)"),
    ("usable(bortezomib, KRd)", "usable is given 2 names and takes 1", 1, "write usable(agent)"),
    ("elderly(bortezomib)", "elderly is given 1 names and takes 0", 1, "write elderly"),
    ("usable(frail or elderly)", "`frail or elderly` is no name", 8, HYPHEN),
    ("usable(bortezomb)", 'in usable: refractory_to knows no "bortezomb"', 19, "did you mean bortezomib?"),
    ("misspelt", "in misspelt: no fact or condition is called prior_transplnt", 11, "did you mean prior_transplant?"),
    (
        "frail or of_misspelt",
        "in of_misspelt: in misspelt: no fact or condition is called prior_transplnt",
        11,
        "did you mean prior_transplant?",
    ),
    ("unfinished", "in unfinished: this is no condition", 11, ""),
    ("blank", "in blank: the condition is empty", 1, ""),
    ("itself", "in itself: itself is defined by itself: itself -> itself", 1, ""),
    ("frail and hen", "in hen: in egg: hen is defined by itself: hen -> egg -> hen", 1, ""),
    ("again(bortezomib)", "in again: again is defined by itself: again -> again", 1, ""),
    # Python that is no condition
    ("None", "`None` is not something a condition can say", 1, ""),
    ("1", "`1` is not something a condition can say", 1, ""),
    ("'frail'", "`'frail'` is not something a condition can say", 1, ""),
    ("not ...", "`...` is not something a condition can say", 5, ""),
    ("frail, elderly", "`(frail, elderly)` is not something a condition can say", 1, ""),
    ("[frail]", "`[frail]` is not something a condition can say", 1, ""),
    ("{frail: elderly}", "`{frail: elderly}` is not something a condition can say", 1, ""),
    ("frail | elderly", "`frail | elderly` is not something a condition can say", 1, ""),
    ("frail and -age", "`-age` is not something a condition can say", 11, ""),
    ("frail if elderly else frail", "`frail if elderly else frail` is not something a condition can say", 1, ""),
    ("frail[0]", "`frail[0]` is not something a condition can say", 1, ""),
    ("frail.real", "`frail.real` is not something a condition can say", 1, ""),
    ("age.real > 75", "`age.real` cannot be compared", 1, "compare a fact with a value"),
    ("refractory_to(agents.bortezomib)", "`agents.bortezomib` is no name", 15, HYPHEN),
    ("frail.__class__()", "`frail.__class__()` is not something a condition can say", 1, ""),
    ("lambda: frail", "`lambda: frail` is not something a condition can say", 1, ""),
    ("(lambda: frail)()", "`(lambda: frail)()` is not something a condition can say", 1, ""),
    ("f'{frail}'", "`f'{frail}'` is not something a condition can say", 1, ""),
    ("fitness == f'{frail}'", "`f'{frail}'` is no name", 12, HYPHEN),
    ("(x := frail)", "`(x := frail)` is not something a condition can say", 2, ""),
    ("frail and (x := frail)", "`(x := frail)` is not something a condition can say", 12, ""),
    ("await frail", "`await frail` is not something a condition can say", 1, ""),
    ("print(frail)", "no fact or condition is called print", 1, ""),
    ("len(refractory_to) > 1", "`len(refractory_to)` cannot be compared", 1, "compare a fact with a value"),
    ("__import__('os')", "no fact or condition is called __import__", 1, ""),
    # nesting that nobody can read
    ("(" * 300 + "frail" + ")" * 300, "this is no condition", 201, ""),
    ("not " * 1200 + "frail", "the condition is nested too deep", 1, ""),
    ("not " * DEEP + "frail", "the condition is nested too deep", 1, ""),
]


@pytest.mark.parametrize(("text", "what", "column", "remedy"), WRONG, ids=lambda value: str(value)[:60])
def test_a_wrong_text_says_what_where_and_what_would_be_right(text: str, what: str, column: int, remedy: str) -> None:
    with pytest.raises(ConditionError) as raised:
        parse(text, scope())
    error = raised.value
    assert (error.what, error.column, error.remedy) == (what, column, remedy)
    assert str(error) == what


@pytest.mark.parametrize(
    ("text", "what", "column", "remedy"),
    [
        ("agent", "no fact or condition is called agent", 1, "did you mean age?"),
        ("agent < bortezomib", "agent is a name and can only be == or != to another", 1, ""),
        ("frail or 3 == agent", "`3` is no name", 10, HYPHEN),
        ("agent in frial", "`frial` is no group", 10, "known here: agents_of, none_such, proteasome_inhibitor"),
        ("agent in agents_of(KRD)", 'agents_of knows no "KRD"', 20, ""),
        ("agent in (bortezomib, elderly())", "`elderly()` is no name", 23, HYPHEN),
        ("agent(frail)", "no fact or condition is called agent", 1, "did you mean age?"),
        ("refractory_to('agent')", 'refractory_to knows no "agent"', 15, f"known here: {', '.join(sorted(AGENTS))}"),
        ("refractory_to(option)", 'refractory_to knows no "KRd"', 15, f"known here: {', '.join(sorted(AGENTS))}"),
    ],
)
def test_a_wrong_use_of_a_variable(text: str, what: str, column: int, remedy: str) -> None:
    with pytest.raises(ConditionError) as raised:
        parse(text, scope(), {"agent": "bortezomib", "option": "KRd"})
    assert (raised.value.what, raised.value.column, raised.value.remedy) == (what, column, remedy)


# Nothing is executed


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "not {}",
        "frail and {}",
        "{} == 1",
        "age > {}",
        "24 <= {} < 36",
        "fitness == {}",
        "fitness in ({}, fit)",
        "fitness in {}",
        "agent == {}",
        "agent in ({},)",
        "refractory_to({})",
        "usable({})",
        "elderly({})",
        "any({})",
        "any({} for a in proteasome_inhibitor)",
        "any(frail for a in {})",
        "any(frail for a in ({},))",
        "any(frail for a in agents_of({}))",
        "any(frail for a in proteasome_inhibitor if {})",
        "f'{{{}}}'",
        "fitness == f'{{{}}}'",
        "(lambda x={}: x)()",
        "(x := {})",
        "[{}][0]",
        "{}.read",
        "[x for x in [{}]]",
        "frail if {} else frail",
        "open.__call__({})",
        "agents_of({})",
    ],
)
@pytest.mark.parametrize("call", ['open("{path}", "w")', '__import__("pathlib").Path("{path}").touch()'])
def test_code_in_a_condition_is_refused_and_does_not_run(
    form: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ran"
    ran: list[str] = []
    with monkeypatch.context() as watched:
        for name in ("eval", "exec", "open"):
            watched.setattr(builtins, name, lambda *_, name=name, **__: ran.append(name))
        with pytest.raises(ConditionError) as raised:
            parse(form.format(call.format(path=path)), scope(), {"agent": "bortezomib"})
    assert raised.value.what
    assert not path.exists()
    assert ran == []


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "__import__('os').system('true')",
        "().__class__.__bases__[0].__subclasses__()",
        "frail.__class__.__mro__",
        "eval('frail')",
        "exec('import os')",
        "compile('1', '', 'eval')",
        "globals()",
        "vars()",
        "getattr(frail, 'x')",
        "breakpoint()",
        "exit()",
        "print",
        "__builtins__",
        "__name__",
        "open('x').read() == 'y'",
        "'{0.__class__}'.format(frail) == 'x'",
        "[x for x in ().__class__.__base__.__subclasses__()]",
        "(yield)",
        "(lambda: (yield))()",
        "9 ** 9 ** 9 > age",
        "age > 9 ** 9 ** 9",
        "'x' * 10 ** 12 == fitness",
    ],
)
def test_hostile_texts_are_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        parse(text, scope())


PIECES = [
    *("frail", "elderly", "usable", "age", "fitness", "fit", "refractory_to", "bortezomib", "agent", "KRd"),
    *("any", "all", "agents_of", "for", "a", "in", "if", "else", "lambda", "is", "and", "or", "not", "async", "await", "yield"),
    *("(", ")", "[", "]", "{", "}", ",", ".", ":", ":=", "==", "!=", "<", ">=", "=", "-", "*", "**", "@", ";"),
    *("1", "75", "2.5", "2j", "'fit'", '"D-VMP"', "b'x'", "f'{a}'", "'", "\\", "True", "None", "é", "≥", "\n", "\0"),
]


@st.composite
def damaged_texts(draw: st.DrawFn) -> str:
    """Return a right text with some of its words replaced, dropped or added."""
    words = re.findall(r"\s+|\w+|[^\w\s]+", draw(st.sampled_from(RIGHT))[0])
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(words)))
        words[start : start + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from(PIECES), max_size=2))
    return "".join(words)


@pytest.mark.filterwarnings("ignore:invalid:SyntaxWarning", "ignore:invalid:DeprecationWarning")
@settings(max_examples=600)
@given(damaged_texts() | st.text(max_size=30))
def test_any_text_is_a_condition_or_a_condition_error(text: str) -> None:
    try:
        node = parse(text, scope(), {"agent": "bortezomib", "other": "lenalidomide", "option": "KRd"})
    except ConditionError as error:
        assert error.what
        assert error.what.startswith("in ") or 1 <= error.column <= len(text.encode()) + 1
    else:
        assert truth(node, {}) in (True, False, None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("prior_lines == 1  # first relapse\nand not frail", id="a comment hides the lines below it"),
        pytest.param("any(refractory_to(a) for a in proteasome_inhibitor if regimens_given(KRd))", id="a filter by a fact"),
        pytest.param("all(refractory_to(a) for a in proteasome_inhibitor if frail)", id="a filter by a fact drops all"),
        pytest.param("any(refractory_to(a) for a in proteasome_inhibitor if a != bortezomb)", id="a misspelt name compared"),
        pytest.param("any(refractory_to(a) for a in proteasome_inhibitor if a in (bortezomb,))", id="a misspelt name in a group"),
        pytest.param("any(refractory_to(a) async for a in proteasome_inhibitor)", id="an async for"),
        pytest.param("age > 1e400", id="an infinite number"),
    ],
)
def test_a_text_that_would_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        parse(text, scope())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("prior_lines > 1e400", id="an infinite whole number"),
        pytest.param("prior_lines > 1" + "0" * 400, id="a huge whole number"),
        pytest.param("age > 1" + "0" * 400, id="a huge number"),
        pytest.param("not " * 1200 + "frail", id="deep, but not too deep for the parser"),
        pytest.param("fitness < fit", id="a category without values"),
    ],
)
def test_only_condition_errors_are_raised(text: str) -> None:
    within = scope()
    within.facts = {**within.facts, "fitness": FactType("category")}
    with pytest.raises(ConditionError):
        parse(text, within)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        pytest.param("regimens_given('größe') and frial", 29, id="after letters beyond ASCII"),
        pytest.param("frail and", 10, id="at the end"),
    ],
)
def test_columns_count_characters(text: str, column: int) -> None:
    with pytest.raises(ConditionError) as raised:
        parse(text, scope())
    assert raised.value.column == column


@pytest.mark.parametrize("text", ["age > 75and frail", "fitness == 'fit' or '\\d' == fitness"])
def test_python_warns_nobody(text: str) -> None:
    with warnings.catch_warnings(record=True) as heard, suppress(ConditionError):
        warnings.simplefilter("always")
        parse(text, scope())
    assert heard == []


@pytest.mark.parametrize(
    "text",
    [
        "any(refractory_to(a) for a in none_such if frail)",
        "any(refractory_to(a) for a in proteasome_inhibitor if a == lenalidomide if frail)",
        "any(refractory_t(a) for a in none_such)",
    ],
)
def test_what_stands_over_an_empty_group_is_read_all_the_same(text: str) -> None:
    with pytest.raises(ConditionError):
        parse(text, scope())


def test_what_stands_over_a_group_filtered_empty_is_read_all_the_same() -> None:
    with pytest.raises(ConditionError):
        parse("any(refractory_t(a) for a in proteasome_inhibitor if a == lenalidomide)", scope())
