"""When somebody is deactivated, open tasks go to others in the same transaction; where nobody can take one, refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from formline.errors import ConflictError, FieldError, ValidationError
from formline.runtime.tables import approval_task
from formline.runtime.unit import hooks
from formline.runtime.unit.draft import Draft
from formline.workflow.approvals import storage
from formline.workflow.approvals.conducting import Conductor
from formline.workflow.approvals.events import Reassigned
from formline.workflow.approvals.facts import user_record
from formline.workflow.approvals.state import RefusedError

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.plan import WritePlan

_c = approval_task.c
_OPEN = ("open", "waiting", "consulting")


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Watch people who leave, in sites that have approvals."""
    if object_name != "user" or not release.catalog.names("approval"):
        return ()
    return {"written": (deactivated,), "deleting": (deleted,)}.get(phase, ())


def deactivated(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Hand the tasks of people over who were just deactivated."""
    gone = [d.id for d in drafts if d.old and d.old.get("active") is not False and d.record.get("active") is False]
    if gone and _tasks(unit, gone):
        unit.then(partial(_hand_over, people=gone))


def deleted(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Refuse to delete somebody who has tasks."""
    if _tasks(unit, [draft.id for draft in drafts]):
        raise ConflictError("This person has open approval tasks; deactivate them first.", code="approval_tasks")


def _tasks(unit: Unit, people: list[UUID]) -> list[tuple[UUID, str]]:
    wanted = select(_c.approval_id, _c.ballot).where(_c.person_id.in_(people), _c.state.in_(_OPEN))
    return [
        (row.approval_id, row.ballot) for row in unit.connection.execute(wanted.order_by(_c.approval_id, _c.ballot))
    ]


def _hand_over(unit: Unit, people: list[UUID]) -> None:
    for key, ballot in _tasks(unit, people):
        case = storage.load_case(unit.connection, unit.release, key, lock=True)
        if case is not None:
            _give(unit, Conductor(unit, case), ballot)


def _give(unit: Unit, conductor: Conductor, ballot: str) -> None:
    """Give a task to the person's manager, else to who administers processes."""
    found = conductor.case.state.find(ballot)
    if found is None:
        return
    actor = str(unit.actor.user_id) if unit.actor.user_id else ""
    for other in _takers(conductor, found[1].person):
        try:
            conductor.send(Reassigned(unit.now, actor, ballot=ballot, to=other))
        except RefusedError:
            continue  # already there, or may not decide here
        return
    label = conductor.case.definition.label
    message = f"This person has an open task in {label}, and nobody else can take it."
    raise ValidationError([FieldError("active", "approval_tasks", message)])


def _takers(conductor: Conductor, person: str) -> Iterator[str]:
    facts = conductor.facts()
    manager = user_record(conductor.unit, UUID(person)).get("manager")
    if manager is not None:
        yield from (str(one) for one in facts.people(None, [manager]))
    yield from (one.id for one in conductor.administrators(facts))
