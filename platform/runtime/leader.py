"""Leases on things that only one process may do at a time; no knowledge of what they are.

A lease is a row with a holder and an end. It is renewed well before the end, and taken over by anyone
once it has passed, so that a process killed with SIGKILL is replaced within one lease.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime.tables import leader

#: How long a lease lasts; a killed leader is replaced within this.
LEASE = timedelta(seconds=10)


def acquire(connection: Connection, name: str, holder: UUID, now: datetime) -> bool:
    """Take or renew the lease ``name`` for ``holder``; return whether it is held now.

    ``connection`` is in a write transaction; the row itself decides between two at once.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(leader).values(name=name, holder=holder, lease_until=now + LEASE)
    taken = statement.on_conflict_do_update(
        index_elements=[leader.c.name],
        set_={"holder": holder, "lease_until": now + LEASE},
        where=or_(leader.c.holder == holder, leader.c.lease_until < now),
    )
    return connection.execute(taken.returning(leader.c.name)).first() is not None


def confirm(connection: Connection, name: str, holder: UUID) -> bool:
    """Return whether ``holder`` still has the lease, and keep it so until the caller's transaction ends."""
    mine = select(leader.c.name).where(leader.c.name == name, leader.c.holder == holder).with_for_update()
    return connection.execute(mine).first() is not None


def release(connection: Connection, name: str, holder: UUID) -> None:
    """Give the lease back, so that the next process need not wait for its end."""
    connection.execute(delete(leader).where(leader.c.name == name, leader.c.holder == holder))


def holder_of(connection: Connection, name: str, now: datetime) -> UUID | None:
    """Return who holds a lease that has not ended."""
    statement = select(leader.c.holder).where(leader.c.name == name, leader.c.lease_until >= now)
    return connection.execute(statement).scalar()
