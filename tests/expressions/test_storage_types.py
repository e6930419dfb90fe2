"""Values come back from both databases as they went in; what would lose something is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine, func, null, select
from sqlalchemy.exc import StatementError
from sqlalchemy.types import TypeEngine

from formline.expressions.storage_types import Calculated, Codes, Day, Exact, Instant, Key, Words, storage_for
from formline.expressions.types import INTEGER, NUMBER

VALUES: list[tuple[TypeEngine[Any], Any]] = [
    (Exact(2), Decimal("999999999999.99")),
    (Exact(2), Decimal("-0.01")),
    (Exact(6), Decimal("0.000001")),
    (Exact(0), Decimal(12)),
    (Instant(), datetime(2026, 6, 15, 16, 30, 0, 123456, tzinfo=UTC)),
    (Instant(), datetime(1, 1, 1, tzinfo=UTC)),
    (Instant(), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    (Day(), date(1, 1, 1)),
    (Day(), date(9999, 12, 31)),
    (Key(), UUID(int=2**127 + 5)),
    (Codes(), ("red", "中文", 'a"b')),
    (Codes(), ()),
    (Words(), "😀 'quoted' \\"),
    (Words(), ""),
]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def table(type_: TypeEngine[Any]) -> Table:
    return Table("kept", MetaData(), Column("id", Integer, primary_key=True), Column("value", type_))


@pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda each: repr(each)[:40])
def test_values_come_back(connection: Connection, type_: TypeEngine[Any], value: Any) -> None:
    kept = table(type_)
    kept.create(connection)
    connection.execute(kept.insert(), [{"id": 1, "value": value}, {"id": 2, "value": None}])
    assert list(connection.scalars(select(kept.c.value).order_by(kept.c.id))) == [value, None]
    assert connection.scalar(select(kept.c.id).where(kept.c.value == value)) == 1


def test_decimals_round_half_up_and_keep_their_places(connection: Connection) -> None:
    kept = table(Exact(2))
    kept.create(connection)
    values = [Decimal("0.005"), Decimal("-0.005"), Decimal("1.004999"), 3]
    connection.execute(kept.insert(), [{"id": index, "value": value} for index, value in enumerate(values)])
    found = list(connection.scalars(select(kept.c.value).order_by(kept.c.id)))
    assert [str(value) for value in found] == ["0.01", "-0.01", "1.00", "3.00"]


def test_moments_of_any_zone_come_back_in_utc(connection: Connection) -> None:
    kept = table(Instant())
    kept.create(connection)
    moment = datetime(2026, 6, 16, 0, 30, tzinfo=timezone(timedelta(hours=8)))
    connection.execute(kept.insert(), [{"id": 1, "value": moment}])
    found = connection.scalar(select(kept.c.value))
    assert (found, found and found.tzinfo) == (datetime(2026, 6, 15, 16, 30, tzinfo=UTC), UTC)


def test_text_sorts_by_code_point(connection: Connection) -> None:
    kept = table(Words())
    kept.create(connection)
    texts = ["a", "B", "é", "中", "😀", "\uffff", ""]
    connection.execute(kept.insert(), [{"id": index, "value": value} for index, value in enumerate(texts)])
    assert list(connection.scalars(select(kept.c.value).order_by(kept.c.value))) == sorted(texts)


@pytest.mark.parametrize(
    ("type_", "value"), [(Instant(), datetime(2026, 1, 1)), (Day(), datetime(2026, 1, 1, tzinfo=UTC))]
)
def test_what_would_be_guessed_is_refused(connection: Connection, type_: TypeEngine[Any], value: Any) -> None:
    kept = table(type_)
    kept.create(connection)
    with pytest.raises(StatementError):
        connection.execute(kept.insert(), [{"id": 1, "value": value}])


def test_a_typed_null_can_be_written(connection: Connection) -> None:
    assert connection.scalar(select(func.coalesce(null().cast(Words()), "x"))) == "x"


def test_numbers_of_expressions_are_chosen_by_scale() -> None:
    assert isinstance(storage_for(NUMBER), Exact)
    assert not isinstance(storage_for(INTEGER), Exact)
    assert Calculated(whole=True).whole
