"""The fence between writing units and the switch to another release; statements on ``formline_live`` only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from formline.errors import ReleaseMismatchError
from formline.runtime import tables
from formline.runtime.driver import run_text

STABLE, WRITE_ONLY, PUBLIC = "stable", "write_only", "public"


@dataclass(frozen=True, slots=True)
class Live:
    """What is live. ``revision`` moves with every switch; ``other`` is the release being prepared or left."""

    site_id: UUID
    revision: int
    release: int | None
    phase: str
    other: int | None

    @property
    def lock_key(self) -> int:
        """The advisory lock of this site on PostgreSQL, a signed 64-bit number."""
        return lock_key(self.site_id, "fence")


def lock_key(site_id: UUID, purpose: str) -> int:
    """Return the number of an advisory lock of a site."""
    digest = hashlib.sha256(site_id.bytes + purpose.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def read_live(connection: Connection) -> Live:
    """Return what is live now."""
    row = connection.execute(_LIVE).one()
    return Live(*row)


_columns = tables.live.c
_REVISION = "SELECT revision FROM formline_live"
_LIVE = select(_columns.site_id, _columns.revision, _columns.release, _columns.phase, _columns.other)


def enter(connection: Connection, key: int, revision: int) -> None:
    """Begin the writing of a transaction under the release of ``revision``; it stays live until the transaction ends.

    Raises:
        ReleaseMismatchError: another release is live; load it and run the unit again.
    """
    if _revision(connection, key) != revision:
        raise ReleaseMismatchError("Another release is live now.")


def _revision(connection: Connection, key: int) -> int:
    """Return the live revision, on PostgreSQL under the lock; every unit pays for this, so it is plain text."""
    if connection.dialect.name != "postgresql":
        return int(run_text(connection, _REVISION, fetch=_all)[0][0])
    # The lock first, the look in a statement of its own, which sees what was committed while the lock was waited for:
    # one statement would look before it waits. Both travel in one message.
    both = f"SELECT pg_advisory_xact_lock_shared({key:d}); {_REVISION}"
    result = connection.exec_driver_sql(both, execution_options={"no_parameters": True})
    cursor: Any = result.cursor
    cursor.nextset()
    found = cursor.fetchone()[0]
    result.close()
    return int(found)


def _all(cursor: Any) -> list[Any]:
    rows: list[Any] = cursor.fetchall()
    return rows


def switch(
    connection: Connection, live: Live, *, release: int, phase: str, other: int | None, patience_ms: int
) -> None:
    """Make another release or phase live, in the caller's writing transaction; waits for running units up to a limit.

    Raises:
        sqlalchemy.exc.OperationalError: units held the fence for longer than ``patience_ms``; roll back, try again.
        ReleaseMismatchError: someone else switched meanwhile.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {int(patience_ms)}"))
        connection.execute(select(func.pg_advisory_xact_lock(live.lock_key)))
    changed = connection.execute(
        update(tables.live)
        .where(_columns.revision == live.revision)
        .values(revision=live.revision + 1, release=release, phase=phase, other=other)
    )
    if changed.rowcount != 1:
        raise ReleaseMismatchError("The live release was switched by someone else.")
