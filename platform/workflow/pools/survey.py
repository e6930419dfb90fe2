"""Reads what pools ask of records, set by set: which pool has them, whether they count, when they go back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, false, func, literal, not_, or_, select, true

from formline.expressions.storage_types import Day, Instant
from formline.expressions.types import Kind
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.tables import pool_ownership
from formline.workflow.pools.deadlines import Deadline, Facts, deadline
from formline.workflow.pools.definition import Part, Pool, RecycleRule, pools_of

if TYPE_CHECKING:
    from formline.expressions.expression import Expression
    from formline.runtime.release import Release

_IDS = "record_ids"


@dataclass(frozen=True, slots=True)
class Held:
    """A record with an owner whose rules were worked out."""

    id: UUID
    owner: UUID
    owned_since: datetime
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Home:
    """The pool a record belongs to, and whether it counts there against its owner's limit."""

    pool: Pool
    counted: bool


def homes(connection: Connection, release: Release, object_name: str, ids: Collection[UUID]) -> dict[UUID, Home]:
    """Return the pool of each record that one of the object's pools takes."""
    pools = pools_of(release, object_name)
    if not ids or not pools:
        return {}
    source = source_of(Statement(release), object_name)
    columns: list[ColumnElement[Any]] = [source.key]
    for pool in pools:
        columns += [_flag(source, pool.where, otherwise=True), _flag(source, pool.limits.not_counted)]
    labelled = [column.label(f"c{index}") for index, column in enumerate(columns)]
    found = select(*labelled).select_from(source.source()).where(in_keys(source.key, _IDS, release.dialect))
    made: dict[UUID, Home] = {}
    for row in connection.execute(found, bind_keys(_IDS, sorted(ids), release.dialect)):
        for number, pool in enumerate(pools):
            if row[1 + 2 * number]:
                made[row[0]] = Home(pool, not row[2 + 2 * number])
                break
    return made


def owned(connection: Connection, release: Release, pool: Pool, users: Collection[UUID]) -> dict[UUID, int]:
    """Return how many counted records of a pool's kind people own."""
    if not users:
        return {}
    source = source_of(Statement(release), pool.object)
    owner = source.column(("owner",))
    tests = [in_keys(owner, _IDS, release.dialect), source.alive(), belongs(source, pool)]
    tests.append(not_(_flag(source, pool.limits.not_counted)))
    found = select(owner, func.count()).select_from(source.source()).where(*tests).group_by(owner)
    rows = connection.execute(found, bind_keys(_IDS, sorted(users), release.dialect))
    return {row[0]: row[1] for row in rows}


def belongs(source: SqlSource, pool: Pool) -> ColumnElement[bool]:
    """Return that a record belongs to a pool: it fits, and none of the pools asked first has it."""
    earlier: list[ColumnElement[bool]] = []
    for other in pools_of(source.statement.release, pool.object):
        if other.name == pool.name:
            break
        earlier.append(not_(_flag(source, other.where, otherwise=True)))
    return and_(_flag(source, pool.where, otherwise=True), *earlier)


def due(
    connection: Connection,
    release: Release,
    pool: Pool,
    before: datetime,
    *,
    ids: Collection[UUID] | None = None,
    owner: UUID | None = None,
    after: UUID | None = None,
    limit: int = 500,
) -> list[Held]:
    """Return up to ``limit`` records of a pool whose deadline is at ``before`` or earlier, in order of their ids.

    ``ids``, ``owner``: only these. ``after``: ids behind this one.
    """
    survey = _Survey(release, pool)
    tests = survey.candidates(before)
    if ids is not None:
        tests.append(in_keys(survey.source.key, _IDS, release.dialect))
    if owner is not None:
        tests.append(survey.source.column(("owner",)) == owner)
    if after is not None:
        tests.append(survey.source.key > after)
    values = bind_keys(_IDS, sorted(ids), release.dialect) if ids is not None else {}
    return survey.read(connection, tests, values, limit)


def deadlines(connection: Connection, release: Release, pool: Pool, ids: Collection[UUID]) -> dict[UUID, Held]:
    """Return the deadlines of owned records of a pool; records without one are left out."""
    if not ids:
        return {}
    survey = _Survey(release, pool)
    tests = [*survey.owned(), in_keys(survey.source.key, _IDS, release.dialect)]
    found = survey.read(connection, tests, bind_keys(_IDS, sorted(ids), release.dialect), len(ids))
    return {one.id: one for one in found}


class _Survey:
    """The statement over one pool's owned records."""

    def __init__(self, release: Release, pool: Pool) -> None:
        self.release, self.pool = release, pool
        self.source = source_of(Statement(release), pool.object)
        own = pool_ownership.c
        #: One row per record at most, so a scalar subquery instead of a join that all callers would have to make.
        known = select(own.since).where(own.object_id == self.source.model.object_id, own.record_id == self.source.key)
        self.since = func.coalesce(known.scalar_subquery(), self.source.column(("created_at",)), type_=Instant())

    def owned(self) -> list[ColumnElement[bool]]:
        """Return that the record is live, owned, the pool's, and not exempt."""
        source = self.source
        exempt = not_(_flag(source, self.pool.exempt))
        return [source.alive(), source.column(("owner",)).is_not(None), belongs(source, self.pool), exempt]

    def candidates(self, before: datetime) -> list[ColumnElement[bool]]:
        """Return a condition that holds for every record whose deadline may be at ``before`` or earlier."""
        rules = [
            and_(_flag(self.source, rule.when, otherwise=True), *(self._over(part, before) for part in rule.parts))
            for rule in self.pool.rules
        ]
        return [*self.owned(), or_(false(), *rules)]

    def _over(self, part: Part, before: datetime) -> ColumnElement[bool]:
        start = before - part.after
        over = self.since <= literal(start, Instant())
        if part.since is None:
            return over
        value = part.since.sql(self.source)
        bound: ColumnElement[Any] = literal(start, Instant())
        if part.since.type.kind is Kind.DATE:
            bound = literal(start.astimezone(self.release.zone).date(), Day())
        return and_(over, or_(value.is_(None), value <= bound))

    def read(
        self, connection: Connection, tests: Sequence[ColumnElement[bool]], values: Mapping[str, Any], limit: int
    ) -> list[Held]:
        """Run it and work the deadlines out."""
        source, rules = self.source, self.pool.rules
        columns: list[ColumnElement[Any]] = [source.key, source.column(("owner",)), self.since]
        for rule in rules:
            columns.append(_flag(source, rule.when, otherwise=True))
            columns += [part.since.sql(source) for part in rule.parts if part.since is not None]
        labelled = [column.label(f"c{index}") for index, column in enumerate(columns)]
        found = select(*labelled).select_from(source.source()).where(*tests).order_by(source.key).limit(limit)
        made = []
        for row in connection.execute(found, values):
            latest = deadline(rules, _facts(rules, row), self.release.zone)
            if latest is not None:
                made.append(Held(row[0], row[1], row[2], latest))
        return made


def _facts(rules: Sequence[RecycleRule], row: Sequence[Any]) -> Facts:
    """Return a row of the statement as the rules take it; exempt records were left out by the statement."""
    rest = iter(row[3:])
    applies: list[bool] = []
    since: list[list[Any]] = []
    for rule in rules:
        applies.append(bool(next(rest)))
        since.append([None if part.since is None else next(rest) for part in rule.parts])
    return Facts(row[2], False, applies, since)


def _flag(source: SqlSource, condition: Expression | None, *, otherwise: bool = False) -> ColumnElement[bool]:
    if condition is None:
        return true() if otherwise else false()
    return func.coalesce(condition.sql(source), false())
