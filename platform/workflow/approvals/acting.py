"""Lists of actions in approvals: of a ``do`` block, and of an outcome; both in the transaction of the decision."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from formline.errors import AccessDeniedError, ConflictError, NotFoundError, ValidationError
from formline.workflow.actions.inside import carry_out
from formline.workflow.approvals.definition import Do
from formline.workflow.approvals.facts import user_record
from formline.workflow.approvals.passing import CarryingOutError, passing

if TYPE_CHECKING:
    from formline.runtime.unit import Unit
    from formline.workflow.approvals.state import Path
    from formline.workflow.approvals.storage import Case

#: The event of an outcome in the outbox; its payload names the approval and the outcome.
EVENT = "approval"
_NAMES = {"stopped": "withdrawn"}


def act(unit: Unit, case: Case, path: Path) -> None:
    """Let the actions of a ``do`` block follow what is being decided; the record stays locked for everybody else."""
    block = case.definition.blocks[path[-1]]
    if isinstance(block, Do):
        unit.then(partial(_act, case=case, block=block))


def _act(unit: Unit, *, case: Case, block: Do) -> None:
    definition = case.definition
    with passing(unit, case.record_id, None):
        carry_out(
            unit,
            definition.object,
            [case.record_id],
            block.actions,
            origin=f"approval/{definition.name}.{block.name}",
            trigger=EVENT,
            submitter=user_record(unit, case.submitter_id),
        )


def conclude(unit: Unit, case: Case, outcome: str) -> None:
    """Tell of an outcome, and let its actions follow once the instance is kept as ended."""
    name = _NAMES.get(outcome, outcome)
    payload = {"approval": case.definition.name, "outcome": name}
    unit.journal.emit(case.definition.object, [case.record_id], EVENT, payload)
    if case.definition.outcomes.get(name):
        unit.then(partial(_conclude, case=case, outcome=name))


def _conclude(unit: Unit, *, case: Case, outcome: str) -> None:
    """Carry out the list of an outcome.

    Raises:
        CarryingOutError: what follows an approval cannot be done, which counts as what was approved.
    """
    definition = case.definition
    try:
        carry_out(
            unit,
            definition.object,
            [case.record_id],
            definition.outcomes[outcome],
            origin=f"approval/{definition.name}.on_{outcome}",
            trigger=EVENT,
            submitter=user_record(unit, case.submitter_id),
        )
    except (ValidationError, ConflictError, AccessDeniedError, NotFoundError) as error:
        if outcome != "approved":
            raise
        raise CarryingOutError(error.message) from error
