"""Why a task came to somebody, why a step was skipped, why an instance waits: codes with values, for pages to word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from formline.workflow.approvals import events as e
from formline.workflow.approvals.grounds import why_here
from formline.workflow.approvals.state import Ballot, Run
from formline.workflow.approvals.storage import Case


@dataclass(frozen=True, slots=True)
class Because:
    """One reason.

    ``code``: chosen (``selector``), condition (``when``, ``step``), transferred, added, reassigned, late (``by``: who
    did it),
    administrator (nobody was found; ``reason`` where a script failed), repeated (decided the same before),
    skipped (``reason``: when, nobody, submitter; ``failure`` of a script),
    waits (``people``, ``since``), returned, cannot_be_done (``message``).
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


def why_asked(case: Case, ballot: str) -> list[Because]:
    """Return why a ballot is with its person."""
    found = case.state.find(ballot)
    return [] if found is None else list(_why_asked(case, *found))


def _why_asked(case: Case, run: Run, ballot: Ballot) -> Iterator[Because]:
    condition = why_here(case.definition, run.path)
    if condition:
        yield Because("condition", {"when": condition, "step": run.name})
    if run.purpose == "administrator":
        yield Because("administrator", {"step": run.name, "reason": _reason(case, run)})
    handed = [one for one in case.log if isinstance(one, e.Transferred | e.Reassigned) and one.ballot == ballot.id]
    if handed:
        code = "transferred" if isinstance(handed[-1], e.Transferred) else "reassigned"
        yield Because(code, {"by": handed[-1].actor})
    elif ballot.added_by == "due":
        yield Because("late", {"step": run.name})
    elif ballot.added_by:
        yield Because("added", {"by": ballot.added_by, "where": ballot.role})
    else:
        chosen = [one for event in _opened(case, run) for one in event.people if one.id == ballot.person]
        yield from (Because("chosen", {"selector": one.why}) for one in chosen[-1:])
    if ballot.carried:
        yield Because("repeated", {"ballot": ballot.carried})


def _opened(case: Case, run: Run) -> list[e.StepOpened]:
    return [one for one in case.log if isinstance(one, e.StepOpened) and one.path == run.path]


def why_skipped(case: Case) -> dict[str, Because]:
    """Return the steps that were left out, with the reason: its condition, nobody found, only the submitter."""
    skipped = [run for run in case.state.runs.values() if run.status == "skipped"]
    return {run.name: Because("skipped", {"reason": run.reason, "failure": _reason(case, run)}) for run in skipped}


def _reason(case: Case, run: Run) -> str:
    """Return why a script found nobody for a run, "" where none failed."""
    return next((one.reason for one in reversed(_opened(case, run)) if one.reason), "")


def why_waiting(case: Case) -> list[Because]:
    """Return what an instance waits for: people by step and since when, the submitter, or a mended record."""
    if case.state.status == "returned":
        return [Because("returned", {"people": (case.state.submitter,)})]
    if case.state.status == "apply_failed":
        return [Because("cannot_be_done", {"message": case.state.failure})]
    waiting: dict[str, list[str]] = {}
    for run, ballot in case.state.open_ballots():
        waiting.setdefault(run.name, []).append(ballot.acts_now)
    since = {event.path[-1]: event.at for event in case.log if isinstance(event, e.StepOpened)}
    return [
        Because("waits", {"step": step, "people": tuple(people), "since": since.get(step)})
        for step, people in waiting.items()
    ]
