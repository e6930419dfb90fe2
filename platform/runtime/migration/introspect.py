"""What tables, columns and indexes the database really has, in two catalogue queries; changes nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class FoundIndex:
    """An index in the database; ``valid`` is False for a leftover of an interrupted CREATE INDEX CONCURRENTLY."""

    table: str
    valid: bool


@dataclass(frozen=True, slots=True)
class Found:
    """``tables``: table -> column -> type as the database writes it; ``indexes`` by name."""

    tables: Mapping[str, Mapping[str, str]]
    indexes: Mapping[str, FoundIndex]


_SQLITE_COLUMNS = (
    "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'{}"
)
_SQLITE_INDEXES = "SELECT m.name, m.tbl_name, 1 FROM sqlite_master m WHERE m.type = 'index'{}"
_POSTGRESQL_COLUMNS = (
    "SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class t"
    " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace{} ORDER BY t.relname, a.attnum"
)
_POSTGRESQL_INDEXES = (
    "SELECT i.relname, t.relname, x.indisvalid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
    " JOIN pg_class t ON t.oid = x.indrelid WHERE t.relnamespace = current_schema()::regnamespace{}"
)
_SQLITE_ONLY = " AND m.tbl_name IN (SELECT value FROM json_each(:tables))"
_POSTGRESQL_ONLY = " AND t.relname = ANY(CAST(:tables AS text[]))"


def introspect(connection: Connection, only: Collection[str] | None = None) -> Found:
    """Return what is in the connection's schema: all of it, or some tables with their columns and indexes."""
    sqlite = connection.dialect.name == "sqlite"
    condition = "" if only is None else _SQLITE_ONLY if sqlite else _POSTGRESQL_ONLY
    binds: dict[str, Any] = {}
    if only is not None:
        binds = {"tables": json.dumps(list(only)) if sqlite else list(only)}
    columns, indexes = (_SQLITE_COLUMNS, _SQLITE_INDEXES) if sqlite else (_POSTGRESQL_COLUMNS, _POSTGRESQL_INDEXES)
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, type_ in connection.execute(text(columns.format(condition)), binds):
        tables[table][column] = type_
    rows = connection.execute(text(indexes.format(condition)), binds)
    return Found(dict(tables), {name: FoundIndex(table, bool(valid)) for name, table, valid in rows})
