"""The rows of clocks: read and written whole, a batch in one statement; what they should say is decided elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from formline.expressions.context import Dialect
from formline.runtime.keys import uuid7s
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.tables import clock
from formline.workflow.sla.timing import Reading

_c = clock.c
_IDS = "clock_records"
#: What a write may change.
_CHANGING = (
    "clock",
    "started_at",
    "since",
    "used",
    "total",
    "target",
    "working",
    "calendar_id",
    "due_at",
    "next_at",
    "fired",
    "stopped_at",
    "failure",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A run of a clock as it is stored; ``id`` None: it is new."""

    id: UUID | None
    clock: str
    object_id: int
    record_id: UUID
    reading: Reading
    due_at: datetime | None = None
    next_at: datetime | None = None
    failure: str | None = None


def latest(connection: Connection, object_id: int, ids: Collection[UUID], dialect: Dialect) -> dict[UUID, list[Kept]]:
    """Return the last run of every clock of records, by record."""
    if not ids:
        return {}
    mine = (_c.object_id == object_id, in_keys(_c.record_id, _IDS, dialect))
    rows = connection.execute(select(clock).where(*mine).order_by(_c.run), bind_keys(_IDS, sorted(ids), dialect))
    last: dict[tuple[UUID, str], Kept] = {}
    for row in rows.mappings():
        last[row["record_id"], row["clock"]] = kept_of(row)
    found: dict[UUID, list[Kept]] = {}
    for (record, _name), one in last.items():
        found.setdefault(record, []).append(one)
    return found


def by_id(connection: Connection, ids: Sequence[UUID]) -> list[Kept]:
    """Return runs of clocks by their own ids."""
    rows = connection.execute(select(clock).where(_c.id.in_(list(ids))).order_by(_c.next_at, _c.id)).mappings()
    return [kept_of(row) for row in rows]


def due(connection: Connection, now: datetime, limit: int) -> list[Kept]:
    """Return clocks that something is to be done about, the longest due first."""
    rows = connection.execute(select(clock).where(_c.next_at <= now).order_by(_c.next_at, _c.id).limit(limit))
    return [kept_of(row) for row in rows.mappings()]


def kept_of(row: RowMapping) -> Kept:
    """Return a row in memory."""
    total = row["total"]
    reading = Reading(
        row["run"],
        row["started_at"],
        row["since"],
        timedelta(seconds=row["used"]),
        None if total is None else timedelta(seconds=total),
        row["target"],
        row["working"],
        row["calendar_id"],
        tuple(row["fired"]),
        row["stopped_at"],
    )
    place = row["id"], row["clock"], row["object_id"], row["record_id"]
    return Kept(*place, reading, row["due_at"], row["next_at"], row["failure"])


def save(connection: Connection, rows: Sequence[Kept]) -> None:
    """Write new and changed runs."""
    new = [one for one in rows if one.id is None]
    changed = [one for one in rows if one.id is not None]
    if new:
        keys = uuid7s(len(new))
        connection.execute(insert(clock), [_values(one, key) for one, key in zip(new, keys, strict=True)])
    if changed:
        statement = update(clock).where(_c.id == bindparam("row_id"))
        statement = statement.values({name: bindparam(name) for name in _CHANGING})
        rows_of = [{**_changing(one), "row_id": one.id} for one in changed]
        connection.execute(statement, rows_of)


def park(connection: Connection, ids: Iterable[UUID]) -> None:
    """Leave clocks alone whose records are not there; the regular look finds those that come back."""
    connection.execute(update(clock).where(_c.id.in_(list(ids))).values(next_at=None))


def forget(connection: Connection, ids: Iterable[UUID]) -> None:
    """Remove runs of clocks whose definition is gone."""
    connection.execute(delete(clock).where(_c.id.in_(list(ids))))


def _values(one: Kept, key: UUID) -> dict[str, Any]:
    names = {"object_id": one.object_id, "record_id": one.record_id, "run": one.reading.run}
    return {"id": key, **names, **_changing(one)}


def _changing(one: Kept) -> Mapping[str, Any]:
    reading = one.reading
    return {
        "clock": one.clock,
        "started_at": reading.started_at,
        "since": reading.since,
        "used": int(reading.used.total_seconds()),
        "total": None if reading.total is None else int(reading.total.total_seconds()),
        "target": reading.target,
        "working": reading.working,
        "calendar_id": reading.calendar,
        "due_at": one.due_at,
        "next_at": one.next_at,
        "fired": list(reading.fired),
        "stopped_at": reading.stopped_at,
        "failure": one.failure,
    }
