"""What was removed from the definitions but is still in the database: listing it and bringing it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from formline.errors import FormlineError, NotFoundError
from formline.runtime import tables
from formline.runtime.candidates import candidate, sound_catalog
from formline.runtime.migration.plan import Plan, plan
from formline.runtime.migration.site_files import with_definition, with_field
from formline.runtime.physical import PhysicalMap, PhysicalObject
from formline.runtime.release import Release
from formline.runtime.releases import site_layer
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
        if not _asleep(connection):
            return []
        return sorted(_found(connection, site.refresh()).values(), key=lambda one: one.path)


def _asleep(connection: Connection) -> dict[tuple[str, str], datetime]:
    c = tables.column.c
    rows = connection.execute(
        select(c.table_name, c.column_name, c.quarantined_at).where(
            c.quarantined_at.is_not(None), c.purged_at.is_(None)
        )
    )
    return {(table, column): since for table, column, since in rows}


def _found(connection: Connection, live: Release) -> dict[str, Quarantined]:
    """Look through the physical maps of earlier releases, newest first."""
    asleep = _asleep(connection)
    objects = live.physical.by_id
    found: dict[str, Quarantined] = {}
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
                if since and path not in found:
                    found[path] = Quarantined(path, table, columns, max(since), number)
    return found


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


def restore_plan(site: Site, path: str) -> Plan:
    """Return the plan that brings ``object`` or ``object.field`` back with its values, defined in the site layer.

    Raises:
        NotFoundError: nothing of that name is in quarantine.
        FormlineError: the name is taken by something else now.
    """
    with site.reading(patient=True) as connection:
        live = site.refresh()
        found = _found(connection, live).get(path)
        if found is None:
            raise NotFoundError(f"{path} is not in quarantine; see `formline restore`.")
        before = site.load(connection, found.release)
        layer = site_layer(connection, live.number)
    object_name, _, field = path.partition(".")
    if not field:
        data = before.catalog.source("object", object_name).data
        layer = with_definition(layer, "object", object_name, data)
        back = PhysicalMap.of({object_name: before.physical[object_name]})
        return plan(site, candidate(site.settings, layer, sound_catalog(site)), back_to=back)
    if field in live.catalog.object(object_name).fields:
        raise FormlineError(f"{object_name} has another field {field} now.", code="taken", hint="rename that one first")
    number = live.physical[object_name].id
    old_name = before.physical.by_id[number]
    fields: Mapping[str, Any] = before.catalog.source("object", old_name).data["fields"]
    layer = with_field(layer, object_name, field, fields[field])
    where = before.physical[old_name]
    back = PhysicalMap.of({object_name: PhysicalObject(where.id, where.table, {field: where.fields[field]})})
    return plan(site, candidate(site.settings, layer, sound_catalog(site)), back_to=back)
