"""The whole path before it is submitted: who would be asked, why each step applies; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import NotFoundError
from formline.fields.locale import PLAIN, Locale
from formline.runtime.keys import uuid7
from formline.runtime.unit import Unit, run_unit
from formline.workflow.approvals import storage
from formline.workflow.approvals.conducting import Conductor
from formline.workflow.approvals.definition import Approval, Approve, Cc, Subprocess
from formline.workflow.approvals.effects import Ask
from formline.workflow.approvals.engine import run
from formline.workflow.approvals.events import Decided, Event, OpinionGiven, Person, Resubmitted, StepOpened, Submitted
from formline.workflow.approvals.grounds import why_here
from formline.workflow.approvals.guarding import STARTED, guards_of
from formline.workflow.approvals.state import START, Instance, Path, RefusedError
from formline.workflow.approvals.storage import Case

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site

_MOST_DECISIONS = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path. ``people`` would be asked (or told), ``why`` are conditions, ``skipped`` why it falls out."""

    name: str
    label: str
    kind: str
    people: tuple[Person, ...]
    why: str
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The path of a submission if everybody approves; ``status`` is approved unless it gets stuck.

    ``state`` is the instance at its end; ``chosen_by`` are steps for which the submitter chooses people.
    """

    approval: str
    label: str
    steps: tuple[Step, ...]
    status: str
    definition: Approval
    state: Instance

    @property
    def chosen_by(self) -> tuple[str, ...]:
        """The steps on the path for which the submitter chooses people."""
        return tuple(run.name for run in self.state.runs.values() if chooses(self.definition, run.name))


class LeaveUnit(Exception):  # no error: the way out of a unit that must not commit
    """Leaves a unit with a result, so that nothing is committed."""

    def __init__(self, result: Any) -> None:
        """Keep what the caller wants to know."""
        super().__init__()
        self.result = result


def preview(
    site: Site,
    actor: Actor,
    object_name: str,
    record_id: UUID,
    *,
    event: str = "transition",
    transition: str = "",
    values: Mapping[str, Any] | None = None,
    choices: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Preview | None:
    """Return what submitting would lead to, None where nothing guards it.

    ``event`` is transition, update or delete; ``values`` are new values by field name, ``choices`` people by step.

    Raises:
        NotFoundError: no such record for this person.
    """

    def work(unit: Unit) -> None:
        plan = unit.plan(object_name)
        if record_id not in unit.permitted(plan, [record_id], "read"):
            raise NotFoundError
        ids = plan.model.field_ids
        proposal = {str(ids[name]): value for name, value in (values or {}).items() if name in ids}
        for one in guards_of(unit.release, object_name):
            if _guards(one, event, transition, values or {}):
                case = Case(
                    uuid7(),
                    one,
                    "",
                    plan.model.object_id,
                    record_id,
                    _person(actor),
                    unit.now,
                    "",
                    proposal,
                    {},
                    {},
                    choices,
                )
                conductor = Conductor(unit, case)
                if one.when is None or conductor.facts().holds([one.when])[0]:
                    raise LeaveUnit(walk(conductor, one))
        raise LeaveUnit(None)

    try:
        run_unit(site, actor, work)
    except LeaveUnit as left:
        found: Preview | None = left.result
        return found
    return None


def rehearse(
    site: Site,
    actor: Actor,
    work: Callable[[Unit], Any],
    *,
    source: str = "form",
    confirm: bool = False,
    locale: Locale = PLAIN,
) -> Preview | None:
    """Return the path of the approval that a write would start, None where it starts none; nothing stays written.

    Raises what the write itself would raise.
    """

    def inside(unit: Unit) -> None:
        work(unit)
        unit.finish()
        started = unit.extras.get(STARTED)
        case = storage.load_case(unit.connection, unit.release, started[0]) if started else None
        if case is None:
            raise LeaveUnit(None)
        one = case.definition
        conductor = Conductor(unit, case)
        state, _asked = _played(conductor, one, case.state, None)
        raise LeaveUnit(Preview(one.name, one.label, (), state.status, one, state))

    try:
        run_unit(site, actor, inside, source=source, confirm=confirm, locale=locale)
    except LeaveUnit as left:
        found: Preview | None = left.result
        return found
    return None


def _person(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise NotFoundError
    return actor.user_id


def _guards(approval: Approval, event: str, transition: str, values: Mapping[str, Any]) -> bool:
    guard = approval.guard
    if guard.event != event:
        return False
    if event == "transition":
        return guard.name == transition.rpartition(".")[2]
    return event != "update" or bool(set(guard.fields) & set(values))


def walk(conductor: Conductor, approval: Approval) -> Preview:
    """Play the flow through with everybody approving."""
    submitted = Submitted(conductor.unit.now, str(conductor.case.submitter_id))
    state, asked = _played(conductor, approval, START, submitted)
    steps = [one for path, facts in asked.items() for one in _steps(conductor, state, path, facts)]
    return Preview(approval.name, approval.label, tuple(steps), state.status, approval, state)


def ahead(site: Site, actor: Actor, approval_id: UUID) -> Instance:
    """Return where a running or returned instance leads if everybody approves; nothing is written.

    Raises:
        NotFoundError: there is no such instance. Who may see it is the caller's to ask.
    """

    def work(unit: Unit) -> None:
        case = storage.load_case(unit.connection, unit.release, approval_id)
        if case is None:
            raise NotFoundError
        again = Resubmitted(unit.now, str(case.submitter_id)) if case.state.status == "returned" else None
        raise LeaveUnit(_played(Conductor(unit, case), case.definition, case.state, again)[0])

    try:
        run_unit(site, actor, work)
    except LeaveUnit as left:
        found: Instance = left.result
        return found
    raise NotFoundError


def _played(
    conductor: Conductor, approval: Approval, state: Instance, first: Event | None
) -> tuple[Instance, dict[Path, StepOpened]]:
    """Return the state after an event and everybody's approval, and the facts that were asked on the way."""
    asked: dict[Path, StepOpened] = {}

    def answer(state: Instance, ask: Ask) -> Event:
        asked[ask.path] = replace(conductor.answer(state, ask), child="")  # a part of it starts nothing here
        return asked[ask.path]

    if first is not None:
        state, _, _ = run(approval, state, first, answer)
    for _ in range(_MOST_DECISIONS):
        waiting = next(state.open_ballots(), None)
        if waiting is None or state.status != "running":
            break
        _, ballot = waiting
        now, who = conductor.unit.now, ballot.acts_now
        vote: Event = Decided(now, who, ballot=ballot.id, opinion="-", signed=True)
        if ballot.status == "consulting":
            vote = OpinionGiven(now, who, ballot=ballot.id, opinion="-")
        try:
            state, _, _ = run(approval, state, vote, answer)
        except RefusedError:
            break  # somebody may not decide here: the path is stuck, and its state says so
    return state, asked


def chooses(approval: Approval, step: str) -> bool:
    """Return whether the submitter chooses people of a step."""
    block = approval.blocks.get(step)
    return isinstance(block, Approve) and any("chosen_by" in one for one in block.approvers)


def _steps(conductor: Conductor, state: Instance, path: Path, facts: StepOpened) -> Iterator[Step]:
    """Yield what a block adds to the path: itself, or the steps of the approval that it is."""
    approval = conductor.case.definition
    block = approval.blocks[path[-1]]
    if isinstance(block, Subprocess):
        inner = conductor.unit.release.catalog.all("approval")[block.approval]
        if facts.applies:
            yield from walk(conductor.with_case(replace(conductor.case, definition=inner)), inner).steps
        return
    found = _step(approval, state, path, facts)
    if found is not None:
        yield found


def _step(approval: Approval, state: Instance, path: Path, facts: StepOpened) -> Step | None:
    block = approval.blocks[path[-1]]
    if not isinstance(block, Approve | Cc):
        return None
    run_ = state.runs.get(path)
    skipped = run_.reason if run_ is not None and run_.status == "skipped" else ""
    people = facts.people
    if run_ is not None and run_.ballots:
        why = {one.id: one.why for one in facts.people}
        people = tuple(Person(one.person, one.weight, one.veto, why.get(one.person, "")) for one in run_.ballots)
    kind = "approve" if isinstance(block, Approve) else "cc"
    return Step(block.name, block.label, kind, people, why_here(approval, path), skipped)
