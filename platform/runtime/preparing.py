"""Prepares a site's folder, keys and platform tables; definitions and people come later."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from formline.runtime import keyring, schema, tables
from formline.runtime.engines import open_engines
from formline.runtime.keys import uuid7
from formline.runtime.site import Site
from formline.settings import Settings

BOOTSTRAP = "bootstrap"
_BOOTSTRAP_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was made; everything False and empty where it was there already."""

    key_made: bool
    migrations: tuple[str, ...]


def prepare(settings: Settings) -> Prepared:
    """Make the key and bring the platform's tables to this version; safe to run again.

    Raises:
        SchemaError: the tables are newer than this code.
    """
    key_made = keyring.make_key(settings)
    engines = open_engines(settings)
    try:
        with engines.transaction() as connection:
            done = schema.migrate(connection)
    finally:
        engines.dispose()
    return Prepared(key_made, tuple(f"{one.number}: {one.description}" for one in done))


def bootstrap_secret(site: Site) -> str | None:
    """Return a new one-time secret for making the first administrator; None where there are accounts already.

    Earlier secrets end. Only a hash is kept; :func:`bootstrap_hash` makes it.
    """
    with site.writing() as connection:
        if connection.execute(select(tables.account.c.user_id).limit(1)).first() is not None:
            return None
        now = datetime.now(UTC)
        secret = secrets.token_urlsafe(24)
        connection.execute(tables.token.delete().where(tables.token.c.kind == BOOTSTRAP))
        connection.execute(
            insert(tables.token).values(
                id=uuid7(),
                hash=bootstrap_hash(secret),
                user_id=uuid7(),
                name="first administrator",
                kind=BOOTSTRAP,
                created_at=now,
                expires_at=now + _BOOTSTRAP_LIFE,
            )
        )
    return secret


def bootstrap_hash(secret: str) -> str:
    """Return the hash under which a one-time secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()
