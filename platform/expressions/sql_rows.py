"""Rows in SQL: aggregates over collections and lookups by condition, as correlated subqueries of one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, and_, collate, exists, false, func, literal_column, not_, select
from sqlalchemy.sql import Select

from formline.expressions.context import Rows, SqlContext
from formline.expressions.nodes import Aggregate, Field, Found, Node, is_total, walk
from formline.expressions.problems import ExpressionError, ExpressionProblem
from formline.expressions.sql_conditions import sure
from formline.expressions.sql_values import Column, Test, limit, number_type, place, test, value
from formline.expressions.storage_types import storage_for
from formline.expressions.template import Template

#: Sums in two parts, because SQLite's own sum of integers overflows.
_SQLITE_SUM = "coalesce(sum({0} / 1000000) * 1000000 + sum({0} % 1000000), 0)"
_SQLITE_AVG = f"formline_divide({_SQLITE_SUM}, count({{0}}) * 1000000)"
_POSTGRESQL_AVG = "round(sum({0})::numeric(60, 30) / nullif(count({0}), 0), 6)"


@value.register
def _aggregate(node: Aggregate, context: SqlContext) -> Column:
    if node.function == "choices" and node.value is not None:
        codes = value(node.value, context)
        text = "coalesce(json_array_length({0}), 0) * 1000000"
        if context.dialect == "postgresql":
            text = "coalesce(cardinality({0}), 0)::numeric"
        return Template(f"({text})", number_type(context), codes)
    if node.rows is None:
        return _calculated(node, value(node.value, context) if node.value else None, context)
    if node.function == "distinct":
        message = "distinct(...) gives several values; the database compares and shows one."
        raise ExpressionError([ExpressionProblem("EXPR-SQL", message, "write count(distinct(...))")])
    holder, path = place(node.rows, context)
    rows = holder.rows(path)
    if node.function in ("any", "all"):
        return _quantified(node, rows)
    conditions = [rows.where] if rows.where is not None else []
    if node.where is not None:
        conditions.append(test(node.where, rows.context))
    inner = value(node.value, rows.context) if node.value is not None else None
    if node.function in ("first", "last") and inner is not None:
        order = rows.key.desc() if node.function == "last" else rows.key
        return _one(select(inner).order_by(order).limit(1), rows, conditions)
    if node.function == "list" and inner is not None:
        return _listed(inner, rows, conditions, context)
    if inner is not None and not _reads_row(node.value):
        # An aggregate of nothing but outer columns would be the outer statement's.
        inside = _tied(select(inner.label("inner")), rows, conditions).subquery()
        return select(_calculated(node, inside.c.inner, context)).scalar_subquery()
    return _one(select(_calculated(node, inner, context)), rows, conditions)


def _reads_row(node: Node | None) -> bool:
    return node is not None and any(isinstance(each, Field) and each.row for each in walk(node))


@test.register
def _aggregate_test(node: Aggregate, context: SqlContext) -> Test:
    return value(node, context)


def _quantified(node: Aggregate, rows: Rows) -> Test:
    conditions = [rows.where] if rows.where is not None else []
    if node.where is not None:
        inner = not_(sure(node.where, rows.context)) if node.function == "all" else test(node.where, rows.context)
        conditions.append(inner)
    found = exists(_tied(select(literal_column("1")), rows, conditions))
    return not_(found) if node.function == "all" else found


def _tied(statement: Select[Any], rows: Rows, conditions: list[ColumnElement[bool]]) -> Select[Any]:
    """Add the FROM clause, read last because taking columns may have added joins; all else is the outer statement's."""
    source = rows.context.source()
    return statement.select_from(source).where(and_(*conditions) if conditions else and_(True)).correlate_except(source)


def _one(statement: Select[Any], rows: Rows, conditions: list[ColumnElement[bool]]) -> Column:
    return _tied(statement, rows, conditions).scalar_subquery()


def _calculated(node: Aggregate, inner: Column | None, context: SqlContext) -> Column:
    """Return the aggregate of the select it stands in."""
    sqlite = context.dialect == "sqlite"
    numbers = number_type(context)
    if node.function in ("count", "count_distinct"):
        counted = func.count() if inner is None else func.count(inner.distinct() if node.function != "count" else inner)
        return Template("({0} * 1000000)" if sqlite else "({0})::numeric", numbers, counted)
    if inner is None:
        raise TypeError(f"{node.function} needs a value")
    if node.function == "sum":
        return limit(
            Template(_SQLITE_SUM if sqlite else "coalesce(sum({0}), 0)", numbers, inner, aggregate=True), context
        )
    if node.function == "avg":
        return limit(Template(_SQLITE_AVG if sqlite else _POSTGRESQL_AVG, numbers, inner, aggregate=True), context)
    if node.function in ("min", "max"):
        if not sqlite and node.type.is_text and not isinstance(node.value, Field):
            inner = collate(inner, "C")
        found: Callable[..., Column] = func.min if node.function == "min" else func.max
        return found(inner, type_=numbers if node.type.is_number else storage_for(node.type))
    raise TypeError(f"{node.function} is not calculated by one aggregate")


def _listed(inner: Column, rows: Rows, conditions: list[ColumnElement[bool]], context: SqlContext) -> Column:
    if context.dialect == "postgresql":
        joined = Template("coalesce(string_agg({0}, ', ' ORDER BY {1}), '')", Text(), inner, rows.key)
        return _one(select(joined), rows, conditions)
    # SQLite of today has no ORDER BY inside group_concat; it reads an ordered subquery in order.
    ordered = _tied(select(inner.label("listed")).order_by(rows.key), rows, conditions).subquery()
    joined = Template("coalesce(group_concat({0}, ', '), '')", Text(), ordered.c.listed)
    return select(joined).scalar_subquery()


@dataclass(frozen=True, slots=True)
class _Known(Node):
    """A value that a column of the statement has already."""

    column: Column


@value.register
def _known(node: _Known, context: SqlContext) -> Column:
    return node.column


@value.register
def _found(node: Found, context: SqlContext) -> Column:
    rows = context.this.find(node.object)
    conditions = [rows.where] if rows.where is not None else []
    if node.where is not None:
        conditions.append(test(node.where, rows.context))
    if node.value is None:
        return exists(_tied(select(literal_column("1")), rows, conditions))
    totals = [each for each in walk(node.value) if is_total(each)]
    if totals:
        return _from_totals(node.value, totals, rows, conditions)
    keys = [_sorted(key, down, rows.context) for key, down in zip(node.sort, node.descending, strict=True)]
    return _one(select(value(node.value, rows.context)).order_by(*keys, rows.key).limit(1), rows, conditions)


def _from_totals(shown: Node, totals: list[Node], rows: Rows, conditions: list[ColumnElement[bool]]) -> Column:
    """Calculate with totals, which are taken first: a calculation may put its arguments into a subquery."""
    columns = [value(each, rows.context).label(f"total_{index}") for index, each in enumerate(totals)]
    inside = _tied(select(*columns), rows, conditions).subquery()
    known = {id(each): _Known(each.type, inside.c[f"total_{index}"]) for index, each in enumerate(totals)}
    return select(value(_replaced(shown, known), rows.context)).select_from(inside).scalar_subquery()


def _replaced(node: Node, known: dict[int, _Known]) -> Node:
    """Return the tree with what is known in place of the nodes it stands for."""
    if id(node) in known:
        return known[id(node)]
    changes: dict[str, Any] = {}
    for each in fields(node):
        part = getattr(node, each.name)
        if isinstance(part, Node):
            changes[each.name] = _replaced(part, known)
        elif isinstance(part, tuple) and part and isinstance(part[0], Node):
            changes[each.name] = tuple(_replaced(item, known) for item in part)
    return replace(node, **changes)


@test.register
def _found_test(node: Found, context: SqlContext) -> Test:
    found = value(node, context)
    return found if node.value is None else func.coalesce(found, false(), type_=Boolean())


def _sorted(key: Node, descending: bool, context: SqlContext) -> ColumnElement[object]:
    """Return the sort key; text by code point, null last in both directions."""
    column = value(key, context)
    if context.dialect == "postgresql" and key.type.is_text and not isinstance(key, Field):
        column = collate(column, "C")
    return (column.desc() if descending else column.asc()).nulls_last()
