"""Removing files that nobody names any more: abandoned uploads, files let go, files of what was dropped for good."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update

from formline.runtime import periodic, tables
from formline.runtime.files.storage import forget
from formline.runtime.jobs import Running
from formline.runtime.tables import file

if TYPE_CHECKING:
    from formline.runtime.site import Site

#: Files removed in one transaction.
BATCH = 200
#: How long a file waits for the approval of the change that names it.
HELD = timedelta(days=365)


@periodic.every("collect_files", timedelta(hours=1))
def collect_files(running: Running) -> dict[str, int]:
    """Remove what is over its grace; interrupted anywhere, the next run goes on."""
    return {"removed": collect(running.site)}


def collect(site: Site, now: datetime | None = None) -> int:
    """Remove every file over its grace and return how many there were.

    First the row is marked, so that no unit attaches the file any more; then the bytes go, then the row.
    """
    now = now or datetime.now(UTC)
    _forget_uploads(site, now)
    removed = 0
    while True:
        with site.writing() as connection:
            chosen = select(file.c.id).where(_is_over(site, now)).limit(BATCH).with_for_update(skip_locked=True)
            connection.execute(update(file).where(file.c.id.in_(chosen.scalar_subquery())).values(state="going"))
        with site.reading() as connection:
            going = list(connection.execute(select(file.c.id, file.c.storage_key).where(file.c.state == "going")))
        if not going:
            return removed
        forget(site, (stored for _key, stored in going))
        with site.writing() as connection:
            for key, _stored in going:
                connection.execute(delete(file).where(file.c.id == key))
        removed += len(going)


def _is_over(site: Site, now: datetime) -> ColumnElement[bool]:
    settings = site.settings
    abandoned = and_(
        file.c.state.in_(("uploading", "staged")), file.c.created_at < now - timedelta(hours=settings.file_grace_hours)
    )
    let_go = and_(file.c.state == "released", file.c.released_at < now - timedelta(days=settings.quarantine_days))
    forgotten = and_(file.c.state == "held", file.c.created_at < now - HELD)
    purged = exists().where(tables.object_.c.id == file.c.object_id, tables.object_.c.purged_at.is_not(None))
    dropped = exists().where(tables.column.c.field_id == file.c.field_id, tables.column.c.purged_at.is_not(None))
    return or_(abandoned, let_go, forgotten, purged, dropped)


def _forget_uploads(site: Site, now: datetime) -> None:
    """Remove the folders of uploads whose process was killed."""
    folder = Path(site.settings.data_dir) / "uploads"
    before = time.time() - site.settings.file_grace_hours * 3600
    if not folder.is_dir():
        return
    for place in folder.iterdir():
        if place.stat().st_mtime < before:
            shutil.rmtree(place, ignore_errors=True)
