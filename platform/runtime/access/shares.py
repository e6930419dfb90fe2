"""Shares of single records: who was given which record, why and until when; conditions over them and their writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, or_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime import tables
from formline.runtime.queries.source import SqlSource

_share = tables.share.c
_DIRECT = ("user", "department", "role")
_BELOW = "department_below"
TEAM = "team"
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Share:
    """A record given to a principal; ``level`` write includes read. ``cause``: manual, team, approval, rule:<name>."""

    record_id: UUID
    principal_kind: Literal["user", "department", "department_below", "role"]
    principal: str
    level: Literal["read", "read_write"] = "read"
    cause: str = MANUAL
    expires_at: datetime | None = None


def shared(source: SqlSource, right: str) -> ColumnElement[bool]:
    """Return whether the row is shared with the user, for ``read`` or ``update``, by any cause that has not expired."""
    return _in_shares(source, *([_share.level == "read_write"] if right != "read" else []))


def in_team(source: SqlSource) -> ColumnElement[bool]:
    """Return whether the user is in the record's team."""
    return _in_shares(source, _share.cause == TEAM)


def _in_shares(source: SqlSource, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether a share names the user: themselves, a role, their department, or one above with all below.

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
        }
        for share in shares
    ]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(tables.share)
    keys = [column.name for column in tables.share.primary_key]
    changed = {name: statement.excluded[name] for name in ("level", "created_at", "created_by", "expires_at")}
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
