"""Step 11, trees: whoever moves a record below another keeps the tree free of circles, two movers at once included."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Select, func, select

from formline.expressions.context import Dialect
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.release import ObjectModel
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def check_circles(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Refuse moved rows that are now above themselves. New rows have nothing below them yet."""
    link = plan.object.tree
    moved = [each for each in drafts if link and each.old and each.old.get(link) != each.record.get(link)]
    moved = [draft for draft in moved if draft.record.get(link) is not None]
    if not moved:
        return
    _take_turns(unit, plan)
    key = ("above", plan.name, link)
    climb: Select[Any] = unit.release.memo(key, lambda: _climb(plan.model, link, unit.dialect))
    above: dict[UUID, set[UUID]] = {}
    for start, found in unit.connection.execute(climb, bind_keys(IDS, [draft.id for draft in moved], unit.dialect)):
        above.setdefault(start, set()).add(found)
    for draft in moved:
        if draft.id in above.get(draft.id, ()):
            label = plan.object.fields[link].label
            unit.findings.add(draft, link, "circle", f"{label}: a record cannot be above itself.")


def _take_turns(unit: Unit, plan: WritePlan) -> None:
    """Let units that move rows of one tree take turns: each alone may be right and both together a circle."""
    if unit.dialect == "postgresql":
        digest = hashlib.sha256(f"{unit.site.id}|tree|{plan.name}".encode()).digest()
        number = int.from_bytes(digest[:8], "big", signed=True)
        unit.connection.execute(select(func.pg_advisory_xact_lock(number)))


def _climb(model: ObjectModel, link: str, dialect: Dialect) -> Select[Any]:
    """Return the select of (row, record above it) for the rows in :data:`IDS`, however high; circles end it."""
    first = select(model.id.label("start"), model.column(link).label("above")).where(in_keys(model.id, IDS, dialect))
    climbed = first.cte("climbed", recursive=True)
    step = select(climbed.c.start, model.column(link)).join_from(climbed, model.table, model.id == climbed.c.above)
    return select(climbed.union(step.where(model.column(link).is_not(None))))
