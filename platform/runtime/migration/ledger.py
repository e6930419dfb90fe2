"""Reads and writes the record of ids and physical names ever given out; who gets them is decided in identity.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from formline.runtime import tables
from formline.runtime.migration.identity import Ledger
from formline.runtime.physical import RESERVED_COLUMNS, PhysicalMap

_object, _field, _column = tables.object_.c, tables.field.c, tables.column.c


def read(connection: Connection) -> Ledger:
    """Return what was given out so far, quarantined things marked."""
    ledger = Ledger(
        next_object=(connection.execute(select(func.max(_object.id))).scalar() or 0) + 1,
        next_field=(connection.execute(select(func.max(_field.id))).scalar() or 0) + 1,
    )
    asleep: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    columns: dict[str, set[str]] = defaultdict(lambda: set(RESERVED_COLUMNS))
    for row in connection.execute(select(tables.column)):
        if row.column_name:
            columns[row.table_name].add(row.column_name)
        else:
            ledger.tables.add(row.table_name)
        if row.quarantined_at is not None and row.purged_at is None:
            asleep[row.field_id][row.part] = (row.column_name or row.table_name, row.storage)
    tables_asleep: dict[int, str] = {}
    for row in connection.execute(select(_object.id, _object.table_name, _object.quarantined_at, _object.purged_at)):
        ledger.tables.add(row.table_name)
        if row.quarantined_at is not None and row.purged_at is None:
            tables_asleep[row.id] = row.table_name
    ledger.columns = dict(columns)
    ledger.quarantined = tables_asleep
    ledger.quarantined_columns = dict(asleep)
    return ledger


def record(connection: Connection, physical: PhysicalMap, release: int) -> None:
    """Write down everything in ``physical`` that was not given out before; wake what was in quarantine."""
    objects = {row[0] for row in connection.execute(select(_object.id))}
    fields = {row[0] for row in connection.execute(select(_field.id))}
    columns = {(row[0], row[1]) for row in connection.execute(select(_column.table_name, _column.column_name))}
    new: dict[str, list[dict[str, Any]]] = {"object": [], "field": [], "column": []}
    for name, where in physical.items():
        if where.id not in objects:
            new["object"].append({"id": where.id, "name": name, "table_name": where.table, "release": release})
        for field_name, one in where.fields.items():
            if one.id not in fields:
                new["field"].append({"id": one.id, "object_id": where.id, "name": field_name, "release": release})
            for table, column, part, storage in places(where.table, one.columns, one.storage, one.join):
                if (table, column) not in columns:
                    new["column"].append(
                        {
                            "table_name": table,
                            "column_name": column,
                            "field_id": one.id,
                            "part": part,
                            "storage": storage,
                            "release": release,
                        }
                    )
    for table_, rows in zip((tables.object_, tables.field, tables.column), new.values(), strict=True):
        if rows:
            connection.execute(insert(table_), rows)


def places(
    table: str, columns: Mapping[str, str], storage: Mapping[str, str], join: str
) -> list[tuple[str, str, str, str]]:
    """Return (table, column, part, storage) of a field; a join table has the column name ""."""
    if join:
        return [(join, "", "", "join")]
    return [(table, column, part, storage[part]) for part, column in columns.items()]


def quarantine(connection: Connection, physical: PhysicalMap, now: datetime) -> None:
    """Mark what is not in ``physical`` as quarantined since ``now``, and what is in it as in use."""
    used_tables = {where.table for where in physical.values()}
    used = {
        (table, column)
        for where in physical.values()
        for one in where.fields.values()
        for table, column, _, _ in places(where.table, one.columns, one.storage, one.join)
    }
    _mark(connection, now, used_tables, used)


def _mark(connection: Connection, now: datetime, used_tables: set[str], used: set[tuple[str, str]]) -> None:
    for row in connection.execute(select(tables.object_)).all():
        asleep = row.quarantined_at is not None
        if asleep == (row.table_name in used_tables):
            statement = update(tables.object_).where(_object.id == row.id)
            connection.execute(statement.values(quarantined_at=None if asleep else now))
    for row in connection.execute(select(tables.column)).all():
        asleep = row.quarantined_at is not None
        if asleep == ((row.table_name, row.column_name) in used):
            here = (_column.table_name == row.table_name) & (_column.column_name == row.column_name)
            connection.execute(update(tables.column).where(here).values(quarantined_at=None if asleep else now))
