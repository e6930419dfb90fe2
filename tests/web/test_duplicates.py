"""Pages about records that are the same: similar ones, comparing and merging, scanning, converting a lead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from formline.runtime.access import Actor
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from formline.runtime.worker import Worker
from tests.web.conftest import Person, inputs

SignIn = Callable[[str], Person]
PHONE = "0755-26770001"


def add(site: Site, what: str, /, owner: str | None = None, **values: Any) -> UUID:
    if owner:
        from formline.web.auth import accounts

        with site.reading() as connection:
            account = accounts.find(connection, site.release, owner)
        assert account is not None
        values["owner"] = account.user_id
    (made,) = run_unit(site, Actor.system(), lambda unit: unit.create(what, [values]), source="system", confirm=True)
    return made


@pytest.fixture
def pair(crm: Site) -> tuple[UUID, UUID]:
    """Return two customers of wang with one telephone number."""
    first = add(crm, "customer", owner="wang", name="Nordlicht Optik", phone=PHONE)
    return first, add(crm, "customer", owner="wang", name="Optik am Nordtor", phone=PHONE, website="https://nordtor.de")


def test_a_form_warns_and_saves_once_confirmed(crm: Site, sign_in: SignIn, pair: tuple[UUID, UUID]) -> None:
    client = sign_in("wang")
    form = inputs(client.get("/o/customer/new").text) | {"name": "Third of that number", "phone": PHONE}
    warned = client.client.post("/o/customer/new", data=form)
    assert warned.status_code == 422
    assert 'name="confirm" value="1"' in warned.text
    assert "如果无误，请再次保存。" in warned.text
    taken = client.client.post("/o/customer/new", data=form | {"name": "Nordlicht Optik"})
    assert "如果无误，请再次保存。" not in taken.text  # a name that is taken stays taken
    told = client.client.post("/o/customer/similar", data=form)
    assert "Nordlicht Optik" in told.text
    assert client.client.post("/o/customer/new", data=form | {"confirm": "1"}).status_code == 303


def test_who_may_not_see_the_hit_is_told_its_owner_alone(crm: Site, sign_in: SignIn) -> None:
    add(crm, "customer", owner="wu", name="Secret Harbour", phone=PHONE)
    client = sign_in("wang")
    form = inputs(client.get("/o/customer/new").text) | {"name": "Mine", "phone": PHONE}
    told = client.client.post("/o/customer/similar", data=form).text
    assert "Secret Harbour" not in told
    assert "similar-list" in told


def test_two_records_are_compared_merged_and_taken_back(crm: Site, sign_in: SignIn, pair: tuple[UUID, UUID]) -> None:
    first, second = pair
    client = sign_in("wang")
    assert "Optik am Nordtor" in client.get(f"/o/customer/{first}/similar").text
    page = client.get(f"/o/customer/merge?id={first}&id={second}")
    assert page.status_code == 200
    chosen = {"id": [str(first), str(second)], "survivor": str(first), "f.name": str(second)}
    merged = client.post("/o/customer/merge", chosen, page.text)
    assert merged.status_code == 303
    record = client.get(f"/o/customer/{first}").text
    assert "Optik am Nordtor" in record
    assert record.count("之后被合并的记录") == 1
    assert client.get(f"/o/customer/{second}").headers["Location"].endswith(str(first))
    (undo,) = set(re.findall(r"/merges/[0-9a-f-]+/undo", record))
    assert client.post(undo, {}, client.get(undo).text).status_code == 303
    apart = client.get(f"/o/customer/{first}").text
    assert "Nordlicht Optik" in apart
    assert "之后被合并的记录" not in apart
    assert client.get(f"/o/customer/{second}").status_code == 200


def test_a_scan_finds_the_group_and_merges_it(crm: Site, sign_in: SignIn, pair: tuple[UUID, UUID]) -> None:
    client, admin = sign_in("wang"), sign_in("admin")
    shown = client.get("/o/customer/duplicates").text
    assert "duplicates/scan" not in shown
    assert client.post("/o/customer/duplicates/scan", {}, shown).status_code == 403, "a scan reads what wang may not"
    admin.post("/o/customer/duplicates/scan", {}, admin.get("/o/customer/duplicates").text)
    worker = Worker(crm)
    while worker.step():
        pass
    page = client.get("/o/customer/duplicates").text
    assert "Nordlicht Optik" in page
    client.post("/o/customer/duplicates/merge", {"group": str(min(pair))}, page)
    assert client.get(f"/o/customer/{max(pair)}").status_code == 303


def test_a_lead_is_converted_into_a_known_customer(crm: Site, sign_in: SignIn, pair: tuple[UUID, UUID]) -> None:
    lead = add(crm, "lead", owner="wang", name="Lenses", organization="Nordlicht", person="Ada", phone=PHONE)
    run_unit(crm, Actor.system(), lambda unit: unit.transition("lead", [lead], "contact"), source="system")
    client = sign_in("wang")
    address = f"/o/lead/{lead}/convert/lead_to_deal"
    page = client.get(f"/o/lead/{lead}").text
    (first,) = re.findall(r'<a class="btn record-way btn-primary"[^>]*href="([^"]*)"', page)
    assert first == address, "to convert is what one wants; to link by hand is in the menu"
    assert page.index("status.convert") > page.index("dropdown-menu")
    dialog = client.get(address).text
    assert "Nordlicht Optik" in dialog
    assert "&lt;a" not in dialog
    assert "<dd>Nordlicht</dd>" in dialog
    chosen = {"use.customer": str(pair[0]), "make.opportunity": "1"}
    done = client.post(address, chosen, dialog)
    assert done.headers["Location"].startswith(f"/o/customer/{pair[0]}")
    assert "Ada" in client.get(f"/o/customer/{pair[0]}").text
    assert client.post(address, chosen, dialog).status_code == 409
    assert address not in client.get(f"/o/lead/{lead}").text
