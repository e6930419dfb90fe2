"""One shipped CRM per database and module: the tests of a row share it and change their own records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from formline.runtime.site import Site
from tests.definitions.crm import Crm, fill
from tests.fixtures.databases import Databases
from tests.fixtures.sites import settings_for


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Return the shipped CRM with its sample data."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    folder = tmp_path_factory.mktemp("crm")
    if "shipped with records" not in databases.prepared:
        filled = databases.create()
        fill(filled, folder)
        databases.prepared["shipped with records"] = filled
    url = databases.copy(databases.prepared["shipped with records"])
    site = Site.open(settings_for(url, folder))
    yield Crm(site)
    site.close()
    databases.drop(url)
