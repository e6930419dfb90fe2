"""Reading files: by their id alone, and only through the rights on the record and the field that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from formline.errors import NotFoundError
from formline.runtime.access.levels import RANK
from formline.runtime.access.permitted import record_rights
from formline.runtime.files.storage import THUMBNAIL, store_of
from formline.runtime.tables import file

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release
    from formline.runtime.site import Site

ABSENT = "There is no such file."


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that somebody may read; ``inline`` where its bytes were made by us and a page may show them."""

    id: UUID
    name: str
    media_type: str
    size: int
    storage_key: str
    thumbnail: bool
    inline: bool
    object: str
    record_id: UUID | None
    created_at: datetime
    created_by: UUID | None


def readable(connection: Connection, release: Release, actor: Actor, key: UUID) -> StoredFile:
    """Return a file the actor may read: their own upload, or one of a record and field they may read.

    Raises:
        NotFoundError: absent, let go, or not to be read.
    """
    row = connection.execute(select(file).where(file.c.id == key)).mappings().first()
    if row is None:
        raise NotFoundError(ABSENT)
    object_name = release.object_named(row["object_id"])
    if object_name is None or not _allowed(connection, release, actor, object_name, row):
        raise NotFoundError(ABSENT)
    return _stored(row, object_name)


def _allowed(connection: Connection, release: Release, actor: Actor, object_name: str, row: RowMapping) -> bool:
    if row["state"] == "staged":
        return row["created_by"] == actor.user_id and actor.user_id is not None
    if row["state"] not in ("attached", "held") or row["record_id"] is None:
        return False
    found = record_rights(connection, release, actor, object_name, [row["record_id"]]).get(row["record_id"])
    if found is None or not _is_live(connection, release, object_name, row["record_id"]):
        return False
    if row["field_id"] is None:
        return True
    name = release.physical[object_name].by_id.get(row["field_id"])
    return name is not None and RANK[found.field(name)] >= RANK["read"]


def _is_live(connection: Connection, release: Release, object_name: str, record_id: UUID) -> bool:
    model = release.model(object_name)
    statement = select(model.id).where(model.id == record_id, model.deleted_at.is_(None))
    return connection.execute(statement).first() is not None


def attached_to(connection: Connection, release: Release, object_name: str, record_id: UUID) -> Sequence[StoredFile]:
    """Return the files attached to a record as a whole, newest first; the caller has asked for the right to read it."""
    statement = (
        select(file)
        .where(
            file.c.record_id == record_id,
            file.c.field_id.is_(None),
            file.c.object_id == release.physical[object_name].id,
            file.c.state == "attached",
        )
        .order_by(file.c.created_at.desc(), file.c.id.desc())
    )
    return [_stored(row, object_name) for row in connection.execute(statement).mappings()]


def on_disk(site: Site, found: StoredFile, *, small: bool = False) -> Path:
    """Return a file on disk with the bytes; ``small`` asks for the small version of a picture."""
    if small and not found.thumbnail:
        raise NotFoundError(ABSENT)
    return store_of(site).path(found.storage_key + (THUMBNAIL if small else ""))


def _stored(row: RowMapping, object_name: str) -> StoredFile:
    names = ("id", "name", "media_type", "size", "storage_key", "thumbnail", "inline")
    return StoredFile(
        **{name: row[name] for name in names},
        object=object_name,
        record_id=row["record_id"],
        created_at=row["created_at"],
        created_by=row["created_by"],
    )
