"""A site with the shop's definitions, made once per worker and database, copied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from tests.fixtures.sites import publish, settings_for
from tests.runtime.unit.shop import TEXTS


@pytest.fixture
def site(database_copy: Callable[[str, Callable[[str], None]], str], tmp_path: Path) -> Iterator[Site]:
    """Return a site with the shop's definitions and no records."""

    def make(url: str) -> None:
        settings = settings_for(url, tmp_path)
        prepare(settings)
        made = Site.open(settings)
        try:
            publish(made, TEXTS)
        finally:
            made.close()

    opened = Site.open(settings_for(database_copy("unit shop", make), tmp_path))
    yield opened
    opened.close()
