"""More people in a step 加签 (before 前, after 后, beside 并), and fewer 减签."""

from __future__ import annotations

from dataclasses import replace

from formline.workflow.approvals import ballots as algebra
from formline.workflow.approvals.actions.delegating import require_newcomer
from formline.workflow.approvals.actions.permission import acting, require_allowed
from formline.workflow.approvals.events import Added, VoterRemoved
from formline.workflow.approvals.state import Ballot, RefusedError
from formline.workflow.approvals.steps import settle
from formline.workflow.approvals.work import Work


def added(work: Work, event: Added) -> None:
    """Add a person: ``before`` decides first, ``after`` when the ballot approved, ``beside`` votes with it."""
    run, ballot = acting(work, event)
    require_allowed(work.step(run), "add")
    require_newcomer(work, run, event.to, event.eligible)
    role, parent = (ballot.role, ballot.parent) if event.where == "beside" else (event.where, ballot.id)
    fresh = Ballot(work.next_id(run), event.to, role=role, parent=parent, status="waiting", added_by=event.actor)
    settle(work, work.join(run, fresh, after=ballot.id))


def voter_removed(work: Work, event: VoterRemoved) -> None:
    """Take out an undecided ballot; the last voter stays, and none goes whose absence would reject the step."""
    run, _ = acting(work, event)
    require_allowed(work.step(run), "remove")
    target = run.ballot(event.target)
    if target is None or not target.undecided:
        raise RefusedError("approval_decided", "Only who has not decided can be taken out.")
    votes = [one for one in run.ballots if one.role == "vote" and one.status not in ("removed", "abstained")]
    if target.role == "vote" and len(votes) == 1:
        raise RefusedError("approval_last_voter", "The last person of a step cannot be taken out.")
    gone = _with_children(run.ballots, target.id)
    left = tuple(replace(one, status="removed") if one.id in gone and one.undecided else one for one in run.ballots)
    if algebra.verdict(work.rule(run), left) == "rejects":
        raise RefusedError("approval_last_voter", "Too few would be left to decide.")
    work.tell([one.acts_now for one in run.ballots if one.id in gone], "superseded", run.path)
    settle(work, work.put(replace(run, ballots=left)))


def _with_children(ballots: tuple[Ballot, ...], key: str) -> set[str]:
    """Return a ballot with those that were added before or after it."""
    found = {key}
    for one in ballots:  # children stand behind whom they were added by
        if one.parent in found:
            found.add(one.id)
    return found
