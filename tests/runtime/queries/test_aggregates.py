"""Totals: exact on both databases, in groups, within rights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formline.runtime.access import Actor
from formline.runtime.queries import QueryError, Total, aggregate
from tests.runtime.firm import Firm

ROLES = "kind: role\nname: own\nlabel: Own\nobjects:\n  customer: {read: own}"
checked = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
amounts = st.decimals(-(10**12) + 1, 10**12 - 1, places=2, allow_nan=False)


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm(ROLES)


@given(values=st.lists(st.none() | amounts, max_size=20), ranks=st.lists(st.integers(1, 3), min_size=20, max_size=20))
@checked
def test_sums_are_exact(firm: Firm, values: list[Decimal | None], ranks: list[int]) -> None:
    firm.clear()
    firm.add_all("customer", [{"name": "x", "revenue": v, "rank": r} for v, r in zip(values, ranks, strict=False)])
    totals = [
        Total("sum", "revenue"),
        Total("avg", "revenue"),
        Total("count"),
        Total("count", "revenue"),
        Total("max", "revenue"),
        Total("sum", "rank"),
    ]
    rows = aggregate(firm.connection, firm.release, Actor.system(), "customer", None, ["rank"], totals)
    assert [row["rank"] for row in rows] == sorted(set(ranks[: len(values)]))
    for row in rows:
        group = [v for v, r in zip(values, ranks, strict=False) if r == row["rank"]]
        present = [v for v in group if v is not None]
        assert row["count"] == len(group)
        assert row["count:revenue"] == len(present)
        assert row["sum:revenue"] == (sum(present) if present else None)
        assert row["max:revenue"] == (max(present) if present else None)
        assert row["sum:rank"] == row["rank"] * len(group)
        assert (row["avg:revenue"] is None) == (not present)
        if present:
            assert abs(row["avg:revenue"] - sum(present) / len(present)) <= Decimal("0.000001")


def test_sums_past_64_bits(firm: Firm) -> None:
    firm.add_all("customer", [{"name": "x", "turnover": None, "turnover.base": Decimal(10**12 - 1)} for _ in range(50)])
    row = aggregate(firm.connection, firm.release, Actor.system(), "customer", None, [], [Total("sum", "turnover")])[0]
    assert row["sum:turnover"] == 50 * Decimal(10**12 - 1)


def test_groups_by_period_and_path(firm: Firm) -> None:
    east = firm.add("region", name="East")
    firm.add_all(
        "customer",
        [
            {
                "name": "a",
                "since": date(2024, 2, 29),
                "region": east,
                "created_at": datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
            },
            {"name": "b", "since": date(2024, 2, 1), "created_at": datetime(2025, 12, 31, 15, 59, tzinfo=UTC)},
            {"name": "c"},
        ],
    )
    ask = lambda *groups: aggregate(firm.connection, firm.release, Actor.system(), "customer", None, groups)  # noqa: E731
    assert ask("since:month") == [{"since:month": date(2024, 2, 1), "count": 2}, {"since:month": None, "count": 1}]
    assert ask("region.name") == [{"region.name": "East", "count": 1}, {"region.name": None, "count": 2}]
    found = {row["created_at:year"]: row["count"] for row in ask("created_at:year")}
    assert found == {date(2025, 1, 1): 1, date(2026, 1, 1): 2}  # midnight in Shanghai, where the site is
    assert ask()[0] == {"count": 3}


def test_only_readable_records_count(firm: Firm) -> None:
    actor = firm.user("own")
    firm.add_all("customer", [{"name": "a", "owner": actor.user_id, "rank": 2}, {"name": "b", "rank": 40}])
    assert aggregate(firm.connection, firm.release, actor, "customer", None, [], [Total("sum", "rank")]) == [
        {"sum:rank": 2}
    ]


@pytest.mark.parametrize(
    ("groups", "total"),
    [
        (["tags"], Total("count")),
        (["since:decade"], Total("count")),
        (["rank:month"], Total("count")),
        ([], Total("sum", "name")),
        ([], Total("sum")),
    ],
)
def test_refused(firm: Firm, groups: list[str], total: Total) -> None:
    with pytest.raises(QueryError):
        aggregate(firm.connection, firm.release, Actor.system(), "customer", None, groups, [total])
