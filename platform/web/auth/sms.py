"""Signing in with a code sent to one's mobile phone, where the operator allows it; who sends it is a plug-in."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import render_template, request
from sqlalchemy import insert, select

from formline.errors import NotFoundError
from formline.fields.base import ValueProblem
from formline.runtime import texting
from formline.runtime.keys import uuid7
from formline.runtime.tables import token
from formline.web import limits
from formline.web.auth import accounts, login, one_time
from formline.web.auth.forms import CodeForm, MobileForm
from formline.web.auth.routes import Answer, blueprint, finish, second_step
from formline.web.i18n import gettext as _
from formline.web.visit import connection, site

KIND = "sms"
LIFETIME = timedelta(minutes=5)


@blueprint.app_template_global("sms_offered")
def offered() -> bool:
    """Whether people may sign in this way."""
    return site().settings.sms_sign_in and "mobile" in site().release.catalog.object(accounts.USER).fields


def _require_offered() -> None:
    if not offered():
        raise NotFoundError


@blueprint.get("/login/sms")
@login.public
def sms_page() -> Answer:
    """Ask for the number."""
    _require_offered()
    return render_template("auth/sms.html", form=MobileForm(formdata=None), next=request.args.get("next", ""))


@blueprint.post("/login/sms", endpoint="send_code")
@login.public
def send_code() -> Answer:
    """Send a code where one active person has this number; ask for it in any case."""
    _require_offered()
    form = MobileForm()
    if not form.validate():
        return render_template("auth/sms.html", form=form, next=request.form.get("next", "")), 422
    number = _number(form.mobile.data or "")
    limits.count_all((limits.SMS_BY_ADDRESS, limits.client()), (limits.SMS_BY_NUMBER, number))
    account = _of_number(number)
    if account is not None:
        code = f"{secrets.randbelow(1_000_000):06d}"
        now = datetime.now(UTC)
        with site().writing() as writing:
            one_time.withdraw(writing, account.user_id, KIND, now)
            row = {"id": uuid7(), "hash": _hash(account.user_id, code), "user_id": account.user_id}
            times = {"created_at": now, "expires_at": now + LIFETIME}
            writing.execute(insert(token).values(**row, **times, name=KIND, kind=KIND))
            text = _("%(code)s is your code for signing in. It works for five minutes.") % {"code": code}
            texting.send(site(), writing, number, text)
    return _code_page(number)


@blueprint.post("/login/sms/code", endpoint="check_code")
@login.public
def check_code() -> Answer:
    """Sign in with the code, once."""
    _require_offered()
    form = CodeForm()
    number = _number(request.form.get("mobile", ""))
    counted = ((limits.SECOND_FACTOR, f"sms:{number}"),)
    limits.count_all((limits.SMS_BY_ADDRESS, limits.client()), *counted)
    account = _of_number(number)
    if account is None or not _used(account.user_id, (form.code.data or "").strip()):
        return _code_page(number, _("This code is wrong, or was used before.")), 401
    with site().writing() as writing:
        limits.take_back(writing, *counted)
        accounts.ensure(writing, account, datetime.now(UTC))
    return second_step(account) if account.second_factor else finish(account)


def _code_page(number: str, refused: str = "") -> str:
    form, onward = CodeForm(formdata=None), request.form.get("next", "")
    return render_template("auth/sms_code.html", form=form, mobile=number, next=onward, refused=refused)


def _used(user_id: UUID, code: str) -> bool:
    """Use a person's code up; False where it is not theirs or too old."""
    now = datetime.now(UTC)
    valid = select(token.c.id).where(
        token.c.hash == _hash(user_id, code), token.c.kind == KIND, token.c.user_id == user_id, token.c.expires_at > now
    )
    with site().writing() as writing:
        found = writing.execute(valid).scalar()
        return found is not None and one_time.use(writing, found, now)


def _number(text: str) -> str:
    """Return a number as it is stored; what is none stays as it is and is nobody's."""
    field = site().release.catalog.object(accounts.USER).fields["mobile"]
    try:
        return str(field.type.parse(field, text.strip()[:40]) or "")
    except ValueProblem:
        return text.strip()[:40]


def _of_number(number: str) -> accounts.Account | None:
    """Return the one active person with a number; two with the same can be told apart by nothing."""
    found = accounts.with_mobile(connection(), site().release, number) if number else []
    return found[0] if len(found) == 1 and found[0].active else None


def _hash(user_id: UUID, code: str) -> str:
    """Return what is stored of a code: keyed, as a million codes are soon tried."""
    return hmac.new(site().keys.key("sms"), user_id.bytes + code.encode(), hashlib.sha256).hexdigest()
