"""S4, rate limits: by account and by address, shared by all processes, and said with the time to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from formline.runtime.site import Site
from formline.web import create_app, limits
from tests.web.api.conftest import Caller
from tests.web.conftest import Person

if TYPE_CHECKING:
    from flask import Flask

SignIn = Callable[[str], Person]


def test_a_token_has_so_many_requests(caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_BY_ACCOUNT", replace(limits.API_BY_ACCOUNT, count=5, block=2, seconds=86_400))
    ask, other = caller("wang"), caller("wu")
    answers = [ask("GET", "/me") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    refused = answers[-1]
    assert refused.get_json()["code"] == "too_many_attempts"
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    # A second token is no second account; another account is.
    assert caller("wang")("GET", "/me").status_code == 429
    assert other("GET", "/me").status_code == 200


def test_guessing_tokens_is_limited_by_address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_REFUSED", limits.Limit("api/refused", 3, 86_400))
    client = app.test_client()
    statuses = [
        client.get("/api/v1/me", headers={"Authorization": f"Bearer fl_{number}"}).status_code for number in range(5)
    ]
    assert statuses == [401] * 3 + [429] * 2


@pytest.mark.parametrize(
    ("limit", "address"),
    [
        ("SEARCH", "/search?q=a"),
        ("PICK", "/o/opportunity/pick?field=customer&q=a"),
    ],
)
def test_a_persons_searches_are_limited(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, limit: str, address: str
) -> None:
    monkeypatch.setattr(limits, limit, replace(getattr(limits, limit), count=4, block=4, seconds=86_400))
    person = sign_in("wang")
    answers = [person.get(address) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert "Retry-After" in answers[-1].headers


def test_processes_share_one_count(crm: Site, app: Flask) -> None:
    """Two applications on one database are two processes: what both let pass stays within the limit."""
    limit = limits.Limit("test", 10, 86_400, 3)
    passed = 0
    second = Site.open(crm.settings)
    for each in (app, create_app(second)) * 10:
        with each.test_request_context():
            try:
                limits.spend((limit, "key"))
                passed += 1
            except limits.TooManyAttemptsError:
                continue
    second.close()
    assert passed == limit.count
