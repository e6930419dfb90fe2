"""Server-side sessions behind Flask's session interface: one random token in the cookie, everything else in a row.

One statement per request reads the session, the account, the rights epoch and the live release together.
Visitors who are not signed in have no row: their CSRF token lives in a signed cookie of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql import Select

from formline.runtime import drafts
from formline.runtime.access.epochs import RIGHTS_EPOCH
from formline.runtime.driver import DriverQuery
from formline.runtime.notifications import unread
from formline.runtime.release import Release
from formline.runtime.site import Site
from formline.runtime.tables import account, live, session
from formline.web.auth.accounts import USER, token_hash
from formline.web.visit import connection, site
from formline.workflow.approvals.inbox import waiting

IDLE = timedelta(hours=12)
#: A session's last use is written at most this often, so that reading pages writes nothing.
SEEN_EVERY = timedelta(minutes=10)
VISITOR_AGE = 24 * 3600
#: Paths that need no session: files, health checks, the API, which takes bearer tokens only, forms of people outside.
WITHOUT_SESSION = ("/static/", "/health/", "/api/", "/scim/", "/hooks/", "/f/", "/s/")


class WebSession(dict[str, Any], SessionMixin):
    """Flask's session: what Flask-Login and Flask-WTF keep in it, and which cookie it belongs to.

    ``facts`` is the row of the one statement; None for visitors.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        """Start with the values read; nothing is modified yet."""
        super().__init__(values or {})
        self.facts: Mapping[str, Any] | None = None
        self.new_token: str | None = None
        self.ended = False
        self.modified = False
        self.accessed = True

    def __setitem__(self, key: str, value: Any) -> None:
        """Remember that something changed."""
        self.modified = True
        super().__setitem__(key, value)

    @property
    def id(self) -> str | None:
        """The id of the row; None for visitors."""
        return self.facts["session_id"] if self.facts else None


class Sessions(SessionInterface):
    """Opens and saves sessions."""

    def __init__(self, secret_key: str, *, secure: bool) -> None:
        """Name the cookies: with ``secure`` they carry the prefix that ties them to this host over HTTPS."""
        prefix = "__Host-" if secure else ""
        self.cookie = f"{prefix}formline"
        self.visitor_cookie = f"{prefix}formline_visitor"
        self._secure = secure
        self._signer = URLSafeTimedSerializer(secret_key, salt="formline-visitor")
        self._statements: dict[int, DriverQuery] = {}

    def open_session(self, app: Flask, request: Request) -> WebSession:
        """Return the session of the cookie; an unknown, idle or ended one is a visitor's."""
        if request.path.startswith(WITHOUT_SESSION):
            return WebSession()
        token = request.cookies.get(self.cookie)
        if token:
            found = self._load(token)
            if found is not None:
                return found
        return self._visitor(request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set or remove the cookies; what a signed-in session holds is in its row and written by sign_in alone."""
        if not isinstance(session, WebSession):
            return
        if session.new_token:
            self._set(response, self.cookie, session.new_token)
            response.delete_cookie(self.visitor_cookie, path="/", secure=self._secure)
        elif session.ended:
            response.delete_cookie(self.cookie, path="/", secure=self._secure)
        elif session.facts is None and session.modified:
            self._set(response, self.visitor_cookie, self._signer.dumps(dict(session)))

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def _visitor(self, request: Request) -> WebSession:
        try:
            return WebSession(self._signer.loads(request.cookies.get(self.visitor_cookie, ""), max_age=VISITOR_AGE))
        except BadSignature:
            return WebSession()

    def _load(self, token: str) -> WebSession | None:
        now = datetime.now(UTC)
        release = site().release
        values = {"id": token_hash(token), "now": now, "idle": now - IDLE}
        row = self._statement(release).first(connection(), values)
        if row is None:
            return None
        opened = WebSession({"_user_id": str(row["user_id"]), "_fresh": True, **(row["data"] or {})})
        opened.facts = row
        if now - row["seen_at"] > SEEN_EVERY:
            touch(site(), row["session_id"], now)
        return opened

    def _statement(self, release: Release) -> DriverQuery:
        """Return the one statement; it names a column of the user table, so there is one per release."""
        known = self._statements.get(release.number)
        if known is None:
            known = self._statements[release.number] = DriverQuery(facts_statement(release))
        return known


def facts_statement(release: Release) -> Select[Any]:
    """Build the statement that reads session, account, rights epoch and live release; binds id, now, idle."""
    user = release.model(USER)
    return (
        select(
            session.c.id.label("session_id"),
            session.c.user_id,
            session.c.seen_at,
            session.c.confirmed_at,
            session.c.data,
            session.c.second_factor,
            account.c.totp_secret.is_not(None).label("has_second_factor"),
            account.c.epoch.label("user_epoch"),
            account.c.must_change,
            account.c.preferences,
            unread(session.c.user_id).label("unread"),
            waiting(session.c.user_id).label("waiting"),
            drafts.any_of(session.c.user_id).label("has_drafts"),
            RIGHTS_EPOCH.label("rights_epoch"),
            live.c.revision,
            live.c.release,
            live.c.phase,
        )
        .select_from(
            session.join(account, account.c.user_id == session.c.user_id)
            .join(user.table, user.column("id") == session.c.user_id)
            .join(live, live.c.id == 1)
        )
        .where(
            and_(
                session.c.id == bindparam("id"),
                session.c.expires_at > bindparam("now", type_=session.c.expires_at.type),
                session.c.seen_at > bindparam("idle", type_=session.c.seen_at.type),
                account.c.active,
                account.c.epoch == session.c.epoch,
                user.column("active"),
                user.table.c.deleted_at.is_(None),
            )
        )
    )


def create(
    writing: Connection,
    user_id: UUID,
    *,
    address: str,
    agent: str,
    days: int,
    replaces: str | None,
    second_factor: bool = False,
) -> WebSession:
    """Insert a session with a new token and CSRF secret, remove the one it replaces, and return it."""
    now = datetime.now(UTC)
    token = secrets.token_urlsafe(32)
    data = {"csrf_token": secrets.token_hex(20)}
    if replaces:
        end(writing, replaces)
    row = {
        "id": token_hash(token),
        "user_id": user_id,
        "epoch": select(account.c.epoch).where(account.c.user_id == user_id).scalar_subquery(),
        "created_at": now,
        "seen_at": now,
        "confirmed_at": now,
        "expires_at": now + timedelta(days=days),
        "second_factor": second_factor,
        "address": address[:64],
        "agent": agent[:200],
        "data": data,
    }
    writing.execute(insert(session).values(row))
    made = WebSession(data)
    made.new_token = token
    return made


def end(writing: Connection, session_id: str) -> None:
    """Remove a session: the cookie is worthless from now on."""
    writing.execute(delete(session).where(session.c.id == session_id))


def touch(of: Site, session_id: str, now: datetime) -> None:
    """Note that the session was used."""
    with of.writing() as writing:
        writing.execute(update(session).where(session.c.id == session_id).values(seen_at=now))
