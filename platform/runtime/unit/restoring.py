"""Bringing back exactly what a deletion took: its rows, and the lookups it emptied where they are still empty."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, select, update

from formline.errors import NotFoundError
from formline.runtime import tables
from formline.runtime.queries.binds import bind_keys
from formline.runtime.unit import hooks, loading, uniqueness
from formline.runtime.unit.deletion import change_quietly
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.journal import Entry
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

_columns = tables.deletion.c


def restore(unit: Unit, deletion_id: UUID) -> list[UUID]:
    """Restore a deletion; return the ids of the records it was asked for.

    Raises:
        NotFoundError: no such deletion, or restored already. AccessDeniedError: no right to delete these records.
        ValidationError: a record they belong to is deleted, or another one took a unique value meanwhile.
    """
    rows = _journal(unit, deletion_id)
    taken: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        if row.cause != "set_null":
            taken[_name(unit, row.object_id)].append(row.record_id)
    drafts: dict[str, list[Draft]] = {}
    for name in sorted(taken, key=lambda each: (unit.plan(each).rank, each)):
        drafts[name] = _bring_back(unit, unit.plan(name), sorted(taken[name]))
    asked = [row for row in rows if row.cause == "asked"]
    for name in {_name(unit, row.object_id) for row in asked}:
        ids = [row.record_id for row in asked if _name(unit, row.object_id) == name]
        loading.require(unit, unit.plan(name), ids, "delete")
    unit.extras[hooks.TOGETHER] = {name: {draft.id for draft in found} for name, found in drafts.items()}
    for name in drafts:
        hooks.run(unit, unit.plan(name), "restoring", drafts[name])
        _require_targets(unit, unit.plan(name), drafts[name])
    _fill_lookups(unit, [row for row in rows if row.cause == "set_null"])
    unit.connection.execute(
        update(tables.deletion).where(_columns.deletion_id == deletion_id).values(restored_at=unit.now)
    )
    return [row.record_id for row in asked]


def _journal(unit: Unit, deletion_id: UUID) -> list[Row[Any]]:
    """Return the journal of a deletion, locked: two people restoring at once restore once."""
    statement = select(tables.deletion).where(_columns.deletion_id == deletion_id, _columns.restored_at.is_(None))
    rows = list(unit.connection.execute(statement.order_by(_columns.object_id, _columns.record_id).with_for_update()))
    if not rows:
        raise NotFoundError
    return rows


def _name(unit: Unit, object_id: int) -> str:
    name = unit.release.object_named(object_id)
    if name is None:  # the object left the catalog
        raise NotFoundError
    return name


def _bring_back(unit: Unit, plan: WritePlan, ids: list[UUID]) -> list[Draft]:
    """Lock deleted rows and make them live again; return them as drafts."""
    binds = bind_keys(IDS, ids, unit.dialect)
    records = [plan.record(row) for row in unit.connection.execute(plan.statements.lock_deleted, binds)]
    drafts = [Draft(0, record["id"], {}, None, record, action="restored") for record in records]
    uniqueness.check_before(unit, plan, drafts)
    if not unit.findings.has_errors():
        unit.connection.execute(plan.statements.mark, {**binds, "v_deleted_at": None, "v_deletion_id": None})
    for draft in drafts:
        unit.ledger.restore(plan.name, draft.id, draft.record)
        unit.journal.add(plan.name, Entry(draft.id, "restored", {}))
    return drafts


def _require_targets(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Refuse to bring back rows whose lookups point to records that are deleted."""
    by_object: dict[str, set[UUID]] = defaultdict(set)
    for field in plan.lookups:
        for draft in drafts:
            if draft.record.get(field.name) is not None:
                by_object[draft.record.get(f"{field.name}.object") or field.to[0]].add(draft.record[field.name])
    alive: dict[str, set[UUID]] = {}
    for name in sorted(by_object):
        held = {key for key in by_object[name] if unit.is_held(name, key)}
        binds = bind_keys(IDS, sorted(by_object[name] - held), unit.dialect)
        alive[name] = held | {key for (key,) in unit.plan(name).statements.share.rows(unit.connection, binds)}
    for field in plan.lookups:
        for draft in drafts:
            value = draft.record.get(field.name)
            if value is not None and value not in alive[draft.record.get(f"{field.name}.object") or field.to[0]]:
                message = f"{field.label} is deleted; restore that first."
                unit.findings.add(draft, field.name, "target_deleted", message)


def _fill_lookups(unit: Unit, rows: list[Row[Any]]) -> None:
    """Put back emptied lookups of live rows, where nobody filled them meanwhile."""
    by_object: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_object[_name(unit, row.object_id)].append(row)
    for name in sorted(by_object):
        plan = unit.plan(name)
        held = unit.hold(name, [row.record_id for row in by_object[name]])
        changed: dict[UUID, dict[str, Any]] = {}
        for row in by_object[name]:
            link = plan.model.field_names.get(row.field_id)
            record = held.get(row.record_id)
            if link is not None and record is not None and record.get(link) is None:
                old = {key: _typed(key, link, text) for key, text in row.old_value.items()}
                changed.setdefault(row.record_id, dict(record)).update(old)
        for key in changed:
            unit.ledger.count_again(name, key)
        change_quietly(unit, plan, changed)


def _typed(key: str, link: str, text: str | None) -> Any:
    return UUID(text) if text is not None and key == link else text
