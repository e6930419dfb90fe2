"""What every answer has: headers, CSRF, same-site, errors in words, static files, health, proxies, rate limits."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from formline.fields.all_types import TYPES
from formline.web import addresses, limits
from formline.web.headers import HEADERS
from formline.web.limits import Limit
from formline.web.proxies import ForwardedHeaders
from formline.web.records.cells import TEMPLATES
from tests.web.conftest import PASSWORD, Person, token_of

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]

PAGES = ["/", "/o/opportunity", "/o/opportunity/new", "/o/opportunity/filter", "/o/opportunity/columns", "/profile"]


@pytest.mark.parametrize("address", [*PAGES, "/nowhere", "/login", "/health/live"])
def test_every_answer_has_the_headers(sign_in: SignIn, address: str) -> None:
    answer = sign_in("wang").get(address)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch("[0-9a-f]{12}", answer.headers["X-Request-Id"])


def test_production_cookies_belong_to_the_host_over_https(crm: Site) -> None:
    from formline.web import create_app

    crm.settings = crm.settings.with_values(env="production", public_url="https://crm.example")
    person = Person(create_app(crm).test_client())
    page = person.get("/login", base_url="https://crm.example")
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    values = {"login": "wang", "password": PASSWORD, "csrf_token": token_of(page.text)}
    sent = {"Referer": "https://crm.example/login"}
    answer = person.client.post("/login", data=values, headers=sent, base_url="https://crm.example")
    cookies = [cookie for cookie in answer.headers.getlist("Set-Cookie") if "Expires=Thu, 01 Jan 1970" not in cookie]
    assert len(cookies) == 1
    assert cookies[0].startswith("__Host-formline=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookies[0].split("; "))


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303), (None, 303)]
)
def test_changes_come_from_our_own_pages(sign_in: SignIn, site: str | None, status: int) -> None:
    person = sign_in("wang")
    page = person.get("/profile").text
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    assert person.post("/language", {"language": "en"}, page, headers=headers).status_code == status


@pytest.mark.parametrize(
    "address",
    [
        "/o/opportunity/new",
        f"/o/opportunity/{UUID(int=1)}/edit",
        "/o/opportunity/delete",
        "/profile",
        "/language",
        "/login",
    ],
)
def test_a_change_needs_the_token(sign_in: SignIn, address: str) -> None:
    person = sign_in("wang")
    assert person.client.post(address, data={"name": "x"}).status_code == 400
    assert person.client.post(address, data={"name": "x", "csrf_token": "forged"}).status_code == 400
    other = sign_in("zhao")
    stolen = token_of(other.get("/profile").text)
    assert person.client.post(address, data={"name": "x", "csrf_token": stolen}).status_code == 400


def test_every_page_needs_sign_in_unless_it_is_public(app: Flask, visitor: Person) -> None:
    public = {"login", "login_page", "setup", "setup_page", "choose_language"}
    public |= {"forgotten_page", "new_password_page", "go_there", "come_back", "sms_page"}
    public |= {"region_choices"}  # the same for everybody
    signed = {"forms.show", "forms.thanks", "forms.rules"}  # for people outside
    # Pages of who holds a link: 128 random bits stand for the sign-in.
    signed |= {f"storefront.{view}" for view in ("show", "detail", "picture", "cart", "thanks")}
    signed |= {"leaving.ask", "inbox.link_page"}  # what a mail links to: a signature stands for the sign-in
    for rule in app.url_map.iter_rules():
        blueprint, _, view = rule.endpoint.rpartition(".")
        if (
            "GET" not in (rule.methods or ())
            or blueprint in ("health", "api", "scim")
            or view == "static"
            or view in public
            or rule.endpoint in signed
        ):
            continue
        arguments = {
            name: uuid4() if each.__class__.__name__ == "UUIDConverter" else "x"
            for name, each in rule._converters.items()
        }
        _, address = rule.build(arguments) or ("", "")
        answer = visitor.get(address)
        assert "Location" in answer.headers, rule
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login"), rule


def test_reading_changes_nothing(app: Flask, crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    record = re.search(r'href="(/o/opportunity/[0-9a-f-]+)"', person.get("/o/opportunity").text)
    assert record is not None
    written: list[str] = []

    def watch(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "WITH", "SET", "RESET", "SHOW", "BEGIN")):
            written.append(statement)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        ways = ("", "/edit", "/transitions/stage.lose", "/diagram/stage")
        for address in (*PAGES, *(record[1] + way for way in ways), "/o/opportunity/pick?field=customer"):
            assert person.get(address).status_code in (200, 302, 404), address
            assert person.client.head(address).status_code in (200, 302, 404), address
    finally:
        event.remove(Engine, "before_cursor_execute", watch)
    # Limits count what is read, too.
    assert [statement for statement in written if "formline_rate" not in statement] == []


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_an_error_says_what_and_how_to_mend_it(sign_in: SignIn, headers: dict[str, str]) -> None:
    answer = sign_in("wang").get("/o/product/new", headers=headers)
    assert answer.status_code == 403
    assert ("<main" in answer.text) == (not headers)
    assert "<h2>" in answer.text if headers else 'class="empty-state"' in answer.text


def test_an_error_speaks_the_persons_language(sign_in: SignIn) -> None:
    person = sign_in("wang")
    for address in ("/nowhere", "/o/nothing"):
        assert "<h1>There is nothing here</h1>" not in person.get(address, headers={"Accept-Language": "en"}).text


def test_a_failure_shows_no_internals(app: Flask, crm: Site, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from formline.web.records import listing

    def fail(*_arguments: object) -> None:
        raise RuntimeError("secret detail of the machine")

    person = sign_in("wang")
    monkeypatch.setattr(listing, "build", fail)
    answer = person.get("/o/opportunity")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


# --- files and health ------------------------------------------------------------------------------------------------


def test_static_files_are_kept_for_ever_and_compressed(app: Flask) -> None:
    client = app.test_client()
    asset = app.jinja_env.globals["asset"]
    address = asset("app.css")  # type: ignore[operator]
    packed = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(address)
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (packed.headers["Content-Encoding"], packed.mimetype) == ("gzip", "text/css")
    assert gzip.decompress(packed.data) == plain.data
    assert "Set-Cookie" not in packed.headers
    assert client.get("/static/../app.py").status_code == 404


def test_health_is_for_everybody(visitor: Person) -> None:
    assert visitor.get("/health/live").json == {"status": "ok"}
    assert visitor.get("/health/ready").json == {"status": "ok", "release": 1}


# --- proxies and limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.9, 10.0.0.3", "203.0.113.9"),  # what the client wrote itself is not believed
        ("10.0.0.2", "10.0.0.7", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),  # not a proxy of ours
    ],
)
def test_the_client_behind_trusted_proxies(peer: str, forwarded: str, client: str) -> None:
    seen: dict[str, str] = {}

    def application(environ: dict[str, str], _start: object) -> list[bytes]:
        seen.update(environ)
        return []

    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_FORWARDED_PROTO": "https"}
    ForwardedHeaders(application, ["10.0.0.0/24"])({**environ, "wsgi.url_scheme": "http"}, None)
    assert seen["REMOTE_ADDR"] == client
    assert seen["wsgi.url_scheme"] == ("https" if peer.startswith("10.") else "http")


def test_limits_count_per_key_and_window(crm: Site) -> None:
    limit = Limit("test", 2, 60)
    with crm.writing() as connection:
        assert [limits.hit(connection, limit, "a", now=0) for _ in range(3)] == [1, 2, 3]
        assert limits.hit(connection, limit, "b", now=0) == 1
        assert limits.hit(connection, limit, "a", now=61) == 1


# --- what must fit together -------------------------------------------------------------------------------------------


def test_addresses_are_those_of_the_router(app: Flask) -> None:
    from flask import url_for

    key = uuid4()
    with app.test_request_context():
        assert addresses.record("deal", key) == url_for("records.record_page", object_name="deal", record_id=key)
        assert addresses.list_of("deal") == url_for("records.list_page", object_name="deal")
        assert addresses.list_of("deal", [("view", "a"), ("q", "")]) == "/o/deal?view=a"
        parts = {"layout": "a", "record_type": "-", "mode": "edit", "key": "k"}
        assert addresses.rules("deal", **parts) == url_for("records.rules", object_name="deal", **parts)
        assert addresses.new("deal", [("x", "1")]) == url_for("records.new_page", object_name="deal", x="1")


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_every_field_type_has_its_macros(app: Flask, type_name: str) -> None:
    type_ = TYPES[type_name]
    with app.test_request_context():
        controls = app.jinja_env.get_template("fields/controls.html").module
        assert hasattr(controls, type_.form_control)
        for kind, macro in (("cell", type_.list_cell), ("read", type_.read_control)):
            assert hasattr(app.jinja_env.get_template(TEMPLATES[kind]).module, macro)
