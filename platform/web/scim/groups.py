"""Departments through SCIM: the record ``department`` as a Group resource whose members are its people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Response

from formline.runtime.queries import Query, fetch, get
from formline.runtime.unit import Change, Unit, run_unit
from formline.web.api.caller import caller
from formline.web.scim.blueprint import (
    CORE,
    PAGE,
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
from formline.web.scim.users import USER
from formline.web.visit import connection, site

GROUP = "department"
FIELDS = ("name", "created_at", "updated_at", "version")
_MEMBER = re.compile(r'members\[\s*value\s+eq\s+"([^"]+)"\s*\]', re.IGNORECASE)
Members = dict[UUID, list[dict[str, Any]]]


@blueprint.get("/Groups")
def list_groups() -> Response:
    """List departments; a filter finds one by its name."""
    known = {"displayname": lambda text: {"field": "name", "op": "eq", "value": text}}
    return listed(caller(), GROUP, FIELDS, filtered(known), _shown)


@blueprint.get("/Groups/<uuid:key>")
def get_group(key: UUID) -> Response:
    """Answer with one department and its people."""
    return respond(_one(key))


def _one(key: UUID) -> dict[str, Any]:
    who = caller()
    (found,) = _shown([get(connection(), who.release, who.actor, GROUP, key, FIELDS)])
    return found


def _shown(rows: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    members = _members([row["id"] for row in rows])
    for row in rows:
        yield {
            "schemas": [f"{CORE}:Group"],
            "id": str(row["id"]),
            "displayName": row["name"],
            "members": members[row["id"]],
            "meta": meta("Groups", row),
        }


def _members(keys: list[UUID]) -> Members:
    """Return the people of departments, in one statement per five hundred."""
    found: Members = defaultdict(list)
    who, cursor = caller(), None
    while keys:
        where = {"field": "department", "op": "in", "value": [str(key) for key in keys]}
        query = Query(USER, ("name", "department"), where, None, (("name", False),), PAGE, cursor)
        page = fetch(connection(), who.release, who.actor, query)
        for row in page.rows:
            member = {"value": str(row["id"]), "display": row["name"], "$ref": location("Users", row["id"])}
            found[row["department"]].append(member)
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


@blueprint.post("/Groups")
def create_group() -> Response:
    """Create a department with its people."""
    given = body()
    name = _name(given.get("displayName"))

    def work(unit: Unit) -> UUID:
        (key,) = unit.create(GROUP, [{"name": name}])
        _move(unit, _ids(given.get("members")), key)
        return key

    key = run_unit(site(), caller().actor, work, source="api")
    return respond(_one(key), 201, {"Location": location("Groups", key)})


@blueprint.put("/Groups/<uuid:key>")
def replace_group(key: UUID) -> Response:
    """Give a department its name and exactly these people."""
    given = body()
    present = {UUID(each["value"]) for each in _one(key)["members"]}
    wanted = set(_ids(given.get("members")))
    return _changed(key, _name(given.get("displayName")), wanted - present, present - wanted)


@blueprint.patch("/Groups/<uuid:key>")
def patch_group(key: UUID) -> Response:
    """Add and remove people, or give another name; a person is in one department at a time."""
    name: str | None = None
    present = {UUID(each["value"]) for each in _one(key)["members"]}
    wanted = set(present)
    for op, path, value in operations(body()):
        plain = path.lower()
        member = _MEMBER.fullmatch(path)
        if not path and isinstance(value, dict):
            name = _name(value["displayName"]) if "displayName" in value else name
            plain = "members" if "members" in value else ""
            value = value.get("members")
        if plain == "displayname":
            name = _name(value)
        elif member is not None and op == "remove":
            wanted -= set(_ids([{"value": member[1]}]))
        elif plain == "members":
            ids = set(_ids(value))
            wanted = {"add": wanted | ids, "replace": ids, "remove": wanted - ids if value else set()}[op]
        elif plain:
            raise ScimError(f"There is no attribute {path}.", code="invalidPath")
    return _changed(key, name, wanted - present, present - wanted)


@blueprint.delete("/Groups/<uuid:key>")
def delete_group(key: UUID) -> Response:
    """Delete a department that nobody and nothing is in any more."""
    run_unit(site(), caller().actor, lambda unit: unit.delete(GROUP, [key]), source="api")
    return respond(None, 204)


def _changed(key: UUID, name: str | None, joining: set[UUID], leaving: set[UUID]) -> Response:
    def work(unit: Unit) -> None:
        if name is not None:
            unit.update(GROUP, [Change(key, {"name": name})])
        _move(unit, joining, key)
        _move(unit, leaving, None)

    run_unit(site(), caller().actor, work, source="api")
    return respond(_one(key))


def _move(unit: Unit, people: Iterable[UUID], key: UUID | None) -> None:
    changes = [Change(one, {"department": key}) for one in sorted(people)]
    for start in range(0, len(changes), PAGE):
        unit.update(USER, changes[start : start + PAGE])


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ScimError("displayName is required.")
    return value


def _ids(members: Any) -> list[UUID]:
    """Return the ids of members.

    Raises:
        ScimError: no list of ``{"value": id}``.
    """
    try:
        return [UUID(str(each["value"])) for each in members or ()]
    except (KeyError, TypeError, ValueError):
        raise ScimError('members is a list of {"value": id}.') from None
