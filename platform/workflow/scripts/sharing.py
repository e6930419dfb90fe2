"""Sharing rules whose people a script chooses: a job runs the script for records and makes their shares right.

Nothing runs in the transaction that writes a record: it queues the job, which reads records and runs the script
outside of one, and gives the shares to those records that are still as the script saw them. Others changed since, and
have a job of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.runtime import jobs, periodic
from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.scripts.records import record_of
from formline.runtime.unit import run_unit, sharing
from formline.workflow.scripts.choosing import BATCH, run_for
from formline.workflow.scripts.noting import note
from formline.workflow.scripts.starting import AFTER_COMMIT

if TYPE_CHECKING:
    from formline.catalog.sharing import SharingRule
    from formline.runtime.release import Release
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit

_IDS = "ids"
Record = Mapping[str, Any]


@jobs.handler(sharing.SCRIPT_JOB, long=True)
def go_over(running: jobs.Running) -> dict[str, int]:
    """Make the shares right that a rule's scripts give: of some records, or of all; it goes on where it stopped."""
    site, args = running.site, running.job.args
    state: dict[str, Any] = dict(running.job.result or {})
    wanted = [UUID(one) for one in args["ids"]] if args.get("ids") else None
    done = int(state.get("done", 0))
    after = UUID(state["after"]) if state.get("after") else None
    while True:
        release = site.release
        if not release.catalog.has("sharing_rule", args["rule"]):
            return {"done": done}  # the rule is gone, and its shares with it
        rule: SharingRule = release.catalog.get("sharing_rule", args["rule"])
        with site.reading() as connection:
            records = _records(connection, release, rule, wanted, after)
            holding = _holding(connection, release, rule, list(records))
        if not records:
            return {"done": done}
        chosen = _chosen(site, release, rule, {key: records[key] for key in records if key in holding})
        after, done = max(records), done + len(records)
        reached = {"after": str(after), "done": done}

        def step(
            unit: Unit, rule: SharingRule = rule, seen: Any = records, chosen: Any = chosen, to: Any = reached
        ) -> None:
            plan = unit.plan(rule.object)
            held = unit.hold(rule.object, list(seen))
            described = plan.object
            same = [key for key, row in held.items() if record_of(described, row) == record_of(described, seen[key])]
            sharing.sync(unit, plan, (rule,), sorted(same), chosen)
            running.checkpoint(unit.connection, progress=int(to["done"]), state=to)

        run_unit(site, Actor.system(), step, source="system")


def _records(
    connection: Connection, release: Release, rule: SharingRule, wanted: Sequence[UUID] | None, after: UUID | None
) -> dict[UUID, Record]:
    """Return the next live records by id, in its order."""
    model = release.model(rule.object)
    chunk = select(*model.columns).where(model.deleted_at.is_(None)).order_by(model.id).limit(BATCH)
    binds: dict[str, Any] = {}
    if wanted is not None:
        chunk = chunk.where(in_keys(model.id, _IDS, release.dialect))
        binds = bind_keys(_IDS, wanted, release.dialect)
    if after is not None:
        chunk = chunk.where(model.id > after)
    rows = (dict(zip(model.keys, row, strict=True)) for row in connection.execute(chunk, binds))
    return {row["id"]: row for row in rows}


def _holding(connection: Connection, release: Release, rule: SharingRule, ids: Sequence[UUID]) -> set[UUID]:
    """Return the records of which the rule's condition holds: the script is asked about no others."""
    if rule.where is None or not ids:
        return set(ids)
    these = {"field": "id", "op": "in", "value": list(ids)}
    query = Query(rule.object, ("id",), where=these, base=rule.where, limit=len(ids))
    return {row["id"] for row in fetch(connection, release, Actor.system(), query).rows}


def _chosen(
    site: Site, release: Release, rule: SharingRule, records: Mapping[UUID, Record]
) -> dict[tuple[UUID, str], tuple[UUID, ...]]:
    """Return whom each script of a rule chooses for each record; nobody where it fails, which is noted."""
    found: dict[tuple[UUID, str], tuple[UUID, ...]] = {}
    described, object_id = release.catalog.object(rule.object), release.model(rule.object).object_id
    rows = [{"record": record_of(described, record)} for record in records.values()]
    for name in rule.scripts:
        if not rows or not release.catalog.has("script", name):
            continue
        choices = run_for(site, release.catalog.get("script", name), rows, {}, AFTER_COMMIT)
        found |= {(key, name): one.people for key, one in zip(records, choices, strict=True)}
        failed = [(key, one) for key, one in zip(records, choices, strict=True) if one.reason]
        if failed:
            with site.writing() as connection:
                for key, one in failed:
                    if one.run is not None:
                        note(connection, name, object_id, key, one.run, error=one.reason)
    return found


def enqueue_all(site: Site) -> int:
    """Have every rule with a script gone over; return how many there are."""
    rules: Mapping[str, SharingRule] = site.release.catalog.all("sharing_rule")
    found = sorted(name for name, rule in rules.items() if rule.scripts)
    with site.writing() as connection:
        for name in found:
            sharing.enqueue_scripts(connection, name)
    return len(found)


@periodic.every("script_shares", timedelta(days=1))
def look_again(running: jobs.Running) -> int:
    """Have every rule with a script gone over: what its script reads elsewhere, nobody else follows."""
    return enqueue_all(running.site)
