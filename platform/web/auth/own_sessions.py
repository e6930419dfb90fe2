"""Where a person is signed in: the list of sessions, and ending them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from flask import redirect, render_template, request, session, url_for
from sqlalchemy import delete, select

from formline.runtime.tables import session as session_table
from formline.web.auth import accounts, sessions
from formline.web.auth.routes import Answer, blueprint
from formline.web.visit import connection, site, visit

#: What tells browsers and systems apart, the more particular first: many name others, too.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@blueprint.get("/profile/sessions")
def own_sessions() -> Answer:
    """List the sessions that still work, the present one first."""
    now, columns = datetime.now(UTC), session_table.c
    statement = (
        select(columns.id, columns.address, columns.agent, columns.created_at, columns.seen_at, columns.second_factor)
        .where(columns.user_id == _own_id(), columns.expires_at > now, columns.seen_at > now - sessions.IDLE)
        .order_by(columns.seen_at.desc())
    )
    rows = sorted(connection().execute(statement).all(), key=lambda row: row.id != _present())
    return render_template("auth/sessions.html", rows=rows, present=_present(), device=device, formats=visit().formats)


@blueprint.post("/profile/sessions", endpoint="end_sessions")
def end_sessions() -> Answer:
    """End one session of one's own, or all but the present one."""
    ended = request.form.get("session", "")
    with site().writing() as writing:
        if ended:
            mine = session_table.c.user_id == _own_id()
            writing.execute(delete(session_table).where(mine, session_table.c.id == ended))
        else:
            accounts.end_sessions(writing, _own_id(), but=_present())
        accounts.record_event(writing, _own_id(), "sessions_ended", {"all": not ended})
    return redirect(url_for("auth.own_sessions", saved=1), 303)


def device(agent: str) -> str:
    """Return browser and system of a user agent; one that names neither as it is, shortened.

    >>> device("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36")
    'Chrome · Linux'
    """
    known = (next((name for mark, name in marks if mark in agent), "") for marks in (BROWSERS, SYSTEMS))
    return " · ".join(filter(None, known)) or agent[:80] or "–"


def _present() -> str:
    return cast(str, session.id)  # type: ignore[attr-defined]


def _own_id() -> UUID:
    return cast(UUID, visit().actor.user_id)
