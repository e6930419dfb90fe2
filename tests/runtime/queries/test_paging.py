"""Order and cursors: any sort, missing values last, forward and back, against Python's own sorting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from formline.runtime.access import Actor
from formline.runtime.access.actor import ActorKind
from formline.runtime.keys import uuid7
from formline.runtime.queries import Query, fetch
from formline.runtime.queries.cursors import CursorBox, CursorError, Position
from formline.runtime.queries.lists import MANY
from tests.runtime.firm import Firm

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "rank": st.integers(-2, 2),
    "revenue": st.sampled_from([Decimal("0.10"), Decimal("-3.00"), Decimal("20.00")]),
    "since": st.sampled_from([date(2024, 2, 29), date(1999, 12, 31)]),
    "phone": st.sampled_from(["Z", "a", "é", "😀", "张"]),
    "blocked": st.booleans(),
}
rows = st.lists(st.fixed_dictionaries({name: st.none() | value for name, value in VALUES.items()}), max_size=12)
sorts = st.lists(
    st.tuples(st.sampled_from(sorted(VALUES)), st.booleans()), max_size=3, unique_by=lambda key: key[0]
).map(tuple)
checked = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm()


def _expected(records: list[dict[str, Any]], sort: tuple[tuple[str, bool], ...]) -> list[Any]:
    """Sort by the last key first, as stable sorts do; missing values go to the end either way."""
    ordered = sorted(records, key=lambda each: each["id"].bytes, reverse=sort[-1][1] if sort else True)
    for name, down in reversed(sort):
        present = [each for each in ordered if each[name] is not None]
        missing = [each for each in ordered if each[name] is None]
        present.sort(key=lambda each, name=name: each[name], reverse=False)
        if down:
            present = _descending(present, name)
        ordered = present + missing
    return [each["id"] for each in ordered]


def _descending(present: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Reverse the order of the values, but not the order within equal ones."""
    values = sorted({each[name] for each in present}, reverse=True)
    return [each for value in values for each in present if each[name] == value]


@given(records=rows, sort=sorts, size=st.integers(1, 5))
@checked
def test_pages_forward_and_back(firm: Firm, records: list[dict[str, Any]], sort: Any, size: int) -> None:
    firm.clear()
    ids = firm.add_all("customer", [{"name": f"c{number}", **each} for number, each in enumerate(records)])
    expected = _expected([{"id": key, **each} for key, each in zip(ids, records, strict=True)], sort)

    def page(cursor: str | None) -> Any:
        query = Query("customer", ("name",), sort=sort, limit=size, cursor=cursor, count_limit=7)
        return fetch(firm.connection, firm.release, Actor.system(), query)

    pages, cursor = [], None
    while True:
        pages.append(page(cursor))
        cursor = pages[-1].next_cursor
        if cursor is None:
            break
    assert [row["id"] for one in pages for row in one.rows] == expected
    assert {(one.count, one.count_exact) for one in pages} == {(min(len(ids), 7), len(ids) <= 7)}
    assert pages[0].previous_cursor is None
    for index in range(len(pages) - 1, 0, -1):
        back = page(pages[index].previous_cursor)
        assert [row["id"] for row in back.rows] == [row["id"] for row in pages[index - 1].rows]
        assert back.next_cursor is not None
        assert (back.previous_cursor is None) == (index == 1)


def test_a_cursor_belongs_to_its_reader_and_query(firm: Firm) -> None:
    firm.add_all("customer", [{"name": str(number)} for number in range(3)])
    first = fetch(firm.connection, firm.release, Actor.system(), Query("customer", ("name",), limit=1))
    assert first.next_cursor is not None
    other = Actor(ActorKind.USER, uuid7(), frozenset({"everything"}))
    for actor, query in [
        (other, Query("customer", ("name",), limit=1, cursor=first.next_cursor)),
        (Actor.system(), Query("customer", ("name",), limit=1, where="rank == 1", cursor=first.next_cursor)),
        (Actor.system(), Query("customer", ("name",), limit=1, sort=(("rank", True),), cursor=first.next_cursor)),
        (Actor.system(), Query("customer", ("name",), limit=1, cursor="nonsense")),
    ]:
        with pytest.raises(CursorError):
            fetch(firm.connection, firm.release, actor, query)


@pytest.mark.parametrize("value", [None, True, 10**17, "张 😀", Decimal("-0.000001"), date(1, 1, 1), uuid7()])
def test_a_cursor_keeps_values_exactly(value: Any) -> None:
    box = CursorBox(b"k" * 32, "reader", "query")
    sealed = box.seal(Position((value, uuid7()), backward=True))
    opened = box.open(sealed)
    assert opened.backward
    assert opened.values[0] == value
    assert type(opened.values[0]) is type(value)
    assert box.seal(opened) != sealed  # a new nonce each time


def test_that_a_list_has_far_more_than_is_told_is_remembered(firm: Firm) -> None:
    """Only of a list without filters, and only where the limit is large: few records are counted each time."""
    firm.add_all("customer", [{"name": str(number), "rank": number} for number in range(2 * MANY)])
    told: list[str] = []
    event.listen(firm.engines.read, "before_cursor_execute", lambda *given: told.append(given[2]))

    def count(limit: int, **more: Any) -> tuple[int | None, bool]:
        found = fetch(firm.connection, firm.release, Actor.system(), Query("customer", count_limit=limit, **more))
        return found.count, found.count_exact

    few = {"field": "rank", "op": "lt", "value": 50}
    for limit, more, answer, times in (
        (MANY, {}, (MANY, False), 1),
        (MANY - 1, {}, (MANY - 1, False), 2),
        (2 * MANY, {}, (2 * MANY, True), 2),
        (MANY, {"where": few}, (50, True), 2),
    ):
        told.clear()
        assert [count(limit, **more) for _ in range(2)] == [answer, answer]
        assert sum("count(" in statement for statement in told) == times
