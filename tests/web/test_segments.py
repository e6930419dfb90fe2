"""The pages of segments: how many records are in each, what they have in common, within the rights of who looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from formline.runtime.access import Actor
from formline.runtime.unit import run_unit
from formline.web.auth import accounts
from tests.web.conftest import Person

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what the pages ask is tested on both databases where it lives."""
    return "sqlite"


def add(site: Site, owner: str, **values: object) -> None:
    with site.reading() as connection:
        account = accounts.find(connection, site.release, owner)
    assert account is not None
    row = {"owner": account.user_id, "audiences": ["gift_list"], **values}
    run_unit(site, Actor.system(), lambda unit: unit.create("customer", [row]), confirm=True)


def shown(page: str) -> int:
    """Return the number of records that a profile says."""
    return int(page.partition('<div class="stat-value">')[2].partition("<")[0])


def test_a_profile_counts_what_its_reader_sees_and_leads_to_the_list(crm: Site, sign_in: SignIn) -> None:
    wang = sign_in("wang")
    before = shown(wang.get("/segments/gift_list").text)
    add(crm, "wang", name="Alpha presents", level="a", industry="retail")
    add(crm, "wang", name="Beta presents", level="b", industry="retail")
    add(crm, "zheng", name="Gamma presents", level="a")
    assert 'href="/segments/gift_list"' in wang.get("/segments").text
    page = wang.get("/segments/gift_list").text
    assert shown(page) == before + 2
    assert 'href="/o/customer?f=audiences~contains~gift_list&amp;f=level~eq~a"' in page
    listed = wang.get("/o/customer?f=audiences~contains~gift_list&f=level~eq~a").text
    assert "Alpha presents" in listed
    assert "Beta presents" not in listed
    assert "Gamma presents" not in listed
    assert wang.get("/segments/customer_rfm").status_code == 404
