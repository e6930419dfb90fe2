"""Sites with definitions, made once per worker and database, copied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from tests.fixtures.sites import publish, settings_for
from tests.runtime.unit import shop, trade

Copy = Callable[[str, Callable[[str], None]], str]


def opened(copy: Copy, key: str, texts: Sequence[str], folder: Path) -> Iterator[Site]:
    """Open a copy of a site with definitions and no records."""

    def make(url: str) -> None:
        settings = settings_for(url, folder)
        prepare(settings)
        made = Site.open(settings)
        try:
            publish(made, texts)
        finally:
            made.close()

    found = Site.open(settings_for(copy(key, make), folder))
    yield found
    found.close()


@pytest.fixture
def site(database_copy: Copy, tmp_path: Path) -> Iterator[Site]:
    """Return a site with the shop's definitions and no records."""
    yield from opened(database_copy, "unit shop", shop.TEXTS, tmp_path)


@pytest.fixture
def trading(database_copy: Copy, tmp_path: Path) -> Iterator[Site]:
    """Return a site with the trading company's definitions and no records."""
    yield from opened(database_copy, "unit trade", trade.TEXTS, tmp_path)
