"""Runs that wait: what is left of a list is kept with its row, and a job in the same transaction lets it go on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping, select

from formline.errors import FormlineError
from formline.expressions.types import ref
from formline.runtime import jobs
from formline.runtime.calendars.loading import working_time
from formline.runtime.tables import automation_run
from formline.runtime.unit import Unit, run_unit
from formline.workflow.actions.compiling import compile_actions
from formline.workflow.actions.items import records_of
from formline.workflow.actions.performing import perform
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Item as ActionItem
from formline.workflow.actions.running import Run, Scope, Story, Wait
from formline.workflow.actions.values import Item
from formline.workflow.approvals.facts import user_record
from formline.workflow.automation import runs
from formline.workflow.automation.identity import PROCESS, actor_of
from formline.workflow.automation.pending import Part, due, free, from_json, parts_of, to_json
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
    """Note in the lines what is left of lists that wait, and have a job wake each in time.

    A story that was stopped waits no longer.
    """
    if not run.waits:
        return
    waits: dict[UUID, list[Wait]] = defaultdict(list)
    for one in run.waits:
        if not one.scope.story.ended:
            waits[one.scope.key].append(one)
    at = _clock(run.unit)
    for key, found in waits.items():
        _keep(run, lines[key], parts_of(found, at, 0), found[0].scope.input)
    run.waits.clear()


def _clock(unit: Unit) -> Callable[[str], datetime]:
    """Return when durations that begin now are over."""
    return partial(working_time(unit.connection, unit.release, unit.site.settings).after, unit.now)


def _keep(run: Run, line: Line, parts: Mapping[int, Part], given: Mapping[str, Any]) -> None:
    """Note parts in a line, and have a job wake the first."""
    line.state = "waiting"
    line.wake_at = min((part.at for part in parts.values() if part.at is not None), default=run.unit.now)
    line.rest = {"parts": to_json(parts), "input": _kept(run.inputs, given)}
    if run.submitter:
        line.rest["submitter"] = str(run.submitter["id"])
    jobs.enqueue(run.unit.connection, WAKE, {"run": str(line.id)}, run_after=line.wake_at)


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
        left = _perform(run, place, from_json(rest), scope, row["run_as"], current)
        line.tell(scope.story, unit.id)
        if left:
            _keep(run, line, left, scope.input)
    runs.rewrite(unit.connection, identifier, line, row["at"])
    return line.state


def _perform(
    run: Run, place: Place, parts: dict[int, Part], root: Scope, run_as: str, current: list[str]
) -> dict[int, Part]:
    """Carry out the parts whose time has come, and those that waited for them; return what waits then."""
    going = due(parts, run.unit.now)
    at = _clock(run.unit)
    try:
        with run.unit.as_platform() if run_as == PROCESS else nullcontext():
            while going and not root.story.ended:
                chosen = {number: parts.pop(number) for number in going}
                for actions, shape, scopes in _together(run, chosen, root):
                    inside = replace(place, variables={name: ref(kind) for name, kind in shape})
                    perform(run, compile_actions(inside, actions), scopes)
                first = max([*parts, *chosen, -1]) + 1
                parts |= parts_of(run.waits, at, first)
                run.waits.clear()
                going = free(parts)
    finally:
        current[0] = run.current
    return {} if root.story.ended else parts


def _together(
    run: Run, parts: Mapping[int, Part], root: Scope
) -> Iterator[tuple[Sequence[ActionItem], tuple[tuple[str, str], ...], list[Scope]]]:
    """Yield what parts have to do, with the kinds of their items; parts with the same to do together.

    Items that are gone meanwhile are left out.
    """
    records = _items(run, parts.values())
    groups: dict[Any, tuple[Sequence[ActionItem], tuple[tuple[str, str], ...], list[Scope]]] = {}
    for number in sorted(parts):
        part = parts[number]
        if any(key not in records[kind] for kind, key in part.items.values()):
            continue
        shape = tuple((name, kind) for name, (kind, _) in part.items.items())
        variables = {name: records[kind][key] for name, (kind, key) in part.items.items()}
        scope = Scope(root.key, root.story, variables, root.input, place=part.place, held_by=part.outer)
        key = (orjson.dumps(part.actions), shape)
        groups.setdefault(key, (part.actions, shape, []))[2].append(scope)
    yield from groups.values()


def _items(run: Run, parts: Iterable[Part]) -> dict[str, dict[UUID, Item]]:
    """Return the items of parts as they are now: one statement per object."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for part in parts:
        for kind, key in part.items.values():
            wanted[kind].add(key)
    return {kind: records_of(run, kind, sorted(keys)) for kind, keys in wanted.items()}


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
