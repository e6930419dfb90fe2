"""Reading: what scalars mean, where values stand, what a folder is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.metadata import loader
from formline.metadata.parser import parse, resolve


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.50", Decimal("1.50")),
        ("1e3", Decimal("1e3")),
        ("-0.10", Decimal("-0.10")),
        *((text, text) for text in ("yes", "no", "on", "off", "True", "NULL", "~", "12:30", "2024-01-31", "010")),
        *((text, text) for text in ("0x1F", "1_000", ".5", "5.", "+1", "2/3", "-60d", "1.2.3", ".inf", "1e")),
    ],
)
def test_only_json_scalars_are_more_than_text(written: str, meant: Any) -> None:
    value = resolve(written)
    assert value == meant
    assert type(value) is type(meant)


def test_a_decimal_keeps_its_digits() -> None:
    (parsed,), problems = parse("a: 1.500\nb: [2.0]\n", "f.yaml")
    assert problems == []
    assert [str(parsed.data["a"]), str(parsed.data["b"][0])] == ["1.500", "2.0"]


def test_a_quoted_scalar_is_text() -> None:
    (parsed,), _ = parse("a: 'true'\nb: \"12\"\nc: |\n  12\n", "f.yaml")
    assert parsed.data == {"a": "true", "b": "12", "c": "12\n"}


def test_keys_are_text() -> None:
    (parsed,), problems = parse("{1: a, true: b, 80%: c, null: d}", "f.yaml")
    assert problems == []
    assert parsed.data == {"1": "a", "true": "b", "80%": "c", "null": "d"}


def test_json_is_read_the_same_way() -> None:
    text = '{\n\t"kind": "object",\n\t"name": "customer",\n\t"label": "\\ud83d\\ude00",\n\t"history": false\n}\n'
    loaded = loader.load_text(text, "objects/customer.json")
    assert loaded.problems == ()
    assert loaded.documents[0].data == {"kind": "object", "name": "customer", "label": "😀", "history": False}
    assert str(loaded.documents[0].positions.at(("label",))) == "objects/customer.json:4:11"


def test_several_documents_are_read() -> None:
    loaded = loader.load_text("kind: object\nname: a\n---\nkind: object\nname: b\n", "f.yaml")
    assert [document.name for document in loaded.documents] == ["a", "b"]
    assert loaded.documents[1].positions.at(("name",)).line == 5


def test_what_stands_before_a_syntax_error_is_kept() -> None:
    loaded = loader.load_text("kind: object\nname: a\n---\nkind: object\nname: [b\n", "f.yaml")
    assert [document.name for document in loaded.documents] == ["a"]
    assert [problem.code for problem in loaded.problems] == ["yaml-syntax"]


def test_an_extension_is_known_by_what_it_extends() -> None:
    (document,) = loader.load_text("kind: object\nextends: user\n", "f.yaml").documents
    assert (document.name, document.extends) == ("user", "user")


TEXT = """\
kind: object
name: customer
fields:
  a: {type: text,
      label: "A b"}
  b:
    type: formula
    expression: |
      min(
        a, b)
rules:
  - [x, y]
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("name",), 2, 7),
        (("fields",), 4, 3),
        (("fields", "a"), 4, 6),
        (("fields", "a", "label"), 5, 14),
        (("fields", "a", "missing", "deeper"), 4, 6),
        (("fields", "b"), 7, 5),
        (("rules", 0, 1), 12, 9),
        (("rules", 7), 12, 3),
    ],
)
def test_a_value_has_a_place(path: tuple[str | int, ...], line: int, column: int) -> None:
    (parsed,), _ = parse(TEXT, "f.yaml")
    positions = loader.Positions("f.yaml", parsed.marks)
    assert (positions.at(path).line, positions.at(path).column) == (line, column)


@pytest.mark.parametrize(
    ("path", "offset", "line", "column"),
    [
        (("name",), 3, 2, 10),
        (("fields", "a", "label"), 2, 5, 17),
        (("fields", "b", "expression"), 0, 9, 7),
        (("fields", "b", "expression"), 7, 10, 9),
        (("fields", "nothing"), 5, 4, 3),
    ],
)
def test_a_character_of_a_text_has_a_place(path: tuple[str, ...], offset: int, line: int, column: int) -> None:
    (parsed,), _ = parse(TEXT, "f.yaml")
    value: Any = parsed.data
    for step in path:
        value = value.get(step, "")
    position = loader.Positions("f.yaml", parsed.marks).within(path, offset, str(value))
    assert (position.line, position.column) == (line, column)


def test_a_key_has_a_place() -> None:
    (parsed,), _ = parse(TEXT, "f.yaml")
    positions = loader.Positions("f.yaml", parsed.marks)
    assert str(positions.key(("fields", "a", "label"))) == "f.yaml:5:7"
    assert str(positions.key(("rules", 0))) == "f.yaml:12:5"
    assert str(positions.key(("fields", "zzz"))) == "f.yaml:4:3"


def test_a_folder_is_every_definition_in_it(tmp_path: Path) -> None:
    files = {
        "site/objects/b.yaml": "kind: object\nname: b\n",
        "site/objects/sales/a.yml": "kind: object\nname: a\n",
        "site/translations/de/object.yaml": "kind: translations\nlanguage: de\nof: object\ntexts: {a: {label: A}}\n",
        "site/package.yaml": "kind: package\nname: site\nversion: 1.0.0\n",
        "site/README.md": "# not read",
        "site/.git/c.yaml": "not: read",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    loaded = loader.load_folder(tmp_path / "site")
    assert loaded.problems == ()
    assert [document.name for document in loaded.documents] == ["b", "a", "site", "de/object"]
    assert loaded.documents[0].file == "site/objects/b.yaml"


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    loaded = loader.load_text(text, "f.yaml")
    assert loaded.documents or loaded.problems


#: Every text that is one: control characters are refused with a code of their own.
WRITABLE = st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | WRITABLE,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=20), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_what_is_written_as_json_is_read_back(value: Any) -> None:
    (parsed,), problems = parse(as_json(value), "f.json")
    assert problems == []
    assert parsed.data == value


def as_json(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_json(key)}: {as_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_json(inner) for inner in value) + "]"
    if isinstance(value, str):
        plain = all(" " <= character <= "~" and character not in '"\\' for character in value)
        escaped = "".join(f"\\U{ord(character):08x}" for character in value)
        return f'"{value if plain else escaped}"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value).replace("E+", "e+")
