"""Who is a member or an administrator of a pool: the selectors as one condition over a person."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, select

from formline.catalog.selectors import among
from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime.access.loading import load_actor
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.workflow.pools.definition import Pool, Selectors

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release

_IDS = "person_ids"


def is_member(connection: Connection, release: Release, actor: Actor, pool: Pool) -> bool:
    """Return whether somebody may see the pool and claim from it."""
    return _is_among(connection, release, actor, pool.members)


def is_administrator(connection: Connection, release: Release, actor: Actor, pool: Pool) -> bool:
    """Return whether somebody assigns the pool's records."""
    return actor.is_system or _is_among(connection, release, actor, pool.administrators)


def member_named(connection: Connection, release: Release, user_id: UUID, pool: Pool) -> Actor:
    """Return a member by id.

    Raises:
        NotFoundError: there is no such person, they do not sign in, or they are no member.
    """
    try:
        actor = load_actor(connection, release, user_id)
    except AccessDeniedError:
        raise NotFoundError from None
    if not is_member(connection, release, actor, pool):
        raise NotFoundError
    return actor


def _is_among(connection: Connection, release: Release, actor: Actor, selectors: Selectors) -> bool:
    if actor.user_id is None or not selectors:
        return False
    key = ("pool_people", repr(selectors))
    prepared: Prepared = statements(release).get(key, lambda: _prepared(release, selectors))
    return bool(prepared.run(connection, actor, bind_keys(_IDS, [actor.user_id], release.dialect)))


def _prepared(release: Release, selectors: Selectors) -> Prepared:
    """Return the statement that gives a person's id where they are meant."""
    statement = Statement(release)
    source = source_of(statement, "user", roots={"user": user_root(statement)})
    condition = among(release.catalog, "user", selectors)
    tests = [in_keys(source.key, _IDS, release.dialect), source.alive()]
    if condition is not None:
        tests.append(condition.where(source))
    return Prepared(select(source.key).select_from(source.source()).where(*tests), statement)
