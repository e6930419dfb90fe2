"""M7 Quote and product: price books by quantity and date, snapshots, totals with discount and tax, the floor price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from formline.errors import FormlineError
from tests.definitions.crm import Crm, messages


def quote(crm: Crm, lines: list[dict[str, Any]], confirm: bool = False, **values: Any) -> UUID:
    common = {"name": "测试报价", "customer": crm.key("customer", "huadong"), "book": crm.key("price_book", "key")}
    return crm.create("wang", "quote", confirm, **{**common, **values}, lines=lines)


def lines_of(crm: Crm, record: UUID, *fields: str) -> list[Any]:
    rows = crm.rows("quote_line", *fields, where={"field": "quote", "op": "eq", "value": record})
    return [tuple(Decimal(row[name]) for name in fields) for row in rows]


def test_the_price_comes_from_the_book_by_quantity(crm: Crm) -> None:
    gateway = crm.key("product", "gw")
    record = quote(crm, [{"product": gateway, "quantity": 10}, {"product": gateway, "quantity": 60}])
    assert sorted(lines_of(crm, record, "list_price", "price")) == [(5600, 4843), (5600, 5152)]


def test_without_a_price_in_the_book_the_list_price_counts(crm: Crm) -> None:
    record = quote(crm, [{"product": crm.key("product", "panel"), "quantity": 1}])
    assert lines_of(crm, record, "price", "tax_rate") == [(4200, 13)]


def test_lines_keep_the_price_of_their_day(crm: Crm) -> None:
    product = crm.create("xu", "product", name="快照产品", list_price=100, floor_price=60, tax_rate=6)
    record = quote(crm, [{"product": product, "quantity": 2}])
    crm.update("xu", "product", product, list_price=500, floor_price=400, tax_rate=13)
    assert lines_of(crm, record, "price", "floor_price", "tax_rate") == [(100, 60, 6)]


def test_totals_follow_discounts_and_tax(crm: Crm) -> None:
    free = {"name": "现场布线", "quantity": 1, "price": 500, "tax_rate": 6}
    record = quote(
        crm, [{"name": "设备", "quantity": 10, "price": 100, "discount": 10, "tax_rate": 13}, free], discount=10
    )
    totals = crm.get("quote", record, "net", "line_tax", "reduction", "tax", "total")
    assert [Decimal(value) for value in totals] == [1400, 147, 140, Decimal("132.3"), Decimal("1392.3")]


def test_below_the_floor_price_warns(crm: Crm) -> None:
    cheap = [{"product": crm.key("product", "gw"), "quantity": 1, "price": 4000}]
    assert "floor price" in messages(lambda: quote(crm, cheap))
    record = quote(crm, cheap, confirm=True)
    assert crm.get("quote", record, "below_floor") == 1
    assert record in crm.in_view("quotes_below_floor", "quote", "wang")


def test_a_quote_is_sent_with_lines_and_then_fixed(crm: Crm) -> None:
    empty = quote(crm, [])
    assert "at least one line" in messages(lambda: crm.move("wang", "quote", empty, "send"))
    record = quote(crm, [{"name": "设备", "price": 100}])
    crm.move("wang", "quote", record, "send")
    assert "discount" in messages(lambda: crm.update("wang", "quote", record, discount=20))
    crm.move("wang", "quote", record, "accept")
    with pytest.raises(FormlineError):
        crm.move("wang", "quote", record, "revise")


def test_prices_of_one_product_do_not_overlap(crm: Crm) -> None:
    book, product = crm.key("price_book", "standard"), crm.key("product", "erp")
    values = {"book": book, "product": product, "min_quantity": 1, "price": 1}
    assert "already" in messages(lambda: crm.create("xu", "price_book_entry", **values))
    far = {"valid_from": crm.day(900), "valid_to": crm.day(1000)}
    crm.create("xu", "price_book_entry", **values, **far)
    with pytest.raises(FormlineError):
        crm.create("wang", "price_book_entry", **values, valid_from=crm.day(2000), valid_to=crm.day(2001))


def test_a_floor_above_the_list_price_is_refused_and_categories_make_a_tree(crm: Crm) -> None:
    product = crm.key("product", "erp")
    assert "above the list price" in messages(lambda: crm.update("xu", "product", product, floor_price=999999))
    category = crm.key("product_category", "software")
    assert "below itself" in messages(lambda: crm.update("xu", "product_category", category, parent=category))


@pytest.mark.parametrize(
    ("customer", "values", "book"),
    [
        ("huadong", {}, "key"),
        ("qiming", {}, "standard"),
        ("dongfang", {}, "dealer"),
        ("bayern", {"currency": "EUR"}, "export"),
        ("huadong", {"currency": "EUR"}, "export"),
        ("huadong", {"currency": "USD"}, None),
    ],
)
def test_the_book_follows_level_relation_and_currency(
    crm: Crm, customer: str, values: dict[str, Any], book: str | None
) -> None:
    record = crm.create("", "quote", name="选价目表", customer=crm.key("customer", customer), **values)
    assert crm.get("quote", record, "book") == (crm.key("price_book", book) if book else None)


def test_the_book_follows_the_day_of_the_quote(crm: Crm) -> None:
    customer = crm.key("customer", "qiming")
    newer = crm.create("xu", "price_book", name="新标准价目表", valid_from=crm.day(10))
    product = crm.key("product", "gw")
    days = {"valid_from": crm.day(10), "valid_to": crm.day(400)}
    crm.create("xu", "price_book_entry", book=newer, product=product, price=5000, **days)
    line = [{"product": product, "quantity": 1}]
    common = {"customer": customer, "lines": line, "valid_until": crm.day(60)}
    today = crm.create("", "quote", name="今天", **common)
    later = crm.create("", "quote", name="以后", quoted_on=crm.day(12), **common)
    books = [crm.get("quote", one, "book") for one in (today, later)]
    assert books == [crm.key("price_book", "standard"), newer]
    assert [lines_of(crm, one, "price") for one in (today, later)] == [[(5600,)], [(5000,)]]
    late = {"book": newer, "customer": customer}
    assert "another time" in messages(lambda: crm.create("", "quote", name="太早", **late))


def test_a_quote_in_another_currency_keeps_exact_sums_and_its_own_floor(crm: Crm) -> None:
    gateway, panel = crm.key("product", "gw"), crm.key("product", "panel")
    lines = [{"product": gateway, "quantity": 3, "discount": 10}, {"product": panel, "quantity": 1}]
    record = quote(crm, lines, confirm=True, currency="EUR", book=None, customer=crm.key("customer", "huadong"))
    assert crm.get("quote", record, "rate", "currency") == (Decimal("7.8"), "EUR")
    crm.update("wang", "quote", record, book=crm.key("price_book", "export"), confirm=True)
    fields = ("list_price", "price", "price.currency", "floor_price", "own_amount", "below_floor")
    rows = crm.rows("quote_line", *fields, where={"field": "quote", "op": "eq", "value": record})
    found = {row["list_price"]: row for row in rows}
    # Without a book the list price in euros, 5600 / 7.8 and 4200 / 7.8.
    assert set(found) == {Decimal("717.95"), Decimal("538.46")}
    assert {row["price.currency"] for row in rows} == {"EUR"}
    assert found[Decimal("717.95")]["own_amount"] == Decimal("1938.47")  # 3 x 717.95 less 10 %
    assert found[Decimal("717.95")]["floor_price"] == Decimal("576.92")
    assert not any(row["below_floor"] for row in rows)
    net, tax, total = crm.get("quote", record, "own_net", "own_tax", "own_total")
    assert net == Decimal("2476.93")
    assert total == net + tax
    assert "currency" in messages(lambda: crm.update("wang", "quote", record, currency="CNY"))


def test_a_price_of_the_book_in_another_currency(crm: Crm) -> None:
    gateway = crm.key("product", "gw")
    lines = [{"product": gateway, "quantity": 10}, {"product": gateway, "quantity": 60}]
    record = crm.create("", "quote", name="EUR", customer=crm.key("customer", "bayern"), currency="EUR", lines=lines)
    assert sorted(lines_of(crm, record, "price")) == [(679,), (720,)]
    cheap = [{"product": gateway, "quantity": 1, "price": 570}]
    common = {"customer": crm.key("customer", "bayern"), "currency": "EUR", "lines": cheap}
    assert "floor price" in messages(lambda: crm.create("", "quote", name="EUR", **common))


def test_a_currency_without_a_rate_is_refused(crm: Crm) -> None:
    values = {"name": "JPY", "customer": crm.key("customer", "huadong"), "currency": "JPY"}
    assert "rate" in messages(lambda: crm.create("wang", "quote", **values))


def test_products_have_a_description_and_pictures(crm: Crm) -> None:
    kinds = {
        name: crm.site.release.catalog.object("product").fields[name].type.name for name in ("description", "pictures")
    }
    assert kinds == {"description": "long_text", "pictures": "image"}
