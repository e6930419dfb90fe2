"""Trying an automation on a real record: everything happens in a unit that is left, so nothing of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import FormlineError, NotFoundError
from formline.fields.locale import PLAIN, Locale
from formline.runtime.keys import uuid7
from formline.runtime.unit import Unit, run_unit
from formline.runtime.unit.draft import Draft
from formline.workflow.actions.performing import perform
from formline.workflow.actions.running import Run, Scope, Story
from formline.workflow.actions.values import holding
from formline.workflow.approvals.previewing import LeaveUnit
from formline.workflow.automation.definition import BEFORE, Automation
from formline.workflow.automation.identity import actor_of
from formline.workflow.automation.pressing import read_answers
from formline.workflow.automation.runs import Cause

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site


@dataclass(frozen=True, slots=True)
class Trial:
    """How a run would go: whether the condition holds, the story with values, and what would refuse it."""

    applies: bool
    story: Story
    error: str = ""


def try_automation(
    site: Site,
    automation: Automation,
    key: UUID,
    actor: Actor,
    answers: Mapping[str, Any] | None = None,
    *,
    locale: Locale = PLAIN,
) -> Trial:
    """Run an automation on a record as it is now, as if ``actor`` had caused it, and keep nothing.

    Raises:
        NotFoundError: there is no such record. ValidationError: an answer to a button's question is wrong.
    """
    given = read_answers(automation, answers or {}, locale) if automation.place.inputs else {}
    cause = Cause(f"trial {uuid7()}", "trial", str(actor.kind), actor.user_id, 0, (), given)
    reached: list[Story] = []

    def work(unit: Unit) -> None:
        story = Story()
        reached[:] = [story]
        applies = _run(unit, automation, key, cause, story)
        unit.finish()  # what would be refused at the end is to be seen, too
        unit.findings.raise_errors(confirmed=True)
        raise LeaveUnit(Trial(applies, story))

    try:
        with site.reading() as connection:
            acting = actor_of(connection, site.release, automation.run_as, cause)
        run_unit(site, acting, work, source="automation", confirm=True)
    except LeaveUnit as left:
        found: Trial = left.result
        return found
    except NotFoundError:
        if not reached or not reached[0].steps:
            raise
        return Trial(True, reached[0], "There is no such record.")
    except FormlineError as error:
        return Trial(True, reached[0] if reached else Story(), error.message)
    raise RuntimeError("a trial always leaves its unit")


def _run(unit: Unit, automation: Automation, key: UUID, cause: Cause, story: Story) -> bool:
    record = unit.hold(automation.object, [key]).get(key)
    if record is None:
        raise NotFoundError
    draft = Draft(0, key, {}, record, dict(record)) if automation.timing == BEFORE else None
    run = Run(unit, automation.object, automation.origin, inputs=automation.place.inputs, dry=True)
    scope = Scope(key, story, record=record, input=cause.input, draft=draft)
    held = holding(run, automation.when, [scope])
    perform(run, automation.actions, held)
    return bool(held)
