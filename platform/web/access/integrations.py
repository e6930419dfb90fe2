"""Integrations: parties that call the API with roles and tokens of their own, and never sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection, insert, select
from werkzeug.wrappers import Response

from formline.errors import FieldError, NotFoundError, ValidationError
from formline.runtime.access.administration import grantable, require_grantable
from formline.runtime.access.grants import event
from formline.runtime.tables import account, token
from formline.runtime.unit import Change, Unit, run_unit
from formline.web import places, step_up
from formline.web.access import answers
from formline.web.access.blueprint import blueprint
from formline.web.api.tokens import create_token, revoke_token
from formline.web.auth import accounts, login
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.visit import Visit, visit

RIGHT = "manage_integrations"
DAYS = 365
places.add(
    places.Place(
        "integrations",
        N_("Integrations"),
        "webhook",
        "/integrations",
        "access.integrations_page",
        lambda visit: visit.rights.may(RIGHT),
        order=10,
        about_site=True,
    )
)


@dataclass(frozen=True, slots=True)
class Token:
    """A living token of an integration."""

    id: UUID
    name: str
    until: str


@dataclass(frozen=True, slots=True)
class Integration:
    """One integration with its roles in words and its tokens."""

    id: UUID
    name: str
    login: str
    roles: str
    tokens: tuple[Token, ...]


@blueprint.get("/integrations")
def integrations_page() -> str:
    """List the integrations that may call, with their tokens."""
    return _page([])


@blueprint.post("/integrations", endpoint="add_integration")
def add() -> Response | tuple[str, int]:
    """Add an integration with roles of which its maker holds every right, or may give them by definition."""
    here = _here()
    step_up.require()
    name, sign_in = request.form.get("name", "").strip(), request.form.get("login", "").strip()
    roles = [role for role in request.form.getlist("roles") if here.release.catalog.has("role", role)]

    def work(unit: Unit) -> None:
        require_grantable(unit.release, here.actor, set(roles) - grantable(unit.release, here.actor))
        with unit.as_platform():  # the right to manage integrations was asked; they are no people of the firm
            (key,) = unit.create("user", [{"name": name, "login": sign_in, "roles": roles, "active": True}])
        row = {"user_id": key, "login": sign_in.lower(), "kind": accounts.INTEGRATION, "created_at": unit.now}
        unit.connection.execute(insert(account).values(row))
        event(unit, "integration_added", "user", key, roles=roles)

    try:
        if not roles:
            raise ValidationError([FieldError("roles", "required", _("Choose at least one role."))])
        run_unit(here.site, here.actor, work, source="form")
    except ValidationError as error:
        return _page(answers.messages(error)), 422
    return redirect(url_for("access.integrations_page", saved=1), 303)


@blueprint.post("/integrations/<uuid:user_id>/tokens", endpoint="add_integration_token")
def add_token(user_id: UUID) -> str:
    """Make a token of an integration and show it, this once."""
    here = _here()
    step_up.require()
    roles = _one(here, user_id)["roles"] or ()
    # Whoever holds a token acts with its rights: never with more than one's own or what one may give.
    require_grantable(here.release, here.actor, set(roles) - grantable(here.release, here.actor))
    words = request.form.get("name", "").strip()[:80] or "API"
    with here.site.writing() as writing:
        identifier, given = create_token(writing, user_id, words, days=DAYS, created_by=here.actor.user_id)
        accounts.record_event(
            writing, here.actor.user_id, "token_made", {"token": str(identifier), "for": str(user_id)}
        )
    return _page([], given)


@blueprint.post("/integrations/<uuid:user_id>/tokens/<uuid:identifier>/revoke", endpoint="end_integration_token")
def end_token(user_id: UUID, identifier: UUID) -> Response:
    """End a token of an integration at once."""
    here = _here()
    _one(here, user_id)
    with here.site.writing() as writing:
        theirs = select(token.c.id).where(token.c.id == identifier, token.c.user_id == user_id)
        if writing.execute(theirs).first() is None or not revoke_token(writing, identifier):
            raise NotFoundError
        accounts.record_event(writing, here.actor.user_id, "token_revoked", {"token": str(identifier)})
    return redirect(url_for("access.integrations_page", saved=1), 303)


@blueprint.post("/integrations/<uuid:user_id>/end", endpoint="end_integration")
def end(user_id: UUID) -> Response:
    """End an integration: none of its tokens works any more."""
    here = _here()
    _one(here, user_id)

    def work(unit: Unit) -> None:
        with unit.as_platform():
            unit.update("user", [Change(user_id, {"active": False})])
        event(unit, "integration_ended", "user", user_id)

    run_unit(here.site, here.actor, work, source="form")
    return redirect(url_for("access.integrations_page", saved=1), 303)


def _here() -> Visit:
    login.require_admin(RIGHT)
    return visit()


def _one(here: Visit, user_id: UUID) -> dict[str, Any]:
    found = next((row for row in accounts_of(here, here.connection) if row["id"] == user_id), None)
    if found is None:
        raise NotFoundError
    return found


def accounts_of(here: Visit, connection: Connection) -> list[dict[str, Any]]:
    """Return the living accounts of integrations: id, name, login, roles."""
    user = here.release.model("user")
    columns = [user.column(name).label(name) for name in ("id", "name", "login", "roles")]
    found = select(*columns).join(account, account.c.user_id == user.id)
    live = (account.c.kind == accounts.INTEGRATION, user.deleted_at.is_(None), user.column("active"))
    return [dict(row) for row in connection.execute(found.where(*live).order_by(user.column("name"))).mappings()]


def _tokens(here: Visit) -> dict[UUID, list[Token]]:
    """Return the living tokens of all integrations."""
    found: dict[UUID, list[Token]] = {}
    statement = select(token).join(account, account.c.user_id == token.c.user_id)
    living = (account.c.kind == accounts.INTEGRATION, token.c.revoked_at.is_(None))
    now = datetime.now(UTC)
    for row in here.connection.execute(statement.where(*living).order_by(token.c.created_at)):
        if row.expires_at is None or row.expires_at > now:
            until = here.formats.date(row.expires_at.date()) if row.expires_at else ""
            found.setdefault(row.user_id, []).append(Token(row.id, row.name, until))
    return found


def _page(findings: list[str], given: str = "") -> str:
    here = _here()
    words = {
        role.name: here.labels.text("role", role.name, "label", role.label)
        for role in here.release.catalog.all("role").values()
    }
    tokens = _tokens(here)
    shown = [
        Integration(
            UUID(str(row["id"])),
            str(row["name"]),
            str(row["login"]),
            ", ".join(words.get(name, name) for name in row["roles"] or ()),
            tuple(tokens.get(UUID(str(row["id"])), ())),
        )
        for row in accounts_of(here, here.connection)
    ]
    values = {"integrations": shown, "roles": sorted(words.items()), "given": given}
    return render_template("access/integrations.html", general=findings, warnings=(), **values)
