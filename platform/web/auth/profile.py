"""A person's own pages: language, theme and time zone, and the password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from formline.errors import NotFoundError
from formline.runtime import bounces, mail_rhythm
from formline.runtime.access.actor import Actor
from formline.runtime.notifications import MUTED
from formline.runtime.unit import Change, Unit, run_unit
from formline.web import limits
from formline.web.auth import accounts, login, passwords
from formline.web.auth.forms import ChangePasswordForm, ProfileForm, zones
from formline.web.auth.routes import Answer, blueprint
from formline.web.i18n import COOKIE, LANGUAGES
from formline.web.i18n import gettext as _
from formline.web.notifications.wording import choices
from formline.web.shell import THEME_COOKIE
from formline.web.visit import connection, site, visit

YEAR = 365 * 24 * 3600


@blueprint.get("/profile")
def profile() -> Answer:
    """Show what the person may choose."""
    user = visit().actor.user
    chosen = {name: user.get(name) or "" for name in ("language", "time_zone")}
    form = ProfileForm(data={**chosen, "theme": g.preferences.get("theme", "auto")})
    return _page(form)


def _page(form: ProfileForm) -> str:
    named = [(zone, zone) for zone in zones()]
    muted = g.preferences.get(MUTED, ())
    unmailed = mail_rhythm.unmailed(g.preferences)
    notices = [
        (kinds, label, not set(kinds.split()) & set(muted), not set(kinds.split()) & unmailed)
        for kinds, label in choices(visit().release)
    ]
    user = visit().actor.user
    address = str(user.get("email") or "")
    mails = {
        "address": address,
        "rhythm": mail_rhythm.rhythm_of(g.preferences),
        "came_back": bool(address and bounces.marked(connection(), site().keys, [address])),
    }
    return render_template("auth/profile.html", form=form, user=user, zones=named, notices=notices, mails=mails)


@blueprint.post("/profile", endpoint="save_profile")
def save_profile() -> Answer:
    """Keep the choices; the cookies make the next page right at once."""
    form = ProfileForm()
    if not form.validate():
        return _page(form), 422
    user_id = _own_id()
    zone = form.time_zone.data or site().settings.base_zone
    preferences = {**g.preferences, "theme": form.theme.data, mail_rhythm.ZONE: zone}

    def work(unit: Unit) -> None:
        values = {"language": form.language.data or None, "time_zone": form.time_zone.data or None}
        unit.update(accounts.USER, [Change(user_id, values)])
        accounts.save_preferences(unit.connection, user_id, preferences)

    # Everybody may change these two of their own record, whatever their roles say about the object.
    run_unit(site(), Actor.system(), work, source="form")
    response = redirect(url_for("auth.profile", saved=1), 303)
    _remember(response, THEME_COOKIE, form.theme.data or "auto")
    return response


@blueprint.get("/profile/password")
def change_password_page() -> Answer:
    """Show the form for a new password."""
    return render_template("auth/password.html", form=ChangePasswordForm())


@blueprint.post("/profile/password", endpoint="change_password")
def change_password() -> Answer:
    """Set a new password: every other session of the person ends, this one gets a new token."""
    form = ChangePasswordForm()
    user_id = _own_id()
    account = accounts.by_id(connection(), visit().release, user_id)
    if account is None:
        raise NotFoundError
    form.login_name = account.login
    if not form.validate():
        return render_template("auth/password.html", form=form), 422
    limits.count_all((limits.PASSWORD, str(user_id)))
    if not passwords.verify(account.password_hash, form.current.data or ""):
        form.current.errors = [_("This is not your present password.")]
        return render_template("auth/password.html", form=form), 422
    hashed = passwords.hash_password(form.password.data or "")
    with site().writing() as writing:
        accounts.save_password(writing, user_id, account.login, hashed, now=datetime.now(UTC))
        login.begin(user_id, writing)
    return redirect(url_for("auth.profile", saved=1), 303)


@blueprint.post("/language")
@login.public
def choose_language() -> Response:
    """Change the language: of the profile where somebody is signed in, else of this browser; the page stays."""
    code = request.form.get("language", "")
    response = redirect(login.safe_next(request.form.get("next") or _page_before()), 303)
    if code not in LANGUAGES:
        return response
    if current_user.is_authenticated:
        user_id = _own_id()
        run_unit(
            site(),
            Actor.system(),
            lambda unit: unit.update(accounts.USER, [Change(user_id, {"language": code})]),
            source="form",
        )
    _remember(response, COOKIE, code)
    return response


def _page_before() -> str:
    """Return the address on this site that the request came from, "" where it came from elsewhere."""
    before = urlsplit(request.referrer or "")
    return urlunsplit(("", "", before.path, before.query, "")) if before.netloc == request.host else ""


def _remember(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, path="/", samesite="Lax", secure=site().settings.production)


def _own_id() -> UUID:
    return cast(UUID, visit().actor.user_id)
