"""M9 Order: confirm, then pay and ship on two independent ways until it is done; parts of both; cancelling."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from formline.errors import FormlineError
from tests.definitions.crm import Crm, messages


def order(crm: Crm, confirmed: bool = True) -> tuple[UUID, UUID]:
    """Return an order of ten pieces for 1000, and its line."""
    line = {"name": "设备", "quantity": 10, "price": 100}
    record = crm.create("wang", "order", name="测试订单", customer=crm.key("customer", "huadong"), lines=[line])
    if confirmed:
        crm.move("wang", "order", record, "confirm")
    rows = crm.rows("order_line", where={"field": "order", "op": "eq", "value": record})
    return record, rows[0]["id"]


def ship(crm: Crm, record: UUID, line: UUID, quantity: int) -> UUID:
    lines: list[dict[str, Any]] = [{"order_line": line, "quantity": quantity}]
    return crm.create("admin", "shipment", order=record, carrier="顺丰速运", lines=lines)


def pay(crm: Crm, record: UUID, amount: int) -> UUID:
    customer = crm.key("customer", "huadong")
    return crm.create("qian", "receipt", customer=customer, order=record, amount=amount)


def states(crm: Crm, record: UUID) -> Any:
    return crm.get("order", record, "status", "payment", "shipping")


def test_an_order_is_done_when_it_is_paid_and_shipped(crm: Crm) -> None:
    record, line = order(crm)
    ship(crm, record, line, 4)
    assert states(crm, record) == ("confirmed", "unpaid", "partly_shipped")
    pay(crm, record, 1000)
    assert states(crm, record) == ("confirmed", "paid", "partly_shipped")
    ship(crm, record, line, 6)
    assert states(crm, record) == ("done", "paid", "shipped")


def test_it_may_be_shipped_before_it_is_paid(crm: Crm) -> None:
    record, line = order(crm)
    ship(crm, record, line, 10)
    pay(crm, record, 300)
    assert states(crm, record) == ("confirmed", "partly_paid", "shipped")
    assert record in crm.in_view("orders_unpaid", "order", "qian")
    pay(crm, record, 700)
    assert states(crm, record) == ("done", "paid", "shipped")


def test_a_draft_moves_nowhere_and_empty_orders_are_not_confirmed(crm: Crm) -> None:
    record, _ = order(crm, confirmed=False)
    assert states(crm, record) == ("draft", "unpaid", "waiting")
    empty = crm.create("wang", "order", name="空", customer=crm.key("customer", "huadong"))
    assert "at least one line" in messages(lambda: crm.move("wang", "order", empty, "confirm"))
    crm.move("wang", "order", record, "confirm")
    with pytest.raises(FormlineError):
        crm.move("wang", "order", record, "confirm")
    assert crm.get("order", record, "status") == "confirmed"


def test_more_than_ordered_is_not_shipped(crm: Crm) -> None:
    record, line = order(crm)
    ship(crm, record, line, 10)
    assert "More is shipped" in messages(lambda: ship(crm, record, line, 1))
    assert crm.get("order", record, "shipping") == "shipped"


def test_an_order_with_money_or_goods_under_way_is_not_cancelled(crm: Crm) -> None:
    record, _ = order(crm)
    pay(crm, record, 100)
    assert "take them back" in messages(lambda: crm.move("wang", "order", record, "cancel"))
    pay(crm, record, -100)
    assert crm.get("order", record, "payment") == "unpaid"
    crm.move("wang", "order", record, "cancel")
    assert crm.get("order", record, "status") == "cancelled"


def test_numbers_are_given_and_the_customer_shows_what_is_open(crm: Crm) -> None:
    customer = crm.create("wang", "customer", name="订单客户")
    line = {"name": "设备", "quantity": 1, "price": 500}
    record = crm.create("wang", "order", name="订单", customer=customer, lines=[line])
    crm.move("wang", "order", record, "confirm")
    assert crm.get("order", record, "number").startswith("SO-")
    crm.create("qian", "receipt", customer=customer, order=record, amount=200)
    assert crm.get("customer", customer, "ordered", "order_paid", "receivable") == (500, 200, 300)
