"""Automations before a save change the rows being saved, or refuse them; and the rows of all lists inside a unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from formline.errors import FieldError, ValidationError
from formline.runtime.unit import hooks
from formline.workflow.actions.inside import keep_with
from formline.workflow.actions.performing import perform
from formline.workflow.actions.running import Run, Scope, Story
from formline.workflow.actions.values import holding
from formline.workflow.automation import runs
from formline.workflow.automation.definition import BEFORE, Automation, automations_of
from formline.workflow.automation.identity import PROCESS
from formline.workflow.automation.runs import Cause, Line
from formline.workflow.automation.waiting import keep_waits

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.draft import Draft
    from formline.runtime.unit.plan import WritePlan

#: Under these names a unit keeps the rows of what ran in it, and how many lists that were.
_RAN, _COUNT = "lists that ran", "number of lists"


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Give one hook for all automations of an object that run before the save, in their order."""
    if phase not in ("before_save", "deleting"):
        return ()
    found = [one for one in automations_of(release, object_name) if one.timing == BEFORE]
    if phase == "deleting":
        return [partial(_refuse, one) for one in found if one.trigger.event == "deleted"]
    wanted = tuple(one for one in found if one.trigger.event != "deleted")
    return (partial(_run, wanted),) if wanted else ()


def _run(automations: Sequence[Automation], unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Run the automations for the drafts they are about; each sees what those before it changed."""
    changed = [_changed(draft) for draft in drafts]
    for automation in automations:
        about = [draft for draft, names in zip(drafts, changed, strict=True) if _is_about(automation, draft, names)]
        if about:
            _perform(automation, unit, plan, [Scope(draft.id, Story(), draft=draft) for draft in about])
            changed = [_changed(draft) for draft in drafts]


def _changed(draft: Draft) -> set[str]:
    """Return the fields that a draft of a stored row changes."""
    return set() if draft.is_new else {key.split(".")[0] for key in draft.changed_keys()} | draft.members.keys()


def _is_about(automation: Automation, draft: Draft, changed: set[str]) -> bool:
    trigger = automation.trigger
    if trigger.event == "created":
        return draft.is_new
    if trigger.event == "transition":
        return any(way.name in trigger.names for way in draft.moves.values())
    return not changed.isdisjoint(trigger.names) if trigger.names else bool(changed)


def _perform(automation: Automation, unit: Unit, plan: WritePlan, scopes: Sequence[Scope]) -> None:
    run = Run(unit, plan.name, automation.origin)
    held = holding(run, automation.when, scopes)
    if held:
        perform(run, automation.actions, held)
        keep(run, automation.trigger.event, held)


@keep_with
def keep(run: Run, trigger: str, scopes: Sequence[Scope]) -> None:
    """Keep what a list inside a transaction did, and what of it waits; the rows are written at the end of the unit."""
    unit = run.unit
    lines: list[Line] = unit.extras.setdefault(_RAN, [])
    if not lines:
        unit.then(_write)
    number = unit.extras[_COUNT] = unit.extras.get(_COUNT, 0) + 1
    actor = unit.actor
    cause = Cause(f"unit {unit.id} {number}", trigger, str(actor.kind), actor.user_id, unit.depth)
    object_id = unit.plan(run.object).model.object_id
    made = {scope.key: Line(run.origin, object_id, scope.key, cause, PROCESS) for scope in scopes}
    for scope in scopes:
        made[scope.key].tell(scope.story, unit.id)
    keep_waits(run, made)
    lines += made.values()


def _write(unit: Unit) -> None:
    runs.write(unit.connection, unit.extras.pop(_RAN, []), unit.now)


def _refuse(automation: Automation, unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Run an automation for rows about to be deleted.

    Raises:
        ValidationError: it stops with a text.
    """
    scopes = [Scope(draft.id, Story(), record=draft.old) for draft in drafts]
    run = Run(unit, plan.name, automation.origin)
    perform(run, automation.actions, holding(run, automation.when, scopes))
    errors = [
        FieldError("", "automation_stop", one.story.note, row) for row, one in enumerate(scopes) if one.story.note
    ]
    if errors:
        raise ValidationError(errors)
