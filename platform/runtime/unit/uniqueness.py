"""Step 10, uniqueness: the index is the judge of equal values; periods and what no index can hold are judged here.

Checking before writing would cost every save a statement and still miss a row that another unit is writing. So the
unit writes, and only when an index complains it runs again, looking first, to say which rows and fields are meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, or_, select, text

from formline.catalog.model import Unique
from formline.runtime.unit.draft import Draft, Record
from formline.runtime.unit.evaluation import env_of, is_local, over_rows

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def check_before(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Check uniqueness of what changed: periods always, plain values where an index complained or errors are shown."""
    for unique in plan.object.unique:
        needs_look = unique.during is not None or unit.look_for_duplicates or unit.findings.has_errors()
        if needs_look:
            _check(unit, plan, unique, [draft for draft in drafts if _concerns(unit, unique, draft)])


def _concerns(unit: Unit, unique: Unique, draft: Draft) -> bool:
    """Return whether a row takes part with values that are new."""
    record = draft.record
    if any(record.get(name) is None for name in unique.fields) or not _applies(unit, unique, record, draft.old):
        return False
    watched = [*unique.fields, *(unique.during or ())]
    if draft.old is None or any(record.get(name) != draft.old.get(name) for name in watched):
        return True
    return unique.where is not None and not _applies(unit, unique, draft.old, None)


def _applies(unit: Unit, unique: Unique, record: Record, old: Record | None) -> bool:
    if unique.where is None or not is_local(unique.where):
        return True
    return unique.where.condition(env_of(unit, record, old))


def _check(unit: Unit, plan: WritePlan, unique: Unique, drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    if unique.during is not None:
        _wait_for_turn(unit, plan, unique, drafts)
    others = _stored(unit, plan, unique, drafts)
    for draft in drafts:
        rivals = [other for other in others if other["id"] != draft.id and _collide(unique, draft.record, other)]
        rivals += [each.record for each in drafts if each is not draft and _collide(unique, draft.record, each.record)]
        if rivals:
            _report(unit, plan, unique, draft)


def _wait_for_turn(unit: Unit, plan: WritePlan, unique: Unique, drafts: Iterable[Draft]) -> None:
    """Let units that write periods for the same values take turns; SQLite has one writer anyway."""
    if unit.dialect != "postgresql":
        return
    names = {
        "|".join([str(unit.site.id), plan.name, *unique.fields, *(str(draft.record[name]) for name in unique.fields)])
        for draft in drafts
    }
    keys = sorted(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True) for name in names)
    unit.connection.execute(
        text("SELECT pg_advisory_xact_lock(k) FROM (SELECT unnest(CAST(:keys AS bigint[])) AS k ORDER BY 1) AS turns"),
        {"keys": keys},
    )


def _stored(unit: Unit, plan: WritePlan, unique: Unique, drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """Return live stored rows with the same values as one of the drafts, in one statement."""
    names = list(dict.fromkeys(["id", *unique.fields, *(unique.during or ())]))
    statement = _same_values(plan, unique, names, drafts)
    found = [dict(zip(names, row, strict=True)) for row in unit.connection.execute(statement)]
    own = {draft.id for draft in drafts}
    found = [row for row in found if row["id"] not in own]
    if unique.where is None or not found:
        return found
    holding = over_rows(unit, plan, [unique.where], [row["id"] for row in found])
    return [row for row in found if holding[row["id"]][0]]


def _same_values(plan: WritePlan, unique: Unique, names: Sequence[str], drafts: Sequence[Draft]) -> Select[Any]:
    columns = plan.model.by_key
    if len(unique.fields) == 1:
        column = columns[unique.fields[0]]
        same: Any = column.in_([draft.record[unique.fields[0]] for draft in drafts])
    else:
        same = or_(*(and_(*(columns[n] == draft.record[n] for n in unique.fields)) for draft in drafts))
    return select(*(columns[name] for name in names)).where(same, plan.model.deleted_at.is_(None))


def _collide(unique: Unique, left: Record, right: Record) -> bool:
    if any(left.get(name) != right.get(name) for name in unique.fields):
        return False
    return unique.during is None or overlap(left, right, unique.during)


def overlap(left: Record, right: Record, during: tuple[str, str]) -> bool:
    """Return whether two periods share a day; both ends belong to a period, an empty end is open."""
    start, end = during

    def ends_before(one: Record, other: Record) -> bool:
        return one.get(end) is not None and other.get(start) is not None and bool(one[end] < other[start])

    return not (ends_before(left, right) or ends_before(right, left))


def _report(unit: Unit, plan: WritePlan, unique: Unique, draft: Draft) -> None:
    """Note a duplicate without naming the other row: the actor may not be allowed to see it."""
    labels = ", ".join(plan.object.fields[name].label for name in unique.fields)
    if unique.message:
        message = unique.message
    elif unique.during is None:
        message = f"There is already a {plan.object.label} with this {labels}."
    else:
        message = f"There is already a {plan.object.label} with this {labels} in an overlapping period."
    unit.findings.add(draft, unique.fields[-1], "duplicate", message)
