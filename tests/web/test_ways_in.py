"""Signing in with an OpenID provider and with codes by text message; the provider is a real one on this machine."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from formline.plugins.hookspecs import hookimpl
from formline.plugins.manager import load_plugins
from formline.runtime import jobs, tables, texting
from formline.runtime.keys import uuid7
from tests.web.conftest import PASSWORD, Person
from tests.web.test_accounts import set_user, turn_on, user_id

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
BACK = "http://127.0.0.1:8000/login/with/oidc/back"


@dataclass
class Provider:
    """An OpenID provider: describes itself, publishes its keys, gives codes and exchanges them as the standard says."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    #: What the next answer says besides the usual; a value of None leaves a claim out.
    claims: dict[str, Any] = field(default_factory=dict)
    signed_by: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str) -> str:
        """Do what the provider's page does once the person is known; return where it sends the browser."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["redirect_uri"] == BACK
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return f"/login/with/oidc/back?code={code}&state={query['state']}"

    def answer(self, path: str, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            ends = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("authorization", "token")}
            return 200, {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **ends}
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        client = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        if asked is None or asked["code_challenge"] != proof or client != "crm:secret":
            return 400, {"error": "invalid_grant"}
        usual = {"iss": self.url, "aud": "crm", "sub": "person-1", "nonce": asked["nonce"]}
        usual |= {"exp": int(time.time()) + 60, "iat": int(time.time())}
        usual |= {"email": "wang@example.com", "email_verified": True} | self.claims
        said = {name: value for name, value in usual.items() if value is not None}
        return 200, {"id_token": jwt.encode({"alg": "RS256", "kid": "one"}, said, self.signed_by or self.key)}


@pytest.fixture
def provider(crm: Site) -> Iterator[Provider]:
    known = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, answer = known.answer(self.path, form, self.headers)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(orjson.dumps(answer))

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    given = {"oidc_issuer": known.url, "oidc_client_id": "crm", "oidc_client_secret": "secret", "oidc_label": "Company"}
    crm.settings = dataclasses.replace(crm.settings, outbound_allow=(urlsplit(known.url).netloc,), **given)
    found = [EntryPoint("oidc", "formline.shipped_plugins.oidc", "formline.plugins")]
    crm.plugins = load_plugins(["oidc"], found)
    set_user(crm, "wang", email="wang@example.com")
    yield known
    server.shutdown()
    server.server_close()


def there(visitor: Person, query: str = "") -> str:
    answer = visitor.get(f"/login/with/oidc{query}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_somebody_signs_in_with_the_provider(crm: Site, visitor: Person, provider: Provider) -> None:
    page = visitor.get("/login?next=/o/customer").text
    assert 'href="/login/with/oidc?next=/o/customer"' in page.replace("%2F", "/")
    answer = visitor.get(provider.authorize(there(visitor, "?next=/o/customer")))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/o/customer")
    assert "Wang" in visitor.get("/profile").text or visitor.get("/o/customer").status_code == 200
    with crm.reading() as connection:
        row = connection.execute(select(tables.identity)).mappings().one()
    assert (row["way"], row["subject"], row["user_id"]) == ("oidc", f"{provider.url} person-1", user_id(crm, "wang"))


def test_from_then_on_the_providers_own_name_counts(crm: Site, app: Flask, visitor: Person, provider: Provider) -> None:
    visitor.get(provider.authorize(there(visitor)))
    set_user(crm, "wang", email="married@example.com")
    provider.claims = {"email": "elsewhere@example.com"}
    second = Person(app.test_client())
    assert second.get(provider.authorize(there(second))).status_code == 303
    # The address of somebody who is linked, under another name there: an address given to a successor.
    provider.claims = {"email": "married@example.com", "sub": "person-2"}
    third = Person(app.test_client())
    assert third.get(provider.authorize(there(third))).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "nobody@example.com"},
        {"email": None},
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["crm", "another"]},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": int(time.time()) + 3600},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=lambda claims: ",".join(
        f"{name} {'at some time' if name in ('exp', 'iat') else value}" for name, value in claims.items()
    ),
)
def test_what_does_not_stand_up_is_refused(visitor: Person, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    answer = visitor.get(provider.authorize(there(visitor)))
    assert answer.status_code == 401
    assert visitor.get("/o/customer").status_code == 302


def test_a_wrong_signature_is_refused(visitor: Person, provider: Provider) -> None:
    provider.signed_by = RSAKey.generate_key(2048, {"kid": "one"})
    assert visitor.get(provider.authorize(there(visitor))).status_code == 401


def test_new_keys_of_the_provider_are_fetched(app: Flask, visitor: Person, provider: Provider) -> None:
    assert visitor.get(provider.authorize(there(visitor))).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    again = Person(app.test_client())
    assert again.get(provider.authorize(there(again))).status_code == 303


def test_the_answer_is_for_the_browser_that_asked(app: Flask, visitor: Person, provider: Provider) -> None:
    address = provider.authorize(there(visitor))
    stranger = Person(app.test_client())
    assert stranger.get(address).status_code == 401
    there(stranger)
    assert stranger.get(address).status_code == 401
    forged = re.sub("state=[^&]+", "state=guess", address)
    assert visitor.get(forged).status_code == 401
    # A failed attempt used the cookie up.
    assert visitor.get(address).status_code == 401


def test_a_second_factor_of_ours_is_asked_unless_the_provider_asked(
    app: Flask, sign_in: SignIn, visitor: Person, provider: Provider
) -> None:
    turn_on(sign_in("wang"))
    answer = visitor.get(provider.authorize(there(visitor)))
    assert (answer.status_code, 'name="pending"' in answer.text) == (200, True)
    provider.claims = {"amr": ["pwd", "otp"]}
    again = Person(app.test_client())
    assert again.get(provider.authorize(there(again))).status_code == 303


def test_a_closed_account_stays_closed(crm: Site, visitor: Person, provider: Provider) -> None:
    set_user(crm, "wang", active=False)
    assert visitor.get(provider.authorize(there(visitor))).status_code == 401


def test_a_provider_inside_needs_the_operators_leave(crm: Site, visitor: Person, provider: Provider) -> None:
    crm.settings = dataclasses.replace(crm.settings, outbound_allow=())
    assert visitor.get("/login/with/oidc").status_code == 401


def test_without_the_plug_in_there_is_no_such_way(visitor: Person) -> None:
    assert visitor.get("/login/with/oidc").status_code == 404
    assert "/login/with/" not in visitor.get("/login").text


# --- codes by text message -------------------------------------------------------------------------------------------


@pytest.fixture
def phones(crm: Site) -> dict[str, str]:
    """Let people sign in with codes; return what was sent, by number."""
    sent: dict[str, str] = {}

    @hookimpl
    def send_sms(site: object, to: str, text: str) -> bool:
        sent[to] = text
        return True

    crm.settings = dataclasses.replace(crm.settings, sms_sign_in=True)
    crm.plugins = load_plugins([], [])
    crm.plugins.register(SimpleNamespace(send_sms=send_sms), "phones")
    set_user(crm, "wang", mobile="+86 138 0013 8000")
    return sent


def deliver(site: Site) -> None:
    with site.writing() as connection:
        claimed = jobs.claim(connection, holder := uuid7(), datetime.now(UTC), 10)
    for each in claimed:
        if each.kind != texting.KIND:  # what a sharing rule of the release left to do
            continue
        assert "138" not in str(each.args)
        jobs.run(site, each, holder)


def ask(visitor: Person, number: str) -> Any:
    return visitor.post("/login/sms", {"mobile": number, "next": "/o/customer"}, visitor.get("/login/sms").text)


def test_a_code_by_text_message_signs_in_once(crm: Site, app: Flask, visitor: Person, phones: dict[str, str]) -> None:
    page = ask(visitor, "+8613800138000").text
    deliver(crm)
    (text,) = phones.values()
    code = text[:6]
    mobile = re.search(r'name="mobile" value="([^"]+)"', page)
    assert mobile is not None
    values = {"mobile": mobile[1], "code": code, "next": "/o/customer"}
    wrong = visitor.post("/login/sms/code", {**values, "code": "000000" if code != "000000" else "1"}, page)
    assert wrong.status_code == 401
    answer = visitor.post("/login/sms/code", values, page)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/o/customer")
    again = Person(app.test_client())
    assert again.post("/login/sms/code", values, again.get("/login/sms").text).status_code == 401
    with crm.reading() as connection:
        assert code not in str(connection.execute(select(tables.token)).mappings().all())


def test_asking_for_a_code_tells_nobody_whose_number_it_is(crm: Site, visitor: Person, phones: dict[str, str]) -> None:
    pages = {re.sub(r'value="[^"]*"', "", ask(visitor, number).text) for number in ("+8613800138000", "+8613900139000")}
    assert len(pages) == 1
    deliver(crm)
    assert len(phones) == 1
    page = visitor.get("/login/sms").text
    tries = [visitor.post("/login/sms/code", {"mobile": "+8613800138000", "code": "x"}, page) for _ in range(11)]
    assert [each.status_code for each in tries] == [401] * 10 + [429]


def test_codes_by_text_message_are_off_unless_the_operator_says_so(visitor: Person) -> None:
    assert visitor.get("/login/sms").status_code == 404
    assert PASSWORD not in visitor.get("/login").text
