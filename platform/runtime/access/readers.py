"""Which of some other people may read a record: asked before they are told of it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection

from formline.errors import AccessDeniedError
from formline.runtime.access.loading import load_actor
from formline.runtime.access.permitted import permitted
from formline.runtime.release import Release


def readers(connection: Connection, release: Release, object: str, id: UUID, users: Iterable[UUID]) -> set[UUID]:
    """Return those of ``users`` who may sign in and read the record, each asked as when they come themselves."""
    found = set()
    for user in dict.fromkeys(users):
        try:
            actor = load_actor(connection, release, user)
        except AccessDeniedError:
            continue
        if permitted(connection, release, actor, object, [id], "read"):
            found.add(user)
    return found
