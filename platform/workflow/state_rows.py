"""Rows in the form of a record are locked by its states: ``read_only: true``, or a list that names the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from formline.errors import ConflictError
from formline.runtime.unit import hooks
from formline.runtime.unit.conditions import state_of
from formline.runtime.unit.draft import Draft
from formline.workflow.form_rows import FormTable, form_table, parents_of

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.plan import WritePlan

CODE = "read_only_in_state"


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Lock rows of records that have states, and no others."""
    table = form_table(release.catalog.object(object_name))
    if table is None or not release.catalog.object(table.parent).state_fields:
        return ()
    found: Mapping[str, hooks.Hook] = {
        "guard": partial(_guard, table=table),
        "deleting": partial(_refuse, table=table),
        "restoring": partial(_refuse, table=table),
    }
    return (found[phase],) if phase in found else ()


def _guard(unit: Unit, plan: WritePlan, drafts: list[Draft], *, table: FormTable) -> None:
    changed = [draft for draft in drafts if draft.is_new or _changes(draft)]
    locked = _locked(unit, changed, table)
    for draft in changed:
        for message in sorted({locked[key] for key in parents_of(draft, table.field) if key in locked}):
            unit.findings.add(draft, "", CODE, message)


def _changes(draft: Draft) -> bool:
    """Whether a row that is there gets other values; a form sends all its rows, changed or not."""
    return bool(draft.members) or any(key.split(".")[0] in draft.given for key in draft.changed_keys())


def _refuse(unit: Unit, plan: WritePlan, drafts: list[Draft], *, table: FormTable) -> None:
    for message in _locked(unit, drafts, table).values():
        raise ConflictError(message, code=CODE)


def _locked(unit: Unit, drafts: Sequence[Draft], table: FormTable) -> dict[UUID, str]:
    """Return what to say of each parent whose state locks the table; one that goes or comes with its rows does not."""
    if unit.trusted:
        return {}
    plan = unit.plan(table.parent)
    together = unit.extras.get(hooks.TOGETHER, {}).get(table.parent, ())
    ids = sorted({key for draft in drafts for key in parents_of(draft, table.field)} - set(together))
    found: dict[UUID, str] = {}
    for key, record in (unit.hold(table.parent, ids) if ids else {}).items():
        for name in plan.object.state_fields:
            state = state_of(plan, name, record)
            if state is not None and state.locks(table.name):
                found[key] = f"The rows of a {plan.object.label} in the state {state.label} cannot be changed."
    return found
