"""A query's conditions: a person's filter as text or structure, a definition's base, rights, being alive."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.engine import Dialect as SqlDialect

from formline.errors import BudgetError
from formline.expressions.compiler import compile_expression
from formline.expressions.expression import Expression
from formline.expressions.nodes import Aggregate, And, Compare, Found, Node, Or
from formline.expressions.types import BOOLEAN, Type
from formline.runtime.access.predicates import Predicates
from formline.runtime.access.rights import Rights
from formline.runtime.queries.filters import MOST_CONDITIONS, MOST_JOINS, Filter, parse_filter
from formline.runtime.queries.paths import USER_ROOTS, require_readable
from formline.runtime.queries.prepared import statements
from formline.runtime.queries.query import Where
from formline.runtime.queries.source import SqlSource
from formline.runtime.release import Release


class Conditions:
    """What the rows of one query fulfil. ``key`` is equal for queries whose statement is the same."""

    def __init__(self, release: Release, access: Rights, object: str, where: Where, base: Expression | None) -> None:
        """Check a person's ``where`` against their rights; ``base`` is a definition's."""
        self._base = base
        self._written: Expression | None = None
        self._filter: Filter | None = None
        text, structure = where if isinstance(where, tuple) else (where, where)
        if isinstance(text, str) and text.strip():
            self._written = statements(release).get(
                ("written", object, text, access), lambda: written_expression(release, access, object, text, BOOLEAN)
            )
        if isinstance(structure, Mapping) and structure:
            self._filter = parse_filter(access, object, structure)

    @property
    def key(self) -> Hashable:
        """What decides the SQL."""
        return (
            self._base and self._base.source,
            self._written and self._written.source,
            self._filter and self._filter.shape,
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything but rights narrows the rows."""
        return bool(self._base or self.asked)

    @property
    def asked(self) -> bool:
        """Whether a person's own filter narrows the rows."""
        return bool(self._written or self._filter)

    def on(
        self, source: SqlSource, predicates: Predicates | None, *, deleted: bool = False, right: str = "read"
    ) -> list[ColumnElement[bool]]:
        """Return the conditions on a row; ``source`` has the person's reader.

        Without ``predicates`` the caller sees to it that the row may be read.
        """
        found = [source.row.c["deleted_at"].is_not(None) if deleted else source.alive()]
        readable = predicates.condition(source, right) if predicates else None
        if readable is not None:
            found.append(readable)
        if self._base is not None:
            found.append(self._base.where(source.definition()))
        if self._written is not None:
            found.append(self._written.where(source))
        if self._filter is not None:
            found.append(self._filter.condition(source))
        return found

    def parameters(self, dialect: SqlDialect) -> dict[str, Any]:
        """Return the values of a structured filter."""
        return self._filter.parameters(dialect) if self._filter else {}


def written_expression(
    release: Release, access: Rights, object: str, text: str, expects: Type | None = None
) -> Expression:
    """Compile an expression a person wrote; every field on its paths must be theirs to read.

    Raises:
        ExpressionError: it makes no sense. QueryError: a field they may not read. BudgetError: too much.
    """
    expression = compile_expression(
        text, release.catalog.compiler.scope, object=object, roots=USER_ROOTS, expects=expects
    )
    require_readable(access, object, expression.dependencies)
    _require_small(expression)
    return expression


def _require_small(expression: Expression) -> None:
    nodes = list(_walk(expression.node))
    conditions = sum(isinstance(node, Compare | And | Or) for node in nodes)
    if conditions > MOST_CONDITIONS:
        raise BudgetError(f"A filter may have {MOST_CONDITIONS} conditions at most.")
    lookups = {path[:-1] for path in expression.dependencies if len(path) > 1}
    collections = sum(isinstance(node, Aggregate | Found) for node in nodes)
    if len(lookups) + collections > MOST_JOINS:
        raise BudgetError(f"A filter may follow {MOST_JOINS} lookups at most.")


def _walk(node: Node) -> list[Node]:
    found = [node]
    for each in node.children():
        found.extend(_walk(each))
    return found
