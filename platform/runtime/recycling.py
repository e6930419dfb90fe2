"""The recycle bin: what was deleted and can be brought back, and deleting it for good. Restoring is the unit's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, case, delete, func, select

from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime import tables
from formline.runtime.access.rights import rights
from formline.runtime.audit import events
from formline.runtime.copies.registry import Erasing, stores
from formline.runtime.files.storage import forget
from formline.runtime.unit import Unit, run_unit

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site

#: Who may see everybody's deletions and delete for good.
RIGHT = "manage_data"
_columns = tables.deletion.c


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion: the records it was asked for, by object id, and how many others went and lost a link with them."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    asked: tuple[tuple[int, UUID], ...]
    also: int
    emptied: int


def deletions(
    connection: Connection, actor_id: UUID | None, limit: int, before: UUID | None = None
) -> tuple[list[Deletion], UUID | None]:
    """Return deletions that can be taken back, newest first, and where to go on; ``actor_id`` None: everybody's."""
    statement = (
        select(
            _columns.deletion_id,
            func.min(_columns.at).label("at"),
            func.sum(case((_columns.cause == "cascade", 1), else_=0)).label("also"),
            func.sum(case((_columns.cause == "set_null", 1), else_=0)).label("emptied"),
        )
        .where(_columns.restored_at.is_(None))
        .group_by(_columns.deletion_id)
        .order_by(_columns.deletion_id.desc())  # made of the time, so the newest first
        .limit(limit + 1)
    )
    if actor_id is not None:
        statement = statement.where(_columns.actor_id == actor_id)
    if before is not None:
        statement = statement.where(_columns.deletion_id < before)
    rows = connection.execute(statement).all()
    asked = _asked(connection, [row.deletion_id for row in rows[:limit]])
    found = [
        Deletion(row.deletion_id, row.at, asked[row.deletion_id][0], asked[row.deletion_id][1], row.also, row.emptied)
        for row in rows[:limit]
        if row.deletion_id in asked
    ]
    return found, rows[limit - 1].deletion_id if len(rows) > limit else None


def _asked(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID | None, tuple[tuple[int, UUID], ...]]]:
    """Return by deletion who asked and for which records."""
    if not ids:
        return {}
    statement = select(_columns.deletion_id, _columns.actor_id, _columns.object_id, _columns.record_id).where(
        _columns.deletion_id.in_(ids), _columns.cause == "asked"
    )
    people: dict[UUID, UUID | None] = {}
    records: dict[UUID, list[tuple[int, UUID]]] = defaultdict(list)
    for row in connection.execute(statement):
        people[row.deletion_id] = row.actor_id
        records[row.deletion_id].append((row.object_id, row.record_id))
    return {key: (people[key], tuple(records[key])) for key in records}


def purge(site: Site, actor: Actor, deletion_id: UUID) -> int:
    """Delete for good what a deletion took, with every copy of its values; return how many records went.

    That it was there, and who did what when, stays in the history.

    Raises:
        NotFoundError: no such deletion, or it was taken back. AccessDeniedError: no right to manage data.
        ConflictError: an approval of one of the records is running.
    """
    if not actor.is_system and not rights(site.release, actor).may(RIGHT):
        raise AccessDeniedError("Deleting for good needs the right to manage data.")
    blobs: list[str] = []

    def work(unit: Unit) -> int:
        blobs.clear()
        records = _records(unit, deletion_id)
        with unit.as_platform():
            erasing = Erasing(unit.connection, unit.release, records, unit.actor.user_id, unit.now)
            for store in stores():
                store.erase(erasing)
            blobs.extend(erasing.blobs)
            for name, keys in records.items():
                _remove(unit, name, keys, deletion_id)
        unit.connection.execute(delete(tables.deletion).where(_columns.deletion_id == deletion_id))
        count = sum(len(keys) for keys in records.values())
        detail = {"deletion": str(deletion_id), "counts": {name: len(keys) for name, keys in records.items()}}
        events.note(unit.connection, unit.actor.user_id, "purged", detail, unit.now)
        return count

    count = run_unit(site, actor, work, source="system")
    forget(site, blobs)
    return count


def _records(unit: Unit, deletion_id: UUID) -> dict[str, list[UUID]]:
    """Return the records a deletion took by object, its journal locked against who restores at the same time."""
    statement = select(_columns.object_id, _columns.record_id).where(
        _columns.deletion_id == deletion_id, _columns.restored_at.is_(None), _columns.cause != "set_null"
    )
    found: dict[str, list[UUID]] = defaultdict(list)
    for row in unit.connection.execute(statement.order_by(_columns.record_id).with_for_update()):
        name = unit.release.object_named(row.object_id)
        if name is None:  # the object left the catalog; its table goes with the quarantine
            raise NotFoundError
        found[name].append(row.record_id)
    if not found:
        raise NotFoundError
    return dict(found)


def _remove(unit: Unit, name: str, keys: Sequence[UUID], deletion_id: UUID) -> None:
    model = unit.release.model(name)
    for join in model.join_tables.values():
        unit.connection.execute(delete(join).where(join.c.record_id.in_(keys)))
    still = (model.id.in_(keys)) & (model.table.c["deletion_id"] == deletion_id)
    unit.connection.execute(delete(model.table).where(still))
