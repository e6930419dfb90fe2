"""Who calls the API: one statement reads token, account, rights epoch and live release; no cookie is ever looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from flask import g, request
from sqlalchemy import Row, bindparam, or_, select
from sqlalchemy.sql import Select

from formline.errors import FormlineError
from formline.runtime.access.epochs import RIGHTS_EPOCH
from formline.runtime.access.loading import load_actor
from formline.runtime.access.rights import Rights, in_scope, rights
from formline.runtime.tables import account, live, token
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

    def require(self, object: str, action: str) -> None:
        """Refuse what the token's scopes leave out; ``action`` is ``read`` or ``write``.

        A scope is ``read``, ``write``, or one of them for an object: ``customer:read``. Write includes read.
        """
        if not in_scope(self.actor.scopes, object, action):
            raise TokenScopeError(f"This token may not {action} {object} records.")


def caller() -> Caller:
    """Return the caller of this request."""
    return cast(Caller, g.caller)


def authenticate() -> None:
    """Find out who calls before anything else is done."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        raise TokenError("Send a token: Authorization: Bearer ...")
    release = site().release
    row = _facts(release, given.strip())
    if row is None:
        raise TokenError("The token is unknown, has ended, or its owner may not sign in.")
    release = site().at(row.revision)
    actor = load_actor(connection(), release, row.user_id, epochs=(row.user_epoch, row.rights_epoch))
    scopes = None if row.scopes is None else frozenset(row.scopes)
    g.caller = Caller(release, actor if scopes is None else replace(actor, scopes=scopes))


def _facts(release: Release, given: str) -> Row[Any] | None:
    statement = release.memo("api-facts", lambda: facts_statement(release))
    return connection().execute(statement, {"hash": token_hash(given), "now": datetime.now(UTC)}).first()


def facts_statement(release: Release) -> Select[Any]:
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
            token.c.kind == KIND,
            token.c.revoked_at.is_(None),
            or_(token.c.expires_at.is_(None), token.c.expires_at > now),
            account.c.active,
            user.column("active"),
            user.table.c.deleted_at.is_(None),
        )
    )
