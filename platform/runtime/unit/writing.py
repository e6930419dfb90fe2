"""Step 11: rows and many-to-many pairs go into the database, each kind in one statement per batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.unit.draft import Draft, Record
from formline.runtime.unit.statements import IDS, ROW

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def insert_rows(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Insert new rows whole."""
    plan.statements.insert(unit.connection, [draft.record for draft in drafts])


def update_rows(unit: Unit, plan: WritePlan, records: Mapping[UUID, Record], keys: Sequence[str]) -> None:
    """Write ``keys`` of locked rows, in id order; rows that do not change in one of them keep their value."""
    names = plan.statements.names(keys)
    values: list[dict[str, Any]] = []
    for key in sorted(records):
        record = records[key]
        values.append({ROW: key} | {f"v_{name}": record[each] for each, name in names})
    if values and keys:
        plan.statements.update(unit.connection, keys, values)


def write_members(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> dict[UUID, dict[str, tuple[Any, Any]]]:
    """Write many-to-many fields; return (old, new) of those that changed, by row id and field."""
    changes: dict[UUID, dict[str, tuple[Any, Any]]] = {}
    for name in sorted(plan.many):
        owners = [draft for draft in drafts if name in draft.members]
        if owners:
            _write_field(unit, plan, name, owners, changes)
    return changes


def _write_field(
    unit: Unit, plan: WritePlan, name: str, drafts: Sequence[Draft], changes: dict[UUID, dict[str, tuple[Any, Any]]]
) -> None:
    table = plan.model.join_tables[name]
    near, far = table.c[0], table.c[1]
    stored: dict[UUID, set[UUID]] = {draft.id: set() for draft in drafts}
    existing = [draft.id for draft in drafts if not draft.is_new]
    if existing:
        statement = select(near, far).where(in_keys(near, IDS, unit.dialect))
        for source, target in unit.connection.execute(statement, bind_keys(IDS, existing, unit.dialect)):
            stored[source].add(target)
    added = [{near.name: d.id, far.name: each} for d in drafts for each in sorted(set(d.members[name]) - stored[d.id])]
    gone = [d.id for d in drafts if stored[d.id] - set(d.members[name])]
    if gone:  # rewritten whole: one statement, however many pairs go
        every = delete(table).where(in_keys(near, IDS, unit.dialect))
        unit.connection.execute(every, bind_keys(IDS, gone, unit.dialect))
        rewritten = set(gone)
        added = [pair for pair in added if pair[near.name] not in rewritten]
        for draft in drafts:
            if draft.id in rewritten:
                added += [{near.name: draft.id, far.name: each} for each in sorted(set(draft.members[name]))]
    if added:
        unit.connection.execute(insert(table), added)
    for draft in drafts:
        if stored[draft.id] != set(draft.members[name]):
            changes.setdefault(draft.id, {})[name] = (tuple(sorted(stored[draft.id])), tuple(draft.members[name]))
