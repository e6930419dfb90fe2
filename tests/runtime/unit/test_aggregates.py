"""Rollups by difference equal rollups over all values, whatever came and went."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.runtime.unit.aggregates import Difference, Unknown, applied, from_values

AMOUNTS = st.lists(st.decimals(-1000, 1000, places=2), max_size=8)


@given(before=AMOUNTS, gone=st.sets(st.integers(0, 7)), came=AMOUNTS)
@pytest.mark.parametrize("aggregate", ["count", "sum", "avg", "min", "max", "first", "last", "list"])
def test_the_difference_leads_to_the_same_value(
    aggregate: str, before: list[Decimal], gone: set[int], came: list[Decimal]
) -> None:
    removed = [value for number, value in enumerate(before) if number in gone]
    kept = [value for number, value in enumerate(before) if number not in gone]
    found = applied(aggregate, from_values(aggregate, before), Difference(came, removed))
    if isinstance(found, Unknown):
        assert aggregate not in ("count", "sum", "avg")
    else:
        assert found == from_values(aggregate, [*kept, *came])


@pytest.mark.parametrize(
    ("aggregate", "current", "added", "removed", "expected"),
    [
        ("max", 5, [7], [5], {"": 7}),
        ("max", 5, [3], [], {"": 5}),
        ("max", None, [3], [], {"": 3}),
        ("min", 5, [], [9], {"": 5}),
        ("count", None, [1, 1], [], {"": 2}),
    ],
)
def test_extremes_are_known_unless_the_current_one_may_have_gone(
    aggregate: str, current: Any, added: list[Any], removed: list[Any], expected: Any
) -> None:
    assert applied(aggregate, {"": current}, Difference(added, removed)) == expected


@pytest.mark.parametrize(
    ("aggregate", "value"), [("count", 0), ("sum", 0), ("avg", None), ("max", None), ("list", None)]
)
def test_nothing_adds_up_to_nothing(aggregate: str, value: Any) -> None:
    assert from_values(aggregate, [])[""] == value


def test_when_asked_everything_is_counted() -> None:
    assert isinstance(applied("sum", {"": 1}, Difference([1], [], recount=True)), Unknown)
