"""Approving, rejecting, abstaining 同意/拒绝/弃权, and taking a decision back 拿回."""

from __future__ import annotations

from dataclasses import replace

from formline.workflow.approvals import blocks
from formline.workflow.approvals.actions.permission import acting, can_abstain, present, require_allowed
from formline.workflow.approvals.definition import Approve, Do, Subprocess
from formline.workflow.approvals.events import Decided, DecisionUndone
from formline.workflow.approvals.state import CAST, Ballot, Path, RefusedError, Run
from formline.workflow.approvals.steps import drop_stale, settle
from formline.workflow.approvals.work import Work

_STATUS = {"approve": "approved", "reject": "rejected", "abstain": "abstained"}


def decided(work: Work, event: Decided) -> None:
    """Cast a ballot; what it leads to follows from the step's rule."""
    run, ballot = acting(work, event)
    step = work.step(run)
    _require_form(step, run, ballot, event)
    if event.data:
        work.set(data=event.data)
    run = work.change(
        run,
        ballot,
        status=_STATUS[event.choice],
        by=event.actor,
        opinion=event.opinion,
        seen=event.data,
        at=event.at,
    )
    settle(work, run)
    if work.instance.status == "running":
        drop_stale(work, event.changed)


def _require_form(step: Approve, run: Run, ballot: Ballot, event: Decided) -> None:
    """Refuse a decision that lacks what the step asks for."""
    if event.choice == "abstain" and not can_abstain(step, run, ballot):
        raise RefusedError("approval_not_allowed", "Nobody can abstain in this step.")
    wanted = step.opinion == "required" or (step.opinion == "on_reject" and event.choice == "reject")
    if wanted and not event.opinion.strip():
        raise RefusedError("approval_opinion", "Write an opinion.")
    if step.signature and event.choice == "approve" and not event.signed:
        raise RefusedError("approval_signature", "This step wants a signature.")
    if set(event.changed) - {path.split(".")[0] for path in step.editable}:
        raise RefusedError("approval_not_editable", "Other fields were changed than this step lets one edit.")


def decision_undone(work: Work, event: DecisionUndone) -> None:
    """Take the own decision back while nobody after it has acted; the step is open again."""
    work.require("running")
    run, ballot = present(work, event.ballot)
    step = work.step(run)
    require_allowed(step, "undo")
    if ballot.status not in CAST or ballot.by != event.actor or ballot.carried:
        raise RefusedError("approval_not_yours", "There is no decision of yours to take back here.")
    if run.status not in ("open", "approved", "advised") or _acted_after_in_step(step, run, ballot):
        raise RefusedError("approval_acted", "Somebody after you has acted on it.")
    later = blocks.after(work.definition, run.path, work.runs)
    if any(_acted(work, path) for path in later):
        raise RefusedError("approval_acted", "Somebody after you has acted on it.")
    work.discard(later, "undone")
    _reopen(work, run, ballot)


def _acted(work: Work, path: Path) -> bool:
    run = work.runs[path]
    return run.acted or (run.status != "skipped" and isinstance(work.block(path), Do | Subprocess))


def _acted_after_in_step(step: Approve, run: Run, ballot: Ballot) -> bool:
    """Whether somebody acted in the step because of this decision."""
    cast = [one for one in run.ballots if one.status in CAST and not one.carried]
    if any(one.parent == ballot.id and one.role == "after" for one in cast):
        return True
    if ballot.role == "before":
        return any(one.id == ballot.parent for one in cast)
    later = run.ballots[run.ballots.index(ballot) + 1 :]
    return step.decision.kind == "in_order" and any(one in later for one in cast if one.role == "vote")


def _reopen(work: Work, run: Run, ballot: Ballot) -> None:
    open_again = tuple(
        replace(one, status="waiting") if one.status == "superseded" else one for one in run.ballots if one.id
    )
    run = work.put(replace(run, status="open", closed=0, reason="", ballots=open_again))
    found = run.ballot(ballot.id)
    if found is not None:
        run = work.change(run, found, status="waiting", by="", opinion="", seen="", at=None)
    settle(work, run)
