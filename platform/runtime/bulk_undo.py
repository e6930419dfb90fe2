"""Taking a bulk change back by what the history says, or bringing back what it deleted; beyond a batch as a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from formline.errors import ConflictError, FieldError, NotFoundError, ValidationError
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.runtime import jobs
from formline.runtime.access import Actor
from formline.runtime.bulk import BATCH, DELETE, EDIT, SOURCE, actor_of
from formline.runtime.queries import Query, fetch
from formline.runtime.queries.query import MOST_ROWS
from formline.runtime.release import Release
from formline.runtime.tables import history
from formline.runtime.unit import Change, run_unit

if TYPE_CHECKING:
    from formline.runtime.site import Site

KIND = "bulk_undo"
#: A change can be taken back for so long.
UNDO = timedelta(hours=1)


def undo(site: Site, actor: Actor, change_id: UUID, now: datetime) -> int:
    """Give the records of one's own bulk change their old values, but for those changed since; return how many.

    Raises:
        NotFoundError: no such change of this person, or too long ago. ValidationError: all were changed since.
    """
    with site.reading() as connection:
        rows = _told(connection, actor, change_id, now - UNDO, MOST_ROWS)
        if not rows:
            raise NotFoundError
        name, changes = _changes(connection, site.release, actor, rows)
    if not changes:
        raise ValidationError([FieldError("", "changed_since", "All of these records were changed since.")])
    run_unit(site, actor, lambda unit: unit.update(name, changes), source=SOURCE)
    return len(changes)


def enqueue(connection: Connection, actor: Actor, job_id: UUID, now: datetime) -> UUID:
    """Add the job that takes back what another job did; return its id.

    Raises:
        NotFoundError: no such job of this person, or one that cannot be taken back any more.
    """
    of = jobs.get(connection, job_id)
    if of is None or of.created_by != actor.user_id or not can_undo(of, now):
        raise NotFoundError
    args = {"job": str(of.id), "object": of.args["object"]}
    return jobs.enqueue(connection, KIND, args, created_by=actor.user_id, unique_key=f"{KIND} {of.id}")


def can_undo(of: jobs.Job, now: datetime) -> bool:
    """Return whether a job changed or deleted records lately, so that it can be taken back."""
    over = of.state in ("done", "failed", "cancelled") and of.finished_at is not None and of.finished_at > now - UNDO
    return of.kind in (EDIT, DELETE) and over and bool(of.result and of.result.get("changed"))


@jobs.handler(KIND, long=True)
def run_undo(running: jobs.Running) -> dict[str, Any]:
    """Take back what a job did, batch by batch; records changed since are left alone and counted as refused."""
    with running.site.reading() as connection:
        of = jobs.get(connection, UUID(running.job.args["job"]))
    if of is None or of.created_by != running.job.created_by:
        raise NotFoundError
    actor = actor_of(running)
    state: dict[str, Any] = dict(running.job.result or {"changed": 0, "refused": 0, "reasons": [], "cursor": 0})
    while True:
        more = (_bring_back if of.kind == DELETE else _give_back)(running.site, actor, of, state)
        with running.site.writing() as connection:
            running.checkpoint(connection, progress=state["changed"] + state["refused"], state=state)
        if not more:
            return state


def _give_back(site: Site, actor: Actor, of: jobs.Job, state: dict[str, Any]) -> bool:
    """Take back the changes of one batch; return whether there may be more."""
    since = of.started_at or of.created_at
    with site.reading() as connection:
        rows = _told(connection, actor, of.id, since, BATCH, state["cursor"])
        name, changes = _changes(connection, site.release, actor, rows)
    if changes:
        run_unit(site, actor, lambda unit: unit.update(name, changes), source=SOURCE)
    state["changed"] += len(changes)
    state["refused"] += len(rows) - len(changes)
    state["cursor"] = rows[-1]["id"] if rows else state["cursor"]
    return len(rows) == BATCH


def _bring_back(site: Site, actor: Actor, of: jobs.Job, state: dict[str, Any]) -> bool:
    """Restore what one batch deleted; return whether there is more."""
    deletions: Sequence[str] = (of.result or {}).get("deletions", ())
    if state["cursor"] < len(deletions):
        deletion = UUID(deletions[state["cursor"]])
        try:
            state["changed"] += len(run_unit(site, actor, lambda unit: unit.restore(deletion), source=SOURCE))
        except (ValidationError, ConflictError, NotFoundError) as error:
            state["refused"] += 1
            state["reasons"] = list(dict.fromkeys([*state["reasons"], error.message]))
        state["cursor"] += 1
    return bool(state["cursor"] < len(deletions))


def _told(
    connection: Connection, actor: Actor, change_id: UUID, since: datetime, limit: int, after: int = 0
) -> Sequence[RowMapping]:
    """Return what the history has of a change, in its order."""
    statement = (
        select(history.c.id, history.c.object_id, history.c.record_id, history.c.changes)
        .where(
            history.c.unit_id == change_id,
            history.c.actor_id == actor.user_id,
            history.c.source == SOURCE,
            history.c.action == "updated",
            history.c.at >= since,
            history.c.id > after,
        )
        .order_by(history.c.id)
        .limit(limit)
    )
    return connection.execute(statement).mappings().all()


def _changes(
    connection: Connection, release: Release, actor: Actor, rows: Sequence[RowMapping]
) -> tuple[str, list[Change]]:
    """Return the object of a change, and its old values for the records that still have the new ones."""
    name = release.object_named(rows[0]["object_id"]) if rows else None
    if name is None:
        return "", []
    told = {row["record_id"]: row["changes"] or {} for row in rows if row["object_id"] == rows[0]["object_id"]}
    return name, [*_old_values(connection, release, actor, name, told)]


def _old_values(
    connection: Connection, release: Release, actor: Actor, name: str, told: Mapping[UUID, Mapping[str, Any]]
) -> Iterator[Change]:
    model = release.model(name)
    fields = model.object.fields
    known = {number: model.field_names.get(int(number)) for changes in told.values() for number in changes}
    names = {number: field for number, field in known.items() if field and field in fields and fields[field].writable}
    where = {"field": "id", "op": "in", "value": [*told]}
    query = Query(name, ("id", *dict.fromkeys(filter(None, names.values()))), where, None, (), len(told))
    for record in fetch(connection, release, actor, query).rows:
        pairs = ((names.get(number), pair) for number, pair in told[record["id"]].items())
        old = {field: pair[0] for field, pair in pairs if field and _same(fields[field], record.get(field), pair[1])}
        if old:
            yield Change(record["id"], old)


def _same(field: Field, value: Any, stored: Any) -> bool:
    try:
        return bool(value == field.type.parse(field, stored))
    except ValueProblem:
        return False
