"""How long records were in the states they leave, read from history; one statement per object, none without a move."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, literal, select

from formline.expressions.context import Dialect
from formline.runtime import tables
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.standing import StandingQuery
from formline.runtime.unit.journal import TRANSITION, Entry

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: What may put a record into a state.
_ENTERING = ("created", "imported", TRANSITION)


def fill(unit: Unit) -> None:
    """Time the transitions of a unit, of all objects with history."""
    for name, entries in unit.journal.entries.items():
        plan = unit.plan(name)
        if plan.object.history:
            _fill(unit, plan, entries)


def _fill(unit: Unit, plan: WritePlan, entries: Sequence[Entry]) -> None:
    """Set ``in_state`` of the entries of transitions: state field id as text -> whole seconds in the state left.

    A record whose history does not tell when it got there has no entry. ``entries`` are of one object, in order.
    """
    fields = {str(plan.model.field_ids[name]) for name in plan.object.state_fields}
    moved = [entry for entry in entries if entry.action == TRANSITION and fields & entry.changes.keys()]
    if not moved:
        return
    ids = {entry.record_id for entry in moved}
    found = entered(unit.connection, unit.dialect, plan.model.object_id, ids, fields)
    known = {key: at for key, (at, _state) in found.items()}
    for entry in entries:
        for field in fields & entry.changes.keys() if entry.action in _ENTERING else ():
            since = known.get((entry.record_id, field))
            if since is not None and entry.action == TRANSITION:
                entry.in_state[field] = max(0, int((unit.now - since).total_seconds()))
            known[entry.record_id, field] = unit.now


def entered(
    connection: Connection, dialect: Dialect, object_id: int, ids: Collection[UUID], fields: Collection[str]
) -> dict[tuple[UUID, str], tuple[datetime, str]]:
    """Return when records of an object got into the states they are in, and which: by record and state field id."""
    given = {"of_object": object_id, **bind_keys("ids", sorted(ids), dialect)}
    return {
        (record, field): (at, changes[field][1])
        for record, at, changes in _ENTRIES.rows(connection, given)
        for field in set(fields) & (changes or {}).keys()
    }


def _entries(dialect: Dialect) -> Select[Any]:
    row = tables.history.c
    entering = row.action.in_([literal(action) for action in _ENTERING])
    mine = (row.object_id == bindparam("of_object"), in_keys(row.record_id, "ids", dialect))
    return select(row.record_id, row.at, row.changes).where(*mine, entering).order_by(row.id)


_ENTRIES = StandingQuery(_entries)
