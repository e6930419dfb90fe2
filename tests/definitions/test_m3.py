"""M3, the customer portrait: rated with reasons, ranked by the last deal, their number and value, found by a filter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from formline.runtime.access import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.unit import run_unit
from formline.workflow.scores.keeping import rate_everything, read
from formline.workflow.segments.keeping import refresh
from tests.definitions.crm import Crm

NAMES = ("name", "relation", "potential", "potential_grade", "rfm_value", "rfm_frequency", "won_count", "segments")


def test_customers_are_rated_ranked_and_found(crm: Crm) -> None:
    now = datetime.now(UTC)
    rate_everything(crm.site, now)
    refresh(crm.site, now)
    score = crm.site.release.catalog.get("score", "customer_potential")
    system = Actor.system()
    with crm.site.reading() as connection:
        rows = fetch(connection, crm.site.release, system, Query("customer", NAMES, limit=500)).rows
        best = fetch(connection, crm.site.release, system, Query("customer", ("id",), '"best_customers" in segments'))
        factors = read(connection, crm.site.release, score, [row["id"] for row in rows], now)
    rated = [row for row in rows if row["potential"] is not None]
    assert rated
    assert {row["relation"] for row in rated} == {"customer"}
    for row in rated:
        points = sum(one.points for one in factors[row["id"]])
        assert abs(row["potential"] - max(0, min(100, points))) <= 1
        grade = "high" if row["potential"] >= 60 else "medium" if row["potential"] >= 30 else "low"
        assert row["potential_grade"] == grade or row["potential"] in (30, 60)  # rounded up to the band
    ranked = {row["rfm_value"] for row in rows if row["rfm_value"] is not None}
    assert ranked <= {1, 2, 3, 4, 5}
    assert {row["id"] for row in best.rows} == {
        row["id"] for row in rows if (row["rfm_value"] or 0) >= 4 and (row["rfm_frequency"] or 0) >= 4
    }
    assert rate_everything(crm.site, now) == refresh(crm.site, now) == 0


def customer_with_deals(crm: Crm, name: str, days: list[int], **values: Any) -> UUID:
    """Return a customer whose deals were won so many days ago."""
    key = crm.create("wang", "customer", name=name, **values)
    for number, day in enumerate(days):
        closed = {"close_date": crm.day(-day), "amount": 200000, "stage": "won"}
        row = {"name": f"{name} {number}", "customer": key, "record_type": "sale", **closed}
        run_unit(crm.site, Actor.system(), lambda unit, row=row: unit.create("opportunity", [row]), source="import")
    return key


def reasons(crm: Crm, score: str, key: UUID) -> dict[str, int]:
    definition = crm.site.release.catalog.get("score", score)
    with crm.site.reading() as connection:
        found = read(connection, crm.site.release, definition, [key], datetime.now(UTC)).get(key) or []
    return {one.criterion.name: round(one.points) for one in found}


def test_churn_risk_tells_its_factors(crm: Crm) -> None:
    gone = customer_with_deals(crm, "流失客户", [700, 600, 500])
    rate_everything(crm.site, datetime.now(UTC))
    factors = reasons(crm, "customer_churn", gone)
    assert factors == {"never_spoken": 30, "late": 25, "old_purchase": 30}
    assert crm.get("customer", gone, "churn_risk", "churn_grade", "buys_every") == (85, "high", 100)
    now = {"happened_at": datetime.now(UTC), "method": "call", "summary": "回访"}
    crm.create("wang", "follow_up", customer=gone, **now)
    rate_everything(crm.site, datetime.now(UTC))
    assert crm.get("customer", gone, "churn_risk") == 55
    new = crm.create("wang", "customer", name="没有成交的客户")
    assert crm.get("customer", new, "churn_risk") is None


def test_purchase_propensity_speaks_of_rare_buyers_too(crm: Crm) -> None:
    rare = crm.create("li", "customer", name="低频大客户", revenue=900000000, interests=[crm.key("product", "erp")])
    deal = {"name": "首单", "customer": rare, "record_type": "sale", "amount": 10000}
    crm.create("li", "opportunity", close_date=crm.day(30), **deal)
    now = {"happened_at": datetime.now(UTC), "method": "call", "summary": "需求确认"}
    crm.create("li", "follow_up", customer=rare, **now)
    rate_everything(crm.site, datetime.now(UTC))
    refresh(crm.site, datetime.now(UTC))
    assert reasons(crm, "customer_propensity", rare) == {"open_deals": 25, "interest": 10, "lately": 25, "means": 10}
    power, grade, segments = crm.get("customer", rare, "spending_power", "propensity_grade", "segments")
    assert (power, grade) == ("high", "high")
    assert {"ready_to_buy", "large_rare_buyers"} <= set(segments)


def test_who_is_due_to_buy_again_by_their_own_rhythm(crm: Crm) -> None:
    due = customer_with_deals(crm, "到期复购客户", [460, 340])
    early = customer_with_deals(crm, "未到期客户", [460, 10])
    refresh(crm.site, datetime.now(UTC))
    assert [crm.get("customer", key, "buys_next") for key in (due, early)] == [crm.day(-220), crm.day(440)]
    again = customer_with_deals(crm, "即将复购客户", [240, 120])
    refresh(crm.site, datetime.now(UTC))
    segments = {key: set(crm.get("customer", key, "segments") or ()) for key in (due, early, again)}
    assert [("due_to_buy_again" in segments[key]) for key in (due, early, again)] == [False, False, True]
