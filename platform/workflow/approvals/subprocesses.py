"""Approvals that are a part of another: started with their block, reported when they end, stopped when it goes away."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.runtime.keys import uuid7
from formline.runtime.tables import approval
from formline.workflow.approvals import storage
from formline.workflow.approvals.definition import Subprocess
from formline.workflow.approvals.events import Event, StepOpened, Stopped, Submitted, SubprocessEnded
from formline.workflow.approvals.state import ENDED, Path

if TYPE_CHECKING:
    from formline.runtime.unit import Unit
    from formline.workflow.approvals.conducting import Conductor
    from formline.workflow.approvals.facts import Facts


def facts_for(unit: Unit, block: Subprocess, facts: Facts, applies: bool) -> dict[str, Any]:
    """Return what a block that is another approval needs to open: whether that applies, and the id it will have."""
    when = unit.release.catalog.all("approval")[block.approval].when
    if applies and when is not None:
        applies = facts.holds([when])[0]
    return {"applies": applies, "child": str(uuid7())}


def follow(conductor: Conductor, events: Iterable[Event]) -> None:
    """After events of an instance: start the parts whose blocks opened, stop those whose blocks are gone."""
    unit, case = conductor.unit, conductor.case
    blocks = case.definition.blocks
    for event in events:
        if isinstance(event, StepOpened) and event.child and event.applies:
            unit.then(partial(_begin, conductor=conductor, path=event.path, key=UUID(event.child)))
    if any(isinstance(one, Subprocess) for one in blocks.values()):
        _stop_orphans(conductor)


def report(conductor: Conductor, outcome: str) -> None:
    """Tell the outer instance that a part of it has ended; a part writes nothing to the record itself."""
    if outcome in ENDED:
        conductor.unit.then(partial(_report, conductor=conductor, outcome=outcome))


def returned(connection: Connection, outer_id: UUID) -> bool:
    """Whether a part of an instance waits for its submitter's revision."""
    c = approval.c
    wanted = select(c.id).where(c.parent_id == outer_id, c.status == "returned").limit(1)
    return connection.execute(wanted).first() is not None


def _begin(unit: Unit, *, conductor: Conductor, path: Path, key: UUID) -> None:
    outer = conductor.case
    run = outer.state.runs.get(path)
    block = outer.definition.blocks[path[-1]]
    if run is None or run.child != str(key) or not isinstance(block, Subprocess):
        return  # returned or ended in the same moment
    definition = unit.release.catalog.all("approval")[block.approval]
    case = storage.Case(
        id=key,
        definition=definition,
        version=storage.version_of(unit.connection, definition, unit.now),
        object_id=outer.object_id,
        record_id=outer.record_id,
        submitter_id=outer.submitter_id,
        submitted_at=unit.now,
        transition="",
        proposal=outer.proposal,
        snapshot=outer.snapshot,
        submitted=outer.submitted,
        choices=outer.choices,
        parent=(outer.id, path),
    )
    storage.insert_case(unit.connection, case)
    inner = conductor.with_case(case)
    inner.send(Submitted(unit.now, str(outer.submitter_id), data=inner.digest()))


def _report(unit: Unit, *, conductor: Conductor, outcome: str) -> None:
    part = conductor.case
    if part.parent is None:
        return
    outer_id, path = part.parent
    outer = storage.load_case(unit.connection, unit.release, outer_id, lock=True)
    run = outer.state.runs.get(path) if outer is not None else None
    if outer is None or run is None or run.child != str(part.id) or run.status != "open":
        return
    # What was edited in a step of the part is what the outer approval is about from now on.
    outer.proposal = {**outer.proposal, **part.proposal}
    conductor.with_case(outer).send(SubprocessEnded(unit.now, path=path, outcome=outcome))


def _stop_orphans(conductor: Conductor) -> None:
    unit, case = conductor.unit, conductor.case
    c = approval.c
    running = select(c.id).where(c.parent_id == case.id, c.ended_at.is_(None)).order_by(c.id)
    wanted = {run.child for run in case.state.runs.values()}
    for key in unit.connection.execute(running).scalars().all():
        part = storage.load_case(unit.connection, unit.release, key, lock=True) if str(key) not in wanted else None
        if part is not None:
            conductor.with_case(part).send(Stopped(unit.now))
