"""After commit: events become deliveries, one per consumer, and consumers get them; no event is written here.

The write pipeline adds one outbox row per unit, object and event. The dispatcher (one process, by lease) turns new
rows into deliveries. A *transactional* consumer gets the connection on which its delivery is marked done, so its
effects on the database happen exactly once. Any other consumer runs outside a transaction, at least once, with the
delivery's id as idempotency key. An *ordered* consumer gets the events of one record in their order: each event is
split into lanes by a hash of the record's id, and a lane is delivered strictly one after the other.
"""

from __future__ import annotations

import traceback
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, and_, exists, func, insert, or_, select, update

from formline.runtime.keys import uuid7s
from formline.runtime.tables import delivery, outbox

if TYPE_CHECKING:
    from formline.runtime.site import Site

#: Lanes of an ordered consumer: that many records' events can be delivered side by side.
LANES = 16
#: Attempts before a delivery is dead and waits for a person.
ATTEMPTS = 8
LEASE = timedelta(seconds=60)
RETRY = timedelta(seconds=1)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Event:
    """What a consumer gets: the records of one object that one unit changed, all or those of one lane."""

    delivery: UUID
    outbox: int
    unit: UUID
    object_id: int
    event: str
    record_ids: tuple[UUID, ...]
    payload: Mapping[str, Any]
    actor_kind: str
    actor_id: UUID | None
    source: str
    release: int
    depth: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Consumer:
    """Somebody who wants events; ``handle(site, connection, event)``, with a connection only if transactional."""

    name: str
    handle: Callable[[Site, Connection | None, Event], None]
    wants: Callable[[str, int], bool] = lambda event, object_id: True
    transactional: bool = False
    ordered: bool = False


#: Return the consumers of a part of the platform on one site.
Provider = Callable[["Site"], Iterable[Consumer]]
_providers: list[Provider] = []


def provide(provider: Provider) -> Provider:
    """Register a provider of consumers, called once per worker; use as a decorator."""
    _providers.append(provider)
    return provider


def provided(site: Site) -> list[Consumer]:
    """Return the consumers of the platform's own parts."""
    return [consumer for provider in _providers for consumer in provider(site)]


def lane_of(record_id: UUID) -> int:
    """Return the lane of a record, the same in every process."""
    return zlib.crc32(record_id.bytes) % LANES


def dispatch(connection: Connection, consumers: Sequence[Consumer], now: datetime, limit: int = BATCH) -> int:
    """Make deliveries for up to ``limit`` new outbox rows, in their order; return how many rows there were."""
    statement = select(outbox).where(outbox.c.dispatched_at.is_(None)).order_by(outbox.c.id).limit(limit)
    rows = connection.execute(statement.with_for_update(skip_locked=True)).mappings().all()
    if not rows:
        return 0
    wanted = [
        {"outbox_id": row["id"], "consumer": consumer.name, "lane": lane}
        for row in rows
        for consumer in consumers
        if consumer.wants(row["event"], row["object_id"])
        for lane in (_lanes(row["record_ids"]) if consumer.ordered else (0,))
    ]
    for values, key in zip(wanted, uuid7s(len(wanted)), strict=True):
        values.update(id=key, state="waiting", attempts=0, run_after=now)
    if wanted:
        connection.execute(insert(delivery), wanted)
    connection.execute(update(outbox).where(outbox.c.id.in_([row["id"] for row in rows])).values(dispatched_at=now))
    return len(rows)


def _lanes(record_ids: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({lane_of(UUID(identifier)) for identifier in record_ids}))


def any_due(connection: Connection, now: datetime) -> bool:
    """Return whether there is anything to dispatch or deliver, without taking a lock."""
    new = exists().where(outbox.c.dispatched_at.is_(None))
    due = exists().where(delivery.c.state.in_(("waiting", "failed")), delivery.c.run_after <= now)
    abandoned = exists().where(delivery.c.state == "running", delivery.c.lease_until < now)
    return bool(connection.execute(select(or_(new, due, abandoned))).scalar())


def claim(
    connection: Connection, consumers: Sequence[Consumer], holder: UUID, now: datetime, limit: int = BATCH
) -> list[tuple[Consumer, Event]]:
    """Take deliveries that are due for ``holder``; of an ordered lane only the oldest one that is not done."""
    by_name = {consumer.name: consumer for consumer in consumers}
    ordered = [consumer.name for consumer in consumers if consumer.ordered]
    earlier = delivery.alias("earlier")
    blocked = exists().where(
        earlier.c.consumer == delivery.c.consumer,
        earlier.c.lane == delivery.c.lane,
        earlier.c.outbox_id < delivery.c.outbox_id,
        earlier.c.state.in_(("waiting", "running", "failed")),
    )
    due = and_(delivery.c.state.in_(("waiting", "failed")), delivery.c.run_after <= now)
    abandoned = and_(delivery.c.state == "running", delivery.c.lease_until < now)
    chosen = (
        select(delivery.c.id)
        .where(delivery.c.consumer.in_(list(by_name)), or_(due, abandoned))
        .where(or_(delivery.c.consumer.not_in(ordered), ~blocked))
        .order_by(delivery.c.outbox_id, delivery.c.lane)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(delivery)
        .where(delivery.c.id.in_(chosen.scalar_subquery()))
        .values(state="running", leased_by=holder, lease_until=now + LEASE, attempts=delivery.c.attempts + 1)
        .returning(delivery.c.id, delivery.c.outbox_id, delivery.c.consumer, delivery.c.lane)
    )
    taken = connection.execute(statement).all()
    numbers = {row.outbox_id for row in taken}
    found = connection.execute(select(outbox).where(outbox.c.id.in_(numbers))).mappings()
    rows = {row["id"]: dict(row) for row in found}
    taken = sorted(taken, key=lambda row: (row.outbox_id, row.lane))
    return [(by_name[row.consumer], _event(row, rows[row.outbox_id], by_name[row.consumer])) for row in taken]


def _event(row: Any, source: Mapping[str, Any], consumer: Consumer) -> Event:
    identifiers = tuple(UUID(identifier) for identifier in source["record_ids"])
    if consumer.ordered:
        identifiers = tuple(identifier for identifier in identifiers if lane_of(identifier) == row.lane)
    return Event(
        delivery=row.id,
        outbox=row.outbox_id,
        unit=source["unit_id"],
        object_id=source["object_id"],
        event=source["event"],
        record_ids=identifiers,
        payload=source["payload"] or {},
        actor_kind=source["actor_kind"],
        actor_id=source["actor_id"],
        source=source["source"],
        release=source["release"],
        depth=source["depth"],
        created_at=source["created_at"],
    )


def deliver(site: Site, consumer: Consumer, event: Event, holder: UUID) -> bool:
    """Hand one claimed event to its consumer and record the outcome; return whether it went well."""
    try:
        if consumer.transactional:
            with site.writing() as connection:
                if _finish(connection, event, holder):
                    consumer.handle(site, connection, event)
            return True
        consumer.handle(site, None, event)
    except Exception as error:
        _failed(site, event, holder, error)
        return False
    with site.writing() as connection:
        _finish(connection, event, holder)
    return True


def _finish(connection: Connection, event: Event, holder: UUID) -> bool:
    """Mark a delivery done if ``holder`` still has it; a process that lost its lease must not act twice."""
    mine = and_(delivery.c.id == event.delivery, delivery.c.leased_by == holder, delivery.c.state == "running")
    values = {"state": "done", "finished_at": datetime.now(UTC), "error": None}
    return connection.execute(update(delivery).where(mine).values(values)).rowcount == 1


def _failed(site: Site, event: Event, holder: UUID, error: Exception) -> None:
    now = datetime.now(UTC)
    mine = and_(delivery.c.id == event.delivery, delivery.c.leased_by == holder)
    with site.writing() as connection:
        attempts = connection.execute(select(delivery.c.attempts).where(mine)).scalar()
        if attempts is None:
            return
        connection.execute(
            update(delivery)
            .where(mine)
            .values(
                state="dead" if attempts >= ATTEMPTS else "failed",
                run_after=now + RETRY * 2**attempts,
                error="".join(traceback.format_exception_only(error)).strip(),
                leased_by=None,
                lease_until=None,
            )
        )


def waiting(connection: Connection) -> dict[str, int]:
    """Return how many deliveries are not done, by state, and undispatched rows as ``new``."""
    over = delivery.c.state.in_(("done", "discarded"))
    states = select(delivery.c.state, func.count()).where(~over).group_by(delivery.c.state)
    counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(states)}
    new = select(func.count()).select_from(outbox).where(outbox.c.dispatched_at.is_(None))
    return {**counts, "new": connection.execute(new).scalar_one()}
