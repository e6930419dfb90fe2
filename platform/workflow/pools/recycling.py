"""What time does to pools: records go back, owners are reminded; and what would go back by some moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from formline.runtime import jobs, periodic
from formline.runtime.access.actor import Actor
from formline.runtime.notifications import Notice, notify
from formline.runtime.unit import run_unit
from formline.workflow.pools import moving, storage
from formline.workflow.pools.definition import Pool
from formline.workflow.pools.storage import Gain
from formline.workflow.pools.survey import Held, due

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit

BATCH = 200


@periodic.every("recycle_pools", timedelta(hours=1), long=True)
def run_recycling(running: jobs.Running) -> int:
    """Take back what is due and remind of what will be; return how many records went back."""
    now = datetime.now(UTC)
    remind(running.site, now)
    return recycle(running.site, now)


def recycle(site: Site, now: datetime) -> int:
    """Take every record from its owner whose deadline is over at ``now``; return how many.

    Each batch looks again under its locks: who followed up at the last moment keeps the record.
    """
    count = 0
    for pool in _ruled(site.release):
        for ids in _batches(site, pool, now):
            count += run_unit(
                site,
                Actor.system(),
                lambda unit, pool=pool, ids=ids: _take_back(unit, pool, ids),  # type: ignore[misc]
                source="system",
                confirm=True,
                now=now,
            )
    return count


def _take_back(unit: Unit, pool: Pool, ids: list[UUID]) -> int:
    unit.hold(pool.object, ids)
    over = due(unit.connection, unit.release, pool, unit.now, ids=ids, limit=len(ids))
    if not over:
        return 0
    moving.release(unit, pool.object, [one.id for one in over], "recycled")
    object_id = unit.plan(pool.object).model.object_id
    notices = [
        Notice(
            "pool_recycled",
            (one.owner,),
            values={"rule": one.deadline.rule.label},
            object_id=object_id,
            record_id=one.id,
        )
        for one in over
    ]
    notify(unit.connection, notices, actor_id=None, now=unit.now)
    return len(over)


def _batches(site: Site, pool: Pool, now: datetime) -> Iterator[list[UUID]]:
    """Yield the ids of what is due, a batch at a time; what a batch leaves alone does not come again."""
    after: UUID | None = None
    while True:
        with site.reading() as connection:
            found = due(connection, site.release, pool, now, after=after, limit=BATCH)
        if not found:
            return
        after = found[-1].id
        yield [one.id for one in found]


def remind(site: Site, now: datetime) -> int:
    """Tell owners, once per deadline, of records they will lose soon; return how many were told of."""
    count = 0
    for pool in _ruled(site.release):
        for ids in _batches(site, pool, now + pool.remind_before) if pool.remind_before else ():
            with site.writing() as connection:
                count += _remind(connection, site.release, pool, ids, now)
    return count


def _remind(connection: Connection, release: Release, pool: Pool, ids: list[UUID], now: datetime) -> int:
    object_id = release.physical[pool.object].id
    told = storage.reminded(connection, object_id, ids)
    soon = now + (pool.remind_before or timedelta())
    found = due(connection, release, pool, soon, ids=ids, limit=len(ids))
    new = [one for one in found if told.get(one.id) != one.deadline.at and one.deadline.at > now]
    for one in new:
        storage.note_reminded(connection, object_id, Gain(one.id, one.owner, one.owned_since), one.deadline.at)
    notices = [_reminder(one, object_id, release.zone) for one in new]
    notify(connection, notices, actor_id=None, now=now)
    return len(new)


def _reminder(held: Held, object_id: int, zone: tzinfo) -> Notice:
    values = {"day": held.deadline.at.astimezone(zone).date().isoformat(), "rule": held.deadline.rule.label}
    return Notice("pool_reminder", (held.owner,), values=values, object_id=object_id, record_id=held.id)


def losses(
    connection: Connection, release: Release, pool: Pool, before: datetime, owner: UUID | None = None, limit: int = 500
) -> list[Held]:
    """Return who loses what until a moment, soonest first: ``owner``'s records, or everybody's."""
    found = due(connection, release, pool, before, owner=owner, limit=limit)
    return sorted(found, key=lambda one: (one.deadline.at, one.id))


def _ruled(release: Release) -> list[Pool]:
    return [pool for pool in release.catalog.all("pool").values() if pool.rules]
