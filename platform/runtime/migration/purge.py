"""Drops for good what has been in quarantine longer than the settings say; the only place that drops data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, select, text, update

from formline.runtime import tables
from formline.runtime.migration.apply_lock import apply_lock
from formline.runtime.migration.ddl import patiently
from formline.runtime.site import Site

_object, _column = tables.object_.c, tables.column.c


def expired(site: Site, now: datetime | None = None) -> list[tuple[str, str]]:
    """Return (table, column) of everything whose time in quarantine is over; column "" is a whole table."""
    before = (now or datetime.now(UTC)) - timedelta(days=site.settings.quarantine_days)
    with site.reading() as connection:
        gone = select(_object.table_name).where(_object.quarantined_at < before, _object.purged_at.is_(None))
        whole = list(connection.execute(gone).scalars())
        columns = select(_column.table_name, _column.column_name).where(
            _column.quarantined_at < before, _column.purged_at.is_(None), _column.table_name.not_in(whole)
        )
        return [*((table, "") for table in whole), *(tuple(row) for row in connection.execute(columns))]


def purge(site: Site, now: datetime | None = None) -> list[tuple[str, str]]:
    """Drop what is expired and return it; a table at a time, so that it may be interrupted and run again.

    Raises:
        StalePlanError: an apply is running.
    """
    with apply_lock(site):
        found = expired(site, now)
        for table, column in found:
            patiently(site.engines, partial(_drop, table=table, column=column))
    return found


def _drop(connection: Connection, *, table: str, column: str) -> None:
    quote = connection.dialect.identifier_preparer.quote
    if column:
        connection.execute(text(f"ALTER TABLE {quote(table)} DROP COLUMN {quote(column)}"))
    else:
        connection.execute(text(f"DROP TABLE IF EXISTS {quote(table)}"))
        whole = update(tables.object_).where(_object.table_name == table)
        connection.execute(whole.values(purged_at=datetime.now(UTC)))
    here = update(tables.column).where(_column.table_name == table)
    connection.execute(
        (here.where(_column.column_name == column) if column else here).values(purged_at=datetime.now(UTC))
    )
