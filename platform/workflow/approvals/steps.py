"""What the ballots of a step lead to: whose turn it is, how the step and the instance end, and the way back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from formline.workflow.approvals import ballots as algebra
from formline.workflow.approvals import blocks
from formline.workflow.approvals.definition import SUBMITTER, Approve, Cc
from formline.workflow.approvals.effects import Ask, FailSubmit, Outcome
from formline.workflow.approvals.state import Ballot, Path, RefusedError, Run
from formline.workflow.approvals.work import Work


def settle(work: Work, run: Run) -> None:
    """Re-evaluate a run after any change of its ballots."""
    match algebra.verdict(work.rule(run), run.ballots):
        case "open":
            _go_on(work, run)
        case "empty":
            empty(work, run)
        case "passes":
            close(work, run, "approved")
        case "rejects":
            close(work, run, "rejected")


def _go_on(work: Work, run: Run) -> None:
    rule = work.rule(run)
    acting = {one.acts_now for one in run.ballots}
    found: Sequence[Ballot] = run.ballots
    if algebra.rule_passes(rule, found):  # only those who were added after somebody are still wanted
        found = _superseded(found, but="after")
    run = work.put(replace(run, ballots=algebra.turns(rule, found)))
    work.tell([one.acts_now for one in run.ballots if one.acts_now not in acting], "task", run.path)


def close(work: Work, run: Run, status: str, reason: str = "") -> None:
    """End a run as approved or rejected; a reject does what the step says."""
    step = work.step(run)
    rejected = status == "rejected"
    if rejected and step.on_reject == "continue":
        status = "advised"
    work.tell([one.acts_now for one in run.ballots], "superseded", run.path)
    closed = replace(run, status=status, ballots=_superseded(run.ballots), closed=work.revision, reason=reason)
    run = work.put(closed)
    if rejected and step.on_reject == "end":
        end(work, "rejected")
    elif rejected and step.on_reject == "return":
        send_back(work, run, next(iter(step.return_to), SUBMITTER))


def _superseded(found: Sequence[Ballot], but: str = "") -> tuple[Ballot, ...]:
    return tuple(replace(one, status="superseded") if one.undecided and one.role != but else one for one in found)


def empty(work: Work, run: Run) -> None:
    """Apply the policy for a step in which nobody, or too few, can decide."""
    step = work.step(run)
    nobody = not any(one.undecided for one in run.ballots)
    ballots = tuple(replace(one, status="removed") if one.undecided else one for one in run.ballots)
    if step.when_empty == "skip" and nobody:
        work.put(replace(run, status="skipped", reason="nobody", closed=work.revision))
        return
    asked = isinstance(step.when_empty, str) or run.purpose == "empty"
    purpose = "administrator" if asked else "empty"
    work.put(replace(run, status="asked", purpose=purpose, ballots=ballots))
    first = not any(one.acted for one in work.runs.values())
    if run.purpose == "administrator" or (step.when_empty == "fail_submit" and first):
        # Where nobody administers processes either, the run stays visible as stuck.
        work.effect(FailSubmit(run.path))
    else:
        work.effect(Ask(run.path, purpose))


def end(work: Work, status: str) -> None:
    """End the instance; open work anywhere is cancelled and kept."""
    leaves = [path for path, run in work.runs.items() if run.status in ("asked", "open") and not is_frame(work, path)]
    work.discard(leaves, status)
    work.set(status=status, returner=None)
    work.effect(Outcome(status))
    if status != "withdrawn":
        work.tell([work.instance.submitter], status)


def is_frame(work: Work, path: Path) -> bool:
    """Whether a block holds other blocks whose facts are known; it is open as long as any of those is."""
    block = work.definition.blocks[path[-1]]
    return not isinstance(block, Approve | Cc) and work.runs[path].status == "open" and not work.runs[path].child


def send_back(work: Work, run: Run, target: str) -> None:
    """Return the instance to an earlier step or the submitter.

    All open work after the target is cancelled. ``rerun`` drops finished work after it too; ``jump_back`` keeps that,
    so that what was cancelled opens again, and only that.

    Raises:
        RefusedError: the target was not visited or does not come before.
    """
    step = work.step(run)
    targets: set[Path] = set()
    if target == SUBMITTER:
        affected = list(work.runs)
    else:
        places = blocks.earlier(work.definition, run.path, target, work.runs)
        targets = {place for place in places if work.runs[place].status != "skipped"}
        if not targets:
            raise RefusedError("approval_no_target", f'The step "{target}" was not taken here.')
        later = [path for place in targets for path in blocks.after(work.definition, place, work.runs)]
        affected = list(dict.fromkeys([*targets, *later]))
    jump = step.after_return == "jump_back"
    keep = {p for p in affected if jump and (work.runs[p].closed or is_frame(work, p))}
    keep -= {run.path, *targets}
    work.discard([path for path in affected if path not in keep], "returned")
    work.set(returner=run.path if jump else None, returns=work.instance.returns + 1)
    if target == SUBMITTER:
        work.set(status="returned")
        work.effect(Outcome("returned"))
        work.tell([work.instance.submitter], "returned")


def drop_stale(work: Work, changed: Collection[str]) -> None:
    """After a return with ``jump_back``: reopen those finished steps that a changed field concerns, and only those.

    A choice whose condition reads a changed field is asked again; its branches keep what was decided in them if they
    are chosen again.
    """
    if work.instance.returner is None or not changed:
        return
    for path, run in list(work.runs.items()):
        if not work.definition.reads.get(run.name, frozenset()) & set(changed):
            continue
        if is_frame(work, path):
            work.put(replace(run, status="asked", purpose="again"))
            work.effect(Ask(path, "again"))
        elif run.closed:
            work.discard([path], "stale")
