"""Transitions that nobody presses: at the end of a unit, where the row's state has one whose condition holds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from formline.catalog.machines import Transition
from formline.runtime.unit.draft import Draft, Record
from formline.runtime.unit.evaluation import env_of, is_local, over_rows

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def move(unit: Unit) -> bool:
    """Take the automatic transitions of the written rows, one per state field; return whether there was any."""
    moved = False
    for name in unit.ledger.objects():
        plan = unit.plan(name)
        for field in plan.automatic_fields:
            moved |= _move_field(unit, plan, field)
    return moved


def _move_field(unit: Unit, plan: WritePlan, field: str) -> bool:
    ways: dict[str, tuple[Transition, dict[UUID, Record]]] = {}
    for key, row in unit.ledger.rows(plan.name).items():
        if row.now is None or row.now is row.before:
            continue
        machine = plan.machine(field, row.now.get("record_type"))
        for way in machine.from_state(row.now.get(field) or "") if machine else ():
            if way.automatic:
                ways.setdefault(way.name, (way, {}))[1][key] = row.now
    moved: set[UUID] = set()
    for name, (way, rows) in ways.items():
        ready = [key for key in _ready(unit, plan, way, rows) if key not in moved]
        moved.update(ready)
        if ready:
            drafts = [_draft(unit, key, rows[key]) for key in sorted(ready)]
            unit.save_moves(plan, drafts, f"{field}.{name}")
    return bool(moved)


def _ready(unit: Unit, plan: WritePlan, way: Transition, rows: dict[UUID, Record]) -> list[UUID]:
    """Return the rows for which the transition's ``when`` holds."""
    if way.when is None:
        return list(rows)
    if is_local(way.when):
        return [key for key, record in rows.items() if way.when.condition(env_of(unit, record, None))]
    values = over_rows(unit, plan, [way.when], list(rows))
    return [key for key in rows if values[key][0]]


def _draft(unit: Unit, key: UUID, record: Record) -> Draft:
    at = unit.draft_of(key)
    return Draft(at.row if at else 0, key, {}, record, dict(record), at.prefix if at else "")
