"""A firm on each database, emptied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.fixtures.databases import Databases, PostgresqlDatabases, SqliteDatabases
from tests.runtime.firm import Firm


class Firms:
    """The firms of one worker on one kind of database, by roles."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._kept: dict[tuple[str, ...], tuple[Firm, str]] = {}

    def get(self, roles: tuple[str, ...]) -> Firm:
        """Return the firm with these roles, without records."""
        if roles not in self._kept:
            url = self._databases.create()
            self._kept[roles] = (Firm(url, *roles), url)
        firm = self._kept[roles][0]
        firm.clear()
        return firm

    def drop(self) -> None:
        """Remove all of them."""
        for firm, url in self._kept.values():
            firm.close()
            self._databases.drop(url)


@pytest.fixture(scope="session")
def sqlite_firms(sqlite_databases: SqliteDatabases) -> Iterator[Firms]:
    firms = Firms(sqlite_databases)
    yield firms
    firms.drop()


@pytest.fixture(scope="session")
def postgresql_firms(postgresql_databases: PostgresqlDatabases) -> Iterator[Firms]:
    firms = Firms(postgresql_databases)
    yield firms
    firms.drop()


@pytest.fixture
def make_firm(request: pytest.FixtureRequest, database: str) -> Callable[..., Firm]:
    """Return ``make(*roles)``: an empty firm with these role definitions, made once per worker and database."""
    firms: Firms = request.getfixturevalue(f"{database}_firms")
    return lambda *roles: firms.get(roles)
