"""A compiled expression and a compiled find: what the other layers hold. How they are compiled is in the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement

from formline.expressions.context import SqlContext
from formline.expressions.environment import Env
from formline.expressions.nodes import Node
from formline.expressions.scope import Path
from formline.expressions.types import Type

#: The Python target of one expression: pure, no I/O; raises EvaluationError where a value does not exist.
Evaluate = Callable[[Env], Any]


@dataclass(frozen=True, slots=True)
class Read:
    """One thing the caller fetches before evaluating in Python.

    ``path`` as in ``Env``: one step is a field of the record (parts in the name: ``amount.base``), more steps are a key
    of ``Env.paths``. ``rows``: for a collection, what each of its rows must hold, paths relative to the row; else None.
    """

    path: Path
    type: Type
    rows: frozenset[Read] | None = None


@dataclass(frozen=True)
class Expression:
    """An expression checked against a scope.

    ``dependencies``: every field it reads, as names from the root through lookups and other sides, without parts and
    with each prefix (``customer.level`` also depends on ``customer``); fields of a found object start with ``@object``.
    ``volatile``: which of ``today``, ``now``, ``user`` it depends on itself.
    """

    source: str
    type: Type
    node: Node
    dependencies: frozenset[Path]
    reads: frozenset[Read]
    volatile: frozenset[str]

    @cached_property
    def python(self) -> Evaluate:
        """The Python target: ``evaluate(env) -> value``. Numbers are Decimal or int, conditions never None."""
        from formline.expressions.python import to_python

        return to_python(self.node)

    @cached_property
    def condition(self) -> Callable[[Env], bool]:
        """The Python target as a test: null and the empty text are False."""
        from formline.expressions.python import to_condition

        return to_condition(self.node)

    def sql(self, context: SqlContext) -> ColumnElement[Any]:
        """Return the value as a column, typed so that rows give values as in memory (``Exact(6)`` for numbers)."""
        from formline.expressions.sql import to_sql

        return to_sql(self.node, context)

    def where(self, context: SqlContext) -> ColumnElement[bool]:
        """Return the condition for a WHERE: plain comparisons stay bare columns, null counts as false."""
        from formline.expressions.sql import to_where

        return to_where(self.node, context)

    @cached_property
    def browser_problem(self) -> str:
        """Why only the server can evaluate it, or the empty text."""
        from formline.expressions.javascript import browser_problem

        return browser_problem(self.node)

    def javascript(self) -> str:
        """Return the body of a function of ``(f, r, e)``: the runtime module, the record, the environment.

        ``r`` holds JSON values by flat name, numbers as text; ``e`` holds ``old, user, today, now, zone, roots, paths``.
        The result: numbers as BigInt millionths, dates as ISO text, moments as BigInt microseconds; see ``runtime.js``.
        Raises ExpressionError (EXPR-BROWSER) for what only the server can evaluate.
        """
        from formline.expressions.javascript import to_javascript

        return to_javascript(self.node)
