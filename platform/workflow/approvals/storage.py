"""Rows of approvals: instances, their log, tasks, copies and due times. What they mean is the engine's and shell's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime.keys import uuid7
from formline.runtime.release import Release
from formline.runtime.tables import (
    approval,
    approval_copy,
    approval_event,
    approval_task,
    approval_timer,
    approval_version,
)
from formline.workflow.approvals.building import approval_from
from formline.workflow.approvals.definition import Approval
from formline.workflow.approvals.engine import decide
from formline.workflow.approvals.events import Event, from_json, to_json
from formline.workflow.approvals.reading import reads_of
from formline.workflow.approvals.state import CAST, START, Ballot, Instance, Path, Run


@dataclass(slots=True)
class Case:
    """One instance as stored, with the state its log leads to and the definition it is pinned to."""

    id: UUID
    definition: Approval
    version: str
    object_id: int
    record_id: UUID
    submitter_id: UUID
    submitted_at: datetime
    transition: str
    proposal: Mapping[str, Any]
    snapshot: Mapping[str, Any]
    submitted: Mapping[str, Any]
    choices: Mapping[str, Sequence[str]]
    #: The instance that this one is a part of, and the block in it.
    parent: tuple[UUID, Path] | None = None
    state: Instance = START
    log: list[Event] = field(default_factory=list)


def version_of(connection: Connection, definition: Approval, now: datetime) -> str:
    """Keep a definition's text, once, and return its hash."""
    key, text = hash_of(definition)
    row = {"hash": key, "name": definition.name, "data": orjson.loads(text), "created_at": now}
    kind = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(kind(approval_version).on_conflict_do_nothing(), row)
    return key


def hash_of(definition: Approval) -> tuple[str, bytes]:
    """Return the hash that names a version of a definition, and the text it is of."""
    text = orjson.dumps(_plain(definition.data), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest(), text


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def definition_of(connection: Connection, release: Release, version: str) -> Approval:
    """Return a version of a definition, its conditions read against the present release."""

    def load() -> Approval:
        row = connection.execute(select(approval_version).where(approval_version.c.hash == version)).one()
        return approval_from(row.name, row.data, reads_of(release.catalog, str(row.data["object"]), row.data))

    return release.memo(("approval version", version), load)


def insert_case(connection: Connection, case: Case) -> None:
    """Store a new instance without a log."""
    connection.execute(
        insert(approval),
        {
            "id": case.id,
            "name": case.definition.name,
            "version": case.version,
            "object_id": case.object_id,
            "record_id": case.record_id,
            "event": case.definition.guard.event,
            "transition": case.transition or None,
            "proposal": case.proposal,
            "snapshot": case.snapshot,
            "submitted": case.submitted,
            "choices": case.choices,
            "status": case.state.status,
            "revision": 0,
            "submitter_id": case.submitter_id,
            "submitted_at": case.submitted_at,
            "parent_id": case.parent[0] if case.parent else None,
            "parent_path": list(case.parent[1]) if case.parent else None,
        },
    )


def load_case(connection: Connection, release: Release, key: UUID, *, lock: bool = False) -> Case | None:
    """Return an instance, with ``lock`` against other decisions; None where there is none."""
    if lock:
        _lock_outer(connection, key)
    statement = select(approval).where(approval.c.id == key)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        return None
    definition = definition_of(connection, release, row.version)
    case = Case(
        row.id,
        definition,
        row.version,
        row.object_id,
        row.record_id,
        row.submitter_id,
        row.submitted_at,
        row.transition or "",
        row.proposal,
        row.snapshot,
        row.submitted,
        row.choices or {},
        (row.parent_id, tuple(row.parent_path)) if row.parent_id else None,
    )
    for version, event in events_of(connection, key):
        # A migrated instance went on with another version from that event on.
        used = definition if version == row.version else definition_of(connection, release, version)
        case.state, _ = decide(used, case.state, event)
        case.log.append(event)
    return case if case.log else None  # what an erased record's approvals said is gone


def _lock_outer(connection: Connection, key: UUID) -> None:
    """Lock the instances that one is a part of, the outermost first: everybody locks in this order."""
    outer = connection.execute(select(approval.c.parent_id).where(approval.c.id == key)).scalar_one_or_none()
    if outer is not None:
        _lock_outer(connection, outer)
        connection.execute(select(approval.c.id).where(approval.c.id == outer).with_for_update())


def events_of(connection: Connection, key: UUID) -> list[tuple[str, Event]]:
    """Return an instance's log: (version, event) in order."""
    c = approval_event.c
    rows = connection.execute(select(c.version, c.data).where(c.approval_id == key).order_by(c.revision))
    return [(row.version, from_json(row.data)) for row in rows if row.data]


def append(connection: Connection, case: Case, events: Sequence[Event]) -> None:
    """Add events to the log; the number of each is its revision, so no two can be the same."""
    rows = [
        {
            "approval_id": case.id,
            "revision": number,
            "version": case.version,
            "at": event.at,
            "actor_id": UUID(event.actor) if event.actor else None,
            "event": type(event).__name__,
            "data": to_json(event),
        }
        for number, event in enumerate(events, len(case.log) + 1)
    ]
    connection.execute(insert(approval_event), rows)
    case.log += events


def save_case(connection: Connection, case: Case, now: datetime) -> None:
    """Store what lists need of the state: status, tasks, copies."""
    values = {
        "status": case.state.status,
        "revision": case.state.revision,
        "version": case.version,
        "proposal": case.proposal,
        "submitted": case.submitted,
        "failure": case.state.failure or None,
        "ended_at": now if case.state.ended else None,
    }
    connection.execute(update(approval).where(approval.c.id == case.id).values(**values))
    _save_tasks(connection, case, now)
    known = select(approval_copy.c.user_id).where(approval_copy.c.approval_id == case.id)
    there = set(connection.execute(known).scalars())
    copied = [{"approval_id": case.id, "user_id": UUID(one), "at": now} for one in case.state.copied]
    fresh = [row for row in copied if row["user_id"] not in there]
    if fresh:
        connection.execute(insert(approval_copy), fresh)


def _save_tasks(connection: Connection, case: Case, now: datetime) -> None:
    c = approval_task.c
    kept = {row.ballot: row for row in connection.execute(select(approval_task).where(c.approval_id == case.id))}
    live = case.state.status == "running"
    rows: dict[str, dict[str, Any]] = {}
    for run in [*case.state.past, *case.state.runs.values()]:
        for ballot in run.ballots:
            rows[ballot.id] = _task(case, run, ballot, live, now)
    for key, row in rows.items():
        old = kept.get(key)
        if old is not None:
            row["opened_at"] = old.opened_at if old.state != "waiting" else row["opened_at"]
            row["done_at"] = row["done_at"] or old.done_at
    changed = [row for key, row in rows.items() if key not in kept or any(kept[key]._mapping[k] != row[k] for k in row)]
    if changed:
        connection.execute(
            delete(approval_task).where(c.approval_id == case.id, c.ballot.in_([row["ballot"] for row in changed]))
        )
        connection.execute(insert(approval_task), changed)


def _task(case: Case, run: Run, ballot: Ballot, live: bool, now: datetime) -> dict[str, Any]:
    state = "closed"
    if ballot.status in (*CAST, "returned"):
        state = "done"
    elif live and run.status == "open" and ballot.undecided:
        state = ballot.status
    person = ballot.consulted if state == "consulting" else ballot.person
    return {
        "approval_id": case.id,
        "ballot": ballot.id,
        "step": run.name,
        "person_id": UUID(person),
        "state": state,
        "decision": ballot.status if state == "done" else None,
        "by_id": UUID(ballot.by) if ballot.by else None,
        "opened_at": now,
        "done_at": ballot.at if state == "done" else None,
    }


def running_on(connection: Connection, object_id: int, ids: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """Return the instances that have not ended, by record; those that are parts of others are left out."""
    c = approval.c
    wanted = select(approval).where(
        c.object_id == object_id, c.record_id.in_(list(ids)), c.ended_at.is_(None), c.parent_id.is_(None)
    )
    found: dict[UUID, list[Any]] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.record_id, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Timer:
    """A due time of the ``number``-th run of a step."""

    id: UUID
    approval_id: UUID
    path: tuple[str, ...]
    number: int


def due_timers(connection: Connection, now: datetime, limit: int) -> list[Timer]:
    """Return timers that are due, the longest first."""
    c = approval_timer.c
    rows = connection.execute(select(approval_timer).where(c.due_at <= now).order_by(c.due_at, c.id).limit(limit))
    return [Timer(row.id, row.approval_id, tuple(row.path), row.number) for row in rows]


def take_timer(connection: Connection, timer: Timer) -> bool:
    """Remove a timer; return whether it was still there."""
    gone = connection.execute(delete(approval_timer).where(approval_timer.c.id == timer.id))
    return bool(gone.rowcount)


def put_off(connection: Connection, timer: Timer, until: datetime) -> None:
    """Let a timer be due later."""
    mine = approval_timer.c.id == timer.id
    connection.execute(update(approval_timer).where(mine).values(due_at=until))


def add_timer(connection: Connection, case: Case, path: Sequence[str], number: int, due_at: datetime) -> None:
    """Remember when a run is due."""
    row = {"id": uuid7(), "approval_id": case.id, "path": list(path), "number": number, "due_at": due_at}
    connection.execute(insert(approval_timer), row)
