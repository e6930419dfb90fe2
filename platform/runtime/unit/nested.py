"""Rows of child objects written with their parent (``{"lines": [...]}``): locked before it, saved after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.runtime.unit.draft import Draft

if TYPE_CHECKING:
    from formline.catalog.model import Link
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: A row with this key set is deleted.
DELETE = "_delete"


def lock_children(unit: Unit, plan: WritePlan, rows: Sequence[Mapping[str, Any]]) -> None:
    """Lock the existing child rows of an update: children before their parents, as rollups do."""
    for name in sorted({key for row in rows for key in row}):
        link = plan.object.child(name)
        if link is not None:
            ids = sorted({key for row in rows for each in row.get(name) or () if (key := _id_of(each)) is not None})
            unit.hold(link.object, ids)


def _id_of(row: Any) -> UUID | None:
    """Return the id of a nested row; None where it is new or its id is none."""
    raw = row.get("id") if isinstance(row, Mapping) else None
    if raw is None or raw == "":
        return None
    try:
        return raw if isinstance(raw, UUID) else UUID(str(raw))
    except ValueError:
        return None


def save_children(unit: Unit, plan: WritePlan, drafts: Sequence[Draft], *, only_check: bool = False) -> None:
    """Create, update or delete the nested rows of each draft; ``only_check`` writes nothing and finds what is wrong."""
    for name in sorted({key for draft in drafts for key in draft.nested}):
        link = plan.object.child(name)
        if link is not None:
            _save(unit, link, name, [draft for draft in drafts if name in draft.nested], only_check=only_check)


def _save(unit: Unit, link: Link, name: str, parents: Sequence[Draft], *, only_check: bool) -> None:
    new: list[Draft] = []
    changed: list[Draft] = []
    gone: list[UUID] = []
    for parent in parents:
        for index, row in enumerate(parent.nested[name]):
            values = {key: value for key, value in row.items() if key not in ("id", DELETE)}
            prefix = f"{parent.prefix}{name}.{index}."
            key = _id_of(row)
            if key is None and row.get("id"):
                _refuse(unit, parent, name, index)
            elif key is None and not row.get(DELETE):
                values[link.field] = parent.id
                new.append(unit.new_draft(parent.row, values, prefix))
            elif key is not None and not _belongs(unit, link, key, parent.id):
                _refuse(unit, parent, name, index)
            elif key is not None and row.get(DELETE):
                gone.append(key)
            elif key is not None:
                changed.append(Draft(parent.row, key, values, prefix=prefix))
    unit.save_drafts(link.object, new, changed, only_check=only_check)
    if gone and not only_check:
        unit.delete(link.object, gone)


def _belongs(unit: Unit, link: Link, key: UUID, parent: UUID) -> bool:
    """Return whether a nested id is a row of that parent; it was locked before."""
    row = unit.ledger.find(link.object, key)
    return row is not None and row.now is not None and row.now.get(link.field) == parent


def _refuse(unit: Unit, parent: Draft, name: str, index: int) -> None:
    unit.findings.add(parent, f"{name}.{index}.id", "no_such_record", "There is no such row here.")
