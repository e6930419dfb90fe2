"""A compiled expression: what the other layers hold. How they are compiled is in the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement

from formline.expressions.context import SqlContext
from formline.expressions.environment import Env
from formline.expressions.javascript import browser_problem, to_javascript
from formline.expressions.nodes import Convert, Node, Within, walk
from formline.expressions.python import Evaluate, to_condition, to_python
from formline.expressions.reads import Read, reads_of
from formline.expressions.scope import Path
from formline.expressions.sql import to_sql, to_where
from formline.expressions.types import Type

__all__ = ["Evaluate", "Expression", "Read"]

#: Roots whose fields an ``Env`` holds without prefetching.
_AT_HAND = frozenset({"old", "user", "input"})


@dataclass(frozen=True, eq=False)
class Expression:
    """An expression checked against a scope.

    ``dependencies``: every field it reads, as names from the root through lookups and other sides, without parts and
    with each prefix (``customer.level`` also depends on ``customer``); fields of the object a ``where`` is about, or a
    find looks for, start with ``@object``. ``volatile``: which of ``today``, ``now``, ``user`` it depends on.
    """

    source: str
    type: Type
    node: Node
    dependencies: frozenset[Path]
    volatile: frozenset[str]

    @cached_property
    def reads(self) -> frozenset[Read]:
        """What to fetch of the record and the roots before evaluating in Python."""
        return reads_of(self.node)

    @cached_property
    def row_reads(self) -> frozenset[Read]:
        """What the row at hand must hold, for an expression compiled with ``where_of``."""
        return reads_of(self.node, row=True)

    @cached_property
    def asks(self) -> frozenset[str]:
        """What else evaluating in Python calls: ``rates`` (Env.convert), ``trees`` (Env.ancestors)."""
        kinds = {Convert: "rates", Within: "trees"}
        return frozenset(kinds[type(node)] for node in walk(self.node) if type(node) in kinds)

    @cached_property
    def in_row(self) -> bool:
        """Whether the row at hand, its old values, the user and rates are all that evaluating in Python needs."""
        if "trees" in self.asks or not all(read.rows is None for read in (*self.reads, *self.row_reads)):
            return False
        elsewhere = [read.path for read in self.reads if not (len(read.path) == 2 and read.path[0] in _AT_HAND)]
        if self.row_reads:  # a where about other rows: the record it is seen from is not the row at hand
            return not elsewhere and all(len(read.path) == 1 for read in self.row_reads)
        return all(len(path) == 1 for path in elsewhere)

    @cached_property
    def python(self) -> Evaluate:
        """The Python target: ``evaluate(env) -> value``. Numbers are Decimal or int; raises EvaluationError."""
        return to_python(self.node)

    @cached_property
    def condition(self) -> Callable[[Env], bool]:
        """The Python target as a test: null is False, and so is what is absent."""
        return to_condition(self.node)

    def sql(self, context: SqlContext) -> ColumnElement[Any]:
        """Return the value as a column whose type gives rows values as in memory (``Exact(6)`` for numbers).

        Where Python raises because a number is too large, or a rate is missing, SQL gives null.
        """
        return to_sql(self.node, context)

    def where(self, context: SqlContext) -> ColumnElement[bool]:
        """Return the condition for a WHERE: plain comparisons stay bare columns; null there means false."""
        return to_where(self.node, context)

    @cached_property
    def browser_problem(self) -> str:
        """Why only the server can evaluate it, or the empty text."""
        return browser_problem(self.node)

    def javascript(self) -> str:
        """Return the body of a function of ``(f, r, e)``: the runtime module, the record, the environment.

        ``r`` holds JSON values by flat name, numbers as text; ``e`` holds ``old, user, today, now, zone, roots`` and
        ``paths`` (keys joined by dots).
        The result: numbers as BigInt millionths, dates as ISO text, moments as BigInt microseconds; see ``runtime.js``.
        Raises ExpressionError (EXPR-BROWSER) for what only the server can evaluate.
        """
        return to_javascript(self.node)
