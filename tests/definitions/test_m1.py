"""M1 Customer: kinds, hierarchy, classification, follow-ups, and what a customer brings and costs."""

from __future__ import annotations

from decimal import Decimal

from formline.errors import Level
from tests.definitions.crm import Crm, findings, messages


def test_a_person_is_a_customer_too(crm: Crm) -> None:
    person = crm.create("wang", "customer", record_type="person", name="钱学勤", mobile="13911112222", tags=["会员"])
    assert crm.get("customer", person, "relation", "level", "owner") == ("customer", "c", crm.key("user", "wang"))
    assert person in crm.in_view("customers_people", "customer", "wang")
    company = crm.create("wang", "customer", name="钱塘设备有限公司")
    assert crm.get("customer", company, "record_type") == "company"


def test_companies_make_a_tree_and_names_occur_once(crm: Crm) -> None:
    above, below = crm.key("customer", "huadong"), crm.key("customer", "huadong_sz")
    assert crm.get("customer", below, "parent") == above
    assert "its own parent" in messages(lambda: crm.update("wang", "customer", above, parent=above))
    assert "name" in messages(lambda: crm.create("wang", "customer", name="华东精密机械有限公司"))


def test_addresses_contacts_and_tags_belong_to_the_customer(crm: Crm) -> None:
    customer = crm.key("customer", "huadong")
    where = {"field": "customer", "op": "eq", "value": customer}
    assert {row["use"] for row in crm.rows("customer_address", "use", who="wang", where=where)} == {
        "office",
        "delivery",
    }
    assert crm.rows("customer_address", "use", who="wu", where=where) == []
    tagged = {"field": "tags", "op": "contains", "value": "重点"}
    assert customer in {row["id"] for row in crm.rows("customer", who="wang", where=tagged)}


def test_follow_ups_move_the_last_one_and_show_who_is_quiet(crm: Crm) -> None:
    customer = crm.create("wang", "customer", name="静默公司", next_follow_up=crm.today)
    assert customer in crm.in_view("customers_quiet", "customer", "wang")
    assert customer in crm.in_view("customers_due", "customer", "wang")
    crm.create("wang", "follow_up", customer=customer, method="requirement", summary="需要 20 套网关")
    assert crm.get("customer", customer, "last_follow_up") is not None
    assert customer not in crm.in_view("customers_quiet", "customer", "wang")
    late = findings(lambda: crm.update("wang", "customer", customer, next_follow_up=crm.day(-2)))
    assert [(each.field, each.level) for each in late] == [("next_follow_up", Level.WARNING)]


def test_what_a_customer_brings_and_costs(crm: Crm) -> None:
    customer = crm.create("wang", "customer", name="核算公司")
    plan = [{"name": "首付", "due_on": crm.today, "amount": 600, "paid_on": crm.today}]
    plan.append({"name": "尾款", "due_on": crm.day(30), "amount": 400})
    dates = {"signed_on": crm.today, "starts_on": crm.today, "ends_on": crm.day(365)}
    contract = crm.create(
        "wang", "contract", name="核算合同", customer=customer, amount=1000, instalments=plan, **dates
    )
    crm.sign("wang", contract)
    crm.create("wang", "expense", purpose="差旅", customer=customer, amount=100)
    crm.create("wang", "time_entry", activity="调研", customer=customer, hours=2, rate=50)
    result = crm.get("customer", customer, "contracted", "contract_paid", "receivable", "spent", "time_cost", "margin")
    assert [Decimal(value) for value in result] == [1000, 600, 400, 100, 100, 400]
    assert customer in crm.in_view("customers_receivable", "customer", "qian")


def test_marketing_sees_customers_without_their_numbers_and_money(crm: Crm) -> None:
    customer = crm.key("customer", "huadong")
    row = next(row for row in crm.rows("customer", who="gu") if row["id"] == customer)
    assert not {"receivable", "margin", "spent"} & set(row)
    assert crm.get("customer", customer, "phone", who="wang") == "02155550101"
    assert str(crm.get("customer", customer, "phone", who="gu")) != "02155550101"


def test_an_expense_of_tomorrow_is_refused(crm: Crm) -> None:
    customer = crm.key("customer", "huadong")
    refused = messages(
        lambda: crm.create("wang", "expense", purpose="x", customer=customer, amount=1, spent_on=crm.day(1))
    )
    assert "future" in refused
