"""What the expressions of a document are worth for a record: conditions see all, values what the reader may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.errors import FormlineError, NotFoundError
from formline.expressions.expression import Expression
from formline.runtime.access.actor import Actor
from formline.runtime.access.masking import HIDDEN, Masked
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.prepared import Prepared
from formline.runtime.queries.reading import reading
from formline.runtime.release import Release

_IDS = "printed_ids"


def holds(
    connection: Connection, release: Release, actor: Actor, object_name: str, key: UUID, conditions: Sequence[Any]
) -> list[bool]:
    """Return which conditions of a definition hold for a record; ``True`` and ``False`` are themselves."""
    expressions = [one for one in conditions if isinstance(one, Expression)]
    found = iter(_values(connection, release, actor, object_name, key, expressions, definition=True))
    return [bool(next(found)) if isinstance(one, Expression) else bool(one) for one in conditions]


def computed(
    connection: Connection, release: Release, actor: Actor, object_name: str, key: UUID, sources: Sequence[str]
) -> Mapping[str, tuple[Expression | None, Any]]:
    """Return expressions with their values by source; one that reads what the actor may not read is hidden."""
    view = reading(release, actor)
    known: dict[str, Expression] = {}
    result: dict[str, tuple[Expression | None, Any]] = {}
    for source in dict.fromkeys(sources):
        try:
            known[source] = view.expression(object_name, source)
        except FormlineError:
            result[source] = (None, Masked(HIDDEN))
    values = _values(connection, release, actor, object_name, key, list(known.values()), definition=False)
    for (source, expression), value in zip(known.items(), values, strict=True):
        result[source] = (expression, value)
    return result


def _values(
    connection: Connection,
    release: Release,
    actor: Actor,
    object_name: str,
    key: UUID,
    expressions: Sequence[Expression],
    *,
    definition: bool,
) -> Sequence[Any]:
    if not expressions:
        return ()
    source = reading(release, actor).source(object_name)
    row = source.definition() if definition else source
    columns = [expression.sql(row).label(f"value_{number}") for number, expression in enumerate(expressions)]
    statement = select(*columns).where(in_keys(source.key, _IDS, release.dialect)).select_from(source.source())
    rows = Prepared(statement, source.statement).run(connection, actor, bind_keys(_IDS, [key], release.dialect))
    if not rows:
        raise NotFoundError
    return rows[0]
