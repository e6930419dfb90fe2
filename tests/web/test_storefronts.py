"""Storefronts: links kept as hashes, the customer's own prices, a cart that becomes one draft order; both databases."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from formline.errors import ConflictError
from formline.runtime.storefronts import links, ordering
from formline.runtime.tables import public_link
from formline.web.storefronts.carts import quantity
from tests.definitions.crm import Crm
from tests.web.conftest import Person, token_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]


@dataclass
class Guest:
    """Somebody outside with a link."""

    client: FlaskClient
    path: str

    def get(self, path: str = "", **values: Any) -> Any:
        return self.client.get(self.path + path, **values)

    def post(self, path: str, **data: Any) -> Any:
        return self.client.post(self.path + path, data=data)

    def add(self, product: UUID, number: object) -> None:
        assert self.post("/cart", add=str(product), quantity=str(number)).status_code == 303

    def nonce(self) -> str:
        found = re.search(r'name="nonce" value="([^"]+)"', self.get("/cart").text)
        assert found is not None
        return found[1]


@pytest.fixture
def helper(crm: Site) -> Crm:
    return Crm(crm)


@pytest.fixture
def guest(app: Flask, helper: Crm) -> Callable[..., Guest]:
    """Return ``guest(contact)``: who holds a new link of a contact."""

    def make(contact: str = "zhang_zong") -> Guest:
        site = helper.site
        front = site.release.catalog.get("storefront", "product_shop")
        with site.writing() as connection:
            token = links.make(connection, site.release, front, helper.key("contact", contact), None, datetime.now(UTC))
        return Guest(app.test_client(), f"/s/{token}")

    return make


def orders(helper: Crm, customer: str) -> list[Any]:
    where = {"and": [
        {"field": "customer", "op": "eq", "value": helper.key("customer", customer)},
        {"field": "channel", "op": "eq", "value": "online"},
    ]}  # fmt: skip
    return helper.rows("order", "name", "contact", "owner", "status", "total", "note", "payment", where=where)


@pytest.mark.parametrize(
    ("contact", "price"), [("zhang_zong", "¥5,152.00"), ("shen", "¥5,600.00"), ("he", "¥5,152.00")]
)
def test_the_list_has_the_prices_of_whose_link_it_is(
    guest: Callable[..., Guest], helper: Crm, contact: str, price: str
) -> None:
    page = guest(contact).get("?q=Gateway").text
    assert "Edge Gateway G5" in page
    assert "Edge Gateway G3" not in page  # not on sale
    assert price in page
    for hidden in ("floor", "4,500", "240"):  # floor price and stock are not listed
        assert hidden not in page


def test_a_cart_becomes_one_draft_order_of_the_customer(guest: Callable[..., Guest], helper: Crm) -> None:
    who = guest()
    before = len(orders(helper, "huadong"))
    who.add(helper.key("product", "gw"), 3)
    who.add(helper.key("product", "panel"), 2)
    who.add(helper.key("product", "gw"), 1)
    page = who.get("/cart").text
    assert "¥29,008.00" in page  # 4 x 5152 + 2 x 4200
    nonce = who.nonce()
    cookie = who.client.get_cookie("formline_cart", path=who.path)
    assert cookie is not None
    assert who.post("/order", nonce=nonce, note="周五前送达").status_code == 303
    who.client.set_cookie("formline_cart", cookie.value, path=who.path)
    assert who.post("/order", nonce=nonce).status_code == 303  # sent twice, made once
    found = orders(helper, "huadong")
    assert len(found) == before + 1
    made = max(found, key=lambda row: row["id"])
    assert made["contact"] == helper.key("contact", "zhang_zong")
    assert made["owner"] == helper.key("user", "wang")
    assert (made["status"], made["payment"], made["total"], made["note"]) == (
        "draft", "unpaid", Decimal("29008.00"), "周五前送达",
    )  # fmt: skip
    helper.work()
    assert ("wang", "custom_order_came_in") in helper.told(made["id"])
    helper.move("wang", "order", made["id"], "confirm")


def test_prices_and_fields_come_from_the_definition_alone(guest: Callable[..., Guest], helper: Crm) -> None:
    who = guest("shen")
    who.add(helper.key("product", "gw"), 1)
    who.add(helper.key("product", "old"), 5)  # not on sale: not taken
    who.add(UUID(int=7), 5)
    extra = {"price": "1", "owner": str(helper.key("user", "wu")), "status": "done", "customer": "x"}
    assert who.post("/order", nonce=who.nonce(), **extra).status_code == 303
    made = max(orders(helper, "qiming"), key=lambda row: row["id"])
    assert (made["total"], made["status"]) == (Decimal(5600), "draft")
    assert made["owner"] == helper.key("user", "chen")


def test_numbers_in_the_cart_are_changed_and_taken_out(guest: Callable[..., Guest], helper: Crm) -> None:
    who, gateway = guest(), helper.key("product", "gw")
    who.add(gateway, 3)
    who.post("/cart", **{f"q.{gateway}": "5"})
    assert 'value="5"' in who.get("/cart").text
    who.post("/cart", **{f"q.{gateway}": "0"})
    assert "nonce" not in who.get("/cart").text
    assert who.post("/order", nonce="x" * 20).status_code == 303
    who.client.set_cookie("formline_cart", "not json", path=who.path)
    assert who.get("/cart").status_code == 200


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", "2"), (" 2.5 ", "2.5"), ("0", "0"), ("-1", None), ("1e9", None), ("NaN", None), ("x", None), ("", None)],
)
def test_numbers_of_pieces(text: str, number: str | None) -> None:
    assert quantity(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize("change", ["expired", "revoked", "unknown", "gone"])
def test_links_that_hold_no_more_look_the_same(guest: Callable[..., Guest], helper: Crm, change: str) -> None:
    who = guest("liu_it")
    assert who.get().status_code == 200
    with helper.site.writing() as connection:
        newest = connection.execute(select(public_link.c.id).order_by(public_link.c.id.desc()).limit(1)).scalar_one()
        mine = update(public_link).where(public_link.c.id == newest)
        if change == "expired":
            connection.execute(mine.values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        if change == "revoked":
            connection.execute(mine.values(revoked_at=datetime.now(UTC)))
        if change == "gone":
            connection.execute(mine.values(record_id=UUID(int=5)))
    if change == "unknown":
        who = Guest(who.client, "/s/" + "A" * 22)
    answers = [who.get(path) for path in ("", "/cart", f"/p/{helper.key('product', 'gw')}", "/thanks")]
    answers.append(who.post("/order", nonce="x" * 20))
    assert {answer.status_code for answer in answers} == {404}


def test_a_token_is_kept_as_a_hash_and_a_link_takes_so_many_orders(guest: Callable[..., Guest], helper: Crm) -> None:
    who = guest()
    token = who.path.removeprefix("/s/")
    site, now = helper.site, datetime.now(UTC)
    with site.writing() as connection:
        rows = connection.execute(select(public_link)).mappings().all()
        assert not any(token in str(value) for row in rows for value in row.values())
        link = links.find(connection, token)
        assert link is not None
        connection.execute(update(public_link).where(public_link.c.id == link.id).values(most=2))
    front = site.release.catalog.get("storefront", "product_shop")
    cart = {helper.key("product", "gw"): Decimal(1)}
    outcomes: list[str] = []

    def order(nonce: str) -> None:
        try:
            outcomes.append("made" if ordering.place(site, front, link, cart, nonce, now) else "known")
        except ConflictError:
            outcomes.append("refused")

    threads = [threading.Thread(target=order, args=(f"nonce number {token} {n % 3}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes.count("made") == 2
    assert len(outcomes) == 6


def test_a_picture_of_something_else_is_not_sent(guest: Callable[..., Guest], helper: Crm) -> None:
    who = guest()
    assert who.get(f"/p/{helper.key('product', 'gw')}/pictures/{UUID(int=9)}").status_code == 404
    assert who.get(f"/p/{helper.key('product', 'old')}").status_code == 404


def test_links_are_made_shown_once_and_ended_by_who_may_change_the_contact(
    app: Flask, sign_in: SignIn, helper: Crm
) -> None:
    person, stranger = sign_in("wang"), sign_in("wu")
    contact = helper.key("contact", "zhang_zong")
    address = f"/o/contact/{contact}/links"
    assert person.get(f"/o/contact/{contact}").text.count(address) == 1
    token = token_of(person.get("/profile").text)
    made = person.client.post(f"{address}/product_shop", data={"csrf_token": token})
    assert made.status_code == 200
    found = re.search(r"/s/([\w-]{22})", made.text)
    assert found is not None
    assert found[0] not in person.get(address).text
    who = Guest(app.test_client(), found[0])
    assert who.get().status_code == 200
    assert stranger.get(address).status_code == 404
    key = re.search(rf"{address}/([0-9a-f-]{{36}})/end", person.get(address).text)
    assert key is not None
    other = token_of(stranger.get("/profile").text)
    assert stranger.client.post(f"{address}/{key[1]}/end", data={"csrf_token": other}).status_code == 404
    assert person.client.post(f"{address}/{key[1]}/end", data={"csrf_token": token}).status_code == 303
    assert who.get().status_code == 404
    assert person.client.post(f"{address}/other", data={"csrf_token": token}).status_code == 404
    assert person.client.post(f"{address}/product_shop").status_code == 400


def test_pages_are_for_nobody_else_to_frame_keep_or_index(guest: Callable[..., Guest]) -> None:
    answer = guest().get()
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
