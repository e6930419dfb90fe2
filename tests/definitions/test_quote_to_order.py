"""M7 to M9: a quote becomes a contract and the contract orders, at a button; what is open stays right in a race."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from formline.errors import AccessDeniedError, FormlineError, ValidationError
from formline.runtime.converting.converting import Choice, Result, convert
from formline.runtime.converting.preview import preview
from formline.runtime.unit import run_unit
from tests.definitions.crm import Crm, messages


def run(crm: Crm, who: str, name: str, key: UUID, numbers: Mapping[UUID, Any] | None = None) -> list[Result]:
    conversion = crm.site.release.catalog.get("conversion", name)
    choice = Choice(numbers=numbers or {})
    return run_unit(crm.site, crm.actor(who), lambda unit: convert(unit, conversion, key, choice), confirm=True)


def offered(crm: Crm, who: str, name: str, key: UUID) -> bool:
    conversion = crm.site.release.catalog.get("conversion", name)
    with crm.site.reading() as connection:
        return preview(connection, crm.site.release, crm.actor(who), [conversion], key)[name].open


def quote(crm: Crm) -> UUID:
    """Return an accepted quote of 10 gateways and a free line, with 5 % off."""
    lines = [
        {"product": crm.key("product", "gw"), "quantity": 10, "price": 6000, "tax_rate": 13},
        {"name": "安装", "quantity": 1, "price": 2000, "tax_rate": 6},
    ]
    common = {"customer": crm.key("customer", "huadong"), "book": crm.key("price_book", "key"), "lines": lines}
    key = crm.create("wang", "quote", confirm=True, name="网关报价", discount=5, **common)
    crm.move("wang", "quote", key, "send")
    crm.move("wang", "quote", key, "accept")
    return key


def lines_of(crm: Crm, name: str, parent: str, key: UUID, *fields: str) -> list[Mapping[str, Any]]:
    return crm.rows(name, *fields, where={"field": parent, "op": "eq", "value": key})


def active(crm: Crm, key: UUID) -> UUID:
    """Make a contract active as the platform does when everybody agreed."""
    days = {"signed_on": crm.today, "starts_on": crm.today, "ends_on": crm.day(364)}
    plan = [{"name": "全款", "due_on": crm.day(30), "amount": crm.get("contract", key, "amount")}]
    crm.update("wang", "contract", key, **days, instalments=plan)
    crm.move("", "contract", key, "sign")
    return key


def test_an_accepted_quote_becomes_one_contract_and_a_second_only_of_what_is_open(crm: Crm) -> None:
    key = quote(crm)
    (made,) = run(crm, "wang", "quote_to_contract", key)
    fields = ("name", "customer", "quote", "status", "discount", "owner")
    found = crm.get("contract", made.id, *fields)
    assert found == ("网关报价", crm.key("customer", "huadong"), key, "draft", 5, crm.key("user", "wang"))
    assert crm.get("contract", made.id, "amount") == crm.get("quote", key, "total") != 0
    lines = lines_of(crm, "contract_line", "contract", made.id, "name", "quantity", "price", "open")
    assert {(row["name"], row["quantity"], row["open"]) for row in lines} == {
        ("Edge Gateway G5", 10, 10),
        ("安装", 1, 1),
    }
    assert not offered(crm, "wang", "quote_to_contract", key)
    with pytest.raises(ValidationError, match="left"):
        run(crm, "wang", "quote_to_contract", key)
    run_unit(crm.site, crm.actor("wang"), lambda unit: unit.delete("contract", [made.id]))
    assert offered(crm, "wang", "quote_to_contract", key)
    with pytest.raises(FormlineError):
        run(crm, "zheng", "quote_to_contract", key)


def test_drafts_and_strangers_convert_nothing(crm: Crm) -> None:
    assert not offered(crm, "wang", "quote_to_contract", crm.key("quote", "q_erp"))
    with pytest.raises(ValidationError):
        run(crm, "wang", "quote_to_contract", crm.key("quote", "q_erp"))
    with pytest.raises(AccessDeniedError):
        run(crm, "qian", "contract_to_order", crm.key("contract", "k_df"))


def test_a_contract_is_ordered_in_parts_until_nothing_is_open(crm: Crm) -> None:
    contract = active(crm, run(crm, "wang", "quote_to_contract", quote(crm))[0].id)
    gateways, install = sorted(
        lines_of(crm, "contract_line", "contract", contract, "quantity"), key=lambda row: -row["quantity"]
    )
    (first,) = run(crm, "wang", "contract_to_order", contract, {gateways["id"]: "4", install["id"]: "0"})
    assert [row["quantity"] for row in lines_of(crm, "order_line", "order", first.id, "quantity")] == [4]
    assert crm.get("contract_line", gateways["id"], "ordered", "open") == (4, 6)
    with pytest.raises(ValidationError, match="0 to 6"):
        run(crm, "wang", "contract_to_order", contract, {gateways["id"]: "7"})
    (line,) = lines_of(crm, "order_line", "order", first.id, "quantity")
    assert "More is ordered" in messages(lambda: crm.update("wang", "order_line", line["id"], quantity=11))
    (second,) = run(crm, "wang", "contract_to_order", contract)
    assert crm.get("contract_line", gateways["id"], "open") == 0
    assert not offered(crm, "wang", "contract_to_order", contract)
    crm.move("wang", "order", second.id, "cancel")
    assert crm.get("contract_line", gateways["id"], "ordered", "open") == (4, 6)
    assert offered(crm, "wang", "contract_to_order", contract)


def test_two_clerks_at_once_order_no_more_than_is_open(crm: Crm) -> None:
    contract = active(crm, run(crm, "wang", "quote_to_contract", quote(crm))[0].id)
    lines = lines_of(crm, "contract_line", "contract", contract, "quantity")
    gateways = next(row["id"] for row in lines if row["quantity"] == 10)
    outcomes: list[str] = []

    def clerk() -> None:
        try:
            run(crm, "wang", "contract_to_order", contract, {gateways: "6"})
            outcomes.append("ordered")
        except ValidationError:
            outcomes.append("too much")

    threads = [threading.Thread(target=clerk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["ordered", "too much", "too much", "too much"]
    assert Decimal(crm.get("contract_line", gateways, "open")) == 4


def test_a_renewal_is_a_linked_draft_for_as_long_again(crm: Crm) -> None:
    contract = crm.key("contract", "k_gl")
    (made,) = run(crm, "chen", "contract_renewal", contract)
    starts, ends = crm.get("contract", contract, "starts_on", "ends_on")
    renewed = crm.get("contract", made.id, "renews", "status", "amount", "kind")
    assert renewed == (contract, "draft", crm.get("contract", contract, "amount"), "service")
    new_start, new_end = crm.get("contract", made.id, "starts_on", "ends_on")
    assert ((new_start - ends).days, new_end - new_start) == (1, ends - starts)
    assert [row["name"] for row in lines_of(crm, "contract_line", "contract", made.id, "name")] == ["年度维保服务"]
    assert not offered(crm, "chen", "contract_renewal", contract)
