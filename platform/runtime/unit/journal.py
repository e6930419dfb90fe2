"""Step 14: what happened to which record, kept in memory and written as history and events at the end of the unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Table, insert

from formline.fields.base import FieldType, name_of
from formline.fields.field import Field
from formline.runtime import tables
from formline.runtime.driver import DriverStatement
from formline.runtime.unit.draft import Draft, Record

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: Stamps that change with every write tell nothing.
_SILENT = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})
TRANSITION = "transition"
#: Keys of a field, the reader of its JSON value from a record, its id as text.
Told = tuple[tuple[str, ...], Callable[[Record], Any], str]
#: Key of a field of one part, what makes its JSON value (None: the value is one), its id as text.
ToldAlone = tuple[str, Callable[[Any], Any] | None, str]


@dataclass(slots=True)
class Entry:
    """One thing that happened to one record; ``changes`` are (old, new) JSON values by field id.

    ``in_state``: for a transition, state field id -> seconds the record was in the state it leaves.
    """

    record_id: UUID
    action: str
    changes: dict[str, list[Any]]
    note: str | None = None
    in_state: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Journal:
    """Entries by object, in the order they happened."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    #: Events that are no writes: (object, ids, event, payload).
    emitted: list[tuple[str, tuple[UUID, ...], str, dict[str, Any]]] = field(default_factory=list)
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

    def emit(self, object_name: str, ids: Iterable[UUID], event: str, payload: Mapping[str, Any]) -> None:
        """Note something else that happened to records, for the consumers of the outbox; history tells nothing of it.

        ``payload`` is JSON without values of records.
        """
        self.emitted.append((object_name, tuple(ids), event, dict(payload)))

    def save(self, unit: Unit) -> None:
        """Write history rows and one event per object and action: two statements, however many records."""
        history: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = []
        for name, entries in self.entries.items():
            plan = unit.plan(name)
            if plan.object.history:
                history += [_history_row(unit, plan, entry) for entry in entries]
            events += _event_rows(unit, plan, entries)
        for name, ids, event, payload in self.emitted:
            events.append(_event_row(unit, unit.plan(name), event, ids, payload))
        for table, rows in ((tables.history, history), (tables.outbox, events)):
            if rows:
                statement = unit.release.memo(("insert", table.name), partial(_insert, unit, table, list(rows[0])))
                statement.run(unit.connection, rows)


def _insert(unit: Unit, table: Table, names: list[str]) -> DriverStatement:
    # Nobody needs the numbers these rows get: without inline() PostgreSQL would return them one by one.
    return DriverStatement(insert(table).inline(), unit.connection.dialect, names)


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
        alone, others = plan.told_of_new
        found = {
            number: [None, value if read is None else read(value)]
            for key, read, number in alone
            if (value := new[key]) is not None
        }
        for keys, read, number in others:
            if any(new[key] is not None for key in keys):
                found[number] = [None, read(new)]
        return found
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
        if found.params.get("history") is False:
            continue
        keys = tuple(name_of(part.name, found.name) for part in found.parts if part.name not in ("base", "sort"))
        yield keys, partial(found.type.read_json, found), str(plan.model.field_ids[found.name])


def told_of_new(told: Iterable[Told], fields: Mapping[str, Field]) -> tuple[list[ToldAlone], list[Told]]:
    """Return the told fields whose JSON value is made of their one part alone, and the others."""
    alone: list[ToldAlone] = []
    others: list[Told] = []
    for keys, read, number in told:
        kind = type(fields[keys[0].split(".")[0]].type)
        if len(keys) > 1 or kind.read_json is not FieldType.read_json:
            others.append((keys, read, number))
        else:
            field = fields[keys[0]]
            plain = kind.to_json is FieldType.to_json
            alone.append((keys[0], None if plain else partial(field.type.to_json, field), number))
    return alone, others


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
        "in_state": entry.in_state or None,
    }


def _event_rows(unit: Unit, plan: WritePlan, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return one event per action (and transition): its records, and the fields that changed in any of them."""
    groups: dict[tuple[str, str | None], list[Entry]] = {}
    for entry in entries:
        event = "created" if entry.action == "imported" else entry.action
        groups.setdefault((event, entry.note), []).append(entry)
    rows = []
    for (event, note), found in groups.items():
        payload = _payload(event, found)
        if note:
            payload["transition"] = note
        rows.append(_event_row(unit, plan, event, [entry.record_id for entry in found], payload))
    return rows


def _payload(event: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return which fields changed: of any of the records, and of each changed one where they differ in that."""
    each = [frozenset(entry.changes) for entry in entries]
    union: frozenset[str] = frozenset().union(*each)
    payload: dict[str, Any] = {"fields": sorted(map(int, union))}
    if event != "created" and any(fields != union for fields in each):
        of: dict[str, set[int]] = {}
        for entry, fields in zip(entries, each, strict=True):
            of.setdefault(str(entry.record_id), set()).update(map(int, fields))
        payload["of"] = {key: sorted(numbers) for key, numbers in of.items()}
    return payload


def _event_row(
    unit: Unit, plan: WritePlan, event: str, ids: Iterable[UUID], payload: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "unit_id": unit.id,
        "object_id": plan.model.object_id,
        "event": event,
        "record_ids": [str(key) for key in ids],
        "payload": payload,
        "actor_kind": str(unit.actor.kind),
        "actor_id": unit.actor.user_id,
        "source": unit.source,
        "release": unit.release.number,
        "depth": unit.depth,
        "created_at": unit.now,
    }
