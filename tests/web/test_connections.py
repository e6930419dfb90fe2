"""The pages of integrations: set up by who manages them, secrets shown once, messages listed and repeated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime import tables
from formline.runtime.access.actor import Actor
from formline.runtime.candidates import candidate
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.runtime.webhooks import signing
from tests.fixtures.receivers import Receiver
from tests.runtime.webhooks.shop import allowing, messages, work_off
from tests.web.conftest import Person

SignIn = Callable[[str], Person]
OUT = """
kind: integration
name: customers_out
label: Customers to the shop
direction: out
object: customer
on: [created]
fields: [name, phone]
"""
IN = """
kind: mapping
name: shop_customer
object: customer
key: [name]
columns: {name: company}
---
kind: integration
name: customers_in
direction: in
mapping: shop_customer
"""


@pytest.fixture
def joined(crm: Site, receiver: Receiver) -> Site:
    """Return the CRM with two integrations of the site's own."""
    own = {"integrations/customers_out.yaml": OUT, "mappings/shop_customer.yaml": IN.partition("---")[0]}
    own["integrations/customers_in.yaml"] = IN.partition("---")[2]
    apply(crm, plan(crm, candidate(crm.settings, own)), "integrations", Author("test"))
    allowing(crm, receiver.host)
    work_off(crm)  # what the sample data led to
    return crm


def account(site: Site, admin: Person, role: str = "executive") -> UUID:
    """Return an integration's account, made on its page."""
    page = admin.get("/integrations").text
    admin.post("/integrations", {"name": "Shop", "login": "shop", "roles": role}, page)
    with site.reading() as connection:
        found: UUID = connection.execute(
            select(tables.account.c.user_id).where(tables.account.c.login == "shop")
        ).scalar_one()
    return found


def shown(page: str) -> list[str]:
    """Return what a page shows this once."""
    return re.findall(r'secret-once"><code>([^<]+)<', page)


def test_only_who_manages_integrations(joined: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    for address in ("/integrations/connections", "/integrations/connections/customers_out"):
        assert person.get(address).status_code == 403
    token = person.get("/profile").text
    for act in ("", "/secret", "/address", "/pause", "/resume"):
        assert person.post(f"/integrations/connections/customers_out{act}", {}, token).status_code == 403
    assert sign_in("admin").get("/integrations/connections/nothing").status_code == 404


def test_what_leaves_is_set_up_told_listed_and_repeated(joined: Site, sign_in: SignIn, receiver: Receiver) -> None:
    admin = sign_in("admin")
    listed = admin.get("/integrations/connections").text
    assert "Customers to the shop" in listed
    assert re.search("Not set up|未设置", listed)
    address = "/integrations/connections/customers_out"
    page = admin.get(address).text
    key = account(joined, admin)
    assert admin.post(address, {"account": "", "address": receiver.url()}, page).status_code == 422
    wrong = admin.post(address, {"account": str(key), "address": "file:///etc/passwd"}, page)
    assert wrong.status_code == 422
    first = admin.post(address, {"account": str(key), "address": receiver.url("/hook-of-secret")}, page)
    (secret,) = shown(first.text)
    assert "hook-of-secret" not in admin.get(address).text
    assert shown(admin.get(address).text) == []
    run_unit(joined, Actor.system(), lambda unit: unit.create("customer", [{"name": "Lotus"}]), source="form")
    work_off(joined)
    (posted,) = receiver.got
    assert posted.json["data"]["records"][0]["name"] == "Lotus"
    time, identifier = int(posted.headers[signing.TIME]), posted.headers[signing.ID]
    assert posted.headers[signing.SIGNATURE] == signing.sign(secret, identifier, time, posted.body)
    page = admin.get(address).text
    assert "HTTP 200" in page
    assert admin.post(f"{address}/messages/{identifier}/again", {}, page).status_code == 303
    work_off(joined)
    assert [each.headers[signing.ID] for each in receiver.got] == [identifier] * 2


def test_pausing_holds_back_and_resuming_lets_go(joined: Site, sign_in: SignIn, receiver: Receiver) -> None:
    admin = sign_in("admin")
    address = "/integrations/connections/customers_out"
    page = admin.get(address).text
    assert admin.post(f"{address}/pause", {}, page).status_code == 409  # nothing to pause yet
    admin.post(address, {"account": str(account(joined, admin)), "address": receiver.url()}, page)
    assert admin.post(f"{address}/pause", {}, page).status_code == 303
    run_unit(joined, Actor.system(), lambda unit: unit.create("customer", [{"name": "Lotus"}]), source="form")
    work_off(joined)
    assert "tone-orange" in admin.get(address).text
    assert receiver.got == []
    assert admin.post(f"{address}/resume", {}, page).status_code == 303
    work_off(joined)
    assert [row["state"] for row in messages(joined, "customers_out")] == ["done"]


def test_what_arrives_is_set_up_taken_and_listed(joined: Site, sign_in: SignIn, visitor: Person) -> None:
    admin = sign_in("admin")
    address = "/integrations/connections/customers_in"
    page = admin.get(address).text
    arrives, secret = shown(admin.post(address, {"account": str(account(joined, admin, "sales_manager"))}, page).text)
    body = json.dumps([{"company": "Jade"}, {"company": ""}]).encode()
    now = datetime.now(UTC)
    path = urlsplit(arrives).path
    answer = visitor.client.post(path, data=body, headers=signing.headers([secret], "m1", now, body))
    assert answer.status_code == 202, answer.text
    work_off(joined)
    page = admin.get(address).text
    assert re.search("1 created, 0 changed, 1 rejected|新建 1，更改 0，拒绝 1", page)
    (newer,) = shown(admin.post(f"{address}/address", {}, page).text)
    assert visitor.client.post(path, data=body, headers=signing.headers([secret], "m2", now, body)).status_code == 404
    (other,) = shown(admin.post(f"{address}/secret", {}, page).text)
    for identifier, each in (("m3", secret), ("m4", other)):
        signed = signing.headers([each], identifier, now, body)
        assert visitor.client.post(urlsplit(newer).path, data=body, headers=signed).status_code == 202


def test_nobody_lends_an_account_more_than_they_have(joined: Site, sign_in: SignIn) -> None:
    """Where the values of an account go decides who reads them."""
    key = account(joined, sign_in("admin"))
    model = joined.release.model("user")
    with joined.reading() as connection:
        wu = connection.execute(select(model.id).where(model.column("login") == "wu")).scalar_one()
    change = [Change(wu, {"roles": ["system_admin"]})]
    run_unit(joined, Actor.system(), lambda unit: unit.update("user", change), source="system")
    person = sign_in("wu")
    address = "/integrations/connections/customers_out"
    answer = person.post(address, {"account": str(key), "address": "https://example.com"}, person.get(address).text)
    assert answer.status_code == 403
    assert re.search("Not set up|未设置", sign_in("admin").get(address).text)
