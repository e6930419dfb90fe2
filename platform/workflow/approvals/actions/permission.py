"""Who may act on a ballot now; asked of the person who acts, whatever was transferred, added or substituted."""

from __future__ import annotations

from formline.workflow.approvals.definition import Approve
from formline.workflow.approvals.events import OnBallot
from formline.workflow.approvals.opening import decided_elsewhere
from formline.workflow.approvals.state import CAST, Ballot, Instance, RefusedError, Run
from formline.workflow.approvals.work import Work


def present(work: Work, key: str) -> tuple[Run, Ballot]:
    """Return a ballot of the present runs.

    Raises:
        RefusedError: the work was cancelled meanwhile, or there is no such ballot; who ended it is named.
    """
    found = work.instance.find(key)
    if found is not None:
        return work.runs[found[0].path], found[1]
    for run in reversed(work.past):
        if run.ballot(key) is not None:
            raise RefusedError("approval_task_gone", "This task was cancelled meanwhile.")
    raise RefusedError("approval_task_unknown", "There is no such task.")


def acting(work: Work, event: OnBallot) -> tuple[Run, Ballot]:
    """Return the open ballot that the event's actor may act on.

    Raises:
        RefusedError: decided already (by whom, and what), another person's, not yet or no longer this person's turn.
    """
    _require_running(work, event)
    run, ballot = present(work, event.ballot)
    if run.status != "open" or not ballot.undecided:
        raise _too_late(run, ballot)
    if ballot.status == "waiting":
        raise RefusedError("approval_not_your_turn", "Others have to decide before this task.")
    if ballot.status == "consulting":
        raise RefusedError("approval_consulting", "Somebody was asked for an opinion; it is awaited first.")
    require_person(work, run, ballot, event)
    return run, ballot


def _require_running(work: Work, event: OnBallot) -> None:
    """A task of an ended instance says who ended it."""
    if work.instance.status == "running":
        return
    found = work.instance.find(event.ballot)
    if found is not None and not found[1].undecided:
        raise _too_late(*found)
    work.require("running")


def _too_late(run: Run, ballot: Ballot) -> RefusedError:
    last = ballot if ballot.status in CAST else _decisive(run)
    if last is None:
        return RefusedError("approval_decided", "This task is closed.")
    return RefusedError("approval_decided", "This was decided meanwhile.", by=last.by, choice=last.status)


def _decisive(run: Run) -> Ballot | None:
    cast = [one for one in run.ballots if one.status in CAST and one.at is not None]
    return max(cast, key=lambda one: (one.at, one.id), default=None)


def require_person(work: Work, run: Run, ballot: Ballot, event: OnBallot) -> None:
    """Refuse an actor who is neither the ballot's person nor substitutes, or may not decide in this step."""
    if event.actor != ballot.person and not event.substitute:
        raise RefusedError("approval_not_yours", "This task is another person's.")
    if event.actor != ballot.person and is_voter(run, event.actor):
        raise RefusedError("approval_twice", "Who has a task in this step cannot act for another one in it.")
    require_apart(work, work.step(run), event.actor)


def require_apart(work: Work, step: Approve, person: str) -> None:
    """Refuse the submitter, and who decided in a step this one must differ from (separation of duties)."""
    if person == work.instance.submitter and step.when_submitter != "allow":
        raise RefusedError("approval_own", "Who submitted it cannot decide on it.")
    if decided_elsewhere(work, step, person):
        names = ", ".join(step.different_from)
        raise RefusedError("approval_duties", f"Who decided in {names} cannot decide here, too.")


def is_voter(run: Run, person: str) -> bool:
    """Whether a person has, or had and used, a ballot in a run."""
    return any(person in (one.person, one.by) for one in run.ballots if one.status != "removed")


def require_allowed(step: Approve, action: str) -> None:
    """Refuse what the step's ``may`` leaves out."""
    if action not in step.may:
        raise RefusedError("approval_not_allowed", f"This step does not allow: {action}.")


def actions_of(instance: Instance, step: Approve, run: Run, ballot: Ballot) -> tuple[str, ...]:
    """Return what the person of an open ballot may do, in the order of buttons."""
    if ballot.status == "consulting":
        return ("opinion",)
    found = ["approve", "reject"]
    if can_abstain(step, run, ballot):
        found.append("abstain")
    if step.return_to and "return" in step.may:
        found.append("return")
    found += [one for one in ("transfer", "consult", "add", "cc") if one in step.may]
    if "remove" in step.may and len([one for one in run.ballots if one.undecided and one.id != ballot.id]):
        found.append("remove")
    if "batch" in step.may and not (step.signature or step.editable or step.opinion == "required"):
        found.append("batch")
    return tuple(found)


def can_abstain(step: Approve, run: Run, ballot: Ballot) -> bool:
    """Whether a ballot may be cast as an abstention: in votes, or where ``may`` says so; not by who stands in."""
    return ballot.role == "vote" and run.purpose == "open" and ("abstain" in step.may or step.decision.kind == "vote")
