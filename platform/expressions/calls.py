"""Calls: functions of the registry, and the words with a grammar of their own. Aggregates are in ``aggregates``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from formline.expressions import aggregates
from formline.expressions.conditions import conjunction, disjunction, is_null, negated
from formline.expressions.functions import FUNCTIONS, Function
from formline.expressions.names import RESERVED, USER, Frame, Many
from formline.expressions.nodes import (
    Call,
    Clock,
    Coalesce,
    Compare,
    Constant,
    Convert,
    Duration,
    Field,
    HasRole,
    Local,
    Node,
    Within,
)
from formline.expressions.numbers import PLACES
from formline.expressions.problems import EvaluationError, ExpressionError, did_you_mean
from formline.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    NUMBER,
    TEXT,
    Kind,
    Type,
    assignable,
    common,
)

if TYPE_CHECKING:
    from formline.expressions.checker import Checker
Handler = Callable[["Checker", ast.Call, Frame], Node]

#: Unit of an amount of time: function for dates (or None), function for moments, and what to multiply by.
_UNITS: dict[str, tuple[tuple[str, int] | None, tuple[str, int] | None]] = {
    "days": (("add_days", 1), ("add_hours", 24)),
    "weeks": (("add_days", 7), ("add_hours", 168)),
    "months": (("add_months", 1), None),
    "years": (("add_years", 1), None),
    "hours": (None, ("add_hours", 1)),
    "minutes": (None, ("add_minutes", 1)),
}


def check_call(checker: Checker, node: ast.Call, frame: Frame) -> Node | Many:
    """Check ``name(arguments)``."""
    if not isinstance(node.func, ast.Name):
        raise checker.error("EXPR-SYNTAX", "Only functions are called, by name.", node, "write upper(name)")
    if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
        raise checker.error("EXPR-SYNTAX", "Arguments have no names and no stars.", node)
    name = node.func.id
    if name in aggregates.AGGREGATES and aggregates.applies(checker, node, frame):
        return aggregates.check_aggregate(checker, node, frame)
    if name in SPECIAL:
        low, high, handler = SPECIAL[name]
        if not low <= len(node.args) <= high:
            raise _count_error(checker, node, low, high)
        return handler(checker, node, frame)
    if name not in FUNCTIONS or name in ("add", "subtract", "multiply", "divide", "modulo", "negate", "join"):
        known = {*FUNCTIONS, *SPECIAL, *aggregates.AGGREGATES}
        raise checker.error("EXPR-FUNCTION", f"There is no function {name}.", node.func, did_you_mean(name, known))
    if name.startswith(("start_of_", "end_of_")):
        arguments = checker.all(node.args, frame) or (_today(checker, node, frame),)
    else:
        arguments = checker.all(node.args, frame)
    return apply(checker, FUNCTIONS[name], name, arguments, node)


def apply(
    checker: Checker, candidates: tuple[Function, ...], name: str, arguments: tuple[Node, ...], node: ast.expr
) -> Node:
    """Return the call of the first of ``candidates`` that takes ``arguments``; literals are calculated now."""
    for function in candidates:
        given = _with_defaults(function, arguments)
        if given is not None and all(
            assignable(each.type, wanted) for each, wanted in zip(given, _expected(function, len(given)), strict=True)
        ):
            return _call(checker, function, given, node)
    counts = {len(each.parameters) for each in candidates}
    first = candidates[0]
    if not first.variadic and not any(_with_defaults(each, arguments) for each in candidates):
        raise _count_error(checker, node, min(counts) - len(first.defaults), max(counts), name)
    wanted = " or ".join(dict.fromkeys(", ".join(str(each) for each in function.parameters) for function in candidates))
    given_types = ", ".join(str(each.type) for each in arguments) or "nothing"
    raise checker.error("EXPR-TYPE", f"{name} takes {wanted}, not {given_types}.", node, f"as in {first.example}")


def _with_defaults(function: Function, arguments: tuple[Node, ...]) -> tuple[Node, ...] | None:
    missing = len(function.parameters) - len(arguments)
    if missing > len(function.defaults) or (missing < 0 and not function.variadic):
        return None
    tail = function.defaults[len(function.defaults) - missing :] if missing > 0 else ()
    types = function.parameters[len(arguments) :]
    return (*arguments, *(Constant(type_, value) for type_, value in zip(types, tail, strict=True)))


def _expected(function: Function, count: int) -> tuple[Type, ...]:
    extra = count - len(function.parameters)
    return (*function.parameters, *(function.parameters[-1],) * extra) if extra > 0 else function.parameters


def _call(checker: Checker, function: Function, given: tuple[Node, ...], node: ast.expr) -> Node:
    for index, each in enumerate(given):
        if index in function.literal and not isinstance(each, Constant):
            raise checker.error(
                "EXPR-LITERAL", f"{function.name} takes a literal here.", node, f"as in {function.example}"
            )
    _check_literals(checker, function, given, node)
    result = function.result or common(each.type for each in given) or NUMBER
    if not function.null_safe and any(isinstance(each, Constant) and each.value is None for each in given):
        return Constant(result, False if result is BOOLEAN else None)
    if all(isinstance(each, Constant) for each in given):
        known = _now(function, given)
        if known is None and function.name == "date":
            raise checker.error("EXPR-LITERAL", "There is no such day.", node, f"as in {function.example}")
        return Constant(result, known)
    return Call(result, function, given)


def _now(function: Function, given: tuple[Node, ...]) -> Any:
    """Calculate with literals."""
    try:
        return function.python(*(each.value for each in given if isinstance(each, Constant)))
    except EvaluationError as error:
        raise ExpressionError(error.problems) from None


def _check_literals(checker: Checker, function: Function, given: tuple[Node, ...], node: ast.expr) -> None:
    values = [each.value if isinstance(each, Constant) else None for each in given]
    if function.name == "round" and values[1] not in range(PLACES + 1):
        raise checker.error("EXPR-LITERAL", f"round takes 0 to {PLACES} places.", node, "as in round(amount, 2)")
    if function.name == "pad" and not (isinstance(values[2], str) and len(values[2]) == 1):
        raise checker.error("EXPR-LITERAL", "pad fills with one character.", node, 'as in pad(code, 5, "0")')
    if function.name == "tiers":
        bounds = values[1::2]
        rising = all(low is not None and high is not None and low < high for low, high in pairwise(bounds))
        if len(given) % 2 == 0 or len(given) > 41 or not rising or None in values[1:]:
            message = "tiers takes an amount and then pairs of lower bound and percent, bounds rising, at most 20."
            raise checker.error("EXPR-LITERAL", message, node, f"as in {function.example}")


def _count_error(checker: Checker, node: ast.expr, low: int, high: int, name: str = "") -> ExpressionError:
    name = name or (node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else "")
    wanted = str(low) if low == high else f"{low} to {high}"
    given = len(node.args) if isinstance(node, ast.Call) else 0
    return checker.error("EXPR-COUNT", f"{name} takes {wanted} arguments, not {given}.", node)


def shift(checker: Checker, left: Node, unit: str, count: Node, node: ast.expr) -> Node:
    """Return ``left`` moved by ``count`` units of time."""
    if isinstance(left, Constant) and left.value is None:
        return Constant(left.type, None)
    chosen = _UNITS[unit][left.type.kind is Kind.DATETIME]
    if chosen is None:
        hint = (
            "months and years belong to dates: date_of(...)"
            if left.type.kind is Kind.DATETIME
            else "a date has no hours"
        )
        raise checker.error("EXPR-TYPE", f"{unit} cannot be added to {left.type}.", node, hint)
    function, factor = chosen
    times = (
        apply(checker, FUNCTIONS["multiply"], unit, (count, Constant(NUMBER, factor)), node) if factor != 1 else count
    )
    return apply(checker, FUNCTIONS[function], unit, (left, times), node)


def outward(value: Node, frame: Frame) -> Node | None:
    """Return ``value`` as seen from inside a collection of the row at hand, None where that cannot be said."""
    if isinstance(value, Constant | Clock):
        return value
    if isinstance(value, Field):
        if value.root:
            return value
        return None if frame.inner else replace(value, root="this")
    return None


def _today(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    checker.names.volatile.add("today")
    return Clock(DATE, "today")


def _now_word(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    checker.names.volatile.add("now")
    return Clock(DATETIME, "now")


def _duration(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    (count,) = checker.all(node.args, frame)
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if not count.type.is_number:
        raise checker.error("EXPR-TYPE", f"{name} takes a number, not {count.type}.", node, f"as in {name}(3)")
    return Duration(DURATION, name, count)


def _coalesce(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    values = checker.all(node.args, frame)
    type_ = common(each.type for each in values)
    if type_ is None or type_.kind is Kind.DURATION:
        given = ", ".join(str(each.type) for each in values)
        raise checker.error("EXPR-TYPE", f"coalesce needs values of one type, not {given}.", node)
    rest = tuple(each for each in values if not (isinstance(each, Constant) and each.value is None))
    if not rest:
        return Constant(type_, None)
    return rest[0] if len(rest) == 1 or isinstance(rest[0], Constant) else Coalesce(type_, rest)


def _is_empty(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    found = checker.visit(node.args[0], frame)
    if isinstance(found, Many):
        return negated(aggregates.exists(checker, found, node))
    return is_null(found, empty=True)


def _between(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    value, low, high = checker.all(node.args, frame)
    first = checker.compare(">=", value, low, frame, node)
    return conjunction((first, checker.compare("<=", value, high, frame, node)))


def _changed(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    field = checker.value(node.args[0], frame)
    if not isinstance(field, Field) or field.root not in ("", "this") or field.row or len(field.path) != 1:
        raise checker.error("EXPR-CHANGED", "changed takes a field of the record itself.", node, "as in changed(stage)")
    if "old" not in frame.roots:
        raise checker.error("EXPR-ROOT", "There is no old record here to compare with.", node)
    parts = ("", "currency") if field.type.kind is Kind.MONEY else (field.part,)
    checker.names.depend("old", field.path, frame)
    tests = []
    for part in parts:
        now = replace(field, part=part, type=TEXT if part == "currency" else field.type)
        tests.append(Compare(BOOLEAN, "!=", now, replace(now, root="old")))
    return disjunction(tuple(tests))


def _has_role(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    person, role = checker.all(node.args, frame)
    if not isinstance(role, Constant) or not isinstance(role.value, str):
        raise checker.error("EXPR-LITERAL", "The role is a text.", node, 'as in has_role(user, "sales")')
    if not isinstance(person, Field) or person.type.objects != (USER,) or person.type.many or not person.path:
        raise checker.error(
            "EXPR-TYPE", f"has_role takes a user, not {person.type}.", node, 'as in has_role(user, "sales")'
        )
    base = () if person.path == ("id",) and person.root not in ("", "this") else person.path
    return HasRole(BOOLEAN, replace(person, path=(*base, "roles"), type=replace(TEXT, many=True)), role.value)


def _within(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    value = checker.value(node.args[0], frame)
    above = checker.visit(node.args[1], frame)
    target = above.rows if isinstance(above, Many) and above.keys else above
    if (
        isinstance(target, Many)
        or target.type.kind is not Kind.REF
        or value.type.kind is not Kind.REF
        or value.type.many
    ):
        raise checker.error(
            "EXPR-TYPE",
            "within takes a reference and one or several references.",
            node,
            "as in within(region, user.regions)",
        )
    shared = [name for name in value.type.objects if name in target.type.objects]
    if len(shared) != 1:
        raise checker.error("EXPR-TYPE", f"{value.type} is never within {target.type}.", node)
    return Within(BOOLEAN, shared[0], value, target)


def _convert(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    amount, target = checker.all(node.args, frame)
    if not isinstance(target, Constant) or not isinstance(target.value, str) or len(target.value) != 3:
        raise checker.error("EXPR-LITERAL", "The currency is a code.", node, 'as in convert(amount, "EUR")')
    if not amount.type.is_number:
        raise checker.error(
            "EXPR-TYPE", f"convert takes an amount, not {amount.type}.", node, 'as in convert(amount, "EUR")'
        )
    if not isinstance(amount, Field) or amount.type.kind is not Kind.MONEY:
        return Convert(NUMBER, amount, None, target.value, None)
    currency = replace(amount, part="currency", type=TEXT)
    return Convert(NUMBER, replace(amount, part=""), currency, target.value, checker.names.rate_day(amount, frame))


def _local(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    (moment,) = checker.all(node.args, frame)
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    type_ = DATE if name == "date_of" else INTEGER
    if moment.type.kind is Kind.NULL:
        return Constant(type_, None)
    if moment.type.kind is not Kind.DATETIME:
        raise checker.error("EXPR-TYPE", f"{name} takes a date and time, not {moment.type}.", node)
    return Local(type_, "date" if name == "date_of" else "hour", moment)


def _concat(checker: Checker, node: ast.Call, frame: Frame) -> Node:
    texts = tuple(
        each if each.type.is_text else apply(checker, FUNCTIONS["text"], "text", (each,), node)
        for each in checker.all(node.args, frame)
    )
    return apply(checker, FUNCTIONS["concat"], "concat", texts, node)


#: Words with a grammar of their own: fewest and most arguments, and who checks them.
SPECIAL: dict[str, tuple[int, int, Handler]] = {
    "today": (0, 0, _today),
    "now": (0, 0, _now_word),
    **dict.fromkeys(_UNITS, (1, 1, _duration)),
    "coalesce": (2, 20, _coalesce),
    "is_empty": (1, 1, _is_empty),
    "between": (3, 3, _between),
    "changed": (1, 1, _changed),
    "has_role": (2, 2, _has_role),
    "within": (2, 2, _within),
    "convert": (2, 2, _convert),
    "date_of": (1, 1, _local),
    "hour": (1, 1, _local),
    "concat": (1, 20, _concat),
}

#: Names no field, variable or function of a plug-in may take.
WORDS = frozenset({*SPECIAL, *FUNCTIONS, *aggregates.AGGREGATES, *RESERVED})
