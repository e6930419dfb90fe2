"""Carrying out an automation after a commit: for each record once per cause, its row in the unit of what it wrote.

The records of one event are run together. Where that fails each is run alone, so that only the guilty one fails;
a failed run is kept with its words and can be tried again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, select

from formline.errors import FormlineError
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.unit import Unit, run_unit
from formline.runtime.unit.retry import BusyError
from formline.workflow.actions.performing import perform
from formline.workflow.actions.running import Run, Scope, Story
from formline.workflow.actions.values import holding
from formline.workflow.automation import runs
from formline.workflow.automation.definition import Automation
from formline.workflow.automation.guard import refuse_loops
from formline.workflow.automation.identity import actor_of
from formline.workflow.automation.runs import Cause, Line
from formline.workflow.automation.waiting import keep_waits

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site
    from formline.runtime.unit.draft import Record

#: Records of one unit.
TOGETHER = 100
#: Why nothing happened to a record that was deleted meanwhile.
GONE = "gone"
_IDS = "record_ids"


def execute(site: Site, automation: Automation, cause: Cause, ids: Sequence[UUID]) -> None:
    """Run an automation for records; those for which this cause had a run already are left out.

    Where the cause is ``again``, failed runs do not count: their rows are replaced.
    """
    with site.reading() as connection:
        had = _had(connection, automation, cause, ids)
    left = [key for key in dict.fromkeys(ids) if key not in had]
    for start in range(0, len(left), TOGETHER):
        _batch(site, automation, cause, left[start : start + TOGETHER])


def _batch(site: Site, automation: Automation, cause: Cause, ids: Sequence[UUID]) -> None:
    started = time.monotonic()
    current: list[str] = [""]
    try:
        for key in ids:
            refuse_loops(automation.origin, key, cause)
        with site.reading() as connection:
            actor = actor_of(connection, site.release, automation.run_as, cause)
        _run(site, actor, automation, cause, ids, current)
    except BusyError:
        raise
    except FormlineError as error:
        if len(ids) > 1:
            for key in ids:
                _batch(site, automation, cause, [key])
        else:
            _note_failure(site, automation, cause, ids[0], words_of(error, current[0]), started)


def _had(connection: Connection, automation: Automation, cause: Cause, ids: Sequence[UUID]) -> set[UUID]:
    found = runs.known(connection, automation.origin, cause.key, ids)
    return {key for key, state in found.items() if not (cause.again and state == "failed")}


def words_of(error: FormlineError, current: str) -> str:
    """Return what people read of a failed run: which action failed, and why."""
    return f"{current}: {error.message}" if current else error.message


def _run(
    site: Site, actor: Actor, automation: Automation, cause: Cause, ids: Sequence[UUID], current: list[str]
) -> None:
    def work(unit: Unit) -> None:
        started = time.monotonic()
        # The rows are locked first: whoever comes second sees the rows of the first.
        records = hold_all(unit, automation, ids)
        had = _had(unit.connection, automation, cause, ids)
        run = Run(unit, automation.object, automation.origin, inputs=automation.place.inputs)
        scopes = [
            Scope(key, Story(), record=records[key], input=cause.input)
            for key in ids
            if key in records and key not in had
        ]
        try:
            held = holding(run, automation.when, scopes) if scopes else []
            perform(run, automation.actions, held)
        finally:
            current[0] = run.current
        elapsed = round((time.monotonic() - started) * 1000)
        lines = lines_of(unit, automation, cause, scopes, held, elapsed)
        gone = [key for key in ids if key not in records and key not in had]
        for line in [line_of(unit, automation, cause, key) for key in gone]:
            line.state, line.error = "skipped", GONE
            lines.append(line)
        keep_waits(run, {line.record_id: line for line in lines})
        if cause.again:
            runs.remove_failed(unit.connection, automation.origin, cause.key, ids)
        runs.write(unit.connection, lines, unit.now)

    run_unit(site, actor, work, source="automation", confirm=True, depth=cause.depth + 1)


def hold_all(unit: Unit, automation: Automation, ids: Sequence[UUID]) -> Mapping[UUID, Record]:
    """Return the records, locked; of a deletion as they were when they went."""
    if automation.place.alive:
        return unit.hold(automation.object, ids)
    model = unit.release.model(automation.object)
    wanted = select(*model.columns).where(in_keys(model.id, _IDS, unit.dialect))
    rows = unit.connection.execute(wanted, bind_keys(_IDS, ids, unit.dialect))
    found = [dict(zip(model.keys, row, strict=True)) for row in rows]
    return {record["id"]: record for record in found}


def lines_of(
    unit: Unit, automation: Automation, cause: Cause, scopes: Sequence[Scope], held: Sequence[Scope], milliseconds: int
) -> list[Line]:
    """Return one line per record: what happened, or that the condition did not hold."""
    lines: list[Line] = []
    for scope in scopes:
        line = line_of(unit, automation, cause, scope.key)
        line.tell(scope.story, unit.id)
        line.milliseconds = milliseconds
        if scope not in held:
            line.state = "skipped"
        lines.append(line)
    return lines


def line_of(unit: Unit, automation: Automation, cause: Cause, key: UUID) -> Line:
    """Return the line of one record, with nothing told yet."""
    object_id = unit.plan(automation.object).model.object_id
    return Line(automation.origin, object_id, key, cause, automation.run_as)


def _note_failure(site: Site, automation: Automation, cause: Cause, key: UUID, words: str, started: float) -> None:
    object_id = site.release.model(automation.object).object_id
    elapsed = round((time.monotonic() - started) * 1000)
    line = Line(
        automation.origin, object_id, key, cause, automation.run_as, "failed", error=words, milliseconds=elapsed
    )
    with site.writing() as connection:
        if cause.again:
            runs.remove_failed(connection, automation.origin, cause.key, [key])
        if not runs.known(connection, automation.origin, cause.key, [key]):
            runs.write(connection, [line], datetime.now(UTC))
