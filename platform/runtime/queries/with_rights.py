"""A record together with what the actor may do with it: pages that change records need both, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, select

from formline.errors import NotFoundError
from formline.expressions.storage_types import Key
from formline.runtime.access.actor import Actor
from formline.runtime.access.permitted import Raised, RecordRights, flags_of_rights, rights_of_flags
from formline.runtime.queries.conditions import Conditions
from formline.runtime.queries.lists import records
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.reading import Reading, reading
from formline.runtime.queries.selection import Selection, select_fields
from formline.runtime.release import Release


def get_with_rights(
    connection: Connection, release: Release, actor: Actor, object: str, id: UUID
) -> tuple[dict[str, Any], RecordRights]:
    """Return one record with all fields the actor may see, and the actor's rights on it.

    Raises:
        NotFoundError: absent, deleted or not to be read.
    """
    view = reading(release, actor)
    prepared, selection, raised = statements(release).get(
        ("get with rights", object, view.key), lambda: _prepare(view, object)
    )
    rows: list[Sequence[Any]] = prepared.run(connection, actor, {"record_id": id})
    if not rows:
        raise NotFoundError
    record = records(connection, release, object, selection, rows)[0]
    flags = rows[0][len(selection.columns) + len(selection.flags) :]
    return record, rights_of_flags(view.access.object(object), flags, raised)


def _prepare(view: Reading, object: str) -> tuple[Prepared, Selection, Raised]:
    source = view.source(object)
    selection = select_fields(source, view.access, ())
    flags, raised = flags_of_rights(source.definition(), view.access.object(object), view.predicates)
    where = Conditions(view.release, view.access, object, None, None).on(source, view.predicates)
    columns = [*selection.columns, *selection.flags, *flags]
    found: Select[Any] = select(*(column.label(f"c{index}") for index, column in enumerate(columns)))
    found = found.select_from(source.source())
    found = found.where(source.key == bindparam("record_id", type_=Key()), *where)
    return Prepared(found, source.statement), selection, raised
