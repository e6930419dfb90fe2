"""Why a step of an approval applies: the conditions it stands under, as written. Words for them are the pages'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from formline.workflow.approvals.definition import ELSE, Approval
from formline.workflow.approvals.state import Path


@dataclass(frozen=True, slots=True)
class Ground:
    """A condition that lets a step apply: of a ``block``, or of its ``branch``; ``when`` is "" for an ``else``."""

    block: str
    branch: str
    when: str


def grounds(approval: Approval, path: Path) -> tuple[Ground, ...]:
    """Return the conditions of the branches a step stands in, and its own, from the outside in."""
    found = []
    for index in range(1, len(path), 2):
        block: Any = approval.blocks[path[index - 1]]
        branches = getattr(block, "cases", None) or getattr(block, "branches", None) or {}
        branch = branches.get(path[index])
        if branch is not None and branch.when:
            found.append(Ground(block.name, branch.name, branch.when))
        elif path[index] == ELSE:
            found.append(Ground(block.name, ELSE, ""))
    own = approval.blocks[path[-1]]
    return (*found, *([Ground(own.name, "", own.when)] if own.when else []))


def why_here(approval: Approval, path: Path) -> str:
    """Return why a step applies: the conditions of the branches it stands in, as written."""
    return " and ".join(one.when or f"none of {approval.blocks[one.block].label}" for one in grounds(approval, path))
