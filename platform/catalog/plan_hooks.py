"""What a change means for the records that exist, told from the definitions alone; the rows themselves are not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from formline.catalog.catalog import Catalog
from formline.catalog.diff import Change, diff
from formline.catalog.kinds import kind_named
from formline.errors import Level, Problem
from formline.metadata.positions import Path


def plan_problems(old: Catalog, new: Catalog, *, back: bool = False) -> list[Problem]:
    """Return the warnings of every kind's hook for the changes between two catalogs; ``back``: to an earlier one."""
    found: list[Problem] = []
    for change in diff(old, new, back=back):
        kind = kind_named(change.kind)
        if kind is not None and kind.plan_hook is not None:
            found += kind.plan_hook(old, new, change)
    return found


def of_object(old: Catalog, new: Catalog, change: Change) -> Iterator[Problem]:
    """Warn of fields that became required and of choices that are gone."""
    match change.path:
        case ("fields", str() as field, "choices", str() as choice) if change.action == "removed":
            yield _gone(new, change, "choice", choice, f"{change.name}.{field}")
        case ("fields", str() as field, "required") if change.new not in (None, False):
            yield _required(new, change, field)
        case ("fields", str() as field) if change.action == "added" and _is_required(change.new):
            yield _required(new, change, field)


def of_choice_list(old: Catalog, new: Catalog, change: Change) -> Iterable[Problem]:
    """Warn of choices that are gone."""
    match change.path:
        case ("choices", str() as choice) if change.action == "removed":
            yield _gone(new, change, "choice", choice, f"the list {change.name}")


def of_state_machine(old: Catalog, new: Catalog, change: Change) -> Iterable[Problem]:
    """Warn of states that are gone."""
    match change.path:
        case ("states", str() as state) if change.action == "removed":
            yield _gone(new, change, "state", state, f"the machine {change.name}")


def _is_required(params: Any) -> bool:
    return isinstance(params, Mapping) and params.get("required") is True and "default" not in params


def _gone(new: Catalog, change: Change, what: str, name: str, where: str) -> Problem:
    message = f'The {what} "{name}" is gone from {where}; records that have it keep a value nothing knows.'
    hint = f"write was: {name} at the {what} that takes its place"
    hint += ", or keep it with retired: true" if what == "choice" else ""
    return _warning(new, f"{what}-removed", message, hint, change, change.path[:-1])


def _required(new: Catalog, change: Change, field: str) -> Problem:
    message = (
        f"{change.name}.{field} becomes required; records without it must be completed when they are next changed."
    )
    return _warning(new, "required-added", message, "give it a default, or fill it in first", change, change.path[:2])


def _warning(new: Catalog, code: str, message: str, hint: str, change: Change, path: Path) -> Problem:
    position = new.source(change.kind, change.name).positions.at(path)
    where = ".".join([f"{change.kind}/{change.name}", *map(str, change.path)])
    return Problem(code, message, hint, position, where, Level.WARNING)
