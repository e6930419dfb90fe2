"""The JavaScript target: the typed tree to the text of one ES expression over ``runtime.js``; nothing runs here."""

from __future__ import annotations

import json
from functools import singledispatch

from formline.expressions.nodes import (
    Aggregate,
    And,
    Call,
    Clock,
    Coalesce,
    Compare,
    Constant,
    Convert,
    Field,
    Found,
    HasRole,
    If,
    InCodes,
    InKeys,
    InList,
    IsNull,
    Local,
    Node,
    Not,
    Or,
    Within,
    is_total,
    walk,
)
from formline.expressions.numbers import to_units
from formline.expressions.problems import ExpressionError, ExpressionProblem
from formline.expressions.storage_types import to_microseconds
from formline.expressions.types import Kind, Type

_ORDER = {"<": "less", "<=": "lessOrEqual"}
_READ = {
    Kind.NUMBER: "readNumber",
    Kind.MONEY: "readNumber",
    Kind.DATETIME: "readMoment",
    Kind.BOOLEAN: "readFlag",
    Kind.MULTI_CHOICE: "readCodes",
}
_SERVER_ONLY = {Convert: "it needs exchange rates", Within: "it needs a tree", Found: "it looks up other records"}


def browser_problem(node: Node) -> str:
    """Return why only the server can evaluate ``node``, or the empty text."""
    for each in walk(node):
        if type(each) in _SERVER_ONLY:
            return _SERVER_ONLY[type(each)]
        if is_total(each):
            return "it adds up what is found"
    return "it is about other rows" if _is_about_rows(node) else ""


def _is_about_rows(node: Node) -> bool:
    """Return whether bare names are another object's fields (a ``where``), outside any collection."""
    if isinstance(node, Field):
        return node.row
    if isinstance(node, Aggregate) and node.rows is not None:
        return node.rows.row
    return any(_is_about_rows(child) for child in node.children())


def to_javascript(node: Node) -> str:
    """Return the body of ``function (f, r, e)``. Raises ExpressionError where only the server can evaluate."""
    reason = browser_problem(node)
    if reason:
        message = f"The browser cannot evaluate this: {reason}."
        raise ExpressionError([ExpressionProblem("EXPR-BROWSER", message, "the server answers it")])
    return f"return {emit(node, 'r')};"


@singledispatch
def emit(node: Node, row: str) -> str:
    """Return the ES expression of ``node``; ``row`` is the variable of the row at hand."""
    raise TypeError(f"{type(node).__name__} has no JavaScript target")


def _test(node: Node, row: str) -> str:
    text = emit(node, row)
    return f"f.holds({text})" if isinstance(node, Field | If | Coalesce) else text


@emit.register
def _constant(node: Constant, row: str) -> str:
    return _literal(node.value, node.type)


def _literal(value: object, type_: Type) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if type_.is_number:
        return f"{to_units(value)}n"  # type: ignore[arg-type]  # numbers are int or Decimal
    if type_.kind is Kind.DATETIME:
        return f"{to_microseconds(value)}n"  # type: ignore[arg-type]  # moments are datetime
    if type_.kind is Kind.MULTI_CHOICE:
        return json.dumps(list(value))  # type: ignore[call-overload]  # a tuple of names
    return json.dumps(str(value))


@emit.register
def _clock(node: Clock, row: str) -> str:
    return f"f.readText(e.{node.name})" if node.name == "today" else f"f.readMoment(e.{node.name})"


@emit.register
def _field(node: Field, row: str) -> str:
    read = "readCodes" if node.type.many else _READ.get(node.type.kind, "readText")
    return f"f.{read}({_place(node, row)})"


def _place(node: Field, row: str) -> str:
    if not node.path or (node.path == ("id",) and node.root not in ("", "this", "old", "user")):
        return f"f.keyOf(e.roots[{json.dumps(node.root)}])"
    dotted = ".".join(node.key)
    single = len(node.path) == 1
    if node.root == "":
        return f"{row}[{json.dumps(dotted)}]" if single or node.row else f"e.paths[{json.dumps(dotted)}]"
    if node.root == "this":
        return f"r[{json.dumps(dotted)}]" if single else f"e.paths[{json.dumps(dotted)}]"
    if not single:
        return f"e.paths[{json.dumps(f'{node.root}.{dotted}')}]"
    holder = f"e.{node.root}" if node.root in ("old", "user") else f"e.roots[{json.dumps(node.root)}]"
    return f"{holder}?.[{json.dumps(dotted)}]"


@emit.register
def _call(node: Call, row: str) -> str:
    return f"f.{node.function.key}({', '.join(emit(each, row) for each in node.arguments)})"


@emit.register
def _local(node: Local, row: str) -> str:
    return f"f.local_{node.part}({emit(node.moment, row)}, e.zone)"


@emit.register
def _if(node: If, row: str) -> str:
    return f"({_test(node.test, row)} ? {emit(node.then, row)} : {emit(node.otherwise, row)})"


@emit.register
def _coalesce(node: Coalesce, row: str) -> str:
    return f"({' ?? '.join(emit(each, row) for each in node.values)})"


@emit.register
def _compare(node: Compare, row: str) -> str:
    left, right = emit(node.left, row), emit(node.right, row)
    if node.operator in ("==", "!="):
        return f"{'!' if node.operator == '!=' else ''}f.equal({left}, {right})"
    if node.operator in _ORDER:
        return f"f.{_ORDER[node.operator]}({left}, {right})"
    return f"f.{_ORDER['<' if node.operator == '>' else '<=']}({right}, {left})"


@emit.register
def _is_null(node: IsNull, row: str) -> str:
    return f"f.{'isEmpty' if node.empty else 'isNull'}({emit(node.value, row)})"


@emit.register
def _and(node: And, row: str) -> str:
    return f"({' && '.join(_test(each, row) for each in node.items)})"


@emit.register
def _or(node: Or, row: str) -> str:
    return f"({' || '.join(_test(each, row) for each in node.items)})"


@emit.register
def _not(node: Not, row: str) -> str:
    return f"!{_test(node.item, row)}"


@emit.register
def _in_list(node: InList, row: str) -> str:
    # Like an `or` of comparisons: an option after the one that is met is not evaluated.
    tests = " || ".join(f"f.equal(v, {emit(each, row)})" for each in node.options)
    return f"((v) => {tests})({emit(node.value, row)})"


@emit.register
def _in_codes(node: InCodes, row: str) -> str:
    return f"f.within({emit(node.value, row)}, {emit(node.codes, row)})"


@emit.register
def _in_keys(node: InKeys, row: str) -> str:
    return f"f.within({emit(node.value, row)}, {emit(node.keys, row)})"


@emit.register
def _has_role(node: HasRole, row: str) -> str:
    return f"f.within({json.dumps(node.role)}, {emit(node.person, row)})"


@emit.register
def _aggregate(node: Aggregate, row: str) -> str:
    if node.function == "choices" and node.value is not None:
        return f"f.choices({emit(node.value, row)})"
    if node.rows is None:
        raise TypeError("an aggregate over what a find finds has no JavaScript target")
    inner = f"{row}1"
    value = f"({inner}) => {emit(node.value, inner)}" if node.value is not None else "null"
    where = f"({inner}) => {_test(node.where, inner)}" if node.where is not None else "null"
    return f"f.{node.function}_rows({_rows(node.rows, row)}, {value}, {where})"


def _rows(rows: Field, row: str) -> str:
    dotted = ".".join(rows.path if rows.root in ("", "this") else (rows.root, *rows.path))
    return f"{row}[{json.dumps(dotted)}]" if rows.row and not rows.root else f"e.paths[{json.dumps(dotted)}]"
