"""Keeps scores in their fields: in the unit that writes a record, and by a job as time passes and children change.

A score is a derived value: version, stamps and history do not move with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, literal, select, true

from formline.expressions.storage_types import Exact
from formline.runtime import jobs, periodic
from formline.runtime.access.actor import Actor
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.unit import hooks, rollups, run_unit
from formline.workflow.scores.definition import Score, scores_of
from formline.workflow.scores.points import Factor, Read, factors, grade, total

if TYPE_CHECKING:
    from formline.expressions.expression import Expression
    from formline.runtime.release import Release
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit
    from formline.runtime.unit.draft import Draft
    from formline.runtime.unit.plan import WritePlan

_IDS = "record_ids"
BATCH = 500


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Rate the records of objects that have scores when they are written."""
    return (rate_written,) if phase == "written" and scores_of(release, object_name) else ()


def rate_written(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Queue the rating behind what is being written."""
    unit.then(partial(_rate_all, object_name=plan.name, ids=[draft.id for draft in drafts]))


def _rate_all(unit: Unit, *, object_name: str, ids: Sequence[UUID]) -> None:
    for score in scores_of(unit.release, object_name):
        rate(unit, score, ids)


def rate(unit: Unit, score: Score, ids: Collection[UUID]) -> int:
    """Work the score of up to 500 records out and keep it; return how many changed."""
    held = unit.hold(score.object, ids)
    found = read(unit.connection, unit.release, score, list(held), unit.now)
    plan = unit.plan(score.object)
    changed: dict[UUID, dict[str, Any]] = {}
    for key, record in held.items():
        values = kept(unit.release, score, found.get(key))
        if any(record.get(name) != value for name, value in values.items()):
            changed[key] = {**record, **values}
    if changed:
        rollups.write_derived(unit, plan, changed, {score.field, *([score.grade] if score.grade else [])})
    return len(changed)


def kept(release: Release, score: Score, found: Sequence[Factor] | None) -> dict[str, Any]:
    """Return the values of the score's fields; None: the record is not rated."""
    points = None if found is None else total(score, found)
    values: dict[str, Any] = {score.field: points}
    if points is not None:
        field = release.catalog.object(score.object).fields[score.field]
        scale = 0 if field.type.name == "integer" else field.value_type.scale
        rounded = points.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
        values[score.field] = int(rounded) if field.type.name == "integer" else rounded
    if score.grade:
        values[score.grade] = None if points is None else grade(score, points)
    return values


def read(
    connection: Connection, release: Release, score: Score, ids: Collection[UUID], now: datetime
) -> dict[UUID, list[Factor]]:
    """Return what gave points to each record that is rated, in one statement; the caller checked the reader."""
    if not ids:
        return {}
    statement = Statement(release)
    source = source_of(statement, score.object, roots={"user": user_root(statement)})
    columns: list[ColumnElement[Any]] = [source.key]
    for one in score.criteria:
        points = literal(one.points, Exact()) if isinstance(one.points, Decimal) else one.points.sql(source)
        columns += [_flag(source, one.when), points]
        columns += [one.decay.since.sql(source)] if one.decay else []
    labelled = [column.label(f"c{number}") for number, column in enumerate(columns)]
    tests = [in_keys(source.key, _IDS, release.dialect), _flag(source, score.where)]
    clock = {"now": now, "today": now.astimezone(release.zone).date()}
    values = {**statement.parameters({"clock": clock}), **bind_keys(_IDS, sorted(ids), release.dialect)}
    found = select(*labelled).select_from(source.source()).where(*tests)
    made: dict[UUID, list[Factor]] = {}
    for row in connection.execute(found, values):
        rest = iter(row[1:])
        reads = [
            Read(bool(next(rest)), _decimal(next(rest)), next(rest) if one.decay else None) for one in score.criteria
        ]
        made[row[0]] = factors(score, reads, now, release.zone)
    return made


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _flag(source: SqlSource, condition: Expression | None) -> ColumnElement[bool]:
    return true() if condition is None else func.coalesce(condition.sql(source), literal(value=False))


@periodic.every("rate_records", timedelta(hours=1), long=True)
def run_rating(running: jobs.Running) -> int:
    """Bring all scores up to date; return how many changed."""
    return rate_everything(running.site, datetime.now(UTC))


def rate_everything(site: Site, now: datetime) -> int:
    """Work every score out as of ``now``; only records whose score differs are locked and written."""
    count = 0
    for score in site.release.catalog.all("score").values():
        for ids in _differing(site, score, now):
            work = partial(_rate, score=score, ids=ids)
            count += run_unit(site, Actor.system(), work, source="system", confirm=True, now=now)
    return count


def _rate(unit: Unit, *, score: Score, ids: Sequence[UUID]) -> int:
    return rate(unit, score, ids)


def _differing(site: Site, score: Score, now: datetime) -> Iterable[list[UUID]]:
    """Yield, batch by batch through the table, the ids whose kept values are not what they would be now."""
    model = site.release.model(score.object)
    names = [score.field, *([score.grade] if score.grade else [])]
    after: UUID | None = None
    while True:
        page = select(model.id, *(model.column(name) for name in names)).where(model.deleted_at.is_(None))
        if after is not None:
            page = page.where(model.id > after)
        with site.reading() as connection:
            rows = connection.execute(page.order_by(model.id).limit(BATCH)).all()
            if not rows:
                return
            found = read(connection, site.release, score, [row[0] for row in rows], now)
        after = rows[-1][0]
        stale = [row[0] for row in rows if list(kept(site.release, score, found.get(row[0])).values()) != list(row[1:])]
        if stale:
            yield stale
