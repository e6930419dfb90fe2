"""A time limit around one statement; nothing here knows what the statement asks.

PostgreSQL stops it by ``statement_timeout``, SQLite by a progress handler.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from formline.errors import BudgetError

if TYPE_CHECKING:
    import psycopg

UNDECLARED = 2.0  # seconds: any list that no layout or list view declares
USER_QUERY = 5.0  # seconds: reports and filters a person asked for

_STEPS = 20_000  # SQLite virtual machine steps between two looks at the clock: about 1 ms
_CANCELLED = "57014"  # PostgreSQL: query_canceled
#: What SQLite says of a statement that is too much for its parser.
_TOO_MUCH = ("parser stack overflow", "Expression tree is too large", "at most 64 tables")


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
    """Limit statements of a reading connection; it has the shorter limit by itself, without a round trip."""
    raw = cast("psycopg.Connection[object]", connection.connection.driver_connection)
    longer = raw.autocommit and seconds > UNDECLARED
    if longer:
        connection.execute(text("SELECT set_config('statement_timeout', :value, false)"), {"value": f"{seconds}s"})
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _CANCELLED:
            raise _error(seconds) from None
        raise
    finally:
        if longer:
            connection.execute(text("RESET statement_timeout"))


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
        if any(words in str(error.orig) for words in _TOO_MUCH):
            raise BudgetError("This nests deeper than the database can follow.", hint="Ask for less at once.") from None
        raise
    finally:
        raw.set_progress_handler(None, 0)
