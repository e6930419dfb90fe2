"""Aggregates of the Python target, over the environments of rows in id order; values that are null do not count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from formline.expressions.environment import Env
from formline.expressions.numbers import checked, divide
from formline.expressions.text_limits import short

_Part = Callable[[Env], Any] | None


def _rows(rows: list[Env], where: _Part) -> list[Env]:
    return rows if where is None else [row for row in rows if where(row)]


def _values(rows: list[Env], value: _Part, where: _Part) -> Iterator[Any]:
    """Yield the values that are not null, of the rows that count."""
    if value is None:
        raise TypeError("this aggregate needs a value")
    for row in _rows(rows, where):
        found = value(row)
        if found is not None:
            yield found


def _sum(rows: list[Env], value: _Part, where: _Part) -> Any:
    return checked(sum(_values(rows, value, where), Decimal(0)))


def _avg(rows: list[Env], value: _Part, where: _Part) -> Any:
    found = list(_values(rows, value, where))
    return divide(checked(sum(found, Decimal(0))), len(found))


def _count(rows: list[Env], value: _Part, where: _Part) -> int:
    return len(_rows(rows, where)) if value is None else sum(1 for _ in _values(rows, value, where))


def _first(rows: list[Env], value: _Part, where: _Part) -> Any:
    kept = _rows(rows, where)
    return value(kept[0]) if kept and value else None


def _last(rows: list[Env], value: _Part, where: _Part) -> Any:
    kept = _rows(rows, where)
    return value(kept[-1]) if kept and value else None


def _distinct(rows: list[Env], value: _Part, where: _Part) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(_values(rows, value, where)))


#: ``(environments of the rows, value, where) -> result`` by name.
AGGREGATES: dict[str, Callable[[list[Env], _Part, _Part], Any]] = {
    "sum": _sum,
    "avg": _avg,
    "min": lambda rows, value, where: min(_values(rows, value, where), default=None),
    "max": lambda rows, value, where: max(_values(rows, value, where), default=None),
    "count": _count,
    "count_distinct": lambda rows, value, where: len(_distinct(rows, value, where)),
    "any": lambda rows, value, where: any(where is None or where(row) for row in rows),
    "all": lambda rows, value, where: all(where is None or where(row) for row in rows),
    "first": _first,
    "last": _last,
    "list": lambda rows, value, where: short(", ".join(_values(rows, value, where))),
    "distinct": _distinct,
}
