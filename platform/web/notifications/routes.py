"""Addresses of a person's notices: the page, the drawer, the bell, marking as read, and the live stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from formline.runtime import bounces, mail_rhythm, notifications
from formline.runtime.queries.title_texts import titles
from formline.web import addresses
from formline.web.auth import accounts
from formline.web.live import Hub
from formline.web.notifications.wording import choices, worded
from formline.web.visit import Visit, visit

SHOWN = 50
IN_DRAWER = 20
ICONS: Mapping[str, str] = {"assigned": "user", "assigned_many": "users", "mentioned": "message", "followed": "eye"}
APPROVAL_ICON = "rubber-stamp"

blueprint = Blueprint("notifications", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """One notice as the reader may see it; ``href`` is "" where there is nothing to go to."""

    id: UUID
    text: str
    body: str
    when: str
    href: str
    icon: str
    unread: bool


@blueprint.get("/notifications")
def page() -> str:
    """Show the newest notices, and older ones from ``before`` on."""
    here = visit()
    rows = notifications.newest(here.connection, _me(here), SHOWN, request.args.get("before", type=UUID))
    older = rows[-1]["id"] if len(rows) == SHOWN else None
    return render_template("notifications/page.html", notices=_shown(here, rows), older=older)


@blueprint.get("/notifications/drawer")
def drawer() -> str | BaseResponse:
    """Return the fragment behind the bell; opened by itself, it is the page of all."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("notifications.page"), 303)
    here = visit()
    return _drawer(here)


def _drawer(here: Visit) -> str:
    rows = notifications.newest(here.connection, _me(here), IN_DRAWER)
    return render_template("notifications/drawer.html", notices=_shown(here, rows))


@blueprint.get("/notifications/count")
def count() -> str:
    """Return the bell's number as a fragment."""
    return render_template("notifications/count.html", unread=visit().unread)


@blueprint.post("/notifications/read")
def read_all() -> BaseResponse:
    """Mark all as read."""
    here = visit()
    with here.site.writing() as writing:
        notifications.mark_read(writing, _me(here), here.now)
    if request.headers.get("HX-Request"):
        return Response(_drawer(here), headers={"HX-Trigger": "live:notifications"})
    return redirect(url_for("notifications.page"), 303)


@blueprint.post("/notifications/<uuid:identifier>/read")
def read_one(identifier: UUID) -> tuple[str, int]:
    """Mark one as read, as its reader goes on to what it tells of."""
    here = visit()
    with here.site.writing() as writing:
        notifications.mark_read(writing, _me(here), here.now, identifier)
    return "", 204


@blueprint.post("/profile/notices")
def save_wanted() -> BaseResponse:
    """Keep what the person wants to be told; what they did not tick is not written for them any more."""
    here = visit()
    wanted = {kind for kinds in request.form.getlist("wanted") for kind in kinds.split()}
    mailed = {kind for kinds in request.form.getlist("mailed") for kind in kinds.split()}
    every = [kind for kinds, _label in choices(here.release) for kind in kinds.split()]
    chosen = {
        notifications.MUTED: [kind for kind in every if kind not in wanted],
        mail_rhythm.UNMAILED: [kind for kind in every if kind not in mailed],
    }
    with here.site.writing() as writing:
        accounts.save_preferences(writing, _me(here), {**g.preferences, **chosen})
    return redirect(url_for("auth.profile", saved=1), 303)


@blueprint.post("/profile/mails")
def save_mails() -> BaseResponse:
    """Keep how often the person wants mails, and let them go to their address again where some came back."""
    here = visit()
    rhythm = request.form.get("rhythm", "")
    chosen = {mail_rhythm.RHYTHM: rhythm} if rhythm in mail_rhythm.RHYTHMS else {}
    with here.site.writing() as writing:
        preferences = {**g.preferences, **chosen, mail_rhythm.ZONE: here.zone_name}
        accounts.save_preferences(writing, _me(here), preferences)
        if request.form.get("again"):
            bounces.clear(writing, here.site.keys, str(here.actor.user.get("email") or ""))
    return redirect(url_for("auth.profile", saved=1), 303)


@blueprint.get("/live")
def live() -> Response:
    """Keep a stream open that says when there is news; what it is, is fetched with the reader's rights."""
    hub: Hub = current_app.extensions["live"]
    body: Any = hub.stream(_me(visit()))
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(body, headers=headers, direct_passthrough=True)


def _me(here: Visit) -> UUID:
    return cast(UUID, here.actor.user_id)  # pages are behind sign-in


def _shown(here: Visit, rows: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """Return the notices with the titles of the records they tell of: one statement for all."""
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        name = here.release.object_named(row["object_id"]) if row["object_id"] else None
        if name and row["record_id"]:
            wanted.setdefault(name, set()).add(row["record_id"])
    known = titles(here.connection, here.release, here.actor, wanted)
    return [_one(here, row, known) for row in rows]


def _approval(row: Mapping[str, Any]) -> str:
    """Return the address of the approval that a notice tells of, "" for other notices."""
    key = (row["values"] or {}).get("approval")
    return url_for("inbox.decision", approval_id=key) if key else ""


def _one(here: Visit, row: Mapping[str, Any], known: Mapping[UUID, str]) -> Shown:
    name = here.release.object_named(row["object_id"]) if row["object_id"] else None
    label = here.labels.object(here.release.catalog.object(name)) if name else ""
    key = row["record_id"]
    href = row["url"] or _approval(row)
    if not href and name and key in known:
        href = addresses.record(name, key)
    elif not href and name and key is None:
        href = addresses.list_of(name)
    text, body = worded(row, known.get(key, ""), label, here.labels)
    return Shown(
        row["id"],
        text,
        body,
        here.formats.moment(row["created_at"], here.now),
        href,
        APPROVAL_ICON if row["kind"].startswith("approval_") else ICONS.get(row["kind"], "bell"),
        row["read_at"] is None,
    )
