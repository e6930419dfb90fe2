"""Counters that tell every process to look again: one for all rights, one per account; read with each request.

A change of roles, departments or shares moves the rights epoch in its own transaction, so the next request sees it.
The account's own epoch also ends its sessions, so only passwords and deactivation move that one.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime import tables

RIGHTS = "rights"

_epoch, _account = tables.epoch.c, tables.account.c
#: For the statement that authenticates a request: both counters as scalar subqueries of it.
RIGHTS_EPOCH = func.coalesce(select(_epoch.value).where(_epoch.name == RIGHTS).scalar_subquery(), 0)


def read(connection: Connection, user_id: UUID) -> tuple[int, int]:
    """Return (user epoch, rights epoch)."""
    account = select(_account.epoch).where(_account.user_id == user_id).scalar_subquery()
    user_epoch, rights_epoch = connection.execute(select(func.coalesce(account, 0), RIGHTS_EPOCH)).one()
    return user_epoch, rights_epoch


def move_rights(connection: Connection) -> None:
    """Make every process load every actor again."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    counter = insert(tables.epoch).values(name=RIGHTS, value=1)
    connection.execute(counter.on_conflict_do_update(index_elements=["name"], set_={"value": _epoch.value + 1}))
