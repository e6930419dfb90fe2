"""Filters as structure and as text: operators, paths, values, limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from formline.errors import BudgetError, FormlineError
from formline.expressions.problems import ExpressionError
from formline.runtime.access import Actor
from formline.runtime.queries import Query, QueryError, fetch
from tests.runtime.firm import Firm


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    firm = make_firm()
    east = firm.add("region", name="East")
    south = firm.add("region", name="South", parent=east)
    big = firm.add("customer", name="Ä Big_100%", level="a", revenue=Decimal("10.50"), rank=5, since=date(2024, 2, 29))
    firm.add("customer", name="small", level="b", revenue=Decimal("0.01"), parent=big, region=south, tags=(south,))
    firm.add("customer", name="None", blocked=True)
    firm.ids = {"east": east, "south": south, "big": big}  # type: ignore[attr-defined]
    return firm


def _names(firm: Firm, where: Any) -> list[str]:
    page = fetch(firm.connection, firm.release, Actor.system(), Query("customer", ("name",), where=where))
    return sorted(row["name"] for row in page.rows)


CASES: list[tuple[Any, list[str]]] = [
    ({"field": "level", "op": "eq", "value": "a"}, ["Ä Big_100%"]),
    ({"field": "level", "op": "ne", "value": "a"}, ["None", "small"]),
    ({"field": "level", "value": None}, ["None"]),
    ({"field": "level", "op": "ne", "value": None}, ["small", "Ä Big_100%"]),
    ({"field": "level", "op": "in", "value": ["a", "b"]}, ["small", "Ä Big_100%"]),
    ({"field": "level", "op": "in", "value": []}, []),
    ({"field": "revenue", "op": "gt", "value": "0.01"}, ["Ä Big_100%"]),
    ({"field": "revenue", "op": "le", "value": Decimal("10.50")}, ["small", "Ä Big_100%"]),
    ({"field": "revenue", "op": "in", "value": ["10.5", 7]}, ["Ä Big_100%"]),
    ({"field": "revenue", "op": "between", "value": [0, 1]}, ["small"]),
    ({"field": "since", "op": "ge", "value": "2024-02-29"}, ["Ä Big_100%"]),
    ({"field": "name", "op": "contains", "value": "BIG_1"}, ["Ä Big_100%"]),
    ({"field": "name", "op": "contains", "value": "g%1"}, []),
    ({"field": "name", "op": "starts_with", "value": "ä"}, ["Ä Big_100%"]),
    ({"field": "blocked", "op": "eq", "value": True}, ["None"]),
    ({"not": {"field": "rank", "op": "gt", "value": 1}}, ["None", "small"]),
    ({"field": "parent.level", "op": "eq", "value": "a"}, ["small"]),
    ({"field": "parent.level", "op": "is_null", "value": True}, ["None", "Ä Big_100%"]),
    ({"field": "tags", "op": "is_null", "value": False}, ["small"]),
    ({"and": []}, ["None", "small", "Ä Big_100%"]),
    ({"or": [{"field": "level", "value": "b"}, {"field": "blocked", "value": True}]}, ["None", "small"]),
    ('level == "b" or blocked', ["None", "small"]),
    ("revenue > 0.01 and parent == null", ["Ä Big_100%"]),
    ('parent.level == "a"', ["small"]),
    ("count(subsidiaries) == 1", ["Ä Big_100%"]),
    ("any(subsidiaries, revenue < 1)", ["Ä Big_100%"]),
    ("", ["None", "small", "Ä Big_100%"]),
]


@pytest.mark.parametrize(("where", "names"), CASES, ids=lambda value: str(value)[:60])
def test_filters(firm: Firm, where: Any, names: list[str]) -> None:
    assert _names(firm, where) == names


def test_filters_by_reference(firm: Firm) -> None:
    ids = firm.ids  # type: ignore[attr-defined]
    assert _names(firm, {"field": "region", "op": "eq", "value": str(ids["south"])}) == ["small"]
    assert _names(firm, {"field": "region", "op": "in", "value": [ids["south"], ids["east"]]}) == ["small"]
    assert _names(firm, {"field": "region", "op": "within", "value": ids["east"]}) == ["small"]
    assert _names(firm, {"field": "region", "op": "within", "value": ids["big"]}) == []
    assert _names(firm, {"field": "tags", "op": "contains", "value": ids["south"]}) == ["small"]
    assert _names(firm, {"field": "tags", "op": "contains", "value": ids["east"]}) == []


REFUSED: list[tuple[Any, type[FormlineError]]] = [
    ({"field": "nothing", "op": "eq", "value": 1}, QueryError),
    ({"field": "parent.nothing", "op": "eq", "value": 1}, QueryError),
    ({"field": "name.parent", "op": "eq", "value": 1}, QueryError),
    ({"field": "level", "op": "like", "value": "a"}, QueryError),
    ({"field": "level", "op": "lt", "value": "a"}, QueryError),
    ({"field": "rank", "op": "eq", "value": "many"}, QueryError),
    ({"field": "rank", "op": "between", "value": [1]}, QueryError),
    ({"field": "rank", "op": "in", "value": 3}, QueryError),
    ({"xor": []}, QueryError),
    ({"and": [3]}, QueryError),
    ({"field": "rank", "op": "eq", "value": 1, "or": []}, QueryError),
    ({"and": [{"field": "rank", "op": "eq", "value": n} for n in range(101)]}, BudgetError),
    ({"field": "rank", "op": "in", "value": list(range(1001))}, BudgetError),
    ({"field": "; drop table customer", "op": "eq", "value": 1}, QueryError),
    ("nothing == 1", ExpressionError),
    (" or ".join(["rank == 1"] * 101), BudgetError),
    ("__import__('os')", ExpressionError),
]


@pytest.mark.parametrize(("where", "error"), REFUSED, ids=lambda value: str(value)[:50])
def test_refused_filters(firm: Firm, where: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        _names(firm, where)


def test_many_lookups_are_too_many(firm: Firm) -> None:
    deep = ".".join(["parent"] * 8)
    with pytest.raises(BudgetError):
        _names(firm, f"{deep}.rank == 1")


def test_values_are_parameters_and_one_shape_is_one_statement(firm: Firm) -> None:
    from formline.runtime.queries.prepared import statements

    kept = statements(firm.release)
    _names(firm, {"field": "rank", "op": "in", "value": [1]})
    before = len(kept)
    for values in ([1, 2, 3], [7], []):
        _names(firm, {"field": "rank", "op": "in", "value": values})
    assert len(kept) == before
