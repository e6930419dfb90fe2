"""Rights on a write that no whitelist can tell: fields by relation to the record, owners, and what makes users.

The unit asks before it writes (``refused_fields``) and after (``check_users``), in its transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from formline.errors import AccessDeniedError
from formline.runtime.access.actor import Actor
from formline.runtime.access.administration import check_user_change, last_holders
from formline.runtime.access.permitted import record_rights
from formline.runtime.access.rights import rights, rights_of_roles
from formline.runtime.release import Release

Record = Mapping[str, Any]


def refused_fields(
    connection: Connection, release: Release, actor: Actor, object: str, given: Mapping[UUID, Collection[str]]
) -> dict[UUID, set[str]]:
    """Return the names in ``given`` that the actor may not change on that very record, as it is stored now.

    Costs a statement only where some name's level depends on the record.
    """
    access = rights(release, actor).object(object)
    doubtful = {
        name for names in given.values() for name in names if name == "owner" or access.field(name) != "edit"
    } & set(access.object.fields)
    if not doubtful or access.rights.all:
        return {}
    ids = [key for key, names in given.items() if doubtful & set(names)]
    found = record_rights(connection, release, actor, object, ids)
    return {
        key: {name for name in doubtful & set(given[key]) if key not in found or found[key].field(name) != "edit"}
        for key in ids
    }


def check_users(
    connection: Connection, release: Release, actor: Actor, changes: Iterable[tuple[UUID, Record | None, Record | None]]
) -> None:
    """Check user records just written, as (id, before, after); None before for new ones, after for deleted ones.

    Raises:
        AccessDeniedError: somebody got or lost rights that the actor does not hold or may not give, changed their own
            roles, or was the last holder of an administration right.
    """
    lost: set[str] = set()
    for key, before, after in changes:
        check_user_change(release, actor, key, before, after if after is not None else {"active": False})
        lost |= _held(release, before) - _held(release, after)
    if not lost:
        return
    unheld = lost & set(last_holders(connection, release, []))
    if unheld:
        raise AccessDeniedError(
            f"Nobody else holds {', '.join(sorted(unheld))}.",
            code="last_holder",
            hint="give it to somebody else first",
        )


def _held(release: Release, user: Record | None) -> frozenset[str]:
    """Return the administration rights a user record holds."""
    if user is None or user.get("active") is False:
        return frozenset()
    return rights_of_roles(release, user.get("roles") or ()).administration
