"""Claiming, assigning and returning records: who may, and that exactly one of two who want the same record gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import AccessDeniedError, ConflictError, NotFoundError
from formline.runtime.access.grants import event
from formline.runtime.unit import Change
from formline.workflow.pools import storage
from formline.workflow.pools.definition import Pool, pools_of
from formline.workflow.pools.keeping import WAYS, Way
from formline.workflow.pools.people import is_administrator, is_member, member_named
from formline.workflow.pools.survey import homes

if TYPE_CHECKING:
    from formline.runtime.unit import Unit

#: Records that one click moves at most.
MOST = 100


def claim(unit: Unit, pool: Pool, ids: Sequence[UUID]) -> None:
    """Make the actor the owner of records that wait in a pool: all of them or none.

    Raises:
        NotFoundError: the actor is no member. ConflictError: somebody else was quicker.
        ValidationError: a limit of the pool.
    """
    if not is_member(unit.connection, unit.release, unit.actor, pool) or unit.actor.user_id is None:
        raise NotFoundError
    _give(unit, pool, ids, unit.actor.user_id, "claimed")


def assign(unit: Unit, pool: Pool, ids: Sequence[UUID], to: UUID) -> None:
    """Give records of a pool to a member; the limits on what one owns hold, the wait of a former owner does not.

    Raises:
        AccessDeniedError: the actor is no administrator of the pool. NotFoundError: ``to`` is no member.
        ConflictError: a record waits there no more. ValidationError: a limit of the pool.
    """
    if not is_administrator(unit.connection, unit.release, unit.actor, pool):
        raise AccessDeniedError(f"Only administrators of {pool.label} assign its records.")
    member_named(unit.connection, unit.release, to, pool)
    _give(unit, pool, ids, to, "assigned")


def put_back(unit: Unit, object_name: str, ids: Sequence[UUID], reason: str = "") -> dict[UUID, Pool]:
    """Put records into the pools they belong to; return which.

    Their owner may, and an administrator of the pool.

    Raises:
        NotFoundError: the actor cannot read one. AccessDeniedError: it is somebody else's.
        ConflictError: no pool takes one, or it has no owner.
    """
    plan = unit.plan(object_name)
    wanted = list(dict.fromkeys(ids))
    held = unit.hold(object_name, wanted)
    found = homes(unit.connection, unit.release, object_name, wanted)
    of = {pool.name: pool for pool in pools_of(unit.release, object_name)}
    administered = {n for n, pool in of.items() if is_administrator(unit.connection, unit.release, unit.actor, pool)}
    readable = unit.permitted(plan, wanted, "read")
    for key in wanted:
        home = found.get(key)
        rules_it = home is not None and home.pool.name in administered
        if key not in held or (key not in readable and not rules_it):
            raise NotFoundError
        if held[key]["owner"] is None:
            raise ConflictError(f"This {plan.object.label} has no owner.", code="pool_no_owner")
        if held[key]["owner"] != unit.actor.user_id and not rules_it:
            raise AccessDeniedError("Only its owner and administrators of the pool put a record back.")
        if home is None:
            raise ConflictError(f"No pool takes this {plan.object.label}.", code="no_pool")
    release(unit, object_name, wanted, "returned")
    for key in wanted:
        event(unit, "pool_returned", object_name, key, reason=reason)
    return {key: found[key].pool for key in wanted}


def release(unit: Unit, object_name: str, ids: Sequence[UUID], way: Way) -> None:
    """Take the owner from records the caller has checked; the hook lets them into their pools."""
    _go(unit, object_name, ids, way, {"owner": None})


def _give(unit: Unit, pool: Pool, ids: Sequence[UUID], to: UUID, way: Way) -> None:
    wanted = list(dict.fromkeys(ids))
    held = unit.hold(pool.object, wanted)  # who comes second waits here, and finds no entry
    plan = unit.plan(pool.object)
    entries = storage.entries(unit.connection, plan.model.object_id, wanted)
    for key in wanted:
        entry = entries.get(key)
        if key not in held or entry is None or entry["pool"] != pool.name or held[key]["owner"] is not None:
            message = f"This {plan.object.label} is not in the pool any more: somebody else was quicker."
            raise ConflictError(message, code="pool_taken")
    _go(unit, pool.object, wanted, way, {"owner": to})
    for key in wanted:
        event(unit, f"pool_{way}", pool.object, key, to=str(to), pool=pool.name)


def _go(unit: Unit, object_name: str, ids: Sequence[UUID], way: Way, values: Mapping[str, Any]) -> None:
    unit.extras.setdefault(WAYS, {}).update(dict.fromkeys(ids, way))
    with unit.as_platform():  # the pool gives the right: nobody needs it on a record they cannot read
        unit.update(object_name, [Change(key, values) for key in ids])
