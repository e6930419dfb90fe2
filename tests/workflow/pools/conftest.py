"""The firm of pools on each database, made once per worker and emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.databases import Databases, kept
from tests.fixtures.sites import published_at
from tests.workflow.pools.firm import TEXTS, Firm


@pytest.fixture(scope="session")
def open_pool_firms() -> Iterator[dict[str, Firm]]:
    """Keep this worker's firms, by the URL of their database."""
    firms: dict[str, Firm] = {}
    yield firms
    for firm in firms.values():
        firm.site.close()


@pytest.fixture
def firm(databases: Databases, open_pool_firms: dict[str, Firm], tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """Return the firm of this worker and database, without customers."""

    def make(url: str) -> Firm:
        return Firm(published_at(url, TEXTS, tmp_path_factory.getbasetemp()))

    found = kept(databases, "pools", open_pool_firms, make)
    found.clear()
    return found
