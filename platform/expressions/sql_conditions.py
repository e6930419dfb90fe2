"""Conditions in SQL. Plain comparisons stay bare columns, so that indexes serve them; ``==`` is null-safe."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import Boolean, and_, collate, false, func, literal, not_, or_, true

from formline.expressions.context import SqlContext
from formline.expressions.nodes import (
    OPERATORS,
    And,
    Clock,
    Coalesce,
    Compare,
    Constant,
    Field,
    HasRole,
    If,
    InCodes,
    InKeys,
    InList,
    IsNull,
    Node,
    Not,
    Or,
    Within,
)
from formline.expressions.numbers import EXACT
from formline.expressions.sql_values import Column, Test, column_of, constant, place, test, value
from formline.expressions.storage_types import scale_of
from formline.expressions.template import Template
from formline.expressions.types import TEXT, Kind

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def sure(node: Node, context: SqlContext) -> Test:
    """Return a condition that is never null, for places where null would not count as false."""
    found = value(node, context)
    if isinstance(node, Field | If | Coalesce):
        return func.coalesce(found, false(), type_=Boolean())
    return found


@test.register
def _and(node: And, context: SqlContext) -> Test:
    return and_(*(test(each, context) for each in node.items))


@test.register
def _or(node: Or, context: SqlContext) -> Test:
    return or_(*(test(each, context) for each in node.items))


@value.register
@test.register
def _not(node: Not, context: SqlContext) -> Test:
    return not_(sure(node.item, context))


@value.register
@test.register
def _is_null(node: IsNull, context: SqlContext) -> Test:
    column = column_of(node.value, context) if isinstance(node.value, Field) else value(node.value, context)
    if not node.empty:
        return column.is_(None)
    if node.value.type.kind is Kind.MULTI_CHOICE:
        empty = "'[]'" if context.dialect == "sqlite" else "'{{}}'"
        return or_(column.is_(None), Template(f"{{0}} = {empty}", Boolean(), column))
    return or_(column.is_(None), column == constant("", TEXT, context))


@test.register
def _compare(node: Compare, context: SqlContext) -> Test:
    if isinstance(node.left, Constant) and not isinstance(node.right, Constant):
        node = replace(node, operator=_MIRRORED[node.operator], left=node.right, right=node.left)
    if isinstance(node.left, Field) and node.left.type.is_number:
        if isinstance(node.right, Constant):
            return _column_with_number(node.operator, column_of(node.left, context), node.right.value)
        if isinstance(node.right, Field):
            left, right = column_of(node.left, context), column_of(node.right, context)
            if context.dialect == "postgresql" or scale_of(left.type) == scale_of(right.type):
                return _compared(node, left, right, context)
    left, right = _operand(node.left, context), _operand(node.right, context)
    if node.operator not in ("==", "!=") and node.left.type.is_text and context.dialect == "postgresql":
        left, right = _by_code_point(node.left, left), _by_code_point(node.right, right)
    return _compared(node, left, right, context)


def _operand(node: Node, context: SqlContext) -> Column:
    """Return one side of a comparison; a condition is put in brackets, because NOT a = b means something else."""
    found = value(node, context)
    if node.type.kind is not Kind.BOOLEAN or isinstance(node, Field | Constant):
        return found
    return Template("({0})", Boolean(), found)


@value.register
def _compare_value(node: Compare, context: SqlContext) -> Test:
    found = test(node, context)
    return found if node.operator == "!=" else func.coalesce(found, false(), type_=Boolean())


def _compared(node: Compare, left: Column, right: Column, context: SqlContext) -> Test:
    if node.operator == "!=":
        return left.is_distinct_from(right)
    if node.operator == "==" and not _has_sure_side(node):
        if context.dialect == "postgresql" and isinstance(node.left, Field) and isinstance(node.right, Field):
            # PostgreSQL uses no index for IS NOT DISTINCT FROM.
            return or_(left == right, and_(left.is_(None), right.is_(None)))
        return left.is_not_distinct_from(right)
    found: Test = OPERATORS[node.operator](left, right)
    return found


def _has_sure_side(node: Compare) -> bool:
    return any(isinstance(side, Constant | Clock) for side in (node.left, node.right))


def _by_code_point(node: Node, text: Column) -> Column:
    return text if isinstance(node, Field) else collate(text, "C")


def _column_with_number(symbol: str, column: Column, number: Any) -> Test:
    """Compare a stored number with a literal in the column's own unit; a literal between two units is moved to one."""
    scale = scale_of(column.type)
    scaled = EXACT.scaleb(Decimal(number), scale)
    if scaled == scaled.to_integral_value():
        bound = literal(Decimal(number) if scale else int(number), column.type)
        return column.is_distinct_from(bound) if symbol == "!=" else OPERATORS[symbol](column, bound)
    if symbol in ("==", "!="):
        return true() if symbol == "!=" else false()
    up = symbol in (">", ">=")
    nearest = EXACT.scaleb(scaled.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR), -scale)
    bound = literal(nearest if scale else int(nearest), column.type)
    return column >= bound if up else column <= bound


@test.register
def _in_list(node: InList, context: SqlContext) -> Test:
    literals = [each.value for each in node.options if isinstance(each, Constant)]
    if len(literals) < len(node.options) or node.value.type.is_number or isinstance(node.value, Constant):
        return or_(*(test(Compare(node.type, "==", node.value, each), context) for each in node.options))
    column = value(node.value, context)
    return column.in_([literal(each, column.type) for each in literals])


@test.register
def _in_codes(node: InCodes, context: SqlContext) -> Test:
    codes, wanted = value(node.codes, context), value(node.value, context)
    if context.dialect == "sqlite":
        return Template(
            "EXISTS (SELECT 1 FROM json_each({1}) AS each WHERE each.value = {0})", Boolean(), wanted, codes
        )
    if isinstance(node.value, Constant):
        return Template("({1} @> ARRAY[{0}]::text[])", Boolean(), wanted, codes)
    return Template("({0} = ANY({1}))", Boolean(), wanted, codes)


@test.register
def _in_keys(node: InKeys, context: SqlContext) -> Test:
    holder, path = place(node.keys, context)
    return holder.contains(path, value(node.value, context))


@test.register
def _within(node: Within, context: SqlContext) -> Test:
    element = value(node.value, context)
    if isinstance(node.above, Field) and node.above.type.many:
        holder, path = place(node.above, context)
        return holder.within(node.object, element, path)
    return context.within(node.object, element, value(node.above, context))


@test.register
def _has_role(node: HasRole, context: SqlContext) -> Test:
    holder, path = place(node.person, context)
    return holder.has_role(path[:-1], node.role)
