"""Trying a script on a stored record: it reads what is there, and nothing it asks to write is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.runtime.queries import get
from formline.runtime.scripts import conversation
from formline.runtime.scripts.conversation import Run
from formline.runtime.scripts.operations import Intent, Operations
from formline.workflow.scripts import starting
from formline.workflow.scripts.choosing import people_in
from formline.workflow.scripts.definition import IN_SAVE, PEOPLE, Script
from formline.workflow.scripts.starting import start_of

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site


@dataclass(frozen=True, slots=True)
class Trial:
    """How a script would have run: what it would change, and what it would ask to write, in order.

    ``people``: whom one that chooses people names; None where it is no such script, or returned something else.
    """

    run: Run
    intents: tuple[Intent, ...]
    record: Mapping[str, Any]
    people: tuple[UUID, ...] | None = None


def try_script(site: Site, script: Script, key: UUID, actor: Actor) -> Trial:
    """Run a script on a record as it is, with the rights of ``actor``, and write nothing.

    Raises:
        NotFoundError: no such record for this person. ScriptsOffError: scripts do not run here.
    """
    inside = script.runs in IN_SAVE
    now = datetime.now(UTC)
    choosing = script.runs == PEOPLE
    operations = Operations(site.release, actor, site.reading, writes=not (inside or choosing))
    with site.reading() as connection:
        record = operations.seen(script.object, get(connection, site.release, actor, script.object, key))
    row = {"record": record, "old": record} if inside else {"record": record}
    user = {**actor.user, "id": actor.user_id, "roles": actor.roles}
    start = start_of(script, [row], user, now, now.astimezone(site.release.zone).date())
    seconds = starting.IN_UNIT if inside else starting.PEOPLE if choosing else starting.AFTER_COMMIT
    ended = conversation.run(site.scripts, start, operations.answer, seconds=seconds)
    people = people_in(ended.result) if choosing and ended.error is None else None
    return Trial(ended, tuple(operations.intents), record, people)
