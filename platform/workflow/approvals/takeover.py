"""The due time of a step passed: reminders, decisions by default, other people in place of those who did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from formline.workflow.approvals import ballots as algebra
from formline.workflow.approvals.effects import Ask, StartTimer
from formline.workflow.approvals.events import DuePassed, Person
from formline.workflow.approvals.state import Ballot, Run
from formline.workflow.approvals.steps import close, settle
from formline.workflow.approvals.work import Work


def due_passed(work: Work, event: DuePassed) -> None:
    """Do what the step says; a run that ended meanwhile, or is another one, is left alone."""
    run = work.runs.get(event.path)
    if work.instance.status != "running" or run is None or run.status != "open" or run.number != event.number:
        return
    step = work.step(run)
    run = work.put(replace(run, due_count=run.due_count + 1))
    match step.on_due.action:
        case "remind":
            work.tell([one.acts_now for one in run.ballots], "remind", run.path)
            if run.due_count < step.on_due.times and step.due_in:
                work.effect(StartTimer(run.path, run.number, step.due_in))
        case "approve":
            close(work, run, "approved", "due")
        case "reject":
            close(work, run, "rejected", "due")
        case _:
            work.effect(Ask(run.path, "due"))


def take_over(work: Work, run: Run, people: Sequence[Person]) -> None:
    """Let others decide in place of everybody who did not; too few of them join those who are there."""
    if run.status != "open":
        return
    there = {one.person for one in run.ballots if one.status != "removed"}
    fresh = [one for one in people if one.id not in there]
    if not fresh:
        work.tell([one.acts_now for one in run.ballots], "remind", run.path)
        return
    late = [one for one in run.ballots if one.undecided and one.role == "vote"]
    for number, person in enumerate(fresh):
        weight, veto = (late[number].weight, late[number].veto) if number < len(late) else (1, False)
        run = work.join(run, Ballot(work.next_id(run), person.id, weight, veto, added_by="due", status="waiting"))
    without = tuple(replace(one, status="removed") if one in late else one for one in run.ballots)
    if algebra.verdict(work.rule(run), without) != "rejects":
        work.tell([one.acts_now for one in late], "superseded", run.path)
        run = work.put(replace(run, ballots=without))
    settle(work, run)
