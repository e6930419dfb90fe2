"""Keys made anew after a rule changed: a job that goes through the records in batches and resumes where it stopped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from formline.runtime import jobs
from formline.runtime.access.actor import Actor
from formline.runtime.matching import guarding
from formline.runtime.matching.patterns import patterns_of
from formline.runtime.tables import match_key
from formline.runtime.unit import Unit, run_unit

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site

KIND = "rebuild_matching"
BATCH = 200


def changed(old: Release | None, new: Release) -> list[str]:
    """Return the objects that existed and whose rules, or the fields they name, are others now."""
    if old is None:
        return []
    names = (name for name in new.catalog.names("object") if old.catalog.has("object", name))
    return [name for name in names if _keyed(old, name) != _keyed(new, name)]


def _keyed(release: Release, name: str) -> list[tuple[Any, ...]]:
    ids = release.physical[name].fields
    return [
        (each.rule.name, each.way, each.rule.within, tuple(ids[field].id for field in each.fields if field in ids))
        + ((release.catalog.source("matching_rule", each.rule.name).data.get("where"),) if each.own else ())
        for each in patterns_of(release, name)
    ]


def enqueue(connection: Connection, objects: Iterable[str]) -> None:
    """Ask for the keys of some objects to be made anew."""
    names = sorted(objects)
    if names:
        jobs.enqueue(connection, KIND, {"objects": names}, unique_key=f"{KIND}:{','.join(names)}")


@jobs.handler(KIND, long=True)
def rebuild(running: jobs.Running) -> dict[str, Any]:
    """Make the keys of the objects in ``args`` anew; return how many records were read of each."""
    state: dict[str, Any] = dict(running.job.result or {"done": {}, "after": None})
    for name in running.job.args["objects"]:
        if name in state["done"] and state["after"] is None:
            continue
        if running.site.release.catalog.has("object", name):
            _rebuild_one(running, running.site, name, state)
    return dict(state["done"])


def _rebuild_one(running: jobs.Running, site: Site, name: str, state: dict[str, Any]) -> None:
    while True:
        after = UUID(state["after"]) if state["after"] else None
        with site.reading(patient=True) as connection:
            ids = next_ids(connection, site.release, name, after, BATCH)

        def work(unit: Unit, ids: list[UUID] = ids) -> None:
            patterns = patterns_of(unit.release, name)
            records = unit.hold(name, ids)
            guarding.remove(unit, ids)
            made: list[dict[str, Any]] = []
            for key, record in records.items():
                made += guarding.rows_of(unit.release, name, key, guarding.keys_of(patterns, record))
            if made:
                unit.connection.execute(insert(match_key), made)

        run_unit(site, Actor.system(), work, source="system")
        state["done"][name] = int(state["done"].get(name, 0)) + len(ids)
        state["after"] = str(ids[-1]) if ids else None
        with site.writing() as connection:
            running.checkpoint(connection, progress=sum(state["done"].values()), state=state)
        if not ids:
            return


def next_ids(connection: Connection, release: Release, name: str, after: UUID | None, count: int) -> list[UUID]:
    """Return the next live records by id."""
    model = release.model(name)
    statement = select(model.id).where(model.deleted_at.is_(None)).order_by(model.id).limit(count)
    if after is not None:
        statement = statement.where(model.id > after)
    return list(connection.execute(statement).scalars())
