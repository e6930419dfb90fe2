"""Asking again who somebody is before a sensitive action; the action then goes on with all that was typed.

A view calls :func:`require` before it changes anything. Where the password or code was not given within the last ten
minutes, the answer is a dialog around the very form that was sent: it sends the same once more, with the password.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, make_response, request, session
from sqlalchemy import update

from formline.errors import AccessDeniedError, FormlineError
from formline.runtime.tables import session as session_table
from formline.web import fragments, limits
from formline.web.i18n import gettext as _
from formline.web.visit import Visit, connection, site, visit

RECENT = timedelta(minutes=10)
INPUT = "step_up_secret"
#: Names in a form that are the page's own and are made anew.
OWN_NAMES = frozenset({"csrf_token", INPUT})
#: Fields whose change in a form is sensitive, by object.
SENSITIVE: Mapping[str, frozenset[str]] = {"user": frozenset({"roles", "login", "active"})}


class StepUpError(FormlineError):
    """The password or second factor is needed again; ``wrong`` where one was given and was not right."""

    code = "step_up"
    status = 403

    def __init__(self, *, wrong: bool = False, by_code: bool = False) -> None:
        """Keep what to ask for."""
        super().__init__("This needs your password or second factor again.")
        self.wrong = wrong
        self.by_code = by_code


def require() -> None:
    """Go on where the person showed lately who they are.

    Raises:
        StepUpError: ask again; the answer keeps what was typed.
        AccessDeniedError: the person has neither password nor second factor here, as with single sign-on.
    """
    # Imported here: the account pages are built on this module.
    from formline.web.auth import accounts, passwords, second_factor

    facts, now = session.facts, datetime.now(UTC)  # type: ignore[attr-defined]
    if facts["confirmed_at"] is not None and now - facts["confirmed_at"] < RECENT:
        return
    user_id = visit().actor.user_id
    account = accounts.by_id(connection(), visit().release, user_id) if user_id is not None else None
    if account is None or not (account.second_factor or account.password_hash):
        raise AccessDeniedError(_("Sign out and in again, then do this within ten minutes."), code="step_up")
    given = request.form.get(INPUT, "")
    if not given:
        raise StepUpError(by_code=account.second_factor)
    limits.count_all((limits.PASSWORD, str(user_id)))
    if account.second_factor:
        with site().writing() as writing:
            right = second_factor.accept(writing, site().keys, account.user_id, given, now)
    else:
        right = passwords.verify(account.password_hash, given)
    if not right:
        raise StepUpError(wrong=True, by_code=account.second_factor)
    with site().writing() as writing:
        mine = update(session_table).where(session_table.c.id == facts["session_id"])
        writing.execute(mine.values(confirmed_at=now))


def require_for(here: Visit, object_name: str, values: Mapping[str, Any], stored: Mapping[str, Any] | None) -> None:
    """Ask again where a form changes what decides about rights; ``stored`` is None for a new record."""
    before = stored or {}
    for name in SENSITIVE.get(object_name, frozenset()) & values.keys():
        if _plain(values[name]) != _plain(before.get(name)) and (stored is not None or name == "roles"):
            require()
            return


def require_for_many(object_name: str, values: Mapping[str, Any]) -> None:
    """Ask again where one change to many records writes what decides about rights."""
    if SENSITIVE.get(object_name, frozenset()) & values.keys():
        require()


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(map(str, value))
    return str(value).lower() if value not in (None, "") else []


def answer(error: StepUpError) -> Response:
    """Render the question around the form that was sent, in the dialog for scripts."""
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_NAMES]
    page = fragments.dialog(
        "auth/step_up.html",
        _("Show that it is you"),
        kept=kept,
        address=request.full_path.rstrip("?"),
        target=request.headers.get("HX-Target") or "dialog",
        wrong=error.wrong,
        by_code=error.by_code,
        input=INPUT,
    )
    response = make_response(page, error.status)
    if request.headers.get("HX-Request"):
        response.headers["HX-Retarget"] = "#dialog"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def install(app: Flask) -> None:
    """Answer every such error with the question."""
    app.register_error_handler(StepUpError, answer)
