"""Shares of single records: who was given which record, why and until when; conditions over them and their writing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Insert, bindparam, delete, or_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from formline.expressions.context import Dialect
from formline.runtime import tables
from formline.runtime.access.epochs import move_rights
from formline.runtime.queries.binds import bind_texts, in_values
from formline.runtime.queries.source import SqlSource
from formline.runtime.standing import StandingQuery, StandingStatement

_share = tables.share.c
_DIRECT = ("user", "department", "role", "group")
_BELOW = "department_below"
TEAM = "team"
MANUAL = "manual"
TRANSFER = "transfer"
QUEUE = "queue"
RULE = "rule:"
PrincipalKind = Literal["user", "department", "department_below", "role", "group"]


@dataclass(frozen=True, slots=True)
class Share:
    """A record given to a principal; ``level`` read_write includes read.

    ``cause``: manual, team, transfer (its owner before), queue, approval, or rule:<name>. ``principal``: an id or a
    role's name.
    """

    record_id: UUID
    principal_kind: PrincipalKind
    principal: str
    level: Literal["read", "read_write"] = "read"
    cause: str = MANUAL
    expires_at: datetime | None = None
    team_role: str | None = None
    reason: str | None = None


def shared(source: SqlSource, right: str) -> ColumnElement[bool]:
    """Return whether the row is shared with the user, for ``read`` or ``update``, by any cause that has not expired."""
    return _in_shares(source, *([_share.level == "read_write"] if right != "read" else []))


def in_team(source: SqlSource) -> ColumnElement[bool]:
    """Return whether the user is in the record's team."""
    return _in_shares(source, _share.cause == TEAM)


def _in_shares(source: SqlSource, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether a share names the user: themselves, a role, group or department, or one above with all below.

    Two selects, because each is one range of an index.
    """
    statement = source.statement
    ways = (
        (_share.principal_kind.in_(_DIRECT), statement.among_texts(_share.principal, "reach", "principals")),
        (_share.principal_kind == _BELOW, statement.among_texts(_share.principal, "reach", "departments_above")),
    )
    current = or_(_share.expires_at.is_(None), _share.expires_at > statement.now())
    of_object = _share.object_id == source.model.object_id
    found = [select(_share.record_id).where(of_object, *way, *conditions, current) for way in ways]
    return source.key.in_(union_all(*found))


def objects_shared_with(connection: Connection, principals: Sequence[str]) -> frozenset[int]:
    """Return ids of the objects of which some record is shared with one of ``principals``, whatever the kind."""
    found = select(_share.object_id).where(_share.principal.in_(principals)).distinct()
    return frozenset(connection.execute(found).scalars())


def tell(connection: Connection, object_id: int, principals: Collection[str]) -> None:
    """Let actors be loaded again where somebody gets the first record of an object: they know of which they have."""
    dialect: Any = connection.dialect.name
    given = {"object": object_id, "principals": bind_texts(sorted(principals), dialect)}
    if set(principals) - {principal for (principal,) in _KNOWN.rows(connection, given)}:
        move_rights(connection)


_KNOWN = StandingQuery(
    lambda dialect: (
        select(_share.principal)
        .distinct()
        .where(_share.object_id == bindparam("object"), in_values(_share.principal, "principals", dialect))
    )
)


def add(connection: Connection, object_id: int, shares: Sequence[Share], *, at: datetime, by: UUID | None) -> None:
    """Write shares, replacing equal ones; the caller checked that ``by`` may give them and moves the rights epoch."""
    rows: list[dict[str, Any]] = [
        {
            "object_id": object_id,
            "record_id": share.record_id,
            "principal_kind": share.principal_kind,
            "principal": share.principal,
            "level": share.level,
            "cause": share.cause,
            "created_at": at,
            "created_by": by,
            "expires_at": share.expires_at,
            "team_role": share.team_role,
            "reason": share.reason,
        }
        for share in shares
    ]
    _ADD.run(connection, *rows)


def _adding(dialect: Dialect) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(tables.share)
    keys = [column.name for column in tables.share.primary_key]
    changed = {column.name: statement.excluded[column.name] for column in _share if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


_ADD = StandingStatement(_adding, tuple(_share.keys()))


def remove(connection: Connection, object_id: int, record_id: UUID, principal: str, cause: str = MANUAL) -> None:
    """Take a share back."""
    given = {"object": object_id, "record": record_id, "principal": principal, "cause": cause}
    _REMOVE.run(connection, given)


_REMOVE = StandingStatement(
    lambda _: delete(tables.share).where(
        _share.object_id == bindparam("object"),
        _share.record_id == bindparam("record"),
        _share.principal == bindparam("principal"),
        _share.cause == bindparam("cause"),
    )
)
