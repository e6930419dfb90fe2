"""The arithmetic of rollups: from values added and taken away to the new value, where that can be known; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

#: Between the values of a list.
SEPARATOR: Final = ", "
_PLACES: Final = Decimal("0.000001")


class Unknown:
    """The answer where only all rows together tell the new value."""


UNKNOWN: Final = Unknown()


@dataclass(slots=True)
class Difference:
    """What happened to the rows of one parent: values that came and values that went (never null)."""

    added: list[Any] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)
    recount: bool = False


#: The parts of a rollup by name; the value itself is ``""``, an average also keeps ``sum`` and ``count``.
Parts = Mapping[str, Any]


def applied(aggregate: str, parts: Parts, difference: Difference) -> Parts | Unknown:
    """Return the parts of a rollup after ``difference``, or :data:`UNKNOWN`."""
    if difference.recount:
        return UNKNOWN
    current = parts.get("")
    if aggregate == "count":
        return {"": (current or 0) + len(difference.added) - len(difference.removed)}
    if aggregate == "sum":
        return {"": (current or 0) + sum(difference.added) - sum(difference.removed)}
    if aggregate == "avg" and parts.get("count") is not None:
        count = int(parts["count"]) + len(difference.added) - len(difference.removed)
        return _average((parts.get("sum") or 0) + sum(difference.added) - sum(difference.removed), count)
    if aggregate == "min":
        return _extreme(min, current, difference)
    if aggregate == "max":
        return _extreme(max, current, difference)
    return UNKNOWN


def _extreme(choose: Callable[[Any], Any], current: Any, difference: Difference) -> Parts | Unknown:
    """Return the new minimum or maximum, unknown only when the current one may have gone."""
    best = choose(difference.added) if difference.added else None
    if current is None:
        return {"": best} if not difference.removed else UNKNOWN
    if best is not None and choose((best, current)) == best:
        return {"": best}
    return UNKNOWN if current in difference.removed else {"": current}


def from_values(aggregate: str, values: Sequence[Any]) -> Parts:
    """Return the parts of a rollup over ``values``: what is not null, in the rollup's order, else of the rows' ids."""
    if aggregate == "count":
        return {"": len(values)}
    if aggregate == "sum":
        return {"": sum(values)}
    if aggregate == "avg":
        return _average(sum(values), len(values))
    return {"": _OVER_ROWS[aggregate](values) if values else None}


def _average(total: Any, count: int) -> Parts:
    value = (Decimal(total) / count).quantize(_PLACES, ROUND_HALF_UP) if count else None
    return {"": value, "sum": total, "count": count}


_OVER_ROWS: Final[dict[str, Callable[[Sequence[Any]], Any]]] = {
    "min": min,
    "max": max,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "list": lambda values: SEPARATOR.join(str(value) for value in dict.fromkeys(values)),
}
