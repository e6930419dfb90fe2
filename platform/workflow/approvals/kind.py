"""The kind ``approval``: how it is built, compared, and what a change of it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from formline.catalog.catalog import Catalog
from formline.catalog.diff import Change, match_names
from formline.catalog.kinds import Kind, register
from formline.workflow.approvals.building import approval_from, kind_of
from formline.workflow.approvals.checks import check_approval, walk_items
from formline.workflow.approvals.definition import Approval
from formline.workflow.approvals.reading import reads_of

if TYPE_CHECKING:
    from formline.metadata.layers import Definition

_NESTED = frozenset({"branches", "cases", "else", "steps"})


def build_approval(catalog: Catalog, definition: Definition) -> Approval:
    """Make an approval of a checked definition."""
    data = definition.data
    return approval_from(definition.name, data, reads_of(catalog, str(data["object"]), data))


def diff_approval(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Compare two versions: steps by name, wherever they stand, then everything else."""
    before, after = _blocks(old), _blocks(new)
    name = str(new.get("name") or "")
    matches = match_names(before, after)
    for step, item in after.items():
        former = matches.pairs[step]
        if not former:
            yield Change("added", "approval", name, ("steps", step), new=item)
        elif former != (step,):
            yield Change("renamed", "approval", name, ("steps", step), former[0], step)
        if former and _own(before[former[0]]) != _own(item):
            yield Change("changed", "approval", name, ("steps", step), _own(before[former[0]]), _own(item))
    for step in matches.gone:
        yield Change("removed", "approval", name, ("steps", step), old=before[step])
    if list(before) != list(after) and set(before) == set(after):
        yield Change("changed", "approval", name, ("steps",), list(before), list(after))
    for key in dict.fromkeys([*new, *old]):
        if key not in ("kind", "name", "extends", "was", "steps") and old.get(key) != new.get(key):
            yield Change("changed", "approval", name, (key,), old.get(key), new.get(key))


def _blocks(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(item[kind_of(item)]): item for _, item in walk_items(data.get("steps") or (), ())}


def _own(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what belongs to a block itself: conditions of its branches, not the steps in them."""
    found = {key: value for key, value in item.items() if key not in _NESTED and key not in ("was", kind_of(item))}
    for key in ("branches", "cases"):
        if key in item:
            found[key] = {name: one.get("when") for name, one in item[key].items()}
    return found


register(Kind("approval", build_approval, check_approval, diff_approval))
