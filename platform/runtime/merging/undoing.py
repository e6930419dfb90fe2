"""Taking a merge back exactly, as long as nothing it touched was changed since; and where merged records lead."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from formline.errors import ConflictError, NotFoundError
from formline.runtime import tables
from formline.runtime.merging.journal import Changed, Journal
from formline.runtime.merging.merging import move_files
from formline.runtime.merging.pairs import put_in, take_out
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.unit import deletion, loading, restoring
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit.unit import Unit


def undo(unit: Unit, merge_id: UUID) -> UUID:
    """Take a merge back; return the id of the record that had survived.

    Raises:
        NotFoundError: no such merge, or taken back already. AccessDeniedError: no right to update the survivor.
        ConflictError: something it touched was changed since.
    """
    columns = tables.merge.c
    statement = select(tables.merge).where(columns.id == merge_id, columns.undone_at.is_(None)).with_for_update()
    row = unit.connection.execute(statement).first()
    name = None if row is None else unit.release.object_named(row.object_id)
    if row is None or name is None:
        raise NotFoundError
    plan = unit.plan(name)
    journal = Journal.from_json(row.journal)
    _lock(unit, journal)
    if not unit.is_held(name, row.survivor_id):
        raise NotFoundError
    loading.require(unit, plan, [row.survivor_id], "update")
    _check_unchanged(unit, journal)
    gone = list(unit.connection.execute(_of_merge(merge_id)).scalars())
    loading.require(unit, plan, gone, "delete")
    # The survivor first: it may hold unique values of the records that come back.
    ordered = sorted(journal.changed.values(), key=lambda one: one.id != row.survivor_id)
    with unit.as_platform():
        _write_back(unit, [one for one in ordered if one.id == row.survivor_id])
        restoring.restore(unit, row.deletion_id)
        _write_back(unit, [one for one in ordered if one.id != row.survivor_id])
    _put_pairs_back(unit, journal)
    move_files(unit, journal.files)
    _put_redirects_back(unit, merge_id, journal)
    unit.connection.execute(update(tables.merge).where(columns.id == merge_id).values(undone_at=unit.now))
    return UUID(str(row.survivor_id))


def _of_merge(merge_id: UUID) -> Any:
    return select(tables.merged.c.record_id).where(tables.merged.c.merge_id == merge_id)


def _lock(unit: Unit, journal: Journal) -> None:
    ids: dict[str, set[UUID]] = defaultdict(set)
    for one in journal.changed.values():
        if not unit.release.catalog.has("object", one.object):
            raise ConflictError("The objects of this merge are others now.", code="changed_since")
        ids[one.object].add(one.id)
    for name in sorted(ids, key=lambda each: (unit.plan(each).rank, each)):
        unit.hold(name, ids[name])


def _check_unchanged(unit: Unit, journal: Journal) -> None:
    for one in journal.changed.values():
        held = unit.is_held(one.object, one.id)
        unknown = one.before.keys() - set(unit.plan(one.object).keys)
        if not held or unknown or unit.ledger.now(one.object, one.id).get("version") != one.version:
            message = "Something was changed since the records were merged, so it cannot be taken back."
            raise ConflictError(message, code="changed_since")


def _write_back(unit: Unit, changes: list[Changed]) -> None:
    records: dict[str, dict[UUID, dict[str, Any]]] = defaultdict(dict)
    for one in changes:
        records[one.object][one.id] = {**unit.ledger.now(one.object, one.id), **one.before}
    for name in sorted(records, key=lambda each: (unit.plan(each).rank, each)):
        deletion.change_quietly(unit, unit.plan(name), records[name])


def _put_pairs_back(unit: Unit, journal: Journal) -> None:
    for pairs, write in ((journal.added, take_out), (journal.removed, put_in)):
        by_field: dict[tuple[str, str], list[tuple[UUID, UUID]]] = defaultdict(list)
        for name, field, near, far in pairs:
            by_field[name, field].append((near, far))
        for (name, field), found in by_field.items():
            table = unit.plan(name).model.join_tables.get(field)
            if table is not None:
                write(unit, table, found)


def _put_redirects_back(unit: Unit, merge_id: UUID, journal: Journal) -> None:
    unit.connection.execute(delete(tables.merged).where(tables.merged.c.merge_id == merge_id))
    by_survivor: dict[UUID, list[UUID]] = defaultdict(list)
    for key, survivor in journal.redirects.items():
        by_survivor[survivor].append(key)
    for survivor, keys in by_survivor.items():
        again = update(tables.merged).where(in_keys(tables.merged.c.record_id, IDS, unit.dialect))
        unit.connection.execute(again.values(survivor_id=survivor), bind_keys(IDS, keys, unit.dialect))


def survivor_of(connection: Connection, release: Release, name: str, record_id: UUID) -> UUID | None:
    """Return the record into which one was merged, None where it was not; rights are asked where it is read."""
    merged = tables.merged.c
    statement = select(merged.survivor_id).where(
        merged.record_id == record_id, merged.object_id == release.model(name).object_id
    )
    found = connection.execute(statement).scalar()
    return None if found is None else UUID(str(found))


def merged_into(connection: Connection, release: Release, name: str, record_id: UUID) -> list[UUID]:
    """Return the records that were merged into one."""
    merged = tables.merged.c
    statement = select(merged.record_id).where(
        merged.survivor_id == record_id, merged.object_id == release.model(name).object_id
    )
    return list(connection.execute(statement).scalars())
