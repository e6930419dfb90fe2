"""Roles as pages for administrators: who holds them, what they allow. They are definitions, changed by publishing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import render_template, url_for

from formline.catalog.model import Role
from formline.errors import NotFoundError
from formline.expressions.expression import Expression
from formline.runtime.access.rights import Rights, rights_of_roles
from formline.runtime.queries.lists import fetch
from formline.runtime.queries.query import Query
from formline.web import addresses, places
from formline.web.auth import accounts, login
from formline.web.auth.routes import blueprint
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.visit import Visit, visit

RIGHT = "manage_access"
SCOPED = ("read", "update", "delete", "export", "transfer")
MOST_PEOPLE = 500
_ROLE_RULE = re.compile(r"role (\w+): (\w+)(?: (\w+))?")
places.add(
    places.Place(
        "roles",
        N_("Roles"),
        "shield-check",
        "/roles",
        "auth.roles_page",
        lambda visit: visit.rights.may(RIGHT),
        order=20,
        about_site=True,
    )
)


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role in the list."""

    name: str
    label: str
    includes: str
    administration: str
    href: str


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """What a role allows on one object: words per right, and the fields with a level of their own."""

    label: str
    create: bool
    scopes: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]


@blueprint.get("/roles")
def roles_page() -> str:
    """List the roles."""
    login.require_admin(RIGHT)
    here = visit()
    return render_template("auth/roles.html", roles=[_row(here, role) for role in _roles(here)])


@blueprint.get("/roles/<name>")
def role_page(name: str) -> str:
    """Show who holds a role and what it allows in all, included roles too."""
    login.require_admin(RIGHT)
    here = visit()
    role = next((role for role in _roles(here) if role.name == name), None)
    if role is None:
        raise NotFoundError
    allowed = rights_of_roles(here.release, [name])
    return render_template(
        "auth/role.html",
        role=_row(here, role),
        objects=[row for row in _objects(here, allowed) if row.create or any(row.scopes)],
        scopes=[right_words()[right] for right in SCOPED],
        people=_people(here, name),
    )


def _roles(here: Visit) -> Iterable[Role]:
    return here.release.catalog.all("role").values()


def _row(here: Visit, role: Role) -> RoleRow:
    included = [here.labels.text("role", name, "label", name) for name in role.includes]
    return RoleRow(
        role.name,
        here.labels.text("role", role.name, "label", role.label),
        ", ".join(included),
        ", ".join(_admin_words()[each] for each in sorted(role.admin_rights)),
        url_for("auth.role_page", name=role.name),
    )


def _objects(here: Visit, allowed: Rights) -> Iterable[ObjectRow]:
    for name, obj in here.release.catalog.objects.items():
        access = allowed.object(name)
        scopes = tuple(", ".join(scope_word(scope) for scope in access.scopes(right)) for right in SCOPED)
        usual = "edit" if access.can("create") or access.can("update") else "read"
        fields = tuple(
            (here.labels.field(field), _level_words()[access.level_of(field.name).level])
            for field in obj.declared
            if field.writable and access.can("read") and access.level_of(field.name).level != usual
        )
        yield ObjectRow(here.labels.plural(obj), access.can("create"), scopes, fields)


def _people(here: Visit, role: str) -> list[tuple[str, str]]:
    """Return names and addresses of the people who hold a role."""
    where = {"field": "roles", "op": "contains", "value": role}
    query = Query(accounts.USER, ("id", "name"), where, None, (("name", False),), MOST_PEOPLE)
    rows = fetch(here.connection, here.release, here.actor, query).rows
    return [(str(row["name"]), addresses.record(accounts.USER, UUID(str(row["id"])))) for row in rows]


def _admin_words() -> dict[str, str]:
    return {
        "manage_users": _("people"),
        "manage_access": _("access"),
        "manage_definitions": _("definitions"),
        "manage_integrations": _("integrations"),
        "manage_data": _("data"),
        "read_audit": _("reading the audit"),
    }


def rule_in_words(here: Visit, rule: str) -> str:
    """Return what an explanation of access says of a role's right, in the person's language; other rules as they are.

    >>> rule_in_words(None, "restriction rule quiet")
    'restriction rule quiet'
    """
    found = _ROLE_RULE.fullmatch(rule)
    if found is None:
        return rule
    name, right, scope = found.groups()
    role = here.release.catalog.all("role").get(name)
    label = here.labels.text("role", name, "label", role.label) if role else name
    words = {"role": label, "right": {**right_words(), "create": _("Create")}.get(right, right)}
    if not scope:
        return _("Role %(role)s: %(right)s") % words
    return _("Role %(role)s: %(right)s %(scope)s") % {**words, "scope": scope_word(scope)}


def scope_word(scope: str | Expression) -> str:
    """Return which records a right reaches."""
    if isinstance(scope, Expression):
        return _("where {condition}").format(condition=scope.source)
    words = {
        "own": _("own"),
        "own_and_reports": _("own and those of reports"),
        "team": _("team's"),
        "department": _("department's"),
        "department_and_below": _("department's and below"),
        "company": _("company's"),
        "account": _("account's"),
        "account_and_below": _("account's and below"),
        "all": _("all"),
        "parent": _("as the parent"),
    }
    return words.get(scope, scope)


def right_words() -> dict[str, str]:
    """Return the rights on records in words."""
    return {
        "read": _("Read"),
        "update": _("Change"),
        "delete": _("Delete"),
        "export": _("Export"),
        "transfer": _("Transfer"),
    }


def _level_words() -> dict[str, str]:
    return {"hidden": _("hidden"), "masked": _("masked"), "read": _("read-only"), "edit": _("editable")}
