"""The two entry points: a text, or a structured find, to an :class:`Expression`; the steps are in other modules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from formline.expressions.checker import Checker
from formline.expressions.expression import Expression
from formline.expressions.names import Frame, Names
from formline.expressions.nodes import Field, Found, Node, is_total, walk
from formline.expressions.parser import parse
from formline.expressions.problems import ExpressionError, did_you_mean, problem
from formline.expressions.scope import Scope
from formline.expressions.types import BOOLEAN, Kind, Type, assignable

ROOTS = frozenset({"this", "old", "user"})
_FIND_KEYS = frozenset({"find", "exists", "where", "sort", "value"})


def compile_expression(
    source: str | Mapping[str, Any],
    scope: Scope,
    *,
    object: str,
    roots: frozenset[str] = ROOTS,
    expects: Type | None = None,
    stored: bool = False,
    money: str = "base",
    where_of: str | None = None,
    variables: Mapping[str, Type] | None = None,
    found: bool = False,
) -> Expression:
    """Parse and check ``source`` as an expression over a record of ``object``.

    ``roots``: the words besides fields it may start with: ``this old user submitter candidate input``; ``setting``
    always may. ``variables``: further names and their types (a loop's ``as: stop``, ``index``, what ``item``
    is). ``where_of``: bare names are this object's fields and ``this`` is the record of ``object``; with ``found``,
    ``sum(amount)`` is over all rows found. ``expects``: the type the value must fit; where a condition is expected,
    anything that can be absent will do. ``stored``: refuse today, now and user. ``money``: ``base`` (amounts in the
    record's company currency) or ``own``. A mapping is a find or an exists, see :func:`compile_find`.
    Raises ExpressionError with every problem found.
    """
    if isinstance(source, Mapping):
        return compile_find(
            source, scope, object=object, roots=roots, expects=expects, stored=stored, money=money, variables=variables
        )
    names = Names(parse(source))
    frame = Frame(
        scope,
        row=where_of or object,
        this=object,
        roots=roots,
        variables=variables or {},
        money=money,
        inner=where_of is not None,
        found=found,
        prefix=(f"@{where_of}",) if where_of else (),
    )
    checker = Checker(names)
    node = _fitted(checker, checker.value(names.parsed.tree, frame), expects)
    if stored and names.volatile:
        words = ", ".join(f"{word}()" if word != "user" else word for word in sorted(names.volatile))
        hint = "a value that is kept cannot change by itself; leave out what makes it stored"
        raise checker.error("EXPR-VOLATILE", f"{words} cannot be used in a stored value.", names.parsed.tree, hint)
    return Expression(source, node.type, node, frozenset(names.dependencies), frozenset(names.volatile))


def _fitted(checker: Checker, node: Node, expects: Type | None) -> Node:
    tree = checker.names.parsed.tree
    if node.type.kind is Kind.DURATION:
        raise checker.error("EXPR-TYPE", "An amount of time is no value by itself.", tree, "add it to a date")
    if expects is None:
        return node
    if expects.kind is Kind.BOOLEAN:
        return checker.as_condition(node, tree)
    if not assignable(node.type, expects):
        raise checker.error("EXPR-TYPE", f"The expression gives {node.type}; {expects} is wanted.", tree)
    checker.check_choice(expects, node, tree)
    return node


def compile_find(spec: Mapping[str, Any], scope: Scope, **options: Any) -> Expression:
    """Compile ``{find: object, where: ..., sort: [...], value: ...}`` or ``{exists: object, where: ...}``.

    ``this`` is the record of ``object``; ``options`` are those of :func:`compile_expression`, ``where_of`` excepted.
    Without ``value``, a find gives the key of the row. In SQL it is a subquery; in Python the answer is read from
    ``Env.paths``.
    """
    _check_keys(spec)
    exists = "exists" in spec
    target = str(spec["exists"] if exists else spec["find"])
    if scope.field(target, "id") is None:
        raise ExpressionError([problem("EXPR-OBJECT", f"There is no object {target}.", target, 0, len(target))])
    expects: Type | None = options.pop("expects", None)

    def compiled(text: str, expects: Type | None = None, found: bool = False) -> Expression:
        return compile_expression(text, scope, where_of=target, expects=expects, found=found, **options)

    where = compiled(_text(spec["where"]), expects=BOOLEAN) if spec.get("where") is not None else None
    sort = [_sort_key(compiled(str(each).removeprefix("-")), str(each)) for each in _list(spec.get("sort"))]
    value = None if exists else compiled(_text(spec.get("value", "id")), expects=expects, found=True)
    parts = [part for part in (where, value, *sort) if part is not None]
    if value is not None:
        _check_totals(value)
    node = Found(
        BOOLEAN if value is None else value.type,
        target,
        where.node if where else None,
        tuple(key.node for key in sort),
        tuple(str(each).startswith("-") for each in _list(spec.get("sort"))),
        value.node if value else None,
        ("@find", _digest(spec, options)),
    )
    dependencies = frozenset({(f"@{target}",)}.union(*(part.dependencies for part in parts)))
    volatile = frozenset[str]().union(*(part.volatile for part in parts))
    return Expression(_shown(spec), node.type, node, dependencies, volatile)


def _check_totals(value: Expression) -> None:
    """Refuse ``sum(amount) + amount``: beside a total over all rows found there is no one row."""
    if any(is_total(each) for each in walk(value.node)) and _reads_row(value.node):
        message = "Beside a total over all rows found, fields of one row mean nothing."
        source = value.source
        raise ExpressionError([problem("EXPR-ONE", message, source, 0, len(source), "as in sum(amount) / count(id)")])


def _reads_row(node: Node) -> bool:
    if is_total(node):
        return False
    return (isinstance(node, Field) and node.row) or any(_reads_row(child) for child in node.children())


def _shown(spec: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in spec.items()) + "}"


def _digest(spec: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    whole = [dict(spec), options.get("object"), options.get("money"), sorted(map(str, options.get("variables") or ()))]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _check_keys(spec: Mapping[str, Any]) -> None:
    problems = [
        problem("EXPR-FIND", f"A find has no {key}.", str(key), 0, len(str(key)), did_you_mean(str(key), _FIND_KEYS))
        for key in spec
        if key not in _FIND_KEYS
    ]
    if ("find" in spec) == ("exists" in spec):
        problems.append(
            problem("EXPR-FIND", "Say find or exists, one of them.", "", 0, 0, "as in {find: price, where: ...}")
        )
    elif "exists" in spec and ("value" in spec or "sort" in spec):
        problems.append(
            problem("EXPR-FIND", "exists gives true or false; it has no value or sort.", "", 0, 0, "use find")
        )
    if problems:
        raise ExpressionError(problems)


def _sort_key(key: Expression, text: str) -> Expression:
    if key.type.many or key.type.kind in (Kind.MULTI_CHOICE, Kind.NULL):
        raise ExpressionError([problem("EXPR-TYPE", f"{key.type} has no order.", text, 0, len(text))])
    return key


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    """Return YAML's reading of an expression as text: ``where: true`` and ``value: 5`` come as values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
