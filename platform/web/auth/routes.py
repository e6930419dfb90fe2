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
from formline.web.auth import accounts, login, passwords, second_factor, sessions
from formline.web.auth.forms import CodeForm, SetupForm, SignInForm
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
    changed = "changed" in request.args
    return render_template("auth/login.html", form=SignInForm(), next=request.args.get("next", ""), changed=changed)


@blueprint.post("/login", endpoint="login")
@login.public
def sign_in() -> Answer:
    """Check name and password; the answer never says which of them was wrong."""
    form = SignInForm()
    if not form.validate():
        return render_template("auth/login.html", form=form, next=request.form.get("next", ""), **_kept()), 422
    account = _check((form.login.data or "").replace("\0", "\ufffd"), form.password.data or "")
    if account is None:
        refused = _("Name or password is wrong, or the account is closed. After 10 failures you have to wait a while.")
        page = render_template(
            "auth/login.html", form=form, next=request.form.get("next", ""), refused=refused, **_kept()
        )
        return page, 401
    return second_step(account) if account.second_factor else finish(account)


def second_step(account: accounts.Account, refused: str = "") -> str:
    """Ask for the second factor; that the password was right is sealed into the form, for a quarter of an hour."""
    proof = {"user": str(account.user_id), "epoch": account.epoch}
    return render_template(
        "auth/second_step.html",
        form=CodeForm(formdata=None),
        pending=second_factor.seal(site().keys, accounts.SECOND_STEP, proof),
        next=request.form.get("next", ""),
        refused=refused,
        **_kept(),
    )


def finish(account: accounts.Account, *, by_second_factor: bool = False) -> Answer:
    """Begin the session of somebody who showed who they are, and go on to where they wanted to be."""
    with site().writing() as writing:
        accounts.record_success(writing, account.user_id, datetime.now(UTC))
        accounts.record_attempt(writing, account.login, request.remote_addr or "", succeeded=True)
        login.begin(account.user_id, writing, second_factor=by_second_factor)
    path = request.form.get("kept_path")
    if path:
        return render_template("auth/continue.html", path=login.safe_next(path), kept=_kept()["kept"])
    return redirect(login.safe_next(request.form.get("next")), 303)


def _kept() -> dict[str, object]:
    """Return the input of an expired session that came along with the sign-in form."""
    names = request.form.getlist("kept_name")
    values = request.form.getlist("kept_value")
    return {"kept": list(zip(names, values, strict=False)), "kept_path": request.form.get("kept_path", "")}


def _check(name: str, password: str) -> accounts.Account | None:
    """Return the account the name and password belong to, or None; failures are counted."""
    of, now, address = site(), datetime.now(UTC), request.remote_addr or ""
    counted = _counted(name, address, now)
    limits.count_all(*counted)
    account = accounts.find(connection(), of.release, name)
    # The hash is computed for unknown names too, and outside of any transaction: it takes a twentieth of a second.
    right = passwords.verify(account.password_hash if account else None, password)
    with of.writing() as writing:
        if account is None or not right or not account.active:
            accounts.record_attempt(writing, name, address, succeeded=False, reason="" if account else "unknown")
            return None
        limits.take_back(writing, *counted)
        if account.password_hash and passwords.outdated(account.password_hash):
            accounts.save_hash(writing, account.user_id, passwords.hash_password(password))
    return account


def _counted(name: str, address: str, now: datetime) -> list[tuple[limits.Limit, str]]:
    """Return what an attempt counts against.

    The limit over all places leaves out places where this person signed in lately: whoever tries passwords elsewhere
    cannot lock the person out at their own desk.
    """
    login_name, network = name.strip().lower()[:80], limits.network_of(address)
    counted = [(limits.SIGN_IN_BY_ADDRESS, network), (limits.SIGN_IN, f"{login_name}@{network}")]
    known = accounts.places(connection(), login_name, now)
    if network not in {limits.network_of(place) for place in known}:
        counted.append((limits.SIGN_IN_BY_LOGIN, login_name))
    return counted


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
    limits.count_all((limits.SETUP, limits.client()))
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
