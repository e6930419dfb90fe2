"""Ending mails by the link in one of them: a GET asks, a POST does it, by a person or by their mail program."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template
from sqlalchemy import select

from formline.errors import NotFoundError
from formline.runtime import mail_rhythm
from formline.runtime.tables import account
from formline.web import limits, one_click
from formline.web.auth import accounts, login
from formline.web.i18n import gettext as _
from formline.web.visit import site

#: Without the token against forged requests: the link itself is signed, and mail programs post to it.
leaving = Blueprint("leaving", __name__, url_prefix=one_click.PATH.rstrip("/"))


@leaving.get("/<token>")
@login.public
def ask(token: str) -> str:
    """Ask whether the mails shall end."""
    _reader(token)
    return render_template("notifications/leaving.html", token=token, done=False)


@leaving.post("/<token>", endpoint="leave")
@login.public
def leave(token: str) -> str:
    """End the mails; what is told on the site goes on."""
    user_id = _reader(token)
    of = site()
    with of.writing() as writing:
        chosen = writing.execute(select(account.c.preferences).where(account.c.user_id == user_id)).scalar() or {}
        accounts.save_preferences(writing, user_id, {**chosen, mail_rhythm.RHYTHM: mail_rhythm.NEVER})
    return render_template("notifications/leaving.html", token=token, done=True)


def _reader(token: str) -> UUID:
    limits.spend((limits.HOOK_BY_ADDRESS, limits.client()))
    found = one_click.reader(site(), token)
    if found is None:
        raise NotFoundError(_("This link is not valid any more."))
    return found
