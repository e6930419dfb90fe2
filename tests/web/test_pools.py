"""The pages of pools: what members see and do, masked values, limits in words, and what stays closed to others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from formline.runtime.access import Actor
from formline.runtime.unit import run_unit
from formline.web.auth import accounts
from tests.web.conftest import Person

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
PAGE = "/pools/customer_pool"


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what the pages ask is tested on both databases where it lives."""
    return "sqlite"


def user_id(site: Site, login: str) -> UUID:
    with site.reading() as connection:
        account = accounts.find(connection, site.release, login)
    assert account is not None
    return account.user_id


def add(site: Site, name: str, owner: str = "") -> UUID:
    values = {"name": name, "phone": "13812345678", "owner": user_id(site, owner) if owner else None}
    (key,) = run_unit(site, Actor.system(), lambda unit: unit.create("customer", [values]))
    return key


def test_a_member_finds_and_claims_a_customer_whose_phone_was_masked(crm: Site, sign_in: SignIn) -> None:
    key = add(crm, "Free as a bird")
    wang = sign_in("wang")
    assert wang.get(f"/o/customer/{key}").status_code == 404
    assert '/pools/customer_pool"' in wang.get("/pools").text
    page = wang.get(f"{PAGE}?q=bird").text
    assert "Free as a bird" in page
    assert "138****5678" in page
    assert "13812345678" not in page
    assert wang.post(f"{PAGE}/claim", {"id": str(key)}, page).status_code == 303
    assert "138 1234 5678" in wang.get(f"/o/customer/{key}").text.replace("&nbsp;", " ").replace(
        "13812345678", "138 1234 5678"
    )
    again = sign_in("wu")
    answer = again.post(f"{PAGE}/claim", {"id": str(key)}, again.get(PAGE).text)
    assert answer.status_code == 409
    assert 'class="notice tone-red"' in answer.text


def test_an_owner_puts_a_customer_back_and_may_not_have_it_at_once(crm: Site, sign_in: SignIn) -> None:
    key = add(crm, "To and fro", "wang")
    wang = sign_in("wang")
    page = wang.get(f"/o/customer/{key}").text
    assert f"/o/customer/{key}/put-back" in page
    dialog = wang.get(f"/o/customer/{key}/put-back").text
    assert wang.post(f"/o/customer/{key}/put-back", {"reason": "No budget"}, dialog).status_code == 303
    assert wang.get(f"/o/customer/{key}").status_code == 404
    answer = wang.post(f"{PAGE}/claim", {"id": str(key)}, wang.get(PAGE).text)
    assert answer.status_code == 422


def test_only_administrators_of_the_pool_assign(crm: Site, sign_in: SignIn) -> None:
    key = add(crm, "For wu")
    wang, zhao = sign_in("wang"), sign_in("zhao")
    to = {"id": str(key), "to": str(user_id(crm, "wu"))}
    assert wang.get(f"{PAGE}/assign?id={key}").status_code == 404
    assert wang.post(f"{PAGE}/assign", to, wang.get(PAGE).text).status_code == 404
    dialog = zhao.get(f"{PAGE}/assign?id={key}").text
    assert zhao.post(f"{PAGE}/assign", to, dialog).status_code == 303
    assert sign_in("wu").get(f"/o/customer/{key}").status_code == 200


def test_a_colleagues_customer_is_not_put_back(crm: Site, sign_in: SignIn) -> None:
    key = add(crm, "Not mine", "wu")
    wang = sign_in("wang")
    assert wang.get(f"/o/customer/{key}/put-back").status_code == 404
    assert wang.post(f"/o/customer/{key}/put-back", {}, wang.get(PAGE).text).status_code == 404


def test_who_is_in_no_pool_finds_none(crm: Site, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    assert admin.get(PAGE).status_code == 404
    assert admin.get(f"{PAGE}/losses").status_code == 404


@pytest.mark.parametrize("days", ["1", "7", "30", "9999", "x"])
def test_the_page_of_losses_opens(sign_in: SignIn, days: str) -> None:
    assert sign_in("zhao").get(f"{PAGE}/losses?days={days}").status_code == 200
