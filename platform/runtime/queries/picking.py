"""Records offered for a lookup: readable ones that fit the lookup's condition, found by their title."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from formline.errors import BudgetError
from formline.expressions.expression import Expression
from formline.expressions.storage_types import Words
from formline.fields.field import Field
from formline.fields.sorting import sort_key
from formline.runtime.access.actor import Actor
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.budget import time_budget
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.reading import Reading, reading
from formline.runtime.queries.source import SqlSource
from formline.runtime.queries.statement import Statement
from formline.runtime.queries.text import contains_text
from formline.runtime.queries.title_texts import title_text
from formline.runtime.release import Release

MOST_OFFERED = 100
_LAST = "\U0010ffff"  # sorts after every character
_Way = Literal["all", "prefix", "contains"]


def pick(
    connection: Connection,
    release: Release,
    actor: Actor,
    object: str,
    text: str = "",
    where: Expression | None = None,
    limit: int = 20,
    *,
    of: str = "",
    values: Mapping[str, Any] | None = None,
) -> list[tuple[UUID, str]]:
    """Return (id, title) of records of ``object`` whose title has ``text``, those that begin with it first.

    Titles begin with a text as people sort them: ``zhang`` finds 张. ``where`` is the lookup's condition, in which
    ``this`` is a record of the object ``of`` with ``values``, a flat record as it stands in the form; what it lacks
    is empty.

    Raises:
        BudgetError: no title was found in time.
    """
    view = reading(release, actor)
    access = view.access.object(object)
    title = release.catalog.object(object).title
    if not access.can("read") or (title != "id" and not access.readable(title)):
        return []
    limit = min(limit, MOST_OFFERED)
    text = text.replace("\0", "\ufffd")  # PostgreSQL takes no NUL, and no title has one

    def search(way: _Way, **parameters: Any) -> list[tuple[UUID, str]]:
        key = ("pick", way, object, where and where.source, of, view.key)
        prepared: Prepared = statements(release).get(key, lambda: _prepare(view, object, way, where, of))
        with time_budget(connection):
            rows = prepared.run(connection, actor, {**parameters, "row_limit": limit}, {"this": values or {}})
        return [(row[0], row[1] if title != "id" else str(row[0])) for row in rows]

    if not text:
        return search("all")
    begin = sort_key(text)
    first = search("prefix", begin=begin, end=begin + _LAST) if _has_sort_key(release, object) else []
    if len(first) >= limit:
        return first
    try:
        further = search("contains", text=text.lower())
    except BudgetError:
        if not first:
            raise
        further = []
    return list(dict([*first, *further]).items())[:limit]


def pickable(
    connection: Connection,
    release: Release,
    actor: Actor,
    field: Field,
    object: str,
    ids: Iterable[UUID],
    values: Mapping[str, Any],
) -> set[UUID]:
    """Return those of ``ids``, records of ``object``, that the actor could pick for ``field``.

    ``values`` are the record's, for ``this`` in the lookup's condition. Setting a lookup to any other id is refused
    as if the id did not exist.
    """
    view = reading(release, actor)
    where = field.where
    key = ("pickable", object, where and where.source, field.object, view.key)
    prepared: Prepared = statements(release).get(key, lambda: _pickable(view, object, where, field.object))
    rows = prepared.run(connection, actor, bind_keys("ids", ids, release.dialect), {"this": values})
    return {row[0] for row in rows}


def _offered(
    view: Reading, object: str, where: Expression | None, of: str
) -> tuple[SqlSource, list[ColumnElement[bool]]]:
    """Return the source of what a lookup offers and its conditions; those are a definition's, but for reading."""
    statement = Statement(view.release)
    roots = {"user": user_root(statement)}
    source = view.source(object, statement).definition()
    conditions = [source.alive()]
    readable = view.predicates.read(source)
    if readable is not None:
        conditions.append(readable)
    if where is not None:
        inside = source.inside(BoundRow(statement, of, "this", roots=roots))
        conditions.append(where.where(inside))
    return source, conditions


def _prepare(view: Reading, object: str, way: _Way, where: Expression | None, of: str) -> Prepared:
    source, conditions = _offered(view, object, where, of)
    title, order = title_text(source), _order(source)
    if way == "prefix":
        conditions += [order >= bindparam("begin", type_=Words()), order < bindparam("end", type_=Words())]
    elif way == "contains":
        conditions.append(contains_text(title, bindparam("text", type_=Words()), source.dialect))
    found: Select[Any] = select(source.key, title).select_from(source.source()).where(*conditions)
    return Prepared(found.order_by(order, source.key).limit(bindparam("row_limit")), source.statement)


def _has_sort_key(release: Release, object: str) -> bool:
    described = release.catalog.object(object)
    return any(part.name == "sort" for part in described.fields[described.title].parts)


def _order(source: SqlSource) -> ColumnElement[Any]:
    """Return what offered records are sorted by: the title in people's order."""
    field = source.object.fields[source.object.title]
    part = "sort" if _has_sort_key(source.statement.release, source.object.name) else ""
    return source.column((field.name,), part)


def _pickable(view: Reading, object: str, where: Expression | None, of: str) -> Prepared:
    source, conditions = _offered(view, object, where, of)
    found = select(source.key).where(in_keys(source.key, "ids", source.dialect), *conditions)
    return Prepared(found.select_from(source.source()), source.statement)
