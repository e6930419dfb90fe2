"""Fixtures of the expression tests: the test world on both databases and in Node."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from tests.expressions.node_target import NodeTarget
from tests.expressions.rows import Rows
from tests.expressions.tables import opened
from tests.fixtures.databases import POSTGRESQL_URL, PostgresqlDatabases, SqliteDatabases
from tests.fixtures.services import worker_name

DEALS = 40
#: Cells compared by default, and in the long run.
CELLS = int(os.environ.get("FORMLINE_CELLS") or (1_000_000 if os.environ.get("FORMLINE_LONG") else 48_000))


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Return the rows of the world."""
    return Rows(seed=int(os.environ.get("FORMLINE_ROWS_SEED", "7")), deals=DEALS)


@pytest.fixture(scope="session")
def sqlite_world(rows: Rows, sqlite_databases: SqliteDatabases) -> Iterator[Connection]:
    """Yield a connection to the world on SQLite."""
    url = sqlite_databases.create()
    with opened(url, rows) as connection:
        yield connection
    sqlite_databases.drop(url)


@pytest.fixture(scope="session")
def postgresql_world(rows: Rows, postgresql_databases: PostgresqlDatabases) -> Iterator[Connection]:
    """Yield a connection to the world on PostgreSQL, in a database that sorts text by language, as a site's may."""
    server = make_url(POSTGRESQL_URL)
    url = server.set(database=f"formline_words_{os.getpid()}_{worker_name()}")
    with psycopg.connect(server.set(drivername="postgresql").render_as_string(False), autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {url.database} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
            " LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        )
        with opened(url.render_as_string(False), rows) as world:
            yield world
        connection.execute(f"DROP DATABASE {url.database} WITH (FORCE)")


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeTarget]:
    """Yield a running Node."""
    target = NodeTarget(tmp_path_factory.mktemp("node"))
    yield target
    target.close()
