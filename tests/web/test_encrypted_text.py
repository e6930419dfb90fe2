"""Encrypted fields: sealed wherever values are kept or shown, opened one by one, sealed anew under another key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from formline.runtime import tables
from tests.fixtures.gallery import GALLERY
from tests.fixtures.sites import MakeSite
from tests.web.api.conftest import Caller
from tests.web.conftest import Person, errors

if TYPE_CHECKING:
    from formline.runtime.site import Site

CLEAR = "DE89 3704 0044 0532"
MASK = "********"


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    return make_site(GALLERY, database_url)


@pytest.fixture
def person(site: Site) -> Person:
    from formline.runtime.preparing import bootstrap_secret
    from formline.web import create_app

    person = Person(create_app(site).test_client())
    values = {"name": "Ada", "login": "ada", "password": "a good password", "again": "a good password"}
    person.post("/setup", {**values, "secret": bootstrap_secret(site)}, person.get("/setup").text)
    return person


def stored(site: Site) -> list[Any]:
    """Return what the column holds."""
    with site.reading() as connection:
        return list(connection.execute(select(site.release.model("specimen").column("account"))).scalars())


def everything(site: Site) -> str:
    """Return all rows of all tables as text."""
    from formline.runtime.tables import METADATA

    with site.reading() as connection:
        rows = [list(connection.execute(select(table))) for table in METADATA.sorted_tables]
        rows.append(list(connection.execute(select(site.release.model("specimen").table))))
    return repr(rows)


def test_a_draft_never_holds_the_text(person: Person, site: Site) -> None:
    """What was typed and not saved is kept without it."""
    page = person.get("/o/specimen/new").text
    sent = {"form": "/o/specimen/new", "name": "Half", "account": CLEAR}
    assert person.post("/drafts", sent, page).status_code == 204
    assert "Half" in everything(site)
    assert CLEAR not in everything(site)


def created(person: Person, **values: str) -> str:
    answer = person.submit("/o/specimen/new", {"name": "One", **values})
    assert answer.status_code == 303, errors(answer.text)
    return str(answer.headers["Location"]).split("?")[0]


def test_a_secret_is_shown_to_nobody_who_does_not_ask(site: Site, person: Person) -> None:
    from formline.web.api.tokens import create_token
    from formline.web.auth import accounts

    address = created(person, account=CLEAR)
    (sealed,) = stored(site)
    assert sealed.startswith("s1.1.")
    assert CLEAR not in everything(site)
    for page in (address, f"{address}/edit", "/o/specimen?columns=account", f"{address}/diagram/x"):
        text = person.get(page).text
        assert CLEAR not in text
        assert sealed not in text

    # Saving what the form holds changes nothing; another text is sealed; nothing at all empties it.
    assert person.submit(f"{address}/edit").status_code == 303
    assert stored(site) == [sealed]
    person.submit(f"{address}/edit", {"account": CLEAR})
    assert stored(site) == [sealed], "the same text again"
    person.submit(f"{address}/edit", {"account": "other"})
    assert stored(site) != [sealed]
    assert CLEAR not in everything(site)
    assert MASK in person.get(address).text or "••••" in person.get(address).text

    with site.writing() as connection:
        found = accounts.find(connection, site.release, "ada")
        assert found is not None
        _, token = create_token(connection, found.user_id, "test", days=1)
    call = Caller(person.client.application.test_client(), token)
    key = address.rsplit("/", 1)[1]
    assert call("GET", f"/specimen/{key}").get_json()["account"] == MASK
    shown = call("POST", f"/specimen/{key}/reveal/account")
    assert (shown.get_json(), shown.headers["Cache-Control"]) == ({"value": "other"}, "no-store")
    assert call("POST", f"/specimen/{key}/reveal/name").status_code == 404
    assert call("PATCH", f"/specimen/{key}", {"account": MASK}).status_code == 200
    assert call("POST", f"/specimen/{key}/reveal/account").get_json() == {"value": "other"}
    for refused in ({"field": "account", "op": "eq", "value": "other"}, {"field": "account", "op": "contains"}):
        assert call("GET", f"/specimen?filter={json.dumps(refused)}").status_code == 422
    long = call("PATCH", f"/specimen/{key}", {"account": "x" * 41})
    assert (long.status_code, long.get_json()["errors"][0]["code"]) == (422, "too_long")

    page = person.get(address).text
    answer = person.post(f"{address}/reveal/account", {}, page)
    assert (answer.status_code, answer.text) == (200, "other")
    assert person.client.post(f"{address}/reveal/account").status_code == 400, "without the token of the page"
    assert "secret_revealed" in everything(site)
    with site.writing() as connection:
        connection.execute(update(tables.session).values(confirmed_at=datetime.now(UTC) - timedelta(minutes=11)))
    asked = person.post(f"{address}/reveal/account", {}, page)
    assert asked.status_code == 403, "who sits at an open screen is asked again"
    assert 'name="step_up_secret"' in asked.text
    again = person.post(f"{address}/reveal/account", {"step_up_secret": "a good password"}, page)
    assert (again.text, again.headers["HX-Trigger"]) == ("other", "dialog:close")
    assert call("PATCH", f"/specimen/{key}", {"account": None}).status_code == 200
    assert stored(site) == [None]


def test_values_open_only_where_they_were_sealed(site: Site, person: Person) -> None:
    from uuid import uuid4

    from formline.runtime.sealing import SealError, Vault, place_of

    created(person, account=CLEAR)
    (sealed,) = stored(site)
    model = site.release.model("specimen")
    with site.reading() as connection:
        vault = Vault(connection, site.keys)
        with pytest.raises(SealError):
            vault.open(sealed, place_of(model, "account", uuid4()))
        with pytest.raises(SealError):
            vault.open("s1.9." + sealed[5:], b"")
        with pytest.raises(SealError):
            vault.open("never sealed", b"")


def test_a_new_key_seals_everything_anew(
    site: Site, person: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from formline.cli import keys
    from formline.runtime import sealing

    addresses = [created(person, name=f"No {number}", account=f"{CLEAR} {number}") for number in range(5)]
    monkeypatch.setattr(sealing, "BATCH", 2)
    monkeypatch.setattr(keys, "settings_of", lambda: site.settings)
    done = CliRunner().invoke(keys.keys, ["rotate"])
    assert done.output == "Key 2 is in use; 5 values were sealed with it.\n", done.output
    assert {text[:5] for text in stored(site)} == {"s1.2."}
    page = person.get(addresses[3]).text
    assert person.post(f"{addresses[3]}/reveal/account", {}, page).text == f"{CLEAR} 3"
    created(person, name="New", account="new")
    assert {text[:5] for text in stored(site)} == {"s1.2."}


def test_what_needs_the_text_is_refused() -> None:
    from tests.fixtures.catalogs import problems_of

    found = problems_of(
        "kind: object\nname: a\nfields: {name: {type: text}, pin: {type: encrypted_text, unique: true, default: x}}\n"
    )
    assert [one.code for one in found] == ["wrong-parameter", "wrong-parameter"]
