"""Rows of approvals: instances, their log, tasks, copies and due times. What they mean is the engine's and shell's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection, Insert, bindparam, delete, func, insert, select, update
from sqlalchemy import case as case_when
from sqlalchemy.dialects import postgresql, sqlite

from formline.expressions.context import Dialect
from formline.runtime.keys import uuid7
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.release import Release
from formline.runtime.standing import StandingQuery, StandingStatement
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
    row = _locked(connection, key) if lock else _CASE.first(connection, {"key": key})
    if row is None:
        return None
    definition = definition_of(connection, release, row["version"])
    case = Case(
        row["id"],
        definition,
        row["version"],
        row["object_id"],
        row["record_id"],
        row["submitter_id"],
        row["submitted_at"],
        row["transition"] or "",
        row["proposal"],
        row["snapshot"],
        row["submitted"],
        row["choices"] or {},
        (row["parent_id"], tuple(row["parent_path"])) if row["parent_id"] else None,
    )
    for version, event in events_of(connection, key):
        # A migrated instance went on with another version from that event on.
        used = definition if version == row["version"] else definition_of(connection, release, version)
        case.state, _ = decide(used, case.state, event)
        case.log.append(event)
    return case if case.log else None  # what an erased record's approvals said is gone


_CASE = StandingQuery(lambda _: select(approval).where(approval.c.id == bindparam("key")))
_OUTERMOST = StandingQuery(
    lambda _: (
        select(approval).where(approval.c.id == bindparam("key"), approval.c.parent_id.is_(None)).with_for_update()
    )
)


def _locked(connection: Connection, key: UUID) -> dict[str, Any] | None:
    """Return the row of an instance, locked; what it is a part of is locked before it, as everybody does."""
    found = _OUTERMOST.first(connection, {"key": key})
    if found is not None:
        return found
    part = _CASE.first(connection, {"key": key})
    if part is None:
        return None
    _locked(connection, part["parent_id"])
    row = connection.execute(select(approval).where(approval.c.id == key).with_for_update()).mappings().one_or_none()
    return None if row is None else dict(row)


def events_of(connection: Connection, key: UUID) -> list[tuple[str, Event]]:
    """Return an instance's log: (version, event) in order."""
    return [(version, from_json(data)) for version, data in _LOG.rows(connection, {"key": key}) if data]


_LOG = StandingQuery(
    lambda _: (
        select(approval_event.c.version, approval_event.c.data)
        .where(approval_event.c.approval_id == bindparam("key"))
        .order_by(approval_event.c.revision)
    )
)


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
    _APPEND.run(connection, *rows)
    case.log += events


_APPEND = StandingStatement(
    lambda _: insert(approval_event).inline(),
    ("approval_id", "revision", "version", "at", "actor_id", "event", "data"),
)


def save_case(connection: Connection, case: Case, before: Instance, now: datetime) -> None:
    """Store what lists need of the state: status, and the tasks and copies that are others than ``before``."""
    values = {
        "key": case.id,
        "new_status": case.state.status,
        "new_revision": case.state.revision,
        "new_version": case.version,
        "new_proposal": case.proposal,
        "new_submitted": case.submitted,
        "new_failure": case.state.failure or None,
        "new_ended_at": now if case.state.ended else None,
    }
    _SAVE.run(connection, values)
    old, new = tasks_of(case, before, now), tasks_of(case, case.state, now)
    _KEEP_TASK.run(connection, *(row for key, row in new.items() if row != old.get(key)))
    fresh = [one for one in case.state.copied if one not in before.copied]
    _COPY.run(connection, *({"approval_id": case.id, "user_id": UUID(one), "at": now} for one in fresh))


_SAVE = StandingStatement(
    lambda _: (
        update(approval)
        .where(approval.c.id == bindparam("key"))
        .values(
            {
                approval.c[name]: bindparam(f"new_{name}")
                for name in ("status", "revision", "version", "proposal", "submitted", "failure", "ended_at")
            }
        )
    )
)


def _insert_into(dialect: Dialect) -> Any:
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


def _keep_task(dialect: Dialect) -> Insert:
    """Return the statement that writes a task: one that waited begins now, one that was done stays so."""
    c, made = approval_task.c, _insert_into(dialect)(approval_task)
    new = made.excluded
    kept: Insert = made.on_conflict_do_update(
        index_elements=[c.approval_id, c.ballot],
        set_={
            **{name: new[name] for name in ("step", "person_id", "state", "decision", "by_id")},
            "opened_at": case_when((c.state == "waiting", new.opened_at), else_=c.opened_at),
            "done_at": func.coalesce(new.done_at, c.done_at),
        },
    )
    return kept


_KEEP_TASK = StandingStatement(_keep_task, tuple(approval_task.c.keys()))
_COPY = StandingStatement(
    lambda dialect: _insert_into(dialect)(approval_copy).on_conflict_do_nothing(), tuple(approval_copy.c.keys())
)


def tasks_of(case: Case, state: Instance, now: datetime) -> dict[str, dict[str, Any]]:
    """Return the rows of the tasks of a state, by ballot."""
    live = state.status == "running"
    runs = (*state.past, *state.runs.values())
    return {ballot.id: _task(case, run, ballot, live, now) for run in runs for ballot in run.ballots}


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


class Running(NamedTuple):
    """An instance that has not ended, as who asks whether a record is in approval needs it."""

    id: UUID
    version: str
    record_id: UUID
    transition: str | None
    status: str
    submitter_id: UUID
    submitted_at: datetime


def running_on(connection: Connection, object_id: int, ids: Iterable[UUID]) -> dict[UUID, list[Running]]:
    """Return the instances that have not ended, by record; those that are parts of others are left out."""
    wanted = list(ids)
    dialect: Any = connection.dialect.name
    found: dict[UUID, list[Running]] = {}
    if not wanted:
        return found
    for row in _RUNNING.rows(connection, {"object": object_id, **bind_keys("records", wanted, dialect)}):
        running = Running._make(row)
        found.setdefault(running.record_id, []).append(running)
    return found


_RUNNING = StandingQuery(
    lambda dialect: select(*(approval.c[name] for name in Running._fields)).where(
        approval.c.object_id == bindparam("object"),
        in_keys(approval.c.record_id, "records", dialect),
        approval.c.ended_at.is_(None),
        approval.c.parent_id.is_(None),
    )
)


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
