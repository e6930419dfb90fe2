"""Following records: who asked to hear of a record, and the consumer of events that tells them.

A follower hears of changes of the record and of new records that point to it (a follow-up, a deal). Whoever has an
unread notice of a record is not told again, and nobody of what they may no longer read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime import outbox
from formline.runtime.access.readers import readers
from formline.runtime.notifications import Notice, notify
from formline.runtime.tables import follower, notification

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site

KIND = "followed"
#: Events of more records than this come from imports and bulk changes, of which followers hear nothing.
MOST_RECORDS = 50
#: Events that are writes; what else happens to a record has people of its own that hear of it.
_HEARD = frozenset({"created", "updated", "deleted", "restored", "transition"})
_columns = follower.c


def follow(connection: Connection, object_id: int, record_id: UUID, user_id: UUID, now: datetime) -> None:
    """Let a person follow a record; twice is once."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"object_id": object_id, "record_id": record_id, "user_id": user_id, "since": now}
    connection.execute(insert(follower).values(row).on_conflict_do_nothing())


def unfollow(connection: Connection, object_id: int, record_id: UUID, user_id: UUID) -> None:
    """End that a person follows a record."""
    mine = (_columns.object_id == object_id) & (_columns.record_id == record_id) & (_columns.user_id == user_id)
    connection.execute(delete(follower).where(mine))


def follows(connection: Connection, object_id: int, record_id: UUID, user_id: UUID | None) -> bool:
    """Return whether a person follows a record."""
    mine = (_columns.object_id == object_id) & (_columns.record_id == record_id) & (_columns.user_id == user_id)
    return bool(connection.execute(select(exists().where(mine))).scalar())


@outbox.provide
def provide(site: Site) -> Iterator[outbox.Consumer]:
    """Give the consumer that tells followers, exactly once, in the transaction of its delivery."""
    yield outbox.Consumer("followers", tell, lambda event, _object: event in _HEARD, transactional=True)


def tell(site: Site, connection: Connection | None, event: outbox.Event) -> None:
    """Tell the followers of what an event is about."""
    release = site.release
    name = release.object_named(event.object_id)
    if connection is None or name is None or len(event.record_ids) > MOST_RECORDS:
        return
    about = {event.object_id: set(event.record_ids)} if event.event != "created" else {}
    if event.event == "created":
        about = _pointed_to(connection, release, name, event.record_ids)
    happened = event.created_at
    notices = [
        notice for object_id, ids in about.items() for notice in _notices(connection, release, object_id, ids, happened)
    ]
    notify(connection, notices, actor_id=event.actor_id, now=datetime.now(UTC))


def _pointed_to(connection: Connection, release: Release, name: str, ids: Iterable[UUID]) -> dict[int, set[UUID]]:
    """Return the records that new records point to, by object id."""
    model, described = release.model(name), release.catalog.object(name)
    links = [
        field
        for field in described.declared
        if len(field.to) == 1 and field.to[0] != "user" and field.name in model.keys and field.type.name != "mirror"
    ]
    found: dict[int, set[UUID]] = defaultdict(set)
    if not links:
        return found
    statement = select(*(model.column(field.name) for field in links)).where(model.id.in_(sorted(ids)))
    for row in connection.execute(statement):
        for field, value in zip(links, row, strict=True):
            if isinstance(value, UUID):
                found[release.physical[field.to[0]].id].add(value)
    return found


def _notices(
    connection: Connection, release: Release, object_id: int, ids: set[UUID], happened: datetime
) -> Iterator[Notice]:
    """Yield the notices to who followed a record when something happened to it."""
    name = release.object_named(object_id)
    unread = exists().where(
        notification.c.user_id == _columns.user_id,
        notification.c.object_id == object_id,
        notification.c.record_id == _columns.record_id,
        notification.c.kind == KIND,
        notification.c.read_at.is_(None),
    )
    statement = select(_columns.record_id, _columns.user_id).where(
        _columns.object_id == object_id, _columns.record_id.in_(sorted(ids)), _columns.since <= happened, ~unread
    )
    people: dict[UUID, list[UUID]] = defaultdict(list)
    for record_id, user_id in connection.execute(statement):
        people[record_id].append(user_id)
    for record_id, users in people.items():
        allowed = readers(connection, release, name, record_id, users) if name else set()
        if allowed:
            yield Notice(KIND, sorted(allowed), object_id=object_id, record_id=record_id)
