"""Many numbers about one object in one statement, each with conditions of its own, within the rights of who asks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Label, and_, bindparam, or_, select

from formline.expressions.expression import Expression
from formline.expressions.storage_types import Day, Instant, Key
from formline.expressions.types import Kind
from formline.runtime.access.actor import Actor
from formline.runtime.queries.aggregates import MOST_GROUPS, Total, group_column, total_column
from formline.runtime.queries.budget import time_budget
from formline.runtime.queries.errors import QueryError
from formline.runtime.queries.paths import usable
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.reading import Reading, reading
from formline.runtime.queries.source import SqlSource
from formline.runtime.release import Release

TEAMS: Final = ("mine", "team", "department")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from ``first`` to before ``end``, which begin at midnight in ``zone``."""

    first: date
    end: date
    zone: tzinfo

    def values(self, name: str) -> Mapping[str, date | datetime]:
        """Return the values of the parameters that conditions on a stretch called ``name`` ask for."""
        return {
            f"{name}_first": self.first,
            f"{name}_end": self.end,
            f"{name}_first_at": datetime.combine(self.first, time(), self.zone),
            f"{name}_end_at": datetime.combine(self.end, time(), self.zone),
        }


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: ``total`` of the records where ``where``, a definition's condition, holds.

    ``date``: the path of the day that must lie in the stretch called ``stretch``; "" for any time. ``owner``: the path
    of the person who must be of ``team``: ``mine`` (the actor), ``team`` (and who reports to them) or ``department``;
    "" for everybody.
    """

    total: Total
    where: Expression | None = None
    date: str = ""
    stretch: str = ""
    owner: str = ""
    team: str = ""

    @property
    def key(self) -> Hashable:
        """Equal for measures whose SQL is the same."""
        source = self.where and self.where.source
        return (self.total, source, self.date, self.stretch, self.owner, self.team)


def measure(
    connection: Connection,
    release: Release,
    actor: Actor,
    object: str,
    measures: Sequence[Measure],
    group: str = "",
    stretches: Mapping[str, Stretch] | None = None,
) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return (value of the group, one number per measure) for each group; a single row where ``group`` is "".

    ``group`` as in :func:`~formline.runtime.queries.aggregates.aggregate`. Fields that are added up, grouped by, or
    decide on period and team must be the actor's to read on every record; ``where`` sees everything.

    Raises:
        QueryError: a path or function the actor may not use. BudgetError: too slow, or too many groups.
    """
    view = reading(release, actor)
    key = ("measures", object, tuple(each.key for each in measures), group, tuple(stretches or ()), view.key)
    prepared, read_group, readers = statements(release).get(key, lambda: _prepare(view, object, measures, group))
    given: dict[str, Any] = {}
    for name, stretch in (stretches or {}).items():
        given.update(stretch.values(name))
    with time_budget(connection):
        rows = prepared.run(connection, actor, {"row_limit": MOST_GROUPS + 1}, {"stretch": given})
    if len(rows) > MOST_GROUPS:
        raise QueryError(f"There are more than {MOST_GROUPS} groups.", code="budget", hint="group by less")
    return [(read_group(row), tuple(read(row) for read in readers)) for row in rows]


_Read = Callable[[Any], Any]


def check(release: Release, actor: Actor, object: str, one: Measure, group: str = "") -> None:
    """Raise QueryError where the actor may not have this number, without asking the database."""
    view = reading(release, actor)
    key = ("measurable", object, one.key, group, view.key)
    problem = statements(release).get(key, lambda: _problem(view, object, one, group))
    if problem is not None:
        raise QueryError(str(problem), code=problem.code, hint=problem.hint)


def _problem(view: Reading, object: str, one: Measure, group: str) -> QueryError | None:
    if not view.access.object(object).can("read"):
        return QueryError(f"{object} cannot be read.")
    try:
        _prepare(view, object, [one], group)
    except QueryError as problem:
        return problem
    return None


def _prepare(
    view: Reading, object: str, measures: Sequence[Measure], group: str
) -> tuple[Prepared, _Read, tuple[_Read, ...]]:
    source = view.source(object)
    columns: list[Label[Any]] = []

    def add(column: ColumnElement[Any]) -> int:
        columns.append(column.label(f"c{len(columns)}"))
        return len(columns) - 1

    grouped = group_column(view, source, group) if group else None
    if grouped is not None:
        add(grouped)
    conditions = [_condition(view, source, each) for each in measures]
    alone = len(measures) == 1  # its condition is the statement's, which an index may serve
    readers = tuple(
        total_column(source, view.access, each.total, add, None if alone else condition)
        for each, condition in zip(measures, conditions, strict=True)
    )
    where = [source.alive()]
    readable = view.predicates.condition(source, "read")
    if readable is not None:
        where.append(readable)
    narrow = [condition for condition in conditions if condition is not None]
    if len(narrow) == len(conditions):
        where.append(or_(*narrow))
    found = select(*columns).select_from(source.source()).where(*where)
    if grouped is not None:
        found = found.group_by(columns[0]).order_by(columns[0].nulls_last())
    prepared = Prepared(found.limit(bindparam("row_limit")), source.statement)
    return prepared, (lambda row: row[0]) if group else (lambda row: None), readers


def _condition(view: Reading, source: SqlSource, one: Measure) -> ColumnElement[bool] | None:
    """Return which rows a measure is about, None for all."""
    parts: list[ColumnElement[bool]] = []
    if one.where is not None:
        parts.append(one.where.where(source.definition()))
    if one.stretch and one.date:
        parts += _within(view, source, one.date, one.stretch)
    if one.team in TEAMS and one.owner:
        parts.append(_of_team(view, source, one.owner, one.team))
    return and_(*parts) if parts else None


def _within(view: Reading, source: SqlSource, path: str, stretch: str) -> list[ColumnElement[bool]]:
    field = usable(view.access, source.object.name, path, "filter")
    column = source.column(tuple(path.split(".")))
    moment = field.value_type.kind is Kind.DATETIME
    suffix, type_ = ("_at", Instant()) if moment else ("", Day())
    first = source.statement.value("stretch", f"{stretch}_first{suffix}", type_)
    end = source.statement.value("stretch", f"{stretch}_end{suffix}", type_)
    return [column >= first, column < end]


def _of_team(view: Reading, source: SqlSource, path: str, team: str) -> ColumnElement[bool]:
    usable(view.access, source.object.name, path, "filter")
    owner = tuple(path.split("."))
    statement = source.statement
    if team == "mine":
        return source.column(owner) == statement.value("user", "id", Key())
    if team == "team":
        return statement.among(source.column(owner), "reach", "reports")
    usable(view.access, source.object.name, f"{path}.department", "filter")
    return source.column((*owner, "department")) == statement.value("user", "department", Key())
