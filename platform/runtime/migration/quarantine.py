"""What was removed from the definitions but is still in the database; bringing it back lives in restore.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from formline.runtime import tables
from formline.runtime.physical import PhysicalMap, PhysicalObject
from formline.runtime.release import Release
from formline.runtime.site import Site


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An object or field (``path``: ``object`` or ``object.field``) that only the database still has, and since when.

    ``table`` and ``columns`` are physical; ``release`` is the last one that had it.
    """

    path: str
    table: str
    columns: tuple[str, ...]
    since: datetime
    release: int

    def __str__(self) -> str:
        """Return the line shown."""
        return f"{self.path}  since {self.since:%Y-%m-%d}, last in release {self.release}"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


def listed(site: Site) -> list[Quarantined]:
    """Return what ``restore`` can bring back, by path; a column left by a retype is not among it."""
    with site.reading(patient=True) as connection:
        return sorted(found(connection, site.refresh()).values(), key=lambda one: one.path)


def _asleep(connection: Connection) -> dict[tuple[str, str], datetime]:
    c = tables.column.c
    rows = connection.execute(
        select(c.table_name, c.column_name, c.quarantined_at).where(
            c.quarantined_at.is_not(None), c.purged_at.is_(None)
        )
    )
    return {(table, column): since for table, column, since in rows}


def found(connection: Connection, live: Release) -> dict[str, Quarantined]:
    """Return by path what ``live`` has no more: the physical maps of earlier releases are read, newest first."""
    asleep = _asleep(connection)
    if not asleep:
        return {}
    objects = live.physical.by_id
    gone: dict[str, Quarantined] = {}
    rows = connection.execute(
        select(tables.release.c.number, tables.release.c.physical)
        .where(tables.release.c.published_at.is_not(None), tables.release.c.number != live.number)
        .order_by(tables.release.c.number.desc())
    )
    for number, text in rows:
        for name, where in PhysicalMap.from_json(text).items():
            current = objects.get(where.id)
            for path, table, columns in _missing(name, where, live.physical[current] if current else None, current):
                since = [asleep[table, column] for column in columns if (table, column) in asleep]
                if since and path not in gone:
                    gone[path] = Quarantined(path, table, columns, max(since), number)
    return gone


def _missing(
    name: str, where: PhysicalObject, now: PhysicalObject | None, now_named: str | None
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (path, table, columns) of what ``now`` has no more."""
    if now is None or now_named is None:
        columns = tuple(column for one in where.fields.values() for column in one.columns.values())
        return [(name, where.table, columns)]
    return [
        (f"{now_named}.{field}", one.join or where.table, ("",) if one.join else tuple(one.columns.values()))
        for field, one in where.fields.items()
        if one.id not in now.by_id and (one.columns or one.join)
    ]
