"""One change to many records, or their deletion: at once up to a batch, as a job beyond; undone by bulk_undo.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from formline.errors import AccessDeniedError, NotFoundError, ValidationError
from formline.runtime import jobs
from formline.runtime.access import Actor, load_actor
from formline.runtime.queries import Query, fetch
from formline.runtime.release import Release
from formline.runtime.unit import Change, Unit, run_unit

if TYPE_CHECKING:
    from formline.runtime.site import Site

EDIT, DELETE = "bulk_edit", "bulk_delete"
SOURCE = "bulk"
#: Records per transaction of a job: others wait no longer than for one.
BATCH = 100
MOST_REASONS = 20
#: Records one job may delete: more than that is no slip of the hand, and is deleted in several.
MOST_DELETED = 10_000

#: Writes a batch, all or none; returns what the job's result keeps of it to take it back, "" for nothing.
Write = Callable[[Sequence[UUID]], str]


def change(
    site: Site,
    actor: Actor,
    object_name: str,
    ids: Sequence[UUID],
    values: Mapping[str, Any],
    change_id: UUID | None = None,
) -> UUID:
    """Write the same values into 1 to 500 records, all or none; return the id under which the change is taken back.

    The batches of a job share one ``change_id``.

    Raises:
        ValidationError, AccessDeniedError, NotFoundError: as of any write.
    """

    def work(unit: Unit) -> UUID:
        unit.id = change_id or unit.id
        unit.update(object_name, [Change(key, values) for key in ids])
        return unit.id

    return run_unit(site, actor, work, source=SOURCE)


def enqueue(
    connection: Connection,
    actor: Actor,
    object_name: str,
    where: Mapping[str, Any] | None,
    view: str,
    values: Mapping[str, Any],
) -> UUID:
    """Add the job that changes every record ``where`` finds in a list view; return its id."""
    return _enqueue(connection, EDIT, actor, object=object_name, where=where, view=view, values=values)


def enqueue_deletion(
    connection: Connection, actor: Actor, object_name: str, where: Mapping[str, Any] | None, view: str
) -> UUID:
    """Add the job that deletes every record ``where`` finds in a list view, up to a limit; return its id."""
    return _enqueue(connection, DELETE, actor, object=object_name, where=where, view=view)


def _enqueue(connection: Connection, kind: str, actor: Actor, **args: Any) -> UUID:
    plain = orjson.loads(orjson.dumps(args, default=str))
    return jobs.enqueue(connection, kind, plain, created_by=actor.user_id)


@jobs.handler(EDIT, long=True)
def run_change(running: jobs.Running) -> dict[str, Any]:
    """Change the records batch by batch; the result counts what was changed and says why others were not."""
    site, args = running.site, running.job.args
    actor = actor_of(running)

    def write(ids: Sequence[UUID]) -> str:
        change(site, actor, args["object"], ids, args["values"], running.job.id)
        return ""

    return _run(running, actor, write)


@jobs.handler(DELETE, long=True)
def run_deletion(running: jobs.Running) -> dict[str, Any]:
    """Delete the records batch by batch; the result also names the deletions, to bring them back."""
    actor, name = actor_of(running), running.job.args["object"]

    def write(ids: Sequence[UUID]) -> str:
        receipt = run_unit(running.site, actor, lambda unit: unit.delete(name, ids), source=SOURCE)
        return str(receipt.deletion_id)

    return _run(running, actor, write, MOST_DELETED)


def actor_of(running: jobs.Running) -> Actor:
    """Return whose rights a job has."""
    if running.job.created_by is None:
        raise AccessDeniedError("A bulk change belongs to a person.")
    with running.site.reading() as connection:
        return load_actor(connection, running.site.release, running.job.created_by)


def _run(running: jobs.Running, actor: Actor, write: Write, most: int | None = None) -> dict[str, Any]:
    site, args, release = running.site, running.job.args, running.site.release
    state: dict[str, Any] = dict(running.job.result or {"changed": 0, "refused": 0, "reasons": [], "cursor": None})
    while True:
        # By id: a record that no longer matches once it is changed is passed over nowhere.
        order, base = (("id", False),), _base(release, args["view"])
        query = Query(args["object"], ("id",), args["where"], base, order, BATCH, state["cursor"])
        with site.reading() as connection:
            page = fetch(connection, release, actor, query)
        _write_batch(write, [row["id"] for row in page.rows], state)
        state["cursor"] = page.next_cursor
        done = state["changed"] + state["refused"]
        with site.writing() as connection:
            running.checkpoint(connection, progress=done, state=state)
        if page.next_cursor is None or (most is not None and done >= most):
            return state


def _base(release: Release, view: str) -> Any:
    return release.catalog.get("list_view", view).where if release.catalog.has("list_view", view) else None


def _write_batch(write: Write, ids: Sequence[UUID], state: dict[str, Any]) -> None:
    """Write a batch; where it is refused, write its records one by one and count those that are not."""
    if not ids:
        return
    try:
        kept = write(ids)
    except (ValidationError, AccessDeniedError, NotFoundError) as error:
        if len(ids) > 1:
            for key in ids:
                _write_batch(write, [key], state)
            return
        state["refused"] += 1
        if error.message not in state["reasons"] and len(state["reasons"]) < MOST_REASONS:
            state["reasons"].append(error.message)
    else:
        state["changed"] += len(ids)
        if kept:
            state.setdefault("deletions", []).append(kept)
