"""The regular look at clocks: other records, calendars and definitions change without a write of the record itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select

from formline.expressions.expression import Expression
from formline.runtime import jobs, periodic, tables
from formline.runtime.access.actor import Actor
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.unit import run_unit
from formline.workflow.sla import entering
from formline.workflow.sla.definition import Clock, clocks_of
from formline.workflow.sla.keeping import look

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site

BATCH = 500


@periodic.every("look_at_clocks", timedelta(hours=1))
def run_look(running: jobs.Running) -> int:
    """Look at every clock that goes, and at records that should have one; return how many moved."""
    return look_at_all(running.site, datetime.now(UTC))


def look_at_all(site: Site, now: datetime) -> int:
    """Bring clocks up to date as of ``now`` where other records or calendars changed, or a definition is new."""
    count = 0
    for name in site.release.catalog.objects:
        if clocks_of(site.release, name):
            for ids, begun in _batches(site, name, now):
                work = partial(look, object_name=name, ids=ids, begun=begun)
                count += run_unit(site, Actor.system(), work, source="system", confirm=True, now=now)
    return count


def _batches(site: Site, object_name: str, now: datetime) -> Iterator[tuple[list[UUID], Mapping[str, datetime]]]:
    """Yield the records of an object with a clock that goes, or that lack one they should have."""
    release, after = site.release, None
    statement = Statement(release)
    found, key = _wanting(statement, release, object_name)
    values = statement.parameters({"clock": {"now": now, "today": now.astimezone(release.zone).date()}})
    while True:
        page = found if after is None else found.where(key > after)
        with site.reading() as connection:
            ids = list(connection.execute(page.limit(BATCH), values).scalars())
            begun = entering.begun(connection, release, object_name, ids)
        if not ids:
            return
        after = ids[-1]
        yield ids, begun


def _wanting(statement: Statement, release: Release, object_name: str) -> tuple[Select[Any], ColumnElement[Any]]:
    """Return the statement of the records to look at in order of their ids, and its key."""
    source = source_of(statement, object_name, roots={"user": user_root(statement)})
    row = tables.clock.c
    mine = and_(row.object_id == source.model.object_id, row.record_id == source.key)
    wanted: list[ColumnElement[bool]] = [exists().where(mine, row.stopped_at.is_(None))]
    wanted += [
        and_(_begins(clock, source), ~exists().where(mine, row.clock == clock.name))
        for clock in clocks_of(release, object_name)
    ]
    found = select(source.key).select_from(source.source()).where(source.alive(), or_(*wanted))
    return found.order_by(source.key), source.key


def _begins(clock: Clock, source: SqlSource) -> ColumnElement[bool]:
    """Return that a clock that a record lacks begins with it."""
    starts = literal(value=True) if clock.starts is None else _holds(clock.starts, source)
    return starts if clock.stops is None else and_(starts, ~_holds(clock.stops, source))


def _holds(condition: Expression, source: SqlSource) -> ColumnElement[bool]:
    return func.coalesce(condition.sql(source), literal(value=False))
