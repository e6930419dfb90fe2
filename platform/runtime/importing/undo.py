"""Taking an import back by what the history says of its units: a job whose result says what became of each record.

Records the import made go, unless somebody changed them since or other records name them by now. Records it changed get
their old values back, field by field, but for fields that somebody changed since. The rights are those of who undoes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from formline.errors import AccessDeniedError, ConflictError, NotFoundError, ValidationError
from formline.runtime import jobs
from formline.runtime.access import Actor
from formline.runtime.importing import imports
from formline.runtime.importing.job import actor_of
from formline.runtime.queries.binds import bind_keys
from formline.runtime.tables import history, import_unit
from formline.runtime.unit import Change, Unit, run_unit
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site

KIND = "import_undo"
BATCH = 100
#: Records that were left as they are, named in the result at most.
KEPT = 1_000
_REFUSALS = (ValidationError, AccessDeniedError, NotFoundError, ConflictError)
#: What became of a record.
UNDONE, CHANGED, USED, REFUSED, GONE = "undone", "changed_since", "used_elsewhere", "refused", "gone"


@dataclass(slots=True)
class Deed:
    """What an import did to one record: made it, or changed ``old`` to ``new`` by field id; ``since``: fields later."""

    object: str
    record_id: UUID
    made: bool = False
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)
    since: set[str] = field(default_factory=set)
    touched: bool = False


def enqueue(connection: Connection, of: imports.Import, created_by: UUID) -> UUID:
    """Add the job that undoes an import."""
    job = jobs.enqueue(
        connection, KIND, {"import": str(of.id), "name": of.name}, created_by=created_by, unique_key=f"undo:{of.id}"
    )
    imports.change(connection, of.id, undo_job=job)
    return job


@jobs.handler(KIND, announce=True, long=True)
def undo_import(running: jobs.Running) -> dict[str, Any]:
    """Undo an import, last record first; interrupted, it goes on with the record after the last one dealt with."""
    site = running.site
    with site.reading() as connection:
        of = imports.get(connection, UUID(running.job.args["import"]))
        actor = actor_of(site, connection, running.job)
        names = _records(connection, site.release, of.id)
    state: dict[str, Any] = dict(running.job.result or {"done": 0, "counts": {}, "left": []})
    while state["done"] < len(names):
        batch = names[state["done"] : state["done"] + BATCH]
        with site.reading() as connection:
            deeds = _deeds(connection, of.id, batch)
        for object_name, some in _by_object(deeds):
            state = _undo(running, actor, object_name, some, state, len(names))
    return state


def _records(connection: Connection, release: Release, import_id: UUID) -> list[tuple[str, UUID]]:
    """Return what the import wrote, newest first: children before the parents they name."""
    units = select(import_unit.c.unit_id).where(import_unit.c.import_id == import_id)
    statement = (
        select(history.c.object_id, history.c.record_id)
        .where(history.c.unit_id.in_(units), history.c.action.in_(("imported", "updated")))
        .group_by(history.c.object_id, history.c.record_id)
        .order_by(func.min(history.c.id).desc())
    )
    found = ((release.object_named(row.object_id), row.record_id) for row in connection.execute(statement))
    return [(name, key) for name, key in found if name is not None]


def _deeds(connection: Connection, import_id: UUID, batch: Sequence[tuple[str, UUID]]) -> list[Deed]:
    """Return what happened to the records, in the import and since, by one query."""
    units = select(import_unit.c.unit_id).where(import_unit.c.import_id == import_id)
    ours = history.c.unit_id.in_(units).label("ours")
    statement = (
        select(history.c.record_id, history.c.action, history.c.changes, ours)
        .where(history.c.record_id.in_([key for _name, key in batch]))
        .order_by(history.c.id)
    )
    found = {key: Deed(name, key) for name, key in batch}
    begun: set[UUID] = set()
    for row in connection.execute(statement):
        deed, changes = found[row.record_id], row.changes or {}
        if row.ours:
            begun.add(row.record_id)
            deed.made |= row.action == "imported"
            for number, (old, new) in changes.items():
                deed.old.setdefault(number, old)
                deed.new[number] = new
        elif row.record_id in begun:
            deed.touched = True
            deed.since |= changes.keys()
    return [found[key] for _name, key in batch]


def _by_object(deeds: Iterable[Deed]) -> Iterable[tuple[str, list[Deed]]]:
    """Yield runs of records of one object and one kind of deed, in order."""
    run: list[Deed] = []
    for deed in deeds:
        if run and (run[0].object, run[0].made) != (deed.object, deed.made):
            yield run[0].object, run
            run = []
        run.append(deed)
    if run:
        yield run[0].object, run


def _undo(
    running: jobs.Running, actor: Actor, object_name: str, deeds: list[Deed], state: dict[str, Any], total: int
) -> dict[str, Any]:
    """Undo some records in one unit; where that is refused, in one each. Return the state they committed with."""
    outcome: dict[UUID, str] = {}

    def work(unit: Unit) -> dict[str, Any]:
        outcome.clear()
        _write(unit, object_name, deeds, outcome)
        after = _counted(state, deeds, outcome)
        running.checkpoint(unit.connection, progress=after["done"], total=total, state=after)
        return after

    try:
        return run_unit(running.site, actor, work, source="import", confirm=True)
    except _REFUSALS:
        if len(deeds) > 1:
            for deed in deeds:
                state = _undo(running, actor, object_name, [deed], state, total)
            return state
    return _refuse(running.site, running, deeds[0], state, total)


def _refuse(site: Site, running: jobs.Running, deed: Deed, state: dict[str, Any], total: int) -> dict[str, Any]:
    after = _counted(state, [deed], {deed.record_id: REFUSED})
    with site.writing() as connection:
        running.checkpoint(connection, progress=after["done"], total=total, state=after)
    return after


def _counted(state: Mapping[str, Any], deeds: Sequence[Deed], outcome: Mapping[UUID, str]) -> dict[str, Any]:
    counts, left = dict(state["counts"]), list(state["left"])
    for deed in deeds:
        word = outcome.get(deed.record_id, UNDONE)
        counts[word] = counts.get(word, 0) + 1
        if word not in (UNDONE, GONE) and len(left) < KEPT:
            left.append([deed.object, str(deed.record_id), word])
    return {"done": state["done"] + len(deeds), "counts": counts, "left": left}


def _write(unit: Unit, object_name: str, deeds: Sequence[Deed], outcome: dict[UUID, str]) -> None:
    held = unit.hold(object_name, [deed.record_id for deed in deeds])
    outcome.update({deed.record_id: GONE for deed in deeds if deed.record_id not in held})
    live = [deed for deed in deeds if deed.record_id in held]
    if deeds[0].made:
        outcome.update({deed.record_id: CHANGED for deed in live if deed.touched})
        free = [deed.record_id for deed in live if not deed.touched]
        used = _used(unit, object_name, free)
        outcome.update(dict.fromkeys(used, USED))
        if going := [key for key in free if key not in used]:
            unit.delete(object_name, going)
        return
    changes = []
    for deed in live:
        values, kept = _old_values(unit, object_name, deed)
        if values:
            changes.append(Change(deed.record_id, values))
        if kept:
            outcome[deed.record_id] = CHANGED
    if changes:
        unit.update(object_name, changes)


def _used(unit: Unit, object_name: str, ids: Sequence[UUID]) -> set[UUID]:
    """Return those that live records name; one statement per link, and one per record only where there are some."""
    if not ids or not _referring(unit, object_name, ids):
        return set()
    return set(ids) if len(ids) == 1 else {key for key in ids if _referring(unit, object_name, [key])}


def _referring(unit: Unit, object_name: str, ids: Sequence[UUID]) -> bool:
    for link in unit.plan(object_name).object.children:
        if link.many:
            continue
        statement = unit.plan(link.object).statements.children(link.field, object_name)
        if unit.connection.execute(statement, bind_keys(IDS, sorted(ids), unit.dialect)).first() is not None:
            return True
    return False


def _old_values(unit: Unit, object_name: str, deed: Deed) -> tuple[dict[str, Any], bool]:
    """Return the values to write back, and whether some field keeps what somebody wrote since."""
    plan = unit.plan(object_name)
    names = unit.release.model(object_name).field_names
    values: dict[str, Any] = {}
    kept = False
    for number, old in deed.old.items():
        found = plan.object.fields.get(names.get(int(number), ""))
        if found is None or not found.writable or found.type.sealed:
            continue
        if number in deed.since:
            kept = True
        elif old != deed.new[number]:
            values[found.name] = old
    return values, kept
