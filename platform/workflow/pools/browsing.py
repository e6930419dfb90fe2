"""What members see of records that wait in a pool: they cannot read them otherwise, so values pass here alone.

A field hidden from the reader's roles is left out, one the pool or their roles mask arrives masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, func, select

from formline.runtime.access.actor import Actor
from formline.runtime.access.masking import mask
from formline.runtime.access.rights import rights
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import pool_entry
from formline.workflow.pools import storage
from formline.workflow.pools.definition import Pool
from formline.workflow.pools.limits import day_start
from formline.workflow.pools.people import is_administrator, is_member
from formline.workflow.pools.survey import owned

if TYPE_CHECKING:
    from formline.runtime.release import Release

_entry = pool_entry.c
SHOWN = 30
COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Room:
    """What somebody may still take from a pool; None: no limit."""

    owned: int
    most: int | None
    claims_left: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One record of a pool: its values as the reader may see them, since when and why it waits."""

    values: dict[str, Any]
    entered_at: datetime
    cause: str


def visible_pools(connection: Connection, release: Release, actor: Actor) -> list[tuple[Pool, bool, bool]]:
    """Return the pools somebody is in: (pool, is a member, is an administrator), by label."""
    access = rights(release, actor)
    found = []
    for pool in sorted(release.catalog.all("pool").values(), key=lambda one: (one.label, one.name)):
        if access.object(pool.object).can("read"):
            member = is_member(connection, release, actor, pool)
            administrator = is_administrator(connection, release, actor, pool)
            if member or administrator:
                found.append((pool, member, administrator))
    return found


def count(connection: Connection, release: Release, pool: Pool) -> int:
    """Return how many records wait in a pool, counted up to a thousand."""
    some = _live(release, pool, "").limit(COUNTED).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def room(connection: Connection, release: Release, actor: Actor, pool: Pool, now: datetime) -> Room:
    """Return what a person may still take."""
    user = actor.user_id
    if user is None:
        return Room(0, pool.limits.owned, pool.limits.claims_per_day)
    has = owned(connection, release, pool, [user]).get(user, 0) if pool.limits.owned is not None else 0
    most = pool.limits.claims_per_day
    if most is not None:
        taken = storage.claims(connection, pool.name, [user], day_start(now, release.zone)).get(user, 0)
        most = max(0, most - taken)
    return Room(has, pool.limits.owned, most)


def fields_shown(release: Release, actor: Actor, pool: Pool) -> tuple[str, ...]:
    """Return the fields of the pool's page that the reader's roles do not hide, the title first."""
    obj = release.catalog.object(pool.object)
    names = pool.columns or tuple(path for path in obj.list_views[0].columns if "." not in path)
    access = rights(release, actor).object(pool.object)
    wanted = [name for name in names if name in obj.fields and name not in (obj.title, "owner")]
    return tuple(name for name in (obj.title, *wanted) if access.field(name) != "hidden")


def waiting(
    connection: Connection, release: Release, actor: Actor, pool: Pool, *, search: str = "", skip: int = 0
) -> list[Waiting]:
    """Return up to one record more than a page shows, the newest first; the caller checked that the reader is in it.

    ``search``: a part of the title.
    """
    ids = _live(release, pool, search).order_by(_entry.entered_at.desc(), _entry.record_id.desc())
    rows = connection.execute(ids.limit(SHOWN + 1).offset(skip)).all()
    if not rows:
        return []
    shown = fields_shown(release, actor, pool)
    wanted = {"field": "id", "op": "in", "value": [row.record_id for row in rows]}
    query = Query(pool.object, ("id", *shown), wanted, limit=SHOWN + 1)
    page = fetch(connection, release, Actor.system(), query)
    known = {row["id"]: _masked(release, actor, pool, shown, row) for row in page.rows}
    return [Waiting(known[row.record_id], row.entered_at, row.cause) for row in rows if row.record_id in known]


def _live(release: Release, pool: Pool, search: str) -> Select[Any]:
    model = release.model(pool.object)
    found = select(_entry.record_id, _entry.entered_at, _entry.cause).join_from(
        pool_entry, model.table, model.id == _entry.record_id
    )
    found = found.where(_entry.pool == pool.name, _entry.object_id == model.object_id, model.deleted_at.is_(None))
    return found.where(model.column(model.object.title).icontains(search, autoescape=True)) if search else found


def _masked(release: Release, actor: Actor, pool: Pool, shown: Sequence[str], row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as the reader may see it; parts beside a masked value go with it."""
    access = rights(release, actor).object(pool.object)
    fields = release.catalog.object(pool.object).fields
    made: dict[str, Any] = {"id": row["id"]}
    for key, value in row.items():
        name = key.split(".")[0]
        if name not in shown:
            continue
        if name in pool.masked or access.field(name) == "masked":
            if key == name:
                made[key] = mask(fields[name], value)
        else:
            made[key] = value
    return made
