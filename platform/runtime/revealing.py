"""Showing a sealed value to somebody who may read it; every time is noted among the security events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime.access.actor import Actor
from formline.runtime.access.masking import Masked
from formline.runtime.audit import events
from formline.runtime.queries import get
from formline.runtime.sealing import Vault, place_of

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site


def reveal(
    connection: Connection, site: Site, release: Release, actor: Actor, object: str, key: UUID, field: str
) -> str | None:
    """Return the text of an encrypted field of a record; None where it is empty.

    Raises:
        NotFoundError: no such field or record, or one the actor does not see.
        AccessDeniedError: the actor sees that there is a value, but not which.
        SealError: the value does not open.
    """
    described = release.catalog.object(object) if release.catalog.has("object", object) else None
    found = described.fields.get(field) if described is not None else None
    if found is None or not found.type.sealed:
        raise NotFoundError
    row = get(connection, release, actor, object, key, (field,))
    if field not in row:
        raise NotFoundError
    value = row[field]
    if isinstance(value, Masked):
        raise AccessDeniedError("You may not see this value.")
    if value is None:
        return None
    model = release.model(object)
    text = Vault(connection, site.keys).open(value, place_of(model, field, key))
    about = {"object": model.object_id, "record": str(key), "field": model.field_ids[field]}
    with site.writing() as writing:
        events.note(writing, actor.user_id, "secret_revealed", about, datetime.now(UTC))
    return text
