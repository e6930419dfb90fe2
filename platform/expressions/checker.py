"""From syntax to the typed tree: operators, comparisons, conditions. Names are in ``names``, calls in ``calls``."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatchmethod

from formline.expressions import calls
from formline.expressions.conditions import (
    conjunction,
    disjunction,
    is_null,
    is_null_literal,
    negated,
    presence,
    typed_null,
)
from formline.expressions.functions import FUNCTIONS
from formline.expressions.names import Frame, Many, Names
from formline.expressions.nodes import (
    OPERATORS,
    Aggregate,
    Compare,
    Constant,
    Duration,
    Field,
    If,
    InCodes,
    InKeys,
    InList,
    Node,
)
from formline.expressions.problems import ExpressionError, ExpressionProblem, did_you_mean
from formline.expressions.types import BOOLEAN, NULL, NUMBER, TEXT, Kind, Type, common, comparable

_ARITHMETIC = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Mod: "modulo"}
_COMPARE = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_WORDS = {"true": True, "false": False, "null": None}
_ORDERED = frozenset({Kind.NUMBER, Kind.MONEY, Kind.TEXT, Kind.DATE, Kind.DATETIME})
_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "modulo": "%"}


class Checker:
    """Turns the syntax of one expression into its typed tree; every problem of independent parts is collected."""

    def __init__(self, names: Names) -> None:
        """Check with ``names``, which also collects the dependencies."""
        self.names = names

    def error(self, code: str, message: str, node: ast.expr, hint: str = "") -> ExpressionError:
        """Return an error at ``node``, to raise."""
        return self.names.error(code, message, node, hint)

    def all(self, nodes: Iterable[ast.expr], frame: Frame, conditions: bool = False) -> tuple[Node, ...]:
        """Check each of ``nodes``; raise the problems of all of them together."""
        found: list[Node] = []
        problems: list[ExpressionProblem] = []
        for node in nodes:
            try:
                found.append(self.condition(node, frame) if conditions else self.value(node, frame))
            except ExpressionError as error:
                problems.extend(error.problems)
        if problems:
            raise ExpressionError(problems)
        return tuple(found)

    def value(self, node: ast.expr, frame: Frame) -> Node:
        """Check an expression that gives one value."""
        found = self.visit(node, frame)
        if isinstance(found, Many):
            hint = "write sum(lines.amount), count(lines), any(lines, ...), distinct(...) or first(...)"
            raise self.error("EXPR-MANY", "This path leads to many values.", node, hint)
        return found

    def condition(self, node: ast.expr, frame: Frame) -> Node:
        """Check an expression in the place of a condition: a boolean, or anything that may be absent."""
        return self.as_condition(self.value(node, frame), node)

    def as_condition(self, value: Node, node: ast.expr) -> Node:
        """Make a condition of ``value``: a value that is not a boolean is asked whether it is there."""
        if value.type.is_number:
            hint = "write amount > 0 or amount != null"
            raise self.error("EXPR-TYPE", "A number is not a condition.", node, hint)
        if value.type.kind is Kind.DURATION:
            raise self.error("EXPR-TYPE", "An amount of time is not a condition.", node)
        return presence(value)

    @singledispatchmethod
    def visit(self, node: ast.expr, frame: Frame) -> Node | Many:
        """Check one syntax node; each kind that is allowed has its method, all others are refused."""
        hint = "allowed are fields, numbers, texts, + - * / %, comparisons, and, or, not, in, x if c else y, functions"
        raise self.error("EXPR-SYNTAX", f"{type(node).__name__} is not part of this language.", node, hint)

    @visit.register
    def _constant(self, node: ast.Constant, frame: Frame) -> Node:
        value = node.value
        if value is None or isinstance(value, bool):
            return _word(value)
        if isinstance(value, str):
            if "\0" in value or any(0xD800 <= ord(character) < 0xE000 for character in value):
                raise self.error("EXPR-TEXT", "The text holds a character no database keeps.", node)
            return Constant(TEXT, value)
        if isinstance(value, int | float | complex):
            number = self.names.parsed.number(node)
            return Constant(NUMBER, int(number) if number == number.to_integral_value() else number)
        raise self.error(
            "EXPR-SYNTAX", "This is no value of this language.", node, "write a text, a number, true, null"
        )

    @visit.register
    def _name(self, node: ast.Name, frame: Frame) -> Node | Many:
        return _word(_WORDS[node.id]) if node.id in _WORDS else self.names.resolve(node, frame)

    @visit.register
    def _attribute(self, node: ast.Attribute, frame: Frame) -> Node | Many:
        return self.names.resolve(node, frame)

    @visit.register
    def _call(self, node: ast.Call, frame: Frame) -> Node | Many:
        return calls.check_call(self, node, frame)

    @visit.register
    def _unary(self, node: ast.UnaryOp, frame: Frame) -> Node:
        if isinstance(node.op, ast.Not):
            return negated(self.condition(node.operand, frame))
        operand = self.value(node.operand, frame)
        if isinstance(operand, Duration):
            return replace(operand, count=self._minus(operand.count, node))
        if isinstance(node.op, ast.USub):
            return self._minus(operand, node)
        raise self.error("EXPR-SYNTAX", "This sign is not part of this language.", node)

    def _minus(self, operand: Node, node: ast.expr) -> Node:
        return calls.apply(self, FUNCTIONS["negate"], "-", (operand,), node)

    @visit.register
    def _binary(self, node: ast.BinOp, frame: Frame) -> Node:
        name = _ARITHMETIC.get(type(node.op))
        if name is None:
            raise self.error("EXPR-SYNTAX", "This operator is not part of this language.", node, "use + - * / %")
        left, right = self.all((node.left, node.right), frame)
        if isinstance(right, Duration):
            return self._shift(left, right, name, node)
        if name == "add" and left.type.is_text and right.type.is_text:
            return calls.apply(self, FUNCTIONS["join"], "+", (left, right), node)
        if name == "subtract" and left.type.kind is right.type.kind is Kind.DATE:
            return calls.apply(self, FUNCTIONS["days_between"], "-", (right, left), node)
        for side in (left, right):
            if not side.type.is_number and side.type.kind is not Kind.NULL:
                message = f"{_SIGNS[name]} does not work on {left.type} and {right.type}."
                raise self.error("EXPR-TYPE", message, node, _arithmetic_hint(left.type, right.type))
        return calls.apply(self, FUNCTIONS[name], _SIGNS[name], (left, right), node)

    def _shift(self, left: Node, right: Duration, name: str, node: ast.expr) -> Node:
        if name not in ("add", "subtract") or left.type.kind not in (Kind.DATE, Kind.DATETIME, Kind.NULL):
            raise self.error("EXPR-TYPE", "An amount of time is added to a date or taken from it.", node)
        count = right.count if name == "add" else self._minus(right.count, node)
        return calls.shift(self, left, right.unit, count, node)

    @visit.register
    def _if(self, node: ast.IfExp, frame: Frame) -> Node:
        (test,) = self.all((node.test,), frame, conditions=True)
        then, otherwise = self.all((node.body, node.orelse), frame)
        type_ = common((then.type, otherwise.type))
        if type_ is None or type_.kind is Kind.DURATION:
            message = f"The two sides of if are {then.type} and {otherwise.type}."
            raise self.error("EXPR-TYPE", message, node, "both sides need the same type")
        then, otherwise = typed_null(then, type_), typed_null(otherwise, type_)
        if isinstance(test, Constant):
            return then if test.value else otherwise
        return If(type_, test, then, otherwise)

    @visit.register
    def _logic(self, node: ast.BoolOp, frame: Frame) -> Node:
        items = self.all(node.values, frame, conditions=True)
        return conjunction(items) if isinstance(node.op, ast.And) else disjunction(items)

    @visit.register
    def _comparison(self, node: ast.Compare, frame: Frame) -> Node:
        sides = [node.left, *node.comparators]
        pairs = zip(sides, node.ops, sides[1:], strict=False)
        return conjunction(tuple(self._pair(left, op, right, frame, node) for left, op, right in pairs))

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr, frame: Frame, node: ast.expr) -> Node:
        if isinstance(op, ast.In | ast.NotIn):
            found = self._member(left, right, frame)
            return negated(found) if isinstance(op, ast.NotIn) else found
        if type(op) not in _COMPARE:
            raise self.error("EXPR-SYNTAX", "is is not part of this language.", node, "write == null or != null")
        first, second = self.all((left, right), frame)
        return self.compare(_COMPARE[type(op)], first, second, frame, node)

    def compare(self, operator: str, left: Node, right: Node, frame: Frame, node: ast.expr) -> Node:
        """Return the checked comparison, with null literals folded."""
        equality = operator in ("==", "!=")
        left, right = self._named(left, right, frame), self._named(right, left, frame)
        if not comparable(left.type, right.type):
            raise self.error(
                "EXPR-TYPE", f"{left.type} and {right.type} do not compare.", node, _compare_hint(left.type, right.type)
            )
        for side, other in ((left, right), (right, left)):
            self.check_choice(side.type, other, node)
            if is_null_literal(side):
                found = is_null(other)
                return (found if operator == "==" else negated(found)) if equality else Constant(BOOLEAN, False)
            if not equality and side.type.kind not in _ORDERED:
                raise self.error("EXPR-TYPE", f"{side.type} has no order.", node, "use == or !=, or `in [...]`")
        if isinstance(left, Constant) and isinstance(right, Constant):
            return Constant(BOOLEAN, OPERATORS[operator](left.value, right.value))
        return Compare(BOOLEAN, operator, left, right)

    def _named(self, side: Node, other: Node, frame: Frame) -> Node:
        """Read ``company == "SZ"`` as ``company.code == "SZ"``: definitions name records by their natural key."""
        if side.type.kind is not Kind.REF or not isinstance(other, Constant) or not isinstance(other.value, str):
            return side
        if not isinstance(side, Field) or len(side.type.objects) != 1 or not side.path:
            return side
        key = frame.scope.natural_key(side.type.objects[0])
        if key is None:
            return side
        path = (key,) if side.path == ("id",) else (*side.path, key)
        self.names.depend(side.root, path, frame)
        return replace(side, type=TEXT, path=path)

    def check_choice(self, type_: Type, value: Node, node: ast.expr) -> None:
        """Refuse a text literal that is none of the choices it is compared with."""
        if type_.choices is None or not isinstance(value, Constant) or not isinstance(value.value, str):
            return
        if value.value not in type_.choices:
            some = ", ".join(sorted(type_.choices)[:8])
            hint = did_you_mean(value.value, type_.choices, f"choices: {some}")
            raise self.error("EXPR-CHOICE", f"{value.value!r} is none of the choices.", node, hint)

    def _member(self, left: ast.expr, right: ast.expr, frame: Frame) -> Node:
        """Check ``left in right``."""
        value = self.value(left, frame)
        if isinstance(right, ast.List | ast.Tuple):
            return self._in_list(value, right, frame)
        collection = self.visit(right, frame)
        if isinstance(collection, Many):
            return self._in_many(value, collection, frame, right)
        if (
            collection.type.many
            and isinstance(collection, Field)
            and comparable(value.type, replace(collection.type, many=False))
        ):
            return InKeys(BOOLEAN, value, collection)
        if collection.type.kind is Kind.MULTI_CHOICE and (value.type.is_text or is_null_literal(value)):
            self.check_choice(collection.type, value, left)
            return Constant(BOOLEAN, False) if is_null_literal(value) else InCodes(BOOLEAN, value, collection)
        hint = (
            "write contains(text, part)" if collection.type.is_text else "write x in [a, b] or x in a_multiple_choice"
        )
        raise self.error("EXPR-TYPE", f"in does not look into {collection.type}.", right, hint)

    def _in_list(self, value: Node, right: ast.List | ast.Tuple, frame: Frame) -> Node:
        options = self.all(right.elts, frame)
        tests = [self.compare("==", value, option, frame, right) for option in options]
        plain = [test for test in tests if isinstance(test, Compare)]
        rest = tuple(test for test in tests if not isinstance(test, Compare))
        if not plain:
            return disjunction(rest)
        # compare() may have led the value on to its natural key; every option then agrees.
        inside = InList(BOOLEAN, plain[0].left, tuple(test.right for test in plain))
        return disjunction((*rest, inside)) if rest else inside

    def _in_many(self, value: Node, many: Many, frame: Frame, node: ast.expr) -> Node:
        inner = frame.inside(many.object, many.prefix)
        names = many.names or ("id",)
        element = self.names.walk("", many.object, names, node, inner)
        if isinstance(element, Many) or not comparable(value.type, element.type):
            raise self.error("EXPR-TYPE", f"{value.type} is never in this.", node)
        if is_null_literal(value):
            return Constant(BOOLEAN, False)
        if many.keys:
            return InKeys(BOOLEAN, value, many.rows)
        outer = calls.outward(value, frame)
        if outer is None:
            raise self.error(
                "EXPR-TYPE", "in looks into a collection for a field or a literal only.", node, "use any(...)"
            )
        return Aggregate(BOOLEAN, "any", many.rows, None, Compare(BOOLEAN, "==", element, outer))


def _word(value: bool | None) -> Node:
    return Constant(NULL if value is None else BOOLEAN, value)


def _arithmetic_hint(left: Type, right: Type) -> str:
    kinds = {left.kind, right.kind}
    if kinds & {Kind.DATE, Kind.DATETIME}:
        return "write date + days(3), or days_between(a, b)"
    if left.is_text or right.is_text:
        return "write concat(a, b) to join texts and numbers, number(text) to calculate"
    return ""


def _compare_hint(left: Type, right: Type) -> str:
    kinds = {left.kind, right.kind}
    if kinds == {Kind.DATE, Kind.DATETIME}:
        return "write date_of(the moment)"
    if Kind.DATE in kinds and (left.is_text or right.is_text):
        return "write date(2026, 12, 31)"
    if Kind.REF in kinds and (left.is_text or right.is_text):
        return "compare a field of the record, as in company.code"
    if Kind.MULTI_CHOICE in kinds:
        return 'write "a" in the_field'
    return ""
