"""Making the index anew: a job that goes through the records in batches and can be resumed where it stopped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select

from formline.runtime import jobs
from formline.runtime.access.actor import Actor
from formline.runtime.search import index
from formline.runtime.tables import search_document
from formline.runtime.unit import Unit, run_unit
from formline.runtime.unit.plan import plan_of

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site

KIND = "rebuild_search"
#: Records of one transaction: others wait no longer than a moment.
BATCH = 200


def enqueue(connection: Connection, objects: Iterable[str], *, created_by: UUID | None = None) -> None:
    """Ask for the index of some objects to be made anew."""
    names = sorted(objects)
    if names:
        args = {"name": "search", "objects": names}
        jobs.enqueue(connection, KIND, args, unique_key=f"{KIND}:{','.join(names)}", created_by=created_by)


def changed(old: Release | None, new: Release, objects: Iterable[str]) -> list[str]:
    """Return those of the changed ``objects`` of which other fields are searched; new objects have no records yet."""
    if old is None:
        return []
    found = []
    for name in objects:
        before = old.physical.by_id.get(new.physical[name].id)
        if before is not None and _searched(old, before) != _searched(new, name):
            found.append(name)
    return found


def _searched(release: Release, name: str) -> tuple[frozenset[int], int | None]:
    """Return the ids of the searched fields and of the title, whose pinyin is searched."""
    described, fields = release.catalog.object(name), release.physical[name].fields
    title = fields.get(described.title)
    return frozenset(fields[each].id for each in described.search if each in fields), title.id if title else None


@jobs.handler(KIND, long=True)
def rebuild(running: jobs.Running) -> dict[str, int]:
    """Make the index of the objects in ``args`` anew; return how many records were read of each."""
    site = running.site
    state: dict[str, Any] = dict(running.job.result or {"done": {}, "after": None})
    for name in running.job.args["objects"]:
        if name in state["done"] and state["after"] is None:
            continue
        if not site.release.catalog.has("object", name):
            continue
        _rebuild_one(running, site, name, state)
    return dict(state["done"])


def _rebuild_one(running: jobs.Running, site: Site, name: str, state: dict[str, Any]) -> None:
    after = UUID(state["after"]) if state["after"] else None
    done = int(state["done"].get(name, 0))
    while True:
        with site.reading(patient=True) as connection:
            keys = _next(connection, site, name, after)

        def work(unit: Unit, keys: list[UUID] = keys, last: int = done + len(keys)) -> None:
            plan = unit.plan(name)
            records = unit.hold(name, keys)
            what = index.indexed(unit.release, plan)
            index.remove(unit.connection, unit.release, keys)
            made = [doc for key, record in records.items() for doc in what.documents(key, record)]
            index.add(unit.connection, unit.release, made)
            state["done"][name] = last
            state["after"] = str(keys[-1]) if keys else None
            running.checkpoint(unit.connection, progress=sum(state["done"].values()), state=state)

        run_unit(site, Actor.system(), work, source="system")
        if not keys:
            return
        after, done = keys[-1], done + len(keys)


def _next(connection: Connection, site: Site, name: str, after: UUID | None) -> list[UUID]:
    table = plan_of(site.release, name, site.release.dialect).model.table
    statement = select(table.c.id).where(table.c.deleted_at.is_(None)).order_by(table.c.id).limit(BATCH)
    if after is not None:
        statement = statement.where(table.c.id > after)
    return list(connection.execute(statement).scalars())


def sizes(connection: Connection) -> dict[int, int]:
    """Return how many documents there are of each object, by its id."""
    counted = select(search_document.c.object_id, func.count()).group_by(search_document.c.object_id)
    return {row[0]: row[1] for row in connection.execute(counted)}


def forget(connection: Connection, object_id: int) -> None:
    """Remove all documents of an object that is gone."""
    connection.execute(delete(search_document).where(search_document.c.object_id == object_id))
