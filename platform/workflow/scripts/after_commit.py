"""Scripts after a commit: they read outside a transaction; what they ask to write is one short unit at the end.

The row of a run commits with the unit, so that a delivery that comes twice writes once. A record that changed since
the script read it makes the script run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, delete, exists, select

from formline.errors import AccessDeniedError, ConflictError, FormlineError, NotFoundError, ValidationError
from formline.runtime import outbox, periodic
from formline.runtime.access.actor import Actor, ActorKind
from formline.runtime.access.loading import load_actor
from formline.runtime.jobs import Running
from formline.runtime.queries import Query, fetch, get
from formline.runtime.scripts import conversation
from formline.runtime.scripts.conversation import Run, ScriptError
from formline.runtime.scripts.operations import Operations, carry_out
from formline.runtime.tables import script_run
from formline.runtime.unit import Unit, run_unit
from formline.workflow.scripts.definition import Script
from formline.workflow.scripts.noting import note
from formline.workflow.scripts.starting import AFTER_COMMIT, scripts_of, start_of, words_of

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site

#: Writes of scripts lead to events that lead to scripts, at most so often.
DEEPEST = 5
#: Runs of a script whose records others changed meanwhile, or whose process ended.
ATTEMPTS = 3
KEPT = timedelta(days=90)
#: The event by which an action asks for a script; its payload names it.
ASKED = "script"
_EVENTS = {"created": "created", "updated": "updated", "transition": "updated"}


@outbox.provide
def provide(site: Site) -> Iterator[outbox.Consumer]:
    """Give the consumer that runs scripts; the events of a record come in their order."""

    def wants(event: str, object_id: int) -> bool:
        name = site.release.object_named(object_id)
        if name is None:
            return False
        return event == ASKED or (event in _EVENTS and bool(scripts_of(site.release, name, "after_commit")))

    yield outbox.Consumer("scripts", handle, wants, ordered=True)


def handle(site: Site, connection: Connection | None, event: outbox.Event) -> None:
    """Run the scripts of an event, each for each record."""
    release = site.release
    name = release.object_named(event.object_id)
    if name is None:
        return
    if event.event == ASKED:
        _run_asked(site, release, name, event)
        return
    changed = {int(number) for number in event.payload.get("fields") or ()}
    for script in scripts_of(release, name, "after_commit"):
        numbers = {release.model(name).field_ids[field] for field in script.fields}
        if _EVENTS[event.event] not in script.on or (event.event != "created" and numbers and not numbers & changed):
            continue
        for key in event.record_ids:
            _Following(site, release, script, event, key).run()


def _run_asked(site: Site, release: Release, object_name: str, event: outbox.Event) -> None:
    """Run the script that an action named; one that is gone meanwhile runs no more."""
    for script in scripts_of(release, object_name, "after_commit", "action"):
        if script.name == event.payload.get("script"):
            for key in event.record_ids:
                _Following(site, release, script, event, key).run()


@dataclass(slots=True)
class _Following:
    """One script after one event of one record."""

    site: Site
    release: Release
    script: Script
    event: outbox.Event
    key: UUID

    def run(self) -> None:
        """Run it unless it ran; a failure is noted, not raised: the same script would fail again.

        Only a process that ended is tried again: a limit ends it each time, a machine in need of memory does not.
        """
        with self.site.reading() as connection:
            if _ran(connection, self.event.delivery, self.script.name, self.key):
                return
            actor = self._actor(connection)
            if actor is None or not self._concerns(connection):
                return
        if self.event.depth >= DEEPEST:
            self._note(Run(), FormlineError(f"Scripts led to each other more than {DEEPEST} times.", code="too_deep"))
            return
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if self._attempt(actor, last=attempt == ATTEMPTS):
                    return
            except ConflictError:
                if attempt == ATTEMPTS:
                    raise

    def _attempt(self, actor: Actor, *, last: bool) -> bool:
        """Run it once; return whether that is the end of it."""
        now = datetime.now(UTC)
        operations = Operations(self.release, actor, self.site.reading, writes=True)
        try:
            with self.site.reading() as connection:
                found = get(connection, self.release, actor, self.script.object, self.key)
        except NotFoundError:
            return True  # gone, or out of the person's reach by now
        rows = [{"record": operations.seen(self.script.object, found)}]
        user = {**actor.user, "id": actor.user_id, "roles": actor.roles}
        start = start_of(self.script, rows, user, now, now.astimezone(self.release.zone).date())
        ended = conversation.run(self.site.scripts, start, operations.answer, seconds=AFTER_COMMIT)
        if ended.error is not None:
            if isinstance(ended.error, ScriptError) and ended.error.ended and not last:
                return False
            self._note(ended, ended.error)
            return True

        def work(unit: Unit) -> None:
            carry_out(unit, operations.intents)
            self._insert(unit.connection, ended, None, len(operations.intents))

        try:
            if operations.intents:
                run_unit(self.site, actor, work, source="system", confirm=True, depth=self.event.depth + 1)
            else:
                self._note(ended, None)
        except (ValidationError, AccessDeniedError, NotFoundError) as error:
            self._note(ended, error)
        return True

    def _actor(self, connection: Connection) -> Actor | None:
        """Return who made the event, with their rights now; None where they may not act any more."""
        if self.event.actor_kind == ActorKind.SYSTEM:
            return Actor.system()
        if self.event.actor_id is None:
            return None
        try:
            kind = ActorKind(self.event.actor_kind)
            return load_actor(connection, self.release, self.event.actor_id, kind=kind)
        except AccessDeniedError:
            return None

    def _concerns(self, connection: Connection) -> bool:
        """Return whether the script's condition holds of the record as it is now."""
        if self.script.when is None:
            return True
        this = {"field": "id", "op": "eq", "value": self.key}
        query = Query(self.script.object, ("id",), where=this, base=self.script.when, limit=1)
        return bool(fetch(connection, self.release, Actor.system(), query).rows)

    def _note(self, ended: Run, error: FormlineError | None) -> None:
        with self.site.writing() as connection:
            if not _ran(connection, self.event.delivery, self.script.name, self.key):
                self._insert(connection, ended, error, 0)

    def _insert(self, connection: Connection, ended: Run, error: FormlineError | None, writes: int) -> None:
        note(
            connection,
            self.script.name,
            self.event.object_id,
            self.key,
            ended,
            delivery_id=self.event.delivery,
            actor_id=self.event.actor_id,
            error=None if error is None else words_of(self.script, error, ended.line),
            line=getattr(error, "line", ended.line) if error is not None else 0,
            writes=writes,
        )


def _ran(connection: Connection, delivery: UUID, script: str, key: UUID) -> bool:
    c = script_run.c
    mine = (c.delivery_id == delivery) & (c.script == script) & (c.record_id == key)
    return bool(connection.execute(select(exists().where(mine))).scalar())


@periodic.every("forget_script_runs", timedelta(days=1))
def forget_runs(running: Running) -> int:
    """Remove runs that are old enough; return how many."""
    with running.site.writing() as connection:
        old = delete(script_run).where(script_run.c.at < datetime.now(UTC) - KEPT)
        return connection.execute(old).rowcount
