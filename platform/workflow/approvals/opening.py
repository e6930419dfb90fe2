"""Opens a block with the facts it asked for: people become ballots, conditions become branches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from formline.workflow.approvals import ballots as algebra
from formline.workflow.approvals import blocks
from formline.workflow.approvals.definition import Approve, Block, Cc, Do, Subprocess
from formline.workflow.approvals.effects import Act, StartTimer
from formline.workflow.approvals.events import Person, StepOpened
from formline.workflow.approvals.progress import taken
from formline.workflow.approvals.state import Ballot, RefusedError, Run
from formline.workflow.approvals.steps import empty, settle
from formline.workflow.approvals.takeover import take_over
from formline.workflow.approvals.work import Work


def opened(work: Work, event: StepOpened) -> None:
    """Take the facts for a block that asked for them."""
    work.require("running")
    run = work.runs.get(event.path)
    if run is None or (run.status != "asked" and event.purpose != "due"):
        raise RefusedError("approval_not_asked", f"{'/'.join(event.path)} asked for nothing.")
    block = work.block(event.path)
    if event.purpose == "due":
        take_over(work, run, _others_than_submitter(work, event))
    elif not event.applies:
        work.discard(blocks.inside(run.path, work.runs), "not chosen")
        work.put(replace(run, status="skipped", reason="when", opened=work.revision, closed=work.revision))
    elif isinstance(block, Approve):
        _approve(work, replace(run, data=event.data, purpose=event.purpose), block, event)
    else:
        _other(work, run, block, event)


def _other(work: Work, run: Run, block: Block, event: StepOpened) -> None:
    if isinstance(block, Cc):
        people = tuple(one.id for one in event.people)
        work.set(copied=tuple(dict.fromkeys([*work.instance.copied, *people])))
        work.tell(people, "cc", run.path)
    if isinstance(block, Do):
        work.effect(Act(run.path))
    if isinstance(block, Cc | Do) or (isinstance(block, Subprocess) and not block.wait):
        work.put(replace(run, status="done", child=event.child, opened=work.revision, closed=work.revision))
        return
    chosen = () if isinstance(block, Subprocess) else taken(block, event.chosen)
    for branch in run.chosen:  # asked again after a change: what is no longer chosen is put aside
        if branch not in chosen:
            work.discard(blocks.inside(run.path, work.runs, branch), "not chosen")
    work.put(replace(run, status="open", chosen=chosen, child=event.child, opened=work.revision))


def _approve(work: Work, run: Run, step: Approve, event: StepOpened) -> None:
    if work.instance.returner == run.path:
        work.set(returner=None)
    people = _voters(work, step, event)
    if not people and event.people and step.when_submitter == "skip" and not work.instance.returns:
        work.put(replace(run, status="skipped", reason="submitter", closed=work.revision))
        return
    run = work.put(replace(run, status="open", opened=work.revision))
    for person in people:
        ballot = Ballot(work.next_id(run), person.id, person.weight, person.veto)
        run = work.join(run, _carried(work, run, step, ballot, event))
    if not people or (run.purpose == "open" and algebra.verdict(step.decision, run.ballots) == "rejects"):
        empty(work, run)  # nobody, or fewer than the rule needs
        return
    if step.due_in and event.purpose == "open":
        work.effect(StartTimer(run.path, run.number, step.due_in))
    # Everybody starts waiting, so that settling tells exactly those whose turn it is.
    waiting = tuple(replace(one, status="waiting") if one.status == "open" else one for one in run.ballots)
    settle(work, work.put(replace(run, ballots=waiting)))


def _voters(work: Work, step: Approve, event: StepOpened) -> tuple[Person, ...]:
    """Return who gets a ballot: each person once, the submitter by the step's policy, nobody who may not decide."""
    found: dict[str, Person] = {}
    people = event.people if event.purpose == "open" else _others_than_submitter(work, event)
    for person in _with_policy(work, step, event, people):
        if person.id in found:
            known = found[person.id]
            person = replace(known, weight=max(known.weight, person.weight), veto=known.veto or person.veto)
        found[person.id] = person
    return tuple(one for one in found.values() if not decided_elsewhere(work, step, one.id))


def _with_policy(work: Work, step: Approve, event: StepOpened, people: Sequence[Person]) -> Iterator[Person]:
    for person in people:
        if person.id != work.instance.submitter or step.when_submitter == "allow":
            yield person
        elif step.when_submitter == "skip" and not work.instance.returns:
            continue
        elif event.manager and event.manager != person.id:
            yield replace(person, id=event.manager, why="manager of the submitter")


def _others_than_submitter(work: Work, event: StepOpened) -> tuple[Person, ...]:
    return tuple(one for one in event.people if one.id != work.instance.submitter) or tuple(
        Person(event.manager, why="manager of the submitter") for _ in event.people[:1] if event.manager
    )


def decided_elsewhere(work: Work, step: Approve, person: str) -> bool:
    """Whether a person decided in a step from which this one must differ."""
    return any(
        ballot.by == person and ballot.status in ("approved", "rejected")
        for run in work.runs.values()
        if run.name in step.different_from
        for ballot in run.ballots
    )


def _carried(work: Work, run: Run, step: Approve, ballot: Ballot, event: StepOpened) -> Ballot:
    """Return the ballot as already approved where the same person just approved the same data."""
    if step.same_person == "always_ask" or step.signature or step.editable or event.purpose != "open":
        return ballot
    if step.same_person == "once_per_instance":
        runs = [one for one in work.runs.values() if blocks.follows(work.definition, one.path, run.path)]
    else:
        runs = blocks.preceding(work.definition, run.path, work.runs)
    for earlier in runs:
        for one in earlier.ballots:
            if one.by == one.person == ballot.person and one.status == "approved" and one.seen == event.data:
                moment: datetime = event.at
                return replace(ballot, status="approved", by=one.by, seen=one.seen, at=moment, carried=one.id)
    return ballot
