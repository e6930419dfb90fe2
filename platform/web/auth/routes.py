"""Pages of signing in and out and of the first administrator; the profile is in ``profile``."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from formline.errors import NotFoundError
from formline.runtime.access.actor import Actor
from formline.runtime.unit import Unit, run_unit
from formline.web import limits
from formline.web.auth import accounts, login, passwords, sessions
from formline.web.auth.forms import SetupForm, SignInForm
from formline.web.i18n import gettext as _
from formline.web.i18n import language
from formline.web.visit import connection, site

blueprint = Blueprint("auth", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.get("/login")
@login.public
def login_page() -> Answer:
    """Show the sign-in form; who is signed in goes on."""
    if current_user.is_authenticated:
        return redirect(login.safe_next(request.args.get("next")))
    if accounts.needs_setup(connection()):
        return redirect(url_for("auth.setup_page"))
    return render_template("auth/login.html", form=SignInForm(), next=request.args.get("next", ""))


@blueprint.post("/login", endpoint="login")
@login.public
def sign_in() -> Answer:
    """Check name and password; the answer never says which of them was wrong."""
    form = SignInForm()
    if not form.validate():
        return render_template("auth/login.html", form=form, next=request.form.get("next", ""), **_kept()), 422
    user_id = _check((form.login.data or "").replace("\0", "\ufffd"), form.password.data or "")
    if user_id is None:
        refused = _(
            "Name or password is wrong, or the account is locked. After 5 failures it is locked for 15 minutes."
        )
        page = render_template(
            "auth/login.html", form=form, next=request.form.get("next", ""), refused=refused, **_kept()
        )
        return page, 401
    path = request.form.get("kept_path")
    if path:
        return render_template("auth/continue.html", path=login.safe_next(path), kept=_kept()["kept"])
    return redirect(login.safe_next(request.form.get("next")), 303)


def _kept() -> dict[str, object]:
    """Return the input of an expired session that came along with the sign-in form."""
    names = request.form.getlist("kept_name")
    values = request.form.getlist("kept_value")
    return {"kept": list(zip(names, values, strict=False)), "kept_path": request.form.get("kept_path", "")}


def _check(name: str, password: str) -> UUID | None:
    """Return the id of the person and start the session, or None; both are counted."""
    of, now, address = site(), datetime.now(UTC), request.remote_addr or ""
    keys = (
        (limits.SIGN_IN_BY_ADDRESS, limits.network_of(address)),
        (limits.SIGN_IN_BY_LOGIN, name.strip().lower()[:80]),
    )
    with of.writing() as writing:
        for limit, key in keys:
            if limits.hit(writing, limit, key) > limit.count:
                writing.commit()
                raise limits.refuse(limit)
    account = accounts.find(connection(), of.release, name)
    # The hash is computed for unknown names too, and outside of any transaction: it takes a twentieth of a second.
    right = passwords.verify(account.password_hash if account else None, password)
    with of.writing() as writing:
        if account is None or not right or not account.active or account.locked(now):
            if account is not None and not right:
                accounts.record_failure(writing, account.user_id, now)
            accounts.record_attempt(writing, name, address, succeeded=False, reason="" if account else "unknown")
            return None
        accounts.record_success(writing, account.user_id, now)
        accounts.record_attempt(writing, name, address, succeeded=True)
        if account.password_hash and passwords.outdated(account.password_hash):
            accounts.save_hash(writing, account.user_id, passwords.hash_password(password))
        login.begin(account.user_id, writing)
    return account.user_id


@blueprint.post("/logout")
def logout() -> Response:
    """End the session."""
    ended = session.id  # type: ignore[attr-defined]
    with site().writing() as writing:
        sessions.end(writing, ended)
    logout_user()
    session.ended = True  # type: ignore[attr-defined]
    return redirect(url_for("auth.login_page"), 303)


@blueprint.get("/setup")
@login.public
def setup_page() -> Answer:
    """Show the form of the first administrator; gone once somebody can sign in."""
    if not accounts.needs_setup(connection()):
        raise NotFoundError
    return render_template("auth/setup.html", form=SetupForm(data={"secret": request.args.get("secret", "")}))


@blueprint.post("/setup", endpoint="setup")
@login.public
def set_up() -> Answer:
    """Create the first administrator, once, for whoever holds the secret."""
    if not accounts.needs_setup(connection()):
        raise NotFoundError
    form = SetupForm()
    form.login_name = form.login.data or ""
    if not form.validate():
        return render_template("auth/setup.html", form=form), 422
    with site().writing() as writing:
        if limits.hit(writing, limits.SETUP, limits.network_of(request.remote_addr or "")) > limits.SETUP.count:
            writing.commit()
            raise limits.refuse(limits.SETUP)
    token = accounts.setup_token(connection(), form.secret.data or "", datetime.now(UTC))
    if token is None:
        form.secret.errors = [_("This secret is not valid. Run `formline init` for a new one.")]
        return render_template("auth/setup.html", form=form), 422
    user_id = _first_administrator(form, token)
    with site().writing() as writing:
        login.begin(user_id, writing)
    return redirect("/", 303)


def _first_administrator(form: SetupForm, token: UUID) -> UUID:
    """Create the person, the account and use the secret up, in one transaction."""
    hashed = passwords.hash_password(form.password.data or "")

    def work(unit: Unit) -> UUID:
        if not accounts.use_setup_token(unit.connection, token, datetime.now(UTC)):
            raise NotFoundError
        values = {
            "name": form.name.data,
            "login": form.login.data,
            "roles": [administrator_role(unit.release.catalog)],
            "active": True,
            "language": language(),
        }
        (user_id,) = unit.create(accounts.USER, [values])
        accounts.save_password(unit.connection, user_id, form.login.data or "", hashed, is_admin=True)
        return user_id

    return run_unit(site(), Actor.system(), work, source="form")


def administrator_role(catalog: object) -> str:
    """Return the role with the most administration rights."""
    roles = catalog.all("role").values()  # type: ignore[attr-defined]
    return str(max(roles, key=lambda role: len(role.admin_rights)).name)
