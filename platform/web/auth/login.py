"""Who is signed in: Flask-Login's wiring, the visit of a request, and what a page asks before it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from formline.errors import AccessDeniedError
from formline.runtime.access.loading import load_actor
from formline.runtime.site import Site
from formline.web import i18n
from formline.web.auth import sessions
from formline.web.headers import SAFE_METHODS
from formline.web.i18n import gettext as _
from formline.web.visit import Visit, connection, site

T = TypeVar("T")

#: Pages a person with a temporary password may still see.
BEFORE_CHANGE = frozenset({"auth.change_password", "auth.change_password_page", "auth.logout", "static"})
#: Pages of a person whose role requires a second factor that is not set up yet.
BEFORE_SECOND_FACTOR = BEFORE_CHANGE | {"auth.second_factor_page", "auth.enrol", "auth.choose_language"}
#: Names in a form that belong to the page, not to what the person typed.
OWN_NAMES = frozenset({"csrf_token"})


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person of this request, as Flask-Login knows them; the rest is in the visit."""

    def __init__(self, user_id: UUID) -> None:
        """Keep the id of the user record."""
        self.id = str(user_id)


def install(app: Flask, of: Site) -> None:
    """Give the application its sessions and its login manager."""
    store = sessions.Sessions(of.keys.key("visitors").hex(), secure=of.settings.production)
    app.session_interface = store
    manager = LoginManager(app)
    manager.session_protection = None  # sessions are rows of ours; the token is all that counts
    manager.user_loader(load)
    manager.unauthorized_handler(ask_to_sign_in)
    app.before_request(require_sign_in)


def load(user_id: str) -> SignedIn | None:
    """Make the visit from what the session's statement read; Flask-Login asks once per request."""
    from formline.web.access import view_as

    facts: Mapping[str, Any] | None = session.facts  # type: ignore[attr-defined]
    if facts is None:
        return None
    of = site()
    release = of.at(facts["revision"])
    actor = load_actor(connection(), release, UUID(user_id), epochs=(facts["user_epoch"], facts["rights_epoch"] or 0))
    g.visit = view_as.seen_by(Visit(of, release, actor), facts)
    g.visit.unread = facts["unread"]
    g.visit.waiting = facts["waiting"]
    if g.visit.actor is actor:  # drafts are those of who looks
        g.visit.has_drafts = bool(facts["has_drafts"])
    g.preferences = facts["preferences"] or {}
    i18n.use_language(actor.user.get("language"))  # of who looks, whoever they look as
    return SignedIn(UUID(user_id))


def require_sign_in() -> BaseResponse | None:
    """Let only signed-in people past, except to views marked public; temporary passwords must be changed first."""
    if request.path.startswith(sessions.WITHOUT_SESSION):
        return None
    signed_in = current_user.is_authenticated  # loads the visit, so that error pages speak the person's language too
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "public", False):
        return None
    if not signed_in:
        return ask_to_sign_in()
    if session.facts["must_change"] and request.endpoint not in BEFORE_CHANGE:  # type: ignore[attr-defined]
        return redirect(url_for("auth.change_password_page"))
    if request.endpoint not in BEFORE_SECOND_FACTOR and needs_second_factor() and not _has_second_factor():
        return redirect(url_for("auth.second_factor_page"))
    return None


def needs_second_factor() -> bool:
    """Whether a role of the person requires a second factor."""
    return not g.visit.rights.role_names.isdisjoint(site().settings.second_factor_roles)


def _has_second_factor() -> bool:
    """Whether the person has one here, or gave one to a sign-in provider for this session."""
    facts: Mapping[str, Any] = session.facts  # type: ignore[attr-defined]
    return bool(facts["has_second_factor"] or facts["second_factor"])


def public(view: T) -> T:
    """Mark a view that needs no sign-in."""
    view.public = True  # type: ignore[attr-defined]
    return view


def ask_to_sign_in() -> BaseResponse:
    """Answer with the sign-in page; what was being saved is kept and offered again afterwards."""
    if request.method in SAFE_METHODS:
        if request.accept_mimetypes.best == "text/event-stream":
            return make_response("", 204)  # a stream of live news is not opened again after that
        wanted = request.full_path.rstrip("?")
        if request.headers.get("HX-Request"):
            response = make_response("", 401)
            response.headers["HX-Redirect"] = url_for("auth.login_page")
            return response
        return redirect(url_for("auth.login_page", next=wanted if wanted != "/" else None))
    return kept_input(request.path, request.form)


def kept_input(path: str, values: MultiDict[str, str]) -> Response:
    """Render the sign-in page around the fields of a form that could not be saved, status 401."""
    from formline.web.auth.forms import SignInForm

    kept = [(name, value) for name, value in values.items(multi=True) if name not in OWN_NAMES]
    page = render_template("auth/login.html", form=SignInForm(formdata=None), kept=kept, kept_path=path, expired=True)
    return make_response(page, 401)


def safe_next(target: str | None) -> str:
    """Return a path of this site to go on to; anything else is the home page.

    >>> safe_next("//elsewhere.example"), safe_next("/o/customer?view=mine")
    ('/', '/o/customer?view=mine')
    """
    # Browsers drop tabs and line breaks before they read an address: "/<tab>/elsewhere" would be another site.
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return "/"
    return target


def begin(user_id: UUID, writing: Any, *, second_factor: bool = False) -> None:
    """Start a new session for a person in an open transaction, ending the one this browser had."""
    old = session.id  # type: ignore[attr-defined]
    made = sessions.create(
        writing,
        user_id,
        address=request.remote_addr or "",
        agent=request.headers.get("User-Agent", ""),
        days=site().settings.session_days,
        replaces=old,
        second_factor=second_factor,
    )
    session.clear()
    session.update(made)
    session.new_token = made.new_token  # type: ignore[attr-defined]
    g.pop("csrf_token", None)
    login_user(SignedIn(user_id), force=True)


def require_admin(right: str) -> None:
    """Raise AccessDeniedError where the person lacks an administration right such as ``manage_users``."""
    if not g.visit.rights.may(right):
        raise AccessDeniedError(_("This page is for administrators with another right."), hint=right)


__all__ = ["begin", "install", "kept_input", "public", "require_admin", "safe_next"]
