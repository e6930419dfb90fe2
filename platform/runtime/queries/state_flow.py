"""How records go through the states of a machine: times in states, and cohorts; within the rights of who asks.

Read from history: every transition keeps the seconds in the state it leaves. Both databases give the same numbers;
median and 90th percentile are by nearest rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, bindparam, case, cast, func, select

from formline.catalog.machines import StateMachine
from formline.expressions.storage_types import Instant, Words
from formline.runtime.access.actor import Actor
from formline.runtime.queries.aggregates import MOST_GROUPS, group_column
from formline.runtime.queries.budget import USER_QUERY, time_budget
from formline.runtime.queries.paths import usable
from formline.runtime.queries.prepared import Prepared
from formline.runtime.queries.reading import Reading, reading
from formline.runtime.queries.source import SqlSource
from formline.runtime.release import Release
from formline.runtime.tables import history

_ENTERING = ("created", "imported", "transition")
_h = history.c


@dataclass(frozen=True, slots=True)
class Stay:
    """How long records stayed in a state that they left in the period, in seconds."""

    count: int
    median: int
    p90: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """Records that came in a period: how many, and how many of them have ever been in which state."""

    start: date
    records: int
    reached: Mapping[str, int]


def stays(
    connection: Connection, release: Release, actor: Actor, machine: StateMachine, since: datetime, until: datetime
) -> dict[str, Stay]:
    """Return the stays in states that were left from ``since`` to before ``until``, by state.

    Raises:
        QueryError: the state is not the actor's to read. BudgetError: too slow.
    """
    view, source, field = _start(release, actor, machine)
    left, seconds = _changed(source, field, 0), _h.in_state[field].as_integer()
    inner = (
        select(
            left.label("state"),
            seconds.label("seconds"),
            func.row_number().over(partition_by=left, order_by=seconds).label("place"),
            func.count().over(partition_by=left).label("count"),
        )
        .select_from(source.source().join(history, _mine(source)))
        .where(*_readable(view, source, machine), _h.action == "transition", seconds.is_not(None), *_within(_h.at))
    ).subquery()
    rank = inner.c
    found = select(
        rank.state,
        func.max(rank.count),
        func.min(case((rank.place * 2 >= rank.count, rank.seconds))),
        func.min(case((rank.place * 10 >= rank.count * 9, rank.seconds))),
    ).group_by(rank.state)
    rows = _run(connection, actor, found, source, since, until)
    return {row[0]: Stay(row[1], row[2], row[3]) for row in rows if row[0] in machine.states}


def cohorts(
    connection: Connection,
    release: Release,
    actor: Actor,
    machine: StateMachine,
    since: datetime,
    until: datetime,
    period: str = "month",
) -> list[Cohort]:
    """Return the records created from ``since`` to before ``until`` by ``period``: week, month, quarter or year.

    Raises:
        QueryError: the state or the day of creation is not the actor's to read. BudgetError: too slow.
    """
    view, source, field = _start(release, actor, machine)
    start = group_column(view, source, f"created_at:{period}")
    entered = _changed(source, field, 1)
    where = (*_readable(view, source, machine), *_within(source.column(("created_at",))))
    joined = and_(_mine(source), _h.action.in_(_ENTERING), entered.is_not(None))
    reached = (
        select(start.label("start"), entered.label("state"), func.count(source.key.distinct()))
        .select_from(source.source().join(history, joined))
        .where(*where)
        .group_by(start, entered)
    )
    every = select(start.label("start"), func.count()).select_from(source.source()).where(*where).group_by(start)
    counts = {row[0]: row[1] for row in _run(connection, actor, every, source, since, until)}
    states: dict[date, dict[str, int]] = {key: {} for key in counts}
    for first, state, count in _run(connection, actor, reached, source, since, until):
        if state in machine.states:
            states[first][state] = count
    return [Cohort(first, counts[first], states[first]) for first in sorted(counts)]


def _start(release: Release, actor: Actor, machine: StateMachine) -> tuple[Reading, SqlSource, str]:
    """Return the reader's view, a source of the records, and the state field's id as history knows it."""
    view = reading(release, actor)
    usable(view.access, machine.object, machine.field, "group")
    source = view.source(machine.object)
    return view, source, str(source.model.field_ids[machine.field])


def _changed(source: SqlSource, field: str, side: int) -> ColumnElement[Any]:
    """Return the state before (0) or after (1) a change of the field; null where the entry is about something else."""
    return cast(_h.changes[(field, side)].as_string(), Words())


def _mine(source: SqlSource) -> ColumnElement[bool]:
    return and_(_h.object_id == cast(source.model.object_id, Integer), _h.record_id == source.key)


def _readable(view: Reading, source: SqlSource, machine: StateMachine) -> list[ColumnElement[bool]]:
    """Return which records count: live, readable, and moved by this machine."""
    where = [source.alive()]
    condition = view.predicates.condition(source, "read")
    if condition is not None:
        where.append(condition)
    types = source.object.record_types
    of_machine = [one for one in types if source.object.machine_name(machine.field, one) == machine.name]
    if len(of_machine) < len(types):
        where.append(source.column(("record_type",)).in_(of_machine))
    return where


def _within(moment: ColumnElement[Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return moment >= bindparam("flow_since", type_=Instant()), moment < bindparam("flow_until", type_=Instant())


def _run(
    connection: Connection, actor: Actor, found: Select[Any], source: SqlSource, since: datetime, until: datetime
) -> list[Any]:
    prepared = Prepared(found.limit(MOST_GROUPS), source.statement)
    with time_budget(connection, USER_QUERY):
        return list(prepared.run(connection, actor, {"flow_since": since, "flow_until": until}))
