"""S10, tokens: kept as a hash, ended with their person or their time, and narrowed by scopes on every path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import select, update

from formline.runtime.access import Actor
from formline.runtime.tables import token
from formline.runtime.unit import Change, run_unit
from tests.web.api.conftest import Caller

if TYPE_CHECKING:
    from formline.runtime.site import Site

Make = Callable[..., Caller]

#: What a token for reading customers asks of people and contacts.
BEYOND = [
    {"fields": "name,owner.login"},
    {"where": 'owner.login == "wang"'},
    {"where": "count(contacts) > 0"},
    {"where": "contains(user.email, 'w')"},
    {"filter": '{"field": "owner.login", "op": "eq", "value": "wang"}'},
    {"sort": "owner.login"},
]


@pytest.mark.parametrize("query", BEYOND, ids=str)
def test_scopes_narrow_what_paths_lead_to(caller: Make, query: dict[str, str]) -> None:
    asked = f"/customer?{urlencode(query)}"
    assert caller("wang")("GET", asked).status_code == 200
    answer = caller("wang", scopes=["customer:read"])("GET", asked)
    assert answer.status_code == 422 or "owner.login" not in answer.get_json()["data"][0]


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(["customer:write"], 403), (["customer:write", "contact:read"], 403), (["customer:write", "contact:write"], 201)],
)
def test_scopes_narrow_rows_written_with_their_parent(caller: Make, scopes: list[str], status: int) -> None:
    values = {"name": "New", "contacts": [{"name": "Somebody", "phone": "+86 10 1234 5678"}]}
    assert caller("wang", scopes=scopes)("POST", "/customer", values).status_code == status


def test_a_child_needs_no_scope_on_its_parent_to_be_read(caller: Make) -> None:
    whole = caller("wang")("GET", "/contact?fields=name&limit=500").get_json()["data"]
    narrow = caller("wang", scopes=["contact:read"])("GET", "/contact?fields=name&limit=500").get_json()["data"]
    assert narrow == whole != []


def test_a_lookup_is_set_to_what_the_token_may_read(caller: Make) -> None:
    own = caller("wang")("GET", "/customer?limit=1").get_json()["data"][0]["id"]
    values = {"name": "Deal", "customer": own}
    assert caller("wang", scopes=["opportunity:write"])("POST", "/opportunity", values).status_code == 422
    scopes = ["opportunity:write", "customer:read"]
    assert caller("wang", scopes=scopes)("POST", "/opportunity", values).status_code == 201


def test_the_description_is_of_the_tokens_rights(caller: Make) -> None:
    paths = caller("wang", scopes=["customer:read"])("GET", "/openapi.json").get_json()["paths"]
    named = {path.split("/")[1] for path in paths} - {"me", "deletions"}
    assert named == {"customer", "files", "pools"}
    of_records = {path: about for path, about in paths.items() if path.split("/")[1] in ("customer", "pools")}
    assert [path for path, about in of_records.items() if {"post", "patch", "delete"} & about.keys()] == []


def test_scopes_give_no_more_than_the_person_has(caller: Make) -> None:
    wang = caller("wang", scopes=["write", "user:write"])
    assert wang("POST", "/user", {"name": "x", "login": "x"}).status_code == 403


@pytest.mark.parametrize(
    "values", [{"expires_at": datetime.now(UTC) - timedelta(1)}, {"revoked_at": datetime.now(UTC)}]
)
def test_an_ended_token_is_none(crm: Site, caller: Make, values: dict[str, Any]) -> None:
    wang = caller("wang")
    with crm.writing() as connection:
        connection.execute(update(token).values(values))
    assert wang("GET", "/me").status_code == 401


def test_a_token_ends_with_its_person(crm: Site, caller: Make) -> None:
    wang = caller("wang")
    me = wang("GET", "/me").get_json()["id"]
    run_unit(crm, Actor.system(), lambda unit: unit.update("user", [Change(UUID(me), {"active": False})]))
    assert wang("GET", "/me").status_code == 401


def test_the_database_does_not_hold_the_token(crm: Site, caller: Make) -> None:
    wang = caller("wang")
    with crm.reading() as connection:
        kept = [str(value) for row in connection.execute(select(token)) for value in row]
    assert not any(wang.token in value or wang.token[3:] in value for value in kept)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "Bearer {}x", "{}", "Bearer {} {}"])
def test_only_the_whole_token_will_do(caller: Make, header: str) -> None:
    wang = caller("wang")
    given = {"Authorization": header.replace("{}", wang.token)}
    assert wang.client.get("/api/v1/me", headers=given).status_code == 401
