"""The shipped processes: what waits for whom, what happens by itself, who is told."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from tests.definitions.crm import Crm, messages


def at(crm: Crm, days: int, hour: int = 10) -> datetime:
    """Return an hour of the day so many days from today, where the site is."""
    return datetime.combine(crm.day(days), time(hour), crm.site.release.zone)


def active_contract(crm: Crm, ends: int = 300, **values: object) -> UUID:
    """Make a contract of Wang's that everybody agreed to, ending in so many days."""
    days = {"signed_on": crm.today, "starts_on": crm.today, "ends_on": crm.day(ends)}
    parts = [{"name": "全款", "due_on": crm.day(30), "amount": 1000}]
    named = {"name": "维保", "customer": crm.key("customer", "huadong"), "amount": 1000, "instalments": parts}
    record = crm.create("wang", "contract", **{**days, **named, **values})
    crm.sign("wang", record)
    assert crm.get("contract", record, "status") == "active"
    return record


def news(crm: Crm, record: UUID) -> set[tuple[str, str]]:
    """Return who got which of the shipped notifications about a record."""
    return {(who, kind.removeprefix("custom_")) for who, kind in crm.told(record) if kind.startswith("custom_")}


# --- approvals


def test_a_quote_with_a_discount_is_sent_with_consent(crm: Crm) -> None:
    line = {"name": "软件", "quantity": 1, "price": 1000}
    quote = {"name": "报价", "customer": crm.key("customer", "huadong"), "lines": [line]}
    plain = crm.create("wang", "quote", **quote)
    crm.move("wang", "quote", plain, "send")
    assert crm.get("quote", plain, "status") == "sent"
    cheap = crm.create("wang", "quote", discount=20, **quote)
    crm.move("wang", "quote", cheap, "send")
    assert crm.get("quote", cheap, "status", "approval_status") == ("draft", "pending")
    assert crm.asked(cheap) == {"li"}
    crm.agree(cheap)
    assert crm.get("quote", cheap, "status", "approval_status") == ("sent", "approved")


def test_a_running_contract_keeps_its_values_until_a_change_is_agreed_on(crm: Crm) -> None:
    record = active_contract(crm)
    crm.update("wang", "contract", record, amount=1500)
    assert crm.get("contract", record, "amount", "approval_status") == (Decimal(1000), "changing")
    assert crm.asked(record) == {"li"}
    crm.agree(record)
    assert crm.get("contract", record, "amount", "approval_status") == (Decimal(1500), "approved")
    crm.update("wang", "contract", record, terms="月付")
    crm.agree(record)
    assert crm.get("contract", record, "terms") == "月付"


def test_an_expense_is_paid_once_it_is_agreed_on(crm: Crm) -> None:
    expense = crm.create("wang", "expense", purpose="差旅", customer=crm.key("customer", "huadong"), amount=6000)
    crm.work()  # from now on everybody can sign in, and is told
    crm.move("wang", "expense", expense, "claim")
    assert crm.asked(expense) == {"li"}
    crm.agree(expense)
    assert crm.get("expense", expense, "status") == "approved"
    assert "amount" in messages(lambda: crm.update("qian", "expense", expense, amount=1))
    crm.move("qian", "expense", expense, "pay", paid_on=crm.today)
    crm.work()
    assert ("wang", "expense_decided") in news(crm, expense)


def test_an_invoice_is_asked_for_agreed_on_issued_and_mailed(crm: Crm) -> None:
    contract = active_contract(crm)
    customer = crm.key("customer", "huadong")
    request = {"customer": customer, "contract": contract, "buyer": "恒达", "tax_number": "91110000MA00000000"}
    record = crm.create("wang", "invoice_request", amount=600, **request)
    crm.move("wang", "invoice_request", record, "request")
    crm.agree(record)
    crm.move("qian", "invoice_request", record, "issue", invoice_number="0001", issued_on=crm.today)
    crm.work()
    assert ("wang", "invoice_issued") in news(crm, record)
    crm.move("qian", "invoice_request", record, "mail", courier="顺丰", tracking_number="SF1")
    assert crm.get("contract", contract, "invoiced", "uninvoiced") == (Decimal(600), Decimal(400))
    crm.move("qian", "invoice_request", record, "reverse", reversed_because="抬头有误")
    assert crm.get("contract", contract, "uninvoiced") == Decimal(1000)


def test_a_visit_of_a_plan_moves_with_consent(crm: Crm) -> None:
    plan = crm.create("wang", "visit_plan", name="本周")
    visit = {"subject": "回访", "customer": crm.key("customer", "huadong"), "planned_on": crm.day(2)}
    alone, planned = crm.create("wang", "visit", **visit), crm.create("wang", "visit", plan=plan, **visit)
    for record in (alone, planned):
        crm.update("wang", "visit", record, planned_on=crm.day(4))
    assert crm.get("visit", alone, "planned_on") == crm.day(4)
    assert crm.get("visit", planned, "planned_on", "approval_status") == (crm.day(2), "changing")
    crm.agree(planned)
    assert crm.get("visit", planned, "planned_on") == crm.day(4)


# --- what happens by itself


def test_a_lead_of_the_website_is_given_to_somebody_and_others_wait_in_the_pool(crm: Crm) -> None:
    asked = crm.create("", "lead", name="官网询价", organization="新客户", mobile="13900000001", source="website")
    other = crm.create("", "lead", name="展会名片", organization="别家", mobile="13900000002", source="exhibition")
    crm.work()
    assert crm.get("lead", asked, "owner") is not None
    assert {kind for _who, kind in news(crm, asked)} >= {"lead_assigned"}
    assert crm.get("lead", other, "owner") is None


def test_the_next_task_of_a_series_is_made_when_one_is_finished(crm: Crm) -> None:
    values = {"subject": "周报", "due_on": crm.day(1), "repeats": "weekly", "repeat_until": crm.day(9)}
    record = crm.create("wang", "task", **values)
    for due in (crm.day(1), crm.day(8)):
        where = {
            "and": [{"field": "subject", "op": "eq", "value": "周报"}, {"field": "status", "op": "eq", "value": "open"}]
        }
        (row,) = crm.rows("task", "due_on", where=where)
        assert row["due_on"] == due
        crm.move("wang", "task", row["id"], "finish")
        crm.work()
    assert crm.rows("task", where=where) == []
    assert crm.get("task", record, "status") == "done"


def test_dates_remind_whoever_is_concerned(crm: Crm) -> None:
    customer = crm.key("customer", "huadong")
    task = crm.create("wang", "task", subject="寄样品", due_on=crm.day(3))
    lead = crm.create("wang", "lead", name="线索", person="王", mobile="13900000003", next_follow_up=crm.day(3))
    visit = crm.create("wang", "visit", subject="拜访", customer=customer, planned_on=crm.day(3))
    crm.pass_time(at(crm, 0))
    crm.pass_time(at(crm, 2, 18))
    assert news(crm, visit) == {("wang", "visit_tomorrow")}
    crm.pass_time(at(crm, 3))
    assert (news(crm, task), news(crm, lead)) == ({("wang", "task_due")}, {("wang", "lead_follow_up_due")})
    crm.pass_time(at(crm, 4))
    assert news(crm, task) == {("wang", "task_due"), ("wang", "task_overdue"), ("li", "task_overdue")}


def test_a_contract_that_ends_is_remembered_and_renewed_as_a_draft(crm: Crm) -> None:
    record = active_contract(crm, ends=100)
    crm.pass_time(at(crm, 0))
    crm.pass_time(at(crm, 11))
    assert news(crm, record) >= {("wang", "contract_expiring"), ("li", "contract_expiring")}
    where = {"field": "renews", "op": "eq", "value": record}
    assert crm.rows("contract", where=where) == []
    crm.pass_time(at(crm, 41))
    (draft,) = crm.rows("contract", "status", "starts_on", "owner", where=where)
    assert (draft["status"], draft["starts_on"]) == ("draft", crm.day(101))
    assert ("wang", "contract_renewed") in news(crm, record)
    crm.pass_time(at(crm, 71))
    assert len(crm.rows("contract", where=where)) == 1


def test_payments_are_asked_for_before_and_after_they_are_due(crm: Crm) -> None:
    record = active_contract(crm)
    (part,) = crm.rows("instalment", where={"field": "contract", "op": "eq", "value": record})
    crm.pass_time(at(crm, 0))
    crm.pass_time(at(crm, 24))
    assert news(crm, part["id"]) == {("wang", "instalment_due")}
    crm.pass_time(at(crm, 32))
    assert {kind for _who, kind in news(crm, part["id"])} == {"instalment_due", "instalment_overdue"}


def test_birthdays_of_contacts_are_remembered(crm: Crm) -> None:
    born = crm.today.replace(year=1980) if (crm.today.month, crm.today.day) != (2, 29) else crm.today
    customer = crm.key("customer", "huadong")
    days = (born, born + timedelta(days=40))
    today, other = (
        crm.create("wang", "contact", name=f"寿星{n}", mobile=f"1390000010{n}", customer=customer, birthday=day)
        for n, day in enumerate(days)
    )
    crm.come("greet_on_birthday")
    assert ({kind for _who, kind in news(crm, today)}, news(crm, other)) == ({"birthday_today"}, set())


def test_steps_of_orders_and_won_deals_are_told(crm: Crm) -> None:
    line = {"name": "主机", "quantity": 1, "price": 500}
    order = crm.create("wang", "order", name="订单", customer=crm.key("customer", "huadong"), lines=[line])
    crm.move("wang", "order", order, "confirm")
    crm.work()
    assert news(crm, order) == {("wang", "order_confirmed")}
