"""What an expression depends on, and what a caller has to fetch for it."""

from __future__ import annotations

import pytest

from formline.expressions.compiler import compile_expression
from formline.expressions.environment import Env
from formline.expressions.expression import Expression, Read
from formline.expressions.types import ref
from tests.expressions.world import WORLD


def compiled(source: str, where_of: str | None = None) -> Expression:
    return compile_expression(source, WORLD, object="deal", where_of=where_of, variables={"item": ref("user")})


@pytest.mark.parametrize(
    ("source", "dependencies"),
    [
        ("n + p", {"n", "p"}),
        ("this.n", {"n"}),
        ("customer.owner.name", {"customer", "customer.owner", "customer.owner.name"}),
        ("sum(lines, amount * this.i)", {"lines", "lines.amount", "i"}),
        ("count(customer.deals, any(lines, done))",
         {"customer", "customer.deals", "customer.deals.lines", "customer.deals.lines.done"}),
        ("changed(stage)", {"stage", "old.stage"}),
        ('owner.department == "sales"', {"owner", "owner.department", "owner.department.code"}),
        ("n > setting.large", {"n", "setting.large"}),
        ("user.limit > n", {"user.limit", "n"}),
        ("1 + 1", set()),
    ],
)  # fmt: skip
def test_dependencies(source: str, dependencies: set[str]) -> None:
    assert {".".join(path) for path in compiled(source).dependencies} == dependencies


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("n + p", {("n",), ("p",)}),
        ("price > 3", {("price.base",)}),
        ("price == null", {("price",)}),
        ('convert(price, "EUR")', {("price",), ("price.currency",)}),
        ("customer.price", {("customer", "price.base")}),
        ("old.price", {("old", "price.base")}),
        ("user.limit", {("user", "limit")}),
        ("owner == item", {("owner",), ("item",)}),
        ("item.name", {("item", "name")}),
        ("within(region, user.regions)", {("region",), ("user", "regions")}),
        ('has_role(user, "sales")', {("user", "roles")}),
        ("owner in watchers", {("owner",), ("watchers",)}),
    ],
)
def test_reads(source: str, paths: set[tuple[str, ...]]) -> None:
    assert {read.path for read in compiled(source).reads} == paths


def test_reads_of_rows_are_put_together() -> None:
    reads = compiled("sum(lines.amount) + count(lines, product.name == this.t)").reads
    rows = {read.path: read for read in reads}
    assert set(rows) == {("lines",), ("t",)}
    assert {each.path for each in rows["lines",].rows or ()} == {("amount",), ("product", "name")}


def test_reads_of_rows_within_rows() -> None:
    (read,) = compiled("sum(customer.deals, sum(lines.amount))").reads
    (inner,) = read.rows or ()
    assert (read.path, inner.path) == (("customer", "deals"), ("lines",))
    assert {each.path for each in inner.rows or ()} == {("amount",)}


def test_a_where_about_other_rows_tells_both_sides() -> None:
    where = compiled("amount > this.n and product.name == this.customer.level and this.ok", where_of="line")
    assert {read.path for read in where.row_reads} == {("amount",), ("product", "name")}
    assert {read.path for read in where.reads} == {("n",), ("customer", "level"), ("ok",)}
    assert ("@line", "product", "name") in where.dependencies
    env = Env({"n": 3, "ok": True}, paths={("customer", "level"): "a"}).row({"amount": 5, "product.name": "a"})
    assert where.python(env) is True


@pytest.mark.parametrize(
    ("source", "volatile"),
    [
        ("d < today()", {"today"}),
        ("start_of_year()", {"today"}),
        ("now() > at", {"now"}),
        ("owner == user", {"user"}),
        ("n", set()),
    ],
)
def test_volatile(source: str, volatile: set[str]) -> None:
    assert compiled(source).volatile == volatile


def test_what_it_asks_besides_values() -> None:
    assert compiled('convert(price, "EUR") > 3').asks == {"rates"}
    assert compiled("within(region, user.regions)").asks == {"trees"}
    assert compiled("n").asks == frozenset()


def test_a_read_is_a_value() -> None:
    assert Read(("n",), compiled("n").type) in compiled("n + 1").reads
