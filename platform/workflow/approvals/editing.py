"""What a decider may change while deciding: fields of the record, and fields of its lines; not the page that asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from formline.runtime.unit.unit import Change
from formline.workflow.approvals.conducting import Conductor, passing
from formline.workflow.approvals.definition import Approve
from formline.workflow.approvals.proposals import parsed, snapshot_of
from formline.workflow.approvals.state import RefusedError

if TYPE_CHECKING:
    from formline.catalog.model import Link

#: New values of rows by their ids.
Rows = Mapping[UUID, Mapping[str, Any]]


def edit(conductor: Conductor, step: Approve | None, values: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Write what a decider changed; return the names of the fields and lists of lines that differ now.

    ``values``: new values by field, and for a list of lines (by its reverse name) a map of row ids to values by field.

    Raises:
        RefusedError: something else is changed than the step lets one edit.
    """
    if not values:
        return ()
    if step is None:
        raise _not_editable()
    lines = {name: rows for name, rows in values.items() if _is_lines(conductor, name)}
    own = {name: value for name, value in values.items() if name not in lines}
    if set(own) - {path for path in step.editable if "." not in path}:
        raise _not_editable()
    changed = [*_edit_record(conductor, own)] if own else []
    changed += [name for name, rows in lines.items() if _edit_lines(conductor, step, name, rows)]
    return tuple(sorted(changed))


def _not_editable() -> RefusedError:
    return RefusedError("approval_not_editable", "Other fields were changed than this step lets one edit.")


def _is_lines(conductor: Conductor, name: str) -> bool:
    object_ = conductor.plan.object
    return name not in object_.fields and object_.child(name) is not None


def _edit_record(conductor: Conductor, values: Mapping[str, Any]) -> tuple[str, ...]:
    case, plan = conductor.case, conductor.plan
    before = snapshot_of(plan, conductor.proposed())
    ids = {name: str(plan.model.field_ids[name]) for name in values}
    waiting = {name: value for name, value in values.items() if ids[name] in case.proposal}
    case.proposal = {**case.proposal, **parsed(plan, waiting, conductor.unit.locale)}
    stored = {name: value for name, value in values.items() if ids[name] not in case.proposal}
    if stored:
        with passing(conductor.unit, case.record_id, None):
            conductor.unit.update(conductor.object_name, [Change(case.record_id, stored)])
    after = snapshot_of(plan, conductor.proposed())
    return tuple(sorted(name for name in values if before.get(ids[name]) != after.get(ids[name])))


def _edit_lines(conductor: Conductor, step: Approve, name: str, rows: Rows) -> bool:
    """Change rows of the record's own lines, only in columns the step names; return whether anything differs."""
    columns = {path.partition(".")[2] for path in step.editable if path.partition(".")[0] == name}
    link = conductor.plan.object.child(name)
    if link is None or any(set(values) - columns for values in rows.values()):
        raise _not_editable()
    before = _lines(conductor, link, rows)
    if set(before) != set(rows):
        raise RefusedError("approval_not_editable", "A line that was changed is no longer there.")
    changes = [Change(key, values) for key, values in rows.items() if values]
    if changes:
        with passing(conductor.unit, conductor.case.record_id, None):
            conductor.unit.update(link.object, changes)
    return _lines(conductor, link, rows) != before


def _lines(conductor: Conductor, link: Link, keys: Rows) -> dict[UUID, tuple[Any, ...]]:
    """Return the stored values of those rows that belong to the record."""
    model = conductor.unit.release.model(link.object)
    mine = model.by_key[link.field] == conductor.case.record_id
    wanted = select(model.id, *model.columns).where(model.id.in_(list(keys)), mine, model.deleted_at.is_(None))
    plain = [index for index, key in enumerate(model.keys, 1) if key not in ("version", "updated_at", "updated_by")]
    return {row[0]: tuple(row[index] for index in plain) for row in conductor.unit.connection.execute(wanted)}
