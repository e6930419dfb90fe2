"""Imports as rows of their table: starting one, what it is about, who may see it; the work itself is in job.py."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from formline.errors import NotFoundError
from formline.runtime import periodic
from formline.runtime.files.storage import store_of
from formline.runtime.keys import uuid7
from formline.runtime.tables import import_, import_unit

if TYPE_CHECKING:
    from formline.runtime.jobs import Running
    from formline.runtime.site import Site

#: Files and the list of an import's units are kept this long: so long it can be mended and undone.
KEPT = timedelta(days=30)
SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Import:
    """One import; ``mapping`` is written like a definition of that kind, None while it is not chosen.

    ``headings`` and ``samples`` are what a page shows of the file; ``source`` how the file is read.
    """

    id: UUID
    object_id: int
    name: str
    file: str | None
    source: Mapping[str, Any]
    headings: Sequence[str] | None
    samples: Sequence[Sequence[str]] | None
    mapping: Mapping[str, Any] | None
    mapping_name: str | None
    refused_file: str | None
    check_job: UUID | None
    run_job: UUID | None
    undo_job: UUID | None
    parent_id: UUID | None
    created_at: datetime
    created_by: UUID | None


_NAMES = tuple(Import.__dataclass_fields__)


def keep_file(site: Site, file: Path) -> str:
    """Put a file into the store and return its key; the row that names it is written next."""
    key = secrets.token_hex(20)
    store_of(site).put(key, file)
    return key


def create(connection: Connection, **values: Any) -> UUID:
    """Write the row of a new import and return its id."""
    identifier = uuid7()
    given = {"id": identifier, "source": {}, "created_at": datetime.now(UTC), **values}
    connection.execute(insert(import_).values(given))
    return identifier


def change(connection: Connection, identifier: UUID, **values: Any) -> None:
    """Change the row of an import."""
    connection.execute(update(import_).where(import_.c.id == identifier).values(**values))


def get(connection: Connection, identifier: UUID) -> Import:
    """Return an import, whoever it belongs to.

    Raises:
        NotFoundError: there is none of this id.
    """
    row = connection.execute(select(import_).where(import_.c.id == identifier)).mappings().first()
    if row is None:
        raise NotFoundError("There is no such import.")
    return _import(row)


def of_person(connection: Connection, user_id: UUID, limit: int = 50, object_id: int | None = None) -> list[Import]:
    """Return a person's newest imports first."""
    mine = import_.c.created_by == user_id
    if object_id is not None:
        mine &= import_.c.object_id == object_id
    rows = connection.execute(select(import_).where(mine).order_by(import_.c.created_at.desc()).limit(limit))
    return [_import(row) for row in rows.mappings()]


def note_unit(connection: Connection, identifier: UUID, unit_id: UUID) -> None:
    """Note in a unit's own transaction that it belongs to an import."""
    connection.execute(insert(import_unit).values(import_id=identifier, unit_id=unit_id))


def _import(row: RowMapping) -> Import:
    return Import(**{name: row[name] for name in _NAMES})


@periodic.every("collect_imports", timedelta(hours=6))
def collect_imports(running: Running) -> dict[str, int]:
    """Remove the files and samples of old imports; their history stays."""
    return {"removed": collect(running.site)}


def collect(site: Site, now: datetime | None = None) -> int:
    """Remove what old imports keep of values, and return how many imports there were."""
    before = (now or datetime.now(UTC)) - KEPT
    old = (import_.c.created_at < before) & (import_.c.samples.is_not(None) | import_.c.file.is_not(None))
    with site.reading() as connection:
        rows = connection.execute(select(import_.c.id, import_.c.file, import_.c.refused_file).where(old)).all()
    for row in rows:
        for key in filter(None, (row.file, row.refused_file)):
            store_of(site).delete(key)
        with site.writing() as connection:
            change(connection, row.id, file=None, refused_file=None, samples=None)
            connection.execute(delete(import_unit).where(import_unit.c.import_id == row.id))
    return len(rows)
