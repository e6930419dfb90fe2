"""Takes a running instance to another version of its definition, by a map of step names."""

from __future__ import annotations

from dataclasses import replace

from formline.workflow.approvals.definition import Approval, Choose, ForEach, Inclusive, Parallel, inner
from formline.workflow.approvals.events import Migrated
from formline.workflow.approvals.state import Path, Run
from formline.workflow.approvals.work import Work


def migrated(work: Work, event: Migrated) -> None:
    """Carry runs over to the steps of the same or the mapped name; runs of steps that are gone are put aside."""
    work.require("running", "returned")
    names = dict(event.steps)
    moved: dict[Path, Run] = {}
    for path, run in work.runs.items():
        new = _moved(path, names)
        if not _stands(work.definition, new):
            continue
        chosen = tuple(one for one in run.chosen if _has_branch(work.definition, new, one))
        if chosen != run.chosen and not isinstance(work.definition.blocks[new[-1]], ForEach):
            continue  # asked again: a branch that was taken is gone
        moved[new] = replace(run, path=new)
    gone = [path for path in work.runs if _moved(path, names) not in moved]
    work.discard(gone, "migrated")
    work.runs = moved
    returner = work.instance.returner
    if returner is not None and not _stands(work.definition, _moved(returner, names)):
        work.set(returner=None)


def _moved(path: Path, names: dict[str, str]) -> Path:
    return tuple(names.get(one, one) if index % 2 == 0 else one for index, one in enumerate(path))


def _stands(definition: Approval, path: Path) -> bool:
    """Whether the block is there, in the same branches as before."""
    place = definition.places.get(path[-1])
    return (
        place is not None
        and len(place) == len(path)
        and all(mine == its or its == "*" for mine, its in zip(path, place, strict=True))
    )


def _has_branch(definition: Approval, path: Path, branch: str) -> bool:
    block = definition.blocks[path[-1]]
    if isinstance(block, Parallel | Inclusive | Choose):
        return branch in dict(inner(block))
    return isinstance(block, ForEach)
