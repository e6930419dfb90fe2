"""What gave up: jobs that failed and deliveries that are dead, tried again or discarded by a person, with a trace."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Table, and_, func, select, update

from formline.runtime.audit import events
from formline.runtime.tables import delivery, job, outbox

Kind = Literal["job", "delivery"]
#: State in which a row waits for a person.
_GIVEN_UP = {"job": job.c.state == "failed", "delivery": delivery.c.state == "dead"}
_TABLES: dict[Kind, Table] = {"job": job, "delivery": delivery}


@dataclass(frozen=True, slots=True)
class GivenUp:
    """One job or delivery that nobody tries any more.

    ``what``: kind of a job, consumer of a delivery; ``about``: name given to a job, event of a delivery; ``error``:
    of the last attempt; ``since``: of the last attempt's end, for a delivery when it would have been tried again.
    """

    kind: Kind
    id: UUID
    what: str
    about: str
    error: str
    attempts: int
    since: datetime | None
    created_by: UUID | None


def jobs(connection: Connection, limit: int, skip: int = 0) -> list[GivenUp]:
    """Return failed jobs, the newest first."""
    c = job.c
    found = select(c.id, c.kind, c.args, c.error, c.attempts, c.finished_at, c.created_by).where(_GIVEN_UP["job"])
    rows = connection.execute(found.order_by(c.finished_at.desc(), c.id.desc()).limit(limit).offset(skip))
    return [_job(row) for row in rows]


def _job(row: Any) -> GivenUp:
    name = str(row.args.get("name") or "")
    return GivenUp("job", row.id, row.kind, name, row.error or "", row.attempts, row.finished_at, row.created_by)


def deliveries(connection: Connection, limit: int, skip: int = 0) -> list[GivenUp]:
    """Return dead deliveries, the newest first."""
    c = delivery.c
    found = (
        select(c.id, c.consumer, c.error, c.attempts, c.run_after, outbox.c.event, outbox.c.actor_id)
        .join(outbox, outbox.c.id == c.outbox_id)
        .where(_GIVEN_UP["delivery"])
        .order_by(c.run_after.desc(), c.id.desc())
    )
    return [
        GivenUp("delivery", row.id, row.consumer, row.event, row.error or "", row.attempts, row.run_after, row.actor_id)
        for row in connection.execute(found.limit(limit).offset(skip))
    ]


def counts(connection: Connection) -> dict[Kind, int]:
    """Return how many of each kind gave up."""
    found: dict[Kind, int] = {}
    for kind, table in _TABLES.items():
        counted = select(func.count()).select_from(table).where(_GIVEN_UP[kind])
        found[kind] = connection.execute(counted).scalar_one()
    return found


def retry(
    connection: Connection, kind: Kind, ids: Collection[UUID] | None, actor_id: UUID | None, now: datetime
) -> list[UUID]:
    """Let what gave up be tried again at once with all its attempts; ``ids`` None means all. Return which it were.

    The error of the last attempt stays until it goes well. A delivery keeps its id, so that the other side can tell
    that it saw it before. In an ordered lane it comes late: what came after it was delivered meanwhile.
    """
    values: dict[str, Any] = {"state": "waiting", "attempts": 0, "run_after": now, "finished_at": None}
    if kind == "job":
        values |= {"cancel_requested": False}
    return _change(connection, kind, ids, values, actor_id, now, "retried")


def discard(
    connection: Connection, kind: Kind, ids: Collection[UUID] | None, actor_id: UUID | None, now: datetime
) -> list[UUID]:
    """Give what gave up its end, with its error kept; ``ids`` None means all. Return which it were."""
    return _change(connection, kind, ids, {"state": "discarded", "finished_at": now}, actor_id, now, "discarded")


def _change(
    connection: Connection,
    kind: Kind,
    ids: Collection[UUID] | None,
    values: dict[str, Any],
    actor_id: UUID | None,
    now: datetime,
    done: str,
) -> list[UUID]:
    table = _TABLES[kind]
    chosen = _GIVEN_UP[kind] if ids is None else and_(_GIVEN_UP[kind], table.c.id.in_(list(ids)))
    changed = list(connection.execute(update(table).where(chosen).values(**values).returning(table.c.id)).scalars())
    if changed:
        detail = {"count": len(changed), "ids": [str(one) for one in changed[:100]]}
        events.note(connection, actor_id, f"{kind}_{done}", detail, now)
    return changed
