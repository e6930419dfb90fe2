"""The pools' own tables: entries, ownership, the log. What may happen is decided elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql

from formline.runtime.tables import pool_entry, pool_log, pool_ownership, pool_person

_entry, _log, _own = pool_entry.c, pool_log.c, pool_ownership.c
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gain:
    """A record came to an owner; ``since`` is what its deadlines count from."""

    record_id: UUID
    owner_id: UUID
    since: datetime


def entries(connection: Connection, object_id: int, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Return the entries of records that wait in a pool."""
    if not ids:
        return {}
    found = select(pool_entry).where(_entry.object_id == object_id, _entry.record_id.in_(sorted(ids)))
    return {row["record_id"]: dict(row) for row in connection.execute(found).mappings()}


def enter(connection: Connection, rows: Sequence[Row]) -> None:
    """Put records into pools; one that waits in another moves."""
    if not rows:
        return
    leave(connection, rows[0]["object_id"], [row["record_id"] for row in rows])
    connection.execute(insert(pool_entry), list(rows))


def leave(connection: Connection, object_id: int, ids: Collection[UUID]) -> None:
    """Take records out of their pools."""
    if ids:
        connection.execute(delete(pool_entry).where(_entry.object_id == object_id, _entry.record_id.in_(sorted(ids))))


def owned_since(connection: Connection, object_id: int, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return since when the owners of records have them; records whose owner never changed are left out."""
    if not ids:
        return {}
    found = select(_own.record_id, _own.since).where(_own.object_id == object_id, _own.record_id.in_(sorted(ids)))
    return {row.record_id: row.since for row in connection.execute(found)}


def own(connection: Connection, object_id: int, gains: Sequence[Gain], lost: Iterable[UUID]) -> None:
    """Note new owners, and forget the old ones of records that have none."""
    gone = sorted({*lost, *(gain.record_id for gain in gains)})
    if gone:
        connection.execute(delete(pool_ownership).where(_own.object_id == object_id, _own.record_id.in_(gone)))
    rows = [
        {"object_id": object_id, "record_id": gain.record_id, "owner_id": gain.owner_id, "since": gain.since}
        for gain in gains
    ]
    if rows:
        connection.execute(insert(pool_ownership), rows)


def reminded(connection: Connection, object_id: int, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return the deadlines that owners were told of."""
    told = select(_own.record_id, _own.reminded_of).where(_own.object_id == object_id, _own.record_id.in_(sorted(ids)))
    return {row.record_id: row.reminded_of for row in connection.execute(told) if row.reminded_of is not None}


def note_reminded(connection: Connection, object_id: int, gain: Gain, deadline: datetime) -> None:
    """Remember the deadline that an owner was told of."""
    mine = (_own.object_id == object_id) & (_own.record_id == gain.record_id)
    if not connection.execute(update(pool_ownership).where(mine).values(reminded_of=deadline)).rowcount:
        own(connection, object_id, [gain], ())
        connection.execute(update(pool_ownership).where(mine).values(reminded_of=deadline))


def log(connection: Connection, rows: Sequence[Row]) -> None:
    """Write what happened; each row has every column of the log but its number."""
    if rows:
        connection.execute(insert(pool_log), list(rows))


def logged(connection: Connection, object_id: int, ids: Collection[UUID], since: datetime) -> dict[UUID, list[Row]]:
    """Return what happened to records since a moment, in order."""
    found: dict[UUID, list[Row]] = {key: [] for key in ids}
    if found:
        rows = select(pool_log).where(_log.object_id == object_id, _log.record_id.in_(sorted(found)), _log.at >= since)
        for row in connection.execute(rows.order_by(_log.id)).mappings():
            found[row["record_id"]].append(dict(row))
    return found


def claims(connection: Connection, pool: str, users: Collection[UUID], since: datetime) -> dict[UUID, int]:
    """Return how many records people claimed from a pool since a moment."""
    mine = (_log.pool == pool, _log.event == "claimed", _log.user_id.in_(sorted(users)), _log.at >= since)
    found = select(_log.user_id, func.count()).where(*mine).group_by(_log.user_id)
    return {row[0]: row[1] for row in connection.execute(found)} if users else {}


def lock_people(connection: Connection, pairs: Iterable[tuple[str, UUID]]) -> None:
    """Make others who count the same people's records wait until this transaction ends; always in the same order.

    SQLite has one writer at a time and needs nothing.
    """
    if connection.dialect.name == "sqlite":
        return
    for pool, user in sorted(set(pairs)):
        row = {"pool": pool, "user_id": user}
        connection.execute(postgresql.insert(pool_person).values(row).on_conflict_do_nothing())
        held = select(pool_person).where(pool_person.c.pool == pool, pool_person.c.user_id == user)
        connection.execute(held.with_for_update())
