"""Columns of fields on both databases: values come back as they were, and sums are exact to the last digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, create_engine, func, insert, select, type_coerce
from sqlalchemy.schema import CreateTable, DropTable

from formline.fields.base import name_of
from formline.fields.field import Field
from tests.fields.test_values import THING
from tests.fixtures.catalogs import catalog_from

AMOUNTS = st.decimals(min_value=Decimal("-999999999999.999"), max_value=Decimal("999999999999.999"), places=3)


def stored_fields() -> list[Field]:
    return [field for field in catalog_from(THING).object("thing").fields.values() if field.stored]


def table_of(fields: list[Field]) -> Table:
    columns = (Column(name_of(part.name, field.name), part.type) for field in fields for part in field.parts)
    return Table("thing", MetaData(), *columns)


def test_every_sample_comes_back_as_it_was(database_url: str) -> None:
    fields = stored_fields()
    table = table_of(fields)
    rows: list[dict[str, Any]] = []
    for seed in range(5):
        row: dict[str, Any] = {}
        for field in fields:
            value = field.type.sample(field, seed)
            row[field.name] = value
            for part, derived in field.type.derive(field, value).items():
                row[name_of(part, field.name)] = derived
        rows.append(row)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(CreateTable(table))
        connection.execute(
            insert(table), [{column.name: row.get(column.name) for column in table.columns} for row in rows]
        )
        found = [dict(row._mapping) for row in connection.execute(select(table))]
    engine.dispose()
    for row, back in zip(rows, found, strict=True):
        assert {name: back[name] for name in row} == row


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=60))
@example(amounts=[Decimal("999999999999.999")] * 60)
def test_sums_equal_those_of_decimals(numbers: Connection, amounts: list[Decimal]) -> None:
    numbers.execute(SIZES.delete())
    numbers.execute(insert(SIZES), [{"size": amount} for amount in amounts])
    if numbers.dialect.name == "postgresql":
        assert numbers.execute(select(func.sum(SIZES.c.size))).scalar_one() == sum(amounts)
        return
    units = type_coerce(SIZES.c.size, BigInteger)
    high, low = numbers.execute(select(func.sum(units.op("/")(STEP)), func.sum(units.op("%")(STEP)))).one()
    assert Decimal(high * STEP + low).scaleb(-3) == sum(amounts)


#: Sums of scaled integers are taken in two parts, because SQLite's own sum overflows at 63 bits.
STEP = 10**6
SIZES = table_of([field for field in stored_fields() if field.name == "size"])


@pytest.fixture
def numbers(database_url: str) -> Any:
    """A connection to a database with one exact column."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        connection.execute(CreateTable(SIZES))
        yield connection
        connection.execute(DropTable(SIZES))
        connection.rollback()
    engine.dispose()
