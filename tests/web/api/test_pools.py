"""Pools through the API: members see masked values and claim, administrators assign, owners put back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from formline.runtime.site import Site
from tests.web.api.conftest import Caller
from tests.web.test_pools import add, user_id

CallerFor = Callable[..., Caller]


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what the pages ask is tested on both databases where it lives."""
    return "sqlite"


def test_a_member_sees_claims_and_puts_back(crm: Site, caller: CallerFor) -> None:
    key = str(add(crm, "Free as the wind"))
    wang = caller("wang")
    (pool,) = [one for one in wang("GET", "/pools").get_json()["data"] if one["name"] == "customer_pool"]
    assert (pool["object"], pool["member"], pool["administrator"]) == ("customer", True, False)
    assert pool["waiting"] >= 1
    (row,) = wang("GET", "/pools/customer_pool/records?search=the wind").get_json()["data"]
    assert (row["id"], row["name"], row["phone"], row["cause"]) == (key, "Free as the wind", "138****5678", "created")
    assert wang("GET", f"/customer/{key}").status_code == 404
    assert wang("POST", "/pools/customer_pool/claim", {"records": [key]}).get_json() == {"records": [key]}
    assert wang("GET", f"/customer/{key}").get_json()["phone"] == "13812345678"
    second = caller("wu")("POST", "/pools/customer_pool/claim", {"records": [key]})
    assert (second.status_code, second.get_json()["code"]) == (409, "pool_taken")
    assert wang("POST", f"/customer/{key}/put-back", {"reason": "moved away"}).get_json() == {"pool": "customer_pool"}
    assert wang("GET", f"/customer/{key}").status_code == 404


def test_administrators_assign_to_members(crm: Site, caller: CallerFor) -> None:
    key = str(add(crm, "Free as a fish"))
    sent = {"records": [key], "to": str(user_id(crm, "wu"))}
    assert caller("wang")("POST", "/pools/customer_pool/assign", sent).status_code == 403
    assert caller("li")("POST", "/pools/customer_pool/assign", sent).status_code == 200
    assert caller("wu")("GET", f"/customer/{key}").get_json()["name"] == "Free as a fish"


@pytest.mark.parametrize("sent", [{}, {"records": []}, {"records": "x"}, {"records": ["x"]}, {"records": [], "a": 1}])
def test_other_bodies_are_refused(crm: Site, caller: CallerFor, sent: dict[str, object]) -> None:
    assert caller("wang")("POST", "/pools/customer_pool/claim", sent).status_code == 422


def test_scopes_and_unknown_pools(crm: Site, caller: CallerFor) -> None:
    key = str(add(crm, "Free as a bear"))
    reading = caller("wang", scopes=["read"])
    assert reading("POST", "/pools/customer_pool/claim", {"records": [key]}).status_code == 403
    assert reading("GET", "/pools/nowhere/records").status_code == 404
    assert reading("GET", "/pools/customer_pool/records?skip=-1").status_code == 422
    assert caller("qian")("GET", "/pools/customer_pool/records").status_code == 404


def test_what_is_offered_is_described(crm: Site, caller: CallerFor) -> None:
    paths = caller("wang")("GET", "/openapi.json").get_json()["paths"]
    assert {"/pools/{pool}/claim", "/customer/{id}/put-back", "/customer/{id}/merge", "/merges/{merge_id}/undo"} <= set(
        paths
    )
    names = paths["/contract/{id}/convert/{conversion}"]["parameters"][1]["schema"]["enum"]
    assert names == ["contract_renewal", "contract_to_order"]
    assert "/contract/{id}/convert/{conversion}" not in caller("qian")("GET", "/openapi.json").get_json()["paths"]
