"""What a package upgrade and a site changed both: three versions of one definition compared. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from formline.metadata.patches import OPERATIONS, item_name

_IDENTITY = frozenset({"kind", "name", "extends"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """A property that the new base and the site changed; the site wins unless somebody says otherwise.

    ``path`` names list items; ``site`` is what the extension wrote there. None means absent (or, for ``site``,
    taken away).
    """

    path: tuple[str, ...]
    base_old: Any
    base_new: Any
    site: Any


def conflicts(base_old: dict[str, Any], base_new: dict[str, Any], site: dict[str, Any]) -> list[Conflict]:
    """Return where ``site`` (the data of an extension) changes what differs between the two bases."""
    change = {key: value for key, value in site.items() if key not in _IDENTITY}
    return list(_of_map(base_old, base_new, change, ()))


def _of_map(old: Any, new: Any, change: dict[str, Any], path: tuple[str, ...]) -> Iterator[Conflict]:
    for key, value in change.items():
        yield from _of_value(_child(old, key), _child(new, key), value, (*path, key))


def _of_value(old: Any, new: Any, value: Any, path: tuple[str, ...]) -> Iterator[Conflict]:
    if isinstance(value, dict) and (isinstance(old, list) or isinstance(new, list)):
        value = [value]
    if isinstance(value, dict) and (isinstance(old, dict) or isinstance(new, dict)):
        yield from _of_map(old, new, value, path)
    elif isinstance(value, list) and value and all(_operation(step) for step in value):
        for step in value:
            yield from _of_patch(old, new, step, path)
    elif old != new and new != value:
        yield Conflict(path, old, new, value)


def _of_patch(old: Any, new: Any, step: dict[str, Any], path: tuple[str, ...]) -> Iterator[Conflict]:
    word = _operation(step)
    if word == "replace":
        if old != new:
            yield Conflict(path, old, new, step)
        return
    target = str(step[word])
    was, now = _item(old, target), _item(new, target)
    here = (*path, target)
    if word == "change" and isinstance(was, dict) and isinstance(now, dict):
        yield from _of_map(was, now, {key: value for key, value in step.items() if key != word}, here)
    elif word in ("change", "remove"):
        if was != now and not (word == "remove" and now is None):
            yield Conflict(here, was, now, None if word == "remove" else step)
    elif was is not None and now is None:
        yield Conflict(here, was, None, step)


def _operation(step: Any) -> str:
    return next((word for word in OPERATIONS if word in step), "") if isinstance(step, dict) else ""


def _child(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _item(items: Any, target: str) -> Any:
    """Return the list item of this name, or the row that has this cell."""
    for item in items if isinstance(items, list) else ():
        cells = item if isinstance(item, list) else [item]
        if target.removeprefix("-") in [item_name(cell) for cell in cells]:
            return item
    return None
