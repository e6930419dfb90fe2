"""Links of storefronts: 128 random bits kept as a hash, with an end and a count of what they may do."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from formline.runtime.keys import uuid7
from formline.runtime.tables import public_link

if TYPE_CHECKING:
    from formline.catalog.storefronts import Storefront
    from formline.runtime.release import Release

#: Random bytes of a token: 128 bits.
TOKEN_BYTES = 16
#: Links shown of one record, the newest.
MOST_SHOWN = 20
_columns = public_link.c


@dataclass(frozen=True, slots=True)
class Link:
    """One link: ``page`` is its storefront, ``record_id`` whose it is; it has taken ``used`` of ``most`` orders."""

    id: UUID
    page: str
    record_id: UUID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used: int
    most: int

    def opens(self, now: datetime) -> bool:
        """Return whether it opens its pages."""
        return self.revoked_at is None and now < self.expires_at


_SHOWN = tuple(_columns[name] for name in Link.__slots__)


def _hash(token: str) -> str:
    # A token has 128 random bits: a plain hash cannot be guessed back, and is found by an index.
    return hashlib.sha256(token.encode()).hexdigest()


def make(
    connection: Connection, release: Release, of: Storefront, record_id: UUID, by: UUID | None, now: datetime
) -> str:
    """Make a link for a record and return its token, which is never known again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "id": uuid7(),
        "hash": _hash(token),
        "page": of.name,
        "object_id": release.physical[of.of].id,
        "record_id": record_id,
        "created_by": by,
        "created_at": now,
        "expires_at": now + timedelta(days=of.days),
        "used": 0,
        "most": of.orders,
    }
    connection.execute(insert(public_link).values(values))
    return token


def find(connection: Connection, token: str) -> Link | None:
    """Return the link of a token, whether it still opens anything or not."""
    row = connection.execute(select(*_SHOWN).where(_columns.hash == _hash(token))).first()
    return Link(*row) if row is not None else None


def of_record(connection: Connection, release: Release, object_name: str, record_id: UUID) -> list[Link]:
    """Return the newest links of a record."""
    mine = (_columns.object_id == release.physical[object_name].id) & (_columns.record_id == record_id)
    rows = connection.execute(select(*_SHOWN).where(mine).order_by(_columns.id.desc()).limit(MOST_SHOWN))
    return [Link(*row) for row in rows]


def revoke(
    connection: Connection, release: Release, object_name: str, record_id: UUID, key: UUID, now: datetime
) -> bool:
    """End a link of a record; False where there is none that still holds."""
    mine = (_columns.object_id == release.physical[object_name].id) & (_columns.record_id == record_id)
    statement = update(public_link).where(mine, _columns.id == key, _columns.revoked_at.is_(None))
    return bool(connection.execute(statement.values(revoked_at=now)).rowcount)


def use(connection: Connection, link: Link, now: datetime) -> bool:
    """Count one order against a link in the order's own transaction; False where it takes no more."""
    statement = update(public_link).where(
        _columns.id == link.id,
        _columns.used < _columns.most,
        _columns.revoked_at.is_(None),
        _columns.expires_at > now,
    )
    return bool(connection.execute(statement.values(used=_columns.used + 1, used_at=now)).rowcount)
