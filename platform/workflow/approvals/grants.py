"""Who may read a record because of its approvals: people with an open task, and who was sent a copy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from formline.runtime.access import shares
from formline.runtime.access.epochs import move_rights
from formline.runtime.tables import approval, approval_copy, approval_task, share

if TYPE_CHECKING:
    from formline.runtime.unit import Unit

CAUSE = "approval"
#: A copy may be read so long after the end.
COPY = timedelta(days=90)


def sync(unit: Unit, object_id: int, record_id: UUID) -> None:
    """Make a record's shares by approvals what its open tasks and copies say; all its instances together."""
    wanted = _wanted(unit, object_id, record_id)
    mine = (share.c.object_id == object_id, share.c.record_id == record_id, share.c.cause == CAUSE)
    there = {
        UUID(row.principal): row.expires_at
        for row in unit.connection.execute(select(share.c.principal, share.c.expires_at).where(*mine))
    }
    if there == wanted:
        return
    for user in there.keys() - wanted.keys():
        shares.remove(unit.connection, object_id, record_id, str(user), CAUSE)
    fresh = [
        shares.Share(record_id, "user", str(user), cause=CAUSE, expires_at=end)
        for user, end in wanted.items()
        if user not in there or there[user] != end
    ]
    if fresh:
        shares.add(unit.connection, object_id, fresh, at=unit.now, by=unit.actor.user_id)
    move_rights(unit.connection)


def _wanted(unit: Unit, object_id: int, record_id: UUID) -> dict[UUID, datetime | None]:
    """Return people with the end of their right; None while it has none."""
    of_record = (approval.c.object_id == object_id, approval.c.record_id == record_id)
    copies = select(approval_copy.c.user_id, approval.c.ended_at).join(
        approval, approval.c.id == approval_copy.c.approval_id
    )
    found: dict[UUID, datetime | None] = {}
    for user, ended in unit.connection.execute(copies.where(*of_record)):
        end = None if ended is None else ended + COPY
        found[user] = None if end is None or found.get(user, end) is None else max(end, found.get(user) or end)
    tasks = select(approval_task.c.person_id).join(approval, approval.c.id == approval_task.c.approval_id)
    for user in unit.connection.execute(
        tasks.where(*of_record, approval_task.c.state.in_(("open", "consulting")))
    ).scalars():
        found[user] = None
    return found
