"""S4, S5 on storefronts: whatever a cart, a search or an order says, it is refused in words and orders nothing."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.definitions.crm import Crm
from tests.web import conftest as web
from tests.web import test_storefronts as fronts
from tests.web.test_storefronts import Guest, orders

# Fixtures of other folders, by their names.
app, crm, helper, guest = web.app, web.crm, fronts.helper, fronts.guest
CARTS = ("[" * 7_000, '{"a":' * 1_200, "null", "1", '"x"', '{"%s": {"a": 1}}', '{"%s": "1e999999"}', '{"%s": "NaN"}')


@pytest.mark.parametrize("cart", CARTS)
def test_a_cart_that_makes_no_sense_is_empty(guest: Callable[..., Guest], helper: Crm, cart: str) -> None:
    buyer = guest()
    text = cart.replace("%s", str(helper.key("product", "sensor")))
    escaped = text.replace('"', '\\"')
    page = buyer.client.get(f"{buyer.path}/cart", headers={"Cookie": f'formline_cart="{escaped}"'})
    assert page.status_code == 200
    assert 'name="q.' not in page.text


@pytest.mark.parametrize("text", ["\0", "a\0b", "%", "_", "\\", "\ud7ff", "'", "a" * 5_000])
def test_any_search_is_answered(guest: Callable[..., Guest], text: str) -> None:
    assert guest().get(f"?q={quote(text)}").status_code == 200


@pytest.mark.parametrize("nonce", ["", "short", "a" * 101, "a\0" + "b" * 20, "ü" * 20, "a b" * 10])
def test_an_order_has_a_name_that_the_page_made(guest: Callable[..., Guest], helper: Crm, nonce: str) -> None:
    buyer = guest()
    buyer.add(helper.key("product", "sensor"), 1)
    before = len(orders(helper, "huadong"))
    assert buyer.post("/order", nonce=nonce).status_code == 303
    assert len(orders(helper, "huadong")) == before


def test_a_note_with_signs_that_no_text_has_is_refused(guest: Callable[..., Guest], helper: Crm) -> None:
    buyer = guest()
    buyer.add(helper.key("product", "sensor"), 1)
    before = len(orders(helper, "huadong"))
    assert buyer.post("/order", nonce=buyer.nonce(), note="a\0b").status_code == 422
    assert len(orders(helper, "huadong")) == before
