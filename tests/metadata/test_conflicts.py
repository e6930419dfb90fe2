"""An upgrade and a site changed the same: the conflicts name it, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from formline.metadata import parser
from formline.metadata.conflicts import Conflict, conflicts

OLD = """\
label: Contract
form:
  - {section: deal, rows: [[name], [amount]]}
  - {section: dates, rows: [[signed_on]]}
list: {columns: [name, amount], sort: [name]}
"""


@pytest.mark.parametrize(
    ("new", "site", "expected"),
    [
        (("label: Contract", "label: Deal"), "label: Ours", [(("label",), "Contract", "Deal", "Ours")]),
        (("label: Contract", "label: Deal"), "label: Deal", []),
        (("label: Contract", "label: Deal"), "plural: Ours", []),
        (("sort: [name]", "sort: [amount]"), "label: Ours", []),
        (("label: Contract", "icon: x"), "label: null", [(("label",), "Contract", None, None)][:0]),
        (("[name, amount]", "[name]"), "list: {columns: [{remove: amount}]}", []),
        (
            ("[name, amount]", "[name]"),
            "list: {columns: [{insert_after: amount, columns: [owner]}]}",
            [(("list", "columns", "amount"), "amount", None, {"insert_after": "amount", "columns": ["owner"]})],
        ),
        (("[name, amount]", "[name, owner, amount]"), "list: {columns: [{insert_after: amount, columns: [x]}]}", []),
        (
            ("[name, amount]", "[name, owner]"),
            "list: {columns: {replace: true, columns: [x]}}",
            [(("list", "columns"), ["name", "amount"], ["name", "owner"], {"replace": True, "columns": ["x"]})],
        ),
        (
            ("{section: dates, rows", "{section: dates, label: Days, rows"),
            "form: [{change: dates, label: Dates}]",
            [(("form", "dates", "label"), None, "Days", "Dates")],
        ),
        (
            ("{section: dates, rows", "{section: dates, label: Days, rows"),
            "form: [{remove: dates}]",
            [
                (
                    ("form", "dates"),
                    {"section": "dates", "rows": [["signed_on"]]},
                    {"section": "dates", "label": "Days", "rows": [["signed_on"]]},
                    None,
                )
            ],
        ),
        (
            ("[amount]]", "[total]]"),
            "form: [{change: deal, rows: {insert_after: amount, rows: [[x]]}}]",
            [(("form", "deal", "rows", "amount"), ["amount"], None, {"insert_after": "amount", "rows": [["x"]]})],
        ),
    ],
)
def test_conflicts(new: tuple[str, str], site: str, expected: list[tuple[Any, ...]]) -> None:
    assert new[0] in OLD
    found = conflicts(data(OLD), data(OLD.replace(*new)), data("extends: contract\n" + site + "\n"))
    assert found == [Conflict(*one) for one in expected]


def test_an_unchanged_base_has_no_conflicts() -> None:
    site = data("extends: x\nlabel: Ours\nlist: {columns: [{remove: name}], sort: null}\n")
    assert conflicts(data(OLD), data(OLD), site) == []


def data(text: str) -> dict[str, Any]:
    (parsed,), problems = parser.parse(text, "f.yaml")
    assert problems == []
    return dict(parsed.data)
