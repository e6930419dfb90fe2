"""M8 Contract: the payment plan, what is fixed once signed, supplements, renewals, what ends soon."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from formline.errors import FormlineError
from formline.runtime.converting.converting import Choice, convert
from formline.runtime.unit import run_unit
from tests.definitions.crm import Crm, messages


def contract(crm: Crm, amount: int = 1000, parts: tuple[int, ...] = (400, 600), **values: Any) -> UUID:
    plan = [{"name": f"第 {n} 期", "due_on": crm.day(30 * n), "amount": part} for n, part in enumerate(parts)]
    common = {"name": "测试合同", "customer": crm.key("customer", "huadong"), "amount": amount, "instalments": plan}
    dates = {"signed_on": crm.today, "starts_on": crm.today, "ends_on": crm.day(30)}
    return crm.create("wang", "contract", **{**common, **dates, **values})


def test_the_plan_is_never_more_than_the_amount(crm: Crm) -> None:
    assert "more than the amount" in messages(lambda: contract(crm, parts=(600, 600)))
    record = contract(crm)
    assert "more than the amount" in messages(lambda: crm.update("wang", "contract", record, amount=900))


def test_payment_follows_the_plan(crm: Crm) -> None:
    record = contract(crm)
    crm.sign("wang", record)
    assert record in crm.in_view("contracts_unpaid", "contract", "wang")
    states = [crm.get("contract", record, "payment_status")]
    rows = crm.rows("instalment", "amount", where={"field": "contract", "op": "eq", "value": record})
    for row in sorted(rows, key=lambda row: row["amount"]):
        crm.update("qian", "instalment", row["id"], paid_on=crm.today)
        states.append(crm.get("contract", record, "payment_status"))
    assert states == ["unpaid", "partly_paid", "paid"]
    assert Decimal(crm.get("contract", record, "outstanding")) == 0
    crm.move("wang", "contract", record, "complete")


def test_only_drafts_can_be_changed(crm: Crm) -> None:
    record = contract(crm)
    crm.update("wang", "contract", record, amount=1100)
    crm.sign("wang", record)
    for change in ({"discount": 5}, {"customer": crm.key("customer", "yunfan")}):
        assert next(iter(change)) in messages(lambda values=change: crm.update("wang", "contract", record, **values))
    with pytest.raises(FormlineError):
        crm.move("wang", "contract", record, "terminate")
    crm.move("li", "contract", record, "terminate")


def test_a_contract_without_a_plan_is_not_signed(crm: Crm) -> None:
    record = contract(crm, parts=())
    assert "instalment" in messages(lambda: crm.move("wang", "contract", record, "sign"))


def test_supplements_name_their_contract_and_add_up(crm: Crm) -> None:
    main = contract(crm)
    assert "main_contract" in messages(lambda: contract(crm, kind="supplement"))
    supplement = contract(crm, kind="supplement", main_contract=main)
    assert Decimal(crm.get("contract", main, "supplemented")) == 0
    crm.sign("wang", supplement)
    assert Decimal(crm.get("contract", main, "supplemented")) == 1000
    assert "itself" in messages(lambda: crm.update("wang", "contract", main, renews=main))


def test_what_ends_soon_and_what_is_due_have_lists(crm: Crm) -> None:
    record = contract(crm)
    assert record not in crm.in_view("contracts_expiring", "contract", "wang")
    crm.sign("wang", record)
    assert record in crm.in_view("contracts_expiring", "contract", "wang")
    due = crm.rows("instalment", "contract", who="wang", view="instalments_due")
    assert record in {row["contract"] for row in due}
    assert crm.key("instalment", "i4") in crm.in_view("instalments_overdue", "instalment", "qian")


def test_a_credit_note_is_linked_negative_and_the_sums_are_right(crm: Crm) -> None:
    contract = crm.create("wang", "contract", name="红字合同", customer=crm.key("customer", "huadong"), amount=1000)
    request = {"customer": crm.key("customer", "huadong"), "contract": contract, "tax_number": "91310000000000000X"}
    invoice = crm.create("qian", "invoice_request", amount=600, **request)
    crm.move("", "invoice_request", invoice, "request")
    crm.move("qian", "invoice_request", invoice, "issue", invoice_number="0001", issued_on=crm.today)
    assert "below zero" in messages(lambda: crm.create("qian", "invoice_request", amount=-1, **request))

    def credit() -> UUID:
        conversion = crm.site.release.catalog.get("conversion", "invoice_credit_note")
        work = lambda unit: convert(unit, conversion, invoice, Choice())  # noqa: E731
        return run_unit(crm.site, crm.actor("qian"), work, confirm=True)[0].id

    note = credit()
    assert crm.get("invoice_request", note, "reverses", "amount", "status") == (invoice, -600, "draft")
    crm.update("qian", "invoice_request", note, amount=-200)
    assert "above zero" in messages(lambda: crm.update("qian", "invoice_request", note, amount=200))
    assert "More would be credited" in messages(lambda: crm.update("qian", "invoice_request", note, amount=-601))
    assert crm.get("contract", contract, "invoiced") == 600
    crm.move("", "invoice_request", note, "request")
    assert crm.get("contract", contract, "invoiced", "uninvoiced") == (400, 600)
    assert crm.get("invoice_request", invoice, "amount", "credited", "balance", "status") == (600, -200, 400, "issued")
    rest = credit()
    assert crm.get("invoice_request", rest, "amount") == -400
    assert not crm.get("invoice_request", invoice, "balance")
    with pytest.raises(FormlineError):
        credit()
