"""Which writes of records change what people may see: after them every process loads its actors again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from formline.runtime.access.epochs import move_rights
from formline.runtime.release import Release

#: Objects whose records are part of an actor: values of the user, the two hierarchies, groups.
_PART_OF_ACTORS: Final = frozenset({"user", "department", "group"})


def after_write(
    connection: Connection, release: Release, object: str, ids: Collection[UUID], changed: Collection[str]
) -> None:
    """Move the rights epoch where the written records are part of actors; call it before the transaction ends.

    ``changed``: names of the fields written; of a deleted or restored record, all.
    """
    if ids and changed and (object in _PART_OF_ACTORS or _is_account(release, object)):
        move_rights(connection)


def _is_account(release: Release, object: str) -> bool:
    """Return whether external people belong to records of the object, whose tree then decides what they see."""
    return any(app.account == object for app in release.catalog.all("app").values())
