"""S2 and S4, sessions and sign-in: a new session each time, ended when it must; no way around the lock-out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import PASSWORD, Person, token_of

if TYPE_CHECKING:
    from flask import Flask

SignIn = Callable[[str], Person]


def attempt(app: Flask, login: str, password: str, **headers: str) -> int:
    """Try to sign in with a fresh browser; return the status."""
    client = app.test_client()
    values = {"login": login, "password": password, "csrf_token": token_of(client.get("/login").text)}
    return client.post("/login", data=values, headers=headers).status_code


def test_a_session_somebody_chose_is_not_taken(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("formline", "chosen-by-somebody-else")
    page = client.get("/login").text
    answer = client.post("/login", data={"login": "wang", "password": PASSWORD, "csrf_token": token_of(page)})
    assert answer.status_code == 303
    cookie = client.get_cookie("formline")
    assert cookie is not None
    assert cookie.value != "chosen-by-somebody-else"
    assert cookie.http_only


def test_the_token_of_before_sign_in_is_worth_nothing_after(app: Flask) -> None:
    client = app.test_client()
    before = token_of(client.get("/login").text)
    client.post("/login", data={"login": "wang", "password": PASSWORD, "csrf_token": before})
    assert client.post("/language", data={"language": "en", "csrf_token": before}).status_code == 400


def test_an_ended_session_does_not_come_back(app: Flask, sign_in: SignIn) -> None:
    person = sign_in("wang")
    cookie = person.client.get_cookie("formline")
    assert cookie is not None
    person.post("/logout", {}, person.get("/profile").text)
    client = app.test_client()
    client.set_cookie("formline", cookie.value)
    assert client.get("/o/customer").status_code == 302


@pytest.mark.parametrize(
    ("spelt", "headers"),
    [
        (["wang"], {}),
        (["wang", "WANG", " wang ", "Wang\u3000", "wAnG"], {}),
        (["wang"], {"X-Forwarded-For": "203.0.113.9"}),
        (["wang"], {"X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}),
    ],
    ids=str,
)
def test_the_limit_holds_however_the_name_is_written(app: Flask, spelt: list[str], headers: dict[str, str]) -> None:
    for number in range(10):
        assert attempt(app, spelt[number % len(spelt)], "wrong password", **headers) == 401
    assert attempt(app, "wang", PASSWORD, **headers) == 429


def test_claimed_addresses_do_not_escape_the_limit(app: Flask) -> None:
    """Without trusted proxies nobody's word about the client's address counts."""
    from formline.web import limits

    statuses = [
        attempt(app, f"nobody{number}", "x", **{"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(limits.SIGN_IN_BY_ADDRESS.count + 1)
    ]
    assert statuses[:-1] == [401] * limits.SIGN_IN_BY_ADDRESS.count
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_attempts_are_counted_by_network(address: str, counted: str) -> None:
    from formline.web import limits

    assert limits.network_of(address) == counted


def test_known_and_unknown_names_get_the_same_page(app: Flask) -> None:
    pages = []
    for login in ("wang", "nobody"):
        client = app.test_client()
        token = token_of(client.get("/login").text)
        answer = client.post("/login", data={"login": login, "password": "wrong", "csrf_token": token})
        pages.append(answer.text.replace(token, "").replace(login, ""))
    assert pages[0] == pages[1]


def test_set_up_is_gone_once_somebody_can_sign_in(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/setup?secret=x").status_code == 404
    token = token_of(client.get("/login").text)
    values = {"secret": "x", "name": "x", "login": "x", "password": PASSWORD, "again": PASSWORD, "csrf_token": token}
    assert client.post("/setup", data=values).status_code == 404
