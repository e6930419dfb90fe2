"""API tokens: shown once, kept as a hash, with scopes and an end; who calls with one is caller.py's."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, insert, update

from formline.runtime.keys import uuid7
from formline.runtime.tables import token
from formline.web.api.caller import KIND
from formline.web.auth.accounts import token_hash

#: What a token starts with, so that a leaked one is recognised for what it is.
PREFIX = "fl_"


def create_token(
    connection: Connection,
    user_id: UUID,
    name: str,
    *,
    scopes: Sequence[str] | None = None,
    days: int | None = 365,
    created_by: UUID | None = None,
    kind: str = KIND,
) -> tuple[UUID, str]:
    """Add a token for a user and return its id and the token itself, which cannot be read again.

    ``scopes`` None is everything the user may do, now and later; ``days`` None never ends.
    """
    given = PREFIX + secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    identifier = uuid7()
    connection.execute(
        insert(token).values(
            id=identifier,
            hash=token_hash(given),
            user_id=user_id,
            name=name,
            kind=kind,
            scopes=list(scopes) if scopes is not None else None,
            created_at=now,
            created_by=created_by,
            expires_at=now + timedelta(days=days) if days is not None else None,
        )
    )
    return identifier, given


def revoke_token(connection: Connection, identifier: UUID) -> bool:
    """End a token at once; return whether there was a living one."""
    living = update(token).where(token.c.id == identifier, token.c.revoked_at.is_(None))
    return connection.execute(living.values(revoked_at=datetime.now(UTC))).rowcount == 1
