"""The real file of 8,800 opportunities: totals, repetition, broken copies, and an import that is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.sites import settings_for

if TYPE_CHECKING:
    from formline.runtime.importing.report import Report
    from formline.runtime.site import Site

#: Beside the repository where the project is developed; the small copy in tests/data/ is always there.
FULL = Path(__file__).parents[4] / "shared" / "data" / "crm_sales_opportunities"
SMALL = Path(__file__).parents[2] / "data" / "crm_sales_opportunities"
BEFORE = (
    ("sales_teams.csv", "sales_managers"),
    ("sales_teams.csv", "sales_agents"),
    ("accounts.csv", "sales_accounts"),
    ("products.csv", "sales_products"),
)
PIPELINE = ("sales_pipeline.csv", "sales_pipeline")


@pytest.fixture(params=[SMALL, pytest.param(FULL, marks=pytest.mark.skipif(not FULL.exists(), reason="no full file"))])
def folder(request: pytest.FixtureRequest) -> Path:
    """Return the folder of the files."""
    found: Path = request.param
    return found


def _prepare(url: str, folder: Path) -> None:
    """Make a site with the shipped definitions and the files that the pipeline refers to."""
    from formline.runtime.candidates import candidate
    from formline.runtime.migration.apply import Author, apply
    from formline.runtime.migration.plan import plan
    from formline.runtime.preparing import prepare
    from formline.runtime.site import Site

    settings = settings_for(url, folder)
    prepare(settings)
    site = Site.open(settings)
    try:
        apply(site, plan(site, candidate(settings, {})), "test", Author("test"))
    finally:
        site.close()


@pytest.fixture
def crm(tmp_path: Path, database_copy: Callable[..., str]) -> Iterator[Site]:
    """Return a site with the shipped definitions and no records."""
    from formline.runtime.site import Site

    url = database_copy("shipped", lambda url: _prepare(url, tmp_path))
    site = Site.open(settings_for(url, tmp_path))
    yield site
    site.close()


def run(site: Site, file: Path, mapping: str) -> Report:
    """Import a file as the command line does and return its report."""
    from formline.cli.importing import run_job
    from formline.runtime.importing.job import enqueue_import

    with site.writing() as connection:
        identifier = enqueue_import(site, connection, file, mapping, None)
    return run_job(site, identifier)


def facts(site: Site) -> dict[str, object]:
    """Return what the imported records say, by the platform's own queries."""
    from formline.runtime.access.actor import Actor
    from formline.runtime.queries import Query, Total, aggregate, fetch

    with site.reading() as connection:
        system = Actor.system()
        groups = aggregate(
            connection, site.release, system, "opportunity", None, ["stage"], [Total("count"), Total("sum", "amount")]
        )
        orphans = fetch(
            connection,
            site.release,
            system,
            Query("opportunity", ("id",), where="customer == null", limit=1, count_limit=10_000),
        )
    return {"stages": {group["stage"]: group for group in groups}, "orphans": orphans.count}
