"""Signing in and out: passwords, lock-out, sessions, the first administrator; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from formline.runtime import tables
from formline.runtime.access.actor import Actor
from formline.runtime.driver import DriverQuery
from formline.runtime.unit import Change, run_unit
from formline.web import limits
from formline.web.api import caller
from formline.web.auth import accounts, passwords, sessions
from tests.web.conftest import PASSWORD, Person, token_of

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

SignIn = Callable[[str], Person]
REFUSED = "Name or password is wrong"


def attempt(person: Person, login: str, password: str) -> int:
    return person.post("/login", {"login": login, "password": password}, person.get("/login").text).status_code


def test_a_page_leads_to_sign_in_and_back(visitor: Person) -> None:
    answer = visitor.get("/o/customer?view=customers_mine")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/o/customer?view%3Dcustomers_mine"
    page = visitor.get(answer.headers["Location"]).text
    values = {"login": "wang", "password": PASSWORD, "next": "/o/customer?view=customers_mine"}
    signed_in = visitor.post("/login", values, page)
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, "/o/customer?view=customers_mine")
    assert visitor.get("/o/customer").status_code == 200


@pytest.mark.parametrize("target", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example", "o"])
def test_sign_in_never_leads_to_another_site(visitor: Person, target: str) -> None:
    values = {"login": "wang", "password": PASSWORD, "next": target}
    assert visitor.post("/login", values, visitor.get("/login").text).headers["Location"] == "/"


@pytest.mark.parametrize(("login", "password"), [("wang", "wrong password"), ("nobody", PASSWORD), ("WANG ", "x")])
def test_what_was_wrong_is_not_told(visitor: Person, login: str, password: str) -> None:
    answer = visitor.post("/login", {"login": login, "password": password}, visitor.get("/login").text)
    assert answer.status_code == 401
    assert REFUSED in answer.text


def test_the_name_is_taken_in_any_case(visitor: Person) -> None:
    assert attempt(visitor, " Wang ", PASSWORD) == 303


def test_ten_wrong_passwords_from_one_place_have_to_wait(visitor: Person) -> None:
    assert [attempt(visitor, "wang", "wrong password") for _ in range(10)] == [401] * 10
    page = visitor.get("/login").text
    answer = visitor.post("/login", {"login": "wang", "password": PASSWORD}, page)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900


def test_nobody_is_locked_out_from_elsewhere(app: Flask, visitor: Person) -> None:
    """Wrong passwords from many places stop new places, never the one where the person signs in."""
    assert attempt(visitor, "wang", PASSWORD) == 303
    elsewhere = [from_place(app, f"198.51.100.{number % 200}") for number in range(limits.SIGN_IN_BY_LOGIN.count + 1)]
    statuses = [attempt(person, "wang", "wrong password") for person in elsewhere]
    assert statuses == [401] * limits.SIGN_IN_BY_LOGIN.count + [429]
    assert attempt(from_place(app, "203.0.113.1"), "wang", PASSWORD) == 429
    assert attempt(from_place(app, "127.0.0.1"), "wang", PASSWORD) == 303


def from_place(app: Flask, address: str) -> Person:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return Person(client)


def test_those_who_sign_in_rightly_are_never_too_many(app: Flask) -> None:
    """An office has one address."""
    tries = [attempt(from_place(app, "127.0.0.1"), "wang", PASSWORD) for _ in range(limits.SIGN_IN.count + 2)]
    assert set(tries) == {303}


def test_attempts_are_limited_for_names_that_do_not_exist_too(visitor: Person) -> None:
    assert [attempt(visitor, "nobody", "x") for _ in range(11)] == [401] * 10 + [429]


def test_attempts_are_kept_without_the_password(crm: Site, visitor: Person) -> None:
    attempt(visitor, "wang", "wrong password")
    with crm.reading() as connection:
        row = connection.execute(select(tables.login_attempt)).mappings().one()
    assert (row["login"], row["succeeded"], row["address"]) == ("wang", False, "127.0.0.1")
    assert "wrong password" not in str(dict(row))


def test_the_session_is_new_at_sign_in(app: Flask, visitor: Person) -> None:
    page = visitor.get("/login").text
    before = visitor.client.get_cookie("formline_visitor")
    assert before is not None
    assert visitor.client.get_cookie("formline") is None
    visitor.post("/login", {"login": "wang", "password": PASSWORD}, page)
    first = visitor.client.get_cookie("formline")
    assert first is not None
    assert visitor.client.get_cookie("formline_visitor") is None
    # The token of the page before is worthless now.
    assert visitor.post("/logout", {}, page).status_code == 400
    assert visitor.get("/o/customer").status_code == 200


def test_the_cookie_is_not_for_scripts_and_stays_on_this_site(visitor: Person) -> None:
    answer = visitor.post("/login", {"login": "wang", "password": PASSWORD}, visitor.get("/login").text)
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("formline="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


def test_the_database_does_not_hold_the_token(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    cookie = person.client.get_cookie("formline")
    assert cookie is not None
    with crm.reading() as connection:
        rows = connection.execute(select(tables.session)).mappings().all()
    assert [row["id"] for row in rows] == [accounts.token_hash(cookie.value)]
    assert cookie.value not in str([dict(row) for row in rows])


def test_signing_out_ends_the_session(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    cookie = person.client.get_cookie("formline")
    assert cookie is not None
    assert person.post("/logout", {}, person.get("/profile").text).status_code == 303
    person.client.set_cookie("formline", cookie.value)
    assert person.get("/o/customer").status_code == 302


@pytest.mark.parametrize(
    "changed",
    [
        {"seen_at": datetime.now(UTC) - timedelta(hours=13)},
        {"expires_at": datetime.now(UTC) - timedelta(seconds=1)},
    ],
    ids=["idle", "absolute"],
)
def test_a_session_ends_by_itself(crm: Site, sign_in: SignIn, changed: dict[str, datetime]) -> None:
    person = sign_in("wang")
    assert person.get("/o/customer").status_code == 200
    with crm.writing() as connection:
        connection.execute(update(tables.session).values(changed))
    assert person.get("/o/customer").status_code == 302


def test_reading_pages_writes_the_session_rarely(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")

    def seen() -> datetime:
        with crm.reading() as connection:
            found: datetime = connection.execute(select(tables.session.c.seen_at)).scalar_one()
            return found

    before = seen()
    person.get("/o/customer")
    assert seen() == before
    with crm.writing() as connection:
        connection.execute(update(tables.session).values(seen_at=before - timedelta(minutes=11)))
    person.get("/o/customer")
    assert seen() > before - timedelta(minutes=1)


def test_a_deactivated_person_is_out_at_the_next_request(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    with crm.reading() as connection:
        account = accounts.find(connection, crm.release, "wang")
    assert account is not None
    change = Change(account.user_id, {"active": False})
    run_unit(crm, Actor.system(), lambda unit: unit.update("user", [change]), source="system")
    assert person.get("/o/customer").status_code == 302
    assert attempt(person, "wang", PASSWORD) == 401


def test_roles_count_from_the_next_request(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    assert person.get("/o/opportunity").status_code == 200
    with crm.reading() as connection:
        account = accounts.find(connection, crm.release, "wang")
    assert account is not None
    change = Change(account.user_id, {"roles": []})
    run_unit(crm, Actor.system(), lambda unit: unit.update("user", [change]), source="system")
    assert person.get("/o/opportunity").status_code == 404


def test_changing_the_password_ends_the_other_sessions(sign_in: SignIn) -> None:
    here, elsewhere = sign_in("wang"), sign_in("wang")
    page = here.get("/profile/password").text
    values = {"current": PASSWORD, "password": "another good one", "again": "another good one"}
    assert here.post("/profile/password", values, page).status_code == 303
    assert here.get("/o/customer").status_code == 200
    assert elsewhere.get("/o/customer").status_code == 302
    assert attempt(elsewhere, "wang", PASSWORD) == 401
    assert attempt(elsewhere, "wang", "another good one") == 303


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"current": "wrong", "password": "another good one", "again": "another good one"}, "current"),
        ({"current": PASSWORD, "password": "another good one", "again": "different"}, "again"),
        ({"current": PASSWORD, "password": "short", "again": "short"}, "password"),
        ({"current": PASSWORD, "password": "my name is wang", "again": "my name is wang"}, "password"),
    ],
)
def test_a_bad_new_password_is_refused_at_its_field(sign_in: SignIn, values: dict[str, str], field: str) -> None:
    person = sign_in("wang")
    answer = person.post("/profile/password", values, person.get("/profile/password").text)
    assert answer.status_code == 422
    assert [f'id="e-{name}"' in answer.text for name in values] == [name == field for name in values]


def test_an_administrator_sets_a_password_that_must_be_changed(crm: Site, sign_in: SignIn, visitor: Person) -> None:
    admin = sign_in("admin")
    old = sign_in("wang")
    with crm.reading() as connection:
        account = accounts.find(connection, crm.release, "wang")
    assert account is not None
    address = f"/people/{account.user_id}/password"
    answer = admin.post(address, {}, admin.get(address).text)
    password = answer.text.partition("<code>")[2].partition("</code>")[0]
    assert len(password) == 16
    assert old.get("/o/customer").status_code == 302
    assert attempt(visitor, "wang", password) == 303
    assert visitor.get("/o/customer").headers["Location"] == "/profile/password"
    page = visitor.get("/profile/password").text
    values = {"current": password, "password": "another good one", "again": "another good one"}
    assert visitor.post("/profile/password", values, page).status_code == 303
    assert visitor.get("/o/customer").status_code == 200


def test_setting_passwords_needs_the_right(crm: Site, sign_in: SignIn) -> None:
    with crm.reading() as connection:
        account = accounts.find(connection, crm.release, "admin")
    assert account is not None
    person = sign_in("zhao")
    address = f"/people/{account.user_id}/password"
    assert person.get(address).status_code == 403
    assert person.post(address, {}, person.get("/profile").text).status_code == 403


def test_roles_are_shown_to_who_manages_access(crm: Site, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    assert 'href="/roles"' in admin.get("/o/user").text
    assert 'href="/roles/sales"' in admin.get("/roles").text
    page = admin.get("/roles/sales").text
    assert "王晓雯" in page
    assert "赵一鸣" not in page
    assert admin.get("/roles/nothing").status_code == 404
    assert sign_in("wang").get("/roles").status_code == 403


def test_input_of_an_ended_session_is_kept_and_offered_again(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    page = person.get("/o/customer/new").text
    with crm.writing() as connection:
        connection.execute(tables.session.delete())
    asked = person.post("/o/customer/new", {"name": "Kept & <safe>", "relation": "customer"}, page)
    # The form's token belonged to the session that ended: it cannot be saved, and nothing is lost.
    assert asked.status_code == 401
    assert "Kept &amp; &lt;safe&gt;" in asked.text
    kept = {
        "kept_path": "/o/customer/new",
        "kept_name": ["name", "relation"],
        "kept_value": ["Kept & <safe>", "customer"],
    }
    again = person.post("/login", {"login": "wang", "password": PASSWORD, **kept}, asked.text)
    assert again.status_code == 200
    assert 'action="/o/customer/new"' in again.text
    saved = person.post("/o/customer/new", {"name": "Kept & <safe>", "relation": "customer"}, again.text)
    assert saved.status_code == 303


SETUP = """
kind: role
name: administrator
label: Administrator
objects: {user: {create: true, read: all, update: all}}
admin: [manage_users, manage_access]
"""
USER = """
kind: object
name: user
title: name
default_access: read
fields:
  name: {type: text, required: true}
  login: {type: text, required: true, unique: true}
  department: {type: department}
  company: {type: lookup, to: company}
  roles: {type: multi_choice, choice_list: roles}
  active: {type: boolean, default: true}
  language: {type: text}
  time_zone: {type: text}
---
kind: object
name: department
fields: {name: {type: text}, company: {type: lookup, to: company}}
---
kind: object
name: company
fields: {name: {type: text}}
"""


def test_the_first_administrator_comes_in_by_the_secret_once(make_site: MakeSite, database_url: str) -> None:
    from formline.runtime.preparing import bootstrap_secret
    from formline.web import create_app

    site = make_site([SETUP, USER], database_url)
    secret = bootstrap_secret(site)
    person = Person(create_app(site).test_client())
    assert person.get("/login").headers["Location"] == "/setup"
    page = person.get("/setup").text
    values = {"name": "Ada", "login": "ada", "password": "a good password", "again": "a good password"}
    assert person.post("/setup", {**values, "secret": "guessed"}, page).status_code == 422
    assert person.post("/setup", {**values, "secret": secret}, page).status_code == 303
    assert person.get("/o/user").status_code == 200
    assert person.get("/setup").status_code == 404
    assert person.post("/setup", {**values, "secret": secret}, person.get("/o/user").text).status_code == 404


def test_hashes_are_argon2id_and_checked() -> None:
    hashed = passwords.hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert passwords.verify(hashed, PASSWORD)
    assert not passwords.verify(hashed, PASSWORD + "x")
    assert not passwords.verify(None, PASSWORD)
    assert not passwords.verify("no hash", PASSWORD)


def test_a_made_password_is_hashed_as_all_others_once_its_owner_signs_in() -> None:
    made = passwords.new_password()
    hashed = passwords.hash_made(made)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(hashed, made)
    assert passwords.outdated(hashed)
    assert not passwords.outdated(passwords.hash_password(made))


def test_a_page_without_the_token_changes_nothing(sign_in: SignIn) -> None:
    person = sign_in("wang")
    assert token_of(person.get("/profile").text)
    assert person.client.post("/logout").status_code == 400
    assert person.get("/o/customer").status_code == 200


def test_what_every_request_asks_goes_straight_to_the_driver(crm: Site) -> None:
    """A list of values in one of these statements would leave it to the database layer, at twice the cost."""
    now = datetime.now(UTC)
    asked = [
        (sessions.facts_statement(crm.release), {"id": "none", "now": now, "idle": now}),
        (caller.facts_statement(crm.release), {"hash": "none", "now": now}),
    ]
    with crm.reading() as connection:
        for statement, values in asked:
            query = DriverQuery(statement)
            assert query.rows(connection, values) == []
            assert query.in_driver
