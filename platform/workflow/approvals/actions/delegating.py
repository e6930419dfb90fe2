"""Giving a task to others: transfer 转办, consult 委派, reassign; copies 抄送, reminders 催办 and comments."""

from __future__ import annotations

from datetime import timedelta

from formline.workflow.approvals.actions.permission import (
    acting,
    is_voter,
    present,
    require_allowed,
    require_apart,
)
from formline.workflow.approvals.events import (
    Commented,
    Consulted,
    ConsultEnded,
    Copied,
    OpinionGiven,
    Reassigned,
    Transferred,
    Urged,
)
from formline.workflow.approvals.state import RefusedError, Run
from formline.workflow.approvals.work import Work


def transferred(work: Work, event: Transferred) -> None:
    """The ballot becomes another person's; the first one is out."""
    run, ballot = acting(work, event)
    require_allowed(work.step(run), "transfer")
    require_newcomer(work, run, event.to, event.eligible)
    work.change(run, ballot, person=event.to, added_by=event.actor)
    work.tell([event.to], "task", run.path)


def require_newcomer(work: Work, run: Run, person: str, eligible: bool) -> None:
    """Refuse somebody who is in the step already, is not among its candidates, or may not decide in it."""
    if not person or not eligible:
        raise RefusedError("approval_no_candidate", "This person cannot be chosen here.")
    if is_voter(run, person):
        raise RefusedError("approval_already_there", "This person has a task in this step already.")
    require_apart(work, work.step(run), person)


def consulted(work: Work, event: Consulted) -> None:
    """Another person is asked for an opinion; the decision stays with the ballot's person."""
    run, ballot = acting(work, event)
    require_allowed(work.step(run), "consult")
    if not event.eligible or event.to in ("", event.actor, ballot.person):
        raise RefusedError("approval_no_candidate", "This person cannot be chosen here.")
    work.change(run, ballot, status="consulting", consulted=event.to)
    work.tell([event.to], "consult", run.path)


def opinion_given(work: Work, event: OpinionGiven) -> None:
    """The opinion is there; the task returns."""
    work.require("running")
    run, ballot = present(work, event.ballot)
    if run.status != "open" or ballot.status != "consulting" or event.actor != ballot.consulted:
        raise RefusedError("approval_not_yours", "Nobody waits for your opinion here any more.")
    work.change(run, ballot, status="open")
    work.tell([ballot.person], "task", run.path)


def consult_ended(work: Work, event: ConsultEnded) -> None:
    """Who asked goes on without the opinion."""
    work.require("running")
    run, ballot = present(work, event.ballot)
    if run.status != "open" or ballot.status != "consulting" or event.actor != ballot.person:
        raise RefusedError("approval_not_yours", "You have asked nobody for an opinion here.")
    work.change(run, ballot, status="open")
    work.tell([ballot.consulted], "superseded", run.path)


def reassigned(work: Work, event: Reassigned) -> None:
    """An open ballot gets another person, because its own is gone or an administrator decides so."""
    work.require("running")
    run, ballot = present(work, event.ballot)
    if run.status != "open" or not ballot.undecided:
        raise RefusedError("approval_decided", "This task is closed.", by=ballot.by, choice=ballot.status)
    require_newcomer(work, run, event.to, True)
    status = "open" if ballot.status == "consulting" else ballot.status
    work.change(run, ballot, person=event.to, added_by=event.actor, status=status)
    if status == "open":
        work.tell([event.to], "task", run.path)


def copied(work: Work, event: Copied) -> None:
    """More people are told and may read."""
    run, _ = acting(work, event)
    require_allowed(work.step(run), "cc")
    people = [one.id for one in event.people]
    work.set(copied=tuple(dict.fromkeys([*work.instance.copied, *people])))
    work.tell(people, "cc", run.path)


def urged(work: Work, event: Urged) -> None:
    """Remind everybody with an open task; not more often than the definition allows."""
    work.require("running")
    if event.actor != work.instance.submitter:
        raise RefusedError("approval_not_yours", "Only who submitted it can do this.")
    last = work.instance.urged_at
    if last is not None and event.at < last + timedelta(minutes=work.definition.urge_minutes):
        raise RefusedError("approval_urged", "They were reminded a short while ago.")
    work.set(urged_at=event.at)
    work.tell([ballot.acts_now for _, ballot in work.instance.open_ballots()], "remind")


def commented(work: Work, event: Commented) -> None:
    """Keep what somebody wrote, and tell whom it mentions; nothing is decided by it."""
    if work.instance.status == "new":
        raise RefusedError("approval_not_allowed", "It was not submitted yet.")
    if not event.opinion.strip():
        raise RefusedError("approval_opinion", "Write something.")
    work.tell([one.id for one in event.people], "mentioned")
