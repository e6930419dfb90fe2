"""M4 Contact: roles, the primary one, birthdays, masked numbers, who is connected with whom."""

from __future__ import annotations

from tests.definitions.crm import Crm, messages


def test_a_customer_has_one_primary_contact(crm: Crm) -> None:
    customer = crm.create("wang", "customer", name="单一联系人公司")
    crm.create("wang", "contact", customer=customer, name="甲", mobile="13900000001", primary=True)
    second = {"customer": customer, "name": "乙", "mobile": "13900000002"}
    assert "primary" in messages(lambda: crm.create("wang", "contact", primary=True, **second))
    crm.create("wang", "contact", **second)


def test_nobody_to_reach_is_a_warning_and_nobody_is_their_own_superior(crm: Crm) -> None:
    customer = crm.key("customer", "huadong")
    assert "can reach" in messages(lambda: crm.create("wang", "contact", customer=customer, name="丙"))
    contact = crm.create("wang", "contact", customer=customer, name="丙", confirm=True)
    assert "themselves" in messages(lambda: crm.update("wang", "contact", contact, reports_to=contact, confirm=True))


def test_people_of_a_customer_make_a_map(crm: Crm) -> None:
    chief = crm.key("contact", "zhang_zong")
    below = {"field": "reports_to", "op": "eq", "value": chief}
    assert {row["name"] for row in crm.rows("contact", "name", who="wang", where=below)} == {"江涛", "任燕", "刘敏"}
    other = crm.key("contact", "liu_it")
    assert "another person" in messages(
        lambda: crm.create("wang", "contact_relation", contact=other, other=other, kind="trusts")
    )
    crm.create("wang", "contact_relation", contact=chief, other=other, kind="influences")


def test_birthdays_of_the_month_are_listed(crm: Crm) -> None:
    contact = crm.key("contact", "qian")
    crm.update("wang", "contact", contact, birthday=crm.today.replace(year=1980, day=1))
    assert contact in crm.in_view("contacts_birthdays", "contact", "wang")
    crm.update("wang", "contact", contact, birthday=crm.day(-60).replace(year=1980, day=1))
    assert contact not in crm.in_view("contacts_birthdays", "contact", "wang")


def test_numbers_are_masked_for_who_does_not_own_the_contact(crm: Crm) -> None:
    contact = crm.key("contact", "zhang_zong")
    assert crm.get("contact", contact, "mobile", who="wang") == "13900010001"
    assert crm.get("contact", contact, "mobile", who="li") == "13900010001"
    assert str(crm.get("contact", contact, "mobile", who="qian")) != "13900010001"
    assert crm.get("contact", contact, "mobile", who="wu") is None
