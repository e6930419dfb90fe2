"""Finds: the first row that meets a condition, in an order; compared with going through the rows by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from formline.expressions.compiler import compile_expression
from formline.expressions.environment import Env
from formline.expressions.expression import Expression
from formline.expressions.nodes import Found
from formline.expressions.python import to_python
from formline.expressions.types import BOOLEAN
from tests.expressions.agreement import shown
from tests.expressions.rows import Row, Rows
from tests.expressions.tables import WorldContext
from tests.expressions.world import WORLD

SPECS: list[dict[str, Any]] = [
    {"find": "line", "where": "amount >= this.p", "sort": ["amount"], "value": "amount"},
    {"find": "line", "where": "deal == this.id and product == null", "sort": ["-quantity"], "value": "label"},
    {"find": "line", "sort": ["label"], "where": "label != null and label > this.t", "value": "label"},
    {"find": "line", "sort": ["-label", "due"], "where": "quantity < this.i", "value": "due"},
    {"find": "line", "sort": ["upper(label)"], "where": "deal == this", "value": "quantity * 2"},
    {"find": "line", "where": "product.name == this.t or due == this.d", "sort": ["product.price", "-amount"]},
    {"find": "line", "where": "between(this.d, due, today()) and amount < 5000", "value": "sum(amount)"},
    {"find": "line", "where": "deal == this", "value": "max(quantity) - min(quantity)"},
    {"find": "line", "where": "deal == this", "value": "count(id)"},
    {"find": "line", "where": "deal == this", "value": "count(label)"},
    {"find": "line", "where": "deal == this", "value": "max(count(id) % 7, min(count(id) % 7, 0)) % 5"},
    {"find": "deal", "where": "customer == this.customer and id != this.id", "sort": ["-n"], "value": "owner"},
    {"find": "customer", "where": 'level == "vip"', "value": "credit"},
    {"find": "user", "where": "id == this.owner and limit > 5", "value": "name"},
    {"find": "user", "where": "true", "sort": ["-id"], "value": "id"},
    {"exists": "line", "where": "deal == this and amount > this.n"},
    {"exists": "deal", "where": "owner == this.owner and any(lines, amount > 5) and t == this.t"},
    {"exists": "line"},
]


class ByHand:
    """The oracle: goes through every record in Python."""

    def __init__(self, rows: Rows, zone: ZoneInfo) -> None:
        self.rows = rows
        self.zone = zone

    def answer(self, spec: dict[str, Any], node: Found, deal: Row) -> Any:
        """Return what the find gives for a deal."""
        env = self.rows.env(deal, self.zone)
        found = [env.row(self._record(node.object, each)) for each in self.rows.records[node.object]]
        if node.where is not None:
            where = to_python(node.where)
            found = [row for row in found if where(row)]
        if node.value is None:
            return bool(found)
        if spec.get("value") in TOTALS:
            return TOTALS[spec["value"]](found)
        found.sort(key=cmp_to_key(lambda left, right: _order(node, left, right)))
        return to_python(node.value)(found[0]) if found else None

    def _record(self, object: str, record: Row) -> Row:
        if object == "line":
            reached = {
                ".".join(path): self.rows.reach(record, path) for path in [("product", "name"), ("product", "price")]
            }
            return record | reached
        return record | {"lines": self.rows.lines_of(record)} if object == "deal" else record


def _present(found: list[Env], name: str) -> list[Any]:
    return [row.record[name] for row in found if row.record[name] is not None]


def _spread(found: list[Env]) -> Any:
    quantities = _present(found, "quantity")
    return max(quantities) - min(quantities) if quantities else None


#: Values that are about all rows found.
TOTALS: dict[str, Callable[[list[Env]], Any]] = {
    "sum(amount)": lambda found: sum(_present(found, "amount")),
    "max(quantity) - min(quantity)": _spread,
    "count(id)": len,
    "count(label)": lambda found: len(_present(found, "label")),
    "max(count(id) % 7, min(count(id) % 7, 0)) % 5": lambda found: len(found) % 7 % 5,
}


def _order(node: Found, left: Env, right: Env) -> int:
    for key, down in zip(node.sort, node.descending, strict=True):
        first, second = to_python(key)(left), to_python(key)(right)
        if first == second:
            continue
        if first is None or second is None:
            return 1 if first is None else -1
        return (1 if first > second else -1) * (-1 if down else 1)
    return 1 if left.record["id"] > right.record["id"] else -1


def finds() -> list[Expression]:
    return [compile_expression(spec, WORLD, object="deal") for spec in SPECS]


@pytest.fixture
def world(request: pytest.FixtureRequest, database: str) -> Connection:
    found: Connection = request.getfixturevalue(f"{database}_world")
    return found


def test_finds_give_what_going_through_the_rows_gives(database: str, world: Connection, rows: Rows) -> None:
    zone = ZoneInfo("UTC")
    context = WorldContext(database, zone, rows.user)  # type: ignore[arg-type]
    columns = [find.sql(context).label(f"c{index}") for index, find in enumerate(finds())]
    statement = select(*columns).select_from(context.source()).order_by(context.row.c.id)
    answers = world.execute(statement).all()
    by_hand = ByHand(rows, zone)
    for index, (spec, find) in enumerate(zip(SPECS, finds(), strict=True)):
        assert isinstance(find.node, Found)
        expected = [shown(by_hand.answer(spec, find.node, deal)) for deal in rows.records["deal"]]
        assert (spec, [shown(row[index]) for row in answers]) == (spec, expected)


def test_a_find_is_part_of_a_where(database: str, world: Connection, rows: Rows) -> None:
    spec = {"exists": "line", "where": "deal == this and done"}
    context = WorldContext(database, ZoneInfo("UTC"), rows.user)  # type: ignore[arg-type]
    condition = compile_expression(spec, WORLD, object="deal", expects=BOOLEAN).where(context)
    expected = [deal["id"] for deal in rows.records["deal"] if any(line["done"] for line in rows.lines_of(deal))]
    assert sorted(world.scalars(select(context.row.c.id).where(condition))) == expected
    assert expected


def test_python_reads_the_answer_of_a_find() -> None:
    find = compile_expression(SPECS[0], WORLD, object="deal")
    (read,) = find.reads
    assert find.python(Env({}, paths={read.path: 7})) == 7
    assert read.path[0] == "@find"


def test_what_a_find_depends_on() -> None:
    find = compile_expression(SPECS[5], WORLD, object="deal")
    assert find.dependencies >= {("t",), ("d",), ("@line",), ("@line", "product"), ("@line", "product", "name")}
    assert not find.volatile
    assert compile_expression(SPECS[6], WORLD, object="deal").volatile == {"today"}


def test_equal_finds_share_a_key_and_different_ones_do_not() -> None:
    keys = {find.node.key for find in finds() if isinstance(find.node, Found)}
    again = {find.node.key for find in finds() if isinstance(find.node, Found)}
    assert keys == again
    assert len(keys) == len(SPECS)
