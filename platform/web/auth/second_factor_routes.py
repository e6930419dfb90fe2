"""Pages of the second factor: setting it up with a QR code, recovery codes, and the second step of signing in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from flask import redirect, render_template, request, url_for

from formline.errors import AccessDeniedError
from formline.web import limits, step_up
from formline.web.auth import accounts, login, second_factor
from formline.web.auth.forms import CodeForm
from formline.web.auth.routes import Answer, blueprint, finish, second_step
from formline.web.i18n import gettext as _
from formline.web.visit import connection, site, visit

ENROLMENT = "enrolment"


@blueprint.post("/login/second", endpoint="second_factor")
@login.public
def check_second_factor() -> Answer:
    """Check the code that follows the password; the password is known to be right by what was sealed with it."""
    form = CodeForm()
    pending = second_factor.unseal(site().keys, accounts.SECOND_STEP, request.form.get("pending", ""))
    account = accounts.by_id(connection(), site().release, UUID(pending["user"])) if pending else None
    if pending is None or account is None or not account.active or account.epoch != pending["epoch"]:
        return redirect(url_for("auth.login_page"), 303)
    counted = ((limits.SECOND_FACTOR, str(account.user_id)),)
    limits.count_all(*counted)
    with site().writing() as writing:
        right = second_factor.accept(writing, site().keys, account.user_id, form.code.data or "", datetime.now(UTC))
        if right:
            limits.take_back(writing, *counted)
        else:
            address = request.remote_addr or ""
            accounts.record_attempt(writing, account.login, address, succeeded=False, reason="second_factor")
    if not right:
        return second_step(account, _("This code is wrong, or was used before.")), 401
    return finish(account, by_second_factor=True)


@blueprint.get("/profile/second-factor")
def second_factor_page() -> Answer:
    """Show whether there is a second factor, or what sets it up."""
    user_id = _own_id()
    if second_factor.enrolled(connection(), user_id):
        left = second_factor.codes_left(connection(), user_id)
        return render_template("auth/second_factor.html", left=left, required=login.needs_second_factor())
    return _enrolment(CodeForm(formdata=None), second_factor.new_secret())


def _enrolment(form: CodeForm, secret: str) -> str:
    user = visit().actor.user
    address = second_factor.address(secret, str(user.get("login")), "Formline")
    sealed = {"secret": secret, "user": str(_own_id())}
    return render_template(
        "auth/enrol.html",
        form=form,
        picture=second_factor.picture(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        pending=second_factor.seal(site().keys, ENROLMENT, sealed),
        required=login.needs_second_factor(),
    )


@blueprint.post("/profile/second-factor", endpoint="enrol")
def enrol() -> Answer:
    """Keep the secret once a code shows that the app has it; show the recovery codes, this once."""
    step_up.require()
    user_id, form = _own_id(), CodeForm()
    pending = second_factor.unseal(site().keys, ENROLMENT, request.form.get("pending", ""))
    if pending is None or pending["user"] != str(user_id):
        return redirect(url_for("auth.second_factor_page"), 303)
    limits.count_all((limits.SECOND_FACTOR, str(user_id)))
    code = (form.code.data or "").replace(" ", "")
    step = second_factor.step_of(pending["secret"], code, datetime.now(UTC))
    if step is None:
        form.code.errors = [_("This code is wrong. Is the clock of your phone right?")]
        return _enrolment(form, pending["secret"]), 422
    with site().writing() as writing:
        codes = second_factor.enrol(writing, site().keys, user_id, pending["secret"], step)
        accounts.record_event(writing, user_id, "second_factor_on", {})
    return render_template("auth/recovery_codes.html", codes=codes)


@blueprint.post("/profile/second-factor/codes", endpoint="recovery_codes")
def new_recovery_codes() -> Answer:
    """Replace the recovery codes."""
    step_up.require()
    with site().writing() as writing:
        codes = second_factor.renew_recovery_codes(writing, site().keys, _own_id())
        accounts.record_event(writing, _own_id(), "recovery_codes", {})
    return render_template("auth/recovery_codes.html", codes=codes)


@blueprint.post("/profile/second-factor/remove", endpoint="remove_second_factor")
def remove_second_factor() -> Answer:
    """Remove the second factor, unless a role requires it."""
    if login.needs_second_factor():
        raise AccessDeniedError(_("One of your roles requires a second factor."))
    step_up.require()
    with site().writing() as writing:
        second_factor.remove(writing, _own_id())
        accounts.record_event(writing, _own_id(), "second_factor_off", {})
    return redirect(url_for("auth.second_factor_page", saved=1), 303)


def _own_id() -> UUID:
    return cast(UUID, visit().actor.user_id)
