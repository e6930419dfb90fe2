"""M5 Lead: states, required answers, follow-ups that stay with the lead, what was converted."""

from __future__ import annotations

import pytest

from formline.errors import FormlineError
from tests.definitions.crm import Crm, messages


def test_a_lead_goes_from_new_to_converted(crm: Crm) -> None:
    lead = crm.create("wang", "lead", name="新线索", organization="新公司", mobile="13900009001", source="website")
    assert lead in crm.in_view("leads_untouched", "lead", "wang")
    crm.move("wang", "lead", lead, "contact", next_follow_up=crm.day(3))
    assert "need" in messages(lambda: crm.move("wang", "lead", lead, "qualify"))
    crm.move("wang", "lead", lead, "qualify", need="仓储系统", budget=100000)
    assert "customer" in messages(lambda: crm.move("wang", "lead", lead, "convert"))
    crm.move("wang", "lead", lead, "convert", customer=crm.key("customer", "huadong"))
    assert crm.get("lead", lead, "status", "converted_on") == ("converted", crm.today)
    with pytest.raises(FormlineError):
        crm.move("wang", "lead", lead, "convert")


def test_a_lead_is_disqualified_with_a_reason_and_comes_back(crm: Crm) -> None:
    lead = crm.create("wang", "lead", name="无效线索", person="某人", mobile="13900009002")
    assert "lost_reason" in messages(lambda: crm.move("wang", "lead", lead, "disqualify"))
    crm.move("wang", "lead", lead, "disqualify", lost_reason="no_budget")
    crm.move("wang", "lead", lead, "reopen")
    assert crm.get("lead", lead, "status") == "working"


def test_follow_ups_of_a_lead_are_seen_by_its_owner_and_those_above(crm: Crm) -> None:
    lead = crm.create("wang", "lead", name="跟进线索", person="某人", mobile="13900009003")
    follow_up = crm.create("wang", "follow_up", lead=lead, method="call", summary="首次电话")
    assert crm.get("lead", lead, "last_follow_up") is not None
    assert crm.get("follow_up", follow_up, "summary", who="li") == "首次电话"
    assert crm.get("follow_up", follow_up, "summary", who="wu") is None
    assert "customer" in messages(lambda: crm.create("wang", "follow_up", method="call", summary="无对象"))


def test_somebody_must_be_named_and_reachable(crm: Crm) -> None:
    assert "company or the person" in messages(lambda: crm.create("wang", "lead", name="x", mobile="13900009004"))
    assert "follow this lead up" in messages(lambda: crm.create("wang", "lead", name="x", person="某人"))


def test_marketing_hands_leads_to_sales(crm: Crm) -> None:
    lead = crm.create("gu", "lead", name="展会线索", person="某人", mobile="13900009005", source="exhibition")
    crm.update("gu", "lead", lead, owner=crm.key("user", "wu"))
    assert lead in crm.in_view("leads_mine", "lead", "wu")
    assert lead not in {row["id"] for row in crm.rows("lead", who="wang")}
