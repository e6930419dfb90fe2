"""Administration rights and the rules that keep them from growing by themselves; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, not_, or_, select

from formline.catalog.model import BUSINESS, Role
from formline.errors import AccessDeniedError
from formline.runtime.access.actor import Actor
from formline.runtime.access.levels import ADMINISTRATION, LEVELS, PLAIN_RIGHTS, RANK, SCOPED_RIGHTS, Scope, union
from formline.runtime.access.rights import ObjectAccess, Rights, rights, rights_of_roles
from formline.runtime.queries.roles import has_role
from formline.runtime.queries.statement import Statement
from formline.runtime.release import Release

#: Fields of a user that decide what the user may see; changing them needs `manage_users` and never concerns oneself.
DECIDING: Final = frozenset({"roles", "active", "department", "manager", "company", "login"})
#: Of these, what decides how far one's own scopes reach.
OWN_REACH: Final = frozenset({"department", "manager", "company"})


def require(release: Release, actor: Actor, right: str) -> None:
    """Raise AccessDeniedError where the actor lacks an administration right."""
    if right not in ADMINISTRATION:
        raise ValueError(f"{right} is no administration right")
    if not rights(release, actor).may(right):
        raise AccessDeniedError(f"This needs the right {right}.")


def check_user_change(
    release: Release, actor: Actor, user_id: UUID | None, old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> None:
    """Check a change of a user record before it is written; ``old`` is None for a new user.

    Raises:
        AccessDeniedError: the actor changes their own roles, gives or takes a role with rights they do not hold,
            or touches what decides about rights without ``manage_users``.
    """
    if actor.is_system:
        return
    before = old or {}
    changed = {name for name in DECIDING & set(new) if (new.get(name) or None) != (before.get(name) or None)}
    if not changed:
        return
    require(release, actor, "manage_users")
    if user_id is not None and user_id == actor.user_id:
        if changed & {"roles", "active"}:
            raise AccessDeniedError("Nobody changes their own roles.", code="own_roles")
        if changed & OWN_REACH and not rights(release, actor).all:
            raise AccessDeniedError(
                "Nobody changes their own department, company or superior.",
                code="own_reach",
                hint="records are visible by them; another administrator of people can",
            )
    if "roles" in changed:
        moved = set(new.get("roles") or ()) ^ set(before.get("roles") or ())
        require_grantable(release, actor, moved - grantable(release, actor))
        require_compatible(release, new.get("roles") or ())


def grantable(release: Release, actor: Actor) -> frozenset[str]:
    """Return the roles that definitions let the actor give and take although they hold less."""
    known: Mapping[str, Role] = release.catalog.all("role")
    named = {name for role in rights(release, actor).roles_expanded for name in role.grants}
    if BUSINESS in named:
        named |= {name for name in known if not rights_of_roles(release, [name]).administration}
    return frozenset(named & known.keys())


def require_compatible(release: Release, roles: Iterable[str]) -> None:
    """Raise AccessDeniedError where one person would have two roles of which one excludes the other."""
    held = rights_of_roles(release, roles).roles_expanded
    names = {role.name for role in held}
    for role in held:
        for other in sorted(role.excludes & names - {role.name}):
            message = f'Nobody has the roles "{role.name}" and "{other}" together.'
            raise AccessDeniedError(message, code="excluded_roles", hint="give one of them to somebody else")


def require_grantable(release: Release, actor: Actor, roles: Iterable[str]) -> None:
    """Raise AccessDeniedError where a role holds rights that the actor does not hold."""
    held = rights(release, actor)
    for name in sorted(roles):
        missing = exceeding(held, rights_of_roles(release, [name]))
        if missing:
            raise AccessDeniedError(f'The role "{name}" gives rights you do not hold: {missing}.', code="not_grantable")


def exceeding(held: Rights, wanted: Rights) -> str:
    """Return the first right of ``wanted`` that ``held`` lacks, or ""."""
    if held.all:
        return ""
    administration = sorted(wanted.administration - held.administration)
    if administration:
        return administration[0]
    for name in sorted({name for role in wanted.roles_expanded for name in role.objects}):
        missing = _exceeding_on(held.object(name), wanted.object(name))
        if missing:
            return f"{missing} on {name}"
    return ""


def _exceeding_on(held: ObjectAccess, wanted: ObjectAccess) -> str:
    actions = () if held.can("set_state") else sorted(wanted.actions)  # who sets any state takes every way to it
    plain: tuple[str, ...] = (*PLAIN_RIGHTS, *actions)
    for right in plain:
        if wanted.can(right) and not held.can(right):
            return right
    for right in SCOPED_RIGHTS:
        if not _within(held.scopes(right), wanted.scopes(right)):
            return right
    for name in wanted.object.fields:
        if RANK[wanted.level_of(name).best] > RANK[held.level_of(name).best]:
            return f"{LEVELS[RANK[wanted.level_of(name).best]]} of {name}"
    return ""


def require_viewable(release: Release, viewer: Actor, target: Actor) -> None:
    """Check that somebody may look at the pages as ``target`` sees them.

    A right of one's own records is another's on theirs: what the target reads, the viewer must read everywhere.

    Raises:
        AccessDeniedError: no right to manage access, oneself, or somebody with more rights.
    """
    require(release, viewer, "manage_access")
    if target.user_id == viewer.user_id:
        raise AccessDeniedError("You see the pages as yourself.", code="not_viewable")
    held, wanted = rights(release, viewer), rights(release, target)
    more = (name for name in release.catalog.objects if _sees_more(held.object(name), wanted.object(name)))
    missing = next(iter(sorted(wanted.administration - held.administration)), "")
    missing = missing or next((f"read on {name}" for name in more), "")
    if missing:
        raise AccessDeniedError(f"This person has rights you do not hold: {missing}.", code="not_viewable")


def _sees_more(held: ObjectAccess, wanted: ObjectAccess) -> bool:
    if not wanted.can("read"):
        return False
    if not held.everywhere("read"):
        return True
    shown = (name for name in wanted.object.fields if wanted.shown(name))
    return any(min(RANK[wanted.level_of(name).best], RANK["read"]) > RANK[held.field(name)] for name in shown)


def _within(held: tuple[Scope, ...], wanted: tuple[Scope, ...]) -> bool:
    """Return whether ``held`` contains ``wanted``: everything, or the same scopes over the actor's own people."""
    return "all" in held or union((*held, *wanted)) == held


def last_holders(connection: Connection, release: Release, leaving: Iterable[UUID]) -> tuple[str, ...]:
    """Return the administration rights that no active user would hold without ``leaving``; those must stay."""
    gone = list(leaving)
    users = release.model("user")
    statement = Statement(release)
    kept: list[str] = []
    for right in ADMINISTRATION:
        giving = [role.name for role in release.catalog.all("role").values() if right in role.admin_rights]
        if not giving:
            continue
        holds = or_(*(has_role(statement, users.column("roles"), name) for name in giving))
        found = select(users.id).where(
            holds, users.deleted_at.is_(None), users.column("active"), not_(users.id.in_(gone))
        )
        if connection.execute(found.limit(1)).first() is None:
            kept.append(right)
    return tuple(kept)
