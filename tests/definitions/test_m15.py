"""M15 Service: the way of a case, first response, parts of a case, work orders, knowledge."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from formline.errors import FormlineError
from tests.definitions.crm import Crm, messages

SOLVED = {"cause": "operation", "resolution": "远程指导"}


def case(crm: Crm, **values: object) -> UUID:
    return crm.create("tang", "case", **{"subject": "测试工单", "customer": crm.key("customer", "huadong"), **values})


def test_a_case_is_answered_solved_closed_and_opened_again(crm: Crm) -> None:
    record = case(crm)
    assert record in crm.in_view("cases_unanswered", "case", "he")
    crm.move("tang", "case", record, "take")
    first = crm.get("case", record, "first_response_at")
    assert crm.get("case", record, "response_minutes") == 0
    crm.move("tang", "case", record, "wait")
    crm.move("tang", "case", record, "resume")
    assert crm.get("case", record, "first_response_at") == first
    assert "cause" in messages(lambda: crm.move("tang", "case", record, "solve"))
    crm.move("tang", "case", record, "solve", **SOLVED)
    assert crm.get("case", record, "solved_at") is not None
    crm.move("tang", "case", record, "close", satisfaction=4, quality_score=90)
    assert "resolution" in messages(lambda: crm.update("tang", "case", record, resolution="x"))
    crm.move("tang", "case", record, "reopen")
    assert crm.get("case", record, "status") == "in_progress"


def test_a_case_has_to_be_answered_and_solved_in_time(crm: Crm) -> None:
    record = case(crm, priority="urgent")
    opened, due, stands = crm.get("case", record, "opened_at", "respond_by", "response_status")
    assert (due - opened, stands) == (timedelta(minutes=30), "running")
    crm.fire(due)
    assert crm.get("case", record, "response_status", "escalated") == ("overdue", True)
    assert ("he", "custom_case_response_missed") in crm.told(record)
    assert record in crm.in_view("cases_overdue", "case", "he")
    crm.move("tang", "case", record, "take")
    crm.move("tang", "case", record, "wait")
    assert crm.get("case", record, "resolve_by", "resolution_status") == (None, "paused")
    crm.move("tang", "case", record, "resume")
    crm.move("tang", "case", record, "solve", **SOLVED)
    assert crm.get("case", record, "resolution_status") == "met"
    crm.move("tang", "case", record, "reopen")
    assert crm.get("case", record, "resolution_status") == "running"


def test_who_answers_ends_the_waiting(crm: Crm) -> None:
    record = case(crm)
    crm.move("tang", "case", record, "take")
    crm.move("tang", "case", record, "wait")
    assert crm.get("case", record, "resolution_status") == "paused"
    crm.create("tang", "case_message", case=record, subject="Re: 测试工单", text="照片见附件")
    assert crm.get("case", record, "status", "resolution_status") == ("in_progress", "running")
    crm.move("tang", "case", record, "wait")
    assert crm.get("case", record, "status") == "waiting"


def test_a_case_without_a_customer_goes_no_further(crm: Crm) -> None:
    record = case(crm, customer=None, channel="mail", reporter_email="chen@workshop.example")
    assert "customer" in messages(lambda: crm.move("tang", "case", record, "take"))
    assert "customer" in messages(lambda: case(crm, customer=None, channel="phone"))
    crm.update("tang", "case", record, customer=crm.key("customer", "huadong"))
    crm.move("tang", "case", record, "take")


def test_parts_are_solved_before_the_whole(crm: Crm) -> None:
    whole = case(crm)
    part = case(crm, parent=whole)
    crm.move("tang", "case", whole, "take")
    assert "parts of this case" in messages(lambda: crm.move("tang", "case", whole, "solve", **SOLVED))
    crm.move("tang", "case", part, "take")
    crm.move("tang", "case", part, "solve", **SOLVED)
    crm.move("tang", "case", whole, "solve", **SOLVED)
    assert "part of itself" in messages(lambda: crm.update("tang", "case", whole, parent=whole))


def test_the_customer_shows_open_cases(crm: Crm) -> None:
    customer = crm.create("wang", "customer", name="工单客户")
    record = case(crm, customer=customer, kind="complaint")
    assert crm.get("customer", customer, "open_cases") == 1
    assert record in crm.in_view("cases_complaints", "case", "he")
    crm.move("tang", "case", record, "take")
    crm.move("tang", "case", record, "solve", **SOLVED)
    assert crm.get("customer", customer, "open_cases") == 0


def test_a_work_order_is_dispatched_and_signed_off(crm: Crm) -> None:
    part = {"product": crm.key("product", "label"), "quantity": 2}
    common = {"subject": "更换标签", "customer": crm.key("customer", "huadong"), "case": case(crm)}
    record = crm.create("he", "work_order", **common, parts=[part])
    assert crm.get("work_order", record, "parts_total") == 1800
    assert "engineer" in messages(lambda: crm.move("he", "work_order", record, "dispatch"))
    crm.move("he", "work_order", record, "dispatch", engineer=crm.key("user", "ma"), scheduled_at=crm.day(1))
    assert record in crm.in_view("work_orders_mine", "work_order", "ma")
    crm.move("ma", "work_order", record, "start")
    assert "signed_by" in messages(lambda: crm.move("ma", "work_order", record, "finish", result="已更换"))
    crm.move("ma", "work_order", record, "finish", result="已更换", signed_by="张志强")
    assert crm.get("work_order", record, "status") == "done"


def test_articles_are_published_by_the_head_and_read_by_sales(crm: Crm) -> None:
    record = crm.create("tang", "knowledge_article", name="测试文章", body="<p>步骤</p>")
    assert crm.get("knowledge_article", record, "name", who="wang") is None
    with pytest.raises(FormlineError):
        crm.move("tang", "knowledge_article", record, "publish")
    crm.move("he", "knowledge_article", record, "publish")
    assert crm.get("knowledge_article", record, "name", "published_on", who="wang") == ("测试文章", crm.today)
    solved = case(crm)
    crm.move("tang", "case", solved, "take")
    crm.move("tang", "case", solved, "solve", article=record, **SOLVED)
    assert crm.get("knowledge_article", record, "used") == 1


def test_sales_hand_cases_in_and_see_their_own(crm: Crm) -> None:
    record = crm.create("wang", "case", subject="客户反馈", customer=crm.key("customer", "huadong"))
    assert crm.get("case", record, "subject", who="wang") == "客户反馈"
    assert crm.get("case", record, "subject", who="wu") is None
    assert crm.get("case", record, "subject", who="he") == "客户反馈"
