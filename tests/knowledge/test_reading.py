"""The strict reader: what YAML and JSON mean, where each value stands, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from myeloguide.errors import InputError
from myeloguide.knowledge.reading import DEFAULT_LIMIT, MAX_DEPTH, Place, Strict, check, parse, parse_all, read

TEXT = [
    "off",
    "on",
    "yes",
    "no",
    "y",
    "2021-03-01",
    "2021-03",
    "1:30",
    "1_000",
    "0x1F",
    "0o14",
    "1.2.3",
    ".nan",
    "<<",
    "True story",
]
NESTED = """\
# a comment
facts:
  prior_lines: 1
  exposed_to:
  - lenalidomide
  -   bortezomib
history: {lines: [
  {line: 1,
   regimen: VRd}]}
text: >-
  folded
  text
last: 2
"""


@pytest.mark.parametrize("written", TEXT)
def test_a_word_that_older_yaml_would_change_is_text(written: str) -> None:
    assert parse(f"a: {written}", "f.yaml").data == {"a": written}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12", 12), ("-3", -3), ("+5", 5), ("012", 12), ("0", 0), ("1.5", 1.5), ("-.5", -0.5), ("1.", 1.0), ("1e3", 1000.0),
        ("true", True), ("TRUE", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("'12'", "12"), ('"true"', "true"), ("''", ""), ("[1, 2.0, x]", [1, 2.0, "x"]), ("{b: }", {"b": None}), ("[]", []),
        ("2021", 2021), ("'~'", "~"), ("|\n  12\n  13", "12\n13"), (">-\n  12", "12"),
    ],
)  # fmt: skip
def test_numbers_and_constants(written: str, value: Any) -> None:
    found = parse(f"a: {written}", "f.yaml").data["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((), 2), (("facts",), 2), (("facts", "prior_lines"), 3), (("facts", "exposed_to"), 4), (("facts", "exposed_to", 1), 6),
        (("history", "lines"), 7), (("history", "lines", 0), 8), (("history", "lines", 0, "regimen"), 9), (("text",), 10),
        (("last",), 13),
        (("facts", "prior_lines", "deeper"), 3), (("history", "lines", 0, "start"), 8), (("nowhere",), 2),
    ],
)  # fmt: skip
def test_each_place_has_its_line_and_a_missing_one_that_of_what_encloses_it(place: Place, line: int) -> None:
    assert parse(NESTED, "p.yaml").where(place) == f"p.yaml:{line}"


def test_json_with_tabs_is_read_with_its_lines() -> None:
    document = parse('{\n\t"a": 1,\n\t"b": [true, null, "x y"],\n\t"c":\t{"d": 1.5}\n}', "p.json")
    assert document.data == {"a": 1, "b": [True, None, "x y"], "c": {"d": 1.5}}
    assert document.where(("c", "d")) == "p.json:4"


@pytest.mark.parametrize("text", ['{"a": "é 😀"}', '{"a": "\\u00e9 😀"}', "a: é 😀", "\ufeffa: é 😀"])
def test_every_letter_is_read(text: str) -> None:
    assert parse(text, "f").data == {"a": "é 😀"}


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ('{"b": 0,\n "a"\n : 1}', {"b": 0, "a": 1}),
        (f'{{"{"k" * 1025}": 1}}', {"k" * 1025: 1}),
    ],
    ids=["escaped emoji", "colon on the next line", "long key"],
)
def test_json_that_is_no_yaml_is_read(text: str, data: dict[str, Any]) -> None:
    assert parse(text, "f").data == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "f:3: the key a stands twice (first on line 1) (keep one)"),
        ("a:\n  b: 1\n  c: 2\n  b: 3", "f:4: the key b stands twice (first on line 2) (keep one)"),
        ('{\n\t"a": 1,\n\t"a": 2\n}', "f:3: the key a stands twice (first on line 2) (keep one)"),
        ('[{"a": 1},\n {"b": 1, "b": 1}]', "f:2: the key b stands twice (first on line 2) (keep one)"),
        ('{"a": 1,\n "\\u0061": 2}', "f:2: the key a stands twice (first on line 1) (keep one)"),
        ('{"a": "\\ud83d\\ude00",\n "a": 2}', "f: the key a stands twice (keep one)"),
        ("a: 1\nb: &x 2\n", "f:2: anchors and aliases (& and *) are not read (write the value out)"),
        ("a: 1\nb: &x {}\n", "f:2: anchors and aliases (& and *) are not read (write the value out)"),
        ("a: 1\nb:\n- *x\n", "f:3: anchors and aliases (& and *) are not read (write the value out)"),
        ("a: !!str 1", "f:1: the tag tag:yaml.org,2002:str is not read (leave it out)"),
        ("a: !thing {}", "f:1: the tag !thing is not read (leave it out)"),
        ("? [1, 2]\n: 3", "f:1: a key must be a plain word, without anchor or tag (write `key: value`)"),
        ("a: 1\n&x b: 2", "f:2: a key must be a plain word, without anchor or tag (write `key: value`)"),
        ("a: 1\n*x : 2", "f:2: a key must be a plain word, without anchor or tag (write `key: value`)"),
        ("a: 1\n!!str b: 2", "f:2: a key must be a plain word, without anchor or tag (write `key: value`)"),
        ("a:\n  !thing b: 2", "f:2: a key must be a plain word, without anchor or tag (write `key: value`)"),
        ("a: 1\n---\nb: 2", "f:3: a second document begins here (one document a file)"),
        ("a: 1\nb: 1e999", "f:2: 1e999 is too large a number"),
        ('{"a": 1e999}', "f:1: 1e999 is too large a number"),
        ('{"a": 1,\n"b": -1e999}', "f:2: -1e999 is too large a number"),
        ('{"a": "\\ud83d\\ude00", "b": 1e999}', "f: 1e999 is too large a number"),
        ("", "f: the file is empty"),
        ("# only a comment\n", "f: the file is empty"),
        ("---\n", "f: the file is empty"),
        ("null\n", "f: the file is empty"),
    ],
)
def test_what_is_refused_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "f")
    assert str(caught.value) == message


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_json_has_no_number_that_is_none(constant: str) -> None:
    with pytest.raises(InputError, match=f"^f.*: {constant} is not a number"):
        parse(f'{{"a": 1,\n "b": [{constant}]}}', "f")


@pytest.mark.parametrize(
    ("text", "line"), [("a: b: c", 1), ("a: 1\nb:\n\tc: 1", 3), ("a: 1\nb: 'x", 2), ('{"a": 1}\n{"b": 2}', 2), ("a: 1\n- b", 2)]
)
def test_broken_syntax_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(InputError, match=f"^f:{line}: is neither YAML nor JSON: .+ \\(check indentation, colons and quotes"):
        parse(text, "f")


def test_control_characters_are_refused() -> None:
    with pytest.raises(InputError, match=r"^f: is neither YAML nor JSON"):
        parse("a: \x00", "f")


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_nesting_has_a_limit(opened: str, closed: str) -> None:
    deepest = opened * MAX_DEPTH + "1" + closed * MAX_DEPTH
    parse(deepest, "f")
    with pytest.raises(InputError, match=f"^f:2: is nested more than {MAX_DEPTH} deep$"):
        parse(opened + "\n" + deepest + closed, "f")


def test_nesting_without_end_is_refused_and_not_a_crash() -> None:
    with pytest.raises(InputError, match=r"^f:1: is nested more than"):
        parse("[" * 100_000, "f")


def test_several_documents_are_read_each_with_its_own_lines() -> None:
    first, second = parse_all("a: 1\n---\nb: 2\na: 3\n", "f")
    assert (first.data, second.data) == ({"a": 1}, {"b": 2, "a": 3})
    assert (first.where(("a",)), second.where(("a",))) == ("f:1", "f:4")


def test_a_file_is_read_under_its_path_or_under_a_name(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read(path).data == {"a": 1, "b": 2}
    assert read(path).where(("b",)) == f"{path}:2"
    assert read(path, name="short.yaml").where(("b",)) == "short.yaml:2"


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(path, **options)
    return str(caught.value)


def test_a_file_that_is_not_utf_8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes("a: 1\nb: Müller\n".encode("latin-1"))
    assert refused(path) == f"{path}:2: is not UTF-8 text (save it as UTF-8)"
    path.write_bytes("a: 1\n".encode("utf-16"))
    assert refused(path) == f"{path}:1: is not UTF-8 text (save it as UTF-8)"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.yaml") == f"{tmp_path / 'none.yaml'}: there is no such file"
    assert refused(tmp_path) == f"{tmp_path}: this is a folder (name a file)"


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("a: 1234\n", encoding="utf-8")
    assert read(path, limit=8).data == {"a": 1234}
    assert refused(path, limit=7) == f"{path}: is larger than 7 bytes (no file of this kind is that large)"
    path.write_bytes(b"#" * (DEFAULT_LIMIT + 1))
    assert refused(path).startswith(f"{path}: is larger than {DEFAULT_LIMIT:,} bytes")


class Dose(Strict):
    known_as: ClassVar[str] = "dose"

    amount: float
    unit: str


class Doses(Strict):
    doses: tuple[Dose, ...]


def test_a_document_becomes_a_record() -> None:
    found = check(parse("doses:\n- {amount: 25, unit: mg}", "f"), Doses)
    assert found == Doses(doses=(Dose(amount=25.0, unit="mg"),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("doses:\n- amount: 25", "f:2: unit is missing (add `unit:`)"),
        ("doses:\n- amount: 25\n  unti: mg", "f:3: unknown key unti in a dose (did you mean unit?)"),
        ("doses:\n- amount: 25\n  unit: 5", 'f:3: unit: must be text (put it in quotes: "5")'),
        ("doses:\n- amount: 25\n  unit:", "f:3: unit is empty (give its value)"),
        ("doses: 25 mg", "f:1: doses: must be a list"),
        ("doses:\n- amount: 25\n- unit: mg", "f:2: unit is missing (add `unit:`)\nf:3: amount is missing (add `amount:`)"),
    ],
)
def test_a_document_that_does_not_fit_says_every_fault(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check(parse(text, "f"), Doses)
    assert str(caught.value) == message
