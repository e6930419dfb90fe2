"""Exports as rows of their table: asking for one, finding it again, who may have its file, letting it go."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, RowMapping, insert, select, update

from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime import jobs, periodic
from formline.runtime.access.rights import rights
from formline.runtime.audit import events
from formline.runtime.files.storage import store_of
from formline.runtime.keys import uuid7
from formline.runtime.tables import export

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release
    from formline.runtime.site import Site

KIND = "export"
#: The file of an export is kept this long.
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: ``where`` as a query takes it, ``view`` a list view; headings and sort go with the columns."""

    object: str
    columns: Sequence[str]
    headings: Sequence[str]
    where: Any
    view: str
    sort: Sequence[tuple[str, bool]]
    form: str
    language: str
    zone: str


@dataclass(frozen=True, slots=True)
class Export:
    """One export; ``file`` is None while it is made, and once its time is over."""

    id: UUID
    object_id: int
    format: str
    columns: Sequence[str]
    rights: str | None
    file: str | None
    size: int | None
    rows: int | None
    job: UUID
    created_at: datetime
    created_by: UUID


_NAMES = tuple(Export.__dataclass_fields__)


def ask(connection: Connection, release: Release, actor: Actor, wanted: Wanted, name: str) -> UUID:
    """Add an export and its job in the caller's transaction, with a security event; ``name`` is for people.

    Raises:
        AccessDeniedError: the actor may not export the object.
    """
    if actor.user_id is None or not rights(release, actor).object(wanted.object).can("export"):
        raise AccessDeniedError(f"You may not export {wanted.object} records.")
    identifier, now = uuid7(), datetime.now(UTC)
    args = orjson.loads(orjson.dumps({"export": identifier, "name": name, **_plain(wanted)}, default=str))
    job = jobs.enqueue(connection, KIND, args, created_by=actor.user_id)
    row = {
        "id": identifier,
        "object_id": release.physical[wanted.object].id,
        "format": wanted.form,
        "columns": list(wanted.columns),
        "rights": fingerprint(release, actor, wanted.object),
        "job": job,
        "created_at": now,
        "created_by": actor.user_id,
    }
    connection.execute(insert(export).values(row))
    events.note(connection, actor.user_id, "export_asked", {"export": str(identifier), "object": row["object_id"]}, now)
    return identifier


def _plain(wanted: Wanted) -> dict[str, Any]:
    return {field: getattr(wanted, field) for field in Wanted.__dataclass_fields__}


def fingerprint(release: Release, actor: Actor, object_name: str) -> str:
    """Return a hash of what decides about an actor's rows and values of an object, and of what it leads to."""
    access = rights(release, actor)
    told: list[Any] = [sorted(actor.roles), {name: sorted(map(str, ids)) for name, ids in actor.reach.values().items()}]
    for name in sorted({object_name, *_targets(release, object_name)}):
        own = access.object(name)
        levels = {field: own.level_of(field) for field in release.catalog.object(name).fields}
        told.append([name, own.scopes("read"), own.scopes("export"), own.restrictions("read"), levels])
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _targets(release: Release, object_name: str) -> list[str]:
    fields = release.catalog.object(object_name).fields.values()
    return [name for field in fields for name in field.to if release.catalog.has("object", name)]


def get(connection: Connection, identifier: UUID, owner: UUID) -> Export:
    """Return a person's own export.

    Raises:
        NotFoundError: there is none of this id, or it is another's.
    """
    statement = select(export).where(export.c.id == identifier, export.c.created_by == owner)
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise NotFoundError("There is no such export.")
    return _export(row)


def of_person(connection: Connection, owner: UUID, limit: int = 50) -> list[Export]:
    """Return a person's newest exports first."""
    statement = select(export).where(export.c.created_by == owner).order_by(export.c.created_at.desc()).limit(limit)
    return [_export(row) for row in connection.execute(statement).mappings()]


def require_same_rights(release: Release, actor: Actor, found: Export) -> str:
    """Return the name of an export's object where the actor may still have all that is in its file.

    Raises:
        NotFoundError: the object is gone, the file is not there. AccessDeniedError: the rights changed since.
    """
    name = release.object_named(found.object_id)
    if name is None or found.file is None:
        raise NotFoundError("There is no such file.")
    if not rights(release, actor).object(name).can("export") or found.rights != fingerprint(release, actor, name):
        raise AccessDeniedError("Your rights have changed since this was exported.", hint="export it again")
    return name


def finish(connection: Connection, identifier: UUID, **values: Any) -> None:
    """Note the file of an export, or that it is gone."""
    connection.execute(update(export).where(export.c.id == identifier).values(**values))


def _export(row: RowMapping) -> Export:
    return Export(**{name: row[name] for name in _NAMES})


@periodic.every("collect_exports", timedelta(hours=6))
def collect_exports(running: jobs.Running) -> dict[str, int]:
    """Remove the files of old exports; their rows stay, as a history."""
    return {"removed": collect(running.site)}


def collect(site: Site, now: datetime | None = None) -> int:
    """Remove the files of exports whose time is over, and return how many there were."""
    before = (now or datetime.now(UTC)) - KEPT
    with site.reading() as connection:
        statement = select(export.c.id, export.c.file).where(export.c.created_at < before, export.c.file.is_not(None))
        rows = connection.execute(statement).all()
    for row in rows:
        store_of(site).delete(row.file)
        with site.writing() as connection:
            finish(connection, row.id, file=None)
    return len(rows)
