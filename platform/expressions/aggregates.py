"""Aggregates over collections: ``sum(lines.amount)``, ``any(lines, discount > 20)``, ``distinct(lines.product)``."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from formline.expressions.names import Frame, Many
from formline.expressions.nodes import Aggregate, Constant, Field, Node
from formline.expressions.scope import Path
from formline.expressions.types import BOOLEAN, INTEGER, NUMBER, TEXT, Kind, Type

if TYPE_CHECKING:
    from formline.expressions.checker import Checker


@dataclass(frozen=True, slots=True)
class Rule:
    """What an aggregate takes. ``condition``: its second argument is one; ``kinds``: of values."""

    condition: bool = False
    kinds: frozenset[Kind] | None = None
    result: Type | None = None


_NUMBERS = frozenset({Kind.NUMBER, Kind.MONEY})
_ORDERED = _NUMBERS | {Kind.DATE, Kind.DATETIME, Kind.TEXT, Kind.CHOICE}

#: Aggregates by name; ``result`` None means the type of the value.
AGGREGATES: dict[str, Rule] = {
    "sum": Rule(kinds=_NUMBERS, result=NUMBER),
    "avg": Rule(kinds=_NUMBERS, result=NUMBER),
    "min": Rule(kinds=_ORDERED),
    "max": Rule(kinds=_ORDERED),
    "first": Rule(),
    "last": Rule(),
    "list": Rule(kinds=frozenset({Kind.TEXT, Kind.CHOICE}), result=TEXT),
    "distinct": Rule(),
    "count": Rule(condition=True, result=INTEGER),
    "any": Rule(condition=True, result=BOOLEAN),
    "all": Rule(condition=True, result=BOOLEAN),
}

#: Aggregates that may stand in the value of a find, over all rows found.
_TOTALS = frozenset({"sum", "avg", "min", "max", "count"})


def applies(checker: Checker, node: ast.Call, frame: Frame) -> bool:
    """Return whether this call is an aggregate: min and max are also functions of plain values."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in ("min", "max"):
        return True
    if frame.found and len(node.args) == 1:
        return True
    return (
        bool(node.args)
        and isinstance(node.args[0], ast.Name | ast.Attribute)
        and _is_many(checker, node.args[0], frame)
    )


def _is_many(checker: Checker, node: ast.expr, frame: Frame) -> bool:
    return isinstance(checker.visit(node, frame), Many)


def check_aggregate(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    """Check ``name(collection.path)``, ``name(collection, value)``, ``name(collection, value, where)``."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    rule = AGGREGATES[name]
    if not 1 <= len(node.args) <= (2 if rule.condition else 3):
        raise checker.error("EXPR-COUNT", f"{name} takes 1 to {2 if rule.condition else 3} arguments.", node)
    first = node.args[0]
    if name == "count" and isinstance(first, ast.Call):
        return _count_distinct(checker, first, node, frame)
    found = checker.visit(first, frame)
    if isinstance(found, Many):
        return _over(checker, name, rule, found, node, frame)
    if frame.found and len(node.args) == 1 and name in _TOTALS:
        return _finish(checker, name, rule, None, found, None, node)
    if name == "count" and found.type.kind is Kind.MULTI_CHOICE and len(node.args) == 1:
        return Aggregate(INTEGER, "choices", None, found, None)
    raise checker.error("EXPR-ONE", f"{name} takes a collection, not {found.type}.", first, f"as in {_example(name)}")


def _over(checker: Checker, name: str, rule: Rule, many: Many, node: ast.Call, frame: Frame) -> Node:
    inner = frame.inside(many.object, many.prefix)
    value = _element(checker, many, many.names, inner, node.args[0]) if many.names else None
    if rule.condition:
        where = _condition(checker, name, many, node, inner)
        return _finish(checker, name, rule, many.rows, value, where, node)
    rest = list(node.args[1:])
    if value is None and rest:
        value = checker.value(rest.pop(0), inner)
    where = checker.condition(rest.pop(0), inner) if rest else None
    if rest:
        raise checker.error("EXPR-COUNT", f"{name} takes a value and a condition here, not more.", node)
    if value is None:
        if name not in ("first", "last", "distinct"):
            raise checker.error("EXPR-ONE", f"{name} needs a value of each row.", node, f"as in {_example(name)}")
        value = _element(checker, many, ("id",), inner, node.args[0])
    return _finish(checker, name, rule, many.rows, value, where, node)


def _condition(checker: Checker, name: str, many: Many, node: ast.Call, inner: Frame) -> Node | None:
    """Check the condition of count, any and all."""
    rest = node.args[1:]
    if many.names and (rest or name != "count"):
        hint = f"write {name}(lines, product.active)"
        raise checker.error("EXPR-ONE", f"{name} takes a collection and a condition on its rows.", node, hint)
    if name == "all" and not rest:
        raise checker.error("EXPR-COUNT", "all takes a collection and a condition.", node, "as in all(lines, done)")
    return checker.condition(rest[0], inner) if rest else None


def _element(checker: Checker, many: Many, names: Path, inner: Frame, node: ast.expr) -> Node:
    found = checker.names.walk("", many.object, names, node, inner)
    if isinstance(found, Many):
        raise checker.error("EXPR-MANY", "This path leads to many values of each row.", node)
    return found


def _finish(
    checker: Checker, name: str, rule: Rule, rows: Field | None, value: Node | None, where: Node | None, node: ast.Call
) -> Node:
    if value is not None and rule.kinds is not None and value.type.kind not in rule.kinds:
        raise checker.error("EXPR-TYPE", f"{name} does not work on {value.type}.", node, f"as in {_example(name)}")
    result = rule.result or (value.type if value is not None else BOOLEAN)
    if result.is_number:
        result = INTEGER if name == "count" else NUMBER
    if name == "distinct":
        result = replace(result, many=True)
    if isinstance(where, Constant) and name == "count" and where.value:
        where = None
    return Aggregate(result, name, rows, value, where)


def _count_distinct(checker: Checker, inner: ast.Call, node: ast.Call, frame: Frame) -> Node:
    found = checker.visit(inner, frame)
    if isinstance(found, Aggregate) and found.function == "distinct" and len(node.args) == 1:
        return Aggregate(INTEGER, "count_distinct", found.rows, found.value, found.where)
    raise checker.error(
        "EXPR-ONE", "count takes a collection.", node, "as in count(lines) or count(distinct(lines.product))"
    )


def exists(checker: Checker, many: Many, node: ast.expr) -> Node:
    """Return the test whether the collection has a row."""
    if many.names:
        raise checker.error("EXPR-MANY", "This path leads to many values.", node, "write is_empty(lines)")
    return Aggregate(BOOLEAN, "any", many.rows, None, None)


def _example(name: str) -> str:
    if name in ("any", "all", "count"):
        return f"{name}(lines, discount > 20)"
    return f"{name}(lines.name)" if name == "list" else f"{name}(lines.amount)"
