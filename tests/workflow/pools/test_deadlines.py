"""When records go back: the rules against a plain retelling of them, in memory and through both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.workflow.pools.deadlines import Facts, deadline
from formline.workflow.pools.definition import Part, RecycleRule
from formline.workflow.pools.recycling import losses, recycle, remind
from formline.workflow.pools.survey import deadlines, due
from tests.workflow.pools.firm import DAY, START, Firm

ZONE = ZoneInfo("Europe/Berlin")  # a zone with summer time
_moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(lambda at: at.replace(tzinfo=UTC))
_values = st.none() | _moments | st.dates(date(2026, 1, 1), date(2026, 12, 1))
_parts = st.lists(st.tuples(st.integers(1, 90), _values), min_size=1, max_size=3)


@given(_moments, st.booleans(), st.lists(st.tuples(st.booleans(), _parts), max_size=4))
def test_the_earliest_rule_counts_and_of_a_rule_the_latest_time(
    owned: datetime, exempt: bool, drawn: list[tuple[bool, list[tuple[int, Any]]]]
) -> None:
    rules = [
        RecycleRule(str(number), "", None, tuple(Part(timedelta(days=days)) for days, _ in parts))
        for number, (_, parts) in enumerate(drawn)
    ]
    facts = Facts(owned, exempt, [applies for applies, _ in drawn], [[v for _, v in parts] for _, parts in drawn])
    found = deadline(rules, facts, ZONE)

    expected = None
    for applies, parts in drawn:
        if exempt or not applies:
            continue
        over = None
        for days, value in parts:
            start = owned
            if isinstance(value, datetime) and value > start:
                start = value
            elif value is not None and not isinstance(value, datetime):
                start = max(start, datetime.combine(value, time(), ZONE).astimezone(UTC))
            end = start + timedelta(days=days)
            over = end if over is None or end > over else over
        assert over is not None
        expected = over if expected is None or over < expected else expected
    assert (found.at if found else None) == expected


CASES: list[tuple[dict[str, Any], float | None]] = [
    ({}, 30),
    ({"last_follow_up": START + 5 * DAY}, 35),
    ({"last_follow_up": START - 50 * DAY}, 30),
    ({"level": "a"}, 60),
    ({"level": "a", "last_follow_up": START + 80 * DAY, "last_deal": (START - 100 * DAY).date()}, 94),
    ({"level": "a", "last_follow_up": START + 80 * DAY, "last_deal": (START + 40 * DAY).date()}, 129.625),
    ({"won": True}, None),
    ({"level": "key"}, 30),
]


@pytest.mark.parametrize(("values", "days"), CASES)
def test_the_statement_and_the_arithmetic_agree(firm: Firm, values: dict[str, Any], days: float | None) -> None:
    """The base zone is UTC+8: a date begins eight hours before it does in UTC; START is nine o'clock there."""
    key = firm.customer("sam", **values)
    pool, release = firm.pool(), firm.site.release
    with firm.site.reading() as connection:
        found = deadlines(connection, release, pool, [key])
        if days is None:
            assert found == {}
            assert due(connection, release, pool, START + 999 * DAY) == []
            return
        at = found[key].deadline.at
        assert at == START + (timedelta(days=days) if days != 129.625 else _local_midnight(40) - START + 90 * DAY)
        assert [one.id for one in due(connection, release, pool, at)] == [key]
        assert due(connection, release, pool, at - timedelta(seconds=1)) == []


def _local_midnight(days: int) -> datetime:
    day = (START + days * DAY).date()
    return datetime.combine(day, time(), ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def at_of(firm: Firm, key: UUID) -> datetime:
    with firm.site.reading() as connection:
        return deadlines(connection, firm.site.release, firm.pool(), [key])[key].deadline.at


def test_every_path_that_changes_the_owner_starts_the_time_anew(firm: Firm) -> None:
    claimed, assigned = firm.customer(None), firm.customer(None)
    given, put = firm.customer("sam"), firm.customer("sue")
    later = START + 10 * DAY
    firm.claim("sam", claimed, at=later)
    firm.assign("bob", "sue", assigned, at=later)
    firm.give("sam", given, "sue", at=later)
    firm.put_back("sue", put, at=later)
    firm.claim("sam", put, at=later)
    assert {at_of(firm, key) for key in (claimed, assigned, given, put)} == {later + 30 * DAY}
    moved = firm.customer("sam")
    rows = [{"id": moved, "owner": firm.ids["bob"]}]
    firm.run("bob", lambda unit: unit.update("customer", [_change(row) for row in rows]), later, source="import")
    assert at_of(firm, moved) == later + 30 * DAY


def _change(row: dict[str, Any]) -> Any:
    from formline.runtime.unit import Change

    return Change(row["id"], {"owner": row["owner"]})


def test_lending_a_customer_to_a_colleague_buys_no_time(firm: Firm) -> None:
    key = firm.customer("sam")
    firm.give("sam", key, "sue", at=START + 20 * DAY)
    firm.give("sue", key, "sam", at=START + 21 * DAY)
    assert at_of(firm, key) == START + 30 * DAY


def test_what_is_due_goes_back_and_nothing_else(firm: Firm) -> None:
    due_one, followed, won = firm.customer("sam"), firm.customer("sam"), firm.customer("sam", won=True)
    firm.change("sam", followed, START + 29 * DAY, last_follow_up=START + 29 * DAY)
    end = START + 30 * DAY
    assert recycle(firm.site, end - timedelta(minutes=1)) == 0
    assert recycle(firm.site, end) == 1
    assert recycle(firm.site, end) == 0
    assert firm.waiting() == {due_one}
    assert [firm.owner(key) for key in (due_one, followed, won)] == [None, "sam", "sam"]
    assert firm.told("pool_recycled") == [firm.ids["sam"]]


def test_what_went_back_cannot_be_claimed_by_who_lost_it(firm: Firm) -> None:
    from tests.workflow.pools.test_pools import refusal

    key = firm.customer("sam")
    end = START + 30 * DAY
    recycle(firm.site, end)
    assert refusal(lambda: firm.claim("sam", key, at=end + DAY)) == "pool_waits"
    assert refusal(lambda: firm.claim("sam", key, at=end + 14 * DAY)) == ""


def test_an_owner_is_reminded_once_per_deadline(firm: Firm) -> None:
    key = firm.customer("sam")
    for at in (26.9, 27, 28):
        remind(firm.site, START + at * DAY)
    assert firm.told("pool_reminder") == [firm.ids["sam"]]
    firm.change("sam", key, START + 28 * DAY, last_follow_up=START + 28 * DAY)
    remind(firm.site, START + 29 * DAY)
    assert len(firm.told("pool_reminder")) == 1
    remind(firm.site, START + 56 * DAY)
    assert len(firm.told("pool_reminder")) == 2


def test_the_preview_says_who_loses_what(firm: Firm) -> None:
    first, second = firm.customer("sam"), firm.customer("sue", at=START + DAY)
    with firm.site.reading() as connection:
        release, pool = firm.site.release, firm.pool()
        found = losses(connection, release, pool, START + 31 * DAY)
        own = losses(connection, release, pool, START + 31 * DAY, firm.ids["sue"])
    assert [(one.id, one.owner) for one in found] == [(first, firm.ids["sam"]), (second, firm.ids["sue"])]
    assert [one.id for one in own] == [second]
