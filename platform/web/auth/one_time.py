"""Secrets that do one thing once, within a time: reset links; what is stored of them is a hash."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from formline.runtime.keys import uuid7
from formline.runtime.tables import token
from formline.web.auth.accounts import token_hash

RESET = "reset"


def issue(connection: Connection, user_id: UUID, kind: str, lifetime: timedelta, now: datetime) -> str:
    """Return a new secret for a person; earlier ones of the kind end."""
    withdraw(connection, user_id, kind, now)
    secret = secrets.token_urlsafe(32)
    row = {"id": uuid7(), "hash": token_hash(secret), "user_id": user_id, "name": kind, "kind": kind}
    connection.execute(insert(token).values(**row, created_at=now, expires_at=now + lifetime))
    return secret


def owner(connection: Connection, secret: str, kind: str, now: datetime) -> tuple[UUID, UUID] | None:
    """Return (id of the secret, id of the person) where it may still be used."""
    statement = select(token.c.id, token.c.user_id).where(
        token.c.hash == token_hash(secret),
        token.c.kind == kind,
        token.c.used_at.is_(None),
        token.c.revoked_at.is_(None),
        token.c.expires_at > now,
    )
    row = connection.execute(statement).first()
    return None if row is None else (row.id, row.user_id)


def use(connection: Connection, identifier: UUID, now: datetime) -> bool:
    """Use a secret up; False where somebody else was first."""
    unused = update(token).where(token.c.id == identifier, token.c.used_at.is_(None), token.c.revoked_at.is_(None))
    return connection.execute(unused.values(used_at=now)).rowcount == 1


def withdraw(connection: Connection, user_id: UUID, kind: str, now: datetime) -> None:
    """End all unused secrets of a kind."""
    mine = (token.c.user_id == user_id, token.c.kind == kind, token.c.used_at.is_(None), token.c.revoked_at.is_(None))
    connection.execute(update(token).where(*mine).values(revoked_at=now))
