"""Layers: maps merge, lists are patched, every value knows its layer, its place and what it replaced."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.metadata import parser
from tests.metadata.stacks import only, stack

LAYOUT = """\
kind: layout
name: contract
object: contract
highlights: [number, amount]
form:
  - {section: deal, rows: [[number, name], [amount]]}
  - {section: dates, rows: [[signed_on]]}
list:
  columns: [number, {field: amount, total: sum}, name]
  sort: [-amount]
"""
EXTENDS = "kind: layout\nextends: contract\n"


@pytest.mark.parametrize(
    ("change", "path", "expected"),
    [
        ("label: Contract\n", ("label",), "Contract"),
        ("list: {filters: [owner]}\n", ("list", "filters"), ["owner"]),
        ("list: {sort: null}\n", ("list",), {"columns": ["number", {"field": "amount", "total": "sum"}, "name"]}),
        (
            "highlights: [{insert_after: number, highlights: [name, owner]}]\n",
            None,
            ["number", "name", "owner", "amount"],
        ),
        ("highlights: [{insert_before: number, highlights: [name]}]\n", None, ["name", "number", "amount"]),
        ("highlights: {insert_after: amount, highlights: [name]}\n", None, ["number", "amount", "name"]),
        ("highlights: [{remove: number}]\n", None, ["amount"]),
        ("highlights: [{remove: number}, {insert_after: amount, highlights: [number]}]\n", None, ["amount", "number"]),
        ("highlights: [{change: number, highlights: [name]}]\n", None, ["name", "amount"]),
        ("highlights: {replace: true, highlights: [owner]}\n", None, ["owner"]),
        ("list: {sort: [{insert_before: amount, sort: [name]}]}\n", ("list", "sort"), ["name", "-amount"]),
        (
            "list: {columns: [{change: amount, total: avg, label: A}]}\n",
            ("list", "columns", 1),
            {"field": "amount", "total": "avg", "label": "A"},
        ),
        (
            "form: [{insert_after: deal, section: more, rows: [[x]]}]\n",
            ("form", 1),
            {"section": "more", "rows": [["x"]]},
        ),
        (
            "form: [{change: deal, rows: {insert_after: name, rows: [[x, y]]}}]\n",
            ("form", 0, "rows"),
            [["number", "name"], ["x", "y"], ["amount"]],
        ),
        ("form: [{change: deal, rows: {remove: name}}]\n", ("form", 0, "rows"), [["number"], ["amount"]]),
        ("form: [{change: deal, rows: {remove: amount}}]\n", ("form", 0, "rows"), [["number", "name"]]),
        (
            "form: [{change: deal, rows: {change: amount, rows: [[amount, currency]]}}]\n",
            ("form", 0, "rows"),
            [["number", "name"], ["amount", "currency"]],
        ),
        ("form: [{change: dates, label: Days}]\n", ("form", 1, "label"), "Days"),
        ("form: [{remove: dates}]\n", ("form",), [{"section": "deal", "rows": [["number", "name"], ["amount"]]}]),
    ],
)
def test_a_higher_layer_changes_a_lower_one(change: str, path: tuple[str | int, ...] | None, expected: Any) -> None:
    definition = only(stack(LAYOUT, EXTENDS + change))
    assert value_at(definition.data, ("highlights",) if path is None else path) == expected


@pytest.mark.parametrize(
    ("change", "code", "place", "hint"),
    [
        ("highlights: [owner]\n", "bare-list", "package.yaml:3:13", "replace: true"),
        ("highlights: [{remove: amont}]\n", "patch-target", "package.yaml:3:23", 'did you mean "amount"?'),
        ("form: [{change: del, label: D}]\n", "patch-target", "package.yaml:3:17", 'did you mean "deal"?'),
        ("related: [{insert_after: x, list: y}]\n", "patch-target", "package.yaml:3:10", "write related: [...]"),
        ("highlights: [{insert_after: number}]\n", "patch-empty", "package.yaml:3:14", "highlights: [...]"),
        ("highlights: {replace: true}\n", "patch-empty", "package.yaml:3:13", "highlights: [...]"),
        ("form: [{change: deal, rows: [[x]]}]\n", "bare-list", "package.yaml:3:29", "insert_before"),
        ("highlights: [{remove: number}, owner]\n", "bare-list", "package.yaml:3:13", "insert_before"),
    ],
)
def test_a_wrong_change_is_reported(change: str, code: str, place: str, hint: str) -> None:
    merged = stack(LAYOUT, EXTENDS + change)
    assert [(problem.code, str(problem.position)) for problem in merged.problems] == [(code, place)]
    assert hint in merged.problems[0].hint


def test_the_same_list_written_out_again_is_no_change() -> None:
    assert only(stack(LAYOUT, EXTENDS + "highlights: [number, amount]\n")).origins == {(): "base"}


def test_every_value_knows_its_layer_and_place() -> None:
    site = EXTENDS + "label: Ours\nform: [{change: deal, rows: {insert_after: amount, rows: [[x, y]]}}]\n"
    definition = only(stack(LAYOUT, EXTENDS + "label: Deal\nlist: {filters: [owner]}\n", site))
    assert definition.origins == {
        (): "base",
        ("label",): "site",
        ("list", "filters"): "package",
        ("form", 0, "rows", 2): "site",
    }
    assert definition.origin(("form", 0, "rows", 2, 1)) == "site"
    assert definition.origin(("form", 0, "rows", 0)) == "base"
    assert str(definition.positions.at(("form", 0, "rows", 2, 1))) == "site.yaml:4:63"
    assert str(definition.positions.at(("form", 0, "rows", 1, 0))) == "base.yaml:6:45"
    assert str(definition.positions.key(("list", "filters"))) == "package.yaml:4:8"


def test_what_was_replaced_is_kept() -> None:
    change = "label: Two\nhighlights: [{remove: amount}]\nlist: {sort: null}\n"
    definition = only(stack(LAYOUT + "label: One\n", EXTENDS + change, EXTENDS + "label: Three\n"))
    assert definition.replaced == {
        ("label",): "Two",
        ("highlights", "amount"): "amount",
        ("list", "sort"): ["-amount"],
    }


def test_a_definition_nobody_extends_is_as_written() -> None:
    definition = only(stack(LAYOUT))
    (parsed,), _ = parser.parse(LAYOUT, "base.yaml")
    assert definition.data == parsed.data
    assert (definition.origins, definition.replaced) == ({(): "base"}, {})


def test_translations_of_several_layers_add_up() -> None:
    text = "kind: translations\nlanguage: de\nof: object\ntexts:\n  "
    definition = only(stack(text + "a: {label: A}\n", text + "b: {label: B}\n"))
    assert definition.data["texts"] == {"a": {"label": "A"}, "b": {"label": "B"}}


def test_names_are_taken_once() -> None:
    text = "kind: object\nname: customer\n"
    assert [problem.code for problem in stack(text + "---\n" + text).problems] == ["duplicate-definition"]
    assert [problem.code for problem in stack(text, text).problems] == ["already-defined"]
    assert stack(text + "---\nkind: role\nname: customer\n").problems == ()


def test_unique_combinations_are_named_by_their_fields() -> None:
    base = "kind: object\nname: price\nunique: [{fields: [book, product]}]\n"
    change = 'kind: object\nextends: price\nunique: [{insert_after: "book, product", fields: [code]}]\n'
    assert only(stack(base, change)).data["unique"] == [{"fields": ["book", "product"]}, {"fields": ["code"]}]


SCALARS = st.integers(0, 9) | st.sampled_from(["a", "b"])
TREES = st.recursive(
    SCALARS, lambda inner: st.dictionaries(st.sampled_from("uvwxyz"), inner, max_size=4), max_leaves=12
)
MAPS = st.dictionaries(st.sampled_from("uvwxyz"), TREES, max_size=4)


@given(MAPS, MAPS)
def test_the_higher_layer_wins_and_nothing_else_changes(base: dict[str, Any], change: dict[str, Any]) -> None:
    merged = stack(document("name: x", base), document("extends: x", change))
    definition = only(merged)
    rest = {key: value for key, value in definition.data.items() if key not in ("kind", "name")}
    assert rest == merged_maps(base, change)
    for path in leaves(rest, ()):
        origin = "package" if has_leaf(change, path) and not same_leaf(base, change, path) else "base"
        assert definition.origin(path) == origin


def document(head: str, data: dict[str, Any]) -> str:
    return f"kind: object\n{head}\n" + "".join(f"{key}: {value}\n".replace("'", "") for key, value in data.items())


def merged_maps(base: Any, change: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return change
    return base | {key: merged_maps(base.get(key), value) for key, value in change.items()}


def leaves(value: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not isinstance(value, dict):
        return [path]
    return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]


def has_leaf(value: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True


def same_leaf(base: Any, change: Any, path: tuple[str, ...]) -> bool:
    return has_leaf(base, path) and value_at(base, path) == value_at(change, path)


def value_at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


NAMES = ["a", "b", "c", "d"]
STEPS = st.one_of(
    st.builds("{{remove: {}}}".format, st.sampled_from(NAMES)),
    st.builds("{{insert_after: {}, columns: [{}]}}".format, st.sampled_from(NAMES), st.sampled_from(["x", "y"])),
    st.builds("{{insert_before: {}, columns: [{}]}}".format, st.sampled_from(NAMES), st.sampled_from(["x", "y"])),
    st.builds("{{change: {}, columns: [{}, {}]}}".format, *[st.sampled_from(NAMES)] * 3),
)


@given(st.lists(STEPS, min_size=1, max_size=5))
def test_any_patches_leave_every_value_with_its_place_and_layer(steps: list[str]) -> None:
    base = f"kind: list_view\nname: v\nobject: o\ncolumns: [{', '.join(NAMES)}]\n"
    change = f"kind: list_view\nextends: v\ncolumns: [{', '.join(steps)}]\n"
    merged = stack(base, change)
    definition = merged.definitions["list_view", "v"]
    texts = {"base": base.split("\n"), "package": change.split("\n")}
    for index, column in enumerate(definition.data["columns"]):
        path = ("columns", index)
        place, layer = definition.positions.at(path), definition.origin(path)
        assert place.file == f"{layer}.yaml"
        assert texts[layer][place.line - 1][place.column - 1 :].startswith(column)
    missing = [problem for problem in merged.problems if problem.code != "patch-target"]
    assert missing == []
