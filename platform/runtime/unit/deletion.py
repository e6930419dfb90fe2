"""Deleting softly: rows get ``deleted_at`` and the deletion's id; a journal says what went with them, what was emptied.

Nothing is locked before it is known what goes; then everything is, children before parents as everywhere, and looked at
again: a child written meanwhile makes the unit run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert

from formline.errors import FieldError, NotFoundError, ValidationError
from formline.runtime import tables
from formline.runtime.keys import uuid7
from formline.runtime.queries.binds import bind_keys
from formline.runtime.unit import formulas, hooks, loading, writing
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.journal import Entry, changes_of
from formline.runtime.unit.retry import RunAgain
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.catalog.model import Link
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

_INSERT_JOURNAL = insert(tables.deletion)
#: Field and the rows in which it is emptied, by object.
Emptied = dict[str, dict[str, set[UUID]]]


@dataclass(slots=True)
class Extent:
    """What a deletion takes: rows by object, lookups to empty, and links that forbid it (with the rows that refer)."""

    rows: dict[str, set[UUID]] = field(default_factory=dict)
    emptied: Emptied = field(default_factory=dict)
    forbidding: dict[tuple[str, str], set[UUID]] = field(default_factory=dict)


def delete(unit: Unit, plan: WritePlan, ids: Sequence[UUID]) -> UUID:
    """Delete live rows with their cascade; return the id of the deletion."""
    extent = _extent(unit, plan, ids)
    _refuse_append_only(unit, extent)
    _lock(unit, extent)
    if any(unit.ledger.find(plan.name, key) is None for key in ids):
        raise NotFoundError
    loading.require(unit, plan, ids, "delete")
    if unit.dialect == "postgresql" and len(extent.rows) + len(extent.emptied) + len(plan.object.children) > 1:
        again = _extent(unit, plan, ids)
        if again != extent:
            raise RunAgain
    _refuse_forbidden(unit, plan, extent)
    before = {key: _gone(unit, plan.name, key).old for key in ids}
    unit.extras[hooks.TOGETHER] = extent.rows
    for name in sorted(extent.rows):
        drafts = [_gone(unit, name, key) for key in sorted(extent.rows[name])]
        hooks.run(unit, unit.plan(name), "deleting", drafts)
    deletion_id = uuid7()
    entries: list[dict[str, Any]] = []
    _empty_lookups(unit, extent, deletion_id, entries)
    _mark(unit, plan, set(ids), extent, deletion_id, entries)
    unit.check_users(plan, [(key, before[key], None) for key in ids])
    unit.connection.execute(_INSERT_JOURNAL, entries)
    return deletion_id


def _extent(unit: Unit, plan: WritePlan, ids: Sequence[UUID]) -> Extent:
    """Follow the links to what is deleted, level by level: one statement per link and level, however many rows."""
    extent = Extent({plan.name: set(ids)})
    level: dict[str, set[UUID]] = {plan.name: set(ids)}
    while level:
        below: dict[str, set[UUID]] = {}
        for name in sorted(level):
            for link in unit.plan(name).object.children:
                if not link.many:
                    _follow(unit, name, link, level[name], extent, below)
        level = below
    for (name, _), referring in extent.forbidding.items():
        referring -= extent.rows.get(name, set())
    for name, emptied in extent.emptied.items():
        for rows in emptied.values():
            rows -= extent.rows.get(name, set())
    return extent


def _follow(unit: Unit, target: str, link: Link, ids: set[UUID], extent: Extent, below: dict[str, set[UUID]]) -> None:
    statement = unit.plan(link.object).statements.children(link.field, target)
    rows = unit.connection.execute(statement, bind_keys(IDS, sorted(ids), unit.dialect))
    found = {row[0] for row in rows}
    if not found:
        return
    if link.on_delete == "cascade":
        new = found - extent.rows.setdefault(link.object, set())
        extent.rows[link.object] |= new
        if new:
            below.setdefault(link.object, set()).update(new)
    elif link.on_delete == "restrict":
        extent.forbidding.setdefault((link.object, link.field), set()).update(found)
    else:
        extent.emptied.setdefault(link.object, {}).setdefault(link.field, set()).update(found)


def _refuse_append_only(unit: Unit, extent: Extent) -> None:
    for name, rows in extent.rows.items():
        described = unit.plan(name).object
        if rows and described.append_only:
            message = f"{described.plural} can only be added, not deleted."
            raise ValidationError([FieldError("", "append_only", message)])


def _lock(unit: Unit, extent: Extent) -> None:
    """Lock everything concerned, children before parents; rows that go, against new references too."""
    names = extent.rows.keys() | extent.emptied.keys()
    for name in sorted(names, key=lambda each: (unit.plan(each).rank, each)):
        plan = unit.plan(name)
        going = sorted(extent.rows.get(name, ()))
        if going:
            binds = bind_keys(IDS, going, unit.dialect)
            for values in unit.connection.execute(plan.statements.lock_to_delete, binds):
                record = plan.record(values)
                unit.ledger.hold(name, record["id"], record)
        unit.hold(name, {key for rows in extent.emptied.get(name, {}).values() for key in rows})


def _refuse_forbidden(unit: Unit, plan: WritePlan, extent: Extent) -> None:
    """Refuse a deletion that other records forbid; the message names no record, the actor may not read it."""
    errors = []
    for (name, _), referring in sorted(extent.forbidding.items()):
        if referring:
            message = f"It is still used by {unit.plan(name).object.plural}; delete or change those first."
            errors.append(FieldError("", "in_use", message))
    if errors:
        raise ValidationError(dict.fromkeys(errors))


def _gone(unit: Unit, name: str, key: UUID) -> Draft:
    row = unit.ledger.find(name, key)
    if row is None or row.now is None:  # deleted by somebody else between looking and locking
        raise RunAgain
    return Draft(0, key, {}, row.now, dict(row.now), action="deleted")


def _empty_lookups(unit: Unit, extent: Extent, deletion_id: UUID, entries: list[dict[str, Any]]) -> None:
    """Empty the lookups that pointed to what goes: a change like any other, with version and history."""
    for name in sorted(extent.emptied):
        plan = unit.plan(name)
        records: dict[UUID, dict[str, Any]] = {}
        for link, rows in sorted(extent.emptied[name].items()):
            for key in sorted(rows):
                row = unit.ledger.find(name, key)
                if row is None or row.now is None:
                    raise RunAgain
                record = records.setdefault(key, dict(row.now))
                old = {each: row.now.get(each) for each in plan.parts(link)}
                entries.append(_journal_row(unit, plan, key, "set_null", deletion_id, link, old))
                record.update(dict.fromkeys(plan.parts(link)))
        change_quietly(unit, plan, records)


def change_quietly(unit: Unit, plan: WritePlan, records: dict[UUID, dict[str, Any]]) -> None:
    """Write locked rows that nobody edits: formulas, version, history and rollups follow, rules do not object."""
    if not records:
        return
    keys: set[str] = set()
    for key, record in records.items():
        before = unit.ledger.now(plan.name, key)
        formulas.recompute(unit, plan, record, set(plan.object.fields))
        record["version"] = (record["version"] or 0) + 1
        record["updated_at"], record["updated_by"] = unit.now, unit.actor.user_id
        keys |= {name for name, value in record.items() if value != before.get(name)}
        unit.journal.add(plan.name, Entry(key, "updated", changes_of(plan, before, record)))
        unit.ledger.write(plan.name, key, before, record)
    writing.update_rows(unit, plan, records, sorted(keys))


def _mark(
    unit: Unit, plan: WritePlan, asked: set[UUID], extent: Extent, deletion_id: UUID, entries: list[dict[str, Any]]
) -> None:
    for name in sorted(extent.rows):
        each = unit.plan(name)
        ids = sorted(extent.rows[name])
        if not ids:
            continue
        binds = bind_keys(IDS, ids, unit.dialect)
        unit.connection.execute(each.statements.mark, {**binds, "v_deleted_at": unit.now, "v_deletion_id": deletion_id})
        for key in ids:
            cause = "asked" if name == plan.name and key in asked else "cascade"
            entries.append(_journal_row(unit, each, key, cause, deletion_id))
            unit.ledger.write(name, key, None, None)
            unit.journal.add(name, Entry(key, "deleted", {}))


def _journal_row(
    unit: Unit,
    plan: WritePlan,
    key: UUID,
    cause: str,
    deletion_id: UUID,
    link: str | None = None,
    old: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "deletion_id": deletion_id,
        "object_id": plan.model.object_id,
        "record_id": key,
        "cause": cause,
        "field_id": None if link is None else plan.model.field_ids[link],
        "old_value": None if old is None else {name: None if v is None else str(v) for name, v in old.items()},
        "at": unit.now,
        "actor_id": unit.actor.user_id,
    }
