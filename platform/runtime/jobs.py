"""Jobs: work that outlives a request, kept in a table with progress, leases and retries; not the loop that runs them.

A job is enqueued in the transaction that asks for it, so it exists exactly when that commits. It is claimed
with a lease that the handler's progress reports renew; a job whose process died is claimed again when the lease
ends. Handlers must therefore be able to resume: they keep where they are in :meth:`Running.checkpoint`. A job whose
processes die again and again without a checkpoint is given up, so that it cannot take down every worker for ever.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, exists, insert, or_, select, update

from formline.errors import FormlineError
from formline.runtime.keys import uuid7
from formline.runtime.notifications import Notice, notify
from formline.runtime.tables import job

if TYPE_CHECKING:
    from formline.runtime.site import Site

#: How long a claimed job may be silent before another process takes it.
LEASE = timedelta(seconds=30)
#: Waiting time before attempt n + 1 is ``RETRY * 2 ** n``.
RETRY = timedelta(seconds=2)

Handler = Callable[["Running"], Any]
_handlers: dict[str, Handler] = {}
#: Kinds whose end is told to who asked for them, with what they are called in words of the definitions' language.
_announced: set[str] = set()
#: Kinds that may take minutes: a worker runs one at a time, and short ones beside it.
_long: set[str] = set()


class JobCancelled(Exception):
    """Raised inside a handler by its next progress report after somebody cancelled the job."""


class UnknownJobError(FormlineError):
    """There is no handler for a job of this kind in this process."""

    code = "job_kind"


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table; ``state`` is waiting, running, done, failed, cancelled or discarded."""

    id: UUID
    kind: str
    args: Mapping[str, Any]
    state: str
    progress: int
    total: int | None
    message: str | None
    result: Any
    error: str | None
    attempts: int
    max_attempts: int
    created_at: datetime
    created_by: UUID | None
    started_at: datetime | None
    finished_at: datetime | None


def handler(kind: str, *, announce: bool = False, long: bool = False) -> Callable[[Handler], Handler]:
    """Register the function that runs jobs of ``kind``; its return value (JSON) is the job's result.

    ``announce``: whoever asked for the job gets a notice when it ends; its args hold a ``name`` for people.
    ``long``: it may take minutes, so short jobs such as mails go on beside it in the same worker.
    """

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        (_announced.add if announce else _announced.discard)(kind)
        (_long.add if long else _long.discard)(kind)
        return function

    return register


def enqueue(
    connection: Connection,
    kind: str,
    args: Mapping[str, Any],
    *,
    created_by: UUID | None = None,
    unique_key: str | None = None,
    run_after: datetime | None = None,
    priority: int = 0,
    max_attempts: int = 5,
) -> UUID:
    """Add a job in the caller's transaction and return its id.

    ``args`` is JSON. With ``unique_key``, a job of that key that still waits is returned instead of a second one.
    """
    if unique_key is not None:
        waiting = select(job.c.id).where(job.c.unique_key == unique_key, job.c.state == "waiting")
        found: UUID | None = connection.execute(waiting).scalar()
        if found is not None:
            return found
    now = datetime.now(UTC)
    identifier = uuid7()
    connection.execute(
        insert(job).values(
            id=identifier,
            kind=kind,
            args=dict(args),
            state="waiting",
            unique_key=unique_key,
            priority=priority,
            max_attempts=max_attempts,
            run_after=run_after or now,
            created_at=now,
            created_by=created_by,
        )
    )
    return identifier


def get(connection: Connection, identifier: UUID) -> Job | None:
    """Return a job, whoever it belongs to; the caller decides who may see it."""
    row = connection.execute(select(job).where(job.c.id == identifier)).mappings().first()
    return _job(row) if row else None


def of_user(connection: Connection, user_id: UUID, limit: int = 50) -> list[Job]:
    """Return a person's newest jobs first."""
    statement = select(job).where(job.c.created_by == user_id).order_by(job.c.created_at.desc()).limit(limit)
    return [_job(row) for row in connection.execute(statement).mappings()]


def cancel(connection: Connection, identifier: UUID) -> bool:
    """Cancel a waiting job at once, ask a running one to stop; return whether there was anything to cancel."""
    now = datetime.now(UTC)
    waiting = update(job).where(job.c.id == identifier, job.c.state == "waiting")
    if connection.execute(waiting.values(state="cancelled", finished_at=now)).rowcount:
        return True
    running = update(job).where(job.c.id == identifier, job.c.state == "running")
    return connection.execute(running.values(cancel_requested=True)).rowcount == 1


def is_long(kind: str) -> bool:
    """Return whether jobs of a kind may take minutes."""
    return kind in _long


def any_due(connection: Connection, now: datetime, *, short: bool = False) -> bool:
    """Return whether there is a job to claim, without taking a lock; ``short``: among the short ones."""
    return bool(connection.execute(select(exists().where(_due(now, short)))).scalar())


def _due(now: datetime, short: bool) -> ColumnElement[bool]:
    waits = and_(job.c.state == "waiting", job.c.run_after <= now)
    abandoned = and_(job.c.state == "running", job.c.lease_until < now)
    either = or_(waits, abandoned)
    return and_(either, job.c.kind.not_in(sorted(_long))) if short else either


def claim(connection: Connection, holder: UUID, now: datetime, limit: int = 1, *, short: bool = False) -> list[Job]:
    """Take up to ``limit`` jobs that are due, or whose process fell silent, for ``holder``: the most urgent first.

    One statement on both databases; on PostgreSQL rows that another process is claiming are passed over. ``short``
    leaves out kinds that may take minutes.
    """
    chosen = (
        select(job.c.id)
        .where(_due(now, short))
        .order_by(job.c.priority.desc(), job.c.run_after, job.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _take(connection, job.c.id.in_(chosen.scalar_subquery()), holder, now)


def claim_one(connection: Connection, identifier: UUID, holder: UUID, now: datetime) -> Job | None:
    """Take one job that waits, due or not, or whose process fell silent; None where there is nothing to take."""
    free = or_(job.c.state == "waiting", and_(job.c.state == "running", job.c.lease_until < now))
    taken = _take(connection, and_(job.c.id == identifier, free), holder, now)
    return taken[0] if taken else None


def _take(connection: Connection, which: ColumnElement[bool], holder: UUID, now: datetime) -> list[Job]:
    statement = (
        update(job)
        .where(which)
        .values(state="running", leased_by=holder, lease_until=now + LEASE, attempts=job.c.attempts + 1, started_at=now)
        .returning(job)
    )
    return [_job(row) for row in connection.execute(statement).mappings().all()]


@dataclass
class Running:
    """A claimed job as its handler sees it."""

    site: Site
    job: Job
    holder: UUID
    _last: datetime = field(default_factory=lambda: datetime.now(UTC))

    def report(
        self, progress: int, total: int | None = None, message: str | None = None, *, force: bool = False
    ) -> None:
        """Say how far the work is and renew the lease; at most one write a second unless ``force``.

        Raises:
            JobCancelled: somebody asked for it, or another process owns the job by now.
        """
        now = datetime.now(UTC)
        if not force and now - self._last < timedelta(seconds=1):
            return
        self._last = now
        with self.site.writing() as connection:
            self.checkpoint(connection, progress=progress, total=total, message=message)

    def checkpoint(
        self,
        connection: Connection,
        *,
        progress: int,
        total: int | None = None,
        message: str | None = None,
        state: Any = None,
    ) -> None:
        """Write progress, and where to resume (``state``, JSON), in the transaction of the work itself.

        So the work of a batch and the note that it is done commit together or not at all.
        """
        now = datetime.now(UTC)
        values: dict[str, Any] = {"progress": progress, "lease_until": now + LEASE}
        values |= {"total": total} if total is not None else {}
        values |= {"message": message} if message is not None else {}
        # What gets on is no failing job, however often its process is killed: its attempts count from here.
        values |= {"result": state, "attempts": 1} if state is not None else {}
        mine = and_(job.c.id == self.job.id, job.c.leased_by == self.holder, job.c.state == "running")
        statement = update(job).where(mine).values(values).returning(job.c.cancel_requested)
        row = connection.execute(statement).first()
        if row is None or row.cancel_requested:
            raise JobCancelled


def run(site: Site, claimed: Job, holder: UUID) -> None:
    """Run a claimed job to its end and record the outcome; never raises for the handler's sake."""
    if claimed.attempts > claimed.max_attempts:
        text = f"The process of this job ended {claimed.max_attempts} times without getting on."
        _end(site, claimed, holder, state="failed", error=text)
        return
    running = Running(site, claimed, holder)
    try:
        function = _handlers.get(claimed.kind)
        if function is None:
            raise UnknownJobError(
                f"No handler for jobs of kind {claimed.kind!r}.", hint="start a worker of this version"
            )
        result = function(running)
    except JobCancelled:
        _end(site, claimed, holder, state="cancelled")
    except FormlineError as error:
        _end(site, claimed, holder, state="failed", error=error.message)
    except Exception as error:
        _retry_or_fail(site, claimed, holder, error)
    else:
        _end(site, claimed, holder, state="done", result=result, error=None)


def _retry_or_fail(site: Site, claimed: Job, holder: UUID, error: Exception) -> None:
    text = "".join(traceback.format_exception_only(error)).strip()
    if claimed.attempts >= claimed.max_attempts:
        _end(site, claimed, holder, state="failed", error=text)
        return
    later = datetime.now(UTC) + RETRY * 2**claimed.attempts
    with site.writing() as connection:
        connection.execute(
            update(job)
            .where(job.c.id == claimed.id, job.c.leased_by == holder)
            .values(state="waiting", run_after=later, error=text, leased_by=None, lease_until=None)
        )


def _end(site: Site, claimed: Job, holder: UUID, **values: Any) -> None:
    now = datetime.now(UTC)
    with site.writing() as connection:
        mine = update(job).where(job.c.id == claimed.id, job.c.leased_by == holder)
        ended = connection.execute(mine.values(finished_at=now, leased_by=None, lease_until=None, **values)).rowcount
        if ended and claimed.kind in _announced and claimed.created_by and values["state"] != "cancelled":
            told = {"name": claimed.args.get("name", claimed.kind)}
            kind = "job_done" if values["state"] == "done" else "job_failed"
            notice = Notice(kind, (claimed.created_by,), values=told, url=f"/jobs/{claimed.id}")
            notify(connection, [notice], actor_id=None, now=now)


_FIELDS = tuple(Job.__dataclass_fields__)


def _job(row: RowMapping) -> Job:
    return Job(**{name: row[name] for name in _FIELDS})
