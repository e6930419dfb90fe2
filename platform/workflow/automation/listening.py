"""The consumer of events: which automations an event sets off, in their order, the events of a record in theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from formline.runtime import outbox
from formline.workflow.automation import runs
from formline.workflow.automation.definition import AFTER, Trigger, automations_of
from formline.workflow.automation.executing import execute
from formline.workflow.automation.runs import Cause

if TYPE_CHECKING:
    from formline.runtime.release import ObjectModel
    from formline.runtime.site import Site

#: The event of an approval that came to an outcome; its payload names both.
APPROVAL = "approval"
#: The event of a message that arrived; its payload names the integration.
WEBHOOK = "webhook"
#: Triggers by the event that may set them off.
_HEARD: Mapping[str, frozenset[str]] = {
    "created": frozenset({"created"}),
    "updated": frozenset({"updated"}),
    "transition": frozenset({"updated", "transition"}),
    "deleted": frozenset({"deleted"}),
    APPROVAL: frozenset({"approval"}),
    WEBHOOK: frozenset({"webhook"}),
}


@outbox.provide
def provide(site: Site) -> Iterator[outbox.Consumer]:
    """Give the consumer that runs automations."""

    def wants(event: str, object_id: int) -> bool:
        name = site.release.object_named(object_id)
        heard = _HEARD.get(event, frozenset())
        return name is not None and any(
            one.timing == AFTER and one.trigger.event in heard for one in automations_of(site.release, name)
        )

    yield outbox.Consumer("automations", handle, wants, ordered=True)


def handle(site: Site, connection: Connection | None, event: outbox.Event) -> None:
    """Run what an event sets off, one automation after the other."""
    release = site.release
    name = release.object_named(event.object_id)
    if name is None:
        return
    cause: Cause | None = None
    for automation in automations_of(release, name):
        if automation.timing != AFTER:
            continue
        ids = concerned(release.model(name), automation.trigger, event)
        if ids:
            cause = cause or _cause(site, event)
            execute(site, automation, cause, ids)


def concerned(model: ObjectModel, trigger: Trigger, event: outbox.Event) -> list[UUID]:
    """Return the records of an event that a trigger is about."""
    if trigger.event not in _HEARD.get(event.event, ()):
        return []
    payload, ids = event.payload, list(event.record_ids)
    if trigger.event == "updated" and trigger.names:
        wanted = {model.field_ids[name] for name in trigger.names if name in model.field_ids}
        of, union = payload.get("of") or {}, payload.get("fields") or ()
        return [key for key in ids if wanted & set(of.get(str(key), union))]
    if trigger.event == "transition":
        taken = {way.rpartition(".")[2] for way in str(payload.get("transition") or "").split(",")}
        return ids if trigger.names & taken else []
    if trigger.event == "approval":
        same = payload.get("approval") == trigger.name
        return ids if same and trigger.outcome in ("", payload.get("outcome")) else []
    if trigger.event == "webhook":
        return ids if payload.get("webhook") == trigger.name else []
    return ids


def _cause(site: Site, event: outbox.Event) -> Cause:
    chain: runs.Chain = ()
    if event.depth:
        with site.reading() as connection:
            chain = runs.chain_of(connection, event.unit)
    word = "updated" if event.event == "transition" else event.event
    return Cause(f"event {event.outbox}", word, event.actor_kind, event.actor_id, event.depth, chain)
