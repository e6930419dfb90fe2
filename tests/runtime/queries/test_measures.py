"""Many numbers in one statement: each as if it were asked alone, within rights, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formline.expressions.types import BOOLEAN
from formline.runtime.access import Actor
from formline.runtime.queries import QueryError, Total
from formline.runtime.queries.measures import Measure, Stretch, check, measure
from tests.runtime.firm import Firm

ROLES = """
kind: role
name: own
label: Own
objects:
  customer: {read: own, fields: {revenue: masked}}
"""
checked = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DAY = date(2026, 3, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm(ROLES)


rows_ = st.lists(
    st.tuples(
        st.none() | st.decimals(-(10**9), 10**9, places=2, allow_nan=False),
        st.integers(1, 3),
        st.none() | st.integers(-3, 12),
    ),
    max_size=15,
)


@given(rows=rows_, length=st.integers(1, 9), grouped=st.booleans())
@checked
def test_each_number_is_what_it_would_be_alone(
    firm: Firm, rows: list[tuple[Decimal | None, int, int | None]], length: int, grouped: bool
) -> None:
    firm.clear()
    records = [
        {"name": "x", "revenue": amount, "rank": rank, "since": None if day is None else DAY + timedelta(days=day)}
        for amount, rank, day in rows
    ]
    firm.add_all("customer", records)
    small = firm.release.catalog.compiler.compile("rank < 3", object="customer", expects=BOOLEAN)
    stretches = {"now": Stretch(DAY, DAY + timedelta(days=length), SHANGHAI)}
    questions = [
        Measure(Total("count")),
        Measure(Total("sum", "revenue"), small),
        Measure(Total("avg", "revenue"), None, "since", "now"),
        Measure(Total("count"), small, "since", "now"),
    ]
    group = "rank" if grouped else ""
    found = dict(measure(firm.connection, firm.release, Actor.system(), "customer", questions, group, stretches))
    assert set(found) == ({rank for _amount, rank, _day in rows} if grouped else {None})
    for key, (count, total, average, dated) in found.items():
        here = [row for row in rows if key is None or row[1] == key]
        within = [row for row in here if row[2] is not None and 0 <= row[2] < length]
        amounts = [row[0] for row in here if row[1] < 3 and row[0] is not None]
        mean = [row[0] for row in within if row[0] is not None]
        assert count == len(here)
        assert total == (sum(amounts) if amounts else None)
        assert (average is None) == (not mean)
        assert average is None or abs(average - sum(mean) / len(mean)) <= Decimal("0.000001")
        assert dated == sum(row[1] < 3 for row in within)


def test_days_of_moments_begin_at_midnight_in_their_zone(firm: Firm) -> None:
    at = [datetime(2026, 2, 28, 15, 59, tzinfo=UTC), datetime(2026, 2, 28, 16, 0, tzinfo=UTC)]
    firm.add_all("customer", [{"name": "x", "created_at": moment} for moment in at])
    day = Stretch(DAY, DAY + timedelta(days=1), SHANGHAI)
    question = Measure(Total("count"), None, "created_at", "now")
    found = measure(firm.connection, firm.release, Actor.system(), "customer", [question], "", {"now": day})
    assert found == [(None, (1,))]


def test_teams_and_rights_are_in_the_statement(firm: Firm) -> None:
    department = firm.add("department", name="East")
    boss = firm.add("user", name="Boss", login="boss", roles=["own"], department=department)
    other = firm.add("user", name="Other", login="other", roles=["own"], department=department, manager=boss)
    firm.add_all("customer", [{"name": "x", "owner": owner} for owner in (boss, other, other)])
    counts = {team: Measure(Total("count"), owner="owner", team=team) for team in ("", "mine", "team", "department")}

    def asked(actor: Actor) -> dict[str, int]:
        ((_none, numbers),) = measure(firm.connection, firm.release, actor, "customer", list(counts.values()))
        return dict(zip(counts, numbers, strict=True))

    assert asked(firm.actor(other)) == {"": 2, "mine": 2, "team": 2, "department": 2}
    assert asked(firm.actor(boss)) == {"": 1, "mine": 1, "team": 1, "department": 1}


@pytest.mark.parametrize(
    ("total", "group", "date_"),
    [
        (Total("sum", "revenue"), "", ""),
        (Total("count"), "revenue", ""),
        (Total("count"), "nothing", ""),
        (Total("count"), "", "nothing"),
    ],
)
def test_what_is_masked_or_absent_is_in_no_number(firm: Firm, total: Total, group: str, date_: str) -> None:
    who: UUID = firm.add("user", name="Boss", login="boss", roles=["own"])
    with pytest.raises(QueryError):
        check(firm.release, firm.actor(who), "customer", Measure(total, None, date_, "now" if date_ else ""), group)
    check(firm.release, firm.actor(who), "customer", Measure(Total("count")))
