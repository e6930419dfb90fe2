"""The limits of pools: how many records one person owns and claims, and how long a former owner waits.

Counted under a lock of the person, after the rows were written: two claims at once cannot both take the last place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from formline.workflow.pools import storage
from formline.workflow.pools.definition import Pool
from formline.workflow.pools.people import is_administrator
from formline.workflow.pools.survey import owned

if TYPE_CHECKING:
    from formline.runtime.unit import Unit
    from formline.runtime.unit.plan import WritePlan
    from formline.workflow.pools.keeping import Move


def longest_wait(pools: Sequence[Pool]) -> timedelta:
    """Return the longest time that a former owner waits."""
    return max((pool.limits.previous_owner_waits or timedelta() for pool in pools), default=timedelta())


def day_start(unit_now: datetime, zone: object) -> datetime:
    """Return the first moment of the site's day."""
    local = unit_now.astimezone(zone)  # type: ignore[arg-type]  # a tzinfo
    return datetime.combine(local.date(), time.min, local.tzinfo)


def check(unit: Unit, plan: WritePlan, gains: Sequence[Move]) -> frozenset[UUID]:
    """Note a finding at each record that its new owner may not have; return those that count as claimed."""
    by_pool: dict[str, tuple[Pool, list[Move]]] = {}
    for move in gains:
        if move.pool is not None and move.way != "by_rule":  # definitions decide there, with a capacity of their own
            by_pool.setdefault(move.pool.name, (move.pool, []))[1].append(move)
    if not unit.actor.is_system:
        pairs = [(pool.name, move.new) for pool, moves in by_pool.values() for move in moves if move.new is not None]
        storage.lock_people(unit.connection, pairs)
    claimed: set[UUID] = set()
    for pool, moves in by_pool.values():
        administrator = is_administrator(unit.connection, unit.release, unit.actor, pool)
        taken = [move for move in moves if _is_claim(unit, move, administrator)]
        claimed |= {move.id for move in taken}
        if not unit.actor.is_system:
            _check_owned(unit, plan, pool, moves)
            _check_claims(unit, pool, taken)
            _check_wait(unit, pool, moves, administrator)
    return frozenset(claimed)


def _is_claim(unit: Unit, move: Move, administrator: bool) -> bool:
    """A record claimed today and handed on counts for who gets it, too: others cannot claim on one's behalf."""
    if move.way is not None:
        return move.way == "claimed"
    if administrator or move.draft.is_new:
        return False
    start = day_start(unit.now, unit.zone)
    return any(row["event"] == "claimed" and row["at"] >= start for row in move.past)


def _check_owned(unit: Unit, plan: WritePlan, pool: Pool, moves: Sequence[Move]) -> None:
    most = pool.limits.owned
    counted = [move for move in moves if move.home is not None and move.home.counted]
    if most is None or not counted:
        return
    now = owned(unit.connection, unit.release, pool, {move.new for move in counted if move.new is not None})
    full = [move for move in counted if now.get(move.new or move.id, 0) > most]
    left = _who_left(unit, {move.old for move in full if move.old is not None})
    for move in full:
        if move.old not in left:  # what somebody leaves behind has to go to somebody
            message = f"{pool.label}: one person has {most} {plan.object.plural} at most."
            unit.findings.add(move.draft, "owner", "pool_full", message)


def _who_left(unit: Unit, people: set[UUID]) -> set[UUID]:
    """Return those who do not sign in any more."""
    model = unit.release.model("user")
    if not people or "active" not in model.by_key:
        return set()
    gone = select(model.id).where(model.id.in_(sorted(people)), model.column("active").is_(False))
    return set(unit.connection.execute(gone).scalars())


def _check_claims(unit: Unit, pool: Pool, taken: Sequence[Move]) -> None:
    most = pool.limits.claims_per_day
    if most is None or not taken:
        return
    more = Counter(move.new for move in taken if move.new is not None)
    before = storage.claims(unit.connection, pool.name, list(more), day_start(unit.now, unit.zone))
    for move in taken:
        if move.new is not None and before.get(move.new, 0) + more[move.new] > most:
            message = f"{pool.label}: one person claims {most} a day at most."
            unit.findings.add(move.draft, "owner", "pool_claims", message)


def _check_wait(unit: Unit, pool: Pool, moves: Sequence[Move], administrator: bool) -> None:
    """A former owner whose record came into the pool waits; only an administrator gives it to them before."""
    waits = pool.limits.previous_owner_waits
    if waits is None:
        return
    for move in moves:
        if administrator and move.new != unit.actor.user_id:
            continue
        lost = [row["at"] for row in move.past if row["event"] == "lost" and row["user_id"] == move.new]
        entered = [row["at"] for row in move.past if row["event"] == "entered"]
        ends = [at + waits for at in lost if at + waits > unit.now and any(each >= at for each in entered)]
        if ends:
            day = max(ends).astimezone(unit.zone).date().isoformat()
            message = f"{pool.label}: who had it before can have it again from {day}."
            unit.findings.add(move.draft, "owner", "pool_waits", message)
