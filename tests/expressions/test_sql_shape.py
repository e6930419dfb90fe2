"""What the SQL target emits where it matters: indexes are used, parameters are bound, nothing doubles."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.dialects import postgresql, sqlite

from formline.expressions.compiler import compile_expression
from formline.expressions.context import Dialect
from formline.expressions.functions import register_sqlite_functions
from tests.expressions.rows import Rows
from tests.expressions.tables import METADATA, WorldContext
from tests.expressions.world import WORLD

DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]


def where(source: str, dialect: Dialect, rows: Rows) -> str:
    """Return the text of a WHERE with its values written in."""
    context = WorldContext(dialect, ZoneInfo("UTC"), rows.user)
    condition = compile_expression(source, WORLD, object="deal").where(context)
    return str(condition.compile(dialect=DIALECTS[dialect], compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize(
    ("source", "sqlite_text"),
    [
        ("n > 100", "deal.n > 10000"),
        ("100 < n", "deal.n > 10000"),
        ("n > 100.005", "deal.n >= 10001"),
        ("n <= 100.005", "deal.n <= 10000"),
        ("n == 100.005", "0"),
        ("i >= 2.5", "deal.i >= 3"),
        ("i < 3", "deal.i < 3"),
        ("x == 0.5", "deal.x = 500000"),
        ("n <= p", "deal.n <= deal.p"),
        ('t == "a"', "deal.t = 'a'"),
        ("t == null", "deal.t IS NULL"),
        ("ok and n > 1", "deal.ok = 1 AND deal.n > 100"),
        ("not n > 1", "coalesce(deal.n > 100, 0) = 0"),
        ('t != "a"', "deal.t IS NOT ?"),
    ],
)
def test_plain_comparisons_are_bare_columns(source: str, sqlite_text: str, rows: Rows) -> None:
    assert where(source, "sqlite", rows) == sqlite_text


@pytest.mark.parametrize(
    ("column", "source"),
    [
        ("n", "n > 100.005"),
        ("i", "i == 3"),
        ("t", 't == "a"'),
        ("t", 't < "b" and ok'),
        ("d", "d >= today() - days(90)"),
        ("at", "at >= now() - hours(1)"),
        ("owner", "owner == user"),
        ("stage", 'stage in ["won", "lost"]'),
    ],
)
def test_sqlite_uses_an_index(column: str, source: str, rows: Rows) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        register_sqlite_functions(connection.connection.dbapi_connection)
        METADATA.create_all(connection)
        connection.execute(text(f'CREATE INDEX by_it ON deal ("{column}")'))
        assert "by_it" in plan(connection, "EXPLAIN QUERY PLAN", source, "sqlite", rows)


@pytest.mark.parametrize(
    ("column", "source"),
    [
        ("n", "n > 100.005"),
        ("i", "i == 3"),
        ("i", "i > 2.5"),
        ("t", 't < "b"'),
        ("t", "t == u"),
        ("d", "d >= today() - days(90)"),
        ("owner", "owner == user"),
        ("stage", 'stage in ["won", "lost"]'),
    ],
)
def test_postgresql_can_use_an_index(column: str, source: str, postgresql_world: Connection, rows: Rows) -> None:
    connection = postgresql_world
    try:
        connection.execute(text(f'CREATE INDEX by_it ON deal ("{column}")'))
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        found = plan(connection, "EXPLAIN", source, "postgresql", rows)
        assert ("by_it" in found) is (source != "t == u")  # two columns of one row need no index
    finally:
        connection.rollback()


def plan(connection: Connection, explain: str, source: str, dialect: Dialect, rows: Rows) -> str:
    """Return the database's plan for a WHERE."""
    context = WorldContext(dialect, ZoneInfo("UTC"), rows.user)
    condition = compile_expression(source, WORLD, object="deal").where(context)
    statement = select(context.row.c.id).select_from(context.source()).where(condition)
    compiled = statement.compile(connection, compile_kwargs={"render_postcompile": True})
    found = connection.exec_driver_sql(f"{explain} {compiled}", _parameters(compiled))
    return "\n".join(str(row) for row in found)


def _parameters(compiled: object) -> object:
    values = compiled.construct_params()  # type: ignore[attr-defined]
    processors = compiled._bind_processors  # type: ignore[attr-defined]
    given = {name: processors[name](value) if name in processors else value for name, value in values.items()}
    names = compiled.positiontup  # type: ignore[attr-defined]
    return tuple(given[name] for name in names) if names else given


def test_nested_functions_do_not_double_the_text(rows: Rows) -> None:
    source = "n"
    for _ in range(12):
        source = f"max({source}, p) % 7"
    context = WorldContext("postgresql", ZoneInfo("UTC"), rows.user)
    column = compile_expression(source, WORLD, object="deal").sql(context)
    assert len(str(column.compile(dialect=DIALECTS["postgresql"]))) < 12_000


def test_equal_shapes_share_one_cached_statement(sqlite_world: Connection, rows: Rows) -> None:
    """Values are parameters, so SQLAlchemy compiles one text for all of them."""

    def key(source: str) -> object:
        context = WorldContext("sqlite", ZoneInfo("UTC"), rows.user)
        return select(compile_expression(source, WORLD, object="deal").sql(context))._generate_cache_key()

    assert key("n * 2 + 1") == key("n * 3 + 7")
    assert key("n * 2 + 1") != key("n / 2 + 1")
