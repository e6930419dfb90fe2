"""A person's notifications: what happened that they should know; reading them is one button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import redirect, render_template, url_for
from sqlalchemy import select, update
from werkzeug.wrappers import Response

from formline.runtime.tables import notification
from formline.web import addresses
from formline.web.records.blueprint import blueprint
from formline.web.visit import visit

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification; ``href`` leads to the record it is about."""

    title: str
    body: str
    when: str
    href: str
    unread: bool


@blueprint.get("/notifications")
def notifications_page() -> str:
    """Show the newest notifications."""
    here = visit()
    statement = (
        select(notification)
        .where(notification.c.user_id == here.actor.user_id)
        .order_by(notification.c.created_at.desc())
        .limit(SHOWN)
    )
    notices = []
    for row in here.connection.execute(statement).mappings():
        name = here.release.object_named(row["object_id"]) if row["object_id"] else None
        href = addresses.record(name, row["record_id"]) if name and row["record_id"] else ""
        when = here.formats.moment(row["created_at"], here.now)
        notices.append(Notice(row["title"], row["body"] or "", when, href, row["read_at"] is None))
    return render_template("records/notifications.html", notices=notices)


@blueprint.post("/notifications/read")
def read_all() -> Response:
    """Mark all as read."""
    here = visit()
    mine = (notification.c.user_id == here.actor.user_id) & notification.c.read_at.is_(None)
    with here.site.writing() as writing:
        writing.execute(update(notification).where(mine).values(read_at=datetime.now(UTC)))
    return redirect(url_for("records.notifications_page"), 303)
