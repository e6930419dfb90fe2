"""People through SCIM: the record ``user`` as a User resource, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Response

from formline.runtime.queries import get
from formline.runtime.unit import Change, run_unit
from formline.web.api.caller import Caller, caller
from formline.web.auth import accounts
from formline.web.scim.blueprint import (
    CORE,
    ScimError,
    blueprint,
    body,
    filtered,
    listed,
    location,
    meta,
    operations,
    respond,
)
from formline.web.visit import connection, site

USER = accounts.USER
WANTED = ("login", "name", "email", "mobile", "job_title", "active", "department")
SYSTEM = ("created_at", "updated_at", "version")
#: Attributes in lower case, as SCIM takes them in any; each sets one field.
FIELDS: Mapping[str, str] = {
    "username": "login",
    "displayname": "name",
    "name.formatted": "name",
    "title": "job_title",
    "active": "active",
    "emails": "email",
    "phonenumbers": "mobile",
}
#: A part of a list: ``emails[type eq "work"].value``.
_MEMBER = re.compile(r"(emails|phonenumbers)\[[^\]]*\](\.value)?", re.IGNORECASE)


def _fields(who: Caller) -> tuple[str, ...]:
    known = who.release.catalog.object(USER).fields
    return tuple(name for name in (*WANTED, *SYSTEM) if name in known)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a person as a User resource."""
    found: dict[str, Any] = {
        "schemas": [f"{CORE}:User"],
        "id": str(row["id"]),
        "userName": row.get("login"),
        "displayName": row.get("name"),
        "name": {"formatted": row.get("name")},
        "active": bool(row.get("active")),
        "meta": meta("Users", row),
    }
    if row.get("email"):
        found["emails"] = [{"value": row["email"], "type": "work", "primary": True}]
    if isinstance(row.get("mobile"), str):
        found["phoneNumbers"] = [{"value": row["mobile"], "type": "mobile"}]
    if row.get("job_title"):
        found["title"] = row["job_title"]
    if row.get("department"):
        found["groups"] = [{"value": str(row["department"]), "$ref": location("Groups", row["department"])}]
    return found


@blueprint.get("/Users")
def list_users() -> Response:
    """List people; a filter finds one by name to sign in, e-mail address or id."""
    who = caller()

    def by_login(text: str) -> Mapping[str, Any]:
        found = accounts.find(connection(), who.release, text)
        return _by_id(str(found.user_id) if found else "")

    known: dict[str, Callable[[str], Mapping[str, Any]]] = {
        "username": by_login,
        "emails.value": lambda text: {"field": "email", "op": "eq", "value": text},
        "emails": lambda text: {"field": "email", "op": "eq", "value": text},
        "active": lambda text: {"field": "active", "op": "eq", "value": text == "true"},
        "id": _by_id,
    }
    return listed(who, USER, _fields(who), filtered(known), lambda rows: map(shown, rows))


def _by_id(text: str) -> Mapping[str, Any]:
    try:
        return {"field": "id", "op": "eq", "value": str(UUID(text))}
    except ValueError:
        return {"field": "id", "op": "eq", "value": str(UUID(int=0))}  # nobody


@blueprint.get("/Users/<uuid:key>")
def get_user(key: UUID) -> Response:
    """Answer with one person."""
    return respond(_one(key))


def _one(key: UUID) -> dict[str, Any]:
    who = caller()
    return shown(get(connection(), who.release, who.actor, USER, key, _fields(who)))


@blueprint.post("/Users")
def create_user() -> Response:
    """Create a person; they sign in by the company's provider, or set a password by mail."""
    values = _values(body())
    if not values.get("login"):
        raise ScimError("userName is required.")
    row = {"name": values["login"], "active": True, **values}
    (key,) = run_unit(site(), caller().actor, lambda unit: unit.create(USER, [row]), source="api")
    return respond(_one(key), 201, {"Location": location("Users", key)})


@blueprint.put("/Users/<uuid:key>")
def replace_user(key: UUID) -> Response:
    """Write what is given; attributes that are absent stay, as the directory does not know all of ours."""
    return _changed(key, _values(body()))


@blueprint.patch("/Users/<uuid:key>")
def patch_user(key: UUID) -> Response:
    """Change single attributes; ``active: false`` ends every session at the next request."""
    values: dict[str, Any] = {}
    for op, path, value in operations(body()):
        if not path:
            values |= _values(value if isinstance(value, dict) else {})
            continue
        plain = path.removeprefix(f"{CORE}:User:").lower()
        member = _MEMBER.fullmatch(plain)
        name = FIELDS.get(member[1].lower() if member else plain)
        if name is None:
            raise ScimError(f"There is no attribute {path}.", code="invalidPath")
        values[name] = None if op == "remove" else _value(name, value)
    return _changed(key, values)


@blueprint.delete("/Users/<uuid:key>")
def delete_user(key: UUID) -> Response:
    """Close the account. The record stays: other records name the person."""
    _changed(key, {"active": False})
    return respond(None, 204)


def _changed(key: UUID, values: Mapping[str, Any]) -> Response:
    if values:
        change = Change(key, values)
        run_unit(site(), caller().actor, lambda unit: unit.update(USER, [change]), source="api")
    return respond(_one(key))


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a resource; attributes that are not kept here are passed over."""
    plain = {str(name).removeprefix(f"{CORE}:User:").lower(): value for name, value in given.items()}
    name = plain.pop("name", None)
    if isinstance(name, dict):
        parts = [str(name.get(part) or "") for part in ("givenName", "familyName")]
        formatted = name.get("formatted") or " ".join(part for part in parts if part)
        plain = {"name.formatted": formatted} | plain if formatted else plain
    known = caller().release.catalog.object(USER).fields
    found = {FIELDS[key]: _value(FIELDS[key], value) for key, value in plain.items() if key in FIELDS}
    return {key: value for key, value in found.items() if key in known}


def _value(name: str, value: Any) -> Any:
    """Return what a field is given: the main entry of a list, a boolean also where it came as a word."""
    if isinstance(value, list):
        entries = [each for each in value if isinstance(each, dict)]
        main = next((each for each in entries if each.get("primary") is True), entries[0] if entries else {})
        value = main.get("value")
    elif isinstance(value, dict):
        value = value.get("value")
    if name == "active":
        word = str(value).lower()
        if word not in ("true", "false"):
            raise ScimError("active is true or false.")
        return word == "true"
    if value is not None and not isinstance(value, str):
        raise ScimError(f"The value of {name} is a text.")
    return value
