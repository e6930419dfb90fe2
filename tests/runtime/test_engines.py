"""Connections: a server that went away is noticed after a pause, not in the middle of a request."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from formline.runtime import engines
from tests.fixtures.databases import PostgresqlDatabases
from tests.fixtures.sites import settings_for


def test_a_connection_that_died_while_idle_is_replaced(
    postgresql_databases: PostgresqlDatabases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql_databases.create()
    opened = engines.open_engines(settings_for(url, tmp_path))
    with opened.read.connect() as connection, opened.write.begin() as other:
        mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        theirs = other.execute(text("SELECT pg_backend_pid()")).scalar_one()
    monkeypatch.setattr(engines, "_IDLE_SECONDS", 0.0)
    killer = engines.open_engines(settings_for(url, tmp_path))
    with killer.read.connect() as connection:
        for pid in (mine, theirs):
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with opened.read.connect() as connection, opened.write.begin() as other:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
        assert other.execute(text("SELECT 1")).scalar_one() == 1
    opened.dispose()
    killer.dispose()
    postgresql_databases.drop(url)


def test_the_databases_file_is_its_owners_only(tmp_path: Path) -> None:
    opened = engines.open_engines(settings_for(f"sqlite:///{tmp_path / 'x.db'}", tmp_path))
    with opened.transaction() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
    modes = {file.name: file.stat().st_mode & 0o077 for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0}, modes
    opened.dispose()
