"""The Python target: the typed tree to nested closures. No eval, no I/O; each closure takes an ``Env``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

from formline.expressions import row_aggregates
from formline.expressions.conditions import presence
from formline.expressions.environment import Env
from formline.expressions.nodes import (
    OPERATORS,
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
)
from formline.expressions.numbers import EXACT, MICRO, checked
from formline.expressions.zones import local_date, local_hour, zone_table

#: The Python target of one expression: pure, no I/O; raises EvaluationError where a value does not exist.
Evaluate = Callable[[Env], Any]

_NOTHING: Mapping[str, Any] = {}


def to_condition(node: Node) -> Callable[[Env], bool]:
    """Return ``test(env) -> bool``; null is False, and so is what is absent."""
    evaluate = to_python(presence(node))
    return lambda env: bool(evaluate(env))


@singledispatch
def to_python(node: Node) -> Evaluate:
    """Return the closure of ``node``."""
    raise TypeError(f"{type(node).__name__} has no Python target")


@to_python.register
def _constant(node: Constant) -> Evaluate:
    value = node.value
    return lambda env: value


@to_python.register
def _clock(node: Clock) -> Evaluate:
    return (lambda env: env.today) if node.name == "today" else (lambda env: env.now)


@to_python.register
def _field(node: Field) -> Evaluate:
    if node.root == "":
        return _bare(node)
    if node.root == "this":
        return _of_this(node)
    if node.root in ("old", "user"):
        return _of_record(node)
    return _of_root(node)


def _bare(node: Field) -> Evaluate:
    key, path = node.key[-1], node.key
    if len(path) == 1:
        return lambda env: env.record.get(key)
    if node.row:
        dotted = ".".join(path)
        return lambda env: env.record[dotted]
    return lambda env: env.paths[path]


def _of_this(node: Field) -> Evaluate:
    key, path = node.key[-1], node.key
    if len(path) == 1:
        return lambda env: env.this.record.get(key)
    return lambda env: env.this.paths[path]


def _of_record(node: Field) -> Evaluate:
    root, key, path = node.root, node.key[-1], (node.root, *node.key)
    if len(path) > 2:
        return lambda env: env.this.paths[path]
    if root == "user":
        return lambda env: env.user.get(key)
    return lambda env: (env.this.old or _NOTHING).get(key)


def _of_root(node: Field) -> Evaluate:
    root = node.root
    if not node.path:
        return lambda env: _key_of(env.roots[root])
    key, path = node.key[-1], (root, *node.key)
    if len(path) > 2:
        return lambda env: env.this.paths[path]
    if node.path == ("id",):
        return lambda env: _key_of(env.roots[root])
    return lambda env: (env.roots[root] or _NOTHING).get(key)


def _key_of(value: Any) -> Any:
    """Return the key of a root given as a record, the value of any other."""
    return value.get("id") if isinstance(value, Mapping) else value


@to_python.register
def _call(node: Call) -> Evaluate:
    function = node.function.python
    arguments = tuple(to_python(each) for each in node.arguments)
    if node.function.null_safe:
        return lambda env: function(*[each(env) for each in arguments])
    absent = False if node.type.kind.value == "boolean" else None
    if len(arguments) == 1:
        return _unary(function, arguments[0], absent)
    if len(arguments) == 2:
        return _binary(function, *arguments, absent)

    def call(env: Env) -> Any:
        values = [each(env) for each in arguments]
        return absent if None in values else function(*values)

    return call


def _unary(function: Callable[..., Any], argument: Evaluate, absent: Any) -> Evaluate:
    def call(env: Env) -> Any:
        value = argument(env)
        return absent if value is None else function(value)

    return call


def _binary(function: Callable[..., Any], left: Evaluate, right: Evaluate, absent: Any) -> Evaluate:
    def call(env: Env) -> Any:
        first = left(env)
        second = right(env)
        return absent if first is None or second is None else function(first, second)

    return call


@to_python.register
def _local(node: Local) -> Evaluate:
    moment = to_python(node.moment)
    part = local_date if node.part == "date" else local_hour

    def local(env: Env) -> Any:
        value = moment(env)
        return None if value is None else part(value, zone_table(env.zone))

    return local


@to_python.register
def _convert(node: Convert) -> Evaluate:
    amount, target = to_python(node.amount), node.target
    currency = to_python(node.currency) if node.currency else None
    day = to_python(node.day) if node.day else None

    def convert(env: Env) -> Any:
        value = amount(env)
        if value is None:
            return None
        known = currency(env) if currency else None
        if known == target:
            return value
        result = env.convert(value, known, target, day(env) if day else None)
        return checked(result.quantize(MICRO, context=EXACT))

    return convert


@to_python.register
def _if(node: If) -> Evaluate:
    test, then, otherwise = to_python(node.test), to_python(node.then), to_python(node.otherwise)
    return lambda env: then(env) if test(env) else otherwise(env)


@to_python.register
def _coalesce(node: Coalesce) -> Evaluate:
    values = tuple(to_python(each) for each in node.values)

    def coalesce(env: Env) -> Any:
        for each in values:
            value = each(env)
            if value is not None:
                return value
        return None

    return coalesce


@to_python.register
def _compare(node: Compare) -> Evaluate:
    left, right = to_python(node.left), to_python(node.right)
    if node.operator == "==":
        return lambda env: bool(left(env) == right(env))
    if node.operator == "!=":
        return lambda env: bool(left(env) != right(env))
    if isinstance(node.right, Constant):
        return _compare_constant(OPERATORS[node.operator], left, node.right.value)
    order = OPERATORS[node.operator]

    def compare(env: Env) -> bool:
        first = left(env)
        second = right(env)
        return first is not None and second is not None and order(first, second)

    return compare


def _compare_constant(order: Callable[[Any, Any], bool], left: Evaluate, value: Any) -> Evaluate:
    def compare(env: Env) -> bool:
        first = left(env)
        return first is not None and order(first, value)

    return compare


@to_python.register
def _is_null(node: IsNull) -> Evaluate:
    value = to_python(node.value)
    if node.empty:
        return lambda env: not value(env)
    return lambda env: value(env) is None


@to_python.register
def _and(node: And) -> Evaluate:
    items = tuple(to_python(each) for each in node.items)
    if len(items) == 2:
        left, right = items
        return lambda env: bool(left(env) and right(env))

    def conjunction(env: Env) -> bool:
        for each in items:  # noqa: SIM110 - all() with a generator takes twice as long
            if not each(env):
                return False
        return True

    return conjunction


@to_python.register
def _or(node: Or) -> Evaluate:
    items = tuple(to_python(each) for each in node.items)
    if len(items) == 2:
        left, right = items
        return lambda env: bool(left(env) or right(env))

    def disjunction(env: Env) -> bool:
        for each in items:  # noqa: SIM110 - as above
            if each(env):
                return True
        return False

    return disjunction


@to_python.register
def _not(node: Not) -> Evaluate:
    item = to_python(node.item)
    return lambda env: not item(env)


@to_python.register
def _in_list(node: InList) -> Evaluate:
    value = to_python(node.value)
    if all(isinstance(each, Constant) for each in node.options):
        known = frozenset(each.value for each in node.options if isinstance(each, Constant))
        return lambda env: value(env) in known
    options = tuple(to_python(each) for each in node.options)

    def in_list(env: Env) -> bool:
        wanted = value(env)
        return any(each(env) == wanted for each in options)

    return in_list


@to_python.register
def _in_codes(node: InCodes) -> Evaluate:
    value, codes = to_python(node.value), to_python(node.codes)

    def in_codes(env: Env) -> bool:
        wanted = value(env)
        return wanted is not None and wanted in (codes(env) or ())

    return in_codes


@to_python.register
def _in_keys(node: InKeys) -> Evaluate:
    value, keys = to_python(node.value), to_python(node.keys)

    def in_keys(env: Env) -> bool:
        wanted = value(env)
        return wanted is not None and wanted in (keys(env) or ())

    return in_keys


@to_python.register
def _within(node: Within) -> Evaluate:
    value, above, object, many = to_python(node.value), to_python(node.above), node.object, node.above.type.many

    def within(env: Env) -> bool:
        key = value(env)
        targets = above(env)
        if key is None or not targets:
            return False
        line = env.ancestors(object, key)
        return any(target in line for target in targets) if many else targets in line

    return within


@to_python.register
def _has_role(node: HasRole) -> Evaluate:
    roles, role = to_python(node.person), node.role
    return lambda env: role in (roles(env) or ())


@to_python.register
def _found(node: Found) -> Evaluate:
    key = node.key
    return lambda env: env.this.paths[key]


@to_python.register
def _aggregate(node: Aggregate) -> Evaluate:
    if node.function == "choices" and node.value is not None:
        codes = to_python(node.value)
        return lambda env: len(codes(env) or ())
    rows = _rows(node.rows)
    value = to_python(node.value) if node.value is not None else None
    where = to_python(node.where) if node.where is not None else None
    function = row_aggregates.AGGREGATES[node.function]
    return lambda env: function([env.row(record) for record in rows(env)], value, where)


def _rows(rows: Field | None) -> Callable[[Env], Any]:
    if rows is None:
        raise TypeError("an aggregate over what a find finds has no Python target")
    if rows.row and not rows.root:
        dotted = ".".join(rows.path)
        return lambda env: env.record[dotted]
    path = rows.path if rows.root in ("", "this") else (rows.root, *rows.path)
    return lambda env: env.this.paths[path]
