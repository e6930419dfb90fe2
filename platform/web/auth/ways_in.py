"""Signing in by a provider of a plug-in: sending the person there, and taking them back as one of our people."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from flask import redirect, render_template, request, session, url_for
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from formline.errors import FormlineError, NotFoundError
from formline.plugins.sign_in import Identity, SignInRefusedError, SignInWay
from formline.runtime.tables import identity
from formline.web import limits
from formline.web.auth import accounts, login
from formline.web.auth.forms import SignInForm
from formline.web.auth.routes import Answer, blueprint, finish, second_step
from formline.web.i18n import gettext as _
from formline.web.visit import connection, site

#: What the visitor's signed cookie keeps while the person is at the provider.
KEPT = "sign_in_way"
logger = logging.getLogger(__name__)


@blueprint.app_template_global("sign_in_ways")
def ways() -> list[SignInWay]:
    """Return the ways that the site's plug-ins offer."""
    plugins = site().plugins
    return [way for found in plugins.hook.sign_in_ways(site=site()) for way in found] if plugins else []


def _way(name: str) -> SignInWay:
    found = next((way for way in ways() if way.name == name), None)
    if found is None:
        raise NotFoundError
    return found


def _back(name: str) -> str:
    """Return the address the provider leads back to: of the setting, never of the request."""
    return site().settings.address + url_for("auth.come_back", name=name)


@blueprint.get("/login/with/<name>")
@login.public
def go_there(name: str) -> Answer:
    """Send the person to the provider."""
    way = _way(name)
    limits.count_all((limits.SIGN_IN_BY_ADDRESS, limits.client()))
    try:
        beginning = way.begin(_back(name))
    except (SignInRefusedError, FormlineError) as error:
        return _refused(way, str(error))
    session[KEPT] = {"way": name, "next": request.args.get("next", ""), **beginning.kept}
    return redirect(beginning.url, 303)


@blueprint.get("/login/with/<name>/back")
@login.public
def come_back(name: str) -> Answer:
    """Take the person back; the cookie ties the answer to the browser that asked."""
    way = _way(name)
    kept = session.pop(KEPT, None)
    session.modified = True
    if not isinstance(kept, dict) or kept.get("way") != name:
        return _refused(way, "this browser was not sent there")
    try:
        known = way.finish(request.args.to_dict(), kept, _back(name))
    except (SignInRefusedError, FormlineError) as error:
        return _refused(way, str(error))
    account = _account(way.name, known)
    if account is None or not account.active:
        return _refused(way, f"nobody here is {known.subject}")
    if account.second_factor and not known.second_factor:
        return second_step(account)
    finish(account, by_second_factor=known.second_factor)
    return redirect(login.safe_next(kept.get("next")), 303)


def _account(way: str, known: Identity) -> accounts.Account | None:
    """Return the account of somebody who was here before, else of the person with that verified address."""
    release = site().release
    linked = select(identity.c.user_id).where(identity.c.way == way, identity.c.subject == known.subject)
    user_id = connection().execute(linked).scalar()
    if user_id is not None:
        return accounts.by_id(connection(), release, user_id)
    if not known.email or "email" not in release.catalog.object(accounts.USER).fields:
        return None
    account = accounts.find_by_mail(connection(), release, known.email.lower())
    if account is None or not account.active:
        return None
    taken = select(identity.c.subject).where(identity.c.way == way, identity.c.user_id == account.user_id)
    if connection().execute(taken).first() is not None:
        return None  # the address belongs to somebody else there by now
    now = datetime.now(UTC)
    try:
        with site().writing() as writing:
            row = {"way": way, "subject": known.subject, "user_id": account.user_id, "created_at": now}
            writing.execute(insert(identity).values(row))
            accounts.ensure(writing, account, now)
            accounts.record_event(writing, account.user_id, "identity_linked", {"way": way})
    except IntegrityError:
        logger.info("somebody else linked %s at the same time", known.subject)
    return account


def _refused(way: SignInWay, why: str) -> Answer:
    """Show the sign-in page; why it failed is in the log, as the provider's words are nobody's business here."""
    logger.warning("signing in with %s failed: %s", way.name, why)
    refused = _("Signing in with %(way)s did not work. Try again, or ask an administrator.") % {"way": way.label}
    return render_template("auth/login.html", form=SignInForm(formdata=None), next="", refused=refused), 401
