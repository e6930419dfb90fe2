"""Runs that wait: what is left of a list is kept with its row, and a job in the same transaction lets it go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from formline.errors import FormlineError
from formline.runtime import jobs
from formline.runtime.calendars.loading import working_time
from formline.runtime.tables import automation_run
from formline.runtime.unit import Unit, run_unit
from formline.workflow.actions.compiling import compile_actions
from formline.workflow.actions.performing import perform
from formline.workflow.actions.places import Place
from formline.workflow.actions.running import Run, Scope, Story
from formline.workflow.approvals.facts import user_record
from formline.workflow.automation import runs
from formline.workflow.automation.identity import PROCESS, actor_of
from formline.workflow.automation.runs import Cause, Line

if TYPE_CHECKING:
    from formline.fields.field import Field
    from formline.runtime.release import Release
    from formline.runtime.site import Site
    from formline.workflow.automation.definition import Automation

#: The job that lets a run go on.
WAKE = "wake_automation"
_c = automation_run.c


def keep_waits(run: Run, lines: Mapping[UUID, Line]) -> None:
    """Note in the lines what is left of lists that wait, and have a job wake each in time."""
    if not run.waits:
        return
    unit = run.unit
    calendar = working_time(unit.connection, unit.release, unit.site.settings)
    for scope, duration, rest in run.waits:
        line = lines[scope.key]
        line.state, line.wake_at = "waiting", calendar.after(unit.now, duration)
        line.rest = {"actions": [dict(item) for item in rest], "input": _kept(run.inputs, scope.input)}
        if run.submitter:
            line.rest["submitter"] = str(run.submitter["id"])
        jobs.enqueue(unit.connection, WAKE, {"run": str(line.id)}, run_after=line.wake_at)
    run.waits.clear()


def _kept(inputs: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: inputs[name].type.to_json(inputs[name], value) for name, value in given.items() if name in inputs}


@jobs.handler(WAKE)
def wake(running: jobs.Running) -> str:
    """Let a run go on whose time has come; return the state it is in then."""
    return go_on(running.site, UUID(str(running.job.args["run"])), ("waiting",))


def go_on(site: Site, identifier: UUID, states: Sequence[str]) -> str:
    """Carry out what is left of a run that is in one of some states; return its state then, "" where it is not.

    A failure is kept in the row, not raised: the same actions would fail again.
    """
    with site.reading() as connection:
        row = connection.execute(select(automation_run).where(_c.id == identifier)).mappings().one_or_none()
    if row is None or row["state"] not in states:
        return ""
    current = [""]
    try:
        with site.reading() as connection:
            actor = actor_of(connection, site.release, row["run_as"], cause_of(row))

        def work(unit: Unit) -> str:
            return _go_on(unit, identifier, states, current)

        return run_unit(site, actor, work, source="automation", confirm=True, depth=row["depth"] + 1)
    except (FormlineError, KeyError, ValueError) as error:
        words = error.message if isinstance(error, FormlineError) else "the definition it began with is gone"
        text = f"{current[0]}: {words}" if current[0] else words
        with site.writing() as connection:
            line = replace(line_of(row), state="failed", error=text, attempts=row["attempts"] + 1)
            runs.rewrite(connection, identifier, line, row["at"])
        return "failed"


def _go_on(unit: Unit, identifier: UUID, states: Sequence[str], current: list[str]) -> str:
    locked = select(automation_run).where(_c.id == identifier).with_for_update()
    row = unit.connection.execute(locked).mappings().one()
    if row["state"] not in states:
        return str(row["state"])
    release, rest = unit.release, row["rest"] or {}
    name = release.object_named(row["object_id"])
    if name is None:
        raise KeyError(row["object_id"])
    line = replace(line_of(row), rest=None, wake_at=None, attempts=row["attempts"] + 1, unit_id=unit.id)
    record = unit.hold(name, [row["record_id"]]).get(row["record_id"])
    if record is None:
        line = replace(line, state="stopped", error="gone")
    else:
        submitter = user_record(unit, UUID(rest["submitter"])) if rest.get("submitter") else None
        inputs = _inputs(release, row["origin"])
        place = Place(release.catalog, release.catalog.object(name), inputs=inputs, submitter=submitter is not None)
        run = Run(unit, name, row["origin"], submitter=submitter, inputs=inputs)
        scope = Scope(row["record_id"], Story(list(row["trace"])), input=_given(inputs, rest.get("input") or {}))
        _perform(run, place, rest, scope, row["run_as"], current)
        line.tell(scope.story, unit.id)
        keep_waits(run, {scope.key: line})
    runs.rewrite(unit.connection, identifier, line, row["at"])
    return line.state


def _perform(run: Run, place: Place, rest: Mapping[str, Any], scope: Scope, run_as: str, current: list[str]) -> None:
    actions = compile_actions(place, rest.get("actions") or ())
    try:
        if run_as == PROCESS:
            with run.unit.as_platform():
                perform(run, actions, [scope])
        else:
            perform(run, actions, [scope])
    finally:
        current[0] = run.current


def _inputs(release: Release, origin: str) -> Mapping[str, Field]:
    """Return what the button of an automation asks for now."""
    kind, _, name = origin.partition("/")
    if kind != "automation" or not release.catalog.has("automation", name):
        return {}
    automation: Automation = release.catalog.get("automation", name)
    return automation.place.inputs


def _given(inputs: Mapping[str, Field], kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: inputs[name].type.parse(inputs[name], value) for name, value in kept.items() if name in inputs}


def cause_of(row: RowMapping) -> Cause:
    """Return what set off the run of a row."""
    chain = tuple((str(origin), str(key)) for origin, key in row["chain"])
    return Cause(row["cause"], row["trigger"], row["actor_kind"], row["actor_id"], row["depth"], chain)


def line_of(row: RowMapping) -> Line:
    """Return a row as a line, to be written again."""
    return Line(
        row["origin"],
        row["object_id"],
        row["record_id"],
        cause_of(row),
        row["run_as"],
        row["state"],
        row["trace"],
        row["error"],
        row["unit_id"],
        row["milliseconds"],
        row["wake_at"],
        row["rest"],
        row["attempts"],
        row["id"],
    )
