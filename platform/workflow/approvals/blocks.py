"""Where runs stand to each other: what comes after a step, what directly before; from paths alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from formline.workflow.approvals.definition import Approval, Approve
from formline.workflow.approvals.state import Path, Run


def follows(definition: Approval, path: Path, other: Path) -> bool:
    """Return whether ``other`` comes after ``path``: later in the sequence they share."""
    for index, (mine, its) in enumerate(zip(path, other, strict=False)):
        if mine != its:
            return index % 2 == 0 and definition.order_of[mine] < definition.order_of[its]
    return False


def after(definition: Approval, path: Path, paths: Iterable[Path]) -> list[Path]:
    """Return those of the paths that come after one."""
    return [other for other in paths if follows(definition, path, other)]


def inside(path: Path, paths: Iterable[Path], branch: str = "") -> list[Path]:
    """Return the paths below a block, or below one of its branches."""
    prefix = (*path, branch) if branch else path
    return [other for other in paths if len(other) > len(path) and other[: len(prefix)] == prefix]


def earlier(definition: Approval, path: Path, name: str, paths: Iterable[Path]) -> list[Path]:
    """Return where a step stands before ``path``: in its own item, or in every item of an earlier block."""
    found = [one for one in paths if one[-1] == name and follows(definition, one, path)]
    nearest = max((_shared(one, path) for one in found), default=0)
    return [one for one in found if _shared(one, path) == nearest]


def _shared(path: Path, other: Path) -> int:
    return next((n for n, (a, b) in enumerate(zip(path, other, strict=False)) if a != b), min(len(path), len(other)))


def preceding(definition: Approval, path: Path, runs: Mapping[Path, Run]) -> list[Run]:
    """Return the approve steps that ended directly before ``path``: several where branches joined."""
    while path:
        siblings = [p for p in runs if len(p) == len(path) and p[:-1] == path[:-1] and follows(definition, p, path)]
        for one in sorted(siblings, key=lambda p: definition.order_of[p[-1]], reverse=True):
            found = list(_last(definition, one, runs))
            if found:
                return found
        path = path[:-2]
    return []


def _last(definition: Approval, path: Path, runs: Mapping[Path, Run]) -> Iterator[Run]:
    run = runs[path]
    if isinstance(definition.blocks[path[-1]], Approve):
        if run.status == "approved":
            yield run
        return
    below = [p for p in runs if len(p) == len(path) + 2 and p[: len(path)] == path]
    for branch in dict.fromkeys(p[-2] for p in below):
        for one in sorted(
            (p for p in below if p[-2] == branch), key=lambda p: definition.order_of[p[-1]], reverse=True
        ):
            found = list(_last(definition, one, runs))
            if found:
                yield from found
                break
