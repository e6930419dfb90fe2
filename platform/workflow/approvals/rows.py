"""Rows that are written in the form of another record are locked with it, whichever way somebody writes to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import ConflictError
from formline.runtime.unit import hooks
from formline.runtime.unit.draft import Draft
from formline.workflow.approvals import guarding, storage
from formline.workflow.approvals.passing import PASSING
from formline.workflow.form_rows import FormTable, form_table, parents_of

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.plan import WritePlan


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Lock rows of objects that have a table in the form of a record with approvals, and no others."""
    table = form_table(release.catalog.object(object_name))
    if table is None or not guarding.guards_of(release, table.parent):
        return ()
    found: Mapping[str, hooks.Hook] = {
        "guard": partial(_guard, table=table),
        "deleting": partial(_refuse, table=table),
        "restoring": partial(_refuse, table=table),
    }
    return (found[phase],) if phase in found else ()


def _guard(unit: Unit, plan: WritePlan, drafts: list[Draft], *, table: FormTable) -> None:
    locked = _locked(unit, drafts, table)
    for draft in drafts:
        for label in sorted({locked[key] for key in parents_of(draft, table.field) if key in locked}):
            message = f"{label} is running; this cannot be changed until it has ended."
            unit.findings.add(draft, "", "approval_locked", message)


def _refuse(unit: Unit, plan: WritePlan, drafts: list[Draft], *, table: FormTable) -> None:
    for label in _locked(unit, drafts, table).values():
        raise ConflictError(f"{label} is running; this cannot be changed until it has ended.", code="approval_locked")


def _locked(unit: Unit, drafts: Sequence[Draft], table: FormTable) -> dict[UUID, str]:
    """Return the label of the approval that keeps a table locked, for each parent where one does."""
    passing: Mapping[UUID, Any] = unit.extras.get(PASSING, {})
    ids = {key for draft in drafts for key in parents_of(draft, table.field)} - passing.keys()
    found: dict[UUID, str] = {}
    if not ids:
        return found
    for key, running in storage.running_on(
        unit.connection, unit.plan(table.parent).model.object_id, sorted(ids)
    ).items():
        for row in running:
            definition = storage.definition_of(unit.connection, unit.release, row.version)
            free = (
                definition.lock == "fields"
                or table.name in definition.editable
                or guarding.revising(unit.connection, row, unit.actor.user_id)
            )
            if not free:
                found[key] = definition.label
    return found
