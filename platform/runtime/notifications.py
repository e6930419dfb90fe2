"""Telling people inside the application: notices written in the transaction of what they tell of.

A notice holds no value of a record, only its id: what it is called is read, with rights, when it is shown. Mail and
other channels are sent after commit from the same rows. What tells whom is decided by the callers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, ScalarSelect, delete, exists, func, insert, literal, select, update

from formline.runtime import mail_rhythm
from formline.runtime.keys import uuid7s
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.standing import StandingQuery, StandingStatement
from formline.runtime.tables import account, notification

#: The key of an account's preferences that lists the kinds a person does not want.
MUTED = "muted_notices"
#: Read notices are kept this long, unread ones twice as long.
KEPT = timedelta(days=90)
#: No badge counts further.
COUNTED = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell to some people; the writer is told nothing of their own doing.

    ``kind`` is one the pages know how to word from ``values`` (JSON), or any other with a ``title`` in words.
    ``object_id`` and ``record_id`` say what it is about; ``url`` leads elsewhere on this site.
    """

    kind: str
    users: Collection[UUID]
    title: str = ""
    body: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    object_id: int | None = None
    record_id: UUID | None = None
    url: str = ""


def notify(connection: Connection, notices: Iterable[Notice], *, actor_id: UUID | None, now: datetime) -> int:
    """Write notices in the caller's transaction, one row per person who wants them; return how many."""
    told = [(notice, user) for notice in notices for user in dict.fromkeys(notice.users) if user != actor_id]
    if not told:
        return 0
    wanting = _preferences(connection, {user for _notice, user in told})
    muted = {user: frozenset(chosen.get(MUTED, ())) for user, chosen in wanting.items()}
    rows = [
        {
            "user_id": user,
            "kind": notice.kind,
            "title": notice.title,
            "body": notice.body or None,
            "values": dict(notice.values),
            "object_id": notice.object_id,
            "record_id": notice.record_id,
            "url": notice.url or None,
            "actor_id": actor_id,
            "created_at": now,
            "mail_at": mail_rhythm.due(wanting[user], notice.kind, now),
        }
        for notice, user in told
        if user in wanting and notice.kind not in muted[user]
    ]
    for row, key in zip(rows, uuid7s(len(rows)), strict=True):
        row["id"] = key
    _WRITE.run(connection, *rows)
    return len(rows)


def _preferences(connection: Connection, users: Collection[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """Return what those of the people chose who can sign in."""
    dialect: Any = connection.dialect.name
    return {user: chosen or {} for user, chosen in _CHOSEN.rows(connection, bind_keys("users", sorted(users), dialect))}


_CHOSEN = StandingQuery(
    lambda dialect: select(account.c.user_id, account.c.preferences).where(
        in_keys(account.c.user_id, "users", dialect), account.c.active
    )
)
_WRITE = StandingStatement(
    lambda _: insert(notification),
    (
        *("id", "user_id", "kind", "title", "body", "values", "object_id", "record_id", "url"),
        *("actor_id", "created_at", "mail_at"),
    ),
)


def unread(user_id: ColumnElement[UUID]) -> ScalarSelect[int]:
    """Return a subquery for a larger statement: how many notices ``user_id``, a column of it, has not read."""
    mine = (notification.c.user_id == user_id) & notification.c.read_at.is_(None)
    few = select(literal(1).label("one")).where(mine).limit(COUNTED).correlate_except(notification)
    return select(func.count()).select_from(few.subquery()).correlate_except(notification).scalar_subquery()


def newest(connection: Connection, user_id: UUID, limit: int, before: UUID | None = None) -> list[Mapping[str, Any]]:
    """Return a person's notices, newest first; ``before`` is the last one of the page seen."""
    statement = select(notification).where(notification.c.user_id == user_id)
    if before is not None:
        statement = statement.where(notification.c.id < before)
    rows = connection.execute(statement.order_by(notification.c.id.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows]


def mark_read(connection: Connection, user_id: UUID, now: datetime, identifier: UUID | None = None) -> None:
    """Mark one notice of a person, or all, as read."""
    mine = (notification.c.user_id == user_id) & notification.c.read_at.is_(None)
    if identifier is not None:
        mine &= notification.c.id == identifier
    connection.execute(update(notification).where(mine).values(read_at=now))


def mails_due(connection: Connection, now: datetime, limit: int) -> list[Mapping[str, Any]]:
    """Return the notices to be mailed now, by person and time; what was read meanwhile is not mailed any more."""
    waiting = select(notification).where(notification.c.mail_at <= now, notification.c.read_at.is_(None))
    rows = connection.execute(waiting.order_by(notification.c.user_id, notification.c.id).limit(limit)).mappings()
    return [dict(row) for row in rows]


def drop_read(connection: Connection, now: datetime) -> None:
    """Let what is due but was read meanwhile go without a mail."""
    read = update(notification).where(notification.c.mail_at <= now, notification.c.read_at.is_not(None))
    connection.execute(read.values(mail_at=None))


def any_mail_due(connection: Connection, now: datetime) -> bool:
    """Return whether a notice is to be mailed, without taking a lock."""
    return bool(connection.execute(select(exists().where(notification.c.mail_at <= now))).scalar())


def take_for_mail(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Mark notices as mailed in the transaction that enqueues the mail; return those that were not already."""
    mine = update(notification).where(notification.c.id.in_(sorted(ids)), notification.c.mail_at.is_not(None))
    return set(connection.execute(mine.values(mail_at=None).returning(notification.c.id)).scalars())


def told_since(connection: Connection, since: datetime) -> dict[UUID, UUID]:
    """Return the notices written since a moment: id to the person told. Cheap, as every process asks each second."""
    statement = select(notification.c.id, notification.c.user_id).where(notification.c.created_at >= since)
    return {row.id: row.user_id for row in connection.execute(statement)}


def forget(connection: Connection, now: datetime) -> int:
    """Remove old notices; return how many."""
    old = (notification.c.created_at < now - KEPT * 2) | (notification.c.read_at < now - KEPT)
    return int(connection.execute(delete(notification).where(old)).rowcount)
