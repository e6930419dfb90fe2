"""What kinds tell an administrator about a change before it is applied."""

from __future__ import annotations

import pytest

from formline.catalog.plan_hooks import plan_problems
from tests.fixtures.catalogs import catalog_from

OLD = """
kind: object
name: deal
fields:
  name: {type: text}
  kind: {type: choice, choices: {a: {label: A}, b: {label: B}}}
  level: {type: choice, choice_list: levels}
  stage: {type: state, machine: stages}
---
kind: choice_list
name: levels
choices: {low: {label: Low}, high: {label: High}}
---
kind: state_machine
name: stages
object: deal
field: stage
initial: open
states: {open: {label: Open}, won: {label: Won}}
transitions: {win: {from: open, to: won}, back: {from: won, to: open}}
"""
WITHOUT_WON = (
    "{open: {label: Open}, won: {label: Won}}\ntransitions: {win: {from: open, to: won}, back: {from: won, to: open}}"
)


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ("nothing", "nothing", []),
        ("b: {label: B}", "c: {label: C}", ["choice-removed"]),
        ("b: {label: B}", "c: {label: C, was: b}", []),
        ("high: {label: High}", "top: {label: Top}", ["choice-removed"]),
        (WITHOUT_WON, "{open: {label: Open}}", ["state-removed"]),
        ("name: {type: text}", "name: {type: text, required: true}", ["required-added"]),
        ("name: {type: text}", "name: {type: text}\n  code: {type: text, required: true}", ["required-added"]),
        ("name: {type: text}", "name: {type: text}\n  code: {type: text, required: true, default: x}", []),
    ],
)
def test_a_change_that_concerns_records_is_announced(before: str, after: str, codes: list[str]) -> None:
    found = plan_problems(catalog_from(OLD), catalog_from(OLD.replace(before, after)))
    assert [one.code for one in found] == codes
    assert all(one.hint and one.position for one in found)


def test_every_kind_has_a_schema() -> None:
    from formline.catalog.kinds import kinds

    assert all(one.schema["properties"]["kind"]["const"] == name for name, one in kinds().items())
    assert {"object", "role", "state_machine", "translations"} <= set(kinds())
