"""Merging and converting through the API."""

from __future__ import annotations

from collections.abc import Callable

from formline.runtime.site import Site
from tests.web.api.conftest import Caller
from tests.web.test_duplicates import PHONE, add


def test_records_are_merged_and_taken_back(crm: Site, caller: Callable[..., Caller]) -> None:
    first = add(crm, "customer", owner="wang", name="Nordlicht Optik", phone=PHONE)
    second = add(crm, "customer", owner="wang", name="Optik am Nordtor", phone=PHONE)
    call = caller("wang")
    merged = call("POST", f"/customer/{first}/merge", {"records": [str(second)], "fields": {"name": str(second)}})
    assert merged.status_code == 200
    assert call("GET", f"/customer/{first}").get_json()["name"] == "Optik am Nordtor"
    assert call("GET", f"/customer/{second}").status_code == 404
    undone = call("POST", f"/merges/{merged.get_json()['merge_id']}/undo")
    assert undone.get_json() == {"id": str(first)}
    assert call("GET", f"/customer/{second}").get_json()["name"] == "Optik am Nordtor"


def test_what_may_not_be_seen_is_not_merged(crm: Site, caller: Callable[..., Caller]) -> None:
    mine = add(crm, "customer", owner="wang", name="Nordlicht Optik")
    theirs = add(crm, "customer", owner="wu", name="Secret Harbour")
    call = caller("wang")
    assert call("POST", f"/customer/{mine}/merge", {"records": [str(theirs)]}).status_code == 404
    assert caller("wang", scopes=["read"])("POST", f"/customer/{mine}/merge", {"records": []}).status_code == 403


def test_a_lead_is_converted_once(crm: Site, caller: Callable[..., Caller]) -> None:
    lead = add(crm, "lead", owner="wang", name="Lenses", organization="Nordlicht", person="Ada", phone=PHONE)
    call = caller("wang")
    address = f"/lead/{lead}/convert/lead_to_deal"
    assert call("POST", address, {}).status_code == 422
    assert call("POST", f"/lead/{lead}/transitions/contact").status_code == 200
    made = call("POST", address, {"without": ["opportunity"]}, Formline_Confirm="1")
    assert made.status_code == 200
    assert [(one["object"], one["new"]) for one in made.get_json()["made"]] == [("customer", True), ("contact", True)]
    assert call("POST", address, {}, Formline_Confirm="1").status_code == 409
