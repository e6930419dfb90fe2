"""The service desk on each database."""

from __future__ import annotations

import pytest

from tests.fixtures.sites import MakeSite
from tests.workflow.sla.desk import TEXTS, Desk


@pytest.fixture
def desk(make_site: MakeSite, database_url: str) -> Desk:
    """Return a service desk."""
    return Desk(make_site(TEXTS, database_url))
