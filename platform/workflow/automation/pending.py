"""What is left of a run that waits, as data: its record, and items of its loops, each with what follows for it.

A part has a time at which it goes on; one without is held by the parts inside it, and goes on once all of them are
through. Items are kept by id and read anew. Nothing is carried out here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from formline.workflow.actions.registry import Item as ActionItem
from formline.workflow.actions.running import Wait
from formline.workflow.actions.values import Item


@dataclass(frozen=True, slots=True)
class Part:
    """One scope that waits. ``outer``: number of the part that it holds, None for the record itself.

    ``items``: name in the loop -> (object, id); ``place``: numbers of the items, for the trace.
    """

    actions: tuple[ActionItem, ...]
    at: datetime | None
    outer: int | None = None
    items: Mapping[str, tuple[str, UUID]] = field(default_factory=dict)
    place: tuple[int, ...] = ()


def parts_of(waits: Sequence[Wait], at: Callable[[str], datetime], first: int) -> dict[int, Part]:
    """Return the waits of one record as parts, numbered from ``first``; ``at`` says when a duration is over."""
    numbers = {id(wait.scope): number for number, wait in enumerate(waits, first)}
    return {
        numbers[id(wait.scope)]: Part(
            wait.rest,
            at(wait.duration) if wait.duration else None,
            wait.scope.held_by if wait.scope.outer is None else numbers.get(id(wait.scope.outer)),
            {
                name: (value.object, value["id"])
                for name, value in wait.scope.variables.items()
                if isinstance(value, Item)
            },
            wait.scope.place,
        )
        for wait in waits
    }


def to_json(parts: Mapping[int, Part]) -> list[dict[str, Any]]:
    """Return parts as JSON."""
    return [
        {
            "number": number,
            "actions": [dict(one) for one in part.actions],
            "at": None if part.at is None else part.at.isoformat(),
            "outer": part.outer,
            "items": {name: [kind, str(key)] for name, (kind, key) in part.items.items()},
            "place": list(part.place),
        }
        for number, part in parts.items()
    ]


def from_json(rest: Mapping[str, Any]) -> dict[int, Part]:
    """Return the parts in the row of a run; a row with ``actions`` alone has one, which waits for its time."""
    if "parts" not in rest:
        return {0: Part(tuple(rest.get("actions") or ()), None)}
    return {
        one["number"]: Part(
            tuple(one["actions"]),
            None if one["at"] is None else datetime.fromisoformat(one["at"]),
            one["outer"],
            {name: (kind, UUID(key)) for name, (kind, key) in one["items"].items()},
            tuple(one["place"]),
        )
        for one in rest["parts"]
    }


def due(parts: Mapping[int, Part], now: datetime) -> list[int]:
    """Return the parts whose time has come, those of the first time at least; without any, those nobody holds."""
    times = {number: part.at for number, part in parts.items() if part.at is not None}
    if not times:
        return free(parts)
    last = max(now, min(times.values()))
    return [number for number, at in times.items() if at <= last]


def free(parts: Mapping[int, Part]) -> list[int]:
    """Return the parts without a time that hold no other part any more."""
    held = {part.outer for part in parts.values()}
    return [number for number, part in parts.items() if part.at is None and number not in held]
