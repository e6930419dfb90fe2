"""Whom a participant may choose: the candidates of a step, before anything is done; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from formline.runtime.unit import Unit, run_unit
from formline.workflow.approvals import storage
from formline.workflow.approvals.conducting import Conductor
from formline.workflow.approvals.definition import Approve
from formline.workflow.approvals.people import resolve
from formline.workflow.approvals.previewing import LeaveUnit

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site


def candidates(site: Site, actor: Actor, approval_id: UUID, ballot: str) -> tuple[UUID, ...] | None:
    """Return who can be chosen in the step of a ballot; None where that is any active person."""

    def work(unit: Unit) -> None:
        case = storage.load_case(unit.connection, unit.release, approval_id)
        found = case.state.find(ballot) if case is not None else None
        step = case.definition.blocks.get(found[0].name) if case is not None and found is not None else None
        if case is None or not isinstance(step, Approve) or not step.candidates:
            raise LeaveUnit(None)
        people = resolve(Conductor(unit, case).facts(), step.candidates)
        raise LeaveUnit(tuple(UUID(one.id) for one in people))

    try:
        run_unit(site, actor, work)
    except LeaveUnit as left:
        allowed: tuple[UUID, ...] | None = left.result
        return allowed
    return None
