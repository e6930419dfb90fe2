"""Statements that change the schema, each safe to run again; when they run is decided in steps.py.

On PostgreSQL a statement waits for its lock only briefly and tries again: a waiting ALTER TABLE would block readers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Column, Connection, Index, Table, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

from formline.errors import FormlineError
from formline.runtime.engines import Engines
from formline.runtime.indexes import IndexSpec
from formline.runtime.migration.index_condition import live_where
from formline.runtime.migration.introspect import Found, introspect
from formline.runtime.release import ObjectModel

LOCK_TIMEOUT_MS = 200
_PATIENCE_SECONDS = 120.0
_TABLES_AT_ONCE = 50
_LOCK_NOT_AVAILABLE = "55P03"


def _tables(models: Iterable[ObjectModel]) -> list[str]:
    """Return the names of all tables of some models."""
    return [table.name for model in models for table in (model.table, *model.join_tables.values())]


def create_tables(engines: Engines, models: Sequence[ObjectModel]) -> None:
    """Create the missing tables and join tables of ``models`` with their indexes, some dozens per transaction."""
    # PostgreSQL holds a lock per table and index until the end of the transaction, and has room for some thousands.
    for start in range(0, len(models), _TABLES_AT_ONCE):
        with engines.transaction() as connection:
            _create(connection, models[start : start + _TABLES_AT_ONCE])


def _create(connection: Connection, models: Sequence[ObjectModel]) -> None:
    found = introspect(connection, _tables(models))
    for model in models:
        if model.table.name not in found.tables:
            connection.execute(CreateTable(model.table))
            for spec in model.indexes:
                connection.execute(CreateIndex(index_of(model, spec)))
    _create_joins(connection, found, models)


def _create_joins(connection: Connection, found: Found, models: Iterable[ObjectModel]) -> None:
    for model in models:
        for join in model.join_tables.values():
            if join.name not in found.tables:
                connection.execute(CreateTable(join))
                name = f"ix_{join.name}_target"[:63]
                connection.execute(CreateIndex(Index(name, join.c.target_id, join.c.record_id)))


def add_columns(engines: Engines, models: Sequence[ObjectModel]) -> None:
    """Add the columns that the tables of ``models`` lack; a table at a time, milliseconds each whatever its size."""
    with engines.read.connect() as connection:
        found = introspect(connection, _tables(models))
    for model in models:
        there = found.tables.get(model.table.name, {})
        missing = [column for column in model.table.columns if column.name not in there]
        if missing:
            patiently(engines, partial(_add, table=model.table, columns=missing))


def _add(connection: Connection, *, table: Table, columns: Iterable[Column[Any]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    for column in columns:
        type_ = column.type.compile(connection.dialect)
        connection.execute(text(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {type_}"))


def patiently(engines: Engines, work: Callable[[Connection], None]) -> None:
    """Run ``work`` in a transaction of its own that gives up waiting for locks early, until it succeeds."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with engines.transaction() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
                work(connection)
            return
        except OperationalError as error:
            if not lock_missed(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def lock_missed(error: OperationalError) -> bool:
    """Whether a statement failed only because somebody else held a lock for too long."""
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def index_of(model: ObjectModel, spec: IndexSpec) -> Index:
    """Return the index for the DDL compiler."""
    columns = [model.table.c[name] for name in spec.columns]
    if spec.unique is None:
        return Index(spec.name, *columns)
    where = {name: live_where(model, spec, name) for name in ("sqlite", "postgresql")}
    return Index(spec.name, *columns, unique=True, sqlite_where=where["sqlite"], postgresql_where=where["postgresql"])


def create_indexes(engines: Engines, models: Sequence[ObjectModel]) -> None:
    """Create the missing indexes of existing tables; on PostgreSQL without blocking writers, leftovers made anew."""
    with engines.read.connect() as connection:
        found = introspect(connection, _tables(models)).indexes
    for model in models:
        for spec in model.indexes:
            there = found.get(spec.name)
            if there is None or not there.valid:
                try:
                    _create_index(engines, model, spec, leftover=there is not None)
                except IntegrityError as error:
                    raise _not_unique(model, spec) from error


def _not_unique(model: ObjectModel, spec: IndexSpec) -> FormlineError:
    fields = ", ".join(spec.unique.fields) if spec.unique else ", ".join(spec.columns)
    return FormlineError(
        f"Records of {model.object.name} were given the same {fields} while the apply was running.",
        code="not-unique",
        hint="change or merge these records, then `formline apply --resume`, or `formline apply --abandon`",
    )


def _create_index(engines: Engines, model: ObjectModel, spec: IndexSpec, *, leftover: bool) -> None:
    if engines.dialect == "sqlite":
        with engines.transaction() as connection:
            connection.execute(CreateIndex(index_of(model, spec), if_not_exists=True))
        return
    with engines.write.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        quoted = connection.dialect.identifier_preparer.quote(spec.name)
        if leftover:
            connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}"))
        index = index_of(model, spec)
        index.dialect_options["postgresql"]["concurrently"] = True
        try:
            connection.execute(CreateIndex(index))
        except BaseException:
            connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}"))
            raise


def drop_indexes(engines: Engines, names: Iterable[str]) -> None:
    """Drop indexes that no live release wants."""
    for name in names:
        if engines.dialect == "sqlite":
            with engines.transaction() as connection:
                connection.execute(text(f"DROP INDEX IF EXISTS {connection.dialect.identifier_preparer.quote(name)}"))
            continue
        with engines.write.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            quoted = connection.dialect.identifier_preparer.quote(name)
            connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}"))
