"""Order and keyset paging: (values with missing ones last, id), as one or two ranges that an index can walk.

No OFFSET: a page starts after the last row of the one before, wherever it is. Rows whose first sort value is missing
are a range of their own, so each range is a plain index scan on both databases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression, and_, bindparam, false, or_, tuple_

from formline.runtime.queries.cursors import Position


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column of the order; ``never_null``: no row lacks it."""

    column: ColumnElement[Any]
    descending: bool
    never_null: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """A part of the rows in page order: those with a first sort value, or those without.

    ``nulls``: which values of the starting row are missing; None where the range is walked from its beginning.
    """

    missing: bool
    nulls: tuple[bool, ...] | None


def ranges(first_never_null: bool, position: Position | None, backward: bool) -> tuple[Range, ...]:
    """Return the ranges a page may need, in the order they are walked."""
    if first_never_null:
        order: tuple[bool, ...] = (False,)
    else:
        order = (True, False) if backward else (False, True)
    if position is None:
        return tuple(Range(missing, None) for missing in order)
    nulls = tuple(value is None for value in position.values)
    starts_missing = nulls[0] and not first_never_null
    remaining = order[order.index(starts_missing) :]
    return tuple(Range(missing, nulls if missing is starts_missing else None) for missing in remaining)


def order_by(keys: Sequence[SortKey], range_: Range, backward: bool) -> list[UnaryExpression[Any]]:
    """Return the ORDER BY of a range; the last key is the id."""
    result = []
    for index, key in enumerate(keys):
        if index == 0 and range_.missing:
            continue  # every value of the range is missing
        down = key.descending is not backward
        ordered = key.column.desc() if down else key.column.asc()
        if index == 0 or key.never_null:
            result.append(ordered)  # without NULLS LAST: the range has none, and the plain order is the index's
        else:
            result.append(ordered.nulls_first() if backward else ordered.nulls_last())
    return result


def conditions(keys: Sequence[SortKey], range_: Range, backward: bool) -> Iterator[ColumnElement[bool]]:
    """Yield what the rows of a range fulfil: having the first value or not, and lying after the position."""
    first = keys[0]
    if not first.never_null:
        yield first.column.is_(None) if range_.missing else first.column.is_not(None)
    if range_.nulls is None:
        return
    if _plain_pair(keys, range_):
        yield _pair_after(keys, backward)
        return
    if not range_.missing:
        yield _not_before(first, backward)  # implied by the next, but a range the index understands
    start = 1 if range_.missing else 0
    yield _after(keys, range_.nulls, start, backward)


def position_parameters(position: Position) -> dict[str, Any]:
    """Return the parameters of :func:`conditions`."""
    return {f"after_{index}": value for index, value in enumerate(position.values)}


def _plain_pair(keys: Sequence[SortKey], range_: Range) -> bool:
    return not range_.missing and len(keys) == 2 and keys[0].descending == keys[1].descending


def _pair_after(keys: Sequence[SortKey], backward: bool) -> ColumnElement[bool]:
    """Return the comparison of (value, id) pairs, which both databases look up in an index."""
    row = tuple_(*(key.column for key in keys))
    start = tuple_(*(_value(key, index) for index, key in enumerate(keys)))
    return row < start if keys[0].descending is not backward else row > start


def _value(key: SortKey, index: int) -> ColumnElement[Any]:
    return bindparam(f"after_{index}", type_=key.column.type)


def _not_before(key: SortKey, backward: bool) -> ColumnElement[bool]:
    value = _value(key, 0)
    return key.column <= value if key.descending is not backward else key.column >= value


def _after(keys: Sequence[SortKey], nulls: tuple[bool, ...], start: int, backward: bool) -> ColumnElement[bool]:
    """Return the lexicographic comparison: equal up to one key, beyond it in that key."""
    alternatives = []
    for index in range(start, len(keys)):
        equal = [_equal(keys[before], before, nulls[before]) for before in range(start, index)]
        alternatives.append(and_(*equal, _beyond(keys[index], index, nulls[index], backward)))
    return or_(*alternatives)


def _equal(key: SortKey, index: int, null: bool) -> ColumnElement[bool]:
    return key.column.is_(None) if null else key.column == _value(key, index)


def _beyond(key: SortKey, index: int, null: bool, backward: bool) -> ColumnElement[bool]:
    if null:  # missing values come last: nothing is after one, everything else before
        return key.column.is_not(None) if backward else false()
    value = _value(key, index)
    further = key.column < value if key.descending is not backward else key.column > value
    last_too = index > 0 and not key.never_null and not backward
    return or_(further, key.column.is_(None)) if last_too else further
