"""Which version running instances are on; nothing is changed here (see ``shell.migrate``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from formline.runtime.release import Release
from formline.runtime.tables import approval
from formline.workflow.approvals.storage import hash_of


@dataclass(frozen=True, slots=True)
class Running:
    """An instance that has not ended; ``is_live``: on the version that new ones take."""

    id: UUID
    name: str
    version: str
    status: str
    submitted_at: datetime
    is_live: bool


def running_instances(connection: Connection, release: Release, name: str | None = None) -> list[Running]:
    """Return what runs, of all approvals or one, oldest first."""
    c = approval.c
    wanted = select(c.id, c.name, c.version, c.status, c.submitted_at).where(c.ended_at.is_(None))
    if name is not None:
        wanted = wanted.where(c.name == name)
    live = {one.name: hash_of(one)[0] for one in release.catalog.all("approval").values()}
    rows = connection.execute(wanted.order_by(c.submitted_at, c.id))
    return [Running(*row, is_live=live.get(row.name) == row.version) for row in rows]
