"""Step 14: what happened to which record, kept in memory and written as history and events at the end of the unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Table, insert

from formline.fields.base import name_of
from formline.runtime import tables
from formline.runtime.unit.draft import Draft, Record
from formline.runtime.unit.driver import DriverStatement

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: Stamps that change with every write tell nothing.
_SILENT = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})
#: Keys of a field, the reader of its JSON value from a record, its id as text.
Told = tuple[tuple[str, ...], Callable[[Record], Any], str]


@dataclass(slots=True)
class Entry:
    """One thing that happened to one record; ``changes`` are (old, new) JSON values by field id."""

    record_id: UUID
    action: str
    changes: dict[str, list[Any]]
    note: str | None = None


@dataclass(slots=True)
class Journal:
    """Entries by object, in the order they happened."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    _last: dict[tuple[str, UUID], Entry] = field(default_factory=dict)

    def add(self, object_name: str, entry: Entry) -> None:
        """Note one entry; a second change of a record created or changed in the same unit joins the first."""
        same = self._last.get((object_name, entry.record_id))
        if same is not None and entry.action == "updated" and same.action != "deleted":
            for name, (old, new) in entry.changes.items():
                same.changes[name] = [same.changes[name][0] if name in same.changes else old, new]
        else:
            self.entries.setdefault(object_name, []).append(entry)
            self._last[object_name, entry.record_id] = entry

    def save(self, unit: Unit) -> None:
        """Write history rows and one event per object and action: two statements, however many records."""
        history: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = []
        for name, entries in self.entries.items():
            plan = unit.plan(name)
            if plan.object.history:
                history += [_history_row(unit, plan, entry) for entry in entries]
            events += _event_rows(unit, plan, entries)
        for table, rows in ((tables.history, history), (tables.outbox, events)):
            if rows:
                statement = unit.release.memo(("insert", table.name), partial(_insert, unit, table, list(rows[0])))
                statement.run(unit.connection, rows)


def _insert(unit: Unit, table: Table, names: list[str]) -> DriverStatement:
    return DriverStatement(insert(table), unit.connection.dialect, names)


def entry_of(plan: WritePlan, draft: Draft, members: Mapping[str, tuple[Any, Any]]) -> Entry:
    """Return the entry of a written row: what people or states changed, without what the platform derives from it."""
    changes = changes_of(plan, draft.old, draft.record)
    for name, (old, new) in members.items():
        changes[str(plan.model.field_ids[name])] = [list(map(str, old)), list(map(str, new))]
    note = ",".join(way.name for way in draft.moves.values()) or None
    return Entry(draft.id, draft.action, changes, note)


def changes_of(plan: WritePlan, old: Record | None, new: Record | None) -> dict[str, list[Any]]:
    """Return (old, new) JSON values of the told fields that differ, by field id as text."""
    if old is None and new is not None:
        return {
            number: [None, read(new)] for keys, read, number in plan.told if any(new[key] is not None for key in keys)
        }
    before, after = old or {}, new or {}
    changes: dict[str, list[Any]] = {}
    for keys, read, number in plan.told:
        if any(before.get(key) != after.get(key) for key in keys):
            changes[number] = [read(before) if old else None, read(after) if new else None]
    return changes


def told_fields(plan: WritePlan) -> Iterable[Told]:
    """Yield (keys, reader of the JSON value, id as text) of the fields history tells about."""
    for found in plan.object.fields.values():
        if not found.parts or found.name in _SILENT or found.type.name in ("formula", "rollup"):
            continue
        keys = tuple(name_of(part.name, found.name) for part in found.parts if part.name not in ("base", "sort"))
        yield keys, partial(found.type.read_json, found), str(plan.model.field_ids[found.name])


def _history_row(unit: Unit, plan: WritePlan, entry: Entry) -> dict[str, Any]:
    return {
        "unit_id": unit.id,
        "object_id": plan.model.object_id,
        "record_id": entry.record_id,
        "at": unit.now,
        "actor_kind": str(unit.actor.kind),
        "actor_id": unit.actor.user_id,
        "action": entry.action,
        "source": unit.source,
        "changes": entry.changes,
        "note": entry.note,
    }


def _event_rows(unit: Unit, plan: WritePlan, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return one event per action (and transition): its records, and the fields that changed in any of them."""
    groups: dict[tuple[str, str | None], list[Entry]] = {}
    for entry in entries:
        event = "created" if entry.action == "imported" else entry.action
        groups.setdefault((event, entry.note), []).append(entry)
    rows = []
    for (event, note), found in groups.items():
        payload: dict[str, Any] = {"fields": sorted({int(name) for entry in found for name in entry.changes})}
        if note:
            payload["transition"] = note
        rows.append(
            {
                "unit_id": unit.id,
                "object_id": plan.model.object_id,
                "event": event,
                "record_ids": [str(entry.record_id) for entry in found],
                "payload": payload,
                "actor_kind": str(unit.actor.kind),
                "actor_id": unit.actor.user_id,
                "source": unit.source,
                "release": unit.release.number,
                "depth": unit.depth,
                "created_at": unit.now,
            }
        )
    return rows
