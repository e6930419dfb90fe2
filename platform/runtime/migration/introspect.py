"""What tables, columns and indexes the database really has, in a few catalogue queries for the whole site; changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

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


_SQLITE_COLUMNS = text(
    "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
)
_SQLITE_INDEXES = text("SELECT name, tbl_name, 1 FROM sqlite_master WHERE type = 'index'")
_POSTGRESQL_COLUMNS = text(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class c"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, a.attnum"
)
_POSTGRESQL_INDEXES = text(
    "SELECT i.relname, t.relname, x.indisvalid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
    " JOIN pg_class t ON t.oid = x.indrelid WHERE t.relnamespace = current_schema()::regnamespace"
)


def introspect(connection: Connection) -> Found:
    """Return everything in the connection's schema."""
    sqlite = connection.dialect.name == "sqlite"
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, type_ in connection.execute(_SQLITE_COLUMNS if sqlite else _POSTGRESQL_COLUMNS):
        tables[table][column] = type_
    rows = connection.execute(_SQLITE_INDEXES if sqlite else _POSTGRESQL_INDEXES)
    return Found(dict(tables), {name: FoundIndex(table, bool(valid)) for name, table, valid in rows})
