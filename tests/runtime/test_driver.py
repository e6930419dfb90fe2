"""Queries compiled down to the driver answer as ``Connection.execute`` does: values, exceptions, listeners."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    bindparam,
    delete,
    event,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from formline.expressions.storage_types import Codes, Day, Exact, Instant, Key, Words
from formline.runtime.driver import DriverQuery, DriverStatement
from formline.runtime.engines import open_engines
from formline.runtime.standing import StandingQuery, StandingStatement
from tests.fixtures.sites import settings_for

METADATA = MetaData()
THING = Table(
    "thing",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", Words),
    Column("amount", Exact(2)),
    Column("day", Day),
    Column("at", Instant),
    Column("codes", Codes),
    Column("open", Boolean),
    Column("more", JSON),
)
FIRST: dict[str, Any] = {
    "id": UUID(int=1),
    "name": "100 % näive",
    "amount": Decimal("12.50"),
    "day": date(2026, 2, 3),
    "at": datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=UTC),
    "codes": ("a", "b"),
    "open": True,
    "more": {"list": [1, None]},
}
EMPTY: dict[str, Any] = {**dict.fromkeys(FIRST), "id": UUID(int=2)}
BY_ID = select(THING).where(THING.c.id == bindparam("key")).order_by(THING.c.id)


@pytest.fixture
def connection(database_url: str, tmp_path: Path) -> Iterator[Connection]:
    engines = open_engines(settings_for(database_url, tmp_path))
    with engines.write.begin() as connection:
        METADATA.create_all(connection)
        DriverStatement(insert(THING), connection.dialect, list(FIRST)).run(connection, [FIRST, EMPTY])
        yield connection
    engines.dispose()


@pytest.mark.parametrize("row", [FIRST, EMPTY])
def test_values_come_back_as_they_were_written(connection: Connection, row: dict[str, Any]) -> None:
    query = DriverQuery(BY_ID)
    assert query.first(connection, {"key": row["id"]}) == row
    assert query.first(connection, {"key": UUID(int=3)}) is None
    assert dict(connection.execute(BY_ID, {"key": row["id"]}).mappings().one()) == row


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (select(func.count(), func.max(THING.c.amount)), {}),
        (select(THING.c.name).where(THING.c.name == "100 % näive"), {}),
        (select(literal("%s %(x)s ?"), THING.c.id).limit(bindparam("most")), {"most": 1}),
        (select(THING.c.id).where(THING.c.id.in_([UUID(int=1), UUID(int=2)])).order_by(THING.c.id), {}),
        (select(THING.c.id).where(THING.c.id.in_(bindparam("ids", expanding=True))), {"ids": [UUID(int=2)]}),
        (select(THING.c.name, literal(1)).union_all(select(THING.c.name, literal(2))).order_by(text("1, 2")), {}),
    ],
)
def test_the_answer_is_that_of_execute(connection: Connection, query: Any, values: dict[str, Any]) -> None:
    expected = [tuple(row) for row in connection.execute(query, values)]
    driven = DriverQuery(query)
    assert [[tuple(row) for row in driven.rows(connection, values)] for _ in range(2)] == [expected, expected]


def test_rows_may_have_their_values_under_other_keys(connection: Connection) -> None:
    change = update(THING).where(THING.c.id == bindparam("key")).values(name=bindparam("new"))
    statement = DriverStatement(change, connection.dialect, (), {"key": "id", "new": "title"})
    statement.run(connection, [{"id": UUID(int=1), "title": "x"}, {"id": UUID(int=2), "title": "y"}])
    assert list(connection.execute(select(THING.c.name).order_by(THING.c.id)).scalars()) == ["x", "y"]


def test_errors_are_those_of_sqlalchemy(connection: Connection) -> None:
    missing = Table("not_there", MetaData(), Column("x", Integer))
    with pytest.raises((OperationalError, ProgrammingError)), connection.begin_nested():
        DriverQuery(select(missing)).rows(connection, {})
    with pytest.raises(SQLAlchemyError), connection.begin_nested():
        DriverStatement(insert(THING), connection.dialect, list(FIRST)).run(connection, [FIRST])
    assert connection.execute(select(func.count()).select_from(THING)).scalar_one() == 2


def test_listeners_hear_of_every_statement(connection: Connection) -> None:
    heard: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *given: heard.append(given[2]))
    event.listen(connection, "after_cursor_execute", lambda *given: heard.append(given[2]))
    DriverQuery(select(THING.c.name)).rows(connection, {})
    assert len(heard) == 2
    assert heard[0] == heard[1]
    assert "thing" in heard[0]


def test_a_list_of_literals_goes_to_the_driver_and_a_list_of_values_does_not(connection: Connection) -> None:
    names = ["100 % näive", "other"]
    literals = DriverQuery(select(THING.c.id).where(THING.c.name.in_([literal(name) for name in names])))
    values = DriverQuery(select(THING.c.id).where(THING.c.name.in_(names)))
    for query in (literals, values):
        assert [tuple(row) for row in query.rows(connection, {})] == [(FIRST["id"],)]
    assert [literals.in_driver, values.in_driver] == [True, False]


#: Kept for both databases, as modules keep theirs.
NAMED = StandingQuery(lambda _: select(THING.c.id, THING.c.name).where(THING.c.name == bindparam("name")))
ADD = StandingStatement(lambda _: insert(THING), tuple(FIRST))
NAME = StandingStatement(
    lambda dialect: update(THING).where(THING.c.id == bindparam("key"), THING.c.name.is_(None)).values(name=dialect)
)
REMOVE = StandingStatement(lambda _: delete(THING).where(THING.c.id == bindparam("key")))


def test_standing_statements_are_compiled_for_each_database(connection: Connection) -> None:
    name = connection.dialect.name
    ADD.run(connection, {**EMPTY, "id": UUID(int=3)}, {**EMPTY, "id": UUID(int=4)})
    NAME.run(connection, *({"key": UUID(int=number)} for number in (1, 2, 3)))
    expected = [{"id": UUID(int=number), "name": name} for number in (2, 3)]
    assert sorted(NAMED.all(connection, {"name": name}), key=lambda row: row["id"]) == expected
    REMOVE.run(connection, {"key": UUID(int=2)})
    assert NAMED.first(connection, {"name": name}) == expected[1]
    assert [tuple(row) for row in NAMED.rows(connection, {"name": name})] == [(UUID(int=3), name)]
    ADD.run(connection)  # no rows, no statement
    assert connection.execute(select(func.count()).select_from(THING)).scalar_one() == 3
