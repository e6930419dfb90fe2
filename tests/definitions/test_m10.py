"""M10 Visit: plan, check-in with a place, sign-out, entry by hand with a reason, coverage and the next visit due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.definitions.crm import Crm, messages

PLACE = "31.230416,121.473701"


def visit(crm: Crm, **values: object) -> UUID:
    return crm.create("wang", "visit", **{"subject": "拜访", "customer": crm.key("customer", "huadong"), **values})


def test_a_visit_is_checked_in_with_a_place_and_signed_out(crm: Crm) -> None:
    record = visit(crm)
    assert record in crm.in_view("visits_mine", "visit", "wang")
    assert "check_in_place" in messages(lambda: crm.move("wang", "visit", record, "check_in"))
    crm.move("wang", "visit", record, "check_in", check_in_place=PLACE)
    assert crm.get("visit", record, "check_in_at") is not None
    assert "report" in messages(lambda: crm.move("wang", "visit", record, "check_out"))
    end = datetime.now(UTC) + timedelta(minutes=45)
    crm.move("wang", "visit", record, "check_out", check_out_at=end, report="确认排期", satisfaction=5)
    status, manual, minutes = crm.get("visit", record, "status", "manual", "minutes")
    assert (status, manual) == ("done", False)
    assert 40 <= minutes <= 45


def test_an_entry_by_hand_needs_a_reason(crm: Crm) -> None:
    record = visit(crm)
    times = {"check_in_at": datetime.now(UTC) - timedelta(hours=2), "check_out_at": datetime.now(UTC)}
    assert "manual_reason" in messages(lambda: crm.move("wang", "visit", record, "record", report="x", **times))
    crm.move("wang", "visit", record, "record", report="x", manual_reason="厂区无信号", **times)
    assert crm.get("visit", record, "manual") is True
    assert record in crm.in_view("visits_manual", "visit", "li")


def test_a_cancelled_visit_says_why_and_is_planned_again(crm: Crm) -> None:
    record = visit(crm, planned_on=crm.day(-1))
    assert record in crm.in_view("visits_missed", "visit", "wang")
    assert "cancel_reason" in messages(lambda: crm.move("wang", "visit", record, "cancel"))
    crm.move("wang", "visit", record, "cancel", cancel_reason="客户出差")
    crm.move("wang", "visit", record, "reopen")
    assert crm.get("visit", record, "status") == "planned"


def test_a_plan_knows_its_coverage_and_satisfaction(crm: Crm) -> None:
    plan = crm.create("wang", "visit_plan", name="本周")
    first, _ = visit(crm, plan=plan), visit(crm, plan=plan)
    times = {"check_in_at": datetime.now(UTC) - timedelta(hours=1), "check_out_at": datetime.now(UTC)}
    crm.move("wang", "visit", first, "record", report="x", manual_reason="补录", satisfaction=4, **times)
    assert crm.get("visit_plan", plan, "planned", "done", "coverage", "satisfaction") == (2, 1, 50, 4)


def test_the_next_visit_is_due_by_the_interval_of_the_customer(crm: Crm) -> None:
    customer = crm.create("wang", "customer", name="拜访周期公司", visit_every=30)
    assert customer in crm.in_view("customers_visit_due", "customer", "wang")
    record = visit(crm, customer=customer)
    times = {"check_in_at": datetime.now(UTC) - timedelta(hours=1), "check_out_at": datetime.now(UTC)}
    crm.move("wang", "visit", record, "record", report="x", manual_reason="补录", **times)
    assert customer not in crm.in_view("customers_visit_due", "customer", "wang")
    assert crm.day(29) <= crm.get("customer", customer, "visit_due") <= crm.day(30)


def test_the_interval_between_visits_is_held_against_the_planned_one(crm: Crm) -> None:
    customer = crm.create("wang", "customer", name="拜访间隔公司", visit_every=20)
    assert crm.get("customer", customer, "visit_interval", "visit_deviation") == (None, None)
    for days in (100, 40, 10):
        record = visit(crm, customer=customer)
        start = datetime.now(UTC) - timedelta(days=days)
        times = {"check_in_at": start, "check_out_at": start + timedelta(hours=1)}
        crm.move("wang", "visit", record, "record", report="x", manual_reason="补录", **times)
    assert crm.get("customer", customer, "visit_count", "visit_interval", "visit_deviation") == (3, 45, 25)
    assert customer in crm.in_view("customers_behind", "customer", "wang")
    crm.update("wang", "customer", customer, visit_every=60)
    assert crm.get("customer", customer, "visit_deviation") == -15
    assert customer not in crm.in_view("customers_behind", "customer", "wang")
