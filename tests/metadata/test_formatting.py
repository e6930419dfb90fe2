"""Formatting quotes what YAML cuts and orders keys; comments, data and everything else stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.errors import DefinitionError
from formline.metadata import parser
from formline.metadata.formatting import format_text

HEAD = "kind: object\nname: customer\n"
EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.yaml"))


@pytest.mark.parametrize(
    ("written", "formatted"),
    [
        ("fields:\n  a: {expression: min(a, b)}\n", 'fields:\n  a: {expression: "min(a, b)"}\n'),
        ("fields:\n  a: {where: x in [1, 2]}\n", 'fields:\n  a: {where: "x in [1, 2]"}\n'),
        ('rules:\n  a:\n    check: b == "c: d"\n', "rules:\n  a:\n    check: 'b == \"c: d\"'\n"),
        ('rules:\n  a:\n    check: b != "c #d"  # why\n', "rules:\n  a:\n    check: 'b != \"c #d\"'  # why\n"),
        ("rules:\n  a: {check: it's(a, b)}\n", 'rules:\n  a: {check: "it\'s(a, b)"}\n'),
        ('help: 5: "five"\n', "help: '5: \"five\"'\n"),
        ("fields:\n  a: {label: A, type: text}   # x\n", "fields:\n  a: {type: text, label: A}   # x\n"),
        ("fields:\n  b:\n    label: B\n    type: text\n", "fields:\n  b:\n    type: text\n    label: B\n"),
        (
            "fields:\n  b:\n    # the label\n    label: B\n    type: text  # the type\n",
            "fields:\n  b:\n    type: text  # the type\n    # the label\n    label: B\n",
        ),
        ("fields:\n  z: {type: text}\n  a: {type: text}\n", "fields:\n  z: {type: text}\n  a: {type: text}\n"),
        (
            "rules:\n  a: {}\nfields: {}\n# about the label\nlabel: L\n",
            "# about the label\nlabel: L\nfields: {}\nrules:\n  a: {}\n",
        ),
        ("rules:\n  a: {}\n  # end of rules\nlabel: L\n", "label: L\nrules:\n  a: {}\n  # end of rules\n"),
        ("help: |\n  two\n\n  lines\nlabel: L\n", "label: L\nhelp: |\n  two\n\n  lines\n"),
        ("fields:\n  a: {label: A,\n      type: text}\n", "fields:\n  a: {type: text,\n      label: A}\n"),
        ("custom: 1\nlabel: L\n", "label: L\ncustom: 1\n"),
        ("label: L", "label: L\n"),
    ],
)
def test_a_text_is_put_into_shape(written: str, formatted: str) -> None:
    assert format_text(HEAD + written) == HEAD + formatted
    assert format_text(HEAD + formatted) == HEAD + formatted


def test_the_first_key_of_an_item_stays_first() -> None:
    text = "kind: layout\nname: a\nobject: a\nform:\n  - table: lines\n    section: x\n    columns: [b]\n"
    assert format_text(text) == text


def test_a_header_stays_at_the_top() -> None:
    text = "# yaml-language-server: $schema=object.json\nname: a\nkind: object\n"
    assert format_text(text) == "# yaml-language-server: $schema=object.json\nkind: object\nname: a\n"


def test_every_document_is_formatted() -> None:
    text = "name: a\nkind: object\n---\n# second\nname: b\nkind: object\n"
    assert format_text(text) == "kind: object\nname: a\n---\n# second\nkind: object\nname: b\n"


def test_what_cannot_be_mended_is_refused() -> None:
    with pytest.raises(DefinitionError) as caught:
        format_text(HEAD + "fields: {a: {type: text}\n")
    assert [problem.code for problem in caught.value.problems] == ["yaml-syntax"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_formatting_changes_no_data_and_happens_once(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    formatted = format_text(text)
    assert data(formatted) == data(text)
    assert format_text(formatted) == formatted


KEYS = st.permutations(["label: L", "type: text", "help: H", "required: true", 'visible: a == "b"'])
COMMENTS = st.lists(st.sampled_from(["", "# c", "# d"]), min_size=5, max_size=5)


@given(KEYS, COMMENTS, st.booleans())
def test_any_order_of_keys_ends_in_one(keys: list[str], comments: list[str], above: bool) -> None:
    lines = ["fields:", "  a:"]
    for key, comment in zip(keys, comments, strict=True):
        lines += [f"    {comment}", f"    {key}"] if above and comment else [f"    {key}  {comment}".rstrip()]
    text = HEAD + "\n".join(lines) + "\n"
    formatted = format_text(text)
    assert data(formatted) == data(text)
    assert sorted(formatted.split("\n")) == sorted(text.split("\n"))
    assert list(data(formatted)[0]["fields"]["a"]) == ["type", "label", "help", "required", "visible"]
    assert format_text(formatted) == formatted


CALLS = st.recursive(
    st.sampled_from(["a", "12", '"x"', '"a, b"', '"a: b"', '"a #b"', "c.d"]),
    lambda inner: (
        st.builds(
            lambda name, parts: f"{name}({', '.join(parts)})",
            st.sampled_from(["min", "f"]),
            st.lists(inner, max_size=3),
        )
        | st.builds(lambda parts: f"e in [{', '.join(parts)}]", st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=8,
)


@given(CALLS)
def test_an_unquoted_expression_survives(expression: str) -> None:
    text = HEAD + f"fields:\n  a: {{type: formula, expression: {expression}, label: A}}\n"
    formatted = format_text(text)
    assert format_text(formatted) == formatted
    field = data(formatted)[0]["fields"]["a"]
    assert list(field) == ["type", "label", "expression"]
    assert str(field["expression"]) in (expression, expression.strip('"'))


def data(text: str) -> list[Any]:
    parsed, problems = parser.parse(text, "f.yaml")
    assert problems == []
    return [one.data for one in parsed]
