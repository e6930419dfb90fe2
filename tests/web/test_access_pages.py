"""The pages about access: sharing, teams, transfer, who sees a record, viewing as somebody, people who leave."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime import tables
from formline.runtime.access import Actor
from formline.runtime.unit import run_unit
from formline.web.auth import accounts, passwords
from tests.web.api.conftest import Caller
from tests.web.conftest import Person

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what the pages ask is tested on both databases where it lives."""
    return "sqlite"


def user_id(site: Site, login: str) -> UUID:
    with site.reading() as connection:
        account = accounts.find(connection, site.release, login)
    assert account is not None
    return account.user_id


@pytest.fixture
def mine(crm: Site) -> str:
    """Return the address of a customer of wang's."""
    values = {"name": "Mine alone", "owner": user_id(crm, "wang")}
    (key,) = run_unit(crm, Actor.system(), lambda unit: unit.create("customer", [values]))
    return f"/o/customer/{key}"


def events(site: Site) -> list[str]:
    event = tables.security_event.c
    with site.reading() as connection:
        return list(connection.execute(select(event.event).order_by(event.id)).scalars())


def test_a_record_is_shared_and_taken_back_in_a_dialog(crm: Site, mine: str, sign_in: SignIn) -> None:
    wang, wu = sign_in("wang"), sign_in("wu")
    assert wu.get(mine).status_code == 404
    dialog = wang.get(f"{mine}/sharing").text
    assert "role:administrator" in dialog
    given = {"person": str(user_id(crm, "wu")), "level": "read", "as": "team", "note": "presales", "until": ""}
    assert wang.post(f"{mine}/sharing", given, dialog).status_code == 303
    page = wu.get(mine)
    assert page.status_code == 200
    assert "presales" in page.text
    assert f'href="{mine}/sharing"' not in page.text  # who only has it by a share does not pass it on
    assert wu.post(f"{mine}/sharing", given, page.text).status_code == 403
    assert wang.post(f"{mine}/sharing", {"person": "", "others": ""}, dialog).status_code == 422
    ended = {"end": f"team:{user_id(crm, 'wu')}"}
    assert wang.post(f"{mine}/sharing", ended, dialog).status_code == 303
    assert wu.get(mine).status_code == 404
    assert events(crm)[-2:] == ["record_shared", "share_ended"]


def test_a_transfer_leaves_the_old_owner_what_was_chosen(crm: Site, mine: str, sign_in: SignIn) -> None:
    wang, wu = sign_in("wang"), sign_in("wu")
    page = wang.get(mine).text
    key = mine.rpartition("/")[2]
    assert f"/o/customer/transfer?id={key}" in page
    dialog = wang.get(f"/o/customer/transfer?id={key}").text
    values = {"id": key, "to": str(user_id(crm, "wu")), "old_owner": "read"}
    assert wang.post("/o/customer/transfer", {"id": key}, dialog).status_code == 422
    assert wang.post("/o/customer/transfer", values, dialog).headers["Location"] == f"{mine}?saved=1"
    assert wu.get(mine).status_code == 200
    assert wang.get(f"{mine}/edit").status_code == 403
    assert wang.post("/o/customer/transfer", values, dialog).status_code == 403


def test_administrators_of_access_are_told_who_sees_a_record_and_why(crm: Site, mine: str, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    assert sign_in("wang").get(f"{mine}/access").status_code == 403
    page = admin.get(f"{mine}/access").text
    assert "（本人及下属）" in page
    assert re.search("角色“[^”]+”：.*（全部）", page)
    answer = admin.get(f"{mine}/access?user={user_id(crm, 'wu')}").text
    assert "a role with" not in answer
    assert "default access" not in answer
    assert "一个有“查看：本公司”权限的角色，或共享该记录" in answer
    assert f'href="{mine}/access"' in admin.get(mine).text


def test_viewing_as_somebody_shows_their_pages_and_changes_nothing(crm: Site, mine: str, sign_in: SignIn) -> None:
    admin, wang = sign_in("admin"), sign_in("wang")
    as_wang, as_admin = (f"/people/{user_id(crm, login)}/view-as" for login in ("wang", "admin"))
    assert "您看到的已经是自己的页面。" in admin.get(as_admin).text
    assert wang.get(as_admin).status_code == 403
    assert admin.get(as_admin).status_code == 403
    assert admin.post(as_wang, {}, admin.get(as_wang).text).headers["Location"] == "/"
    page = admin.get(mine)
    assert 'action="/view-as/stop"' in page.text
    assert admin.get("/roles").status_code == 403
    assert admin.get("/profile").status_code == 403
    assert admin.post(f"{mine}/delete", {}, page.text).status_code == 403
    assert admin.post("/view-as/stop", {}, page.text).status_code == 303
    assert admin.get("/roles").status_code == 200
    assert 'action="/view-as/stop"' not in admin.get(mine).text
    assert events(crm)[-2:] == ["view_as_started", "view_as_ended"]


def test_a_person_who_leaves_signs_in_no_more(crm: Site, mine: str, sign_in: SignIn) -> None:
    admin, wang = sign_in("admin"), sign_in("wang")
    address = f"/people/{user_id(crm, 'wang')}/leave"
    assert wang.get(address).status_code == 403
    dialog = admin.get(address).text
    assert admin.post(address, {}, dialog).status_code == 422
    assert wang.get(mine).status_code == 200
    assert admin.post(address, {"to": str(user_id(crm, "zhao"))}, dialog).status_code == 303
    assert wang.get(mine).status_code == 302
    with crm.reading() as connection:
        job = connection.execute(select(tables.job.c.kind, tables.job.c.state).order_by(tables.job.c.id)).all()[-1]
    assert tuple(job) == ("reassign", "waiting")


def test_an_integration_calls_with_its_roles_and_never_signs_in(crm: Site, sign_in: SignIn, visitor: Person) -> None:
    admin = sign_in("admin")
    assert sign_in("wang").get("/integrations").status_code == 403
    page = admin.get("/integrations").text
    made = {"name": "Shop", "login": "shop", "roles": "sales"}
    assert admin.post("/integrations", made, page).status_code == 303
    key = user_id(crm, "shop")
    shown = admin.post(f"/integrations/{key}/tokens", {"name": "orders"}, page).text
    token = re.search(r"fl_[\w-]+", shown)
    assert token is not None
    program = Caller(admin.client, token[0])
    assert program("GET", "/customer").status_code == 200
    with crm.writing() as connection:
        accounts.save_password(connection, key, "shop", passwords.hash_password("correct horse battery"))
    answer = visitor.post("/login", {"login": "shop", "password": "correct horse battery"}, visitor.get("/login").text)
    assert answer.status_code == 401
    assert admin.post(f"/integrations/{key}/end", {}, page).status_code == 303
    assert program("GET", "/customer").status_code == 401
