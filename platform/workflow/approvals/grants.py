"""Who may read a record because of its approvals: people with an open task, and who was sent a copy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import bindparam, literal, null, select, union_all

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.access import shares
from formline.runtime.standing import StandingQuery
from formline.runtime.tables import approval, approval_copy, approval_task, share

if TYPE_CHECKING:
    from formline.runtime.unit import Unit

CAUSE = "approval"
#: A copy may be read so long after the end.
COPY = timedelta(days=90)


def sync(unit: Unit, object_id: int, record_id: UUID) -> None:
    """Make a record's shares by approvals what its open tasks and copies say; all its instances together."""
    there: dict[UUID, datetime | None] = {}
    wanted: dict[UUID, datetime | None] = {}
    for kind, principal, user, end in _BOTH.rows(unit.connection, {"object": object_id, "record": record_id}):
        if kind == "share":
            there[UUID(principal)] = end
        elif kind == "task" or end is None or wanted.get(user, end) is None:
            wanted[user] = None
        else:
            wanted[user] = max(end + COPY, wanted.get(user) or end + COPY)
    for user in there.keys() - wanted.keys():
        shares.remove(unit.connection, object_id, record_id, str(user), CAUSE)
    fresh = [
        shares.Share(record_id, "user", str(user), cause=CAUSE, expires_at=end)
        for user, end in wanted.items()
        if user not in there or there[user] != end
    ]
    if fresh:
        shares.tell(unit.connection, object_id, {one.principal for one in fresh})
        shares.add(unit.connection, object_id, fresh, at=unit.now, by=unit.actor.user_id)


_of_record = (approval.c.object_id == bindparam("object"), approval.c.record_id == bindparam("record"))
#: (kind, principal, person, end) of the shares there are, and of who wants one: people with copies and open tasks.
_BOTH = StandingQuery(
    lambda _: union_all(
        select(literal("share").label("kind"), share.c.principal, null().cast(Key()), share.c.expires_at).where(
            share.c.object_id == bindparam("object"), share.c.record_id == bindparam("record"), share.c.cause == CAUSE
        ),
        select(literal("copy"), null().cast(Words()), approval_copy.c.user_id, approval.c.ended_at)
        .join(approval, approval.c.id == approval_copy.c.approval_id)
        .where(*_of_record),
        select(literal("task"), null().cast(Words()), approval_task.c.person_id, null().cast(Instant()))
        .join(approval, approval.c.id == approval_task.c.approval_id)
        .where(*_of_record, approval_task.c.state.in_([literal("open"), literal("consulting")])),
    )
)
