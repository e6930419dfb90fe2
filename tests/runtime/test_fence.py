"""The fence on PostgreSQL, interleaved by hand: a unit that waited for a switch sees it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from formline.errors import ReleaseMismatchError
from formline.runtime import fence
from formline.runtime.site import Site
from tests.fixtures.databases import PostgresqlDatabases
from tests.fixtures.sites import MakeSite, settings_for
from tests.runtime.migration.definitions import BASE

WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def wait_until_one_waits(site: Site) -> None:
    """Return when somebody waits for the advisory lock of this database."""
    pause = threading.Event()
    for _ in range(2000):
        with site.reading() as connection:
            if connection.execute(WAITING).scalar_one():
                return
        pause.wait(0.005)
    pytest.fail("nobody waits for the fence")


def test_a_unit_that_waited_for_the_switch_is_told_to_run_again(
    make_site: MakeSite, postgresql_databases: PostgresqlDatabases, tmp_path: Path
) -> None:
    url = postgresql_databases.create()
    site, other = make_site(BASE, url), Site.open(settings_for(url, tmp_path))
    release = other.refresh()
    outcome: list[str] = []

    def unit() -> None:
        try:
            with other.writing(release):
                outcome.append("wrote under the old release")
        except ReleaseMismatchError:
            outcome.append("told")

    waiting = threading.Thread(target=unit)
    with site.writing() as connection:
        live = fence.read_live(connection)
        fence.switch(connection, live, release=1, phase=fence.STABLE, other=None, patience_ms=200)
        waiting.start()
        wait_until_one_waits(site)
    waiting.join(timeout=10)
    assert outcome == ["told"]
    other.close()
    site.close()
    postgresql_databases.drop(url)


def switch(site: Site) -> None:
    with site.writing() as connection:
        live = fence.read_live(connection)
        fence.switch(connection, live, release=1, phase=fence.STABLE, other=None, patience_ms=50)


def test_a_switch_does_not_wait_long_for_a_unit_that_runs(
    make_site: MakeSite, postgresql_databases: PostgresqlDatabases, tmp_path: Path
) -> None:
    url = postgresql_databases.create()
    site, other = make_site(BASE, url), Site.open(settings_for(url, tmp_path))
    before = site.refresh().revision
    with other.writing(other.refresh()), pytest.raises(OperationalError, match="lock timeout"):
        switch(site)
    assert site.refresh().revision == before
    other.close()
    site.close()
    postgresql_databases.drop(url)
