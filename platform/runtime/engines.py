"""Connections: one engine for reading, one for writing per site, on SQLite or PostgreSQL; no statements here."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError

from formline.errors import FormlineError
from formline.expressions.context import Dialect
from formline.expressions.functions import register_sqlite_functions
from formline.runtime.driver import run_text
from formline.runtime.logs import watch_slow_statements
from formline.runtime.writer_queue import WriterQueue
from formline.settings import Settings

SQLITE_OLDEST = (3, 40)
POSTGRESQL_OLDEST = 140000
_IDLE_SECONDS = 5.0
_NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "fuse.sshfs", "afs", "9p", "ceph", "glusterfs")
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=30000",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
)


def _read_json(value: str | bytes | float) -> Any:
    """Return what JSON says; SQLite gives a column's text that is a number as a number."""
    return value if isinstance(value, int | float) else orjson.loads(value)


_OPTIONS: dict[str, Any] = {
    "hide_parameters": True,  # an exception's text goes to the log, and values are somebody's data
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": _read_json,
}


class DatabaseError(FormlineError):
    """The database cannot be used as it is; the message says what to change."""

    code = "database"


@dataclass(frozen=True)
class Engines:
    """``read`` commits every statement by itself; ``write`` makes transactions and, on SQLite, waits in ``queue``."""

    read: Engine
    write: Engine
    queue: WriterQueue | None

    @property
    def dialect(self) -> Dialect:
        """``sqlite`` or ``postgresql``."""
        return "sqlite" if self.read.dialect.name == "sqlite" else "postgresql"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection in a writing transaction; commit at the end, roll back on an exception."""
        with self.queue.turn() if self.queue else nullcontext(), self.write.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.read.dispose()
        self.write.dispose()


def open_engines(settings: Settings) -> Engines:
    """Return the engines of ``settings.url``; nothing is connected before first use, except SQLite's folder made.

    Raises:
        DatabaseError: a URL, version or file system that is not supported.
    """
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, settings)
    if url.get_backend_name() == "postgresql":
        return _postgresql(url, settings)
    raise DatabaseError(f"{url.get_backend_name()} is not supported", hint="use sqlite:///FILE or postgresql://...")


def _sqlite(url: URL, settings: Settings) -> Engines:
    if sqlite3.sqlite_version_info < SQLITE_OLDEST:
        raise DatabaseError(f"SQLite {sqlite3.sqlite_version} is too old", hint="3.40 or newer is needed")
    if not url.database or url.database == ":memory:":
        raise DatabaseError("SQLite needs a file: several connections share it", hint="use sqlite:///FILE")
    file = Path(url.database).absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    _refuse_network_file_system(file.parent)
    file.touch(mode=0o600)  # SQLite's companions get the same rights
    sizes = {"query_cache_size": settings.query_cache_size, "pool_size": settings.pool_size}
    options: dict[str, Any] = {**sizes, **_OPTIONS}
    read = create_engine(url, isolation_level="AUTOCOMMIT", max_overflow=settings.pool_size, **options)
    write = create_engine(url, **options)
    event.listen(read, "connect", _prepare_sqlite_reading)
    event.listen(write, "connect", _prepare_sqlite)
    event.listen(write, "begin", _begin_immediate)
    watch_slow_statements(read, settings.slow_statement_ms)
    watch_slow_statements(write, settings.slow_statement_ms)
    return Engines(read, write, WriterQueue(file.with_name(file.name + ".writers")))


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_immediate says, not where the driver guesses
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    register_sqlite_functions(connection)


def _prepare_sqlite_reading(connection: sqlite3.Connection, record: Any) -> None:
    _prepare_sqlite(connection, record)
    connection.execute("PRAGMA query_only=ON")


def _begin_immediate(connection: Connection) -> None:
    run_text(connection, "BEGIN IMMEDIATE")


def _refuse_network_file_system(folder: Path) -> None:
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return
    best = ("", "")
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, point, kind, *_ = line.split(" ")
        if folder.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, kind)
    if best[1].startswith(_NETWORK_FILE_SYSTEMS):
        raise DatabaseError(
            f"{folder} is on {best[1]}: SQLite loses data on network file systems",
            hint="use a local disk, or PostgreSQL",
        )


def _postgresql(url: URL, settings: Settings) -> Engines:
    options: dict[str, Any] = {
        "query_cache_size": settings.query_cache_size,
        "pool_size": settings.pool_size,
        "max_overflow": settings.pool_size,
        **_OPTIONS,
    }
    common = "-c timezone=UTC -c idle_in_transaction_session_timeout=60s"
    read = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        connect_args={"options": f"{common} -c statement_timeout={settings.read_budget_ms}"},
        **options,
    )
    write = create_engine(url, connect_args={"options": common}, **options)
    event.listen(write, "first_connect", _refuse_old_postgresql)
    for engine in (read, write):
        event.listen(engine, "checkin", _note_idle)
        event.listen(engine, "checkout", _ask_after_idling)
    watch_slow_statements(read, settings.slow_statement_ms)
    watch_slow_statements(write, settings.slow_statement_ms)
    return Engines(read, write, None)


def _note_idle(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ask_after_idling(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask whether the server is still there, but only after a pause: asking every time costs a tenth of a request."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < _IDLE_SECONDS:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not connection.autocommit:
            connection.rollback()
    except _connection_errors() as error:
        raise DisconnectionError from error  # the pool connects anew


def _connection_errors() -> tuple[type[Exception], ...]:
    """Return what the PostgreSQL driver raises when the server is gone."""
    import psycopg

    return (psycopg.OperationalError, psycopg.InterfaceError)


def _refuse_old_postgresql(connection: Any, _record: Any) -> None:
    if connection.info.server_version < POSTGRESQL_OLDEST:
        raise DatabaseError("PostgreSQL is too old", hint="14 or newer is needed")
