"""Two catalogs compared: renames, merges, retypes, and every property that differs."""

from __future__ import annotations

import pytest

from formline.catalog.diff import diff, match_names
from tests.fixtures.catalogs import catalog_from

OLD = """
kind: object
name: customer
label: Customer
fields:
  name: {type: text, required: true}
  phone: {type: phone}
  mobile: {type: phone, label: Mobile}
  level: {type: choice, choices: {a: {label: A}, b: {label: B}, c: {label: C}}}
"""

CASES = [
    ("nothing", OLD, []),
    ("a label", OLD.replace("label: Customer", "label: Client"), ["object customer label: 'Customer' -> 'Client'"]),
    ("a field added", OLD + "  since: {type: date}\n", ["object customer fields.since: added"]),
    ("a field removed", OLD.replace("  phone: {type: phone}\n", ""), ["object customer fields.phone: removed"]),
    (
        "a field renamed",
        OLD.replace("  phone: {type: phone}", "  office: {type: phone, was: phone}"),
        ["object customer fields.office: renamed from phone"],
    ),
    (
        "two fields merged",
        OLD.replace("  phone: {type: phone}\n", "").replace(
            "mobile: {type: phone", "mobile: {type: phone, was: [phone]"
        ),
        ["object customer fields.mobile: merged from mobile, phone"],
    ),
    (
        "a field retyped",
        OLD.replace("phone: {type: phone}", "phone: {type: text}"),
        ["object customer fields.phone: 'phone' -> 'text'"],
    ),
    (
        "required",
        OLD.replace("phone: {type: phone}", "phone: {type: phone, required: true}"),
        ["object customer fields.phone.required: None -> True"],
    ),
    (
        "choices merged and removed",
        OLD.replace("{a: {label: A}, b: {label: B}, c: {label: C}}", "{ab: {label: A, was: [a, b]}}"),
        [
            "object customer fields.level.choices.ab: merged from a, b",
            "object customer fields.level.choices.c: removed",
        ],
    ),
    (
        "the object renamed",
        OLD.replace("name: customer", "name: client\nwas: customer"),
        ["object client: renamed from customer"],
    ),
    (
        "a rule",
        OLD + "rules: {r: {when: phone, check: mobile, message: Both.}}\n",
        ["object customer rules.r: added"],
    ),
]


@pytest.mark.parametrize(("new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_changes_are_told_by_name(new: str, expected: list[str]) -> None:
    assert [str(one) for one in diff(catalog_from(OLD), catalog_from(new))] == expected


def test_a_former_name_that_is_still_there_is_no_rename() -> None:
    matches = match_names({"a": {}, "b": {}}, {"a": {}, "c": {"was": ["a", "b"]}})
    assert matches.pairs == {"a": ("a",), "c": ("b",)}
    assert matches.gone == ()


def test_a_catalog_compared_with_nothing_is_all_new() -> None:
    changes = diff(catalog_from(), catalog_from(OLD))
    assert [(one.action, one.kind, one.name) for one in changes] == [("added", "object", "customer")]
