"""Checklists of states: what is done is kept per record, and a transition waits for what is required."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, and_, delete, insert, select

from formline.catalog.machines import ChecklistItem, State, Transition
from formline.errors import NotFoundError
from formline.expressions.context import Dialect
from formline.expressions.expression import Expression
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.tables import checklist_tick
from formline.runtime.unit import loading
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import env_of, is_local, over_drafts
from formline.runtime.unit.journal import Entry

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

_c = checklist_tick.c
_IDS = "ticked_records"
#: What history calls it when an item is done, and when it is open again.
TICKED, OPENED = "item_done", "item_open"
#: (machine, state, item) -> the row: who ticked it (``user_id``) and when (``at``).
Ticks = Mapping[tuple[str, str, str], Mapping[str, Any]]


def ticks(connection: Connection, object_id: int, ids: Collection[UUID], dialect: Dialect) -> dict[UUID, Ticks]:
    """Return what is done of the checklists of records; one statement."""
    found: dict[UUID, dict[tuple[str, str, str], Mapping[str, Any]]] = {key: {} for key in ids}
    if not found:
        return {}
    statement = select(checklist_tick).where(_c.object_id == object_id, in_keys(_c.record_id, _IDS, dialect))
    for row in connection.execute(statement, bind_keys(_IDS, sorted(found), dialect)).mappings():
        found[row["record_id"]][row["machine"], row["state"], row["item"]] = dict(row)
    return dict(found)


def tick(unit: Unit, object_name: str, record_id: UUID, field: str, item: str, *, done: bool) -> bool:
    """Say that an item of the state a record is in is done, or open again; return whether that is new.

    Raises:
        NotFoundError: no such record, field or item in its state. AccessDeniedError: no right to update the record.
    """
    plan = unit.plan(object_name)
    record = unit.hold(object_name, [record_id]).get(record_id)
    if record is None or field not in plan.object.state_fields:
        raise NotFoundError
    loading.require(unit, plan, [record_id], "update")
    machine = plan.machine(field, record.get("record_type"))
    state = machine.states.get(record.get(field) or "") if machine else None
    if machine is None or state is None or item not in [one.name for one in state.checklist]:
        raise NotFoundError
    place = {"machine": machine.name, "state": state.name, "item": item}
    object_id = plan.model.object_id
    known = ticks(unit.connection, object_id, [record_id], unit.dialect)[record_id]
    if ((machine.name, state.name, item) in known) == done:
        return False
    where = {"object_id": object_id, "record_id": record_id, **place}
    if done:
        unit.connection.execute(insert(checklist_tick).values(**where, user_id=unit.actor.user_id, at=unit.now))
    else:
        unit.connection.execute(delete(checklist_tick).where(and_(*(_c[name] == one for name, one in where.items()))))
    note = f"{machine.name}.{state.name}.{item}"
    unit.journal.add(object_name, Entry(record_id, TICKED if done else OPENED, {}, note))
    return True


def check(unit: Unit, plan: WritePlan, way: Transition, drafts: Sequence[Draft]) -> None:
    """Refuse a transition while required items of the state it leaves are open; ``drafts`` have not left it yet."""
    leaving: dict[tuple[str, str], tuple[State, list[Draft]]] = {}
    for draft in drafts if way.checklist else ():
        field = next(name for name, one in draft.moves.items() if one is way)
        machine = plan.machine(field, draft.record.get("record_type"))
        state = machine.states.get(draft.record.get(field) or "") if machine else None
        if machine is not None and state is not None and any(one.required for one in state.checklist):
            leaving.setdefault((machine.name, state.name), (state, []))[1].append(draft)
    if not leaving:
        return
    ids = [draft.id for _, waiting in leaving.values() for draft in waiting]
    known = ticks(unit.connection, plan.model.object_id, ids, unit.dialect)
    for place, (state, waiting) in leaving.items():
        for draft, required in zip(waiting, _required(unit, plan, state, waiting), strict=True):
            missing = [one.label for one in required if (*place, one.name) not in known[draft.id]]
            if missing:
                message = f"{way.label} waits for the checklist: {', '.join(missing)}."
                unit.findings.add(draft, "", "checklist_open", message)


def _required(unit: Unit, plan: WritePlan, state: State, drafts: Sequence[Draft]) -> list[list[ChecklistItem]]:
    """Return the items that each row needs; what asks other records is one statement for all."""
    asked = [one.required for one in state.checklist if isinstance(one.required, Expression)]
    far = [one for one in asked if not is_local(one)]
    answers = over_drafts(unit, plan, far, drafts) if far else [()] * len(drafts)
    found = []
    for draft, values in zip(drafts, answers, strict=True):
        said = dict(zip(map(id, far), values, strict=True))
        env = env_of(unit, draft.record, draft.old)
        needed = []
        for item in state.checklist:
            test = item.required
            holds = test if isinstance(test, bool) else said[id(test)] if id(test) in said else test.condition(env)
            needed += [item] if holds else []
        found.append(needed)
    return found
