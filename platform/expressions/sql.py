"""The SQL target: the typed tree to SQLAlchemy expressions for SQLite and PostgreSQL; it runs and joins nothing.

Where Python raises because a number is too large or a rate is missing, SQL gives null: a list of many rows is shown
even if one of them has such a value, and a condition on it does not hold. What is saved was calculated by Python.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, literal, type_coerce

from formline.expressions import sql_conditions, sql_rows  # noqa: F401 - they register their nodes
from formline.expressions.conditions import presence
from formline.expressions.context import SqlContext
from formline.expressions.nodes import Constant, Field, Node
from formline.expressions.sql_values import Column, column_of, test, value
from formline.expressions.storage_types import Calculated, storage_for


def to_sql(node: Node, context: SqlContext) -> Column:
    """Return the value of ``node`` as a column whose type reads values as they are in memory."""
    if isinstance(node, Field) and not node.type.many:
        return column_of(node, context)
    if isinstance(node, Constant) and node.value is not None:
        whole = Calculated(whole=node.type.scale == 0)
        return literal(node.value, whole if node.type.is_number else storage_for(node.type))
    if node.type.is_number:
        return type_coerce(value(node, context), Calculated(whole=node.type.scale == 0))
    return type_coerce(value(node, context), storage_for(node.type))


def to_where(node: Node, context: SqlContext) -> ColumnElement[bool]:
    """Return ``node`` as the condition of a WHERE; null there means false."""
    return test(presence(node), context)
