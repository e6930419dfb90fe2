"""Submitting a record to an approval from a list of actions: the guarded event is asked for, and waits."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from formline.errors import ConflictError, NotFoundError
from formline.workflow.approvals import storage
from formline.workflow.approvals.guarding import start
from formline.workflow.approvals.proposals import snapshot_of
from formline.workflow.approvals.shell import submit_deletion

if TYPE_CHECKING:
    from formline.runtime.unit import Unit
    from formline.workflow.approvals.definition import Approval


def submit(unit: Unit, name: str, key: UUID) -> None:
    """Submit a record to the approval ``name``.

    Raises:
        NotFoundError: no such record. ConflictError: it is in approval already, or nobody submits it.
    """
    approval: Approval = unit.release.catalog.get("approval", name)
    if approval.guard.event == "transition":
        unit.transition(approval.object, [key], approval.guard.name)
        return
    if approval.guard.event == "delete":
        submit_deletion(unit, approval.object, key)
        return
    plan = unit.plan(approval.object)
    record = unit.hold(approval.object, [key]).get(key)
    if record is None:
        raise NotFoundError
    if storage.running_on(unit.connection, plan.model.object_id, [key]):
        raise ConflictError(f"This {plan.object.label} is in approval.", code="approval_locked")
    start(unit, approval=approval, key=key, parts=({}, snapshot_of(plan, record), ""))
