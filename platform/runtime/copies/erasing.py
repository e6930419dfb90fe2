"""Erasing a record: its values, its parts' values and every copy of them go; that it was there, and when, stays.

The row itself remains, empty, so that what points to it still does: a deal keeps its place in last year's figures.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import column, select, update
from sqlalchemy import table as sql_table

from formline.errors import AccessDeniedError, ConflictError, NotFoundError
from formline.expressions.storage_types import Key, Words
from formline.runtime import tables
from formline.runtime.access.rights import rights
from formline.runtime.audit import events
from formline.runtime.copies.registry import Erasing, stores
from formline.runtime.files.storage import forget
from formline.runtime.unit import Unit, run_unit

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site
    from formline.runtime.unit.plan import WritePlan

RIGHT = "manage_data"
_KEPT_TYPES = frozenset({"boolean", "state"})


def erase(site: Site, actor: Actor, object_name: str, key: UUID) -> dict[str, int]:
    """Erase a record with its parts; return how many rows each store emptied, ``records`` among them.

    Raises:
        NotFoundError: there is no such record. AccessDeniedError: the actor lacks the right to manage data.
        ConflictError: an approval is running, or the person can still sign in.
    """
    if not actor.is_system and not rights(site.release, actor).may(RIGHT):
        raise AccessDeniedError("Erasing needs the right to manage data.")
    if not site.release.catalog.has("object", object_name):
        raise NotFoundError
    blobs: list[str] = []

    def work(unit: Unit) -> dict[str, int]:
        with unit.as_platform():
            blobs.clear()
            records = _with_parts(unit, object_name, key)
            _refuse_active(unit, records.get("user", ()))
            counts = {"records": sum(_empty(unit, name, keys) for name, keys in records.items())}
            erasing = Erasing(unit.connection, unit.release, records, unit.actor.user_id, unit.now)
            counts |= {store.name: store.erase(erasing) for store in stores()}
            blobs.extend(erasing.blobs)
            detail = {"object": object_name, "record": str(key), "counts": counts}
            events.note(unit.connection, unit.actor.user_id, "erased", detail, unit.now)
        return counts

    counts = run_unit(site, actor, work, source="system")
    forget(site, blobs)
    return counts


def _with_parts(unit: Unit, object_name: str, key: UUID) -> dict[str, list[UUID]]:
    """Return the record, what was merged into it and, down all levels, the parts of these; deleted ones, too."""
    catalog = unit.release.catalog
    table = unit.release.model(object_name).table
    if unit.connection.execute(select(table.c.id).where(table.c.id == key)).first() is None:
        raise NotFoundError
    merged = tables.merged
    into = select(merged.c.record_id).where(merged.c.survivor_id == key)
    found: dict[str, list[UUID]] = {object_name: [key, *unit.connection.execute(into).scalars()]}
    waiting: list[tuple[str, Collection[UUID]]] = [(object_name, found[object_name])]
    while waiting:
        parent, keys = waiting.pop()
        for name in catalog.names("object"):
            for field in catalog.object(name).declared:
                if field.type.name != "parent" or parent not in field.to or name in found:
                    continue
                model = unit.release.model(name)
                children = select(model.table.c.id).where(model.column(field.name).in_(list(keys)))
                ids = list(unit.connection.execute(children).scalars())
                if ids:
                    found[name] = ids
                    waiting.append((name, ids))
    return found


def _refuse_active(unit: Unit, people: Collection[UUID]) -> None:
    account = tables.account
    statement = select(account.c.user_id).where(account.c.user_id.in_(list(people)), account.c.active)
    if people and unit.connection.execute(statement).first() is not None:
        raise ConflictError("This person can still sign in: end that first.", code="active_person")


def _empty(unit: Unit, name: str, keys: Collection[UUID]) -> int:
    """Empty rows, live and deleted, and what is in quarantine of them; rollups and the index follow at the end."""
    plan = unit.plan(name)
    emptied = _emptied(plan)
    held = unit.hold(name, keys)
    table = plan.model.table
    for key in sorted(keys):
        values = {column: value for column, value in emptied.items() if column != plan.object.title}
        if plan.object.title in emptied:
            values[plan.object.title] = f"∅ {str(key)[-12:]}"
        physical = {plan.model.by_key[each]: value for each, value in values.items()}
        unit.connection.execute(update(table).where(table.c.id == key).values(physical))
        if key in held:
            unit.ledger.write(name, key, held[key], {**held[key], **values})
    asleep = _quarantined(unit, plan)
    if asleep:
        sleeping = sql_table(table.name, column("id", Key()), *map(column, asleep))
        nothing = update(sleeping).values(dict.fromkeys(asleep))
        unit.connection.execute(nothing.where(sleeping.c.id.in_(list(keys))))
    return len(keys)


def _emptied(plan: WritePlan) -> dict[str, Any]:
    """Return what the stored keys become: empty, but for links between records and for what counts a state."""
    values: dict[str, Any] = {}
    for field in plan.object.declared:
        if field.type.reference or field.type.name in _KEPT_TYPES:
            continue
        values.update(dict.fromkeys(plan.parts(field.name)))
    title = plan.object.title
    if title in values and not isinstance(plan.model.by_key[title].type, Words):
        values.pop(title)
    return values


def _quarantined(unit: Unit, plan: WritePlan) -> list[str]:
    known = tables.column.c
    statement = select(known.column_name).where(
        known.table_name == plan.model.table.name,
        known.column_name != "",
        known.quarantined_at.is_not(None),
        known.purged_at.is_(None),
    )
    return list(unit.connection.execute(statement).scalars())
