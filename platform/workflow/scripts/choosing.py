"""Scripts that choose people: run before the unit that asks locks anything for long, their answer is its evidence.

A script reads what is stored, like any other selector whatever its reader may see, and writes nothing. Whoever asks
gets "nobody" and a reason where it fails; what happens then is said where people are asked for.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.runtime.access.actor import Actor
from formline.runtime.scripts import conversation
from formline.runtime.scripts.conversation import Run, ScriptError
from formline.runtime.scripts.launcher import ScriptsOffError
from formline.runtime.scripts.operations import Operations
from formline.runtime.scripts.records import plain, record_of
from formline.workflow.scripts.noting import note
from formline.workflow.scripts.starting import PEOPLE, PEOPLE_TOGETHER, start_of, words_of

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit
    from formline.workflow.scripts.definition import Script

#: Rows that one process takes, and people that one answer may name.
BATCH = 100
MOST = 200
#: What differs each time a unit runs, or with each write, and decides about nobody.
_STAMPS = frozenset({"id", "created_at", "updated_at", "version"})
NO_PEOPLE = "It returned something that is no person."


@dataclass(frozen=True, slots=True)
class Matter:
    """One question: for which record, as it would be, a script is to choose people. ``user``: who submits or acts."""

    script: str
    object_id: int
    record_id: UUID
    row: Mapping[str, Any]
    user: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom a script chose, in its order; nobody, and why (``reason``), where it failed. ``run`` is how it ran."""

    people: tuple[UUID, ...] = ()
    reason: str = ""
    run: Run | None = None


def choose(
    unit: Unit, object_name: str, name: str, record: Mapping[str, Any], user: Mapping[str, Any], item: Any = None
) -> Choice:
    """Return whom a script chooses for a record as it would be; nobody as long as the unit has no answer.

    ``item`` is the item of a loop. The run is noted with what the unit writes.
    """
    if not unit.release.catalog.has("script", name):
        return Choice((), f"There is no script {name}.")
    row, key, new = _row(unit, object_name, record, item)
    matter = Matter(name, unit.plan(object_name).model.object_id, record["id"], row, dict(user))
    where = None if new else str(record["id"])
    found: Choice | None = unit.questions.ask(("people", name, where, key, user.get("id")), answers, matter)
    if found is None:
        return Choice((), f"The script {name} was asked too often.")
    if found.run is not None and not found.reason:
        note(unit.connection, name, matter.object_id, matter.record_id, found.run, actor_id=unit.actor.user_id)
    return found


def _row(unit: Unit, object_name: str, record: Mapping[str, Any], item: Any) -> tuple[dict[str, Any], str, bool]:
    """Return what the script gets, the same as a text without what changes by itself, and whether it is not stored."""
    new = unit.is_new(object_name, record["id"])
    values = record_of(unit.plan(object_name).object, record)
    given = plain(item)
    row = {"record": values | {"id": None if new else str(record["id"])}, "item": given}
    lasting = {name: value for name, value in values.items() if name not in _STAMPS}
    return row, repr((sorted(lasting.items()), given)), new


def answers(site: Site, matters: Sequence[Matter]) -> list[Choice]:
    """Run scripts for what a unit asks, those of one script and person together; failures are noted at once."""
    release, until = site.release, time.monotonic() + PEOPLE_TOGETHER
    groups: dict[tuple[str, Any], list[int]] = defaultdict(list)
    for number, matter in enumerate(matters):
        groups[matter.script, matter.user.get("id")].append(number)
    found = [Choice((), f"The scripts of one change run longer than {PEOPLE_TOGETHER:.3g} s.") for _ in matters]
    for (name, _), numbers in groups.items():
        script: Script = release.catalog.get("script", name)
        for start in range(0, len(numbers), BATCH):
            part = numbers[start : start + BATCH]
            if time.monotonic() < until:
                rows = [matters[number].row for number in part]
                for number, choice in zip(part, run_for(site, script, rows, matters[part[0]].user), strict=True):
                    found[number] = choice
    _note_failures(site, matters, found)
    return found


def run_for(
    site: Site, script: Script, rows: Sequence[Mapping[str, Any]], user: Mapping[str, Any], seconds: float = PEOPLE
) -> list[Choice]:
    """Return whom a script chooses for rows: each by itself where one of them ends the run of all."""
    now = datetime.now(UTC)
    operations = Operations(site.release, Actor.system(), site.reading)
    start = start_of(script, rows, user, now, now.astimezone(site.release.zone).date())
    try:
        ended = conversation.run(site.scripts, start, operations.answer, seconds=seconds)
    except ScriptsOffError as error:
        return [Choice((), f"The script {script.label}: {error.message}")] * len(rows)
    if ended.stopped is not None:
        if len(rows) > 1:
            each = seconds / len(rows)
            return [one for row in rows for one in run_for(site, script, [row], user, each)]
        return [Choice((), words_of(script, ended.stopped, ended.line), ended)]
    return [_choice(script, row, ended) for row in ended.rows]


def _choice(script: Script, row: conversation.RowEnd, ended: Run) -> Choice:
    if row.error is not None:
        return Choice((), words_of(script, row.error), ended)
    people = people_in(row.result)
    return Choice((), words_of(script, ScriptError(NO_PEOPLE)), ended) if people is None else Choice(people, "", ended)


def people_in(result: Any) -> tuple[UUID, ...] | None:
    """Return the people a script returned: a user, or a list of them; None where it is something else."""
    found = result if isinstance(result, list | tuple) else [result]
    try:
        return tuple(dict.fromkeys(UUID(one) for one in found if one is not None))[:MOST]
    except (TypeError, ValueError, AttributeError):
        return None


def _note_failures(site: Site, matters: Sequence[Matter], found: Sequence[Choice]) -> None:
    """Keep failed runs, which a unit that is refused would take with it."""
    failed = [(matter, one) for matter, one in zip(matters, found, strict=True) if one.reason and one.run is not None]
    if failed:
        with site.writing() as connection:
            for matter, one in failed[:BATCH]:
                run = one.run or Run()
                note(connection, matter.script, matter.object_id, matter.record_id, run, error=one.reason)
