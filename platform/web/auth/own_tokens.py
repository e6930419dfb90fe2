"""A person's API tokens: making one with scopes and an end, shown once, and revoking it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy import or_, select

from formline.errors import NotFoundError
from formline.runtime.tables import token
from formline.web import step_up
from formline.web.auth import accounts, login
from formline.web.auth.forms import TokenForm
from formline.web.auth.routes import Answer, blueprint
from formline.web.i18n import gettext as _
from formline.web.visit import Visit, connection, site, visit

MOST_TOKENS = 50


@blueprint.get("/profile/tokens")
def own_tokens() -> Answer:
    """List the tokens that work, and offer a new one."""
    return _page(TokenForm(formdata=None, data={"access": "read", "days": 90}))


def _page(form: TokenForm, given: str = "") -> str:
    here = visit()
    chosen = request.form.getlist("objects")
    return render_template(
        "auth/tokens.html",
        form=form,
        tokens=_tokens(),
        given=given,
        directory=here.rights.may("manage_users"),
        objects=[(*each, each[0] in chosen) for each in _objects(here)],
        formats=here.formats,
    )


def _tokens() -> list[dict[str, object]]:
    ends = or_(token.c.expires_at.is_(None), token.c.expires_at > datetime.now(UTC))
    statement = (
        select(token.c.id, token.c.name, token.c.kind, token.c.scopes, token.c.created_at, token.c.expires_at)
        .where(token.c.user_id == _own_id(), token.c.kind.in_(("api", "scim")), token.c.revoked_at.is_(None), ends)
        .order_by(token.c.created_at.desc())
    )
    return [dict(row) for row in connection().execute(statement).mappings()]


def _objects(here: Visit) -> list[tuple[str, str]]:
    """Return the objects a scope may name: those the person reads."""
    found = here.release.catalog.objects.values()
    return sorted(
        ((each.name, here.labels.plural(each)) for each in found if here.rights.object(each.name).can("read")),
        key=lambda pair: pair[1],
    )


@blueprint.post("/profile/tokens", endpoint="make_token")
def make_token() -> Answer:
    """Make a token and show it, this once."""
    from formline.web.api.tokens import create_token

    form, here = TokenForm(), visit()
    known = {name for name, _label in _objects(here)}
    objects = [name for name in request.form.getlist("objects") if name in known]
    if not form.validate():
        return _page(form), 422
    if len(_tokens()) >= MOST_TOKENS:
        form.name.errors = [_("You have many tokens already: revoke those you do not use.")]
        return _page(form), 422
    step_up.require()
    directory = form.access.data == "scim"
    if directory:
        login.require_admin("manage_users")
    scopes = None if directory else [f"{name}:{form.access.data}" for name in objects] or [str(form.access.data)]
    with site().writing() as writing:
        identifier, given = create_token(
            writing,
            _own_id(),
            form.name.data or "",
            scopes=scopes,
            days=form.days.data,
            created_by=_own_id(),
            kind="scim" if directory else "api",
        )
        accounts.record_event(writing, _own_id(), "token_made", {"token": str(identifier), "scopes": scopes})
    return _page(TokenForm(formdata=None, data={"access": "read", "days": 90}), given)


@blueprint.post("/profile/tokens/<uuid:identifier>/revoke", endpoint="revoke_token")
def revoke(identifier: UUID) -> Answer:
    """End a token of one's own at once."""
    from formline.web.api.tokens import revoke_token

    with site().writing() as writing:
        mine = select(token.c.id).where(token.c.id == identifier, token.c.user_id == _own_id())
        if writing.execute(mine).first() is None or not revoke_token(writing, identifier):
            raise NotFoundError
        accounts.record_event(writing, _own_id(), "token_revoked", {"token": str(identifier)})
    return redirect(url_for("auth.own_tokens", saved=1), 303)


def _own_id() -> UUID:
    return cast(UUID, visit().actor.user_id)
