"""Reads and writes the record of ids and physical names ever given out; who gets them is decided in identity.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from formline.runtime import tables
from formline.runtime.migration.identity import Ledger
from formline.runtime.physical import RESERVED_COLUMNS, PhysicalField, PhysicalMap

_object, _field, _column = tables.object_.c, tables.field.c, tables.column.c
_COLUMN_KEYS = ("table_name", "column_name", "field_id", "part", "storage", "release")


def read(connection: Connection) -> Ledger:
    """Return what was given out so far, quarantined things marked."""
    ledger = Ledger(
        next_object=(connection.execute(select(func.max(_object.id))).scalar() or 0) + 1,
        next_field=(connection.execute(select(func.max(_field.id))).scalar() or 0) + 1,
    )
    asleep: set[tuple[int, str]] = set()
    columns: dict[str, set[str]] = defaultdict(lambda: set(RESERVED_COLUMNS))
    for row in connection.execute(select(tables.column)):
        if row.column_name:
            columns[row.table_name].add(row.column_name)
        else:
            ledger.tables.add(row.table_name)
        if row.quarantined_at is not None and row.purged_at is None:
            asleep.add((row.field_id, row.column_name or row.table_name))
    tables_asleep: dict[int, str] = {}
    for row in connection.execute(select(_object.id, _object.table_name, _object.quarantined_at, _object.purged_at)):
        ledger.tables.add(row.table_name)
        if row.quarantined_at is not None and row.purged_at is None:
            tables_asleep[row.id] = row.table_name
    ledger.columns = dict(columns)
    ledger.quarantined = tables_asleep
    ledger.quarantined_columns = frozenset(asleep)
    return ledger


def record(connection: Connection, physical: PhysicalMap, names: Collection[str], release: int) -> None:
    """Write down everything in the objects ``names`` that was not given out before."""
    chosen = {name: physical[name] for name in names}
    known_objects = set(connection.execute(select(_object.id)).scalars())
    owned = [where.id for where in chosen.values() if where.id in known_objects]
    known_fields = set(connection.execute(select(_field.id).where(_field.object_id.in_(owned))).scalars())
    there = select(_column.table_name, _column.column_name).where(_column.field_id.in_(known_fields))
    known_columns = {(table, column) for table, column in connection.execute(there)}
    objects = [
        {"id": where.id, "name": name, "table_name": where.table, "release": release}
        for name, where in chosen.items()
        if where.id not in known_objects
    ]
    fields = [
        {"id": one.id, "object_id": where.id, "name": name, "release": release}
        for where in chosen.values()
        for name, one in where.fields.items()
        if one.id not in known_fields
    ]
    columns = [
        dict(zip(_COLUMN_KEYS, (table, column, one.id, part, storage, release), strict=True))
        for where in chosen.values()
        for one in where.fields.values()
        for table, column, part, storage in places(where.table, one)
        if (table, column) not in known_columns
    ]
    for table_, rows in ((tables.object_, objects), (tables.field, fields), (tables.column, columns)):
        if rows:
            connection.execute(insert(table_), rows)


def places(table: str, one: PhysicalField) -> list[tuple[str, str, str, str]]:
    """Return (table, column, part, storage) of a field; a join table has the column name ""."""
    if one.join:
        return [(one.join, "", "", "join")]
    return [(table, column, part, one.storage[part]) for part, column in one.columns.items()]


def quarantine(
    connection: Connection, physical: PhysicalMap, now: datetime, among: Collection[str] | None = None
) -> None:
    """Mark what is not in ``physical`` as quarantined since ``now``, and what is in it as in use.

    ``among``: only these tables (join tables too) are looked at; None: all.
    """
    used_tables = {where[1] for where in physical.data.values()}
    used = {
        (table, column)
        for where in physical.values_in(among)
        for one in where.fields.values()
        for table, column, _, _ in places(where.table, one)
    }
    objects, columns = select(tables.object_), select(tables.column)
    if among is not None:
        objects = objects.where(_object.table_name.in_(among))
        columns = columns.where(_column.table_name.in_(among))
    for row in connection.execute(objects).all():
        asleep = row.quarantined_at is not None
        if asleep == (row.table_name in used_tables):
            statement = update(tables.object_).where(_object.id == row.id)
            connection.execute(statement.values(quarantined_at=None if asleep else now))
    for row in connection.execute(columns).all():
        asleep = row.quarantined_at is not None
        if asleep == ((row.table_name, row.column_name) in used):
            here = (_column.table_name == row.table_name) & (_column.column_name == row.column_name)
            connection.execute(update(tables.column).where(here).values(quarantined_at=None if asleep else now))


def tables_of(physical: PhysicalMap, names: Collection[str]) -> set[str]:
    """Return the tables of some objects, join tables included."""
    found = {physical[name].table for name in names}
    return found | {one.join for name in names for one in physical[name].fields.values() if one.join}
