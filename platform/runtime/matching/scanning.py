"""A scan for records that are the same: a job that compares all records of an object and keeps the groups it found.

The result holds ids alone; whoever looks at it sees titles by their own rights, of records as they are then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.runtime import jobs
from formline.runtime.matching.finding import find, load, probe_of
from formline.runtime.matching.rebuild import next_ids
from formline.runtime.tables import job

KIND = "scan_duplicates"
BATCH = 200
#: Groups kept; a site with more merges these first and scans again.
MOST_GROUPS = 500
MOST_IN_GROUP = 50


def enqueue(connection: Connection, name: str, user_id: UUID | None) -> UUID:
    """Ask for a scan; while one waits or runs, it is that one."""
    return jobs.enqueue(connection, KIND, {"object": name}, unique_key=f"{KIND}:{name}", created_by=user_id)


@jobs.handler(KIND, long=True)
def scan(running: jobs.Running) -> dict[str, Any]:
    """Compare all records; the result is ``{read, groups: [[id]], pairs: [[id, id]], after}``."""
    site, name = running.site, str(running.job.args["object"])
    state: dict[str, Any] = dict(running.job.result or {"read": 0, "pairs": [], "after": None})
    while True:
        release = site.release
        after = UUID(state["after"]) if state["after"] else None
        with site.reading(patient=True) as connection:
            ids = next_ids(connection, release, name, after, BATCH)
            records = load(connection, release, name, ids)
            probes = [probe for record in records.values() if (probe := probe_of(release, name, record)) is not None]
            found = find(connection, release, probes, {}) if probes else []
        for probe, hits in zip(probes, found, strict=True):
            # Each pair is found from both sides; the earlier record keeps it.
            pairs = [[str(probe.id), str(hit.id)] for hit in hits if hit.object == name and str(probe.id) < str(hit.id)]
            state["pairs"] += pairs
        state["read"] += len(ids)
        state["after"] = str(ids[-1]) if ids else None
        state["groups"] = groups_of(state["pairs"])
        with site.writing() as writing:
            running.checkpoint(writing, progress=state["read"], state=state)
        if not ids or len(state["groups"]) >= MOST_GROUPS:
            return {"read": state["read"], "groups": state["groups"], "complete": not ids}


def groups_of(pairs: Iterable[list[str]]) -> list[list[str]]:
    """Return records that are connected by pairs, the largest groups first."""
    leader: dict[str, str] = {}

    def top(key: str) -> str:
        while leader.setdefault(key, key) != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for left, right in pairs:
        leader[top(right)] = top(left)
    groups: dict[str, list[str]] = {}
    for key in sorted(leader):
        groups.setdefault(top(key), []).append(key)
    return sorted((group[:MOST_IN_GROUP] for group in groups.values()), key=lambda group: (-len(group), group))


def newest(connection: Connection, name: str) -> jobs.Job | None:
    """Return the newest scan of an object."""
    columns = job.c
    statement = select(columns.id).where(columns.kind == KIND, columns.args["object"].as_string() == name)
    found = connection.execute(statement.order_by(columns.created_at.desc()).limit(1)).scalar()
    return None if found is None else jobs.get(connection, found)
