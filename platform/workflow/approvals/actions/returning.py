"""Returning 退回, resubmitting 重新提交, withdrawing 撤回, stopping, and changes of the record meanwhile."""

from __future__ import annotations

from formline.workflow.approvals.actions.permission import acting, require_allowed
from formline.workflow.approvals.effects import Outcome
from formline.workflow.approvals.events import (
    ApplyFailed,
    ApplyRetried,
    RecordChanged,
    Resubmitted,
    Returned,
    ReturnedForRepair,
    Stopped,
    Submitted,
    Withdrawn,
)
from formline.workflow.approvals.state import RefusedError
from formline.workflow.approvals.steps import drop_stale, end, send_back
from formline.workflow.approvals.work import Work


def submitted(work: Work, event: Submitted) -> None:
    """Begin."""
    work.require("new")
    work.set(status="running", submitter=event.actor, round=1, data=event.data)


def returned(work: Work, event: Returned) -> None:
    """Send the instance back to a step or the submitter; it stays alive."""
    run, ballot = acting(work, event)
    step = work.step(run)
    require_allowed(step, "return")
    if event.to not in step.return_to:
        raise RefusedError("approval_not_allowed", f"This step cannot return to {event.to}.")
    if step.opinion != "optional" and not event.opinion.strip():
        raise RefusedError("approval_opinion", "Write an opinion.")
    run = work.change(run, ballot, status="returned", by=event.actor, opinion=event.opinion, at=event.at)
    send_back(work, run, event.to)


def resubmitted(work: Work, event: Resubmitted) -> None:
    """Go on after the submitter's revision."""
    work.require("returned")
    _require_submitter(work, event.actor)
    work.set(status="running", round=work.instance.round + 1, data=event.data)
    drop_stale(work, event.changed)


def record_changed(work: Work, event: RecordChanged) -> None:
    """Take note of new values; finished steps they concern reopen on a way back, see ``drop_stale``."""
    work.require("running", "returned")
    work.set(data=event.data)
    drop_stale(work, event.changed)


def withdrawn(work: Work, event: Withdrawn) -> None:
    """End it at the submitter's wish."""
    work.require("running", "returned", "apply_failed")
    _require_submitter(work, event.actor)
    policy = work.definition.withdraw
    decided = any(run.acted for run in [*work.runs.values(), *work.past])
    if policy == "never" or (policy == "before_decision" and decided and work.instance.status == "running"):
        raise RefusedError("approval_no_withdrawal", "This approval cannot be withdrawn any more.")
    waiting = [ballot.acts_now for _, ballot in work.instance.open_ballots()]
    end(work, "withdrawn")
    work.tell(waiting, "withdrawn")


def stopped(work: Work, event: Stopped) -> None:
    """End it at an administrator's wish."""
    work.require("running", "returned", "apply_failed")
    end(work, "stopped")


def _require_submitter(work: Work, person: str) -> None:
    if person != work.instance.submitter:
        raise RefusedError("approval_not_yours", "Only who submitted it can do this.")


def apply_failed(work: Work, event: ApplyFailed) -> None:
    """Note that what was approved could not be carried out; the approval itself stands."""
    work.require("approved")
    work.set(status="apply_failed", failure=event.message)
    work.tell([work.instance.submitter], "apply_failed")


def apply_retried(work: Work, event: ApplyRetried) -> None:
    """Try again to carry it out."""
    work.require("apply_failed")
    work.set(status="approved", failure="")
    work.effect(Outcome("approved"))


def returned_for_repair(work: Work, event: ReturnedForRepair) -> None:
    """Give it back to the submitter, who resubmits it from the start."""
    work.require("apply_failed")
    work.discard(list(work.runs), "returned")
    work.set(status="returned", failure="", returner=None, returns=work.instance.returns + 1)
    work.effect(Outcome("returned"))
    work.tell([work.instance.submitter], "returned")
