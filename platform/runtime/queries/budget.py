"""A time limit around one statement; nothing here knows what the statement asks.

PostgreSQL stops it by ``statement_timeout``, SQLite by a progress handler.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from formline.errors import BudgetError

UNDECLARED = 2.0  # seconds: any list that no layout or list view declares
USER_QUERY = 5.0  # seconds: reports and filters a person asked for

_STEPS = 20_000  # SQLite virtual machine steps between two looks at the clock: about 1 ms
_CANCELLED = "57014"  # PostgreSQL: query_canceled


@contextmanager
def time_budget(connection: Connection, seconds: float = UNDECLARED) -> Iterator[None]:
    """Stop statements inside after ``seconds`` with :class:`~formline.errors.BudgetError`."""
    limit = _postgresql if connection.dialect.name == "postgresql" else _sqlite
    with limit(connection, seconds):
        yield


def _error(seconds: float) -> BudgetError:
    return BudgetError(
        f"This list took longer than {seconds:g} seconds.",
        hint="Narrow the filter, or declare this sort in a list view so that it gets an index.",
    )


@contextmanager
def _postgresql(connection: Connection, seconds: float) -> Iterator[None]:
    local = connection.get_isolation_level() != "AUTOCOMMIT"
    setting = text("SELECT set_config('statement_timeout', :value, :local)")
    connection.execute(setting, {"value": str(int(seconds * 1000)), "local": local})
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _CANCELLED:
            raise _error(seconds) from None
        raise
    finally:
        if not local:
            connection.execute(setting, {"value": "0", "local": False})


@contextmanager
def _sqlite(connection: Connection, seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    raw: sqlite3.Connection = cast("sqlite3.Connection", connection.connection.driver_connection)
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error.orig):
            raise _error(seconds) from None
        raise
    finally:
        raw.set_progress_handler(None, 0)
