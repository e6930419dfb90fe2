"""The engine: ``decide(definition, state, event) -> (state, effects)``, a pure function over a log of events.

No database, no clock: who the approvers are, which conditions hold and what time it is enter as facts in events, so
that replaying a log gives the same state whatever the organisation looks like today. Nothing in this package but the
shell's modules may import ``runtime``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from formline.workflow.approvals import events as e
from formline.workflow.approvals import migration, opening, takeover
from formline.workflow.approvals.actions import deciding, delegating, returning, voters
from formline.workflow.approvals.definition import Approval
from formline.workflow.approvals.effects import Ask, Effect
from formline.workflow.approvals.progress import advance
from formline.workflow.approvals.state import START, Instance, RefusedError
from formline.workflow.approvals.steps import end
from formline.workflow.approvals.work import Work

Handler = Callable[[Work, Any], None]


def _subprocess_ended(work: Work, event: e.SubprocessEnded) -> None:
    """A block that waited for another approval goes on, or ends the instance."""
    run = work.runs.get(event.path)
    if work.instance.status != "running" or run is None or not run.child or run.status != "open":
        raise RefusedError("approval_not_asked", "Nothing waits for this any more.")
    passed = event.outcome == "approved"
    work.put(replace(run, status="done" if passed else "rejected", closed=work.revision, child=""))
    if not passed:
        end(work, "rejected")


HANDLERS: Mapping[type[e.Event], Handler] = {
    e.Submitted: returning.submitted,
    e.StepOpened: opening.opened,
    e.Decided: deciding.decided,
    e.DecisionUndone: deciding.decision_undone,
    e.Returned: returning.returned,
    e.Resubmitted: returning.resubmitted,
    e.RecordChanged: returning.record_changed,
    e.Transferred: delegating.transferred,
    e.Consulted: delegating.consulted,
    e.OpinionGiven: delegating.opinion_given,
    e.ConsultEnded: delegating.consult_ended,
    e.Reassigned: delegating.reassigned,
    e.Copied: delegating.copied,
    e.Urged: delegating.urged,
    e.Commented: delegating.commented,
    e.Added: voters.added,
    e.VoterRemoved: voters.voter_removed,
    e.Withdrawn: returning.withdrawn,
    e.Stopped: returning.stopped,
    e.DuePassed: takeover.due_passed,
    e.SubprocessEnded: _subprocess_ended,
    e.ApplyFailed: returning.apply_failed,
    e.ApplyRetried: returning.apply_retried,
    e.ReturnedForRepair: returning.returned_for_repair,
    e.Migrated: migration.migrated,
}


def decide(definition: Approval, state: Instance, event: e.Event) -> tuple[Instance, tuple[Effect, ...]]:
    """Return the state after an event, and what its caller has to do in the same transaction.

    Raises:
        RefusedError: the event does not fit the state; the state stays as it is.
    """
    work = Work(definition, state)
    HANDLERS[type(event)](work, event)
    advance(work)
    return work.result()


def replay(definition: Approval, log: Iterable[e.Event], state: Instance = START) -> Instance:
    """Return the state that a log leads to."""
    for event in log:
        state, _ = decide(definition, state, event)
    return state


def waits(state: Instance, question: Ask) -> bool:
    """Whether a question still wants an answer: an earlier answer may have settled or cancelled it."""
    asked = state.runs.get(question.path)
    if state.status != "running" or asked is None:
        return False
    return asked.status == ("open" if question.purpose == "due" else "asked")


def run(
    definition: Approval, state: Instance, event: e.Event, answer: Callable[[Instance, Any], e.Event]
) -> tuple[Instance, list[e.Event], list[Effect]]:
    """Decide an event and answer every question it raises, until none is left: (state, events, other effects).

    ``answer`` gets the state and an :class:`~formline.workflow.approvals.effects.Ask`.
    """
    state, effects = decide(definition, state, event)
    events = [event]
    others = [one for one in effects if not isinstance(one, Ask)]
    for question in effects:
        if isinstance(question, Ask) and waits(state, question):
            state, more, rest = run(definition, state, answer(state, question), answer)
            events += more
            others += rest
    return state, events, others
