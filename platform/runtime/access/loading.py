"""Reads an actor from the database and keeps it until an epoch moves; what an actor may do is not decided here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, select

from formline.errors import AccessDeniedError
from formline.expressions.storage_types import Key
from formline.runtime.access import epochs as counters
from formline.runtime.access import shares
from formline.runtime.access.actor import Actor, ActorKind, Reach
from formline.runtime.access.predicates import user_root
from formline.runtime.access.scopes import account_object
from formline.runtime.queries import trees
from formline.runtime.queries.cache import Recent
from formline.runtime.queries.roles import expanded
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.release import Release

_KEPT = 5_000  # actors per release and process
_CacheKey = tuple[UUID, tuple[int, int], ActorKind]


def load_actor(
    connection: Connection,
    release: Release,
    user_id: UUID,
    *,
    epochs: tuple[int, int] | None = None,
    kind: ActorKind = ActorKind.USER,
) -> Actor:
    """Return the actor of a user record as of ``epochs``, which the request read; they are read here where not given.

    Raises:
        AccessDeniedError: there is no such user, or they may not sign in.
    """
    key = (user_id, epochs or counters.read(connection, user_id), kind)
    kept: Recent[_CacheKey, Actor] = release.memo("actors", lambda: Recent(_KEPT))
    return kept.get(key, lambda: _read(connection, release, key))


def _read(connection: Connection, release: Release, key: _CacheKey) -> Actor:
    user_id, epochs, kind = key
    user = _user(connection, release, user_id)
    if user is None or user.get("active") is False:
        raise AccessDeniedError("This account may not sign in.", code="inactive")
    roles = frozenset(user.get("roles") or ())
    reach = _reach(connection, release, user, roles)
    shared = shares.objects_shared_with(connection, (*reach.principals, *reach.departments_above))
    return Actor(kind, user_id, roles, user, reach, shared, epochs)


def _user(connection: Connection, release: Release, user_id: UUID) -> dict[str, Any] | None:
    """Return the user record with mirrors, formulas and many-to-many fields, or None."""
    statement = Statement(release)
    source = source_of(statement, "user", roots={"user": user_root(statement)})
    computed = (*source.object.mirrors, *source.object.read_formulas)
    columns = [*source.model.columns, *(source.column((field.name,)) for field in computed)]
    keys = [*source.model.keys, *(field.name for field in computed)]
    found = select(*columns).select_from(source.source()).where(source.key == user_id, source.alive())
    clock = {"now": (now := datetime.now(UTC)), "today": now.astimezone(release.zone).date()}
    row = connection.execute(found, statement.parameters({"user": {"id": user_id}, "clock": clock})).one_or_none()
    if row is None:
        return None
    user = dict(zip(keys, row, strict=True))
    for name, table in source.model.join_tables.items():
        near, far, *_ = table.c
        user[name] = tuple(connection.execute(select(far).where(near == user_id)).scalars())
    return user


def _reach(connection: Connection, release: Release, user: Mapping[str, Any], roles: frozenset[str]) -> Reach:
    def walked(walk: Any, object: str, start: UUID | None) -> tuple[UUID, ...]:
        if start is None:
            return ()
        if not release.catalog.object(object).tree:
            return (start,)
        seeds: Select[Any] = select(bindparam("start", start, type_=Key()).label("id"))
        found = connection.execute(walk(Statement(release), object, seeds)).scalars()
        return tuple(dict.fromkeys((start, *found)))

    user_id, department = user["id"], user.get("department")
    account = _account(source_of(Statement(release), "user"), user)
    names = (user_id, *([department] if department else []), *_groups(connection, release, user_id))
    return Reach(
        reports=walked(trees.descendants, "user", user_id),
        departments=walked(trees.descendants, "department", department),
        account=() if account is None else (account[1],),
        accounts=() if account is None else walked(trees.descendants, *account),
        principals=(*(str(name) for name in names), *sorted(expanded(release.catalog, roles))),
        departments_above=tuple(str(each) for each in walked(trees.ancestors, "department", department)),
    )


def _groups(connection: Connection, release: Release, user_id: UUID) -> tuple[UUID, ...]:
    """Return the ids of the active groups a person is in."""
    if not release.catalog.has("object", "group"):
        return ()
    groups = release.model("group")
    near, far, *_ = groups.join_tables["members"].c
    found = select(groups.id).join(groups.join_tables["members"], near == groups.id)
    active = groups.column("active").is_not(False)
    return tuple(connection.execute(found.where(far == user_id, groups.deleted_at.is_(None), active)).scalars())


def _account(users: SqlSource, user: Mapping[str, Any]) -> tuple[str, UUID] | None:
    """Return object and id of the record an external person belongs to."""
    target = account_object(users)
    if target is None:
        return None
    field = next((field for field in users.object.declared if target in field.to and field.stored), None)
    value = user.get(field.name) if field else None
    return None if value is None else (target, value)
