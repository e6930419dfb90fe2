"""Who calls the API: one statement reads token, account, rights epoch and live release; no cookie is ever looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from flask import g, request
from sqlalchemy import bindparam, or_, select
from sqlalchemy.sql import Select

from formline.errors import FormlineError
from formline.runtime.access.epochs import RIGHTS_EPOCH
from formline.runtime.access.loading import load_actor
from formline.runtime.access.rights import Rights, in_scope, rights
from formline.runtime.driver import DriverQuery
from formline.runtime.tables import account, live, token
from formline.web import limits
from formline.web.auth.accounts import USER, token_hash
from formline.web.visit import connection, site

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release

KIND = "api"
SAFE = frozenset({"GET", "HEAD"})


class TokenError(FormlineError):
    """No token, or one that is unknown, revoked, expired, or of somebody who may not sign in."""

    code = "token"
    status = 401


class TokenScopeError(FormlineError):
    """A good token that was not made for this."""

    code = "token_scope"
    status = 403


@dataclass(frozen=True)
class Caller:
    """One API request's actor and release."""

    release: Release
    actor: Actor

    @property
    def rights(self) -> Rights:
        """What the owner of the token may do now, as far as its scopes leave it."""
        return rights(self.release, self.actor)

    def allows(self, object: str, action: str) -> bool:
        """Return whether the token's scopes name an action on an object."""
        return in_scope(self.actor.scopes, object, action)

    def require(self, object: str, action: str) -> None:
        """Refuse what the token's scopes leave out; ``action`` is ``read`` or ``write``.

        A scope is ``read``, ``write``, or one of them for an object: ``customer:read``. Write includes read.
        """
        if not self.allows(object, action):
            raise TokenScopeError(f"This token may not {action} {object} records.")


def caller() -> Caller:
    """Return the caller of this request."""
    return cast(Caller, g.caller)


def authenticate(kind: str = KIND) -> None:
    """Find out who calls, with a token of this kind, before anything else is done."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        raise TokenError("Send a token: Authorization: Bearer ...")
    release = site().release
    row = _facts(release, given.strip(), kind)
    if row is None:
        limits.spend((limits.API_REFUSED, limits.client()))
        raise TokenError("The token is unknown, has ended, or its owner may not sign in.")
    limits.spend((limits.API_BY_ACCOUNT, str(row["user_id"])), (limits.API_BY_ADDRESS, limits.client()))
    release = site().at(row["revision"])
    actor = load_actor(connection(), release, row["user_id"], epochs=(row["user_epoch"], row["rights_epoch"]))
    scopes = None if row["scopes"] is None else frozenset(row["scopes"])
    g.caller = Caller(release, actor if scopes is None else replace(actor, scopes=scopes))


def _facts(release: Release, given: str, kind: str) -> Mapping[str, Any] | None:
    query = release.memo(("api-facts", kind), lambda: DriverQuery(facts_statement(release, kind)))
    return query.first(connection(), {"hash": token_hash(given), "now": datetime.now(UTC)})


def facts_statement(release: Release, kind: str = KIND) -> Select[Any]:
    """Build the statement that reads token, account, rights epoch and live release; binds hash, now."""
    user = release.model(USER)
    now = bindparam("now", type_=token.c.expires_at.type)
    return (
        select(
            token.c.user_id,
            token.c.scopes,
            account.c.epoch.label("user_epoch"),
            RIGHTS_EPOCH.label("rights_epoch"),
            live.c.revision,
        )
        .select_from(
            token.join(account, account.c.user_id == token.c.user_id)
            .join(user.table, user.column("id") == token.c.user_id)
            .join(live, live.c.id == 1)
        )
        .where(
            token.c.hash == bindparam("hash"),
            token.c.kind == kind,
            token.c.revoked_at.is_(None),
            or_(token.c.expires_at.is_(None), token.c.expires_at > now),
            account.c.active,
            user.column("active"),
            user.table.c.deleted_at.is_(None),
        )
    )
