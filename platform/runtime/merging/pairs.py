"""Many-to-many pairs of records that are merged: the survivor gets those of all, on either side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Table, and_, delete, insert, or_, select

from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.merging.journal import Journal
    from formline.runtime.merging.merging import Merge
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

_CHUNK = 200


def move_pairs(unit: Unit, plan: WritePlan, wanted: Merge, journal: Journal) -> None:
    """Give the survivor the pairs of the others; one statement to read and two to write per field."""
    for link in plan.object.children:
        if link.many:
            _move(unit, link.object, link.field, 1, wanted, journal)
    for name in sorted(plan.many):
        _move(unit, plan.name, name, 0, wanted, journal)


def _move(unit: Unit, name: str, field: str, side: int, wanted: Merge, journal: Journal) -> None:
    """``side``: which column of the pairs holds the merged records, 0 the record and 1 the target."""
    table = unit.plan(name).model.join_tables.get(field)
    if table is None:
        return
    column = table.c[side]
    statement = select(table.c[0], table.c[1]).where(in_keys(column, IDS, unit.dialect))
    found = {(row[0], row[1]) for row in unit.connection.execute(statement, bind_keys(IDS, wanted.ids, unit.dialect))}
    gone = {pair for pair in found if pair[side] != wanted.survivor}
    kept = found - gone
    moved = {(wanted.survivor, far) if side == 0 else (near, wanted.survivor) for near, far in gone}
    # Members of one another would become members of themselves.
    merged = set(wanted.ids)
    inside = {pair for pair in moved if pair[0] in merged and pair[1] in merged}
    added = moved - kept - inside
    take_out(unit, table, gone)
    put_in(unit, table, added)
    journal.removed += [(name, field, near, far) for near, far in sorted(gone)]
    journal.added += [(name, field, near, far) for near, far in sorted(added)]


def take_out(unit: Unit, table: Table, pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Remove pairs."""
    rows = sorted(pairs)
    for start in range(0, len(rows), _CHUNK):
        these = or_(*(and_(table.c[0] == near, table.c[1] == far) for near, far in rows[start : start + _CHUNK]))
        unit.connection.execute(delete(table).where(these))


def put_in(unit: Unit, table: Table, pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Add pairs that are not there."""
    rows = [{table.c[0].name: near, table.c[1].name: far} for near, far in sorted(pairs)]
    if rows:
        unit.connection.execute(insert(table), rows)
