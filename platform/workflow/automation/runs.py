"""The rows of runs: writing what happened to each record, and finding what ran already; no action runs here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from formline.runtime.keys import uuid7
from formline.runtime.tables import automation_run
from formline.workflow.actions.running import MOST_STEPS, Story

_c = automation_run.c
#: (origin, record id as text) of each run that led to another, the first one in front.
Chain = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """What set a list off. ``key`` makes it happen once; ``input`` is what a button was given.

    ``actor_kind`` and ``actor_id``: who caused it; ``depth``: how many runs led here, ``chain`` which. ``again``: how
    often it was tried before.
    """

    key: str
    trigger: str
    actor_kind: str
    actor_id: UUID | None
    depth: int = 0
    chain: Chain = ()
    input: Mapping[str, Any] = field(default_factory=dict)
    again: int = 0


@dataclass(slots=True)
class Line:
    """What becomes one row. ``state``: done, skipped, stopped, failed, waiting."""

    origin: str
    object_id: int
    record_id: UUID
    cause: Cause
    run_as: str
    state: str = "done"
    trace: Sequence[Mapping[str, Any]] = ()
    error: str | None = None
    unit_id: UUID | None = None
    milliseconds: int = 0
    wake_at: datetime | None = None
    rest: Mapping[str, Any] | None = None
    attempts: int = 1
    id: UUID = field(default_factory=uuid7)

    def tell(self, story: Story, unit_id: UUID) -> None:
        """Take over what happened."""
        self.state = story.ended or "done"
        self.trace, self.error, self.unit_id = steps_of(story), story.note or None, unit_id


def known(connection: Connection, origin: str, cause: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the states of the runs that a cause has had, by record."""
    mine = (_c.origin == origin) & (_c.cause == cause) & _c.record_id.in_(list(ids))
    return {row.record_id: row.state for row in connection.execute(select(_c.record_id, _c.state).where(mine))}


def write(connection: Connection, lines: Sequence[Line], now: datetime) -> None:
    """Write the rows of runs, each for the first time: one statement."""
    if lines:
        connection.execute(insert(automation_run), [{"id": line.id, **_row(line, now)} for line in lines])


def _row(line: Line, now: datetime) -> dict[str, Any]:
    cause = line.cause
    return {
        "origin": line.origin,
        "object_id": line.object_id,
        "record_id": line.record_id,
        "cause": cause.key,
        "trigger": cause.trigger,
        "state": line.state,
        "actor_kind": cause.actor_kind,
        "actor_id": cause.actor_id,
        "run_as": line.run_as,
        "depth": cause.depth,
        "chain": [list(one) for one in cause.chain],
        "unit_id": line.unit_id,
        "error": line.error,
        "trace": list(line.trace),
        "attempts": max(line.attempts, cause.again + 1),
        "at": now,
        "milliseconds": line.milliseconds,
        "wake_at": line.wake_at,
        "rest": None if line.rest is None else dict(line.rest),
    }


def remove_failed(connection: Connection, origin: str, cause: str, ids: Collection[UUID]) -> None:
    """Remove the rows of failed runs that were tried again: the new ones take their place in the same transaction."""
    mine = (_c.origin == origin) & (_c.cause == cause) & _c.record_id.in_(list(ids)) & (_c.state == "failed")
    connection.execute(delete(automation_run).where(mine))


def rewrite(connection: Connection, identifier: UUID, line: Line, now: datetime) -> None:
    """Replace the row of a run that was tried again, or went on."""
    connection.execute(update(automation_run).where(_c.id == identifier).values(**_row(line, now)))


def chain_of(connection: Connection, unit_id: UUID) -> Chain:
    """Return the runs that led to a unit, the last one its own; nothing where no run wrote it."""
    found = select(_c.chain, _c.origin, _c.record_id).where(_c.unit_id == unit_id).order_by(_c.id).limit(1)
    row = connection.execute(found).one_or_none()
    if row is None:
        return ()
    return (*((str(origin), str(key)) for origin, key in row.chain), (str(row.origin), str(row.record_id)))


def steps_of(story: Story) -> list[dict[str, Any]]:
    """Return the steps of a story as they are kept; where there were too many, the last says how many more."""
    steps = list(story.steps)
    if story.more:
        steps[MOST_STEPS - 1 :] = [{"do": "more", "count": story.more + 1}]
    return steps


def forget(connection: Connection, before: datetime, skipped_before: datetime) -> int:
    """Remove old rows: those that were skipped sooner; return how many. What waits or failed stays."""
    old = (_c.at < before) & _c.state.in_(("done", "stopped"))
    gone = connection.execute(delete(automation_run).where(old)).rowcount
    skipped = (_c.at < skipped_before) & (_c.state == "skipped")
    return int(gone + connection.execute(delete(automation_run).where(skipped)).rowcount)
