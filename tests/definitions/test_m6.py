"""M6 Opportunity: pipelines, gates, products that add up, competitors and their win rate, stakeholders, forecast."""

from __future__ import annotations

from decimal import Decimal

import pytest

from formline.errors import FormlineError
from tests.definitions.crm import Crm, messages


def deal(crm: Crm, **values: object) -> object:
    return crm.create(
        "wang", "opportunity", **{"name": "测试商机", "customer": crm.key("customer", "huadong"), **values}
    )


def test_a_product_sale_passes_its_gates(crm: Crm) -> None:
    record = deal(crm)
    assert "amount" in messages(lambda: crm.move("wang", "opportunity", record, "propose"))
    crm.move("wang", "opportunity", record, "propose", amount=90000)
    assert "close_date" in messages(lambda: crm.move("wang", "opportunity", record, "win"))
    crm.move("wang", "opportunity", record, "win", close_date=crm.today, won_reason="product")
    assert crm.get("opportunity", record, "stage", "probability", "won_reason") == ("won", 100, "product")
    with pytest.raises(FormlineError):
        crm.move("wang", "opportunity", record, "reopen")
    crm.move("li", "opportunity", record, "reopen")


def test_a_project_has_stages_of_its_own(crm: Crm) -> None:
    record = deal(crm, record_type="project", source="bid")
    crm.move("wang", "opportunity", record, "survey")
    assert "contact" in messages(lambda: crm.move("wang", "opportunity", record, "design"))
    assert "Site visited" in messages(lambda: crm.move("wang", "opportunity", record, "design"))
    for item in ("site_visit", "budget"):
        crm.tick("wang", "opportunity", record, "stage", item)
    crm.move("wang", "opportunity", record, "design", contact=crm.key("contact", "zhang_zong"))
    assert crm.get("opportunity", record, "stage", "probability") == ("design", 45)
    assert "lost_reason" in messages(lambda: crm.move("wang", "opportunity", record, "lose"))


def test_products_keep_their_price_and_add_up(crm: Crm) -> None:
    product = crm.create("xu", "product", name="测试产品", list_price=1000)
    record = deal(crm, lines=[{"product": product, "quantity": 3, "discount": 10}, {"name": "布线", "price": 500}])
    assert Decimal(crm.get("opportunity", record, "products_total")) == 3200
    crm.update("xu", "product", product, list_price=2000)
    assert Decimal(crm.get("opportunity", record, "products_total")) == 3200
    crm.move("wang", "opportunity", record, "propose", amount=5000)
    won = messages(lambda: crm.move("wang", "opportunity", record, "win", close_date=crm.today))
    assert "not the total of the products" in won


def test_a_competitor_has_products_and_a_win_rate(crm: Crm) -> None:
    rival = crm.create("wang", "competitor", name="测试对手", products=[{"name": "竞品 X", "price": 800}])
    record = deal(crm, competitors=[{"competitor": rival, "price": 80000}])
    again = messages(lambda: crm.create("wang", "opportunity_competitor", opportunity=record, competitor=rival))
    assert "already" in again
    met = {"field": "competitor", "op": "eq", "value": rival}
    encounter = crm.rows("opportunity_competitor", who="wang", where=met)[0]["id"]
    crm.update("wang", "opportunity_competitor", encounter, outcome="we_won")
    crm.create("wang", "opportunity_competitor", opportunity=deal(crm), competitor=rival, outcome="they_won")
    met_and_rate = crm.get("competitor", rival, "met", "won_by_us", "win_rate")
    assert [Decimal(value) for value in met_and_rate] == [2, 1, 50]
    assert crm.get("opportunity", record, "rivals") == 1


def test_stakeholders_take_the_role_of_the_contact(crm: Crm) -> None:
    record = deal(crm)
    contact = crm.key("contact", "liu_it")
    stakeholder = crm.create("wang", "stakeholder", opportunity=record, contact=contact, attitude="supporter")
    assert crm.get("stakeholder", stakeholder, "role") == "influencer"
    foreign = crm.key("contact", "huang")
    assert "contact" in messages(lambda: crm.create("wang", "stakeholder", opportunity=record, contact=foreign))


def test_stalled_and_committed_deals_have_lists(crm: Crm) -> None:
    record = deal(crm, forecast="commit", close_date=crm.day(-1))
    for view in ("opportunities_stalled", "opportunities_commit", "opportunities_overdue"):
        assert record in crm.in_view(view, "opportunity", "wang")
    crm.create("wang", "follow_up", customer=crm.key("customer", "huadong"), opportunity=record, summary="电话")
    assert record not in crm.in_view("opportunities_stalled", "opportunity", "wang")


def test_an_adjustment_of_the_forecast_leaves_the_deals_alone(crm: Crm) -> None:
    record = deal(crm, amount=1000, forecast="commit")
    before = crm.get("opportunity", record, "amount", "version")
    values = {"person": crm.key("user", "wang"), "month": crm.day(400), "adjustment": -500, "reason": "谨慎"}
    adjustment = crm.create("li", "forecast_adjustment", **values)
    assert crm.get("opportunity", record, "amount", "version") == before
    assert crm.get("forecast_adjustment", adjustment, "reason", who="zhao") == "谨慎"
    with pytest.raises(FormlineError):
        crm.create("wang", "forecast_adjustment", **values)


def test_who_owns_a_deal_that_does_not_move_hears_of_it_and_so_does_the_manager(crm: Crm) -> None:
    record = deal(crm)
    limit = crm.clock(record, "opportunity_stage/qualify")
    assert crm.fire(limit.due_at) >= 1
    assert crm.told(record) == {("wang", "custom_stalled_deal"), ("li", "custom_stalled_deal")}
    crm.move("wang", "opportunity", record, "propose", amount=5000)
    assert crm.clock(record, "opportunity_stage/qualify").reading.stopped_at is not None
