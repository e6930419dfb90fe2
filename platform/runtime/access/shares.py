"""Shares of single records: who was given which record, why and until when; conditions over them and their writing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, or_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime import tables
from formline.runtime.access.epochs import move_rights
from formline.runtime.queries.source import SqlSource

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
    known = select(_share.principal).distinct()
    known = known.where(_share.object_id == object_id, _share.principal.in_(sorted(principals)))
    if set(principals) - set(connection.execute(known).scalars()):
        move_rights(connection)


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
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(tables.share)
    keys = [column.name for column in tables.share.primary_key]
    names = ("level", "created_at", "created_by", "expires_at", "team_role", "reason")
    changed = {name: statement.excluded[name] for name in names}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def remove(connection: Connection, object_id: int, record_id: UUID, principal: str, cause: str = MANUAL) -> None:
    """Take a share back."""
    connection.execute(
        delete(tables.share).where(
            _share.object_id == object_id,
            _share.record_id == record_id,
            _share.principal == principal,
            _share.cause == cause,
        )
    )
