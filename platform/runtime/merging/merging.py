"""Merging: one record survives with values chosen per field; what referred to the others refers to it, and they go.

Nothing is lost: an empty field takes the first value that a record which goes has, also where the person may not see
it, unless the survivor's state locks the field. What a person chooses they must be able to read there and to write
here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from formline.errors import FieldError, NotFoundError, ValidationError
from formline.fields.field import Field
from formline.fields.files import FileBase
from formline.runtime import tables
from formline.runtime.access.permitted import record_rights
from formline.runtime.keys import uuid7
from formline.runtime.merging.journal import Changed, Journal
from formline.runtime.merging.pairs import move_pairs
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.unit import conditions, deletion, loading, rollups, rules, trees, uniqueness
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.retry import RunAgain
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.draft import Record
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

MOST = 50
#: Objects whose records sign in or make rights: they are deactivated, not merged.
UNMERGEABLE = frozenset({"user", "department", "company", "group"})
#: object -> lookup -> rows that refer to records which go, with the record each refers to.
Referring = dict[str, dict[str, dict[UUID, UUID]]]


@dataclass(frozen=True)
class Merge:
    """``chosen``: field -> the record whose value survives; the survivor's own where a field is not named."""

    object: str
    survivor: UUID
    losers: tuple[UUID, ...]
    chosen: Mapping[str, UUID]

    @cached_property
    def ids(self) -> list[UUID]:
        """All records, the survivor first."""
        return [self.survivor, *self.losers]


def merge(unit: Unit, wanted: Merge) -> UUID:
    """Merge 2 to 50 records; return the id under which ``undo`` takes it back.

    Raises:
        NotFoundError, AccessDeniedError: no right to update one, or to delete one that goes.
        ValidationError: a value that may not be taken, a rule that the survivor breaks, a value that must be unique.
    """
    plan = unit.plan(wanted.object)
    _check_size(plan, wanted)
    referring = _referring(unit, plan, wanted)
    _lock(unit, plan, wanted, referring)
    if unit.dialect == "postgresql" and _referring(unit, plan, wanted) != referring:
        raise RunAgain
    records = {key: unit.ledger.now(plan.name, key) for key in wanted.ids}
    _check_rights(unit, plan, wanted)
    new, taken = _survivor(plan, wanted, records)
    journal = Journal()
    _repoint(unit, wanted, referring, journal)
    move_pairs(unit, plan, wanted, journal)
    with unit.as_platform():
        deletion_id = deletion.delete(unit, plan, list(wanted.losers))
    _write_survivor(unit, plan, wanted, new, journal)
    _move_files(unit, plan, wanted, taken, journal)
    merge_id = _note(unit, plan, wanted, deletion_id, journal)
    unit.findings.raise_errors(confirmed=True)
    return merge_id


def _check_size(plan: WritePlan, wanted: Merge) -> None:
    problem = ""
    if not 1 < len(set(wanted.ids)) == len(wanted.ids) <= MOST:
        problem = f"Merge 2 to {MOST} different records."
    elif plan.name in UNMERGEABLE or plan.object.append_only:
        problem = f"{plan.object.plural} cannot be merged."
    if problem:
        raise ValidationError([FieldError("", "merge", problem)])


def _referring(unit: Unit, plan: WritePlan, wanted: Merge) -> Referring:
    """Return what refers to the records that go: one statement per lookup."""
    found: Referring = defaultdict(dict)
    binds = bind_keys(IDS, sorted(wanted.losers), unit.dialect)
    for link in plan.object.children:
        if not link.many:
            statement = unit.plan(link.object).statements.children(link.field, plan.name)
            rows = {row[0]: row[1] for row in unit.connection.execute(statement, binds)}
            if rows:
                found[link.object][link.field] = rows
    return found


def _lock(unit: Unit, plan: WritePlan, wanted: Merge, referring: Referring) -> None:
    """Lock everything concerned, children before parents as everywhere."""
    names = {*referring, plan.name}
    for name in sorted(names, key=lambda each: (unit.plan(each).rank, each)):
        ids = {key for rows in referring.get(name, {}).values() for key in rows}
        unit.hold(name, ids | set(wanted.ids) if name == plan.name else ids)
    if any(not unit.is_held(plan.name, key) for key in wanted.ids):
        raise NotFoundError


def _check_rights(unit: Unit, plan: WritePlan, wanted: Merge) -> None:
    loading.require(unit, plan, wanted.ids, "update")
    loading.require(unit, plan, wanted.losers, "delete")
    unknown = [name for name in wanted.chosen if name not in choosable(plan)]
    if unit.trusted:
        refused = unknown
    else:
        rights = record_rights(unit.connection, unit.release, unit.actor, plan.name, wanted.ids)
        refused = unknown + [
            name
            for name, source in wanted.chosen.items()
            if name not in unknown
            and source != wanted.survivor
            and not (
                source in rights
                and rights[source].field(name) in ("read", "edit")
                and rights[wanted.survivor].field(name) == "edit"
            )
        ]
    refused += [name for name, source in wanted.chosen.items() if source not in wanted.ids]
    if refused:
        raise ValidationError([FieldError(name, "merge_field", "This value cannot be taken.") for name in refused])
    taken = [name for name, source in wanted.chosen.items() if source != wanted.survivor]
    locked = conditions.locks(plan, unit.ledger.now(plan.name, wanted.survivor), taken)
    if locked and not unit.trusted:
        raise ValidationError([FieldError(name, "read_only_in_state", why) for name, why in locked.items()])


def choosable(plan: WritePlan) -> dict[str, Field]:
    """Return the fields of which a person may choose another record's value, in order."""
    owner = {"owner": plan.object.fields["owner"]} if "owner" in plan.object.fields else {}
    found = {f.name: f for f in plan.object.declared if f.writable and f.parts and not f.type.sealed}
    return found | owner


def _survivor(plan: WritePlan, wanted: Merge, records: Mapping[UUID, Record]) -> tuple[dict[str, Any], dict[str, UUID]]:
    """Return the survivor as it will be, and of which fields it takes another record's value."""
    new = dict(records[wanted.survivor])
    taken: dict[str, UUID] = {}
    locked = conditions.locks(plan, new, [field.name for field in plan.object.declared])
    for field in plan.object.declared:
        if not field.writable or not field.parts:
            continue
        source = wanted.chosen.get(field.name, wanted.survivor)
        if field.name not in wanted.chosen and field.name not in locked and _is_empty(plan, field.name, new):
            filled = (key for key in wanted.losers if not _is_empty(plan, field.name, records[key]))
            source = next(filled, wanted.survivor)
        if source != wanted.survivor:
            new.update({key: records[source][key] for key in plan.parts(field.name)})
            taken[field.name] = source
    if "owner" in wanted.chosen:
        new["owner"] = records[wanted.chosen["owner"]]["owner"]
    for field in plan.lookups:  # a record that was above or below another of them must not refer to itself
        if new.get(field.name) in wanted.ids and plan.name in field.to:
            new.update(dict.fromkeys(plan.parts(field.name)))
            taken.pop(field.name, None)
    return new, taken


def _is_empty(plan: WritePlan, field: str, record: Record) -> bool:
    return all(record.get(key) in (None, "", ()) for key in plan.parts(field))


def _repoint(unit: Unit, wanted: Merge, referring: Referring, journal: Journal) -> None:
    """Let what referred to records that go refer to the survivor, which refers to none of them any more."""
    for name in sorted(referring, key=lambda each: (unit.plan(each).rank, each)):
        plan = unit.plan(name)
        records: dict[UUID, dict[str, Any]] = {}
        for link, rows in sorted(referring[name].items()):
            for key in rows:
                if name == wanted.object and key in wanted.losers:
                    continue
                record = records.setdefault(key, dict(unit.ledger.now(name, key)))
                if name == wanted.object and key == wanted.survivor:
                    record.update(dict.fromkeys(plan.parts(link)))
                else:
                    record[link] = wanted.survivor
        write_quietly(unit, plan, records, journal)
    # Now, while the records that go are still there: their totals come back with them.
    rollups.settle(unit)


def write_quietly(unit: Unit, plan: WritePlan, records: Mapping[UUID, dict[str, Any]], journal: Journal) -> None:
    """Write locked rows that nobody edits, judged by uniqueness and trees; note what they were."""
    drafts = [Draft(0, key, {}, unit.ledger.now(plan.name, key), record) for key, record in records.items()]
    if not drafts:
        return
    uniqueness.check_before(unit, plan, drafts)
    unit.findings.raise_errors(confirmed=True)
    before = {draft.id: draft.old or {} for draft in drafts}
    deletion.change_quietly(unit, plan, dict(records))
    trees.check_circles(unit, plan, drafts)
    for draft in drafts:
        now = unit.ledger.now(plan.name, draft.id)
        kept = {key: value for key, value in before[draft.id].items() if value != now.get(key) and key not in _STAMPS}
        journal.note(Changed(plan.name, draft.id, kept, int(now["version"])))


_STAMPS = frozenset({"version", "updated_at", "updated_by"})


def _write_survivor(unit: Unit, plan: WritePlan, wanted: Merge, new: dict[str, Any], journal: Journal) -> None:
    """Write the survivor once the others are gone, so that it may take their unique values."""
    now = unit.ledger.now(plan.name, wanted.survivor)
    # Rollups may have moved meanwhile: only what was merged is put on the row as it is now.
    merged = {name: new[name] for field in (*choosable(plan), *_sealed(plan)) for name in plan.parts(field)}
    record = {**now, **merged}
    draft = Draft(0, wanted.survivor, {}, now, record)
    conditions.check_fields(unit, plan, [draft])
    rules.check_local(unit, plan, [draft])
    write_quietly(unit, plan, {wanted.survivor: record}, journal)


def _sealed(plan: WritePlan) -> Iterable[str]:
    return [field.name for field in plan.sealed if field.writable]


def _move_files(unit: Unit, plan: WritePlan, wanted: Merge, taken: Mapping[str, UUID], journal: Journal) -> None:
    """Move files attached to the records as a whole, and those of fields whose value was taken."""
    file = tables.file.c
    fields = {
        plan.model.field_ids[name]: key
        for name, key in taken.items()
        if isinstance(plan.object.fields[name].type, FileBase)
    }
    statement = select(file.id, file.record_id, file.field_id).where(
        file.object_id == plan.model.object_id, in_keys(file.record_id, IDS, unit.dialect)
    )
    for row in unit.connection.execute(statement, bind_keys(IDS, sorted(wanted.losers), unit.dialect)):
        if row.field_id is None or fields.get(row.field_id) == row.record_id:
            journal.files[row.id] = row.record_id
    move_files(unit, dict.fromkeys(journal.files, wanted.survivor))


def move_files(unit: Unit, places: Mapping[UUID, UUID]) -> None:
    """Let files belong to other records."""
    by_record: dict[UUID, list[UUID]] = defaultdict(list)
    for key, record in places.items():
        by_record[record].append(key)
    for record, keys in by_record.items():
        statement = update(tables.file).where(in_keys(tables.file.c.id, IDS, unit.dialect)).values(record_id=record)
        unit.connection.execute(statement, bind_keys(IDS, keys, unit.dialect))


def _note(unit: Unit, plan: WritePlan, wanted: Merge, deletion_id: UUID, journal: Journal) -> UUID:
    """Note the merge, and where the addresses of the records that are gone lead."""
    merge_id, merged = uuid7(), tables.merged.c
    earlier = select(merged.record_id, merged.survivor_id).where(in_keys(merged.survivor_id, IDS, unit.dialect))
    binds = bind_keys(IDS, sorted(wanted.losers), unit.dialect)
    journal.redirects = {row[0]: row[1] for row in unit.connection.execute(earlier, binds)}
    again = update(tables.merged).where(in_keys(merged.survivor_id, IDS, unit.dialect))
    unit.connection.execute(again.values(survivor_id=wanted.survivor), binds)
    # A record that was merged, restored and merged again leads to where it went last.
    unit.connection.execute(delete(tables.merged).where(in_keys(merged.record_id, IDS, unit.dialect)), binds)
    rows = [
        {
            "record_id": key,
            "object_id": plan.model.object_id,
            "survivor_id": wanted.survivor,
            "merge_id": merge_id,
        }
        for key in wanted.losers
    ]
    unit.connection.execute(insert(tables.merged), rows)
    unit.connection.execute(
        insert(tables.merge).values(
            id=merge_id,
            object_id=plan.model.object_id,
            survivor_id=wanted.survivor,
            deletion_id=deletion_id,
            at=unit.now,
            actor_id=unit.actor.user_id,
            journal=journal.to_json(),
        )
    )
    return merge_id
