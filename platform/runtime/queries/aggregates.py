"""Totals of the records an actor may read, in groups; exact to the last digit on both databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, ColumnElement, Connection, Label, bindparam, case, func, literal, select, type_coerce

from formline.expressions.expression import Expression
from formline.expressions.storage_types import scale_of
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.access.actor import Actor
from formline.runtime.access.rights import Rights
from formline.runtime.queries.budget import USER_QUERY, time_budget
from formline.runtime.queries.conditions import Conditions
from formline.runtime.queries.errors import QueryError, unusable
from formline.runtime.queries.filters import compared_part
from formline.runtime.queries.paths import usable
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.query import Where
from formline.runtime.queries.reading import Reading, reading
from formline.runtime.queries.source import SqlSource
from formline.runtime.release import Release

MOST_GROUPS = 10_000
Function = Literal["count", "count_distinct", "sum", "avg", "min", "max"]
PERIODS: Final = ("day", "week", "month", "quarter", "year")

_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_MILLIONTH = Decimal(1).scaleb(-6)
_HALF = 10**9  # SQLite adds 64-bit integers and stops at an overflow: both halves of a sum stay far from it


@dataclass(frozen=True, slots=True)
class Total:
    """One value per group: ``function`` over the field at ``path``; money is added up as base amounts."""

    function: Function
    path: str = ""

    @property
    def key(self) -> str:
        """The value's key in the rows: ``count``, ``sum:amount``."""
        return f"{self.function}:{self.path}" if self.path else self.function


def aggregate(
    connection: Connection,
    release: Release,
    actor: Actor,
    object: str,
    where: Where = None,
    groups: Sequence[str] = (),
    totals: Sequence[Total] = (Total("count"),),
    *,
    base: Expression | None = None,
) -> list[dict[str, Any]]:
    """Return one row per group, ordered by the groups: their values and the totals by key.

    ``groups``: paths; of dates and moments by period: ``created_at:month`` gives the period's first day in the site's
    zone. Sums of nothing are null. ``where`` is a person's, ``base`` a definition's.

    Raises:
        QueryError: a path or function the actor may not use. BudgetError: too slow, or too many groups.
    """
    view = reading(release, actor)
    conditions = Conditions(release, view.access, object, where, base)
    key = ("totals", object, conditions.key, tuple(groups), tuple(totals), view.key)
    prepared, readers = statements(release).get(
        key, lambda: _prepare(view, object, conditions, tuple(groups), tuple(totals))
    )
    values = {**conditions.parameters(connection.dialect), "row_limit": MOST_GROUPS + 1}
    with time_budget(connection, USER_QUERY):
        rows = prepared.run(connection, actor, values)
    if len(rows) > MOST_GROUPS:
        raise QueryError(f"There are more than {MOST_GROUPS} groups.", code="budget", hint="group by less")
    return [{name: read(row) for name, read in readers.items()} for row in rows]


_Read = Callable[[Any], Any]


def _prepare(
    view: Reading, object: str, conditions: Conditions, groups: tuple[str, ...], totals: tuple[Total, ...]
) -> tuple[Prepared, Mapping[str, _Read]]:
    source = view.source(object)
    columns: list[Label[Any]] = []
    readers: dict[str, _Read] = {}

    def add(column: ColumnElement[Any]) -> int:
        columns.append(column.label(f"c{len(columns)}"))
        return len(columns) - 1

    grouped = [group_column(view, source, path) for path in groups]
    for path, column in zip(groups, grouped, strict=True):
        readers[path] = _at(add(column))
    for total in totals:
        readers[total.key] = total_column(source, view.access, total, add)
    where = conditions.on(source, view.predicates)
    found = select(*columns).select_from(source.source()).where(*where)
    by = columns[: len(grouped)]
    found = found.group_by(*by).order_by(*(column.nulls_last() for column in by)) if by else found
    return Prepared(found.limit(bindparam("row_limit")), source.statement), readers


def _at(position: int) -> _Read:
    return lambda row: row[position]


def group_column(view: Reading, source: SqlSource, written: str) -> ColumnElement[Any]:
    """Return the column of a group as :func:`aggregate` takes it.

    Raises:
        QueryError: a path or period the actor may not group by.
    """
    path, _, period = written.partition(":")
    field = usable(view.access, source.object.name, path, "group")
    if not field.shown.type.groupable or field.value_type.many:
        raise unusable(path, "group")
    if not period:
        return source.column(tuple(path.split(".")))
    if period not in PERIODS or field.value_type.kind not in (Kind.DATE, Kind.DATETIME):
        raise QueryError(f'"{path}" cannot be grouped by {period}.', hint=f"dates by one of: {', '.join(PERIODS)}")
    day = f"date_of({path})" if field.value_type.kind is Kind.DATETIME else path
    text = day if period == "day" else f"start_of_{period}({day})"
    return view.expression(source.object.name, text).sql(source)


def total_column(
    source: SqlSource,
    access: Rights,
    total: Total,
    add: Callable[[ColumnElement[Any]], int],
    only: ColumnElement[bool] | None = None,
) -> _Read:
    """Add the columns of a total by ``add``, which returns their places; the result reads the total of a row.

    ``only``: rows where this does not hold are left out of the total.

    Raises:
        QueryError: a field the actor may not add up.
    """

    def those(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return column if only is None else case((only, column))

    if not total.path:
        if total.function != "count":
            raise QueryError(f"{total.function} needs a field.")
        return _at(add(func.count() if only is None else func.count(those(literal(1)))))
    field = usable(access, source.object.name, total.path, "add up")
    if field.value_type.many or (total.function in ("sum", "avg") and not field.value_type.is_number):
        raise unusable(total.path, "add up")
    column = those(source.column(tuple(total.path.split(".")), compared_part(field)))
    if total.function in ("sum", "avg"):
        return _sum(field, column, source, total.function == "avg", add)
    return _at(add(_PLAIN[total.function](column)))


_PLAIN: Final[Mapping[str, Callable[[ColumnElement[Any]], ColumnElement[Any]]]] = {
    "count": func.count,
    "count_distinct": lambda column: func.count(column.distinct()),
    "min": lambda column: type_coerce(func.min(column), column.type),
    "max": lambda column: type_coerce(func.max(column), column.type),
}


def _sum(
    field: Field, column: ColumnElement[Any], source: SqlSource, average: bool, add: Callable[[ColumnElement[Any]], int]
) -> _Read:
    whole = field.value_type.scale == 0
    if source.dialect == "sqlite":
        units = type_coerce(column, BigInteger())
        high, low = add(func.sum(units.op("/")(_HALF))), add(func.sum(units.op("%")(_HALF)))
        scale = scale_of(column.type)

        def exact(row: Any) -> Decimal | None:
            return None if row[high] is None else _scaled(row[high] * _HALF + row[low], scale)
    else:
        position = add(func.sum(column))

        def exact(row: Any) -> Decimal | None:
            return None if row[position] is None else Decimal(row[position])

    if not average:
        return lambda row: _whole(exact(row)) if whole else exact(row)
    count = add(func.count(column))
    return lambda row: _average(exact(row), row[count])


def _scaled(units: int, scale: int) -> Decimal:
    return Decimal(units).scaleb(-scale, _WIDE)


def _whole(value: Decimal | None) -> int | None:
    return None if value is None else int(value)


def _average(total: Decimal | None, count: int) -> Decimal | None:
    return None if total is None else _WIDE.divide(total, Decimal(count)).quantize(_MILLIONTH, context=_WIDE)
