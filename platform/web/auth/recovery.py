"""Forgotten passwords: a mailed link sets a new one, once, within an hour; the answer does not tell who exists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for

from formline.errors import FormlineError
from formline.runtime import mailing
from formline.runtime.access.actor import Actor
from formline.runtime.queries import get
from formline.web import limits
from formline.web.auth import accounts, login, one_time, passwords
from formline.web.auth.forms import ForgottenForm, NewPasswordForm
from formline.web.auth.routes import Answer, blueprint
from formline.web.i18n import LANGUAGES, N_, texts
from formline.web.i18n import gettext as _
from formline.web.i18n import language as language_of_page
from formline.web.visit import connection, site

LIFETIME = timedelta(hours=1)


class SpentLinkError(FormlineError):
    """A link of a mail that was used, replaced by a newer one, or is too old."""

    code = "spent_link"
    status = 410


@blueprint.get("/login/forgot")
@login.public
def forgotten_page() -> Answer:
    """Ask who forgot their password."""
    return render_template("auth/forgotten.html", form=ForgottenForm(formdata=None), sent=False)


@blueprint.post("/login/forgot", endpoint="forgotten")
@login.public
def forgotten() -> Answer:
    """Send the link where the person exists and has an address; say the same where not."""
    form = ForgottenForm()
    if not form.validate():
        return render_template("auth/forgotten.html", form=form, sent=False), 422
    name = (form.login.data or "").replace("\0", "").strip().lower()[:120]
    limits.count_all((limits.RESET_BY_ADDRESS, limits.client()), (limits.RESET_BY_LOGIN, name))
    found = accounts.find(connection(), site().release, name) or _by_mail(name)
    if found is not None and found.active:
        _send(found)
    return render_template("auth/forgotten.html", form=form, sent=True)


@blueprint.get("/login/reset/<secret>")
@login.public
def new_password_page(secret: str) -> Answer:
    """Show the form for a new password; opening the link, as mail programs do, uses nothing up."""
    _owner(secret)
    return render_template("auth/new_password.html", form=NewPasswordForm(formdata=None), secret=secret)


@blueprint.post("/login/reset/<secret>", endpoint="new_password")
@login.public
def new_password(secret: str) -> Answer:
    """Set the password, use the link up and end every session of the person; then they sign in with it."""
    limits.count_all((limits.RESET_BY_ADDRESS, limits.client()))
    identifier, account = _owner(secret)
    form = NewPasswordForm()
    form.login_name = account.login
    if not form.validate():
        return render_template("auth/new_password.html", form=form, secret=secret), 422
    hashed = passwords.hash_password(form.password.data or "")
    with site().writing() as writing:
        if not one_time.use(writing, identifier, datetime.now(UTC)):
            raise _spent()
        accounts.save_password(writing, account.user_id, account.login, hashed)
        accounts.record_event(writing, account.user_id, "password_reset", {"address": request.remote_addr or ""})
    return redirect(url_for("auth.login_page", changed=1), 303)


def _owner(secret: str) -> tuple[UUID, accounts.Account]:
    """Return the link's id and the account it is for.

    Raises:
        SpentLinkError: the link is not valid any more, or the person may not sign in.
    """
    found = one_time.owner(connection(), secret, one_time.RESET, datetime.now(UTC))
    account = accounts.by_id(connection(), site().release, found[1]) if found else None
    if found is None or account is None or not account.active:
        raise _spent()
    return found[0], account


def _spent() -> SpentLinkError:
    return SpentLinkError(_("This link is not valid any more."), hint=_("Ask for a new one on the sign-in page."))


def _by_mail(address: str) -> accounts.Account | None:
    release = site().release
    if "email" not in release.catalog.object(accounts.USER).fields or "@" not in address:
        return None
    return accounts.find_by_mail(connection(), release, address)


def _send(account: accounts.Account) -> None:
    release = site().release
    if "email" not in release.catalog.object(accounts.USER).fields:
        return
    person = get(connection(), release, Actor.system(), accounts.USER, account.user_id, ("email", "name"))
    if not person.get("email"):
        return
    words = texts(account.language if account.language in LANGUAGES else language_of_page())
    with site().writing() as writing:
        secret = one_time.issue(writing, account.user_id, one_time.RESET, LIFETIME, datetime.now(UTC))
        # Never the host of the request: whoever asks chooses that.
        link = site().settings.address + url_for("auth.new_password_page", secret=secret)
        text = words.gettext(TEXT).format(name=person.get("name") or account.login, login=account.login, link=link)
        mailing.send(site(), writing, str(person["email"]), words.gettext(SUBJECT), text)


SUBJECT = N_("Set a new password")
TEXT = N_(
    "Hello {name},\n\nsomebody, probably you, asked for a new password for {login}. Set it here within an hour:\n\n"
    "{link}\n\nIf it was not you, do nothing: your password stays as it is."
)
