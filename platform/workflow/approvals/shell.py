"""What people do with a stored instance: each call is one unit that locks it, decides, and carries out what follows.

Of two calls at the same moment one wins; the other raises RefusedError (409), which names who decided what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import AccessDeniedError, ConflictError, NotFoundError
from formline.fields.locale import PLAIN, Locale
from formline.runtime.access.actor import Actor
from formline.runtime.access.rights import rights
from formline.runtime.unit import Unit, run_unit
from formline.workflow.approvals import events as e
from formline.workflow.approvals import storage
from formline.workflow.approvals.actions.permission import actions_of
from formline.workflow.approvals.conducting import FAILURE, CarryingOutError, Conductor
from formline.workflow.approvals.definition import Approve
from formline.workflow.approvals.editing import edit
from formline.workflow.approvals.guarding import CHOICES, deletion_approval, start
from formline.workflow.approvals.people import resolve
from formline.workflow.approvals.previewing import LeaveUnit
from formline.workflow.approvals.proposals import parsed, snapshot_of
from formline.workflow.approvals.state import RefusedError
from formline.workflow.approvals.substitutes import is_substitute
from formline.workflow.approvals.tasks import may_see

if TYPE_CHECKING:
    from formline.runtime.site import Site

#: Makes the event of a call; ``actor`` is the acting person's id as text.
Make = Callable[[Conductor, str], e.Event]
#: What a participant does to a ballot, with its event.
ACTIONS: Mapping[str, type[e.OnBallot]] = {
    "return": e.Returned,
    "transfer": e.Transferred,
    "consult": e.Consulted,
    "opinion": e.OpinionGiven,
    "end_consult": e.ConsultEnded,
    "add": e.Added,
    "remove": e.VoterRemoved,
    "cc": e.Copied,
    "undo": e.DecisionUndone,
}
ADMINISTER = "manage_definitions"


def decide(
    site: Site,
    actor: Actor,
    approval_id: UUID,
    ballot: str,
    choice: str,
    *,
    opinion: str = "",
    signed: bool = False,
    signature: str = "",
    seen: str = "",
    together: bool = False,
    values: Mapping[str, Any] | None = None,
    locale: Locale = PLAIN,
    source: str = "form",
) -> str:
    """Cast a ballot (approve, reject, abstain) and return the instance's status after it.

    ``seen`` is the digest of what the page showed (see ``Task.seen``); ``values`` are edits the step allows, see
    :func:`edit`. ``signature`` is what was drawn or typed, ``together``: several tasks are approved at once.

    Raises:
        ConflictError: what was shown has changed. RefusedError: decided meanwhile (``by``, ``choice``), not one's own.
    """

    def make(conductor: Conductor, person: str) -> e.Event:
        step = _step_of(conductor, ballot)
        if seen and step is not None and seen != conductor.digest(step):
            raise ConflictError("What this shows has changed meanwhile; look at it again.", code="approval_changed")
        if together and not _may_together(conductor, ballot):
            raise RefusedError("approval_not_allowed", "This step wants each decision by itself.")
        changed = edit(conductor, step, values)
        return e.Decided(
            conductor.unit.now,
            person,
            ballot=ballot,
            opinion=opinion,
            substitute=_substitutes(conductor, ballot),
            choice=choice,  # type: ignore[arg-type]  # refused where it is none
            signed=signed or bool(signature),
            signature=signature,
            data=conductor.digest(),
            changed=changed,
        )

    if choice not in ("approve", "reject", "abstain"):
        raise RefusedError("approval_not_allowed", f"{choice} is no decision.")
    return _act(site, actor, approval_id, make, locale=locale, source=source)


def act(
    site: Site, actor: Actor, approval_id: UUID, ballot: str, action: str, *, to: UUID | None = None, **more: Any
) -> str:
    """Do one of :data:`ACTIONS` with a ballot and return the instance's status.

    ``to`` is the person concerned. ``more``: ``opinion``; ``step`` of a return; ``where`` of an addition;
    ``target`` of a removal; ``people`` (ids) of a copy.
    """
    kind = ACTIONS[action]

    def make(conductor: Conductor, person: str) -> e.Event:
        given: dict[str, Any] = {"ballot": ballot, "opinion": str(more.get("opinion", ""))}
        given["substitute"] = _substitutes(conductor, ballot)
        if action in ("transfer", "consult", "add"):
            given |= {"to": str(to or ""), "eligible": _eligible(conductor, ballot, to)}
        if action == "add":
            given["where"] = more.get("where", "beside")
        if action == "return":
            given["to"] = str(more.get("step", "submitter"))
        if action == "remove":
            given["target"] = str(more.get("target", ""))
        if action == "cc":
            able = conductor.facts().people(None, list(more.get("people", ())))
            given["people"] = tuple(e.Person(str(one)) for one in able)
        return kind(conductor.unit.now, person, **given)

    return _act(site, actor, approval_id, make)


def resubmit(site: Site, actor: Actor, approval_id: UUID, values: Mapping[str, Any] | None = None) -> str:
    """Send a returned instance on its way again; ``values`` replace what its proposal would write."""

    def make(conductor: Conductor, person: str) -> e.Event:
        case, plan = conductor.case, conductor.plan
        ids = plan.model.field_ids
        given = {name: value for name, value in (values or {}).items() if str(ids.get(name)) in case.proposal}
        case.proposal = {**case.proposal, **parsed(plan, given)}
        before, now = case.submitted, snapshot_of(plan, conductor.proposed())
        names = plan.model.field_names
        changed = tuple(sorted(names[int(key)] for key in now if before.get(key) != now[key]))
        case.submitted = now
        status = "changing" if case.definition.guard.event == "update" else "pending"
        conductor.set_status(status)
        return e.Resubmitted(conductor.unit.now, person, data=conductor.digest(), changed=changed)

    return _act(site, actor, approval_id, make)


def comment(site: Site, actor: Actor, approval_id: UUID, text: str, people: Sequence[UUID] = ()) -> str:
    """Write about an instance, for who may see it; ``people`` are mentioned, and told."""

    def make(conductor: Conductor, person: str) -> e.Event:
        if not may_see(conductor.unit.connection, site, actor, conductor.case):
            raise NotFoundError
        able = conductor.facts().people(None, list(people)) if people else []
        return e.Commented(conductor.unit.now, person, opinion=text, people=tuple(e.Person(str(one)) for one in able))

    return _act(site, actor, approval_id, make)


def withdraw(site: Site, actor: Actor, approval_id: UUID, opinion: str = "") -> str:
    """Take an instance back as its submitter."""

    def make(conductor: Conductor, person: str) -> e.Event:
        if conductor.case.parent is not None:
            raise RefusedError("approval_part", "This is a part of another approval; withdraw that one.")
        return e.Withdrawn(conductor.unit.now, person, opinion=opinion)

    return _act(site, actor, approval_id, make)


def urge(site: Site, actor: Actor, approval_id: UUID) -> str:
    """Remind everybody with an open task."""
    return _act(site, actor, approval_id, lambda c, person: e.Urged(c.unit.now, person))


def stop(site: Site, actor: Actor, approval_id: UUID, opinion: str = "") -> str:
    """End an instance as a process administrator."""
    return _administer(site, actor, approval_id, lambda c, person: e.Stopped(c.unit.now, person, opinion=opinion))


def reassign(site: Site, actor: Actor, approval_id: UUID, ballot: str, to: UUID) -> str:
    """Give an open ballot to another person as a process administrator."""

    def make(conductor: Conductor, person: str) -> e.Event:
        return e.Reassigned(conductor.unit.now, person, ballot=ballot, to=str(to))

    return _administer(site, actor, approval_id, make)


def retry(site: Site, actor: Actor, approval_id: UUID) -> str:
    """Try again to carry out what was approved, as its submitter or a process administrator."""
    return _act(site, actor, approval_id, lambda c, person: e.ApplyRetried(c.unit.now, person), owner=True)


def return_for_repair(site: Site, actor: Actor, approval_id: UUID) -> str:
    """Give an instance that could not be carried out back to its submitter."""
    return _act(site, actor, approval_id, lambda c, person: e.ReturnedForRepair(c.unit.now, person), owner=True)


def submit_deletion(unit: Unit, object_name: str, record_id: UUID, choices: Mapping[str, Sequence[str]] = {}) -> UUID:
    """Ask for the deletion of a record that an approval guards; return the instance.

    Raises:
        NotFoundError: no such record for this actor. AccessDeniedError: may not delete it.
    """
    plan = unit.plan(object_name)
    record = unit.hold(object_name, [record_id]).get(record_id)
    if record is None or record_id not in unit.permitted(plan, [record_id], "read"):
        raise NotFoundError
    if record_id not in unit.permitted(plan, [record_id], "delete"):
        raise AccessDeniedError(f"You may not delete this {plan.object.label}.")
    approval = deletion_approval(unit, plan, record)
    if approval is None:
        raise ConflictError("Deleting this needs no approval.", code="approval_not_needed")
    if storage.running_on(unit.connection, plan.model.object_id, [record_id]):
        raise ConflictError(f"This {plan.object.label} is in approval.", code="approval_locked")
    unit.extras[CHOICES] = dict(choices)
    key = start(unit, approval=approval, key=record_id, parts=({}, snapshot_of(plan, record), ""))
    case = storage.load_case(unit.connection, unit.release, key)
    if case is not None and not case.state.ended:
        Conductor(unit, case).set_status("pending")
    return key


def migrate(
    site: Site, actor: Actor, approval_id: UUID, steps: Mapping[str, str] = {}, *, dry_run: bool = False
) -> tuple[tuple[str, str], ...]:
    """Take a running instance to the version that is live now; return (step, status) as they stand then.

    ``steps`` maps old names of steps to new ones; runs of steps that are gone are put aside.
    ``dry_run`` changes nothing.

    Raises:
        AccessDeniedError: only who administers processes can do this. RefusedError: it has ended, or has that version.
    """

    def work(unit: Unit) -> tuple[tuple[str, str], ...]:
        if not _administers(unit):
            raise AccessDeniedError("Only who administers processes can do this.")
        case = storage.load_case(unit.connection, unit.release, approval_id, lock=True)
        if case is None:
            raise NotFoundError
        live = unit.release.catalog.all("approval").get(case.definition.name)
        if live is None:
            raise RefusedError("approval_no_version", "There is no such approval any more.")
        version = storage.version_of(unit.connection, live, unit.now)
        if version == case.version:
            raise RefusedError("approval_no_version", "It has the version that is live already.")
        case.definition, case.version = live, version
        person = str(actor.user_id) if actor.user_id else ""
        Conductor(unit, case).send(e.Migrated(unit.now, person, steps=tuple(steps.items())))
        found = tuple((run.name, run.status) for run in case.state.runs.values())
        if dry_run:
            raise LeaveUnit(found)
        return found

    try:
        return run_unit(site, actor, work, confirm=True)
    except LeaveUnit as left:
        result: tuple[tuple[str, str], ...] = left.result
        return result


def due(site: Site, timer: storage.Timer, now: datetime) -> str:
    """Tell an instance that a due time passed, and take the timer, in one transaction.

    Raises:
        NotFoundError: somebody else took the timer, or the record is gone.
    """

    def make(conductor: Conductor, person: str) -> e.Event:
        if not storage.take_timer(conductor.unit.connection, timer):
            raise NotFoundError
        return e.DuePassed(now, path=timer.path, number=timer.number)

    return _act(site, Actor.system(), timer.approval_id, make, source="system", now=now)


# --- one call --------------------------------------------------------------------------------------------------------


def _act(
    site: Site,
    actor: Actor,
    approval_id: UUID,
    make: Make,
    *,
    owner: bool = False,
    locale: Locale = PLAIN,
    source: str = "form",
    now: datetime | None = None,
) -> str:
    """Run one call; where what was approved cannot be carried out, run it again and record that instead."""

    def work(failure: str, unit: Unit) -> str:
        case = storage.load_case(unit.connection, unit.release, approval_id, lock=True)
        if case is None:
            raise NotFoundError
        if owner and actor.user_id != case.submitter_id and not _administers(unit):
            raise AccessDeniedError("Only who submitted it, or who administers processes, can do this.")
        unit.extras[FAILURE] = failure
        conductor = Conductor(unit, case)
        event = make(conductor, str(actor.user_id) if actor.user_id else "")
        conductor.send(event)
        return case.state.status

    said = partial(run_unit, site, actor, source=source, confirm=True, locale=locale, now=now)
    try:
        return said(lambda unit: work("", unit))
    except CarryingOutError as error:
        message = error.message
    return said(lambda unit: work(message, unit))


def _administer(site: Site, actor: Actor, approval_id: UUID, make: Make) -> str:
    def guarded(conductor: Conductor, person: str) -> e.Event:
        if not _administers(conductor.unit) and person not in _administrators(conductor):
            raise AccessDeniedError("Only who administers processes can do this.")
        return make(conductor, person)

    return _act(site, actor, approval_id, guarded)


def _administers(unit: Unit) -> bool:
    return unit.actor.is_system or bool(rights(unit.release, unit.actor).may(ADMINISTER))


def _administrators(conductor: Conductor) -> set[str]:
    return {one.id for one in conductor.administrators(conductor.facts())}


def _step_of(conductor: Conductor, ballot: str) -> Approve | None:
    found = conductor.case.state.find(ballot)
    block = conductor.case.definition.blocks.get(found[0].name) if found else None
    return block if isinstance(block, Approve) else None


def _may_together(conductor: Conductor, ballot: str) -> bool:
    found, step = conductor.case.state.find(ballot), _step_of(conductor, ballot)
    return bool(found and step and "batch" in actions_of(conductor.case.state, step, *found))


def _substitutes(conductor: Conductor, ballot: str) -> bool:
    """Return whether the actor stands in for the ballot's person now."""
    found = conductor.case.state.find(ballot)
    actor = conductor.unit.actor.user_id
    if found is None or actor is None or found[1].person == str(actor):
        return False
    return is_substitute(
        conductor.unit.connection, UUID(found[1].person), actor, conductor.case.object_id, conductor.unit.now
    )


def _eligible(conductor: Conductor, ballot: str, to: UUID | None) -> bool:
    """Return whether a person can be chosen: active, and among the step's candidates where it names any."""
    step = _step_of(conductor, ballot)
    if to is None or step is None:
        return False
    facts = conductor.facts()
    if step.candidates:
        return str(to) in {one.id for one in resolve(facts, step.candidates)}
    return bool(facts.people(None, [to]))
