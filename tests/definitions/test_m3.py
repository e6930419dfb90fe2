"""M3, the customer portrait: rated with reasons, ranked by the last deal, their number and value, found by a filter."""

from __future__ import annotations

from datetime import UTC, datetime

from formline.runtime.access import Actor
from formline.runtime.queries import Query, fetch
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
