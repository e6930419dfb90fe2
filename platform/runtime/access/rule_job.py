"""Jobs about shares: going over all records of a sharing rule that changed, sweeping away what has ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, not_, select

from formline.runtime import jobs, periodic, tables
from formline.runtime.access.actor import Actor
from formline.runtime.access.shares import RULE
from formline.runtime.unit import run_unit, sharing
from formline.runtime.unit.unit import Unit

BATCH = 500


@jobs.handler(sharing.JOB, long=True)
def go_over(running: jobs.Running) -> dict[str, int]:
    """Make the shares of a rule right, 500 records per transaction, from where the last attempt stopped."""
    name = str(running.job.args["rule"])
    state: dict[str, Any] = dict(running.job.result or {})
    done = int(state.get("done", 0))
    after = UUID(state["after"]) if state.get("after") else None
    while True:

        def step(unit: Unit, after: UUID | None = after, done: int = done) -> tuple[UUID | None, int]:
            if not unit.release.catalog.has("sharing_rule", name):
                return None, 0  # the rule is gone, and its shares with it
            rule = unit.release.catalog.get("sharing_rule", name)
            plan = unit.plan(rule.object)
            key = plan.model.id
            chunk = select(key).where(plan.model.deleted_at.is_(None)).order_by(key).limit(BATCH)
            ids = list(unit.connection.execute(chunk.where(key > after) if after else chunk).scalars())
            if not ids:
                if rule.scripts:
                    sharing.enqueue_scripts(unit.connection, name)
                return None, 0
            sharing.sync(unit, plan, (rule,), sorted(unit.hold(rule.object, ids)))
            reached = {"after": str(ids[-1]), "done": done + len(ids)}
            running.checkpoint(unit.connection, progress=done + len(ids), state=reached)
            return ids[-1], len(ids)

        after, count = run_unit(running.site, Actor.system(), step, source="system")
        done += count
        if after is None:
            return {"done": done}


@periodic.every("ended_shares", timedelta(days=1))
def sweep(running: jobs.Running) -> dict[str, int]:
    """Delete shares that ended; they gave nothing any more. Those of rules stay, so that a rule gives them once."""
    share = tables.share
    ended = share.c.expires_at < datetime.now(UTC)
    with running.site.writing() as connection:
        found = connection.execute(delete(share).where(ended, not_(share.c.cause.startswith(RULE))))
    return {"deleted": found.rowcount}
