"""Values in SQL: columns, literals, functions, numbers; conditions and rows register theirs with :func:`value`.

Numbers travel as ``numeric`` on PostgreSQL and as INTEGER millionths on SQLite; everything else as it is stored.
A *test* may be null, which a WHERE takes for false; a *value* of a condition never is.
"""

from __future__ import annotations

from decimal import Decimal
from functools import singledispatch
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Numeric,
    Text,
    case,
    cast,
    false,
    func,
    literal,
    null,
    true,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from formline.expressions.context import SqlContext
from formline.expressions.functions.number_functions import limited
from formline.expressions.nodes import Call, Clock, Coalesce, Constant, Convert, Field, If, Local, Node
from formline.expressions.numbers import PLACES, UNITS_LIMIT, to_units
from formline.expressions.scope import Path
from formline.expressions.storage_types import scale_of, storage_for
from formline.expressions.template import Template
from formline.expressions.types import Kind, Type
from formline.expressions.zones import zone_name, zone_table

Column = ColumnElement[Any]
Test = ColumnElement[bool]

_ADDITIVE = frozenset({"add", "subtract", "negate"})
_SQLITE_LIMITED = f"nullif(nullif(max(min({{0}}, {UNITS_LIMIT}), -{UNITS_LIMIT}), {UNITS_LIMIT}), -{UNITS_LIMIT})"
_POSTGRESQL_LIMITED = limited("{0}")


def place(field: Field, context: SqlContext) -> tuple[SqlContext, Path]:
    """Return the context and the path by which ``field`` is asked for."""
    if not field.root:
        return context, field.path
    return context.this, field.path if field.root == "this" else (field.root, *field.path)


def column_of(field: Field, context: SqlContext) -> Column:
    """Return the stored column of ``field``."""
    where, path = place(field, context)
    column = where.column(path, field.part)
    # PostgreSQL cannot tell the type of a parameter that is null.
    if context.dialect == "postgresql" and isinstance(column, BindParameter):
        return cast(column, column.type)
    return column


def number_type(context: SqlContext) -> TypeEngine[Any]:
    """Return the type numbers have inside expressions."""
    return BigInteger() if context.dialect == "sqlite" else Numeric()


def number_of(column: Column, context: SqlContext) -> Column:
    """Return a stored number as expressions have it; a plain number keeps its index only when compared as it is."""
    scale = scale_of(column.type)
    bound = isinstance(column, BindParameter)  # coercing it would change how its value is bound
    if context.dialect == "postgresql":
        return type_coerce(column, Numeric()) if scale and not bound else cast(column, Numeric())
    if scale == PLACES and not bound:
        return type_coerce(column, BigInteger())
    return Template(f"({{0}} * {10 ** (PLACES - scale)})", BigInteger(), column)


def constant(node_value: Any, type_: Type, context: SqlContext) -> Column:
    """Return a value as a bound parameter."""
    if node_value is None:
        return _null(type_, context)
    if isinstance(node_value, bool):
        return true() if node_value else false()
    if type_.is_number:
        exact = to_units(node_value) if context.dialect == "sqlite" else Decimal(node_value)
        return literal(exact, number_type(context))
    return literal(node_value, storage_for(type_))


def _null(type_: Type, context: SqlContext) -> Column:
    """Return null with a type: PostgreSQL takes a bare one for text, which nothing else goes with."""
    if type_.is_number:
        return cast(null(), number_type(context))
    return cast(null(), Text()) if type_.is_text or type_.kind is Kind.NULL else cast(null(), storage_for(type_))


@singledispatch
def value(node: Node, context: SqlContext) -> Column:
    """Return the value of ``node``; a condition's is never null."""
    return func.coalesce(test(node, context), false(), type_=Boolean())


@singledispatch
def test(node: Node, context: SqlContext) -> Test:
    """Return ``node`` as a test, where null counts as false."""
    return value(node, context)


def limit(number: Column, context: SqlContext) -> Column:
    """Return null where ``number`` reaches the limit: there Python raises."""
    text = _SQLITE_LIMITED if context.dialect == "sqlite" else _POSTGRESQL_LIMITED
    return Template(text, number_type(context), number)


@value.register
def _constant(node: Constant, context: SqlContext) -> Column:
    return constant(node.value, node.type, context)


@value.register
def _clock(node: Clock, context: SqlContext) -> Column:
    return context.today() if node.name == "today" else context.now()


@value.register
def _field(node: Field, context: SqlContext) -> Column:
    column = column_of(node, context)
    return number_of(column, context) if node.type.is_number else column


@value.register
def _call(node: Call, context: SqlContext) -> Column:
    if node.function.name in _ADDITIVE:
        return limit(_loose(node, context), context)
    if node.type.kind is Kind.BOOLEAN:
        return func.coalesce(test(node, context), false(), type_=Boolean())
    return _function(node, [value(each, context) for each in node.arguments], context)


def _loose(node: Node, context: SqlContext) -> Column:
    """Return a sum whose parts are within the limit; the whole is checked once, by the caller."""
    if isinstance(node, Call) and node.function.name in _ADDITIVE:
        text = node.function.template(len(node.arguments))
        return Template(text, number_type(context), *(_loose(each, context) for each in node.arguments))
    return value(node, context)


def _function(node: Call, arguments: list[Column], context: SqlContext) -> Column:
    function = node.function
    type_ = number_type(context) if node.type.is_number else storage_for(node.type)
    if context.dialect == "postgresql":
        text = function.template(len(arguments))
    else:
        text = function.sqlite or f"formline_{function.key}({{all}})"
    return Template(text, type_, *arguments)


@test.register
def _call_test(node: Call, context: SqlContext) -> Test:
    return _function(node, [value(each, context) for each in node.arguments], context)


@value.register
def _local(node: Local, context: SqlContext) -> Column:
    moment = value(node.moment, context)
    type_ = number_type(context) if node.type.is_number else storage_for(node.type)
    if context.dialect == "sqlite":
        name = literal(zone_name(context.zone), storage_for(Type(Kind.TEXT)))
        return Template(f"formline_local_{node.part}({{0}}, {{1}})", type_, moment, name)
    table = zone_table(context.zone)
    starts = literal(list(table.starts), ARRAY(BigInteger()))
    offsets = literal(list(table.offsets), ARRAY(BigInteger()))
    return Template(_LOCAL[node.part], type_, moment, starts, offsets)


_OFFSET = "({2})[width_bucket(floor(extract(epoch from {0}))::bigint, {1}) + 1]"
_WALL = f"(({{0}} AT TIME ZONE 'UTC') + make_interval(secs => {_OFFSET}))"
_LOCAL = {
    "date": f"nullif(nullif(greatest(least({_WALL}::date, DATE '10000-01-01'), DATE '0001-12-31 BC'),"
    " DATE '10000-01-01'), DATE '0001-12-31 BC')",
    "hour": f"CASE WHEN {_WALL} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"
    f" THEN extract(hour from {_WALL}) END",
}


@value.register
def _convert(node: Convert, context: SqlContext) -> Column:
    amount = value(node.amount, context)
    holder = place(node.amount, context)[0] if isinstance(node.amount, Field) else context
    day = value(node.day, context) if node.day else None
    if node.currency is None:
        return limit(holder.convert(amount, None, node.target, day), context)
    currency = value(node.currency, context)
    converted = limit(holder.convert(amount, currency, node.target, day), context)
    return case((currency == literal(node.target, storage_for(node.currency.type)), amount), else_=converted)


@value.register
def _if(node: If, context: SqlContext) -> Column:
    then, otherwise = value(node.then, context), value(node.otherwise, context)
    return case((test(node.test, context), then), else_=otherwise)


@value.register
def _coalesce(node: Coalesce, context: SqlContext) -> Column:
    values = [value(each, context) for each in node.values]
    return func.coalesce(*values, type_=values[0].type)
