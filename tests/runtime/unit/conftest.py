"""Sites with definitions, made once per worker and database; every test finds them without records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from formline.runtime import tables
from formline.runtime.site import Site
from tests.fixtures.databases import Databases, kept
from tests.fixtures.sites import published_at
from tests.runtime.unit import shop, trade

Sites = dict[str, Site]


@pytest.fixture(scope="session")
def open_sites() -> Iterator[Sites]:
    """Keep this worker's sites, by the URL of their database."""
    sites: Sites = {}
    yield sites
    for site in sites.values():
        site.close()


Make = Callable[[str, Sequence[str]], Site]


@pytest.fixture
def make(databases: Databases, open_sites: Sites, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Return ``make(key, texts) -> Site``; sites are emptied after the test: much cheaper than a new database."""
    used: list[Site] = []

    def site_of(key: str, texts: Sequence[str]) -> Site:
        used.append(opened(key, texts, databases, open_sites, tmp_path_factory.getbasetemp()))
        return used[-1]

    yield site_of
    for site in used:
        empty(site)


def opened(key: str, texts: Sequence[str], databases: Databases, sites: Sites, folder: Path) -> Site:
    """Return the one site of a key, made when first asked for."""

    def make(url: str) -> Site:
        site = published_at(url, texts, folder)
        return site

    return kept(databases, key, sites, make)


def empty(site: Site) -> None:
    """Remove all records and what is kept about them."""
    models = [site.release.model(name) for name in site.release.catalog.names("object")]
    joins = [join for model in models for join in model.join_tables.values()]
    about = [tables.history, tables.outbox, tables.deletion, tables.sequence]
    with site.engines.transaction() as connection:
        for table in (*(model.table for model in models), *joins, *about):
            connection.execute(table.delete())


@pytest.fixture
def site(make: Make) -> Site:
    """Return a site with the shop's definitions and no records."""
    return make("unit shop", shop.TEXTS)


@pytest.fixture
def trading(make: Make) -> Site:
    """Return a site with the trading company's definitions and no records."""
    return make("unit trade", trade.TEXTS)
