"""Moves an instance on after an event: opens what is next, block by block; ends it when nothing is left."""

from __future__ import annotations

from formline.workflow.approvals.definition import ELSE, Approve, Block, Choose, ForEach, Inclusive, Parallel, inner
from formline.workflow.approvals.effects import Ask
from formline.workflow.approvals.state import PASSED, Path, Run
from formline.workflow.approvals.steps import end
from formline.workflow.approvals.work import Work


def advance(work: Work) -> None:
    """Ask for the facts of every block that is next; with nothing left the instance is approved."""
    if work.instance.status == "running" and _sequence(work, work.definition.steps, ()):
        end(work, "approved")


def _sequence(work: Work, steps: tuple[Block, ...], place: Path) -> bool:
    """Return whether a sequence has ended; the first block that has not is where it stands."""
    return all(_passed(work, block, (*place, block.name)) for block in steps)


def _passed(work: Work, block: Block, path: Path) -> bool:
    run = work.runs.get(path)
    if run is None:
        if isinstance(block, Parallel) and block.when is None:
            run = work.new_run(path, status="open", chosen=tuple(block.branches))
        else:
            work.new_run(path)
            work.effect(Ask(path))
            return False
    if run.status in PASSED:
        return True
    if run.status != "open" or isinstance(block, Approve):
        return False
    # A block of branches is done while all of them are; nothing is stored, so that a return into one reopens it.
    return _branches(work, block, run)


def _branches(work: Work, block: Block, run: Run) -> bool:
    if run.child:
        return False
    steps = dict(inner(block))
    each = steps.get("*", ()) if isinstance(block, ForEach) else ()
    # Every branch is looked at, also beside one that is not done.
    done = [_sequence(work, each or steps.get(name, ()), (*run.path, name)) for name in run.chosen]
    return all(done)


def taken(block: Block, chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Return the branches to take, of those whose conditions hold (or the numbers of items)."""
    match block:
        case Parallel():
            return tuple(block.branches)
        case Choose():
            return tuple(name for name in block.cases if name in chosen)[:1] or (ELSE,)
        case Inclusive():
            return tuple(name for name in block.branches if name in chosen) or (ELSE,)
        case _:
            return chosen
