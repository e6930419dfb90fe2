"""What administrators do for other people's accounts: set a password, end their sessions, unlock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import url_for

from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime.access.actor import Actor
from formline.runtime.access.administration import require_grantable
from formline.runtime.queries import get
from formline.web import fragments, step_up
from formline.web.auth import accounts, login, passwords
from formline.web.auth.routes import blueprint
from formline.web.i18n import gettext as _
from formline.web.records.actions import ACTIONS, Action
from formline.web.visit import Visit, connection, site, visit


def actions(here: Visit, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield what an administrator of people finds on a person's page."""
    if here.rights.may("manage_users") and record["id"] != here.actor.user_id:
        yield Action(_("Set a password"), url_for("auth.reset_page", user_id=record["id"]), "key", dialog=True)


ACTIONS[accounts.USER] = actions


@blueprint.get("/people/<uuid:user_id>/password")
def reset_page(user_id: UUID) -> str:
    """Ask before a new password is made."""
    account = _account(user_id)
    return fragments.dialog("auth/reset.html", _("Set a password"), account=account, password="")


@blueprint.post("/people/<uuid:user_id>/password", endpoint="reset")
def reset(user_id: UUID) -> str:
    """Make a password that the person must change, show it once, and end the person's sessions."""
    account = _account(user_id)
    step_up.require()
    password = passwords.new_password()
    hashed = passwords.hash_password(password)
    with site().writing() as writing:
        accounts.save_password(writing, user_id, account.login, hashed, must_change=True)
        accounts.record_event(writing, visit().actor.user_id, "password_set", {"user": str(user_id)})
    return fragments.dialog("auth/reset.html", _("Set a password"), account=account, password=password)


def _account(user_id: UUID) -> accounts.Account:
    """Return the account of a person this administrator may change.

    Raises:
        AccessDeniedError: no right, or somebody with more rights than the administrator's own.
    """
    login.require_admin("manage_users")
    here = visit()
    account = accounts.by_id(connection(), here.release, user_id)
    if account is None:
        raise NotFoundError
    if user_id == here.actor.user_id:
        raise AccessDeniedError(_("Change your own password in your profile."))
    # Whoever sets a password can sign in with it: never as somebody with more rights.
    person = get(connection(), here.release, Actor.system(), accounts.USER, user_id, ("roles",))
    require_grantable(here.release, here.actor, person.get("roles") or ())
    return account
