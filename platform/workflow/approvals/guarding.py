"""The write pipeline's guard: turns what an approval guards into a proposal that waits, and keeps locked what runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection

from formline.errors import ConflictError
from formline.runtime.keys import uuid7
from formline.runtime.unit import formulas, hooks
from formline.runtime.unit.draft import Draft
from formline.workflow.approvals import storage, subprocesses
from formline.workflow.approvals.conducting import PASSING, Conductor
from formline.workflow.approvals.definition import Approval
from formline.workflow.approvals.events import Submitted
from formline.workflow.approvals.facts import Facts
from formline.workflow.approvals.proposals import proposal_of, restore_old, snapshot_of
from formline.workflow.approvals.storage import Case

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.plan import WritePlan

#: Under this name a unit keeps the ids of the instances that were started in it.
STARTED = "approvals started"
#: Under this name a unit keeps whom the submitter chose: step -> ids.
CHOICES = "approvals choices"
#: What waits: (proposal, snapshot, name of the transition).
Parts = tuple[dict[str, Any], dict[str, Any], str]


#: Stands for transitions and lines in what a draft changes.
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Lock:
    """What running approvals keep from being changed: fields ``held``, or the ``whole`` record but ``editable`` fields.

    ``waiting`` are the transitions that were asked for already.
    """

    held: frozenset[str] = frozenset()
    whole: bool = False
    editable: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()

    def holds(self, name: str) -> bool:
        """Return whether a field cannot be changed; :data:`EVERYTHING`: transitions and lines."""
        return name in self.held or (self.whole and name not in self.editable)

    def __or__(self, other: Lock) -> Lock:
        """Return what either keeps."""
        if other.whole and not self.whole:
            return other | self
        waiting = self.waiting | other.waiting
        if not self.whole:
            return Lock(self.held | other.held, waiting=waiting)
        left = self.editable & other.editable if other.whole else self.editable - other.held
        return Lock(whole=True, editable=left, waiting=waiting)


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Guard objects that have approvals, and no others."""
    if not guards_of(release, object_name):
        return ()
    return {"guard": (guard,), "deleting": (refuse_deleting,)}.get(phase, ())


def guards_of(release: Release, object_name: str) -> tuple[Approval, ...]:
    """Return the approvals of an object, those asked first in front."""

    def load() -> tuple[Approval, ...]:
        found = [one for one in release.catalog.all("approval").values() if one.object == object_name]
        return tuple(sorted(found, key=lambda one: (one.order, one.name)))

    return release.memo(("approvals", object_name), load)


def guard(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Take what is guarded out of the drafts; the rest of each row is saved."""
    passing = unit.extras.get(PASSING, {})
    asked = [draft for draft in drafts if draft.id not in passing]
    for draft in drafts:
        if passing.get(draft.id) is not None:
            draft.record["approval_status"] = passing[draft.id]
    running = storage.running_on(unit.connection, plan.model.object_id, [d.id for d in asked if not d.is_new])
    for draft in asked:
        found = _guarding(unit, plan, draft)
        if draft.id in running and _locked(unit, plan, draft, running[draft.id]):
            continue
        if found is not None:
            _propose(unit, plan, draft, found)


def _guarding(unit: Unit, plan: WritePlan, draft: Draft) -> Approval | None:
    """Return the first approval of what the draft does whose condition holds; the platform itself asks nobody."""
    if unit.actor.user_id is None:
        return None
    found = [one for one in guards_of(unit.release, plan.name) if _event_of(one, draft)]
    for one in found:
        if one.when is None or Facts(unit, plan.name, draft.record, unit.user, old=draft.old).holds([one.when])[0]:
            return one
    return None


def _event_of(approval: Approval, draft: Draft) -> bool:
    guarded = approval.guard
    match guarded.event:
        case "create":
            return draft.is_new
        case "transition":
            return any(way.name == guarded.name for way in draft.moves.values())
        case "update":
            return not draft.is_new and bool(_changed(draft) & set(guarded.fields))
    return False


def _changed(draft: Draft) -> set[str]:
    return set(_changed_names(draft)) | set(draft.members)


def _changed_names(draft: Draft) -> Sequence[str]:
    """Return the fields of its own that a draft changes."""
    old = draft.old or {}
    return sorted({key.split(".")[0] for key in draft.record if draft.record[key] != old.get(key)} & draft.given)


def _locked(unit: Unit, plan: WritePlan, draft: Draft, running: Sequence[Any]) -> bool:
    """Refuse what a running approval does not leave free; return whether anything was."""
    refused = False
    changed = _changed(draft) | ({EVERYTHING} if draft.moves or draft.nested else set())
    for row in running:
        definition = storage.definition_of(unit.connection, unit.release, row.version)
        lock = _lock(unit.connection, definition, row, unit.actor.user_id)
        for name in sorted(name for name in changed if lock.holds(name)):
            message = f"{definition.label} is running; this cannot be changed until it has ended."
            unit.findings.add(draft, "" if name == EVERYTHING else name, "approval_locked", message)
            refused = True
    return refused


def revising(connection: Connection, row: Any, user_id: UUID | None) -> bool:
    """Return whether a running instance came back to the person who writes, to be changed and submitted again."""
    mine = row.submitter_id == user_id
    return bool(mine and (row.status == "returned" or subprocesses.returned(connection, row.id)))


def _lock(connection: Connection, definition: Approval, row: Any, user_id: UUID | None) -> Lock:
    """Return what one running instance keeps from being changed by a person."""
    guarded = frozenset(definition.guard.fields) if definition.guard.event == "update" else frozenset()
    waiting = frozenset([row.transition]) if row.transition else frozenset()
    if definition.lock == "fields" or revising(connection, row, user_id):
        return Lock(held=guarded, waiting=waiting)
    return Lock(whole=True, editable=frozenset(definition.editable), waiting=waiting)


def lock_of(connection: Connection, release: Release, object_name: str, key: UUID, user_id: UUID | None) -> Lock:
    """Return what all running approvals of a record together keep from being changed by a person."""
    found = Lock()
    for row in storage.running_on(connection, release.physical[object_name].id, [key]).get(key, ()):
        found |= _lock(connection, storage.definition_of(connection, release, row.version), row, user_id)
    return found


def _propose(unit: Unit, plan: WritePlan, draft: Draft, approval: Approval) -> None:
    """Let the guarded part of a draft wait."""
    missing = [name for name in approval.requires if draft.record.get(name) in (None, "", ())]
    for name in missing:
        label = plan.object.fields[name].label
        unit.findings.add(draft, name, "required", f"{label} is required for {approval.label}.")
    if missing:
        return
    before = draft.old or draft.record
    snapshot = snapshot_of(plan, before)
    proposal: dict[str, Any] = {}
    transition, status = "", "pending"
    match approval.guard.event:
        case "transition":
            transition = approval.guard.name
            asked = set(draft.raw) & set(plan.object.fields) & (draft.given | set(draft.members))
            proposal = proposal_of(plan, draft, asked)
            restore_old(draft)
        case "update":
            fields = _changed(draft) & set(approval.guard.fields)
            proposal = proposal_of(plan, draft, fields)
            status = "changing"
            if approval.apply == "when_approved":
                restore_old(draft, fields)
                formulas.compute(unit, plan, [draft])
    draft.record["approval_status"] = status
    unit.then(partial(_start, approval=approval, key=draft.id, parts=(proposal, snapshot, transition)))


def _start(unit: Unit, *, approval: Approval, key: UUID, parts: Parts) -> None:
    start(unit, approval=approval, key=key, parts=parts)


def start(unit: Unit, *, approval: Approval, key: UUID, parts: Parts) -> UUID:
    """Start an instance on a written record; return its id.

    Raises:
        ConflictError: nobody submits it. ValidationError: a step that must find somebody finds nobody.
    """
    plan = unit.plan(approval.object)
    proposal, snapshot, transition = parts
    submitter = unit.actor.user_id
    if submitter is None:
        raise ConflictError("Only a person can submit something for approval.", code="approval_no_submitter")
    case = Case(
        uuid7(),
        approval,
        storage.version_of(unit.connection, approval, unit.now),
        plan.model.object_id,
        key,
        submitter,
        unit.now,
        transition,
        proposal,
        snapshot,
        {},
        unit.extras.get(CHOICES, {}),
    )
    conductor = Conductor(unit, case)
    case.submitted = snapshot_of(plan, conductor.proposed())
    storage.insert_case(unit.connection, case)
    unit.extras.setdefault(STARTED, []).append(case.id)
    conductor.send(Submitted(unit.now, str(submitter), data=conductor.digest()))
    return case.id


def refuse_deleting(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Refuse to delete a record with a running approval, or one whose deletion needs an approval."""
    passing = unit.extras.get(PASSING, {})
    ids = [draft.id for draft in drafts if draft.id not in passing]
    if not ids:
        return
    if storage.running_on(unit.connection, plan.model.object_id, ids):
        raise ConflictError(f"This {plan.object.label} is in approval and cannot be deleted.", code="approval_locked")
    if unit.actor.user_id is None:
        return
    for draft in drafts:
        if deletion_approval(unit, plan, draft.old or {}) is not None:
            raise ConflictError(f"Deleting this {plan.object.label} needs an approval.", code="approval_needed")


def deletion_approval(unit: Unit, plan: WritePlan, record: Any) -> Approval | None:
    """Return the approval that guards deleting a record, if any."""
    for one in guards_of(unit.release, plan.name):
        if one.guard.event == "delete" and (
            one.when is None or Facts(unit, plan.name, record, unit.user).holds([one.when])[0]
        ):
            return one
    return None
