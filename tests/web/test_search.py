"""The search page and the command menu: groups, what matched, places and actions by pinyin, remembered records."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7
from formline.runtime.unit import Unit, run_unit
from formline.web.auth import accounts

if TYPE_CHECKING:
    from uuid import UUID

    from formline.runtime.site import Site
    from tests.web.conftest import Person


def add_customer(site: Site, login: str, **values: str) -> UUID:
    """Create a customer that a person owns."""
    with site.reading() as connection:
        account = accounts.find(connection, site.release, login)
    assert account is not None

    def work(unit: Unit) -> UUID:
        return unit.create("customer", [{"owner": account.user_id, **values}])[0]

    return run_unit(site, Actor.system(), work, confirm=True)


def test_the_page(crm: Site, sign_in: Callable[[str], Person]) -> None:
    """By object, with the label of the field that matched, and a way to the list where there is more."""
    for number in range(11):
        add_customer(crm, "wang", name=f"远航电子{number}", phone=f"139000000{number:02}")
    wang = sign_in("wang")
    page = wang.get("/search?q=远航").text
    assert page.count('class="entry-title">远航电子') == 10
    assert "/o/customer?q=" in page
    by_number = wang.get("/search?q=13900000007").text
    assert "远航电子7" in by_number
    assert "远航电子8" not in by_number
    assert "远航" not in sign_in("wu").get("/search?q=13900000007").text
    assert "entry-title" not in wang.get("/search?q=%00%01").text


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("远航", "/o/customer/"),
        ("yuanhang", "/o/customer/"),
        ("yh", "/o/customer/"),
        ("", 'data-post="/logout"'),
        ("English", 'data-value="en"'),
    ],
)
def test_the_menu(crm: Site, sign_in: Callable[[str], Person], asked: str, part: str) -> None:
    """Records by name, pinyin and initials; without words all places and actions."""
    add_customer(crm, "wang", name="远航电子")
    assert part in sign_in("wang").get(f"/search/menu?q={asked}").text


def test_pins_lead_the_menu_with_todays_rights(crm: Site, sign_in: Callable[[str], Person]) -> None:
    """A record and views, the newest first, on every browser of the person; letting go removes them."""
    mine = add_customer(crm, "wang", name="置顶客户")
    wang = sign_in("wang")
    record = wang.get(f"/o/customer/{mine}").text
    assert 'aria-pressed="false"' in record
    assert wang.post("/pins", {"pin": f"customer/{mine}"}, record).status_code == 303
    pinned = wang.post("/pins", {"pin": "opportunity?view=opportunities_mine"}, record, headers={"HX-Request": "true"})
    assert 'name="off" value="1"' in pinned.text
    lists = wang.get("/o/opportunity?view=opportunities_mine").text
    assert 'name="off" value="1"' in lists
    made = wang.post("/o/customer/views/new", {"name": "我的华东", "q": "东"}, record)
    saved = re.findall(r"saved=([0-9a-f-]{36})", made.headers["Location"])[0]
    wang.post("/pins", {"pin": f"customer?saved={saved}"}, record)
    menu = sign_in("wang").get("/search/menu").text
    head = menu[menu.index("commands-pinned") : menu.index("commands-places")]
    assert re.findall(r"<span>([^<]+)</span>", head) == ["我的华东", "我的商机", "置顶客户"]
    assert "commands-pinned" not in wang.get("/search/menu?q=x").text

    other = sign_in("wu")
    page = other.get("/o/customer").text
    assert other.post("/pins", {"pin": f"customer/{mine}"}, page).status_code == 404
    other.post("/pins", {"pin": f"customer?saved={saved}"}, page)
    assert "我的华东" not in other.get("/search/menu").text
    for wrong in ("", "customer", "nothing/" + str(mine), "customer?view=", "customer/x", "customer?x=y"):
        assert wang.post("/pins", {"pin": wrong}, record).status_code == 404, wrong

    wang.post("/pins", {"pin": f"customer/{mine}", "off": "1"}, record)
    assert "置顶客户" not in wang.get("/search/menu").text


def test_remembered_records_are_read_with_todays_rights(crm: Site, sign_in: Callable[[str], Person]) -> None:
    """What the browser names is shown by title; what is out of reach, gone or no name is not."""
    mine = add_customer(crm, "wang", name="我的客户")
    asked = "&".join(
        f"recent={each}" for each in (f"customer/{mine}", f"customer/{uuid7()}", "customer/x", "nothing/1")
    )
    menu = sign_in("wang").get(f"/search/menu?{asked}").text
    assert "我的客户" in menu
    assert menu.count('href="/o/customer/') == menu.count("/o/customer/new") + 1
    assert str(mine) not in sign_in("wu").get(f"/search/menu?{asked}").text
