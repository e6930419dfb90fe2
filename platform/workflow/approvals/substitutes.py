"""Standing substitutes: who may decide for whom, for a period and everything or one object; both see the tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select

from formline.errors import FieldError, ValidationError
from formline.runtime.keys import uuid7
from formline.runtime.tables import approval_substitute

_c = approval_substitute.c


def appoint(
    connection: Connection,
    user_id: UUID,
    substitute_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    *,
    object_id: int | None = None,
    by: UUID | None,
    now: datetime,
) -> UUID:
    """Let a person decide for another one during a period; the caller checked that ``by`` may say so.

    Raises:
        ValidationError: the same person, or a period that ends before it starts.
    """
    if user_id == substitute_id:
        raise ValidationError([FieldError("substitute", "same_person", "Choose another person.")])
    if ends_at <= starts_at:
        raise ValidationError([FieldError("ends_at", "period", "The end is not after the start.")])
    row = {
        "id": uuid7(),
        "user_id": user_id,
        "substitute_id": substitute_id,
        "object_id": object_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "created_at": now,
        "created_by": by,
    }
    connection.execute(insert(approval_substitute), row)
    return UUID(str(row["id"]))


def dismiss(connection: Connection, identifier: UUID) -> None:
    """End a substitution."""
    connection.execute(delete(approval_substitute).where(_c.id == identifier))


def _now(now: datetime) -> ColumnElement[bool]:
    return and_(_c.starts_at <= now, _c.ends_at > now)


def is_substitute(connection: Connection, user_id: UUID, substitute_id: UUID, object_id: int, now: datetime) -> bool:
    """Return whether a person may decide for another one about records of an object now."""
    scope = or_(_c.object_id.is_(None), _c.object_id == object_id)
    wanted = select(_c.id).where(_c.user_id == user_id, _c.substitute_id == substitute_id, scope, _now(now))
    return connection.execute(wanted.limit(1)).first() is not None


def substituted(connection: Connection, substitute_id: UUID, now: datetime) -> list[tuple[UUID, int | None]]:
    """Return for whom a person decides now: (user, object id or None for everything)."""
    wanted = select(_c.user_id, _c.object_id).where(_c.substitute_id == substitute_id, _now(now))
    return [(row.user_id, row.object_id) for row in connection.execute(wanted)]
