"""Which integrations are told of an event, and putting messages to them into the caller's transaction.

A message holds ids only: what it says is read when it is sent, with the rights its account has then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, insert

from formline.catalog.integrations import EventFilter, Integration
from formline.errors import FormlineError
from formline.runtime import jobs, outbox
from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7s
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import sent
from formline.runtime.webhooks import bindings

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site

KIND = "send_message"
#: The event of a message that an action asked for.
ACTION = "action"
#: Records of one message.
MOST_RECORDS = 100
_EVENTS = {"transition": "updated"}


class NotOutError(FormlineError):
    """An action calls an integration that tells nobody anything."""

    code = "integration"


def enqueue(
    connection: Connection,
    release: Release,
    name: str,
    record_ids: Sequence[UUID],
    *,
    now: datetime,
    event: str = ACTION,
    payload: Mapping[str, Any] | None = None,
) -> list[UUID]:
    """Put messages about records of the integration's object into the caller's transaction; return their ids.

    One message has at most 100 records. Nothing is put where nobody has said yet where the integration is; one that
    is paused keeps its messages until it is resumed.

    Raises:
        NotOutError: the integration is of direction in. DefinitionError: there is none of this name.
    """
    told: Integration = release.catalog.get("integration", name)
    if not told.out:
        raise NotOutError(f"The integration {name} is of direction in.", hint="name one of direction out")
    state = bindings.states(connection, [name]).get(name)
    if state is None or not record_ids:
        return []
    batches = [record_ids[start : start + MOST_RECORDS] for start in range(0, len(record_ids), MOST_RECORDS)]
    row = {
        "integration": name,
        "object_id": release.physical[told.object].id,
        "event": event,
        "payload": dict(payload or {}),
        "state": "waiting" if state == bindings.ACTIVE else "held",
        "attempts": 0,
        "created_at": now,
        "due_at": now,
    }
    keys = uuid7s(len(batches))
    rows = [
        {**row, "id": key, "record_ids": [str(one) for one in batch]} for key, batch in zip(keys, batches, strict=True)
    ]
    connection.execute(insert(sent), rows)
    if state == bindings.ACTIVE:
        for key in keys:
            jobs.enqueue(connection, KIND, {"message": str(key)}, run_after=now)
    return list(keys)


@outbox.provide
def provide(site: Site) -> Iterator[outbox.Consumer]:
    """Give the consumer that makes messages of events, exactly once, in the transaction of its delivery."""

    def wants(event: str, object_id: int) -> bool:
        name = site.release.object_named(object_id)
        return name is not None and any(_may_tell(one, event) for one in told_of(site.release, name))

    yield outbox.Consumer("integrations", tell, wants, transactional=True)


def told_of(release: Release, object_name: str) -> tuple[Integration, ...]:
    """Return the integrations that are told of events of an object."""

    def load() -> tuple[Integration, ...]:
        every: Sequence[Integration] = list(release.catalog.all("integration").values())
        return tuple(one for one in every if one.out and one.on and one.object == object_name)

    return release.memo(("integrations", object_name), load)


def tell(site: Site, connection: Connection | None, event: outbox.Event) -> None:
    """Put the messages of one event."""
    release = site.release
    name = release.object_named(event.object_id)
    if connection is None or name is None:
        return
    changed = _changed(release, name, event)
    payload = {key: event.payload[key] for key in ("fields", "transition") if key in event.payload}
    for one in told_of(release, name):
        ids = [key for key in event.record_ids if any(_matches(each, event, changed[key]) for each in one.on)]
        ids = _concerned(connection, release, one, event, ids)
        enqueue(connection, release, one.name, ids, now=datetime.now(UTC), event=event.event, payload=payload)


def _changed(release: Release, object_name: str, event: outbox.Event) -> dict[UUID, set[str]]:
    """Return the names of the changed fields by record: where records differ in that, the event says it of each."""
    names = release.model(object_name).field_names
    every, each = event.payload.get("fields") or (), event.payload.get("of") or {}
    return {key: {names.get(number, "") for number in each.get(str(key), every)} for key in event.record_ids}


def _may_tell(one: Integration, event: str) -> bool:
    return any(each.event in (event, _EVENTS.get(event)) for each in one.on)


def _matches(wanted: EventFilter, event: outbox.Event, fields: set[str]) -> bool:
    """Return whether an event is meant; a transition is an update, too."""
    if wanted.event == "transition":
        return event.event == "transition" and wanted.transition in event.payload.get("transition", "").split(",")
    if wanted.event not in (event.event, _EVENTS.get(event.event)):
        return False
    return not wanted.fields or bool(wanted.fields & fields)


def _concerned(
    connection: Connection, release: Release, one: Integration, event: outbox.Event, ids: list[UUID]
) -> list[UUID]:
    """Return those of the records that the integration's condition holds of, 500 to a statement."""
    if one.when is None:
        return ids
    found: set[UUID] = set()
    for start in range(0, len(ids), 500):
        these = {"field": "id", "op": "in", "value": ids[start : start + 500]}
        query = Query(one.object, ("id",), where=these, base=one.when, limit=500, deleted=event.event == "deleted")
        found |= {row["id"] for row in fetch(connection, release, Actor.system(), query).rows}
    return [key for key in ids if key in found]
