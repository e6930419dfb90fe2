"""Evaluates expressions over all rows in every target and tells where they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from formline.expressions.compiler import compile_expression
from formline.expressions.context import Dialect
from formline.expressions.environment import Env
from formline.expressions.expression import Expression
from formline.expressions.numbers import plain
from formline.expressions.problems import EvaluationError, ExpressionError
from formline.expressions.storage_types import to_microseconds
from formline.expressions.types import Kind
from tests.expressions.node_target import NodeTarget
from tests.expressions.rows import Rows
from tests.expressions.tables import WorldContext
from tests.expressions.world import WORLD

#: What a target gives where Python raises: SQL may give anything, JavaScript must raise the same.
RAISES = "raises"


@dataclass
class Targets:
    """The world in all targets, in one time zone."""

    rows: Rows
    databases: dict[Dialect, Connection]
    node: NodeTarget
    zone: ZoneInfo

    def __post_init__(self) -> None:
        """Make the environments and hand them to Node."""
        self.deals = self.rows.records["deal"]
        self.envs = [self.rows.env(deal, self.zone) for deal in self.deals]
        self.node.give(self.envs)

    def compile(self, text: str) -> Expression | None:
        """Compile; None where literals alone already have no value."""
        try:
            return compile_expression(text, WORLD, object="deal")
        except ExpressionError as error:
            if {problem.code for problem in error.problems} <= {"EXPR-TOO-LARGE", "EXPR-TOO-LONG", "EXPR-LITERAL"}:
                return None
            raise AssertionError(f"{text}: {error.problems}") from error

    def disagreements(self, texts: Sequence[str]) -> list[str]:
        """Return one line per cell in which a target differs from Python."""
        compiled = [each for each in map(self.compile, texts) if each is not None]
        if not compiled:
            return []
        expected = [[self.python(each, env) for env in self.envs] for each in compiled]
        answers: dict[str, list[list[Any]]] = {name: self.sql(name, compiled) for name in self.databases}
        answers["javascript"] = self.javascript(compiled)
        found = []
        for name, columns in answers.items():
            for each, wanted, given in zip(compiled, expected, columns, strict=True):
                found += self._differences(name, each, wanted, given)
        return found

    def _differences(self, name: str, each: Expression, wanted: list[Any], given: list[Any]) -> list[str]:
        lines = []
        for index, (right, answer) in enumerate(zip(wanted, given, strict=True)):
            ignored = answer is Ellipsis or (right == RAISES and name != "javascript")
            if not ignored and right != answer:
                lines.append(f"{name}, row {index}: {each.source}\n    python {right!r}\n    {name} {answer!r}")
        return lines

    @staticmethod
    def python(expression: Expression, env: Env) -> Any:
        """Evaluate in Python."""
        try:
            return shown(expression.python(env))
        except EvaluationError:
            return RAISES

    @staticmethod
    def python_condition(expression: Expression, env: Env) -> Any:
        """Evaluate as a condition in Python."""
        try:
            return expression.condition(env)
        except EvaluationError:
            return RAISES

    def sql(self, dialect: Dialect, compiled: Sequence[Expression]) -> list[list[Any]]:
        """Evaluate all expressions over all rows in one statement."""
        context = WorldContext(dialect, self.zone, self.rows.user)
        columns = [each.sql(context).label(f"c{index}") for index, each in enumerate(compiled)]
        statement = select(*columns).select_from(context.source()).order_by(context.row.c.id)
        answer = self.databases[dialect].execute(statement).all()
        assert len(answer) == len(self.deals)
        return [[shown(row[index]) for row in answer] for index in range(len(compiled))]

    def where(self, dialect: Dialect, expression: Expression) -> list[UUID]:
        """Return the ids of the rows for which the condition holds."""
        context = WorldContext(dialect, self.zone, self.rows.user)
        condition = expression.where(context)
        statement = select(context.row.c.id).select_from(context.source()).where(condition)
        return sorted(self.databases[dialect].scalars(statement.order_by(context.row.c.id)))

    def javascript(self, compiled: Sequence[Expression]) -> list[list[Any]]:
        """Evaluate in Node; ``...`` where only the server can."""
        bodies = ["" if each.browser_problem else each.javascript() for each in compiled]
        answers = self.node.evaluate(bodies)
        return [
            [_from_javascript(cell, each) if body else ... for cell in cells]
            for each, body, cells in zip(compiled, bodies, answers, strict=True)
        ]


def shown(value: Any) -> Any:
    """Return a value so that equal values of all targets look alike."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return to_microseconds(value)
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value


def _from_javascript(cell: dict[str, Any], expression: Expression) -> Any:
    if "error" in cell:
        return RAISES if cell["error"].startswith("EXPR-TOO") else cell["error"]
    value = cell["value"]
    if isinstance(value, dict) and "units" in value:
        units = int(value["units"])
        return units if expression.type.kind is Kind.DATETIME else plain(Decimal(units).scaleb(-6))
    return value
