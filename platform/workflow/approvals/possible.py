"""What somebody may do with an instance besides their open task: asked of the engine itself, so buttons never lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from formline.workflow.approvals import events as e
from formline.workflow.approvals.definition import Approval
from formline.workflow.approvals.engine import decide
from formline.workflow.approvals.state import CAST, Instance, RefusedError


def allows(definition: Approval, state: Instance, event: e.Event) -> bool:
    """Return whether an event fits the state; nothing is kept."""
    try:
        decide(definition, state, event)
    except RefusedError:
        return False
    return True


def of_submitter(definition: Approval, state: Instance, person: str, now: datetime) -> Iterator[str]:
    """Yield what the submitter may do: resubmit, urge, withdraw; retry and repair where carrying it out failed."""
    if person != state.submitter:
        return
    tried = {
        "resubmit": e.Resubmitted(now, person),
        "urge": e.Urged(now, person),
        "withdraw": e.Withdrawn(now, person),
        "retry": e.ApplyRetried(now, person),
        "repair": e.ReturnedForRepair(now, person),
    }
    yield from (name for name, event in tried.items() if allows(definition, state, event))


def undoable(definition: Approval, state: Instance, person: str, now: datetime) -> Iterator[str]:
    """Yield the ballots whose decision a person can take back."""
    for run in state.runs.values():
        for ballot in run.ballots:
            undone = e.DecisionUndone(now, person, ballot=ballot.id)
            if ballot.by == person and ballot.status in CAST and allows(definition, state, undone):
                yield ballot.id


def consulting(state: Instance, person: str) -> Iterator[str]:
    """Yield the ballots for which a person waits for somebody's opinion."""
    for run in state.runs.values():
        if run.status == "open":
            yield from (one.id for one in run.ballots if one.status == "consulting" and one.person == person)
