"""The write pipeline's hook of pools: whatever changes an owner, on every path, keeps entries, ownership and limits.

Forms, the API, imports, bulk changes, transfers and jobs all write through the unit, so there is no way around it.
Only what the platform itself does (recycling) is not limited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from formline.runtime.unit import hooks
from formline.runtime.unit.draft import Draft
from formline.workflow.pools import limits, storage
from formline.workflow.pools.definition import Pool, pools_of
from formline.workflow.pools.storage import Gain, Row
from formline.workflow.pools.survey import Home, homes

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.plan import WritePlan

#: Under this name a unit keeps how records come into and out of pools: record id -> way.
WAYS = "pool ways"
Way = Literal["claimed", "assigned", "by_rule", "returned", "recycled"]
#: Somebody who gets a record back from a colleague within this time goes on with the time they had.
BACK_WITHIN = timedelta(days=30)


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Watch objects that have pools, and no others."""
    return (keep,) if phase == "written" and pools_of(release, object_name) else ()


@dataclass(frozen=True, slots=True)
class Move:
    """A record whose owner changed. ``home`` is its pool; ``entry`` that it waited in one; ``past`` what is logged."""

    draft: Draft
    old: UUID | None
    new: UUID | None
    way: Way | None
    home: Home | None
    entry: Row | None
    past: Sequence[Row]

    @property
    def id(self) -> UUID:
        """The record."""
        return self.draft.id

    @property
    def pool(self) -> Pool | None:
        """The pool whose limits count."""
        return self.home.pool if self.home else None


def keep(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Note who gained and lost records, let ownerless ones into their pool, and hold people to the limits."""
    moved = [draft for draft in drafts if draft.is_new or draft.record.get("owner") != (draft.old or {}).get("owner")]
    if not moved:
        _follow(unit, plan, drafts)
        return
    object_id = plan.model.object_id
    known = [draft.id for draft in moved if not draft.is_new]
    entries = storage.entries(unit.connection, object_id, known)
    found = homes(unit.connection, unit.release, plan.name, [draft.id for draft in moved])
    since = unit.now - max(BACK_WITHIN, limits.longest_wait(pools_of(unit.release, plan.name)))
    past = storage.logged(unit.connection, object_id, known, since)
    ways: Mapping[UUID, Way] = unit.extras.get(WAYS, {})
    moves = [
        Move(
            draft,
            (draft.old or {}).get("owner"),
            draft.record.get("owner"),
            ways.get(draft.id),
            found.get(draft.id),
            entries.get(draft.id),
            past.get(draft.id, ()),
        )
        for draft in moved
    ]
    claimed = limits.check(unit, plan, [move for move in moves if move.new is not None])
    _write(unit, object_id, moves, claimed)


def _write(unit: Unit, object_id: int, moves: Sequence[Move], claimed: frozenset[UUID]) -> None:
    had = storage.owned_since(unit.connection, object_id, [move.id for move in moves if move.old is not None])
    rows: list[Row] = []
    gains: list[Gain] = []
    entering: list[Row] = []

    def note(move: Move, event: str, user: UUID | None, since: datetime | None = None) -> None:
        row = {"pool": move.pool.name if move.pool else "", "object_id": object_id, "record_id": move.id}
        rows.append({**row, "event": event, "user_id": user, "since": since, "at": unit.now})

    for move in moves:
        if move.old is not None:
            note(move, "lost", move.old, had.get(move.id, (move.draft.old or {}).get("created_at")))
        if move.new is not None:
            if not move.draft.is_new or move.draft.record["created_at"] != unit.now:  # else the record itself says it
                gains.append(Gain(move.id, move.new, _since(unit, move)))
            if move.id in claimed:
                note(move, "claimed", move.new)
            elif move.way in ("assigned", "by_rule"):
                note(move, "assigned", move.new)
        elif move.pool is not None and (move.way or move.draft.is_new):
            note(move, "entered", move.old)
            entry = {"object_id": object_id, "record_id": move.id, "pool": move.pool.name, "entered_at": unit.now}
            entering.append({**entry, "former_owner_id": move.old, "cause": move.way or "created"})
    storage.log(unit.connection, rows)
    storage.own(unit.connection, object_id, gains, [move.id for move in moves if move.new is None])
    storage.leave(unit.connection, object_id, [move.id for move in moves if move.entry is not None])
    storage.enter(unit.connection, entering)


def _since(unit: Unit, move: Move) -> datetime:
    """Return what deadlines of a new owner count from: a record lent to a colleague and back starts nothing anew."""
    if move.entry is not None or move.way is not None:
        return unit.now
    for row in reversed(move.past):
        if row["event"] == "entered" or row["at"] < unit.now - BACK_WITHIN:
            break
        if row["event"] == "lost" and row["user_id"] == move.new and row["since"] is not None:
            since: datetime = row["since"]
            return min(since, unit.now)
    return unit.now


def _follow(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Move records that wait to another pool where they fit that one by now."""
    free = [draft.id for draft in drafts if draft.record.get("owner") is None]
    entries = storage.entries(unit.connection, plan.model.object_id, free)
    if not entries:
        return
    found = homes(unit.connection, unit.release, plan.name, list(entries))
    changed = [
        {**row, "pool": found[key].pool.name}
        for key, row in entries.items()
        if key in found and found[key].pool.name != row["pool"]
    ]
    storage.enter(unit.connection, changed)
