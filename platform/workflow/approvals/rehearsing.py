"""A draft version over past submissions: who would have been asked, which steps find nobody; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from formline.errors import NotFoundError, ValidationError
from formline.runtime.access.administration import require
from formline.runtime.keys import uuid7
from formline.runtime.tables import approval
from formline.runtime.unit import Unit, run_unit
from formline.workflow.approvals import events as e
from formline.workflow.approvals import storage
from formline.workflow.approvals.building import approval_from
from formline.workflow.approvals.conducting import Conductor
from formline.workflow.approvals.previewing import LeaveUnit, Preview, walk
from formline.workflow.approvals.reading import reads_of
from formline.workflow.approvals.storage import Case

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site

RIGHT = "manage_definitions"
#: Steps with the people asked in them.
Asked = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One past submission: whom it ``asked``, whom the draft ``would`` ask; ``problem`` where that cannot be told."""

    approval_id: UUID
    record_id: UUID
    asked: Asked
    would: Asked
    nobody: tuple[str, ...] = ()
    problem: str = ""

    @property
    def differs(self) -> bool:
        """Whether the draft asks other people, or in other steps."""
        return not self.problem and self.asked != self.would


def rehearse(site: Site, actor: Actor, name: str, data: Mapping[str, Any], *, last: int = 50) -> list[Rehearsal]:
    """Play the last submissions of an approval through a draft of it, checked before, with today's people.

    Raises:
        AccessDeniedError: this needs the right to manage definitions.
    """
    require(site.release, actor, RIGHT)

    def work(unit: Unit) -> None:
        draft = approval_from(name, data, reads_of(unit.release.catalog, str(data["object"]), data))
        c = approval.c
        newest = select(approval).where(c.name == name).order_by(c.submitted_at.desc()).limit(last)
        found = []
        for row in unit.connection.execute(newest).all():
            case = Case(
                uuid7(),
                draft,
                "",
                row.object_id,
                row.record_id,
                row.submitter_id,
                unit.now,
                "",
                row.submitted,
                {},
                {},
                row.choices or {},
            )
            found.append(_one(unit, row.id, case))
        raise LeaveUnit(found)

    try:
        run_unit(site, actor, work)
    except LeaveUnit as left:
        found: list[Rehearsal] = left.result
        return found
    return []


def _one(unit: Unit, key: UUID, case: Case) -> Rehearsal:
    asked = _asked(storage.events_of(unit.connection, key))
    try:
        path = walk(Conductor(unit, case), case.definition)
    except NotFoundError:
        return Rehearsal(key, case.record_id, asked, {}, problem="the record is gone")
    except ValidationError as error:
        return Rehearsal(key, case.record_id, asked, {}, problem=error.message)
    return Rehearsal(key, case.record_id, asked, _would(path), _nobody(path))


def _asked(log: list[tuple[str, e.Event]]) -> Asked:
    """Return the people each step found when it opened first."""
    found: dict[str, tuple[str, ...]] = {}
    for _, event in log:
        if isinstance(event, e.StepOpened) and event.people and event.path[-1] not in found:
            found[event.path[-1]] = tuple(sorted(one.id for one in event.people))
    return found


def _would(path: Preview) -> Asked:
    return {one.name: tuple(sorted(person.id for person in one.people)) for one in path.steps if one.people}


def _nobody(path: Preview) -> tuple[str, ...]:
    return tuple(one.name for one in path.steps if not one.people and one.skipped != "when")
