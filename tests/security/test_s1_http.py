"""S1, HTTP baseline: no address leads to another site, changes come from our own pages, the API takes tokens only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from formline.web.auth.login import safe_next
from tests.web.api.conftest import Caller
from tests.web.conftest import Person, token_of

if TYPE_CHECKING:
    from flask import Flask

SignIn = Callable[[str], Person]


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "o",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        "/\r\\elsewhere.example",
        "/\x0b/elsewhere.example",
        "\t//elsewhere.example",
        " //elsewhere.example",
        "https://elsewhere.example",
        "javascript:alert(1)",
    ],
)
def test_the_way_on_stays_on_this_site(target: str | None) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["/", "/o/customer?view=mine", "/o/customer?q=华东 精密", "/%09/page"])
def test_the_way_on_is_a_path(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize("address", ["/language", "/login", "/o/customer/new", "/api/v1/customer"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://localhost.elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
    ids=str,
)
def test_a_page_of_another_site_changes_nothing(app: Flask, address: str, headers: dict[str, str]) -> None:
    """Not even the sign-in page comes back, which would offer the other page's input for saving."""
    answer = app.test_client().post(address, data={"name": "theirs"}, headers=headers)
    assert answer.status_code == 403
    assert "theirs" not in answer.text


@pytest.mark.parametrize("origin", ["http://localhost", "http://127.0.0.1:8000"])
def test_our_own_origins_are_the_host_and_the_public_address(sign_in: SignIn, origin: str) -> None:
    person = sign_in("wang")
    page = person.get("/profile").text
    assert person.post("/language", {"language": "en"}, page, headers={"Origin": origin}).status_code == 303


def test_the_token_is_the_sessions_own(sign_in: SignIn) -> None:
    wang, zhao = sign_in("wang"), sign_in("zhao")
    theirs = token_of(zhao.get("/profile").text)
    values = {"language": "en"}
    for sent in ({}, {"csrf_token": ""}, {"csrf_token": theirs}, {"csrf_token": theirs[:-1]}):
        assert wang.client.post("/language", data={**values, **sent}).status_code == 400
    assert wang.client.post(f"/language?csrf_token={theirs}", data=values).status_code == 400
    assert wang.client.post("/language", json=values).status_code == 400


def test_the_api_looks_at_no_cookie_and_allows_no_origin(app: Flask, sign_in: SignIn) -> None:
    answer = sign_in("wang").get("/api/v1/customer")
    assert answer.status_code == 401
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        answer = app.test_client().open("/api/v1/customer", method=method, headers=asked)
        assert answer.status_code == 401
        assert not [name for name, _value in answer.headers if name.lower().startswith("access-control-")]


def test_the_api_takes_json_only(caller: Callable[..., Caller]) -> None:
    """What a form of another site can send is no JSON."""
    wang = caller("wang")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {"Authorization": f"Bearer {wang.token}", "Content-Type": kind}
        answer = wang.client.post("/api/v1/customer", data='{"name": "x"}', headers=headers)
        assert answer.status_code in (415, 422)


def test_the_host_header_leads_nowhere(app: Flask, sign_in: SignIn) -> None:
    for client in (app.test_client(), sign_in("wang").client):
        answer = client.get("/o/customer", headers={"Host": "elsewhere.example"})
        assert "elsewhere.example" not in answer.text + answer.headers.get("Location", "")
