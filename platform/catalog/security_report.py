"""Says what changes about rights in a few lines per role; which rights differ is found in security.py; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence

from formline.catalog.catalog import Catalog
from formline.catalog.checks.reveals import listed
from formline.catalog.security import RULES, Direction, SecurityChange


def grouped(
    changes: Sequence[SecurityChange],
    added: Collection[str] = (),
    removed: Collection[str] = (),
    gone: Collection[str] = (),
    everyday: Callable[[SecurityChange], bool] = lambda _: False,
) -> list[tuple[str, list[str]]]:
    """Return (role, lines), rules of no single role first, what is given before what is taken.

    ``added``, ``removed``: objects; ``gone``: roles there are no more. Fields that are seen because their object newly
    is, and no longer because it is not, are left out, and so is what ``everyday`` tells to be nobody's news.
    """
    roles: dict[str, dict[str, list[SecurityChange]]] = defaultdict(lambda: defaultdict(list))
    for change in changes:
        if everyday(change):
            continue
        roles[change.role][change.object].append(change)
    return [
        (
            f"role {role}" if role else RULES,
            ["gone with all it gave"]
            if role in gone
            else [line for name, found in objects.items() for line in _object(name, found, added, removed)],
        )
        for role, objects in sorted(roles.items())
    ]


def _object(
    name: str, changes: list[SecurityChange], added: Collection[str], removed: Collection[str]
) -> Iterator[str]:
    told = [change for change in changes if not _follows(change, changes)]
    place = f"{name}: " if name else ""
    if name in removed:
        yield f"{place}gone with the object"
    elif name in added:
        yield f"{place}new: {', '.join(_given(change) for change in told)}"
    else:
        for change in told:
            yield f"{place}{change.what}: {change.old} -> {change.new}"


def _follows(change: SecurityChange, others: Sequence[SecurityChange]) -> bool:
    """Whether a field's line says no more than that its object is now seen, or not seen any more."""
    if not change.what.startswith("field "):
        return False
    read = next((one for one in others if one.what == "read"), None)
    if read is None:
        return False
    if change.direction is Direction.WIDER:
        return read.old == "none" and change.old == "hidden" and change.new in ("read", "edit")
    return read.new == "none" and change.new == "hidden"


def _given(change: SecurityChange) -> str:
    return change.what if change.new == "allowed" else f"{change.what} {change.new}"


def of_new_roles(catalog: Catalog, roles: Collection[str]) -> Callable[[SecurityChange], bool]:
    """Return whether a change is what every role has: that of a new role on an object it does not list."""

    def everyday(change: SecurityChange) -> bool:
        if change.role not in roles or not change.object or not catalog.has("object", change.object):
            return False
        return not any(True for _ in listed(catalog, catalog.get("role", change.role), change.object))

    return everyday
