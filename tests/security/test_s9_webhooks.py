"""S9, webhooks in: signed over id, time and raw body, five minutes, once, two live secrets, 256 KB, one account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from formline.runtime.site import Site
from formline.runtime.tables import received
from formline.runtime.webhooks import bindings, receiving, signing
from formline.web import create_app, limits
from tests.fixtures.sites import MakeSite
from tests.runtime.webhooks.shop import SECRET, TEXTS, allowing, bind, messages, order, work_off

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

KEY = "a-path-nobody-guesses"
BODY = json.dumps({"data": {"orders": [{"no": "A1"}]}}).encode()
NOW = datetime(2026, 3, 1, tzinfo=UTC)
Post = Callable[..., "TestResponse"]


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    made = make_site(TEXTS, database_url)
    bind(made, "orders_in", key=KEY)
    return made


@pytest.fixture
def client(site: Site) -> FlaskClient:
    return create_app(site).test_client()


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """Return ``post(body, ...)``: send a message as another system does; every part can be made wrong."""

    def send(
        body: bytes = BODY,
        *,
        identifier: str = "msg_1",
        age: int = 0,
        secret: str = SECRET,
        key: str = KEY,
        name: str = "orders_in",
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        seconds = int(datetime.now(UTC).timestamp()) - age
        signed = {
            signing.ID: identifier,
            signing.TIME: str(seconds),
            signing.SIGNATURE: signing.sign(secret, identifier, seconds, body),
            **(headers or {}),
        }
        return client.post(f"/hooks/{name}/{key}", data=body, headers=signed)

    return send


def count(site: Site) -> int:
    with site.reading() as connection:
        return connection.execute(select(func.count()).select_from(received)).scalar_one()


def test_a_signed_message_is_kept_and_answered(site: Site, post: Post) -> None:
    answer = post()
    assert (answer.status_code, answer.get_json()) == (202, {"id": "msg_1", "duplicate": False})
    assert count(site) == 1


def test_the_same_message_again_is_answered_and_not_taken_twice(site: Site, post: Post) -> None:
    post()
    answer = post()
    assert (answer.status_code, answer.get_json()["duplicate"]) == (200, True)
    assert count(site) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_" + "QUJE" * 8},
        {"age": 301},
        {"age": -310},
        {"headers": {signing.ID: "msg_2"}},
        {"headers": {signing.ID: ""}},
        {"headers": {signing.TIME: "never"}},
        {"headers": {signing.TIME: "1" * 400}},
        {"headers": {signing.TIME: "١٢٣٤٥٦٧٨٩٠"}},
        {"headers": {signing.SIGNATURE: ""}},
        {"headers": {signing.SIGNATURE: "v1,"}},
        {"headers": {signing.SIGNATURE: "v1,AAAA v2,BBBB"}},
        {"identifier": "x" * 201},
    ],
    ids=str,
)
def test_what_is_not_signed_right_is_refused(site: Site, post: Post, wrong: dict[str, Any]) -> None:
    answer = post(**wrong)
    assert answer.status_code == 401
    assert answer.get_json()["code"] == "webhook_signature"
    assert count(site) == 0


def test_another_body_under_the_same_signature_is_refused(site: Site, client: FlaskClient) -> None:
    seconds = int(datetime.now(UTC).timestamp())
    signed = {signing.ID: "m", signing.TIME: str(seconds), signing.SIGNATURE: signing.sign(SECRET, "m", seconds, BODY)}
    answer = client.post(f"/hooks/orders_in/{KEY}", data=BODY.replace(b"A1", b"A2"), headers=signed)
    assert answer.status_code == 401


@pytest.mark.parametrize("wrong", [{"key": "another"}, {"name": "feed"}, {"name": "nothing"}], ids=str)
def test_an_unknown_path_is_nothing(site: Site, post: Post, wrong: dict[str, str]) -> None:
    bind(site, "feed", "https://example.com", key=KEY)
    assert post(**wrong).status_code == 404
    assert count(site) == 0


def test_the_secret_before_counts_beside_the_new_one_for_a_week(site: Site, post: Post) -> None:
    with site.writing() as connection:
        found = bindings.find(connection, site.keys, "orders_in")
        assert found is not None
        newer = found.with_new_secret(datetime.now(UTC))
        bindings.save(connection, site.keys, newer, datetime.now(UTC), None)
    assert post(identifier="old").status_code == 202
    assert post(identifier="new", secret=newer.secrets[0].text).status_code == 202
    with site.writing() as connection:
        third = newer.with_new_secret(datetime.now(UTC))
        bindings.save(connection, site.keys, third, datetime.now(UTC), None)
    assert post(identifier="oldest").status_code == 401


def test_large_bodies_are_refused_before_they_are_read(site: Site, post: Post) -> None:
    assert post(b" " * (receiving.MOST_BYTES + 1)).status_code == 413
    assert count(site) == 0


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b'{"data": 1}', b"[" * 50_000], ids=lambda body: body[:10])
def test_what_is_no_rows_is_said(site: Site, post: Post, body: bytes) -> None:
    answer = post(body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "webhook_body")


def test_a_paused_integration_lets_the_sender_try_again(site: Site, post: Post) -> None:
    bind(site, "orders_in", key=KEY, state="paused")
    assert post().status_code == 503


def test_guessing_is_limited(site: Site, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HOOK_REFUSED", limits.Limit("hook/refused", 3, 86_400))
    statuses = [post(key=str(number)).status_code for number in range(5)]
    assert statuses == [404] * 3 + [429] * 2


def test_one_integration_cannot_flood(site: Site, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HOOK", replace(limits.HOOK, count=3, block=1, seconds=86_400))
    answers = [post(identifier=str(number)) for number in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 2
    assert "Retry-After" in answers[-1].headers


def test_it_writes_with_the_rights_of_its_account_alone(site: Site, post: Post) -> None:
    """A mapping cannot be talked into fields it does not name, nor the account into what it may not."""
    key = order(site, "A1", cost="7")
    post(json.dumps({"data": {"orders": [{"no": "A1", "cost": 0, "owner": "x", "id": str(key)}]}}).encode())
    work_off(site)
    model = site.release.model("order")
    with site.reading() as connection:
        assert connection.execute(select(model.column("cost"))).scalars().all() == [7]


def test_no_answer_sets_a_cookie_or_tells_a_secret(site: Site, post: Post) -> None:
    for answer in (post(), post(secret="wrong"), post(key="wrong")):
        assert "Set-Cookie" not in answer.headers
        assert SECRET not in answer.text
        assert KEY not in answer.text


@given(body=st.binary(max_size=200), identifier=st.text("abc.123_-", min_size=1, max_size=20))
def test_the_signature_is_that_of_the_standard(body: bytes, identifier: str) -> None:
    """Against the few lines that every receiver writes for itself."""
    seconds = int(NOW.timestamp())
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    own = hmac.new(key, f"{identifier}.{seconds}.".encode() + body, hashlib.sha256).digest()
    given_ = signing.headers([SECRET], identifier, NOW, body)
    assert given_[signing.SIGNATURE] == f"v1,{base64.b64encode(own).decode()}"
    assert signing.verify([SECRET], identifier, str(seconds), given_[signing.SIGNATURE], body, NOW)
    assert not signing.verify([SECRET], identifier + "x", str(seconds), given_[signing.SIGNATURE], body, NOW)


def test_the_worked_example_of_the_standard() -> None:
    """The example that the specification prints."""
    body = b'{"test": 2432232314}'
    signed = signing.sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_messages_out_follow_the_rules_of_outbound_requests(site: Site) -> None:
    """S6: no private address, and no redirect is followed with what is told."""
    allowing(site)
    bind(site, "feed", "http://169.254.169.254/latest")
    order(site)
    work_off(site)
    assert messages(site)[0]["error"] == "address_refused"
