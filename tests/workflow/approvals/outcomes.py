"""What must be true of an approval that has ended, whoever decided and whatever was killed meanwhile."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from formline.runtime.tables import approval_event, history
from formline.workflow.approvals import storage
from tests.workflow.approvals.firm import Firm


def verify_ended(firm: Firm, contract: UUID, key: UUID) -> int:
    """Assert that it ended by votes of its own, each once, and what it guards happened accordingly; count the votes."""
    with firm.site.reading() as connection:
        case = storage.load_case(connection, firm.site.release, key)
        revisions = select(approval_event.c.revision).where(approval_event.c.approval_id == key)
        numbers = list(connection.execute(revisions.order_by(approval_event.c.revision)).scalars())
        moves = select(history.c.id).where(history.c.record_id == contract, history.c.note == "sign")
        signed = len(connection.execute(moves).all())
    assert case is not None
    ballots = [event.ballot for event in case.log if type(event).__name__ == "Decided"]  # type: ignore[attr-defined]
    assert len(ballots) == len(set(ballots))
    assert numbers == list(range(1, len(numbers) + 1))
    assert (case.state.status, signed) in {("approved", 1), ("rejected", 0)}
    assert firm.state(contract)[1] == case.state.status == firm.status(key)
    return len(ballots)
