"""Trees of self-lookups in SQL: what lies below or above a record; always computed from the lookups themselves.

A copy of the tree (closure table) would answer in one step, and be wrong whenever one path of writing forgot it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Table, and_, exists, select

from formline.runtime.queries.statement import Statement


def below(
    statement: Statement, object: str, element: ColumnElement[Any], above: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Return whether ``element`` is ``above`` or lies below it.

    From a value known beforehand the tree is walked down once; from a column it is climbed per row.
    """
    if isinstance(above, BindParameter):
        return below_known(statement, object, element, select(above.label("id")))
    return above.in_(ancestors(statement, object, _one(element)))


def below_known(
    statement: Statement, object: str, element: ColumnElement[Any], known: Select[Any]
) -> ColumnElement[bool]:
    """Return whether ``element`` is one of the ids ``known`` selects (column ``id``) or lies below one."""
    return element.in_(descendants(statement, object, known))


def _one(element: ColumnElement[Any]) -> Select[Any]:
    """Return the select of one value of an outer row."""
    return select(element.label("id")).correlate_except()


def below_any(
    statement: Statement,
    object: str,
    element: ColumnElement[Any],
    is_above: Callable[[ColumnElement[Any]], ColumnElement[bool]],
) -> ColumnElement[bool]:
    """Return whether ``element`` or anything above it fulfils ``is_above``."""
    climbed = _climb(statement, object, _one(element))
    return exists(select(climbed.c.id).where(is_above(climbed.c.id)))


def descendants(statement: Statement, object: str, seeds: Select[Any]) -> Select[Any]:
    """Return the ids that ``seeds`` selects (column ``id``) and those of everything below them; cycles end."""
    table, parent = _tree(statement, object)
    walked = seeds.cte(statement.alias("below"), recursive=True, nesting=True)
    child = table.alias(statement.alias(object))
    step = select(child.c["id"]).where(and_(child.c[parent] == walked.c.id, child.c["deleted_at"].is_(None)))
    return select(walked.union(step).c.id)


def ancestors(statement: Statement, object: str, seeds: Select[Any]) -> Select[Any]:
    """Return the ids that ``seeds`` selects (column ``id``) and those of everything above them; cycles end."""
    return select(_climb(statement, object, seeds).c.id)


def _climb(statement: Statement, object: str, seeds: Select[Any]) -> Any:
    table, parent = _tree(statement, object)
    walked = seeds.cte(statement.alias("above"), recursive=True, nesting=True)
    child = table.alias(statement.alias(object))
    step = select(child.c[parent]).where(and_(child.c["id"] == walked.c.id, child.c[parent].is_not(None)))
    return walked.union(step)


def _tree(statement: Statement, object: str) -> tuple[Table, str]:
    model = statement.release.model(object)
    if not model.object.tree:
        raise KeyError(f"{object} has no tree")
    return model.table, str(model.column(model.object.tree).key)
