"""Looking at the pages as somebody else sees them: read-only, written down, never as somebody with more rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Flask, g, request, session, url_for
from sqlalchemy import update
from werkzeug.wrappers import Response

from formline.errors import AccessDeniedError
from formline.runtime import tables
from formline.runtime.access import load_actor
from formline.runtime.access.administration import require_viewable
from formline.runtime.audit import events
from formline.web import addresses, fragments
from formline.web.access import answers
from formline.web.access.blueprint import blueprint
from formline.web.headers import SAFE_METHODS
from formline.web.i18n import gettext as _
from formline.web.visit import Visit, visit

KEY = "view_as"
#: What may be sent while viewing: its end, and signing out.
STILL_ALLOWED = frozenset({"access.stop_viewing", "auth.logout", "auth.choose_language"})
#: Pages about the account itself are nobody else's, whatever rights one has.
_OWN_ACCOUNT = ("/profile",)


def seen_by(here: Visit, facts: Mapping[str, Any]) -> Visit:
    """Return the visit of the person this session looks through, or ``here``; asked again with every request.

    ``g.viewer`` is then the one who looks. A right lost meanwhile ends it.
    """
    chosen = (facts["data"] or {}).get(KEY)
    if not chosen:
        return here
    epochs = None
    try:
        target = load_actor(here.connection, here.release, UUID(chosen), epochs=epochs)
        require_viewable(here.release, here.actor, target)
    except AccessDeniedError:
        return here
    g.viewer = here
    return Visit(here.site, here.release, target)


def refuse_changes() -> None:
    """Refuse every change, and the pages of the account, while somebody looks through another's eyes."""
    if "viewer" not in g:
        return
    if request.method not in SAFE_METHODS and request.endpoint not in STILL_ALLOWED:
        raise AccessDeniedError(_("You are viewing as somebody else: nothing can be changed."), code="viewing")
    if request.path.startswith(_OWN_ACCOUNT):
        raise AccessDeniedError(_("The account itself is not shown to others."), code="viewing")


def install(app: Flask) -> None:
    """Refuse changes while viewing, and give templates the name of who is looked through."""
    app.before_request(refuse_changes)
    app.context_processor(lambda: {"viewing": visit().actor.user.get("name") if "viewer" in g else None})


@blueprint.get("/people/<uuid:user_id>/view-as")
def view_as_form(user_id: UUID) -> str:
    """Ask before looking through somebody's eyes: it is written down."""
    target = _target(user_id)
    return fragments.dialog("access/view_as.html", _("View as"), user_id=user_id, name=target.user.get("name"))


@blueprint.post("/people/<uuid:user_id>/view-as", endpoint="view_as")
def start(user_id: UUID) -> Response:
    """Look through somebody's eyes from now on."""
    _target(user_id)
    _keep(user_id, "view_as_started")
    return answers.go("/")


@blueprint.post("/view-as/stop")
def stop_viewing() -> Response:
    """Be oneself again."""
    seen = visit().actor.user_id
    if "viewer" in g and seen is not None:
        _keep(None, "view_as_ended", seen)
        return answers.go(addresses.record("user", seen))
    return answers.go(url_for("home.page"))


def _target(user_id: UUID) -> Any:
    here = visit()
    target = load_actor(here.connection, here.release, user_id)
    try:
        require_viewable(here.release, here.actor, target)
    except AccessDeniedError as error:
        raise AccessDeniedError(_refusal(here, user_id), code=error.code) from error
    return target


def _refusal(here: Visit, user_id: UUID) -> str:
    """Return why not, in the language of the page."""
    if not here.rights.may("manage_access"):
        return _("Your roles do not allow it.")
    if user_id == here.actor.user_id:
        return _("You see the pages as yourself already.")
    return _("This person has rights that you do not hold, so you cannot look through their eyes.")


def _keep(chosen: UUID | None, event: str, seen: UUID | None = None) -> None:
    """Write down in the session's row, and for the audit, through whose eyes the person looks."""
    here: Visit = g.get("viewer") or visit()
    facts: Mapping[str, Any] = session.facts  # type: ignore[attr-defined]
    data = {key: value for key, value in (facts["data"] or {}).items() if key != KEY}
    data |= {KEY: str(chosen)} if chosen else {}
    detail = {"user": str(chosen or seen)}
    row = tables.session
    with here.site.writing() as writing:
        writing.execute(update(row).where(row.c.id == facts["session_id"]).values(data=data))
        address = request.remote_addr or ""
        events.note(writing, here.actor.user_id, event, detail, here.now, address)
