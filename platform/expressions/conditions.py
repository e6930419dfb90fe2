"""Building blocks of conditions: tests for null, and, or, not, with what is known folded away. No syntax here."""

from __future__ import annotations

from dataclasses import replace

from formline.expressions.nodes import NULLABLE, And, Constant, Field, If, IsNull, Node, Not, Or
from formline.expressions.types import BOOLEAN, Kind, Type


def is_null_literal(node: Node) -> bool:
    """Return whether ``node`` is the word null, or a calculation that can only give it."""
    return isinstance(node, Constant) and node.value is None


def is_null(value: Node, empty: bool = False) -> Node:
    """Return the test whether ``value`` is null; of money, whether its own amount is."""
    if isinstance(value, Constant):
        return Constant(BOOLEAN, value.value is None or (empty and value.value in ("", ())))
    if value.type.kind is Kind.BOOLEAN and not isinstance(value, NULLABLE):
        return Constant(BOOLEAN, False)
    if isinstance(value, Field) and value.part == "base":
        value = replace(value, part="")
    return IsNull(BOOLEAN, value, empty and value.type.kind in (Kind.TEXT, Kind.CHOICE, Kind.MULTI_CHOICE))


def presence(node: Node) -> Node:
    """Return ``node`` as a condition: a value that is not a boolean is asked whether it is there."""
    if node.type.kind is Kind.BOOLEAN:
        return node
    return Constant(BOOLEAN, False) if node.type.kind is Kind.NULL else negated(is_null(node, empty=True))


def typed_null(node: Node, type_: Type) -> Node:
    """Return ``node``, where it is null, as a null of ``type_``: databases ask what sort of null it is."""
    if node.type.kind is not Kind.NULL:
        return node
    if isinstance(node, If):
        then, otherwise = typed_null(node.then, type_), typed_null(node.otherwise, type_)
        return replace(node, type=type_, then=then, otherwise=otherwise)
    return replace(node, type=type_)


def negated(condition: Node) -> Node:
    """Return the opposite of a condition."""
    if isinstance(condition, Constant):
        return Constant(BOOLEAN, not condition.value)
    if isinstance(condition, Not) and not isinstance(condition.item, NULLABLE):
        return condition.item
    return Not(BOOLEAN, condition)


def conjunction(items: tuple[Node, ...]) -> Node:
    """Return that all of ``items`` hold."""
    rest = tuple(item for item in items if not (isinstance(item, Constant) and item.value))
    if not rest or any(isinstance(item, Constant) for item in rest):
        return Constant(BOOLEAN, not rest)
    return rest[0] if len(rest) == 1 and len(items) == 1 else And(BOOLEAN, rest)


def disjunction(items: tuple[Node, ...]) -> Node:
    """Return that one of ``items`` holds."""
    rest = tuple(item for item in items if not (isinstance(item, Constant) and not item.value))
    if not rest or any(isinstance(item, Constant) for item in rest):
        return Constant(BOOLEAN, bool(rest))
    return rest[0] if len(rest) == 1 and len(items) == 1 else Or(BOOLEAN, rest)
