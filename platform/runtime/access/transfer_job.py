"""The jobs that move many records to another owner: a bulk transfer, and everything of a person who left."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import select

from formline.errors import AccessDeniedError, NotFoundError, ValidationError
from formline.runtime import jobs
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.access.transfer import BATCH, REASSIGN_JOB, TRANSFER_JOB, Transfer, transfer
from formline.runtime.unit import Change, Unit, run_unit

#: What refuses one record and leaves the others alone.
_REFUSALS = (ValidationError, AccessDeniedError, NotFoundError)


@jobs.handler(TRANSFER_JOB, long=True)
def move_many(running: jobs.Running) -> dict[str, int]:
    """Transfer records in the name of who asked, with their rights as they are now; count what was refused."""
    args = running.job.args
    wanted = Transfer.from_json(args)
    ids = [UUID(text) for text in args["ids"]]
    state: dict[str, Any] = dict(running.job.result or {})
    done, counts = int(state.get("done", 0)), Counter[str](state.get("counts") or {})
    while done < len(ids):
        with running.site.reading() as connection:
            actor = load_actor(connection, running.site.release, UUID(args["by"]))
        batch = ids[done : done + BATCH]

        def work(unit: Unit, batch: list[UUID], before: Counter[str], reached: int) -> Counter[str]:
            after = before + transfer(unit, wanted, batch)
            note = {"done": reached, "counts": dict(after)}
            running.checkpoint(unit.connection, progress=reached, total=len(ids), state=note)
            return after

        def attempt(some: list[UUID], reached: int, actor: Actor = actor) -> None:
            nonlocal counts
            before = counts
            counts = run_unit(
                running.site, actor, lambda unit: work(unit, some, before, reached), source="bulk", confirm=True
            )

        try:
            attempt(batch, done + len(batch))
        except _REFUSALS:
            for number, key in enumerate(batch, 1):
                try:
                    attempt([key], done + number)
                except _REFUSALS:
                    counts["refused"] += 1
        done += len(batch)
    return {"done": done, **counts}


@jobs.handler(REASSIGN_JOB, long=True)
def reassign(running: jobs.Running) -> dict[str, int]:
    """Give everything a person owns to somebody else, object by object; what a rule refuses stays and is counted."""
    args = running.job.args
    leaver, to = UUID(args["from"]), UUID(args["to"])
    state: dict[str, Any] = dict(running.job.result or {})
    done, refused = int(state.get("done", 0)), int(state.get("refused", 0))
    for name in sorted(running.site.release.catalog.objects):
        obj = running.site.release.catalog.object(name)
        if "owner" not in obj.fields or obj.append_only or name < state.get("object", ""):
            continue
        after = UUID(state["after"]) if state.get("object") == name and state.get("after") else None
        while ids := _owned(running, name, leaver, after):
            moved = _reassign(running, name, ids, to)
            done, refused, after = done + moved, refused + len(ids) - moved, ids[-1]
            reached = {"object": name, "after": str(after), "done": done, "refused": refused}
            with running.site.writing() as connection:
                running.checkpoint(connection, progress=done, state=reached)
    return {"done": done, "refused": refused}


def _owned(running: jobs.Running, name: str, leaver: UUID, after: UUID | None) -> list[UUID]:
    model = running.site.release.model(name)
    rows = select(model.id).where(model.column("owner") == leaver, model.deleted_at.is_(None)).order_by(model.id)
    with running.site.reading() as connection:
        return list(connection.execute((rows.where(model.id > after) if after else rows).limit(BATCH)).scalars())


def _reassign(running: jobs.Running, name: str, ids: list[UUID], to: UUID) -> int:
    """Move records as the platform; return how many moved. Doing one twice changes nothing."""

    def move(some: list[UUID]) -> None:
        changes = [Change(key, {"owner": to}) for key in some]
        run_unit(running.site, Actor.system(), lambda unit: unit.update(name, changes), source="bulk", confirm=True)

    try:
        move(ids)
    except _REFUSALS:
        moved = 0
        for key in ids:
            try:
                move([key])
            except _REFUSALS:
                continue
            moved += 1
        return moved
    return len(ids)
