"""Reading and writing rows of the release table; what changes between two releases lives in migration."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from importlib.metadata import version
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from formline.catalog.catalog import Catalog
from formline.errors import NotFoundError
from formline.expressions.context import Dialect
from formline.runtime import tables
from formline.runtime.keyring import KeyRing
from formline.runtime.physical import PhysicalMap
from formline.runtime.release import Release

APPLYING, SETTLING, LIVE, RETIRED, ABANDONED = "applying", "settling", "live", "retired", "abandoned"
LANGUAGE_VERSION = "1"


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """A release as lists show it, without its source."""

    number: int
    hash: str
    base: int | None
    author: str
    author_id: UUID | None
    reason: str
    state: str
    created_at: datetime
    published_at: datetime | None


_SITE_FILES = select(tables.site_file.c.path, tables.site_file.c.text, tables.site_file.c.revision)
_INFO = [tables.release.c[name] for name in ReleaseInfo.__slots__]


def load_release(connection: Connection, number: int, zone: tzinfo, keys: KeyRing | None = None) -> Release:
    """Return a release with its catalog; ``zone`` and ``keys`` are the site's.

    Raises:
        NotFoundError: there is no such release.
    """
    columns = tables.release.c
    wanted = select(columns.source, columns.physical, columns.going_back).where(columns.number == number)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no release {number}.")
    catalog, physical = Catalog.from_json(row.source), PhysicalMap.from_json(row.physical)
    dialect = dialect_of(connection)
    return Release(number, catalog, physical, dialect=dialect, zone=zone, keys=keys, going_back=row.going_back)


def dialect_of(connection: Connection) -> Dialect:
    """Return the name of the connection's database."""
    return "sqlite" if connection.dialect.name == "sqlite" else "postgresql"


def list_releases(connection: Connection, limit: int = 50) -> list[ReleaseInfo]:
    """Return the newest releases first."""
    statement = select(*_INFO).order_by(tables.release.c.number.desc()).limit(limit)
    return [ReleaseInfo(*row) for row in connection.execute(statement)]


def unfinished(connection: Connection) -> ReleaseInfo | None:
    """Return the release whose apply began and did not end, if any."""
    row = connection.execute(select(*_INFO).where(tables.release.c.state.in_([APPLYING, SETTLING]))).one_or_none()
    return ReleaseInfo(*row) if row else None


def site_layer(connection: Connection, number: int | None) -> dict[str, str]:
    """Return path -> text of the site's own definitions in a release; empty before the first."""
    if number is None:
        return {}
    found: Any = connection.execute(
        select(tables.release.c.site_layer).where(tables.release.c.number == number)
    ).scalar_one()
    return dict(found)


def put_site_files(connection: Connection, number: int) -> None:
    """Make the editable site files those of a release; files that are the same keep their revision."""
    wanted = site_layer(connection, number)
    columns = tables.site_file.c
    there = {path: (text, revision) for path, text, revision in connection.execute(_SITE_FILES)}
    changed = {path: text for path, text in wanted.items() if there.get(path, ("", 0))[0] != text}
    gone = [path for path in there if path not in wanted or path in changed]
    if gone:
        connection.execute(delete(tables.site_file).where(columns.path.in_(gone)))
    if changed:
        now = datetime.now(UTC)
        rows = [
            {"path": path, "text": text, "revision": there.get(path, ("", 0))[1] + 1, "updated_at": now}
            for path, text in changed.items()
        ]
        connection.execute(insert(tables.site_file), rows)


def code_version() -> str:
    """Return the version of Formline and of Python, as releases note who wrote them."""
    return f"formline {version('formline')}, python {sys.version_info.major}.{sys.version_info.minor}"


def live_number(connection: Connection) -> int | None:
    """Return the number of the live release, None before the first."""
    found: int | None = connection.execute(select(tables.live.c.release)).scalar_one()
    return found
