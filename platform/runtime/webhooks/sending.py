"""Sending messages to integrations: one job per attempt, tried again ever later, and a pause where nothing helps.

A message is sent at least once; its id, the same at every attempt, lets a receiver know one that comes twice. Neither
the answer's body nor any address or secret is kept or logged.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from formline.errors import AccessDeniedError
from formline.runtime import jobs, periodic
from formline.runtime.notifications import Notice, notify
from formline.runtime.outbound import Outbound, OutboundError
from formline.runtime.tables import sent
from formline.runtime.webhooks import bindings
from formline.runtime.webhooks.connectors import Connector, Request, Target, connectors_of
from formline.runtime.webhooks.contents import message_of
from formline.runtime.webhooks.telling import KIND

if TYPE_CHECKING:
    from formline.catalog.integrations import Integration
    from formline.runtime.jobs import Running
    from formline.runtime.site import Site
    from formline.runtime.webhooks.bindings import Binding

#: How long after each failed attempt the next one is; after the last a message has failed.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)
#: So many failures one after the other, over at least so long, pause an integration.
PAUSE_FAILURES, PAUSE_AFTER = 10, timedelta(hours=6)
#: The answer of an address that wants nothing ever again.
GONE = 410
KEPT = timedelta(days=30)
_log = logging.getLogger("formline.integrations")
_columns = sent.c


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended.

    ``error`` is "" where it was taken, else not_taken, unreachable, address_refused, account_ended, no_connector,
    connector_failed or not_defined.
    """

    error: str = ""
    status: int | None = None
    milliseconds: int = 0


@jobs.handler(KIND)
def run(running: Running) -> None:
    """Send one message, unless it was sent, is not due, or its integration is paused."""
    site = running.site
    identifier = UUID(str(running.job.args["message"]))
    now = datetime.now(UTC)
    with site.reading() as connection:
        row = connection.execute(select(sent).where(_columns.id == identifier)).mappings().first()
        if row is None or row["state"] != "waiting":
            return
        binding = bindings.find(connection, site.keys, row["integration"])
        told = _definition(site, row["integration"])
        if binding is None or not binding.active:
            prepared: Request | str | None = "held"
        else:
            prepared = _prepared(site, connection, told, row, binding, now)
    if isinstance(prepared, Request):
        connector = connectors_of(site)[told.connector] if told else None
        _note(site, identifier, _post(site, connector, prepared), now)
    elif prepared is None or prepared == "held":
        _end(site, identifier, "held" if prepared else "nothing", now)
    else:
        _note(site, identifier, Outcome(prepared), now)


def _definition(site: Site, name: str) -> Integration | None:
    catalog = site.release.catalog
    return catalog.get("integration", name) if catalog.has("integration", name) else None


def _prepared(
    site: Site, connection: Connection, told: Integration | None, row: Any, binding: Binding, now: datetime
) -> Request | str | None:
    """Return the request; None where there is nothing its account may read; a word where it cannot be made."""
    if told is None or not told.out:
        return "not_defined"
    connector = connectors_of(site).get(told.connector)
    if connector is None:
        return "no_connector"
    try:
        message = message_of(site, connection, told, row, binding.user_id, now)
    except AccessDeniedError:
        return "account_ended"
    if message is None:
        return None
    try:
        return connector.prepare(message, Target(binding.address, binding.live(now)))
    except Exception:  # a plug-in's mistake: the message must not wait for good without anybody knowing
        _log.exception("%s: the connector %s fails", told.name, connector.name)
        return "connector_failed"


def _post(site: Site, connector: Connector | None, request: Request) -> Outcome:
    began = time.monotonic()
    try:
        answer = Outbound.of(site.settings).request("POST", request.url, headers=request.headers, body=request.body)
    except OutboundError as error:
        return Outcome(
            "address_refused" if error.code == "outbound_refused" else "unreachable",
            None,
            round((time.monotonic() - began) * 1000),
        )
    spent = round((time.monotonic() - began) * 1000)
    taken = connector is not None and connector.accepted(answer)
    return Outcome("" if taken else "not_taken", answer.status, spent)


def _note(site: Site, identifier: UUID, outcome: Outcome, now: datetime) -> None:
    """Keep how an attempt ended, with what follows from it, in one transaction."""
    with site.writing() as connection:
        row = connection.execute(select(sent).where(_columns.id == identifier).with_for_update()).mappings().one()
        if row["state"] != "waiting":
            return
        attempts = row["attempts"] + 1
        values: dict[str, Any] = {
            "attempts": attempts,
            "status": outcome.status,
            "error": outcome.error or None,
            "milliseconds": outcome.milliseconds,
        }
        if not outcome.error:
            values |= {"state": "done", "ended_at": now}
            bindings.note_success(connection, row["integration"])
        elif attempts > len(WAITS):
            values |= {"state": "failed", "ended_at": now}
        else:
            values |= {"due_at": now + WAITS[attempts - 1]}
            jobs.enqueue(connection, KIND, {"message": str(identifier)}, run_after=values["due_at"])
        connection.execute(update(sent).where(_columns.id == identifier).values(values))
        if outcome.error:
            _log.warning("%s: message %s: %s", row["integration"], identifier, outcome.error)
            _count_failure(site, connection, row["integration"], outcome, now)


def _count_failure(site: Site, connection: Connection, name: str, outcome: Outcome, now: datetime) -> None:
    """Pause an integration that is gone, or has failed often enough for long enough, and tell who set it up."""
    binding = bindings.find(connection, site.keys, name)
    if binding is None:
        return
    long = binding.failing_since is not None and now - binding.failing_since >= PAUSE_AFTER
    failing = long and binding.failures + 1 >= PAUSE_FAILURES
    reason = "gone" if outcome.status == GONE else "failing" if failing else ""
    bindings.note_failure(connection, name, now, reason)
    if reason and binding.active and binding.changed_by is not None:
        told = _definition(site, name)
        values = {"name": told.label if told else name}
        url = f"/integrations/connections/{name}"
        notice = Notice("integration_paused", [binding.changed_by], values=values, url=url)
        notify(connection, [notice], actor_id=None, now=now)


def _end(site: Site, identifier: UUID, state: str, now: datetime) -> None:
    with site.writing() as connection:
        waiting = update(sent).where(_columns.id == identifier, _columns.state == "waiting")
        connection.execute(waiting.values(state=state, ended_at=None if state == "held" else now))


def resume(connection: Connection, name: str, now: datetime) -> int:
    """Let the messages go that a pause held back; return how many."""
    held = update(sent).where(_columns.integration == name, _columns.state == "held")
    freed = connection.execute(held.values(state="waiting", due_at=now).returning(_columns.id)).scalars().all()
    for key in sorted(freed):
        jobs.enqueue(connection, KIND, {"message": str(key)}, run_after=now)
    return len(freed)


def replay(connection: Connection, name: str, identifier: UUID, now: datetime) -> bool:
    """Send a message again that has ended, under its own id; return whether there was such a one."""
    ended = update(sent).where(
        _columns.id == identifier, _columns.integration == name, _columns.state.in_(("done", "failed", "nothing"))
    )
    again = ended.values(state="waiting", attempts=0, error=None, status=None, ended_at=None, due_at=now)
    if not connection.execute(again).rowcount:
        return False
    jobs.enqueue(connection, KIND, {"message": str(identifier)}, run_after=now)
    return True


@periodic.every("forget_messages", timedelta(days=1))
def forget(running: Running) -> int:
    """Remove messages that ended long enough ago; return how many."""
    with running.site.writing() as connection:
        old = _columns.ended_at < datetime.now(UTC) - KEPT
        return int(connection.execute(delete(sent).where(old)).rowcount)
