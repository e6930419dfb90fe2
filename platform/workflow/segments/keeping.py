"""Keeps segments in their fields: in the unit that writes a record, and by jobs as time passes and children change.

A segment is a derived value: version, stamps and history do not move with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, literal, select, true

from formline.expressions.storage_types import Day, Instant
from formline.expressions.types import Kind
from formline.runtime import jobs, periodic
from formline.runtime.access.actor import Actor
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.unit import hooks, rollups, run_unit
from formline.workflow.segments.definition import Segment, segments_of

if TYPE_CHECKING:
    from formline.expressions.expression import Expression
    from formline.runtime.release import Release
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit
    from formline.runtime.unit.draft import Draft
    from formline.runtime.unit.plan import WritePlan

_IDS = "record_ids"
BATCH = 500
Values = Mapping[str, Any]


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Look at records of objects that have segments when they are written."""
    wanted = phase == "written" and _named(segments_of(release, object_name))
    return (place_written,) if wanted else ()


def place_written(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Queue the look behind what is being written."""
    unit.then(partial(_place, object_name=plan.name, ids=[draft.id for draft in drafts]))


def _place(unit: Unit, *, object_name: str, ids: Sequence[UUID]) -> None:
    segments = _named(segments_of(unit.release, object_name))
    held = unit.hold(object_name, ids)
    found = members(unit.connection, unit.release, segments, list(held), unit.now)
    _keep(unit, object_name, {key: values for key, values in found.items() if key in held})


def _keep(unit: Unit, object_name: str, found: Mapping[UUID, Values]) -> int:
    """Write those of the values that differ; return how many records changed."""
    held = unit.hold(object_name, found)
    changed = {
        key: {**held[key], **values}
        for key, values in found.items()
        if key in held and any(held[key].get(name) != value for name, value in values.items())
    }
    if changed:
        names = {name for values in found.values() for name in values}
        rollups.write_derived(unit, unit.plan(object_name), changed, names)
    return len(changed)


def members(
    connection: Connection, release: Release, segments: Sequence[Segment], ids: Collection[UUID], now: datetime
) -> dict[UUID, dict[str, tuple[str, ...] | None]]:
    """Return, per record, the value of each field that keeps segments; one statement for all."""
    if not ids or not segments:
        return {}
    statement, source = _start(release, segments[0].object)
    flags = [_flag(source, one.where).label(f"c{number}") for number, one in enumerate(segments)]
    found = select(source.key, *flags).select_from(source.source())
    found = found.where(in_keys(source.key, _IDS, release.dialect))
    values = {**_clock(release, statement, now), **bind_keys(_IDS, sorted(ids), release.dialect)}
    made: dict[UUID, dict[str, tuple[str, ...] | None]] = {}
    for row in connection.execute(found, values):
        fields: dict[str, list[str]] = {one.field: [] for one in segments}
        for one, inside in zip(segments, row[1:], strict=True):
            if inside:
                fields[one.field].append(one.name)
        made[row[0]] = {name: tuple(inside) or None for name, inside in fields.items()}
    return made


def ranks(connection: Connection, release: Release, segment: Segment, now: datetime) -> dict[UUID, tuple[int, ...]]:
    """Return the groups of every ranked record, 1 the weakest; equal values are in equal groups."""
    if segment.rfm is None:
        return {}
    statement, source = _start(release, segment.object)
    measures = [one.sql(source) for one in segment.rfm.measures]
    start = now - segment.rfm.window
    since: ColumnElement[Any] = literal(start, Instant())
    if segment.rfm.measures[0].type.kind is Kind.DATE:
        since = literal(start.astimezone(release.zone).date(), Day())
    tests = [source.alive(), _flag(source, segment.where), measures[0].is_not(None), measures[0] >= since]
    values = [measures[0], *(func.coalesce(one, 0) for one in measures[1:])]
    ranked = [func.rank().over(order_by=one).label(f"r{number}") for number, one in enumerate(values)]
    found = select(source.key, *ranked).select_from(source.source()).where(*tests)
    rows = connection.execute(found, _clock(release, statement, now)).all()
    groups, count = segment.rfm.groups, len(rows)
    return {row[0]: tuple(1 + (place - 1) * groups // count for place in row[1:]) for row in rows}


def _start(release: Release, object_name: str) -> tuple[Statement, SqlSource]:
    statement = Statement(release)
    return statement, source_of(statement, object_name, roots={"user": user_root(statement)})


def _clock(release: Release, statement: Statement, now: datetime) -> dict[str, Any]:
    return statement.parameters({"clock": {"now": now, "today": now.astimezone(release.zone).date()}})


def _flag(source: SqlSource, condition: Expression | None) -> ColumnElement[bool]:
    return true() if condition is None else func.coalesce(condition.sql(source), literal(value=False))


def _named(segments: Iterable[Segment]) -> list[Segment]:
    return [one for one in segments if one.rfm is None and not one.static]


@periodic.every("refresh_segments_hourly", timedelta(hours=1), long=True)
def run_hourly(running: jobs.Running) -> int:
    """Refresh the objects with a segment that wants it; return how many records changed."""
    return refresh(running.site, datetime.now(UTC), hourly=True)


@periodic.every("refresh_segments", timedelta(days=1), long=True)
def run_daily(running: jobs.Running) -> int:
    """Rank and refresh all segments; return how many records changed."""
    return refresh(running.site, datetime.now(UTC))


def refresh(site: Site, now: datetime, *, hourly: bool = False) -> int:
    """Bring segments up to date as of ``now``, ranks first as conditions may read them; only differences are written.

    ``hourly``: only objects that have a segment to be refreshed each hour.
    """
    count = 0
    every = list(site.release.catalog.all("segment").values())
    for name in sorted({one.object for one in every if one.hourly or not hourly}):
        mine = segments_of(site.release, name)
        for one in mine:
            if one.rfm is not None:
                with site.reading() as connection:
                    found = ranks(connection, site.release, one, now)
                count += _refresh(site, name, one.rfm.fields, now, partial(_ranked, found, one.rfm.fields))
        named = _named(mine)
        fields = tuple(sorted({one.field for one in named}))
        if fields:
            count += _refresh(site, name, fields, now, partial(_inside, site.release, named, now))
    return count


def _ranked(
    found: Mapping[UUID, tuple[int, ...]], fields: Sequence[str], _connection: Connection, ids: Sequence[UUID]
) -> dict[UUID, Values]:
    nothing = (None,) * len(fields)
    return {key: dict(zip(fields, found.get(key, nothing), strict=True)) for key in ids}


def _inside(
    release: Release, segments: Sequence[Segment], now: datetime, connection: Connection, ids: Sequence[UUID]
) -> Mapping[UUID, Values]:
    return members(connection, release, segments, ids, now)


def _refresh(site: Site, object_name: str, fields: Sequence[str], now: datetime, work: Any) -> int:
    """Walk through a table; write the records whose kept values are not what ``work(connection, ids)`` says."""
    count = 0
    for stale in _differing(site, object_name, fields, work):
        keep = partial(_keep, object_name=object_name, found=stale)
        count += run_unit(site, Actor.system(), keep, source="system", confirm=True, now=now)
    return count


def _differing(site: Site, object_name: str, fields: Sequence[str], work: Any) -> Iterator[dict[UUID, Values]]:
    model = site.release.model(object_name)
    after: UUID | None = None
    while True:
        page = select(model.id, *(model.column(name) for name in fields)).where(model.deleted_at.is_(None))
        page = page if after is None else page.where(model.id > after)
        with site.reading() as connection:
            rows = connection.execute(page.order_by(model.id).limit(BATCH)).all()
            if not rows:
                return
            found = work(connection, [row[0] for row in rows])
        after = rows[-1][0]
        stale = {row[0]: found[row[0]] for row in rows if [found[row[0]][name] for name in fields] != list(row[1:])}
        if stale:
            yield stale
