"""What pages ask about one approval: a task with all a decision needs, the timeline. Lists are in ``inbox``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.errors import NotFoundError
from formline.runtime.access.permitted import permitted
from formline.runtime.access.rights import rights
from formline.runtime.tables import approval
from formline.runtime.unit.plan import plan_of
from formline.workflow.approvals import events as e
from formline.workflow.approvals import storage
from formline.workflow.approvals.actions.permission import actions_of
from formline.workflow.approvals.definition import Approve
from formline.workflow.approvals.proposals import digest, overlaid, values_of
from formline.workflow.approvals.storage import Case
from formline.workflow.approvals.substitutes import is_substitute

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site

_a = approval.c


@dataclass(frozen=True, slots=True)
class Task:
    """Everything a decision page needs.

    ``seen`` comes back with the decision. ``proposal`` is what would be written, by field name; ``show`` and
    ``editable`` are fields (or paths); ``actions`` what this person may do, in the order of buttons.
    """

    id: str
    approval_id: UUID
    approval: str
    step: str
    label: str
    object: str
    record_id: UUID
    submitter_id: UUID
    for_id: UUID
    revision: int
    seen: str
    proposal: Mapping[str, Any]
    show: tuple[str, ...]
    editable: tuple[str, ...]
    opinion: str
    signature: bool
    return_to: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline: ``kind`` submitted, decision, step (open now), coming, or the name of what happened."""

    kind: str
    at: datetime | None = None
    actor_id: UUID | None = None
    step: str = ""
    state: str = ""
    people: tuple[UUID, ...] = ()
    opinion: str = ""


def of_record(site: Site, object_name: str, record_id: UUID) -> list[Mapping[str, Any]]:
    """Return the approvals of a record, the newest first; the caller may read the record."""
    object_id = site.release.model(object_name).object_id
    wanted = select(approval).where(_a.object_id == object_id, _a.record_id == record_id)
    with site.reading() as connection:
        return [dict(row) for row in connection.execute(wanted.order_by(_a.submitted_at.desc()).limit(100)).mappings()]


def task(site: Site, actor: Actor, approval_id: UUID, ballot: str) -> Task:
    """Return an open task of a person, or of somebody they stand in for.

    Raises:
        NotFoundError: no such open task of theirs.
    """
    with site.reading() as connection:
        case = storage.load_case(connection, site.release, approval_id)
        if case is None:
            raise NotFoundError
        return task_of(connection, site, actor, case, ballot)


def task_of(connection: Connection, site: Site, actor: Actor, case: Case, ballot: str) -> Task:
    """Return an open task of an instance that was read already; see :func:`task`."""
    found = case.state.find(ballot)
    if found is None or case.state.status != "running":
        raise NotFoundError
    run, mine = found
    step = case.definition.blocks[run.name]
    if not isinstance(step, Approve) or run.status != "open" or not mine.acts_now:
        raise NotFoundError
    if mine.acts_now != str(actor.user_id) and not _stands_in(connection, actor, case, mine.acts_now):
        raise NotFoundError
    plan = plan_of(site.release, case.definition.object, site.dialect)
    record = overlaid(plan, _record(connection, site, case), case.proposal)
    return Task(
        mine.id,
        case.id,
        case.definition.label,
        step.name,
        step.label,
        case.definition.object,
        case.record_id,
        case.submitter_id,
        UUID(mine.acts_now),
        case.state.revision,
        digest(plan, record, step.show),
        values_of(plan, case.proposal),
        step.show,
        step.editable,
        step.opinion,
        step.signature,
        step.return_to,
        actions_of(case.state, step, run, mine),
    )


def _stands_in(connection: Connection, actor: Actor, case: Case, person: str) -> bool:
    if actor.user_id is None or actor.user_id == case.submitter_id:
        return False
    return is_substitute(connection, UUID(person), actor.user_id, case.object_id, datetime.now(UTC))


def _record(connection: Connection, site: Site, case: Case) -> dict[str, Any]:
    model = site.release.model(case.definition.object)
    found = select(*model.columns).where(model.id == case.record_id, model.deleted_at.is_(None))
    row = connection.execute(found).one_or_none()
    if row is None:
        raise NotFoundError
    return dict(zip(model.keys, row, strict=True))


def timeline(site: Site, actor: Actor, approval_id: UUID) -> list[Entry]:
    """Return what happened, what is open and what comes next, for who takes part or may read the record.

    Raises:
        NotFoundError: no such instance for this person.
    """
    case = case_of(site, actor, approval_id)
    return [*_past(case), *_present(case)]


def case_of(site: Site, actor: Actor, approval_id: UUID) -> Case:
    """Return an instance with its state and log, for who takes part or may read the record; see ``explaining``.

    Raises:
        NotFoundError: no such instance for this person.
    """
    with site.reading() as connection:
        case = storage.load_case(connection, site.release, approval_id)
        if case is None or not may_see(connection, site, actor, case):
            raise NotFoundError
        return case


def may_see(connection: Connection, site: Site, actor: Actor, case: Case) -> bool:
    """Return whether somebody takes part in an instance, administers processes, or may read its record."""
    me = str(actor.user_id)
    runs = [*case.state.past, *case.state.runs.values()]
    took_part = any(me in (one.person, one.by, one.consulted) for run in runs for one in run.ballots)
    if took_part or actor.user_id == case.submitter_id or me in case.state.copied:
        return True
    name = case.definition.object
    if rights(site.release, actor).may("manage_definitions") and rights(site.release, actor).object(name).can("read"):
        return True
    return case.record_id in permitted(connection, site.release, actor, name, [case.record_id], "read")


def _past(case: Case) -> Iterator[Entry]:
    """Yield one entry per event of a person; facts of blocks are told by what they lead to."""
    for event in case.log:
        actor = UUID(event.actor) if event.actor else None
        match event:
            case e.StepOpened():
                continue
            case e.Decided():
                state = {"approve": "approved", "reject": "rejected", "abstain": "abstained"}[event.choice]
                yield Entry("decision", event.at, actor, _step_of(event.ballot), state, (), event.opinion)
            case e.Commented():
                people = tuple(UUID(one.id) for one in event.people)
                yield Entry("Commented", event.at, actor, people=people, opinion=event.opinion)
            case e.OnBallot():
                to = getattr(event, "to", "")
                people = (UUID(to),) if "-" in to else ()
                kind = type(event).__name__
                yield Entry(kind, event.at, actor, _step_of(event.ballot), "", people, event.opinion)
            case _:
                opinion = str(getattr(event, "opinion", "") or getattr(event, "message", ""))
                yield Entry(type(event).__name__, event.at, actor, opinion=opinion)


def _step_of(ballot: str) -> str:
    return ballot.partition("#")[0].rpartition("/")[2]


def _present(case: Case) -> Iterator[Entry]:
    for run in case.state.runs.values():
        if run.status == "open" and run.ballots:
            people = tuple(UUID(one.acts_now) for one in run.ballots if one.acts_now)
            yield Entry("step", None, None, run.name, "open", people)
        elif run.status == "skipped":
            yield Entry("step", None, None, run.name, f"skipped: {run.reason}")
    if case.state.status == "running":
        seen = {run.name for run in case.state.runs.values()}
        for block in case.definition.steps:
            if block.name not in seen:
                yield Entry("coming", None, None, block.name)
